"""Things lie about: anywhere on a surface, no two near each other."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Select
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.darts import thrown
from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform, require, require_one_of
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, Surface, surfaces
from diorama.randomizers.turning import RESTS, turn
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter(Placement):
    """Scatter objects over a region: a Poisson-disc pattern by dart throwing.

    The region is the tops of `support`, or of each the middle part of `size_m` (along x and y) about `middle_m` (from the top's own middle), if
    that is given. Objects lie as `rest` says, turned by `yaw_deg` about the vertical; their origins are no nearer to each other than
    `distance_m`, and they are `spacing_m` apart as well. They start `gap_m` above the surface, `margin_m` inside its edge. What fits nowhere
    rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "scatter"

    support: Select = SUPPORT
    size_m: tuple[float, float] | None = None
    middle_m: tuple[float, float] = (0.0, 0.0)
    distance_m: Distribution = Constant(0.0)
    rest: Distribution = Choice({"flat": 0.7, "upright": 0.3})
    yaw_deg: Distribution = Uniform(0, 360)
    margin_m: float = 0.01
    spacing_m: float = 0.005
    gap_m: float = 0.001

    def __post_init__(self) -> None:
        require_one_of(self, RESTS, "rest")
        require(self, 0, 1000, "distance_m")
        require(self, -math.inf, math.inf, "yaw_deg")
        require_length(self, "margin_m", "spacing_m", "gap_m")
        if self.size_m is not None and not min(self.size_m) > 0:
            raise InvalidValue(f"size_m must be positive, got {self.size_m}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        targets = [self._region(surface) for surface in surfaces(spec, context.library, self.support)]
        distance = self.distance_m.sample(seed.child("distance").rng())
        bodies = self.on.of(spec.bodies)
        crowd = Crowd.around(spec, context.library, without={b.name for b in bodies})
        landed: list[Vec3] = []
        poses: dict[str, Any] = {}
        for body in bodies:
            rng = seed.child("body", body.name).rng()
            rotation = turn(rng, self.rest.sample(rng), math.radians(self.yaw_deg.sample(rng)), body, context.library)
            place = thrown(
                rng,
                Prism.of(context.library.shape_asset(body.shape), rotation),
                targets,
                crowd,
                margin_m=self.margin_m,
                spacing_m=self.spacing_m,
                gap_m=self.gap_m,
                accept=lambda p: all(math.dist(p[:2], other[:2]) >= distance for other in landed),
            )
            if place is None:
                raise no_room(body, f"on {', '.join(target.name for target in targets)}, {distance:g} m from the others")
            landed.append(place)
            poses[body.name] = pose_json(place, rotation)
        return {"distance_m": distance, "poses": poses}

    def _region(self, surface: Surface) -> Surface:
        if self.size_m is None:
            return surface
        x, y = ((m + by - size / 2, m + by + size / 2) for m, by, size in zip(surface.outline.middle_m, self.middle_m, self.size_m, strict=True))
        outline = surface.outline.clipped(x, y)
        if len(outline.corners) < 3:
            raise InvalidValue(f"scatter: the region of {self.size_m} m about {self.middle_m} m is not on {surface.name}")
        return Surface(surface.name, outline, surface.height_m)
