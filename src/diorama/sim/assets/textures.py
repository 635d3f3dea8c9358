"""Procedural textures: tileable patterns between two colours.

A pattern is a field of numbers in [0, 1] over one tile, from lattices of random numbers joined by cubic B-splines; all
of it integer random draws and plain arithmetic, so that a texture has the same bytes on every machine.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import encode_srgb
from diorama.sim.assets.mesh import COLOR_SLOTS, Image, Slot
from diorama.sim.seeds import Seed
from diorama.sim.spec import ProceduralTexture, Rgb

SIZE = 256
#: How far white stands above black in a height field, in widths of the tile.
RELIEF = 1 / 50
_LEVELS = 1024

Field = NDArray[np.floating]


def bake(texture: ProceduralTexture, slot: Slot = "base_color") -> Image:
    """One tile of the texture as a picture for a slot: (256, 256, 3) uint8, row 0 at the top (v = 1). Left meets right, and top meets bottom.

    The colours are sRGB where the slot's are, and else stored as they are. For the slot ``normal`` the luminance is a height, as `relief`
    takes it.
    """
    rng = Seed(texture.seed).child("texture", texture.pattern).rng()
    field = _PATTERNS[texture.pattern](rng, texture.frequency)
    if slot == "normal":
        low, high = _luminance(texture.color_a), _luminance(texture.color_b)
        return relief(np.float32(low) + np.float32(high - low) * field.astype(np.float32))
    t = np.arange(_LEVELS)[:, None] / (_LEVELS - 1)
    a, b = np.array(texture.color_a), np.array(texture.color_b)
    colors = a + (b - a) * t
    palette = encode_srgb(colors) if slot in COLOR_SLOTS else (colors * 255 + 0.5).astype(np.uint8)
    return palette[np.clip(field * (_LEVELS - 1) + 0.5, 0, _LEVELS - 1).astype(np.int16)]


def relief(heights: Field) -> Image:
    """A tangent-space normal map of heights (h, w) in [0, 1] over one tile, as (h, w, 3) uint8.

    A height of 1 stands `RELIEF` of the tile's width above a height of 0: so a material's `normal_scale` says how much more or less.
    Slopes are central differences, across the edges as well. The map is glTF's: x right, y up, n = 2 c / 255 - 1.
    """
    rise = heights.astype(np.float32) * np.float32(RELIEF * heights.shape[1] / 2)  # in texels, over the two that a difference spans
    x = np.roll(rise, 1, axis=1) - np.roll(rise, -1, axis=1)
    y = np.roll(rise, -1, axis=0) - np.roll(rise, 1, axis=0)
    per_length = np.float32(127.5) / np.sqrt(x * x + y * y + 1)
    # 128 for none, as normal maps have it.
    return np.stack([x * per_length + 128, y * per_length + 128, per_length + 128], axis=-1).clip(0, 255).astype(np.uint8)


def is_normal_map(image: Image) -> bool:
    """Whether a picture looks like a tangent-space normal map: it points outwards, on average within 60 degrees."""
    red, green, blue = (float(image[..., i].mean()) for i in range(3))
    return blue > 191 and abs(red - 128) < 32 and abs(green - 128) < 32


def _luminance(color: Rgb) -> float:
    """Rec. 709."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]


# --- fields -----------------------------------------------------------------------------------------------


def _axis(size: int = SIZE) -> Field:
    """Pixel centres across the tile, in [0, 1)."""
    return ((np.arange(size) + 0.5) / size).astype(np.float32)


def _smoothstep(x: Field, low: float, high: float) -> Field:
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _triangle(x: Field) -> Field:
    """The wave that is 0 at whole numbers and 1 halfway between."""
    return np.float32(1) - np.abs(np.float32(2) * (x - np.floor(x)) - 1)


@cache
def _spline_taps(n: int, size: int) -> tuple[tuple[NDArray[np.int64], Field], ...]:
    """For `n` lattice cells across the tile: the four lattice numbers around each pixel centre, and their weights."""
    x = _axis(size) * n
    base = np.floor(x)
    f = (x - base).astype(np.float32)
    g = 1 - f
    i = base.astype(np.int64)
    weights = (g * g * g / 6, (3 * f * f * f - 6 * f * f + 4) / 6, (3 * g * g * g - 6 * g * g + 4) / 6, f * f * f / 6)
    return tuple(((i - 1 + k) % n, weight) for k, weight in enumerate(weights))


def _spline(lattice: Field, axis: int, size: int) -> Field:
    """A periodic cubic B-spline over the lattice's values along one axis, at `size` pixel centres."""
    shape = (-1, 1) if axis == 0 else (1, -1)
    first, *rest = (lattice.take(i, axis) * weight.reshape(shape) for i, weight in _spline_taps(lattice.shape[axis], size))
    for term in rest:
        first += term
    return first


def _smooth_noise(rng: np.random.Generator, rows: int, columns: int, size: int = SIZE) -> Field:
    """(size, size) values in [-1, 1] that vary smoothly over a lattice of this many cells."""
    lattice = rng.random((rows, columns), np.float32) * 2 - 1
    return _spline(_spline(lattice, 1, size), 0, size)


def fractal_noise(rng: np.random.Generator, rows: int, columns: int, octaves: int = 4, size: int = SIZE) -> Field:
    """(size, size): noise with finer noise on it, each octave twice as fine and half as strong; about [-1, 1]."""
    total = np.zeros((size, size), np.float32)
    for k in range(octaves):
        if max(rows, columns) << k > size // 2:
            break
        total += _smooth_noise(rng, rows << k, columns << k, size) * np.float32(0.5**k)
    return total


