"""Reaching, and picking and placing, with a Panda."""

import math
import pickle
from contextlib import closing

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_for_learners

from diorama import InvalidValue, default_plan
from diorama.envs.base import OUT_OF_RANGE
from diorama.envs.expert import PickPlaceExpert
from diorama.envs.panda import STEP_M, PandaPickPlace, PandaReach
from diorama.sim.physics import panda

MADE = [
    ("diorama/PandaReach-v0", {}),
    ("diorama/PandaReach-v0", {"image": False, "control": "joints"}),
    ("diorama/PandaPickPlace-v0", {"reward": "sparse"}),
    ("diorama/PandaPickPlace-v0", {"image": False}),
    ("diorama/TopDownGrasp-v0", {}),
]


@pytest.fixture
def opened():
    """Environments that are closed when the test is over."""
    made = []

    def make(kind, **settings):
        made.append(kind(**{"resolution": (48, 48)} | settings))
        return made[-1]

    yield make
    for env in made:
        env.close()


def reached(env, most=60):
    """Straight to the goal; rewards on the way and the last step's end and info."""
    rewards, done, info = [], False, {}
    while not done and len(rewards) < most:
        way = [np.clip((g - c) / STEP_M, -1, 1) for g, c in zip(env.goal_m, env.told_m, strict=True)]
        _, reward, done, _, info = env.step(np.array([*way, 1.0]))
        rewards.append(reward)
    return rewards, done, info


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "settings"), MADE, ids=lambda v: str(v))
def test_checkers_find_nothing_to_complain_about(name, settings):
    made = gymnasium.make(f"diorama.envs:{name}", **settings)
    check_env(made.unwrapped, skip_render_check="image" in settings)
    check_env_for_learners(made.unwrapped)
    made.close()


@pytest.mark.parametrize("control", ["position", "pose", "joints"])
def test_the_same_seed_and_actions_give_the_same_bytes(opened, control):
    runs = []
    for _ in range(2):
        env = opened(PandaPickPlace, control=control)
        env.action_space.seed(1)
        env.reset(seed=8)
        taken = [env.reset(seed=4)[0]] + [env.step(env.action_space.sample())[0] for _ in range(6)]
        runs.append([value.tobytes() for observation in taken for value in observation.values()])
    assert runs[0] == runs[1]


def test_a_reached_goal_is_worth_one_and_ways_add_up(opened):
    """What a shaped reward adds is the change of a potential, so that all of an episode adds up to the difference of its ends."""
    for seed in range(3):
        env = opened(PandaReach, image=False)
        env.reset(seed=seed)
        start = math.dist(env.tool_m, env.goal_m)
        rewards, done, info = reached(env)
        assert done and info["is_success"] and math.dist(env.tool_m, env.goal_m) <= env.tolerance_m
        assert sum(rewards) == pytest.approx(1 + start - math.dist(env.tool_m, env.goal_m), abs=1e-9)
        env = opened(PandaReach, image=False, reward="sparse")
        env.reset(seed=seed)
        assert reached(env)[0] == [0.0] * (len(rewards) - 1) + [1.0]


def test_what_is_observed_is_where_things_are(opened):
    env = opened(PandaPickPlace, image=False)
    observation, _ = env.reset(seed=0)
    proprioception = observation["proprioception"]
    assert proprioception[:7] == pytest.approx(panda.REST_RAD)
    assert proprioception[14] == pytest.approx(0.08)
    assert proprioception[15:] == pytest.approx(panda.tool(panda.REST_RAD)[:3, 3], abs=1e-6)
    body = env.scene.body(env.target)
    x, y, z = body.world_from_body.position_m
    # The base is turned no way.
    assert observation["object"][:3] == pytest.approx(np.subtract((x, y, z), env.mount.position_m), abs=1e-6)
    assert observation["object"][3:7] == pytest.approx(body.world_from_body.rotation_wxyz, abs=1e-6)
    assert observation["goal"] == pytest.approx(env.goal_m)


