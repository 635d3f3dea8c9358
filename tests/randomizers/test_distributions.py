"""Distributions follow their laws, keep to their support, and survive JSON."""

import json
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from diorama.randomizers.distributions import (
    FAMILIES,
    Beta,
    ChiSquare,
    Choice,
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Hybrid,
    LogNormal,
    LogUniform,
    Mixture,
    Normal,
    Poisson,
    Scalar,
    SphereShell,
    Truncated,
    TruncatedNormal,
    Uniform,
    UniformInt,
    UniformRotation,
    UnitSphere,
    VonMises,
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
    (LogNormal(-1, 0.4), stats.lognorm(0.4, scale=math.exp(-1))),
    (Exponential(2.5), stats.expon(scale=2.5)),
    (ChiSquare(1), stats.chi2(1)),
    (ChiSquare(7.5), stats.chi2(7.5)),
    (Gamma(0.05, 3), stats.gamma(0.05, scale=3)),
    (Gamma(1, 2), stats.gamma(1, scale=2)),
    (Gamma(40, 0.1), stats.gamma(40, scale=0.1)),
    (Gamma(2e5, 0.01), stats.gamma(2e5, scale=0.01)),
    (Beta(2, 5), stats.beta(2, 5)),
    (Beta(0.3, 0.2, -1, 4), stats.beta(0.3, 0.2, -1, 5)),
    (Beta(1, 30), stats.beta(1, 30)),
    (Beta(5000, 20000), stats.beta(5000, 20000)),
    (VonMises(2, 0), stats.uniform(2 - math.pi, 2 * math.pi)),
    (VonMises(0.5, 0.7), stats.vonmises(0.7, loc=0.5)),
    (VonMises(-1, 30), stats.vonmises(30, loc=-1)),
    (VonMises(0, 45), stats.vonmises(45)),  # scipy takes the normal law beyond 50
]

