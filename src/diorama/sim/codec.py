"""Strict, exact conversion between frozen dataclasses and JSON values.

`to_json` and `from_json` are inverses: every float survives to the last bit (Python writes the shortest text
that reads back the same). Reading is strict: unknown keys, missing fields and wrong types are collected over
the whole document, each with its dotted path and the nearest valid name, and reported together.

Members of a union of dataclasses are told apart by a class variable `kind`, written beside the fields. A class
that needs a form of its own (distributions do) has the methods `to_json_value()` and, as a class method,
`from_json_value(value, path)`, which may also be inherited by an abstract base.
"""

import dataclasses
import math
import sys
import types
import typing
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

from diorama.sim.errors import DioramaError, InvalidValue, suggestion

T = TypeVar("T")

_SCALARS = frozenset((bool, int, float, str))
#: What is its own JSON value.
_PLAIN = frozenset((types.NoneType, bool, int, str))


class InvalidDocument(InvalidValue):
    """One or more faults in a document, a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def to_json(value: Any) -> Any:
    """A JSON value (dicts, lists, strings, numbers, booleans, None) for a dataclass, tuple or plain value."""
    if type(value) in _PLAIN or (type(value) is float and math.isfinite(value)):
        return value
    own = getattr(value, "to_json_value", None)
    if own is not None:
        return own()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        out: dict[str, Any] = {} if _kind(type(value)) is None else {"kind": _kind(type(value))}
        return out | {name: to_json(getattr(value, name)) for name in _fields(type(value))}
    if isinstance(value, (tuple, list)):
        return [to_json(v) for v in value]
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValue(f"{value} cannot be written as JSON")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"no JSON form for {type(value).__name__}")


def from_json(cls: type[T], value: Any, *, source: str = "", path: str = "") -> T:
    """Build `cls` from a JSON value. `source` (a file's name) opens every message; `path` is where in it the value stands.

    Raises InvalidDocument, with every fault found, in the order of the document.
    """
    faults: list[str] = []
    result = _read(cls, value, path, faults)
    if faults:
        raise InvalidDocument([f"{source}: {fault}" if source else fault for fault in faults])
    return result


def fields_from_json(cls: type[T], value: Any, *, path: str = "") -> T:
    """Build a dataclass from a mapping of its fields, as `from_json` does for one that has no `from_json_value` of its own."""
    faults: list[str] = []
    result = _read_dataclass(cls, value, path, faults)
    if faults:
        raise InvalidDocument(faults)
    return result


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


@cache
def _kind(cls: Any) -> str | None:
    """What a member of a union is told by; None for a class that needs no telling apart."""
    return getattr(cls, "kind", None) if dataclasses.is_dataclass(cls) else None


@cache
def _fields(cls: type) -> dict[str, "dataclasses.Field[Any]"]:
    """Those that are given to make one."""
    return {f.name: f for f in dataclasses.fields(cls) if f.init}


def _say(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _read(hint: Any, value: Any, path: str, faults: list[str]) -> Any:
    if hint is Any:
        return value
    if type(hint) is type and hint in _SCALARS:
        return _read_scalar(hint, value, path, faults)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _read_union(arguments, value, path, faults)
    if origin is Literal:
        if value not in arguments:
            hints = suggestion(str(value), [str(a) for a in arguments])
            faults.append(_say(path, f"{value!r} is not one of the choices.{hints}"))
        return value
    if origin is tuple:
        return _read_tuple(arguments, value, path, faults)
    if origin is dict or hint is dict:
        if not isinstance(value, dict):
            faults.append(_say(path, f"expected a mapping, got {value!r}"))
            return {}
        item = arguments[1] if arguments else Any
        return {k: _read(item, v, f"{path}.{k}" if path else str(k), faults) for k, v in value.items()}
    if hasattr(hint, "from_json_value"):
        try:
            return hint.from_json_value(value, path)
        except InvalidDocument as error:
            faults.extend(error.faults)
        except DioramaError as error:
            faults.append(_say(path, str(error)))
        return None
    if dataclasses.is_dataclass(hint):
        return _read_dataclass(typing.cast("type", hint), value, path, faults)
    return _read_scalar(hint, value, path, faults)


def _read_scalar(hint: Any, value: Any, path: str, faults: list[str]) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is float and is_number and abs(value) <= sys.float_info.max:
        return float(value)
    if hint is not float and isinstance(value, hint) and isinstance(value, bool) == (hint is bool):
        return value
    names = {float: "a finite number", int: "a whole number", str: "a text", bool: "true or false", types.NoneType: "nothing"}
    faults.append(_say(path, f"expected {names.get(hint, hint.__name__)}, got {value!r}"))
    return None


def _read_tuple(arguments: tuple[Any, ...], value: Any, path: str, faults: list[str]) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        faults.append(_say(path, f"expected a list, got {value!r}"))
        return ()
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        faults.append(_say(path, f"expected {len(arguments)} values, got {len(value)}"))
        return ()
    return tuple(_read(a, v, f"{path}[{i}]", faults) for i, (a, v) in enumerate(zip(arguments, value, strict=True)))


def _read_union(arguments: tuple[Any, ...], value: Any, path: str, faults: list[str]) -> Any:
    if value is None and types.NoneType in arguments:
        return None
    options = [a for a in arguments if a is not types.NoneType]
    if len(options) == 1:
        return _read(options[0], value, path, faults)
    by_kind = {kind: a for a in options if (kind := _kind(a)) is not None}
    if isinstance(value, dict) and by_kind and len(by_kind) == sum(map(dataclasses.is_dataclass, options)):
        kind = value.get("kind")
        if isinstance(kind, str) and kind in by_kind:
            return _read(by_kind[kind], value, path, faults)
        said = "no kind is given" if kind is None else f'no kind is named "{kind}"'
        faults.append(_say(path, f"{said}.{suggestion(str(kind), by_kind)}"))
        return None
    for option in options:
        trial: list[str] = []
        result = _read(option, value, path, trial)
        if not trial:
            return result
    faults.append(_say(path, f"expected {' or '.join(getattr(o, '__name__', str(o)) for o in options)}, got {value!r}"))
    return None


def _read_dataclass(cls: type, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, dict):
        faults.append(_say(path, f"expected a mapping with the fields of {cls.__name__}, got {value!r}"))
        return None
    fields, hints = _fields(cls), _hints(cls)
    before = len(faults)
    arguments = {}
    for key, item in value.items():
        if key in fields:
            arguments[key] = _read(hints[key], item, f"{path}.{key}" if path else str(key), faults)
        elif key == "kind" and _kind(cls) is not None:
            if item != _kind(cls):
                faults.append(_say(f"{path}.kind" if path else "kind", f"expected {_kind(cls)!r}, got {item!r}"))
        else:
            faults.append(_say(path, f'{cls.__name__} has no field "{key}".{suggestion(str(key), fields)}'))
    for name, f in fields.items():
        if name not in value and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            faults.append(_say(path, f'{cls.__name__} needs the field "{name}"'))
    if len(faults) > before:
        return None
    try:
        return cls(**arguments)
    except DioramaError as error:
        faults.append(_say(path, str(error)))
        return None
