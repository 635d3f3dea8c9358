"""What walls and roofs are made of: pictures that tile, each with the metres that it spans.

A picture is a field of tones and tints over courses of bricks, boards or tiles: random draws and plain arithmetic, the same on every machine.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.mesh import Image, Look
from diorama.sim.assets.recipe import Ink, printed
from diorama.sim.assets.street.patches import Cover
from diorama.sim.assets.textures import SIZE, Field, fractal_noise
from diorama.sim.seeds import Seed

#: Bricks by the colour of most of them, and of the mortar between them.
BRICKS: dict[str, tuple[Ink, Ink]] = {
    "red": ((132, 80, 66), (160, 150, 138)),
    "brown": ((116, 80, 62), (150, 142, 130)),
    "buff": ((178, 162, 130), (180, 172, 156)),
    "gault": ((162, 150, 126), (150, 142, 128)),
    "dark": ((92, 70, 62), (130, 124, 116)),
    "orange": ((158, 98, 70), (174, 164, 148)),
    "white": ((206, 200, 188), (186, 180, 170)),
    "sooty": ((104, 92, 78), (110, 104, 96)),
}
BONDS = ("stretcher", "flemish", "english")

PLASTERS: tuple[Ink, ...] = (
    (226, 220, 206),
    (236, 234, 228),
    (218, 204, 174),
    (208, 188, 150),
    (198, 170, 152),
    (196, 200, 192),
    (180, 188, 196),
    (208, 192, 182),
    (188, 192, 174),
    (160, 150, 140),
)
STONES: tuple[Ink, ...] = ((190, 176, 148), (206, 196, 174), (164, 156, 144), (176, 150, 116))
BOARDS: tuple[Ink, ...] = ((228, 226, 220), (112, 54, 46), (84, 100, 112), (196, 184, 150), (96, 112, 92), (70, 60, 54))
PANELS: tuple[Ink, ...] = ((178, 174, 166), (196, 194, 190), (160, 158, 156), (206, 198, 182), (188, 168, 150))
SHEETS: tuple[Ink, ...] = ((198, 202, 204), (150, 160, 168), (92, 112, 132), (108, 122, 104), (206, 200, 186), (126, 72, 60))
CLAYS: tuple[Ink, ...] = ((138, 82, 62), (118, 68, 54), (108, 84, 70), (150, 96, 70))
SLATES: tuple[Ink, ...] = ((84, 88, 96), (72, 72, 78), (96, 88, 88))


def _rng(*name: str | int) -> np.random.Generator:
    return Seed(0).child("cladding", *name).rng()


def _axes() -> tuple[Field, Field]:
    """(x, y) of the pixels' centres: shares of the tile, to the right and down from its top."""
    t = ((np.arange(SIZE) + 0.5) / SIZE).astype(np.float32)
    return np.broadcast_to(t[None, :], (SIZE, SIZE)), np.broadcast_to(t[:, None], (SIZE, SIZE))


def _shown(ink: Ink | NDArray[np.floating], tone: Field, roughness: float = 0.9) -> Look:
    """The look of an ink, or one a pixel, times a tone."""
    color = np.asarray(ink, np.float32) * tone[..., None]
    picture: Image = np.clip(color + np.float32(0.5), 0, 255).astype(np.uint8)
    return printed(picture, roughness)


def _edge(f: Field, width: float) -> Field:
    """1 within, falling to 0 over `width` at both ends of [0, 1)."""
    return np.clip(np.minimum(f, 1 - f) / np.float32(width), 0, 1)


def _drawn(rng: np.random.Generator, rows: int, columns: int, spread: float) -> Field:
    """(rows, columns): a tone about 1 for each stone."""
    return (1 + spread * (2 * rng.random((rows, columns)) - 1)).astype(np.float32)


