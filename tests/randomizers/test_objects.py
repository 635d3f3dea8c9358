"""Objects: what is picked, and what its mass follows from."""

from dataclasses import replace

import pytest
from scipy import stats

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.randomizers.objects import MIN_MASS_KG, Objects
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec


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


def bodies_of(room, context, *randomizers, seed=0):
    for randomizer in randomizers:
        room = randomizer.apply(room, randomizer.sample(Seed(seed).child(randomizer.label), room, context))
    return room.bodies[3:]


def test_several_in_one_plan_do_not_know_of_each_other(room, context):
    parts, tools = Objects(label="parts", count=Constant(3)), Objects(label="tools", count=Constant(4))
    both = bodies_of(room, context, parts, tools)
    assert [b.name for b in both] == ["parts-00", "parts-01", "parts-02", "tools-00", "tools-01", "tools-02", "tools-03"]
    assert all(b.tags == ("object", b.name[:5]) for b in both)
    assert both[:3] == bodies_of(room, context, parts)
    assert both[3:] == bodies_of(room, context, tools)
    assert set(bodies_of(room, context, tools, parts)) == set(both)


def test_names_that_are_taken_are_refused(room, context):
    with pytest.raises(InvalidValue, match=r'^objects: there is a body named "object-00" already; give these objects another label$'):
        bodies_of(room, context, Objects(), Objects())


def test_copies_are_alike_in_all_but_their_names(room, context):
    bodies = bodies_of(room, context, Objects(label="screw", count=Constant(2), copies=Constant(3)))
    assert [b.name for b in bodies] == ["screw-00", "screw-00-1", "screw-00-2", "screw-01", "screw-01-1", "screw-01-2"]
    for first in (0, 3):
        assert len({replace(b, name="any") for b in bodies[first : first + 3]}) == 1
    singles = bodies_of(room, context, Objects(label="screw", count=Constant(2)))
    assert (bodies[0], bodies[3]) == singles


def test_clutter_is_there_and_has_no_label(room, context):
    bodies = bodies_of(room, context, Objects(clutter=True, tags=("red",), count=Constant(5)))
    assert all(b.category is None and b.tags == ("clutter", "red") and not b.is_static for b in bodies)


def test_only_the_assets_asked_for(room, context):
    def ids(*assets):
        return {t["asset"] for t in drawn(Objects(assets=assets, count=Constant(60)), room, context)}

    assert ids("brick/1") == {"brick/1"}
    assert ids("brick/*") == {"brick/0", "brick/1", "brick/2"}
    assert ids("brick/[02]", "plank/0") == {"brick/0", "brick/2", "plank/0"}
    with pytest.raises(
        UnknownName, match=r'^objects: no asset has an id like "bricks/\*"\. Did you mean "brick/\*"\? Known: brick/\*, carton/\*, plank/\*\.$'
    ):
        ids("bricks/*")
    with pytest.raises(UnknownName, match=r'objects: no asset has the category "plank"'):
        drawn(Objects(assets=("brick/*",), categories=Constant("plank")), room, context)


def test_built_in_assets_are_there_by_their_ids_among_a_users_own(tmp_path):
    (tmp_path / "lid.obj").write_text("v 0 0 0\nv .1 0 0\nv 0 .1 0\nv 0 0 .1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    context = Context(library=AssetLibrary((str(tmp_path),)))
    things = drawn(Objects(assets=("household:mug/3", "user:*"), count=Constant(30)), SceneSpec(), context)
    assert {t["asset"] for t in things} == {"household:mug/3", "user:lid.obj"}
    with pytest.raises(UnknownName, match=r'no asset has the id "household:mugs/3"'):
        drawn(Objects(assets=("household:mugs/3",)), SceneSpec(), context)
