"""What many pictures see, at once: cameras of one resolution that photograph worlds of the same meshes, everything in single launches.

The kernels do what their namesakes do for one picture, by the same functions, and so give the same bits. A launch's first
dimension counts worlds or pictures.
"""

import warp as wp

from diorama.sim.render.raster.device import WIDE_CPU_FLAGS
from diorama.sim.render.raster.fragments import Fragments, gather_group
from diorama.sim.render.raster.layers import Layers
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.scene import placed_triangle, placed_vertex
from diorama.sim.render.raster.surface import Looks, View
from diorama.sim.render.raster.visibility import (
    GROUP_SIZE,
    Columns,
    Functions,
    Winners,
    rasterize_triangle,
    resolve_group,
    set_up_triangle,
)

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "cpu_compiler_flags": WIDE_CPU_FLAGS})

#: Bits of a surface's `sides`: it has one alone; its body is closed, so that its back is seen from inside alone.
ONE_SIDED = wp.constant(1)
CLOSED = wp.constant(2)


@wp.struct
class Pinhole:
    """Where a camera is, in double precision. What is within `reach` of it may be nearer than its near plane."""

    rotation: wp.mat33d
    translation: wp.vec3d
    position: wp.vec3d
    focal: wp.vec2d
    center: wp.vec2d
    near: wp.float64
    inverse_near: wp.float64
    inverse_far: wp.float64
    reach: wp.float64
    camera_from_world: wp.mat33


@wp.struct
class Picture:
    """One camera's picture of one world: what the kernels read, what they keep for each other, and what comes out.

    `vertices` are the world's, `culled` says of each surface whether its back is not seen. `light` is that of fragments, those of pixels
    first. Channels that are not wanted are empty.
    """

    pinhole: Pinhole
    view: View
    vertices: wp.array(dtype=wp.vec3d)
    culled: wp.array(dtype=wp.uint8)
    functions: wp.array(dtype=Functions)
    bounds: wp.array(dtype=wp.vec4i)
    winners: wp.array(dtype=Winners)
    fragments: Fragments
    looks: Looks
    light: wp.array(dtype=wp.vec3)
    radiance: wp.array(dtype=wp.vec3)
    instance: wp.array(dtype=int)
    depth: wp.array(dtype=float)
    normal: wp.array(dtype=wp.vec3)
    category: wp.array(dtype=int)


@wp.kernel
def place_vertices(
    world_from_body: wp.array2d(dtype=wp.mat44d), vertex_body: wp.array(dtype=int), local: wp.array(dtype=wp.vec3), world: wp.array2d(dtype=wp.vec3d)
):
    """Vertices from bodies' axes to the worlds'."""
    w, i = wp.tid()
    world[w, i] = placed_vertex(world_from_body[w, vertex_body[i]], local[i])


@wp.kernel
def place_triangles(
    world_from_body: wp.array2d(dtype=wp.mat44d),
    triangle_body: wp.array(dtype=int),
    local: wp.array(dtype=Triangle),
    world: wp.array2d(dtype=Triangle),
):
    """Triangles from bodies' axes to the worlds'."""
    w, i = wp.tid()
    world[w, i] = placed_triangle(world_from_body[w, triangle_body[i]], local[i])


