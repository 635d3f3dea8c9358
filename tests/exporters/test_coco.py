import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hand_made import CATEGORIES, discs, sample
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from diorama.exporters import EXPORTERS
from diorama.exporters.base import Dataset
from diorama.exporters.coco import Coco, millimetres
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BrownConrady

# pycocotools answers NumPy 2 in NumPy 1's way.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

DATASET = Dataset(categories=CATEGORIES, info={"description": "a test", "seed": 0})


def scenes(count=4, views=3):
    rng = np.random.Generator(np.random.PCG64(1))
    return [sample([discs(rng) for _ in range(views)], index=i) for i in range(count)]


def merged(samples, coco=Coco(), dataset=DATASET):  # noqa: B008 - frozen
    """(the document of a whole set, all its other files, its records)"""
    files, records, first = {}, [], 0
    for one in samples:
        encoded = coco.encode(one, first, dataset)
        assert not files.keys() & encoded.files.keys()
        files |= encoded.files
        records += json.loads(json.dumps(encoded.records))
        first += len(one.frames)
    ((path, chunks),) = coco.finalize(lambda: iter(records), dataset)
    assert path == "annotations/instances.json"
    return json.loads(b"".join(chunks)), files, records


def load(document):
    coco = COCO()
    coco.dataset = document
    with redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def test_is_registered():
    assert EXPORTERS["coco"] is Coco
    assert "coco" in EXPORTERS.names()


def test_pycocotools_loads_the_file(tmp_path):
    samples = scenes()
    ((_, chunks),) = Coco().finalize(lambda: iter(merged(samples)[2]), DATASET)
    path = tmp_path / "instances.json"
    path.write_bytes(b"".join(chunks))
    with redirect_stdout(io.StringIO()):
        coco = COCO(path)
    assert coco.getImgIds() == list(range(1, 13))
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["box", "can", "mug"]
    assert [c["supercategory"] for c in coco.loadCats([1, 2, 3])] == ["shape", "container", "container"]


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_ground_truth_against_itself_is_perfect(kind):
    document, _, _ = merged(scenes())
    truth = load(document)
    with redirect_stdout(io.StringIO()):
        found = truth.loadRes([dict(a, score=1.0) for a in document["annotations"]])
        evaluation = COCOeval(truth, found, kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == evaluation.stats[1] == evaluation.stats[8] == 1.0


def masks_agree(document, samples):
    """Every mask decodes to the pixels of its body, and its box and area are theirs."""
    frames = [(s.spec, f) for s in samples for f in s.frames]
    for a in document["annotations"]:
        mask = coco_mask.decode(a["segmentation"]).astype(bool)
        spec, frame = frames[a["image_id"] - 1]
        instance = [b.name for b in spec.bodies].index(a["body"]) + 1
        assert (mask == (frame.instance == instance)).all()
        assert a["area"] == mask.sum() == coco_mask.area(a["segmentation"])
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert a["bbox"] == [columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
        assert a["bbox"] == coco_mask.toBbox(a["segmentation"]).tolist()
        assert a["iscrowd"] == 0


def test_masks_boxes_and_areas_agree():
    samples = scenes()
    document, _, _ = merged(samples)
    assert len(document["annotations"]) == sum(len(a) for s in samples for a in s.annotations) > 20
    masks_agree(document, samples)


@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 4)))
def test_any_masks_survive(instance):
    """Holes, touching objects, single pixels, all at once."""
    one = sample([instance])
    masks_agree(merged([one])[0], [one])


@pytest.mark.parametrize(
    "instance",
    [
        np.full((5, 7), 2),  # the whole image
        np.pad([[2]], ((3, 4), (2, 5))),  # one pixel
        np.pad([[2, 2, 2], [2, 0, 2], [2, 2, 2]], 1),  # a hole
        np.pad([[2, 2, 2], [2, 3, 2], [2, 2, 2]], 1),  # an object that fills it
        np.array([[2, 3], [3, 2]]),  # touching at corners
    ],
)
def test_awkward_masks_survive(instance):
    one = sample([instance.astype(np.int32)])
    document = merged([one])[0]
    assert len(document["annotations"]) == len(set(np.unique(instance)) - {0, 1})
    masks_agree(document, [one])


