"""Cameras that are not quite where they were meant to be."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.aim import vec3
from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Constant, Distribution, Normal, require, rounded
from diorama.sim.seeds import Seed
from diorama.sim.spec import Pose, SceneSpec
from diorama.sim.transforms import Quat, apply, normalize_quat, quat_from_axis_angle, quat_multiply

_PLACES, _ANGLES = ("right_m", "down_m", "forward_m"), ("yaw_deg", "pitch_deg", "roll_deg")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraJitter(Labelled):
    """Move a camera that has its place already, by a little.

    Along its own axes by `right_m`, `down_m` and `forward_m`; then it looks to the left by `yaw_deg`, up by `pitch_deg`, and is rolled about its
    axis, its right side down, by `roll_deg`. `focal` multiplies its focal lengths. It comes after the randomizer that chose the place.
    """

    name: ClassVar[str] = "camera-jitter"
    stage: ClassVar[Stage] = "view"

    right_m: Distribution = Normal(0, 0.005)
    down_m: Distribution = Normal(0, 0.005)
    forward_m: Distribution = Normal(0, 0.005)
    yaw_deg: Distribution = Normal(0, 0.3)
    pitch_deg: Distribution = Normal(0, 0.3)
    roll_deg: Distribution = Normal(0, 0.3)
    focal: Distribution = Constant(1)

    def __post_init__(self) -> None:
        require(self, -math.inf, math.inf, *_PLACES, *_ANGLES)
        require(self, 0.01, 100, "focal")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        return {name: getattr(self, name).sample(seed.child(name).rng()) for name in (*_PLACES, *_ANGLES, "focal")}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        pose = camera.world_from_camera
        (place,) = apply(pose.matrix, [[params[name] for name in _PLACES]]).tolist()
        moved = Pose(vec3(place), _turned(pose.rotation_wxyz, *(math.radians(params[name]) for name in _ANGLES)))
        fx, fy = (rounded(focal * params["focal"]) for focal in (camera.fx, camera.fy))
        return spec.replace(cameras=(replace(camera, world_from_camera=moved, fx=fx, fy=fy),))


def _turned(rotation: Quat, yaw: float, pitch: float, roll: float) -> Quat:
    """A camera's rotation turned about its own axes (right, down, forward), one after the other."""
    for axis, angle in (((0.0, -1.0, 0.0), yaw), ((1.0, 0.0, 0.0), pitch), ((0.0, 0.0, 1.0), roll)):
        rotation = quat_multiply(rotation, quat_from_axis_angle(axis, angle))
    w, x, y, z = (rounded(q) for q in normalize_quat(rotation))
    return (w, x, y, z)