@wp.kernel
def cull(
    pictures: wp.array(dtype=Picture),
    cameras: int,
    world_from_body: wp.array2d(dtype=wp.mat44d),
    sides: wp.array2d(dtype=wp.uint8),
    surface_body: wp.array(dtype=int),
    boxes: wp.array2d(dtype=wp.vec3d),
):
    """Find the surfaces of which no back is seen: see `projection.project`. A world has `cameras`; `boxes` (bodies, 2) are in bodies' axes."""
    p, s = wp.tid()
    which = int(sides[p // cameras, s])
    culled = which & ONE_SIDED
    if which & CLOSED != 0:
        body = surface_body[s]
        m = world_from_body[p // cameras, body]
        low = wp.vec3d(wp.float64(wp.inf), wp.float64(wp.inf), wp.float64(wp.inf))
        high = -low
        for corner in range(8):
            x = boxes[body, corner // 4][0]
            y = boxes[body, corner // 2 % 2][1]
            z = boxes[body, corner % 2][2]
            at = wp.vec3d()
            for i in range(3):
                at[i] = x * m[i, 0] + y * m[i, 1] + z * m[i, 2] + m[i, 3]
            low = wp.min(low, at)
            high = wp.max(high, at)
        eye = pictures[p].pinhole.position
        reach = pictures[p].pinhole.reach
        inside = bool(True)
        for i in range(3):
            inside = inside and low[i] - reach < eye[i] and eye[i] < high[i] + reach
        if not inside:
            culled = ONE_SIDED
    pictures[p].culled[s] = wp.uint8(culled)


@wp.kernel
def set_up(pictures: wp.array(dtype=Picture), faces: wp.array(dtype=wp.vec3i), triangle_surface: wp.array(dtype=int), size: wp.vec2d):
    """Functions and pixel bounds of each triangle."""
    p, t = wp.tid()
    set_up_triangle(
        t,
        pictures[p].vertices,
        faces,
        pictures[p].pinhole.rotation,
        pictures[p].pinhole.translation,
        pictures[p].pinhole.focal,
        pictures[p].pinhole.center,
        pictures[p].pinhole.near,
        triangle_surface,
        pictures[p].culled,
        size,
        pictures[p].functions,
        pictures[p].bounds,
        pictures[p].looks.planes,
    )


@wp.kernel
def rasterize(pictures: wp.array(dtype=Picture), offsets: wp.array(dtype=wp.vec2d), width: int, top: int, bottom: int, strips: int):
    """Nearest triangle at each sample of the rows from `top` to before `bottom`."""
    p, t, strip = wp.tid()
    rasterize_triangle(
        t,
        strip,
        pictures[p].functions,
        pictures[p].bounds,
        offsets,
        width,
        top,
        bottom,
        pictures[p].pinhole.inverse_near,
        pictures[p].pinhole.inverse_far,
        strips,
        pictures[p].winners,
    )


@wp.kernel
def gather(
    pictures: wp.array(dtype=Picture),
    plane: int,
    offsets: wp.array(dtype=wp.vec2d),
    rays: wp.array4d(dtype=Columns),
    samples: int,
    top: int,
    width: int,
    pixels: int,
    threads: int,
):
    """Fragments of the rows from `top` on, each of which is shared by so many `threads`."""
    p, y, thread = wp.tid()
    for group in range(thread, (width + GROUP_SIZE - 1) // GROUP_SIZE, threads):
        gather_group(
            y,
            group,
            pictures[p].winners,
            Layers(),
            plane,
            offsets,
            rays,
            samples,
            top,
            width,
            pictures[p].functions,
            pictures[p].looks.triangles,
            pixels,
            pictures[p].fragments,
        )


@wp.kernel
def resolve(
    pictures: wp.array(dtype=Picture),
    triangle_body: wp.array(dtype=int),
    rays: wp.array4d(dtype=Columns),
    sample: int,
    plane: int,
    top: int,
    width: int,
    threads: int,
):
    """Labels at pixel centres of the rows from `top` on, each of which is shared by so many `threads`."""
    p, y, thread = wp.tid()
    for group in range(thread, (width + GROUP_SIZE - 1) // GROUP_SIZE, threads):
        resolve_group(
            y,
            group,
            pictures[p].winners,
            pictures[p].functions,
            pictures[p].looks.triangles,
            triangle_body,
            pictures[p].pinhole.camera_from_world,
            pictures[p].pinhole.focal,
            pictures[p].pinhole.center,
            rays,
            sample,
            plane,
            top,
            width,
            pictures[p].instance,
            pictures[p].depth,
            pictures[p].normal,
        )


@wp.kernel
def categorize(pictures: wp.array(dtype=Picture), cameras: int, categories: wp.array2d(dtype=int)):
    """Categories from instances; `categories` (worlds, instances) begins with that of no instance."""
    p, pixel = wp.tid()
    pictures[p].category[pixel] = categories[p // cameras, pictures[p].instance[pixel]]
