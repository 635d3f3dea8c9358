"""Grasps in files: read back by parsers that are written after what programs for these data sets do."""

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from diorama.exporters import EXPORTERS
from diorama.exporters.base import Dataset
from diorama.exporters.coco import Coco
from diorama.exporters.cornell import Cornell
from diorama.exporters.grasp_maps import GraspMaps
from diorama.exporters.grasps import GraspFiles
from diorama.exporters.jacquard import Jacquard
from diorama.plan import default_plan
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Grasps, Sample
from diorama.sim.grasping.rectangles import Rectangles, rectangles
from diorama.sim.grasping.seen import seen_grasps
from diorama.sim.grasping.settings import Grasping
from diorama.sim.spec import GRIPPERS, CameraSpec, Pose, Track
from diorama.sim.transforms import compose, look_at
from diorama.testing import check_exporter, labelled_sample

DATASET = Dataset(categories=(("ball", "toy"), ("box", "container")), info={})
NAMES = ("grasps", "cornell", "jacquard", "grasp-maps")


@pytest.fixture(scope="module")
def above() -> Sample:
    """The objects of `labelled_sample` from straight above: each a square of pixels around where it is, ball, box, ball."""
    sample = labelled_sample(0)
    pose = Pose.from_matrix(look_at((0.0, 0.0, 1.05), (0.0, 0.0, 0.05)))
    camera = CameraSpec(width=160, height=120, fx=200.0, fy=200.0, cx=80.0, cy=60.0, world_from_camera=pose)
    instance = np.ones((120, 160), np.int32)
    for index, u in ((1, 40), (2, 80), (3, 120)):
        instance[50:70, u - 10 : u + 10] = index + 1
    shot = replace(
        sample.frames[0],
        camera=camera,
        rgb=np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8),
        depth_m=np.where(instance > 1, np.float32(0.96), np.float32(np.inf)),
        instance=instance,
        **dict.fromkeys(("radiance", "normal", "category", "albedo", "object_coordinates", "flow_forward", "flow_backward", "shadow")),
    )
    labels = replace(sample.annotations[0], body_index=np.array([1, 2], np.int32))
    return replace(sample, spec=sample.spec.replace(cameras=(camera,)), frames=(shot,), annotations=(labels,), views=1)


def written(exporter, sample: Sample, folder: Path, first_image: int = 0) -> Path:
    for path, data in exporter.encode(sample, first_image, DATASET).files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_keeps_the_contract(name):
    check_exporter(EXPORTERS[name]())


# --- JSON ---------------------------------------------------------------------------------------------------


def test_json_is_in_the_cameras_frame_and_goes_with_coco(above):
    first_image = 6
    encoded = GraspFiles().encode(above, first_image, DATASET)
    document = json.loads(encoded.files["grasps/000006.json"])
    (found,) = document["grippers"]
    (grasps,) = above.grasps
    (record,) = Coco().encode(above, first_image, DATASET).records
    annotations = {a["id"]: a for a in record["annotations"]}
    assert document["image_id"] == record["image"]["id"]
    assert found["gripper"]["name"] == "wsg-50"
    camera = above.frames[0].camera
    for i, entry in enumerate(found["grasps"]):
        world = compose(camera.world_from_camera.matrix, entry["camera_from_gripper"])
        assert np.allclose(world, grasps.world_from_gripper[i], atol=1e-8)
        index = grasps.body_index[i]
        assert entry["body"] == above.spec.bodies[index].name
        if index in above.annotations[0].body_index:
            assert annotations[entry["annotation_id"]]["body"] == entry["body"]
            assert annotations[entry["annotation_id"]]["track_id"] == entry["track_id"]
        else:
            assert entry["annotation_id"] is None
    assert [e["success"] for e in found["grasps"]] == [False, None, True, None, False, None]
    assert [e["alone"] for e in found["grasps"]] == [0.75, None] * 3
    assert [e["reachable"] for e in found["grasps"]] == [True, False, True, True, True, False]
    assert all(e["visible"] for e in found["grasps"])
    # From a metre above, jaws 8 cm apart along x: 16 pixels.
    assert np.allclose(found["grasps"][2]["rectangle"], [80, 60, 0, 16, 200 * GRIPPERS["wsg-50"].finger_width_m])
    ((path, chunks),) = GraspFiles().finalize(lambda: encoded.records, DATASET)
    (image,) = json.loads(b"".join(chunks))["images"]
    assert path == "grasps.json"
    assert image == {"image_id": 7, "scene": 0, "file_name": "000006.json", "grasps": 6, "held": 1}


def test_what_hides_a_grasp_is_told(above):
    frame = above.frames[0]
    depth, instance = frame.depth_m.copy(), frame.instance.copy()
    depth[50:70, 70:90], instance[50:70, 70:90] = 0.5, 1  # the table, before the box
    hidden = replace(above, frames=(replace(frame, depth_m=depth, instance=instance),))
    entries = json.loads(GraspFiles().encode(hidden, 0, DATASET).files["grasps/000000.json"])["grippers"][0]["grasps"]
    assert [e["visible"] for e in entries] == [True, True, False, False, True, True]
    assert not seen_grasps(hidden, 0, 30).held.any()


