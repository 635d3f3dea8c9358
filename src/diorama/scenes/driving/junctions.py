"""Where roads meet: how their kerbs go over into each other, and how far along each of them the junction reaches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from diorama.randomizers.distributions import rounded
from diorama.scenes.driving.flanks import Around, Corner, Knot
from diorama.scenes.driving.roads import Beyond, Road
from diorama.sim.spec.roads import Vec2

#: A corner's arc is drawn in pieces of so many degrees.
_ARC_DEG = 10.0
#: Roads whose headings differ by less than this sine go on into each other.
_STRAIGHT = 0.02

Priority = Literal["signal", "stop", "give-way"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mouth:
    """Where a road comes to a junction: it ends at `end_m` along the road, `crossing_m` is where people cross, vehicles wait at `stop_m`."""

    end_m: float
    crossing_m: tuple[float, float] | None
    stop_m: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Junction:
    """`roads`, counter-clockwise around its middle, the world's origin, with a mouth each, and the corner between each and the next.

    `major` are the roads (by number) whose traffic goes first where there are no signals.
    """

    roads: Sequence[Road]
    mouths: Sequence[Mouth]
    corners: Sequence[Corner]
    control: Priority
    major: tuple[int, ...]


def junction(
    roads: Sequence[Road],
    beyond: Sequence[Beyond],
    radius_m: float,
    *,
    control: Priority,
    major: tuple[int, ...],
    crossings: Sequence[bool],
    crossing_m: float,
) -> Junction:
    """Roads joined by corners of a radius; `beyond` is what lies between each and the next. `crossings` tells at which mouths people cross."""
    count = len(roads)
    corners = [corner(roads[i], roads[(i + 1) % count], beyond[i], radius_m) for i in range(count)]
    mouths: list[Mouth] = []
    for i, crossed in enumerate(crossings):
        end = max(corners[i].left_m, corners[i - 1].right_m)
        end = round(end + 0.5, 4)
        walked = (round(end + 0.5, 4), round(end + 0.5 + crossing_m, 4)) if crossed else None
        mouths.append(Mouth(end_m=end, crossing_m=walked, stop_m=round((walked[1] if walked else end) + 1.0, 4)))
    return Junction(roads=roads, mouths=mouths, corners=corners, control=control, major=major)


def corner(after: Road, before: Road, beyond: Beyond, radius_m: float) -> Corner:
    """The corner on the left of one road and the right of the next, both of which start straight at the origin."""
    a, b = after.heading(0.0), before.heading(0.0)
    sine = _cross(a, b)
    if abs(sine) < _STRAIGHT:
        return Corner(right_m=0.0, left_m=0.0)
    left, right = after.left.kerb_m, before.right.kerb_m
    ways = _meet(a, b, left + radius_m, right + radius_m)
    middle = _point(a, ways[0], left + radius_m)
    start, end = (b[1] * -1.0, b[0]), (a[1], -a[0])  # from the middle to the tangents: to the second road's right kerb, to the first one's left
    arc = _arc(middle, radius_m, start, end)
    plots = _meet(a, b, left + beyond.whole_m, right + beyond.whole_m)
    return Corner(right_m=round(ways[1], 4), left_m=round(ways[0], 4), arc=arc, plots_m=(round(plots[1], 4), round(plots[0], 4)))


def _arc(middle: Vec2, radius: float, start: Vec2, end: Vec2) -> tuple[Knot, ...]:
    """What lies between two unit vectors on an arc around land, clockwise or counter-clockwise, whichever is shorter; without its ends."""
    turn = math.atan2(_cross(start, end), start[0] * end[0] + start[1] * end[1])
    steps = max(math.ceil(abs(math.degrees(turn)) / _ARC_DEG - 1e-6), 2)
    out: list[Knot] = []
    for k in range(1, steps):
        c, s = rounded(math.cos(turn * k / steps)), rounded(math.sin(turn * k / steps))
        out.append(Around(center=middle, toward=(start[0] * c - start[1] * s, start[0] * s + start[1] * c), radius_m=radius))
    return tuple(out)


def _meet(a: Vec2, b: Vec2, left: float, right: float) -> tuple[float, float]:
    """How far along two directions from the origin the line `left` of the first and the line `right` of the second meet."""
    q = (-b[1] * -right + a[1] * left, b[0] * -right - a[0] * left)
    sine = _cross(a, b)
    return _cross(q, b) / sine, _cross(q, a) / sine


def _point(a: Vec2, way: float, left: float) -> Vec2:
    return a[0] * way - a[1] * left, a[1] * way + a[0] * left


def _cross(a: Vec2, b: Vec2) -> float:
    return a[0] * b[1] - a[1] * b[0]
