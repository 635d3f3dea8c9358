"""Lines on roads: what they are, and where; and what else is painted there."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.junctions import Junction, Mouth, Priority
from diorama.scenes.driving.lanes import Rule, hand_of, side_of
from diorama.scenes.driving.layouts import BAY_M
from diorama.scenes.driving.roads import Road, Span
from diorama.sim.spec import Line
from diorama.sim.spec.roads import LineKind, Polyline, Vec2

Color = Literal["white", "yellow"]

#: Dashes and gaps as they are usual here and there.
DASHES_M = ((3.0, 3.0), (2.0, 4.0), (3.0, 4.5), (3.0, 6.0), (4.0, 2.0), (6.0, 9.0))
_STOP_M = 0.4
#: How far from the kerb yellow lines are.
_KERBSIDE_M = 0.35
#: Bays along the road are so long; the lines between bays are so wide.
_BAY_M, _BAY_LINE_M = 5.8, 0.1
#: Squares along the sides of crossings that are no zebras.
_STUD_M = 0.5
#: A box's edges are so far from the kerb's corners; strokes are so far apart, so wide, and in pieces no longer than this.
_BOX_M, _HATCH_M, _BOX_LINE_M, _PIECE_M = 0.6, 1.8, 0.14, 2.5
#: Arrows are so far before where vehicles wait.
_ARROWS_M = (5.0, 22.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a place marks its roads. `bays` are marked one by one, lanes have `arrows` before junctions; crossings with signals may be no `zebra`. At
    kerbs where nobody may stop are yellow lines, `kerbside`, and in junctions with signals a yellow `box`.
    """

    width_m: float = 0.12
    dashes_m: tuple[float, float] = DASHES_M[2]
    center: Literal["dashed", "solid", "double", "none"] = "dashed"
    center_color: Color = "white"
    edges: bool = False
    bays: bool = True
    arrows: bool = False
    zebra: bool = True
    kerbside: Literal["solid", "double"] | None = None
    box: bool = False


def of_road(road: Road, style: Style, span: Span, solid: tuple[float, float], parks: tuple[float, float], tag: str = "") -> list[Line]:
    """Lines along a piece of a road: outside of `solid` those that may be crossed elsewhere may not be, within `parks` vehicles stand."""
    out: list[Line] = []

    def line(name: str, kind: LineKind, off: float, start: float, end: float, color: Color = "white") -> None:
        if end > start:
            points = tuple(road.at(way, off) for way in road.between(start, end))
            out.append(Line(name=f"{road.name}-{name}{tag}", kind=kind, points_m=points, width_m=style.width_m, color=color))

    def crossable(name: str, kind: LineKind, off: float, color: Color = "white") -> None:
        if kind != "dashed":
            line(name, kind, off, span.start_m, span.end_m, color)
            return
        line(f"{name}-before", "solid", off, span.start_m, solid[0], color)
        line(name, kind, off, *solid, color)
        line(f"{name}-after", "solid", off, solid[1], span.end_m, color)

    if road.end == "closed":  # an aisle of a car park
        return []
    if style.center != "none":
        crossable("center", style.center, 0.0, style.center_color)
    for hand, side in ((1, road.left), (-1, road.right)):
        word = "left" if hand > 0 else "right"
        for k in range(1, side.lanes):
            crossable(f"lane-{word}-{k}", "dashed", hand * k * side.lane_m)
        edge = side.drive_m + side.cycle_m
        if side.cycle_m > 0:
            line(f"cycle-{word}", "solid", hand * side.drive_m, span.start_m, span.end_m)
        if side.parking_m > 0:
            line(f"edge-{word}", "solid", hand * edge, *parks)
        elif style.kerbside is not None:
            line(f"kerbside-{word}", style.kerbside, hand * (side.kerb_m - _KERBSIDE_M), span.start_m, span.end_m, "yellow")
        elif style.edges:
            line(f"edge-{word}", "solid", hand * (edge - 0.2), span.start_m, span.end_m)
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
        if mouth.crossing_m is not None and _is_zebra(junction.control, style):
            out.append(zebra(road, mouth.crossing_m))
    return out


def of_crossing(road: Road, mouth: Mouth, control: Priority, style: Style, rule: Rule) -> list[Line]:
    """Lines where people cross a road away from junctions: vehicles wait on both sides."""
    out: list[Line] = []
    start, end = mouth.crossing_m or (0.0, 0.0)
    for sense, stop, word in ((1, start - 1.0, "out"), (-1, end + 1.0, "in")):
        hand = hand_of(rule, sense)
        side = side_of(road, hand)
        way = round(stop - sense * (_STOP_M / 2 + 0.1), 4)
        points = tuple(road.at(way, hand * off) for off in (0.1, side.drive_m + side.cycle_m - 0.1))
        out.append(Line(name=f"{road.name}-stop-{word}", kind="stop" if control == "signal" else "give-way", points_m=points, width_m=_STOP_M))
    return [*out, zebra(road, (start, end))] if _is_zebra(control, style) else out


