"""The same seed gives the same bytes, whoever makes them, when, in which order and where; another seed gives others."""

import json
import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from small_set import COMMAND, COUNT, SCENES, VIEWS, make, pictures, small_plan, tree

import diorama


def test_what_is_compared_is_a_whole_data_set(expected):
    images = [f"{n:06d}" for n in range(COUNT)]
    assert expected.keys() == {
        *("annotations", "annotations/instances.json", "depth", "images", "plan.json", "records", "records/final.json"),
        *(f"images/{n}.jpg" for n in images),
        *(f"depth/{n}.png" for n in images),
        *(f"records/{s:06d}.jsonl" for s in range(SCENES)),
    }
    assert len({digest for path, digest in expected.items() if path.startswith("images/")}) == COUNT


def test_made_again(tmp_path, expected):
    assert tree(make(tmp_path / "deeper" / "again")) == expected


def test_made_by_two_workers(tmp_path, expected):
    assert tree(make(tmp_path, workers=2)) == expected


# --- scene by scene ---


def encoded(index, studio=None):
    """A scene's files by path, and the lines of its record that follow the first."""
    plan = small_plan()
    due = min(VIEWS, COUNT - index * VIEWS)
    sample = diorama.generate(plan, 0, index, studio=studio, pictures=due)
    dataset = diorama.Dataset(categories=diorama.AssetLibrary().categories(), info={})
    one = plan.exporters[0].encode(sample, index * VIEWS, dataset)
    return one.files, list(one.records)


def check_scene(index, made, folder):
    files, records = made
    assert files
    for path, data in files.items():
        assert data == (folder / path).read_bytes(), path
    lines = (folder / f"records/{index:06d}.jsonl").read_text().splitlines()[1:]
    assert records == [json.loads(line)["record"] for line in lines]


@pytest.mark.parametrize("index", [5, 0, 3])
def test_a_scene_alone(undisturbed, index):
    check_scene(index, encoded(index), undisturbed)


def test_scenes_backwards_in_one_studio(undisturbed):
    with diorama.Studio(small_plan()) as studio:
        for index in reversed(range(SCENES)):
            check_scene(index, encoded(index, studio), undisturbed)


def test_scenes_after_others(undisturbed):
    """Fuller scenes, of another seed, at another size, and one that was refused: none leaves a trace."""
    full = diorama.default_plan("tabletop", resolution=(131, 67), views=1)
    hopeless = diorama.default_plan("tabletop", resolution=(96, 72), views=1, min_visible_objects=1000, max_attempts=2)
    with diorama.Studio(small_plan()) as studio:
        for index in (4, 1):
            diorama.generate(full, 7, index, studio=studio)
            with pytest.raises(diorama.TooManyRejections):
                diorama.generate(hopeless, 3, index, studio=studio)
            check_scene(index, encoded(index, studio), undisturbed)


def test_two_studios_at_once(undisturbed):
    with diorama.Studio(small_plan()) as one, diorama.Studio(small_plan()) as other:
        for index in (2, 3):
            check_scene(index, encoded(index, one), undisturbed)
            check_scene(index, encoded(index, other), undisturbed)


# --- seeds and counts ---


def test_other_seeds_give_other_pictures_everywhere(tmp_path, undisturbed):
    """0 is a seed like any other; so are negative ones, and ones that no machine word holds."""
    sets = {0: pictures(undisturbed)} | {seed: pictures(make(tmp_path / str(seed), seed=seed)) for seed in (1, -1, 2**70, -(2**70))}
    for (a, one), (b, other) in combinations(sets.items(), 2):
        assert one.keys() == other.keys()
        assert not [path for path in one if one[path] == other[path]], f"seeds {a} and {b}"


def test_a_set_is_the_start_of_a_larger_one(tmp_path, undisturbed):
    part = make(tmp_path, count=5)
    whole = pictures(undisturbed)
    assert pictures(part) == {path: whole[path] for path in whole if int(path[-10:-4]) < 5}
    small, large = (json.loads((folder / "annotations/instances.json").read_text()) for folder in (part, undisturbed))
    assert small["images"] == large["images"][:5]
    assert small["annotations"] == [a for a in large["annotations"] if a["image_id"] <= 5]
    assert {k: small[k] for k in ("info", "licenses", "categories")} == {k: large[k] for k in ("info", "licenses", "categories")}


# --- surroundings ---

SURROUNDINGS = {
    "alone": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "crowded": {"PYTHONHASHSEED": "4294967295", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "7"},
    "optimized": {"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "2", "PYTHONUTF8": "1", "COLUMNS": "40", "TERM": "dumb", "LANGUAGE": "tr:de"},
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_surroundings_have_no_say(tmp_path, expected, name):
    """Hash seed, threads, locale, time zone, working directory, home and caches."""
    (tmp_path / "here").mkdir()
    # Warp's cache is kept: what it holds is a function of the kernels, and making it takes long.
    own = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "WARP_CACHE_PATH": warp_cache()}
    done = subprocess.run(
        [*COMMAND, "--out", "../set", "--workers", "1"],
        cwd=tmp_path / "here",
        env=os.environ | own | SURROUNDINGS[name],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "set") == expected


def test_a_decimal_comma_has_no_say(tmp_path, expected):
    """A program that uses us may have set its user's locale, in which C's `atof` and `printf` write numbers otherwise."""
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")], capture_output=True, check=False
    )
    if not made or not (tmp_path / "de_DE.UTF-8").exists():
        pytest.skip("no locale with a decimal comma can be made here")
    program = "import locale, sys; locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8'); from diorama.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *COMMAND[3:], "--out", str(tmp_path / "set"), "--workers", "1"],
        env=os.environ | {"LOCPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "set") == expected


def warp_cache() -> str:
    import warp

    return str(Path(warp.config.kernel_cache_dir).parent)


def test_the_command_and_python_ask_for_the_same(undisturbed):
    """Otherwise the tests of one would say nothing about the other."""
    asked = subprocess.run(
        [*COMMAND[:2], "diorama.cli", "describe", "tabletop", *COMMAND[7:], "--json"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert json.loads(asked) == json.loads((undisturbed / "plan.json").read_text())["plan"]
