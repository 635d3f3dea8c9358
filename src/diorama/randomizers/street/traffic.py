"""Vehicles that drive: along the lanes of the map, behind each other, and waiting where one has to wait."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Distribution, TruncatedNormal, Uniform, require, require_share, rounded
from diorama.randomizers.street.car_following import Car, Driver, Flow, Hazards
from diorama.randomizers.street.footprints import Footprint, Footprints, footprints_of
from diorama.randomizers.street.ground import Ground
from diorama.randomizers.street.standing import lowest, stood
from diorama.randomizers.street.vehicles import Fleet, draw_vehicle, vehicle_body, vehicle_shape
from diorama.randomizers.street.ways import Ways
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Change, Motion, Pose, RoadMap, SceneSpec, Shape, Track
from diorama.sim.spec.roads import Vec2

#: Steps of what is not watched, and of what is.
_COARSE_S, _STEP_S = 0.2, 0.1
#: So much room is left before a vehicle that is put on a lane, and more by its speed.
_ROOM_M, _ROOM_S = 5.0, 0.7
#: What reaches so far into a lane is in the way, unless it hangs higher than this; and how near vehicles may come to people.
_INTO_M, _OVERHEAD_M, _AROUND_M = 0.3, 4.3, 0.6
#: Brake lamps are on from here on.
_BRAKING_M_S2 = -0.6
#: With so many left out there was no room for more.
_MOST_DROPPED = 24

#: Vehicles keep so far from all else, mirrors included; what they can drive over does not count, and a person takes this to each side.
_CLEAR_M, _ABOVE_M, _PERSON_M = 0.15, 0.2, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic(Labelled):
    """Drive vehicles of a `fleet` along the lanes, `per_km` of them on each kilometre of lane.

    Drivers keep to `speed` times the limit where they can, `headway_s` behind the next; slow down for turns; stop at signals, for people and for
    what stands on the lane; and give way. They have driven for `warm_up_s` when the scene begins, so that there are queues, and gaps are as they
    would be. A share `day_lights` has its lamps on by day. Vehicles that would touch something all the same are left out; those that leave the map
    drive straight on.
    """

    name: ClassVar[str] = "traffic"
    stage: ClassVar[Stage] = "scene"

    fleet: Fleet = field(default_factory=Fleet)
    per_km: Distribution = Uniform(8, 40)
    speed: Distribution = TruncatedNormal(1.0, 0.1, 0.7, 1.3)
    headway_s: Distribution = Uniform(1.0, 2.2)
    day_lights: float = 0.5
    warm_up_s: float = 6.0

    def __post_init__(self) -> None:
        require(self, 0, 200, "per_km")
        require(self, 0.1, 3, "speed")
        require(self, 0.3, 10, "headway_s")
        require_share(self, "day_lights")
        if not 0 <= self.warm_up_s <= 60:
            raise InvalidValue(f"warm_up_s must be in [0, 60], got {self.warm_up_s}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, "traffic")
        ways = Ways(roads)
        spacing = 1000 / max(self.per_km.sample(seed.child("density").rng()), 1e-3)
        params: dict[str, Any] = {"duration_s": context.duration_s, "hazards": _standing_in_the_way(spec, ways, context.library), "vehicles": []}
        lanes = [name for name in sorted(ways.lanes) if not ways.lanes[name].junction]
        vehicles = [v for name in lanes for v in self._on_lane(seed.child("lane", name), name, ways, spacing, params["hazards"], context)]
        params["vehicles"] = self._warmed_up(vehicles, params, spec, ways)
        params["asked"] = len(params["vehicles"])
        for _ in range(_MOST_DROPPED):
            touching = _who_touches(params, spec, ways, context.library)
            if touching is None:
                break
            params["vehicles"] = [v for v in params["vehicles"] if v["name"] != touching]
        params["fitted"] = len(params["vehicles"])
        return params

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        roads = roads_of(spec, "traffic")
        ways = Ways(roads)
        by_name = {v["name"]: v for v in params["vehicles"]}
        seen: dict[str, list[_Moment]] = {name: [] for name in by_name}
        for flow in _played(params, spec, ways):
            for car in flow.cars:
                seen[car.name].append(_moment(car, flow, by_name[car.name], roads))
        bodies, tracks = [], []
        for name, moments in seen.items():
            body, track = _driven(by_name[name], moments, watched=params["duration_s"] > 0)
            bodies.append(body)
            tracks += track
        return spec.replace(bodies=spec.bodies + tuple(bodies), tracks=spec.tracks + tuple(tracks))

    def _on_lane(
        self, seed: Seed, lane: str, ways: Ways, spacing_m: float, hazards: Sequence[Sequence[Any]], context: Context
    ) -> Iterator[dict[str, Any]]:
        """Vehicles along a lane, and on the way to it."""
        here = ways.lanes[lane]
        before = 0.0 if ways.leading_to[lane] else self.warm_up_s * here.speed_m_s
        rng = seed.child("gaps").rng()
        way = ways.length_m(lane) - spacing_m * rng.random()
        number = 0
        while way > -before:
            mine = seed.child("vehicle", number)
            vehicle = draw_vehicle(mine, self.fleet, context, drives_on=ways.drives_on)
            rng_driver = mine.child("driver").rng()
            speed = min(here.speed_m_s, math.sqrt(max(2 * (ways.length_m(lane) - way), 1.0)))
            driver = Driver(speed=rounded(self.speed.sample(rng_driver)), headway_s=rounded(self.headway_s.sample(rng_driver)))
            asset = context.library.shape_asset(vehicle_shape(vehicle))
            choices = [rounded(rng_driver.random()) for _ in range(5)]
            front, rear = vehicle["front_m"], vehicle["length_m"] - vehicle["front_m"]
            lights = ["day"] if rng_driver.random() < self.day_lights else []
            if not any(name == lane and -rear - 2 < at - way < front + 12 for name, at in hazards):
                yield {
                    "name": f"traffic-{lane}-{number}",
                    "vehicle": vehicle,
                    "base_m": list(asset.landmarks.get("base", lowest(asset))),
                    "route": [lane],
                    "number": 0,
                    "forks": 0,
                    "way_m": rounded(way),
                    "speed_m_s": rounded(speed * 0.8),
                    "driven_m": 0.0,
                    "driver": asdict(driver),
                    "choices": choices,
                    "lights": lights,
                }
            number += 1
            room = front + rear + _ROOM_M + _ROOM_S * speed
            way -= room + max(spacing_m - room, 0.0) * -math.log(1 - rng.random()) if spacing_m > room else room

    def _warmed_up(self, vehicles: list[dict[str, Any]], params: dict[str, Any], spec: SceneSpec, ways: Ways) -> list[dict[str, Any]]:
        """Where those are, after they have driven, that are on the map then."""
        coarse = round(self.warm_up_s / _COARSE_S)
        flow = _flow(vehicles, params, spec, ways, -coarse * _COARSE_S)
        for _ in range(coarse):
            flow.step(_COARSE_S)
        out = []
        for car, vehicle in zip(flow.cars, vehicles, strict=True):
            leaves = car.number + 1 == len(car.route) and car.way_m + car.front_m > ways.length_m(car.lane)
            if not leaves and (car.number > 0 or car.way_m > car.rear_m):
                behind = max(car.number - 1, 0)
                now = {"route": car.route[behind:], "number": car.number - behind, "forks": car.forks}
                out.append(vehicle | now | {name: rounded(getattr(car, name)) for name in ("way_m", "speed_m_s", "driven_m")})
        return out


def roads_of(spec: SceneSpec, who: str) -> RoadMap:
    """The map of a scene. Raises InvalidValue where there is none."""
    if spec.roads is None:
        raise InvalidValue(f"{who}: the scene has no roads. Use it with the scenario street, or one of your own that has a RoadMap.")
    return spec.roads


# --- what stands in the way ---------------------------------------------------------------------------------


def _standing_in_the_way(spec: SceneSpec, ways: Ways, library: AssetLibrary) -> list[list[Any]]:
    """Where things that do not move reach into lanes: [lane, how far along]. What hangs over them is in nobody's way."""
    moving = {track.body for track in spec.tracks if track.poses}
    ground = Ground(roads_of(spec, "traffic"))
    out: list[list[Any]] = []
    for body in spec.bodies:
        if body.name in moving or not {"vehicle", "person", "street-furniture"} & set(body.tags):
            continue
        for piece in footprints_of(library.shape_asset(body.shape), body.world_from_body):
            over = piece.low_m - ground.roads.ground_m(*piece.middle_m)
            if over < _OVERHEAD_M and ground.lane_gap_m([piece.middle_m, *piece.corners()], ("drive",)) < -_INTO_M:
                found = ways.nearest(piece.middle_m, 6.0)
                if found is not None:
                    out.append([found[0], rounded(found[1] - max(piece.half_m))])
    return out


