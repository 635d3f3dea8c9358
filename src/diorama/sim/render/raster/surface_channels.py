"""Labels that are made of a surface's material and its light: the base colour, and how much light shadows keep away."""

import warp as wp

from diorama.sim.render.raster.area import PI, Lobes, rect_shares
from diorama.sim.render.raster.brdf import Surfels
from diorama.sim.render.raster.fragments import Fragments
from diorama.sim.render.raster.lanes import LANES, Indices, Lanes, dots, vector_at, where_above
from diorama.sim.render.raster.light_data import RECT
from diorama.sim.render.raster.shade import Lighting, arriving
from diorama.sim.render.raster.shadow_lanes import lit_fractions
from diorama.sim.render.raster.surface import Looks, View, places, surfels

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: The channels of this file, and what a pixel of each is on the device.
SURFACE_DTYPES = {"albedo": wp.vec3, "shadow": wp.float32}
#: Of the lobes of `rect_shares`, the cosine itself.
COSINE = wp.constant(Lobes([1.0] * LANES + [1.0] * LANES + [0.0] * LANES + [1.0] * LANES))


@wp.func
def shadowed(lighting: Lighting, s: Surfels) -> Lanes:
    """The share of the irradiance, the mean of its three colours, that stands in shadow; 0 where there would be none."""
    total = Lanes()
    blocked = Lanes()
    for k in range(lighting.lights.shape[0]):
        color = lighting.lights[k].color
        strength = (color[0] + color[1] + color[2]) / 3.0
        irradiance = Lanes()
        if lighting.lights[k].kind == RECT:
            center = lighting.lights[k].position
            width = lighting.lights[k].half_width
            height = lighting.lights[k].half_height
            axis = lighting.lights[k].axis
            irradiance = rect_shares(COSINE, center, width, height, axis, s.point, s.normal, s.to_eye)[0] * PI
        else:
            light = arriving(lighting, k, s)
            # A surface that faces away is in nobody's shadow.
            irradiance = where_above(dots(s.flat, light.to_light), Lanes(0.0), light.irradiance)
        seen = Lanes(1.0)
        if lighting.lights[k].shadow >= 0:
            lit = where_above(irradiance, Lanes(0.0), Lanes(1.0))
            seen = lit_fractions(lighting.shadows, lighting.lights[k].shadow, s.point, s.flat, lit)
        total += irradiance * strength
        blocked += wp.cw_mul(irradiance, Lanes(1.0) - seen) * strength
    out = Lanes()
    for i in range(LANES):
        if total[i] > 0.0:
            out[i] = blocked[i] / total[i]
    return out


@wp.kernel
def resolve_surface(
    seen: Fragments,
    first: int,
    count: int,
    view: View,
    looks: Looks,
    lighting: Lighting,
    albedo: wp.array(dtype=wp.vec3),
    shadow: wp.array(dtype=float),
):
    """Both labels of pixels, from number `first` to before number `count`, that see the triangles `seen`. Either may be an empty array."""
    # Two numbers, as in shade.py: Warp makes kernels of one twice over.
    group, _ = wp.tid()
    base = first + group * LANES
    triangle = Indices()
    for i in range(LANES):
        triangle[i] = seen.triangle[wp.min(base + i, count - 1)]
    weathered = wp.where(looks.weather.shape[0] > 0, 1, 0)
    s = surfels(looks, view, places(view, seen, count, base, count), triangle, weathered)
    blocked = Lanes()
    if shadow.shape[0] > 0:
        blocked = shadowed(lighting, s)
    for i in range(LANES):
        if base + i < count:
            there = triangle[i] >= 0
            if albedo.shape[0] > 0:
                albedo[base + i] = wp.where(there, vector_at(s.base, i), wp.vec3(0.0, 0.0, 0.0))
            if shadow.shape[0] > 0:
                shadow[base + i] = wp.where(there, blocked[i], 0.0)
