"""The rays that a lens's picture sees, found on the device: those of `sim/lens.py`, to the same bits, for eight places at a time.

A picture has a million and a half of them, some for each pixel, and every change of a lens has others. What is written here follows
`sim/lens.py` operation for operation, but that a radius without a ray is negative in place of NaN, and its ray zero.
"""

from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.lens import largest_image, largest_radius
from diorama.sim.render.raster.device import WIDE_CPU_FLAGS, Array, wp
from diorama.sim.render.raster.visibility import GROUP, GROUP_SIZE, Columns
from diorama.sim.spec import CameraSpec, KannalaBrandt

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "cpu_compiler_flags": WIDE_CPU_FLAGS})


@wp.struct
class Lens:
    """A lens's `radial` coefficients, and the `tangential` ones of one that has any; it sees radii before `limit`, whose image is at `rim`."""

    fisheye: int
    radial: wp.vec4d
    tangential: wp.vec2d
    limit: wp.float64
    rim: wp.float64


@wp.func_native("""
    wp::vec_t<8, double> r;
    for (int i = 0; i < 8; ++i) r.c[i] = sqrt(x.c[i] * x.c[i] + y.c[i] * y.c[i]);
    return r;
""")
def radii(x: Columns, y: Columns) -> Columns:
    """How far from the axis."""


@wp.func_native("""
    wp::vec_t<8, double> r;
    for (int i = 0; i < 8; ++i) r.c[i] = values.c[i] < most ? values.c[i] : most;
    return r;
""")
def at_most(values: Columns, most: wp.float64) -> Columns:
    """Each value, or the most it may be."""


@wp.func_native("""
    const double k1 = k.c[0], k2 = k.c[1], k3 = k.c[2], k4 = k.c[3], d1 = 3.0 * k1, d2 = 5.0 * k2, d3 = 7.0 * k3, d4 = 9.0 * k4;
    double low[8], high[8], open[8];
    wp::vec_t<8, double> r;
    for (int i = 0; i < 8; ++i) {
        low[i] = 0.0;
        high[i] = limit;
        r.c[i] = value.c[i] < limit ? value.c[i] : limit;
        open[i] = value.c[i] < rim ? 1.0 : 0.0;
    }
    for (int n = 0; n < 100; ++n) {
        for (int i = 0; i < 8; ++i) {
            const double at = r.c[i], s = at * at;
            const double off = at * (1.0 + (((k4 * s + k3) * s + k2) * s + k1) * s) - value.c[i];
            low[i] = off < 0.0 ? at : low[i];
            high[i] = off < 0.0 ? high[i] : at;
            const double newton = at - off / (1.0 + (((d4 * s + d3) * s + d2) * s + d1) * s);
            const bool between = (newton >= low[i]) & (newton <= high[i]);
            const double step = between ? newton : 0.5 * (low[i] + high[i]);
            r.c[i] = open[i] > 0.0 ? step : at;
            open[i] = fabs(step - at) <= 1e-11 * at ? 0.0 : open[i];
        }
        bool any = false;
        for (int i = 0; i < 8; ++i) any |= open[i] > 0.0;
        if (!any) break;
    }
    for (int i = 0; i < 8; ++i) r.c[i] = value.c[i] < rim ? r.c[i] : -1.0;
    return r;
""")
def radial_inverse(k: wp.vec4d, value: Columns, limit: wp.float64, rim: wp.float64) -> Columns:
    """The radius whose image is at each value, -1 where there is none: `lens._odd_inverse`."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) {
        const double sees = radius.c[i] >= 0.0 ? 1.0 : 0.0, scale = radius.c[i] / (image.c[i] > 0.0 ? image.c[i] : 1.0);
        const double ray_x = x.c[i] * scale, ray_y = y.c[i] * scale, length = sqrt(ray_x * ray_x + ray_y * ray_y + 1.0);
        rays.data[at].c[i] = sees > 0.0 ? ray_x / length : 0.0;
        rays.data[at + 1].c[i] = sees > 0.0 ? ray_y / length : 0.0;
        rays.data[at + 2].c[i] = sees > 0.0 ? 1.0 / length : 0.0;
    }
""")
def write_radial(x: Columns, y: Columns, image: Columns, radius: Columns, rays: wp.array(dtype=Columns), at: int):
    """Unit rays seen at (x, y), which are `image` from the axis, while the rays meet the plane before the lens at `radius`."""


