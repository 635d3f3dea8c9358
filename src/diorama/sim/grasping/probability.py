"""How surely a grasp succeeds with nothing else around: the share of trials that physics lets succeed under noise of pose and friction."""

import hashlib
import json
import math
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import disk_cache
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import to_json
from diorama.sim.grasping.asset_grasps import AssetGrasps
from diorama.sim.physics import Physics
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Pose, SceneSpec
from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.grasps import Attempt, GraspTest
from diorama.sim.transforms import Matrix, compose, invert, normalize_quat, quat_from_axis_angle

#: Goes up when the same trials have other outcomes than before.
_VERSION = 1
#: Not a scene's: how sure a grasp is does not depend on where the thing lies.
_SEED = Seed(0)
#: The gripper comes from above, so that the thing hangs from it.
_FROM_ABOVE = Pose((0.0, 0.0, 0.5), (0.0, 1.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How far trials are from what was meant: standard deviations of the gripper's place along each of its axes, of its turn about each, and of the
    logarithm of the thing's friction. Each grasp has so many `trials`.
    """

    position_m: float = 0.002
    rotation_rad: float = 0.03
    log_friction: float = 0.2
    trials: int = 5

    def __post_init__(self) -> None:
        sizes = (self.position_m, self.rotation_rad, self.log_friction)
        check(finite(*sizes) and min(sizes) >= 0, self, f"standard deviations must be 0 or more, got {sizes}")
        check(self.trials >= 1, self, f"trials must be 1 or more, got {self.trials}")


#: The noise that most want.
NOISE = Noise()


def alone(
    physics: Physics,
    library: AssetLibrary,
    body: BodySpec,
    grasps: AssetGrasps,
    noise: Noise = NOISE,
    test: GraspTest | None = None,
    seed: Seed = _SEED,
) -> NDArray[np.float64]:
    """(n,) float64 in [0, 1], the share of each grasp's trials in which the body is held that hangs in the air until the gripper has closed.

    Where the body lies does not matter. A grasp's trials depend on its number and not on how many there are. Results are kept on disk.
    """
    test = test or GraspTest()
    key = _key(library, body, grasps, noise, test, seed)
    kept = disk_cache.load(key)
    if kept is not None and len(kept) == 1 and kept[0].shape == (len(grasps),):
        return kept[0]
    share = np.array([_share(physics, body, grasps, k, noise, test, seed.child("grasp", k)) for k in range(len(grasps))], np.float64)
    disk_cache.store(key, [share])
    return share


def _share(physics: Physics, body: BodySpec, grasps: AssetGrasps, k: int, noise: Noise, test: GraspTest, seed: Seed) -> float:
    opening_m = float(grasps.opening_m[k]) or None
    attempt = Attempt(gripper=grasps.gripper, world_from_gripper=_FROM_ABOVE, opening_m=opening_m, weightless=True, test=test)
    held = 0
    for trial in range(noise.trials):
        off, factor = _drawn(seed.child("trial", trial), noise)
        world_from_body = compose(_FROM_ABOVE.matrix, invert(compose(grasps.body_from_gripper[k], off.matrix)))
        hanging = replace(body, world_from_body=Pose.from_matrix(world_from_body), friction=body.friction * factor)
        held += physics.grasp(SceneSpec(bodies=(hanging,)), attempt).success
    return held / noise.trials


def _drawn(seed: Seed, noise: Noise) -> tuple[Pose, float]:
    """How far the gripper is off, in its own frame, and a factor of friction."""
    x, y, z, a, b, c, f = (round(float(v), 9) for v in seed.rng().normal(size=7))
    angle = noise.rotation_rad * math.sqrt(a * a + b * b + c * c)
    turn = normalize_quat([round(q, 12) for q in quat_from_axis_angle((a, b, c), angle)]) if angle > 0 else (1.0, 0.0, 0.0, 0.0)
    s = noise.position_m
    return Pose((x * s, y * s, z * s), turn), round(math.exp(f * noise.log_friction), 9)


def _key(library: AssetLibrary, body: BodySpec, grasps: AssetGrasps, noise: Noise, test: GraspTest, seed: Seed) -> str:
    touch = [to_json(body.shape), body.mass_kg, body.inertia_kg_m2, body.friction, body.restitution]
    gripper = [type(grasps.gripper).__name__, to_json(grasps.gripper)]
    said = [_VERSION, version("pybullet"), touch, gripper, to_json(noise), to_json(test), repr(seed)]
    digest = hashlib.sha256(json.dumps(said).encode())
    arrays: list[Matrix] = [*library.shape_asset(body.shape).hulls, grasps.body_from_gripper, grasps.opening_m]
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode() + np.ascontiguousarray(array).tobytes())
    return f"alone-{digest.hexdigest()}"
