"""Each example plan runs as its text says, and its samples come back from their records."""

import json
import runpy
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from diorama.cli import main
from diorama.plan import load_plan
from diorama.run.replay import replay_picture

PLANS = sorted((Path(__file__).parents[2] / "examples" / "plans").glob("*.yaml"))
#: The one that needs code is with its randomizer's example, in `test_examples.py`.
ALONE = [path for path in PLANS if path.name != "sunset.yaml"]

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.stem)
def test_runs_and_comes_back(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = path.with_suffix(".py")
    if script.is_file():
        runpy.run_path(str(script), run_name="__main__")
    views = load_plan(path).views
    assert main(["generate", str(path), "--count", str(2 * views), "--resolution", "160x120", "--workers", "1", "--out", "set"]) == 0
    coco = COCO("set/annotations/instances.json")
    assert len(coco.imgs) == 2 * views
    assert len(coco.anns) >= 2 * views * load_plan(path).min_visible_objects
    for scene in range(2):
        made = replay_picture("set", scene * views)
        assert made.is_exact
        assert made.different == ()


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_says_how_to_run_it(path):
    text = path.read_text()
    assert text.startswith("# ")
    assert f"diorama generate examples/plans/{path.name}" in text


def test_products_keep_their_faces(tmp_path, monkeypatch):
    """The plan for photographed products leaves their looks alone."""
    (path,) = (p for p in PLANS if p.stem == "flat_products")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path.with_suffix(".py")), run_name="__main__")
    assert main(["generate", str(path), "--count", "3", "--resolution", "96x72", "--workers", "1", "--out", "set"]) == 0
    head = json.loads(Path("set/records/000000.jsonl").read_text().splitlines()[0])
    objects = [one["name"] for one in head["draws"]["objects"]["objects"]]
    assert objects
    assert not set(objects) & set(head["draws"]["materials"]["materials"])
