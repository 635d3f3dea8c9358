"""Variables and schedules: written, checked as far as they can be, and put into settings scene by scene."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.randomizers.distributions import (
    Choice,
    Constant,
    Distribution,
    GaussianCopula,
    LogUniform,
    Mixture,
    Normal,
    Schedule,
    Scope,
    SequentialTrees,
    Split,
    Truncated,
    TruncatedNormal,
    Uniform,
    UniformInt,
    UniformRotation,
    Var,
    require,
    require_one_of,
    resolved,
    variables_of,
)
from diorama.sim.codec import InvalidDocument, from_json, to_json
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.seeds import Seed

SCOPE = Scope(index=250, variables={"a": 2.5, "n": 3, "word": "red", "look": {"brightness": 0.4, "kind": "day"}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    power: Distribution = Uniform(0, 1)
    kinds: tuple[Distribution, ...] = ()
    table: Any = None
    limit: float = 5.0

    def __post_init__(self) -> None:
        require(self, 0, self.limit, "power")


def test_a_variable_stands_for_a_distribution_or_for_a_number_of_one():
    assert resolved(Var("a"), SCOPE) == Constant(2.5)
    assert resolved(Var("look.brightness"), SCOPE) == Constant(0.4)
    assert resolved(Var("word"), SCOPE) == Constant("red")
    assert resolved(Uniform(0, Var("a")), SCOPE) == Uniform(0, 2.5)
    assert resolved(UniformInt(Var("n"), 5), SCOPE) == UniformInt(3, 5)
    assert resolved(TruncatedNormal(Var("a"), 1, 0, Var("n")), SCOPE) == TruncatedNormal(2.5, 1, 0, 3)
    assert resolved(Mixture([Var("a"), Normal(Var("a"), 1)], [1, 3]), SCOPE) == Mixture([Constant(2.5), Normal(2.5, 1)], [1, 3])


def test_settings_are_made_anew_only_where_something_depends_on_the_scene():
    settings = Settings(power=Uniform(0, Var("a")), kinds=(Constant(1), Var("n")), table={"x": Var("look.kind"), "y": [Var("a")]})
    expected = Settings(power=Uniform(0, 2.5), kinds=(Constant(1), Constant(3)), table={"x": Constant("day"), "y": [Constant(2.5)]})
    assert resolved(settings, SCOPE) == expected
    assert resolved(settings, SCOPE) == expected  # the second time its need is known
    assert resolved(settings, SCOPE).kinds[0] is settings.kinds[0]
    for plain in (expected, Uniform(0, 1), (Constant(1), {"a": Normal(0, 1)}), Choice("ab"), UniformRotation(), 3, "x", None):
        assert resolved(plain, SCOPE) is plain


def test_names_of_variables_are_told_without_columns():
    settings = Settings(power=Schedule(Uniform(0, Var("a")), Mixture([Var("look.brightness")]), 5), table={"x": Var("look.kind")})
    assert variables_of(settings) == {"a", "look"}
    assert variables_of(expected := Settings()) == frozenset()
    assert variables_of(resolved(settings, SCOPE)) == variables_of(expected)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (Var("lok.brightness"), UnknownName, 'no variable named "lok". Did you mean "look"?'),
        (Var("look.britness"), UnknownName, 'the variable "look" has no column "britness". Did you mean "brightness"?'),
        (Var("look"), UnknownName, 'the variable "look" draws several things together; name one, look.column. Known: brightness, kind.'),
        (Var("a.brightness"), InvalidValue, 'the variable "a" draws one thing, and has no column "brightness"'),
        (Uniform(0, Var("word")), InvalidValue, "uniform: high must be a finite number, got 'red'"),
        (Uniform(Var("a"), 0), InvalidValue, "uniform: low must not be above high, got 2.5, 0.0"),
        (UniformInt(0, Var("a")), InvalidValue, "uniform-int: low and high must be whole numbers below 2**52, got 2.5"),
        (Settings(power=Var("a"), limit=2), InvalidValue, "power must draw numbers in 0..2, got 2.5"),
    ],
)
def test_what_does_not_fit_is_said_when_it_is_known(value, error, message):
    with pytest.raises(error) as raised:
        resolved(value, SCOPE)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    "value", [Var("a"), Uniform(0, Var("a")), UniformInt(0, Var("a")), Schedule(Constant(0), Constant(1), 5), Mixture([Var("a")])]
)
def test_nothing_is_drawn_from_what_is_not_resolved(value):
    with pytest.raises(InvalidValue, match="depends on the scene; resolve it before drawing from it"):
        value.sample(Seed(0).rng())


@pytest.mark.parametrize(
    ("value", "written", "printed"),
    [
        (Var("a"), {"var": "a"}, "Var(a)"),
        (Uniform(0, Var("look.x")), {"uniform": [0.0, {"var": "look.x"}]}, "U(0, Var(look.x))"),
        (UniformInt(Var("n"), 4), {"uniform-int": [{"var": "n"}, 4]}, "UI(Var(n), 4)"),
        (
            Schedule(Constant(0.1), Uniform(0, Var("a")), 1000),
            {"schedule": {"from": 0.1, "to": {"uniform": [0.0, {"var": "a"}]}, "over": 1000}},
            "Schedule(0.1, U(0, Var(a)), 1000)",
        ),
        (
            Mixture([Uniform(0, 1), Constant("x")], [1, 3]),
            {"mixture": {"components": [{"uniform": [0.0, 1.0]}, {"constant": "x"}], "weights": [1.0, 3.0]}},
            "Mixture(U(0, 1): 1, x: 3)",
        ),
    ],
)
def test_written_and_printed_forms(value, written, printed):
    assert to_json(value) == written
    assert from_json(Distribution, json.loads(json.dumps(written))) == value
    assert hash(from_json(Distribution, written)) == hash(value)
    assert repr(value) == printed


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"var": 3}, "a: var: expected the name of a variable, or name.column, got 3"),
        ({"var": "a."}, "a: var: expected the name of a variable, or name.column, got 'a.'"),
        ({"uniform": [0, {"vra": "a"}]}, "a: uniform: high must be a finite number, got {'vra': 'a'}"),
        ({"schedule": [0, 1, 5]}, "a: schedule takes {from: ..., to: ..., over: scenes}, got [0, 1, 5]"),
        ({"schedule": {"from": 0, "to": 1, "over": 0}}, "a: schedule: over must be a number of scenes, 1 or more, got 0"),
        ({"schedule": {"from": 0, "to": {"unifrm": 1}, "over": 5}}, 'a: no distribution named "unifrm". Did you mean "uniform"?'),
        ({"mixture": []}, "a: mixture: expected a list of distributions, got []"),
        ({"mixture": {"components": [1], "weights": [1, 2]}}, "a: mixture: there are 1 components, but 2 weights"),
        ({"mixture": 3}, "a: mixture takes {components: [...], weights: [...]}, got 3"),
    ],
)
def test_faults_are_named(written, message):
    with pytest.raises(InvalidDocument) as raised:
        Distribution.from_json_value(written, "a")
    assert str(raised.value).startswith(message)


def test_what_is_nested_too_deeply_is_refused():
    for wrap in (lambda v: {"mixture": [v]}, lambda v: {"schedule": {"from": v, "to": 1, "over": 2}}, lambda v: {"constant": [v]}):
        value = 1
        for _ in range(5000):
            value = wrap(value)
        with pytest.raises(InvalidDocument, match="a: distributions are nested too deeply"):
            Distribution.from_json_value(value, "a")


# --- schedules --------------------------------------------------------------------------------------------------


def at(schedule: Distribution, index: int) -> Distribution:
    return resolved(schedule, Scope(index=index, variables=SCOPE.variables))


def test_a_schedule_starts_with_one_and_ends_and_stays_with_the_other():
    schedule = Schedule(Uniform(0, 1), Uniform(4, 9), 100)
    assert at(schedule, 0) == Uniform(0, 1)
    assert at(schedule, 25) == Uniform(1, 3)
    assert at(schedule, 100) == at(schedule, 10**6) == Uniform(4, 9)


def test_parameters_go_over_evenly_or_in_logarithms():
    assert at(Schedule(Constant(1), Constant(2), 4), 1) == Constant(1.25)
    assert at(Schedule(LogUniform(1, 10), LogUniform(100, 1000), 2), 1) == LogUniform(10, 100)
    assert at(Schedule(UniformInt(0, 4), UniformInt(10, 20), 3), 1) == UniformInt(3, 9)
    assert at(Schedule(Uniform(0, Var("a")), Uniform(0, 7.5), 2), 1) == Uniform(0, 5)


def test_a_schedule_may_stand_inside_of_others():
    schedule = Schedule(Normal(0, 1), Normal(4, 1), 2)
    copula = GaussianCopula({"a": schedule, "b": Uniform(0, Var("a"))}, [[1, 0.5], [0.5, 1]])
    assert at(copula, 1) == GaussianCopula({"a": Normal(2, 1), "b": Uniform(0, 2.5)}, [[1, 0.5], [0.5, 1]])
    assert at(Truncated(schedule, 1, 3), 1) == Truncated(Normal(2, 1), 1, 3)
    assert at(Mixture([schedule, Constant(1)]), 2) == Mixture([Normal(4, 1), Constant(1)])
    assert at(Schedule(schedule, Constant(0), 4), 1) == Mixture([Normal(2, 1), Constant(0)], [0.75, 0.25])
    joint = Schedule(copula, SequentialTrees({"a": Constant(1), "b": Constant(2)}), 2)
    assert joint.columns == ("a", "b")
    assert set(at(joint, 1).sample(Seed(0).rng())) == {"a", "b"}
    with pytest.raises(InvalidValue, match="both ends must draw the same columns"):
        Schedule(copula, Constant(1), 2)
    tree = SequentialTrees({"a": schedule, "b": Split("a", 1, schedule, Constant(1))})
    assert at(tree, 0) == SequentialTrees({"a": Normal(0, 1), "b": Split("a", 1, Normal(0, 1), Constant(1))})


def test_what_cannot_go_over_is_mixed():
    assert at(Schedule(Uniform(0, 1), Normal(0, 1), 4), 1) == Mixture([Uniform(0, 1), Normal(0, 1)], [0.75, 0.25])
    assert at(Schedule(Choice("ab"), Choice("bc"), 4), 3) == Mixture([Choice("ab"), Choice("bc")], [0.25, 0.75])
    assert at(Schedule(Constant("day"), Constant("night"), 2), 1) == Mixture([Constant("day"), Constant("night")], [0.5, 0.5])
    assert at(Schedule(Choice("ab"), Choice("ab"), 4), 3) == Choice("ab")


@given(st.integers(0, 1000), st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_every_step_lies_between_the_ends(index, a, width, b, breadth):
    schedule = Schedule(Uniform(a, a + width), Uniform(b, b + breadth), 1000)
    low, high = schedule.support
    step = at(schedule, index)
    assert min(a, b) == low <= step.low + 1e-9 <= step.high + 2e-9 <= high + 3e-9 == max(a + width, b + breadth) + 3e-9


@dataclass
class Setting:
    size: Any


def test_settings_that_depend_on_the_scene_are_checked_as_far_as_they_can_be():
    for value in (Var("a"), Uniform(Var("a"), 1), Mixture([Uniform(0, 1), Var("a")]), Schedule(Constant(0), Var("a"), 3)):
        require(Setting(value), 0, 1, "size")
        require_one_of(Setting(value), ("on", "off"), "size")
        assert value.support is None or isinstance(value, Uniform)
    require(Setting(Schedule(Constant(0), Uniform(0, 1), 5)), 0, 1, "size")
    require(Setting(Schedule(UniformInt(1, 1), UniformInt(4, 9), 5)), 0, 9, "size", whole=True)
    require_one_of(Setting(Schedule(Constant("on"), Choice(["on", "off"]), 5)), ("on", "off"), "size")
    for wrong in (Schedule(Constant(0), Uniform(0, 2), 5), Schedule(Uniform(-1, 0), Constant(0), 5), Mixture([Uniform(0, 1), Constant(2)])):
        with pytest.raises(InvalidValue, match=r"size must draw numbers in 0\.\.1"):
            require(Setting(wrong), 0, 1, "size")
    with pytest.raises(InvalidValue, match="size must draw whole numbers"):  # it would be 1.5 on its way
        require(Setting(Schedule(Constant(1), Constant(2), 5)), 0, 9, "size", whole=True)
    with pytest.raises(InvalidValue, match="size must draw one of a few words, not 'of'"):
        require_one_of(Setting(Schedule(Constant("on"), Constant("of"), 5)), ("on", "off"), "size")


def test_a_mixture_draws_from_its_components_and_consumes_as_much_whichever_it_is():
    mixture = Mixture([Constant(-1), Uniform(0, 1), Constant(5)], [1, 3, 0])
    rng, other = Seed(3).rng(), Seed(3).rng()
    drawn = [mixture.sample(rng) for _ in range(2000)]
    assert abs(drawn.count(-1) - 500) < 4 * (2000 * 0.25 * 0.75) ** 0.5
    assert mixture.support == (-1, 1)
    assert all(-1 <= value <= 1 for value in drawn)
    other.random(4000)
    assert rng.bit_generator.state == other.bit_generator.state
