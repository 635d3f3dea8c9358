"""What every randomizer must do: replay from its record, draw by name alone, survive JSON."""

import inspect
import json
from dataclasses import fields, replace

import pytest
from built_in import built_in, taken_for
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.base import Select
from diorama.randomizers.distributions import Constant, Distribution, Normal, UniformInt
from diorama.randomizers.objects import Objects
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import DioramaError, RejectedScene
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

NAMES = RANDOMIZERS.names()
SEEDS = st.integers(0, 2**64)
#: What a randomizer needs to have something to do in the scene of these tests.
NEEDED = {
    "relative": {"on": Select(categories=("brick",)), "of": Select(categories=("carton", "plank"))},
    "shelve": {"on": Select(categories=("brick",))},
}


def of_name(name):
    return built_in(name, **NEEDED.get(name, {}))


def sampled(randomizer, seed, spec, context):
    """Its draws, or None where it rejects the scene."""
    try:
        return randomizer.sample(Seed(seed), spec, context)
    except RejectedScene:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_declares_itself(name):
    kind = RANDOMIZERS[name]
    assert kind.name == name
    assert kind.stage in ("scene", "settled", "view")
    assert inspect.getdoc(kind).partition("\n")[0].endswith(".")
    assert of_name(name) == of_name(name) and hash(of_name(name)) == hash(of_name(name))
    with pytest.raises(TypeError):
        kind(1)  # settings are named


@pytest.mark.parametrize("name", NAMES)
def test_settings_survive_json(name):
    randomizer = of_name(name)
    assert from_json(type(randomizer), json.loads(json.dumps(to_json(randomizer)))) == randomizer


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_replays_from_its_record(name, seed, staged, context):
    randomizer = of_name(name)
    spec = taken_for(name, staged(seed % 5) if name != "objects" else staged(seed % 5, objects=Objects(count=Constant(0))))
    params = sampled(randomizer, seed, spec, context)
    assume(params is not None)
    varied = randomizer.apply(spec, params)
    written = json.loads(json.dumps(params, allow_nan=False))
    assert randomizer.sample(Seed(seed), spec, context) == params
    assert randomizer.apply(spec, written) == varied
    assert hash(varied) == hash(randomizer.apply(spec, written))
    assert from_json(SceneSpec, json.loads(json.dumps(to_json(varied)))) == varied


# In scenes of one moment no accident happens: tests of accidents watch them.
@pytest.mark.parametrize("name", [n for n in NAMES if n != "accidents"])
def test_seeds_differ(name, staged, context):
    randomizer = of_name(name)
    spec = taken_for(name, staged(0, objects=Objects(count=Constant(0))) if name == "objects" else staged(0))
    drawn = [json.dumps(params) for s in range(40) if (params := sampled(randomizer, s, spec, context)) is not None]
    assert len(set(drawn)) == len(drawn) >= 20


@pytest.mark.parametrize("name", [n for n in NAMES if RANDOMIZERS[n].stage == "view"])
def test_view_randomizers_change_their_camera_only(name, staged, context):
    randomizer, spec = of_name(name), taken_for(name, staged(1))
    varied = randomizer.apply(spec, randomizer.sample(Seed(3), spec, context))
    assert replace(varied, cameras=()) == replace(spec, cameras=())
    before, after = spec.cameras[0], varied.cameras[0]
    assert (after.name, after.width, after.height) == (before.name, before.width, before.height)
    assert after != before


def test_one_more_object_changes_nothing_about_the_others(room, context):
    seed = Seed(7)
    few, many = (Objects(count=Constant(n)).sample(seed, room, context)["objects"] for n in (8, 9))
    assert many[:8] == few
    spec = {n: Objects(count=Constant(n)).apply(room, {"objects": many[:n]}) for n in (8, 9)}
    for name, key in (("drop", "poses"), ("materials", "materials")):
        randomizer = of_name(name)
        fewer, more = (randomizer.sample(seed.child(name), spec[n], context)[key] for n in (8, 9))
        assert {k: v for k, v in more.items() if k != "object-08"} == fewer
    assert "object-08" in RANDOMIZERS["drop"]().sample(seed, spec[9], context)["poses"]


def test_one_more_light_leaves_the_others_where_they_are(room, context):
    kind = RANDOMIZERS["lights"]
    two, three = (kind(shadowed=Constant(n), fill=Constant(0), key=Constant("sun")).sample(Seed(5), room, context) for n in (2, 3))
    assert [light["direction"] for light in three["lights"][:2]] == [light["direction"] for light in two["lights"]]
    assert three["kelvin"][:2] == two["kelvin"]


def _distribution_fields():
    for name in NAMES:
        for f in fields(RANDOMIZERS[name]):
            if isinstance(f.default, Distribution):
                yield pytest.param(name, f.name, id=f"{name}.{f.name}")


@pytest.mark.parametrize(("name", "field"), list(_distribution_fields()))
def test_settings_that_make_no_sense_are_refused_before_anything_runs(name, field):
    default = getattr(of_name(name), field)
    if default.support is None and default.outcomes is None:
        return  # any rotation will do
    with pytest.raises(DioramaError, match=f"^{field} must "):
        built_in(name, **{field: Constant("nonsense")})


@pytest.mark.parametrize(
    ("name", "field"), [("objects", "scale"), ("objects", "friction"), ("lights", "irradiance"), ("camera-shell", "fill"), ("sensor", "read_noise")]
)
def test_settings_that_can_leave_their_range_are_refused(name, field):
    with pytest.raises(DioramaError, match=f"^{field} must draw numbers "):
        built_in(name, **{field: Normal(0.5, 1)})


def test_a_count_is_whole():
    with pytest.raises(DioramaError, match=r"^count must draw whole numbers in 0\.\.10000, got 2\.5$"):
        Objects(count=Constant(2.5))
    assert Objects(count=UniformInt(0, 3)).count.is_whole
