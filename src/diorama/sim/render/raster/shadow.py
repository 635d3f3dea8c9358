"""How much of a light a point sees that may be in a soft shadow.

Percentage-closer soft shadows (Fernando 2005): the light, seen from the point, is a disc or a rectangle. Projected past a caster onto the
shadow map it covers a kernel of texels, the larger the farther the caster is from the point; the share of them that show a
caster is the share of the light that is hidden. How far the caster is is not known before it is found, so the kernel starts as wide as the
nearest caster around could make it, and shrinks to the mean of the casters in it until it no longer changes.

Every texel of the kernel is read, weighted by how much of it the kernel covers, so that shadows are free of noise and of steps; wide kernels read a
coarser level. Each is compared with the receiver's own plane there, not with the receiver's depth, so that a flat surface
never shadows itself whatever its slope.
"""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, greater, lesser, load_rows, total, where_above
from diorama.sim.render.raster.light_data import BORDER, MAX_COARSE_KERNEL, MAX_KERNEL, Shadows

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

PAD = wp.constant(float(BORDER))
WIDEST = wp.constant(float(MAX_KERNEL))
WIDEST_COARSE = wp.constant(float(MAX_COARSE_KERNEL))
#: As wide as BORDER allows.
LONGEST = wp.constant(0.5 * float(BORDER) - 1.0)
ZEROS = wp.constant(Lanes(0.0))
ONES = wp.constant(Lanes(1.0))
COLUMNS = wp.constant(Lanes(0.5, 1.5, 2.5, 3.5, 0.5, 1.5, 2.5, 3.5))
ROWS = wp.constant(Lanes(0.5, 0.5, 0.5, 0.5, 1.5, 1.5, 1.5, 1.5))
#: Kernels up to this wide, in texels, are not worth a shape.
SMALL = wp.constant(1.5)
#: Two numbers for each row of a kernel: as many as one can have, and some that nobody asks for.
Rows = wp.types.matrix(shape=(2, 24), dtype=wp.float32)


@wp.struct
class Kernel:
    """What of the map a point's light is seen through. `value` is the receiver's plane at (u, v), by `gu` and `gv` for each texel.

    A row dy off the middle is covered from ``shear dy`` by `wide` to both sides, as far as dy is within `high`; less in an ellipse.
    """

    u: float
    v: float
    value: float
    gu: float
    gv: float
    wide: float
    high: float
    shear: float
    box: int


@wp.func_native("""
    int first = (int)(k.v - k.high - 0.5f);
    wp::mat_t<2, 24, float> out;
    for (int i = 0; i < 24; ++i) {
        float dy = (float)(first + i) + 0.5f - k.v, part = dy / (k.high + 0.5f);
        float room = 1.0f - part * part, share = k.high + 0.5f - fabsf(dy);
        out.data[0][i] = (k.box ? k.wide : k.wide * sqrtf(room > 0.0f ? room : 0.0f)) + 0.5f;
        out.data[1][i] = share > 0.0f ? (share < 1.0f ? share : 1.0f) : 0.0f;
    }
    return out;
""")
def rows_of(k: Kernel) -> Rows:
    """How far to both sides each row of the kernel reaches, and half a texel that it covers in part; and how much of the row it covers."""


# Loops over eight lanes in plain C++ become one vector instruction a line, which those over vectors that change from turn to turn do not.
_OVER_KERNEL = """
    float hidden[8], covered[8], values[8], dx[8], plane[8];
    float side = k.wide + fabsf(k.shear) * k.high + 0.5f;
    int x = (int)(k.u - side), blocks = ((int)(k.u + side) - x) / 8 + 1;
    int first = (int)(k.v - k.high - 0.5f), last = (int)(k.v + k.high + 0.5f);
    for (int i = 0; i < 8; ++i) {
        hidden[i] = covered[i] = values[i] = 0.0f;
        dx[i] = (float)i + 0.5f + ((float)x - k.u);
        plane[i] = VALUE + dx[i] * k.gu;
    }
    for (int y = first; y <= last; ++y) {
        float dy = (float)y + 0.5f - k.v, half = rows.data[0][y - first], share = rows.data[1][y - first], off[8], ramp[8];
        for (int i = 0; i < 8; ++i) {
            off[i] = dx[i] - k.shear * dy;
            ramp[i] = plane[i] + k.gv * dy;
        }
        const float* at = texels.data + start + y * across + x;
        for (int block = 0; block < blocks; ++block, at += 8)
            for (int i = 0; i < 8; ++i) {
                float reach = half - fabsf(off[i]), expected = ramp[i] > 0.0f ? ramp[i] : 0.0f;
                float weight = (reach > 0.0f ? (reach < 1.0f ? reach : 1.0f) : 0.0f) * share;
                COUNT
                covered[i] += weight;
                off[i] += 8.0f;
                ramp[i] += 8.0f * k.gu;
            }
    }
    float sums[3];
    for (int n = 0; n < 3; ++n) {
        const float* a = n == 0 ? hidden : n == 1 ? covered : values;
        sums[n] = ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
    }
    return wp::vec3(sums[0], sums[1], sums[2]);
"""


