"""How heavy, slippery and bouncy things are, and which way is down."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Select, Stage
from diorama.randomizers.distributions import Distribution, LogUniform, require, rounded
from diorama.randomizers.placement import PLACED
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics(Labelled):
    """Vary what physics takes for given.

    For the bodies `on`: `mass` multiplies their masses, and moments of inertia with them; `friction` and `restitution` replace theirs. Where
    two bodies touch, the geometric mean of both counts, so that furniture may be worth selecting too. For the scene: gravity of
    `gravity_m_s2`, `tilt_deg` from straight down to any side: on a ramp, a ship, the Moon. What is None stays as it is.
    """

    name: ClassVar[str] = "physics"
    stage: ClassVar[Stage] = "scene"

    on: Select = PLACED
    mass: Distribution = LogUniform(0.7, 1.4)
    friction: Distribution | None = None
    restitution: Distribution | None = None
    gravity_m_s2: Distribution | None = None
    tilt_deg: Distribution | None = None

    def __post_init__(self) -> None:
        require(self, 1e-3, 1e3, "mass")
        for name, high in (("friction", 10), ("restitution", 1), ("gravity_m_s2", 1000), ("tilt_deg", 180)):
            if getattr(self, name) is not None:
                require(self, 0, high, name)

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for body in self.on.of(spec.bodies):
            rng = seed.child("body", body.name).rng()
            drawn[body.name] = {"mass": self.mass.sample(rng)}
            for name in ("friction", "restitution"):
                if (distribution := getattr(self, name)) is not None:
                    drawn[body.name][name] = distribution.sample(seed.child("body", body.name, name).rng())
        return {"bodies": drawn} | self._gravity(seed.child("gravity"), spec)

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        changes: dict[str, dict[str, Any]] = {}
        for body in spec.bodies:
            if (drawn := params["bodies"].get(body.name)) is not None:
                inertia = body.inertia_kg_m2
                changes[body.name] = {
                    "mass_kg": rounded(body.mass_kg * drawn["mass"]),
                    "inertia_kg_m2": inertia and tuple(rounded(i * drawn["mass"]) for i in inertia),
                } | {name: drawn[name] for name in ("friction", "restitution") if name in drawn}
        spec = spec.map_bodies(changes)
        if "gravity_m_s2" in params:
            spec = spec.replace(physics=replace(spec.physics, gravity_m_s2=tuple(params["gravity_m_s2"])))
        return spec

    def _gravity(self, seed: Seed, spec: SceneSpec) -> dict[str, Any]:
        if self.gravity_m_s2 is None and self.tilt_deg is None:
            return {}
        rng = seed.rng()
        azimuth = 2 * math.pi * rng.random()
        size = self.gravity_m_s2.sample(rng) if self.gravity_m_s2 else math.hypot(*spec.physics.gravity_m_s2)
        tilt = math.radians(self.tilt_deg.sample(seed.child("tilt").rng())) if self.tilt_deg else 0.0
        level = size * math.sin(tilt)
        return {"gravity_m_s2": [rounded(level * math.cos(azimuth)), rounded(level * math.sin(azimuth)), rounded(-size * math.cos(tilt))]}
