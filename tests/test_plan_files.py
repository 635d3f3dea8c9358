"""Plan files: what is written reads back equal, and what is wrong is said, all of it, with file, place and the nearest name."""

import json
import math
from contextlib import suppress
from dataclasses import fields, replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from diorama.exporters.coco import Coco
from diorama.plan import MAX_PLAN_BYTES, MAX_SIDE_PX, Plan, default_plan, find_plan, load_plan, plan_from_json, plan_to_json, plan_to_text
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Choice, Constant, LogUniform, Normal, Uniform
from diorama.randomizers.lights import Lights
from diorama.randomizers.objects import Objects
from diorama.run.manifest import manifest
from diorama.scenes import SCENARIOS
from diorama.sim.assets.source import AssetSource
from diorama.sim.codec import InvalidDocument
from diorama.sim.errors import DioramaError, InvalidValue, UnknownName
from diorama.sim.render.settings import PathTracing


@pytest.fixture
def plan_file(tmp_path):
    """Contents of a plan file -> its path."""

    def write(text: str | bytes, name: str = "plan.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def faults(call, *arguments, **named) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        call(*arguments, **named)
    return caught.value.faults


# --- there and back ---


@pytest.mark.parametrize("scenario", SCENARIOS.names())
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_default_plans_survive_their_files(scenario, form, plan_file):
    plan = default_plan(scenario)
    assert load_plan(plan_file(plan_to_text(plan, form), f"plan.{form}")) == plan
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_settings_of_a_renderer_survive_a_file(form, plan_file):
    plan = default_plan("tabletop", renderer=PathTracing(spp=32, denoise=True))
    assert load_plan(plan_file(plan_to_text(plan, form), f"plan.{form}")) == plan
    assert plan_to_json(plan)["renderer"] == {"name": "pathtrace", "spp": 32, "max_depth": 8, "denoise": True}


def test_a_renderer_may_be_named_alone():
    assert plan_from_json({"scenario": "tabletop", "renderer": "pathtrace"}) == default_plan("tabletop", renderer=PathTracing())
    assert plan_from_json({"scenario": "tabletop", "renderer": {"name": "raster"}}) == default_plan("tabletop")
    assert plan_to_json(default_plan("tabletop"))["renderer"] == "raster"


numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(min_size=1).filter(lambda text: "\0" not in text)
sources = texts | st.builds(
    AssetSource,
    path=texts,
    units=st.sampled_from([None, "m", "cm", "mm", "in"]),
    up=st.sampled_from([None, "y", "z"]),
    category=st.none() | texts,
    table=st.none() | texts,
    layout=st.sampled_from(["auto", "bop", "ycb", "gso", "plain"]),
)


@given(
    ends=st.tuples(numbers, numbers).map(sorted),
    mean=numbers,
    word=st.text(min_size=1),
    assets=st.lists(sources, max_size=3),
    resolution=st.tuples(st.integers(1, MAX_SIDE_PX), st.integers(1, MAX_SIDE_PX)),
    views=st.integers(1, 10**12),
    form=st.sampled_from(["yaml", "json"]),
)
def test_every_number_and_text_survives_a_file(ends, mean, word, assets, resolution, views, form, tmp_path_factory):
    plan = default_plan(
        "tabletop",
        randomizers=(
            CameraShell(azimuth_deg=Uniform(*ends), roll_deg=Normal(mean, 0.1 + 0.2), aim=Constant(mean), fill=LogUniform(0.1, 1 / 3)),
            Objects(categories=Choice({word: 0.1, word + "x": 1e-300})),
        ),
        assets=tuple(assets),
        resolution=resolution,
        views=views,
    )
    path = tmp_path_factory.mktemp("plan") / f"plan.{form}"
    path.write_text(plan_to_text(plan, form), encoding="utf-8")
    assert load_plan(path) == plan


def test_what_is_left_out_is_the_default():
    plan = plan_from_json({"scenario": "tabletop"})
    assert plan == default_plan("tabletop") == plan_from_json({"scenario": {"name": "tabletop"}})
    assert plan.randomizers == SCENARIOS["tabletop"]().randomizers()
    assert plan.exporters == (Coco(),)


def test_names_alone_and_names_with_settings():
    plan = plan_from_json(
        {
            "scenario": "tabletop",
            "randomizers": [{"name": "camera-shell", "radius_m": {"uniform": [0.9, 1.4]}}, "lights"],
            "exporters": [{"name": "coco", "image_format": "png"}],
            "resolution": [320, 240],
        }
    )
    assert plan == Plan(
        scenario=SCENARIOS["tabletop"](),
        randomizers=(CameraShell(radius_m=Uniform(0.9, 1.4)), Lights()),
        exporters=(Coco(image_format="png"),),
        resolution=(320, 240),
    )


def test_no_randomizers_at_all_is_a_choice():
    assert plan_from_json({"scenario": "tabletop", "randomizers": []}).randomizers == ()


def test_every_setting_is_spelled_out():
    document = plan_to_json(default_plan("tabletop"))
    assert list(document) == [f.name for f in fields(Plan)]
    assert {"name", "radius_m", "fov_deg", "roll_deg"} <= set(next(r for r in document["randomizers"] if r["name"] == "camera-shell"))


def test_the_manifest_of_a_data_set_is_a_plan_file(plan_file):
    plan = default_plan("tabletop", views=3)
    text = json.dumps(manifest(plan_to_json(plan), 7, 100, {}, {}))
    assert load_plan(plan_file(text, "plan.json")) == plan


def test_a_plan_is_found_by_scenario_or_by_file(plan_file):
    assert find_plan("tabletop") == default_plan("tabletop")
    path = plan_file("scenario: tabletop\nviews: 2\n")
    assert find_plan(str(path)) == default_plan("tabletop", views=2)
    with pytest.raises(UnknownName, match=r'^no scenario named "tabeltop"\. Did you mean "tabletop"\?'):
        find_plan("tabeltop")
    with pytest.raises(InvalidValue, match=r"nowhere/plan\.yaml: cannot read this plan file: No such file"):
        find_plan("nowhere/plan.yaml")


# --- what is wrong is said ---


def test_all_faults_at_once_with_file_place_and_nearest_name():
    document = {
        "scenario": {"name": "tabeltop"},
        "randomizers": [
            {"name": "camera-shell", "radius": 1, "fov_deg": {"unifrom": [1, 2]}},
            "light",
            {"radius_m": 3},
            7,
        ],
        "exporters": {"name": "coco"},
        "vews": 3,
        "resolution": [640, "480"],
    }
    found = faults(plan_from_json, document, source="my.yaml")
    starts = (
        'my.yaml: scenario: no scenario named "tabeltop". Did you mean "tabletop"?',
        'my.yaml: randomizers[0] (camera-shell): CameraShell has no field "radius". Did you mean "radius_m"?',
        'my.yaml: randomizers[0] (camera-shell).fov_deg: no distribution named "unifrom". Did you mean "uniform"?',
        'my.yaml: randomizers[1]: no randomizer named "light". Did you mean "lights"?',
        "my.yaml: randomizers[2]: expected the name of a randomizer",
        "my.yaml: randomizers[3]: expected the name of a randomizer",
        "my.yaml: exporters: expected a list of exporters",
        'my.yaml: a plan has no field "vews". Did you mean "views"?',
        "my.yaml: resolution[1]: expected a whole number, got '480'",
    )
    assert len(found) == len(starts)
    for fault, start in zip(found, starts, strict=True):
        assert fault.startswith(start)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"views": 0}, "views must be 1 or more, got 0"),
        ({"max_attempts": -1}, "max_attempts must be 1 or more, got -1"),
        ({"min_visible_objects": -1}, "min_visible_objects must be 0 or more, got -1"),
        ({"resolution": [0, 480]}, "resolution must be between 1x1 and 16384x16384 pixels, got 0x480"),
        ({"resolution": [640, 16385]}, "resolution must be between 1x1 and 16384x16384 pixels, got 640x16385"),
        ({"resolution": [640]}, "resolution: expected 2 values, got 1"),
        ({"views": True}, "views: expected a whole number, got True"),
        ({"views": 2.0}, "views: expected a whole number, got 2.0"),
        ({"assets": "meshes"}, "assets: expected a list, got 'meshes'"),
        ({"assets": [""]}, "assets[0]: AssetSource: path must not be empty, nor hold a zero byte"),
        ({"assets": [3]}, "assets[0]: expected a path, or a mapping with the fields of AssetSource, got 3"),
        ({"assets": [{"path": "a"}, {"units": "mm"}]}, 'assets[1]: AssetSource needs the field "path"'),
        ({"assets": [{"path": "a", "unit": "mm"}]}, 'assets[0]: AssetSource has no field "unit". Did you mean "units"?'),
        ({"assets": [{"path": "a", "units": "feet"}]}, "assets[0].units: 'feet' is not one of the choices."),
        ({"renderer": {"name": "pathtrace", "spp": 0}}, "renderer (pathtrace): spp must be in 1..65536, got 0"),
        ({"renderer": {"name": "pathtrace", "samples": 8}}, 'renderer (pathtrace): PathTracing has no field "samples"'),
        ({"renderer": {"name": "raster", "spp": 8}}, 'renderer: "raster" has no setting "spp"'),
        ({"renderer": ["raster"]}, "renderer: expected the name of a renderer, or {name: ..., and its settings}, got ['raster']"),
        ({"renderer": "rastre"}, 'no renderer named "rastre". Did you mean "raster"? Known: gl, pathtrace, raster.'),
        ({"randomizers": ["lights", "lights"]}, "randomizer names must be unique, lights appears more than once"),
        ({"exporters": ["coco", "coco"]}, "exporter names must be unique, coco appears more than once"),
        ({"randomizers": [{"name": "objects", "count": {"uniform": [3, 9]}}]}, "randomizers[0] (objects): count must draw whole numbers"),
        ({"randomizers": [{"name": "lights", "irradiance": math.nan}]}, "randomizers[0] (lights).irradiance: constant: expected finite numbers"),
        ({"randomizers": [{"name": "lights", "irradiance": {"uniform": [2, 10**400]}}]}, "randomizers[0] (lights).irradiance: "),
        (
            {"exporters": [{"name": "coco", "image_format": "jpg"}]},
            "exporters[0] (coco).image_format: 'jpg' is not one of the choices. Did you mean",
        ),
        ({"exporters": [{"name": "coco", "jpeg_quality": 101}]}, "exporters[0] (coco): jpeg_quality must be between 1 and 100, got 101"),
    ],
)
def test_impossible_settings(change, said):
    (fault,) = faults(plan_from_json, {"scenario": "tabletop"} | change, source="p.yaml")
    assert fault.startswith(f"p.yaml: {said}")


