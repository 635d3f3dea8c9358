"""Open vessels: their insides are hollow to the touch as well."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from diorama.sim.assets.forms import Profile, arc, ease, loft, loft_hulls, sweep, turned, turned_hulls, wall_hulls
from diorama.sim.assets.household.weave import woven
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import BRIGHT, GLAZES, WHITE, Draft, Ink, between, glass, paint, pick
from diorama.sim.assets.surface import Surface

_SEGMENTS, _SECTORS = 36, 12


def _vessel(
    outer: Profile, inner: Profile, outside: Look, inside: Look, *, cuts: Sequence[int], rim: float = 0.5, label: bool = False
) -> tuple[list[Surface], list[np.ndarray]]:
    """A turned vessel and its pieces. Both profiles run upwards with as many points, starting at the edge of the floor; the rim is round.

    The floor is flat, from `outer[0]` below to `inner[0]` above. `cuts` are the numbers of the points where the wall's pieces meet.
    With `label`, textures go once around, and their height from the middle of the floor to the rim.
    """
    thickness = outer[-1][0] - inner[-1][0]
    middle = ((outer[-1][0] + inner[-1][0]) / 2, (outer[-1][1] + inner[-1][1]) / 2)
    lip = arc(middle, (thickness / 2, thickness * rim), 30, 150, 3)
    surfaces = [
        turned([(0.0, outer[0][1]), *outer, *lip[:2]], outside, _SEGMENTS, label=label),
        turned([*lip[1:], *inner[::-1], (0.0, inner[0][1])], inside, _SEGMENTS, label=label),
    ]
    floor = turned_hulls([outer[0], inner[0]], segments=_SEGMENTS)
    return surfaces, floor + wall_hulls(outer, inner, cuts, sectors=_SECTORS, segments=_SEGMENTS, lip=lip)


def _glazes(rng: np.random.Generator) -> tuple[Look, Look]:
    """Outside and inside of a piece of pottery: alike, or a coloured outside with a light inside."""
    ink: Ink = pick(rng, GLAZES)
    roughness = between(rng, 0.12, 0.4)
    return paint(ink, roughness), paint(ink if rng.random() < 0.5 else WHITE, roughness)


def bowl(rng: np.random.Generator) -> Draft:
    """A bowl on a foot: deep, flat or flared."""
    r, depth = between(rng, 0.055, 0.085), between(rng, 0.7, 1.0)
    t = between(rng, 0.003, 0.0045)
    h = depth * between(rng, 0.75, 0.9) * r
    foot = 0.42 * r
    start = -90 + math.degrees(math.acos(math.sqrt(1 - (foot / r) ** 2)))
    outer = [(x, z) for x, z in arc((0.0, h), (r, h), start, 0, 6)]
    lift = 0.004
    outer = [(x, z - outer[0][1] + lift) for x, z in outer]
    inner = [(x - t * (0.4 + 0.6 * x / r), z + t * (1 - 0.85 * z / outer[-1][1])) for x, z in outer]
    outside, inside = _glazes(rng)
    surfaces, hulls = _vessel(outer, inner, outside, inside, cuts=(0, 2, 4, 6))
    ring = turned(
        [
            (0.0, lift + 0.0005),
            (foot - 0.006, lift + 0.0005),
            (foot - 0.005, 0.0),
            (foot - 0.002, 0.0),
            (foot, lift + 0.0005),
            (foot - 0.004, lift + 0.001),
            (0.0, lift + 0.001),
        ],
        outside,
        _SEGMENTS,
    )
    hulls += turned_hulls([(foot - 0.002, 0.0), (foot, lift)], segments=18)
    return Draft(surfaces=[*surfaces, ring], hulls=hulls, density_kg_m3=2300.0)


def plate(rng: np.random.Generator) -> Draft:
    """A plate with a rim."""
    r = between(rng, 0.08, 0.125)
    t, h = 0.0045, between(rng, 0.016, 0.024)
    well = between(rng, 0.62, 0.72) * r
    outer = [*ease((well, 0.0), (well + 0.014, 0.6 * h), 3), (0.5 * (well + 0.014 + r), 0.8 * h), (r, h)]
    inner = [(x - 0.4 * t, z + t * (1.0 - 0.35 * k / (len(outer) - 1))) for k, (x, z) in enumerate(outer)]
    inner[-1] = (r - 0.0028, h + 0.0005)
    outside, inside = _glazes(rng)
    surfaces, hulls = _vessel(outer, inner, outside, inside, cuts=(0, 3, 5), rim=0.4)
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=2300.0)


def cup(rng: np.random.Generator) -> Draft:
    """A tumbler: paper, plastic or pottery, without a handle."""
    r, h = between(rng, 0.034, 0.043), between(rng, 0.085, 0.13)
    foot = between(rng, 0.66, 0.95) * r
    t = between(rng, 0.002, 0.003)
    base = 0.004
    outer = [(foot - 0.002, 0.0), (foot, 0.002), *[(foot + (r - foot) * k / 4, 0.002 + (h - 0.002) * k / 4) for k in (1, 2, 3, 4)]]
    inner = [(x - t, base + (z - 0.0) * (h - base) / h) for x, z in outer]
    ink = pick(rng, (*GLAZES, *BRIGHT))
    roughness = between(rng, 0.2, 0.6)
    surfaces, hulls = _vessel(outer, inner, paint(ink, roughness), paint(pick(rng, (ink, WHITE)), roughness), cuts=(0, 5))
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=1200.0)


def drinking_glass(rng: np.random.Generator) -> Draft:
    """A tumbler of glass on a heavy bottom: straight, tapered or with a belly."""
    r, h = between(rng, 0.03, 0.041), between(rng, 0.08, 0.14)
    t, base = between(rng, 0.0016, 0.0026), between(rng, 0.006, 0.012)
    foot, belly = r * between(rng, 0.7, 1.0), between(rng, 0.0, 0.12) * r
    side = [k / 6 for k in range(1, 7)]
    outer = [(foot - 0.002, 0.0), (foot, 0.002), *((foot + (r - foot) * s + 4 * belly * s * (1 - s), 0.002 + (h - 0.002) * s) for s in side)]
    inner = [(x - t - 0.002 * (1 - z / h), base + z * (h - base) / h) for x, z in outer]
    look = glass(pick(rng, (*(((250, 252, 252),) * 3), (228, 244, 238), (226, 238, 250), (250, 236, 214))))
    surfaces, hulls = _vessel(outer, inner, look, look, cuts=(0, 3, 5, 7))
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=2500.0)


def basket(rng: np.random.Generator) -> Draft:
    """A small basket, woven of strands that pass over and under each other."""
    r, h, t = between(rng, 0.06, 0.085), between(rng, 0.06, 0.09), 0.004
    foot = between(rng, 0.75, 0.95) * r
    outer = [(foot - 0.004, 0.0), (foot, 0.003), *((foot + (r - foot) * k / 3, 0.003 + (h - 0.003) * k / 3) for k in (1, 2, 3))]
    inner = [(x - t, 0.005 + z * (h - 0.005) / h) for x, z in outer]
    tones = pick(rng, (((198, 164, 112), (168, 126, 76)), ((152, 110, 70), (112, 76, 46)), ((206, 186, 150), (120, 84, 58))))
    look = woven(tones, around=2 * int(rng.integers(12, 19)), high=2 * int(rng.integers(5, 8)))
    surfaces, hulls = _vessel(outer, inner, look, look, cuts=(0, 2, 4), label=True)
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=450.0)


def mug(rng: np.random.Generator) -> Draft:
    """A mug with a handle that things can hang on."""
    r, h = between(rng, 0.037, 0.045), between(rng, 0.08, 0.105)
    t = between(rng, 0.003, 0.004)
    form = int(rng.integers(3))
    if form == 0:  # straight
        side = [(r, z) for z in (0.005, 0.35 * h, 0.7 * h, h)]
    elif form == 1:  # a belly
        side = [(r * (0.9 + 0.14 * round(math.sin(math.pi * k / 4), 9)), max(0.005, h * k / 4)) for k in range(5)]
    else:  # wider at the top
        side = [(r * (0.8 + 0.22 * k / 4), max(0.005, h * k / 4)) for k in range(5)]
    foot = side[0][0]
    outer = [(foot - 0.005, 0.0), (foot - 0.0015, 0.0015), *side]
    floor = 0.006
    inner = [(x - t, floor + z * (h - floor) / h) for x, z in outer]
    outside, inside = _glazes(rng)
    surfaces, hulls = _vessel(outer, inner, outside, inside, cuts=(0, 4, 6) if form == 1 else (0, len(outer) - 1))

    def radius_at(z: float) -> float:
        for (r0, z0), (r1, z1) in pairwise(side):
            if z0 <= z <= z1:
                return r0 + (r1 - r0) * (z - z0) / (z1 - z0)
        return side[-1][0]

    low, high = between(rng, 0.16, 0.24) * h, between(rng, 0.8, 0.88) * h
    reach = between(rng, 0.024, 0.032)
    sink = 0.55 * t  # the handle's ends are inside the wall
    bend = between(rng, 0.35, 0.6)  # of its way, how much the handle runs straight down
    path = [(radius_at(low) - sink, low)]
    for k in range(11):
        angle = -90 + 180 * k / 10
        x, z = arc((0.0, 0.0), 1.0, angle, angle, 1)[0]
        squareness = 1 + bend * (0.19 * (1 - abs(abs(angle) / 45 - 1)))
        path.append(
            (
                min(radius_at(low), radius_at(high)) + 0.006 + (reach - 0.006) * x * squareness,
                (low + high) / 2 + (high - low) / 2 * z * min(1.0, squareness),
            )
        )
    path.append((radius_at(high) - sink, high))
    width, thick = between(rng, 0.005, 0.008), between(rng, 0.0035, 0.0045)
    rings = sweep(path, [(width, thick)] * len(path), circle(12))
    handle = loft(rings, outside)
    return Draft(surfaces=[*surfaces, handle], hulls=[*hulls, *loft_hulls(rings, 2)], density_kg_m3=2300.0)


def pan(rng: np.random.Generator) -> Draft:
    """A small frying pan."""
    r, h, t = between(rng, 0.075, 0.1), between(rng, 0.03, 0.04), 0.003
    outer = [(0.8 * r, 0.0), (0.86 * r, 0.003), (0.95 * r, 0.5 * h), (r, h)]
    inner = [(0.8 * r - 0.5 * t, t), (0.86 * r - t, 0.003 + t), (0.95 * r - t, 0.5 * h + 0.4 * t), (r - t, h)]
    metal = paint(pick(rng, ((52, 52, 56), (96, 98, 102), (30, 30, 32))), 0.4, between(rng, 0.0, 0.8))
    surfaces, hulls = _vessel(outer, inner, metal, paint((40, 40, 42), 0.5), cuts=(0, 3), rim=0.3)
    length = between(rng, 0.12, 0.16)
    path = [(r - 0.6 * t, 0.85 * h), (r + 0.02, 0.95 * h), (r + 0.3 * length, 1.2 * h), (r + 0.7 * length, 1.35 * h), (r + length, 1.3 * h)]
    sizes = [(0.009, 0.003), (0.009, 0.0035), (0.011, 0.006), (0.012, 0.007), (0.009, 0.005)]
    rings = sweep(path, sizes, circle(12))
    return Draft(
        surfaces=[*surfaces, loft(rings, paint(pick(rng, ((30, 30, 32), (120, 30, 30), (80, 54, 36))), 0.6))],
        hulls=[*hulls, *loft_hulls(rings)],
        density_kg_m3=2700.0,
    )
