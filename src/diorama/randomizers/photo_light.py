"""The light of a photograph, for what is put into it."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.bounds import touched
from diorama.randomizers.colors import scaled
from diorama.randomizers.distributions import Distribution, LogUniform, Normal, Uniform, require, rounded
from diorama.randomizers.files import digest
from diorama.sim.assets.color import linear_from_srgb, untoned
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.photo.light import overview, photo_light
from diorama.sim.photo.sidecar import read_sidecar
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, EnvironmentSpec, Light, Rgb, SceneSpec, SunLight
from diorama.sim.transforms import apply, compose, invert


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoLight:
    """Light the objects as the things in the scenario's photograph are lit.

    Brightness and colour of the light are estimated from the photograph, times `brightness`. A share `direct` of what falls on the plane comes from
    one side, at `elevation_deg` above it, from a source that is `softness_deg` wide; the rest comes from all around, and from below as much as the
    plane sends back. The side is the one towards which the plane is brighter, give or take `azimuth_error_deg`; where that is not clear, any. What
    the photograph's YAML file says of its light is taken from there: see `KnownLight`.
    """

    name: ClassVar[str] = "photo-light"
    stage: ClassVar[Stage] = "scene"

    brightness: Distribution = LogUniform(0.85, 1.15)
    direct: Distribution = Uniform(0.3, 0.65)
    elevation_deg: Distribution = Uniform(40, 75)
    azimuth_error_deg: Distribution = Normal(0, 15)
    softness_deg: Distribution = LogUniform(4, 30)

    def __post_init__(self) -> None:
        require(self, 0, 100, "brightness")
        require(self, 0, 1, "direct")
        require(self, 5, 90, "elevation_deg")
        require(self, -math.inf, math.inf, "azimuth_error_deg")
        require(self, 0, 57, "softness_deg")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        camera = _photographed(spec)
        path = camera.backdrop.path if camera.backdrop else ""
        known = read_sidecar(path).light
        found = photo_light(_overview(context.library, path, digest(path)), camera, _depth_m(spec, camera, context.library))

        def said(name: str, drawn: float) -> float:
            return drawn if getattr(known, name) is None else getattr(known, name)

        def draw(name: str) -> float:
            return getattr(self, name).sample(seed.child(name).rng())

        direct, elevation, softness = (said(name, draw(name)) for name in ("direct", "elevation_deg", "softness_deg"))
        anywhere, error = Uniform(-180, 180).sample(seed.child("azimuth").rng()), draw("azimuth_error_deg")
        azimuth = said("azimuth_deg", anywhere if found.toward is None else rounded(_azimuth_deg(camera, found.toward) + error))
        white = scaled(found.white if known.white is None else _signal(known.white, camera), draw("brightness"))
        lights: tuple[Light, ...] = ()
        if direct > 0:
            lights = (_key(camera, scaled(white, math.pi * direct), azimuth, elevation, softness),)
        around = EnvironmentSpec(
            sky=scaled(white, 1 - direct), ground=scaled(found.plane, 1.0), occlusion_radius_m=spec.environment.occlusion_radius_m
        )
        return {
            "found": to_json(found),
            "white": list(white),
            "direct": direct,
            "azimuth_deg": azimuth,
            "elevation_deg": elevation,
            "softness_deg": softness,
            "environment": to_json(around),
            "lights": [to_json(light) for light in lights],
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(environment=from_json(EnvironmentSpec, params["environment"]), lights=from_json(tuple[Light, ...], params["lights"]))


@lru_cache(maxsize=1024)
def _overview(library: AssetLibrary, path: str, _digest: str) -> NDArray[np.uint8]:
    """Photographs are looked at again only when they were changed."""
    return overview(library.photo(path))


def _photographed(spec: SceneSpec) -> CameraSpec:
    """The scenario's camera, which has a photograph."""
    for camera in spec.cameras:
        if camera.backdrop is not None:
            return camera
    raise InvalidValue('photo-light: the scene has no photograph to take the light from. Choose a scenario that brings one, such as "photo".')


def _depth_m(spec: SceneSpec, camera: CameraSpec, library: AssetLibrary) -> float:
    """How deep into the photograph what is known of it reaches: its catchers. Without any, as far as one sees."""
    camera_from_world = invert(camera.world_from_camera.matrix)
    catchers = [(body.world_from_body.matrix, touched(library.shape_asset(body.shape))) for body in spec.bodies if body.catcher]
    return max((float(apply(compose(camera_from_world, matrix), points)[:, 2].max()) for matrix, points in catchers), default=math.inf)


def _signal(white: Rgb, camera: CameraSpec) -> Rgb:
    """What a displayed colour was before the camera's tone curve."""
    red, green, blue = (untoned(linear_from_srgb(channel), camera.sensor.tone_curve) for channel in white)
    return (red, green, blue)


def _ahead(camera: CameraSpec) -> tuple[float, float]:
    """The level unit vector (x, y) that the camera looks along, or if it looks straight down, that which is up in its picture."""
    m = camera.world_from_camera.matrix
    x, y = float(m[0, 2]), float(m[1, 2])
    if math.hypot(x, y) < 1e-6:
        x, y = -float(m[0, 1]), -float(m[1, 1])
    length = math.hypot(x, y)
    return x / length, y / length


def _azimuth_deg(camera: CameraSpec, toward: tuple[float, float]) -> float:
    """A level direction as an angle from where the camera looks, clockwise seen from above."""
    x, y = _ahead(camera)
    return math.degrees(math.atan2(toward[0] * y - toward[1] * x, toward[0] * x + toward[1] * y))


def _key(camera: CameraSpec, irradiance: Rgb, azimuth_deg: float, elevation_deg: float, softness_deg: float) -> SunLight:
    """The light from one side, which gives the plane so much."""
    x, y = _ahead(camera)
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    c, s, level = math.cos(azimuth), math.sin(azimuth), math.cos(elevation)
    return SunLight(
        direction=(rounded(-level * (c * x + s * y)), rounded(-level * (c * y - s * x)), rounded(-math.sin(elevation))),
        irradiance=scaled(irradiance, 1 / math.sin(elevation)),
        angular_diameter_rad=rounded(math.radians(softness_deg)),
    )
