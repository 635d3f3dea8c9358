"""The lens's faults: what happens to light on its way from the scene to the sensor. Drops on the glass are `drops.py`'s affair.

Vignetting and lateral chromatic aberration are one resampling of the blurred picture; bloom is a blur of what comes out of it. Light stays linear, so
all of it is sums and products, and none of it knows of exposure.

Both blurs are Gaussians. Bloom's halo is blurred on a grid coarser by a power of two, so that its cost does not grow with its width. Beyond its
borders the picture is continued as in a mirror: as much light then strays in as strays out, an even picture stays even and the sum of
all light stays what it was (exactly, where the picture's sides are whole numbers of coarse cells; else but for light near the border).
"""

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.lens import undistort
from diorama.sim.render.raster.device import Array, Scratch
from diorama.sim.render.raster.drops import drop_rows, show_drops
from diorama.sim.spec import BrownConrady, CameraSpec, Distortion, Drops

# Loops over lanes stay loops, of which compilers make vector instructions.
wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: A halo's standard deviation, in cells of its grid, is at least this and less than twice as much.
_MIN_SIGMA = 2.0
#: Numbers that a thread blurs side by side, as the processor's vector instructions do.
LANES = wp.constant(96)
Lanes = wp.types.vector(length=LANES, dtype=wp.float32)
#: Entries of the table of vignetting.
_ENTRIES = 1024
#: Rows of the coarse picture that drops show.
_DROP_ROWS = 36
#: Pixels of a row that a thread bends.
STRETCH = wp.constant(64)
Stretch = wp.types.vector(length=STRETCH, dtype=wp.float32)


@wp.func
def displaced(numbers: wp.array(dtype=float), width: int, height: int, center: wp.vec2, row: int, first: int, scale: float, channel: int) -> Stretch:
    """A channel of a row's pixels from `first` on, from places `scale` times as far from the principal point.

    It is interpolated between pixels' centres; beyond the outermost ones it is theirs.
    """
    y = wp.clamp(center[1] + (float(row) + 0.5 - center[1]) * scale - 0.5, 0.0, float(height - 1))
    upper = int(y) * width
    lower = wp.min(int(y) + 1, height - 1) * width
    t = Stretch()
    left = Stretch()
    right = Stretch()
    left_below = Stretch()
    right_below = Stretch()
    for k in range(STRETCH):
        x = wp.clamp(center[0] + (float(first + k) + 0.5 - center[0]) * scale - 0.5, 0.0, float(width - 1))
        x0 = int(x)
        x1 = wp.min(x0 + 1, width - 1)
        t[k] = x - float(x0)
        left[k] = numbers[3 * (upper + x0) + channel]
        right[k] = numbers[3 * (upper + x1) + channel]
        left_below[k] = numbers[3 * (lower + x0) + channel]
        right_below[k] = numbers[3 * (lower + x1) + channel]
    left += (left_below - left) * (y - float(int(y)))
    right += (right_below - right) * (y - float(int(y)))
    return left + wp.cw_mul(right - left, t)


@wp.kernel
def bend(
    numbers: wp.array(dtype=float),
    width: int,
    height: int,
    per_focal: wp.vec2,
    center: wp.vec2,
    falloff: wp.array(dtype=float),
    entries: float,
    aberration: float,
    out: wp.array(dtype=wp.vec3),
):
    """Vignetting, and red and blue from nearer to and farther from the principal point by the share `aberration` of the way.

    `numbers` are the light's, three a pixel. `falloff` is a table over the square of the distance from the principal point, `entries` of
    them to a focal length's square. A thread does a stretch of a row.
    """
    row, stretch = wp.tid()
    first = stretch * STRETCH
    count = wp.min(STRETCH, width - first)
    red = Stretch()
    blue = Stretch()
    if aberration != 0.0:
        red = displaced(numbers, width, height, center, row, first, 1.0 - aberration, 0)
        blue = displaced(numbers, width, height, center, row, first, 1.0 + aberration, 2)
    else:
        for k in range(count):
            red[k] = numbers[3 * (row * width + first + k)]
            blue[k] = numbers[3 * (row * width + first + k) + 2]
    y = (float(row) + 0.5 - center[1]) * per_focal[1]
    left = Stretch()
    for k in range(STRETCH):
        x = (float(first + k) + 0.5 - center[0]) * per_focal[0]
        place = (x * x + y * y) * entries
        entry = wp.min(int(place), falloff.shape[0] - 2)
        part = place - float(entry)
        left[k] = falloff[entry] * (1.0 - part) + falloff[entry + 1] * part
    for k in range(count):
        i = row * width + first + k
        out[i] = wp.vec3(red[k], numbers[3 * i + 1], blue[k]) * left[k]


@wp.func
def mirrored(i: int, count: int) -> int:
    """The index that stands for one outside of 0 .. count - 1: there and back again."""
    if i >= 0 and i < count:
        return i
    m = i % (2 * count)
    if m < 0:
        m += 2 * count
    return wp.min(m, 2 * count - 1 - m)


