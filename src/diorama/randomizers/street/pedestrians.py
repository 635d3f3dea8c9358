"""Pedestrians: people who walk along pavements and over crossings, stand about, wait and sit."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Distribution, TruncatedNormal, Uniform, require, require_share, rounded
from diorama.randomizers.street.footprints import Footprint, Footprints, footprints_of
from diorama.randomizers.street.footways import Footways, Leg
from diorama.randomizers.street.ground import roads_of
from diorama.randomizers.street.people import Population, draw_person, person_shape, recorded, upright_base
from diorama.randomizers.street.standing import standing, stood
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.people import poses
from diorama.sim.assets.street.people.gait import PHASES, stride_m
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Change, MeshShape, Motion, Pose, SceneSpec, Track
from diorama.sim.spec.people import PersonShape
from diorama.sim.spec.roads import AreaKind, Vec2, along, lengths_m
from diorama.sim.transforms import apply

#: Half of what somebody takes, along and across the way; with an umbrella; and from which height to which.
_HALF_M, _UMBRELLA_M, _HEIGHTS_M = (0.42, 0.4), (0.55, 0.55), (0.15, 1.9)
#: People keep this far from all else.
_CLEAR_M = 0.05
#: Places are tried so often for each.
_TRIES = 6
#: Moments at which it is checked that nobody runs into anybody.
_CHECK_S = 0.4
#: Those who run are this fast.
_RUNNING_M_S = (2.6, 3.6)
#: How many more are about in some parts of a town than in others.
_BUSY = {"town-centre": 1.8, "industrial": 0.5, "country": 0.4}
#: A bench's seat, and how much of it each takes.
_SEAT_M, _SEAT_WIDTH_M = 0.455, 0.62


@dataclass(frozen=True, slots=True, kw_only=True)
class Pedestrians(Labelled):
    """Put people on pavements and crossings, `per_km` on each kilometre of footway.

    In the centre of a town there are more, and outside of it fewer. Of them a share `standing` stands about, alone or in groups, and a share
    `running` runs; the others walk either way, at `speed_m_s`, a share `pairs` of them with somebody at their side. Somebody is on a crossing
    with the chance `crossing`, where its signal allows, and waits at each of
    its ends with the chance `waiting`. Each place of a bench is taken with the chance `sitting`. Who they are is drawn from `people`.

    Nobody touches anybody or anything at any time that is watched; who would is drawn anew, and after a few times left out.
    """

    name: ClassVar[str] = "pedestrians"
    stage: ClassVar[Stage] = "scene"

    people: Population = field(default_factory=Population)
    per_km: Distribution = Uniform(0, 32)
    speed_m_s: Distribution = TruncatedNormal(1.35, 0.22, 0.6, 2.0)
    standing: float = 0.2
    running: float = 0.03
    pairs: float = 0.25
    crossing: float = 0.4
    waiting: float = 0.35
    sitting: float = 0.35

    def __post_init__(self) -> None:
        require(self, 0, 1000, "per_km")
        require(self, 0.3, 4, "speed_m_s")
        require_share(self, "standing", "running", "pairs", "crossing", "waiting", "sitting")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        ways = Footways(roads_of(spec, self.name))
        crowd = _Crowd(ways, spec, context.library, context.duration_s)
        called = self.label or "pedestrian"
        for maker in (self._sitters, self._waiters, self._crossers, self._others):
            for name, attempts in maker(seed, spec, ways, called):
                crowd.put(name, attempts)
        return {"duration_s": context.duration_s, "asked": crowd.asked, "fitted": len(crowd.people), "people": crowd.people}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        made = [_made(person, params["duration_s"]) for person in params["people"]]
        tracks = tuple(track for _, tracks in made for track in tracks)
        return spec.replace(bodies=(*spec.bodies, *(body for body, _ in made)), tracks=(*spec.tracks, *tracks))

    # --- who does what ---

    def _sitters(self, seed: Seed, spec: SceneSpec, ways: Footways, called: str) -> Iterator[tuple[str, Iterator["_Plan"]]]:
        del ways
        for body in spec.bodies:
            if not (isinstance(body.shape, MeshShape) and body.shape.asset.startswith("street:bench/")):
                continue
            rng = seed.child("bench", body.name).rng()
            for k in range(3):
                if rng.random() < self.sitting:
                    name = f"{called}-{body.name}-{k}"
                    yield (
                        name,
                        iter([_Plan(person=self._person(seed, name), does="sits", place={"bench": body.name, "seat": k}, way=int(rng.integers(3)))]),
                    )

    def _waiters(self, seed: Seed, spec: SceneSpec, ways: Footways, called: str) -> Iterator[tuple[str, Iterator["_Plan"]]]:
        del spec
        for lane in ways.named("crossing"):
            for forwards in (True, False):
                rng = seed.child("waiting", lane, int(forwards)).rng()
                if rng.random() >= self.waiting:
                    continue
                leg = Leg(lane, forwards)
                edge, _ = ways.kerbs_m(leg)
                for k in range(1 + int(3 * float(rng.random()) ** 2)):
                    name = f"{called}-{lane}-{'a' if forwards else 'b'}-{k}"
                    yield name, self._waits(seed, name, ways, leg, edge)

    def _waits(self, seed: Seed, name: str, ways: Footways, leg: Leg, edge_m: float) -> Iterator["_Plan"]:
        person, rng = self._person(seed, name), seed.child("place", name).rng()
        half = ways.lanes[leg.lane].width_m / 2 - 0.3
        for _ in range(_TRIES):
            back, aside, way = 0.45 + 1.0 * float(rng.random()), half * (2 * float(rng.random()) - 1), int(rng.integers(poses.STANDING))
            place, heading = ways.at(leg, edge_m - back, aside)
            yield _Plan(person=person, does="stands", place=_spot(place, heading, "pavement"), way=way)

    def _crossers(self, seed: Seed, spec: SceneSpec, ways: Footways, called: str) -> Iterator[tuple[str, Iterator["_Plan"]]]:
        del spec
        for lane in ways.named("crossing"):
            rng = seed.child("crossing", lane).rng()
            if rng.random() >= self.crossing:
                continue
            for k in range(1 + int(3 * float(rng.random()) ** 2)):
                name = f"{called}-{lane}-{k}"
                yield name, self._walks(seed, name, ways, lane)

    def _others(self, seed: Seed, spec: SceneSpec, ways: Footways, called: str) -> Iterator[tuple[str, Iterator["_Plan"]]]:
        lanes = ways.named("walk")
        total = math.fsum(ways.length_m(name) for name in lanes)
        count = round(self.per_km.sample(seed.child("density").rng()) * _BUSY.get(dict(spec.notes).get("setting", ""), 1.0) * total / 1000)
        number = 0
        while number < count:
            rng = seed.child("group", number).rng()
            left = total * float(rng.random())
            lane = lanes[-1]
            for lane in lanes:
                left -= ways.length_m(lane)
                if left < 0:
                    break
            does, more = float(rng.random()), float(rng.random())
            if does < self.standing:
                size = min(1 + int(4 * more * more), count - number)
                spot = ways.length_m(lane) * float(rng.random()), float(rng.random()), float(rng.random())
                for k in range(size):
                    name = f"{called}-{number + k}"
                    yield name, self._stands(seed, name, ways, lane, spot, k, size)
                number += size
            else:
                beside = more < self.pairs and number + 1 < count
                way = self._walks(seed, f"{called}-{number}", ways, lane)
                yield f"{called}-{number}", way
                if beside:
                    yield f"{called}-{number + 1}", self._walks(seed, f"{called}-{number + 1}", ways, lane, beside=f"{called}-{number}")
                number += 2 if beside else 1

    def _stands(
        self, seed: Seed, name: str, ways: Footways, lane: str, spot: tuple[float, float, float], number: int, size: int
    ) -> Iterator["_Plan"]:
        """One of a group around a spot near an edge of the footway; they look at its middle, and who is alone anywhere."""
        person, rng = self._person(seed, name), seed.child("place", name).rng()
        along_m, side, first = spot
        half = max(ways.lanes[lane].width_m / 2 - 0.25, 0.0)
        for k in range(_TRIES):
            turn = 2 * math.pi * (first + number / size + 0.08 * (float(rng.random()) - 0.5))
            radius = 0.0 if size == 1 else 0.42 + 0.16 * size
            aside = (half - radius * 0.6) * (1 if side < 0.5 else -1) * (1 - 0.15 * k)
            (x, y), _ = ways.at(Leg(lane, True), along_m + 0.5 * k, aside)
            c, s = rounded(math.cos(turn)), rounded(math.sin(turn))
            yield _Plan(
                person=person,
                does="stands",
                place=_spot((x + radius * c, y + radius * s), (-c, -s), "pavement"),
                way=int(rng.integers(poses.STANDING)),
            )

    def _walks(self, seed: Seed, name: str, ways: Footways, lane: str, beside: str = "") -> Iterator["_Plan"]:
        """Along a lane and on; with `beside`, at the side of who has that name."""
        person, rng = self._person(seed, name), seed.child("walk", beside or name).rng()
        own = seed.child("place", name).rng()
        runs = float(rng.random()) < self.running and not beside
        low, high = _RUNNING_M_S
        for k in range(_TRIES):
            speed = self.speed_m_s.sample(rng)
            if runs:
                speed = rounded(low + (high - low) * float(rng.random()))
            leg, way = Leg(lane, float(rng.random()) < 0.5), ways.length_m(lane) * float(rng.random())
            if ways.lanes[lane].kind == "crossing":
                edge, end = ways.kerbs_m(leg)
                way = edge + (end - edge) * float(rng.random())
                if not ways.may_cross(lane, -(way - edge) / speed):
                    continue
            half = max(ways.lanes[lane].width_m / 2 - 0.4, 0.0)
            aside = half * (2 * float(rng.random()) - 1)
            if beside:
                aside += (0.72 + 0.05 * k) * (-1.0 if aside > 0 else 1.0)
            choices = [float(v) for v in rng.random(8)]
            yield _Plan(
                person=person,
                does="walks",
                place={"lane": leg.lane, "forwards": leg.forwards, "way_m": rounded(way), "aside_m": rounded(aside), "choices": choices},
                speed_m_s=speed,
                phase=int(own.integers(PHASES)),
            )

    def _person(self, seed: Seed, name: str) -> PersonShape:
        return draw_person(seed.child("person", name), self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What somebody may do: who it is, and where they stand, sit or walk."""

    person: PersonShape
    does: str
    place: dict[str, Any]
    way: int = 0
    speed_m_s: float = 0.0
    phase: int = 0


