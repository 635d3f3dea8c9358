"""How much of a light eight points see.

Most points are plainly lit, plainly dark, or on the edge of a shadow that is sharper than the map's texels: these are found eight at a time.
Only what is left, each point by itself, takes a search: see shadow.py.
"""

import warp as wp

from diorama.sim.render.raster.lanes import (
    LANES,
    Indices,
    Lanes,
    Vectors,
    dots,
    dots_with,
    greater,
    greatest,
    lesser,
    pick,
    vector_at,
    vectors,
    where_above,
)
from diorama.sim.render.raster.light_data import BORDER, BOUNDS_CELL, RIM, ShadowBounds, Shadows
from diorama.sim.render.raster.shadow import searched

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

CELL = wp.constant(BOUNDS_CELL)
#: log2 of CELL.
FIRST_SHIFT = wp.constant(BOUNDS_CELL.bit_length() - 1)
RIM_WIDTH = wp.constant(RIM)
#: No caster is this near to a map's border.
EMPTY_BORDER = wp.constant(0.5 * BORDER)
ZEROS = wp.constant(Lanes(0.0))
ONES = wp.constant(Lanes(1.0))
HUGE = wp.constant(1.0e30)
#: A normal this upright is level; on level ground a caster must rise this much less than the bias to be worth a search.
LEVEL = wp.constant(0.9999999)
LEVEL_BIAS_M = wp.constant(0.0003)
#: Kernels up to this wide, in texels, are no wider than the steps of the map that they must smooth.
SHARP = wp.constant(0.8)
#: How far in front of the receiver's plane a caster must be to count, in metres.
BIAS_M = wp.constant(0.0012)


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) {
        float x = at.c[i] < (float)(side - 1) ? at.c[i] : (float)(side - 1);
        r.c[i] = (int)(x > 0.0f ? x : 0.0f);
    }
    return r;
""")
def texels_of(at: Lanes, side: int) -> Indices:
    """The columns or rows that texels are in; the border's for what is beyond it."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) {
        int shift = smallest + size.c[i];
        const auto& by = sizes.data[first + size.c[i]];
        r.c[i] = by.start + (y.c[i] >> shift) * by.across + (x.c[i] >> shift);
    }
    return r;
""")
def cells_of(sizes: wp.array(dtype=ShadowBounds), first: int, size: Indices, smallest: int, x: Indices, y: Indices) -> Indices:
    """The bounds of what is around texels, by cells of eight sizes. The side of the smallest is 2 to the power `smallest`."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = array.data[at.c[i]].c[k];
    return r;
""")
def coordinates(array: wp.array(dtype=wp.vec3), at: Indices, k: int) -> Lanes:
    """One coordinate of eight vectors from anywhere."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) {
        int n = 0;
        for (int k = 0; k < 6; ++k) n += distance.c[i] > (float)(side << k) ? 1 : 0;
        r.c[i] = wanted.c[i] > 0.0f && n < size.c[i] ? n : size.c[i];
    }
    return r;
""")
def sizes_for(distance: Lanes, side: int, size: Indices, wanted: Lanes) -> Indices:
    """The numbers of the least sizes of cells that are as wide as distances, where they are smaller than `size` and `wanted` is above 0."""


@wp.func_native("""
    int any = 0;
    for (int i = 0; i < 8; ++i) any |= a.c[i] ^ b.c[i];
    return any != 0;
""")
def differ(a: Indices, b: Indices) -> bool:
    """Whether any two are not the same."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = (float)(side << size.c[i]);
    return r;
""")
def widths(side: int, size: Indices) -> Lanes:
    """A length doubled so many times."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) {
        float x = u.c[i] - 0.5f, y = v.c[i] - 0.5f;
        int column = (int)x, row = (int)y;
        float right = x - (float)column, down = y - (float)row;
        float expected = value.c[i] - gu.c[i] * right - gv.c[i] * down;
        const float* at = texels.data + start + row * across + column;
        float e0 = expected, e1 = expected + gu.c[i], e2 = expected + gv.c[i], e3 = expected + gu.c[i] + gv.c[i];
        float a = at[0] > (e0 > 0.0f ? e0 : 0.0f) ? 0.0f : 1.0f - right, b = at[1] > (e1 > 0.0f ? e1 : 0.0f) ? 0.0f : right;
        float c = at[across] > (e2 > 0.0f ? e2 : 0.0f) ? 0.0f : 1.0f - right, d = at[across + 1] > (e3 > 0.0f ? e3 : 0.0f) ? 0.0f : right;
        r.c[i] = (a + b) * (1.0f - down) + (c + d) * down;
    }
    return r;
