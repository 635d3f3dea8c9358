"""One grasp in a picture from above."""

import math

import numpy as np
import pytest

from diorama import BodySpec, BoxShape, Constant, InvalidValue, MaterialSpec, Plan, Pose, SceneSpec, SunLight, UnknownName
from diorama.envs.base import OUT_OF_RANGE
from diorama.envs.top_down import DEEPEST_M, SHALLOWEST_M, TopDownGrasp
from diorama.randomizers.camera import CameraShell
from diorama.sim.transforms import apply, invert, project


class OneBox:
    """A scene of a long box on a slab, level with the x axis, turned by `yaw` about z."""

    name = "one-box"

    def __init__(self, yaw=0.0, size=(0.12, 0.03, 0.04)):
        self.yaw, self.size = yaw, size

    def build(self, seed, context):
        turn = (math.cos(self.yaw / 2), 0.0, 0.0, math.sin(self.yaw / 2))
        slab = BodySpec(name="slab", shape=BoxShape(size_m=(1.0, 1.0, 0.1)), world_from_body=Pose((0.0, 0.0, -0.05)), tags=("support",))
        box = BodySpec(
            name="box",
            shape=BoxShape(size_m=self.size),
            world_from_body=Pose((0.02, 0.01, self.size[2] / 2), turn),
            mass_kg=0.1,
            friction=0.8,
            material=MaterialSpec(),
            category="box",
            tags=("object",),
        )
        return SceneSpec(bodies=(slab, box), lights=(SunLight(direction=(0.1, 0.2, -1.0)),))

    def randomizers(self):
        return ()


@pytest.fixture
def over_a_box():
    """Environments over one box."""
    made = []

    def make(yaw=0.0, **settings):
        shell = CameraShell(
            elevation_deg=Constant(90.0), azimuth_deg=Constant(0.0), radius_m=Constant(0.6), aim=Constant(0.05), roll_deg=Constant(25.0)
        )
        made.append(TopDownGrasp(Plan(scenario=OneBox(yaw), randomizers=(shell,), exporters=()), **settings))
        return made[-1]

    yield make
    for env in made:
        env.close()


def pixel(env, place):
    """The action's first two numbers for a place in the world."""
    u, v = project(env._camera.k, apply(invert(env._camera.world_from_camera.matrix), [place]))[0]
    return 2 * u / env._camera.width - 1, 2 * v / env._camera.height - 1


def angle(env, direction):
    """The third, for a level direction in the world."""
    m = env._camera.world_from_camera.matrix[:2, :2]
    across = np.linalg.solve(m, direction)
    turned = math.atan2(across[1], across[0])
    return ((turned + math.pi / 2) % math.pi - math.pi / 2) / (math.pi / 2)


def depth(below):
    return 2 * (below - SHALLOWEST_M) / (DEEPEST_M - SHALLOWEST_M) - 1


@pytest.mark.parametrize("yaw", [0.0, 0.4, 1.2])
def test_an_action_means_the_grasp_that_it_says(over_a_box, yaw):
    env = over_a_box(yaw, resolution=(255, 255))
    env.reset(seed=0)
    across = (-math.sin(yaw), math.cos(yaw))
    action = np.array([*pixel(env, (0.02, 0.01, 0.04)), angle(env, across), depth(0.02)])
    gripper = env.attempt(action).world_from_gripper
    assert np.allclose(gripper.position_m, (0.02, 0.01, 0.02), atol=0.002)  # a pixel is 2 mm there
    x_axis, z_axis = gripper.matrix[:3, 0], gripper.matrix[:3, 2]
    assert np.allclose(z_axis, (0, 0, -1), atol=1e-8)
    assert abs(x_axis[0] * across[0] + x_axis[1] * across[1]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("yaw", [0.0, 1.2])
def test_a_box_is_held_across_and_blocks_along(over_a_box, yaw):
    env = over_a_box(yaw)
    env.reset(seed=0)
    place, across, along = pixel(env, (0.02, 0.01, 0.04)), (-math.sin(yaw), math.cos(yaw)), (math.cos(yaw), math.sin(yaw))
    _, reward, terminated, truncated, info = env.step(np.array([*place, angle(env, across), depth(0.025)]))
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["outcome"] == "held" and info["body"] == "box" and info["is_success"]
    env.reset()
    _, reward, terminated, _, info = env.step(np.array([*place, angle(env, along), depth(0.025)]))
    assert (reward, terminated, info["outcome"]) == (0.0, True, "blocked")


def test_beside_the_box_nothing_is_held(over_a_box):
    env = over_a_box()
    env.reset(seed=0)
    _, reward, _, _, info = env.step(np.array([*pixel(env, (-0.15, -0.15, 0.0)), 0.0, 1.0]))
    assert (reward, info["outcome"]) == (0.0, "missed")
    # However deep it was told to go, the tips stay above the table.
    assert info["attempt"].world_from_gripper.position_m[2] > env.gripper.tip_m


def test_past_the_last_surface_there_is_nothing_to_take_hold_of(over_a_box):
    env = over_a_box()
    env.plan = Plan(
        scenario=OneBox(),
        randomizers=(CameraShell(elevation_deg=Constant(90.0), radius_m=Constant(3.0), fov_deg=Constant(60.0), aim=Constant(0.0)),),
        exporters=(),
        resolution=(128, 128),
        views=1,
    )
    env.reset(seed=0)
    _, reward, terminated, _, info = env.step(np.array([-1.0, -1.0, 0.0, 0.0]))
    assert (reward, terminated, info["attempt"], info["outcome"]) == (0.0, True, None, "missed")


def test_corners_of_the_picture_and_beyond_are_actions_too(over_a_box):
    env = over_a_box()
    env.reset(seed=0)
    env.step(np.ones(4))
    env.reset(seed=0)
    _, reward, *_, info = env.step(np.array([2.0, 1.0, 1.0, 1.0]))
    assert info["out_of_range"] and reward == OUT_OF_RANGE


def test_verdicts_are_repeatable(over_a_box):
    verdicts = set()
    env = over_a_box(0.4)
    for _ in range(5):
        env.reset(seed=0)
        action = np.array([*pixel(env, (0.02, 0.01, 0.04)), angle(env, (-math.sin(0.4), math.cos(0.4))), depth(0.025)])
        verdicts.add(env.step(action)[4]["verdict"])
    assert len(verdicts) == 1


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(UnknownName, match='no gripper named "franka"'):
        TopDownGrasp(gripper="franka")
    with pytest.raises(InvalidValue, match="no jaws"):
        TopDownGrasp(gripper="cup-20")
    with pytest.raises(InvalidValue, match="picture"):
        TopDownGrasp(channels=())
