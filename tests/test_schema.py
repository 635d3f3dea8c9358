"""The schema of plan files, read by somebody else's validator: it takes what we take, and refuses what we refuse."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from diorama.plan import Plan, default_plan, plan_to_json
from diorama.randomizers.distributions import FAMILIES
from diorama.scenes import SCENARIOS
from diorama.schema import plan_schema


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(json.dumps(plan_schema()))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("scenario", SCENARIOS.names())
def test_complete_plans_are_valid(scenario, validator):
    validator.validate(plan_to_json(default_plan(scenario)))


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[1] / "examples").rglob("*.yaml")), ids=lambda p: p.name)
def test_example_plans_are_valid(path, validator):
    document = yaml.safe_load(path.read_text())
    theirs = [r for r in document.get("randomizers", []) if isinstance(r, dict) and r["name"] == "sunset"]
    document["randomizers"] = [r for r in document.get("randomizers", []) if r not in theirs]
    validator.validate(document)


@pytest.mark.parametrize(
    "change",
    [
        {"scenari": "tabletop"},
        {"scenario": "table"},
        {"scenario": {"name": "tabletop", "widht_m": 1}},
        {"randomizers": [{"name": "lights", "kelvin": {"unifrom": [0, 1]}}]},
        {"randomizers": [{"name": "drop", "upright": "often"}]},
        {"resolution": [640]},
        {"views": 1.5},
    ],
    ids=str,
)
def test_slips_are_found(change, validator):
    assert not validator.is_valid({"scenario": "tabletop"} | change)


def test_everything_is_there():
    schema = plan_schema()
    assert set(schema["properties"]) == {f.name for f in fields(Plan)} | {"set"}
    assert set(schema["$defs"]["distribution"]["anyOf"][-1]["properties"]) == set(FAMILIES.names())
