"""Families whose parameters are numbers."""

from abc import abstractmethod
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, draw_at, is_number, unit_uniform
from diorama.randomizers.distributions.var import Var, unresolved, variables_of
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, repr=False)
class Numeric(Distribution):
    """A distribution all of whose fields are numbers. A `Var` may stand for each of them until the scene is known."""

    def __post_init__(self) -> None:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in values.items():
            if not isinstance(value, Var):
                object.__setattr__(self, name, self._parameter(name, value))
        if not any(isinstance(value, Var) for value in values.values()):
            self._check()

    def _parameter(self, name: str, value: Any) -> float:
        """The value of a field. Raises InvalidValue."""
        if not is_number(value):
            raise InvalidValue(f"{self.family}: {name} must be a finite number, got {value!r}")
        return float(value)

    def _check(self) -> None:
        """Refuse impossible ranges."""

    def sample(self, rng: np.random.Generator) -> Any:
        try:
            return self._draw(rng)
        except TypeError:  # asked for only now, since draws are many
            if variables_of(self):
                raise unresolved(self) from None
            raise

    def _draw(self, rng: np.random.Generator) -> Any:
        """One draw, all fields being numbers."""
        return draw_at(self, unit_uniform(rng))

    def _require(self, condition: bool, message: str) -> None:
        if not condition:
            raise InvalidValue(f"{self.family}: {message}")

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if len(fields(cls)) == 1 and (is_number(arguments) or _is_var(arguments)):
            arguments = [arguments]
        if isinstance(arguments, dict):
            arguments = {name: _var_or_value(value) for name, value in arguments.items()}
        if isinstance(arguments, (list, tuple)):
            arguments = [_var_or_value(value) for value in arguments]
        return super(Numeric, cls)._from_arguments(arguments)


@dataclass(frozen=True, slots=True, repr=False)
class Scalar(Numeric):
    """A distribution over numbers, defined by its quantile function."""

    @property
    @abstractmethod
    def support(self) -> Support: ...

    @abstractmethod
    def quantile(self, u: float) -> float:
        """The number below which a share `u` of the draws lies, 0 < u < 1."""

    def cdf(self, value: float) -> float:
        # For families that define only their quantiles.
        low, high = 0.0, 1.0
        for _ in range(60):
            u = (low + high) / 2
            low, high = (u, high) if 0 < u < 1 and self.quantile(u) <= value else (low, u)
        return (low + high) / 2


def _is_var(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {Var.family}


def _var_or_value(value: Any) -> Any:
    return Var(value[Var.family]) if _is_var(value) else value
