"""Accidents: what happens in streets now and then, and is the reason for making pictures of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Distribution, Uniform, require, require_one_of, require_share, rounded
from diorama.randomizers.street.people import Population, draw_person, person_body, walk
from diorama.randomizers.street.retime import Path, ahead, braking
from diorama.randomizers.street.traffic import roads_of
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.vehicles import proportions
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Change, Event, MaterialSpec, Motion, Pose, RoadMap, SceneSpec, SphereShape, Track, VehicleShape
from diorama.sim.spec.roads import AreaKind, Vec2
from diorama.sim.transforms import matrix_from_quat, normalize_quat, quat_from_axis_angle, quat_multiply

KINDS = ("rear-end", "head-on", "skid", "child", "lost-load")

#: How hard one brakes in need; vehicles faster than this are not made.
_BRAKE_M_S2, _FASTEST_M_S = 7.0, 26.0
#: In less time than this nothing happens.
_SHORTEST_S = 0.5
#: Who drives at least so fast can have an accident.
_DRIVES_M_S = 3.0
#: Tyres that slide on asphalt, and sheet metal.
_FRICTION, _RESTITUTION = 0.7, 0.15
#: The mass of vehicles of whom nothing else is known.
_MASS_KG = 1400.0
_CARDBOARD = ((0.45, 0.31, 0.18), (0.52, 0.38, 0.24), (0.36, 0.25, 0.15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Accidents(Labelled):
    """Have an accident among the traffic in a `share` of scenes, at about `moment_s` after the first picture.

    Of `kinds` there are: ``rear-end``, one brakes hard and the next does not; ``head-on``, an oncoming one leaves its lane; ``skid``, one
    loses its hold on the road; ``child``, a ball rolls before a car and a child after it; ``lost-load``, boxes fall off as the pictures begin.
    What the traffic does not allow is replaced by another kind. From then on physics moves who is in it, and whom they touch; what happens is
    told by the scene's events. Scenes of which there is one picture alone have none: there is no time for it.
    """

    name: ClassVar[str] = "accidents"
    stage: ClassVar[Stage] = "scene"

    kinds: Distribution = Choice(list(KINDS))
    share: float = 1.0
    moment_s: Distribution = Uniform(0.5, 1.5)

    def __post_init__(self) -> None:
        require_one_of(self, KINDS, "kinds")
        require_share(self, "share")
        require(self, 0.1, 60, "moment_s")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, "accidents")
        rng = seed.rng()
        wanted, happens, moment = self.kinds.sample(rng), rng.random() < self.share, self.moment_s.sample(rng)
        moving = _moving(spec)
        if not happens or context.duration_s < _SHORTEST_S or not moving:
            return {"kind": None}
        moment = rounded(min(moment, context.duration_s))
        masses = {body.name: _mass(body) for body, _ in moving}
        for kind in (wanted, *(k for k in KINDS if k != wanted)):
            found = _FINDERS[kind](seed.child(kind).rng(), moving, _Stage(roads, context, seed.child(kind), moment))
            if found is not None:
                return {"kind": kind, "wanted": wanted, "moment_s": moment, "watch_s": context.duration_s, "masses": masses} | found
        return {"kind": None}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        if params["kind"] is None:
            return spec
        tracks = {t["body"]: from_json(Track, t) for t in params["tracks"]}
        bodies = tuple(
            replace(body, **_wreck(params["masses"][body.name])) if body.name in params["masses"] else body for body in spec.bodies
        ) + tuple(from_json(BodySpec, b) for b in params["bodies"])
        return spec.replace(
            bodies=bodies,
            tracks=tuple(t for t in spec.tracks if t.body not in tracks) + tuple(tracks.values()),
            events=spec.events + tuple(from_json(Event, e) for e in params["events"]),
            physics=replace(spec.physics, watch_s=params["watch_s"]),
        )


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where and when an accident is to happen."""

    roads: RoadMap
    context: Context
    seed: Seed
    moment_s: float


Moving = Sequence[tuple[BodySpec, Track]]


