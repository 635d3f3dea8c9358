"""Grasps for two parallel jaws: antipodal pairs of points on a thing's surface that a gripper can get around.

Two contacts with friction hold a thing when the line between them lies within both friction cones (V.-D. Nguyen, "Constructing Force-Closure Grasps",
1988). Pads of radius r, pressed on with the force F each, besides bear a share of the weight G and of its moment about the line, at the distance d of
the centre of mass, as long as both together do not slide (R. D. Howe and M. R. Cutkosky, "Practical Force-Motion Models for Sliding Manipulation",
1996; a disc under even pressure slides at the moment 2/3 r friction F). The quality says how far a grasp is from either end:

    load = G / (2 friction F) * sqrt(1 + (d / (2/3 r))^2)
    quality = (1 - max over contacts tan(angle between line and normal) / friction) * (1 - load)
"""

from typing import NamedTuple

import numpy as np

from diorama.sim.assets.geometry import cross, dot, unit
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.primitives import circle
from diorama.sim.grasping.asset_grasps import SEARCH, AssetGrasps, Search, none_found, spread
from diorama.sim.grasping.solid import Floats, Ints, Solid, across, frames, inside
from diorama.sim.seeds import Seed
from diorama.sim.spec.grasps import JawGripper
from diorama.sim.transforms import Matrix

#: From so many sides each pair of contacts is approached.
_TURNS = 12
#: Between open jaws and the thing, on each side.
_LEAST_GAP_M = 0.001
#: Nothing thinner is held.
_THINNEST_M = 1e-4
#: Pairs of contacts that go on to be approached.
_MOST_PAIRS = 192
#: Contacts lie in the middle of the pads, or this share of the way from there to the tips: so gripped, things can lie on a table.
_SHALLOW = 0.6
#: What rounding may add to the tangent of an angle of zero.
_FLAT = 1e-6


class _Pairs(NamedTuple):
    """Two contacts (n, 3) each; the larger tangent (n,) of the angles between the line through them and the normals there; and any direction (n, 3)
    across that line which goes with the thing as it turns.
    """

    left: Floats
    right: Floats
    tangent: Floats
    along: Floats


def jaw_candidates(asset: Asset, gripper: JawGripper, seed: Seed, search: Search = SEARCH) -> AssetGrasps:
    """Grasps of an asset by itself, none of which makes the gripper touch it before the jaws close, nor on its way in.

    A pure function of its arguments. Fewer of them are the first of more. Raises AssetError for an asset without surface or volume.
    """
    solid = Solid.of(asset)
    rng = seed.child("jaws").rng()
    points, face = solid.points(search.points, rng)
    widest_m = gripper.opening_m - 2 * _LEAST_GAP_M
    found = _pairs(solid, points, face, rng, search.friction, widest_m)
    if not len(found.left):
        where = f"no two points at most {widest_m:g} m apart face away from each other"
        return none_found(gripper, 2, f"{asset.id}: {where} within the friction cone of {search.friction:g}")
    chord = found.right - found.left
    axis, middle = unit(chord), (found.left + found.right) / 2
    width_m: Floats = np.sqrt(dot(chord, chord))
    quality = _quality(found.tangent, cross(middle, axis), search.weight_n(asset), gripper, search.friction)

    chosen = spread(_MOST_PAIRS, quality, middle / solid.reach_m, axis)
    pair = np.repeat(chosen, _TURNS)
    poses = _poses(axis[chosen], middle[chosen], found.along[chosen], rng, gripper)
    opening_m: Floats = np.minimum(width_m + 2 * max(search.clearance_m, _LEAST_GAP_M), gripper.opening_m)
    low, high = _swept(gripper, width_m[pair], opening_m[pair], search)
    # Most poses that touch the thing have one of a few points of it inside, which is quick to see.
    free = np.flatnonzero(~inside(points[::3], poses, low, high))
    free = free[~solid.touched(poses[free], low[free], high[free])]
    if not len(free):
        return none_found(gripper, 2, f"{asset.id}: from no side does the gripper get around it without touching it")
    pair, poses = pair[free], poses[free]
    kept = spread(search.count, quality[pair], poses[:, :3, 3] / solid.reach_m, poses[:, :3, 0], poses[:, :3, 2])
    pair = pair[kept]
    return AssetGrasps(
        gripper=gripper,
        body_from_gripper=np.round(poses[kept], 10),
        width_m=np.round(width_m[pair], 10),
        opening_m=np.round(opening_m[pair], 10),
        quality=np.round(quality[pair], 10),
        contacts_m=np.round(np.stack([found.left, found.right], axis=1)[pair], 10),
    )


