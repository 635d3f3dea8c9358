"""Triangle meshes: welding, normals, texture coordinates, mass and convexity.

Everything here is element-wise arithmetic (no BLAS, no vector trigonometry) and exactly rounded sums, so that an
asset has the same bytes on every machine.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Faces = NDArray[np.int64]

#: An edge is drawn sharp where its two faces turn by more than this.
CREASE_RAD = math.radians(40.0)


def cross(a: Points, b: Points) -> Points:
    """The cross products of two (..., 3) arrays."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def dot(a: Points, b: Points) -> NDArray[np.float64]:
    """The dot products of two (..., 3) arrays."""
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def unit(v: Points) -> Points:
    """(..., 3) vectors scaled to length one; a zero vector becomes +z."""
    length = np.sqrt(dot(v, v))[..., None]
    return np.where(length > 0, v / np.where(length > 0, length, 1.0), (0.0, 0.0, 1.0))


def area_vectors(positions: Points, faces: Faces) -> Points:
    """(m, 3): the face normals, each as long as twice the face's area."""
    a, b, c = (positions[faces[:, i]] for i in range(3))
    return cross(b - a, c - a)


def weld(positions: Points, tolerance_m: float) -> NDArray[np.int64]:
    """(n,) a number for each place: vertices in one cell of a grid of `tolerance_m` share it."""
    cells = np.round(positions / tolerance_m)
    order = np.lexsort((cells[:, 2], cells[:, 1], cells[:, 0]))
    ordered = cells[order]
    changed = np.any(ordered[1:] != ordered[:-1], axis=1)
    place = np.empty(len(cells), np.int64)
    place[order] = np.concatenate([[0], np.cumsum(changed)])
    return place


def diagonal_m(positions: Points) -> float:
    """The length of the bounding box's diagonal."""
    return math.hypot(*(positions.max(axis=0) - positions.min(axis=0)).tolist())


def signed_volume_and_center(positions: Points, faces: Faces) -> tuple[float, tuple[float, float, float]]:
    """Volume and centre of mass of the solid inside a closed surface, from signed tetrahedra.

    The volume is positive when faces wind counter-clockwise seen from outside. A volume of zero gives the middle of the bounding box.
    """
    middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
    a, b, c = (positions[faces[:, i]] - middle for i in range(3))
    six_volumes = dot(a, cross(b, c))
    total = math.fsum(six_volumes.tolist())
    if total == 0:
        return 0.0, tuple(middle.tolist())
    moments = six_volumes[:, None] * (a + b + c)
    center = [math.fsum(moments[:, i].tolist()) / (4 * total) + float(middle[i]) for i in range(3)]
    return total / 6, (center[0], center[1], center[2])


def merged(meshes: Sequence[tuple[Points, Faces]]) -> tuple[Points, Faces]:
    """The triangles of some meshes in one list of positions and faces."""
    starts = np.cumsum([0] + [len(positions) for positions, _ in meshes[:-1]])
    return np.concatenate([p for p, _ in meshes]), np.concatenate([f + start for (_, f), start in zip(meshes, starts, strict=True)])


def is_closed(places: Faces) -> bool:
    """Whether each directed edge of faces (m, 3), given as welded places, has exactly one partner the other way.

    Surfaces that touch along an edge may share it more than once, as long as directions balance.
    """
    count = int(places.max()) + 1
    edges = np.concatenate([places[:, [0, 1]], places[:, [1, 2]], places[:, [2, 0]]])
    forward = np.sort(edges[:, 0] * count + edges[:, 1])
    backward = np.sort(edges[:, 1] * count + edges[:, 0])
    return bool(np.array_equal(forward, backward))


def overhang_m(positions: Points, faces: Faces) -> float:
    """How far a surface is from convex: the farthest that any vertex stands in front of any face's plane."""
    normals = area_vectors(positions, faces)
    doubled = np.sqrt(dot(normals, normals))
    # A sliver's plane says nothing about the shape.
    keep = doubled > 1e-3 * doubled.mean()
    normals, corners = unit(normals[keep]), positions[faces[keep, 0]]
    points = positions[np.unique(faces)]
    worst = 0.0
    for start in range(0, len(normals), 256):
        n, c = normals[start : start + 256], corners[start : start + 256]
        heights = n[:, 0, None] * points[:, 0] + n[:, 1, None] * points[:, 1] + n[:, 2, None] * points[:, 2] - dot(n, c)[:, None]
        worst = max(worst, float(heights.max()))
    return worst


