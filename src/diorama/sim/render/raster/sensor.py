"""The sensor: from radiance to 8-bit codes, by noise and a response curve that is kept as a table.

`Sensor` is what every renderer develops its pictures with, from an array on a device or in NumPy.
"""

import math
from functools import cache
from typing import Any

import cv2
import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.assets.color import toned
from diorama.sim.render.raster.device import Array, Scratch
from diorama.sim.render.raster.optics import Optics
from diorama.sim.spec import CameraSpec, ToneCurve

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: The largest signal (1 is diffuse white) that is told from a larger one.
WHITEST = 16.0
#: Its square root, as the kernel reads it.
WHITEST_ROOT = wp.constant(WHITEST**0.5)
_ENTRIES = 16384
#: White, whatever the noise.
GLARE = wp.constant(1.0e6)
#: Pixels that a thread exposes, so many that compilers make vector instructions of it on any processor.
BLOCK = 32
PIXELS = wp.constant(BLOCK)
SIGNALS = wp.constant(3 * BLOCK)
Pixels = wp.types.vector(length=BLOCK, dtype=wp.float32)
Bits = wp.types.vector(length=BLOCK, dtype=wp.uint32)
Signals = wp.types.vector(length=3 * BLOCK, dtype=wp.float32)
Entries = wp.types.vector(length=3 * BLOCK, dtype=wp.int32)
Codes = wp.types.vector(length=3 * BLOCK, dtype=wp.uint8)
#: Constants of the integer hash; typed here, because a literal in a kernel is a signed int.
HASH_A = wp.constant(wp.uint32(0x7FEB352D))
HASH_B = wp.constant(wp.uint32(0x846CA68B))
GOLDEN = wp.constant(wp.uint32(0x9E3779B9))


@cache
def response(curve: ToneCurve) -> NDArray[np.uint8]:
    """8-bit sRGB codes over the square root of the signal, from 0 to WHITEST."""

    def code(signal: float) -> int:
        t = toned(signal, curve)
        return round(255 * (12.92 * t if t <= 0.0031308 else 1.055 * math.pow(t, 1 / 2.4) - 0.055))

    return np.array([code((i / (_ENTRIES - 1)) ** 2 * WHITEST) for i in range(_ENTRIES)], np.uint8)


@wp.func
def mixed(x: Bits) -> Bits:
    """A bijective integer hash (lowbias32 by Chris Wellons)."""
    x = x ^ (x >> Bits(wp.uint32(16)))
    x = x * HASH_A
    x = x ^ (x >> Bits(wp.uint32(15)))
    x = x * HASH_B
    return x ^ (x >> Bits(wp.uint32(16)))


@wp.func
def bells(bits: Bits) -> Pixels:
    """Zero mean, unit deviation and nearly normal: the sum of four uniform bytes (Irwin-Hall)."""
    byte = Bits(wp.uint32(255))
    total = (bits & byte) + ((bits >> Bits(wp.uint32(8))) & byte) + ((bits >> Bits(wp.uint32(16))) & byte) + (bits >> Bits(wp.uint32(24)))
    out = Pixels()
    for k in range(PIXELS):
        out[k] = float(int(total[k]))
    return (out - Pixels(510.0)) * (1.0 / 147.79986)


@wp.func
def roots(a: Signals) -> Signals:
    """Square roots."""
    out = Signals()
    for k in range(SIGNALS):
        out[k] = wp.sqrt(a[k])
    return out


@wp.func
def expose_block(
    i: int,
    radiance: wp.array(dtype=Signals),
    gains: Signals,
    read2: float,
    shot2: float,
    seed: wp.uint32,
    first: int,
    codes: wp.array(dtype=wp.uint8),
    rgb: wp.array(dtype=Codes),
):
    """Radiance to 8-bit sRGB, for blocks of pixels from number `first` on.

    Noise depends on seed and pixel alone. The curve is a table over the square root of the signal, up to WHITEST; what is no number is black.
    """
    s = wp.min(wp.max(wp.cw_mul(radiance[i], gains), Signals(0.0)), Signals(GLARE))
    if read2 + shot2 > 0.0:
        pixel = Bits()
        for k in range(PIXELS):
            pixel[k] = wp.uint32(first + i * PIXELS + k)
        bits = mixed((pixel * GOLDEN) ^ Bits(seed))
        red = bells(bits)
        bits = mixed(bits + Bits(GOLDEN))
        green = bells(bits)
        bits = mixed(bits + Bits(GOLDEN))
        blue = bells(bits)
        noise = Signals()
        for k in range(PIXELS):
            noise[3 * k] = red[k]
            noise[3 * k + 1] = green[k]
            noise[3 * k + 2] = blue[k]
        s = s + wp.cw_mul(noise, roots(Signals(read2) + s * shot2))
    last = float(codes.shape[0] - 1)
    place = wp.min(roots(wp.max(s, Signals(0.0))) * (last / WHITEST_ROOT) + Signals(0.5), Signals(last))
    entry = Entries()
    for k in range(SIGNALS):
        entry[k] = int(place[k])
    out = Codes()
    for k in range(SIGNALS):
        out[k] = codes[entry[k]]
    rgb[i] = out


