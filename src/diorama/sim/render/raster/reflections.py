"""What stands around, mirrored in wet ground: found in the picture itself.

Shading lets surfaces mirror the surroundings alone. In the rain a street mirrors all that stands along it, and without that wet asphalt is too
bright by far. So after a picture is done, the ray that each wet point mirrors is followed through the picture's own depth (McGuire and Mara,
"Efficient GPU screen-space ray tracing", 2014), in steps that grow; where it meets a surface, what the picture shows there takes the place of the
surroundings. Rough ground mirrors up and down by how it leans from pixel to pixel, and neighbours are averaged, which is how wet roads smear lights
and cars. What the picture does not show cannot be mirrored: there it stays the surroundings.
"""

import warp as wp

from diorama.sim.render.raster.environment import specular
from diorama.sim.render.raster.fog import decay
from diorama.sim.render.raster.fragments import MIXED, Fragments
from diorama.sim.render.raster.lanes import LANES, greatest_index, load_indices, vector_at
from diorama.sim.render.raster.shade import Lighting
from diorama.sim.render.raster.surface import Looks, View, places, surfels, weathers
from diorama.sim.render.raster.weather import DRY

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: Steps of a ray; each is so much longer than the last.
STEPS, GROWTH = wp.constant(18), wp.constant(1.38)
#: Of rough ground so many pixels are averaged, beside and above each other; odd numbers that 8 shares no factor with.
ACROSS, DOWN = wp.constant(3), wp.constant(7)
#: What pixels are: no mirrors, still water, or rougher ground, whose squared roughness is more than the last number.
NONE, STILL, ROUGH = wp.constant(wp.uint8(0)), wp.constant(wp.uint8(1)), wp.constant(wp.uint8(2))
STILL_WIDTH = wp.constant(0.012)
#: Rougher ground, and what leans more, mirrors too little to be looked at.
ROUGHEST, LEVEL = wp.constant(0.5), wp.constant(0.9)
#: How thick what is seen is taken to be, in metres, and more the farther away it is met.
THICK, THICKER = wp.constant(0.15), wp.constant(0.02)
#: Towards the picture's borders reflections fade over this share of it.
BORDER = wp.constant(0.06)


@wp.struct
class Mirror:
    """A pinhole's picture: `depth` of its pixels' centres and its `radiance`, before anything is mirrored in it."""

    depth: wp.array(dtype=float)
    radiance: wp.array(dtype=wp.vec3)
    camera_from_world: wp.mat33
    focal: wp.vec2
    near: float


@wp.func
def depth_at(mirror: Mirror, view: View, q: wp.vec3) -> float:
    """The picture's depth where a point before the camera is seen; negative outside of the picture."""
    u = mirror.focal[0] * q[0] / q[2] + view.center[0]
    v = mirror.focal[1] * q[1] / q[2] + view.center[1]
    if u < 0.0 or v < 0.0 or u >= float(view.width) or v >= float(view.height):
        return -1.0
    return mirror.depth[int(v) * view.width + int(u)]


@wp.func
def met(mirror: Mirror, view: View, start: wp.vec3, way: wp.vec3) -> wp.vec4:
    """What a ray (in the camera's axes) meets: its colour, and how sure that is, from 0 to 1."""
    step = 0.15 + 0.015 * start[2]
    t = step
    before = float(0.0)
    hidden = int(0)
    for _ in range(STEPS):
        q = start + way * t
        if q[2] < mirror.near:
            return wp.vec4(0.0, 0.0, 0.0, 0.0)
        d = depth_at(mirror, view, q)
        if d < 0.0:
            return wp.vec4(0.0, 0.0, 0.0, 0.0)
        if d >= q[2]:
            hidden = 0
        elif hidden == 0:
            # Somewhere in the last step it went behind what is seen.
            low = before
            high = t
            for _k in range(6):
                middle = 0.5 * (low + high)
                p = start + way * middle
                if depth_at(mirror, view, p) < p[2]:
                    high = middle
                else:
                    low = middle
            q = start + way * high
            u = mirror.focal[0] * q[0] / q[2] + view.center[0]
            v = mirror.focal[1] * q[1] / q[2] + view.center[1]
            x = wp.clamp(int(u), 0, view.width - 1)
            y = wp.clamp(int(v), 0, view.height - 1)
            if q[2] - mirror.depth[y * view.width + x] < THICK + THICKER * q[2]:
                color = mirror.radiance[y * view.width + x]
                aside = wp.min(wp.min(u, float(view.width) - u) / float(view.width), wp.min(v, float(view.height) - v) / float(view.height))
                return wp.vec4(color[0], color[1], color[2], wp.clamp(aside / BORDER, 0.0, 1.0))
            # It was nearer than that, and the ray goes on behind it.
            hidden = 1
        before = t
        step = step * GROWTH
        t += step
    return wp.vec4(0.0, 0.0, 0.0, 0.0)


@wp.func
def leaning(pixel: int, width: int) -> float:
    """How facets lean there, from -1 to 1: evenly spread over any pixels that are averaged."""
    x = pixel % width
    y = pixel // width
    number = (y % DOWN * ACROSS + x % ACROSS) * 8 % (ACROSS * DOWN)
    return (float(number) + 0.5) * (2.0 / float(ACROSS * DOWN)) - 1.0


