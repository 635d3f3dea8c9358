"""A Franka Panda beside the table of any plan: environments to reach for a point, and to put a thing on a plate.

The arm stands at the -x side of the body tagged ``support``, on a stand as high. Positions that are observed are in its base's frame: x forward, over
the table, z up. What may be told to the arm is its `control`:

- ``position``: how far the tool moves along x, y, z, times `STEP_M`; it points down, and the fingers move along y.
- ``pose``: likewise, and how far it turns about z, times `STEP_RAD`.
- ``joints``: how far each of the seven joints turns, times `STEP_RAD`.

The last number is how far the fingers open: 1 is all the way, -1 shut. Each step takes `CONTROL_S`. What is told is relative to what was told before,
and not to where the arm has got to; a place that it cannot reach is passed over, which costs as actions out of range do, and ``info["unreachable"]``
says so.
"""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from diorama.envs.base import OUT_OF_RANGE, Observation, StagedEnv
from diorama.plan import Plan
from diorama.randomizers.background import Background
from diorama.randomizers.bounds import support_box, touched, world_box
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Constant, Uniform, UniformInt, rounded
from diorama.randomizers.drop import Drop
from diorama.randomizers.lights import Lights
from diorama.randomizers.materials import Materials
from diorama.randomizers.objects import Objects
from diorama.randomizers.sensor import Sensor
from diorama.scenes.tabletop import Tabletop
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue, RejectedScene, suggestion
from diorama.sim.physics import panda
from diorama.sim.physics.arm import Arm
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, MaterialSpec, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import Quat, Vec3, apply, compose, invert, normalize_quat, quat_multiply
from diorama.studio import Studio

Control = Literal["position", "pose", "joints"]
Reward = Literal["shaped", "sparse"]

STEP_M, STEP_RAD, CONTROL_S = 0.03, 0.15, 0.05
#: The tool is told nothing outside this box, in the base's frame.
LOWEST_M, HIGHEST_M = (0.2, -0.5, 0.008), (0.75, 0.5, 0.6)
#: Things and goals are so far from the base, and within this angle of straight ahead.
NEAREST_M, FARTHEST_M, ASIDE_RAD = 0.35, 0.65, 0.7
#: How far the base stands from the table's edge, and the stand under it: (x, y).
_BESIDE_M, _STAND_M = 0.09, (0.3, 0.24)
_STEEL = MaterialSpec(base_color=(0.25, 0.26, 0.28), roughness=0.5)
#: What is observed of joints and velocities is within this, whatever happens.
_MOST = 20.0
#: The plate, and how level with it a thing must lie, and how still, to be on it; room around it, and places tried for it.
PLATE_M = (0.14, 0.14, 0.04)
_LEVEL_M, _STILL_M_S, _APART_M, _PLACES = 0.025, 0.02, 0.05, 100
#: Yaws that are tried for a grip, half a circle of them from one on that the last joint can make wherever things are; how wide a thing may be, how
#: high it must be, and how deep between the fingers it is held at most.
_FIRST_YAW_RAD, _YAWS, _WIDEST_M, _LOWEST_TOP_M, _DEEPEST_M = -1.05, 24, 0.068, 0.012, 0.035
#: The open hand, from its middle: along the fingers' way, and across. Nothing else may be there.
_HAND_M = (0.065, 0.02)
_ACTIONS: dict[str, int] = {"position": 4, "pose": 5, "joints": 8}


#: Things of the built-in library that are narrow enough for the hand in most ways in which they lie.
GRASPABLE = ("pybullet:block", "pybullet:cube", "pybullet:jenga", "pybullet:cylinder", "pybullet:prism", "pybullet:domino")


