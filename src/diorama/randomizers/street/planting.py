"""Trees along streets and in gardens, and what there is to be seen from afar."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import NDArray

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Distribution, Uniform, UniformInt, require, require_one_of, rounded
from diorama.randomizers.street.fronts import Lot, Rim, is_inside, rim_of
from diorama.randomizers.street.ground import roads_of
from diorama.randomizers.street.quarters import QUARTERS, setting_of
from diorama.randomizers.street.records import bodies_of, recorded
from diorama.randomizers.street.standing import facing
from diorama.sim.assets.street.plants.tree import HABITS
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BeltShape, BodySpec, BuildingShape, HedgeShape, PlantShape, Pose, RoadMap, SceneSpec
from diorama.sim.spec.plants import Season, Species
from diorama.sim.spec.roads import Area, Polyline, Vec2, along, lengths_m

_VARIANTS = 6
#: Trunks keep so far from lanes' edges, from crossings and junctions, and from houses' walls.
_FROM_LANES_M, _FROM_CROSSINGS_M, _FROM_WALLS_M = 0.45, 5.0, 1.6
#: Trees of a street stand so far behind its kerb; on pavements narrower than the second there are none.
_BEHIND_KERB_M, _LEAST_PAVEMENT_M = 0.75, 2.6
#: Crowns of these begin so high above a street.
_OVERHANGING, _CLEAR_M = ("oak", "lime", "plane", "birch"), 2.7
#: A dart that misses is thrown again, so many times.
_DARTS = 6
#: What is farther away is too small to be seen.
_FAR_M = 400.0
#: Rows of houses or trees along each side of a road that goes on.
_ALONG = 3


@dataclass(frozen=True, slots=True)
class Greenery:
    """How green a setting is: the share of its streets with trees, what these are; plants in a hundred square metres of garden; and which share of
    what is far away are houses.
    """

    streets: float
    species: Distribution
    gardens: float
    far_houses: float


GREENERY: dict[str, Greenery] = {
    "town-centre": Greenery(0.45, Choice({"plane": 0.5, "lime": 0.4, "palm": 0.1}), 0.05, 0.75),
    "residential": Greenery(0.55, Choice({"lime": 0.35, "plane": 0.3, "birch": 0.25, "oak": 0.1}), 0.5, 0.6),
    "suburb": Greenery(0.6, Choice({"birch": 0.35, "lime": 0.35, "oak": 0.2, "poplar": 0.1}), 0.7, 0.45),
    "industrial": Greenery(0.45, Choice({"poplar": 0.4, "plane": 0.3, "birch": 0.3}), 0.12, 0.4),
    "country": Greenery(0.5, Choice({"poplar": 0.3, "oak": 0.4, "birch": 0.3}), 0.7, 0.12),
}
#: What grows in gardens, before the house and behind it, and how high it is.
_BEFORE = Choice({"bush": 0.8, "birch": 0.1, "grass": 0.1})
_BEHIND = Choice({"bush": 0.25, "oak": 0.2, "lime": 0.15, "birch": 0.15, "spruce": 0.12, "pine": 0.08, "poplar": 0.05})
_HEIGHTS: dict[Species, tuple[float, float, float]] = {  # least, most, step
    "oak": (8.0, 14.0, 1.0),
    "lime": (7.0, 13.0, 1.0),
    "plane": (8.0, 14.0, 1.0),
    "birch": (6.0, 12.0, 1.0),
    "poplar": (12.0, 20.0, 2.0),
    "spruce": (6.0, 14.0, 1.0),
    "pine": (9.0, 15.0, 1.0),
    "palm": (6.0, 10.0, 1.0),
    "bush": (0.8, 2.4, 0.4),
    "grass": (0.3, 0.6, 0.1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting(Labelled):
    """Plant trees along streets, trees and bushes in gardens, and put trees and houses into the distance.

    One `season` holds for all plants, hedges included that stand there already; the scene's notes tell it. How green it is, and what grows there,
    follows from the `setting` of the streets, the scenario's if it is not given; `density` scales it. Trees of a verge or pavement are of one kind
    and about one height, `spacing_m` apart, a little out of step. They keep clear of lanes, crossings and houses. There are at most `most` plants;
    those for which there was no room are counted. `far` rows of trees or houses stand 150 to 400 m away,
    and others along the roads that go on.
    """

    name: ClassVar[str] = "planting"
    stage: ClassVar[Stage] = "scene"

    setting: Distribution | None = None
    season: Distribution = Choice({"spring": 0.25, "summer": 0.35, "autumn": 0.2, "winter": 0.2})
    density: Distribution = Uniform(0.5, 1.3)
    spacing_m: Distribution = Uniform(8.0, 16.0)
    most: int = 70
    far: Distribution = UniformInt(10, 16)

    def __post_init__(self) -> None:
        if self.setting is not None:
            require_one_of(self, QUARTERS, "setting")
        require_one_of(self, get_args(Season), "season")
        require(self, 0, 10, "density")
        require(self, 2, 1000, "spacing_m")
        require(self, 0, 200, "far", whole=True)
        if not 0 <= self.most <= 10_000:
            raise InvalidValue(f"most must be in 0..10000, got {self.most}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, self.name)
        setting = setting_of(spec, self.setting, seed.child("setting"))
        season = self.season.sample(seed.child("season").rng())
        density = self.density.sample(seed.child("density").rng())
        site = _Site(spec, roads)
        green = GREENERY[setting]
        wanted = [w for make in (self._streets, _gardens, _tufts) for w in make(seed, green, density, site)]
        planted: list[BodySpec] = []
        for name, shape, places in wanted:
            place = next((p for p in places if site.is_free(p, shape)), None) if len(planted) < self.most else None
            if place is not None:
                site.take(place, shape)
                turn = 2 * math.pi * seed.child("turn", name).rng().random()
                planted.append(_stood(name, replace(shape, season=season), place, turn, roads))
        far = _far(seed.child("far"), self.far.sample(seed.child("far").rng()), green, season, site)
        return {
            "setting": setting,
            "season": season,
            "asked": len(wanted),
            "fitted": len(planted),
            "plants": recorded(planted),
            "far": recorded(far),
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        season = params["season"]
        there = {b.name: {"shape": replace(b.shape, season=season)} for b in spec.bodies if isinstance(b.shape, (PlantShape, HedgeShape))}
        spec = spec.map_bodies(there)
        notes = (*((key, value) for key, value in spec.notes if key != "season"), ("season", season))
        return spec.replace(bodies=(*spec.bodies, *bodies_of(params["plants"]), *bodies_of(params["far"])), notes=notes)

    def _streets(self, seed: Seed, green: Greenery, density: float, site: "_Site") -> Iterator["_Wish"]:
        """Rows of trees along verges and pavements."""
        for area in site.roads.areas:
            if area.kind not in ("verge", "pavement") or len(area.front_m) < 2:
                continue
            rng = seed.child("street", area.name).rng()
            lined = rng.random() < green.streets * min(density, 1.5)
            species, spacing = green.species.sample(rng), self.spacing_m.sample(rng)
            least, most, step = _HEIGHTS[species]
            if species in _OVERHANGING:  # as they are cut where people walk and lorries pass
                least = max(least, math.ceil(_CLEAR_M / HABITS[species].crown))
            height, sharing = between(rng, least, max(0.7 * most + 0.3 * least, least + 1.0)), int(rng.integers(_VARIANTS))
            if not lined:
                continue
            line = _left_of(area)
            lengths = lengths_m(line)
            for k in range(int(lengths[-1] / spacing)):
                own = seed.child("street", area.name, k).rng()
                way = (k + 0.5 + 0.25 * (own.random() - 0.5)) * spacing
                (x, y), (dx, dy) = along(line, way, lengths)
                off = _BEHIND_KERB_M if area.kind == "pavement" else max(0.5 * _width_m(area, line), 0.4)
                tall = max(round((height + between(own, -0.08, 0.08) * height) / step) * step, least)
                shape = PlantShape(species=species, height_m=tall, variant=(sharing + k % 3) % _VARIANTS)
                yield f"tree-{area.name}-{k}", shape, [(x - off * dy, y + off * dx)] if _width_m(area, line) >= _room_m(area) else []


#: What is to be planted: its name, shape, and places at which it may stand, the first one that is free is taken.
_Wish = tuple[str, PlantShape, Sequence[Vec2]]


def _room_m(area: Area) -> float:
    return _LEAST_PAVEMENT_M if area.kind == "pavement" else 0.8


def _width_m(area: Area, line: Polyline) -> float:
    """How wide an area is along its front, on average."""
    return _size_m2(area.outline_m) / max(lengths_m(line)[-1], 1e-6)


def _size_m2(outline: Polyline) -> float:
    """What an outline is around."""
    return abs(math.fsum([ax * by - bx * ay for (ax, ay), (bx, by) in zip(outline, (*outline[1:], outline[0]), strict=True)])) / 2


def _left_of(area: Area) -> Polyline:
    """An area's front, the area on its left."""
    line = area.front_m
    (x, y), (dx, dy) = along(line, lengths_m(line)[-1] / 2)
    return line if is_inside(rim_of(area.outline_m), (x - 0.1 * dy, y + 0.1 * dx)) else line[::-1]


