"""Incomplete gamma and beta functions and their inverses, and the von Mises law, a number at a time.

The gamma and beta functions are written about the law's mean, with what Stirling's formula leaves of the gamma function, so that large
parameters cost no digits. Series and continued fractions: Press et al., Numerical Recipes, 3rd ed., 6.2 and 6.4.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

STANDARD_NORMAL = NormalDist()

#: Larger shapes take too long; nobody tells them from a normal distribution.
MAX_SHAPE = 1e6

#: log of: the share of a law below a point, the share above, and the density there.
Tails = tuple[float, float, float]

_TINY = 1e-300
_EPSILON = 2.0**-53
_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def normal_cdf(z: float) -> float:
    """The share of the standard normal law below z, small shares with all their digits."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def stirling_error(z: float) -> float:
    """How far Stirling's formula is off: log gamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2), to about 1e-16."""
    if z < 16:
        return math.lgamma(z) - ((z - 0.5) * math.log(z) - z + _HALF_LOG_TAU)
    r = 1 / (z * z)
    return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / z


def gamma_tails(shape: float, s: float) -> Tails:
    """Logarithms of the share below, the share above and the density of s = log(x / shape), x of the gamma law of this shape and scale 1."""
    x = shape * math.exp(s)
    kernel = shape * (s - math.expm1(s)) + 0.5 * math.log(shape) - _HALF_LOG_TAU - stirling_error(shape)
    if x < shape + 1:
        term = total = 1 / shape
        n = shape
        while term > total * _EPSILON:
            n += 1
            term *= x / n
            total += term
        below = min(kernel + math.log(total), 0.0)
        return below, _log_rest(below), kernel
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    h, i, delta = d, 0, 2.0
    while abs(delta - 1) > _EPSILON * 4:
        i += 1
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        delta = d * c
        h *= delta
    above = min(kernel + math.log(h), 0.0)
    return _log_rest(above), above, kernel


def gamma_quantile(shape: float, u: float) -> float:
    """Below what a share u of the gamma law of this shape and scale 1 lies; 0 where that is too small for a float."""
    # P(x) < x^shape / gamma(shape + 1), and Markov's inequality.
    low, high = (math.log(u) + math.lgamma(shape + 1)) / shape - math.log(shape), -math.log1p(-u)
    cube = 1 - 1 / (9 * shape) + STANDARD_NORMAL.inv_cdf(u) / (3 * math.sqrt(shape))  # Wilson and Hilferty
    start = 3 * math.log(cube) if cube > 0.1 else low
    return shape * math.exp(_root(u, lambda s: gamma_tails(shape, s), low, high, start))


def beta_tails(a: float, b: float, s: float) -> Tails:
    """Logarithms of the share below, the share above and the density of s = log(x / (1 - x)) - log(a / b), x of the beta law of a and b."""
    n = a + b
    constant = _beta_constant(a, b)
    x, y = beta_point(a, b, s)
    if x < y:
        kernel = a * s - n * math.log1p(a / n * math.expm1(s)) + constant
    else:
        kernel = -b * s - n * math.log1p(b / n * math.expm1(-s)) + constant
    if x < (a + 1) / (n + 2):
        below = min(kernel - math.log(a) + math.log(_beta_fraction(a, b, x)), 0.0)
        return below, _log_rest(below), kernel
    above = min(kernel - math.log(b) + math.log(_beta_fraction(b, a, y)), 0.0)
    return _log_rest(above), above, kernel


def beta_point(a: float, b: float, s: float) -> tuple[float, float]:
    """Both x and 1 - x for s = log(x / (1 - x)) - log(a / b), either with all its digits."""
    odds = a / b * math.exp(min(s, 700))
    return odds / (1 + odds), 1 / (1 + odds)


def beta_quantile(a: float, b: float, u: float) -> float:
    """Below what a share u of the beta law of a and b lies."""
    log_beta = -a * math.log1p(b / a) - b * math.log1p(a / b) - _beta_constant(a, b)
    shift = math.log(a / b)
    # P < e^(a t) / (a B(a, b)) and Q < e^(-b t) / (b B(a, b)) for t = log(x / (1 - x)).
    low = (math.log(u) + math.log(a) + log_beta) / a - shift
    high = -(math.log1p(-u) + math.log(b) + log_beta) / b - shift
    start = min(max(STANDARD_NORMAL.inv_cdf(u) * math.sqrt(1 / a + 1 / b), low), high)
    return beta_point(a, b, _root(u, lambda s: beta_tails(a, b, s), low, high, start))[0]


