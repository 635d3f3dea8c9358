"""Products from pictures of their faces: each face is where it belongs, upright, and as large as it was said to be."""

import cv2
import numpy as np
import pytest

from diorama.sim.assets.faces import CARD_M, SIDES, sizes
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.source import AssetSource
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.render.raster import Raster
from diorama.sim.spec import BodySpec, CameraSpec, MeshShape, Pose, SceneSpec
from diorama.sim.transforms import look_at

#: Colours (RGB) of the faces; the upper left quarter of each is white, which tells up from down and left from right.
COLORS = {"front": (200, 0, 0), "back": (0, 200, 0), "left": (0, 0, 200), "right": (200, 200, 0), "top": (0, 200, 200), "bottom": (200, 0, 200)}
#: Where one stands to see a face, and what is up there.
VIEWS = {
    "front": ((0, -1, 0), (0, 0, 1)),
    "back": ((0, 1, 0), (0, 0, 1)),
    "left": ((-1, 0, 0), (0, 0, 1)),
    "right": ((1, 0, 0), (0, 0, 1)),
    "top": ((0, 0, 1), (0, 1, 0)),
    "bottom": ((0, 0, -1), (0, -1, 0)),
}
SIZE_MM = {"front": (80, 120), "back": (80, 120), "left": (40, 120), "right": (40, 120), "top": (80, 40), "bottom": (80, 40)}


