"""The contact sheet, on data sets written by hand: which pictures it shows, and what it draws where."""

import json
import shutil

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from diorama.preview import TILE_WIDTH_PX, category_color, contact_sheet, write_contact_sheet
from diorama.sim.errors import InvalidValue, OutputError

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WIDTH, HEIGHT, GAP, CAPTION = TILE_WIDTH_PX, 300, 6, 20
X, Y, W, H = 100, 120, 60, 40  # the labelled ring's box
HOLE = (slice(Y + 15, Y + 25), slice(X + 20, X + 40))


@pytest.fixture
def dataset(tmp_path):
    """n -> a data set of n grey pictures, number i of grey level 20 + i, each with one rectangular ring."""

    def make(n: int, width: int = WIDTH, height: int = HEIGHT):
        root = tmp_path / "set"
        shutil.rmtree(root, ignore_errors=True)
        (root / "images").mkdir(parents=True)
        (root / "annotations").mkdir()
        mask = np.zeros((height, width), np.uint8)
        mask[Y : Y + H, X : X + W] = 1
        mask[HOLE] = 0
        rle = coco_mask.encode(np.asfortranarray(mask))
        segmentation = {"size": [height, width], "counts": rle["counts"].decode()}
        images, annotations = [], []
        for i in range(n):
            cv2.imwrite(str(root / f"images/{i:06d}.png"), np.full((height, width, 3), 20 + i, np.uint8))
            images.append({"id": i + 1, "file_name": f"{i:06d}.png", "width": width, "height": height})
            annotations.append(
                {
                    "id": i + 1,
                    "image_id": i + 1,
                    "category_id": 3,
                    "bbox": [X, Y, W, H],
                    "area": int(mask.sum()),
                    "iscrowd": 0,
                    "segmentation": segmentation,
                }
            )
        document = {"images": images, "annotations": annotations, "categories": [{"id": 3, "name": "mug", "supercategory": "vessel"}]}
        (root / "annotations/instances.json").write_text(json.dumps(document))
        return root

    return make


def tiles(sheet: np.ndarray, columns: int, rows: int, height: int = HEIGHT) -> list[np.ndarray]:
    step_y, step_x = height + CAPTION + GAP, WIDTH + GAP
    assert sheet.shape == (GAP + rows * step_y, GAP + columns * step_x, 3)
    assert sheet.dtype == np.uint8
    return [sheet[GAP + r * step_y :, GAP + c * step_x :][:height, :WIDTH] for r in range(rows) for c in range(columns)]


def test_masks_are_tinted_boxes_drawn_and_holes_left_open(dataset):
    (tile,) = tiles(contact_sheet(dataset(1), count=1), 1, 1)
    color = np.array(category_color(3))
    tinted = (20 * 0.55 + color * 0.45).astype(np.uint8)
    inside = tile[Y + 4 : Y + 12, X + 4 : X + W - 4]
    assert (inside == tinted).all()
    assert (tile[HOLE][2:-2, 2:-2] == 20).all()
    assert (tile[Y + H + 2 :] == 20).all()
    border = [tile[Y, X : X + W], tile[Y + H - 1, X : X + W], tile[Y : Y + H, X], tile[Y : Y + H, X + W - 1]]
    assert all((edge == color).all() for edge in border)
    outside = [tile[Y : Y + H, X - 1], tile[Y : Y + H, X + W], tile[Y + H, X : X + W]]
    assert all((edge == 20).all() for edge in outside)


def test_the_name_stands_above_the_box(dataset):
    (tile,) = tiles(contact_sheet(dataset(1), count=1), 1, 1)
    above = tile[:Y, X:]
    written = np.argwhere((above != 20).any(axis=2))
    assert written[:, 0].max() <= Y - 1
    assert Y - 30 < written[:, 0].min()
    assert written[:, 1].min() == 0
    ink = {tuple(pixel) for pixel in above.reshape(-1, 3).tolist()}
    assert category_color(3) in ink  # the plate
    assert len(ink) > 3  # the letters