def test_images_without_objects_are_kept():
    empty, full = np.zeros((4, 4), np.int32), np.full((4, 4), 2, np.int32)
    document, files, _ = merged([sample([empty, full, empty])])
    assert [i["id"] for i in document["images"]] == [1, 2, 3]
    assert [a["image_id"] for a in document["annotations"]] == [2]
    assert document["images"][0]["hidden"] == ["object-0", "object-1", "object-2"]
    assert {"images/000000.jpg", "images/000002.jpg"} < files.keys()
    assert load(document).getAnnIds(imgIds=[1]) == []


def test_a_set_without_any_object_is_valid():
    document = merged([sample([np.zeros((4, 4), np.int32)])])[0]
    assert document["annotations"] == []
    assert len(document["images"]) == 1


def test_ids_do_not_depend_on_other_images():
    samples = scenes()
    document, _, _ = merged(samples)
    assert len({a["id"] for a in document["annotations"]}) == len(document["annotations"])
    alone = Coco().encode(samples[2], 6, DATASET).records
    assert [r["image"] for r in json.loads(json.dumps(alone))] == document["images"][6:9]
    assert [a for r in json.loads(json.dumps(alone)) for a in r["annotations"]] == [a for a in document["annotations"] if 7 <= a["image_id"] <= 9]
    assert all(a["id"] // 10_000 == a["image_id"] for a in document["annotations"])


def test_streaming_equals_a_plain_merge_and_holds_one_record_at_a_time():
    _, _, records = merged(scenes())
    records[2]["events"] = [{"scene": 0, "kind": "skid"}, {"scene": 0, "kind": "collision"}]
    alive = 0

    class Record(dict):
        def __init__(self, value):
            nonlocal alive
            super().__init__(value)
            alive += 1
            assert alive <= 2

        def __del__(self):
            nonlocal alive
            alive -= 1

    def stream():
        return (Record(r) for r in records)

    chunks = [b"".join(c) for _ in range(2) for _, c in Coco().finalize(stream, DATASET)]
    assert chunks[0] == chunks[1]
    assert json.loads(chunks[0]) == {
        "info": DATASET.info,
        "licenses": [],
        "categories": [{"id": i + 1, "name": n, "supercategory": s} for i, (n, s) in enumerate(CATEGORIES)],
        "images": [r["image"] for r in records],
        "annotations": [a for r in records for a in r["annotations"]],
        "events": records[2]["events"],
    }


def test_what_is_said_of_pictures_and_bodies_is_what_was_made():
    one = scenes(1)[0]
    document, files, _ = merged([one])
    for image, camera in zip(document["images"], one.spec.cameras, strict=True):
        assert (image["width"], image["height"]) == (camera.width, camera.height)
        assert cv2.imdecode(np.frombuffer(files[f"images/{image['file_name']}"], np.uint8), cv2.IMREAD_COLOR).shape == (48, 64, 3)
        np.testing.assert_allclose(image["camera_k"], camera.k, atol=1e-9)
        np.testing.assert_allclose(image["world_from_camera"], camera.world_from_camera.matrix, atol=1e-9)
        assert (image["scene"], image["view"]) == (0, image["id"] - 1)
    rows = [(labels, row) for labels in one.annotations for row in range(len(labels))]
    for a, (labels, row) in zip(document["annotations"], rows, strict=True):
        body = one.spec.bodies[labels.body_index[row]]
        assert (a["body"], document["categories"][a["category_id"] - 1]["name"]) == (body.name, body.category)
        assert a["asset"] == getattr(body.shape, "asset", None)
        x, y, w, h = a["amodal_bbox"]
        assert [x, y, x + w, y + h] == labels.amodal_box_xyxy[row].tolist()
        assert a["amodal_segmentation"] == labels.amodal_rle[row]
        for key in ("visible_fraction", "truncated_fraction", "depth_m", "camera_from_body", "size_m", "center_m"):
            np.testing.assert_allclose(a[key], getattr(labels, key)[row], atol=1e-9)


def test_png_images_are_exact():
    one = scenes(1)[0]
    document, files, _ = merged([one], Coco(image_format="png"))
    for image, frame in zip(document["images"], one.frames, strict=True):
        bgr = cv2.imdecode(np.frombuffer(files[f"images/{image['file_name']}"], np.uint8), cv2.IMREAD_COLOR)
        assert (bgr[..., ::-1] == frame.rgb).all()


def test_jpeg_colours_are_in_order():
    one = sample([np.zeros((16, 16), np.int32)])
    red = replace(one.frames[0], rgb=np.full((16, 16, 3), (200, 20, 60), np.uint8))
    data = Coco().encode(replace(one, frames=(red,)), 0, DATASET).files["images/000000.jpg"]
    assert np.abs(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int) - (60, 20, 200)).max() <= 2


