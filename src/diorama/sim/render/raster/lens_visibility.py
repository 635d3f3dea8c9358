"""Which triangle is seen where, through a lens that bends the picture.

What `visibility.py` says holds for any ray d, not only for those through a flat picture: e_i . d >= 0 for a triangle's three edges, and
one over the distance along d is linear in d. So every sample's own ray, from `ray_tables.py`, takes the place of its pixel. The arithmetic
is as exact as a pinhole's; only where a triangle's pixels may lie is found in another way, by the tree of balls.
"""

import warp as wp

from diorama.sim.render.raster.presence import LABELS, Chart, Presence, chart_of, is_cut, is_there, kind_of
from diorama.sim.render.raster.visibility import GROUP_SIZE, NO_BACK, UNSEEN, Columns, Functions, Planes, Winners, found

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

ZERO = wp.constant(wp.float64(0.0))
#: Lowest and highest coordinates of rays.
Extent = wp.types.matrix(shape=(2, 3), dtype=wp.float64)


@wp.kernel
def set_up_rays(
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.vec3i),
    rotation: wp.mat33d,
    translation: wp.vec3d,
    group: wp.array(dtype=int),
    culled: wp.array(dtype=wp.uint8),
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    planes: wp.array(dtype=Planes),
    extents: wp.array(dtype=Extent),
):
    """Functions of each triangle, of rays; no pixel is in its bounds yet. `culled` tells of its `group`: see `projection.culled`.

    `extents` are the boxes (lowest, highest) that hold the triangles' unit rays: by their edges alone, thin triangles would be all but open
    towards where the long ones meet.
    """
    t = wp.tid()
    f = faces[t]
    p0 = wp.mul(rotation, vertices[f[0]]) + translation
    p1 = wp.mul(rotation, vertices[f[1]]) + translation
    p2 = wp.mul(rotation, vertices[f[2]]) + translation
    det = wp.dot(p0, wp.cross(p1, p2))
    bounds[t] = wp.vec4i(0, 0, 0, 0)
    functions[t] = Functions()
    if det == ZERO or culled[group[t]] == UNSEEN or (det > ZERO and culled[group[t]] == NO_BACK):
        return
    turn = wp.sign(det)
    e0 = wp.cross(p1, p2) * turn
    e1 = wp.cross(p2, p0) * turn
    e2 = wp.cross(p0, p1) * turn
    d = wp.abs(det)
    inverse = (e0 + e1 + e2) / d
    functions[t] = wp.matrix_from_rows(e0, e1, e2, inverse)
    g = Planes()
    for k in range(3):
        g[0, k] = float(e1[k] / d)
        g[1, k] = float(e2[k] / d)
        g[2, k] = float(inverse[k])
    planes[t] = g
    d0 = wp.normalize(p0)
    d1 = wp.normalize(p1)
    d2 = wp.normalize(p2)
    # A point of the flat triangle between the three is at least `least` long, and its unit ray as much longer at most.
    axis = wp.normalize(d0 + d1 + d2)
    least = wp.max(wp.min(wp.dot(axis, d0), wp.min(wp.dot(axis, d1), wp.dot(axis, d2))), wp.float64(1.0e-9))
    low = wp.min(d0, wp.min(d1, d2))
    high = wp.max(d0, wp.max(d1, d2))
    extents[t] = wp.matrix_from_rows(wp.min(low, low / least), wp.max(high, high / least))


@wp.func
def outside(e: Functions, lengths: wp.vec3d, extent: Extent, ball: wp.vec4d) -> bool:
    """Whether no unit ray that ends in the ball (middle, radius) can meet the triangle."""
    out = bool(False)
    for i in range(3):
        out = out or ball[i] + ball[3] < extent[0, i] or ball[i] - ball[3] > extent[1, i]
    for i in range(3):
        out = out or e[i, 0] * ball[0] + e[i, 1] * ball[1] + e[i, 2] * ball[2] + lengths[i] * ball[3] < ZERO
    return out


@wp.func
def edge_lengths(e: Functions) -> wp.vec3d:
    """The lengths of the edges' functions."""
    return wp.vec3d(wp.length(e[0]), wp.length(e[1]), wp.length(e[2]))