def test_pictures_are_spread_over_the_whole_set(dataset):
    corners = [int(tile[0, 0, 0]) - 20 for tile in tiles(contact_sheet(dataset(25), count=12), 4, 3)]
    assert corners == [i * 25 // 12 for i in range(12)]


def test_a_small_set_is_shown_once(dataset):
    shown = tiles(contact_sheet(dataset(3), count=12), 2, 2)
    assert [int(tile[0, 0, 0]) for tile in shown] == [20, 21, 22, 24]  # the last is the empty place


def test_large_pictures_are_shrunk_with_their_labels(dataset):
    (tile,) = tiles(contact_sheet(dataset(1, 2 * WIDTH, 2 * HEIGHT), count=1), 1, 1)
    color = np.array(category_color(3))
    assert (tile[Y // 2, X // 2 : (X + W) // 2] == color).all()
    assert (tile[(Y + H) // 2 - 1, X // 2 : (X + W) // 2] == color).all()
    assert (tile[(Y + H) // 2 + 1 :] == 20).all()


def test_twice_the_same(dataset):
    root = dataset(5)
    assert np.array_equal(contact_sheet(root), contact_sheet(root))


def test_neighbouring_categories_have_unlike_colours():
    colors = np.array([category_color(i) for i in range(1, 25)], float)
    steps = np.abs(np.diff(colors, axis=0)).max(axis=1)
    assert steps.min() > 60
    assert len({tuple(c) for c in colors.tolist()}) == 24


def test_the_file_is_a_png_of_the_sheet(dataset, tmp_path):
    root = dataset(2)
    path = write_contact_sheet(root, tmp_path / "sheet.png", count=2)
    assert np.array_equal(cv2.imread(str(path)), contact_sheet(root, count=2))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set", "sheet.png"]


def test_what_is_no_data_set(dataset, tmp_path):
    root = dataset(2)
    with pytest.raises(InvalidValue, match=r"nowhere holds no data set: .*instances\.json is missing\.$"):
        contact_sheet(tmp_path / "nowhere")
    (root / "records").mkdir()
    (root / "annotations/instances.json").rename(tmp_path / "aside.json")
    with pytest.raises(InvalidValue, match=r"Its run has not finished: go on with diorama generate --resume\.$"):
        contact_sheet(root)
    for text in ("{", "[]", "{}", '{"images": 3, "annotations": [], "categories": []}', "\0"):
        (root / "annotations/instances.json").write_text(text)
        with pytest.raises(InvalidValue, match=r"instances\.json is not a COCO file"):
            contact_sheet(root)
    (root / "annotations/instances.json").write_text('{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(InvalidValue, match="has no images"):
        contact_sheet(root)


def test_missing_broken_and_outlying_pictures_are_named(dataset):
    root = dataset(2)
    (root / "images/000001.png").write_bytes(b"no picture")
    with pytest.raises(InvalidValue, match=r"000001\.png: this is not an image"):
        contact_sheet(root)
    (root / "images/000001.png").unlink()
    with pytest.raises(InvalidValue, match=r"000001\.png: cannot read this image"):
        contact_sheet(root)
    labels = root / "annotations/instances.json"
    labels.write_text(labels.read_text().replace("000001.png", "../../aside.png"))
    with pytest.raises(InvalidValue, match=r"\.\./\.\./aside\.png lies outside"):
        contact_sheet(root)


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("images", {"width": 10**9, "height": 10**9}, "480x300 pixels, and labels for 1000000000x1000000000"),
        ("annotations", {"segmentation": {"size": [10**9, 10**9], "counts": "0"}}, "480x300 pixels, and labels for 1000000000x1000000000"),
        ("annotations", {"category_id": 9}, "the labels do not make sense"),
        ("annotations", {"bbox": None}, "the labels do not make sense"),
        ("annotations", {"segmentation": None}, "the labels do not make sense"),
        ("images", {"file_name": 7}, "the labels do not make sense"),
    ],
)
def test_labels_that_do_not_fit_their_picture(table, change, said, dataset):
    root = dataset(1)
    labels = root / "annotations/instances.json"
    document = json.loads(labels.read_text())
    document[table][0] |= change
    labels.write_text(json.dumps(document))
    with pytest.raises(InvalidValue, match=said):
        contact_sheet(root)


def test_where_the_sheet_cannot_go(dataset, tmp_path):
    root = dataset(1)
    with pytest.raises(OutputError, match=r"ends in \.png"):
        write_contact_sheet(root, root / "annotations/instances.json")
    with pytest.raises(OutputError, match="cannot write the sheet: No such file or directory"):
        write_contact_sheet(root, tmp_path / "nowhere/sheet.png")
    with pytest.raises(InvalidValue, match="count must be 1 or more, got 0"):
        contact_sheet(root, count=0)


def grasps_of(root, *found) -> None:
    (root / "grasps").mkdir()
    entries = [{"success": success, "visible": True, "place": place, "rectangle": rectangle} for success, place, rectangle in found]
    (root / "grasps/000000.json").write_text(json.dumps({"image_id": 1, "grippers": [{"gripper": {}, "grasps": entries}]}))


def test_grasps_that_were_tried_are_drawn(dataset):
    root = dataset(1)
    plain = contact_sheet(root, count=1)
    # Jaws 40 pixels apart along u, each 12 wide; a cup that failed; and what was not tried.
    grasps_of(root, (True, [300.5, 60.5], [300.5, 60.5, 0.0, 40.0, 12.0]), (False, [400.5, 200.5], None), (None, [30.5, 30.5], None))
    drawn = (contact_sheet(root, count=1) != plain).any(axis=2)[GAP : GAP + HEIGHT, GAP:]
    (green, red) = (np.argwhere(drawn[:, left:right]) + (0, left) for left, right in ((250, 350), (350, 450)))
    assert np.allclose(green.min(axis=0), (54, 279), atol=2)
    assert np.allclose(green.max(axis=0), (67, 322), atol=2)
    assert np.allclose(red.mean(axis=0), (200, 400), atol=1)
    assert not drawn[:, :100].any()
    pixel = contact_sheet(root, count=1)[GAP + 60, GAP + 280].astype(int)
    assert pixel[1] > pixel[0] + 50
    assert pixel[1] > pixel[2] + 50


@pytest.mark.parametrize("text", ["[", "[1]", '{"grippers": [{"grasps": [{}]}]}', '{"grippers": 5}'])
def test_grasps_that_make_no_sense_are_told(dataset, text):
    root = dataset(1)
    (root / "grasps").mkdir()
    (root / "grasps/000000.json").write_text(text)
    with pytest.raises(InvalidValue, match=r"000000\.json: cannot read these grasps|the labels do not make sense"):
        contact_sheet(root)
