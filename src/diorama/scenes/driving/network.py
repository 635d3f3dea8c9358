"""Road networks: from roads and how they meet to a map, and to the ground that one sees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from diorama.randomizers.distributions import Distribution, Uniform
from diorama.scenes.driving import lanes as lanework
from diorama.scenes.driving import markings, signals
from diorama.scenes.driving.flanks import Flank, along_road, flank
from diorama.scenes.driving.horizon import End, open_land
from diorama.scenes.driving.junctions import Junction
from diorama.scenes.driving.lanes import Rule
from diorama.scenes.driving.markings import Style
from diorama.scenes.driving.roads import Beyond, Road
from diorama.scenes.driving.tiles import Stretch, Tile, carriageway, junction_tile, kerb, land
from diorama.sim.spec import Lane, Ribbon, RoadMap, Signal, Terrain
from diorama.sim.spec.roads import Control

#: What is drawn flat is nowhere so far off the terrain.
_SAG_M = 0.002
#: Nobody parks so near to a junction.
_NO_PARKING_M = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A map, the ground in pieces, and the stones of its kerbs."""

    roads: RoadMap
    tiles: tuple[Tile, ...]
    kerbs: tuple[Ribbon, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is the same all over a network."""

    rule: Rule
    speed_m_s: float
    kerb_m: float
    terrain: Terrain
    style: Style
    lot_m: Distribution = Uniform(14, 24)


def step_m(terrain: Terrain, most_m: float) -> float:
    """How far apart vertices may be for what is between them to be near the terrain: by the sagitta of its tightest bend."""
    bend = sum(6.0 * abs(hill.height_m) / (hill.radius_m * hill.radius_m) for hill in terrain.hills)
    return min(most_m, math.sqrt(8.0 * _SAG_M / bend)) if bend > 0 else most_m


def single(road: Road, beyond: tuple[Beyond, Beyond], habits: Habits, rng: np.random.Generator) -> Network:
    """A road without junctions; `beyond` is what is on its right and on its left."""
    reach = step_m(habits.terrain, 1000.0)
    lots = {hand: _lot_ways(road.start_m, road.end_m, habits.lot_m, rng) for hand in (-1, 1)}
    road.settle([way for ways in lots.values() for way in ways], min(reach, 2.0) if road.curved else reach)
    right, left = (along_road(f"{road.name}-{word}", b, road, hand) for word, b, hand in (("right", beyond[0], -1), ("left", beyond[1], 1)))
    stretch = Stretch(start_m=road.start_m, end_m=road.end_m, parking=(-1, 1))
    rows = _rows((right, left), reach)
    ends = [End(road=road, sense=1, right=beyond[0], left=beyond[1]), End(road=road, sense=-1, right=beyond[1], left=beyond[0])]
    flanks = [left, right]
    drive = [*_both_ways(road, habits, road.start_m, road.start_m), *_parking(road, habits, road.start_m)]
    walked = [lane for side in flanks for lane in lanework.walks(side, ())]
    return _network(
        habits,
        [*drive, *walked],
        markings.of_road(road, habits.style, road.start_m, None),
        carriageway(road, [stretch]),
        flanks,
        {side.name: [(side.find(road, a), side.find(road, b)) for a, b in _pairs(lots[hand], hand)] for side, hand in ((left, 1), (right, -1))},
        ends,
        rows,
        (),
    )


def meeting(junction: Junction, beyond: Sequence[Beyond], habits: Habits, rng: np.random.Generator) -> Network:
    """Roads that meet; `beyond` is what lies between each and the next."""
    reach = step_m(habits.terrain, 1000.0)
    count = len(junction.roads)
    lots: list[dict[int, list[float]]] = []
    for i, (road, mouth) in enumerate(zip(junction.roads, junction.mouths, strict=True)):
        after, before = junction.corners[i], junction.corners[i - 1]
        starts = {1: after.plots_m[1] if after.plots_m else 0.0, -1: before.plots_m[0] if before.plots_m else 0.0}
        lots.append({hand: _lot_ways(start, road.end_m, habits.lot_m, rng) for hand, start in starts.items()})
        crossed = (*mouth.crossing_m, round(sum(mouth.crossing_m) / 2, 4)) if mouth.crossing_m else ()
        wanted = [after.left_m, before.right_m, mouth.end_m, mouth.stop_m, *crossed, _solid(mouth.stop_m), _parks(mouth.stop_m)]
        road.settle([*wanted, *(way for ways in lots[i].values() for way in ways)], min(reach, 2.0) if road.curved else reach)
    flanks = [
        flank(f"{road.name}-{junction.roads[(i + 1) % count].name}", beyond[i], junction.roads[(i + 1) % count], road, junction.corners[i])
        for i, road in enumerate(junction.roads)
    ]
    rows = _rows(flanks, reach)
    plots: dict[str, list[tuple[int, int]]] = {}
    for i, side in enumerate(flanks):
        road, following = junction.roads[i], junction.roads[(i + 1) % count]
        runs = [(side.find(following, far), side.find(following, near)) for near, far in pairwise(lots[(i + 1) % count][-1])]
        runs += [side.corner] if side.corner else []
        runs += [(side.find(road, near), side.find(road, far)) for near, far in pairwise(lots[i][1])]
        plots[side.name] = runs

    walk_signal = signals.WALK if junction.control == "signal" else None
    crossings = [
        lanework.crossing(road, mouth, flanks[i - 1], flanks[i], walk_signal)
        for i, (road, mouth) in enumerate(zip(junction.roads, junction.mouths, strict=True))
        if mouth.crossing_m is not None
    ]
    drive: list[Lane] = []
    tiles: list[Tile] = []
    lines = []
    for road, mouth in zip(junction.roads, junction.mouths, strict=True):
        drive += [*_both_ways(road, habits, mouth.stop_m, mouth.stop_m), *_parking(road, habits, _parks(mouth.stop_m))]
        tiles += carriageway(road, _stretches(road, mouth.end_m, mouth.crossing_m, _parks(mouth.stop_m)))
        lines += markings.of_road(road, habits.style, mouth.stop_m, _solid(mouth.stop_m))
    through = lanework.with_rules(junction, lanework.turns(junction, drive, habits.rule), crossings, habits.rule)
    drive = _controlled(drive, through, junction)
    lights: list[Signal] = []
    if junction.control == "signal":
        greens = [round(Uniform(9, 18).sample(rng), 1) for _ in junction.roads]
        lights = signals.signals([r.name for r in junction.roads], greens, 8.0 if crossings else 0.0, Uniform(0, 90).sample(rng))
    walked: list[Lane] = []
    for i, side in enumerate(flanks):
        cuts = []
        for road, j in ((junction.roads[i], i), (junction.roads[(i + 1) % count], (i + 1) % count)):
            over = junction.mouths[j].crossing_m
            if over is not None:
                cuts.append(side.find(road, round(sum(over) / 2, 4)))
        walked += lanework.walks(side, cuts)
    ends: list[End] = [End(road=road, sense=1, right=beyond[i - 1], left=beyond[i]) for i, road in enumerate(junction.roads)]
    foot = lanework.joined([*walked, *(replace(c, conflicts=tuple(sorted(t.name for t in through if c.name in t.conflicts))) for c in crossings)])
    return _network(
        habits,
        [*drive, *through, *foot],
        [*lines, *markings.of_junction(junction, habits.style, habits.rule)],
        [*tiles, junction_tile(junction, flanks, max(round(12 / min(reach, 12)), 1))],
        flanks,
        plots,
        ends,
        rows,
        lights,
    )


def _network(habits: Habits, lanes, lines, tiles, flanks: Sequence[Flank], plots, ends, rows, lights) -> Network:
    stones: list[Ribbon] = []
    tiles = list(tiles)
    for side in flanks:
        stones += kerb(side, habits.kerb_m)
        tiles += land(side, plots[side.name], rows, habits.kerb_m)
    far, edges = open_land(ends, flanks, rows, habits.kerb_m)
    tiles += far
    roads = RoadMap(
        lanes=tuple(lanes),
        lines=(*lines, *markings.of_kerbs(flanks)),
        areas=tuple(t.area for t in tiles),
        signals=tuple(lights),
        terrain=habits.terrain,
        kerb_m=habits.kerb_m,
        drives_on=habits.rule,
    )
    return Network(roads=roads, tiles=tuple(tiles), kerbs=(*stones, *edges))


def _both_ways(road: Road, habits: Habits, out_m: float, in_m: float) -> list[Lane]:
    away = lanework.along_road(road, habits.rule, 1, out_m, road.end_m, habits.speed_m_s)
    back = lanework.along_road(road, habits.rule, -1, in_m, road.end_m, habits.speed_m_s)
    return [*away, *back]


def _parking(road: Road, habits: Habits, start_m: float) -> list[Lane]:
    return [
        lanework.parking(road, habits.rule, hand, start_m, road.end_m, f"{road.name}-parking-{word}")
        for hand, side, word in ((1, road.left, "left"), (-1, road.right, "right"))
        if side.parking_m > 0
    ]


def _controlled(drive: Sequence[Lane], through: Sequence[Lane], junction: Junction) -> list[Lane]:
    """Lanes that come to a junction, with what goes on from them, and what holds them back."""
    out: list[Lane] = []
    for lane in drive:
        road, _, rest = lane.name.partition("-")
        if lane.kind != "drive" or not rest.startswith("in-"):
            out.append(lane)
            continue
        number = [r.name for r in junction.roads].index(road)
        following = tuple(t.name for t in through if t.name.startswith(f"{road}-{rest.removeprefix('in-')}-to-"))
        control: Control = "none" if number in junction.major and junction.control != "signal" else junction.control
        signal = signals.name_of(road) if control == "signal" else None
        out.append(replace(lane, next=following, control=control, signal=signal))
    return out


def _stretches(road: Road, start: float, crossing: tuple[float, float] | None, parks: float) -> list[Stretch]:
    out: list[Stretch] = []
    if crossing is not None:
        out += [Stretch(start_m=start, end_m=crossing[0]), Stretch(start_m=crossing[0], end_m=crossing[1], crossing=True)]
        start = crossing[1]
    if parks < road.end_m and (road.left.parking_m > 0 or road.right.parking_m > 0):
        return [*out, Stretch(start_m=start, end_m=parks), Stretch(start_m=parks, end_m=road.end_m, parking=(-1, 1))]
    return [*out, Stretch(start_m=start, end_m=road.end_m)]


def _solid(stop_m: float) -> float:
    return round(stop_m + 18.0, 4)


def _parks(stop_m: float) -> float:
    return round(stop_m + _NO_PARKING_M, 4)


def _lot_ways(start: float, end: float, width_m: Distribution, rng: np.random.Generator) -> list[float]:
    """Where plots end along a road: as drawn, the last as wide as is left."""
    ways = [start]
    while end - ways[-1] > 0:
        width = width_m.sample(rng)
        ways.append(end if end - ways[-1] < 1.6 * width else round(ways[-1] + width, 2))
    return ways


def _pairs(ways: Sequence[float], hand: int) -> list[tuple[float, float]]:
    pairs = list(pairwise(ways))
    return pairs if hand > 0 else [(b, a) for a, b in reversed(pairs)]


def _rows(flanks: Sequence[Flank], reach: float) -> int:
    return max(1, *(math.ceil(side.beyond.plot_m / reach - 1e-6) for side in flanks))
