"""A scripted expert for putting a thing on a plate: what a policy may be trained to imitate."""

import math
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from diorama.envs.panda import HIGHEST_M, STEP_M, STEP_RAD, PandaPickPlace, grip
from diorama.sim.errors import InvalidValue
from diorama.sim.transforms import Vec3

#: How high above a thing the hand comes and goes, and how far above its place it lets go of it.
_ABOVE_M, _RELEASE_M = 0.12, 0.004
#: Where it should be within this, it goes on to what is next.
_NEAR_M, _NEAR_RAD = 0.004, 0.02
#: Steps for shutting and for opening the fingers.
_SHUT_STEPS, _OPEN_STEPS = 8, 5
_OPEN, _SHUT = 1.0, -1.0


class PickPlaceExpert:
    """Does one episode, from its `reset` on: call it for one action after the other.

    It looks at the scene and not at observations. The environment may be inside Gymnasium's wrappers, and its `control` must be ``pose`` or
    ``position``. InvalidValue is raised otherwise, and for other environments.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        env = env.unwrapped
        if not isinstance(env, PandaPickPlace):
            raise InvalidValue(f"the expert puts things on plates: it acts in PandaPickPlace, and not in {type(env).__name__}")
        if env.control == "joints":
            raise InvalidValue('the expert moves the tool: make the environment with control="pose" or "position"')
        self._env = env
        self._actions = self._episode()

    def __call__(self) -> NDArray[np.float32]:
        """The next action (4,) or (5,); once all is done, to stay."""
        return next(self._actions)

    def _episode(self) -> Iterator[NDArray[np.float32]]:
        env = self._env
        found = grip(env.scene, env.target, env.mount, env.studio.library, turning=env.control == "pose")
        assert found is not None  # or the environment would have had another scene staged
        yaw, height = found
        (x, y, _), (u, v, _) = env.object_m, env.goal_m
        raised = env.goal_m[2] - env.object_m[2]
        above = min(height + raised + _ABOVE_M, HIGHEST_M[2])
        yield from self._to((x, y, above), yaw, _OPEN)
        yield from self._to((x, y, height), yaw, _OPEN)
        yield from self._hold(_SHUT, _SHUT_STEPS)
        yield from self._to((x, y, above), yaw, _SHUT)
        yield from self._to((u, v, above), yaw, _SHUT)
        yield from self._to((u, v, height + raised + _RELEASE_M), yaw, _SHUT)
        yield from self._hold(_OPEN, _OPEN_STEPS)
        yield from self._to((u, v, above), yaw, _OPEN)
        while True:
            yield from self._hold(_OPEN, 1)

    def _to(self, place_m: Vec3, yaw_rad: float, fingers: float) -> Iterator[NDArray[np.float32]]:
        """Tell the tool to go there, and wait until it has."""
        env = self._env
        while True:
            way = [p - c for p, c in zip(place_m, env.told_m, strict=True)]
            turn = yaw_rad - env.told_rad
            if max(map(abs, way)) <= 1e-6 and abs(turn) <= 1e-6 and math.dist(env.tool_m, place_m) <= _NEAR_M:
                return
            # All axes at once, in proportion, so that ways are straight.
            most = max(*(abs(d) / STEP_M for d in way), abs(turn) / STEP_RAD, 1.0)
            yield self._action([*(d / STEP_M / most for d in way), turn / STEP_RAD / most], fingers)

    def _hold(self, fingers: float, steps: int) -> Iterator[NDArray[np.float32]]:
        for _ in range(steps):
            yield self._action([0.0, 0.0, 0.0, 0.0], fingers)

    def _action(self, motion: list[float], fingers: float) -> NDArray[np.float32]:
        return np.array([*motion[: 4 if self._env.control == "pose" else 3], fingers], np.float32)
