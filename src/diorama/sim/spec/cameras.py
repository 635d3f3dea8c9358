"""Cameras."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from diorama.sim.errors import InvalidValue
from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.environment import Backdrop
from diorama.sim.spec.lidar import LidarSpec
from diorama.sim.spec.pose import Motion, Pose
from diorama.sim.spec.sensor import SensorSpec
from diorama.sim.transforms import Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class BrownConrady:
    """Radial and tangential distortion, as OpenCV writes it (its five coefficients are k1, k2, p1, p2, k3).

    The ideal point (x, y) = (X/Z, Y/Z), r^2 = x^2 + y^2, is seen at
    x (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x y + p2 (r^2 + 2 x^2), and likewise in y (Brown 1966).
    """

    kind: ClassVar[str] = "brown-conrady"
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0

    def __post_init__(self) -> None:
        check(finite(self.k1, self.k2, self.p1, self.p2, self.k3), self, "coefficients must be finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class KannalaBrandt:
    """A fisheye, as OpenCV's fisheye module writes it (Kannala and Brandt 2006).

    A ray at angle a from the axis is seen at the radius a (1 + k1 a^2 + k2 a^4 + k3 a^6 + k4 a^8), in focal lengths. Angles over
    90 degrees are seen as well; z-depth is negative there.
    """

    kind: ClassVar[str] = "kannala-brandt"
    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0

    def __post_init__(self) -> None:
        check(finite(self.k1, self.k2, self.k3, self.k4), self, "coefficients must be finite")


Distortion = BrownConrady | KannalaBrandt


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """A camera: x right, y down, z forward. Lengths in pixels, the top-left pixel's centre at (0.5, 0.5).

    A pinhole, or with `distortion` a real lens; that bends the picture and every label alike. Surfaces nearer than `near_m` or
    farther than `far_m` are not seen (z-depth; with `distortion` the distance along the ray).

    Points at the z-depth `focus_m` are sharp; others are blurred by an aperture of radius `aperture_m` (0: all is sharp; the
    focal length over twice the f-number). The shutter is open for `exposure_s`, evenly about the moment of the picture, and
    what moves meanwhile (`motion` of bodies and of the camera) is smeared. To lamps that flicker that moment is `time_s`. A rolling
    shutter takes `rolling_shutter_s` from the top edge to the bottom edge, evenly about the moment of the picture. Labels are exact
    at each row's moment, as through a pinhole in the aperture's middle. Optical flow tells where surfaces are `flow_s` later, or were
    that long before. Blur is the mean of `blur_samples` pictures. Where nothing is, the camera sees its `backdrop`, or without one
    what surrounds the scene. The body `carrier` is what it is mounted on, if it is; the body `unseen`, mostly the same, is not there for it: its
    shadow alone is. A `lidar` goes along with it.
    """

    name: str = "camera"
    width: int = 640
    height: int = 480
    fx: float = 600.0
    fy: float = 600.0
    cx: float = 320.0
    cy: float = 240.0
    world_from_camera: Pose = Pose()
    near_m: float = 0.01
    far_m: float = 1000.0
    distortion: Distortion | None = None
    aperture_m: float = 0.0
    focus_m: float = 1.0
    time_s: float = 0.0
    exposure_s: float = 0.0
    rolling_shutter_s: float = 0.0
    motion: Motion = Motion()
    flow_s: float = 1 / 30
    blur_samples: int = 16
    backdrop: Backdrop | None = None
    sensor: SensorSpec = SensorSpec()
    unseen: str | None = None
    carrier: str | None = None
    lidar: LidarSpec | None = None

    def __post_init__(self) -> None:
        check(self.width > 0 and self.height > 0, self, f"resolution must be positive, got {self.width}x{self.height}")
        check(finite(self.fx, self.fy, self.cx, self.cy) and min(self.fx, self.fy) > 0, self, f"fx and fy must be positive, got {self.fx}, {self.fy}")
        check(0 < self.near_m < self.far_m < math.inf, self, f"must have 0 < near_m < far_m < infinity, got {self.near_m}, {self.far_m}")

        check(finite(self.aperture_m) and self.aperture_m >= 0, self, f"aperture_m must be 0 or more, got {self.aperture_m}")
        check(finite(self.focus_m) and self.focus_m > 0, self, f"focus_m must be positive, got {self.focus_m}")
        check(finite(self.time_s), self, f"time_s must be finite, got {self.time_s}")
        for name in ("exposure_s", "rolling_shutter_s"):
            check(finite(getattr(self, name)) and getattr(self, name) >= 0, self, f"{name} must be 0 or more, got {getattr(self, name)}")
        check(finite(self.flow_s) and self.flow_s > 0, self, f"flow_s must be positive, got {self.flow_s}")
        check(1 <= self.blur_samples <= 1024, self, f"blur_samples must be in 1..1024, got {self.blur_samples}")

    @property
    def k(self) -> Matrix:
        """The (3, 3) intrinsic matrix."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def readout_s(self, v: float) -> float:
        """When the place `v` down the picture is read out, in seconds from its moment. Beyond the picture the readout goes on at the same pace."""
        return (v / self.height - 0.5) * self.rolling_shutter_s

    def resized(self, width: int, height: int) -> "CameraSpec":
        """The camera with another resolution, which shows the largest part of the picture, about its middle, that has these proportions."""
        scale = max(width / self.width, height / self.height)
        cx, cy = width / 2 + scale * (self.cx - self.width / 2), height / 2 + scale * (self.cy - self.height / 2)
        return replace(self, width=width, height=height, fx=scale * self.fx, fy=scale * self.fy, cx=cx, cy=cy)

    @classmethod
    def from_fov(cls, *, width: int, height: int, fov_y_rad: float, **fields: Any) -> "CameraSpec":
        """Square pixels, the principal point in the middle, `fov_y_rad` from the top edge to the bottom edge."""
        if not 0 < fov_y_rad < math.pi:
            raise InvalidValue(f"fov_y_rad must be between 0 and pi, got {fov_y_rad}")
        f = height / 2 / math.tan(fov_y_rad / 2)
        return cls(width=width, height=height, fx=f, fy=f, cx=width / 2, cy=height / 2, **fields)
