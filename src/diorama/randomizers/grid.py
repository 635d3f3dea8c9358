"""Things lie in rows and columns, more or less."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Select
from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.distributions import Constant, Distribution, TruncatedNormal, UniformInt, require, require_one_of
from diorama.randomizers.placement import Placement, no_room, pose_json, require_length
from diorama.randomizers.surfaces import SUPPORT, surfaces
from diorama.randomizers.turning import RESTS, turn
from diorama.sim.errors import InvalidValue, RejectedScene
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

#: Draws of a jitter at which something is clear of its neighbours.
_TRIES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid(Placement):
    """Lay objects out in `rows` (along y) and `columns` (along x) on the support, with jitter in place and turn.

    The middles of neighbouring cells are `pitch_m` apart, along x and y, about the middle of the support's top; without it the grid fills the top
    inside its `margin_m`. Objects fill cells row by row from the lowest x and y on, or in any order if `shuffled`. Each is turned as `rest`
    says, by `yaw_deg` (one for all) and `turn_deg` (its own); the middle of its box is `jitter_m` along x and y from that of its cell, and
    it is `gap_m` above the top. All are `spacing_m` clear of each other and of what is in its place already, and wholly on the support. More
    objects than cells, and what does not fit where its cell is, reject the scene: ``no-room``.
    """

    name: ClassVar[str] = "grid"

    support: Select = SUPPORT
    rows: Distribution = UniformInt(3, 4)
    columns: Distribution = UniformInt(4, 5)
    pitch_m: tuple[float, float] | None = None
    shuffled: bool = False
    rest: Distribution = Constant("flat")
    yaw_deg: Distribution = Constant(0)
    turn_deg: Distribution = TruncatedNormal(0, 4, -12, 12)
    jitter_m: Distribution = TruncatedNormal(0, 0.004, -0.012, 0.012)
    margin_m: float = 0.01
    spacing_m: float = 0.002
    gap_m: float = 0.001

    def __post_init__(self) -> None:
        require(self, 1, 1000, "rows", "columns", whole=True)
        require_one_of(self, RESTS, "rest")
        require(self, -math.inf, math.inf, "yaw_deg", "turn_deg")
        require(self, -100, 100, "jitter_m")
        require_length(self, "margin_m", "spacing_m", "gap_m")
        if self.pitch_m is not None and not min(self.pitch_m) > 0:
            raise InvalidValue(f"pitch_m must be positive, got {self.pitch_m}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        (surface, *_) = surfaces(spec, context.library, self.support)
        rng = seed.child("grid").rng()
        rows, columns, yaw = self.rows.sample(rng), self.columns.sample(rng), self.yaw_deg.sample(rng)
        order = rng.random(rows * columns).argsort(kind="stable").tolist() if self.shuffled else range(rows * columns)
        pitch = self.pitch_m or tuple(
            (high - low - 2 * self.margin_m) / n for (low, high), n in zip(surface.outline.span_m, (columns, rows), strict=True)
        )
        bodies = self.on.of(spec.bodies)
        if len(bodies) > len(order):
            raise RejectedScene("no-room", f"a grid of {rows} x {columns} has no cells for {len(bodies)} objects")
        crowd = Crowd.around(spec, context.library, without={b.name for b in bodies})
        poses: dict[str, Any] = {}
        for body, cell in zip(bodies, order, strict=False):
            row, column = divmod(cell, columns)
            middle = [m + (i - (n - 1) / 2) * p for m, i, n, p in zip(surface.outline.middle_m, (column, row), (columns, rows), pitch, strict=True)]
            rng = seed.child("body", body.name).rng()
            rest = self.rest.sample(rng)
            asset = context.library.shape_asset(body.shape)
            for _ in range(_TRIES):
                rotation = turn(rng, rest, math.radians(yaw + self.turn_deg.sample(rng)), body, context.library)
                thing = Prism.of(asset, rotation)
                x, y = (m + self.jitter_m.sample(rng) - own for m, own in zip(middle, thing.outline.middle_m, strict=True))
                place = (x, y, surface.height_m + self.gap_m - thing.low_m)
                landed = thing.moved(place)
                if surface.outline.holds(landed.outline) and crowd.is_free(landed, self.spacing_m):
                    crowd.add(landed)
                    poses[body.name] = pose_json(place, rotation)
                    break
            else:
                raise no_room(body, f"in its cell, {pitch[0]:.3g} x {pitch[1]:.3g} m, beside its neighbours")
        return {"rows": rows, "columns": columns, "poses": poses}
