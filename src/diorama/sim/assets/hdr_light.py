"""What light an HDR map gives: how much falls on level ground, and how much of it comes from one bright spot, as the sun's does.

A map that lights a scene casts no shadows there. So its brightest spot, where it is much brighter than all else, is found: to be taken out of the map
(`HdrMap.without`) and put back as a `SunLight` of the same colour, size and irradiance.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.hdr import cosines, darkened, luminances, read_hdr
from diorama.sim.errors import AssetError
from diorama.sim.spec import Highlight, Rgb, SunLight, Vec3

#: Rows that are looked at: a pixel is somewhat smaller than the sun.
_ROWS = 512
#: The spot's radius, and how many times as bright as all on average is what counts as part of it.
_RADIUS_RAD = math.radians(8)
_BRIGHT = 8.0
#: What share of the light on level ground must come from the spot to make shadows that anyone would miss.
_NOTABLE = 0.1
#: The sun is no smaller, and no light of this kind much larger than the spot.
_SMALLEST_RAD, _LARGEST_RAD = 0.0093, 2 * _RADIUS_RAD


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrLight:
    """`irradiance` (W/m2 per channel, for a strength of 1) on level ground from the upper half of a map, its bright spot included.

    `highlight` is that spot, and `sun` the light that stands for it in the map's own axes. Both are None where no spot stands out.
    """

    irradiance: Rgb
    highlight: Highlight | None = None
    sun: SunLight | None = None


def hdr_light(path: Path, without: Highlight | None = None) -> HdrLight:
    """The light of a map in a file, `without` a highlight or with all it has. The file is read again only when it was touched.

    Raises AssetError naming it.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({error.strerror})") from None
    return _hdr_light(path, without, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4096)
def _hdr_light(path: Path, without: Highlight | None, _modified_ns: int, _size: int) -> HdrLight:
    return measured(darkened(read_hdr(path), without))


def measured(picture: NDArray[np.float32]) -> HdrLight:
    """The light of a map, (h, 2 h, 3) radiances."""
    light = _shrunk(picture)
    rows = len(light)
    edges = [math.cos(math.pi * i / rows) for i in range(rows + 1)]
    angles = np.array([_digits((edges[i] - edges[i + 1]) * math.pi / rows) for i in range(rows)])[:, None]
    # Of each row on level ground: the mean cosine is the mean of its edges'.
    slants = np.array([max(_digits((edges[i] + edges[i + 1]) / 2), 0.0) for i in range(rows)])[:, None]
    irradiance = _sums(light, angles * slants)
    bright = luminances(light)
    mean = _sum(bright * angles) / (4 * math.pi)
    limit = _digits(_BRIGHT * mean)
    row, column = divmod(int(bright.argmax()), 2 * rows)
    if bright[row, column] <= limit:
        return HdrLight(irradiance=irradiance)
    peak = _direction(row, column, rows)
    excess = np.where(cosines(rows, peak) > math.cos(_RADIUS_RAD), np.maximum(1 - limit / np.maximum(bright, 1e-30), 0.0), 0.0) * angles
    there = _sums(light, excess)
    weights = excess * bright
    x, y, z = (_sum(weights * cosines(rows, axis)) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    length = math.sqrt(x * x + y * y + z * z)
    toward = (_digits(x / length), _digits(y / length), _digits(z / length))
    share = _luminance(there) * toward[2] / max(_luminance(irradiance), 1e-30)
    if share < _NOTABLE:
        return HdrLight(irradiance=irradiance)
    # The mean squared angle to the middle is half of an even disc's squared radius; one minus a cosine is half of a small angle's square.
    spread = _sum(weights * np.maximum(1 - cosines(rows, toward), 0.0)) / _sum(weights)
    diameter = min(max(4 * math.sqrt(spread), _SMALLEST_RAD), _LARGEST_RAD)
    return HdrLight(
        irradiance=irradiance,
        highlight=Highlight(direction=peak, radius_rad=_RADIUS_RAD, luminance=limit),
        sun=SunLight(direction=(-toward[0], -toward[1], -toward[2]), irradiance=there, angular_diameter_rad=_digits(diameter)),
    )


def _shrunk(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map with about `_ROWS` rows at most: means of blocks."""
    block = -(-len(picture) // _ROWS)
    if block == 1:
        return picture
    rows = len(picture) // block
    total = np.zeros((rows, 2 * rows, 3))
    for i in range(block):
        for j in range(block):
            total += picture[i : rows * block : block, j : 2 * rows * block : block]
    return (total / block**2).astype(np.float32)


def _direction(row: int, column: int, rows: int) -> Vec3:
    """Unit vector to the middle of a pixel, in the map's axes."""
    elevation, turn = math.pi * (0.5 - (row + 0.5) / rows), math.pi * (1 - (column + 0.5) / rows)
    level = math.cos(elevation)
    return (_digits(level * math.cos(turn)), _digits(level * math.sin(turn)), _digits(math.sin(elevation)))


def _sums(light: NDArray[np.float32], weights: NDArray[np.float64]) -> Rgb:
    red, green, blue = (_sum(light[..., c] * weights) for c in range(3))
    return (red, green, blue)


def _sum(values: NDArray[np.float64]) -> float:
    """The sum, to nine digits: orders of summation differ from machine to machine."""
    return _digits(math.fsum(values.sum(axis=1).tolist()))


def _digits(value: float) -> float:
    return float(f"{value:.9g}")


def _luminance(rgb: Rgb) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
