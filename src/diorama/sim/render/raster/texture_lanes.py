"""A colour texture looked up at eight places at a time; see texture.py for what a texel is."""

import warp as wp

from diorama.sim.render.raster.lanes import (
    Indices,
    Lanes,
    Vectors,
    added,
    floors,
    gathered,
    greater,
    greatest,
    lesser,
    scaled,
    vectors,
    where_above,
)

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: Lookups along the longer side of a footprint, at most.
MAX_TAPS = wp.constant(4.0)
#: Places are kept within this many texels of the first, so that they fit an int.
FAR = wp.constant(1.0e9)


@wp.struct
class Levels:
    """For each place a level of the texture: where it starts, its sides, and how much of the next level to blend in."""

    start: Indices
    width: Indices
    height: Indices
    blend: Lanes


@wp.struct
class Spots:
    """Eight places on a texture, in tiles, v downwards, and how far they move from pixel to pixel to the right and downwards."""

    u: Lanes
    v: Lanes
    right_u: Lanes
    right_v: Lanes
    down_u: Lanes
    down_v: Lanes


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) {
        unsigned bits, mantissa;
        float m;
        memcpy(&bits, &x.c[i], 4);
        mantissa = (bits & 0x7FFFFFu) | 0x3F800000u;
        memcpy(&m, &mantissa, 4);
        r.c[i] = (float)((int)((bits >> 23) & 255u) - 127) + (m - 1.0f) * (1.3465f - 0.3465f * (m - 1.0f));
    }
    return r;
""")
def log2s(x: Lanes) -> Lanes:
    """`log2` of texture.py."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = side >> (int)level.c[i];
    return r;
""")
def sides(side: int, level: Lanes) -> Indices:
    """The sides of levels, from that of the first."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = start + (texels - width.c[i] * height.c[i]) / 3 * 4;
    return r;
""")
def starts(start: int, texels: int, width: Indices, height: Indices) -> Indices:
    """Where levels start, of which the first has so many `texels`: each has a quarter of those before, the sum of a geometric series."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = start.c[i] + (more.c[i] > 0.0f ? width.c[i] * height.c[i] : 0);
    return r;
""")
def next_starts(start: Indices, width: Indices, height: Indices, more: Lanes) -> Indices:
    """Where the next levels start, or the same ones where there is not to be `more`."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) r.c[i] = more.c[i] > 0.0f ? side.c[i] >> 1 : side.c[i];
    return r;
""")
def next_sides(side: Indices, more: Lanes) -> Indices:
    """The sides of the next levels, or the same ones where there is not to be `more`."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = tiles.c[i] * (float)side.c[i] - 0.5f;
    return r;
""")
def from_centers(tiles: Lanes, side: Indices) -> Lanes:
    """Texels' coordinates, of which whole ones are texels' centres."""


@wp.func_native("""
    wp::vec_t<8, int> r;
    for (int i = 0; i < 8; ++i) {
        int row = ((int)y.c[i] + dy) & (height.c[i] - 1), column = ((int)x.c[i] + dx) & (width.c[i] - 1);
        r.c[i] = start.c[i] + row * width.c[i] + column;
    }
    return r;
""")
def texels_at(start: Indices, width: Indices, height: Indices, x: Lanes, y: Lanes, dx: int, dy: int) -> Indices:
    """Where the texels at (x + dx, y + dy) are. Levels repeat without end; their sides are powers of two."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) {
        float root = (float)((texel.c[i] >> shift) & 255);
        r.c[i] = root * root * weight.c[i];
    }
    return r;
