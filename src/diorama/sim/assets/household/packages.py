"""Printed packages."""

import cv2
import numpy as np

from diorama.sim.assets.household.draft import Draft
from diorama.sim.assets.household.shapes import solid_of_revolution_hulls, turned
from diorama.sim.assets.surface import Look


def can(rng: np.random.Generator) -> Draft:
    r, h = float(rng.uniform(0.028, 0.04)), float(rng.uniform(0.07, 0.13))
    label = np.empty((160, 320, 3), np.uint8)
    label[:] = rng.integers(40, 230, 3)
    cv2.putText(label, "SOUP", (60, 100), cv2.FONT_HERSHEY_DUPLEX, 2.0, (250, 250, 250), 4, cv2.LINE_AA)
    metal = Look(base_color=(0.7, 0.7, 0.7), metallic=1.0, roughness=0.3)
    e = 0.003
    low = [(0.0, 0.002), (r - e, 0.002), (r - e, 0.0), (r, e)]
    side = [(r, e), (r, h - e)]
    top = [(r, h - e), (r - e, h), (r - e, h - 0.002), (0.0, h - 0.002)]
    surfaces = [turned(low, metal), turned(side, Look(base_color=(1, 1, 1), texture=label), label=True), turned(top, metal)]
    return Draft(surfaces=surfaces, hulls=solid_of_revolution_hulls([(r - e, 0.0), (r, e), (r, h - e), (r - e, h)], 32), density_kg_m3=1000.0)
