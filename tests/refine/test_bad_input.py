"""Every command of ``diorama refine`` given what it cannot use: a sentence, exit code 2, and nothing written that was not there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from diorama.cli import main
from diorama.refine import checkpoint, settings
from diorama.refine.classifier import ClassifierSettings
from diorama.refine.settings import TrainSettings

# pycocotools has not caught up with NumPy 2.
pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"), pytest.mark.usefixtures("open_gate")]

#: Each command on a set S, photographs P and a refiner F, writing O.
COMMANDS = {
    "score": "--sim S --real P --out O",
    "fit": "histogram --real P --hold-out 5 --out O",
    "train": "--sim S --real P --hold-out 5 --out O",
    "apply": "F --data S --out O",
    "compare": "F --sim S --real P --hold-out 5 --out O",
    "gate": "--before S --after S2 --oracle O",
}
OF_PHOTOS = ("score", "fit", "train", "compare")
OF_SETS = ("train", "apply", "compare", "gate")

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch):
    tiny = TrainSettings(steps=2, camera_steps=1, batch=2, crop_px=64, pictures=4, width=8, history=4, oracle_steps=1)
    monkeypatch.setattr(settings, "PRESETS", {"cpu": tiny, "smoke": tiny, "gpu": tiny})
    monkeypatch.setattr("diorama.refine.score.ClassifierSettings", lambda size: ClassifierSettings(size=size, steps=1, batch=2))


@pytest.fixture
def run(written: Path, photos: Path, refiner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command with some of its places exchanged: the exit code, and what was said on standard error. None may leave anything behind if it fails."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(command: str, **places: object) -> tuple[int, str]:
        named: dict[str, object] = {"S": written, "S2": tmp_path / "after", "P": photos, "F": refiner, "O": "made"} | places
        code = main(["refine", command, *(str(named.get(word, word)) for word in COMMANDS[command].split())])
        if code:
            assert not list(Path.cwd().iterdir())
        return code, " ".join(capsys.readouterr().err.split())

    return run


def copied(photos: Path, folder: Path, *, count: int = 12) -> Path:
    folder.mkdir()
    for path in sorted(photos.iterdir())[:count]:
        shutil.copy(path, folder)
    return folder


@pytest.mark.parametrize("command", OF_PHOTOS)
def test_folders_that_hold_no_photographs(command: str, run: Run, photos: Path, tmp_path: Path):
    assert run(command, P=tmp_path / "none") == (2, f"diorama: {tmp_path}/none: there is no such folder; name a folder that holds photographs")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/a.txt").write_text("no picture")
    code, said = run(command, P=tmp_path / "texts")
    assert code == 2
    assert "there are no pictures in it (.bmp, .jpeg" in said
    assert "this is a file; name a folder" in run(command, P=photos / "00.png")[1]


@pytest.mark.parametrize("command", OF_PHOTOS)
def test_all_that_is_wrong_with_photographs_is_told_at_once(command: str, run: Run, photos: Path, tmp_path: Path):
    folder = copied(photos, tmp_path / "some")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "cut.png").write_bytes((photos / "01.png").read_bytes()[:900])
    cv2.imwrite(str(folder / "grey.png"), cv2.imread(str(photos / "01.png"), cv2.IMREAD_GRAYSCALE))
    code, said = run(command, P=folder)
    assert code == 2
    assert all(words in said for words in ("empty.jpg: this is no picture", "cut.png: this is no picture", "grey.png: this picture is greyscale"))
    assert "Mend these files, or move them away" in said


@pytest.mark.parametrize("command", OF_PHOTOS)
def test_photographs_of_several_sizes_are_fitted_and_few_are_warned_of(command: str, run: Run, photos: Path, tmp_path: Path):
    folder = copied(photos, tmp_path / "some")
    for number, size in enumerate([(640, 480), (75, 300), (200, 80)]):
        path = folder / f"{number:02d}.png"
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), size))
    code, said = run(command, P=folder, F=checkpoint_of_nobody(tmp_path))
    assert code == 0, said
    assert f"only {12 if command == 'score' else 5 if command == 'compare' else 7} photographs" in said


def checkpoint_of_nobody(folder: Path) -> Path:
    from diorama.refine.transfer import Identity

    checkpoint.save(folder / "identity.pt", Identity(), {})
    return folder / "identity.pt"


@pytest.mark.parametrize("command", ["fit", "train", "compare"])
def test_one_photograph_under_two_names_is_not_on_both_sides(command: str, run: Run, photos: Path, tmp_path: Path):
    folder = copied(photos, tmp_path / "some")
    shutil.copy(folder / "00.png", folder / "zz.png")
    code, said = run(command, P=folder)
    assert code == 2
    assert "1 of 5 photographs are among those that are not held out as well (zz.png)" in said


def test_a_refined_set_is_not_scored_on_what_its_refiner_saw(run: Run, written: Path, photos: Path, tmp_path: Path):
    folder = copied(photos, tmp_path / "some")
    assert run("apply", O=tmp_path / "refined")[0] == 0
    for path in sorted(folder.iterdir())[:3]:
        path.rename(path.with_name("x" + path.name))
    for command in ("score", "compare"):
        code, said = run(command, S=tmp_path / "refined", P=folder)
        assert code == 2
        assert f"of {12 if command == 'score' else 5} photographs are among those that the refiner of refined was made from" in said


def test_one_photograph_teaches_nothing(run: Run, photos: Path, tmp_path: Path):
    code, said = run("train", P=copied(photos, tmp_path / "some", count=6))
    assert code == 2
    assert "one photograph is left to learn from" in said


@pytest.mark.parametrize("command", OF_SETS)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plan.json", "holds no data set of Diorama: plan.json is missing"),
        ("records/final.json", "is not finished: its run was stopped. Go on with it by diorama generate --resume"),
        ("images/000004.png", "the last of its 5 pictures is missing"),
    ],
)
def test_sets_that_are_not_whole(command: str, name: str, message: str, run: Run, written: Path, tmp_path: Path):
    broken = shutil.copytree(written, tmp_path / "broken")
    (broken / name).unlink()
    code, said = run(command, S=broken, S2=written)
    assert code == 2
    assert message in said


@pytest.mark.parametrize("command", ["train", "apply", "compare", "gate"])
def test_pictures_of_several_sizes(command: str, run: Run, written: Path, tmp_path: Path):
    broken = shutil.copytree(written, tmp_path / "broken")
    cv2.imwrite(str(broken / "images/000000.png"), np.zeros((80, 96, 3), np.uint8))
    out = tmp_path / "out"
    code, said = run(command, S=broken, S2=written, O=out)
    assert code == 2
    assert "the labels of picture 0, is missing or damaged, or the picture is of another size" in said
    assert not any((out / name).exists() for name in ("images/000000.png", "annotations/instances.json", "records/final.json"))


class Planted:
    """Runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "ran")