""")
def lit_by_four(u: Lanes, v: Lanes, value: Lanes, gu: Lanes, gv: Lanes, texels: wp.array(dtype=float), start: int, across: int) -> Lanes:
    """Shares of kernels one texel wide that show no caster, of the four texels that each covers in part."""


@wp.func
def within(at: Lanes, side: int) -> Lanes:
    """Columns or rows, or the nearest that a kernel can be read at."""
    return lesser(greater(at, Lanes(EMPTY_BORDER)), Lanes(float(side) - EMPTY_BORDER))


@wp.func
def searched_lanes(
    shadows: Shadows, m: int, point: Vectors, at: Vectors, expected: Lanes, gu: Lanes, gv: Lanes, nearest: Lanes, mask: Lanes, lit: Lanes
) -> Lanes:
    """What `searched` says where the mask is 1; of `lit` elsewhere."""
    out = lit
    for i in range(LANES):
        if mask[i] > 0.0:
            out[i] = searched(shadows, m, vector_at(point, i), at.x[i], at.y[i], at.z[i], expected[i], gu[i], gv[i], nearest[i])
    return out


# Inline, here and below: what they are given is too much to copy for every eight points.
@wp.func(inline=True)
def lit_in_map(shadows: Shadows, m: int, point: Vectors, normal: Vectors, at: Vectors, asked: Lanes) -> Lanes:
    """How much of its part of the light a map shows to points, which are at texels (x, y) and have the values z there; 1 where not `asked`."""
    u = at.x
    v = at.y
    value = at.z
    parallel = shadows.maps[m].parallel != 0
    rise = Lanes(wp.abs(shadows.maps[m].rise))
    if not parallel:
        rise = wp.cw_mul(wp.abs(point.z - Lanes(shadows.maps[m].rise)), value)
    level_height = pick(where_above(normal.z, Lanes(LEVEL), ONES), point.z + rise * LEVEL_BIAS_M, Lanes(-HUGE))
    per_value = shadows.maps[m].per_value
    # Most of what is seen: nothing around is nearer to the light, or is higher than level ground. The nearest around tells how far
    # around to look.
    x = texels_of(u, shadows.maps[m].width)
    y = texels_of(v, shadows.maps[m].height)
    first = shadows.maps[m].bounds
    size = Indices(shadows.maps[m].widest)
    cells = cells_of(shadows.sizes, first, size, FIRST_SHIFT, x, y)
    nearest = coordinates(shadows.bounds, cells, 1)
    left = where_above(nearest, value, pick(where_above(level_height, coordinates(shadows.bounds, cells, 0), ONES), ZEROS, asked))
    if greatest(left) == 0.0:
        return ONES
    tries = int(3)
    while tries > 0:
        tries -= 1
        before = size
        size = sizes_for((nearest - value) * per_value + Lanes(RIM_WIDTH), CELL, size, left)
        if differ(size, before):
            cells = cells_of(shadows.sizes, first, size, FIRST_SHIFT, x, y)
            nearest = coordinates(shadows.bounds, cells, 1)
            left = where_above(nearest, value, pick(where_above(level_height, coordinates(shadows.bounds, cells, 0), ONES), ZEROS, left))
        else:
            tries = 0
    if greatest(left) == 0.0:
        return ONES

    # The receivers' planes. At grazing incidence they are nearly edge-on and their slope unbounded; there is next to no light to shadow.
    rotation = shadows.maps[m].rotation
    slope = dots_with(normal, rotation[2])
    bias = Lanes(BIAS_M)
    if not parallel:
        bias = wp.cw_mul(value * BIAS_M, value)
        eye = shadows.maps[m].eye
        slope = wp.cw_mul(dots(normal, vectors(point.x - Lanes(eye[0]), point.y - Lanes(eye[1]), point.z - Lanes(eye[2]))), value)
    per_slope = wp.cw_div(ONES, lesser(slope, Lanes(-1.0e-4)))
    if not parallel:
        per_slope = wp.cw_mul(per_slope, value)
    expected = value + bias
    gu = wp.cw_mul(dots_with(normal, rotation[0]), per_slope) * shadows.maps[m].per_scale[0]
    gv = wp.cw_mul(dots_with(normal, rotation[1]), per_slope) * shadows.maps[m].per_scale[1]
    deepest = greater(expected + wp.cw_mul(wp.abs(gu) + wp.abs(gv), widths(2 * CELL, size)), ZEROS)
    dark = where_above(coordinates(shadows.bounds, cells, 2), deepest, left)
    lit = ONES - dark
    left = left - dark
    if greatest(left) == 0.0:
        return lit

    wide = where_above((nearest - value) * per_value, Lanes(SHARP), left)
    sharp = left - wide
    if greatest(sharp) > 0.0:
        width = shadows.maps[m].width
        inside_u = within(u, width)
        inside_v = within(v, shadows.maps[m].height)
        four = lit_by_four(inside_u, inside_v, expected, gu, gv, shadows.texels, shadows.maps[m].start, width)
        beyond = greater(wp.abs(inside_u - u), wp.abs(inside_v - v))
        lit = pick(where_above(beyond, ZEROS, sharp), ONES, pick(sharp, four, lit))
    if greatest(wide) > 0.0:
        lit = searched_lanes(shadows, m, point, at, expected, gu, gv, nearest, wide, lit)
    return lit


@wp.func(inline=True)
def lit_in_part(shadows: Shadows, first: int, point: Vectors, normal: Vectors, asked: Lanes):
    """How much of a part of a light points see, by its maps from the `first` on; and the map that told each. 1 where not `asked`."""
    lit = Lanes(1.0)
    by = Indices(first)
    left = asked
    m = int(first)
    while m >= 0:
        place = shadows.maps[m].place
        offset = shadows.maps[m].offset
        u = dots_with(point, place[0]) + Lanes(offset[0])
        v = dots_with(point, place[1]) + Lanes(offset[1])
        value = dots_with(point, place[2]) + Lanes(offset[2])
        there = left
        if shadows.maps[m].parallel == 0:
            there = where_above(value, Lanes(1.0e-4), there)
            value = wp.cw_div(ONES, greater(value, Lanes(1.0e-4)))
            u = wp.cw_mul(u, value)
            v = wp.cw_mul(v, value)
        if shadows.maps[m].partial != 0:
            domain = shadows.maps[m].domain
            there = pick(where_above(Lanes(domain[0]), u, ONES), ZEROS, where_above(Lanes(domain[2]), u, there))
            there = pick(where_above(Lanes(domain[1]), v, ONES), ZEROS, where_above(Lanes(domain[3]), v, there))
        if greatest(there) > 0.0:
            lit = pick(there, lit_in_map(shadows, m, point, normal, vectors(u, v, value), there), lit)
        other = shadows.maps[m].other
        by = picked_index(left, m, by)
        left = left - there
        if greatest(left) == 0.0:
            other = -1
        m = other
    return lit, by


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = mask.c[i] > 0.0f ? a : b.c[i];
    return r;
""")
def picked_index(mask: Lanes, a: int, b: Indices) -> Indices:
    """The number a where the mask is above 0, else of b."""


