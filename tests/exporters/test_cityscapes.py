"""Cityscapes' folders, read back by hand, and where they are installed, by the data set's own scripts (pip install --no-deps cityscapesscripts)."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import diorama
from diorama.exporters.base import Dataset
from diorama.exporters.cityscapes import Cityscapes
from diorama.exporters.outlines import outlines
from diorama.sim import semantics
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.render.raster import Raster
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import apply, invert, look_at, project
from diorama.testing import check_exporter

sys.path.insert(0, str(Path(__file__).parent.parent / "determinism"))  # yard.py

from yard import VIEWS, Yard, yard_plan

from diorama.run import generate_dataset
from diorama.scenes import SCENARIOS

DATASET = Dataset(categories=(("crate", "box"), ("van", "vehicle")), info={})


def stereo_plan(**settings):
    """Two cameras side by side, on a van that drives."""
    plan = yard_plan(exporters=(Cityscapes(stereo=True, val_share=0.5, classes={"crate": "truck"}),), **settings)
    rig, *rest = plan.randomizers
    exact = {"position_error_m": diorama.Constant(0.0), "angle_error_deg": diorama.Constant(0.0)}
    mounts = tuple(replace(m, position_m=(2.1, y, 0.4), target_m=(10.0, y, 0.0)) for m, y in zip(rig.cameras, (0.2, -0.2), strict=True))
    return replace(plan, randomizers=(replace(rig, cameras=mounts, **exact), *rest))


@pytest.fixture(scope="module")
def plan():
    if "yard" not in SCENARIOS.names():
        SCENARIOS.register("yard", Yard)
    return stereo_plan()


@pytest.fixture(scope="module")
def sample(plan):
    return diorama.generate(plan, 0, 0)


@pytest.fixture(scope="module")
def files(plan, sample):
    return plan.exporters[0].encode(sample, 0, DATASET).files


@pytest.fixture(scope="module")
def dataset(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cityscapes") / "set"
    generate_dataset(plan, seed=0, count=24, out=folder)
    return folder


def image(data: bytes):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def labelled(files, stem, what):
    return image(files[f"gtFine/train/diorama/{stem}_gtFine_{what}.png"])


# --- classes ---


def test_ids_are_places_in_the_table():
    assert [one.id for one in semantics.CLASSES] == list(range(34))
    assert sorted({one.train_id for one in semantics.CLASSES} - {255}) == list(range(19))
    assert {one.camvid for one in semantics.CLASSES} - {None} == set(semantics.CAMVID)
    assert [one.name for one in semantics.CLASSES if one.things] == [
        "person",
        "rider",
        "car",
        "truck",
        "bus",
        "caravan",
        "trailer",
        "train",
        "motorcycle",
        "bicycle",
    ]


def test_bodies_are_what_they_are_called():
    def body(name, **fields):
        return BodySpec(name=name, shape=BoxShape(size_m=(1, 1, 1)), **fields)

    bodies = (
        body("a", category="car"),
        body("b", category="van"),
        body("c", category="traffic-light"),
        body("d", stuff="road"),
        body("e", stuff="rail-track"),
        body("f"),
        body("g", category="mug"),
        body("h", category="car"),
        body("i", category="person", stuff="road"),
        body("j", stuff="hovercraft"),
        body("k", category="car"),
    )
    ids = semantics.semantic_ids(SceneSpec(bodies=bodies), ego="h", others={"mug": "static", "hovercraft": "ground"})
    names = [semantics.CLASSES[i].name for i in ids]
    assert names == ["sky", "car", "car", "traffic light", "road", "rail track", "static", "static", "ego vehicle", "person", "ground", "car"]
    assert semantics.instance_ids(ids).tolist() == [23, 26000, 26001, 19, 7, 10, 4, 4, 1, 24000, 6, 26002]
    assert semantics.CAMVID_IDS[ids].tolist() == [0, 8, 8, 6, 3, 255, 255, 255, 255, 9, 255, 8]


def test_more_instances_than_there_are_numbers_are_a_group():
    ids = semantics.instance_ids(np.full(1003, 26, np.uint8))
    assert ids[999] == 26999
    assert ids[1000:].tolist() == [26, 26, 26]


# --- masks ---


def test_masks_are_of_the_exact_pass(sample, files):
    bodies = sample.spec.bodies
    names = ["sky", *({"ground": "road", "van": "ego vehicle"}.get(b.name, "truck") for b in bodies)]
    for picture, frame in enumerate(sample.frames[::VIEWS]):
        stem = f"diorama_000000_{picture:06d}"
        ids = np.array([semantics.BY_NAME[name].id for name in names], np.uint8)[frame.instance]
        assert (labelled(files, stem, "labelIds") == ids).all()
        assert set(np.unique(ids)) >= {7, 23, 27}
        numbers = {b.name: i for i, b in enumerate(x for x in bodies if x.category == "crate")}
        per_body = np.array([23, *(27000 + numbers[b.name] if b.category == "crate" else {"ground": 7, "van": 1}[b.name] for b in bodies)])
        instances = labelled(files, stem, "instanceIds")
        assert instances.dtype == np.uint16
        assert (instances == per_body[frame.instance]).all()
        trains = labelled(files, stem, "labelTrainIds")
        assert {(int(i), int(t)) for i, t in zip(ids.ravel(), trains.ravel(), strict=True)} <= {(7, 0), (23, 10), (27, 14), (1, 255)}
        colors = labelled(files, stem, "color")
        assert (colors[ids == 7] == (128, 64, 128, 255)).all()
        assert (colors[ids == 23] == (180, 130, 70, 255)).all()
        assert (image(files[f"leftImg8bit/train/diorama/{stem}_leftImg8bit.png"])[..., ::-1] == frame.rgb).all()
        right = sample.frames[picture * VIEWS + 1]
        assert (image(files[f"rightImg8bit/train/diorama/{stem}_rightImg8bit.png"])[..., ::-1] == right.rgb).all()


def painted(polygons, shape):
    out = np.full(shape, -1, np.int32)
    for label, polygon in polygons:
        cv2.fillPoly(out, [np.array(polygon)], label)
    return out


@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)))
def test_outlines_painted_one_over_the_other_are_the_map(labels):
    found = outlines(labels)
    assert (painted(found, labels.shape) == labels).all()
    assert all(len(polygon) >= 3 for _, polygon in found)


def test_outlines_of_a_picture(sample, files):
    document = json.loads(files["gtFine/train/diorama/diorama_000000_000000_gtFine_polygons.json"])
    ids = labelled(files, "diorama_000000_000000", "labelIds")
    assert (document["imgHeight"], document["imgWidth"]) == ids.shape
    polygons = [(semantics.BY_NAME[o["label"]].id, o["polygon"]) for o in document["objects"]]
    assert (painted(polygons, ids.shape) == ids).all()


# --- cameras ---


def test_points_of_the_vehicle_are_seen_where_the_calibration_says(sample, files):
    for moment in range(3):
        camera = sample.frames[moment * VIEWS].camera
        written = json.loads(files[f"camera/train/diorama/diorama_000000_{moment:06d}_camera.json"])
        assert written["extrinsic"]["baseline"] == pytest.approx(0.4, abs=1e-6)
        assert written["extrinsic"]["z"] == pytest.approx(1.6, abs=1e-6)
        e, i = written["extrinsic"], written["intrinsic"]
        (cr, sr), (cp, sp), (cy, sy) = ((math.cos(e[k]), math.sin(e[k])) for k in ("roll", "pitch", "yaw"))
        turn = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]]) @ [[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]] @ [[1, 0, 0], [0, cr, -sr], [0, sr, cr]]
        points = np.array([[12.0, 1.0, 0.0], [20.0, -3.0, 2.0], [9.0, 0.5, 1.0]])
        x, y, z = (turn.T @ (points - [e["x"], e["y"], e["z"]]).T).round(12)
        seen = np.stack([i["fx"] * -y / x + i["u0"] + 0.5, i["fy"] * -z / x + i["v0"] + 0.5], axis=1)
        van = sample.at(moment * VIEWS).body("van").world_from_body.matrix
        world = apply(van, points - [0, 0, 1.2])  # its middle is 1.2 m above the ground
        assert project(camera.k, apply(invert(camera.world_from_camera.matrix), world)) == pytest.approx(seen, abs=1e-4)


def test_without_a_vehicle_the_camera_is_above_the_ground():
    pose = Pose.from_matrix(look_at((3.0, 4.0, 1.5), (10.0, 4.0, 1.0)))
    camera = CameraSpec(width=8, height=8, world_from_camera=pose)
    from diorama.exporters.cityscapes_rig import calibration

    e = calibration(SceneSpec(), camera, None)["extrinsic"]
    assert (e["x"], e["y"], e["z"], e["yaw"], e["roll"]) == pytest.approx((0, 0, 1.5, 0, 0), abs=1e-9)
    assert e["pitch"] == pytest.approx(math.atan2(0.5, 7.0))


def test_disparity_agrees_with_depth(sample, files):
    frame = sample.frames[0]
    stored = image(files["disparity/train/diorama/diorama_000000_000000_disparity.png"])
    assert stored.dtype == np.uint16
    assert ((stored == 0) == np.isinf(frame.depth_m)).all()
    seen = stored > 0
    expected = frame.camera.fx * 0.4 / frame.depth_m[seen]
    assert np.abs((stored[seen].astype(float) - 1) / 256 - expected).max() <= 0.5 / 256 + 1e-4


def test_disparity_leads_to_the_right_picture():
    """A point of a wall is seen there, so many pixels farther left."""
    wall = BodySpec(name="wall", shape=BoxShape(size_m=(0.1, 8, 4)), world_from_body=Pose((5.05, 0, 0)), stuff="wall")
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.3), world_from_body=Pose((3, 0, 0)), category="car")
    camera = CameraSpec.from_fov(width=64, height=48, fov_y_rad=0.8, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (1, 0, 0))))
    right = replace(camera, name="right", world_from_camera=Pose.from_matrix(look_at((0, -0.3, 0), (1, -0.3, 0))))
    spec = SceneSpec(bodies=(wall, ball), cameras=(camera, right))
    with Raster(diorama.AssetLibrary()) as raster:
        raster.load(spec)
        frames = tuple(raster.render(c, ("rgb", "depth", "instance", "amodal")) for c in spec.cameras)
    labels = tuple(diorama.annotate(spec, frame, diorama.AssetLibrary()) for frame in frames)
    made = diorama.Sample(index=0, spec=spec, frames=frames, annotations=labels, provenance=diorama.sim.frame.Provenance(seed=0, index=0))
    files = Cityscapes(stereo=True, val_share=0.0).encode(made, 0, DATASET).files
    shift = (image(files["disparity/train/diorama/diorama_000000_000000_disparity.png"]).astype(float) - 1) / 256
    v, u = np.mgrid[0:48, 0:64]
    there = np.floor(u + 0.5 - shift).astype(int)
    inside = (there >= 0) & (frames[0].instance == 1)
    found = frames[1].instance[v, np.clip(there, 0, 63)]
    assert (found[inside] == 1).mean() > 0.9  # but where the ball hides it
    assert shift[24, 32] == pytest.approx(camera.fx * 0.3 / 2.7, rel=0.01)


def test_the_vehicles_motion(sample, files):
    rows = [json.loads(files[f"vehicle/train/diorama/diorama_000000_{moment:06d}_vehicle.json"]) for moment in range(3)]
    earth = 6378137.0
    for moment in range(2):
        one, two = rows[moment : moment + 2]
        vans = [sample.at(k * VIEWS).body("van") for k in (moment, moment + 1)]
        a, b = (van.world_from_body.position_m for van in vans)
        north = math.radians(two["gpsLatitude"] - one["gpsLatitude"]) * earth
        east = math.radians(two["gpsLongitude"] - one["gpsLongitude"]) * earth * math.cos(math.radians(one["gpsLatitude"]))
        assert (east, north) == pytest.approx((b[0] - a[0], b[1] - a[1]), abs=1e-3)
        ahead = vans[0].world_from_body.matrix[:3, 0]
        assert one["speed"] == pytest.approx(ahead @ np.subtract(b, a) / 0.1, rel=1e-6)
        assert one["gpsHeading"] - two["gpsHeading"] == pytest.approx(math.degrees(one["yawRate"]) * 0.1, abs=1e-6)
    times = [int(files[f"timestamp/train/diorama/diorama_000000_{moment:06d}_timestamp.txt"]) for moment in range(3)]
    assert times == [0, 100_000_000, 200_000_000]


# --- whole sets ---


def test_a_set_by_folders(dataset):
    stems = {
        split: sorted(p.name.removesuffix("_leftImg8bit.png") for p in (dataset / f"leftImg8bit/{split}/diorama").iterdir())
        for split in ("train", "val")
    }
    assert stems["train"] == [f"diorama_{s:06d}_{f:06d}" for s in (0, 2) for f in range(3)]
    assert stems["val"] == [f"diorama_{s:06d}_{f:06d}" for s in (1, 3) for f in range(3)]
    for split, names in stems.items():
        for kind, suffix in (
            ("rightImg8bit", "rightImg8bit.png"),
            ("camera", "camera.json"),
            ("disparity", "disparity.png"),
            ("vehicle", "vehicle.json"),
        ):
            assert sorted(p.name for p in (dataset / kind / split / "diorama").iterdir()) == [f"{name}_{suffix}" for name in names]


def test_panoptic_segments_are_the_masks(dataset):
    for split in ("train", "val"):
        document = json.loads((dataset / f"gtFine/cityscapes_panoptic_{split}.json").read_text())
        assert [c["id"] for c in document["categories"]] == [one.id for one in semantics.CLASSES if one.train_id != 255]
        assert len(document["images"]) == len(document["annotations"]) == 6
        for entry in document["annotations"]:
            colors = cv2.imread(str(dataset / f"gtFine/cityscapes_panoptic_{split}" / entry["file_name"])).astype(int)
            ids = colors[..., 2] + 256 * colors[..., 1] + 65536 * colors[..., 0]
            assert sorted(set(np.unique(ids)) - {0}) == sorted(s["id"] for s in entry["segments_info"])
            for segment in entry["segments_info"]:
                rows, columns = np.nonzero(ids == segment["id"])
                assert segment["area"] == len(rows)
                x, y, w, h = segment["bbox"]
                assert (x, y, x + w, y + h) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_contract():
    check_exporter(Cityscapes())


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Cityscapes(city="Sankt/Gallen"), InvalidValue, "city is a part of file names"),
        (lambda: Cityscapes(city=""), InvalidValue, "city is a part of file names"),
        (lambda: Cityscapes(classes={"mug": "cars"}), UnknownName, 'no class "cars". Did you mean "car"'),
        (lambda: Cityscapes(val_share=1.5), InvalidValue, "val_share must be in"),
    ],
)
def test_refused_settings(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_stereo_takes_pairs(sample):
    with pytest.raises(InvalidValue, match="takes views in pairs, and there are 1"):
        Cityscapes(stereo=True).encode(replace(sample, views=1), 0, DATASET)
    with pytest.raises(InvalidValue, match='no "instance" channel'):
        Cityscapes().encode(replace(sample, frames=(replace(sample.frames[0], instance=None), *sample.frames[1:])), 0, DATASET)


# --- the data set's own scripts ---


@pytest.fixture(scope="module")
def official(dataset):
    return pytest.importorskip("cityscapesscripts")


def test_official_classes(official):
    from cityscapesscripts.helpers.labels import labels

    theirs = [(x.name, x.id, x.trainId, x.category, x.color, x.hasInstances) for x in labels if x.id >= 0]
    assert theirs == [(one.name, one.id, one.train_id, one.group, one.color, one.things) for one in semantics.CLASSES]


def test_official_panoptic_masks_are_the_same(official, dataset, tmp_path, capsys):
    from cityscapesscripts.preparation.createPanopticImgs import convert2panoptic

    convert2panoptic(cityscapesPath=str(dataset / "gtFine"), outputFolder=str(tmp_path), useTrainId=False, setNames=["val", "train"])
    capsys.readouterr()
    for split in ("train", "val"):
        theirs, ours = (json.loads((folder / f"cityscapes_panoptic_{split}.json").read_text()) for folder in (tmp_path, dataset / "gtFine"))
        assert theirs["categories"] == [dict(c) for c in ours["categories"]]
        assert theirs["images"] == ours["images"]
        assert theirs["annotations"] == ours["annotations"]
        for entry in ours["annotations"]:
            a, b = (cv2.imread(str(folder / f"cityscapes_panoptic_{split}" / entry["file_name"])) for folder in (tmp_path, dataset / "gtFine"))
            assert (a == b).all()


def test_official_evaluation_is_perfect(official, dataset, capsys, monkeypatch):
    monkeypatch.setattr(np, "in1d", np.isin, raising=False)  # the scripts have not caught up with NumPy 2
    evaluation = pytest.importorskip("cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling")

    truth = sorted(str(p) for p in (dataset / "gtFine").glob("*/diorama/*labelIds.png"))
    evaluation.args.JSONOutput = False
    found = evaluation.evaluateImgLists(truth, truth, evaluation.args)
    capsys.readouterr()
    assert {name for name, score in found["classScores"].items() if not math.isnan(score)} == {"road", "sky", "truck"}
    assert found["averageScoreClasses"] == pytest.approx(1.0)
    assert found["averageScoreInstClasses"] == pytest.approx(1.0)


def test_official_masks_from_outlines(official, dataset):
    from cityscapesscripts.helpers.annotation import Annotation
    from cityscapesscripts.preparation.json2labelImg import createLabelImage

    for path in (dataset / "gtFine").glob("*/diorama/*polygons.json"):
        annotation = Annotation()
        annotation.fromJsonFile(str(path))
        drawn = np.array(createLabelImage(annotation, "ids"))
        ids = cv2.imread(str(path).replace("polygons.json", "labelIds.png"), cv2.IMREAD_UNCHANGED)
        assert (drawn == ids).mean() > 0.995


def test_official_instances(official, dataset, capsys):
    from cityscapesscripts.evaluation.instances2dict import instances2dict

    paths = [str(p) for p in (dataset / "gtFine").glob("*/diorama/*instanceIds.png")]
    found = instances2dict(paths, verbose=False)
    for path, classes in found.items():
        ids = cv2.imread(path, cv2.IMREAD_UNCHANGED)
        assert sorted(x["instID"] for x in classes["truck"]) == sorted(set(np.unique(ids)[np.unique(ids) >= 27000].tolist()))
        assert {x["instID"]: x["pixelCount"] for x in classes["truck"]} == {int(i): int((ids == i).sum()) for i in np.unique(ids) if i >= 27000}
