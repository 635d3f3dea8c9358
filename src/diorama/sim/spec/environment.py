"""What surrounds a scene."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from diorama.sim.spec.checks import Rgb, check, check_color, check_share, finite
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """The brightest spot of an HDR map: all within `radius_rad` of a unit `direction` (in the map's own axes, unturned) whose
    luminance is more than `luminance` (in the map's own values).
    """

    direction: Vec3
    radius_rad: float
    luminance: float

    def __post_init__(self) -> None:
        check(finite(*self.direction) and any(self.direction), self, f"direction must not be zero, got {self.direction}")
        check(0 < self.radius_rad <= math.pi, self, f"radius_rad must be in (0, pi], got {self.radius_rad}")
        check(finite(self.luminance) and self.luminance >= 0, self, f"luminance must be 0 or more, got {self.luminance}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrMap:
    """Surroundings from an equirectangular picture (Radiance ``.hdr``), twice as wide as high, its top row straight up.

    Its values times `strength` are radiances in W/m2/sr. The middle column lies along the world's +x; `turn_rad` turns it
    counter-clockwise seen from above. What it has `without` is darkened to that highlight's luminance: a light stands for
    the rest, since the map itself casts no shadows.
    """

    kind: ClassVar[str] = "hdr-map"
    path: str
    strength: float = 1.0
    turn_rad: float = 0.0
    without: Highlight | None = None

    def __post_init__(self) -> None:
        check(bool(self.path), self, "path must not be empty")
        check(finite(self.strength) and self.strength >= 0, self, f"strength must be 0 or more, got {self.strength}")
        check(finite(self.turn_rad), self, f"turn_rad must be finite, got {self.turn_rad}")


#: ``cumulus`` are heaps with flat bases, ``stratocumulus`` a low layer of rolls with gaps, ``cirrus`` high streaks of ice.
CloudGenus = Literal["cumulus", "stratocumulus", "cirrus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clouds:
    """Clouds in a sky: about the share `cover` of it, seen from below; `seed` picks one of many patterns of the `genus`."""

    genus: CloudGenus = "cumulus"
    cover: float = 0.4
    seed: int = 0

    def __post_init__(self) -> None:
        check_share(self, "cover", self.cover)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalSky:
    """The sky by where the sun stands, without the sun itself: `diorama.sim.sky.sun_light` is the light that belongs to it.

    `sun_elevation_rad` above the horizon (below it: dusk), `sun_azimuth_rad` from the world's +x, counter-clockwise;
    `turbidity` is the air's haziness, 2 very clear to 10 hazy; `ground` the albedo of all below the horizon.
    `strength` scales radiances: 1 shows a noon sky about as bright as the default environment.

    It is clear, with `clouds` if there are any; and the share `overcast` of its light is that of a closed cover of clouds, three times as bright
    at the zenith as at the horizon, through which no sun comes. `glow` (W/m2/sr) is what the lamps of a town add at the horizon, seen at night.
    """

    kind: ClassVar[str] = "physical-sky"
    sun_elevation_rad: float = 0.8
    sun_azimuth_rad: float = 0.0
    turbidity: float = 3.0
    ground: Rgb = (0.2, 0.2, 0.18)
    strength: float = 1.0
    overcast: float = 0.0
    clouds: Clouds | None = None
    glow: Rgb = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        check(-0.35 <= self.sun_elevation_rad <= math.pi / 2, self, f"sun_elevation_rad must be in [-0.35, pi/2], got {self.sun_elevation_rad}")
        check(finite(self.sun_azimuth_rad), self, f"sun_azimuth_rad must be finite, got {self.sun_azimuth_rad}")
        check(1.7 <= self.turbidity <= 10, self, f"turbidity must be in [1.7, 10], got {self.turbidity}")
        check_color(self, "ground", self.ground)
        check(finite(self.strength) and self.strength >= 0, self, f"strength must be 0 or more, got {self.strength}")
        check_share(self, "overcast", self.overcast)
        check_color(self, "glow", self.glow, math.inf)


Surroundings = HdrMap | PhysicalSky


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """A photograph (an image file) that one camera sees past the last surface, whichever way it looks. It lights nothing and has no labels.

    It fills the picture: the largest part of the photograph with the picture's proportions is shown, or 1 / `zoom` of that in each
    direction. The part lies in the photograph's middle, or is moved by `offset` (right, down), where -1 and 1 are as far as it goes. The photograph's
    white is `radiance` W/m2/sr per channel; its codes are sRGB.
    """

    path: str
    radiance: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0

    def __post_init__(self) -> None:
        check(bool(self.path), self, "path must not be empty")
        check(finite(self.radiance) and self.radiance >= 0, self, f"radiance must be 0 or more, got {self.radiance}")
        check(all(-1 <= o <= 1 for o in self.offset), self, f"offset must be in [-1, 1], got {self.offset}")
        check(1 <= self.zoom < math.inf, self, f"zoom must be 1 or more, got {self.zoom}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fog:
    """Air that is not clear, alike everywhere up to `height_m` above what is seen: of light, exp(-`extinction_per_m` x) is left after x metres,
    and the rest is made up for by the air's own radiance.

    That is `color` (W/m2/sr per channel), or, where it is None, what arrives from all around, scattered evenly to all sides. What one can just tell
    from it is 3.9 / `extinction_per_m` away (Koschmieder): 4 km for 0.001, a hazy day; 100 m for 0.039, thick fog. Pictures alone know of fog.
    """

    extinction_per_m: float
    color: Rgb | None = None
    height_m: float = 200.0

    def __post_init__(self) -> None:
        extinction = self.extinction_per_m
        check(finite(extinction) and extinction >= 0, self, f"extinction_per_m must be 0 or more, got {extinction}")
        check(finite(self.height_m) and self.height_m > 0, self, f"height_m must be positive, got {self.height_m}")
        if self.color is not None:
            check_color(self, "color", self.color, math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Falling:
    """Rain or snow in the air: `rate_mm_h` (of water) of it, blown along by the `wind_m_s` (x, y); `seed` picks where drops and flakes are.

    Pictures show those near the camera as streaks, as long as they fall, and the camera goes, while it exposes: no less than 1/400 s.
    """

    what: Literal["rain", "snow"] = "rain"
    rate_mm_h: float = 4.0
    wind_m_s: tuple[float, float] = (0.0, 0.0)
    seed: int = 0

    def __post_init__(self) -> None:
        check(finite(self.rate_mm_h) and 0 <= self.rate_mm_h <= 200, self, f"rate_mm_h must be in 0..200, got {self.rate_mm_h}")
        check(finite(*self.wind_m_s) and max(map(abs, self.wind_m_s)) <= 60, self, f"wind_m_s must be at most 60, got {self.wind_m_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """What surrounds the scene: light from everywhere, and what is seen where there is nothing.

    `sky` and `ground` are the radiances (W/m2/sr per channel) from straight above and straight below, blended
    smoothly by elevation; they light the scene. `background_top` and `background_bottom` are what a camera
    sees past the last surface, blended alike; None shows `sky` and `ground` themselves.
    `surroundings`, if given, take the place of `sky` and `ground`, and of the background where that is None.
    Light from all around is dimmed where surfaces within `occlusion_radius_m` stand in its way (0: nowhere).
    `fog` is between the camera and all there is, surroundings included, and so is what is `falling`; a camera's `backdrop` has weather of its own.
    """

    sky: Rgb = (0.6, 0.65, 0.7)
    ground: Rgb = (0.25, 0.23, 0.2)
    background_top: Rgb | None = None
    background_bottom: Rgb | None = None
    surroundings: Surroundings | None = None
    occlusion_radius_m: float = 0.1
    fog: Fog | None = None
    falling: Falling | None = None

    def __post_init__(self) -> None:
        for name in ("sky", "ground", "background_top", "background_bottom"):
            color = getattr(self, name)
            check(color is None or (finite(*color) and min(color) >= 0), self, f"{name} must be 0 or more, got {color}")
        radius = self.occlusion_radius_m
        check(finite(radius) and radius >= 0, self, f"occlusion_radius_m must be 0 or more, got {radius}")
