"""Drop: objects start above the table, apart from each other, and low."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.randomizers.base import OBJECTS
from diorama.randomizers.distributions import Constant
from diorama.randomizers.drop import Drop
from diorama.randomizers.objects import Objects
from diorama.randomizers.on_surface import OnSurface
from diorama.sim.errors import InvalidValue, RejectedScene
from diorama.sim.seeds import Seed
from diorama.sim.transforms import apply

TABLE_LOW, TABLE_HIGH, TOP = (-0.5, -0.6), (0.7, 0.2), 0.72


def dropped(room, context, seed, count=12, drop=None):
    for randomizer in (Objects(count=Constant(count)), drop or Drop()):
        room = randomizer.apply(room, randomizer.sample(Seed(seed).child(randomizer.name), room, context))
    return [b for b in room.bodies if "object" in b.tags]


def boxes(bodies, context):
    """(n, 2, 3) world boxes, from the exact corners of the bricks."""
    corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 2
    out = []
    for b in bodies:
        points = apply(b.world_from_body.matrix, corners * np.array(context.library.SIZES[b.shape.asset]) * b.shape.scale)
        out.append([points.min(axis=0), points.max(axis=0)])
    return np.array(out).reshape(-1, 2, 3)


@given(seed=st.integers(0, 10**6), count=st.integers(0, 40), piled=st.sampled_from([0.0, 0.5, 1.0]))
def test_objects_keep_apart_and_inside_the_edge(seed, count, piled, room, context):
    drop = Drop(piled=piled)
    low_high = boxes(dropped(room, context, seed, count, drop), context)
    low, high = low_high[:, 0], low_high[:, 1]
    gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2)
    assert (gaps[~np.eye(count, dtype=bool)] >= drop.gap_m - 1e-9).all()
    for axis in range(2):
        assert (low[:, axis] >= TABLE_LOW[axis] + drop.margin_m - 1e-9).all()
        assert (high[:, axis] <= TABLE_HIGH[axis] - drop.margin_m + 1e-9).all()
    assert (low[:, 2] >= TOP + drop.gap_m - 1e-9).all()
    assert (high[:, 2] <= TOP + drop.max_height_m + 1e-9).all()
    if count:
        assert low[:, 2].min() == pytest.approx(TOP + drop.gap_m, abs=1e-9)


def test_every_object_starts_just_above_the_table_or_another(room, context):
    for seed in range(20):
        low_high = boxes(dropped(room, context, seed, 30), context)
        tops = [TOP, *low_high[:, 1, 2]]
        for low in low_high[:, 0, 2]:
            assert min(abs(low - Drop().gap_m - top) for top in tops) < 1e-9


def test_most_start_on_the_table_unless_piled(room, context):
    def layers(drop):
        low = [boxes(dropped(room, context, seed, 12, drop), context)[:, 0, 2] for seed in range(20)]
        return (np.concatenate(low) > TOP + 0.01).mean()

    flat, piled = layers(Drop(piled=0, spread=Constant(1))), layers(Drop(piled=1, spread=Constant(0.3)))
    assert flat < 0.02
    assert piled > 0.25


def test_upright_objects_stand(room, context):
    for body in dropped(room, context, 1, 12, Drop(upright=1)):
        up = body.world_from_body.matrix[:3, 2]
        assert np.allclose(up, [0, 0, 1], atol=1e-11)
    tilted = [b for b in dropped(room, context, 1, 12, Drop(upright=0)) if b.world_from_body.matrix[2, 2] < 0.999]
    assert len(tilted) >= 11


def test_says_how_many_fit(room, context):
    with pytest.raises(RejectedScene, match=r"^no-room: only \d+ of 2500 objects fit above the table \(no room up to 1 m above it for object-\d+, "):
        dropped(room, context, 0, 2500)


def test_a_thing_larger_than_the_table_does_not_fit(room, context):
    objects = Objects(count=Constant(1), scale=Constant(30))
    spec = objects.apply(room, objects.sample(Seed(0), room, context))
    with pytest.raises(RejectedScene, match=r"^no-room: only 0 of 1 objects fit above the table"):
        Drop().sample(Seed(0), spec, context)


def test_needs_a_table(room, context):
    with pytest.raises(InvalidValue, match=r'no body tagged "support"'):
        Drop().sample(Seed(0), room.replace(bodies=room.bodies[:1]), context)


def test_drops_what_it_is_told_to_beside_what_is_there(room, context):
    """Clutter stands on the table, then objects drop: none into the clutter, some onto it."""
    on_it = 0
    for seed in range(15):
        spec = room
        clutter = Objects(count=Constant(6), clutter=True, label="clutter", scale=Constant(2))
        for randomizer in (clutter, OnSurface(), Objects(count=Constant(12)), Drop(on=OBJECTS)):
            spec = randomizer.apply(spec, randomizer.sample(Seed(seed).child(randomizer.name, randomizer.label), spec, context))
        low_high = boxes([b for b in spec.bodies if {"object", "clutter"} & set(b.tags)], context)
        low, high = low_high[:, 0], low_high[:, 1]
        gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2)
        new = np.arange(len(low)) >= 6
        assert (gaps[new][:, ~new] >= Drop().gap_m - 1e-9).all()
        assert np.allclose(low[~new, 2], TOP + OnSurface().gap_m)
        on_it += int((low[new, 2] > TOP + 0.01).sum())
    assert on_it > 0
