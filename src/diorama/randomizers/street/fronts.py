"""Fronts of plots, cut up into lots: where along the street a house may stand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec.roads import Area, Polyline, Vec2, along, lengths_m

#: Edges (n, 2, 2) of a polygon, in any order: from where, and to where.
Rim = NDArray[np.float64]

#: A front that turns by more than this at one of its points has a corner there; no house goes around it.
_CORNER_COSINE = 0.9
#: Less than this lots may be in one another, and beyond the edge of their land: houses that stand wall to wall touch.
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
        left, right = (x + oy * h, y - ox * h), (x - oy * h, y + ox * h)
        return left, right, (right[0] - ox * d, right[1] - oy * d), (left[0] - ox * d, left[1] - oy * d)

    @property
    def rim(self) -> tuple[Vec2, ...]:
        """Its corners, and the middles of its sides."""
        c = self.corners
        return c + tuple(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(c, c[1:] + c[:1], strict=True))

    @property
    def middle_m(self) -> Vec2:
        """Its own middle."""
        return self.front_m[0] - self.out[0] * self.depth_m / 2, self.front_m[1] - self.out[1] * self.depth_m / 2

    def local(self, point: Vec2) -> Vec2:
        """(along the front from its middle to the right, inwards from it), seen from the street."""
        x, y = point[0] - self.front_m[0], point[1] - self.front_m[1]
        return -self.out[1] * x + self.out[0] * y, -(self.out[0] * x + self.out[1] * y)

    def overlap_m(self, other: "Lot") -> float:
        """How deep two lots are in one another, across the side where that is least; negative where they are apart."""
        least = math.inf
        for one, two in ((self, other), (other, self)):
            u, v = zip(*(one.local(corner) for corner in two.corners), strict=True)
            h = one.width_m / 2
            least = min(least, max(u) + h, h - min(u), max(v), one.depth_m - min(v))
        return least

    def within(self, rim: Rim) -> bool:
        """Whether it is all inside of a polygon with these edges."""
        x, y = rim[..., 0] - self.front_m[0], rim[..., 1] - self.front_m[1]
        u, v = self.out[0] * y - self.out[1] * x, -(self.out[0] * x + self.out[1] * y)
        h, d, slack = self.width_m / 2, self.depth_m, TOUCHING_M
        # How much of each edge is within the box (Y. Liang and B. Barsky, 1984).
        low, high = np.zeros(len(rim)), np.ones(len(rim))
        for p, least, most in ((u, -h + slack, h - slack), (v, slack, d - slack)):
            step = p[:, 1] - p[:, 0]
            step = np.where(np.abs(step) < 1e-12, 1e-12, step)
            ends = (least - p[:, 0]) / step, (most - p[:, 0]) / step
            low, high = np.maximum(low, np.minimum(*ends)), np.minimum(high, np.maximum(*ends))
        return not bool((low < high).any()) and _is_inside(u, v, (0.0, d / 2))


def _is_inside(x: NDArray[np.float64], y: NDArray[np.float64], point: Vec2) -> bool:
    """Whether a ray from a point towards +x crosses an odd number of edges from (x, y)[:, 0] to [:, 1]."""
    above = y > point[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        where = x[:, 0] + (x[:, 1] - x[:, 0]) * (point[1] - y[:, 0]) / (y[:, 1] - y[:, 0])
    return bool(((above[:, 0] != above[:, 1]) & (point[0] < where)).sum() % 2)


def is_inside(rim: Rim, point: Vec2) -> bool:
    """Whether a point is inside of a polygon with these edges."""
    return _is_inside(rim[..., 0], rim[..., 1], point)


def rim_of(outline: Sequence[Vec2]) -> Rim:
    """The edges of an outline."""
    return np.array(list(zip(outline, (*outline[1:], outline[0]), strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Frontage:
    """Land that is built on along one front: plots side by side, whose fronts go on in one another.

    `line_m` has the land on its left and no corner; `ways_m` are how far along it its points are. `rim` are the land's edges.
    """

    name: str
    line_m: Polyline
    ways_m: tuple[float, ...]
    rim: Rim

    @property
    def length_m(self) -> float:
        return self.ways_m[-1]

    def lot(self, way_m: float, width_m: float, depth_m: float, setback_m: float) -> Lot:
        """The lot whose front is before the piece of the line from `way_m` on, `width_m` long: straight, and behind all of it by `setback_m`."""
        (x0, y0), _ = along(self.line_m, way_m, self.ways_m)
        (x1, y1), _ = along(self.line_m, way_m + width_m, self.ways_m)
        chord = math.dist((x0, y0), (x1, y1))
        dx, dy = (x1 - x0) / chord, (y1 - y0) / chord
        between = (p for p, way in zip(self.line_m, self.ways_m, strict=True) if way_m < way < way_m + width_m)
        bulge = max([0.0, *((y - y0) * dx - (x - x0) * dy for x, y in between)])
        into = setback_m + bulge
        return Lot(((x0 + x1) / 2 - dy * into, (y0 + y1) / 2 + dx * into), (dy, -dx), width_m, depth_m)


def frontages(areas: Sequence[Area]) -> list[Frontage]:
    """All there are of some plots, in their order. Each is named by its first plot."""
    out: list[Frontage] = []
    for block in _blocks([(area, line) for area in areas for line in _lines(area)]):
        outlines = [area.outline_m for area in {area.name: area for area, _ in block}.values()]
        edges = dict.fromkeys((a, b) for outline in outlines for a, b in zip(outline, (*outline[1:], outline[0]), strict=True))
        # Where one plot's edge is another's, there is no border.
        rim = np.array([(a, b) for a, b in edges if (b, a) not in edges])
        joined = [p for _, line in block for p in line]
        line = [p for k, p in enumerate(joined) if k == 0 or math.dist(p, joined[k - 1]) > 1e-6]
        taken: dict[str, int] = {}
        for piece in _straight(line):
            number = taken[block[0][0].name] = taken.get(block[0][0].name, -1) + 1
            name = block[0][0].name + (f"-{number}" if number else "")
            out.append(Frontage(name, piece, lengths_m(piece), rim))
    return out


def _lines(area: Area) -> list[Polyline]:
    """An area's front, the area on its left; none where it has no length."""
    points = [p for k, p in enumerate(area.front_m) if k == 0 or math.dist(p, area.front_m[k - 1]) > 1e-6]
    if len(points) < 2:
        return []
    (x, y), (dx, dy) = along(points, lengths_m(points)[-1] / 2)
    return [tuple(points) if is_inside(rim_of(area.outline_m), (x - 0.05 * dy, y + 0.05 * dx)) else tuple(points[::-1])]


