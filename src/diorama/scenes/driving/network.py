"""Road networks: from roads and how they meet to a map, and to the ground that one sees."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from diorama.randomizers.distributions import Distribution, Uniform
from diorama.scenes.driving import lanes as lanework
from diorama.scenes.driving import markings, signals
from diorama.scenes.driving.flanks import Flank, along_road, flank
from diorama.scenes.driving.horizon import End, land_around, open_land
from diorama.scenes.driving.junctions import Junction, Mouth
from diorama.scenes.driving.lanes import Rule
from diorama.scenes.driving.layouts import BAY_M, Layout
from diorama.scenes.driving.markings import Color, Style
from diorama.scenes.driving.roads import Road, Span
from diorama.scenes.driving.tiles import Stretch, Tile, carriageway, junction_tiles, kerb, land
from diorama.sim.spec import Lane, Line, Ribbon, RoadMap, Signal, Terrain
from diorama.sim.spec.roads import Polyline

#: Curves are drawn in steps of at most this; everything else in steps of at most that.
_CURVE_M, STEP_M = 2.0, 10.0
#: Nobody parks so near to where vehicles wait, and lines that may be crossed elsewhere may not be.
_NO_PARKING_M, _SOLID_M = 8.0, 18.0
#: A strip for less than one car is none.
_LEAST_STRIP_M = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is the same all over a network. Vertices are `reach_m` apart at most."""

    rule: Rule
    speed_m_s: float
    kerb_m: float
    terrain: Terrain
    reach_m: float
    style: Style
    lot_m: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A map, the ground in pieces, the stones of its kerbs, and what is painted besides lines, by its colour."""

    roads: RoadMap
    tiles: tuple[Tile, ...]
    kerbs: tuple[Ribbon, ...]
    symbols: Mapping[Color, tuple[Polyline, ...]]


@dataclass(slots=True, kw_only=True)
class _Draft:
    """What a network is put together from."""

    flanks: list[Flank]
    ends: list[End]
    plots: dict[str, list[tuple[int, int]]]
    rows: int
    lanes: list[Lane] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    symbols: list[Polyline] = field(default_factory=list)
    boxes: list[Polyline] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    kerbs: list[Ribbon] = field(default_factory=list)


def network(layout: Layout, habits: Habits, rng: np.random.Generator) -> Network:
    """The network of a layout. What is random about it is where plots end, and when signals change."""
    if layout.junction is not None:
        draft = _meeting(layout, layout.junction, habits, rng)
    else:
        draft = _around(layout, habits, rng) if layout.closed else _single(layout, habits, rng)
    for side in draft.flanks:
        draft.kerbs += kerb(side, habits.kerb_m)
        draft.tiles += land(side, draft.plots.get(side.name, ()), draft.rows, habits.kerb_m)
    if layout.closed:
        far, edges = land_around(draft.flanks[1::2], draft.flanks[::2], habits.kerb_m), []
    else:
        far, edges = open_land(draft.ends, draft.flanks, draft.rows, habits.kerb_m)
    roads = RoadMap(
        lanes=tuple(draft.lanes),
        lines=(*draft.lines, *markings.of_kerbs(draft.flanks)),
        areas=tuple(tile.area for tile in (*draft.tiles, *far)),
        signals=tuple(draft.signals),
        terrain=habits.terrain,
        kerb_m=habits.kerb_m,
        drives_on=habits.rule,
    )
    return Network(
        roads=roads, tiles=(*draft.tiles, *far), kerbs=(*draft.kerbs, *edges), symbols={"white": tuple(draft.symbols), "yellow": tuple(draft.boxes)}
    )


def _single(layout: Layout, habits: Habits, rng: np.random.Generator) -> _Draft:
    (road,), (right, left), mouth = layout.roads, layout.beyond, layout.crossing
    spans = [Span(start_m=road.start_m, end_m=road.end_m)]
    crossed: tuple[float, ...] = ()
    if mouth is not None and mouth.crossing_m is not None:
        start, end = mouth.crossing_m
        stops = round(start - 1.0, 4), round(end + 1.0, 4)
        spans = [
            Span(start_m=road.start_m, end_m=stops[0], waits=(False, True)),
            Span(start_m=stops[1], end_m=road.end_m, waits=(True, False)),
        ]
        crossed = (start, mouth.walk_m, end, *stops)
    lots = {hand: _lot_ways(road.start_m, road.end_m, habits.lot_m, rng) if side.plot_m > 0 else [] for hand, side in ((-1, right), (1, left))}
    kept = [way for span in spans for margin in (_NO_PARKING_M, _SOLID_M) for way in span.within(margin)]
    road.settle([*crossed, *kept, *lots[1], *lots[-1]], _step(road, habits))
    flanks = [along_road(f"{road.name}-left", left, road, 1), along_road(f"{road.name}-right", right, road, -1)]
    plots: dict[str, list[tuple[int, int]]] = {}
    for side, hand in zip(flanks, (1, -1), strict=True):
        runs = [(side.find(road, start), side.find(road, end)) for start, end in pairwise(lots[hand])]
        plots[side.name] = [(min(run), max(run)) for run in runs]
    ends = [End(road=road, sense=1, right=right, left=left), End(road=road, sense=-1, right=left, left=right)]
    draft = _Draft(flanks=flanks, ends=ends, plots=plots, rows=_rows(flanks, habits))
    for number, span in enumerate(spans):
        _add_span(draft, road, span, habits, "-on" if number else "")
    draft.tiles = carriageway(road, _stretches(road, spans, road.start_m, mouth))
    cuts: Sequence[int] = ()
    crossings: list[Lane] = []
    if mouth is not None and mouth.crossing_m is not None:
        if layout.control == "signal":
            green = round(Uniform(15, 35).sample(rng), 1)
            draft.signals = signals.signals([road.name], [green], 8.0, Uniform(0, 60).sample(rng))
        walk, stop = (signals.WALK, signals.name_of(road.name)) if draft.signals else (None, None)
        crossings = [lanework.crossing(road, mouth, flanks[1], flanks[0], walk)]
        drive = lanework.over_crossing(road, habits.rule, mouth, habits.speed_m_s, crossings[0], stop)
        crossings = lanework.met(crossings, drive)
        draft.lines += markings.of_crossing(road, mouth, layout.control, habits.style, habits.rule)
        draft.symbols += markings.studs(road, mouth.crossing_m, layout.control, habits.style)
        cuts = [side.find(road, mouth.walk_m) for side in flanks]
    else:
        drive = _both_ways(road, habits, road.start_m)
    walked = [lane for k, side in enumerate(flanks) for lane in lanework.walks(side, cuts[k : k + 1])]
    draft.lanes += [*drive, *lanework.joined([*walked, *crossings])]
    return draft


def _around(layout: Layout, habits: Habits, rng: np.random.Generator) -> _Draft:
    right, left = layout.beyond
    flanks: list[Flank] = []
    plots: dict[str, list[tuple[int, int]]] = {}
    for road in layout.roads:
        lots = {hand: _lot_ways(road.start_m, road.end_m, habits.lot_m, rng) if side.plot_m > 0 else [] for hand, side in ((1, left), (-1, right))}
        road.settle([*lots[1], *lots[-1]], _step(road, habits))
        for hand, side, word in ((1, left, "left"), (-1, right, "right")):
            beside = along_road(f"{road.name}-{word}", side, road, hand)
            runs = [(beside.find(road, start), beside.find(road, end)) for start, end in pairwise(lots[hand])]
            plots[beside.name] = [(min(run), max(run)) for run in runs]
            flanks.append(beside)
    draft = _Draft(flanks=flanks, ends=[], plots=plots, rows=_rows(flanks, habits))
    pieces: list[list[Lane]] = []
    for road in layout.roads:
        span = Span(start_m=road.start_m, end_m=road.end_m)
        _add_span(draft, road, span, habits)
        draft.tiles += carriageway(road, _stretches(road, [span], road.start_m, None))
        pieces.append(_both_ways(road, habits, road.start_m))
    walked = [lane for side in flanks for lane in lanework.walks(side, ())]
    draft.lanes += [*lanework.around_again(pieces), *lanework.joined(walked)]
    return draft


def _add_span(draft: _Draft, road: Road, span: Span, habits: Habits, tag: str = "") -> None:
    """Lines along a piece of road, and where vehicles stand beside it."""
    parks = span.within(_NO_PARKING_M)
    draft.lines += markings.of_road(road, habits.style, span, span.within(_SOLID_M), parks, tag)
    draft.symbols += markings.bay_lines(road, habits.style, *parks)
    for hand, side, word in ((1, road.left, "left"), (-1, road.right, "right")):
        if side.parking_m >= BAY_M[1]:
            draft.lanes += lanework.bays(road, hand, *parks, BAY_M[0], f"{road.name}-bay-{word}{tag}")
        elif side.parking_m > 0 and parks[1] - parks[0] > _LEAST_STRIP_M:
            draft.lanes.append(lanework.parking(road, habits.rule, hand, *parks, f"{road.name}-parking-{word}{tag}"))


def _meeting(layout: Layout, junction: Junction, habits: Habits, rng: np.random.Generator) -> _Draft:
    roads, count = junction.roads, len(junction.roads)
    lots = [_settled(layout, junction, i, habits, rng) for i in range(count)]
    flanks: list[Flank] = []
    plots: dict[str, list[tuple[int, int]]] = {}
    for i, road in enumerate(roads):
        after = (i + 1) % count
        side = flank(f"{road.name}-{roads[after].name}", layout.beyond[i], roads[after], road, junction.corners[i])
        runs = [(side.find(roads[after], far), side.find(roads[after], near)) for near, far in pairwise(lots[after][-1])]
        runs += [side.corner] if side.corner else []
        runs += [(side.find(road, near), side.find(road, far)) for near, far in pairwise(lots[i][1])]
        flanks.append(side)
        plots[side.name] = runs
    ends = [End(road=road, sense=1, right=layout.beyond[i - 1], left=layout.beyond[i]) for i, road in enumerate(roads)]
    draft = _Draft(flanks=flanks, ends=ends, plots=plots, rows=_rows(flanks, habits))

    crossed = [(i, mouth) for i, mouth in enumerate(junction.mouths) if mouth.crossing_m is not None]
    draft.signals = _signals(junction, bool(crossed), rng)
    walk = signals.WALK if draft.signals else None
    crossings = [lanework.crossing(roads[i], mouth, flanks[i - 1], flanks[i], walk) for i, mouth in crossed]
    drive: list[Lane] = []
    for road, mouth in zip(roads, junction.mouths, strict=True):
        span = _span(road, mouth)
        drive += _both_ways(road, habits, mouth.stop_m)
        draft.tiles += carriageway(road, _stretches(road, [span], mouth.end_m, mouth))
        _add_span(draft, road, span, habits)
    through = lanework.around(junction, drive, habits.rule) if junction.island_m > 0 else lanework.turns(junction, drive, habits.rule)
    through = lanework.with_rules(junction, through, crossings, habits.rule)
    draft.lanes += [*lanework.led(drive, through, junction), *through]
    draft.lanes += lanework.joined([*_walks(junction, flanks), *lanework.met(crossings, through)])
    draft.lines += markings.of_junction(junction, habits.style, habits.rule)
    for i, mouth in crossed:
        draft.symbols += markings.studs(roads[i], mouth.crossing_m or (0.0, 0.0), junction.control, habits.style)
    if habits.style.box and junction.control == "signal":
        draft.boxes += markings.box(junction)
    if habits.style.arrows and junction.island_m <= 0:
        draft.symbols += markings.arrows(junction, lanework.ways(junction, habits.rule), habits.rule)
    middle, island = junction_tiles(junction, flanks, habits.reach_m, habits.kerb_m)
    draft.tiles += middle
    draft.kerbs += island
    return draft


def _settled(layout: Layout, junction: Junction, i: int, habits: Habits, rng: np.random.Generator) -> Mapping[int, list[float]]:
    """Fix the stations of a road; where plots end along it, on its left (1) and its right (-1)."""
    road, mouth = junction.roads[i], junction.mouths[i]
    after, before = junction.corners[i], junction.corners[i - 1]
    starts = {1: after.plots_m[1] if after.plots_m else 0.0, -1: before.plots_m[0] if before.plots_m else 0.0}
    lots = {hand: _lot_ways(start, road.end_m, habits.lot_m, rng) for hand, start in starts.items()}
    lots = {hand: ways if layout.beyond[i if hand > 0 else i - 1].plot_m > 0 else [] for hand, ways in lots.items()}
    crossed = (*mouth.crossing_m, mouth.walk_m) if mouth.crossing_m else ()
    wanted = [after.left_m, before.right_m, mouth.end_m, mouth.stop_m, *crossed, *lots[1], *lots[-1]]
    span = _span(road, mouth)
    wanted += [*span.within(_SOLID_M), *span.within(_NO_PARKING_M)]
    road.settle(wanted, _step(road, habits))
    return lots


def _signals(junction: Junction, walked: bool, rng: np.random.Generator) -> list[Signal]:
    greens = [round(Uniform(9, 18).sample(rng), 1) for _ in junction.roads]
    start = Uniform(0, 90).sample(rng)
    return signals.signals([road.name for road in junction.roads], greens, 8.0 if walked else 0.0, start) if junction.control == "signal" else []


def _walks(junction: Junction, flanks: Sequence[Flank]) -> list[Lane]:
    """Ways along all pavements, from crossing to crossing."""
    out: list[Lane] = []
    for i, side in enumerate(flanks):
        ends = ((junction.roads[k], junction.mouths[k]) for k in (i, (i + 1) % len(flanks)))
        out += lanework.walks(side, [side.find(road, mouth.walk_m) for road, mouth in ends if mouth.crossing_m])
    return out


def _both_ways(road: Road, habits: Habits, start_m: float) -> list[Lane]:
    return [lane for sense in (1, -1) for lane in lanework.along_road(road, habits.rule, sense, start_m, road.end_m, habits.speed_m_s)]


def _span(road: Road, mouth: Mouth) -> Span:
    return Span(start_m=mouth.stop_m, end_m=road.end_m, waits=(True, False))


def _stretches(road: Road, spans: Sequence[Span], start_m: float, mouth: Mouth | None) -> list[Stretch]:
    """What there is along a road from a station to its end: a crossing, if the mouth has one, and where vehicles stand."""
    kinds: list[tuple[float, float, bool, bool]] = []
    if mouth is not None and mouth.crossing_m is not None:
        kinds.append((*mouth.crossing_m, True, False))
    if road.left.parking_m > 0 or road.right.parking_m > 0:
        kinds += [(*span.within(_NO_PARKING_M), False, True) for span in spans]
    out: list[Stretch] = []
    for start, end, crossing, parks in sorted(kinds):
        if start > start_m:
            out.append(Stretch(start_m=start_m, end_m=start))
        if end > start:
            out.append(Stretch(start_m=start, end_m=end, crossing=crossing, parking=(-1, 1) if parks else ()))
            start_m = end
    return [*out, Stretch(start_m=start_m, end_m=road.end_m)] if start_m < road.end_m else out


def _step(road: Road, habits: Habits) -> float:
    return min(habits.reach_m, _CURVE_M) if road.axis.curved else habits.reach_m


def _lot_ways(start: float, end: float, width_m: Distribution, rng: np.random.Generator) -> list[float]:
    """Where plots end along a road: as drawn, the last as wide as is left."""
    ways = [start]
    while end - ways[-1] > 0:
        width = width_m.sample(rng)
        ways.append(end if end - ways[-1] < 1.6 * width else round(ways[-1] + width, 2))
    return ways


def _rows(flanks: Sequence[Flank], habits: Habits) -> int:
    """How many rows of vertices plots have: half as many as roads would."""
    return max(1, *(math.ceil(side.beyond.plot_m / habits.reach_m / 2 - 1e-6) for side in flanks))
