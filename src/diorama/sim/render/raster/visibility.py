"""Which triangle is seen where: exact coverage and depth, for colour samples, for labels and for shadow maps.

Triangles are rasterized in homogeneous coordinates (Olano and Greer, "Triangle scan conversion using 2D
homogeneous coordinates", 1997): with camera-space corners p0, p1, p2, the edge function e_i = (p_j x p_k) . d of the
view ray d = ((u - cx) / fx, (v - cy) / fy, 1) is linear in the pixel (u, v), and the ray hits the triangle in front
of the camera if all three are >= 0 (once the triangle is turned to face the camera). No vertex is ever divided by its
depth, so triangles that cross the camera's plane, or are larger than the screen, need no clipping. One over the depth
is linear in (u, v) as well: (e_0 + e_1 + e_2) / det(p0, p1, p2).

Everything here is float64 without fused multiply-add. Then neighbours get exactly opposite functions for the edge they
share, so that no sample falls between them, and every processor finds the same pixels.

A sample keeps its winner as one 64-bit number, the float bits of 1/depth above one more than the triangle's index. Positive floats
order as their bits do, so the maximum is the nearest triangle, in whatever order they come.
"""

import warp as wp

from diorama.sim.render.raster.device import WIDE_CPU_FLAGS
from diorama.sim.render.raster.meshes import Triangle
from diorama.sim.render.raster.presence import LABELS, Chart, Columns, Presence, chart_of, is_cut, is_there, kind_of

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "cpu_compiler_flags": WIDE_CPU_FLAGS})

#: The part of a winner that is one more than the triangle's index; nothing won where it is zero.
INDEX = wp.constant(wp.uint64(0xFFFFFFFF))
NOTHING = wp.constant(wp.uint64(0))
#: What is culled: back faces, or everything.
NO_BACK = wp.constant(wp.uint8(1))
UNSEEN = wp.constant(wp.uint8(2))
#: In place of a triangle.
EMPTY = wp.constant(-1)
#: A triangle's linear functions of the pixel, (a, b, c) for a u + b v + c: three edges, then one over the depth.
Functions = wp.types.matrix(shape=(4, 3), dtype=wp.float64)
#: For shading, in single precision: (a, b, c) of a (u - u0) + b (v - v0) + c, for the second and third corner's weight over the
#: depth and for one over the depth; then (u0, v0, -), a pixel within the triangle's bounds, so that nothing large cancels.
Planes = wp.types.matrix(shape=(4, 3), dtype=wp.float32)
#: Neighbours in a row that are tested and kept together.
GROUP = 8
GROUP_SIZE = wp.constant(GROUP)
Winners = wp.types.vector(length=GROUP, dtype=wp.uint64)
HALF = wp.constant(wp.float64(0.5))
#: Bounds are kept within this many pixels of the origin, so that they fit an int with room to spare.
LIMIT = wp.constant(wp.float64(1.0e6))


@wp.func
def bounds_of(umin: wp.float64, vmin: wp.float64, umax: wp.float64, vmax: wp.float64) -> wp.vec4i:
    """Pixel columns and rows (x0, y0, x1, y1), half-open, that can hold a sample of the rectangle."""
    return wp.vec4i(
        int(wp.floor(wp.clamp(umin, -LIMIT, LIMIT))),
        int(wp.floor(wp.clamp(vmin, -LIMIT, LIMIT))),
        int(wp.floor(wp.clamp(umax, -LIMIT, LIMIT))) + 1,
        int(wp.floor(wp.clamp(vmax, -LIMIT, LIMIT))) + 1,
    )


