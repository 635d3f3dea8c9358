"""How far sets of renderings are from photographs: told apart by a network, by a kernel, and by statistics that have names."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import Pictures, Rgb
from diorama.refine.classifier import FOLDS, ClassifierSettings, Separability, separability
from diorama.refine.features import Distance, RandomNetwork, kernel_distance
from diorama.refine.live import one_thread
from diorama.refine.photos import fitted
from diorama.refine.statistics import NamedGap, named_gap, statistics
from diorama.sim.seeds import Seed

#: How often it is told that a set is scored further: when its pictures are there, and for each fold.
STAGES = 1 + FOLDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far a set is from the photographs. `distance` is by the features of `extractor`."""

    name: str
    count: int
    separability: Separability
    distance: Distance
    extractor: str
    named: NamedGap


def score(
    sets: Mapping[str, Pictures],
    real: Pictures,
    *,
    size: tuple[int, int] = (240, 180),
    seed: int = 0,
    classifier: ClassifierSettings | None = None,
    workers: int = 1,
    advance: Callable[[str], None] = lambda _: None,
) -> tuple[Gap, ...]:
    """Compare each of the `sets` with the photographs, all fitted to `size`. `advance` is called with a set's name, STAGES times for each.

    Several pictures are read, and several networks trained, at once, in as many threads as there are `workers`, which does not change the results.

    Photographs of two cameras, or of two towns, are apart as well: score photographs of your own as one more set, to know how near is near enough.
    """
    root = Seed(seed).child("score")
    settings = classifier or ClassifierSettings(size=size)
    with one_thread():
        network = RandomNetwork(size=size)
        photos = _fitted(real, size, workers)
        features, facts = network.features(photos), statistics(photos, size)
        gaps = []
        for name, pictures in sets.items():
            ours, told = _fitted(pictures, size, workers), partial(advance, name)
            told()
            # The same streams for every set: they differ by their pictures alone.
            gaps.append(
                Gap(
                    name=name,
                    count=len(ours),
                    separability=separability(ours, photos, root.child("classifier"), settings, workers=workers, advance=told),
                    distance=kernel_distance(network.features(ours), features, root.child("distance")),
                    extractor=network.name,
                    named=named_gap(statistics(ours, size), facts),
                )
            )
    return tuple(gaps)


def _fitted(pictures: Pictures, size: tuple[int, int], workers: int) -> list[Rgb]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda number: fitted(pictures[number], size), range(len(pictures))))


def sheet(sets: Mapping[str, Pictures], real: Pictures, *, size: tuple[int, int] = (240, 180), columns: int = 6) -> NDArray[np.uint8]:
    """Pictures of each set, spread evenly over it, a row each, with the photographs last: (h, w, 3) uint8."""
    rows = []
    for pictures in (*sets.values(), real):
        chosen = [pictures[k * len(pictures) // columns] for k in range(columns)]
        rows.append(np.concatenate([fitted(picture, size) for picture in chosen], axis=1))
    return np.concatenate(rows)
