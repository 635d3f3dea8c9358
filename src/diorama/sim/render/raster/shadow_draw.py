"""Shadow maps are drawn: what is nearest to the light at each texel, and what looking them up is made quicker by.

Triangles are drawn by rows between their edges. An edge's place in a row is always reckoned from its upper end, so neighbours agree on
the edge they share to the last bit, and no texel falls between them.
"""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, greater, greatest, lesser, load, load_rows, store, total, where_above
from diorama.sim.render.raster.light_data import BORDER, BOUNDS_CELL, ShadowLevel, ShadowMap

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

CELL = wp.constant(BOUNDS_CELL)
PAD = wp.constant(BORDER)
STEPS = wp.constant(Lanes(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))
ONES = wp.constant(Lanes(1.0))
SIXTEENTH = wp.constant(Lanes(0.0625))
ZEROS = wp.constant(Lanes(0.0))
HUGE = wp.constant(1.0e30)
#: How a body is drawn into a map: not at all, both faces of its triangles, or those that face the light.
BOTH = wp.constant(wp.uint8(1))
FRONT = wp.constant(wp.uint8(2))


@wp.func
def on_map(maps: wp.array(dtype=ShadowMap), m: int, q: wp.vec3d) -> wp.vec3d:
    """Texel and value of a point of the map's frame."""
    half = wp.vec2d(wp.float64(maps[m].center[0]), wp.float64(maps[m].center[1]))
    if maps[m].parallel != 0:
        return wp.vec3d(maps[m].exact_scale[0] * q[0] + half[0], maps[m].exact_scale[1] * q[1] + half[1], wp.float64(maps[m].far) - q[2])
    inverse = wp.float64(1.0) / q[2]
    return wp.vec3d(maps[m].exact_scale[0] * (q[0] * inverse) + half[0], maps[m].exact_scale[1] * (q[1] * inverse) + half[1], inverse)


@wp.func
def crossing(outside: wp.vec3d, inside: wp.vec3d, near: wp.float64) -> wp.vec3d:
    """Where an edge meets the near plane."""
    s = (near - outside[2]) / (inside[2] - outside[2])
    return wp.vec3d(outside[0] + s * (inside[0] - outside[0]), outside[1] + s * (inside[1] - outside[1]), near)


@wp.func
def fill(
    maps: wp.array(dtype=ShadowMap),
    m: int,
    a: wp.vec3d,
    b: wp.vec3d,
    c: wp.vec3d,
    culled: bool,
    strip: int,
    strips: int,
    texels: wp.array(dtype=float),
):
    """Draw one triangle of (texel, texel, value). `culled` ones show their front only; `strips` threads share the rows."""
    width = maps[m].width
    area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
    # Corners run counter-clockwise seen from outside, and v runs down.
    if area == wp.float64(0.0) or (culled and area > wp.float64(0.0)):
        return
    half = wp.float64(0.5)
    top = a
    middle = b
    low = c
    if top[1] > middle[1]:
        top = b
        middle = a
    if middle[1] > low[1]:
        low = middle
        middle = c
        if top[1] > middle[1]:
            middle = top
            top = c
    y = wp.max(int(wp.ceil(top[1] - half)), 0) + strip
    y_end = wp.min(int(wp.ceil(low[1] - half)), maps[m].height)
    if y >= y_end or wp.max(a[0], wp.max(b[0], c[0])) < half or wp.min(a[0], wp.min(b[0], c[0])) > wp.float64(width):
        return
    zero = wp.float64(0.0)
    long_edge = (low[0] - top[0]) / (low[1] - top[1])
    upper = zero
    if middle[1] > top[1]:
        upper = (middle[0] - top[0]) / (middle[1] - top[1])
    lower = zero
    if low[1] > middle[1]:
        lower = (low[0] - middle[0]) / (low[1] - middle[1])
    per_area = wp.float64(1.0) / area
    gu = ((b[2] - a[2]) * (c[1] - a[1]) - (c[2] - a[2]) * (b[1] - a[1])) * per_area
    gv = ((c[2] - a[2]) * (b[0] - a[0]) - (b[2] - a[2]) * (c[0] - a[0])) * per_area
    # Rounding must not carry slivers past their corners.
    sliver = wp.abs(area) < wp.float64(2.0)
    least = float(wp.min(a[2], wp.min(b[2], c[2])))
    most = float(wp.max(a[2], wp.max(b[2], c[2])))
    slope = float(gu)
    ramp = STEPS * slope
    while y < y_end:
        v = wp.float64(y) + half
        ua = top[0] + (v - top[1]) * long_edge
        ub = top[0] + (v - top[1]) * upper
        if v >= middle[1]:
            ub = middle[0] + (v - middle[1]) * lower
        x = wp.max(int(wp.ceil(wp.min(ua, ub) - half)), 0)
        x_end = wp.min(int(wp.ceil(wp.max(ua, ub) - half)), width)
        value = float(a[2] + gu * (wp.float64(x) + half - a[0]) + gv * (v - a[1]))
        at = maps[m].start + y * width + x
        count = x_end - x
        if strips > 1 or sliver:
            for k in range(count):
                wp.atomic_max(texels, at + k, wp.clamp(value + float(k) * slope, least, most))
        else:
            while count >= 8:
                store(texels, at, greater(load(texels, at), Lanes(value) + ramp))
                at += 8
                count -= 8
                value += 8.0 * slope
            if count > 0:
                # Lanes past the end fall below any value.
                store(texels, at, greater(load(texels, at), lesser(Lanes(value) + ramp, (Lanes(float(count) - 0.5) - STEPS) * HUGE)))
        y += strips


