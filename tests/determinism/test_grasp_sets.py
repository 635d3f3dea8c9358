"""Data sets with grasps: the same twice, resumed and replayed, and pictures as without."""

import json
from dataclasses import replace

import pytest
from small_set import pictures, tree

from diorama.exporters import EXPORTERS
from diorama.plan import default_plan
from diorama.randomizers.distributions import Constant
from diorama.run import generate_dataset
from diorama.run.replay import replay_picture
from diorama.sim.grasping.settings import Grasping


@pytest.fixture(scope="module")
def plan():
    base = default_plan("tabletop", resolution=(64, 48), views=1)
    return replace(base, randomizers=tuple(replace(r, count=Constant(2)) if r.name == "objects" else r for r in base.randomizers))


@pytest.fixture(scope="module")
def grasping(plan):
    exporters = tuple(EXPORTERS[name]() for name in ("coco", "grasps", "cornell", "jacquard", "grasp-maps"))
    return replace(plan, exporters=exporters, grasps=Grasping(gripper="franka-hand", per_body=4, tried=1, trials=1, lean_deg=60))


def test_resumed_and_replayed_it_is_the_same(plan, grasping, tmp_path):
    out = tmp_path / "grasps"
    generate_dataset(grasping, seed=0, count=2, out=out)
    before = tree(out)
    assert sum(image["grasps"] for image in json.loads((out / "grasps.json").read_text())["images"]) > 4
    (out / "records/000001.jsonl").unlink()
    (out / "grasps/000001.json").unlink()
    generate_dataset(grasping, seed=0, count=2, out=out, resume=True)
    assert tree(out) == before
    assert replay_picture(out, 1).is_exact
    # Grasps change nothing in pictures.
    generate_dataset(plan, seed=0, count=2, out=tmp_path / "plain")
    assert pictures(tmp_path / "plain") == pictures(out)