@wp.kernel
def shrink(picture: wp.array(dtype=wp.vec3), width: int, height: int, cell: int, margin: int, pitch: int, out: wp.array(dtype=wp.vec3)):
    """The mean of each `cell` x `cell` pixels, in rows `pitch` cells long, with `margin` mirrored ones on either side."""
    row, column = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    for y in range(row * cell, row * cell + cell):
        start = mirrored(y, height) * width
        line = wp.vec3(0.0, 0.0, 0.0)
        for x in range((column - margin) * cell, (column - margin) * cell + cell):
            line += picture[start + mirrored(x, width)]
        total += line
    out[row * pitch + column] = total * (1.0 / float(cell * cell))


@wp.kernel
def blur_rows(cells: wp.array(dtype=Lanes), pitch: int, margin: int, weights: wp.array(dtype=float), out: wp.array(dtype=Lanes)):
    """Convolution along rows with a kernel that is even."""
    row, block = wp.tid()
    at = 3 * (row * pitch + margin) + block * LANES
    total = cells[at] * weights[0]
    for k in range(1, weights.shape[0]):
        total += (cells[at - 3 * k] + cells[at + 3 * k]) * weights[k]
    out[at] = total


@wp.kernel
def blur_columns(cells: wp.array(dtype=Lanes), pitch: int, margin: int, rows: int, weights: wp.array(dtype=float), out: wp.array(dtype=Lanes)):
    """The same along columns, which are mirrored beyond their ends."""
    row, block = wp.tid()
    at = 3 * margin + block * LANES
    total = cells[at + 3 * pitch * row] * weights[0]
    for k in range(1, weights.shape[0]):
        total += (cells[at + 3 * pitch * mirrored(row - k, rows)] + cells[at + 3 * pitch * mirrored(row + k, rows)]) * weights[k]
    out[at + 3 * pitch * row] = total


@wp.kernel
def add_halo(
    picture: wp.array(dtype=wp.vec3),
    width: int,
    halo: wp.array(dtype=wp.vec3),
    columns: int,
    rows: int,
    pitch: int,
    margin: int,
    cell: int,
    share: float,
    out: wp.array(dtype=wp.vec3),
):
    """`share` of the light goes astray: the picture and its halo, interpolated between the cells' middles, blended.

    A thread does the pixels of a row between two cells' middles; where cells are pixels, that is the second one.
    """
    row, gap = wp.tid()
    y = wp.clamp((float(row) + 0.5) / float(cell) - 0.5, 0.0, float(rows - 1))
    y0 = int(y)
    ty = y - float(y0)
    upper = y0 * pitch + margin
    lower = wp.min(y0 + 1, rows - 1) * pitch + margin
    left = wp.max(gap - 1, 0)
    right = wp.min(gap, columns - 1)
    from_color = (halo[upper + left] * (1.0 - ty) + halo[lower + left] * ty) * share
    to_color = (halo[upper + right] * (1.0 - ty) + halo[lower + right] * ty) * share
    start = gap * cell - cell // 2
    first = 0.5 + 0.5 * float(cell % 2)
    for x in range(wp.max(start, 0), wp.min(start + cell, width)):
        t = (float(x - start) + first) / float(cell)
        i = row * width + x
        out[i] = picture[i] * (1.0 - share) + from_color * (1.0 - t) + to_color * t


