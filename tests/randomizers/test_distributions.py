"""Distributions follow their laws, keep to their support, and survive JSON."""

import json
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from diorama.randomizers.distributions import (
    FAMILIES,
    Choice,
    Constant,
    Distribution,
    LogUniform,
    Normal,
    Scalar,
    TruncatedNormal,
    Uniform,
    UniformInt,
    UniformRotation,
    require,
    rounded,
)
from diorama.sim.codec import InvalidDocument, from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.transforms import matrix_from_quat, quat_multiply

N = 4000

LAWS = [
    (Uniform(0.4, 1.0), stats.uniform(0.4, 0.6)),
    (Uniform(-3, -3 + 1e-6), stats.uniform(-3, 1e-6)),
    (LogUniform(0.01, 5), stats.loguniform(0.01, 5)),
    (Normal(2, 0.3), stats.norm(2, 0.3)),
    (TruncatedNormal(6000, 1500, 2700, 12000), stats.truncnorm(-2.2, 4, 6000, 1500)),
    (TruncatedNormal(0, 1, 5, 6), stats.truncnorm(5, 6)),
    (TruncatedNormal(0, 2, -14, -10), stats.truncnorm(-7, -5, 0, 2)),
]


def draws(distribution: Distribution, n: int = N, seed: int = 0) -> list:
    rng = Seed(seed).child("test").rng()
    return [distribution.sample(rng) for _ in range(n)]


@pytest.mark.parametrize(("distribution", "law"), LAWS, ids=lambda v: repr(v) if isinstance(v, Distribution) else "")
def test_continuous_families_follow_their_laws(distribution, law):
    sample = draws(distribution)
    assert stats.kstest(sample, law.cdf).pvalue > 0.01
    assert abs(math.fsum(sample) / N - law.mean()) < 4 * law.std() / math.sqrt(N)


@pytest.mark.parametrize(("distribution", "law"), LAWS, ids=lambda v: repr(v) if isinstance(v, Distribution) else "")
def test_quantile_inverts_the_law(distribution, law):
    for u in (1e-6, 0.01, 0.3, 0.5, 0.77, 0.999):
        assert distribution.quantile(u) == pytest.approx(float(law.ppf(u)), rel=1e-7, abs=1e-9)


def test_whole_numbers_are_even_and_reach_both_ends():
    counts = [draws(UniformInt(-2, 3)).count(k) for k in range(-2, 4)]
    assert sum(counts) == N
    assert stats.chisquare(counts).pvalue > 0.01


def test_choice_follows_its_weights_and_skips_weight_zero():
    sample = draws(Choice({"a": 1, "b": 3, "c": 0, "d": 4}))
    counts = [sample.count(v) for v in "abd"]
    assert sum(counts) == N
    assert stats.chisquare(counts, [N / 8, 3 * N / 8, N / 2]).pvalue > 0.01


def test_rotations_are_even_over_all_orientations():
    quats = draws(UniformRotation())
    assert all(abs(math.hypot(*q) - 1) < 1e-9 and q[0] >= 0 for q in quats)
    # The rotation angle of Haar's measure has the density (1 - cos t) / pi on [0, pi].
    angles = [2 * math.acos(min(q[0], 1.0)) for q in quats]
    assert stats.kstest(angles, lambda t: (t - np.sin(t)) / math.pi).pvalue > 0.01
    # Each axis of the body points evenly over the sphere, so each of its coordinates is even over [-1, 1] (Archimedes),
    # and it stays so after any fixed turn.
    turn = (0.5, 0.5, -0.5, 0.5)
    for row in range(3):
        for column in range(3):
            coordinates = [matrix_from_quat(quat_multiply(turn, q))[row, column] for q in quats]
            assert stats.kstest(coordinates, stats.uniform(-1, 2).cdf).pvalue > 1e-3


# --- any distribution ---------------------------------------------------------------------------------------

finite = st.floats(-1e9, 1e9)
positive = st.floats(1e-9, 1e9)
plain = st.one_of(st.text(max_size=5), st.integers(-1000, 1000), finite, st.booleans())


@st.composite
def ranges(draw, numbers):
    return sorted((draw(numbers), draw(numbers)))


@st.composite
def choices(draw):
    values = draw(st.lists(st.one_of(st.text(max_size=5), st.integers(2, 1000), st.tuples(finite, finite)), min_size=1, max_size=6, unique=True))
    weights = draw(st.lists(st.floats(0, 10), min_size=len(values), max_size=len(values)).filter(lambda w: sum(w) > 0))
    return draw(st.sampled_from([Choice(values), Choice(values, weights)]))


