"""Contract checks for scenarios, randomizers and exporters, for everyone who writes their own.

    from diorama.testing import check_randomizer

    def test_fog():
        check_randomizer(Fog())

Each check raises `BrokenContract`, which says what was expected and what happened instead. What passes can be put in a plan,
written to a plan file, resumed, replayed from its record, and gives the same data set whatever the number of workers.
"""

import json
import re
from dataclasses import is_dataclass, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar, get_args

import numpy as np
from pycocotools import mask as coco_mask

from diorama.exporters.base import Dataset, Encoded, Exporter
from diorama.randomizers.base import Context, Randomizer, Stage, label_of
from diorama.scenes.base import Scenario
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import RejectedScene
from diorama.sim.frame import Annotations, Frame, Grasps, Provenance, Sample
from diorama.sim.seeds import Seed
from diorama.sim.spec import GRIPPERS, BodySpec, BoxShape, CameraSpec, Pose, SceneSpec, SphereShape, SunLight
from diorama.sim.transforms import look_at

T = TypeVar("T")

#: Seeds tried, of which some may be rejected.
_SEEDS = 4


class BrokenContract(AssertionError):
    """A scenario, randomizer or exporter does not keep what the interface promises."""


def check_scenario(scenario: Scenario, *, library: AssetLibrary | None = None) -> None:
    """Check a scenario and, in the scenes it builds, each of its default randomizers.

    `library` is the assets there are, by default the built-in ones.
    """
    twin = _check_settings(scenario)
    context = Context(library=library or AssetLibrary())
    randomizers = scenario.randomizers()
    _expect(isinstance(randomizers, tuple), scenario, f"randomizers() must return a tuple, got {type(randomizers).__name__}")
    _expect(twin.randomizers() == randomizers, scenario, "randomizers() returned others when called again")
    names = [label_of(r) for r in randomizers]
    _expect(len(set(names)) == len(names), scenario, f"randomizers() must have unique names, got {names}")

    def scene(seed: Seed) -> SceneSpec:
        spec = scenario.build(seed.child("scenario"), context)
        _expect(isinstance(spec, SceneSpec), scenario, f"build must return a SceneSpec, got {type(spec).__name__}")
        _expect(twin.build(seed.child("scenario"), context) == spec, scenario, "build returned another scene for the same seed")
        _expect(from_json(SceneSpec, _through_json(spec, scenario)) == spec, scenario, "the scene changes on its way through JSON")
        photos = all(camera.backdrop for camera in spec.cameras)
        _expect(photos, scenario, "build must leave cameras to the views, but for those of photographs; it added one without a backdrop")
        return spec

    for number in range(_SEEDS):
        seed = Seed(number)
        spec = scene(seed)
        for randomizer in randomizers:
            if number == 0:
                check_randomizer(randomizer, spec=spec, library=context.library)
            if randomizer.stage == "scene":
                try:
                    params = randomizer.sample(seed.child("randomizer", label_of(randomizer)), spec, context)
                except RejectedScene:
                    break
                spec = randomizer.apply(spec, params)


