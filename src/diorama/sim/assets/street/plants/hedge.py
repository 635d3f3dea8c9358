"""Hedges: a body of leaves, and sprays that stand out of it."""

import numpy as np

from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.recipe import between
from diorama.sim.assets.street.patches import Patches
from diorama.sim.assets.street.plants.leaves import dense, spray
from diorama.sim.seeds import Seed
from diorama.sim.spec.plants import HedgeShape
from diorama.sim.transforms import Vec3, normalize

_BELOW_M, _TILE_M = 0.4, 1.1
#: A piece of the body is about so long.
_PIECE_M = 1.2


def hedge_asset(shape: HedgeShape) -> Asset:
    """The hedge of a shape."""
    patches = Patches()
    species = ("bush", "spruce")[shape.variant % 2]  # box, or yew
    rng = Seed(0).child("hedge", shape.variant).rng()
    look = dense(species, shape.season, 0.9)
    count = max(1, round(shape.length_m / _PIECE_M))
    half = shape.length_m / 2
    sections: list[list[Vec3]] = []
    for k in range(count + 1):
        y = -half + shape.length_m * k / count
        wide, high = shape.width_m / 2 * between(rng, 0.86, 1.0), shape.height_m * between(rng, 0.9, 0.99)
        profile = ((wide, -_BELOW_M), (wide, 0.75 * high), (0.7 * wide, high), (-0.7 * wide, high), (-wide, 0.75 * high), (-wide, -_BELOW_M))
        sections.append([(x, y, z) for x, z in profile])
    lengths = (0.0, 0.75 * shape.height_m + _BELOW_M, shape.height_m + _BELOW_M, shape.height_m + _BELOW_M + shape.width_m)
    ways = (*lengths, lengths[3] + 0.25 * shape.height_m, lengths[3] + shape.height_m + _BELOW_M)
    for k in range(count):
        a, b = sections[k], sections[k + 1]
        u0, u1 = (shape.length_m * k / count / _TILE_M, shape.length_m * (k + 1) / count / _TILE_M)
        for i in range(5):
            quad = (a[i], b[i], b[i + 1], a[i + 1])
            v0, v1 = ways[i] / _TILE_M, ways[i + 1] / _TILE_M
            patches.add(look, quad, [(u0, v0), (u1, v0), (u1, v1), (u0, v1)], [_outwards(p, shape) for p in quad])
    for section, turned in ((sections[0], False), (sections[-1], True)):
        loop = section[::-1] if not turned else section
        patches.add(look, loop, [(x / _TILE_M, z / _TILE_M) for x, _, z in loop])
    leaves = spray("bush", shape.season)
    for k in range(2 * count):
        y, size = -half + shape.length_m * (k + 0.5) / (2 * count), between(rng, 0.22, 0.34)
        x, lean = between(rng, -0.4, 0.4) * shape.width_m, between(rng, -0.2, 0.2)
        along = 1.0 if k % 2 else 0.35
        z = 0.88 * shape.height_m
        side = (size * (1 - along) * 1.2, size * along, 0.0)
        corners = [
            (x - side[0], y - side[1], z),
            (x + side[0], y + side[1], z),
            (x + side[0] + lean * size, y + side[1], z + size),
            (x - side[0] + lean * size, y - side[1], z + size),
        ]
        uv = [(0.0, 0.1), (1.0, 0.1), (1.0, 0.6), (0.0, 0.6)]
        patches.add(leaves, corners, uv, [_outwards(p, shape) for p in corners])
    hull = np.array([(x, y, z) for x in (-shape.width_m / 2, shape.width_m / 2) for y in (-half, half) for z in (-_BELOW_M, shape.height_m)])
    return patches.asset(
        f"hedge:{shape!r}",
        "hedge",
        "street",
        [hull],
        (0.0, 0.0, shape.origin_m),
        volume_m3=shape.length_m * shape.width_m * shape.height_m,
        density_kg_m3=60.0,
        landmarks={"base": (0.0, 0.0, 0.0)},
    )


def _outwards(point: Vec3, shape: HedgeShape) -> Vec3:
    x, _, z = point
    return normalize((2 * x / shape.width_m, 0.0, max(z / shape.height_m - 0.45, 0.0) * 1.6 + 1e-3))
