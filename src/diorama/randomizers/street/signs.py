"""Traffic signs, where the road map gives a reason for them, and some without one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Distribution, Uniform, require, require_one_of, require_share
from diorama.randomizers.street.footprints import Footprints
from diorama.randomizers.street.ground import Ground, roads_of
from diorama.randomizers.street.posts import Posts
from diorama.randomizers.street.records import bodies_of, recorded
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Lane, RoadMap, SceneSpec, SignShape
from diorama.sim.spec.roads import along, lengths_m
from diorama.sim.spec.signs import HANDED, SIGNS, WORDED, Sign

#: Signs before something, and the least way that a lane must have for them.
_AHEAD_M, _LEAST_M = 32.0, 18.0
#: Crossings at the mouths of junctions are just beyond the ends of lanes.
_BEYOND_M = 8.0
#: Bends by more than this cosine (32 degrees) over so many metres are told of.
_BEND_COS, _BEND_M = 0.848, 30.0

_NAMES = ("Elm", "Oak", "Mill", "Church", "Station", "Garden", "Harbour", "Castle", "Meadow", "Bridge", "Market", "Linden", "Park", "Quarry", "North")
_WAYS = ("Street", "Road", "Lane", "Avenue", "Way", "Row", "Hill")
_TOWNS = ("Ashford", "Westbrook", "Kelding", "Marlow", "Oberau", "Vessen", "Talheim", "Norby", "Lunde", "Brenning", "Stavik", "Corve")
_PLATES = ("50 m", "100 m", "200 m", "7 - 19", "8-18 H", "2.5 t", "ZONE")

MISCELLANEOUS = Choice(
    {
        "children": 2.0,
        "pedestrians-ahead": 1.0,
        "cyclists-ahead": 1.0,
        "bumps": 1.0,
        "danger": 0.7,
        "narrow-road": 0.6,
        "slippery-road": 0.5,
        "two-way-traffic": 0.5,
        "no-stopping": 3.0,
        "no-parking": 3.0,
        "no-lorries": 0.7,
        "no-overtaking": 0.7,
        "no-u-turn": 0.6,
        "speed-limit-30": 1.0,
        "end-of-limits": 0.4,
        "parking": 1.5,
        "dead-end": 0.5,
        "footpath": 0.3,
        "cycle-path": 0.4,
        "foot-and-cycle-path": 0.4,
        "pedestrian-zone": 0.2,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs(Labelled):
    """Put up signs beside lanes, facing who comes along them, `off_kerb_m` from the kerb.

    Where a lane's end says stop or give way its sign does; before a roundabout its own sign is above that, and chevrons are on its island. Where
    people cross without a signal stands a sign before it. By shares: `limits` of the ways into the map and out of junctions tell their speed limit;
    `names` of the corners the street's name; `warnings` of bends, signals and roundabouts are told of ahead; `priority` of the lanes that need not
    wait tell so; `towns` of the ways into the map have a town's sign; `directions` of the approaches a board with a destination. Besides, there are
    `per_100_m` of `miscellaneous` kinds. `wear` draws how each has aged.

    Signs have the category ``traffic-sign`` and the attribute ``sign`` (and ``text``): their pictures alone. Posts and the backs of plates are
    furniture of the stuff ``pole``. What finds no room is left out, and counted.
    """

    name: ClassVar[str] = "signs"
    stage: ClassVar[Stage] = "scene"

    off_kerb_m: Distribution = Uniform(0.5, 0.9)
    clear_m: Distribution = Choice([2.0, 2.1, 2.2, 2.3, 2.5])
    turned_deg: Distribution = Uniform(-8, 8)
    wear: Distribution = Choice({"new": 0.55, "faded": 0.2, "dirty": 0.15, "old": 0.1})
    limits: float = 0.5
    names: float = 0.4
    warnings: float = 0.6
    priority: float = 0.4
    towns: float = 0.15
    directions: float = 0.25
    per_100_m: Distribution = Uniform(0.3, 1.6)
    miscellaneous: Distribution = MISCELLANEOUS

    def __post_init__(self) -> None:
        require(self, 0.3, 2, "off_kerb_m")
        require(self, 0.5, 5, "clear_m")
        require(self, -20, 20, "turned_deg")
        require_one_of(self, ("new", "faded", "dirty", "old"), "wear")
        require_share(self, "limits", "names", "warnings", "priority", "towns", "directions")
        require(self, 0, 20, "per_100_m")
        require_one_of(self, tuple(s for s in SIGNS if s not in WORDED), "miscellaneous")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, self.name)
        posts = Posts(Ground(roads), Footprints.around(spec.bodies, context.library), context.library)
        bodies: list[BodySpec] = []
        asked = fitted = 0
        for key, wanted in self._wanted(seed, roads):
            rng = seed.child("post", *key).rng()
            off, clear = self.off_kerb_m.sample(rng), self.clear_m.sample(rng)
            turn, wear = math.radians(self.turned_deg.sample(rng)), self.wear.sample(rng)
            signs = [
                SignShape(sign=sign, text=text, wear=wear, drives_on=roads.drives_on if sign in HANDED else "right") for sign, text in wanted.signs
            ]
            asked += 1
            name = f"{self.label or 'sign'}-{fitted}"
            line = wanted.lane.points_m
            if wanted.ahead:
                put = posts.put_ahead(name, signs, line, clear_m=0.5)
            else:
                put = posts.put(name, signs, line, wanted.way_m, off_kerb_m=max(off, wanted.off_m), clear_m=clear, turn_rad=turn)
            bodies += put
            fitted += bool(put)
        return {"asked": asked, "fitted": fitted, "bodies": recorded(bodies)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(bodies=(*spec.bodies, *bodies_of(params["bodies"])))

    def _wanted(self, seed: Seed, roads: RoadMap) -> Iterator[tuple[tuple[str, ...], "_Wanted"]]:
        """What there is a reason for, each with a name for its draws, what matters most first."""
        lanes = {lane.name: lane for lane in roads.lanes}
        kerbside = kerb_lanes(roads)
        followed = {name for lane in roads.lanes if lane.kind == "drive" for name in lane.next}
        draws = {lane.name: seed.child("lane", lane.name).rng().random(8).tolist() for lane in kerbside}
        for lane in kerbside:
            if lane.control in ("stop", "give-way"):
                sign: Sign = "stop" if lane.control == "stop" else "give-way"
                before = ("roundabout",) if leads_to_roundabout(lane, lanes) else ()
                yield ("control", lane.name), _Wanted.of(lane, lane_length(lane), *before, sign)
                if before:
                    around: Sign = "chevron-right" if roads.drives_on == "right" else "chevron-left"
                    yield ("around", lane.name), _Wanted(lane, lane_length(lane), ((around, ""),), ahead=True)
        for lane in kerbside:
            for i, way in enumerate(zebras(lane, roads)):
                yield ("crossing", lane.name, str(i)), _Wanted.of(lane, way - 0.6, "crossing")
        for lane in kerbside:
            length, draw = lane_length(lane), draws[lane.name]
            starts = lane.name not in followed
            joined = any(name in lanes and lanes[name].junction for name in _into(lane, roads))
            ends = any(lanes[name].junction for name in lane.next)
            long = length > _LEAST_M
            if (starts or joined) and long and draw[0] < self.limits:
                limit = min(max(round(lane.speed_m_s * 3.6 / 10) * 10, 20), 130)
                yield ("limit", lane.name), _Wanted(lane, 5.0 + 10 * draw[1], ((f"speed-limit-{limit}", ""),))
            if ends and draw[2] < self.names:
                yield ("name", lane.name), _Wanted(lane, length + 2.5, (("street-name", _name(seed.child("name", lane.name))),), off_m=0.7)
            if lane.control == "none" and ends and long and draw[3] < self.priority and any(other.control != "none" for other in kerbside):
                yield ("priority", lane.name), _Wanted.of(lane, max(length - 14.0, 4.0), "priority-road")
            if draw[4] < self.warnings and length > _AHEAD_M + 8:
                for sign, way in _warnings(lane, lanes, length):
                    yield ("warning", lane.name, sign), _Wanted.of(lane, way, sign)
            if starts and long and draw[5] < self.towns:
                town = _TOWNS[seed.child("town").integer() % len(_TOWNS)]
                yield ("town", lane.name), _Wanted(lane, 3.0, (("town", town),), off_m=1.3)
            if ends and length > 40 and draw[6] < self.directions:
                town = _TOWNS[seed.child("direction", lane.name).integer() % len(_TOWNS)]
                sign = "direction-left" if draw[7] < 0.5 else "direction-right"
                yield ("direction", lane.name), _Wanted(lane, length - 22.0, ((sign, town),), off_m=1.4)
        yield from self._miscellaneous(seed.child("miscellaneous"), [lane for lane in kerbside if lane_length(lane) > _LEAST_M])

    def _miscellaneous(self, seed: Seed, lanes: Sequence[Lane]) -> Iterator[tuple[tuple[str, ...], "_Wanted"]]:
        rate = self.per_100_m.sample(seed.rng())
        for lane in lanes:
            length = lane_length(lane)
            count = rate * length / 100
            rng = seed.child(lane.name).rng()
            for i in range(int(count) + (rng.random() < count - int(count))):
                own = seed.child(lane.name, i).rng()
                sign = self.miscellaneous.sample(own)
                text = _PLATES[int(own.integers(len(_PLATES)))]
                more = (("plate", text),) if own.random() < 0.25 else ()
                # Not before a traffic light.
                room = max(length - (24.0 if lane.control == "signal" else 12.0), 0.0)
                yield ("miscellaneous", lane.name, str(i)), _Wanted(lane, 4.0 + float(own.random()) * room, ((sign, ""), *more))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Signs, from the top, that are wanted some way along a lane, `off_m` from the kerb at least; or `ahead` of its end on an island."""

    lane: Lane
    way_m: float
    signs: tuple[tuple[Any, str], ...]
    off_m: float = 0.0
    ahead: bool = False

    @classmethod
    def of(cls, lane: Lane, way_m: float, *signs: Sign) -> "_Wanted":
        return cls(lane, way_m, tuple((sign, "") for sign in signs))


