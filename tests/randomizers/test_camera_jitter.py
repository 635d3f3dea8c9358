"""Cameras that are not quite where they were meant to be."""

import math

import numpy as np
import pytest

from diorama import CameraSpec, Constant, InvalidValue, SceneSpec, Seed, Uniform
from diorama.randomizers.base import Context
from diorama.randomizers.camera_jitter import CameraJitter
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import Pose
from diorama.sim.transforms import look_at, project

STILL = {name: Constant(0) for name in ("right_m", "down_m", "forward_m", "yaw_deg", "pitch_deg", "roll_deg")}
POSE = Pose.from_matrix(look_at((1.0, 2.0, 1.5), (4.0, 3.0, 1.0)))
SPEC = SceneSpec(cameras=(CameraSpec(world_from_camera=POSE),))


def jittered(**settings):
    randomizer = CameraJitter(**STILL | {name: Constant(value) for name, value in settings.items()})
    params = randomizer.sample(Seed(0), SPEC, Context(library=AssetLibrary()))
    return randomizer.apply(SPEC, params).cameras[0]


def test_it_moves_along_the_cameras_own_axes():
    moved = jittered(right_m=0.3, down_m=-0.2, forward_m=0.1)
    from_before = POSE.matrix[:3, :3].T @ (np.array(moved.world_from_camera.position_m) - POSE.position_m)
    assert from_before == pytest.approx([0.3, -0.2, 0.1], abs=1e-9)
    assert moved.world_from_camera.rotation_wxyz == pytest.approx(POSE.rotation_wxyz, abs=1e-9)


@pytest.mark.parametrize(
    ("turn", "seen"),
    [
        ({"yaw_deg": 5}, (600 * math.tan(math.radians(5)), 0)),  # looks to the left: what was ahead is on the right
        ({"pitch_deg": 5}, (0, 600 * math.tan(math.radians(5)))),  # looks up: it is lower
        ({"roll_deg": 90}, (0, 0)),
    ],
)
def test_it_turns_to_the_left_and_up(turn, seen):
    camera = jittered(**turn)
    ahead = POSE.matrix @ (0.0, 0.0, 5.0, 1.0)
    in_camera = np.linalg.inv(camera.world_from_camera.matrix) @ ahead
    assert project(camera.k, in_camera[None, :3])[0] == pytest.approx((320 + seen[0], 240 + seen[1]), abs=1e-6)


def test_it_rolls_its_right_side_down():
    right = jittered(roll_deg=90).world_from_camera.matrix[:3, 0]
    assert right == pytest.approx(POSE.matrix[:3, 1], abs=1e-9)


def test_focal_lengths_are_multiplied():
    camera = jittered(focal=1.1)
    assert (camera.fx, camera.fy) == pytest.approx((660, 660))


def test_senseless_settings_are_refused():
    with pytest.raises(InvalidValue, match="focal"):
        CameraJitter(focal=Uniform(0, 1))
