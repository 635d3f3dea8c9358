"""Photographs as what is seen behind everything."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.bounds import lit_point
from diorama.randomizers.distributions import Distribution, LogUniform, Uniform, require, require_share, rounded
from diorama.randomizers.files import FromFiles, check_readable, digest
from diorama.randomizers.illumination import level_irradiance
from diorama.sim.assets.images import IMAGE_SUFFIXES, read_photo
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import Backdrop, SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoBackdrops(FromFiles):
    """Hang a photograph behind everything, another for each view. It fills the picture, lights nothing, and what it shows has no labels.

    `paths` are image files, and folders of them: see `FromFiles`. A share `share` of views gets one. Its white is as bright as white paper on
    the table, times `brightness`; 1 / `zoom` of its width is shown, or of its height, off the middle by `offset` (right and down; -1 and 1
    are as far as it goes).
    """

    name: ClassVar[str] = "photo-backdrop"
    stage: ClassVar[Stage] = "view"
    suffixes: ClassVar[tuple[str, ...]] = IMAGE_SUFFIXES

    share: float = 1.0
    brightness: Distribution = LogUniform(0.5, 1.6)
    zoom: Distribution = LogUniform(1.0, 1.8)
    offset: Distribution = Uniform(-1, 1)

    def __post_init__(self) -> None:
        FromFiles.__post_init__(self)
        require_share(self, "share")
        require(self, 0, 1e6, "brightness")
        require(self, 1, 100, "zoom")
        require(self, -1, 1, "offset")

    def check(self) -> None:
        check_readable(self.files(), read_photo)

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        if rng.random() >= self.share:
            return {"backdrop": None}
        path = self.drawn_file(rng)
        white = level_irradiance(spec, lit_point(spec, context.library)) / math.pi
        backdrop = Backdrop(
            path=path,
            radiance=rounded(white * self.brightness.sample(rng)),
            zoom=self.zoom.sample(rng),
            offset=(self.offset.sample(rng), self.offset.sample(rng)),
        )
        return {"backdrop": to_json(backdrop), "sha256": digest(path)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        backdrop = params["backdrop"] and from_json(Backdrop, params["backdrop"])
        return spec.replace(cameras=(replace(camera, backdrop=backdrop),))
