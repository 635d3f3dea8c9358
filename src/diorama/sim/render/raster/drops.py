"""Drops of water on the glass before a lens.

A drop is a short lens of its own: behind it is a small picture, upside down, of nearly all that is before the camera (Roser and Geiger, "Video-based
raindrop detection for improved image registration", 2009, show how such pictures come about). The camera looks past it into the distance, so
what the drop shows is blurred, and so is its rim. Drops do not touch, so it makes no difference which comes first.
"""

from functools import lru_cache

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.seeds import Seed
from diorama.sim.spec import Drops

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: A drop looks at this many times its radius of what is before it, at its rim, in picture heights.
WIDE = wp.constant(0.75)
#: How much of the light its rim lets pass, and over what share of its radius it is out of focus.
RIM, SOFT = wp.constant(0.45), wp.constant(0.55)
#: How far off what it shows is blurred, as a share of all it shows.
BLUR = wp.constant(0.09)
#: Places tried for each drop.
_TRIES = 8
_LARGEST = 4.0


@lru_cache(maxsize=64)
def drop_rows(drops: Drops, width: int, height: int) -> NDArray[np.float32]:
    """(n, 5): the places u and v of drops' middles (px), half their width and half their height (px), and how much wider they are below."""
    rng = Seed(drops.seed).child("drops").rng()
    numbers = rng.random((drops.count, 5))
    places = rng.random((drops.count, _TRIES, 2))
    wide = drops.size * height
    rows: list[tuple[float, float, float, float, float]] = []
    for (big, stretch, flat, _, sag), tries in zip(numbers.tolist(), places.tolist(), strict=True):
        # Few are large.
        radius = wide * (0.5 + (_LARGEST - 0.5) * big * big * big * big)
        half = radius * (0.85 + 0.3 * flat)
        tall = half * (0.95 + 0.45 * stretch * min(radius / wide, 1.0))
        for x, y in tries:
            u, v = x * width, y * height
            if all((u - a) * (u - a) + (v - b) * (v - b) > (max(half, tall) + max(c, d)) ** 2 for a, b, c, d, _ in rows):
                rows.append((u, v, half, tall, 0.25 * sag))
                break
    return np.array(rows, np.float32).reshape(-1, 5)


@wp.func
def blurred_at(cells: wp.array(dtype=wp.vec3), columns: int, rows: int, pitch: int, x: float, y: float) -> wp.vec3:
    """A coarse picture at a place in cells, bilinear, mirrored at its borders."""
    u = wp.abs(x)
    v = wp.abs(y)
    u = wp.where(u > float(columns), 2.0 * float(columns) - u, u)
    v = wp.where(v > float(rows), 2.0 * float(rows) - v, v)
    u = wp.clamp(u - 0.5, 0.0, float(columns - 1))
    v = wp.clamp(v - 0.5, 0.0, float(rows - 1))
    x0 = wp.min(int(u), wp.max(columns - 2, 0))
    y0 = wp.min(int(v), wp.max(rows - 2, 0))
    x1 = wp.min(x0 + 1, columns - 1)
    y1 = wp.min(y0 + 1, rows - 1)
    fu = u - float(x0)
    fv = v - float(y0)
    high = cells[y0 * pitch + x0] * (1.0 - fu) + cells[y0 * pitch + x1] * fu
    low = cells[y1 * pitch + x0] * (1.0 - fu) + cells[y1 * pitch + x1] * fu
    return high * (1.0 - fv) + low * fv


@wp.kernel
def show_drops(
    drops: wp.array2d(dtype=float),
    cells: wp.array(dtype=wp.vec3),
    columns: int,
    rows: int,
    pitch: int,
    cell: float,
    width: int,
    height: int,
    picture: wp.array(dtype=wp.vec3),
):
    """Put one drop before the picture. `cells` are the picture at a lower resolution, `cell` pixels wide each."""
    k = wp.tid()
    u = drops[k, 0]
    v = drops[k, 1]
    wide = drops[k, 2]
    tall = drops[k, 3]
    sag = drops[k, 4]
    reach = 1.0 + SOFT
    for y in range(wp.max(int(v - tall * reach), 0), wp.min(int(v + tall * reach) + 2, height)):
        for x in range(wp.max(int(u - wide * reach * 1.3), 0), wp.min(int(u + wide * reach * 1.3) + 2, width)):
            b = (float(y) + 0.5 - v) / tall
            a = (float(x) + 0.5 - u) / (wide * (1.0 + sag * b))
            r2 = a * a + b * b
            if r2 < reach * reach:
                r = wp.sqrt(r2)
                # Of the disc over which the rim is blurred, how much is on the drop.
                share = wp.clamp((reach - r) / (2.0 * SOFT), 0.0, 1.0)
                share = share * share * (3.0 - 2.0 * share)
                # From the drop's middle to its rim all of the view is shown, the more the nearer to the rim.
                bend = WIDE * float(height) * (0.55 + 0.45 * r2) / cell
                inside = wp.min(1.0, 1.0 / wp.max(r, 1.0e-3))
                across = 0.5 * (u / cell + 0.5 * float(columns)) - a * inside * bend
                down = 0.5 * float(rows) - b * inside * bend
                off = BLUR * bend
                seen = blurred_at(cells, columns, rows, pitch, across, down) * 0.3
                seen += blurred_at(cells, columns, rows, pitch, across - off, down - off) * 0.175
                seen += blurred_at(cells, columns, rows, pitch, across + off, down - off) * 0.175
                seen += blurred_at(cells, columns, rows, pitch, across - off, down + off) * 0.175
                seen += blurred_at(cells, columns, rows, pitch, across + off, down + off) * 0.175
                edge = wp.clamp((r - 0.55) * 2.2, 0.0, 1.0)
                seen = seen * (1.0 - (1.0 - RIM) * edge * edge)
                i = y * width + x
                picture[i] = picture[i] * (1.0 - share) + seen * share
