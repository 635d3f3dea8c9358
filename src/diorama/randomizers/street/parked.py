"""Vehicles that are parked: along kerbs in parking lanes, and in bays."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Distribution, TruncatedNormal, Uniform, require, require_share, rounded
from diorama.randomizers.street.footprints import Footprints, footprints_of
from diorama.randomizers.street.ground import roads_of
from diorama.randomizers.street.standing import standing
from diorama.randomizers.street.vehicles import Fleet, Params, draw_vehicle, vehicle_body, vehicle_shape
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import Lane, Pose, RoadMap, SceneSpec
from diorama.sim.spec.roads import Vec2, along, lengths_m

#: A parking lane no longer than this is a bay for one.
BAY_M = 7.5
#: Between cars that are parked one behind the other, besides what `gap_m` draws.
_LEAST_GAP_M = 0.35
#: A free place along a kerb is so long.
_PLACE_M = 5.2
#: How far a vehicle may reach out of its lane.
_OVER_M = 0.1
#: Vehicles drawn for a place until one fits.
_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked(Labelled):
    """Park vehicles of a `fleet` in the map's parking lanes and bays.

    A share `density` of the places is taken; no more than `most` vehicles are parked, nearest to the middle of the map first. Along a kerb they
    are `gap_m` apart; they stand `offset_m` off the middle of the lane (to the left if positive), and are turned by `angle_deg`. A share
    `reversed` stands against the direction of the lane, and a share `turned` with its front wheels turned, by `steer_deg`. What would stand in the
    way of something is left out: the parameters say how many were ``asked`` for, and how many ``fitted``.
    """

    name: ClassVar[str] = "parked"
    stage: ClassVar[Stage] = "scene"

    fleet: Fleet = field(default_factory=Fleet)
    density: Distribution = Uniform(0.2, 0.9)
    most: int = 24
    gap_m: Distribution = Uniform(0.4, 1.8)
    offset_m: Distribution = TruncatedNormal(0.0, 0.1, -0.25, 0.25)
    angle_deg: Distribution = TruncatedNormal(0.0, 1.2, -4.0, 4.0)
    reversed: float = 0.12
    turned: float = 0.3
    steer_deg: Distribution = Uniform(-30, 30)

    def __post_init__(self) -> None:
        require(self, 0, 1, "density")
        require(self, 0, 100, "gap_m")
        require(self, -2, 2, "offset_m")
        require(self, -30, 30, "angle_deg")
        require(self, -45, 45, "steer_deg")
        require_share(self, "reversed", "turned")
        if self.most < 0:
            raise InvalidValue(f"most must be 0 or more, got {self.most}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, "parked")
        density = self.density.sample(seed.child("density").rng())
        lanes = [lane for lane in roads.lanes if lane.kind == "parking"]
        places = [place for lane in lanes for place in self._places(seed.child("lane", lane.name), lane, density, roads, context)]
        middle = _middle(roads)
        asked = sorted(places, key=lambda place: (math.dist(place.at_m, middle), place.name))[: self.most]
        # Houses are far from where one parks.
        taken = Footprints.around((body for body in spec.bodies if "building" not in body.tags), context.library)
        vehicles: list[dict[str, Any]] = []
        for place in asked:
            asset = context.library.shape_asset(vehicle_shape(place.vehicle, steer_deg=place.steer_deg))
            pose = standing(asset, roads, place.at_m, place.heading)
            room = footprints_of(asset, pose)
            if taken.are_free(room, _LEAST_GAP_M / 2):
                taken.add(room)
                name = f"{self.label or 'parked'}-{place.name}"
                vehicles.append({"name": name, "vehicle": place.vehicle, "pose": to_json(pose), "steer_deg": place.steer_deg})
        return {"density": density, "asked": len(asked), "fitted": len(vehicles), "vehicles": vehicles}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        bodies = (
            vehicle_body(v["name"], v["vehicle"], from_json(Pose, v["pose"]), steer_deg=v["steer_deg"], moves=False, tags=("parked",))
            for v in params["vehicles"]
        )
        return spec.replace(bodies=(*spec.bodies, *bodies))

    def _places(self, seed: Seed, lane: Lane, density: float, roads: RoadMap, context: Context) -> Iterator["_Place"]:
        """What stands along a lane, one behind the other."""
        lengths = lengths_m(lane.points_m)
        end = lengths[-1]
        single = end <= BAY_M
        way, number = 0.0, 0
        while way < end:
            here = seed.child("place", number)
            number += 1
            rng = here.rng()
            gap = 0.0 if single else self.gap_m.sample(rng)
            angle = math.radians(self.angle_deg.sample(rng))
            if rng.random() >= density:
                way += _PLACE_M if not single else end
                continue
            vehicle = self._vehicle(here, lane, end - way - gap, abs(angle), roads, context)
            if vehicle is None:
                way += _PLACE_M if not single else end
                continue
            length = vehicle["length_m"]
            middle = end / 2 if single else way + gap + length / 2
            way = end if single else way + gap + length
            yield self._place(f"{lane.name}-{number - 1}", here, lane, vehicle, along(lane.points_m, middle, lengths), angle)

    def _vehicle(self, seed: Seed, lane: Lane, room_m: float, angle: float, roads: RoadMap, context: Context) -> Params | None:
        """One that fits between the lane's sides, and before its end."""
        for k in range(_TRIES):
            vehicle = draw_vehicle(seed.child("vehicle", k), self.fleet, context, drives_on=roads.drives_on)
            if vehicle["length_m"] <= room_m and _spare_m(vehicle, lane, angle) >= 0:
                return vehicle
        return None

    def _place(self, name: str, seed: Seed, lane: Lane, vehicle: Params, spot: tuple[Vec2, Vec2], angle: float) -> "_Place":
        (x, y), (dx, dy) = spot
        rng = seed.child("jitter").rng()
        spare = _spare_m(vehicle, lane, abs(angle))
        off = min(max(self.offset_m.sample(rng), -spare), spare)
        back = -1.0 if rng.random() < self.reversed else 1.0
        # The middle of its length stands there, and not that of its wheelbase.
        ahead = back * (vehicle["length_m"] / 2 - vehicle["front_m"])
        c, s = rounded(math.cos(angle)), rounded(math.sin(angle))
        heading = (dx * c - dy * s, dx * s + dy * c)
        steer = 5 * round(self.steer_deg.sample(rng) / 5) if rng.random() < self.turned else 0
        at = (rounded(x - dy * off + heading[0] * ahead), rounded(y + dx * off + heading[1] * ahead))
        return _Place(name=name, at_m=at, heading=(rounded(back * heading[0]), rounded(back * heading[1])), vehicle=vehicle, steer_deg=steer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a vehicle is to stand: its base, and where its front is to point."""

    name: str
    at_m: Vec2
    heading: Vec2
    vehicle: Params
    steer_deg: int


def _spare_m(vehicle: Params, lane: Lane, angle: float) -> float:
    """How far off the middle of its lane a vehicle turned by so much may stand."""
    reach = (vehicle["width_m"] * math.cos(angle) + vehicle["length_m"] * math.sin(angle)) / 2
    return rounded(lane.width_m / 2 + _OVER_M - reach)


def _middle(roads: RoadMap) -> Vec2:
    """The middle of what is driven on."""
    points = [p for lane in roads.lanes if lane.kind == "drive" for p in lane.points_m] or [p for lane in roads.lanes for p in lane.points_m]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
