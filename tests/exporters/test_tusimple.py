"""TuSimple's lanes against projections in closed form; and what COCO's file says of roads."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from three_lanes import CAR, WIDTH_M, driver, scene

from diorama.exporters.base import Dataset
from diorama.exporters.coco import Coco
from diorama.exporters.tusimple import TuSimple
from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.drivable import drivable
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Provenance, Sample
from diorama.sim.lane_lines import lane_lines
from diorama.sim.render.raster import Raster
from diorama.testing import check_exporter

DATASET = Dataset(categories=(("car", "vehicle"),), info={})


@pytest.fixture(scope="module")
def sample():
    """One scene, two views of which are one before the other."""
    spec, library = scene(others=(CAR,)), AssetLibrary()
    cameras = (driver(name="view-0"), replace(driver(y=-4.0), name="view-1"))
    with Raster(library) as raster:
        raster.load(spec)
        frames = tuple(raster.render(camera, ("rgb", "depth", "instance", "amodal")) for camera in cameras)
    labels = tuple(annotate(spec, frame, library) for frame in frames)
    return Sample(index=3, spec=spec.replace(cameras=cameras), frames=frames, annotations=labels, provenance=Provenance(seed=0, index=3))


def entries(sample, exporter) -> list[dict]:
    records = [json.loads(json.dumps(r)) for r in exporter.encode(sample, 0, DATASET).records]
    merged = {path: b"".join(chunks) for path, chunks in exporter.finalize(lambda: iter(records), DATASET)}
    assert list(merged) == ["label_data_train.json"]
    return [json.loads(line) for line in merged["label_data_train.json"].splitlines()]


def test_where_lines_cross_rows(sample):
    exporter = TuSimple(step_px=5, least=2)
    for view, entry in enumerate(entries(sample, exporter)):
        camera = sample.frames[view].camera
        assert entry["raw_file"] == f"clips/{6 + view:06d}/1.jpg"
        assert entry["h_samples"] == list(range(40, 160, 5))
        x, y, z = camera.world_from_camera.position_m
        down = camera.world_from_camera.matrix[2, 2]
        level = np.sqrt(1 - down * down)  # it looks along x, and down by this
        assert len(entry["lanes"]) == 4
        for k, lane in zip((3, 2, 1, 0), entry["lanes"], strict=True):
            for row, found in zip(entry["h_samples"], lane, strict=True):
                slope = (row + 0.5 - camera.cy) / camera.fy
                # The ray of a pixel in this row goes down by so much for each metre ahead.
                drop = (level * slope - down) / (level + down * slope)
                ahead = z / drop if drop > 0 else np.inf
                depth = level * ahead - down * z
                u = camera.cx - camera.fx * ((k - 2) * WIDTH_M - y) / depth if 0 < ahead < np.inf else -1
                if 0 <= u < 256 and x + ahead < 119:
                    assert found == int(u), (k, row)
                elif found != -2:
                    assert abs(x + ahead - 120) < 2


def test_lines_that_go_on_from_each_other_are_one(sample):
    roads = sample.spec.roads
    lines = []
    for line in roads.lines:
        cut = len(line.points_m) // 4
        lines += [
            replace(line, name=f"{line.name}-far", kind="dashed", points_m=line.points_m[cut:]),
            replace(line, points_m=line.points_m[: cut + 1]),
        ]
    apart = replace(sample, spec=replace(sample.spec, roads=replace(roads, lines=tuple(lines))))
    assert entries(apart, TuSimple()) == entries(sample, TuSimple())


def test_kerbs_count_when_asked_for(sample):
    roads = sample.spec.roads
    kerbs = tuple(replace(line, kind="kerb", color="none") if k in (0, 3) else line for k, line in enumerate(roads.lines))
    edged = replace(sample, spec=replace(sample.spec, roads=replace(roads, lines=kerbs)))
    assert [len(e["lanes"]) for e in entries(edged, TuSimple())] == [2, 2]
    assert entries(edged, TuSimple(kerbs=True)) == entries(sample, TuSimple())


def test_pictures_are_the_frames(sample):
    files = TuSimple().encode(sample, 0, DATASET).files
    for view, frame in enumerate(sample.frames):
        picture = cv2.imdecode(np.frombuffer(files[f"clips/{6 + view:06d}/1.jpg"], np.uint8), cv2.IMREAD_COLOR)
        assert np.abs(picture[..., ::-1].astype(int) - frame.rgb).mean() < 3


def test_scenes_without_roads_have_no_lanes(sample):
    bare = replace(sample, spec=replace(sample.spec, roads=None))
    assert [e["lanes"] for e in entries(bare, TuSimple())] == [[], []]
    check_exporter(TuSimple())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"step_px": 0}, "step_px must be 1 or more"),
        ({"least": 0}, "least must be 1 or more"),
        ({"from_height": 1.5}, "from_height must be in"),
        ({"val_share": -1}, "val_share must be in"),
        ({"jpeg_quality": 0}, "jpeg_quality must be between"),
    ],
)
def test_refused_settings(settings, said):
    with pytest.raises(InvalidValue, match=said):
        TuSimple(**settings)


def test_coco_has_the_lines_and_where_one_may_drive(sample):
    encoded = Coco(drivable=True).encode(sample, 10, DATASET)
    for view, record in enumerate(encoded.records):
        image, frame = record["image"], sample.frames[view]
        seen = lane_lines(sample.spec, frame)
        assert [lane["name"] for lane in image["lanes"]] == [part.line.name for part in seen]
        for lane, part in zip(image["lanes"], seen, strict=True):
            assert (lane["kind"], lane["color"], lane["width_m"]) == ("solid", "white", 0.3)
            assert np.array(lane["points"]) == pytest.approx(part.pixels, abs=0.006)
            assert np.array(lane["points_m"]) == pytest.approx(part.points_m, abs=0.0006)
            assert lane["visible"] == part.visible.tolist()
        mask = cv2.imdecode(np.frombuffer(encoded.files[f"drivable/{image['drivable_file']}"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert (mask == drivable(sample.spec, frame)).all()
        assert set(np.unique(mask)) == {0, 1, 2}
    assert not any(path.startswith("drivable") for path in Coco().encode(sample, 10, DATASET).files)
    bare = replace(sample, spec=replace(sample.spec, roads=None))
    assert "lanes" not in Coco(drivable=True).encode(bare, 10, DATASET).records[0]["image"]
