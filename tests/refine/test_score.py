"""``diorama refine score``: what it measures is there, and what cannot be measured is said."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from diorama.cli import main
from diorama.refine.classifier import ClassifierSettings
from diorama.refine.score import score, sheet
from diorama.refine.statistics import named_gap, statistics

SIZE = (96, 72)
FAST = ClassifierSettings(size=SIZE, crop_px=48, steps=30, batch=16)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks of a few pixels gain nothing from more, and lose much where others want the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scenes(count: int, seed: int) -> list[NDArray[np.uint8]]:
    """Blots of chance, in colours that no channel of which is near black or white."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        blots = cv2.GaussianBlur(rng.uniform(0, 1, (72, 96, 3)).astype(np.float32), (0, 0), 3)
        out.append((60 + 120 * (blots - blots.min()) / (blots.max() - blots.min())).astype(np.uint8))
    return out


def write(folder: Path, pictures: list[NDArray[np.uint8]]) -> Path:
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:04d}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return folder


@pytest.mark.parametrize(
    ("change", "name", "sign"),
    [
        (lambda p: np.clip(p.astype(int) + 30, 0, 255), "brightness", 1),
        (lambda p: 128 + (p - 128.0) * 0.6, "contrast", -1),
        (lambda p: p * np.array([1.2, 1, 1]), "red_gain", 1),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 2), "blur", 1),
        (lambda p: p + np.random.default_rng(7).normal(0, 6, p.shape[:2])[..., None], "noise", 1),
        (lambda p: p.mean(axis=2, keepdims=True) * 0.5 + p * 0.5, "saturation", -1),
    ],
)
def test_a_known_gap_is_found_by_its_name(change, name: str, sign: int):
    real = statistics(scenes(20, 0), SIZE)
    changed = [np.clip(change(p), 0, 255).astype(np.uint8) for p in scenes(20, 1)]
    gap, none = named_gap(statistics(changed, SIZE), real), named_gap(statistics(scenes(20, 1), SIZE), real)
    assert gap.shifts[name] * sign > 1.5
    assert abs(none.shifts[name]) < 1


def test_the_spectrum_of_white_noise_is_flat_and_that_of_half_the_noise_a_quarter():
    rng = np.random.default_rng(0)
    noise = [np.repeat(rng.normal(128, 30, (72, 96, 1)).clip(0, 255), 3, axis=2).astype(np.uint8) for _ in range(60)]
    whole, half = statistics(noise, SIZE), statistics([(128 + (p - 128.0) / 2).round().astype(np.uint8) for p in noise], SIZE)
    assert np.ptp(whole.power_db[4:]) < 1.5
    np.testing.assert_allclose(whole.power_db[4:] - half.power_db[4:], 20 * np.log10(2), atol=0.1)


def test_a_set_is_at_no_distance_from_itself():
    some = statistics(scenes(8, 0), SIZE)
    gap = named_gap(some, some)
    assert (set(gap.shifts.values()), gap.spectrum_db, gap.gradients) == ({0.0}, 0.0, 0.0)


def test_sets_are_compared_by_the_same_draws_and_in_any_company():
    real, near, far = scenes(12, 0), scenes(12, 1), [p // 2 for p in scenes(12, 1)]
    together = score({"near": near, "far": far}, real, size=SIZE, classifier=FAST)
    alone = score({"far": far}, real, size=SIZE, classifier=FAST)
    assert together[1] == alone[0]
    assert together[0].separability.auc < together[1].separability.auc
    assert together[0].distance.value < together[1].distance.value / 10


def test_the_sheet_has_a_row_for_each_set_and_one_for_photographs():
    assert sheet({"a": scenes(3, 0), "b": scenes(9, 1)}, scenes(7, 2), size=SIZE).shape == (3 * 72, 6 * 96, 3)


def test_the_command_writes_what_it_says(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("diorama.refine.score.ClassifierSettings", lambda size: ClassifierSettings(size=size, steps=8, batch=8))
    sim, real = write(tmp_path / "street/images", [p // 2 for p in scenes(6, 1)]).parent, write(tmp_path / "photos", scenes(9, 0))
    assert main(["refine", "score", "--sim", str(sim), "--real", str(real), "--hold-out", "6", "--out", str(tmp_path / "gap")]) == 0
    said = capsys.readouterr()
    (gap,) = json.loads((tmp_path / "gap/gap.json").read_text())
    assert gap["name"] == "street"
    assert gap["count"] == 6
    assert gap["extractor"] == "random-cnn"
    assert f"{gap['separability']['auc']:.3f}" in said.out
    assert "FID" not in said.out
    assert "only 6 photographs" in said.err
    assert cv2.imread(str(tmp_path / "gap/gap.png")).shape == (2 * 180, 6 * 240, 3)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--sim", "none", "--real", "photos"], "none: there is no such folder"),
        (["--sim", "photos", "--real", "photos"], "4 of 4 photographs are among the pictures they are compared with as well"),
        (["--sim", "sim", "sim", "--real", "photos"], "names one folder twice"),
        (["--sim", "sim", "--real", "photos"], "5 pictures on either side are the least"),
        (["--sim", "sim", "--real", "photos", "--hold-out", "4"], "cannot hold out 4 of 4"),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments: list[str], word: str, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "photos", scenes(4, 0))
    write(tmp_path / "sim", scenes(6, 1))
    monkeypatch.chdir(tmp_path)
    assert main(["refine", "score", *arguments]) == 2
    assert word in " ".join(capsys.readouterr().err.split())
