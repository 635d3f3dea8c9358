"""How noisy and how blurred a photograph is."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import signals
from diorama.sim.spec import ToneCurve

#: Signals are counted in so small steps.
_STEPS = 1 << 16
#: Noise is measured in squares of so many pixels.
_SQUARE = 16
#: Squares with codes outside of these are clipped, in part.
_LOWEST, _HIGHEST = 3, 248
#: Squares of alike brightness that are measured together, at least, and groups of them at most.
_FEWEST, _GROUPS = 20, 8
#: Of the squares of a group, the quarter with the least structure decides. Of pure noise, that is by so much below the mean; and the median of the
#: response's magnitude is by so much below its deviation, which is six times that of the noise.
_QUARTER = 0.9435
_MEDIAN = 0.6744898
#: Edges are steeper than this over two pixels, and than so many times the noise's deviation.
_STEEP, _OVER_NOISE = 1 / 25, 10
_FEWEST_EDGES = 30
#: Variance, in pixels squared, that a sharp edge has by this measure: found on step edges, and about that of a sharp picture's typical edges.
_OWN_VARIANCE = 0.64
#: Of all edges this one decides, in the order of their blur.
_TYPICAL = 0.6
_MOST_BLUR_PX = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """A picture's noise and blur, as `SensorSpec` has them."""

    read_noise: float
    shot_noise: float
    blur_px: float


def grain(picture: NDArray[np.uint8], curve: ToneCurve) -> Grain:
    """The noise and the blur of a picture (H, W, 3) that was made with this tone curve."""
    read, shot = noise(picture, curve)
    mean = int(_signal_steps(picture, curve).sum()) / picture.size / _STEPS
    return Grain(read_noise=read, shot_noise=shot, blur_px=blur(picture, curve, math.sqrt(read * read + shot * shot * mean)))