def table_plan(count: int = 3) -> Plan:
    """Up to `count` things that fit between the fingers, on a small table, seen from before the arm; lights and looks as cheap as can be."""
    return Plan(
        scenario=Tabletop(width_m=Uniform(0.7, 0.8), depth_m=Uniform(0.9, 1.1), walls=UniformInt(0, 1)),
        randomizers=(
            Objects(count=UniformInt(1, count), assets=GRASPABLE, largest_m=0.13),
            Drop(piled=0.0, upright=0.7, spread=Constant(1.0)),
            Materials(),
            Lights(shadowed=Constant(1), fill=Constant(1), key=Constant("spot")),
            Background(),
            CameraShell(
                azimuth_deg=Uniform(-60, 60),
                elevation_deg=Uniform(25, 50),
                radius_m=Uniform(1.0, 1.25),
                fov_deg=Uniform(48, 58),
                aim=Constant(0.0),
                roll_deg=Constant(0.0),
            ),
            Sensor(),
        ),
        exporters=(),
    )


class PandaEnv(StagedEnv):
    """What both have in common. See StagedEnv for what is not said here.

    Observations have, besides pictures, ``proprioception`` (18,): the joints' seven angles and speeds, how far apart the fingers are in metres, and
    where the tool is; and ``goal`` (3,). With ``image=False`` there are no pictures, and nothing is rendered.
    """

    #: The arm; its base in the world; where the task ends, in the base's frame.
    arm: Arm
    mount: Pose
    goal_m: Vec3

    def __init__(
        self,
        plan: Plan | str | None = None,
        *,
        control: Control = "position",
        reward: Reward = "shaped",
        image: bool = True,
        occlusion: bool = False,
        **settings: Any,
    ) -> None:
        for name, value, known in (("control", control, tuple(_ACTIONS)), ("reward", reward, ("shaped", "sparse"))):
            if value not in known:
                raise InvalidValue(f'no {name} named "{value}".{suggestion(str(value), known)}')
        settings |= {} if image else {"channels": ()}
        super().__init__(table_plan() if plan is None else plan, occlusion=occlusion, **settings)
        self.control, self.reward = control, reward
        self.action_space = spaces.Box(-1.0, 1.0, (_ACTIONS[control],), np.float32)
        numbers = {name: spaces.Box(-_MOST, _MOST, (count,), np.float32) for name, count in self._sizes()}
        self.observation_space = self._observations(self.picture_spaces() | numbers)

    def _sizes(self) -> list[tuple[str, int]]:
        """Of each thing that is observed besides pictures, how many numbers it is."""
        return [("proprioception", 18), ("goal", 3)]

    def _open_more(self, stack: ExitStack) -> None:
        self._world = stack.enter_context(Bullet(self.studio.library))

    # --- what the two define ---------------------------------------------------------------------------------

    def _set_up(self, spec: SceneSpec, seed: Seed) -> SceneSpec:
        """The scene with what the task needs in it. Sets `goal_m`, where the task ends, in the base's frame."""
        raise NotImplementedError

    def _potential(self) -> float:
        """How near the task is to being done, 0 at best: what a shaped reward is the change of (Ng, Harada and Russell 1999)."""
        raise NotImplementedError

    def _is_done(self) -> bool:
        raise NotImplementedError

    # ---------------------------------------------------------------------------------------------------------

    def _begin(self, spec: SceneSpec, seed: Seed) -> None:
        self.mount = beside(spec, self.studio)
        self.scene = self._set_up(spec.replace(bodies=(*spec.bodies, *_stand(self.mount))), seed)
        self.arm = self._world.arm(self.scene, self.mount)
        tool = panda.tool(panda.REST_RAD)
        self.told_m, self.told_rad, self._joints = tool[:3, 3].tolist(), 0.0, list(panda.REST_RAD)
        self._before = self._potential()

    def _advance(self, action: NDArray[np.float64]) -> tuple[float, bool, dict[str, Any]]:
        got_there = self._tell(action.tolist())
        info: dict[str, Any] = {"unreachable": not got_there, "failure": ""}
        try:
            self.arm.run(CONTROL_S)
        except RejectedScene as failure:
            return 0.0, True, info | {"is_success": False, "failure": failure.reason}
        done = self._is_done()
        before, self._before = self._before, self._potential()
        reward = float(done) + (self._before - before if self.reward == "shaped" else 0.0)
        return reward + (0.0 if got_there else OUT_OF_RANGE), done, info | {"is_success": done}

    def _tell(self, action: Sequence[float]) -> bool:
        """Pass an action on to the arm; whether it can do that."""
        width = (action[-1] + 1) / 2 * panda.WIDEST_M
        if self.control == "joints":
            wanted = [angle + STEP_RAD * part for angle, part in zip(self._joints, action, strict=False)]
            joints = [min(max(a, low), high) for a, low, high in zip(wanted, panda.LOWEST_RAD, panda.HIGHEST_RAD, strict=True)]
            got_there = joints == wanted
        else:
            wanted = [c + STEP_M * part for c, part in zip(self.told_m, action, strict=False)]
            place = [rounded(min(max(c, low), high)) for c, low, high in zip(wanted, LOWEST_M, HIGHEST_M, strict=True)]
            yaw = rounded(self.told_rad + (STEP_RAD * action[3] if self.control == "pose" else 0.0))
            found = panda.reach(place, yaw)
            joints, got_there = (self._joints, False) if found is None else (list(found), True)
            if found is not None:
                self.told_m, self.told_rad = place, yaw
        self._joints = joints
        self.arm.command(joints, width)
        return got_there

    def _scene(self) -> SceneSpec:
        return self.arm.seen(self.scene)

    def _state(self) -> Observation:
        return {
            "proprioception": self._vector(*self.arm.joints_rad, *self.arm.speeds_rad_s, self.arm.width_m, *self.tool_m),
            "goal": self._vector(*self.goal_m),
        }

    @property
    def tool_m(self) -> Vec3:
        """Where the tool is, in the base's frame."""
        x, y, z = (round(c, 7) for c in panda.tool(self.arm.joints_rad)[:3, 3].tolist())
        return (x, y, z)

    def local_m(self, place_m: Sequence[float]) -> Vec3:
        """A place in the world, in the base's frame."""
        x, y, z = (round(c, 7) for c in apply(invert(self.mount.matrix), [list(place_m)])[0].tolist())
        return (x, y, z)

    @staticmethod
    def _vector(*numbers: float) -> NDArray[np.float32]:
        return np.clip(np.array(numbers, np.float64), -_MOST, _MOST).astype(np.float32)


