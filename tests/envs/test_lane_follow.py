"""Following a lane: what Gymnasium asks of an environment, and what drivers may expect of a road."""

import math
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_for_baselines

import diorama.envs  # noqa: F401 - registers them
from diorama import Constant, InvalidValue, Plan, default_plan
from diorama.envs.base import OUT_OF_RANGE
from diorama.envs.lane_follow import OFF_LANE, STEPS, LaneFollow, lane_plan
from diorama.randomizers.street.rigs import RigCamera
from diorama.scenes.driving.street import Street
from diorama.scenes.tabletop import Tabletop

BARE = Plan(scenario=Street(layout=Constant("circuit"), setting=Constant("country"), lanes=Constant(1)), randomizers=(), exporters=())
STRAIGHT_ON = np.array([0.0, 0.1], np.float32)


def blind(plan=None, **settings):
    return LaneFollow(plan, channels=(), **settings)


@pytest.fixture(scope="module")
def seeing():
    env = LaneFollow(BARE, resolution=(64, 48))
    yield env
    env.close()


@pytest.mark.filterwarnings("error")
def test_gymnasium_and_baselines_find_nothing_to_complain_about():
    made = gymnasium.make("diorama/LaneFollow-v0", plan=BARE, resolution=(64, 48), render_mode="rgb_array", render_resolution=(96, 72))
    assert made.spec.max_episode_steps == STEPS
    check_env(made.unwrapped)
    check_for_baselines(made.unwrapped)
    made.close()


def test_the_scripted_driver_keeps_the_lane_for_a_minute_on_ten_roads():
    env = gymnasium.make("diorama/LaneFollow-v0", channels=())
    for seed in range(100, 110):
        _, info = env.reset(seed=seed)
        start, offsets, ends = info["way_m"], [], False
        while not ends:
            _, reward, left, truncated, info = env.step(env.unwrapped.scripted())
            offsets.append(abs(info["offset_m"]))
            ends = left or truncated
        assert truncated
        assert not left
        assert np.mean(offsets) < 0.1
        assert max(offsets) < info["lane_m"] / 2 - 0.9
        assert info["way_m"] - start > 400
        assert 0.5 < reward <= 1
    env.close()


def test_a_rollout_is_a_function_of_its_seed(seeing):
    def rollout(seed):
        seen = [seeing.reset(seed=seed)[0]]
        for k in range(3):
            seen.append(seeing.step(np.array([0.2 * k, 0.5]))[0])
        return [(each["rgb"].tobytes(), each["speed"].tobytes()) for each in seen]

    first = rollout(4)
    assert rollout(5) != first
    assert rollout(4) == first
    assert len({picture for picture, _ in first}) == 4


def test_who_does_not_steer_leaves_the_lane_and_pays_for_it():
    env = blind()
    env.reset(seed=1)
    for _ in range(STEPS):
        _, reward, ended, _, info = env.step(STRAIGHT_ON)
        if ended:
            break
    assert ended and info["off_lane"]
    assert abs(info["offset_m"]) > info["lane_m"] / 2
    assert OFF_LANE - 2 < reward < OFF_LANE + 0.2
    env.close()


def test_reward_is_progress_less_the_square_of_the_offset():
    env = blind(BARE)
    _, info = env.reset(seed=3)
    for _ in range(30):
        before = info["way_m"]
        _, reward, ended, _, info = env.step(env.scripted())
        assert not ended
        assert reward == pytest.approx((info["way_m"] - before) / 1.0 - (info["offset_m"] / (info["lane_m"] / 2)) ** 2)
    env.close()


def test_offsets_are_to_the_left_of_the_way_that_one_drives():
    env = blind(BARE)
    for seed in range(6):
        _, info = env.reset(seed=seed)
        (x, y), (dx, dy) = env.course.at(info["way_m"])
        px, py = info["place_m"]
        assert dx * (py - y) - dy * (px - x) == pytest.approx(info["offset_m"], abs=0.02)
        side = env.course.lanes[0].split("-")[1] == "out"  # along the road, or back
        others = next(lane for lane in env.roads.lanes if lane.name == f"{env.course.lanes[0][0]}-{'in' if side else 'out'}-0")
        near = min(others.points_m, key=lambda p: math.dist(p, (px, py)))
        oncoming = dx * (near[1] - py) - dy * (near[0] - px)
        assert (oncoming > 0) == (env.roads.drives_on == "right")
    env.close()


