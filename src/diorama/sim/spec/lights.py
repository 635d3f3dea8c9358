"""The lights that can be counted; light from all around is the environment's.

A lamp that is mounted `on` a body goes where that goes: its position and directions are in the axes of the body of that name, which casts no
shadow in its light. See `SceneSpec.lights_in_world`.
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from diorama.sim.spec.checks import Rgb, check, check_color, check_share, finite, refuse
from diorama.sim.spec.pose import Pose
from diorama.sim.transforms import Vec3, cross, matrix_from_quat, normalize


@dataclass(frozen=True, slots=True, kw_only=True)
class SunLight:
    """Parallel light, far away. `direction` is the way the light travels (any length but zero).

    `irradiance` is W/m2 per channel on a surface that faces it; `angular_diameter_rad` blurs its shadows
    (the real sun: 0.0093).
    """

    kind: ClassVar[str] = "sun"
    direction: Vec3
    irradiance: Rgb = (3.0, 3.0, 3.0)
    angular_diameter_rad: float = 0.02
    shadows: bool = True

    def __post_init__(self) -> None:
        check(finite(*self.direction) and any(self.direction), self, f"direction must not be zero, got {self.direction}")
        check_color(self, "irradiance", self.irradiance, math.inf)
        check(0 <= self.angular_diameter_rad < 1, self, f"angular_diameter_rad must be in [0, 1), got {self.angular_diameter_rad}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """How a lamp's power swings about its mean as the mains alternate: by the share `depth`, `frequency_hz` times a second, which is twice
    the mains' frequency. At the time 0 it is at `phase_rad` after its greatest.
    """

    frequency_hz: float = 100.0
    depth: float = 0.3
    phase_rad: float = 0.0

    def __post_init__(self) -> None:
        check(finite(self.frequency_hz) and self.frequency_hz > 0, self, f"frequency_hz must be positive, got {self.frequency_hz}")
        check_share(self, "depth", self.depth)
        check(finite(self.phase_rad), self, f"phase_rad must be finite, got {self.phase_rad}")

    def power(self, seconds: float, exposure_s: float) -> float:
        """What it is of its mean, on average over an exposure about a moment."""
        swing = math.pi * self.frequency_hz * exposure_s
        kept = math.sin(swing) / swing if swing > 1e-9 else 1.0
        return float(f"{1 + self.depth * kept * math.cos(2 * math.pi * self.frequency_hz * seconds + self.phase_rad):.9g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotLight:
    """Light from a small disc into a cone.

    `intensity` is W/sr per channel on the axis; it falls to zero between the half-angles `inner_rad` and
    `outer_rad`, and with the square of the distance. `radius_m` is the disc's, and blurs its shadows. The cone is `narrowing` times as narrow along
    `up` (of tangents), as the beams of head lamps are; then the half-angles are those across.
    """

    kind: ClassVar[str] = "spot"
    position_m: Vec3
    direction: Vec3
    intensity: Rgb = (10.0, 10.0, 10.0)
    inner_rad: float = 0.4
    outer_rad: float = 0.6
    radius_m: float = 0.03
    narrowing: float = 1.0
    up: Vec3 = (0.0, 0.0, 1.0)
    shadows: bool = True
    flicker: Flicker | None = None
    on: str | None = None

    def __post_init__(self) -> None:
        if not finite(*self.position_m):
            refuse(self, f"position_m must be finite, got {self.position_m}")
        if not (finite(*self.direction) and any(self.direction)):
            refuse(self, f"direction must not be zero, got {self.direction}")
        if not (finite(*self.up) and any(self.up)):
            refuse(self, f"up must not be zero, got {self.up}")
        if not 1 <= self.narrowing < math.inf:
            refuse(self, f"narrowing must be 1 or more, got {self.narrowing}")
        check_color(self, "intensity", self.intensity, math.inf)
        if not 0 <= self.inner_rad < self.outer_rad < math.pi / 2:
            refuse(self, f"must have 0 <= inner_rad < outer_rad < pi/2, got {self.inner_rad}, {self.outer_rad}")
        if not (finite(self.radius_m) and self.radius_m >= 0):
            refuse(self, f"radius_m must be 0 or more, got {self.radius_m}")

    @property
    def squash(self) -> Vec3:
        """What makes the cone narrow. Where d is a unit direction away from the light, c its cosine to the axis and s its product with this vector,
        the light falls off as it would at the cosine c / sqrt(1 + s^2). Zero for a round cone.
        """
        if self.narrowing == 1:
            return (0.0, 0.0, 0.0)
        _, up, _ = _axes(self.direction, self.up)
        length = math.sqrt(self.narrowing * self.narrowing - 1)
        return (up[0] * length, up[1] * length, up[2] * length)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLight:
    """Light from a small sphere to all sides. `intensity` is W/sr per channel; `radius_m` blurs its shadows."""

    kind: ClassVar[str] = "point"
    position_m: Vec3
    intensity: Rgb = (5.0, 5.0, 5.0)
    radius_m: float = 0.03
    shadows: bool = True
    flicker: Flicker | None = None
    on: str | None = None

    def __post_init__(self) -> None:
        if not finite(*self.position_m):
            refuse(self, f"position_m must be finite, got {self.position_m}")
        check_color(self, "intensity", self.intensity, math.inf)
        if not (finite(self.radius_m) and self.radius_m >= 0):
            refuse(self, f"radius_m must be 0 or more, got {self.radius_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RectLight:
    """A rectangle that shines evenly from one face, as a window, a lamp panel or a screen does.

    It faces along `direction`; `size_m` is its (width, height), the height along what is left of `up` across the
    direction. `radiance` is W/m2/sr per channel, the same seen from everywhere before it. The rectangle itself is not seen.
    """

    kind: ClassVar[str] = "rect"
    position_m: Vec3
    direction: Vec3
    up: Vec3 = (0.0, 0.0, 1.0)
    size_m: tuple[float, float] = (0.5, 0.5)
    radiance: Rgb = (10.0, 10.0, 10.0)
    shadows: bool = True
    flicker: Flicker | None = None
    on: str | None = None

    def __post_init__(self) -> None:
        check(finite(*self.position_m), self, f"position_m must be finite, got {self.position_m}")
        check(finite(*self.direction) and any(self.direction), self, f"direction must not be zero, got {self.direction}")
        check(finite(*self.up) and any(self.up), self, f"up must not be zero, got {self.up}")
        check(finite(*self.size_m) and min(self.size_m) > 0, self, f"size_m must be positive, got {self.size_m}")
        check_color(self, "radiance", self.radiance, math.inf)

    @property
    def axes(self) -> tuple[Vec3, Vec3, Vec3]:
        """Unit vectors of the world along its width, its height and the way it faces.

        Where `up` is parallel to the direction, the world's y axis (or else x) takes its place.
        """
        return _axes(self.direction, self.up)


def _axes(direction: Vec3, up: Vec3) -> tuple[Vec3, Vec3, Vec3]:
    """Unit vectors across, upwards and along a direction; where `up` is parallel to that, the y axis (or else x) takes its place."""
    forward = normalize(direction)
    for above in (up, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)):
        across = cross(forward, normalize(above))
        if sum(c * c for c in across) > 1e-12:
            break
    width = normalize(across)
    return width, cross(width, forward), forward


Light = SunLight | SpotLight | PointLight | RectLight


def mounted(light: Light, world_from_body: Pose) -> Light:
    """A light that is mounted on a body, where it is in the world while the body is there; it is `on` nothing any more."""
    if isinstance(light, SunLight):
        return light
    turn = matrix_from_quat(world_from_body.rotation_wxyz)

    def turned(v: Vec3) -> Vec3:
        x, y, z = (float(row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) for row in turn)
        return (x, y, z)

    x, y, z = (p + c for p, c in zip(world_from_body.position_m, turned(light.position_m), strict=True))
    if isinstance(light, PointLight):
        return replace(light, position_m=(x, y, z), on=None)
    return replace(light, position_m=(x, y, z), direction=turned(light.direction), up=turned(light.up), on=None)
