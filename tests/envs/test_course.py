"""Courses: lanes one after the other, and where something is along them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama import Seed
from diorama.envs.course import Course
from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.spec import Lane, RoadMap

LIBRARY = AssetLibrary()


def ring(radius=40.0, count=180):
    points = tuple((radius * math.cos(2 * math.pi * k / count), radius * math.sin(2 * math.pi * k / count)) for k in range(count))
    lane = Lane(name="ring", kind="drive", points_m=(*points, points[0]), width_m=3.0, next=("ring",))
    return Course.from_lane(RoadMap(lanes=(lane,)), "ring", np.random.default_rng(0))


RING = ring()


@settings(max_examples=60)
@given(st.floats(-300, 600), st.floats(-1.4, 1.4), st.floats(-8, 8))
def test_who_is_put_beside_a_course_is_found_there_again(way, off, wrong):
    (x, y), (dx, dy) = RING.at(way)
    found, left = RING.nearest((x - off * dy, y + off * dx), way + wrong)
    assert found == pytest.approx(way, abs=0.06)
    assert left == pytest.approx(off, abs=0.03)


def test_a_closed_course_goes_on_and_counts_on():
    assert RING.closed
    assert RING.at(RING.length_m * 2 + 5.0)[0] == pytest.approx(RING.at(5.0)[0])
    assert RING.curvature(17.0) == pytest.approx(1 / 40.0, rel=0.15)
    way = 0.0
    for k in range(1, 400):
        angle = k * 1.0 / 40.0
        way, _ = RING.nearest((40.0 * math.cos(angle), 40.0 * math.sin(angle)), way)
    assert way == pytest.approx(399.0, abs=0.2)


@pytest.mark.parametrize("layout", ["circuit", "crossroads", "roundabout", "straight"])
def test_courses_of_streets_follow_lanes_without_a_step(layout):
    street = Street(layout=Constant(layout), setting=Constant("suburb"))
    for seed in range(3):
        roads = street.build(Seed(seed), Context(library=LIBRARY)).roads
        for lane in (lane for lane in roads.lanes if lane.kind == "drive"):
            course = Course.from_lane(roads, lane.name, np.random.default_rng(seed))
            assert course.lanes[0] == lane.name
            assert len(set(course.lanes)) == len(course.lanes)
            assert all(after in roads.lane(before).next for before, after in zip(course.lanes, course.lanes[1:], strict=False))
            assert course.closed == (layout == "circuit")
            steps = np.diff(course.lengths_m)
            assert steps.min() > 1e-6
            if course.closed:
                assert course.points_m[0] == course.points_m[-1]
                assert course.length_m > 300
