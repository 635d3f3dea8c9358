"""What people have put beside streets: lamps in a row, and between them whatever a street needs or is left with; bus stops, road works, fences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Distribution, Uniform, UniformInt, require, require_one_of, require_share
from diorama.randomizers.street.ground import Ground, moved, roads_of, toward_kerb
from diorama.randomizers.street.kerbs import Kerb, across, kerbs
from diorama.randomizers.street.records import bodies_of, recorded
from diorama.randomizers.street.roadside import beside_open_roads
from diorama.randomizers.street.sites import Habit, Site
from diorama.sim.assets.street.furniture.fences import FENCE_M
from diorama.sim.seeds import Seed
from diorama.sim.spec import Lane, MeshShape, RowShape, SceneSpec, SignShape
from diorama.sim.spec.roads import Vec2, along, lengths_m

#: Places tried for each thing.
_TRIES = 8
#: The longest row of a fence that is one body: on hills a straight one leaves the ground.
_ROW = 5
#: A sign stands so far before road works, which need a lane of some length.
_SIGN_M, _WORKS_M = 12.0, 25.0

HABITS: dict[str, Habit] = {
    "bench": Habit("back", faces_road=True, gap_m=0.1),
    "bicycle-stand": Habit("kerb", gap_m=0.25),
    "billboard": Habit("behind", faces_road=True, gap_m=0.4),
    "bin": Habit("kerb"),
    "bollard": Habit("kerb", gap_m=0.25, row=7, step_m=1.5),
    "cabinet": Habit("back", faces_road=True, gap_m=0.05),
    "clock": Habit("kerb", gap_m=0.4),
    "hydrant": Habit("kerb"),
    "parking-meter": Habit("kerb"),
    "pillar": Habit("back", gap_m=0.1),
    "planter": Habit("kerb", gap_m=0.2, row=3, step_m=2.4),
    "post-box": Habit("back", faces_road=True, gap_m=0.05),
    "railing": Habit("kerb", gap_m=0.12, row=6, step_m=2.0),
    "telephone-box": Habit("back", faces_road=True, gap_m=0.05),
    "wheelie-bin": Habit("back", faces_road=True, gap_m=0.1, row=3, step_m=1.5),
}
KINDS = Choice(
    {
        "bin": 5.0,
        "wheelie-bin": 4.0,
        "bollard": 3.5,
        "bench": 2.5,
        "cabinet": 2.5,
        "bicycle-stand": 1.5,
        "planter": 1.5,
        "railing": 1.2,
        "parking-meter": 1.0,
        "hydrant": 0.8,
        "post-box": 0.8,
        "billboard": 0.7,
        "pillar": 0.6,
        "telephone-box": 0.4,
        "clock": 0.2,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture(Labelled):
    """Furnish streets.

    By the share `lit` a street has lamps along every kerb, `spacing_m` apart, those of neighbouring kerbs in turn, all of one make. `per_100_m` of
    kerb come things of `kinds`, each where such things stand: at the kerb, at the back of the pavement, or behind it. There are `bus_stops` with a
    shelter and a sign, and `works` on parking lanes, or without any beside the kerb: barriers across, beacons or cones along, a sign before them. Of
    the plots the share `fenced` has a fence along its front, with a gap to go in by. Of the lanes without a pavement the share `delineated` has posts
    along the road's edge, and the share `railed` a stretch of crash barrier. All keep clear of lanes, of the middle of where people walk, of
    what is there already and of each other; what finds no room is left out: `asked` and `fitted` count each kind. `variant` draws which of
    a recipe's variants a thing is.

    Bodies are furniture (no category) of the stuff that their recipe says (``pole``, ``fence``, ``static``, ``dynamic``, ...), tagged
    ``street-furniture`` and by their kind.
    """

    name: ClassVar[str] = "furniture"
    stage: ClassVar[Stage] = "scene"

    lit: float = 0.9
    spacing_m: Distribution = Uniform(25, 40)
    per_100_m: Distribution = Uniform(1, 4.5)
    kinds: Distribution = KINDS
    bus_stops: Distribution = Choice({0: 0.6, 1: 0.4})
    works: Distribution = Choice({0: 0.75, 1: 0.25})
    fenced: float = 0.1
    delineated: float = 0.6
    railed: float = 0.2
    variant: Distribution = UniformInt(0, 15)

    def __post_init__(self) -> None:
        require_share(self, "lit", "fenced", "delineated", "railed")
        require(self, 5, 200, "spacing_m")
        require(self, 0, 40, "per_100_m")
        require_one_of(self, tuple(HABITS), "kinds")
        require(self, 0, 10, "bus_stops", "works", whole=True)
        require(self, 0, 10_000, "variant", whole=True)

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        site = Site(spec, context.library, self.label or self.name, Ground(roads_of(spec, self.name)))
        pavements = kerbs(site.ground, "pavement")
        self._works(seed.child("works"), site, pavements)
        if pavements:
            self._bus_stops(seed.child("bus-stops"), site, pavements)
            self._lamps(seed.child("lamps"), site, pavements)
            self._things(seed.child("things"), site, pavements)
        self._fences(seed.child("fences"), site)
        beside_open_roads(seed.child("roadside"), site, self.delineated, self.railed, self.variant.sample(seed.child("roadside").rng()))
        return {"asked": site.asked, "fitted": site.fitted, "bodies": recorded(site.bodies)}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.replace(bodies=(*spec.bodies, *bodies_of(params["bodies"])))

    def _lamps(self, seed: Seed, site: Site, pavements: Sequence[Kerb]) -> None:
        rng = seed.rng()
        shape, spacing, phase = MeshShape(asset=f"street:lamp/{self.variant.sample(rng)}"), self.spacing_m.sample(rng), float(rng.random())
        if rng.random() >= self.lit:
            return
        habit = Habit("kerb", faces_road=True, gap_m=0.35)
        first: dict[int, float] = {}
        for kerb in pavements:
            way = first.setdefault(kerb.area, spacing * phase)
            while way < kerb.length_m:
                # Half way between those of the other side.
                there = across(site.ground, kerb, way, [other for other in pavements if other.area not in first])
                if there is not None:
                    first[there[0].area] = (there[1] + spacing / 2) % spacing
                site.beside("lamp", shape, [(kerb, way + step, habit) for step in (0.0, 1.0, -1.0, 2.5, -2.5)])
                way += spacing

    def _things(self, seed: Seed, site: Site, pavements: Sequence[Kerb]) -> None:
        count = round(self.per_100_m.sample(seed.rng()) * sum(kerb.length_m for kerb in pavements) / 100)
        for i in range(count):
            rng = seed.child(i).rng()
            kind, variant = self.kinds.sample(rng), self.variant.sample(rng)
            habit = HABITS[kind]
            number = int(rng.integers(1, habit.row + 1))
            asset = f"street:{kind}/{variant}"
            shape = MeshShape(asset=asset) if number == 1 else RowShape(asset=asset, count=number, step_m=habit.step_m)
            # What belongs at the back of a pavement that is too narrow stands behind it.
            habits = (habit, replace(habit, side="behind")) if habit.side == "back" else (habit,)
            places = _anywhere(pavements, rng.random(_TRIES).tolist())
            site.beside(kind, shape, [(*place, way_there) for place in places for way_there in habits])

    def _bus_stops(self, seed: Seed, site: Site, pavements: Sequence[Kerb]) -> None:
        for i in range(self.bus_stops.sample(seed.rng())):
            rng = seed.child(i).rng()
            shape = MeshShape(asset=f"street:bus-stop/{self.variant.sample(rng)}")
            places = _anywhere(pavements, rng.random(_TRIES).tolist())
            habits = (Habit("back", faces_road=True, gap_m=0.05), Habit("behind", faces_road=True, gap_m=0.05))
            found = site.beside("bus-stop", shape, [(kerb, way, habit) for kerb, way in places for habit in habits])
            if found is None:
                continue
            (x, y), (inward_x, inward_y) = found[0].at(found[1])
            # Who drives on the right has the pavement on the right.
            hand = 1.0 if site.ground.roads.drives_on == "right" else -1.0
            heading = (-hand * inward_y, hand * inward_x)
            line = [moved((x, y), heading, way) for way in (-8.0, 8.0)]
            sign = SignShape(sign="bus-stop")
            site.bodies += site.posts.put(f"{site.called}-bus-sign-{i}", [sign], line, 11.0, off_kerb_m=0.5, clear_m=2.2)

    def _works(self, seed: Seed, site: Site, pavements: Sequence[Kerb]) -> None:
        parking = [lane for lane in site.ground.roads.lanes if lane.kind == "parking" and lengths_m(lane.points_m)[-1] > _WORKS_M]
        for i in range(self.works.sample(seed.rng())):
            rng = seed.child(i).rng()
            barrier, cone, beacon = (f"street:{kind}/{self.variant.sample(rng)}" for kind in ("barrier", "cone", "beacon"))
            marker = cone if rng.random() < 0.5 else beacon
            long, where = 6.0 + 8.0 * float(rng.random()), float(rng.random())
            if parking:
                lane = parking[int(rng.integers(len(parking)))]
                _close(site, lane, where, long, MeshShape(asset=barrier), MeshShape(asset=marker), f"{site.called}-works-{i}")
            elif pavements:
                row = RowShape(asset=barrier, count=max(2, int(long / 4)), step_m=2.05)
                habit = Habit("kerb", gap_m=0.1)
                site.beside("barrier", row, [(*place, habit) for place in _anywhere(pavements, rng.random(_TRIES).tolist())])

    def _fences(self, seed: Seed, site: Site) -> None:
        for plot in kerbs(site.ground, "plot"):
            rng = seed.child(plot.name).rng()
            asset, gap, where = f"street:fence/{self.variant.sample(rng)}", 1.2 + 2.5 * float(rng.random()), float(rng.random())
            if rng.random() < self.fenced:
                for shape, way in _rows(asset, plot, gap, where):
                    # The next row begins with its post where the last one ends.
                    site.beside("fence", shape, [(plot, way, Habit("kerb", faces_road=True, gap_m=0.12))], spacing_m=-0.015)


def _anywhere(pavements: Sequence[Kerb], shares: Sequence[float]) -> list[tuple[Kerb, float]]:
    """Places by their shares of all kerbs' length."""
    total = sum(kerb.length_m for kerb in pavements)
    out: list[tuple[Kerb, float]] = []
    for share in shares:
        way = share * total
        for kerb in pavements:
            if way <= kerb.length_m or kerb is pavements[-1]:
                out.append((kerb, min(way, kerb.length_m)))
                break
            way -= kerb.length_m
    return out


