"""What a distribution is, how it is written, and by which name it is found."""

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from diorama.sim.codec import InvalidDocument, to_json
from diorama.sim.errors import DioramaError, InvalidValue
from diorama.sim.registry import Registry

Support = tuple[float, float]

#: Lists and mappings inside each other in the form of a distribution.
_MOST_NESTED = 150
_HERE = "diorama.randomizers.distributions"

FAMILIES = Registry(
    "distribution",
    "diorama.distributions",
    {
        "beta": f"{_HERE}.gamma_beta:Beta",
        "chi-square": f"{_HERE}.gamma_beta:ChiSquare",
        "choice": f"{_HERE}.discrete:Choice",
        "constant": f"{_HERE}.discrete:Constant",
        "empirical": f"{_HERE}.empirical:Empirical",
        "exponential": f"{_HERE}.continuous:Exponential",
        "gamma": f"{_HERE}.gamma_beta:Gamma",
        "gaussian-copula": f"{_HERE}.joint:GaussianCopula",
        "hybrid": f"{_HERE}.mixture:Hybrid",
        "log-normal": f"{_HERE}.continuous:LogNormal",
        "log-uniform": f"{_HERE}.continuous:LogUniform",
        "mixture": f"{_HERE}.mixture:Mixture",
        "normal": f"{_HERE}.continuous:Normal",
        "poisson": f"{_HERE}.discrete:Poisson",
        "schedule": f"{_HERE}.schedule:Schedule",
        "sequential-trees": f"{_HERE}.trees:SequentialTrees",
        "sphere-shell": f"{_HERE}.directions:SphereShell",
        "truncated": f"{_HERE}.truncated:Truncated",
        "truncated-normal": f"{_HERE}.continuous:TruncatedNormal",
        "uniform": f"{_HERE}.continuous:Uniform",
        "uniform-int": f"{_HERE}.discrete:UniformInt",
        "uniform-rotation": f"{_HERE}.directions:UniformRotation",
        "unit-sphere": f"{_HERE}.directions:UnitSphere",
        "var": f"{_HERE}.var:Var",
        "von-mises": f"{_HERE}.directions:VonMises",
    },
)


#: The ends of what `unit_uniform` draws.
LEAST, MOST = 2.0**-54, 1 - 2.0**-53


def rounded(value: float) -> float:
    """The number with 10 significant digits: what two machines that agree to the last few bits agree on."""
    return float(f"{value:.10g}")


def unit_uniform(rng: np.random.Generator) -> float:
    """A float in the open interval (0, 1)."""
    return rng.random() or LEAST


def draw_at(distribution: "Distribution", u: float) -> Any:
    """The draw at a quantile: rounded if it is a float, and within the support."""
    value, support = distribution.quantile(u), distribution.support
    return min(max(rounded(value), support[0]), support[1]) if isinstance(value, float) and support is not None else value


