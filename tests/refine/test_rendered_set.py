"""A written data set read with its geometry: what the renderer knew, and clear words for a set that is not whole."""

import json
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import diorama
from diorama.exporters.coco import Coco, millimetres
from diorama.plan import Plan
from diorama.refine.rendered_set import RenderedSet
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.sim.seeds import Seed

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SET_SEED = 3


def array_file(kind: str, size: tuple[int, int], data: bytes = b"") -> bytes:
    """An array's file that says that it is so large, whatever it holds (NumPy's format, version 1)."""
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {size}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data


def png_that_says(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


HUGE_ARRAY, WIDE_NUMBERS = array_file("<f4", (10**9, 10**9)), array_file("<f8", (72, 96), bytes(72 * 96 * 8))
HUGE_PICTURE = png_that_says(60_000, 60_000)


@pytest.fixture(scope="module")
def samples(plan: Plan) -> list[Sample]:
    with diorama.Studio(plan) as studio:
        return [diorama.generate(plan, SET_SEED, index, studio=studio) for index in range(3)]


@pytest.fixture
def broken(written: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return shutil.copytree(written, tmp_path / "broken")


def test_what_is_read_is_what_was_rendered(written: Path, samples: list[Sample]):
    pictures = RenderedSet(written)
    assert len(pictures) == 5
    names = [category["name"] for category in json.loads((written / "annotations/instances.json").read_bytes())["categories"]]
    for number, picture in enumerate(pictures):
        sample = samples[number // 2]
        frame, labels = sample.frames[number % 2], sample.annotations[number % 2]
        assert frame.instance is not None
        assert np.array_equal(picture.rgb, frame.rgb)
        assert np.array_equal(picture.depth_m, frame.depth_m)
        is_labelled = np.isin(frame.instance, labels.body_index + 1)
        assert is_labelled.any()
        assert not is_labelled.all()
        assert np.array_equal(picture.instance, np.where(is_labelled, frame.instance, 0))
        for body in labels.body_index.tolist():
            (kind,) = np.unique(picture.category[frame.instance == body + 1]).tolist()
            assert names[kind - 1] == sample.spec.bodies[body].category
        assert not picture.category[~is_labelled].any()
        assert pictures.seed_of(number) == Seed(SET_SEED).child("picture", number)
        assert pictures.path_of(number) == f"images/{number:06d}.png"


def test_depth_in_millimetres_is_read_within_half_of_one(plan: Plan, samples: list[Sample], tmp_path: Path):
    lossy = replace(plan, exporters=(Coco(depth_format="png", jpeg_quality=95),))
    diorama.generate_dataset(lossy, seed=SET_SEED, count=1, out=tmp_path / "set")
    picture, frame = RenderedSet(tmp_path / "set")[0], samples[0].frames[0]
    assert frame.depth_m is not None
    assert frame.rgb is not None
    known = millimetres(frame.depth_m) > 0
    assert np.isinf(picture.depth_m[~known]).all()
    assert np.abs(picture.depth_m - frame.depth_m)[known].max() <= 0.0005 + 1e-6
    assert np.abs(picture.rgb.astype(int) - frame.rgb).mean() < 4


def test_a_count_that_no_pictures_bear_out_is_refused(broken: Path):
    """A number in a file decides how long others count."""
    document = json.loads((broken / "plan.json").read_bytes()) | {"count": 10**12}
    (broken / "plan.json").write_text(json.dumps(document))
    with pytest.raises(InvalidValue, match="the last of its 1000000000000 pictures is missing"):
        RenderedSet(broken)


def test_places_are_those_of_a_sequence(written: Path):
    with pytest.raises(IndexError, match="pictures 0 to 4, and no 5"):
        RenderedSet(written)[5]
    with pytest.raises(IndexError):
        RenderedSet(written)[-1]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plan.json", r"plan\.json is missing"),
        ("records/final.json", "not finished"),
        ("annotations/instances.json", "not finished"),
        ("records/000001.jsonl", r"000001\.jsonl, which has the labels of picture 3, is missing or damaged"),
        ("images/000003.png", r"000003\.png: cannot be read \(No such file or directory\)"),
        ("depth/000003.npy", r"000003\.npy: cannot be read"),
    ],
)
def test_a_file_that_is_missing_is_named(broken: Path, name: str, message: str):
    (broken / name).unlink()
    with pytest.raises(InvalidValue, match=message):
        RenderedSet(broken)[3]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("plan.json", b"[" * 100_000, "not one of a run"),
        ("plan.json", b'{"format": "diorama run", "format_version": 2}', "another version"),
        ("plan.json", b'{"format": "diorama run", "format_version": 1}', r"damaged \(KeyError"),
        ("plan.json", b'{"format": "diorama run", "format_version": 1, "seed": 0, "count": -3, "plan": {"views": 1, "frames": 1}}', "damaged"),
        ("records/000001.jsonl", b'{}\n{"exporter":"coco","record":{"annotations":[]}}\n', "missing or damaged"),
        ("records/000001.jsonl", b'{}\n{"exporter":"coco","record":3}\n' * 2, "missing or damaged"),
        ("images/000003.png", b"", "no picture"),
        ("images/000003.png", b"\x89PNG nothing", "no picture"),
        ("depth/000003.npy", b"\x93NUMPY", "cannot be read"),
        ("depth/000003.npy", HUGE_ARRAY, "cannot be read"),
        ("images/000003.png", HUGE_PICTURE, "no picture"),
        ("depth/000003.npy", WIDE_NUMBERS, "picture 3 do not fit each other"),
    ],
)
def test_a_file_that_is_damaged_is_named(broken: Path, name: str, data: bytes, message: str):
    (broken / name).write_bytes(data)
    with pytest.raises(InvalidValue, match=message):
        RenderedSet(broken)[3]


def test_files_of_another_size_are_refused(broken: Path):
    np.save(broken / "depth/000003.npy", np.zeros((3, 4), np.float32))
    with pytest.raises(InvalidValue, match="picture 3 do not fit each other"):
        RenderedSet(broken)[3]
    shutil.copy(broken / "depth/000001.npy", broken / "depth/000003.npy")
    lines = (broken / "records/000001.jsonl").read_text().replace('"size":[72,96]', '"size":[72,95]')
    (broken / "records/000001.jsonl").write_text(lines)
    with pytest.raises(InvalidValue, match="missing or damaged"):
        RenderedSet(broken)[3]


def test_sets_without_what_is_needed_are_refused(broken: Path, tmp_path: Path):
    with pytest.raises(InvalidValue, match="no such folder"):
        RenderedSet(tmp_path / "nowhere")
    document = json.loads((broken / "plan.json").read_bytes())
    for exporters, message in (
        ([{"name": "kitti"}], "without COCO's labels"),
        ([{"name": "coco", "depth_format": "none"}], "without depth"),
        ([{"name": "coco", "jpeg_quality": 900}], "jpeg_quality must be"),
        ([{"name": "coco", "color": "red"}], "no field"),
        (["coco"], "damaged"),
    ):
        document["plan"]["exporters"] = exporters
        (broken / "plan.json").write_text(json.dumps(document))
        with pytest.raises(InvalidValue, match=message):
            RenderedSet(broken)
