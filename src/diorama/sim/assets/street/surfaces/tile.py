"""A tile of ground as a picture, and what all of them are made with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.mesh import Image
from diorama.sim.assets.recipe import Ink
from diorama.sim.assets.textures import Field, fractal_noise

Codes = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """A picture that repeats every `width_m` metres; `heights` in [0, 1], if it has a relief, `relief` times as steep as `textures.relief` has it."""

    picture: Image
    width_m: float
    roughness: float = 0.9
    heights: Field | None = None
    relief: float = 1.0


def colored(ink: Ink, tone: Field, spread: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Image:
    """A picture of one colour whose codes are raised by `tone`, times a `spread` for each channel."""
    planes = [np.clip(np.float32(code) + tone * np.float32(s), 0, 255) for code, s in zip(ink, spread, strict=True)]
    return np.ascontiguousarray(np.stack(planes, axis=-1).astype(np.uint8))


def mixed(one: Image, other: Image, share: Field) -> Image:
    """From one picture (share 0) to another (1), pixel by pixel."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    return np.ascontiguousarray((a + (b - a) * share[..., None]).astype(np.uint8))


def grains(rng: np.random.Generator, size: int) -> Field:
    """Noise from pixel to pixel, in [-1, 1], with fewer strong ones than weak ones."""
    return rng.random((size, size), np.float32) - rng.random((size, size), np.float32)


def step(x: Field, low: float, high: float) -> Field:
    """From 0 at `low` to 1 at `high`, straight."""
    return np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Where pixels are in a bond of stones: `number` of the stone, and how far from its nearest edge, in pixels."""

    number: NDArray[np.int64]
    inside_px: Field


def waver(rng: np.random.Generator, size: int) -> Field:
    """(2, size, size): how far things are off where they should be, down and right, in pixels."""
    return np.stack([fractal_noise(rng, 8, 8, 2, size), fractal_noise(rng, 8, 8, 2, size)]) * np.float32(2.5)


def bond(size: int, rows: int, columns: int, shift: float = 0.5, bent: Field | None = None) -> Cells:
    """Rows of stones, each row shifted against the one before by a share of a stone. `rows` must be such that the shifts come around."""
    down, right = (0.0, 0.0) if bent is None else bent
    y, x = (np.arange(size, dtype=np.float32) + 0.5)[:, None] + down, (np.arange(size, dtype=np.float32) + 0.5)[None, :] + right
    high, wide = np.float32(size / rows), np.float32(size / columns)
    row = np.floor(y / high)
    along = x / wide + row * np.float32(shift)
    column = np.floor(along)
    fx, fy = along - column, y / high - row
    edge_x = np.minimum(fx, 1 - fx) * wide
    edge_y = np.broadcast_to(np.minimum(fy, 1 - fy) * high, edge_x.shape)
    number = (row.astype(np.int64) % rows) * columns + column.astype(np.int64) % columns
    return Cells(number=number, inside_px=np.minimum(edge_x, edge_y).astype(np.float32))


def scattered(rng: np.random.Generator, size: int, count: int, jitter: float) -> Cells:
    """`count` x `count` cells around points that are off a grid by up to a share of its spacing: what is nearest to each (Worley 1996)."""
    spacing = np.float32(size / count)
    offsets = (rng.random((2, count, count), np.float32) - np.float32(0.5)) * np.float32(jitter)
    y, x = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    y, x = (y.astype(np.float32) + np.float32(0.5)) / spacing, (x.astype(np.float32) + np.float32(0.5)) / spacing
    row, column = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    nearest = np.full((size, size), np.inf, np.float32)
    second = nearest.copy()
    number = np.zeros((size, size), np.int64)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            r, c = row + dr, column + dc
            dy = r + np.float32(0.5) + offsets[0][r % count, c % count] - y
            dx = c + np.float32(0.5) + offsets[1][r % count, c % count] - x
            away = np.sqrt(dx * dx + dy * dy).astype(np.float32)
            closer = away < nearest
            second = np.where(closer, nearest, np.minimum(second, away))
            number = np.where(closer, (r % count) * count + c % count, number)
            nearest = np.where(closer, away, nearest)
    return Cells(number=number, inside_px=(second - nearest) / 2 * spacing)
