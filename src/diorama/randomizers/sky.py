"""The clear sky and the sun in it: by place, day and hour, or by where the sun is to stand."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.colors import rgb_from_hsv, scaled
from diorama.randomizers.distributions import (
    Constant,
    Distribution,
    TruncatedNormal,
    Uniform,
    UniformInt,
    require,
    require_share,
    rounded,
    variables_of,
)
from diorama.randomizers.surroundings import surround, surrounded
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.sky import sun_light
from diorama.sim.spec import PhysicalSky, SceneSpec
from diorama.sim.sun import julian_day, sun_position

#: So often place, day and hour are drawn before it is said that there is no daylight.
_ATTEMPTS = 1000
#: The sun of `PhysicalSky` goes no deeper.
_DEEPEST_DEG = -20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When and where: latitudes count northwards, longitudes eastwards, `day` from January 1st, which is 1, and `hour` from midnight.

    Clocks show `utc_offset_h` hours more than UTC; without it mean solar time, in which noon is within 17 minutes of 12 wherever one is. What is
    drawn while the sun is lower than `lowest_deg` is drawn again, all of it.
    """

    latitude_deg: Distribution = Uniform(-60, 60)
    longitude_deg: Distribution = Constant(0.0)
    day: Distribution = UniformInt(1, 365)
    hour: Distribution = Uniform(0, 24)
    utc_offset_h: Distribution | None = None
    year: int = 2025
    lowest_deg: float = 4.0

    def __post_init__(self) -> None:
        require(self, -90, 90, "latitude_deg")
        require(self, -180, 180, "longitude_deg")
        require(self, 1, 366, "day", whole=True)
        require(self, 0, 24, "hour")
        if self.utc_offset_h is not None:
            require(self, -12, 14, "utc_offset_h")
        if not 1900 <= self.year <= 2100:
            raise InvalidValue(f"year must be in 1900..2100, got {self.year}")
        if not _DEEPEST_DEG <= self.lowest_deg <= 90:
            raise InvalidValue(f"lowest_deg must be in {_DEEPEST_DEG:g}..90, got {self.lowest_deg}")

    def sample(self, rng: np.random.Generator) -> dict[str, float]:
        """A moment of day: what was drawn, and by it the sun's `elevation_deg` and `compass_deg`. Raises InvalidValue when there is none."""
        for _ in range(_ATTEMPTS):
            drawn = {name: getattr(self, name).sample(rng) for name in ("latitude_deg", "longitude_deg", "day", "hour")}
            offset = drawn["longitude_deg"] / 15 if self.utc_offset_h is None else self.utc_offset_h.sample(rng)
            moment = julian_day(self.year, drawn["day"], drawn["hour"] - offset)
            elevation, compass = sun_position(moment, drawn["latitude_deg"], drawn["longitude_deg"])
            if elevation >= self.lowest_deg:
                return drawn | {"utc_offset_h": rounded(offset), "elevation_deg": rounded(elevation), "compass_deg": rounded(compass)}
        raise InvalidValue(
            f"place: the sun was below {self.lowest_deg:g} degrees in all of {_ATTEMPTS} draws of latitude_deg {self.latitude_deg!r}, "
            f"day {self.day!r} and hour {self.hour!r}. Choose hours of daylight, or a lower lowest_deg."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky(Labelled):
    """Surround the scene with the clear sky, and put the sun that belongs to it in place of the lights that there were.

    Where the sun stands follows from the `place` and its time, north being `north_deg` counter-clockwise of the world's +x; or without a
    place it is at `elevation_deg` and `azimuth_deg` (counter-clockwise from +x; below the horizon it is dusk). `turbidity` is how hazy the
    air is, 2 to 10; `ground` the albedo of all below the horizon; `strength` scales sun and sky together. `keep_lights` leaves the lights
    that there were. In a share `shown` of scenes the sky is seen behind everything; in the others it only lights them, and what is seen
    stays what it was.
    """

    name: ClassVar[str] = "sky"
    stage: ClassVar[Stage] = "scene"

    place: Place | None = None
    north_deg: Distribution = Uniform(0, 360)
    elevation_deg: Distribution = Uniform(8, 75)
    azimuth_deg: Distribution = Uniform(0, 360)
    turbidity: Distribution = TruncatedNormal(3.0, 1.2, 2.0, 8.0)
    ground: Distribution = Uniform(0.08, 0.35)
    strength: Distribution = Constant(1.0)
    keep_lights: bool = False
    shown: float = 1.0

    def __post_init__(self) -> None:
        require(self, -math.inf, math.inf, "north_deg", "azimuth_deg")
        require(self, _DEEPEST_DEG, 90, "elevation_deg")
        require(self, 1.7, 10, "turbidity")
        require(self, 0, 1, "ground")
        require(self, 0, 1e6, "strength")
        require_share(self, "shown")

    def check(self) -> None:
        """Raises InvalidValue when it never is day."""
        if self.place is not None and not variables_of(self.place):
            self.place.sample(Seed(0).rng())

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        turbidity, ground, strength = self.turbidity.sample(rng), self.ground.sample(rng), self.strength.sample(rng)
        tint = rgb_from_hsv(Uniform(0.05, 0.2).sample(rng), Uniform(0.0, 0.3).sample(rng), 1.0)
        where = seed.child("sun").rng()
        if self.place is None:
            drawn = {"elevation_deg": self.elevation_deg.sample(where), "azimuth_deg": self.azimuth_deg.sample(where)}
        else:
            drawn = self.place.sample(where)
            north = self.north_deg.sample(where)
            drawn |= {"north_deg": north, "azimuth_deg": rounded(north - drawn["compass_deg"])}
        sky = PhysicalSky(
            sun_elevation_rad=rounded(math.radians(drawn["elevation_deg"])),
            sun_azimuth_rad=rounded(math.radians(drawn["azimuth_deg"])),
            turbidity=turbidity,
            ground=scaled(tint, ground),
            strength=strength,
        )
        sun = sun_light(sky) if sky.sun_elevation_rad > 0 else None
        shown = seed.child("shown").rng().random() < self.shown
        return {"drawn": drawn} | surrounded(sky, sun, shown=shown, keep_lights=self.keep_lights)

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return surround(spec, params)
