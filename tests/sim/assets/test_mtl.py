"""MTL statements as materials, each against what its exporters mean by it."""

import cv2
import numpy as np
import pytest

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.mtl import read_mtl
from diorama.sim.assets.references import references
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec


def look(folder, text):
    (folder / "m.mtl").write_text("newmtl m\n" + text)
    return read_mtl(folder / "m.mtl")["m"]


def save(path, image):
    assert cv2.imwrite(str(path), image[..., [2, 1, 0, 3][: image.shape[2]]] if image.ndim == 3 else image)
    return image


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


STATEMENTS = {
    "": MaterialSpec(),
    "Kd 1 0.5 0": MaterialSpec(base_color=linear_rgb(1, 0.5, 0)),
    "Ns 6": MaterialSpec(roughness=0.5),
    "Ns 30\nPr 0.75\nPm 0.25": MaterialSpec(roughness=0.75, metallic=0.25),
    "Ke 2 0 0.5": MaterialSpec(emissive=(2, 0, 0.5)),
    "d 0.25": MaterialSpec(opacity=0.25, alpha="blend"),
    "d -halo 0.25": MaterialSpec(opacity=0.25, alpha="blend"),
    "Tr 0.25": MaterialSpec(opacity=0.75, alpha="blend"),
    "d 1.0\nTr 1.0": MaterialSpec(),  # contradictory exporters: d is the older statement
    "Pc 0.5\nPcr 0.25": MaterialSpec(clear_coat=0.5, clear_coat_roughness=0.25),
    "Ni 1.25": MaterialSpec(ior=1.25),
    "Ni 1.0": MaterialSpec(),
    "Ka 1 1 1\nKs 1 1 1\nillum 2": MaterialSpec(),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements(tmp_path, text):
    found = look(tmp_path, text)
    assert found.material == STATEMENTS[text]
    assert not found.images


def test_every_map_finds_its_slot(tmp_path):
    color, glow = (save(tmp_path / name, noise(k, 8, 16, 3)) for k, name in enumerate(("color.png", "glow.png")))
    rough, metal = (save(tmp_path / name, noise(k, 8, 16)) for k, name in enumerate(("rough.png", "metal.png")))
    bumps = np.dstack([noise(5, 8, 16) // 8 + 112, noise(6, 8, 16) // 8 + 112, np.full((8, 16), 250, np.uint8)])
    save(tmp_path / "bumps.png", bumps)
    found = look(tmp_path, "Kd 0 0 0\nmap_Kd color.png\nmap_Ke glow.png\nmap_Pr rough.png\nmap_Pm metal.png\nmap_Bump -bm 0.5 bumps.png")
    assert found.material == MaterialSpec(base_color=(1, 1, 1), roughness=1.0, metallic=1.0, emissive=(1, 1, 1), normal_scale=0.5)
    assert np.array_equal(found.images["base_color"], color)
    assert np.array_equal(found.images["emissive"], glow)
    assert np.array_equal(found.images["metallic_roughness"][..., 1:], np.dstack([rough, metal]))
    assert np.array_equal(found.images["normal"], bumps)
    assert {p.name for p in references(tmp_path / "m.mtl")} == {"color.png", "glow.png", "rough.png", "metal.png", "bumps.png"}


def test_a_roughness_map_alone_leaves_what_is_no_metal(tmp_path):
    rough = save(tmp_path / "rough.png", noise(0, 8, 8))
    found = look(tmp_path, "map_Pr rough.png")
    assert found.material == MaterialSpec(roughness=1.0, metallic=0.0)
    assert np.array_equal(found.images["metallic_roughness"][..., 1], rough)


def test_a_map_d_cuts_out(tmp_path):
    color = save(tmp_path / "leaf.png", noise(0, 16, 16, 4))
    mask = save(tmp_path / "mask.png", noise(1, 16, 16))
    both = look(tmp_path, "map_Kd leaf.png\nmap_d leaf.png")
    assert both.material.alpha == "mask"
    assert np.array_equal(both.images["base_color"], color)
    apart = look(tmp_path, "map_Kd leaf.png\nmap_d mask.png")
    assert np.array_equal(apart.images["base_color"], np.dstack([color[..., :3], mask]))
    alone = look(tmp_path, "Kd 1 0 0\nmap_d mask.png")
    assert alone.material.base_color == (1, 0, 0)
    assert np.array_equal(alone.images["base_color"], np.dstack([np.full((16, 16, 3), 255, np.uint8), mask]))
    opaque = look(tmp_path, "map_Kd leaf.png")
    assert opaque.material.alpha == "opaque"
    assert np.array_equal(opaque.images["base_color"], color[..., :3])


def test_a_grey_bump_map_is_a_height_map(tmp_path):
    """A ramp over half the width, as high as a fiftieth of it: its slope is a twenty-fifth."""
    heights = np.zeros((16, 256), np.uint8)
    heights[:, :128] = 2 * np.arange(128)
    heights[:, 128:] = 255 - 2 * np.arange(128)
    save(tmp_path / "bump.png", heights)
    normal = look(tmp_path, "bump bump.png").images["normal"] / 127.5 - 1
    slope = -normal[..., 0] / normal[..., 2]
    assert slope[:, 8:120] == pytest.approx(np.full((16, 112), 1 / 25), abs=0.006)
    assert slope[:, 136:248] == pytest.approx(np.full((16, 112), -1 / 25), abs=0.006)
    assert np.abs(normal[..., 1]).max() < 0.006


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Kd red", '"Kd red" cannot be read'),
        ("Ke 1 1", '"Ke 1 1" cannot be read'),
        ("d nan", '"d nan" cannot be read'),
        ("map_Bump -bm high color.png", '"map_Bump -bm high color.png" cannot be read'),
        ("map_d gone.png", r"its texture .*gone\.png cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, text, message):
    save(tmp_path / "color.png", noise(0, 4, 4, 3))
    with pytest.raises(AssetError, match=message) as caught:
        look(tmp_path, text)
    assert "m.mtl" in str(caught.value)


def test_a_picture_that_changed_is_read_anew(tmp_path):
    (tmp_path / "a.mtl").write_text("newmtl one\nmap_Kd p.png\nnewmtl two\nmap_Kd p.png\n")
    for grey in (10, 200):
        assert cv2.imwrite(str(tmp_path / "p.png"), np.full((2, 2, 3), grey, np.uint8))
        looks = read_mtl(tmp_path / "a.mtl")
        assert all((look.images["base_color"] == grey).all() for look in looks.values())
