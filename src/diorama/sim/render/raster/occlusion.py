"""Ambient occlusion: how much of its surroundings a surface sees past what stands near it.

A horizon search over the depth picture (Bavoil et al. 2008), integrated as by Jimenez et al., "Practical real-time strategies for
accurate indirect occlusion" (2016): planes through the line of sight cut what surrounds a point into slices; in each, the highest
horizon on either side bounds what the point sees, and the cosine-weighted light between the two has a closed form.

The search runs for one pixel in 2 x 2, and along one slice: 4 x 4 of those pixels take 16 slices, and a filter that stays on a surface
gathers them: the light that is missing, over all the light there would be. Horizons are angles above the surface's own plane, so that
a surface which nothing stands before misses nothing, exactly.

Level ground that nothing stands over in its surroundings (see `tops.py`) is not searched: most of many a picture.

A depth picture knows the front of things. What is seen is taken to be solid behind, as far as the radius goes; what is hidden, or
out of the picture, does not count.
"""

import math
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.device import Array, Scratch
from diorama.sim.render.raster.tops import FAR, SIDE, Grid, Tops, bent_point, find_tops, highest
from diorama.sim.spec import CameraSpec

# Loops over lanes stay loops, of which compilers make vector instructions.
wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: Points of a row that are searched side by side, a lane each.
COUNT = 32
LANES = wp.constant(COUNT)
Lanes = wp.types.vector(length=COUNT, dtype=wp.float32)
Indices = wp.types.vector(length=COUNT, dtype=wp.int32)
#: Samples to either side, denser near the point.
STEPS = wp.constant(8)
#: How fast what lies near the radius's end ceases to count: fully at 0.87 of it, not at all from there on.
FADE = wp.constant(4.0)
PI = wp.constant(3.14159265)
#: Light of so many slices says enough; specks and rims of objects gather less.
ENOUGH = wp.constant(3.0)
#: Normals that differ less are the same.
HAIR = wp.constant(1.0e-5)
#: What rises less than this share of the radius does not count where all else is level.
SLACK = wp.constant(1.0e-4)
#: In the picture the search reaches no farther than this share of its height.
_REACH = 0.5
#: Numbers of the pixels of a row's points.
EVEN = wp.constant(Lanes(*(2.0 * k for k in range(COUNT))))


@wp.func
def specular_visibility(no_v: float, visible: float, alpha: float) -> float:
    """How much of what a surface mirrors it sees, if it sees the share `visible` of all directions: less at grazing angles.

    Lagarde and de Rousiers, "Moving Frostbite to physically based rendering" (2014): clamp((no_v + visible)^(2^(-16 alpha - 1)) - 1 + visible),
    with the GGX `alpha` and the cosine `no_v` between normal and viewer. The power is made of square roots, and is off by 0.03 at most.
    """
    power = wp.sqrt(no_v + visible)
    left = 16.0 * alpha
    for _ in range(6):
        power += (wp.sqrt(power) - power) * wp.clamp(left, 0.0, 1.0)
        left -= 1.0
    return wp.clamp(power - 1.0 + visible, 0.0, 1.0)


@wp.struct
class Surfaces:
    """Points of the grid and their normals. Element i is those of LANES points from the i-th on: see `place`."""

    x: wp.array(dtype=Lanes)
    y: wp.array(dtype=Lanes)
    z: wp.array(dtype=Lanes)
    nx: wp.array(dtype=Lanes)
    ny: wp.array(dtype=Lanes)
    nz: wp.array(dtype=Lanes)


@wp.struct
class Light:
    """Of the same points, the light that is missing, and all the light there would be, in those slices that were gathered."""

    missing: wp.array(dtype=Lanes)
    open: wp.array(dtype=Lanes)


