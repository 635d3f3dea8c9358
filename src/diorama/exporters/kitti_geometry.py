"""KITTI's geometry: boxes upright in the camera's frame, calibration, the ground, and what an inertial unit would measure.

Axes of cameras are right, down, forward, as everywhere here; of the laser scanner and of the inertial unit forward, left, up. KITTI counts pixels
from the middle of the first one, and so half a pixel less than cameras here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diorama.sim.errors import InvalidValue
from diorama.sim.spec import CameraSpec, Motion, Pose, SceneSpec
from diorama.sim.transforms import Matrix, apply, compose, invert

#: More than this, a body's axis leans from upright, and its box is that of an upright one around it.
_LEANS = math.cos(math.radians(20))
#: Where a scanner would be that a camera does not carry, and the inertial unit in the scanner's frame (metres; KITTI's car).
_CAMERA_FROM_VELODYNE = np.array([[0.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, -0.08], [1.0, 0.0, 0.0, -0.27], [0.0, 0.0, 0.0, 1.0]])
VELODYNE_FROM_IMU = np.array([[1.0, 0.0, 0.0, -0.81], [0.0, 1.0, 0.0, 0.32], [0.0, 0.0, 1.0, -0.80], [0.0, 0.0, 0.0, 1.0]])

#: Karlsruhe, where sequences begin.
_LATITUDE_DEG, _LONGITUDE_DEG, _ALTITUDE_M = 49.011212, 8.422885, 112.0
_EARTH_RADIUS_M = 6378137.0


@dataclass(frozen=True, slots=True)
class UprightBox:
    """A box that stands upright in the camera's frame: `size_m` (height, width, length), the middle of its bottom `location_m`, and its length's
    angle about the camera's y axis `rotation_rad`, from -pi to pi: 0 is to the right, and -pi/2 away from the camera.
    """

    size_m: tuple[float, float, float]
    location_m: tuple[float, float, float]
    rotation_rad: float

    @property
    def alpha_rad(self) -> float:
        """The angle at which it is seen: that of its length, less its direction's."""
        x, _, z = self.location_m
        return wrapped(self.rotation_rad - math.atan2(x, z))


def wrapped(angle_rad: float) -> float:
    """The same angle in -pi..pi."""
    return math.remainder(angle_rad, 2 * math.pi)