def von_mises_tails(kappa: float, angle: float) -> tuple[float, float]:
    """The share of the von Mises law about 0 below an angle in -pi..pi, and the density there.

    The Fourier series, whose coefficients are ratios of Bessel functions: G. W. Hill, ACM TOMS 3, 279-284, 1977, algorithm 518.
    """
    coefficients, peak = _von_mises_series(kappa)
    wave = math.fsum(c * math.sin((n + 1) * angle) for n, c in enumerate(coefficients))
    density = math.exp(kappa * (math.cos(angle) - 1)) * peak
    return min(max(0.5 + angle / (2 * math.pi) + wave, 0.0), 1.0), density


def von_mises_quantile(kappa: float, u: float) -> float:
    """The angle in -pi..pi below which a share u of the von Mises law about 0 lies."""
    low, high = -math.pi, math.pi
    angle = min(max(STANDARD_NORMAL.inv_cdf(u) / math.sqrt(max(kappa, 0.5)), low), high)
    for _ in range(100):
        share, density = von_mises_tails(kappa, angle)
        low, high = (angle, high) if share < u else (low, angle)
        step = angle + (u - share) / density if density > 1e-30 else math.inf
        after = step if low <= step <= high else (low + high) / 2
        if abs(after - angle) <= 1e-12 * max(abs(angle), 1 / math.sqrt(max(kappa, 1))):
            return after
        angle = after
    return angle


@lru_cache(maxsize=64)
def _von_mises_series(kappa: float) -> tuple[tuple[float, ...], float]:
    """The coefficients of sin(angle), sin(2 angle), ... in the share below, and the density at 0."""
    ratio, sum_of_bessels = 0.0, 0.0
    ratios = []  # of I_n(kappa) to I_(n - 1)(kappa), by backward recurrence
    for n in range(20 + int(9 * math.sqrt(kappa)), 0, -1):
        ratio = 1 / (2 * n / kappa + ratio)
        sum_of_bessels = ratio * (1 + sum_of_bessels)
        ratios.append(ratio)
    coefficients, bessel = [], 1.0
    for n, ratio in enumerate(reversed(ratios), start=1):
        bessel *= ratio
        if bessel < 1e-18:
            break
        coefficients.append(bessel / (n * math.pi))
    return tuple(coefficients), (1 + 2 * sum_of_bessels) / (2 * math.pi)  # as exp(kappa) = I_0 + 2 (I_1 + I_2 + ...)


def _beta_constant(a: float, b: float) -> float:
    """The log density of s = 0, at which x is the mean."""
    n = a + b
    return 0.5 * (math.log(a) - math.log(n) + math.log(b)) - _HALF_LOG_TAU + stirling_error(n) - stirling_error(a) - stirling_error(b)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    h, m, delta = d, 0, 2.0
    while abs(delta - 1) > _EPSILON * 4:
        m += 1
        for step in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + step * d or _TINY)
            c = 1 + step / c or _TINY
            delta = d * c
            h *= delta
    return h


def _log_rest(log_p: float) -> float:
    """log(1 - p)."""
    p = math.exp(log_p)
    return math.log1p(-p) if p < 1 else -math.inf


def _root(u: float, tails: Callable[[float], Tails], low: float, high: float, start: float) -> float:
    """Where a share u of a law with log-concave density lies below.

    log P and log Q are concave, so Newton's method on the smaller of them goes to the root from one side; a step that
    leaves the bracket, at the edge of what floats can do, is replaced by halving. The bracket may be off by rounding.
    """
    low, high = low - 1e-9 * max(1.0, abs(low)), high + 1e-9 * max(1.0, abs(high))
    is_lower = u < 0.5
    target = math.log(u) if is_lower else math.log1p(-u)
    s = min(max(start, low), high)
    for _ in range(200):
        below, above, density = tails(s)
        gap = below - target if is_lower else target - above
        if gap < 0:
            low = max(low, s)
        else:
            high = min(high, s)
        slope = density - (below if is_lower else above)
        step = s - gap * math.exp(-slope) if math.isfinite(gap) and slope > -700 else math.inf
        after = step if low <= step <= high else (low + high) / 2
        if abs(after - s) <= 1e-10 * max(1.0, abs(s)) / 16:
            return after
        s = after
    return s