def _moving(spec: SceneSpec) -> list[tuple[BodySpec, Track]]:
    """Vehicles that drive, with their tracks."""
    tracks = {track.body: track for track in spec.tracks if track.poses}
    return [(body, tracks[body.name]) for body in spec.bodies if "moving" in body.tags and body.name in tracks]


def _mass(body: BodySpec) -> dict[str, Any]:
    """Mass and inertia of a vehicle."""
    if isinstance(body.shape, VehicleShape):
        p = proportions(body.shape.model, body.shape.variant)
        return {"mass_kg": rounded(p.mass_kg), "inertia_kg_m2": [rounded(i) for i in p.inertia_kg_m2]}
    return {"mass_kg": _MASS_KG, "inertia_kg_m2": None}


def _wreck(mass: dict[str, Any]) -> dict[str, Any]:
    inertia = mass["inertia_kg_m2"]
    return {
        "mass_kg": mass["mass_kg"],
        "inertia_kg_m2": None if inertia is None else tuple(inertia),
        "friction": _FRICTION,
        "restitution": _RESTITUTION,
    }


def _heading(pose: Pose) -> tuple[float, float]:
    axes = matrix_from_quat(pose.rotation_wxyz)
    return float(axes[0, 0]), float(axes[1, 0])


def _seen_from(pose: Pose, other: Pose) -> tuple[float, float]:
    """How far another is ahead, and to the left."""
    (hx, hy), (x, y, _), (px, py, _) = _heading(pose), pose.position_m, other.position_m
    return (px - x) * hx + (py - y) * hy, (py - y) * hx - (px - x) * hy


def _speed(body: BodySpec) -> float:
    return math.hypot(*body.motion.linear_m_s)


def _pick(rng: np.random.Generator, found: Sequence[Any]) -> Any:
    return found[int(rng.integers(len(found)))] if found else None


def _with_lamps(body: BodySpec, *lamps: str) -> tuple[Change, ...]:
    """From the beginning on, these lamps are on as well."""
    if not isinstance(body.shape, VehicleShape):
        return ()
    lights = (*body.shape.lights, *lamps)
    order = [lamp for lamp in ("day", "dipped", "brake", "left", "right", "reverse") if lamp in lights]
    return (Change(time_s=0.0, shape=replace(body.shape, lights=tuple(order))),)


def _happening(tracks: Sequence[Track], events: Sequence[Event], bodies: Sequence[BodySpec] = ()) -> dict[str, Any]:
    return {"tracks": [to_json(t) for t in tracks], "bodies": [to_json(b) for b in bodies], "events": [to_json(e) for e in events]}


# --- what can happen ----------------------------------------------------------------------------------------


def _rear_end(rng: np.random.Generator, moving: Moving, stage: _Stage) -> dict[str, Any] | None:
    """One brakes to a stop; the next drives on, so fast that it hits at the moment."""
    found = []
    for leader, ahead_of in moving:
        for follower, behind in moving:
            gap, aside = _seen_from(behind.poses[0], ahead_of.poses[0])
            (ax, ay), (bx, by) = _heading(behind.poses[0]), _heading(ahead_of.poses[0])
            room = gap - _length(leader, stage) / 2 - _length(follower, stage) / 2
            way = braking(_speed(leader), 0.0, _BRAKE_M_S2)(stage.moment_s)
            fast = (room + way) / stage.moment_s
            if 0.5 < room < 40 and abs(aside) < 1.0 and ax * bx + ay * by > 0.95 and 6 < fast < _FASTEST_M_S and _speed(leader) > _DRIVES_M_S:
                found.append((leader, ahead_of, follower, behind, max(fast, _speed(follower))))
    chosen = _pick(rng, found)
    if chosen is None:
        return None
    leader, ahead_of, follower, behind, fast = chosen
    until = stage.context.duration_s + 1.0
    brakes = Path(ahead_of).retimed(braking(_speed(leader), 0.0, _BRAKE_M_S2), until, _with_lamps(leader, "brake"))
    drives = Path(behind).retimed(lambda t: fast * t, until)
    return _happening([brakes, drives], [Event(time_s=0.0, kind="hard-braking", bodies=(leader.name,))])


