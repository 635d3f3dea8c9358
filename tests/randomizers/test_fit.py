"""Fitting: known laws are found again, as exactly as the theory of maximum likelihood says they can be."""

import builtins
import json
import math
from dataclasses import fields

import numpy as np
import pytest
from scipy import special, stats

from diorama.randomizers.distributions import (
    Beta,
    ChiSquare,
    Choice,
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    LogUniform,
    Normal,
    Poisson,
    TruncatedNormal,
    Uniform,
    UniformInt,
    UnitSphere,
    VonMises,
)
from diorama.randomizers.fit import fit, law
from diorama.sim.codec import from_json
from diorama.sim.errors import InvalidValue, MissingExtra, UnknownName
from diorama.sim.seeds import Seed

N = 1000

LAWS = [
    Uniform(2, 5),
    LogUniform(0.01, 1),
    Normal(3, 0.5),
    TruncatedNormal(0, 1, -0.5, 2),
    LogNormal(0, 0.5),
    Exponential(2),
    ChiSquare(5),
    Beta(2, 5),
    Gamma(3, 0.5),
    Poisson(4),
    UniformInt(3, 9),
]


def draws(distribution: Distribution, seed: int, n: int = N) -> list:
    rng = Seed(seed).child("fit").rng()
    return [distribution.sample(rng) for _ in range(n)]


def covariance(information) -> np.ndarray:
    """Of the estimates from N values, by Cramer and Rao."""
    return np.linalg.inv(np.array(information)) / N


def bessel_ratio(kappa):
    return special.i1e(kappa) / special.i0e(kappa)


_TRI = special.polygamma
_A = bessel_ratio(3)
INFORMATION = [
    (Normal(3, 0.5), [[1 / 0.25, 0], [0, 2 / 0.25]]),
    (LogNormal(-1, 0.5), [[1 / 0.25, 0], [0, 2 / 0.25]]),
    (Exponential(2), [[1 / 4]]),
    (ChiSquare(5), [[_TRI(1, 2.5) / 4]]),
    (Gamma(3, 0.5), [[_TRI(1, 3), 2], [2, 12]]),
    (Beta(2, 5), [[_TRI(1, 2) - _TRI(1, 7), -_TRI(1, 7)], [-_TRI(1, 7), _TRI(1, 5) - _TRI(1, 7)]]),
    (Poisson(4), [[1 / 4]]),
    (VonMises(1, 3), [[3 * _A, 0], [0, 1 - _A / 3 - _A**2]]),
]


@pytest.mark.parametrize(("truth", "information"), INFORMATION, ids=lambda v: repr(v) if isinstance(v, Distribution) else "")
def test_parameters_are_found_within_the_interval_expected(truth, information):
    inverse = np.linalg.inv(covariance(information))
    names = [f.name for f in fields(truth) if f.name not in ("low", "high")]
    distance = 0.0
    seeds = 10
    for seed in range(seeds):
        found = fit(draws(truth, seed), families=[truth.family], angles=isinstance(truth, VonMises)).candidates[0].distribution
        off = np.array([getattr(found, name) - getattr(truth, name) for name in names])
        distance += float(off @ inverse @ off)
    # Squared distances in standard errors add up to a chi-square law: not farther than it allows, and not nearer either.
    assert stats.chi2(seeds * len(names)).ppf(0.0005) < distance < stats.chi2(seeds * len(names)).ppf(0.9995)


@pytest.mark.parametrize("truth", [Uniform(2, 5), LogUniform(0.01, 1), UniformInt(3, 9), TruncatedNormal(0, 1, -0.5, 2)], ids=repr)
def test_ends_are_found_from_inside(truth):
    for seed in range(5):
        found = fit(draws(truth, seed), families=[truth.family]).candidates[0].distribution
        share_left_out = 1 - float(law(truth).cdf(found.high) - law(truth).cdf(found.low))
        assert truth.low <= found.low < found.high <= truth.high
        if truth.is_whole:
            assert found == truth
        else:  # the share beyond either end follows Beta(1, n)
            assert share_left_out < stats.beta(2, N - 1).ppf(0.9999)


def test_the_right_family_is_chosen():
    """Nine times of ten at least; what is told apart with difficulty is one family that includes the other."""
    right = [fit(draws(truth, seed)).chosen.family == truth.family for truth in LAWS for seed in range(100, 110)]
    assert sum(right) >= 0.9 * len(right)


