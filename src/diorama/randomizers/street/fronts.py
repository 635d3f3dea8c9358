"""Fronts of plots, cut up into lots: where along the street a house may stand."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from diorama.sim.spec.roads import Area, Polyline, Vec2, along, lengths_m

#: A front that turns by more than this has a corner there; no house goes around it.
_CORNER_COSINE = 0.9
#: Nearer than this two houses touch.
TOUCHING_M = 0.02


@dataclass(frozen=True, slots=True)
class Lot:
    """A rectangle seen from above: the middle of its front, the unit vector out of it, how wide and how deep it is."""

    front_m: Vec2
    out: Vec2
    width_m: float
    depth_m: float

    @property
    def corners(self) -> tuple[Vec2, Vec2, Vec2, Vec2]:
        """Front left and right, seen from the street, and back right and left."""
        (x, y), (ox, oy), h, d = self.front_m, self.out, self.width_m / 2, self.depth_m
        ax, ay = -oy, ox
        left, right = (x - ax * h, y - ay * h), (x + ax * h, y + ay * h)
        return left, right, (right[0] - ox * d, right[1] - oy * d), (left[0] - ox * d, left[1] - oy * d)

    def local(self, point: Vec2) -> Vec2:
        """(along the front from its middle, inwards from it)."""
        x, y = point[0] - self.front_m[0], point[1] - self.front_m[1]
        return -self.out[1] * x + self.out[0] * y, -(self.out[0] * x + self.out[1] * y)

    def overlap_m(self, other: "Lot") -> float:
        """How deep two lots are in one another, across the side where that is least; negative where they are apart."""
        least = math.inf
        for one, two in ((self, other), (other, self)):
            places = [one.local(corner) for corner in two.corners]
            u, v = [p[0] for p in places], [p[1] for p in places]
            h = one.width_m / 2
            least = min(least, max(u) + h, h - min(u), max(v), one.depth_m - min(v))
        return least

    def within(self, outline: Polyline) -> bool:
        """Whether it is inside of a polygon, its rim included."""
        h, d, slack = self.width_m / 2, self.depth_m, TOUCHING_M
        places = [self.local(point) for point in outline]
        for a, b in zip(places, places[1:] + places[:1], strict=True):
            if _crosses(a, b, -h + slack, slack, h - slack, d - slack):
                return False
        return _holds(places, (0.0, d / 2))


def _crosses(a: Vec2, b: Vec2, x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether a line from a to b comes into a box (Y. Liang and B. Barsky, 1984)."""
    low, high = 0.0, 1.0
    for p, step, least, most in ((a[0], b[0] - a[0], x0, x1), (a[1], b[1] - a[1], y0, y1)):
        if abs(step) < 1e-12:
            if not least < p < most:
                return False
            continue
        t0, t1 = (least - p) / step, (most - p) / step
        low, high = max(low, min(t0, t1)), min(high, max(t0, t1))
    return low < high


def _holds(outline: Sequence[Vec2], point: Vec2) -> bool:
    """Whether a point is inside of a polygon: a ray from it crosses the outline an odd number of times."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            inside = not inside
    return inside


def holds(area: Area, point: Vec2) -> bool:
    """Whether a point is in an area."""
    return _holds(area.outline_m, point)


def runs(area: Area) -> Iterator[Polyline]:
    """The pieces of an area's front between its corners, each with the area on its left."""
    points = [p for k, p in enumerate(area.front_m) if k == 0 or math.dist(p, area.front_m[k - 1]) > 1e-6]
    pieces: list[list[Vec2]] = [points[:1]] if points else []
    for k in range(1, len(points)):
        pieces[-1].append(points[k])
        if k + 1 < len(points) and _cosine(points[k - 1], points[k], points[k + 1]) < _CORNER_COSINE:
            pieces.append([points[k]])
    for piece in pieces:
        if len(piece) >= 2:
            (x, y), (dx, dy) = along(piece, lengths_m(piece)[-1] / 2)
            beside = (x - 0.05 * dy, y + 0.05 * dx)
            yield tuple(piece) if holds(area, beside) else tuple(piece[::-1])


def _cosine(a: Vec2, b: Vec2, c: Vec2) -> float:
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]
    return (ux * vx + uy * vy) / math.sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy))


def lot_at(run: Polyline, lengths: Sequence[float], way_m: float, width_m: float, depth_m: float, setback_m: float) -> Lot:
    """The lot whose front is before the piece of a front from `way_m` on, `width_m` long: straight, and behind all of it by `setback_m`."""
    (x0, y0), _ = along(run, way_m, lengths)
    (x1, y1), _ = along(run, way_m + width_m, lengths)
    chord = math.dist((x0, y0), (x1, y1))
    dx, dy = (x1 - x0) / chord, (y1 - y0) / chord
    nx, ny = -dy, dx  # into the area
    bulge = max([0.0, *((x - x0) * nx + (y - y0) * ny for (x, y), s in zip(run, lengths, strict=True) if way_m < s < way_m + width_m)])
    into = setback_m + bulge
    middle = ((x0 + x1) / 2 + nx * into, (y0 + y1) / 2 + ny * into)
    return Lot(middle, (-nx, -ny), width_m, depth_m)


def line_of(lot: Lot) -> tuple[Vec2, ...]:
    """Places along its front: left, middle, right."""
    left, right = lot.corners[:2]
    return left, lot.front_m, right


def length_m(points: Polyline) -> float:
    """How long a polyline is."""
    return math.fsum(math.dist(a, b) for a, b in pairwise(points))
