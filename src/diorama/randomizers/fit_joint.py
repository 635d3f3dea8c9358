"""Columns that were measured together, as one distribution: by Gaussian copula or by sequential decision trees.

    joint = fit_joint({"size": [...], "count": [...], "kind": [...]})
    joint.chosen                # draws {"size": 0.21, "count": 3, "kind": "cup"}

The copula has a fitted law a column and a correlation a pair, which is little to write and goes beyond the data, and needs columns of
numbers that rise or fall together. Trees take words and numbers in any relation: each column is drawn from what was measured in
rows like this one, as in synthpop (B. Nowok et al., J. Stat. Software 74, 2016), and are written out as plain forks and leaves. Fitting
them needs scikit-learn; drawing needs neither: ``pip install "diorama[fit]"``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diorama.randomizers.distributions import Choice, Distribution, Empirical, GaussianCopula, SequentialTrees, Split
from diorama.randomizers.distributions.joint import cholesky
from diorama.randomizers.fit import MANY, Fit, Values, fit, frequencies, measured
from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.seeds import Seed

Table = Mapping[str, Sequence[Any]]
Method = Literal["copula", "trees"]

#: A leaf stands for so many rows at least, and so large a share of all.
MIN_LEAF, MIN_LEAF_SHARE = 10, 0.03
#: As many numbers stand for a leaf.
LEAF_QUANTILES = 25
#: By so much more, a share of its spread, a column is told by another in slices than by rank correlation: it bends.
BEND = 0.1
_SLICES = 8
#: A fork must tell more than the best of many forks tells of columns that are not related: a chi-square of so much, and the more the more columns.
CHANCE = 12.0


@dataclass(frozen=True, slots=True)
class JointFit:
    """What `fit_joint` found in `count` rows: each column by itself, and the distribution to draw all from.

    `method` is how they are tied, `reason` why so. `spearman` and `spearman_drawn` are the rank correlations of each pair of columns of
    numbers, as measured and as drawn.
    """

    count: int
    columns: dict[str, Fit]
    method: Method
    reason: str
    chosen: Distribution
    spearman: dict[tuple[str, str], float]
    spearman_drawn: dict[tuple[str, str], float]

    def to_json_value(self) -> dict[str, Any]:
        """A JSON value, for reports."""
        pairs = [{"columns": list(p), "measured": r, "drawn": self.spearman_drawn[p]} for p, r in self.spearman.items()]
        return {
            "count": self.count,
            "method": self.method,
            "reason": self.reason,
            "columns": {name: column.to_json_value() for name, column in self.columns.items()},
            "spearman": pairs,
        }


def fit_joint(table: Table, *, method: Method | None = None) -> JointFit:
    """Choose a joint distribution for the columns of a table, all of the same length.

    `method` None takes the copula where it will do: numbers only, each column with a law that fits, no relation that bends. Raises
    InvalidValue for columns that cannot be fitted or are of different lengths, MissingExtra without scipy or scikit-learn.
    """
    if not table:
        raise InvalidValue("there are no columns to fit a joint distribution to")
    lengths = {name: len(values) for name, values in table.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidValue(f"columns that were measured together have as many values each, got {lengths}")
    columns = {name: fit(values) for name, values in table.items()}
    numbers = {name: np.asarray(table[name], np.float64) for name in table if not _is_words(table[name])}
    why_trees = _why_trees(table, columns, numbers)
    chosen_method: Method = method or ("trees" if why_trees else "copula")
    if chosen_method == "copula":
        if len(numbers) < len(table):
            raise InvalidValue(f"a copula ties numbers; {', '.join(sorted(set(table) - set(numbers)))} holds words: fit by trees")
        chosen: Distribution = _copula(columns, numbers)
    else:
        chosen = _trees(table, columns)
    rng = Seed(0).child("fit").rng()
    drawn = [chosen.sample(rng) for _ in range(2000)]
    return JointFit(
        count=next(iter(lengths.values())),
        columns=columns,
        method=chosen_method,
        reason="asked for" if method else why_trees or "numbers only, whose relations are monotone",
        chosen=chosen,
        spearman=_spearman(numbers),
        spearman_drawn=_spearman({name: np.array([row[name] for row in drawn], np.float64) for name in numbers}),
    )


def _is_words(values: Sequence[Any]) -> bool:
    return isinstance(values[0], str)


def _why_trees(table: Table, columns: Mapping[str, Fit], numbers: Mapping[str, Values]) -> str:
    """What a copula cannot do here; nothing if it will do."""
    words = sorted(set(table) - set(numbers))
    if words:
        return f"{', '.join(words)} holds words"
    own = [name for name, column in columns.items() if isinstance(column.chosen, (Choice, Empirical))]
    if own:
        return f"{', '.join(own)} follows no single law"
    for a, b in combinations(numbers, 2):
        if _bend(numbers[a], numbers[b]) > BEND or _bend(numbers[b], numbers[a]) > BEND:
            return f"{a} and {b} neither rise nor fall together, and are yet related"
    return ""


def _bend(x: Values, y: Values) -> float:
    """By how much more of the spread of y's ranks slices of x explain than a straight line through the ranks."""
    if len(x) < 20 * _SLICES:
        return 0.0
    ranks = _ranks(y)
    slices = np.array_split(ranks[np.argsort(x, kind="stable")], _SLICES)
    between = sum(len(s) * (s.mean() - ranks.mean()) ** 2 for s in slices)
    total = float(((ranks - ranks.mean()) ** 2).sum())
    chance = (_SLICES - 1) / len(x)
    return float(between / total) - chance - _correlation(_ranks(x), ranks) ** 2 if total else 0.0


