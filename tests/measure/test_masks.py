"""Class shares of masks, generated and real."""

import cv2
import numpy as np
import pytest

from diorama.cli import main
from diorama.measure.masks import class_shares
from diorama.sim.errors import InvalidValue
from diorama.sim.semantics import BY_NAME, CAMVID


def mask(path, rows):
    """A mask of 10 columns whose rows have these numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.repeat(np.array(rows, np.uint8)[:, None], 10, axis=1))


@pytest.fixture
def folders(tmp_path):
    ids = [BY_NAME[name].id for name in ("sky", "building", "wall", "road", "road", "terrain", "static")]
    mask(tmp_path / "sim" / "gtFine" / "train" / "a" / "0_gtFine_labelIds.png", ids)
    mask(tmp_path / "real" / "0.png", [CAMVID.index("sky"), CAMVID.index("road"), CAMVID.index("building"), 11])
    mask(tmp_path / "real" / "1.png", [CAMVID.index("sky"), CAMVID.index("tree"), CAMVID.index("road"), CAMVID.index("road")])
    return tmp_path / "sim", tmp_path / "real"


def test_shares_are_of_pixels_that_have_a_class(folders):
    shares = {s.name: s for s in class_shares(*folders, "camvid")}
    assert [s.name for s in class_shares(*folders, "camvid")] == list(CAMVID)
    assert {n: s.generated for n, s in shares.items() if s.generated} == pytest.approx(
        {"sky": 1 / 6, "building": 2 / 6, "road": 2 / 6, "tree": 1 / 6}
    )
    assert {n: s.real for n, s in shares.items() if s.real} == pytest.approx({"sky": 2 / 7, "road": 3 / 7, "building": 1 / 7, "tree": 1 / 7})
    assert shares["building"].ratio == pytest.approx(14 / 6)
    assert shares["car"].ratio is None


def test_cityscapes_masks_are_compared_id_by_id(folders):
    sim, _ = folders
    assert all(s.generated == s.real for s in class_shares(sim, sim, "cityscapes"))


def test_the_command_prints_the_largest_first(folders, capsys):
    sim, real = folders
    main(["fit", "masks", str(sim), str(real)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["class", "generated", "real", "ratio"]
    assert lines[1].split() == ["road", "33.33%", "42.86%", "0.78"]
    assert len(lines) == 5


@pytest.mark.parametrize("which", ["none", "empty", "number", "channels"])
def test_faults_are_named(folders, tmp_path, which):
    sim, real = folders
    said = {"none": "no such folder", "empty": "no masks", "number": "holds the number 40", "channels": "one 8-bit channel"}[which]
    if which == "none":
        real = tmp_path / "nowhere"
    elif which == "empty":
        real = tmp_path / "bare"
        real.mkdir()
    elif which == "number":
        mask(real / "2.png", [40])
    else:
        cv2.imwrite(str(real / "2.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(InvalidValue, match=said):
        class_shares(sim, real, "camvid")
