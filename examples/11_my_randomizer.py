"""A randomizer of one's own, for plan files: diorama generate examples/plans/sunset.yaml --plugin examples/11_my_randomizer.py --out out/sunset."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama import Context, Distribution, SceneSpec, Seed, SunLight, Uniform


@dataclass(frozen=True, kw_only=True)
class Sunset:
    """One low, orange sun in place of all lights; the lower, the redder."""

    name: ClassVar[str] = "sunset"
    stage: ClassVar[str] = "scene"
    elevation_deg: Distribution = Uniform(4, 15)
    azimuth_deg: Distribution = Uniform(0, 360)

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        """All randomness is here; what is returned is recorded, and can be replayed."""
        rng = seed.rng()
        return {"elevation_deg": self.elevation_deg.sample(rng), "azimuth_deg": self.azimuth_deg.sample(rng)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        """Pure: from the record alone."""
        up, around = math.radians(params["elevation_deg"]), math.radians(params["azimuth_deg"])
        towards = (math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up))
        glow = params["elevation_deg"] / 15
        color = (9.0, round(2.5 + 2.5 * glow, 6), round(0.6 + 2.4 * glow, 6))
        x, y, z = (round(-c, 9) for c in towards)
        return spec.replace(lights=(SunLight(direction=(x, y, z), irradiance=color, angular_diameter_rad=0.01),))