COUNTS = [
    (UniformInt(-2, 3), stats.randint(-2, 4)),
    (Poisson(0.3), stats.poisson(0.3)),
    (Poisson(7), stats.poisson(7)),
    (Poisson(900), stats.poisson(900)),
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


@pytest.mark.parametrize(("distribution", "law"), LAWS, ids=lambda v: repr(v) if isinstance(v, Distribution) else "")
def test_shares_and_densities_are_those_of_the_law(distribution, law):
    for u in (1e-4, 0.05, 0.4, 0.6, 0.97):
        x = float(law.ppf(u))
        assert distribution.cdf(x) == pytest.approx(float(law.cdf(x)), rel=1e-9)
        assert distribution.log_prob(x) == pytest.approx(float(law.logpdf(x)), abs=1e-6)
    low, high = distribution.support
    assert (distribution.cdf(low - 1), distribution.cdf(high + 1)) == (0, 1) or math.isinf(high - low)
    assert [distribution.log_prob(x) for x in (low - 1, high + 1)] == [-math.inf] * 2 or math.isinf(high - low)


@pytest.mark.parametrize(("distribution", "law"), COUNTS, ids=lambda v: repr(v) if isinstance(v, Distribution) else "")
def test_counts_follow_their_laws(distribution, law):
    sample = draws(distribution)
    low, high = int(law.ppf(0.01)), int(law.ppf(0.99))
    edges = sorted({low + round(i * (high - low) / 12) for i in range(13)})
    counts = np.histogram(sample, [-math.inf, *(e + 0.5 for e in edges), math.inf])[0]
    expected = N * np.diff([0, *law.cdf(edges), 1])
    assert stats.chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 0.01
    assert abs(math.fsum(sample) / N - law.mean()) < 4 * law.std() / math.sqrt(N)
    for u in (1e-9, 0.01, 0.3, 0.5, 0.77, 0.999, 1 - 1e-9):
        assert distribution.quantile(u) == law.ppf(u)
    for k in (low, high, high + 2):
        assert distribution.cdf(k + 0.5) == pytest.approx(float(law.cdf(k)), rel=1e-11)
        assert distribution.log_prob(k) == pytest.approx(float(law.logpmf(k)), rel=1e-9)
    assert distribution.log_prob(low + 0.5) == -math.inf


@given(st.floats(-6, 13), st.floats(1e-12, 1 - 1e-12))
def test_gamma_and_beta_quantiles_for_any_shape(exponent, u):
    shape = 1.6**exponent * 0.05  # 0.003 to 22
    for distribution in (Gamma(shape, 1), Beta(shape, 1.5), Beta(0.8, shape), ChiSquare(shape)):
        x = distribution.quantile(u)
        if 1e-290 < x and abs(x - 1) > 1e-6:  # so near to 1, a float has no digits left
            assert distribution.cdf(x) == pytest.approx(u, rel=1e-9)
    reference = float(special.gammaincinv(shape, u) if u < 0.5 else special.gammainccinv(shape, 1 - u))
    assert Gamma(shape, 1).quantile(u) == pytest.approx(reference, rel=1e-9, abs=1e-290)


def test_a_narrow_von_mises_law_is_its_density_integrated():
    distribution = VonMises(0.2, 3000)
    for u in (0.001, 0.3, 0.5, 0.9):
        x = distribution.quantile(u)
        share, error = integrate.quad(lambda t: math.exp(distribution.log_prob(t)), 0, x, epsabs=1e-12)
        assert share == pytest.approx(u, abs=1e-10 + error)
        assert distribution.log_prob(x) == pytest.approx(float(stats.vonmises(3000, loc=0.2).logpdf(x)))


def test_measured_numbers_are_drawn_between_neighbours():
    values = [3.0, 1.0, 2.0, 2.0, 10.0]
    distribution = Empirical(values)
    sample = draws(distribution)
    assert abs(sample.count(2.0) - N / 4) < 4 * math.sqrt(N * 3 / 16)  # twice measured: a quarter of the gaps is none
    for u in (0.1, 0.33, 0.6, 0.9):
        assert distribution.quantile(u) == pytest.approx(float(np.quantile(values, u)))
    many = stats.gamma(3).ppf((np.arange(500) + 0.5) / 500)
    measured = Empirical(many.tolist())
    assert stats.kstest(draws(measured), stats.gamma(3).cdf).pvalue > 0.01
    for x in (0.5, 1.0, 2.7, 6.0):
        assert measured.quantile(measured.cdf(x)) == pytest.approx(x)
        assert math.exp(measured.log_prob(x)) == pytest.approx(stats.gamma(3).pdf(x), rel=0.1)
    assert (measured.cdf(-1), measured.cdf(100), distribution.log_prob(2.0), distribution.log_prob(11.0)) == (0, 1, math.inf, -math.inf)


def test_mixtures_have_the_shares_of_their_components():
    mixture = Mixture([Normal(0, 1), Uniform(3, 5), Exponential(2)], [1, 2, 1])

    def share(x):
        return stats.norm.cdf(x) / 4 + stats.uniform(3, 2).cdf(x) / 2 + stats.expon(scale=2).cdf(x) / 4

    assert stats.kstest(draws(mixture), share).pvalue > 0.01
    for u in (1e-6, 0.2, 0.5, 0.8, 0.999):
        assert share(mixture.quantile(u)) == pytest.approx(u, rel=1e-9)
    for x in (-1.0, 0.5, 3.5, 9.0):
        assert mixture.cdf(x) == pytest.approx(float(share(x)))
        slope = (share(x + 1e-5) - share(x - 1e-5)) / 2e-5
        assert math.exp(mixture.log_prob(x)) == pytest.approx(float(slope), rel=1e-4)
    whole = Mixture([UniformInt(1, 4), Poisson(9)], [1, 1])
    assert [whole.quantile(whole.cdf(k) - 1e-9) for k in range(12)] == list(range(12))


def test_any_distribution_is_cut_to_a_range():
    cut = Truncated(Gamma(2, 1), 0.5, 4)
    whole = stats.gamma(2)

    def share(x):
        return (whole.cdf(x) - whole.cdf(0.5)) / (whole.cdf(4) - whole.cdf(0.5))

    assert stats.kstest(draws(cut), share).pvalue > 0.01
    assert (cut.support, Truncated(Gamma(2, 1), -1, 4).support) == ((0.5, 4), (0, 4))
    for x in (0.6, 1.0, 3.9):
        assert cut.cdf(x) == pytest.approx(float(share(x)))
        assert cut.quantile(cut.cdf(x)) == pytest.approx(x)
        assert cut.log_prob(x) == pytest.approx(float(whole.logpdf(x)) - math.log(whole.cdf(4) - whole.cdf(0.5)))
    assert cut.log_prob(5) == -math.inf
    count = Truncated(Poisson(3), 1, 5)
    sample = draws(count)
    expected = stats.poisson(3).pmf(range(1, 6))
    assert stats.chisquare([sample.count(k) for k in range(1, 6)], N * expected / expected.sum()).pvalue > 0.01
    assert sum(math.exp(count.log_prob(k)) for k in range(1, 6)) == pytest.approx(1)
    hump = Truncated(Mixture([Normal(0, 1), Normal(5, 1)], [1, 1]), -1, 5)
    assert -1 <= min(draws(hump, 500)) <= max(draws(hump, 500)) <= 5


def test_settings_are_checked_by_what_can_be_drawn():
    """Draws end where the floats between 0 and 1 do, and so do the checks, whatever the law allows beyond."""

    class Setting:
        size = None

    for distribution, low, high in (
        (Normal(1, 0.05), 1 - 0.05 * 8.5, 1 + 0.05 * 8.5),
        (Exponential(2), 0, 2 * 54 * math.log(2)),
        (Gamma(2, 1), 0, 42),
        (Poisson(4), 0, 37),
        (Mixture([Exponential(1), Constant(-1)], [1, 1]), -1, 54 * math.log(2)),
        (Hybrid(Empirical([1, 2]), Exponential(1), 0.5), 0, 54 * math.log(2)),
    ):
        setting = Setting()
        setting.size = distribution
        assert low <= distribution.reach[0] <= distribution.reach[1] <= high
        require(setting, low, high, "size")
        with pytest.raises(InvalidValue, match="size must draw numbers"):
            require(setting, low, high / 2, "size")
        for u in (0.0, 1 - 2.0**-53):
            assert distribution.reach[0] <= distribution.sample(Fixed(u)) <= distribution.reach[1]


class Fixed:
    """A generator that draws one number for ever."""

    def __init__(self, value):
        self.value = value

    def random(self):
        return self.value


def test_a_hybrid_draws_a_share_from_what_was_measured():
    hybrid = Hybrid(real=Empirical([1.0, 2.0]), prior=Uniform(5, 6), weight=0.7)
    assert abs(sum(x < 3 for x in draws(hybrid)) - 0.7 * N) < 4 * math.sqrt(0.21 * N)
    assert hybrid.support == (1, 6)
    assert hybrid.cdf(3) == pytest.approx(0.7)
    assert hybrid.quantile(0.35) == pytest.approx(1.5)
    assert Hybrid(real=Constant("a"), prior=Choice("ab"), weight=1).outcomes == ("a",)


def test_directions_are_even_over_the_sphere_and_points_over_the_shell():
    for distribution, radius in ((UnitSphere(), None), (SphereShell(1, 2), stats.rv_histogram)):
        points = np.array(draws(distribution))
        r = np.sqrt((points**2).sum(axis=1))
        assert all(stats.kstest(points[:, i] / r, stats.uniform(-1, 2).cdf).pvalue > 0.01 for i in range(3))
        assert abs(stats.spearmanr(points[:, 0] / r, points[:, 2] / r).statistic) < 4 / math.sqrt(N)
        if radius is None:
            assert np.abs(r - 1).max() < 1e-9
        else:
            assert stats.kstest(r, lambda x: (x**3 - 1) / 7).pvalue > 0.01
            assert abs(stats.spearmanr(r, points[:, 2]).statistic) < 4 / math.sqrt(N)
    assert math.exp(UnitSphere().log_prob((0, 0, 1))) == pytest.approx(1 / (4 * math.pi))
    assert math.exp(SphereShell(1, 2).log_prob((1.5, 0, 0))) == pytest.approx(3 / (28 * math.pi))
    assert SphereShell(1, 2).log_prob((0.5, 0, 0)) == -math.inf


def test_a_family_with_quantiles_alone_has_shares():
    for x in (0.1, 1.0, 3.0):
        assert Rayleigh(2).cdf(x) == pytest.approx(float(stats.rayleigh(scale=2).cdf(x)), abs=1e-12)
    with pytest.raises(InvalidValue, match=r"Ray\(2\) has no known density"):
        Rayleigh(2).log_prob(1)
    for share in (UnitSphere().cdf, Choice("ab").cdf, Constant("a").cdf):
        with pytest.raises(InvalidValue, match="draws nothing that is less or more"):
            share(1)
    with pytest.raises(InvalidValue, match=r"Rotation\(\) has no quantiles"):
        UniformRotation().quantile(0.5)


def test_single_values_have_shares_and_probabilities():
    choice = Choice([800, 640], [3, 1])
    assert [choice.cdf(x) for x in (1, 640, 700, 800)] == [0, 0.25, 0.25, 1]
    assert [choice.quantile(u) for u in (0.2, 0.3)] == [640, 800]
    assert choice.log_prob(800) == pytest.approx(math.log(0.75))
    assert (choice.log_prob(3), Constant(2).log_prob(3), Constant(2).log_prob(2)) == (-math.inf, -math.inf, 0)
    assert [Constant(2).cdf(x) for x in (1, 2)] == [0, 1]
    assert Uniform(1, 1).cdf(1) == Normal(1, 0).cdf(1) == 1


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
    st.builds(LogNormal, st.floats(-50, 50), st.floats(0, 10)),
    st.builds(Exponential, positive),
    st.builds(ChiSquare, st.floats(0.01, 1e4)),
    st.builds(Gamma, st.floats(0.01, 1e4), positive),
    st.builds(
        lambda a, b, low, width: Beta(a, b, low, low + width), st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)
    ),
    st.builds(Poisson, st.floats(0, 1e5)),
    st.builds(VonMises, finite, st.floats(0, 1e3)),
    st.just(UnitSphere()),
    st.floats(0, 100).map(lambda r: SphereShell(r, r + 1)),
    st.lists(finite, min_size=1, max_size=5).map(Empirical),
    ranges(finite).map(lambda r: Mixture([Uniform(*r), Constant("a")], [1, 2])),
    finite.map(lambda low: Truncated(Uniform(-2e9, 2e9), low, low + 10)),
    ranges(finite).map(lambda r: Hybrid(Empirical(r), Normal(0, 1), 0.25)),
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
    for distribution, _ in (*LAWS, *COUNTS, (Choice("abc"), None), (Empirical([1, 2]), None)):
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
        (LogNormal(0, 0.5), {"log-normal": [0.0, 0.5]}, "LogN(0, 0.5)"),
        (Exponential(2), {"exponential": [2.0]}, "Exp(2)"),
        (ChiSquare(3), {"chi-square": [3.0]}, "ChiSq(3)"),
        (Gamma(2, 0.5), {"gamma": [2.0, 0.5]}, "Gamma(2, 0.5)"),
        (Beta(2, 5), {"beta": [2.0, 5.0, 0.0, 1.0]}, "Beta(2, 5, 0, 1)"),
        (Poisson(4), {"poisson": [4.0]}, "Poisson(4)"),
        (VonMises(0, 8), {"von-mises": [0.0, 8.0]}, "VM(0, 8)"),
        (UnitSphere(), {"unit-sphere": []}, "Sphere()"),
        (SphereShell(1, 2), {"sphere-shell": [1.0, 2.0]}, "Shell(1, 2)"),
        (Truncated(Poisson(4), 1, 9), {"truncated": {"of": {"poisson": [4.0]}, "low": 1, "high": 9}}, "Truncated(Poisson(4), 1, 9)"),
        (Empirical([3, 1]), {"empirical": [1.0, 3.0]}, "Empirical(2 values in 1..3)"),
        (
            Hybrid(real=Empirical([1, 2]), prior=Uniform(0, 9), weight=0.7),
            {"hybrid": {"real": {"empirical": [1.0, 2.0]}, "prior": {"uniform": [0.0, 9.0]}, "weight": 0.7}},
            "Hybrid(70% real Empirical(2 values in 1..2), 30% prior U(0, 9))",
        ),
    ],
)
def test_written_and_printed_forms(distribution, written, printed):
    assert to_json(distribution) == written
    assert from_json(Distribution, written) == distribution
    assert repr(distribution) == printed


