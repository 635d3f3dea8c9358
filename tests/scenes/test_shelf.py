"""Boards at their heights, held up by what kind of shelf it is, and products that stay on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from staging import settled_objects, world_corners

from diorama.randomizers.distributions import Constant, Uniform, UniformInt
from diorama.scenes import SCENARIOS
from diorama.scenes.shelf import Shelf
from diorama.sim.errors import DioramaError
from diorama.sim.seeds import Seed
from diorama.testing import check_scenario

SEEDS = st.integers(0, 2**32).map(Seed)
KINDS = ("rack", "bookcase", "gondola")


def test_it_is_registered_and_keeps_the_contract(context):
    assert SCENARIOS["shelf"] is Shelf
    check_scenario(Shelf(), library=context.library)


@given(SEEDS, st.sampled_from(KINDS), st.integers(1, 6))
def test_boards_are_where_they_should_be(context, seed, kind, count):
    shelf = Shelf(
        kind=Constant(kind), boards=Constant(count), width_m=Constant(1), depth_m=Constant(0.4), spacing_m=Constant(0.3), foot_m=Constant(0.2)
    )
    spec = shelf.build(seed, context)
    boards = {b.name: world_corners(b) for b in spec.bodies if "support" in b.tags}
    assert sorted(boards) == [f"board-{i}" for i in range(count)]
    for i in range(count):
        points = boards[f"board-{i}"]
        assert points[:, 2].max() == pytest.approx(0.2 + 0.3 * i)
        assert points.max(axis=0)[:2] == pytest.approx([0.5, 0.2]) and points.min(axis=0)[:2] == pytest.approx([-0.5, -0.2])
    first = next(b.name for b in spec.bodies if "support" in b.tags)
    assert first == f"board-{count // 2}"


@given(SEEDS, st.sampled_from(KINDS))
def test_nothing_stands_in_the_room_over_a_board(context, seed, kind):
    spec = Shelf(kind=Constant(kind)).build(seed, context)
    boards = sorted((world_corners(b) for b in spec.bodies if "support" in b.tags), key=lambda p: p[0, 2])
    for body in spec.bodies:
        points = world_corners(body)
        for lower, upper in zip(boards, [*boards[1:], None], strict=True):
            top = lower[:, 2].max()
            bottom = top + 0.2 if upper is None else upper[:, 2].min()
            apart = np.maximum(points.min(axis=0)[:2] - lower.max(axis=0)[:2], lower.min(axis=0)[:2] - points.max(axis=0)[:2]).max()
            is_beside = apart >= -1e-9
            is_over_or_under = points[:, 2].min() >= bottom - 1e-9 or points[:, 2].max() <= top + 1e-9
            assert is_beside or is_over_or_under, body.name


@given(SEEDS, st.sampled_from(KINDS))
def test_the_wall_is_behind_and_the_feet_are_on_the_floor(context, seed, kind):
    spec = Shelf(kind=Constant(kind)).build(seed, context)
    unit = [world_corners(b) for b in spec.bodies if b.name not in ("floor", "wall-0")]
    assert max(p[:, 1].max() for p in unit) <= world_corners(spec.body("wall-0"))[:, 1].min()
    assert min(p[:, 2].min() for p in unit) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", Constant("hammock")),
        ("boards", UniformInt(0, 3)),
        ("boards", Uniform(1, 3)),
        ("depth_m", Constant(0)),
        ("foot_m", Constant(-1)),
    ],
)
def test_senseless_settings_are_refused_by_name(field, value):
    with pytest.raises(DioramaError, match=field):
        Shelf(**{field: value})


def test_products_stay_on_their_boards(context):
    kept = 0
    for seed in range(5):
        found = settled_objects(Shelf(), seed, context)
        if found is not None:
            kept += 1
            spec, objects = found
            tops = [world_corners(b)[:, 2].max() for b in spec.bodies if "support" in b.tags]
            for body in objects:
                assert any(top < body.world_from_body.position_m[2] < top + 0.4 for top in tops)
    assert kept >= 4
