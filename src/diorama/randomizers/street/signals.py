"""Traffic lights: on masts beside and over the lanes that wait for them, and on both sides of crossings, showing what the road map's signals say."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Distribution, Uniform, require, require_one_of, require_share, rounded
from diorama.randomizers.street.fixed import fixed, foot_m
from diorama.randomizers.street.footprints import Footprint, Footprints, footprints_of
from diorama.randomizers.street.ground import Ground, moved, right_of, roads_of, toward_kerb
from diorama.randomizers.street.standing import facing, standing
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, Change, Lane, MastShape, Pose, SceneSpec, Signal, Track, TrafficLightShape
from diorama.sim.spec.roads import AreaKind, Vec2
from diorama.sim.spec.signs import Symbol

#: Lights of one approach: beside it alone, beside it and across the junction, or beside it and over its lanes.
_FORMS = ("near", "far", "arm")
_HOUSINGS = ("black", "green", "grey", "yellow")
#: How far from a lane one looks for a kerb.
_REACH_M = 14.0
#: On a narrow pavement a mast stands as near to an edge as this.
_TIGHT_M = 0.3
#: The narrowest island that a mast stands on.
_NARROWEST_M = 0.6
#: Places tried along the road, from where the lane ends.
_TRIES_M = (0.0, 0.6, -0.6, 1.2, -1.2, 2.0, -2.0, -3.0)
#: The lowest edge of lights beside the road, and over it; the height of a pedestrians' light.
_NEAR_M, _OVER_M, _PEDESTRIAN_M = 2.2, 5.2, 2.1
#: Who crosses looks for a light this far beside the way.
_BESIDE_M = 0.35
#: A light goes on a mast that is there already, if it is this near.
_SHARED_M = 2.2
#: Brackets are this long.
_BRACKET_M = 0.11
#: A road across a junction ends before this.
_ACROSS_M = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals(Labelled):
    """Put traffic lights where lanes wait for signals, and shift all signals in time.

    Each approach has a light beside its kerb where the lanes end, and by its `form` one more: ``far`` across the junction, ``arm`` one over each
    lane, or with ``near`` none. Where the lanes of an approach have several signals each gets its own, with arrows. Crossings with a signal
    get pedestrians' lights on both sides. All signals of the road map are shifted by `offset_s` together, so that every state occurs and none that
    exclude each other ever meet. Lights have the category ``traffic-light`` and attributes ``state``, ``signal`` and ``symbol``; while the scene is
    watched, tracks change them with their signals. Masts are furniture of the stuff ``pole``. What finds no room beside the road is left out, and
    counted.
    """

    name: ClassVar[str] = "signals"
    stage: ClassVar[Stage] = "scene"

    offset_s: Distribution = Uniform(0, 120)
    form: Distribution = Choice({"near": 0.25, "far": 0.4, "arm": 0.35})
    housing: Distribution = Choice({"black": 0.5, "green": 0.2, "grey": 0.15, "yellow": 0.15})
    large: float = 0.4
    board: float = 0.35
    off_kerb_m: Distribution = Uniform(0.45, 0.9)

    def __post_init__(self) -> None:
        require(self, 0, 1e6, "offset_s")
        require_one_of(self, _FORMS, "form")
        require_one_of(self, _HOUSINGS, "housing")
        require_share(self, "large", "board")
        require(self, 0.3, 2, "off_kerb_m")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, self.name)
        rng = seed.child("scene").rng()
        housing, large, board = self.housing.sample(rng), bool(rng.random() < self.large), bool(rng.random() < self.board)
        style = TrafficLightShape(state="red", lens_m=0.3 if large else 0.2, housing=housing, board=board)
        site = _Site(spec, context.library, style, self.label or "traffic-light")
        for approach in approaches(roads.lanes, roads.drives_on):
            own = seed.child("approach", approach[0].name).rng()
            site.approach(approach, self.form.sample(own), self.off_kerb_m.sample(own))
        for lane in roads.lanes:
            if lane.kind in ("walk", "crossing") and lane.control == "signal":
                own = seed.child("crossing", lane.name).rng()
                for end in (0, -1):
                    site.crossing(lane, end, self.off_kerb_m.sample(own))
        return {
            "offset_s": self.offset_s.sample(seed.child("offset").rng()),
            "duration_s": context.duration_s,
            "asked": site.asked,
            "fitted": len(site.lights),
            "masts": [{"name": name, "shape": to_json(shape), "pose": to_json(pose)} for name, shape, pose in site.masts],
            "lights": site.lights,
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        roads = roads_of(spec, self.name)
        shifted = tuple(replace(s, offset_s=rounded(s.offset_s + params["offset_s"])) for s in roads.signals)
        signals = {signal.name: signal for signal in shifted}
        masts = [
            BodySpec(
                name=m["name"],
                shape=from_json(MastShape, m["shape"]),
                world_from_body=from_json(Pose, m["pose"]),
                stuff="pole",
                tags=("street-furniture", "pole"),
            )
            for m in params["masts"]
        ]
        lights: list[BodySpec] = []
        tracks: list[Track] = []
        for light in params["lights"]:
            signal, shape = signals[light["signal"]], from_json(TrafficLightShape, light["shape"])
            looks = {state: replace(shape, state=state) for state, _ in signal.phases}
            notes = {state: (("state", state), ("signal", signal.name), ("symbol", shape.symbol)) for state in looks}
            now = signal.state(0.0)
            lights.append(
                BodySpec(
                    name=light["name"],
                    shape=looks[now],
                    world_from_body=from_json(Pose, light["pose"]),
                    category="traffic-light",
                    attributes=notes[now],
                    tags=("street-furniture", "traffic-light"),
                )
            )
            changes = tuple(Change(time_s=t, shape=looks[state], attributes=notes[state]) for t, state in switches(signal, params["duration_s"]))
            if changes:
                tracks.append(Track(body=light["name"], changes=changes))
        return spec.replace(roads=replace(roads, signals=shifted), bodies=(*spec.bodies, *masts, *lights), tracks=(*spec.tracks, *tracks))


def switches(signal: Signal, duration_s: float) -> Iterator[tuple[float, Any]]:
    """When a signal goes over to another state after 0 s and up to `duration_s`, and to which: the first moments of which `state` says so."""
    period = math.fsum(seconds for _, seconds in signal.phases)
    if duration_s <= 0:
        return
    lap = math.floor(signal.offset_s / period)
    while lap * period - signal.offset_s <= duration_s:
        begun = lap * period
        for state, seconds in signal.phases:
            moment = begun - signal.offset_s
            begun += seconds
            # Well before and well after what is too near to tell in floating-point numbers.
            before, after = moment - 1e-6, moment + 1e-6
            if signal.state(after) != state or signal.state(before) == state or before <= 0 or moment > duration_s:
                continue
            while before < (middle := (before + after) / 2) < after:
                before, after = (before, middle) if signal.state(middle) == state else (middle, after)
            yield after, state
        lap += 1


def approaches(lanes: Sequence[Lane], drives_on: str) -> list[tuple[Lane, ...]]:
    """Lanes for vehicles that wait for signals, those side by side together, from the kerb inwards."""
    waiting = {lane.name: lane for lane in lanes if lane.control == "signal" and lane.kind in ("drive", "cycle")}
    outward, inward = ("right", "left") if drives_on == "right" else ("left", "right")
    out: list[tuple[Lane, ...]] = []
    for lane in waiting.values():
        if getattr(lane, outward) in waiting:
            continue
        chain = [lane]
        while (name := getattr(chain[-1], inward)) in waiting and all(name != other.name for other in chain):
            chain.append(waiting[name])
        out.append(tuple(chain))
    return out


def end_of(lane: Lane, end: int = -1) -> tuple[Vec2, Vec2]:
    """A lane's end (or with 0 its start), and the unit vector out of it."""
    (x0, y0), (x1, y1) = (lane.points_m[1], lane.points_m[0]) if end == 0 else lane.points_m[-2:]
    length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
    return (x1, y1), ((x1 - x0) / length, (y1 - y0) / length)


