"""Each example runs as its reader would run it, and what it leaves behind is what it says."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from pycocotools.coco import COCO

from diorama.cli import main
from diorama.exporters import EXPORTERS
from diorama.plan import load_plan
from diorama.randomizers import RANDOMIZERS
from diorama.scenes import SCENARIOS
from diorama.testing import check_exporter, check_randomizer, check_scenario

EXAMPLES = Path(__file__).parents[2] / "examples"

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def run(name: str, folder: Path) -> str:
    """What a script prints, run with --tiny in an empty folder."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), "--tiny"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_one_picture(tmp_path):
    *labels, last = run("01_one_picture.py", tmp_path).splitlines()
    assert files(tmp_path) == {"out/one_picture.png"}
    assert cv2.imread(str(tmp_path / "out/one_picture.png")).shape == (72, 96, 3)
    assert last.startswith(f"{len(labels)} objects, ")
    assert len(labels) > 2
    assert all("% visible, " in line for line in labels)


def test_dataset(tmp_path):
    said = run("02_dataset.py", tmp_path)
    coco = COCO(str(tmp_path / "out/dataset/annotations/instances.json"))
    assert len(coco.imgs) == 6
    assert f"6 images with {len(coco.anns) / 6:.1f} objects each" in said
    largest = max(coco.anns.values(), key=lambda label: label["area"])
    assert f"largest: a {coco.cats[largest['category_id']]['name']} of {largest['area']} pixels on image {largest['image_id']}" in said
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in files(tmp_path) if not path.endswith(("instances.json", "final.json"))}
    assert run("02_dataset.py", tmp_path) == said  # and nothing is made twice
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in before} == before


def test_own_randomizer(tmp_path):
    run("03_own_randomizer.py", tmp_path)
    assert files(tmp_path) == {"out/own_randomizer.png"}
    pair = cv2.imread(str(tmp_path / "out/own_randomizer.png"))
    assert pair.shape == (72, 192, 3)
    changed = (pair[:, :96] != pair[:, 96:]).any(axis=2).mean()
    assert 0.02 < changed < 1


def test_own_scene(tmp_path):
    said = run("04_own_scene.py", tmp_path).splitlines()
    assert files(tmp_path) == {"out/own_scene.png"}
    assert [line.split()[0] for line in said] == ["brick-0", "brick-1", "brick-2", "brick-3", "duck"]
    heights = [float(line.split(", ")[2].split(")")[0]) for line in said[:4]]
    assert heights == pytest.approx([0.02, 0.06, 0.10, 0.14], abs=0.002)  # a stack of bricks 4 cm thick


def test_plan_file(tmp_path):
    path = EXAMPLES / "05_plan_file.yaml"
    wanted = set(next(r for r in load_plan(path).randomizers if r.name == "objects").categories.values)
    assert main(["generate", str(path), "--count", "3", "--resolution", "160x120", "--out", str(tmp_path / "set"), "--workers", "1"]) == 0
    coco = COCO(str(tmp_path / "set/annotations/instances.json"))
    assert len(coco.imgs) == 3
    assert {coco.cats[label["category_id"]]["name"] for label in coco.anns.values()} <= wanted
    assert all(len(coco.getAnnIds(imgIds=[image])) >= 5 for image in coco.imgs)
    assert all(image["file_name"].endswith(".png") and image["depth_file"].endswith(".npy") for image in coco.imgs.values())
    heights = [image["world_from_camera"][2][3] for image in coco.imgs.values()]
    assert heights == pytest.approx([0.75 + 1.1] * 3, abs=0.15)  # a table and an arm's length above the floor


