"""How the camera exposes, how noisy it is, and what its lens and its compression do to pictures."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.bounds import lit_point
from diorama.randomizers.colors import luminance, mixed
from diorama.randomizers.distributions import Constant, Distribution, LogUniform, TruncatedNormal, Uniform, require, rounded
from diorama.randomizers.illumination import level_irradiance, road_irradiance
from diorama.sim.assets.color import mean_color
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import ImageTexture, MaterialSpec, ProceduralTexture, Rgb, SceneSpec, SensorSpec

#: What surfaces of unknown colour reflect on average.
_TYPICAL_ALBEDO = 0.35
#: How much darker than by day streets come out, and how much noisier, by hour.
_KEYS, _NOISE = {"golden-hour": 0.95, "dusk": 0.7, "night": 0.42}, {"dusk": 1.6, "night": 2.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Expose for the light there is, more or less, and draw the camera's faults.

    The light on the table top is estimated (unshadowed), and exposed so that a scene reflecting it as the table does comes
    out at `target` of white; `adaptation` 1 does so fully, 0 not at all. `error_ev` is how far the exposure is off.
    `read_noise` and `shot_noise` are those of `SensorSpec`. In scenes with roads it is the light on the ground before the camera; and where
    their notes tell that it is dusk or night, pictures stay darker and get noisier, as those of cameras do.

    Further faults are off until they are asked for, and are drawn apart from each other and from the rest. `red_gain` and `blue_gain` are how far the
    white balance is off, green being 1. `blur_px`, `vignetting`, `chromatic_aberration_px`, `bloom`, `bloom_radius` and `jpeg_quality` are those of
    `SensorSpec`; None compresses nothing. Plausible for ordinary cameras: gains ``{uniform: [0.85, 1.15]}``, blur ``{uniform: [0, 1]}``, vignetting
    ``{uniform: [0, 0.8]}``, chromatic aberration ``{truncated-normal: [0, 0.5, -1.5, 1.5]}``, bloom ``{log-uniform: [0.002, 0.08]}`` of radius
    ``{uniform: [0.02, 0.1]}``, JPEG ``{uniform-int: [40, 95]}``.
    """

    name: ClassVar[str] = "sensor"
    stage: ClassVar[Stage] = "view"

    target: float = 0.35
    adaptation: Distribution = Uniform(0.75, 1.0)
    error_ev: Distribution = TruncatedNormal(0, 0.4, -1, 1)
    read_noise: Distribution = LogUniform(0.0005, 0.006)
    shot_noise: Distribution = LogUniform(0.003, 0.03)
    red_gain: Distribution = Constant(1.0)
    blue_gain: Distribution = Constant(1.0)
    blur_px: Distribution = Constant(0.0)
    vignetting: Distribution = Constant(0.0)
    chromatic_aberration_px: Distribution = Constant(0.0)
    bloom: Distribution = Constant(0.0)
    bloom_radius: Distribution = Constant(0.05)
    jpeg_quality: Distribution | None = None

    def __post_init__(self) -> None:
        if not 0 < self.target < math.inf:
            raise InvalidValue(f"target must be positive, got {self.target}")
        require(self, 0, 2, "adaptation")
        require(self, -math.inf, math.inf, "error_ev")
        require(self, 0, 0.99, "read_noise", "shot_noise")
        require(self, 0, 16, "red_gain", "blue_gain")
        require(self, 0, 16, "blur_px")
        require(self, 0, 1, "vignetting", "bloom")
        require(self, -32, 32, "chromatic_aberration_px")
        require(self, 0.001, 0.5, "bloom_radius")
        if self.jpeg_quality is not None:
            require(self, 1, 100, "jpeg_quality", whole=True)

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        # The cameras of a rig are set alike, and each has noise of its own.
        common = context.common(self, seed)
        rng = common.rng()
        hour = dict(spec.notes).get("hour", "day") if spec.roads is not None else "day"
        if spec.roads is None:
            irradiance = level_irradiance(spec, lit_point(spec, context.library))
        else:
            irradiance = road_irradiance(spec, spec.cameras[0])
        radiance = max((_table_albedo(spec, context.library) + _TYPICAL_ALBEDO) / 2 * irradiance / math.pi, 1e-6)
        target, noise = self.target * _KEYS.get(hour, 1.0), _NOISE.get(hour, 1.0)
        ev = self.adaptation.sample(rng) * math.log2(target / radiance) + self.error_ev.sample(rng)

        def fault(name: str) -> Any:
            return getattr(self, name).sample(common.child(name).rng())

        sensor = SensorSpec(
            exposure_ev=rounded(ev),
            read_noise=_noisier(self.read_noise.sample(rng), noise),
            shot_noise=_noisier(self.shot_noise.sample(rng), noise),
            noise_seed=seed.child("noise").integer(32),
            white_balance=(fault("red_gain"), 1.0, fault("blue_gain")),
            blur_px=fault("blur_px"),
            vignetting=fault("vignetting"),
            chromatic_aberration_px=fault("chromatic_aberration_px"),
            bloom=fault("bloom"),
            bloom_radius=fault("bloom_radius"),
            jpeg_quality=None if self.jpeg_quality is None else fault("jpeg_quality"),
        )
        return {"irradiance_w_m2": rounded(irradiance), "radiance_w_m2_sr": rounded(radiance), "sensor": to_json(sensor)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        return spec.replace(cameras=(replace(camera, sensor=from_json(SensorSpec, params["sensor"])),))


def _noisier(noise: float, factor: float) -> float:
    return noise if factor == 1 else rounded(min(noise * factor, 0.99))


def _table_albedo(spec: SceneSpec, library: AssetLibrary) -> float:
    for body in spec.bodies:
        if "support" in body.tags:
            return luminance(_mean_color(body.material or MaterialSpec(), library))
    return _TYPICAL_ALBEDO


def _mean_color(material: MaterialSpec, library: AssetLibrary) -> Rgb:
    if isinstance(material.texture, ProceduralTexture):
        pattern = mixed(material.texture.color_a, material.texture.color_b, 0.5)
    elif isinstance(material.texture, ImageTexture):
        image = library.image(material.texture.path)
        pattern = library.derived(("mean color", id(image)), image, lambda: (mean_color(image), 0))
    else:
        pattern = (1.0, 1.0, 1.0)
    return (pattern[0] * material.base_color[0], pattern[1] * material.base_color[1], pattern[2] * material.base_color[2])
