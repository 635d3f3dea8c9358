"""COCO files of others, and what is counted in them."""

import json
import math

import pytest

from diorama.measure.coco import Box, Labelled, read_coco
from diorama.measure.statistics import Seen, Statistics
from diorama.sim.errors import InvalidValue

DOCUMENT = {
    "images": [
        {"id": 7, "file_name": "b.jpg", "width": 200, "height": 100},
        {"id": 3, "file_name": "a.jpg", "width": 200, "height": 100},
        {"id": 9, "file_name": "c.jpg", "width": 200, "height": 100},
    ],
    "categories": [{"id": 5, "name": "cup"}, {"id": 1, "name": "fork"}],
    "annotations": [
        {"image_id": 3, "category_id": 5, "bbox": [0, 0, 50, 25], "iscrowd": 0},
        {"image_id": 3, "category_id": 1, "bbox": [100, 50, 20, 40]},
        {"image_id": 7, "category_id": 1, "bbox": [90, 40, 20, 20], "iscrowd": 0},
        {"image_id": 7, "category_id": 1, "bbox": [0, 0, 200, 100], "iscrowd": 1},
        {"image_id": 7, "category_id": 1, "bbox": [5, 5, 0, 10]},
    ],
}


def written(tmp_path, document):
    path = tmp_path / "real.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def test_pictures_are_read_in_order_with_those_that_show_nothing(tmp_path):
    assert read_coco(written(tmp_path, DOCUMENT)) == (
        Labelled("a.jpg", 200, 100, (Box("cup", (0, 0, 50, 25)), Box("fork", (100, 50, 20, 40)))),
        Labelled("b.jpg", 200, 100, (Box("fork", (90, 40, 20, 20)),)),
        Labelled("c.jpg", 200, 100, ()),
    )


def test_statistics_are_counted(tmp_path):
    real = Statistics(tuple(Seen(p) for p in read_coco(written(tmp_path, DOCUMENT))))
    assert real.counts == [2, 1, 0]
    assert real.counts_of(["fork"]) == [1, 1, 0]
    assert real.frequencies == {"fork": 2, "cup": 1}
    assert real.resolution == (200, 100)
    columns = real.objects()
    assert columns["size"] == pytest.approx([0.25, 0.2, math.sqrt(0.02)])
    assert columns["aspect"] == [2, 0.5, 1]
    assert columns["right"] == [-0.75, 0.1, 0]
    assert columns["down"] == [-0.375, 0.2, 0]
    # Forks in two of three pictures, cups in one, both in one: by chance it were 2/3.
    assert real.together() == [{"categories": ["fork", "cup"], "pictures": 1, "lift": 1.5}]
    moments = real.moments()
    assert moments["count"] == 1
    assert moments["log_size"] == pytest.approx((math.log(0.25 * 0.2) / 2 + math.log(0.02) / 2) / 2)
    assert moments["log_size_within"] == pytest.approx(abs(math.log(0.25 / 0.2)) / 2)
    assert real.renamed({"cup": "fork", "knife": "cup"}).frequencies == {"cup": 2, "knife": 1}
    assert json.loads(json.dumps(real.to_json_value(), allow_nan=False))["columns"]["size"]["count"] == 3


def test_a_set_without_objects_has_statistics():
    empty = Statistics((Seen(Labelled("a", 10, 10, ())),))
    assert math.isnan(empty.moments()["log_size"])
    assert empty.to_json_value()["columns"] == {
        "objects in a picture": {"count": 1, "mean": 0, "spread": 0, "p0": 0, "p5": 0, "p25": 0, "p50": 0, "p75": 0, "p95": 0, "p100": 0}
    }


def changed(**parts):
    return DOCUMENT | parts


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "this is no JSON file"),
        ([], "COCO labels are a mapping"),
        ({}, 'COCO labels have a list of mappings "categories"'),
        (changed(images=[]), "there are no images"),
        (changed(images=[1]), 'COCO labels have a list of mappings "images"'),
        (changed(images=[{"id": 3, "file_name": "a", "width": 0, "height": 5}], annotations=[]), "image 3 is 0 x 5 pixels"),
        (changed(images=[{"id": 3, "width": 5, "height": 5}], annotations=[]), 'expected a text "file_name", got None'),
        (changed(images=[{"id": "3"}]), "expected a whole number \"id\", got '3'"),
        (changed(annotations=[{"image_id": 4, "category_id": 1, "bbox": [0, 0, 1, 1]}]), "an annotation is of image 4 and category 1, which are not"),
        (
            changed(annotations=[{"image_id": 3, "category_id": 1, "bbox": [0, 0, 1]}]),
            r"a box is \[left, top, width, height\], got \[0, 0, 1\] in image 3",
        ),
        (changed(annotations=[{"image_id": 3, "category_id": 1}]), r"a box is \[left, top, width, height\], got None"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path, document, message):
    with pytest.raises(InvalidValue, match=message) as error:
        read_coco(written(tmp_path, document))
    assert "real.json: " in str(error.value)
    with pytest.raises(InvalidValue, match="cannot read these labels: No such file"):
        read_coco(tmp_path / "none.json")
