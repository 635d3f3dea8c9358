"""A mesh as a gripper meets it: where lines go through it, and whether boxes touch it.

Both questions first ask which clusters of neighbouring triangles are near, by the spheres around them, and then their triangles. All is element-wise
arithmetic and square roots, so that the answers are the same on every machine.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import cross, dot
from diorama.sim.assets.mesh import Asset
from diorama.sim.errors import AssetError
from diorama.sim.transforms import Matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: A surface whose signed volume is within these shares of the solid's says by its winding which side is out.
_SAME_VOLUME = (0.5, 1.5)
#: Barycentric coordinates may be this much outside, so that no line slips through between two triangles.
_EDGE = 1e-9
#: So many pairs of things to compare are made at a time.
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """Triangles in clusters.

    corners (m, 3, 3) metres, body frame; normals (m, 3) unit, out of the solid; areas_m2 (m,); balls (m, 4), middle and radius of a sphere around
    each. clusters (c, k) are triangles that lie together, the last one repeated where they are fewer; around the middles (c, 3) of clusters are
    spheres with radii_m (c,). reach_m is how far the farthest corner is from the body's origin, its centre of mass.
    """

    corners: Floats
    normals: Floats
    areas_m2: Floats
    balls: Floats
    clusters: Ints
    middles: Floats
    radii_m: Floats
    reach_m: float

    @classmethod
    def of(cls, asset: Asset) -> "Solid":
        """The visible surface of an asset. Where its winding does not tell inside from outside, each triangle is there both ways round.

        Raises AssetError for an asset without a surface, or without a volume.
        """
        corners = np.concatenate([p.positions.astype(np.float64).take(p.faces, axis=0) for p in asset.parts] or [np.zeros((0, 3, 3))])
        doubled = cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        lengths = np.sqrt(dot(doubled, doubled))
        size = float(np.max(np.abs(corners), initial=0.0))
        keep = lengths > 1e-12 * size * size
        if not keep.any():
            raise AssetError(f"{asset.id}: has no surface to grasp; a thing to grasp has faces with an area")
        if not (math.isfinite(asset.volume_m3) and asset.volume_m3 > 0):
            raise AssetError(f"{asset.id}: has no volume; a thing to grasp is solid")
        corners, doubled, lengths = corners[keep], doubled[keep], lengths[keep]
        volume = math.fsum((dot(corners[:, 0], cross(corners[:, 1], corners[:, 2])) / 6).tolist())
        if not _SAME_VOLUME[0] <= volume / asset.volume_m3 <= _SAME_VOLUME[1]:
            corners, doubled = np.concatenate([corners, corners[:, ::-1]]), np.concatenate([doubled, -doubled])
            lengths = np.concatenate([lengths, lengths])
        clusters = _clusters(corners)
        balls, around = _balls(corners), _balls(corners[clusters].reshape(len(clusters), -1, 3))
        return cls(
            corners=corners,
            normals=doubled / lengths[:, None],
            areas_m2=lengths / 2,
            balls=balls,
            clusters=clusters,
            middles=around[:, :3],
            radii_m=around[:, 3],
            reach_m=math.sqrt(float(dot(corners, corners).max())),
        )

    def points(self, count: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
        """`count` points spread over the surface by area, (count, 3), and the triangles (count,) on which they lie."""
        u = rng.random((count, 3))
        share = np.cumsum(self.areas_m2)
        # One point for each equal part of the area: no region is left out by chance.
        face = np.minimum(np.searchsorted(share, (np.arange(count) + u[:, 0]) / count * share[-1], side="right"), len(share) - 1)
        a, b, c = (self.corners[face, i] for i in range(3))
        root = np.sqrt(u[:, 1:2])
        return a * (1 - root) + b * (root * (1 - u[:, 2:])) + c * (root * u[:, 2:]), face

    def hits(self, starts: Floats, directions: Floats, reach_m: float) -> tuple[Ints, Floats, Ints]:
        """Where half-lines from `starts` (n, 3) along unit `directions` (n, 3) meet triangles: number of the line, metres from its start up to
        `reach_m`, and triangle, each (h,), by the line and then by the distance (Moeller and Trumbore 1997).
        """
        found = [_NO_HITS]
        for here in _chunks(len(starts), len(self.clusters)):
            line, cluster = np.nonzero(_near_line(self.middles, self.radii_m, starts[here, None], directions[here, None], reach_m))
            ray, face = _expanded(line + here.start, self.clusters, cluster)
            near = _near_line(self.balls[face, :3], self.balls[face, 3], starts[ray], directions[ray], reach_m)
            ray, face = ray[near], face[near]
            a = self.corners[face, 0]
            ab, ac, d = self.corners[face, 1] - a, self.corners[face, 2] - a, directions[ray]
            p, s = cross(d, ac), starts[ray] - a
            q, determinant = cross(s, ab), dot(ab, p)
            with np.errstate(divide="ignore", invalid="ignore"):  # along the triangle: compares as outside
                u, v, t = dot(s, p) / determinant, dot(d, q) / determinant, dot(ac, q) / determinant
                hit = (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1 + _EDGE) & (t >= 0) & (t <= reach_m)
            found.append((ray[hit], t[hit], face[hit]))
        ray, t, face = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((face, t, ray))
        ray, t, face = ray[order], t[order], face[order]
        # The cluster that is filled up says the same more than once.
        new = np.ones(len(ray), bool)
        new[1:] = (np.diff(ray) != 0) | (np.diff(face) != 0)
        return ray[new], t[new], face[new]

    def heights(self, body_from_cup: Matrix, spots_m: Floats, reach_m: float) -> Floats:
        """(n, k) the least z within `reach_m` of 0, in the frames `body_from_cup` (n, 4, 4), at which the surface is above or below each of the spots
        (k, 2) of their xy plane; infinite where it is not.
        """
        out = np.full((len(body_from_cup), len(spots_m)), np.inf)
        aside = math.sqrt(float((spots_m * spots_m).sum(axis=1).max()))
        high = np.array([aside, aside, reach_m])
        for here in _chunks(len(out), len(self.clusters)):
            pose, triangles = self._near_boxes(body_from_cup[here], -high[None], high[None])
            a, ab, ac = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
            doubled = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
            for spot, (x, y) in enumerate(spots_m.tolist()):
                x, y = x - a[:, 0], y - a[:, 1]
                with np.errstate(divide="ignore", invalid="ignore"):  # seen edge on: compares as outside
                    u, v = (x * ac[:, 1] - y * ac[:, 0]) / doubled, (ab[:, 0] * y - ab[:, 1] * x) / doubled
                    z = a[:, 2] + u * ab[:, 2] + v * ac[:, 2]
                    hit = (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1 + _EDGE) & (np.abs(z) <= reach_m)
                np.minimum.at(out[here, spot], pose[hit], z[hit])
        return out

    def touched(self, body_from_box: Matrix, low_m: Floats, high_m: Floats) -> Bools:
        """(n,) whether any of the boxes from `low_m` to `high_m` (n, b, 3), in the frames `body_from_box` (n, 4, 4), shares more than its border with
        the surface.
        """
        out = np.zeros(len(body_from_box), bool)
        for here in _chunks(len(out), len(self.clusters)):
            for box in range(low_m.shape[1]):
                left = np.flatnonzero(~out[here]) + here.start
                low, high = low_m[left, box], high_m[left, box]
                pose, triangles = self._near_boxes(body_from_box[left], low, high)
                out[left[pose[_overlap(triangles, low[pose], high[pose])]]] = True
        return out

    def _near_boxes(self, body_from_box: Matrix, low_m: Floats, high_m: Floats) -> tuple[Ints, Floats]:
        """(pose, corners (h, 3, 3) in the pose's frame) of triangles whose spheres touch the box of a pose."""
        middles = _into(body_from_box[:, None], self.middles[None])
        pose, cluster = np.nonzero(_near_box(middles, self.radii_m, low_m[:, None], high_m[:, None]))
        pose, face = _expanded(pose, self.clusters, cluster)
        low, high = (np.broadcast_to(corner, (len(body_from_box), 3)) for corner in (low_m, high_m))
        near = _near_box(_into(body_from_box[pose], self.balls[face, :3]), self.balls[face, 3], low[pose], high[pose])
        pose, face = pose[near], face[near]
        return pose, _into(body_from_box[pose][:, None], self.corners[face])


_NO_HITS = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))


