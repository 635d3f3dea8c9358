"""Fragments: the distinct surfaces within each pixel, which are shaded once each, and their mean.

Nearly every pixel sees one triangle alone, or nothing: it is its own fragment. The fragments of mixed pixels stand behind those of
all pixels, the ones of a pixel next to each other.

A pixel with layers of see-through surfaces is mixed as well. Samples that see the same layers before the same surface are a stack:
its fragments follow from back to front.
"""

import warp as wp

from diorama.sim.render.raster.layers import Layers, clear_layers, count_layers, layer_at
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.visibility import (
    GROUP_SIZE,
    NOTHING,
    Columns,
    Functions,
    Winners,
    inverse_distance,
    place_at,
    triangle_of,
    winner_at,
)

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: In place of the triangle of a pixel that shows several surfaces.
MIXED = wp.constant(-2)
#: A number for each of a pixel's samples.
Each = wp.types.vector(length=8, dtype=wp.int32)


@wp.struct
class Fragments:
    """`triangle`: of each pixel, then of each fragment of mixed pixels, which are shaded at `place` and make up `share` of their pixel;
    both are counted from behind the pixels. So is how much `passed` through a fragment of what is behind it in its stack, of which the
    frontmost has the share (empty where nothing is seen through). A mixed pixel has its `run` of fragments: where it begins, and how many they are.
    `count` holds how many there are in all mixed pixels; beyond the arrays' end they are counted, not kept.
    """

    triangle: wp.array(dtype=int)
    place: wp.array(dtype=wp.vec2)
    share: wp.array(dtype=float)
    passed: wp.array(dtype=wp.vec3)
    run: wp.array(dtype=wp.vec2i)
    count: wp.array(dtype=int)


@wp.func
def same_surface(a: int, b: int, place: wp.vec3d, functions: wp.array(dtype=Functions), triangles: wp.array(dtype=Triangle)) -> bool:
    """Whether two triangles are one surface as far as a pixel can tell: same part, nearly one plane there."""
    if a == b:
        return True
    if a < 0 or b < 0:
        return False
    if triangles[a].surface != triangles[b].surface:
        return False
    if wp.dot(triangles[a].flat, triangles[b].flat) < 0.9:
        return False
    da = inverse_distance(functions[a], place)
    db = inverse_distance(functions[b], place)
    return wp.abs(da - db) < wp.float64(0.03) * da


@wp.func
def same_layers(
    layers: Layers,
    count: int,
    pixel: int,
    a: int,
    b: int,
    samples: int,
    place: wp.vec3d,
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
) -> bool:
    """Whether two samples of a pixel that see as many layers see the same ones."""
    for k in range(count):
        first = triangle_of(layer_at(layers, pixel, a, samples, k))
        second = triangle_of(layer_at(layers, pixel, b, samples, k))
        if not same_surface(first, second, place, functions, triangles):
            return False
    return True


@wp.func
def within(e: Functions, place: wp.vec3d) -> bool:
    """Whether a triangle covers a place (see `place_at`), its edges included."""
    lowest = wp.float64(0.0)
    for i in range(3):
        lowest = wp.min(lowest, e[i, 0] * place[0] + (e[i, 1] * place[1] + e[i, 2] * place[2]))
    return lowest >= wp.float64(0.0)


@wp.func
def has_middle(groups: int, mine: int, other: int, triangle: int, middle: wp.vec3d, functions: wp.array(dtype=Functions)) -> bool:
    """Whether the triangle of a group of samples, so far, has their middle, or the `other` sample is not one of them.

    Of the triangles of one surface, that one is shaded: the corners' weights of another, clamped there, would be those of a place far away.
    """
    return triangle < 0 or (groups >> (4 * other)) & 15 != mine or within(functions[triangle], middle)


