"""The video of a data set's sequences, read back by OpenCV."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from diorama.cli import main
from diorama.preview import category_color

sys.path.insert(0, str(Path(__file__).parent.parent / "determinism"))  # yard.py

from yard import yard_plan

from diorama.run import generate_dataset
from diorama.scenes import SCENARIOS
from diorama.sim.keypoints import NAMES, SKELETON

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    from yard import Yard

    if "yard" not in SCENARIOS.names():
        SCENARIOS.register("yard", Yard)
    folder = tmp_path_factory.mktemp("video") / "set"
    generate_dataset(yard_plan(), seed=0, count=12, out=folder)
    return folder


def pictures(path: Path) -> tuple[list[np.ndarray], float]:
    video, out = cv2.VideoCapture(str(path)), []
    while True:
        there, picture = video.read()
        if not there:
            return out, video.get(cv2.CAP_PROP_FPS)
        out.append(picture)


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_moments_in_order_with_their_views_side_by_side(dataset, tmp_path, capsys, suffix):
    path = tmp_path / f"film{suffix}"
    assert main(["preview", str(dataset), "--video", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    shown, fps = pictures(path)
    assert len(shown) == 6
    assert fps == pytest.approx(10)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    for number, picture in enumerate(shown):
        for view in range(2):
            image = cv2.imread(str(dataset / f"images/{2 * number + view:06d}.jpg"))
            tile = picture[6:366, 6 + view * 486 : 486 + view * 486].astype(float)
            # Most of it is the picture itself.
            assert np.median(np.abs(tile - cv2.resize(image, (480, 360)))) < 10, (number, view)


def test_a_track_keeps_its_colour(dataset, tmp_path):
    main(["preview", str(dataset), "--video", str(tmp_path / "film.avi"), "--count", "1"])
    shown, _ = pictures(tmp_path / "film.avi")
    assert len(shown) == 3
    document = json.loads((dataset / "annotations/instances.json").read_text())
    colours = 0
    for label in document["annotations"]:
        if label["image_id"] > 6 or label["bbox"][2] < 8 or label["bbox"][3] < 8:
            continue
        moment, view = divmod(label["image_id"] - 1, 2)
        x, y, w, h = (5 * v for v in label["bbox"])  # 96 pixels are shown as 480
        edge = shown[moment][6 + y + h - 1, 6 + 486 * view + x + 4 : 6 + 486 * view + x + w - 4]
        colours += np.abs(np.median(edge, axis=0) - category_color(label["track_id"])).max() < 70
    assert colours >= 4


def test_people_are_drawn_with_their_bones(tmp_path):
    from diorama.preview import contact_sheet

    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    cv2.imwrite(str(tmp_path / "images/000000.png"), np.full((360, 480, 3), 60, np.uint8))
    joints = {name: (40 + 20 * i, 200 if i % 2 else 100, 2) for i, name in enumerate(NAMES)}
    joints["nose"] = (0, 0, 0)
    label = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 400, 300], "area": 1, "iscrowd": 0, "segmentation": [[0, 0, 1, 0, 1, 1]]}
    label |= {"keypoints": [v for joint in joints.values() for v in joint], "num_keypoints": 16}
    category = {"id": 1, "name": "person", "keypoints": list(NAMES), "skeleton": [list(b) for b in SKELETON]}
    images = [{"id": 1, "file_name": "000000.png", "width": 480, "height": 360}]
    (tmp_path / "annotations/instances.json").write_text(json.dumps({"images": images, "annotations": [label], "categories": [category]}))
    tile = contact_sheet(tmp_path, count=1)[6:366, 6:486].astype(int)
    for a, b in SKELETON:
        (xa, ya, va), (xb, yb, vb) = (joints[NAMES[i - 1]] for i in (a, b))
        if va and vb:
            around = tile[(ya + yb) // 2 - 1 : (ya + yb) // 2 + 2, (xa + xb) // 2 - 1 : (xa + xb) // 2 + 2]
            assert np.abs(around - np.array(category_color(1))).max(axis=2).min() < 60, (NAMES[a - 1], NAMES[b - 1])


def test_what_cannot_be_shown_is_said(dataset, tmp_path, capsys):
    assert main(["preview", str(dataset), "--video", str(tmp_path / "film.gif")]) == 2
    assert "a video's name ends in .mp4 or .avi" in capsys.readouterr().err
    assert main(["preview", str(dataset), "--video", str(tmp_path / "none/film.mp4")]) == 2
    assert "cannot write a video there" in capsys.readouterr().err
    generate_dataset(yard_plan(frames=1), seed=0, count=2, out=tmp_path / "still")
    assert main(["preview", str(tmp_path / "still"), "--video", str(tmp_path / "film.mp4")]) == 2
    assert "holds no sequences" in capsys.readouterr().err
