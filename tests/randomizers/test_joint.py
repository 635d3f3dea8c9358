"""Columns that are drawn together: ties, laws of each column, forms, faults."""

import json
import math

import numpy as np
import pytest
import yaml
from scipy import stats

from diorama.randomizers.distributions import (
    Beta,
    Choice,
    Constant,
    Distribution,
    Empirical,
    Gamma,
    GaussianCopula,
    Hybrid,
    LogNormal,
    Mixture,
    Normal,
    Poisson,
    Scope,
    SequentialTrees,
    Split,
    Uniform,
    UnitSphere,
    Var,
    resolved,
)
from diorama.randomizers.distributions.joint import cholesky
from diorama.sim.codec import InvalidDocument, from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

N = 3000

COPULA = GaussianCopula(
    {"size": LogNormal(0, 0.5), "count": Poisson(6), "angle": Gamma(2, 1)}, [[1, 0.7, -0.4], [0.7, 1, 0.0], [-0.4, 0.0, 1]]
)  # in another order than by name

TREES = SequentialTrees(
    {
        "kind": Choice({"cup": 3, "fork": 1}),
        "size": Split("kind", "cup", Uniform(0.1, 0.3), Uniform(0.6, 0.7)),
        "count": Split("size", 0.2, Constant(1), Split("kind", "fork", Constant(2), Constant(3))),
    }
)


def rows(distribution: Distribution, n: int = N) -> list[dict]:
    rng = Seed(5).child("test").rng()
    return [distribution.sample(rng) for _ in range(n)]


def test_each_column_of_a_copula_follows_its_own_law_and_ranks_are_tied():
    drawn = rows(COPULA)
    assert list(drawn[0]) == ["angle", "count", "size"] == list(COPULA.columns)
    column = {name: [row[name] for row in drawn] for name in COPULA.columns}
    assert stats.kstest(column["size"], stats.lognorm(0.5).cdf).pvalue > 0.01
    assert stats.kstest(column["angle"], stats.gamma(2).cdf).pvalue > 0.01
    assert abs(np.mean(column["count"]) - 6) < 4 * math.sqrt(6 / N)
    assert all(type(k) is int for k in column["count"])
    tie = stats.spearmanr(column["size"], column["angle"]).statistic
    assert tie == pytest.approx(6 / math.pi * math.asin(-0.4 / 2), abs=4 / math.sqrt(N))
    assert stats.spearmanr(column["size"], column["count"]).statistic == pytest.approx(6 / math.pi * math.asin(0.35), abs=4 / math.sqrt(N))
    assert abs(stats.spearmanr(column["angle"], column["count"]).statistic) < 4 / math.sqrt(N)


def test_the_density_of_a_copula_of_normals_is_the_multivariate_normal():
    r = np.array([[1, 0.6, 0.2], [0.6, 1, -0.3], [0.2, -0.3, 1]])
    mean, sigma = np.array([1.0, 2.0, -3.0]), np.array([0.5, 2.0, 1.0])
    copula = GaussianCopula({n: Normal(m, s) for n, m, s in zip("abc", mean, sigma, strict=True)}, r.tolist())
    law = stats.multivariate_normal(mean, r * sigma[:, None] * sigma)
    for x in ([1, 2, -3], [0.2, 4, -2.5], [1.9, -1, -4]):
        assert copula.log_prob(dict(zip("abc", x, strict=True))) == pytest.approx(law.logpdf(x))
    bounded = GaussianCopula({"a": Uniform(0, 1), "b": Uniform(0, 1)}, [[1, 0.5], [0.5, 1]])
    assert bounded.log_prob({"a": 0.5, "b": 2}) == -math.inf
    assert np.allclose(np.array([[*row, 0, 0][:3] for row in cholesky(tuple(map(tuple, r.tolist())))]), np.linalg.cholesky(r))


def test_branches_of_trees_are_taken():
    drawn = rows(TREES)
    forks = [row for row in drawn if row["kind"] == "fork"]
    assert abs(len(forks) - N / 4) < 4 * math.sqrt(N * 3 / 16)
    assert all(0.6 <= row["size"] <= 0.7 and row["count"] == 2 for row in forks)
    cups = [row for row in drawn if row["kind"] == "cup"]
    assert stats.kstest([row["size"] for row in cups], stats.uniform(0.1, 0.2).cdf).pvalue > 0.01
    assert all(row["count"] == (1 if row["size"] <= 0.2 else 3) for row in cups)
    assert TREES.log_prob({"kind": "cup", "size": 0.25, "count": 3}) == pytest.approx(math.log(0.75 / 0.2))
    assert TREES.log_prob({"kind": "fork", "size": 0.25, "count": 2}) == -math.inf


