"""Shadow maps are drawn: what is nearest to the light at each texel, and what looking them up is made quicker by.

Triangles are drawn by rows between their edges. An edge's place in a row is always reckoned from its upper end, so neighbours agree on
the edge they share to the last bit, and no texel falls between them.
"""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, greater, greatest, lesser, load, load_rows, store, total, where_above
from diorama.sim.render.raster.light_data import BORDER, BOUNDS_CELL, ShadowBounds, ShadowLevel, ShadowMap
from diorama.sim.render.raster.presence import LIGHT, Chart, Columns, Presence, chart_of, is_absent, is_cut, is_there, kind_of, there_in_row

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

CELL = wp.constant(BOUNDS_CELL)
PAD = wp.constant(BORDER)
STEPS = wp.constant(Lanes(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))
ONES = wp.constant(Lanes(1.0))
SIXTEENTH = wp.constant(Lanes(0.0625))
ZEROS = wp.constant(Lanes(0.0))
HUGE = wp.constant(1.0e30)
HALF = wp.constant(wp.float64(0.5))
#: How a body is drawn into a map: not at all; both faces of its triangles; or those that face the light.
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


@wp.struct
class Outline:
    """A triangle on the map by its corners from top to bottom, and how far each edge moves from row to row."""

    top: wp.vec3d
    middle: wp.vec3d
    low: wp.vec3d
    whole: wp.float64
    upper: wp.float64
    lower: wp.float64


@wp.func
def outline(a: wp.vec3d, b: wp.vec3d, c: wp.vec3d) -> Outline:
    """The outline of a triangle."""
    out = Outline()
    out.top = a
    out.middle = b
    out.low = c
    if out.top[1] > out.middle[1]:
        out.top = b
        out.middle = a
    if out.middle[1] > out.low[1]:
        out.low = out.middle
        out.middle = c
        if out.top[1] > out.middle[1]:
            out.middle = out.top
            out.top = c
    if out.low[1] > out.top[1]:
        out.whole = (out.low[0] - out.top[0]) / (out.low[1] - out.top[1])
    if out.middle[1] > out.top[1]:
        out.upper = (out.middle[0] - out.top[0]) / (out.middle[1] - out.top[1])
    if out.low[1] > out.middle[1]:
        out.lower = (out.low[0] - out.middle[0]) / (out.low[1] - out.middle[1])
    return out


@wp.func
def columns(o: Outline, v: wp.float64, width: int) -> wp.vec2i:
    """The columns, half-open, whose centres are inside the outline on a row of centres at v."""
    u = o.top[0] + (v - o.top[1]) * o.whole
    other = o.top[0] + (v - o.top[1]) * o.upper
    if v >= o.middle[1]:
        other = o.middle[0] + (v - o.middle[1]) * o.lower
    first = int(wp.ceil(wp.min(u, other) - HALF))
    end = int(wp.ceil(wp.max(u, other) - HALF))
    return wp.vec2i(wp.max(first, 0), wp.min(end, width))


@wp.func
def twice_area(a: wp.vec3d, b: wp.vec3d, c: wp.vec3d) -> wp.float64:
    """Twice the area of a triangle on the map, in square texels; negative where its front is seen, since v runs down."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


@wp.func
def fill(maps: wp.array(dtype=ShadowMap), m: int, a: wp.vec3d, b: wp.vec3d, c: wp.vec3d, strip: int, strips: int, texels: wp.array(dtype=float)):
    """Draw one triangle of (texel, texel, value); `strips` threads share the rows."""
    width = maps[m].width
    area = twice_area(a, b, c)
    o = outline(a, b, c)
    y = wp.max(int(wp.ceil(o.top[1] - HALF)), 0) + strip
    y_end = wp.min(int(wp.ceil(o.low[1] - HALF)), maps[m].height)
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
        v = wp.float64(y) + HALF
        row = columns(o, v, width)
        count = row[1] - row[0]
        value = float(a[2] + gu * (wp.float64(row[0]) + HALF - a[0]) + gv * (v - a[1]))
        at = maps[m].start + y * width + row[0]
        if strips > 1 or sliver:
            for k in range(count):
                wp.atomic_max(texels, at + k, wp.clamp(value + float(k) * slope, least, most))
        else:
            done = int(0)
            while done + 8 <= count:
                store(texels, at + done, greater(load(texels, at + done), Lanes(value + float(done) * slope) + ramp))
                done += 8
            if done < count:
                # Lanes past the end fall below any value.
                inside = (Lanes(float(count - done) - 0.5) - STEPS) * HUGE
                store(texels, at + done, greater(load(texels, at + done), lesser(Lanes(value + float(done) * slope) + ramp, inside)))
        y += strips


@wp.func_native("""
    int lanes = 0;
    for (int i = 0; i < 8; ++i) {
        const float value = (float)(plane.c[0] * places.c[i] + plane.c[1] * row + plane.c[2]);
        lanes |= (int)((value > texels.data[at + i]) & (i < count)) << i;
    }
    return lanes;
