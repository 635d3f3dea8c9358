"""A robot arm in a scene, driven from moment to moment: joints with limited speed and torque, fingers that hold by friction alone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from diorama.sim.errors import RejectedScene
from diorama.sim.physics import panda
from diorama.sim.spec import BodySpec, Pose, SceneSpec
from diorama.sim.transforms import Matrix, compose, normalize_quat

_JOINTS, _FINGERS, _TOOL = tuple(range(7)), (9, 10), 11
#: Links that touch things with their fingers' pads.
_FINGER_FRICTION = 1.0
#: The share of what a joint lacks that it makes up for in a step, if it is strong and fast enough.
_GAIN = 0.2
#: How fast the gear between the fingers takes back what they are apart from the same, a share a step, and how strong it is.
_GEAR_ERP, _GEAR_N = 0.1, 200.0
#: Shorter steps than those that scenes settle with: jaws are stiff.
_STEP_S = 1 / 240
_ITERATIONS = 50
#: Joints' angles and speeds are rounded to this many digits after each step, as bodies' are (see bullet.py).
_ANGLE_DIGITS, _SPEED_DIGITS = 8, 6
#: Faster than this is no motion but a fault of the simulation.
_MAX_SPEED_M_S = 50.0


class Arm:
    """A Panda on its base at `mount`. `engine` is PyBullet with its world's `client`, in which a metre is `scale` long; `grids` are what positions
    and velocities are rounded to, as bullet.py says; `bodies` those that were put in, by handle. The world is the arm's until another is staged.
    """

    def __init__(self, engine: Any, client: int, scale: float, grids: tuple[float, float], bodies: Mapping[int, BodySpec], mount: Pose) -> None:
        self._engine, self._client, self._scale, self._grids = engine, client, scale, grids
        self._bodies, self.mount = bodies, mount
        self._free = [handle for handle, body in bodies.items() if not body.is_static]
        engine.setPhysicsEngineParameter(fixedTimeStep=_STEP_S, numSolverIterations=_ITERATIONS, physicsClientId=client)
        w, x, y, z = mount.rotation_wxyz
        self._robot = engine.loadURDF(
            str(panda.urdf()),
            [c * scale for c in mount.position_m],
            (x, y, z, w),
            useFixedBase=True,
            globalScaling=scale,
            flags=engine.URDF_IGNORE_VISUAL_SHAPES,
            physicsClientId=client,
        )
        for finger in _FINGERS:
            engine.changeDynamics(
                self._robot, finger, lateralFriction=_FINGER_FRICTION, spinningFriction=0.0, rollingFriction=0.0, physicsClientId=client
            )
        # One motor moves both fingers: a rack and pinion keep them as far from the middle.
        axis, origin = (1, 0, 0), (0, 0, 0)
        gear = engine.createConstraint(
            self._robot, _FINGERS[0], self._robot, _FINGERS[1], engine.JOINT_GEAR, axis, origin, origin, physicsClientId=client
        )
        engine.changeConstraint(gear, gearRatio=-1, erp=_GEAR_ERP, maxForce=_GEAR_N * scale, physicsClientId=client)
        self._put((*panda.REST_RAD, panda.WIDEST_M / 2, panda.WIDEST_M / 2), (0.0,) * 9)
        self.command(panda.REST_RAD, panda.WIDEST_M)

    # --- where everything is ---------------------------------------------------------------------------------

    @property
    def joints_rad(self) -> tuple[float, ...]:
        """The seven joints' angles."""
        return self._angles[:7]

    @property
    def speeds_rad_s(self) -> tuple[float, ...]:
        """How fast they turn."""
        return self._speeds[:7]

    @property
    def width_m(self) -> float:
        """How far apart the fingers are."""
        return max(self._angles[7] + self._angles[8], 0.0)

    @property
    def world_from_tool(self) -> Matrix:
        """(4, 4), the point between the finger tips."""
        return compose(self.mount.matrix, panda.tool(self.joints_rad))

    def pose(self, name: str) -> Pose:
        """Where a body is. Raises KeyError."""
        handle = self._handle(name)
        (x, y, z), (a, b, c, d) = self._engine.getBasePositionAndOrientation(handle, self._client)
        q = normalize_quat((d, a, b, c))
        s = self._scale
        return Pose((round(x / s, 7), round(y / s, 7), round(z / s, 7)), (round(q[0], 9), round(q[1], 9), round(q[2], 9), round(q[3], 9)))

    def speed_m_s(self, name: str) -> float:
        """How fast a body moves. Raises KeyError."""
        return math.hypot(*self._engine.getBaseVelocity(self._handle(name), self._client)[0]) / self._scale

    def touches(self, name: str) -> int:
        """How many of the two fingers touch a body. Raises KeyError."""
        handle = self._handle(name)
        return sum(bool(self._engine.getContactPoints(self._robot, handle, finger, physicsClientId=self._client)) for finger in _FINGERS)

    def seen(self, spec: SceneSpec) -> SceneSpec:
        """The scene as it is now: the arm in it, and bodies where they have been moved."""
        moved = {self._bodies[handle].name: {"world_from_body": self.pose(self._bodies[handle].name)} for handle in self._free}
        spec = spec.map_bodies(moved)
        return spec.replace(bodies=(*spec.bodies, *panda.bodies(self.mount, self.joints_rad, round(self.width_m, 7))))

    # --- what it is told -------------------------------------------------------------------------------------

    def command(self, joints_rad: Sequence[float], width_m: float) -> None:
        """What joints and fingers are to do from now on: go to these angles, and so far apart, or as far as they get."""
        engine, client, s = self._engine, self._client, self._scale
        limits = zip(_JOINTS, joints_rad, panda.STRONGEST_NM, panda.FASTEST_RAD_S, strict=True)
        orders = [(joint, angle, torque * s * s, speed) for joint, angle, torque, speed in limits]
        orders += [(finger, width_m / 2 * s, panda.FINGERS_N * s, panda.FINGERS_M_S * s) for finger in _FINGERS]
        for joint, target, force, speed in orders:
            engine.setJointMotorControl2(
                self._robot, joint, engine.POSITION_CONTROL, target, force=force, maxVelocity=speed, positionGain=_GAIN, physicsClientId=client
            )

    def run(self, seconds: float) -> None:
        """Let time pass. Raises RejectedScene with the reason ``exploded``."""
        for _ in range(round(seconds / _STEP_S)):
            self._engine.stepSimulation(self._client)
            self._round()

    # ---------------------------------------------------------------------------------------------------------

    def _handle(self, name: str) -> int:
        for handle, body in self._bodies.items():
            if body.name == name:
                return handle
        raise KeyError(name)

    def _put(self, angles: Sequence[float], speeds: Sequence[float]) -> None:
        """Set joints and fingers, in radians and metres."""
        self._angles = tuple(round(angle, _ANGLE_DIGITS) for angle in angles)
        self._speeds = tuple(round(speed, _SPEED_DIGITS) for speed in speeds)
        for joint, unit, angle, speed in zip((*_JOINTS, *_FINGERS), (*(1.0,) * 7, *(self._scale,) * 2), self._angles, self._speeds, strict=True):
            self._engine.resetJointState(self._robot, joint, angle * unit, speed * unit, physicsClientId=self._client)

    def _round(self) -> None:
        """See bullet.py about why."""
        engine, client, s = self._engine, self._client, self._scale
        states = engine.getJointStates(self._robot, (*_JOINTS, *_FINGERS), client)
        units = (*(1.0,) * 7, s, s)
        angles = [state[0] / unit for state, unit in zip(states, units, strict=True)]
        speeds = [state[1] / unit for state, unit in zip(states, units, strict=True)]
        if not all(math.isfinite(angle) for angle in (*angles, *speeds)):
            raise RejectedScene("exploded", "the arm's joints are nowhere")
        self._put(angles, speeds)
        p, g = self._grids
        for handle in self._free:
            (x, y, z), (a, b, c, d) = engine.getBasePositionAndOrientation(handle, client)
            (vx, vy, vz), (wx, wy, wz) = engine.getBaseVelocity(handle, client)
            if not math.hypot(vx, vy, vz) <= _MAX_SPEED_M_S * s:
                raise RejectedScene("exploded", f"{self._bodies[handle].name} reached {math.hypot(vx, vy, vz) / s:.3g} m/s")
            place = ((x + p) - p, (y + p) - p, (z + p) - p), ((a + p) - p, (b + p) - p, (c + p) - p, (d + p) - p)
            engine.resetBasePositionAndOrientation(handle, *place, client)
            engine.resetBaseVelocity(handle, ((vx + g) - g, (vy + g) - g, (vz + g) - g), ((wx + g) - g, (wy + g) - g, (wz + g) - g), client)
