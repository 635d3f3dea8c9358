"""One grasp, tried: a gripper moves in, closes, lifts and shakes, and physics says what comes of it."""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from diorama.sim.physics.hand import Hand, plus, times
from diorama.sim.spec import Attempt, BodySpec, SceneSpec, Verdict
from diorama.sim.transforms import Quat, Vec3, normalize_quat

#: The gripper moves in this fast.
_APPROACH_M_S = 0.25
#: While it does, it is as soft as this: what it touches by less than a millimetre does not stop it.
_SOFT_N_M = 5000.0
#: What is in the way and takes a larger impulse than this, within so many steps, stops the gripper. Lighter things are pushed aside.
_PUSH_N_S, _PUSH_STEPS = 0.2, 5
#: The lift begins and ends with this acceleration.
LIFT_M_S2 = 2.0
#: The solver's effort once something is held.
_ITERATIONS = 50
#: Faster than this is a fault of the simulation.
_MAX_SPEED_M_S = 50.0
#: Trials take steps no longer than this.
_LONGEST_STEP_S = 1 / 240


class Failed(Exception):
    """Physics came to no answer."""


class Trial(ABC):
    """One trial; how grippers take and keep hold is for those of each kind to say.

    `engine` is PyBullet with its world's `client`, in which a metre is `scale` long; `grids` are what positions and velocities are rounded to, as
    bullet.py says; `bodies` those that were put in, by handle.
    """

    def __init__(
        self,
        engine: Any,
        client: int,
        scale: float,
        grids: tuple[float, float],
        bodies: Mapping[int, BodySpec],
        spec: SceneSpec,
        attempt: Attempt,
    ) -> None:
        self.engine, self.client, self.scale, self.grids = engine, client, scale, grids
        self.bodies, self.attempt = bodies, attempt
        self._moving = [handle for handle, body in bodies.items() if not body.is_static]
        self.step_s = min(spec.physics.time_step_s, _LONGEST_STEP_S)
        engine.setPhysicsEngineParameter(fixedTimeStep=self.step_s, useSplitImpulse=0, physicsClientId=client)
        self.gravity: Vec3 = spec.physics.gravity_m_s2
        self.weight: Vec3 = (0.0, 0.0, 0.0)
        self.hand = Hand(engine, client, scale, attempt.gripper, attempt.world_from_gripper, _SOFT_N_M)
        #: How fast each jaw closes.
        self.closing = 0.0

    def run(self) -> Verdict:
        """What comes of it."""
        try:
            return self._grasp()
        except Failed:
            return Verdict(outcome="unsettled")

    def _grasp(self) -> Verdict:
        scale, test, hand = self.scale, self.attempt.test, self.hand
        self._weigh(not self.attempt.weightless)
        if not self._approach(self.attempt.approach_m) and not self.stopped():
            return Verdict(outcome="blocked")
        held, width, points = self.take()
        width = round(width / scale, 6)
        if held is None:
            return Verdict(outcome="missed", width_m=width)
        body = self.bodies[held]
        if body.is_static:
            return Verdict(outcome="blocked", width_m=width)
        contacts = tuple(self._rounded(hand.local(point)) for point in points)
        before = self._in_hand(held)
        self._weigh(True)
        self._lift(test.lift_m, test.lift_speed_m_s)
        self._shake(test.shake_m_s2, test.shake_s)
        slip, turn = _way(before, self._in_hand(held))
        slip, turn = round(slip / scale, 6), round(turn, 6)
        is_there = self.has(held)
        outcome: Literal["held", "slipped", "dropped"] = "slipped" if is_there else "dropped"
        if slip <= test.slip_m and turn <= test.slip_rad:
            outcome = "held"
        name = body.name if is_there or outcome == "held" else None
        return Verdict(outcome=outcome, body=name, slip_m=slip, slip_rad=turn, width_m=width, contacts_m=contacts)

    def stopped(self) -> bool:
        """Whether what stopped the gripper on its way in is no hindrance."""
        return False

    @abstractmethod
    def take(self) -> tuple[int | None, float, Sequence[Vec3]]:
        """Take hold; of what, how wide that is, and where it is touched."""

    @abstractmethod
    def keep(self) -> None:
        """What is done before each step of the lift and the shaking, for it not to be lost."""

    def has(self, held: int) -> bool:
        """Whether it is still in touch with the gripper."""
        return any(held in contact[1:3] for part in self.hand.parts for contact in self.contacts(part))

    def take_pains(self) -> None:
        """Let the solver work as long as what is held by stiff springs needs."""
        self.engine.setPhysicsEngineParameter(numSolverIterations=_ITERATIONS, solverResidualThreshold=0.0, physicsClientId=self.client)

    def _weigh(self, has_gravity: bool) -> None:
        self.weight = times(self.gravity, self.scale * has_gravity)
        self.engine.setGravity(*self.weight, physicsClientId=self.client)

    def _approach(self, way_m: float) -> bool:
        """Move in along z; whether nothing stopped it. Where nothing is near, nothing happens either, and no time passes."""
        hand = self.hand
        end, pushes = hand.position, deque[float](maxlen=_PUSH_STEPS)
        rest = way_m * self.scale
        hand.position = plus(end, hand.axes[2], -rest)
        rest -= hand.advance(rest, self.bodies)
        count = math.ceil(rest / self.scale / (_APPROACH_M_S * self.step_s) - 1e-9)
        hand.position = plus(end, hand.axes[2], -rest)
        for _ in range(count):
            self.move(times(hand.axes[2], rest / (count * self.step_s)))
            pushes.append(sum(contact[9] for part in hand.parts for contact in self.contacts(part)))
            if not sum(pushes) * self.step_s / self.scale <= _PUSH_N_S:
                return False
        hand.position = end
        return True

    def _lift(self, way_m: float, speed_m_s: float) -> None:
        g = math.sqrt(sum(c * c for c in self.weight))
        up = times(self.weight, -1 / g) if g > 0 else times(self.hand.axes[2], -1.0)
        # Faster, steadily, then slower again.
        faster_s = min(speed_m_s / LIFT_M_S2, math.sqrt(way_m / LIFT_M_S2))
        ramp = max(math.ceil(faster_s / self.step_s - 1e-9), 1)
        level = max(math.ceil(way_m / (speed_m_s * self.step_s) - 1e-9) - ramp, 0)
        shares = [*((i + 0.5) / ramp for i in range(ramp)), *(1.0 for _ in range(level)), *((i - 0.5) / ramp for i in range(ramp, 0, -1))]
        most = way_m * self.scale / (math.fsum(shares) * self.step_s)
        for share in shares:
            self.keep()
            self.move(times(up, most * share))

    def _shake(self, acceleration: float, way_s: float) -> None:
        half = max(round(way_s / 2 / self.step_s), 1)
        rate = acceleration * self.scale * self.step_s
        for axis in self.hand.axes:
            for way in (1.0, -1.0):
                speed = 0.0
                for number in range(2 * half):
                    speed += rate if number < half else -rate
                    self.keep()
                    self.move(times(axis, way * speed))

    def move(self, velocity: Sequence[float]) -> None:
        """One step, with the gripper at this velocity."""
        hand, h = self.hand, self.step_s
        hand.place(velocity, self.closing, self.weight)
        self.engine.stepSimulation(self.client)
        self._round()
        p = self.grids[0]
        x, y, z = plus(hand.position, velocity, h)
        hand.position = ((x + p) - p, (y + p) - p, (z + p) - p)
        hand.opening = (hand.opening - 2 * self.closing * h + p) - p

    def _round(self) -> None:
        engine, client = self.engine, self.client
        p, s = self.grids
        for handle in self._moving:
            (x, y, z), (a, b, c, d) = engine.getBasePositionAndOrientation(handle, client)
            (vx, vy, vz), (wx, wy, wz) = engine.getBaseVelocity(handle, client)
            if not vx * vx + vy * vy + vz * vz < (_MAX_SPEED_M_S * self.scale) ** 2:
                raise Failed
            place = ((x + p) - p, (y + p) - p, (z + p) - p), ((a + p) - p, (b + p) - p, (c + p) - p, (d + p) - p)
            engine.resetBasePositionAndOrientation(handle, *place, client)
            engine.resetBaseVelocity(handle, ((vx + s) - s, (vy + s) - s, (vz + s) - s), ((wx + s) - s, (wy + s) - s, (wz + s) - s), client)

    def contacts(self, part: int) -> Any:
        return self.engine.getContactPoints(part, physicsClientId=self.client)

    def _in_hand(self, handle: int) -> tuple[Vec3, Quat]:
        position, rotation = self.engine.getBasePositionAndOrientation(handle, self.client)
        return self.hand.local(position), rotation

    def _rounded(self, point: Vec3) -> Vec3:
        x, y, z = point
        return (round(x / self.scale, 6), round(y / self.scale, 6), round(z / self.scale, 6))


def _way(a: tuple[Vec3, Quat], b: tuple[Vec3, Quat]) -> tuple[float, float]:
    """How far two poses are apart, and the angle between them in radians."""
    (p, q), (r, s) = a, b
    q, s = normalize_quat(q), normalize_quat(s)
    # The axes of the gripper stay, so that a turn in the world is one in the gripper.
    cosine = min(abs(sum(u * v for u, v in zip(q, s, strict=True))), 1.0)
    return math.sqrt(sum((u - v) ** 2 for u, v in zip(p, r, strict=True))), 2 * math.acos(cosine)
