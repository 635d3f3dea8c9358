"""Adding a randomizer leaves the others' draws as they were, wherever in the plan it stands."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from built_in import built_in_scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.cast import Cast
from diorama.plan import default_plan
from diorama.randomizers.base import Context, Labelled, label_of
from diorama.randomizers.distributions import Uniform
from diorama.scenes import SCENARIOS
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import RejectedScene
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Bystander(Labelled):
    """Draws, and changes nothing."""

    name: ClassVar[str] = "bystander"
    stage: str = "scene"

    def sample(self, seed, spec, context):
        rng = seed.rng()
        return {"bodies": [Uniform(0, 1).sample(rng) for _ in spec.bodies]}

    def apply(self, spec, params):
        return spec


@pytest.fixture(scope="module")
def context():
    return Context(library=AssetLibrary())


def plan_of(scenario):
    """The scenario's own plan, with files to draw from."""
    staged = built_in_scenario(scenario)
    return replace(default_plan(scenario), scenario=staged)


def draws(plan, seed, context):
    """Everything drawn for one attempt at a scene and two views of it, physics left out."""
    cast = Cast(plan, Seed(seed).child("attempt", 0), 3, context)
    try:
        spec = cast.randomize(cast.randomize(cast.build(), "scene"), "settled")
    except RejectedScene:
        return None
    found = dict(cast.draws)
    for view in range(2):
        camera = replace(spec.cameras[0] if spec.cameras else CameraSpec(), name=f"view-{view}")
        one = cast.at(Seed(seed).child("view", view), view)
        one.randomize(replace(spec, cameras=(camera,)), "view", f"view-{view}/")
        found |= one.draws
    return found


@pytest.mark.parametrize("scenario", SCENARIOS.names())
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), place=st.integers(0, 100), stage=st.sampled_from(["scene", "settled", "view"]))
def test_a_newcomer_changes_no_draw(scenario, seed, place, stage, context):
    plan = plan_of(scenario)
    at = place % (len(plan.randomizers) + 1)
    more = replace(plan, randomizers=(*plan.randomizers[:at], Bystander(stage=stage), *plan.randomizers[at:]))
    before, after = draws(plan, seed, context), draws(more, seed, context)
    if before is None or after is None:
        assert before is after
        return
    assert {name: value for name, value in after.items() if "bystander" not in name} == before
    assert any("bystander" in name for name in after)


@pytest.mark.parametrize("scenario", SCENARIOS.names())
def test_a_variable_changes_no_draw(scenario, context):
    plan = plan_of(scenario)
    more = replace(plan, variables={"unused": Uniform(0, 1)})
    before, after = draws(plan, 1, context), draws(more, 1, context)
    assert after is not None and before is not None
    assert {name: value for name, value in after.items() if name != "variables"} == before


@pytest.mark.parametrize("scenario", SCENARIOS.names())
def test_a_view_randomizer_that_goes_leaves_the_rest(scenario, context):
    plan = plan_of(scenario)
    gone = next(r for r in reversed(plan.randomizers) if r.stage == "view")
    fewer = replace(plan, randomizers=tuple(r for r in plan.randomizers if r is not gone))
    before, after = draws(plan, 1, context), draws(fewer, 1, context)
    assert after is not None and before is not None
    assert after == {name: value for name, value in before.items() if not name.endswith(f"/{label_of(gone)}")}
