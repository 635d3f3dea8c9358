"""Features of pictures from a network that was never trained, and the distance between two sets of them.

The distance is the kernel inception distance's (M. Binkowski et al., Demystifying MMD GANs, ICLR 2018): an unbiased estimate of the squared maximum
mean discrepancy under the kernel (x.y / d + 1)^3. The features are not Inception's, so its values compare with each other and with nobody else's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from diorama.refine.base import Rgb
from diorama.refine.photos import fitted
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

Features = NDArray[np.float64]

#: Channels of each stage; each halves the picture.
_CHANNELS = (3, 32, 64, 96, 128)
#: Sets are compared in so many parts of so many pictures, drawn anew each time.
_SUBSETS, _SUBSET = 100, 100
_BATCH = 16


class RandomNetwork:
    """A convolutional network with random orthogonal filters: `name` and `size` belong to every figure made with it.

    Means and spreads of each stage's channels are the features: colours and contrasts from the first, textures from the later ones. The same on every
    call with the same `seed`.
    """

    name = "random-cnn"

    def __init__(self, *, size: tuple[int, int] = (240, 180), seed: int = 0) -> None:
        self.size = size
        rng = Seed(seed).child("features").rng()
        stages = []
        for count, wide in pairwise(_CHANNELS):
            stage = nn.Conv2d(count, wide, 4, stride=2, padding=1, padding_mode="reflect")
            with torch.no_grad():
                stage.weight.copy_(nn.init.orthogonal_(torch.empty(wide, count * 16), generator=_generator(rng)).reshape(wide, count, 4, 4) * 2**0.5)
                assert stage.bias is not None
                stage.bias.copy_(torch.from_numpy(rng.standard_normal(wide) * 0.1))
            stages.append(stage)
        self._stages = nn.ModuleList(stages).eval()

    def features(self, pictures: Iterable[Rgb]) -> Features:
        """(n, d) float64, a row for each picture (h, w, 3) uint8 of any size."""
        rows: list[NDArray[np.float64]] = []
        batch: list[Rgb] = []
        for picture in pictures:
            batch.append(fitted(picture, self.size))
            if len(batch) == _BATCH:
                rows.append(self._of(batch))
                batch = []
        if batch:
            rows.append(self._of(batch))
        if not rows:
            raise InvalidValue("there are no pictures to take features of")
        return np.concatenate(rows)

    @torch.inference_mode()
    def _of(self, batch: list[Rgb]) -> NDArray[np.float64]:
        values = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 127.5 - 1
        parts = [values.mean((2, 3)), values.std((2, 3))]
        for stage in self._stages:
            values = torch.relu(stage(values))
            parts += [values.mean((2, 3)), values.std((2, 3))]
        return torch.cat(parts, dim=1).double().numpy()


def _generator(rng: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))


@dataclass(frozen=True, slots=True)
class Distance:
    """`value` is the mean over subsets, `error` its standard error. Around 0 for two halves of one set, and below 0 by chance."""

    value: float
    error: float


def kernel_distance(one: Features, other: Features, seed: Seed) -> Distance:
    """The distance between two sets of features (n, d) and (m, d). Raises InvalidValue for sets of fewer than two."""
    if min(len(one), len(other)) < 2:
        raise InvalidValue(f"two pictures on either side are the least that can be compared, got {len(one)} and {len(other)}")
    rng = seed.child("subsets").rng()
    size = min(len(one), len(other), _SUBSET)
    values = np.array([_mmd2(_subset(one, size, rng), _subset(other, size, rng)) for _ in range(_SUBSETS)])
    return Distance(float(values.mean()), float(values.std(ddof=1) / _SUBSETS**0.5))


def _subset(features: Features, size: int, rng: np.random.Generator) -> Features:
    return features[rng.choice(len(features), size, replace=False)]


def _mmd2(x: Features, y: Features) -> float:
    """Unbiased: a picture is not compared with itself."""
    n, m = len(x), len(y)
    xx, yy, xy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    within = (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(within - 2 * xy.mean())


def _kernel(a: Features, b: Features) -> Features:
    return ((torch.mm(torch.from_numpy(a), torch.from_numpy(b).T) / a.shape[1] + 1) ** 3).numpy()
