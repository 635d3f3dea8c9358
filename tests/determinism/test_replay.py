"""A sample made again from its record is the same sample; and one number changed in the record changes what follows from it."""

import json
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from diorama.plan import default_plan
from diorama.randomizers.distributions import Constant, Uniform
from diorama.randomizers.distributions.schedule import Schedule
from diorama.randomizers.distributions.var import Var
from diorama.sim.codec import to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Sample
from diorama.studio import Studio, generate, replay


@pytest.fixture(scope="module")
def plan():
    base = default_plan("tabletop", resolution=(96, 64), views=2, variables={"dusk": Uniform(0, 1), "warm": Uniform(2700, 5000)})
    changes = {
        "objects": {"count": Constant(4)},
        "lights": {"kelvin": Var("warm"), "irradiance": Schedule(Constant(4.0), Constant(1.0), 10)},
        "sensor": {"error_ev": Var("dusk")},
    }
    return replace(base, randomizers=tuple(replace(r, **changes.get(r.name, {})) for r in base.randomizers))


@pytest.fixture(scope="module")
def studio(plan):
    with Studio(plan) as studio:
        yield studio


def pictures(sample: Sample) -> list[bytes]:
    return [part.tobytes() for f in sample.frames for part in (f.rgb, f.depth_m, f.instance) if part is not None]


@pytest.mark.parametrize("index", [0, 3])
def test_made_again_from_its_record(plan, studio, index):
    sample = generate(plan, 7, index, studio=studio)
    came = sample.provenance
    record = json.loads(json.dumps({"attempts": came.attempts, "draws": to_json(dict(came.draws))}))
    again = replay(plan, 7, index, **record, studio=studio)
    assert again.spec == sample.spec
    assert pictures(again) == pictures(sample)
    assert to_json(dict(again.provenance.draws)) == record["draws"]
    for mine, theirs in zip(sample.annotations, again.annotations, strict=True):
        assert mine.visible_rle == theirs.visible_rle
        assert np.array_equal(mine.camera_from_body, theirs.camera_from_body)
    assert record["draws"]["lights"]["kelvin"][0] == record["draws"]["variables"]["warm"]
    assert record["draws"]["lights"]["irradiance"] == pytest.approx(4 - 0.3 * index)


def test_one_change_leaves_the_rest(plan, studio):
    sample = generate(plan, 7, 1, studio=studio)
    draws = json.loads(json.dumps(to_json(dict(sample.provenance.draws))))
    draws["view-1/sensor"]["sensor"]["exposure_ev"] -= 1
    darker = replay(plan, 7, 1, attempts=sample.provenance.attempts, draws=draws, studio=studio)
    assert pictures(darker)[:3] == pictures(sample)[:3]  # the other view
    assert pictures(darker)[4:] == pictures(sample)[4:]  # depth and instances
    assert darker.frames[1].rgb.mean() < 0.9 * sample.frames[1].rgb.mean()


def test_a_record_of_something_else_is_refused(plan, studio):
    with pytest.raises(InvalidValue, match='no draws of "variables"'):
        replay(plan, 7, 1, attempts=1, draws={"lights": {}}, studio=studio)


class Raise:
    """After physics: the first object goes up by what it is told."""

    name: ClassVar[str] = "raise"
    stage: ClassVar[str] = "settled"

    def sample(self, seed, spec, context):
        body = next(b for b in spec.bodies if b.category)
        return {"name": body.name, "z_m": body.world_from_body.position_m[2] + 0.1}

    def apply(self, spec, params):
        pose = spec.body(params["name"]).world_from_body
        return spec.map_bodies({params["name"]: {"world_from_body": replace(pose, position_m=(*pose.position_m[:2], params["z_m"]))}})


def test_the_stage_after_physics_sees_things_at_rest_and_has_the_last_word(plan, studio):
    plain = generate(plan, 7, 0, studio=studio)
    raised = generate(replace(plan, randomizers=(*plan.randomizers, Raise())), 7, 0, studio=studio)
    at = [[b.world_from_body.position_m for b in s.spec.bodies if b.category] for s in (plain, raised)]
    assert at[1][0] == (*at[0][0][:2], at[0][0][2] + 0.1)
    assert at[1][1:] == at[0][1:]
    assert {k: v for k, v in raised.provenance.draws.items() if "/" not in k and k != "raise"} == {
        k: v for k, v in plain.provenance.draws.items() if "/" not in k
    }


def test_barely_visible_objects_do_not_count(plan, studio):
    strict = replace(plan, min_visible_objects=3, min_visible_fraction=0.6)
    for index in range(3):
        for labels in generate(strict, 7, index, studio=studio).annotations:
            assert (labels.visible_fraction >= 0.6).sum() >= 3
