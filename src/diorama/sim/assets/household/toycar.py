"""A toy car: lacquer, windows one can see through, lamps that shine."""

import numpy as np

from diorama.sim.assets.forms import loft, loft_hulls, rounded_square, shift, turned, turned_hulls
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.recipe import BLACK, BRIGHT, DARK_STEEL, RUBBER, STEEL, WHITE, Draft, between, glass, glowing, lacquer, pick
from diorama.sim.transforms import apply, compose

#: Turns what was made along +z to point along +y.
_SIDEWAYS = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
#: And along +x.
_FORWARD = np.array([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def toy_car(rng: np.random.Generator) -> Draft:
    """A saloon, an estate or a pick-up, its front at +x, standing on its wheels. Lengths below are shares of its own."""
    length, wide = between(rng, 0.075, 0.12), between(rng, 0.2, 0.225)
    bonnet, belt, roof = between(rng, 0.15, 0.17), between(rng, 0.175, 0.19), between(rng, 0.28, 0.31)
    # Where the windows start and end, at the belt and at the roof.
    rear, rear_top = pick(rng, ((-0.36, -0.24), (-0.47, -0.43), (-0.2, -0.17)))
    front, front_top = between(rng, 0.2, 0.26), between(rng, 0.03, 0.08)

    tops = (
        (-0.5, 0.13),
        (-0.485, belt - 0.01),
        (-0.1, belt),
        (front, belt),
        (front + 0.05, bonnet),
        (0.44, bonnet - 0.015),
        (0.49, 0.12),
        (0.5, 0.1),
    )
    section = rounded_square(0.35, 2)
    hull = np.stack([_across(x, 0.045, top, wide * (0.94 if abs(x) > 0.48 else 1.0), section) for x, top in tops])
    cabin = np.stack([_level(belt - 0.01, rear, front, wide * 0.9), _level(roof - 0.012, rear_top, front_top, wide * 0.76)])
    lid = np.stack(
        [_level(roof - 0.012, rear_top - 0.008, front_top + 0.008, wide * 0.79), _level(roof, rear_top + 0.01, front_top - 0.01, wide * 0.7)]
    )

    paint = lacquer(pick(rng, (*BRIGHT, WHITE, BLACK, (150, 154, 160))), metallic=pick(rng, (0.0, 0.0, 0.6)))
    surfaces = [loft(hull, paint), loft(cabin, glass(pick(rng, ((226, 240, 236), (150, 170, 176))))), loft(lid, paint)]
    hulls = [*loft_hulls(hull), cabin.reshape(-1, 3), lid.reshape(-1, 3)]

    r, thick = 0.078, 0.055
    tyre = [(0.0, -thick / 2), (0.8 * r, -thick / 2), (r, -0.3 * thick), (r, 0.3 * thick), (0.8 * r, thick / 2), (0.0, thick / 2)]
    hub = [(0.0, 0.0), (0.6 * r, 0.0), (0.56 * r, 0.006), (0.2 * r, 0.002), (0.0, 0.002)]
    rim = pick(rng, (STEEL, DARK_STEEL))
    for x in (-0.3, 0.31):
        for side in (-1.0, 1.0):
            place = compose(shift(x, side * (wide - 0.012), r), np.diag([1.0, side, 1.0, 1.0]), _SIDEWAYS)
            surfaces += [turned(tyre, RUBBER, 20).moved(place), turned(hub, rim, 12).moved(compose(place, shift(z=thick / 2 - 0.001)))]
            hulls.append(apply(place, turned_hulls(tyre[1:-1], segments=14)[0]))
    lamp = [(0.0, 0.0), (0.024, 0.0), (0.02, 0.005), (0.0, 0.006)]
    for x, look in ((0.498, glowing((255, 244, 214), 4.0)), (-0.498, glowing((230, 30, 24), 1.5))):
        for y in (-0.12, 0.12):
            turn = np.diag([1.0, 1.0, 1.0, 1.0] if x > 0 else [-1.0, -1.0, 1.0, 1.0])
            surfaces.append(turned(lamp, look, 10).moved(compose(shift(x, y, 0.074 if x > 0 else 0.1), turn, _FORWARD)))
    scale = np.diag([length, length, length, 1.0])
    return Draft(surfaces=[s.moved(scale) for s in surfaces], hulls=[h * length for h in hulls], density_kg_m3=900.0)


def _across(x: float, low: float, high: float, half: float, section: Points) -> Points:
    """A ring in the plane of x, from `low` to `high`."""
    return np.column_stack([np.full(len(section), x), section[:, 0] * half, (low + high) / 2 + section[:, 1] * (high - low) / 2])


def _level(z: float, rear: float, front: float, half: float) -> Points:
    """A ring at the height z."""
    corners = rounded_square(0.25, 2) * ((front - rear) / 2, half) + ((front + rear) / 2, 0.0)
    return np.column_stack([corners, np.full(len(corners), z)])
