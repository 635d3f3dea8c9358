"""A written folder read back: the same as what is rendered, however it is written; and what is said of one that is not whole."""

import json
import pickle
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import diorama
from diorama.datasets.folder import WrittenFolder
from diorama.exporters.coco import Coco

SEED = 3

pytestmark = [
    # pycocotools has not caught up with NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.fixture
def broken(folder, tmp_path):
    """A copy of the folder to break."""
    return shutil.copytree(folder, tmp_path / "broken")


def test_what_is_read_is_what_is_rendered(plan, folder):
    """Image, every key of the target, and ids, to the last bit."""
    written = diorama.WrittenDataset(folder)
    assert len(written) == 5
    dataset = diorama.DioramaDataset(plan, SEED, count=3)
    assert written.categories == dataset.categories
    for (image, target), (other, labels) in zip(written, dataset, strict=False):
        assert torch.equal(image, other)
        assert target.keys() == labels.keys()
        for key, value in target.items():
            assert value == labels[key] if key == "image_id" else torch.equal(value, labels[key])
            assert getattr(value, "dtype", None) == getattr(labels[key], "dtype", None)


def test_places_are_those_of_a_sequence(folder):
    written = diorama.WrittenDataset(folder, keys=("image_id",))
    assert [target["image_id"] for _, target in written] == [1, 2, 3, 4, 5]
    assert written[-1][1] == {"image_id": 5}
    with pytest.raises(IndexError):
        written[5]


def test_without_torch_it_is_arrays(folder, samples):
    rgb, target = WrittenFolder(folder).read(1)
    assert np.array_equal(rgb, samples[0].frames[1].rgb)
    assert {type(value) for value in target.values()} == {np.ndarray, int}
    with pytest.raises(IndexError, match=r"has pictures 0 to 4, and no 5"):
        WrittenFolder(folder).read(5)


def test_depth_of_both_kinds_and_pictures_of_both(plan, tmp_path):
    lossy = replace(plan, exporters=(Coco(image_format="jpeg", depth_format="png"),))
    diorama.generate_dataset(lossy, seed=SEED, count=1, out=tmp_path / "set")
    (image, target), (exact, labels) = diorama.WrittenDataset(tmp_path / "set")[0], next(iter(diorama.DioramaDataset(plan, SEED)))
    assert (image.float() - exact.float()).abs().mean() < 5
    assert (image.float().mean((1, 2)) - exact.float().mean((1, 2))).abs().max() < 2, "red is red"
    assert target["depth_m"].dtype == torch.float32
    assert torch.equal(torch.isinf(target["depth_m"]), torch.isinf(labels["depth_m"]))
    near = torch.isfinite(labels["depth_m"])
    assert (target["depth_m"] - labels["depth_m"])[near].abs().max() <= 0.00051
    without = replace(plan, exporters=(Coco(depth_format="none"),))
    diorama.generate_dataset(without, seed=SEED, count=1, out=tmp_path / "flat")
    assert "boxes" in diorama.WrittenDataset(tmp_path / "flat", keys=("boxes",))[0][1]
    with pytest.raises(diorama.InvalidValue, match=r"was written without depth .* Ask for other keys than depth_m"):
        diorama.WrittenDataset(tmp_path / "flat")[0]


@pytest.mark.parametrize("start_method", ["spawn", "fork"])
def test_many_workers_read_in_order(folder, start_method):
    written = diorama.WrittenDataset(folder)
    whole = [image.clone() for image, _ in written]
    loader = DataLoader(written, batch_size=2, num_workers=2, multiprocessing_context=start_method, collate_fn=diorama.collate_detection, timeout=100)
    taken = [(image, target["image_id"]) for images, targets in loader for image, target in zip(images, targets, strict=True)]
    assert [i for _, i in taken] == [1, 2, 3, 4, 5]
    assert all(torch.equal(image, other) for (image, _), other in zip(taken, whole, strict=True))


def test_it_pickles_small_also_after_it_was_read(folder):
    written = diorama.WrittenDataset(folder)
    fresh = len(pickle.dumps(written))
    assert fresh < 3000
    written[0]
    assert len(pickle.dumps(written)) == fresh
    assert torch.equal(pickle.loads(pickle.dumps(written))[3][0], written[3][0])  # noqa: S301 - our own


def test_transform(folder):
    assert (
        diorama.WrittenDataset(folder, transform=lambda image, target: target["labels"].tolist())[0]
        == diorama.WrittenDataset(folder)[0][1]["labels"].tolist()
    )


def test_no_folder_and_no_data_set(tmp_path, folder):
    with pytest.raises(diorama.InvalidValue, match=r"nothing: there is no such folder"):
        diorama.WrittenDataset(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists(), "and none is made"
    with pytest.raises(diorama.InvalidValue, match=r"holds no data set of Diorama: plan.json is missing"):
        diorama.WrittenDataset(tmp_path)
    with pytest.raises(diorama.UnknownKey, match=r'no key "normal"'):
        diorama.WrittenDataset(folder, keys=("normal",))


@pytest.mark.parametrize("missing", ["records/final.json", "annotations/instances.json"])
def test_a_run_that_was_stopped(broken, missing):
    (broken / missing).unlink()
    with pytest.raises(diorama.InvalidValue, match=r"is not finished: its run was stopped. Go on with diorama generate --resume"):
        diorama.WrittenDataset(broken)


def test_other_formats_alone(broken):
    document = json.loads((broken / "plan.json").read_text())
    document["plan"]["exporters"] = [{"name": "kitti"}]
    (broken / "plan.json").write_text(json.dumps(document))
    with pytest.raises(diorama.InvalidValue, match=r"was written without COCO's labels"):
        diorama.WrittenDataset(broken)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"plan": 7}, r"plan.json is damaged"),
        ({"count": "many"}, r"plan.json is damaged"),
        ({"format_version": 99}, "was written by another version"),
    ],
)
def test_a_damaged_plan(broken, change, words):
    document = json.loads((broken / "plan.json").read_text()) | change
    (broken / "plan.json").write_text(json.dumps(document))
    with pytest.raises(diorama.InvalidValue, match=words):
        diorama.WrittenDataset(broken)


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("images/000002.png", None, "images/000002.png cannot be read .*--resume"),
        ("images/000002.png", b"", "images/000002.png: this is no picture"),
        ("images/000002.png", b"not a picture", "images/000002.png: this is no picture"),
        ("depth/000002.npy", None, "depth/000002.npy cannot be read"),
        ("depth/000002.npy", b"\x93NUMPY", "labels of picture 2 do not make sense"),
        ("records/000001.jsonl", None, "records/000001.jsonl, which has the labels of picture 2, is missing or damaged"),
        ("records/000001.jsonl", b"{}\n{", "is missing or damaged"),
        ("records/000001.jsonl", b'{}\n{"exporter": "coco", "record": {}}\n', "do not make sense .KeyError"),
        (
            "records/000001.jsonl",
            b'{}\n{"exporter": "coco", "record": {"image": {"file_name": "../../x"}, "annotations": []}}\n',
            "not a path below|cannot be",
        ),
    ],
)
def test_damaged_files_are_named(broken, path, data, words):
    """And the others can still be read."""
    if data is None:
        (broken / path).unlink()
    else:
        (broken / path).write_bytes(data)
    written = diorama.WrittenDataset(broken)
    with pytest.raises(diorama.DioramaError, match=words):
        written[2]
    written[0]


def test_a_picture_of_another_size(broken):
    cv2.imwrite(str(broken / "images/000000.png"), np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(diorama.InvalidValue, match=r"images/000000.png is 20x10, and its labels are of 96x72"):
        diorama.WrittenDataset(broken)[0]


def test_a_merged_file_that_is_not_ours(broken):
    (broken / "annotations/instances.json").write_text('{"images": []}')
    with pytest.raises(diorama.InvalidValue, match=r"instances.json is not one that Diorama wrote"):
        diorama.WrittenDataset(broken)
