"""Cameras on their way: view by view around the objects, or along a path."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from diorama.randomizers.aim import filling_distance_m, focal_px, looking, subject, under_way, vec3, with_camera
from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.bounds import support_box
from diorama.randomizers.distributions import Constant, Distribution, Uniform, require, rounded
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import Pose, SceneSpec
from diorama.sim.transforms import Vec3, normalize_quat


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOrbit(Labelled):
    """Views evenly spaced around the objects: `turns` times around in the course of a scene's views, from `start_deg` on.

    `elevation_deg`, `radius_m` (by default such that most objects fill `fill` of the picture's shorter side), `roll_deg`, `fov_deg` and
    `start_deg` are drawn for each view; what is to stay the same all the way is a constant, or a variable of the plan. With `period_s`
    for one turn, the camera goes on around while it exposes, and from frame to frame.
    """

    name: ClassVar[str] = "camera-orbit"
    stage: ClassVar[Stage] = "view"

    turns: float = 1.0
    start_deg: Distribution = Constant(0)
    elevation_deg: Distribution = Uniform(35, 45)
    radius_m: Distribution | None = None
    fill: Distribution = Constant(1.2)
    roll_deg: Distribution = Constant(0)
    fov_deg: Distribution = Constant(45)
    period_s: float | None = None

    def __post_init__(self) -> None:
        require(self, -89, 89, "elevation_deg")
        require(self, -math.inf, math.inf, "start_deg", "roll_deg")
        require(self, 0.05, 10, "fill")
        require(self, 1, 150, "fov_deg")
        if self.radius_m is not None:
            require(self, 0.01, 1000, "radius_m")
        if not math.isfinite(self.turns):
            raise InvalidValue(f"turns must be finite, got {self.turns}")
        if self.period_s is not None and not 0 < self.period_s < math.inf:
            raise InvalidValue(f"period_s must be positive, got {self.period_s}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        center, extent = subject(spec, context.library)
        fov = math.radians(self.fov_deg.sample(rng))
        fill = self.fill.sample(rng)
        distance = self.radius_m.sample(rng) if self.radius_m else filling_distance_m(spec, extent, fov, fill)
        up = math.radians(self.elevation_deg.sample(rng))
        around = math.radians(self.start_deg.sample(rng) + 360 * self.turns * context.view / context.views)
        roll = math.radians(self.roll_deg.sample(rng))
        direction = (math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up))
        eye = vec3(c + distance * d for c, d in zip(center, direction, strict=True))
        drawn = {"position_m": list(eye), "rotation_wxyz": list(looking(eye, center, roll_rad=roll)), "focal_px": focal_px(spec, fov)}
        return drawn if self.period_s is None else drawn | {"center_m": list(center), "time_s": spec.cameras[0].time_s}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        placed = with_camera(spec, params)
        if self.period_s is None:
            return placed
        start, center, period = placed.cameras[0].world_from_camera, params["center_m"], math.copysign(self.period_s, self.turns)

        def pose_at(time_s: float) -> Pose:
            half = math.pi * (time_s - params["time_s"]) / period
            turn = Pose(rotation_wxyz=normalize_quat((rounded(math.cos(half)), 0.0, 0.0, rounded(math.sin(half)))))
            away = Pose(vec3(p - c for p, c in zip(start.position_m, center, strict=True)), start.rotation_wxyz)
            turned = turn.of(away)
            return Pose(vec3(c + p for c, p in zip(center, turned.position_m, strict=True)), turned.rotation_wxyz)

        return under_way(placed, pose_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPath(Labelled):
    """Views evenly spaced in time along a smooth path through `positions_m`, looking at a path through `targets_m`.

    The targets are as many as the positions, or a single one. Paths are Catmull-Rom splines; as many seconds pass between any two of their
    points. Both are in metres, in the `frame` of the world or of the middle of the support's top, axes as the world's. `jitter_m` is
    added to the camera's place along each axis. With `duration_s` for the whole path, the camera goes on along it while it exposes, and from frame
    to frame, up to its end.
    """

    name: ClassVar[str] = "camera-path"
    stage: ClassVar[Stage] = "view"

    positions_m: tuple[Vec3, ...] = ((0.9, -0.9, 0.8), (0.0, -1.2, 0.6), (-0.9, -0.9, 0.8))
    targets_m: tuple[Vec3, ...] = ((0.0, 0.0, 0.0),)
    frame: Literal["world", "support"] = "support"
    jitter_m: Distribution = Uniform(-0.01, 0.01)
    roll_deg: Distribution = Constant(0)
    fov_deg: Distribution = Constant(45)
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if len(self.positions_m) < 2:
            raise InvalidValue(f"positions_m must be 2 points or more, got {len(self.positions_m)}")
        if len(self.targets_m) not in (1, len(self.positions_m)):
            raise InvalidValue(
                f"targets_m must be a single point, or one for each of the {len(self.positions_m)} positions, got {len(self.targets_m)}"
            )
        if not all(math.isfinite(c) for point in (*self.positions_m, *self.targets_m) for c in point):
            raise InvalidValue("positions_m and targets_m must be finite")
        require(self, -math.inf, math.inf, "jitter_m", "roll_deg")
        require(self, 1, 150, "fov_deg")
        if self.duration_s is not None and not 0 < self.duration_s < math.inf:
            raise InvalidValue(f"duration_s must be positive, got {self.duration_s}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        origin = (0.0, 0.0, 0.0)
        if self.frame == "support":
            top = support_box(spec, context.library)
            origin = (top.middle[0], top.middle[1], top.high[2])
        t = context.view / max(context.views - 1, 1)
        off = vec3(self.jitter_m.sample(rng) for _ in range(3))
        roll, fov = math.radians(self.roll_deg.sample(rng)), math.radians(self.fov_deg.sample(rng))
        eye, aim = self._along(t, origin, off)
        if eye == aim:
            raise InvalidValue(f"{self.name}: in view {context.view} the camera would be where it looks, at {eye}")
        drawn = {"position_m": list(eye), "rotation_wxyz": list(looking(eye, aim, roll_rad=roll)), "focal_px": focal_px(spec, fov)}
        if self.duration_s is None:
            return drawn
        start = {"way": t, "origin_m": list(origin), "off_m": list(off), "roll_rad": rounded(roll), "time_s": spec.cameras[0].time_s}
        return drawn | start

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        placed, duration = with_camera(spec, params), self.duration_s
        if duration is None:
            return placed

        def pose_at(time_s: float) -> Pose:
            t = min(params["way"] + (time_s - params["time_s"]) / duration, 1.0)
            eye, aim = self._along(t, params["origin_m"], params["off_m"])
            return Pose(eye, looking(eye, aim, roll_rad=params["roll_rad"]))

        return under_way(placed, pose_at)

    def _along(self, t: float, origin: Sequence[float], off: Sequence[float]) -> tuple[Vec3, Vec3]:
        """Where the camera is, and where it looks, a share of the way along."""
        place = on_spline(self.positions_m, t)[0]
        target = self.targets_m[0] if len(self.targets_m) == 1 else on_spline(self.targets_m, t)[0]
        return vec3(o + p + j for o, p, j in zip(origin, place, off, strict=True)), vec3(o + p for o, p in zip(origin, target, strict=True))


def on_spline(points: Sequence[Vec3], t: float) -> tuple[Vec3, Vec3]:
    """Point and derivative at 0 <= t <= 1 of the Catmull-Rom spline through points (two or more), which it passes at even times.

    The ends are continued straight. E. Catmull and R. Rom, "A class of local interpolating splines", 1974.
    """
    spans = len(points) - 1
    i = min(int(t * spans), spans - 1)
    s = t * spans - i
    before = points[i - 1] if i else _continued(points[1], points[0])
    after = points[i + 2] if i + 2 <= spans else _continued(points[spans - 1], points[spans])
    place, speed = [], []
    for a, b, c, d in zip(before, points[i], points[i + 1], after, strict=True):
        k1, k2, k3 = (c - a) / 2, a - 2.5 * b + 2 * c - d / 2, (d - a) / 2 + 1.5 * (b - c)
        place.append(b + s * (k1 + s * (k2 + s * k3)))
        speed.append(spans * (k1 + s * (2 * k2 + 3 * s * k3)))
    return vec3(place), vec3(speed)


def _continued(a: Vec3, b: Vec3) -> Vec3:
    return (2 * b[0] - a[0], 2 * b[1] - a[1], 2 * b[2] - a[2])
