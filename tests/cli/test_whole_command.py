"""The command with nothing faked, at a size that takes seconds."""

import json
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import cv2
import pytest
from pycocotools.coco import COCO

from diorama.cli import main
from diorama.plan import default_plan, load_plan

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SMALL = ("--resolution", "96x64", "--views", "2", "--objects", "2-3", "--workers", "1")


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data set of three images from two scenes."""
    out = tmp_path_factory.mktemp("made") / "set"
    assert main(["generate", "tabletop", "--out", str(out), "--count", "3", *SMALL]) == 0
    return out


def test_the_folder(made):
    assert {path for path in files(made) if not path.startswith("records/")} == {
        "plan.json",
        "annotations/instances.json",
        *(f"images/00000{i}.jpg" for i in range(3)),
        *(f"depth/00000{i}.png" for i in range(3)),
    }
    coco = COCO(str(made / "annotations/instances.json"))
    assert [image["file_name"] for image in coco.dataset["images"]] == ["000000.jpg", "000001.jpg", "000002.jpg"]
    for label in coco.dataset["annotations"]:
        assert coco.annToMask(label).sum() == label["area"]
    assert cv2.imread(str(made / "images/000002.jpg")).shape == (64, 96, 3)


def test_its_plan_makes_it_again(made, tmp_path):
    """`plan.json` is a plan file, and options that say what it says already change nothing."""
    plan = load_plan(made / "plan.json")
    assert (plan.resolution, plan.views) == ((96, 64), 2)
    assert plan.scenario.name == default_plan("tabletop").scenario.name
    assert main(["generate", str(made / "plan.json"), "--out", str(tmp_path / "set"), "--count", "3", "--workers", "2"]) == 0
    assert files(tmp_path / "set") == files(made)


def test_a_finished_run_resumes_to_itself_and_refuses_others(made, capsys):
    before = files(made)
    assert main(["generate", "tabletop", "--out", str(made), "--count", "3", *SMALL, "--resume"]) == 0
    assert "3 (3 of them finished before)" in capsys.readouterr().out
    for options, said in (((), "--resume"), (("--resume", "--seed", "1"), "seed: 0 there, 1 now")):
        assert main(["generate", "tabletop", "--out", str(made), "--count", "3", *SMALL, *options]) == 2
        assert said in capsys.readouterr().err
    assert files(made) == before


def test_preview(made, capsys):
    assert main(["preview", str(made)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == made.with_name("set-preview.png").resolve()
    assert cv2.imread(str(path)).shape[2] == 3
    assert main(["preview", str(made), "--out", str(made / "images")]) == 2
    assert "ends in .png" in capsys.readouterr().err


def test_more_objects_than_fit(tmp_path, capsys):
    out = tmp_path / "set"
    Path(tmp_path / "plan.yaml").write_text(
        "scenario: {name: tabletop, width_m: 0.4}\nresolution: [64, 48]\nrandomizers: [{name: objects, count: 900}, drop, camera-shell]\n"
    )
    assert main(["generate", str(tmp_path / "plan.yaml"), "--out", str(out), "--count", "1", "--workers", "1"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert re.search(r"\b\d+ of 900\b", said)


def test_interrupted_by_hand_and_gone_on_with(made, tmp_path):
    """Ctrl-C ends at once, with the way to go on; then the folder is the same as undisturbed."""
    out = tmp_path / "set"
    command = [sys.executable, "-m", "diorama.cli", "generate", "tabletop", "--out", str(out), "--count", "3", *SMALL]
    # What a shell runs in the background ignores Ctrl-C, these tests perhaps among it.
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=hears) as running:
        assert running.stderr is not None
        assert str(out) in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130
    assert "Traceback" not in said
    assert f"finished in {out}: go on with --resume." in said
    assert main([*command[3:], "--resume"]) == 0
    assert files(out) == files(made)
    assert json.loads((out / "plan.json").read_text())["count"] == 3