@wp.func_native("""
    const int rows = clear.shape[0], blocks = clear.shape[1];
    const int top = row > 4 ? row - 4 : 0, bottom = row + 5 < rows ? row + 5 : rows;
    const int left = block > 1 ? block - 1 : 0, right = block + 2 < blocks ? block + 2 : blocks;
    int all = 1;
    for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) all &= clear.data[y * blocks + x];
    return all;
""")
def nothing_near(clear: wp.array2d(dtype=int), row: int, block: int) -> int:
    """Whether no light is missing in any block whose own is gathered where this one's is: twice by two rows to either side, and by two columns."""


@wp.func
def place(grid: Grid, column: int, row: int) -> int:
    """Where a point of the grid is kept. Rows are whole blocks long, and there is a block to spare before the first and after the last."""
    return ((grid.columns + LANES - 1) // LANES * row + 1) * LANES + column


@wp.func_native("""
    wp::vec_t<32, float> r;
    if (first + 62 <= last) {
        for (int k = 0; k < 32; ++k) r.c[k] = array.data[first + 2 * k];
    } else {
        for (int k = 0; k < 32; ++k) r.c[k] = array.data[first + 2 * k < last ? first + 2 * k : last];
    }
    return r;
""")
def every_other(array: wp.array(dtype=float), first: int, last: int) -> Lanes:
    """Every other number of an array, and from `last` on that one again."""


@wp.func_native("""
    wp::vec_t<32, float> r;
    if (first + 62 <= last) {
        for (int k = 0; k < 32; ++k) r.c[k] = normals.data[first + 2 * k].c[axis];
    } else {
        for (int k = 0; k < 32; ++k) r.c[k] = normals.data[first + 2 * k < last ? first + 2 * k : last].c[axis];
    }
    return r;
""")
def every_other_normal(normals: wp.array(dtype=wp.vec3), first: int, last: int, axis: int) -> Lanes:
    """One coordinate of every other normal."""


@wp.func_native("""
    float most[16];
    for (int k = 0; k < 16; ++k) most[k] = values.c[k] > values.c[16 + k] ? values.c[k] : values.c[16 + k];
    for (int n = 8; n > 0; n /= 2)
        for (int k = 0; k < n; ++k) most[k] = most[k] > most[n + k] ? most[k] : most[n + k];
    return most[0];
""")
def greatest(values: Lanes) -> float:
    """The greatest of all."""


@wp.func_native("""
    if (count >= 64) {
        for (int k = 0; k < 32; ++k) array.data[at + 2 * k] = even.c[k], array.data[at + 2 * k + 1] = odd.c[k];
    } else {
        for (int k = 0; k < count; ++k) array.data[at + k] = k % 2 == 0 ? even.c[k / 2] : odd.c[k / 2];
    }
""")
def store_pairs(array: wp.array(dtype=float), at: int, count: int, even: Lanes, odd: Lanes):
    """Write numbers in turns, so many at most."""


@wp.func
def roots(a: Lanes) -> Lanes:
    """Square roots."""
    out = Lanes()
    for k in range(LANES):
        out[k] = wp.sqrt(a[k])
    return out


@wp.func
def dots(ax: Lanes, ay: Lanes, az: Lanes, bx: Lanes, by: Lanes, bz: Lanes) -> Lanes:
    """Scalar products."""
    return wp.cw_mul(ax, bx) + wp.cw_mul(ay, by) + wp.cw_mul(az, bz)


@wp.func
def segments(c: Lanes) -> Lanes:
    """acos(c) - c sqrt(1 - c^2), the area that a chord at the distance c cuts off the unit disc. Off by 7e-5 at most, as the arc
    is (Abramowitz and Stegun, 4.4.45).
    """
    out = Lanes()
    for k in range(LANES):
        x = wp.abs(c[k])
        arc = wp.sqrt(1.0 - x) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - x * 0.0187293)))
        area = arc - x * wp.sqrt(1.0 - x * x)
        out[k] = wp.where(c[k] < 0.0, PI - area, area)
    return out