def _pairs(solid: Solid, points: Floats, face: Ints, rng: np.random.Generator, friction: float, widest_m: float) -> _Pairs:
    """Lines go into the thing along the normal, and once more anywhere in the friction cone; all places where they come out again count."""
    normal = solid.normals[face]
    along = across(normal, solid.corners[face, 1] - solid.corners[face, 0])
    u, v = 2 * rng.random((2, len(points), 1)) - 1
    # The square from -1 to 1, as a disc.
    aside = along * (u * np.sqrt(1 - v * v / 2)) + cross(normal, along) * (v * np.sqrt(1 - u * u / 2))
    starts, normals, along = (np.concatenate([a, a]) for a in (points, normal, along))
    directions = np.concatenate([-normal, unit(friction * aside - normal)])
    ray, far, out = solid.hits(starts, directions, max(widest_m, 0.0))
    direction = directions[ray]
    tangent = np.maximum(_tangent(-dot(direction, normals[ray])), _tangent(dot(direction, solid.normals[out])))
    good = (far > _THINNEST_M) & (tangent <= friction + _FLAT)
    ray, far = ray[good], far[good]
    return _Pairs(starts[ray], starts[ray] + directions[ray] * far[:, None], tangent[good], along[ray])


def _quality(tangent: Floats, lever_m: Floats, weight_n: float, gripper: JawGripper, friction: float) -> Floats:
    """(n,) as above, and 0 where it would be less. lever_m (n, 3) are as long as the centre of mass is far from the line."""
    if friction == 0:
        return np.zeros_like(tangent)
    pad_m = min(gripper.finger_width_m, 2 * gripper.tip_m) / 3
    load = weight_n / (2 * friction * gripper.force_n) * np.sqrt(1 + dot(lever_m, lever_m) / (pad_m * pad_m))
    return np.maximum(1 - tangent / friction, 0) * np.maximum(1 - load, 0)


def _tangent(cosine: Floats) -> Floats:
    """Of the angle with this cosine; infinite from a right angle on."""
    out = np.full(cosine.shape, np.inf)
    np.divide(np.sqrt(np.maximum(1 - cosine * cosine, 0.0)), cosine, out=out, where=cosine > 0)
    return out


def _poses(axis: Floats, middle: Floats, along: Floats, rng: np.random.Generator, gripper: JawGripper) -> Matrix:
    """(n * _TURNS, 4, 4) grippers all around the lines along which they close, from a chance turn on."""
    draws = rng.random((len(axis), 2 + _TURNS))
    first = across(axis, along)
    phase = unit(np.concatenate([2 * draws[:, :2] - 1, np.zeros((len(axis), 1))], axis=1))
    first = first * phase[:, :1] + cross(axis, first) * phase[:, 1:2]
    second, turn = cross(axis, first), circle(_TURNS)
    z = (first[:, None] * turn[:, :1] + second[:, None] * turn[:, 1:]).reshape(-1, 3)
    deep = np.where(draws[:, 2:].reshape(-1, 1) < 0.5, 0.0, _SHALLOW * gripper.tip_m)
    return frames(np.repeat(axis, _TURNS, axis=0), z, np.repeat(middle, _TURNS, axis=0) - z * deep)


def _swept(gripper: JawGripper, width_m: Floats, opening_m: Floats, search: Search) -> tuple[Floats, Floats]:
    """Corners (n, 5, 3) of the boxes that must be free: the open gripper's with its way in, and what the fingers sweep as they close."""
    low = np.empty((len(width_m), 5, 3))
    high = np.empty_like(low)
    for i, (middle, size) in enumerate(gripper.boxes(0.0)):
        low[:, i], high[:, i] = np.subtract(middle, np.divide(size, 2)), np.add(middle, np.divide(size, 2))
    for corner in (low, high):
        corner[:, 0, 0], corner[:, 1, 0] = corner[:, 0, 0] - opening_m / 2, corner[:, 1, 0] + opening_m / 2
    low[:, 3:], high[:, 3:] = low[:, :2], high[:, :2]
    low[:, :3, 2] -= search.approach_m
    closed = width_m / 2 + search.sink_m
    high[:, 3, 0], low[:, 4, 0] = np.maximum(-closed, high[:, 0, 0]), np.minimum(closed, low[:, 1, 0])
    return low, high
