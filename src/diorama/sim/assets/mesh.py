"""What a mesh asset is once it is loaded: arrays, ready for physics and for rendering."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import Rgb, Vec3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeshPart:
    """One surface with one look.

    positions (n, 3) float32 metres, body frame; normals (n, 3) float32 unit; uv (n, 2) float32, v up as in
    OBJ and glTF-flipped (v = 0 is the texture's bottom row); faces (m, 3) int32, counter-clockwise from outside.
    texture (h, w, 3) uint8 sRGB, or None. `base_color` is linear and multiplies the texture.
    `uv_in_metres`: uv were made by box projection and count metres of surface, not tiles of a texture.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    faces: NDArray[np.int32]
    base_color: Rgb = (0.8, 0.8, 0.8)
    metallic: float = 0.0
    roughness: float = 0.5
    texture: NDArray[np.uint8] | None = None
    uv_in_metres: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asset:
    """A loaded asset.

    `parts` are what is seen; `hulls`, each (n, 3) float64 vertices of a convex piece in the body frame, are what is
    touched. The body's origin is its centre of mass. `volume_m3` is the sum of the hulls' volumes (or the mesh's
    own, when it is watertight); `bounds_m` the (min, max) corners of the visible mesh; `density_kg_m3` a plausible
    default. `closed` says that the parts together are a solid's whole surface, so that from outside no back face is seen.
    """

    id: str
    category: str
    supercategory: str
    parts: tuple[MeshPart, ...]
    hulls: tuple[NDArray[np.float64], ...]
    bounds_m: tuple[Vec3, Vec3]
    volume_m3: float
    density_kg_m3: float = 400.0
    closed: bool = False
