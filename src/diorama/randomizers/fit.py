"""Distributions from data: which family, with which parameters, and how well it fits.

    fit(sizes).chosen                 # LogN(-1.2, 0.4)
    print(fit(sizes))                 # all candidates, best first

Each family is fitted by maximum likelihood and scored by Akaike's criterion, AIC = 2 k - 2 log L (H. Akaike, IEEE TAC 19, 1974); the
Kolmogorov-Smirnov test says whether even the best is good. Parameters that are the ends of a range count twice, since the likelihood
jumps there, and leaving two more out costs about as much as one of the others. Needs scipy: ``pip install "diorama[fit]"``.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    VonMises,
)
from diorama.randomizers.distributions.base import is_number
from diorama.sim.errors import InvalidValue, MissingExtra, UnknownName, suggestion

Values = NDArray[np.float64]

#: Of candidates that Akaike's criterion hardly tells apart, the simplest is chosen.
TIE = 4.0
#: A law is taken for good when the test does not reject it at this level, or when its distance is too small to matter.
MIN_P, MAX_DISTANCE = 0.01, 0.02
#: From fewer values no family is told.
MIN_COUNT = 8
#: Whole numbers of more different values that follow no law of counts are taken as any numbers.
MANY = 50
#: As many numbers stand for data that follow no family.
QUANTILES = 101
#: Of more values, as many, evenly spaced by rank, are looked at.
MOST_VALUES = 20_000
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fitted distribution. `ks` is the Kolmogorov-Smirnov distance in 0..1, and `ks_p` the probability of a larger one.

    The parameters being fitted to the same data, `ks_p` is somewhat too large.
    """

    distribution: Distribution
    log_likelihood: float
    aic: float
    ks: float
    ks_p: float

    @property
    def is_good(self) -> bool:
        """Whether the data look as if they were drawn from it."""
        return self.ks_p >= MIN_P or self.ks <= MAX_DISTANCE


@dataclass(frozen=True, slots=True)
class Fit:
    """What `fit` found in `count` values: candidates by AIC, lowest first, and the distribution to draw from.

    That is the best candidate that is good; or else, and where too little was measured, the data themselves.
    """

    count: int
    candidates: tuple[Candidate, ...]
    chosen: Distribution

    def to_json_value(self) -> dict[str, Any]:
        """A JSON value, for reports."""
        rows = [
            {"distribution": c.distribution.to_json_value(), "log_likelihood": c.log_likelihood, "aic": c.aic, "ks": c.ks, "ks_p": c.ks_p}
            for c in self.candidates
        ]
        return {"count": self.count, "chosen": self.chosen.to_json_value(), "candidates": rows}

    def __str__(self) -> str:
        lines = [f"{self.chosen!r} from {self.count} values", f"{'AIC':>12} {'KS':>7} {'p':>7}  candidate"]
        lines += [f"{c.aic:12.1f} {c.ks:7.4f} {c.ks_p:7.3f}  {c.distribution!r}" for c in self.candidates]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Family:
    """How a family is fitted: `estimate` gives the distribution for data it may apply to, or None."""

    name: str
    parameters: int
    ends: int
    estimate: Callable[[Values], Distribution | None]


def fit(data: Sequence[Any] | NDArray[Any], *, families: Sequence[str] | None = None, angles: bool = False) -> Fit:
    """Choose a distribution for measured values: words, whole numbers or numbers, by the type of all of them.

    `families` are the names of those to try, by default all that apply; `angles` are in radians, and wrap around. Raises
    InvalidValue for no data, NaN, infinity or a mixture of words and numbers, UnknownName for a family that cannot be
    fitted, MissingExtra without scipy.
    """
    values = [v.item() if isinstance(v, np.generic) else v for v in data]
    if not values:
        raise InvalidValue("there are no values to fit a distribution to")
    kind = _kind(values)
    if kind is str:
        return Fit(count=len(values), candidates=(), chosen=frequencies(values))
    table = {f.name: f for f in (_ANGLES if angles else _COUNTS if kind is int else _NUMBERS)}
    for name in families or ():
        if name not in table:
            raise UnknownName(f'the family "{name}" cannot be fitted to this.{suggestion(name, table)}')
    different = len(set(values))
    if different == 1:
        return Fit(count=len(values), candidates=(), chosen=Constant(values[0]))
    chosen: Distribution = frequencies(values) if kind is int and not angles and different <= MANY else measured(values)
    if len(values) < MIN_COUNT:
        return Fit(count=len(values), candidates=(), chosen=chosen)
    sample = np.sort(np.asarray(values, np.float64))
    if len(sample) > MOST_VALUES:
        sample = sample[np.linspace(0, len(sample) - 1, MOST_VALUES).round().astype(np.intp)]
    fitted = [(f, c) for f in table.values() if (not families or f.name in families) and (c := _candidate(f, sample)) is not None]
    fitted.sort(key=lambda item: item[1].aic)
    good = [(f, c) for f, c in fitted if c.is_good]
    if good:
        simplest = list(table)
        tied = [(f, c) for f, c in good if c.aic <= good[0][1].aic + TIE]
        chosen = min(tied, key=lambda item: (item[0].parameters, simplest.index(item[0].name)))[1].distribution
    elif kind is int and not angles and not families and different > MANY:
        return fit([float(v) for v in values])
    return Fit(count=len(values), candidates=tuple(c for _, c in fitted), chosen=chosen)