def _spot(place: Vec2, heading: Vec2, kind: AreaKind) -> dict[str, Any]:
    return {"place_m": [rounded(c) for c in place], "heading": [rounded(c) for c in heading], "kind": kind}


# --- finding room -----------------------------------------------------------------------------------------


class _Crowd:
    """Those who have found a place, and what room is taken at each moment."""

    def __init__(self, ways: Footways, spec: SceneSpec, library: AssetLibrary, duration_s: float) -> None:
        self._ways, self._spec, self._library, self._duration_s = ways, spec, library, duration_s
        self.asked = 0
        self.people: list[dict[str, Any]] = []
        moving = {track.body: track for track in spec.tracks if track.poses}
        self._times = [k * _CHECK_S for k in range(math.ceil(duration_s / _CHECK_S) + 1)]
        still = [body for body in spec.bodies if body.name not in moving]
        first = Footprints.around(still, library)
        self._taken = [first if len(self._times) == 1 else Footprints.around(still, library) for _ in self._times]
        for taken, time_s in zip(self._taken, self._times, strict=True):
            for name, track in moving.items():
                taken.add(footprints_of(library.shape_asset(spec.body(name).shape), track.pose(time_s)))

    def put(self, name: str, attempts: Iterator[_Plan]) -> None:
        """Take the first of some plans that has room, if one has."""
        self.asked += 1
        for plan in attempts:
            found = self._sits(plan) if plan.does == "sits" else self._walks(plan) if plan.does == "walks" else self._stands(plan)
            if found is not None:
                self.people.append({"name": name, "person": recorded(plan.person), "does": plan.does, "way": plan.way} | found)
                return

    def _fits(self, footprints: Sequence[list[Footprint]]) -> bool:
        """One for each moment, or one for all. What fits is taken."""
        each = footprints if len(footprints) > 1 else [footprints[0]] * len(self._times)
        if not all(taken.are_free(mine, _CLEAR_M) for taken, mine in zip(self._taken, each, strict=True)):
            return False
        for taken, mine in zip(self._taken, each, strict=True):
            taken.add(mine)
        return True

    def _stands(self, plan: _Plan) -> dict[str, Any] | None:
        (x, y), heading, kind = plan.place["place_m"], plan.place["heading"], plan.place["kind"]
        person = plan.person
        ground = self._ways.roads.ground_m(x, y, kind)
        if not self._fits([[_room(person, (x, y), (heading[0], heading[1]), ground)]]):
            return None
        pose = stood(upright_base(person), self._ways.roads, (x, y), (heading[0], heading[1]), kind, upright=True)
        return {"pose": to_json(pose)}

    def _sits(self, plan: _Plan) -> dict[str, Any] | None:
        bench = self._spec.body(plan.place["bench"])
        asset = self._library.shape_asset(bench.shape)
        (_, y0, _), (_, y1, _) = asset.bounds_m
        base = asset.landmarks["base"]
        aside = (plan.place["seat"] - 1) * _SEAT_WIDTH_M
        if abs(aside) + 0.25 > (y1 - y0) / 2:
            return None
        matrix = bench.world_from_body.matrix
        ((x, y, _), (ax, ay, _)) = apply(matrix, np.array([[base[0], base[1] + aside, base[2]], [base[0] + 1.0, base[1] + aside, base[2]]])).tolist()
        heading = (ax - x, ay - y)
        person = poses.sitting(plan.person, _SEAT_M, plan.way)
        ground = float(matrix[2, 3]) + base[2]
        # Knees and feet are before the bench, whose own room one sits in.
        room = Footprint((x + 0.54 * heading[0], y + 0.54 * heading[1]), heading, (0.22, 0.27), ground + 0.1, ground + 1.3)
        if not self._fits([[room]]):
            return None
        pose = standing(self._library.shape_asset(person), self._ways.roads, (x - 0.02 * heading[0], y - 0.02 * heading[1]), heading, upright=True)
        px, py, _ = pose.position_m
        low = self._library.shape_asset(person).landmarks["base"][2]
        return {"pose": to_json(Pose((px, py, rounded(ground - low)), pose.rotation_wxyz)), "seat_m": _SEAT_M}

    def _walks(self, plan: _Plan) -> dict[str, Any] | None:
        ways, person = self._ways, plan.person
        leg, way = Leg(plan.place["lane"], plan.place["forwards"]), plan.place["way_m"]
        legs = self._route(leg, way, plan)
        path = ways.path(legs, way, plan.place["aside_m"])
        lengths = lengths_m(path)
        if len(path) < 2 or lengths[-1] < plan.speed_m_s * self._duration_s:
            return None
        kinds = self._kinds(legs, way)
        rooms = []
        for time_s in self._times:
            gone = min(plan.speed_m_s * time_s, lengths[-1])
            (x, y), heading = along(path, gone, lengths)
            rooms.append([_room(person, (x, y), heading, ways.roads.ground_m(x, y, _kind(kinds, gone)))])
        if not self._fits(rooms):
            return None
        gone = [0.0] if self._duration_s == 0 else list(_steps(person, plan.speed_m_s, self._duration_s))
        found = [self._pose(person, path, lengths, kinds, way_m) for way_m in gone]
        return {"speed_m_s": plan.speed_m_s, "phase": plan.phase, "poses": found}

    def _route(self, leg: Leg, way_m: float, plan: _Plan) -> list[Leg]:
        """The legs that are walked while it is watched."""
        legs, left = [leg], plan.speed_m_s * self._duration_s + 1.0 - (self._ways.length_m(leg.lane) - way_m)
        time_s = (self._ways.length_m(leg.lane) - way_m) / plan.speed_m_s
        for choice in plan.place["choices"]:
            options = [o for o in self._ways.onward(legs[-1]) if self._ways.lanes[o.lane].kind == "walk" or self._ways.may_cross(o.lane, time_s)]
            options = [o for o in options if o.lane not in {before.lane for before in legs}]
            if left <= 0 or not options:
                break
            legs.append(options[int(choice * len(options))])
            left -= self._ways.length_m(legs[-1].lane)
            time_s += self._ways.length_m(legs[-1].lane) / plan.speed_m_s
        return legs

    def _kinds(self, legs: Sequence[Leg], start_m: float) -> list[tuple[float, float]]:
        """From where to where along a path it is on carriageways."""
        out, before = [], -start_m
        for leg in legs:
            if self._ways.lanes[leg.lane].kind == "crossing":
                low, high = self._ways.kerbs_m(leg)
                out.append((before + low, before + high))
            before += self._ways.length_m(leg.lane)
        return out

    def _pose(self, person: PersonShape, path: Sequence[Vec2], lengths: Sequence[float], kinds: Sequence[tuple[float, float]], way_m: float) -> Any:
        at, heading = along(path, way_m, lengths)
        return to_json(stood(upright_base(person), self._ways.roads, at, heading, _kind(kinds, way_m), upright=True))


