"""How far two sets of pictures are apart: nothing between halves of one, much between styles, and the same on every call."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import polynomial_kernel

from diorama.refine.classifier import FOLDS, ClassifierSettings, _crops, auc, separability
from diorama.refine.features import RandomNetwork, kernel_distance
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

FAST = ClassifierSettings(size=(96, 72), crop_px=48, steps=60, batch=16)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks of a few pixels gain nothing from more, and lose much where others want the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pictures(count: int, seed: int, *, blur: float = 1.0, gain: float = 1.0) -> list[NDArray[np.uint8]]:
    """Blobs of chance in chance colours, seen by a camera of this sharpness and exposure."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        blobs = cv2.GaussianBlur(rng.uniform(0, 1, (72, 96, 3)).astype(np.float32), (0, 0), 4)
        blobs = (blobs > np.median(blobs)).astype(np.float32) * rng.uniform(0.3, 0.9, 3).astype(np.float32)
        out.append(np.clip(cv2.GaussianBlur(blobs, (0, 0), blur) * 255 * gain, 0, 255).astype(np.uint8))
    return out


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_auc_is_that_of_scikit_learn(negative: list[int], positive: list[int]):
    ours = auc(np.array(negative, float), np.array(positive, float))
    assert ours == pytest.approx(roc_auc_score([0] * len(negative) + [1] * len(positive), negative + positive))


def test_one_camera_cannot_be_told_from_itself_and_two_can():
    here = pictures(40, 0)
    same = separability(here, pictures(40, 1), Seed(0), FAST)
    assert same.low < 0.5 < same.high
    other = separability(here, pictures(40, 1, blur=2.5, gain=0.8), Seed(0), FAST)
    assert other.low > 0.8
    assert other.low <= other.auc <= other.high


def test_the_test_gives_the_same_on_every_call():
    one, other = pictures(10, 0), pictures(10, 1, gain=0.9)
    few, told = replace(FAST, steps=12), []
    once = separability(one, other, Seed(1), few)
    assert once == separability(one, other, Seed(1), few)
    assert once != separability(one, other, Seed(2), few)
    torch.set_num_threads(2)
    assert once == separability(one, other, Seed(1), few, workers=3, advance=lambda: told.append(1))
    assert torch.get_num_threads() == 2
    assert len(told) == FOLDS


def test_crops_are_squares_of_their_pictures_mirrored_half_of_the_time():
    """Each value says where it was."""
    ramp = np.stack(np.broadcast_arrays(np.arange(40)[:, None], np.arange(60), 7), axis=2).astype(np.uint8)
    found = _crops(np.stack([ramp, ramp + 100]), np.arange(200) % 2, np.random.default_rng(0), 32)
    assert found.is_contiguous(memory_format=torch.channels_last)
    codes = ((found + 1) * 127.5).round().int()
    mirrored = 0
    for number, (down, across, rest) in enumerate(codes):
        offset = 100 * (number % 2)
        top, columns = int(down[0, 0]) - offset, across[0] - offset
        assert 0 <= top <= 8
        assert (down == torch.arange(top, top + 32)[:, None] + offset).all()
        assert (rest == 7 + offset).all()
        way = int(columns[1] - columns[0])
        assert (columns == columns[0] + way * torch.arange(32)).all()
        assert 0 <= int(columns.min()) <= 28
        mirrored += way < 0
    assert 70 < mirrored < 130


def test_distance_is_the_unbiased_estimate_under_the_cubic_kernel():
    """For sets that are one subset each, that of the kernel of scikit-learn."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (60, 7)), rng.normal(0.3, 1, (60, 7))
    xx, yy, xy = (polynomial_kernel(a, b, degree=3, gamma=1 / 7, coef0=1) for a, b in ((x, x), (y, y), (x, y)))
    others = ~np.eye(60, dtype=bool)
    found = kernel_distance(x, y, Seed(0))
    assert found.value == pytest.approx(xx[others].mean() + yy[others].mean() - 2 * xy.mean())
    assert found.error == pytest.approx(0, abs=1e-12)


def test_distance_grows_with_the_gap():
    network = RandomNetwork(size=(96, 72))
    here = network.features(pictures(60, 0))
    same, near, far = (
        kernel_distance(network.features(there), here, Seed(0)).value
        for there in (pictures(60, 1), pictures(60, 1, gain=0.85), pictures(60, 1, gain=0.6))
    )
    assert abs(same) < near / 4
    assert near < far / 4


def test_the_network_is_the_same_on_every_call_and_another_for_another_seed():
    some = pictures(3, 0)
    once, again, other = (RandomNetwork(size=(96, 72), seed=seed).features(some) for seed in (0, 0, 1))
    assert (once == again).all()
    assert not np.allclose(once, other)


def test_too_few_pictures_are_refused():
    with pytest.raises(InvalidValue, match="5 pictures on either side"):
        separability(pictures(4, 0), pictures(9, 0), Seed(0))
    with pytest.raises(InvalidValue, match="two pictures on either side"):
        kernel_distance(np.zeros((1, 3)), np.zeros((5, 3)), Seed(0))
    with pytest.raises(InvalidValue, match="no pictures"):
        RandomNetwork().features([])
    with pytest.raises(InvalidValue, match="crop_px must be between 16 and the shorter side"):
        ClassifierSettings(crop_px=500)