def test_grasps_of_a_cup_have_no_rectangle(above):
    (grasps,) = above.grasps
    cup = replace(above, grasps=(replace(grasps, gripper=GRIPPERS["cup-20"]),))
    entries = json.loads(GraspFiles().encode(cup, 0, DATASET).files["grasps/000000.json"])["grippers"][0]["grasps"]
    assert all("rectangle" not in e for e in entries)
    assert np.allclose(entries[2]["place"], [80, 60])


def test_grasps_hold_as_long_as_nothing_has_moved(above):
    moved = Track(body="ball-0", times_s=(0.0, 1.0), poses=(Pose((-0.2, 0, 0.05)), Pose((0.2, 0, 0.05))))
    frame = above.frames[0]
    later = replace(frame, camera=replace(frame.camera, name="later", time_s=0.5))
    sample = Sample(
        index=0,
        spec=above.spec.replace(tracks=(moved,), cameras=(frame.camera, later.camera)),
        frames=(frame, later),
        annotations=above.annotations * 2,
        provenance=above.provenance,
        views=1,
        grasps=above.grasps,
    )
    records = GraspFiles().encode(sample, 0, DATASET).records
    assert [r["grasps"] for r in records] == [6, 0]
    assert [len(seen_grasps(sample, picture, 30).held) for picture in (0, 1)] == [6, 0]


# --- Cornell ------------------------------------------------------------------------------------------------


def cornell_rectangles(path: Path) -> list[np.ndarray]:
    """As programs for Cornell's files do: four lines at a time, each with x and y, rounded to whole pixels (row, column)."""
    lines = path.read_text().splitlines()
    assert len(lines) % 4 == 0
    points = [[round(float(v)) for v in reversed(line.split())] for line in lines]
    return [np.array(points[i : i + 4]) for i in range(0, len(points), 4)]


def test_cornell_is_read_as_its_programs_do(above, tmp_path):
    folder = written(Cornell(), above, tmp_path, first_image=1205)
    (positive,) = (folder / "cornell").glob("*/pcd*cpos.txt")  # how they find pictures
    assert positive.parent.name == "12"
    assert positive.name == "pcd1205cpos.txt"
    depth = np.asarray(Image.open(str(positive).replace("cpos.txt", "d.tiff")))
    picture = np.asarray(Image.open(str(positive).replace("cpos.txt", "r.png")))
    assert np.array_equal(picture, above.frames[0].rgb)
    assert depth.dtype == np.float32
    assert np.array_equal(depth[depth > 0], above.frames[0].depth_m[np.isfinite(above.frames[0].depth_m)])
    (held,) = cornell_rectangles(positive)
    assert np.allclose(held.mean(axis=0), (59.5, 79.5), atol=0.5)  # row and column, from the middle of the first pixel
    first, second = held[1] - held[0], held[2] - held[1]
    assert np.hypot(*first) == pytest.approx(16, abs=1)  # the way of the jaws
    assert np.hypot(*second) == pytest.approx(4, abs=1)  # and their width
    # Two that were tried in vain, and what nothing can get to.
    failed = cornell_rectangles(Path(str(positive).replace("cpos", "cneg")))
    assert np.allclose(sorted(f.mean(axis=0)[1] for f in failed), (39.5, 39.5, 119.5, 119.5), atol=0.5)


def test_a_picture_without_a_positive_rectangle_is_not_found_by_them(above, tmp_path):
    (grasps,) = above.grasps
    none = replace(above, grasps=(replace(grasps, success=np.zeros(6)),))
    encoded = Cornell().encode(none, 3, DATASET)
    assert sorted(encoded.files) == ["cornell/00/pcd0003cneg.txt", "cornell/00/pcd0003d.tiff", "cornell/00/pcd0003r.png"]
    assert encoded.records == ({"image": 3, "positive": 0, "negative": 6},)


# --- Jacquard -----------------------------------------------------------------------------------------------


def test_jacquard_is_read_as_its_programs_do(above, tmp_path):
    (grasps,) = above.grasps
    poses = grasps.world_from_gripper.copy()
    turn = math.radians(25)
    poses[2, :2, :2] = [[math.cos(turn), math.sin(turn)], [math.sin(turn), -math.cos(turn)]]
    turned = replace(above, grasps=(replace(grasps, world_from_gripper=poses),))
    folder = written(Jacquard(), turned, tmp_path)
    (text,) = (folder / "jacquard").glob("*/*_grasps.txt")
    assert text.name == "0_000000_grasps.txt"
    (line,) = text.read_text().splitlines()
    x, y, theta, opening, jaw = (float(v) for v in line.split(";"))
    # The world's x goes right and its y up in the picture, and Jacquard's angles clockwise.
    assert (x, y, theta) == pytest.approx((79.5, 59.5, -25), abs=1e-3)
    assert (opening, jaw) == pytest.approx((16, 4), abs=1e-3)
    depth = cv2.imread(str(text).replace("grasps.txt", "perfect_depth.tiff"), cv2.IMREAD_UNCHANGED)
    assert depth.dtype == np.float32
    assert depth[0, 0] == 0
    mask = np.asarray(Image.open(str(text).replace("grasps.txt", "mask.png")))
    assert np.array_equal(mask, np.where(np.isin(above.frames[0].instance, (2, 3)), 255, 0))
    assert np.array_equal(np.asarray(Image.open(str(text).replace("grasps.txt", "RGB.png"))), above.frames[0].rgb)


