"""Where the camera is and what it looks at."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.aim import filling_distance_m, focal_px, looking, subject, vec3, with_camera
from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.bounds import Box, radius, support_box, world_box
from diorama.randomizers.distributions import Distribution, Normal, Uniform, require, rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec
from diorama.sim.transforms import Vec3

#: Directions tried before the one with the longest free line of sight, outside all objects, is taken.
_ATTEMPTS = 16
#: Kept free around the camera, metres.
_CLEAR_M = 0.05
#: What holds the objects is between them and the camera by nature, and seen into; all other furniture is a wall.
_SEEN_INTO = {"support", "container"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraShell(Labelled):
    """Put the camera on a shell around the objects, looking at them, never below the table top, behind a wall or inside a thing.

    `elevation_deg` and `azimuth_deg` give the direction from the middle of the objects, `radius_m` the distance; by default it is
    such that most objects fill `fill` of the picture's shorter side. The camera looks beside the middle by `aim` times the
    objects' extent along each axis, and is rolled by `roll_deg`. `fov_deg` is the vertical field of view.
    """

    name: ClassVar[str] = "camera-shell"
    stage: ClassVar[Stage] = "view"

    elevation_deg: Distribution = Uniform(20, 75)
    azimuth_deg: Distribution = Uniform(0, 360)
    radius_m: Distribution | None = None
    fill: Distribution = Uniform(0.9, 1.7)
    aim: Distribution = Uniform(-0.2, 0.2)
    roll_deg: Distribution = Normal(0, 5)
    fov_deg: Distribution = Uniform(30, 65)

    def __post_init__(self) -> None:
        require(self, 0, 90, "elevation_deg")
        require(self, -math.inf, math.inf, "azimuth_deg", "aim", "roll_deg")
        require(self, 0.05, 10, "fill")
        require(self, 1, 150, "fov_deg")
        if self.radius_m is not None:
            require(self, 0.01, 1000, "radius_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        center, extent = subject(spec, context.library)
        fov = math.radians(self.fov_deg.sample(rng))
        fill = self.fill.sample(rng)
        wanted = self.radius_m.sample(rng) if self.radius_m else filling_distance_m(spec, extent, fov, fill)
        aim = vec3(c + self.aim.sample(rng) * extent for c in center)
        roll = math.radians(self.roll_deg.sample(rng))
        eye = self._eye(rng, center, wanted, spec, context.library)
        return {
            "center_m": list(center),
            "radius_m": rounded(math.dist(center, eye)),
            "position_m": list(eye),
            "rotation_wxyz": list(looking(eye, aim, roll_rad=roll)),
            "focal_px": focal_px(spec, fov),
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return with_camera(spec, params)

    def _eye(self, rng: np.random.Generator, center: Vec3, wanted: float, spec: SceneSpec, library: AssetLibrary) -> Vec3:
        """A place at the wanted distance from the middle, or nearer, where a wall is in the way: the first of some that is free."""
        lowest = support_box(spec, library).high[2] + _CLEAR_M
        furniture = [b for b in spec.bodies if b.category is None and b.is_static and "distractor" not in b.tags]
        walls = [world_box(b, library) for b in furniture if not _SEEN_INTO & set(b.tags)]
        around = [world_box(b, library) for b in furniture if "container" in b.tags]
        objects = [(b.world_from_body.position_m, radius(b, library) + _CLEAR_M) for b in spec.bodies if b not in furniture]
        best, best_score = vec3((center[0], center[1], center[2] + wanted)), (False, 0.0)
        for _ in range(_ATTEMPTS):
            elevation, azimuth = math.radians(self.elevation_deg.sample(rng)), math.radians(self.azimuth_deg.sample(rng))
            direction = (math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation))
            distance = min([wanted, *(_free_distance(center, direction, wall) for wall in walls)])
            x, y, z = (c + distance * d for c, d in zip(center, direction, strict=True))
            eye = vec3((x, y, max(z, lowest)))
            is_clear = all(math.dist(eye, middle) > reach for middle, reach in objects) and not any(_is_near(eye, box) for box in around)
            if is_clear and distance == wanted:
                return eye
            if (is_clear, distance) > best_score:
                best, best_score = eye, (is_clear, distance)
        return best


def _is_near(eye: Vec3, box: Box) -> bool:
    return all(low - _CLEAR_M < e < high + _CLEAR_M for e, low, high in zip(eye, box.low, box.high, strict=True))


def _free_distance(start: Vec3, direction: Vec3, box: Box) -> float:
    """How far one can go before coming near a box (slab method); infinite if never."""
    enter, leave = 0.0, math.inf
    for s, d, low, high in zip(start, direction, box.low, box.high, strict=True):
        low, high = low - _CLEAR_M, high + _CLEAR_M
        if abs(d) < 1e-12:
            if not low < s < high:
                return math.inf
            continue
        near, far = sorted(((low - s) / d, (high - s) / d))
        enter, leave = max(enter, near), min(leave, far)
    return enter if enter < leave else math.inf