def _hazards(params: Mapping[str, Any], spec: SceneSpec, ways: Ways) -> Hazards:
    """What stands in the way at each moment: what always does, and people who walk there."""
    fixed = [(name, way) for name, way in params["hazards"]]
    people = {body.name for body in spec.bodies if "person" in body.tags}
    walkers = [track for track in spec.tracks if track.body in people and track.poses]
    known: dict[int, list[tuple[str, float]]] = {}

    def at(time_s: float) -> list[tuple[str, float]]:
        # They walk slowly: a tenth of a second is no matter.
        tick = max(round(time_s / _STEP_S), 0)
        if tick not in known:
            found = []
            for track in walkers:
                x, y, _ = track.pose(tick * _STEP_S).position_m
                near = ways.nearest((x, y), 2.5)
                if near is not None:
                    found.append((near[0], near[1] - _AROUND_M))
            known[tick] = fixed + found
        return known[tick]

    return at


# --- how it goes --------------------------------------------------------------------------------------------


def _flow(vehicles: Sequence[Mapping[str, Any]], params: Mapping[str, Any], spec: SceneSpec, ways: Ways, time_s: float) -> Flow:
    """The vehicles on their ways."""
    cars = [
        Car(
            name=v["name"],
            driver=Driver(**v["driver"]),
            front_m=v["vehicle"]["front_m"],
            rear_m=v["vehicle"]["length_m"] - v["vehicle"]["front_m"],
            route=list(v["route"]),
            **{name: v[name] for name in ("number", "forks", "way_m", "speed_m_s", "driven_m", "choices")},
        )
        for v in vehicles
    ]
    return Flow(ways, roads_of(spec, "traffic").signals, cars, _hazards(params, spec, ways), time_s)


