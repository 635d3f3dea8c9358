"""Environments with a scripted expert, by name, and what their episodes are called in a data set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diorama.datasets.episodes import Episode, Policy, record_episodes
from diorama.datasets.lerobot import Report, write_lerobot
from diorama.envs.expert import PickPlaceExpert
from diorama.envs.panda import CONTROL_S, PandaPickPlace
from diorama.sim.errors import InvalidValue, UnknownName, suggestion

_JOINTS = range(1, 8)
#: Reports how many episodes are kept, and how many there are to be.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """An environment (made for a resolution), who acts in it, what that is in words, and how long it may take.

    `fps` steps a second; `names` are those of the numbers of ``action`` and others.
    """

    env: Callable[[tuple[int, int]], Any]
    expert: Callable[[Any], Policy]
    task: Callable[[Any], str]
    max_steps: int
    fps: int
    robot: str
    names: dict[str, list[str]]


DEMONSTRATIONS = {
    "panda-pick-place": Demonstration(
        env=lambda resolution: PandaPickPlace(channels=("rgb",), resolution=resolution),
        expert=PickPlaceExpert,
        task=lambda env: f"Put the {env.scene.body(env.target).category.replace('-', ' ')} on the plate",
        max_steps=150,
        fps=round(1 / CONTROL_S),
        robot="panda",
        names={
            "action": ["x", "y", "z", "yaw", "fingers"],
            "observation.state": [*(f"joint_{n}" for n in _JOINTS), *(f"joint_{n}_speed" for n in _JOINTS), "fingers", "tool_x", "tool_y", "tool_z"],
            "observation.goal": ["x", "y", "z"],
            "observation.target": ["x", "y", "z"],
        },
    ),
}


def write_demonstrations(
    name: str,
    *,
    seed: int,
    count: int,
    out: Path,
    resolution: tuple[int, int] = (128, 128),
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Write the first `count` episodes of a seed in which the expert succeeds as a LeRobot data set; see `write_lerobot` for the folder.

    Raises UnknownName, InvalidValue, OutputError, and TooManyRejections where the expert fails again and again.
    """
    if name not in DEMONSTRATIONS:
        raise UnknownName(f'no environment with an expert is named "{name}".{suggestion(name, DEMONSTRATIONS)}')
    if seed < 0:
        raise InvalidValue(f"the seed of an environment is 0 or more, got {seed}")
    if any(side % 2 or side < 16 for side in resolution):
        raise InvalidValue("the sides of a video are even, and 16 pixels or more, got {}x{}".format(*resolution))
    told = DEMONSTRATIONS[name]
    env = told.env(resolution)
    try:
        episodes = record_episodes(env, told.expert, seed=seed, task=told.task, max_steps=told.max_steps)
        if progress is not None:
            episodes = _counted(episodes, count, progress)
        return write_lerobot(episodes, out, fps=told.fps, count=count, robot=told.robot, names=told.names, overwrite=overwrite)
    finally:
        env.close()


def _counted(episodes: Iterator[Episode], count: int, progress: Progress) -> Iterator[Episode]:
    kept = 0
    progress(kept, count)
    for episode in episodes:
        kept += episode.success
        progress(kept, count)
        yield episode
