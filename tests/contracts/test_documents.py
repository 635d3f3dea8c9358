"""What the documents say is so: their Python runs, their options exist, their links lead somewhere, their tables name what there is."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from diorama.sim.frame import Sample

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
#: Settings that pages give to built-in scenarios on the command line, but for a reader's own files.
SETTINGS = sorted(
    {
        (scenario, setting)
        for page in PAGES
        for scenario, rest in re.findall(r"diorama generate ([a-z-]+) ([^\n`#>]*)", page.read_text("utf-8"))
        for setting in re.findall(r"--set ('[^']+'|\S+)", rest)
        if "[path/to" not in setting and not setting.startswith("exporters.")  # which are named beside it
    }
)
#: A command on a fresh machine: one line, with an environment of its own, from what is pinned.
COMMANDS = re.findall(r"^python3 -m venv (\S+) && (.*)$", README, re.MULTILINE)
CALLS = sorted(set(re.findall(r"diorama ((?:generate|describe|list|assets|preview|replay|schema|episodes)\b[^#>\n`]*)", README)))


def diorama(*arguments):
    return subprocess.run([sys.executable, "-m", "diorama.cli", *arguments], capture_output=True, text=True, check=False)


def test_two_commands_that_each_make_their_own_environment():
    assert len(COMMANDS) == 2
    for venv, rest in COMMANDS:
        steps = rest.split(" && ")
        assert len(steps) == 2
        assert all(step.startswith(f"{venv}/bin/") for step in steps)
        assert "-c constraints.txt" in steps[0]
    assert COMMANDS[0][0] != COMMANDS[1][0]


def test_the_checks_run_the_readers_own_command():
    assert "README.md" in (ROOT / ".ci" / "run").read_text("utf-8")
    assert len(re.findall(r"-m pytest", README)) == 1


def test_the_python_on_the_first_page_runs():
    pieces = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    environment, names = ({}, {})
    for code, known in zip(pieces, (environment, names), strict=True):
        exec(compile(code, "README.md", "exec"), known)
    env = environment["env"]
    assert environment["observation"] in env.observation_space
    assert environment["info"]["draws"]
    env.close()
    sample = names["sample"]
    assert isinstance(sample, Sample)
    assert (sample.frames[0].rgb.shape, sample.frames[0].rgb.dtype) == ((480, 640, 3), np.uint8)
    assert (sample.frames[0].depth_m.shape, sample.frames[0].depth_m.dtype) == ((480, 640), np.float32)
    assert len(sample.frames) == 3
    assert len(sample.annotations[0].box_xyxy) == len(sample.annotations[0]) > 0
    assert sample.provenance.draws


@pytest.mark.parametrize("call", CALLS)
def test_every_option_on_the_first_page_exists(call):
    command, *words = shlex.split(call)
    usage = diorama(command, "--help").stdout
    assert [word for word in words if word.startswith("--") and word not in usage] == []


@pytest.mark.parametrize(("scenario", "setting"), SETTINGS)
def test_every_setting_in_the_documents_can_be_set(scenario, setting):
    described = diorama("describe", scenario, "--set", *shlex.split(setting))
    assert (described.returncode, described.stderr) == (0, "")


def test_options_named_in_passing_exist():
    usage = diorama("generate", "--help").stdout
    named = set(re.findall(r"`(--[a-z-]+)`", README))
    assert named
    assert {option for option in named if option not in usage} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_labels_on_the_first_page_are_described():
    table = README.split("| label | in `instances.json` |")[1].split("\n\n")[0]
    keys = set(re.findall(r"`([a-z_0-9]+)`", table))
    described = set(re.findall(r"`([a-z_0-9]+)`", (ROOT / "docs" / "coco.md").read_text("utf-8")))
    assert len(keys) > 10
    assert keys <= described


def test_the_python_of_batches_runs():
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "rendering.md").read_text("utf-8"), re.DOTALL)
    names: dict = {}
    exec(compile(code, "rendering.md", "exec"), names)
    assert (names["rgb"].shape, names["rgb"].dtype) == ((8, 1, 128, 128, 3), np.uint8)
    assert names["batch"]["instance"].numpy().any(axis=(1, 2, 3)).all()


def first_column(text: str) -> list[str]:
    """What stands in the first column of the first table in a text, below its head."""
    table = re.search(r"^\|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table
    return [row.split("|")[1].strip() for row in table[1].splitlines()]


def files_of(folder: Path, suffixes: str) -> set[str]:
    """What is written by hand in a folder: files of some suffixes, but not ``__init__.py``, and folders with a slash behind."""
    files = {path.name for path in folder.iterdir() if path.suffix in suffixes.split() and path.name != "__init__.py"}
    return files | {f"{path.name}/" for path in folder.iterdir() if path.is_dir() and any(path.glob("*.py"))}


@pytest.mark.parametrize(
    ("page", "heading", "folder"),
    [
        ("docs/rendering.md", "# Three renderers", "src/diorama/sim/render"),
        ("docs/rendering.md", "# The rasterizer", "src/diorama/sim/render/raster"),
        ("docs/rendering.md", "# OpenGL", "src/diorama/sim/render/gl"),
        ("docs/rendering.md", "# Path tracing", "src/diorama/sim/render/pathtrace"),
    ],
)
def test_tables_of_files_name_each_file_once(page, heading, folder):
    _, after = (ROOT / page).read_text("utf-8").split(f"{heading}\n")
    named = first_column(after)
    assert named == [f"`{name.strip('`')}`" for name in named]
    assert sorted(name.strip("`") for name in named) == sorted(files_of(ROOT / folder, ".py .frag"))


def test_every_benchmark_is_in_a_table():
    page = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    named = [name.strip("`") for name in first_column(page) + first_column(page.split("What they share:")[1])]
    assert sorted(named) == sorted(files_of(ROOT / "benchmarks", ".py"))


def test_layers_are_those_that_are_enforced():
    """Line by line as import-linter reads them, and nothing in the package is left out of them."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    outer, inner = (rule["layers"] for rule in rules if rule["type"] == "layers")
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## Layers")[1]
    for layers, text, folder in ((outer, page, "src/diorama"), (inner, page.split("Inside `sim`:")[1], "src/diorama/sim")):
        enforced = [set(re.findall(r"\w+", layer.replace("diorama.", ""))) for layer in layers]
        assert [set(re.findall(r"\w+", row)) for row in first_column(text)] == enforced
        assert set.union(*enforced) == {name.removesuffix(".py").removesuffix("/") for name in files_of(ROOT / folder, ".py")}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_tests_and_tools_that_are_named_exist(page):
    named = re.findall(r"`((?:tests|tools|benchmarks|docs|src)/[\w/.-]+\.\w+)(?:::(\w+))?`", page.read_text("utf-8"))
    assert [path for path, _ in named if not (ROOT / path).is_file()] == []
    assert [name for path, name in named if name and f"def {name}(" not in (ROOT / path).read_text("utf-8")] == []
