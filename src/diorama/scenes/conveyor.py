"""Objects on a running conveyor belt."""

from dataclasses import dataclass, replace
from typing import ClassVar

from diorama.randomizers.background import Background
from diorama.randomizers.base import Context, Randomizer
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.colors import rgb_from_hsv
from diorama.randomizers.distributions import Choice, Constant, Distribution, Mixture, Uniform, UniformInt, require, require_one_of, require_share
from diorama.randomizers.lens import Lens
from diorama.randomizers.objects import Objects
from diorama.randomizers.scatter import Scatter
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.transport import Transport
from diorama.scenes.furniture import FLOOR_SIZE_M, INDUSTRIAL, OVERHEAD, floor, low_walls, slab
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, CylinderShape, MaterialSpec, PhysicsSpec, Pose, ProceduralTexture, SceneSpec, SunLight

#: Light from this far above the horizon, or higher, passes over every wall and reaches all of the belt.
_OPEN_ELEVATION_DEG = 30.0
_FALLEN_M = 0.02
_HEADROOM_M = 1.5
#: Things start a millimetre above the belt.
_TIME_STEP_S = 1 / 160
#: The belt with what carries it, and the profiles of the frame beside it.
_BED_M, _PROFILE_M = 0.05, 0.045
_LEG_M = 0.05
#: Belts as they are made: colour as hue in degrees, saturation and value, and roughness.
BELTS: dict[str, tuple[float, float, float, float]] = {
    "black": (210, 0.05, 0.12, 0.75),
    "green": (150, 0.65, 0.3, 0.5),
    "blue": (212, 0.75, 0.5, 0.45),
    "white": (50, 0.03, 0.85, 0.5),
    "grey": (210, 0.03, 0.4, 0.6),
}
_QUARTER = 0.7071067812


