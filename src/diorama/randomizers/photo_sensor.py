"""The grain and the blur of a photograph, for what is put into it."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.distributions import Distribution, LogUniform, require, rounded
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.photo.grain import grain
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec, SensorSpec

_MOST_NOISE = 0.5
_MOST_BLUR_PX = 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSensor:
    """Give what is put into the scenario's photograph the noise and the blur that the photograph itself has.

    They are measured in the picture that is made of it, and multiplied by `noise` and `blur`. The photograph's own pixels get no more of either.
    """

    name: ClassVar[str] = "photo-sensor"
    stage: ClassVar[Stage] = "view"

    noise: Distribution = LogUniform(0.9, 1.1)
    blur: Distribution = LogUniform(0.9, 1.1)

    def __post_init__(self) -> None:
        require(self, 0, 100, "noise", "blur")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        (camera,) = spec.cameras
        if camera.backdrop is None:
            raise InvalidValue('photo-sensor: the camera has no photograph to be like. Choose a scenario that brings one, such as "photo".')
        picture = codes(linear(camera.backdrop, context.library.photo(camera.backdrop.path), camera.width, camera.height))
        found = grain(picture, camera.sensor.tone_curve)
        noise, blur = self.noise.sample(seed.child("noise").rng()), self.blur.sample(seed.child("blur").rng())
        sensor = replace(
            camera.sensor,
            read_noise=rounded(min(found.read_noise * noise, _MOST_NOISE)),
            shot_noise=rounded(min(found.shot_noise * noise, _MOST_NOISE)),
            blur_px=rounded(min(found.blur_px * blur, _MOST_BLUR_PX)),
            noise_seed=seed.child("noise-seed").integer(32),
        )
        return {"found": to_json(found), "sensor": to_json(sensor)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        return spec.replace(cameras=(replace(camera, sensor=from_json(SensorSpec, params["sensor"])),))
