"""Rigs of vehicles: which cameras and scanners there are, what each is, and where it is mounted.

Numbers are those published with the data sets: KITTI's calibration of 2011-09-26 (Geiger et al., "Vision meets robotics", 2013), Cityscapes' camera
files, nuScenes' `calibrated_sensor` table. Where those count pixels from the first one's centre, half a pixel is added here. CamVid was filmed with a
4.2 mm lens before a third of an inch, 16:9, and stored in pictures of 4:3, which squeezes what they show.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from diorama.randomizers.distributions import rounded
from diorama.sim.errors import InvalidValue, UnknownName, suggestion
from diorama.sim.spec import LIDARS, LidarSpec, Pose
from diorama.sim.transforms import Quat, Vec3, normalize_quat, quat_from_axis_angle, quat_multiply

#: From a camera's axes (right, down, forward) to a vehicle's (forward, left, up).
_FORWARD: Quat = (0.5, -0.5, 0.5, -0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class RigLidar:
    """The laser scanner of a rig: one of `LIDARS` by its name, or one of your `own`. Where it is, and where its x axis looks, as of a `RigCamera`."""

    scanner: str = "hdl-64e"
    own: LidarSpec | None = None
    position_m: Vec3 = (0.0, 0.0, 1.8)
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        if self.scanner not in LIDARS:
            raise UnknownName(f'no laser scanner is called "{self.scanner}".{suggestion(self.scanner, LIDARS)}')
        numbers = (*self.position_m, self.yaw_deg, self.pitch_deg, self.roll_deg)
        if not all(map(math.isfinite, numbers)):
            raise InvalidValue(f"position and angles of a rig's scanner must be finite, got {numbers}")

    @property
    def spec(self) -> LidarSpec:
        return self.own or LIDARS[self.scanner]

    @property
    def pose(self) -> Pose:
        """On the vehicle, from the ground below its middle."""
        return Pose(self.position_m, turned(self.yaw_deg, self.pitch_deg, self.roll_deg))


@dataclass(frozen=True, slots=True, kw_only=True)
class RigCamera:
    """One camera of a rig.

    Its picture has `width` x `height` pixels; `fx`, `fy`, `cx` and `cy` are pixels of that, `fy` by default `fx`, and the principal point by
    default the middle. It is at `position_m` of the vehicle: forward of its middle, to the left of it, and above the ground. It looks forward, turned
    to the left by `yaw_deg`, then up by `pitch_deg`, its right side lowered by `roll_deg`.
    """

    name: str
    width: int
    height: int
    fx: float
    fy: float | None = None
    cx: float | None = None
    cy: float | None = None
    position_m: Vec3 = (0.0, 0.0, 1.5)
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    rolling_shutter_s: float = 0.0

    def __post_init__(self) -> None:
        def check(condition: bool, message: str) -> None:
            if not condition:
                raise InvalidValue(f"camera {self.name!r} of a rig: {message}")

        (fx, fy), (cx, cy) = self.focal_px, self.center_px
        check(bool(self.name), "name must not be empty")
        check(self.width > 0 and self.height > 0, f"its picture must have a size, got {self.width}x{self.height}")
        check(0 < fx < math.inf and 0 < fy < math.inf, f"focal lengths must be positive, got fx {fx:g} and fy {fy:g}")
        inside = 0 <= cx <= self.width and 0 <= cy <= self.height
        check(inside, f"the principal point must be within its picture of {self.width}x{self.height}, got ({cx:g}, {cy:g})")
        numbers = (*self.position_m, self.yaw_deg, self.pitch_deg, self.roll_deg)
        check(all(map(math.isfinite, numbers)), f"position and angles must be finite, got {numbers}")
        check(0 <= self.rolling_shutter_s < math.inf, f"rolling_shutter_s must be 0 or more, got {self.rolling_shutter_s}")

    @property
    def focal_px(self) -> tuple[float, float]:
        return self.fx, self.fx if self.fy is None else self.fy

    @property
    def center_px(self) -> tuple[float, float]:
        return self.width / 2 if self.cx is None else self.cx, self.height / 2 if self.cy is None else self.cy

    @property
    def rotation(self) -> Quat:
        """From the camera's axes to the vehicle's."""
        return quat_multiply(turned(self.yaw_deg, self.pitch_deg, self.roll_deg), _FORWARD)


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Quat:
    """The rotation of something that faces +x: to the left, then its nose up, then its right side down."""
    out: Quat = (1.0, 0.0, 0.0, 0.0)
    for axis, degrees in (((0.0, 0.0, 1.0), yaw_deg), ((0.0, -1.0, 0.0), pitch_deg), ((1.0, 0.0, 0.0), roll_deg)):
        out = quat_multiply(out, quat_from_axis_angle(axis, math.radians(degrees)))
    w, x, y, z = (rounded(q) for q in normalize_quat(out))
    return (w, x, y, z)


def check_rig(cameras: Sequence[RigCamera]) -> None:
    """Refuse cameras of the same name. Raises InvalidValue."""
    twice = sorted(name for name, times in Counter(camera.name for camera in cameras).items() if times > 1)
    if twice:
        raise InvalidValue(f"the cameras of a rig must have names of their own, {', '.join(twice)} appears more than once")


def rig(name: str) -> tuple[RigCamera, ...]:
    """The cameras of a preset. Raises UnknownName."""
    if name not in RIGS:
        raise UnknownName(f'no camera rig is called "{name}".{suggestion(name, RIGS)}')
    return RIGS[name]


def _kitti(name: str, left_m: float) -> RigCamera:
    # A Passat is 4.77 m long; the cameras are 1.03 m before its rear axle.
    return RigCamera(name=name, width=1242, height=375, fx=721.5377, cx=610.0593, cy=173.354, position_m=(-0.24, left_m, 1.65))


def _cityscapes(name: str, left_m: float) -> RigCamera:
    size = {"width": 2048, "height": 1024, "fx": 2262.52, "fy": 2265.3017905988554, "cx": 1097.48, "cy": 513.637}
    return RigCamera(name=name, **size, position_m=(0.3, left_m, 1.22), pitch_deg=-2.18)


def _nuscenes(name: str, yaw_deg: float, focal_px: float, center_px: tuple[float, float], position_m: Vec3) -> RigCamera:
    # Its positions are from the rear axle of a Zoe, 1.39 m behind the middle.
    x, y, z = position_m
    cx, cy = (c + 0.5 for c in center_px)
    return RigCamera(name=name, width=1600, height=900, fx=focal_px, cx=cx, cy=cy, position_m=(x - 1.39, y, z), yaw_deg=yaw_deg)


RIGS: dict[str, tuple[RigCamera, ...]] = {
    "kitti": (_kitti("cam2", 0.06), _kitti("cam3", 0.06 - 0.5327)),
    "cityscapes": (_cityscapes("left", 0.1), _cityscapes("right", 0.1 - 0.209313)),
    "nuscenes": (
        _nuscenes("CAM_FRONT", 0, 1266.417, (816.267, 491.507), (1.701, 0.016, 1.511)),
        _nuscenes("CAM_FRONT_LEFT", 55, 1272.598, (826.615, 479.752), (1.524, 0.495, 1.509)),
        _nuscenes("CAM_FRONT_RIGHT", -55, 1260.847, (807.968, 495.334), (1.551, -0.493, 1.496)),
        _nuscenes("CAM_BACK", 180, 809.221, (829.220, 481.778), (0.028, 0.003, 1.579)),
        _nuscenes("CAM_BACK_LEFT", 110, 1256.741, (792.113, 492.776), (1.036, 0.485, 1.591)),
        _nuscenes("CAM_BACK_RIGHT", -110, 1259.514, (807.253, 501.196), (1.015, -0.481, 1.562)),
    ),
    "camvid": (RigCamera(name="windscreen", width=480, height=360, fx=385.5, fy=514.0, position_m=(0.35, -0.35, 1.3), pitch_deg=-1.0),),
    "dashcam": (RigCamera(name="dashcam", width=1920, height=1080, fx=960.0, position_m=(0.45, -0.1, 1.28), pitch_deg=-2.0),),
}

#: Scanners of those rigs that have one. nuScenes' turns twice as fast.
RIG_LIDARS: dict[str, RigLidar] = {
    "kitti": RigLidar(scanner="hdl-64e", position_m=(-0.51, 0.0, 1.73)),
    "nuscenes": RigLidar(own=replace(LIDARS["hdl-32e"], columns=1085, turn_s=0.05), position_m=(0.944 - 1.39, 0.0, 1.84)),
}
