"""A JSON Schema of plan files, from the settings themselves, for editors that complete and check while one types.

It describes what a plan may say; what it must mean (low below high, folders that exist) is checked when the plan is read.
"""

import dataclasses
import types
import typing
from inspect import getdoc
from typing import Any, Literal, get_args, get_origin, get_type_hints

from diorama.exporters import EXPORTERS
from diorama.plan import Plan
from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.distributions import FAMILIES, Distribution
from diorama.scenes import SCENARIOS
from diorama.sim.registry import Registry
from diorama.sim.render import RENDERERS
from diorama.sim.render.settings import SETTINGS

_SCALARS = {int: "integer", float: "number", str: "string", bool: "boolean", types.NoneType: "null"}


def plan_schema() -> dict[str, Any]:
    """The schema of a plan, JSON Schema draft 2020-12, with every name that is registered now."""
    definitions: dict[str, Any] = {"distribution": _distribution()}
    hints = get_type_hints(Plan)
    properties = {
        "scenario": _named(SCENARIOS, definitions),
        "randomizers": {"type": "array", "items": _named(RANDOMIZERS, definitions)},
        "exporters": {"type": "array", "items": _named(EXPORTERS, definitions)},
        "renderer": _renderer(definitions),
    }
    properties["set"] = {"type": "object", "description": "Single settings by their paths, such as randomizers.lights.shadowed."}
    properties |= {f.name: _of(hints[f.name], definitions) for f in dataclasses.fields(Plan) if f.name not in properties}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan of Diorama",
        "type": "object",
        "properties": properties,
        "required": ["scenario"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _named(registry: Registry, definitions: dict[str, Any]) -> dict[str, Any]:
    """A name, or a name and settings."""
    return {"anyOf": [{"enum": list(registry.names())}, *(_settings(name, registry[name], definitions) for name in registry.names())]}


def _settings(name: str, cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    described = _object(cls, definitions)
    return described | {"properties": {"name": {"const": name}, **described["properties"]}, "required": ["name", *described["required"]]}


def _renderer(definitions: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"enum": list(RENDERERS.names())}, *(_settings(name, cls, definitions) for name, cls in SETTINGS.items())]}


def _distribution() -> dict[str, Any]:
    families = {
        name: {"description": (getdoc(FAMILIES[name]) or "").split("\n\n")[0].replace("\n", " ").replace("`", "")} for name in FAMILIES.names()
    }
    return {
        "description": "A number or a word, or how it varies.",
        "anyOf": [
            {"type": "number"},
            {"type": "string"},
            {"type": "object", "properties": families, "minProperties": 1, "maxProperties": 1, "additionalProperties": False},
        ],
    }


def _object(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    fields = [f for f in dataclasses.fields(cls) if f.init]
    kind = {"kind": {"const": cls.kind}} if hasattr(cls, "kind") else {}
    return {
        "type": "object",
        "description": (getdoc(cls) or "").replace("`", ""),
        "properties": kind | {f.name: _of(hints[f.name], definitions) for f in fields},
        "required": [f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING],
        "additionalProperties": False,
    }


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a type annotation allows."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of(a, definitions) for a in arguments]}
    if origin is tuple:
        return _tuple(arguments, definitions)
    if origin is dict or hint is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], definitions) if arguments else {}}
    if isinstance(hint, type) and issubclass(hint, Distribution):
        return {"$ref": "#/$defs/distribution"}
    if hasattr(hint, "json_schema"):
        return hint.json_schema()
    name = hint.__name__
    if name not in definitions:
        definitions[name] = {}  # stands while the type refers to itself
        definitions[name] = _object(hint, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _tuple(arguments: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    items = [_of(a, definitions) for a in arguments]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
