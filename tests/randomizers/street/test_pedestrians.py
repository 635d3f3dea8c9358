"""Pedestrians: on pavements and crossings, on the ground, apart from everything at all times, and drawn as people in streets are."""

import math
from dataclasses import replace

import numpy as np
import pytest
from street_map import CROSSING_M, HILLS, LANE_M, WALK_M, crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.footways import Footways, Leg
from diorama.randomizers.street.pedestrians import Pedestrians
from diorama.randomizers.street.people import Population, draw_person, person_body, person_shape, recorded, upright_base, walk
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.people.gait import PHASES, stride_m
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.keypoints import NAMES
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, MeshShape, Pose, RoadMap, SceneSpec
from diorama.sim.spec.people import PersonShape
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()


def peopled(spec, seed=0, duration_s=0.0, **settings):
    randomizer = Pedestrians(**settings)
    params = randomizer.sample(Seed(seed), spec, Context(library=LIBRARY, duration_s=duration_s))
    return randomizer.apply(spec, params), params


def crowd(spec):
    return [body for body in spec.bodies if body.category == "person"]


def feet(body):
    """Where somebody stands: the base in the world."""
    return apply(body.world_from_body.matrix, [LIBRARY.shape_asset(body.shape).landmarks["base"]])[0]


def circle_of(body):
    """The middle and the radius of what a person takes at the height of the hips, without what is carried."""
    marks = LIBRARY.shape_asset(body.shape).landmarks
    points = apply(body.world_from_body.matrix, [marks[name] for name in ("left_hip", "right_hip", "left_shoulder", "right_shoulder")])[:, :2]
    return points.mean(axis=0), 0.17


@pytest.mark.parametrize("roads", [crossroads(), crossroads(drives_on="left", hills=HILLS)])
def test_the_contract_holds(roads):
    check_randomizer(Pedestrians(), spec=SceneSpec(roads=roads), library=LIBRARY)


@pytest.mark.parametrize("seed", range(5))
def test_people_are_on_pavements_and_crossings_upright_and_on_the_ground(seed):
    roads = crossroads(hills=HILLS)
    spec, params = peopled(SceneSpec(roads=roads), seed, per_km=Constant(120), crossing=1.0, waiting=1.0)
    assert params["fitted"] == len(crowd(spec)) <= params["asked"]
    assert params["fitted"] > 0.7 * params["asked"] > 20
    kerb = LANE_M
    for body in crowd(spec):
        x, y, z = feet(body)
        across, along = sorted((abs(x), abs(y)))
        on_pavement = kerb - 0.01 <= across <= kerb + WALK_M
        on_crossing = across <= kerb and CROSSING_M[0] - 0.01 <= along <= CROSSING_M[1] + 0.01
        assert on_pavement or on_crossing, body.name
        level = {roads.ground_m(x, y, "pavement"), roads.ground_m(x, y, "crossing")}
        assert min(abs(z - h) for h in level) < 0.011, body.name
        assert abs(body.world_from_body.matrix[2, 2] - 1) < 1e-9
        assert body.mass_kg == 0
        assert "person" in body.tags


@pytest.mark.parametrize("seed", [0, 1])
def test_nobody_touches_anybody_or_anything_at_any_time(seed):
    wall = BodySpec(name="wall", shape=BoxShape(size_m=(1.0, 3.0, 2.0)), world_from_body=Pose((30.0, 5.0, 1.0)), tags=("street-furniture",))
    spec, params = peopled(SceneSpec(roads=crossroads(), bodies=(wall,)), seed, 4.0, per_km=Constant(100), crossing=1.0)
    assert params["fitted"] > 20
    assert {track.body for track in spec.tracks} <= {body.name for body in crowd(spec)}
    for time_s in np.arange(0.0, 4.01, 0.5):
        now = spec.at(float(time_s))
        middles = [circle_of(body) for body in crowd(now)]
        places = np.array([middle for middle, _ in middles])
        gaps = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2)) + 10 * np.eye(len(places))
        assert gaps.min() > 0.34
        for (x, y), radius in middles:
            assert max(abs(x - 30.0) - 0.5, abs(y - 5.0) - 1.5) > radius - 0.02


