"""Where things are, and how they move."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from diorama.sim.spec.checks import finite, refuse
from diorama.sim.transforms import Matrix, Quat, Vec3, apply, matrix_from_quat, normalize_quat, quat_from_axis_angle, quat_from_matrix, quat_multiply


@dataclass(frozen=True, slots=True)
class Pose:
    """A rigid placement. As `world_from_body`: where the body's origin is, and how its axes are turned.

    `position_m` in metres; `rotation_wxyz` a unit quaternion.
    """

    position_m: Vec3 = (0.0, 0.0, 0.0)
    rotation_wxyz: Quat = (1.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not finite(*self.position_m, *self.rotation_wxyz):
            refuse(self, f"must be finite, got {self.position_m}, {self.rotation_wxyz}")
        w, x, y, z = self.rotation_wxyz
        length = math.sqrt(w * w + x * x + y * y + z * z)
        if not abs(length - 1) < 1e-6:
            refuse(self, f"rotation_wxyz must have length 1, got {length}")

    @property
    def matrix(self) -> Matrix:
        """The (4, 4) float64 transform."""
        m = np.eye(4)
        m[:3, :3] = matrix_from_quat(self.rotation_wxyz)
        m[:3, 3] = self.position_m
        return m

    def of(self, other: "Pose") -> "Pose":
        """Both one after the other: `a_from_b.of(b_from_c)` is `a_from_c`."""
        x, y, z = (float(v) for v in apply(self.matrix, [other.position_m])[0])
        return Pose((x, y, z), normalize_quat(quat_multiply(self.rotation_wxyz, other.rotation_wxyz)))

    @classmethod
    def from_matrix(cls, matrix: Matrix) -> "Pose":
        """The pose of a rigid (4, 4) transform."""
        x, y, z = (float(v) for v in matrix[:3, 3])
        return cls((x, y, z), quat_from_matrix(matrix[:3, :3]))


def pose_matrices(poses: Iterable[Pose]) -> Matrix:
    """The (n, 4, 4) matrices of `poses`, those that each gives by itself to the bit."""
    numbers = np.array([pose.position_m + pose.rotation_wxyz for pose in poses]).reshape(-1, 7)
    w, x, y, z = numbers[:, 3:].T
    out = np.zeros((len(numbers), 4, 4))
    out[:, 0, 0], out[:, 0, 1], out[:, 0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
    out[:, 1, 0], out[:, 1, 1], out[:, 1, 2] = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
    out[:, 2, 0], out[:, 2, 1], out[:, 2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    out[:, :3, 3], out[:, 3, 3] = numbers[:, :3], 1.0
    return out


@dataclass(frozen=True, slots=True)
class Motion:
    """How something moves while it is photographed: steadily, in world axes.

    `linear_m_s` moves its origin, `angular_rad_s` (axis times rate) turns it about its origin.
    """

    linear_m_s: Vec3 = (0.0, 0.0, 0.0)
    angular_rad_s: Vec3 = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not finite(*self.linear_m_s, *self.angular_rad_s):
            refuse(self, f"must be finite, got {self.linear_m_s}, {self.angular_rad_s}")

    @property
    def is_still(self) -> bool:
        return not any(self.linear_m_s) and not any(self.angular_rad_s)

    def moved(self, pose: Pose, seconds: float) -> Pose:
        """The pose after (or, negative, before) this many seconds."""
        x, y, z = (p + v * seconds for p, v in zip(pose.position_m, self.linear_m_s, strict=True))
        rate = math.sqrt(sum(w * w for w in self.angular_rad_s))
        if rate == 0.0 or seconds == 0.0:
            return Pose((x, y, z), pose.rotation_wxyz)
        # Sines differ in their last bit from one C library to another.
        turn = [round(q, 12) for q in quat_from_axis_angle(self.angular_rad_s, rate * seconds)]
        return Pose((x, y, z), normalize_quat(quat_multiply(turn, pose.rotation_wxyz)))
