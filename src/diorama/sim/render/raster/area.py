"""Light from a rectangle, in closed form.

The irradiance of an evenly shining polygon is a sum over its edges (Lambert 1760), because what a diffuse surface receives is an
integral of a clamped cosine. A linear transform of directions turns that cosine into a lobe like that of a glossy surface, and the
same transform undone turns the polygon into one whose cosine integral is the lobe's: linearly transformed cosines (Heitz, Dupuy,
Hill and Neubelt 2016). `tools/fit_area_lights.py` made the table of transforms. They keep the horizon where it is, so the
polygon is cut there once, for both.

Eight points at a time, as in lanes.py.
"""

from importlib.resources import files

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.brdf import Surfels
from diorama.sim.render.raster.lanes import Lanes, Pairs, Vectors, added, dots, multiplied, scaled, spread

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

PI = wp.constant(3.14159265)
#: Steps of the table from side to side.
STEPS = wp.constant(31)


def lobe_table() -> NDArray[np.float32]:
    """(1024, 4): for 32 roughnesses, and for each 32 values of sqrt(1 - n.v), a lobe: its width and breadth over alpha, the sine and
    cosine of its tilt.
    """
    with (files("diorama.sim.render.raster") / "ltc_ggx.npy").open("rb") as file:
        return np.load(file, allow_pickle=False).reshape(-1, 4)


#: The four numbers of a lobe for each point.
Lobes = wp.types.matrix(shape=(4, 8), dtype=wp.float32)


@wp.func_native("""
    wp::mat_t<4, 8, float> out;
    for (int i = 0; i < 8; ++i) {
        float rough = roughness.c[i] < 1.0f ? roughness.c[i] : 1.0f, off = 1.0f - no_v.c[i];
        off = off > 0.0f ? (off < 1.0f ? off : 1.0f) : 0.0f;
        float x = (rough > 0.0f ? rough : 0.0f) * (float)steps, y = sqrtf(off) * (float)steps;
        int row = (int)x, column = (int)y;
        row = row < steps - 1 ? row : steps - 1;
        column = column < steps - 1 ? column : steps - 1;
        x -= (float)row;
        y -= (float)column;
        const wp::vec_t<4, float>* at = table.data + row * (steps + 1) + column;
        float squared = roughness.c[i] * roughness.c[i], alpha = squared > 1.0e-5f ? squared : 1.0e-5f;
        for (int k = 0; k < 4; ++k) {
            float low = at[0].c[k] * (1.0f - y) + at[1].c[k] * y, high = at[steps + 1].c[k] * (1.0f - y) + at[steps + 2].c[k] * y;
            out.data[k][i] = (low * (1.0f - x) + high * x) * (k < 2 ? alpha : 1.0f);
        }
    }
    return out;
""")
def lobes_at(table: wp.array(dtype=wp.vec4), steps: int, roughness: Lanes, no_v: Lanes) -> Lobes:
    """The lobes of roughnesses seen at cosines: the table between its entries, their widths and breadths times alpha."""


