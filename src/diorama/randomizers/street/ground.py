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
_WALKED_M = 0.35
#: Lanes are looked for within this distance.
_FAR_M = 6.0


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
        self._edges = [np.concatenate([outline.T, np.roll(outline, -1, axis=0).T]) for outline in outlines]
        self._boxes = np.array([[*outline.min(axis=0), *outline.max(axis=0)] for outline in outlines]).reshape(-1, 4)
        self._all = np.concatenate([np.zeros((4, 0)), *self._edges], axis=1)
        self._low, self._high = np.minimum(self._all[1], self._all[3]), np.maximum(self._all[1], self._all[3])
        self._owner = np.repeat(np.arange(len(outlines)), [len(outline) for outline in outlines])
        self._raised = np.array([area.kind in RAISED for area in roads.areas], np.bool_)
        self._segments: dict[tuple[LaneKind, ...], Segments] = {}

    def spans(self, place_m: Vec2, direction: Vec2, reach_m: float) -> list[Span]:
        """What the ground is from a place on along a unit vector, in order; areas may overlap, and where there is none there is no span."""
        (px, py), (dx, dy) = place_m, direction
        ex, ey = px + reach_m * dx, py + reach_m * dy
        near = self._near(min(px, ex), min(py, ey), max(px, ex), max(py, ey))
        if not near:
            return []
        ax, ay, bx, by = np.concatenate([self._edges[area] for area in near], axis=1)
        side_a, side_b = dx * (ay - py) - dy * (ax - px), dx * (by - py) - dy * (bx - px)
        hit = np.flatnonzero((side_a > 0) != (side_b > 0))
        share = side_a[hit] / (side_a[hit] - side_b[hit])
        along_a, along_b = (ax[hit] - px) * dx + (ay[hit] - py) * dy, (bx[hit] - px) * dx + (by[hit] - py) * dy
        crossed: dict[int, list[float]] = {}
        ends = np.cumsum([self._edges[area].shape[1] for area in near])
        for number, way in zip(np.searchsorted(ends, hit, side="right").tolist(), (along_a + (along_b - along_a) * share).tolist(), strict=True):
            crossed.setdefault(near[number], []).append(way)
        out: list[Span] = []
        for area, ways in crossed.items():
            ways.sort()
            for start, end in zip(ways[::2], ways[1::2], strict=False):
                if end > 0 and start < reach_m:
                    out.append(Span(max(start, 0.0), min(end, reach_m), area, self.roads.areas[area].kind))
        return sorted(out, key=lambda span: (span.start_m, span.area))

    def _near(self, x0: float, y0: float, x1: float, y1: float) -> list[int]:
        """The areas whose boxes touch a box."""
        low_x, low_y, high_x, high_y = self._boxes.T
        return np.flatnonzero((low_x <= x1) & (high_x >= x0) & (low_y <= y1) & (high_y >= y0)).tolist()

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

    def are_raised(self, places_m: Sequence[Vec2]) -> bool:
        """Whether all of some places are above the kerb, and on no carriageway."""
        level = np.flatnonzero((self._low <= max(y for _, y in places_m)) & (self._high >= min(y for _, y in places_m)))
        ax, ay, bx, by = self._all[:, level]
        owner = self._owner[level]
        slope = (bx - ax) / np.where(ay == by, 1.0, by - ay)
        for x, y in places_m:
            crossed = ((ay > y) != (by > y)) & (x < ax + slope * (y - ay))
            within = np.flatnonzero(np.bincount(owner[crossed]) % 2)
            if not len(within) or not self._raised[within].all():
                return False
        return True

    def lane_gap_m(self, places_m: Sequence[Vec2], kinds: Iterable[LaneKind] = BUSY) -> float:
        """How far the nearest of some places is beyond the edge of any lane of these kinds, or `_FAR_M` if that is less; negative within one.

        Of walks only the middle counts.
        """
        starts, steps, squares, half, boxes = self._of(tuple(kinds))
        x, y = zip(*places_m, strict=True)
        near = (boxes[0] <= max(x) + _FAR_M) & (boxes[2] >= min(x) - _FAR_M) & (boxes[1] <= max(y) + _FAR_M) & (boxes[3] >= min(y) - _FAR_M)
        if not near.any():
            return _FAR_M
        starts, steps, squares, half = starts[near], steps[near], squares[near], half[near]
        away = np.array(places_m)[:, None] - starts
        share = np.clip((away[..., 0] * steps[:, 0] + away[..., 1] * steps[:, 1]) / squares, 0, 1)
        x, y = away[..., 0] - share * steps[:, 0], away[..., 1] - share * steps[:, 1]
        return min(float((np.sqrt(x * x + y * y) - half).min()), _FAR_M)

    def is_clear(self, places_m: Sequence[Vec2], margin_m: float = 0.05, kinds: Iterable[LaneKind] = BUSY) -> bool:
        """Whether places are out of everybody's way: off all lanes of these kinds, and off the middle of where people walk."""
        return self.lane_gap_m(places_m, (*kinds, "walk")) >= margin_m

    def _of(self, kinds: tuple[LaneKind, ...]) -> "Segments":
        """The pieces of all lanes of some kinds."""
        if kinds not in self._segments:
            lanes = [lane for lane in self.roads.lanes if lane.kind in kinds]
            self._segments[kinds] = _segments([(lane.points_m, _WALKED_M if lane.kind == "walk" else lane.width_m / 2) for lane in lanes])
        return self._segments[kinds]


#: Starts and steps (n, 2), squared lengths and half widths (n,) of pieces of lines, and the boxes around their strips, (x0, y0, x1, y1) by (n,).
Segments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _segments(lines: Sequence[tuple[Sequence[Vec2], float]]) -> Segments:
    starts = np.concatenate([np.zeros((0, 2)), *(np.array(points[:-1]) for points, _ in lines)])
    steps = np.concatenate([np.zeros((0, 2)), *(np.diff(np.array(points), axis=0) for points, _ in lines)])
    half = np.repeat(np.array([half for _, half in lines], np.float64), [len(points) - 1 for points, _ in lines])
    squares = np.maximum(steps[:, 0] * steps[:, 0] + steps[:, 1] * steps[:, 1], 1e-12)
    boxes = np.concatenate([np.minimum(starts, starts + steps).T - half, np.maximum(starts, starts + steps).T + half])
    return starts, steps, squares, half, boxes


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
