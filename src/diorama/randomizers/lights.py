"""Where light comes from: the sun, lamps, panels, ceiling lights and windows, and now and then a shadowless fill light."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.bounds import lit_point
from diorama.randomizers.colors import KELVIN_RANGE, rgb_from_kelvin, scaled
from diorama.randomizers.distributions import Choice, Constant, Distribution, LogUniform, TruncatedNormal, Uniform, require, require_one_of, rounded
from diorama.randomizers.illumination import from_rect
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import Flicker, Light, PointLight, RectLight, Rgb, SceneSpec, SpotLight, SunLight
from diorama.sim.transforms import Vec3

#: Below this sine of a light's elevation its power is no longer raised to make up for the slant: faces turned to it would glare.
_MIN_SLANT = 0.4
#: Level: along x and y.
Direction = tuple[float, float]
KINDS = ("sun", "spot", "point", "panel", "ceiling", "window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lights(Labelled):
    """Replace the lights: number, kind, direction, colour temperature, power, and softness of shadows.

    `shadowed` lights cast shadows; the first, the key light, is of the kind that `key` says, the others of those of `others`; `fill`
    point lights cast none. A ``sun`` shines from far away; a ``spot`` is aimed, a ``point`` shines to all sides. Three are rectangles that
    shine evenly from one face: a ``panel`` is aimed, as a softbox or a screen is; a ``ceiling`` light faces straight down; a
    ``window`` stands upright.

    What is lit is the middle of the table top (the body tagged ``support``), or without one the middle of the objects. Lights stand on a dome
    above it, all but suns `distance_m` away, aimed `aim_m` beside it (along x and y). Ceiling lights are at `ceiling_m` above it, up to as
    far beside it as they are high; windows' middles at `window_m` above it. Together they give it, if it is level, `irradiance` W/m2, of which a
    light after the first gives `secondary` times the key light's part. `kelvin` is a light's colour as a camera balanced for 6500 K
    sees it. `sun_diameter_deg`, `spot_radius_m` (of spots and points) and `panel_m` (of rectangles, drawn for width and height)
    set how soft shadows are; `cone_deg` is a spot's outer half-angle, and `falloff` the share of it over which it fades.

    All but suns and windows flicker, each by the share `flicker` of its power, and all at `flicker_hz`: so views differ, and a rolling shutter
    shows bands.
    """

    name: ClassVar[str] = "lights"
    stage: ClassVar[Stage] = "scene"

    shadowed: Distribution = Choice({1: 0.45, 2: 0.4, 3: 0.15})
    fill: Distribution = Choice([0, 1])
    key: Distribution = Choice({"sun": 0.5, "spot": 0.25, "point": 0.05, "panel": 0.05, "ceiling": 0.08, "window": 0.07})
    others: Distribution = Choice({"spot": 0.75, "point": 0.05, "panel": 0.1, "ceiling": 0.05, "window": 0.05})
    elevation_deg: Distribution = Uniform(22, 80)
    azimuth_deg: Distribution = Uniform(0, 360)
    distance_m: Distribution = Uniform(1.3, 2.6)
    ceiling_m: Distribution = Uniform(1.3, 2.2)
    window_m: Distribution = Uniform(0.2, 1.0)
    aim_m: Distribution = Uniform(-0.2, 0.2)
    irradiance: Distribution = LogUniform(1.5, 5.0)
    secondary: Distribution = LogUniform(0.15, 0.8)
    kelvin: Distribution = TruncatedNormal(5800, 2200, 2600, 12000)
    sun_diameter_deg: Distribution = LogUniform(0.5, 10)
    spot_radius_m: Distribution = LogUniform(0.01, 0.15)
    panel_m: Distribution = LogUniform(0.25, 1.4)
    cone_deg: Distribution = Uniform(18, 45)
    falloff: Distribution = Uniform(0.15, 0.6)
    flicker: Distribution = Constant(0.0)
    flicker_hz: Distribution = Choice([100, 120])

    def __post_init__(self) -> None:
        require_one_of(self, KINDS, "key", "others")
        require(self, 1, 16, "shadowed", whole=True)
        require(self, 0, 16, "fill", whole=True)
        require(self, 5, 90, "elevation_deg")
        require(self, -math.inf, math.inf, "azimuth_deg", "aim_m")
        require(self, 0.05, 1000, "distance_m", "ceiling_m")
        require(self, 0, 1000, "window_m")
        require(self, 0, math.inf, "irradiance", "secondary", "spot_radius_m")
        require(self, *KELVIN_RANGE, "kelvin")
        require(self, 0, 57, "sun_diameter_deg")
        require(self, 0.001, 1000, "panel_m")
        require(self, 1, 85, "cone_deg")
        require(self, 0.01, 1, "falloff")
        require(self, 0, 1, "flicker")
        require(self, 0.01, 1e6, "flicker_hz")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        center = lit_point(spec, context.library)
        rng = seed.rng()
        key, shadowed, fill = self.key.sample(rng), self.shadowed.sample(rng), self.fill.sample(rng)
        irradiance = self.irradiance.sample(rng)
        others = [self.others.sample(seed.child("kind", i).rng()) for i in range(1, shadowed)]
        kinds = [key, *others, *["fill"] * fill]
        streams = [seed.child("light", i).rng() for i in range(len(kinds))]
        weights = [1.0] + [self.secondary.sample(stream) for stream in streams[1:]]
        share = irradiance / math.fsum(weights)
        kelvins = [self.kelvin.sample(stream) for stream in streams]
        lights = [
            self._light(kind, stream, center, share * weight, rgb_from_kelvin(kelvin))
            for kind, stream, weight, kelvin in zip(kinds, streams, weights, kelvins, strict=True)
        ]
        lights = [self._flickering(light, kind, seed.child("flicker"), i) for i, (light, kind) in enumerate(zip(lights, kinds, strict=True))]
        return {"irradiance": irradiance, "kinds": kinds, "kelvin": kelvins, "lights": [to_json(light) for light in lights]}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(lights=from_json(tuple[Light, ...], params["lights"]))

    def _light(self, kind: str, rng: np.random.Generator, center: Vec3, irradiance: float, rgb: Rgb) -> Light:
        """One light that gives `irradiance` W/m2 to a level surface at `center`, if it is aimed there."""
        elevation, azimuth = math.radians(self.elevation_deg.sample(rng)), math.radians(self.azimuth_deg.sample(rng))
        level, up = (math.cos(azimuth), math.sin(azimuth)), math.sin(elevation)
        if kind in ("panel", "ceiling", "window"):
            return self._rect(kind, rng, center, elevation, level, irradiance, rgb)
        to_light = (math.cos(elevation) * level[0], math.cos(elevation) * level[1], up)
        facing = irradiance / max(up, _MIN_SLANT)
        if kind == "sun":
            return SunLight(
                direction=_vec3(-c for c in to_light),
                irradiance=scaled(rgb, facing),
                angular_diameter_rad=rounded(math.radians(self.sun_diameter_deg.sample(rng))),
            )
        distance = self.distance_m.sample(rng)
        position = _vec3(c + distance * t for c, t in zip(center, to_light, strict=True))
        intensity = scaled(rgb, facing * distance * distance)
        if kind == "fill":
            return PointLight(position_m=position, intensity=intensity, shadows=False)
        if kind == "point":
            return PointLight(position_m=position, intensity=intensity, radius_m=self.spot_radius_m.sample(rng))
        outer = math.radians(self.cone_deg.sample(rng))
        return SpotLight(
            position_m=position,
            direction=self._towards(center, position, rng),
            intensity=intensity,
            inner_rad=rounded(outer * (1 - self.falloff.sample(rng))),
            outer_rad=rounded(outer),
            radius_m=self.spot_radius_m.sample(rng),
        )

    def _rect(self, kind: str, rng: np.random.Generator, center: Vec3, elevation: float, level: Direction, irradiance: float, rgb: Rgb) -> RectLight:
        (x, y), up, aside = level, math.sin(elevation), math.cos(elevation)
        aim, top = None, (0.0, 0.0, 1.0)
        if kind == "panel":
            distance = self.distance_m.sample(rng)
            up, aside = distance * up, distance * aside
        elif kind == "ceiling":
            height = self.ceiling_m.sample(rng)
            up, aside = height, height * min(aside / up, 1.0)
            aim, top = (0.0, 0.0, -1.0), _vec3((-y, x, 0.0))
        else:
            aside, up = self.distance_m.sample(rng), self.window_m.sample(rng)
            aim = _vec3((-x, -y, 0.0))
        position = _vec3((center[0] + aside * x, center[1] + aside * y, center[2] + up))
        light = RectLight(
            position_m=position,
            direction=aim or self._towards(center, position, rng),
            up=top,
            size_m=(self.panel_m.sample(rng), self.panel_m.sample(rng)),
        )
        distance = math.dist(position, center)
        faced = from_rect(light, center, _vec3((p - c) / distance for p, c in zip(position, center, strict=True)))
        slant = from_rect(light, center, (0.0, 0.0, 1.0)) / faced
        return replace(light, radiance=scaled(rgb, irradiance / (faced * max(slant, _MIN_SLANT))))

    def _flickering(self, light: Light, kind: str, seed: Seed, index: int) -> Light:
        """The light as the mains drive it, which are the same for all."""
        depth = self.flicker.sample(seed.child("light", index).rng())
        if depth == 0 or isinstance(light, SunLight) or kind == "window":
            return light
        mains = seed.child("mains").rng()
        frequency, phase = self.flicker_hz.sample(mains), rounded(2 * math.pi * mains.random())
        return replace(light, flicker=Flicker(frequency_hz=frequency, depth=depth, phase_rad=phase))

    def _towards(self, center: Vec3, position: Vec3, rng: np.random.Generator) -> Vec3:
        """From a position to beside the middle."""
        aim = (center[0] + self.aim_m.sample(rng), center[1] + self.aim_m.sample(rng), center[2])
        return _vec3(a - p for a, p in zip(aim, position, strict=True))


def _vec3(values: Any) -> Vec3:
    x, y, z = (rounded(v) for v in values)
    return (x, y, z)
