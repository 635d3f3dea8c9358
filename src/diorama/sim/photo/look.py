"""How a picture looks, in numbers that can be compared between cameras and renderers."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue

#: CIE 1931 XYZ of linear sRGB (IEC 61966-2-1).
_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_DARKEST = 1e-4
_LINEAR = np.array([c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in range(256)], np.float64)


@dataclass(frozen=True, slots=True)
class Look:
    """Numbers of a picture.

    `brightness` and `contrast` are mean and standard deviation of its luma, black 0 and white 1. `exposure_ev` is the logarithm to base 2 of
    its mean luminance in linear light, white being 0. `red_gain` and `blue_gain` are the means of linear red and blue over that of green,
    and `kelvin` the colour temperature that they would be of light on grey. `blur` is 0 for a picture as sharp as its pixels and 1 for one that
    blurring no longer changes. `noise` is the standard deviation of luma from pixel to pixel, where nothing else is to be seen.
    """

    brightness: float
    contrast: float
    exposure_ev: float
    red_gain: float
    blue_gain: float
    kelvin: float
    blur: float
    noise: float


def look_of(rgb: NDArray[np.uint8]) -> Look:
    """The numbers of a picture (h, w, 3) uint8 sRGB, at least 16 pixels a side."""
    linear = [float(_LINEAR[rgb[..., i]].mean()) for i in range(3)]
    x, y, z = (math.fsum(a * b for a, b in zip(row, linear, strict=True)) for row in _XYZ)
    luma: NDArray[np.float32] = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    green = max(linear[1], _DARKEST)
    return Look(
        brightness=float(luma.mean()),
        contrast=float(luma.std()),
        exposure_ev=math.log2(max(y, _DARKEST)),
        red_gain=max(linear[0], _DARKEST) / green,
        blue_gain=max(linear[2], _DARKEST) / green,
        kelvin=_kelvin(x, y, z),
        blur=_blur(luma),
        noise=_noise(luma),
    )


def read_picture(path: Path, longest_px: int) -> NDArray[np.uint8]:
    """A picture file as (h, w, 3) uint8 sRGB, made smaller until no side is longer. Raises InvalidValue."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise InvalidValue(f"{path}: cannot read this picture: {error.strerror}") from None
    try:
        found: Any = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    except cv2.error:
        found = None
    if found is None or min(found.shape[:2]) < 16:
        raise InvalidValue(f"{path}: this is no picture, or a tiny one")
    height, width = found.shape[:2]
    share = longest_px / max(height, width)
    if share < 1:
        found = cv2.resize(found, (max(round(width * share), 16), max(round(height * share), 16)), interpolation=cv2.INTER_AREA)
    return found


def _kelvin(x: float, y: float, z: float) -> float:
    """Correlated colour temperature (C. S. McCamy, Color Research and Application 17, 1992), held to what light is."""
    total = x + y + z
    if total <= 0:
        return 6500.0
    n = (x / total - 0.3320) / (0.1858 - y / total)
    return min(max(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33, 1500.0), 25000.0)


def _blur(luma: NDArray[np.float32]) -> float:
    """How little is lost by blurring it more (F. Crete et al., SPIE 6492, 2007): the larger of both directions."""
    shares = []
    for axis in (0, 1):
        again = cv2.blur(luma, (1, 9) if axis == 0 else (9, 1))
        before, after = np.abs(np.diff(luma, axis=axis)), np.abs(np.diff(again, axis=axis))
        total = float(before.sum(dtype=np.float64))
        lost = float(np.maximum(before - after, 0).sum(dtype=np.float64))
        shares.append((total - lost) / total if total else 1.0)
    return max(shares)


def _noise(luma: NDArray[np.float32]) -> float:
    """From the median of the finest diagonal detail (D. Donoho and I. Johnstone, Biometrika 81, 1994), which edges hardly move.

    Black and white, where codes end, are left out.
    """
    a, b, c, d = luma[:-1:2, :-1:2], luma[:-1:2, 1::2], luma[1::2, :-1:2], luma[1::2, 1::2]
    detail = np.abs(a - b - c + d) / 2
    inside = (np.minimum.reduce([a, b, c, d]) > 0.02) & (np.maximum.reduce([a, b, c, d]) < 0.98)
    if np.count_nonzero(inside) < 64:
        return 0.0
    # Codes are whole numbers, so the median would step: the mean of the values about it does not.
    values = np.sort(detail[inside])
    middle = values[int(len(values) * 0.4) : int(len(values) * 0.6) + 1]
    return float(middle.mean(dtype=np.float64)) / 0.6745
