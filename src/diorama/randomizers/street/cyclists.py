"""Who rides: bicycles and motorcycles with their riders on the road, and others that stand about without them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.colors import rgb_from_hsv
from diorama.randomizers.distributions import Choice, Distribution, TruncatedNormal, Uniform, require, require_share, rounded
from diorama.randomizers.street.footprints import Footprint, Footprints, footprints_of
from diorama.randomizers.street.ground import roads_of
from diorama.randomizers.street.people import Population, draw_person, person_shape, recorded
from diorama.randomizers.street.standing import stood
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.cycles.frames import layout_of
from diorama.sim.assets.street.riding import fitted, riding
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Change, Lane, Motion, Pose, Rgb, RoadMap, SceneSpec, Track
from diorama.sim.spec.cycles import CRANK_STEPS, WHEEL_STEPS, CycleShape
from diorama.sim.spec.people import PersonShape
from diorama.sim.spec.roads import AreaKind, Vec2, along, lengths_m
from diorama.sim.transforms import Vec3, apply, quat_from_axis_angle, quat_multiply

#: How far a bicycle goes with one turn of the cranks.
_GEAR_M = 4.6
#: Places are tried so often for each.
_TRIES = 6
#: Riders keep so far from what is there, and from the edge of their lane.
_CLEAR_M, _EDGE_M = 0.25, 0.55
#: How often it is checked that they run into nothing.
_CHECK_S = 0.4
#: What stands on its stand leans so far.
_LEANS_RAD = 0.12
_G_M_S2 = 9.81
#: Who is shorter rides a child's bicycle, and shorter than this nobody rides.
_CHILDS_M, _RIDES_M = 1.42, 1.05
_MODELS: dict[str, float] = {"city": 4, "trekking": 3, "racing": 1.5, "mountain": 2}
_MOTOR_MODELS: dict[str, float] = {"naked": 3, "sport": 2, "tourer": 1.5, "chopper": 1, "scooter": 3.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cyclists(Labelled):
    """Put people on bicycles and motorcycles on the road: `per_km` on each kilometre of lane, and `parked_per_km` cycles without riders beside it.

    A share `motorcycles` has an engine: those ride in the middle of drive lanes at about `motor_m_s`. The others ride at `speed_m_s`, in cycle lanes
    where there are any beside the road, and else at the edge of it. Who would touch anything at any time that is watched is drawn anew, and after a
    few times left out. They ride on to the end of their lane, and stop there. Riders and cycles are bodies of their own: a ``rider`` and a
    ``bicycle`` or ``motorcycle``. A share `helmets` of cyclists wears one. Who they are is drawn from `people`.
    """

    name: ClassVar[str] = "cyclists"
    stage: ClassVar[Stage] = "scene"

    people: Population = field(default_factory=Population)
    per_km: Distribution = Uniform(0, 5)
    parked_per_km: Distribution = Uniform(0, 12)
    motorcycles: float = 0.25
    speed_m_s: Distribution = TruncatedNormal(4.6, 0.9, 2.5, 8.0)
    motor_m_s: Distribution = TruncatedNormal(10.0, 2.0, 5.0, 15.0)
    helmets: float = 0.45

    def __post_init__(self) -> None:
        require(self, 0, 500, "per_km", "parked_per_km")
        require(self, 1, 15, "speed_m_s")
        require(self, 2, 40, "motor_m_s")
        require_share(self, "motorcycles", "helmets")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, self.name)
        room = _Room(roads, spec, context.library, context.duration_s)
        called = self.label or "cyclist"
        lanes = [lane for lane in roads.lanes if lane.kind in ("drive", "cycle") and not lane.junction]
        total = math.fsum(lengths_m(lane.points_m)[-1] for lane in lanes) / 1000
        kerbs = [lane for lane in roads.lanes if lane.kind == "walk"]
        beside = math.fsum(lengths_m(lane.points_m)[-1] for lane in kerbs) / 1000
        density = seed.child("density").rng()
        ridden, left = round(self.per_km.sample(density) * total), round(self.parked_per_km.sample(density) * beside)
        found = [self._ridden(seed, f"{called}-{k}", lanes, room) for k in range(ridden)]
        found += [self._parked(seed, f"{called}-parked-{k}", kerbs, room) for k in range(left)]
        fitted_in = [one for one in found if one is not None]
        return {"duration_s": context.duration_s, "asked": ridden + left, "fitted": len(fitted_in), "cycles": fitted_in}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        roads = roads_of(spec, self.name)
        bodies: list[BodySpec] = []
        tracks: list[Track] = []
        for drawn in params["cycles"]:
            if "person" not in drawn:
                bodies.append(_cycle_body(drawn["name"], from_json(CycleShape, drawn["cycle"]), from_json(Pose, drawn["pose"]), ("parked",)))
                continue
            made, ways = _ridden(drawn, roads, params["duration_s"])
            bodies += made
            tracks += ways
        return spec.replace(bodies=(*spec.bodies, *bodies), tracks=(*spec.tracks, *tracks))

    def _ridden(self, seed: Seed, name: str, lanes: list[Lane], room: "_Room") -> dict[str, Any] | None:
        rng = seed.child("ride", name).rng()
        motor = float(rng.random()) < self.motorcycles
        person = self._rider(seed, name, motor)
        cycle = draw_cycle(seed.child("cycle", name), motor=motor, small=person.height_m < _CHILDS_M)
        cycle = fitted(cycle, person)
        own = [lane for lane in lanes if (lane.kind == "cycle" and not motor) or (lane.kind == "drive" and (motor or _is_outer(lane, room.roads)))]
        if not own:
            return None
        reaches = [lengths_m(lane.points_m)[-1] for lane in own]
        for _ in range(_TRIES):
            left, k = math.fsum(reaches) * float(rng.random()), 0
            while k + 1 < len(own) and left > reaches[k]:
                left, k = left - reaches[k], k + 1
            speed = (self.motor_m_s if motor else self.speed_m_s).sample(rng)
            aside = 0.0
            if own[k].kind == "drive" and not motor:
                # Traffic on the right has its kerb on the right.
                aside = (own[k].width_m / 2 - _EDGE_M) * (-1 if room.roads.drives_on == "right" else 1)
            drawn = {
                "name": name,
                "person": recorded(person),
                "cycle": to_json(cycle),
                "lane": own[k].name,
                "way_m": rounded(min(left, reaches[k])),
                "aside_m": rounded(aside),
                "speed_m_s": speed,
                "crank": int(rng.integers(CRANK_STEPS)),
            }
            if room.is_free(drawn, layout_of(cycle).grip[2] + 0.8):
                return drawn
        return None

    def _rider(self, seed: Seed, name: str, motor: bool) -> PersonShape:
        person, rng = draw_person(seed.child("person", name), self.people), seed.child("helmet", name).rng()
        helmet = "full-face" if motor else "helmet" if float(rng.random()) < self.helmets else None
        color = rgb_from_hsv(float(rng.random()), 0.8 * float(rng.random()), 0.1 + 0.8 * float(rng.random()))
        if motor and person.age_years < 18:
            person = replace(person, age_years=30.0, height_m=1.72, bmi_kg_m2=24.0)
        if person.height_m < _RIDES_M:
            person = replace(person, age_years=7.0, height_m=1.2)
        top = "jacket" if motor or person.top in ("coat", "dress", "parka", "suit") else person.top
        bottom = "trousers" if motor or person.bottom in ("skirt", "long-skirt") else person.bottom
        hat = helmet if helmet else (person.hat if person.hat in ("beanie", "cap") else None)
        return replace(person, hat=hat, hat_color=color if helmet else person.hat_color, top=top, bottom=bottom)

    def _parked(self, seed: Seed, name: str, kerbs: list[Lane], room: "_Room") -> dict[str, Any] | None:
        rng = seed.child("parked", name).rng()
        cycle = draw_cycle(seed.child("cycle", name), motor=float(rng.random()) < 0.5 * self.motorcycles)
        cycle = replace(cycle, steer_deg=int(rng.integers(-25, 26)))
        for _ in range(_TRIES):
            lane = kerbs[int(rng.integers(len(kerbs)))]
            lengths = lengths_m(lane.points_m)
            (x, y), (dx, dy) = along(lane.points_m, lengths[-1] * float(rng.random()), lengths)
            aside = (lane.width_m / 2 - 0.35) * (1.0 if rng.random() < 0.5 else -1.0)
            turn = 1.0 if rng.random() < 0.5 else -1.0
            pose = leaning_pose(cycle, room.roads, (x - aside * dy, y + aside * dx), (turn * dx, turn * dy), _LEANS_RAD, "pavement")
            if room.takes(footprints_of(room.library.shape_asset(cycle), pose)):
                return {"name": name, "cycle": to_json(cycle), "pose": to_json(pose)}
        return None


def draw_cycle(seed: Seed, *, motor: bool, small: bool = False) -> CycleShape:
    """A bicycle, one for a child if it is to be `small`, or a motorcycle."""
    model = "child" if small and not motor else Choice(_MOTOR_MODELS if motor else _MODELS).sample(seed.child("model").rng())
    u = [float(v) for v in seed.rng().random(10)]
    dark = u[1] < 0.45
    value = 0.05 + 0.2 * u[2] if dark else 0.3 + 0.65 * u[2]
    paint: Rgb = rgb_from_hsv(u[3], 0.1 * u[4] if dark or u[5] < 0.25 else 0.4 + 0.6 * u[4], value)
    brown = rgb_from_hsv(0.07, 0.6, 0.4)
    loads: list[str] = []
    if motor:
        loads += ["panniers"] * (model == "tourer" and u[6] < 0.7) + ["top-box"] * (model in ("tourer", "scooter") and u[7] < 0.5)
    else:
        loads += ["basket"] * (model == "city" and u[6] < 0.4) + ["panniers"] * (model in ("city", "trekking") and u[7] < 0.25)
    second: Rgb = brown if u[8] < 0.2 else (0.02, 0.02, 0.022)
    return CycleShape(model=model, variant=int(4 * u[9]), paint=paint, second=second, loads=tuple(loads))


# --- bodies -----------------------------------------------------------------------------------------------


def leaning_pose(cycle: CycleShape, roads: RoadMap, place_m: Vec2, heading: Vec2, lean_rad: float, kind: AreaKind = "carriageway") -> Pose:
    """The pose of a cycle that stands on a place of the ground, leaning to the left by so much about the line between its wheels."""
    return _from_ground(_upright(roads, place_m, heading, kind), lean_rad, _base(cycle))


def ridden(
    name: str, person: PersonShape, cycle: CycleShape, roads: RoadMap, place_m: Vec2, heading: Vec2, lean_rad: float = 0.0, *, stopped: bool = False
) -> tuple[BodySpec, BodySpec]:
    """A cycle on the carriageway, and its rider: two bodies that lean together to the left. Names are `name` and `name`-rider."""
    rider, at = riding(person, cycle, stopped=stopped)
    ground = _upright(roads, place_m, heading, "carriageway")
    body = _cycle_body(name, cycle, _from_ground(ground, lean_rad, _base(cycle)), ("moving",))
    return body, BodySpec(
        name=f"{name}-rider",
        shape=rider,
        world_from_body=_from_ground(ground, lean_rad, (-at[0], -at[1], -at[2])),
        category="rider",
        attributes=(("activity", "riding"),),
        tags=("person", "rider"),
    )


def _base(cycle: CycleShape) -> Vec3:
    """The point between a cycle's wheels on the ground, in its own axes."""
    return 0.0, 0.0, rounded(-1.35 * layout_of(cycle).wheel_m)