def _kind(low: Sequence[tuple[float, float]], way_m: float) -> AreaKind:
    return "crossing" if any(a <= way_m <= b for a, b in low) else "pavement"


def _room(person: PersonShape, place: Vec2, heading: Vec2, ground_m: float) -> Footprint:
    half = _UMBRELLA_M if person.umbrella is not None else _HALF_M
    return Footprint(place, heading, half, ground_m + _HEIGHTS_M[0], ground_m + _HEIGHTS_M[1])


def _steps(person: PersonShape, speed_m_s: float, duration_s: float) -> Iterator[float]:
    """How far somebody has got at each change of pose."""
    step = stride_m(person, speed_m_s) / PHASES
    for k in range(math.ceil(speed_m_s * duration_s / step) + 1):
        yield k * step


#: Who does not go.
_STILL = Motion()

# --- bodies -----------------------------------------------------------------------------------------------


def _made(params: Mapping[str, Any], duration_s: float) -> tuple[BodySpec, tuple[Track, ...]]:
    """A person's body, and the way it goes if it is watched."""
    person, name = person_shape(params["person"]), params["name"]
    if params["does"] != "walks":
        shape = poses.sitting(person, params["seat_m"], params["way"]) if params["does"] == "sits" else poses.standing(person, params["way"])
        return _body(name, shape, from_json(Pose, params["pose"]), params["does"]), ()
    speed = params["speed_m_s"]
    placed = [from_json(Pose, pose) for pose in params["poses"]]
    shapes = [poses.going(person, ((params["phase"] + k) % PHASES) / PHASES, speed) for k in range(min(len(placed), PHASES))]
    forwards = placed[0].matrix[:3, 0]
    motion = Motion((rounded(float(forwards[0]) * speed), rounded(float(forwards[1]) * speed), 0.0))
    body = _body(name, shapes[0], placed[0], "walks", motion)
    if duration_s == 0:
        return body, ()
    step = stride_m(person, speed) / PHASES
    times = tuple(rounded(k * step / speed) for k in range(len(placed)))
    changes = tuple(Change(time_s=time_s, shape=shapes[k % PHASES]) for k, time_s in enumerate(times))
    return body, (Track(body=name, times_s=times, poses=tuple(placed), changes=changes),)


def _body(name: str, shape: PersonShape, pose: Pose, does: str, motion: Motion = _STILL) -> BodySpec:
    doing = {"walks": "walking", "stands": "standing", "sits": "sitting"}[does]
    return BodySpec(
        name=name, shape=shape, world_from_body=pose, motion=motion, category="person", attributes=(("activity", doing),), tags=("person", doing)
    )