@pytest.fixture
def own_names(monkeypatch):
    """What an example registers is forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for registry in (SCENARIOS, RANDOMIZERS, EXPORTERS):
        monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
        monkeypatch.setattr(registry, "_targets", dict(registry._targets))


def body_lines(path: Path) -> int:
    """Lines of code of an example, without its imports, empty lines and docstrings."""
    tree = ast.parse(path.read_text())
    (cls,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return sum(bool(line.strip()) for line in path.read_text().splitlines()[cls.lineno - 2 : cls.end_lineno])


def test_my_scenario(tmp_path, own_names):
    path = EXAMPLES / "10_my_scenario.py"
    assert main(["generate", f"{path}:Podium", "--count", "4", "--views", "2", "--resolution", "96x72", "--out", str(tmp_path / "set")]) == 0
    check_scenario(SCENARIOS["podium"]())
    coco = COCO(str(tmp_path / "set/annotations/instances.json"))
    assert {coco.cats[label["category_id"]]["name"] for label in coco.anns.values()} == {"cube"}
    assert main(["replay", str(tmp_path / "set"), "3", "--plugin", str(path), "--out", str(tmp_path / "again")]) == 0
    for file in files(tmp_path / "again"):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "set" / file).read_bytes()
    assert body_lines(path) < 30


def test_my_randomizer(tmp_path, own_names):
    path, plan = EXAMPLES / "11_my_randomizer.py", EXAMPLES / "plans/sunset.yaml"
    options = ("--plugin", str(path), "--count", "2", "--resolution", "96x72", "--workers", "1", "--out", str(tmp_path / "set"))
    assert main(["generate", str(plan), *options]) == 0
    check_randomizer(RANDOMIZERS["sunset"]())
    head = json.loads((tmp_path / "set/records/000000.jsonl").read_text().splitlines()[0])
    assert head["draws"]["sunset"]["elevation_deg"] == 15
    assert body_lines(path) < 30


def test_my_exporter(tmp_path, own_names):
    path = EXAMPLES / "12_my_exporter.py"
    exporters = ("--plugin", str(path), "--exporter", "coco", "--exporter", "yolo-text")
    options = ("--count", "3", "--views", "3", "--resolution", "96x72", "--out", str(tmp_path / "set"))
    assert main(["generate", "tabletop", *exporters, *options]) == 0
    check_exporter(EXPORTERS["yolo-text"]())
    coco = COCO(str(tmp_path / "set/annotations/instances.json"))
    names = (tmp_path / "set/classes.txt").read_text().split()
    for number, image in enumerate(coco.imgs.values()):
        lines = [line.split() for line in (tmp_path / f"set/labels/{number:06d}.txt").read_text().splitlines()]
        labels = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        assert [names[int(line[0])] for line in lines] == [coco.cats[label["category_id"]]["name"] for label in labels]
        for line, label in zip(lines, labels, strict=True):
            x, y, w, h = label["bbox"]
            assert [float(v) for v in line[1:]] == pytest.approx([(x + w / 2) / 96, (y + h / 2) / 72, w / 96, h / 72], abs=1e-6)
    assert body_lines(path) < 30


def test_train_lane_follow(tmp_path):
    *_, drove, last = run("21_train_lane_follow.py", tmp_path).splitlines()
    assert files(tmp_path) == {"out/lane_follow/network.pt", "out/lane_follow/runs.png"}
    assert cv2.imread(str(tmp_path / "out/lane_follow/runs.png")).shape == (72, 72 + 6 * 96, 3)
    assert drove.startswith(("road 1: kept its lane", "road 1: left its lane"))
    assert " of 1 unseen roads" in last


def test_lerobot_episodes(tmp_path):
    said, last = run("22_lerobot_episodes.py", tmp_path).splitlines()
    folder = tmp_path / "out/lerobot"
    told = pq.read_table(folder / "meta/episodes").to_pylist()
    rows = pq.read_table(folder / "data").to_pydict()
    assert [row["length"] for row in told] == [rows["episode_index"].count(0), rows["episode_index"].count(1)]
    assert said.startswith("2 of ")
    assert said.endswith(f" episodes succeeded, {len(rows['index'])} steps: out/lerobot")
    ends = [row["dataset_to_index"] - 1 for row in told]
    assert [index for index, success in enumerate(rows["next.success"]) if success] == ends
    assert [index for index, done in enumerate(rows["next.done"]) if done] == ends
    with av.open(str(folder / "videos/observation.images.rgb/chunk-000/file-000.mp4")) as film:
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(shown) == len(rows["index"])
    assert last == "the last one, from its video: out/lerobot.png"
    strip = cv2.cvtColor(cv2.imread(str(tmp_path / "out/lerobot.png")), cv2.COLOR_BGR2RGB)
    assert np.array_equal(strip[:, :64], shown[ends[0] + 1])
    assert np.array_equal(strip[:, -64:], shown[ends[1]])


def test_every_example_is_tested():
    mine = Path(__file__).read_text()
    names = sorted(path.name for path in EXAMPLES.iterdir() if path.is_file())
    numbers = [int(name[:2]) for name in names]
    assert len(set(numbers)) == len(numbers)
    assert all(f'"{name}"' in mine for name in names)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_only_public_names(path):
    """Besides `import diorama` and its checkers, an example needs nothing of ours."""
    imports = [line for line in path.read_text().splitlines() if "diorama" in line and line.split()[0] in ("import", "from")]
    assert all(line == "import diorama" or line.startswith(("from diorama import ", "from diorama.testing import ")) for line in imports)


def test_training_to_grasp(tmp_path):
    """Two rounds and four trials say nothing of how well it grasps; that all of it runs, and tries what it says."""
    said = run("20_train_grasp.py", tmp_path)
    tried = [int(count) for count in re.findall(r"(\d+) grasps tried", said)]
    assert len(tried) == 2
    assert 0 < tried[0] < tried[1] <= 2 * 4 * 10
    for policy in ("random", "heuristic", "network"):
        held, of, share = map(int, re.search(rf"{policy} +held (\d+) of (\d+): (\d+)%", said).groups())
        assert of == 4
        assert share == round(100 * held / of)
    assert cv2.imread(str(tmp_path / "out/grasp/trials/0000.png")).shape == (384, 384, 3)
