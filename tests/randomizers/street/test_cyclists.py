"""Cyclists: riders and cycles in their right relation, on the road, in the right direction, and apart from all else."""

import math

import numpy as np
import pytest
from street_map import HILLS, crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.cyclists import Cyclists, draw_cycle, ridden
from diorama.randomizers.street.ground import Ground
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.riding import fitted
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import CycleShape, PersonShape, SceneSpec
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()


def cycled(spec, seed=0, duration_s=0.0, **settings):
    randomizer = Cyclists(**settings)
    params = randomizer.sample(Seed(seed), spec, Context(library=LIBRARY, duration_s=duration_s))
    return randomizer.apply(spec, params), params


def place(body, name):
    return apply(body.world_from_body.matrix, [LIBRARY.shape_asset(body.shape).landmarks[name]])[0]


def pairs(spec):
    return [(spec.body(body.name.removesuffix("-rider")), body) for body in spec.bodies if body.category == "rider"]


@pytest.mark.parametrize("roads", [crossroads(), crossroads(drives_on="left", hills=HILLS)])
def test_the_contract_holds(roads):
    check_randomizer(Cyclists(), spec=SceneSpec(roads=roads), library=LIBRARY)


@pytest.mark.parametrize("drives_on", ["right", "left"])
def test_riders_are_on_their_cycles_in_lanes_in_the_right_direction(drives_on):
    roads = crossroads(drives_on=drives_on, hills=HILLS)
    spec, params = cycled(SceneSpec(roads=roads), per_km=Constant(40), parked_per_km=Constant(0))
    assert params["fitted"] > 12
    assert len(pairs(spec)) == params["fitted"]
    by_name = {drawn["name"]: drawn for drawn in params["cycles"]}
    for cycle, rider in pairs(spec):
        for side in ("left", "right"):
            assert math.dist(place(cycle, f"grip-{side}"), place(rider, f"{side}_wrist")) < 0.13
            assert math.dist(place(cycle, f"pedal-{side}"), place(rider, f"{side}_ankle")) < 0.21
        x, y, z = place(cycle, "base")
        assert z == pytest.approx(roads.ground_m(x, y), abs=0.01)
        lane = roads.lane(by_name[cycle.name]["lane"])
        (x0, y0), (x1, y1) = lane.points_m[0], lane.points_m[-1]
        forwards = cycle.world_from_body.matrix[:2, 0]
        assert np.dot(forwards, (x1 - x0, y1 - y0)) > 0
        assert np.dot(forwards, cycle.motion.linear_m_s[:2]) == pytest.approx(by_name[cycle.name]["speed_m_s"], rel=0.02)
        assert cycle.motion == rider.motion
        assert Ground(roads).lane_gap_m([(x, y)], ("drive",)) < -0.4
        if cycle.category == "bicycle":  # at the edge
            along = np.array((x1 - x0, y1 - y0)) / math.dist((x0, y0), (x1, y1))
            aside = float(along[0] * (y - y0) - along[1] * (x - x0))
            assert aside < -0.5 if drives_on == "right" else aside > 0.5
        assert cycle.tags[:2] == ("vehicle", cycle.category)
        assert "person" in rider.tags


@pytest.mark.parametrize("seed", [0, 1])
def test_riders_go_on_keep_apart_and_stop_where_lanes_end(seed):
    spec, params = cycled(SceneSpec(roads=crossroads()), seed, 4.0, per_km=Constant(30), parked_per_km=Constant(40))
    rides = {drawn["name"]: drawn for drawn in params["cycles"] if "person" in drawn}
    for time_s in np.arange(0.0, 4.01, 1.0):
        now = spec.at(float(time_s))
        bases = np.array([place(cycle, "base")[:2] for cycle, _ in pairs(now)])
        gaps = np.sqrt(((bases[:, None] - bases[None]) ** 2).sum(axis=2)) + 50 * np.eye(len(bases))
        assert gaps.min() > 0.8
        for cycle, rider in pairs(now):
            assert math.dist(place(cycle, "grip-left"), place(rider, "left_wrist")) < 0.13
    for track in spec.tracks:
        drawn = rides[track.body.removesuffix("-rider")]
        a, b = (np.array(track.pose(t).position_m) for t in (0.0, 1.0))
        assert math.dist(a, b) < drawn["speed_m_s"] * 1.02 + 0.1
    rolled = {change.shape.roll for track in spec.tracks for change in track.changes if isinstance(change.shape, CycleShape)}
    assert len(rolled) > 60