def _blocks(fronts: Sequence[tuple[Area, Polyline]]) -> list[list[tuple[Area, Polyline]]]:
    """Fronts in a row, each going on where the one before it ends."""
    begins = {_place(line[0]): k for k, (_, line) in enumerate(fronts)}
    ends = {_place(line[-1]) for _, line in fronts}
    left = dict.fromkeys(range(len(fronts)))
    out: list[list[tuple[Area, Polyline]]] = []
    # Those that nothing leads to first; what then is left goes around in a circle.
    for start in [*(k for k, (_, line) in enumerate(fronts) if _place(line[0]) not in ends), *range(len(fronts))]:
        block: list[tuple[Area, Polyline]] = []
        at: int | None = start
        while at is not None and at in left:
            del left[at]
            block.append(fronts[at])
            at = begins.get(_place(fronts[at][1][-1]))
        if block:
            out.append(block)
    return out


def _place(point: Vec2) -> Vec2:
    return round(point[0], 3), round(point[1], 3)


def _straight(line: Sequence[Vec2]) -> list[Polyline]:
    """The pieces of a line between its corners."""
    pieces: list[list[Vec2]] = [[line[0]]]
    for k in range(1, len(line)):
        pieces[-1].append(line[k])
        if k + 1 < len(line) and _cosine(line[k - 1], line[k], line[k + 1]) < _CORNER_COSINE:
            pieces.append([line[k]])
    return [tuple(piece) for piece in pieces]


def _cosine(a: Vec2, b: Vec2, c: Vec2) -> float:
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]
    return (ux * vx + uy * vy) / math.sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy))