def upright_box(pose: Matrix, size_m: Matrix, center_m: Matrix) -> UprightBox:
    """The box of a body, given its (4, 4) pose in the camera's frame, and the size and the middle of its own box in its axes.

    It is its own box where it stands upright, its size kept; of one that leans, the one around that.
    """
    x, y, z = size_m.tolist()
    ahead = pose[:3, 0].tolist()
    if abs(ahead[0]) + abs(ahead[2]) < 1e-9:
        ahead = pose[:3, 2].tolist()  # it stands on its nose
    rotation = math.atan2(-ahead[2], ahead[0])
    if -pose[1, 2] >= _LEANS:
        bottom = apply(pose, [(center_m[0], center_m[1], center_m[2] - z / 2)])[0].tolist()
        return UprightBox((z, y, x), (bottom[0], bottom[1], bottom[2]), rotation)
    signs = np.array([(i, j, k) for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
    c, s = math.cos(rotation), math.sin(rotation)
    turn = np.array([[c, 0.0, -s, 0.0], [0.0, 1.0, 0.0, 0.0], [s, 0.0, c, 0.0], [0.0, 0.0, 0.0, 1.0]])  # box from camera
    corners = apply(turn, apply(pose, center_m + signs * size_m))
    low, high = corners.min(axis=0), corners.max(axis=0)
    length, height, width = (high - low).tolist()
    middle = ((low + high) / 2).tolist()
    at = apply(invert(turn), [(middle[0], float(high[1]), middle[2])])[0].tolist()
    return UprightBox((height, width, length), (at[0], at[1], at[2]), rotation)


# --- calibration --------------------------------------------------------------------------------------------


def projection(camera: CameraSpec, right_m: float = 0.0) -> Matrix:
    """(3, 4): pixels of a camera so far to the right of the first, from the first one's frame. Raises InvalidValue for a lens that is no pinhole."""
    if camera.distortion is not None:
        raise InvalidValue(f"kitti: {camera.name} has a lens that bends the picture, and the format holds rectified ones. Leave its distortion out.")
    cx, cy = camera.cx - 0.5, camera.cy - 0.5
    return np.array([[camera.fx, 0.0, cx, -camera.fx * right_m], [0.0, camera.fy, cy, 0.0], [0.0, 0.0, 1.0, 0.0]])


def baseline_m(left: CameraSpec, right: CameraSpec) -> float:
    """How far a camera is to the right of another. Raises InvalidValue where they are no rectified pair."""
    right_in_left = compose(invert(left.world_from_camera.matrix), right.world_from_camera.matrix)
    x, y, z = right_in_left[:3, 3].tolist()
    alike = (left.fx, left.fy, left.cx, left.cy) == (right.fx, right.fy, right.cx, right.cy)
    straight = float(np.abs(right_in_left[:3, :3] - np.eye(3)).max()) < 1e-6 and max(abs(y), abs(z)) < 1e-6
    if not (alike and straight and x > 0 and left.time_s == right.time_s):
        raise InvalidValue(
            f"kitti: {left.name} and {right.name} are no stereo pair: the second must be the first one moved to its right, at the same moment. "
            "Use a rig of two such cameras without errors of their own (vehicle-rig: preset kitti), or set stereo to false."
        )
    return x


def camera_from_velodyne(camera: CameraSpec) -> Matrix:
    """(4, 4), the scanner's pose in the camera's frame; where KITTI's would be if it has none."""
    return _CAMERA_FROM_VELODYNE if camera.lidar is None else camera.lidar.camera_from_lidar.matrix


def ground_plane(spec: SceneSpec, camera: CameraSpec) -> tuple[float, float, float, float]:
    """(a, b, c, d) of the ground below the camera, in its frame: a x + b y + c z + d = 0, (a, b, c) of length one and upwards."""
    assert spec.roads is not None
    pose = camera.world_from_camera
    x, y, z = pose.position_m
    up = spec.roads.terrain.normal(x, y)
    normal = [sum(float(pose.matrix[i, k]) * up[i] for i in range(3)) for k in range(3)]
    return (normal[0], normal[1], normal[2], up[2] * (z - spec.roads.ground_m(x, y)))


# --- the inertial unit --------------------------------------------------------------------------------------


def oxts(cameras: Sequence[CameraSpec]) -> list[list[float]]:
    """The 30 numbers of KITTI's ``oxts`` for each of a sequence's pictures by one camera.

    The first is in Karlsruhe, with the world's x to the east. Positions are Mercator's, as KITTI's development kit reads them; accelerations are
    left out but for gravity.
    """
    first = _world_from_imu(cameras[0])
    scale = math.cos(math.radians(_LATITUDE_DEG)) * _EARTH_RADIUS_M
    north = scale * math.log(math.tan(math.radians(90 + _LATITUDE_DEG) / 2))
    rows = []
    for camera in cameras:
        pose = _world_from_imu(camera)
        east, ahead, up = (pose[:3, 3] - first[:3, 3]).tolist()
        latitude = 2 * math.degrees(math.atan(math.exp((north + ahead) / scale))) - 90
        longitude = _LONGITUDE_DEG + math.degrees(east / scale)
        roll, pitch, yaw = _angles(pose)
        velocity, spin = _velocity(camera.motion, camera.world_from_camera, pose), camera.motion.angular_rad_s
        ve, vn, _ = velocity
        vf, vl, vu = (sum(velocity[i] * float(pose[i, k]) for i in range(3)) for k in range(3))
        wf, wl, wu = (sum(spin[i] * float(pose[i, k]) for i in range(3)) for k in range(3))
        place = [latitude, longitude, _ALTITUDE_M + up, roll, pitch, yaw]
        gravity = [9.81 * float(pose[2, k]) for k in range(3)]
        rows.append([*place, vn, ve, vf, vl, vu, *gravity, *gravity, wf, wl, wu, wf, wl, wu, 0.05, 0.01, 4, 10, 4, 4, 0])
    return rows


def _world_from_imu(camera: CameraSpec) -> Matrix:
    return compose(camera.world_from_camera.matrix, camera_from_velodyne(camera), VELODYNE_FROM_IMU)


def _angles(pose: Matrix) -> tuple[float, float, float]:
    """Roll, pitch and yaw of Rz(yaw) Ry(pitch) Rx(roll)."""
    pitch = math.asin(max(-1.0, min(1.0, -float(pose[2, 0]))))
    return math.atan2(float(pose[2, 1]), float(pose[2, 2])), pitch, math.atan2(float(pose[1, 0]), float(pose[0, 0]))


def _velocity(motion: Motion, camera: Pose, imu: Matrix) -> tuple[float, float, float]:
    """Of a point that turns with the camera."""
    (vx, vy, vz), (wx, wy, wz) = motion.linear_m_s, motion.angular_rad_s
    x, y, z = (imu[:3, 3] - np.array(camera.position_m)).tolist()
    return vx + wy * z - wz * y, vy + wz * x - wx * z, vz + wx * y - wy * x