def _head_on(rng: np.random.Generator, moving: Moving, stage: _Stage) -> dict[str, Any] | None:
    """An oncoming one drives straight to where the other will be."""
    found = []
    for one, way in moving:
        meets = way.pose(stage.moment_s)
        for other, track in moving:
            start = track.poses[0]
            ahead_m, aside = _seen_from(way.poses[0], start)
            (ax, ay), (bx, by) = _heading(way.poses[0]), _heading(start)
            dx, dy = meets.position_m[0] - start.position_m[0], meets.position_m[1] - start.position_m[1]
            far = math.sqrt(dx * dx + dy * dy)
            if not (ax * bx + ay * by < -0.9 and 8 < ahead_m < 80 and abs(aside) < 7 and _speed(one) > _DRIVES_M_S and far > 5):
                continue
            straight = (bx * dx + by * dy) / far
            fast = (far - _length(one, stage) / 2 - _length(other, stage) / 2) / stage.moment_s
            if straight > 0.93 and 5 < fast < _FASTEST_M_S:
                found.append((one, other, track, (dx / far, dy / far), fast))
    chosen = _pick(rng, found)
    if chosen is None:
        return None
    one, other, track, (ux, uy), fast = chosen
    start = track.poses[0]
    bx, by = _heading(start)
    turn = math.atan2(rounded(bx * uy - by * ux), rounded(bx * ux + by * uy))
    turned = Pose(start.position_m, _turned(start, turn))
    leaves = Path(Track(body=other.name, times_s=(0.0,), poses=(turned,))).retimed(lambda t: fast * t, stage.moment_s + 0.5)
    # It turns within a quarter of a second, and not at once.
    leaves = replace(leaves, poses=(start, *leaves.poses[1:]))
    return _happening([leaves], [Event(time_s=0.0, kind="lane-departure", bodies=(other.name,))])


def _skid(rng: np.random.Generator, moving: Moving, stage: _Stage) -> dict[str, Any] | None:
    """One begins to turn about itself, and slides on."""
    chosen = _pick(rng, [(body, track) for body, track in moving if _speed(body) > 2 * _DRIVES_M_S])
    if chosen is None:
        return None
    body, track = chosen
    spin = rounded((1 if rng.random() < 0.5 else -1) * (2.0 + 2.5 * rng.random()))
    drives = Path(track).retimed(lambda t: _speed(body) * t, stage.moment_s, _with_lamps(body, "brake"))
    step = 1 / 64
    last = ahead(drives.poses[-1], _speed(body) * step)
    skids = replace(
        drives,
        times_s=(*drives.times_s, rounded(stage.moment_s + step)),
        poses=(*drives.poses, Pose(last.position_m, _turned(last, spin * step))),
    )
    return _happening([skids], [Event(time_s=stage.moment_s, kind="skid", bodies=(body.name,), position_m=last.position_m)])


def _child(rng: np.random.Generator, moving: Moving, stage: _Stage) -> dict[str, Any] | None:
    """A ball rolls before one who drives, and a child runs after it; the driver brakes."""
    until = stage.context.duration_s
    chosen = _pick(rng, [(body, track) for body, track in moving if _speed(body) > _DRIVES_M_S])
    if chosen is None:
        return None
    body, track = chosen
    path, speed = Path(track), _speed(body)
    meets = path.pose(speed * (stage.moment_s + 1.0) + _length(body, stage) / 2)
    hx, hy = _heading(meets)
    hand = 1 if rng.random() < 0.5 else -1
    across, far = (-hand * hy, hand * hx), 5.0 + 2.0 * rng.random()
    x, y = meets.position_m[0] - far * across[0], meets.position_m[1] - far * across[1]
    radius, rolls = 0.11, 4.0 + 2.0 * rng.random()
    ground = stage.roads.ground_m(x, y, "pavement")
    ball = BodySpec(
        name="ball",
        shape=SphereShape(radius_m=radius, segments=24),
        world_from_body=Pose((rounded(x), rounded(y), rounded(ground + radius + 0.05))),
        mass_kg=0.4,
        friction=0.6,
        restitution=0.6,
        motion=Motion((rounded(rolls * across[0]), rounded(rolls * across[1]), 0.0)),
        material=MaterialSpec(base_color=(0.75, 0.06, 0.05), roughness=0.5),
        stuff="dynamic",
        tags=("street-furniture", "ball"),
    )
    shape = draw_person(stage.seed, Population(children=1.0, umbrellas=0.0, carrying=0.0))
    behind = 2.5
    points = ((x - behind * across[0], y - behind * across[1]), (x + (far + 6.0) * across[0], y + (far + 6.0) * across[1]))
    child = person_body("child", shape, stage.roads, points[0], across, "pavement")

    def ground_at(place: Vec2) -> AreaKind:
        return "pavement" if _gap(place, (x, y)) < behind else "carriageway"

    runs = walk("child", shape, stage.roads, points, 3.0, kind=ground_at, end_s=until + 1)
    brakes = path.retimed(braking(speed, stage.moment_s, _BRAKE_M_S2), until + 1, _with_lamps(body, "brake"))
    event = Event(time_s=0.0, kind="child-after-ball", bodies=("ball", "child", body.name), position_m=child.world_from_body.position_m)
    return _happening([runs, brakes], [event], [ball, child])