@cache
def bricks(color: str, bond: str) -> Cover:
    """Brickwork: 24 courses of 75 mm, 8 bricks long."""
    rng = _rng("brick", color, bond)
    ink, mortar = BRICKS[color]
    courses, long = 24, 8
    x, y = _axes()
    row = np.floor(y * courses).astype(np.int64)
    fy = y * courses - row
    odd = row % 2
    along = x * np.float32(long)
    if bond == "stretcher":
        along = along + 0.5 * odd
        number, f, size = np.floor(along), along - np.floor(along), np.ones_like(x)
    elif bond == "english":
        size = np.where(odd == 1, np.float32(0.5), np.float32(1.0))
        along = (along + 0.25 * odd) / size
        number, f = np.floor(along), along - np.floor(along)
    else:  # a stretcher and a header in turn
        pair = (along + np.float32(0.75) * odd) / np.float32(1.6)
        inside = pair - np.floor(pair)
        header = inside > 2 / 3
        number = 2 * np.floor(pair) + header
        f = np.where(header, (inside - np.float32(2 / 3)) * 3, inside * np.float32(1.5))
        size = np.where(header, np.float32(0.55), np.float32(1.1))
    number = number.astype(np.int64) % 64
    tones = _drawn(rng, courses, 64, 0.16)
    burnt = rng.random((courses, 64)) < 0.07
    tones[burnt] *= np.float32(0.68)
    warmer = (rng.random((courses, 64, 1)) * 2 - 1).astype(np.float32) * np.array((0.05, 0.0, -0.05), np.float32)
    face = np.clip(np.minimum(f, 1 - f) * size / np.float32(0.035), 0, 1)
    brick = np.minimum(face, _edge(fy, 0.1))
    grain = fractal_noise(rng, 32, 32, 3)
    tone = tones[row, number] * (1 + np.float32(0.1) * grain)
    body = np.asarray(ink, np.float32) * (1 + warmer[row, number]) * tone[..., None]
    joint = np.asarray(mortar, np.float32) * (1 + np.float32(0.06) * grain)[..., None]
    stain = 1 + np.float32(0.07) * fractal_noise(rng, 3, 3, 3)
    return Cover(_shown(joint + (body - joint) * brick[..., None], stain), 1.8)


@cache
def plaster(number: int) -> Cover:
    """Painted render: fine grain, and stains that water left."""
    rng = _rng("plaster", number)
    stain, grain = fractal_noise(rng, 3, 3, 5), fractal_noise(rng, 48, 48, 2)
    streak = fractal_noise(rng, 2, 24, 2)
    tone = 1 + np.float32(0.045) * stain + np.float32(0.025) * grain - np.float32(0.03) * np.maximum(streak, 0)
    return Cover(_shown(PLASTERS[number], tone.astype(np.float32)), 4.0)


@cache
def stone(number: int) -> Cover:
    """Ashlar: courses of blocks with fine joints."""
    rng = _rng("stone", number)
    courses, long = 8, 5
    x, y = _axes()
    row = np.floor(y * courses).astype(np.int64)
    fy = y * courses - row
    along = x * long + np.float32(0.5) * (row % 2) + (_drawn(rng, courses, 1, 0.15)[row, 0] - 1)
    number_ = np.floor(along).astype(np.int64) % long
    f = along - np.floor(along)
    tone = _drawn(rng, courses, long, 0.1)[row, number_]
    joint = np.minimum(_edge(f, 0.022), _edge(fy, 0.05))
    grain = fractal_noise(rng, 24, 24, 3)
    shade = tone * (1 + np.float32(0.07) * grain + np.float32(0.06) * fractal_noise(rng, 3, 3, 4)) * (np.float32(0.66) + np.float32(0.34) * joint)
    return Cover(_shown(STONES[number], shade), 2.4)


@cache
def boards(number: int) -> Cover:
    """Weatherboards, each lapping over the one below."""
    rng = _rng("boards", number)
    courses = 14
    x, y = _axes()
    row = np.floor(y * courses).astype(np.int64)
    fy = y * courses - row
    tone = _drawn(rng, courses, 2, 0.06)[row, np.floor((x + _drawn(rng, courses, 1, 0.5)[row, 0]) * 1).astype(np.int64) % 2]
    shade = np.clip(fy / np.float32(0.14), np.float32(0.45), 1) * (1 - np.float32(0.08) * (1 - fy))
    grain = fractal_noise(rng, 64, 4, 2)
    return Cover(_shown(BOARDS[number], tone * shade * (1 + np.float32(0.05) * grain)), 2.2)


