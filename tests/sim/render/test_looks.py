"""Which material and textures a surface is drawn with."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import SLOTS, Look, MeshPart
from diorama.sim.assets.textures import bake
from diorama.sim.errors import InvalidValue
from diorama.sim.render.looks import look
from diorama.sim.spec import BodySpec, BoxShape, ImageTexture, MaterialSpec, ProceduralTexture

IMAGE = np.random.default_rng(0).integers(0, 255, (4, 4, 4), np.uint8)
BROUGHT = Look(material=MaterialSpec(roughness=0.2, alpha="mask"), images={"base_color": IMAGE, "normal": IMAGE[..., :3]})
PART = MeshPart(
    positions=np.eye(3, dtype=np.float32),
    normals=np.eye(3, dtype=np.float32),
    uv=np.zeros((3, 2), np.float32),
    faces=np.array([[0, 1, 2]], np.int32),
    look=BROUGHT,
)
NOISE = ProceduralTexture(pattern="noise", color_a=(0.25, 0.25, 0.25), color_b=(0.75, 0.75, 0.75), tile_m=0.5)


def body(**material):
    return BodySpec(name="thing", shape=BoxShape(size_m=(1, 1, 1)), material=MaterialSpec(**material) if material else None)


@pytest.fixture
def path(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), IMAGE[..., [2, 1, 0, 3]])
    return str(tmp_path / "a.png")


def test_without_a_material_the_part_keeps_what_it_brings():
    material, pictures = look(body(), PART, AssetLibrary())
    assert material is BROUGHT.material
    assert {slot: picture.source for slot, picture in pictures.items()} == BROUGHT.images
    assert all(picture.tile_m is None for picture in pictures.values())
    assert pictures["base_color"].pixels() is IMAGE


def test_a_bodys_material_replaces_everything():
    material, pictures = look(body(metallic=1.0), PART, AssetLibrary())
    assert material == MaterialSpec(metallic=1.0)
    assert pictures == {}


def test_images_are_read_by_the_library(path):
    library = AssetLibrary()
    texture = ImageTexture(path=path, tile_m=2.0)
    fields = {"texture" if slot == "base_color" else f"{slot}_texture": texture for slot in SLOTS}
    _, pictures = look(body(**fields), PART, library)
    assert set(pictures) == set(SLOTS)
    assert all(picture.source is library.image(path) and picture.tile_m == 2.0 and picture.slot == slot for slot, picture in pictures.items())
    assert np.array_equal(pictures["base_color"].pixels(), IMAGE)


@pytest.mark.parametrize(
    ("fields", "cutoff"),
    [({}, None), ({"alpha": "blend"}, 0.0), ({"alpha": "mask"}, 0.5), ({"alpha": "mask", "alpha_cutoff": 0.25, "opacity": 0.5}, 0.5)],
)
def test_alpha_counts_where_the_material_says_so(path, fields, cutoff):
    _, pictures = look(body(texture=ImageTexture(path=path), normal_texture=ImageTexture(path=path), **fields), PART, AssetLibrary())
    assert pictures["base_color"].alpha_cutoff == cutoff
    assert pictures["normal"].alpha_cutoff is None


def test_one_recipe_means_different_things_in_different_slots():
    _, pictures = look(body(texture=NOISE, normal_texture=NOISE, occlusion_texture=NOISE), PART, AssetLibrary())
    keys = {slot: picture.key for slot, picture in pictures.items()}
    assert len(set(keys.values())) == 3
    again = look(body(texture=replace(NOISE)), PART, AssetLibrary())[1]["base_color"]
    assert again.key == keys["base_color"]
    assert again.tile_m == 0.5
    color, numbers = pictures["base_color"].pixels(), pictures["occlusion"].pixels()
    assert np.array_equal(color, bake(NOISE))
    assert (numbers.min(), numbers.max()) == (64, 191)  # linear, where the colour is sRGB:
    assert (color.min(), color.max()) == (137, 225)


def test_textures_in_metres_and_by_the_mesh_do_not_mix(path):
    with pytest.raises(InvalidValue, match="the material of thing mixes textures"):
        look(body(texture=NOISE, normal_texture=ImageTexture(path=path)), PART, AssetLibrary())
