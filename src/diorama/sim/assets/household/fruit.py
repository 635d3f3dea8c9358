"""Fruit, painted."""

import math

import cv2
import numpy as np

from diorama.sim.assets.forms import arc, loft, loft_hulls, sweep, turned, turned_hulls
from diorama.sim.assets.household import print as press
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import Draft, Ink, between, paint, pick, printed

_STEM = (92, 66, 38)


def _skin(rng: np.random.Generator, top: Ink, bottom: Ink, fleck: Ink, flecks: int, *, streaks: bool = False) -> press.Picture:
    """A picture that fades from `top` to `bottom`, with flecks, or streaks along the fruit."""
    h, w = 128, 192
    t = np.linspace(0.0, 1.0, h)[:, None, None]
    fade = np.array(top) * (1 - t) + np.array(bottom) * t
    picture = np.ascontiguousarray(np.broadcast_to(fade, (h, w, 3)).astype(np.uint8))
    shortest, longest = (8, 39) if streaks else (0, 1)
    places = rng.integers((0, 0, shortest), (w, h, longest + 1), (flecks, 3))
    if streaks:
        for x, y, length in places.tolist():
            cv2.line(picture, (x, y), (x, y + length), fleck, 1, cv2.LINE_AA)
    else:
        x, y, length = places.T
        picture[y, x] = picture[y, np.minimum(x + length, w - 1)] = fleck
    return picture


def banana(rng: np.random.Generator) -> Draft:
    """A banana, lying on its side along x, bent in the xy-plane."""
    length, r = between(rng, 0.15, 0.2), between(rng, 0.015, 0.019)
    bend = math.radians(between(rng, 55, 85))
    radius = length / bend
    steps = 14
    thick = [0.32, 0.34, 0.42, 0.72, 0.92, 1.0, 1.03, 1.04, 1.03, 1.0, 0.94, 0.82, 0.6, 0.34, 0.2]
    path = [(radius * math.sin(bend * (k / steps - 0.5)), radius * (math.cos(bend * (k / steps - 0.5)) - 1)) for k in range(steps + 1)]
    path = [(round(x, 9), round(z, 9)) for x, z in path]
    section = circle(10) * np.array([[1.0 if k % 2 == 0 else 0.93] for k in range(10)])  # five soft ridges
    rings = sweep(path, [(r * t, r * t) for t in thick], section)
    rings = np.stack([rings[..., 0], -rings[..., 2], rings[..., 1]], axis=-1)
    ripe = pick(rng, ((240, 206, 60), (246, 216, 80), (214, 206, 70), (236, 196, 56)))
    picture = _skin(rng, ripe, ripe, (120, 82, 30), int(rng.integers(0, 40)))
    h = picture.shape[0]
    picture[-round(0.12 * h) :] = (150, 150, 60)  # the stem is where the texture starts
    picture[: round(0.05 * h)] = (70, 52, 30)
    return Draft(surfaces=[loft(rings, printed(picture, 0.5), label=True)], hulls=loft_hulls(rings, 2), density_kg_m3=950.0)


def _stalk(base: float, height: float, r: float, lean: float) -> np.ndarray:
    path = [(0.0, base), (0.15 * lean, base + 0.5 * height), (lean, base + height)]
    return sweep(path, [(r, r), (0.8 * r, 0.8 * r), (1.2 * r, 1.2 * r)], circle(8))


def apple(rng: np.random.Generator) -> Draft:
    """An apple with a dimple and a stalk."""
    r = between(rng, 0.033, 0.042)
    tall = between(rng, 0.86, 0.98)
    # A sphere whose poles sink in.
    profile = [(0.0, -0.72 * r * tall)]
    for x, z in arc((0.0, 0.0), 1.0, -78, 74, 14):
        shoulder = 1 + 0.06 * z
        profile.append((r * (0.28 + 0.72 * x) * shoulder, r * tall * (z * 0.93 - 0.05 * (1 - x))))
    profile += [(0.12 * r, 0.72 * r * tall), (0.0, 0.6 * r * tall)]
    top, bottom, streak = pick(
        rng,
        (
            ((176, 26, 34), (206, 60, 40), (226, 150, 70)),
            ((140, 180, 60), (170, 200, 80), (196, 214, 120)),
            ((200, 60, 40), (226, 190, 80), (180, 30, 34)),
        ),
    )
    stalk = _stalk(0.58 * r * tall, 0.42 * r, 0.0013, 0.004)
    surfaces = [turned(profile, printed(_skin(rng, top, bottom, streak, 90, streaks=True), 0.3), 28, label=True), loft(stalk, paint(_STEM, 0.8))]
    outer = profile[1:-2]
    return Draft(surfaces=surfaces, hulls=[*turned_hulls(outer, 0.004, 18), stalk.reshape(-1, 3)], density_kg_m3=850.0)


def pear(rng: np.random.Generator) -> Draft:
    """A pear with its stalk."""
    r = between(rng, 0.03, 0.037)
    h = between(rng, 2.4, 2.8) * r
    shape = [
        (0.0, 0.03),
        (0.25, 0.0),
        (0.55, 0.03),
        (0.82, 0.12),
        (0.96, 0.24),
        (1.0, 0.34),
        (0.95, 0.46),
        (0.82, 0.57),
        (0.66, 0.67),
        (0.54, 0.77),
        (0.47, 0.86),
        (0.38, 0.94),
        (0.22, 0.99),
        (0.0, 1.0),
    ]
    profile = [(a * r, z * h) for a, z in shape]
    top, bottom, fleck = pick(
        rng,
        (
            ((186, 190, 70), (160, 176, 60), (120, 110, 50)),
            ((206, 176, 70), (196, 150, 60), (130, 96, 50)),
            ((190, 90, 50), (200, 180, 80), (140, 60, 40)),
        ),
    )
    stalk = _stalk(h - 0.002, 0.4 * r, 0.0015, 0.005)
    surfaces = [turned(profile, printed(_skin(rng, top, bottom, fleck, 120), 0.45), 28, label=True), loft(stalk, paint(_STEM, 0.8))]
    return Draft(surfaces=surfaces, hulls=[*turned_hulls(profile, 0.0015, 18), stalk.reshape(-1, 3)], density_kg_m3=950.0)


def citrus(rng: np.random.Generator) -> Draft:
    """An orange, a lemon or a lime."""
    kind = int(rng.integers(3))
    r = (between(rng, 0.034, 0.042), between(rng, 0.026, 0.031), between(rng, 0.022, 0.027))[kind]
    ink, pit = (((240, 140, 30), (216, 116, 20)), ((246, 220, 70), (226, 196, 50)), ((120, 170, 50), (96, 146, 40)))[kind]
    stretch, nipple = ((0.96, 0.0), (1.2, 0.18), (1.12, 0.1))[kind]
    profile = [(0.0, -r * (stretch + nipple))]
    for x, z in arc((0.0, 0.0), 1.0, -84, 84, 14):
        tip = nipple * round(z**6, 9)
        profile.append((r * x, r * (z * stretch + (tip if z > 0 else -tip))))
    profile.append((0.0, r * (stretch + nipple)))
    picture = _skin(rng, ink, ink, pit, 500)
    cv2.rectangle(picture, (0, 0), (picture.shape[1], 3), (96, 110, 50), -1)
    surfaces = [turned(profile, printed(picture, 0.45), 28, label=True)]
    return Draft(surfaces=surfaces, hulls=turned_hulls(profile, 0.0015, 18), density_kg_m3=900.0)
