"""Directions and orientations."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from diorama.randomizers.distributions.base import Distribution, rounded, unit_uniform
from diorama.sim.transforms import Quat


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
