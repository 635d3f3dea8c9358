"""Colour textures looked up for eight points at a time; see texture.py for what a texel is."""

import warp as wp

from diorama.sim.render.raster.lanes import LANES, Indices, Lanes, Vectors, added, scaled, vectors
from diorama.sim.render.raster.texture import log2

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: Lookups along the longer side of a footprint, at most.
MAX_TAPS = wp.constant(4)


@wp.struct
class Levels:
    """Of eight textures one level each: where it starts, and its sides; and how much of the next level to blend in."""

    start: Indices
    width: Indices
    height: Indices
    blend: Lanes


@wp.struct
class Spots:
    """Eight places on textures, in tiles, v downwards, and how far they move from pixel to pixel to the right and downwards."""

    u: Lanes
    v: Lanes
    right_u: Lanes
    right_v: Lanes
    down_u: Lanes
    down_v: Lanes


@wp.func
def bilinears(texels: wp.array(dtype=wp.uint32), at: Levels, u: Lanes, v: Lanes) -> Vectors:
    """Linear colours of one level."""
    a = Indices()
    b = Indices()
    c = Indices()
    d = Indices()
    fx = Lanes()
    fy = Lanes()
    for i in range(LANES):
        x = u[i] * float(at.width[i]) - 0.5
        y = v[i] * float(at.height[i]) - 0.5
        left = wp.floor(x)
        top = wp.floor(y)
        fx[i] = x - left
        fy[i] = y - top
        x0 = int(left) & (at.width[i] - 1)
        x1 = (int(left) + 1) & (at.width[i] - 1)
        row0 = at.start[i] + (int(top) & (at.height[i] - 1)) * at.width[i]
        row1 = at.start[i] + ((int(top) + 1) & (at.height[i] - 1)) * at.width[i]
        a[i] = row0 + x0
        b[i] = row0 + x1
        c[i] = row1 + x0
        d[i] = row1 + x1
    for i in range(LANES):
        a[i] = int(texels[a[i]])
        b[i] = int(texels[b[i]])
        c[i] = int(texels[c[i]])
        d[i] = int(texels[d[i]])
    wx = Lanes(1.0) - fx
    wy = Lanes(1.0) - fy
    # The scale of bytes' squares is taken once, with the weights.
    wa = wp.cw_mul(wx, wy) * (1.0 / 65025.0)
    wb = wp.cw_mul(fx, wy) * (1.0 / 65025.0)
    wc = wp.cw_mul(wx, fy) * (1.0 / 65025.0)
    wd = wp.cw_mul(fx, fy) * (1.0 / 65025.0)
    return vectors(
        squares(a, 0, wa) + squares(b, 0, wb) + squares(c, 0, wc) + squares(d, 0, wd),
        squares(a, 8, wa) + squares(b, 8, wb) + squares(c, 8, wc) + squares(d, 8, wd),
        squares(a, 16, wa) + squares(b, 16, wb) + squares(c, 16, wc) + squares(d, 16, wd),
    )


@wp.func
def squares(texel: Indices, shift: int, weight: Lanes) -> Lanes:
    """One of the texels' bytes, squared and weighted."""
    out = Lanes()
    for i in range(LANES):
        root = float((texel[i] >> shift) & 255)
        out[i] = root * root * weight[i]
    return out


@wp.func
def levels(start: Indices, width: Indices, height: Indices, count: Indices, footprint2: Lanes) -> Levels:
    """The levels whose texels are nearest below footprints, given by their squared length in texels of the first level."""
    out = Levels()
    for i in range(LANES):
        level = 0.5 * log2(wp.max(footprint2[i], 1.0))
        last = wp.max(count[i] - 1, 0)
        low = wp.min(int(level), last)
        out.width[i] = width[i] >> low
        out.height[i] = height[i] >> low
        # Each level has a quarter of the texels of the one before: the sum of a geometric series.
        out.start[i] = start[i] + (width[i] * height[i] - (width[i] >> low) * (height[i] >> low)) // 3 * 4
        out.blend[i] = wp.where(low >= last, 0.0, level - float(low))
    return out


@wp.func
def trilinears(texels: wp.array(dtype=wp.uint32), at: Levels, u: Lanes, v: Lanes) -> Vectors:
    """Linear colours between two levels."""
    out = bilinears(texels, at, u, v)
    most = float(0.0)
    for i in range(LANES):
        most = wp.max(most, at.blend[i])
    if most > 0.0:
        after = Levels()
        for i in range(LANES):
            more = wp.where(at.blend[i] > 0.0, 1, 0)
            after.start[i] = at.start[i] + more * at.width[i] * at.height[i]
            after.width[i] = at.width[i] >> more
            after.height[i] = at.height[i] >> more
        out = added(scaled(out, Lanes(1.0) - at.blend), scaled(bilinears(texels, after, u, v), at.blend))
    return out


@wp.func
def lookups(texels: wp.array(dtype=wp.uint32), start: Indices, width: Indices, height: Indices, count: Indices, at: Spots) -> Vectors:
    """Linear colours over pixels' footprints. Up to `MAX_TAPS` lookups along the longer side, each as wide as the shorter one: what
    recedes stays sharp across. Textures of no levels must have sides of 1; what is found there means nothing.
    """
    along_u = Lanes()
    along_v = Lanes()
    footprint2 = Lanes()
    taps = Lanes()
    most = float(1.0)
    for i in range(LANES):
        ax = at.right_u[i] * float(width[i])
        ay = at.right_v[i] * float(height[i])
        bx = at.down_u[i] * float(width[i])
        by = at.down_v[i] * float(height[i])
        right2 = ax * ax + ay * ay
        down2 = bx * bx + by * by
        long2 = wp.max(right2, down2)
        short2 = wp.max(wp.min(right2, down2), 1.0)
        along_u[i] = wp.where(right2 >= down2, at.right_u[i], at.down_u[i])
        along_v[i] = wp.where(right2 >= down2, at.right_v[i], at.down_v[i])
        # What is nearly square needs no more than one.
        wanted = wp.clamp(wp.ceil(wp.sqrt(long2 / short2) - 0.5), 1.0, float(MAX_TAPS))
        taps[i] = wanted
        footprint2[i] = wp.where(wanted > 1.0, wp.max(short2, long2 / (wanted * wanted)), long2)
        most = wp.max(most, wanted)
    level = levels(start, width, height, count, footprint2)
    if most == 1.0:
        return trilinears(texels, level, at.u, at.v)
    out = Vectors()
    share = wp.cw_div(Lanes(1.0), taps)
    for k in range(int(most)):
        step = wp.cw_mul(Lanes(float(k) + 0.5), share) - Lanes(0.5)
        weight = Lanes()
        for i in range(LANES):
            weight[i] = wp.where(float(k) < taps[i], share[i], 0.0)
        out = added(out, scaled(trilinears(texels, level, at.u + wp.cw_mul(along_u, step), at.v + wp.cw_mul(along_v, step)), weight))
    return out
