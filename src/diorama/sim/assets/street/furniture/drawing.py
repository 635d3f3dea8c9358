"""Pictures for signs: drawn sixteen times as fine as they are wanted, in whole numbers, and averaged down, so that they are alike everywhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.recipe import Ink

Picture = NDArray[np.uint8]
Place = tuple[float, float]

#: So many times as many pixels are drawn each way.
_FINER = 4
#: Fractions of a pixel that OpenCV draws to, as bits.
_SHIFT = 4

RED: Ink = (190, 22, 30)
BLUE: Ink = (0, 82, 155)
YELLOW: Ink = (245, 190, 10)
GREEN: Ink = (0, 118, 76)
ORANGE: Ink = (238, 120, 20)
WHITE: Ink = (240, 241, 238)
BLACK: Ink = (22, 22, 24)


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A picture to draw on. x is right and y up, (0, 0) is the middle, and the picture's height is from -1 to 1."""

    picture: Picture
    middle: Place = (0.0, 0.0)
    scale: float = 1.0
    turned: Place = (1.0, 0.0)
    mirrored: bool = False

    @classmethod
    def empty(cls, width_px: int, height_px: int, ink: Ink) -> "Canvas":
        """One that will be so large, all of one colour."""
        picture = np.empty((height_px * _FINER, width_px * _FINER, 3), np.uint8)
        cv2.rectangle(picture, (0, 0), (picture.shape[1], picture.shape[0]), ink, -1)  # much faster than by assignment
        return cls(picture)

    @property
    def half_width(self) -> float:
        """How far it goes to the right of the middle."""
        return self.picture.shape[1] / self.picture.shape[0]

    def at(self, x: float, y: float, scale: float = 1.0, *, turn_deg: float = 0.0, mirror: bool = False) -> "Canvas":
        """A part of it with its own middle, size and direction, counter-clockwise; mirrored in its own x."""
        a = math.radians(turn_deg)
        c, s = round(math.cos(a), 12), round(math.sin(a), 12)
        tx, ty = self.turned
        turned = (tx * c - ty * s, ty * c + tx * s) if not self.mirrored else (tx * c + ty * s, ty * c - tx * s)
        return replace(self, middle=self._place((x, y)), scale=self.scale * scale, turned=turned, mirrored=self.mirrored != mirror)

    def polygon(self, points: Sequence[Place], ink: Ink) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.picture, [self._pixels(points)], ink, cv2.LINE_8, _SHIFT)

    def bar(self, left: float, bottom: float, right: float, top: float, ink: Ink) -> None:
        """Fill a rectangle."""
        self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], ink)

    def disc(self, x: float, y: float, radius: float, ink: Ink) -> None:
        """Fill a circle."""
        u, v = self._pixels([(x, y)])[0].tolist()
        cv2.circle(self.picture, (u, v), round(radius * self._unit_px * (1 << _SHIFT)), ink, -1, cv2.LINE_8, _SHIFT)

    def ring(self, x: float, y: float, radius: float, width: float, ink: Ink) -> None:
        """A circle's line, to both sides of its radius."""
        u, v = self._pixels([(x, y)])[0].tolist()
        cv2.circle(self.picture, (u, v), round(radius * self._unit_px * (1 << _SHIFT)), ink, self._line_px(width), cv2.LINE_8, _SHIFT)

    def stroke(self, points: Sequence[Place], width: float, ink: Ink) -> None:
        """A line with round ends and corners."""
        cv2.polylines(self.picture, [self._pixels(points)], False, ink, self._line_px(width), cv2.LINE_8, _SHIFT)

    def arrow(self, points: Sequence[Place], width: float, ink: Ink, head: float = 1.6) -> None:
        """A line with flat joints that ends in a head `head` times as wide to each side as the line is."""
        (x0, y0), (x1, y1) = points[-2:]
        length = math.dist((x0, y0), (x1, y1))
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        long, half = 1.25 * head * width, head * width / 2 + width / 4
        neck = (x1 - long * dx, y1 - long * dy)
        inner = (x1 - 0.9 * long * dx, y1 - 0.9 * long * dy)
        self.stroke([*points[:-1], inner], width, ink)
        self.polygon([(x1, y1), (neck[0] - half * dy, neck[1] + half * dx), (neck[0] + half * dy, neck[1] - half * dx)], ink)

    def reduced(self) -> Picture:
        """The picture at its size: (h, w, 3) uint8."""
        h, w, _ = self.picture.shape
        # Sums of sixteen whole numbers: alike everywhere.
        return np.asarray(cv2.resize(self.picture, (w // _FINER, h // _FINER), interpolation=cv2.INTER_AREA), np.uint8)

    @property
    def _unit_px(self) -> float:
        return self.scale * self.picture.shape[0] / 2

    def _line_px(self, width: float) -> int:
        return max(1, round(width * self._unit_px))

    def _place(self, point: Place) -> Place:
        x, y = (-point[0] if self.mirrored else point[0]), point[1]
        c, s = self.turned
        return self.middle[0] + self.scale * (x * c - y * s), self.middle[1] + self.scale * (x * s + y * c)

    def _pixels(self, points: Sequence[Place]) -> NDArray[np.int32]:
        """Fixed-point pixels, whose middles are whole numbers."""
        h, w, _ = self.picture.shape
        one = 1 << _SHIFT
        places = (self._place(p) for p in points)
        return np.array([[round(((w + x * h - 1) * one) / 2), round(((h - y * h - 1) * one) / 2)] for x, y in places], np.int32)


def arc(x: float, y: float, radius: float, start_deg: float, end_deg: float, steps: int = 24) -> list[Place]:
    """Points of a circle, both ends included; 0 degrees is right, 90 up."""
    angles = [math.radians(start_deg + (end_deg - start_deg) * k / steps) for k in range(steps + 1)]
    return [(x + radius * round(math.cos(a), 12), y + radius * round(math.sin(a), 12)) for a in angles]
