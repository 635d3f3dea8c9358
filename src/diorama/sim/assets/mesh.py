"""What a mesh asset is once it is loaded: arrays, ready for physics and for rendering."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.transforms import Matrix

#: (h, w, 3) or, where alpha counts, (h, w, 4) uint8 with row 0 at the top (v = 1). Never changed once it is made.
Image = NDArray[np.uint8]

#: The textures that a material can have.
Slot = Literal["base_color", "metallic_roughness", "normal", "occlusion", "emissive"]
SLOTS: tuple[Slot, ...] = get_args(Slot)
#: Those whose pictures are sRGB. The others hold numbers.
COLOR_SLOTS: tuple[Slot, ...] = ("base_color", "emissive")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """A material with the pictures that came with it.

    `material` has the factors, and no textures of its own; `images` stand for them. Base colour and emission are sRGB, all
    else is read as it is stored. Only a base colour has a fourth channel, and only where the material's `alpha` says that it counts.
    """

    material: MaterialSpec = MaterialSpec()
    images: Mapping[Slot, Image] = field(default_factory=lambda: MappingProxyType({}))

    def plain(self) -> "Look":
        """The look without its pictures."""
        return self if not self.images else Look(material=self.material)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeshPart:
    """One surface with one look.

    positions (n, 3) float32 metres, body frame; normals (n, 3) float32 unit; uv (n, 2) float32, v up as in
    OBJ and glTF-flipped (v = 0 is the texture's bottom row); faces (m, 3) int32, counter-clockwise from outside.
    `uv_in_metres`: uv were made by box projection and count metres of surface, not tiles of a texture. `rolled_out`: they count metres, too, but go
    along with the surface, and pictures with a width in metres lie by them.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    faces: NDArray[np.int32]
    look: Look = Look()
    uv_in_metres: bool = False
    rolled_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Symmetries:
    """The motions that leave an asset looking the same, in its body frame, in metres.

    `discrete` are rigid (4, 4) transforms, the identity not among them; `continuous` are axes of revolution, each a unit direction and a
    point that it goes through.
    """

    discrete: tuple[Matrix, ...] = ()
    continuous: tuple[tuple[Vec3, Vec3], ...] = ()

    def scaled(self, scale: float) -> "Symmetries":
        """Those of the asset `scale` times as large."""
        factor = np.array([scale, scale, scale, 1.0])[:, None]
        discrete = tuple(np.concatenate([m[:, :3], m[:, 3:] * factor], axis=1) for m in self.discrete)
        return Symmetries(discrete=discrete, continuous=tuple((axis, (x * scale, y * scale, z * scale)) for axis, (x, y, z) in self.continuous))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asset:
    """A loaded asset.

    `parts` are what is seen; `hulls`, each (n, 3) float64 vertices of a convex piece in the body frame, are what is
    touched. The body's origin is its centre of mass. `volume_m3` is the sum of the hulls' volumes (or the mesh's
    own, when it is watertight); `bounds_m` the (min, max) corners of the visible mesh; `density_kg_m3` a plausible
    default. `closed` says that the parts together are a solid's whole surface, so that from outside no back face is seen; `casts` that it
    keeps light off other things, as open ground does not.
    `symmetries` are known of few: of BOP's models, as long as they keep their proportions. `landmarks` are points in the body frame by their names: a
    person's joints (COCO's names of keypoints), a car's lamps.
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
    casts: bool = True
    symmetries: Symmetries = Symmetries()
    landmarks: Mapping[str, Vec3] = field(default_factory=lambda: MappingProxyType({}))
