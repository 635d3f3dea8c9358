"""Putting numbers in the place of what depends on the scene: variables and schedules."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from diorama.randomizers.distributions.discrete import Constant
from diorama.randomizers.distributions.numeric import Numeric
from diorama.randomizers.distributions.schedule import Schedule
from diorama.randomizers.distributions.var import Var, is_open
from diorama.sim.errors import InvalidValue, UnknownName, suggestion

T = TypeVar("T")

#: Whether a settings object holds something to resolve, by its id. The object is kept beside the answer, so that no other can take its id.
_IS_OPEN: dict[int, tuple[object, bool]] = {}
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known of a scene before its randomizers draw: its index, and what each variable of the plan drew."""

    index: int
    variables: Mapping[str, Any]


def resolved(value: T, scope: Scope) -> T:
    """The value with the variables' numbers in place of every `Var`, and for every `Schedule` its distribution in this scene.

    `value` is a distribution, a randomizer, or any frozen dataclass, tuple or mapping of those, and is returned itself when there
    is nothing to resolve. Dataclasses are made anew, so their own checks see the numbers. Raises UnknownName for a variable
    that `scope` has not, InvalidValue when a number does not fit where it is put.
    """
    return _resolved(value, scope) if _is_known_open(value) else value


def _is_known_open(value: Any) -> bool:
    if not is_dataclass(value):
        return is_open(value)
    known = _IS_OPEN.get(id(value))
    if known is None:
        if len(_IS_OPEN) >= _MOST_KEPT:
            _IS_OPEN.clear()
        known = _IS_OPEN[id(value)] = value, is_open(value)
    return known[1]


def _resolved(value: Any, scope: Scope) -> Any:
    if isinstance(value, Var):
        return Constant(_drawn(value, scope))
    if isinstance(value, Schedule):
        return Schedule(_resolved(value.start, scope), _resolved(value.end, scope), value.over).at(scope.index)
    if is_dataclass(value) and not isinstance(value, type):
        old = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        number_at = _drawn if isinstance(value, Numeric) else _resolved
        new = {name: number_at(item, scope) if isinstance(item, Var) else _resolved(item, scope) for name, item in old.items()}
        return replace(value, **new) if any(new[name] is not old[name] for name in old) else value
    if isinstance(value, (tuple, list)):
        items = [_resolved(item, scope) for item in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, Mapping):
        items = {key: _resolved(item, scope) for key, item in value.items()}
        return items if any(items[key] is not value[key] for key in items) else value
    return value


def _drawn(var: Var, scope: Scope) -> Any:
    name, _, column = var.name.partition(".")
    if name not in scope.variables:
        raise UnknownName(f'no variable named "{name}".{suggestion(name, scope.variables)}')
    value = scope.variables[name]
    if not isinstance(value, Mapping):
        if column:
            raise InvalidValue(f'the variable "{name}" draws one thing, and has no column "{column}"')
        return value
    if column not in value:
        said = (
            f'the variable "{name}" has no column "{column}"'
            if column
            else f'the variable "{name}" draws several things together; name one, {name}.column'
        )
        raise UnknownName(f"{said}.{suggestion(column, value)}")
    return value[column]
