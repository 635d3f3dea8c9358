"""What bodies look like in the end: materials of parts, looks of others, adjustments, wear and dust."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.color import encode_srgb, linear_from_srgb
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.recolor import recolored, recolored_image
from diorama.sim.render.dressed import dressed
from diorama.sim.spec import (
    Adjustment,
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    ImageTexture,
    MaterialSpec,
    MeshShape,
    PackedTexture,
    Pose,
    ProceduralTexture,
    SceneSpec,
    SphereShape,
    SunLight,
    Weathering,
)
from diorama.sim.transforms import look_at

RED, BLUE = MaterialSpec(base_color=(0.8, 0.1, 0.1)), MaterialSpec(base_color=(0.1, 0.1, 0.8))
#: Enough to have everything drawn anew, and too little to be seen.
A_TRACE = Weathering(dust=1e-9)
WOOD = ProceduralTexture(pattern="wood", color_a=(0.5, 0.3, 0.1), color_b=(0.2, 0.1, 0.05), tile_m=0.1)


def body(asset="household:mug/0", **fields):
    return BodySpec(name="thing", shape=MeshShape(asset=asset), **fields)


def box(**fields):
    return BodySpec(name="thing", shape=BoxShape(size_m=(0.2, 0.3, 0.1)), **fields)


def materials(one, library):
    return [part.material for part in dressed(one, library)]


# --- whose look ---------------------------------------------------------------------------------------------


def test_parts_take_their_turn_before_the_body_and_the_asset(library):
    brought = materials(body(), library)
    assert len(brought) == 3
    assert materials(body(part_materials=(RED, None, BLUE)), library) == [RED, brought[1], BLUE]
    assert materials(body(part_materials=(RED, None, BLUE), material=MaterialSpec()), library) == [RED, MaterialSpec(), BLUE]
    assert materials(body(part_materials=(RED, BLUE)), library) == [RED, BLUE, RED]
    assert materials(body(material=RED), library) == [RED] * 3


def test_the_look_of_another(library):
    """Part by part in turn; pictures are unrolled at the scale that they have on their own."""
    carton = library.load("household:carton/0").parts
    parts = dressed(body(look_of="household:carton/0"), library)
    assert [p.material for p in parts] == [carton[0].look.material, carton[1].look.material, carton[0].look.material]
    picture = parts[0].pictures["base_color"]
    assert picture.source is carton[0].look.images["base_color"]
    low, high = carton[0].uv.min(axis=0), carton[0].uv.max(axis=0)
    longest_m = max(np.ptp(carton[0].positions, axis=0))
    assert longest_m < picture.tile_m < 3 * longest_m  # six sides side by side
    assert (high - low).max() <= 1
    assert not dressed(body("household:carton/0", look_of="household:mug/0"), library)[0].pictures


def test_roughness_and_metal_from_pictures_of_their_own(library, tmp_path):
    rough, metal = (np.random.default_rng(s).integers(0, 256, (8, 8), np.uint8) for s in (0, 1))
    cv2.imwrite(str(tmp_path / "r.png"), rough)
    cv2.imwrite(str(tmp_path / "m.png"), cv2.resize(metal, (4, 4)))
    texture = PackedTexture(roughness=str(tmp_path / "r.png"), tile_m=0.5)
    picture = dressed(box(material=MaterialSpec(metallic_roughness_texture=texture)), library)[0].pictures["metallic_roughness"]
    assert np.array_equal(picture.pixels()[..., 1], rough)
    assert (picture.pixels()[..., 2] == 255).all()
    assert picture.tile_m == 0.5
    both = library.packed_image(str(tmp_path / "r.png"), str(tmp_path / "m.png"))
    assert both.shape == (8, 8, 3) and np.array_equal(both[..., 1], rough)
    assert both is library.packed_image(str(tmp_path / "r.png"), str(tmp_path / "m.png"))


# --- adjustments --------------------------------------------------------------------------------------------

CHANGE = Adjustment(hue_turn=0.2, saturation=0.8, value=1.1, roughness=0.5, metallic=0.5, normal_scale=2.0)


def test_colours_and_finish_are_adjusted(library):
    before = MaterialSpec(base_color=(0.5, 0.2, 0.1), roughness=0.6, metallic=1.0)
    (after,) = materials(box(material=before, adjustment=CHANGE), library)
    assert after == replace(before, base_color=recolored(before.base_color, CHANGE), roughness=0.3, metallic=0.5, normal_scale=2.0)
    (rough,) = materials(box(material=before, adjustment=Adjustment(roughness=9)), library)
    assert rough == replace(before, roughness=1.0)


def test_recipes_and_pictures_are_adjusted(library):
    (part,) = dressed(box(material=MaterialSpec(base_color=(1, 1, 1), texture=WOOD), adjustment=CHANGE), library)
    recipe = part.pictures["base_color"].source
    assert recipe == replace(WOOD, color_a=recolored(WOOD.color_a, CHANGE), color_b=recolored(WOOD.color_b, CHANGE))
    printed = body("household:carton/0")
    brought = library.load("household:carton/0").parts[0].look.images["base_color"]
    one, two = (dressed(replace(printed, adjustment=CHANGE), library)[0].pictures["base_color"].source for _ in range(2))
    assert one is two
    assert np.array_equal(one, recolored_image(brought, CHANGE))
    untouched = dressed(replace(printed, adjustment=Adjustment(roughness=0.5)), library)[0]
    assert untouched.pictures["base_color"].source is brought


def test_a_tinted_picture_is_adjusted_as_it_is_seen(library, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])
    tint = (0.5, 0.9, 0.3)
    material = MaterialSpec(base_color=tint, texture=ImageTexture(path=str(tmp_path / "a.png"), tile_m=1.0))
    (part,) = dressed(box(material=material, adjustment=Adjustment(hue_turn=1 / 3)), library)
    linear = np.array([linear_from_srgb(c / 255) for c in range(256)])[image] * tint
    assert part.material.base_color == (1, 1, 1)
    assert np.abs(part.pictures["base_color"].pixels() - np.roll(encode_srgb(linear), 1, axis=2).astype(int)).max() <= 1


# --- wear and dust ------------------------------------------------------------------------------------------

CAMERA = CameraSpec(
    name="view", width=200, height=150, fx=240, fy=240, cx=100, cy=75, world_from_camera=Pose.from_matrix(look_at((0.25, -0.5, 0.4), (0, 0, 0.06)))
)
#: From straight above; the middle of the picture is within the box's top.
DOWN = CameraSpec(width=160, height=120, fx=300, fy=300, cx=80, cy=60, world_from_camera=Pose.from_matrix(look_at((0, 0, 0.6), (0, 0, 0))))


def scene(*bodies):
    sky = EnvironmentSpec(sky=(0.8, 0.8, 0.8), ground=(0.4, 0.4, 0.4))
    return SceneSpec(bodies=bodies, lights=(SunLight(direction=(-0.5, 0.4, -1.0), irradiance=(2.0, 2.0, 2.0)),), environment=sky)


def shot(raster, *bodies, channels=("rgb",), camera=CAMERA):
    raster.load(scene(*bodies))
    return raster.render(camera, channels)


def test_nothing_is_done_where_nothing_is_asked_for(library):
    for weathering in (None, Weathering(), Weathering(seed=3)):
        (part,) = dressed(box(weathering=weathering), library)
        assert part.part is library.shape_asset(box().shape).parts[0]
        assert not part.pictures


THINGS = ["mug/0", "carton/0", "bottle/0", "basket/0", "wrench/0", "book/0", "apple/0", "toy-car/0"]


@pytest.mark.parametrize("name", THINGS)
def test_drawing_a_look_anew_changes_nothing_to_be_seen(name, raster):
    """Colours, finish and relief stay, on surfaces with texture coordinates of their own and without."""
    clean, traced = (shot(raster, body(f"household:{name}", weathering=w)).rgb.astype(int) for w in (None, A_TRACE))
    assert (clean != traced).any()
    assert np.abs(clean - traced).mean() < 0.6
    assert np.quantile(np.abs(clean - traced).max(axis=2), 0.98) <= 12


@pytest.mark.parametrize("pattern", ["wood", "checks", "weave"])
def test_patterns_in_metres_and_their_relief_stay_too(pattern, raster):
    recipe = replace(WOOD, pattern=pattern, frequency=2)
    bumps = replace(recipe, color_a=(0.0, 0.0, 0.0), color_b=(1.0, 1.0, 1.0))
    for with_it, without in (
        (MaterialSpec(base_color=(1, 1, 1), texture=recipe), MaterialSpec(base_color=(0.3, 0.2, 0.08))),
        (MaterialSpec(normal_texture=bumps, normal_scale=2.0, roughness=0.8), MaterialSpec(roughness=0.8)),
    ):
        clean, traced, plain = (
            shot(raster, box(material=m, weathering=w)).rgb.astype(int) for m, w in ((with_it, None), (with_it, A_TRACE), (without, None))
        )
        seen = np.abs(clean - plain).max(axis=2) > 0
        assert seen.mean() > 0.1
        assert np.corrcoef((clean - plain)[seen].ravel(), (traced - plain)[seen].ravel())[0, 1] > 0.8  # its sharpest lines are a texel wide


def test_a_mirrored_relief_is_turned_with_its_layout(raster, tmp_path, library):
    """A normal map that follows mirrored, turned and repeated texture coordinates: its slopes are seen as before."""
    ramp = np.full((4, 4, 3), (190, 150, 226), np.uint8)  # slopes to the left, and a little down
    cv2.imwrite(str(tmp_path / "n.png"), ramp[..., ::-1])
    material = MaterialSpec(normal_texture=ImageTexture(path=str(tmp_path / "n.png")), roughness=0.9, base_color=(0.6, 0.6, 0.6))
    part = library.shape_asset(box().shape).parts[0]
    turns = (np.array([[2, 0], [0, 2]]), np.array([[0, -2], [2, 0]]), np.array([[-2, 0], [0, 2]]), np.array([[1.5, 1.5], [1.5, -1.5]]))
    for number, turn in enumerate(turns):
        uv = (part.positions[:, :2] * 10 @ turn).astype(np.float32)
        asset = replace(library.shape_asset(box().shape), parts=(replace(part, uv=uv, uv_in_metres=False),))
        library.soups[f"test:turned-{number}"] = asset
        clean, traced, flat = (
            shot(raster, body(f"test:turned-{number}", material=m, weathering=w), camera=DOWN).rgb[40:80, 60:100]
            for m, w in ((material, None), (material, A_TRACE), (replace(material, normal_texture=None), None))
        )
        assert np.array_equal(clean, traced)
        assert np.ptp(clean) == 0 and clean[0, 0, 0] != flat[0, 0, 0]


@pytest.mark.parametrize("name", [*THINGS, "potted-plant/0", "drinking-glass/0"])
def test_labels_do_not_know_of_wear_and_dust(name, raster):
    channels = ("depth", "instance", "normal", "amodal")
    one, two = (shot(raster, body(f"household:{name}", weathering=w), channels=channels) for w in (None, Weathering(wear=0.8, dust=0.5)))
    assert np.array_equal(one.depth_m, two.depth_m)
    assert np.array_equal(one.instance, two.instance)
    assert np.array_equal(one.normal, two.normal)
    assert {k: v.bits.tobytes() for k, v in one.silhouettes.items()} == {k: v.bits.tobytes() for k, v in two.silhouettes.items()}


def test_dust_is_dull_and_of_its_colour_and_hides_what_is_below(library):
    deep = Weathering(dust=1.0, dust_color=(0.4, 0.3, 0.2))
    metal = MaterialSpec(base_color=(0.9, 0.6, 0.5), metallic=1.0, roughness=0.1, clear_coat=1.0)
    (part,) = dressed(box(material=metal, weathering=deep), library)
    color, data = part.pictures["base_color"].pixels(), part.pictures["metallic_roughness"].pixels()
    top = part.part.normals[part.part.faces][:, 0, 2] > 0.5
    middle = part.part.uv[part.part.faces][top].mean(axis=(0, 1))
    x, y = int(middle[0] * color.shape[1]), int((1 - middle[1]) * color.shape[0])
    patch = np.s_[y - 20 : y + 20, x - 20 : x + 20]
    linear = np.array([linear_from_srgb(c / 255) for c in range(256)])[color[patch]].mean(axis=(0, 1))
    assert linear == pytest.approx((0.4, 0.3, 0.2), abs=0.05)
    assert data[patch][..., 1].mean() > 230 and data[patch][..., 2].mean() < 25
    assert 0 < part.material.clear_coat < 1


def test_chips_show_what_lies_below(library):
    worn = Weathering(wear=0.8, bare=(0.0, 0.0, 0.9))
    paint = MaterialSpec(base_color=(0.9, 0.0, 0.0))
    (part,) = dressed(box(material=paint, weathering=worn), library)
    color = part.pictures["base_color"].pixels()
    blue, red = color[..., 2].astype(int) > color[..., 0], color[..., 0] > 200
    assert 0.01 < blue.mean() < 0.3 < red.mean()
    metal = MaterialSpec(base_color=(0.9, 0.6, 0.5), metallic=1.0, roughness=0.5)
    (part,) = dressed(box(material=metal, weathering=worn), library)
    color, data = part.pictures["base_color"].pixels(), part.pictures["metallic_roughness"].pixels()
    assert np.ptp(color.reshape(-1, 3), axis=0).max() == 0  # metal is the same all through
    assert data[..., 1].min() < 100 < 150 < data[..., 1].max()
    assert data[..., 2].min() == 255


def test_glass_and_cut_outs_stay_as_they_are(library):
    glass = dressed(body("household:drinking-glass/0", weathering=Weathering(dust=0.8, wear=0.8)), library)
    assert all(not p.pictures and p.material.transmission == 1 for p in glass)
    leaves = library.load("household:potted-plant/0").parts[2]
    fields = {"weathering": Weathering(dust=0.8), "look_of": "household:potted-plant/0"}
    parts = dressed(replace(body("household:basket/0"), **fields), library)
    assert leaves.look.images["base_color"].shape[2] == 4
    assert all(p.pictures == {} or p.pictures["base_color"].source.shape[2] == 3 for p in parts)


def test_the_same_body_has_the_same_objects_and_another_library_the_same_bytes(library):
    thing = body("household:carton/0", weathering=Weathering(wear=0.5, dust=0.5, seed=9), adjustment=CHANGE)
    one, two, other = (
        dressed(thing, library),
        dressed(replace(thing, name="else", world_from_body=Pose((1, 2, 3))), library),
        dressed(thing, AssetLibrary()),
    )
    for a, b, c in zip(one, two, other, strict=True):
        assert a is b
        assert set(a.pictures) == set(c.pictures)
        assert all(np.array_equal(a.pictures[slot].pixels(), c.pictures[slot].pixels()) for slot in a.pictures)
        assert np.array_equal(a.part.uv, c.part.uv)


@settings(max_examples=12, deadline=None)
@given(
    wear=st.floats(0, 1),
    dust=st.floats(0, 1),
    seed=st.integers(0, 2**32),
    up=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: max(map(abs, v)) > 1e-3),
)
def test_any_weathering_can_be_drawn(wear, dust, seed, up):
    thing = BodySpec(name="ball", shape=SphereShape(radius_m=0.05, segments=12), weathering=Weathering(wear=wear, dust=dust, seed=seed, up=up))
    (part,) = dressed(thing, AssetLibrary())
    assert all(p.pixels().dtype == np.uint8 for p in part.pictures.values())
    assert 0 <= part.material.clear_coat <= 1
