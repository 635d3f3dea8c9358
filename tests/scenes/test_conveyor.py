"""The belt runs between its rails, and what lies on it goes along."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from staging import settled_objects, staged, world_corners

from diorama.randomizers.distributions import Constant, Uniform
from diorama.scenes import SCENARIOS
from diorama.scenes.conveyor import Conveyor
from diorama.sim.errors import DioramaError
from diorama.sim.seeds import Seed
from diorama.testing import check_scenario

SEEDS = st.integers(0, 2**32).map(Seed)


def test_it_is_registered_and_keeps_the_contract(context):
    assert SCENARIOS["conveyor"] is Conveyor
    check_scenario(Conveyor(), library=context.library)


@given(SEEDS, st.booleans())
def test_nothing_stands_on_the_belt_and_legs_carry_it(context, seed, has_rails):
    spec = Conveyor(rails=float(has_rails), walls=Constant(0)).build(seed, context)
    (belt,) = (b for b in spec.bodies if "belt" in b.tags)
    assert "support" in belt.tags
    top = world_corners(belt)
    (x, y), height = top.max(axis=0)[:2], top[:, 2].max()
    assert any(b.name.startswith("guide-") for b in spec.bodies) == has_rails
    for body in spec.bodies:
        if body is not belt and hasattr(body.shape, "size_m"):
            points = world_corners(body)
            beside = np.abs(points[:, 1]).min() >= y - 1e-9 and (points[:, 1].min() > 0) == (points[:, 1].max() > 0)
            assert beside or points[:, 2].max() <= height - 1e-3, body.name
    legs = [world_corners(b) for b in spec.bodies if b.name.startswith("belt-leg-")]
    profiles = [world_corners(b) for b in spec.bodies if b.name.startswith("profile-")]
    assert len(legs) == 4
    for leg in legs:
        assert leg[:, 2].min() == pytest.approx(0, abs=1e-9)
        assert any(leg[:, 2].max() == pytest.approx(p[:, 2].min()) for p in profiles)
    assert spec.physics.bounds_max_m[:2] == pytest.approx((x, y))


def test_belt_and_objects_share_one_velocity(context):
    moving = 0
    for seed in range(4):
        found = settled_objects(Conveyor(), seed, context)
        if found is None:
            continue
        spec, objects = found
        velocity = spec.body("belt").motion.linear_m_s
        assert 0.1 <= math.hypot(*velocity) <= 0.6 and velocity[1:] == (0, 0)
        assert {b.motion.linear_m_s for b in objects} == {velocity}
        assert all(b.motion.is_still for b in spec.bodies if b.category is None and b.name != "belt")
        moving += len(objects)
    assert moving > 10


def test_nothing_moves_before_it_has_come_to_rest(context):
    assert all(b.motion.is_still for b in staged(Conveyor(), 0, context).bodies)


@pytest.mark.parametrize(("field", "value"), [("belt", Constant("tartan")), ("rails", -0.1), ("width_m", Constant(0)), ("rail_m", Uniform(0, 1))])
def test_senseless_settings_are_refused_by_name(field, value):
    with pytest.raises(DioramaError, match=field):
        Conveyor(**{field: value})