def _upright(roads: RoadMap, place: Vec2, heading: Vec2, kind: AreaKind) -> Pose:
    return stood((0.0, 0.0, 0.0), roads, place, heading, kind)


def _from_ground(ground: Pose, lean_rad: float, base: Vec3) -> Pose:
    """The pose of what has the ground's origin at `base` of its own axes, leaning to the left."""
    turn = quat_multiply(ground.rotation_wxyz, [round(q, 12) for q in quat_from_axis_angle((1.0, 0.0, 0.0), -lean_rad)])
    pose = Pose(ground.position_m, turn)
    x, y, z = apply(pose.matrix, [[-base[0], -base[1], -base[2]]])[0].tolist()
    return Pose((rounded(x), rounded(y), rounded(z)), turn)


def _cycle_body(name: str, cycle: CycleShape, pose: Pose, tags: tuple[str, ...]) -> BodySpec:
    return BodySpec(name=name, shape=cycle, world_from_body=pose, category=cycle.category, tags=("vehicle", cycle.category, *tags))


def _is_outer(lane: Lane, roads: RoadMap) -> bool:
    """Whether no other lane is between a drive lane and the kerb."""
    return (lane.right if roads.drives_on == "right" else lane.left) is None


@dataclass(frozen=True, slots=True)
class _Ride:
    """Where a rider is at a time: the lane, shifted aside, at a steady speed up to its end."""

    lane: Lane
    drawn: Mapping[str, Any]

    def at(self, time_s: float) -> tuple[Vec2, Vec2, float, bool]:
        """The place, the unit vector onwards, how far it has come, and whether it has stopped."""
        lengths = lengths_m(self.lane.points_m)
        gone = self.drawn["speed_m_s"] * time_s
        way = min(self.drawn["way_m"] + gone, max(lengths[-1] - 1.2, self.drawn["way_m"]))
        (x, y), (dx, dy) = along(self.lane.points_m, way, lengths)
        aside = self.drawn["aside_m"]
        return (x - aside * dy, y + aside * dx), (dx, dy), way - self.drawn["way_m"], way - self.drawn["way_m"] < gone - 1e-9

    def lean_rad(self, time_s: float) -> float:
        """Into the bend, by the tangent v^2 / g r."""
        _, (ax, ay), a, _ = self.at(time_s)
        _, (bx, by), b, _ = self.at(time_s + 0.5)
        if b - a < 0.1:
            return 0.0
        speed = self.drawn["speed_m_s"]
        return rounded(max(min(math.atan(speed * speed * (ax * by - ay * bx) / ((b - a) * _G_M_S2)), 0.6), -0.6))


