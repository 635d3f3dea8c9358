"""A mesh as a gripper meets it: where lines go through it, and whether boxes touch it.

Both questions first ask which clusters of neighbouring triangles are near, by the spheres around them, and then their triangles. All is element-wise
arithmetic and square roots, so that the answers are the same on every machine.
"""

import math
from collections.abc import Iterator, Sequence
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
#: The coordinates of points by themselves, which is quicker.
Xyz = tuple[Floats, ...]

#: A surface whose signed volume is within these shares of the solid's says by its winding which side is out.
_SAME_VOLUME = (0.5, 1.5)
#: Barycentric coordinates may be this much outside, so that no line slips through between two triangles.
_EDGE = 1e-9
#: A cluster has at least so many triangles, and less than twice as many.
_FEW = 16
#: So many pairs of things to compare are made at a time.
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """Triangles in clusters.

    corners (m, 3, 3) metres, body frame; normals (m, 3) unit, out of the solid; areas_m2 (m,); balls (m, 4), middle and radius of a sphere around
    each. clusters (c, k) are triangles that lie together, some of them repeated to fill up; around the middles (c, 3) of clusters are
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
        # Clusters that are filled up say the same more than once.
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
            frames = body_from_cup[here]
            pose, (ax, ay, az), (bx, by, bz), (cx, cy, cz) = self._near_boxes(frames, _into(frames[:, None], self.middles), -high[None], high[None])
            bx, by, bz, cx, cy, cz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
            doubled = bx * cy - by * cx
            for spot, (x, y) in enumerate(spots_m.tolist()):
                x, y = x - ax, y - ay
                with np.errstate(divide="ignore", invalid="ignore"):  # seen edge on: compares as outside
                    u, v = (x * cy - y * cx) / doubled, (bx * y - by * x) / doubled
                    z = az + u * bz + v * cz
                    hit = (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1 + _EDGE) & (np.abs(z) <= reach_m)
                np.minimum.at(out[here, spot], pose[hit], z[hit])
        return out

    def touched(self, body_from_box: Matrix, low_m: Floats, high_m: Floats) -> Bools:
        """(n,) whether any of the boxes from `low_m` to `high_m` (n, b, 3), in the frames `body_from_box` (n, 4, 4), shares more than its border with
        the surface.
        """
        out = np.zeros(len(body_from_box), bool)
        for here in _chunks(len(out), len(self.clusters)):
            left, middles = np.arange(here.start, here.stop), _into(body_from_box[here, None], self.middles)
            for box in range(low_m.shape[1]):
                low, high = low_m[left, box], high_m[left, box]
                pose, *triangles = self._near_boxes(body_from_box[left], middles, low, high)
                out[left[pose[_overlap(triangles, low[pose], high[pose])]]] = True
                middles, left = tuple(m[~out[left]] for m in middles), left[~out[left]]
        return out

    def _near_boxes(self, body_from_box: Matrix, middles: Xyz, low_m: Floats, high_m: Floats) -> tuple[Ints, Xyz, Xyz, Xyz]:
        """Triangles whose spheres touch the box of a pose: (h,) its number, and their corners in its frame. `middles` (n, c): the clusters'."""
        pose, cluster = np.nonzero(_near_box(middles, self.radii_m, low_m[:, None], high_m[:, None]))
        pose, face = _expanded(pose, self.clusters, cluster)
        low, high = (np.broadcast_to(corner, (len(body_from_box), 3)) for corner in (low_m, high_m))
        balls = self.balls[face]
        near = _near_box(_into(body_from_box[pose], balls), balls[:, 3], low[pose], high[pose])
        pose, corners = pose[near], self.corners[face[near]]
        frames = body_from_box[pose]
        return pose, _into(frames, corners[:, 0]), _into(frames, corners[:, 1]), _into(frames, corners[:, 2])


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


def _near_box(middles: Xyz, radii_m: Floats, low_m: Floats, high_m: Floats) -> Bools:
    """Whether spheres meet boxes."""
    squares = np.zeros(())
    for i, middle in enumerate(middles):
        away = np.maximum(np.maximum(low_m[..., i] - middle, middle - high_m[..., i]), 0.0)
        squares = squares + away * away
    return squares <= radii_m * radii_m


