"""Whether a network sees each class as well as before: the ratio of intersections over unions, and what chance there is in it.

A class of few objects has a ratio that hangs on single pictures. How much so is told by a bootstrap over pictures (B. Efron, Annals of Statistics 7,
1979): a pair of before and after is drawn as one, since both show the same scene.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from diorama.sim.seeds import Seed

#: Sets of pictures drawn, and the share of them that a ratio's upper end leaves above it.
_DRAWS, _ABOVE = 400, 0.025


def ious(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """(..., classes): intersection over union, of (..., classes, classes) pixels by label and by what was seen."""
    both = np.diagonal(confusion, axis1=-2, axis2=-1)
    return both / np.maximum(confusion.sum(axis=-2) + confusion.sum(axis=-1) - both, 1)


def ratios(before: NDArray[np.int64], after: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of (pictures, classes, classes) before and after, each class's ratio, and the upper end of its interval, which 1 draw in 40 is above.

    NaN where a class was not seen before.
    """
    count, kinds, _ = before.shape
    drawn = Seed(0).child("class ratios").rng().multinomial(count, np.full(count, 1 / count), size=_DRAWS)
    weights = torch.from_numpy(np.concatenate([np.ones((1, count), np.int64), drawn]).astype(np.float64))
    one, other = (
        ious(torch.mm(weights, torch.from_numpy(sides.reshape(count, -1).astype(np.float64))).numpy().reshape(-1, kinds, kinds).astype(np.int64))
        for sides in (before, after)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(one > 0, other / one, np.nan)
    seen = np.isfinite(ratio[0])
    upper = np.full(kinds, np.nan)
    upper[seen] = np.nanquantile(ratio[:, seen], 1 - _ABOVE, axis=0)
    return ratio[0], upper
