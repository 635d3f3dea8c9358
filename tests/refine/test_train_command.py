"""``diorama refine train``: a refiner in a file, which `refine apply` takes, and everything beside it that was promised."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from diorama.cli import main
from diorama.refine import checkpoint, settings, train_commands
from diorama.refine.board import Board
from diorama.refine.files import locked
from diorama.refine.photos import find_photos
from diorama.refine.settings import TrainSettings
from diorama.refine.train import Training
from diorama.sim.errors import InvalidValue, UnknownName

# pycocotools has not caught up with NumPy 2.
pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"), pytest.mark.usefixtures("open_gate")]

TINY = TrainSettings(steps=4, camera_steps=2, batch=2, crop_px=64, pictures=4, width=8, history=4, oracle_steps=1)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "PRESETS", {"smoke": replace(TINY, steps=3), "cpu": TINY, "gpu": replace(TINY, device="cuda")})


def train(written: Path, photos: Path, out: Path, *more: str) -> int:
    return main(["refine", "train", "--sim", str(written), "--real", str(photos), "--hold-out", "5", "--out", str(out), *more])


def test_what_is_learned_is_written_told_and_applied(written: Path, photos: Path, tmp_path: Path, capsys):
    out = tmp_path / "r.pt"
    assert train(written, photos, out) == 0
    said = capsys.readouterr()
    assert "exposure" in said.out
    assert "only 7 photographs" in said.err
    _, facts = checkpoint.load(out)
    assert sorted(facts["photos"]) == sorted(find_photos(photos).split(5)[0].digests)
    lines = [json.loads(line) for line in (tmp_path / "r.samples/losses.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert {"camera"} <= lines[0].keys()
    assert {"refiner", "right", "change"} <= lines[-1].keys()
    assert cv2.imread(str(tmp_path / "r.samples/000004.png")).shape == (4 * 72, 4 * 96, 3)
    assert main(["refine", "apply", str(out), "--data", str(written), "--out", str(tmp_path / "refined")]) == 0


def test_resuming_gives_the_same_file(written: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole, stopped = tmp_path / "whole.pt", tmp_path / "stopped.pt"
    assert train(written, photos, whole) == 0
    with monkeypatch.context() as shorter:
        shorter.setitem(settings.PRESETS, "cpu", replace(TINY, steps=3))
        assert train(written, photos, stopped) == 0
    assert train(written, photos, stopped, "--resume") == 0
    assert stopped.read_bytes() == whole.read_bytes()


def test_time_that_is_up_leaves_a_state_to_go_on_from(written: Path, photos: Path, tmp_path: Path):
    assert train(written, photos, tmp_path / "r.pt", "--minutes", "1e-9") == 0
    assert checkpoint.load(tmp_path / "r.pt")[1]["steps"] == 0
    assert train(written, photos, tmp_path / "r.pt", "--resume") == 0
    assert checkpoint.load(tmp_path / "r.pt")[1]["steps"] == 4


def test_with_contrast_another_refiner_is_learned(written: Path, photos: Path, tmp_path: Path, capsys):
    for name, more in (("plain.pt", ()), ("contrast.pt", ("--contrast", "0.5"))):
        assert train(written, photos, tmp_path / name, *more) == 0
    assert checkpoint.load(tmp_path / "contrast.pt")[1]["settings"]["contrast"] == 0.5
    lines = (tmp_path / "contrast.samples/losses.jsonl").read_text().splitlines()
    assert "contrast" in json.loads(lines[-1])
    one, other = (checkpoint.load(tmp_path / name)[0].state() for name in ("plain.pt", "contrast.pt"))
    assert one.keys() == other.keys()
    assert not torch.equal(one["residual.out.weight"], other["residual.out.weight"])
    capsys.readouterr()
    assert train(written, photos, tmp_path / "r.pt", "--contrast", "-1") == 2
    assert "contrast must be 0 or more, got -1.0" in " ".join(capsys.readouterr().err.split())


def test_the_preset_for_cuda_runs_on_the_cpu_when_asked_to(written: Path, photos: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(settings.PRESETS, "gpu", replace(TINY, device="cuda", compile=True))
    assert train(written, photos, tmp_path / "r.pt", "--preset", "gpu", "--device", "cpu") == 0
    assert "nothing is compiled on the CPU" in capsys.readouterr().err
    assert checkpoint.load(tmp_path / "r.pt")[1]["settings"]["device"] == "cpu"


def test_losses_that_are_no_numbers_end_it_and_what_was_stored_is_kept(
    written: Path, photos: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(train_commands, "_SHOWN", 2)
    step = Training.step

    def failing(self: Training) -> dict[str, float]:
        losses = step(self)
        if self.steps_done == 3:
            for weight in self._residual.parameters():
                torch.nn.init.constant_(weight, torch.nan)
            raise ArithmeticError("step 3: losses are no numbers any more")
        return losses

    with monkeypatch.context() as broken:
        broken.setattr(Training, "step", failing)
        assert train(written, photos, tmp_path / "r.pt") == 2
    assert "step 3: losses are no numbers any more. What was stored before is kept" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "r.pt").exists()
    assert checkpoint.read_plain(tmp_path / "r.training.pt", "diorama training")["training"]["steps_done"] == 2
    assert train(written, photos, tmp_path / "r.pt", "--resume") == 0


@pytest.mark.parametrize(
    ("stop", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted after 3 steps, which are stored: go on with --resume"),
        (torch.OutOfMemoryError("CUDA"), 2, "the device's memory is full after 3 steps, which are stored"),
    ],
)
def test_a_training_that_has_to_end_is_stored(
    stop: BaseException, code: int, words: str, written: Path, photos: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    step = Training.step

    def stopped(self: Training) -> dict[str, float]:
        if self.steps_done == 3:
            raise stop
        return step(self)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "step", stopped)
        assert train(written, photos, tmp_path / "r.pt") == code
    assert words in " ".join(capsys.readouterr().err.split())
    assert train(written, photos, tmp_path / "whole.pt") == train(written, photos, tmp_path / "r.pt", "--resume") == 0
    assert (tmp_path / "r.pt").read_bytes() == (tmp_path / "whole.pt").read_bytes()


def test_two_trainings_at_once_are_kept_apart(written: Path, photos: Path, tmp_path: Path, capsys):
    (tmp_path / "r.samples").mkdir()
    with locked(tmp_path / "r.samples"):
        assert train(written, photos, tmp_path / "r.pt") == 2
    assert "another run is writing to" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["r.samples"]
    assert train(written, photos, tmp_path / "r.pt") == 0


def test_tensorboard_reads_all_losses_and_pictures(written: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By its own reader; what was written after the step that a training goes on from is not shown."""
    pytest.importorskip("tensorboard", reason='needs pip install "diorama[tensorboard]"')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = tmp_path / "board"
    with monkeypatch.context() as shorter:
        shorter.setitem(settings.PRESETS, "cpu", replace(TINY, steps=3))
        assert train(written, photos, tmp_path / "r.pt", "--tensorboard", str(folder)) == 0
    with Board(folder, steps_done=3) as lost:
        lost.losses(4, {"refiner": 1e9})
    assert train(written, photos, tmp_path / "r.pt", "--resume", "--tensorboard", str(folder)) == 0
    events = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0}).Reload()
    lines = [json.loads(line) for line in (tmp_path / "r.samples/losses.jsonl").read_text().splitlines()]
    names = sorted({name for line in lines for name in line} - {"step"})
    assert sorted(events.Tags()["scalars"]) == [f"losses/{name}" for name in names]
    for name in names:
        found = [(event.step, event.value) for event in events.Scalars(f"losses/{name}")]
        assert found == [(line["step"], pytest.approx(line[name], rel=1e-6)) for line in lines if name in line]
    pictures = events.Images("samples")
    assert [picture.step for picture in pictures] == [3, 4]
    shown = cv2.imdecode(np.frombuffer(pictures[-1].encoded_image_string, np.uint8), cv2.IMREAD_COLOR)
    assert (shown == cv2.imread(str(tmp_path / "r.samples/000004.png"))).all()


