"""Objects: what is picked, and what its mass follows from."""

import pytest
from scipy import stats

from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.randomizers.objects import MIN_MASS_KG, Objects
from diorama.sim.errors import UnknownName
from diorama.sim.seeds import Seed


def drawn(objects, room, context, seed=0):
    return objects.sample(Seed(seed), room, context)["objects"]


def test_categories_are_even_and_assets_within_them_too(room, context):
    things = drawn(Objects(count=Constant(3000)), room, context)
    by_category = [sum(t["category"] == c for t in things) for c in ("brick", "carton", "plank")]
    assert stats.chisquare(by_category).pvalue > 0.01
    bricks = [sum(t["asset"] == f"brick/{i}" for t in things) for i in range(3)]
    assert stats.chisquare(bricks).pvalue > 0.01
    assert sum(by_category) == 3000
    assert sum(bricks) == by_category[0]


def test_weights_decide_the_categories(room, context):
    things = drawn(Objects(count=Constant(200), categories=Choice({"brick": 1, "carton": 0})), room, context)
    assert {t["category"] for t in things} == {"brick"}


def test_an_unknown_category_is_named(room, context):
    with pytest.raises(UnknownName, match=r'objects: no asset has the category "bricks"\. Did you mean "brick"\?'):
        drawn(Objects(categories=Choice(["bricks"])), room, context)


def test_mass_is_volume_times_density(room, context):
    objects = Objects(count=Constant(30), scale=Constant(1.5), density=Constant(2))
    for thing in drawn(objects, room, context):
        x, y, z = context.library.SIZES[thing["asset"]]
        assert thing["mass_kg"] == pytest.approx(max(x * y * z * 1.5**3 * 500 * 2, MIN_MASS_KG), rel=1e-9)


def test_bodies_are_labelled_and_movable(room, context):
    objects = Objects(count=Constant(12), friction=Uniform(0.2, 0.3))
    spec = objects.apply(room, objects.sample(Seed(0), room, context))
    assert spec.bodies[:3] == room.bodies
    assert [b.name for b in spec.bodies[3:]] == [f"object-{i:02d}" for i in range(12)]
    for body in spec.bodies[3:]:
        assert body.tags == ("object",)
        assert body.category == context.library.category_of(body.shape.asset)[0]
        assert not body.is_static
        assert 0.2 <= body.friction <= 0.3
