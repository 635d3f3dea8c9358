"""Joint fits: ranks stay tied, humps stay humps, words and numbers go together."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from diorama.randomizers.distributions import Distribution, GaussianCopula, Normal, Poisson, SequentialTrees
from diorama.randomizers.fit_joint import fit_joint
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

N = 1000


def rows(distribution: Distribution, n: int = 2000) -> list[dict]:
    rng = Seed(11).child("rows").rng()
    return [distribution.sample(rng) for _ in range(n)]


def column(drawn: list[dict], name: str) -> list:
    return [row[name] for row in drawn]


def test_a_copula_is_found_again():
    rng = np.random.default_rng(0)
    z = rng.multivariate_normal([0, 0, 0], [[1, 0.8, -0.3], [0.8, 1, 0], [-0.3, 0, 1]], N)
    table = {"size": np.exp(z[:, 0] / 2).tolist(), "mass": stats.gamma(3).ppf(stats.norm.cdf(z[:, 1])).tolist(), "tilt": z[:, 2].tolist()}
    joint = fit_joint(table)
    assert isinstance(joint.chosen, GaussianCopula)
    assert (joint.method, joint.reason) == ("copula", "numbers only, whose relations are monotone")
    assert {name: found.chosen.family for name, found in joint.columns.items()} == {"size": "log-normal", "mass": "gamma", "tilt": "normal"}
    r = dict(zip(joint.chosen.columns, joint.chosen.correlation, strict=True))["mass"]  # mass, size, tilt
    assert r[1] == pytest.approx(0.8, abs=4 * 0.36 / math.sqrt(N))
    assert r[2] == pytest.approx(0, abs=4 / math.sqrt(N))
    for pair, measured in joint.spearman.items():
        assert measured == pytest.approx(stats.spearmanr(table[pair[0]], table[pair[1]]).statistic, abs=1e-4)
        assert joint.spearman_drawn[pair] == pytest.approx(measured, abs=4 * math.sqrt(1 / N + 1 / 2000))


def test_trees_keep_humps_bends_and_words():
    rng = np.random.default_rng(1)
    kind = np.where(rng.random(N) < 0.3, "cup", "fork")
    near = rng.random(N) < 0.5  # two humps, in cups alone
    size = np.where(kind == "cup", np.where(near, rng.normal(1, 0.1, N), rng.normal(3, 0.1, N)), rng.normal(6, 0.5, N))
    angle = rng.uniform(-1, 1, N)
    height = angle**2 + rng.normal(0, 0.05, N)
    count = np.where(kind == "cup", rng.poisson(1, N), rng.poisson(6, N))
    table = {"kind": kind.tolist(), "size": size.tolist(), "angle": angle.tolist(), "height": height.tolist(), "count": count.tolist()}
    joint = fit_joint(table)
    assert isinstance(joint.chosen, SequentialTrees)
    assert (joint.method, joint.reason) == ("trees", "kind holds words")
    drawn = rows(joint.chosen)
    assert column(drawn, "kind").count("cup") / len(drawn) == pytest.approx(np.mean(kind == "cup"), abs=4 * math.sqrt(0.21 / 2000))
    for name in ("size", "angle", "height"):
        assert stats.ks_2samp(column(drawn, name), table[name]).pvalue > 1e-3
    cups = [row for row in drawn if row["kind"] == "cup"]
    sizes = np.array(column(cups, "size"))
    assert np.mean(np.abs(sizes - 1) < 0.4) > 0.35
    assert np.mean(np.abs(sizes - 3) < 0.4) > 0.35
    assert np.mean((sizes > 1.4) & (sizes < 2.6)) < 0.06
    assert all(type(k) is int for k in column(drawn, "count"))
    assert np.mean(column(cups, "count")) == pytest.approx(1, abs=0.25)
    assert np.mean([row["count"] for row in drawn if row["kind"] == "fork"]) == pytest.approx(6, abs=0.4)
    bent = np.array(column(drawn, "height")) - np.array(column(drawn, "angle")) ** 2
    assert np.std(bent) < 0.15  # 0.3, were they unrelated
    for pair, measured in joint.spearman.items():
        assert joint.spearman_drawn[pair] == pytest.approx(measured, abs=4 * math.sqrt(1 / N + 1 / 2000))
    text = json.dumps(to_json(joint.chosen))
    assert from_json(Distribution, json.loads(text)) == joint.chosen
    assert len(text) < 100_000
    assert json.loads(json.dumps(joint.to_json_value()))["method"] == "trees"


def test_a_relation_that_bends_takes_trees():
    rng = np.random.default_rng(2)
    angle = rng.normal(0, 1, N)
    height = angle**2 + rng.normal(5, 0.5, N)
    joint = fit_joint({"angle": angle.tolist(), "height": height.tolist()})
    assert joint.method == "trees"
    straight = fit_joint({"angle": angle.tolist(), "height": (2 * angle + rng.normal(0, 1, N)).tolist()})
    assert straight.method == "copula"
    assert fit_joint({"angle": angle.tolist(), "height": rng.normal(0, 1, N).tolist()}).method == "copula"


def test_the_method_may_be_asked_for():
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, 300)
    table = {"x": x.tolist(), "y": (x + rng.normal(0, 1, 300)).tolist(), "n": rng.poisson(3, 300).tolist()}
    assert fit_joint(table, method="trees").method == "trees"
    copula = fit_joint(table, method="copula").chosen
    marginals = dict(copula.marginals)
    assert (type(marginals["x"]), type(marginals["n"])) == (Normal, Poisson)
    same = fit_joint({"a": x.tolist(), "b": x.tolist()}, method="copula").chosen  # as like as two columns can be and still be drawn
    assert same.correlation[0][1] == pytest.approx(0.99)


def test_few_rows_and_single_values():
    joint = fit_joint({"a": [1.0, 2.0, 4.0], "b": ["x", "x", "x"], "c": [2, 2, 2]})
    assert set(joint.chosen.columns) == {"a", "b", "c"}
    assert {(row["b"], row["c"]) for row in rows(joint.chosen, 50)} == {("x", 2)}


@pytest.mark.parametrize(
    ("table", "method", "message"),
    [
        ({}, None, "there are no columns"),
        ({"a": [1.0, 2.0], "b": [1.0]}, None, "have as many values each, got {'a': 2, 'b': 1}"),
        ({"a": [1.0, 2.0], "b": ["x", "y"]}, "copula", "a copula ties numbers; b holds words: fit by trees"),
    ],
)
def test_faults_are_named(table, method, message):
    with pytest.raises(InvalidValue, match=message):
        fit_joint(table, method=method)
