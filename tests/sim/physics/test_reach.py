"""Where grippers fit, against boxes whose corners are known."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics.bullet import Bullet
from diorama.sim.spec import Attempt, BodySpec, BoxShape, JawGripper, Pose, SceneSpec, SphereShape, SuctionGripper
from diorama.sim.transforms import normalize_quat

HAND = JawGripper(
    opening_m=0.08,
    finger_length_m=0.05,
    finger_width_m=0.02,
    finger_thickness_m=0.01,
    tip_m=0.01,
    palm_size_m=(0.2, 0.06, 0.06),
    force_n=70.0,
)
CUP = SuctionGripper(cup_radius_m=0.02, bend_m=0.002, rod_radius_m=0.01, rod_length_m=0.15)
DOWN = (0.0, 1.0, 0.0, 0.0)
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(2, 2, 0.2)), world_from_body=Pose((0, 0, -0.1)))


@pytest.fixture(scope="module")
def physics():
    with Bullet(AssetLibrary()) as physics:
        yield physics


def box(size, at, **fields) -> BodySpec:
    return BodySpec(name="box", shape=BoxShape(size_m=size), world_from_body=Pose(at), **fields)


def at(x=0.0, y=0.0, z=0.05, gripper: JawGripper | SuctionGripper = HAND, **fields) -> Attempt:
    return Attempt(gripper=gripper, world_from_gripper=Pose((x, y, z), DOWN), **fields)


def free(physics, attempts, *bodies) -> list[bool]:
    return physics.reachable(SceneSpec(bodies=(FLOOR, *bodies)), attempts).tolist()


def test_tips_stop_at_the_table(physics):
    """They are 1 cm beyond the gripper's origin, and may sink in by 1 mm."""
    assert free(physics, [at(z=z) for z in (0.02, 0.0105, 0.0093, 0.0085, 0.0, -0.05)]) == [True, True, True, False, False, False]


@pytest.mark.parametrize("wide", [0.06, 0.0790, 0.0815, 0.0830, 0.099])
def test_open_jaws_are_as_wide_as_they_say(physics, wide):
    assert free(physics, [at()], box((wide, 0.03, 0.06), (0, 0, 0.03))) == [wide < 0.082]


def test_jaws_less_open_fit_around_less(physics):
    thing = box((0.05, 0.03, 0.06), (0, 0, 0.03))
    assert free(physics, [at(opening_m=o) for o in (0.07, 0.051, 0.045)], thing) == [True, True, False]


def test_the_palm_does_not_go_into_things(physics):
    """The palm is 4 cm behind the origin."""
    tall = box((0.03, 0.03, 0.1), (0, 0, 0.05))
    assert free(physics, [at(z=z) for z in (0.065, 0.0605, 0.058)], tall) == [True, True, False]


def test_what_is_on_the_way_counts_as_far_as_the_way_goes(physics):
    shelf = box((0.4, 0.4, 0.01), (0, 0, 0.3))
    # Its underside is at 0.295, and the palm's back 0.1 behind the origin.
    assert free(physics, [at(approach_m=a) for a in (0.0, 0.14, 0.15, 0.5)], shelf) == [True, True, False, False]
    assert free(physics, [at(x=0.5, approach_m=0.5)], shelf) == [True]


def test_a_cup_is_round_and_bends(physics):
    thing = box((0.1, 0.1, 0.03), (0, 0, 0.015))
    assert free(physics, [at(z=z, gripper=CUP) for z in (0.03, 0.0285, 0.026)], thing) == [True, True, False]
    # A post beside the cup, at the corner of the square around it.
    post = [box((0.004, 0.004, 0.1), (d, d, 0.05)) for d in (0.0170, 0.0145)]
    assert [free(physics, [at(gripper=CUP)], one) for one in post] == [[True], [False]]


def test_one_by_one_and_all_together_are_the_same(physics):
    things = [BodySpec(name=f"ball-{i}", shape=SphereShape(radius_m=0.02), world_from_body=Pose((0.05 * i - 0.1, 0.02 * i, 0.02))) for i in range(5)]
    attempts = [at(0.01 * i - 0.1, 0.01 * i, 0.02 + 0.002 * i, gripper=(HAND, CUP)[i % 2], approach_m=0.03 * (i % 3)) for i in range(24)]
    together = free(physics, attempts, *things)
    assert 0 < sum(together) < len(together)
    assert together == [free(physics, [one], *things)[0] for one in attempts]
    assert together == free(physics, attempts[::-1], *things)[::-1]


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(c * c for c in q) > 0.1),
    st.floats(0, 2 * math.pi),
    st.tuples(*[st.floats(-0.2, 0.2)] * 3),
    st.tuples(*[st.floats(-0.06, 0.06)] * 3),
)
def test_it_is_the_same_wherever_the_world_is_turned_to(physics, turn, angle, shift, where):
    """A rigid motion of the scene and the gripper together changes nothing, away from the limit of contact."""
    thing = box((0.03, 0.05, 0.07), where, mass_kg=0.1)
    attempt = Attempt(gripper=HAND, world_from_gripper=Pose((0, 0, 0), (math.cos(angle / 2), 0.0, 0.0, math.sin(angle / 2))), approach_m=0.05)
    moved = Pose(shift, normalize_quat(turn))
    there = replace(thing, world_from_body=moved.of(thing.world_from_body))
    answers = []
    for grow in (-0.001, 0.001):
        size = (0.03 + grow, 0.05 + grow, 0.07 + grow)
        for body, pose in ((thing, attempt.world_from_gripper), (there, moved.of(attempt.world_from_gripper))):
            spec = SceneSpec(bodies=(replace(body, shape=BoxShape(size_m=size)),))
            answers.append(bool(physics.reachable(spec, [replace(attempt, world_from_gripper=pose)])[0]))
    if answers[0] == answers[2]:
        assert len(set(answers)) == 1


def test_no_attempts_and_no_bodies(physics):
    assert physics.reachable(SceneSpec(bodies=(FLOOR,)), []).shape == (0,)
    assert physics.reachable(SceneSpec(), [at()]).tolist() == [True]


def test_outside_a_with_block():
    with pytest.raises(RuntimeError, match="not open"):
        Bullet(AssetLibrary()).reachable(SceneSpec(), [at()])
