"""What is far away: rows of trees and of houses."""

from functools import cache

import numpy as np

from diorama.sim.assets.household.print import bar, sheet
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.recipe import Ink, between, pick, printed
from diorama.sim.assets.street.buildings.walls import BRICKS, PLASTERS
from diorama.sim.assets.street.paints import painted
from diorama.sim.assets.street.patches import Face, Patches
from diorama.sim.assets.street.plants.leaves import dense, inks, spray
from diorama.sim.assets.street.plants.tree import bare, bunch, lump
from diorama.sim.seeds import Seed
from diorama.sim.spec.plants import Species
from diorama.sim.spec.scenery import BeltShape
from diorama.sim.transforms import normalize

_BELOW_M = 4.0
#: A piece of a far wall's picture is so wide and so high: two bays of two floors.
_BAYS_M, _FLOORS_M = 6.0, 6.0
_ROOFS = ("clay", "rust", "blue-slate", "dark-slate")


def belt_asset(shape: BeltShape) -> Asset:
    """The belt of a shape."""
    patches = Patches()
    rng = Seed(0).child("belt", shape.of, shape.variant).rng()
    (_trees if shape.of == "trees" else _houses)(patches, shape, rng)
    half = shape.length_m / 2
    hull = np.array([(x, y, z) for x in (-4.0, 4.0) for y in (-half, half) for z in (-_BELOW_M, shape.height_m)])
    return patches.asset(
        f"belt:{shape!r}",
        shape.of,
        "scenery",
        [hull],
        (0.0, 0.0, shape.origin_m),
        volume_m3=8.0 * shape.length_m * (shape.height_m + _BELOW_M),
        density_kg_m3=100.0,
        landmarks={"base": (0.0, 0.0, 0.0)},
    )


def _trees(patches: Patches, shape: BeltShape, rng: np.random.Generator) -> None:
    """Crowns, one before the other, and undergrowth."""
    h, y = shape.height_m, -shape.length_m / 2
    _undergrowth(patches, shape, rng)
    while y < shape.length_m / 2:
        radius = h * between(rng, 0.24, 0.33)
        middle = (between(rng, -3.0, 3.0), y, h * between(rng, 0.78, 1.0) - radius)
        center = (middle[0], y, 0.7 * middle[2])
        species: Species = pick(rng, ("oak", "oak", "birch", "pine"))
        if inks(species, shape.season):
            lump(patches, dense(species, shape.season, 0.8), middle, 0.8 * radius, center, rng)
            bunch(patches, spray(species, shape.season), middle, radius, center, 6, rng)
        else:
            low = (middle[0], y, 0.85 * middle[2])
            bare(patches, spray(species, shape.season), low, 1.2 * radius, (middle[0], y, -h), center, rng)
        y += radius * between(rng, 0.7, 1.6)


def _undergrowth(patches: Patches, shape: BeltShape, rng: np.random.Generator) -> None:
    """A bank of leaves with a ragged upper edge, before the trees and behind them."""
    look, half, count = dense("spruce", shape.season, 0.8), shape.length_m / 2, round(shape.length_m / 2.5)
    for x, turn in ((3.0, 1), (-3.0, -1)):
        tops = [shape.height_m * between(rng, 0.3, 0.42) for _ in range(count + 1)]
        for k in range(count):
            (y0, z0), (y1, z1) = ((-half + 2 * half * i / count, tops[i]) for i in (k, k + 1))
            quad = [(x, y0, -_BELOW_M), (x, y1, -_BELOW_M), (0.6 * x, y1, z1), (0.6 * x, y0, z0)]
            uv = [(y0, -_BELOW_M), (y1, -_BELOW_M), (y1, z1), (y0, z0)]
            normals = [normalize((x, 0.0, 0.2)), normalize((x, 0.0, 0.2)), normalize((x, 0.0, 4.0)), normalize((x, 0.0, 4.0))]
            patches.add(look, quad[::turn], [(u / 2, v / 2) for u, v in uv][::turn], normals[::turn])


def _houses(patches: Patches, shape: BeltShape, rng: np.random.Generator) -> None:
    """Plain houses with pictures of windows, side by side."""
    half, y = shape.length_m / 2, -shape.length_m / 2
    while y < half - 5.0:
        wide, deep, x = between(rng, 7.0, 14.0), between(rng, 7.0, 10.0), between(rng, -3.0, 3.0)
        wide = min(wide, half - y)
        roof = between(rng, 2.0, 3.2)
        high = max(shape.height_m * between(rng, 0.55, 1.0) - roof, 2.6)
        wall, tiles = _wall(int(rng.integers(8))), painted(pick(rng, _ROOFS))
        sides = (
            ((deep / 2, 0.0), (0, 1), wide),
            ((deep / 2, wide), (-1, 0), deep),
            ((-deep / 2, wide), (0, -1), wide),
            ((-deep / 2, 0.0), (1, 0), deep),
        )
        for k, ((dx, dy), along, length) in enumerate(sides):
            face = Face(patches, (x + dx, y + dy, -_BELOW_M), along)
            bays, top = max(1, round(length / _BAYS_M)), high + _BELOW_M
            face.picture(wall, (0.0, 0.0, length, top), (0.0, -_BELOW_M / _FLOORS_M, bays, high / _FLOORS_M))
            if k % 2:
                patches.add(wall, [face.at(0, top), face.at(length, top), face.at(length / 2, top + roof)], [(0.0, 0.05)] * 3)
        low, ridge = deep / 2 + 0.4, high + roof
        for s in (1, -1):
            a, b = (y - 0.2, y + wide + 0.2)[::s], x + s * low
            corners = ((b, a[0], high - 0.2), (b, a[1], high - 0.2), (x, a[1], ridge), (x, a[0], ridge))
            patches.cover(tiles, corners)
        y += wide + pick(rng, (0.0, 0.0, 3.0, 6.0))


@cache
def _wall(number: int) -> Look:
    """Two bays of two floors, as little as is seen of them from far away."""
    inks: tuple[Ink, ...] = (*PLASTERS[:4], *(BRICKS[color][0] for color in ("red", "buff", "brown", "gault")))
    picture = sheet(64, 64, inks[number])
    for y in (10, 42):
        for x in (8, 40):
            bar(picture, (222, 220, 214), x - 1, y - 1, x + 15, y + 17)
            bar(picture, (48, 54, 62), x, y, x + 14, y + 16)
    return printed(picture, 0.8)
