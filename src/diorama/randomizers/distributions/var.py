"""Places for numbers that are drawn elsewhere: ``{var: a}`` stands for what the plan's variable `a` drew in this scene."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, repr=False)
class Var(Distribution):
    """What a variable of the plan drew: ``name``, or ``name.column`` of a variable that draws several things together.

    It stands where a distribution may stand, or a number of one: ``{uniform: [0, {var: a}]}``. It cannot be drawn from;
    `resolved` puts the drawn value in its place.
    """

    family: ClassVar[str] = "var"
    symbol: ClassVar[str] = "Var"
    is_placeholder: ClassVar[bool] = True
    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not all(self.name.split(".")):
            raise InvalidValue(f"var: expected the name of a variable, or name.column, got {self.name!r}")

    def sample(self, rng: np.random.Generator) -> NoReturn:
        raise unresolved(self)

    def to_json_value(self) -> Any:
        return {self.family: self.name}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        return cls(arguments)


def unresolved(distribution: Distribution) -> InvalidValue:
    """What to raise when something is drawn from too early."""
    return InvalidValue(f"{distribution!r} depends on the scene; resolve it before drawing from it")


def variables_of(value: Any) -> frozenset[str]:
    """The names of the variables that a distribution, randomizer, or any dataclass, tuple or mapping of those depends on.

    Without columns: ``look`` for ``{var: look.brightness}``.
    """
    return frozenset(v.name.partition(".")[0] for v in parts(value) if isinstance(v, Var))


def is_open(value: Any) -> bool:
    """Whether anything in a value, as for `variables_of`, depends on the scene."""
    return any(part.is_placeholder for part in parts(value))


def parts(value: Any) -> Iterator[Distribution]:
    """All distributions in a value, itself included, at any depth."""
    if isinstance(value, Distribution):
        yield value
    if is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            yield from parts(getattr(value, f.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from parts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from parts(item)