# --- maps ---------------------------------------------------------------------------------------------------


def test_the_best_pixel_of_the_maps_is_in_a_rectangle_that_held(above):
    files = GraspMaps().encode(above, 0, DATASET).files
    maps = {
        name: np.asarray(Image.open(io.BytesIO(files[f"grasp_maps/000000_{name}.tiff"]))) for name in ("quality", "cos", "sin", "width_px", "tried")
    }
    v, u = np.unravel_index(np.argmax(maps["quality"]), maps["quality"].shape)
    seen = seen_grasps(above, 0, 30)
    assert seen.rectangles[seen.held].contains([(u + 0.5, v + 0.5)]).any()
    at = maps["quality"] == 1
    # A third of 16 by 4 pixels around (80, 60).
    assert at.sum() == 6 * 4
    assert np.array_equal(np.argwhere(at).min(axis=0), (58, 77))
    assert set(maps["cos"][at]) == {1.0}
    assert set(maps["sin"][at]) == {0.0}
    assert np.allclose(maps["width_px"][at], 16)
    assert not any(maps[name][~at].any() for name in ("cos", "sin", "width_px"))
    assert maps["tried"].sum() > at.sum()
    assert (maps["tried"][at] == 1).all()


def test_where_rectangles_cross_the_better_counts(above):
    (grasps,) = above.grasps
    poses = np.tile(grasps.world_from_gripper[2], (2, 1, 1))
    poses[1, :2, :2] = [[0, -1], [-1, 0]]  # its jaws close along y
    for better in (0, 1):
        quality = np.array([1.0, 0.5]) if better == 0 else np.array([0.5, 1.0])
        both = Grasps(
            gripper=grasps.gripper,
            body_index=np.array([2, 2], np.int32),
            world_from_gripper=poses,
            width_m=np.full(2, 0.06),
            opening_m=np.full(2, 0.08),
            quality=quality,
            alone=np.full(2, np.nan),
            reachable=np.ones(2, np.bool_),
            success=np.ones(2),
        )
        files = GraspMaps().encode(replace(above, grasps=(both,)), 0, DATASET).files
        cos = np.asarray(Image.open(io.BytesIO(files["grasp_maps/000000_cos.tiff"])))
        assert cos[60, 80] == (1 if better == 0 else -1)


def test_grasps_that_lean_have_no_rectangle(above):
    (grasps,) = above.grasps
    for lean_deg, count in ((29, 6), (31, 0)):
        c, s = math.cos(math.radians(lean_deg)), math.sin(math.radians(lean_deg))
        poses = grasps.world_from_gripper.copy()
        poses[:, :3, 1], poses[:, :3, 2] = (0, -c, s), (0, -s, -c)
        leaning = replace(above, grasps=(replace(grasps, world_from_gripper=poses),))
        assert len(seen_grasps(leaning, 0, 30).held) == count


# --- plans --------------------------------------------------------------------------------------------------


def test_a_plan_that_writes_grasps_must_ask_for_them():
    for name in NAMES:
        with pytest.raises(InvalidValue, match=rf"{name} writes grasps, and none are asked for.*gripper: franka-hand"):
            default_plan("tabletop", exporters=(EXPORTERS[name](),))
        default_plan("tabletop", exporters=(EXPORTERS[name](),), grasps=Grasping(gripper="wsg-50"))
    with pytest.raises(InvalidValue, match="cornell writes grasps with jaws; cup-20 has none"):
        default_plan("tabletop", exporters=(Cornell(),), grasps=Grasping(gripper="cup-20"))


@pytest.mark.parametrize("tilt_deg", [0, 90, -5, float("nan")])
@pytest.mark.parametrize("exporter", [Cornell, Jacquard, GraspMaps])
def test_refused_settings(exporter, tilt_deg):
    with pytest.raises(InvalidValue, match="tilt_deg must be"):
        exporter(tilt_deg=tilt_deg)


def test_rectangles_are_of_the_grasps_openings(above):
    (grasps,) = above.grasps
    boxes, _ = rectangles(grasps, above.frames[0].camera)
    assert isinstance(boxes, Rectangles)
    assert np.allclose(boxes.opening_px, 200 * grasps.opening_m)
