"""The land beside roads: along a kerb, around a corner, along the next road's kerb."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from diorama.scenes.driving.roads import Beyond, Road
from diorama.sim.spec.roads import Polyline, Vec2

#: Places nearer to each other than this are one place.
_SAME_M = 0.01


class Knot(Protocol):
    """A place on a kerb, and the direction away from the carriageway there."""

    def at(self, off_m: float) -> Vec2:
        """The place so far beyond the kerb."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """A knot at a road's station, on its left (`hand` 1) or right (-1)."""

    road: Road
    way_m: float
    hand: int

    def at(self, off_m: float) -> Vec2:
        kerb = (self.road.left if self.hand > 0 else self.road.right).kerb_m
        return self.road.at(self.way_m, self.hand * (kerb + off_m))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Around:
    """A knot on an arc: `toward` is the unit vector from its centre to the kerb, which curves around land (`bulge` -1) or carriageway (1)."""

    center: Vec2
    toward: Vec2
    radius_m: float
    bulge: int = -1

    def at(self, off_m: float) -> Vec2:
        radius = max(self.radius_m + self.bulge * off_m, 0.0)
        return round(self.center[0] + self.toward[0] * radius, 4), round(self.center[1] + self.toward[1] * radius, 4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corner:
    """How one road's kerb goes over into the next one's: `arc` is what lies between the tangents, at ways `right_m` of the second road, whose right
    it comes along, and `left_m` of the first, whose left it goes on along. Plots meet at the ways `plots_m` of these two; None: they just go on.
    """

    right_m: float
    left_m: float
    arc: tuple[Knot, ...] = ()
    plots_m: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flank:
    """The land on the left of who walks along a kerb through its `knots`. Between those of the numbers `corner` it is one plot."""

    name: str
    beyond: Beyond
    knots: Sequence[Knot]
    corner: tuple[int, int] | None = None

    def line(self, off_m: float, start: int = 0, end: int | None = None) -> Polyline:
        """The knots from one to another, moved away from the kerb."""
        end = len(self.knots) - 1 if end is None else end
        if self.corner and off_m == self.beyond.whole_m:
            return tuple(self._behind(k) for k in range(start, end + 1))
        return tuple(self.knots[k].at(off_m) for k in range(start, end + 1))

    def _behind(self, k: int) -> Vec2:
        """The place behind the plots at a knot: around a corner straight from one end of it to the other, which may be the same place."""
        first, last = self.corner or (k, k)
        whole = self.beyond.whole_m
        if not first < k <= last:
            return self.knots[k].at(whole)
        (x0, y0), (x1, y1) = self.knots[first].at(whole), self.knots[last].at(whole)
        if abs(x1 - x0) + abs(y1 - y0) < _SAME_M:
            return x0, y0
        share = (k - first) / (last - first)
        return round(x0 + (x1 - x0) * share, 4), round(y0 + (y1 - y0) * share, 4)

    def find(self, road: Road, way_m: float) -> int:
        """The number of the knot at a road's station. Raises StopIteration where there is none."""
        return next(k for k, knot in enumerate(self.knots) if isinstance(knot, Beside) and knot.way_m == way_m and (knot.road is road or way_m == 0))


def flank(name: str, beyond: Beyond, before: Road, after: Road, corner: Corner) -> Flank:
    """The land that is on the right of `before`, come along inwards, and then on the left of `after`, both settled."""
    inwards = [Beside(road=before, way_m=way, hand=-1) for way in reversed(before.stations) if way >= corner.right_m]
    outwards = [Beside(road=after, way_m=way, hand=1) for way in after.stations if way >= corner.left_m]
    if corner.plots_m is None and not corner.arc:
        outwards = outwards[1:]  # it is the same place
    knots = [*inwards, *corner.arc, *outwards]
    ends = None
    if corner.plots_m is not None:
        first = next(k for k, knot in enumerate(knots) if isinstance(knot, Beside) and knot.way_m == corner.plots_m[0])
        last = max(k for k, knot in enumerate(knots) if isinstance(knot, Beside) and knot.way_m == corner.plots_m[1])
        ends = (first, last)
    return Flank(name=name, beyond=beyond, knots=knots, corner=ends)


def along_road(name: str, beyond: Beyond, road: Road, hand: int) -> Flank:
    """The land on one hand of a road that has no junction."""
    ways = road.stations if hand > 0 else road.stations[::-1]
    return Flank(name=name, beyond=beyond, knots=[Beside(road=road, way_m=way, hand=hand) for way in ways])
