"""Lines on roads: what they are, and where; and what else is painted there."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.junctions import Junction
from diorama.scenes.driving.lanes import Rule, hand_of, side_of
from diorama.scenes.driving.layouts import BAY_M
from diorama.scenes.driving.roads import Road
from diorama.sim.spec import Line
from diorama.sim.spec.roads import LineKind, Polyline, Vec2

Color = Literal["white", "yellow"]

#: Dashes and gaps as they are usual here and there.
DASHES_M = ((3.0, 3.0), (2.0, 4.0), (3.0, 4.5), (3.0, 6.0), (4.0, 2.0), (6.0, 9.0))
_STOP_M = 0.4
#: Bays along the road are so long; the lines between bays are so wide.
_BAY_M, _BAY_LINE_M = 5.8, 0.1
#: Squares along the sides of crossings that are no zebras.
_STUD_M = 0.5
#: Arrows are so far before where vehicles wait.
_ARROWS_M = (5.0, 22.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a place marks its roads. `bays` are marked one by one, lanes have `arrows` before junctions; crossings with signals may be no `zebra`."""

    width_m: float = 0.12
    dashes_m: tuple[float, float] = DASHES_M[2]
    center: Literal["dashed", "solid", "double", "none"] = "dashed"
    center_color: Color = "white"
    edges: bool = False
    bays: bool = True
    arrows: bool = False
    zebra: bool = True


def of_road(road: Road, style: Style, start_m: float, solid_m: float | None, parks_m: float) -> list[Line]:
    """Lines along a road from a station to its end; up to `solid_m` those that may be crossed elsewhere may not, from `parks_m` on vehicles stand."""
    out: list[Line] = []

    def line(name: str, kind: LineKind, off: float, start: float, end: float, color: Color = "white") -> None:
        points = tuple(road.at(way, off) for way in road.between(start, end))
        out.append(Line(name=f"{road.name}-{name}", kind=kind, points_m=points, width_m=style.width_m, color=color))

    def crossable(name: str, kind: LineKind, off: float, color: Color = "white") -> None:
        if kind == "dashed" and solid_m is not None and solid_m < road.end_m:
            line(f"{name}-solid", "solid", off, start_m, solid_m, color)
            line(name, kind, off, solid_m, road.end_m, color)
        else:
            line(name, kind, off, start_m, road.end_m, color)

    aisle = road.end == "closed"
    if style.center != "none" and not aisle:
        crossable("center", style.center, 0.0, style.center_color)
    for hand, side in ((1, road.left), (-1, road.right)):
        word = "left" if hand > 0 else "right"
        for k in range(1, side.lanes):
            crossable(f"lane-{word}-{k}", "dashed", hand * k * side.lane_m)
        if side.cycle_m > 0:
            line(f"cycle-{word}", "solid", hand * side.drive_m, start_m, road.end_m)
        if side.parking_m > 0 and not aisle:
            line(f"edge-{word}", "solid", hand * (side.drive_m + side.cycle_m), parks_m, road.end_m)
        elif style.edges and not aisle:
            line(f"edge-{word}", "solid", hand * (side.drive_m + side.cycle_m - 0.2), start_m, road.end_m)
    return out


def of_junction(junction: Junction, style: Style, rule: Rule) -> list[Line]:
    """Stop lines, or the teeth where one gives way, and crossings."""
    out: list[Line] = []
    for i, (road, mouth) in enumerate(zip(junction.roads, junction.mouths, strict=True)):
        hand = hand_of(rule, -1)
        side = side_of(road, hand)
        if junction.control == "signal" or i not in junction.major:
            kind: LineKind = "give-way" if junction.control == "give-way" else "stop"
            way = round(mouth.stop_m + _STOP_M / 2 + 0.1, 4)
            points = tuple(road.at(way, hand * off) for off in (0.1, side.drive_m + side.cycle_m - 0.1))
            out.append(Line(name=f"{road.name}-stop", kind=kind, points_m=points, width_m=_STOP_M))
        if mouth.crossing_m is not None and _is_zebra(junction, style):
            start, end = mouth.crossing_m
            points = tuple(road.at(mouth.walk_m, off) for off in (-road.right.kerb_m, road.left.kerb_m))
            out.append(Line(name=f"{road.name}-zebra", kind="zebra", points_m=points, width_m=round(end - start - 0.2, 4)))
    return out


def _is_zebra(junction: Junction, style: Style) -> bool:
    return style.zebra or junction.control != "signal"


