"""Distributions: inert values that say how something varies.

A distribution is a frozen dataclass. It compares, hashes, prints short (``U(0.4, 1)``) and reads and writes as
JSON or YAML: ``{uniform: [0.4, 1.0]}``, ``{choice: {red: 1, blue: 3}}``, ``{choice: [640, 800]}``; a bare number is
a constant. It draws only when it is given a generator.

Every draw is made by inversion from `Generator.random()` alone, a fixed number of uniforms for each, and floats
are then rounded to 10 significant digits. So draws depend neither on NumPy's choice of algorithm for a family nor on
the last bit of a machine's logarithm or sine: libraries differ there by about 1e-16, and what is left differs
only where a value straddles a rounding boundary, about once in ten thousand draws *that differ at all*. And a
small change of a setting changes what is drawn by as little.

A new family is a subclass of `Scalar` with `family`, `symbol`, its numbers as fields, and `support` and `quantile`.
"""

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any, ClassVar, Self

import numpy as np

from diorama.sim.codec import InvalidDocument
from diorama.sim.errors import DioramaError, InvalidValue, suggestion
from diorama.sim.registry import Registry
from diorama.sim.transforms import Quat

Support = tuple[float, float]


def rounded(value: float) -> float:
    """The number with 10 significant digits: what two machines that agree to the last few bits agree on."""
    return float(f"{value:.10g}")


def unit_uniform(rng: np.random.Generator) -> float:
    """A float in the open interval (0, 1)."""
    return rng.random() or 2.0**-54


@dataclass(frozen=True, slots=True)
class Distribution(ABC):
    """Something that can be drawn from. `family` is its name in plans, `symbol` its name in print."""

    family: ClassVar[str]
    symbol: ClassVar[str]

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> Any:
        """One draw: a plain Python number, string or tuple."""

    @property
    def support(self) -> Support | None:
        """The lowest and highest number it can draw, or None when it does not draw numbers."""
        return None

    @property
    def is_whole(self) -> bool:
        """Whether all it draws are ints."""
        return False

    @property
    def outcomes(self) -> tuple[Any, ...] | None:
        """All that it can draw, or None when that is no short list."""
        return None

    def __repr__(self) -> str:
        return f"{self.symbol}({', '.join(_short(getattr(self, f.name)) for f in fields(self))})"

    # --- the codec's hooks ---

    def to_json_value(self) -> Any:
        """``{family: [numbers, in the order of the fields]}``."""
        return {self.family: [getattr(self, f.name) for f in fields(self)]}

    @classmethod
    def from_json_value(cls, value: Any, path: str = "") -> Self:
        """The inverse of `to_json_value`; a mapping of the fields and bare numbers are understood as well.

        Raises InvalidDocument with `path` (dotted) before what was wrong.
        """
        try:
            found = _read(value)
            if not isinstance(found, cls):
                raise InvalidValue(f"expected a distribution of the family {cls.family}, got {found!r}")
            return found
        except DioramaError as error:
            raise InvalidDocument([f"{path}: {error}" if path else str(error)]) from None

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        """Build from what stands after ``family:``."""
        names = [f.name for f in fields(cls)]
        if isinstance(arguments, dict) and set(arguments) == set(names):
            return cls(**arguments)
        if isinstance(arguments, (list, tuple)) and len(arguments) == len(names):
            return cls(*arguments)
        raise InvalidValue(f"{cls.family} takes [{', '.join(names)}], got {arguments!r}")


@dataclass(frozen=True, slots=True, repr=False)
class Scalar(Distribution):
    """A distribution over numbers, defined by its quantile function."""

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if not _is_number(value):
                raise InvalidValue(f"{self.family}: {f.name} must be a finite number, got {value!r}")
            object.__setattr__(self, f.name, float(value))
        self._check()

    def _check(self) -> None:
        """Refuse impossible ranges."""

    @property
    @abstractmethod
    def support(self) -> Support: ...

    @abstractmethod
    def quantile(self, u: float) -> float:
        """The number below which a share `u` of the draws lies, 0 < u < 1."""

    def sample(self, rng: np.random.Generator) -> float:
        low, high = self.support
        return min(max(rounded(self.quantile(unit_uniform(rng))), low), high)

    def _require(self, condition: bool, message: str) -> None:
        if not condition:
            raise InvalidValue(f"{self.family}: {message}")


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

    def __repr__(self) -> str:
        return _short(self.value)

    def to_json_value(self) -> Any:
        return self.value if _is_number(self.value) else {self.family: _json(self.value)}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        return cls(arguments)


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


