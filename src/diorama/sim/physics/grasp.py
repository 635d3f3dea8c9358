"""One grasp, tried: a gripper moves in, closes, lifts and shakes, and physics says what comes of it."""

import math
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from diorama.sim.errors import InvalidValue
from diorama.sim.physics.hand import Hand, plus, times
from diorama.sim.spec import Attempt, BodySpec, JawGripper, SceneSpec, Verdict
from diorama.sim.transforms import Quat, Vec3, normalize_quat

#: The gripper moves in this fast, and each jaw closes this fast until it touches.
_APPROACH_M_S, _CLOSING_M_S = 0.25, 0.1
#: A jaw near something slows down to this.
_TOUCH_M_S = 0.01
#: Pads give this much under the full force of the jaws.
_GIVE_M = 0.0005
#: Jaws press with no more than so many times what they have to bear. The solver comes near to an answer in few steps only where forces are
#: in some proportion to masses, and what is gripped like that does not need more.
_ENOUGH = 30.0
#: While it moves in, it is as soft as this: what it touches by less than a millimetre does not stop it.
_SOFT_N_M = 5000.0
#: What is in the way and takes a larger impulse than this, within so many steps, stops the gripper. Lighter things are pushed aside.
_PUSH_N_S, _PUSH_STEPS = 0.2, 5
#: The jaws have closed when for so many steps their force was this near to what it should be, as a share of it, and each bore so much of it; or
#: when they have had so much longer than the way takes.
_STEADY, _ONE_SIDED, _STEADY_STEPS, _WAIT_S = 0.05, 0.1, 6, 0.5
#: The share of what the force lacks, or has too much, which a step makes up for.
_GAIN = 0.3
#: The lift begins and ends with this acceleration.
_LIFT_M_S2 = 2.0
#: The solver's effort with something in the jaws.
_ITERATIONS = 50
#: Faster than this is a fault of the simulation.
_MAX_SPEED_M_S = 50.0
#: Trials take steps no longer than this.
_LONGEST_STEP_S = 1 / 240


class _Failed(Exception):
    """Physics came to no answer."""


