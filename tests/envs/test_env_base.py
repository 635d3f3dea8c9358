"""What all environments have in common, shown on the smallest one there is: things on a table, one of which is pushed aside."""

import gc
import pickle
import weakref
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from pushing import Push

from diorama import InvalidValue, Seed, TooManyRejections, UnknownName
from diorama.envs.base import OUT_OF_RANGE

gymnasium.register(id="test/Push-v0", entry_point="pushing:Push", max_episode_steps=5)
SIDE = np.array([1.0, 0.0], np.float32)


@pytest.fixture
def env():
    with_engines = Push()
    yield with_engines
    with_engines.close()


def same(a, b):
    return a.keys() == b.keys() and all(a[name].tobytes() == b[name].tobytes() for name in a)


def rollout(env, seed, steps=3):
    env.action_space.seed(seed)
    taken = [env.reset(seed=seed)[0]]
    taken += [env.step(env.action_space.sample())[0] for _ in range(steps)]
    return [{name: value.copy() for name, value in observation.items()} for observation in taken]


@pytest.mark.filterwarnings("error")
def test_gymnasium_finds_nothing_to_complain_about():
    made = gymnasium.make("test/Push-v0", render_mode="rgb_array")
    check_env(made.unwrapped)
    made.close()


def test_a_seed_gives_the_same_bytes_whatever_came_before(env):
    first = rollout(env, 3)
    env.reset(seed=8)
    env.reset()
    assert all(same(a, b) for a, b in zip(first, rollout(env, 3), strict=True))
    other = Push()
    assert all(same(a, b) for a, b in zip(first, rollout(other, 3), strict=True))
    other.close()


def test_episodes_are_numbered_from_the_seed_on_and_can_be_gone_to(env):
    _, first = env.reset(seed=3)
    observation, second = env.reset()
    assert (first["stream"], second["stream"]) == (str(Seed(3).child("episode", 0)), str(Seed(3).child("episode", 1)))
    assert first["draws"] != second["draws"]
    env.reset(seed=4)
    again, info = env.reset(seed=3, options={"episode": 1})
    assert same(observation, again) and info["draws"] == second["draws"]
    with pytest.raises(InvalidValue, match=r'no option "episodes".*Did you mean "episode"'):
        env.reset(options={"episodes": 1})


def test_without_a_seed_each_environment_draws_one(env):
    other = Push()
    (_, one), (_, two) = env.reset(), other.reset()
    assert one["stream"] != two["stream"]
    root = int(one["stream"].partition("/")[0])
    assert env.reset(seed=root)[1]["draws"] == one["draws"]
    other.close()


def test_draws_are_those_of_the_plans_randomizers(env):
    _, info = env.reset(seed=0)
    assert set(info["draws"]) == {"objects", "drop", "view-0/camera-shell"}


@pytest.mark.parametrize("vector", [SyncVectorEnv, AsyncVectorEnv])
def test_an_environment_of_a_vector_does_not_depend_on_how_many_there_are(vector):
    few, many = (vector([Push] * count) for count in (1, 3))
    (a, _), (b, info) = (envs.reset(seed=10) for envs in (few, many))
    assert all(np.array_equal(a[name][0], b[name][0]) for name in a)
    assert len({str(draws) for draws in info["draws"]}) == 3
    for envs in (few, many):
        envs.close()


def test_make_vec():
    envs = gymnasium.make_vec("test/Push-v0", num_envs=2, vectorization_mode="sync")
    envs.reset(seed=0)
    for _ in range(7):  # past the time limit, and so into the second episode
        _, _, _, truncated, _ = envs.step(np.zeros((2, 2), np.float32))
    assert not truncated.any()
    assert [stream.partition("/")[2] for stream in envs.reset(seed=[5, 7])[1]["stream"]] == ["episode/0"] * 2
    envs.close()


@pytest.mark.parametrize("bad", [np.array([np.nan, 0]), np.array([0, np.inf]), np.zeros(3), 0.5, "push", None])
def test_what_is_no_action_raises_and_leaves_everything_as_it_was(env, bad):
    env.reset(seed=0)
    with pytest.raises(InvalidValue, match="2 finite numbers"):
        env.step(bad)
    observation, *_ = env.step(SIDE)
    env.reset(seed=0)
    assert same(observation, env.step(SIDE)[0])


def test_an_action_out_of_range_is_the_nearest_in_range_and_costs(env):
    env.reset(seed=0)
    observation, reward, _, _, info = env.step(np.array([7.0, 0.0]))
    assert info["out_of_range"]
    env.reset(seed=0)
    other, fair, _, _, info = env.step(SIDE)
    assert not info["out_of_range"]
    assert same(observation, other) and reward == fair + OUT_OF_RANGE


