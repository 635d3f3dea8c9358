"""Things that hold others: posts with signs on them, masts with lights."""

from diorama.randomizers.distributions import rounded
from diorama.sim.assets.mesh import Asset
from diorama.sim.spec import Pose
from diorama.sim.transforms import Quat, Vec3, apply


def foot_m(asset: Asset, pose: Pose) -> Vec3:
    """Where a thing's landmark ``base`` is."""
    x, y, z = apply(pose.matrix, [asset.landmarks["base"]])[0].tolist()
    return x, y, z


def fixed(asset: Asset, foot: Vec3, rotation: Quat, at_m: Vec3) -> Pose:
    """The pose, turned so, in which an asset's landmark ``base`` is `at_m` from the foot of what holds it, along its own axes."""
    off = [a - b for a, b in zip(at_m, asset.landmarks["base"], strict=True)]
    x, y, z = apply(Pose(foot, rotation).matrix, [off])[0].tolist()
    return Pose((rounded(x), rounded(y), rounded(z)), rotation)
