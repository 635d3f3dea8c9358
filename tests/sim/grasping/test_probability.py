"""Shares of trials: sure grasps, hopeless ones, and what lies between."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.grasping.asset_grasps import AssetGrasps
from diorama.sim.grasping.probability import Noise, alone
from diorama.sim.physics.bullet import Bullet
from diorama.sim.spec import GRIPPERS, BodySpec, BoxShape, Pose

BLOCK = BodySpec(name="block", shape=BoxShape(size_m=(0.04, 0.04, 0.06)), mass_kg=0.2)
HAND = GRIPPERS["franka-hand"]
NONE = Noise(position_m=0, rotation_rad=0, log_friction=0, trials=1)


def grasps(*heights_m: float) -> AssetGrasps:
    """Across the block from above, at these heights over its middle."""
    poses = np.array([Pose((0, 0, z), (0.0, 1.0, 0.0, 0.0)).matrix for z in heights_m])
    n = len(poses)
    return AssetGrasps(
        gripper=HAND,
        body_from_gripper=poses,
        width_m=np.full(n, 0.04),
        opening_m=np.full(n, 0.06),
        quality=np.ones(n),
        contacts_m=np.zeros((n, 2, 3)),
    )


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def physics():
    with Bullet(AssetLibrary()) as physics:
        yield physics


def test_sure_grasps_and_grasps_of_air(physics):
    assert alone(physics, AssetLibrary(), BLOCK, grasps(0.01, 0.2)).tolist() == [1.0, 0.0]
    assert alone(physics, AssetLibrary(), replace(BLOCK, friction=0.0), grasps(0.01)).tolist() == [0.0]


def test_noise_makes_a_grasp_at_the_edge_unsure(physics):
    """The tips are 9 mm beyond the gripper's origin: at 39 mm they just reach the upper side."""
    at = grasps(0.037, 0.01)
    noise = Noise(position_m=0.004, trials=10)
    edge, middle = alone(physics, AssetLibrary(), BLOCK, at, noise).tolist()
    assert 0 < edge < 1
    assert middle == 1


def test_without_noise_it_is_one_trial(physics):
    assert set(alone(physics, AssetLibrary(), BLOCK, grasps(0.01, 0.037, 0.05), replace(NONE, trials=3)).tolist()) == {0.0, 1.0}


def test_the_same_from_disk_and_wherever_the_body_lies(physics, monkeypatch):
    once = alone(physics, AssetLibrary(), BLOCK, grasps(0.037, 0.01), Noise(position_m=0.004))
    tried = []
    monkeypatch.setattr(physics, "grasp", lambda *asked: tried.append(asked))
    elsewhere = replace(BLOCK, world_from_body=Pose((1, 2, 3)), name="other")
    assert alone(physics, AssetLibrary(), elsewhere, grasps(0.037, 0.01), Noise(position_m=0.004)).tobytes() == once.tobytes()
    assert not tried


def test_fewer_grasps_have_the_same_shares(physics):
    noise = Noise(position_m=0.004, trials=4)
    more = alone(physics, AssetLibrary(), BLOCK, grasps(0.037, 0.036, 0.01), noise)
    assert alone(physics, AssetLibrary(), BLOCK, grasps(0.037, 0.036), noise).tolist() == more[:2].tolist()


def test_noise_is_checked():
    with pytest.raises(InvalidValue, match="0 or more"):
        Noise(position_m=-1)
    with pytest.raises(InvalidValue, match="trials"):
        Noise(trials=0)
