"""Pictures refined as they are rendered: the same as refining them later, labels and geometry untouched, and a file that must not change."""

import json
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diorama
from diorama.exporters.arrays import Arrays
from diorama.plan import Plan, plan_from_json, plan_to_json
from diorama.refine import checkpoint
from diorama.refine.apply import refine_dataset
from diorama.refine.transfer import Identity
from diorama.run.replay import replay_picture
from diorama.sim.errors import AssetError, InvalidValue, OutputError

# pycocotools has not caught up with NumPy 2.
pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"), pytest.mark.usefixtures("open_gate")]
SET_SEED = 3


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def live(plan: Plan, refiner: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set, refined as it was made."""
    out = tmp_path_factory.mktemp("live") / "set"
    diorama.generate_dataset(replace(plan, refiner=str(refiner)), seed=SET_SEED, count=5, out=out)
    return out


def test_refined_at_once_or_later_is_the_same(live: Path, written: Path, refiner: Path, tmp_path: Path):
    """Where files lose nothing: all pictures, and all labels and depth."""
    refine_dataset(refiner, written, tmp_path / "later")
    once, later, before = files(live), files(tmp_path / "later"), files(written)
    own = {name for name in before if name.startswith("records/")} | {"plan.json"}  # what a run says of its files
    assert once.keys() == before.keys()
    assert {name: once[name] for name in once.keys() - own} == {name: later[name] for name in once.keys() - own}
    assert {name for name in once.keys() - own if once[name] != before[name]} == {f"images/{number:06d}.png" for number in range(5)}


def test_every_channel_but_the_colours_is_the_same(plan: Plan, refiner: Path):
    channels = ("normal", "radiance", "category", "albedo", "flow_forward", "shadow", "object_coordinates")
    before, after = (diorama.generate(replace(plan, channels=channels, refiner=name), 0, 0) for name in (None, str(refiner)))
    assert after.spec == before.spec
    assert after.provenance.draws == before.provenance.draws
    for one, other in zip(before.frames, after.frames, strict=True):
        for field in fields(one):
            same = _equal(getattr(one, field.name), getattr(other, field.name))
            assert same == (field.name != "rgb"), field.name
    for one, other in zip(before.annotations, after.annotations, strict=True):
        assert all(_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            _equal(getattr(one[key], f.name), getattr(other[key], f.name)) for key in one for f in fields(one[key])
        )
    return one == other


def test_pictures_of_all_exporters_are_refined(plan: Plan, refiner: Path, tmp_path: Path):
    both = replace(plan, exporters=(*plan.exporters, Arrays(channels=("rgb", "instance"))), refiner=str(refiner))
    diorama.generate_dataset(both, seed=SET_SEED, count=2, out=tmp_path / "set")
    for number in range(2):
        written = diorama.WrittenDataset(tmp_path / "set")[number][0].permute(1, 2, 0).numpy()
        assert np.array_equal(np.load(tmp_path / f"set/rgb/{number:06d}.npy"), written)


def test_how_many_work_and_where_one_begins_do_not_show(plan: Plan, live: Path, refiner: Path, tmp_path: Path):
    refined = replace(plan, refiner=str(refiner))
    diorama.generate_dataset(refined, seed=SET_SEED, count=5, out=tmp_path / "two", workers=2)
    assert files(tmp_path / "two") == files(live)
    first = diorama.generate(refined, SET_SEED, 1, pictures=1).frames[0]
    assert np.array_equal(first.rgb, diorama.WrittenDataset(live)[2][0].permute(1, 2, 0).numpy())


def test_a_replay_is_refined_as_well(live: Path):
    assert replay_picture(live, 3).is_exact


def test_a_refined_copy_is_not_replayed(written: Path, refiner: Path, tmp_path: Path):
    refine_dataset(refiner, written, tmp_path / "copy")
    with pytest.raises(InvalidValue, match="is a refined copy"):
        replay_picture(tmp_path / "copy", 3)


def test_a_run_goes_on_with_the_same_refiner_alone(plan: Plan, live: Path, refiner: Path, tmp_path: Path):
    out, mine = shutil.copytree(live, tmp_path / "set"), shutil.copy(refiner, tmp_path / "mine.pt")
    refined = replace(plan, refiner=str(refiner))
    (out / "images/000003.png").unlink()
    assert diorama.generate_dataset(refined, seed=SET_SEED, count=5, out=out, resume=True).made == 2
    assert files(out) == files(live)

    diorama.generate_dataset(replace(plan, refiner=str(mine)), seed=0, count=1, out=tmp_path / "other")
    checkpoint.save(Path(mine), Identity(), {})
    with pytest.raises(OutputError, match=r"assets\.refiner:.*mine\.pt"):
        diorama.generate_dataset(replace(plan, refiner=str(mine)), seed=0, count=1, out=tmp_path / "other", resume=True)


def test_the_record_has_the_refiner_and_what_it_runs_by(live: Path, refiner: Path):
    record = json.loads((live / "plan.json").read_bytes())
    assert record["plan"]["refiner"] == str(refiner)
    assert len(record["assets"][f"refiner:{refiner}"]) == 64
    assert "torch" in record["versions"]


def test_a_file_that_is_no_refiner_is_refused_before_anything_is_written(plan: Plan, tmp_path: Path):
    (tmp_path / "r.pt").write_bytes(b"\xff\xd8 a picture")
    for name in ("r.pt", "none.pt"):
        with pytest.raises((InvalidValue, AssetError), match=name):
            diorama.generate_dataset(replace(plan, refiner=str(tmp_path / name)), seed=0, count=1, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_setting_is_one_of_plans(plan: Plan):
    assert plan_from_json(plan_to_json(replace(plan, refiner="r.pt"))).refiner == "r.pt"
    assert plan_to_json(plan)["refiner"] is None


def test_without_torch_only_what_refines_is_missing(refiner: Path, tmp_path: Path):
    """In a fresh process: the commands that need it say so, before anything is written, and the rest does its work."""
    small = ["--count", "1", "--resolution", "64x48", "--objects", "2", "--workers", "1"]
    calls = [
        ["generate", "tabletop", *small, "--refiner", str(refiner), "--out", str(tmp_path / "refined")],
        ["refine", "fit", "reinhard", "--real", "photos", "--out", "r.pt"],
        ["refine", "apply", str(refiner), "--data", "set", "--out", "out"],
        ["refine", "compare", "--sim", "set", "--real", "photos", "--hold-out", "3"],
        ["generate", "tabletop", *small, "--out", str(tmp_path / "plain")],
    ]
    script = f"""
import sys
class Absent:
    def find_spec(self, name, *_):
        if name == "torch": raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Absent())
from diorama.cli import main
print([main(words) for words in {calls!r}])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.endswith("[2, 2, 2, 2, 0]\n")
    assert done.stderr.count('pip install "diorama[refine]"') == 4
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]
