"""Crops of renderings and of photographs that show alike things, so that an adversary cannot tell them by what is in them (S. Richter et al., 2021).

What a crop shows is told by numbers that no camera changes much: where it was in its picture, and its standing among all crops of its own side by
brightness, by texture and by how blue it is. Standings of one side are those of the other whatever its exposure and its tint.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import Pictures
from diorama.sim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """Places of crops: picture, y and x of the first pixel (n, 3) int64, multiples of 4; and features (n, 4) float64 in [0, 1]."""

    places: NDArray[np.int64]
    features: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.places)


def crops_of(pictures: Pictures, crop_px: int, each: int, seed: Seed) -> Crops:
    """`each` places drawn in each picture, which is no smaller than the crop."""
    places, told = [], []
    for number, picture in enumerate(pictures):
        rng = seed.child("picture", number).rng()
        height, width = picture.shape[:2]
        luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        for _ in range(each):
            y, x = (4 * int(rng.integers((side - crop_px) // 4 + 1)) for side in (height, width))
            part, crop = luma[y : y + crop_px, x : x + crop_px], picture[y : y + crop_px, x : x + crop_px]
            # At a quarter of the size, neither noise nor blur is texture.
            small = cv2.resize(part, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.float64)
            texture = np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean()
            blue = crop[..., 2].mean(dtype=np.float64) - crop[..., 0].mean(dtype=np.float64)
            places.append((number, y, x))
            told.append(((y + crop_px / 2) / height, small.mean(), texture / (small.mean() + 8), blue / (small.mean() + 8)))
    features = np.array(told)
    for column in (1, 2, 3):
        features[:, column] = features[:, column].argsort(kind="stable").argsort(kind="stable") / max(len(features) - 1, 1)
    return Crops(np.array(places), features)


def alike(ours: NDArray[np.float64], theirs: Crops, among: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each row of features (n, 4), the number of one of the `among` crops that are nearest to it."""
    among = min(among, len(theirs))
    distance = np.abs(ours[:, None] - theirs.features[None]).sum(axis=2)
    nearest = distance.argsort(axis=1, kind="stable")[:, :among]
    return nearest[np.arange(len(ours)), rng.integers(among, size=len(ours))]