def _rows(asset: str, plot: Kerb, gap_m: float, where: float) -> Iterator[tuple[RowShape, float]]:
    """Rows of a fence along the straight pieces of a plot's front, each with the way to its middle; one gap, so far along by share."""
    opening = where * max(plot.length_m - gap_m, 0.0)
    for start, end in _straights(plot):
        for low, high in ((start, min(end, opening)), (max(start, opening + gap_m), end)):
            pieces = int((high - low) / FENCE_M)
            while pieces > 0:
                count = min(pieces, _ROW)
                yield RowShape(asset=asset, count=count, step_m=FENCE_M), low + count * FENCE_M / 2
                low += count * FENCE_M
                pieces -= count


def _straights(kerb: Kerb) -> Iterator[tuple[float, float]]:
    """Ways from and to which a line is straight, to 2 cm."""
    start = 0
    for k in range(1, len(kerb.points_m)):
        if k + 1 < len(kerb.points_m):
            (ax, ay), (bx, by), (cx, cy) = (kerb.points_m[i] for i in (start, k, k + 1))
            if abs((bx - ax) * (cy - by) - (by - ay) * (cx - bx)) <= 0.02 * (kerb.lengths_m[k] - kerb.lengths_m[start]):
                continue
        yield kerb.lengths_m[start], kerb.lengths_m[k]
        start = k


