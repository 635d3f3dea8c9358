"""Statistics of what comes in parts, exactly as of all of it at once: of numbers, and of the levels of pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Quantiles by LeRobot's names for them.
QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}


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

    def document(self) -> dict[str, Any]:
        """As LeRobot has it: min, max, mean and std, and the count in a list of one."""
        values = {"min": self.low, "max": self.high, "mean": self.mean, "std": np.sqrt(self.squares / self.count)}
        return {name: value.tolist() for name, value in values.items()} | {"count": [self.count]}


def quantiles(rows: NDArray[Any]) -> dict[str, Any]:
    """Each quantile of rows (T,) or (T, n), (n,): by linear interpolation between the two nearest values (type 7 of Hyndman and Fan 1996)."""
    values = rows.reshape(len(rows), -1).astype(np.float64)
    return {name: np.quantile(values, q, axis=0).tolist() for name, q in QUANTILES.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """How many pixels have each level, in each of three channels: `counts` (3, 256) int64. Whole, so that nothing is rounded before the end."""

    counts: NDArray[np.int64]

    @classmethod
    def of(cls, pictures: NDArray[np.uint8]) -> "Levels":
        """Of pictures (T, H, W, 3)."""
        return cls(counts=np.stack([np.bincount(pictures[..., c].reshape(-1), minlength=256) for c in range(3)]))

    def __add__(self, other: "Levels") -> "Levels":
        return Levels(counts=self.counts + other.counts)

    def document(self) -> dict[str, Any]:
        """As LeRobot has it: of levels in [0, 1], the same and the quantiles, each (3, 1, 1)."""
        levels, count = np.arange(256), int(self.counts[0].sum())
        total, squared = (self.counts * levels).sum(axis=1), (self.counts * levels**2).sum(axis=1)
        seen = [np.flatnonzero(row) for row in self.counts]
        squares = np.array([(count * int(q) - int(t) ** 2) / (count * 255**2) for q, t in zip(squared, total, strict=True)])
        values = {
            "min": np.array([s[0] for s in seen]) / 255,
            "max": np.array([s[-1] for s in seen]) / 255,
            "mean": total / (count * 255),
            "std": np.sqrt(squares / count),
        }
        values |= {name: np.array([self._level(row, q) for row in self.counts]) / 255 for name, q in QUANTILES.items()}
        return {name: value.reshape(3, 1, 1).tolist() for name, value in values.items()} | {"count": [count]}

    @staticmethod
    def _level(row: NDArray[np.int64], q: float) -> float:
        """A quantile of one channel's levels, as `quantiles` has it."""
        reached = np.cumsum(row)
        place = (int(reached[-1]) - 1) * q
        below, above = (int(np.searchsorted(reached, index, side="right")) for index in (int(place), min(int(place) + 1, int(reached[-1]) - 1)))
        return below + (above - below) * (place - int(place))
