"""Bottles of glass, empty or with a drink in them."""

import numpy as np

from diorama.sim.assets.forms import arc, ease, turned, turned_hulls
from diorama.sim.assets.recipe import BLACK, BRIGHT, WHITE, Draft, between, glass, paint, pick

_SEGMENTS = 24
_TINTS = ((250, 252, 252), (250, 252, 252), (186, 220, 176), (212, 164, 108), (200, 224, 246))
_DRINKS = ((238, 236, 226), (226, 120, 20), (150, 20, 34), (120, 60, 24), (246, 190, 60), (90, 150, 60))


def glass_bottle(rng: np.random.Generator) -> Draft:
    """A bottle of clear or tinted glass with a stopper, half of them with a drink."""
    r, h = between(rng, 0.028, 0.038), between(rng, 0.17, 0.27)
    neck, shoulder, wall = between(rng, 0.011, 0.014), between(rng, 0.03, 0.06), between(rng, 0.0022, 0.003)
    end, mouth = h - between(rng, 0.05, 0.08) - shoulder, h - 0.014
    outer = [
        (0.0, 0.0),
        *arc((r - 0.006, 0.006), 0.006, -90, 0, 3),
        *ease((r, end), (neck, end + shoulder), 6),
        (neck, mouth - 0.008),
        (neck + 0.0015, mouth - 0.008),
        (neck + 0.0015, mouth),
        (0.0, mouth),
    ]
    floor = 0.004
    hollow = [
        (0.0, floor),
        *arc((r - 0.006, floor + 0.006), 0.006 - wall, -90, 0, 3),
        *ease((r - wall, end), (neck - wall, end + shoulder), 6),
        (neck - wall, mouth - 0.004),
        (0.0, mouth - 0.004),
    ]
    look = glass(pick(rng, _TINTS))
    stopper = [(0.0, mouth), (neck, mouth), (neck + 0.001, mouth + 0.002), (neck + 0.001, h - 0.0015), (neck - 0.0005, h), (0.0, h)]
    surfaces = [
        turned(outer, look, _SEGMENTS),
        turned(hollow[::-1], look, _SEGMENTS),
        turned(stopper, paint(pick(rng, (*BRIGHT, WHITE, BLACK, (196, 154, 104))), 0.6), 20),
    ]
    if rng.random() < 0.5:
        # As high as the shoulder at most, and a little away from the glass.
        level = end * between(rng, 0.4, 0.95)
        gap = 0.0004
        filled = [(max(x - gap, 0.0), z + gap) for x, z in hollow[:5]]
        surfaces.append(turned([*filled, (r - wall - gap, level), (0.0, level)], paint(pick(rng, _DRINKS), 0.1), _SEGMENTS))
    return Draft(surfaces=surfaces, hulls=turned_hulls([*outer[1:-1], *stopper[2:-1]], 0.0012, 16), density_kg_m3=1700.0)
