"""The Panda: its kinematics are those of the engine and of its file, and what it does is a function of what it is told."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama import AssetLibrary, BodySpec, BoxShape, Bullet, Pose, SceneSpec
from diorama.sim.physics import panda
from diorama.sim.physics.bullet import bullet

MOUNT = Pose((0.2, -0.1, 0.7), (math.cos(0.3), 0.0, 0.0, math.sin(0.3)))
angles = st.tuples(*(st.floats(low, high) for low, high in zip(panda.LOWEST_RAD, panda.HIGHEST_RAD, strict=True)))


@pytest.fixture(scope="module")
def library():
    return AssetLibrary()


@pytest.fixture
def physics(library):
    with Bullet(library) as physics:
        yield physics


def table_with_box(friction=0.8):
    """A box of 4 cm before the arm, whose base is at the origin, on a table."""
    table = BodySpec(name="table", shape=BoxShape(size_m=(1.2, 1.2, 0.1)), world_from_body=Pose((0.5, 0.0, -0.05)))
    place = Pose((0.5, 0.1, 0.02))
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.04, 0.04, 0.04)), world_from_body=place, mass_kg=0.1, friction=friction)
    return SceneSpec(bodies=(table, box))


def go(arm, place, width, seconds=1.0):
    arm.command(panda.reach(place, 0.0), width)
    arm.run(seconds)


def lifted(physics, friction=0.8):
    arm = physics.arm(table_with_box(friction), Pose())
    go(arm, (0.5, 0.1, 0.15), 0.08)
    go(arm, (0.5, 0.1, 0.02), 0.08)
    go(arm, (0.5, 0.1, 0.02), 0.0, 0.5)
    go(arm, (0.5, 0.1, 0.25), 0.0)
    return arm


@settings(max_examples=15)
@given(joints=angles, width=st.floats(0, 0.08))
def test_links_are_seen_where_the_engine_has_them(joints, width):
    """Which reads their places from the package's file."""
    with Bullet(AssetLibrary()) as physics:
        arm = physics.arm(SceneSpec(), MOUNT)
        arm._put((*joints, width / 2, width / 2), (0.0,) * 9)
        for body, link in zip(arm.seen(SceneSpec()).bodies[1:], (0, 1, 2, 3, 4, 5, 6, 8, 9, 10), strict=True):
            state = bullet.getLinkState(arm._robot, link, computeForwardKinematics=True, physicsClientId=arm._client)
            x, y, z, w = state[5]
            theirs = Pose(tuple(c / 10 for c in state[4]), (w, x, y, z)).matrix
            # The right finger's picture is the left one's, turned.
            mine = body.world_from_body.matrix @ (np.diag([-1.0, -1.0, 1.0, 1.0]) if link == 10 else np.eye(4))
            assert np.abs(mine - theirs).max() < 2e-6, body.name


@given(distance=st.floats(0.35, 0.65), aside=st.floats(-0.7, 0.7), height=st.floats(0.0, 0.3), yaw=st.floats(-1.05, 2.0))
def test_the_tool_gets_wherever_things_and_goals_are(distance, aside, height, yaw):
    place = (distance * math.cos(aside), distance * math.sin(aside), height)
    joints = panda.reach(place, yaw)
    assert all(low <= angle <= high for low, angle, high in zip(panda.LOWEST_RAD, joints, panda.HIGHEST_RAD, strict=True))
    down = np.array([[math.cos(yaw), math.sin(yaw), 0], [math.sin(yaw), -math.cos(yaw), 0], [0, 0, -1]])
    tool = panda.tool(joints)
    assert np.abs(tool[:3, 3] - place).max() <= 1.1e-5
    assert np.abs(tool[:3, :3] - down).max() <= 5e-4
    assert panda.reach(place, yaw) == joints


@pytest.mark.parametrize("place", [(1.2, 0.0, 0.3), (0.0, 0.0, 0.3), (0.5, 0.0, -2.0), (100.0, 0.0, 0.0)])
def test_where_it_cannot_get_it_says_so(place):
    assert panda.reach(place, 0.0) is None


def test_it_gets_where_it_is_told_with_the_speed_it_has(physics):
    arm = physics.arm(SceneSpec(), MOUNT)
    arm.command(panda.reach((0.4, -0.3, 0.1), 0.7), 0.02)
    fastest = np.zeros(7)
    for _ in range(40):
        arm.run(0.05)
        fastest = np.maximum(fastest, np.abs(arm.speeds_rad_s))
    assert np.allclose(panda.tool(arm.joints_rad)[:3, 3], (0.4, -0.3, 0.1), atol=5e-4)
    assert arm.width_m == pytest.approx(0.02, abs=2e-4)
    assert (fastest <= np.array(panda.FASTEST_RAD_S) * 1.05).all()


def test_it_lifts_a_box_by_friction_alone(physics):
    arm = lifted(physics)
    assert arm.touches("box") == 2
    assert arm.width_m == pytest.approx(0.04, abs=3e-3)  # the file's pads give by a millimetre
    assert math.dist(arm.pose("box").position_m, (0.5, 0.1, 0.25)) < 0.01


def test_a_box_without_friction_stays(physics):
    arm = lifted(physics, friction=0.0)
    assert arm.pose("box").position_m[2] < 0.05


def test_what_it_does_is_the_same_to_the_bit_whatever_the_world_was_before(physics, library):
    first = lifted(physics).seen(table_with_box())
    physics.settle(table_with_box(0.1))
    assert lifted(physics).seen(table_with_box()) == first
    with Bullet(library) as other:
        assert lifted(other).seen(table_with_box()) == first


def test_scenes_settle_as_if_no_arm_had_been_there(physics, library):
    falls = table_with_box().map_bodies({"box": {"world_from_body": Pose((0.5, 0.1, 0.1), (math.cos(0.3), math.sin(0.3), 0.0, 0.0))}})
    lifted(physics)
    with Bullet(library) as other:
        assert physics.settle(falls) == other.settle(falls)


def test_an_unknown_body_is_an_error(physics):
    with pytest.raises(KeyError):
        physics.arm(SceneSpec(), MOUNT).pose("mug")


def test_it_needs_an_open_world(library):
    with pytest.raises(RuntimeError, match="with block"):
        Bullet(library).arm(SceneSpec(), MOUNT)