@wp.func_native("""
    const double k1 = k.c[0], k2 = k.c[1], k3 = k.c[2], p1 = p.c[0], p2 = p.c[1];
    double x[8], y[8], start[8], open[8], found[8];
    for (int i = 0; i < 8; ++i) {
        const double scale = radius.c[i] / (image.c[i] > 0.0 ? image.c[i] : 1.0);
        x[i] = image_x.c[i] * scale;
        y[i] = image_y.c[i] * scale;
        open[i] = radius.c[i] >= 0.0 ? 1.0 : 0.0;
        start[i] = open[i];
        found[i] = 0.0;
    }
    for (int n = 0; n <= 30; ++n) {
        bool any = false;
        for (int i = 0; i < 8; ++i) any |= open[i] > 0.0;
        any &= n < 30;
        for (int i = 0; i < 8; ++i) {
            const double u = x[i], v = y[i], s = u * u + v * v, reach = 1.0 + image.c[i];
            const double scale = 1.0 + s * (k1 + s * (k2 + s * k3)), slope = k1 + s * (2.0 * k2 + s * (3.0 * k3));
            const double off_x = image_x.c[i] - (u * scale + 2.0 * p1 * u * v + p2 * (s + 2.0 * u * u));
            const double off_y = image_y.c[i] - (v * scale + p1 * (s + 2.0 * v * v) + 2.0 * p2 * u * v);
            const double xx = scale + 2.0 * u * u * slope + 2.0 * p1 * v + 6.0 * p2 * u;
            const double xy = 2.0 * u * v * slope + 2.0 * p1 * u + 2.0 * p2 * v;
            const double yy = scale + 2.0 * v * v * slope + 6.0 * p1 * v + 2.0 * p2 * u;
            const double determinant = xx * yy - xy * xy;
            const bool here = (fabs(off_x) + fabs(off_y) < 1e-12 * reach) & (s < limit * limit) & (determinant > 0.0);
            found[i] = here ? start[i] : 0.0;
            const double share_x = off_x / determinant, share_y = off_y / determinant;
            const double step_x = yy * share_x - xy * share_y, step_y = xx * share_y - xy * share_x;
            const bool moves = any & (open[i] > 0.0);
            x[i] = moves ? u + step_x : u;
            y[i] = moves ? v + step_y : v;
            open[i] = fabs(step_x) + fabs(step_y) <= 1e-11 * reach ? 0.0 : open[i];
        }
        if (!any) break;
    }
    for (int i = 0; i < 8; ++i) {
        const double length = sqrt(x[i] * x[i] + y[i] * y[i] + 1.0);
        rays.data[at].c[i] = found[i] > 0.0 ? x[i] / length : 0.0;
        rays.data[at + 1].c[i] = found[i] > 0.0 ? y[i] / length : 0.0;
        rays.data[at + 2].c[i] = found[i] > 0.0 ? 1.0 / length : 0.0;
    }
""")
def write_shifted(
    k: wp.vec4d,
    p: wp.vec2d,
    limit: wp.float64,
    image_x: Columns,
    image_y: Columns,
    image: Columns,
    radius: Columns,
    rays: wp.array(dtype=Columns),
    at: int,
):
    """The same with tangential shifts, by Newton's method from the `radius` there would be without them: `lens._brown_inverse`."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) {
        const double sees = angle.c[i] >= 0.0 ? 1.0 : 0.0, a = angle.c[i] / 8.0, s = a * a;
        double sine = a * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156))))));
        double cosine = 1 - s / 2 * (1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90 * (1 - s / 132 * (1 - s / 182))))));
        for (int n = 0; n < 3; ++n) {
            const double twice = 2.0 * sine, next = 1.0 - twice * sine;
            sine = twice * cosine;
            cosine = next;
        }
        const double scale = sine / (image.c[i] > 0.0 ? image.c[i] : 1.0);
        rays.data[at].c[i] = sees > 0.0 ? x.c[i] * scale : 0.0;
        rays.data[at + 1].c[i] = sees > 0.0 ? y.c[i] * scale : 0.0;
        rays.data[at + 2].c[i] = sees > 0.0 ? cosine : 0.0;
    }
""")
def write_turned(x: Columns, y: Columns, image: Columns, angle: Columns, rays: wp.array(dtype=Columns), at: int):
    """A fisheye's, at `angle` from the axis: `lens._fisheye_ray`."""


