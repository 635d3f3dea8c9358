"""The label gate lets through what leaves labels right, and stops what does not, for the right reason."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from label_controls import HARMFUL, HARMLESS, moved
from numpy.typing import NDArray

import diorama
from diorama.cli import main
from diorama.refine.base import Rendered
from diorama.refine.gate import GateSettings, Measure, _classes, _Seen, gate
from diorama.refine.oracle import Oracle, OracleSettings
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pictures() -> list[Rendered]:
    """Three views each of five tables with things of four kinds."""
    plan = diorama.default_plan("tabletop", resolution=(160, 120), views=3)
    kinds = tuple(f"household:{kind}/*" for kind in ("mug", "banana", "book", "plate"))
    few = tuple(replace(r, count=diorama.UniformInt(5, 8), assets=kinds) if r.name == "objects" else r for r in plan.randomizers)
    plan, out = replace(plan, randomizers=few, channels=("category",)), []
    with diorama.Studio(plan) as studio:
        for index in range(5):
            sample = diorama.generate(plan, 1, index, studio=studio)
            for frame, labels in zip(sample.frames, sample.annotations, strict=True):
                labelled = np.isin(frame.instance, labels.body_index + 1)
                instance, category = (np.where(labelled, channel, 0).astype(np.int32) for channel in (frame.instance, frame.category))
                out.append(Rendered(rgb=frame.rgb, depth_m=frame.depth_m, instance=instance, category=category))
    return out


@pytest.fixture(scope="module")
def oracle(pictures: list[Rendered]) -> Oracle:
    return Oracle.trained(pictures, Seed(0).child("oracle"), OracleSettings(crop_px=64, steps=1000))


@pytest.mark.parametrize("name", HARMLESS)
def test_what_leaves_labels_right_passes(name: str, pictures: list[Rendered], oracle: Oracle):
    report = gate(pictures, [HARMLESS[name](pictures, k) for k in range(len(pictures))], oracle)
    assert report.failed == ()
    if name == "nothing":
        assert [measure.value for measure in report.measures] == [0, 0, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("name", HARMFUL)
def test_what_makes_labels_wrong_fails_for_its_reason(name: str, pictures: list[Rendered], oracle: Oracle):
    change, reasons = HARMFUL[name]
    report = gate(pictures, [change(pictures, k) for k in range(len(pictures))], oracle)
    assert reasons <= set(report.failed)


def test_one_picture_of_many_fails_alone_and_is_named(pictures: list[Rendered], oracle: Oracle):
    after = [picture.rgb for picture in pictures]
    after[7] = moved(after[7], 0.5)
    report = gate(pictures, after, oracle)
    assert report.failed == ("shift of a picture",)
    assert {measure.worst for measure in report.measures if not measure.passed} == {(7,)}


@pytest.mark.parametrize(("known", "failed"), [(0.35, set()), (0.8, {"classes", "poorest class"})])
def test_a_class_fails_by_itself_only_where_the_network_knows_it(known: float, failed: set[str]):
    """Each picture has 100 pixels of nothing, 100 of a class that is seen as before, and 100 of one of which, by chance, more or less is seen."""

    def confusion(seen: int) -> NDArray[np.int64]:
        return np.array([[100, 0, 0], [0, 100, 0], [100 - seen, 0, seen]])

    before, after = round(100 * known), [round(100 * known * share) for share in (0.4, 1.0)]
    seen = [
        _Seen(moved_px=np.zeros(1), places=1, edges=1.0, outline=1.0, confusions=(confusion(before), confusion(after[k % 2])), lost=0, new=0)
        for k in range(4)
    ]
    measures = _classes(seen, Oracle([3, 7], other=False, patch=4), GateSettings())
    assert {measure.name for measure in measures if not measure.passed} == failed


def test_nothing_to_measure_fails(pictures: list[Rendered], oracle: Oracle):
    """A grey picture has no edges: it cannot be shown that its labels are right."""
    empty = replace(pictures[0], rgb=np.full_like(pictures[0].rgb, 90))
    assert {"shift", "classes"} <= set(gate([empty], [empty.rgb], oracle).failed)


def test_a_value_that_is_not_a_number_passes_no_limit():
    nothing = float("nan")
    assert not any(Measure(name="any", value=nothing, limit=1, must_reach=must_reach).passed for must_reach in (False, True))


def test_sets_that_do_not_belong_together_are_refused(pictures: list[Rendered], oracle: Oracle):
    with pytest.raises(InvalidValue, match="15 before and 1 after"):
        gate(pictures, [pictures[0].rgb], oracle)
    with pytest.raises(InvalidValue, match="picture 0 was"):
        gate(pictures[:1], [pictures[0].rgb[1:]], oracle)
    with pytest.raises(InvalidValue, match="edges must be above 0"):
        GateSettings(edges=1.5)


# --- the command ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set, the same brighter, and the same with a label changed."""
    root = tmp_path_factory.mktemp("gate")
    plan = diorama.default_plan("tabletop", resolution=(160, 120), views=2)
    few = tuple(replace(r, count=diorama.UniformInt(3, 4), assets=("household:plate/*",)) if r.name == "objects" else r for r in plan.randomizers)
    for name in ("before", "brighter", "moved", "relabelled"):
        diorama.generate_dataset(replace(plan, randomizers=few), seed=0, count=4, out=root / name)
    for name, change in (("brighter", lambda rgb: cv2.convertScaleAbs(rgb, alpha=1.1)), ("moved", lambda rgb: moved(rgb, 3))):
        for path in (root / name / "images").iterdir():
            cv2.imwrite(str(path), change(cv2.imread(str(path))), [cv2.IMWRITE_JPEG_QUALITY, 98])
    instances = root / "relabelled/annotations/instances.json"
    instances.write_bytes(instances.read_bytes().replace(b"plate", b"saucer"))
    (root / "brighter/refined.json").write_text("{}")
    return root


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_the_command_says_what_failed_and_where(folders: Path, capsys: pytest.CaptureFixture[str]):
    kept = ["--oracle", str(folders / "oracle.pt"), "--steps", "120"]
    assert main(["refine", "gate", "--before", str(folders / "before"), "--after", str(folders / "moved"), *kept]) == 1
    text = said(capsys)
    assert "shift of a picture" in text
    assert "gate failed by shift" in text
    written = (folders / "oracle.pt").read_bytes()
    assert main(["refine", "gate", "--before", str(folders / "before"), "--after", str(folders / "brighter"), *kept]) == 0
    assert "4 pictures: labels are right" in said(capsys)
    assert (folders / "oracle.pt").read_bytes() == written


def test_other_labels_fail_before_anything_is_looked_at(folders: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["refine", "gate", "--before", str(folders / "before"), "--after", str(folders / "relabelled")]) == 1
    assert "annotations/instances.json differs" in said(capsys)


def test_bad_input_is_told_in_a_sentence(folders: Path, capsys: pytest.CaptureFixture[str]):
    before = str(folders / "before")
    assert main(["refine", "gate", "--before", before, "--after", before]) == 2
    assert "are one folder" in capsys.readouterr().err
    assert main(["refine", "gate", "--before", before, "--after", str(folders)]) == 2
    (folders / "noise.pt").write_bytes(b"noise")
    assert main(["refine", "gate", "--before", before, "--after", str(folders / "brighter"), "--oracle", str(folders / "noise.pt")]) == 2
    assert "noise.pt: this is no file of a diorama oracle" in " ".join(capsys.readouterr().err.split())
