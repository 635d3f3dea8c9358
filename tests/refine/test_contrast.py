"""The contrastive loss of patches: what it is in closed form, that its slopes reach what was painted, and a training with it."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from diorama.refine.base import Rendered
from diorama.refine.contrast import TEMPERATURE, Contrast, info_nce
from diorama.refine.settings import TrainSettings
from diorama.refine.train import Training
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

SETTINGS = TrainSettings(
    steps=4, camera_steps=1, batch=2, crop_px=64, pictures=3, width=8, history=2, contrast=0.5, gradients=0.0, edges=0.0, penalty_every=2
)


def orthogonal(places: int, wide: int) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.linalg.qr(torch.randn(wide, wide)).Q[:places][None]


@pytest.mark.parametrize("places", [2, 7, 32])
def test_of_places_that_are_nothing_like_each_other(places: int):
    same = orthogonal(places, 32)
    expected = math.log1p((places - 1) * math.exp(-1 / TEMPERATURE))
    assert float(info_nce(5 * same, same)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("places", [2, 7, 32])
def test_its_least_is_that_of_a_simplex(places: int):
    """Of so many directions none are farther from each other than its corners', and nothing that is asked is nearer to one than itself."""
    corners = orthogonal(places, 32).double()
    corners = corners - corners.mean(1, keepdim=True)
    least = math.log1p((places - 1) * math.exp(-(1 + 1 / (places - 1)) / TEMPERATURE))
    assert float(info_nce(corners, corners)) == pytest.approx(least, rel=1e-9)
    torch.manual_seed(1)
    for spread in (1e-3, 0.1, 10):
        assert float(info_nce(corners + spread * torch.randn_like(corners), corners)) >= least * (1 - 1e-9)


def test_where_all_places_are_alike_it_is_that_of_guessing():
    assert float(info_nce(torch.ones(3, 40, 8), torch.ones(3, 40, 8))) == pytest.approx(math.log(40), rel=1e-6)


def test_it_is_the_cross_entropy_of_cosines_and_pictures_do_not_mix():
    torch.manual_seed(0)
    asked, known = torch.randn(2, 4, 9, 5).double()
    total = 0.0
    for picture in range(4):
        for place in range(9):
            close = [float(torch.cosine_similarity(asked[picture, place], other, dim=0)) / TEMPERATURE for other in known[picture]]
            total += math.log(sum(map(math.exp, close))) - close[place]
    assert float(info_nce(asked, known)) == pytest.approx(total / 36, rel=1e-9)


def test_it_falls_as_what_is_asked_comes_nearer_to_its_place():
    torch.manual_seed(0)
    known, away = torch.randn(2, 2, 16, 8)
    losses = [float(info_nce(known + share * away, known)) for share in (2.0, 1.0, 0.5, 0.25, 0.0)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 10 * losses[-1]


def test_its_slopes_reach_what_was_painted_and_its_own_layers_and_not_what_was_before():
    torch.manual_seed(0)
    contrast = Contrast()
    before, after = (torch.rand(2, 3, 64, 64, requires_grad=True) for _ in range(2))
    contrast(before, after, np.random.default_rng(0)).backward()
    assert before.grad is None
    assert after.grad is not None
    assert after.grad.abs().sum() > 0
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in contrast.parameters())


def test_its_layers_learn_to_find_places_again():
    """In pictures with other tones, and not where the picture was mirrored."""
    torch.manual_seed(0)
    contrast, rng = Contrast(), np.random.default_rng(0)
    optimizer = torch.optim.Adam(contrast.parameters(), lr=3e-3)
    noise = torch.from_numpy(np.stack([cv2.GaussianBlur(rng.uniform(0, 1, (64, 64, 3)).astype(np.float32), (0, 0), 2) for _ in range(4)]))
    before = ((noise - noise.min()) / (noise.max() - noise.min())).permute(0, 3, 1, 2)
    for _ in range(60):
        loss = contrast(before, before**1.3, rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        found, lost = (float(contrast(before, other, np.random.default_rng(1))) for other in (before**0.8, before.flip(3)))
    assert found < 0.5 < math.log(64) < lost


# --- in a training --------------------------------------------------------------------------------------------------


def scene(seed: int) -> Rendered:
    rng = np.random.default_rng(seed)
    rgb = cv2.GaussianBlur(rng.integers(0, 256, (72, 96, 3), np.uint8), (0, 0), 3)
    flat = np.zeros((72, 96), np.int32)
    return Rendered(rgb=rgb, depth_m=np.full((72, 96), 3, np.float32), instance=flat, category=flat)


def training(settings: TrainSettings = SETTINGS) -> Training:
    return Training([scene(k) for k in range(3)], [255 - scene(k).rgb for k in range(3)], settings, Seed(0))


def weights(done: Training) -> dict[str, torch.Tensor]:
    return {f"{name}.{key}": value for name, part in done.state()["networks"].items() if "optimizer" not in name for key, value in part.items()}


def test_a_training_with_it_goes_on_as_if_it_had_not_been_stopped():
    whole, stopped, resumed = training(), training(), training()
    losses = [whole.step() for _ in range(4)]
    assert [("contrast" in step) for step in losses] == [False, True, True, True]
    for _ in range(2):
        stopped.step()
    resumed.resume(stopped.state())
    for _ in range(2):
        resumed.step()
    expected, found = weights(whole), weights(resumed)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    assert not torch.equal(expected["contrast.heads.0.0.weight"], weights(training())["contrast.heads.0.0.weight"])
    with pytest.raises(InvalidValue, match="another training: its settings"):
        training(replace(SETTINGS, contrast=0.0)).resume(stopped.state())


def test_without_it_nothing_of_it_is_learned_and_it_changes_what_is():
    plain, contrasted = training(replace(SETTINGS, contrast=0.0)), training()
    fresh = weights(training())
    for done in (plain, contrasted):
        for _ in range(4):
            losses = done.step()
        assert ("contrast" in losses) == (done is contrasted)
    assert all(torch.equal(value, fresh[key]) for key, value in weights(plain).items() if key.startswith("contrast"))
    assert not torch.equal(weights(plain)["residual.out.weight"], weights(contrasted)["residual.out.weight"])


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_weight_that_makes_no_sense_is_refused(wrong: float):
    with pytest.raises(InvalidValue, match="contrast must be 0 or more"):
        replace(SETTINGS, contrast=wrong)
