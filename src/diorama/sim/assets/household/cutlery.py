"""Spoons, forks and knives, lying along x, the useful end at +x."""

import math

import numpy as np

from diorama.sim.assets.forms import loft, loft_hulls, rounded_square, sweep
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import BLACK, BRASS, BRIGHT, STEEL, WOODS, Draft, between, paint, pick

_ROUND = rounded_square(0.6, 2)


def _looks(rng: np.random.Generator) -> tuple[Look, Look]:
    """Of the head and of the handle."""
    if rng.random() < 0.2:
        return BRASS, BRASS
    head = STEEL
    handle = head if rng.random() < 0.5 else pick(rng, (paint(BLACK, 0.5), paint(pick(rng, BRIGHT), 0.4), paint(pick(rng, WOODS), 0.6)))
    return head, handle


def _handle(length: float, neck: float) -> Points:
    """Rings from the handle's end at -length to x = 0, where it is `neck` half-wide."""
    stations = [
        (-length, 0.6, 0.0004),
        (-length + 0.004, 0.9, 0.0014),
        (-0.75 * length, 1.0, 0.0018),
        (-0.4 * length, 0.7, 0.0018),
        (-0.12 * length, 0.0, 0.0016),
        (0.0, 0.0, 0.0014),
    ]
    wide = 0.0095
    path = [(x, 0.012 * (x / length) * (x / length)) for x, _, _ in stations]
    return sweep(path, [(max(neck, w * wide), t) for _, w, t in stations], _ROUND)


def spoon(rng: np.random.Generator) -> Draft:
    """A spoon with a hollow bowl."""
    size = between(rng, 0.8, 1.25)
    length, bowl, wide, depth, t = 0.11 * size, 0.055 * size, 0.019 * size, 0.007 * size, 0.0014
    head_look, handle_look = _looks(rng)
    handle = _handle(length, 0.0032)
    # Across the bowl, rings are crescents: a lower line and, `t` above it, an upper one.
    y = np.array([-1.0, -0.75, -0.4, 0.0, 0.4, 0.75, 1.0])
    rings = []
    for k, s in enumerate((0.0, 0.12, 0.28, 0.46, 0.64, 0.79, 0.9, 0.97, 1.0)):
        bulge = 2 * round(s**0.85, 9) - 1
        half = max(0.0032, wide * math.sqrt(max(0.0, 1 - bulge * bulge)))
        sag = depth * 4 * s * (1 - s) * (1 - y * y) if 0 < k < 8 else 0 * y
        x = -0.003 + (bowl + 0.003) * s
        lift = 0.004 * (s - 0.3) * (s - 0.3)
        lower = np.stack([np.full(7, x), y * half, lift - sag - t / 2], axis=1)
        upper = np.stack([np.full(7, x), y * half, lift - sag + t / 2], axis=1)
        rings.append(np.concatenate([lower, upper[::-1]]))
    head = np.stack(rings)
    hulls = loft_hulls(handle, 2)
    for k in range(0, 8, 2):
        for a, b in ((0, 2), (2, 4), (4, 6)):
            across = [*range(a, b + 1), *range(13 - b, 14 - a)]
            hulls.append(head[k : k + 3][:, across].reshape(-1, 3))
    return Draft(surfaces=[loft(handle, handle_look), loft(head, head_look)], hulls=hulls, density_kg_m3=7800.0)


def fork(rng: np.random.Generator) -> Draft:
    """A fork of three or four tines."""
    size = between(rng, 0.85, 1.15)
    tines = pick(rng, (3, 4, 4))
    length, palm, prong, half = 0.115 * size, 0.024 * size, 0.042 * size, 0.0125 * size
    head_look, handle_look = _looks(rng)
    handle = _handle(length, 0.0034)

    def z(x: float) -> float:  # the head dips and rises again
        s = (x + 0.002) / (palm + prong)
        return 0.02 * size * (s * s - 0.8 * s)

    def bent(stations: list[tuple[float, float, float]]) -> Points:
        return sweep([(x, z(x)) for x, _, _ in stations], [(w, t) for _, w, t in stations], _ROUND)

    palm_rings = bent([(-0.002, 0.0034, 0.0012), (0.25 * palm, 0.55 * half, 0.0011), (0.55 * palm, 0.92 * half, 0.0011), (palm, half, 0.001)])
    surfaces = [loft(handle, handle_look), loft(palm_rings, head_look)]
    hulls = loft_hulls(handle, 2) + loft_hulls(palm_rings, 3)
    gap = 2 * half / (tines - 0.35)
    for k in range(tines):
        y = -half + 0.325 * gap + k * gap
        rings = bent(
            [
                (palm - 0.002, 0.32 * gap, 0.0009),
                (palm + 0.35 * prong, 0.3 * gap, 0.0009),
                (palm + 0.75 * prong, 0.26 * gap, 0.0009),
                (palm + prong, 0.1 * gap, 0.0006),
            ]
        )
        rings = rings + (0.0, y, 0.0)
        surfaces.append(loft(rings, head_look))
        hulls += loft_hulls(rings, 3)
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=7800.0)


def knife(rng: np.random.Generator) -> Draft:
    """A table or kitchen knife, the blade upright: its edge at -z."""
    size = between(rng, 0.85, 1.25)
    handle_length, blade, tall = 0.1 * size, between(rng, 0.1, 0.14) * size, between(rng, 0.009, 0.016) * size
    head_look, handle_look = _looks(rng)
    stations = [
        (-handle_length, 0.003, 0.006),
        (-handle_length + 0.004, 0.0058, 0.0095),
        (-0.5 * handle_length, 0.0062, 0.009),
        (-0.004, 0.006, 0.0085),
        (0.0, 0.004, 0.006),
    ]
    handle = sweep([(x, 0.0) for x, _, _ in stations], [(w, t) for _, w, t in stations], rounded_square(0.7, 2))
    # Across, the blade is a wedge: a back 1.6 mm wide, and an edge.
    rings = []
    for x, top, bottom in (
        (-0.004, 0.4, -0.4),
        (0.006, 0.5, -0.9),
        (0.5 * blade, 0.5, -1.0),
        (0.8 * blade, 0.42, -0.85),
        (0.94 * blade, 0.2, -0.5),
        (blade, -0.05, -0.15),
    ):
        up, down = top * tall, bottom * tall
        back, edge = 0.0009, 0.00015
        rings.append([[x, -edge, down], [x, edge, down], [x, back, 0.5 * (up + down)], [x, back, up], [x, -back, up], [x, -back, 0.5 * (up + down)]])
    blade_rings = np.array(rings)
    return Draft(
        surfaces=[loft(handle, handle_look), loft(blade_rings, head_look)],
        hulls=[*loft_hulls(handle, 4), *loft_hulls(blade_rings, 5)],
        density_kg_m3=4000.0,
    )