@wp.kernel
def draw(
    maps: wp.array(dtype=ShadowMap),
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.vec3i),
    triangle_body: wp.array(dtype=int),
    drawn: wp.array2d(dtype=wp.uint8),
    strips: int,
    texels: wp.array(dtype=float),
):
    """Draw the triangles of each body as `drawn` (map, body) says."""
    m, t, strip = wp.tid()
    how = drawn[m, triangle_body[t]]
    if how == wp.uint8(0):
        return
    f = faces[t]
    p0 = wp.mul(maps[m].exact_rotation, vertices[f[0]]) + maps[m].exact_translation
    p1 = wp.mul(maps[m].exact_rotation, vertices[f[1]]) + maps[m].exact_translation
    p2 = wp.mul(maps[m].exact_rotation, vertices[f[2]]) + maps[m].exact_translation
    near = maps[m].near
    behind = int(0)
    if p0[2] < near:
        behind += 1
    if p1[2] < near:
        behind += 1
    if p2[2] < near:
        behind += 1
    if behind == 3:
        return
    q = p2
    if behind > 0:
        # Turn the corners until the first is the odd one out, then cut: a corner off leaves four sides, two off leave three.
        while (p0[2] < near) == (p1[2] < near) or (p0[2] < near) == (p2[2] < near):
            q = p0
            p0 = p1
            p1 = p2
            p2 = q
        if behind == 1:
            q = crossing(p0, p2, near)
            p0 = crossing(p0, p1, near)
        else:
            p1 = crossing(p1, p0, near)
            p2 = crossing(p2, p0, near)
    a = on_map(maps, m, p0)
    c = on_map(maps, m, p2)
    fill(maps, m, a, on_map(maps, m, p1), c, how == FRONT, strip, strips, texels)
    if behind == 1:
        fill(maps, m, a, c, on_map(maps, m, q), how == FRONT, strip, strips, texels)


