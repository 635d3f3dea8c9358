"""What a recipe returns, and how recipes pick colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.surface import Surface


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """A closed surface in pieces of one look each, the convex pieces that fill it, and the density of what is inside it."""

    surfaces: Sequence[Surface]
    hulls: Sequence[Points]
    density_kg_m3: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A recipe and the supercategory of what it makes."""

    supercategory: str
    make: Callable[[np.random.Generator], Draft]