class Trial:
    """One trial. `engine` is PyBullet with its world's `client`, in which a metre is `scale` long; `grids` are what positions and velocities are
    rounded to, as bullet.py says; `bodies` those that were put in, by handle.
    """

    def __init__(self, engine: Any, client: int, scale: float, grids: tuple[float, float], bodies: Mapping[int, BodySpec], spec: SceneSpec) -> None:
        self._engine, self._client, self._scale, self._grids = engine, client, scale, grids
        self._bodies = bodies
        self._moving = [handle for handle, body in bodies.items() if not body.is_static]
        self._step_s = min(spec.physics.time_step_s, _LONGEST_STEP_S)
        engine.setPhysicsEngineParameter(fixedTimeStep=self._step_s, useSplitImpulse=0, physicsClientId=client)
        self._gravity: Vec3 = spec.physics.gravity_m_s2
        self._weight: Vec3 = (0.0, 0.0, 0.0)

    def run(self, attempt: Attempt) -> Verdict:
        """What comes of it. Raises InvalidValue for a gripper without jaws."""
        if not isinstance(attempt.gripper, JawGripper):
            raise InvalidValue(f"only grippers with jaws can be tried, {attempt.gripper.name} is a {type(attempt.gripper).__name__}")
        try:
            return self._grasp(attempt, attempt.gripper)
        except _Failed:
            return Verdict(outcome="unsettled")

    def _grasp(self, attempt: Attempt, gripper: JawGripper) -> Verdict:
        scale, test = self._scale, attempt.test
        self._force_n, self._burden_m_s2 = gripper.force_n, math.sqrt(sum(g * g for g in self._gravity)) + max(test.shake_m_s2, _LIFT_M_S2)
        hand = self._hand = Hand(self._engine, self._client, scale, gripper, attempt.world_from_gripper, _SOFT_N_M)
        hand.opening = (gripper.opening_m if attempt.opening_m is None else attempt.opening_m) * scale
        self._closing, self._is_pressing = 0.0, False
        self._weigh(not attempt.weightless)
        if not self._approach(attempt.approach_m):
            return Verdict(outcome="blocked")
        self._close()
        held, width, points = self._between()
        width = round(width / scale, 6)
        if held is None:
            return Verdict(outcome="missed", width_m=width)
        contacts = tuple(self._rounded(hand.local(point)) for point in points)
        body = self._bodies[held]
        if body.is_static:
            return Verdict(outcome="blocked", width_m=width)
        before = self._in_hand(held)
        self._weigh(True)
        self._lift(test.lift_m, test.lift_speed_m_s)
        self._shake(test.shake_m_s2, test.shake_s)
        after = self._in_hand(held)
        slip, turn = _way(before, after)
        slip, turn = round(slip / scale, 6), round(turn, 6)
        touched = any(held in contact[1:3] for part in hand.parts for contact in self._contacts(part))
        outcome: Literal["held", "slipped", "dropped"] = "slipped" if touched else "dropped"
        if slip <= test.slip_m and turn <= test.slip_rad:
            outcome = "held"
        return Verdict(outcome=outcome, body=body.name if touched else None, slip_m=slip, slip_rad=turn, width_m=width, contacts_m=contacts)

    def _weigh(self, has_gravity: bool) -> None:
        self._weight = times(self._gravity, self._scale * has_gravity)
        self._engine.setGravity(*self._weight, physicsClientId=self._client)

    def _approach(self, way_m: float) -> bool:
        """Move in along z; whether nothing stopped it. Where nothing is near, nothing happens either, and no time passes."""
        hand = self._hand
        end, pushes = hand.position, deque[float](maxlen=_PUSH_STEPS)
        rest = way_m * self._scale
        hand.position = plus(end, hand.axes[2], -rest)
        rest -= hand.advance(rest, self._bodies)
        count = math.ceil(rest / self._scale / (_APPROACH_M_S * self._step_s) - 1e-9)
        hand.position = plus(end, hand.axes[2], -rest)
        for _ in range(count):
            self._move(times(hand.axes[2], rest / (count * self._step_s)))
            pushes.append(sum(contact[9] for part in hand.parts for contact in self._contacts(part)))
            if not sum(pushes) * self._step_s / self._scale <= _PUSH_N_S:
                return False
        hand.position = end
        return True

    def _close(self) -> None:
        """Let the jaws close until they have stalled on something that both press on, have met, or have had their time."""
        steady = 0
        count = math.ceil((self._hand.opening / self._scale / 2 / _CLOSING_M_S + _WAIT_S) / self._step_s)
        for _ in range(count):
            left, right = self._grip()
            self._move((0.0, 0.0, 0.0))
            is_steady = abs(left + right - 1) <= _STEADY and min(left, right) >= _ONE_SIDED
            steady = steady + 1 if is_steady else 0
            if steady == _STEADY_STEPS or self._hand.opening <= -2 * _GIVE_M * self._scale:
                return

    def _grip(self) -> tuple[float, float]:
        """Set how fast the jaws close, from the forces that press on them; return these, as shares of what they should be together."""
        hand, x = self._hand, self._hand.axes[0]
        most = _CLOSING_M_S * self._scale
        depths: list[float] = []
        touched: set[int] = set()
        count, fastest = 0, most
        for finger in hand.fingers:
            side, depth, gap, touching = hand.parts[finger][1], 0.0, math.inf, 0
            for contact in self._contacts(finger):
                distance, (nx, ny, nz) = contact[8], contact[7]
                if distance < 0:
                    # How deep pads give tells their force. The one that the solver found comes near to it in many steps only.
                    sign, other = (side, contact[2]) if contact[1] == finger else (-side, contact[1])
                    depth -= sign * (nx * x[0] + ny * x[1] + nz * x[2]) * distance
                    touched.add(other)
                    touching += 1
                else:
                    gap = min(gap, distance)
            depths.append(depth)
            count += touching
            if not touching:
                fastest = min(fastest, _TOUCH_M_S * self._scale + gap / 2 / self._step_s)
        if touched:
            self._press(touched)
        whole = 2 * _GIVE_M * self._scale
        # As many springs as there are contacts, half of them at each jaw.
        speed = _GAIN * (whole - sum(depths)) / (count * self._step_s) if count else most
        s = self._grids[1]
        # Jaws that meet give as well, and no more.
        self._closing = (min(max(speed, -most), fastest, (hand.opening + whole) / 2 / self._step_s) + s) - s
        left, right = (depth / whole for depth in depths)
        return left, right

    def _press(self, touched: set[int]) -> None:
        """Let the pads be as stiff as their force on these is large, and the solver take the pains that what is between two springs needs."""
        if not self._is_pressing:
            self._is_pressing = True
            self._engine.setPhysicsEngineParameter(numSolverIterations=_ITERATIONS, solverResidualThreshold=0.0, physicsClientId=self._client)
        bodies = [self._bodies[handle] for handle in sorted(touched)]
        mass = math.inf if any(body.is_static for body in bodies) else math.fsum(body.mass_kg for body in bodies)
        self._hand.stiffness_n_m = min(self._force_n, _ENOUGH * mass * self._burden_m_s2) / _GIVE_M

    def _lift(self, way_m: float, speed_m_s: float) -> None:
        g = math.sqrt(sum(c * c for c in self._weight))
        up = times(self._weight, -1 / g) if g > 0 else times(self._hand.axes[2], -1.0)
        # Faster, steadily, then slower again.
        faster_s = min(speed_m_s / _LIFT_M_S2, math.sqrt(way_m / _LIFT_M_S2))
        ramp = max(math.ceil(faster_s / self._step_s - 1e-9), 1)
        level = max(math.ceil(way_m / (speed_m_s * self._step_s) - 1e-9) - ramp, 0)
        shares = [*((i + 0.5) / ramp for i in range(ramp)), *(1.0 for _ in range(level)), *((i - 0.5) / ramp for i in range(ramp, 0, -1))]
        most = way_m * self._scale / (math.fsum(shares) * self._step_s)
        for share in shares:
            self._grip()
            self._move(times(up, most * share))

    def _shake(self, acceleration: float, way_s: float) -> None:
        half = max(round(way_s / 2 / self._step_s), 1)
        rate = acceleration * self._scale * self._step_s
        for axis in self._hand.axes:
            for way in (1.0, -1.0):
                speed = 0.0
                for number in range(2 * half):
                    speed += rate if number < half else -rate
                    self._grip()
                    self._move(times(axis, way * speed))

    def _move(self, velocity: Sequence[float]) -> None:
        """One step, with the gripper at this velocity."""
        hand, h = self._hand, self._step_s
        hand.place(velocity, self._closing, self._weight)
        self._engine.stepSimulation(self._client)
        self._round()
        p = self._grids[0]
        x, y, z = plus(hand.position, velocity, h)
        hand.position = ((x + p) - p, (y + p) - p, (z + p) - p)
        hand.opening = (hand.opening - 2 * self._closing * h + p) - p

    def _round(self) -> None:
        engine, client = self._engine, self._client
        p, s = self._grids
        for handle in self._moving:
            (x, y, z), (a, b, c, d) = engine.getBasePositionAndOrientation(handle, client)
            (vx, vy, vz), (wx, wy, wz) = engine.getBaseVelocity(handle, client)
            if not vx * vx + vy * vy + vz * vz < (_MAX_SPEED_M_S * self._scale) ** 2:
                raise _Failed
            place = ((x + p) - p, (y + p) - p, (z + p) - p), ((a + p) - p, (b + p) - p, (c + p) - p, (d + p) - p)
            engine.resetBasePositionAndOrientation(handle, *place, client)
            engine.resetBaseVelocity(handle, ((vx + s) - s, (vy + s) - s, (vz + s) - s), ((wx + s) - s, (wy + s) - s, (wz + s) - s), client)

    def _contacts(self, part: int) -> Any:
        return self._engine.getContactPoints(part, physicsClientId=self._client)

    def _between(self) -> tuple[int | None, float, list[Vec3]]:
        """What is between the jaws, how wide it is, and where it touches them."""
        width, depth_of = self._hand.opening, defaultdict[int, float](float)
        touching: list[set[int]] = []
        points: dict[int, list[Vec3]] = {}
        for finger in self._hand.fingers:
            depths: list[float] = []
            touching.append(set())
            for contact in self._contacts(finger):
                if contact[8] >= 0:
                    continue
                other = contact[2] if contact[1] == finger else contact[1]
                touching[-1].add(other)
                depths.append(-contact[8])
                depth_of[other] += depths[-1]
                points.setdefault(other, []).append(_middle(contact[5], contact[6]))
            width += math.fsum(depths) / max(len(depths), 1)
        if not all(touching):
            return None, max(self._hand.opening, 0.0), []
        both = touching[0] & touching[1] or touching[0] | touching[1]
        held = min(both, key=lambda handle: (self._bodies[handle].is_static, -depth_of[handle], handle))
        return held, width, points[held]

    def _in_hand(self, handle: int) -> tuple[Vec3, Quat]:
        position, rotation = self._engine.getBasePositionAndOrientation(handle, self._client)
        return self._hand.local(position), rotation

    def _rounded(self, point: Vec3) -> Vec3:
        x, y, z = point
        return (round(x / self._scale, 6), round(y / self._scale, 6), round(z / self._scale, 6))


def _middle(a: Vec3, b: Vec3) -> Vec3:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2)


def _way(a: tuple[Vec3, Quat], b: tuple[Vec3, Quat]) -> tuple[float, float]:
    """How far two poses are apart, and the angle between them in radians."""
    (p, q), (r, s) = a, b
    q, s = normalize_quat(q), normalize_quat(s)
    # The axes of the gripper stay, so that a turn in the world is one in the gripper.
    cosine = min(abs(sum(u * v for u, v in zip(q, s, strict=True))), 1.0)
    return math.sqrt(sum((u - v) ** 2 for u, v in zip(p, r, strict=True))), 2 * math.acos(cosine)
