"""Families of numbers whose quantiles are elementary, or nearly so."""

import math
from dataclasses import dataclass
from typing import ClassVar

from diorama.randomizers.distributions.base import Support
from diorama.randomizers.distributions.numeric import Scalar
from diorama.randomizers.distributions.special import STANDARD_NORMAL, normal_cdf

_LOG_SQRT_TAU = 0.5 * math.log(2 * math.pi)


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

    def cdf(self, value: float) -> float:
        if self.low == self.high:
            return float(value >= self.low)
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def log_prob(self, value: float) -> float:
        return -log(self.high - self.low) if self.low <= value <= self.high else -math.inf


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

    def cdf(self, value: float) -> float:
        if not self.low < value < self.high:
            return float(value >= self.high)
        return math.log(value / self.low) / math.log(self.high / self.low)

    def log_prob(self, value: float) -> float:
        return -log(value) - log(log(self.high / self.low)) if self.low <= value <= self.high else -math.inf


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
        return self.mean + self.sigma * STANDARD_NORMAL.inv_cdf(u)

    def cdf(self, value: float) -> float:
        return normal_cdf((value - self.mean) / self.sigma) if self.sigma else float(value >= self.mean)

    def log_prob(self, value: float) -> float:
        if not self.sigma:
            return math.inf if value == self.mean else -math.inf
        return -0.5 * ((value - self.mean) / self.sigma) ** 2 - log(self.sigma) - _LOG_SQRT_TAU


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
        return normal_cdf(low), normal_cdf(high), sign

    def quantile(self, u: float) -> float:
        a, b, sign = self._tails()
        p = a + (b - a) * (u if sign > 0 else 1 - u)
        if not 0 < p < 1:  # the range ends in a tail too thin for a float
            return self.mean
        return self.mean + sign * self.sigma * STANDARD_NORMAL.inv_cdf(p)

    def cdf(self, value: float) -> float:
        if not self.low < value < self.high:
            return float(value >= self.high)
        a, b, sign = self._tails()
        share = (normal_cdf(sign * (value - self.mean) / self.sigma) - a) / (b - a)
        return share if sign > 0 else 1 - share

    def log_prob(self, value: float) -> float:
        if not self.low <= value <= self.high:
            return -math.inf
        a, b, _ = self._tails()
        return Normal(self.mean, self.sigma).log_prob(value) - log(b - a)


@dataclass(frozen=True, slots=True, repr=False)
class LogNormal(Scalar):
    """Positive numbers whose logarithm follows a bell curve: products of many small effects. exp(mu) is the median."""

    family: ClassVar[str] = "log-normal"
    symbol: ClassVar[str] = "LogN"
    mu: float
    sigma: float

    def _check(self) -> None:
        self._require(self.sigma >= 0, f"sigma must be 0 or more, got {self.sigma}")
        self._require(abs(self.mu) + 9 * self.sigma < 700, f"mu and sigma are of the logarithm; {self.mu} and {self.sigma} are too large")

    @property
    def support(self) -> Support:
        return (0.0, math.inf) if self.sigma else (self.quantile(0.5), self.quantile(0.5))

    def quantile(self, u: float) -> float:
        return math.exp(self.mu + self.sigma * STANDARD_NORMAL.inv_cdf(u))

    def cdf(self, value: float) -> float:
        return Normal(self.mu, self.sigma).cdf(math.log(value)) if value > 0 else 0.0

    def log_prob(self, value: float) -> float:
        return Normal(self.mu, self.sigma).log_prob(math.log(value)) - math.log(value) if value > 0 else -math.inf


@dataclass(frozen=True, slots=True, repr=False)
class Exponential(Scalar):
    """Times between events that happen independently at a steady rate."""

    family: ClassVar[str] = "exponential"
    symbol: ClassVar[str] = "Exp"
    mean: float

    def _check(self) -> None:
        self._require(self.mean > 0, f"mean must be positive, got {self.mean}")

    @property
    def support(self) -> Support:
        return 0.0, math.inf

    def quantile(self, u: float) -> float:
        return -self.mean * math.log1p(-u)

    def cdf(self, value: float) -> float:
        return -math.expm1(-max(value, 0.0) / self.mean)

    def log_prob(self, value: float) -> float:
        return -value / self.mean - math.log(self.mean) if value >= 0 else -math.inf


def log(value: float) -> float:
    """The logarithm; -inf of 0, as of the width of a range that is a point."""
    return math.log(value) if value > 0 else -math.inf
