"""From surfaces to light: what each fragment sends to the camera."""

import warp as wp

from diorama.sim.render.raster.area import rect_reflected
from diorama.sim.render.raster.brdf import Surfels, reflected
from diorama.sim.render.raster.environment import Environment, background
from diorama.sim.render.raster.fog import Fog, left_at, seen_beyond
from diorama.sim.render.raster.fragments import Fragments
from diorama.sim.render.raster.lanes import (
    LANES,
    Indices,
    Lanes,
    Vectors,
    added,
    clamped,
    dots,
    dots_with,
    greater,
    greatest,
    greatest_index,
    lesser,
    load_indices,
    matching,
    multiplied,
    pick,
    roots,
    scaled,
    spread,
    vector_at,
    vectors,
    where_above,
)
from diorama.sim.render.raster.light_data import POINT, RECT, SUN, LightData, Shadows
from diorama.sim.render.raster.reach import ball_around, reached, stretched
from diorama.sim.render.raster.shadow_lanes import lit_fractions
from diorama.sim.render.raster.surface import Looks, Places, View, places, surfels, with_rays
from diorama.sim.render.raster.surroundings import ambient
from diorama.sim.render.raster.visibility import EMPTY

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})


@wp.struct
class Lighting:
    """All light there is. `openness` is what surfaces in each pixel's neighbourhood leave open of its surroundings; empty for all.
    `backdrop` is what each pixel sees where nothing is; empty for the environment. `powers` says, row by row of the picture, what each light is of
    its mean; empty where none flickers. `ltc` is the table of area.py. `reaches` tells how far lights reach (reach.py); empty where all are
    looked at everywhere. `fog` is between the camera and all that it sees but a backdrop.
    """

    lights: wp.array(dtype=LightData)
    reaches: wp.array(dtype=float)
    shadows: Shadows
    environment: Environment
    openness: wp.array(dtype=float)
    backdrop: wp.array(dtype=wp.vec3)
    powers: wp.array(dtype=float)
    ltc: wp.array(dtype=wp.vec4)
    fog: Fog


@wp.struct
class Arriving:
    """Light at eight points, if nothing stands before it: whence it comes, the cosine to the normal, and the irradiance for a color of 1."""

    to_light: Vectors
    no_l: Lanes
    irradiance: Lanes


@wp.func
def arriving(lighting: Lighting, k: int, s: Surfels) -> Arriving:
    """What comes from one sun, spot or point light."""
    axis = lighting.lights[k].axis
    to_light = spread(-axis)
    strength = Lanes(1.0)
    if lighting.lights[k].kind != SUN:
        position = lighting.lights[k].position
        away = vectors(Lanes(position[0]) - s.point.x, Lanes(position[1]) - s.point.y, Lanes(position[2]) - s.point.z)
        inverse = wp.cw_div(Lanes(1.0), roots(greater(dots(away, away), Lanes(1.0e-6))))
        to_light = scaled(away, inverse)
        strength = wp.cw_mul(inverse, inverse)
        if lighting.lights[k].kind != POINT:
            along = dots_with(to_light, axis)
            squash = lighting.lights[k].half_height
            if wp.dot(squash, squash) > 0.0:
                aside = dots_with(to_light, squash)
                along = wp.cw_div(along, roots(wp.cw_mul(aside, aside) + Lanes(1.0)))
            edge = clamped((Lanes(-lighting.lights[k].cos_outer) - along) * lighting.lights[k].per_cos, 0.0, 1.0)
            strength = wp.cw_mul(strength, wp.cw_mul(edge, edge))
    out = Arriving()
    out.to_light = to_light
    out.no_l = greater(dots(s.normal, to_light), Lanes(0.0))
    out.irradiance = wp.cw_mul(strength, out.no_l)
    return out


@wp.func
def wanted(s: Surfels, light: Arriving) -> Lanes:
    """1 where it matters whether something stands before a light, else 0: surfaces that face away are in their own shadow."""
    return where_above(dots(s.flat, light.to_light), Lanes(0.0), where_above(light.irradiance, Lanes(0.0), Lanes(1.0)))


@wp.func
def from_light(lighting: Lighting, k: int, s: Surfels, light: Arriving, share: Lanes) -> Vectors:
    """What one sun, spot or point light adds, of which points see a share."""
    color = spread(lighting.lights[k].color)
    return scaled(multiplied(reflected(s, light.to_light, greater(light.no_l, Lanes(1.0e-6))), color), wp.cw_mul(light.irradiance, share))


