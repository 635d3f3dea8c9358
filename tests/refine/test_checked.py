"""The label gate by itself: after training, after refining, and before a refiner is put to use while pictures are made."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import diorama
from diorama.cli import main
from diorama.plan import Plan
from diorama.refine import checked, checkpoint, settings
from diorama.refine.apply import GateFailed, refine_dataset
from diorama.refine.base import Rendered, Rgb
from diorama.refine.camera import CameraBranch
from diorama.refine.checked import check_refined
from diorama.refine.consistency import OracleConsistency
from diorama.refine.gan import Learned
from diorama.refine.gate import GateReport, Measure
from diorama.refine.geometry import Geometry
from diorama.refine.live import Refined
from diorama.refine.oracle import Oracle, OracleSettings
from diorama.refine.rendered_set import RenderedSet
from diorama.refine.residual import ResidualBranch, most_codes
from diorama.refine.settings import TrainSettings
from diorama.refine.train_commands import _unlearned
from diorama.refine.transfer import Identity
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

# pycocotools has not caught up with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
TINY = TrainSettings(steps=3, camera_steps=2, batch=2, crop_px=64, pictures=3, width=8, history=4, oracle_steps=1)
WRONG = GateReport(2, (Measure(name="edges", value=0.5, limit=0.95, must_reach=True, worst=(1,)),))


@pytest.fixture(scope="module")
def few(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of plates, which a network learns in seconds."""
    out = tmp_path_factory.mktemp("plates") / "set"
    plates = tuple(replace(r, count=diorama.UniformInt(3, 4), assets=("household:plate/*",)) if r.name == "objects" else r for r in plan.randomizers)
    diorama.generate_dataset(replace(plan, randomizers=plates), seed=1, count=12, out=out)
    return out


@pytest.fixture(scope="module")
def network(few: Path) -> Oracle:
    return checked.trained_oracle(RenderedSet(few), 0, OracleSettings(steps=120))


@pytest.fixture
def of_the_set(monkeypatch: pytest.MonkeyPatch, network: Oracle) -> list[int]:
    """Seeds by which a network would have been trained: it is there already."""
    trained: list[int] = []

    def at_once(rendered: RenderedSet, seed: int, settings: Any = None) -> Oracle:
        trained.append(seed)
        return network

    monkeypatch.setattr(checked, "trained_oracle", at_once)
    return trained