@wp.kernel
def bound(maps: wp.array(dtype=ShadowMap), texels: wp.array(dtype=float), bounds: wp.array(dtype=wp.vec3)):
    """The bounds of each cell's own texels: see `Shadows`."""
    m, cell = wp.tid()
    width = maps[m].width
    across = width // CELL
    if cell >= across * (maps[m].height // CELL):
        return
    x = cell % across * CELL
    y = cell // across * CELL
    at = maps[m].start + y * width + x
    nearest = load(texels, at)
    farthest = nearest
    for row in range(1, CELL):
        value = load(texels, at + row * width)
        nearest = greater(nearest, value)
        farthest = lesser(farthest, value)
    high = greatest(nearest)
    if high == 0.0:
        bounds[maps[m].bounds + cell] = wp.vec3(-HUGE, 0.0, 0.0)
        return
    # Height is linear in texel and value (sun), or is so over value.
    up = maps[m].world_z
    hu = up[0] / maps[m].scale[0]
    hv = up[1] / maps[m].scale[1]
    ramp = STEPS * hu + Lanes((float(x) + 0.5 - maps[m].center[0]) * hu + (float(y) + 0.5 - maps[m].center[1]) * hv)
    parallel = maps[m].parallel != 0
    if parallel:
        ramp += Lanes(maps[m].far * up[2])
    else:
        ramp += Lanes(up[2])
    highest = Lanes(-HUGE)
    for _row in range(CELL):
        value = load(texels, at)
        missing = greater(ONES - value * HUGE, ZEROS)
        if parallel:
            highest = greater(highest, ramp - value * up[2] - missing * HUGE)
        else:
            highest = greater(highest, wp.cw_div(ramp, value + missing) - missing * HUGE)
        ramp += Lanes(hv)
        at += width
    bounds[maps[m].bounds + cell] = wp.vec3(greatest(highest) + up[3], high, -greatest(-farthest))


@wp.func_native("""
    wp::vec3 r = cells.data[at + low * step];
    for (int k = low + 1; k <= high; ++k) {
        const wp::vec3& other = cells.data[at + k * step];
        r.c[0] = other.c[0] > r.c[0] ? other.c[0] : r.c[0];
        r.c[1] = other.c[1] > r.c[1] ? other.c[1] : r.c[1];
        r.c[2] = other.c[2] < r.c[2] ? other.c[2] : r.c[2];
    }
    return r;
""")
def bounds_of(cells: wp.array(dtype=wp.vec3), at: int, step: int, low: int, high: int) -> wp.vec3:
    """The bounds of several cells in a row or a column."""


@wp.kernel
def widen(maps: wp.array(dtype=ShadowMap), along: int, wide: int, cells: wp.array(dtype=wp.vec3), bounds: wp.array(dtype=wp.vec3)):
    """Bounds over the neighbours on both sides, along rows (`along` 0) or columns (1); or, from those, over all in reach (`wide`)."""
    m, cell = wp.tid()
    across = maps[m].width // CELL
    rows = maps[m].height // CELL
    if cell >= across * rows:
        return
    # A kernel's rim is a texel wide.
    beyond = maps[m].reach + 1.5 - float(CELL)
    if wide != 0 and beyond <= 0.0:
        return
    step = int(1)
    at = cell % across
    end = across
    if along == 1:
        step = across
        at = cell // across
        end = rows
    reach = int(1)
    source = maps[m].bounds + cell
    target = source
    if wide != 0:
        reach = int(wp.ceil(beyond / float(CELL)))
        target = maps[m].wide_bounds + cell
        if along == 1:
            source = target
    bounds[target] = bounds_of(cells, source, step, wp.max(-reach, -at), wp.min(reach, end - 1 - at))


@wp.func
def negative_or_none(values: Lanes) -> Lanes:
    """Values with the other sign, so that the greatest is the least of them; -1e30 in place of 0."""
    return where_above(values, ZEROS, Lanes(HUGE) - values) - Lanes(HUGE)


@wp.func
def halves(values: Lanes, shares: Lanes, more_values: Lanes, more_shares: Lanes) -> wp.vec4:
    """Sixteen values, each with its share of a cell, as two: means of the nearer and of the farther, then their shares.

    They are parted in the middle between the nearest and the farthest; a value without a share is 0 and is not counted.
    """
    most = greatest(greater(values, more_values))
    least = -greatest(greater(negative_or_none(values), negative_or_none(more_values)))
    split = Lanes(0.5 * (least + most))
    far_shares = where_above(split, values, shares)
    more_far_shares = where_above(split, more_values, more_shares)
    far_share = total(far_shares + more_far_shares)
    share = total(shares + more_shares)
    far = total(wp.cw_mul(values, far_shares) + wp.cw_mul(more_values, more_far_shares))
    near = total(wp.cw_mul(values, shares) + wp.cw_mul(more_values, more_shares)) - far
    near_share = share - far_share
    return wp.vec4(near / wp.max(near_share, 1.0e-9), far / wp.max(far_share, 1.0e-9), near_share, far_share)


@wp.kernel
def coarsen(
    maps: wp.array(dtype=ShadowMap), levels: wp.array(dtype=ShadowLevel), texels: wp.array(dtype=float), level: int, cells: wp.array(dtype=float)
):
    """Make a level of each map: the first from 4 x 4 texels, others from 2 x 2 cells of the level before."""
    m, cell = wp.tid()
    if level >= maps[m].levels:
        return
    index = maps[m].first_level + level
    across = levels[index].across
    rows = levels[index].rows
    plane = across * rows
    if cell >= plane:
        return
    x = cell % across - PAD
    y = cell // across - PAD
    out = wp.vec4(0.0, 0.0, 0.0, 0.0)
    if x >= 0 and y >= 0 and x < across - 2 * PAD and y < rows - 2 * PAD:
        if level == 0:
            width = maps[m].width
            at = maps[m].start + 4 * (y * width + x)
            values = load_rows(texels, at, width)
            more = load_rows(texels, at + 2 * width, width)
            most = greatest(greater(values, more))
            least = -greatest(-lesser(values, more))
            if least > 0.0 and maps[m].per_value * (most - least) < 2.0:
                # One surface, for all that a kernel can tell.
                out[0] = 0.0625 * total(values + more)
                out[2] = 1.0
            elif most > 0.0:
                out = halves(values, where_above(values, ZEROS, SIXTEENTH), more, where_above(more, ZEROS, SIXTEENTH))
        else:
            below = levels[index - 1].across
            size = below * levels[index - 1].rows
            at = levels[index - 1].start + (2 * y + PAD) * below + 2 * x + PAD
            values = Lanes()
            shares = Lanes()
            for k in range(4):
                one = at + k // 2 * below + k % 2
                values[k] = cells[one]
                values[4 + k] = cells[one + size]
                shares[k] = 0.25 * cells[one + 2 * size]
                shares[4 + k] = 0.25 * cells[one + 3 * size]
            if greatest(values) > 0.0:
                out = halves(values, shares, ZEROS, ZEROS)
    at = levels[index].start + cell
    for k in range(4):
        cells[at + k * plane] = out[k]