def zebra(road: Road, crossing_m: tuple[float, float]) -> Line:
    """The bars of a crossing."""
    start, end = crossing_m
    points = tuple(road.at(round((start + end) / 2, 4), off) for off in (-road.right.kerb_m, road.left.kerb_m))
    return Line(name=f"{road.name}-zebra", kind="zebra", points_m=points, width_m=round(end - start - 0.2, 4))


def _is_zebra(control: Priority, style: Style) -> bool:
    return style.zebra or control != "signal"


def of_kerbs(flanks: Sequence[Flank]) -> list[Line]:
    """Where carriageways end."""
    return [Line(name=f"{side.name}-kerb", kind="kerb", points_m=side.line(0.0), width_m=0.15, color="none") for side in flanks]


# --- what is no line: outlines of paint -------------------------------------------------------------------


def bay_lines(road: Road, style: Style, start_m: float, end_m: float) -> list[Polyline]:
    """The lines between bays, from one station to another."""
    out: list[Polyline] = []
    for hand, side in ((1, road.left), (-1, road.right)):
        across = side.parking_m >= BAY_M[1]
        if side.parking_m <= 0 or not (style.bays or across):
            continue
        length = BAY_M[0] if across else _BAY_M
        near, far = (hand * (side.kerb_m - part) for part in (side.parking_m, 0.1))
        for k in range(int((end_m - start_m) / length) + 1):
            way = start_m + k * length
            if way + _BAY_LINE_M < end_m:
                out.append(_stroke(road, way, near, way, far, _BAY_LINE_M))
    return out


def studs(road: Road, crossing_m: tuple[float, float], control: Priority, style: Style) -> list[Polyline]:
    """Squares along both sides of a crossing that is no zebra."""
    if _is_zebra(control, style):
        return []
    out: list[Polyline] = []
    low, high = -road.right.kerb_m, road.left.kerb_m
    count = int((high - low) / (2 * _STUD_M))
    gap = (high - low) / count
    for way in (crossing_m[0] + _STUD_M / 2, crossing_m[1] - _STUD_M / 2):
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


def box(junction: Junction) -> list[Polyline]:
    """A box in the middle of a junction of four roads that nobody may stop in: its edges, and strokes across both ways."""
    corners = [corner.arc[len(corner.arc) // 2].at(-_BOX_M) for corner in junction.corners if corner.arc]
    if len(corners) != 4:
        return []
    out: list[Polyline] = []
    for a, b in pairwise([*corners, corners[0]]):
        out += _pieces(a, b, _BOX_LINE_M * 1.3)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    for (ax, ay), (bx, by) in (((x0, y0), (x2, y2)), ((x1, y1), (x3, y3))):
        dx, dy = bx - ax, by - ay
        length = (dx * dx + dy * dy) ** 0.5
        for k in range(-int(length / 2 / _HATCH_M), int(length / 2 / _HATCH_M) + 1):
            off = k * _HATCH_M
            ends = _within(corners, (ax - dy / length * off, ay + dx / length * off), (dx / length, dy / length))
            if ends is not None:
                out += _pieces(*ends, _BOX_LINE_M)
    return out


def _within(corners: Sequence[Vec2], start: Vec2, direction: Vec2) -> tuple[Vec2, Vec2] | None:
    """The part of a straight line that is inside a convex outline (Cyrus and Beck 1978)."""
    (x, y), (dx, dy) = start, direction
    enter, leave = -1e9, 1e9
    for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]]):
        inside = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
        rate = (x1 - x0) * dy - (y1 - y0) * dx
        if abs(rate) < 1e-9:
            if inside < 0:
                return None
        elif rate > 0:
            enter = max(enter, -inside / rate)
        else:
            leave = min(leave, -inside / rate)
    return ((x + dx * enter, y + dy * enter), (x + dx * leave, y + dy * leave)) if leave - enter > 1.0 else None


def _pieces(a: Vec2, b: Vec2, width: float) -> list[Polyline]:
    """A straight stroke in pieces that follow the ground."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = (dx * dx + dy * dy) ** 0.5
    count = int(length / _PIECE_M) + 1
    w, h = -dy / length * width / 2, dx / length * width / 2
    out: list[Polyline] = []
    for k in range(count):
        (x0, y0), (x1, y1) = ((a[0] + dx * share, a[1] + dy * share) for share in (k / count, (k + 1) / count))
        places = ((x0 - w, y0 - h), (x1 - w, y1 - h), (x1 + w, y1 + h), (x0 + w, y0 + h))
        out.append(tuple((round(x, 4), round(y, 4)) for x, y in places))
    return out
