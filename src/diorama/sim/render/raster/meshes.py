"""Meshes as the kernels read them, in their bodies' own axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.mesh import MeshPart
from diorama.sim.render.raster.device import Array, wp

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


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A part's triangles. With `tile_m`, textures repeat after that many metres of surface, else by the part's own coordinates.

    Parts of the same arrays, unrolled alike, are the same mesh, whatever they look like: cars of one body, in many colours.
    """

    part: MeshPart
    tile_m: float | None

    @property
    def key(self) -> Any:
        """The same for the same meshes, as long as these live."""
        part = self.part
        return id(part.positions), id(part.normals), id(part.uv), id(part.faces), self.tile_m, part.rolled_out and self.tile_m is not None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Mesh) and self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def counts(self) -> tuple[int, int]:
        """How many vertices and faces."""
        return len(self.part.positions), len(self.part.faces)


#: How a surface's pictures are laid on it.
OWN = warp.constant(0)
UNROLLED = warp.constant(1)
ROLLED_OUT = warp.constant(2)


def joined(meshes: Sequence[Mesh]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """`positions` (n, 3), `normals` (n, 3), `uv` (n, 2) and `faces` (m, 3) of all meshes, one behind the other."""
    parts = [mesh.part for mesh in meshes]
    positions, normals = (np.concatenate([np.zeros((0, 3), np.float32), *arrays]) for arrays in ([p.positions for p in parts], [p.normals for p in parts]))
    uv = np.concatenate([np.zeros((0, 2), np.float32), *(p.uv for p in parts)])
    faces = np.concatenate([np.zeros((0, 3), np.int32), *(p.faces for p in parts)])
    sizes = np.array([len(p.positions) for p in parts], np.int64)
    return positions, normals, uv, faces + np.repeat((np.cumsum(sizes) - sizes).astype(np.int32), [len(p.faces) for p in parts])[:, None]


def describe(
    meshes: Sequence[Mesh], first: int, vertices: Array, normals: NDArray[np.float32], uv: NDArray[np.float32], faces: Array, surfaces: Array, out: Array
) -> None:
    """Make the Triangles `out` of `faces`, whose corners have these places, normals and texture coordinates. Surfaces from number `first` on are of
    the `meshes`.
    """
    device = vertices.device
    modes = [OWN if m.tile_m is None else ROLLED_OUT if m.part.rolled_out else UNROLLED for m in meshes]
    arrays = [
        wp.array(np.ascontiguousarray(values), dtype=dtype, device=device, copy=False)
        for values, dtype in (
            (normals, wp.vec3),
            (uv, wp.vec2),
            (np.array(modes, np.int32), wp.int32),
            (np.array([m.tile_m or 1.0 for m in meshes], np.float32), wp.float32),
        )
    ]
    wp.launch(set_up, dim=len(out), inputs=[vertices, faces, surfaces, first, *arrays, out], device=device)


@warp.func
def unit(v: warp.vec3) -> warp.vec3:
    """A vector's direction, to single precision's last bit; or nothing of none."""
    x = warp.float64(v[0])
    y = warp.float64(v[1])
    z = warp.float64(v[2])
    length = warp.sqrt(x * x + y * y + z * z)
    if length == warp.float64(0.0):
        length = warp.float64(1.0)
    return warp.vec3(float(x / length), float(y / length), float(z / length))


@warp.func
def on_picture(uv: warp.vec2, place: warp.vec3, mode: int, tile_m: float, axis: int) -> warp.vec2:
    """Texture coordinates of a corner, in tiles: see `looks.corner_uv`. `axis` is the one that the triangle's normal is nearest to."""
    if mode == OWN:
        return uv
    if mode == ROLLED_OUT:
        return warp.vec2(uv[0] / tile_m, uv[1] / tile_m)
    if axis == 0:
        return warp.vec2(place[1] / tile_m, place[2] / tile_m)
    if axis == 1:
        return warp.vec2(place[0] / tile_m, place[2] / tile_m)
    return warp.vec2(place[0] / tile_m, place[1] / tile_m)


@warp.kernel
def set_up(
    vertices: warp.array(dtype=warp.vec3),
    faces: warp.array(dtype=warp.vec3i),
    surfaces: warp.array(dtype=int),
    surface: int,
    normals: warp.array(dtype=warp.vec3),
    uv: warp.array(dtype=warp.vec2),
    modes: warp.array(dtype=int),
    tiles_m: warp.array(dtype=float),
    out: warp.array(dtype=Triangle),
):
    """Triangles from their corners: see `describe`."""
    i = warp.tid()
    f = faces[i]
    mesh = surfaces[i] - surface
    p0 = vertices[f[0]]
    first = vertices[f[1]] - p0
    second = vertices[f[2]] - p0
    across = warp.cross(first, second)
    aligned = warp.abs(across)
    axis = int(0)
    if aligned[1] > aligned[0]:
        axis = 1
    if aligned[2] > aligned[axis]:
        axis = 2
    t = Triangle()
    t.n0 = normals[f[0]]
    t.dn1 = normals[f[1]] - t.n0
    t.dn2 = normals[f[2]] - t.n0
    t.uv0 = on_picture(uv[f[0]], p0, modes[mesh], tiles_m[mesh], axis)
    t.duv1 = on_picture(uv[f[1]], vertices[f[1]], modes[mesh], tiles_m[mesh], axis) - t.uv0
    t.duv2 = on_picture(uv[f[2]], vertices[f[2]], modes[mesh], tiles_m[mesh], axis) - t.uv0
    t.flat = unit(across)
    t.handedness = 1.0
    if t.duv1[0] * t.duv2[1] - t.duv2[0] * t.duv1[1] < 0.0:
        t.handedness = -1.0
    t.tangent = unit((first * t.duv2[1] - second * t.duv1[1]) * t.handedness)
    t.surface = surfaces[i]
    out[i] = t