@dataclass(frozen=True, slots=True, repr=False)
class UniformInt(Distribution):
    """A whole number between two, both included."""

    family: ClassVar[str] = "uniform-int"
    symbol: ClassVar[str] = "UI"
    low: int
    high: int

    def __post_init__(self) -> None:
        for value in (self.low, self.high):
            if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**52:
                raise InvalidValue(f"uniform-int: low and high must be whole numbers below 2**52, got {value!r}")
        if self.low > self.high:
            raise InvalidValue(f"uniform-int: low must not be above high, got {self.low}, {self.high}")

    @property
    def support(self) -> Support:
        return self.low, self.high

    @property
    def is_whole(self) -> bool:
        return True

    def sample(self, rng: np.random.Generator) -> int:
        return min(self.low + int(unit_uniform(rng) * (self.high - self.low + 1)), self.high)


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
        weights = tuple(weights) if isinstance(weights, (list, tuple)) else (1.0,) * len(values)
        if len(weights) != len(values):
            raise InvalidValue(f"choice: there are {len(values)} values, but {len(weights)} weights")
        for w in weights:
            if not _is_number(w) or w < 0:
                raise InvalidValue(f"choice: weights must be numbers of 0 or more, got {w!r}")
        if len(set(values)) < len(values):
            raise InvalidValue(f"choice: values must be different, got {values!r}")
        if not 0 < sum(weights) < math.inf:
            raise InvalidValue("choice: the weights must not all be 0")
        if all(isinstance(v, str) for v in values):
            order = sorted(range(len(values)), key=values.__getitem__)
            values, weights = tuple(values[i] for i in order), tuple(weights[i] for i in order)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "weights", tuple(float(w) for w in weights))

    def sample(self, rng: np.random.Generator) -> Any:
        left = unit_uniform(rng) * math.fsum(self.weights)
        for value, weight in zip(self.values, self.weights, strict=True):
            left -= weight
            if left < 0:
                return value
        return self.outcomes[-1]

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
            return f"Choice({', '.join(_short(v) for v in self.values)})"
        return f"Choice({', '.join(f'{_short(v)}: {_short(w)}' for v, w in zip(self.values, self.weights, strict=True))})"

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


@dataclass(frozen=True, slots=True, repr=False)
class UniformRotation(Distribution):
    """Any orientation, evenly: a unit quaternion wxyz with w >= 0.

    K. Shoemake, "Uniform random rotations", Graphics Gems III, 1992.
    """

    family: ClassVar[str] = "uniform-rotation"
    symbol: ClassVar[str] = "Rotation"

    def sample(self, rng: np.random.Generator) -> Quat:
        u, a, b = unit_uniform(rng), 2 * math.pi * unit_uniform(rng), 2 * math.pi * unit_uniform(rng)
        r, s = math.sqrt(1 - u), math.sqrt(u)
        w, x, y, z = s * math.cos(b), r * math.sin(a), r * math.cos(a), s * math.sin(b)
        sign = math.copysign(1.0, w)
        return (rounded(sign * w), rounded(sign * x), rounded(sign * y), rounded(sign * z))


_STANDARD = NormalDist()

FAMILIES = Registry(
    "distribution",
    "diorama.distributions",
    {f.family: f"{__name__}:{f.__name__}" for f in (Constant, Uniform, LogUniform, Normal, TruncatedNormal, UniformInt, Choice, UniformRotation)},
)


def require(owner: object, low: float, high: float, *names: str, whole: bool = False) -> None:
    """Refuse settings of `owner` that can draw anything outside low..high (or, if `whole`, anything but ints).

    For `__post_init__` of randomizers, so that a plan fails before anything runs. Raises InvalidValue.
    """
    for name in names:
        distribution = getattr(owner, name)
        if not isinstance(distribution, Distribution):
            raise InvalidValue(f"{name} must be a distribution, e.g. Constant({distribution!r}), got {distribution!r}")
        span = distribution.support
        if span is None or not low <= span[0] <= span[1] <= high or (whole and not distribution.is_whole):
            kind = "whole numbers" if whole else "numbers"
            limits = f"of {low:g} or more" if math.isinf(high) else f"in {low:g}..{high:g}"
            raise InvalidValue(f"{name} must draw {kind} {limits}, got {distribution!r}")


def require_one_of(owner: object, options: Collection[str], *names: str) -> None:
    """Refuse settings of `owner` that can draw anything but one of these words. Raises InvalidValue."""
    for name in names:
        distribution = getattr(owner, name)
        outcomes = distribution.outcomes if isinstance(distribution, Distribution) else None
        wrong = [v for v in outcomes if v not in options] if outcomes else [distribution]
        if wrong:
            raise InvalidValue(f"{name} must draw one of a few words, not {wrong[0]!r}.{suggestion(str(wrong[0]), options)}")


def _read(value: Any) -> Distribution:
    if isinstance(value, Distribution):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Constant(value)
    if isinstance(value, str) and value in FAMILIES.names():
        value = {value: []}
    if isinstance(value, dict) and len(value) == 1:
        ((family, arguments),) = value.items()
        return FAMILIES[str(family)]._from_arguments(arguments)
    raise InvalidValue(f"expected a number or a distribution such as {{uniform: [0.2, 1.0]}}, got {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _span(values: Any) -> Support | None:
    return (min(values), max(values)) if all(_is_number(v) for v in values) else None


def _plain(value: Any, family: str) -> Any:
    """A JSON scalar, or a tuple of them where a list stood. Raises InvalidValue."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v, family) for v in value)
    if isinstance(value, (str, bool)) or _is_number(value):
        return value
    raise InvalidValue(f"{family}: expected finite numbers, texts or lists of them, got {value!r}")


def _json(value: Any) -> Any:
    return [_json(v) for v in value] if isinstance(value, tuple) else value


def _short(value: Any) -> str:
    """A value in print: 1.0 as 1, tuples as lists."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_short(v) for v in value)}]"
    return str(value)
