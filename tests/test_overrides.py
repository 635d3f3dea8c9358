"""``--set``: one setting of a document by its path."""

from dataclasses import replace

import pytest

from diorama.overrides import changed
from diorama.plan import default_plan, plan_from_json, plan_to_json
from diorama.sim.codec import InvalidDocument
from diorama.sim.errors import InvalidValue, UnknownKey
from diorama.sim.grasping.settings import Grasping
from diorama.sim.spec import GRIPPERS

DOCUMENT = {"randomizers": ["materials", {"name": "lights", "label": "key", "kelvin": {"uniform": [3000, 4000]}}], "views": 5}


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("views=7", ("views",), 7),
        ("randomizers.key.kelvin=6500", ("randomizers", 1, "kelvin"), 6500),
        ("randomizers[1].kelvin.uniform[0]=2e3", ("randomizers", 1, "kelvin", "uniform", 0), 2000.0),
        ("randomizers.1.kelvin={normal: [5000, 10]}", ("randomizers", 1, "kelvin"), {"normal": [5000, 10]}),
        ("randomizers.materials.objects=null", ("randomizers", 0, "objects"), None),
        ("variables={a: 1}", ("variables",), {"a": 1}),
    ],
)
def test_one_thing_changes(assignment, path, value):
    after = changed(DOCUMENT, assignment)
    here = after
    for step in path:
        here = here[step]
    assert here == value
    assert changed(after, f"{'.'.join(map(str, path))}=~")  # the path of numbers leads there as well
    assert DOCUMENT["views"] == 5
    assert {k: v for k, v in after.items() if k != path[0]} == {k: v for k, v in DOCUMENT.items() if k != path[0]}


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("randomizers.keys.kelvin=1", r'randomizers.keys: there is no "keys" here. Did you mean "key"'),
        ("randomizers.key.kelvins.uniform=1", 'Did you mean "kelvin"'),
        ("randomizers.7=1", "Known: key, materials"),
        ("views.deep.er=1", "nothing below views, which is 5"),
    ],
)
def test_paths_that_lead_nowhere(assignment, said):
    with pytest.raises(UnknownKey, match=said):
        changed(DOCUMENT, assignment)


@pytest.mark.parametrize("assignment", ["views", "=5", "", "views=[1", "...=1"])
def test_what_is_no_assignment(assignment):
    with pytest.raises(InvalidValue):
        changed(DOCUMENT, assignment)


def test_every_setting_of_a_plan_can_be_reached():
    """Set to what it is, it changes nothing; that takes a path to it, and a value that survives YAML."""
    import json

    document = plan_to_json(default_plan("tabletop"))

    def paths(value, prefix):
        if isinstance(value, dict):
            for key, item in value.items():
                yield from paths(item, f"{prefix}.{key}" if prefix else key)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                yield from paths(item, f"{prefix}[{i}]")
        else:
            yield prefix, value

    for path, value in paths(document, ""):
        assert changed(document, f"{path}={json.dumps(value)}") == document
    assert plan_from_json(document) == default_plan("tabletop")


def test_what_is_absent_gets_its_usual_settings_but_for_one():
    document = plan_to_json(default_plan("tabletop"))
    assert document["grasps"] is None
    assert plan_from_json(changed(document, "grasps.gripper=wsg-50")).grasps == Grasping(gripper="wsg-50")
    asked = changed(changed(document, "grasps.gripper=franka-hand"), "grasps.gripper={kind: suction, cup_radius_m: 0.02, bend_m: 0.001}")
    assert plan_from_json(plan_to_json(plan_from_json(asked))) == plan_from_json(asked)
    full = plan_to_json(default_plan("tabletop", grasps=Grasping(gripper="franka-hand")))
    stronger = plan_from_json(changed(full, "grasps.gripper.force_n=20")).grasps
    assert stronger is not None
    assert stronger.tool == replace(GRIPPERS["franka-hand"], force_n=20.0)
    with pytest.raises(InvalidDocument, match=r'grasps: no gripper named "franka"\. Did you mean "franka-hand"'):
        plan_from_json(changed(document, "grasps.gripper=franka"))
    with pytest.raises(InvalidDocument, match=r'grasps\.gripper: JawGripper has no field "opening"\. Did you mean "opening_m"'):
        plan_from_json(changed(document, "grasps.gripper={kind: jaws, opening: 0.08}"))
