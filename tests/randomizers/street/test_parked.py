"""Parked vehicles: within their places, apart from each other and from all else, and the right way around; and who is drawn for them."""

import math
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.parked import BAY_M, Parked
from diorama.randomizers.street.vehicles import PAINTS, Fleet, draw_vehicle, vehicle_body, vehicle_shape
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Lane, Pose, SceneSpec
from diorama.sim.spec.vehicles import MODELS
from diorama.testing import check_randomizer

sys.path.insert(0, str(Path(__file__).parents[2]))  # street_map.py

from street_map import HILLS, street

LIBRARY = AssetLibrary()
CONTEXT = Context(library=LIBRARY)
ROAD = street(parking=True)


def parked(spec: SceneSpec, seed: int, **changed) -> tuple[SceneSpec, dict]:
    one = Parked(**({"density": Constant(0.8), "fleet": Fleet(variants=3)} | changed))
    params = one.sample(Seed(seed), spec, CONTEXT)
    return one.apply(spec, params), params


def corners(body: BodySpec, p: dict) -> np.ndarray:
    """A vehicle's box on the ground without its mirrors, (4, 2), from what was drawn of it: counter-clockwise."""
    pose, asset = body.world_from_body.matrix, LIBRARY.shape_asset(body.shape)
    front, rear, half = p["front_m"], p["front_m"] - p["length_m"], p["width_m"] / 2
    base = np.array(asset.landmarks["base"])
    points = [base + (x, y, 0.0) for x, y in ((front, half), (rear, half), (rear, -half), (front, -half))]
    return np.array([(pose @ (*point, 1.0))[:2] for point in points])


