"""Cameras mounted on a vehicle."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.aim import vec3
from diorama.randomizers.base import Context, Labelled, Select, Stage, label_of
from diorama.randomizers.distributions import Constant, Distribution, Uniform, require, rounded
from diorama.randomizers.outlines import Outline
from diorama.randomizers.street.ego import VirtualEgo
from diorama.randomizers.street.gaps import Surroundings, way_out_m
from diorama.randomizers.street.rigs import RIG_LIDARS, RigCamera, RigLidar, check_rig, rig, turned
from diorama.randomizers.street.standing import lowest
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, CameraSpec, Motion, Pose, SceneSpec
from diorama.sim.spec.tracks import motion_between
from diorama.sim.transforms import Matrix, Vec3, apply, compose, invert, normalize_quat, quat_from_axis_angle, quat_multiply

#: Places drawn for a vehicle that is not there, until one is clear.
_TRIES = 24
#: What it takes up: behind and before its middle, and to either side.
_REAR_M, _FRONT_M, _SIDE_M = -2.3, 4.0, 1.0
#: So far before the windscreen.
_BEFORE_M = 0.03
_CARS = Select(tags=("vehicle",), categories=("car",))
#: Less upright than this, a vehicle drives nowhere.
_UPRIGHT = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRig(Labelled):
    """Views by the cameras of a rig in turn, on a vehicle that drives: view 0 by the first, view 1 by the second, and again from the first on.

    A round of the rig is one vehicle at one moment. It is drawn among those meant by `on` that are not parked, another in each round; where there
    is no other, or it has no `clearance_m` of room about all cameras, the rig goes along a lane by itself, at `speed_m_s`. Cameras do not see what
    they are mounted on, unless `sees_carrier`: if any is in it, all are then moved ahead until it is before the windscreen.

    `preset` is a rig of `RIGS`; `cameras`, if there are any, are used in its place. Pictures of other proportions than the rig's show the
    largest part of what it sees about the middle. `focal` multiplies all focal lengths. All of a rig's cameras are moved by `forward_m`, `left_m` and
    `up_m`, and turned by `yaw_deg`, `pitch_deg` and `roll_deg` about the first of them; each alone is off by `position_error_m` along and by
    `angle_error_deg` about each of its own axes. `rolling_shutter_s`, if given, is the same for all. The first camera has the rig's laser scanner:
    the preset's, if it has one, or `lidar`.
    """

    name: ClassVar[str] = "vehicle-rig"
    stage: ClassVar[Stage] = "view"

    preset: str = "kitti"
    cameras: tuple[RigCamera, ...] = ()
    on: Select = _CARS
    focal: Distribution = Constant(1)
    forward_m: Distribution = Constant(0)
    left_m: Distribution = Constant(0)
    up_m: Distribution = Constant(0)
    yaw_deg: Distribution = Constant(0)
    pitch_deg: Distribution = Constant(0)
    roll_deg: Distribution = Constant(0)
    position_error_m: Distribution = Constant(0)
    angle_error_deg: Distribution = Constant(0)
    rolling_shutter_s: Distribution | None = None
    lidar: RigLidar | None = None
    speed_m_s: Distribution = Uniform(0, 13.9)
    clearance_m: float = 0.3
    sees_carrier: bool = False

    def __post_init__(self) -> None:
        check_rig(self.cameras or rig(self.preset))
        require(self, 0.01, 100, "focal")
        require(self, -math.inf, math.inf, "forward_m", "left_m", "up_m", "yaw_deg", "pitch_deg", "roll_deg", "position_error_m", "angle_error_deg")
        require(self, 0, 100, "speed_m_s")
        if self.rolling_shutter_s is not None:
            require(self, 0, 1, "rolling_shutter_s")
        if not 0 < self.clearance_m <= 10:
            raise InvalidValue(f"clearance_m must be positive and at most 10, got {self.clearance_m}")

    @property
    def together(self) -> int:
        """How many views make a round."""
        return len(self.cameras or rig(self.preset))

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        if spec.roads is None:
            raise InvalidValue("vehicle-rig: the scene has no roads. Use the scenario street, or camera-rig to mount cameras elsewhere.")
        number = context.view % self.together
        # All cameras of a round draw the same where it concerns them all.
        common = context.common(self, seed)
        mounted = [self._moved(common.child("rig"), Pose(c.position_m, c.rotation)) for c in self.cameras or rig(self.preset)]
        carrier, ego = self._carrier(common, spec, context, [pose.position_m for pose in mounted])
        rng = seed.child("camera").rng()
        camera = _resized((self.cameras or rig(self.preset))[number], spec.cameras[0])
        focal = self.focal.sample(common.child("focal").rng())
        readout = camera.rolling_shutter_s if self.rolling_shutter_s is None else self.rolling_shutter_s.sample(common.child("readout").rng())
        pose = self._misplaced(mounted[number], rng)
        off = (0.0, 0.0, 0.0) if carrier is None else foot(carrier, context.library)
        if self.sees_carrier and carrier is not None:
            asset, (x, y, z) = context.library.shape_asset(carrier.shape), off
            ahead = [way_out_m(np.array(camera.position_m) + off, np.array((1.0, 0.0, 0.0)), asset) for camera in mounted]
            off = (x + max(ahead) + _BEFORE_M * (max(ahead) > 0), y, z)
        scanner = self._scanner if number == 0 else None
        return {
            "camera": (self.cameras or rig(self.preset))[number].name,
            "carrier": None if carrier is None else carrier.name,
            "ego": None if ego is None else ego.to_json(),
            **_written(pose, off),
            "lidar": None
            if scanner is None
            else _written(self._moved(common.child("rig"), scanner.pose), off) | {"noise_seed": seed.child("lidar").integer(32)},
            "fx": rounded(camera.fx * focal),
            "fy": rounded(camera.fy * focal),
            "cx": rounded(camera.cx),
            "cy": rounded(camera.cy),
            "rolling_shutter_s": readout,
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        mounted = _read(params)
        if params["carrier"] is None:
            assert spec.roads is not None
            ego = VirtualEgo(**params["ego"] | {"lanes": tuple(params["ego"]["lanes"])})
            poses = [ego.pose(spec.roads, camera.time_s + later) for later in (0.0, camera.flow_s)]
        else:
            body = spec.body(params["carrier"])
            poses = [body.motion.moved(body.world_from_body, later) for later in (0.0, camera.flow_s)]
        now, later = (pose.of(mounted) for pose in poses)
        motion = Motion() if poses[0] == poses[1] else motion_between(now, later, camera.flow_s)
        numbers = {name: params[name] for name in ("fx", "fy", "cx", "cy", "rolling_shutter_s")}
        unseen = None if self.sees_carrier else params["carrier"]
        lidar = None
        if params["lidar"] is not None and self._scanner is not None:
            camera_from_lidar = Pose.from_matrix(compose(invert(mounted.matrix), _read(params["lidar"]).matrix))
            lidar = replace(self._scanner.spec, camera_from_lidar=camera_from_lidar, noise_seed=params["lidar"]["noise_seed"])
        changes = {"world_from_camera": now, "motion": motion, "carrier": params["carrier"], "unseen": unseen, "lidar": lidar}
        return spec.replace(cameras=(replace(camera, **changes, **numbers),))

    @property
    def _scanner(self) -> RigLidar | None:
        return self.lidar or (None if self.cameras else RIG_LIDARS.get(self.preset))

    def _moved(self, seed: Seed, pose: Pose) -> Pose:
        """Where something of the rig is, from the ground below the vehicle's middle, as that is moved and turned."""
        rng = seed.rng()
        moved = [getattr(self, name).sample(rng) for name in ("forward_m", "left_m", "up_m")]
        turn = turned(*(getattr(self, name).sample(rng) for name in ("yaw_deg", "pitch_deg", "roll_deg")))
        first = (self.cameras or rig(self.preset))[0].position_m
        (away,) = apply(Pose(rotation_wxyz=turn).matrix, [[p - f for p, f in zip(pose.position_m, first, strict=True)]]).tolist()
        return Pose(vec3(f + a + m for f, a, m in zip(first, away, moved, strict=True)), normalize_quat(quat_multiply(turn, pose.rotation_wxyz)))

    def _misplaced(self, pose: Pose, rng: np.random.Generator) -> Pose:
        off = [self.position_error_m.sample(rng) for _ in range(3)]
        turn = [math.radians(self.angle_error_deg.sample(rng)) for _ in range(3)]
        angle = math.sqrt(sum(t * t for t in turn))
        rotation = quat_multiply(pose.rotation_wxyz, quat_from_axis_angle(turn, angle)) if angle else pose.rotation_wxyz
        w, x, y, z = (rounded(q) for q in normalize_quat(rotation))
        return Pose(vec3(apply(pose.matrix, [off])[0].tolist()), (w, x, y, z))

    def _carrier(self, seed: Seed, spec: SceneSpec, context: Context, at: list[Vec3]) -> tuple[BodySpec | None, VirtualEgo | None]:
        """What carries the rig: a body, or a place on a lane; the first of those drawn with room about its cameras, or else the one with the most."""
        assert spec.roads is not None
        best: tuple[float, BodySpec | None, VirtualEgo | None] = (-1.0, None, None)
        around = Surroundings(spec, context.library)
        for body, ego in self._candidates(seed, spec, context):
            if body is not None:
                off = foot(body, context.library)
                places = apply(body.world_from_body.matrix, [[p + o for p, o in zip(place, off, strict=True)] for place in at])
                room = self._room(places, around, body.name)
            else:
                assert ego is not None
                pose = ego.pose(spec.roads, ego.time_s).matrix
                room = self._room(apply(pose, at), around) if _is_clear(pose, spec, context.library) else 0.0
            if room > best[0]:
                best = (room, body, ego)
            if room >= self.clearance_m:
                break
        return best[1:]

    def _candidates(self, seed: Seed, spec: SceneSpec, context: Context) -> Iterator[tuple[BodySpec | None, VirtualEgo | None]]:
        """A vehicle, another in each round while there are any; then places on lanes, and then the other vehicles."""
        drive = [body for body in self.on.of(spec.bodies) if "parked" not in body.tags and body.world_from_body.matrix[2, 2] > _UPRIGHT]
        # Each round draws an order of its own, unless there is one for the whole scene, in which each round has its place.
        scene = seed if context.scene is None else context.scene.child("randomizer", label_of(self))
        drive.sort(key=lambda body: (scene.child("body", body.name).rng().random(), body.name))
        turn = context.view // self.together
        own = drive if context.scene is None else drive[turn : turn + 1]
        for body in own:
            yield body, None
        assert spec.roads is not None
        rng = seed.child("ego").rng()
        speed, time_s = self.speed_m_s.sample(rng), spec.cameras[0].time_s
        for _ in range(_TRIES):
            yield None, VirtualEgo.drawn(rng, spec.roads, speed, time_s, context.duration_s)
        for body in drive:
            if body not in own:
                yield body, None

    def _room(self, places: Matrix, around: Surroundings, carrier: str = "") -> float:
        return min(around.gap_m(place, self.clearance_m, (carrier,)) for place in places)


