"""A plan: everything that decides what a data set looks like, besides its seed and size.

A plan file is YAML, or JSON when its name ends in ``.json``::

    scenario: tabletop                  # or {name: tabletop, ...settings}
    randomizers:                        # absent: the scenario's own
      - lights                          # a name alone: with its default settings
      - {name: camera-shell, radius_m: {uniform: [0.9, 1.4]}}
    exporters: [coco]                   # absent: coco
    renderer: raster                    # absent: raster; or {name: pathtrace, spp: 32}
    resolution: [640, 480]
    views: 5

``diorama describe tabletop --yaml`` prints a complete one to edit. Plan files are untrusted input: they are read
strictly, and every fault is reported with the file, the dotted path and the nearest valid name before anything runs.
Relative paths in `assets` start at the folder the command runs in, there as on the command line.
"""

import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from diorama.exporters import EXPORTERS
from diorama.exporters.base import Exporter
from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.base import Randomizer
from diorama.scenes import SCENARIOS
from diorama.scenes.base import Scenario
from diorama.sim.codec import InvalidDocument, from_json, to_json
from diorama.sim.errors import DioramaError, InvalidValue, UnknownName, suggestion
from diorama.sim.registry import Registry
from diorama.sim.render import RENDERERS
from diorama.sim.render.settings import SETTINGS, PathTracing

#: Larger files are no plans, and are not parsed.
MAX_PLAN_BYTES = 1 << 20
#: Larger pictures are taken for a slip; they would need gigabytes.
MAX_SIDE_PX = 16384

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Scenario, randomizers, assets, cameras and exporters.

    `randomizers` run in order; their names are unique. `assets` are files and folders of the user's own that objects are
    taken from instead of the built-in library. `views` pictures are taken of each scene. A view that shows fewer than
    `min_visible_objects` is taken anew, a scene that physics rejects is staged anew, at most `max_attempts` times each. `renderer` is
    the name of one without settings, or the settings of one that has some.
    """

    scenario: Scenario
    randomizers: tuple[Randomizer, ...]
    exporters: tuple[Exporter, ...]
    assets: tuple[str, ...] = ()
    resolution: tuple[int, int] = (640, 480)
    views: int = 5
    renderer: str | PathTracing = "raster"
    min_visible_objects: int = 1
    max_attempts: int = 20

    def __post_init__(self) -> None:
        width, height = self.resolution
        if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
            raise InvalidValue(f"resolution must be between 1x1 and {MAX_SIDE_PX}x{MAX_SIDE_PX} pixels, got {width}x{height}")
        for name in ("views", "max_attempts"):
            if getattr(self, name) <= 0:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")
        if self.min_visible_objects < 0:
            raise InvalidValue(f"min_visible_objects must be 0 or more, got {self.min_visible_objects}")
        if self.renderer_name not in RENDERERS.names():
            raise UnknownName(f'no renderer named "{self.renderer}".{suggestion(self.renderer_name, RENDERERS.names())}')
        if isinstance(self.renderer, str) and self.renderer in SETTINGS:
            object.__setattr__(self, "renderer", SETTINGS[self.renderer]())
        for noun, things in (("randomizer", self.randomizers), ("exporter", self.exporters)):
            names = [thing.name for thing in things]
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise InvalidValue(f"{noun} names must be unique, {', '.join(twice)} appears more than once")

    @property
    def renderer_name(self) -> str:
        return self.renderer if isinstance(self.renderer, str) else self.renderer.name


def default_plan(scenario: str, **settings: Any) -> Plan:
    """The plan of a scenario with its own randomizers, written as COCO. `settings` are further fields of `Plan`.

    Raises UnknownName when there is no such scenario.
    """
    staged = SCENARIOS[scenario]()
    return Plan(**{"scenario": staged, "randomizers": staged.randomizers(), "exporters": (EXPORTERS["coco"](),)} | settings)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON value in which every setting is spelled out. `plan_from_json` gives back an equal plan."""
    return {
        "scenario": _named_to_json(plan.scenario),
        "randomizers": [_named_to_json(r) for r in plan.randomizers],
        "exporters": [_named_to_json(e) for e in plan.exporters],
    } | {f.name: _setting_to_json(getattr(plan, f.name)) for f in fields(plan) if f.name not in ("scenario", "randomizers", "exporters")}


def plan_to_text(plan: Plan, form: Literal["yaml", "json"]) -> str:
    """The contents of a plan file, complete, for people to edit."""
    document = plan_to_json(plan)
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return yaml.dump(document, Dumper=_CompactDumper, sort_keys=False, default_flow_style=None, allow_unicode=True, width=130)


def plan_from_json(document: Any, *, source: str = "") -> Plan:
    """Read a plan from a JSON value. `source`, a file's name, opens every message.

    Raises InvalidDocument with every fault found, a line each.
    """
    faults: list[str] = []
    plan = _read_plan(document, faults)
    if plan is None:
        raise InvalidDocument([f"{source}: {fault}" if source else fault for fault in faults])
    return plan


