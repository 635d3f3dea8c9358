"""The grain and the blur of a photograph, for what is put into it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.distributions import Distribution, LogUniform, require, rounded
from diorama.randomizers.files import digest
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.photo.grain import Grain, grain
from diorama.sim.render.backdrop import codes, linear
from diorama.sim.seeds import Seed
from diorama.sim.spec import Backdrop, SceneSpec, SensorSpec, ToneCurve

_MOST_NOISE = 0.5
_MOST_BLUR_PX = 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSensor:
    """Give what is put into the scenario's photograph the noise and the blur that the photograph itself has.

    They are measured in the picture that is made of all of it, and multiplied by `noise` and `blur`; what is shown larger is as much more blurred,
    and noisier if pixels are means of fewer. The photograph's own pixels get no more of either.
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
        backdrop, size, library = camera.backdrop, (camera.width, camera.height), context.library
        found = _measured(library, backdrop.path, digest(backdrop.path), size, camera.sensor.tone_curve)
        rows, columns = library.photo(backdrop.path).shape[:2]
        finer = max(min(columns / size[0], rows / size[1]), 1.0)
        noise = min(backdrop.zoom, finer) * self.noise.sample(seed.child("noise").rng())
        blur = backdrop.zoom * self.blur.sample(seed.child("blur").rng())
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


@lru_cache(maxsize=1024)
def _measured(library: AssetLibrary, path: str, _digest: str, size: tuple[int, int], curve: ToneCurve) -> Grain:
    """The grain of the picture of this size that is made of a photograph, which is measured again only when it was changed."""
    return grain(codes(linear(Backdrop(path=path), library.photo(path), *size)), curve)