def noise(picture: NDArray[np.uint8], curve: ToneCurve) -> tuple[float, float]:
    """(read noise, shot noise): the deviation is sqrt(read^2 + shot^2 * signal).

    J. Immerkaer's difference of two Laplacians (CVIU 64, 1996), which neither slopes nor curvature move, in squares; its median, which few edges
    move; and of squares of alike brightness those with the least structure. What the codes' own steps add is taken away. Noise that a camera has
    smoothed is told too low, fine patterns that fill the picture are taken for noise.
    """
    s = _signal_steps(picture, curve)
    rows = s[:-2] - 2 * s[1:-1] + s[2:]
    response = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:])
    steps, codes = (_squares(values[1:-1, 1:-1]) for values in (s, picture))
    usable = ((codes >= _LOWEST) & (codes <= _HIGHEST)).all(axis=1)
    if usable.sum() < _FEWEST:
        return 0.0, 0.0
    means = (steps.sum(axis=1) // steps.shape[1])[usable]
    medians = np.partition(_squares(response), steps.shape[1] // 2, axis=1)[:, steps.shape[1] // 2][usable]
    order = np.argsort(means, kind="stable")
    groups = np.array_split(order, min(max(len(order) // _FEWEST, 1), _GROUPS))
    per_code = _step_variance(curve)
    points = []
    for group in groups:
        quarter = int(np.partition(medians[group], len(group) // 4)[len(group) // 4]) / _STEPS
        mean = int(means[group].sum()) / len(group) / _STEPS
        code = int(np.searchsorted(signals(curve), np.float32(mean)))
        points.append((mean, max((quarter / (6 * _MEDIAN * _QUARTER)) ** 2 - per_code[min(code, 255)], 0.0)))
    return _line(points)


def _signal_steps(picture: NDArray[np.uint8], curve: ToneCurve) -> NDArray[np.int64]:
    return np.rint(signals(curve).astype(np.float64) * _STEPS).astype(np.int64)[picture]


def _squares(values: NDArray[Any]) -> NDArray[Any]:
    """(n, pixels): each whole square of each channel of (h, w, 3)."""
    down, across = values.shape[0] // _SQUARE, values.shape[1] // _SQUARE
    cut = values[: down * _SQUARE, : across * _SQUARE].reshape(down, _SQUARE, across, _SQUARE, 3)
    return cut.transpose(0, 2, 4, 1, 3).reshape(-1, _SQUARE * _SQUARE)


def _step_variance(curve: ToneCurve) -> list[float]:
    """By code, the variance that rounding to codes adds to a signal."""
    table = signals(curve).tolist()
    return [(table[min(code + 1, 255)] - table[max(code - 1, 0)]) ** 2 / 48 for code in range(256)]


def _line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The roots of a and b of the line a + b * signal through variances, in proportion, about, both not negative."""
    typical = sorted(variance for _, variance in points)[len(points) // 2]
    weights = [1 / (variance + typical + 1e-12) ** 2 for _, variance in points]
    w = sum(weights)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) / w for axis in range(2))
    xx = sum(weight * (p - x) ** 2 for weight, (p, _) in zip(weights, points, strict=True))
    xy = sum(weight * (p - x) * (q - y) for weight, (p, q) in zip(weights, points, strict=True))
    slope = xy / xx if xx > 0 else 0.0
    if slope <= 0:
        slope, start = 0.0, typical
    elif y - slope * x < 0:
        slope, start = y / x, 0.0
    else:
        start = y - slope * x
    return _digits(math.sqrt(start)), _digits(math.sqrt(slope))


def blur(picture: NDArray[np.uint8], curve: ToneCurve, deviation: float = 0.0) -> float:
    """The standard deviation of a picture's blur, in pixels, beyond what a sharp picture of this size has. `deviation` is its noise's.

    Edges lose the more of their steepness to a further blur the sharper they are: S. Zhuo and T. Sim, "Defocus map estimation from a single image",
    Pattern Recognition 44(9), 2011. What is told is that of a typical edge, and a little too low. A picture without edges is taken for a sharp one.
    """
    s = _signal_steps(picture, curve)
    light = (5 * s[..., 0] + 9 * s[..., 1] + 2 * s[..., 2]) // 16
    least = int(max(_STEEP, _OVER_NOISE * deviation) * _STEPS)
    ratios = np.concatenate([_edge_ratios(way, least) for way in (light, np.ascontiguousarray(light.T))])
    if len(ratios) < _FEWEST_EDGES:
        return 0.0
    # The steepness before over that after a blur of variance 1 is the root of (v + 1) / v.
    variances = np.sort(1 / (ratios * ratios - 1)) - _OWN_VARIANCE
    return _digits(min(math.sqrt(max(float(variances[int(len(variances) * _TYPICAL)]), 0.0)), _MOST_BLUR_PX))


def _edge_ratios(light: NDArray[np.int64], least: int) -> NDArray[np.float64]:
    """How many times steeper upright edges of a picture (h, w), of at least some steepness, are than after a blur along rows by 1, 4, 6, 4, 1."""
    blurred = light[:, :-4] + 4 * light[:, 1:-3] + 6 * light[:, 2:-2] + 4 * light[:, 3:-1] + light[:, 4:]
    before = (light[:, 4:-2] - light[:, 2:-4])[1:-1]
    after = (blurred[:, 2:] - blurred[:, :-2])[1:-1]
    across = light[2:, 3:-3] - light[:-2, 3:-3]
    steep = np.abs(before)
    top = np.zeros_like(steep, bool)
    top[:, 1:-1] = (steep[:, 1:-1] >= steep[:, :-2]) & (steep[:, 1:-1] > steep[:, 2:])
    edge = top & (steep > least) & (steep > 3 * np.abs(across)) & (16 * steep > np.abs(after)) & (after != 0) & (np.sign(after) == np.sign(before))
    return 16 * steep[edge] / np.abs(after)[edge]


def _digits(value: float) -> float:
    """To 9 significant digits."""
    return float(f"{value:.9g}")