def check_randomizer(randomizer: Randomizer, *, spec: SceneSpec | None = None, library: AssetLibrary | None = None) -> None:
    """Check a randomizer on a scene, by default a table with three objects on it. One of stage ``view`` gets the scene's first camera, if it has any.

    What it draws for a body (below a key that is the body's name, or in a mapping whose ``name`` it is) must not depend on
    which bodies come after it.
    """
    twin = _check_settings(randomizer)
    _expect(randomizer.stage in get_args(Stage), randomizer, f"stage must be one of {', '.join(get_args(Stage))}, got {randomizer.stage!r}")
    context = Context(library=library or AssetLibrary())
    spec = table_scene() if spec is None else spec
    if randomizer.stage == "view":
        spec = spec.replace(cameras=spec.cameras[:1] or (_CAMERA,))
    newcomer = BodySpec(
        name="newcomer", shape=SphereShape(radius_m=0.03), mass_kg=0.1, category="ball", tags=("object",), world_from_body=_at(0.2, 0.2, 0.5)
    )
    accepted = 0
    for number in range(_SEEDS):
        seed = Seed(number).child("randomizer", randomizer.name)
        before = to_json(spec)
        try:
            params = randomizer.sample(seed, spec, context)
        except RejectedScene:
            continue
        accepted += 1
        _expect(isinstance(params, dict), randomizer, f"sample must return a dict, got {type(params).__name__}")
        _expect(_through_json(params, randomizer) == params, randomizer, "what sample returns must be plain JSON: lists for tuples, texts as keys")
        _expect(twin.sample(seed, spec, context) == params, randomizer, "sample drew something else from the same seed")
        _check_apply(randomizer, spec, params)
        _expect(to_json(spec) == before, randomizer, "sample and apply must leave the scene they are given as it is")
        try:
            more = randomizer.sample(seed, spec.replace(bodies=(*spec.bodies, newcomer)), context)
        except RejectedScene:
            continue
        drawn, redrawn = _draws_by_body(params, spec), _draws_by_body(more, spec)
        changed = sorted(name for name in drawn if drawn[name] != redrawn.get(name))
        _expect(not changed, randomizer, f"one more object changed what is drawn for {', '.join(changed)}; draw from seed.child('body', name)")
    _expect(accepted > 0, randomizer, f"all of {_SEEDS} seeds were rejected")


def check_exporter(exporter: Exporter) -> None:
    """Check an exporter on two small scenes of two views, one of them without objects."""
    twin = _check_settings(exporter)
    dataset = Dataset(categories=(("ball", "toy"), ("box", "container")), info={"description": "contract check"})
    samples = [labelled_sample(index) for index in range(2)]
    encoded: list[Encoded] = []
    for sample in samples:
        first = sample.index * len(sample.frames)
        one = exporter.encode(sample, first, dataset)
        _expect(isinstance(one, Encoded), exporter, f"encode must return Encoded, got {type(one).__name__}")
        again = twin.encode(replace(sample, provenance=replace(sample.provenance, timings_s={"render": 1.0})), first, dataset)
        _expect(again == one, exporter, "encode gave other files or records for the same sample (timings must not be written)")
        _expect(
            len(one.records) == len(sample.frames), exporter, f"encode must give a record a picture, gave {len(one.records)} for {len(sample.frames)}"
        )
        for record in one.records:
            _expect(_through_json(record, exporter) == record, exporter, "records must be plain JSON: lists for tuples, texts as keys")
        encoded.append(one)
    paths = [path for one in encoded for path in one.files]
    _expect(len(set(paths)) == len(paths), exporter, "pictures of different scenes must not have the same file names")

    lines = [json.dumps(record) for one in encoded for record in one.records]
    merged = _merge(exporter, lines, dataset)
    _expect(_merge(twin, lines, dataset) == merged, exporter, "finalize gave other files for the same records")
    both = sorted(set(paths) & set(merged))
    _expect(not both, exporter, f"encode and finalize both write {', '.join(both)}")
    for path in [*paths, *merged]:
        plain = isinstance(path, str) and PurePosixPath(path).as_posix() == path and "\\" not in path
        safe = plain and not path.startswith("/") and ".." not in PurePosixPath(path).parts and path != "."
        _expect(safe, exporter, f"paths must be relative POSIX paths without '..', got {path!r}")
    for one in encoded:
        for path, data in one.files.items():
            _expect(isinstance(data, bytes), exporter, f"files must be bytes, {path} is {type(data).__name__}")


# --- what is checked on -------------------------------------------------------------------------------------

_CAMERA = CameraSpec(
    name="view-0",
    width=64,
    height=48,
    fx=60.0,
    fy=60.0,
    cx=32.0,
    cy=24.0,
    world_from_camera=Pose.from_matrix(look_at((0.8, 0.6, 1.0), (0.0, 0.0, 0.0))),
)


def _at(x: float, y: float, z: float) -> Pose:
    return Pose((x, y, z))


