"""Trees stand beside the street and not on it, all in one season; and something closes the horizon."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from street_map import crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.buildings import Buildings
from diorama.randomizers.street.planting import Planting
from diorama.randomizers.street.quarters import QUARTERS
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.plants.tree import HABITS
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BeltShape, BuildingShape, HedgeShape, Hill, PlantShape, SceneSpec
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

CONTEXT = Context(library=AssetLibrary())
HILLS = (Hill(center_m=(20.0, 30.0), radius_m=60.0, height_m=5.0),)
SETTINGS = sorted(QUARTERS)


def planted(seed, setting="suburb", **changed):
    """A street with houses and plants, and what was drawn."""
    spec = SceneSpec(roads=crossroads(hills=HILLS), notes=(("setting", setting),))
    for randomizer in (Buildings(), Planting(**({"density": Constant(2.0), "most": 200} | changed))):
        params = randomizer.sample(Seed(seed).child(randomizer.name), spec, CONTEXT)
        spec = randomizer.apply(spec, params)
    return spec, params


def plants_of(spec):
    return [b for b in spec.bodies if isinstance(b.shape, PlantShape)]


def distance(p, a, b):
    ux, uy = b[0] - a[0], b[1] - a[1]
    t = min(max(((p[0] - a[0]) * ux + (p[1] - a[1]) * uy) / (ux * ux + uy * uy), 0.0), 1.0)
    return math.hypot(p[0] - a[0] - t * ux, p[1] - a[1] - t * uy)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SETTINGS))
def test_plants_are_clear_of_lanes_and_houses_and_on_the_ground(seed, setting):
    spec, params = planted(seed, setting)
    assert params["fitted"] == len(plants_of(spec)) <= params["asked"]
    for plant in plants_of(spec):
        (x, y, z), shape = plant.world_from_body.position_m, plant.shape
        assert z - shape.origin_m == pytest.approx(spec.roads.ground_m(x, y, "plot"), abs=1e-6)
        for lane in spec.roads.lanes:
            if lane.kind == "drive":
                assert min(distance((x, y), a, b) for a, b in pairwise(lane.points_m)) > lane.width_m / 2 + 0.4
        for house in (b for b in spec.bodies if isinstance(b.shape, BuildingShape)):
            m = house.world_from_body.matrix
            dx, dy = x - m[0, 3], y - m[1, 3]
            u, v = dx * m[0, 0] + dy * m[1, 0], dx * m[0, 1] + dy * m[1, 1]
            assert abs(u) > house.shape.depth_m / 2 + 0.2 or abs(v) > house.shape.width_m / 2 + 0.2


def test_streets_are_lined_at_even_distances():
    lined = 0
    for seed in range(8):
        spec, _ = planted(seed, "residential", spacing_m=Constant(12.0))
        for area in spec.roads.areas:
            row = [b for b in plants_of(spec) if b.name.startswith(f"tree-{area.name}-")]
            if len(row) < 4:
                continue
            lined += 1
            assert len({b.shape.species for b in row}) == 1
            number = {int(b.name.rpartition("-")[2]): b.world_from_body.position_m for b in row}
            steps = [math.dist(number[k], number[k + 1]) for k in number if k + 1 in number]
            assert all(8.0 < step < 15.5 for step in steps)
    assert lined >= 4


def test_lorries_pass_under_the_trees_of_streets():
    crowns = [
        HABITS[b.shape.species].crown * b.shape.height_m
        for seed in range(12)
        for b in plants_of(planted(seed, "residential")[0])
        if b.name.startswith("tree-") and b.shape.species in ("oak", "lime", "plane", "birch")
    ]
    assert len(crowns) >= 40
    assert min(crowns) >= 2.6


@pytest.mark.parametrize("season", ["spring", "summer", "autumn", "winter"])
def test_one_season_for_all(season):
    spec, params = planted(3, "suburb", season=Constant(season))
    green = [b.shape for b in spec.bodies if isinstance(b.shape, (PlantShape, HedgeShape, BeltShape))]
    assert {shape.season for shape in green} == {season} == {params["season"]}
    assert dict(spec.notes)["season"] == season
    assert any(isinstance(shape, HedgeShape) for shape in green)


def test_a_season_changes_no_place():
    one, two = (planted(5, season=Constant(season))[0] for season in ("summer", "winter"))
    assert [b.name for b in one.bodies] == [b.name for b in two.bodies]
    assert [b.world_from_body for b in one.bodies] == [b.world_from_body for b in two.bodies]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SETTINGS))
def test_no_horizon_is_empty(seed, setting):
    spec, _ = planted(seed, setting)
    belts = [b for b in spec.bodies if isinstance(b.shape, BeltShape)]
    around = {int(math.degrees(math.atan2(b.world_from_body.position_m[1], b.world_from_body.position_m[0])) // 60) % 6 for b in belts}
    assert len(around) == 6
    assert {b.stuff for b in belts} <= {"building", "vegetation"}
    for belt in belts:
        ends = apply(belt.world_from_body.matrix, [(0.0, t * belt.shape.length_m, 0.0) for t in (-0.5, 0.0, 0.5)])
        for x, y, _ in ends:
            assert math.hypot(x, y) > 75.0  # beyond the streets of the map
            low = belt.world_from_body.position_m[2] - belt.shape.origin_m
            assert low - 4.0 < spec.roads.ground_m(x, y, "terrain")


def test_more_plants_leave_the_others_where_they_are():
    few, many = (planted(7, most=most)[1]["plants"] for most in (10, 30))
    assert len(few) == 10 and len(many) == 30
    assert many[:10] == few


def test_without_leave():
    assert planted(0, most=0)[1]["plants"] == []
    assert planted(0, density=Constant(0.0))[1]["asked"] == 0
    assert planted(0, far=Constant(0))[1]["far"] == []


def test_contract():
    check_randomizer(Planting(), spec=SceneSpec(roads=crossroads(hills=HILLS)))


def test_bad_settings():
    with pytest.raises(InvalidValue, match="no roads"):
        Planting().sample(Seed(0), SceneSpec(), CONTEXT)
    with pytest.raises(InvalidValue, match="season must"):
        Planting(season=Constant("monsoon"))
    with pytest.raises(InvalidValue, match="spacing_m must"):
        Planting(spacing_m=Constant(0.0))
    with pytest.raises(InvalidValue, match="most must"):
        Planting(most=-1)
