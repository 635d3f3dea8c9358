"""sRGB to linear light and back, and to the signal of a camera, by tables and scalars, so that every machine rounds alike."""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import Rgb, ToneCurve

#: Steps of the encoding table. Near black, where the curve is steepest, a step is 0.8 of an 8-bit level.
_STEPS = 4096


def linear_from_srgb(value: float) -> float:
    """IEC 61966-2-1 decoding of one channel in [0, 1]; values outside are clipped."""
    v = min(max(value, 0.0), 1.0)
    return round(v / 12.92 if v <= 0.04045 else math.pow((v + 0.055) / 1.055, 2.4), 9)


def srgb_from_linear(value: float) -> float:
    """IEC 61966-2-1 encoding of one channel in [0, 1]; values outside are clipped."""
    v = min(max(value, 0.0), 1.0)
    return round(v * 12.92 if v <= 0.0031308 else 1.055 * math.pow(v, 1 / 2.4) - 0.055, 9)


def linear_rgb(red: float, green: float, blue: float) -> Rgb:
    """A displayed colour, as mesh files state it, as linear reflectances."""
    return (linear_from_srgb(red), linear_from_srgb(green), linear_from_srgb(blue))


def toned(signal: float, curve: ToneCurve) -> float:
    """The display's light, in [0, 1], that a tone curve makes of a signal of 0 or more."""
    if curve == "filmic":
        x = 0.8 * signal
        signal = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return min(signal, 1.0)


def untoned(light: float, curve: ToneCurve) -> float:
    """The signal of which a tone curve makes this light, in [0, 1]; of white the least one. To nine significant digits."""
    if curve == "linear":
        return light
    # (2.51 - 2.43 light) x^2 + (0.03 - 0.59 light) x - 0.14 light = 0
    a, b, c = 2.51 - 2.43 * light, 0.03 - 0.59 * light, -0.14 * light
    return float(f"{(math.sqrt(b * b - 4 * a * c) - b) / (2 * a) / 0.8:.9g}")


@cache
def signals(curve: ToneCurve) -> NDArray[np.float32]:
    """(256,): the signal behind each 8-bit sRGB code."""
    table = np.array([untoned(linear_from_srgb(code / 255), curve) for code in range(256)], np.float32)
    table.flags.writeable = False
    return table


def encode_srgb(linear: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Linear values in [0, 1], of any shape, as 8-bit sRGB."""
    return _table()[np.clip(linear * (_STEPS - 1) + 0.5, 0, _STEPS - 1).astype(np.int64)]


def mean_color(image: NDArray[np.uint8]) -> Rgb:
    """The mean of an sRGB picture (h, w, 3 or 4) in linear light."""
    counts = [np.bincount(image[..., k].ravel(), minlength=256).tolist() for k in range(3)]
    size = image.shape[0] * image.shape[1]
    red, green, blue = (round(math.fsum(n * linear_from_srgb(code / 255) for code, n in enumerate(count)) / size, 9) for count in counts)
    return (red, green, blue)


@cache
def _table() -> NDArray[np.uint8]:
    table = np.array([int(srgb_from_linear(i / (_STEPS - 1)) * 255 + 0.5) for i in range(_STEPS)], np.uint8)
    table.flags.writeable = False
    return table