def test_walkers_go_at_their_speed_on_both_sides_of_the_way_and_take_steps():
    spec, params = peopled(SceneSpec(roads=crossroads()), 3, 3.0, per_km=Constant(100), standing=0.0, running=0.0)
    walkers = [p for p in params["people"] if p["does"] == "walks"]
    assert len(walkers) > 20
    tracks = {track.body: track for track in spec.tracks}
    directions, paces = [], []
    for p in walkers:
        track = tracks[p["name"]]
        a, b = (np.array(track.pose(t).position_m) for t in (0.0, 3.0))
        if min(abs(a[:2])) > 4 and min(abs(b[:2])) > 4:  # on one arm all the time
            pace = math.dist(a, b) / 3.0 / p["speed_m_s"]
            assert 0.9 < pace < 1.01  # who steps aside comes a little less far
            paces.append(pace)
            directions.append(np.sign((b - a)[np.argmax(np.abs(a[:2]))]))
        person = person_shape(p["person"])
        step = stride_m(person, p["speed_m_s"]) / PHASES / p["speed_m_s"]
        assert len({id(change.shape) for change in track.changes}) <= PHASES
        assert np.diff([change.time_s for change in track.changes]) == pytest.approx(step, rel=1e-6)
        # The frame glides along the ground: neither up nor down on level ground.
        heights = [pose.position_m[2] for pose in track.poses]
        assert set(np.round(np.diff(heights), 3)) <= {0.0, 0.12, -0.12}
    assert {-1.0, 1.0} <= set(directions)
    assert np.median(paces) == pytest.approx(1.0, rel=0.01)


def test_a_single_picture_knows_how_fast_walkers_are():
    spec, params = peopled(SceneSpec(roads=crossroads()), 1, per_km=Constant(60), standing=0.0)
    assert not spec.tracks
    for p in params["people"]:
        body = spec.body(p["name"])
        speed = math.hypot(*body.motion.linear_m_s)
        assert speed == pytest.approx(p.get("speed_m_s", 0.0), abs=1e-6)
        if speed:
            forwards = body.world_from_body.matrix[:3, 0]
            assert np.dot(forwards, body.motion.linear_m_s) == pytest.approx(speed, abs=1e-6)
    assert dict(spec.body(params["people"][-1]["name"]).attributes)["activity"] == "walking"


def test_the_second_half_of_a_longer_watch_does_not_change_who_is_there():
    spec = SceneSpec(roads=crossroads())
    few, more = (peopled(spec, 5, per_km=Constant(n), crossing=0.0, waiting=0.0)[1]["people"] for n in (20, 40))
    assert [p["person"] for p in few] == [p["person"] for p in more[: len(few)]]


def test_nobody_steps_out_on_red_and_those_who_wait_look_across():
    roads = crossroads()
    ways = Footways(roads)
    lane = next(name for name in ways.named("crossing") if not ways.may_cross(name, 0.0))
    spec, params = peopled(SceneSpec(roads=roads), 2, per_km=Constant(0), crossing=1.0, waiting=1.0)
    middle = np.mean(roads.lane(lane).points_m, axis=0)
    for p in params["people"]:
        body = spec.body(p["name"])
        x, y, _ = feet(body)
        if p["does"] == "walks" and p["name"].startswith(f"pedestrian-{lane}"):
            low, high = ways.kerbs_m(Leg(lane, True))
            stepped_out = math.dist((x, y), middle) < (high - low) / 2
            # Only who stepped out on green, some seconds ago, is still there.
            assert not stepped_out or any(ways.may_cross(lane, -t) for t in np.arange(0.0, 12.0, 0.5))
        elif p["does"] == "stands":
            forwards = body.world_from_body.matrix[:2, 0]
            own = min((np.mean(roads.lane(name).points_m, axis=0) for name in ways.named("crossing")), key=lambda m: math.dist(m, (x, y)))
            assert np.dot(forwards, own - (x, y)) > 0
    assert any(p["does"] == "stands" for p in params["people"])


