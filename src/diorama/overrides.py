"""``--set path=value``: one setting of a document changed by its dotted path.

A path goes into mappings by key and into lists by number; into a list of named things also by their label or name:
``randomizers.lights.irradiance={uniform: [1, 2]}``. Values are YAML.
"""

import re
from typing import Any

from diorama.sim import text
from diorama.sim.errors import InvalidValue, UnknownKey, suggestion

_STEP = re.compile(r"[^.\[\]]+")


def changed(document: Any, assignment: str, *, new_keys: bool = True) -> Any:
    """A copy of a JSON document with one setting changed. `assignment` is ``path=value``; the last key of a path may be new if `new_keys`.

    Raises InvalidValue for what is no assignment, and UnknownKey for a path that leads nowhere.
    """
    path, equals, written = assignment.partition("=")
    if not equals or not _STEP.findall(path):
        raise InvalidValue(f"expected PATH=VALUE, such as randomizers.camera-shell.fov_deg=45, got {assignment!r}")
    try:
        value = text.parse(written, "yaml")
    except InvalidValue as error:
        raise InvalidValue(f"{path}: {error}") from None
    return with_value(document, path, value, new_keys=new_keys)


def with_value(document: Any, path: str, value: Any, *, new_keys: bool = True) -> Any:
    """The same with a path and a value. Raises UnknownKey for a path that leads nowhere."""
    return _with(document, _STEP.findall(path), value, [], new_keys)


def _with(here: Any, steps: list[str], value: Any, done: list[str], new_keys: bool) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(here, list):
        index = _index(here, step, done)
        return [_with(item, rest, value, [*done, step], new_keys) if i == index else item for i, item in enumerate(here)]
    if isinstance(here, str):  # a name alone stands for its usual settings
        here = {"name": here}
    if here is None and new_keys and done:  # what is absent has its usual settings but for this one
        here = {}
    if not isinstance(here, dict):
        raise UnknownKey(f"{'.'.join([*done, step])}: there is nothing below {'.'.join(done)}, which is {here!r}")
    if step not in here and (rest or not new_keys):
        raise UnknownKey(f'{".".join([*done, step])}: there is no "{step}" here.{suggestion(step, here)}')
    return here | {step: _with(here.get(step), rest, value, [*done, step], new_keys)}


def _index(items: list[Any], step: str, done: list[str]) -> int:
    if step.isascii() and step.isdigit() and int(step) < len(items):
        return int(step)
    names = [_name(item) for item in items]
    if step in names:
        return names.index(step)
    known = [name for name in names if name] or [str(i) for i in range(len(items))]
    raise UnknownKey(f'{".".join([*done, step])}: there is no "{step}" here.{suggestion(step, known)}')


def _name(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("label") or item.get("name") or "")
    return item if isinstance(item, str) else ""