@wp.func
def stands_free(
    tops: Tops, grid: Grid, row: int, block: int, margin: int, x: Lanes, y: Lanes, z: Lanes, nx: Lanes, ny: Lanes, nz: Lanes, radius: float
) -> bool:
    """Whether a block of points is level, and nothing within so many pixels and the radius is higher."""
    dx = nx - Lanes(tops.up[0])
    dy = ny - Lanes(tops.up[1])
    dz = nz - Lanes(tops.up[2])
    if greatest(dots(dx, dy, dz, dx, dy, dz)) > HAIR * HAIR:
        return False
    left = 2 * block * LANES - margin
    right = wp.min(2 * (block + 1) * LANES, grid.width) - 1 + margin
    top = highest(tops, left, 2 * row - margin, right, 2 * row + margin, -greatest(-z) - radius, greatest(z) + radius)
    return top < SLACK * radius - greatest(-(x * tops.up[0] + y * tops.up[1] + z * tops.up[2]))


@wp.kernel
def search(
    depth: wp.array(dtype=float),
    normals: wp.array(dtype=wp.vec3),
    grid: Grid,
    radius: float,
    reach: float,
    turns: wp.array2d(dtype=Lanes),
    tops: Tops,
    surfaces: Surfaces,
    light: Light,
    clear: wp.array2d(dtype=int),
):
    """Collect the grid's points, and find how much light there is in the slice of each, and how much it misses: nothing in blocks of
    points in the `clear`.
    """
    row, block = wp.tid()
    lens = grid.rays.shape[0] > 0
    first = 2 * (row * grid.width + block * LANES)
    last = 2 * (row * grid.width + grid.columns - 1)
    # What is there, the slice each takes, and where between two steps its samples lie.
    u = EVEN + Lanes(2.0 * float(block * LANES) + 0.5)
    pz = wp.min(every_other(depth, first, last), Lanes(FAR))
    nx = every_other_normal(normals, first, last, 0)
    ny = every_other_normal(normals, first, last, 1)
    nz = every_other_normal(normals, first, last, 2)
    cosine = turns[0, row & 3]
    sine = turns[1, row & 3]
    jitter = turns[2, row & 3]
    pixel = Indices()
    v = Lanes(2.0 * float(row) + 0.5)
    px = wp.cw_mul((u - Lanes(grid.center[0])) / grid.focal[0], pz)
    py = wp.cw_mul((v - Lanes(grid.center[1])) / grid.focal[1], pz)
    if lens:
        for k in range(LANES):
            pixel[k] = wp.min(first + 2 * k, last)
            p = bent_point(grid.rays[pixel[k]][0], pz[k])
            px[k] = p[0]
            py[k] = p[1]
            pz[k] = p[2]
            facing = wp.where(p[2] < FAR, 1.0, 0.0)
            nx[k] = nx[k] * facing
            ny[k] = ny[k] * facing
            nz[k] = nz[k] * facing
    at = place(grid, block * LANES, row)
    surfaces.x[at] = px
    surfaces.y[at] = py
    surfaces.z[at] = pz
    surfaces.nx[at] = nx
    surfaces.ny[at] = ny
    surfaces.nz[at] = nz

    # The line of sight (a, b, c), and the slice's direction across it (by the basis of Frisvad 2012).
    one = Lanes(1.0)
    distance = roots(dots(px, py, pz, px, py, pz))
    a = wp.cw_div(px, distance)
    b = wp.cw_div(py, distance)
    c = wp.cw_div(pz, distance)
    share = wp.cw_div(one, wp.max(one + c, Lanes(1.0e-6)))
    across = wp.cw_mul(wp.cw_mul(a, b), share)
    tx = wp.cw_mul(cosine, one - wp.cw_mul(wp.cw_mul(a, a), share)) - wp.cw_mul(sine, across)
    ty = wp.cw_mul(sine, one - wp.cw_mul(wp.cw_mul(b, b), share)) - wp.cw_mul(cosine, across)
    tz = -wp.cw_mul(cosine, a) - wp.cw_mul(sine, b)
    # Where that runs in the picture, and how many pixels a metre.
    slope = wp.cw_div(tz, pz)
    du = wp.cw_div(tx - wp.cw_mul(px, slope), pz) * grid.focal[0]
    dv = wp.cw_div(ty - wp.cw_mul(py, slope), pz) * grid.focal[1]
    if lens:
        for k in range(LANES):
            change = grid.rays[pixel[k]]
            way = wp.vec3(tx[k], ty[k], tz[k])
            uu = wp.dot(change[1], change[1])
            uv = wp.dot(change[1], change[2])
            vv = wp.dot(change[2], change[2])
            tu = wp.dot(change[1], way)
            tv = wp.dot(change[2], way)
            scale = 1.0 / ((uu * vv - uv * uv) * distance[k] + 1.0e-30)
            du[k] = (tu * vv - tv * uv) * scale
            dv[k] = (tv * uu - tu * uv) * scale
    speed = roots(wp.cw_mul(du, du) + wp.cw_mul(dv, dv)) + Lanes(1.0e-20)
    du = wp.cw_div(du, speed)
    dv = wp.cw_div(dv, speed)
    extent = wp.max(wp.min(speed * radius, Lanes(reach)), one)
    metres = wp.min(wp.cw_div(extent, speed), Lanes(radius))
    fade = wp.cw_div(Lanes(FADE), wp.cw_mul(metres, metres))
    # The surface's plane in the slice: `nv` and `nt` its normal towards the eye and across, `above` and `along` the same at length one.
    nv = -dots(nx, ny, nz, a, b, c)
    nt = dots(nx, ny, nz, tx, ty, tz)
    length = roots(wp.cw_mul(nv, nv) + wp.cw_mul(nt, nt)) + Lanes(1.0e-20)
    above = wp.cw_div(nv, length)
    along = wp.cw_div(nt, length)

    total = Lanes()
    free = stands_free(tops, grid, row, block, int(greatest(extent)) + 1, px, py, pz, nx, ny, nz, radius)
    clear[row, block] = wp.where(free, 1, 0)
    if not free:
        for side in range(2):
            sign = 1.0 - 2.0 * float(side)
            # Horizons are cosines off the line of sight; the plane's own is where nothing stands.
            plane = along * -sign
            horizon = Lanes(plane)
            for step in range(STEPS):
                t = (jitter + Lanes(float(step))) / float(STEPS)
                off = (one + wp.cw_mul(extent - one, wp.cw_mul(t, t) + t) * 0.5) * sign
                su = u + wp.cw_mul(du, off)
                sv = v + wp.cw_mul(dv, off)
                # How far that is out of the picture, and the pixel there.
                outside = wp.max(wp.max(-su, su - Lanes(float(grid.width))), wp.max(-sv, sv - Lanes(float(grid.height))))
                dx = Lanes()
                dy = Lanes()
                for k in range(LANES):
                    iu = wp.clamp(int(su[k]), 0, grid.width - 1)
                    iv = wp.clamp(int(sv[k]), 0, grid.height - 1)
                    pixel[k] = iv * grid.width + iu
                    dx[k] = float(iu) + 0.5
                    dy[k] = float(iv) + 0.5
                dz = Lanes()
                for k in range(LANES):
                    dz[k] = depth[pixel[k]]
                dz = wp.min(dz, Lanes(FAR))
                dx = wp.cw_mul((dx - Lanes(grid.center[0])) / grid.focal[0], dz)
                dy = wp.cw_mul((dy - Lanes(grid.center[1])) / grid.focal[1], dz)
                if lens:
                    for k in range(LANES):
                        p = bent_point(grid.rays[pixel[k]][0], dz[k])
                        dx[k] = p[0]
                        dy[k] = p[1]
                        dz[k] = p[2]
                # From the point to what is seen there.
                dx = dx - px
                dy = dy - py
                dz = dz - pz
                distance2 = dots(dx, dy, dz, dx, dy, dz)
                toward = -dots(dx, dy, dz, a, b, c)
                height = dots(dx, dy, dz, nx, ny, nz)
                # Its angle above the plane, in the slice that the middle of its pixel is in (`flat` is the cosine, `rise` the sine, at some
                # length), is kept as its angle above the plane in this slice.
                flat = wp.cw_mul(nv, distance2) - wp.cw_mul(height, toward) + Lanes(1.0e-20)
                rise = wp.cw_mul(height, roots(wp.max(distance2 - wp.cw_mul(toward, toward), Lanes(0.0))))
                size = roots(wp.cw_mul(flat, flat) + wp.cw_mul(rise, rise)) + Lanes(1.0e-20)
                risen = wp.cw_div(wp.cw_mul(plane, flat) + wp.cw_mul(above, rise), size)
                weight = wp.max(wp.min(Lanes(FADE) - wp.cw_mul(distance2, fade) - wp.max(outside, Lanes(0.0)) * FAR, one), Lanes(0.0))
                horizon = wp.max(horizon, plane + wp.cw_mul(risen - plane, weight))
            horizon = wp.min(horizon, one)
            total += wp.cw_mul(nv, wp.cw_mul(horizon, horizon) - wp.cw_mul(plane, plane))
            total += wp.cw_mul(nt, segments(plane) - segments(horizon)) * sign
    light.missing[at] = total * 0.5
    light.open[at] = wp.cw_mul(nv, one - wp.cw_mul(along, along)) + wp.cw_mul(nt, Lanes(0.5 * PI) - segments(along))


