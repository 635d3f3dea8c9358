"""Draws from one or another of several distributions."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, checked_weights, place, read, short, union, unit_uniform
from diorama.randomizers.distributions.var import variables_of
from diorama.sim.errors import InvalidValue


def span_of(distribution: Distribution) -> Support | None:
    """The support, as far as it is known: None when it depends on a variable."""
    return None if variables_of(distribution) else distribution.support


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
    def is_whole(self) -> bool:
        return all(c.is_whole for c in self._possible)

    @property
    def outcomes(self) -> tuple[Any, ...] | None:
        lists = [c.outcomes for c in self._possible]
        return None if None in lists else tuple(dict.fromkeys(value for values in lists if values for value in values))

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
