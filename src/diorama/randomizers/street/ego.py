"""A vehicle that is not there: a place on a lane, and where that goes as time passes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from diorama.randomizers.distributions import rounded
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import Lane, Pose, RoadMap
from diorama.sim.spec.roads import Polyline, along, lengths_m
from diorama.sim.transforms import cross, normalize, quat_from_matrix

#: Its axles are so far before and behind its middle, and on the middle of the lane.
_AXLE_M = 1.35


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualEgo:
    """`way_m` along some `lanes`, one after the other, at the moment `time_s`; it goes on steadily, and stops at the end of the last."""

    lanes: tuple[str, ...]
    way_m: float
    speed_m_s: float
    time_s: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, roads: RoadMap, speed_m_s: float, time_s: float, seconds: float) -> Self:
        """Anywhere on the lanes that are driven on, away from junctions if it can be, with enough lanes before it for so many seconds.

        Raises InvalidValue when the map has no such lane.
        """
        driven = [lane for lane in roads.lanes if lane.kind == "drive"]
        open_road = [lane for lane in driven if not lane.junction] or driven
        if not open_road:
            raise InvalidValue("vehicle-rig: the scene has no vehicle to mount on, and its roads no lane of the kind drive")
        lengths = [lengths_m(lane.points_m)[-1] for lane in open_road]
        left = rng.random() * math.fsum(lengths)
        number = 0
        while number < len(lengths) - 1 and left >= lengths[number]:
            left -= lengths[number]
            number += 1
        way = min(left, lengths[number])
        names = [open_road[number].name]
        ahead, by_name = lengths[number] - way, {lane.name: lane for lane in driven}
        while ahead < speed_m_s * seconds + 2 * _AXLE_M:
            onward = [name for name in by_name[names[-1]].next if name in by_name]
            if not onward:
                break
            names.append(onward[int(rng.random() * len(onward))])
            ahead += lengths_m(by_name[names[-1]].points_m)[-1]
        return cls(lanes=tuple(names), way_m=rounded(way), speed_m_s=speed_m_s, time_s=time_s)

    def to_json(self) -> dict[str, Any]:
        """Its numbers, as `VirtualEgo(**...)` takes them again."""
        return {"lanes": list(self.lanes), "way_m": self.way_m, "speed_m_s": self.speed_m_s, "time_s": self.time_s}

    def pose(self, roads: RoadMap, time_s: float) -> Pose:
        """Where it is at a moment: on the ground below its middle, +x forward and +z upright on the road."""
        points = _joined([roads.lane(name) for name in self.lanes])
        lengths = lengths_m(points)
        way = min(max(self.way_m + self.speed_m_s * (time_s - self.time_s), 0.0), lengths[-1])
        (rear_x, rear_y), _ = along(points, way - _AXLE_M, lengths)
        (front_x, front_y), _ = along(points, way + _AXLE_M, lengths)
        x, y = (rear_x + front_x) / 2, (rear_y + front_y) / 2
        up = roads.terrain.normal(x, y)
        left = normalize(cross(up, (front_x - rear_x, front_y - rear_y, 0.0)))
        forward = cross(left, up)
        turn = [[forward[i], left[i], up[i]] for i in range(3)]
        return Pose((x, y, roads.ground_m(x, y)), quat_from_matrix(turn))


def _joined(lanes: Sequence[Lane]) -> Polyline:
    """The middle of lanes, one after the other. Points in the same place are one."""
    out = [lanes[0].points_m[0]]
    for lane in lanes:
        out += [point for before, point in zip((out[-1], *lane.points_m), lane.points_m, strict=False) if math.dist(before, point) > 1e-6]
    return tuple(out)
