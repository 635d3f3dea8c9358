"""Things stand on shelves as in a shop: alike beside alike, one behind the other, facing the front."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Select
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.distributions import (
    Constant,
    Distribution,
    LogUniform,
    TruncatedNormal,
    Uniform,
    UniformInt,
    require,
    require_one_of,
    rounded,
)
from diorama.randomizers.outlines import Outline, Point
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, Surface, surfaces
from diorama.randomizers.turning import RESTS, Rest, turn
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec, Shape
from diorama.sim.transforms import Vec3

#: Between an object and its board, at the start.
_GAP_M = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelve(Placement):
    """Stand objects on boards in columns, the first in front and up to `deep` behind one another, column by column from left to right.

    Objects of the same asset and size that follow each other are a group and stand together, on one of the boards of `support` drawn for it; where
    that is full, on others. Left and right are as seen from the direction `front_deg` (-90 is -y) that boards face. Each group is turned as
    `rest` says and by `yaw_deg` from facing the front with its -y side, each object by its own `turn_deg`. It starts `setback_m` behind the
    front edge, or `gap_m` behind the one before it, and up to `jitter_m` farther back; columns are `gap_m` apart, and groups `space_m`. It is
    clear of all else and wholly on its board, `margin_m` inside its edges; what fits on none rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "shelve"

    support: Select = SUPPORT
    front_deg: float = -90.0
    deep: Distribution = UniformInt(2, 4)
    rest: Distribution = Constant("upright")
    yaw_deg: Distribution = Constant(0)
    turn_deg: Distribution = TruncatedNormal(0, 4, -15, 15)
    setback_m: Distribution = Uniform(0.005, 0.04)
    jitter_m: Distribution = Uniform(0, 0.008)
    gap_m: Distribution = LogUniform(0.004, 0.02)
    space_m: Distribution = LogUniform(0.01, 0.1)
    margin_m: float = 0.005

    def __post_init__(self) -> None:
        require(self, 1, 1000, "deep", whole=True)
        require_one_of(self, RESTS, "rest")
        require(self, -math.inf, math.inf, "yaw_deg", "turn_deg")
        require(self, 0, 100, "setback_m", "jitter_m", "gap_m", "space_m")
        require_length(self, "margin_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        angle = math.radians(self.front_deg)
        inward = (-rounded(math.cos(angle)), -rounded(math.sin(angle)))
        bodies = self.on.of(spec.bodies)
        crowd = Crowd.around(spec, context.library, without={b.name for b in bodies})
        boards = [_Board(surface, inward) for surface in surfaces(spec, context.library, self.support)]
        poses: dict[str, Any] = {}
        group: _Group | None = None
        for body in bodies:
            here = seed.child("body", body.name)
            if group is None or group.shape != body.shape:
                group = self._group(here.child("group").rng(), body, boards)
            rng = here.rng()
            yaw = math.radians(self.front_deg + 90 + group.yaw_deg + self.turn_deg.sample(rng))
            rotation = turn(rng, group.rest, yaw, body, context.library)
            place = group.place(Prism.of(context.library.shape_asset(body.shape), rotation), self.jitter_m.sample(rng), self.margin_m, crowd)
            if place is None:
                raise no_room(body, f"on {', '.join(board.surface.name for board in boards)}")
            poses[body.name] = pose_json(place, rotation)
        return {"poses": poses}

    def _group(self, rng: np.random.Generator, body: BodySpec, boards: "list[_Board]") -> "_Group":
        order = [boards[i] for i in rng.random(len(boards)).argsort(kind="stable").tolist()]
        return _Group(
            shape=body.shape,
            boards=order,
            deep=self.deep.sample(rng),
            rest=self.rest.sample(rng),
            yaw_deg=self.yaw_deg.sample(rng),
            setback_m=self.setback_m.sample(rng),
            gap_m=self.gap_m.sample(rng),
            space_m=self.space_m.sample(rng),
        )


class _Board:
    """A surface, how far along it is full, and where it begins: along its length from left to right, and inwards from its front edge."""

    def __init__(self, surface: Surface, inward: Point) -> None:
        self.surface, self.inward, self.right = surface, inward, (inward[1], -inward[0])
        self.filled_m, self.front_m = (self.span(surface.outline, way)[0] for way in (self.right, inward))

    @staticmethod
    def span(outline: Outline, way: Point) -> Point:
        """The (low, high) of an outline along a direction."""
        low, high = outline.reach(np.array([(-way[0], -way[1]), way])).tolist()
        return -low, high


@dataclass(kw_only=True)
class _Group:
    """Objects that are alike, on their way to their boards."""

    shape: Shape
    boards: list[_Board]
    deep: int
    rest: Rest
    yaw_deg: float
    setback_m: float
    gap_m: float
    space_m: float
    #: The column that is being filled: its board, the line its middle is on, where its last object ends inwards, and how many it has.
    column: tuple[_Board, float, float, int] | None = None

    def place(self, thing: Prism, jitter_m: float, margin_m: float, crowd: Crowd) -> Vec3 | None:
        """Where the origin of the next goes, on the first of these that is free: behind the last, beside it, on the next board. None if on none."""
        for board, middle, front, number in self._places(thing):
            (left, right), (near, far) = (board.span(thing.outline, way) for way in (board.right, board.inward))
            across, deep = middle - (left + right) / 2, max(front + jitter_m, board.front_m + margin_m) - near
            x, y = (across * r + deep * i for r, i in zip(board.right, board.inward, strict=True))
            place = (x, y, board.surface.height_m + _GAP_M - thing.low_m)
            landed = thing.moved(place)
            if board.surface.outline.holds(landed.outline, margin_m) and crowd.is_free(landed):
                crowd.add(landed)
                self.column = (board, middle, deep + far, number)
                board.filled_m = max(board.filled_m, across + right)
                return place
        return None

    def _places(self, thing: Prism) -> Iterator[tuple[_Board, float, float, int]]:
        """A board, where the thing's middle and its front are to be on it, and its number in its column."""
        current = None
        if self.column is not None:
            current, middle, back, number = self.column
            if number < self.deep:
                yield current, middle, back + self.gap_m, number + 1
        for board in ([current] if current else []) + [board for board in self.boards if board is not current]:
            left, right = board.span(thing.outline, board.right)
            middle = board.filled_m + (self.gap_m if board is current else self.space_m) + (right - left) / 2
            yield board, middle, board.front_m + self.setback_m, 1
            yield board, middle, board.front_m, 1