def symbol_of(lane: Lane, lanes: Mapping[str, Lane]) -> Symbol:
    """The arrow for where a lane goes on to, or a disc if that is more than one way."""
    if lane.kind == "cycle":
        return "cycle"
    found: set[Symbol] = set()
    _, (ax, ay) = end_of(lane)
    for name in lane.next:
        _, (bx, by) = end_of(lanes[name])
        sine = ax * by - ay * bx
        found.add("straight" if abs(sine) < 0.5 and ax * bx + ay * by > 0 else "left" if sine > 0 else "right")
    return found.pop() if len(found) == 1 else "disc"


class _Site:
    """Masts and lights as they come to stand."""

    def __init__(self, spec: SceneSpec, library: AssetLibrary, style: TrafficLightShape, called: str) -> None:
        self.library, self.style, self.called = library, style, called
        self.ground = Ground(roads_of(spec, "signals"))
        self.roads = self.ground.roads
        self.lanes = {lane.name: lane for lane in self.roads.lanes}
        self.taken = Footprints.around(spec.bodies, library)
        self.masts: list[tuple[str, MastShape, Pose]] = []
        self.pieces: list[list[Footprint]] = []
        self.lights: list[dict[str, Any]] = []
        self.asked = 0

    def approach(self, lanes: tuple[Lane, ...], form: str, off_kerb_m: float) -> None:
        """The lights of lanes side by side."""
        end, heading = end_of(lanes[0])
        back = (-heading[0], -heading[1])
        alike = len({lane.signal for lane in lanes}) == 1
        styles = [replace(self.style, symbol=symbol_of(lane, self.lanes) if not alike or lane.kind == "cycle" else "disc") for lane in lanes]
        over = [i for i, lane in enumerate(lanes) if lane.kind == "drive" and (form == "arm" or not alike)]
        far = form == "far" and not over
        self.asked += 1 + len(over) + far
        mast = self._beside(end, heading, off_kerb_m, [lanes[i] for i in over])
        if mast is not None:
            self._hang(mast, lanes[0], styles[0], _NEAR_M, back)
            for i in over if self.masts[mast][1].arm_m else []:
                self._hang(mast, lanes[i], styles[i], _OVER_M, back, over=True)
        across = self._across_junction(lanes[0], heading) if far else None
        mast = None if across is None else self._beside(across, heading, off_kerb_m, [])
        if mast is not None:
            self._hang(mast, lanes[0], styles[0], _NEAR_M, back)

    def crossing(self, lane: Lane, end: int, off_kerb_m: float) -> None:
        """The light at one end of a crossing, for those who come from the other."""
        self.asked += 1
        place, outward = end_of(lane, end)
        inward = (-outward[0], -outward[1])
        beside = right_of(outward)
        for side, further in ((1, 0.0), (-1, 0.0), (1, 0.5), (-1, 0.5)):
            start = moved(place, beside, side * (lane.width_m / 2 + _BESIDE_M + further))
            span = next(iter(self.ground.standing(start, inward, _REACH_M)), None)
            if span is None or span.start_m > 0:
                continue
            for off in (off_kerb_m, _TIGHT_M):
                spot = moved(start, inward, max(span.end_m - off, 0.0))
                mast = self._near(spot)
                if mast is None:
                    mast = self._stand(MastShape(height_m=3.0, radius_m=0.05), spot, inward, span.kind)
                if mast is not None:
                    self._hang(mast, lane, replace(self.style, symbol="pedestrian", lens_m=0.2, board=False), _PEDESTRIAN_M, inward)
                    return

    def _beside(self, place: Vec2, heading: Vec2, off_kerb_m: float, over: Sequence[Lane]) -> int | None:
        """Put up a mast beside the lane that ends at a place, with an arm over some lanes if there is room for it; its number."""
        toward = toward_kerb(self.roads, heading)
        # Seen by those who come, what stands on the right reaches to the left, which is its -y.
        sign = -1.0 if self.roads.drives_on == "right" else 1.0
        low = MastShape(height_m=rounded(_NEAR_M + 4 * self.style.lens_m + 0.2))
        for ahead, has_arm in [(ahead, has_arm) for has_arm in ((True, False) if over else (False,)) for ahead in _TRIES_M]:
            start = moved(place, heading, ahead)
            span = next((span for span in self.ground.standing(start, toward, _REACH_M) if span.end_m - span.start_m > _NARROWEST_M), None)
            if span is None:
                continue
            deep = span.end_m - span.start_m
            for off in (min(off_kerb_m, deep / 2), _TIGHT_M, deep - _TIGHT_M):
                spot = moved(start, toward, span.start_m + off)
                shape = low
                if has_arm:
                    reach = max((spot[0] - x) * toward[0] + (spot[1] - y) * toward[1] for (x, y), _ in map(end_of, over))
                    shape = MastShape(height_m=_OVER_M + 1.4, arm_m=round(sign * (reach + 0.5), 1), radius_m=0.1)
                mast = self._stand(shape, spot, (-heading[0], -heading[1]), span.kind)
                if mast is not None:
                    return mast
        return None

    def _across_junction(self, lane: Lane, heading: Vec2) -> Vec2 | None:
        """Where the way straight on leaves the junction."""
        best: tuple[float, Vec2] | None = None
        start, _ = end_of(lane)
        for name in lane.next:
            place, on = end_of(self.lanes[name])
            ahead = on[0] * heading[0] + on[1] * heading[1]
            if ahead > 0.8 and math.dist(place, start) < _ACROSS_M and (best is None or ahead > best[0]):
                best = (ahead, place)
        return None if best is None else best[1]

    def _stand(self, shape: MastShape, spot: Vec2, facing: Vec2, kind: AreaKind) -> int | None:
        """Put up a mast, if there is room for it; its number."""
        asset = self.library.shape_asset(shape)
        pose = standing(asset, self.roads, spot, facing, kind, upright=True)
        pieces = footprints_of(asset, pose)
        foot = pieces[0]
        if not self.ground.is_clear([spot, *foot.corners()]) or not self.taken.are_free(pieces):
            return None
        self.taken.add(pieces)
        self.masts.append((f"{self.called}-mast-{len(self.masts)}", shape, pose))
        self.pieces.append([*pieces])
        return len(self.masts) - 1

    def _near(self, spot: Vec2) -> int | None:
        """A mast that is there already, and has no light for pedestrians yet."""
        used = {light["mast"] for light in self.lights if light["shape"]["symbol"] == "pedestrian"}
        for number, (_, shape, pose) in enumerate(self.masts):
            if number not in used and math.dist(foot_m(self.library.shape_asset(shape), pose)[:2], spot) < _SHARED_M:
                return number
        return None

    def _hang(self, mast: int, lane: Lane, shape: TrafficLightShape, low_m: float, toward: Vec2, *, over: bool = False) -> None:
        """A light for a lane, which faces some way, on the mast itself or on its arm over the lane's middle; none where another mast or its lights
        are.
        """
        _, holder, pose = self.masts[mast]
        asset, foot = self.library.shape_asset(shape), foot_m(self.library.shape_asset(holder), pose)
        (x, y), _ = end_of(lane)
        across = (y - foot[1]) * toward[0] - (x - foot[0]) * toward[1] if over else 0.0
        # On a mast that holds one already, a bracket keeps it clear of that.
        bracket = 0.0 if over or all(light["mast"] != mast for light in self.lights) else _BRACKET_M
        at = (0.02 + bracket + (0.75 if over else 1.0) * holder.radius_m, across, low_m + asset.landmarks["base"][2] - asset.bounds_m[0][2])
        held = fixed(asset, foot, facing(toward), at)
        # Those of one mast are kept apart by brackets and lanes; arms of two may meet over a narrow junction.
        pieces = footprints_of(asset, held)
        if not Footprints(piece for number, some in enumerate(self.pieces) if number != mast for piece in some).are_free(pieces):
            return
        self.pieces[mast] += pieces
        self.taken.add(pieces)
        name = f"{self.called}-{len(self.lights)}"
        self.lights.append({"name": name, "mast": mast, "lane": lane.name, "signal": lane.signal, "shape": to_json(shape), "pose": to_json(held)})
