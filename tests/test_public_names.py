"""The public names: all there, all lazy, and none hidden by a module of the same name."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import diorama

SOURCE = Path(diorama.__file__)
HEAVY = ("numpy", "warp", "pybullet", "cv2", "trimesh", "pycocotools", "yaml", "tyro", "rich", "scipy", "torch")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_importing_loads_nothing_and_prints_nothing():
    loaded = python("import sys, diorama; sys.stdout.write(' '.join(sys.modules))").split()
    assert not {name for name in loaded if name.partition(".")[0] in HEAVY}
    assert [name for name in loaded if name.startswith("diorama")] == ["diorama"]


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "generate --help",
        "describe --help",
        "list --help",
        "assets --help",
        "preview --help",
        "--version",
        "nonsense",
        "generate --nonsense",
    ],
)
def test_the_command_line_answers_without_the_engines(command):
    code = f"""
import contextlib, io, sys
from diorama.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
    main({command.split()!r})
sys.stdout.write(' '.join(sys.modules))
"""
    loaded = {name.partition(".")[0] for name in python(code).split()}
    assert not loaded & {"numpy", "warp", "pybullet", "cv2", "trimesh", "pycocotools", "scipy", "torch"}


def test_every_name_is_there():
    for name in diorama.__all__:
        thing = getattr(diorama, name)
        assert getattr(thing, "__name__", name) == name
        assert name in dir(diorama)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        diorama.nonsense  # noqa: B018


def test_names_are_listed_once_and_the_same_everywhere():
    """For people (`__all__`), for type checkers (the imports) and at run time (where each lives)."""
    tree = ast.parse(SOURCE.read_text())
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {(node.module, alias.name) for node in ast.walk(checked) if isinstance(node, ast.ImportFrom) for alias in node.names}
    lives = {(module, name) for module, names in diorama._HOMES.items() for name in names.split()}
    assert imported == lives
    assert sorted(diorama.__all__) == sorted(name for _, name in lives)


def test_no_module_hides_a_name():
    """Importing a submodule binds it in the package: no public name may be one."""
    modules = {path.stem for path in SOURCE.parent.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not modules & set(diorama.__all__)


def test_the_version_is_read_without_importing():
    (found,) = re.findall(r'^__version__ = "([^"]+)"$', SOURCE.read_text(), re.MULTILINE)
    assert found == diorama.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", found)
