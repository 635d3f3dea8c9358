"""Things stand on surfaces, anywhere, apart from each other."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Select
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.darts import thrown
from diorama.randomizers.distributions import Constant, Distribution, Uniform, require, require_one_of
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, surfaces
from diorama.randomizers.turning import RESTS, turn
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSurface(Placement):
    """Stand objects on the tops of the selected bodies: boards of a shelf, a table, the floor.

    Each is turned as `rest` says and by `yaw_deg` about the vertical, and stands anywhere on the tops of `support` where it fits, evenly: wholly on
    one of them and `margin_m` inside its edge, `gap_m` above it, clear of everything in its place already, and `spacing_m` beside it. What
    fits nowhere rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "on-surface"

    support: Select = SUPPORT
    rest: Distribution = Constant("upright")
    yaw_deg: Distribution = Uniform(0, 360)
    margin_m: float = 0.01
    spacing_m: float = 0.005
    gap_m: float = 0.001

    def __post_init__(self) -> None:
        require_one_of(self, RESTS, "rest")
        require(self, -math.inf, math.inf, "yaw_deg")
        require_length(self, "margin_m", "spacing_m", "gap_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        targets = surfaces(spec, context.library, self.support)
        bodies = self.on.of(spec.bodies)
        crowd = Crowd.around(spec, context.library, without={b.name for b in bodies})
        poses: dict[str, Any] = {}
        for body in bodies:
            rng = seed.child("body", body.name).rng()
            rotation = turn(rng, self.rest.sample(rng), math.radians(self.yaw_deg.sample(rng)), body, context.library)
            thing = Prism.of(context.library.shape_asset(body.shape), rotation)
            place = thrown(rng, thing, targets, crowd, margin_m=self.margin_m, spacing_m=self.spacing_m, gap_m=self.gap_m)
            if place is None:
                raise no_room(body, f"on {', '.join(target.name for target in targets)}")
            poses[body.name] = pose_json(place, rotation)
        return {"poses": poses}
