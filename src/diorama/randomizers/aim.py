"""What camera randomizers have in common: what there is to look at, and turning a camera towards it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from diorama.randomizers.bounds import radius, support_box
from diorama.randomizers.distributions import rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import Pose, SceneSpec
from diorama.sim.spec.tracks import motion_between
from diorama.sim.transforms import Quat, Vec3, look_at, normalize_quat, quat_from_axis_angle, quat_from_matrix, quat_multiply

#: The share of the objects' distances from their middle that counts as their extent; strays further out do not.
_SHARE_IN_VIEW = 0.8


def subject(spec: SceneSpec, library: AssetLibrary) -> tuple[Vec3, float]:
    """The middle of the objects, and the radius of a ball about it that holds most of them. Without objects, the table top's."""
    bodies = [b for b in spec.bodies if b.category is not None]
    if not bodies:
        table = support_box(spec, library)
        return (table.middle[0], table.middle[1], table.high[2]), rounded((table.high[0] - table.low[0]) / 2)
    center = vec3(math.fsum(b.world_from_body.position_m[axis] for b in bodies) / len(bodies) for axis in range(3))
    reaches = sorted(math.dist(center, b.world_from_body.position_m) + radius(b, library) for b in bodies)
    return center, rounded(reaches[math.ceil(_SHARE_IN_VIEW * len(reaches)) - 1])


def filling_distance_m(spec: SceneSpec, extent_m: float, fov_y_rad: float, fill: float) -> float:
    """From how far a ball of this radius fills a share of the camera's shorter side."""
    (camera,) = spec.cameras
    narrow = math.atan(math.tan(fov_y_rad / 2) * min(1.0, camera.width / camera.height))
    return extent_m / (fill * math.tan(narrow))


def looking(eye_m: Sequence[float], target_m: Sequence[float], *, roll_rad: float = 0.0, up: Sequence[float] = (0.0, 0.0, 1.0)) -> Quat:
    """The rotation of a camera at `eye_m` that has `target_m` in its middle, `up` upwards, and is then rolled about its axis."""
    turned = quat_multiply(quat_from_matrix(look_at(eye_m, target_m, up)[:3, :3]), quat_from_axis_angle((0.0, 0.0, 1.0), roll_rad))
    w, x, y, z = (rounded(q) for q in normalize_quat(turned))
    return (w, x, y, z)


def with_camera(spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
    """The scene with its one camera where ``position_m`` and ``rotation_wxyz`` say, of ``focal_px`` if that is given."""
    (camera,) = spec.cameras
    changes: dict[str, Any] = {"world_from_camera": Pose(tuple(params["position_m"]), tuple(params["rotation_wxyz"]))}
    if "focal_px" in params:
        changes |= {"fx": params["focal_px"], "fy": params["focal_px"]}
    return spec.replace(cameras=(replace(camera, **changes),))


def under_way(spec: SceneSpec, pose_at: Callable[[float], Pose]) -> SceneSpec:
    """The scene with its one camera where `pose_at` says for the camera's moment, in the motion that takes it to where it says for `flow_s` later."""
    (camera,) = spec.cameras
    now, later = pose_at(camera.time_s), pose_at(camera.time_s + camera.flow_s)
    return spec.replace(cameras=(replace(camera, world_from_camera=now, motion=motion_between(now, later, camera.flow_s)),))


def focal_px(spec: SceneSpec, fov_y_rad: float) -> float:
    """The focal length at which the camera's picture is `fov_y_rad` high."""
    (camera,) = spec.cameras
    return rounded(camera.height / 2 / math.tan(fov_y_rad / 2))


def vec3(values: Iterable[float]) -> Vec3:
    """Three numbers, rounded."""
    x, y, z = (rounded(v) for v in values)
    return (x, y, z)