@given(hnp.arrays(np.float32, (3, 5), elements=st.one_of(st.floats(-70, 70, width=32), st.just(np.inf))))
def test_depth_in_millimetres_is_nearest_and_0_beyond_reach(depth_m):
    exact = np.array([[float(z) * 1000 for z in row] for row in depth_m])
    got = millimetres(depth_m)
    assert got.dtype == np.uint16
    near = (exact >= 0) & (exact <= 65535)
    assert (got[exact > 65536] == 0).all()
    assert (got[exact < -1] == 0).all()
    assert (np.abs(got[near] - exact[near]) <= 0.5 + 1e-2).all()


def test_lenses_are_written_down_by_opencvs_names():
    plain = scenes(1, views=1)[0]
    (frame,) = plain.frames
    bent = replace(frame, camera=replace(frame.camera, distortion=BrownConrady(k1=-0.1, p2=0.001)))
    for written, lens in (
        (plain, None),
        (replace(plain, frames=(bent,)), {"kind": "brown-conrady", "k1": -0.1, "k2": 0, "p1": 0, "p2": 0.001, "k3": 0}),
    ):
        (image,) = merged([written])[0]["images"]
        assert image.get("camera_distortion") == lens


def test_depth_files_hold_the_depth():
    one = scenes(1)[0]
    for form, scale in (("png", 0.001), ("npy", 1.0)):
        document, files, _ = merged([one], Coco(depth_format=form))
        for image, frame in zip(document["images"], one.frames, strict=True):
            assert image["depth_file"] == f"{image['id'] - 1:06d}.{form}"
            assert image["depth_scale_m"] == scale
            data = files[f"depth/{image['depth_file']}"]
            if form == "npy":
                assert (np.load(io.BytesIO(data)) == frame.depth_m).all()
            else:
                stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
                assert stored.dtype == np.uint16
                assert ((stored == 0) == np.isinf(frame.depth_m)).all()
                seen = stored > 0
                np.testing.assert_allclose(stored[seen] * scale, frame.depth_m[seen], atol=0.00051)
    document, files, _ = merged([one], Coco(depth_format="none"))
    assert not any(path.startswith("depth/") for path in files)
    assert "depth_file" not in document["images"][0]


def test_bytes_do_not_depend_on_threads():
    samples = scenes(1)
    before = cv2.getNumThreads()
    try:
        made = []
        for threads in (1, 4):
            cv2.setNumThreads(threads)
            made += [Coco(image_format=i).encode(samples[0], 0, DATASET).files for i in ("jpeg", "png")]
    finally:
        cv2.setNumThreads(before)
    assert made[:2] == made[2:]


def test_floats_are_rounded_and_zero_has_no_sign():
    one = scenes(1, views=1)[0]
    labels = one.annotations[0]
    poses = labels.camera_from_body.copy()
    poses[0, 0, :3] = -0.0, 1 / 3, -1e-12
    record = Coco().encode(replace(one, annotations=(replace(labels, camera_from_body=poses),)), 0, DATASET).records[0]
    assert json.dumps(record["annotations"][0]["camera_from_body"][0][:3]) == "[0.0, 0.333333333, 0.0]"


def test_large_numbers_keep_their_digits():
    files = Coco().encode(sample([np.zeros((4, 4), np.int32)]), 1_234_567, DATASET).files
    assert "images/1234567.jpg" in files


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_format": "gif"}, "image_format must be"),
        ({"depth_format": "exr"}, "depth_format must be"),
        ({"jpeg_quality": 0}, "between 1 and 100"),
        ({"jpeg_quality": 101}, "between 1 and 100"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(InvalidValue, match=message):
        Coco(**settings)


def test_what_is_lacking_is_named():
    one = scenes(1, views=1)[0]
    for channel, field in (("rgb", "rgb"), ("depth", "depth_m")):
        with pytest.raises(InvalidValue, match=f'no "{channel}" channel'):
            Coco().encode(replace(one, frames=(replace(one.frames[0], **{field: None}),)), 0, DATASET)
    with pytest.raises(InvalidValue, match=r"of the category 'box', which the data set does not list"):
        Coco().encode(sample([np.full((4, 4), 2, np.int32)]), 0, Dataset(categories=(("can", "x"),), info={}))
