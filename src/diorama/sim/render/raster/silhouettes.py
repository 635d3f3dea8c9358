"""Silhouettes: each labelled body alone, on a canvas of its own that may leave the picture.

A body that the camera's near plane cuts may cover everything around the picture: 25 times its pixels. What is outside is only counted, so no
more than `_MOST_PIXELS` of all canvases are there at a time, and a larger canvas is drawn in bands of rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.frame import Silhouette
from diorama.sim.render.raster.device import Scratch, wp
from diorama.sim.render.raster.exposure import Shot
from diorama.sim.render.raster.lens_visibility import cover_rays
from diorama.sim.render.raster.projection import Projection
from diorama.sim.render.raster.ray_tables import BEYOND, Box
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.visibility import cover

_MOST_PIXELS = 1 << 20


@dataclass(frozen=True, slots=True)
class Canvas:
    """Pixels (x0, y0, x1, y1) in which `triangles` of a body are drawn."""

    body: int
    box: Box
    triangles: NDArray[np.int32]

    @property
    def pixels(self) -> int:
        x0, y0, x1, y1 = self.box
        return (x1 - x0) * (y1 - y0)


def silhouettes(
    shot: Shot, scene: SceneArrays, projection: Projection, bodies: Sequence[int], scratch: Scratch, strips: int
) -> Iterator[tuple[int, Silhouette]]:
    """What the `bodies` cover in the shot's rows as if nothing stood before them, as far beyond their ends as silhouettes are followed.

    They come in any number of pieces, with the body that each is of: see `joined`.
    """
    for canvases in _lots(_canvases(shot, scene, projection, bodies)):
        covered, start = _covered(canvases, scene, projection, scratch, strips), 0
        for canvas in canvases:
            x0, y0, x1, y1 = canvas.box
            bits = covered[start : start + canvas.pixels].reshape(y1 - y0, x1 - x0)
            start += canvas.pixels
            if bits.any():
                yield canvas.body, _measured(bits, x0, y0, shot.camera.width, shot.camera.height)


def joined(pieces: Sequence[Silhouette], width: int, height: int) -> Silhouette:
    """One silhouette in the picture of pieces that do not overlap."""
    if not pieces:
        return Silhouette(inside_px=0, total_px=0, box_xyxy=(0, 0, 0, 0), bits=np.zeros((0, 0), np.bool_), bits_xy=(0, 0))
    if len(pieces) == 1:
        return pieces[0]
    low_x, low_y, high_x, high_y = zip(*(piece.box_xyxy for piece in pieces), strict=True)
    box = (min(low_x), min(low_y), max(high_x), max(high_y))
    left, top, right, bottom = _within(box, width, height)
    bits = np.zeros((bottom - top, right - left), np.bool_)
    for piece in pieces:
        if piece.bits.size:
            (x, y), (h, w) = piece.bits_xy, piece.bits.shape
            bits[y - top : y - top + h, x - left : x - left + w] = piece.bits
    return Silhouette(
        inside_px=sum(piece.inside_px for piece in pieces),
        total_px=sum(piece.total_px for piece in pieces),
        box_xyxy=box,
        bits=bits,
        bits_xy=(left, top),
    )


def _canvases(shot: Shot, scene: SceneArrays, projection: Projection, bodies: Sequence[int]) -> Iterator[Canvas]:
    """Where each body's triangles may cover pixels, in bands of rows where that is more than fits."""
    w = shot.camera.width
    starts, boxes = scene.body_triangles.tolist(), projection.bounds.numpy()
    for body in bodies:
        if not projection.there[body]:
            continue
        first, end = starts[body], starts[body + 1]
        triangles = first + np.flatnonzero(boxes[first:end, 2] > boxes[first:end, 0]).astype(np.int32)
        if len(triangles) == 0:
            continue
        seen = boxes[triangles]
        x0, y0 = np.maximum(seen[:, :2].min(axis=0), (-BEYOND * w, shot.top)).tolist()
        x1, y1 = np.minimum(seen[:, 2:].max(axis=0), ((1 + BEYOND) * w, shot.bottom)).tolist()
        if x0 >= x1 or y0 >= y1:
            continue
        rows = max(_MOST_PIXELS // (x1 - x0), 1)
        for top in range(y0, y1, rows):
            bottom = min(top + rows, y1)
            here = triangles if rows >= y1 - y0 else triangles[(seen[:, 1] < bottom) & (seen[:, 3] > top)]
            yield Canvas(body, (x0, top, x1, bottom), here)


def _lots(canvases: Iterator[Canvas]) -> Iterator[list[Canvas]]:
    """As many canvases at a time as fit."""
    lot: list[Canvas] = []
    for canvas in canvases:
        if lot and sum(c.pixels for c in lot) + canvas.pixels > _MOST_PIXELS:
            yield lot
            lot = []
        lot.append(canvas)
    if lot:
        yield lot


def _covered(canvases: Sequence[Canvas], scene: SceneArrays, projection: Projection, scratch: Scratch, strips: int) -> NDArray[np.bool_]:
    """The pixels of canvases, one after the other and flat: whether the body covers them. They last until the next call."""
    device = scratch.device
    sizes = [canvas.pixels for canvas in canvases]
    covered = scratch.rows("covered", wp.uint8, (sum(sizes),))
    covered.zero_()
    triangles = np.concatenate([canvas.triangles for canvas in canvases])
    owner = np.repeat(np.arange(len(canvases), dtype=np.int32), [len(canvas.triangles) for canvas in canvases])
    inputs = [
        projection.functions,
        projection.bounds,
        scene.presence,
        projection.pixel_rad,
        wp.array(triangles, dtype=wp.int32, device=device),
        wp.array(owner, dtype=wp.int32, device=device),
        wp.array(np.array([canvas.box for canvas in canvases], np.int32), dtype=wp.vec4i, device=device),
        wp.array(np.cumsum([0, *sizes[:-1]]).astype(np.int32), dtype=wp.int32, device=device),
    ]
    if projection.lens is not None:
        rays = np.concatenate([projection.lens.canvas(canvas.box) for canvas in canvases])
        inputs.append(wp.array(rays, dtype=wp.vec3d, device=device))
    kernel = cover if projection.lens is None else cover_rays
    scratch.launch(kernel, (len(triangles), strips), *inputs, *projection.reach, strips, covered)
    return covered.numpy().view(np.bool_)


def _measured(bits: NDArray[np.bool_], x: int, y: int, width: int, height: int) -> Silhouette:
    """The measures of pixels from `x`, `y` on, some of which are covered, and a copy of what lies within the picture."""
    columns, rows = np.flatnonzero(bits.any(axis=0)).tolist(), np.flatnonzero(bits.any(axis=1)).tolist()
    box = (x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1)
    left, top, right, bottom = _within(box, width, height)
    inside = bits[top - y : bottom - y, left - x : right - x].copy()
    return Silhouette(inside_px=int(np.count_nonzero(inside)), total_px=int(np.count_nonzero(bits)), box_xyxy=box, bits=inside, bits_xy=(left, top))


def _within(box: Box, width: int, height: int) -> Box:
    """What of a box lies within the picture."""
    left, top = max(box[0], 0), max(box[1], 0)
    return left, top, max(min(box[2], width), left), max(min(box[3], height), top)
