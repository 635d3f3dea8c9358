"""Which roads there are and how they meet: straight on, around a bend, at junctions, at a roundabout, into a car park."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from diorama.randomizers.distributions import Uniform, UniformInt
from diorama.scenes.driving.junctions import Junction, Mouth, Priority, corner, mouths, round_corner, roundabout_fits
from diorama.scenes.driving.roads import Axis, Beyond, Road, Side
from diorama.sim.spec.roads import Vec2

#: Streets reach so far from the middle.
REACH_M = 110.0
#: A bend is at least so much wider than what lies on its inside.
_CLEAR_M = 12.0
#: A road turns by no more than this from the middle to one of its ends.
_MOST_TURN = math.radians(50)
#: Edges of corridors are seen from the middle at least at this angle (its sine).
_SLANT = 0.03
_CROSSING_M = 3.5
#: Bays of a car park stand across to its aisle.
BAY_M = (2.5, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What all roads of a scene are made of: `major` sides of through roads, `minor` ones of those that join them, and what lies beyond."""

    major: Side
    minor: Side
    beyond: Beyond
    reach_m: float
    signals: bool
    stops: bool
    crossed: bool

    @property
    def corner_m(self) -> float:
        """The radius of kerbs at corners: room for all that goes around with them."""
        return max(7.0, self.beyond.walk_m[1] + 1.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Roads, and how they meet, if they do. `beyond` is what lies between each road and the next, or on the right and left of a single one, which
    people may cross at the `crossing`, with `control`.
    """

    roads: Sequence[Road]
    beyond: Sequence[Beyond]
    junction: Junction | None = None
    crossing: Mouth | None = None
    control: Priority = "give-way"


Bends = Callable[[float], float]


def straight(section: Section, rng: np.random.Generator) -> Layout:
    """One road, straight on."""
    return _single(section, Axis((0.0, 0.0), _any_heading(rng)), rng)


def curve(section: Section, rng: np.random.Generator) -> Layout:
    """One road around a bend, or two: curvature rises and falls steadily, as of clothoids."""
    heading = _any_heading(rng)
    inside = section.major.kerb_m + section.beyond.whole_m + _CLEAR_M
    tightest = Uniform(inside, inside + 120).sample(rng)
    sign = 1 if rng.random() < 0.5 else -1
    snaking = rng.random() < 0.3
    start, ramp = Uniform(0, 40).sample(rng), Uniform(20, 50).sample(rng)
    peak = 1 / tightest
    for _ in range(24):

        def bend(way: float, peak: float = peak) -> float:
            there = min(max((abs(way) - start) / ramp, 0.0), 1.0) if snaking else min(max((start + 60 - abs(way)) / ramp, 0.0), 1.0)
            return sign * peak * there * (math.copysign(1.0, way) if snaking else 1.0)

        axis = Axis((0.0, 0.0), heading, bend, REACH_M)
        if _is_open(axis, section.major.kerb_m + section.beyond.whole_m, (-REACH_M, REACH_M)):
            return _single(section, axis, rng)
        peak *= 0.85
    return _single(section, Axis((0.0, 0.0), heading), rng)


def crossroads(section: Section, rng: np.random.Generator) -> Layout:
    """Two roads that cross."""
    skew = math.radians(Uniform(-14, 14).sample(rng))
    return _meeting(section, rng, [0.0, math.pi / 2 + skew, math.pi, 1.5 * math.pi + skew], (0, 2))


def t_junction(section: Section, rng: np.random.Generator) -> Layout:
    """A road that ends on another."""
    skew = math.radians(Uniform(-14, 14).sample(rng))
    return _meeting(section, rng, [0.0, math.pi / 2 + skew, math.pi], (0, 2))


def car_park(section: Section, rng: np.random.Generator) -> Layout:
    """A road past the way into a car park: an aisle with bays on both sides, closed at its end."""
    aisle = Side(lanes=1, lane_m=3.0, parking_m=BAY_M[1])
    layout = _meeting(replace(section, minor=aisle, signals=False, stops=False), rng, [0.0, math.pi / 2, math.pi], (0, 2), bend=False)
    park = layout.roads[1]
    park.end_m, park.end = round(Uniform(60, 90).sample(rng), 2), "closed"
    return layout


def roundabout(section: Section, rng: np.random.Generator) -> Layout:
    """Three or four roads around an island."""
    side = Side(lanes=1, lane_m=section.major.lane_m, parking_m=section.major.parking_m)
    count = UniformInt(3, 4).sample(rng)
    first = _any_heading(rng)
    turns = [2 * math.pi * k / count + math.radians(Uniform(-8, 8).sample(rng)) for k in range(count)]
    lane = Uniform(5.0, 6.5).sample(rng)
    roads = [
        Road(name=name, axis=Axis((0.0, 0.0), first + turn), end_m=REACH_M, left=side, right=side) for name, turn in zip("abcd", turns, strict=False)
    ]
    around = [(roads[i], roads[(i + 1) % count]) for i in range(count)]
    flare = section.corner_m + 1.0
    radius = Uniform(12, 18).sample(rng)
    while not all(roundabout_fits(a, b, radius, flare) for a, b in around):
        radius += 1.0
    beyond = section.beyond
    if beyond.plot_m > 0:  # plots begin behind the pavement that goes around
        beyond = replace(beyond, plot_m=max(beyond.plot_m, radius * 0.8))
    corners = [round_corner(a, b, beyond, radius, flare, section.reach_m) for a, b in around]
    made = Junction(
        roads=roads,
        mouths=mouths(corners, [beyond.pavement_m > 0] * count, _CROSSING_M, 3.0),
        corners=corners,
        control="give-way",
        radius_m=radius,
        island_m=round(radius - lane, 2),
    )
    return Layout(roads=roads, beyond=[beyond] * count, junction=made)


LAYOUTS: dict[str, Callable[[Section, np.random.Generator], Layout]] = {
    "straight": straight,
    "curve": curve,
    "crossroads": crossroads,
    "t-junction": t_junction,
    "roundabout": roundabout,
    "car-park": car_park,
}


def _single(section: Section, axis: Axis, rng: np.random.Generator) -> Layout:
    road = Road(name="a", axis=axis, start_m=-REACH_M, end_m=REACH_M, left=section.major, right=section.major)
    middle = round(Uniform(-50, 50).sample(rng), 2)
    walked = (round(middle - _CROSSING_M / 2, 4), round(middle + _CROSSING_M / 2, 4))
    crossing = Mouth(end_m=walked[0], crossing_m=walked, stop_m=walked[1]) if section.crossed and section.beyond.pavement_m > 0 else None
    return Layout(roads=[road], beyond=[section.beyond] * 2, crossing=crossing, control="signal" if section.signals else "give-way")


def _meeting(section: Section, rng: np.random.Generator, turns: Sequence[float], major: tuple[int, ...], *, bend: bool = True) -> Layout:
    """Roads from the middle outwards at these angles, of which `major` go on into each other."""
    heading = _any_heading(rng)
    sides = [section.major if i in major else section.minor for i in range(len(turns))]
    count = len(turns)
    roads = [
        Road(name=name, axis=Axis((0.0, 0.0), heading + turn), end_m=REACH_M, left=side, right=side)
        for name, turn, side in zip("abcd", turns, sides, strict=False)
    ]
    control: Priority = "signal" if section.signals else "stop" if section.stops else "give-way"
    corners = [corner(roads[i], roads[(i + 1) % count], section.beyond, section.corner_m, section.reach_m) for i in range(count)]
    if bend:
        for i, road in enumerate(roads):
            straight_m = max(30.0, corners[i].left_m, corners[i - 1].right_m, *(corners[i].plots_m or ())[1:], *(corners[i - 1].plots_m or ())[:1])
            road.axis = _bent(road, heading + turns[i], straight_m, sides[i].kerb_m + section.beyond.whole_m, rng)
    crossed = [section.beyond.pavement_m > 0 and (control == "signal" or i not in major) for i in range(count)]
    made = Junction(roads=roads, mouths=mouths(corners, crossed, _CROSSING_M, 0.5), corners=corners, control=control, major=major)
    return Layout(roads=roads, beyond=[section.beyond] * count, junction=made)


def _bent(road: Road, heading: float, straight_m: float, off_m: float, rng: np.random.Generator) -> Axis:
    """The axis of a road that leaves a junction, straight until plots no longer meet at corners, and from there on around a gentle bend, or not."""
    curvature = Uniform(-1 / 130, 1 / 130).sample(rng)
    if rng.random() < 0.5:
        return road.axis
    axis = Axis((0.0, 0.0), heading, lambda way: curvature * min(max((way - straight_m - 2.0) / 15.0, 0.0), 1.0), REACH_M)
    return axis if _is_open(axis, off_m, (straight_m, REACH_M)) else road.axis


def _any_heading(rng: np.random.Generator) -> float:
    return 2 * math.pi * rng.random()


def _is_open(axis: Axis, off_m: float, ways: tuple[float, float]) -> bool:
    """Whether one sees from the middle along both edges of a corridor, `off_m` from its axis, all the way: land beyond is drawn as rays."""
    (start, end), heading = ways, axis.at(0.0)[1]
    steps = math.ceil((end - start) / 2.0)
    for hand in (1, -1):
        line: list[Vec2] = []
        for k in range(steps + 1):
            (x, y), (dx, dy) = axis.at(start + (end - start) * k / steps)
            line.append((x - dy * off_m * hand, y + dx * off_m * hand))
            if abs(math.atan2(heading[0] * dy - heading[1] * dx, heading[0] * dx + heading[1] * dy)) > _MOST_TURN:
                return False
        # Seen from the middle, the left edge is gone along clockwise.
        for (x0, y0), (x1, y1) in pairwise(line):
            far, step = math.hypot(x0, y0), math.hypot(x1 - x0, y1 - y0)
            if (x0 * y1 - x1 * y0) * hand > -_SLANT * far * step:
                return False
    return True
