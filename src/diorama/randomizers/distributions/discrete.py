"""Families of single values: constants, whole numbers, choices."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, checked_weights, is_number, place, short, unit_uniform
from diorama.randomizers.distributions.numeric import Numeric
from diorama.randomizers.distributions.special import MAX_SHAPE, STANDARD_NORMAL, gamma_tails
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, repr=False)
class Constant(Distribution):
    """Always the same number, string or list."""

    family: ClassVar[str] = "constant"
    symbol: ClassVar[str] = "C"
    value: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _plain(self.value, self.family))

    def sample(self, rng: np.random.Generator) -> Any:
        return self.value

    @property
    def support(self) -> Support | None:
        return _span((self.value,))

    @property
    def is_whole(self) -> bool:
        return isinstance(self.value, int) and not isinstance(self.value, bool)

    @property
    def outcomes(self) -> tuple[Any, ...]:
        return (self.value,)

    def quantile(self, u: float) -> Any:
        return self.value

    def cdf(self, value: float) -> float:
        if not is_number(self.value):
            return super(Constant, self).cdf(value)
        return float(value >= self.value)

    def log_prob(self, value: Any) -> float:
        return 0.0 if value == self.value else -math.inf

    def __repr__(self) -> str:
        return short(self.value)

    def to_json_value(self) -> Any:
        return self.value if is_number(self.value) else {self.family: _json(self.value)}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        return cls(arguments)


@dataclass(frozen=True, slots=True, repr=False)
class UniformInt(Numeric):
    """A whole number between two, both included."""

    family: ClassVar[str] = "uniform-int"
    symbol: ClassVar[str] = "UI"
    low: int
    high: int

    def _parameter(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**52:
            raise InvalidValue(f"uniform-int: low and high must be whole numbers below 2**52, got {value!r}")
        return value

    def _check(self) -> None:
        self._require(self.low <= self.high, f"low must not be above high, got {self.low}, {self.high}")

    @property
    def support(self) -> Support:
        return self.low, self.high

    @property
    def is_whole(self) -> bool:
        return True

    def _draw(self, rng: np.random.Generator) -> int:
        return min(self.low + int(unit_uniform(rng) * (self.high - self.low + 1)), self.high)

    def quantile(self, u: float) -> int:
        return min(self.low + max(math.ceil(u * (self.high - self.low + 1)) - 1, 0), self.high)

    def cdf(self, value: float) -> float:
        return min(max((math.floor(value) - self.low + 1) / (self.high - self.low + 1), 0.0), 1.0)

    def log_prob(self, value: float) -> float:
        return -math.log(self.high - self.low + 1) if value == int(value) and self.low <= value <= self.high else -math.inf


@dataclass(frozen=True, slots=True, repr=False)
class Poisson(Numeric):
    """How many of many rare, independent events happen."""

    family: ClassVar[str] = "poisson"
    symbol: ClassVar[str] = "Poisson"
    mean: float

    def _check(self) -> None:
        self._require(0 <= self.mean < MAX_SHAPE, f"mean must be in 0..{MAX_SHAPE:g}, got {self.mean}")

    @property
    def support(self) -> Support:
        return (0, math.inf) if self.mean else (0, 0)

    @property
    def is_whole(self) -> bool:
        return True

    def quantile(self, u: float) -> int:
        if not self.mean:
            return 0
        # Nearly right, by the normal law with its skewness; the rest by steps.
        z = STANDARD_NORMAL.inv_cdf(u)
        k = max(math.floor(self.mean + math.sqrt(self.mean) * z + (z * z - 1) / 6), 0)
        while self.cdf(k) < u:
            k += 1
        while k > 0 and self.cdf(k - 1) >= u:
            k -= 1
        return k

    def cdf(self, value: float) -> float:
        if value < 0:
            return 0.0
        if not self.mean or math.isinf(value):
            return 1.0
        count = math.floor(value) + 1
        return math.exp(gamma_tails(count, math.log(self.mean / count))[1])

    def log_prob(self, value: float) -> float:
        if value < 0 or value != int(value):
            return -math.inf
        if not self.mean:
            return -math.inf if value else 0.0
        return value * math.log(self.mean) - self.mean - math.lgamma(value + 1)


@dataclass(frozen=True, slots=True, init=False)
class Choice(Distribution):
    """One of some values, evenly or with weights (of any sum): ``Choice("ab")``, ``Choice({"a": 1, "b": 3})``.

    Strings are kept sorted, so that the order of a mapping's keys does not matter.
    """

    family: ClassVar[str] = "choice"
    symbol: ClassVar[str] = "Choice"
    values: tuple[Any, ...]
    weights: tuple[float, ...]

    def __init__(self, values: Any, weights: Any = None) -> None:
        if isinstance(values, dict) and weights is None:
            values, weights = list(values), list(values.values())
        if not isinstance(values, (list, tuple, str)) or not values:
            raise InvalidValue(f"choice: expected a list of values, or a mapping of values to weights, got {values!r}")
        values = tuple(_plain(v, "choice") for v in values)
        weights = checked_weights(self.family, weights, len(values), "values")
        if len(set(values)) < len(values):
            raise InvalidValue(f"choice: values must be different, got {values!r}")
        if all(isinstance(v, str) for v in values):
            order = sorted(range(len(values)), key=values.__getitem__)
            values, weights = tuple(values[i] for i in order), tuple(weights[i] for i in order)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "weights", weights)

    def sample(self, rng: np.random.Generator) -> Any:
        return self.values[place(unit_uniform(rng), self.weights)]

    def quantile(self, u: float) -> Any:
        if not all(is_number(v) for v in self.values):
            return self.values[place(u, self.weights)]
        order = sorted(range(len(self.values)), key=self.values.__getitem__)
        return self.values[order[place(u, tuple(self.weights[i] for i in order))]]

    def cdf(self, value: float) -> float:
        if not all(is_number(v) for v in self.values):
            return super(Choice, self).cdf(value)
        return math.fsum(w for v, w in zip(self.values, self.weights, strict=True) if v <= value) / math.fsum(self.weights)

    def log_prob(self, value: Any) -> float:
        weight = math.fsum(w for v, w in zip(self.values, self.weights, strict=True) if v == value)
        return math.log(weight / math.fsum(self.weights)) if weight else -math.inf

    @property
    def support(self) -> Support | None:
        return _span(self.outcomes)

    @property
    def is_whole(self) -> bool:
        return all(isinstance(v, int) and not isinstance(v, bool) for v in self.outcomes)

    @property
    def outcomes(self) -> tuple[Any, ...]:
        return tuple(v for v, w in zip(self.values, self.weights, strict=True) if w > 0)

    @property
    def _is_even(self) -> bool:
        return all(w == 1 for w in self.weights)

    def __repr__(self) -> str:
        if self._is_even:
            return f"Choice({', '.join(short(v) for v in self.values)})"
        return f"Choice({', '.join(f'{short(v)}: {short(w)}' for v, w in zip(self.values, self.weights, strict=True))})"

    def to_json_value(self) -> Any:
        if self._is_even:
            return {self.family: _json(self.values)}
        if all(isinstance(v, str) for v in self.values):
            return {self.family: dict(zip(self.values, self.weights, strict=True))}
        return {self.family: {"values": _json(self.values), "weights": list(self.weights)}}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if isinstance(arguments, dict) and set(arguments) == {"values", "weights"} and isinstance(arguments["values"], list):
            return cls(arguments["values"], arguments["weights"])
        if not isinstance(arguments, (dict, list)):
            raise InvalidValue(f"choice takes a list of values, or a mapping of values to weights, got {arguments!r}")
        return cls(arguments)


def _span(values: Any) -> Support | None:
    return (min(values), max(values)) if all(is_number(v) for v in values) else None


def _plain(value: Any, family: str) -> Any:
    """A JSON scalar, or a tuple of them where a list stood. Raises InvalidValue."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v, family) for v in value)
    if isinstance(value, (str, bool)) or is_number(value):
        return value
    raise InvalidValue(f"{family}: expected finite numbers, texts or lists of them, got {value!r}")


def _json(value: Any) -> Any:
    return [_json(v) for v in value] if isinstance(value, tuple) else value
