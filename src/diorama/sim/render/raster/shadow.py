"""How much of a light a point sees.

Percentage-closer soft shadows (Fernando 2005): a few taps look for casters and their distance, which sets how far the edge
is blurred. Each tap is compared with the receiver's own plane at that texel, not with the receiver's depth, so that a flat
surface never shadows itself whatever its slope.
"""

import warp as wp

from diorama.sim.render.raster.light_data import CELL_SIZE, MAP_CELLS, MAP_SIZE, MAX_BLUR_TEXELS, SEARCH_COUNT, SUN, LightData, Shadows

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

SIZE = wp.constant(MAP_SIZE)
MARGIN = wp.constant(MAX_BLUR_TEXELS + 2.0)
SEARCH_TAPS = wp.constant(SEARCH_COUNT)
CELL = wp.constant(CELL_SIZE)
CELLS = wp.constant(MAP_CELLS)
#: How far in front of the receiver's plane a caster must be to count, in metres.
SHADOW_BIAS_M = wp.constant(0.0012)
#: A normal this upright is level; on level ground a caster must rise this much less than the bias to be worth a search.
LEVEL = wp.constant(0.9999999)
LEVEL_BIAS_M = wp.constant(0.0003)


@wp.func
def blocked(maps: wp.array(dtype=float), texel: int, expected: float) -> float:
    """1 where the map is nearer to the light than `expected`, else 0."""
    if maps[texel] > expected:
        return 1.0
    return 0.0


@wp.func
def lit_fraction(
    lights: wp.array(dtype=LightData),
    index: int,
    shadows: Shadows,
    point: wp.vec3,
    normal: wp.vec3,
) -> float:
    """How much of the light's disc a point sees, 0 to 1. `normal` is that of the flat surface it lies on."""
    q = wp.mul(lights[index].rotation, point) + lights[index].translation
    n = wp.mul(lights[index].rotation, normal)
    # The receiver's plane in the map's own terms, value + gu du + gv dv: -z for the sun, 1/z for a spot.
    s = lights[index].scale
    value = -q[2]
    slope = n[2]
    bias = SHADOW_BIAS_M
    if lights[index].kind != SUN:
        if q[2] <= 0.01:
            return 1.0
        value = 1.0 / q[2]
        s = s * value
        slope = wp.dot(n, q)
        bias = bias * value * value
    u = q[0] * s + lights[index].center
    v = q[1] * s + lights[index].center
    if u < MARGIN or v < MARGIN or u >= float(SIZE) - MARGIN or v >= float(SIZE) - MARGIN:
        return 1.0
    # At grazing incidence the plane is nearly edge-on and its slope unbounded; there is next to no light to shadow.
    if wp.abs(slope) < 1.0e-4:
        slope = 1.0e-4
    step = 1.0 / (slope * lights[index].scale)
    gu = n[0] * step
    gv = n[1] * step

    # On a level surface, a look at the heights of all casters in reach settles most points (see shadows.heights.py).
    if normal[2] > LEVEL:
        cell = (lights[index].shadow * CELLS + int(v) // CELL) * CELLS + int(u) // CELL
        if shadows.heights[cell] < point[2] + wp.abs(lights[index].axis[2]) * LEVEL_BIAS_M:
            return 1.0

    x = int(u)
    y = int(v)
    base = lights[index].shadow * SIZE * SIZE
    here = base + y * SIZE + x
    middle = value + bias + gu * (float(x) + 0.5 - u) + gv * (float(y) + 0.5 - v)
    first_tap = lights[index].shadow * SEARCH_TAPS
    found = int(0)
    casters = float(0.0)
    for i in range(SEARCH_TAPS):
        tap = shadows.search_taps[first_tap + i]
        seen = shadows.maps[here + tap[1] * SIZE + tap[0]]
        if seen > middle + gu * float(tap[0]) + gv * float(tap[1]):
            found += 1
            casters += seen
    if found == 0:
        return 1.0
    if found == SEARCH_TAPS:
        return 0.0
    # Similar triangles: the sun's cone widens with the distance behind the caster, a spot's disc is seen past it.
    radius = wp.clamp(lights[index].blur * wp.abs(casters / float(found) - value), 0.75, lights[index].search)

    # A spiral's first `count` points fill a disc of radius sqrt(count): wider blur, more taps.
    count = wp.min(5 + int(1.6 * radius), shadows.filter_taps.shape[0])
    radius = radius / wp.sqrt(float(count))
    total = float(0.0)
    for i in range(count):
        tu = u + shadows.filter_taps[i][0] * radius - 0.5
        tv = v + shadows.filter_taps[i][1] * radius - 0.5
        x0 = wp.floor(tu)
        y0 = wp.floor(tv)
        wx = tu - x0
        wy = tv - y0
        corner = base + int(y0) * SIZE + int(x0)
        expected = value + bias + gu * (x0 + 0.5 - u) + gv * (y0 + 0.5 - v)
        top = blocked(shadows.maps, corner, expected) * (1.0 - wx) + blocked(shadows.maps, corner + 1, expected + gu) * wx
        low = blocked(shadows.maps, corner + SIZE, expected + gv) * (1.0 - wx) + blocked(shadows.maps, corner + SIZE + 1, expected + gu + gv) * wx
        total += top * (1.0 - wy) + low * wy
    return 1.0 - total / float(count)
