"""Trees and bushes: a trunk and limbs, and leaves on cards about the limbs' ends.

A crown is a heap of round bunches; each is a shell of cards with a spray of leaves cut out, as wide as a bunch, turned outwards and this way and
that, around a lump that nothing is to be seen through. All have the normals of the crown as a whole, so that it is lit as a round thing and not as
paper. In winter the sprays are twigs, and there are no lumps.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np

from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import between
from diorama.sim.assets.street.patches import Patches
from diorama.sim.assets.street.plants.leaves import bark, dense, spray
from diorama.sim.seeds import Seed
from diorama.sim.spec.plants import PlantShape, Season, Species
from diorama.sim.transforms import Vec3, cross, normalize

#: Plants are grown to this height, and then made larger or smaller; their trunks go on below the ground for a share of it.
_GROWN_M, _BELOW = 10.0, 0.03
_BELOW_M = _BELOW * _GROWN_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How a species grows, in shares of its height: where the crown begins, how wide it is (from side to side), how it narrows, how thick the trunk
    is at the ground, how many bunches of leaves of which radius it has, and how many cards a bunch.
    """

    crown: float
    wide: float
    form: Literal["round", "column", "cone", "dome"]
    trunk: float
    bunches: int
    radius: tuple[float, float]
    cards: int
    limbs: int


HABITS: dict[Species, Habit] = {
    "oak": Habit(crown=0.26, wide=0.82, form="round", trunk=0.032, bunches=13, radius=(0.13, 0.2), cards=7, limbs=6),
    "lime": Habit(crown=0.24, wide=0.56, form="dome", trunk=0.026, bunches=13, radius=(0.11, 0.17), cards=7, limbs=5),
    "plane": Habit(crown=0.36, wide=0.62, form="round", trunk=0.028, bunches=11, radius=(0.12, 0.18), cards=7, limbs=5),
    "birch": Habit(crown=0.28, wide=0.4, form="dome", trunk=0.016, bunches=13, radius=(0.08, 0.13), cards=6, limbs=6),
    "poplar": Habit(crown=0.1, wide=0.2, form="column", trunk=0.018, bunches=13, radius=(0.065, 0.095), cards=6, limbs=3),
    "pine": Habit(crown=0.5, wide=0.42, form="dome", trunk=0.022, bunches=10, radius=(0.08, 0.13), cards=7, limbs=6),
    "spruce": Habit(crown=0.06, wide=0.4, form="cone", trunk=0.02, bunches=15, radius=(0.0, 0.0), cards=8, limbs=0),
    "palm": Habit(crown=0.94, wide=0.6, form="round", trunk=0.022, bunches=15, radius=(0.0, 0.0), cards=1, limbs=0),
    "bush": Habit(crown=0.0, wide=1.25, form="round", trunk=0.02, bunches=6, radius=(0.26, 0.36), cards=8, limbs=0),
    "grass": Habit(crown=0.0, wide=3.0, form="round", trunk=0.0, bunches=9, radius=(0.0, 0.0), cards=1, limbs=0),
}


def plant_asset(shape: PlantShape) -> Asset:
    """The plant of a shape: one of its species and variant, made as high as the shape says."""
    habit = HABITS[shape.species]
    grown = _grown(shape.species, shape.season, shape.variant)
    factor = np.float32(shape.height_m / _GROWN_M)
    parts = tuple(replace(part, positions=part.positions * factor) for part in grown.parts)
    stem = max(habit.trunk * shape.height_m, 0.03)
    top = max(habit.crown * shape.height_m, min(1.0, 0.5 * shape.height_m)) - shape.origin_m
    hull = np.array([(stem * c, stem * s, z) for c, s in circle(6).tolist() for z in (-shape.origin_m - _BELOW * shape.height_m, top)])
    low, high = (tuple(float(c * factor) for c in corner) for corner in grown.bounds_m)
    return replace(
        grown,
        id=f"plant:{shape!r}",
        parts=parts,
        hulls=(hull,),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=max(stem * stem * 2.6 * shape.height_m, 1e-4),
        landmarks={"base": (0.0, 0.0, -shape.origin_m)},
    )


