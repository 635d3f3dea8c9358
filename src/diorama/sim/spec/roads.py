"""A map of roads, as scenes of the street have one: where lanes run, what the ground is, how signals change.

All of it is seen from above: points are (x, y) in metres, and how high they are is the terrain's affair.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from diorama.sim.errors import InvalidValue
from diorama.sim.spec.checks import check, finite, finite_points
from diorama.sim.transforms import Vec3, normalize

Vec2 = tuple[float, float]
Polyline = tuple[Vec2, ...]

#: Who moves along a lane, or stands on it.
LaneKind = Literal["drive", "cycle", "walk", "crossing", "parking"]
#: What holds those back who come to a lane's end.
Control = Literal["none", "signal", "stop", "give-way"]
#: How a line is painted. A kerb is not painted: it is where the carriageway ends.
LineKind = Literal["solid", "dashed", "double", "zebra", "stop", "give-way", "kerb"]
#: What the ground is.
AreaKind = Literal["carriageway", "junction", "crossing", "cycle", "parking", "pavement", "island", "verge", "plot", "terrain"]
SignalState = Literal["green", "amber", "red", "red-amber"]

#: Areas that a kerb lifts above the carriageway.
RAISED: tuple[AreaKind, ...] = ("pavement", "island", "verge", "plot", "terrain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hill:
    """A round hill, or with a negative height a hollow: height_m (1 - (d / radius_m)^2)^3 at the distance d from its centre, up to its radius."""

    center_m: Vec2
    radius_m: float
    height_m: float

    def __post_init__(self) -> None:
        check(finite(*self.center_m, self.radius_m, self.height_m) and self.radius_m > 0, self, "must be finite, with a positive radius_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """How high the ground is: a sum of hills."""

    hills: tuple[Hill, ...] = ()

    def height_m(self, x: float, y: float) -> float:
        """Above (or below) the level z = 0."""
        bumps = [(hill.height_m, _bump(hill, x, y)) for hill in self.hills]
        return math.fsum([height * b * b * b for height, b in bumps])

    def normal(self, x: float, y: float) -> Vec3:
        """The unit vector that stands on the ground."""
        slope = [math.fsum(self._slope(hill, x, y, axis) for hill in self.hills) for axis in range(2)]
        return normalize((-slope[0], -slope[1], 1.0))

    @staticmethod
    def _slope(hill: Hill, x: float, y: float, axis: int) -> float:
        away = (x, y)[axis] - hill.center_m[axis]
        b = _bump(hill, x, y)
        return -6.0 * hill.height_m * b * b * away / (hill.radius_m * hill.radius_m)


def _bump(hill: Hill, x: float, y: float) -> float:
    center_x, center_y = hill.center_m
    dx, dy, radius = x - center_x, y - center_y, hill.radius_m
    bump = 1.0 - (dx * dx + dy * dy) / (radius * radius)
    return bump if bump > 0.0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A strip that is moved along, `points_m` in its middle, in the direction of travel (walkers take it both ways).

    `next` are the lanes that go on from its end; `left` and `right` the neighbours in the same direction. At its end `control` says who waits for
    what, `signal` for which signal. `conflicts` are lanes that it crosses or joins, and must not be entered while one comes along those that it
    `yields_to`. `junction`: it lies within one, where nobody stops or parks.
    """

    name: str
    kind: LaneKind
    points_m: Polyline
    width_m: float
    speed_m_s: float = 13.9
    next: tuple[str, ...] = ()
    left: str | None = None
    right: str | None = None
    control: Control = "none"
    signal: str | None = None
    conflicts: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()
    junction: bool = False

    def __post_init__(self) -> None:
        check(len(self.points_m) >= 2 and finite_points(self.points_m), self, f"{self.name}: points_m must be two finite points or more")
        check(finite(self.width_m) and self.width_m > 0, self, f"{self.name}: width_m must be positive, got {self.width_m}")
        check(finite(self.speed_m_s) and self.speed_m_s > 0, self, f"{self.name}: speed_m_s must be positive, got {self.speed_m_s}")
        check(
            (self.control == "signal") == (self.signal is not None),
            self,
            f"{self.name}: signal must be given where control is signal, and only there",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line on the ground that is labelled: painted between lanes or across them, or a kerb."""

    name: str
    kind: LineKind
    points_m: Polyline
    width_m: float = 0.12
    color: Literal["white", "yellow", "none"] = "white"

    def __post_init__(self) -> None:
        check(len(self.points_m) >= 2 and finite_points(self.points_m), self, f"{self.name}: points_m must be two finite points or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A piece of ground. `outline_m` goes around it counter-clockwise. `front_m` is the part of the outline that faces the road: a plot's where
    a house may stand, a pavement's kerb.
    """

    name: str
    kind: AreaKind
    outline_m: Polyline
    front_m: Polyline = ()

    def __post_init__(self) -> None:
        check(len(self.outline_m) >= 3 and finite_points(self.outline_m), self, f"{self.name}: outline_m must be three finite points or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A traffic light: its `phases` (state, seconds) in turn, over and over; the first begins at -`offset_s`."""

    name: str
    phases: tuple[tuple[SignalState, float], ...]
    offset_s: float = 0.0

    def __post_init__(self) -> None:
        check(bool(self.phases) and all(finite(s) and s > 0 for _, s in self.phases), self, f"{self.name}: phases must have positive lengths")

    def state(self, time_s: float) -> SignalState:
        """What it shows at a moment."""
        left = (time_s + self.offset_s) % math.fsum(seconds for _, seconds in self.phases)
        for state, seconds in self.phases:
            left -= seconds
            if left < 0:
                return state
        return self.phases[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadMap:
    """All of it. Lanes, lines, areas and signals each have names of their own. `kerb_m` is how far the ground beside the carriageway is above it."""

    lanes: tuple[Lane, ...] = ()
    lines: tuple[Line, ...] = ()
    areas: tuple[Area, ...] = ()
    signals: tuple[Signal, ...] = ()
    terrain: Terrain = Terrain()
    kerb_m: float = 0.12
    drives_on: Literal["right", "left"] = "right"

    def __post_init__(self) -> None:
        names: dict[str, set[str]] = {}
        for what in ("lanes", "lines", "areas", "signals"):
            listed = [thing.name for thing in getattr(self, what)]
            names[what] = set(listed)
            twice = sorted({n for n in listed if listed.count(n) > 1}) if len(names[what]) < len(listed) else []
            check(not twice, self, f"names of {what} must be unique, {twice} appear more than once")
        for lane in self.lanes:
            known = {n for n in (lane.left, lane.right, *lane.next, *lane.conflicts, *lane.yields_to) if n is not None} - names["lanes"]
            check(not known, self, f"{lane.name}: there are no lanes {sorted(known)}")
            check(lane.signal is None or lane.signal in names["signals"], self, f"{lane.name}: there is no signal {lane.signal}")
        check(finite(self.kerb_m) and self.kerb_m >= 0, self, f"kerb_m must be 0 or more, got {self.kerb_m}")

    def lane(self, name: str) -> Lane:
        """The lane of this name. Raises KeyError."""
        for lane in self.lanes:
            if lane.name == name:
                return lane
        raise KeyError(name)

    def ground_m(self, x: float, y: float, kind: AreaKind = "carriageway") -> float:
        """How high an area of this kind is at a place."""
        return self.terrain.height_m(x, y) + (self.kerb_m if kind in RAISED else 0.0)


# --- along a line -------------------------------------------------------------------------------------------


def lengths_m(points_m: Sequence[Vec2]) -> tuple[float, ...]:
    """How far along a polyline each of its points is, from 0 on."""
    out = [0.0]
    for (x0, y0), (x1, y1) in pairwise(points_m):
        out.append(out[-1] + math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)))
    return tuple(out)


def along(points_m: Sequence[Vec2], way_m: float, lengths: Sequence[float] | None = None) -> tuple[Vec2, Vec2]:
    """The place `way_m` along a polyline, and the unit vector onwards from there. Beyond its ends it goes straight on.

    `lengths`, if they are at hand, are its `lengths_m`. Raises InvalidValue where two points in a row are the same.
    """
    at = lengths_m(points_m) if lengths is None else lengths
    low, high = 0, len(at) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at[middle] <= way_m else (low, middle)
    (x0, y0), (x1, y1) = points_m[low], points_m[low + 1]
    step = at[low + 1] - at[low]
    if step <= 0:
        raise InvalidValue(f"a polyline must not stand still, and does at {points_m[low]}")
    dx, dy = (x1 - x0) / step, (y1 - y0) / step
    rest = way_m - at[low]
    return (x0 + dx * rest, y0 + dy * rest), (dx, dy)