@pytest.mark.parametrize("document", [None, [], "tabletop", 3, {}])
def test_what_is_no_plan(document):
    (fault,) = faults(plan_from_json, document)
    assert "scenario" in fault


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.yaml", "scenario: tabletop\nviews: 1\nviews: 2\n", 'line 3, column 1: the key "views" appears twice'),
        ("p.json", '{"scenario": "tabletop", "views": 1, "views": 2}', 'the key "views" appears twice'),
        ("p.yaml", "scenario: &a tabletop\nassets: [*a, *a]\n", "line 2, column 10: aliases are not allowed"),
        ("p.yaml", "scenario: !!python/object/apply:os.system [ls]\n", "could not determine a constructor for the tag"),
        ("p.yaml", "scenario: [tabletop\n", "line 2, column 1: while parsing a flow sequence, expected ',' or ']'"),
        ("p.yaml", "scenario: tabletop\n---\nscenario: tabletop\n", "expected a single document"),
        ("p.json", '{"scenario": ', "Expecting value: line 1 column 14"),
        ("p.yaml", b"\xff\xfe\x00\x01\x02", "unacceptable character"),
        ("p.yaml", b"scenario: \x00", "special characters are not allowed"),
        ("p.json", b"\x89PNG\r\n\x1a\n", "can't decode"),
        ("p.yaml", "[" * 100_000, "nested too deeply"),
        ("p.json", "[" * 100_000, "nested too deeply"),
        ("p.yaml", "scenario: tabletop\nviews: 0x" + "f" * 9000, "line 2, column 8: a number this long makes no sense"),
        ("p.yaml", "scenario: tabletop\nviews: " + "9" * 9000, "4300"),
        ("p.json", '{"scenario": "tabletop", "views": ' + "9" * 9000 + "}", "4300"),
        ("p.yaml", "scenario: tabletop\nviews: .inf\n", "views: expected a whole number, got inf"),
        ("p.yaml", "", "expected a mapping with at least a scenario, got None"),
    ],
)
def test_broken_files(name, text, said, plan_file):
    path = plan_file(text, name)
    (fault,) = faults(load_plan, path)
    assert fault.startswith(f"{path}: ")
    assert said in fault