def _lost_load(rng: np.random.Generator, moving: Moving, stage: _Stage) -> dict[str, Any] | None:
    """Boxes fall off behind one who drives, from when the pictures begin."""
    chosen = _pick(rng, [(body, track) for body, track in moving if _speed(body) > _DRIVES_M_S])
    if chosen is None:
        return None
    body, track = chosen
    (x0, _, _), (_, _, z1) = stage.context.library.shape_asset(body.shape).bounds_m
    pose, speed = track.poses[0], _speed(body)
    matrix = pose.matrix
    boxes = []
    for number in range(3 + int(rng.integers(4))):
        size = tuple(rounded(0.3 + 0.4 * rng.random()) for _ in range(3))
        local = (x0 - 0.6 - 0.75 * number, 0.8 * (rng.random() - 0.5), 0.35 * z1 + 0.25 * rng.random())
        place = tuple(rounded(sum(float(matrix[i, k]) * local[k] for k in range(3)) + float(matrix[i, 3])) for i in range(3))
        keeps = 0.75 + 0.2 * rng.random()
        velocity = tuple(rounded(v * keeps) for v in body.motion.linear_m_s)
        spin = tuple(rounded(4 * (rng.random() - 0.5)) for _ in range(3))
        boxes.append(
            BodySpec(
                name=f"lost-{number}",
                shape=BoxShape(size_m=(size[0], size[1], size[2])),
                world_from_body=Pose((place[0], place[1], place[2]), pose.rotation_wxyz),
                mass_kg=rounded(60 * size[0] * size[1] * size[2] + 2),
                friction=0.6,
                restitution=0.2,
                motion=Motion((velocity[0], velocity[1], velocity[2]), (spin[0], spin[1], spin[2])),
                material=MaterialSpec(base_color=_CARDBOARD[int(rng.integers(len(_CARDBOARD)))], roughness=0.9),
                stuff="dynamic",
                tags=("street-furniture", "debris"),
            )
        )
    drives = Path(track).retimed(lambda t: speed * t, stage.context.duration_s + 1)
    names = (body.name, *(box.name for box in boxes))
    return _happening([drives], [Event(time_s=0.0, kind="lost-load", bodies=names, position_m=boxes[0].world_from_body.position_m)], boxes)


_FINDERS = {"rear-end": _rear_end, "head-on": _head_on, "skid": _skid, "child": _child, "lost-load": _lost_load}


def _length(body: BodySpec, stage: _Stage) -> float:
    (x0, _, _), (x1, _, _) = _bounds(body, stage.context.library)
    return x1 - x0


def _bounds(body: BodySpec, library: AssetLibrary) -> Any:
    return library.shape_asset(body.shape).bounds_m


def _gap(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]))


def _turned(pose: Pose, angle_rad: float) -> tuple[float, float, float, float]:
    """A rotation, turned further about the world's z axis."""
    w, x, y, z = (rounded(q) for q in normalize_quat(quat_multiply(quat_from_axis_angle((0.0, 0.0, 1.0), angle_rad), pose.rotation_wxyz)))
    return normalize_quat((w, x, y, z))
