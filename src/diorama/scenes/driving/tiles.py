"""The ground in pieces: areas of a map, and the ribbons that each is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.junctions import Junction
from diorama.scenes.driving.roads import Road
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
    name: str, kind: AreaKind, lines: Sequence[Polyline], *, across: tuple[float, ...] = (0.0, 1.0), lift_m: float = 0.0, front: bool = False
) -> Tile:
    """The ground between lines, from the rightmost to the leftmost; with a `front`, the first of them."""
    ends = [line[-1] for line in lines[1:-1]], [line[0] for line in lines[-2:0:-1]]
    outline = _without_repeats([*lines[0], *ends[0], *reversed(lines[-1]), *ends[1]])
    up = (lift_m, lift_m) if kind in RAISED else (0.0, 0.0)
    ribbons = tuple(Ribbon(right_m=right, left_m=left, across=across, lift_m=up) for right, left in pairwise(lines))
    return Tile(
        area=Area(name=name, kind=kind, outline_m=outline, front_m=_without_repeats(lines[0], around=False) if front else ()), ribbons=ribbons
    )


def _without_repeats(points: Sequence[Vec2], *, around: bool = True) -> Polyline:
    out = [points[0]]
    out += [p for p in points[1:] if p != out[-1]] if len(points) < 2 else [b for a, b in pairwise(points) if a != b]
    return tuple(out[:-1] if around and out[-1] == out[0] else out)


# --- carriageways -----------------------------------------------------------------------------------------


def columns(road: Road) -> list[float]:
    """Offsets, from right to left, at which a road's carriageway has lines: edges of lanes and of all beside them."""
    sides = []
    for side in (road.right, road.left):
        edges = [k * side.lane_m for k in range(1, side.lanes + 1)]
        edges += [at for width, at in ((side.cycle_m, side.drive_m + side.cycle_m), (side.parking_m, side.kerb_m)) if width > 0]
        sides.append(edges)
    return [*(-at for at in reversed(sides[0])), 0.0, *sides[1]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """What there is along a road from one station to another: a place where people cross, or where vehicles may stand on the sides of `parking`."""

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
            edges = sorted((hand * side.drive_m, hand * (side.drive_m + side.cycle_m)))
            if side.cycle_m > 0:
                out.append(tile(f"{name}-cycle-{word}", "cycle", [lines[e] for e in edges]))
            edges = sorted((hand * (side.drive_m + side.cycle_m), hand * side.kerb_m))
            if side.parking_m > 0:
                parks = hand in stretch.parking
                kind: AreaKind = "parking" if parks else "carriageway"
                out.append(tile(f"{name}-{'parking' if parks else 'edge'}-{word}", kind, [lines[e] for e in edges]))
    return out


def junction_tile(junction: Junction, flanks: Sequence[Flank], rings: int) -> Tile:
    """The middle of a junction. `flanks` are in the order of its corners."""
    outline: list[Vec2] = []
    count = len(junction.roads)
    for i, (road, mouth) in enumerate(zip(junction.roads, junction.mouths, strict=True)):
        outline += [road.at(mouth.end_m, off) for off in columns(road)]
        after = junction.roads[(i + 1) % count]
        side = flanks[i]
        start, end = side.find(after, junction.mouths[(i + 1) % count].end_m), side.find(road, mouth.end_m)
        outline += reversed(side.line(0.0, start + 1, end - 1))
    ring = (*outline, outline[0])
    middle = ((0.0, 0.0),) * len(ring)
    return tile("junction", "junction", [ring, middle], across=tuple(k / rings for k in range(rings + 1)))


# --- land -------------------------------------------------------------------------------------------------


def kerb(side: Flank, lift_m: float, start: int = 0, end: int | None = None) -> list[Ribbon]:
    """The stones along a kerb: their faces and their tops."""
    line, back = side.line(0.0, start, end), side.line(STONE_M, start, end)
    return [
        Ribbon(right_m=line, left_m=line, lift_m=(0.0, lift_m)),
        Ribbon(right_m=line, left_m=back, lift_m=(lift_m, lift_m)),
    ]


def land(side: Flank, lots: Sequence[tuple[int, int]], rows: int, lift_m: float) -> list[Tile]:
    """Verge, pavement and plots of a flank, from the kerb on; `lots` are runs of knots."""
    out: list[Tile] = []
    beyond = side.beyond
    bands: list[tuple[AreaKind, float, float]] = []
    if beyond.verge_m > 0:
        bands.append(("verge", 0.0, beyond.verge_m))
    if beyond.pavement_m > 0:
        bands.append(("pavement", *beyond.walk_m))
    for kind, near, far in bands:
        out.append(tile(f"{side.name}-{kind}", kind, [side.line(near), side.line(far)], lift_m=lift_m, front=True))
        if near == 0:  # the stones of the kerb are made by themselves
            inner = Ribbon(right_m=side.line(STONE_M), left_m=side.line(far), lift_m=(lift_m, lift_m))
            out[-1] = Tile(area=out[-1].area, ribbons=(inner,))
    if beyond.plot_m > 0:
        across = tuple(k / rows for k in range(rows + 1))
        near, far = beyond.walk_m[1], beyond.whole_m
        for number, (start, end) in enumerate(lots):
            lines = [side.line(near, start, end), side.line(far, start, end)]
            out.append(tile(f"{side.name}-plot-{number}", "plot", lines, across=across, lift_m=lift_m, front=True))
    return out