@wp.func
def set_up_triangle(
    t: int,
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.vec3i),
    rotation: wp.mat33d,
    translation: wp.vec3d,
    focal: wp.vec2d,
    center: wp.vec2d,
    near: wp.float64,
    group: wp.array(dtype=int),
    culled: wp.array(dtype=wp.uint8),
    size: wp.vec2d,
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    planes: wp.array(dtype=Planes),
):
    """Functions and pixel bounds of each triangle, for a pinhole. `culled` tells of its `group`: see `projection.culled`. `planes` may be empty."""
    f = faces[t]
    p0 = wp.mul(rotation, vertices[f[0]]) + translation
    p1 = wp.mul(rotation, vertices[f[1]]) + translation
    p2 = wp.mul(rotation, vertices[f[2]]) + translation
    det = wp.dot(p0, wp.cross(p1, p2))
    bounds[t] = wp.vec4i(0, 0, 0, 0)
    if det == wp.float64(0.0) or wp.max(p0[2], wp.max(p1[2], p2[2])) < near:
        return
    # Corners run counter-clockwise seen from outside, so that a front face has a negative determinant.
    if culled[group[t]] == UNSEEN or (det > wp.float64(0.0) and culled[group[t]] == NO_BACK):
        return

    e = Functions()
    # Negating all three edge functions turns a triangle that faces away, exactly.
    turn = wp.sign(det)
    umin = wp.float64(1.0e30)
    vmin = wp.float64(1.0e30)
    umax = wp.float64(-1.0e30)
    vmax = wp.float64(-1.0e30)
    for i in range(3):
        a = p0
        b = p1
        if i == 0:
            a = p1
            b = p2
        if i == 1:
            a = p2
            b = p0
        n = wp.cross(a, b) * turn
        ex = n[0] / focal[0]
        ey = n[1] / focal[1]
        e[i, 0] = ex
        e[i, 1] = ey
        e[i, 2] = n[2] - ex * center[0] - ey * center[1]
        # The screen bounds of what lies beyond the near plane: corners there, and where edges cross it.
        if a[2] >= near:
            u = focal[0] * a[0] / a[2] + center[0]
            v = focal[1] * a[1] / a[2] + center[1]
            umin = wp.min(umin, u)
            umax = wp.max(umax, u)
            vmin = wp.min(vmin, v)
            vmax = wp.max(vmax, v)
        if (a[2] < near) != (b[2] < near):
            s = (near - a[2]) / (b[2] - a[2])
            u = focal[0] * (a[0] + s * (b[0] - a[0])) / near + center[0]
            v = focal[1] * (a[1] + s * (b[1] - a[1])) / near + center[1]
            umin = wp.min(umin, u)
            umax = wp.max(umax, u)
            vmin = wp.min(vmin, v)
            vmax = wp.max(vmax, v)
    d = wp.abs(det)
    for k in range(3):
        e[3, k] = (e[0, k] + e[1, k] + e[2, k]) / d
    functions[t] = e
    # A hair of slack: the corners were projected with rounding, the edge functions decide exactly.
    slack = wp.float64(1.0e-6)
    bounds[t] = bounds_of(umin - slack, vmin - slack, umax + slack, vmax + slack)
    if planes.shape[0] > 0:
        u0 = wp.floor(wp.clamp(umin, wp.float64(0.0), size[0]))
        v0 = wp.floor(wp.clamp(vmin, wp.float64(0.0), size[1]))
        g = Planes()
        for k in range(3):
            scale = wp.float64(1.0) / d
            if k == 2:
                scale = wp.float64(1.0)
            gu = e[k + 1, 0] * scale
            gv = e[k + 1, 1] * scale
            g[k, 0] = float(gu)
            g[k, 1] = float(gv)
            g[k, 2] = float(gu * u0 + gv * v0 + e[k + 1, 2] * scale)
        g[3, 0] = float(u0)
        g[3, 1] = float(v0)
        planes[t] = g


@wp.func
def listed(order: wp.array(dtype=int), i: int) -> int:
    """The triangle at a place of a list; an empty one stands for all in a row."""
    if order.shape[0] == 0:
        return i
    return order[i]


@wp.kernel
def set_up_perspective(
    order: wp.array(dtype=int),
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.vec3i),
    rotation: wp.mat33d,
    translation: wp.vec3d,
    focal: wp.vec2d,
    center: wp.vec2d,
    near: wp.float64,
    group: wp.array(dtype=int),
    culled: wp.array(dtype=wp.uint8),
    size: wp.vec2d,
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    planes: wp.array(dtype=Planes),
):
    """Functions and pixel bounds of each triangle in `order`: see `set_up_triangle`."""
    t = listed(order, wp.tid())
    set_up_triangle(t, vertices, faces, rotation, translation, focal, center, near, group, culled, size, functions, bounds, planes)