@wp.func
def from_rect(lighting: Lighting, k: int, s: Surfels, share: Lanes) -> Vectors:
    """What one rectangular light adds, of which points see a share."""
    if greatest(share) == 0.0:
        return Vectors()
    center = lighting.lights[k].position
    width = lighting.lights[k].half_width
    height = lighting.lights[k].half_height
    return scaled(rect_reflected(lighting.ltc, center, width, height, lighting.lights[k].axis, lighting.lights[k].color, s), share)


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) {
        int x = (int)u.c[i], y = (int)v.c[i];
        x = x < width - 1 ? x : width - 1;
        y = y < height - 1 ? y : height - 1;
        r.c[i] = array.data[(y > 0 ? y : 0) * width + (x > 0 ? x : 0)];
    }
    return r;
""")
def at_pixels(array: wp.array(dtype=float), width: int, height: int, u: Lanes, v: Lanes) -> Lanes:
    """What a picture of numbers holds at eight places."""


# Inline: what it is given is too much to copy for every eight points.
@wp.func(inline=True)
def lighted(lighting: Lighting, view: View, at: Places, s: Surfels, triangle: Indices, openness: Lanes) -> Vectors:
    """The radiance of eight points, their own emission included."""
    out = added(s.emitted, ambient(lighting.environment, s, lesser(openness, s.open)))
    count = lighting.lights.shape[0]
    culled = lighting.reaches.shape[0] > 0
    ball = wp.vec4()
    stretch = float(1.0)
    if culled:
        ball = ball_around(s.point, triangle)
        stretch = stretched(s)
    bits = int(255)
    for k in range(count):
        if culled:
            if k % LANES == 0:
                bits = reached(lighting.reaches, k, ball, stretch)
            if (bits >> (k % LANES)) & 1 == 0:
                continue
        share = Lanes(1.0)
        light = Arriving()
        if lighting.lights[k].kind != RECT:
            light = arriving(lighting, k, s)
        if lighting.lights[k].shadow >= 0:
            if lighting.lights[k].kind != RECT:
                share = wanted(s, light)
            share = lit_fractions(lighting.shadows, lighting.lights[k].shadow, s.point, s.flat, share)
        if lighting.powers.shape[0] > 0:
            share = wp.cw_mul(share, at_pixels(lighting.powers, count, view.height, Lanes(float(k)), at.v))
        if lighting.lights[k].kind == RECT:
            out = added(out, from_rect(lighting, k, s, share))
        else:
            out = added(out, from_light(lighting, k, s, light, share))
    return out


@wp.func
def openness_at(lighting: Lighting, view: View, at: Places) -> Lanes:
    """What surrounding surfaces leave open at eight places."""
    if lighting.openness.shape[0] == 0:
        return Lanes(1.0)
    return at_pixels(lighting.openness, view.width, view.height, at.u, at.v)


@wp.func
def beyond(lighting: Lighting, view: View, ray: wp.vec3, u: float, v: float) -> wp.vec3:
    """What is seen past the last surface, at a place in the picture."""
    # Where a lens sees nothing there is no ray, and no light.
    if wp.dot(ray, ray) == 0.0:
        return wp.vec3(0.0, 0.0, 0.0)
    if lighting.backdrop.shape[0] == 0:
        toward = wp.normalize(ray)
        seen = background(lighting.environment, toward)
        if lighting.fog.extinction > 0.0:
            return seen_beyond(lighting.fog, seen, toward[2])
        return seen
    x = wp.clamp(int(u), 0, view.width - 1)
    y = wp.clamp(int(v), 0, view.height - 1)
    return lighting.backdrop[y * view.width + x]


@wp.func
def show_beyond(base: int, count: int, view: View, lighting: Lighting, at: Places, triangle: Indices, radiance: wp.array(dtype=wp.vec3)):
    """Write what is seen past the last surface where there is none."""
    for i in range(LANES):
        if triangle[i] == EMPTY and base + i < count:
            radiance[base + i] = beyond(lighting, view, vector_at(at.ray, i), at.u[i], at.v[i])


@wp.func
def casting(s: Surfels) -> Lanes:
    """1 where a point casts a shadow, else 0: see UNLIT in materials.py."""
    return Lanes(1.0) - where_above(Lanes(0.5), wp.cw_mul(s.opacity, Lanes(1.0) - s.transmission), Lanes(1.0))


@wp.func
def passed(s: Surfels, lane: int) -> wp.vec3:
    """How much of the light behind a point passes it."""
    through = s.body[lane] * s.transmission[lane]
    if s.coated == 1:
        through *= 1.0 - s.coat_mirrored[lane]
    opacity = s.opacity[lane]
    return wp.vec3(1.0 - opacity) + vector_at(s.base, lane) * (opacity * through)


@wp.func_native("""
    for (int i = 0; i < 8; ++i)
        if (triangle.c[i] >= 0 && base + i < count) radiance.data[base + i] = wp::vec3(x.c[i], y.c[i], z.c[i]);
