"""What stands on shelves: a potted plant, a lamp."""

import math
from dataclasses import replace

import cv2
import numpy as np

from diorama.sim.assets.forms import arc, loft, loft_hulls, sweep, turned, turned_hulls, wall_hulls
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Image, Look
from diorama.sim.assets.recipe import BLACK, BRASS, BRIGHT, DARK_STEEL, GLAZES, WHITE, WOODS, Draft, Ink, between, glowing, paint, pick
from diorama.sim.spec import MaterialSpec

_GREENS: tuple[Ink, ...] = ((58, 112, 44), (84, 140, 52), (36, 84, 48), (110, 150, 70), (70, 104, 66))


def potted_plant(rng: np.random.Generator) -> Draft:
    """Fronds in a pot. Each is a bent strip with the leaflets' picture on both sides; what is between them is cut away."""
    r, h = between(rng, 0.035, 0.05), between(rng, 0.06, 0.085)
    foot, rim = 0.72 * r, 0.012
    pot = [(0.0, 0.0), (foot, 0.0), (0.94 * r, h - rim), (r, h - rim), (r, h), (r - 0.004, h), (r - 0.005, h - 0.006), (0.0, h - 0.006)]
    clay = paint(pick(rng, (*GLAZES, (178, 98, 62), (178, 98, 62))), 0.7)
    soil = [(0.0, h - 0.02), (r - 0.006, h - 0.02), (r - 0.006, h - 0.005), (0.3 * r, h - 0.002), (0.0, h - 0.002)]
    surfaces = [turned(pot, clay, 28), turned(soil, paint((52, 38, 28), 0.95), 20)]
    hulls = turned_hulls([(foot, 0.0), (0.94 * r, h - rim), (r, h - rim), (r, h)], 0.002, 18)
    look = _frond(rng)
    count, start = int(rng.integers(7, 11)), between(rng, 0, 360)
    for k in range(count):
        rings = _bent(between(rng, 0.09, 0.15), between(rng, 0.018, 0.026), between(rng, 62, 84), between(rng, 40, 100))
        turn = math.radians(start + 360 * (k + between(rng, -0.25, 0.25)) / count)
        c, s = round(math.cos(turn), 9), round(math.sin(turn), 9)
        x, y = rings[..., 0] + 0.2 * r, rings[..., 1]
        rings = np.stack([c * x - s * y, s * x + c * y, rings[..., 2] + h - 0.006], axis=-1)
        surfaces.append(loft(rings, look, label=True))
        hulls += loft_hulls(rings, 2)
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=900.0)


def _bent(length: float, half: float, start_deg: float, bend_deg: float) -> Points:
    """Rings of a strip that leaves the origin towards +x at an angle above the level, and bends down."""
    steps, thick = 6, 0.0006
    path = [(0.0, 0.0)]
    for k in range(steps):
        angle = math.radians(start_deg - bend_deg * (k + 0.5) / steps)
        x, z = path[-1]
        path.append((round(x + length / steps * math.cos(angle), 9), round(z + length / steps * math.sin(angle), 9)))
    section = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    return sweep(path, [(half, thick)] * len(path), section)


def _frond(rng: np.random.Generator) -> Look:
    """The picture that goes around a strip: below, edge, above, edge, a quarter each. Edges are cut away."""
    side, high = 64, 192
    ink = pick(rng, _GREENS)
    pale = tuple(min(255, round(1.25 * c)) for c in ink)
    color = np.full((high, side, 3), ink, np.uint8)
    mask = np.zeros((high, side), np.uint8)
    pairs, slim = int(rng.integers(7, 13)), between(rng, 0.3, 0.5)
    for k in range(pairs):
        y = round(high * (0.9 - 0.82 * k / pairs))
        reach = round((side / 2 - 3) * (1 - (k / pairs) ** 2) ** 0.5)
        for mirror in (-1, 1):
            center = (side // 2 + mirror * reach // 2, y - reach // 4)
            axes = (max(reach // 2, 2), max(round(high / pairs * slim), 2))
            cv2.ellipse(mask, center, axes, -26 * mirror, 0, 360, 255, -1, cv2.LINE_AA)
            cv2.line(color, (side // 2, y), (center[0] + mirror * reach // 2, center[1] - reach // 4), pale, 1, cv2.LINE_AA)
    cv2.line(mask, (side // 2, high - 1), (side // 2, 8), 255, 3)
    cv2.line(color, (side // 2, high - 1), (side // 2, 8), pale, 2, cv2.LINE_AA)
    leaf, blank = np.dstack([color, mask]), np.zeros((high, side, 4), np.uint8)
    blank[..., :3] = ink
    picture: Image = np.concatenate([leaf, blank, leaf, blank], axis=1)
    return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.55, alpha="mask"), images={"base_color": picture})


def lamp(rng: np.random.Generator) -> Draft:
    """A small lamp that is on: a base, a stem, and a shade, brightest around the bulb."""
    h, r = between(rng, 0.2, 0.28), between(rng, 0.055, 0.075)
    top, high, t = between(rng, 0.55, 0.9) * r, between(rng, 0.09, 0.12), 0.0015
    low = h - high
    metal = pick(rng, (BRASS, DARK_STEEL, paint(pick(rng, (*BRIGHT, WHITE, BLACK)), 0.4), paint(pick(rng, WOODS), 0.6)))
    foot = between(rng, 0.045, 0.06)
    stem = [(0.0, 0.0), (foot, 0.0), (foot, 0.008), *arc((foot - 0.006, 0.008), 0.006, 0, 90, 3), (0.012, 0.018), (0.005, 0.03), (0.005, h - 0.02)]
    held = [(0.0, h - 0.024), (top - t / 2, h - 0.024), (top - t / 2, h - 0.021), (0.0, h - 0.021)]
    outer, inner = [(r, low), (top, h)], [(r - t, low), (top - t, h)]
    cloth = _shade(rng)
    surfaces = [
        turned([*stem, (0.0, h - 0.02)], metal, 28),
        turned([*outer, *inner[::-1], outer[0]], cloth, 36, label=True),
        turned(held, cloth.plain(), 36),
    ]
    hulls = [*turned_hulls(stem[1:], 0.001, 18), *wall_hulls(outer, inner, (0, 1), sectors=12, segments=36), *turned_hulls(held[1:3], segments=18)]
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=1100.0)


def _shade(rng: np.random.Generator) -> Look:
    """Its picture goes up outside, over the upper edge and down inside."""
    ink = pick(rng, ((255, 226, 176), (255, 236, 206), (255, 200, 150), (246, 240, 226)))
    # Rows from the lower edge to the lower edge again, so that the middle row is the upper edge. Brightest a third up.
    share = 1 - np.abs(1 - 2 * (np.arange(64) + 0.5) / 64)
    strength = 1 - 0.75 * (share - 0.35) ** 2 / 0.65**2
    glow = np.repeat(np.repeat((strength * 255 + 0.5).astype(np.uint8)[:, None, None], 16, axis=1), 3, axis=2)
    shining = glowing(ink, between(rng, 0.8, 2.4)).material
    red, green, blue = (0.5 * c for c in shining.base_color)  # cloth lets through what it does not reflect
    return Look(material=replace(shining, base_color=(red, green, blue)), images={"emissive": glow})