def test_every_family_is_registered_by_its_own_name():
    assert all(FAMILIES[name].family == name for name in FAMILIES.names())


@dataclass(frozen=True, slots=True, repr=False)
class Rayleigh(Scalar):
    """A family of one's own."""

    family: ClassVar[str] = "rayleigh"
    symbol: ClassVar[str] = "Ray"
    sigma: float

    @property
    def support(self):
        return 0.0, math.inf

    def quantile(self, u):
        return self.sigma * math.sqrt(-2 * math.log1p(-u))


def test_a_family_of_ones_own_takes_part(monkeypatch):
    monkeypatch.setitem(FAMILIES._loaded, "rayleigh", Rayleigh)
    assert from_json(Distribution, {"rayleigh": [2]}) == from_json(Distribution, {"rayleigh": 2}) == Rayleigh(2)
    assert to_json(Rayleigh(2)) == {"rayleigh": [2.0]}
    assert repr(Rayleigh(2)) == "Ray(2)"
    assert stats.kstest(draws(Rayleigh(2)), stats.rayleigh(scale=2).cdf).pvalue > 0.01
    with pytest.raises(InvalidDocument, match=r"a: rayleigh takes \[sigma\], got \[1, 2\]"):
        Distribution.from_json_value({"rayleigh": [1, 2]}, "a")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"uniform": {"low": 0, "high": 1}}, Uniform(0, 1)),
        ("uniform-rotation", UniformRotation()),
        ({"beta": [2, 5]}, Beta(2, 5)),
        ({"beta": {"alpha": 2, "beta": 5, "high": 3}}, Beta(2, 5, 0, 3)),
        ({"poisson": 4}, Poisson(4)),
        ({"mixture": [1, {"uniform": [0, 1]}]}, Mixture([Constant(1), Uniform(0, 1)])),
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
        ({"log-normal": [0, -1]}, "lights.power: log-normal: sigma must be 0 or more"),
        ({"log-normal": [6000, 1500]}, "lights.power: log-normal: mu and sigma are of the logarithm; 6000.0 and 1500.0 are too large"),
        ({"exponential": 0}, "lights.power: exponential: mean must be positive"),
        ({"chi-square": -1}, "lights.power: chi-square: dof must be in 0.002..2e+06, got -1"),
        ({"gamma": [0, 1]}, "lights.power: gamma: shape must be in 0.001..1e+06, got 0"),
        ({"gamma": [1, 0]}, "lights.power: gamma: scale must be positive"),
        ({"beta": [1, 2, 3, 3]}, "lights.power: beta: low must be below high, got 3.0, 3.0"),
        ({"beta": [0, 2]}, "lights.power: beta: alpha must be in 0.001..1e+06, got 0"),
        ({"poisson": -1}, "lights.power: poisson: mean must be in 0..1e+06, got -1"),
        ({"von-mises": [0, 1e6]}, "lights.power: von-mises: kappa must be in 0..100000, got 1e+06; use normal for narrower ones"),
        ({"sphere-shell": [2, 1]}, "lights.power: sphere-shell: must have 0 <= inner < outer, got 2.0, 1.0"),
        ({"empirical": []}, "lights.power: empirical: expected a list of finite numbers, got []"),
        ({"empirical": [1, "a"]}, "lights.power: empirical: expected a list of finite numbers, got [1, 'a']"),
        ({"hybrid": {"real": 1, "prior": 2, "weight": 2}}, "lights.power: hybrid: weight is the share of real in 0..1, got 2"),
        ({"truncated": {"of": {"normal": [0, 1]}, "low": 2, "high": 1}}, "lights.power: truncated: low and high must be numbers, low not above"),
        ({"truncated": {"of": {"normal": [0, 1]}, "low": 20, "high": 21}}, "lights.power: truncated: N(0, 1) draws next to nothing in 20..21"),
        ({"truncated": {"of": "unit-sphere", "low": 0, "high": 1}}, "lights.power: Sphere() draws nothing that is less or more"),
        ({"truncated": [0, 1, 2]}, "lights.power: truncated takes {of: ..., low: ..., high: ...}"),
        ({"hybrid": [1, 2, 0.5]}, "lights.power: hybrid takes {real: ..., prior: ..., weight: share of real}"),
        ({"constant": math.inf}, "lights.power: constant: expected finite numbers"),
        ({"uniform": [0, 1], "normal": [0, 1]}, "lights.power: expected a number, a word or a distribution such as"),
        (None, "lights.power: expected a number, a word or a distribution such as"),
        (True, "lights.power: expected a number, a word or a distribution such as"),
    ],
)
def test_faults_name_the_place_and_the_remedy(written, message):
    with pytest.raises(InvalidDocument) as error:
        Distribution.from_json_value(written, "lights.power")
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("word", ["rain", "wet asphalt", "straight"])
def test_a_word_alone_is_a_constant_unless_it_names_a_distribution(word):
    assert Distribution.from_json_value(word) == Constant(word)
    assert Distribution.from_json_value(UnitSphere.family) == UnitSphere()


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
