"""Circuits: roads that come back to where they began."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from street_maps import street

from diorama.scenes.driving.loops import Loop
from diorama.scenes.driving.settings import SETTINGS
from diorama.sim.spec.roads import along, lengths_m

few = settings(max_examples=20, deadline=None)
circuits = st.tuples(st.just("circuit"), st.sampled_from(sorted(SETTINGS)), st.sampled_from(["right", "left"]), st.just("hill"), st.integers(0, 40))


def _around(spec, first):
    """The lanes from one on until it comes again."""
    lanes = {lane.name: lane for lane in spec.roads.lanes}
    names = [first]
    while (following := lanes[names[-1]].next) != (first,):
        names += following
    return [lanes[name] for name in names]


def test_a_loop_of_points_on_a_circle_is_nearly_one():
    """A cubic B-spline of n points on a circle of radius R has the radius R (2 + cos(2 pi / n)) / 3 at its knots."""
    count, radius = 24, 90.0
    loop = Loop([(radius * math.cos(2 * math.pi * k / count), radius * math.sin(2 * math.pi * k / count)) for k in range(count)])
    inner = radius * (2 + math.cos(2 * math.pi / count)) / 3
    assert loop.length_m == pytest.approx(2 * math.pi * inner, rel=1e-4)
    assert [1 / bend for bend in loop.bends()] == pytest.approx([inner] * (count * 32), rel=0.02)
    for k in range(50):
        (x, y), (dx, dy) = loop.at(k * 11.7)
        assert math.hypot(x, y) == pytest.approx(inner, rel=1e-4)
        assert math.hypot(dx, dy) == pytest.approx(1, abs=1e-12)
        assert x * dx + y * dy == pytest.approx(0, abs=0.05)


def test_a_loop_is_straight_along_four_points_in_a_row_and_comes_again():
    square = [(x, 0.0) for x in range(0, 60, 20)] + [(60.0, y) for y in range(0, 60, 20)]
    square += [(x, 60.0) for x in range(60, 0, -20)] + [(0.0, y) for y in range(60, 0, -20)]
    loop = Loop(square)
    bends = list(loop.bends())
    assert min(abs(bend) for bend in bends) == pytest.approx(0, abs=1e-12)
    assert sum(abs(bend) < 1e-12 for bend in bends) >= 4 * 32
    # All that it turns is once around.
    turned = 0.0
    for k in range(1000):
        (ax, ay), (bx, by) = (loop.at(loop.length_m * n / 1000)[1] for n in (k, k + 1))
        turned += math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    assert turned == pytest.approx(2 * math.pi)
    assert loop.at(loop.length_m) == loop.at(0.0)
    assert loop.at(-1.0)[0] == pytest.approx(loop.at(loop.length_m - 1.0)[0])


@few
@given(circuits)
def test_lanes_lead_around_and_back_to_where_they_began(what):
    spec = street(*what)
    drive = [lane.name for lane in spec.roads.lanes if lane.kind == "drive"]
    found = set()
    for first in sorted({name for name in drive if name.startswith("a-")}):
        lanes = _around(spec, first)
        assert all(one.points_m[-1] == other.points_m[0] for one, other in pairwise([*lanes, lanes[0]]))
        assert 300 < sum(lengths_m(lane.points_m)[-1] for lane in lanes) < 1000
        found |= {lane.name for lane in lanes}
    assert found == set(drive)


@few
@given(circuits)
def test_bends_can_be_driven_around_and_differ(what):
    lanes = _around(street(*what), "a-out-0")
    headings = [along(lane.points_m, way)[1] for lane in lanes for way in range(2, int(lengths_m(lane.points_m)[-1]) - 8, 8)]
    radii = [8 / max(abs(ax * by - ay * bx), 1e-9) for (ax, ay), (bx, by) in pairwise(headings)]
    assert min(radii) > 14
    assert max(radii) > 1.2 * min(radii)
