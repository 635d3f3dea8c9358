"""Smallest, largest, mean and spread of what comes in parts, exactly as of all of it at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Of `count` rows, each (n,): `low`, `high`, `mean`, and `squares`, the sum of squared distances from the mean; float64."""

    count: int
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray[Any]) -> "Moments":
        """Of rows (T,) or (T, n)."""
        values = rows.reshape(len(rows), -1).astype(np.float64)
        mean = values.sum(axis=0) / len(values)
        return cls(count=len(values), low=values.min(axis=0), high=values.max(axis=0), mean=mean, squares=((values - mean) ** 2).sum(axis=0))

    @classmethod
    def of_pictures(cls, pictures: NDArray[np.uint8]) -> "Moments":
        """Of the three channels of pictures (T, H, W, 3), in [0, 1]. Counted in whole numbers, so that nothing is rounded before the end."""
        levels = np.arange(256)
        counts = np.stack([np.bincount(pictures[..., c].reshape(-1), minlength=256) for c in range(3)])
        count = int(counts[0].sum())
        total, squared = (counts * levels).sum(axis=1), (counts * levels**2).sum(axis=1)
        seen = [np.flatnonzero(row) for row in counts]
        return cls(
            count=count,
            low=np.array([s[0] for s in seen]) / 255,
            high=np.array([s[-1] for s in seen]) / 255,
            mean=total / (count * 255),
            squares=np.array([(count * int(q) - int(t) ** 2) / (count * 255**2) for q, t in zip(squared, total, strict=True)]),
        )

    def __add__(self, other: "Moments") -> "Moments":
        """Of both together (Chan, Golub and LeVeque 1979)."""
        count = self.count + other.count
        apart = other.mean - self.mean
        return Moments(
            count=count,
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
            mean=self.mean + apart * (other.count / count),
            squares=self.squares + other.squares + apart**2 * (self.count * other.count / count),
        )

    def document(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """As LeRobot has it: min, max, mean and std in lists of this shape, and the count in one of one."""
        std = np.sqrt(self.squares / self.count)
        values = {"min": self.low, "max": self.high, "mean": self.mean, "std": std}
        return {name: value.reshape(shape).tolist() for name, value in values.items()} | {"count": [self.count]}
