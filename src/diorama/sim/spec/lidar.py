"""Laser scanners that turn."""

import math
from dataclasses import dataclass

from diorama.sim.spec.checks import check, check_share, finite
from diorama.sim.spec.pose import Pose

#: More rays a turn than any scanner has.
_MOST_RAYS = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class LidarSpec:
    """A scanner whose beams turn about its z axis (x forward, y left, z up), where `camera_from_lidar` has it go along with a camera.

    A turn takes `turn_s`, evenly about the moment of the picture: clockwise as seen from above, it begins and ends at the back, and looks forward at
    that moment. In it all beams, at `elevations_rad` above the horizon, are fired `columns` times. While it turns, the scanner and what it sees
    move as they do. Points are where they are found in its frame of that moment; or, with `raw`, in its frame as it is when they are found.

    Seen is what is between `min_range_m` and `max_range_m` and sends back enough: a surface of the reflectance 0.1, face on, can just be seen
    `reach_m` away through clear air. Distances are off by `range_noise_m`, and intensities by `intensity_noise` (standard deviations). The share
    `drop_out` of all returns is lost by chance. `noise_seed` decides on both. A beam is `beam_rad` wide, and finds no holes smaller than that.
    """

    elevations_rad: tuple[float, ...]
    camera_from_lidar: Pose = Pose()
    columns: int = 1800
    turn_s: float = 0.1
    min_range_m: float = 0.5
    max_range_m: float = 100.0
    reach_m: float = 50.0
    range_noise_m: float = 0.02
    intensity_noise: float = 0.01
    drop_out: float = 0.02
    beam_rad: float = 0.002
    raw: bool = False
    noise_seed: int = 0

    def __post_init__(self) -> None:
        angles = self.elevations_rad
        check(bool(angles) and finite(*angles) and max(map(abs, angles)) < math.pi / 2, self, "elevations_rad must be angles between -pi/2 and pi/2")
        check(self.columns > 0, self, f"columns must be positive, got {self.columns}")
        check(self.columns * len(angles) <= _MOST_RAYS, self, f"{len(angles)} beams fired {self.columns} times are more than {_MOST_RAYS} rays")
        for name in ("turn_s", "reach_m", "beam_rad"):
            check(finite(getattr(self, name)) and getattr(self, name) > 0, self, f"{name} must be positive, got {getattr(self, name)}")
        ranges = (self.min_range_m, self.max_range_m)
        check(0 <= ranges[0] < ranges[1] < math.inf, self, f"must have 0 <= min_range_m < max_range_m < infinity, got {ranges[0]}, {ranges[1]}")
        for name in ("range_noise_m", "intensity_noise"):
            check(finite(getattr(self, name)) and getattr(self, name) >= 0, self, f"{name} must be 0 or more, got {getattr(self, name)}")
        check_share(self, "drop_out", self.drop_out)
        check(0 <= self.noise_seed < 2**32, self, f"noise_seed must be in 0..2^32 - 1, got {self.noise_seed}")


def _radians(degrees: list[float]) -> tuple[float, ...]:
    """Lowest first."""
    return tuple(math.radians(angle) for angle in sorted(degrees))


#: The Alpha Prime's beams, as its maker's table has them: dense about the horizon.
_VLS_128 = """
-25 -19.582 -16.042 -13.565 -11.742 -10.346 -9.244 -8.352 -7.65 -7.15 -6.85 -6.65 -6.5 -6.39 -6.28 -6.17 -6.06 -5.95 -5.84 -5.73 -5.62 -5.51 -5.4
-5.29 -5.18 -5.07 -4.96 -4.85 -4.74 -4.63 -4.52 -4.41 -4.3 -4.19 -4.08 -3.97 -3.86 -3.75 -3.64 -3.53 -3.42 -3.31 -3.2 -3.09 -2.98 -2.87 -2.76 -2.65
-2.54 -2.43 -2.32 -2.21 -2.1 -1.99 -1.88 -1.77 -1.66 -1.55 -1.44 -1.33 -1.22 -1.11 -1 -0.89 -0.78 -0.67 -0.56 -0.45 -0.34 -0.23 -0.12 -0.01 0.1 0.21
0.32 0.43 0.54 0.65 0.76 0.87 0.98 1.09 1.2 1.31 1.42 1.53 1.64 1.75 1.86 1.97 2.08 2.19 2.3 2.41 2.52 2.63 2.74 2.85 2.96 3.07 3.18 3.29 3.4 3.51
3.62 3.73 3.84 3.95 4.06 4.17 4.28 4.39 4.5 4.61 4.72 4.83 4.98 5.18 5.43 5.73 6.08 6.48 6.98 7.58 8.43 9.7 11.75 15
"""

#: Scanners of Velodyne by their names, with the beams and limits of their manuals; ten turns a second.
LIDARS: dict[str, LidarSpec] = {
    "vlp-16": LidarSpec(elevations_rad=_radians([-15.0 + 2 * i for i in range(16)]), columns=1800, max_range_m=100.0, range_noise_m=0.015),
    "hdl-32e": LidarSpec(elevations_rad=_radians([10.67 - 4 * i / 3 for i in range(32)]), columns=2169, max_range_m=100.0, range_noise_m=0.01),
    # The upper block of lasers is a third of a degree apart, the lower one half a degree.
    "hdl-64e": LidarSpec(
        elevations_rad=_radians([2.0 - i / 3 for i in range(32)] + [-8.83 - i / 2 for i in range(32)]),
        columns=2083,
        max_range_m=120.0,
        min_range_m=0.9,
    ),
    "vls-128": LidarSpec(
        elevations_rad=_radians([float(angle) for angle in _VLS_128.split()]), columns=1800, max_range_m=245.0, reach_m=100.0, range_noise_m=0.015
    ),
}
