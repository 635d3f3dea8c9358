"""The lens's faults: what happens to light on its way from the scene to the sensor.

Vignetting and lateral chromatic aberration are one resampling; bloom is a blur of what comes out of it. Light stays linear, so all
of it is sums and products, and none of it knows of exposure.

Bloom's halo is a Gaussian, blurred on a grid coarser by a power of two, so that its cost does not grow with its width. Beyond its
borders the picture is continued as in a mirror: as much light then strays in as strays out, an even picture stays even and the sum of
all light stays what it was (exactly, where the picture's sides are whole numbers of coarse cells; else but for light near the border).
"""

import math
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.device import Array
from diorama.sim.spec import CameraSpec

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: A halo's standard deviation, in cells of its grid, is at least this and less than twice as much.
_MIN_SIGMA = 2.0
#: Numbers that a thread blurs side by side, as the processor's vector instructions do.
BLOCK = wp.constant(32)
Line = wp.types.vector(length=BLOCK, dtype=wp.float32)
#: Pixels of a row that a thread bends.
STRETCH = wp.constant(64)


@wp.func
def interpolated(picture: wp.array(dtype=wp.vec3), upper: int, lower: int, ty: float, x: float, last: int, channel: int) -> float:
    """A channel between two rows, which start at those indices, and between columns; beyond the outermost pixels' centres it is theirs."""
    at = wp.clamp(x, 0.0, float(last))
    x0 = int(at)
    tx = at - float(x0)
    x1 = wp.min(x0 + 1, last)
    left = picture[upper + x0][channel] * (1.0 - ty) + picture[lower + x0][channel] * ty
    right = picture[upper + x1][channel] * (1.0 - ty) + picture[lower + x1][channel] * ty
    return left * (1.0 - tx) + right * tx


@wp.kernel
def bend(
    radiance: wp.array(dtype=wp.vec3),
    width: int,
    height: int,
    per_focal: wp.vec2,
    center: wp.vec2,
    vignetting: float,
    aberration: float,
    out: wp.array(dtype=wp.vec3),
):
    """Vignetting, and red and blue from nearer to and farther from the principal point by the share `aberration` of the way.

    A thread does a stretch of a row, so that what is the same along rows is done once.
    """
    row, stretch = wp.tid()
    inner = 1.0 - aberration
    outer = 1.0 + aberration
    dv = float(row) + 0.5 - center[1]
    red_y = wp.clamp(center[1] + dv * inner - 0.5, 0.0, float(height - 1))
    red_upper = int(red_y)
    red_lower = wp.min(red_upper + 1, height - 1)
    blue_y = wp.clamp(center[1] + dv * outer - 0.5, 0.0, float(height - 1))
    blue_upper = int(blue_y)
    blue_lower = wp.min(blue_upper + 1, height - 1)
    red_t = red_y - float(red_upper)
    blue_t = blue_y - float(blue_upper)
    y = dv * per_focal[1]
    for column in range(stretch * STRETCH, wp.min(stretch * STRETCH + STRETCH, width)):
        du = float(column) + 0.5 - center[0]
        c = radiance[row * width + column]
        if aberration != 0.0:
            red_x = center[0] + du * inner - 0.5
            c[0] = interpolated(radiance, red_upper * width, red_lower * width, red_t, red_x, width - 1, 0)
            blue_x = center[0] + du * outer - 0.5
            c[2] = interpolated(radiance, blue_upper * width, blue_lower * width, blue_t, blue_x, width - 1, 2)
        x = du * per_focal[0]
        per_cosine2 = 1.0 + x * x + y * y
        out[row * width + column] = c * (1.0 - vignetting + vignetting / (per_cosine2 * per_cosine2))


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
def shrink(picture: wp.array(dtype=wp.vec3), width: int, height: int, cell: int, columns: int, pitch: int, out: wp.array(dtype=float)):
    """The mean of each `cell` x `cell` pixels: channel by channel, column by column, a column every `pitch` numbers."""
    row, column = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    for y in range(row * cell, row * cell + cell):
        start = mirrored(y, height) * width
        line = wp.vec3(0.0, 0.0, 0.0)
        for x in range(column * cell, column * cell + cell):
            line += picture[start + mirrored(x, width)]
        total += line
    total = total * (1.0 / float(cell * cell))
    for channel in range(3):
        out[(channel * columns + column) * pitch + row] = total[channel]


@wp.kernel
def blur(lines: wp.array(dtype=Line), count: int, weights: wp.array(dtype=float), length: int, strides: wp.vec3i, out: wp.array(dtype=float)):
    """Convolution across lines (`count` of them a channel, each `length` numbers long) with a kernel that is even.

    `strides` in what comes out are those of channels, lines and numbers in a line: transposed, a second pass blurs the other way.
    """
    channel, line, block = wp.tid()
    blocks = (length + BLOCK - 1) // BLOCK
    base = channel * count
    total = lines[(base + line) * blocks + block] * weights[0]
    for k in range(1, weights.shape[0]):
        before = lines[(base + mirrored(line - k, count)) * blocks + block]
        after = lines[(base + mirrored(line + k, count)) * blocks + block]
        total += (before + after) * weights[k]
    start = block * BLOCK
    for k in range(wp.min(BLOCK, length - start)):
        out[channel * strides[0] + line * strides[1] + (start + k) * strides[2]] = total[k]