class Optics:
    """Lenses' faults on one device, by what each camera's `SensorSpec` says. Buffers are kept from picture to picture."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self._scratch = Scratch(device)

    def seen(self, radiance: Array, camera: CameraSpec) -> Array:
        """What is left of the radiance (H * W vec3) behind the lens: a buffer that the next call reuses, or `radiance` where the lens
        has no faults.
        """
        light, sensor = radiance, camera.sensor
        if sensor.drops is not None:
            light = self._through_drops(light, camera, sensor.drops)
        if sensor.blur_px:
            light = self._blended(light, camera, 1, bell(sensor.blur_px), 1.0, "blurred light")
        if sensor.vignetting or sensor.chromatic_aberration_px:
            light = self._bent(light, camera)
        if sensor.bloom:
            light = self._blended(light, camera, *halo_blur(sensor.bloom_radius * camera.height), sensor.bloom, "light")
        return light

    def _through_drops(self, light: Array, camera: CameraSpec, drops: Drops) -> Array:
        rows = drop_rows(drops, camera.width, camera.height)
        if len(rows) == 0:
            return light
        w, h = camera.width, camera.height
        cell = max(h // _DROP_ROWS, 1)
        columns, lines = -(-w // cell), -(-h // cell)
        coarse = self._scratch.array("seen by drops", wp.vec3, columns * lines)
        self._launch(shrink, (lines, columns), light, w, h, cell, 0, columns, coarse)
        out = self._scratch.array("light behind drops", wp.vec3, w * h)
        wp.copy(out, light, count=w * h)
        sheet = wp.array(rows, dtype=wp.float32, device=self.device)
        self._launch(show_drops, (len(rows),), sheet, coarse, columns, lines, columns, float(cell), w, h, out)
        return out

    def _bent(self, light: Array, camera: CameraSpec) -> Array:
        out = self._scratch.array("light", wp.vec3, camera.width * camera.height)
        across, down = max(camera.cx, camera.width - camera.cx), max(camera.cy, camera.height - camera.cy)
        reach = math.hypot(across / camera.fx, down / camera.fy)
        table = vignette(camera.distortion, reach, camera.sensor.vignetting)
        self._launch(
            bend,
            (camera.height, -(-camera.width // STRETCH)),
            wp.array(ptr=light.ptr, dtype=wp.float32, shape=3 * out.shape[0], device=self.device),
            camera.width,
            camera.height,
            wp.vec2(1 / camera.fx, 1 / camera.fy),
            wp.vec2(camera.cx, camera.cy),
            wp.array(table, dtype=wp.float32, device=self.device),
            (len(table) - 1) / reach**2,
            camera.sensor.chromatic_aberration_px / math.hypot(across, down),
            out,
        )
        return out

    def _blended(self, light: Array, camera: CameraSpec, cell: int, weights: NDArray[np.float32], share: float, name: str) -> Array:
        """The light with a `share` of it blurred, by these weights of cells, in the buffer of this `name`."""
        w, h = camera.width, camera.height
        columns, rows = -(-w // cell), -(-h // cell)
        margin = len(weights) - 1
        blocks = -(-3 * columns // LANES)
        pitch = 2 * margin + -(-blocks * LANES // 3)
        one, other = (self._scratch.array(name, wp.vec3, rows * pitch) for name in ("cells", "blurred"))
        taps = wp.array(weights, dtype=wp.float32, device=self.device)
        self._launch(shrink, (rows, columns + 2 * margin), light, w, h, cell, margin, pitch, one)
        self._launch(blur_rows, (rows, blocks), _overlapping(one), pitch, margin, taps, _overlapping(other))
        self._launch(blur_columns, (rows, blocks), _overlapping(other), pitch, margin, rows, taps, _overlapping(one))
        out = self._scratch.array(name, wp.vec3, w * h)
        self._launch(add_halo, (h, columns + 1), light, w, one, columns, rows, pitch, margin, cell, share, out)
        return out

    def _launch(self, kernel: Any, dim: tuple[int, ...], *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)


def _overlapping(colors: Array) -> Array:
    """The same memory as numbers; element i is those LANES from the i-th on."""
    return wp.array(ptr=colors.ptr, dtype=Lanes, shape=3 * colors.shape[0] - LANES + 1, strides=(4,), device=colors.device)


@lru_cache(maxsize=16)
def vignette(distortion: Distortion | None, reach: float, share: float) -> NDArray[np.float32]:
    """What is left of light at distances from the principal point whose squares are evenly spaced, up to `reach` focal lengths: the blend
    of 1 and the fourth power of the cosine between ray and axis. That is 0 where the lens shows nothing, and beside and behind it.

    The tangential part of a distortion turns rays by hundredths of a degree, and is left out.
    """
    if isinstance(distortion, BrownConrady):
        distortion = replace(distortion, p1=0.0, p2=0.0)
    radii = np.sqrt(np.arange(_ENTRIES) / (_ENTRIES - 1)) * reach
    cosine = np.maximum(np.nan_to_num(undistort(distortion, np.stack([radii, np.zeros(_ENTRIES)], axis=1))[:, 2]), 0.0)
    cosine2 = cosine * cosine
    return (1.0 - share + share * (cosine2 * cosine2)).astype(np.float32)


def halo_blur(radius_px: float) -> tuple[int, NDArray[np.float32]]:
    """The side of a coarse cell in pixels (a power of two), and the Gaussian on cells that makes a halo of this radius: its weights
    in the middle, one cell off, two cells off, ...

    A halo's radius is that of a beam: two standard deviations, where it has fallen to 1/e^2, with 86 % of the light inside. Taking means of
    cells and interpolating between their middles are blurs as well: they add up to a variance of cell^2 / 4 in each direction.
    """
    sigma = max(radius_px / 2, 1e-3)
    cell = 2 ** max(math.frexp(sigma / _MIN_SIGMA)[1] - 1, 0)
    if cell > 1:
        sigma = math.sqrt((sigma / cell) ** 2 - 1 / 4)
    return cell, bell(sigma)


def bell(sigma: float) -> NDArray[np.float32]:
    """A Gaussian's weights in the middle, one step off, two steps off, ..., of which all on both sides add up to 1."""
    values = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(math.ceil(3 * sigma) + 1)]
    total = values[0] + 2 * sum(values[1:])
    return np.array([float(f"{value / total:.9g}") for value in values], np.float32)
