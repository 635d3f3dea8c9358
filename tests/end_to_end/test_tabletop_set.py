"""The tabletop as anyone reads it: from its files alone, by other people's tools."""

import contextlib
import io
import json
from collections import defaultdict

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import diorama

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COUNT, VIEWS, WIDTH, HEIGHT = 12, 3, 200, 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four scenes of the usual number of objects, three small views of each."""
    out = tmp_path_factory.mktemp("tabletop") / "set"
    diorama.generate_dataset(diorama.default_plan("tabletop", resolution=(WIDTH, HEIGHT), views=VIEWS), seed=0, count=COUNT, out=out)
    return out


@pytest.fixture(scope="module")
def coco(folder):
    return COCO(str(folder / "annotations/instances.json"))


@pytest.fixture(scope="module")
def depths_m(folder, coco):
    """(H, W) metres by image id; NaN where nothing is."""
    files = {i: cv2.imread(str(folder / "depth" / image["depth_file"]), cv2.IMREAD_UNCHANGED) for i, image in coco.imgs.items()}
    return {i: np.where(raw > 0, raw * coco.imgs[i]["depth_scale_m"], np.nan) for i, raw in files.items()}


def decoded(coco, label, key="segmentation"):
    return coco.annToMask({**label, "segmentation": label[key]}).astype(bool)


def test_every_image_is_there_and_of_its_size(folder, coco):
    assert sorted(coco.imgs) == list(range(1, COUNT + 1))
    assert {path.name for path in (folder / "images").iterdir()} == {image["file_name"] for image in coco.imgs.values()}
    assert {path.name for path in (folder / "depth").iterdir()} == {image["depth_file"] for image in coco.imgs.values()}
    for image in coco.imgs.values():
        assert (image["width"], image["height"]) == (WIDTH, HEIGHT)
        assert cv2.imread(str(folder / "images" / image["file_name"])).shape == (HEIGHT, WIDTH, 3)


def test_at_least_eight_objects_on_average(coco):
    assert len(coco.anns) >= 8 * COUNT


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_truth_scores_one_against_itself(coco, kind):
    keys = ("image_id", "category_id", "bbox", "segmentation", "area")
    with contextlib.redirect_stdout(io.StringIO()):
        results = coco.loadRes([{k: label[k] for k in keys} | {"score": 1.0} for label in coco.anns.values()])
        judge = COCOeval(coco, results, kind)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    assert judge.stats[0] == judge.stats[1] == judge.stats[2] == 1.0


def test_masks_give_their_areas_and_boxes_exactly(coco):
    for label in coco.anns.values():
        mask = decoded(coco, label)
        rows, columns = np.nonzero(mask)
        assert mask.sum() == label["area"] > 0
        assert label["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        amodal = decoded(coco, label, "amodal_segmentation")
        assert amodal.sum() == label["amodal_area"]
        assert not (mask & ~amodal).any()
        whole = label["amodal_area"] / (1 - label["truncated_fraction"])
        assert label["area"] / whole == pytest.approx(label["visible_fraction"], abs=1e-6)


def test_a_pixel_belongs_to_one_object_at_most(coco):
    owners = {i: np.zeros((HEIGHT, WIDTH), int) for i in coco.imgs}
    for label in coco.anns.values():
        owners[label["image_id"]] += decoded(coco, label)
    assert max(count.max() for count in owners.values()) == 1


def test_every_visible_pixel_lies_in_the_objects_3d_box(coco, depths_m):
    """Mask, depth, intrinsics, pose and box, all in one: pixels are taken back into space, and into the body's frame."""
    for label in coco.anns.values():
        k = np.array(coco.imgs[label["image_id"]]["camera_k"])
        rows, columns = np.nonzero(decoded(coco, label))
        z = depths_m[label["image_id"]][rows, columns]
        assert np.median(z) == pytest.approx(label["depth_m"], abs=0.0006)
        seen = np.stack([(columns + 0.5 - k[0, 2]) / k[0, 0] * z, (rows + 0.5 - k[1, 2]) / k[1, 1] * z, z, np.ones(len(z))])
        in_body = (np.linalg.inv(label["camera_from_body"]) @ seen)[:3].T - label["center_m"]
        assert (np.abs(in_body) <= np.array(label["size_m"]) / 2 + 0.001).all()  # depth is in whole millimetres


def test_objects_lie_still_while_the_camera_moves(coco):
    places = defaultdict(list)
    for label in coco.anns.values():
        image = coco.imgs[label["image_id"]]
        places[image["scene"], label["body"]].append(np.array(image["world_from_camera"]) @ label["camera_from_body"])
    assert max(map(len, places.values())) == VIEWS
    for poses in places.values():
        assert_allclose(poses, [poses[0]] * len(poses), rtol=0, atol=1e-7)


def test_objects_rest_above_the_table_within_its_edges(folder, coco):
    """What the records say of the scenes agrees with what the labels say of the pictures."""
    for scene in range(COUNT // VIEWS):
        head = json.loads((folder / f"records/{scene:06d}.jsonl").read_text().splitlines()[0])
        drawn = {thing["name"]: thing["asset"] for thing in head["draws"]["objects"]["objects"]}
        images = [image for image in coco.imgs.values() if image["scene"] == scene]
        labels = [label for label in coco.anns.values() if coco.imgs[label["image_id"]]["scene"] == scene]
        assert {label["body"]: label["asset"] for label in labels}.items() <= drawn.items()
        assert head["objects"] == [len(coco.getAnnIds(imgIds=[image["id"]])) for image in images]
        for image in images:
            assert len(image["hidden"]) + len(coco.getAnnIds(imgIds=[image["id"]])) == len(drawn)
        heights = [
            (np.array(coco.imgs[label["image_id"]]["world_from_camera"]) @ label["camera_from_body"])[2, 3] for label in labels
        ]  # of centres of mass
        assert min(heights) > 0.65
        assert max(heights) < 0.8 + 1.0


def test_exposures_are_neither_black_nor_blown(folder, coco):
    for image in coco.imgs.values():
        codes = cv2.imread(str(folder / "images" / image["file_name"]))
        assert 25 < codes.mean() < 230
        assert (codes.max(axis=2) <= 3).mean() < 0.5
        assert (codes.min(axis=2) >= 252).mean() < 0.5
        assert codes.std() > 8
