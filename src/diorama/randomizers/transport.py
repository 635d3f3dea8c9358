"""A conveyor runs, and carries along what lies on it."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Select, Stage
from diorama.randomizers.bounds import touched
from diorama.randomizers.clearance import Prism
from diorama.randomizers.distributions import Constant, Distribution, Uniform, require, rounded
from diorama.randomizers.surfaces import level_top
from diorama.sim.seeds import Seed
from diorama.sim.spec import Motion, SceneSpec
from diorama.sim.transforms import apply

_BELT = Select(tags=("belt",))
#: What has its lowest point this far below the belt's top, pressed in a little, still lies on it.
_SUNK_M = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport(Labelled):
    """Let a belt run at `speed_m_s`, with everything on it, in the direction `azimuth_deg` (0 is +x, 90 is +y).

    What physics has brought to rest on a belt that stood still rests on it just so when both move steadily (Galileo), so poses stay as they are:
    the belt, any of `belt`, and all movable bodies over one get the velocity, which exposure, rolling shutter and optical flow then see.
    """

    name: ClassVar[str] = "transport"
    stage: ClassVar[Stage] = "settled"

    belt: Select = _BELT
    speed_m_s: Distribution = Uniform(0.1, 0.6)
    azimuth_deg: Distribution = Constant(0)

    def __post_init__(self) -> None:
        require(self, 0, 100, "speed_m_s")
        require(self, -math.inf, math.inf, "azimuth_deg")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.rng()
        speed, azimuth = self.speed_m_s.sample(rng), math.radians(self.azimuth_deg.sample(rng))
        belts = self.belt.of(spec.bodies)
        tops = [level_top(belt, context.library) for belt in belts]
        carried = []
        for body in spec.bodies:
            if not body.is_static:
                thing = Prism.around(apply(body.world_from_body.matrix, touched(context.library.shape_asset(body.shape))))
                if any(thing.low_m > top.height_m - _SUNK_M and thing.outline.gap_m(top.outline) < 0 for top in tops):
                    carried.append(body.name)
        return {
            "velocity_m_s": [rounded(speed * math.cos(azimuth)), rounded(speed * math.sin(azimuth)), 0.0],
            "carried": [*(belt.name for belt in belts), *carried],
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        motion = Motion(tuple(params["velocity_m_s"]))
        return spec.map_bodies({name: {"motion": motion} for name in params["carried"]})