def kerb_lanes(roads: RoadMap) -> list[Lane]:
    """The lanes for vehicles that are next to the kerb on the side on which one drives, outside of junctions."""
    outward = "right" if roads.drives_on == "right" else "left"
    kinds = {lane.name: lane.kind for lane in roads.lanes}
    return [lane for lane in roads.lanes if lane.kind == "drive" and not lane.junction and kinds.get(getattr(lane, outward) or "") != "drive"]


def lane_length(lane: Lane) -> float:
    """In metres."""
    return lengths_m(lane.points_m)[-1]


def leads_to_roundabout(lane: Lane, lanes: Mapping[str, Lane]) -> bool:
    """Whether after the end of a lane one may go round in circles without leaving the junction."""
    seen: set[str] = set()
    ahead = list(lane.next)
    while ahead:
        name = ahead.pop()
        if name not in seen and lanes[name].junction:
            seen.add(name)
            ahead += lanes[name].next
    while dead_ends := {name for name in seen if not any(n in seen for n in lanes[name].next)}:
        seen -= dead_ends
    return bool(seen)


def zebras(lane: Lane, roads: RoadMap) -> list[float]:
    """Where people cross a lane without a signal, up to `_BEYOND_M` before its start and after its end: how far along it the near edges are."""
    return [
        way - crossing.width_m / 2
        for crossing in roads.lanes
        if crossing.kind == "crossing" and crossing.control != "signal" and (way := _meets(lane, crossing)) is not None
    ]