def apart(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a line keeps two convex outlines apart."""
    for outline in (a, b):
        for edge in np.roll(outline, -1, axis=0) - outline:
            across = np.array([-edge[1], edge[0]])
            if (a @ across).max() <= (b @ across).min() or (b @ across).max() <= (a @ across).min():
                return True
    return False


def lane_of(name: str, spec: SceneSpec) -> Lane:
    return max((lane for lane in spec.roads.lanes if name.startswith(f"parked-{lane.name}-")), key=lambda lane: len(lane.name))


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_nothing_overlaps_and_all_is_within_its_lane_and_along_it(seed):
    spec, params = parked(ROAD, seed)
    boxes = {v["name"]: corners(spec.body(v["name"]), v["vehicle"]) for v in params["vehicles"]}
    assert len(boxes) == params["fitted"] <= params["asked"] and params["fitted"] > 8
    for i, a in enumerate(boxes):
        assert all(apart(boxes[a], boxes[b]) for b in list(boxes)[:i])
    for name, box in boxes.items():
        lane, body = lane_of(name, spec), spec.body(name)
        (x0, y0), (x1, y1) = lane.points_m[0], lane.points_m[-1]
        length = math.dist((x0, y0), (x1, y1))
        along = np.array([(x1 - x0) / length, (y1 - y0) / length])
        way, off = (box - (x0, y0)) @ along, (box - (x0, y0)) @ (-along[1], along[0])
        assert 0 <= way.min() and way.max() <= length
        assert np.abs(off).max() <= lane.width_m / 2 + 0.1 + 1e-6
        assert abs(body.world_from_body.matrix[:2, 0] @ along) > math.cos(math.radians(4.5))
        assert body.is_static and body.tags == ("vehicle", body.category, "parked")


def test_most_stand_in_the_direction_of_their_lane_and_as_many_as_asked_do_not():
    for share in (0.0, 0.5, 1.0):
        against = []
        for seed in range(6):
            spec, params = parked(ROAD, seed, reversed=share)
            for v in params["vehicles"]:
                lane = lane_of(v["name"], spec)
                dx, dy = (b - a for a, b in zip(lane.points_m[0], lane.points_m[-1], strict=True))
                forward = spec.body(v["name"]).world_from_body.matrix[:2, 0]
                against.append(dx * forward[0] + dy * forward[1] < 0)
        assert np.mean(against) == pytest.approx(share, abs=0.15 if share == 0.5 else 0.0)


def test_who_is_there_already_is_given_room():
    (x0, y0), (x1, _) = ROAD.roads.lane("east-parking").points_m
    skip = BodySpec(name="skip", shape=BoxShape(size_m=(9.0, 2.0, 1.5)), world_from_body=Pose(((x0 + x1) / 2, y0, 0.75)), tags=("street-furniture",))
    blocked = ROAD.replace(bodies=(skip,))
    before, after = (parked(spec, 4, most=100)[1] for spec in (ROAD, blocked))
    assert before["fitted"] == before["asked"] == after["asked"] > after["fitted"]
    box = np.array([(((x0 + x1) / 2) + sx * 4.5, y0 + sy) for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))])
    spec = parked(blocked, 4, most=100)[0]
    assert all(apart(corners(spec.body(v["name"]), v["vehicle"]), box) for v in after["vehicles"])
    kept = {v["name"]: v for v in before["vehicles"]}
    assert all(kept[v["name"]] == v for v in after["vehicles"])


def test_density_and_the_most_there_may_be():
    counts = [parked(ROAD, 1, density=Constant(share), most=1000)[1]["fitted"] for share in (0.0, 0.3, 1.0)]
    assert counts[0] == 0 < counts[1] < counts[2]
    assert parked(ROAD, 1, density=Constant(1.0), most=7)[1]["asked"] == 7
    assert parked(street(), 0)[1] == {"density": 0.8, "asked": 0, "fitted": 0, "vehicles": []}


def test_a_bay_holds_one_with_its_nose_in():
    bays = tuple(Lane(name=f"bay-{k}", kind="parking", points_m=((3.0 * k, 0.0), (3.0 * k, 5.6)), width_m=2.5) for k in range(10))
    assert math.dist(*bays[0].points_m) <= BAY_M
    roads = replace(ROAD.roads, lanes=(*(lane for lane in ROAD.roads.lanes if lane.kind != "parking"), *bays))
    spec, params = parked(ROAD.replace(roads=roads), 3, density=Constant(1.0), reversed=0.0)
    assert params["fitted"] >= 9
    for v in params["vehicles"]:
        box, k = corners(spec.body(v["name"]), v["vehicle"]), int(v["name"].split("-")[2])
        assert np.abs(box[:, 0] - 3.0 * k).max() <= 1.35 and -1e-6 <= box[:, 1].min() and box[:, 1].max() <= 5.6 + 1e-6
        assert spec.body(v["name"]).world_from_body.matrix[1, 0] > 0.99


def test_on_a_hill_they_lean_and_stand_on_it():
    spec, params = parked(street(parking=True, hills=HILLS), 2)
    leaning = 0
    for v in params["vehicles"]:
        body = spec.body(v["name"])
        x, y, z = (body.world_from_body.matrix @ (*LIBRARY.shape_asset(body.shape).landmarks["base"], 1.0))[:3]
        assert z == pytest.approx(spec.roads.ground_m(x, y), abs=1e-6)
        up = body.world_from_body.matrix[:3, 2]
        assert up == pytest.approx(spec.roads.terrain.normal(x, y), abs=1e-6)
        leaning += up[2] < 0.9999
    assert leaning > 0


def test_the_contract():
    check_randomizer(Parked(fleet=Fleet(variants=3)), spec=ROAD)


def test_scenes_without_roads_are_refused():
    with pytest.raises(InvalidValue, match='parked: the scene has no roads; use it with a scenario that has, such as "street"'):
        Parked().sample(Seed(0), SceneSpec(), CONTEXT)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"models": Constant("hatchbak")}, 'Did you mean "hatchback"'),
        ({"colors": Constant("gray")}, 'Did you mean "grey"'),
        ({"dirty": 1.5}, "dirty must be in 0..1"),
        ({"variants": 0}, "variants must be 1 or more"),
        ({"mass_kg": -1.0}, "mass_kg must be positive"),
    ],
)
def test_fleets_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(InvalidValue, match=message):
        Fleet(**wrong)


def test_fleets_have_the_models_and_colours_they_say():
    drawn = [draw_vehicle(Seed(0).child(k), Fleet(), CONTEXT) for k in range(1500)]
    models = Counter(p["shape"]["model"] for p in drawn)
    assert set(models) == set(MODELS)
    asked = Fleet().models
    for model, weight in zip(asked.values, asked.weights, strict=True):
        assert models[model] / 1500 == pytest.approx(weight / sum(asked.weights), abs=0.035)
    cars = [p["shape"]["paint"] for p in drawn if p["category"] == "car"]
    # White, black, grey and silver: 78 % of the default colours.
    assert np.mean([max(c) < 1.5 * min(c) for c in cars]) == pytest.approx(0.78, abs=0.035)
    assert len({tuple(c) for c in cars}) == len(cars)
    assert len({p["shape"]["plate"] for p in drawn}) > 1450


def test_a_drawn_vehicle_looks_as_the_moment_has_it():
    p = draw_vehicle(Seed(5), Fleet(models=Constant("saloon")), CONTEXT, drives_on="left")
    assert p["shape"]["drives_on"] == "left"
    still, driving = vehicle_shape(p), vehicle_shape(p, lights=("left", "brake"), steer_deg=12.4, rolled_m=p["wheel_m"] * math.pi)
    assert (still.steer_deg, still.roll, still.lights) == (0, 0, ())
    assert (driving.steer_deg, driving.roll, driving.lights) == (12, 60, ("brake", "left"))
    assert vehicle_shape(p, rolled_m=-0.01).roll == 119
    body = vehicle_body("a", p, Pose(), tags=("ego",))
    assert body.tags == ("vehicle", "car", "ego") and body.category == "car" and body.mass_kg == p["mass_kg"] > 1000
    assert from_json(BodySpec, to_json(body)) == body
    with pytest.raises(InvalidValue, match='Did you mean "saloon"'):
        draw_vehicle(Seed(5), Fleet(), CONTEXT, models=("salon",))


def test_the_users_own_take_their_place(tmp_path):
    (tmp_path / "tram.obj").write_text(box_obj(8.0, 2.4, 3.0))
    context = Context(library=AssetLibrary([str(tmp_path)]))
    fleet = Fleet(assets=("user:*",), category="bus", mass_kg=9000.0)
    p = draw_vehicle(Seed(1), fleet, context)
    assert (p["category"], p["mass_kg"]) == ("bus", 9000.0)
    assert (p["length_m"], p["width_m"], p["height_m"]) == pytest.approx((8.0, 2.4, 3.0), rel=1e-6)
    body = vehicle_body("tram", p, Pose(), lights=("brake",), steer_deg=5.0)
    assert body.shape.asset == "user:tram.obj" and body.category == "bus"
    wide = [replace(lane, width_m=3.0) if lane.kind == "parking" else lane for lane in ROAD.roads.lanes]
    params = Parked(fleet=fleet, density=Constant(1.0)).sample(Seed(0), ROAD.replace(roads=replace(ROAD.roads, lanes=tuple(wide))), context)
    assert params["fitted"] > 3 and all(v["vehicle"]["shape"]["asset"] == "user:tram.obj" for v in params["vehicles"])


def test_things_that_are_no_vehicles_are_refused(tmp_path):
    (tmp_path / "toy.obj").write_text(box_obj(0.2, 0.1, 0.1))
    context = Context(library=AssetLibrary([str(tmp_path)]))
    with pytest.raises(InvalidValue, match=r"user:toy\.obj is 0\.2 x 0\.1 x 0\.1 m; a vehicle is from 1 m to 30 m long, along \+x"):
        draw_vehicle(Seed(1), Fleet(assets=("user:*",)), context)


def box_obj(x: float, y: float, z: float) -> str:
    points = [(a, b, c) for a in (-x / 2, x / 2) for b in (-y / 2, y / 2) for c in (0.0, z)]
    faces = [(1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4)]
    return "\n".join([*(f"v {a} {b} {c}" for a, b, c in points), *(f"f {' '.join(map(str, face))}" for face in faces)])


def test_paints_are_possible():
    for color, finishes in PAINTS.values():
        assert all(0 < c < 0.85 for c in color) and sum(finishes.values()) == pytest.approx(1.0)
