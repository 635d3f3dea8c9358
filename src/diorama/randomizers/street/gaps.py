"""How much room there is around a point: how far it is to the surfaces of bodies, exactly, and whether it is within one."""

import math
from collections.abc import Collection
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import cross, dot
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.spec import SceneSpec
from diorama.sim.spec.pose import pose_matrices
from diorama.sim.transforms import Matrix

#: A direction that runs along no face of anything built at right angles.
_ASKEW = np.array([0.36, 0.48, 0.8])


class Surroundings:
    """The bodies of a scene, made ready for questions about room."""

    def __init__(self, spec: SceneSpec, library: AssetLibrary) -> None:
        self._names = [body.name for body in spec.bodies]
        self._assets = [library.shape_asset(body.shape) for body in spec.bodies]
        self._poses = pose_matrices(body.world_from_body for body in spec.bodies)
        boxes = np.fromiter(chain.from_iterable(chain.from_iterable(asset.bounds_m for asset in self._assets)), np.float64, 6 * len(self._assets))
        self._boxes = boxes.reshape(-1, 2, 3)

    def gap_m(self, point_m: Matrix, within_m: float, without: Collection[str] = ()) -> float:
        """How far a point (3,) of the world is from the nearest body, but for those of some names; `within_m` where that is farther, 0 inside of a
        closed body.
        """
        away = (point_m - self._poses[:, :3, 3])[:, :, None]
        local = (self._poses[:, :3, :3] * away).sum(axis=1)
        near = ((local > self._boxes[:, 0] - within_m) & (local < self._boxes[:, 1] + within_m)).all(axis=1)
        there = (i for i in np.flatnonzero(near).tolist() if self._names[i] not in without)
        return min((surface_gap_m(local[i], self._assets[i], within_m) for i in there), default=within_m)


def surface_gap_m(point_m: Matrix, asset: Asset, within_m: float) -> float:
    """The same for one asset, and a point (3,) in its own axes."""
    corners = _corners(asset)
    if asset.closed:
        ways, out = _crossings(point_m, _ASKEW, corners)
        # A ray from within leaves more often than it enters.
        if int(np.where(out, 1, -1)[ways > 0].sum()) > 0:
            return 0.0
    near = ((corners.min(axis=1) < point_m + within_m) & (corners.max(axis=1) > point_m - within_m)).all(axis=1)
    squared = _squared_distances(point_m, corners[near]).min(initial=within_m * within_m)
    return math.sqrt(float(squared))


def way_out_m(point_m: Matrix, direction: Matrix, asset: Asset) -> float:
    """How far it is from a point (3,) along a unit vector (3,), both in an asset's axes, to the last of its surfaces; 0 where none is ahead."""
    ways, _ = _crossings(point_m, direction, _corners(asset))
    return float(ways.max(initial=0.0))


def _corners(asset: Asset) -> Matrix:
    return np.concatenate([part.positions[part.faces] for part in asset.parts]).astype(np.float64)


def _crossings(point: Matrix, direction: Matrix, corners: Matrix) -> tuple[Matrix, NDArray[np.bool_]]:
    """(k,) how far along a ray it meets each of those triangles (n, 3, 3) that it meets, before its start below 0; and whether from behind.

    Moeller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997.
    """
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    side = cross(direction, second)
    det = dot(first, side)
    usable = np.where(det == 0, 1.0, det)
    off = point - corners[:, 0]
    u = dot(off, side) / usable
    turn = cross(off, first)
    v, t = dot(direction, turn) / usable, dot(second, turn) / usable
    hit = (det != 0) & (u >= 0) & (v >= 0) & (u + v < 1)
    # Faces are counter-clockwise from outside.
    return t[hit], det[hit] < 0


def _squared_distances(point: Matrix, corners: Matrix) -> Matrix:
    """(n,) of a point from triangles (n, 3, 3): to the plane where it is over the inside, else to the nearest edge."""
    edges = np.roll(corners, -1, axis=1) - corners
    off = point - corners
    normal = cross(edges[:, 0], -edges[:, 2])
    area = dot(normal, normal)
    above = dot(off[:, 0], normal)
    inside = (dot(cross(edges, off), normal[:, None]) >= 0).all(axis=1) & (area > 0)
    length = dot(edges, edges)
    along = np.clip(dot(off, edges) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    rest = off - edges * along[..., None]
    return np.where(inside, above * above / np.where(area > 0, area, 1.0), dot(rest, rest).min(axis=1))