def _ridden(drawn: Mapping[str, Any], roads: RoadMap, duration_s: float) -> tuple[list[BodySpec], list[Track]]:
    """Cycle and rider, and their ways if they are watched."""
    person, cycle = person_shape(drawn["person"]), from_json(CycleShape, drawn["cycle"])
    ride, name, speed = _Ride(roads.lane(drawn["lane"]), drawn), drawn["name"], drawn["speed_m_s"]

    def moment(time_s: float) -> tuple[BodySpec, BodySpec]:
        place, heading, gone, stopped = ride.at(time_s)
        turned = round(WHEEL_STEPS * gone / (2 * math.pi * layout_of(cycle).wheel_m)) % WHEEL_STEPS
        crank = 0 if cycle.has_engine else (6 if stopped else (drawn["crank"] + math.floor(CRANK_STEPS * gone / _GEAR_M + 0.5)) % CRANK_STEPS)
        now = replace(cycle, roll=turned, crank=crank)
        return ridden(name, person, now, roads, place, heading, 0.0 if stopped else ride.lean_rad(time_s), stopped=stopped)

    bodies = list(moment(0.0))
    if duration_s == 0:
        _, (dx, dy), _, _ = ride.at(0.0)
        motion = Motion((rounded(dx * speed), rounded(dy * speed), 0.0))
        return [replace(body, motion=motion) for body in bodies], []
    step = _GEAR_M / CRANK_STEPS / speed if not cycle.has_engine else 0.05
    times = [rounded(k * step) for k in range(math.ceil(duration_s / step) + 1)]
    moments = [moment(time_s) for time_s in times]
    tracks: list[Track] = []
    for k, body in enumerate(bodies):
        mine = [pair[k] for pair in moments]
        changes = tuple(Change(time_s=time_s, shape=b.shape) for time_s, b in zip(times, mine, strict=True))
        tracks.append(Track(body=body.name, times_s=tuple(times), poses=tuple(b.world_from_body for b in mine), changes=changes))
    return bodies, tracks