def _played(params: Mapping[str, Any], spec: SceneSpec, ways: Ways) -> Iterator[Flow]:
    """The flow at each moment that is watched, from 0 s on; always the same object, which is then asked on."""
    flow = _flow(params["vehicles"], params, spec, ways, 0.0)
    yield flow
    for _ in range(math.ceil(params["duration_s"] / _STEP_S - 1e-9)):
        flow.step(_STEP_S)
        yield flow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """A vehicle at a moment: on its way, and as it is drawn."""

    time_s: float
    pose: Pose
    velocity_m_s: Vec2
    shape: Shape


def _axles(car: Car, vehicle: Mapping[str, Any], ways: Ways) -> tuple[Vec2, Vec2, Vec2]:
    """The middle between the axles, the unit vector from the rear one to the front one, and the lane's direction at the front one."""
    half = vehicle["wheelbase_m"] / 2
    (rx, ry), _ = ways.at(car.route, car.number, car.way_m - half)
    (fx, fy), onward = ways.at(car.route, car.number, car.way_m + half)
    dx, dy = fx - rx, fy - ry
    length = math.sqrt(dx * dx + dy * dy)
    return ((rx + fx) / 2, (ry + fy) / 2), (dx / length, dy / length), onward


def _moment(car: Car, flow: Flow, drawn: Mapping[str, Any], roads: RoadMap) -> _Moment:
    place, heading, onward = _axles(car, drawn["vehicle"], flow.ways)
    (hx, hy), (ox, oy) = heading, onward
    steer = math.degrees(math.atan2(hx * oy - hy * ox, hx * ox + hy * oy))
    turning = flow.turning(car)
    lights = [*drawn["lights"], *(["left"] if turning > 0 else ["right"] if turning < 0 else [])]
    if car.acceleration_m_s2 < _BRAKING_M_S2 or car.speed_m_s < 0.3:
        lights.append("brake")
    base = drawn["base_m"]
    return _Moment(
        time_s=rounded(flow.time_s),
        pose=stood((base[0], base[1], base[2]), roads, place, heading),
        velocity_m_s=(rounded(car.speed_m_s * hx), rounded(car.speed_m_s * hy)),
        shape=vehicle_shape(drawn["vehicle"], lights=lights, steer_deg=steer, rolled_m=car.driven_m),
    )


