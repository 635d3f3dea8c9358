"""A plan: everything that decides what a data set looks like, besides its seed and size.

A plan file is YAML, or JSON when its name ends in ``.json``::

    scenario: tabletop                  # or {name: tabletop, ...settings}
    randomizers:                        # absent: the scenario's own
      - lights                          # a name alone: with its default settings
      - {name: camera-shell, radius_m: {uniform: [0.9, 1.4]}}
    exporters: [coco]                   # absent: coco
    variables: {dusk: {uniform: [0, 1]}} # drawn once a scene; {var: dusk} wherever a number may vary
    set: {randomizers.lights.shadowed: 1} # changes by path to what all else says, the scenario's own randomizers included
    renderer: raster                    # absent: raster; or {name: pathtrace, spp: 32}
    grasps: {gripper: franka-hand}      # absent: no grasps are labelled
    refiner: refiner.pt                 # absent: pictures stay as they are rendered
    resolution: [640, 480]
    views: 5
    frames: 1                           # moments of each scene; so many at `fps` are a sequence

``diorama describe tabletop --yaml`` prints a complete one to edit. Plan files are untrusted input: they are read
strictly, and every fault is reported with the file, the dotted path and the nearest valid name before anything runs.
Relative paths in `assets` start at the folder the command runs in, there as on the command line.
"""

import math
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

from diorama import plugins
from diorama.exporters import EXPORTERS
from diorama.exporters.base import Exporter
from diorama.overrides import with_value
from diorama.randomizers import RANDOMIZERS, variables
from diorama.randomizers.base import Randomizer, label_of
from diorama.randomizers.distributions import Distribution
from diorama.randomizers.distributions.scope import Scope, resolved
from diorama.randomizers.distributions.var import variables_of
from diorama.scenes import SCENARIOS
from diorama.scenes.base import Scenario
from diorama.sim import text
from diorama.sim.assets.source import AssetSource
from diorama.sim.codec import InvalidDocument, from_json, to_json
from diorama.sim.errors import DioramaError, InvalidValue, UnknownName, suggestion
from diorama.sim.frame import check_channels
from diorama.sim.grasping.settings import Grasping
from diorama.sim.registry import Registry
from diorama.sim.render import RENDERERS
from diorama.sim.render.settings import SETTINGS, PathTracing
from diorama.sim.spec import CameraSpec

#: Larger files are no plans, and are not parsed.
MAX_PLAN_BYTES = 1 << 20
#: Views are taken so long one after the other that no lamp which flickers is at the same point of its swing in two of them: no simple fraction.
BETWEEN_VIEWS_S = 0.6180339887
#: Larger pictures are taken for a slip; they would need gigabytes.
MAX_SIDE_PX = 16384
MAX_FPS = 100_000