@wp.func
def likeness(off: Lanes, ax: Lanes, ay: Lanes, az: Lanes, pixels: float, grid: Grid) -> Lanes:
    """How much something looks like a part of the surface at a point: 1 on its plane, falling to 0 when it is `off` it by some pixels' width."""
    far = wp.cw_div(off, roots(dots(ax, ay, az, ax, ay, az)) + Lanes(1.0e-20)) * (grid.focal[0] / pixels)
    return wp.max(Lanes(1.0) - wp.cw_mul(far, far), Lanes(0.0))


@wp.func
def real(grid: Grid, column: int) -> Lanes:
    """1 for columns of the grid from that one on, and 0 for those beyond its ends."""
    if column >= 0 and column + LANES <= grid.columns:
        return Lanes(1.0)
    out = Lanes()
    for k in range(LANES):
        out[k] = wp.where(column + k >= 0 and column + k < grid.columns, 1.0, 0.0)
    return out


@wp.kernel
def smooth(grid: Grid, surfaces: Surfaces, light: Light, clear: wp.array2d(dtype=int), dx: int, dy: int, out: Light):
    """The sums over five points in the direction (dx, dy), those of the same surface. The outer two, which took the same slice, count half."""
    row, block = wp.tid()
    column = block * LANES
    at = place(grid, column, row)
    if nothing_near(clear, row, block) != 0:
        out.missing[at] = Lanes()
        return
    px = surfaces.x[at]
    py = surfaces.y[at]
    pz = surfaces.z[at]
    nx = surfaces.nx[at]
    ny = surfaces.ny[at]
    nz = surfaces.nz[at]
    missing = light.missing[at]
    every = light.open[at]
    for k in range(-2, 3):
        x = column + k * dx
        y = row + k * dy
        if k != 0 and y >= 0 and y < grid.rows:
            other = place(grid, x, y)
            off = dots(surfaces.x[other] - px, surfaces.y[other] - py, surfaces.z[other] - pz, nx, ny, nz)
            turn = dots(surfaces.nx[other], surfaces.ny[other], surfaces.nz[other], nx, ny, nz)
            weight = wp.cw_mul(likeness(off, px, py, pz, 3.0, grid), wp.max(turn * 2.0 - Lanes(1.0), Lanes(0.0)))
            weight = wp.cw_mul(weight, real(grid, x)) / float(wp.abs(k))
            missing += wp.cw_mul(light.missing[other], weight)
            every += wp.cw_mul(light.open[other], weight)
    out.missing[at] = missing
    out.open[at] = every