def _tufts(seed: Seed, green: Greenery, density: float, site: "_Site") -> Iterator[_Wish]:
    """Grass that nobody mows, here and there on verges."""
    least, most, step = _HEIGHTS["grass"]
    for area in site.roads.areas:
        if area.kind != "verge" or len(area.front_m) < 2:
            continue
        line = _left_of(area)
        lengths, width = lengths_m(line), _width_m(area, line)
        for k in range(int(lengths[-1] / 18.0 * green.gardens * density)):
            rng = seed.child("tuft", area.name, k).rng()
            (x, y), (dx, dy) = along(line, lengths[-1] * rng.random(), lengths)
            off = width * between(rng, 0.35, 0.8)
            shape = PlantShape(species="grass", height_m=round(least + step * int(rng.integers(round((most - least) / step))), 2), variant=k % 3)
            yield f"tuft-{area.name}-{k}", shape, [(x - off * dy, y + off * dx)]


def _gardens(seed: Seed, green: Greenery, density: float, site: "_Site") -> Iterator[_Wish]:
    """Plants about the houses of plots."""
    for area in site.roads.areas:
        if area.kind != "plot":
            continue
        rim = rim_of(area.outline_m)
        xs, ys = zip(*area.outline_m, strict=True)
        size = _size_m2(area.outline_m)
        here = seed.child("garden", area.name)
        count = min(int(size / 100 * green.gardens * density + here.rng().random()), 40)
        for k in range(count):
            rng = here.child(k).rng()
            darts = [(rounded(between(rng, min(xs), max(xs))), rounded(between(rng, min(ys), max(ys)))) for _ in range(_DARTS)]
            inside = [dart for dart in darts if is_inside(rim, dart)]
            before = bool(inside) and _depth_m(area, inside[0]) < 6.0
            species = (_BEFORE if before else _BEHIND).sample(rng)
            least, most, step = _HEIGHTS[species]
            tall = round(between(rng, least, 0.75 * most + 0.25 * least) / step) * step
            shape = PlantShape(species=species, height_m=round(tall, 2), variant=int(rng.integers(_VARIANTS)))
            yield f"plant-{area.name}-{k}", shape, inside


