"""Trials with a suction cup.

The cup goes on until its rim touches, and seals where all that is under it belongs to one thing and is uneven by no more than the cup bends. From
then on the thing is fixed to it for as long as vacuum and friction bear the load. With the force V of the vacuum on the rim's area, the force P
and the moment M that the thing pulls with along and across the cup's axis at the middle of the rim of radius r, the shear S and the torsion T, it
lets go unless

    N = V - P > 0,   M <= N r,   (S / (mu N))^2 + (T / (mu N r))^2 <= 1

where N is what presses the thing against the rim: it tips over the far edge, or slides.
"""

import math
from collections import deque
from typing import Any

from diorama.sim.physics.grasp import Trial
from diorama.sim.physics.hand import plus, times
from diorama.sim.spec import SuctionGripper
from diorama.sim.transforms import Vec3, cross

#: A cup goes on for so long when it does not touch where it is meant to.
_FARTHER_M = 0.005
#: As fast as this.
_TOUCH_M_S = 0.1
#: Rays at the rim, and at half of its radius.
_RIM, _RING = 16, 8
#: Loads are those of so many steps on average.
_STEPS = 4


class CupTrial(Trial):
    """One trial of a `SuctionGripper`."""

    def __init__(self, *world: Any) -> None:
        super().__init__(*world)
        gripper = self.attempt.gripper
        assert isinstance(gripper, SuctionGripper)
        self._gripper = gripper
        self._held: int | None = None
        self._bond: int | None = None
        self._velocity: Vec3 = (0.0, 0.0, 0.0)
        self._loads = deque[tuple[Vec3, Vec3]](maxlen=_STEPS)

    def stopped(self) -> bool:
        self._draw_back()
        return self._seal(0.0)[0] is not None

    def _draw_back(self) -> None:
        """From what bends the cup as far as it goes to where that is not bent any more."""
        self.hand.position = plus(self.hand.position, self.hand.axes[2], -self._gripper.bend_m * self.scale)

    def take(self) -> tuple[int | None, float, list[Vec3]]:
        hand, scale = self.hand, self.scale
        held, low = self._seal(_FARTHER_M)
        if held is None:
            self._draw_back()
            held, low = self._seal(0.0)
        if held is not None and low > 0:
            count = math.ceil(low / scale / (_TOUCH_M_S * self.step_s))
            for _ in range(count):
                self.move(times(hand.axes[2], low / (count * self.step_s)))
        held, low = self._seal(0.0)
        if held is None:
            return None, 0.0, []
        if not self.bodies[held].is_static:
            self.take_pains()
            self._held, self._bond = held, hand.tie(held)
        return held, 0.0, [hand.position]

    def keep(self) -> None:
        """Let go when the last steps were too much to bear."""
        if self._held is None or self._bond is None:
            return
        velocity = self.engine.getBaseVelocity(self._held, self.client)[0]
        self._loads.append(self._load(self._held, velocity))
        self._velocity = velocity
        if len(self._loads) == _STEPS and not self._bears():
            self.engine.removeConstraint(self._bond, self.client)
            self._bond = None

    def has(self, held: int) -> bool:
        return self._bond is not None or super().has(held)

    def _seal(self, farther_m: float) -> tuple[int | None, float]:
        """What seals the cup, or would if it went on, and how far off it is; None where nothing does."""
        hand, bend = self.hand, self._gripper.bend_m * self.scale
        spots = [(0.0, 0.0)]
        for count, radius in ((_RIM, self._gripper.cup_radius_m), (_RING, self._gripper.cup_radius_m / 2)):
            angles = [2 * math.pi * i / count for i in range(count)]
            spots += [(round(radius * math.cos(a), 9) * self.scale, round(radius * math.sin(a), 9) * self.scale) for a in angles]
        far = bend + farther_m * self.scale
        starts, ends = ([hand.at((x, y, z)) for x, y in spots] for z in (-bend, far))
        hits = self.engine.rayTestBatch(starts, ends, collisionFilterMask=hand.others, physicsClientId=self.client)
        under = {hit[0] for hit in hits}
        heights = [-bend + hit[2] * (far + bend) for hit in hits]
        if len(under) > 1 or -1 in under or max(heights) - min(heights) > bend:
            return None, 0.0
        return under.pop(), min(heights)

    def _load(self, held: int, velocity: Vec3) -> tuple[Vec3, Vec3]:
        """The force and the moment about the middle of the rim, in newtons, metres and the gripper's frame, that the cup bore in the last step.

        What moves with the gripper does not turn: forces on it add up to its mass times its acceleration, moments to nothing.
        """
        hand, mass = self.hand, self.bodies[held].mass_kg
        pull = plus(times(self.weight, mass), plus(velocity, self._velocity, -1.0), -mass / self.step_s)
        place = plus(self.engine.getBasePositionAndOrientation(held, self.client)[0], hand.position, -1.0)
        force, moment = pull, cross(place, pull)
        for contact in self.contacts(held):
            other = contact[2] if contact[1] == held else contact[1]
            if other in hand.parts:
                continue
            sign = 1.0 if contact[1] == held else -1.0
            push = plus(plus(times(contact[7], sign * contact[9]), contact[11], sign * contact[10]), contact[13], sign * contact[12])
            force, moment = plus(force, push), plus(moment, cross(plus(contact[6], hand.position, -1.0), push))
        return times(hand.turned(force), 1 / self.scale), times(hand.turned(moment), 1 / self.scale**2)

    def _bears(self) -> bool:
        """Whether the cup bears what it bore of late."""
        (fx, fy, fz), (mx, my, mz) = ([math.fsum(load[k][i] for load in self._loads) / _STEPS for i in range(3)] for k in range(2))
        radius, mu = self._gripper.cup_radius_m, self._gripper.friction
        # z goes into the thing, which therefore pulls along it.
        press = self._gripper.vacuum_pa * math.pi * radius * radius - fz
        if press <= 0 or math.sqrt(mx * mx + my * my) > press * radius:
            return False
        return fx * fx + fy * fy + (mz / radius) ** 2 <= (mu * press) ** 2
