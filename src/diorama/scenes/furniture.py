"""Furniture of scenes: boxes that stand still, and what is made of them."""

import math
from dataclasses import replace

from diorama.randomizers.base import Select
from diorama.randomizers.distributions import Choice, Distribution, LogUniform, TruncatedNormal, Uniform, rounded
from diorama.randomizers.lights import Lights
from diorama.randomizers.looks import Look
from diorama.randomizers.materials import Materials
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, MaterialSpec, Pose, Rgb
from diorama.sim.transforms import Vec3

FLOOR_SIZE_M = 16.0
_FLOOR_THICKNESS_M = 0.1
_WALL_THICKNESS_M = 0.1
#: What floors, walls and tables of workshops and warehouses look like, and what is dropped there.
INDUSTRIAL = Materials(
    on=Select(tags=("furniture", "object", "clutter")),
    furniture=Look(
        metal=0.15,
        metals=Choice(["iron", "aluminium"]),
        brushed=0.4,
        coated=0.1,
        relief=0.1,
        palette=Choice({"neutral": 0.6, "earth": 0.15, "muted": 0.2, "black": 0.05}),
        pattern=Choice({"plain": 0.5, "noise": 0.5}),
        tile_m=LogUniform(0.4, 1.5),
        roughness=Uniform(0.4, 0.95),
    ),
)
#: Lamps under the ceiling, for the most part.
OVERHEAD = Lights(
    key=Choice({"ceiling": 0.55, "spot": 0.2, "panel": 0.15, "sun": 0.1}),
    others=Choice({"ceiling": 0.7, "spot": 0.2, "panel": 0.1}),
    elevation_deg=Uniform(50, 88),
    kelvin=TruncatedNormal(5000, 1000, 2800, 7500),
)

_WOOD: Rgb = (0.5, 0.35, 0.22)


def slab(name: str, size: Vec3, center: Vec3, material: MaterialSpec, *tags: str) -> BodySpec:
    """A box that stays where it is, its edges along the world's axes. It is tagged ``furniture``, unless it is part of a ``container``."""
    return BodySpec(
        name=name,
        shape=BoxShape(size_m=size),
        world_from_body=Pose(center),
        friction=0.7,
        material=material,
        tags=tags if "container" in tags else ("furniture", *tags),
    )


def floor(*tags: str) -> BodySpec:
    """The floor of the room, at z = 0."""
    size = (FLOOR_SIZE_M, FLOOR_SIZE_M, _FLOOR_THICKNESS_M)
    return slab("floor", size, (0.0, 0.0, -_FLOOR_THICKNESS_M / 2), MaterialSpec(base_color=(0.45, 0.42, 0.4)), *tags)


def table(width: float, depth: float, height: float, thickness: float, leg: float, *tags: str) -> list[BodySpec]:
    """A table about the origin: its top, tagged so, `height` above the floor, and four square legs, flush with its corners."""
    wood = MaterialSpec(base_color=_WOOD)
    top = slab("table-top", (width, depth, thickness), (0.0, 0.0, height - thickness / 2), wood, *tags)
    length = height - thickness
    x, y = (width - leg) / 2, (depth - leg) / 2
    corners = ((-x, -y), (x, -y), (-x, y), (x, y))
    return [top] + [slab(f"table-leg-{i}", (leg, leg, length), (cx, cy, length / 2), wood) for i, (cx, cy) in enumerate(corners)]


def low_walls(seed: Seed, count: Distribution, distance_m: Distribution, size: Vec3, open_elevation_deg: float) -> list[BodySpec]:
    """Walls on some of the room's four sides, low enough to keep no light away that comes from so far above the horizon.

    It has to reach all the top of a box about the origin, `size` along x and y, that ends at z of it. Each wall is at its own distance from the
    origin.
    """
    rng = seed.rng()
    number = count.sample(rng)
    order = sorted(range(4), key=[rng.random() for _ in range(4)].__getitem__)
    walls = []
    for i, side in enumerate(order[:number]):
        distance = distance_m.sample(seed.child("wall", i).rng())
        # Light that just clears the wall comes down at the box's edge on that side.
        way = distance - size[side % 2] / 2
        tall = rounded(size[2] + way * math.tan(math.radians(open_elevation_deg)))
        walls.append(wall(f"wall-{i}", side, distance, tall))
    return walls


def wall(name: str, side: int, distance: float, tall: float) -> BodySpec:
    """A wall across the room, its near face `distance` from the origin on one of the sides: 0 is +x, 1 +y, 2 -x, 3 -y."""
    middle = distance + _WALL_THICKNESS_M / 2
    x, y = ((middle, 0.0), (0.0, middle), (-middle, 0.0), (0.0, -middle))[side]
    size = (_WALL_THICKNESS_M, FLOOR_SIZE_M, tall) if side % 2 == 0 else (FLOOR_SIZE_M, _WALL_THICKNESS_M, tall)
    return slab(name, size, (x, y, tall / 2), MaterialSpec(base_color=(0.75, 0.73, 0.7)))


def raised(bodies: list[BodySpec], by_m: Vec3) -> list[BodySpec]:
    """The bodies elsewhere."""

    def moved(pose: Pose) -> Pose:
        x, y, z = (p + d for p, d in zip(pose.position_m, by_m, strict=True))
        return Pose((x, y, z), pose.rotation_wxyz)

    return [replace(body, world_from_body=moved(body.world_from_body)) for body in bodies]
