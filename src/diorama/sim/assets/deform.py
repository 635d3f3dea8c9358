"""Assets in other sizes and shapes: scaled along their axes, and bent by a lattice.

Element-wise arithmetic and exactly rounded sums alone, as everywhere in this package.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.convex import MOST_VERTICES, outermost
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Asset, MeshPart, Symmetries
from diorama.sim.spec import Lattice, Vec3

#: Edges are halved until none is longer than this, measured in a unit box: what was flat may become round.
_LONGEST_EDGE = 1 / 6
#: A convex piece of more vertices than this, one of several, bends well enough by them alone.
_COARSE = 24
#: A surface that encloses less than this share of its bounding box is a sheet with two sides, and no solid.
_LEAST_SHARE = 1e-6


def scaled(asset: Asset, scale: float | Vec3) -> Asset:
    """The asset `scale` times as large, or as large along each of its own axes, of the same density."""
    factors = scale if isinstance(scale, tuple) else (scale, scale, scale)
    x, y, z = factors
    low, high = (tuple(c * f for c, f in zip(corner, factors, strict=True)) for corner in asset.bounds_m)
    return replace(
        asset,
        parts=tuple(_scaled_part(part, factors) for part in asset.parts),
        hulls=tuple(hull * np.array(factors) for hull in asset.hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=asset.volume_m3 * x * y * z,
        symmetries=asset.symmetries.scaled(x) if x == y == z else Symmetries(),
    )


def _scaled_part(part: MeshPart, factors: Vec3) -> MeshPart:
    x, y, z = factors
    positions = part.positions * np.array(factors, np.float32)
    if x == y == z:
        return replace(part, positions=positions, uv=part.uv * np.float32(x) if part.uv_in_metres else part.uv)
    normals = _normals(part.normals * np.array([y * z, z * x, x * y]))
    return replace(part, positions=positions, normals=normals, uv=_laid_out(part, positions) if part.uv_in_metres else part.uv)


def deformed(asset: Asset, lattice: Lattice) -> Asset:
    """The asset with the space of the box around all that is seen or touched deformed, of the same density, its origin at its new centre of mass.

    Surfaces are divided where they are too coarse to bend. What the asset says of its volume and centre of mass, which may be those of
    something hollow, is changed as the solid inside its closed surface changes; without one, as the space in its convex pieces does.
    """
    if not any(any(offset) for offset in lattice.offsets):
        return asset
    extremes = np.concatenate([asset.bounds_m, *asset.hulls])
    low, high = extremes.min(axis=0), extremes.max(axis=0)
    size = np.where(high > low, high - low, 1.0)

    def moved(points: Points) -> Points:
        return points + lattice.displacement((points - low) / size) * size

    def jacobian(points: Points) -> NDArray[np.float64]:
        return lattice.jacobian((points - low) / size) * (size[:, None] / size)

    parts = [_divided(part, size) for part in asset.parts]
    positions, faces = geometry.merged([(part.positions.astype(np.float64), part.faces.astype(np.int64)) for part in parts])
    seen = moved(positions)
    places = geometry.weld(positions, max(1e-6 * geometry.diagonal_m(positions), 1e-9))
    before, start = geometry.signed_volume_and_center(positions, faces)
    if before > _LEAST_SHARE * math.prod(size.tolist()) and geometry.is_closed(places[faces]):
        after, end = geometry.signed_volume_and_center(seen, faces)
        growth, center = after / before, np.array(end) - (jacobian(np.array([start]))[0] * start).sum(axis=1)
    else:
        swelling = _determinants(jacobian(np.concatenate(asset.hulls or [positions]))).tolist()
        growth, center = math.fsum(swelling) / len(swelling), moved(np.zeros((1, 3)))[0]

    starts = np.cumsum([0] + [len(part.positions) for part in parts])
    new = [_moved_part(part, seen[a:b] - center, jacobian(positions[a:b])) for part, (a, b) in zip(parts, pairwise(starts.tolist()), strict=True)]
    lowest = np.min([part.positions.min(axis=0) for part in new], axis=0).tolist()
    highest = np.max([part.positions.max(axis=0) for part in new], axis=0).tolist()
    # Flat faces bulge where a convex piece has no vertices to show it. When it is the only one, all that is seen is within.
    between = [positions] if len(asset.hulls) == 1 else [_midpoints(hull) for hull in asset.hulls]
    return replace(
        asset,
        parts=tuple(new),
        hulls=tuple(_filled(moved(hull) - center, moved(more) - center) for hull, more in zip(asset.hulls, between, strict=True)),
        bounds_m=((lowest[0], lowest[1], lowest[2]), (highest[0], highest[1], highest[2])),
        volume_m3=asset.volume_m3 * growth,
        symmetries=Symmetries(),
    )


def _moved_part(part: MeshPart, positions: Points, jacobian: NDArray[np.float64]) -> MeshPart:
    a, b, c = (jacobian[:, :, axis] for axis in range(3))
    x, y, z = (part.normals[:, axis, None].astype(np.float64) for axis in range(3))
    # By the cofactor matrix, which is the inverse transpose times the determinant.
    normals = _normals(geometry.cross(b, c) * x + geometry.cross(c, a) * y + geometry.cross(a, b) * z)
    placed = positions.astype(np.float32)
    return replace(part, positions=placed, normals=normals, uv=_laid_out(part, placed) if part.uv_in_metres else part.uv)


def _normals(across: NDArray[np.floating]) -> NDArray[np.float32]:
    return geometry.unit(across.astype(np.float64)).astype(np.float32)


def _determinants(m: NDArray[np.float64]) -> NDArray[np.float64]:
    return geometry.dot(geometry.cross(m[:, :, 0], m[:, :, 1]), m[:, :, 2])


def _laid_out(part: MeshPart, positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 2): the texture coordinates, in metres, of a part whose vertices came to `positions`, each seen from the side it was seen from before."""
    before = part.positions.astype(np.float64)
    _, of_faces = geometry.box_projection(before.take(part.faces, axis=0), geometry.area_vectors(before, part.faces.astype(np.int64)))
    side = np.zeros(len(before), np.int64)
    side[part.faces.ravel()[::-1]] = np.repeat(of_faces, 3)[::-1]
    x, y, z = positions.T
    flip, axis = np.where(side % 2, np.float32(-1), np.float32(1)), side // 2
    u = np.where(axis == 0, flip * y, np.where(axis == 2, x, -flip * x))
    return np.stack([u, np.where(axis == 2, flip * y, z)], axis=1)