def test_files_that_cannot_be_plans(plan_file, tmp_path):
    path = plan_file("#" * (MAX_PLAN_BYTES + 1))
    with pytest.raises(InvalidValue, match="at most 1048576 bytes"):
        load_plan(path)
    with pytest.raises(InvalidValue, match="cannot read this plan file: Is a directory"):
        load_plan(tmp_path)


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "1.e-3", ".1e-2", "0.001", "1.0e-3", "+1e-03"])
def test_numbers_read_as_people_write_them(text, plan_file):
    plan = load_plan(plan_file(f"scenario: tabletop\nrandomizers: [{{name: lights, spot_radius_m: {text}}}]\n"))
    assert plan.randomizers[0].spot_radius_m == Constant(0.001)


def test_on_is_a_name_and_not_a_truth_value(plan_file):
    text = "scenario: tabletop\nrandomizers: [{name: materials, label: no, on: {tags: [yes, on], names: [off]}}, {name: objects, label: 'true'}]\n"
    plan = load_plan(plan_file(text))
    materials = plan.randomizers[0]
    assert (materials.label, materials.on.tags, materials.on.names) == ("no", ("yes", "on"), ("off",))
    assert load_plan(plan_file(plan_to_text(plan, "yaml"))) == plan


keys = st.sampled_from(
    ["scenario", "name", "randomizers", "exporters", "renderer", "spp", "views", "resolution", "uniform", "choice", "count", "values", "weights"]
)
words = st.sampled_from(["pathtrace", "tabletop", "lights", "objects", "coco", "uniform", "camera-shell"]) | st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | words, inner, max_size=4),
    max_leaves=20,
)
others = dict.fromkeys(("randomizers", "exporters", "assets", "views", "resolution", "renderer"), values)
plans = st.fixed_dictionaries({"scenario": st.just("tabletop") | values}, optional=others)
contents = st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"scenario: {text}".encode(errors="replace"))