def test_the_report_ranks_by_akaikes_criterion_and_tells_the_distance():
    data = draws(Gamma(3, 0.5), 7)
    found = fit(data)
    assert [c.aic for c in found.candidates] == sorted(c.aic for c in found.candidates)
    best = found.candidates[0]
    assert best.distribution == found.chosen
    assert best.aic == pytest.approx(4 - 2 * best.log_likelihood)
    assert best.log_likelihood == pytest.approx(math.fsum(best.distribution.log_prob(x) for x in data))
    reference = stats.kstest(data, np.vectorize(best.distribution.cdf))
    assert (best.ks, best.ks_p) == pytest.approx((reference.statistic, reference.pvalue))
    normal = next(c for c in found.candidates if isinstance(c.distribution, Normal))
    assert not normal.is_good
    lines = str(found).splitlines()
    assert lines[0] == f"{found.chosen!r} from 1000 values"
    assert len(lines) == 2 + len(found.candidates)
    report = json.loads(json.dumps(found.to_json_value()))
    assert from_json(Distribution, report["chosen"]) == found.chosen
    assert len(report["candidates"]) == len(found.candidates)


def test_counts_have_the_distance_of_steps():
    data = draws(Poisson(4), 3)
    best = fit(data).candidates[0]
    shares = [abs(np.mean(np.array(data) <= k) - best.distribution.cdf(k)) for k in range(20)]
    assert best.ks == pytest.approx(max(shares))


@pytest.mark.parametrize("distribution", [*LAWS, VonMises(1, 2), VonMises(1, 0)], ids=repr)
def test_laws_are_scipys(distribution):
    frozen = law(distribution)
    for u in (0.1, 0.5, 0.9):
        x = distribution.quantile(u)
        assert distribution.cdf(x) == pytest.approx(float(frozen.cdf(x)))
        assert distribution.log_prob(x) == pytest.approx(float(frozen.logpmf(x) if distribution.is_whole else frozen.logpdf(x)))
    with pytest.raises(InvalidValue, match="is none of scipy's laws"):
        law(UnitSphere())


def test_what_follows_no_law_is_drawn_as_measured():
    two_humps = draws(Normal(0, 1), 1, 500) + draws(Normal(8, 0.5), 2, 500)
    found = fit(two_humps)
    assert isinstance(found.chosen, Empirical)
    assert not any(c.is_good for c in found.candidates)
    assert len(found.chosen.values) == 101
    assert stats.ks_2samp(draws(found.chosen, 3), two_humps).pvalue > 0.01
    gaps = [0, 0, 0, 10, 10, 1] * 50
    assert fit(gaps).chosen == Choice([0, 1, 10], [150, 50, 100])
    wide = [round(1000 * x) for x in two_humps]
    assert isinstance(fit(wide).chosen, Empirical)
    assert fit([round(1000 * x) for x in draws(Normal(8, 0.5), 5)]).chosen.family == "normal"


def test_little_and_plain_data():
    assert fit(["cup", "fork", "cup"]).chosen == Choice({"cup": 2, "fork": 1})
    assert fit([3, 3, 3]).chosen == Constant(3)
    assert fit([1.0, 2.0, 4.0]).chosen == Empirical([1, 2, 4])
    assert fit(np.array([1, 2, 2])).chosen == Choice([1, 2], [1, 2])
    assert fit([0.5, 1.5] * 3 + [1.0, 2.0]).chosen.family == "uniform"


def test_many_values_take_no_longer():
    assert fit(np.linspace(0, 1, 200_000)[1:-1]).chosen.family in ("uniform", "beta")


@pytest.mark.parametrize(
    ("data", "settings", "error", "message"),
    [
        ([], {}, InvalidValue, "there are no values"),
        ([1.0, math.nan], {}, InvalidValue, "expected finite numbers, or words alone, .* got nan"),
        ([1.0, "a"], {}, InvalidValue, "expected finite numbers, or words alone, .* got 'a'"),
        ([True, False], {}, InvalidValue, "expected finite numbers, or words alone, .* got True"),
        ([1.0, 2.0], {"families": ["gama"]}, UnknownName, 'the family "gama" cannot be fitted to this. Did you mean "gamma"?'),
        ([1, 2], {"families": ["gamma"]}, UnknownName, 'the family "gamma" cannot be fitted to this. Known: poisson, uniform-int.'),
    ],
)
def test_faults_are_named(data, settings, error, message):
    with pytest.raises(error, match=message):
        fit(data, **settings)


def test_without_scipy_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def no_scipy(name, *args, **kwargs):
        if name.partition(".")[0] == "scipy":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_scipy)
    with pytest.raises(MissingExtra, match=r'fitting distributions needs scipy. Install it with: pip install "diorama\[fit\]"'):
        fit(np.linspace(0, 1, 50))