def inside(points: Floats, body_from_box: Matrix, low_m: Floats, high_m: Floats) -> Bools:
    """(n,) whether any of some points (p, 3) is within a box, as `Solid.touched` has them."""
    local = _into(body_from_box[:, None], points)
    out = np.zeros(len(body_from_box), bool)
    for box in range(low_m.shape[1]):
        within = np.ones(local[0].shape, bool)
        for i, x in enumerate(local):
            within &= (x > low_m[:, box, i, None]) & (x < high_m[:, box, i, None])
        out |= within.any(axis=1)
    return out


def _into(body_from_box: Matrix, points: Floats) -> Xyz:
    """Points (..., 3) of the body in the frames (..., 4, 4) of boxes."""
    x, y, z = (points[..., i] - body_from_box[..., i, 3] for i in range(3))
    m = body_from_box
    return tuple(x * m[..., 0, i] + y * m[..., 1, i] + z * m[..., 2, i] for i in range(3))


def _expanded(owner: Ints, clusters: Ints, cluster: Ints) -> tuple[Ints, Ints]:
    """(owner, triangle) for each triangle of the clusters that an owner is near to."""
    return np.repeat(owner, clusters.shape[1]), clusters[cluster].ravel()


def _overlap(triangles: Sequence[Xyz], low_m: Floats, high_m: Floats) -> Bools:
    """(n,) whether triangles, by their three corners, share more than a border with boxes, by separating axes (Akenine-Moeller 2001)."""
    close = np.ones(len(low_m), bool)
    for i in range(3):
        a, b, c = (corner[i] for corner in triangles)
        close &= (np.maximum(np.maximum(a, b), c) > low_m[:, i]) & (np.minimum(np.minimum(a, b), c) < high_m[:, i])
    out = np.zeros(len(low_m), bool)
    half, middle = ((high_m - low_m) / 2)[close], ((high_m + low_m) / 2)[close]
    a, b, c = (np.stack([x[close] for x in corner], axis=1) - middle for corner in triangles)
    edges = (b - a, c - b, a - c)
    zero = np.zeros(len(half))
    axes = [cross(edges[0], edges[1])]
    for x, y, z in (edge.T for edge in edges):
        axes += [np.stack(axis, axis=1) for axis in ((zero, -z, y), (z, zero, -x), (-y, x, zero))]
    apart = np.zeros(len(half), bool)
    for axis in axes:
        on_a, on_b, on_c, radius = dot(axis, a), dot(axis, b), dot(axis, c), dot(half, np.abs(axis))
        beyond = (np.minimum(np.minimum(on_a, on_b), on_c) >= radius) | (np.maximum(np.maximum(on_a, on_b), on_c) <= -radius)
        # An edge along an axis of the box makes none, which separates nothing.
        apart |= beyond & (radius > 0)
    out[close] = ~apart
    return out


def _balls(places: Floats) -> Floats:
    """(n, 4) middles and radii of spheres around (n, k, 3) points, a little larger than they need to be."""
    middles = (places.min(axis=1) + places.max(axis=1)) / 2
    away = places - middles[:, None]
    return np.concatenate([middles, np.sqrt(dot(away, away).max(axis=1))[:, None] * (1 + 1e-6)], axis=1)


def _clusters(corners: Floats) -> Ints:
    """(c, k) triangles by place: all are cut in two across the longest extent, then each half again, until few are left in each."""
    count = len(corners)
    cuts = max((count // _FEW).bit_length() - 1, 0)
    size = -(-count >> cuts)
    cells = np.minimum(np.arange(size << cuts), count - 1)[None]
    middles = corners.sum(axis=1)
    for _ in range(cuts):
        places = middles[cells]
        longest = np.argmax(places.max(axis=1) - places.min(axis=1), axis=1)
        order = np.argsort(np.take_along_axis(places, longest[:, None, None], axis=2)[..., 0], axis=1, kind="stable")
        cells = np.take_along_axis(cells, order, axis=1).reshape(2 * len(cells), -1)
    return cells


def frames(x: Floats, z: Floats, origins: Floats) -> Matrix:
    """(n, 4, 4) of unit vectors x and z at right angles and origins, each (n, 3)."""
    out = np.zeros((len(x), 4, 4))
    out[:, :3, 0], out[:, :3, 1], out[:, :3, 2], out[:, :3, 3], out[:, 3, 3] = x, cross(z, x), z, origins, 1.0
    return out


def across(axis: Floats, vectors: Floats) -> Floats:
    """Unit vectors (n, 3) at right angles to unit `axis`, nearest to `vectors`."""
    return geometry.unit(vectors - axis * dot(vectors, axis)[:, None])
