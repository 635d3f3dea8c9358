"""What is all around: light from everywhere, and what is seen past the last surface."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.colors import KELVIN_RANGE, mixed, rgb_from_hsv, rgb_from_kelvin, scaled
from diorama.randomizers.distributions import Distribution, LogUniform, Uniform, require, require_share
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import EnvironmentSpec, Rgb, SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Replace the surroundings: ambient light from sky and ground, and the colours behind everything.

    The sky's radiance is `sky` W/m2/sr with the colour of a black body of `kelvin`; the ground sends back the share `bounce` of
    it, tinted. A share `backdrop` of scenes has a background of two colours of its own, of `backdrop_value` radiance at
    most, or in a share `plain` of these of one; the others show the sky and the ground. These colours have `hue_deg`, `saturation` and
    `value` as in a drawing program.
    """

    name: ClassVar[str] = "background"
    stage: ClassVar[Stage] = "scene"

    sky: Distribution = LogUniform(0.12, 1.0)
    kelvin: Distribution = Uniform(4500, 11000)
    bounce: Distribution = Uniform(0.15, 0.7)
    backdrop: float = 0.7
    plain: float = 0.15
    backdrop_value: Distribution = LogUniform(0.05, 1.5)
    hue_deg: Distribution = Uniform(0, 360)
    saturation: Distribution = Uniform(0.0, 0.6)
    value: Distribution = Uniform(0.3, 1.0)

    def __post_init__(self) -> None:
        require(self, 0, 1000, "sky", "backdrop_value")
        require(self, *KELVIN_RANGE, "kelvin")
        require(self, 0, 1, "bounce", "saturation", "value")
        require(self, -math.inf, math.inf, "hue_deg")
        require_share(self, "backdrop", "plain")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        sky = scaled(rgb_from_kelvin(self.kelvin.sample(rng)), self.sky.sample(rng))
        tint = rgb_from_hsv(Uniform(0.03, 0.13).sample(rng), Uniform(0.0, 0.35).sample(rng), 1.0)
        bounce = self.bounce.sample(rng)
        ground: Rgb = scaled((sky[0] * tint[0], sky[1] * tint[1], sky[2] * tint[2]), bounce)
        top = bottom = None
        if rng.random() < self.backdrop:
            radiance = self.backdrop_value.sample(rng)
            first, second = (rgb_from_hsv(self.hue_deg.sample(rng) / 360, self.saturation.sample(rng), self.value.sample(rng)) for _ in range(2))
            top = scaled(first, radiance)
            bottom = scaled(mixed(first, second, Uniform(0.1, 0.9).sample(rng)), radiance)
            if seed.child("plain").rng().random() < self.plain:
                bottom = top
        around = EnvironmentSpec(sky=sky, ground=ground, background_top=top, background_bottom=bottom)
        return {"environment": to_json(replace(around, occlusion_radius_m=spec.environment.occlusion_radius_m))}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(environment=from_json(EnvironmentSpec, params["environment"]))
