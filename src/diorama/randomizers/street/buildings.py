"""Houses along the fronts of plots, and what stands before their gardens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform, require, require_one_of, require_share, rounded
from diorama.randomizers.street.fronts import TOUCHING_M, Lot, lot_at, runs
from diorama.randomizers.street.quarters import QUARTERS, RULES, Rule
from diorama.randomizers.street.standing import facing
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoundaryShape, BuildingShape, Pose, RoadMap, SceneSpec
from diorama.sim.spec.roads import Area, Polyline, Vec2, along, lengths_m

#: Widths and depths are whole numbers of these, so that houses share their meshes.
_STEP_M, _VARIANTS = 0.5, 24
#: A house that does not fit is tried so much farther along, so many times.
_ONWARDS_M, _TRIES = 0.5, 12
_LEAST_DEPTH_M = 6.0
#: Walls go on at least so far below the lowest ground beside them.
_FOOTING_M = 0.3


@dataclass(slots=True)
class _Built:
    """What was built so far."""

    houses: list[dict[str, Any]] = field(default_factory=list)
    boundaries: list[dict[str, Any]] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings(Labelled):
    """Build houses on the plots of the scene's roads, along their fronts.

    Each scene has a `quarter` of the town, with its own houses (see `diorama.randomizers.street.quarters`); a share `mixed` of the plots is of
    another one. Houses stand in rows of like ones, wall to wall in town, with gaps elsewhere; each upright, its ground floor at the level of the
    highest ground before it, its walls going on down to the lowest. `setback_m`, if given, is how far behind the plot's front they stand. A share
    `lit` of windows shines. `garden_walls` scales the share of front gardens with a wall or a fence. There are at most `most` houses; what does not
    fit is left out, and counted.
    """

    name: ClassVar[str] = "buildings"
    stage: ClassVar[Stage] = "scene"

    quarter: Distribution = Choice({"town": 0.34, "terraces": 0.24, "suburb": 0.22, "modern": 0.12, "industrial": 0.08})
    mixed: float = 0.2
    setback_m: Distribution | None = None
    lit: Distribution = Constant(0.0)
    garden_walls: Distribution = Uniform(0.7, 1.0)
    most: int = 90

    def __post_init__(self) -> None:
        require_one_of(self, QUARTERS, "quarter")
        require_share(self, "mixed")
        require(self, 0, 1, "lit", "garden_walls")
        if self.setback_m is not None:
            require(self, 0, 100, "setback_m")
        if not 0 <= self.most <= 10_000:
            raise InvalidValue(f"most must be in 0..10000, got {self.most}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        if spec.roads is None:
            raise InvalidValue('buildings stand along roads, and the scene has none; use them in the scenario "street"')
        quarter = self.quarter.sample(seed.child("quarter").rng())
        lit = rounded(self.lit.sample(seed.child("lit").rng()))
        walled = self.garden_walls.sample(seed.child("garden-walls").rng())
        built = _Built()
        for area in spec.roads.areas:
            if area.kind != "plot":
                continue
            here = seed.child("plot", area.name)
            other = here.child("quarter").rng()
            rule = RULES[self.quarter.sample(other) if other.random() < self.mixed else quarter]
            for number, run in enumerate(runs(area)):
                self._build(here.child("run", number), f"{area.name}-{number}", rule, run, area, spec.roads, built, lit, walled)
        return {"quarter": quarter, "asked": built.asked, "fitted": len(built.houses), "houses": built.houses, "boundaries": built.boundaries}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        houses = (
            BodySpec(
                name=house["name"],
                shape=from_json(BuildingShape, house["shape"]),
                world_from_body=Pose(tuple(house["position_m"]), tuple(house["rotation_wxyz"])),
                stuff="building",
                tags=("building",),
            )
            for house in params["houses"]
        )
        boundaries = (_boundary(b) for b in params["boundaries"])
        return spec.replace(bodies=(*spec.bodies, *houses, *boundaries))

    def _build(
        self, seed: Seed, name: str, rule: Rule, run: Polyline, area: Area, roads: RoadMap, built: _Built, lit: float, walled: float
    ) -> None:
        """Rows of houses along one straight or curved front."""
        lengths = lengths_m(run)
        way, number = 0.0, 0
        while way < lengths[-1] and len(built.houses) < self.most:
            row = seed.child("row", number)
            rng = row.rng()
            plan = {n: getattr(rule, n).sample(rng) for n in ("style", "depth_m", "floors", "floor_m", "ground", "roof", "setback_m", "width_m")}
            count, gap, alike = rule.row.sample(rng), rule.gap_m.sample(rng), rng.random() < rule.alike
            variant, between = int(rng.integers(_VARIANTS)), rule.between_m.sample(rng)
            fence = rule.fences.sample(rng) if rng.random() < rule.fenced * walled else None
            if self.setback_m is not None:
                plan["setback_m"] = self.setback_m.sample(row.child("setback").rng())
            first = len(built.houses)
            for k in range(count):
                house = dict(plan) if alike else plan | _own(rule, row.child("house", k))
                fitted = _fitted(house, run, lengths, way, area, built.lots)
                built.asked += 1
                if fitted is None:
                    way += house["width_m"]
                    break
                start, lot = fitted
                own = variant + (0 if alike else int(row.child("house", k, "variant").rng().integers(_VARIANTS)))
                shape = _shape(house, lot, own % _VARIANTS, lit, built.lots)
                _stand(built, f"house-{name}-{number}-{k}", shape, lot, roads)
                if fence is not None and plan["setback_m"] >= 1.2:
                    _enclose(built, row.child("fence", k), f"{name}-{number}-{k}", fence, variant, shape, run, lengths, start, between, roads)
                way = start + lot.width_m + between
                if len(built.houses) >= self.most:
                    break
            way += gap if len(built.houses) > first else _ONWARDS_M
            number += 1
        _join(built.houses, built.lots)


def _own(rule: Rule, seed: Seed) -> dict[str, Any]:
    """What a house has for itself where the houses of a row differ."""
    rng = seed.rng()
    return {n: getattr(rule, n).sample(rng) for n in ("style", "width_m", "floors", "ground", "roof")}


def _fitted(house: dict[str, Any], run: Polyline, lengths: Sequence[float], way: float, area: Area, lots: Sequence[Lot]) -> tuple[float, Lot] | None:
    """Where along the front a house fits, and its lot there; None if it fits nowhere near."""
    width, depth = (round(house[n] / _STEP_M) * _STEP_M for n in ("width_m", "depth_m"))
    near = [lot for lot in lots[-60:]]
    for _ in range(_TRIES):
        if way + width > lengths[-1] + 1e-9:
            width = math.floor((lengths[-1] - way) / _STEP_M) * _STEP_M
            if width < 0.75 * house["width_m"]:
                return None
        for deep in (depth, 0.75 * depth, _LEAST_DEPTH_M):
            lot = lot_at(run, lengths, way, width, round(deep / _STEP_M) * _STEP_M, house["setback_m"])
            if lot.within(area.outline_m) and all(lot.overlap_m(other) < TOUCHING_M for other in near):
                return way, lot
        way += _ONWARDS_M
    return None


def _shape(house: dict[str, Any], lot: Lot, variant: int, lit: float, lots: Sequence[Lot]) -> BuildingShape:
    style, roof, ground = house["style"], house["roof"], house["ground"]
    if style in ("flats", "slab", "office"):
        roof = "flat"
    return BuildingShape(
        style=style,
        width_m=lot.width_m,
        depth_m=lot.depth_m,
        floors=house["floors"],
        floor_m=round(house["floor_m"], 1),
        ground=ground,
        roof=roof,
        lit=lit,
        variant=variant,
    )