def test_pictures_show_the_arm_and_where_to_go(opened):
    env = opened(PandaPickPlace, channels=("instance",), resolution=(96, 96))
    for seed in range(3):
        observation, _ = env.reset(seed=seed)
        seen = {env._scene().bodies[i - 1].name for i in np.unique(observation["instance"]) if i}
        assert {"robot-hand", "table-top", env.target} <= seen
        assert any(name.startswith("robot-link") for name in seen)


def test_places_out_of_reach_are_passed_over_and_cost(opened):
    env = opened(PandaReach, image=False, reward="sparse")
    env.reset(seed=0)
    rewards = []
    for _ in range(40):
        _, reward, *_, info = env.step(np.array([1.0, 1.0, 1.0, 0.0]))
        rewards.append(reward)
    assert info["unreachable"] and rewards[-1] == OUT_OF_RANGE
    assert panda.reach(env.told_m, env.told_rad) is not None
    assert np.isfinite(env.arm.joints_rad).all()


def test_joints_stop_at_their_limits(opened):
    env = opened(PandaReach, image=False, control="joints", reward="sparse")
    env.reset(seed=0)
    for _ in range(45):
        *_, info = env.step(np.ones(8))
    assert info["unreachable"]
    assert all(angle <= high + 0.01 for angle, high in zip(env.arm.joints_rad, panda.HIGHEST_RAD, strict=True))


def test_pressing_on_the_table_breaks_nothing(opened):
    env = opened(PandaPickPlace, image=False)
    env.reset(seed=0)
    for _ in range(40):
        observation, *_, info = env.step(np.array([0.0, 0.0, -1.0, 0.3, -1.0]))
    assert info["failure"] == ""
    assert observation in env.observation_space
    assert env.tool_m[2] > -0.005


@pytest.mark.parametrize("bad", [np.full(5, np.nan), np.zeros(4)])
def test_what_is_no_action_raises(opened, bad):
    env = opened(PandaPickPlace, image=False)
    env.reset(seed=0)
    with pytest.raises(InvalidValue):
        env.step(bad)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InvalidValue, match='no control named "poses"'):
        PandaReach(control="poses")
    with pytest.raises(InvalidValue, match='no reward named "dense"'):
        PandaReach(reward="dense")


@pytest.mark.parametrize("control", ["pose", "position"])
def test_the_expert_puts_things_on_the_plate(opened, control):
    env = opened(PandaPickPlace, image=False, control=control)
    done = 0
    for seed in range(4):
        env.reset(seed=seed)
        expert, rewards, over = PickPlaceExpert(env), [], False
        while not over and len(rewards) < 150:
            _, reward, over, _, info = env.step(expert())
            rewards.append(reward)
        assert not info["out_of_range"]
        done += over and rewards[-1] > 0.9
    assert done == 4


def test_the_expert_does_not_move_joints(opened):
    env = opened(PandaPickPlace, image=False, control="joints")
    env.reset(seed=0)
    with pytest.raises(InvalidValue, match="control="):
        PickPlaceExpert(env)


def test_any_plan_with_something_to_stand_beside_will_do(opened):
    env = opened(PandaReach, plan=default_plan("tabletop"), image=False)
    _, info = env.reset(seed=0)
    assert "drop" in info["draws"]
    env = opened(PandaReach, plan="street", image=False)
    with pytest.raises(InvalidValue, match="support"):
        env.reset(seed=0)


def test_an_environment_in_use_is_pickled_as_it_was_made(opened):
    env = opened(PandaReach, control="joints", image=False)
    env.reset(seed=3)
    copy = pickle.loads(pickle.dumps(env))  # noqa: S301 - our own
    assert (copy.control, copy.channels) == ("joints", ())
    copy.close()


def test_the_expert_acts_in_its_environment_alone(opened):
    """Wrappers or not."""
    with closing(gymnasium.make("diorama.envs:diorama/PandaPickPlace-v0", channels=())) as env:
        env.reset(seed=0)
        assert env.action_space.contains(PickPlaceExpert(env)())
    with pytest.raises(InvalidValue, match="and not in PandaReach"):
        PickPlaceExpert(opened(PandaReach, image=False))