def smoothing_groups(positions: Points, faces: Faces, crease_rad: float = CREASE_RAD) -> NDArray[np.int64]:
    """(m, 3) a number for each corner; corners at one place that share a normal share it.

    Two corners share a normal when a chain of faces joined by edges flatter than `crease_rad` connects them around their vertex.
    `faces` index welded positions.
    """
    m = len(faces)
    normals = unit(area_vectors(positions, faces))
    corner = np.arange(3 * m).reshape(m, 3)
    tail, head = faces, np.roll(faces, -1, axis=1)
    key = (np.minimum(tail, head) * len(positions) + np.maximum(tail, head)).ravel()
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.concatenate([starts, [len(ordered)]]))
    pairs = starts[sizes == 2]  # an edge of three or more faces, or of one, is sharp
    one, two = order[pairs], order[pairs + 1]
    flat = dot(normals[one // 3], normals[two // 3]) > math.cos(crease_rad)
    one, two = one[flat], two[flat]
    opposite = tail.ravel()[one] != tail.ravel()[two]
    one_head, two_head = np.roll(corner, -1, axis=1).ravel()[one], np.roll(corner, -1, axis=1).ravel()[two]
    a = np.concatenate([one, one_head])
    b = np.concatenate([np.where(opposite, two_head, two), np.where(opposite, two, two_head)])

    group = corner.ravel().copy()
    while True:  # the smallest corner number spreads through each connected group
        low = np.minimum(group[a], group[b])
        before = group.copy()
        np.minimum.at(group, a, low)
        np.minimum.at(group, b, low)
        group = group[group]
        if np.array_equal(group, before):
            return group.reshape(m, 3)


def box_projection(corners: Points, normals: Points) -> tuple[Points, NDArray[np.int64]]:
    """Texture coordinates in metres for (m, 3, 3) triangles: each face seen along its dominant axis, never mirrored.

    Returns uv (m, 3, 2) and the (m,) number 0..5 of the side, +x -x +y -y +z -z.
    """
    # The small preference settles ties alike whatever the last bits of a normal are.
    weight = np.abs(normals) * (1.0, 0.999, 1.001)
    axis = np.argmax(weight, axis=1)
    flip = np.where(normals[np.arange(len(normals)), axis] < 0, -1.0, 1.0)[:, None]
    x, y, z = corners[..., 0], corners[..., 1], corners[..., 2]
    is_z = axis[:, None] == 2
    u = np.where(axis[:, None] == 0, flip * y, np.where(is_z, x, -flip * x))
    v = np.where(is_z, flip * y, z)
    return np.stack([u, v], axis=-1), axis * 2 + (flip[:, 0] < 0)


def with_area(positions: Points, faces: Faces, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(m,) which faces have three different places for corners, and an area."""
    area = area_vectors(positions, faces)
    a, b, c = (places[faces[:, i]] for i in range(3))
    return (a != b) & (b != c) & (c != a) & (dot(area, area) > (1e-12 * diagonal_m(positions) ** 2) ** 2)


def corner_angles(positions: Points, faces: Faces) -> NDArray[np.float64]:
    """(m, 3): the angles of triangles in radians, to 1e-4 (Abramowitz and Stegun 4.4.45, arithmetic alone)."""
    p = positions[faces]
    one, two = unit(np.roll(p, -1, axis=1) - p), unit(np.roll(p, 1, axis=1) - p)
    cosine = dot(one, two)
    x = np.minimum(np.abs(cosine), 1.0)
    acute = np.sqrt(1 - x) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - 0.0187293 * x)))
    return np.where(cosine < 0, math.pi - acute, acute)


def smooth_normals(positions: Points, faces: Faces, places: NDArray[np.int64], crease_rad: float = CREASE_RAD) -> tuple[Points, NDArray[np.int64]]:
    """Normals (m, 3, 3) for each corner, sharp at creases, and the (m, 3) numbers of the groups of corners that share one."""
    first = np.zeros(int(places.max()) + 1, np.int64)
    first[places[::-1]] = np.arange(len(places))[::-1]
    group = smoothing_groups(positions[first], places[faces], crease_rad)
    # By area, which keeps flats flat beside small bevels; and by angle, so that it does not matter how a quad was cut in two.
    spread = (corner_angles(positions, faces)[..., None] * area_vectors(positions, faces)[:, None, :]).reshape(-1, 3)
    summed = np.stack([np.asarray(np.bincount(group.ravel(), spread[:, i]), np.float64) for i in range(3)], axis=1)
    return unit(summed)[group], group