@wp.kernel
def expose(
    radiance: wp.array(dtype=Signals),
    gains: Signals,
    read2: float,
    shot2: float,
    seed: wp.uint32,
    first: int,
    codes: wp.array(dtype=wp.uint8),
    rgb: wp.array(dtype=Codes),
):
    """Radiance to 8-bit sRGB: see `expose_block`."""
    i = wp.tid()
    expose_block(i, radiance, gains, read2, shot2, seed, first, codes, rgb)


class Sensor:
    """Develops pictures on one device, by what each camera's `SensorSpec` says."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self._optics = Optics(device)
        self._scratch = Scratch(device)
        self._tables: dict[str, Array] = {}
        self._rest = (wp.zeros(BLOCK, dtype=wp.vec3, device=device), wp.zeros(BLOCK, dtype=wp.vec3ub, device=device))

    def develop(self, radiance: Array | NDArray[np.float32], camera: CameraSpec) -> NDArray[np.uint8]:
        """The camera's picture, (H, W, 3) sRGB, of the radiance (W/m2/sr) that meets its lens.

        `radiance` is an array of H * W vec3 on the device, or (H, W, 3) in NumPy; it is left as it was.
        """
        radiance = self._on_device(radiance)
        picture = np.empty((camera.height, camera.width, 3), np.uint8)
        if self.device == "cpu":
            self.develop_on_device(radiance, camera, wp.array(picture.reshape(-1, 3), dtype=wp.vec3ub, device="cpu", copy=False))
        else:
            rgb = wp.empty(camera.width * camera.height, dtype=wp.vec3ub, device=self.device)
            self.develop_on_device(radiance, camera, rgb)
            picture[:] = rgb.numpy().reshape(picture.shape)
        return self.stored(picture, camera)

    def behind_lens(self, radiance: NDArray[np.float32], camera: CameraSpec) -> NDArray[np.float32]:
        """(H, W, 3): what the camera's lens makes of the radiance that meets it. `develop` does the same first."""
        return np.array(self._optics.seen(self._on_device(radiance), camera).numpy()).reshape(radiance.shape)

    @staticmethod
    def stored(picture: NDArray[np.uint8], camera: CameraSpec) -> NDArray[np.uint8]:
        """The (H, W, 3) picture with the marks of the camera's JPEG compression, if it has any. `develop` does the same last."""
        quality = camera.sensor.jpeg_quality
        return picture if quality is None else compressed(picture, quality)

    def _on_device(self, radiance: Array | NDArray[np.float32]) -> Array:
        if not isinstance(radiance, np.ndarray):
            return radiance
        flat = np.ascontiguousarray(radiance, np.float32).reshape(-1, 3)
        return wp.array(flat, dtype=wp.vec3, device=self.device, copy=False)

    def develop_on_device(self, radiance: Array, camera: CameraSpec, rgb: Array) -> None:
        """The same from H * W vec3 into H * W vec3ub, and nothing leaves the device: without JPEG's marks, which are made on the CPU."""
        light = self._optics.seen(radiance, camera)
        pixels = rgb.shape[0]
        whole = pixels - pixels % BLOCK
        self._expose(light, camera, 0, rgb[:whole])
        if whole < pixels:
            signal, codes = self._rest
            wp.copy(signal, light, 0, whole, pixels - whole)
            self._expose(signal, camera, whole, codes)
            wp.copy(rgb, codes, whole, 0, pixels - whole)

    def _expose(self, light: Array, camera: CameraSpec, first: int, rgb: Array) -> None:
        sensor = camera.sensor
        exposure = 2.0**sensor.exposure_ev
        gains = Signals(*([exposure * share for share in sensor.white_balance] * BLOCK))
        noise = (sensor.read_noise**2, sensor.shot_noise**2, sensor.noise_seed)
        blocks = {"shape": rgb.shape[0] // BLOCK, "device": self.device}
        signals, codes = wp.array(ptr=light.ptr, dtype=Signals, **blocks), wp.array(ptr=rgb.ptr, dtype=Codes, **blocks)
        self._scratch.launch(expose, blocks["shape"], signals, gains, *noise, first, self.table(sensor.tone_curve), codes)

    def table(self, curve: Any) -> Array:
        """The response on the device."""
        if curve not in self._tables:
            self._tables[curve] = wp.array(response(curve), dtype=wp.uint8, device=self.device)
        return self._tables[curve]


def compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The (H, W, 3) picture as a baseline JPEG file of this quality (1 to 100), 4:2:0, gives it back.

    The bytes are those of libjpeg-turbo, which OpenCV's wheels bring along: integer arithmetic, the same on every processor by
    its design, whichever vector instructions it uses.
    """
    settings = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    file = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)[1]
    return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
