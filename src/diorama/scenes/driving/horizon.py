"""Open land, from where the streets end to the horizon, and the roads that go on through it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from diorama.randomizers.distributions import rounded
from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.roads import Beyond, Road, fraction
from diorama.scenes.driving.tiles import STONE_M, Tile, columns, tile
from diorama.sim.spec import Ribbon
from diorama.sim.spec.roads import Polyline, Vec2

#: Land is drawn out to so far from the middle.
HORIZON_M = 1500.0
#: Shares of the way back from the horizon at which there are vertices.
_BACK = (0.0, 0.4, 0.62, 0.74, 0.82, 0.875, 0.92, 0.955, 0.98, 0.994, 1.0)
#: Shares of the way from a road around the middle to there.
_INWARDS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class End:
    """One end of a road, `sense` 1 where its axis ends and -1 where it begins. `right` and `left` lie beyond the kerbs, seen on the way out."""

    road: Road
    sense: int
    right: Beyond
    left: Beyond

    @property
    def name(self) -> str:
        return f"{self.road.name}-{'far' if self.sense > 0 else 'back'}"

    @property
    def is_far(self) -> bool:
        """Whether the road goes on."""
        return self.sense < 0 or self.road.end == "far"

    @property
    def way_m(self) -> float:
        return self.road.end_m if self.sense > 0 else self.road.start_m

    def carriageway(self) -> list[Vec2]:
        """Where the lines of its carriageway end, from the right on the way out to the left."""
        offs = columns(self.road)
        return [self.road.at(self.way_m, off) for off in (offs if self.sense > 0 else reversed(offs))]

    def land(self, hand: int, rows: int) -> list[Vec2]:
        """Where the lines of the land on one hand end, from the kerb outwards, the kerb itself left out."""
        beyond = self.left if hand > 0 else self.right
        side = (hand > 0) == (self.sense > 0)
        kerb_m = (self.road.left if side else self.road.right).kerb_m
        sign = 1 if side else -1
        near, far = beyond.walk_m[1], beyond.whole_m
        offs = [STONE_M, *(off for off in (*beyond.walk_m, far) if off > STONE_M)]
        out = [self.road.at(self.way_m, sign * (kerb_m + off)) for off in offs]
        if far > near:
            right, left = out[-2:]
            out[-1:] = [fraction(right, left, k / rows) for k in range(1, rows)] + out[-1:]
        return out

    def onwards(self, place: Vec2) -> Vec2:
        """Where who goes on straight from a place comes to the horizon."""
        dx, dy = (self.sense * c for c in self.road.heading(self.way_m))
        ahead = place[0] * dx + place[1] * dy
        beside = place[1] * dx - place[0] * dy
        way = math.sqrt(HORIZON_M * HORIZON_M - beside * beside) - ahead
        return round(place[0] + dx * way, 4), round(place[1] + dy * way, 4)


def open_land(ends: Sequence[End], flanks: Sequence[Flank], rows: int, lift_m: float) -> tuple[list[Tile], list[Ribbon]]:
    """The land around the streets, and the kerbs in it. `ends` are in order around the middle, each followed by the flank on its left, which
    leads back to the next one's right.
    """
    tiles: list[Tile] = []
    kerbs: list[Ribbon] = []
    first = next(k for k, end in enumerate(ends) if end.is_far)
    count = len(ends)
    line: list[Vec2] = []
    start = (0.0, 0.0)
    for k in range(first, first + count + 1):
        end = ends[k % count]
        carriageway = end.carriageway()
        if k > first:
            line += [*reversed(end.land(-1, rows))]
            if end.is_far:
                line.append(carriageway[0])
                tiles.append(_land(f"terrain-{len(tiles)}", line, start, end.onwards(carriageway[0]), lift_m))
            else:
                line += carriageway
                kerbs.append(Ribbon(right_m=tuple(carriageway[::-1]), left_m=tuple(carriageway[::-1]), lift_m=(0.0, lift_m), laid=True))
        if k == first + count:
            break
        if end.is_far:
            out = [end.onwards(place) for place in carriageway]
            # On the way back from the horizon, left is right.
            lines = [_between(far, near) for far, near in zip(reversed(out), reversed(carriageway), strict=True)]
            tiles.append(tile(end.name, "carriageway", lines))
            kerbs += [Ribbon(right_m=edge, left_m=edge, lift_m=(0.0, lift_m), laid=True) for edge in (lines[0][::-1], lines[-1])]
            line, start = [carriageway[-1]], out[-1]
        line += end.land(1, rows)
        side = flanks[k % count]
        outer = side.line(side.beyond.whole_m)[::-1]
        line += [p for p in outer[1:-1] if p != line[-1]]
    return tiles, kerbs


def land_around(outer: Sequence[Flank], inner: Sequence[Flank], lift_m: float) -> list[Tile]:
    """The land outside of a road that is closed, out to the horizon, and the land inside of it. Flanks are in order, counter-clockwise."""
    tiles: list[Tile] = []
    lines = [side.line(side.beyond.whole_m)[::-1] for side in outer]
    starts = [_outwards(line[0]) for line in lines]
    for k, line in enumerate(lines):
        tiles.append(_land(f"terrain-{k}", line, starts[k], starts[(k + 1) % len(starts)], lift_m))
    for k, side in enumerate(inner):
        line = side.line(side.beyond.whole_m)
        tiles.append(tile(f"terrain-{len(outer) + k}", "terrain", [line, ((0.0, 0.0),) * len(line)], across=_INWARDS, lift_m=lift_m))
    return tiles


def _outwards(place: Vec2) -> Vec2:
    """Where who sees a place from the middle sees the horizon."""
    share = HORIZON_M / math.sqrt(place[0] * place[0] + place[1] * place[1])
    return round(place[0] * share, 4), round(place[1] * share, 4)


def _between(far: Vec2, near: Vec2) -> Polyline:
    """From the horizon back to a place, in steps."""
    return tuple(near if share == 1 else fraction(far, near, share) for share in _BACK)


def _land(name: str, line: Sequence[Vec2], start: Vec2, end: Vec2, lift_m: float) -> Tile:
    """The land between a line, counter-clockwise around the middle, and the horizon, where it reaches from `start` to `end`."""
    line = [line[0], *(b for a, b in pairwise(line) if a != b)]
    turns = [0.0]
    for a, b in pairwise(line):
        turns.append(turns[-1] + _angle(a, b))
    whole = _angle(start, end) % (2 * math.pi)
    whole += 2 * math.pi * round((turns[-1] - whole) / (2 * math.pi))
    out: list[Vec2] = []
    for turn in turns:
        c, s = (rounded(f(whole * turn / turns[-1])) for f in (math.cos, math.sin))
        out.append((round(start[0] * c - start[1] * s, 4), round(start[0] * s + start[1] * c, 4)))
    out[-1] = end
    return tile(name, "terrain", [tuple(out), tuple(line)], across=_BACK, lift_m=lift_m)


def _angle(a: Vec2, b: Vec2) -> float:
    """How far it is from one direction to another, counter-clockwise, in -pi..pi."""
    return math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
