"""Fences and railings, by the piece: one is as long as its kind says, along y, and the next goes on where it ends. Fronts are +x."""

import numpy as np

from diorama.sim.assets.forms import loft
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import WHITE, WOODS, Draft, Ink, between, paint, pick
from diorama.sim.assets.street.furniture.prints import bars, cut, mesh, pickets
from diorama.sim.assets.street.furniture.solids import WHOLE, block, draft, pipe, rectangle
from diorama.sim.assets.surface import Surface

#: How long a piece is.
FENCE_M, RAILING_M, GUARD_RAIL_M = 2.5, 2.0, 4.0
_METALS: tuple[Ink, ...] = ((40, 66, 50), (34, 36, 38), (120, 124, 126), (70, 78, 74), (150, 153, 155))


def _sheet(wide: float, low: float, high: float, look: Look) -> Surface:
    """An upright sheet without thickness, seen from both sides."""
    return Surface(positions=np.column_stack([np.zeros(4), rectangle(wide, low, high)]), faces=np.array([[0, 1, 2], [0, 2, 3]]), uv=WHOLE, look=look)


def _piece(surfaces: list[Surface], long: float, high: float, sheets: list[Surface]) -> Draft:
    """Touched as one board; what is seen through is no closed surface."""
    hull = block((-0.03, -long / 2, 0.0), (0.03, long / 2, high), Look()).positions
    return draft([*surfaces, *sheets], hulls=[hull], density_kg_m3=100.0, closed=not sheets)


def fence(rng: np.random.Generator) -> Draft:
    """A piece of a fence around a plot: pickets, planks, bars, chain link, or mats of welded wire. `FENCE_M` long."""
    return pick(rng, (_pickets, _planks, _bars, _chain, _mats))(rng)


def _pickets(rng: np.random.Generator) -> Draft:
    high, ink = between(rng, 0.8, 1.1), pick(rng, (WHITE, *WOODS, (120, 126, 118)))
    wood = paint(ink, 0.8)
    w = FENCE_M / 2
    rails = [block((-0.045, -w, z), (-0.008, w, z + 0.07), wood) for z in (0.25 * high, 0.72 * high)]
    post = block((-0.09, -w, 0.0), (-0.01, -w + 0.08, high - 0.05), wood)
    return _piece([*rails, post], FENCE_M, high, [_sheet(FENCE_M, 0.06, high, cut(pickets(18, 0.35), ink, 0.8))])


def _planks(rng: np.random.Generator) -> Draft:
    """As good as a wall."""
    high, ink = between(rng, 1.5, 1.9), pick(rng, (*WOODS, (104, 96, 84)))
    w = FENCE_M / 2
    wood, dark = paint(ink, 0.85), paint((int(ink[0] * 0.8), int(ink[1] * 0.8), int(ink[2] * 0.8)), 0.85)
    count = 9
    each = FENCE_M / count
    boards = [block((-0.012, -w + k * each, 0.04), (0.012, -w + (k + 1) * each, high), dark if k % 2 else wood) for k in range(count)]
    return _piece([*boards, block((-0.06, -w, 0.0), (0.06, -w + 0.1, high + 0.04), dark)], FENCE_M, high, [])


def _bars(rng: np.random.Generator) -> Draft:
    """Upright iron bars between two rails."""
    high, ink = between(rng, 1.0, 1.7), pick(rng, _METALS)
    steel, w = paint(ink, 0.5, 0.2), FENCE_M / 2
    rails = [block((-0.02, -w, z), (0.02, w, z + 0.04), steel) for z in (0.12, high - 0.16)]
    post = block((-0.035, -w, 0.0), (0.035, -w + 0.07, high + 0.02), steel)
    return _piece([*rails, post], FENCE_M, high, [_sheet(FENCE_M, 0.08, high, cut(bars(18, 0.3, height_px=8), ink, 0.5))])


def _chain(rng: np.random.Generator) -> Draft:
    high, ink = between(rng, 1.2, 2.0), pick(rng, ((120, 124, 126), (56, 84, 62)))
    steel, w = paint(ink, 0.5, 0.3), FENCE_M / 2
    post = pipe((0.0, 0.028 - w, 0.0), (0.0, 0.028 - w, high + 0.03), 0.028, steel, 6)
    wire = block((-0.006, -w, high - 0.02), (0.006, w, high), steel)
    across = 24
    return _piece([post, wire], FENCE_M, high, [_sheet(FENCE_M, 0.03, high, cut(mesh(across, across, 0.2, diagonal=True), ink, 0.5))])


def _mats(rng: np.random.Generator) -> Draft:
    """Mats of welded wire, as around schools and depots."""
    high, ink = between(rng, 1.2, 2.0), pick(rng, _METALS)
    steel, w = paint(ink, 0.5, 0.2), FENCE_M / 2
    post = block((-0.035, -w, 0.0), (0.035, -w + 0.06, high + 0.03), steel)
    return _piece([post], FENCE_M, high, [_sheet(FENCE_M, 0.04, high, cut(mesh(30, round(high / 0.2), 0.2, diagonal=False), ink, 0.5))])


def railing(rng: np.random.Generator) -> Draft:
    """A piece of a railing between pavement and road. `RAILING_M` long."""
    high, ink = between(rng, 0.95, 1.1), pick(rng, (*_METALS, (150, 30, 32), WHITE))
    steel, w, r = paint(ink, 0.5, 0.2), RAILING_M / 2, 0.024
    top = pipe((0.0, -w, high - r), (0.0, w, high - r), r, steel, 6)
    posts = [pipe((0.0, y, 0.0), (0.0, y, high - r), r, steel, 6) for y in (-0.8 * w, 0.8 * w)]
    if rng.random() < 0.5:
        low = pipe((0.0, -w, 0.15), (0.0, w, 0.15), 0.018, steel, 6)
        return _piece([top, *posts, low], RAILING_M, high, [_sheet(1.6 * w, 0.15, high - r, cut(bars(12, 0.26, height_px=8), ink, 0.5))])
    middle = pipe((0.0, -w, 0.5 * high), (0.0, w, 0.5 * high), 0.018, steel, 6)
    return _piece([top, *posts, middle], RAILING_M, high, [])


def guard_rail(rng: np.random.Generator) -> Draft:
    """A piece of a crash barrier of folded steel, its fold to +x. `GUARD_RAIL_M` long."""
    steel, w = paint(pick(rng, ((164, 167, 169), (146, 148, 148), (132, 122, 112))), 0.5, 0.4), GUARD_RAIL_M / 2
    fold = [(0.02, 0.44), (0.08, 0.5), (0.08, 0.54), (0.03, 0.59), (0.03, 0.61), (0.08, 0.66), (0.08, 0.7), (0.02, 0.76), (0.01, 0.76), (0.01, 0.44)]
    beam = loft(np.array([[[x, y, z] for x, z in fold] for y in (w, -w)]), steel)
    posts = [block((-0.05, y - 0.05, 0.0), (0.01, y + 0.05, 0.74), steel) for y in (-0.5 * w, 0.5 * w)]
    hull = np.concatenate([beam.positions, *(p.positions for p in posts)])
    return draft([beam, *posts], hulls=[hull], density_kg_m3=400.0)
