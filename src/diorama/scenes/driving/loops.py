"""Closed lines that roads follow: cubic B-splines, on which curvature is continuous, and straights are straight."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from diorama.sim.spec.roads import Vec2

#: Between two points that shape it a line is measured in so many pieces.
_PIECES = 32


class Loop:
    """A closed line near `points`, counter-clockwise, as a uniform cubic B-spline has it: straight where four in a row are on a straight line."""

    curved = True

    def __init__(self, points: Sequence[Vec2]) -> None:
        self._points = tuple(points)
        places = [self._place(k / _PIECES) for k in range(len(self._points) * _PIECES + 1)]
        ways = [0.0]
        for a, b in pairwise(places):
            ways.append(ways[-1] + math.sqrt((b[0] - a[0]) * (b[0] - a[0]) + (b[1] - a[1]) * (b[1] - a[1])))
        self._ways = ways
        self.length_m = round(ways[-1], 4)

    def at(self, way_m: float) -> tuple[Vec2, Vec2]:
        """A place, and the unit vector onwards. After once around it is the same again."""
        way = way_m % self.length_m
        k = min(bisect_right(self._ways, way), len(self._ways) - 1) - 1
        step = self._ways[k + 1] - self._ways[k]
        turn = (k + (way - self._ways[k]) / step) / _PIECES
        dx, dy = self._velocity(turn)
        size = math.sqrt(dx * dx + dy * dy)
        return self._place(turn), (dx / size, dy / size)

    def bends(self) -> Iterator[float]:
        """Its curvature (1/m, to the left) at places all around."""
        for k in range(len(self._points) * _PIECES):
            (dx, dy), (ax, ay) = self._velocity(k / _PIECES), self._acceleration(k / _PIECES)
            speed = math.sqrt(dx * dx + dy * dy)
            yield (dx * ay - dy * ax) / (speed * speed * speed)

    def _place(self, turn: float) -> Vec2:
        t = turn - int(turn)
        s = 1.0 - t
        return self._mixed(turn, (s * s * s / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, t * t * t / 6))

    def _velocity(self, turn: float) -> Vec2:
        t = turn - int(turn)
        s = 1.0 - t
        return self._mixed(turn, (-s * s / 2, (3 * t * t - 4 * t) / 2, (4 * s - 3 * s * s) / 2, t * t / 2))

    def _acceleration(self, turn: float) -> Vec2:
        t = turn - int(turn)
        return self._mixed(turn, (1.0 - t, 3 * t - 2, 1 - 3 * t, t))

    def _mixed(self, turn: float, weights: tuple[float, float, float, float]) -> Vec2:
        count, first = len(self._points), int(turn)
        near = [self._points[(first + k) % count] for k in range(4)]
        x, y = (math.fsum(w * p[axis] for w, p in zip(weights, near, strict=True)) for axis in (0, 1))
        return x, y
