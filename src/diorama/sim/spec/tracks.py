"""How bodies move over the seconds that a scene is watched, and what happens in it."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.pose import Motion, Pose
from diorama.sim.spec.shapes import Shape
from diorama.sim.transforms import Vec3, normalize_quat, quat_multiply

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From `time_s` on a body has another shape, other attributes, or both. None leaves what was."""

    time_s: float
    shape: Shape | None = None
    attributes: Attributes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Where a body is, moment by moment.

    It is at `poses[i]` at `times_s[i]` (rising), goes steadily from one to the next, and stays before the first and after the last. With
    its `changes` (in order of time) it becomes something else: a walker takes another step, a signal another state.
    """

    body: str
    times_s: tuple[float, ...] = ()
    poses: tuple[Pose, ...] = ()
    changes: tuple[Change, ...] = field(default=())

    def __post_init__(self) -> None:
        check(len(self.times_s) == len(self.poses), self, f"{self.body}: {len(self.times_s)} times_s and {len(self.poses)} poses must be as many")
        check(finite(*self.times_s) and all(a < b for a, b in pairwise(self.times_s)), self, f"{self.body}: times_s must be finite, and rise")
        moments = [c.time_s for c in self.changes]
        check(finite(*moments) and all(a <= b for a, b in pairwise(moments)), self, f"{self.body}: changes must be in order of time")

    def pose(self, time_s: float) -> Pose:
        """Where it is at a moment. Raises InvalidValue where there are no poses."""
        check(bool(self.poses), self, f"{self.body}: has no poses")
        after = bisect_right(self.times_s, time_s)
        if after == 0 or after == len(self.poses):
            return self.poses[max(after - 1, 0)]
        start, end = self.times_s[after - 1], self.times_s[after]
        return motion_between(self.poses[after - 1], self.poses[after], end - start).moved(self.poses[after - 1], time_s - start)

    def changed(self, time_s: float) -> Change:
        """What it has become by a moment."""
        shape = attributes = None
        for change in self.changes:
            if change.time_s > time_s:
                break
            shape = shape if change.shape is None else change.shape
            attributes = attributes if change.attributes is None else change.attributes
        return Change(time_s=time_s, shape=shape, attributes=attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens: its `kind` (``collision``, ``skid``, ...), which `bodies` have part in it, where, and details by name."""

    time_s: float
    kind: str
    bodies: tuple[str, ...] = ()
    position_m: Vec3 | None = None
    details: Attributes = ()

    def __post_init__(self) -> None:
        check(finite(self.time_s), self, f"time_s must be finite, got {self.time_s}")


def motion_between(start: Pose, end: Pose, seconds: float) -> Motion:
    """The steady motion that takes one pose to another in this time: straight on, and the shorter way around."""
    check(seconds > 0, start, f"seconds must be positive, got {seconds}")
    linear = tuple((b - a) / seconds for a, b in zip(start.position_m, end.position_m, strict=True))
    w, x, y, z = start.rotation_wxyz
    turn = normalize_quat(quat_multiply(end.rotation_wxyz, (w, -x, -y, -z)))
    if turn[0] < 0:
        turn = tuple(-q for q in turn)
    sine = math.sqrt(turn[1] * turn[1] + turn[2] * turn[2] + turn[3] * turn[3])
    # Arc tangents differ in their last bit from one C library to another.
    rate = 0.0 if sine < 1e-12 else round(2 * math.atan2(sine, turn[0]), 12) / sine / seconds
    return Motion((linear[0], linear[1], linear[2]), (turn[1] * rate, turn[2] * rate, turn[3] * rate))
