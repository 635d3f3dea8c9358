"""Silhouettes: each labelled body alone, on a canvas of its own that may leave the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.frame import Silhouette
from diorama.sim.render.raster.device import wp
from diorama.sim.render.raster.exposure import Shot
from diorama.sim.render.raster.lens_visibility import cover_rays
from diorama.sim.render.raster.projection import Projection
from diorama.sim.render.raster.ray_tables import BEYOND
from diorama.sim.render.raster.scene import SceneArrays
from diorama.sim.render.raster.visibility import cover


@dataclass(frozen=True, slots=True)
class Outline:
    """What a body covers: `bits` (h, w) bool of the pixels from `x`, `y` on."""

    x: int
    y: int
    bits: NDArray[np.bool_]


def outlines(shot: Shot, scene: SceneArrays, projection: Projection, bodies: Sequence[int], device: str, strips: int) -> dict[int, Outline]:
    """What each of the `bodies` covers in the shot's rows as if nothing stood before it: as far beyond their ends as silhouettes are followed."""
    w = shot.camera.width
    starts_of = scene.body_triangles.tolist()
    runs = [np.arange(starts_of[b], starts_of[b + 1]) for b in bodies]
    if not runs:
        return {}
    boxes = projection.bounds.numpy()
    canvases = np.zeros((len(runs), 4), np.int32)
    for row, run in enumerate(runs):
        seen = boxes[run][boxes[run][:, 2] > boxes[run][:, 0]]
        if len(seen):
            low = np.maximum(seen[:, :2].min(axis=0), (-BEYOND * w, shot.top))
            high = np.minimum(seen[:, 2:].max(axis=0), ((1 + BEYOND) * w, shot.bottom))
            canvases[row] = (*low, *np.maximum(low, high))
    sizes = (canvases[:, 2] - canvases[:, 0]) * (canvases[:, 3] - canvases[:, 1])
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    covered = wp.zeros(max(int(starts[-1]), 1), dtype=wp.uint8, device=device)
    triangles = np.concatenate(runs).astype(np.int32)
    owner = np.repeat(np.arange(len(runs), dtype=np.int32), [len(r) for r in runs])
    inputs = [
        projection.functions,
        projection.bounds,
        scene.presence,
        projection.pixel_rad,
        wp.array(triangles, dtype=wp.int32, device=device),
        wp.array(owner, dtype=wp.int32, device=device),
        wp.array(canvases, dtype=wp.vec4i, device=device),
        wp.array(starts, dtype=wp.int32, device=device),
    ]
    if projection.lens is not None:
        rays = np.concatenate([projection.lens.canvas((x0, y0, x1, y1)) for x0, y0, x1, y1 in canvases.tolist()])
        inputs.append(wp.array(rays, dtype=wp.vec3d, device=device))
    kernel = cover if projection.lens is None else cover_rays
    wp.launch(kernel, dim=(len(triangles), strips), inputs=[*inputs, *projection.reach, strips, covered], device=device)
    flat = covered.numpy().view(np.bool_)
    out = {}
    for body, (x0, y0, x1, y1), start in zip(bodies, canvases.tolist(), starts.tolist(), strict=False):
        out[body] = Outline(x0, y0, flat[start : start + (x1 - x0) * (y1 - y0)].reshape(y1 - y0, x1 - x0))
    return out


def joined(outlines: Sequence[Outline]) -> Outline:
    """One outline of rows that were looked at one after another."""
    parts = [part for part in outlines if part.bits.size]
    if len(parts) < 2:
        return parts[0] if parts else Outline(0, 0, np.zeros((0, 0), np.bool_))
    x0, y0 = min(part.x for part in parts), min(part.y for part in parts)
    x1, y1 = (
        max(start + size for start, size in ends) for ends in zip(*(((p.x, p.bits.shape[1]), (p.y, p.bits.shape[0])) for p in parts), strict=True)
    )
    bits = np.zeros((y1 - y0, x1 - x0), np.bool_)
    for part in parts:
        bits[part.y - y0 :, part.x - x0 :][: part.bits.shape[0], : part.bits.shape[1]] = part.bits
    return Outline(x0, y0, bits)


def silhouette(outline: Outline, width: int, height: int) -> Silhouette:
    """The measures of an outline, and its part within the picture."""
    x0, y0, bits = outline.x, outline.y, outline.bits
    columns, rows = np.flatnonzero(bits.any(axis=0)), np.flatnonzero(bits.any(axis=1))
    if len(columns) == 0:
        return Silhouette(inside_px=0, total_px=0, box_xyxy=(0, 0, 0, 0), bits=np.zeros((0, 0), np.bool_), bits_xy=(0, 0))
    box = (x0 + int(columns[0]), y0 + int(rows[0]), x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1)
    left, top = max(box[0], 0), max(box[1], 0)
    inside = bits[top - y0 : max(min(box[3], height) - y0, 0), left - x0 : max(min(box[2], width) - x0, 0)]
    return Silhouette(
        inside_px=int(np.count_nonzero(inside)),
        total_px=int(np.count_nonzero(bits)),
        box_xyxy=box,
        bits=inside,
        bits_xy=(left, top),
    )
