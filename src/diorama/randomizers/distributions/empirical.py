"""What was measured, as it is."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, draw_at, is_number, short, unit_uniform
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, init=False)
class Empirical(Distribution):
    """Measured numbers, kept sorted: draws lie between neighbours, any two neighbours being as likely as any other two.

    So the smallest and the largest are the limits, and a value measured often is drawn often. For whole numbers and words, use `Choice`.
    """

    family: ClassVar[str] = "empirical"
    symbol: ClassVar[str] = "Empirical"
    values: tuple[float, ...]

    def __init__(self, values: Any) -> None:
        if not isinstance(values, (list, tuple)) or not values or not all(is_number(v) for v in values):
            raise InvalidValue(f"empirical: expected a list of finite numbers, got {short(values)[:60]}")
        object.__setattr__(self, "values", tuple(sorted(float(v) for v in values)))

    def sample(self, rng: np.random.Generator) -> float:
        return draw_at(self, unit_uniform(rng))

    @property
    def support(self) -> Support:
        return self.values[0], self.values[-1]

    def quantile(self, u: float) -> float:
        place = u * (len(self.values) - 1)
        i = min(int(place), max(len(self.values) - 2, 0))
        low, high = self.values[i], self.values[min(i + 1, len(self.values) - 1)]
        return low + (place - i) * (high - low)

    def cdf(self, value: float) -> float:
        i = bisect_right(self.values, value)
        if i in (0, len(self.values)):
            return float(i > 0)
        low, high = self.values[i - 1], self.values[i]
        return (i - 1 + (value - low) / (high - low)) / (len(self.values) - 1)

    def log_prob(self, value: float) -> float:
        """Of the density, which is a step between any two neighbours and infinite at a value that occurs twice."""
        i = bisect_right(self.values, value)
        if i == 0 or value > self.values[-1]:
            return -math.inf
        if self.values[i - 1] == value and (len(self.values) == 1 or (i > 1 and self.values[i - 2] == value)):
            return math.inf
        i = min(i, len(self.values) - 1)
        return -math.log((self.values[i] - self.values[i - 1]) * (len(self.values) - 1))

    def __repr__(self) -> str:
        return f"Empirical({len(self.values)} values in {short(self.values[0])}..{short(self.values[-1])})"

    def to_json_value(self) -> Any:
        return {self.family: list(self.values)}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        return cls(arguments["values"] if isinstance(arguments, dict) and set(arguments) == {"values"} else arguments)