@dataclass(frozen=True, slots=True, kw_only=True)
class Conveyor:
    """A straight conveyor along x, objects scattered over its belt, all of which then moves.

    The belt is `width_m` wide, `length_m` long, its top `height_m` above the floor, and looks as `belt` says, one of `BELTS`. It runs in a frame of
    metal profiles on legs; a share `rails` has guide rails on both sides, `rail_m` above it. `walls` of the room's four sides are closed,
    each `wall_distance_m` from the middle.
    """

    name: ClassVar[str] = "conveyor"

    length_m: Distribution = Uniform(1.6, 2.8)
    width_m: Distribution = Uniform(0.35, 0.7)
    height_m: Distribution = Uniform(0.6, 0.95)
    belt: Distribution = Choice({"black": 0.4, "green": 0.2, "blue": 0.15, "grey": 0.15, "white": 0.1})
    rails: float = 0.6
    rail_m: Distribution = Uniform(0.03, 0.12)
    walls: Distribution = UniformInt(0, 2)
    wall_distance_m: Distribution = Uniform(2.4, 4.5)

    def __post_init__(self) -> None:
        require(self, 0.5, 20, "length_m")
        require(self, 0.15, 3, "width_m")
        require(self, 0.3, 2, "height_m")
        require_one_of(self, BELTS, "belt")
        require(self, 0.01, 0.5, "rail_m")
        require(self, 0, 4, "walls", whole=True)
        require(self, 2, FLOOR_SIZE_M / 2, "wall_distance_m")
        require_share(self, "rails")

    def build(self, seed: Seed, context: Context) -> SceneSpec:
        rng = seed.child("conveyor").rng()
        length, width, height = self.length_m.sample(rng), self.width_m.sample(rng), self.height_m.sample(rng)
        has_rails, rail = rng.random() < self.rails, self.rail_m.sample(rng)
        bodies = [floor(), *self._conveyor(length, width, height, seed)]
        if has_rails:
            bodies += _rails(length, width, height, rail)
        return SceneSpec(
            bodies=(*bodies, *low_walls(seed.child("walls"), self.walls, self.wall_distance_m, (length, width, height + rail), _OPEN_ELEVATION_DEG)),
            lights=(SunLight(direction=(-0.4, 0.3, -1.0)),),
            physics=PhysicsSpec(
                time_step_s=_TIME_STEP_S,
                bounds_min_m=(-length / 2, -width / 2, height - _FALLEN_M),
                bounds_max_m=(length / 2, width / 2, height + _HEADROOM_M),
            ),
        )

    def randomizers(self) -> tuple[Randomizer, ...]:
        return (
            Objects(count=UniformInt(6, 14), largest_m=0.3),
            Scatter(size_m=(1.2, 10.0), rest=Choice({"flat": 0.5, "upright": 0.3, "any": 0.2}), spacing_m=0.02, margin_m=0.02),
            INDUSTRIAL,
            Transport(),
            OVERHEAD,
            Background(),
            CameraShell(elevation_deg=Uniform(30, 88)),
            Lens(exposure_s=Mixture([Constant(0.0), Uniform(0.004, 0.025)]), blur_samples=8),
            Sensor(),
        )

    def _conveyor(self, length: float, width: float, height: float, seed: Seed) -> list[BodySpec]:
        rng = seed.child("belt").rng()
        hue, saturation, value, roughness = BELTS[self.belt.sample(rng)]
        color = rgb_from_hsv(hue / 360, saturation, value * Uniform(0.8, 1.2).sample(rng))
        # A weave, finer than a camera a metre away resolves, and the dirt that shows that the belt runs.
        worn = ProceduralTexture(
            pattern="noise",
            color_a=color,
            color_b=rgb_from_hsv(hue / 360, saturation, value * Uniform(0.8, 0.97).sample(rng)),
            tile_m=Uniform(0.3, 0.8).sample(rng),
            frequency=UniformInt(3, 8).sample(rng),
            seed=seed.child("wear").integer(),
        )
        belt = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=roughness, texture=worn)
        metal = MaterialSpec(base_color=(0.75, 0.76, 0.77), metallic=1.0, roughness=Uniform(0.3, 0.55).sample(rng))
        top = slab("belt", (length, width, _BED_M), (0.0, 0.0, height - _BED_M / 2), belt, "container", "support", "belt")
        ends = [
            BodySpec(
                name=f"belt-end-{i}",
                shape=CylinderShape(radius_m=_BED_M / 2, height_m=width),
                world_from_body=Pose((sign * length / 2, 0.0, height - _BED_M / 2), (_QUARTER, _QUARTER, 0.0, 0.0)),
                material=belt,
                tags=("container",),
            )
            for i, sign in enumerate((-1, 1))
        ]
        y = (width + _PROFILE_M) / 2
        sides = [
            slab(f"profile-{i}", (length, _PROFILE_M, 2 * _PROFILE_M), (0.0, sign * y, height - 0.005 - _PROFILE_M), metal, "container")
            for i, sign in enumerate((-1, 1))
        ]
        tall = height - 0.005 - 2 * _PROFILE_M
        legs = [
            slab(f"belt-leg-{i}", (_LEG_M, _PROFILE_M, tall), (sx * (length / 2 - 0.2), sy * y, tall / 2), metal, "container")
            for i, (sx, sy) in enumerate(((-1, -1), (1, -1), (-1, 1), (1, 1)))
        ]
        return [top, *ends, *sides, *legs]


def _rails(length: float, width: float, height: float, rail: float) -> list[BodySpec]:
    """Guide rails on posts, along both sides of the belt."""
    metal = MaterialSpec(base_color=(0.8, 0.8, 0.8), metallic=1.0, roughness=0.3)
    bodies = []
    for i, sign in enumerate((-1, 1)):
        y = sign * (width / 2 + 0.008)
        bodies.append(slab(f"guide-{i}", (length, 0.012, 0.03), (0.0, y, height + rail - 0.015), metal, "container"))
        for k in range(3):
            post = (0.02, 0.012, rail + 0.02)
            at = ((k - 1) * (length / 2 - 0.1), y + sign * 0.012, height + rail / 2 - 0.01)
            bodies.append(slab(f"guide-post-{3 * i + k}", post, at, metal, "container"))
    return [replace(body, friction=0.3) for body in bodies]