@wp.kernel
def trace(lens: Lens, across: wp.array2d(dtype=Columns), down: wp.array2d(dtype=wp.float64), rays: wp.array(dtype=Columns)):
    """The unit ray (its x, y and z, of eight places each) through every place of grids, which have places `across` and `down` the image plane."""
    grid, row, group = wp.tid()
    x = across[grid, group]
    y = Columns(down[grid, row])
    at = 3 * ((grid * down.shape[1] + row) * across.shape[1] + group)
    image = radii(x, y)
    if lens.fisheye != 0:
        write_turned(x, y, image, radial_inverse(lens.radial, image, lens.limit, lens.rim), rays, at)
    elif lens.tangential[0] == wp.float64(0.0) and lens.tangential[1] == wp.float64(0.0):
        write_radial(x, y, image, radial_inverse(lens.radial, image, lens.limit, lens.rim), rays, at)
    else:
        # The radial part alone, begun just within its image.
        start = radial_inverse(lens.radial, at_most(image, wp.float64(0.98) * lens.rim), lens.limit, lens.rim)
        write_shifted(lens.radial, lens.tangential, lens.limit, x, y, image, start, rays, at)


@wp.func
def ray_at(rays: wp.array3d(dtype=Columns), x: int, y: int, width: int) -> wp.vec3d:
    """A pixel's ray; zero where nothing is seen, and outside the picture."""
    if x < 0 or y < 0 or x >= width or y >= rays.shape[0]:
        return wp.vec3d()
    group = x // GROUP_SIZE
    i = x - group * GROUP_SIZE
    return wp.vec3d(rays[y, group, 0][i], rays[y, group, 1][i], rays[y, group, 2][i])


@wp.func
def sees(ray: wp.vec3d) -> bool:
    """Whether it is one."""
    return wp.dot(ray, ray) > wp.float64(0.0)


@wp.func
def step_between(before: wp.vec3d, here: wp.vec3d, after: wp.vec3d) -> wp.vec3:
    """Half of what a ray changes by between its two neighbours, or all of that to the one that sees something."""
    out = wp.vec3d()
    count = wp.float64(0.0)
    if sees(here) and sees(after):
        out += after - here
        count += wp.float64(1.0)
    if sees(here) and sees(before):
        out += here - before
        count += wp.float64(1.0)
    return wp.vec3(out / wp.max(count, wp.float64(1.0)))


@wp.kernel
def find_steps(rays: wp.array3d(dtype=Columns), width: int, out: wp.array(dtype=wp.mat33)):
    """Each pixel's ray of a picture, then its change to the right and its change downwards."""
    y, x = wp.tid()
    here = ray_at(rays, x, y, width)
    right = step_between(ray_at(rays, x - 1, y, width), here, ray_at(rays, x + 1, y, width))
    down = step_between(ray_at(rays, x, y - 1, width), here, ray_at(rays, x, y + 1, width))
    out[y * width + x] = wp.matrix_from_rows(wp.vec3(here), right, down)


def traced(camera: CameraSpec, u: NDArray[Any], v: NDArray[Any], device: str) -> Array:
    """(grids, rows, groups, 3) of Columns: the unit rays through grids of places of the picture, or beyond it, in columns `u` (grids, columns)
    and rows `v` (grids, rows), eight columns to a group. They are zero where the lens sees nothing. The camera must have one.
    """
    seen = camera.distortion
    assert seen is not None
    fisheye = isinstance(seen, KannalaBrandt)
    lens = Lens()
    lens.fisheye = int(fisheye)
    lens.radial = wp.vec4d(seen.k1, seen.k2, seen.k3, seen.k4 if fisheye else 0.0)
    lens.tangential = wp.vec2d() if fisheye else wp.vec2d(seen.p1, seen.p2)
    lens.limit, lens.rim = largest_radius(seen), largest_image(seen)
    groups = -(-u.shape[1] // GROUP)
    across = np.zeros((len(u), groups * GROUP))
    across[:, : u.shape[1]] = (u - camera.cx) / camera.fx
    rays = wp.empty((len(u), v.shape[1], groups, 3), dtype=Columns, device=device)
    inputs = [
        lens,
        wp.array(across.reshape(len(u), groups, GROUP), dtype=Columns, device=device),
        wp.array((v - camera.cy) / camera.fy, dtype=wp.float64, device=device),
        rays.flatten(),
    ]
    wp.launch(trace, dim=(len(u), v.shape[1], groups), inputs=inputs, device=device)
    return rays


def steps(rays: Array, width: int) -> Array:
    """(pixels,) mat33 of a picture's rays (rows, groups, 3) as `traced` returns them: each ray, then its change to the right and downwards."""
    out = wp.empty(rays.shape[0] * width, dtype=wp.mat33, device=rays.device)
    wp.launch(find_steps, dim=(rays.shape[0], width), inputs=[rays, width, out], device=rays.device)
    return out


def by_pixel(rays: Array) -> NDArray[np.float64]:
    """(..., columns, 3) on the host, of rays (..., groups, 3)."""
    held = rays.numpy().swapaxes(-1, -2)
    return held.reshape(*held.shape[:-3], held.shape[-3] * GROUP, 3)
