"""The lane that is to be followed: one after the other, as they lead on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from diorama.sim.spec import RoadMap
from diorama.sim.spec.roads import Polyline, Vec2, along, lengths_m

#: Who follows a course is found again within so much of where it was.
_NEAR_M = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The middle of the `lanes`, which are `width_m` wide at least. If it is `closed`, its last point is its first, and it goes on from there."""

    lanes: tuple[str, ...]
    points_m: Polyline
    lengths_m: tuple[float, ...]
    width_m: float
    closed: bool

    @classmethod
    def from_lane(cls, roads: RoadMap, name: str, rng: np.random.Generator) -> Self:
        """On from a lane, for as long as lanes lead on or until one comes again. Where several do, one is drawn."""
        lanes = {lane.name: lane for lane in roads.lanes if lane.kind == "drive"}
        names = [name]
        while True:
            onward = [following for following in lanes[names[-1]].next if following in lanes]
            following = onward[int(rng.random() * len(onward))] if onward else None
            if following is None or following in names:
                break
            names.append(following)
        points = [lanes[name].points_m[0]]
        for each in names:
            points += [b for a, b in pairwise((points[-1], *lanes[each].points_m)) if math.dist(a, b) > 1e-6]
        return cls(
            lanes=tuple(names),
            points_m=tuple(points),
            lengths_m=lengths_m(points),
            width_m=min(lanes[each].width_m for each in names),
            closed=following == name,
        )

    @property
    def length_m(self) -> float:
        return self.lengths_m[-1]

    def at(self, way_m: float) -> tuple[Vec2, Vec2]:
        """The place so far along it, and the unit vector onwards. Beyond the ends of one that is not closed it goes straight on."""
        return along(self.points_m, way_m % self.length_m if self.closed else way_m, self.lengths_m)

    def nearest(self, place: Vec2, way_m: float) -> tuple[float, float]:
        """How far along it a place is, near `way_m`, and how far to the left of it. Ways go on counting around one that is closed."""
        best, found = math.inf, (way_m, 0.0)
        for start, (x0, y0), (x1, y1), length in self._pieces(way_m):
            ux, uy = (x1 - x0) / length, (y1 - y0) / length
            px, py = place[0] - x0, place[1] - y0
            rest = min(max(px * ux + py * uy, 0.0), length)
            ex, ey = px - rest * ux, py - rest * uy
            off = ex * ex + ey * ey
            if off < best:
                best, found = off, (start + rest, math.copysign(math.sqrt(off), ux * py - uy * px))
        return found

    def curvature(self, way_m: float, over_m: float = 4.0) -> float:
        """How it bends about a place (1/m, to the left), by how its direction changes over a length."""
        (_, (ax, ay)), (_, (bx, by)) = self.at(way_m - over_m / 2), self.at(way_m + over_m / 2)
        return math.atan2(ax * by - ay * bx, ax * bx + ay * by) / over_m

    def _pieces(self, way_m: float) -> Sequence[tuple[float, Vec2, Vec2, float]]:
        """Its pieces near a way: how far along each begins, its ends and its length."""
        count, base = len(self.points_m) - 1, 0.0
        if self.closed:
            base = math.floor(way_m / self.length_m) * self.length_m
        local = way_m - base
        out = []
        for turn in (-1, 0, 1) if self.closed else (0,):
            start = turn * self.length_m
            for k in range(count):
                low, high = self.lengths_m[k] + start, self.lengths_m[k + 1] + start
                if high >= local - _NEAR_M and low <= local + _NEAR_M:
                    out.append((base + low, self.points_m[k], self.points_m[k + 1], high - low))
        return out
