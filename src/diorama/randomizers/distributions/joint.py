"""Numbers and words that vary together, by a Gaussian copula."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from diorama.randomizers.distributions.base import LEAST, MOST, Distribution, draw_at, is_number, read, unit_uniform
from diorama.randomizers.distributions.special import STANDARD_NORMAL, normal_cdf
from diorama.randomizers.distributions.var import is_open
from diorama.sim.errors import InvalidValue

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, init=False)
class GaussianCopula(Distribution):
    """Several columns drawn together: each by its own distribution, their ranks tied as those of correlated normal numbers.

    ``GaussianCopula({"size": LogNormal(0, 1), "count": Poisson(4)}, [[1, 0.6], [0.6, 1]])``. `correlation` is that of the normal
    numbers, rows and columns in the order of `marginals`; Spearman's rank correlation is 6/pi asin(r/2) for continuous ones
    (W. Kruskal, JASA 53, 1958). A draw is a mapping of the columns' names to values. Columns are kept sorted by name.
    """

    family: ClassVar[str] = "gaussian-copula"
    symbol: ClassVar[str] = "Copula"
    marginals: tuple[tuple[str, Distribution], ...]
    correlation: Rows

    def __init__(self, marginals: Any, correlation: Any) -> None:
        columns = list(marginals.items() if isinstance(marginals, Mapping) else marginals)
        for name, marginal in columns:
            if not isinstance(name, str) or not name or "." in name:
                raise InvalidValue(f"gaussian-copula: names of columns are texts without dots, got {name!r}")
            if not isinstance(marginal, Distribution):
                raise InvalidValue(f"gaussian-copula: {name} must be a distribution, got {marginal!r}")
            if not is_open(marginal):
                marginal.quantile(0.5)  # raises for what has none
        order = sorted(range(len(columns)), key=lambda i: columns[i][0])
        rows = _checked_correlation(correlation, len(columns))
        object.__setattr__(self, "marginals", tuple(columns[i] for i in order))
        object.__setattr__(self, "correlation", tuple(tuple(rows[i][j] for j in order) for i in order))
        if len({name for name, _ in columns}) < len(columns):
            raise InvalidValue("gaussian-copula: names of columns must be different")
        cholesky(self.correlation)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.marginals)

    def sample(self, rng: np.random.Generator) -> dict[str, Any]:
        independent = [STANDARD_NORMAL.inv_cdf(unit_uniform(rng)) for _ in self.marginals]
        drawn = {}
        for (name, marginal), row in zip(self.marginals, cholesky(self.correlation), strict=True):
            z = math.fsum(a * b for a, b in zip(row, independent, strict=False))
            drawn[name] = draw_at(marginal, min(max(normal_cdf(z), LEAST), MOST))
        return drawn

    def log_prob(self, value: Mapping[str, float]) -> float:
        """The logarithm of the joint density; all columns must be continuous."""
        z, total = [], 0.0
        for name, marginal in self.marginals:
            share = marginal.cdf(value[name])
            if not 0 < share < 1:
                return -math.inf
            z.append(STANDARD_NORMAL.inv_cdf(share))
            total += marginal.log_prob(value[name])
        independent: list[float] = []
        for x, row in zip(z, cholesky(self.correlation), strict=True):
            independent.append((x - math.fsum(a * b for a, b in zip(row, independent, strict=False))) / row[-1])
            total += 0.5 * (x * x - independent[-1] ** 2) - math.log(row[-1])
        return total

    def __repr__(self) -> str:
        return f"Copula({', '.join(f'{name}: {marginal!r}' for name, marginal in self.marginals)})"

    def to_json_value(self) -> Any:
        marginals = {name: marginal.to_json_value() for name, marginal in self.marginals}
        return {self.family: {"marginals": marginals, "correlation": [list(row) for row in self.correlation]}}

    @classmethod
    def _from_arguments(cls, arguments: Any) -> Self:
        if not isinstance(arguments, dict) or set(arguments) != {"marginals", "correlation"} or not isinstance(arguments["marginals"], dict):
            raise InvalidValue(f"gaussian-copula takes {{marginals: {{name: distribution, ...}}, correlation: [[1, ...], ...]}}, got {arguments!r}")
        return cls({name: read(marginal) for name, marginal in arguments["marginals"].items()}, arguments["correlation"])


@lru_cache(maxsize=64)  # a plan has few, and draws from them a million times
def cholesky(correlation: Rows) -> Rows:
    """The lower triangle L of L L^T = correlation, row i of length i + 1. Raises InvalidValue when there is none."""
    rows: list[tuple[float, ...]] = []
    for i, wanted in enumerate(correlation):
        row: list[float] = []
        for j in range(i):
            row.append((wanted[j] - math.fsum(a * b for a, b in zip(row, rows[j][:j], strict=True))) / rows[j][j])
        left = wanted[i] - math.fsum(a * a for a in row)
        if left <= 1e-12:
            raise InvalidValue("gaussian-copula: no numbers are correlated like this (the matrix is not positive definite)")
        rows.append((*row, math.sqrt(left)))
    return tuple(rows)


def _checked_correlation(correlation: Any, n: int) -> Rows:
    is_square = isinstance(correlation, (list, tuple)) and [len(r) if isinstance(r, (list, tuple)) else -1 for r in correlation] == [n] * n
    if not is_square or not n or not all(is_number(x) for row in correlation for x in row):
        raise InvalidValue(f"gaussian-copula: correlation must have {n} rows of {n} numbers, as many as there are columns, got {correlation!r}")
    rows = tuple(tuple(float(x) for x in row) for row in correlation)
    if any(rows[i][i] != 1 or abs(rows[i][j]) > 1 or rows[i][j] != rows[j][i] for i in range(n) for j in range(n)):
        raise InvalidValue("gaussian-copula: correlation must be symmetric, within -1..1, and 1 on the diagonal")
    return rows