@wp.func_native(
    _OVER_KERNEL.replace("VALUE", "k.value").replace(
        "COUNT",
        """
                float dark = at[i] > expected ? weight : 0.0f;
                hidden[i] += dark;
                values[i] += dark * at[i];""",
    )
)
def hidden_by_texels(k: Kernel, rows: Rows, texels: wp.array(dtype=float), start: int, across: int) -> wp.vec3:
    """Weight of the kernel's texels that show a caster, weight of all, and sum of those casters' values, weighted."""


@wp.func_native(
    # A mean over a cell is that of the plane somewhere in the cell.
    _OVER_KERNEL.replace("VALUE", "k.value + 0.5f * (fabsf(k.gu) + fabsf(k.gv))").replace(
        "COUNT",
        """
                float near = at[i], far = at[i + size];
                float near_dark = near > expected ? weight * at[i + 2 * size] : 0.0f, far_dark = far > expected ? weight * at[i + 3 * size] : 0.0f;
                hidden[i] += near_dark + far_dark;
                values[i] += near_dark * near + far_dark * far;""",
    )
)
def hidden_by_cells(k: Kernel, rows: Rows, texels: wp.array(dtype=float), start: int, across: int, size: int) -> wp.vec3:
    """The same from a coarser level, of which a plane has this `size`; `k` is in its cells."""


@wp.func
def lit_by_patch(
    u: float, v: float, value: float, gu: float, gv: float, half: wp.vec2, texels: wp.array(dtype=float), start: int, across: int
) -> float:
    """Share of a kernel of `half` its sides that shows no caster, for up to 1.5 texels: four rows of four."""
    x = int(u - 1.5)
    y = int(v - 1.5)
    dx = COLUMNS + Lanes(float(x) - u)
    dy = ROWS + Lanes(float(y) - v)
    across_x = lesser(greater(Lanes(half[0] + 0.5) - wp.abs(dx), ZEROS), ONES)
    above = wp.cw_mul(lesser(greater(Lanes(half[1] + 0.5) - wp.abs(dy), ZEROS), ONES), across_x)
    plane = Lanes(value) + dx * gu + dy * gv
    dy += Lanes(2.0)
    below = wp.cw_mul(lesser(greater(Lanes(half[1] + 0.5) - wp.abs(dy), ZEROS), ONES), across_x)
    at = start + y * across + x
    hidden = where_above(load_rows(texels, at, across), greater(plane, ZEROS), above)
    hidden += where_above(load_rows(texels, at + 2 * across, across), greater(plane + Lanes(2.0 * gv), ZEROS), below)
    return 1.0 - total(hidden) / total(above + below)


@wp.func
def narrowed(half: float, box: int, rims: float) -> float:
    """A kernel's half width less what texels widen a disc by: `rims` boxes of one, by their variance. Where a rectangle's shadow begins
    and ends hardly depends on them.
    """
    if box != 0:
        return wp.max(half, 0.5)
    return wp.sqrt(wp.max(half * half - 0.3333333 * rims, 0.25))


@wp.func
def hidden_by(k: Kernel, shadows: Shadows, m: int) -> wp.vec3:
    """The same from the finest level whose cells are few enough."""
    widest = wp.max(k.wide + wp.abs(k.shear) * k.high, k.high)
    if widest <= WIDEST:
        # No caster is this near to a map's border.
        if k.u < 0.5 * PAD or k.v < 0.5 * PAD or k.u > float(shadows.maps[m].width) - 0.5 * PAD or k.v > float(shadows.maps[m].height) - 0.5 * PAD:
            return wp.vec3(0.0, 1.0, 0.0)
        fine = Kernel()
        fine.u = k.u
        fine.v = k.v
        fine.value = k.value
        fine.gu = k.gu
        fine.gv = k.gv
        fine.wide = narrowed(k.wide, k.box, 1.0)
        fine.high = narrowed(k.high, k.box, 1.0)
        fine.shear = k.shear
        fine.box = k.box
        return hidden_by_texels(fine, rows_of(fine), shadows.texels, shadows.maps[m].start, shadows.maps[m].width)
    # A narrow kernel may be longer, so that some cells lie across it.
    across = wp.max(wp.min(k.wide, k.high), 1.0)
    index = shadows.maps[m].first_level
    last = index + shadows.maps[m].levels - 1
    while index < last:
        cell = float(shadows.levels[index].size)
        if widest <= WIDEST_COARSE * cell or (widest <= LONGEST * cell and across < 3.0 * cell):
            break
        index += 1
    level = shadows.levels[index]
    size = float(level.size)
    each = 1.0 / size
    coarse = Kernel()
    coarse.u = k.u * each + PAD
    coarse.v = k.v * each + PAD
    if coarse.u < 0.5 * PAD or coarse.v < 0.5 * PAD or coarse.u > float(level.across) - 0.5 * PAD or coarse.v > float(level.rows) - 0.5 * PAD:
        return wp.vec3(0.0, 1.0, 0.0)
    coarse.value = k.value
    coarse.gu = k.gu * size
    coarse.gv = k.gv * size
    coarse.wide = wp.min(narrowed(k.wide * each, k.box, 2.0), LONGEST)
    coarse.high = wp.min(narrowed(k.high * each, k.box, 2.0), LONGEST)
    coarse.shear = k.shear
    coarse.box = k.box
    return hidden_by_cells(coarse, rows_of(coarse), shadows.cells, level.start, level.across, level.across * level.rows)


