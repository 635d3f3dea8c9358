"""Rigid transforms, quaternions and projection, as plain NumPy and Python floats.

Names read `a_from_b`: a point given in frame b, multiplied by `a_from_b`, is in frame a. Quaternions are
wxyz. Cameras look along +z with x right and y down (OpenCV). The centre of the top-left pixel is (0.5, 0.5).

Two habits here keep results the same on every machine. Products of small matrices are written out
(`compose`) because BLAS picks other kernels, with other rounding, on other processors. Sines and cosines
come from `math`, one number at a time, and not from NumPy's vector code, which also differs by processor.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]
Matrix = NDArray[np.float64]


def compose(*transforms: ArrayLike) -> Matrix:
    """The product of (…, 4, 4) or (…, 3, 3) matrices from left to right, rounded alike on every processor."""
    first, *rest = (np.asarray(t, np.float64) for t in transforms)
    for t in rest:
        product = first[..., :, 0, None] * t[..., None, 0, :]
        for k in range(1, t.shape[-2]):
            product = product + first[..., :, k, None] * t[..., None, k, :]
        first = product
    return first


def invert(a_from_b: ArrayLike) -> Matrix:
    """The inverse of a rigid (…, 4, 4) transform: transposed rotation, rotated-back translation."""
    m = np.asarray(a_from_b, np.float64)
    out = np.zeros_like(m)
    rotation = np.swapaxes(m[..., :3, :3], -1, -2)
    out[..., :3, :3] = rotation
    out[..., :3, 3] = -compose(rotation, m[..., :3, 3:])[..., 0]
    out[..., 3, 3] = 1.0
    return out


def apply(a_from_b: ArrayLike, points_b: ArrayLike) -> Matrix:
    """Points (n, 3) of frame b, in frame a. Keeps float64."""
    m, p = np.asarray(a_from_b, np.float64), np.asarray(points_b, np.float64)
    return p[:, 0:1] * m[:3, 0] + p[:, 1:2] * m[:3, 1] + p[:, 2:3] * m[:3, 2] + m[:3, 3]


def matrix_from_quat(quat_wxyz: Sequence[float]) -> Matrix:
    """The (3, 3) rotation of a unit quaternion."""
    w, x, y, z = quat_wxyz
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quat_from_matrix(rotation: ArrayLike) -> Quat:
    """The unit quaternion, w >= 0, of a (3, 3) rotation (Shepperd's method: the largest of the four first)."""
    m = np.asarray(rotation, np.float64).tolist()
    trace = m[0][0] + m[1][1] + m[2][2]
    candidates = (trace, m[0][0], m[1][1], m[2][2])
    case = candidates.index(max(candidates))
    if case == 0:
        q = [1 + trace, m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]]
    else:
        i = case - 1
        j, k = (i + 1) % 3, (i + 2) % 3
        q = [m[k][j] - m[j][k], 0.0, 0.0, 0.0]
        q[1 + i] = 1 + 2 * m[i][i] - trace
        q[1 + j] = m[j][i] + m[i][j]
        q[1 + k] = m[k][i] + m[i][k]
    return normalize_quat(q)


def normalize_quat(quat_wxyz: Sequence[float]) -> Quat:
    """The quaternion scaled to length one, with w >= 0."""
    w, x, y, z = (float(v) for v in quat_wxyz)
    length = math.sqrt(w * w + x * x + y * y + z * z)
    s = math.copysign(1.0, w) / length
    return (w * s, x * s, y * s, z * s)


def quat_multiply(a: Sequence[float], b: Sequence[float]) -> Quat:
    """The Hamilton product: the rotation b, then the rotation a."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def quat_from_axis_angle(axis: Sequence[float], angle_rad: float) -> Quat:
    """The rotation by `angle_rad` about `axis` (any length but zero), right-handed."""
    x, y, z = axis
    s = math.sin(angle_rad / 2) / math.sqrt(x * x + y * y + z * z)
    return (math.cos(angle_rad / 2), x * s, y * s, z * s)


def normalize(v: Sequence[float]) -> Vec3:
    """The vector scaled to length one. Raises ZeroDivisionError for the zero vector."""
    x, y, z = v
    x, y, z = float(x), float(y), float(z)
    s = 1.0 / math.sqrt(x * x + y * y + z * z)
    return (x * s, y * s, z * s)


def cross(a: Sequence[float], b: Sequence[float]) -> Vec3:
    """The cross product of two 3-vectors."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def look_at(eye_m: Sequence[float], target_m: Sequence[float], up: Sequence[float] = (0.0, 0.0, 1.0)) -> Matrix:
    """The (4, 4) `world_from_camera` of a camera at `eye_m` whose +z axis meets `target_m`.

    `up` appears upwards in the image. When the view is along `up`, world +y (then +x) stands in for it.
    """
    forward = normalize([t - e for t, e in zip(target_m, eye_m, strict=True)])
    for candidate in (up, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)):
        right = cross(forward, candidate)
        if math.sqrt(sum(c * c for c in right)) > 1e-6:
            break
    right = normalize(right)
    down = cross(forward, right)
    out = np.eye(4)
    out[:3, 0], out[:3, 1], out[:3, 2], out[:3, 3] = right, down, forward, eye_m
    return out


def project(k: ArrayLike, points_camera: ArrayLike) -> Matrix:
    """Pinhole projection of (n, 3) camera-frame points by a (3, 3) K to (n, 2) pixels.

    Points at or behind the camera's plane have no image and come back as NaN.
    """
    k, p = np.asarray(k, np.float64), np.asarray(points_camera, np.float64)
    z = np.where(p[:, 2] > 0, p[:, 2], np.nan)
    return np.stack([k[0, 0] * p[:, 0] / z + k[0, 2], k[1, 1] * p[:, 1] / z + k[1, 2]], axis=1)
