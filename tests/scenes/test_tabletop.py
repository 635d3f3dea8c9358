"""The table stands, the light gets in, and what is dropped stays on it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant, Uniform, UniformInt
from diorama.scenes import SCENARIOS
from diorama.scenes.tabletop import Tabletop
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import DioramaError
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

SEEDS = st.integers(0, 2**32).map(Seed)


def span(spec: SceneSpec, name: str) -> list[tuple[float, float]]:
    """The (low, high) of an upright box along x, y and z."""
    body = spec.body(name)
    return [(p - s / 2, p + s / 2) for p, s in zip(body.world_from_body.position_m, body.shape.size_m, strict=True)]


def staged(seed: Seed, context: Context, scenario: Tabletop) -> SceneSpec:
    spec = scenario.build(seed.child("scenario"), context)
    for randomizer in scenario.randomizers():
        if randomizer.stage == "scene":
            spec = randomizer.apply(spec, randomizer.sample(seed.child("randomizer", randomizer.name), spec, context))
    return spec


def test_it_is_registered():
    assert SCENARIOS["tabletop"] is Tabletop
    assert Tabletop.name in SCENARIOS.names()


@given(SEEDS)
def test_the_furniture_stands(context, seed):
    spec = Tabletop().build(seed, context)
    names = [body.name for body in spec.bodies]
    legs = [name for name in names if name.startswith("table-leg-")]
    assert names[:6] == ["floor", "table-top", *(f"table-leg-{i}" for i in range(4))]
    assert all(name.startswith("wall-") for name in names[6:])
    assert all(body.is_static and body.category is None and "furniture" in body.tags for body in spec.bodies)
    assert [body.name for body in spec.bodies if "support" in body.tags] == ["table-top"]
    assert span(spec, "floor")[2][1] == 0
    top = span(spec, "table-top")
    corners = set()
    for leg in legs:
        x, y, z = span(spec, leg)
        assert z == pytest.approx((0, top[2][0]), abs=1e-9)
        corners.add((x[0] == pytest.approx(top[0][0]), y[0] == pytest.approx(top[1][0])))
        assert x[0] > top[0][0] - 1e-9 and x[1] < top[0][1] + 1e-9
        assert y[0] > top[1][0] - 1e-9 and y[1] < top[1][1] + 1e-9
    assert len(corners) == 4
    assert spec.physics.bounds_min_m[:2] == (top[0][0], top[1][0])
    assert spec.physics.bounds_max_m[:2] == (top[0][1], top[1][1])
    assert spec.physics.bounds_min_m[2] == pytest.approx(top[2][1] - 0.02)


@given(SEEDS)
def test_walls_keep_no_light_from_the_table(context, seed):
    """Seen from the edge of the table top that is nearest to a wall, the wall ends 20 degrees above the horizon."""
    spec = Tabletop(walls=Constant(4)).build(seed, context)
    top = span(spec, "table-top")
    sides = set()
    for i in range(4):
        wall = span(spec, f"wall-{i}")
        assert wall[2][0] == pytest.approx(0, abs=1e-9)
        axis = 0 if wall[0][0] * wall[0][1] > 0 else 1
        sign = math.copysign(1, wall[axis][0])
        sides.add((axis, sign))
        gap = min(abs(v) for v in wall[axis]) - top[axis][1]
        assert gap > 1.8
        assert math.degrees(math.atan2(wall[2][1] - top[2][1], gap)) == pytest.approx(20, abs=1e-6)
    assert len(sides) == 4


def test_settings_decide(context):
    table = Tabletop(width_m=Constant(1.0), depth_m=Constant(0.5), height_m=Constant(0.75), walls=Constant(0))
    for seed in range(3):
        spec = table.build(Seed(seed), context)
        assert span(spec, "table-top")[:2] == [(-0.5, 0.5), (-0.25, 0.25)]
        assert span(spec, "table-top")[2][1] == pytest.approx(0.75)
        assert len(spec.bodies) == 6
    counts = {len(Tabletop().build(Seed(seed), context).bodies) - 6 for seed in range(40)}
    assert counts == {0, 1, 2, 3}


def test_settings_survive_a_plan_file():
    table = Tabletop(width_m=Choice([0.8, 1.2]), depth_m=Uniform(0.5, 0.6), walls=UniformInt(1, 2))
    assert from_json(Tabletop, to_json(table)) == table


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width_m", Uniform(0.0, 1.0)),
        ("height_m", Constant(-1)),
        ("thickness_m", Constant(0.5)),
        ("walls", UniformInt(0, 5)),
        ("walls", Uniform(0, 1)),
        ("wall_distance_m", Uniform(1.0, 3.0)),
        ("leg_m", 0.05),
    ],
)
def test_senseless_settings_are_refused_by_name(field, value):
    with pytest.raises(DioramaError, match=field):
        Tabletop(**{field: value})


def test_default_randomizers_in_order():
    assert [(r.name, r.stage) for r in Tabletop().randomizers()] == [
        ("objects", "scene"),
        ("drop", "scene"),
        ("materials", "scene"),
        ("lights", "scene"),
        ("background", "scene"),
        ("camera-shell", "view"),
        ("sensor", "view"),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_everything_dropped_ends_on_the_table(context, seed):
    scenario = Tabletop()
    spec = staged(Seed(seed), context, scenario)
    with Bullet(context.library) as physics:
        rest = physics.settle(spec)
    objects = [body for body in rest.bodies if body.category is not None]
    assert 10 <= len(objects) <= 15
    (x0, x1), (y0, y1), (_, surface) = span(rest, "table-top")
    for body in objects:
        x, y, z = body.world_from_body.position_m
        assert x0 < x < x1 and y0 < y < y1
        assert z > surface
        assert body.world_from_body != spec.body(body.name).world_from_body
    assert [b for b in rest.bodies if b.category is None] == [b for b in spec.bodies if b.category is None]