@pytest.mark.parametrize("command", ["apply", "compare", "gate", "train", "generate"])
def test_files_with_code_are_refused_and_nothing_of_them_runs(command: str, run: Run, written: Path, photos: Path, tmp_path: Path, capsys):
    proof, evil = tmp_path / "proof", tmp_path / "evil.pt"
    kinds = {"gate": "diorama oracle", "train": "diorama training"}
    torch.save({"format": kinds.get(command, checkpoint.KIND), "format_version": 1, "facts": Planted(proof)}, evil)
    if command == "gate":
        other = shutil.copytree(written, tmp_path / "after")
        code, said = run("gate", S2=other, O=evil)
    elif command == "train":
        out = tmp_path / "r.pt"
        shutil.copy(evil, tmp_path / "r.training.pt")
        code = main(["refine", "train", "--sim", str(written), "--real", str(photos), "--hold-out", "5", "--out", str(out), "--resume"])
        said = " ".join(capsys.readouterr().err.split())
    elif command == "generate":
        code = main(["generate", "tabletop", "--count", "1", "--refiner", str(evil), "--out", str(tmp_path / "set")])
        said = " ".join(capsys.readouterr().err.split())
    else:
        code, said = run(command, F=evil)
    assert code == 2
    assert "Nothing of it was run" in said
    assert not proof.exists()
    torch.load(evil, weights_only=False)
    assert proof.read_text() == "ran"  # it would have


@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_that_cannot_be_written_is_told_before_the_work(command: str, run: Run, written: Path, tmp_path: Path, monkeypatch):
    """No picture is scored, and no network trained, for nothing."""
    monkeypatch.setattr("diorama.refine.classifier.separability", lambda *_: pytest.fail("it was scored"))
    monkeypatch.setattr("diorama.refine.oracle.Oracle.trained", lambda *_: pytest.fail("it was trained"))
    monkeypatch.setattr("diorama.refine.train.Training.__init__", lambda *_: pytest.fail("it was trained"))
    other = shutil.copytree(written, tmp_path / "after")
    (tmp_path / "file").write_text("mine")
    assert run(command, O=tmp_path / "file/x", S2=other, F=checkpoint_of_nobody(tmp_path))[0] == 2
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes").write_text("mine")
    if command in ("fit", "train", "gate"):
        code, said = run(command, O=tmp_path / "full", S2=other)
        assert code == 2
        assert "is a folder, or no plain file" in said
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes"]


@pytest.mark.parametrize("command", ["fit", "train"])
def test_a_refiner_that_was_made_is_not_written_over(command: str, run: Run, tmp_path: Path):
    (tmp_path / "r.pt").write_bytes(b"half an hour of work")
    code, said = run(command, O=tmp_path / "r.pt")
    assert code == 2
    assert "r.pt exists already" in said
    assert (tmp_path / "r.pt").read_bytes() == b"half an hour of work"


def test_a_state_to_go_on_from_is_not_written_over(run: Run, tmp_path: Path):
    (tmp_path / "r.training.pt").write_bytes(b"half an hour of work")
    code, said = run("train", O=tmp_path / "r.pt")
    assert code == 2
    assert "r.training.pt exists already; go on with it by --resume" in said


def test_an_oracle_is_not_written_into_a_set(run: Run, written: Path, tmp_path: Path):
    other = shutil.copytree(written, tmp_path / "after")
    for place in (written / "o.pt", other / "images/o.pt"):
        code, said = run("gate", S2=other, O=place)
        assert code == 2
        assert "in one of the data sets would make it differ" in said
        assert not place.exists()