@cache
def panels(number: int) -> Cover:
    """Concrete panels: wide joints, rain marks below them."""
    rng = _rng("panels", number)
    x, y = _axes()
    fx, fy = x * 2 - np.floor(x * 2), y * 2 - np.floor(y * 2)
    joint = np.minimum(_edge(fx, 0.012), _edge(fy, 0.012))
    tone = _drawn(rng, 2, 2, 0.05)[np.floor(y * 2).astype(np.int64), np.floor(x * 2).astype(np.int64)]
    streak = np.maximum(fractal_noise(rng, 2, 32, 3), 0) * np.clip(1 - fy * np.float32(1.6), 0, 1)
    shade = tone * (1 + np.float32(0.05) * fractal_noise(rng, 8, 8, 4) - np.float32(0.16) * streak) * (np.float32(0.6) + np.float32(0.4) * joint)
    return Cover(_shown(PANELS[number], shade.astype(np.float32)), 6.0)


@cache
def sheets(number: int) -> Cover:
    """Ribbed metal sheets."""
    rng = _rng("sheets", number)
    x, _ = _axes()
    f = x * 12 - np.floor(x * 12)
    rib = np.float32(0.82) + np.float32(0.18) * np.clip(np.minimum(f, np.float32(0.62) - f) / np.float32(0.08), 0, 1)
    rib = np.where((f > np.float32(0.62)) & (f < np.float32(0.72)), rib * np.float32(0.86), rib)
    dirt = 1 + np.float32(0.04) * fractal_noise(rng, 3, 10, 4)
    return Cover(_shown(SHEETS[number], (rib * dirt).astype(np.float32), 0.55), 3.0)


@cache
def tiles(number: int) -> Cover:
    """A roof of clay tiles, rounded across, each course over the one below."""
    rng = _rng("tiles", number)
    courses, long = 10, 12
    x, y = _axes()
    row, column = np.floor(y * courses).astype(np.int64), np.floor(x * long).astype(np.int64)
    fx, fy = x * long - column, y * courses - row
    tone = _drawn(rng, courses, long, 0.17)[row, column]
    wave = np.float32(0.62) + np.float32(0.38) * (4 * fx * (1 - fx))
    lap = np.clip((1 - fy) / np.float32(0.16), np.float32(0.5), 1)
    moss = np.clip(fractal_noise(rng, 4, 4, 4) - np.float32(0.35), 0, 1)
    ink = np.asarray(CLAYS[number], np.float32) * (1 - moss[..., None] * np.float32(0.5)) + np.array((74, 80, 52), np.float32) * (
        moss[..., None] * np.float32(0.5)
    )
    return Cover(_shown(ink, tone * wave * lap, 0.85), 3.2)


@cache
def slates(number: int) -> Cover:
    """A roof of slates in half bond."""
    rng = _rng("slates", number)
    courses, long = 14, 10
    x, y = _axes()
    row = np.floor(y * courses).astype(np.int64)
    along = x * long + np.float32(0.5) * (row % 2)
    column = np.floor(along).astype(np.int64) % long
    fx, fy = along - np.floor(along), y * courses - row
    tone = _drawn(rng, courses, long, 0.2)[row, column]
    lap = np.clip((1 - fy) / np.float32(0.12), np.float32(0.55), 1) * (np.float32(0.75) + np.float32(0.25) * _edge(fx, 0.05))
    return Cover(_shown(SLATES[number], tone * lap * (1 + np.float32(0.1) * fractal_noise(rng, 16, 16, 3)), 0.6), 2.8)


@cache
def felt(number: int) -> Cover:
    """A flat roof: felt or gravel."""
    rng = _rng("felt", number)
    tone = 1 + np.float32(0.1) * fractal_noise(rng, 4, 4, 5) + np.float32(0.08) * fractal_noise(rng, 64, 64, 1)
    return Cover(_shown(((96, 96, 98), (134, 130, 122))[number], tone.astype(np.float32), 0.95), 6.0)


@cache
def flowers(number: int) -> Cover:
    """What grows in boxes on window sills."""
    rng = _rng("flowers", number)
    picture: Image = np.zeros((64, 128, 3), np.uint8)
    picture[:] = (38, 54, 30)
    blooms: tuple[Ink, ...] = ((190, 40, 48), (214, 120, 150), (226, 196, 70), (228, 224, 214), (120, 70, 150))
    for k in range(420):
        ink = blooms[(number + k % 2) % len(blooms)] if k > 300 else (60 + k % 30, 92 + k % 40, 44)
        cv2.ellipse(picture, (int(rng.integers(128)), int(rng.integers(64))), (3, 2), float(rng.integers(360)), 0, 360, ink, -1, cv2.LINE_AA)
    return Cover(printed(picture, 0.9), 1.0)