def table_scene() -> SceneSpec:
    """A table, its top at z = 0, with three objects just above it and a sun."""
    table = BodySpec(name="table", shape=BoxShape(size_m=(1.0, 1.0, 0.05)), world_from_body=_at(0, 0, -0.025), tags=("support",))
    ball, box = SphereShape(radius_m=0.04), BoxShape(size_m=(0.06, 0.08, 0.05))
    places = (("ball-0", ball, "ball", -0.2), ("box-0", box, "box", 0.0), ("ball-1", ball, "ball", 0.2))
    objects = (
        BodySpec(name=name, shape=shape, mass_kg=0.2, category=category, tags=("object",), world_from_body=_at(x, 0, 0.05))
        for name, shape, category, x in places
    )
    return SceneSpec(bodies=(table, *objects), lights=(SunLight(direction=(0.3, 0.2, -1.0)),))


def labelled_sample(index: int) -> Sample:
    """A sample of `table_scene` with two views: a square on each side of the first, and nothing on the second."""
    spec = table_scene().replace(cameras=(_CAMERA, replace(_CAMERA, name="view-1")))
    height, width = _CAMERA.height, _CAMERA.width
    instance = np.zeros((height, width), np.int32)
    instance[10:20, 5:15] = 2
    instance[12:30, 40:60] = 3
    views = (instance, np.zeros_like(instance))
    ramp = np.arange(height * width * 3, dtype=np.uint32).reshape(height, width, 3) % 251 + index
    frames = tuple(
        Frame(camera=camera, rgb=ramp.astype(np.uint8), depth_m=np.where(ids > 0, np.float32(1.25), np.float32(np.inf)), instance=ids, **_extra(ids))
        for camera, ids in zip(spec.cameras, views, strict=True)
    )
    provenance = Provenance(seed=0, index=index, timings_s={"render": 0.5})
    return Sample(index=index, spec=spec, frames=frames, annotations=tuple(map(_labels, views)), provenance=provenance, grasps=(_grasps(spec),))


def _grasps(spec: SceneSpec) -> Grasps:
    """Of each object two from above, a centimetre apart: the first of the box held, that of a ball did not, all others were not tried."""
    index = np.repeat(np.array([i for i, body in enumerate(spec.bodies) if body.category], np.int32), 2)
    poses = np.stack([spec.bodies[i].world_from_body.matrix for i in index])
    poses[:, 1, 1], poses[:, 2, 2] = -1, -1  # jaws close along x, and come from above
    poses[1::2, 1, 3] += 0.01
    tried = np.arange(len(index)) % 2 == 0
    box = np.array([spec.bodies[i].category == "box" for i in index])
    width = np.where(box, 0.06, 0.08)
    return Grasps(
        gripper=GRIPPERS["wsg-50"],
        body_index=index,
        world_from_gripper=poses,
        width_m=width,
        opening_m=width + 0.02,
        quality=np.linspace(1, 0.5, len(index)),
        alone=np.where(tried, 0.75, np.nan),
        reachable=tried | box,
        success=np.where(tried, box.astype(np.float64), np.nan),
    )


def _extra(instance: np.ndarray) -> dict[str, Any]:
    """The channels that an exporter may ask for, of squares that face the camera, as if nothing moved."""
    there = (instance > 0).astype(np.float32)
    grey = there[..., None] * np.full(3, 0.5, np.float32)
    still = np.zeros((*instance.shape, 2), np.float32)
    return {
        "radiance": grey,
        "normal": there[..., None] * np.array([0, 0, -1], np.float32),
        "category": np.minimum(instance, 2).astype(np.int32),
        "albedo": grey,
        "object_coordinates": grey,
        "flow_forward": still,
        "flow_backward": still,
        "shadow": 0.25 * there,
    }


