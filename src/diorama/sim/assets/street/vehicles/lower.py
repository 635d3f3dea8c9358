"""The lower body: one grid of points from the middle of the front around the left side to the middle of the rear.

Its columns stand where corners, wheel arches, pillars and windows need them; its rows are bumpers, lamps and creases.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.vehicles.skin import Curve, eased, on

#: Columns from the middle of the front to its corner, and from there to the side; the same at the rear.
ACROSS, CORNER = 5, 2
#: Columns of a wheel arch.
_ARCH = 11
#: Where the columns around a corner are, as shares of the quarter turn.
_TURNS = (0.0, 0.12, 0.26, 0.42, 0.56, 0.7, 0.85, 1.0)
#: How far the inside of a wheel arch is from the outside; and over what a flare around it fades.
_WELL_M, _FLARE_M = 0.3, 0.12
#: The front's and the rear's rows are those of the sides this far from the ends, at the latest.
_END_M = 0.9
#: The widest band above an arch that has no rows in it.
_BAND_M = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The front or the rear: how far `corner_m` before the side its corners begin, how square they are (the `power` of a superellipse), the
    heights of the rows as shares of the upper edge's, how far each is `inset_m` from where the body is longest, and how much higher each is at the
    corner (`sweep_m`).
    """

    corner_m: float
    power: float
    rows: tuple[float, ...]
    inset_m: tuple[float, ...]
    sweep_m: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lower:
    """What a lower body is like. It goes from `rear_m` to `front_m` (x) and is `half_m` wide to either side, its `flare_m` at the arches included.

    `top` is the height of its upper edge over x. On the sides, `rows` are shares of the way from the sill to the upper edge, each `inset_m` from
    where the body is widest. `marks` are x where columns have to be.
    """

    front_m: float
    rear_m: float
    half_m: float
    sill_m: float
    top: Curve
    axles: tuple[float, ...]
    wheel_m: float
    arch_m: float
    flare_m: float
    rows: tuple[float, ...]
    inset_m: tuple[float, ...]
    front: End
    rear: End
    marks: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowerGrid:
    """Points (k, n, 3) in rows from the middle of the underside, over foot and top of the wheel arches' inner walls, to the rows that are seen,
    of which `SEEN` is the first. `up` (k, n) is how high points are as drawn pictures count it: by rows. From the row `FEW` of those that are
    seen on, which is above the arches, the columns that are `kept` will do.
    """

    points: Points
    up: Points
    kept: tuple[int, ...]
    lower: Lower

    @property
    def seen(self) -> Points:
        """The rows that are seen from outside."""
        return self.points[SEEN:]

    @property
    def edge(self) -> Points:
        """The upper edge, kept columns alone."""
        return self.points[-1, list(self.kept)]

    def column(self, x: float) -> int:
        """The number, among those kept, of the first column on the side from x backwards."""
        return next(i for i, k in enumerate(self.kept) if k >= ACROSS and self.points[-1, k, 0] <= x + 1e-6)

    def side_m(self, x: float, z: float) -> float:
        """How wide the side is at a place."""
        i = min(max(self.kept[self.column(x)], ACROSS + CORNER), self.points.shape[1] - ACROSS - CORNER)
        while self.points[-1, i - 1, 0] <= x and i > ACROSS + CORNER:
            i -= 1
        a, b = ([(float(q[2]), float(q[1])) for q in self.seen[:, k]] for k in (i - 1, i))
        x0, x1 = float(self.points[-1, i - 1, 0]), float(self.points[-1, i, 0])
        t = min(max((x - x0) / (x1 - x0), 0.0), 1.0)
        return on(a, z) * (1 - t) + on(b, z) * t

    def front_x(self, z: float) -> float:
        """Where the middle of the front is at a height."""
        return on([(float(q[2]), float(q[0])) for q in self.seen[:, 0]], z)

    def rear_x(self, z: float) -> float:
        """Where the middle of the rear is at a height."""
        return on([(float(q[2]), float(q[0])) for q in self.seen[:, -1]], z)


#: The first of a grid's rows that is seen from outside, and the first of these in which fewer columns will do.
SEEN, FEW = 3, 5


