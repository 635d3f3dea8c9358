"""A refined copy: pictures as the refiner makes them, all other files to the last byte, however often it was interrupted."""

import json
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
import torch

import diorama
from diorama.cli import main
from diorama.exporters.arrays import Arrays
from diorama.exporters.coco import Coco
from diorama.plan import Plan
from diorama.refine import apply, checkpoint
from diorama.refine.apply import refine_dataset
from diorama.refine.base import Rendered, Rgb
from diorama.refine.live import Refined, one_thread
from diorama.refine.rendered_set import RenderedSet
from diorama.refine.transfer import Identity
from diorama.sim.errors import InvalidValue, OutputError
from diorama.sim.seeds import Seed

# pycocotools has not caught up with NumPy 2.
pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"), pytest.mark.usefixtures("open_gate")]


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def begun_alike(there: dict[str, bytes], whole: dict[str, bytes]) -> bool:
    """Whether what is there is of the whole; what says how it came about has a word of the gate only later."""
    begun, ended = (json.loads(some.get("refined.json", b"{}")) for some in (there, whole))
    rest = {name: data for name, data in there.items() if name != "refined.json"}
    return rest.items() <= whole.items() and begun.items() <= ended.items()


@pytest.fixture(scope="module")
def whole(written: Path, refiner: Path, open_gate: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A copy made in one go."""
    out = tmp_path_factory.mktemp("refined") / "set"
    assert refine_dataset(refiner, written, out) == 5
    return files(out)


def test_pictures_alone_change(written: Path, refiner: Path, whole: dict[str, bytes]):
    before, after = files(written), dict(whole)
    record = json.loads(after.pop("refined.json"))
    assert record["gate"]["passed"]
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {f"images/{number:06d}.png" for number in range(5)}
    assert record["refiner"]["name"] == "reinhard"
    assert record["versions"]["torch"] == version("torch")
    made, pictures = checkpoint.load(refiner)[0], RenderedSet(written)
    for number, picture in enumerate(pictures):
        pixels = cv2.imdecode(np.frombuffer(after[f"images/{number:06d}.png"], np.uint8), cv2.IMREAD_COLOR_RGB)
        assert np.array_equal(pixels, made.apply(picture, pictures.seed_of(number)))


def test_a_refined_copy_is_a_data_set(written: Path, refiner: Path, tmp_path: Path):
    refine_dataset(refiner, written, tmp_path / "refined", workers=2)
    target, other = (diorama.WrittenDataset(folder)[3] for folder in (written, tmp_path / "refined"))
    assert not torch.equal(target[0], other[0])
    assert torch.equal(target[1]["masks"], other[1]["masks"])
    assert len(RenderedSet(tmp_path / "refined")) == 5


def test_how_many_work_does_not_show(written: Path, refiner: Path, whole: dict[str, bytes], tmp_path: Path):
    told: list[tuple[int, int]] = []
    refine_dataset(refiner, written, tmp_path / "out", workers=3, progress=lambda *numbers: told.append(numbers))
    assert files(tmp_path / "out") == whole
    assert told == [(number, 5) for number in range(1, 6)]


def test_identity_on_lossless_pictures_is_a_copy(written: Path, tmp_path: Path):
    checkpoint.save(tmp_path / "none.pt", Identity(), {})
    refine_dataset(tmp_path / "none.pt", written, tmp_path / "out")
    after = files(tmp_path / "out")
    del after["refined.json"]
    assert after == files(written)


def test_jpegs_keep_their_quality(plan: Plan, refiner: Path, tmp_path: Path):
    """Tables of quantization are those of the quality."""
    lossy = replace(plan, exporters=(Coco(jpeg_quality=71),))
    diorama.generate_dataset(lossy, seed=0, count=1, out=tmp_path / "set")
    refine_dataset(refiner, tmp_path / "set", tmp_path / "out")
    before, after = ((tmp_path / folder / "images/000000.jpg").read_bytes() for folder in ("set", "out"))
    start, end = before.index(b"\xff\xdb"), before.index(b"\xff\xc0")
    assert before[start:end] == after[start:end]
    assert before != after


@pytest.mark.parametrize("stop", range(1, 16, 3))
def test_a_stopped_copy_is_unfinished_and_goes_on(
    stop: int, written: Path, refiner: Path, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Stopped at any rename, as by a kill: what is there is whole, what says finished is not, and the next call ends with the same bytes."""
    out, calls = tmp_path / "out", 0
    replace_file = Path.replace

    def stopping(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise KeyboardInterrupt
        return replace_file(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopping)
        with pytest.raises(KeyboardInterrupt):
            refine_dataset(refiner, written, out)
    there = {name: data for name, data in files(out).items() if not name.endswith("-tmp")}
    assert begun_alike(there, whole)
    # Whoever was at work on another picture ends it; what says how a copy came about is there from the beginning, and again after the gate.
    assert stop - 2 <= len(there) < len(whole)
    if stop > 1:
        with pytest.raises(InvalidValue):
            RenderedSet(out)
    pictures = sum(name.startswith("images/") for name in there)
    assert refine_dataset(refiner, written, out) == 5 - pictures
    assert files(out) == whole


def test_a_copy_that_was_killed_goes_on_to_the_same_bytes(written: Path, refiner: Path, whole: dict[str, bytes], tmp_path: Path):
    """By the system itself, before any rename and amid any file, one process after the other on one copy: each leaves what is whole, and the last
    ends with all of it.
    """
    script = f"""
import os, signal, sys
from pathlib import Path
from diorama.refine import files
from diorama.refine.apply import refine_dataset
from diorama.refine.gate import GateReport, Measure
right = GateReport(1, (Measure(name="any", value=0.0, limit=0.0, must_reach=False),))
replace, stop = Path.replace, 0
def killed(self, target):
    global stop
    stop -= 1
    if stop == 0:
        if amid: self.write_bytes(self.read_bytes()[:-7])
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = killed
for stop, amid in ((1, False), (2, True), (3, False), (2, True), (3, True), (4, False)):
    if not (child := os.fork()):
        refine_dataset(Path({str(refiner)!r}), Path({str(written)!r}), Path({str(tmp_path / "out")!r}), workers=2, check=lambda *_: right)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    print(*sorted(p.name for p in Path({str(tmp_path / "out")!r}).rglob("*") if p.is_file()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    left = done.stdout.splitlines()
    assert len(left) == 6
    assert "tmp" in left[-1]
    there = {name: data for name, data in files(tmp_path / "out").items() if not name.endswith("-tmp")}
    assert begun_alike(there, whole)
    assert len(there) < len(whole)
    refine_dataset(refiner, written, tmp_path / "out")
    assert files(tmp_path / "out") == whole


def test_two_at_once_on_one_folder_are_kept_apart(
    written: Path, refiner: Path, whole: dict[str, bytes], tmp_path: Path, plan: Plan, capsys: pytest.CaptureFixture[str]
):
    """The second says so and touches nothing, not even what the first has in hand; a run of `generate` is kept out alike, and the lock goes away."""
    out, told = tmp_path / "out", []
    half = out / "images/000009.png.diorama-refine-tmp"

    def meanwhile(done: int, of: int) -> None:
        if done == 2:
            half.write_bytes(b"in hand")
            told.append(main(["refine", "apply", str(refiner), "--data", str(written), "--out", str(out)]))
            with pytest.raises(OutputError, match="another run is writing to"):
                diorama.generate_dataset(plan, seed=0, count=1, out=out)
            assert half.read_bytes() == b"in hand"
            half.unlink()

    assert refine_dataset(refiner, written, out, progress=meanwhile) == 5
    assert told == [2]
    assert f"another run is writing to {out}" in capsys.readouterr().err.replace("\n", "")
    assert files(out) == whole
    assert refine_dataset(refiner, written, out) == 0


def test_what_is_damaged_is_made_again_and_what_is_whole_is_kept(written: Path, refiner: Path, whole: dict[str, bytes], tmp_path: Path):
    out = tmp_path / "out"
    refine_dataset(refiner, written, out)
    (out / "images/000001.png").write_bytes(b"")
    (out / "images/000002.png").write_bytes(whole["images/000002.png"][:-9])
    (out / "depth/000001.npy").write_bytes(whole["depth/000001.npy"][:-4] + b"abcd")
    kept = (out / "images/000000.png").stat().st_mtime_ns
    assert refine_dataset(refiner, written, out) == 2
    assert files(out) == whole
    assert (out / "images/000000.png").stat().st_mtime_ns == kept


def test_folders_with_something_else_are_refused_and_not_touched(written: Path, refiner: Path, plan: Plan, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="not empty, and holds no refined data set"):
        refine_dataset(refiner, written, tmp_path / "mine")
    refine_dataset(refiner, written, tmp_path / "done")
    before = files(tmp_path / "done")
    checkpoint.save(tmp_path / "other.pt", Identity(), {})
    with pytest.raises(OutputError, match="by or of another refiner"):
        refine_dataset(tmp_path / "other.pt", written, tmp_path / "done")
    diorama.generate_dataset(plan, seed=0, count=1, out=tmp_path / "another")
    with pytest.raises(OutputError, match="by or of another data set"):
        refine_dataset(refiner, tmp_path / "another", tmp_path / "done")
    for again in ({"resume": True}, {"overwrite": True}, {}):
        with pytest.raises(OutputError, match="holds a refined copy"):
            diorama.generate_dataset(plan, seed=3, count=5, out=tmp_path / "done", **again)
    with pytest.raises(InvalidValue, match="refined already"):
        refine_dataset(refiner, tmp_path / "done", tmp_path / "twice")
    assert files(tmp_path / "done") == before
    assert files(tmp_path / "mine") == {"notes.txt": b"mine"}
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write here: it is a file"):
        refine_dataset(refiner, written, tmp_path / "file")


def test_a_copy_cannot_lie_in_its_set(written: Path, refiner: Path):
    for out in (written, written / "refined", written.parent, written / ".." / "set"):
        with pytest.raises(OutputError, match="inside its data set, nor around it"):
            refine_dataset(refiner, written, out)
    assert not (written / "refined").exists()


def test_links_are_refused(written: Path, refiner: Path, tmp_path: Path):
    (tmp_path / "secret").write_text("secret")
    broken = shutil.copytree(written, tmp_path / "broken")
    (broken / "images/linked.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidValue, match=r"linked\.txt is a symbolic link"):
        refine_dataset(refiner, broken, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pictures_in_other_formats_would_stay_and_are_refused(plan: Plan, refiner: Path, tmp_path: Path):
    for name, channels in (("rgb", ("rgb",)), ("normal", ("normal",))):
        both = replace(plan, exporters=(*plan.exporters, Arrays(channels=channels)))
        diorama.generate_dataset(both, seed=0, count=1, out=tmp_path / name)
    with pytest.raises(InvalidValue, match="in the format of arrays as well"):
        refine_dataset(refiner, tmp_path / "rgb", tmp_path / "out")
    refine_dataset(refiner, tmp_path / "normal", tmp_path / "out")
    assert files(tmp_path / "out/normal") == files(tmp_path / "normal/normal")


@dataclass(frozen=True)
class Smaller:
    """Makes what no refiner may."""

    name: ClassVar[str] = "test-smaller"

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        return picture.rgb[:-1]

    def state(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Smaller":
        return cls()


def test_a_refiner_that_changes_the_size_is_refused(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    checkpoint.REFINERS.register("test-smaller", Smaller)
    checkpoint.save(tmp_path / "small.pt", Smaller(), {})
    with pytest.raises(InvalidValue, match=r'"test-smaller" made \(71, 96, 3\) uint8 of a picture of \(72, 96, 3\)'):
        refine_dataset(tmp_path / "small.pt", written, tmp_path / "out")
    assert not list(tmp_path.glob("out/images/*"))


def test_pictures_refined_when_asked_for_are_those_of_the_copy(written: Path, refiner: Path, whole: dict[str, bytes]):
    pictures = Refined(checkpoint.load(refiner)[0], RenderedSet(written))
    assert len(pictures) == 5
    for number, pixels in enumerate(pictures):
        stored = cv2.imdecode(np.frombuffer(whole[f"images/{number:06d}.png"], np.uint8), cv2.IMREAD_COLOR_RGB)
        assert np.array_equal(pixels, stored)


def test_threads_are_given_back():
    def failing():
        with one_thread():
            raise ValueError(f"in {torch.get_num_threads()} thread")

    torch.set_num_threads(2)
    with pytest.raises(ValueError, match="in 1 thread"):
        failing()
    assert torch.get_num_threads() == 2


def test_few_pictures_are_in_hand_at_once():
    """However many there are to make."""
    begun = 0

    def work() -> int:
        return 0

    def tasks():
        nonlocal begun
        for _ in range(100):
            begun += 1
            yield (work,)

    results = apply._concurrently(tasks(), 3)
    for done in range(1, 90):
        next(results)
        assert begun <= done + 3 * 2
    assert len(list(results)) == 11


def test_where_no_more_can_be_written_is_said_so_and_the_same_call_goes_on(written: Path, refiner: Path, whole: dict[str, bytes], tmp_path: Path):
    """The system allows files of 4 KB: the record is written, and no picture. What could not be written whole is not there."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"File too large[.] What is finished is kept: make room"):
            refine_dataset(refiner, written, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(tmp_path / "out").keys() == {"refined.json"}
    assert refine_dataset(refiner, written, tmp_path / "out") == 5
    assert files(tmp_path / "out") == whole