def _noise(rng: np.random.Generator, frequency: int) -> Field:
    return _smoothstep(fractal_noise(rng, 2 * frequency, 2 * frequency), -0.7, 0.7)


def _stripes(rng: np.random.Generator, frequency: int) -> Field:
    across, along = _axis()[None, :], _axis()[:, None]
    across, along = (across, along) if rng.random() < 0.5 else (along, across)
    slant = frequency if rng.random() < 0.3 else 0
    width = 0.3 + 0.4 * rng.random()
    soft = 2.0 * frequency / SIZE  # the edge takes one pixel
    wave = _triangle(across * np.float32(frequency) + along * np.float32(slant) + np.float32(0.5) * np.float32(rng.random()))
    return np.broadcast_to(_smoothstep(wave, width - soft, width + soft), (SIZE, SIZE))


def _checks(rng: np.random.Generator, frequency: int) -> Field:
    soft = 2.0 * frequency / SIZE
    across, along = (_smoothstep(_triangle(_axis() * np.float32(frequency) + rng.random(dtype=np.float32)), 0.5 - soft, 0.5 + soft) for _ in range(2))
    return ((2 * across[None, :] - 1) * (2 * along[:, None] - 1) + 1) / 2


def _wood(rng: np.random.Generator, frequency: int) -> Field:
    """Growth rings cut lengthwise: many across, hardly any change along, with fibres and a slow drift of tone."""
    across = _axis()[:, None]
    waver = _smooth_noise(rng, 3, 2) * np.float32(0.9) + _smooth_noise(rng, 7, 3) * np.float32(0.3)
    ring = across * np.float32(frequency) + waver
    ring -= np.floor(ring)
    late = _smoothstep(ring, 0.0, 0.85) * (1 - _smoothstep(ring, 0.9, 1.0))  # slow darkening, then an abrupt new year
    fibre = _smooth_noise(rng, 128, 6) * np.float32(0.5) + _smooth_noise(rng, 64, 3) * np.float32(0.35)
    tone = _smooth_noise(rng, 4, 2)
    return np.clip(np.float32(0.15) + late * np.float32(0.6) + fibre * np.float32(0.3) + tone * np.float32(0.2), 0, 1)


def _marble(rng: np.random.Generator, frequency: int) -> Field:
    """Veins where a warped slope crosses whole numbers: a few wide and faint, more thin and strong, over cloudy stone."""
    across, along = _axis()[None, :], _axis()[:, None]
    warp = fractal_noise(rng, 3, 3, 5)
    slope = across * np.float32(max(frequency // 2, 1)) + along * np.float32(max(frequency // 4, 1)) + warp * np.float32(0.9)
    faint = 1 - _smoothstep(_triangle(slope), 0.0, 0.6)
    thin = 1 - _smoothstep(np.abs(fractal_noise(rng, frequency, frequency, 5)), 0.0, 0.07)
    where = _smoothstep(_smooth_noise(rng, 3, 3), -0.2, 0.5)
    cloud = fractal_noise(rng, 4, 4)
    return np.clip(np.float32(0.12) + faint * np.float32(0.4) + thin * where * np.float32(0.5) + cloud * np.float32(0.18), 0, 1)


def _weave(rng: np.random.Generator, frequency: int) -> Field:
    """Plain weave: `frequency` pairs of threads each way, rounded, in turn above and below, no two of quite the same thickness."""
    count = 2 * frequency
    thin = [np.float32(0.75) + np.float32(0.25) * rng.random(count, np.float32) for _ in range(2)]
    across, along = (np.broadcast_to(a, (SIZE, SIZE)) for a in (_axis()[None, :] * count, _axis()[:, None] * count))
    warp = _thread(across, along, thin[0])
    weft = _thread(along, across + 1, thin[1])
    fibre = _smooth_noise(rng, 128, 128)
    return np.clip(np.maximum(warp, weft) * np.float32(0.9) + fibre * np.float32(0.12), 0, 1)


def _thread(beside: Field, along: Field, thickness: Field) -> Field:
    """Heights of threads `beside` each other that dive below every second one they cross."""
    number = np.floor(beside)
    f, over = beside - number, along - np.floor(along)
    up = 4 * over * (1 - over) * np.where((number + np.floor(along)) % 2 == 0, np.float32(1), np.float32(-1))
    width = thickness[number.astype(np.int64) % len(thickness)]
    side = np.float32(2) * (f - np.float32(0.5)) / width
    return np.clip(1 - side * side, 0, 1) * (np.float32(0.6) + np.float32(0.4) * up)


def _brushed(rng: np.random.Generator, frequency: int) -> Field:
    """Strokes all one way, fine and long, stronger in some bands than in others."""
    fine = _smooth_noise(rng, 128, 2 * frequency) + _smooth_noise(rng, 96, frequency) * np.float32(0.7)
    band = _smooth_noise(rng, 8, 1)
    return np.clip(np.float32(0.55) + fine * (np.float32(0.6) + np.float32(0.15) * band), 0, 1)


_PATTERNS = {"noise": _noise, "stripes": _stripes, "checks": _checks, "wood": _wood, "marble": _marble, "weave": _weave, "brushed": _brushed}