def measured(values: Sequence[float], quantiles: int = QUANTILES) -> Constant | Empirical:
    """The data themselves, by at most so many of their quantiles."""
    if len(set(values)) == 1:
        return Constant(values[0])
    numbers = np.sort(np.asarray(values, np.float64))
    if len(numbers) > quantiles:
        numbers = np.quantile(numbers, np.linspace(0, 1, quantiles))
    return Empirical([_tidy(x) for x in numbers.tolist()])


def frequencies(values: Sequence[Any]) -> Choice:
    """Each of the values as often as it was measured."""
    counts = Counter(values)
    names = sorted(counts)
    return Choice(names, [counts[name] for name in names])


def law(distribution: Distribution) -> Any:
    """The distribution as one of scipy.stats. Raises InvalidValue for a family that it has not."""
    stats = _stats()
    match distribution:
        case Uniform(low, high):
            return stats.uniform(low, high - low)
        case LogUniform(low, high):
            return stats.loguniform(low, high)
        case Normal(mean, sigma):
            return stats.norm(mean, sigma)
        case TruncatedNormal(mean, sigma, low, high):
            return stats.truncnorm((low - mean) / sigma, (high - mean) / sigma, mean, sigma)
        case LogNormal(mu, sigma):
            return stats.lognorm(sigma, scale=math.exp(mu))
        case Exponential(mean):
            return stats.expon(scale=mean)
        case ChiSquare(dof):
            return stats.chi2(dof)
        case Gamma(shape, scale):
            return stats.gamma(shape, scale=scale)
        case Beta(alpha, beta, low, high):
            return stats.beta(alpha, beta, low, high - low)
        case VonMises(mean, kappa):
            return stats.vonmises(kappa, loc=mean) if kappa else stats.uniform(mean - math.pi, 2 * math.pi)
        case Poisson(mean):
            return stats.poisson(mean)
        case UniformInt(low, high):
            return stats.randint(low, high + 1)
    raise InvalidValue(f"{distribution!r} is none of scipy's laws")


def _stats() -> Any:
    try:
        from scipy import stats
    except ImportError:
        raise MissingExtra("fitting distributions", "scipy", "fit") from None
    return stats


def _kind(values: list[Any]) -> type:
    """The type of all values: str, int or float. Raises InvalidValue."""
    if all(isinstance(v, str) for v in values):
        return str
    for value in values:
        if not is_number(value):
            raise InvalidValue(f"expected finite numbers, or words alone, to fit a distribution to; got {value!r}")
    return int if all(isinstance(v, int) for v in values) else float


def _candidate(family: _Family, sample: Values) -> Candidate | None:
    with np.errstate(all="ignore"):
        try:
            distribution = family.estimate(sample)
        except (InvalidValue, ArithmeticError, ValueError, RuntimeError):  # scipy's ways to say that no parameters are best
            return None
        if distribution is None:
            return None
        frozen = law(distribution)
        if isinstance(distribution, VonMises):
            sample = np.sort((sample - distribution.mean + math.pi) % (2 * math.pi) + distribution.mean - math.pi)
        density = frozen.logpmf if distribution.is_whole else frozen.logpdf
        log_likelihood = math.fsum(density(sample).tolist())
        if not math.isfinite(log_likelihood):
            return None
        ks, p = _kolmogorov_smirnov(sample, frozen, distribution.is_whole)
    aic = 2 * (family.parameters + family.ends) - 2 * log_likelihood
    return Candidate(distribution=distribution, log_likelihood=log_likelihood, aic=aic, ks=ks, ks_p=p)


def _kolmogorov_smirnov(sample: Values, frozen: Any, is_whole: bool) -> tuple[float, float]:
    """The distance and its p-value; of counts, whose shares jump together, the p-value is too large rather than too small."""
    if not is_whole:
        result = _stats().kstest(sample, frozen.cdf)
        return float(result.statistic), float(result.pvalue)
    whole = np.arange(sample[0] - 1, sample[-1] + 1)
    distance = float(np.abs(np.searchsorted(sample, whole, side="right") / len(sample) - frozen.cdf(whole)).max())
    return distance, float(_stats().kstwo.sf(distance, len(sample)))