@wp.func
def span(e: Functions, x0: int, x1: int, ox: wp.float64, v: wp.float64) -> wp.vec2i:
    """The pixel columns [lo, hi) within [x0, x1) of one row of samples (x + ox, v) inside all three edges.

    The edges' roots give the ends to within one; the edge functions themselves, which rounding leaves monotonic
    along the row, then decide.
    """
    lo = x0
    hi = x1
    for i in range(3):
        a = e[i, 0]
        r = e[i, 1] * v + e[i, 2]
        if a > wp.float64(0.0):
            c = int(wp.ceil(wp.clamp(-r / a - ox, -LIMIT, LIMIT)))
            if a * (wp.float64(c - 1) + ox) + r >= wp.float64(0.0):
                c = c - 1
            elif a * (wp.float64(c) + ox) + r < wp.float64(0.0):
                c = c + 1
            lo = wp.max(lo, c)
        elif a < wp.float64(0.0):
            c = int(wp.floor(wp.clamp(-r / a - ox, -LIMIT, LIMIT)))
            if a * (wp.float64(c + 1) + ox) + r >= wp.float64(0.0):
                c = c + 1
            elif a * (wp.float64(c) + ox) + r < wp.float64(0.0):
                c = c - 1
            hi = wp.min(hi, c + 1)
        elif r < wp.float64(0.0):
            hi = lo
    return wp.vec2i(lo, hi)


@wp.func
def triangle_of(winner: wp.uint64) -> int:
    """The triangle that won a sample, or EMPTY."""
    return int(winner & INDEX) - 1


