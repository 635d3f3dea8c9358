"""Asphalt: from the black of a new road to the pale grey of an old one."""

import numpy as np

from diorama.sim.assets.recipe import Ink, between
from diorama.sim.assets.street.surfaces.tile import Tile, colored, grains, step
from diorama.sim.assets.textures import Field, fractal_noise

_SIZE, _WIDTH_M = 512, 6.0


def new_asphalt(rng: np.random.Generator) -> Tile:
    """Black, smooth, all of one tone."""
    return _asphalt(rng, between(rng, 52, 70), contrast=5.0, blotches=1.5, cracks=0.0)


def asphalt(rng: np.random.Generator) -> Tile:
    """Some years old."""
    return _asphalt(rng, between(rng, 70, 92), contrast=9.0, blotches=2.5, cracks=0.0)


def old_asphalt(rng: np.random.Generator) -> Tile:
    """Pale and rough, its stones laid bare, and cracked."""
    return _asphalt(rng, between(rng, 92, 118), contrast=13.0, blotches=3.5, cracks=between(rng, 0.3, 1.0))


def red_asphalt(rng: np.random.Generator) -> Tile:
    """Coloured, as cycle lanes are; of some, green or blue."""
    inks: tuple[Ink, ...] = ((118, 62, 52), (128, 70, 56), (108, 66, 60), (122, 60, 54), (66, 98, 76), (66, 84, 106))
    red, green, blue = inks[int(rng.integers(len(inks)))]
    tone = grains(rng, _SIZE) * np.float32(8) + fractal_noise(rng, 6, 6, 4, _SIZE) * np.float32(3)
    return Tile(picture=colored((red, green, blue), tone), width_m=_WIDTH_M, roughness=0.9)


def _asphalt(rng: np.random.Generator, code: float, *, contrast: float, blotches: float, cracks: float) -> Tile:
    grain = grains(rng, _SIZE)
    tone = grain * np.float32(contrast) + fractal_noise(rng, 8, 8, 4, _SIZE) * np.float32(blotches)
    # Stones that are paler than what holds them together.
    tone += step(grain, 0.55, 0.8) * np.float32(1.6 * contrast)
    if cracks > 0:
        tone -= _cracks(rng) * np.float32(46 * cracks)
    hue = between(rng, -3.0, 3.0)
    ink = (round(code + hue), round(code), round(code - hue + 2))
    return Tile(picture=colored(ink, tone), width_m=_WIDTH_M, roughness=between(rng, 0.82, 0.95))


def _cracks(rng: np.random.Generator) -> Field:
    """Thin lines that wander, where there are any, in [0, 1]."""
    line = np.abs(fractal_noise(rng, 3, 3, 5, _SIZE))
    where = step(fractal_noise(rng, 4, 4, 2, _SIZE), 0.05, 0.3)
    return (1 - step(line, 0.004, 0.016)) * where