def test_people_sit_on_benches_with_their_feet_on_the_ground():
    roads = crossroads()
    asset = LIBRARY.load("street:bench/1")
    pose = Pose((30.0, 5.5, roads.kerb_m - asset.landmarks["base"][2]), (math.sqrt(0.5), 0.0, 0.0, -math.sqrt(0.5)))
    bench = BodySpec(name="bench-0", shape=MeshShape(asset="street:bench/1"), world_from_body=pose, tags=("street-furniture",))
    spec, params = peopled(SceneSpec(roads=roads, bodies=(bench,)), per_km=Constant(0), waiting=0.0, crossing=0.0, sitting=1.0)
    assert [p["does"] for p in params["people"]] in (["sits"] * 2, ["sits"] * 3)
    for body in crowd(spec):
        marks = LIBRARY.shape_asset(body.shape).landmarks
        hips, knees = (apply(body.world_from_body.matrix, [marks[f"left_{name}"], marks[f"right_{name}"]]).mean(axis=0) for name in ("hip", "knee"))
        assert abs(hips[0] - 30.0) < 0.9
        assert hips[1] == pytest.approx(5.5, abs=0.15)
        assert knees[1] < hips[1] - 0.15  # it faces -y
        assert hips[2] - roads.kerb_m == pytest.approx(0.455 + 0.052 * body.shape.height_m, abs=0.04)


def test_umbrellas_are_up_when_it_rains():
    settings = {"per_km": Constant(80), "people": Population(umbrellas=0.6)}
    spec, _ = peopled(SceneSpec(roads=crossroads()), 4, **settings)
    share = np.mean([body.shape.umbrella is not None for body in crowd(spec)])
    assert 0.4 < share < 0.8


def test_streets_of_the_scenario_are_peopled():
    for seed in range(3):
        before = Street(setting=Constant("suburb")).build(Seed(seed), Context(library=LIBRARY))
        spec, params = peopled(before, seed, per_km=Constant(40))
        assert params["fitted"] >= 8
        assert all(set(NAMES) <= set(LIBRARY.shape_asset(body.shape).landmarks) for body in crowd(spec))


def test_scenes_without_roads_and_bad_settings_are_refused():
    with pytest.raises(InvalidValue, match="pedestrians: the scene has no roads"):
        peopled(SceneSpec())
    with pytest.raises(InvalidValue, match=r"sitting must be in 0..1, got 2"):
        Pedestrians(sitting=2)
    with pytest.raises(InvalidValue, match=r"per_km must draw numbers in 0..1000"):
        Pedestrians(per_km=Constant(-1))
    with pytest.raises(InvalidValue, match=r"warmth must be in 0..1"):
        Population(warmth=1.5)
    spec, params = peopled(SceneSpec(roads=RoadMap()))
    assert (params["asked"], params["fitted"]) == (0, 0)
    assert not spec.bodies


# --- who is drawn -----------------------------------------------------------------------------------------


def drawn(count=400, **settings):
    return [draw_person(Seed(0).child("person", k), Population(**settings)) for k in range(count)]


def test_shares_of_a_population_are_what_is_asked_for():
    people = drawn(children=0.3, umbrellas=0.4, hi_vis=0.2, carrying=0.5)
    children = [p for p in people if p.age_years < 14]
    adults = [p for p in people if p.age_years >= 14]
    # Three standard deviations of shares of so many draws.
    assert len(children) / len(people) == pytest.approx(0.3, abs=0.07)
    assert np.mean([p.umbrella is not None for p in people]) == pytest.approx(0.4, abs=0.075)
    assert np.mean([p.top == "hi-vis" for p in adults]) == pytest.approx(0.2, abs=0.075)
    assert np.mean([p.bag is not None for p in adults]) == pytest.approx(0.5, abs=0.09)
    assert not any(p.top == "hi-vis" or p.phone for p in children)
    heights = np.array([p.height_m for p in adults])
    assert 1.66 < heights.mean() < 1.74
    assert 0.07 < heights.std() < 0.12
    assert all(0.85 < p.height_m < 1.75 for p in children)
    assert len({to_json(p).__repr__() for p in people}) == len(people)


