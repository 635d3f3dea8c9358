"""Families of numbers between numbers."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

from diorama.randomizers.distributions.base import Support
from diorama.randomizers.distributions.numeric import Scalar

_STANDARD = NormalDist()


@dataclass(frozen=True, slots=True, repr=False)
class Uniform(Scalar):
    """Evenly between two numbers."""

    family: ClassVar[str] = "uniform"
    symbol: ClassVar[str] = "U"
    low: float
    high: float

    def _check(self) -> None:
        self._require(self.low <= self.high, f"low must not be above high, got {self.low}, {self.high}")

    @property
    def support(self) -> Support:
        return self.low, self.high

    def quantile(self, u: float) -> float:
        return (1 - u) * self.low + u * self.high


@dataclass(frozen=True, slots=True, repr=False)
class LogUniform(Scalar):
    """Evenly between two positive numbers on a logarithmic scale: each doubling is as likely."""

    family: ClassVar[str] = "log-uniform"
    symbol: ClassVar[str] = "LogU"
    low: float
    high: float

    def _check(self) -> None:
        self._require(0 < self.low <= self.high, f"must have 0 < low <= high, got {self.low}, {self.high}")

    @property
    def support(self) -> Support:
        return self.low, self.high

    def quantile(self, u: float) -> float:
        return math.exp((1 - u) * math.log(self.low) + u * math.log(self.high))


@dataclass(frozen=True, slots=True, repr=False)
class Normal(Scalar):
    """The bell curve."""

    family: ClassVar[str] = "normal"
    symbol: ClassVar[str] = "N"
    mean: float
    sigma: float

    def _check(self) -> None:
        self._require(self.sigma >= 0, f"sigma must be 0 or more, got {self.sigma}")

    @property
    def support(self) -> Support:
        return (-math.inf, math.inf) if self.sigma else (self.mean, self.mean)

    def quantile(self, u: float) -> float:
        return self.mean + self.sigma * _STANDARD.inv_cdf(u)


@dataclass(frozen=True, slots=True, repr=False)
class TruncatedNormal(Scalar):
    """The bell curve cut to a range. `mean` and `sigma` are those before cutting."""

    family: ClassVar[str] = "truncated-normal"
    symbol: ClassVar[str] = "TN"
    mean: float
    sigma: float
    low: float
    high: float

    def _check(self) -> None:
        self._require(self.sigma > 0, f"sigma must be positive, got {self.sigma}")
        self._require(self.low <= self.high, f"low must not be above high, got {self.low}, {self.high}")
        a, b, _ = self._tails()
        is_reached = 0 < b and (a < b or self.low == self.high)
        self._require(is_reached, f"the range {self.low}..{self.high} is too far from the mean {self.mean}, nothing is left")

    @property
    def support(self) -> Support:
        return self.low, self.high

    def _tails(self) -> tuple[float, float, float]:
        """The probabilities below either end, and the sign of the side they are counted on.

        A range above the mean is mirrored below it, where probabilities are small numbers and keep their digits.
        """
        low, high, sign = (self.low - self.mean) / self.sigma, (self.high - self.mean) / self.sigma, 1.0
        if low > 0:
            low, high, sign = -high, -low, -1.0
        return _STANDARD.cdf(low), _STANDARD.cdf(high), sign

    def quantile(self, u: float) -> float:
        a, b, sign = self._tails()
        p = a + (b - a) * (u if sign > 0 else 1 - u)
        if not 0 < p < 1:  # the range ends in a tail too thin for a float
            return self.mean
        return self.mean + sign * self.sigma * _STANDARD.inv_cdf(p)