""")
def nearer(texels: wp.array(dtype=float), at: int, plane: wp.vec3d, places: Columns, row: wp.float64, count: int) -> int:
    """At which of `count` texels, eight at most, from `at` on a triangle is nearer to the light than what was drawn so far, as bits."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i)
        if ((lanes >> i) & 1) texels.data[at + i] = (float)(plane.c[0] * places.c[i] + plane.c[1] * row + plane.c[2]);
""")
def put(texels: wp.array(dtype=float), at: int, plane: wp.vec3d, places: Columns, row: wp.float64, lanes: int):
    """Draw a triangle at those of eight texels that the bits tell."""


@wp.func
def fill_cut_out_row(texels: wp.array(dtype=float), line: int, row: wp.vec2i, v: wp.float64, plane: wp.vec3d, presence: Presence, chart: Chart):
    """A row's texels, eight at a time, when nobody else draws."""
    x = row[0]
    while x < row[1]:
        places = Columns()
        for i in range(8):
            places[i] = wp.float64(x + i) + HALF
        lanes = nearer(texels, line + x, plane, places, v, row[1] - x)
        if lanes != 0:
            lanes = there_in_row(presence.texels, chart, places, v, lanes)
        if lanes != 0:
            put(texels, line + x, plane, places, v, lanes)
        x += 8


@wp.func
def fill_cut_out(
    maps: wp.array(dtype=ShadowMap),
    m: int,
    a: wp.vec3d,
    b: wp.vec3d,
    c: wp.vec3d,
    presence: Presence,
    t: int,
    strip: int,
    strips: int,
    texels: wp.array(dtype=float),
):
    """The same where its texture is opaque."""
    width = maps[m].width
    per_area = wp.float64(1.0) / twice_area(a, b, c)
    o = outline(a, b, c)
    y = wp.max(int(wp.ceil(o.top[1] - HALF)), 0) + strip
    y_end = wp.min(int(wp.ceil(o.low[1] - HALF)), maps[m].height)
    # The corners' weights, linear in the texel; with a lamp, over its distance.
    second = wp.vec3d(c[1] - a[1], a[0] - c[0], (c[0] - a[0]) * a[1] - (c[1] - a[1]) * a[0]) * per_area
    third = wp.vec3d(a[1] - b[1], b[0] - a[0], (b[1] - a[1]) * a[0] - (b[0] - a[0]) * a[1]) * per_area
    one = wp.vec3d(wp.float64(0.0), wp.float64(0.0), wp.float64(1.0))
    plane = one * a[2] + second * (b[2] - a[2]) + third * (c[2] - a[2])
    chart = Chart()
    if maps[m].parallel != 0:
        chart = chart_of(presence, t, second, third, one)
    else:
        chart = chart_of(presence, t, second * b[2], third * c[2], plane)
    while y < y_end:
        v = wp.float64(y) + HALF
        row = columns(o, v, width)
        if strips == 1:
            fill_cut_out_row(texels, maps[m].start + y * width, row, v, plane, presence, chart)
            row = wp.vec2i(0, 0)
        for x in range(row[0], row[1]):
            texel = wp.vec3d(wp.float64(x) + HALF, v, wp.float64(1.0))
            value = float(wp.dot(plane, texel))
            at = maps[m].start + y * width + x
            nearer = value > texels[at]
            if nearer:
                nearer = is_there(presence, chart, texel, wp.float64(0.0))
            if nearer:
                wp.atomic_max(texels, at, value)
        y += strips


@wp.func
def is_drawn(maps: wp.array(dtype=ShadowMap), m: int, a: wp.vec3d, b: wp.vec3d, c: wp.vec3d, culled: bool) -> bool:
    """Whether a triangle may be at a texel's centre, and is seen from the side that counts: `culled` ones from the front only."""
    area = twice_area(a, b, c)
    if area == wp.float64(0.0) or (culled and area > wp.float64(0.0)):
        return False
    # Most triangles of a map of far things are so small that they hold no texel's centre.
    left = wp.max(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - HALF), wp.float64(0.0))
    right = wp.min(wp.ceil(wp.max(a[0], wp.max(b[0], c[0])) - HALF), wp.float64(maps[m].width))
    top = wp.max(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - HALF), wp.float64(0.0))
    bottom = wp.min(wp.ceil(wp.max(a[1], wp.max(b[1], c[1])) - HALF), wp.float64(maps[m].height))
    return left < right and top < bottom