def _depth_m(area: Area, place: Vec2) -> float:
    """How far a place is from an area's front."""
    line = np.array(list(pairwise(area.front_m))).reshape(-1, 2, 2)
    return float(_distances_m(line, place).min(initial=math.inf))


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number from `low` to `high`."""
    return low + (high - low) * float(rng.random())


# --- where there is room ----------------------------------------------------------------------------------


class _Site:
    """What plants have to keep clear of, and what has been planted."""

    def __init__(self, spec: SceneSpec, roads: RoadMap) -> None:
        self.roads = roads
        self.houses = [_lot_of(body.world_from_body, body.shape) for body in spec.bodies if isinstance(body.shape, BuildingShape)]
        driven = [lane for lane in roads.lanes if lane.kind in ("drive", "cycle", "parking")]
        pieces = [(a, b, lane.width_m / 2 + _FROM_LANES_M) for lane in driven for a, b in pairwise(lane.points_m)]
        pieces += [(a, b, _FROM_CROSSINGS_M) for r in roads.areas if r.kind in ("junction", "crossing") for a, b in rim_of(r.outline_m).tolist()]
        self._kept_m = np.array([r for _, _, r in pieces])
        self._pieces = np.array([(a, b) for a, b, _ in pieces]).reshape(-1, 2, 2)
        self._lands = [rim_of(area.outline_m) for area in roads.areas if area.kind == "terrain"]
        # A road that leads nowhere else is closed around the middle, and is no farther away than what is built.
        kinds = ("plot",) if _ways_out(roads) else ("plot", "verge")
        self.built_m = max((math.hypot(*p) for area in roads.areas if area.kind in kinds for p in area.outline_m), default=60.0)
        self._taken: list[tuple[float, float, float]] = []

    def is_free(self, place: Vec2, shape: PlantShape) -> bool:
        """Whether a plant can stand at a place."""
        crown = HABITS[shape.species].wide * shape.height_m / 2
        near = max(_FROM_WALLS_M, 0.55 * crown) if shape.species not in ("bush", "grass") else crown + 0.2
        x, y = place
        if any(abs(x - a) < r and abs(y - b) < r and math.hypot(x - a, y - b) < r for a, b, s in self._taken for r in [0.7 * (s + crown)]):
            return False
        if any(_is_near(house, place, near) for house in self.houses):
            return False
        return bool((_distances_m(self._pieces, place) > self._kept_m).all())

    def take(self, place: Vec2, shape: PlantShape) -> None:
        """Nothing else stands there from now on."""
        self._taken.append((*place, HABITS[shape.species].wide * shape.height_m / 2))

    def is_open_land(self, places: Sequence[Vec2]) -> bool:
        """Whether all of these are on open land; on maps without any, whether they are beyond all streets."""
        if not self._lands:
            clear = all(bool((_distances_m(self._pieces, place) > 20.0).all()) for place in places)
            return clear and all(math.hypot(*p) > self.built_m + 20.0 for p in places)
        return all(any(is_inside(land, place) for land in self._lands) for place in places)


def _lot_of(pose: Pose, shape: BuildingShape) -> Lot:
    """The lot that a house stands on."""
    matrix, (x, y, _) = pose.matrix, pose.position_m
    out = (float(matrix[0, 0]), float(matrix[1, 0]))
    return Lot((x + out[0] * shape.depth_m / 2, y + out[1] * shape.depth_m / 2), out, shape.width_m, shape.depth_m)


def _is_near(lot: Lot, place: Vec2, near_m: float) -> bool:
    """Whether a place is on a lot, or less than so far outside of it."""
    u, v = lot.local(place)
    beside, beyond = abs(u) - lot.width_m / 2, max(-v, v - lot.depth_m)
    return beside < near_m and beyond < near_m and math.hypot(max(beside, 0.0), max(beyond, 0.0)) < near_m


def _distances_m(pieces: Rim, place: Vec2) -> NDArray[np.float64]:
    """From a place to straight lines (n, 2, 2)."""
    along_, off = pieces[:, 1] - pieces[:, 0], place - pieces[:, 0]
    length2 = np.maximum((along_ * along_).sum(axis=1), 1e-12)
    share = np.clip((along_ * off).sum(axis=1) / length2, 0.0, 1.0)
    off = off - share[:, None] * along_
    return np.sqrt((off * off).sum(axis=1))


def _stood(name: str, shape: PlantShape, place: Vec2, turn: float, roads: RoadMap) -> BodySpec:
    """A plant as a body: upright, and turned."""
    x, y = place
    pose = _pose(x, y, roads.ground_m(x, y, "plot") + shape.origin_m, (rounded(math.cos(turn)), rounded(math.sin(turn))))
    return BodySpec(name=name, shape=shape, world_from_body=pose, stuff="vegetation", tags=("plant",))


def _pose(x: float, y: float, z: float, heading: Vec2) -> Pose:
    return Pose((rounded(x), rounded(y), rounded(z)), facing(heading))


# --- far away ---------------------------------------------------------------------------------------------


def _far(seed: Seed, count: int, green: Greenery, season: Season, site: _Site) -> list[BodySpec]:
    """Rows of trees and houses: along the roads that go on, and evenly all around, at any distance."""
    out: list[BodySpec] = []

    def put(name: str, rng: np.random.Generator, middle: Vec2, heading: Vec2, houses: float, length: float) -> None:
        of = "houses" if rng.random() < houses else "trees"
        height = float(round(between(rng, 6, 11) if of == "houses" else between(rng, 9, 17)))
        shape = BeltShape(of=of, length_m=length, height_m=height, season=season, variant=int(rng.integers(_VARIANTS)))
        (x, y), (hx, hy) = middle, heading
        places = [(x - hy * t * length - hx * off, y + hx * t * length - hy * off) for t in (-0.55, -0.25, 0.0, 0.25, 0.55) for off in (-5.0, 5.0)]
        if site.is_open_land(places):
            level = min(site.roads.ground_m(px, py, "terrain") for px, py in places)
            stuff, pose = "building" if of == "houses" else "vegetation", _pose(x, y, level + shape.origin_m, heading)
            out.append(BodySpec(name=f"far-{of}-{name}", shape=shape, world_from_body=pose, stuff=stuff, tags=("scenery",)))

    for n, (end, (dx, dy)) in enumerate(_ways_out(site.roads) if count else []):
        for side in (-1, 1):
            for k in range(_ALONG):
                rng = seed.child("along", n, side, k).rng()
                length = 5.0 * round(between(rng, 7, 10))
                way, off = 15.0 + 60.0 * (k + 0.5) + between(rng, -4, 4), side * between(rng, 15, 24)
                # They stand on both sides of a road, and look at it.
                middle = (rounded(end[0] + way * dx - off * dy), rounded(end[1] + way * dy + off * dx))
                put(f"{n}-{'left' if side > 0 else 'right'}-{k}", rng, middle, (rounded(side * dy), rounded(-side * dx)), green.far_houses, length)
    near = site.built_m + 40.0
    for k in range(count):
        rng = seed.child(k).rng()
        turn = 2 * math.pi * (k + 0.8 * rng.random()) / count
        radius = near + max(_FAR_M - near, 0.0) * rng.random()
        length = 5.0 * round(between(rng, 6, 13) * (0.6 + 0.6 * radius / _FAR_M))
        askew = turn + math.pi + between(rng, -0.5, 0.5)
        c, s, hx, hy = (rounded(f(a)) for a in (turn, askew) for f in (math.cos, math.sin))
        put(str(k), rng, (rounded(radius * c), rounded(radius * s)), (hx, hy), green.far_houses, length)
    return out


def _ways_out(roads: RoadMap) -> list[tuple[Vec2, Vec2]]:
    """Where roads leave the map, and in which directions: one place a road."""
    out: list[tuple[Vec2, Vec2]] = []
    for lane in roads.lanes:
        if lane.kind == "drive" and not lane.next and not lane.junction:
            (x0, y0), (x, y) = lane.points_m[-2:]
            size = math.hypot(x - x0, y - y0)
            if all(math.hypot(x - a, y - b) > 25.0 for (a, b), _ in out):
                out.append(((x, y), ((x - x0) / size, (y - y0) / size)))
    return out