class PandaReach(PandaEnv):
    """Bring the tool to a point in the air, which pictures show as a small ball that nothing touches.

    An episode ends when it is within `tolerance_m`; that is worth 1. A ``shaped`` reward adds by how much nearer the tool has come, in metres.
    """

    def __init__(self, plan: Plan | str | None = None, *, tolerance_m: float = 0.02, **settings: Any) -> None:
        super().__init__(plan, **settings)
        self.tolerance_m = tolerance_m

    def _set_up(self, spec: SceneSpec, seed: Seed) -> SceneSpec:
        rng = seed.child("goal").rng()
        self.goal_m = (*_ahead(rng), rounded(0.05 + 0.3 * rng.random()))
        x, y, z = apply(self.mount.matrix, [self.goal_m])[0].tolist()
        self._ball = BodySpec(
            name="robot-goal",
            shape=SphereShape(radius_m=0.02, segments=16),
            world_from_body=Pose((x, y, z)),
            material=MaterialSpec(base_color=(0.7, 0.05, 0.05), roughness=0.5),
            tags=("goal",),
        )
        return spec

    def _scene(self) -> SceneSpec:
        scene = super()._scene()
        return scene.replace(bodies=(*scene.bodies, self._ball))

    def _potential(self) -> float:
        return -math.dist(self.tool_m, self.goal_m)

    def _is_done(self) -> bool:
        return math.dist(self.tool_m, self.goal_m) <= self.tolerance_m


