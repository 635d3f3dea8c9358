"""A plan's variables: drawn once a scene, and shared by whatever refers to them.

A plan says ``variables: {near: {uniform: [0.5, 1]}, far: {uniform: [{var: near}, 2]}}``, and anywhere in it a distribution, or a
number of one, may be ``{var: near}``. So draws depend on each other, in one randomizer or in several, and a joint distribution
(``look: {gaussian-copula: ...}``, referred to as ``{var: look.brightness}``) can steer all of a scene. Each variable has a
random stream of its own name: another variable changes none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from diorama.randomizers.distributions import Distribution
from diorama.randomizers.distributions.scope import Scope, resolved
from diorama.randomizers.distributions.var import variables_of
from diorama.sim.errors import InvalidValue, UnknownName, suggestion
from diorama.sim.seeds import Seed

Variables = Mapping[str, Distribution]


def in_order(variables: Variables) -> tuple[str, ...]:
    """The names such that each variable comes after those it refers to. Raises UnknownName, or InvalidValue for a circle."""
    done: dict[str, None] = {}
    waiting: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in waiting:
            raise InvalidValue(f"variables: {' -> '.join([*waiting[waiting.index(name) :], name])} refer to each other in a circle")
        waiting.append(name)
        for other in sorted(variables_of(variables[name])):
            check_known(other, variables, f"variables.{name}")
            visit(other)
        waiting.pop()
        done[name] = None

    for name in variables:
        visit(name)
    return tuple(done)


def check_known(name: str, variables: Variables, where: str) -> None:
    """Raise UnknownName for a variable that there is not."""
    if name not in variables:
        raise UnknownName(f'{where}: there is no variable named "{name}".{suggestion(name, variables)}')


def draw(variables: Variables, seed: Seed, index: int) -> dict[str, Any]:
    """Their values in scene number `index`, in the order of the plan. Raises InvalidValue when what was drawn makes no sense for another."""
    drawn: dict[str, Any] = {}
    for name in in_order(variables):
        distribution = resolved(variables[name], Scope(index=index, variables=drawn))
        drawn[name] = _plain(distribution.sample(seed.child("variable", name).rng()))
    return {name: drawn[name] for name in variables}


def extremes(variables: Variables) -> Iterator[dict[str, Any]]:
    """Values at both ends of what the variables can be, to try settings with that depend on them."""
    for end in range(2):
        found: dict[str, Any] = {}
        for name in in_order(variables):
            distribution = resolved(variables[name], Scope(index=0, variables=found))
            reach = distribution.reach
            found[name] = _plain(distribution.sample(Seed(end).child("variable", name).rng())) if reach is None else reach[end]
        yield found


def _plain(value: Any) -> Any:
    """As it reads back from JSON."""
    return list(value) if isinstance(value, tuple) else value
