"""Draws of every family are those of other machines: of a lesser processor's C library, and of one whose last bits are wrong."""

import json
import math
import os
import subprocess
import sys

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
    GaussianCopula,
    Hybrid,
    LogNormal,
    LogUniform,
    Mixture,
    Normal,
    Poisson,
    SequentialTrees,
    SphereShell,
    Split,
    Truncated,
    TruncatedNormal,
    Uniform,
    UniformInt,
    UniformRotation,
    UnitSphere,
    VonMises,
    special,
)
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed

N = 300
LESSER = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX,-AVX2,-AVX512F,-ERMS"}
DISTRIBUTIONS: list[Distribution] = [
    Constant(1),
    Uniform(0, 1),
    LogUniform(0.01, 5),
    Normal(2, 0.3),
    TruncatedNormal(0, 1, 5, 6),
    LogNormal(0, 0.5),
    Exponential(2),
    ChiSquare(5),
    Gamma(0.3, 1),
    Gamma(40, 1),
    Gamma(2e5, 1),
    Beta(0.3, 0.2),
    Beta(2, 5),
    Beta(5000, 20000),
    VonMises(0, 0.7),
    VonMises(0, 300),
    UniformInt(1, 9),
    Poisson(7),
    Poisson(900),
    Choice("abc"),
    Empirical([1, 2, 5]),
    UnitSphere(),
    SphereShell(1, 2),
    UniformRotation(),
    Mixture([Normal(0, 1), Gamma(2, 1)]),
    Hybrid(Empirical([1, 2]), Normal(0, 1), 0.5),
    Truncated(Gamma(2, 1), 0.5, 4),
    GaussianCopula({"a": Normal(0, 1), "b": Gamma(2, 1)}, [[1, 0.7], [0.7, 1]]),
    SequentialTrees({"a": Normal(0, 1), "b": Split("a", 0, Gamma(2, 1), Constant("x"))}),
]
TRANSCENDENTAL = ["acos", "asin", "atan", "atan2", "cbrt", "cos", "erfc", "exp", "expm1", "lgamma", "log", "log1p", "pow", "sin", "tan"]


def draws(distribution: Distribution) -> list:
    rng = Seed(1).child(distribution.family).rng()
    return [distribution.sample(rng) for _ in range(N)]


def test_every_family_is_here():
    assert {d.family for d in DISTRIBUTIONS} | {"var", "schedule"} == set(FAMILIES.names())


def test_a_lesser_processor():
    code = (
        "import json, sys\n"
        "from diorama.randomizers.distributions import Distribution\n"
        "from diorama.sim.codec import from_json\n"
        "from diorama.sim.seeds import Seed\n"
        "for value in json.load(sys.stdin):\n"
        "    d = from_json(Distribution, value)\n"
        "    rng = Seed(1).child(d.family).rng()\n"
        f"    print(json.dumps([d.sample(rng) for _ in range({N})]))\n"
    )
    document = json.dumps([to_json(d) for d in DISTRIBUTIONS])
    run = subprocess.run([sys.executable, "-c", code], input=document, env=os.environ | LESSER, capture_output=True, text=True, check=True)
    for line, value in zip(run.stdout.splitlines(), json.loads(document), strict=True):
        assert json.loads(line) == json.loads(json.dumps(draws(from_json(Distribution, value)))), value


def test_a_c_library_whose_last_bits_are_wrong(monkeypatch):
    here = [draws(d) for d in DISTRIBUTIONS]
    calls = 0

    def wrong(function):
        def nearby(*arguments):
            nonlocal calls
            calls += 1
            exact = function(*arguments)
            return exact if exact.is_integer() else math.nextafter(exact, math.inf if calls % 2 else -math.inf)

        return nearby

    for name in TRANSCENDENTAL:
        monkeypatch.setattr(math, name, wrong(getattr(math, name)))
    special._von_mises_series.cache_clear()
    there = [draws(d) for d in DISTRIBUTIONS]
    special._von_mises_series.cache_clear()
    assert calls > 20 * N
    different = {repr(d): sum(a != b for a, b in zip(x, y, strict=True)) for d, x, y in zip(DISTRIBUTIONS, here, there, strict=True) if x != y}
    assert sum(different.values()) <= 1, different  # a value may straddle a rounding boundary
