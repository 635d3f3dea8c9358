"""Along kerbs: the edges of pavements, walked from end to end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from diorama.randomizers.street.ground import Ground, moved
from diorama.sim.spec.roads import AreaKind, Polyline, Vec2, along, lengths_m

_EPS_M = 0.05
#: The widest road that one looks across.
_ROAD_M = 30.0


@dataclass(frozen=True, slots=True)
class Kerb:
    """The front of an area, on which one finds oneself to the `hand` (1 left, -1 right) of who walks along it."""

    name: str
    area: int
    kind: AreaKind
    points_m: Polyline
    lengths_m: tuple[float, ...]
    hand: int

    @property
    def length_m(self) -> float:
        return self.lengths_m[-1]

    def at(self, way_m: float) -> tuple[Vec2, Vec2]:
        """A place on it, and the unit vector from there into the area."""
        place, (dx, dy) = along(self.points_m, way_m, self.lengths_m)
        return place, (-dy * self.hand, dx * self.hand)


def kerbs(ground: Ground, kind: AreaKind) -> list[Kerb]:
    """The fronts of all areas of a kind that have one."""
    out: list[Kerb] = []
    for number, area in enumerate(ground.roads.areas):
        if area.kind != kind or len(area.front_m) < 2:
            continue
        lengths = lengths_m(area.front_m)
        place, (dx, dy) = along(area.front_m, lengths[1] / 2, lengths)
        left = moved(place, (-dy, dx), _EPS_M)
        inside = any(span.area == number for span in ground.spans(left, (dx, dy), 1e-6))
        out.append(Kerb(area.name, number, kind, area.front_m, lengths, 1 if inside else -1))
    return out


def depth_m(ground: Ground, kerb: Kerb, way_m: float, reach_m: float = 12.0) -> float:
    """How deep the area is from a place on its kerb on; 0 where it is not clear of the carriageway there."""
    place, inward = kerb.at(way_m)
    start = moved(place, inward, _EPS_M)
    for span in ground.standing(start, inward, reach_m, (kerb.kind,)):
        if span.area == kerb.area and span.start_m == 0:
            return span.end_m + _EPS_M
    return 0.0


def across(ground: Ground, kerb: Kerb, way_m: float, others: Sequence[Kerb]) -> tuple[Kerb, float] | None:
    """The place on another kerb across the road from one on this: which, and how far along it."""
    if not others:
        return None
    place, inward = kerb.at(way_m)
    outward = (-inward[0], -inward[1])
    by_area = {other.area: other for other in others}
    for span in ground.spans(moved(place, outward, _EPS_M), outward, _ROAD_M):
        other = by_area.get(span.area)
        if other is not None and other.area != kerb.area:
            return other, _way(other, moved(place, outward, span.start_m + _EPS_M))
    return None


def _way(kerb: Kerb, place_m: Vec2) -> float:
    """How far along a kerb it is nearest to a place."""
    best = (math.inf, 0.0)
    for (ax, ay), (bx, by), start, end in zip(kerb.points_m, kerb.points_m[1:], kerb.lengths_m, kerb.lengths_m[1:], strict=False):
        dx, dy, long = bx - ax, by - ay, end - start
        t = min(max(((place_m[0] - ax) * dx + (place_m[1] - ay) * dy) / (long * long), 0.0), 1.0)
        best = min(best, (math.dist(place_m, (ax + t * dx, ay + t * dy)), start + t * long))
    return best[1]
