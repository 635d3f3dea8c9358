"""Products on boards, and what a belt carries."""

import math
from itertools import pairwise

import numpy as np
import pytest
from box_geometry import corners, least_gap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from diorama.randomizers.distributions import Constant, Uniform, UniformInt
from diorama.randomizers.objects import Objects
from diorama.randomizers.shelve import Shelve
from diorama.randomizers.stack import Stack
from diorama.randomizers.transport import Transport
from diorama.sim.errors import RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, PhysicsSpec, Pose
from diorama.testing import check_randomizer

BOARDS = (("board-0", 0.5), ("board-1", 0.7), ("board-2", 1.0))
STILL = {"turn_deg": Constant(0), "jitter_m": Constant(0), "gap_m": Constant(0.01), "space_m": Constant(0.05), "setback_m": Constant(0.02)}


@pytest.fixture(scope="module")
def shelf(room):
    """Three boards, 1 m x 0.3 m, 18 cm and 28 cm of room between them; front towards -y."""
    boards = (
        BodySpec(name=name, shape=BoxShape(size_m=(1.0, 0.3, 0.02)), world_from_body=Pose((0, 0, z - 0.01)), tags=("support",)) for name, z in BOARDS
    )
    return room.replace(bodies=(room.bodies[0], *boards))


def with_objects(spec, context, seed=0, **settings):
    objects = Objects(**({"scale": Constant(1)} | settings))
    return objects.apply(spec, objects.sample(Seed(seed), spec, context))


def placed(spec, context, seed=0, **settings):
    shelve = Shelve(**settings)
    spec = shelve.apply(spec, shelve.sample(Seed(seed), spec, context))
    return [b for b in spec.bodies if "object" in b.tags]


@pytest.mark.parametrize("randomizer", [Shelve(), Transport(), Transport(azimuth_deg=Uniform(0, 360))])
def test_keeps_the_contract(randomizer):
    check_randomizer(randomizer)


def test_a_shelf_keeps_the_contract(shelf, context):
    check_randomizer(Shelve(), spec=with_objects(shelf, context, count=Constant(3), copies=Constant(3)), library=context.library)


def test_columns_without_jitter_are_exact(shelf, context):
    """Seven cubes of 4 cm, three deep: columns of 3, 3 and 1 from left to right, the first of each 2 cm behind the edge."""
    spec = with_objects(shelf, context, count=Constant(1), copies=Constant(7), assets=("brick/0",))
    bodies = placed(spec, context, deep=Constant(3), **STILL)
    tops = {z for _, z in BOARDS}
    for i, body in enumerate(bodies):
        column, row = divmod(i, 3)
        x, y, z = body.world_from_body.position_m
        assert (x, y) == pytest.approx((-0.5 + 0.05 + 0.02 + 0.05 * column, -0.15 + 0.02 + 0.02 + 0.05 * row), abs=1e-8)
        assert min(abs(z - 0.02 - 0.001 - top) for top in tops) < 1e-8
    assert len({b.world_from_body.position_m[2] for b in bodies}) == 1


def test_groups_stand_beside_each_other_or_on_other_boards(shelf, context):
    spec = with_objects(shelf, context, count=Constant(6), copies=Constant(2))
    bodies = placed(spec, context, deep=Constant(2), **STILL)
    for board, z in BOARDS:
        here = [(corners(b, context), b.shape.asset) for b in bodies]
        boxes = sorted((p[:, 0].min(), p[:, 0].max(), asset) for p, asset in here if abs(p[:, 2].min() - z) < 0.01)
        for (_, right, one), (left, _, other) in pairwise(boxes):
            assert one == other or left - right >= 0.05 - 1e-8, board


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), front=st.sampled_from([-90.0, 90.0, 0.0, 180.0]))
def test_all_are_apart_on_their_boards_and_clear_of_those_above(seed, front, shelf, context):
    spec = with_objects(shelf, context, seed, count=UniformInt(2, 6), copies=UniformInt(1, 4))
    try:
        bodies = placed(spec, context, seed, front_deg=front, rest=Constant("face"))
    except RejectedScene:
        return
    assert least_gap([*bodies, *spec.bodies[1:4]], context) > 0
    for body in bodies:
        points = corners(body, context)
        assert (np.abs(points[:, :2]) <= np.array([0.5, 0.15]) - 0.005 + 1e-8).all()
        assert min(abs(points[:, 2].min() - 0.001 - z) for _, z in BOARDS) < 1e-8