def lower_grid(one: Lower) -> LowerGrid:
    """The grid of a lower body."""
    half = one.half_m - one.flare_m
    plan = _plan(one, half)
    count = len(one.rows)
    grid, up = np.empty((SEEN + count, len(plan), 3)), np.zeros((SEEN + count, len(plan)))
    foremost, hindmost = max(one.axles), min(one.axles)
    for i, (x, y) in enumerate(plan):
        share = y / half
        ahead, behind = _ends(one, x)
        edge = on(one.top, x)
        heights = [one.sill_m + (edge - one.sill_m) * m for m in one.rows]
        # Most columns belong to the sides alone.
        if x > foremost or x < hindmost or ahead or behind:
            fronts, rears = (
                [edge * row + sweep * share * share for row, sweep in zip(end.rows, end.sweep_m, strict=True)] for end in (one.front, one.rear)
            )
            heights = [ahead * a + behind * b + (1 - ahead - behind) * m for a, m, b in zip(fronts, heights, rears, strict=True)]
            # Bumpers reach to the arches.
            if x > foremost:
                heights[:2] = fronts[:2]
            elif x < hindmost:
                heights[:2] = rears[:2]
        inset, front, rear = (list(zip(heights, given, strict=True)) for given in (one.inset_m, one.front.inset_m, one.rear.inset_m))
        near = min([abs(x - axle) for axle in one.axles]) < one.arch_m + _FLARE_M
        lip = max(heights[0], *(_arch(x, axle, one.arch_m, one.wheel_m) for axle in one.axles))
        band = max(heights[1], *(_arch(x, axle, one.arch_m + _BAND_M, one.wheel_m) for axle in one.axles))
        drawn = list(zip(heights, one.rows, strict=True))
        for k, height in enumerate(heights):
            z = max(height, band if k else lip)
            wide = half - on(inset, z)
            if near:
                apart = min([math.hypot(x - axle, z - one.wheel_m) for axle in one.axles]) - one.arch_m
                wide += one.flare_m * (1 - eased(apart, 0.0, _FLARE_M)) * (1 - ahead) * (1 - behind)
            along = x
            if ahead:
                along -= ahead * on(front, z)
            if behind:
                along += behind * on(rear, z)
            grid[SEEN + k, i] = along, wide * share, z
            up[SEEN + k, i] = on(drawn, z)
        # Inside of an arch there is a wall; elsewhere the floor reaches to the foot.
        foot = grid[SEEN, i]
        inside = lip > heights[0]
        grid[2, i] = foot[0], one.half_m - _WELL_M if inside else foot[1], foot[2]
        grid[1, i] = foot[0], grid[2, i, 1], one.sill_m if inside else foot[2]
        grid[0, i] = foot[0], 0.0, grid[1, i, 2]
    arched = [i for i, (x, y) in enumerate(plan) if y == half and x not in one.marks and any(abs(x - a) < one.arch_m - 1e-4 for a in one.axles)]
    kept = tuple(i for i in range(len(plan)) if i not in arched)
    return LowerGrid(points=grid.round(6), up=up, kept=kept, lower=one)


def _ends(one: Lower, x: float) -> tuple[float, float]:
    """How much a column belongs to the front, and how much to the rear. Arches belong to the sides."""
    start = max(max(one.axles) + one.arch_m, one.front_m - _END_M)
    end = min(min(one.axles) - one.arch_m, one.rear_m + _END_M)
    return eased(x, start, one.front_m - 0.4 * one.front.corner_m), eased(-x, -end, -one.rear_m - 0.4 * one.rear.corner_m)


def _plan(one: Lower, half: float) -> list[tuple[float, float]]:
    """Where the columns stand, where the body is widest."""
    front = _corner(one.front_m, one.front.corner_m, half, one.front.power)
    rear = [(one.rear_m - x, y) for x, y in _corner(0.0, one.rear.corner_m, half, one.rear.power)][::-1]
    start, end = front[-1][0], rear[0][0]
    marks = [round(x, 5) for x in one.marks if end + 0.01 < x < start - 0.01]
    arches = [round(axle + one.arch_m * math.cos(math.pi * k / (_ARCH - 1)), 5) for axle in one.axles for k in range(_ARCH)]
    # A column of an arch makes way for a mark beside it, but not where the arch begins and ends.
    ends = {round(axle + side * one.arch_m, 5) for axle in one.axles for side in (1, -1)}
    kept = [x for x in arches if end + 0.01 < x < start - 0.01 and (x in ends or all(abs(x - mark) > 0.02 for mark in marks))]
    stops = [start, *sorted({*marks, *kept}, reverse=True), end]
    out = [*front]
    for a, b in itertools.pairwise(stops):
        pieces = max(1, math.ceil((a - b) / 0.6))
        out += [(round(a + (b - a) * k / pieces, 5), half) for k in range(1, pieces + 1)]
    return [*out[:-1], *rear]


def _corner(x_m: float, depth_m: float, half_m: float, power: float) -> list[tuple[float, float]]:
    """A quarter of a superellipse from the middle of the front (x, 0) to the side (x - depth, half)."""
    out: list[tuple[float, float]] = []
    for share in _TURNS:
        c, s = math.cos(math.pi / 2 * share), math.sin(math.pi / 2 * share)
        ahead = math.pow(c, 2 / power) if share < 1 else 0.0
        out.append((round(x_m - depth_m * (1 - ahead), 6), round(half_m * math.pow(s, 2 / power), 6)))
    return out


def _arch(x: float, axle: float, radius: float, center: float) -> float:
    """How high an arch is over x; 0 beside it."""
    square = radius * radius - (x - axle) * (x - axle)
    return center + math.sqrt(square) if square > 1e-6 else 0.0


def across(corner: Points, shares: Sequence[float], *, bow_m: float, crown_m: float = 0.0) -> Points:
    """A line (k, 3) from the middle to a corner point, bowed forwards and crowned towards the middle."""
    share = np.array(shares)
    rest = 1 - share * share
    return np.stack([corner[0] + bow_m * rest, corner[1] * share, corner[2] + crown_m * rest], axis=1)
