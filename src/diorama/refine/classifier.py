"""Can a small network tell renderings from photographs? The classifier two-sample test (D. Lopez-Paz and M. Oquab, ICLR 2017).

A network is trained on four fifths of both sets and asked about the rest, five times over, so that it is asked about every picture once. Fifths are
contiguous: neighbouring pictures of a drive, or of a scene, are near copies, and one that was learned by heart would be told apart for nothing.
What it answers is measured by the area under the ROC curve: 1 when all can be told apart, 0.5 when it has to guess.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from diorama.refine.base import Pictures
from diorama.refine.live import one_thread
from diorama.refine.photos import fitted
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

FOLDS = 5
#: Resamples that the interval is read from.
_RESAMPLES = 1000
_ASKED_CROPS = 32
#: Features of the last layer but one, and the share of them that a step of the training leaves out.
_FEATURES, _LEFT_OUT = 48, 0.3


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


def separability(
    sim: Pictures,
    real: Pictures,
    seed: Seed,
    settings: ClassifierSettings | None = None,
    *,
    workers: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Separability:
    """How well both sets can be told apart. Pictures of any size; raises InvalidValue for sets of fewer than five.

    Networks of several folds are trained at once, in as many threads as there are `workers`, which does not change what they learn; `advance` is
    called after each of the FOLDS.
    """
    settings = settings or ClassifierSettings()
    if min(len(sim), len(real)) < FOLDS:
        raise InvalidValue(f"{FOLDS} pictures on either side are the least for this test, got {len(sim)} and {len(real)}")
    sides = [np.stack([fitted(p, settings.size) for p in side]) for side in (sim, real)]
    answers = [np.zeros(len(side)) for side in sides]
    rngs = [seed.child("fold", fold).rng() for fold in range(FOLDS)]
    networks = [_network(rng) for rng in rngs]

    def work(fold: int) -> None:
        asked = [_is_in(fold, len(side)) for side in sides]
        _train(networks[fold], [side[~mask] for side, mask in zip(sides, asked, strict=True)], rngs[fold], settings)
        for side, mask, answer in zip(sides, asked, answers, strict=True):
            answer[mask] = _asked(networks[fold], side[mask], seed.child("asked", fold), settings)

    # One thread for each network: those of one this small wait for each other longer than they work.
    with one_thread(), ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, range(FOLDS)):
            advance()
    return _with_interval(answers[0], answers[1], seed.child("interval"))


def auc(negative: NDArray[np.float64], positive: NDArray[np.float64]) -> float:
    """The share of pairs in which the positive has the larger number, ties counted half: the area under the ROC curve (Mann and Whitney)."""
    ordered = np.sort(negative)
    below, up_to = np.searchsorted(ordered, positive, "left"), np.searchsorted(ordered, positive, "right")
    return float((below + up_to).mean() / 2 / len(negative))


def _is_in(fold: int, count: int) -> NDArray[np.bool_]:
    return np.arange(count) * FOLDS // count == fold


def _network(rng: np.random.Generator) -> nn.Sequential:
    """Crops to features, and those to an answer; weights are drawn from the `rng`."""

    def stage(count: int, wide: int) -> list[nn.Module]:
        return [nn.Conv2d(count, wide, 4, stride=2, padding=1), nn.GroupNorm(4, wide), nn.LeakyReLU(0.2)]

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63 - 1)))
        features = nn.Sequential(*stage(3, 16), *stage(16, 32), *stage(32, _FEATURES), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        network = nn.Sequential(features, nn.Linear(_FEATURES, 1))
    return network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - its stubs do not know of it


def _train(network: nn.Sequential, sides: list[NDArray[np.uint8]], rng: np.random.Generator, settings: ClassifierSettings) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=settings.steps)
    half = settings.batch // 2
    targets = torch.cat([torch.zeros(half), torch.ones(half)])
    for _ in range(settings.steps):
        crops = torch.cat([_crops(side, rng.integers(len(side), size=half), rng, settings.crop_px) for side in sides])
        # Dropout, by the fold's own stream: torch's is everybody's, and others work beside this one.
        kept = torch.from_numpy(rng.random((2 * half, _FEATURES), dtype=np.float32) >= _LEFT_OUT) / (1 - _LEFT_OUT)
        loss = nn.functional.binary_cross_entropy_with_logits(network[1](network[0](crops) * kept)[:, 0], targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


@torch.inference_mode()
def _asked(network: nn.Module, side: NDArray[np.uint8], seed: Seed, settings: ClassifierSettings) -> NDArray[np.float64]:
    """The mean answer over some crops of each picture."""
    rng = seed.rng()
    every = np.arange(len(side))
    answers = [network(_crops(side, every, rng, settings.crop_px))[:, 0] for _ in range(_ASKED_CROPS)]
    return torch.stack(answers).mean(dim=0).double().numpy()


def _crops(side: NDArray[np.uint8], numbers: NDArray[np.int64], rng: np.random.Generator, size: int) -> torch.Tensor:
    """One square from each of these pictures (h, w, 3), half of them mirrored: (n, 3, size, size) in [-1, 1], channels last in memory."""
    height, width = side.shape[1:3]
    tops, lefts = (rng.integers(length - size + 1, size=len(numbers)) for length in (height, width))
    ways = np.where(rng.random(len(numbers)) < 0.5, -1, 1)
    cut = [side[k, y : y + size, x : x + size][:, ::way] for k, y, x, way in zip(numbers, tops, lefts, ways, strict=True)]
    return torch.from_numpy(np.stack(cut)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _with_interval(sim: NDArray[np.float64], real: NDArray[np.float64], seed: Seed) -> Separability:
    """The basic percentile bootstrap over pictures (B. Efron, 1979)."""
    rng = seed.rng()
    again = [auc(rng.choice(sim, len(sim)), rng.choice(real, len(real))) for _ in range(_RESAMPLES)]
    low, high = np.quantile(again, [0.025, 0.975])
    return Separability(auc(sim, real), float(low), float(high))
