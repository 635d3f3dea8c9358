"""Drops on the glass before a camera, in the rain."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Distribution, LogUniform, UniformInt, require, require_share
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import Drops, SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class LensDrops(Labelled):
    """Put drops of water on the glass before the camera, in a share `share` of views.

    Where the scene's notes tell a weather, it has to be one of `weathers`. There are `count` drops, the usual one of a radius of `size` picture
    heights; see `Drops`. Behind a randomizer that makes the whole sensor.
    """

    name: ClassVar[str] = "lens-drops"
    stage: ClassVar[Stage] = "view"

    share: float = 0.6
    weathers: tuple[str, ...] = ("rain",)
    count: Distribution = UniformInt(4, 70)
    size: Distribution = LogUniform(0.004, 0.014)

    def __post_init__(self) -> None:
        require_share(self, "share")
        require(self, 0, 5000, "count", whole=True)
        require(self, 0.0001, 0.2, "size")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        told = dict(spec.notes).get("weather")
        shown = rng.random() < self.share and (told is None or told in self.weathers)
        drops = Drops(count=self.count.sample(rng), size=self.size.sample(rng), seed=seed.child("places").integer(32))
        return {"shown": bool(shown), "drops": to_json(drops)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        drops = from_json(Drops, params["drops"]) if params["shown"] else None
        return spec.replace(cameras=(replace(camera, sensor=replace(camera.sensor, drops=drops)),))
