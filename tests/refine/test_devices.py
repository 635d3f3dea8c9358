"""What a training does where there is no CUDA to try it on: everything is on one device, can be compiled, and is refused in words."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from diorama.refine import train
from diorama.refine.base import Rendered
from diorama.refine.discriminators import Discriminators, penalty
from diorama.refine.geometry import Geometry
from diorama.refine.residual import ResidualBranch
from diorama.refine.settings import PRESETS, TrainSettings
from diorama.refine.train import Training
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

SETTINGS = TrainSettings(steps=6, camera_steps=2, batch=2, crop_px=64, pictures=3, width=8, history=2, contrast=0.1, penalty_every=1, compile=True)


def scene(seed: int) -> Rendered:
    rng = np.random.default_rng(seed)
    rgb = cv2.GaussianBlur(rng.integers(0, 256, (72, 96, 3), np.uint8), (0, 0), 2)
    labels = (rgb[..., 0] > 128).astype(np.int32)
    return Rendered(rgb=rgb, depth_m=np.full((72, 96), 3, np.float32), instance=labels, category=labels)


def training(settings: TrainSettings) -> Training:
    return Training([scene(k) for k in range(3)], [255 - scene(k).rgb for k in range(3)], settings, Seed(0))


def test_everything_of_a_step_is_on_one_device(monkeypatch: pytest.MonkeyPatch):
    """On torch's device without any numbers, which refuses what is on another, as CUDA does."""
    monkeypatch.setattr(train, "device_of", lambda _: torch.device("meta"))
    autocast = torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda _, dtype, *, enabled: autocast("cpu", dtype, enabled=enabled))
    monkeypatch.setattr(torch.Tensor, "__float__", lambda _: 0.5)
    with pytest.raises(RuntimeError, match="device"):
        torch.ones(3, device="meta") * torch.ones(3)
    done = training(SETTINGS)
    losses = [done.step() for _ in range(6)]
    assert {"camera"} <= losses[0].keys()
    assert {"refiner", "discriminators", "penalty", "contrast"} <= losses[-1].keys()
    assert {weight.device.type for weight in done._residual.parameters()} == {"meta"}


def test_the_residual_is_one_graph_that_gives_the_same_numbers_and_slopes():
    torch.manual_seed(0)
    network = ResidualBranch(width=8, bound=0.6)
    torch.nn.init.normal_(network.out.weight)
    geometry = Geometry(torch.rand(2, 6, 32, 32), torch.randint(0, 9, (2, 32, 32)))
    found = []
    for change in (network.change, torch.compile(network.change, backend="aot_eager", fullgraph=True)):
        network.zero_grad()
        change(torch.full((2, 3, 64, 64), 0.4), geometry).square().mean().backward()
        found.append([weight.grad.clone() for weight in network.parameters() if weight.grad is not None])
    assert len(found[0]) == len(found[1]) == len(list(network.parameters()))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_discriminators_cannot_be_compiled_which_is_why_they_are_not():
    """Should this fail, torch has learned to take slopes of slopes of what it compiled."""
    judges = Discriminators(width=8)
    with pytest.raises(RuntimeError, match="double backward"):
        penalty(torch.compile(judges, backend="aot_eager"), torch.rand(1, 3, 64, 64)).backward()


def test_on_the_cpu_nothing_is_compiled_and_it_is_the_same_training(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch, "compile", lambda *_, **__: pytest.fail("it was compiled"))
    assert PRESETS["gpu"].compile
    done, plain = training(SETTINGS), training(replace(SETTINGS, compile=False))
    done.step()
    plain.resume(done.state())  # neither where nor how decides what is learned
    assert done.step() == plain.step()


@pytest.mark.parametrize(("built_with", "why"), [(None, "was built without it"), ("13.0", "finds no device that has it")])
def test_cuda_that_is_not_there_is_refused(built_with: str | None, why: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", built_with)
    with pytest.raises(InvalidValue, match=f"this needs CUDA, and torch .* {why}"):
        training(replace(SETTINGS, device="cuda"))