def load_plan(path: str | Path) -> Plan:
    """Read a plan file, or the plan from a data set's ``plan.json``.

    Raises InvalidValue when it cannot be read, InvalidDocument with all faults when it is no plan.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PLAN_BYTES + 1)
    except OSError as error:
        raise InvalidValue(f"{path}: cannot read this plan file: {error.strerror}") from None
    if len(data) > MAX_PLAN_BYTES:
        raise InvalidValue(f"{path}: a plan file has at most {MAX_PLAN_BYTES} bytes; this is something else")
    try:
        document = _parse_json(data) if path.suffix == ".json" else _StrictLoader(data).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InvalidDocument([f"{path}: {where}{', '.join(filter(None, (error.context, error.problem)))}"]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidDocument([f"{path}: {' '.join(str(error).split())}"]) from None
    except RecursionError:
        raise InvalidDocument([f"{path}: nested too deeply"]) from None
    if isinstance(document, dict) and document.get("format") == "diorama run":  # plan.json of a data set
        document = document.get("plan")
    return plan_from_json(document, source=str(path))


def find_plan(name_or_path: str) -> Plan:
    """The plan in the file of this name, or else the default plan of the scenario of this name."""
    if name_or_path.endswith(_SUFFIXES) or "/" in name_or_path:
        return load_plan(name_or_path)
    return default_plan(name_or_path)


# --- from and to JSON ---------------------------------------------------------------------------------------


def _named_to_json(thing: Any) -> dict[str, Any]:
    return {"name": thing.name} | to_json(thing)


def _setting_to_json(value: Any) -> Any:
    return _named_to_json(value) if isinstance(value, PathTracing) else to_json(value)


def _read_plan(document: Any, faults: list[str]) -> Plan | None:
    if not isinstance(document, dict):
        faults.append(f"expected a mapping with at least a scenario, got {_abridged(document)}")
        return None
    hints = get_type_hints(Plan)
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key == "scenario":
            values[key] = _read_named(SCENARIOS, value, key, faults)
        elif key in ("randomizers", "exporters"):
            values[key] = _read_list(RANDOMIZERS if key == "randomizers" else EXPORTERS, value, key, faults)
        elif key == "renderer":
            values[key] = _read_renderer(value, faults)
        elif key in hints:
            values[key] = _read_value(hints[key], value, key, faults)
        else:
            faults.append(f'a plan has no field "{key}".{suggestion(str(key), hints)}')
    if "scenario" not in document:
        faults.append(f'a plan needs the field "scenario".{suggestion("", SCENARIOS.names())}')
    if faults:
        return None
    try:
        return Plan(**{"randomizers": values["scenario"].randomizers(), "exporters": (EXPORTERS["coco"](),)} | values)
    except DioramaError as error:
        faults.append(str(error))
        return None


def _read_list(registry: Registry, value: Any, path: str, faults: list[str]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        faults.append(f"{path}: expected a list of {registry.noun}s, got {_abridged(value)}")
        return ()
    return tuple(_read_named(registry, item, f"{path}[{i}]", faults) for i, item in enumerate(value))


def _read_named(registry: Registry, value: Any, path: str, faults: list[str]) -> Any:
    """A scenario, randomizer or exporter from its name, or from its name and settings."""
    settings = {"name": value} if isinstance(value, str) else value
    if not isinstance(settings, dict) or not isinstance(settings.get("name"), str):
        faults.append(f"{path}: expected the name of a {registry.noun}, or {{name: ..., and its settings}}, got {_abridged(value)}")
        return None
    name = settings["name"]
    try:
        kind = registry[name]
    except DioramaError as error:
        faults.append(f"{path}: {error}")
        return None
    return _read_value(kind, {k: v for k, v in settings.items() if k != "name"}, f"{path} ({name})", faults)


def _read_renderer(value: Any, faults: list[str]) -> Any:
    """A renderer's name, or the settings that stand beside its name."""
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        name, settings = value["name"], {k: v for k, v in value.items() if k != "name"}
        if name in SETTINGS:
            return _read_value(SETTINGS[name], settings, f"renderer ({name})", faults)
        faults += [f'renderer: "{name}" has no setting "{key}"' for key in settings]
        return name
    if not isinstance(value, str):
        faults.append(f"renderer: expected the name of a renderer, or {{name: ..., and its settings}}, got {_abridged(value)}")
    return value


def _read_value(hint: Any, value: Any, path: str, faults: list[str]) -> Any:
    try:
        return from_json(hint, value, path=path)
    except InvalidDocument as error:
        faults.extend(error.faults)
        return None


def _abridged(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- YAML and JSON text -----------------------------------------------------------------------------------------


def _parse_json(data: bytes) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f'the key "{next(k for k in keys if keys.count(k) > 1)}" appears twice')
        return dict(pairs)

    return json.loads(data, object_pairs_hook=unique)


class _CompactDumper(yaml.SafeDumper):
    """YAML with a distribution on one line: ``radius_m: {uniform: [0.9, 1.4]}``."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        return super().represent_mapping(tag, mapping, True if len(mapping) == 1 else flow_style)


class _StrictLoader(yaml.SafeLoader):
    """YAML without its traps: no key twice, no aliases (they can blow up a small file), and 1e-3 is a number."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "plan files have no aliases; write the value out", self.peek_event().start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise ConstructorError(None, None, f'the key "{key.value}" appears twice', key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_whole_number(self, node: Any) -> int:
        value = self.construct_yaml_int(node)
        if value.bit_length() > 128:  # Python refuses to print longer ones
            raise ConstructorError(None, None, "a number this long makes no sense", node.start_mark)
        return value


_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_whole_number)
# YAML 1.1, which PyYAML reads, wants 1.0e-3; JSON, YAML 1.2 and people do not.
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"), list("-+.0123456789")
)