def test_without_tensorboard_it_is_said_what_to_install(written: Path, photos: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith(("tensorboard", "torch.utils.tensorboard"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent("tensorboard"), *sys.meta_path])
    assert train(written, photos, tmp_path / "r.pt", "--tensorboard", str(tmp_path / "board")) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert '--tensorboard needs tensorboard. Install it with: pip install "diorama[tensorboard]"' in said
    assert not list(tmp_path.iterdir())


class Absent:
    """Finds out that something is not installed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name: str, *_: object) -> None:
        if name == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_the_camera_alone_is_a_refiner(written: Path, photos: Path, tmp_path: Path):
    assert train(written, photos, tmp_path / "r.pt", "--camera-only") == 0
    assert not any(key.startswith("residual") for key in checkpoint.load(tmp_path / "r.pt")[0].state())


def test_bad_input_is_told_in_a_sentence(written: Path, photos: Path, tmp_path: Path, capsys):
    out = tmp_path / "r.pt"

    def said(*more: str, real: Path = photos, sim: Path = written, to: Path = out) -> str:
        assert train(sim, real, to, *more) == 2
        return " ".join(capsys.readouterr().err.split())

    assert "--minutes must be above 0" in said("--minutes", "0")
    assert "there is no folder" in said(to=tmp_path / "none" / "r.pt")
    assert "holds no data set" in said(sim=photos)
    assert "needs CUDA" in said("--preset", "gpu")
    assert "needs CUDA" in said("--device", "cuda")
    assert "r.training.pt" in said("--resume")
    assert train(written, photos, out) == 0
    assert "exists already" in said()
    others = tmp_path / "others"
    shutil.copytree(photos, others)
    (others / "00.png").unlink()
    assert "saw other photographs" in said("--resume", real=others)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"camera_steps": 9}, "camera_steps must be from 0"),
        ({"crop_px": 66}, "multiple of 4"),
        ({"batch": 3}, "must be even"),
        ({"bound": 0.0}, r"bound must be in \(0, 2\]"),
        ({"history": 0}, "history must be 1 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict, word: str):
    with pytest.raises(InvalidValue, match=word):
        replace(TINY, **change)


def test_a_loss_that_nobody_knows_is_refused():
    with pytest.raises(UnknownName, match='Did you mean "hinge"'):
        replace(TINY, loss="hing")
