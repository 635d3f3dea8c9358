"""Eight points at a time that no shadow can be on: most of them, and found without a search."""

import warp as wp

from diorama.sim.render.raster.lanes import Indices, Lanes, Vectors, dots_with, greater, greatest, pick, where_above
from diorama.sim.render.raster.light_data import Shadows
from diorama.sim.render.raster.shadow import CELL, LEVEL, LEVEL_BIAS_M, RIM_WIDTH

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) {
        float x = u.c[i] < (float)(width - 1) ? u.c[i] : (float)(width - 1), y = v.c[i] < (float)(height - 1) ? v.c[i] : (float)(height - 1);
        r.c[i] = (int)(y > 0.0f ? y : 0.0f) / size * ((width + size - 1) / size) + (int)(x > 0.0f ? x : 0.0f) / size;
    }
    return r;
""")
def cells_at(u: Lanes, v: Lanes, width: int, height: int, size: int) -> Indices:
    """The cells that texels are in; those of the border for texels beyond it."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = array.data[start + at.c[i]].c[k];
    return r;
""")
def coordinates(array: wp.array(dtype=wp.vec3), start: int, at: Indices, k: int) -> Lanes:
    """One coordinate of eight vectors from anywhere."""


@wp.func
def lit_for_sure(shadows: Shadows, m: int, point: Vectors, normal: Vectors) -> Lanes:
    """1 for points to which `lit_fraction` says 1 because of the bounds of what is around, else 0. For lights of a single map."""
    if shadows.maps[m].partial != 0 or shadows.maps[m].next >= 0:
        return Lanes(0.0)
    place = shadows.maps[m].place
    offset = shadows.maps[m].offset
    u = dots_with(point, place[0]) + Lanes(offset[0])
    v = dots_with(point, place[1]) + Lanes(offset[1])
    value = dots_with(point, place[2]) + Lanes(offset[2])
    rise = Lanes(wp.abs(shadows.maps[m].rise))
    there = Lanes(1.0)
    if shadows.maps[m].parallel == 0:
        there = where_above(value, Lanes(1.0e-4), there)
        value = wp.cw_div(Lanes(1.0), greater(value, Lanes(1.0e-4)))
        u = wp.cw_mul(u, value)
        v = wp.cw_mul(v, value)
        rise = wp.cw_mul(wp.abs(point.z - Lanes(shadows.maps[m].rise)), value)
    widest = shadows.maps[m].widest
    at = cells_at(u, v, shadows.maps[m].width, shadows.maps[m].height, CELL << widest)
    nearest = coordinates(shadows.bounds, shadows.sizes[shadows.maps[m].bounds + widest].start, at, 1)
    highest = coordinates(shadows.bounds, shadows.sizes[shadows.maps[m].bounds + widest].start, at, 0)
    if widest > 0:
        # 1 where no kernel can be wide.
        narrow = where_above(Lanes(float(CELL) - RIM_WIDTH), (nearest - value) * shadows.maps[m].per_value, Lanes(1.0))
        if greatest(narrow) > 0.0:
            at = cells_at(u, v, shadows.maps[m].width, shadows.maps[m].height, CELL)
            nearest = pick(narrow, coordinates(shadows.bounds, shadows.sizes[shadows.maps[m].bounds].start, at, 1), nearest)
            highest = pick(narrow, coordinates(shadows.bounds, shadows.sizes[shadows.maps[m].bounds].start, at, 0), highest)
    # Level ground is lit where nothing rises above it.
    level = where_above(normal.z, Lanes(LEVEL), where_above(point.z + rise * LEVEL_BIAS_M, highest, Lanes(1.0)))
    lit = pick(where_above(nearest, value, Lanes(1.0)), level, Lanes(1.0))
    return pick(there, lit, Lanes(1.0))
