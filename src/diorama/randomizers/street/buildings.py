"""Houses along the fronts of plots, and what stands before their gardens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Constant, Distribution, require, require_one_of, require_share, rounded
from diorama.randomizers.street.fronts import Frontage, Lot, frontages
from diorama.randomizers.street.gardens import GARDEN_M, PAVINGS, fence, gates, paths, paved
from diorama.randomizers.street.ground import roads_of
from diorama.randomizers.street.quarters import QUARTERS, RULES, Rule, setting_of
from diorama.randomizers.street.records import bodies_of, recorded
from diorama.randomizers.street.standing import facing
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BuildingShape, Pose, RoadMap, SceneSpec
from diorama.sim.spec.buildings import Shared

#: Widths and depths are whole numbers of these, and of so many variants a scene has so many, so that houses share meshes and pictures.
_STEP_M, _VARIANTS, _PALETTE = 0.5, 24, 8
#: A house that does not fit is tried so much farther along, so many times.
_ONWARDS_M, _TRIES = 0.5, 16
_LEAST_DEPTH_M = 6.0
#: Walls go on at least so far below the lowest ground beside them; how far are whole numbers of steps.
_FOOTING_M, _PLINTH_STEP_M = 0.3, 0.25
#: Settings whose plots are paved anyway.
_PAVED = ("town-centre", "industrial")
#: Houses nearer than this stand wall to wall.
_WALL_TO_WALL_M = 0.25


@dataclass(slots=True)
class _House:
    """A house that was found a place."""

    name: str
    shape: BuildingShape
    lot: Lot


def _disc(lot: Lot) -> tuple[float, float, float]:
    """A circle (x, y, radius) around a lot."""
    return (*lot.middle_m, math.hypot(lot.width_m, lot.depth_m) / 2)


@dataclass(slots=True)
class _Town:
    """What was built so far. Houses are of the variants of a `palette`; `most` of them may be there by now, so that all fronts get their share."""

    palette: list[int]
    most: int = 0
    houses: list[_House] = field(default_factory=list)
    discs_m: list[tuple[float, float, float]] = field(default_factory=list)
    boundaries: list[BodySpec] = field(default_factory=list)
    paths: dict[str, list[list[list[float]]]] = field(default_factory=dict)
    asked: int = 0

    def is_free(self, lot: Lot) -> bool:
        """Whether no house is in the way."""
        x, y, reach = _disc(lot)
        near = [k for k, (a, b, r) in enumerate(self.discs_m) if abs(a - x) < r + reach and abs(b - y) < r + reach]
        return all(lot.overlap_m(self.houses[k].lot) < 1e-3 for k in near)

    def build(self, house: _House) -> None:
        """Add a house."""
        self.houses.append(house)
        self.discs_m.append(_disc(house.lot))


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings(Labelled):
    """Build houses on the plots of the scene's roads, along their fronts.

    What is built is known from the `setting` of the streets, which is the scenario's if it is not given; streets of one setting have houses of one
    or several quarters (`diorama.randomizers.street.quarters`). Houses stand in rows of like ones, wall to wall in town and with gaps elsewhere;
    each upright, its ground floor at the level of the highest ground before it, its walls going on down below the lowest. `setback_m`, if given, is
    how far behind the plots' fronts they stand. A share `lit` of the windows shines. `garden_walls` scales how many front gardens have a wall or a
    fence. There are at most `most` houses, spread over all fronts; what finds no room is left out, and counted.
    """

    name: ClassVar[str] = "buildings"
    stage: ClassVar[Stage] = "scene"

    setting: Distribution | None = None
    setback_m: Distribution | None = None
    lit: Distribution = Constant(0.0)
    garden_walls: float = 0.9
    most: int = 130

    def __post_init__(self) -> None:
        if self.setting is not None:
            require_one_of(self, QUARTERS, "setting")
        require_share(self, "garden_walls")
        require(self, 0, 1, "lit")
        if self.setback_m is not None:
            require(self, 0, 100, "setback_m")
        if not 0 <= self.most <= 10_000:
            raise InvalidValue(f"most must be in 0..10000, got {self.most}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, self.name)
        setting = setting_of(spec, self.setting, seed.child("setting"))
        lit = round(self.lit.sample(seed.child("lit").rng()), 3)
        rng = seed.child("palette").rng()
        town = _Town(palette=[int(rng.integers(_VARIANTS)) for _ in range(_PALETTE)])
        fronts = frontages([area for area in roads.areas if area.kind == "plot"])
        whole, way = math.fsum(frontage.length_m for frontage in fronts), 0.0
        for frontage in fronts:
            way += frontage.length_m
            town.most = math.ceil(self.most * way / whole)
            here = seed.child("front", frontage.name)
            rule = RULES[Choice(QUARTERS[setting]).sample(here.child("quarter").rng())]
            self._build(here, rule, frontage, roads, setting, lit, town)
        return {
            "setting": setting,
            "asked": town.asked,
            "fitted": len(town.houses),
            "houses": recorded(_placed(house, shared, roads) for house, shared in zip(town.houses, _shared(town.houses), strict=True)),
            "boundaries": recorded(town.boundaries),
            "paths": {paving: outlines for paving, outlines in sorted(town.paths.items()) if outlines},
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        ways = (paved(paving, outlines, roads_of(spec, self.name)) for paving, outlines in params["paths"].items())
        return spec.replace(bodies=(*spec.bodies, *bodies_of(params["houses"]), *bodies_of(params["boundaries"]), *ways))

    def _build(self, seed: Seed, rule: Rule, frontage: Frontage, roads: RoadMap, setting: str, lit: float, town: _Town) -> None:
        """Rows of houses along one front."""
        way = rule.gap_m.sample(seed.child("start").rng()) / 2
        number = 0
        while way < frontage.length_m and len(town.houses) < town.most:
            row = seed.child("row", number)
            rng = row.rng()
            plan = {name: getattr(rule, name).sample(rng) for name in _OF_ROWS + _OF_HOUSES}
            count, gap, between = rule.row.sample(rng), rule.gap_m.sample(rng), rule.between_m.sample(rng)
            alike, fenced = rng.random() < rule.alike, rng.random() < rule.fenced * self.garden_walls
            variant, style = town.palette[int(rng.integers(_PALETTE))], rule.fences.sample(rng)
            if self.setback_m is not None:
                plan["setback_m"] = self.setback_m.sample(row.child("setback").rng())
            first = len(town.houses)
            row_m, open_m, paving = way, [], PAVINGS[variant % len(PAVINGS)]
            for k in range(count):
                own = row.child("house", k).rng()
                house = dict(plan) if alike else plan | {name: getattr(rule, name).sample(own) for name in _OF_HOUSES}
                other = town.palette[int(own.integers(_PALETTE))]
                town.asked += 1
                fitted = _fitted(house, frontage, way, town)
                if fitted is None:
                    way += house["width_m"]
                    break
                start, lot = fitted
                shape = _shape(house, lot, variant if alike else other, lit)
                town.build(_House(f"house-{frontage.name}-{number}-{k}", shape, lot))
                row_m = start if k == 0 else row_m
                if house["setback_m"] >= GARDEN_M:
                    open_m += [(start + low, start + high) for low, high in gates(shape)]
                    town.paths.setdefault(paving, []).extend(paths(shape, lot, start, frontage) if setting not in _PAVED else [])
                way = start + lot.width_m + between
                if len(town.houses) >= town.most:
                    break
            if len(town.houses) > first and fenced and plan["setback_m"] >= GARDEN_M:
                margin = min(between, gap) / 2
                span = (max(row_m - margin, 0.0), min(way - between + margin, frontage.length_m))
                town.boundaries += fence(f"{frontage.name}-{number}", style, variant, span, open_m, frontage, roads)
            way += gap - between
            number += 1


_OF_ROWS = ("depth_m", "floor_m", "setback_m")
_OF_HOUSES = ("style", "width_m", "floors", "ground", "roof")


def _fitted(house: dict[str, Any], frontage: Frontage, way: float, town: _Town) -> tuple[float, Lot] | None:
    """Where along the front a house fits, and its lot there; None if it fits nowhere near. At the front's end it may get narrower."""
    width, depth = (round(house[name] / _STEP_M) * _STEP_M for name in ("width_m", "depth_m"))
    for _ in range(_TRIES):
        if way + width > frontage.length_m:
            width = math.floor((frontage.length_m - way) / _STEP_M) * _STEP_M
            if width < 0.7 * house["width_m"]:
                return None
        for deep in sorted({depth, round(0.75 * depth / _STEP_M) * _STEP_M, min(depth, _LEAST_DEPTH_M)}, reverse=True):
            lot = frontage.lot(way, width, deep, house["setback_m"])
            if town.is_free(lot) and lot.within(frontage.rim):
                return way, lot
        way += _ONWARDS_M
    return None


