"""Learning from photographs whose gap is known: it is found, and nothing else is changed."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from diorama.cli import main
from diorama.refine.base import Rendered
from diorama.refine.camera import PARAMETERS, CameraBranch
from diorama.refine.checkpoint import load, read_plain, save, write_plain
from diorama.refine.gan import Learned
from diorama.refine.residual import OutOfBounds, ResidualBranch, check_bound
from diorama.refine.settings import TrainSettings
from diorama.refine.train import Training
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZE = (96, 120)
TINY = TrainSettings(steps=6, camera_steps=3, batch=2, crop_px=64, pictures=4, width=8, history=4, penalty_every=2)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks of a few pixels gain nothing from more, and lose much where others want the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scene(seed: int) -> Rendered:
    """Boxes of chance colours before a wall with a grain: sharp outlines, each with its label."""
    rng = np.random.default_rng(seed)
    height, width = SIZE
    texture = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.2)
    rgb = np.full((height, width, 3), rng.uniform(90, 160, 3))
    depth_m, instance = np.full((height, width), 12.0, np.float32), np.zeros((height, width), np.int32)
    for number in range(1, 9):
        y, x = int(rng.integers(0, height - 16)), int(rng.integers(0, width - 16))
        part = np.s_[y : y + int(rng.integers(12, 48)), x : x + int(rng.integers(12, 48))]
        rgb[part], depth_m[part], instance[part] = rng.uniform(30, 210, 3), rng.uniform(2, 9), number
    rgb = rgb * (1 + 0.12 * texture / texture.std())[..., None]
    return Rendered(rgb=np.clip(rgb, 0, 255).astype(np.uint8), depth_m=depth_m, instance=instance, category=(instance > 0).astype(np.int32))


def photographed(
    rgb: NDArray[np.uint8],
    seed: int,
    *,
    ev: float = 0,
    red_ev: float = 0,
    blue_ev: float = 0,
    saturation: float = 0,
    vividness: float = 0,
    blur_px2: float = 0,
    noise: float = 0,
) -> NDArray[np.uint8]:
    """By another camera; in linear light, by OpenCV and NumPy alone."""
    code = rgb / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4) * 2.0 ** (np.array([red_ev, 0, blue_ev]) + ev)
    grey, most = light @ [[0.2126], [0.7152], [0.0722]], light.max(axis=2, keepdims=True)
    purity = 1 - light.min(axis=2, keepdims=True) / most
    light = grey + (1 + saturation) * np.exp(vividness * (purity - 0.5)) * (light - grey)
    if blur_px2:
        light = cv2.GaussianBlur(light, (0, 0), blur_px2**0.5)
    light = light + noise * np.sqrt(light.clip(0)) * np.random.default_rng(seed).standard_normal((*rgb.shape[:2], 1))
    light = np.clip(light, 0, 1)
    return np.rint(255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)).astype(np.uint8)


@pytest.mark.parametrize(
    ("gap", "tolerance"),
    [
        ({"ev": -0.8}, {"exposure_ev": 0.2}),
        ({"red_ev": 0.3, "blue_ev": -0.3}, {"red_ev": 0.12, "blue_ev": 0.12}),
        ({"saturation": -0.5}, {"saturation": 0.1, "vividness": 0.25}),
        ({"vividness": 0.8}, {"saturation": 0.1, "vividness": 0.25}),
        ({"blur_px2": 1.0}, {"blur_px2": 0.25}),
        ({"ev": -0.5, "red_ev": -0.2, "noise": 0.03}, {"exposure_ev": 0.2, "red_ev": 0.12, "grain": 0.012}),
    ],
)
def test_the_camera_finds_a_known_gap(gap: dict[str, float], tolerance: dict[str, float]):
    sim = [scene(k) for k in range(12)]
    real = [photographed(scene(k).rgb, k, **gap) for k in range(12)]
    training = Training(
        sim, real, replace(TINY, steps=120, camera_steps=120, batch=4, pictures=12, averaged=0.95, camera_learning_rate=0.02), Seed(0)
    )
    while not training.done:
        training.step()
    found = training.development().means
    wanted = {"exposure_ev": "ev", "grain": "noise"}
    for name, error in tolerance.items():
        assert found[name] == pytest.approx(gap.get(wanted.get(name, name), 0), abs=error), found


def trained(settings: TrainSettings, *, steps: int | None = None, seed: int = 0) -> Training:
    training = Training([scene(k) for k in range(4)], [photographed(scene(k).rgb, k, ev=0.5) for k in range(4)], settings, Seed(seed))
    for _ in range(settings.steps if steps is None else steps):
        training.step()
    return training


def numbers(training: Training) -> dict[str, torch.Tensor]:
    return {key: value for key, value in training.refiner().state().items() if isinstance(value, torch.Tensor)}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_a_training_gives_the_same_refiner_twice_and_another_with_another_seed():
    once, again, other = trained(TINY), trained(TINY), trained(TINY, seed=1)
    assert same(numbers(once), numbers(again))
    assert not same(numbers(once), numbers(other))


@pytest.mark.parametrize("stopped", [2, 4])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(stopped: int, tmp_path: Path):
    """Through a file, in both of its phases."""
    write_plain(tmp_path / "state.pt", "state", {"training": trained(TINY, steps=stopped).state()})
    resumed = trained(TINY, steps=0)
    resumed.resume(read_plain(tmp_path / "state.pt", "state")["training"])
    while not resumed.done:
        resumed.step()
    assert same(numbers(resumed), numbers(trained(TINY)))


def test_another_trainings_state_is_refused():
    state = trained(TINY, steps=1).state()
    with pytest.raises(InvalidValue, match="another training: its settings are"):
        trained(replace(TINY, bound=0.5), steps=0).resume(state)
    with pytest.raises(InvalidValue, match="another training: its seed"):
        trained(TINY, steps=0, seed=1).resume(state)
    with pytest.raises(InvalidValue, match="damaged"):
        trained(TINY, steps=0).resume(state | {"networks": {}})


def test_a_fresh_refiner_leaves_every_byte():
    picture = scene(3)
    fresh = Learned(camera=CameraBranch().eval(), residual=ResidualBranch(width=8, bound=0.6).eval())
    assert (fresh.apply(picture, Seed(0)) == picture.rgb).all()


def test_a_refiner_comes_back_from_its_file_and_does_the_same(tmp_path: Path):
    refiner, picture = trained(TINY).refiner(), scene(9)
    save(tmp_path / "r.pt", refiner, {"photos": []})
    back, _ = load(tmp_path / "r.pt")
    assert (back.apply(picture, Seed(4)) == refiner.apply(picture, Seed(4))).all()
    assert (refiner.apply(picture, Seed(4)) == refiner.apply(picture, Seed(4))).all()


def test_a_state_that_was_tampered_with_is_refused():
    state = trained(TINY).refiner().state()
    wrong = [{"residual.out.bias": torch.full((3,), torch.nan)}, {"camera.center": torch.zeros(1)}, {"camera.center": torch.zeros(12).double()}]
    for change in ({"width": 0}, {"bound": 9.0}, *wrong):
        with pytest.raises(InvalidValue):
            Learned.from_state(state | change)


@pytest.mark.parametrize("size", [(96, 120), (97, 121), (70, 66)])
def test_pictures_of_any_size_keep_it_and_residuals_their_bound(size: tuple[int, int]):
    """Networks with weights of chance, and as strong as can be."""
    torch.manual_seed(0)
    picture = scene(1)
    cut = Rendered(
        rgb=np.resize(picture.rgb, (*size, 3)),
        depth_m=np.resize(picture.depth_m, size),
        instance=np.resize(picture.instance, size),
        category=np.resize(picture.category, size),
    )
    wild = ResidualBranch(width=8, bound=0.4).eval()
    torch.nn.init.normal_(wild.out.weight, std=50)
    out = Learned(camera=CameraBranch().eval(), residual=wild).apply(cut, Seed(0))
    assert out.shape == cut.rgb.shape
    assert (out != cut.rgb).any()
    before, after = (0.01 + 0.98 * p / 255 for p in (cut.rgb, out))
    codes = 0.98 * 0.5 / 255 / (0.01 * 0.99)
    assert np.abs(np.log(after / (1 - after)) - np.log(before / (1 - before))).max() <= 0.4 + codes


@pytest.mark.parametrize("branch", ["camera", "residual"])
def test_what_is_no_number_becomes_no_colour(branch: str, tmp_path: Path, written: Path, capsys: pytest.CaptureFixture[str]):
    """Weights that are numbers, each of them, and whose products are not: nothing is made of them, and nothing is written."""
    torch.manual_seed(0)
    refiner = Learned(camera=CameraBranch().eval(), residual=ResidualBranch(width=8, bound=0.6).eval() if branch == "residual" else None)
    network: torch.nn.Module = getattr(refiner, branch)
    for weight in network.parameters():
        torch.nn.init.constant_(weight, 3e38)
    with pytest.raises(OutOfBounds, match="no numbers"):
        refiner.apply(scene(1), Seed(0))
    save(tmp_path / "r.pt", refiner, {})
    assert main(["refine", "apply", str(tmp_path / "r.pt"), "--data", str(written), "--out", str(tmp_path / "out")]) == 2
    said = "".join(capsys.readouterr().err.splitlines())
    assert "images/000000.png: what this refiner makes of the picture are no numbers" in said
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["refined.json"]


def test_colours_beyond_white_are_white(monkeypatch: pytest.MonkeyPatch):
    """However far a branch goes beyond what a code holds, none comes back at the other end."""
    monkeypatch.setattr("diorama.refine.gan.develop", lambda rgb, *_: 3 * rgb - 1)
    picture = scene(1)
    out = Learned(camera=CameraBranch().eval()).apply(picture, Seed(0))
    assert (out == np.clip(np.rint(3 * picture.rgb.astype(float) - 255), 0, 255)).all()


def test_a_residual_beyond_its_bound_is_no_picture():
    before = torch.full((1, 3, 8, 8), 0.5)
    check_bound(before, before, 0.1)
    with pytest.raises(OutOfBounds, match="beyond its bound of"):
        check_bound(before, before + 0.2, 0.1)
    with pytest.raises(OutOfBounds, match="nan logits"):
        check_bound(before, before * torch.nan, 0.1)


def test_a_weakened_residual_changes_as_much_less():
    torch.manual_seed(0)
    refiner, picture = Learned(camera=CameraBranch().eval(), residual=ResidualBranch(width=8, bound=0.4).eval()), scene(5)
    assert refiner.residual is not None
    torch.nn.init.normal_(refiner.residual.out.weight)
    whole, _ = refiner.reach(picture, Seed(0))
    weak = refiner.weakened(residual=0.5)
    half, _ = weak.reach(picture, Seed(0))
    assert 0.1 < whole <= 0.401
    assert half == pytest.approx(whole / 2, abs=2e-3)
    assert (refiner.weakened().apply(picture, Seed(0)) == refiner.apply(picture, Seed(0))).all()
    assert Learned.from_state(weak.state()).reach(picture, Seed(0))[0] == half
    assert Learned(camera=refiner.camera).weakened(residual=0.5).residual is None


def test_a_weakened_camera_does_as_much_less():
    torch.manual_seed(0)
    camera, picture = CameraBranch().eval(), scene(5)
    torch.nn.init.normal_(camera.outer.weight, std=0.1)
    refiner, pictures = Learned(camera=camera), {"one": picture.rgb}
    weak = Learned.from_state(refiner.weakened(camera=0.25).state())
    whole, quarter = (r.development(pictures, Seed(0)).means for r in (refiner, weak))
    assert abs(whole["exposure_ev"]) > 0.01
    for name in PARAMETERS:
        assert quarter[name] == pytest.approx(whole[name] / 4, rel=1e-5)
    assert (refiner.weakened().apply(picture, Seed(0)) == refiner.apply(picture, Seed(0))).all()
    with pytest.raises(InvalidValue, match="a strength from 0 to 1, got 3"):
        Learned.from_state(refiner.state() | {"camera.strength": torch.tensor(3.0)})


def test_where_there_is_no_gap_hardly_anything_is_learned():
    """An adversary that sees the same on both sides cannot win, and pictures stay nearly as they are, while a gap of texture is learned."""
    settings = replace(TINY, steps=60, camera_steps=0, batch=4, averaged=0.9, learning_rate=1e-3)
    sim = [scene(k) for k in range(4)]
    striped = [np.clip(p.rgb.astype(int) + 24 * (np.arange(SIZE[1]) // 4 % 2 * 2 - 1)[:, None], 0, 255).astype(np.uint8) for p in sim]
    moved = []
    for real in ([p.rgb for p in sim], striped):
        training = Training(sim, real, settings, Seed(0))
        while not training.done:
            losses = training.step()
        moved.append(losses["change"])
    assert moved[0] < settings.bound / 5, moved
    assert moved[1] > 2 * moved[0], moved
