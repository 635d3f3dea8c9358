"""Cameras that are where they are mounted: in the room, or on a body, such as the hand of a robot."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.aim import focal_px, looking, vec3, with_camera
from diorama.randomizers.base import Context, Labelled, Select, Stage
from diorama.randomizers.distributions import Constant, Distribution, Normal, require, rounded
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Pose, SceneSpec
from diorama.sim.spec.tracks import motion_between
from diorama.sim.transforms import Vec3, cross, matrix_from_quat, normalize_quat, quat_from_axis_angle, quat_multiply


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One camera of a rig: at `position_m`, looking at `target_m`, with `up` upwards, in the axes of what it is mounted on."""

    position_m: Vec3
    target_m: Vec3
    up: Vec3 = (0.0, 0.0, 1.0)
    fov_deg: Distribution = Constant(50)

    def __post_init__(self) -> None:
        require(self, 1, 150, "fov_deg")
        if not all(math.isfinite(c) for c in (*self.position_m, *self.target_m, *self.up)):
            raise InvalidValue("position_m, target_m and up must be finite")
        forward = [t - p for t, p in zip(self.target_m, self.position_m, strict=True)]
        if math.hypot(*cross(forward, self.up)) < 1e-9 * math.hypot(*forward) * math.hypot(*self.up) or not any(forward) or not any(self.up):
            raise InvalidValue(
                f"target_m must differ from position_m, and not lie along up from it; got {self.position_m}, {self.target_m}, {self.up}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRig(Labelled):
    """Views by fixed cameras in turn: view 0 by the first, view 1 by the second, and again from the first on.

    They are mounted on the first body of those meant by `on`, and go where it goes, or stand in the world where `on` is none. Each is
    off by `position_error_m` along and by `angle_error_deg` about each of its own axes.
    """

    name: ClassVar[str] = "camera-rig"
    stage: ClassVar[Stage] = "view"

    cameras: tuple[Mount, ...] = (Mount(position_m=(0.0, -0.8, 1.7), target_m=(0.0, 0.0, 0.7)),)
    on: Select | None = None
    position_error_m: Distribution = Normal(0, 0.002)
    angle_error_deg: Distribution = Normal(0, 0.2)

    def __post_init__(self) -> None:
        if not self.cameras:
            raise InvalidValue("cameras must be one or more")
        require(self, -math.inf, math.inf, "position_error_m", "angle_error_deg")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        mount = self.cameras[context.view % len(self.cameras)]
        rotation = looking(mount.position_m, mount.target_m, up=mount.up)
        axes = matrix_from_quat(rotation)
        off = [self.position_error_m.sample(rng) for _ in range(3)]
        place = [p + sum(axes[i, k] * off[k] for k in range(3)) for i, p in enumerate(mount.position_m)]
        turn = [math.radians(self.angle_error_deg.sample(rng)) for _ in range(3)]
        angle = math.hypot(*turn)
        if angle:
            rotation = quat_multiply(rotation, quat_from_axis_angle(turn, angle))
        return {
            "position_m": list(vec3(place)),
            "rotation_wxyz": [rounded(q) for q in normalize_quat(rotation)],
            "focal_px": focal_px(spec, math.radians(mount.fov_deg.sample(rng))),
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        if self.on is None:
            return with_camera(spec, params)
        (camera,) = spec.cameras
        body = _body(self.on, spec)
        mounted = Pose(tuple(params["position_m"]), normalize_quat(params["rotation_wxyz"]))
        now = body.world_from_body.of(mounted)
        later = body.motion.moved(body.world_from_body, camera.flow_s).of(mounted)
        moving = with_camera(spec, {"position_m": now.position_m, "rotation_wxyz": now.rotation_wxyz, "focal_px": params["focal_px"]})
        motion = motion_between(now, later, camera.flow_s)
        return moving.replace(cameras=(replace(moving.cameras[0], motion=motion, carrier=body.name),))


def _body(on: Select, spec: SceneSpec) -> BodySpec:
    bodies = on.of(spec.bodies)
    if not bodies:
        names = ", ".join(sorted(b.name for b in spec.bodies)) or "nothing"
        raise InvalidValue(f"camera-rig: no body to mount on is like {on}; there are {names}")
    return bodies[0]
