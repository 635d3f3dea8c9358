"""The sensor: from radiance to 8-bit codes, by noise and a response curve that is kept as a table."""

import math
from functools import cache
from typing import Literal

import numpy as np
import warp as wp
from numpy.typing import NDArray

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
def develop(
    radiance: wp.array(dtype=wp.vec3),
    exposure: float,
    read2: float,
    shot2: float,
    seed: wp.uint32,
    codes: wp.array(dtype=wp.uint8),
    rgb: wp.array(dtype=wp.vec3ub),
):
    """Radiance to 8-bit sRGB by the camera's sensor (see SensorSpec). The noise depends on seed and pixel alone."""
    i = wp.tid()
    c = radiance[i] * exposure
    bits = mixed(wp.uint32(i) * GOLDEN ^ seed)
    red = developed(c[0], bits, read2, shot2, codes)
    bits = mixed(bits + GOLDEN)
    green = developed(c[1], bits, read2, shot2, codes)
    bits = mixed(bits + GOLDEN)
    rgb[i] = wp.vec3ub(red, green, developed(c[2], bits, read2, shot2, codes))
