"""A scene as data: everything there is to simulate and to photograph, as one frozen value.

`SceneSpec` is what crosses package borders: scenarios build it, randomizers turn one into another, physics
and renderers read it. All parts are frozen, hashable and comparable, and hold only numbers, strings and
tuples, so that a spec survives JSON exactly (`diorama.sim.codec`).

Units are SI. The world is right-handed with +Z up. Colours are linear RGB (not sRGB-encoded) reflectances
in [0, 1]; lights are in radiometric units per colour channel.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np

from diorama.sim.errors import InvalidValue
from diorama.sim.transforms import Matrix, Quat, Vec3, matrix_from_quat, quat_from_matrix

Rgb = tuple[float, float, float]


def _check(condition: bool, owner: object, message: str) -> None:
    if not condition:
        raise InvalidValue(f"{type(owner).__name__}: {message}")


def _finite(*values: float) -> bool:
    return all(math.isfinite(v) for v in values)


@dataclass(frozen=True, slots=True)
class Pose:
    """A rigid placement. As `world_from_body`: where the body's origin is, and how its axes are turned.

    `position_m` in metres; `rotation_wxyz` a unit quaternion.
    """

    position_m: Vec3 = (0.0, 0.0, 0.0)
    rotation_wxyz: Quat = (1.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        _check(_finite(*self.position_m, *self.rotation_wxyz), self, f"must be finite, got {self.position_m}, {self.rotation_wxyz}")
        length = math.sqrt(sum(q * q for q in self.rotation_wxyz))
        _check(abs(length - 1) < 1e-6, self, f"rotation_wxyz must have length 1, got {length}")

    @property
    def matrix(self) -> Matrix:
        """The (4, 4) float64 transform."""
        m = np.eye(4)
        m[:3, :3] = matrix_from_quat(self.rotation_wxyz)
        m[:3, 3] = self.position_m
        return m

    @classmethod
    def from_matrix(cls, matrix: Matrix) -> "Pose":
        """The pose of a rigid (4, 4) transform."""
        x, y, z = (float(v) for v in matrix[:3, 3])
        return cls((x, y, z), quat_from_matrix(matrix[:3, :3]))


# --- shapes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshShape:
    """A mesh of the asset library by its id (`diorama.sim.assets`), e.g. ``household:mug/3``.

    `scale` multiplies the asset's own size, which is already in metres.
    """

    kind: ClassVar[str] = "mesh"
    asset: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        _check(_finite(self.scale) and self.scale > 0, self, f"scale must be positive, got {self.scale}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxShape:
    """A box centred on the body's origin, with edges `size_m` along its axes."""

    kind: ClassVar[str] = "box"
    size_m: Vec3

    def __post_init__(self) -> None:
        _check(_finite(*self.size_m) and min(self.size_m) > 0, self, f"size_m must be positive, got {self.size_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SphereShape:
    """A sphere about the body's origin, drawn as `segments` meridians and half as many parallels."""

    kind: ClassVar[str] = "sphere"
    radius_m: float
    segments: int = 48

    def __post_init__(self) -> None:
        _check(_finite(self.radius_m) and self.radius_m > 0, self, f"radius_m must be positive, got {self.radius_m}")
        _check(self.segments >= 8, self, f"segments must be at least 8, got {self.segments}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CylinderShape:
    """A closed cylinder about the body's z axis, centred on its origin."""

    kind: ClassVar[str] = "cylinder"
    radius_m: float
    height_m: float
    segments: int = 48

    def __post_init__(self) -> None:
        _check(
            _finite(self.radius_m, self.height_m) and min(self.radius_m, self.height_m) > 0,
            self,
            f"radius_m and height_m must be positive, got {self.radius_m}, {self.height_m}",
        )
        _check(self.segments >= 8, self, f"segments must be at least 8, got {self.segments}")


Shape = MeshShape | BoxShape | SphereShape | CylinderShape


# --- materials --------------------------------------------------------------------------------------------

TextureKind = Literal["noise", "stripes", "checks", "wood", "marble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProceduralTexture:
    """A tileable pattern between two linear colours, made on the fly from a seed.

    One tile spans `tile_m` metres of surface. `frequency` counts the pattern's main features across a tile
    (whole number, so that it tiles); `seed` picks one of many patterns of the kind.
    """

    kind: ClassVar[str] = "procedural"
    pattern: TextureKind
    color_a: Rgb
    color_b: Rgb
    tile_m: float = 0.2
    frequency: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        for color in (self.color_a, self.color_b):
            _check(_finite(*color) and 0 <= min(color) and max(color) <= 1, self, f"colours must be in [0, 1], got {color}")
        _check(_finite(self.tile_m) and self.tile_m > 0, self, f"tile_m must be positive, got {self.tile_m}")
        _check(1 <= self.frequency <= 64, self, f"frequency must be in 1..64, got {self.frequency}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialSpec:
    """glTF metallic-roughness. `base_color` is linear, and multiplies the texture where there is one."""

    base_color: Rgb = (0.8, 0.8, 0.8)
    metallic: float = 0.0
    roughness: float = 0.5
    texture: ProceduralTexture | None = None

    def __post_init__(self) -> None:
        _check(
            _finite(*self.base_color) and 0 <= min(self.base_color) and max(self.base_color) <= 1,
            self,
            f"base_color must be in [0, 1], got {self.base_color}",
        )
        _check(0 <= self.metallic <= 1, self, f"metallic must be in [0, 1], got {self.metallic}")
        _check(0 <= self.roughness <= 1, self, f"roughness must be in [0, 1], got {self.roughness}")


# --- bodies -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySpec:
    """A rigid thing.

    `mass_kg` 0 fixes it in place. Where two bodies touch, `friction` (Coulomb's coefficient) and `restitution` are the geometric
    means of theirs. `inertia_kg_m2` is the diagonal about the body's principal axes, None to let
    the physics engine take it from the shape. `material` None keeps what the asset brings (for a primitive:
    the default material). A body with a `category` is an object to label; None makes it furniture: seen,
    touched, casting shadows, never annotated.
    """

    name: str
    shape: Shape
    world_from_body: Pose = Pose()
    mass_kg: float = 0.0
    inertia_kg_m2: Vec3 | None = None
    friction: float = 0.5
    restitution: float = 0.1
    material: MaterialSpec | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(bool(self.name), self, "name must not be empty")
        _check(_finite(self.mass_kg) and self.mass_kg >= 0, self, f"{self.name}: mass_kg must be 0 or more, got {self.mass_kg}")
        inertia = self.inertia_kg_m2
        _check(inertia is None or (_finite(*inertia) and min(inertia) > 0), self, f"{self.name}: inertia_kg_m2 must be positive, got {inertia}")
        _check(_finite(self.friction) and self.friction >= 0, self, f"{self.name}: friction must be 0 or more, got {self.friction}")
        _check(0 <= self.restitution <= 1, self, f"{self.name}: restitution must be in [0, 1], got {self.restitution}")

    @property
    def is_static(self) -> bool:
        return self.mass_kg == 0.0


# --- lights -----------------------------------------------------------------------------------------------


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
        _check(_finite(*self.direction) and any(self.direction), self, f"direction must not be zero, got {self.direction}")
        _check(_finite(*self.irradiance) and min(self.irradiance) >= 0, self, f"irradiance must be 0 or more, got {self.irradiance}")
        _check(0 <= self.angular_diameter_rad < 1, self, f"angular_diameter_rad must be in [0, 1), got {self.angular_diameter_rad}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotLight:
    """Light from a small disc into a cone.

    `intensity` is W/sr per channel on the axis; it falls to zero between the half-angles `inner_rad` and
    `outer_rad`, and with the square of the distance. `radius_m` is the disc's, and blurs its shadows.
    """

    kind: ClassVar[str] = "spot"
    position_m: Vec3
    direction: Vec3
    intensity: Rgb = (10.0, 10.0, 10.0)
    inner_rad: float = 0.4
    outer_rad: float = 0.6
    radius_m: float = 0.03
    shadows: bool = True

    def __post_init__(self) -> None:
        _check(_finite(*self.position_m), self, f"position_m must be finite, got {self.position_m}")
        _check(_finite(*self.direction) and any(self.direction), self, f"direction must not be zero, got {self.direction}")
        _check(_finite(*self.intensity) and min(self.intensity) >= 0, self, f"intensity must be 0 or more, got {self.intensity}")
        _check(
            0 <= self.inner_rad < self.outer_rad < math.pi / 2,
            self,
            f"must have 0 <= inner_rad < outer_rad < pi/2, got {self.inner_rad}, {self.outer_rad}",
        )
        _check(_finite(self.radius_m) and self.radius_m >= 0, self, f"radius_m must be 0 or more, got {self.radius_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLight:
    """Light from one point to all sides, without shadows. `intensity` is W/sr per channel."""

    kind: ClassVar[str] = "point"
    position_m: Vec3
    intensity: Rgb = (5.0, 5.0, 5.0)

    def __post_init__(self) -> None:
        _check(_finite(*self.position_m), self, f"position_m must be finite, got {self.position_m}")
        _check(_finite(*self.intensity) and min(self.intensity) >= 0, self, f"intensity must be 0 or more, got {self.intensity}")


Light = SunLight | SpotLight | PointLight


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """What surrounds the scene: light from everywhere, and what is seen where there is nothing.

    `sky` and `ground` are the radiances (W/m2/sr per channel) from straight above and straight below, blended
    smoothly by elevation; they light the scene. `background_top` and `background_bottom` are what a camera
    sees past the last surface, blended alike; None shows `sky` and `ground` themselves.
    """

    sky: Rgb = (0.6, 0.65, 0.7)
    ground: Rgb = (0.25, 0.23, 0.2)
    background_top: Rgb | None = None
    background_bottom: Rgb | None = None

    def __post_init__(self) -> None:
        for color in (self.sky, self.ground, self.background_top, self.background_bottom):
            _check(color is None or (_finite(*color) and min(color) >= 0), self, f"radiances must be 0 or more, got {color}")


# --- cameras ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSpec:
    """How radiance becomes 8-bit numbers.

    The signal is the radiance times 2**`exposure_ev`. It gets noise of standard deviation
    sqrt(`read_noise`**2 + `shot_noise`**2 * signal), the pattern picked by `noise_seed`, then goes through the tone curve
    (``filmic``; ``linear`` only clips at 1) and is encoded as sRGB.
    """

    exposure_ev: float = 0.0
    tone_curve: Literal["filmic", "linear"] = "filmic"
    read_noise: float = 0.0
    shot_noise: float = 0.0
    noise_seed: int = 0

    def __post_init__(self) -> None:
        _check(_finite(self.exposure_ev), self, f"exposure_ev must be finite, got {self.exposure_ev}")
        _check(0 <= self.read_noise < 1 and 0 <= self.shot_noise < 1, self, f"noises must be in [0, 1), got {self.read_noise}, {self.shot_noise}")
        _check(0 <= self.noise_seed < 2**32, self, f"noise_seed must be in [0, 2**32), got {self.noise_seed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """A pinhole camera: x right, y down, z forward. Lengths in pixels, the top-left pixel's centre at (0.5, 0.5).

    Surfaces nearer than `near_m` or farther than `far_m` (z-depth) are not seen.
    """

    name: str = "camera"
    width: int = 640
    height: int = 480
    fx: float = 600.0
    fy: float = 600.0
    cx: float = 320.0
    cy: float = 240.0
    world_from_camera: Pose = Pose()
    near_m: float = 0.01
    far_m: float = 1000.0
    sensor: SensorSpec = SensorSpec()

    def __post_init__(self) -> None:
        _check(self.width > 0 and self.height > 0, self, f"resolution must be positive, got {self.width}x{self.height}")
        _check(
            _finite(self.fx, self.fy, self.cx, self.cy) and min(self.fx, self.fy) > 0, self, f"fx and fy must be positive, got {self.fx}, {self.fy}"
        )
        _check(0 < self.near_m < self.far_m < math.inf, self, f"must have 0 < near_m < far_m < infinity, got {self.near_m}, {self.far_m}")

    @property
    def k(self) -> Matrix:
        """The (3, 3) intrinsic matrix."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    @classmethod
    def from_fov(cls, *, width: int, height: int, fov_y_rad: float, **fields: Any) -> "CameraSpec":
        """Square pixels, the principal point in the middle, `fov_y_rad` from the top edge to the bottom edge."""
        if not 0 < fov_y_rad < math.pi:
            raise InvalidValue(f"fov_y_rad must be between 0 and pi, got {fov_y_rad}")
        f = height / 2 / math.tan(fov_y_rad / 2)
        return cls(width=width, height=height, fx=f, fy=f, cx=width / 2, cy=height / 2, **fields)


# --- the scene --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicsSpec:
    """How the scene settles before it is photographed.

    It is at rest when over `rest_time_s` no body has moved faster than `rest_speed_m_s` or turned faster than
    `rest_spin_rad_s`, on average. After `max_time_s` without rest, or when a body is outside the box
    `bounds_min_m`..`bounds_max_m`, the scene is rejected.
    """

    gravity_m_s2: Vec3 = (0.0, 0.0, -9.81)
    time_step_s: float = 1 / 240
    max_time_s: float = 6.0
    rest_speed_m_s: float = 0.01
    rest_spin_rad_s: float = 0.1
    rest_time_s: float = 0.15
    bounds_min_m: Vec3 = (-1.0, -1.0, 0.0)
    bounds_max_m: Vec3 = (1.0, 1.0, 3.0)

    def __post_init__(self) -> None:
        _check(_finite(*self.gravity_m_s2), self, f"gravity_m_s2 must be finite, got {self.gravity_m_s2}")
        _check(0 < self.time_step_s <= 0.05, self, f"time_step_s must be in (0, 0.05], got {self.time_step_s}")
        _check(0 < self.rest_time_s <= self.max_time_s < math.inf, self, "must have 0 < rest_time_s <= max_time_s < infinity")
        _check(_finite(self.rest_speed_m_s, self.rest_spin_rad_s), self, "rest speeds must be finite")
        _check(self.rest_speed_m_s > 0 and self.rest_spin_rad_s > 0, self, "rest speeds must be positive")
        _check(_finite(*self.bounds_min_m, *self.bounds_max_m), self, "bounds_min_m and bounds_max_m must be finite")
        _check(all(a < b for a, b in zip(self.bounds_min_m, self.bounds_max_m, strict=True)), self, "bounds_min_m must be below bounds_max_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSpec:
    """Everything there is. Body names are unique; instance ids are the index in `bodies` plus one."""

    bodies: tuple[BodySpec, ...] = ()
    lights: tuple[Light, ...] = ()
    cameras: tuple[CameraSpec, ...] = ()
    environment: EnvironmentSpec = EnvironmentSpec()
    physics: PhysicsSpec = PhysicsSpec()
    notes: tuple[tuple[str, str], ...] = field(default=())

    def __post_init__(self) -> None:
        for what, names in (("body", [b.name for b in self.bodies]), ("camera", [c.name for c in self.cameras])):
            twice = sorted({n for n in names if names.count(n) > 1})
            _check(not twice, self, f"{what} names must be unique, {twice} appear more than once")

    def body(self, name: str) -> BodySpec:
        """The body of this name. Raises KeyError."""
        for body in self.bodies:
            if body.name == name:
                return body
        raise KeyError(name)

    def replace(self, **changes: Any) -> "SceneSpec":
        """A copy with some fields changed."""
        return replace(self, **changes)

    def map_bodies(self, change: dict[str, dict[str, Any]]) -> "SceneSpec":
        """A copy in which the named bodies have the given fields changed: ``{"mug-3": {"mass_kg": 0.2}}``."""
        return replace(self, bodies=tuple(replace(b, **change[b.name]) if b.name in change else b for b in self.bodies))