def test_wheels_roll_as_far_as_they_go():
    spec, params = cycled(SceneSpec(roads=crossroads()), 1, 1.0, per_km=Constant(20), parked_per_km=Constant(0), motorcycles=0.0)
    for drawn in params["cycles"]:
        track = next(t for t in spec.tracks if t.body == drawn["name"])
        start, later = track.changes[0], next(c for c in track.changes if c.time_s >= 0.2)
        gone = math.dist(track.pose(later.time_s).position_m, track.pose(0.0).position_m)
        steps = (later.shape.roll - start.shape.roll) % 120
        radius = 0.25 if drawn["cycle"]["model"] == "child" else 0.345
        assert steps / 120 * 2 * math.pi * radius == pytest.approx(gone, abs=0.06)


def test_who_rides_through_a_bend_leans_into_it():
    upright = ridden("a", PersonShape(), CycleShape(model="naked"), crossroads(), (30.0, 1.6), (1.0, 0.0))
    left = ridden("a", PersonShape(), CycleShape(model="naked"), crossroads(), (30.0, 1.6), (1.0, 0.0), 0.3)
    for still, leaning in zip(upright, left, strict=True):
        assert leaning.world_from_body.position_m[1] > still.world_from_body.position_m[1] + 0.1  # +y is to the left
        assert leaning.world_from_body.matrix[2, 2] == pytest.approx(math.cos(0.3), abs=1e-9)
    assert place(left[0], "base") == pytest.approx(place(upright[0], "base"), abs=1e-6)
    assert math.dist(place(left[0], "grip-right"), place(left[1], "right_wrist")) < 0.12


def test_cycles_stand_beside_the_road_on_the_pavement():
    roads = crossroads()
    spec, params = cycled(SceneSpec(roads=roads), 2, per_km=Constant(0), parked_per_km=Constant(60))
    assert params["fitted"] == len(spec.bodies) > 10
    for body in spec.bodies:
        x, y, z = place(body, "base")
        assert z == pytest.approx(roads.ground_m(x, y, "pavement"), abs=0.01)
        assert "parked" in body.tags
        assert 0.05 < math.acos(body.world_from_body.matrix[2, 2]) < 0.2
        assert Ground(roads).lane_gap_m([(x, y)], ("drive", "cycle")) > 0


def test_helmets_and_engines_are_as_often_as_asked():
    spec, params = cycled(SceneSpec(roads=crossroads()), 3, per_km=Constant(120), parked_per_km=Constant(0), motorcycles=0.4, helmets=1.0)
    assert params["fitted"] > 30
    motors = [cycle.category == "motorcycle" for cycle, _ in pairs(spec)]
    assert np.mean(motors) == pytest.approx(0.4, abs=0.25)
    for (_, rider), motor in zip(pairs(spec), motors, strict=True):
        assert rider.shape.hat == ("full-face" if motor else "helmet")
    assert {draw_cycle(Seed(k), motor=False).category for k in range(20)} == {"bicycle"}
    assert len({draw_cycle(Seed(k), motor=True).model for k in range(60)}) == 5


def test_scenes_without_roads_and_bad_settings_are_refused():
    with pytest.raises(InvalidValue, match="cyclists: the scene has no roads"):
        cycled(SceneSpec())
    with pytest.raises(InvalidValue, match=r"motorcycles must be in 0..1"):
        Cyclists(motorcycles=-0.1)
    with pytest.raises(InvalidValue, match=r"speed_m_s must draw numbers in 1..15"):
        Cyclists(speed_m_s=Constant(30))
    assert fitted(CycleShape(model="city"), PersonShape()).saddle_m is not None
