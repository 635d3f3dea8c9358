"""Where light comes from: a sun, spot lights, and now and then a shadowless fill light."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.bounds import support_box
from diorama.randomizers.colors import KELVIN_RANGE, rgb_from_kelvin, scaled
from diorama.randomizers.distributions import Choice, Distribution, LogUniform, TruncatedNormal, Uniform, require, require_one_of, rounded
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import Light, PointLight, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import Vec3

#: Below this sine of a light's elevation its power is no longer raised to make up for the slant: faces turned to it would glare.
_MIN_SLANT = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lights:
    """Replace the lights: number, kind, direction, colour temperature, power, and softness of shadows.

    `shadowed` lights cast shadows; the first, the key light, is a sun or a spot as `key` says, the others are spots; `fill`
    point lights cast none. Lights stand on a dome above the middle of the table top, the spots and points `distance_m` away,
    spots aimed `aim_m` beside it (along x and y). Together they give the level table top `irradiance` W/m2, of which a light
    after the first gives `secondary` times the key light's part. `kelvin` is a light's colour as a camera balanced for 6500 K
    sees it. `sun_diameter_deg` and `spot_radius_m` set how soft shadows are; `cone_deg` is a spot's outer half-angle, and
    `falloff` the share of it over which it fades.
    """

    name: ClassVar[str] = "lights"
    stage: ClassVar[Stage] = "scene"

    shadowed: Distribution = Choice({1: 0.45, 2: 0.4, 3: 0.15})
    fill: Distribution = Choice([0, 1])
    key: Distribution = Choice({"sun": 0.6, "spot": 0.4})
    elevation_deg: Distribution = Uniform(22, 80)
    azimuth_deg: Distribution = Uniform(0, 360)
    distance_m: Distribution = Uniform(1.3, 2.6)
    aim_m: Distribution = Uniform(-0.2, 0.2)
    irradiance: Distribution = LogUniform(1.5, 5.0)
    secondary: Distribution = LogUniform(0.15, 0.8)
    kelvin: Distribution = TruncatedNormal(5800, 2200, 2600, 12000)
    sun_diameter_deg: Distribution = LogUniform(0.5, 10)
    spot_radius_m: Distribution = LogUniform(0.01, 0.15)
    cone_deg: Distribution = Uniform(18, 45)
    falloff: Distribution = Uniform(0.15, 0.6)

    def __post_init__(self) -> None:
        require_one_of(self, ("sun", "spot"), "key")
        require(self, 1, 16, "shadowed", whole=True)
        require(self, 0, 16, "fill", whole=True)
        require(self, 5, 90, "elevation_deg")
        require(self, -math.inf, math.inf, "azimuth_deg", "aim_m")
        require(self, 0.05, 1000, "distance_m")
        require(self, 0, math.inf, "irradiance", "secondary", "spot_radius_m")
        require(self, *KELVIN_RANGE, "kelvin")
        require(self, 0, 57, "sun_diameter_deg")
        require(self, 1, 85, "cone_deg")
        require(self, 0.01, 1, "falloff")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        table = support_box(spec, context.library)
        center = (table.middle[0], table.middle[1], table.high[2])
        rng = seed.rng()
        key, shadowed, fill = self.key.sample(rng), self.shadowed.sample(rng), self.fill.sample(rng)
        irradiance = self.irradiance.sample(rng)
        kinds = [key] + ["spot"] * (shadowed - 1) + ["point"] * fill
        streams = [seed.child("light", i).rng() for i in range(len(kinds))]
        weights = [1.0] + [self.secondary.sample(stream) for stream in streams[1:]]
        share = irradiance / math.fsum(weights)
        kelvins = [self.kelvin.sample(stream) for stream in streams]
        lights = [self._light(*one, center) for one in zip(kinds, streams, (w * share for w in weights), kelvins, strict=True)]
        return {"irradiance": irradiance, "kelvin": kelvins, "lights": [to_json(light) for light in lights]}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(lights=from_json(tuple[Light, ...], params["lights"]))

    def _light(self, kind: str, rng: np.random.Generator, irradiance: float, kelvin: float, center: Vec3) -> Light:
        """One light that gives `irradiance` W/m2 to a level surface at `center`, if it is aimed there."""
        elevation, azimuth = math.radians(self.elevation_deg.sample(rng)), math.radians(self.azimuth_deg.sample(rng))
        up = math.sin(elevation)
        to_light = (math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), up)
        facing = irradiance / max(up, _MIN_SLANT)
        rgb = rgb_from_kelvin(kelvin)
        if kind == "sun":
            return SunLight(
                direction=_vec3(-c for c in to_light),
                irradiance=scaled(rgb, facing),
                angular_diameter_rad=rounded(math.radians(self.sun_diameter_deg.sample(rng))),
            )
        distance = self.distance_m.sample(rng)
        position = _vec3(c + distance * t for c, t in zip(center, to_light, strict=True))
        intensity = scaled(rgb, facing * distance * distance)
        if kind == "point":
            return PointLight(position_m=position, intensity=intensity)
        aim = (center[0] + self.aim_m.sample(rng), center[1] + self.aim_m.sample(rng), center[2])
        outer = math.radians(self.cone_deg.sample(rng))
        return SpotLight(
            position_m=position,
            direction=_vec3(a - p for a, p in zip(aim, position, strict=True)),
            intensity=intensity,
            inner_rad=rounded(outer * (1 - self.falloff.sample(rng))),
            outer_rad=rounded(outer),
            radius_m=self.spot_radius_m.sample(rng),
        )


def _vec3(values: Any) -> Vec3:
    x, y, z = (rounded(v) for v in values)
    return (x, y, z)