_SUFFIXES = (".yaml", ".yml", ".json")
_LABEL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
#: What the record of a sample holds besides the randomizers' draws.
_RESERVED = ("scenario", "variables")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Scenario, randomizers, assets, cameras and exporters.

    `randomizers` run in order; their labels (names, where there is none) are unique. `variables` are drawn once a scene, for
    whatever refers to them. `assets` are files, folders and globs of the user's own that objects are taken from instead of the
    built-in library: paths, or an `AssetSource` where there is more to say. `views` pictures are taken of each scene, one `view_interval_s` after
    the other (0: all at once, as those of a vehicle's rig are in any case), and that in each of `frames` moments, `fps` of them a second. A view in
    which fewer than `min_visible_objects` are to be seen in its first frame, each by `min_visible_fraction` of its silhouette at least, is taken
    anew, and a scene that physics rejects is staged anew, at most `max_attempts` times each. `channels` are rendered beyond those that
    the labels need. `renderer` is the name of one without settings, or the settings of one that has some. `grasps` says which grasps are labelled.
    `refiner` is the file of one, which all pictures go through.
    """

    scenario: Scenario
    randomizers: tuple[Randomizer, ...]
    exporters: tuple[Exporter, ...]
    variables: dict[str, Distribution] = field(default_factory=dict)
    assets: tuple[AssetSource, ...] = ()
    channels: tuple[str, ...] = ()
    resolution: tuple[int, int] = (640, 480)
    views: int = 5
    frames: int = 1
    fps: float = 10.0
    view_interval_s: float = BETWEEN_VIEWS_S
    renderer: str | PathTracing = "raster"
    grasps: Grasping | None = None
    refiner: str | None = None
    min_visible_objects: int = 1
    min_visible_fraction: float = 0.0
    max_attempts: int = 20

    def __post_init__(self) -> None:
        object.__setattr__(self, "assets", AssetSource.all_of(self.assets))
        width, height = self.resolution
        if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
            raise InvalidValue(f"resolution must be between 1x1 and {MAX_SIDE_PX}x{MAX_SIDE_PX} pixels, got {width}x{height}")
        for name in ("views", "frames", "max_attempts"):
            if getattr(self, name) <= 0:
                raise InvalidValue(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not 0 < self.fps <= MAX_FPS:
            raise InvalidValue(f"fps must be positive and at most {MAX_FPS}, got {self.fps}")
        if not 0 <= self.view_interval_s < math.inf:
            raise InvalidValue(f"view_interval_s must be 0 or more, got {self.view_interval_s}")
        if self.min_visible_objects < 0:
            raise InvalidValue(f"min_visible_objects must be 0 or more, got {self.min_visible_objects}")
        if self.renderer_name not in RENDERERS.names():
            raise UnknownName(f'no renderer named "{self.renderer}".{suggestion(self.renderer_name, RENDERERS.names())}')
        if isinstance(self.renderer, str) and self.renderer in SETTINGS:
            object.__setattr__(self, "renderer", SETTINGS[self.renderer]())
        if not 0 <= self.min_visible_fraction <= 1:
            raise InvalidValue(f"min_visible_fraction must be in 0..1, got {self.min_visible_fraction}")
        check_channels(self.channels)
        self._check_names()
        self._check_variables()
        self._check_grasps()

    def _check_names(self) -> None:
        labels = [label_of(r) for r in self.randomizers]
        for label in labels:
            if not _LABEL.fullmatch(label) or label in _RESERVED:
                raise InvalidValue(f'a label is in kebab-case, such as key-light, and none of {", ".join(_RESERVED)}; got "{label}"')
        for noun, names, cure in (("randomizer", labels, "; give each a label of its own"), ("exporter", [e.name for e in self.exporters], "")):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise InvalidValue(f"{noun} names must be unique, {', '.join(twice)} appears more than once{cure}")

    def _check_variables(self) -> None:
        """That what refers to a variable finds it, and makes sense with whatever is drawn for it."""
        for name in self.variables:
            if not _VARIABLE.fullmatch(name):
                raise InvalidValue(f'variables: a name has letters, digits, "-" and "_" and begins with a letter, got "{name}"')
        things = {"scenario": self.scenario} | {label_of(r): r for r in self.randomizers}
        used = {where: variables_of(thing) for where, thing in things.items()}
        for where, names in used.items():
            for name in sorted(names):
                variables.check_known(name, self.variables, where)
        for values in variables.extremes(self.variables):
            for where, thing in things.items():
                try:
                    resolved(thing, Scope(index=0, variables=values))
                except DioramaError as error:
                    said = ", ".join(f"{name} = {values[name]!r}" for name in sorted(used[where]))
                    raise InvalidValue(f"{where}: with {said}: {error}") from None

    def _check_grasps(self) -> None:
        """That there is what exporters of grasps write."""
        for exporter in self.exporters:
            kinds: tuple[type[Any], ...] = getattr(exporter, "grippers", ())
            if kinds and self.grasps is None:
                raise InvalidValue(f"{exporter.name} writes grasps, and none are asked for. Say with which gripper: grasps: {{gripper: franka-hand}}")
            if kinds and self.grasps is not None and not isinstance(self.grasps.tool, kinds):
                raise InvalidValue(f"{exporter.name} writes grasps with {' or '.join(k.kind for k in kinds)}; {self.grasps.tool.name} has none")

    @property
    def renderer_name(self) -> str:
        return self.renderer if isinstance(self.renderer, str) else self.renderer.name

    @property
    def together(self) -> int:
        """How many views are taken together, at one moment and from one attempt: as many as a rig in the plan has cameras."""
        return max((getattr(randomizer, "together", 1) for randomizer in self.randomizers), default=1)

    @property
    def pictures(self) -> int:
        """How many are taken of a scene: all views of the first frame, then all of the second."""
        return self.views * self.frames

    @property
    def step_s(self) -> float:
        """Over how long motion is told: to the next frame, or where there is none, as long as a camera's optical flow is by default."""
        return 1 / self.fps if self.frames > 1 else CameraSpec().flow_s

    def time_s(self, frame: int, view: int) -> float:
        """When a picture is taken, from the scene's first moment on."""
        return frame / self.fps + view // self.together * self.view_interval_s

    @property
    def duration_s(self) -> float:
        """How long a scene is watched: until a step after its last picture, so that the motion in that one is known as well."""
        return self.time_s(self.frames - 1, self.views - 1) + self.step_s


def default_plan(scenario: str, **settings: Any) -> Plan:
    """The plan of a scenario with its own randomizers, written as COCO. `settings` are further fields of `Plan`.

    Raises UnknownName when there is no such scenario.
    """
    staged = SCENARIOS[scenario]()
    return Plan(**{"scenario": staged} | _usual(staged) | settings)


def _usual(scenario: Scenario) -> dict[str, Any]:
    """The fields that a plan has, with this scenario, where it does not say otherwise."""
    return {"randomizers": scenario.randomizers(), "exporters": (EXPORTERS["coco"](),)} | dict(getattr(scenario, "plan", {}))


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON value in which every setting is spelled out. `plan_from_json` gives back an equal plan."""
    return {
        "scenario": _named_to_json(plan.scenario),
        "randomizers": [_named_to_json(r) for r in plan.randomizers],
        "exporters": [_named_to_json(e) for e in plan.exporters],
    } | {f.name: _setting_to_json(getattr(plan, f.name)) for f in fields(plan) if f.name not in ("scenario", "randomizers", "exporters")}


def plan_to_text(plan: Plan, form: Literal["yaml", "json"]) -> str:
    """The contents of a plan file, complete, for people to edit."""
    return text.to_text(plan_to_json(plan), form)


def plan_from_json(document: Any, *, source: str = "") -> Plan:
    """Read a plan from a JSON value. `source`, a file's name, opens every message.

    Raises InvalidDocument with every fault found, a line each.
    """
    faults: list[str] = []
    changes = document.get("set") if isinstance(document, dict) else None
    plan = _read_plan({k: v for k, v in document.items() if k != "set"} if changes is not None else document, faults)
    if plan is not None and changes is not None:
        plan = _read_changed(plan, changes, faults)
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
        document = text.parse(data, "json" if path.suffix == ".json" else "yaml")
    except InvalidValue as error:
        raise InvalidDocument([f"{path}: {error}"]) from None
    if isinstance(document, dict) and document.get("format") == "diorama run":  # plan.json of a data set
        document = document.get("plan")
    return plan_from_json(document, source=str(path))


def find_plan(name_or_path: str) -> Plan:
    """The plan in the file of this name, or else the default plan of the scenario of this name, or of a class in ``file.py:Class``."""
    if plugins.is_plugin(name_or_path):
        return default_plan(plugins.load_named(name_or_path).name)
    if name_or_path.endswith(_SUFFIXES) or "/" in name_or_path:
        return load_plan(name_or_path)
    return default_plan(name_or_path)


def asset_sources(name: str) -> tuple[AssetSource, ...]:
    """Those of the plan file of this name, or the file, folder or glob itself. Raises as `load_plan` does."""
    return load_plan(name).assets if name.endswith(_SUFFIXES) else (AssetSource(path=name),)


# --- from and to JSON ---------------------------------------------------------------------------------------


def _named_to_json(thing: Any) -> dict[str, Any]:
    settings = to_json(thing)
    if not settings.get("label", True):
        del settings["label"]
    return {"name": thing.name} | settings


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
        return Plan(**_usual(values["scenario"]) | values)
    except DioramaError as error:
        faults.append(str(error))
        return None


def _read_changed(plan: Plan, changes: Any, faults: list[str]) -> Plan | None:
    """The plan with single settings changed, by their paths."""
    if not isinstance(changes, dict):
        faults.append(f"set: expected a mapping of paths to values, got {_abridged(changes)}")
        return None
    document = plan_to_json(plan)
    for path, value in changes.items():
        try:
            document = with_value(document, str(path), value)
        except DioramaError as error:
            faults.append(f"set: {error}")
    return None if faults else _read_plan(document, faults)


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
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:57]}..."
