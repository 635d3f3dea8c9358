"""Distributions that change in the course of a data set."""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, is_number, read, rounded, union
from diorama.randomizers.distributions.continuous import LogUniform
from diorama.randomizers.distributions.discrete import Constant
from diorama.randomizers.distributions.mixture import Mixture, reach_of, span_of
from diorama.randomizers.distributions.var import unresolved
from diorama.sim.errors import InvalidValue


@dataclass(frozen=True, slots=True, repr=False)
class Schedule(Distribution):
    """From one distribution to another in the course of `over` scenes: ``{schedule: {from: 0.1, to: {uniform: [0, 2]}, over: 1000}}``.

    Scene number `index` draws from `at(index)`. It cannot itself be drawn from.
    """

    family: ClassVar[str] = "schedule"
    symbol: ClassVar[str] = "Schedule"
    is_placeholder: ClassVar[bool] = True
    start: Distribution
    end: Distribution
    over: int

    def __post_init__(self) -> None:
        for end in (self.start, self.end):
            if not isinstance(end, Distribution):
                raise InvalidValue(f"schedule: expected a distribution at either end, got {end!r}")
        if self.start.columns != self.end.columns:
            raise InvalidValue(f"schedule: both ends must draw the same columns, got {self.start.columns} and {self.end.columns}")
        if isinstance(self.over, bool) or not isinstance(self.over, int) or self.over < 1:
            raise InvalidValue(f"schedule: over must be a number of scenes, 1 or more, got {self.over!r}")

    def at(self, index: int) -> Distribution:
        """The distribution of scene number `index`, with t = min(1, index / over) of the way gone.

        Between two of the same family, all of whose parameters are numbers, these go over evenly (in logarithms for
        `LogUniform`); whole numbers of such a family stay whole. Between any other two, a draw is from the end with
        probability t, and from the start otherwise.
        """
        t = min(1.0, max(index, 0) / self.over)
        if t in (0, 1) or self.start == self.end:
            return self.end if t else self.start
        if not self._is_smooth:
            return Mixture((self.start, self.end), (1 - t, t))
        return type(self.start)(*(self._between(getattr(self.start, f.name), getattr(self.end, f.name), t) for f in fields(self.start)))

    @property
    def _is_smooth(self) -> bool:
        numbers = (getattr(end, f.name) for end in (self.start, self.end) for f in fields(end))
        return type(self.start) is type(self.end) and all(is_number(n) for n in numbers)

    def _between(self, a: float, b: float, t: float) -> float:
        if isinstance(self.start, LogUniform):
            return rounded(math.exp((1 - t) * math.log(a) + t * math.log(b)))
        value = (1 - t) * a + t * b
        stays_whole = isinstance(a, int) and isinstance(b, int) and not isinstance(self.start, Constant)
        return round(value) if stays_whole else value

    def sample(self, rng: np.random.Generator) -> NoReturn:
        raise unresolved(self)

    @property
    def support(self) -> Support | None:
        return union((span_of(self.start), span_of(self.end)))

    @property
    def reach(self) -> Support | None:
        return union((reach_of(self.start), reach_of(self.end)))

    @property
    def is_whole(self) -> bool:
        # On its way from 1 to 2 a constant is 1.5; UniformInt(1, 1) would stay whole.
        is_broken = isinstance(self.start, Constant) and isinstance(self.end, Constant) and self.start != self.end
        return self.start.is_whole and self.end.is_whole and not is_broken

    @property
    def outcomes(self) -> tuple[Any, ...] | None:
        if self._is_smooth or self.start.outcomes is None or self.end.outcomes is None:
            return None
        return tuple(dict.fromkeys((*self.start.outcomes, *self.end.outcomes)))

    @property
    def columns(self) -> tuple[str, ...] | None:
        return self.start.columns

    def to_json_value(self) -> Any:
        return {self.family: {"from": self.start.to_json_value(), "to": self.end.to_json_value(), "over": self.over}}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if not isinstance(arguments, dict) or set(arguments) != {"from", "to", "over"}:
            raise InvalidValue(f"schedule takes {{from: ..., to: ..., over: scenes}}, got {arguments!r}")
        return cls(read(arguments["from"]), read(arguments["to"]), arguments["over"])
