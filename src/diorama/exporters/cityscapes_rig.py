"""Cityscapes' numbers of cameras and of the vehicle that carries them.

A vehicle's axes are forward, left and up (ISO 8855), its origin on the ground. Here that is below the middle of what carries the camera, or where
nothing does, below the camera itself, which then looks ahead.
"""

import math
from typing import Any

import numpy as np

from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.transforms import Matrix, compose, invert

#: Where the world's middle is, on a ball.
_LATITUDE_DEG, _LONGITUDE_DEG, _EARTH_RADIUS_M = 48.7758, 9.1829, 6378137.0

#: From Cityscapes' axes of a camera (forward, left, up) to ours (right, down, forward).
_CAMERA_FROM_AHEAD = np.array([[0.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def calibration(spec: SceneSpec, camera: CameraSpec, right: CameraSpec | None) -> dict[str, Any]:
    """``*_camera.json``: where the camera is on the vehicle, by Rz(yaw) Ry(pitch) Rx(roll), and its intrinsics, which count from the first pixel's
    centre.
    """
    pose = compose(invert(_world_from_vehicle(spec, camera)), camera.world_from_camera.matrix, _CAMERA_FROM_AHEAD)
    roll, pitch, yaw = _angles(pose)
    extrinsic = {"baseline": 0.0 if right is None else baseline_m(camera, right)}
    extrinsic |= {"pitch": pitch, "roll": roll, "x": float(pose[0, 3]), "y": float(pose[1, 3]), "yaw": yaw, "z": float(pose[2, 3])}
    intrinsic = {"fx": camera.fx, "fy": camera.fy, "u0": camera.cx - 0.5, "v0": camera.cy - 0.5}
    return {"extrinsic": _rounded(extrinsic), "intrinsic": _rounded(intrinsic)}


def baseline_m(left: CameraSpec, right: CameraSpec) -> float:
    """How far the right camera is to the right of the left one."""
    return float(compose(invert(left.world_from_camera.matrix), right.world_from_camera.matrix)[0, 3])


def odometry(spec: SceneSpec, camera: CameraSpec) -> dict[str, Any]:
    """``*_vehicle.json``: heading (degrees clockwise from north), place, speed ahead and yaw rate to the left.

    The world's middle is in Stuttgart, its x to the east.
    """
    pose = _world_from_vehicle(spec, camera)
    motion = next((body.motion for body in spec.bodies if body.name == camera.carrier), camera.motion)
    x, y, _ = pose[:3, 3].tolist()
    across = _EARTH_RADIUS_M * math.cos(math.radians(_LATITUDE_DEG))
    return _rounded(
        {
            "gpsHeading": (90 - math.degrees(math.atan2(float(pose[1, 0]), float(pose[0, 0])))) % 360,
            "gpsLatitude": _LATITUDE_DEG + math.degrees(y / _EARTH_RADIUS_M),
            "gpsLongitude": _LONGITUDE_DEG + math.degrees(x / across),
            "speed": sum(v * float(a) for v, a in zip(motion.linear_m_s, pose[:3, 0], strict=True)),
            "yawRate": sum(w * float(a) for w, a in zip(motion.angular_rad_s, pose[:3, 2], strict=True)),
        }
    )


def _world_from_vehicle(spec: SceneSpec, camera: CameraSpec) -> Matrix:
    """Level with the vehicle, or with the ground."""
    carriers = [body for body in spec.bodies if body.name == camera.carrier]
    pose = carriers[0].world_from_body.matrix if carriers else compose(camera.world_from_camera.matrix, _CAMERA_FROM_AHEAD)
    x, y, z = pose[:3, 3].tolist()
    ground = 0.0 if spec.roads is None else spec.roads.ground_m(x, y)
    if carriers:
        # Straight down its own axis to the ground.
        down = (z - ground) / float(pose[2, 2]) if pose[2, 2] > 0.1 else z - ground
        out = pose.copy()
        out[:3, 3] = pose[:3, 3] - down * pose[:3, 2]
        return out
    ahead = math.sqrt(float(pose[0, 0]) ** 2 + float(pose[1, 0]) ** 2)
    c, s = (float(pose[0, 0]) / ahead, float(pose[1, 0]) / ahead) if ahead > 0 else (1.0, 0.0)
    return np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, ground], [0.0, 0.0, 0.0, 1.0]])


def _angles(pose: Matrix) -> tuple[float, float, float]:
    """Roll, pitch and yaw."""
    pitch = math.asin(max(-1.0, min(1.0, -float(pose[2, 0]))))
    return math.atan2(float(pose[2, 1]), float(pose[2, 2])), pitch, math.atan2(float(pose[1, 0]), float(pose[0, 0]))


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 9) + 0.0 for name, value in values.items()}