def test_every_channel_is_in_its_space():
    every = ("rgb", "radiance", "depth", "instance", "normal", "category", "albedo", "object_coordinates", "flow_forward", "flow_backward", "shadow")
    env = Push(channels=every, depth_range_m=None, resolution=(48, 40))
    observation, _ = env.reset(seed=0)
    assert observation in env.observation_space
    assert {name: pixels.shape[:2] for name, pixels in observation.items()} == dict.fromkeys(every, (40, 48))
    assert observation["instance"].max() > 0
    env.close()


def test_depth_in_bytes_is_depth_in_metres_within_half_a_step():
    metres, bytes_ = (Push(channels=("depth",), depth_range_m=span) for span in (None, (0.1, 1.1)))
    m, b = (env.reset(seed=0)[0]["depth"] for env in (metres, bytes_))
    inside = (m > 0.1) & (m < 1.1)
    assert inside.sum() > 1000
    assert np.abs(0.1 + b[..., 0][inside] / 255.0 - m[inside]).max() <= 0.5 / 255 + 1e-6
    assert (b[..., 0][m == 0] == 255).all()
    for env in (metres, bytes_):
        env.close()


def test_without_channels_nothing_is_rendered(monkeypatch):
    env = Push(channels=(), state=True)
    env.reset(seed=0)
    monkeypatch.setattr(env.studio.renderer, "render", None)
    observation, *_ = env.step(SIDE)
    assert set(observation) == {"place"}
    env.close()


def test_the_sensors_noise_is_another_in_each_step_and_the_same_in_each_run():
    env = Push(channels=("rgb",), noise=True)
    first, second = env.reset(seed=0)[0]["rgb"], env.step(np.zeros(2))[0]["rgb"]
    assert (first != second).any()
    env.reset(seed=0)
    assert (env.step(np.zeros(2))[0]["rgb"] == second).all()
    env.close()


def test_render_shows_what_the_camera_sees_larger():
    env = Push(render_mode="rgb_array", render_resolution=(96, 80))
    env.reset(seed=0)
    picture = env.render()
    assert (picture.shape, picture.dtype) == ((80, 96, 3), np.uint8)
    env.close()
    env = Push()
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode"):
        assert env.render() is None
    env.close()


def test_pictures_without_shadows_show_none():
    for shadows in (True, False):
        env = Push(channels=("shadow",), shadows=shadows, occlusion=False)
        observation, _ = env.reset(seed=1)
        assert (observation["shadow"].max() > 0.5) == shadows
        env.close()


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InvalidValue, match='"rgb_arry"'):
        Push(render_mode="rgb_arry")
    with pytest.raises(InvalidValue, match='no channel named "deph"'):
        Push(channels=("deph",))
    with pytest.raises(InvalidValue, match="amodal"):
        Push(channels=("amodal",))
    with pytest.raises(InvalidValue, match="depth_range_m"):
        Push(depth_range_m=(2.0, 1.0))
    with pytest.raises(UnknownName, match="tabeltop"):
        Push("tabeltop")
    with pytest.raises(InvalidValue, match="refines nothing"):
        Push(replace(Push().plan, refiner="r.pt"))


def test_nothing_works_before_reset_and_closing_twice_does_no_harm():
    env = Push()
    env.close()
    with pytest.raises(RuntimeError, match="reset"):
        env.step(SIDE)
    first, _ = env.reset(seed=0)
    env.close()
    env.close()
    with pytest.raises(RuntimeError, match="reset"):
        env.step(SIDE)
    assert same(first, env.reset(seed=0)[0])
    env.close()


def test_engines_go_with_an_environment_that_nobody_closes():
    env = Push()
    env.reset(seed=0)
    physics = env.studio.physics
    gone = weakref.ref(env)
    del env
    gc.collect()
    assert gone() is None
    with pytest.raises(RuntimeError, match="not open"):
        physics.settle(Push().plan.scenario.build(Seed(0), None))


def test_a_pickled_environment_comes_back_as_it_was_made():
    env = Push(channels=("rgb",), resolution=(40, 36))
    observation, _ = env.reset(seed=2)
    copy = pickle.loads(pickle.dumps(env))  # noqa: S301 - our own
    assert copy.observation_space == env.observation_space
    assert same(copy.reset(seed=2)[0], observation)
    for one in (env, copy):
        one.close()


def test_environments_of_one_process_share_their_assets(env):
    other = Push()
    env.reset(seed=0)
    other.reset(seed=1)
    assert env.studio.library is other.studio.library
    other.close()


def test_scenes_that_the_environment_refuses_are_staged_anew_and_in_the_end_given_up(env):
    env.refuse = 2
    _, info = env.reset(seed=0)
    assert info["attempts"] == 3
    env.plan = replace(env.plan, max_attempts=2)
    env.refuse = 2
    with pytest.raises(TooManyRejections, match="out of reach 2 times"):
        env.reset(seed=0)
