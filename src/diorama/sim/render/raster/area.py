"""Light from a rectangle, in closed form.

The irradiance of an evenly shining polygon is a sum over its edges (Lambert 1760), because what a diffuse surface receives is an
integral of a clamped cosine. A linear transform of directions turns that cosine into a lobe like that of a glossy surface, and the
same transform undone turns the polygon into one whose cosine integral is the lobe's: linearly transformed cosines (Heitz, Dupuy,
Hill and Neubelt 2016). `tools/fit_area_lights.py` made the table of transforms. They keep the horizon where it is, so the
polygon is cut there once, for both.
"""

from importlib.resources import files

import numpy as np
import warp as wp
from numpy.typing import NDArray

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

PI = wp.constant(3.14159265)
#: Steps of the table from side to side.
STEPS = wp.constant(31)


def lobe_table() -> NDArray[np.float32]:
    """(1024, 4): for 32 roughnesses, and for each 32 values of sqrt(1 - n.v), a lobe: its width and breadth over alpha, the sine and
    cosine of its tilt.
    """
    with (files("diorama.sim.render.raster") / "ltc_ggx.npy").open("rb") as file:
        return np.load(file, allow_pickle=False).reshape(-1, 4)


@wp.func
def lobe_at(table: wp.array(dtype=wp.vec4), roughness: float, no_v: float) -> wp.vec4:
    """The lobe of a roughness seen at a cosine: the table between its entries, its width and breadth times alpha."""
    x = wp.clamp(roughness, 0.0, 1.0) * float(STEPS)
    y = wp.sqrt(wp.clamp(1.0 - no_v, 0.0, 1.0)) * float(STEPS)
    i = wp.min(int(x), STEPS - 1)
    j = wp.min(int(y), STEPS - 1)
    x = x - float(i)
    y = y - float(j)
    k = i * (STEPS + 1) + j
    lobe = (table[k] * (1.0 - y) + table[k + 1] * y) * (1.0 - x) + (table[k + STEPS + 1] * (1.0 - y) + table[k + STEPS + 2] * y) * x
    alpha = wp.max(roughness * roughness, 1.0e-5)
    lobe[0] = lobe[0] * alpha
    lobe[1] = lobe[1] * alpha
    return lobe


@wp.func
def angle_over_sine(x: float) -> float:
    """acos(x) / sqrt(1 - x^2) for x in [0, 1], to 2e-8 of itself (a minimax fit of our own)."""
    top = 1.57079629 + x * (1.33067588 + x * 0.18455713)
    return top / (1.0 + x * (1.48375225 + x * (0.56211378 + x * 0.04016334)))


@wp.func
def edge_integral(a: wp.vec3, b: wp.vec3) -> float:
    """What the edge from a to b adds to a polygon's cosine integral about z, times 2 pi: the angle it is seen under,
    times the z of the unit normal of its plane through the origin.
    """
    # a x (b - a) in place of a x b keeps its digits for polygons that are small, or far away.
    n = wp.cross(a, b - a)
    inverse = 1.0 / wp.sqrt(wp.max(wp.dot(a, a) * wp.dot(b, b), 1.0e-30))
    cosine = wp.clamp(wp.dot(a, b) * inverse, -1.0, 1.0)
    if cosine >= 0.0:
        return n[2] * inverse * angle_over_sine(cosine)
    return n[2] * (PI / wp.sqrt(wp.max(wp.dot(n, n), 1.0e-30)) - inverse * angle_over_sine(-cosine))


@wp.func
def rect_shares(
    lobe: wp.vec4, center: wp.vec3, half_width: wp.vec3, half_height: wp.vec3, axis: wp.vec3, point: wp.vec3, n: wp.vec3, v: wp.vec3
) -> wp.vec2:
    """The shares, 0 to 1, of a clamped cosine about n and of the glossy lobe that the rectangle fills.

    It shines to where `axis` points; `v` is the unit vector to the viewer.
    """
    to_center = center - point
    if wp.dot(to_center, axis) >= 0.0:
        return wp.vec2(0.0, 0.0)
    # The surface's frame: z is its normal, and the viewer is at negative x.
    x = n * wp.dot(n, v) - v
    if wp.dot(x, x) < 1.0e-8:
        x = wp.cross(n, wp.vec3(1.0, 0.0, 0.0))
        if wp.abs(n[0]) > 0.7:
            x = wp.cross(n, wp.vec3(0.0, 1.0, 0.0))
    x = wp.normalize(x)
    frame = wp.matrix_from_rows(x, wp.cross(n, x), n)
    middle = wp.mul(frame, to_center)
    w = wp.mul(frame, half_width)
    h = wp.mul(frame, half_height)

    # The transform's inverse, from directions to cosine space; z stays as it is.
    xx = lobe[3] * lobe[3] / lobe[0]
    xz = lobe[3] * lobe[2] / lobe[0]
    yy = 1.0 / lobe[1]
    diffuse = float(0.0)
    glossy = float(0.0)
    crossed = bool(False)
    enter = wp.vec3(0.0, 0.0, 0.0)
    leave = wp.vec3(0.0, 0.0, 0.0)
    a = middle - w - h
    for i in range(5):
        b = middle - w - h
        if i == 0:
            b = middle + w - h
        elif i == 1:
            b = middle + w + h
        elif i == 2:
            b = middle - w + h
        start = a
        end = b
        if i == 4:
            # The cut itself, along the horizon.
            start = leave
            end = enter
        elif (a[2] > 0.0) != (b[2] > 0.0):
            crossed = True
            cut = a + (b - a) * (a[2] / (a[2] - b[2]))
            cut[2] = 0.0
            if a[2] > 0.0:
                end = cut
                leave = cut
            else:
                start = cut
                enter = cut
        if (i < 4 and (a[2] > 0.0 or b[2] > 0.0)) or (i == 4 and crossed):
            diffuse += edge_integral(start, end)
            from_start = wp.vec3(xx * start[0] - xz * start[2], yy * start[1], start[2])
            glossy += edge_integral(from_start, wp.vec3(xx * end[0] - xz * end[2], yy * end[1], end[2]))
        a = b
    # Corners run one way or the other round, by the rectangle's sides.
    return wp.vec2(wp.abs(diffuse), wp.abs(glossy)) * (0.5 / PI)


@wp.func
def rect_reflected(
    table: wp.array(dtype=wp.vec4),
    center: wp.vec3,
    half_width: wp.vec3,
    half_height: wp.vec3,
    axis: wp.vec3,
    radiance: wp.vec3,
    point: wp.vec3,
    n: wp.vec3,
    v: wp.vec3,
    roughness: float,
    albedo: wp.vec3,
    mirrored: wp.vec3,
) -> wp.vec3:
    """What a point sends to the viewer of a rectangle's radiance, unshadowed, from the Lambert and the GGX lobe.

    `mirrored` is the share of light from everywhere that the GGX lobe reflects (`mirrored_share` in `dfg.py`).
    """
    lobe = lobe_at(table, roughness, wp.dot(n, v))
    share = rect_shares(lobe, center, half_width, half_height, axis, point, n, v)
    return wp.cw_mul(radiance, albedo * share[0] + mirrored * share[1])