class Shifting:
    """Puts each picture three pixels to the right."""

    name: ClassVar[str] = "test-shifting"

    def apply(self, picture: Rendered, seed: Seed) -> Rgb:
        return np.roll(picture.rgb, 3, axis=1)

    def state(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Shifting":
        return cls()


@pytest.fixture
def shifting(tmp_path: Path) -> Path:
    checkpoint.REFINERS.register("test-shifting", Shifting)
    checkpoint.save(tmp_path / "shifting.pt", Shifting(), {})
    return tmp_path / "shifting.pt"


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


# --- after refining ---------------------------------------------------------------------------------------------


def test_a_copy_whose_labels_are_right_is_finished_and_says_what_was_measured(few: Path, of_the_set: list[int], tmp_path: Path):
    checkpoint.save(tmp_path / "none.pt", Identity(), {})
    assert refine_dataset(tmp_path / "none.pt", few, tmp_path / "out") == 12
    said = json.loads((tmp_path / "out/refined.json").read_bytes())["gate"]
    assert (said["passed"], said["pictures"]) == (True, 12)
    assert said["measures"]["edges"] == {"value": 1.0, "limit": 0.95, "passed": True}
    assert of_the_set == [0]
    assert len(RenderedSet(tmp_path / "out")) == 12


def test_a_copy_that_fails_is_no_data_set_however_often_it_is_tried(
    few: Path, shifting: Path, of_the_set: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    command = ["refine", "apply", str(shifting), "--data", str(few), "--out", str(tmp_path / "out"), "--gate-pictures", "4"]
    for _ in range(2):
        assert main(command) == 1
        said = capsys.readouterr()
        assert "4 pictures: gate failed by shift, shift of a picture, edges" in " ".join(said.out.split())
        assert "it is no data set" in " ".join(said.err.split())
        with pytest.raises(InvalidValue, match="failed the label gate"):
            RenderedSet(tmp_path / "out")
        with pytest.raises(diorama.sim.errors.DioramaError):
            diorama.WrittenDataset(tmp_path / "out")
    assert of_the_set == [0, 0]
    assert json.loads((tmp_path / "out/refined.json").read_bytes())["gate"]["passed"] is False


def test_a_copy_that_was_finished_is_not_any_more_when_it_fails(few: Path, of_the_set: list[int], tmp_path: Path):
    checkpoint.save(tmp_path / "none.pt", Identity(), {})
    refine_dataset(tmp_path / "none.pt", few, tmp_path / "out")
    with pytest.raises(GateFailed, match="failed by edges") as failed:
        refine_dataset(tmp_path / "none.pt", few, tmp_path / "out", check=lambda *_: WRONG)
    assert failed.value.report is WRONG
    with pytest.raises(InvalidValue, match="failed the label gate"):
        RenderedSet(tmp_path / "out")


def test_the_network_comes_from_the_refiners_file_or_from_one_of_its_own_as_long_as_it_knows(
    few: Path, network: Oracle, of_the_set: list[int], tmp_path: Path
):
    rendered, nothing = RenderedSet(few), Oracle((1,), other=True, patch=2)
    after = [rendered.rgb(k) for k in range(len(rendered))]
    for facts, times in (({"oracle": network.state()}, 0), ({"oracle": nothing.state()}, 1), ({}, 2)):
        assert checked.check_labels(rendered, after, Identity(), facts, pictures=2).pictures == 2
        assert len(of_the_set) == times
    kept = tmp_path / "oracle.pt"
    for _ in range(2):
        assert checked.check_labels(rendered, after, Identity(), {}, pictures=0, oracle=kept).pictures == 12
        assert len(of_the_set) == 3
    checkpoint.write_plain(kept, "diorama oracle", nothing.state())
    with pytest.raises(InvalidValue, match="knows too little of what is labelled"):
        checked.check_labels(rendered, after, Identity(), {}, oracle=kept)


@pytest.mark.parametrize(
    ("passes_up_to", "wanted", "asked"),
    [(2.0, (1.0, 1.0), 1), (1.65, (1.0, 0.6), 3), (1.15, (0.8, 0.2), 6), (0.7, (0.4, 0.2), 8), (0.1, (0.2, 0.2), 9)],
)
def test_a_refiner_is_as_strong_as_the_gate_lets_it_be(
    passes_up_to: float, wanted: tuple[float, float], asked: int, few: Path, network: Oracle, monkeypatch: pytest.MonkeyPatch
):
    """The residual goes first, and then the camera."""
    told: list[str] = []

    def gate_of_strength(rendered: Any, after: Any, refiner: Learned, *_: Any) -> GateReport:
        assert refiner.residual is not None
        strength = float(refiner.camera.strength) + refiner.residual.bound / 0.4
        measure = Measure(name="strength", value=strength, limit=passes_up_to + 1e-6, must_reach=False)
        return GateReport(1, (measure,))

    monkeypatch.setattr(checked, "check_refined", gate_of_strength)
    learned = Learned(camera=CameraBranch().eval(), residual=ResidualBranch(width=8, bound=0.4).eval())
    refiner, report = checked.strongest(RenderedSet(few), learned, network, [0], told=told.append)
    assert refiner.residual is not None
    assert (float(refiner.camera.strength), refiner.residual.bound) == pytest.approx((wanted[0], 0.4 * wanted[1]))
    assert report.passed == (passes_up_to >= 0.4)
    assert len(told) == asked


def test_a_camera_alone_is_weakened_as_well(few: Path, network: Oracle, monkeypatch: pytest.MonkeyPatch):
    def gate_of_strength(rendered: Any, after: Any, refiner: Learned, *_: Any) -> GateReport:
        return GateReport(1, (Measure(name="strength", value=float(refiner.camera.strength), limit=0.5, must_reach=False),))

    monkeypatch.setattr(checked, "check_refined", gate_of_strength)
    refiner, report = checked.strongest(RenderedSet(few), Learned(camera=CameraBranch().eval()), network, [0])
    assert refiner.residual is None
    assert float(refiner.camera.strength) == pytest.approx(0.4)
    assert report.passed


@pytest.mark.parametrize(("count", "wanted", "numbers"), [(400, 5, [350, 360, 370, 380, 390]), (24, 0, [21, 22, 23]), (12, 3, [0, 4, 8])])
def test_a_training_is_judged_on_scenes_that_its_network_has_not_learned(count: int, wanted: int, numbers: list[int]):
    assert _unlearned(count, wanted) == numbers


def test_nothing_measured_passes_no_gate():
    assert not GateReport(0, ()).passed


# --- the residual's bound ----------------------------------------------------------------------------------------


def residual(bound: float, weights: float) -> Learned:
    torch.manual_seed(0)
    branch = ResidualBranch(width=8, bound=bound).eval()
    torch.nn.init.normal_(branch.out.weight, std=weights)
    return Learned(camera=CameraBranch().eval(), residual=branch)


def test_the_residual_is_measured_against_its_bound(few: Path, network: Oracle):
    rendered, wild = RenderedSet(few), residual(0.4, 50.0)
    report = check_refined(rendered, Refined(wild, rendered), wild, network, [0, 5])
    logits, codes = report.measures[-2:]
    assert (logits.name, codes.name) == ("residual, logits", "residual, codes")
    assert 0.3 < logits.value <= 0.4 + 1e-3
    assert 0 < codes.value <= codes.limit == most_codes(0.4) + 0.5
    assert not {"residual, logits", "residual, codes"} & set(report.failed)


@pytest.mark.parametrize("wrong", [2.0, float("nan")])
def test_a_residual_beyond_its_bound_is_all_that_is_said(wrong: float, few: Path, network: Oracle, monkeypatch: pytest.MonkeyPatch):
    rendered, refiner = RenderedSet(few), residual(0.4, 1.0)
    forward = ResidualBranch.forward
    monkeypatch.setattr(ResidualBranch, "forward", lambda *given: torch.sigmoid(torch.logit(forward(*given), 0.01) + wrong))
    report = check_refined(rendered, Refined(refiner, rendered), refiner, network, [0, 5])
    assert report.failed == ("residual, logits", "residual, codes")
    assert all(measure.worst == (0, 5) for measure in report.measures)


def test_the_bound_in_codes_is_what_logits_come_to():
    before = torch.linspace(0, 1, 100_001)
    for bound in (0.1, 0.6, 2.0):
        inner = 0.01 + 0.98 * before
        after = (torch.sigmoid(torch.logit(inner) + bound) - 0.01) / 0.98
        assert float((after - before).abs().max() * 255) == pytest.approx(most_codes(bound), rel=1e-4)


# --- after training ----------------------------------------------------------------------------------------------


def train(few: Path, photos: Path, out: Path, *more: str) -> int:
    return main(["refine", "train", "--sim", str(few), "--real", str(photos), "--out", str(out), *more])


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "PRESETS", {"cpu": TINY})


@pytest.mark.usefixtures("tiny")
def test_a_refiner_that_passes_says_so_and_makes_data_sets(
    few: Path, photos: Path, plan: Plan, of_the_set: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert train(few, photos, tmp_path / "r.pt", "--minutes", "1e-9", "--seed", "7") == 0
    assert "12 pictures: labels are right" in " ".join(capsys.readouterr().out.split())  # few as they are, all of them
    _, facts = checkpoint.load(tmp_path / "r.pt")
    assert facts["gate"]["passed"] is True
    assert of_the_set == [7]
    assert refine_dataset(tmp_path / "r.pt", few, tmp_path / "out") == 12
    assert of_the_set == [7]
    diorama.generate_dataset(replace(plan, refiner=str(tmp_path / "r.pt")), seed=0, count=1, out=tmp_path / "live")


@pytest.mark.usefixtures("tiny", "of_the_set")
def test_a_refiner_that_fails_is_not_where_it_was_wanted_and_makes_no_pictures_unseen(
    few: Path, photos: Path, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    out, rejected = tmp_path / "r.pt", tmp_path / "r.rejected.pt"
    assert train(few, photos, out, "--minutes", "1e-9") == 0
    with monkeypatch.context() as patch:
        patch.setattr(checked, "check_refined", lambda *_, **__: WRONG)
        assert train(few, photos, out, "--resume") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "2 pictures: gate failed by edges" in said
    assert "--oracle-weight" in said
    assert (out.exists(), rejected.exists()) == (False, True)
    assert checkpoint.load(rejected)[1]["gate"]["measures"]["edges"]["value"] == 0.5
    with pytest.raises(InvalidValue, match="has not passed the label gate"):
        diorama.generate_dataset(replace(plan, refiner=str(rejected)), seed=0, count=1, out=tmp_path / "live")
    assert not (tmp_path / "live").exists()
    assert train(few, photos, out, "--resume") in (0, 1)  # it goes on
    assert out.exists() != rejected.exists()


@pytest.mark.usefixtures("tiny", "of_the_set")
def test_a_training_that_is_interrupted_writes_no_refiner(
    few: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: Any, **__: Any) -> GateReport:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checked, "check_refined", interrupted)
        assert train(few, photos, tmp_path / "r.pt") == 130
    assert "No refiner was written, since its labels were not checked" in capsys.readouterr().err
    assert not (tmp_path / "r.pt").exists()
    assert train(few, photos, tmp_path / "r.pt", "--resume") in (0, 1)


def test_a_learned_refiner_of_unknown_worth_is_refused_where_nobody_can_compare(plan: Plan, tmp_path: Path):
    for facts in ({}, {"gate": {"passed": False}}, {"gate": "passed"}):
        checkpoint.save(tmp_path / "r.pt", residual(0.4, 0.0), facts)
        with pytest.raises(InvalidValue, match=r"r\.pt: this refiner has not passed the label gate"):
            diorama.generate_dataset(replace(plan, refiner=str(tmp_path / "r.pt")), seed=0, count=1, out=tmp_path / "live")


# --- what is trained against -------------------------------------------------------------------------------------


def test_what_the_network_sees_is_held(few: Path, network: Oracle):
    """Nothing for the same, little for other light, much where something is painted over; and slopes reach what is after alone."""
    rendered = RenderedSet(few)
    picture = rendered[0]
    loss, geometry = OracleConsistency(network), Geometry.of(picture)
    before = torch.from_numpy(picture.rgb).permute(2, 0, 1)[None].float() / 255
    before.requires_grad_()
    assert float(loss(before, before, geometry).detach()) == 0
    where = torch.from_numpy(picture.category > 0)
    painted = torch.where(where, before.detach().mean(), before.detach()).requires_grad_()
    much = loss(before, painted, geometry)
    assert float(loss(before, (before * 1.05).clamp(0, 1), geometry).detach()) < 0.2 * float(much.detach())
    much.backward()
    assert before.grad is None
    assert painted.grad is not None
    assert (painted.grad.abs().amax(dim=1) > 0).float().mean() > 0.9


@pytest.mark.parametrize("change", [{"oracle": -0.1}, {"oracle": float("nan")}, {"oracle_steps": 0}])
def test_weights_that_make_no_sense_are_refused(change: dict[str, Any]):
    with pytest.raises(InvalidValue, match="oracle must be 0 or more"):
        replace(TINY, **change)
