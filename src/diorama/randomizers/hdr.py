"""Real light: HDR maps from files, all around."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.colors import luminance, scaled
from diorama.randomizers.distributions import Distribution, LogUniform, Uniform, require, require_share, rounded
from diorama.randomizers.files import FromFiles, check_readable, digest
from diorama.randomizers.surroundings import surround, surrounded
from diorama.sim.assets.hdr_light import HdrLight, hdr_light
from diorama.sim.errors import AssetError
from diorama.sim.seeds import Seed
from diorama.sim.spec import HdrMap, SceneSpec
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrMaps(FromFiles):
    """Surround the scene with an HDR map (an equirectangular ``.hdr`` picture), and take its light instead of the lights that there were.

    `paths` are files, and folders of them: see `FromFiles`. The map is turned by `turn_deg` about the vertical, and scaled so that level ground
    gets `irradiance` W/m2 from it. If `shadows`, a spot that outshines all else, as the sun does, is taken out of the map and becomes a light
    that casts shadows. `keep_lights` leaves the lights that there were. In a share `shown` of scenes the map is seen behind everything; in the
    others it only lights them, and what is seen stays what it was.
    """

    name: ClassVar[str] = "hdr-map"
    stage: ClassVar[Stage] = "scene"
    suffixes: ClassVar[tuple[str, ...]] = (".hdr",)

    turn_deg: Distribution = Uniform(0, 360)
    irradiance: Distribution = LogUniform(1.5, 5.0)
    shadows: bool = True
    keep_lights: bool = False
    shown: float = 1.0

    def __post_init__(self) -> None:
        FromFiles.__post_init__(self)
        require(self, -math.inf, math.inf, "turn_deg")
        require(self, 0, math.inf, "irradiance")
        require_share(self, "shown")

    def check(self) -> None:
        check_readable(self.files(), _lit)

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        path = self.drawn_file(rng)
        turn, irradiance = rounded(math.radians(self.turn_deg.sample(rng))), self.irradiance.sample(rng)
        light = _lit(Path(path))
        strength = rounded(irradiance / luminance(light.irradiance))
        around, sun = HdrMap(path=path, strength=strength, turn_rad=turn), None
        if self.shadows and light.sun is not None:
            around = replace(around, without=light.highlight)
            direction, power = _turned(light.sun.direction, turn), scaled(light.sun.irradiance, strength)
            sun = replace(light.sun, direction=direction, irradiance=power)
        shown = seed.child("shown").rng().random() < self.shown
        made = surrounded(around, sun, shown=shown, keep_lights=self.keep_lights)
        return {"irradiance": irradiance, "sha256": digest(path)} | made

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return surround(spec, params)


def _lit(path: Path) -> HdrLight:
    """The light of a map. Raises AssetError naming a file that has none."""
    light = hdr_light(path)
    if luminance(light.irradiance) < 1e-9:
        raise AssetError(f"{path}: is black above its horizon, so that it cannot be scaled to any brightness")
    return light


def _turned(direction: Vec3, angle_rad: float) -> Vec3:
    """Counter-clockwise seen from above."""
    x, y, z = direction
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return (rounded(c * x - s * y), rounded(s * x + c * y), z)
