"""Where people walk: lanes of pavements and crossings, both ways, and how these go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from diorama.sim.spec import Lane, RoadMap
from diorama.sim.spec.roads import AreaKind, Vec2, along, lengths_m

#: Ends of lanes that are nearer than this are one.
_NEAR_M = 0.6


@dataclass(frozen=True, slots=True)
class Leg:
    """A lane that is walked along, in its direction or against it."""

    lane: str
    forwards: bool


class Footways:
    """The walk lanes and crossings of a map."""

    def __init__(self, roads: RoadMap) -> None:
        self.roads = roads
        self.lanes: dict[str, Lane] = {lane.name: lane for lane in roads.lanes if lane.kind in ("walk", "crossing")}
        self._lengths = {name: lengths_m(lane.points_m) for name, lane in self.lanes.items()}

    def named(self, kind: str) -> list[str]:
        """The lanes of a kind."""
        return [name for name, lane in self.lanes.items() if lane.kind == kind]

    def length_m(self, name: str) -> float:
        """How long a lane is."""
        return self._lengths[name][-1]

    def at(self, leg: Leg, way_m: float, aside_m: float = 0.0) -> tuple[Vec2, Vec2]:
        """The place so far along a leg, and so far to the left of its middle; and the unit vector onwards."""
        lengths = self._lengths[leg.lane]
        way = way_m if leg.forwards else lengths[-1] - way_m
        (x, y), (dx, dy) = along(self.lanes[leg.lane].points_m, way, lengths)
        if not leg.forwards:
            dx, dy = -dx, -dy
        return (x - aside_m * dy, y + aside_m * dx), (dx, dy)

    @cached_property
    def _joins(self) -> dict[Leg, tuple[Leg, ...]]:
        """The legs that go on where one ends."""
        legs = [Leg(name, forwards) for name in self.lanes for forwards in (True, False)]
        out: dict[Leg, tuple[Leg, ...]] = {}
        for leg in legs:
            x, y = self._end(leg)
            found = [other for other in legs if other.lane != leg.lane and _near((x, y), self._end(Leg(other.lane, not other.forwards)))]
            out[leg] = tuple(found)
        return out

    def _end(self, leg: Leg) -> Vec2:
        return self.lanes[leg.lane].points_m[-1 if leg.forwards else 0]

    def onward(self, leg: Leg) -> tuple[Leg, ...]:
        """Those that go on where a leg ends."""
        return self._joins[leg]

    def path(self, legs: Sequence[Leg], start_m: float, aside_m: float) -> list[Vec2]:
        """The polyline along legs in order, from so far along the first one, so far to the left of their middles."""
        out: list[Vec2] = []
        for number, leg in enumerate(legs):
            lengths = self._lengths[leg.lane]
            ways = list(lengths) if leg.forwards else [lengths[-1] - way for way in reversed(lengths)]
            begin = start_m if number == 0 else 0.0
            for way in [begin, *(way for way in ways if way > begin + 0.05)]:
                place, _ = self.at(leg, way, aside_m)
                if not out or not _near(place, out[-1], 0.05):
                    out.append(place)
        return out

    def kind_at(self, leg: Leg, way_m: float) -> AreaKind:
        """What one walks on there: the carriageway, between the kerbs of a crossing, or a pavement."""
        lane = self.lanes[leg.lane]
        if lane.kind == "walk":
            return "pavement"
        low, high = self.kerbs_m(leg)
        return "crossing" if low <= way_m <= high else "pavement"

    def kerbs_m(self, leg: Leg) -> tuple[float, float]:
        """How far along a crossing its two kerbs are: its second point and its last but one, if it has so many, or else its ends."""
        lengths, total = self._lengths[leg.lane], self.length_m(leg.lane)
        low, high = (lengths[1], lengths[len(lengths) - 2]) if len(lengths) > 3 else (0.0, total)
        return (low, high) if leg.forwards else (total - high, total - low)

    def may_cross(self, name: str, time_s: float) -> bool:
        """Whether the signal of a crossing, if it has one, lets people step out at a moment."""
        signal = self.lanes[name].signal
        if signal is None:
            return True
        return next(s for s in self.roads.signals if s.name == signal).state(time_s) == "green"


def _near(a: Vec2, b: Vec2, within_m: float = _NEAR_M) -> bool:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 < within_m * within_m
