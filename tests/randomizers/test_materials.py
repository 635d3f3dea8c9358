"""Materials: who gets one, and that it is plausible."""

from dataclasses import replace

import pytest

from diorama.randomizers.colors import luminance
from diorama.randomizers.distributions import Choice, Constant
from diorama.randomizers.materials import FURNITURE, MAX_ALBEDO, OBJECTS, Look, Materials
from diorama.randomizers.objects import Objects
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed


@pytest.fixture(scope="module")
def crowd(room, context):
    objects = Objects(count=Constant(600))
    return objects.apply(room, objects.sample(Seed(0), room, context))


def varied(spec, context, seed=0, **settings):
    materials = Materials(**settings)
    return materials.apply(spec, materials.sample(Seed(seed).child(materials.name), spec, context))


def test_furniture_always_changes_and_print_mostly_stays(crowd, context):
    spec = varied(crowd, context)
    assert all(b.material is not None for b in spec.bodies if b.category is None)
    for printed, share in ((True, OBJECTS.printed_replaced), (False, OBJECTS.replaced)):
        group = [b for b in spec.bodies if b.category is not None and (b.category == "carton") == printed]
        assert sum(b.material is not None for b in group) / len(group) == pytest.approx(share, abs=0.08)


def test_surfaces_are_plausible(crowd, context):
    patterns = set()
    for body in varied(crowd, context, objects=replace(OBJECTS, replaced=1, printed_replaced=1)).bodies:
        material = body.material
        if material.metallic:
            assert material.texture is None
            assert min(material.base_color) > 0.3
            assert material.roughness >= 0.15
            continue
        colors = [material.base_color] if material.texture is None else [material.texture.color_a, material.texture.color_b]
        assert all(max(c) <= MAX_ALBEDO for c in colors)
        patterns.add(material.texture.pattern if material.texture else "plain")
    assert patterns == {"plain", "wood", "noise", "marble", "checks", "stripes"}


def test_finishes_come_in_their_shares_and_leave_the_rest_alone(crowd, context):
    """Relief follows the pattern; a finish more or less changes no other draw."""
    look = replace(OBJECTS, replaced=1, printed_replaced=1)
    plain = varied(crowd, context, objects=replace(look, coated=0, relief=0))
    spec = varied(crowd, context, objects=replace(look, coated=0.3, relief=0.4))
    dull = [(b, plain.body(b.name).material) for b in spec.bodies if b.category is not None and not b.material.metallic]
    assert sum(b.material.clear_coat == 1 for b, _ in dull) / len(dull) == pytest.approx(0.3, abs=0.06)
    assert sum(b.material.normal_texture is not None for b, _ in dull) / len(dull) == pytest.approx(0.4, abs=0.06)
    for body, before in dull:
        finish = {"clear_coat": 0.0, "clear_coat_roughness": 0.03, "normal_texture": None, "normal_scale": 1.0}
        assert replace(body.material, **finish) == before
        bumps, pattern = body.material.normal_texture, body.material.texture
        if bumps is not None and pattern is not None:
            assert replace(bumps, color_a=pattern.color_a, color_b=pattern.color_b) == pattern
        elif bumps is not None:
            assert bumps.pattern == "noise"
    assert all(b.material == plain.body(b.name).material for b in spec.bodies if b.category is not None and b.material.metallic)


def test_most_colours_are_not_vivid(crowd, context):
    look = replace(FURNITURE, pattern=Constant("plain"))
    colors = [b.material.base_color for b in varied(crowd, context, objects=look).bodies]
    assert sum(max(c) - min(c) > 0.5 * max(c) for c in colors) / len(colors) < 0.65
    assert 0.1 < sorted(map(luminance, colors))[len(colors) // 2] < 0.4


@pytest.mark.parametrize("settings", [{"replaced": 1.5}, {"metal": -0.1}, {"palette": Constant("neon")}, {"pattern": Choice(["plain", "tartan"])}])
def test_looks_that_make_no_sense_are_refused(settings):
    with pytest.raises(InvalidValue, match=f"^{next(iter(settings))} must "):
        Look(**settings)