@given(document=values | plans)
def test_no_document_escapes_as_another_error(document):
    with suppress(DioramaError):
        plan = plan_from_json(document)
        assert plan_from_json(plan_to_json(plan)) == plan


@given(data=contents, suffix=st.sampled_from(["yaml", "json"]))
def test_no_file_escapes_as_another_error(data, suffix, tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / f"plan.{suffix}"
    path.write_bytes(data)
    with suppress(DioramaError):
        assert isinstance(load_plan(path), Plan)


def test_the_yaml_is_plain_yaml():
    """Other parsers read it: no tags, no anchors, nothing of ours."""
    plan = default_plan("tabletop")
    assert yaml.safe_load(plan_to_text(plan, "yaml")) == plan_to_json(plan)


# --- single settings by their paths ---


def test_settings_changed_by_path(plan_file):
    text = "scenario: tabletop\nviews: 2\nset: {randomizers.lights.key: {constant: sun}, randomizers.objects.count: 3, views: 4}\n"
    base = default_plan("tabletop", views=4)
    changes = {"lights": {"key": Constant("sun")}, "objects": {"count": Constant(3)}}
    assert load_plan(plan_file(text)) == replace(base, randomizers=tuple(replace(r, **changes.get(r.name, {})) for r in base.randomizers))


def test_paths_that_lead_nowhere_are_all_named(plan_file):
    found = faults(load_plan, plan_file("scenario: tabletop\nset: {randomizers.light.key: sun, randomizers.drop.uprigth: 1, veiws: 3}\n"))
    assert len(found) == 1 or all("set: " in fault for fault in found)
    assert any('Did you mean "lights"' in fault for fault in found)
    found = faults(load_plan, plan_file("scenario: tabletop\nset: {randomizers.drop.uprigth: 1, veiws: 3}\n"))
    assert any('has no field "uprigth". Did you mean "upright"' in fault for fault in found)
    assert any('a plan has no field "veiws"' in fault for fault in found)
    assert "set: expected a mapping" in faults(load_plan, plan_file("scenario: tabletop\nset: 3\n"))[0]
