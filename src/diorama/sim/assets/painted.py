"""Lines on roads as they are painted: dashes, bars and teeth, flat, to be laid on the ground."""

from collections.abc import Sequence

import numpy as np

from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.spec import Line
from diorama.sim.spec.roads import Polyline, Vec2, along, lengths_m

#: Paint is cut at least so often, to follow the ground.
_STEP_M = 3.0
#: No piece of it is shorter.
_LEAST_M = 0.01
#: Lengths of a bar and of the gap after it, by kind of line; what is not here, and is not dashed, has no gaps.
_BARS = {"zebra": (0.5, 0.5), "give-way": (0.6, 0.3)}
#: Between the two lines of a double one.
_APART_M = 0.12

Quad = tuple[Vec2, Vec2, Vec2, Vec2]


def painted(lines: Sequence[Line], symbols: Sequence[Polyline], dashes_m: tuple[float, float]) -> tuple[Points, Faces]:
    """Flat vertices (n, 2) and triangles of lines in their patterns, and of convex outlines."""
    positions: list[Vec2] = []
    faces: list[tuple[int, int, int]] = []
    quads = [quad for line in lines if line.kind != "kerb" for quad in quads_of(line, dashes_m)]
    for outline in (*quads, *symbols):
        first = len(positions)
        positions += outline
        faces += [(first, first + k, first + k + 1) for k in range(1, len(outline) - 1)]
    return np.array(positions, np.float64), np.array(faces, np.int64)


def quads_of(line: Line, dashes_m: tuple[float, float]) -> list[Quad]:
    """What is painted of a line: right start, right end, left end, left start of each piece."""
    lengths = lengths_m(line.points_m)
    offsets = (-(line.width_m + _APART_M) / 2, (line.width_m + _APART_M) / 2) if line.kind == "double" else (0.0,)
    out: list[Quad] = []
    for start, end in _pieces(line, lengths[-1], dashes_m):
        cuts = [start, *(at for at in lengths if start + _LEAST_M < at < end - _LEAST_M), end]
        ways = [cuts[0]]
        for at in cuts[1:]:
            parts = int((at - ways[-1]) / _STEP_M) + 1
            begin = ways[-1]
            ways += [begin + (at - begin) * k / parts for k in range(1, parts)] + [at]
        for offset in offsets:
            left = [_beside(line, lengths, way, offset + line.width_m / 2) for way in ways]
            right = [_beside(line, lengths, way, offset - line.width_m / 2) for way in ways]
            out += [(right[k], right[k + 1], left[k + 1], left[k]) for k in range(len(ways) - 1)]
    return out


def _pieces(line: Line, whole: float, dashes_m: tuple[float, float]) -> list[tuple[float, float]]:
    """Where along a line there is paint. What has gaps begins and ends with half of one."""
    bars = dashes_m if line.kind == "dashed" else _BARS.get(line.kind)
    if bars is None:
        return [(0.0, whole)]
    dash, gap = bars
    count = max(int(whole / (dash + gap) + 0.5), 1)
    scale = whole / (count * (dash + gap))
    return [((k * (dash + gap) + gap / 2) * scale, (k * (dash + gap) + gap / 2 + dash) * scale) for k in range(count)]


def _beside(line: Line, lengths: Sequence[float], way: float, offset: float) -> Vec2:
    (x, y), (dx, dy) = along(line.points_m, way, lengths)
    return (x - dy * offset, y + dx * offset)
