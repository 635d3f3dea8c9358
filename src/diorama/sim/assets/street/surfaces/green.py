"""What grows or lies loose: lawns, meadows, soil and gravel."""

import numpy as np

from diorama.sim.assets.recipe import Ink, between, pick
from diorama.sim.assets.street.surfaces.tile import Tile, colored, grains, mixed, scattered, step
from diorama.sim.assets.textures import fractal_noise

_SIZE = 256
_LAWNS: tuple[Ink, ...] = ((84, 97, 58), (92, 104, 64), (78, 92, 56), (98, 105, 68))
_MEADOWS: tuple[Ink, ...] = ((90, 97, 60), (98, 100, 64), (82, 92, 56), (104, 102, 70))
_SOILS: tuple[Ink, ...] = ((104, 86, 66), (118, 100, 78), (92, 78, 62))
_GRAVELS: tuple[Ink, ...] = ((150, 142, 130), (132, 126, 118), (160, 146, 126))


def lawn(rng: np.random.Generator) -> Tile:
    """Short grass."""
    tone = _blades(rng, 11.0) + fractal_noise(rng, 8, 8, 4) * np.float32(4)
    return Tile(picture=colored(pick(rng, _LAWNS), tone, (1.1, 1.0, 0.7)), width_m=4.0, roughness=0.95)


def meadow(rng: np.random.Generator) -> Tile:
    """Longer grass, in places dry, in places worn down to the soil."""
    dry = step(fractal_noise(rng, 9, 9, 4), -0.4, 0.8)
    green = colored(pick(rng, _MEADOWS), _blades(rng, 15.0), (1.1, 1.0, 0.7))
    straw = colored((124, 114, 78), _blades(rng, 13.0))
    return Tile(picture=mixed(green, straw, dry * np.float32(between(rng, 0.2, 0.8))), width_m=5.0, roughness=0.95)


def soil(rng: np.random.Generator) -> Tile:
    """Bare ground with small stones, a little grass on it."""
    earth = colored(pick(rng, _SOILS), grains(rng, _SIZE) * np.float32(12) + fractal_noise(rng, 6, 6, 4) * np.float32(12))
    grass = colored(pick(rng, _LAWNS), _blades(rng, 13.0))
    share = step(fractal_noise(rng, 4, 4, 5), 0.1, 0.5) * np.float32(between(rng, 0.1, 0.8))
    return Tile(picture=mixed(earth, grass, share), width_m=4.0, roughness=0.95)


def gravel(rng: np.random.Generator) -> Tile:
    """Loose stones."""
    cells = scattered(rng, _SIZE, 64, 0.9)
    tones = (rng.random(64 * 64, np.float32) * 2 - 1) * np.float32(26)
    tone = tones[cells.number] - (1 - step(cells.inside_px, 0.0, 1.0)) * np.float32(30) + fractal_noise(rng, 4, 4, 2) * np.float32(6)
    return Tile(picture=colored(pick(rng, _GRAVELS), tone), width_m=2.0, roughness=0.95)


def _blades(rng: np.random.Generator, contrast: float) -> np.ndarray:
    """Fine strokes, light and dark."""
    fine = grains(rng, _SIZE)
    long = (fine + np.roll(fine, 1, axis=0) + np.roll(fine, 2, axis=0)) * np.float32(0.7)
    return (long + grains(rng, _SIZE) * np.float32(0.5)) * np.float32(contrast)
