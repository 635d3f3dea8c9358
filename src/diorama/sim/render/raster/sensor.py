"""The sensor: from radiance to 8-bit codes, by noise and a response curve that is kept as a table.

`Sensor` is what every renderer develops its pictures with, from an array on a device or in NumPy.
"""

import math
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.device import Array
from diorama.sim.spec import CameraSpec

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: The largest signal (1 is diffuse white) that is told from a larger one.
WHITEST = 16.0
#: Its square root, as the kernel reads it.
WHITEST_ROOT = wp.constant(WHITEST**0.5)
_ENTRIES = 16384
#: Constants of the integer hash; typed here, because a literal in a kernel is a signed int.
HASH_A = wp.constant(wp.uint32(0x7FEB352D))
HASH_B = wp.constant(wp.uint32(0x846CA68B))
GOLDEN = wp.constant(wp.uint32(0x9E3779B9))


@cache
def response(curve: Literal["filmic", "linear"]) -> NDArray[np.uint8]:
    """8-bit sRGB codes over the square root of the signal, from 0 to WHITEST.

    ``filmic`` is Narkowicz's fit of the ACES film curve; ``linear`` clips at 1.
    """

    def code(signal: float) -> int:
        if curve == "filmic":
            x = 0.8 * signal
            signal = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
        t = min(signal, 1.0)
        return round(255 * (12.92 * t if t <= 0.0031308 else 1.055 * math.pow(t, 1 / 2.4) - 0.055))

    return np.array([code((i / (_ENTRIES - 1)) ** 2 * WHITEST) for i in range(_ENTRIES)], np.uint8)


@wp.func
def mixed(x: wp.uint32) -> wp.uint32:
    """A bijective integer hash (lowbias32 by Chris Wellons)."""
    x = x ^ (x >> wp.uint32(16))
    x = x * HASH_A
    x = x ^ (x >> wp.uint32(15))
    x = x * HASH_B
    return x ^ (x >> wp.uint32(16))


@wp.func
def bell(bits: wp.uint32) -> float:
    """Zero mean, unit deviation and nearly normal: the sum of four uniform bytes (Irwin-Hall)."""
    total = (bits & wp.uint32(255)) + ((bits >> wp.uint32(8)) & wp.uint32(255)) + ((bits >> wp.uint32(16)) & wp.uint32(255)) + (bits >> wp.uint32(24))
    return (float(total) - 510.0) * (1.0 / 147.79986)


@wp.func
def developed(signal: float, bits: wp.uint32, read2: float, shot2: float, codes: wp.array(dtype=wp.uint8)) -> wp.uint8:
    """One channel: noise, then the sensor's curve as a table over the square root of the signal, up to WHITEST."""
    s = signal
    if read2 + shot2 > 0.0:
        s = wp.max(s + bell(bits) * wp.sqrt(read2 + shot2 * s), 0.0)
    last = codes.shape[0] - 1
    return codes[wp.min(int(wp.sqrt(s) * (float(last) / WHITEST_ROOT) + 0.5), last)]


@wp.kernel
def expose(
    radiance: wp.array(dtype=wp.vec3),
    gains: wp.vec3,
    read2: float,
    shot2: float,
    seed: wp.uint32,
    codes: wp.array(dtype=wp.uint8),
    rgb: wp.array(dtype=wp.vec3ub),
):
    """Radiance to 8-bit sRGB. The noise depends on seed and pixel alone."""
    i = wp.tid()
    c = wp.cw_mul(radiance[i], gains)
    bits = mixed(wp.uint32(i) * GOLDEN ^ seed)
    red = developed(c[0], bits, read2, shot2, codes)
    bits = mixed(bits + GOLDEN)
    green = developed(c[1], bits, read2, shot2, codes)
    bits = mixed(bits + GOLDEN)
    rgb[i] = wp.vec3ub(red, green, developed(c[2], bits, read2, shot2, codes))


class Sensor:
    """Develops pictures on one device, by what each camera's `SensorSpec` says."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self._codes: dict[str, Array] = {}

    def develop(self, radiance: Array | NDArray[np.float32], camera: CameraSpec) -> NDArray[np.uint8]:
        """The camera's picture, (H, W, 3) sRGB, of the radiance (W/m2/sr) that meets its lens.

        `radiance` is an array of H * W vec3 on the device, or (H, W, 3) in NumPy; it is left as it was.
        """
        if isinstance(radiance, np.ndarray):
            flat = np.ascontiguousarray(radiance, np.float32).reshape(-1, 3)
            radiance = wp.array(flat, dtype=wp.vec3, device=self.device)
        rgb = wp.empty(camera.width * camera.height, dtype=wp.vec3ub, device=self.device)
        self.develop_on_device(radiance, camera, rgb)
        picture = np.array(rgb.numpy()).reshape(camera.height, camera.width, 3)
        quality = camera.sensor.jpeg_quality
        return picture if quality is None else compressed(picture, quality)

    def develop_on_device(self, radiance: Array, camera: CameraSpec, rgb: Array) -> None:
        """The same from H * W vec3 into H * W vec3ub, and nothing leaves the device: without JPEG's marks, which are made on the CPU."""
        sensor = camera.sensor
        exposure = 2.0**sensor.exposure_ev
        gains = wp.vec3(*(exposure * share for share in sensor.white_balance))
        noise = (sensor.read_noise**2, sensor.shot_noise**2, sensor.noise_seed)
        wp.launch(expose, dim=rgb.shape, inputs=[radiance, gains, *noise, self._table(sensor.tone_curve), rgb], device=self.device)

    def _table(self, curve: Any) -> Array:
        if curve not in self._codes:
            self._codes[curve] = wp.array(response(curve), dtype=wp.uint8, device=self.device)
        return self._codes[curve]


def compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The (H, W, 3) picture as a baseline JPEG file of this quality (1 to 100), 4:2:0, gives it back.

    The bytes are those of libjpeg-turbo, which OpenCV's wheels bring along: integer arithmetic, the same on every processor by
    its design, whichever vector instructions it uses.
    """
    settings = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    file = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)[1]
    return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
