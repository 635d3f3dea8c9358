"""Grasps of any asset with any gripper, found once."""

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import disk_cache
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.codec import to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.grasping.asset_grasps import SEARCH, AssetGrasps, Search
from diorama.sim.grasping.jaws import jaw_candidates
from diorama.sim.grasping.suction import suction_candidates
from diorama.sim.seeds import Seed
from diorama.sim.spec import MeshShape, Shape
from diorama.sim.spec.grasps import Gripper, JawGripper

#: Goes up when the same search finds other grasps than before.
_VERSION = 2
#: Not a scene's: what can be done with a thing does not depend on where it lies.
_SEED = Seed(0)


def candidates(library: AssetLibrary, shape: Shape, gripper: Gripper, search: Search = SEARCH, seed: Seed = _SEED) -> AssetGrasps:
    """Grasps in the body frame of a spec's shape. Repeated calls return the same object; those of assets as they were made are kept on disk, too.

    Raises AssetError for what is nothing to grasp.
    """
    asset = library.shape_asset(shape)

    def make() -> tuple[AssetGrasps, int]:
        # Scenes have new sizes of things all the time, which do not come again.
        lasting = isinstance(shape, MeshShape) and shape.is_as_made
        grasps = _kept_on_disk(asset, gripper, search, seed) if lasting else grasps_of(asset, gripper, seed, search)
        return grasps, sum(a.nbytes for a in _arrays(grasps))

    return library.derived(("grasps", id(asset), gripper, search, seed), asset, make)


def grasps_of(asset: Asset, gripper: Gripper, seed: Seed, search: Search = SEARCH) -> AssetGrasps:
    """Grasps of an asset with a gripper of either kind, looked for now. Raises AssetError for what is nothing to grasp."""
    if isinstance(gripper, JawGripper):
        return jaw_candidates(asset, gripper, seed, search)
    return suction_candidates(asset, gripper, seed, search)


def _kept_on_disk(asset: Asset, gripper: Gripper, search: Search, seed: Seed) -> AssetGrasps:
    said = [_VERSION, asset.id, asset.volume_m3, asset.density_kg_m3, type(gripper).__name__, to_json(gripper), to_json(search), repr(seed)]
    digest = hashlib.sha256(json.dumps(said).encode())
    for part in asset.parts:
        for array in (part.positions, part.faces):
            digest.update(f"{array.shape}{array.dtype}".encode() + np.ascontiguousarray(array).tobytes())
    key = f"grasps-{digest.hexdigest()}"
    arrays = disk_cache.load(key)
    if arrays is not None:
        try:
            *numbers, reason = arrays
            return _from_arrays(gripper, numbers, bytes(reason.astype(np.uint8)).decode())
        except (InvalidValue, ValueError, TypeError):
            pass  # an entry of something else: made anew
    grasps = grasps_of(asset, gripper, seed, search)
    disk_cache.store(key, [*_arrays(grasps), np.frombuffer(grasps.reason.encode(), np.uint8).astype(np.float64)])
    return grasps


def _arrays(grasps: AssetGrasps) -> list[NDArray[np.float64]]:
    return [grasps.body_from_gripper, grasps.width_m, grasps.opening_m, grasps.quality, grasps.contacts_m]


def _from_arrays(gripper: Gripper, arrays: list[NDArray[np.float64]], reason: str) -> AssetGrasps:
    poses, width_m, opening_m, quality, contacts_m = arrays
    return AssetGrasps(
        gripper=gripper, body_from_gripper=poses, width_m=width_m, opening_m=opening_m, quality=quality, contacts_m=contacts_m, reason=reason
    )