def picture(color, size):
    w, h = size
    image = np.full((h, w, 3), color, np.uint8)
    image[: h // 2, : w // 2] = 255
    return image[..., ::-1]


@pytest.fixture
def folder(tmp_path):
    """A product with six faces, and one of which the front alone is known."""
    product = tmp_path / "shop" / "cereal"
    product.mkdir(parents=True)
    for side, size in SIZE_MM.items():
        cv2.imwrite(str(product / f"{side}.png"), picture(COLORS[side], size))
    cv2.imwrite(str(tmp_path / "shop" / "card.png"), picture((90, 60, 30), (60, 90)))
    (tmp_path / "shop" / "notes.txt").write_text("not a picture")
    return tmp_path / "shop"


def library(folder, **settings):
    return AssetLibrary((AssetSource(path=str(folder), layout="faces", **settings),))


def test_what_is_found(folder):
    found = library(folder, width_m=0.08)
    assert found.ids() == ("user:card", "user:cereal")
    assert found.categories() == (("card", "object"), ("cereal", "object"))
    assert set(found.fingerprint()) == {"card.png", *(f"cereal/{side}.png" for side in SIDES)}


def test_sizes_follow_from_one(folder):
    for settings in ({"width_m": 0.08}, {"height_m": 0.12}):
        low, high = library(folder, **settings).load("user:cereal").bounds_m
        assert np.subtract(high, low) == pytest.approx([0.08, 0.04, 0.12])
    low, high = library(folder, height_m=0.09).load("user:card").bounds_m
    assert np.subtract(high, low) == pytest.approx([0.06, CARD_M, 0.09])
    box = library(folder, width_m=0.08).load("user:cereal")
    assert box.volume_m3 == pytest.approx(0.08 * 0.04 * 0.12)
    assert len(box.hulls) == 1


def test_what_is_given_is_kept():
    images = {"front": np.zeros((10, 20, 3), np.uint8), "left": np.zeros((10, 5, 3), np.uint8)}
    assert sizes(images, 0.2, None, None, source="") == pytest.approx((0.2, 0.05, 0.1))
    assert sizes(images, 0.2, 0.3, 0.01, source="") == (0.2, 0.01, 0.3)
    assert sizes({"front": images["front"]}, None, 0.1, None, source="") == pytest.approx((0.2, CARD_M, 0.1))


def test_each_face_is_where_it_belongs_and_upright(folder):
    assets = library(folder, width_m=0.08)
    body = BodySpec(name="box", shape=MeshShape(asset="user:cereal"))
    with Raster(assets) as raster:
        raster.load(SceneSpec(bodies=(body,)))
        for side, (direction, up) in VIEWS.items():
            w, h = SIZE_MM[side]
            away = 50.0  # so far that perspective does not show
            eye = tuple(away * d for d in direction)
            pose = Pose.from_matrix(look_at(eye, (0, 0, 0), up))
            f = 1000 * (away - 0.05)
            camera = CameraSpec(width=w + 8, height=h + 8, fx=f, fy=f, cx=w / 2 + 4, cy=h / 2 + 4, world_from_camera=pose)
            frame = raster.render(camera, ("albedo", "instance"))
            v, u = np.nonzero(frame.instance)
            assert (np.ptp(u) + 1, np.ptp(v) + 1) == (pytest.approx(w, abs=1), pytest.approx(h, abs=1))
            quarters = [frame.albedo[4 + h // 4, 4 + w // 4], frame.albedo[4 + h // 4, 4 + 3 * w // 4], frame.albedo[4 + 3 * h // 4, 4 + w // 4]]
            assert quarters[0] == pytest.approx([1, 1, 1], abs=0.01)
            color = (np.array(COLORS[side]) == 200) * 0.5776  # 200 of 255 in sRGB
            assert quarters[1] == pytest.approx(color, abs=0.02)
            assert quarters[2] == pytest.approx(color, abs=0.02)


def test_sides_that_nobody_photographed_have_the_colour_of_the_rim(folder):
    card = library(folder, width_m=0.06).load("user:card")
    plain = [part.look for part in card.parts if not part.look.images]
    share = (30 + 45) / (2 * (60 + 90))
    rim = (1 - share) * np.array([90, 60, 30]) + share * 255
    srgb = rim / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    assert plain
    assert plain[0].material.base_color == pytest.approx(linear, abs=0.01)


def test_a_table_says_how_large_each_is(folder, tmp_path):
    table = tmp_path / "sizes.csv"
    table.write_text("name,category,width_m,height_m,depth_m\ncereal,food,0.2,,\ncard,paper,,0.03,0.001\n")
    assets = library(folder, table=str(table), width_m=0.08)
    assert assets.categories() == (("food", "object"), ("paper", "object"))
    extents = {name: np.subtract(*assets.load(f"user:{name}").bounds_m[::-1]) for name in ("cereal", "card")}
    assert extents["cereal"] == pytest.approx([0.2, 0.1, 0.3])
    assert extents["card"] == pytest.approx([0.08, 0.001, 0.03])
    table.write_text("name,category,width_m\ncereal,food,wide\n")
    with pytest.raises(AssetError, match="line 2: width_m, height_m, depth_m are numbers of metres, or empty"):
        library(folder, table=str(table), width_m=0.08)


def test_settings_survive_a_plan():
    for source in (AssetSource(path="a", layout="faces", width_m=0.1), AssetSource(path="a", layout="faces", height_m=0.1, depth_m=0.01)):
        assert from_json(AssetSource, to_json(source)) == source


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"width_m": 0.1}, 'width_m is a positive size for the layout "faces", got 0.1 for "auto"'),
        ({"layout": "faces", "depth_m": 0.0}, "depth_m is a positive size"),
        ({"layout": "faces", "width_m": float("nan")}, "width_m is a positive size"),
        ({"layout": "faces", "units": "mm"}, "neither units nor up"),
    ],
)
def test_refused_settings(settings, said):
    with pytest.raises(InvalidValue, match=said):
        AssetSource(path="a", **settings)


def test_refused_files(folder, tmp_path):
    with pytest.raises(AssetError, match="how large is this product"):
        library(folder).load("user:card")
    with pytest.raises(AssetError, match="holds no pictures of faces"):
        library(tmp_path / "shop" / "notes.txt", width_m=0.1)
    with pytest.raises(AssetError, match="there is no such file or folder"):
        library(tmp_path / "nowhere", width_m=0.1)
    (folder / "torn.png").write_bytes(b"\x89PNG torn")
    with pytest.raises(AssetError, match=r"torn\.png.* is not an image"):
        library(folder, width_m=0.1).load("user:torn")