@dataclass(frozen=True, slots=True)
class Distribution(ABC):
    """Something that can be drawn from. `family` is its name in plans, `symbol` its name in print."""

    family: ClassVar[str]
    symbol: ClassVar[str]
    #: Whether it stands for another distribution, which depends on the scene.
    is_placeholder: ClassVar[bool] = False

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> Any:
        """One draw: a plain Python number, string or tuple; of a joint distribution, a mapping of names to those."""

    @property
    def support(self) -> Support | None:
        """The lowest and highest number it can draw, or None when it does not draw numbers, or not yet known ones."""
        return None

    @property
    def reach(self) -> Support | None:
        """The lowest and highest number that is ever drawn: the support, and where that has no end, the quantiles that `unit_uniform` comes to."""
        support = self.support
        if support is None:
            return None
        low, high = support
        return low if math.isfinite(low) else draw_at(self, LEAST), high if math.isfinite(high) else draw_at(self, MOST)

    @property
    def is_whole(self) -> bool:
        """Whether all it draws are ints."""
        return False

    @property
    def outcomes(self) -> tuple[Any, ...] | None:
        """All that it can draw, or None when that is no short list."""
        return None

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names of what it draws together, or None when it draws one thing."""
        return None

    def quantile(self, u: float) -> Any:
        """What a share `u` of the draws, 0 < u < 1, is at most; of things without an order, in the order they are kept in.

        Raises InvalidValue when there is none, as for directions.
        """
        raise InvalidValue(f"{self!r} has no quantiles")

    def cdf(self, value: float) -> float:
        """The share of the draws that are at most `value`. Raises InvalidValue when that makes no sense."""
        raise InvalidValue(f"{self!r} draws nothing that is less or more")

    def log_prob(self, value: Any) -> float:
        """The logarithm of the density at `value`, or of its probability for what is drawn from a list.

        Raises InvalidValue when it is not known.
        """
        raise InvalidValue(f"{self!r} has no known density")

    def __repr__(self) -> str:
        return f"{self.symbol}({', '.join(short(getattr(self, f.name)) for f in fields(self))})"

    # --- the codec's hooks ---

    def to_json_value(self) -> Any:
        """``{family: [numbers, in the order of the fields]}``."""
        return {self.family: [to_json(getattr(self, f.name)) for f in fields(self)]}

    @classmethod
    def from_json_value(cls, value: Any, path: str = "") -> Self:
        """The inverse of `to_json_value`; a mapping of the fields and bare numbers are understood as well.

        Raises InvalidDocument with `path` (dotted) before what was wrong.
        """
        try:
            _check_depth(value)
            found = read(value)
            if not isinstance(found, cls):
                raise InvalidValue(f"expected a distribution of the family {cls.family}, got {found!r}")
            return found
        except DioramaError as error:
            raise InvalidDocument([f"{path}: {error}" if path else str(error)]) from None

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        """Build from what stands after ``family:``."""
        names = [f.name for f in fields(cls)]
        needed = [f.name for f in fields(cls) if f.default is MISSING]
        if isinstance(arguments, dict) and set(needed) <= set(arguments) <= set(names):
            return cls(**arguments)
        if isinstance(arguments, (list, tuple)) and len(needed) <= len(arguments) <= len(names):
            return cls(*arguments)
        raise InvalidValue(f"{cls.family} takes [{', '.join(names)}], got {arguments!r}")


def read(value: Any) -> Distribution:
    """The distribution that a JSON value means. Raises InvalidValue or UnknownName."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = {"constant": value}
    if isinstance(value, str):
        value = {value: []} if value in FAMILIES.names() else {"constant": value}
    if isinstance(value, dict) and len(value) == 1:
        ((family, arguments),) = value.items()
        return FAMILIES[str(family)]._from_arguments(arguments)
    raise InvalidValue(f"expected a number, a word or a distribution such as {{uniform: [0.2, 1.0]}}, got {value!r}")


def _check_depth(value: Any) -> None:
    """Refuse what is nested so deeply that nobody means it, and Python gives up on it."""
    level = [value]
    for _ in range(_MOST_NESTED):
        level = [item for v in level if isinstance(v, (list, tuple, dict)) for item in (v.values() if isinstance(v, dict) else v)]
        if not level:
            return
    raise InvalidValue("distributions are nested too deeply")


def is_number(value: Any) -> bool:
    """Whether it is a finite int or float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def union(supports: Iterable[Support | None]) -> Support | None:
    """The range that holds all of these, or None when one is None."""
    spans = list(supports)
    known = [span for span in spans if span is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if spans and len(known) == len(spans) else None


def checked_weights(family: str, weights: Any, count: int, things: str) -> tuple[float, ...]:
    """Weights of 0 or more for `count` things, not all 0. Raises InvalidValue."""
    weights = tuple(weights) if isinstance(weights, (list, tuple)) else (1.0,) * count
    if len(weights) != count:
        raise InvalidValue(f"{family}: there are {count} {things}, but {len(weights)} weights")
    for w in weights:
        if not is_number(w) or w < 0:
            raise InvalidValue(f"{family}: weights must be numbers of 0 or more, got {w!r}")
    if not 0 < sum(weights) < math.inf:
        raise InvalidValue(f"{family}: the weights must not all be 0")
    return tuple(float(w) for w in weights)


def place(u: float, weights: tuple[float, ...]) -> int:
    """Where a share `u` of the weights' sum is reached, 0 < u < 1."""
    left = u * math.fsum(weights)
    last = 0
    for i, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return i
        last = i if weight > 0 else last
    return last


def short(value: Any) -> str:
    """A value in print: 1.0 as 1, tuples as lists."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(short(v) for v in value)}]"
    return str(value)
