"""Materials: who gets one, and that it is plausible."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from diorama.randomizers.base import Select
from diorama.randomizers.colors import luminance
from diorama.randomizers.distributions import Choice, Constant
from diorama.randomizers.files import digest
from diorama.randomizers.looks import MAX_ALBEDO, PRESETS, Look
from diorama.randomizers.materials import FURNITURE, OBJECTS, Materials
from diorama.randomizers.objects import Objects
from diorama.randomizers.pictures import Pictures
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec
from diorama.testing import check_randomizer


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


ALL_NEW = replace(OBJECTS, replaced=1, printed_replaced=1)


@pytest.mark.parametrize(
    ("each", "alike"),
    [
        ("body", lambda b: b.name),
        ("asset", lambda b: b.shape.asset),
        ("category", lambda b: b.category),
        ("all", lambda b: None),
    ],
)
def test_what_has_a_draw_of_its_own(each, alike, crowd, context):
    objects = [b for b in varied(crowd, context, each=each, objects=ALL_NEW).bodies if b.category is not None]
    looks = {}
    for body in objects:
        looks.setdefault(alike(body), set()).add(body.material)
    assert all(len(materials) == 1 for materials in looks.values())
    assert len({m for materials in looks.values() for m in materials}) == len(looks)


def test_each_part_has_a_look_of_its_own(room, context):
    context = replace(context, library=AssetLibrary())
    spec = Objects(count=Constant(30)).apply(room, Objects(count=Constant(30)).sample(Seed(0), room, context))
    whole = spec.map_bodies({b.name: {"material": MaterialSpec(base_color=(0.1, 0.2, 0.3))} for b in spec.bodies})
    painted = varied(whole, context, each="part", objects=replace(OBJECTS, replaced=0.5))
    drawn = []
    for body in painted.bodies:
        parts = context.library.shape_asset(body.shape).parts
        assert body.material == MaterialSpec(base_color=(0.1, 0.2, 0.3))
        assert len(body.part_materials) in (0, len(parts))
        drawn += body.part_materials if body.category is not None else ()
    assert 0.3 < sum(m is not None for m in drawn) / len(drawn) < 0.7
    assert len(set(drawn)) > 0.9 * sum(m is not None for m in drawn)
    # A second instance changes only the parts that it draws.
    again = varied(painted, context, seed=1, each="part", objects=replace(OBJECTS, replaced=0.3, printed_replaced=0.3))
    for before, after in zip(painted.bodies, again.bodies, strict=True):
        if before.category is not None and before.part_materials:
            assert any(m is n for m, n in zip(before.part_materials, after.part_materials, strict=True)) or len(before.part_materials) < 4


def test_several_instances_each_have_their_bodies(crowd, context):
    """The second has the last word on what both select, and neither changes what it does not."""
    bricks, tables = (
        Materials(label="bricks", on=Select(categories=("brick",)), objects=Look(metal=1.0)),
        Materials(label="tables", on=Select(tags=("support",)), furniture=Look(presets=Constant("wood"))),
    )
    spec = crowd
    for one in (bricks, tables):
        spec = one.apply(spec, one.sample(Seed(0).child(one.label), spec, context))
    for before, after in zip(crowd.bodies, spec.bodies, strict=True):
        if before.category == "brick":
            assert after.material.metallic == 1
        elif "support" in before.tags:
            assert after.material.texture.pattern == "wood"
        else:
            assert after == before


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_what_they_are_called(preset, crowd, context):
    look = Look(presets=Constant(preset))
    materials = [b.material for b in varied(crowd, context, objects=look).bodies if b.category is not None]
    assert len(set(materials)) > 100
    color = [luminance(m.texture.color_b if m.texture else m.base_color) for m in materials]
    is_it = {
        "cardboard": lambda m: m.roughness >= 0.85 and m.base_color[0] >= m.base_color[2] and not m.clear_coat,
        "ceramic": lambda m: not m.metallic and m.roughness <= 0.5,
        "fabric": lambda m: m.texture.pattern == "weave" and m.normal_texture.pattern == "weave" and m.roughness > 0.8,
        "glass": lambda m: m.transmission == 1 and min(m.base_color) > 0.2,
        "paper": lambda m: m.roughness >= 0.8,
        "plastic": lambda m: not m.metallic and m.texture is None,
        "rubber": lambda m: m.roughness >= 0.7 and not m.metallic,
        "steel": lambda m: m.metallic == 1 and m.roughness <= 0.45,
        "wood": lambda m: m.texture.pattern == "wood" and m.texture.color_a[0] > m.texture.color_a[2],
    }[preset]
    assert all(is_it(m) for m in materials)
    assert {"paper": 0.55, "ceramic": 0.1}.get(preset, 0) < float(np.median(color)) < {"rubber": 0.05}.get(preset, 1.01)


def test_glass_and_light_come_in_their_shares(crowd, context):
    look = replace(ALL_NEW, glass=0.2, glowing=0.25, metal=0.5)
    materials = [b.material for b in varied(crowd, context, objects=look).bodies if b.category is not None]
    count = len(materials)
    assert sum(m.transmission == 1 for m in materials) / count == pytest.approx(0.2, abs=0.05)
    assert sum(max(m.emissive) > 0 for m in materials) / count == pytest.approx(0.8 * 0.25, abs=0.05)
    assert sum(m.metallic for m in materials) / count == pytest.approx(0.8 * 0.75 * 0.5, abs=0.05)
    assert all(max(m.emissive) <= 8 for m in materials)
    # They change nothing about the rest.
    rest = [b.material for b in varied(crowd, context, objects=replace(look, glass=0, glowing=0)).bodies if b.category is not None]
    assert all(a == b for a, b in zip(materials, rest, strict=True) if not a.transmission and not max(a.emissive))


def test_brushed_metal_has_streaks_and_grooves(crowd, context):
    look = replace(ALL_NEW, metal=1.0, brushed=0.5)
    materials = [b.material for b in varied(crowd, context, objects=look).bodies if b.category is not None]
    brushed = [m for m in materials if m.metallic_roughness_texture]
    assert len(brushed) / len(materials) == pytest.approx(0.5, abs=0.06)
    assert all(m.normal_texture.seed == m.metallic_roughness_texture.seed and m.texture is None for m in brushed)
    plain = [b.material for b in varied(crowd, context, objects=replace(look, brushed=0)).bodies if b.category is not None]
    stripped = [replace(m, metallic_roughness_texture=None, normal_texture=None, normal_scale=1.0) for m in materials]
    assert stripped == plain


def test_pictures_of_a_folder_are_recorded_with_their_digests(crowd, context, tmp_path):
    cv2.imwrite(str(tmp_path / "wall_color.png"), np.full((4, 4, 3), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "wall_rough.png"), np.full((4, 4, 3), 90, np.uint8))
    look = replace(ALL_NEW, pictures=Pictures(folder=Constant(str(tmp_path)), share=0.5))
    materials = Materials(objects=look)
    assert materials.files() == (f"{tmp_path}/wall_color.png", f"{tmp_path}/wall_rough.png")
    materials.check()
    params = materials.sample(Seed(0), crowd, context)
    assert params["files"] == {path: digest(path) for path in materials.files()}
    spec = materials.apply(crowd, json.loads(json.dumps(params)))
    objects = [b.material for b in spec.bodies if b.category is not None]
    pictured = [m for m in objects if m.texture is not None and m.texture.kind == "image"]
    assert len(pictured) / len(objects) == pytest.approx(0.5, abs=0.06)
    # Those that are not are as they would be without.
    plain = [b.material for b in varied(crowd, context, objects=ALL_NEW).bodies if b.category is not None]
    with_both = varied(crowd, context, objects=look)
    assert all(
        a == b
        for a, b in zip([b.material for b in with_both.bodies if b.category is not None], plain, strict=True)
        if not a.metallic_roughness_texture
    )
    check_randomizer(materials)


def test_the_contract_holds_whatever_has_a_draw_of_its_own():
    for each in ("body", "part", "asset", "category", "all"):
        check_randomizer(Materials(each=each, objects=Look(presets=Choice(sorted(PRESETS)))))
