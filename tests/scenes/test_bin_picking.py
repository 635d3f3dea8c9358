"""The bin is a closed box but for its top, stands, and holds what is poured into it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from staging import settled_objects, world_corners

from diorama.randomizers.distributions import Constant, Uniform
from diorama.scenes import SCENARIOS
from diorama.scenes.bin_picking import COLORS, BinPicking
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import DioramaError
from diorama.sim.seeds import Seed
from diorama.testing import check_scenario

SEEDS = st.integers(0, 2**32).map(Seed)


def test_it_is_registered_and_keeps_the_contract(context):
    assert SCENARIOS["bin-picking"] is BinPicking
    check_scenario(BinPicking(), library=context.library)


@given(SEEDS, st.sampled_from(["tote", "carton"]), st.booleans())
def test_the_bin_is_closed_around_its_room_and_stands(context, seed, kind, on_table):
    inside = {"length_m": Constant(0.5), "width_m": Constant(0.3), "depth_m": Constant(0.2), "wall_m": Constant(0.008)}
    spec = BinPicking(kind=Constant(kind), on_table=float(on_table), height_m=Constant(0.7), walls=Constant(0), **inside).build(seed, context)
    ground = 0.7 if on_table else 0.0
    boxes = {b.name: world_corners(b) for b in spec.bodies}
    floor = boxes["bin-floor"]
    assert floor.min(axis=0) == pytest.approx([-0.25, -0.15, ground], abs=1e-9)
    level = floor[:, 2].max()
    assert floor.max(axis=0) == pytest.approx([0.25, 0.15, level], abs=1e-9)
    for i, (axis, sign) in enumerate(((0, 1), (1, 1), (0, -1), (1, -1))):
        wall = boxes[f"bin-wall-{i}"]
        near = np.sort(np.unique(np.round(sign * wall[:, axis], 9)))
        assert near == pytest.approx([(0.25, 0.15)[axis], (0.25, 0.15)[axis] + 0.008], abs=1e-9)
        assert wall[:, 2].min() == pytest.approx(ground, abs=1e-9)
        assert wall[:, 2].max() == pytest.approx(level + 0.2, abs=1e-9)
        across = 1 - axis
        assert wall[:, across].max() >= (0.25, 0.15)[across] - 1e-9
    assert [b.name for b in spec.bodies if "support" in b.tags] == ["bin-floor"]
    parts = [b for b in spec.bodies if b.name.startswith("bin-")]
    assert all(b.is_static and b.category is None and "container" in b.tags for b in parts)
    assert len({b.material for b in parts}) == 1
    bounds = spec.physics
    assert bounds.bounds_max_m[:2] == pytest.approx((0.26, 0.16)) and bounds.bounds_min_m[2] == pytest.approx(level - 0.01)
    assert ("table-top" in boxes) == on_table
    if on_table:
        assert boxes["table-top"][:, 2].max() == pytest.approx(0.7)
        assert (np.abs(np.concatenate([boxes[b.name] for b in parts if "wall" in b.name]))[:, :2] <= boxes["table-top"].max(axis=0)[:2] + 1e-9).all()


@given(SEEDS)
def test_flaps_hang_on_the_rim_and_open_outwards(context, seed):
    spec = BinPicking(kind=Constant("carton"), flaps_deg=Uniform(60, 172)).build(seed, context)
    rim = world_corners(spec.body("bin-wall-0"))[:, 2].max()
    thick = spec.body("bin-wall-0").shape.size_m[0]
    for i, (axis, sign) in enumerate(((0, 1), (1, 1), (0, -1), (1, -1))):
        flap, wall = world_corners(spec.body(f"bin-flap-{i}")), world_corners(spec.body(f"bin-wall-{i}"))
        middle = (wall[:, axis].min() + wall[:, axis].max()) / 2
        lower_edge = flap[np.argsort(np.hypot(flap[:, axis] - middle, flap[:, 2] - rim))[:4]].mean(axis=0)
        assert math.hypot(lower_edge[axis] - middle, lower_edge[2] - rim) == pytest.approx(thick / 2, abs=1e-6)
        assert sign * (flap[:, axis].mean() - middle) > 0


def test_colours_are_those_of_plastic_bins(context):
    looks = {}
    for color in COLORS:
        spec = BinPicking(kind=Constant("tote"), color=Constant(color)).build(Seed(1), context)
        looks[color] = spec.body("bin-floor").material.base_color
    red, _, blue = looks["blue"]
    assert blue > 3 * red
    red, _, blue = looks["red"]
    assert red > 3 * blue
    assert max(looks["black"]) < 0.05 < 0.6 < min(looks["white"])


def test_settings_survive_a_plan_file():
    scenario = BinPicking(on_table=0.2, length_m=Uniform(0.3, 0.4))
    assert from_json(BinPicking, to_json(scenario)) == scenario


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", Constant("bucket")),
        ("color", Constant("mauve")),
        ("length_m", Constant(0)),
        ("wall_m", Uniform(0, 1)),
        ("on_table", 2.0),
        ("flaps_deg", Constant(190)),
    ],
)
def test_senseless_settings_are_refused_by_name(field, value):
    with pytest.raises(DioramaError, match=field):
        BinPicking(**{field: value})


def test_what_is_poured_in_stays_inside(context):
    scenario = BinPicking()
    kept = 0
    for seed in range(6):
        objects = settled_objects(scenario, seed, context)
        if objects is not None:
            kept += 1
            spec = objects[0]
            floor = world_corners(spec.body("bin-floor"))
            for body in objects[1]:
                x, y, z = body.world_from_body.position_m
                assert floor[:, 0].min() - 0.01 < x < floor[:, 0].max() + 0.01 and floor[:, 1].min() - 0.01 < y < floor[:, 1].max() + 0.01
                assert z > floor[:, 2].max() - 0.01
    assert kept >= 4
