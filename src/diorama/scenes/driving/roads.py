"""Roads as they are planned: an axis, and what lies beside it on either hand."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from diorama.randomizers.distributions import rounded
from diorama.scenes.driving.loops import Loop
from diorama.sim.spec.roads import Vec2

#: Places are rounded to a tenth of a millimetre, so that neighbours agree on what they share.
_DIGITS = 4
#: Steps in which an axis is followed.
_STRIDE_M = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What lies on one hand of a road's axis, from there outwards: `lanes` of `lane_m`, a cycle lane and parked cars, if they have a width."""

    lanes: int = 1
    lane_m: float = 3.25
    cycle_m: float = 0.0
    parking_m: float = 0.0

    @property
    def drive_m(self) -> float:
        """How far out vehicles drive."""
        return self.lanes * self.lane_m

    @property
    def kerb_m(self) -> float:
        """How far out the carriageway ends."""
        return self.drive_m + self.cycle_m + self.parking_m


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What lies beyond the kerb, from there outwards: a verge, a pavement and plots, if they have a width. Of the first two there is one at least."""

    verge_m: float = 0.0
    pavement_m: float = 2.5
    plot_m: float = 25.0

    @property
    def walk_m(self) -> tuple[float, float]:
        """From where to where the pavement reaches."""
        return self.verge_m, self.verge_m + self.pavement_m

    @property
    def whole_m(self) -> float:
        """How far it all reaches."""
        return self.verge_m + self.pavement_m + self.plot_m


class Axis:
    """A smooth line: from `start` on, at the heading `heading_rad`, with `curvature` (1/m, to the left) by the way gone.

    It can be gone backwards from its start as well, where it has `curvature` of negative ways.
    """

    def __init__(self, start: Vec2, heading_rad: float, curvature: Callable[[float], float] | None = None, reach_m: float = 0.0) -> None:
        self._start, self._heading = start, heading_rad
        self._forward = [] if curvature is None else _followed(start, heading_rad, curvature, reach_m, 1)
        self._backward = [] if curvature is None else _followed(start, heading_rad, curvature, reach_m, -1)
        self._ahead = _unit(heading_rad)
        self.curved = curvature is not None

    def at(self, way_m: float) -> tuple[Vec2, Vec2]:
        """A place, and the unit vector onwards."""
        if not self._forward:
            (x, y), (dx, dy) = self._start, self._ahead
            return (x + dx * way_m, y + dy * way_m), (dx, dy)
        table = self._forward if way_m >= 0 else self._backward
        whole = min(int(abs(way_m) / _STRIDE_M), len(table) - 1)
        (x, y), heading, bend = table[whole]
        rest = way_m - math.copysign(whole * _STRIDE_M, way_m)
        turned = heading + bend * rest
        dx, dy = _unit(heading + bend * rest / 2)
        return (x + dx * rest, y + dy * rest), _unit(turned)


def _followed(start: Vec2, heading: float, curvature: Callable[[float], float], reach: float, sign: int) -> list[tuple[Vec2, float, float]]:
    """Place, heading and curvature at each stride, by the midpoint rule."""
    out: list[tuple[Vec2, float, float]] = []
    (x, y), step = start, sign * _STRIDE_M
    for k in range(int(reach / _STRIDE_M) + 2):
        bend = curvature((k + 0.5) * step)
        out.append(((x, y), heading, bend))
        dx, dy = _unit(heading + bend * step / 2)
        x, y, heading = x + dx * step, y + dy * step, heading + bend * step
    return out


def _unit(angle: float) -> Vec2:
    return rounded(math.cos(angle)), rounded(math.sin(angle))


def fraction(right: Vec2, left: Vec2, share: float) -> Vec2:
    """What lies between two points, exactly where ground has its vertices."""
    return right[0] + (left[0] - right[0]) * share, right[1] + (left[1] - right[1]) * share


@dataclass(slots=True, kw_only=True)
class Road:
    """A road along an axis from `start_m` to `end_m`, `left` and `right` of it seen along the axis. Its lines are drawn through `stations`.

    Roads of a junction begin there: their axes start in its middle. `end` says what is at their end: it goes on ``far`` away, or is ``closed``.
    """

    name: str
    axis: Axis | Loop
    end_m: float
    left: Side
    right: Side
    start_m: float = 0.0
    end: Literal["far", "closed"] = "far"
    stations: list[float] = field(default_factory=list)
    _axis_places: dict[float, tuple[Vec2, Vec2]] = field(default_factory=dict)

    def at(self, way_m: float, off_m: float) -> Vec2:
        """The place so far along the road, and so far to the left of its axis."""
        if way_m not in self._axis_places:
            self._axis_places[way_m] = self.axis.at(way_m)
        (x, y), (dx, dy) = self._axis_places[way_m]
        return round(x - dy * off_m, _DIGITS), round(y + dx * off_m, _DIGITS)

    def heading(self, way_m: float) -> Vec2:
        """The unit vector onwards."""
        return self.axis.at(way_m)[1]

    def between(self, start_m: float, end_m: float) -> list[float]:
        """The stations from one to another, both of which must be stations."""
        return self.stations[bisect_left(self.stations, start_m) : bisect_left(self.stations, end_m) + 1]

    def settle(self, wanted: Iterable[float], step_m: float) -> None:
        """Fix the stations: all that are wanted, both ends, and others between, no farther than `step_m` from each other."""
        fixed = sorted({self.start_m, self.end_m, *(w for w in wanted if self.start_m < w < self.end_m)})
        self.stations = fixed[:1]
        for end in fixed[1:]:
            start = self.stations[-1]
            parts = int((end - start) / step_m - 1e-9) + 1
            self.stations += [round(start + (end - start) * k / parts, _DIGITS) for k in range(1, parts)] + [end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a road between places where vehicles wait, or its ends; `waits` says at which of its two ends they do."""

    start_m: float
    end_m: float
    waits: tuple[bool, bool] = (False, False)

    def within(self, margin_m: float) -> tuple[float, float]:
        """From where to where it is so far from any such place, or farther."""
        start, end = (margin_m if waits else 0.0 for waits in self.waits)
        low = round(self.start_m + start, 4)
        return low, max(round(self.end_m - end, 4), low)
