"""``diorama refine fit``, ``apply`` and ``compare``, and ``diorama generate --refiner``."""

import json
from pathlib import Path

import numpy as np
import pytest

from diorama.cli import main
from diorama.refine import checkpoint
from diorama.refine.photos import find_photos
from diorama.refine.rendered_set import RenderedSet
from diorama.refine.transfer import Histogram

# pycocotools has not caught up with NumPy 2.
pytestmark = [pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"), pytest.mark.usefixtures("open_gate")]


def test_fit_and_apply(written: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "r.pt"
    assert main(["refine", "fit", "histogram", "--real", str(photos), "--hold-out", "5", "--out", str(path)]) == 0
    assert "fitted histogram to 7 photographs" in capsys.readouterr().out
    known = find_photos(photos).split(5)[0]
    refiner, facts = checkpoint.load(path)
    assert facts == {"photos": list(known.digests)}
    assert isinstance(refiner, Histogram)
    assert np.array_equal(refiner.shares, Histogram.fitted(known).shares)

    command = ["refine", "apply", str(path), "--data", str(written), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert "refined 5 pictures" in capsys.readouterr().out
    pictures = RenderedSet(written)
    assert np.array_equal(RenderedSet(tmp_path / "out").rgb(2), refiner.apply(pictures[2], pictures.seed_of(2)))
    assert main(command) == 0
    assert "refined 0 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "reinhart", "--real", "R", "--out", "o.pt"], 'no method named "reinhart". Did you mean "reinhard"'),
        (["fit", "reinhard", "--real", "nowhere", "--out", "o.pt"], "there is no such folder"),
        (["apply", "none.pt", "--data", "S", "--out", "out"], "none.pt: cannot be read"),
        (["apply", "P", "--data", "S", "--out", "out", "--workers", "0"], "workers must be 1 or more, got 0"),
        (["compare", "--sim", "R", "--real", "R", "--hold-out", "3"], "holds no data set of Diorama"),
        (["compare", "--sim", "S", "--real", "R", "--hold-out", "12"], "cannot hold out 12 of 12"),
        (["compare", "P", "P", "--sim", "S", "--real", "R", "--hold-out", "5"], "named twice"),
        (["compare", "P", "--sim", "S", "--real", "R", "--hold-out", "6"], "photographs are among those that reinhard.pt was made from"),
    ],
)
def test_what_can_be_mended_is_said(
    words: list[str],
    message: str,
    written: Path,
    photos: Path,
    refiner: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    places = {"S": str(written), "R": str(photos), "P": str(refiner)}
    assert main(["refine", *(places.get(word, word) for word in words)]) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")
    assert not list(tmp_path.iterdir())


def test_compare_scores_all_beside_each_other(
    written: Path, photos: Path, refiner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Colours of the photographs bring the moments nearer; the same refiner from a file gets the same score."""
    from diorama.refine import score as scoring

    whole = scoring.score
    fast = scoring.ClassifierSettings(size=(96, 72), crop_px=32, steps=2, batch=4)
    monkeypatch.setattr(scoring, "score", lambda sets, real, **more: whole(sets, real, size=(96, 72), classifier=fast, **more))
    words = ["refine", "compare", str(refiner), "--sim", str(written), "--real", str(photos), "--hold-out", "5", "--out", str(tmp_path / "gap")]
    assert main(words) == 0
    gaps = {gap["name"]: gap for gap in json.loads((tmp_path / "gap/gap.json").read_bytes())}
    assert list(gaps) == ["unrefined", "reinhard", "histogram", "fourier", "reinhard.pt", "photographs"]
    assert {name: gap["count"] for name, gap in gaps.items()} == dict.fromkeys(gaps, 5) | {"photographs": 7}
    assert gaps["reinhard"] | {"name": ""} == gaps["reinhard.pt"] | {"name": ""}
    far = gaps["unrefined"]["distance"]["value"]
    assert gaps["histogram"]["distance"]["value"] < far / 2
    assert abs(gaps["photographs"]["distance"]["value"]) < far / 4
    said = capsys.readouterr()
    assert all(name in said.out for name in gaps)
    assert [line for line in said.err.splitlines() if line.startswith("scored")] == [f"scored {name}, {k} of 6" for k, name in enumerate(gaps, 1)]
    assert (tmp_path / "gap/gap.png").stat().st_size > 1000


def test_generate_takes_a_refiner(refiner: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--count", "1", "--resolution", "64x48", "--objects", "2", "--workers", "1"]
    assert main(["generate", "tabletop", *words, "--refiner", str(refiner), "--out", str(tmp_path / "refined")]) == 0
    assert main(["generate", "tabletop", *words, "--out", str(tmp_path / "plain")]) == 0
    once, before = (tmp_path / folder for folder in ("refined", "plain"))
    assert (once / "annotations/instances.json").read_bytes() == (before / "annotations/instances.json").read_bytes()
    assert (once / "depth/000000.png").read_bytes() == (before / "depth/000000.png").read_bytes()
    assert (once / "images/000000.jpg").read_bytes() != (before / "images/000000.jpg").read_bytes()
    assert "refine" in capsys.readouterr().out
