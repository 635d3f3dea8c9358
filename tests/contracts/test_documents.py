"""What the documents say is so: their Python runs, their options exist, their links lead somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diorama.sim.frame import Sample

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
#: A command on a fresh machine: one line, with an environment of its own, from what is pinned.
COMMANDS = re.findall(r"^python3 -m venv (\S+) && (.*)$", README, re.MULTILINE)
CALLS = sorted(set(re.findall(r"diorama ((?:generate|describe|list|preview|replay|schema)\b[^#>\n`]*)", README)))


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
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
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