@wp.func
def winner_at(winners: wp.array(dtype=Winners), plane: int, x: int, y: int, width: int) -> wp.uint64:
    """A pixel's winner, of the samples whose winners begin at `plane`."""
    group = x // GROUP_SIZE
    return winners[plane + y * ((width + GROUP_SIZE - 1) // GROUP_SIZE) + group][x - group * GROUP_SIZE]


@wp.func
def place_at(rays: wp.array4d(dtype=Columns), sample: int, x: int, y: int, offset: wp.vec2d) -> wp.vec3d:
    """What a triangle's functions are linear in: a sample's place in the picture (u, v, 1), or its ray where a lens has given it one."""
    if rays.shape[0] == 0:
        return wp.vec3d(wp.float64(x) + offset[0], wp.float64(y) + offset[1], wp.float64(1.0))
    group = x // GROUP_SIZE
    i = x - group * GROUP_SIZE
    return wp.vec3d(rays[sample, y, group, 0][i], rays[sample, y, group, 1][i], rays[sample, y, group, 2][i])


@wp.func
def inverse_distance(e: Functions, place: wp.vec3d) -> wp.float64:
    """One over the depth at a place, or one over the distance along a ray."""
    return e[3, 0] * place[0] + (e[3, 1] * place[1] + e[3, 2] * place[2])


@wp.func_native("""
    wp::vec_t<8, wp::uint64> r;
    for (int i = 0; i < 8; ++i) {
        const bool inside = (a.c[i] >= 0.0) & (b.c[i] >= 0.0) & (c.c[i] >= 0.0) & (inverses.c[i] >= farthest) & (inverses.c[i] <= nearest);
        r.c[i] = inside ? ((wp::uint64)wp::cast<wp::uint32>((float)inverses.c[i]) << 32) | key : 0;
    }
    return r;
""")
def found(a: Columns, b: Columns, c: Columns, inverses: Columns, nearest: wp.float64, farthest: wp.float64, key: wp.uint64) -> Winners:
    """What eight samples see of a triangle: nothing where an edge's function is below zero, or where it is too near or too far."""


@wp.func
def rasterize_triangle(
    t: int,
    strip: int,
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    offsets: wp.array(dtype=wp.vec2d),
    width: int,
    top: int,
    bottom: int,
    inverse_near: wp.float64,
    inverse_far: wp.float64,
    strips: int,
    winners: wp.array(dtype=Winners),
):
    """Nearest triangle at each sample of the band of rows from `top` to before `bottom`: `winners` is (number of `offsets`, rows,
    groups of a row), flat.

    `strips` threads share a triangle's rows (one on the CPU, where a launch is a loop).
    """
    box = bounds[t]
    x0 = wp.max(box[0], 0)
    x1 = wp.min(box[2], width)
    y0 = wp.max(box[1], top) + strip
    y1 = wp.min(box[3], bottom)
    if x0 >= x1 or y0 >= y1:
        return
    e = functions[t]
    samples = offsets.shape[0]
    groups = (width + GROUP_SIZE - 1) // GROUP_SIZE
    plane = (bottom - top) * groups
    # Looking at a few groups takes less time than finding where a row begins and ends.
    small = x1 - x0 <= 4 * GROUP_SIZE
    key = wp.uint64(t + 1)
    y = y0
    while y < y1:
        for k in range(samples):
            v = wp.float64(y) + offsets[k][1]
            ox = offsets[k][0]
            row = wp.vec2i(x0, x1)
            if not small:
                row = span(e, x0, x1, ox, v)
            r0 = e[0, 1] * v + e[0, 2]
            r1 = e[1, 1] * v + e[1, 2]
            r2 = e[2, 1] * v + e[2, 2]
            r3 = e[3, 1] * v + e[3, 2]
            line = k * plane + (y - top) * groups
            group = row[0] // GROUP_SIZE
            while group * GROUP_SIZE < row[1]:
                first = group * GROUP_SIZE
                columns = Columns()
                for i in range(GROUP_SIZE):
                    columns[i] = wp.float64(first + i) + ox
                first_edges = columns * e[0, 0] + Columns(r0)
                second_edges = columns * e[1, 0] + Columns(r1)
                third_edges = columns * e[2, 0] + Columns(r2)
                inverses = columns * e[3, 0] + Columns(r3)
                keys = found(first_edges, second_edges, third_edges, inverses, inverse_near, inverse_far, key)
                wp.atomic_max(winners, line + group, keys)
                group += 1
        y += strips


@wp.kernel
def rasterize(
    order: wp.array(dtype=int),
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    presence: Presence,
    offsets: wp.array(dtype=wp.vec2d),
    width: int,
    top: int,
    bottom: int,
    inverse_near: wp.float64,
    inverse_far: wp.float64,
    strips: int,
    winners: wp.array(dtype=Winners),
):
    """Nearest triangle at each sample, of those in `order` that are everywhere there for everybody: see `rasterize_triangle`."""
    i, strip = wp.tid()
    t = listed(order, i)
    if kind_of(presence, t) == 0:
        rasterize_triangle(t, strip, functions, bounds, offsets, width, top, bottom, inverse_near, inverse_far, strips, winners)


@wp.kernel
def cover(
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    presence: Presence,
    pixel_rad: wp.float64,
    triangles: wp.array(dtype=int),
    canvas_of: wp.array(dtype=int),
    canvases: wp.array(dtype=wp.vec4i),
    starts: wp.array(dtype=int),
    inverse_near: float,
    inverse_far: float,
    strips: int,
    covered: wp.array(dtype=wp.uint8),
):
    """Silhouettes without occlusion. Each body has a canvas (x0, y0, x1, y1) of its own, which may leave the picture,
    stored flat from `starts` on; every pixel centre that one of its triangles covers is set to one.
    """
    i, strip = wp.tid()
    t = triangles[i]
    body = canvas_of[i]
    canvas = canvases[body]
    box = bounds[t]
    x0 = wp.max(box[0], canvas[0])
    x1 = wp.min(box[2], canvas[2])
    y1 = wp.min(box[3], canvas[3])
    if x0 >= x1:
        return
    e = functions[t]
    cut = is_cut(kind_of(presence, t), LABELS)
    chart = Chart()
    if cut:
        chart = chart_of(presence, t, e[1], e[2], e[0] + e[1] + e[2])
    half = wp.float64(0.5)
    y = wp.max(box[1], canvas[1]) + strip
    while y < y1:
        v = wp.float64(y) + half
        row = span(e, x0, x1, half, v)
        constant = e[3, 1] * v + e[3, 2]
        line = starts[body] + (y - canvas[1]) * (canvas[2] - canvas[0]) - canvas[0]
        for x in range(row[0], row[1]):
            inverse = float(e[3, 0] * (wp.float64(x) + half) + constant)
            here = inverse >= inverse_far and inverse <= inverse_near
            if here and cut:
                place = wp.vec3d(wp.float64(x) + half, v, wp.float64(1.0))
                here = is_there(presence, chart, place, pixel_rad)
            if here:
                covered[line + x] = wp.uint8(1)
        y += strips


@wp.func_native("""
    wp::uint64 differ = 0;
    for (int i = 0; i < 8; ++i) differ |= winners.c[i] ^ winners.c[0];
    return (differ & 0xFFFFFFFFull) == 0;
""")
def alike(winners: Winners) -> int:
    """Whether all eight are the same triangle."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) array.data[at + i] = value;
""")
def store_same(array: wp.array(dtype=int), at: int, value: int):
    """Write a number eight times in a row."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) depth.data[at + i] = (float)(1.0 / inverses.c[i]);
""")
def store_depths(depth: wp.array(dtype=float), at: int, inverses: Columns):
    """Write eight depths in a row, given one over each."""


