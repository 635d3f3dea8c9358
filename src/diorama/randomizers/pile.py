"""Things are poured into a bin."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Select
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.distributions import Constant, Distribution, Uniform, UniformInt, require, require_one_of
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, Surface, surfaces
from diorama.randomizers.turning import RESTS, turn
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import Quat, Vec3

#: Rotations, and places for each, that are tried for something that is nearly as large as the bin.
_TURNS, _PLACES = 8, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile(Placement):
    """Pour objects into a bin: they start in columns above its floor, one over the other, and fall into a heap.

    The floor is the body `support` selects, with walls around it. All start in one zone: a part of the floor `spread` as wide and long, anywhere
    on it, and `margin_m` from the walls. Each object is turned as `rest` says and by `yaw_deg`, and hangs over the lowest of `choices` places in
    the zone: with one choice they heap up, with many they lie level. Upright prisms around them keep `gap_m` from each other
    and the floor. What does not fit between the walls, or would start more than `max_height_m` above the floor, rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "pile"

    support: Select = SUPPORT
    spread: Distribution = Uniform(0.7, 1.0)
    rest: Distribution = Constant("any")
    yaw_deg: Distribution = Uniform(0, 360)
    choices: Distribution = UniformInt(4, 16)
    margin_m: float = 0.005
    gap_m: float = 0.002
    max_height_m: float = 1.5

    def __post_init__(self) -> None:
        require(self, 0, 1, "spread")
        require_one_of(self, RESTS, "rest")
        require(self, -math.inf, math.inf, "yaw_deg")
        require(self, 1, 1000, "choices", whole=True)
        require_length(self, "margin_m", "gap_m", "max_height_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        (floor, *_) = surfaces(spec, context.library, self.support)
        zone = self._zone(seed.child("zone").rng(), floor)
        choices = self.choices.sample(seed.child("choices").rng())
        crowd = Crowd()
        poses: dict[str, Any] = {}
        for body in self.on.of(spec.bodies):
            rng = seed.child("body", body.name).rng()
            place, rotation = self._place(rng, body, floor, zone, choices, crowd, context.library)
            poses[body.name] = pose_json(place, rotation)
        return {"choices": choices, "poses": poses}

    def _zone(self, rng: np.random.Generator, floor: Surface) -> list[tuple[float, float]]:
        """The (low, high) of x and of y."""
        spread = self.spread.sample(rng)
        starts = [low + rng.random() * (1 - spread) * (high - low) for low, high in floor.outline.span_m]
        return [(start, start + spread * (high - low)) for start, (low, high) in zip(starts, floor.outline.span_m, strict=True)]

    def _place(
        self,
        rng: np.random.Generator,
        body: BodySpec,
        floor: Surface,
        zone: list[tuple[float, float]],
        choices: int,
        crowd: Crowd,
        library: AssetLibrary,
    ) -> tuple[Vec3, Quat]:
        """The first rotation that fits between the walls, at the lowest of some places, in the zone if it fits there; its room is taken."""
        rest = self.rest.sample(rng)
        for _ in range(_TURNS):
            rotation = turn(rng, rest, math.radians(self.yaw_deg.sample(rng)), body, library)
            thing = Prism.of(library.shape_asset(body.shape), rotation)
            draws = rng.random((max(choices, _PLACES), 2)).tolist()
            for spans in (zone, floor.outline.span_m):
                (x0, x1), (y0, y1) = ((low - own[0], high - own[1]) for (low, high), own in zip(spans, thing.outline.span_m, strict=True))
                spots = [(x0 + u * (x1 - x0), y0 + v * (y1 - y0), 0.0) for u, v in draws]
                inside = [spot for spot in spots if floor.outline.holds(thing.outline.moved(*spot[:2]), self.margin_m)][:choices]
                if not inside:
                    continue
                height, x, y = min((crowd.landing_m(thing.moved(spot), self.gap_m, floor.height_m), *spot[:2]) for spot in inside)
                place = (x, y, height + self.gap_m - thing.low_m)
                landed = thing.moved(place)
                if landed.high_m > floor.height_m + self.max_height_m:
                    raise no_room(body, f"under {self.max_height_m:g} m above {floor.name}")
                crowd.add(landed)
                return place, rotation
        raise no_room(body, f"into {floor.name}")
