"""Where objects start: in the air, just above what they will land on."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context
from diorama.randomizers.bounds import Box, is_placed, support_box, touched, turned, world_box
from diorama.randomizers.columns import Columns
from diorama.randomizers.distributions import Distribution, Uniform, UniformRotation, require, require_share, rounded
from diorama.randomizers.placement import Placement, pose_json, require_length
from diorama.sim.errors import RejectedScene
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import Quat, Vec3

#: (low, high) of x and of y, metres.
Spans = tuple[tuple[float, float], tuple[float, float]]

#: Places tried for an object that looks for the lowest one.
_CANDIDATES = 24
#: From things higher than this, what lands on them rolls off the table too often.
_PILE_M = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Placement):
    """Place objects in the air above the table, turned at random, as low as they go without touching.

    The table is the body tagged ``support``. All start within one zone: a part of the table top `spread` as wide and long, anywhere on it. A
    share `upright` stands as modelled, turned about the vertical only; the others are turned by `rotation`. Most objects take the lowest of
    some places in the zone; a share `piled` takes the first at hand, often above a low one, and lands on it. Where the zone is full, the
    rest of the table serves too. Boxes around objects start `gap_m` from each other, from what is in its place already and from the table, at
    most `max_height_m` above the table, and `margin_m` inside its edge. What fits nowhere rejects the scene: ``no-room``.
    """

    name: ClassVar[str] = "drop"

    spread: Distribution = Uniform(0.55, 1.0)
    rotation: Distribution = UniformRotation()
    upright: float = 0.5
    piled: float = 0.2
    gap_m: float = 0.004
    margin_m: float = 0.06
    max_height_m: float = 1.0

    def __post_init__(self) -> None:
        require(self, 0, 1, "spread")
        require_share(self, "upright", "piled")
        require_length(self, "gap_m", "margin_m", "max_height_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        table = support_box(spec, context.library)
        zone = self._zone(seed.child("zone").rng(), table)
        bodies = self.on.of(spec.bodies)
        names = {body.name for body in bodies}
        columns = Columns()
        for body in spec.bodies:
            if body.name not in names and "support" not in body.tags and is_placed(body):
                columns.add(world_box(body, context.library))
        poses: dict[str, Any] = {}
        for i, body in enumerate(bodies):
            rng = seed.child("body", body.name).rng()
            rotation = self._rotation(rng)
            reach = Box.of(turned(touched(context.library.shape_asset(body.shape)), rotation))
            place = self._place(rng, reach, zone, table, columns)
            if place is None:
                raise self._no_room(body, reach, i, len(bodies))
            poses[body.name] = pose_json(place, rotation)
            columns.add(reach, place)
        return {"zone_m": [list(zone[0]), list(zone[1])], "poses": poses}

    def _top(self, table: Box) -> Spans:
        """The table top inside its margin."""
        x, y = ((table.low[axis] + self.margin_m, table.high[axis] - self.margin_m) for axis in range(2))
        return x, y

    def _zone(self, rng: np.random.Generator, table: Box) -> Spans:
        """A part of the table top."""
        spread = self.spread.sample(rng)
        spans = []
        for low, high in self._top(table):
            start = low + rng.random() * (1 - spread) * (high - low)
            spans.append((rounded(start), rounded(start + spread * (high - low))))
        return spans[0], spans[1]

    def _rotation(self, rng: np.random.Generator) -> Quat:
        upright, half_yaw = rng.random() < self.upright, math.pi * rng.random()
        turned = self.rotation.sample(rng)
        return (rounded(math.cos(half_yaw)), 0.0, 0.0, rounded(math.sin(half_yaw))) if upright else turned

    def _place(self, rng: np.random.Generator, reach: Box, zone: Spans, table: Box, columns: Columns) -> Vec3 | None:
        """Where the origin of a thing that reaches so far goes: low in the zone, or else on the table, or None if nothing is free."""
        is_piled, draws = rng.random() < self.piled, rng.random((_CANDIDATES, 2))
        low_enough = table.high[2] + _PILE_M
        places: list[tuple[float, float, float]] = []  # height of what it lands on, x, y
        for spans in (zone, self._top(table)):
            spots = _spots(draws, spans, reach)
            if spots is None:
                continue
            floor = columns.landing(spots, reach, self.gap_m, table.high[2])
            best = 0 if is_piled and floor[0] <= low_enough else int(np.argmin(floor))
            places.append((float(floor[best]), *spots[best].tolist()))
            if floor[best] <= low_enough:
                break
        if not places:
            return None
        height, x, y = min(places)
        bottom = height + self.gap_m
        if bottom + reach.high[2] - reach.low[2] > table.high[2] + self.max_height_m:
            return None
        return (x, y, bottom - reach.low[2])

    def _no_room(self, body: BodySpec, reach: Box, placed: int, wanted: int) -> RejectedScene:
        size = " x ".join(f"{b - a:.2g}" for a, b in zip(reach.low, reach.high, strict=True))
        where = f"no room up to {self.max_height_m:g} m above it for {body.name}, {size} m"
        return RejectedScene("no-room", f"only {placed} of {wanted} objects fit above the table ({where})")


def _spots(draws: np.ndarray, spans: Spans, reach: Box) -> np.ndarray | None:
    """Draws (n, 2) in [0, 1) as places of the origin (n, 2) at which a thing lies within the spans; None if it is too wide."""
    spots = np.empty_like(draws)
    for axis, (low, high) in enumerate(spans):
        low, high = low - reach.low[axis], high - reach.high[axis]
        if low > high:
            return None
        spots[:, axis] = low + draws[:, axis] * (high - low)
    return spots