def test_the_camera_goes_with_the_car(seeing):
    """Where the plan puts it, it stays in the car, on hills as well."""
    hilly = replace(BARE, scenario=replace(BARE.scenario, hill_m=Constant(8.0)))
    env = LaneFollow(hilly, camera=RigCamera(name="c", width=64, height=48, fx=50, position_m=(1.0, 0.2, 1.5)), channels=())
    env.reset(seed=2)
    for _ in range(40):
        env.step(env.scripted())
        _, camera = env._view()
        x, y, z = camera.world_from_camera.position_m
        ux, uy = env.state.ahead
        px, py = env._middle()
        assert (x - px) * ux + (y - py) * uy == pytest.approx(1.0, abs=0.15)
        assert (y - py) * ux - (x - px) * uy == pytest.approx(0.2, abs=0.15)
        assert z - env.roads.ground_m(x, y) == pytest.approx(1.5, abs=0.03)
        forward = camera.world_from_camera.matrix[:3, 2]
        assert forward[0] * ux + forward[1] * uy > 0.98
    env.close()


def test_a_plan_that_was_made_for_data_sets_serves_as_well():
    """The rig of its cameras is left out, and what else it does to a view is done to the camera in the car."""
    street = default_plan("street")
    views = tuple(r for r in street.randomizers if r.name in ("vehicle-rig", "sensor"))
    env = LaneFollow(replace(street, randomizers=views), resolution=(48, 36))
    _, info = env.reset(seed=3)
    assert set(info["draws"]) == {"view-0/sensor"}
    _, camera = env._view()
    x, y, _ = camera.world_from_camera.position_m
    assert math.dist((x, y), info["place_m"]) == pytest.approx(0.45, abs=0.1)
    assert camera.sensor.read_noise > 0
    env.close()


def test_a_scene_in_which_only_the_camera_moves_is_loaded_once(seeing, monkeypatch):
    seeing.reset(seed=6)
    monkeypatch.setattr(seeing.studio.renderer, "load", None)
    first, *_ = seeing.step(STRAIGHT_ON)
    second, *_ = seeing.step(STRAIGHT_ON)
    assert (first["rgb"] != second["rgb"]).any()


def test_oncoming_traffic_moves_and_nobody_else_is_on_the_lane():
    plan = lane_plan(traffic_per_km=30.0)
    keep = tuple(r for r in plan.randomizers if r.name == "traffic")
    env = LaneFollow(replace(BARE, randomizers=keep), channels=())
    _, info = env.reset(seed=0)
    assert info["draws"]["traffic"]["fitted"] > 3
    vehicles = [body for body in env._scene().bodies if "vehicle" in body.tags]
    assert vehicles
    assert not any(body.name.startswith(tuple(f"traffic-{lane}-" for lane in env.course.lanes)) for body in vehicles)
    for _ in range(20):
        _, _, ended, _, _ = env.step(env.scripted())
        assert not ended
    moved = {body.name: body.world_from_body for body in env._scene().bodies}
    assert any(math.dist(body.world_from_body.position_m, moved[body.name].position_m) > 5 for body in vehicles)
    env.close()


def test_touching_a_vehicle_ends_the_episode():
    keep = tuple(r for r in lane_plan(traffic_per_km=60.0).randomizers if r.name == "traffic")
    env = LaneFollow(replace(BARE, randomizers=keep), channels=())
    env.reset(seed=0)
    vehicle = next(body for body in env._scene().bodies if "vehicle" in body.tags)
    x, y, _ = vehicle.world_from_body.position_m
    assert not env._touches()
    env.state = replace(env.state, x_m=x + 1.0, y_m=y)
    assert env._touches()
    env.close()