@wp.func_native("""
    for (int i = 0; i < 8; ++i) {
        const bool away = n.c[0] * (float)x.c[i] + n.c[1] * y + n.c[2] > 0.0f;
        for (int k = 0; k < 3; ++k) normal.data[at + i].c[k] = away ? -n.c[k] : n.c[k];
    }
""")
def store_facing(normal: wp.array(dtype=wp.vec3), at: int, n: wp.vec3, x: Columns, y: float):
    """Write a normal eight times in a row, each time turned against the ray (x, y, 1)."""


@wp.func
def resolve_group(
    y: int,
    group: int,
    winners: wp.array(dtype=Winners),
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    triangle_body: wp.array(dtype=int),
    camera_from_world: wp.mat33,
    focal: wp.vec2d,
    center: wp.vec2d,
    rays: wp.array4d(dtype=Columns),
    sample: int,
    plane: int,
    top: int,
    width: int,
    instance: wp.array(dtype=int),
    depth: wp.array(dtype=float),
    normal: wp.array(dtype=wp.vec3),
):
    """Labels at pixel centres, from that sample, whose winners begin at `plane`, in the band that begins with row `top`. `normal` may
    be empty; otherwise it is the surface's own (flat) normal in camera axes, turned to face the camera.
    """
    seen = winners[plane + y * ((width + GROUP_SIZE - 1) // GROUP_SIZE) + group]
    begin = group * GROUP_SIZE
    if begin + GROUP_SIZE <= width and rays.shape[0] == 0 and alike(seen) != 0 and triangle_of(seen[0]) != EMPTY:
        # One triangle: most groups see no other.
        t = triangle_of(seen[0])
        e = functions[t]
        places = Columns()
        for k in range(GROUP_SIZE):
            places[k] = wp.float64(begin + k) + HALF
        row = wp.float64(top + y) + HALF
        i = (top + y) * width + begin
        store_depths(depth, i, places * e[3, 0] + Columns(e[3, 1] * row + e[3, 2]))
        store_same(instance, i, triangle_body[t] + 1)
        if normal.shape[0] > 0:
            n = wp.mul(camera_from_world, triangles[t].flat)
            store_facing(normal, i, n, (places - Columns(center[0])) / focal[0], float((row - center[1]) / focal[1]))
        return
    for k in range(GROUP_SIZE):
        x = begin + k
        if x < width:
            i = (top + y) * width + x
            t = triangle_of(seen[k])
            if t == EMPTY:
                instance[i] = 0
                depth[i] = wp.inf
                if normal.shape[0] > 0:
                    normal[i] = wp.vec3(0.0, 0.0, 0.0)
            else:
                p = place_at(rays, sample, x, top + y, wp.vec2d(wp.float64(0.5), wp.float64(0.5)))
                instance[i] = triangle_body[t] + 1
                depth[i] = float(p[2] / inverse_distance(functions[t], p))
                if normal.shape[0] > 0:
                    n = wp.mul(camera_from_world, triangles[t].flat)
                    ray = wp.vec3(float((p[0] - center[0] * p[2]) / focal[0]), float((p[1] - center[1] * p[2]) / focal[1]), float(p[2]))
                    normal[i] = wp.where(wp.dot(n, ray) > 0.0, -n, n)


@wp.kernel
def resolve_geometry(
    winners: wp.array(dtype=Winners),
    functions: wp.array(dtype=Functions),
    triangles: wp.array(dtype=Triangle),
    triangle_body: wp.array(dtype=int),
    camera_from_world: wp.mat33,
    focal: wp.vec2d,
    center: wp.vec2d,
    rays: wp.array4d(dtype=Columns),
    sample: int,
    plane: int,
    top: int,
    width: int,
    instance: wp.array(dtype=int),
    depth: wp.array(dtype=float),
    normal: wp.array(dtype=wp.vec3),
):
    """Labels at pixel centres: see `resolve_group`."""
    y, group = wp.tid()
    resolve_group(
        y,
        group,
        winners,
        functions,
        triangles,
        triangle_body,
        camera_from_world,
        focal,
        center,
        rays,
        sample,
        plane,
        top,
        width,
        instance,
        depth,
        normal,
    )
