"""Street lamps. +x is over the road; the landmark ``lamp`` is where the light leaves. Their last part is what shines at night."""

from itertools import pairwise

import numpy as np

from diorama.sim.assets.forms import arc
from diorama.sim.assets.recipe import Draft, Ink, between, paint, pick
from diorama.sim.assets.street.furniture.solids import block, draft, pipe, upright
from diorama.sim.spec import Vec3

_POLES: tuple[Ink, ...] = ((152, 156, 158), (96, 100, 103), (52, 62, 58), (34, 36, 38), (120, 124, 120))
_OPAL = paint((232, 230, 220), 0.4)


def lamp(rng: np.random.Generator) -> Draft:
    """On an arm over the road, on top of a post, or a lantern as of old."""
    make = pick(rng, (_arm, _arm, _arm, _bow, _top, _globe, _lantern))
    return make(rng)


def _pole(high: float, radius: float, ink: Ink) -> list:
    steel = paint(ink, 0.5, 0.3)
    foot = 0.9 if high > 5 else 0.6
    return [pipe((0.0, 0.0, 0.0), (0.0, 0.0, foot), 1.45 * radius, steel), pipe((0.0, 0.0, foot), (0.0, 0.0, high), (radius, 0.6 * radius), steel)]


def _arm(rng: np.random.Generator) -> Draft:
    high, reach, ink = between(rng, 6.5, 9.5), between(rng, 0.8, 2.2), pick(rng, _POLES)
    steel = paint(ink, 0.5, 0.3)
    tip: Vec3 = (reach, 0.0, high + 0.12 * reach)
    flat = rng.random() < 0.5
    long, wide, thick = (0.62, 0.3, 0.09) if flat else (0.75, 0.34, 0.2)
    x, z = tip[0], tip[2]
    head = block((x - 0.05, -wide / 2, z - thick / 2), (x + long, wide / 2, z + thick / 2), paint((170, 172, 172) if flat else ink, 0.5))
    glass = block((x + 0.08, -0.4 * wide, z - thick / 2 - 0.03), (x + long - 0.06, 0.4 * wide, z - thick / 2 + 0.01), _OPAL)
    surfaces = [*_pole(high, 0.075, ink), pipe((0.0, 0.0, high - 0.05), tip, (0.042, 0.034), steel, 6), head, glass]
    return _draft(surfaces, (x + long / 2, 0.0, z - thick / 2 - 0.04))


def _bow(rng: np.random.Generator) -> Draft:
    """A pole that bends over into its arm."""
    high, reach, ink = between(rng, 6.0, 8.5), between(rng, 1.2, 2.0), pick(rng, _POLES)
    steel = paint(ink, 0.5, 0.3)
    way = [(reach * (1 - c), s) for c, s in arc((0.0, 0.0), 1.0, 0.0, 90.0, 4)]
    points: list[Vec3] = [(x, 0.0, high - 1.2 + 1.2 * s) for x, s in way]
    bend = [pipe(a, b, 0.045, steel, 6) for a, b in pairwise(points)]
    x, z = points[-1][0], points[-1][2]
    head = block((x - 0.1, -0.14, z - 0.07), (x + 0.55, 0.14, z + 0.08), paint((182, 184, 182), 0.5))
    glass = block((x + 0.05, -0.11, z - 0.12), (x + 0.5, 0.11, z - 0.06), _OPAL)
    return _draft([*_pole(high - 1.2, 0.07, ink), *bend, head, glass], (x + 0.28, 0.0, z - 0.13))


def _top(rng: np.random.Generator) -> Draft:
    """A post with a lantern on top, wider above."""
    high, ink = between(rng, 3.6, 5.0), pick(rng, _POLES)
    hat = upright([(0.0, high + 0.5), (0.36, high + 0.5), (0.1, high + 0.62), (0.0, high + 0.62)], paint(ink, 0.5), segments=10)
    glass = upright([(0.0, high), (0.13, high), (0.24, high + 0.5), (0.0, high + 0.5)], _OPAL, segments=10)
    return _draft([*_pole(high, 0.055, ink), hat, glass], (0.0, 0.0, high + 0.25))


def _globe(rng: np.random.Generator) -> Draft:
    high, ink, r = between(rng, 3.4, 4.2), pick(rng, _POLES), between(rng, 0.19, 0.25)
    ball = upright([(0.0, high), *arc((0.0, high + r), r, -65.0, 65.0, 5), (0.0, high + 2 * r)], _OPAL, segments=10)
    return _draft([*_pole(high, 0.05, ink), ball], (0.0, 0.0, high + r))


def _lantern(rng: np.random.Generator) -> Draft:
    """Cast iron, with a glass of four sides."""
    high, ink = between(rng, 3.2, 4.4), pick(rng, ((26, 34, 30), (28, 30, 32), (38, 52, 44)))
    iron = paint(ink, 0.5, 0.2)
    shaft = [(0.0, 0.0), (0.16, 0.0), (0.16, 0.25), (0.1, 0.32), (0.09, 0.9), (0.055, 1.0), (0.05, high), (0.0, high)]
    glass = upright([(0.0, high), (0.11, high), (0.22, high + 0.45), (0.0, high + 0.45)], _OPAL, segments=4)
    roof = upright([(0.0, high + 0.45), (0.27, high + 0.45), (0.08, high + 0.62), (0.03, high + 0.74), (0.0, high + 0.74)], iron, segments=4)
    return _draft([upright(shaft, iron), roof, glass], (0.0, 0.0, high + 0.22))


def _draft(surfaces: list, lamp_m: Vec3) -> Draft:
    """The pole and what it holds up are touched apart, so that there is room under an arm."""
    low = [s.positions for s in surfaces if s.positions[:, 2].min() < 1.0]
    high = [s.positions for s in surfaces if s.positions[:, 2].min() >= 1.0]
    hulls = [np.concatenate(low), np.concatenate(high)]
    return draft(surfaces, hulls=hulls, density_kg_m3=80.0, landmarks={"base": (0.0, 0.0, 0.0), "lamp": lamp_m})
