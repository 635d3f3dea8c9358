"""Episodes: what was observed and done, step by step, and whether it came to a good end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue

Policy = Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episode:
    """`steps` has arrays of T rows each, by LeRobot's names for them; `task` says in words what was to be done.

    ``observation.images.*`` (T, H, W, 3) uint8; ``observation.state`` and others ``observation.*`` (T, n) float32; ``action`` (T, m) float32; and
    ``next.reward`` (T,) float32, ``next.done`` and ``next.success`` (T,) bool. What is observed in a row was so before the row's action, what
    is next was so after it. `success` is the environment's own verdict.
    """

    task: str
    steps: Mapping[str, NDArray[Any]]
    success: bool

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.steps.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise InvalidValue(f"an episode has as many rows of everything, and at least one, got {sorted(lengths)}")
        for name, column in self.steps.items():
            is_picture = name.startswith("observation.images.")
            if (column.ndim, column.dtype.name) not in ([(4, "uint8")] if is_picture else [(1, "float32"), (1, "bool"), (2, "float32")]):
                raise InvalidValue(f"{name}: expected pictures (T, H, W, 3) uint8, or numbers (T, n) float32, got {column.shape} {column.dtype}")
            if is_picture and (column.shape[3] != 3 or column.shape[1] % 2 or column.shape[2] % 2):
                raise InvalidValue(f"{name}: videos are of pictures with three channels and even sides, got {column.shape[1:]}")
            if not is_picture and not np.isfinite(column).all():
                raise InvalidValue(f"{name}: holds NaN or infinite numbers")

    def __len__(self) -> int:
        return len(self.steps["action"])


def record_episodes(
    env: Any, expert: Callable[[Any], Policy], *, seed: int, task: str | Callable[[Any], str], max_steps: int, start: int = 0
) -> Iterator[Episode]:
    """Episodes of one of the environments, numbers `start`, `start` + 1, ... of its seed, without end.

    ``expert(env)`` is asked after each `reset` for whatever gives one action after the other. An episode ends when the environment says so, or
    after `max_steps`. Pictures are named by their channels (``observation.images.rgb``), ``proprioception`` is ``observation.state``, and other
    numbers keep their names. Raises InvalidValue for an observation of another kind, such as depth.
    """
    number = start
    while True:
        observation, _ = env.reset(seed=seed, options={"episode": number})
        words, policy = task if isinstance(task, str) else task(env), expert(env)
        rows: list[dict[str, Any]] = []
        done, info = False, {}
        while not done and len(rows) < max_steps:
            action = np.asarray(policy(), np.float32)
            seen = {_name(name, value): value for name, value in observation.items()}
            observation, reward, terminated, truncated, info = env.step(action)
            done = bool(terminated or truncated)
            success = bool(info.get("is_success", False))
            after = {"next.reward": np.float32(reward), "next.done": np.bool_(done), "next.success": np.bool_(success)}
            rows.append(seen | {"action": action} | after)
        rows[-1]["next.done"] = np.bool_(True)
        steps = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        yield Episode(task=words, steps=steps, success=bool(info.get("is_success", False)))
        number += 1


def _name(name: str, value: NDArray[Any]) -> str:
    if value.ndim == 3 and value.dtype == np.uint8 and value.shape[2] == 3:
        return f"observation.images.{name}"
    if value.ndim == 1 and value.dtype == np.float32:
        return "observation.state" if name == "proprioception" else f"observation.{name}"
    raise InvalidValue(f'an episode holds pictures (H, W, 3) uint8 and numbers (n,) float32; "{name}" is {value.shape} {value.dtype}. Leave it out')
