"""Vehicles follow the intelligent driver model, and wait where one waits."""

import math
from itertools import pairwise

import pytest

from diorama.randomizers.street.car_following import Car, Driver, Flow
from diorama.randomizers.street.ways import Ways
from diorama.sim.spec import Lane, RoadMap, Signal

LONG = Lane(name="long", kind="drive", points_m=((0.0, 0.0), (4000.0, 0.0)), width_m=3.0, speed_m_s=15.0)
RED = Signal(name="s", phases=(("red", 60.0), ("green", 60.0)))
GREEN = Signal(name="s", phases=(("green", 60.0), ("red", 60.0)))
AMBER = Signal(name="s", phases=(("amber", 60.0), ("red", 60.0)))


def car(name="a", route=("long",), way=0.0, speed=0.0, **driver):
    """A vehicle of 4.5 m."""
    return Car(name=name, driver=Driver(**driver), front_m=2.0, rear_m=2.5, route=list(route), way_m=way, speed_m_s=speed, choices=(0.0,))


def flow(roads, cars, hazards=lambda time_s: ()):
    return Flow(Ways(roads), roads.signals, cars, hazards, 0.0)


def run(f, seconds, step=0.1):
    for _ in range(round(seconds / step)):
        f.step(step)


def held(signal):
    """A lane that ends at a signal after 100 m, a junction lane and one that goes on."""
    return RoadMap(
        lanes=(
            Lane(name="in", kind="drive", points_m=((0.0, 0.0), (100.0, 0.0)), width_m=3.0, next=("over",), control="signal", signal="s"),
            Lane(name="over", kind="drive", points_m=((100.0, 0.0), (120.0, 0.0)), width_m=3.0, next=("out",), junction=True),
            Lane(name="out", kind="drive", points_m=((120.0, 0.0), (400.0, 0.0)), width_m=3.0),
        ),
        signals=(signal,),
    )


def crossing(*, yields=True):
    """Two lanes that cross; who comes from `b` goes first."""
    return RoadMap(
        lanes=(
            Lane(name="a", kind="drive", points_m=((-100.0, 0.0), (-8.0, 0.0)), width_m=3.0, next=("a-over",), control="give-way"),
            Lane(
                name="a-over",
                kind="drive",
                points_m=((-8.0, 0.0), (8.0, 0.0)),
                width_m=3.0,
                next=("a-out",),
                conflicts=("b-over",),
                yields_to=("b-over",) if yields else (),
                junction=True,
            ),
            Lane(name="a-out", kind="drive", points_m=((8.0, 0.0), (200.0, 0.0)), width_m=3.0),
            Lane(name="b", kind="drive", points_m=((0.0, -100.0), (0.0, -8.0)), width_m=3.0, next=("b-over",)),
            Lane(name="b-over", kind="drive", points_m=((0.0, -8.0), (0.0, 8.0)), width_m=3.0, next=("b-out",), conflicts=("a-over",), junction=True),
            Lane(name="b-out", kind="drive", points_m=((0.0, 8.0), (0.0, 200.0)), width_m=3.0),
        )
    )


def test_alone_it_reaches_the_speed_it_wants():
    alone = car(speed=3.0)
    f = flow(RoadMap(lanes=(LONG,)), [alone])
    run(f, 90)
    assert alone.speed_m_s == pytest.approx(15.0, rel=1e-3)
    assert alone.way_m == pytest.approx(alone.driven_m)


@pytest.mark.parametrize("lead", [2.0, 8.0, 13.0])
def test_behind_a_steady_leader_it_keeps_the_models_equilibrium_gap(lead):
    """At rest relative to the leader: 0 = 1 - (v/v0)^4 - ((s0 + v T)/s)^2."""
    leader, follower = car("lead", way=200.0, speed=lead), car("next", way=100.0, speed=lead, headway_s=1.4, gap_m=2.5)
    leader.driver = Driver(speed=lead / 15.0)
    f = flow(RoadMap(lanes=(LONG,)), [leader, follower])
    run(f, 200)
    gap = leader.way_m - leader.rear_m - follower.way_m - follower.front_m
    v = follower.speed_m_s
    assert v == pytest.approx(lead, rel=1e-3)
    assert gap == pytest.approx((2.5 + 1.4 * v) / math.sqrt(1 - (v / 15.0) ** 4), rel=0.01)


