"""The way of a track, gone along at other speeds."""

import math
from bisect import bisect_right
from collections.abc import Callable

from diorama.randomizers.distributions import rounded
from diorama.sim.spec import Change, Pose, Track
from diorama.sim.transforms import matrix_from_quat

#: Poses are this far apart in time.
_STEP_S = 0.1


class Path:
    """Where a track leads, whenever; from its end on straight ahead, the body's +x."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self._ways = [0.0]
        for a, b in zip(track.poses[:-1], track.poses[1:], strict=True):
            self._ways.append(self._ways[-1] + math.dist(a.position_m, b.position_m))

    def pose(self, way_m: float) -> Pose:
        """So many metres from its beginning."""
        if way_m >= self._ways[-1]:
            return ahead(self.track.poses[-1], way_m - self._ways[-1])
        number = max(bisect_right(self._ways, way_m) - 1, 0)
        low, high = self._ways[number], self._ways[number + 1]
        start, end = self.track.times_s[number], self.track.times_s[number + 1]
        return self.track.pose(start + (end - start) * (way_m - low) / (high - low))

    def retimed(self, way_m: Callable[[float], float], until_s: float, changes: tuple[Change, ...] = ()) -> Track:
        """A track along it that has come `way_m` by each moment from 0 s to `until_s`."""
        count = max(math.ceil(until_s / _STEP_S - 1e-9), 1)
        times = [rounded(until_s * k / count) for k in range(count + 1)]
        return Track(body=self.track.body, times_s=tuple(times), poses=tuple(self.pose(way_m(t)) for t in times), changes=changes)


def ahead(pose: Pose, way_m: float) -> Pose:
    """The pose so many metres on, the way its +x points."""
    axes = matrix_from_quat(pose.rotation_wxyz)
    x, y, z = (p + way_m * float(axes[i, 0]) for i, p in enumerate(pose.position_m))
    return Pose((x, y, z), pose.rotation_wxyz)


def braking(speed_m_s: float, from_s: float, by_m_s2: float) -> Callable[[float], float]:
    """How far one comes who drives on at a speed, and brakes to a stop from a moment on."""

    def way(time_s: float) -> float:
        braked = min(max(time_s - from_s, 0.0), speed_m_s / by_m_s2)
        return speed_m_s * (min(time_s, from_s) + braked) - by_m_s2 / 2 * braked * braked

    return way