def _labels(instance: np.ndarray) -> Annotations:
    """Labels of squares that nothing hides."""
    ids = [i for i in np.unique(instance).tolist() if i]
    packed: list[Any] = [coco_mask.encode(np.asfortranarray(instance == i).view(np.uint8)) for i in ids]
    masks = tuple({"size": list(m["size"]), "counts": m["counts"].decode("ascii")} for m in packed)
    boxes = np.zeros((len(ids), 4), np.int32)
    for row, i in enumerate(ids):
        v, u = np.nonzero(instance == i)
        boxes[row] = u.min(), v.min(), u.max() + 1, v.max() + 1
    area = np.array([(instance == i).sum() for i in ids], np.int32)
    pose = np.tile(np.eye(4), (len(ids), 1, 1))
    pose[:, 2, 3] = 1.25
    return Annotations(
        body_index=np.array(ids, np.int32) - np.int32(1),
        area_px=area,
        box_xyxy=boxes,
        amodal_box_xyxy=boxes,
        amodal_area_px=area,
        visible_fraction=np.ones(len(ids)),
        truncated_fraction=np.zeros(len(ids)),
        depth_m=np.full(len(ids), 1.25),
        camera_from_body=pose,
        size_m=np.full((len(ids), 3), 0.08),
        center_m=np.zeros((len(ids), 3)),
        visible_rle=masks,
        amodal_rle=masks,
        hidden=() if ids else ("ball-0", "box-0"),
    )


# --- parts of the checks ------------------------------------------------------------------------------------


def _expect(condition: bool, thing: Any, message: str) -> None:
    if not condition:
        raise BrokenContract(f"{type(thing).__name__}: {message}")


def _check_settings(thing: T) -> T:
    """What holds for all three kinds. Returns an equal thing, read back from JSON."""
    name: Any = getattr(type(thing), "name", None)
    kebab = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    _expect(bool(kebab), thing, f"name must be a class variable in kebab-case, such as camera-shell, got {name!r}")
    frozen = is_dataclass(thing) and type(thing).__dataclass_params__.frozen  # pyright: ignore[reportAttributeAccessIssue] - undocumented, and the only way to ask
    _expect(frozen, thing, "must be a frozen dataclass, so that settings compare and cannot change under way")
    twin = from_json(type(thing), _through_json(thing, thing))
    _expect(twin == thing, thing, f"settings change on their way through JSON: {thing!r} became {twin!r}")
    return twin


def _through_json(value: Any, thing: Any) -> Any:
    try:
        return json.loads(json.dumps(to_json(value), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise BrokenContract(f"{type(thing).__name__}: {type(value).__name__} has no JSON form: {error}") from error


def _check_apply(randomizer: Randomizer, spec: SceneSpec, params: dict[str, Any]) -> None:
    text = json.dumps(params)
    changed = randomizer.apply(spec, params)
    _expect(isinstance(changed, SceneSpec), randomizer, f"apply must return a SceneSpec, got {type(changed).__name__}")
    _expect(json.dumps(params) == text, randomizer, "apply must leave the params it is given as they are")
    _expect(randomizer.apply(spec, json.loads(text)) == changed, randomizer, "apply must depend on spec and params alone, and gave another scene")
    _expect(from_json(SceneSpec, _through_json(changed, randomizer)) == changed, randomizer, "the scene changes on its way through JSON")
    if randomizer.stage == "view":
        _expect(changed.replace(cameras=spec.cameras) == spec, randomizer, "a view randomizer must change nothing but the camera")
        shape = [(c.name, c.width, c.height) for c in changed.cameras]
        _expect(
            shape == [(c.name, c.width, c.height) for c in spec.cameras], randomizer, "a view randomizer must keep the camera's name and resolution"
        )
    else:
        _expect(changed.cameras == spec.cameras, randomizer, "a scene randomizer must leave cameras to the views")


def _draws_by_body(params: Any, spec: SceneSpec) -> dict[str, list[Any]]:
    """Everything in the params that belongs to a body by name."""
    names = {body.name for body in spec.bodies}
    found: dict[str, list[Any]] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("name") in names:
                found.setdefault(value["name"], []).append(value)
            for key, item in value.items():
                if key in names:
                    found.setdefault(key, []).append(item)
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(params)
    return found


def _merge(exporter: Exporter, lines: list[str], dataset: Dataset) -> dict[str, bytes]:
    merged: dict[str, bytes] = {}
    for path, chunks in exporter.finalize(lambda: map(json.loads, lines), dataset):
        _expect(path not in merged, exporter, f"finalize writes {path} twice")
        merged[path] = b"".join(chunks)
    return merged