def test_nobody_touches_the_one_ahead_whatever_that_does():
    cars = [car(f"c{k}", way=400.0 - 14.0 * k, speed=12.0) for k in range(8)]
    f = flow(RoadMap(lanes=(LONG,)), cars, lambda time_s: [("long", 480.0)] if time_s < 40 else ())
    for _ in range(900):
        f.step(0.1)
        for ahead, behind in pairwise(cars):
            assert ahead.way_m - ahead.rear_m - behind.way_m - behind.front_m > 0.3
        if f.time_s < 39.9:
            assert cars[0].way_m + cars[0].front_m < 480.0
    assert cars[-1].way_m > 480.0


def test_a_red_signal_stops_and_a_green_one_does_not():
    waits = car(route=("in",), way=20.0, speed=13.0)
    f = flow(held(RED), [waits])
    run(f, 30)
    assert waits.lane == "in"
    assert waits.speed_m_s < 0.05
    assert 90.0 < waits.way_m + waits.front_m <= 100.0
    run(f, 45)
    assert waits.lane == "out"
    goes = car(route=("in",), way=20.0, speed=13.0)
    f = flow(held(GREEN), [goes])
    run(f, 8)
    assert goes.lane in ("over", "out")


@pytest.mark.parametrize(("way", "passes"), [(95.0, True), (30.0, False)])
def test_amber_is_passed_by_who_cannot_stop(way, passes):
    driver = car(route=("in",), way=way, speed=12.0)
    f = flow(held(AMBER), [driver])
    run(f, 12)
    assert (driver.lane != "in") == passes


def test_who_gives_way_lets_the_other_pass_first():
    a, b = car("a", route=("a",), way=40.0, speed=9.0), car("b", route=("b",), way=40.0, speed=9.0)
    f = flow(crossing(), [a, b])
    entered: dict[str, float] = {}
    for _ in range(400):
        f.step(0.1)
        for c in (a, b):
            if c.lane.endswith("-over"):
                entered.setdefault(c.name, f.time_s)
        assert {a.lane, b.lane} != {"a-over", "b-over"}
    assert entered["b"] < entered["a"]


def test_who_turns_slows_down_for_it_before():
    bend = ((100.0, 0.0), (105.0, 0.0), (108.0, 3.0), (108.0, 8.0))
    roads = RoadMap(
        lanes=(
            Lane(name="in", kind="drive", points_m=((0.0, 0.0), (100.0, 0.0)), width_m=3.0, speed_m_s=14.0, next=("turn",)),
            Lane(name="turn", kind="drive", points_m=bend, width_m=3.0, speed_m_s=4.0, next=("out",), junction=True),
            Lane(name="out", kind="drive", points_m=((108.0, 8.0), (108.0, 200.0)), width_m=3.0, speed_m_s=14.0),
        )
    )
    turns = car(route=("in",), way=5.0, speed=14.0)
    f = flow(roads, [turns])
    assert f.turning(turns) == 0
    seen = set()
    for _ in range(300):
        f.step(0.1)
        if turns.lane == "turn":
            seen.add(f.turning(turns))
            assert turns.speed_m_s < 5.5
    assert seen == {1}
    assert turns.speed_m_s > 10


def test_places_beyond_a_lane_are_in_the_next_and_straight_on_after_the_last():
    ways = Ways(held(GREEN))
    route = ("in", "over", "out")
    assert ways.at(route, 1, -10.0) == ((90.0, 0.0), (1.0, 0.0))
    assert ways.at(route, 0, 130.0) == ((130.0, 0.0), (1.0, 0.0))
    assert ways.at(route, 2, 300.0)[0] == (420.0, 0.0)
    assert ways.nearest((50.0, 1.0), 1.5) == ("in", 50.0)
    assert ways.nearest((50.0, 2.0), 1.5) is None
