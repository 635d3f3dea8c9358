"""What surrounds a scene."""

import math
from dataclasses import dataclass
from typing import ClassVar

from diorama.sim.spec.checks import Rgb, check, check_color, finite


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrMap:
    """Surroundings from an equirectangular picture (Radiance ``.hdr``), twice as wide as high, its top row straight up.

    Its values times `strength` are radiances in W/m2/sr. The middle column lies along the world's +x; `turn_rad` turns it
    counter-clockwise seen from above.
    """

    kind: ClassVar[str] = "hdr-map"
    path: str
    strength: float = 1.0
    turn_rad: float = 0.0

    def __post_init__(self) -> None:
        check(bool(self.path), self, "path must not be empty")
        check(finite(self.strength) and self.strength >= 0, self, f"strength must be 0 or more, got {self.strength}")
        check(finite(self.turn_rad), self, f"turn_rad must be finite, got {self.turn_rad}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalSky:
    """The clear sky by where the sun stands, without the sun itself: `diorama.sim.sky.sun_light` is the light that belongs to it.

    `sun_elevation_rad` above the horizon (below it: dusk), `sun_azimuth_rad` from the world's +x, counter-clockwise;
    `turbidity` is the air's haziness, 2 very clear to 10 hazy; `ground` the albedo of all below the horizon.
    `strength` scales radiances: 1 shows a noon sky about as bright as the default environment.
    """

    kind: ClassVar[str] = "physical-sky"
    sun_elevation_rad: float = 0.8
    sun_azimuth_rad: float = 0.0
    turbidity: float = 3.0
    ground: Rgb = (0.2, 0.2, 0.18)
    strength: float = 1.0

    def __post_init__(self) -> None:
        check(-0.35 <= self.sun_elevation_rad <= math.pi / 2, self, f"sun_elevation_rad must be in [-0.35, pi/2], got {self.sun_elevation_rad}")
        check(finite(self.sun_azimuth_rad), self, f"sun_azimuth_rad must be finite, got {self.sun_azimuth_rad}")
        check(1.7 <= self.turbidity <= 10, self, f"turbidity must be in [1.7, 10], got {self.turbidity}")
        check_color(self, "ground", self.ground)
        check(finite(self.strength) and self.strength >= 0, self, f"strength must be 0 or more, got {self.strength}")


Surroundings = HdrMap | PhysicalSky


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """What surrounds the scene: light from everywhere, and what is seen where there is nothing.

    `sky` and `ground` are the radiances (W/m2/sr per channel) from straight above and straight below, blended
    smoothly by elevation; they light the scene. `background_top` and `background_bottom` are what a camera
    sees past the last surface, blended alike; None shows `sky` and `ground` themselves.
    `surroundings`, if given, take the place of `sky` and `ground`, and of the background where that is None.
    Light from all around is dimmed where surfaces within `occlusion_radius_m` stand in its way (0: nowhere).
    """

    sky: Rgb = (0.6, 0.65, 0.7)
    ground: Rgb = (0.25, 0.23, 0.2)
    background_top: Rgb | None = None
    background_bottom: Rgb | None = None
    surroundings: Surroundings | None = None
    occlusion_radius_m: float = 0.1

    def __post_init__(self) -> None:
        for name in ("sky", "ground", "background_top", "background_bottom"):
            color = getattr(self, name)
            check(color is None or (finite(*color) and min(color) >= 0), self, f"{name} must be 0 or more, got {color}")
        radius = self.occlusion_radius_m
        check(finite(radius) and radius >= 0, self, f"occlusion_radius_m must be 0 or more, got {radius}")
