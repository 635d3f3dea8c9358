"""Draws from one or another of several distributions."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, checked_weights, is_number, place, read, short, union, unit_uniform
from diorama.randomizers.distributions.var import variables_of
from diorama.sim.errors import InvalidValue


def span_of(distribution: Distribution) -> Support | None:
    """The support, as far as it is known: None when it depends on a variable."""
    return None if variables_of(distribution) else distribution.support


def reach_of(distribution: Distribution) -> Support | None:
    """The reach, as far as it is known: None when it depends on a variable."""
    return None if variables_of(distribution) else distribution.reach


@dataclass(frozen=True, slots=True, init=False)
class Mixture(Distribution):
    """Each draw is from one of the components, evenly or with weights (of any sum): ``{mixture: {components: [...], weights: [1, 3]}}``."""

    family: ClassVar[str] = "mixture"
    symbol: ClassVar[str] = "Mixture"
    components: tuple[Distribution, ...]
    weights: tuple[float, ...]

    def __init__(self, components: Any, weights: Any = None) -> None:
        if not isinstance(components, (list, tuple)) or not components:
            raise InvalidValue(f"mixture: expected a list of distributions, got {components!r}")
        for component in components:
            if not isinstance(component, Distribution):
                raise InvalidValue(f"mixture: expected distributions, got {component!r}")
            if component.columns != components[0].columns:
                raise InvalidValue(f"mixture: all components must draw the same columns, got {components[0].columns} and {component.columns}")
        object.__setattr__(self, "components", tuple(components))
        object.__setattr__(self, "weights", checked_weights(self.family, weights, len(components), "components"))

    def sample(self, rng: np.random.Generator) -> Any:
        chosen = place(unit_uniform(rng), self.weights)
        # All are drawn from, so that what is drawn next does not depend on which was chosen.
        return [component.sample(rng) for component in self.components][chosen]

    @property
    def _possible(self) -> tuple[Distribution, ...]:
        return tuple(c for c, w in zip(self.components, self.weights, strict=True) if w > 0)

    @property
    def support(self) -> Support | None:
        return union(span_of(c) for c in self._possible)

    @property
    def reach(self) -> Support | None:
        return union(reach_of(c) for c in self._possible)

    @property
    def is_whole(self) -> bool:
        return all(c.is_whole for c in self._possible)

    @property
    def outcomes(self) -> tuple[Any, ...] | None:
        lists = [c.outcomes for c in self._possible]
        return None if None in lists else tuple(dict.fromkeys(value for values in lists if values for value in values))

    @property
    def columns(self) -> tuple[str, ...] | None:
        return self.components[0].columns

    def quantile(self, u: float) -> float:
        low, high = (bound(c.quantile(u) for c in self._possible) for bound in (min, max))
        # Between the components' quantiles, halved until neighbours are left.
        while low < high:
            middle = low + (high - low) // 2 if self.is_whole else low + (high - low) / 2
            if self.cdf(middle) >= u:
                if middle == high:
                    break
                high = middle
            elif middle == low:
                break
            else:
                low = middle + 1 if self.is_whole else middle
        return high

    def cdf(self, value: float) -> float:
        shares = (w * c.cdf(value) for c, w in zip(self.components, self.weights, strict=True) if w > 0)
        return math.fsum(shares) / math.fsum(self.weights)

    def log_prob(self, value: Any) -> float:
        logs = [c.log_prob(value) + math.log(w) for c, w in zip(self.components, self.weights, strict=True) if w > 0]
        most = max(logs)
        if math.isinf(most):
            return most
        return most + math.log(math.fsum(math.exp(x - most) for x in logs)) - math.log(math.fsum(self.weights))

    def __repr__(self) -> str:
        return f"Mixture({', '.join(f'{c!r}: {short(w)}' for c, w in zip(self.components, self.weights, strict=True))})"

    def to_json_value(self) -> Any:
        return {self.family: {"components": [c.to_json_value() for c in self.components], "weights": list(self.weights)}}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if isinstance(arguments, list):
            arguments = {"components": arguments, "weights": None}
        if not isinstance(arguments, dict) or set(arguments) != {"components", "weights"} or not isinstance(arguments["components"], list):
            raise InvalidValue(f"mixture takes {{components: [...], weights: [...]}}, got {arguments!r}")
        return cls([read(c) for c in arguments["components"]], arguments["weights"])


@dataclass(frozen=True, slots=True, repr=False)
class Hybrid(Distribution):
    """Partly what was measured, partly what is known or wished: a share `weight` of the draws is from `real`, the rest from `prior`."""

    family: ClassVar[str] = "hybrid"
    symbol: ClassVar[str] = "Hybrid"
    real: Distribution
    prior: Distribution
    weight: float

    def __post_init__(self) -> None:
        if not is_number(self.weight) or not 0 <= self.weight <= 1:
            raise InvalidValue(f"hybrid: weight is the share of real in 0..1, got {self.weight!r}")
        object.__setattr__(self, "weight", float(self.weight))
        _ = self.mixture

    @property
    def mixture(self) -> Mixture:
        """The mixture that it is."""
        return Mixture((self.real, self.prior), (self.weight, 1 - self.weight))

    def sample(self, rng: np.random.Generator) -> Any:
        return self.mixture.sample(rng)

    @property
    def support(self) -> Support | None:
        return self.mixture.support

    @property
    def reach(self) -> Support | None:
        return self.mixture.reach

    @property
    def is_whole(self) -> bool:
        return self.mixture.is_whole

    @property
    def outcomes(self) -> tuple[Any, ...] | None:
        return self.mixture.outcomes

    @property
    def columns(self) -> tuple[str, ...] | None:
        return self.mixture.columns

    def quantile(self, u: float) -> float:
        return self.mixture.quantile(u)

    def cdf(self, value: float) -> float:
        return self.mixture.cdf(value)

    def log_prob(self, value: Any) -> float:
        return self.mixture.log_prob(value)

    def __repr__(self) -> str:
        return f"Hybrid({100 * self.weight:g}% real {self.real!r}, {100 * (1 - self.weight):g}% prior {self.prior!r})"

    def to_json_value(self) -> Any:
        return {self.family: {"real": self.real.to_json_value(), "prior": self.prior.to_json_value(), "weight": self.weight}}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if not isinstance(arguments, dict) or set(arguments) != {"real", "prior", "weight"}:
            raise InvalidValue(f"hybrid takes {{real: ..., prior: ..., weight: share of real}}, got {arguments!r}")
        return cls(read(arguments["real"]), read(arguments["prior"]), arguments["weight"])
