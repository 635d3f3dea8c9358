"""Stones and slabs: what pavements, squares and old streets are laid with."""

import numpy as np

from diorama.sim.assets.recipe import Ink, between, pick
from diorama.sim.assets.street.surfaces.tile import Cells, Tile, bond, colored, grains, scattered, step, waver
from diorama.sim.assets.textures import Field, fractal_noise

_GREYS: tuple[Ink, ...] = ((140, 137, 130), (130, 126, 120), (150, 144, 133), (120, 118, 116), (147, 145, 141))
_REDS: tuple[Ink, ...] = ((142, 92, 76), (128, 84, 72), (154, 104, 82), (120, 96, 88))
_STONES: tuple[Ink, ...] = ((112, 110, 108), (126, 122, 116), (98, 98, 102), (134, 124, 112))


def slabs(rng: np.random.Generator) -> Tile:
    """Concrete slabs, in line or in bond."""
    size, width = 256, 2.4
    rows, columns = pick(rng, ((4, 4), (4, 4), (6, 4), (6, 6), (8, 4)))
    cells = bond(size, rows, columns, 0.5 if rng.random() < 0.6 else 0.0)
    tone = _each(rng, cells, 7.0) + grains(rng, size) * np.float32(4) + fractal_noise(rng, 6, 6, 3, size) * np.float32(4)
    return _laid(rng, cells, tone, pick(rng, _GREYS), width, joint_px=1.0, joint=-34.0, roughness=0.85, relief=0.12)


def bricks(rng: np.random.Generator) -> Tile:
    """Paving bricks, twice as long as wide, in bond."""
    size, width = 256, 1.6
    cells = bond(size, 16, 8)
    tone = _each(rng, cells, 12.0) + grains(rng, size) * np.float32(6)
    return _laid(rng, cells, tone, pick(rng, (*_REDS, *_GREYS[:2])), width, joint_px=1.0, joint=-34.0, roughness=0.9, relief=0.12)


def cobbles(rng: np.random.Generator) -> Tile:
    """Setts: worn stones, each a little dome, in rows that waver or, of old ones, hardly in rows."""
    size, width = 256, 1.8
    cells = bond(size, 16, 12, 0.5, bent=waver(rng, size)) if rng.random() < 0.6 else scattered(rng, size, 14, 0.75)
    tone = _each(rng, cells, 15.0) + grains(rng, size) * np.float32(7) + step(cells.inside_px, 0.0, 6.0) * np.float32(12) - np.float32(8)
    return _laid(rng, cells, tone, pick(rng, _STONES), width, joint_px=1.4, joint=-42.0, roughness=0.75, relief=1.0, dome_px=6.0)


def concrete(rng: np.random.Generator) -> Tile:
    """Plates of concrete, stained."""
    size, width = 256, 5.0
    cells = bond(size, 1, 1, 0.0)
    tone = grains(rng, size) * np.float32(4) + fractal_noise(rng, 6, 6, 4, size) * np.float32(5)
    return _laid(rng, cells, tone, pick(rng, _GREYS), width, joint_px=0.8, joint=-50.0, roughness=0.85, relief=0.0)


def kerbstone(rng: np.random.Generator) -> Tile:
    """Stones a metre long, of concrete or granite, joined end to end along the kerb."""
    size, width = 128, 1.0
    code = between(rng, 130, 176)
    x = (np.arange(size, dtype=np.float32) + 0.5)[None, :]
    joint = 1 - step(np.minimum(x, size - x), 0.6, 1.6)
    tone = grains(rng, size) * np.float32(between(rng, 4, 10)) + fractal_noise(rng, 2, 2, 4, size) * np.float32(6) - joint * np.float32(60)
    return Tile(picture=colored((round(code + 2), round(code), round(code - 4)), tone), width_m=width, roughness=0.85)


def _each(rng: np.random.Generator, cells: Cells, spread: float) -> Field:
    """A tone of its own for every stone."""
    tones = (rng.random(int(cells.number.max()) + 1, np.float32) * 2 - 1) * np.float32(spread)
    return tones[cells.number]


def _laid(
    rng: np.random.Generator,
    cells: Cells,
    tone: Field,
    ink: Ink,
    width_m: float,
    *,
    joint_px: float,
    joint: float,
    roughness: float,
    relief: float,
    dome_px: float = 2.5,
) -> Tile:
    """Stones with joints between, which are `joint_px` wide to either side, and darker by `joint`."""
    stone = step(cells.inside_px, 0.4 * joint_px, 1.4 * joint_px)
    joints = np.float32(joint) + grains(rng, len(stone)) * np.float32(8)
    heights = step(cells.inside_px, 0.0, dome_px)
    heights = heights * (2 - heights)  # steep at the edge, level on top
    return Tile(
        picture=colored(ink, joints + (tone - joints) * stone),
        width_m=width_m,
        roughness=roughness,
        heights=heights if relief > 0 else None,
        relief=relief,
    )