def _chunks(count: int, clusters: int) -> Iterator[slice]:
    """Parts of so many things that each has a bounded number of pairs with clusters."""
    step = max(_CHUNK // clusters, 1)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def _near_line(middles: Floats, radii_m: Floats, starts: Floats, directions: Floats, reach_m: float) -> Bools:
    """Whether spheres meet half-lines, up to `reach_m` from their starts."""
    x, y, z = (middles[..., i] - starts[..., i] for i in range(3))
    dx, dy, dz = (directions[..., i] for i in range(3))
    along = np.minimum(np.maximum(x * dx + y * dy + z * dz, 0.0), reach_m)
    x, y, z = x - along * dx, y - along * dy, z - along * dz
    return x * x + y * y + z * z <= radii_m * radii_m


def _near_box(middles: Floats, radii_m: Floats, low_m: Floats, high_m: Floats) -> Bools:
    """Whether spheres meet boxes."""
    away = np.maximum(np.maximum(low_m - middles, middles - high_m), 0.0)
    return dot(away, away) <= radii_m * radii_m


def inside(points: Floats, body_from_box: Matrix, low_m: Floats, high_m: Floats) -> Bools:
    """(n,) whether any of some points (p, 3) is within a box, as `Solid.touched` has them."""
    local = _into(body_from_box[:, None], points[None])
    out = np.zeros(len(local), bool)
    for box in range(low_m.shape[1]):
        low, high = low_m[:, box, None], high_m[:, box, None]
        within = np.ones(local.shape[:2], bool)
        for i in range(3):
            within &= (local[..., i] > low[..., i]) & (local[..., i] < high[..., i])
        out |= within.any(axis=1)
    return out


def _into(body_from_box: Matrix, points: Floats) -> Floats:
    """Points (..., 3) of the body in the frames (..., 4, 4) of boxes."""
    away = points - body_from_box[..., :3, 3]
    out = np.empty(np.broadcast_shapes(away.shape, (*body_from_box.shape[:-2], 3)))
    for i in range(3):
        out[..., i] = dot(away, body_from_box[..., :3, i])
    return out


def _expanded(owner: Ints, clusters: Ints, cluster: Ints) -> tuple[Ints, Ints]:
    """(owner, triangle) for each triangle of the clusters that an owner is near to."""
    return np.repeat(owner, clusters.shape[1]), clusters[cluster].ravel()


def _overlap(triangles: Floats, low_m: Floats, high_m: Floats) -> Bools:
    """(n,) whether triangles (n, 3, 3) share more than a border with boxes, by separating axes (Akenine-Moeller 2001)."""
    out = np.zeros(len(triangles), bool)
    close = np.flatnonzero(np.all((triangles.max(axis=1) > low_m) & (triangles.min(axis=1) < high_m), axis=1))
    half = (high_m[close] - low_m[close]) / 2
    t = triangles[close] - (low_m[close] + half)[:, None]
    edges = (t[:, 1] - t[:, 0], t[:, 2] - t[:, 1], t[:, 0] - t[:, 2])
    zero = np.zeros(len(close))
    axes = [cross(edges[0], edges[1])]
    for edge in edges:
        x, y, z = edge[:, 0], edge[:, 1], edge[:, 2]
        axes += [np.stack(axis, axis=1) for axis in ((zero, -z, y), (z, zero, -x), (-y, x, zero))]
    apart = np.zeros(len(close), bool)
    for axis in axes:
        a, b, c = (dot(axis, t[:, i]) for i in range(3))
        radius = dot(half, np.abs(axis))
        # An edge along the axis crosses it to nothing, which separates nothing.
        nothing = radius == 0
        apart |= ((np.minimum(np.minimum(a, b), c) >= radius) | (np.maximum(np.maximum(a, b), c) <= -radius)) & ~nothing
    out[close] = ~apart
    return out


def _balls(places: Floats) -> Floats:
    """(n, 4) middles and radii of spheres around (n, k, 3) points, a little larger than they need to be."""
    middles = (places.min(axis=1) + places.max(axis=1)) / 2
    away = places - middles[:, None]
    return np.concatenate([middles, np.sqrt(dot(away, away).max(axis=1))[:, None] * (1 + 1e-6)], axis=1)


def _clusters(corners: Floats) -> Ints:
    """(c, k) triangles by place: cut into slabs by x, these into rods by y, and rods into cells by z (Leutenegger et al. 1997)."""
    count = len(corners)
    size = max(8, math.isqrt(count) // 4)
    middle = corners.sum(axis=1)
    cells = -(-count // size)
    cuts = max(round(cells ** (1 / 3)), 1)
    order = np.argsort(middle[:, 0], kind="stable")
    slab = np.empty(count, np.int64)
    slab[order] = np.arange(count) * cuts // count
    order = np.lexsort((middle[:, 1], slab))
    rod = np.empty(count, np.int64)
    rod[order] = np.arange(count) * (cuts * cuts) // count
    order = np.lexsort((middle[:, 2], rod))
    padded = np.concatenate([order, np.full(cells * size - count, order[-1])])
    return padded.reshape(cells, size)


def frames(x: Floats, z: Floats, origins: Floats) -> Matrix:
    """(n, 4, 4) of unit vectors x and z at right angles and origins, each (n, 3)."""
    out = np.zeros((len(x), 4, 4))
    out[:, :3, 0], out[:, :3, 1], out[:, :3, 2], out[:, :3, 3], out[:, 3, 3] = x, cross(z, x), z, origins, 1.0
    return out


def across(axis: Floats, vectors: Floats) -> Floats:
    """Unit vectors (n, 3) at right angles to unit `axis`, nearest to `vectors`."""
    return geometry.unit(vectors - axis * dot(vectors, axis)[:, None])
