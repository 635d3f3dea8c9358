"""Where there is room beside roads: what the ground is along a level line, and how far lanes are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from diorama.sim.errors import InvalidValue
from diorama.sim.spec import RoadMap, SceneSpec
from diorama.sim.spec.roads import RAISED, AreaKind, LaneKind, Vec2

#: Lanes that what stands beside a road keeps out of.
BUSY: tuple[LaneKind, ...] = ("drive", "cycle", "parking", "crossing")
#: Where somebody walks nothing stands: this far to both sides of a walk's middle.
_WALKED_M = 0.4


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a level line, from `start_m` to `end_m` along it, and the area that it is on."""

    start_m: float
    end_m: float
    area: int
    kind: AreaKind


def roads_of(spec: SceneSpec, who: str) -> RoadMap:
    """The scene's road map. Raises InvalidValue where it has none."""
    if spec.roads is None:
        raise InvalidValue(f'{who}: the scene has no roads; use it with a scenario that has, such as "street"')
    return spec.roads


class Ground:
    """A road map, made ready for questions about places."""

    def __init__(self, roads: RoadMap) -> None:
        self.roads = roads
        outlines = [np.array(area.outline_m) for area in roads.areas]
        self._from = np.concatenate([np.zeros((0, 2)), *outlines])
        self._to = np.concatenate([np.zeros((0, 2)), *(np.roll(outline, -1, axis=0) for outline in outlines)])
        self._area = np.repeat(np.arange(len(outlines)), [len(outline) for outline in outlines])
        self._lanes = {kind: _segments([(lane.points_m, lane.width_m / 2) for lane in roads.lanes if lane.kind == kind]) for kind in (*BUSY, "walk")}

    def spans(self, place_m: Vec2, direction: Vec2, reach_m: float) -> list[Span]:
        """What the ground is from a place on along a unit vector, in order; areas may overlap, and where there is none there is no span."""
        (px, py), (dx, dy) = place_m, direction
        ax, ay = self._from[:, 0] - px, self._from[:, 1] - py
        bx, by = self._to[:, 0] - px, self._to[:, 1] - py
        side_a, side_b = dx * ay - dy * ax, dx * by - dy * bx
        hit = np.flatnonzero((side_a > 0) != (side_b > 0))
        share = side_a[hit] / (side_a[hit] - side_b[hit])
        way = (ax[hit] * dx + ay[hit] * dy) * (1 - share) + (bx[hit] * dx + by[hit] * dy) * share
        crossed: dict[int, list[float]] = {}
        for area, at in zip(self._area[hit].tolist(), way.tolist(), strict=True):
            crossed.setdefault(area, []).append(at)
        out: list[Span] = []
        for area, ways in crossed.items():
            ways.sort()
            for start, end in zip(ways[::2], ways[1::2], strict=False):
                if end > 0 and start < reach_m:
                    out.append(Span(max(start, 0.0), min(end, reach_m), area, self.roads.areas[area].kind))
        return sorted(out, key=lambda span: (span.start_m, span.area))

    def standing(self, place_m: Vec2, direction: Vec2, reach_m: float, kinds: Sequence[AreaKind] = RAISED) -> list[Span]:
        """Those pieces of it that are above the kerb, of one of these kinds, and nowhere carriageway as well."""
        spans = self.spans(place_m, direction, reach_m)
        busy = [span for span in spans if span.kind not in RAISED]
        out: list[Span] = []
        for span in spans:
            if span.kind not in kinds:
                continue
            pieces = [(span.start_m, span.end_m)]
            for other in busy:
                pieces = [
                    piece
                    for start, end in pieces
                    for piece in ((start, min(end, other.start_m)), (max(start, other.end_m), end))
                    if piece[1] - piece[0] > 1e-9
                ]
            out += [Span(start, end, span.area, span.kind) for start, end in pieces]
        return sorted(out, key=lambda span: (span.start_m, span.area))

    def lane_gap_m(self, places_m: Sequence[Vec2], kinds: Iterable[LaneKind] = BUSY) -> float:
        """How far the nearest of some places is beyond the edge of any lane of these kinds; negative within one."""
        return min((_gap_m(self._lanes[kind], places_m) for kind in kinds), default=float("inf"))

    def is_clear(self, places_m: Sequence[Vec2], margin_m: float = 0.1) -> bool:
        """Whether places are out of everybody's way: off all lanes, and off the middle of where people walk."""
        if self.lane_gap_m(places_m) < margin_m:
            return False
        starts, steps, squares, _ = self._lanes["walk"]
        return _gap_m((starts, steps, squares, np.full(len(starts), _WALKED_M)), places_m) >= 0


Segments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _segments(lines: Sequence[tuple[Sequence[Vec2], float]]) -> Segments:
    """Starts and steps (n, 2), squared lengths and half widths (n,) of all pieces of lines."""
    starts = np.concatenate([np.zeros((0, 2)), *(np.array(points[:-1]) for points, _ in lines)])
    steps = np.concatenate([np.zeros((0, 2)), *(np.diff(np.array(points), axis=0) for points, _ in lines)])
    half = np.repeat(np.array([half for _, half in lines], np.float64), [len(points) - 1 for points, _ in lines])
    return starts, steps, np.maximum(steps[:, 0] * steps[:, 0] + steps[:, 1] * steps[:, 1], 1e-12), half


def _gap_m(segments: Segments, places_m: Sequence[Vec2]) -> float:
    starts, steps, squares, half = segments
    if not len(starts):
        return float("inf")
    away = np.array(places_m)[:, None] - starts
    share = np.clip((away[..., 0] * steps[:, 0] + away[..., 1] * steps[:, 1]) / squares, 0, 1)
    x, y = away[..., 0] - share * steps[:, 0], away[..., 1] - share * steps[:, 1]
    return float((np.sqrt(x * x + y * y) - half).min())


def right_of(direction: Vec2) -> Vec2:
    """The unit vector a quarter turn clockwise, seen from above."""
    return direction[1], -direction[0]


def toward_kerb(roads: RoadMap, direction: Vec2) -> Vec2:
    """From a lane to the side on which one drives: where the kerb is that belongs to it."""
    x, y = right_of(direction)
    return (x, y) if roads.drives_on == "right" else (-x, -y)


def moved(place_m: Vec2, direction: Vec2, way_m: float) -> Vec2:
    """A place so far along a unit vector."""
    return place_m[0] + direction[0] * way_m, place_m[1] + direction[1] * way_m
