"""What the ground is, how far lanes are, what room is taken: against closed forms and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from street_map import LANE_M, WALK_M, crossroads

from diorama.randomizers.street.footprints import Footprint, Footprints, footprints_of
from diorama.randomizers.street.ground import Ground, moved, right_of, roads_of, toward_kerb
from diorama.randomizers.street.kerbs import depth_m, kerbs
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BodySpec, BoxShape, MeshShape, Pose, SceneSpec
from diorama.sim.transforms import apply, quat_from_axis_angle

LIBRARY = AssetLibrary()
ROADS = crossroads()
GROUND = Ground(ROADS)
FAR = st.floats(-60, 60)


def crossed(outline, place):
    """Whether a place is within a polygon, edge by edge."""
    inside = False
    for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True):
        if (y0 > place[1]) != (y1 > place[1]) and place[0] < x0 + (x1 - x0) * (place[1] - y0) / (y1 - y0):
            inside = not inside
    return inside


@given(FAR, FAR, st.floats(0, 6.28), st.floats(1, 40))
def test_spans_are_where_areas_are(x, y, angle, reach):
    direction = (math.cos(angle), math.sin(angle))
    spans = GROUND.spans((x, y), direction, reach)
    for span in spans:
        assert 0 <= span.start_m <= span.end_m <= reach
    for k in range(25):
        way = reach * (k + 0.5) / 25
        if any(abs(way - edge) < 1e-6 for span in spans for edge in (span.start_m, span.end_m)):
            continue
        place = moved((x, y), direction, way)
        there = {span.area for span in spans if span.start_m < way < span.end_m}
        assert there == {i for i, area in enumerate(ROADS.areas) if crossed(area.outline_m, place)}


@given(st.lists(st.tuples(FAR, FAR), min_size=1, max_size=5))
def test_raised_is_on_a_pavement_or_plot_and_on_no_carriageway(places):
    kinds = [{area.kind for area in ROADS.areas if crossed(area.outline_m, place)} for place in places]
    assert GROUND.are_raised(places) == all(found and found <= {"pavement", "plot"} for found in kinds)


def test_standing_ground_leaves_the_carriageway_out():
    (span,) = GROUND.standing((30.0, 0.0), (0.0, 1.0), 10.0, ("pavement",))
    assert (span.start_m, span.end_m) == (pytest.approx(LANE_M), pytest.approx(LANE_M + WALK_M))
    assert not GROUND.standing((30.0, 0.0), (1.0, 0.0), 20.0)


@given(FAR, FAR)
def test_distance_from_lanes_is_that_of_the_nearest_point(x, y):
    gap = GROUND.lane_gap_m([(x, y)], ("drive",))
    nearest = math.inf
    for lane in ROADS.lanes:
        if lane.kind == "drive":
            p = np.concatenate([np.linspace(a, b, 400) for a, b in zip(lane.points_m, lane.points_m[1:], strict=False)])
            nearest = min(nearest, float(np.sqrt(((p - (x, y)) ** 2).sum(axis=1)).min()) - lane.width_m / 2)
    assert gap == pytest.approx(min(nearest, 6.0), abs=0.02)


def test_hands():
    assert right_of((1.0, 0.0)) == (0.0, -1.0)
    assert toward_kerb(ROADS, (1.0, 0.0)) == (0.0, -1.0)
    assert toward_kerb(crossroads(drives_on="left"), (1.0, 0.0)) == (0.0, 1.0)


@pytest.mark.parametrize("drives_on", ["right", "left"])
def test_kerbs_lead_into_their_pavement(drives_on):
    ground = Ground(crossroads(drives_on=drives_on))
    found = kerbs(ground, "pavement")
    assert len(found) == 4
    for kerb in found:
        for way in (5.0, 20.0, kerb.length_m - 5.0):
            place, inward = kerb.at(way)
            assert ground.are_raised([moved(place, inward, 0.1)]) and not ground.are_raised([moved(place, inward, -0.1)])
            assert depth_m(ground, kerb, way) == pytest.approx(WALK_M, abs=1e-6)


def test_a_scene_without_roads_is_told_so():
    with pytest.raises(InvalidValue, match="signs: the scene has no roads"):
        roads_of(SceneSpec(), "signs")


# --- room ----------------------------------------------------------------------------------------------------


boxes = st.builds(
    lambda x, y, angle, a, b: Footprint((x, y), (math.cos(angle), math.sin(angle)), (a, b), 0.0, 1.0),
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.floats(0, 6.28),
    st.floats(0.1, 2),
    st.floats(0.1, 2),
)


@given(boxes, boxes)
def test_boxes_are_apart_exactly_when_some_edge_separates_them(one, other):
    gaps = []
    for a, b in ((one, other), (other, one)):
        for u, v in (a.along, (-a.along[1], a.along[0])):
            mine, its = ([x * u + y * v for x, y in f.corners()] for f in (a, b))
            gaps.append(max(min(its) - max(mine), min(mine) - max(its)))
    if abs(max(gaps)) > 1e-9:
        assert Footprints([one]).are_free([other]) == (max(gaps) > 0)
        assert Footprints([one]).are_free([other], 0.3) == (max(gaps) >= 0.3)


def test_what_is_above_or_below_is_not_in_the_way():
    low, high = (Footprint((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), z, z + 2.0) for z in (0.0, 2.5))
    taken = Footprints([low])
    assert taken.are_free([high])
    taken.add([high])
    assert not taken.are_free([Footprint((0.5, 0.0), (0.0, 1.0), (0.1, 0.1), 3.0, 3.1)])
    assert Footprints().are_free([low])


@given(st.floats(0, 6.28), st.sampled_from(["bench/1", "lamp/0", "bus-stop/2", "cabinet/3"]))
def test_footprints_hold_all_that_is_touched(angle, name):
    made = LIBRARY.load(f"street:{name}")
    pose = Pose((3.0, -2.0, 1.0), quat_from_axis_angle((0, 0, 1), angle))
    pieces = footprints_of(made, pose)
    for hull in made.hulls:
        for x, y, z in apply(pose.matrix, hull).tolist():
            held = []
            for f in pieces:
                dx, dy = x - f.middle_m[0], y - f.middle_m[1]
                along, across = dx * f.along[0] + dy * f.along[1], dy * f.along[0] - dx * f.along[1]
                held.append(abs(along) <= f.half_m[0] + 1e-5 and abs(across) <= f.half_m[1] + 1e-5 and f.low_m - 1e-5 <= z <= f.high_m + 1e-5)
            assert any(held)


def test_a_leaning_thing_is_held_too():
    made = LIBRARY.load("street:bollard/0")
    pose = Pose((0.0, 0.0, 1.0), quat_from_axis_angle((0.3, 1.0, 0.2), 0.1))
    points = apply(pose.matrix, np.concatenate(made.hulls))
    pieces = footprints_of(made, pose)
    assert min(f.low_m for f in pieces) <= points[:, 2].min() and max(f.high_m for f in pieces) >= points[:, 2].max()


def test_lamps_leave_room_below_their_arms():
    lamp = next(a for a in (LIBRARY.load(f"street:lamp/{v}") for v in range(16)) if a.landmarks["lamp"][0] - a.landmarks["base"][0] > 1)
    x, y, z = lamp.landmarks["base"]
    taken = Footprints(footprints_of(lamp, Pose((-x, -y, -z))))
    assert taken.are_free([Footprint((1.0, 0.0), (1.0, 0.0), (0.5, 1.0), 0.0, 2.0)])
    assert not taken.are_free([Footprint((0.0, 0.0), (1.0, 0.0), (0.5, 1.0), 0.0, 2.0)])


def test_only_what_stands_on_the_ground_takes_room():
    ground = BodySpec(name="ground", shape=BoxShape(size_m=(100, 100, 1)), world_from_body=Pose((0, 0, -0.4)), stuff="road")
    bench = BodySpec(name="bench", shape=MeshShape(asset="street:bench/0"), world_from_body=Pose((0, 0, 0.3)), tags=("street-furniture",))
    thing = Footprint((0.0, 0.0), (1.0, 0.0), (0.2, 0.2), 0.0, 1.0)
    assert Footprints.around([ground], LIBRARY).are_free([thing])
    assert not Footprints.around([ground, bench], LIBRARY).are_free([thing])