# --- copula -----------------------------------------------------------------------------------------------------


def _copula(columns: Mapping[str, Fit], numbers: Mapping[str, Values]) -> GaussianCopula:
    from scipy.special import ndtri  # `fit` has found scipy

    scores = {name: ndtri((_ranks(values) - 0.5) / len(values)) for name, values in numbers.items()}
    names = list(columns)
    rows = [[1.0 if a == b else round(_correlation(scores[a], scores[b]), 4) for b in names] for a in names]
    return GaussianCopula({name: columns[name].chosen for name in names}, _positive_definite(rows))


def _positive_definite(rows: list[list[float]]) -> list[list[float]]:
    """The matrix, or the nearest on the way to no correlation at all that numbers can have."""
    for step in range(100):
        keep = 1 - 0.01 * step
        shrunk = [[x if i == j else keep * x for j, x in enumerate(row)] for i, row in enumerate(rows)]
        try:
            cholesky(tuple(map(tuple, shrunk)))
        except InvalidValue:
            continue
        return shrunk
    return [[float(i == j) for j in range(len(rows))] for i in range(len(rows))]


def _ranks(values: Values) -> Values:
    """Ranks from 1, ties sharing theirs."""
    unique, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place] if len(unique) else values


def _correlation(x: Values, y: Values) -> float:
    x, y = x - x.mean(), y - y.mean()
    spread = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    return float((x * y).sum()) / spread if spread else 0.0


def _spearman(numbers: Mapping[str, Values]) -> dict[tuple[str, str], float]:
    return {(a, b): round(_correlation(_ranks(numbers[a]), _ranks(numbers[b])), 4) for a, b in combinations(numbers, 2)}


# --- trees ------------------------------------------------------------------------------------------------------


def _trees(table: Table, columns: Mapping[str, Fit]) -> SequentialTrees:
    trees: dict[str, Split | Distribution] = {}
    features = _Features()
    for name, values in table.items():
        tree = features.tree(values)
        trees[name] = tree if isinstance(tree, Split) else columns[name].chosen  # what depends on nothing has a law of its own
        features.add(name, values)
    return SequentialTrees(trees)


class _Features:
    """The columns before, as the matrix that scikit-learn wants: a number as it is, a word as a column of 0 and 1 for each."""

    def __init__(self) -> None:
        self._columns: list[NDArray[np.float64]] = []
        self._tests: list[tuple[str, str | None]] = []

    def add(self, name: str, values: Sequence[Any]) -> None:
        if _is_words(values):
            for word in sorted(set(values)):
                self._tests.append((name, word))
                self._columns.append(np.array([float(v == word) for v in values]))
        else:
            self._tests.append((name, None))
            self._columns.append(np.asarray(values, np.float64))

    def tree(self, values: Sequence[Any]) -> Split | Distribution:
        """How a further column depends on these."""
        rows = np.arange(len(values))
        if not self._columns or len(set(values)) == 1:
            return _leaf(values, rows)
        try:
            from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
        except ImportError:
            raise MissingExtra("fitting sequential trees", "scikit-learn", "fit") from None
        is_words = _is_words(values)
        kind = DecisionTreeClassifier if is_words else DecisionTreeRegressor
        # Of numbers, ranks are told apart: a few huge values would take all forks for themselves.
        target = np.asarray(values) if is_words else _ranks(np.asarray(values, np.float64)) / len(values)
        matrix = np.stack(self._columns, axis=1)
        leaf_rows = max(MIN_LEAF, math.ceil(MIN_LEAF_SHARE * len(values)))
        stump = kind(max_depth=1, random_state=0).fit(matrix, target)
        least = (CHANCE + 2 * math.log(len(self._columns))) / len(values) * float(stump.tree_.impurity[0])
        tree = kind(min_samples_leaf=leaf_rows, min_impurity_decrease=least, random_state=0).fit(matrix, target)
        return self._node(tree.tree_, 0, matrix, values, rows)

    def _node(self, tree: Any, node: int, matrix: NDArray[np.float64], values: Sequence[Any], rows: NDArray[np.intp]) -> Split | Distribution:
        feature = int(tree.feature[node])
        if feature < 0:
            return _leaf(values, rows)
        column, word = self._tests[feature]
        at_most = float(f"{tree.threshold[node]:.6g}")
        left = matrix[rows, feature] <= at_most
        if left.all() or not left.any():  # the fork is finer than what is written down
            return _leaf(values, rows)
        branches = [
            self._node(tree, child[node], matrix, values, rows[side]) for child, side in ((tree.children_left, left), (tree.children_right, ~left))
        ]
        if word is None:
            return Split(column, at_most, branches[0], branches[1])
        return Split(column, word, branches[1], branches[0])


def _leaf(values: Sequence[Any], rows: NDArray[np.intp]) -> Distribution:
    """What was measured in these rows."""
    here = [values[i] for i in rows.tolist()]
    is_listed = isinstance(here[0], str) or (all(isinstance(v, int) for v in values) and len(set(values)) <= MANY)
    if is_listed:
        return frequencies(here)
    return measured(here, quantiles=LEAF_QUANTILES)
