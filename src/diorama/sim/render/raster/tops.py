"""How high what a picture shows reaches, so that ambient occlusion is not searched for where nothing can stand over level ground.

The picture is cut into square cells. What a cell shows is known as two layers, the nearer and the farther half of its depths: a thing's edge,
and the ground far behind it, which that does not stand over.
"""

import warp as wp

from diorama.sim.render.raster.lanes import Lanes, greater, greatest, lesser, load, pick

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: Pixels to a cell's side.
SIDE = 16
CELL = wp.constant(SIDE)
STEPS = wp.constant(Lanes(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))
#: Stands for infinitely far; its square is finite.
FAR = wp.constant(1.0e8)
#: Where nothing is.
LOWEST = wp.constant(-1.0e30)


@wp.struct
class Grid:
    """The picture and the grid of every other pixel, `columns` x `rows`.

    A pinhole's pixels are at focal * (x, y) / z + center. A lens's have `rays` of length one, each with how it changes from pixel to pixel
    to the right and downwards; a pinhole has none.
    """

    width: int
    height: int
    columns: int
    rows: int
    focal: wp.vec2
    center: wp.vec2
    rays: wp.array(dtype=wp.mat33)


@wp.struct
class Layer:
    """Of each cell, row by row, the least and the greatest depth in the layer, and how high it reaches."""

    nearest: wp.array(dtype=float)
    farthest: wp.array(dtype=float)
    top: wp.array(dtype=float)


@wp.struct
class Tops:
    """Two layers of `down` rows of `across` cells. Heights are along `up`, of length one in the camera's axes, from the camera on."""

    up: wp.vec3
    across: int
    down: int
    near: Layer
    far: Layer


@wp.func
def bent_point(ray: wp.vec3, depth: float) -> wp.vec3:
    """What a lens shows. Beside the camera its depth does not tell how far it is: then, as where nothing is seen, it is far away."""
    if wp.abs(ray[2]) < 0.01 or depth >= FAR:
        return wp.vec3(0.0, 0.0, FAR)
    return ray * (depth / ray[2])


@wp.func_native("""
    float least[16], most[16], high[16];
    for (int k = 0; k < 16; ++k) least[k] = end, most[k] = start, high[k] = lowest;
    for (int y = 0; y < rows; ++y) {
        const float* z = depth.data + at + y * width;
        for (int k = 0; k < 16; ++k) {
            const bool here = z[k] >= start && z[k] <= end;
            const float height = here ? z[k] * (first + (float)y * down + (float)k * across) : lowest;
            const float low = here ? z[k] : end, far = here ? z[k] : start;
            high[k] = height > high[k] ? height : high[k];
            least[k] = low < least[k] ? low : least[k];
            most[k] = far > most[k] ? far : most[k];
        }
    }
    for (int n = 8; n > 0; n /= 2)
        for (int k = 0; k < n; ++k) {
            high[k] = high[k] > high[n + k] ? high[k] : high[n + k];
            least[k] = least[k] < least[n + k] ? least[k] : least[n + k];
            most[k] = most[k] > most[n + k] ? most[k] : most[n + k];
        }
    return wp::vec3(least[0], most[0], high[0]);
""")
def layer_of(
    depth: wp.array(dtype=float),
    at: int,
    width: int,
    rows: int,
    start: float,
    end: float,
    first: float,
    across: float,
    down: float,
    lowest: float,
) -> wp.vec3:
    """Of 16 columns of a pinhole's pixels, from number `at` on, those between the depths `start` and `end`: the least and the greatest depth,
    and the greatest height. At a depth of 1 a pixel is at the height `first`, and others at so much more for each step `across` or `down`.
    """


@wp.func
def set_layer(layer: Layer, cell: int, content: wp.vec3):
    """Keep a cell's layer."""
    layer.nearest[cell] = content[0]
    layer.farthest[cell] = content[1]
    layer.top[cell] = content[2]


@wp.kernel
def find_tops(depth: wp.array(dtype=float), grid: Grid, radius: float, tops: Tops):
    """The layers of all cells. The last cell of a row overlaps the one before, if it would leave the picture."""
    row, column = wp.tid()
    cell = row * tops.across + column
    # Anything may be where nobody looks: beyond lenses, and in pictures that are narrower than a cell.
    set_layer(tops.near, cell, wp.vec3(0.0, FAR, FAR))
    set_layer(tops.far, cell, wp.vec3(FAR, 0.0, LOWEST))
    if grid.rays.shape[0] > 0 or grid.width < CELL:
        return
    x = wp.min(column * CELL, grid.width - CELL)
    y = row * CELL
    at = y * grid.width + x
    rows = wp.min(CELL, grid.height - y)
    across = tops.up[0] / grid.focal[0]
    down = tops.up[1] / grid.focal[1]
    first = (float(x) + 0.5 - grid.center[0]) * across + (float(y) + 0.5 - grid.center[1]) * down + tops.up[2]
    whole = layer_of(depth, at, grid.width, rows, 0.0, 0.5 * FAR, first, across, down, LOWEST)
    set_layer(tops.near, cell, whole)
    if whole[1] - whole[0] > radius:
        middle = 0.5 * (whole[0] + whole[1])
        set_layer(tops.near, cell, layer_of(depth, at, grid.width, rows, 0.0, middle, first, across, down, LOWEST))
        set_layer(tops.far, cell, layer_of(depth, at, grid.width, rows, middle, 0.5 * FAR, first, across, down, LOWEST))


@wp.func
def top_between(layer: Layer, cell: int, nearest: Lanes, farthest: Lanes) -> Lanes:
    """How high the layers of eight cells reach, if they have anything between two depths."""
    here = lesser(load(layer.farthest, cell) - nearest, farthest - load(layer.nearest, cell))
    return pick(here, load(layer.top, cell), Lanes(LOWEST))


@wp.func
def highest(tops: Tops, x0: int, y0: int, x1: int, y1: int, nearest: float, farthest: float) -> float:
    """How high anything between two depths reaches in the cells of columns x0 to x1 and rows y0 to y1 of pixels."""
    first = wp.max(x0, 0) // CELL
    end = wp.min(x1 // CELL, tops.across - 1) + 1
    out = Lanes(LOWEST)
    for row in range(wp.max(y0, 0) // CELL, wp.min(y1 // CELL, tops.down - 1) + 1):
        for column in range(first, end, 8):
            cell = row * tops.across + column
            top = greater(top_between(tops.near, cell, Lanes(nearest), Lanes(farthest)), top_between(tops.far, cell, Lanes(nearest), Lanes(farthest)))
            # Lanes past the end are lower than anything.
            out = greater(out, lesser(top, (Lanes(float(end - column) - 0.5) - STEPS) * FAR))
    return greatest(out)
