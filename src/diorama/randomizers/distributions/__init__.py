"""Distributions: inert values that say how something varies.

A distribution is a frozen dataclass. It compares, hashes, prints short (``U(0.4, 1)``) and reads and writes as
JSON or YAML: ``{uniform: [0.4, 1.0]}``, ``{choice: {red: 1, blue: 3}}``, ``{choice: [640, 800]}``; a bare number or
word is a constant. It draws only when it is given a generator.

Every draw is made by inversion from `Generator.random()` alone, a fixed number of uniforms for each, and floats
are then rounded to 10 significant digits. So draws depend neither on NumPy's choice of algorithm for a family nor on
the last bit of a machine's logarithm or sine: libraries differ there by about 1e-16, and what is left differs
only where a value straddles a rounding boundary, about once in ten thousand draws *that differ at all*. And a
small change of a setting changes what is drawn by as little.

Two kinds depend on the scene and are resolved before anything is drawn from them: `Var` stands for what a variable
of the plan drew, and `Schedule` goes over from one distribution to another in the course of a data set.

A new family is a subclass of `Scalar` with `family`, `symbol`, its numbers as fields, and `support` and `quantile`.
"""

from diorama.randomizers.distributions.base import FAMILIES, Distribution, Support, rounded, unit_uniform
from diorama.randomizers.distributions.checks import require, require_one_of, require_share
from diorama.randomizers.distributions.continuous import Exponential, LogNormal, LogUniform, Normal, TruncatedNormal, Uniform
from diorama.randomizers.distributions.directions import SphereShell, UniformRotation, UnitSphere, VonMises
from diorama.randomizers.distributions.discrete import Choice, Constant, Poisson, UniformInt
from diorama.randomizers.distributions.empirical import Empirical
from diorama.randomizers.distributions.gamma_beta import Beta, ChiSquare, Gamma
from diorama.randomizers.distributions.joint import GaussianCopula
from diorama.randomizers.distributions.mixture import Hybrid, Mixture
from diorama.randomizers.distributions.numeric import Numeric, Scalar
from diorama.randomizers.distributions.schedule import Schedule
from diorama.randomizers.distributions.scope import Scope, resolved
from diorama.randomizers.distributions.trees import SequentialTrees, Split
from diorama.randomizers.distributions.truncated import Truncated
from diorama.randomizers.distributions.var import Var, variables_of

__all__ = [
    "FAMILIES",
    "Beta",
    "ChiSquare",
    "Choice",
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "Gamma",
    "GaussianCopula",
    "Hybrid",
    "LogNormal",
    "LogUniform",
    "Mixture",
    "Normal",
    "Numeric",
    "Poisson",
    "Scalar",
    "Schedule",
    "Scope",
    "SequentialTrees",
    "SphereShell",
    "Split",
    "Support",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
    "UniformInt",
    "UniformRotation",
    "UnitSphere",
    "Var",
    "VonMises",
    "require",
    "require_one_of",
    "require_share",
    "resolved",
    "rounded",
    "unit_uniform",
    "variables_of",
]
