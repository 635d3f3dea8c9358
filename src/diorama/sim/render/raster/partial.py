"""Looking at triangles that are not everywhere there for everybody: cut-outs, and layers of see-through surfaces."""

from collections.abc import Callable
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.render.raster.device import WIDE_CPU_FLAGS, Array, Scratch, wp
from diorama.sim.render.raster.layers import MOST_LAYERS, Layers, add_layer
from diorama.sim.render.raster.presence import COLORS, Chart, Presence, chart_of, is_absent, is_cut, is_there, kind_of, there_in_row
from diorama.sim.render.raster.projection import Projection
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.visibility import GROUP, GROUP_SIZE, Columns, Functions, Winners, found, inverse_distance, place_at, span
from diorama.sim.transforms import Matrix, Vec3

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "cpu_compiler_flags": WIDE_CPU_FLAGS})

#: On a GPU, the layers of so many bytes are found at a time.
_MOST_BYTES = 256_000_000


@warp.struct
class Sieve:
    """Which triangles are looked at, by whom, and through what.

    The first `colors` samples are of colours, the others are seen by `who` (see presence.py). With a lens, `rays` are the samples', and
    `pixel_rad` is how far apart those of neighbours are.
    """

    presence: Presence
    triangles: warp.array(dtype=int)
    colors: int
    who: int
    offsets: warp.array(dtype=warp.vec2d)
    rays: warp.array4d(dtype=Columns)
    pixel_rad: warp.float64
    inverse_near: warp.float64
    inverse_far: warp.float64


@wp.func_native("""
    int r = 0;
    for (int i = 0; i < 8; ++i) r |= (keys.c[i] > winners.c[i]) << i;
    return r;
""")
def ahead(keys: Winners, winners: Winners) -> int:
    """At which of eight samples a triangle is nearer than what won so far, as bits."""


@wp.func_native("""
    wp::vec_t<8, wp::uint64> r;
    for (int i = 0; i < 8; ++i) r.c[i] = (lanes >> i) & 1 ? keys.c[i] : 0;
    return r;
""")
def only(keys: Winners, lanes: int) -> Winners:
    """What those of eight samples see that the bits tell."""


@wp.func
def is_seen(sieve: Sieve, kind: int, who: int, chart: Chart, place: warp.vec3d) -> bool:
    """Whether somebody sees a triangle at a place."""
    return not is_cut(kind, who) or is_there(sieve.presence, chart, place, sieve.pixel_rad)


@wp.func
def look_through_picture(
    e: Functions,
    t: int,
    kind: int,
    chart: Chart,
    sieve: Sieve,
    row: warp.vec2i,
    place: warp.vec3d,
    who: int,
    line: int,
    winners: warp.array(dtype=Winners),
):
    """A row of samples, eight at a time: most triangles are hidden by others. `place` is the sample of the picture's first column, and `line` where
    the row's winners begin.
    """
    r0 = e[0, 1] * place[1] + e[0, 2]
    r1 = e[1, 1] * place[1] + e[1, 2]
    r2 = e[2, 1] * place[1] + e[2, 2]
    r3 = e[3, 1] * place[1] + e[3, 2]
    group = row[0] // GROUP_SIZE
    while group * GROUP_SIZE < row[1]:
        columns = Columns()
        for i in range(GROUP_SIZE):
            columns[i] = warp.float64(group * GROUP_SIZE + i) + place[0]
        edges = (columns * e[0, 0] + Columns(r0), columns * e[1, 0] + Columns(r1), columns * e[2, 0] + Columns(r2))
        inverses = columns * e[3, 0] + Columns(r3)
        keys = found(edges[0], edges[1], edges[2], inverses, sieve.inverse_near, sieve.inverse_far, warp.uint64(t + 1))
        lanes = ahead(keys, winners[line + group])
        if lanes != 0 and is_cut(kind, who):
            lanes = there_in_row(sieve.presence.texels, chart, columns, place[1], lanes)
        if lanes != 0:
            warp.atomic_max(winners, line + group, only(keys, lanes))
        group += 1


@warp.kernel
def rasterize_partial(
    functions: warp.array(dtype=Functions),
    bounds: warp.array(dtype=warp.vec4i),
    sieve: Sieve,
    width: int,
    top: int,
    bottom: int,
    strips: int,
    winners: warp.array(dtype=Winners),
    each: warp.array(dtype=warp.uint64),
    layers: Layers,
):
    """Nearest triangle at each sample, of a sieve's, as `visibility.rasterize_triangle` finds it, among `winners` so far, number by number `each`.
    Or, if there is room for `layers`, those of the samples of colours that are in front of `winners`.
    """
    i, strip = warp.tid()
    t = sieve.triangles[i]
    box = bounds[t]
    x0 = warp.max(box[0], 0)
    x1 = warp.min(box[2], width)
    y = warp.max(box[1], top) + strip
    y1 = warp.min(box[3], bottom)
    if x0 >= x1 or y >= y1:
        return
    e = functions[t]
    kind = kind_of(sieve.presence, t)
    lens = sieve.rays.shape[0] > 0
    layered = layers.touched.shape[0] > 0
    samples = sieve.offsets.shape[0]
    if layered:
        samples = sieve.colors
    groups = (width + GROUP_SIZE - 1) // GROUP_SIZE
    across = groups * GROUP_SIZE
    # Looking at a few groups takes less time than finding where a row begins and ends.
    small = x1 - x0 <= 4 * GROUP_SIZE
    chart = Chart()
    if is_cut(kind, COLORS) or is_cut(kind, sieve.who):
        chart = chart_of(sieve.presence, t, e[1], e[2], e[0] + e[1] + e[2])
    while y < y1:
        for k in range(samples):
            who = warp.where(k < sieve.colors, COLORS, sieve.who)
            v = warp.float64(y) + sieve.offsets[k][1]
            row = warp.vec2i(x0, x1)
            if not layered and is_absent(kind, who):
                row = warp.vec2i(x0, x0)
            elif not lens and (layered or not small):
                row = span(e, x0, x1, sieve.offsets[k][0], v)
            if not lens and not layered:
                line = (k * (bottom - top) + y - top) * groups
                place = warp.vec3d(sieve.offsets[k][0], v, warp.float64(1.0))
                if row[0] < row[1]:
                    look_through_picture(e, t, kind, chart, sieve, row, place, who, line, winners)
                row = warp.vec2i(x0, x0)
            for x in range(row[0], row[1]):
                place = place_at(sieve.rays, k, x, y, sieve.offsets[k])
                inverse = inverse_distance(e, place)
                here = inverse >= sieve.inverse_far and inverse <= sieve.inverse_near
                if here and lens:
                    for j in range(3):
                        here = here and e[j, 0] * place[0] + (e[j, 1] * place[1] + e[j, 2] * place[2]) >= warp.float64(0.0)
                pixel = (y - top) * across + x
                at = k * (bottom - top) * across + pixel
                key = (warp.uint64(warp.cast(float(inverse), warp.uint32)) << warp.uint64(32)) | warp.uint64(t + 1)
                if here and key > each[at] and is_seen(sieve, kind, who, chart, place):
                    if layered:
                        add_layer(layers, pixel, k, samples, key)
                    else:
                        warp.atomic_max(each, at, key)
        y += strips


