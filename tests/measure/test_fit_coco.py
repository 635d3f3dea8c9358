"""A set made by the project itself is measured, fitted, made again, and looks alike."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from diorama.cli import main
from diorama.measure.coco import Box, Labelled
from diorama.measure.fitting import fit_coco, measured
from diorama.measure.statistics import Seen, Statistics
from diorama.measure.steering import Knobs, corrected, steered
from diorama.plan import load_plan, plan_from_json
from diorama.run import generate_dataset
from diorama.sim.errors import InvalidValue
from diorama.sim.photo.look import Look
from diorama.sim.seeds import Seed

COUNT = 40
#: Bowls come with apples and not with hammers; it is rather dark, reddish and noisy.
SOURCE = {
    "scenario": {"name": "tabletop", "walls": 0},
    "variables": {
        "fruit": {"choice": {"values": [0, 2], "weights": [1, 1]}},
        "look": {
            "gaussian-copula": {"marginals": {"ev": {"normal": [-0.8, 0.5]}, "red": {"log-normal": [0.25, 0.1]}}, "correlation": [[1, 0.5], [0.5, 1]]}
        },
    },
    "randomizers": [
        {"name": "objects", "label": "bowls", "count": {"var": "fruit"}, "categories": {"constant": "bowl"}},
        {"name": "objects", "label": "apples", "count": {"var": "fruit"}, "categories": {"constant": "apple"}},
        {"name": "objects", "label": "tools", "count": {"uniform-int": [0, 3]}, "categories": {"constant": "hammer"}},
        "drop",
        "materials",
        {"name": "lights", "kelvin": 6500},
        {"name": "background", "kelvin": 6500, "backdrop": 0},
        {"name": "camera-shell", "fill": {"uniform": [0.5, 0.8]}},
        {"name": "sensor", "adaptation": 1, "error_ev": {"var": "look.ev"}, "red_gain": {"var": "look.red"}, "read_noise": 0.02, "shot_noise": 0},
    ],
    "resolution": [128, 96],
    "views": 1,
    "min_visible_objects": 0,
}


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """A folder with pictures and their labels."""
    folder = tmp_path_factory.mktemp("real") / "set"
    generate_dataset(
        plan_from_json(SOURCE | {"exporters": [{"name": "coco", "image_format": "png", "depth_format": "none"}]}),
        seed=3,
        count=COUNT,
        out=folder,
        workers=1,
    )
    return folder


def test_a_set_is_made_again(real, tmp_path, capsys):
    labels = real / "annotations" / "instances.json"
    assert main(["fit", "coco", str(labels), "--images", str(real / "images"), "--out", str(tmp_path / "fitted"), "--tries", "28"]) == 0
    said = capsys.readouterr().out
    assert f"{COUNT} pictures" in said
    plan = load_plan(tmp_path / "fitted" / "plan.yaml")
    assert plan.resolution == (128, 96)
    statistics = json.loads((tmp_path / "fitted" / "statistics.json").read_text())
    want, got = statistics["measured"], statistics["made"]  # made of other scenes than those the plan was corrected by
    assert (want["pictures"], got["pictures"]) == (COUNT, 28)
    assert set(want["categories"]) == set(got["categories"]) == {"bowl", "apple", "hammer"}
    for name, number in want["categories"].items():
        assert got["categories"][name] / 28 == pytest.approx(number / COUNT, abs=0.6)
    for one in (want, got):
        pair = next(p for p in one["together"] if set(p["categories"]) == {"bowl", "apple"})
        assert pair["lift"] > 1.25  # about 2, and 1 by chance

    def mean(column):
        return tuple(one["columns"][column]["mean"] for one in (want, got))

    for column, settings in {
        "objects in a picture": {"rel": 0.25},
        "size": {"rel": 0.3},
        "exposure_ev": {"abs": 0.4},
        "red_gain": {"rel": 0.2},
        "blue_gain": {"rel": 0.25},
        "noise": {"rel": 0.3},
    }.items():
        expected, made = mean(column)
        assert made == pytest.approx(expected, **settings), column
    assert got["columns"]["exposure_ev"]["spread"] == pytest.approx(want["columns"]["exposure_ev"]["spread"], rel=0.5)
    report = (tmp_path / "fitted" / "report.html").read_text()
    assert "camera-shell.fill" in report
    assert 'src="data:image/png;base64,iVBOR' in report


def test_labels_alone_and_strange_categories(real, tmp_path):
    document = json.loads((real / "annotations" / "instances.json").read_text())
    names = {"bowl": "Bowl", "apple": "gear-wheel", "hammer": "7 of 9"}
    for category in document["categories"]:
        category["name"] = names.get(category["name"], category["name"])
    (tmp_path / "real.json").write_text(json.dumps(document))
    found = fit_coco(tmp_path / "real.json", tries=0)
    assert "No asset has the categories" in found.plan_text
    assert "made" not in found.statistics
    assert "look" not in found.statistics
    plan = plan_from_json(yaml.safe_load(found.plan_text))
    assert sorted(plan.variables) == ["content"]
    assert [r.label for r in plan.randomizers if r.name == "objects"] == ["bowl", "any"]
    assert any("gear-wheel" in line for line in found.said)


def test_pictures_are_found_below_their_folder_alone(real, tmp_path):
    labels = real / "annotations" / "instances.json"
    with pytest.raises(InvalidValue, match=r"there is no picture 000000\.png in this folder"):
        measured(labels, tmp_path, 5)
    document = json.loads(labels.read_text())
    document["images"][0]["file_name"] = "../../../images/000000.png"
    (tmp_path / "real.json").write_text(json.dumps(document))
    assert measured(tmp_path / "real.json", real / "images", 1).pictures[0].look is not None
    assert sum(p.look is not None for p in measured(labels, real / "images", 7).pictures) == 7


@pytest.mark.parametrize("boxes", [0, 1])
def test_hardly_anything_to_measure(tmp_path, boxes):
    annotation = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20]}
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [annotation] * boxes,
    }
    (tmp_path / "one.json").write_text(json.dumps(document))
    cv2.imwrite(str(tmp_path / "a.png"), np.full((48, 64, 3), 90, np.uint8))
    found = fit_coco(tmp_path / "one.json", images=tmp_path, tries=2)
    assert found.statistics["made"]["columns"]["objects in a picture"]["mean"] <= 1
    assert plan_from_json(yaml.safe_load(found.plan_text)).resolution == (64, 48)


# --- what is turned by how much -----------------------------------------------------------------------------------


def pictures(size: float, spread: float, count: int, exposure: float, noise: float) -> Statistics:
    """Two pictures whose moments are these."""
    seen = []
    for sign in (-1, 1):
        side = 100 * size * math.exp(sign * spread)
        boxes = tuple(Box("cup", (50 - side / 2, 50 - side / 2, side, side)) for _ in range(count))
        seen.append(Seen(Labelled("a", 100, 100, boxes), Look(0.5, 0.2, exposure + sign, 1.2, 0.8, 6500, 0.3, noise)))
    return Statistics(tuple(seen))


def test_knobs_are_turned_by_the_difference():
    want, got = pictures(0.4, 0.5, 3, -2, 0.02), pictures(0.2, 0.3, 2, -1, 0.005)
    knobs = corrected(Knobs(), want, got)
    assert knobs.placed == pytest.approx(1.5)
    assert knobs.log_fill == pytest.approx(math.log(2))
    assert knobs.fill_spread == pytest.approx(0.4)
    assert knobs.exposure_ev == pytest.approx(-1)
    assert knobs.exposure_keep == 0  # as spread as it should be
    assert knobs.log_red == 0
    assert knobs.noise_floor == 0.005
    half = corrected(Knobs(), want, got, 0.5)
    assert half.log_fill == pytest.approx(math.log(2) / 2)
    assert corrected(knobs, want, want) == knobs  # nothing is off
    louder = corrected(knobs, want, pictures(0.4, 0.5, 3, -2, math.hypot(0.005, 2 * math.sqrt(0.02**2 - 0.005**2))))
    assert louder.noise_rate == pytest.approx(2)


def test_a_plan_is_what_the_knobs_say():
    want = pictures(0.4, 0.5, 3, -2, 0.02)
    plan = plan_from_json(steered(want, Knobs(log_fill=1.0, fill_spread=0.3, noise_floor=0.0, exposure_ev=0.7), {"cup"}).document)
    by_name = {r.name: r for r in plan.randomizers}
    assert by_name["camera-shell"].fill.quantile(0.5) == pytest.approx(math.e, rel=1e-3)
    assert by_name["objects"].count.outcomes == (3,)
    assert by_name["objects"].categories.outcomes == ("cup",)
    assert plan.variables["look"].sample(Seed(0).rng())["exposure_ev"] == 0.7
    many = steered(pictures(0.4, 0.5, 3, -2, 0.02), Knobs(placed=2.0), ())
    assert plan_from_json(many.document).randomizers[0].count.outcomes == (6,)
    assert many.strangers == ("cup",)


def test_most_frequent_categories_have_counts_of_their_own_and_the_others_one():
    names = [f"kind {i}" for i in range(14)]
    seen = [Seen(Labelled("a", 100, 100, tuple(Box(n, (0, 0, 10, 10)) for i, n in enumerate(names) for _ in range(20 - i + k)))) for k in range(3)]
    plan = plan_from_json(steered(Statistics(tuple(seen)), Knobs(), set(names)).document)
    labels = [r.label for r in plan.randomizers if r.name == "objects"]
    assert labels == [*(f"kind-{i}" for i in range(10)), "others"]
    others = next(r for r in plan.randomizers if getattr(r, "label", "") == "others")
    assert set(others.categories.outcomes) == set(names[10:])