def _close(site: Site, lane: Lane, where: float, long_m: float, barrier: MeshShape, marker: MeshShape, called: str) -> None:
    """Works that close a piece of a parking lane: a barrier across either end, markers along its open side, and a sign before it."""
    lengths = lengths_m(lane.points_m)
    least = min(_SIGN_M, max(lengths[-1] - long_m, 0.0))
    start = least + where * max(lengths[-1] - long_m - least, 0.0)
    end = min(start + long_m, lengths[-1])

    def at(way: float, open_m: float) -> tuple[Vec2, Vec2]:
        place, heading = along(lane.points_m, way, lengths)
        toward = toward_kerb(site.ground.roads, heading)
        return moved(place, toward, -open_m), heading

    clear_of = ("drive", "cycle", "crossing")
    spots = [(barrier, *at(start, 0.0), -1), (barrier, *at(end, 0.0), 1)]
    count = max(int((end - start) / 2.5), 1)
    spots += [(marker, *at(start + (k + 0.5) * (end - start) / count, lane.width_m / 2 - 0.45), -1) for k in range(count)]
    spots += [(marker, *at(start - 1.2 * k, lane.width_m / 2 - 0.45 - 0.5 * k), -1) for k in (1, 2)]
    for shape, place, (dx, dy), sign in spots:
        kind = shape.asset.partition(":")[2].partition("/")[0]
        site.ask(kind)
        if site.put(kind, shape, place, (sign * dx, sign * dy), "carriageway", clear_of=clear_of, spacing_m=0.05):
            site.fitted[kind] += 1
    works = [SignShape(sign="road-works")]
    site.bodies += site.posts.put(called, works, lane.points_m, start - _SIGN_M, off_kerb_m=0.6, clear_m=2.0)