class PandaPickPlace(PandaEnv):
    """Take a thing from the table and put it on a plate, which is too high for pushing it there.

    Which thing it is says ``target`` (3,), where it lay in the beginning; without pictures ``object`` (10,) stands in its place: where it is, how it
    is turned (a quaternion wxyz, in the base's frame), and how large it is in its own axes. An episode ends when it rests on the plate and the
    fingers have let go of it; that is worth 1. A ``shaped`` reward adds by how much nearer the tool has come to the thing and, twice, the thing
    to the plate.
    """

    def __init__(self, plan: Plan | str | None = None, *, control: Control = "pose", **settings: Any) -> None:
        super().__init__(plan, control=control, **settings)

    def _sizes(self) -> list[tuple[str, int]]:
        return [*super()._sizes(), ("target", 3) if self.channels else ("object", 10)]

    def _set_up(self, spec: SceneSpec, seed: Seed) -> SceneSpec:
        free = [body.name for body in spec.bodies if "object" in body.tags and not body.is_static]
        held = {name: grip(spec, name, self.mount, self.studio.library, turning=self.control != "position") for name in free}
        within = [name for name in free if held[name] is not None]
        if not within:
            raise RejectedScene("out-of-reach", "nothing on the table is where the hand gets to and narrow enough for it")
        self.target = within[int(seed.child("target").rng().integers(len(within)))]
        lying = self.local_m(spec.body(self.target).world_from_body.position_m)
        x, y = self._plate(spec, free, seed.child("plate").rng())
        self.goal_m, self._target_m = (x, y, round(lying[2] + PLATE_M[2], 7)), lying
        middle = apply(self.mount.matrix, [(x, y, PLATE_M[2] / 2)])[0].tolist()
        material = MaterialSpec(base_color=(0.05, 0.3, 0.1), roughness=0.6)
        pose = Pose((middle[0], middle[1], middle[2]), self.mount.rotation_wxyz)
        plate = BodySpec(name="robot-goal", shape=BoxShape(size_m=PLATE_M), world_from_body=pose, friction=0.7, material=material, tags=("goal",))
        return spec.replace(bodies=(*spec.bodies, plate))

    def _plate(self, spec: SceneSpec, free: Sequence[str], rng: np.random.Generator) -> tuple[float, float]:
        """Where on the table there is room for the plate and for the hand above it."""
        library, half = self.studio.library, math.hypot(*PLATE_M[:2]) / 2
        boxes = [world_box(spec.body(name), library) for name in free]
        taken = [(self.local_m(box.middle), math.dist(box.low[:2], box.high[:2]) / 2) for box in boxes]
        top = support_box(spec, library)
        for _ in range(_PLACES):
            x, y = _ahead(rng)
            u, v, _ = apply(self.mount.matrix, [(x, y, 0.0)])[0].tolist()
            on_table = all(low + half < c < high - half for low, c, high in zip(top.low[:2], (u, v), top.high[:2], strict=True))
            if on_table and all(math.dist((x, y), place[:2]) > reach + half + _APART_M for place, reach in taken):
                return x, y
        raise RejectedScene("no-room", f"none of {_PLACES} places on the table is free for the plate")

    @property
    def object_m(self) -> Vec3:
        """Where the thing is, in the base's frame."""
        return self.local_m(self.arm.pose(self.target).position_m)

    def _potential(self) -> float:
        thing = self.object_m
        return -math.dist(self.tool_m, thing) - 2 * math.dist(thing, self.goal_m)

    def _is_done(self) -> bool:
        (x, y, z), (u, v, w) = self.object_m, self.goal_m
        on_plate = math.dist((x, y), (u, v)) <= PLATE_M[0] / 2 and abs(z - w) <= _LEVEL_M
        return on_plate and self.arm.touches(self.target) == 0 and self.arm.speed_m_s(self.target) <= _STILL_M_S

    def _state(self) -> Observation:
        if self.channels:
            return super()._state() | {"target": self._vector(*self._target_m)}
        shape = self.scene.body(self.target).shape
        low, high = self.studio.library.shape_asset(shape).bounds_m
        turn = quat_multiply(_conjugate(self.mount.rotation_wxyz), self.arm.pose(self.target).rotation_wxyz)
        size = [b - a for a, b in zip(low, high, strict=True)]
        return super()._state() | {"object": self._vector(*self.object_m, *normalize_quat(turn), *size)}