def test_most_clothes_are_dark_and_few_are_bright():
    tops = np.array([p.top_fabric.color for p in drawn(hi_vis=0.0)])
    luminance = tops @ (0.2126, 0.7152, 0.0722)
    assert np.median(luminance) < 0.12
    saturation = (tops.max(axis=1) - tops.min(axis=1)) / np.maximum(tops.max(axis=1), 1e-6)
    assert 0.15 < np.mean((saturation > 0.6) & (tops.max(axis=1) > 0.15)) < 0.45


def test_the_weather_decides_what_is_worn():
    hot, cold = drawn(warmth=1.0), drawn(warmth=0.0)
    assert np.mean([p.top in ("t-shirt", "vest", "dress", "shirt") for p in hot]) > 0.5
    assert np.mean([p.top in ("jacket", "coat", "parka", "hoodie") for p in cold]) > 0.7
    assert not any(p.bottom == "shorts" and p.top in ("coat", "parka") for p in cold) or np.mean([p.bottom == "shorts" for p in cold]) < 0.05


def test_people_are_recorded_without_their_pose_and_come_back():
    for person in drawn(40):
        assert person_shape(recorded(person)) == person
        assert from_json(PersonShape, to_json(person)) == person


# --- the way ----------------------------------------------------------------------------------------------


def test_a_walk_is_along_the_line_in_steps_and_ends_standing():
    person = replace(PersonShape(), bag="briefcase")
    roads = crossroads()
    track = walk("ann", person, roads, ((20.0, 5.0), (30.0, 5.0), (30.0, 12.0)), 1.4, start_s=1.0, end_s=20.0)
    assert track.times_s[0] == 1.0
    assert track.times_s[-1] == pytest.approx(1.0 + 17.0 / 1.4)
    assert track.pose(1.0 + 5 / 1.4).position_m[:2] == pytest.approx((25.0, 5.0), abs=0.01)
    assert track.pose(99.0).position_m[:2] == pytest.approx((30.0, 12.0), abs=1e-6)
    body = person_body("ann", person, roads, (20.0, 5.0), (1.0, 0.0), "pavement")
    assert body.world_from_body.position_m == pytest.approx(track.poses[0].position_m)
    for change in track.changes[::5]:
        asset = LIBRARY.shape_asset(change.shape)
        assert asset.landmarks["base"] == pytest.approx(upright_base(person), abs=1e-6)
    arrived = track.changes[-1].shape
    assert abs(arrived.joints.left_leg.hip_rad[0] - arrived.joints.right_leg.hip_rad[0]) < 0.2
    with pytest.raises(InvalidValue, match=r"ann: walks from 3.0 s to 3.0 s; the end must be later"):
        walk("ann", person, roads, ((20.0, 5.0), (30.0, 5.0)), 1.4, start_s=3.0, end_s=3.0)


def test_footways_go_on_where_lanes_meet_both_ways():
    ways = Footways(crossroads())
    lane = "east-crossing"
    onward = {leg.lane for leg in ways.onward(Leg(lane, True))}
    assert onward == {"east-walk-left"}
    back = ways.onward(Leg("east-walk-left", False))
    assert Leg(lane, False) in back
    place, heading = ways.at(Leg(lane, True), 1.0, 0.5)
    there, other = ways.at(Leg(lane, False), ways.length_m(lane) - 1.0, -0.5)
    assert place == pytest.approx(there)
    assert heading == pytest.approx((-other[0], -other[1]))
    low, high = ways.kerbs_m(Leg(lane, True))
    assert (low, high) == pytest.approx((WALK_M / 2, WALK_M / 2 + 2 * LANE_M))
    path = ways.path([Leg(lane, True), Leg("east-walk-left", True)], 1.0, 0.0)
    assert path[0] == pytest.approx(ways.at(Leg(lane, True), 1.0)[0])
    assert path[-1] == pytest.approx(ways.lanes["east-walk-left"].points_m[-1])
