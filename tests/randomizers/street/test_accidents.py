"""Accidents happen when and to whom they should, by physics, and are told."""

import math
from functools import cache

import pytest

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.accidents import Accidents
from diorama.randomizers.street.retime import Path, braking
from diorama.randomizers.street.traffic import Traffic
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import Pose, SceneSpec, Track
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()
WATCHED = Context(library=LIBRARY, duration_s=3.0)


def busy_street(seed):
    spec = Street(layout=Constant("straight")).build(Seed(seed), WATCHED)
    traffic = Traffic(per_km=Constant(50))
    return traffic.apply(spec, traffic.sample(Seed(seed), spec, WATCHED))


@cache
def with_accident(kind, **settings):
    """A scene in which this kind happens, what was drawn, and what became of it."""
    for seed in range(20):
        spec, accidents = busy_street(seed), Accidents(kinds=Constant(kind), **settings)
        params = accidents.sample(Seed(seed), spec, WATCHED)
        if params["kind"] == kind:
            staged = accidents.apply(spec, params)
            with Bullet(LIBRARY) as physics:
                return staged, params, physics.play(staged)
    raise AssertionError(f"no {kind} in 20 streets")


def test_the_contract_holds():
    check_randomizer(Accidents(), spec=busy_street(0), library=LIBRARY)


def test_one_brakes_and_the_next_runs_into_it_at_the_moment():
    staged, params, played = with_accident("rear-end", moment_s=Constant(1.0))
    (leader,) = staged.events[0].bodies
    hits = [e for e in played.events if e.kind == "collision" and leader in e.bodies]
    assert hits
    # Bumpers are before and behind the boxes' middles: within a quarter of a second.
    assert hits[0].time_s == pytest.approx(params["moment_s"], abs=0.35)
    follower = next(name for name in hits[0].bodies if name != leader)
    speeds = [math.hypot(*played.at(t).body(follower).motion.linear_m_s) for t in (hits[0].time_s - 0.1, hits[0].time_s + 0.3)]
    assert speeds[1] < speeds[0]


def test_an_oncoming_one_leaves_its_lane_and_hits_another():
    staged, params, played = with_accident("head-on", moment_s=Constant(1.2))
    (left,) = staged.events[0].bodies
    hits = [e for e in played.events if e.kind == "collision" and left in e.bodies]
    assert hits
    # Another may be in its way before that.
    assert 0.1 < hits[0].time_s < params["moment_s"] + 0.5


def test_one_that_skids_turns_about_itself_and_is_stopped_by_friction():
    staged, _, played = with_accident("skid", moment_s=Constant(0.5))
    (skid,) = (e for e in staged.events if e.kind == "skid")
    name = skid.bodies[0]
    turns = [played.at(t).body(name).motion.angular_rad_s[2] for t in (0.3, 0.7)]
    assert abs(turns[0]) < 0.3
    assert abs(turns[1]) > 1.0
    speeds = [math.hypot(*played.at(t).body(name).motion.linear_m_s) for t in (0.4, 1.4)]
    assert speeds[1] < speeds[0] - 3.0


def test_a_child_runs_after_its_ball_and_the_driver_brakes():
    staged, _, played = with_accident("child", moment_s=Constant(0.6))
    name = staged.events[0].bodies[2]
    assert staged.body("child").category == "person"
    ball, child = ([played.at(t).body(n).world_from_body.position_m for t in (0.0, 1.0)] for n in ("ball", "child"))
    assert 2.0 < math.dist(*ball) < 7.0
    assert math.dist(*child) == pytest.approx(3.0, abs=0.3)
    speeds = [math.hypot(*played.at(t).body(name).motion.linear_m_s) for t in (0.3, 1.6)]
    assert speeds[1] < max(speeds[0] - 5.0, 0.1)


def test_boxes_fall_to_the_road_and_come_to_rest():
    staged, _, played = with_accident("lost-load")
    boxes = [b for b in staged.bodies if "debris" in b.tags]
    assert len(boxes) >= 3
    assert staged.roads is not None
    for box in boxes:
        x, y, z = played.at(3.0).body(box.name).world_from_body.position_m
        assert 0 < z - staged.roads.ground_m(x, y) < 2.0
        assert math.hypot(*played.at(2.9).body(box.name).motion.linear_m_s) < math.hypot(*box.motion.linear_m_s)


@pytest.mark.parametrize("kind", ["head-on", "child"])
def test_twice_the_same(kind):
    staged, params, played = with_accident(kind)
    accidents = Accidents(kinds=Constant(kind))
    seed = next(s for s in range(20) if accidents.sample(Seed(s), busy_street(s), WATCHED)["kind"] == kind)
    assert accidents.sample(Seed(seed), busy_street(seed), WATCHED) == params
    with Bullet(LIBRARY) as physics:
        assert physics.play(staged) == played


def test_where_there_is_no_time_or_no_traffic_there_is_no_accident():
    spec = busy_street(0)
    assert Accidents().sample(Seed(0), spec, Context(library=LIBRARY)) == {"kind": None}
    assert Accidents(share=0.0).sample(Seed(0), spec, WATCHED) == {"kind": None}
    empty = Street().build(Seed(0), WATCHED)
    assert Accidents().sample(Seed(0), empty, WATCHED) == {"kind": None}
    assert Accidents().apply(empty, {"kind": None}) is empty


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InvalidValue, match="rear-ended"):
        Accidents(kinds=Constant("rear-ended"))
    with pytest.raises(InvalidValue, match="no roads"):
        Accidents().sample(Seed(0), SceneSpec(), WATCHED)


def test_braking_is_a_parabola():
    way = braking(14.0, 0.5, 7.0)
    assert way(0.5) == 7.0
    assert way(1.5) == pytest.approx(7.0 + 14.0 - 3.5)
    assert way(2.5) == way(9.0) == pytest.approx(7.0 + 14.0)


def test_a_path_is_gone_along_at_any_speed_and_goes_straight_on():
    track = Track(body="car", times_s=(0.0, 1.0, 3.0), poses=(Pose((0.0, 0.0, 0.0)), Pose((10.0, 0.0, 0.0)), Pose((14.0, 3.0, 0.0))))
    path = Path(track)
    assert path.pose(4.0).position_m == pytest.approx((4.0, 0.0, 0.0))
    assert path.pose(12.5).position_m == pytest.approx((12.0, 1.5, 0.0))
    assert path.pose(16.0).position_m == pytest.approx((15.0, 3.0, 0.0))
    slow = path.retimed(lambda t: 2 * t, 5.0)
    assert slow.pose(2.0).position_m == pytest.approx((4.0, 0.0, 0.0))
