"""What of a gap can be named: colours, sharpness, noise, the spectrum, edges."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import Rgb
from diorama.refine.photos import fitted
from diorama.sim.photo.look import Look, look_of

#: Radii that the spectrum is told at, from one wave across the shorter side to the finest there is.
BANDS = 24
#: Bins of gradients, from 0 to as steep as black beside white.
_BINS = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistics:
    """Those of a set of pictures, fitted to one size.

    looks (n, 8): the numbers of `Look` in its order, of each picture; saturation (n,) float64, mean of (max - min) / max over a picture; power_db
    (BANDS,) float64, the mean power spectrum of luma in decibels, by radius; gradients (256,) float64, the share of pixels whose luma changes by so
    much to the next, cumulated.
    """

    looks: NDArray[np.float64]
    saturation: NDArray[np.float64]
    power_db: NDArray[np.float64]
    gradients: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGap:
    """How far one set's statistics are from another's.

    `shifts` are differences of medians over the spread of the other set's (half of the distance between quartiles), by name: within 1 are what is
    usual there. `spectrum_db` is the mean absolute difference of the spectra; `gradients` the mean difference of steepness (Wasserstein-1), white
    beside black being 1.
    """

    shifts: dict[str, float]
    spectrum_db: float
    gradients: float


def statistics(pictures: Iterable[Rgb], size: tuple[int, int]) -> Statistics:
    """Statistics of pictures (h, w, 3) uint8 of any size, each fitted to (width, height)."""
    looks, saturation, power, steps = [], [], np.zeros(BANDS), np.zeros(_BINS)
    for picture in pictures:
        rgb = fitted(picture, size)
        look = look_of(rgb)
        looks.append([float(getattr(look, field.name)) for field in fields(Look)])
        high, low = rgb.max(axis=2).astype(np.float64), rgb.min(axis=2)
        saturation.append(float(((high - low) / np.maximum(high, 1)).mean()))
        luma: Any = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        power += _power(luma)
        steps += np.bincount(cv2.absdiff(luma[:, 1:], luma[:, :-1]).ravel(), minlength=_BINS)
        steps += np.bincount(cv2.absdiff(luma[1:], luma[:-1]).ravel(), minlength=_BINS)
    return Statistics(
        looks=np.array(looks),
        saturation=np.array(saturation),
        power_db=10 * np.log10(np.maximum(power / max(len(looks), 1), 1e-12)),
        gradients=np.cumsum(steps) / max(steps.sum(), 1),
    )


def named_gap(one: Statistics, other: Statistics) -> NamedGap:
    """How far `one` is from `other`."""
    names = (*(field.name for field in fields(Look)), "saturation")
    ours, theirs = (np.column_stack([s.looks, s.saturation]) for s in (one, other))
    low, middle, high = np.quantile(theirs, [0.25, 0.5, 0.75], axis=0)
    shifts = (np.median(ours, axis=0) - middle) / np.maximum((high - low) / 2, 1e-9)
    return NamedGap(
        shifts={name: float(shift) for name, shift in zip(names, shifts, strict=True)},
        spectrum_db=float(np.abs(one.power_db - other.power_db).mean()),
        gradients=float(np.abs(one.gradients - other.gradients).sum() / (_BINS - 1)),
    )


def _power(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The power spectrum by radius, of a picture that was faded out towards its sides: these are no edges."""
    height, width = luma.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    values = luma.astype(np.float32) / np.float32(255)
    spectrum = cv2.dft((values - values.mean()) * window, flags=cv2.DFT_COMPLEX_OUTPUT)
    power = (spectrum.astype(np.float64) ** 2).sum(axis=2) / luma.size
    y, x = (np.minimum(np.arange(n), n - np.arange(n)) / n for n in (height, width))
    # Cycles a pixel: up to one half along the axes. Corners go farther, and are left out.
    radius = np.sqrt(y[:, None] ** 2 + x[None] ** 2)
    edges = np.geomspace(1 / min(height, width), 0.5, BANDS + 1)
    band = np.digitize(radius.ravel(), edges) - 1
    inside = (band >= 0) & (band < BANDS)
    total = np.bincount(band[inside], power.ravel()[inside], minlength=BANDS)
    return total / np.maximum(np.bincount(band[inside], minlength=BANDS), 1)