def _driven(drawn: Mapping[str, Any], moments: Sequence[_Moment], *, watched: bool) -> tuple[BodySpec, tuple[Track, ...]]:
    """The body of a vehicle as it is first seen, and its way from there if it is watched."""
    first = moments[0]
    body = vehicle_body(drawn["name"], drawn["vehicle"], first.pose, moves=False, tags=("moving",))
    vx, vy = first.velocity_m_s
    body = replace(body, shape=first.shape, motion=Motion((vx, vy, 0.0)))
    if not watched:
        return body, ()
    changes = [Change(time_s=m.time_s, shape=m.shape) for before, m in pairwise(moments) if m.shape != before.shape]
    track = Track(body=body.name, times_s=tuple(m.time_s for m in moments), poses=tuple(m.pose for m in moments), changes=tuple(changes))
    return body, (track,)


# --- what must not touch ------------------------------------------------------------------------------------


def _who_touches(params: Mapping[str, Any], spec: SceneSpec, ways: Ways, library: AssetLibrary) -> str | None:
    """A vehicle that is where another one is, or somebody or something else, at some moment; None where none is."""
    roads = roads_of(spec, "traffic")
    drawn = {v["name"]: v["vehicle"] for v in params["vehicles"]}
    paths = {track.body: track for track in spec.tracks if track.poses}
    still = [body for body in spec.bodies if body.name not in paths]
    walkers = [paths[body.name] for body in spec.bodies if body.name in paths and "person" in body.tags]
    for number, flow in enumerate(_played(params, spec, ways)):
        if number % 2 == 0:
            taken = Footprints.around(still, library)
            taken.add(_around(track.pose(flow.time_s)) for track in walkers)
            for car in flow.cars:
                mine = _footprint(car, drawn[car.name], ways, roads)
                if not taken.are_free([mine], _CLEAR_M):
                    return car.name
                taken.add([mine])
    return None


def _footprint(car: Car, vehicle: Mapping[str, Any], ways: Ways, roads: RoadMap) -> Footprint:
    (x, y), (u, v), _ = _axles(car, vehicle, ways)
    length, off = vehicle["length_m"], vehicle["front_m"] - vehicle["length_m"] / 2
    ground = roads.ground_m(x, y)
    return Footprint((x + off * u, y + off * v), (u, v), (length / 2, vehicle["width_m"] / 2), ground + _ABOVE_M, ground + vehicle["height_m"])


def _around(pose: Pose) -> Footprint:
    """What a person takes."""
    x, y, z = pose.position_m
    return Footprint((x, y), (1.0, 0.0), (_PERSON_M, _PERSON_M), z - 1.0, z + 1.0)