# --- families, the simplest first -----------------------------------------------------------------------------------


def _tidy(value: float) -> float:
    """What is worth writing down of a fitted number."""
    return float(f"{value:.{_DIGITS}g}")


def _ends(sample: Values) -> tuple[float, float]:
    """The smallest and the largest, tidied outwards."""
    ends = []
    for value, outwards in ((sample[0], -1.0), (sample[-1], 1.0)):
        tidy = _tidy(value)
        is_inside = (tidy - value) * outwards < 0
        step = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - _DIGITS) if value else 0.0
        ends.append(_tidy(tidy + outwards * step) if is_inside else tidy)
    return ends[0], ends[1]


def _exponential(sample: Values) -> Distribution | None:
    return Exponential(_tidy(sample.mean())) if sample[0] >= 0 else None


def _chi_square(sample: Values) -> Distribution | None:
    return ChiSquare(_tidy(_stats().chi2.fit(sample, floc=0, fscale=1)[0])) if sample[0] > 0 else None


def _uniform(sample: Values) -> Distribution:
    return Uniform(*_ends(sample))


def _log_uniform(sample: Values) -> Distribution | None:
    low, high = _ends(sample)
    return LogUniform(low, high) if low > 0 else None


def _normal(sample: Values) -> Distribution:
    return Normal(_tidy(sample.mean()), _tidy(sample.std()))


def _log_normal(sample: Values) -> Distribution | None:
    if sample[0] <= 0:
        return None
    logs = np.array([math.log(x) for x in sample.tolist()])
    return LogNormal(_tidy(logs.mean()), _tidy(logs.std()))


def _gamma(sample: Values) -> Distribution | None:
    if sample[0] <= 0:
        return None
    shape, _, scale = _stats().gamma.fit(sample, floc=0)
    return Gamma(_tidy(shape), _tidy(scale))


def _beta(sample: Values) -> Distribution | None:
    if not 0 < sample[0] <= sample[-1] < 1:
        return None
    alpha, beta, _, _ = _stats().beta.fit(sample, floc=0, fscale=1)
    return Beta(_tidy(alpha), _tidy(beta))


def _truncated_normal(sample: Values) -> Distribution | None:
    from scipy.optimize import minimize

    low, high = _ends(sample)
    width = high - low
    truncnorm = _stats().truncnorm

    def loss(place: Values) -> float:
        mean, sigma = low + place[0] * width, math.exp(place[1]) * width
        value = -float(np.mean(truncnorm.logpdf(sample, (low - mean) / sigma, (high - mean) / sigma, mean, sigma)))
        return value if math.isfinite(value) else 1e9

    start = np.array([(sample.mean() - low) / width, math.log(sample.std() / width)])
    # Beyond these, it is nearly even or nearly exponential, which others say more simply.
    found = minimize(loss, start, method="Nelder-Mead", bounds=[(-3.0, 4.0), (-6.0, 2.0)], options={"xatol": 1e-4, "fatol": 1e-9})
    return TruncatedNormal(_tidy(low + found.x[0] * width), _tidy(math.exp(found.x[1]) * width), low, high)


def _von_mises(sample: Values) -> Distribution:
    wrapped = (sample + math.pi) % (2 * math.pi) - math.pi
    kappa, mean, _ = _stats().vonmises.fit(wrapped, fscale=1)
    return VonMises(_tidy(mean), _tidy(kappa))


def _poisson(sample: Values) -> Distribution | None:
    return Poisson(_tidy(sample.mean())) if sample[0] >= 0 else None


_NUMBERS = (
    _Family("exponential", 1, 0, _exponential),
    _Family("chi-square", 1, 0, _chi_square),
    _Family("uniform", 2, 2, _uniform),
    _Family("normal", 2, 0, _normal),
    _Family("log-uniform", 2, 2, _log_uniform),
    _Family("log-normal", 2, 0, _log_normal),
    _Family("gamma", 2, 0, _gamma),
    _Family("beta", 2, 0, _beta),
    _Family("truncated-normal", 4, 2, _truncated_normal),
)
_COUNTS = (
    _Family("poisson", 1, 0, _poisson),
    _Family("uniform-int", 2, 2, lambda sample: UniformInt(int(sample[0]), int(sample[-1]))),
)
_ANGLES = (
    _Family("uniform", 0, 0, lambda _: VonMises(0.0, 0.0)),
    _Family("von-mises", 2, 0, _von_mises),
)
