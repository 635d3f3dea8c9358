"""Things turn to look somewhere."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context
from diorama.randomizers.bounds import turned
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.distributions import Distribution, TruncatedNormal, require
from diorama.randomizers.placement import Placement, no_room, pose_json
from diorama.randomizers.turning import about_vertical
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec
from diorama.sim.transforms import Vec3

_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing(Placement):
    """Turn objects about the vertical, where they are, so that one of their axes points to a place or in a direction.

    `axis`, in the body's own frame, points to the point `toward_m` of the world, or else in the direction `azimuth_deg` (0 is +x, 90 is +y), each
    missed by `error_deg`, as seen from above. Comes after what places them. An object that cannot turn for others rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "facing"

    axis: Vec3 = (1.0, 0.0, 0.0)
    toward_m: Vec3 | None = None
    azimuth_deg: float = -90.0
    error_deg: Distribution = TruncatedNormal(0, 10, -30, 30)

    def __post_init__(self) -> None:
        require(self, -math.inf, math.inf, "error_deg")
        if not any(self.axis):
            raise InvalidValue(f"axis must not be zero, got {self.axis}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        bodies = self.on.of(spec.bodies)
        crowd = Crowd.around(spec, context.library, without={b.name for b in bodies})
        poses: dict[str, Any] = {}
        for body in bodies:
            rng = seed.child("body", body.name).rng()
            pose = body.world_from_body
            asset = context.library.shape_asset(body.shape)
            # How far there is to turn. An axis that points up or down already stays as it is.
            x, y, _ = turned(np.array([self.axis]), pose.rotation_wxyz)[0].tolist()
            turn = self._bearing(pose.position_m) - math.atan2(y, x) if math.hypot(x, y) > 1e-6 else 0.0
            for _ in range(_TRIES):
                rotation = about_vertical(turn + math.radians(self.error_deg.sample(rng)), pose.rotation_wxyz)
                thing = Prism.of(asset, rotation).moved(pose.position_m)
                if crowd.is_free(thing):
                    crowd.add(thing)
                    poses[body.name] = pose_json(pose.position_m, rotation)
                    break
            else:
                raise no_room(body, "where it is when it turns")
        return {"poses": poses}

    def _bearing(self, place: Vec3) -> float:
        """The direction in which a body there is to point, in radians from +x."""
        if self.toward_m is None:
            return math.radians(self.azimuth_deg)
        return math.atan2(self.toward_m[1] - place[1], self.toward_m[0] - place[0])