@wp.func
def searched(
    shadows: Shadows, m: int, point: wp.vec3, u: float, v: float, value: float, expected: float, gu: float, gv: float, nearest: float
) -> float:
    """How much of its part of the light the map shows to a point at texel (u, v).

    `value` is the point's own and `nearest` that of the nearest caster around; `expected` is the receiver's plane there, by `gu` and `gv`
    for each texel.
    """
    radius = shadows.maps[m].per_value * (nearest - value)
    if radius <= SMALL:
        width = shadows.maps[m].width
        if u < 0.5 * PAD or v < 0.5 * PAD or u > float(width) - 0.5 * PAD or v > float(shadows.maps[m].height) - 0.5 * PAD:
            return 1.0
        # A square of the disc's variance, less that of the texels.
        radii = shadows.maps[m].shape * radius
        half = wp.vec2(wp.sqrt(wp.max(0.75 * radii[0] * radii[0] - 0.25, 0.25)), wp.sqrt(wp.max(0.75 * radii[1] * radii[1] - 0.25, 0.25)))
        lit = lit_by_patch(u, v, expected, gu, gv, half, shadows.texels, shadows.maps[m].start, width)
        return wp.where(lit < 1.0e-5, 0.0, lit)

    k = Kernel()
    k.u = u
    k.v = v
    k.value = expected
    k.gu = gu
    k.gv = gv
    k.box = shadows.maps[m].box
    ahead = wp.vec2(0.0, 0.0)
    if shadows.maps[m].parallel == 0:
        q = wp.mul(shadows.maps[m].rotation, point - shadows.maps[m].eye)
        ahead = wp.vec2(q[0] * value, q[1] * value)
    scale = shadows.maps[m].scale
    # The light's shape as seen from the point, on the map: its half-axes slide along the ray to the map's plane.
    e = shadows.maps[m].extent
    a = wp.vec2((e[0, 0] - ahead[0] * e[2, 0]) * scale[0], (e[1, 0] - ahead[1] * e[2, 0]) * scale[1])
    b = wp.vec2((e[0, 1] - ahead[0] * e[2, 1]) * scale[0], (e[1, 1] - ahead[1] * e[2, 1]) * scale[1])
    c = wp.vec2((e[0, 2] - ahead[0] * e[2, 2]) * scale[0], (e[1, 2] - ahead[1] * e[2, 2]) * scale[1])
    xx = a[0] * a[0] + b[0] * b[0] + c[0] * c[0]
    xy = a[0] * a[1] + b[0] * b[1] + c[0] * c[1]
    yy = wp.max(a[1] * a[1] + b[1] * b[1] + c[1] * c[1], 1.0e-12)
    k.shear = xy / yy
    high = wp.sqrt(yy)
    wide = wp.sqrt(wp.max(xx - xy * k.shear, 0.0))
    longest = wp.max(wide + wp.abs(k.shear) * high, high)

    radius = wp.min(longest * (nearest - value), shadows.maps[m].reach)
    for _step in range(8):
        k.wide = wide / longest * radius
        k.high = high / longest * radius
        hidden = hidden_by(k, shadows, m)
        lit = 1.0 - hidden[0] / hidden[1]
        if hidden[0] <= 0.0:
            return 1.0
        if lit < 1.0e-5:
            return 0.0
        before = radius
        radius = wp.min(longest * wp.max(hidden[2] / hidden[0] - value, 0.0), radius)
        if before - radius < 0.03 + 0.01 * radius:
            break
    return lit
