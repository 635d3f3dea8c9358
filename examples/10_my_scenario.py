"""A scenario of one's own, for the command line: diorama generate examples/10_my_scenario.py:Podium --out out/podium."""

from dataclasses import dataclass
from typing import ClassVar

import diorama
from diorama import BodySpec, BoxShape, CylinderShape, PhysicsSpec, Pose


@dataclass(frozen=True, kw_only=True)
class Podium:
    """Cubes of one size dropped on a round podium."""

    name: ClassVar[str] = "podium"
    categories: ClassVar = (("cube", "toy"),)  # made here, not taken from the asset library
    cubes: diorama.Distribution = diorama.UniformInt(4, 9)
    size_m: diorama.Distribution = diorama.Uniform(0.03, 0.06)

    def build(self, seed: diorama.Seed, context: diorama.Context) -> diorama.SceneSpec:
        """All randomness comes from `seed`; poses, materials and light are left to the randomizers."""
        rng = seed.child("cubes").rng()
        shape = BoxShape(size_m=(self.size_m.sample(rng),) * 3)
        cubes = [BodySpec(name=f"cube-{i}", shape=shape, mass_kg=0.1, category="cube", tags=("object",)) for i in range(self.cubes.sample(rng))]
        podium = BodySpec(name="podium", shape=CylinderShape(radius_m=0.4, height_m=0.2), world_from_body=Pose((0, 0, 0.1)), tags=("support",))
        floor = BodySpec(name="floor", shape=BoxShape(size_m=(8, 8, 0.1)), world_from_body=Pose((0, 0, -0.05)))
        return diorama.SceneSpec(bodies=(floor, podium, *cubes), physics=PhysicsSpec(bounds_min_m=(-0.4, -0.4, 0.19), bounds_max_m=(0.4, 0.4, 2)))

    def randomizers(self) -> tuple[diorama.Randomizer, ...]:
        """What a plan varies that says nothing else."""
        drop = diorama.RANDOMIZERS["drop"](margin_m=0.15)
        return (drop, *(diorama.RANDOMIZERS[name]() for name in ("materials", "lights", "background", "camera-shell", "sensor")))
