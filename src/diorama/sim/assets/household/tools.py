"""Tools of a drawer, lying along x."""

import math

import numpy as np

from diorama.sim.assets.forms import LYING, laid, loft, loft_hulls, rounded_square, slab, sweep, turned, turned_hulls
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import BLACK, BRIGHT, DARK_STEEL, RUBBER, STEEL, WOODS, Draft, between, paint, pick


def screwdriver(rng: np.random.Generator) -> Draft:
    """A screwdriver with a fluted handle and a flat tip."""
    size = between(rng, 0.75, 1.2)
    r, grip, shaft, rod = 0.0145 * size, 0.095 * size, between(rng, 0.08, 0.13) * size, 0.003 * size
    profile = [(0.45, 0.0), (0.8, 0.03), (0.95, 0.1), (1.0, 0.3), (0.92, 0.6), (0.7, 0.78), (0.62, 0.86), (0.85, 0.93), (0.7, 1.0)]
    n = 24
    flutes = np.array([1.0 if k % 4 in (0, 1) else 0.92 for k in range(n)])[:, None]
    rings = np.stack([np.column_stack([circle(n) * (flutes if 0.1 < t < 0.8 else 1.0) * a * r, np.full(n, t * grip)]) for a, t in profile])
    end = grip + shaft
    bar = turned([(0.0, grip - 0.002), (rod, grip - 0.002), (rod, end - 0.012), (0.0, end - 0.012)], STEEL, 12)
    blade_rings = []
    for z, thick, wide in ((end - 0.014, rod * 0.85, rod * 0.6), (end - 0.006, 0.0012, rod * 1.3), (end, 0.0004, rod * 1.3)):
        blade_rings.append([[thick, -wide, z], [thick, wide, z], [-thick, wide, z], [-thick, -wide, z]])
    blade = np.array(blade_rings)
    color = paint(pick(rng, BRIGHT), 0.35)
    surfaces = [loft(rings, color).moved(LYING), bar.moved(LYING), loft(blade, STEEL).moved(LYING)]
    hulls = [
        laid(h)
        for h in (
            *turned_hulls([(a * r, t * grip) for a, t in profile], 0.001, 12),
            *turned_hulls([(rod, grip - 0.002), (rod, end - 0.012)], segments=12),
            blade.reshape(-1, 3),
        )
    ]
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=1800.0)


def hammer(rng: np.random.Generator) -> Draft:
    """A hammer: a round face, a wedge behind it, a wooden or rubber handle."""
    size = between(rng, 0.7, 1.0)
    length, r = 0.26 * size, 0.013 * size
    handle_rings = sweep(
        [(-length, 0.0), (-length + 0.006, 0.0), (-0.75 * length, 0.0), (-0.4 * length, 0.0), (0.0, 0.0), (0.014 * size, 0.0)],
        [
            (0.012 * size, 0.009 * size),
            (0.0145 * size, 0.0115 * size),
            (0.0135 * size, 0.011 * size),
            (0.0105 * size, 0.008 * size),
            (0.011 * size, 0.0085 * size),
            (0.011 * size, 0.0085 * size),
        ],
        circle(16),
    )
    # The head runs along y: its face at -y, its wedge at +y. Rings are made along z, then laid along y.
    face = [(r * 0.9, -0.045), (r, -0.043), (r, -0.03), (r * 0.7, -0.024), (r * 0.7, -0.014)]
    head_rings = [np.column_stack([circle(16) * a, np.full(16, z * size)]) for a, z in face]
    block = rounded_square(0.4, 3)
    for x, y, z in ((0.0125, 0.0125, -0.013), (0.0125, 0.0125, 0.013), (0.0115, 0.009, 0.025), (0.0125, 0.0012, 0.055)):
        head_rings.append(np.column_stack([block * np.array([x, y]) * size, np.full(16, z * size)]))
    head = np.stack(head_rings)
    head = np.stack([head[..., 0], head[..., 2], -head[..., 1]], axis=-1)
    metal = paint((92, 94, 98), 0.35, 1.0)
    handle = pick(rng, (paint(pick(rng, WOODS), 0.6), RUBBER, paint(pick(rng, BRIGHT), 0.6)))
    hulls = [*loft_hulls(handle_rings, 3), *loft_hulls(head[:3], 2), *loft_hulls(head[2:6], 3), *loft_hulls(head[5:], 3)]
    return Draft(surfaces=[loft(handle_rings, handle), loft(head, metal)], hulls=hulls, density_kg_m3=2500.0)


def wrench(rng: np.random.Generator) -> Draft:
    """A spanner with an open jaw and a ring's end, as a union of convex plates, which are its pieces as well."""
    size = between(rng, 0.7, 1.15)
    length, thick, bar = 0.15 * size, 0.0045 * size, 0.0075 * size
    r, jaw = 0.0175 * size, 0.0075 * size
    tilt = math.radians(15.0)
    c, s = math.cos(tilt), math.sin(tilt)

    def turn(points: list[tuple[float, float]]) -> Points:
        return np.array([[round(x * c - y * s, 9), round(x * s + y * c, 9)] for x, y in points])

    # The head's disc, cut by the jaw into a back and two prongs.
    back = [(r * x, r * y) for x, y in circle(24).tolist() if r * x <= -0.1 * r]
    cut = -0.1 * r
    edge = math.sqrt(r * r - cut * cut)
    back = [(cut, edge), *sorted([p for p in back if p[0] < cut - 1e-6], key=lambda p: -math.atan2(p[1], -p[0])), (cut, -edge)]
    tip = math.sqrt(r * r - jaw * jaw) * 0.98
    upper = [
        (cut, jaw),
        (tip, jaw),
        *[(r * x, r * y) for x, y in circle(24).tolist() if r * x < tip * 0.98 and r * x > cut + 1e-6 and r * y > jaw * 1.05],
        (cut, edge),
    ]
    lower = [(x, -y) for x, y in upper[::-1]]
    plates = [(turn(_counter_clockwise(p)), 1.15 * thick) for p in (back, upper, lower)]
    shank = np.array([[-length, -bar], [-0.5 * r, -bar * 1.15], [-0.5 * r, bar * 1.15], [-length, bar]])
    plates.append((shank, 0.75 * thick))
    end_r = 0.0125 * size
    n = 18
    for k in range(n):  # the ring, of trapezoids
        (x0, y0), (x1, y1) = circle(n)[k], circle(n)[(k + 1) % n]
        inner = 0.58
        ring = np.array([[inner * x0, inner * y0], [x0, y0], [x1, y1], [inner * x1, inner * y1]]) * end_r
        plates.append((ring + (-length - 0.6 * end_r, 0.0), 1.1 * thick))
    look = pick(rng, (STEEL, DARK_STEEL, paint(BLACK, 0.5)))
    rings = [slab(outline, -t, t, 0.0 if k > 3 else 0.0008 * size) for k, (outline, t) in enumerate(plates)]
    return Draft(surfaces=[loft(r, look) for r in rings], hulls=[r.reshape(-1, 3) for r in rings], density_kg_m3=7800.0)


def _counter_clockwise(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Corners of a convex polygon, in order of their angle about its middle."""
    x, y = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    return sorted(points, key=lambda p: math.atan2(p[1] - y, p[0] - x))