def _written(pose: Pose, off_m: Vec3) -> dict[str, Any]:
    """A pose so far off, as a JSON value."""
    place = vec3(p + o for p, o in zip(pose.position_m, off_m, strict=True))
    return {"position_m": list(place), "rotation_wxyz": list(pose.rotation_wxyz)}


def _read(written: dict[str, Any]) -> Pose:
    return Pose(tuple(written["position_m"]), normalize_quat(written["rotation_wxyz"]))


def foot(body: BodySpec, library: AssetLibrary) -> Vec3:
    """The point of the ground below the middle of a vehicle, in its own axes."""
    asset = library.shape_asset(body.shape)
    (x, y, _), (_, _, z) = lowest(asset), asset.landmarks.get("base", lowest(asset))
    return (x, y, z)


def _resized(camera: RigCamera, like: CameraSpec) -> CameraSpec:
    """What a camera of a rig is in pictures of another resolution."""
    (fx, fy), (cx, cy) = camera.focal_px, camera.center_px
    whole = CameraSpec(width=camera.width, height=camera.height, fx=fx, fy=fy, cx=cx, cy=cy, rolling_shutter_s=camera.rolling_shutter_s)
    return whole.resized(like.width, like.height)


def _is_clear(world_from_ego: Matrix, spec: SceneSpec, library: AssetLibrary) -> bool:
    """Whether a vehicle would fit on a place of a lane: whether no labelled thing is there, seen from above."""
    corners = [[x, y, 0.0] for x in (_REAR_M, _FRONT_M) for y in (-_SIDE_M, _SIDE_M)]
    own = Outline.around(apply(world_from_ego, corners))
    x, y, _ = world_from_ego[:3, 3].tolist()
    for body in spec.bodies:
        if body.category is None:
            continue
        low, high = np.array(library.shape_asset(body.shape).bounds_m)
        pose = body.world_from_body
        reach = float(np.abs(np.stack([low, high])).max()) * 2 + _FRONT_M
        if max(abs(pose.position_m[0] - x), abs(pose.position_m[1] - y)) < reach:
            box = [[(low, high)[i][0], (low, high)[j][1], (low, high)[k][2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
            if own.gap_m(Outline.around(apply(pose.matrix, box))) < 0:
                return False
    return True
