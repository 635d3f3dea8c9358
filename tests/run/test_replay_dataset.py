"""A picture of a data set made again from the folder alone."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from diorama.cli import main
from diorama.plan import default_plan
from diorama.run import generate_dataset
from diorama.run.replay import read_draws, replay_picture
from diorama.sim.errors import InvalidValue, OutputError, UnknownKey


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay") / "set"
    plan = default_plan("tabletop", resolution=(96, 64), views=2)
    generate_dataset(plan, seed=3, count=5, out=folder)
    return folder


@pytest.mark.parametrize("index", range(5))
def test_byte_for_byte(dataset, index):
    made = replay_picture(dataset, index)
    assert made.is_exact
    assert not made.different
    assert made.scene == index // 2
    assert len(made.files) == (2 if index == 4 else 4)


def test_one_change_in_what_was_drawn(dataset, tmp_path, capsys):
    draws = read_draws(dataset, 1)
    ev = draws["view-1/sensor"]["sensor"]["exposure_ev"] + 1
    assert main(["replay", str(dataset), "1", "--set", f"sensor.sensor.exposure_ev={ev}", "--out", str(tmp_path / "out")]) == 0
    assert "3 of 4 files are the same byte for byte, labels are the same" in capsys.readouterr().out
    before, after = (cv2.imread(str(folder / "images/000001.jpg")) for folder in (dataset, tmp_path / "out"))
    assert after.mean() > 1.2 * before.mean()


def test_the_plan_may_change_where_nothing_is_drawn(dataset):
    made = replay_picture(dataset, 0, changes=("resolution=[48, 32]",))
    assert not made.is_exact
    assert made.sample.frames[0].rgb.shape == (32, 48, 3)
    assert np.allclose(
        made.sample.frames[0].camera.world_from_camera.matrix, replay_picture(dataset, 0).sample.frames[0].camera.world_from_camera.matrix
    )


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ("lights.kelvins=3", UnknownKey, 'Did you mean "kelvin"'),
        ("randomizers.lights.kelvin=3", InvalidValue, "a replay draws nothing anew; change what was drawn: objects, drop"),
        ("veiws=3", UnknownKey, None),
        ("lights", InvalidValue, "expected PATH=VALUE"),
    ],
)
def test_changes_that_lead_nowhere(dataset, change, kind, said):
    with pytest.raises((kind, InvalidValue), match=said):
        replay_picture(dataset, 0, changes=(change,))


def test_folders_and_pictures_that_are_not_there(dataset, tmp_path, capsys):
    with pytest.raises(InvalidValue, match="has pictures 0 to 4, and no picture 5"):
        replay_picture(dataset, 5)
    (tmp_path / "plan.json").write_text("{}")
    assert main(["replay", str(tmp_path), "0"]) == 2
    assert "holds no plan.json of a run" in capsys.readouterr().err


def test_a_damaged_record(dataset, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    picture = copy / "images/000000.jpg"
    picture.write_bytes(picture.read_bytes()[:-1])
    with pytest.raises(OutputError, match="record of scene 0, or a file of it, is damaged"):
        replay_picture(copy, 1)
    document = json.loads((copy / "plan.json").read_text())
    (copy / "plan.json").write_text(json.dumps(document | {"seed": "three"}))
    with pytest.raises(InvalidValue, match="says neither seed nor count"):
        replay_picture(copy, 2)


def test_the_last_scene_has_the_views_that_were_due(tmp_path):
    """Also where no randomizer draws for views, so that the record names none."""
    base = default_plan("tabletop", resolution=(48, 32), views=3, min_visible_objects=0)
    plan = replace(base, randomizers=tuple(r for r in base.randomizers if r.stage != "view"))
    generate_dataset(plan, seed=3, count=4, out=tmp_path / "set")
    for index, files in ((2, 6), (3, 2)):
        made = replay_picture(tmp_path / "set", index)
        assert made.is_exact
        assert len(made.files) == files
