"""Gaits: feet that stand, stand still; strides fit speeds; and nothing jumps."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.street.people import gait
from diorama.sim.assets.street.people.person import person_asset
from diorama.sim.assets.street.people.poses import going
from diorama.sim.assets.street.people.reaching import bent_limb, limb_angles
from diorama.sim.assets.street.people.skeleton import lengths, limb_turn, posed, rotated, trunk_turn
from diorama.sim.errors import InvalidValue
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import quat_multiply

ADULT = PersonShape(height_m=1.75)
CHILD = PersonShape(height_m=1.15, age_years=6.0, bmi_kg_m2=15.5)
WALKS = [(ADULT, 0.5), (ADULT, 1.0), (ADULT, 1.4), (ADULT, 1.9), (CHILD, 0.9), (CHILD, 1.3)]
RUNS = [(ADULT, 3.0), (ADULT, 4.5), (CHILD, 2.6), (CHILD, 3.4)]


def toe_and_heel(person, phase, speed):
    """Points of the left sole, from a body frame that glides along: the ankle's frame's, at the heel and the ball, and at the tip."""
    walking = gait.walking(person, phase, speed)
    bones, frames = lengths(person), posed(lengths(person), walking.joints)
    hips_z = (
        -person_asset(walking).landmarks["base"][2]
        + (np.add(person_asset(walking).landmarks["left_hip"], person_asset(walking).landmarks["right_hip"]) / 2)[2]
    )
    out = []
    for bone, point in (("left_foot", (-0.26 * bones.foot, 0.0, -bones.ankle)), ("left_foot", (0.46 * bones.foot, 0.0, -bones.ankle))):
        turn, at = frames[bone]
        out.append(np.add(at, rotated(turn, point)) + (0, 0, hips_z))
    return np.array(out)


@pytest.mark.parametrize(("person", "speed"), WALKS + RUNS)
def test_stride_times_frequency_is_speed_and_as_people_have_it(person, speed):
    stride = gait.stride_m(person, speed)
    hip = lengths(person).hip
    assert stride / hip == pytest.approx(2.3 * (speed**2 / (9.81 * hip)) ** 0.3, rel=1e-6)  # Alexander (1984)
    if person is ADULT and speed == 1.4:
        assert 1.2 < stride < 1.55
        assert 100 < 120 * speed / stride < 135  # steps a minute


@pytest.mark.parametrize(("person", "speed"), WALKS)
def test_the_lowest_point_is_on_the_ground_in_every_phase_of_a_walk(person, speed):
    for k in range(gait.PHASES):
        shape = gait.walking(person, k / gait.PHASES, speed)
        assert shape.lift_m == 0
        asset = person_asset(shape)
        assert float(asset.parts[0].positions[:, 2].min()) == pytest.approx(asset.landmarks["base"][2], abs=0.01)


@pytest.mark.parametrize(("person", "speed"), WALKS)
def test_a_foot_that_stands_stays_where_it_is(person, speed):
    stride = gait.stride_m(person, speed)
    phases = np.arange(0.0, 0.58, 0.02)
    world = np.array([toe_and_heel(person, p, speed) + (stride * p, 0, 0) for p in phases])
    # Flat on the ground, both; before, on the heel; after, on the ball.
    heel, ball = world[phases < 0.2, 0], world[(phases > 0.15) & (phases < 0.5), 1]
    for points in (heel, ball):
        assert np.ptp(points[:, 0]) < 0.02
        assert np.ptp(points[:, 1]) < 0.02
        assert np.abs(points[:, 2]).max() < 0.02


@pytest.mark.parametrize(("person", "speed"), RUNS)
def test_runners_fly_twice_a_stride_and_no_higher_than_a_hand(person, speed):
    lifts = np.array([gait.walking(person, k / 48, speed).lift_m for k in range(48)])
    flying = lifts > 0.005
    assert 0.1 < flying.mean() < 0.6
    assert lifts.max() < 0.12
    assert (np.diff(np.concatenate([flying, flying[:1]]).astype(int)) == 1).sum() == 2


@pytest.mark.parametrize(("person", "speed"), WALKS + RUNS)
def test_nothing_jumps_and_strides_repeat(person, speed):
    def places(phase):
        frames = posed(lengths(person), gait.walking(person, phase, speed).joints)
        return np.array([at for _, at in frames.values()])

    moved = np.sqrt((np.diff([places(k / 96) for k in range(97)], axis=0) ** 2).sum(axis=2))
    # Feet swing about twice to three times as fast as one goes.
    assert moved.max() / (gait.stride_m(person, speed) / 96) < 3.5
    assert gait.walking(person, 1.25, speed) == gait.walking(person, 0.25, speed)


@pytest.mark.parametrize(("person", "speed"), WALKS + RUNS)
def test_the_second_step_is_the_first_in_a_mirror(person, speed):
    bones = lengths(person)
    for k in range(12):
        one, other = (posed(bones, gait.walking(person, k / 24 + half, speed).joints) for half in (0.0, 0.5))
        for bone, (_, (x, y, z)) in one.items():
            swapped = bone.replace("left", "*").replace("right", "left").replace("*", "right")
            assert other[swapped][1] == pytest.approx((x, -y, z), abs=0.015)


def test_arms_swing_against_legs_and_more_the_faster_one_goes():
    def swing(speed):
        joints = [gait.walking(ADULT, k / 24, speed).joints for k in range(24)]
        arm = np.array([j.left_arm.shoulder_rad[0] for j in joints])
        leg = np.array([j.left_leg.hip_rad[0] for j in joints])
        assert np.corrcoef(arm, leg)[0, 1] < -0.6
        return np.ptp(arm)

    assert swing(0.7) < swing(1.4) < swing(2.0)


def test_what_is_carried_is_carried_on():
    bag = going(replace(ADULT, bag="briefcase"), 0.5, 1.4).joints
    free = going(ADULT, 0.5, 1.4).joints
    assert bag.left_arm == free.left_arm
    assert abs(bag.right_arm.shoulder_rad[0]) < 0.4 * abs(free.right_arm.shoulder_rad[0])


@settings(max_examples=60, deadline=None)
@given(
    st.builds(PersonShape, height_m=st.floats(0.8, 2.2), age_years=st.floats(2, 90), figure=st.floats(-1, 1)), st.floats(0, 1), st.floats(0.05, 12.0)
)
def test_anybody_can_go_at_any_speed(person, phase, speed):
    shape = gait.walking(person, phase, speed)
    assert 0 <= shape.lift_m < 0.3
    assert all(math.isfinite(c) for _, at in posed(lengths(person), shape.joints).values() for c in at)


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, 40.0])
def test_speeds_that_nobody_has_are_refused(speed):
    with pytest.raises(InvalidValue, match=r"people go at 0.05..12 m/s"):
        gait.walking(ADULT, 0.0, speed)


# --- reaching ---------------------------------------------------------------------------------------------

unit = st.floats(-1, 1)
places = st.tuples(unit, unit, unit).filter(lambda p: 0.12 < math.hypot(*p) < 0.75)


@settings(max_examples=100, deadline=None)
@given(places, st.floats(0.2, 0.5), st.floats(0.2, 0.5), st.tuples(unit, unit, unit).filter(lambda p: math.hypot(*p) > 0.2))
def test_limbs_reach_what_they_can(end, upper, lower, pole):
    one, other = bent_limb((0.0, 0.0, 0.0), end, upper, lower, pole)
    tip = [upper * a + lower * b for a, b in zip(one, other, strict=True)]
    far = math.hypot(*end)
    reach = min(max(far, abs(upper - lower) + 1e-4), upper + lower - 1e-6)
    assert tip == pytest.approx([c * reach / far for c in end], abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-0.8, 2.2),
    st.floats(-0.6, 1.1),
    st.floats(-1.1, 1.1),
    st.floats(0.1, 2.6),
    st.sampled_from((1.0, -1.0)),
    st.booleans(),
    st.floats(-0.5, 0.5),
)
def test_angles_of_a_limb_are_found_again_from_its_bones(raised, away, outwards, bend, side, knee, bow):
    trunk = trunk_turn(bow, 0.1, -0.2)
    turn = quat_multiply(trunk, limb_turn(raised, away, outwards, side))
    lower = (-math.sin(bend), 0.0, -math.cos(bend)) if knee else (math.sin(bend), 0.0, -math.cos(bend))
    angles, found = limb_angles(trunk, rotated(turn, (0.0, 0.0, -1.0)), rotated(turn, lower), side, knee=knee)
    assert (*angles, found) == pytest.approx((raised, away, outwards, bend), abs=1e-6)
