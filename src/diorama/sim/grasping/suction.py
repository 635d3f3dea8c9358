"""Grasps for a suction cup: places where its rim seals, and its vacuum holds the weight.

The cup is let down along the normal. It seals where a ring of lines at its rim, one at half its radius and one in the middle all meet the
surface, at heights that differ by no more than the cup bends. Lifted straight back, the thing hangs from the vacuum's force F in the middle of the
rim, its weight G at the distance d of the centre of mass from the cup's axis. About the far side of the rim, of radius r, it stays as long as
F r >= G (d + r):

    quality = (1 - unevenness / bend) * (1 - G (d + r) / (F r))

Seal by the distances of a ring's points: J. Mahler et al., "Dex-Net 3.0: Computing Robust Vacuum Suction Grasp Targets in Point Clouds Using a New
Analytic Model and Deep Learning", 2018.
"""

import math

import numpy as np

from diorama.sim.assets.geometry import cross, dot
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.primitives import circle
from diorama.sim.grasping.asset_grasps import SEARCH, AssetGrasps, Search, none_found, spread
from diorama.sim.grasping.solid import Floats, Solid, across, frames
from diorama.sim.seeds import Seed
from diorama.sim.spec.grasps import SuctionGripper
from diorama.sim.transforms import Matrix

#: Lines at the rim, and at half of its radius.
_RIM, _RING = 16, 8
#: Nothing that bends less than this seals on a surface made of triangles.
_LEAST_BEND_M = 1e-6
#: Between what bulges into the cup and the rod.
_LEAST_GAP_M = 0.001


def suction_candidates(asset: Asset, gripper: SuctionGripper, seed: Seed, search: Search = SEARCH) -> AssetGrasps:
    """Where a cup holds an asset by itself. A pure function of its arguments; fewer grasps are the first of more.

    Raises AssetError for an asset without surface or volume.
    """
    solid = Solid.of(asset)
    radius = gripper.cup_radius_m
    weight_n, force_n = search.weight_n(asset), gripper.vacuum_pa * math.pi * radius * radius
    points, face = solid.points(search.points, seed.child("suction").rng())
    normal = solid.normals[face]
    # z goes into the surface.
    poses = frames(across(normal, solid.corners[face, 1] - solid.corners[face, 0]), -normal, points)
    uneven_m = _unevenness(solid, poses, gripper)
    bend_m = max(gripper.bend_m, _LEAST_BEND_M)
    sealed = np.flatnonzero(uneven_m <= bend_m)
    if not len(sealed):
        return none_found(gripper, 1, f"{asset.id}: nowhere flat enough for a cup of {radius:g} m that bends by {gripper.bend_m:g} m")
    moment = cross(points, normal)
    load = weight_n * (np.sqrt(dot(moment, moment)) + radius) / (force_n * radius)
    held = sealed[load[sealed] < 1]
    if not len(held):
        return none_found(gripper, 1, f"{asset.id}: its weight of {weight_n:.3g} N is too much for a vacuum that holds {force_n:.3g} N")
    low, high = _swept(gripper, len(held), search)
    held = held[~solid.touched(poses[held], low, high)]
    if not len(held):
        return none_found(gripper, 1, f"{asset.id}: the cup and its rod do not get to where they would hold")
    quality = (1 - uneven_m[held] / bend_m) * (1 - load[held])
    kept = spread(search.count, quality, points[held] / solid.reach_m, ways=poses[held, :3, 2])
    held = held[kept]
    return AssetGrasps(
        gripper=gripper,
        body_from_gripper=np.round(poses[held], 10),
        width_m=np.zeros(len(held)),
        opening_m=np.zeros(len(held)),
        quality=np.round(quality[kept], 10),
        contacts_m=np.round(points[held, None], 10),
    )


def _unevenness(solid: Solid, poses: Matrix, gripper: SuctionGripper) -> Floats:
    """(n,) metres between the highest and the lowest place under the cup; infinite where there is none."""
    spots = np.concatenate([circle(_RIM), circle(_RING) / 2, np.zeros((1, 2))]) * gripper.cup_radius_m
    # What is farther from the middle than the cup bends is too far, whatever the others are.
    heights = solid.heights(poses, spots, gripper.bend_m + _LEAST_BEND_M)
    lowest = heights.min(axis=1)
    return heights.max(axis=1) - np.where(np.isinf(lowest), 0.0, lowest)


def _swept(gripper: SuctionGripper, count: int, search: Search) -> tuple[Floats, Floats]:
    """Corners (count, 2, 3) of the boxes around the cup and the rod, and their way in, from as far behind the rim as surfaces rise into it."""
    low, high = np.empty((count, 2, 3)), np.empty((count, 2, 3))
    for i, (radius, length) in enumerate(((gripper.cup_radius_m, gripper.cup_radius_m), (gripper.rod_radius_m, gripper.rod_length_m))):
        low[:, i] = -radius, -radius, -length - search.approach_m
        high[:, i] = radius, radius, -gripper.bend_m - _LEAST_GAP_M
    return low, high