distributions = st.one_of(
    plain.map(Constant),
    st.lists(plain, max_size=3).map(Constant),
    ranges(finite).map(lambda r: Uniform(*r)),
    ranges(positive).map(lambda r: LogUniform(*r)),
    st.builds(Normal, finite, st.floats(0, 1e9)),
    st.builds(
        lambda m, s, w: TruncatedNormal(m, s, m - w[0] * s, m + w[1] * s), finite, st.floats(1e-3, 1e6), st.tuples(st.floats(0, 5), st.floats(0.1, 5))
    ),
    ranges(st.integers(-(10**12), 10**12)).map(lambda r: UniformInt(*r)),
    choices(),
    st.just(UniformRotation()),
)


@given(distributions, st.integers(0, 2**64))
def test_draws_are_plain_replayable_and_within_the_support(distribution, seed):
    first, second = draws(distribution, 5, seed), draws(distribution, 5, seed)
    assert first == second
    for value in first:
        assert type(value) in (int, float, str, bool, tuple)
        if distribution.support is not None:
            assert distribution.support[0] <= value <= distribution.support[1]
        if distribution.is_whole:
            assert type(value) is int


@given(distributions)
def test_json_round_trip_is_exact(distribution):
    value = json.loads(json.dumps(to_json(distribution)))
    back = from_json(Distribution, value)
    assert (back, hash(back), repr(back), to_json(back)) == (distribution, hash(distribution), repr(distribution), value)
    assert draws(back, 3) == draws(distribution, 3)


@given(distributions)
def test_a_sorted_document_means_the_same(distribution):
    value = json.loads(json.dumps(to_json(distribution), sort_keys=True))
    assert draws(from_json(Distribution, value), 3) == draws(distribution, 3)


@given(st.floats(-1e300, 1e300))
def test_rounding_hides_the_last_bits_and_nothing_more(x):
    assert rounded(rounded(x)) == rounded(x)
    assert abs(rounded(x) - x) <= 5.1e-10 * abs(x) + 5e-324


def test_a_generator_is_consumed_by_as_much_whatever_is_drawn():
    for distribution in (Uniform(0, 1), LogUniform(1, 2), Normal(0, 1), TruncatedNormal(0, 1, 3, 4), UniformInt(1, 5), Choice("abc")):
        rng, other = Seed(1).rng(), Seed(1).rng()
        distribution.sample(rng)
        other.random()
        assert rng.bit_generator.state == other.bit_generator.state


# --- written forms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distribution", "written", "printed"),
    [
        (Constant(3), 3, "3"),
        (Constant(0.5), 0.5, "0.5"),
        (Constant("red"), {"constant": "red"}, "red"),
        (Constant((1, 2)), {"constant": [1, 2]}, "[1, 2]"),
        (Uniform(0.4, 1), {"uniform": [0.4, 1.0]}, "U(0.4, 1)"),
        (LogUniform(0.001, 2), {"log-uniform": [0.001, 2.0]}, "LogU(0.001, 2)"),
        (Normal(0, 0.02), {"normal": [0.0, 0.02]}, "N(0, 0.02)"),
        (TruncatedNormal(0, 1, -2, 3), {"truncated-normal": [0.0, 1.0, -2.0, 3.0]}, "TN(0, 1, -2, 3)"),
        (UniformInt(10, 15), {"uniform-int": [10, 15]}, "UI(10, 15)"),
        (Choice(["b", "a"]), {"choice": ["a", "b"]}, "Choice(a, b)"),
        (Choice({"b": 3, "a": 1}), {"choice": {"a": 1.0, "b": 3.0}}, "Choice(a: 1, b: 3)"),
        (Choice([640, 800], [1, 2]), {"choice": {"values": [640, 800], "weights": [1.0, 2.0]}}, "Choice(640: 1, 800: 2)"),
        (UniformRotation(), {"uniform-rotation": []}, "Rotation()"),
    ],
)
def test_written_and_printed_forms(distribution, written, printed):
    assert to_json(distribution) == written
    assert from_json(Distribution, written) == distribution
    assert repr(distribution) == printed


def test_every_family_is_registered_by_its_own_name():
    assert all(FAMILIES[name].family == name for name in FAMILIES.names())


@dataclass(frozen=True, slots=True, repr=False)
class Exponential(Scalar):
    """A family of one's own."""

    family: ClassVar[str] = "exponential"
    symbol: ClassVar[str] = "Exp"
    mean: float

    @property
    def support(self):
        return 0.0, math.inf

    def quantile(self, u):
        return -self.mean * math.log1p(-u)


