"""Lines on roads: what they are, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from diorama.scenes.driving.flanks import Flank
from diorama.scenes.driving.junctions import Junction
from diorama.scenes.driving.lanes import Rule, hand_of, side_of
from diorama.scenes.driving.roads import Road
from diorama.sim.spec import Line
from diorama.sim.spec.roads import LineKind

#: Before a junction lines are solid for so long.
_SOLID_M = 18.0
_STOP_M = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a place marks its roads."""

    width_m: float = 0.12
    center: Literal["dashed", "solid", "double", "none"] = "dashed"
    center_color: Literal["white", "yellow"] = "white"
    edges: bool = False
    zebra: bool = True


def of_road(road: Road, style: Style, start_m: float, solid_m: float | None, parks_m: float) -> list[Line]:
    """Lines along a road from a station to its end; up to `solid_m` those that may be crossed elsewhere may not, from `parks_m` on vehicles stand."""
    out: list[Line] = []

    def line(name: str, kind: LineKind, off: float, start: float, end: float, color: Literal["white", "yellow"] = "white") -> None:
        points = tuple(road.at(way, off) for way in road.between(start, end))
        out.append(Line(name=f"{road.name}-{name}", kind=kind, points_m=points, width_m=style.width_m, color=color))

    def both(name: str, kind: LineKind, off: float, color: Literal["white", "yellow"] = "white") -> None:
        if kind == "dashed" and solid_m is not None:
            line(f"{name}-solid", "solid", off, start_m, solid_m, color)
            line(name, kind, off, solid_m, road.end_m, color)
        else:
            line(name, kind, off, start_m, road.end_m, color)

    if style.center != "none":
        both("center", style.center, 0.0, style.center_color)
    for hand, side in ((1, road.left), (-1, road.right)):
        word = "left" if hand > 0 else "right"
        for k in range(1, side.lanes):
            both(f"lane-{word}-{k}", "dashed", hand * k * side.lane_m)
        if side.cycle_m > 0:
            line(f"cycle-{word}", "solid", hand * side.drive_m, start_m, road.end_m)
        if style.edges or side.parking_m > 0:
            off = side.drive_m + side.cycle_m - (0.0 if side.parking_m > 0 else 0.2)
            line(f"edge-{word}", "solid", hand * off, start_m, road.end_m)
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
            # The outer edge first, so that the line is the same whichever way one drives.
            points = tuple(road.at(way, hand * off) for off in (0.1, side.drive_m + side.cycle_m - 0.1))
            out.append(Line(name=f"{road.name}-stop", kind=kind, points_m=points, width_m=_STOP_M))
        if mouth.crossing_m is not None and style.zebra:
            start, end = mouth.crossing_m
            points = tuple(road.at(round((start + end) / 2, 4), off) for off in (-road.right.kerb_m, road.left.kerb_m))
            out.append(Line(name=f"{road.name}-zebra", kind="zebra", points_m=points, width_m=end - start))
    return out


def of_kerbs(flanks: Sequence[Flank]) -> list[Line]:
    """Where carriageways end."""
    return [Line(name=f"{side.name}-kerb", kind="kerb", points_m=side.line(0.0), width_m=0.15, color="none") for side in flanks]
