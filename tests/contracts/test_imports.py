"""`import diorama` is free, its names are those it promises, and no package reaches upwards."""

import json
import re
import subprocess
import sys
from pathlib import Path

import diorama

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "pybullet", "warp", "trimesh", "cv2", "pycocotools", "yaml", "tyro", "rich", "scipy", "torch"}


def in_fresh_python(code):
    """What the code prints, in an interpreter that knows only the installed package."""
    done = subprocess.run([sys.executable, "-I", "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_importing_prints_nothing_and_loads_nothing_heavy():
    out = in_fresh_python("import diorama, json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))")
    assert out.count("\n") == 1
    assert not HEAVY & set(json.loads(out))


def test_making_pictures_prints_nothing():
    """Neither ours nor the engines': standard output belongs to the program that uses us."""
    plan = "diorama.default_plan('tabletop', resolution=(64, 48))"
    assert in_fresh_python(f"import diorama; diorama.generate({plan}, seed=0, index=0, pictures=1)") == ""


def test_a_name_is_loaded_when_it_is_used_and_only_what_it_needs():
    """The data model needs NumPy, and neither physics nor a renderer."""
    out = in_fresh_python("import diorama, json, sys; diorama.SceneSpec; print(json.dumps(sorted(sys.modules)))")
    assert HEAVY & set(json.loads(out)) == {"numpy"}


def test_the_public_names_are_sorted_unique_and_there():
    constants = sorted(name for name in diorama.__all__ if name.isupper())
    classes = sorted(name for name in diorama.__all__ if not name.isupper() and not name[0].islower())
    functions = sorted(name for name in diorama.__all__ if name[0].islower())
    assert diorama.__all__ == constants + classes + functions
    assert len(set(diorama.__all__)) == len(diorama.__all__)
    for name in diorama.__all__:
        assert getattr(diorama, name) is not None
    assert set(diorama.__all__) <= set(dir(diorama))


def test_a_wrong_name_is_an_attribute_error():
    assert not hasattr(diorama, "Sceen")


def test_every_public_thing_says_what_it_is():
    undocumented = [name for name in diorama.__all__ if not name.isupper() and not getattr(diorama, name).__doc__]
    assert undocumented == []


def test_layers():
    """The contracts in pyproject.toml: who may import whom, and where an engine may be imported."""
    done = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_physics_engine_is_imported_in_one_file():
    """By name at run time, which the contracts above do not see."""
    by_name = re.compile(r"import_module\(\s*[\"']pybullet")
    files = {
        path.relative_to(ROOT / "src" / "diorama").as_posix() for path in (ROOT / "src").rglob("*.py") if by_name.search(path.read_text("utf-8"))
    }
    assert files == {"sim/physics/bullet.py"}