def test_a_family_of_ones_own_takes_part(monkeypatch):
    monkeypatch.setitem(FAMILIES._loaded, "exponential", Exponential)
    assert from_json(Distribution, {"exponential": [2]}) == Exponential(2)
    assert to_json(Exponential(2)) == {"exponential": [2.0]}
    assert repr(Exponential(2)) == "Exp(2)"
    assert stats.kstest(draws(Exponential(2)), stats.expon(scale=2).cdf).pvalue > 0.01
    with pytest.raises(InvalidDocument, match=r"a: exponential takes \[mean\], got \[1, 2\]"):
        Distribution.from_json_value({"exponential": [1, 2]}, "a")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"uniform": {"low": 0, "high": 1}}, Uniform(0, 1)),
        ("uniform-rotation", UniformRotation()),
        ({"choice": {"values": 2, "weights": 1}}, Choice({"values": 2, "weights": 1})),
    ],
)
def test_other_written_forms(written, meant):
    assert from_json(Distribution, written) == meant


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"unifrm": [0, 1]}, 'lights.power: no distribution named "unifrm". Did you mean "uniform"?'),
        ({"uniform": [1, 0]}, "lights.power: uniform: low must not be above high, got 1.0, 0.0"),
        ({"uniform": [1]}, "lights.power: uniform takes [low, high], got [1]"),
        ({"uniform": ["a", 1]}, "lights.power: uniform: low must be a finite number, got 'a'"),
        ({"uniform": [0, math.nan]}, "lights.power: uniform: high must be a finite number, got nan"),
        ({"uniform": [0, 10**400]}, "lights.power: uniform: high must be a finite number"),
        ({"uniform": [True, 2]}, "lights.power: uniform: low must be a finite number, got True"),
        ({"log-uniform": [0, 1]}, "lights.power: log-uniform: must have 0 < low <= high"),
        ({"normal": [0, -1]}, "lights.power: normal: sigma must be 0 or more"),
        ({"truncated-normal": [0, 1, 40, 50]}, "lights.power: truncated-normal: the range 40.0..50.0 is too far from the mean"),
        ({"truncated-normal": [0, 0, 0, 1]}, "lights.power: truncated-normal: sigma must be positive"),
        ({"uniform-int": [0.5, 3]}, "lights.power: uniform-int: low and high must be whole numbers"),
        ({"uniform-int": [4, 3]}, "lights.power: uniform-int: low must not be above high"),
        ({"choice": {"a": 0, "b": 0}}, "lights.power: choice: the weights must not all be 0"),
        ({"choice": {"a": -1, "b": 2}}, "lights.power: choice: weights must be numbers of 0 or more, got -1"),
        ({"choice": []}, "lights.power: choice: expected a list of values"),
        ({"choice": [1, 1]}, "lights.power: choice: values must be different"),
        ({"choice": [{"a": 1}]}, "lights.power: choice: expected finite numbers, texts or lists of them"),
        ({"choice": {"values": [1, 2], "weights": [1]}}, "lights.power: choice: there are 2 values, but 1 weights"),
        ({"choice": 3}, "lights.power: choice takes a list of values"),
        ({"constant": math.inf}, "lights.power: constant: expected finite numbers"),
        ({"uniform": [0, 1], "normal": [0, 1]}, "lights.power: expected a number or a distribution such as"),
        ("fast", "lights.power: expected a number or a distribution such as"),
        (None, "lights.power: expected a number or a distribution such as"),
        (True, "lights.power: expected a number or a distribution such as"),
    ],
)
def test_faults_name_the_place_and_the_remedy(written, message):
    with pytest.raises(InvalidDocument) as error:
        Distribution.from_json_value(written, "lights.power")
    assert str(error.value).startswith(message)


def test_a_field_of_one_family_refuses_the_others():
    with pytest.raises(InvalidDocument, match="a: expected a distribution of the family choice, got U"):
        Choice.from_json_value({"uniform": [0, 1]}, "a")


class Setting:
    def __init__(self, value):
        self.size = value


@pytest.mark.parametrize(
    ("value", "whole", "message"),
    [
        (Uniform(-1, 1), False, r"size must draw numbers in 0\.\.5, got U\(-1, 1\)"),
        (Normal(2, 1), False, r"size must draw numbers in 0\.\.5, got N\(2, 1\)"),
        (Choice(["a"]), False, r"size must draw numbers in 0\.\.5, got Choice\(a\)"),
        (Uniform(1, 2), True, r"size must draw whole numbers in 0\.\.5, got U\(1, 2\)"),
        (3, False, r"size must be a distribution, e\.g\. Constant\(3\), got 3"),
    ],
)
def test_limits_of_settings_are_checked_beforehand(value, whole, message):
    with pytest.raises(InvalidValue, match=message):
        require(Setting(value), 0, 5, "size", whole=whole)
    require(Setting(UniformInt(0, 5)), 0, 5, "size", whole=True)