@lru_cache(maxsize=512)
def _grown(species: Species, season: Season, variant: int) -> Asset:
    """A plant, `_GROWN_M` high."""
    shape = PlantShape(species=species, height_m=_GROWN_M, season=season, variant=variant)
    patches = Patches()
    rng = Seed(0).child("plant", species, variant).rng()
    _GROW.get(species, _broadleaf)(patches, shape, HABITS[species], spray(species, season), rng)
    patches.stretch(_GROWN_M)
    return patches.asset("", "plant", "street", [], (0.0, 0.0, shape.origin_m), volume_m3=1.0, density_kg_m3=700.0)


# --- habits -----------------------------------------------------------------------------------------------


def _broadleaf(patches: Patches, shape: PlantShape, habit: Habit, look: Look, rng: np.random.Generator) -> None:
    """A trunk that forks into limbs, and bunches of leaves around their ends."""
    h = shape.height_m
    low, half, wood = habit.crown * h, habit.wide * h / 2, bark(shape.species)
    center = (0.0, 0.0, low + 0.52 * (h - low))
    bunches = _bunches(habit, h, low, half, rng)
    if habit.trunk and shape.species != "bush":
        lean = (between(rng, -0.02, 0.02) * h, between(rng, -0.02, 0.02) * h)
        fork = (lean[0], lean[1], low + 0.18 * (h - low))
        _limb(patches, wood, ((0.0, 0.0, -_BELOW_M), (0.0, 0.0, 0.04 * h), fork), [1.5 * habit.trunk * h, habit.trunk * h, 0.7 * habit.trunk * h], 7)
        leader = (lean[0] * 1.6, lean[1] * 1.6, h * (0.93 if habit.form in ("column", "dome") else 0.8))
        _limb(patches, wood, (fork, leader), (0.68 * habit.trunk * h, 0.12 * habit.trunk * h), 5)
        for k in range(habit.limbs):
            (x, y, z), _ = bunches[k * len(bunches) // habit.limbs]
            start = between(rng, 0.1, 0.6)
            root = tuple(a + (b - a) * start * 0.7 for a, b in zip(fork, leader, strict=True))
            knee = ((root[0] + x) / 2 + 0.1 * (root[0] - x), (root[1] + y) / 2 + 0.1 * (root[1] - y), (root[2] + z) / 2 - 0.02 * h)
            _limb(patches, wood, ((root[0], root[1], root[2]), knee, (x, y, z)), [s * habit.trunk * h for s in (0.42, 0.28, 0.08)], 4)
    if not has_leaves(shape):
        for middle, radius in bunches:
            bare(patches, look, middle, radius, (0.0, 0.0, low), center, rng)
        return
    inside = dense(shape.species, shape.season)
    for middle, radius in bunches:
        lump(patches, inside, middle, 0.55 * radius, center, rng)
        bunch(patches, look, middle, radius, center, habit.cards, rng)


def bunch(patches: Patches, look: Look, middle: Vec3, radius: float, center: Vec3, cards: int, rng: np.random.Generator) -> None:
    """Cards full of leaves around a place, and one through it; all lit as a part of the crown about `center`."""
    for k in range(cards):
        out = _direction(rng)
        # The lower side has fewer leaves.
        if out[2] < -0.35 and k % 2:
            out = (out[0], out[1], -out[2])
        off = 0.62 * radius if k else 0.0
        at = (middle[0] + off * out[0], middle[1] + off * out[1], middle[2] + off * out[2])
        crown = normalize([a - b for a, b in zip(at, center, strict=True)])
        facing = normalize([0.5 * a + 0.6 * b + 0.3 * c for a, b, c in zip(out, crown, _direction(rng), strict=True)])
        _card(patches, look, at, facing, radius * between(rng, 0.9, 1.25), rng, middle, center)


def bare(patches: Patches, look: Look, middle: Vec3, radius: float, root: Vec3, center: Vec3, rng: np.random.Generator) -> None:
    """Twigs on three cards about the way that they grow: upwards, and away from where the crown begins."""
    away = normalize([m - r for m, r in zip(middle, root, strict=True)])
    along = normalize((away[0] + 0.2 * between(rng, -1, 1), away[1] + 0.2 * between(rng, -1, 1), away[2] + 0.45))
    one = normalize(cross(along, (1.0, 0.0, 0.0) if abs(along[0]) < 0.7 else (0.0, 1.0, 0.0)))
    two = cross(along, one)
    start = math.pi * rng.random()
    base = tuple(m - 1.15 * radius * a for m, a in zip(middle, along, strict=True))
    tip = tuple(m + 1.15 * radius * a for m, a in zip(middle, along, strict=True))
    for k in range(3):
        c, s = _round(math.cos(start + k * math.pi / 3)), _round(math.sin(start + k * math.pi / 3))
        side = tuple(1.05 * radius * (c * p + s * q) for p, q in zip(one, two, strict=True))
        _strip(patches, look, (base[0], base[1], base[2]), (tip[0], tip[1], tip[2]), (side[0], side[1], side[2]), center)


def has_leaves(shape: PlantShape) -> bool:
    """Whether it has leaves."""
    return not (shape.season == "winter" and shape.species in ("oak", "lime", "plane", "birch", "poplar"))


def _bunches(habit: Habit, h: float, low: float, half: float, rng: np.random.Generator) -> list[tuple[Vec3, float]]:
    """Where bunches of leaves are, and their radii: spread over the crown's surface by the golden angle, and one or two within."""
    out: list[tuple[Vec3, float]] = []
    high, start = h - low, 2 * math.pi * rng.random()
    for k in range(habit.bunches):
        t = (k + 0.5) / habit.bunches
        radius = between(rng, *habit.radius) * h
        z = low + radius * 0.7 + (high - 1.6 * radius) * t
        s = (z - low) / high
        width = {
            "round": math.sqrt(max(1 - (2 * s - 0.9) ** 2, 0.03)),
            "dome": math.sqrt(max(1 - (1.6 * s - 0.5) ** 2, 0.05)) * (1.12 - 0.5 * s),
            "column": min(1.0, 2.2 * s + 0.4, 2.6 * (1 - s) + 0.25),
            "cone": 1 - s,
        }[habit.form]
        reach = max(half * width - 0.75 * radius, 0.0) * between(rng, 0.7, 1.06)
        if k % 5 == 2:
            reach *= 0.3
        turn = start + 2.399963 * k + between(rng, -0.3, 0.3)
        out.append(((_round(reach * math.cos(turn)), _round(reach * math.sin(turn)), z), radius))
    return out


def _spruce(patches: Patches, shape: PlantShape, habit: Habit, look: Look, rng: np.random.Generator) -> None:
    """Tiers of branches that hang a little, shorter and shorter up to the tip."""
    h = shape.height_m
    _limb(patches, bark(shape.species), ((0.0, 0.0, -_BELOW_M), (0.0, 0.0, h)), (habit.trunk * h, 0.002 * h), 6)
    tiers = habit.bunches
    for tier in range(tiers):
        s = tier / (tiers - 1)
        z = h * (habit.crown + (0.93 - habit.crown) * s)
        reach = habit.wide * h / 2 * (1.06 - s) * between(rng, 0.86, 1.1)
        count = max(4, round(habit.cards * (1 - 0.5 * s)))
        for k in range(count):
            turn = 2 * math.pi * (k + 0.5 * (tier % 2) + between(rng, -0.2, 0.2)) / count
            droop = between(rng, 0.45, 0.8)
            c, n = _round(math.cos(turn)), _round(math.sin(turn))
            root = z + 0.62 * droop * reach
            tip = (reach * c, reach * n, root - droop * reach)
            base = (0.0, 0.0, min(root, 0.99 * h))
            side = (-n * reach * 0.6, c * reach * 0.6, 0.0)
            _strip(patches, look, base, tip, side, (0.0, 0.0, z - 0.25 * reach))


def _palm(patches: Patches, shape: PlantShape, habit: Habit, look: Look, rng: np.random.Generator) -> None:
    """A bare trunk, and fronds that rise from its top and bend down."""
    h = shape.height_m
    lean = (between(rng, -0.06, 0.06) * h, between(rng, -0.06, 0.06) * h)
    top = (lean[0], lean[1], 0.86 * h)
    trunk = ((0.0, 0.0, -_BELOW_M), (0.3 * lean[0], 0.3 * lean[1], 0.4 * h), top)
    _limb(patches, bark(shape.species), trunk, [s * habit.trunk * h for s in (1.4, 0.9, 0.8)], 7)
    reach = habit.wide * h / 2
    for k in range(habit.bunches):
        turn = 2.399963 * k
        c, n = _round(math.cos(turn)), _round(math.sin(turn))
        rise = between(rng, -0.35, 0.75)
        knee = (top[0] + 0.5 * reach * c, top[1] + 0.5 * reach * n, top[2] + reach * 0.5 * rise)
        tip = (top[0] + reach * c, top[1] + reach * n, top[2] + reach * (0.5 * rise - 0.42))
        side = (-n * reach * 0.24, c * reach * 0.24, 0.0)
        _strip(patches, look, top, knee, side, (top[0], top[1], top[2] - 0.3 * reach), (0.0, 0.5))
        _strip(patches, look, knee, tip, side, (top[0], top[1], top[2] - 0.3 * reach), (0.5, 1.0))


def _grass(patches: Patches, shape: PlantShape, habit: Habit, look: Look, rng: np.random.Generator) -> None:
    """Tufts on cards that stand."""
    h = shape.height_m
    for k in range(habit.bunches):
        turn, reach = 2.399963 * k, habit.wide * h / 2 * math.sqrt((k + 0.3) / habit.bunches)
        x, y = _round(reach * math.cos(turn)), _round(reach * math.sin(turn))
        across = math.pi * rng.random()
        half = 0.55 * h
        side = (_round(half * math.cos(across)), _round(half * math.sin(across)), 0.0)
        high = h * between(rng, 0.6, 1.0)
        tip, middle = (x + 0.1 * side[1], y - 0.1 * side[0], high), (x, y, -2.0 * h)
        for one in (side, (-side[0], -side[1], 0.0)):
            _strip(patches, look, (x, y, -0.04), tip, one, middle)


_GROW: dict[Species, Callable[[Patches, PlantShape, Habit, Look, np.random.Generator], None]] = {
    "spruce": _spruce,
    "palm": _palm,
    "grass": _grass,
}


# --- pieces -----------------------------------------------------------------------------------------------


def _round(value: float) -> float:
    """Sines differ in their last bits from one C library to another."""
    return round(value, 6)


def _direction(rng: np.random.Generator) -> Vec3:
    """Any direction, all alike."""
    z = 2 * rng.random() - 1
    turn, level = 2 * math.pi * rng.random(), math.sqrt(1 - z * z)
    return (_round(level * math.cos(turn)), _round(level * math.sin(turn)), float(z))


#: The corners of an icosahedron, and its faces.
_GOLD = (1 + math.sqrt(5)) / 2
_CORNERS: tuple[Vec3, ...] = tuple(
    normalize(c)
    for c in (
        *((0.0, s, t * _GOLD) for s in (-1, 1) for t in (-1, 1)),
        *((s, t * _GOLD, 0.0) for s in (-1, 1) for t in (-1, 1)),
        *((t * _GOLD, 0.0, s) for s in (-1, 1) for t in (-1, 1)),
    )
)


def _faces() -> tuple[tuple[int, int, int], ...]:
    """Triples of neighbouring corners, counter-clockwise seen from outside."""
    near = math.dist((0.0, 1.0, _GOLD), (0.0, -1.0, _GOLD)) / math.sqrt(1 + _GOLD * _GOLD) + 1e-6
    out: list[tuple[int, int, int]] = []
    for i, j, k in combinations(range(12), 3):
        a, b, c = _CORNERS[i], _CORNERS[j], _CORNERS[k]
        if max(math.dist(a, b), math.dist(b, c), math.dist(a, c)) < near:
            n = cross([q - p for p, q in zip(a, b, strict=True)], [q - p for p, q in zip(a, c, strict=True)])
            out.append((i, j, k) if sum(x * y for x, y in zip(n, a, strict=True)) > 0 else (i, k, j))
    return tuple(out)


_FACES = _faces()


def lump(patches: Patches, look: Look, middle: Vec3, radius: float, center: Vec3, rng: np.random.Generator) -> None:
    """The inside of a bunch, where nothing is to be seen through, lit as leaves about a crown's `center` are."""
    size = [radius * between(rng, 0.8, 1.15) for _ in _CORNERS]
    places = [(middle[0] + r * x, middle[1] + r * y, middle[2] + r * z) for r, (x, y, z) in zip(size, _CORNERS, strict=True)]
    normals = [_lit(place, center, middle, radius) for place in places]
    patches.add_mesh(look, places, [(x + y, z + 0.5 * y) for x, y, z in places], normals, _FACES)


def _lit(place: Vec3, center: Vec3, bunch: Vec3, radius: float) -> Vec3:
    """The normal of leaves at a place: away from the middles of the crown and of its bunch."""
    (x, y, z), (cx, cy, cz), (bx, by, bz) = place, center, bunch
    return normalize(
        (
            0.6 * (x - cx) / radius + 0.9 * (x - bx) / radius,
            0.6 * (y - cy) / radius + 0.9 * (y - by) / radius,
            0.6 * (z - cz) / radius + 0.9 * (z - bz) / radius,
        )
    )


def _card(patches: Patches, look: Look, at: Vec3, facing: Vec3, half: float, rng: np.random.Generator, about: Vec3, center: Vec3) -> None:
    """A square about a place, turned by chance. Its normals lead away from the middles of its bunch and of the crown."""
    right = cross(_direction(rng), facing)
    if right[0] ** 2 + right[1] ** 2 + right[2] ** 2 < 1e-4:
        right = cross((1.0, 0.0, 0.0) if abs(facing[0]) < 0.9 else (0.0, 1.0, 0.0), facing)
    right = normalize(right)
    up = cross(facing, right)
    corners = [
        (at[0] + half * (s * right[0] + t * up[0]), at[1] + half * (s * right[1] + t * up[1]), at[2] + half * (s * right[2] + t * up[2]))
        for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    normals = [_lit(corner, center, about, half) for corner in corners]
    patches.add(look, corners, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], normals)


def _strip(patches: Patches, look: Look, base: Vec3, tip: Vec3, side: Vec3, center: Vec3, share: tuple[float, float] = (0.0, 1.0)) -> None:
    """A flat strip from a base to a tip, as wide as twice `side`, with a picture whose lower edge is at the base."""
    dx, dy, dz = side
    ends = ((base, 1), (base, -1), (tip, -1), (tip, 1))
    corners = [(x + sign * dx, y + sign * dy, z + sign * dz) for (x, y, z), sign in ends]
    normals = [normalize([a - b for a, b in zip(corner, center, strict=True)]) for corner in corners]
    low, high = share
    patches.add(look, corners, [(0.0, low), (1.0, low), (1.0, high), (0.0, high)], normals)


def _limb(patches: Patches, look: Look, points: Sequence[Vec3], radii: Sequence[float], sides: int) -> None:
    """A round limb along some points, one radius at each; closed by nothing, since its ends are in the ground and in leaves."""
    ring = circle(sides).tolist()
    loops: list[list[tuple[Vec3, Vec3]]] = []
    for k, (point, radius) in enumerate(zip(points, radii, strict=True)):
        a, b = points[max(k - 1, 0)], points[min(k + 1, len(points) - 1)]
        along = normalize([q - p for p, q in zip(a, b, strict=True)])
        right = normalize(cross(along, (1.0, 0.0, 0.0) if abs(along[0]) < 0.7 else (0.0, 1.0, 0.0)))
        up = cross(along, right)
        loop = []
        for c, s in ring:
            n = (c * right[0] + s * up[0], c * right[1] + s * up[1], c * right[2] + s * up[2])
            loop.append(((point[0] + radius * n[0], point[1] + radius * n[1], point[2] + radius * n[2]), n))
        loops.append(loop)
    way = 0.0
    for k in range(len(points) - 1):
        step = math.dist(points[k], points[k + 1]) / 1.2
        for i in range(sides):
            j = (i + 1) % sides
            quad = (loops[k][i], loops[k][j], loops[k + 1][j], loops[k + 1][i])
            u0, u1 = i / sides, (i + 1) / sides
            patches.add(look, [p for p, _ in quad], [(u0, way), (u1, way), (u1, way + step), (u0, way + step)], [n for _, n in quad])
        way += step
