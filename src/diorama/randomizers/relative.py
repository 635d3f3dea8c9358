"""Things stand by other things."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import OBJECTS, Context, Select
from diorama.randomizers.bounds import is_placed, touched
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform, UniformInt, require, require_one_of
from diorama.randomizers.outlines import Point
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, level_top
from diorama.randomizers.turning import RESTS, turn
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import Vec3, apply

#: Level directions in the frame of what stands there: its +x is its front, its +y its left.
_SIDES: dict[str, Point] = {"front": (1.0, 0.0), "left": (0.0, 1.0), "behind": (-1.0, 0.0), "right": (0.0, -1.0)}
_TRIES = 40
#: What stands on a surface starts no farther above it than this.
_STANDING_M = 0.02

CLUTTER = Select(tags=("clutter",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative(Placement):
    """Place objects beside, in front of, behind or on top of other bodies.

    Each of `on` goes by one of the bodies `of` that is in its place already, drawn evenly, on the `side` drawn: ``front``, ``left``, ``behind``,
    ``right``, ``top``, by that body's own axes (its front is where its x axis points), or with `turning` false by the world's. Beside it, it
    stands on the same level, `distance_m` away along that direction, and aside by `offset` times the other's half width. On top, it is `distance_m`
    above the highest point, and aside by `offset` along both axes. It is turned as `rest` says and by `yaw_deg`, from the same axes. It is
    clear of all else, and wholly on the one of `support` that the other stands on, or the scene is rejected: ``no-room``.
    """

    name: ClassVar[str] = "relative"

    on: Select = CLUTTER
    of: Select = OBJECTS
    support: Select = SUPPORT
    side: Distribution = Choice(["front", "left", "behind", "right"])
    distance_m: Distribution = Uniform(0.005, 0.05)
    offset: Distribution = Uniform(-0.3, 0.3)
    turning: bool = True
    rest: Distribution = Constant("upright")
    yaw_deg: Distribution = Uniform(0, 360)
    gap_m: float = 0.001

    def __post_init__(self) -> None:
        require_one_of(self, (*_SIDES, "top"), "side")
        require(self, 0, 1000, "distance_m")
        require(self, -10, 10, "offset")
        require_one_of(self, RESTS, "rest")
        require(self, -math.inf, math.inf, "yaw_deg")
        require_length(self, "gap_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        bodies = self.on.of(spec.bodies)
        names = {body.name for body in bodies}
        others = [body for body in self.of.of(spec.bodies) if body.name not in names and is_placed(body)]
        if bodies and not others:
            raise InvalidValue(f"relative: no body of the scene is in {self.of}, placed already and not in `on`; there is nothing to go by")
        tops = [level_top(body, context.library) for body in self.support.of(spec.bodies)]
        placed: list[Prism] = []
        poses: dict[str, Any] = {}
        for body in bodies:
            rng = seed.child("body", body.name).rng()
            other = others[UniformInt(0, len(others) - 1).sample(rng)]
            # What it goes by is cleared along the very direction, which is nearer than outlines can tell.
            crowd = Crowd.around(spec, context.library, without={*names, other.name})
            for prism in placed:
                crowd.add(prism)
            anchor = Prism.around(apply(other.world_from_body.matrix, touched(context.library.shape_asset(other.shape))))
            ground = next((top for top in tops if abs(anchor.low_m - top.height_m) < _STANDING_M and top.outline.gap_m(anchor.outline) < 0), None)
            front = _front(other) if self.turning else (1.0, 0.0)
            rest = self.rest.sample(rng)
            for _ in range(_TRIES):
                yaw = math.atan2(front[1], front[0]) + math.radians(self.yaw_deg.sample(rng))
                rotation = turn(rng, rest, yaw, body, context.library)
                thing = Prism.of(context.library.shape_asset(body.shape), rotation)
                side, distance, offset = self.side.sample(rng), self.distance_m.sample(rng), (self.offset.sample(rng), self.offset.sample(rng))
                place = self._place(thing, anchor, front, side, distance, offset)
                landed = thing.moved(place)
                if (ground is None or side == "top" or ground.outline.holds(landed.outline)) and crowd.is_free(landed):
                    placed.append(landed)
                    poses[body.name] = {"by": other.name, "side": side} | pose_json(place, rotation)
                    break
            else:
                raise no_room(body, f"by {other.name}")
        return {"poses": poses}

    def _place(self, thing: Prism, anchor: Prism, front: Point, side: str, distance: float, offset: Point) -> Vec3:
        """Where the origin of a thing goes."""
        if side == "top":
            (x, y), level = front, anchor.high_m + distance
            along = _aside(thing, anchor, (x, y), offset[1])
        else:
            (a, b), level = _SIDES[side], anchor.low_m + self.gap_m
            x, y = front[0] * a - front[1] * b, front[1] * a + front[0] * b
            along = _reach(anchor, (x, y)) + distance + _reach(thing, (-x, -y))
        across = _aside(thing, anchor, (-y, x), offset[0])
        return (along * x - across * y, along * y + across * x, level - thing.low_m)


def _front(body: BodySpec) -> Point:
    """Where a body's x axis points, seen from above; the world's where it is upright."""
    x, y = body.world_from_body.matrix[:2, 0].tolist()
    length = math.sqrt(x * x + y * y)
    return (x / length, y / length) if length > 1e-6 else (1.0, 0.0)


def _reach(prism: Prism, direction: Point) -> float:
    return float(prism.outline.reach(np.array([direction]))[0])


def _aside(thing: Prism, anchor: Prism, direction: Point, share: float) -> float:
    """How far along a direction the origin is where the middles are `share` of the anchor's half width apart."""
    back = (-direction[0], -direction[1])
    half = (_reach(anchor, direction) + _reach(anchor, back)) / 2
    return _reach(anchor, direction) - half + share * half - (_reach(thing, direction) - _reach(thing, back)) / 2
