"""Which roads there are and how they meet: straight on, around a bend, in a circle, at junctions, at a roundabout, into a car park."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from diorama.randomizers.distributions import Uniform, UniformInt, rounded
from diorama.scenes.driving.junctions import Junction, Mouth, Priority, corner, mouths, round_corner, roundabout_fits
from diorama.scenes.driving.loops import Loop
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
#: Bends of a circuit have at least this radius, and where there is no room for others they all have the second; with all beside it, it reaches as
#: far from the middle as the third.
_TIGHTEST_M, _CIRCLE_M, _CIRCUIT_M = 24.0, 95.0, 160.0
#: Circuits are looked at in so many places.
_AROUND = 400
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
    people may cross at the `crossing`, with `control`. Without a junction several roads are pieces of one that is `closed`: counter-clockwise around
    the middle, each goes on into the next, and the last into the first.
    """

    roads: Sequence[Road]
    beyond: Sequence[Beyond]
    junction: Junction | None = None
    crossing: Mouth | None = None
    control: Priority = "give-way"

    @property
    def closed(self) -> bool:
        return self.junction is None and len(self.roads) > 1


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


def circuit(section: Section, rng: np.random.Generator) -> Layout:
    """A road that comes back to where it began, after 400 to 900 m of bends to both sides and straights."""
    clear = section.major.kerb_m + section.beyond.whole_m
    tightest = max(clear + _CLEAR_M, _TIGHTEST_M)
    points = _cut_corners(_corners(_CIRCUIT_M - clear, rng), Uniform(24, 34).sample(rng))
    loop = Loop(points)
    for _ in range(24):
        if max(abs(bend) for bend in loop.bends()) < 1 / tightest and _is_star(loop, clear):
            break
        points = [_toward_circle(point) for point in points]
        loop = Loop(points)
    count = UniformInt(5, 7).sample(rng)
    ways = [round(loop.length_m * k / count, 4) for k in range(count + 1)]
    roads = [
        Road(name=name, axis=loop, start_m=start, end_m=end, left=section.major, right=section.major)
        for name, (start, end) in zip("abcdefg", pairwise(ways), strict=False)
    ]
    return Layout(roads=roads, beyond=[section.beyond] * 2)


LAYOUTS: dict[str, Callable[[Section, np.random.Generator], Layout]] = {
    "straight": straight,
    "curve": curve,
    "crossroads": crossroads,
    "t-junction": t_junction,
    "roundabout": roundabout,
    "car-park": car_park,
    "circuit": circuit,
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


def _bent(road: Road, heading: float, straight_m: float, off_m: float, rng: np.random.Generator) -> Axis | Loop:
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


def _corners(far_m: float, rng: np.random.Generator) -> list[Vec2]:
    """Corners of a polygon around the middle, counter-clockwise, as far from there as that or less."""
    count, start = UniformInt(5, 9).sample(rng), _any_heading(rng)
    out: list[Vec2] = []
    for k in range(count):
        angle, away = start + 2 * math.pi * (k + Uniform(-0.25, 0.25).sample(rng)) / count, Uniform(0.4 * far_m, far_m).sample(rng)
        out.append((away * rounded(math.cos(angle)), away * rounded(math.sin(angle))))
    return out


def _cut_corners(corners: Sequence[Vec2], cut_m: float) -> list[Vec2]:
    """Points on the sides of a polygon, `cut_m` from its corners or farther (a third of a side where that is short), and about as far apart."""
    out: list[Vec2] = []
    for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]]):
        side = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
        first = min(cut_m / side, 1 / 3)
        count = max(round((1 - 2 * first) * side / cut_m), 1)
        shares = [first + (1 - 2 * first) * k / count for k in range(count + 1)]
        out += [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in shares]
    return out


def _toward_circle(point: Vec2) -> Vec2:
    """A point that is a little nearer to the circle around the middle."""
    x, y = point
    scale = 0.85 + 0.15 * _CIRCLE_M / math.sqrt(x * x + y * y)
    return x * scale, y * scale


def _is_star(loop: Loop, off_m: float) -> bool:
    """Whether one sees from the middle along both edges of a corridor around it, `off_m` to either side of a loop."""
    for hand in (1, -1):
        places = [loop.at(loop.length_m * k / _AROUND) for k in range(_AROUND + 1)]
        line = [(x - dy * off_m * hand, y + dx * off_m * hand) for (x, y), (dx, dy) in places]
        for (x0, y0), (x1, y1) in pairwise(line):
            if x0 * y1 - x1 * y0 < _SLANT * math.hypot(x0, y0) * math.hypot(x1 - x0, y1 - y0):
                return False
    return True