@wp.func
def enlarged(depth: wp.array(dtype=float), grid: Grid, surfaces: Surfaces, light: Light, row: int, column: int, down: int, across: int) -> Lanes:
    """What the pixels of a corner of each 2 x 2 see."""
    x = 2 * column + across
    y = 2 * row + down
    last = y * grid.width + grid.width - 1
    pz = wp.min(every_other(depth, y * grid.width + x, last), Lanes(FAR))
    z = Lanes(pz)
    px = wp.cw_mul((EVEN + Lanes(float(x) + 0.5) - Lanes(grid.center[0])) / grid.focal[0], pz)
    py = pz * ((float(y) + 0.5 - grid.center[1]) / grid.focal[1])
    if grid.rays.shape[0] > 0:
        for k in range(LANES):
            p = bent_point(grid.rays[wp.min(y * grid.width + x + 2 * k, last)][0], pz[k])
            px[k] = p[0]
            py[k] = p[1]
            pz[k] = p[2]
    missing = Lanes()
    every = Lanes(1.0e-20)
    for i in range((1 + across) * (1 + down)):
        side = i % (1 + across)
        at = place(grid, column + side, wp.min(row + i // (1 + across), grid.rows - 1))
        qx = surfaces.x[at]
        qy = surfaces.y[at]
        qz = surfaces.z[at]
        off = dots(px - qx, py - qy, pz - qz, surfaces.nx[at], surfaces.ny[at], surfaces.nz[at])
        # Where nothing beside it is of its surface, all count alike.
        weight = wp.cw_mul(likeness(off, qx, qy, qz, 1.0, grid) + Lanes(1.0e-3), real(grid, column + side))
        missing += wp.cw_mul(light.missing[at], weight)
        every += wp.cw_mul(light.open[at], weight)
    # Where few slices were found to go by, nothing much can be said to be missing.
    seen = wp.min(wp.max(Lanes(1.0) - wp.cw_div(missing, wp.max(every, Lanes(ENOUGH))), Lanes(0.0)), Lanes(1.0))
    for k in range(LANES):
        seen[k] = wp.where(z[k] < FAR, seen[k], 1.0)
    return seen


@wp.kernel
def enlarge(
    depth: wp.array(dtype=float),
    grid: Grid,
    surfaces: Surfaces,
    light: Light,
    clear: wp.array2d(dtype=int),
    visible: wp.array(dtype=float),
):
    """What each pixel sees, from those points of the grid beside it on whose surface it is."""
    row, block = wp.tid()
    column = block * LANES
    bare = nothing_near(clear, row, block) != 0
    for y in range(2 * row, wp.min(2 * row + 2, grid.height)):
        even = Lanes(1.0)
        odd = Lanes(1.0)
        if not bare:
            even = enlarged(depth, grid, surfaces, light, row, column, y & 1, 0)
            odd = enlarged(depth, grid, surfaces, light, row, column, y & 1, 1)
        store_pairs(visible, y * grid.width + 2 * column, grid.width - 2 * column, even, odd)


class Occlusion:
    """Finds how much of their surroundings surfaces see, on one device. Buffers are kept from picture to picture."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self._turns = wp.array(_turns(), dtype=Lanes, device=device)
        self._no_rays = wp.empty(0, dtype=wp.mat33, device=device)
        self._size = 0, 0
        self._kept: Any = None
        self._scratch = Scratch(device)

    def visible(self, depth: Array, normals: Array, camera: CameraSpec, radius_m: float, rays: Array | None = None) -> Array:
        """The cosine-weighted share, 0 to 1, of the directions above each pixel's surface in which nothing stands within `radius_m`.

        `depth` (float32 z-depth, +inf where nothing is) and `normals` (vec3 in camera axes, of length one, facing the camera, zero where
        nothing is) are those of H * W pixels' centres; so is what comes out, a float32 buffer that the next call reuses. Pixels without a
        surface see everything. `radius_m` is positive. A camera with a lens needs its `rays`, the `centers` of its `RayTables`.
        """
        width, height = camera.width, camera.height
        grid = Grid()
        grid.width, grid.height = width, height
        grid.columns, grid.rows = (width + 1) // 2, (height + 1) // 2
        grid.focal, grid.center = wp.vec2(camera.fx, camera.fy), wp.vec2(camera.cx, camera.cy)
        grid.rays = self._no_rays if rays is None else rays
        blocks = -(-grid.columns // COUNT)
        self._make_room(width, height, grid.rows, blocks)
        surfaces, light, half_smooth = self._kept
        dim, launch = (grid.rows, blocks), self._scratch.launch
        tops, clear = self._tops, self._clear
        tops.up = wp.vec3(camera.world_from_camera.matrix[2, :3])
        launch(find_tops, (tops.down, tops.across), depth, grid, radius_m, tops)
        launch(search, dim, depth, normals, grid, radius_m, _REACH * height, self._turns, tops, surfaces, light, clear)
        launch(smooth, dim, grid, surfaces, light, clear, 1, 0, half_smooth)
        launch(smooth, dim, grid, surfaces, half_smooth, clear, 0, 1, light)
        launch(enlarge, dim, depth, grid, surfaces, light, clear, self._visible)
        return self._visible

    def _make_room(self, width: int, height: int, rows: int, blocks: int) -> None:
        if self._size != (width, height):
            self._size = width, height
            self._visible = wp.empty(width * height, dtype=wp.float32, device=self.device)
            self._numbers = wp.zeros((10, COUNT * (rows * blocks + 2)), dtype=wp.float32, device=self.device)
            self._clear = wp.empty((rows, blocks), dtype=wp.int32, device=self.device)
            self._tops: Any = Tops()
            self._tops.across, self._tops.down = -(-width // SIDE), -(-height // SIDE)
            # Eight lanes may begin at the last one.
            cells = wp.empty((6, self._tops.across * self._tops.down + 8), dtype=wp.float32, device=self.device)
            for i, layer in enumerate((self._tops.near, self._tops.far)):
                layer.nearest, layer.farthest, layer.top = cells[3 * i], cells[3 * i + 1], cells[3 * i + 2]
            self._kept = surfaces, light, half_smooth = Surfaces(), Light(), Light()
            rows = [_overlapping(self._numbers[i]) for i in range(10)]
            surfaces.x, surfaces.y, surfaces.z, surfaces.nx, surfaces.ny, surfaces.nz, *rest = rows
            light.missing, light.open, half_smooth.missing, half_smooth.open = rest


def _overlapping(numbers: Array) -> Array:
    """The same memory, as the COUNT numbers from each number on."""
    return wp.array(ptr=numbers.ptr, dtype=Lanes, shape=numbers.size - COUNT + 1, strides=(4,), device=numbers.device)


def _turns() -> NDArray[np.float32]:
    """(3, 4, COUNT) of the points of a row, all four kinds of rows: the cosine and the sine of the angles of their slices, and where between
    steps their samples lie.
    """
    row, column = np.arange(4)[:, None], np.arange(COUNT)
    slices = [[float(f"{trig(math.pi * i / 16):.9g}") for i in range(16)] for trig in (math.cos, math.sin)]
    which = ((column + row) & 3) * 4 + (column & 3)
    return np.stack([*np.array(slices)[:, which], (((row - column) & 3) + 0.5) * 0.25]).astype(np.float32)
