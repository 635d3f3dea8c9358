"""Objects dropped on a table in the middle of a room."""

from dataclasses import dataclass
from typing import ClassVar

from diorama.randomizers.background import Background
from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Distribution, Uniform, UniformInt, require
from diorama.randomizers.drop import Drop
from diorama.randomizers.lights import Lights
from diorama.randomizers.materials import Materials
from diorama.randomizers.objects import Objects
from diorama.randomizers.sensor import Sensor
from diorama.scenes.furniture import FLOOR_SIZE_M, floor, low_walls, table
from diorama.sim.seeds import Seed
from diorama.sim.spec import PhysicsSpec, SceneSpec, SunLight

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
        require(self, 2.6, FLOOR_SIZE_M / 2, "wall_distance_m")

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        rng = seed.child("table").rng()
        width, depth, height = self.width_m.sample(rng), self.depth_m.sample(rng), self.height_m.sample(rng)
        thickness, leg = self.thickness_m.sample(rng), self.leg_m.sample(rng)
        return SceneSpec(
            bodies=(
                floor(),
                *table(width, depth, height, thickness, leg, "support"),
                *low_walls(seed.child("walls"), self.walls, self.wall_distance_m, (width, depth, height), _OPEN_ELEVATION_DEG),
            ),
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