@wp.kernel
def add_halo(
    picture: wp.array(dtype=wp.vec3),
    width: int,
    halo: wp.array(dtype=wp.vec3),
    columns: int,
    rows: int,
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
    upper = y0 * columns
    lower = wp.min(y0 + 1, rows - 1) * columns
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
        self._buffers: dict[str, Array] = {}

    def seen(self, radiance: Array, camera: CameraSpec) -> Array:
        """What is left of the radiance (H * W vec3) behind the lens: a buffer that the next call reuses, or `radiance` where the lens
        has no faults.
        """
        light, sensor = radiance, camera.sensor
        if sensor.vignetting or sensor.chromatic_aberration_px:
            light = self._bent(light, camera)
        if sensor.bloom:
            light = self._bloomed(light, camera)
        return light

    def _bent(self, light: Array, camera: CameraSpec) -> Array:
        out = self._buffer("light", wp.vec3, camera.width * camera.height)
        farthest = math.hypot(max(camera.cx, camera.width - camera.cx), max(camera.cy, camera.height - camera.cy))
        self._launch(
            bend,
            (camera.height, -(-camera.width // STRETCH)),
            light,
            camera.width,
            camera.height,
            wp.vec2(1 / camera.fx, 1 / camera.fy),
            wp.vec2(camera.cx, camera.cy),
            camera.sensor.vignetting,
            camera.sensor.chromatic_aberration_px / farthest,
            out,
        )
        return out

    def _bloomed(self, light: Array, camera: CameraSpec) -> Array:
        w, h = camera.width, camera.height
        cell, weights = halo_blur(camera.sensor.bloom_radius * h)
        columns, rows = -(-w // cell), -(-h // cell)
        column_pitch, row_pitch = (-(-count // BLOCK) * BLOCK for count in (rows, columns))
        small = self._buffer("small", wp.float32, 3 * columns * column_pitch)
        turned = self._buffer("turned", wp.float32, 3 * rows * row_pitch)
        halo = self._buffer("halo", wp.vec3, columns * rows)
        taps = wp.array(weights, dtype=wp.float32, device=self.device)
        along_rows, back = wp.vec3i(rows * row_pitch, 1, row_pitch), wp.vec3i(1, 3 * columns, 3)
        self._launch(shrink, (rows, columns), light, w, h, cell, columns, column_pitch, small)
        self._launch(blur, (3, columns, column_pitch // BLOCK), _view(small, Line), columns, taps, rows, along_rows, turned)
        self._launch(blur, (3, rows, row_pitch // BLOCK), _view(turned, Line), rows, taps, columns, back, _view(halo, wp.float32))
        out = self._buffer("light", wp.vec3, w * h)
        self._launch(add_halo, (h, columns + 1), light, w, halo, columns, rows, cell, camera.sensor.bloom, out)
        return out

    def _buffer(self, name: str, dtype: Any, size: int) -> Array:
        if name not in self._buffers or self._buffers[name].shape != (size,):
            self._buffers[name] = wp.zeros(size, dtype=dtype, device=self.device)
        return self._buffers[name]

    def _launch(self, kernel: Any, dim: tuple[int, ...], *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)


def _view(array: Array, dtype: Any) -> Array:
    """The same memory as numbers, or blocks of numbers, of another type."""
    return wp.array(ptr=array.ptr, dtype=dtype, shape=array.capacity // wp.types.type_size_in_bytes(dtype), device=array.device)


def halo_blur(radius_px: float) -> tuple[int, NDArray[np.float32]]:
    """The side of a coarse cell in pixels (a power of two), and the Gaussian on cells that makes a halo of this radius: its weights
    in the middle, one cell off, two cells off, ...

    A halo's radius is that of a beam: two standard deviations, where it has fallen to 1/e^2, with 86 % of the light inside. Taking means of
    cells and interpolating between their middles are blurs as well: they add up to a variance of cell^2 / 4 in each direction.
    """
    sigma = max(radius_px / 2, 1e-3)
    cell = 2 ** max(math.floor(math.log2(sigma / _MIN_SIGMA)), 0)
    if cell > 1:
        sigma = math.sqrt((sigma / cell) ** 2 - 1 / 4)
    bell = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(math.ceil(3 * sigma) + 1)]
    total = bell[0] + 2 * sum(bell[1:])
    return cell, np.array([float(f"{b / total:.9g}") for b in bell], np.float32)