""")
def store_seen(radiance: wp.array(dtype=wp.vec3), base: int, count: int, triangle: Indices, x: Lanes, y: Lanes, z: Lanes):
    """Write the radiance of fragments, from number `base` to before number `count`, that see a triangle."""


@wp.func
def show_layers(
    base: int,
    pixels: int,
    count: int,
    triangle: Indices,
    s: Surfels,
    out: Vectors,
    left: Lanes,
    air: wp.vec3,
    through: wp.array(dtype=wp.vec3),
    radiance: wp.array(dtype=wp.vec3),
):
    """Write the radiance of fragments of mixed pixels that are seen through, and how much they let through.

    Of their light fog has `left` a share; the rest is the `air`'s, as far as what is behind does not bring it along.
    """
    for i in range(LANES):
        if triangle[i] >= 0 and base + i < count and base + i >= pixels:
            share = passed(s, i)
            through[base + i - pixels] = share
            color = vector_at(out, i) * s.opacity[i]
            if left[i] < 1.0:
                color = color * left[i] + wp.cw_mul(air, wp.vec3(1.0) - share) * (1.0 - left[i])
            radiance[base + i] = color


@wp.func(inline=True)
def shade_group(
    base: int,
    fragments: Fragments,
    pixels: int,
    count: int,
    view: View,
    looks: Looks,
    lighting: Lighting,
    weathered: int,
    radiance: wp.array(dtype=wp.vec3),
):
    """The radiance of eight of `count` fragments, those of the `pixels` before those of mixed ones; `weathered` is 1 where looks are."""
    triangle = load_indices(fragments.triangle, base, count - 1)
    seen = greatest_index(triangle) >= 0
    empty = greatest(matching(triangle, EMPTY)) > 0.0
    if not seen and not empty:
        return
    at = places(view, fragments, pixels, base, count)
    if empty:
        show_beyond(base, count, view, lighting, at, triangle, radiance)
    if not seen:
        return
    if view.rays.shape[0] > 0:
        at = with_rays(view, at)
    s = surfels(looks, view, at, triangle, weathered)
    openness = openness_at(lighting, view, at)
    layered = fragments.passed.shape[0] > 0 and base + LANES > pixels
    if layered:
        # What surrounds it was looked for past it.
        openness = pick(casting(s), openness, Lanes(1.0))
    out = lighted(lighting, view, at, s, triangle, openness)
    left = Lanes(1.0)
    seen_out = out
    if lighting.fog.extinction > 0.0:
        left = left_at(lighting.fog, view.position, s.point)
        seen_out = added(scaled(out, left), scaled(spread(lighting.fog.air), Lanes(1.0) - left))
    store_seen(radiance, base, count, triangle, seen_out.x, seen_out.y, seen_out.z)
    if layered:
        show_layers(base, pixels, count, triangle, s, out, left, lighting.fog.air, fragments.passed, radiance)


@wp.kernel
def shade(
    fragments: Fragments,
    pixels: int,
    first: int,
    count: int,
    view: View,
    looks: Looks,
    lighting: Lighting,
    radiance: wp.array(dtype=wp.vec3),
):
    """Radiance of fragments, from number `first` to before number `count`, in dry scenes: see `shade_group`, and shade_weather.py."""
    # Two numbers, of which one is always 0: Warp makes kernels of one twice over, and copies all they are given for each thread.
    group, _ = wp.tid()
    base = first + group * LANES
    shade_group(base, fragments, pixels, count, view, looks, lighting, 0, radiance)