class Partial:
    """The partial triangles of a scene, for the samples at `offsets` (with a lens, of `rays`), the first `colors` of which are of colours.

    The others are seen by `who` (see presence.py). `width` is the picture's, and `strips` threads share a triangle's rows. There is room for
    `rows` rows at a time. On a CPU, what is nearest to the `eye` is looked at first: what it hides need not be looked up in textures.
    """

    def __init__(
        self,
        scene: SceneArrays,
        projection: Projection,
        scratch: Scratch,
        *,
        offsets: Array,
        rays: Array,
        width: int,
        rows: int,
        colors: int,
        who: int,
        strips: int,
        eye: Vec3,
    ) -> None:
        self._projection = projection
        self._width, self._strips = width, strips
        self._sieve: Any = Sieve()
        self._sieve.presence, self._sieve.offsets, self._sieve.rays = scene.presence, offsets, rays
        self._sieve.colors, self._sieve.who, self._sieve.pixel_rad = colors, int(who), projection.pixel_rad
        self._sieve.inverse_near, self._sieve.inverse_far = projection.reach
        self._order = _nearest_first(scene, projection, eye) if scene.partial.device.is_cpu else scene.partial
        self._over = scene.layers
        if projection.order is not None:
            self._over = wp.array(_shown(scene.layers, projection), dtype=wp.int32, device=scene.layers.device)
        self.layers: Any = Layers()
        self._layered = colors > 0 and len(self._over) > 0
        if self._layered:
            groups = rows * -(-width // GROUP)
            self.layers.winners = scratch.zeros("layers", wp.uint64, groups * GROUP * colors * MOST_LAYERS)
            self.layers.touched = scratch.zeros("groups with layers", wp.uint8, groups)

    def rasterize(self, top: int, bottom: int, winners: Array) -> None:
        """Look at the rows from `top` to before `bottom`. `winners` are those of all samples so far; `layers` are what is before them."""
        # The same memory, number by number.
        each = wp.array(ptr=winners.ptr, dtype=wp.uint64, shape=GROUP * len(winners), device=winners.device)
        self._launch(self._order, top, bottom, winners, each, Layers())
        if self._layered:
            self._launch(self._over, top, bottom, winners, each, self.layers)

    def _launch(self, triangles: Array, top: int, bottom: int, winners: Array, each: Array, layers: Any) -> None:
        self._sieve.triangles = triangles
        inputs = [self._projection.functions, self._projection.bounds, self._sieve, self._width, top, bottom, self._strips, winners, each, layers]
        wp.launch(rasterize_partial, dim=(len(triangles), self._strips), inputs=inputs, device=winners.device)


def _nearest_first(scene: SceneArrays, projection: Projection, eye: Vec3) -> Array:
    """The partial triangles that the picture may show in the order of their middles' distances."""
    order = nearest_first(scene, _shown(scene.partial, projection), lambda middles: ((middles - eye) ** 2).sum(axis=1))
    return wp.array(order, dtype=wp.int32, device=scene.partial.device)


def _shown(triangles: Array, projection: Projection) -> NDArray[np.int32]:
    """Those of the triangles, which are in order, that the picture may show, on the host."""
    out = triangles.numpy()
    if projection.order is None or not len(projection.order):
        return out if projection.order is None else out[:0]
    shown = projection.order.numpy()
    return out[shown[np.minimum(np.searchsorted(shown, out), len(shown) - 1)] == out]


def nearest_first(scene: SceneArrays, triangles: NDArray[np.int32], distance: Callable[[Matrix], NDArray[np.float64]]) -> NDArray[np.int32]:
    """Triangles in the order of the `distance` of their middles (n, 3) in the world, on the host."""
    middles = scene.vertices.numpy()[scene.faces.numpy()[triangles]].sum(axis=1) / 3
    return triangles[np.argsort(distance(middles), kind="stable")]


def most_rows(scene: SceneArrays, width: int, colors: int) -> int:
    """So many rows are looked at together, at most, for there to be room for their layers."""
    return max(_MOST_BYTES // (8 * width * colors * MOST_LAYERS), 1) if len(scene.layers) and colors else 1 << 30
