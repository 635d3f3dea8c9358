"""Folders of pictures: which belong together, what material they are, and what is wrong with them."""

import cv2
import numpy as np
import pytest

from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.randomizers.looks import Look
from diorama.randomizers.materials import Materials
from diorama.randomizers.pictures import Pictures, PictureSet, picture_sets
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import ImageTexture, MaterialSpec, PackedTexture


def write(folder, *names):
    for k, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.full((4, 4, 3), 10 * k + 5, np.uint8))
    return str(folder)


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (
            ("oak_color.png", "oak_normal.png", "oak_roughness.jpg", "oak_metallic.png", "oak_ao.png"),
            {"color": 0, "normal": 1, "roughness": 2, "metallic": 3, "occlusion": 4},
        ),
        (("Oak-Albedo.png", "oak-orm.png"), {"color": 0, "packed": 1}),
        (  # ambientCG
            ("Bricks097_1K-JPG_Color.jpg", "Bricks097_1K-JPG_NormalGL.jpg", "Bricks097_1K-JPG_NormalDX.jpg", "Bricks097_1K-JPG_Displacement.jpg"),
            {"color": 0, "normal": 1},
        ),
        (  # Poly Haven
            ("rock_wall_diff_2k.jpg", "rock_wall_nor_gl_2k.png", "rock_wall_nor_dx_2k.png", "rock_wall_arm_2k.jpg", "rock_wall_disp_2k.png"),
            {"color": 0, "normal": 1, "packed": 3},
        ),
        (("metal.png",), {"color": 0}),
        (("my photo of a wall.jpg",), {"color": 0}),
        (("red_metal_diffuse.png", "red_metal_metal.png"), {"color": 0, "metallic": 1}),
    ],
)
def test_pictures_of_one_material_are_found_by_their_names(tmp_path, names, kinds):
    folder = write(tmp_path, *names)
    assert picture_sets(folder) == (PictureSet(**{kind: f"{folder}/{names[k]}" for kind, k in kinds.items()}),)


def test_sets_are_sorted_and_folders_keep_them_apart(tmp_path):
    folder = write(tmp_path, "b.png", "sub/a_color.png", "sub/a_normal.png", "a_color.png", ".hidden/c.png", "notes.txt.png")
    assert [one.color.removeprefix(folder) for one in picture_sets(folder)] == ["/a_color.png", "/b.png", "/notes.txt.png", "/sub/a_color.png"]


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ((), "holds no files to draw from"),
        (("a_displacement.png",), "holds no pictures of base colours"),
        (("oak_normal.png", "oak_rough.png"), "belongs to a material without a base colour. Name that one oak_color"),
        (("oak_color.png", "oak_diffuse.png"), "is the color of the same material as .*oak_color.png. Take one of the two away"),
    ],
)
def test_folders_that_cannot_be_drawn_from(tmp_path, names, fault):
    folder = write(tmp_path, *names)
    for act in (lambda: picture_sets(folder), Pictures(folder=Constant(folder)).check):
        with pytest.raises(AssetError, match=fault):
            act()


def test_a_missing_folder_and_files_that_are_no_pictures_are_named_before_a_run(tmp_path):
    with pytest.raises(AssetError, match="nowhere: there is no such file or folder"):
        Materials(furniture=Look(pictures=Pictures(folder=Constant("nowhere")))).check()
    folder = write(tmp_path, "good.png", "x.png", "y.png")
    for name in ("x.png", "y.png"):
        (tmp_path / name).write_text("no picture")
    with pytest.raises(AssetError, match=r"x\.png: is not an image that OpenCV can read\n.*y\.png: is not an image"):
        Materials(objects=Look(pictures=Pictures(folder=Constant(folder)))).check()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"folder": Constant(3)}, "folder must draw paths of folders"),
        ({"folder": Uniform(0, 1)}, "folder must draw paths of folders"),
        ({"folder": Constant("")}, "folder must draw paths of folders"),
        ({"folder": "textures"}, "folder must draw paths of folders"),
        ({"folder": Constant("x"), "share": 2.0}, "share must be in 0..1"),
        ({"folder": Constant("x"), "tile_m": Uniform(-1, 1)}, "tile_m must draw numbers"),
    ],
)
def test_settings_that_make_no_sense(settings, fault):
    with pytest.raises(InvalidValue, match=fault):
        Pictures(**settings)


def test_a_set_as_a_material():
    plain = PictureSet(color="c.png").material(0.4, 0.5)
    assert plain == MaterialSpec(base_color=(1, 1, 1), roughness=0.4, texture=ImageTexture(path="c.png", tile_m=0.5))
    packed = PictureSet(color="c.png", packed="p.png", normal="n.png").material(0.4, None)
    assert (packed.metallic, packed.roughness) == (1, 1)
    assert packed.metallic_roughness_texture == packed.occlusion_texture == ImageTexture(path="p.png")
    assert packed.normal_texture == ImageTexture(path="n.png")
    rough = PictureSet(color="c.png", roughness="r.png").material(0.4, 1.0)
    assert (rough.metallic, rough.roughness) == (0, 1)
    assert rough.metallic_roughness_texture == PackedTexture(roughness="r.png", tile_m=1.0)
    metal = PictureSet(color="c.png", metallic="m.png").material(0.4, 1.0)
    assert (metal.metallic, metal.roughness) == (1, 0.4)


def test_folders_are_weighted_and_their_materials_are_not(tmp_path):
    wood, stone = write(tmp_path / "wood", "a.png", "b.png", "c.png", "d.png"), write(tmp_path / "stone", "e.png")
    pictures = Pictures(folder=Choice({wood: 3.0, stone: 1.0}))
    rng = Seed(0).rng()
    drawn = [pictures.material(rng, 0.5, has_uv=False).texture.path for _ in range(2000)]
    shares = {path: drawn.count(path) / 2000 for path in set(drawn)}
    assert shares == {path: pytest.approx(0.25 if path.startswith(stone) else 0.1875, abs=0.035) for path in pictures.files()}
    assert len(shares) == 5


def test_pictures_lie_in_metres_or_by_the_mesh(tmp_path):
    folder = Constant(write(tmp_path, "a.png"))
    metres, by_uv = Pictures(folder=folder), Pictures(folder=folder, by_uv=True)
    assert 0.1 <= metres.material(Seed(0).rng(), 0.5, has_uv=True).texture.tile_m <= 0.6
    assert by_uv.material(Seed(0).rng(), 0.5, has_uv=True).texture.tile_m is None
    assert 0.1 <= by_uv.material(Seed(0).rng(), 0.5, has_uv=False).texture.tile_m <= 0.6
