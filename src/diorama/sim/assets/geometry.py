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

#: Of each corner of a triangle, the one after it and the one before.
_AFTER, _BEFORE = (1, 2, 0), (2, 0, 1)


def cross(a: NDArray[np.floating], b: NDArray[np.floating]) -> Points:
    """The cross products of two (..., 3) arrays."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    out = np.empty((*np.broadcast_shapes(ax.shape, bx.shape), 3))
    out[..., 0] = ay * bz - az * by
    out[..., 1] = az * bx - ax * bz
    out[..., 2] = ax * by - ay * bx
    return out


def dot(a: Points, b: Points) -> NDArray[np.float64]:
    """The dot products of two (..., 3) arrays."""
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def unit(v: Points) -> Points:
    """(..., 3) vectors scaled to length one; a zero vector becomes +z."""
    length = np.sqrt(dot(v, v))
    zero = ~(length > 0)
    length[zero] = 1.0
    out = np.empty(v.shape)
    for i in range(3):
        np.divide(v[..., i], length, out=out[..., i])
    out[zero] = 0.0, 0.0, 1.0
    return out


def area_vectors(positions: Points, faces: Faces) -> Points:
    """(m, 3): the face normals, each as long as twice the face's area."""
    a, b, c = (positions.take(faces[:, i], axis=0) for i in range(3))
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
    centered = positions - middle
    a, b, c = (centered.take(faces[:, i], axis=0) for i in range(3))
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
    normals = unit(area_vectors(positions, faces))
    corner = np.arange(faces.size).reshape(-1, 3)
    after, before = corner.take(_AFTER, axis=1).ravel(), corner.take(_BEFORE, axis=1).ravel()
    # An edge is named by the corner that it starts from. Its partner is the other edge between the same two places, or itself when it is sharp,
    # as an edge of three or more faces is, or of one.
    tail, head = faces.ravel(), faces.ravel()[after]
    key = np.minimum(tail, head) * len(positions) + np.maximum(tail, head)
    order = np.argsort(key)
    alike = np.concatenate([[False], np.diff(key[order]) == 0, [False]])
    pairs = np.flatnonzero(alike[1:-1] & ~alike[:-2] & ~alike[2:])
    one, two = order[pairs], order[pairs + 1]
    flat = dot(normals.take(one // 3, axis=0), normals.take(two // 3, axis=0)) > math.cos(crease_rad)
    partner = corner.ravel().copy()
    partner[one[flat]], partner[two[flat]] = two[flat], one[flat]
    parallel = tail[partner] == tail
    # The neighbours of a corner across the edge that leaves it, and across the one that comes to it.
    left, right = np.where(parallel, partner, after[partner]), np.where(parallel, after[partner], partner)[before]

    group = corner.ravel()
    while True:  # the smallest corner number spreads through each connected group
        low = np.minimum(group, np.minimum(group.take(left), group.take(right)))
        low = low.take(low)
        if np.array_equal(low, group):
            return group.reshape(-1, 3)
        group = low


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
    a, b, c = places.take(faces).T
    return (a != b) & (b != c) & (c != a) & (dot(area, area) > (1e-12 * diagonal_m(positions) ** 2) ** 2)


def corner_angles(positions: Points, faces: Faces) -> NDArray[np.float64]:
    """(m, 3): the angles of triangles in radians, to 1e-4 (Abramowitz and Stegun 4.4.45, arithmetic alone)."""
    p = positions.take(faces, axis=0)
    along = unit(p.take(_AFTER, axis=1) - p)
    cosine = -dot(along, along.take(_BEFORE, axis=1))
    x = np.minimum(np.abs(cosine), 1.0)
    acute = np.sqrt(1 - x) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - 0.0187293 * x)))
    return np.where(cosine < 0, math.pi - acute, acute)


def smooth_normals(positions: Points, faces: Faces, places: NDArray[np.int64], crease_rad: float = CREASE_RAD) -> tuple[Points, NDArray[np.int64]]:
    """Normals (m, 3, 3) for each corner, sharp at creases, and the (m, 3) numbers of the groups of corners that share one."""
    first = np.zeros(int(places.max()) + 1, np.int64)
    first[places[::-1]] = np.arange(len(places))[::-1]
    group = smoothing_groups(positions[first], places[faces], crease_rad)
    # By area, which keeps flats flat beside small bevels; and by angle, so that it does not matter how a quad was cut in two.
    angles, flat = corner_angles(positions, faces), area_vectors(positions, faces)
    normals = np.empty((len(faces), 3, 3))
    for i in range(3):
        normals[..., i] = np.bincount(group.ravel(), (angles * flat[:, i, None]).ravel()).take(group)
    return unit(normals), group
