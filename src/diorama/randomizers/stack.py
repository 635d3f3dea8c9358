"""Things stand on each other, in towers."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Select
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.darts import thrown
from diorama.randomizers.distributions import Constant, Distribution, TruncatedNormal, Uniform, UniformInt, require, require_one_of
from diorama.randomizers.outlines import Outline
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, surfaces
from diorama.randomizers.turning import RESTS, turn
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import Quat, Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack(Placement):
    """Stack objects in towers on the support.

    Each tower has `height` objects, in their order; it ends earlier where the next would touch a neighbour, or where there is none. It stands
    where its lowest object fits, `margin_m` inside the edge and `spacing_m` from all else. Each next one has the middle of its box above that
    of the one below, but for `jitter` of the narrower one's width along x and y, and is turned as `rest` says, by the tower's `yaw_deg` and by
    its own `turn_deg`. `gap_m` is left between them. What cannot stand where it was put falls: boxes, books and cups stack, and balls do not.
    A tower without a place for its foot rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "stack"

    support: Select = SUPPORT
    height: Distribution = UniformInt(2, 5)
    rest: Distribution = Constant("flat")
    yaw_deg: Distribution = Uniform(0, 360)
    turn_deg: Distribution = TruncatedNormal(0, 5, -15, 15)
    jitter: Distribution = TruncatedNormal(0, 0.05, -0.15, 0.15)
    margin_m: float = 0.02
    spacing_m: float = 0.02
    gap_m: float = 0.0005

    def __post_init__(self) -> None:
        require(self, 1, 1000, "height", whole=True)
        require_one_of(self, RESTS, "rest")
        require(self, -math.inf, math.inf, "yaw_deg", "turn_deg")
        require(self, -1, 1, "jitter")
        require_length(self, "margin_m", "spacing_m", "gap_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        targets = surfaces(spec, context.library, self.support)
        bodies = self.on.of(spec.bodies)
        crowd = Crowd.around(spec, context.library, without={b.name for b in bodies})
        poses: dict[str, Any] = {}
        towers: list[int] = []
        height, yaw, below = 0, 0.0, Prism(Outline.around(np.zeros((1, 2))), 0.0, 0.0)
        for body in bodies:
            here = seed.child("body", body.name)
            rotation, thing = self._turned(here, yaw, body, context.library)
            place = self._above(here.child("jitter").rng(), thing, below)
            landed = thing.moved(place)
            if not towers or towers[-1] == height or not crowd.is_free(landed):
                tower = seed.child("tower", len(towers)).rng()
                height, yaw = self.height.sample(tower), self.yaw_deg.sample(tower)
                towers.append(0)
                rotation, thing = self._turned(here, yaw, body, context.library)
                place = thrown(here.child("foot").rng(), thing, targets, crowd, margin_m=self.margin_m, spacing_m=self.spacing_m, gap_m=self.gap_m)
                if place is None:
                    raise no_room(body, f"on {', '.join(target.name for target in targets)}, at the foot of a tower")
                landed = thing.moved(place)
            else:
                crowd.add(landed)
            towers[-1], below = towers[-1] + 1, landed
            poses[body.name] = pose_json(place, rotation)
        return {"towers": towers, "poses": poses}

    def _turned(self, seed: Seed, yaw_deg: float, body: BodySpec, library: AssetLibrary) -> tuple[Quat, Prism]:
        rng = seed.child("turn").rng()
        rotation = turn(rng, self.rest.sample(rng), math.radians(yaw_deg + self.turn_deg.sample(rng)), body, library)
        return rotation, Prism.of(library.shape_asset(body.shape), rotation)

    def _above(self, rng: np.random.Generator, thing: Prism, below: Prism) -> Vec3:
        """Where the origin of a thing is that stands on another."""
        x, y = (
            b - own + self.jitter.sample(rng) * size
            for b, own, size in zip(below.outline.middle_m, thing.outline.middle_m, _smaller(thing.outline, below.outline), strict=True)
        )
        return (x, y, below.high_m + self.gap_m - thing.low_m)


def _smaller(one: Outline, other: Outline) -> list[float]:
    """The smaller of the widths of two boxes, along x and y."""
    return [min(b - a, d - c) for (a, b), (c, d) in zip(one.span_m, other.span_m, strict=True)]