def test_a_road_that_ends_ends_the_episode_without_a_penalty():
    env = blind(Plan(scenario=Street(layout=Constant("straight"), setting=Constant("country")), randomizers=(), exporters=()))
    env.reset(seed=0)
    for _ in range(STEPS):
        _, reward, ended, _, info = env.step(env.scripted())
        if ended:
            break
    assert ended and info["road_ends"] and not info["off_lane"]
    assert reward > 0.5
    env.close()


@pytest.mark.parametrize("bad", [np.array([np.nan, 0.0]), np.zeros(3), None])
def test_what_is_no_action_raises_and_leaves_the_car_where_it_was(bad):
    env = blind(BARE)
    env.reset(seed=0)
    before = env.state
    with pytest.raises(InvalidValue, match="2 finite numbers"):
        env.step(bad)
    assert env.state == before
    env.close()


def test_an_action_out_of_range_costs_and_is_the_nearest_in_range():
    env = blind(BARE)
    outcomes = []
    for action in ([3.0, -9.0], [1.0, -1.0]):
        env.reset(seed=0)
        _, reward, *_ = env.step(np.array(action))
        outcomes.append((env.state, reward))
    (there, cost), (here, fair) = outcomes
    assert there == here
    assert cost == pytest.approx(fair + OUT_OF_RANGE)
    env.close()


def test_environments_of_a_vector_drive_on_roads_of_their_own():
    envs = gymnasium.make_vec("diorama/LaneFollow-v0", num_envs=2, vectorization_mode="sync", plan=BARE, channels=())
    envs.reset(seed=11)
    first, second = (env.unwrapped for env in envs.envs)
    assert first.course.points_m != second.course.points_m
    alone = blind(BARE)
    alone.reset(seed=12)
    assert alone.course.points_m == second.course.points_m
    assert alone.state == second.state
    alone.close()
    envs.close()


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InvalidValue, match="speed_m_s"):
        LaneFollow(speed_m_s=0.0)
    with pytest.raises(InvalidValue, match="randomizer traffic"):
        LaneFollow(BARE, traffic_per_km=5.0)
    env = blind(Plan(scenario=Tabletop(), randomizers=(), exporters=()))
    with pytest.raises(InvalidValue, match="plan with roads"):
        env.reset(seed=0)
    env.close()


def test_a_car_is_put_where_one_likes(seeing):
    seeing.reset(seed=3)
    course = seeing.course
    for way, off, askew in ((5.0, 0.4, 0.1), (course.length_m + 30.0, -0.8, -0.2), (-12.0, 0.0, 0.0)):
        seen = seeing.put(way, offset_m=off, askew_rad=askew, speed_m_s=6.5)
        (x, y), (dx, dy) = course.at(way % course.length_m)
        assert seeing._middle() == pytest.approx((x - dy * off, y + dx * off), abs=1e-6)
        turned = math.remainder(seeing.state.heading_rad - math.atan2(dy, dx), 2 * math.pi)
        assert turned == pytest.approx(askew, abs=1e-6)
        assert seen["speed"] == np.float32(6.5)
        assert seeing.course.nearest(seeing._middle(), way % course.length_m) == pytest.approx((way % course.length_m, off), abs=0.02)
        assert (seeing.put(way, offset_m=off, askew_rad=askew, speed_m_s=6.5)["rgb"] == seen["rgb"]).all()


def test_from_the_left_the_scripted_driver_steers_right_and_from_the_right_left(seeing):
    seeing.reset(seed=3)
    left, middle, right = ((seeing.put(20.0, offset_m=off), seeing.scripted())[1][0] for off in (1.0, 0.0, -1.0))
    assert left < middle < right


@pytest.mark.parametrize(
    "wrong", [{"way_m": math.nan}, {"way_m": 3.0, "offset_m": 9.0}, {"way_m": 3.0, "askew_rad": 2.0}, {"way_m": 3.0, "speed_m_s": -1.0}]
)
def test_a_car_is_not_put_where_there_is_no_lane(seeing, wrong):
    seeing.reset(seed=3)
    before = seeing.state
    with pytest.raises(InvalidValue):
        seeing.put(**wrong)
    assert seeing.state == before
