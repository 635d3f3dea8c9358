"""A gripper in the physics engine: boxes and cylinders that go where they are told, however hard something pushes back.

They are bodies so heavy that nothing moves them, and are put back on their way after each step. They weigh on what they touch through pads
which give: contacts on them are stiff springs and not the engine's hard ones, of which two that face each other have no answer.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from diorama.sim.spec import Gripper, JawGripper, Pose
from diorama.sim.transforms import Vec3

#: What is as near as this to a gripper that moves in may be touched soon.
_NEAR_M = 0.004
#: So heavy that what a trial moves is nothing beside it.
_MASS_KG = 1e6
#: What is on one side of this touches nothing on the same: the parts of a gripper overlap.
_GROUP, _ALL_OTHERS = 64, ~64


def times(a: Sequence[float], factor: float) -> Vec3:
    """The vector scaled."""
    return (a[0] * factor, a[1] * factor, a[2] * factor)


def plus(a: Sequence[float], b: Sequence[float], factor: float = 1.0) -> Vec3:
    """The sum of `a` and `factor` times `b`."""
    return (a[0] + b[0] * factor, a[1] + b[1] * factor, a[2] + b[2] * factor)


class Part(NamedTuple):
    """A rigid part in the gripper's frame with its jaws closed: a box of this size about its middle, or the upright cylinder in it; and which way
    (-1, 0 or 1) along x it moves aside as the jaws open.
    """

    middle: Vec3
    size: Vec3
    side: float = 0.0
    is_round: bool = False

    def swept(self, opening: float, behind: float) -> "Part":
        """Where it comes by on its way in from so far behind, with its jaws so far open."""
        (x, y, z), (a, b, c) = self.middle, self.size
        return Part((x + self.side * opening / 2, y, z - behind / 2), (a, b, c + behind), 0.0, self.is_round)

    def shape(self, engine: Any, client: int, scale: float) -> int:
        """The collision shape, in a world in which a metre is `scale` long."""
        a, b, c = times(self.size, scale)
        if self.is_round:
            return engine.createCollisionShape(engine.GEOM_CYLINDER, radius=a / 2, height=c, physicsClientId=client)
        return engine.createCollisionShape(engine.GEOM_BOX, halfExtents=(a / 2, b / 2, c / 2), physicsClientId=client)


def parts(gripper: Gripper) -> tuple[Part, ...]:
    """The fingers and the palm; or, of a suction gripper, the cup as far as it does not bend, and the rod."""
    if isinstance(gripper, JawGripper):
        return tuple(Part(middle, size, side) for (middle, size), side in zip(gripper.boxes(0.0), (-1.0, 1.0, 0.0), strict=True))
    ends = ((gripper.cup_radius_m, gripper.cup_radius_m), (gripper.rod_radius_m, gripper.rod_length_m))
    return tuple(Part((0.0, 0.0, -gripper.bend_m - long / 2), (2 * radius, 2 * radius, long), 0.0, True) for radius, long in ends)


class Hand:
    """The rigid parts of a gripper. Lengths and speeds are those of the engine's world, in which a metre is `scale` long.

    `opening` is how far the jaws are apart (of a suction gripper: 0), `position` where the gripper's frame is. Its axes stay as they are.
    """

    #: What rays are told that shall not meet it.
    others = _ALL_OTHERS

    def __init__(self, engine: Any, client: int, scale: float, gripper: Gripper, pose: Pose, stiffness_n_m: float) -> None:
        self._engine, self._client, self._scale = engine, client, scale
        w, x, y, z = pose.rotation_wxyz
        #: As the engine has it, the real part last.
        self.rotation = (x, y, z, w)
        rows = pose.matrix[:3, :3].tolist()
        #: The frame's axes in the world.
        self.axes: tuple[Vec3, ...] = tuple((rows[0][i], rows[1][i], rows[2][i]) for i in range(3))
        self.position = times(pose.position_m, scale)
        self.opening = 0.0
        #: By handle: the middle of a part, and its side.
        self.parts: dict[int, tuple[Vec3, float]] = {}
        self._anchors: dict[int, tuple[Vec3, Sequence[float]]] = {}
        for part in parts(gripper):
            self._add(part, gripper.friction)
        self.fingers = [handle for handle, (_, side) in self.parts.items() if side]
        self.stiffness_n_m = stiffness_n_m

    def _add(self, part: Part, friction: float) -> None:
        handle = self._body(part.shape(self._engine, self._client, self._scale))
        margin = 0.0001 * self._scale
        self._engine.changeDynamics(
            handle, -1, lateralFriction=math.sqrt(friction), restitution=0.0, collisionMargin=margin, physicsClientId=self._client
        )
        self._engine.setCollisionFilterGroupMask(handle, -1, _GROUP, _ALL_OTHERS, self._client)
        self.parts[handle] = (times(part.middle, self._scale), part.side)

    def _body(self, shape: int) -> int:
        handle = self._engine.createMultiBody(_MASS_KG, shape, useMaximalCoordinates=True, physicsClientId=self._client)
        self._engine.changeDynamics(handle, -1, linearDamping=0.0, angularDamping=0.0, physicsClientId=self._client)
        return handle

    def tie(self, body: int) -> int:
        """Let a body go wherever the gripper goes, turned as it is; return the constraint that makes it.

        The engine ties two bodies so that their axes agree: to one more that goes with the gripper, which is where the body is.
        """
        engine, client = self._engine, self._client
        position, rotation = engine.getBasePositionAndOrientation(body, client)
        anchor = self._body(engine.createCollisionShape(engine.GEOM_SPHERE, radius=1.0, physicsClientId=client))
        engine.setCollisionFilterGroupMask(anchor, -1, 0, 0, client)
        self._anchors[anchor] = (self.local(position), rotation)
        self._put(anchor, position, rotation, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        zero = (0.0, 0.0, 0.0)
        return engine.createConstraint(anchor, -1, body, -1, engine.JOINT_FIXED, zero, zero, zero, physicsClientId=client)

    @property
    def stiffness_n_m(self) -> float:
        """Of the springs that contacts with the parts are, each of them."""
        return self._stiffness

    @stiffness_n_m.setter
    def stiffness_n_m(self, stiffness: float) -> None:
        if stiffness == getattr(self, "_stiffness", None):
            return
        self._stiffness = stiffness
        for handle in self.parts:
            # A spring is the same in the enlarged world, in which forces are larger as lengths are. Steps damp it enough.
            self._engine.changeDynamics(handle, -1, contactStiffness=stiffness, contactDamping=0.0, physicsClientId=self._client)

    def place(self, velocity: Sequence[float], closing: float, weight: Vec3) -> None:
        """Put the parts where they are, on their way at this velocity, and jaws that close at this speed each. `weight` is what gravity pulls at
        one kilogram with, which is taken off them.
        """
        lift = times(weight, -_MASS_KG)
        for handle, ((x, y, z), side) in self.parts.items():
            where = self.at((x + side * self.opening / 2, y, z))
            self._put(handle, where, self.rotation, plus(velocity, self.axes[0], -side * closing), lift)
        for handle, (offset, rotation) in self._anchors.items():
            self._put(handle, self.at(offset), rotation, velocity, lift)

    def _put(self, handle: int, position: Vec3, rotation: Sequence[float], velocity: Sequence[float], lift: Vec3) -> None:
        self._engine.resetBasePositionAndOrientation(handle, position, rotation, self._client)
        self._engine.resetBaseVelocity(handle, velocity, (0.0, 0.0, 0.0), self._client)
        self._engine.applyExternalForce(handle, -1, lift, position, self._engine.WORLD_FRAME, self._client)

    def advance(self, way: float, bodies: Iterable[int]) -> float:
        """Move along z for as far as nothing is near, `way` at most; return how far that is."""
        gone, z = 0.0, self.axes[2]
        while gone < way:
            self.place((0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0))
            rest = way - gone
            gap = min((self._gap(part, body, rest) for part in self.parts for body in bodies), default=rest)
            if gap <= _NEAR_M * self._scale:
                break
            step = min(gap - _NEAR_M * self._scale / 2, rest)
            self.position, gone = plus(self.position, z, step), gone + step
        return gone

    def _gap(self, part: int, body: int, most: float) -> float:
        """How far they are apart, `most` for all that is farther."""
        points = self._engine.getClosestPoints(part, body, most, physicsClientId=self._client)
        return min((point[8] for point in points), default=most)

    def at(self, offset: Sequence[float]) -> Vec3:
        """A point of the gripper's frame in the world."""
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self.axes
        x, y, z = offset
        px, py, pz = self.position
        return (px + x * xx + y * yx + z * zx, py + x * xy + y * yy + z * zy, pz + x * xz + y * yz + z * zz)

    def local(self, point: Sequence[float]) -> Vec3:
        """A point of the world in the gripper's frame."""
        return self.turned(plus(point, self.position, -1.0))

    def turned(self, vector: Sequence[float]) -> Vec3:
        """A direction of the world in the gripper's frame."""
        u, v, w = vector
        x, y, z = (u * a[0] + v * a[1] + w * a[2] for a in self.axes)
        return (x, y, z)
