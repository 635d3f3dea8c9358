"""Weather and hour of a street: sky and sun, clouds, haze and fog, what is wet or snowed upon, and lamps when it is dark."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.colors import scaled
from diorama.randomizers.distributions import Choice, Constant, Distribution, LogUniform, Uniform, UniformInt, require, require_one_of, rounded
from diorama.randomizers.street.night import DARK, daylight, fog_by_lamps, gain, head_lamps, street_lamps, with_beams, with_glow, with_windows
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light, sun_share
from diorama.sim.spec import BodySpec, CloudGenus, Clouds, EnvironmentSpec, Falling, Fog, Light, PhysicalSky, Rgb, SceneSpec, Weathering

KINDS = ("clear", "cloudy", "overcast", "fog", "rain", "after-rain", "snow")
HOURS = ("day", "golden-hour", "dusk", "night")
#: Where the sun stands, in degrees above the horizon.
_SUN_DEG: dict[str, Distribution] = {
    "day": Uniform(14, 62),
    "golden-hour": Uniform(2, 11),
    "dusk": Uniform(-8, -1.5),
    "night": Uniform(-20, -13),
}
#: What a surface is in semantic masks says how much of the rain stands on it, and how much of the snow stays: on roads it is driven away.
_LEVEL = frozenset({"road", "sidewalk", "parking"})
_GROUND = _LEVEL | {"terrain"}
_SNOW_KEPT = {"road": 0.35, "parking": 0.6, "sidewalk": 0.75}
#: Less of the sun than this casts no shadow that could be seen.
_FAINT = 0.05
#: So often a kind is drawn until it is one of the season.
_AGAIN = 30
#: Of what those have who move.
_DRIVEN_SNOW = 0.35
#: A town's lamps on a clear sky's horizon, W/m2/sr.
_GLOW = (3.0e-6, 2.4e-6, 1.8e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sky:
    """What skies of a kind are like: how overcast, which clouds, and the extinction of the air (1/m)."""

    overcast: Distribution
    genus: Distribution
    cover: Distribution
    extinction: Distribution


_CLEAR_AIR, _DAMP_AIR = LogUniform(6e-5, 5e-4), LogUniform(4e-4, 4e-3)
_SKIES: dict[str, _Sky] = {
    "clear": _Sky(overcast=Constant(0.0), genus=Choice({"none": 0.4, "cumulus": 0.3, "cirrus": 0.3}), cover=Uniform(0.1, 0.4), extinction=_CLEAR_AIR),
    "cloudy": _Sky(
        overcast=Uniform(0.0, 0.3),
        genus=Choice({"cumulus": 0.5, "stratocumulus": 0.35, "cirrus": 0.15}),
        cover=Uniform(0.35, 0.8),
        extinction=_CLEAR_AIR,
    ),
    "overcast": _Sky(
        overcast=Uniform(0.7, 1.0), genus=Choice({"none": 0.35, "stratocumulus": 0.65}), cover=Uniform(0.5, 0.95), extinction=LogUniform(1e-4, 1e-3)
    ),
    "fog": _Sky(overcast=Uniform(0.6, 1.0), genus=Constant("none"), cover=Constant(0.0), extinction=LogUniform(0.008, 0.08)),
    "rain": _Sky(overcast=Uniform(0.8, 1.0), genus=Choice({"none": 0.3, "stratocumulus": 0.7}), cover=Uniform(0.7, 1.0), extinction=_DAMP_AIR),
    "after-rain": _Sky(
        overcast=Uniform(0.0, 0.7), genus=Choice({"cumulus": 0.4, "stratocumulus": 0.6}), cover=Uniform(0.3, 0.8), extinction=LogUniform(1e-4, 1.5e-3)
    ),
    "snow": _Sky(overcast=Uniform(0.3, 1.0), genus=Choice({"none": 0.4, "stratocumulus": 0.6}), cover=Uniform(0.5, 0.95), extinction=_DAMP_AIR),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather(Labelled):
    """Draw a weather and an hour that go together, and give the street all that follows from them.

    `kind` is one of ``clear``, ``cloudy``, ``overcast``, ``fog``, ``rain``, ``after-rain`` and ``snow``; where the scene's notes tell a season other
    than winter and there is anything else, snow is drawn again. `hour` is ``day``, ``golden-hour``, ``dusk`` or ``night``, which say how high the sun
    stands, unless `elevation_deg` does; `azimuth_deg` is counter-clockwise from +x. `overcast`, `cover` (of the sky by clouds) and `extinction_per_m`
    (of the air; 3.9 over it is how far one sees) follow from the kind where they are None; so do what falls and `wet`, `puddles` and `snow`, those of
    `Weathering`: the ground gets wet, water stands on roads and pavements, and snow lies on all there is but people, on roads little of it.

    In the dark (less than 300 lux) street lamps of `lamp_kelvin` shine, the `shadowed` ones nearest to the middle with shadows, a share `windows` of
    windows, and the dipped beams of all who drive; in fog, rain and snow these are on by day as well. All light is then up to a thousand times
    as strong as it is (see `street/night.py`). Sky, sun and lamps take the place of all lights there were. The scene's notes tell ``weather`` and
    ``hour``.
    """

    name: ClassVar[str] = "weather"
    stage: ClassVar[Stage] = "scene"

    kind: Distribution = Choice({"clear": 0.24, "cloudy": 0.24, "overcast": 0.18, "fog": 0.07, "rain": 0.12, "after-rain": 0.08, "snow": 0.07})
    hour: Distribution = Choice({"day": 0.66, "golden-hour": 0.12, "dusk": 0.1, "night": 0.12})
    elevation_deg: Distribution | None = None
    azimuth_deg: Distribution = Uniform(0, 360)
    turbidity: Distribution = Uniform(2.2, 5.0)
    overcast: Distribution | None = None
    cover: Distribution | None = None
    extinction_per_m: Distribution | None = None
    wet: Distribution | None = None
    puddles: Distribution | None = None
    snow: Distribution | None = None
    lamp_kelvin: Distribution = Choice({2300: 0.35, 3000: 0.35, 4000: 0.3})
    windows: Distribution = Uniform(0.1, 0.45)
    shadowed: Distribution = UniformInt(1, 2)
    beams_within_m: float = 90.0

    def __post_init__(self) -> None:
        require_one_of(self, KINDS, "kind")
        require_one_of(self, HOURS, "hour")
        require(self, -math.inf, math.inf, "azimuth_deg")
        require(self, 1.7, 10, "turbidity")
        require(self, 1700, 10000, "lamp_kelvin")
        require(self, 0, 1, "windows")
        require(self, 0, 16, "shadowed", whole=True)
        bounds = {"elevation_deg": (-20, 90), "extinction_per_m": (0, 10)}
        for name in ("elevation_deg", "overcast", "cover", "extinction_per_m", "wet", "puddles", "snow"):
            if getattr(self, name) is not None:
                require(self, *bounds.get(name, (0, 1)), name)
        if not 0 <= self.beams_within_m < math.inf:
            raise InvalidValue(f"beams_within_m must be 0 or more, got {self.beams_within_m}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        kind, hour = self._kind(seed, dict(spec.notes).get("season", "winter")), self.hour.sample(seed.child("hour").rng())
        sky = self._sky(kind, hour, seed.child("sky"))
        level = daylight(sky)
        is_dark = level < DARK
        power = gain(sky)
        sky = replace(sky, strength=power, glow=_glow(sky) if is_dark else (0.0, 0.0, 0.0))
        rng = seed.child("lamps").rng()
        kelvin, windows, shadowed = float(self.lamp_kelvin.sample(rng)), self.windows.sample(rng), self.shadowed.sample(rng)
        lamps, parts = street_lamps(spec, context.library, kelvin, power, shadowed) if is_dark else ([], {})
        extinction = (self.extinction_per_m or _SKIES[kind].extinction).sample(seed.child("air").rng())
        # Thin haze is in the sky's own light already, but for what is near the horizon.
        fog = Fog(extinction_per_m=extinction, height_m=rounded(60.0 + 160.0 * min(extinction / 0.01, 1.0)))
        if lamps:
            fog = replace(fog, color=fog_by_lamps(sky, kelvin, power))
        out = {
            "weather": kind,
            "hour": hour,
            "daylight_w_m2": rounded(level),
            "gain": power,
            "sky": to_json(sky),
            "fog": to_json(fog) if extinction > 0 else None,
            "falling": _falling(kind, seed.child("falling")),
            "ground": self._ground(kind, seed.child("ground")),
            "beams": is_dark or kind in ("fog", "rain", "snow"),
            "lights": [],
            "lamps": {},
        }
        if not is_dark:
            return out
        beams = head_lamps(spec, context.library, seed.child("beams"), power, self.beams_within_m)
        return out | {"lights": [to_json(light) for light in (*lamps, *beams)], "lamps": parts, "kelvin": kelvin, "windows": windows}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        around = from_json(EnvironmentSpec, {"surroundings": params["sky"], "fog": params["fog"], "falling": params["falling"]})
        sky = around.surroundings
        assert isinstance(sky, PhysicalSky)
        sun = (sun_light(sky),) if sky.sun_elevation_rad > 0 and sun_share(sky) > _FAINT else ()
        lamps = from_json(_Lamps, {"lights": params["lights"]}).lights
        notes = tuple((name, value) for name, value in spec.notes if name not in ("weather", "hour"))
        spec = spec.replace(
            bodies=tuple(_weathered(body, params["ground"]) for body in spec.bodies),
            environment=replace(
                spec.environment, surroundings=sky, fog=around.fog, falling=around.falling, background_top=None, background_bottom=None
            ),
            lights=(*sun, *lamps),
            notes=(*notes, ("weather", params["weather"]), ("hour", params["hour"])),
        )
        if params["beams"]:
            spec = with_beams(spec)
        if "windows" in params:
            spec = with_glow(with_windows(spec, params["windows"], params["gain"]), params["lamps"], params["kelvin"])
        return spec

    def _kind(self, seed: Seed, season: str) -> str:
        kinds = (self.kind.sample(seed.child("kind", again).rng()) for again in range(_AGAIN))
        return next((kind for kind in kinds if kind != "snow" or season == "winter"), "snow")

    def _sky(self, kind: str, hour: str, seed: Seed) -> PhysicalSky:
        rng, like = seed.rng(), _SKIES[kind]
        elevation = (self.elevation_deg or _SUN_DEG[hour]).sample(rng)
        azimuth, turbidity = self.azimuth_deg.sample(rng), self.turbidity.sample(rng)
        shape = seed.child("clouds").rng()
        overcast, genus, cover = (self.overcast or like.overcast).sample(shape), like.genus.sample(shape), (self.cover or like.cover).sample(shape)
        clouds = None if genus == "none" or cover == 0 else Clouds(genus=_genus(genus), cover=cover, seed=seed.child("pattern").integer(32))
        return PhysicalSky(
            sun_elevation_rad=rounded(math.radians(max(elevation, -20.0))),
            sun_azimuth_rad=rounded(math.radians(azimuth)),
            turbidity=turbidity,
            ground=(0.16, 0.16, 0.14) if kind != "snow" else (0.6, 0.62, 0.65),
            overcast=overcast,
            clouds=clouds,
        )

    def _ground(self, kind: str, seed: Seed) -> dict[str, Any]:
        rng = seed.rng()
        usual: dict[str, tuple[Distribution, Distribution, Distribution]] = {
            "rain": (Uniform(0.65, 1.0), Uniform(0.03, 0.3), Constant(0.0)),
            "after-rain": (Uniform(0.15, 0.8), Uniform(0.03, 0.25), Constant(0.0)),
            "fog": (Uniform(0.0, 0.5), Constant(0.0), Constant(0.0)),
            "snow": (Uniform(0.2, 0.9), Uniform(0.0, 0.1), Uniform(0.35, 1.0)),
        }
        dry = (Constant(0.0), Constant(0.0), Constant(0.0))
        names = ("wet", "puddles", "snow")
        drawn = {name: (getattr(self, name) or like).sample(rng) for name, like in zip(names, usual.get(kind, dry), strict=True)}
        return drawn | {"seed": seed.child("pattern").integer(32)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lamps:
    """Lights, whichever they are, as JSON tells them."""

    lights: tuple[Light, ...]


def _falling(kind: str, seed: Seed) -> dict[str, Any] | None:
    """What is in the air: when it rains always, and on two of three days with snow on the ground."""
    rng = seed.rng()
    if kind not in ("rain", "snow") or (kind == "snow" and rng.random() < 1 / 3):
        return None
    rate = LogUniform(0.8, 12.0) if kind == "rain" else LogUniform(0.4, 4.0)
    wind = (Uniform(-3, 3).sample(rng), Uniform(-3, 3).sample(rng))
    return to_json(
        Falling(what="rain" if kind == "rain" else "snow", rate_mm_h=rate.sample(rng), wind_m_s=wind, seed=seed.child("pattern").integer(32))
    )


def _genus(name: str) -> CloudGenus:
    return name  # pyright: ignore[reportReturnType] - one of the names in _SKIES


def _glow(sky: PhysicalSky) -> Rgb:
    """A town's lamps on the sky: more of them on clouds."""
    return scaled(_GLOW, 1.0 + 3.0 * sky.overcast)


def _weathered(body: BodySpec, ground: dict[str, Any]) -> BodySpec:
    """A body in the rain, or with snow on it. People keep dry, and of what stands upright rain shows little."""
    if "person" in body.tags or body.category in ("person", "rider"):
        return body
    kept = _DRIVEN_SNOW if "vehicle" in body.tags and "parked" not in body.tags else _SNOW_KEPT.get(body.stuff or "", 1.0)
    wet = ground["wet"] if body.stuff in _GROUND else 0.0
    puddles = ground["puddles"] if body.stuff in _LEVEL else 0.0
    snow = rounded(ground["snow"] * kept)
    if max(wet, puddles, snow) == 0:
        return body
    own = body.weathering or Weathering(seed=ground["seed"])
    return replace(body, weathering=replace(own, wet=wet, puddles=puddles, snow=snow))