# One long loop over the eight becomes vector instructions from end to end: all its choices are between two numbers.
@wp.func_native("""
    // What the edge from a to b adds to a polygon's cosine integral about z, times 2 pi: the angle it is seen under, times the z of the unit
    // normal of its plane through the origin. a x (b - a) in place of a x b keeps its digits for polygons that are small, or far away.
    // acos(x) / sqrt(1 - x^2) for x in [0, 1] is a minimax fit of our own, to 2e-8 of itself.
    auto edge = [](float ax, float ay, float az, float bx, float by, float bz) __attribute__((always_inline)) {
        float dx = bx - ax, dy = by - ay, dz = bz - az;
        float nx = ay * dz - az * dy, ny = az * dx - ax * dz, nz = ax * dy - ay * dx;
        float lengths = (ax * ax + ay * ay + az * az) * (bx * bx + by * by + bz * bz);
        float inverse = 1.0f / sqrtf(lengths > 1.0e-30f ? lengths : 1.0e-30f), cosine = (ax * bx + ay * by + az * bz) * inverse;
        float sharp = cosine >= 0.0f ? cosine : -cosine;
        sharp = sharp < 1.0f ? sharp : 1.0f;
        float angle = (1.57079629f + sharp * (1.33067588f + sharp * 0.18455713f))
            / (1.0f + sharp * (1.48375225f + sharp * (0.56211378f + sharp * 0.04016334f)));
        float across = nx * nx + ny * ny + nz * nz;
        float wide = 3.14159265f / sqrtf(across > 1.0e-30f ? across : 1.0e-30f);
        return cosine >= 0.0f ? nz * inverse * angle : nz * (wide - inverse * angle);
    };
    wp::mat_t<2, 8, float> out;
    for (int i = 0; i < 8; ++i) {
        float nx = n_x.c[i], ny = n_y.c[i], nz = n_z.c[i], vx = v_x.c[i], vy = v_y.c[i], vz = v_z.c[i];
        float tx = center.c[0] - p_x.c[i], ty = center.c[1] - p_y.c[i], tz = center.c[2] - p_z.c[i];
        float before = tx * axis.c[0] + ty * axis.c[1] + tz * axis.c[2];
        // The surface's frame: z is its normal, and the viewer is at negative x.
        float nv = nx * vx + ny * vy + nz * vz;
        float xx = nx * nv - vx, xy = ny * nv - vy, xz = nz * nv - vz;
        float squared = xx * xx + xy * xy + xz * xz, tilt = nx < 0.0f ? -nx : nx;
        float ox = tilt > 0.7f ? -nz : 0.0f, oy = tilt > 0.7f ? 0.0f : nz, oz = tilt > 0.7f ? nx : -ny;
        xx = squared < 1.0e-8f ? ox : xx;
        xy = squared < 1.0e-8f ? oy : xy;
        xz = squared < 1.0e-8f ? oz : xz;
        float length = sqrtf(xx * xx + xy * xy + xz * xz);
        xx /= length;
        xy /= length;
        xz /= length;
        float yx = ny * xz - nz * xy, yy = nz * xx - nx * xz, yz = nx * xy - ny * xx;
        float mx = xx * tx + xy * ty + xz * tz, my = yx * tx + yy * ty + yz * tz, mz = nx * tx + ny * ty + nz * tz;
        float wx = xx * w.c[0] + xy * w.c[1] + xz * w.c[2], hx = xx * h.c[0] + xy * h.c[1] + xz * h.c[2];
        float wy = yx * w.c[0] + yy * w.c[1] + yz * w.c[2], hy = yx * h.c[0] + yy * h.c[1] + yz * h.c[2];
        float wz = nx * w.c[0] + ny * w.c[1] + nz * w.c[2], hz = nx * h.c[0] + ny * h.c[1] + nz * h.c[2];
        // The transform's inverse, from directions to cosine space; z stays as it is.
        float kxx = lobe.data[3][i] * lobe.data[3][i] / lobe.data[0][i], kxz = lobe.data[3][i] * lobe.data[2][i] / lobe.data[0][i];
        float kyy = 1.0f / lobe.data[1][i];
        float diffuse = 0.0f, glossy = 0.0f, ex = 0.0f, ey = 0.0f, lx = 0.0f, ly = 0.0f, crossed = 0.0f;
        auto add = [&](float ax, float ay, float az, float bx, float by, float bz, float some) __attribute__((always_inline)) {
            float even = edge(ax, ay, az, bx, by, bz);
            float lobed = edge(kxx * ax - kxz * az, kyy * ay, az, kxx * bx - kxz * bz, kyy * by, bz);
            diffuse += some > 0.0f ? even : 0.0f;
            glossy += some > 0.0f ? lobed : 0.0f;
        };
        // What is below the horizon is cut away.
        auto side = [&](float ax, float ay, float az, float bx, float by, float bz) __attribute__((always_inline)) {
            float a_up = az > 0.0f ? 1.0f : 0.0f, b_up = bz > 0.0f ? 1.0f : 0.0f, falls = a_up - b_up;
            float at = az / (az - bz), x = ax + (bx - ax) * at, y = ay + (by - ay) * at;
            lx = falls > 0.0f ? x : lx;
            ly = falls > 0.0f ? y : ly;
            ex = falls < 0.0f ? x : ex;
            ey = falls < 0.0f ? y : ey;
            crossed = falls != 0.0f ? 1.0f : crossed;
            add(falls < 0.0f ? x : ax, falls < 0.0f ? y : ay, falls < 0.0f ? 0.0f : az,
                falls > 0.0f ? x : bx, falls > 0.0f ? y : by, falls > 0.0f ? 0.0f : bz, a_up + b_up);
        };
        side(mx - wx - hx, my - wy - hy, mz - wz - hz, mx + wx - hx, my + wy - hy, mz + wz - hz);
        side(mx + wx - hx, my + wy - hy, mz + wz - hz, mx + wx + hx, my + wy + hy, mz + wz + hz);
        side(mx + wx + hx, my + wy + hy, mz + wz + hz, mx - wx + hx, my - wy + hy, mz - wz + hz);
        side(mx - wx + hx, my - wy + hy, mz - wz + hz, mx - wx - hx, my - wy - hy, mz - wz - hz);
        // The cut itself, along the horizon.
        add(lx, ly, 0.0f, ex, ey, 0.0f, crossed);
        // Corners run one way or the other round, by the rectangle's sides.
        diffuse = (diffuse < 0.0f ? -diffuse : diffuse) * (0.5f / 3.14159265f);
        glossy = (glossy < 0.0f ? -glossy : glossy) * (0.5f / 3.14159265f);
        out.data[0][i] = before < 0.0f ? diffuse : 0.0f;
        out.data[1][i] = before < 0.0f ? glossy : 0.0f;
    }
    return out;
""")
def rect_pairs(
    lobe: Lobes,
    center: wp.vec3,
    w: wp.vec3,
    h: wp.vec3,
    axis: wp.vec3,
    p_x: Lanes,
    p_y: Lanes,
    p_z: Lanes,
    n_x: Lanes,
    n_y: Lanes,
    n_z: Lanes,
    v_x: Lanes,
    v_y: Lanes,
    v_z: Lanes,
) -> Pairs:
    """The shares, 0 to 1, of a clamped cosine about normals n, and of the glossy lobe, that the rectangle fills at points p.

    It shines to where `axis` points; v are unit vectors to the viewer.
    """


@wp.func
def rect_shares(lobe: Lobes, center: wp.vec3, half_width: wp.vec3, half_height: wp.vec3, axis: wp.vec3, p: Vectors, n: Vectors, v: Vectors) -> Pairs:
    """`rect_pairs` of vectors."""
    return rect_pairs(lobe, center, half_width, half_height, axis, p.x, p.y, p.z, n.x, n.y, n.z, v.x, v.y, v.z)


@wp.func
def rect_reflected(
    table: wp.array(dtype=wp.vec4), center: wp.vec3, half_width: wp.vec3, half_height: wp.vec3, axis: wp.vec3, radiance: wp.vec3, s: Surfels
) -> Vectors:
    """What surfels send to the viewer of a rectangle's radiance, unshadowed, from the Lambert and the GGX lobe."""
    lobe = lobes_at(table, STEPS, s.roughness, dots(s.normal, s.to_eye))
    shares = rect_shares(lobe, center, half_width, half_height, axis, s.point, s.normal, s.to_eye)
    return multiplied(spread(radiance), added(scaled(s.albedo, shares[0]), scaled(s.mirrored, shares[1])))
