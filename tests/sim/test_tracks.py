"""Tracks: where bodies are, and how they move, at any moment."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BodySpec, BoxShape, Change, Motion, Pose, SceneSpec, Track
from diorama.sim.spec.tracks import motion_between
from diorama.sim.transforms import quat_from_axis_angle

SMALL, LARGE = BoxShape(size_m=(1.0, 1.0, 1.0)), BoxShape(size_m=(2.0, 2.0, 2.0))
numbers = st.floats(-20, 20)


@st.composite
def poses(draw):
    axis = draw(st.tuples(numbers, numbers, numbers).filter(lambda v: math.hypot(*v) > 0.1))
    return Pose(draw(st.tuples(numbers, numbers, numbers)), quat_from_axis_angle(axis, draw(st.floats(-3, 3))))


def scene(track):
    return SceneSpec(bodies=(BodySpec(name="car", shape=SMALL), BodySpec(name="wall", shape=SMALL)), tracks=(track,))


def close(a, b, tolerance=1e-9):
    same = abs(sum(p * q for p, q in zip(a.rotation_wxyz, b.rotation_wxyz, strict=True)))
    return math.dist(a.position_m, b.position_m) < tolerance and 1 - same < tolerance


@given(poses(), poses(), st.floats(0.01, 5))
def test_the_motion_between_two_poses_takes_one_to_the_other(start, end, seconds):
    assert close(motion_between(start, end, seconds).moved(start, seconds), end)


@given(poses(), poses(), poses(), st.floats(-0.5, 2.5))
def test_a_body_is_where_its_track_says_and_moves_to_where_it_will_be(a, b, c, time_s):
    track = Track(body="car", times_s=(0.0, 1.0, 2.0), poses=(a, b, c))
    for moment, pose in zip(track.times_s, track.poses, strict=True):
        assert close(track.pose(moment), pose)
    now = scene(track).at(time_s, over_s=0.1).body("car")
    assert now.world_from_body == track.pose(time_s)
    assert close(now.motion.moved(now.world_from_body, 0.1), track.pose(time_s + 0.1))


def test_before_and_after_its_track_a_body_stands_still():
    track = Track(body="car", times_s=(1.0, 2.0), poses=(Pose((1.0, 0.0, 0.0)), Pose((3.0, 0.0, 0.0))))
    assert scene(track).at(0.5).body("car") == BodySpec(name="car", shape=SMALL, world_from_body=Pose((1.0, 0.0, 0.0)))
    assert scene(track).at(9.0).body("car").motion == Motion()
    assert scene(track).at(1.5).body("car").motion.linear_m_s == pytest.approx((2.0, 0.0, 0.0))
    assert scene(track).at(1.5).tracks == ()


def test_changes_last_until_the_next():
    track = Track(
        body="car",
        changes=(
            Change(time_s=1.0, attributes=(("state", "red"),)),
            Change(time_s=2.0, shape=LARGE),
            Change(time_s=3.0, attributes=(("state", "green"),)),
        ),
    )
    seen = [(b.shape, b.attributes) for t in (0.0, 1.0, 2.5, 3.0) for b in (scene(track).at(t).body("car"),)]
    red, green = (("state", "red"),), (("state", "green"),)
    assert seen == [(SMALL, ()), (SMALL, red), (LARGE, red), (LARGE, green)]
    assert scene(track).at(5.0).body("car").world_from_body == Pose()


def test_a_scene_without_tracks_is_the_same_at_all_times():
    spec = SceneSpec(bodies=(BodySpec(name="wall", shape=SMALL),))
    assert spec.at(3.0) is spec


def test_tracks_survive_json():
    track = Track(body="car", times_s=(0.0, 1.0), poses=(Pose(), Pose((1.0, 2.0, 3.0))), changes=(Change(time_s=0.5, shape=LARGE),))
    assert from_json(SceneSpec, to_json(scene(track))) == scene(track)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"times_s": (0.0,)}, "must be as many"),
        ({"times_s": (1.0, 1.0), "poses": (Pose(), Pose())}, "rise"),
        ({"changes": (Change(time_s=2.0), Change(time_s=1.0))}, "in order of time"),
        ({"times_s": (math.nan,), "poses": (Pose(),)}, "finite"),
    ],
)
def test_what_is_no_track(fields, said):
    with pytest.raises(InvalidValue, match=said):
        Track(body="car", **fields)


def test_tracks_are_of_bodies_and_one_each():
    with pytest.raises(InvalidValue, match="no bodies"):
        SceneSpec(tracks=(Track(body="car"),))
    with pytest.raises(InvalidValue, match="unique"):
        scene(Track(body="car")).replace(tracks=(Track(body="car"), Track(body="car")))
