"""Where roads meet: how their kerbs go over into each other, and how far along each of them the junction reaches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from diorama.randomizers.distributions import rounded
from diorama.scenes.driving.flanks import Around, Corner, Knot
from diorama.scenes.driving.roads import Beyond, Road
from diorama.sim.spec.roads import Vec2

#: An arc is drawn in pieces of so many degrees, each at most so long.
_ARC_DEG, _ARC_M = 12.0, 2.0
#: Roads whose headings differ by less than this sine go on into each other.
_STRAIGHT = 0.02

Priority = Literal["signal", "stop", "give-way"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mouth:
    """Where a road comes to a junction: it ends at `end_m` along the road, `crossing_m` is where people cross, vehicles wait at `stop_m`."""

    end_m: float
    crossing_m: tuple[float, float] | None
    stop_m: float

    @property
    def walk_m(self) -> float:
        """The middle of the crossing."""
        return round(sum(self.crossing_m or (0.0, 0.0)) / 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Junction:
    """`roads`, counter-clockwise around its middle, the world's origin, with a mouth each, and the corner between each and the next.

    `major` are the roads (by number) whose traffic goes first where there are no signals. One with an island, `island_m` in radius, is a
    roundabout, `radius_m` to its outer kerb.
    """

    roads: Sequence[Road]
    mouths: Sequence[Mouth]
    corners: Sequence[Corner]
    control: Priority
    major: tuple[int, ...] = ()
    radius_m: float = 0.0
    island_m: float = 0.0


def mouths(corners: Sequence[Corner], crossings: Sequence[bool], crossing_m: float, apart_m: float) -> list[Mouth]:
    """The mouths of the roads between corners. `crossings` tells where people cross, `apart_m` from the junction."""
    out: list[Mouth] = []
    for i, crossed in enumerate(crossings):
        end = round(max(corners[i].left_m, corners[i - 1].right_m) + 0.5, 4)
        walked = (round(end + apart_m, 4), round(end + apart_m + crossing_m, 4)) if crossed else None
        out.append(Mouth(end_m=end, crossing_m=walked, stop_m=round((walked[1] if walked else end) + 1.0, 4)))
    return out


def corner(after: Road, before: Road, beyond: Beyond, radius_m: float, reach_m: float) -> Corner:
    """The corner on the left of one road and the right of the next, both of which start straight at the origin."""
    a, b = after.heading(0.0), before.heading(0.0)
    if abs(_cross(a, b)) < _STRAIGHT:
        return Corner(right_m=0.0, left_m=0.0)
    left, right = after.left.kerb_m, before.right.kerb_m
    ways = _meet(a, b, left + radius_m, right + radius_m)
    middle = _point(a, ways[0], left + radius_m)
    # From the middle to the tangents: to the second road's right kerb, and to the first one's left.
    arc = _arc(middle, radius_m, (-b[1], b[0]), (a[1], -a[0]), reach_m)
    return Corner(right_m=round(ways[1], 4), left_m=round(ways[0], 4), arc=arc, plots_m=_plots(after, before, beyond, (ways[1], ways[0])))


def round_corner(after: Road, before: Road, beyond: Beyond, radius_m: float, flare_m: float, reach_m: float) -> Corner:
    """The same at a roundabout, `radius_m` to its outer kerb, which is joined by arcs of the radius `flare_m`."""
    a, b = after.heading(0.0), before.heading(0.0)
    left, right = after.left.kerb_m + flare_m, before.right.kerb_m + flare_m
    far = radius_m + flare_m
    ways = math.sqrt(far * far - right * right), math.sqrt(far * far - left * left)
    coming, going = _point(b, ways[0], -right), _point(a, ways[1], left)
    first, last = ((x / far, y / far) for x, y in (coming, going))
    arc = (
        *_arc(coming, flare_m, (-b[1], b[0]), (-first[0], -first[1]), reach_m, ends=1),
        *_arc((0.0, 0.0), radius_m, first, last, reach_m, bulge=1),
        *_arc(going, flare_m, (-last[0], -last[1]), (a[1], -a[0]), reach_m, ends=-1),
    )
    return Corner(right_m=round(ways[0], 4), left_m=round(ways[1], 4), arc=arc, plots_m=_plots(after, before, beyond, ways))


def roundabout_fits(after: Road, before: Road, radius_m: float, flare_m: float) -> bool:
    """Whether two roads that come to a roundabout next to each other leave room for a piece of its kerb between their flares."""
    a, b = after.heading(0.0), before.heading(0.0)
    far = radius_m + flare_m
    sines = [(after.left.kerb_m + flare_m) / far, (before.right.kerb_m + flare_m) / far]
    return max(sines) < 0.98 and math.asin(sines[0]) + math.asin(sines[1]) + 0.1 < math.atan2(_cross(a, b), _dot(a, b)) % (2 * math.pi)


def _plots(after: Road, before: Road, beyond: Beyond, tangents: tuple[float, float]) -> tuple[float, float] | None:
    """How far along the second and the first road the corner between their plots begins: where the lines behind these meet, or where its
    arcs begin, if that is farther.
    """
    a, b = after.heading(0.0), before.heading(0.0)
    if beyond.plot_m <= 0:
        return None
    ways = _meet(a, b, after.left.kerb_m + beyond.whole_m, before.right.kerb_m + beyond.whole_m)[::-1]
    if any(way < tangent for way, tangent in zip(ways, tangents, strict=True)):
        ways = tangents
    return round(ways[0], 4), round(ways[1], 4)


def _arc(middle: Vec2, radius: float, start: Vec2, end: Vec2, reach_m: float, *, bulge: int = -1, ends: int = 0) -> tuple[Knot, ...]:
    """What lies between two unit vectors on an arc, the shorter way around; with its last point if `ends` is 1, and its first if it is -1."""
    turn = math.atan2(_cross(start, end), _dot(start, end))
    degrees = abs(math.degrees(turn))
    steps = max(math.ceil(degrees / _ARC_DEG - 1e-6), math.ceil(abs(turn) * radius / min(reach_m, _ARC_M) - 1e-6), 2)
    out: list[Knot] = []
    for k in range(0 if ends < 0 else 1, steps + 1 if ends > 0 else steps):
        c, s = rounded(math.cos(turn * k / steps)), rounded(math.sin(turn * k / steps))
        toward = (rounded(start[0] * c - start[1] * s), rounded(start[0] * s + start[1] * c))
        out.append(Around(center=middle, toward=toward, radius_m=radius, bulge=bulge))
    return tuple(out)


def _meet(a: Vec2, b: Vec2, left: float, right: float) -> tuple[float, float]:
    """How far along two directions from the origin the line `left` of the first and the line `right` of the second meet."""
    q = (b[1] * right + a[1] * left, -b[0] * right - a[0] * left)
    sine = _cross(a, b)
    return _cross(q, b) / sine, _cross(q, a) / sine


def _point(a: Vec2, way: float, left: float) -> Vec2:
    return a[0] * way - a[1] * left, a[1] * way + a[0] * left


def _cross(a: Vec2, b: Vec2) -> float:
    return a[0] * b[1] - a[1] * b[0]


def _dot(a: Vec2, b: Vec2) -> float:
    return a[0] * b[0] + a[1] * b[1]
