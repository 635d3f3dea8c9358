"""The road map: heights, ways along lines, signals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.errors import InvalidValue
from diorama.sim.spec import Area, Hill, Lane, RoadMap, Signal, Terrain
from diorama.sim.spec.roads import along, lengths_m

HILLS = Terrain(hills=(Hill(center_m=(10.0, 0.0), radius_m=80.0, height_m=6.0), Hill(center_m=(-30.0, 20.0), radius_m=50.0, height_m=-2.0)))
places = st.floats(-100, 100)


def test_a_hill_is_as_high_as_it_says_and_ends_at_its_radius():
    hill = Terrain(hills=(Hill(center_m=(10.0, 0.0), radius_m=80.0, height_m=6.0),))
    assert hill.height_m(10.0, 0.0) == 6.0
    assert hill.height_m(90.0, 0.0) == hill.height_m(10.0, -80.0) == 0.0
    assert hill.height_m(50.0, 0.0) == pytest.approx(6.0 * 0.75**3)


@given(places, places)
def test_the_normal_is_across_the_ground(x, y):
    normal, step = HILLS.normal(x, y), 1e-5
    assert math.hypot(*normal) == pytest.approx(1.0)
    for dx, dy in ((step, 0.0), (0.0, step)):
        rise = HILLS.height_m(x + dx, y + dy) - HILLS.height_m(x - dx, y - dy)
        assert 2 * (dx * normal[0] + dy * normal[1]) + rise * normal[2] == pytest.approx(0.0, abs=1e-9)


@given(
    st.lists(st.tuples(places, places), min_size=2, max_size=8, unique=True).filter(lambda p: min(map(math.dist, p, p[1:])) > 0.1), st.floats(0, 1)
)
def test_the_way_along_a_line_is_its_length(points, share):
    lengths = lengths_m(points)
    assert lengths[-1] == pytest.approx(sum(map(math.dist, points, points[1:])))
    for point, way in zip(points, lengths, strict=True):
        assert along(points, way)[0] == pytest.approx(point, abs=1e-9)
    way = share * lengths[-1]
    place, onwards = along(points, way)
    step = along(points, way + 1e-6)[0]
    assert math.hypot(*onwards) == pytest.approx(1.0)
    assert math.dist(place, step) <= 1e-6 * (1 + 1e-3)


def test_beyond_its_ends_a_line_goes_straight_on():
    line = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]
    assert along(line, -2.0)[0] == (-2.0, 0.0)
    assert along(line, 5.0)[0] == (1.0, 4.0)


def test_signals_go_around():
    signal = Signal(name="s", phases=(("green", 20.0), ("amber", 3.0), ("red", 25.0), ("red-amber", 2.0)), offset_s=5.0)
    assert [signal.state(t) for t in (0.0, 14.9, 15.0, 18.0, 43.0, 45.0, 64.9, 65.0)] == [
        *("green", "green", "amber", "red", "red-amber", "green", "green", "amber")
    ]


def test_kerbs_lift_what_is_beside_the_road():
    roads = RoadMap(terrain=HILLS, kerb_m=0.15)
    level = HILLS.height_m(3.0, 4.0)
    assert roads.ground_m(3.0, 4.0) == level
    assert roads.ground_m(3.0, 4.0, "pavement") == level + 0.15


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Lane(name="a", kind="drive", points_m=((0.0, 0.0),), width_m=3.0), "two finite points"),
        (lambda: Lane(name="a", kind="drive", points_m=((0.0, 0.0), (1.0, 0.0)), width_m=0.0), "width_m"),
        (lambda: Lane(name="a", kind="drive", points_m=((0.0, 0.0), (1.0, 0.0)), width_m=3.0, control="signal"), "signal must be given"),
        (lambda: RoadMap(lanes=(Lane(name="a", kind="drive", points_m=((0.0, 0.0), (1.0, 0.0)), width_m=3.0, next=("b",)),)), "no lanes"),
        (lambda: RoadMap(areas=(Area(name="a", kind="plot", outline_m=((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))),) * 2), "unique"),
        (lambda: Signal(name="s", phases=()), "phases"),
        (lambda: Hill(center_m=(0.0, 0.0), radius_m=0.0, height_m=1.0), "radius_m"),
    ],
)
def test_what_is_no_map(make, said):
    with pytest.raises(InvalidValue, match=said):
        make()
