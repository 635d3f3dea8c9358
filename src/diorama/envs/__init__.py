"""Scenes inside a training loop: Gymnasium environments (extra ``gym``).

Importing this package registers them. Gymnasium imports it by itself where the name of an environment begins with its own::

    env = gymnasium.make("diorama.envs:diorama/PandaPickPlace-v0")
"""

from diorama.sim.errors import MissingExtra

try:
    import gymnasium
except ImportError:
    raise MissingExtra("diorama.envs", "gymnasium", "gym") from None

#: What there is: the name, where it is defined, and after how many steps an episode is cut off.
ENVIRONMENTS: list[tuple[str, str, int | None]] = [
    ("diorama/LaneFollow-v0", "diorama.envs.lane_follow:LaneFollow", 600),
    ("diorama/TopDownGrasp-v0", "diorama.envs.top_down:TopDownGrasp", None),
    ("diorama/PandaReach-v0", "diorama.envs.panda:PandaReach", 60),
    ("diorama/PandaPickPlace-v0", "diorama.envs.panda:PandaPickPlace", 150),
]

for _name, _entry_point, _steps in ENVIRONMENTS:
    gymnasium.register(id=_name, entry_point=_entry_point, max_episode_steps=_steps)
