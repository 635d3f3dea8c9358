"""Lines on roads as they are painted: dashes, bars and teeth, flat, to be laid on the ground."""

from collections.abc import Sequence

import numpy as np

from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.spec import Line
from diorama.sim.spec.roads import Polyline, Vec2, along, lengths_m

#: Paint is cut at least so often, to follow the ground.
_STEP_M = 3.0
#: Lengths of a dash and of the gap after it, by kind of line; what is not here has no gaps.
DASHES = {"dashed": (3.0, 4.5), "zebra": (0.5, 0.5), "give-way": (0.6, 0.3)}
#: Between the two lines of a double one.
_APART_M = 0.12

Quad = tuple[Vec2, Vec2, Vec2, Vec2]


def painted(lines: Sequence[Line], symbols: Sequence[Polyline]) -> tuple[Points, Faces]:
    """Flat vertices (n, 2) and triangles of lines in their patterns, and of convex outlines."""
    positions: list[Vec2] = []
    faces: list[tuple[int, int, int]] = []
    quads = [quad for line in lines if line.kind != "kerb" for quad in quads_of(line)]
    for outline in (*quads, *symbols):
        first = len(positions)
        positions += outline
        faces += [(first, first + k, first + k + 1) for k in range(1, len(outline) - 1)]
    return np.array(positions, np.float64), np.array(faces, np.int64)


def quads_of(line: Line) -> list[Quad]:
    """What is painted of a line: right start, right end, left end, left start of each piece."""
    lengths = lengths_m(line.points_m)
    offsets = (-(line.width_m + _APART_M) / 2, (line.width_m + _APART_M) / 2) if line.kind == "double" else (0.0,)
    out: list[Quad] = []
    for start, end in _pieces(line, lengths):
        cuts = [start, *(at for at in lengths if start < at < end), end]
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


def _pieces(line: Line, lengths: Sequence[float]) -> list[tuple[float, float]]:
    """Where along a line there is paint. Dashes begin and end half a gap from its ends."""
    whole = lengths[-1]
    if line.kind not in DASHES:
        return [(0.0, whole)]
    dash, gap = DASHES[line.kind]
    count = max(int(whole / (dash + gap) + 0.5), 1)
    scale = whole / (count * (dash + gap))
    return [((k * (dash + gap) + gap / 2) * scale, (k * (dash + gap) + gap / 2 + dash) * scale) for k in range(count)]


def _beside(line: Line, lengths: Sequence[float], way: float, offset: float) -> Vec2:
    (x, y), (dx, dy) = along(line.points_m, way, lengths)
    return (x - dy * offset, y + dx * offset)