def _meets(lane: Lane, crossing: Lane) -> float | None:
    """How far along a lane, taken straight on at both ends, it is crossed."""
    lengths = lengths_m(lane.points_m)
    ways = np.array([-_BEYOND_M, *lengths[1:-1], lengths[-1] + _BEYOND_M])
    start, end = (along(lane.points_m, way, lengths)[0] for way in (-_BEYOND_M, lengths[-1] + _BEYOND_M))
    p = np.array([start, *lane.points_m[1:-1], end])
    d, steps = np.diff(p, axis=0), np.diff(ways)
    for (ax, ay), (bx, by) in pairwise(crossing.points_m):
        bx, by = bx - ax, by - ay
        cross = d[:, 0] * by - d[:, 1] * bx
        away_x, away_y = ax - p[:-1, 0], ay - p[:-1, 1]
        safe = np.where(cross == 0, 1.0, cross)
        t, u = (away_x * by - away_y * bx) / safe, (away_x * d[:, 1] - away_y * d[:, 0]) / safe
        hit = np.flatnonzero((cross != 0) & (t >= 0) & (t < 1) & (u >= 0) & (u <= 1))
        if len(hit):
            k = int(hit[0])
            return float(ways[k] + t[k] * steps[k])
    return None


def _into(lane: Lane, roads: RoadMap) -> list[str]:
    return [other.name for other in roads.lanes if lane.name in other.next]


def _warnings(lane: Lane, lanes: Mapping[str, Lane], length: float) -> Iterator[tuple[Sign, float]]:
    """What is told of ahead, and where along the lane."""
    if lane.control == "signal":
        yield "signals-ahead", length - _AHEAD_M
    elif leads_to_roundabout(lane, lanes):
        yield "roundabout-ahead", length - _AHEAD_M
    lengths = lengths_m(lane.points_m)
    way = _AHEAD_M
    while way + _BEND_M < length:
        _, (ax, ay) = along(lane.points_m, way, lengths)
        _, (bx, by) = along(lane.points_m, way + _BEND_M, lengths)
        if ax * bx + ay * by < _BEND_COS:
            yield ("bend-left" if ax * by - ay * bx > 0 else "bend-right"), way - 20.0
            return
        way += 5.0


def _name(seed: Seed) -> str:
    number = seed.integer()
    return f"{_NAMES[number % len(_NAMES)]} {_WAYS[number // 97 % len(_WAYS)]}"
