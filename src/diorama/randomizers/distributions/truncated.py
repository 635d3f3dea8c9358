"""Any distribution of numbers, cut to a range."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import LEAST, MOST, Distribution, Support, draw_at, is_number, read, short, unit_uniform
from diorama.randomizers.distributions.mixture import span_of
from diorama.randomizers.distributions.var import is_open
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, repr=False)
class Truncated(Distribution):
    """What another distribution draws between two numbers, both included: ``{truncated: {of: {gamma: [2, 1]}, low: 0.5, high: 4}}``.

    It is drawn by inversion and not by trying again, so that a draw takes one number whatever is cut away.
    """

    family: ClassVar[str] = "truncated"
    symbol: ClassVar[str] = "Truncated"
    of: Distribution
    low: float
    high: float

    def __post_init__(self) -> None:
        if not isinstance(self.of, Distribution):
            raise InvalidValue(f"truncated: expected a distribution, got {self.of!r}")
        if not (is_number(self.low) and is_number(self.high) and self.low <= self.high):
            raise InvalidValue(f"truncated: low and high must be numbers, low not above high, got {self.low!r}, {self.high!r}")
        if not is_open(self.of):
            below, upto = self._shares()
            if upto - below < 1e-9:
                raise InvalidValue(f"truncated: {self.of!r} draws next to nothing in {short(self.low)}..{short(self.high)}")

    def _shares(self) -> tuple[float, float]:
        """Of the whole distribution, the share below the range, and the share below its end."""
        below = self.of.cdf(math.ceil(self.low) - 1) if self.of.is_whole else self.of.cdf(self.low)
        return below, self.of.cdf(self.high)

    @property
    def support(self) -> Support | None:
        span = span_of(self.of)
        return None if span is None else (max(span[0], self.low), min(span[1], self.high))

    @property
    def is_whole(self) -> bool:
        return self.of.is_whole

    def sample(self, rng: np.random.Generator) -> Any:
        return draw_at(self, unit_uniform(rng))

    def quantile(self, u: float) -> Any:
        below, upto = self._shares()
        return self.of.quantile(min(max((1 - u) * below + u * upto, LEAST), MOST))

    def cdf(self, value: float) -> float:
        below, upto = self._shares()
        return min(max((self.of.cdf(value) - below) / (upto - below), 0.0), 1.0)

    def log_prob(self, value: float) -> float:
        below, upto = self._shares()
        return self.of.log_prob(value) - math.log(upto - below) if self.low <= value <= self.high else -math.inf

    def to_json_value(self) -> Any:
        return {self.family: {"of": self.of.to_json_value(), "low": self.low, "high": self.high}}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if not isinstance(arguments, dict) or set(arguments) != {"of", "low", "high"}:
            raise InvalidValue(f"truncated takes {{of: ..., low: ..., high: ...}}, got {arguments!r}")
        return cls(read(arguments["of"]), arguments["low"], arguments["high"])
