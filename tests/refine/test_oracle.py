"""The network that has to see the same before and after."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from label_controls import pale

from diorama.refine.base import Rendered
from diorama.refine.checkpoint import read_plain, write_plain
from diorama.refine.oracle import KIND, Oracle, OracleSettings
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

FAST = OracleSettings(crop_px=48, steps=60, batch=4)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def squares() -> list[Rendered]:
    """Bright and striped squares of categories 3 and 7 on a dull ground."""
    rng, out = np.random.default_rng(0), []
    for _ in range(6):
        rgb, instance, category = rng.integers(60, 90, (70, 90, 3), dtype=np.uint8), np.zeros((70, 90), np.int32), np.zeros((70, 90), np.int32)
        for number, kind in enumerate((3, 7), start=1):
            v, u = int(rng.integers(0, 46)), int(rng.integers(0, 20)) + 45 * (number - 1)
            place = np.s_[v : v + 24, u : u + 24]
            rgb[place] = 220 if kind == 3 else (np.arange(24) // 3 % 2 * 200)[:, None]
            instance[place], category[place] = number, kind
        out.append(Rendered(rgb=rgb, depth_m=np.ones((70, 90), np.float32), instance=instance, category=category))
    return out


@pytest.fixture(scope="module")
def oracle(squares: list[Rendered]) -> Oracle:
    return Oracle.trained(squares, Seed(0), FAST)


def test_it_sees_what_is_labelled(squares: list[Rendered], oracle: Oracle):
    assert (oracle.classes, oracle.other, oracle.outputs) == ((3, 7), False, 3)
    right = np.mean([(oracle.seen(picture.rgb)[0] == oracle.targets(picture.category)).mean() for picture in squares])
    assert right > 0.93


def test_it_sees_the_same_in_pale_colours():
    """Photographs are paler than renderings, and labels are right for all that."""
    rng, pictures = np.random.default_rng(0), []
    for _ in range(6):
        rgb, instance, category = rng.integers(90, 120, (70, 90, 3), dtype=np.uint8), np.zeros((70, 90), np.int32), np.zeros((70, 90), np.int32)
        for number, (kind, color) in enumerate(((3, (200, 60, 60)), (7, (40, 70, 220))), start=1):
            v, u = int(rng.integers(0, 46)), int(rng.integers(0, 20)) + 45 * (number - 1)
            place = np.s_[v : v + 24, u : u + 24]
            rgb[place] = np.clip(np.array(color) + rng.integers(-15, 15, (24, 24, 1)), 0, 255)
            instance[place], category[place] = number, kind
        pictures.append(Rendered(rgb=rgb, depth_m=np.ones((70, 90), np.float32), instance=instance, category=category))
    oracle = Oracle.trained(pictures, Seed(0), FAST)
    for share in (1, 0.35):
        right = []
        for picture in pictures:
            right.append((oracle.seen(pale(picture.rgb, share))[0] == oracle.targets(picture.category)).mean())
        assert np.mean(right) > 0.95


def test_it_is_small_and_the_same_on_every_training(squares: list[Rendered], oracle: Oracle):
    again, other = Oracle.trained(squares, Seed(0), FAST), Oracle.trained(squares, Seed(1), FAST)
    for name, value in oracle.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert not torch.equal(oracle.state_dict()["_head.weight"], other.state_dict()["_head.weight"])
    assert sum(value.numel() for value in oracle.parameters()) < 300_000


def test_training_leaves_the_streams_of_torch_alone(squares: list[Rendered]):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Oracle.trained(squares, Seed(0), OracleSettings(crop_px=48, steps=1))
    assert torch.equal(torch.rand(3), expected)


def test_gradients_reach_the_picture_and_not_the_network(oracle: Oracle):
    rgb = torch.rand(2, 3, 50, 61, requires_grad=True)
    logits = oracle.logits(rgb)
    assert logits.shape == (2, 3, 50, 61)
    logits.square().mean().backward()
    assert rgb.grad is not None
    assert (rgb.grad.abs().amax(dim=1) > 0).float().mean() > 0.9
    assert all(value.grad is None for value in oracle.parameters())
    assert [tuple(value.shape[2:]) for value in oracle.features(rgb)] == [(32, 32), (16, 16), (8, 8)]


def test_it_survives_a_file(oracle: Oracle, squares: list[Rendered], tmp_path):
    write_plain(tmp_path / "oracle.pt", KIND, oracle.state())
    back = Oracle.from_state(read_plain(tmp_path / "oracle.pt", KIND))
    assert (back.classes, back.other) == (oracle.classes, oracle.other)
    assert (back.seen(squares[0].rgb)[1] == oracle.seen(squares[0].rgb)[1]).all()


def test_it_knows_what_it_is_worth_on_pictures_it_did_not_learn_from(squares: list[Rendered], oracle: Oracle):
    """Of sixteen pictures, two are left out; of six, none can be spared."""
    assert oracle.worth[0] > 0.6
    assert np.isnan(oracle.worth[1])
    more = [*squares, *squares, *squares[:4]]
    other = [replace(picture, rgb=np.full_like(picture.rgb, 70)) for picture in more[14:]]
    spared = Oracle.trained([*more[:14], *other], Seed(0), FAST)
    assert spared.worth[0] > 0.6
    assert spared.worth[1] < 0.4
    assert Oracle.from_state(spared.state()).worth == spared.worth


def test_what_it_says_of_a_place_does_not_depend_on_what_is_far_away(squares: list[Rendered], oracle: Oracle):
    """No normalisation is left that smears one place over all."""
    small = np.pad(squares[0].rgb, ((0, 0), (0, 400), (0, 0)))
    other = small.copy()
    other[:, 300:] = 255
    one, two = (oracle.seen(rgb)[1][:, :90] for rgb in (small, other))
    assert np.array_equal(one, two)


def test_rare_classes_are_one_output(squares: list[Rendered]):
    few = Oracle.trained(squares, Seed(0), OracleSettings(crop_px=48, steps=1, classes=1))
    assert (few.other, few.outputs) == (True, 3)
    assert set(np.unique(few.targets(squares[0].category))) == {0, 1, 2}


def test_bad_input(squares: list[Rendered]):
    blank = [Rendered(rgb=p.rgb, depth_m=p.depth_m, instance=p.instance * 0, category=p.category * 0) for p in squares]
    with pytest.raises(InvalidValue, match="learns from labelled objects"):
        Oracle.trained(blank, Seed(0), FAST)
    with pytest.raises(InvalidValue, match="this is no oracle"):
        Oracle.from_state({"classes": [1], "other": False, "weights": {}})
    with pytest.raises(InvalidValue, match="multiple of 16"):
        OracleSettings(crop_px=50)