@wp.kernel
def widen(
    functions: wp.array(dtype=Functions),
    extents: wp.array(dtype=Extent),
    balls: wp.array(dtype=wp.vec4d),
    after: wp.array(dtype=int),
    boxes: wp.array(dtype=wp.vec4i),
    bounds: wp.array(dtype=wp.vec4i),
):
    """Make the bounds of each triangle hold all tiles of a tree that may see it."""
    t = wp.tid()
    e = functions[t]
    lengths = edge_lengths(e)
    extent = extents[t]
    if lengths[0] == ZERO:
        return
    box = bounds[t]
    node = int(0)
    while node < balls.shape[0]:
        tiles = boxes[node]
        held = tiles[0] >= box[0] and tiles[1] >= box[1] and tiles[2] <= box[2] and tiles[3] <= box[3]
        if held or outside(e, lengths, extent, balls[node]):
            node = after[node]
        else:
            node += 1
            if after[node - 1] == node:
                if box[2] == box[0]:
                    box = tiles
                box = wp.vec4i(wp.min(box[0], tiles[0]), wp.min(box[1], tiles[1]), wp.max(box[2], tiles[2]), wp.max(box[3], tiles[3]))
    bounds[t] = box


@wp.kernel
def rasterize_rays(
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    presence: Presence,
    extents: wp.array(dtype=Extent),
    tiles: wp.array2d(dtype=wp.vec4d),
    rays: wp.array4d(dtype=Columns),
    top: int,
    bottom: int,
    inverse_near: wp.float64,
    inverse_far: wp.float64,
    strips: int,
    winners: wp.array(dtype=Winners),
):
    """Nearest triangle at each sample of the band of rows from `top` to before `bottom`, as `visibility.rasterize` finds it. What
    is not everywhere there for everybody is left to `partial.rasterize_partial`.

    `rays` (samples, rows of the picture, groups of a row, 3) are the coordinates of the samples' rays.
    """
    t, strip = wp.tid()
    box = bounds[t]
    groups = rays.shape[2]
    y0 = wp.max(box[1], top)
    y1 = wp.min(box[3], bottom)
    first = wp.max(box[0], 0) // GROUP_SIZE
    last = wp.min((box[2] + GROUP_SIZE - 1) // GROUP_SIZE, groups)
    if first >= last or y0 >= y1 or kind_of(presence, t) != 0:
        return
    e = functions[t]
    lengths = edge_lengths(e)
    extent = extents[t]
    samples = rays.shape[0]
    plane = (bottom - top) * groups
    key = wp.uint64(t + 1)
    row = y0 // GROUP_SIZE + strip
    while row * GROUP_SIZE < y1:
        for group in range(first, last):
            if not outside(e, lengths, extent, tiles[row, group]):
                for y in range(wp.max(row * GROUP_SIZE, y0), wp.min(row * GROUP_SIZE + GROUP_SIZE, y1)):
                    for k in range(samples):
                        dx = rays[k, y, group, 0]
                        dy = rays[k, y, group, 1]
                        dz = rays[k, y, group, 2]
                        first_edges = dx * e[0, 0] + dy * e[0, 1] + dz * e[0, 2]
                        second_edges = dx * e[1, 0] + dy * e[1, 1] + dz * e[1, 2]
                        third_edges = dx * e[2, 0] + dy * e[2, 1] + dz * e[2, 2]
                        inverses = dx * e[3, 0] + dy * e[3, 1] + dz * e[3, 2]
                        keys = found(first_edges, second_edges, third_edges, inverses, inverse_near, inverse_far, key)
                        wp.atomic_max(winners, k * plane + (y - top) * groups + group, keys)
        row += strips


@wp.kernel
def cover_rays(
    functions: wp.array(dtype=Functions),
    bounds: wp.array(dtype=wp.vec4i),
    presence: Presence,
    pixel_rad: wp.float64,
    triangles: wp.array(dtype=int),
    canvas_of: wp.array(dtype=int),
    canvases: wp.array(dtype=wp.vec4i),
    starts: wp.array(dtype=int),
    rays: wp.array(dtype=wp.vec3d),
    inverse_near: wp.float64,
    inverse_far: wp.float64,
    strips: int,
    covered: wp.array(dtype=wp.uint8),
):
    """Silhouettes without occlusion, as `visibility.cover` draws them. `rays` are those of all canvases' pixels."""
    i, strip = wp.tid()
    t = triangles[i]
    body = canvas_of[i]
    canvas = canvases[body]
    box = bounds[t]
    e = functions[t]
    cut = is_cut(kind_of(presence, t), LABELS)
    chart = Chart()
    if cut:
        chart = chart_of(presence, t, e[1], e[2], e[0] + e[1] + e[2])
    y = wp.max(box[1], canvas[1]) + strip
    while y < wp.min(box[3], canvas[3]):
        line = starts[body] + (y - canvas[1]) * (canvas[2] - canvas[0]) - canvas[0]
        for x in range(wp.max(box[0], canvas[0]), wp.min(box[2], canvas[2])):
            s = e * rays[line + x]
            here = wp.min(s[0], wp.min(s[1], s[2])) >= ZERO and s[3] >= inverse_far and s[3] <= inverse_near
            if here and cut:
                here = is_there(presence, chart, rays[line + x], pixel_rad)
            if here:
                covered[line + x] = wp.uint8(1)
        y += strips
