"""Convex outlines in the level plane, as seen from above."""

import math
from collections.abc import Sequence

import numpy as np

from diorama.sim.transforms import Matrix

Point = tuple[float, float]


#: Level directions in which the outermost of many points are found first.
_AROUND = np.array([(1.0, 0.0), (1.0, 0.4), (1.0, 1.0), (0.4, 1.0), (0.0, 1.0), (-0.4, 1.0), (-1.0, 1.0), (-1.0, 0.4)])
#: With fewer points than this it is not worth while.
_MANY = 40


def convex_outline(points: Matrix) -> list[Point]:
    """The corners of the convex hull of points (n, 2), counter-clockwise (A. M. Andrew's monotone chain, 1979).

    They are rounded to a nanometre: edges between points that differ in their last bits would point anywhere. Of many points, those well
    inside of some outermost ones are left aside first (S. G. Akl and G. T. Toussaint, 1978).
    """
    if len(points) > _MANY:
        reach = _along(points, _AROUND)
        rim = Outline.around(points[np.concatenate([reach.argmin(axis=0), reach.argmax(axis=0)])])
        points = points[(_along(points, rim.out) > rim.far - 1e-8).any(axis=1)]
    ordered = sorted({(round(x, 9), round(y, 9)) for x, y in points.tolist()})

    def chain(run: Sequence[Point]) -> list[Point]:
        out: list[Point] = []
        for x, y in run:
            while len(out) > 1 and (out[-1][0] - out[-2][0]) * (y - out[-2][1]) <= (out[-1][1] - out[-2][1]) * (x - out[-2][0]):
                out.pop()
            out.append((x, y))
        return out[:-1]

    return ordered if len(ordered) < 2 else chain(ordered) + chain(ordered[::-1])


class Outline:
    """A convex polygon: its `corners` (k, 2), counter-clockwise, unit vectors `out` (k, 2) across its edges, and how `far` (k,) it reaches there."""

    __slots__ = ("corners", "far", "out")

    def __init__(self, corners: Matrix, out: Matrix, far: Matrix) -> None:
        self.corners, self.out, self.far = corners, out, far

    @classmethod
    def around(cls, points: Matrix) -> "Outline":
        """That of points (n, 2 or 3), as seen from above. Where they are on a line it has two corners, and encloses nothing."""
        corners = np.array(convex_outline(points[:, :2])).reshape(-1, 2)
        along = np.roll(corners, -1, axis=0) - corners
        length = np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1])
        across = np.stack([along[:, 1], -along[:, 0]], axis=1)[length > 0]
        out = across / length[length > 0, None]
        return cls(corners, out, _along(corners, out).max(axis=0, initial=-math.inf))

    @property
    def area_m2(self) -> float:
        """By the shoelace formula."""
        after = np.roll(self.corners, -1, axis=0)
        return math.fsum((self.corners[:, 0] * after[:, 1] - after[:, 0] * self.corners[:, 1]).tolist()) / 2

    @property
    def span_m(self) -> tuple[Point, Point]:
        """The (low, high) of x, and of y."""
        (x0, y0), (x1, y1) = self.corners.min(axis=0).tolist(), self.corners.max(axis=0).tolist()
        return (x0, x1), (y0, y1)

    @property
    def middle_m(self) -> Point:
        """The middle of its box."""
        (x0, x1), (y0, y1) = self.span_m
        return (x0 + x1) / 2, (y0 + y1) / 2

    def moved(self, x: float, y: float) -> "Outline":
        """The same elsewhere."""
        return Outline(self.corners + (x, y), self.out, self.far + self.out[:, 0] * x + self.out[:, 1] * y)

    def clipped(self, x_m: Point, y_m: Point) -> "Outline":
        """What of it lies within (low, high) of x and of y (I. E. Sutherland and G. W. Hodgman, 1974); without corners where nothing does."""
        corners: list[Point] = [(x, y) for x, y in self.corners.tolist()]
        for axis, (low, high) in enumerate((x_m, y_m)):
            for bound, sign in ((low, 1.0), (high, -1.0)):
                kept: list[Point] = []
                for p, q in zip(corners, corners[1:] + corners[:1], strict=True):
                    inside, other = sign * (p[axis] - bound), sign * (q[axis] - bound)
                    if inside >= 0:
                        kept.append(p)
                    if inside * other < 0:
                        share = inside / (inside - other)
                        kept.append((p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
                corners = kept
        return Outline.around(np.array(corners).reshape(-1, 2))

    def reach(self, directions: Matrix) -> Matrix:
        """(n,) how far it reaches along directions (n, 2)."""
        return _along(self.corners, directions).max(axis=0)

    def gap_m(self, other: "Outline") -> float:
        """By how much two outlines are apart across one of their edges; negative where they overlap.

        They are apart exactly when this is positive (the separating axis theorem), and never nearer than it says.
        """
        mine = _along(other.corners, self.out).min(axis=0) - self.far
        its = _along(self.corners, other.out).min(axis=0) - other.far
        return float(max(mine.max(initial=-math.inf), its.max(initial=-math.inf)))

    def holds(self, other: "Outline", margin_m: float = 0.0) -> bool:
        """Whether another lies within, this far from all edges."""
        return bool((other.reach(self.out) <= self.far - margin_m + 1e-12).all())


def _along(points: Matrix, directions: Matrix) -> Matrix:
    """(n, k): how far points (n, 2) lie along directions (k, 2)."""
    return points[:, 0, None] * directions[:, 0] + points[:, 1, None] * directions[:, 1]
