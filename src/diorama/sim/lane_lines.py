"""Lines on roads as a camera sees them: polylines in its picture, and where something hides them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.ground import heights_m, is_flat
from diorama.sim.sight import seen_points
from diorama.sim.spec import Line, SceneSpec
from diorama.sim.transforms import Matrix

#: Lines are followed in steps of this length, as far as this from the camera; points nearer to each other than so many pixels are left out.
_STEP_M, _FAR_M, _NEAR_PX = 0.5, 150.0, 4.0
#: How much nearer than a point something must be to hide it: metres, and a share of its depth.
_HAIR_M, _SHARE = 0.05, 0.015


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenLine:
    """A part of a `line` that is in a picture: pixels (m, 2), m at least 2, the points (m, 3) in the camera's frame, and `visible` (m,) whether
    nothing is before them. The first and the last may be on the picture's edge.
    """

    line: Line
    pixels: Matrix
    points_m: Matrix
    visible: NDArray[np.bool_]


def lane_lines(spec: SceneSpec, frame: Frame) -> list[SeenLine]:
    """The lines of the scene's roads in a frame, the scene being as it is at the frame's moment. Dashed ones are followed all along.

    Each line has as many parts as come into the picture, in the order of the map. Raises InvalidValue without the channels instance and depth.
    """
    if frame.instance is None or frame.depth_m is None:
        raise InvalidValue('what hides lines is told by the channels "instance" and "depth"; render the frame with both')
    if spec.roads is None:
        return []
    near = np.array(frame.camera.world_from_camera.position_m)
    lines, sampled = [], []
    for line in spec.roads.lines:
        points = _sampled(line)
        if (np.abs(points - near[:2]).max(axis=1) < _FAR_M).any():
            lines.append(line)
            sampled.append(points)
    if not lines:
        return []
    ends = np.cumsum([len(points) for points in sampled])
    flat = np.concatenate(sampled)
    pixels, there = seen_points(frame.camera, np.concatenate([flat, heights_m(spec.roads.terrain, flat)[:, None]], axis=1))
    offset = flat - near[:2]
    pixels[offset[:, 0] * offset[:, 0] + offset[:, 1] * offset[:, 1] > _FAR_M * _FAR_M] = np.nan
    size = frame.camera.width, frame.camera.height
    parts = [
        (line, *part)
        for line, start, end in zip(lines, [0, *ends[:-1].tolist()], ends.tolist(), strict=True)
        for part in _inside(pixels[start:end], there[start:end], size)
    ]
    if not parts:
        return []
    seen = _visible(frame, np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts]), is_flat(spec))
    out = []
    for (line, pixels, points), visible in zip(parts, np.split(seen, np.cumsum([len(part[1]) for part in parts])[:-1]), strict=True):
        keep = _thinned(pixels, visible)
        out.append(SeenLine(line=line, pixels=pixels[keep], points_m=points[keep], visible=visible[keep]))
    return out


@lru_cache(maxsize=512)
def _sampled(line: Line) -> Matrix:
    """(n, 2) its points, and more between them."""
    points = np.array(line.points_m)
    out = [points[:1]]
    for a, b in pairwise(points):
        way = b - a
        count = max(int(np.ceil(np.sqrt(way[0] * way[0] + way[1] * way[1]) / _STEP_M)), 1)
        out.append(a + way * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(out)


def _inside(pixels: Matrix, there: Matrix, size: tuple[int, int]) -> Iterator[tuple[Matrix, Matrix]]:
    """The runs of a polyline that are in the picture, cut at its edges (Liang and Barsky, 1984)."""
    from_px, to_px = pixels[:-1], pixels[1:]
    way = to_px - from_px
    first, last = np.zeros(len(way)), np.ones(len(way))
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis, length in enumerate(size):
            low, high = -from_px[:, axis] / way[:, axis], (length - from_px[:, axis]) / way[:, axis]
            still = way[:, axis] == 0
            between = (from_px[:, axis] >= 0) & (from_px[:, axis] <= length)
            first = np.maximum(first, np.where(still, np.where(between, 0.0, np.inf), np.minimum(low, high)))
            last = np.minimum(last, np.where(still, 1.0, np.maximum(low, high)))
        enters = first < last  # not where anything is not a number
    (pieces,) = np.nonzero(enters)
    if not len(pieces):
        return
    start_px, start_m = _between(pixels, there, pieces, first[pieces])
    end_px, end_m = _between(pixels, there, pieces, last[pieces])
    goes_on = (np.diff(pieces) == 1) & (last[pieces[:-1]] == 1) & (first[pieces[1:]] == 0)
    breaks = [0, *(np.flatnonzero(~goes_on) + 1).tolist(), len(pieces)]
    for one, after in pairwise(breaks):
        yield np.concatenate([start_px[one : one + 1], end_px[one:after]]), np.concatenate([start_m[one : one + 1], end_m[one:after]])


def _between(pixels: Matrix, there: Matrix, pieces: NDArray[np.int64], share: Matrix) -> tuple[Matrix, Matrix]:
    """Places between the pixels `pieces` and the next ones, and the points that are seen there."""
    z0, z1 = there[pieces, 2], there[pieces + 1, 2]
    # In space a point divides the way otherwise: by what is even in the picture, one over the depth.
    cut = (share > 0) & (share < 1) & (z0 > 0) & (z1 > 0)
    part = np.where(cut, share * z0 / np.where(cut, z1 + share * (z0 - z1), 1.0), share)[:, None]
    share = share[:, None]
    return pixels[pieces] + (pixels[pieces + 1] - pixels[pieces]) * share, there[pieces] + (there[pieces + 1] - there[pieces]) * part


def _visible(frame: Frame, pixels: Matrix, there: Matrix, flat: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(m,) whether nothing is before the points.

    Where a pixel shows the ground, that is nearer in its lower half than in its upper: seen flatly, by metres. One over the depth of a plane changes
    evenly over the picture, so that neighbours of the same ground tell by how much.
    """
    depth_m, instance = frame.depth_m, frame.instance
    assert depth_m is not None and instance is not None
    height, width = depth_m.shape
    column, row = (np.clip(pixels[:, k].astype(np.int64), 0, (width, height)[k] - 1) for k in (0, 1))
    near = 1 / depth_m[row, column].astype(np.float64)

    def change(dy: int, dx: int) -> Matrix:
        """Of one over the depth from a pixel to the next, this way or the other, whichever is less."""
        out = np.full(len(row), np.inf)
        for sign in (-1, 1):
            y, x = row + sign * dy, column + sign * dx
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            y, x = np.where(inside, y, row), np.where(inside, x, column)
            is_ground = inside & flat[instance[y, x]]
            out = np.where(is_ground, np.minimum(out, np.abs(1 / depth_m[y, x].astype(np.float64) - near)), out)
        return np.where(np.isfinite(out), out, 0.0)

    slack = np.where(flat[instance[row, column]], (change(1, 0) + change(0, 1)) / 2, 0.0)
    farthest = np.maximum(near * (1 - _SHARE) - slack, 0.0)
    z = there[:, 2]
    return (z - _HAIR_M) * farthest <= 1


def _thinned(pixels: Matrix, visible: NDArray[np.bool_]) -> list[int]:
    """Which points to keep: both ends, both sides of where it is hidden or comes out again, and between them some that are apart."""
    keep, places, seen = [0], pixels.tolist(), visible.tolist()
    (x0, y0), least = places[0], _NEAR_PX * _NEAR_PX
    for i, (x, y) in enumerate(places[1:-1], start=1):
        if seen[i - 1] != seen[i] or seen[i] != seen[i + 1] or (x - x0) * (x - x0) + (y - y0) * (y - y0) >= least:
            keep.append(i)
            x0, y0 = x, y
    return [*keep, len(places) - 1]
