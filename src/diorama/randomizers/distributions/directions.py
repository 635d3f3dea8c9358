"""Angles, directions, points around a point, and orientations."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from diorama.randomizers.distributions.base import Distribution, Support, rounded, unit_uniform
from diorama.randomizers.distributions.numeric import Numeric, Scalar
from diorama.randomizers.distributions.special import von_mises_quantile, von_mises_tails
from diorama.sim.transforms import Quat, Vec3

#: Narrower ones would take too long: this is 0.2 degrees.
MAX_KAPPA = 1e5


@dataclass(frozen=True, slots=True, repr=False)
class VonMises(Scalar):
    """An angle about a mean, radians: the bell curve of the circle, even at kappa 0 and of width 1 / sqrt(kappa) when narrow.

    Draws lie within half a turn of the mean.
    """

    family: ClassVar[str] = "von-mises"
    symbol: ClassVar[str] = "VM"
    mean: float
    kappa: float

    def _check(self) -> None:
        self._require(0 <= self.kappa <= MAX_KAPPA, f"kappa must be in 0..{MAX_KAPPA:g}, got {self.kappa:g}; use normal for narrower ones")

    @property
    def support(self) -> Support:
        return self.mean - math.pi, self.mean + math.pi

    def quantile(self, u: float) -> float:
        return self.mean + (von_mises_quantile(self.kappa, u) if self.kappa else (2 * u - 1) * math.pi)

    def cdf(self, value: float) -> float:
        angle = min(max(value - self.mean, -math.pi), math.pi)
        return von_mises_tails(self.kappa, angle)[0] if self.kappa else angle / (2 * math.pi) + 0.5

    def log_prob(self, value: float) -> float:
        if abs(value - self.mean) > math.pi:
            return -math.inf
        return (
            math.log(von_mises_tails(self.kappa, 0.0)[1]) + self.kappa * (math.cos(value - self.mean) - 1) if self.kappa else -math.log(2 * math.pi)
        )


@dataclass(frozen=True, slots=True, repr=False)
class UnitSphere(Distribution):
    """Any direction, evenly: (x, y, z) of length 1."""

    family: ClassVar[str] = "unit-sphere"
    symbol: ClassVar[str] = "Sphere"

    def sample(self, rng: np.random.Generator) -> Vec3:
        # Archimedes: each coordinate is even over [-1, 1].
        z, turn = 2 * unit_uniform(rng) - 1, 2 * math.pi * unit_uniform(rng)
        r = math.sqrt(1 - z * z)
        return (rounded(r * math.cos(turn)), rounded(r * math.sin(turn)), rounded(z))

    def log_prob(self, value: Vec3) -> float:
        """Per steradian."""
        return -math.log(4 * math.pi)


@dataclass(frozen=True, slots=True, repr=False)
class SphereShell(Numeric):
    """Any point between two spheres about the origin, evenly by volume: (x, y, z)."""

    family: ClassVar[str] = "sphere-shell"
    symbol: ClassVar[str] = "Shell"
    inner: float
    outer: float

    def _check(self) -> None:
        self._require(0 <= self.inner < self.outer <= 1e100, f"must have 0 <= inner < outer, got {self.inner}, {self.outer}")

    def _draw(self, rng: np.random.Generator) -> Vec3:
        u = unit_uniform(rng)
        r = self.outer * math.cbrt((1 - u) * (self.inner / self.outer) ** 3 + u)
        x, y, z = UnitSphere().sample(rng)
        return (rounded(r * x), rounded(r * y), rounded(r * z))

    def log_prob(self, value: Vec3) -> float:
        """Per unit of volume."""
        volume = 4 / 3 * math.pi * (self.outer**3 - self.inner**3)
        return -math.log(volume) if self.inner <= math.hypot(*value) <= self.outer else -math.inf


@dataclass(frozen=True, slots=True, repr=False)
class UniformRotation(Distribution):
    """Any orientation, evenly: a unit quaternion wxyz with w >= 0.

    K. Shoemake, "Uniform random rotations", Graphics Gems III, 1992.
    """

    family: ClassVar[str] = "uniform-rotation"
    symbol: ClassVar[str] = "Rotation"

    def sample(self, rng: np.random.Generator) -> Quat:
        u, a, b = unit_uniform(rng), 2 * math.pi * unit_uniform(rng), 2 * math.pi * unit_uniform(rng)
        r, s = math.sqrt(1 - u), math.sqrt(u)
        w, x, y, z = s * math.cos(b), r * math.sin(a), r * math.cos(a), s * math.sin(b)
        sign = math.copysign(1.0, w)
        return (rounded(sign * w), rounded(sign * x), rounded(sign * y), rounded(sign * z))

    def log_prob(self, value: Quat) -> float:
        """Per unit of area of the half sphere of unit quaternions."""
        return -2 * math.log(math.pi)