@wp.func
def weight_of(shadows: Shadows, m: int, point: wp.vec3, normal: wp.vec3) -> float:
    """What a part of a rectangle adds to the light on a surface, but for a factor common to all its parts."""
    q = wp.mul(shadows.maps[m].rotation, point - shadows.maps[m].eye)
    n = wp.mul(shadows.maps[m].rotation, normal)
    e = shadows.maps[m].extent
    facing = wp.dot(wp.cross(wp.vec3(e[0, 1], e[1, 1], e[2, 1]), wp.vec3(e[0, 0], e[1, 0], e[2, 0])), q)
    away2 = wp.dot(q, q)
    return wp.max(-wp.dot(n, q), 0.0) * wp.max(facing, 0.0) / (away2 * away2)


@wp.func
def weights_of(shadows: Shadows, by: Indices, point: Vectors, normal: Vectors, asked: Lanes) -> Lanes:
    """What `weight_of` says of points and the maps that told of each, where `asked`; 0 elsewhere."""
    out = Lanes(0.0)
    for i in range(LANES):
        if asked[i] > 0.0:
            out[i] = weight_of(shadows, by[i], vector_at(point, i), vector_at(normal, i))
    return out


@wp.func(inline=True)
def lit_fractions(shadows: Shadows, first: int, point: Vectors, normal: Vectors, asked: Lanes) -> Lanes:
    """How much of the light whose `first` map this is points see, 0 to 1, where `asked` is 1; 0 elsewhere.

    Normals are those of the flat surfaces they lie on, on the side that is lit.
    """
    seen = Lanes(0.0)
    weights = Lanes(0.0)
    out = Lanes(0.0)
    part = int(first)
    while part >= 0:
        lit, by = lit_in_part(shadows, part, point, normal, asked)
        part = shadows.maps[part].next
        # What no other part shines on is as lit as the last one says.
        out = lit
        if part >= 0 or greatest(weights) > 0.0:
            added = weights_of(shadows, by, point, normal, asked)
            if part < 0:
                added = where_above(weights, Lanes(0.0), added)
            seen += wp.cw_mul(added, lit)
            weights += added
            out = pick(weights, wp.cw_div(seen, weights), lit)
    return wp.cw_mul(out, asked)
