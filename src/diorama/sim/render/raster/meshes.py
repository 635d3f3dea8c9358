"""Meshes as the kernels read them, in their bodies' own axes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.mesh import MeshPart

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@warp.struct
class Triangle:
    """What shading needs of a triangle that does not depend on the camera: the first corner's normal and texture coordinates and
    what the second and third differ by, the flat surface's unit normal, the unit direction in which the first texture coordinate
    grows, and on which side of it the second one does (1, or -1 where a texture is mirrored); and the index of its surface.
    """

    n0: warp.vec3
    dn1: warp.vec3
    dn2: warp.vec3
    uv0: warp.vec2
    duv1: warp.vec2
    duv2: warp.vec2
    flat: warp.vec3
    tangent: warp.vec3
    handedness: float
    surface: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """A part's triangles. With `tile_m`, textures repeat after that many metres of surface, else by the part's own coordinates.

    Parts of the same arrays, unrolled alike, are the same mesh, whatever they look like: cars of one body, in many colours. `key` tells so as long
    as they live.
    """

    part: MeshPart = field(compare=False)
    tile_m: float | None = field(compare=False)
    key: tuple[Any, ...]

    @classmethod
    def of(cls, part: MeshPart, tile_m: float | None) -> "Mesh":
        """The mesh of a part, for pictures of that `tile_m`."""
        arrays = (id(part.positions), id(part.normals), id(part.uv), id(part.faces))
        return cls(part=part, tile_m=tile_m, key=(*arrays, tile_m, tile_m is not None and part.rolled_out))

    @property
    def counts(self) -> tuple[int, int]:
        """How many vertices and faces."""
        return len(self.part.positions), len(self.part.faces)


def joined(meshes: Sequence[Mesh]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """`positions` (n, 3), `normals` (n, 3), `uv` (n, 2) and `faces` (m, 3) of all meshes, one behind the other."""
    parts = [mesh.part for mesh in meshes]
    positions = np.concatenate([np.zeros((0, 3), np.float32), *(part.positions for part in parts)])
    normals = np.concatenate([np.zeros((0, 3), np.float32), *(part.normals for part in parts)])
    uv = np.concatenate([np.zeros((0, 2), np.float32), *(part.uv for part in parts)])
    faces = np.concatenate([np.zeros((0, 3), np.int32), *(part.faces for part in parts)])
    sizes = np.array([len(part.positions) for part in parts], np.int64)
    starts = (np.cumsum(sizes) - sizes).astype(np.int32)
    return positions, normals, uv, faces + np.repeat(starts, [len(part.faces) for part in parts])[:, None]
