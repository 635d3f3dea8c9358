"""What is shipped: the package, once. The links at the root stay in the repository."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import requires, version
from pathlib import Path, PurePosixPath

import pytest

import diorama

ROOT = Path(__file__).parents[2]
LINKS = ("exporters", "randomizers", "scenes", "sim")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def sources(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def build(kind, folder, out):
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", out], cwd=folder, check=True, capture_output=True)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Built from the unpacked sdist, as pip does for whoever has no wheel."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian's Python 3.11.2 has no filters yet
        archive.extractall(unpacked)
    (folder,) = unpacked.iterdir()
    return build("wheel", folder, tmp_path_factory.mktemp("wheel"))


def test_the_sdist_holds_each_file_once_and_no_links(sdist):
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    names = [PurePosixPath(*PurePosixPath(m.name).parts[1:]).as_posix() for m in members]
    assert len(names) == len(set(names))
    assert all(m.isfile() or m.isdir() for m in members)
    assert not [name for name in names if name.split("/")[0] in LINKS]
    assert {name.removeprefix("src/diorama/") for name in names if name.startswith("src/diorama/")} == sources(ROOT / "src" / "diorama")
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "constraints.txt"} <= set(names)


def test_the_wheel_holds_the_package_once(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(f"diorama-{diorama.__version__}.dist-info/METADATA").decode()
        scripts = archive.read(f"diorama-{diorama.__version__}.dist-info/entry_points.txt").decode()
    assert len(names) == len(set(names))
    assert {name.split("/")[0] for name in names} == {"diorama", f"diorama-{diorama.__version__}.dist-info"}
    assert {name.removeprefix("diorama/") for name in names if name.startswith("diorama/")} == sources(ROOT / "src" / "diorama")
    assert "diorama/py.typed" in names, "type checkers believe our annotations"
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "License-Expression: MIT" in metadata
    assert "diorama = diorama.cli:main" in scripts


@pytest.mark.parametrize("name", LINKS)
def test_the_folders_at_the_root_show_the_package(name):
    if not (ROOT / name).is_symlink():
        pytest.skip("not a checkout of the repository")
    assert (ROOT / name).readlink().as_posix() == f"src/diorama/{name}"
    assert (ROOT / name / "__init__.py").is_file()


def test_the_version_is_written_once():
    assert version("diorama") == diorama.__version__


def canonical(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def test_the_core_stays_small():
    core = {canonical(r) for r in PROJECT["dependencies"]}
    assert core == {"numpy", "opencv-python-headless", "pybullet", "pycocotools", "pyyaml", "rich", "trimesh", "tyro", "warp-lang"}


def test_everything_installable_is_pinned():
    """Every requirement of ours, extras included, has one exact version in constraints.txt."""
    pinned = re.findall(r"^([\w.-]+)==[\w.]+$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(pinned) == len({canonical(name) for name in pinned})
    needed = {canonical(r) for r in requires("diorama") or ()} - {"diorama"}
    assert needed <= {canonical(name) for name in pinned}


def test_the_tests_run_with_the_pinned_versions_of_the_core():
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))
    core = {canonical(r) for r in PROJECT["dependencies"]}
    assert {name: version(name) for name in core} == {name: pinned[name] for name in core}