def _shape(house: dict[str, Any], lot: Lot, variant: int, lit: float) -> BuildingShape:
    high = house["style"] in ("flats", "slab", "office")
    return BuildingShape(
        style=house["style"],
        width_m=lot.width_m,
        depth_m=lot.depth_m,
        floors=house["floors"],
        floor_m=round(house["floor_m"], 1),
        ground=house["ground"],
        roof="flat" if high else house["roof"],
        lit=lit,
        variant=variant,
    )


def _shared(houses: Sequence[_House]) -> list[Shared]:
    """Which sides of houses are against another's."""
    out: list[Shared] = []
    for k, house in enumerate(houses):
        near = [houses[i].lot for i in (k - 1, k + 1) if 0 <= i < len(houses)]
        left, right = (any(_touches(house.lot, other, sense) for other in near) for sense in (-1, 1))
        out.append("both" if left and right else "left" if left else "right" if right else "none")
    return out


def _touches(lot: Lot, other: Lot, sense: int) -> bool:
    """Whether another lot is wall to wall with one, on its right (1) or left (-1)."""
    if lot.out[0] * other.out[0] + lot.out[1] * other.out[1] < 0.97:
        return False
    places = [lot.local(corner) for corner in other.corners]
    nearest = min(sense * u for u, _ in places)
    deep = [v for _, v in places]
    return abs(nearest - lot.width_m / 2) < _WALL_TO_WALL_M and max(deep) > 0.5 * lot.depth_m and min(deep) < 0.5 * lot.depth_m


def _placed(house: _House, shared: Shared, roads: RoadMap) -> BodySpec:
    """A house as a body: upright, at the level of the highest ground before it."""
    lot = house.lot
    left, right = lot.corners[:2]
    level = max(roads.ground_m(x, y, "plot") for x, y in (left, lot.front_m, right))
    lowest = min(roads.ground_m(x, y, "plot") for x, y in lot.rim)
    plinth = math.ceil((level - lowest + _FOOTING_M) / _PLINTH_STEP_M) * _PLINTH_STEP_M
    shape = replace(house.shape, plinth_m=plinth, shared=shared)
    x, y = lot.middle_m
    pose = Pose((rounded(x), rounded(y), rounded(level + shape.origin_m)), facing(lot.out))
    return BodySpec(name=house.name, shape=shape, world_from_body=pose, stuff="building", tags=("building",))
