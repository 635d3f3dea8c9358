"""Objects poured into a bin, seen from above, as a robot that picks them does."""

import math
from dataclasses import dataclass
from typing import ClassVar

from diorama.randomizers.background import Background
from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.colors import rgb_from_hsv, scaled
from diorama.randomizers.distributions import (
    Choice,
    Distribution,
    LogUniform,
    TruncatedNormal,
    Uniform,
    UniformInt,
    require,
    require_one_of,
    require_share,
)
from diorama.randomizers.objects import Objects
from diorama.randomizers.pile import Pile
from diorama.randomizers.sensor import Sensor
from diorama.scenes.bins import Bin
from diorama.scenes.furniture import FLOOR_SIZE_M, INDUSTRIAL, OVERHEAD, floor, low_walls, raised, table
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MaterialSpec, PhysicsSpec, ProceduralTexture, SceneSpec, SunLight

#: Colours that plastic bins have: hue in degrees, saturation and value, as in a drawing program.
COLORS: dict[str, tuple[float, float, float]] = {
    "black": (220, 0.1, 0.16),
    "blue": (216, 0.85, 0.6),
    "green": (145, 0.6, 0.45),
    "grey": (210, 0.05, 0.52),
    "red": (4, 0.85, 0.65),
    "white": (50, 0.04, 0.9),
    "yellow": (46, 0.85, 0.92),
}
_CARDBOARD = (31.0, 0.38, 0.72)

#: Light from this far above the horizon, or higher, passes over every wall and reaches the bin.
_OPEN_ELEVATION_DEG = 30.0
#: A body whose centre is so far outside the room within the bin's walls, or so far above its rim, has fallen out.
_OUTSIDE_M = 0.01
#: How high above the bin's floor things may start.
_HEADROOM_M = 2.0
#: Things fall a few decimetres, and must not be past a wall within one step.
_TIME_STEP_S = 1 / 240


@dataclass(frozen=True, slots=True, kw_only=True)
class BinPicking:
    """A bin on a table or on the floor, and random objects poured into it.

    The bin stands in the middle; inside, it is `length_m` long (along x), `width_m` wide and `depth_m` deep. Its `kind` is ``tote``, of plastic,
    with a rim and ribs, in one of `COLORS`; or ``carton``, a cardboard box whose flaps are bent outwards by `flaps_deg`. A share `on_table`
    stands on a table `height_m` high and `margin_m` larger on all sides. `walls` of the room's four sides are closed, each
    `wall_distance_m` from the middle.
    """

    name: ClassVar[str] = "bin-picking"

    kind: Distribution = Choice({"tote": 0.75, "carton": 0.25})
    length_m: Distribution = Uniform(0.36, 0.6)
    width_m: Distribution = Uniform(0.28, 0.42)
    depth_m: Distribution = Uniform(0.12, 0.24)
    wall_m: Distribution = Uniform(0.005, 0.009)
    color: Distribution = Choice({"blue": 0.3, "grey": 0.3, "black": 0.1, "red": 0.1, "green": 0.08, "yellow": 0.06, "white": 0.06})
    flaps_deg: Distribution = TruncatedNormal(120, 25, 60, 172)
    on_table: float = 0.6
    height_m: Distribution = Uniform(0.5, 0.85)
    margin_m: Distribution = Uniform(0.05, 0.4)
    walls: Distribution = UniformInt(0, 2)
    wall_distance_m: Distribution = Uniform(2.2, 4.5)

    def __post_init__(self) -> None:
        require_one_of(self, ("tote", "carton"), "kind")
        require_one_of(self, COLORS, "color")
        require(self, 0.05, 3, "length_m", "width_m", "depth_m")
        require(self, 0.002, 0.05, "wall_m")
        require(self, 0, 178, "flaps_deg")
        require(self, 0.1, 2, "height_m")
        require(self, 0, 2, "margin_m")
        require(self, 0, 4, "walls", whole=True)
        require(self, 2, FLOOR_SIZE_M / 2, "wall_distance_m")
        require_share(self, "on_table")

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        rng = seed.child("bin").rng()
        length, width, depth, thick = (d.sample(rng) for d in (self.length_m, self.width_m, self.depth_m, self.wall_m))
        box = Bin(length_m=length, width_m=width, depth_m=depth, wall_m=thick)
        bodies = self._bin(box, seed)
        rng = seed.child("table").rng()
        is_on_table, height = rng.random() < self.on_table, self.height_m.sample(rng)
        x, y = (2 * (self.margin_m.sample(rng) + thick) + inside for inside in (length, width))
        ground = height if is_on_table else 0.0
        stand = table(x, y, height, 0.03, 0.05) if is_on_table else []
        level = ground + box.floor_m
        return SceneSpec(
            bodies=(
                floor(),
                *stand,
                *raised(bodies, (0.0, 0.0, ground)),
                *low_walls(seed.child("walls"), self.walls, self.wall_distance_m, (length, width, level + depth), _OPEN_ELEVATION_DEG),
            ),
            lights=(SunLight(direction=(-0.4, 0.3, -1.0)),),
            physics=PhysicsSpec(
                time_step_s=_TIME_STEP_S,
                bounds_min_m=(-length / 2 - _OUTSIDE_M, -width / 2 - _OUTSIDE_M, level - _OUTSIDE_M),
                bounds_max_m=(length / 2 + _OUTSIDE_M, width / 2 + _OUTSIDE_M, level + _HEADROOM_M),
            ),
        )

    def randomizers(self) -> tuple[Randomizer, ...]:
        return (
            Objects(count=UniformInt(5, 10), copies=UniformInt(1, 4), largest_m=0.25),
            Pile(choices=UniformInt(8, 24)),
            INDUSTRIAL,
            OVERHEAD,
            Background(),
            CameraShell(elevation_deg=Uniform(50, 88), fill=Uniform(0.75, 1.2)),
            Sensor(),
        )

    def _bin(self, box: Bin, seed: Seed) -> list[BodySpec]:
        """It stands on the floor, about the origin."""
        rng = seed.child("look").rng()
        kind, color = self.kind.sample(rng), self.color.sample(rng)
        hue, saturation, value = _CARDBOARD if kind == "carton" else COLORS[color]
        base = rgb_from_hsv(
            (hue + TruncatedNormal(0, 4, -12, 12).sample(rng)) / 360,
            saturation * Uniform(0.85, 1.0).sample(rng),
            value * LogUniform(0.85, 1.08).sample(rng),
        )
        if kind == "carton":
            fibres = ProceduralTexture(
                pattern="noise", color_a=base, color_b=scaled(base, 0.88), tile_m=0.25, frequency=8, seed=seed.child("fibres").integer()
            )
            material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=Uniform(0.8, 0.95).sample(rng), texture=fibres)
            bends = [math.radians(self.flaps_deg.sample(rng)) for _ in range(4)]
            return box.carton(material, (bends[0], bends[1], bends[2], bends[3]))
        return box.tote(MaterialSpec(base_color=base, roughness=Uniform(0.3, 0.6).sample(rng)))
