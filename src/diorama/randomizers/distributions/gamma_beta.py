"""Families built on the gamma and beta functions."""

import math
from dataclasses import dataclass
from typing import ClassVar

from diorama.randomizers.distributions.base import Support
from diorama.randomizers.distributions.numeric import Scalar
from diorama.randomizers.distributions.special import MAX_SHAPE, beta_quantile, beta_tails, gamma_quantile, gamma_tails

_MIN_SHAPE = 1e-3


@dataclass(frozen=True, slots=True, repr=False)
class Gamma(Scalar):
    """Positive numbers; the sum of `shape` exponential times of mean `scale`. The mean is shape x scale."""

    family: ClassVar[str] = "gamma"
    symbol: ClassVar[str] = "Gamma"
    shape: float
    scale: float

    def _check(self) -> None:
        self._require(_MIN_SHAPE <= self.shape <= MAX_SHAPE, f"shape must be in {_MIN_SHAPE:g}..{MAX_SHAPE:g}, got {self.shape}")
        self._require(self.scale > 0, f"scale must be positive, got {self.scale}")

    @property
    def support(self) -> Support:
        return 0.0, math.inf

    def quantile(self, u: float) -> float:
        return self.scale * gamma_quantile(self.shape, u)

    def cdf(self, value: float) -> float:
        return math.exp(gamma_tails(self.shape, math.log(value / self.scale / self.shape))[0]) if value > 0 else 0.0

    def log_prob(self, value: float) -> float:
        if value <= 0:
            return -math.inf
        return gamma_tails(self.shape, math.log(value / self.scale / self.shape))[2] - math.log(value)


@dataclass(frozen=True, slots=True, repr=False)
class ChiSquare(Scalar):
    """The sum of the squares of `dof` standard normal numbers, dof being the degrees of freedom."""

    family: ClassVar[str] = "chi-square"
    symbol: ClassVar[str] = "ChiSq"
    dof: float

    def _check(self) -> None:
        self._require(2 * _MIN_SHAPE <= self.dof <= 2 * MAX_SHAPE, f"dof must be in {2 * _MIN_SHAPE:g}..{2 * MAX_SHAPE:g}, got {self.dof}")

    @property
    def _gamma(self) -> Gamma:
        return Gamma(self.dof / 2, 2.0)

    @property
    def support(self) -> Support:
        return 0.0, math.inf

    def quantile(self, u: float) -> float:
        return self._gamma.quantile(u)

    def cdf(self, value: float) -> float:
        return self._gamma.cdf(value)

    def log_prob(self, value: float) -> float:
        return self._gamma.log_prob(value)


@dataclass(frozen=True, slots=True, repr=False)
class Beta(Scalar):
    """Numbers between `low` and `high`, 0 and 1 unless given: even for alpha = beta = 1, a hump for larger ones, a bowl for smaller."""

    family: ClassVar[str] = "beta"
    symbol: ClassVar[str] = "Beta"
    alpha: float
    beta: float
    low: float = 0.0
    high: float = 1.0

    def _check(self) -> None:
        for name, value in (("alpha", self.alpha), ("beta", self.beta)):
            self._require(_MIN_SHAPE <= value <= MAX_SHAPE, f"{name} must be in {_MIN_SHAPE:g}..{MAX_SHAPE:g}, got {value}")
        self._require(self.low < self.high, f"low must be below high, got {self.low}, {self.high}")

    @property
    def support(self) -> Support:
        return self.low, self.high

    def quantile(self, u: float) -> float:
        x = beta_quantile(self.alpha, self.beta, u)
        return (1 - x) * self.low + x * self.high

    def _log_odds(self, value: float) -> float:
        return math.log((value - self.low) / (self.high - value)) - math.log(self.alpha / self.beta)

    def cdf(self, value: float) -> float:
        if not self.low < value < self.high:
            return float(value >= self.high)
        return math.exp(beta_tails(self.alpha, self.beta, self._log_odds(value))[0])

    def log_prob(self, value: float) -> float:
        if not self.low < value < self.high:
            return -math.inf
        density = beta_tails(self.alpha, self.beta, self._log_odds(value))[2]
        return density + math.log((self.high - self.low) / (value - self.low) / (self.high - value))