@wp.kernel
def draw(
    maps: wp.array(dtype=ShadowMap),
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.vec3i),
    triangle_body: wp.array(dtype=int),
    presence: Presence,
    drawn: wp.array2d(dtype=wp.uint8),
    order: wp.array(dtype=wp.vec2i),
    strips: int,
    texels: wp.array(dtype=float),
):
    """Draw the triangles of each body as `drawn` (map, body) says: all into each map, or by an `order` of maps and triangles."""
    i, strip = wp.tid()
    m = int(0)
    t = int(0)
    if order.shape[0] > 0:
        m = order[i][0]
        t = order[i][1]
    else:
        m = i // triangle_body.shape[0]
        t = i % triangle_body.shape[0]
    how = drawn[m, triangle_body[t]]
    kind = kind_of(presence, t)
    if how == wp.uint8(0) or is_absent(kind, LIGHT):
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
    b = on_map(maps, m, p1)
    c = on_map(maps, m, p2)
    if is_drawn(maps, m, a, b, c, how == FRONT):
        # So near to the lamp, nothing is cut out.
        if is_cut(kind, LIGHT) and behind == 0:
            fill_cut_out(maps, m, a, b, c, presence, t, strip, strips, texels)
        else:
            fill(maps, m, a, b, c, strip, strips, texels)
    if behind == 1:
        b = on_map(maps, m, q)
        if is_drawn(maps, m, a, c, b, how == FRONT):
            fill(maps, m, a, c, b, strip, strips, texels)


@wp.kernel
def bound(maps: wp.array(dtype=ShadowMap), sizes: wp.array(dtype=ShadowBounds), texels: wp.array(dtype=float), bounds: wp.array(dtype=wp.vec3)):
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
        bounds[sizes[maps[m].bounds].start + cell] = wp.vec3(-HUGE, 0.0, 0.0)
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
    bounds[sizes[maps[m].bounds].start + cell] = wp.vec3(greatest(highest) + up[3], high, -greatest(-farthest))


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
def gather_bounds(maps: wp.array(dtype=ShadowMap), sizes: wp.array(dtype=ShadowBounds), size: int, bounds: wp.array(dtype=wp.vec3)):
    """The bounds of larger cells' own texels, from those of the four smaller cells in each."""
    m, cell = wp.tid()
    if size > maps[m].widest:
        return
    own = sizes[maps[m].bounds + size]
    below = sizes[maps[m].bounds + size - 1]
    x = cell % own.across
    y = cell // own.across
    rows = (maps[m].height + (CELL << (size - 1)) - 1) // (CELL << (size - 1))
    if 2 * y >= rows:
        return
    first = below.start + 2 * y * below.across + 2 * x
    columns = wp.min(below.across - 2 * x, 2)
    out = bounds_of(bounds, first, 1, 0, columns - 1)
    if 2 * y + 1 < rows:
        other = bounds_of(bounds, first + below.across, 1, 0, columns - 1)
        out = wp.vec3(wp.max(out[0], other[0]), wp.max(out[1], other[1]), wp.min(out[2], other[2]))
    bounds[own.start + cell] = out


@wp.kernel
def widen(
    maps: wp.array(dtype=ShadowMap),
    sizes: wp.array(dtype=ShadowBounds),
    size: int,
    along: int,
    cells: wp.array(dtype=wp.vec3),
    bounds: wp.array(dtype=wp.vec3),
):
    """Bounds over a cell and its neighbours on both sides, along rows (`along` 0) or columns (1)."""
    m, cell = wp.tid()
    if size > maps[m].widest:
        return
    own = sizes[maps[m].bounds + size]
    rows = (maps[m].height + (CELL << size) - 1) // (CELL << size)
    if cell >= own.across * rows:
        return
    step = int(1)
    at = cell % own.across
    end = own.across
    if along == 1:
        step = own.across
        at = cell // own.across
        end = rows
    here = own.start + cell
    bounds[here] = bounds_of(cells, here, step, wp.max(-1, -at), wp.min(1, end - 1 - at))


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
