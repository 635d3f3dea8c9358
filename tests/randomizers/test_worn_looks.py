"""Looks that change: jitter, exchange, wear and dust."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from diorama.randomizers.base import Context, Select
from diorama.randomizers.distributions import Constant, Uniform, UniformRotation
from diorama.randomizers.material_jitter import MaterialJitter
from diorama.randomizers.material_swap import MaterialSwap
from diorama.randomizers.objects import Objects
from diorama.randomizers.weathering import Dust, Wear
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.render.dressed import dressed
from diorama.sim.seeds import Seed
from diorama.sim.spec import Adjustment, BodySpec, MaterialSpec, Pose, SceneSpec, SphereShape, Weathering
from diorama.testing import check_randomizer

CONTEXT = Context(library=AssetLibrary())
KINDS = (MaterialJitter, MaterialSwap, Wear, Dust)


@pytest.fixture(scope="module")
def crowd(room):
    """Objects of the household, each turned some way."""
    objects = Objects(count=Constant(300))
    spec = objects.apply(room, objects.sample(Seed(0), room, CONTEXT))
    turns = {b.name: UniformRotation().sample(Seed(1).child(b.name).rng()) for b in spec.bodies if b.category}
    return spec.map_bodies({name: {"world_from_body": Pose((0, 0, 1), turn)} for name, turn in turns.items()})


def varied(spec, randomizer, seed=0):
    params = json.loads(json.dumps(randomizer.sample(Seed(seed), spec, CONTEXT)))
    return randomizer.apply(spec, params), params


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_holds(kind):
    check_randomizer(kind())


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_share_of_what_is_selected_changes(kind, crowd):
    randomizer = kind(share=0.4, on=Select(tags=("object",)))
    after, _ = varied(crowd, randomizer)
    changed = [a != b for a, b in zip(crowd.bodies, after.bodies, strict=True) if b.category]
    assert not any(a != b for a, b in zip(crowd.bodies, after.bodies, strict=True) if not b.category)
    share = 0.4 if kind is not MaterialSwap else None
    if share is not None:
        assert sum(changed) / len(changed) == pytest.approx(share, abs=0.09)
    names = {b.name for b in crowd.bodies[::7]}
    few, _ = varied(crowd, replace(randomizer, share=1.0, on=Select(names=tuple(sorted(names)))))
    assert {b.name for a, b in zip(crowd.bodies, few.bodies, strict=True) if a != b} <= names


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_shares_are_shares(kind, share):
    with pytest.raises(InvalidValue, match=r"share must be in 0\.\.1"):
        kind(share=share)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (MaterialJitter, {"hue_deg": Uniform(-400, 0)}),
        (MaterialJitter, {"value": Uniform(-1, 1)}),
        (Wear, {"amount": Uniform(0, 1.5)}),
        (Wear, {"bare": Constant("gold")}),
        (Dust, {"amount": Constant(-0.1)}),
        (Dust, {"color": Constant("mud")}),
        (Dust, {"moved": 2.0}),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind, settings):
    with pytest.raises(InvalidValue, match=f"^{next(iter(settings))} must "):
        kind(**settings)


# --- jitter -------------------------------------------------------------------------------------------------


def test_jitter_draws_within_its_ranges_and_adds_up(crowd):
    jitter = MaterialJitter(hue_deg=Uniform(-36, 36), saturation=Uniform(0.5, 1.0), metallic=Constant(0.5))
    once, _ = varied(crowd, jitter)
    changes = [b.adjustment for b in once.bodies if b.category]
    assert all(abs(c.hue_turn) <= 0.1 and 0.5 <= c.saturation <= 1 and c.metallic == 0.5 for c in changes)
    turns = np.array([c.hue_turn for c in changes])
    assert abs(turns.mean()) < 0.015 and turns.std() == pytest.approx(0.2 / math.sqrt(12), rel=0.1)
    twice, params = varied(once, jitter, seed=1)
    for before, after in zip(once.bodies, twice.bodies, strict=True):
        if before.category:
            drawn = params["adjustments"][after.name]
            assert after.adjustment.hue_turn == pytest.approx(before.adjustment.hue_turn + drawn["hue_turn"])
            assert after.adjustment.saturation == pytest.approx(before.adjustment.saturation * drawn["saturation"])
            assert after.adjustment.metallic == 0.25


def test_no_jitter_is_none():
    off = MaterialJitter(**{name: Constant(1.0) for name in ("saturation", "value", "roughness", "normal_scale")}, hue_deg=Constant(0))
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.1), tags=("object",))
    after, _ = varied(SceneSpec(bodies=(ball,)), off)
    assert after.bodies[0].adjustment == Adjustment()
    assert dressed(after.bodies[0], CONTEXT.library)[0].material == MaterialSpec()


# --- exchange -----------------------------------------------------------------------------------------------


def looks(body):
    """What a body looks like, part by part, as far as it can be told from elsewhere."""
    return [(p.material, {slot: id(picture.source) for slot, picture in p.pictures.items()}) for p in dressed(body, CONTEXT.library)]


def test_two_bodies_exchange_their_looks(crowd):
    first, second = _two(crowd)
    spec = SceneSpec(bodies=(first, second))
    swapped, params = varied(spec, MaterialSwap(share=1.0))
    assert params == {"swaps": [{"name": second.name, "with": first.name}]}
    one, two = swapped.bodies
    for body, other in ((one, second), (two, first)):
        theirs = looks(other)
        assert looks(body) == [theirs[k % len(theirs)] for k in range(len(looks(body)))]
    back, _ = varied(swapped, MaterialSwap(share=1.0))
    assert back == spec


def _two(crowd):
    """Two of different assets, one with pictures."""
    printed = next(b for b in crowd.bodies if b.category == "carton")
    return next(b for b in crowd.bodies if b.category == "mug"), printed


def test_materials_of_their_own_go_along_and_wear_stays(crowd):
    mug, carton = _two(crowd)
    red, blue = MaterialSpec(base_color=(1, 0, 0)), MaterialSpec(base_color=(0, 0, 1))
    mug = replace(mug, material=red, part_materials=(None, blue), weathering=Weathering(dust=0.5))
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.1), tags=("object",), category="ball")
    one, two = varied(SceneSpec(bodies=(mug, ball)), MaterialSwap(share=1.0))[0].bodies
    assert (two.material, two.part_materials, two.weathering) == (red, (None, blue), None)
    assert (one.material, one.part_materials, one.weathering) == (MaterialSpec(), (), Weathering(dust=0.5))
    one, two = varied(SceneSpec(bodies=(carton, ball)), MaterialSwap(share=1.0))[0].bodies
    assert two.look_of == carton.shape.asset and two.material is None
    assert looks(two)[0][1] == looks(carton)[0][1]


def test_looks_are_neither_lost_nor_doubled(crowd):
    after, _ = varied(crowd, MaterialSwap(share=0.8))
    before_all, after_all = (sorted(b.look_of or b.shape.asset for b in spec.bodies if b.category) for spec in (crowd, after))
    assert before_all == after_all
    assert sum(b.look_of is not None for b in after.bodies) > 150


# --- wear and dust ------------------------------------------------------------------------------------------


def test_wear_and_dust_do_not_undo_each_other(crowd):
    worn, _ = varied(crowd, Wear(share=1.0, amount=Uniform(0.2, 0.6), bare=Constant("neutral")))
    both, _ = varied(worn, Dust(share=1.0))
    for before, after in zip(worn.bodies, both.bodies, strict=True):
        if after.category:
            assert after.weathering.wear == before.weathering.wear >= 0.2
            assert after.weathering.bare == before.weathering.bare
            assert 0.05 <= after.weathering.dust <= 0.7
        elif "support" in after.tags:
            assert before.weathering is None and after.weathering.dust > 0
        else:
            assert after.weathering is None


def test_dust_faces_up_in_the_world_and_has_one_colour(crowd):
    after, _ = varied(crowd, Dust(share=1.0, moved=0.3))
    dusty = [b for b in after.bodies if b.weathering]
    ups = [np.array(b.world_from_body.matrix)[:3, :3] @ b.weathering.up for b in dusty]
    assert all(np.linalg.norm(up) == pytest.approx(1) for up in ups)
    upright = [up[2] > 1 - 1e-6 for up in ups]
    assert sum(upright) / len(upright) == pytest.approx(0.7, abs=0.08)
    others = np.array([b.weathering.up for b, still in zip(dusty, upright, strict=True) if not still])
    assert np.abs(others.mean(axis=0)).max() < 0.2  # any way
    assert len({b.weathering.dust_color for b in dusty}) == 1
    color = dusty[0].weathering.dust_color
    assert 0.1 < color[2] <= color[1] <= color[0] < 0.55


def test_dust_waits_until_things_have_come_to_rest():
    assert Dust.stage == "settled"
    assert {kind.stage for kind in KINDS if kind is not Dust} == {"scene"}
