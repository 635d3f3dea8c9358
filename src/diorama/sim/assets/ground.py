"""Ground: ribbons draped over a terrain, and paint on them, as triangles.

Neighbours that share a line have the same vertices along it, to the last bit, so that nothing shows between them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.mesh import Asset, MeshPart
from diorama.sim.assets.painted import painted
from diorama.sim.spec import GroundShape, Hill, PaintShape, Ribbon, Terrain

#: What is touched of the ground reaches so far down.
_DEEP_M = 0.5

Numbers = NDArray[np.float64]


def ground_asset(shape: GroundShape) -> Asset:
    """The asset of ground. Texture coordinates are metres along and across what is laid, and else along the world's axes."""
    ribbons = sorted(shape.ribbons, key=lambda ribbon: len(ribbon.across))
    grids = [_grid(list(group), shape.terrain) for _, group in groupby(ribbons, key=lambda ribbon: len(ribbon.across))]
    positions, faces = geometry.merged([(grid.positions, grid.faces) for grid in grids])
    uv = np.concatenate([grid.uv for grid in grids])
    return _asset("ground", positions, faces, uv, shape.terrain, [hull for grid in grids for hull in grid.hulls])


def paint_asset(shape: PaintShape) -> Asset:
    """The asset of paint. Texture coordinates are metres along the world's axes."""
    positions, faces = painted(shape.lines, shape.symbols, shape.dashes_m)
    x, y = positions[:, 0], positions[:, 1]
    return _asset("paint", np.stack([x, y, heights(shape.terrain, x, y) + shape.lift_m], axis=1), faces, positions, shape.terrain, [])


def heights(terrain: Terrain, x: Numbers, y: Numbers) -> Numbers:
    """`Terrain.height_m` of many places."""
    total = np.zeros(x.shape)
    for hill in _near(terrain, x, y):
        b = _bump(hill, x, y)
        total += hill.height_m * b * b * b
    return total


def normals(terrain: Terrain, x: Numbers, y: Numbers) -> Points:
    """`Terrain.normal` of many places, (..., 3)."""
    out = np.zeros((*x.shape, 3))
    out[..., 2] = 1.0
    for hill in _near(terrain, x, y):
        b = _bump(hill, x, y)
        slope = 6.0 * hill.height_m / (hill.radius_m * hill.radius_m) * b * b
        out[..., 0] += slope * (x - hill.center_m[0])
        out[..., 1] += slope * (y - hill.center_m[1])
    return geometry.unit(out)


def _near(terrain: Terrain, x: Numbers, y: Numbers) -> list[Hill]:
    """Hills that reach into the box around places."""
    low, high = (float(x.min()), float(y.min())), (float(x.max()), float(y.max()))
    spans = list(zip(low, high, strict=True))
    return [hill for hill in terrain.hills if all(a - hill.radius_m < c < b + hill.radius_m for (a, b), c in zip(spans, hill.center_m, strict=True))]


def _bump(hill: Hill, x: Numbers, y: Numbers) -> Numbers:
    dx, dy = x - hill.center_m[0], y - hill.center_m[1]
    return np.maximum(1.0 - (dx * dx + dy * dy) / (hill.radius_m * hill.radius_m), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """Vertices, texture coordinates, triangles and convex pieces of some ribbons."""

    positions: Points
    uv: Numbers
    faces: Faces
    hulls: list[Points]


def _grid(ribbons: Sequence[Ribbon], terrain: Terrain) -> _Grid:
    """The grid of ribbons that have as many vertices across."""
    counts = np.array([len(r.right_m) for r in ribbons])
    of = np.repeat(np.arange(len(ribbons)), counts)
    right, left = (np.array([p for r in ribbons for p in getattr(r, side)]) for side in ("right_m", "left_m"))
    shares = np.array([r.across for r in ribbons])[of][..., None]
    lift = np.array([r.lift_m for r in ribbons])[of]
    # The ends are the lines themselves: a share of 1 would be off by a rounding.
    flat = right[:, None] + (left - right)[:, None] * shares
    flat[:, -1] = left
    up = lift[:, :1] + (lift[:, 1:] - lift[:, :1]) * shares[..., 0]
    x, y = flat[..., 0], flat[..., 1]
    positions = np.stack([x, y, heights(terrain, x, y) + up], axis=-1)

    rows, columns = flat.shape[:2]
    within = np.flatnonzero(of[1:] == of[:-1])
    first = (within[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    faces = (first + [0, columns, columns + 1, 0, columns + 1, 1]).reshape(-1, 3)

    step = right[1:] - right[:-1]
    other = left[1:] - left[:-1]
    length = np.maximum(np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2), np.sqrt(other[:, 0] ** 2 + other[:, 1] ** 2))
    along = np.concatenate([[0.0], np.cumsum(np.where(of[1:] == of[:-1], length, 0.0))])
    away = positions - positions[:, :1]
    across = np.sqrt(geometry.dot(away, away))
    uv = np.stack([np.broadcast_to(along[:, None], across.shape), across], axis=-1)
    laid = np.array([r.laid for r in ribbons])[of]
    uv[~laid] = flat[~laid]
    # What is touched is solid below each step of what lies.
    lies = within[np.array([r.right_m != r.left_m for r in ribbons])[of[within]]]
    tops = np.stack([positions[lies, 0], positions[lies + 1, 0], positions[lies + 1, -1], positions[lies, -1]], axis=1)
    hulls = list(np.concatenate([tops, tops - [0.0, 0.0, _DEEP_M]], axis=1))
    return _Grid(positions=positions.reshape(rows * columns, 3), uv=uv.reshape(-1, 2), faces=faces, hulls=hulls)


def _asset(kind: str, positions: Points, faces: Faces, uv: Numbers, terrain: Terrain, hulls: Sequence[Points]) -> Asset:
    """One surface: what lies has the terrain's normals, and what stands its own."""
    across = geometry.area_vectors(positions, faces)
    doubled = np.sqrt(geometry.dot(across, across))
    kept = doubled > 1e-9
    faces, across = faces[kept], across[kept]
    normal = normals(terrain, positions[:, 0], positions[:, 1])
    upright = across[:, 2] < 0.5 * doubled[kept]
    normal[faces[upright]] = geometry.unit(across[upright])[:, None]
    low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
    part = MeshPart(
        positions=positions.astype(np.float32),
        normals=normal.astype(np.float32),
        uv=uv.astype(np.float32),
        faces=faces.astype(np.int32),
        uv_in_metres=True,
        rolled_out=True,
    )
    return Asset(
        id=kind,
        category=kind,
        supercategory="ground",
        parts=(part,),
        hulls=tuple(hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=math.fsum(doubled[kept].tolist()) / 2 * _DEEP_M,
        casts=False,
    )
