"""Whether grippers get to where they are to be without touching what is there, as physics sees it, and without moving anything."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.physics.hand import Part, parts, plus, times
from diorama.sim.spec import Attempt, BodySpec, JawGripper
from diorama.sim.transforms import Matrix, apply, compose

#: A gripper may be so deep in something: convex pieces are a little larger than what they stand for.
_DEPTH_M = 0.001


def reachable(engine: Any, client: int, scale: float, bodies: Mapping[int, BodySpec], attempts: Iterable[Attempt]) -> NDArray[np.bool_]:
    """(n,) bool, whether each attempt's gripper touches nothing on its way in, nor at its end, before its jaws close.

    `engine` is PyBullet with its world's `client`, in which a metre is `scale` long and `bodies` are, by handle.
    """
    boxes = {handle: engine.getAABB(handle, -1, client) for handle in bodies}
    made: dict[Part, int] = {}
    free: list[bool] = []
    for attempt in attempts:
        matrix = attempt.world_from_gripper.matrix
        w, x, y, z = attempt.world_from_gripper.rotation_wxyz
        free.append(True)
        for part in _swept(attempt):
            if part not in made:
                shape = part.shape(engine, client, scale)
                made[part] = engine.createMultiBody(0.0, shape, useMaximalCoordinates=True, physicsClientId=client)
            middle, reach = _box(matrix, part)
            low, high = times(plus(middle, reach, -1.0), scale), times(plus(middle, reach), scale)
            near = [handle for handle, box in boxes.items() if _meet(low, high, *box)]
            if not near:
                continue
            engine.resetBasePositionAndOrientation(made[part], times(middle, scale), (x, y, z, w), client)
            if any(_depth(engine, client, made[part], handle) > _DEPTH_M * scale for handle in near):
                free[-1] = False
                break
    return np.array(free, bool)


def _swept(attempt: Attempt) -> list[Part]:
    gripper = attempt.gripper
    opening = 0.0
    if isinstance(gripper, JawGripper):
        opening = gripper.opening_m if attempt.opening_m is None else attempt.opening_m
    return [part.swept(opening, attempt.approach_m) for part in parts(gripper)]


def _box(world_from_gripper: Matrix, part: Part) -> tuple[Sequence[float], Sequence[float]]:
    """The middle of a part in the world, and how far it reaches along each of the world's axes."""
    middle: list[float] = apply(world_from_gripper, [part.middle])[0].tolist()
    reach: list[float] = compose(np.abs(world_from_gripper[:3, :3]), np.array([part.size]).T)[:, 0].tolist()
    return middle, times(reach, 0.5)


def _meet(low: Sequence[float], high: Sequence[float], other_low: Sequence[float], other_high: Sequence[float]) -> bool:
    return all(a <= d and c <= b for a, b, c, d in zip(low, high, other_low, other_high, strict=True))


def _depth(engine: Any, client: int, one: int, other: int) -> float:
    points = engine.getClosestPoints(one, other, 0.0, physicsClientId=client)
    return max((-point[8] for point in points), default=0.0)