def test_what_is_too_tall_for_one_board_goes_to_another(shelf, context):
    """A plank standing on its end, 20 cm, has 18 cm under the second board."""
    spec = with_objects(shelf, context, count=Constant(1), copies=Constant(2), assets=("plank/0",))
    used = set()
    for seed in range(20):
        for body in placed(spec, context, seed, rest=Constant("face")):
            points = corners(body, context)
            if points[:, 2].max() - points[:, 2].min() > 0.19:
                used.add(round(points[:, 2].min() - 0.001, 6))
    assert used == {0.7, 1.0}


def test_boards_are_drawn_evenly(shelf, context):
    spec = with_objects(shelf, context, count=Constant(1), assets=("brick/0",))
    heights = [round(placed(spec, context, s)[0].world_from_body.position_m[2], 1) for s in range(300)]
    assert stats.chisquare(np.unique(heights, return_counts=True)[1]).pvalue > 0.01


def test_a_full_shelf_takes_no_more(shelf, context):
    with pytest.raises(RejectedScene, match=r"^no-room: object-\d+(-\d+)? does not fit on board-0, board-1, board-2$") as caught:
        placed(with_objects(shelf, context, count=Constant(8), copies=Constant(60)), context)
    assert caught.value.reason == "no-room"


# --- transport ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def belt_room(room):
    """The room with a belt instead of its table, and a thing beside it on the floor."""
    belt = BodySpec(name="belt", shape=BoxShape(size_m=(1.6, 0.5, 0.05)), world_from_body=Pose((0, 0, 0.695)), tags=("support", "belt"))
    fallen = BodySpec(name="fallen", shape=BoxShape(size_m=(0.1, 0.1, 0.1)), world_from_body=Pose((0, -0.5, 0.05)), mass_kg=1)
    physics = PhysicsSpec(bounds_min_m=(-2, -2, -1), bounds_max_m=(2, 2, 3))
    return room.replace(bodies=(room.bodies[0], belt, fallen, room.bodies[2]), physics=physics)


def test_belt_and_all_on_it_move_alike_and_nothing_else(belt_room, context):
    spec = with_objects(belt_room, context, count=Constant(10))
    stack, transport = Stack(height=Constant(2), jitter=Constant(0)), Transport(speed_m_s=Constant(0.4), azimuth_deg=Constant(120))
    spec = stack.apply(spec, stack.sample(Seed(3), spec, context))
    with Bullet(context.library) as physics:
        spec = physics.settle(spec)
    heights = [corners(b, context)[:, 2].min() for b in spec.bodies if b.category]
    assert max(heights) > 0.725  # some lie on others
    params = transport.sample(Seed(0), spec, context)
    moving = transport.apply(spec, params)
    velocity = (0.4 * math.cos(math.radians(120)), 0.4 * math.sin(math.radians(120)), 0.0)
    for before, after in zip(spec.bodies, moving.bodies, strict=True):
        assert after.world_from_body == before.world_from_body
        if before.name in ("floor", "wall", "fallen"):
            assert after == before
        else:
            assert after.motion.linear_m_s == pytest.approx(velocity, abs=1e-9)
            assert after.motion.angular_rad_s == (0, 0, 0)


def test_no_belt_carries_nothing(room, context):
    assert Transport().sample(Seed(0), room, context)["carried"] == []
