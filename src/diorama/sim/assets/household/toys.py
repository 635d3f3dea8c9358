"""Balls."""

import numpy as np

from diorama.sim.assets.household.draft import Draft
from diorama.sim.assets.primitives import sphere
from diorama.sim.assets.surface import Look, Surface


def ball(rng: np.random.Generator) -> Draft:
    r = float(rng.uniform(0.018, 0.05))
    positions, faces = sphere(r, 32)
    c = rng.uniform(0.05, 0.9, 3).tolist()
    hull, _ = sphere(r, 16)
    return Draft(surfaces=[Surface(positions=positions, faces=faces, look=Look(base_color=(c[0], c[1], c[2])))], hulls=[hull], density_kg_m3=150.0)
