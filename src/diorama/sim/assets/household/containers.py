"""Open vessels."""

import numpy as np

from diorama.sim.assets.household.draft import Draft
from diorama.sim.assets.household.shapes import arc, solid_of_revolution_hulls, turned, wall_hulls
from diorama.sim.assets.surface import Look


def bowl(rng: np.random.Generator) -> Draft:
    r = float(rng.uniform(0.055, 0.085))
    t = 0.004
    c = rng.uniform(0.05, 0.9, 3).tolist()
    outer = arc((0.0, r), r, -65.0, -5.0, 8)
    inner = arc((0.0, r), r - t, -65.0, -5.0, 8)
    profile = [(0.0, outer[0][1]), *outer, *inner[::-1], (0.0, inner[0][1])]
    quads = [[outer[k], outer[k + 2], inner[k + 2], inner[k]] for k in range(0, 8, 2)]
    base = [outer[0], inner[0], (0.0, outer[0][1]), (0.0, inner[0][1])]
    hulls = wall_hulls(quads, 12, 36) + solid_of_revolution_hulls(base, 36)
    return Draft(surfaces=[turned(profile, Look(base_color=(c[0], c[1], c[2])), 36)], hulls=hulls, density_kg_m3=2300.0)
