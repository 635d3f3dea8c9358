"""Trials with two parallel jaws.

Jaws are symmetrical: both move alike. Their pads give like springs, and how fast they close follows from how deep those are pressed in; so they
stall when both press together with twice the force of one.
"""

import math
from collections import defaultdict
from typing import Any

from diorama.sim.physics.grasp import LIFT_M_S2, Trial
from diorama.sim.spec import JawGripper
from diorama.sim.transforms import Vec3

#: Each jaw closes this fast until it touches.
_CLOSING_M_S = 0.1
#: A jaw near something slows down to this.
_TOUCH_M_S = 0.01
#: Pads give this much under the full force of the jaws.
_GIVE_M = 0.0005
#: Jaws press with no more than so many times what they have to bear. The solver comes near to an answer in few steps only where forces are
#: in some proportion to masses, and what is gripped like that does not need more.
_ENOUGH = 30.0
#: The jaws have closed when for so many steps their force was this near to what it should be, as a share of it, and each bore so much of it; or
#: when they have had so much longer than the way takes.
_STEADY, _ONE_SIDED, _STEADY_STEPS, _WAIT_S = 0.05, 0.1, 6, 0.5
#: The share of what the force lacks, or has too much, which a step makes up for.
_GAIN = 0.3


class JawTrial(Trial):
    """One trial of a `JawGripper`."""

    def __init__(self, *world: Any) -> None:
        super().__init__(*world)
        gripper, opening_m, test = self.attempt.gripper, self.attempt.opening_m, self.attempt.test
        assert isinstance(gripper, JawGripper)
        self.hand.opening = (gripper.opening_m if opening_m is None else opening_m) * self.scale
        self._force_n = gripper.force_n
        self._burden_m_s2 = math.sqrt(sum(g * g for g in self.gravity)) + max(test.shake_m_s2, LIFT_M_S2)
        self._is_pressing = False

    def take(self) -> tuple[int | None, float, list[Vec3]]:
        self._close()
        return self._between()

    def keep(self) -> None:
        self._grip()

    def _close(self) -> None:
        """Let the jaws close until they have stalled on something that both press on, have met, or have had their time."""
        steady = 0
        count = math.ceil((self.hand.opening / self.scale / 2 / _CLOSING_M_S + _WAIT_S) / self.step_s)
        for _ in range(count):
            left, right = self._grip()
            self.move((0.0, 0.0, 0.0))
            is_steady = abs(left + right - 1) <= _STEADY and min(left, right) >= _ONE_SIDED
            steady = steady + 1 if is_steady else 0
            if steady == _STEADY_STEPS or self.hand.opening <= -2 * _GIVE_M * self.scale:
                return

    def _grip(self) -> tuple[float, float]:
        """Set how fast the jaws close, from the forces that press on them; return these, as shares of what they should be together."""
        hand, x = self.hand, self.hand.axes[0]
        most = _CLOSING_M_S * self.scale
        depths: list[float] = []
        touched: set[int] = set()
        count, fastest = 0, most
        for finger in hand.fingers:
            side, depth, gap, touching = hand.parts[finger][1], 0.0, math.inf, 0
            for contact in self.contacts(finger):
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
                fastest = min(fastest, _TOUCH_M_S * self.scale + gap / 2 / self.step_s)
        if touched:
            self._press(touched)
        whole = 2 * _GIVE_M * self.scale
        # As many springs as there are contacts, half of them at each jaw.
        speed = _GAIN * (whole - sum(depths)) / (count * self.step_s) if count else most
        s = self.grids[1]
        # Jaws that meet give as well, and no more.
        self.closing = (min(max(speed, -most), fastest, (hand.opening + whole) / 2 / self.step_s) + s) - s
        left, right = (depth / whole for depth in depths)
        return left, right

    def _press(self, touched: set[int]) -> None:
        """Let the pads be as stiff as their force on these is large, and the solver take the pains that what is between two springs needs."""
        if not self._is_pressing:
            self._is_pressing = True
            self.take_pains()
        bodies = [self.bodies[handle] for handle in sorted(touched)]
        mass = math.inf if any(body.is_static for body in bodies) else math.fsum(body.mass_kg for body in bodies)
        self.hand.stiffness_n_m = min(self._force_n, _ENOUGH * mass * self._burden_m_s2) / _GIVE_M

    def _between(self) -> tuple[int | None, float, list[Vec3]]:
        """What is between the jaws, how wide it is, and where it touches them."""
        width, depth_of = self.hand.opening, defaultdict[int, float](float)
        touching: list[set[int]] = []
        points: dict[int, list[Vec3]] = {}
        for finger in self.hand.fingers:
            depths: list[float] = []
            touching.append(set())
            for contact in self.contacts(finger):
                if contact[8] >= 0:
                    continue
                other = contact[2] if contact[1] == finger else contact[1]
                touching[-1].add(other)
                depths.append(-contact[8])
                depth_of[other] += depths[-1]
                points.setdefault(other, []).append(_middle(contact[5], contact[6]))
            width += math.fsum(depths) / max(len(depths), 1)
        if not all(touching):
            return None, max(self.hand.opening, 0.0), []
        both = touching[0] & touching[1] or touching[0] | touching[1]
        held = min(both, key=lambda handle: (self.bodies[handle].is_static, -depth_of[handle], handle))
        return held, width, points[held]


def _middle(a: Vec3, b: Vec3) -> Vec3:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2)