def of_kerbs(flanks: Sequence[Flank]) -> list[Line]:
    """Where carriageways end."""
    return [Line(name=f"{side.name}-kerb", kind="kerb", points_m=side.line(0.0), width_m=0.15, color="none") for side in flanks]


# --- what is no line: outlines of paint -------------------------------------------------------------------


def bay_lines(road: Road, style: Style, start_m: float) -> list[Polyline]:
    """The lines between bays, from a station to the road's end."""
    out: list[Polyline] = []
    for hand, side in ((1, road.left), (-1, road.right)):
        across = side.parking_m >= BAY_M[1]
        if side.parking_m <= 0 or not (style.bays or across):
            continue
        length = BAY_M[0] if across else _BAY_M
        near, far = (hand * (side.kerb_m - part) for part in (side.parking_m, 0.1))
        for k in range(int((road.end_m - start_m) / length) + 1):
            way = start_m + k * length
            if way + _BAY_LINE_M < road.end_m:
                out.append(_stroke(road, way, near, way, far, _BAY_LINE_M))
    return out


def studs(junction: Junction, style: Style) -> list[Polyline]:
    """Squares along both sides of crossings that are no zebras."""
    out: list[Polyline] = []
    for road, mouth in zip(junction.roads, junction.mouths, strict=True):
        if mouth.crossing_m is None or _is_zebra(junction, style):
            continue
        low, high = -road.right.kerb_m, road.left.kerb_m
        count = int((high - low) / (2 * _STUD_M))
        gap = (high - low) / count
        for way in (mouth.crossing_m[0] + _STUD_M / 2, mouth.crossing_m[1] - _STUD_M / 2):
            for k in range(count):
                middle = low + (k + 0.5) * gap
                out.append(_stroke(road, way, middle - _STUD_M / 2, way, middle + _STUD_M / 2, _STUD_M))
    return out


def arrows(junction: Junction, ways: Sequence[tuple[str, int, frozenset[int]]], rule: Rule) -> list[Polyline]:
    """Arrows on lanes that come to a junction; `ways` are roads' names, lanes' numbers from the axis, and where to: left (1), straight on (0),
    right (-1).
    """
    out: list[Polyline] = []
    by_name = {road.name: (road, mouth) for road, mouth in zip(junction.roads, junction.mouths, strict=True)}
    for name, lane, turns in ways:
        road, mouth = by_name[name]
        hand = hand_of(rule, -1)
        middle = hand * (lane + 0.5) * side_of(road, hand).lane_m
        for before in _ARROWS_M:
            tip = mouth.stop_m + before
            if tip + 6.0 < road.end_m:
                out += _arrow(road, tip, middle, turns)
    return out


def _arrow(road: Road, tip: float, middle: float, turns: frozenset[int]) -> list[Polyline]:
    """An arrow that points to the junction from 4 m away to `tip`, in pieces that follow the ground. Its left is the road's right."""
    shaft, long = 0.15, 4.0 if 0 in turns else 3.2
    foot = tip + 4.0
    ends = [foot, tip + 2.4, foot - long + (1.3 if 0 in turns else 0.3)]
    out = [_stroke(road, a, middle, b, middle, shaft) for a, b in pairwise(ends)]
    if 0 in turns:
        out.append(_outline(road, [(ends[-1], middle - 0.3), (tip, middle), (ends[-1], middle + 0.3)]))
    for turn in sorted(turns - {0}):
        side = -turn
        knee, wrist = (tip + 2.4, middle), (tip + 1.5, middle + side * 0.45)
        out.append(_stroke(road, *knee, *wrist, shaft * 1.3))
        out.append(_outline(road, [(wrist[0] + 0.55, wrist[1]), (wrist[0] - 0.45, middle + side * 1.0), (wrist[0] - 0.75, wrist[1] - side * 0.1)]))
    return out


def _stroke(road: Road, way0: float, off0: float, way1: float, off1: float, width: float) -> Polyline:
    """A straight stroke from place to place."""
    dw, do = way1 - way0, off1 - off0
    length = (dw * dw + do * do) ** 0.5
    w, o = -do / length * width / 2, dw / length * width / 2
    return _outline(road, [(way0 + w, off0 + o), (way0 - w, off0 - o), (way1 - w, off1 - o), (way1 + w, off1 + o)])


def _outline(road: Road, corners: Sequence[tuple[float, float]]) -> Polyline:
    """A convex outline by ways along and offsets from a road, counter-clockwise."""
    points: list[Vec2] = [road.at(round(way, 4), off) for way, off in corners]
    turn = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*points, points[0]]))
    return tuple(points if turn > 0 else points[::-1])