class _Room:
    """What room is taken at each moment that is looked at."""

    def __init__(self, roads: RoadMap, spec: SceneSpec, library: AssetLibrary, duration_s: float) -> None:
        self.roads, self.library = roads, library
        self._times = [k * _CHECK_S for k in range(math.ceil(duration_s / _CHECK_S) + 1)]
        moving = {track.body: track for track in spec.tracks if track.poses}
        self._taken = [Footprints.around((b for b in spec.bodies if b.name not in moving), library) for _ in self._times]
        for taken, time_s in zip(self._taken, self._times, strict=True):
            for name, track in moving.items():
                taken.add(footprints_of(library.shape_asset(spec.body(name).shape), track.pose(time_s)))

    def is_free(self, drawn: Mapping[str, Any], high_m: float) -> bool:
        """Whether somebody can ride so, as long as it is watched; it takes the room."""
        ride = _Ride(self.roads.lane(drawn["lane"]), drawn)
        rooms = []
        for time_s in self._times:
            (x, y), heading, _, _ = ride.at(time_s)
            ground = self.roads.ground_m(x, y)
            rooms.append([Footprint((x, y), heading, (1.05, 0.42), ground + 0.15, ground + high_m)])
        if not all(taken.are_free(room, _CLEAR_M) for taken, room in zip(self._taken, rooms, strict=True)):
            return False
        for taken, room in zip(self._taken, rooms, strict=True):
            taken.add(room)
        return True

    def takes(self, footprints: list[Footprint]) -> bool:
        """Whether something can stand there all the time; it takes the room."""
        if not all(taken.are_free(footprints, 0.1) for taken in self._taken):
            return False
        for taken in self._taken:
            taken.add(footprints)
        return True
