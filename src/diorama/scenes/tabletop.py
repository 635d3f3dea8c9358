"""Objects dropped on a table in the middle of a room."""

import math
from dataclasses import dataclass
from typing import ClassVar

from diorama.randomizers.background import Background
from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Distribution, Uniform, UniformInt, require, rounded
from diorama.randomizers.drop import Drop
from diorama.randomizers.lights import Lights
from diorama.randomizers.materials import Materials
from diorama.randomizers.objects import Objects
from diorama.randomizers.sensor import Sensor
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, MaterialSpec, PhysicsSpec, Pose, SceneSpec, SunLight
from diorama.sim.transforms import Vec3

_FLOOR_SIZE_M = 16.0
_FLOOR_THICKNESS_M = 0.1
_WALL_THICKNESS_M = 0.1
#: Light from this far above the horizon, or higher, passes over every wall and reaches all of the table top.
_OPEN_ELEVATION_DEG = 20.0
#: A body whose centre is this far below the table top has fallen. In a pile, light things are pressed in a little for a moment.
_FALLEN_M = 0.02
_HEADROOM_M = 2.0
#: Things start a few millimetres above what they land on and never get fast.
_TIME_STEP_S = 1 / 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabletop:
    """A rectangular table with four legs on a floor, and random objects dropped on it.

    The table stands about the world's origin, `width_m` along x and `depth_m` along y, its top `height_m` above the floor at
    z = 0. `walls` of the room's four sides are closed, each `wall_distance_m` from the middle, and low enough that
    they keep no light from the table.
    """

    name: ClassVar[str] = "tabletop"

    width_m: Distribution = Uniform(0.9, 1.4)
    depth_m: Distribution = Uniform(0.65, 0.95)
    height_m: Distribution = Uniform(0.65, 0.8)
    thickness_m: Distribution = Uniform(0.02, 0.05)
    leg_m: Distribution = Uniform(0.03, 0.08)
    walls: Distribution = UniformInt(0, 3)
    wall_distance_m: Distribution = Uniform(2.8, 4.5)

    def __post_init__(self) -> None:
        require(self, 0.2, 5, "width_m", "depth_m")
        require(self, 0.2, 2, "height_m")
        require(self, 0.005, 0.15, "thickness_m")
        require(self, 0.01, 0.1, "leg_m")
        require(self, 0, 4, "walls", whole=True)
        require(self, 2.6, _FLOOR_SIZE_M / 2, "wall_distance_m")

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        rng = seed.child("table").rng()
        width, depth, height = self.width_m.sample(rng), self.depth_m.sample(rng), self.height_m.sample(rng)
        thickness, leg = self.thickness_m.sample(rng), self.leg_m.sample(rng)
        return SceneSpec(
            bodies=(_floor(), *_table(width, depth, height, thickness, leg), *self._walls(seed.child("walls"), width, depth, height)),
            lights=(SunLight(direction=(-0.4, 0.3, -1.0)),),
            physics=PhysicsSpec(
                time_step_s=_TIME_STEP_S,
                bounds_min_m=(-width / 2, -depth / 2, height - _FALLEN_M),
                bounds_max_m=(width / 2, depth / 2, height + _HEADROOM_M),
            ),
        )

    def randomizers(self) -> tuple[Randomizer, ...]:
        return (
            Objects(),
            Drop(),
            Materials(),
            Lights(),
            Background(),
            CameraShell(),
            Sensor(),
        )

    def _walls(self, seed: Seed, width: float, depth: float, height: float) -> list[BodySpec]:
        rng = seed.rng()
        count = self.walls.sample(rng)
        order = sorted(range(4), key=[rng.random() for _ in range(4)].__getitem__)
        walls = []
        for number, side in enumerate(order[:count]):
            distance = self.wall_distance_m.sample(seed.child("wall", number).rng())
            # Light that just clears the wall comes down at the table's edge on that side.
            way = distance - (width, depth)[side % 2] / 2
            tall = rounded(height + way * math.tan(math.radians(_OPEN_ELEVATION_DEG)))
            middle = distance + _WALL_THICKNESS_M / 2
            x, y = ((middle, 0.0), (0.0, middle), (-middle, 0.0), (0.0, -middle))[side]
            size = (_WALL_THICKNESS_M, _FLOOR_SIZE_M, tall) if side % 2 == 0 else (_FLOOR_SIZE_M, _WALL_THICKNESS_M, tall)
            walls.append(_slab(f"wall-{number}", size, (x, y, tall / 2), (0.75, 0.73, 0.7)))
        return walls


def _floor() -> BodySpec:
    size = (_FLOOR_SIZE_M, _FLOOR_SIZE_M, _FLOOR_THICKNESS_M)
    return _slab("floor", size, (0.0, 0.0, -_FLOOR_THICKNESS_M / 2), (0.45, 0.42, 0.4))


def _table(width: float, depth: float, height: float, thickness: float, leg: float) -> list[BodySpec]:
    """The top and four square legs, flush with its corners."""
    wood = (0.5, 0.35, 0.22)
    top = _slab("table-top", (width, depth, thickness), (0.0, 0.0, height - thickness / 2), wood, "support")
    length = height - thickness
    x, y = (width - leg) / 2, (depth - leg) / 2
    corners = ((-x, -y), (x, -y), (-x, y), (x, y))
    return [top] + [_slab(f"table-leg-{i}", (leg, leg, length), (cx, cy, length / 2), wood) for i, (cx, cy) in enumerate(corners)]


def _slab(name: str, size: Vec3, center: Vec3, color: Vec3, *tags: str) -> BodySpec:
    return BodySpec(
        name=name,
        shape=BoxShape(size_m=size),
        world_from_body=Pose(center),
        friction=0.7,
        material=MaterialSpec(base_color=color),
        tags=("furniture", *tags),
    )
