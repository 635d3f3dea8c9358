"""What shading needs of triangles, made of their corners: of all of a scene's by one kernel, since most scenes are of hundreds of small parts."""

from collections.abc import Sequence

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.device import Array
from diorama.sim.render.raster.meshes import Mesh, Triangle

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: How a surface's pictures are laid on it.
OWN = wp.constant(0)
UNROLLED = wp.constant(1)
ROLLED_OUT = wp.constant(2)


def describe(
    meshes: Sequence[Mesh],
    first: int,
    vertices: Array,
    normals: NDArray[np.float32],
    uv: NDArray[np.float32],
    faces: Array,
    surfaces: Array,
    out: Array,
) -> None:
    """Make the Triangles `out` of `faces`, whose corners have these places, normals and texture coordinates. Their `surfaces` count from `first`,
    which is that of the first of the `meshes`.
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


@wp.func
def unit(v: wp.vec3) -> wp.vec3:
    """A vector's direction, to single precision's last bit; or nothing of none."""
    x = wp.float64(v[0])
    y = wp.float64(v[1])
    z = wp.float64(v[2])
    length = wp.sqrt(x * x + y * y + z * z)
    if length == wp.float64(0.0):
        length = wp.float64(1.0)
    return wp.vec3(float(x / length), float(y / length), float(z / length))


@wp.func
def on_picture(uv: wp.vec2, place: wp.vec3, mode: int, tile_m: float, axis: int) -> wp.vec2:
    """Texture coordinates of a corner, in tiles: see `looks.corner_uv`. `axis` is the one that the triangle's normal is nearest to."""
    if mode == OWN:
        return uv
    if mode == ROLLED_OUT:
        return wp.vec2(uv[0] / tile_m, uv[1] / tile_m)
    if axis == 0:
        return wp.vec2(place[1] / tile_m, place[2] / tile_m)
    if axis == 1:
        return wp.vec2(place[0] / tile_m, place[2] / tile_m)
    return wp.vec2(place[0] / tile_m, place[1] / tile_m)


@wp.kernel
def set_up(
    vertices: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    surfaces: wp.array(dtype=int),
    first: int,
    normals: wp.array(dtype=wp.vec3),
    uv: wp.array(dtype=wp.vec2),
    modes: wp.array(dtype=int),
    tiles_m: wp.array(dtype=float),
    out: wp.array(dtype=Triangle),
):
    """Triangles from their corners: see `describe`."""
    i = wp.tid()
    f = faces[i]
    mesh = surfaces[i] - first
    p0 = vertices[f[0]]
    one = vertices[f[1]] - p0
    two = vertices[f[2]] - p0
    across = wp.cross(one, two)
    aligned = wp.abs(across)
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
    t.tangent = unit((one * t.duv2[1] - two * t.duv1[1]) * t.handedness)
    t.surface = surfaces[i]
    out[i] = t