@wp.func
def split(
    winners: wp.array(dtype=Winners),
    layers: Layers,
    plane: int,
    offsets: wp.array(dtype=wp.vec2d),
    rays: wp.array4d(dtype=Columns),
    samples: int,
    x: int,
    y: int,
    top: int,
    width: int,
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    pixels: int,
    fragments: Fragments,
):
    """Make the fragments of a mixed pixel."""
    u = wp.float64(x)
    v = wp.float64(top + y)
    pixel = y * ((width + GROUP_SIZE - 1) // GROUP_SIZE) * GROUP_SIZE + x
    layered = int(0)
    if layers.touched.shape[0] > 0:
        layered = int(layers.touched[pixel // GROUP_SIZE])
    seen = Each()
    before = Each()
    for k in range(samples):
        seen[k] = triangle_of(winner_at(winners, k * plane, x, y, width))
        if layered != 0:
            before[k] = count_layers(layers, pixel, k, samples)
    # Four bits a sample: the first sample that sees the same surface, through the same layers.
    groups = int(0)
    count = int(0)
    for k in range(samples):
        mine = int(k)
        place = place_at(rays, k, x, top + y, offsets[k])
        for j in range(k):
            alike = mine == k and (groups >> (4 * j)) & 15 == j and before[j] == before[k]
            if alike:
                alike = same_surface(seen[j], seen[k], place, functions, triangles)
            if alike and layered != 0:
                alike = same_layers(layers, before[k], pixel, j, k, samples, place, functions, triangles)
            if alike:
                mine = j
        groups = groups | (mine << (4 * k))
        if mine == k:
            count += 1 + before[k]
    at = wp.atomic_add(fragments.count, 0, count)
    fragments.run[(top + y) * width + x] = wp.vec2i(at, count)
    if at + count > fragments.share.shape[0]:
        return
    for k in range(samples):
        if (groups >> (4 * k)) & 15 == k:
            weight = float(0.0)
            across = wp.float64(0.0)
            down = wp.float64(0.0)
            middle = wp.vec3d()
            for j in range(k, samples):
                if (groups >> (4 * j)) & 15 == k:
                    weight += 1.0
                    across += offsets[j][0]
                    down += offsets[j][1]
                    middle += place_at(rays, j, x, top + y, offsets[j])
            # From back to front; the surface itself counts as one past the last layer.
            for layer in range(before[k], -1, -1):
                triangle = seen[k]
                if layer < before[k]:
                    triangle = triangle_of(layer_at(layers, pixel, k, samples, layer))
                for j in range(k + 1, samples):
                    if not has_middle(groups, k, j, triangle, middle, functions):
                        triangle = seen[j]
                        if layer < before[k]:
                            triangle = triangle_of(layer_at(layers, pixel, j, samples, layer))
                fragments.triangle[pixels + at] = triangle
                fragments.place[at] = wp.vec2(float(u + across / wp.float64(weight)), float(v + down / wp.float64(weight)))
                fragments.share[at] = wp.where(layer == 0, weight / float(samples), 0.0)
                if fragments.passed.shape[0] > 0:
                    fragments.passed[at] = wp.vec3(0.0, 0.0, 0.0)
                at += 1


@wp.func_native("""
    int r = 0;
    for (int i = 0; i < 8; ++i) r |= (int)((wp::uint32)a.c[i] != (wp::uint32)b.c[i]) << i;
    return r;
""")
def differing(a: Winners, b: Winners) -> int:
    """A bit for each of eight samples where another triangle has won."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) array.data[at + i] = (int)(wp::uint32)winners.c[i] - 1;
""")
def store_triangles(array: wp.array(dtype=int), at: int, winners: Winners):
    """Write the triangles of eight winners in a row."""


@wp.func
def gather_group(
    y: int,
    group: int,
    winners: wp.array(dtype=Winners),
    layers: Layers,
    plane: int,
    offsets: wp.array(dtype=wp.vec2d),
    rays: wp.array4d(dtype=Columns),
    samples: int,
    top: int,
    width: int,
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    pixels: int,
    fragments: Fragments,
):
    """Group the first `samples` samples of each pixel of a band, which begins with row `top`, by the surface they see.

    The winners of a sample begin `plane` behind those of the one before. A thread looks at a group of neighbours.
    """
    begin = y * ((width + GROUP_SIZE - 1) // GROUP_SIZE) + group
    first = winners[begin]
    differ = int(0)
    for k in range(1, samples):
        differ = differ | differing(first, winners[begin + k * plane])
    layered = int(0)
    if layers.touched.shape[0] > 0:
        layered = int(layers.touched[begin])
    if layered != 0:
        for i in range(GROUP_SIZE):
            for k in range(samples):
                differ = differ | wp.where(layer_at(layers, begin * GROUP_SIZE + i, k, samples, 0) != NOTHING, 1 << i, 0)
    if differ == 0 and (group + 1) * GROUP_SIZE <= width:
        store_triangles(fragments.triangle, (top + y) * width + group * GROUP_SIZE, first)
        return
    for i in range(GROUP_SIZE):
        x = group * GROUP_SIZE + i
        if x < width:
            pixel = (top + y) * width + x
            if (differ >> i) & 1 == 0:
                fragments.triangle[pixel] = triangle_of(first[i])
            else:
                fragments.triangle[pixel] = MIXED
                split(winners, layers, plane, offsets, rays, samples, x, y, top, width, functions, triangles, pixels, fragments)
    if layered != 0:
        clear_layers(layers, begin, samples)


@wp.kernel
def gather(
    winners: wp.array(dtype=Winners),
    layers: Layers,
    plane: int,
    offsets: wp.array(dtype=wp.vec2d),
    rays: wp.array4d(dtype=Columns),
    samples: int,
    top: int,
    width: int,
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    pixels: int,
    fragments: Fragments,
):
    """Fragments of all pixels: see `gather_group`."""
    y, group = wp.tid()
    gather_group(y, group, winners, layers, plane, offsets, rays, samples, top, width, functions, triangles, pixels, fragments)


@wp.func
def blend_pixel(
    pixel: int,
    fragments: Fragments,
    pixels: int,
    radiance: wp.array(dtype=wp.vec3),
):
    """The mean of each mixed pixel's stacks. The radiances of their fragments stand behind those of all pixels."""
    if fragments.triangle[pixel] != MIXED:
        return
    run = fragments.run[pixel]
    out = wp.vec3(0.0, 0.0, 0.0)
    behind = wp.vec3(0.0, 0.0, 0.0)
    for i in range(run[0], run[0] + run[1]):
        color = radiance[pixels + i]
        if fragments.passed.shape[0] > 0:
            color = color + wp.cw_mul(fragments.passed[i], behind)
        out += color * fragments.share[i]
        behind = color
    radiance[pixel] = out


@wp.kernel
def blend(
    fragments: Fragments,
    pixels: int,
    radiance: wp.array(dtype=wp.vec3),
):
    """Radiance of mixed pixels: see `blend_pixel`."""
    pixel = wp.tid()
    blend_pixel(pixel, fragments, pixels, radiance)


@wp.kernel
def accumulate(radiance: wp.array(dtype=wp.vec3), share: float, total: wp.array(dtype=wp.vec3)):
    """Add the share of one picture."""
    pixel = wp.tid()
    total[pixel] = total[pixel] + radiance[pixel] * share