""")
def squares(texel: Indices, shift: int, weight: Lanes) -> Lanes:
    """One byte of each texel, squared and weighted."""


@wp.func
def bilinears(texels: wp.array(dtype=wp.uint32), at: Levels, u: Lanes, v: Lanes) -> Vectors:
    """Linear colours of one level."""
    x = lesser(greater(from_centers(u, at.width), Lanes(-FAR)), Lanes(FAR))
    y = lesser(greater(from_centers(v, at.height), Lanes(-FAR)), Lanes(FAR))
    left = floors(x)
    top = floors(y)
    fx = x - left
    # The scale of bytes' squares is taken once, with the weights.
    fy = (y - top) * (1.0 / 65025.0)
    wx = Lanes(1.0) - fx
    wy = Lanes(1.0 / 65025.0) - fy
    a = gathered(texels, texels_at(at.start, at.width, at.height, left, top, 0, 0))
    b = gathered(texels, texels_at(at.start, at.width, at.height, left, top, 1, 0))
    c = gathered(texels, texels_at(at.start, at.width, at.height, left, top, 0, 1))
    d = gathered(texels, texels_at(at.start, at.width, at.height, left, top, 1, 1))
    wa = wp.cw_mul(wx, wy)
    wb = wp.cw_mul(fx, wy)
    wc = wp.cw_mul(wx, fy)
    wd = wp.cw_mul(fx, fy)
    return vectors(
        squares(a, 0, wa) + squares(b, 0, wb) + squares(c, 0, wc) + squares(d, 0, wd),
        squares(a, 8, wa) + squares(b, 8, wb) + squares(c, 8, wc) + squares(d, 8, wd),
        squares(a, 16, wa) + squares(b, 16, wb) + squares(c, 16, wc) + squares(d, 16, wd),
    )


@wp.func
def levels(entry: wp.vec4i, footprint2: Lanes) -> Levels:
    """The levels whose texels are nearest below footprints, given by their squared length in texels of the first level."""
    level = log2s(greater(footprint2, Lanes(1.0))) * 0.5
    last = Lanes(float(entry[3] - 1))
    low = lesser(floors(level), last)
    out = Levels()
    out.width = sides(entry[1], low)
    out.height = sides(entry[2], low)
    out.start = starts(entry[0], entry[1] * entry[2], out.width, out.height)
    out.blend = where_above(last, low, level - low)
    return out


@wp.func
def trilinears(texels: wp.array(dtype=wp.uint32), at: Levels, u: Lanes, v: Lanes) -> Vectors:
    """Linear colours between two levels."""
    out = bilinears(texels, at, u, v)
    if greatest(at.blend) > 0.0:
        after = Levels()
        after.start = next_starts(at.start, at.width, at.height, at.blend)
        after.width = next_sides(at.width, at.blend)
        after.height = next_sides(at.height, at.blend)
        out = added(scaled(out, Lanes(1.0) - at.blend), scaled(bilinears(texels, after, u, v), at.blend))
    return out


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = a.c[i] >= b.c[i] ? c.c[i] : d.c[i];
    return r;
""")
def where_least(a: Lanes, b: Lanes, c: Lanes, d: Lanes) -> Lanes:
    """Of c where a is no less than b, else of d."""


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) r.c[i] = sqrtf(a.c[i] / b.c[i]);
    return r;
""")
def root_ratios(a: Lanes, b: Lanes) -> Lanes:
    """The square roots of quotients."""


@wp.func
def lookups(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, at: Spots) -> Vectors:
    """Linear colours over pixels' footprints on the texture of this `entry` of the atlas.

    Up to `MAX_TAPS` lookups along the longer side, each as wide as the shorter one: what recedes stays sharp across.
    """
    width = float(entry[1])
    height = float(entry[2])
    ax = at.right_u * width
    ay = at.right_v * height
    bx = at.down_u * width
    by = at.down_v * height
    right2 = wp.cw_mul(ax, ax) + wp.cw_mul(ay, ay)
    down2 = wp.cw_mul(bx, bx) + wp.cw_mul(by, by)
    long2 = greater(right2, down2)
    short2 = greater(lesser(right2, down2), Lanes(1.0))
    # What is nearly square needs no more than one: as many as the ratio of its sides, rounded.
    taps = lesser(greater(floors(root_ratios(long2, short2) + Lanes(0.5)), Lanes(1.0)), Lanes(MAX_TAPS))
    share = wp.cw_div(Lanes(1.0), taps)
    footprint2 = where_least(Lanes(1.0), taps, long2, greater(short2, wp.cw_mul(long2, wp.cw_mul(share, share))))
    level = levels(entry, footprint2)
    most = greatest(taps)
    if most == 1.0:
        return trilinears(texels, level, at.u, at.v)
    along_u = where_least(right2, down2, at.right_u, at.down_u)
    along_v = where_least(right2, down2, at.right_v, at.down_v)
    out = Vectors()
    tap = float(0.0)
    while tap < most:
        step = share * (tap + 0.5) - Lanes(0.5)
        color = trilinears(texels, level, at.u + wp.cw_mul(along_u, step), at.v + wp.cw_mul(along_v, step))
        out = added(out, scaled(color, where_above(taps, Lanes(tap), share)))
        tap += 1.0
    return out