@pytest.mark.parametrize("joint", [COPULA, TREES], ids=repr)
def test_forms_survive_json_and_yaml(joint):
    for text in (json.dumps(to_json(joint)), json.dumps(to_json(joint), sort_keys=True), yaml.safe_dump(to_json(joint))):
        back = from_json(Distribution, yaml.safe_load(text))
        assert (back, hash(back)) == (joint, hash(joint))
        assert rows(back, 5) == rows(joint, 5)


def test_a_tree_is_written_as_forks():
    assert to_json(TREES) == {
        "sequential-trees": [
            {"kind": {"choice": {"cup": 3.0, "fork": 1.0}}},
            {"size": {"when": "kind", "is": "cup", "then": {"uniform": [0.1, 0.3]}, "else": {"uniform": [0.6, 0.7]}}},
            {"count": {"when": "size", "at-most": 0.2, "then": 1, "else": {"when": "kind", "is": "fork", "then": 2, "else": 3}}},
        ]
    }
    assert repr(COPULA) == "Copula(angle: Gamma(2, 1), count: Poisson(6), size: LogN(0, 0.5))"
    assert repr(TREES) == "Trees(kind: 1, size: 2, count: 3)"


def test_joint_draws_may_be_mixed_and_depend_on_variables():
    wished = GaussianCopula({n: Uniform(0, 1) for n in COPULA.columns}, [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    hybrid = Hybrid(real=COPULA, prior=wished, weight=0.5)
    assert set(rows(hybrid, 1)[0]) == set(COPULA.columns) == set(hybrid.columns)
    with pytest.raises(InvalidValue, match="all components must draw the same columns"):
        Mixture([COPULA, TREES])
    scope = Scope(index=0, variables={"a": 2.0})
    tied = GaussianCopula({"x": Uniform(0, Var("a")), "y": Var("a")}, [[1, 0.5], [0.5, 1]])
    assert resolved(tied, scope) == GaussianCopula({"x": Uniform(0, 2), "y": Constant(2.0)}, [[1, 0.5], [0.5, 1]])
    tree = SequentialTrees({"x": Beta(2, 2), "y": Split("x", 0.5, Uniform(0, Var("a")), Empirical([1, 2]))})
    assert resolved(tree, scope) == SequentialTrees({"x": Beta(2, 2), "y": Split("x", 0.5, Uniform(0, 2), Empirical([1, 2]))})


def copula(marginals, correlation):
    return {"gaussian-copula": {"marginals": marginals, "correlation": correlation}}


A, B = {"uniform": [0, 1]}, {"normal": [0, 1]}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (copula({"a": A, "b": B}, [[1, 0.5]]), "a: gaussian-copula: correlation must have 2 rows of 2 numbers"),
        (copula({"a": A, "b": B}, [[1, 0.5], [0.4, 1]]), "a: gaussian-copula: correlation must be symmetric"),
        (copula({"a": A, "b": B}, [[1, 2], [2, 1]]), "a: gaussian-copula: correlation must be symmetric, within -1..1"),
        (copula({"a": A, "b": B}, [[1, 1], [1, 1]]), "a: gaussian-copula: no numbers are correlated like this"),
        (copula({"a.b": A}, [[1]]), "a: gaussian-copula: names of columns are texts without dots, got 'a.b'"),
        (copula({"a": "unit-sphere"}, [[1]]), "a: Sphere() has no quantiles"),
        (copula({"a": {"unifrm": 1}}, [[1]]), 'a: no distribution named "unifrm". Did you mean "uniform"?'),
        (copula({}, []), "a: gaussian-copula: correlation must have 0 rows"),
        ({"gaussian-copula": 3}, "a: gaussian-copula takes {marginals: {name: distribution, ...}"),
        ({"sequential-trees": []}, "a: sequential-trees: expected at least one column"),
        ({"sequential-trees": {"x": A}}, "a: sequential-trees takes a list of {column: tree}"),
        ({"sequential-trees": [{"x": A}, {"x": A}]}, "a: sequential-trees: names of columns are different texts without dots, got 'x'"),
        ({"sequential-trees": [{"x": {"when": "y", "is": "a", "then": A, "else": B}}]}, 'a: sequential-trees: x depends on "y", which is no column'),
        ({"sequential-trees": [{"x": {"when": "y", "at-most": "a", "then": A, "else": B}}]}, "a: sequential-trees: a fork takes {when: column"),
        ({"sequential-trees": [{"x": copula({"a": A}, [[1]])}]}, "a: sequential-trees: the leaves of x must be distributions of one thing"),
    ],
)
def test_faults_are_named(written, message):
    with pytest.raises(InvalidDocument) as raised:
        Distribution.from_json_value(written, "a")
    assert str(raised.value).startswith(message)


def test_a_joint_draw_is_of_names_to_plain_values():
    with pytest.raises(InvalidValue, match=r"Sphere\(\) has no quantiles"):
        GaussianCopula({"a": UnitSphere()}, [[1]])
    for row in rows(COPULA, 3) + rows(TREES, 3):
        assert json.loads(json.dumps(row)) == row
