"""Houses along the fronts of plots, and what stands before their gardens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Constant, Distribution, require, require_one_of, require_share
from diorama.randomizers.placement import pose_json
from diorama.randomizers.street.fronts import Frontage, Lot, frontages
from diorama.randomizers.street.quarters import QUARTERS, RULES, Rule, setting_of
from diorama.randomizers.street.standing import facing
from diorama.sim.assets.street.buildings.layout import openings
from diorama.sim.assets.street.buildings.styles import dress
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoundaryShape, BuildingShape, HedgeShape, Pose, RoadMap, SceneSpec
from diorama.sim.spec.buildings import Shared

#: Widths and depths are whole numbers of these, and of so many variants a scene has so many, so that houses share meshes and pictures.
_STEP_M, _VARIANTS, _PALETTE = 0.5, 24, 8
#: A house that does not fit is tried so much farther along, so many times.
_ONWARDS_M, _TRIES = 0.5, 16
_LEAST_DEPTH_M = 6.0
#: Walls go on at least so far below the lowest ground beside them; how far are whole numbers of steps.
_FOOTING_M, _PLINTH_STEP_M = 0.3, 0.25
#: Houses nearer than this stand wall to wall.
_WALL_TO_WALL_M = 0.25
#: A front garden has room for a wall when it is so deep; the wall stands so far behind the plot's front, and is open so wide before a door.
_GARDEN_M, _INSIDE_M, _GATE_M = 1.2, 0.2, 1.4
_HEDGE_M = 0.45
#: Pieces of walls are no longer than this, on sloping ground or where the street bends, and elsewhere; and no shorter.
_PIECE_M, _LONGEST_M, _LEAST_FENCE_M, _FENCE_STEP_M = 6.0, 15.0, 0.5, 0.25


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
    """What was built so far. Houses are of the variants of a `palette`."""

    palette: list[int]
    houses: list[_House] = field(default_factory=list)
    discs_m: list[tuple[float, float, float]] = field(default_factory=list)
    boundaries: list[dict[str, Any]] = field(default_factory=list)
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
    fence. There are at most `most` houses; what finds no room is left out, and counted.
    """

    name: ClassVar[str] = "buildings"
    stage: ClassVar[Stage] = "scene"

    setting: Distribution | None = None
    setback_m: Distribution | None = None
    lit: Distribution = Constant(0.0)
    garden_walls: float = 0.9
    most: int = 90

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
        if spec.roads is None:
            raise InvalidValue('buildings stand along roads, and the scene has none: use them in the scenario "street"')
        setting = setting_of(spec, self.setting, seed.child("setting"))
        lit = round(self.lit.sample(seed.child("lit").rng()), 3)
        rng = seed.child("palette").rng()
        town = _Town(palette=[int(rng.integers(_VARIANTS)) for _ in range(_PALETTE)])
        for frontage in frontages([area for area in spec.roads.areas if area.kind == "plot"]):
            here = seed.child("front", frontage.name)
            rule = RULES[Choice(QUARTERS[setting]).sample(here.child("quarter").rng())]
            self._build(here, rule, frontage, spec.roads, lit, town)
        return {
            "setting": setting,
            "asked": town.asked,
            "fitted": len(town.houses),
            "houses": [_placed(house, shared, spec.roads) for house, shared in zip(town.houses, _shared(town.houses), strict=True)],
            "boundaries": town.boundaries,
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        houses = (BodySpec(**_body(h), shape=from_json(BuildingShape, h["shape"]), stuff="building", tags=("building",)) for h in params["houses"])
        return spec.replace(bodies=(*spec.bodies, *houses, *map(_boundary, params["boundaries"])))

    def _build(self, seed: Seed, rule: Rule, frontage: Frontage, roads: RoadMap, lit: float, town: _Town) -> None:
        """Rows of houses along one front."""
        way = rule.gap_m.sample(seed.child("start").rng()) / 2
        number = 0
        while way < frontage.length_m and len(town.houses) < self.most:
            row = seed.child("row", number)
            rng = row.rng()
            plan = {name: getattr(rule, name).sample(rng) for name in _OF_ROWS + _OF_HOUSES}
            count, gap, between = rule.row.sample(rng), rule.gap_m.sample(rng), rule.between_m.sample(rng)
            alike, fenced = rng.random() < rule.alike, rng.random() < rule.fenced * self.garden_walls
            variant, fence = town.palette[int(rng.integers(_PALETTE))], rule.fences.sample(rng)
            if self.setback_m is not None:
                plan["setback_m"] = self.setback_m.sample(row.child("setback").rng())
            first = len(town.houses)
            row_m, gates = way, []
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
                gates += [(start + low, start + high) for low, high in _gates(shape)]
                way = start + lot.width_m + between
                if len(town.houses) >= self.most:
                    break
            if len(town.houses) > first and fenced and plan["setback_m"] >= _GARDEN_M:
                margin = min(between, gap) / 2
                span = (max(row_m - margin, 0.0), min(way - between + margin, frontage.length_m))
                town.boundaries += _fence(f"{frontage.name}-{number}", fence, variant, span, gates, frontage, roads)
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


def _placed(house: _House, shared: Shared, roads: RoadMap) -> dict[str, Any]:
    """A house as it is recorded: upright, at the level of the highest ground before it."""
    lot = house.lot
    left, right = lot.corners[:2]
    level = max(roads.ground_m(x, y, "plot") for x, y in (left, lot.front_m, right))
    lowest = min(roads.ground_m(x, y, "plot") for x, y in lot.rim)
    plinth = math.ceil((level - lowest + _FOOTING_M) / _PLINTH_STEP_M) * _PLINTH_STEP_M
    shape = replace(house.shape, plinth_m=plinth, shared=shared)
    x, y = lot.middle_m
    return {"name": house.name, "shape": to_json(shape)} | pose_json((x, y, level + shape.origin_m), facing(lot.out))


def _body(drawn: dict[str, Any]) -> dict[str, Any]:
    return {"name": drawn["name"], "world_from_body": Pose(tuple(drawn["position_m"]), tuple(drawn["rotation_wxyz"]))}


# --- what stands before gardens ---------------------------------------------------------------------------


def _fence(
    name: str, style: str, variant: int, span: tuple[float, float], gates: Sequence[tuple[float, float]], frontage: Frontage, roads: RoadMap
) -> list[dict[str, Any]]:
    """Pieces of a wall, a fence or a hedge along the fronts of a row's gardens, open at the gates."""
    low, high = span
    spans: list[tuple[float, float]] = []
    for a, b in sorted(gates):
        spans.append((low, a))
        low = max(low, b)
    spans.append((low, high))
    most = _PIECE_M if roads.terrain.hills or len(frontage.line_m) > 2 else _LONGEST_M
    out: list[dict[str, Any]] = []
    for low, high in spans:
        count = math.ceil(max(high - low, 0.0) / most)
        for k in range(count):
            a, b = low + (high - low) * k / count, low + (high - low) * (k + 1) / count
            length = math.floor((b - a) / _FENCE_STEP_M) * _FENCE_STEP_M
            if length < _LEAST_FENCE_M:
                continue
            deep = _HEDGE_M if style == "hedge" else _INSIDE_M
            lot = frontage.lot((a + b - length) / 2, length, 2 * deep, 0.0)
            piece = _piece(style, length, variant)
            out.append(
                {"name": f"{'hedge' if style == 'hedge' else piece.stuff}-{name}-{len(out)}", "shape": to_json(piece)} | _leaning(piece, lot, roads)
            )
    return out


def _piece(style: str, length: float, variant: int) -> BoundaryShape | HedgeShape:
    """As high as such things are, and not all alike."""
    if style == "hedge":
        return HedgeShape(length_m=length, height_m=round(1.0 + 0.15 * (variant % 6), 2), width_m=0.7, variant=variant % 8)
    height = {"mesh": 1.9, "panel": 1.5, "picket": 0.95, "railing": 1.1}.get(style, 0.7 + 0.1 * (variant % 5))
    return from_json(BoundaryShape, {"style": style, "length_m": length, "height_m": round(height, 2), "variant": variant})


def _gates(shape: BuildingShape) -> list[tuple[float, float]]:
    """Where a garden's wall is open, from the left of the house along its front: before doors and garages."""
    open_ = []
    for hole in openings(shape, dress(shape.style, shape.variant), "front"):
        if hole.use in ("door", "garage", "shop"):
            middle, half = (hole.rect[0] + hole.rect[2]) / 2, max(_GATE_M, hole.rect[2] - hole.rect[0]) / 2
            open_.append((middle - half, middle + half))
    return sorted(open_)


def _leaning(piece: BoundaryShape | HedgeShape, lot: Lot, roads: RoadMap) -> dict[str, Any]:
    """In the middle of its lot, on the ground and as steep as that is along it; upright across."""
    left, right = lot.corners[:2]
    x, y = lot.middle_m
    rise = roads.ground_m(*right, "plot") - roads.ground_m(*left, "plot")
    level = roads.ground_m(x, y, "plot")
    return pose_json((x, y, level + piece.origin_m), facing(lot.out, rise / piece.length_m))


def _boundary(drawn: dict[str, Any]) -> BodySpec:
    kind = HedgeShape if drawn["shape"]["kind"] == HedgeShape.kind else BoundaryShape
    shape = from_json(kind, drawn["shape"])
    return BodySpec(**_body(drawn), shape=shape, stuff=shape.stuff, tags=("plant",) if kind is HedgeShape else ("boundary",))