@wp.kernel
def find_reflections(
    fragments: Fragments,
    pixels: int,
    view: View,
    looks: Looks,
    lighting: Lighting,
    mirror: Mirror,
    more: wp.array(dtype=wp.vec3),
    shares: wp.array(dtype=wp.vec3),
    kinds: wp.array(dtype=wp.uint8),
):
    """How much `more` light than was thought, or less, comes to wet ground by way of its mirror, of which it sends on `shares`, and what `kinds` of
    mirrors pixels are. Those that show several surfaces are none.
    """
    group, _ = wp.tid()
    base = group * LANES
    triangle = load_indices(fragments.triangle, base, pixels - 1)
    if greatest_index(triangle) < 0:
        return
    weather = weathers(looks, triangle)
    wet = int(0)
    for i in range(LANES):
        if base + i < pixels and triangle[i] >= 0 and (weather.wet[i] > 0.1 or weather.water[i] < DRY):
            wet = wet | (1 << i)
    if wet == 0:
        return
    s = surfels(looks, view, places(view, fragments, pixels, base, pixels), triangle, 1)
    for i in range(LANES):
        normal = vector_at(s.normal, i)
        if (wet >> i) & 1 == 1 and s.roughness[i] < ROUGHEST and normal[2] > LEVEL:
            point = vector_at(s.point, i)
            toward = vector_at(s.to_eye, i)
            start = wp.mul(mirror.camera_from_world, point - view.position)
            level = wp.vec3(toward[0], toward[1], 0.0)
            level = level * (1.0 / wp.max(wp.length(level), 1.0e-3))
            # Facets lean this way and that; neighbours take other ones.
            spread = s.roughness[i] * s.roughness[i]
            rough = spread > STILL_WIDTH
            n = normal
            if rough:
                n = wp.normalize(normal + level * (spread * leaning(base + i, view.width)))
            way = n * (2.0 * wp.dot(n, toward)) - toward
            way = wp.normalize(wp.vec3(way[0], way[1], wp.max(way[2], 0.01)))
            found = met(mirror, view, start, wp.mul(mirror.camera_from_world, way))
            color = wp.vec3(found[0], found[1], found[2]) - specular(lighting.environment, way, s.roughness[i])
            left = found[3]
            if lighting.fog.extinction > 0.0:
                left *= decay(wp.length(point - view.position) * lighting.fog.extinction)
            more[base + i] = color * left
            shares[base + i] = vector_at(s.mirrored, i)
            kinds[base + i] = wp.where(rough, ROUGH, STILL)


@wp.func
def alike(kinds: wp.array(dtype=wp.uint8), depth: wp.array(dtype=float), i: int, pixel: int) -> bool:
    """Whether a near pixel is a mirror of the same kind at about the same distance; of a pixel that is none, whether it is any."""
    if kinds[i] == NONE or (kinds[pixel] == ROUGH and kinds[i] != ROUGH):
        return False
    return wp.abs(depth[i] - depth[pixel]) < 0.2 * depth[pixel]


@wp.func
def sent(more: wp.array(dtype=wp.vec3), shares: wp.array(dtype=wp.vec3), i: int, rough: bool) -> wp.vec3:
    """What is averaged: of rough ground the light that comes, of others' neighbours what they send on."""
    if rough:
        return more[i]
    return wp.cw_mul(more[i], shares[i])


@wp.kernel
def add_reflections(
    fragments: Fragments,
    width: int,
    height: int,
    depth: wp.array(dtype=float),
    more: wp.array(dtype=wp.vec3),
    shares: wp.array(dtype=wp.vec3),
    kinds: wp.array(dtype=wp.uint8),
    radiance: wp.array(dtype=wp.vec3),
):
    """Add what is mirrored: of rough ground the mean of near pixels, more of them above each other than beside; of pixels that show several
    surfaces that of their neighbours, as far as these mirror anything.
    """
    y, x = wp.tid()
    pixel = y * width + x
    kind = kinds[pixel]
    added = wp.vec3(0.0, 0.0, 0.0)
    if kind == STILL:
        added = wp.cw_mul(more[pixel], shares[pixel])
    elif kind == ROUGH or fragments.triangle[pixel] == MIXED:
        rough = kind == ROUGH
        tall = wp.where(rough, DOWN // 2, 1)
        top = wp.max(y - tall, 0)
        bottom = wp.min(y + tall + 1, height)
        left = wp.max(x - ACROSS // 2, 0)
        right = wp.min(x + ACROSS // 2 + 1, width)
        usual = float(0.0)
        count = float(0.0)
        for v in range(top, bottom):
            for u in range(left, right):
                i = v * width + u
                if alike(kinds, depth, i, pixel):
                    usual += wp.length(sent(more, shares, i, rough))
                    count += 1.0
        if usual > 0.0:
            # What is far from usual counts for less: a lamp that one ray has met by chance.
            usual = usual / count
            weights = float(0.0)
            for v in range(top, bottom):
                for u in range(left, right):
                    i = v * width + u
                    if alike(kinds, depth, i, pixel):
                        one = sent(more, shares, i, rough)
                        weight = 1.0 / (usual + wp.length(one))
                        added += one * weight
                        weights += weight
            added = added / weights
            if rough:
                added = wp.cw_mul(added, shares[pixel])
            else:
                added = added * (count / 8.0)
    if kind != NONE or fragments.triangle[pixel] == MIXED:
        radiance[pixel] = wp.max(radiance[pixel] + added, wp.vec3(0.0, 0.0, 0.0))