def grip(spec: SceneSpec, name: str, mount: Pose, library: AssetLibrary, *, turning: bool) -> tuple[float, float] | None:
    """How the hand holds a thing from above: the yaw at which it is narrowest, of those at which nothing is beside it, and the tool's height above
    the base. None if it is out of reach, or too wide, or too low. Without `turning`, the yaw is 0.
    """
    inverse = invert(mount.matrix)

    def points(body: BodySpec) -> NDArray[np.float64]:
        return apply(compose(inverse, body.world_from_body.matrix), touched(library.shape_asset(body.shape)))

    body = spec.body(name)
    own = points(body)
    others = [points(other) for other in spec.bodies if other.name != name and not other.is_static]
    x, y, z = (float(c) for c in apply(inverse, [body.world_from_body.position_m])[0])
    top = float(own[:, 2].max())
    if not (NEAREST_M <= math.hypot(x, y) <= FARTHEST_M and abs(math.atan2(y, x)) <= ASIDE_RAD and top >= _LOWEST_TOP_M):
        return None
    ways = []
    for yaw in [rounded(math.pi * k / _YAWS + _FIRST_YAW_RAD) for k in range(_YAWS)] if turning else [0.0]:
        across, along = (-math.sin(yaw), math.cos(yaw)), (math.cos(yaw), math.sin(yaw))
        reach = np.abs((own[:, 0] - x) * across[0] + (own[:, 1] - y) * across[1])
        width = rounded(2 * float(reach.max()))
        free = True
        for other in others:
            u, v = ((other[:, 0] - x) * d[0] + (other[:, 1] - y) * d[1] for d in (across, along))
            free &= bool(((np.abs(u) > _HAND_M[0]) | (np.abs(v) > _HAND_M[1])).all())
        if width <= _WIDEST_M and free:
            ways.append((width, abs(yaw), yaw))
    return (min(ways)[2], rounded(max(z, top - _DEEPEST_M, LOWEST_M[2] + 0.002))) if ways else None


def beside(spec: SceneSpec, studio: Studio) -> Pose:
    """Where the arm's base stands: at the support's -x side, as high as its top, looking over it. Raises InvalidValue without a support."""
    box = support_box(spec, studio.library)
    return Pose((rounded(box.low[0] - _BESIDE_M), rounded(box.middle[1]), rounded(box.high[2])))


def _stand(mount: Pose) -> tuple[BodySpec, ...]:
    x, y, z = mount.position_m
    if z <= 0.01:
        return ()
    # The base reaches farther back than forth.
    wide, deep = _STAND_M
    size, middle = (wide, deep, z), (x + _BESIDE_M - 0.005 - wide / 2, y, z / 2)
    stand = BodySpec(name="robot-stand", shape=BoxShape(size_m=size), world_from_body=Pose(middle), material=_STEEL, tags=("robot", "furniture"))
    return (stand,)


def _ahead(rng: np.random.Generator) -> tuple[float, float]:
    """A place in front of the base, evenly by area."""
    low, high = NEAREST_M * NEAREST_M, FARTHEST_M * FARTHEST_M
    distance, angle = math.sqrt(low + (high - low) * rng.random()), ASIDE_RAD * (2 * rng.random() - 1)
    return (rounded(distance * math.cos(angle)), rounded(distance * math.sin(angle)))


def _conjugate(q: Quat) -> Quat:
    w, x, y, z = q
    return (w, -x, -y, -z)