def _midpoints(points: Points) -> Points:
    """Those of all pairs of a few points; of many, none."""
    one, other = np.triu_indices(len(points) if len(points) <= _COARSE else 0, 1)
    return (points[one] + points[other]) / 2


def _filled(vertices: Points, others: Points) -> Points:
    """The vertices, and the outermost of some other points, as many as physics takes; those on the sides of their bounding box first."""
    room = MOST_VERTICES - len(vertices) - 6
    if room <= 0 or not len(others):
        return vertices
    return np.concatenate([vertices, others[others.argmin(axis=0)], others[others.argmax(axis=0)], outermost(others, room)])


def _divided(part: MeshPart, size: NDArray[np.float64]) -> MeshPart:
    """The same surface with no edge longer than `_LONGEST_EDGE` in a box of `size`.

    An edge is halved or not by its two ends alone, so that neighbours, of other parts too, stay without gaps.
    """
    vertices = np.concatenate([part.positions, part.normals, part.uv], axis=1)
    faces = part.faces.astype(np.int64)
    while True:
        ends = np.stack([faces, faces[:, [1, 2, 0]]], axis=2)
        along = (vertices[ends[..., 0], :3].astype(np.float64) - vertices[ends[..., 1], :3]) / size
        long = geometry.dot(along, along) > _LONGEST_EDGE * _LONGEST_EDGE
        if not long.any():
            break
        low, high = ends.min(axis=2), ends.max(axis=2)
        key = low * len(vertices) + high
        halved, number = np.unique(key[long], return_inverse=True)
        middle = np.full(faces.shape, -1)
        middle[long] = len(vertices) + number
        one, other = np.divmod(halved, len(vertices))
        vertices = np.concatenate([vertices, (vertices[one] + vertices[other]) / np.float32(2)])
        faces = np.concatenate([_cut(faces[cuts], middle[cuts], long[cuts]) for cuts in _alike(long)])
    if len(vertices) == len(part.positions):
        return part
    normals = _normals(vertices[:, 3:6])
    positions, uv = np.ascontiguousarray(vertices[:, :3]), np.ascontiguousarray(vertices[:, 6:])
    return replace(part, positions=positions, normals=normals, uv=uv, faces=faces.astype(np.int32))


def _alike(long: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Rows by how many of their edges are long, those without first."""
    count = long.sum(axis=1)
    return [rows for n in range(4) if len(rows := np.flatnonzero(count == n))]


def _cut(faces: NDArray[np.int64], middle: NDArray[np.int64], long: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Triangles that all have 0, 1, 2 or 3 long edges, cut at their middles; an edge is named by the corner it starts from."""
    count = int(long[0].sum())
    if count == 0:
        return faces
    # Turned so that the one long edge, or the one short edge, is the first.
    first = np.argmax(long, axis=1) if count == 1 else np.argmin(long, axis=1)
    turn = (first[:, None] + np.arange(3)) % 3
    (a, b, c), (ab, bc, ca) = np.take_along_axis(faces, turn, axis=1).T, np.take_along_axis(middle, turn, axis=1).T
    triangles = {
        1: [(a, ab, c), (ab, b, c)],
        2: [(a, b, bc), (a, bc, ca), (ca, bc, c)],
        3: [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)],
    }[count]
    return np.concatenate([np.stack(corners, axis=1) for corners in triangles])
