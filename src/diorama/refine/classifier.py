"""Can a small network tell renderings from photographs? The classifier two-sample test (D. Lopez-Paz and M. Oquab, ICLR 2017).

A network is trained on four fifths of both sets and asked about the rest, five times over, so that it is asked about every picture once. Fifths are
contiguous: neighbouring pictures of a drive, or of a scene, are near copies, and one that was learned by heart would be told apart for nothing.
What it answers is measured by the area under the ROC curve: 1 when all can be told apart, 0.5 when it has to guess.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from diorama.refine.base import Pictures
from diorama.refine.photos import fitted
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

FOLDS = 5
#: Resamples that the interval is read from.
_RESAMPLES = 1000
_ASKED_CROPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierSettings:
    """`size` that pictures are fitted to, `crop_px` of the squares that are looked at, `steps` of `batch` of them for each training."""

    size: tuple[int, int] = (240, 180)
    crop_px: int = 64
    steps: int = 300
    batch: int = 32

    def __post_init__(self) -> None:
        if not 16 <= self.crop_px <= min(self.size):
            raise InvalidValue(f"crop_px must be between 16 and the shorter side of {self.size}, got {self.crop_px}")
        if self.steps < 1 or self.batch < 2:
            raise InvalidValue(f"steps must be 1 or more and batch 2 or more, got {self.steps} and {self.batch}")


@dataclass(frozen=True, slots=True)
class Separability:
    """`auc`, and the interval that holds it in 95 of 100 resamples of the pictures."""

    auc: float
    low: float
    high: float


def separability(sim: Pictures, real: Pictures, seed: Seed, settings: ClassifierSettings | None = None) -> Separability:
    """How well both sets can be told apart. Pictures of any size; raises InvalidValue for sets of fewer than five."""
    settings = settings or ClassifierSettings()
    if min(len(sim), len(real)) < FOLDS:
        raise InvalidValue(f"{FOLDS} pictures on either side are the least for this test, got {len(sim)} and {len(real)}")
    sides = [torch.from_numpy(np.stack([fitted(p, settings.size) for p in side])).permute(0, 3, 1, 2) for side in (sim, real)]
    answers = [np.zeros(len(side)) for side in sides]
    for fold in range(FOLDS):
        asked = [_is_in(fold, len(side)) for side in sides]
        network = _trained([side[~torch.from_numpy(mask)] for side, mask in zip(sides, asked, strict=True)], seed.child("fold", fold), settings)
        for side, mask, answer in zip(sides, asked, answers, strict=True):
            answer[mask] = _asked(network, side[torch.from_numpy(mask)], seed.child("asked", fold), settings)
    return _with_interval(answers[0], answers[1], seed.child("interval"))


def auc(negative: NDArray[np.float64], positive: NDArray[np.float64]) -> float:
    """The share of pairs in which the positive has the larger number, ties counted half: the area under the ROC curve (Mann and Whitney)."""
    ordered = np.sort(negative)
    below, up_to = np.searchsorted(ordered, positive, "left"), np.searchsorted(ordered, positive, "right")
    return float((below + up_to).mean() / 2 / len(negative))


def _is_in(fold: int, count: int) -> NDArray[np.bool_]:
    return np.arange(count) * FOLDS // count == fold


def _network() -> nn.Sequential:
    def stage(count: int, wide: int) -> list[nn.Module]:
        return [nn.Conv2d(count, wide, 4, stride=2, padding=1), nn.GroupNorm(4, wide), nn.LeakyReLU(0.2)]

    return nn.Sequential(*stage(3, 16), *stage(16, 32), *stage(32, 48), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(48, 1))


def _trained(sides: list[torch.Tensor], seed: Seed, settings: ClassifierSettings) -> nn.Module:
    rng = seed.rng()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63 - 1)))
        network = _network()
        optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=settings.steps)
        half = settings.batch // 2
        targets = torch.cat([torch.zeros(half), torch.ones(half)])
        for _ in range(settings.steps):
            crops = torch.cat([_crops(side, rng.integers(len(side), size=half), rng, settings.crop_px) for side in sides])
            loss = nn.functional.binary_cross_entropy_with_logits(network(crops)[:, 0], targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.inference_mode()
def _asked(network: nn.Module, side: torch.Tensor, seed: Seed, settings: ClassifierSettings) -> NDArray[np.float64]:
    """The mean answer over some crops of each picture."""
    rng = seed.rng()
    every = np.arange(len(side))
    answers = [network(_crops(side, every, rng, settings.crop_px))[:, 0] for _ in range(_ASKED_CROPS)]
    return torch.stack(answers).mean(dim=0).double().numpy()


def _crops(side: torch.Tensor, numbers: NDArray[np.int64], rng: np.random.Generator, size: int) -> torch.Tensor:
    """One square from each of these pictures, half of them mirrored: (n, 3, size, size) in [-1, 1]."""
    height, width = side.shape[2:]
    out = torch.empty(len(numbers), 3, size, size, dtype=torch.uint8)
    places = zip(numbers, rng.integers(height - size + 1, size=len(numbers)), rng.integers(width - size + 1, size=len(numbers)), strict=True)
    for row, (number, y, x) in enumerate(places):
        out[row] = side[number, :, y : y + size, x : x + size]
    mirrored = torch.from_numpy(rng.random(len(numbers)) < 0.5)
    out[mirrored] = out[mirrored].flip(3)
    return out.float() / 127.5 - 1


def _with_interval(sim: NDArray[np.float64], real: NDArray[np.float64], seed: Seed) -> Separability:
    """The basic percentile bootstrap over pictures (B. Efron, 1979)."""
    rng = seed.rng()
    again = [auc(rng.choice(sim, len(sim)), rng.choice(real, len(real))) for _ in range(_RESAMPLES)]
    low, high = np.quantile(again, [0.025, 0.975])
    return Separability(auc(sim, real), float(low), float(high))
