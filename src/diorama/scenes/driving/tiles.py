"""The ground in pieces: areas of a map, and the ribbons that each is made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.junctions import Junction
from diorama.scenes.driving.roads import Road, fraction
from diorama.sim.spec import Area, Ribbon
from diorama.sim.spec.roads import RAISED, AreaKind, Polyline, Vec2

#: How wide the stones of a kerb are.
STONE_M = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """An area and its ribbons."""

    area: Area
    ribbons: tuple[Ribbon, ...]


def tile(
    name: str,
    kind: AreaKind,
    lines: Sequence[Polyline],
    *,
    across: tuple[float, ...] = (0.0, 1.0),
    lift_m: float = 0.0,
    front: bool = False,
    bare: int = 0,
) -> Tile:
    """The ground between lines, from the rightmost to the leftmost; with a `front`, the first of them. So many as `bare` of the gaps between
    lines have their surface elsewhere.
    """
    first, last = (_rung([line[end] for line in lines], across) for end in (0, -1))
    outline = _cleaned([*lines[0], *last, *reversed(lines[-1]), *reversed(first)])
    up = (lift_m, lift_m) if kind in RAISED else (0.0, 0.0)
    laid = kind == "pavement"
    ribbons = tuple(Ribbon(right_m=right, left_m=left, across=across, lift_m=up, laid=laid) for right, left in list(pairwise(lines))[bare:])
    facing = _cleaned(lines[0], closed=False) if front else ()
    return Tile(area=Area(name=name, kind=kind, outline_m=outline, front_m=facing), ribbons=ribbons)


def _rung(points: Sequence[Vec2], across: Sequence[float]) -> list[Vec2]:
    """Where there are vertices between points that lie across."""
    out: list[Vec2] = []
    for right, left in pairwise(points):
        out += [*(fraction(right, left, share) for share in across[1:-1]), left]
    return out[:-1]


def _cleaned(points: Sequence[Vec2], *, closed: bool = True) -> Polyline:
    """The points without those that are where the one before is."""
    out = [points[0], *(b for a, b in pairwise(points) if a != b)]
    return tuple(out[:-1] if closed and out[-1] == out[0] else out)


# --- carriageways -----------------------------------------------------------------------------------------


def columns(road: Road) -> list[float]:
    """Offsets, from right to left, at which a road's carriageway has lines: edges of lanes and of all beside them."""
    sides: list[list[float]] = []
    for side in (road.right, road.left):
        edges = [k * side.lane_m for k in range(1, side.lanes)] + [side.drive_m]
        edges += [at for width, at in ((side.cycle_m, side.drive_m + side.cycle_m), (side.parking_m, side.kerb_m)) if width > 0]
        sides.append(edges)
    return [*(-at for at in reversed(sides[0])), 0.0, *sides[1]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """What there is along a road from one station to another: a place where people cross, or where vehicles stand, on the hands `parking`."""

    start_m: float
    end_m: float
    crossing: bool = False
    parking: tuple[int, ...] = ()


def carriageway(road: Road, stretches: Sequence[Stretch]) -> list[Tile]:
    """A road's surface, stretch by stretch."""
    out: list[Tile] = []
    offs = columns(road)
    for number, stretch in enumerate(stretches):
        ways = road.between(stretch.start_m, stretch.end_m)
        lines = {off: tuple(road.at(way, off) for way in ways) for off in offs}
        name = f"{road.name}-{number}"
        if stretch.crossing:
            out.append(tile(f"{name}-crossing", "crossing", [lines[off] for off in offs]))
            continue
        out.append(tile(f"{name}-drive", "carriageway", [lines[o] for o in offs if -road.right.drive_m <= o <= road.left.drive_m]))
        for hand, side in ((1, road.left), (-1, road.right)):
            word = "left" if hand > 0 else "right"
            cycle = side.drive_m + side.cycle_m
            if side.cycle_m > 0:
                out.append(tile(f"{name}-cycle-{word}", "cycle", [lines[e] for e in sorted((hand * side.drive_m, hand * cycle))]))
            if side.parking_m > 0:
                parks = hand in stretch.parking
                edges = sorted((hand * cycle, hand * side.kerb_m))
                out.append(tile(f"{name}-{'parking' if parks else 'edge'}-{word}", "parking" if parks else "carriageway", [lines[e] for e in edges]))
    return out


def junction_tiles(junction: Junction, flanks: Sequence[Flank], reach_m: float, lift_m: float) -> tuple[list[Tile], list[Ribbon]]:
    """The middle of a junction, and the kerb around its island. `flanks` are in the order of its corners."""
    rims = [_rim(junction, flanks, i) for i in range(len(junction.roads))]
    if junction.island_m <= 0:
        ring = [point for rim in rims for point in rim[:-1]]
        ring.append(ring[0])
        across = _shares(_widest(ring), reach_m)
        whole = tile("junction", "junction", [tuple(ring), ((0.0, 0.0),) * len(ring)], across=across)
        return [Tile(area=Area(name="junction", kind="junction", outline_m=tuple(ring[:-1])), ribbons=whole.ribbons)], []
    tiles: list[Tile] = []
    inner: list[Vec2] = []
    across = _shares(junction.radius_m - junction.island_m, reach_m)
    for number, rim in enumerate(rims):
        edge = tuple(_toward(point, junction.island_m) for point in rim)
        tiles.append(tile(f"junction-{number}", "junction", [tuple(rim), edge], across=across))
        inner += edge[:-1]
    inner.append(inner[0])
    stones = [tuple(inner), tuple(_toward(point, junction.island_m - STONE_M) for point in inner)]
    kerbs = [
        Ribbon(right_m=stones[0], left_m=stones[0], lift_m=(0.0, lift_m), laid=True),
        Ribbon(right_m=stones[0], left_m=stones[1], lift_m=(lift_m, lift_m), laid=True),
    ]
    across = _shares(junction.island_m, reach_m)
    lawn = Ribbon(right_m=stones[1], left_m=((0.0, 0.0),) * len(inner), across=across, lift_m=(lift_m, lift_m))
    around = _cleaned(inner)
    tiles.append(Tile(area=Area(name="island", kind="island", outline_m=around, front_m=tuple(inner)), ribbons=(lawn,)))
    return tiles, kerbs


def _rim(junction: Junction, flanks: Sequence[Flank], i: int) -> list[Vec2]:
    """The edge of a junction from the axis of one road to that of the next, counter-clockwise."""
    road, after = junction.roads[i], junction.roads[(i + 1) % len(junction.roads)]
    start, end = junction.mouths[i].end_m, junction.mouths[(i + 1) % len(junction.roads)].end_m
    side = flanks[i]
    around = side.line(0.0, side.find(after, end), side.find(road, start))[-2:0:-1]
    out = [road.at(start, off) for off in columns(road) if off >= 0]
    return [*out, *around, *(after.at(end, off) for off in columns(after) if off <= 0)]


def _toward(point: Vec2, radius: float) -> Vec2:
    """The place at a distance from the origin in the direction of a point."""
    x, y = point
    share = radius / math.sqrt(x * x + y * y)
    return round(x * share, 4), round(y * share, 4)


def _widest(points: Sequence[Vec2]) -> float:
    return max(math.sqrt(x * x + y * y) for x, y in points)


def _shares(width: float, reach_m: float) -> tuple[float, ...]:
    """Shares of a width that are no farther apart than `reach_m`."""
    parts = max(math.ceil(width / reach_m - 1e-6), 1)
    return tuple(k / parts for k in range(parts + 1))


# --- land -------------------------------------------------------------------------------------------------


def kerb(side: Flank, lift_m: float) -> list[Ribbon]:
    """The stones along a kerb: their faces and their tops."""
    line, back = side.line(0.0), side.line(STONE_M)
    return [
        Ribbon(right_m=line, left_m=line, lift_m=(0.0, lift_m), laid=True),
        Ribbon(right_m=line, left_m=back, lift_m=(lift_m, lift_m), laid=True),
    ]


def land(side: Flank, lots: Sequence[tuple[int, int]], rows: int, lift_m: float) -> list[Tile]:
    """Verge, pavement and plots of a flank, from the kerb on; `lots` are runs of knots."""
    out: list[Tile] = []
    beyond = side.beyond
    bands: list[tuple[AreaKind, float, float]] = [("verge", 0.0, beyond.verge_m), ("pavement", *beyond.walk_m)]
    for kind, near, far in bands:
        if far > near:
            # The stones of the kerb are made by themselves.
            edges = (near, STONE_M, far) if near == 0 else (near, far)
            lines = [side.line(edge) for edge in edges]
            out.append(tile(f"{side.name}-{kind}", kind, lines, lift_m=lift_m, front=True, bare=len(edges) - 2))
    if beyond.plot_m > 0:
        across = tuple(k / rows for k in range(rows + 1))
        near, far = beyond.walk_m[1], beyond.whole_m
        for number, (start, end) in enumerate(lots):
            lines = [side.line(near, start, end), side.line(far, start, end)]
            out.append(tile(f"{side.name}-plot-{number}", "plot", lines, across=across, lift_m=lift_m, front=True))
    return out
