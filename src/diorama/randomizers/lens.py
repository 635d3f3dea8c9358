"""The lens and the shutter: intrinsics, distortion, depth of field, and blur by motion."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.aim import subject
from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Constant, Distribution, Uniform, require, rounded
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BrownConrady, KannalaBrandt, Motion, SceneSpec
from diorama.sim.spec.cameras import Distortion

_OFF = Constant(0)
_KINDS: dict[str, type[Distortion]] = {kind.kind: kind for kind in (BrownConrady, KannalaBrandt)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrownLens:
    """Brown and Conrady's distortion, coefficient by coefficient. Webcams: k1 about ``{uniform: [-0.3, 0.1]}``, the others near 0."""

    kind: ClassVar[str] = "brown-conrady"
    k1: Distribution = _OFF
    k2: Distribution = _OFF
    p1: Distribution = _OFF
    p2: Distribution = _OFF
    k3: Distribution = _OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Fisheye:
    """Kannala and Brandt's fisheye, coefficient by coefficient; all 0 is an equidistant lens."""

    kind: ClassVar[str] = "kannala-brandt"
    k1: Distribution = _OFF
    k2: Distribution = _OFF
    k3: Distribution = _OFF
    k4: Distribution = _OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens(Labelled):
    """What the camera's lens and shutter do to a picture whose place has been chosen; it comes after the randomizer that chose it.

    `focal` multiplies the focal length, `aspect` is how many times taller than wide pixels are focused (fy / fx), and the principal
    point is off the middle by `offset_x` and `offset_y` of the picture's width and height. `distortion` bends picture and labels alike. The
    aperture has a radius of `aperture_m`, focused at `focus` times the distance of the middle of the objects. The shutter
    is open for `exposure_s`, and takes `rolling_shutter_s` from the top row to the bottom row; meanwhile an unsteady hand moves
    the camera at `shake_m_s` along and `shake_deg_s` about each world axis, beyond what moves it already.
    """

    name: ClassVar[str] = "lens"
    stage: ClassVar[Stage] = "view"

    focal: Distribution = Uniform(0.95, 1.05)
    aspect: Distribution = Constant(1)
    offset_x: Distribution = Uniform(-0.02, 0.02)
    offset_y: Distribution = Uniform(-0.02, 0.02)
    distortion: BrownLens | Fisheye | None = None
    aperture_m: Distribution = _OFF
    focus: Distribution = Constant(1)
    exposure_s: Distribution = _OFF
    rolling_shutter_s: Distribution = _OFF
    shake_m_s: Distribution = _OFF
    shake_deg_s: Distribution = _OFF
    blur_samples: int = 16

    def __post_init__(self) -> None:
        require(self, 0.05, 20, "focal")
        require(self, 0.2, 5, "aspect")
        require(self, -0.5, 0.5, "offset_x", "offset_y")
        require(self, 0, 1, "aperture_m")
        require(self, 0.01, 100, "focus")
        require(self, 0, 10, "exposure_s", "rolling_shutter_s")
        require(self, -math.inf, math.inf, "shake_m_s", "shake_deg_s")
        if not 1 <= self.blur_samples <= 1024:
            raise InvalidValue(f"blur_samples must be in 1..1024, got {self.blur_samples}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        (camera,) = spec.cameras
        rng = seed.rng()

        def factor(name: str) -> float:
            return getattr(self, name).sample(seed.child(name).rng())

        away = math.dist(camera.world_from_camera.position_m, subject(spec, context.library)[0])
        linear = [self.shake_m_s.sample(rng) for _ in range(3)]
        angular = [math.radians(self.shake_deg_s.sample(rng)) for _ in range(3)]
        focal = factor("focal")
        return {
            "fx": rounded(camera.fx * focal),
            "fy": rounded(camera.fy * focal * factor("aspect")),
            "cx": rounded(camera.cx + factor("offset_x") * camera.width),
            "cy": rounded(camera.cy + factor("offset_y") * camera.height),
            "distortion": None if self.distortion is None else to_json(_bent(self.distortion, seed.child("distortion"))),
            "aperture_m": factor("aperture_m"),
            "focus_m": rounded(max(away * factor("focus"), 1e-3)),
            "exposure_s": factor("exposure_s"),
            "rolling_shutter_s": factor("rolling_shutter_s"),
            "shake": to_json(Motion(_vec3(linear), _vec3(angular))),
            "time_s": camera.time_s,
            "blur_samples": self.blur_samples,
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        (camera,) = spec.cameras
        numbers = {name: value for name, value in params.items() if name not in ("distortion", "shake", "time_s")}
        bent = params["distortion"] and from_json(_KINDS[params["distortion"]["kind"]], params["distortion"])
        shake = from_json(Motion, params["shake"])
        if not shake.is_still:
            # In a sequence it goes on as it began.
            shaken = shake.moved(camera.world_from_camera, camera.time_s - params["time_s"])
            linear = [a + b for a, b in zip(camera.motion.linear_m_s, shake.linear_m_s, strict=True)]
            angular = [a + b for a, b in zip(camera.motion.angular_rad_s, shake.angular_rad_s, strict=True)]
            camera = replace(camera, world_from_camera=shaken, motion=Motion(_vec3(linear), _vec3(angular)))
        return spec.replace(cameras=(replace(camera, distortion=bent, **numbers),))


def _bent(lens: BrownLens | Fisheye, seed: Seed) -> Distortion:
    names = ("k1", "k2", "p1", "p2", "k3") if isinstance(lens, BrownLens) else ("k1", "k2", "k3", "k4")
    drawn = {name: getattr(lens, name).sample(seed.child(name).rng()) for name in names}
    return BrownConrady(**drawn) if isinstance(lens, BrownLens) else KannalaBrandt(**drawn)


def _vec3(values: list[float]) -> tuple[float, float, float]:
    x, y, z = (rounded(v) for v in values)
    return (x, y, z)
