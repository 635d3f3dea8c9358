"""Ways through a road map: lanes one after the other, as somebody follows them."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

from diorama.sim.spec import Lane, RoadMap
from diorama.sim.spec.roads import Vec2, along, lengths_m

#: What bends by more than this from its beginning to its end is a turn to that side.
_TURN_SINE = 0.35


class Ways:
    """The drive lanes of a map. A place is the number of a lane in a route (names of lanes that follow each other), and how far along that it is."""

    def __init__(self, roads: RoadMap) -> None:
        self.drives_on = roads.drives_on
        self.lanes: Mapping[str, Lane] = {lane.name: lane for lane in roads.lanes if lane.kind == "drive"}
        self._lengths = {name: lengths_m(lane.points_m) for name, lane in self.lanes.items()}
        self._boxes = {name: _box_of(lane.points_m) for name, lane in self.lanes.items()}

    def length_m(self, name: str) -> float:
        """How long a lane is."""
        return self._lengths[name][-1]

    def onward(self, name: str, choice: float) -> str | None:
        """The lane that follows one: which of several says a number in [0, 1)."""
        following = [n for n in self.lanes[name].next if n in self.lanes]
        return following[min(int(choice * len(following)), len(following) - 1)] if following else None

    def at(self, route: Sequence[str], number: int, way_m: float) -> tuple[Vec2, Vec2]:
        """The place `way_m` from the beginning of lane `number` of a route, and the unit vector onwards; in the lanes before or after where that is
        beyond its ends, and straight on where there are none.
        """
        while way_m < 0 and number > 0:
            number -= 1
            way_m += self.length_m(route[number])
        while number + 1 < len(route) and way_m > self.length_m(route[number]):
            way_m -= self.length_m(route[number])
            number += 1
        return along(self.lanes[route[number]].points_m, way_m, self._lengths[route[number]])

    def turn(self, name: str) -> int:
        """Which way a lane through a junction turns: 1 to the left, -1 to the right, 0 not at all."""
        points = self.lanes[name].points_m
        if not self.lanes[name].junction or len(points) < 3:
            return 0
        (ax, ay), (bx, by) = (along(points, way, self._lengths[name])[1] for way in (0.0, self.length_m(name)))
        sine = ax * by - ay * bx
        return 0 if abs(sine) < _TURN_SINE else (1 if sine > 0 else -1)

    @cached_property
    def leading_to(self) -> Mapping[str, tuple[str, ...]]:
        """For each lane those from which one comes to it."""
        out: dict[str, list[str]] = {name: [] for name in self.lanes}
        for name, lane in self.lanes.items():
            for following in lane.next:
                if following in out:
                    out[following].append(name)
        return {name: tuple(before) for name, before in out.items()}

    def nearest(self, place_m: Vec2, within_m: float) -> tuple[str, float] | None:
        """The lane whose middle passes a place nearest, if it is within so much; and how far along it that is."""
        best: tuple[float, str, float] | None = None
        x, y = place_m
        for name, lane in self.lanes.items():
            low_x, low_y, high_x, high_y = self._boxes[name]
            if not (low_x - within_m <= x <= high_x + within_m and low_y - within_m <= y <= high_y + within_m):
                continue
            lengths = self._lengths[name]
            for i, ((x0, y0), (x1, y1)) in enumerate(zip(lane.points_m[:-1], lane.points_m[1:], strict=True)):
                step = lengths[i + 1] - lengths[i]
                dx, dy = (x1 - x0) / step, (y1 - y0) / step
                px, py = x - x0, y - y0
                way = min(max(px * dx + py * dy, 0.0), step)
                ex, ey = px - way * dx, py - way * dy
                off = ex * ex + ey * ey
                if best is None or off < best[0]:
                    best = (off, name, lengths[i] + way)
        if best is None or math.sqrt(best[0]) > within_m:
            return None
        return best[1], best[2]


def _box_of(points_m: Sequence[Vec2]) -> tuple[float, float, float, float]:
    """The least x and y of a line, and the greatest."""
    xs, ys = zip(*points_m, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
