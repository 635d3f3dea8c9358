"""Variables of a plan: drawn in the order of their references, each from a stream of its own, and put wherever they are referred to."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.plan import Plan, default_plan, plan_from_json, plan_to_json
from diorama.randomizers import variables
from diorama.randomizers.distributions import Constant, Distribution, Normal, Uniform
from diorama.randomizers.distributions.var import Var
from diorama.sim.codec import from_json
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.seeds import Seed

SEED = Seed(5)


def read(**documents: Any) -> dict[str, Distribution]:
    return {name: from_json(Distribution, document) for name, document in documents.items()}


@given(st.integers(0, 2**32))
def test_one_is_drawn_within_the_other(seed):
    drawn = variables.draw(read(b={"uniform": [0, {"var": "a"}]}, a={"uniform": [1, 2]}), Seed(seed), 0)
    assert list(drawn) == ["b", "a"]
    assert 0 <= drawn["b"] <= drawn["a"] <= 2


def test_another_variable_changes_none():
    few = read(a={"uniform": [0, 1]}, b={"normal": [{"var": "a"}, 1]})
    assert variables.draw({"c": Normal(0, 1), **few}, SEED, 0) | {"c": None} == variables.draw(few, SEED, 0) | {"c": None}


def test_a_schedule_goes_by_the_scene():
    ramp = read(size={"schedule": {"from": 1, "to": 3, "over": 10}})
    assert [variables.draw(ramp, SEED, i)["size"] for i in (0, 5, 10, 99)] == [1, 2, 3, 3]


def test_circles_and_strangers_are_refused():
    with pytest.raises(InvalidValue, match="a -> b -> a refer to each other in a circle"):
        variables.in_order(read(a={"uniform": [0, {"var": "b"}]}, b={"uniform": [0, {"var": "a"}]}))
    with pytest.raises(UnknownName, match=r'variables.a: there is no variable named "near". Did you mean "nearby"'):
        variables.in_order(read(a={"uniform": [0, {"var": "near"}]}, nearby=1))


def test_extremes_are_the_ends_of_what_is_drawn():
    low, high = variables.extremes(read(a={"uniform": [1, 2]}, b={"uniform": [0, {"var": "a"}]}, c={"normal": [0, 1]}))
    assert (low["a"], low["b"], high["a"], high["b"]) == (1, 0, 2, 2)
    assert low["c"] < -7 < 7 < high["c"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Draws one number, for the record."""

    name: ClassVar[str] = "probe"
    stage: ClassVar[str] = "scene"
    label: str = ""
    value: Distribution = Constant(0.0)

    def sample(self, seed, spec, context):
        return {"value": self.value.sample(seed.rng())}

    def apply(self, spec, params):
        return spec


def tiny(**changes: Any) -> Plan:
    base = default_plan("tabletop", resolution=(48, 32), views=1)
    few = tuple(replace(r, count=Constant(2)) if r.name == "objects" else r for r in base.randomizers)
    extra = changes.pop("extra", ())
    return replace(base, randomizers=(*few, *extra), **changes)


def test_a_plan_refuses_references_that_lead_nowhere_and_values_that_fit_nowhere():
    with pytest.raises(UnknownName, match='probe: there is no variable named "x"'):
        tiny(extra=(Probe(value=Var("x")),))
    document = plan_to_json(tiny(variables={"cold": Uniform(500, 9000)}))
    lights = next(r for r in document["randomizers"] if r["name"] == "lights")
    lights["kelvin"] = {"var": "cold"}
    with pytest.raises(InvalidValue, match=r"lights: with cold = 500.0: kelvin"):
        plan_from_json(document)
    document["variables"]["cold"] = {"uniform": [5000, 9000]}
    plan = plan_from_json(document)
    assert plan_from_json(plan_to_json(plan)) == plan


def test_two_of_a_kind_need_labels():
    with pytest.raises(InvalidValue, match="probe appears more than once; give each a label"):
        tiny(extra=(Probe(), Probe()))
    with pytest.raises(InvalidValue, match="none of scenario, variables"):
        tiny(extra=(Probe(label="variables"),))
    assert [getattr(r, "label", "") for r in tiny(extra=(Probe(), Probe(label="other"))).randomizers][-2:] == ["", "other"]
