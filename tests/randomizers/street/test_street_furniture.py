"""Furniture stands where it belongs, out of everybody's way, and what does not fit is counted."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from street_map import HILLS, LANE_M, WALK_M, crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant
from diorama.randomizers.street.footprints import Footprints, footprints_of
from diorama.randomizers.street.furniture import HABITS, KINDS, Furniture
from diorama.randomizers.street.ground import Ground
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.furniture import KINDS as RECIPES
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import Area, BodySpec, BoxShape, Lane, Pose, RoadMap, SceneSpec
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()
MAPS = {
    "plain": crossroads(),
    "left": crossroads(drives_on="left"),
    "hilly": crossroads(hills=HILLS),
    "parking": crossroads(parking=True, control="stop"),
}
NOTHING = {"lit": 0.0, "per_100_m": Constant(0.0), "bus_stops": Constant(0), "works": Constant(0), "fenced": 0.0, "delineated": 0.0, "railed": 0.0}
FULL = {"lit": 1.0, "per_100_m": Constant(10.0), "bus_stops": Constant(2), "works": Constant(2), "fenced": 1.0, "delineated": 1.0, "railed": 1.0}


def furnished(roads, seed=0, bodies=(), **settings):
    spec, randomizer = SceneSpec(roads=roads, bodies=bodies), Furniture(**settings)
    params = randomizer.sample(Seed(seed), spec, Context(library=LIBRARY))
    return randomizer.apply(spec, params), params


def foot(body):
    return apply(body.world_from_body.matrix, [LIBRARY.shape_asset(body.shape).landmarks["base"]])[0]


def pieces(body):
    return footprints_of(LIBRARY.shape_asset(body.shape), body.world_from_body)


@pytest.mark.parametrize("name", MAPS)
def test_the_contract_holds(name):
    check_randomizer(Furniture(**FULL), spec=SceneSpec(roads=MAPS[name]), library=LIBRARY)


@pytest.mark.parametrize("name", MAPS)
def test_nothing_is_in_the_way(name):
    roads = MAPS[name]
    ground = Ground(roads)
    works = {"barrier", "cone", "beacon"}
    for seed in range(4):
        spec, params = furnished(roads, seed, **FULL)
        assert sum(params["fitted"].values()) > 40
        taken = Footprints()
        for body in spec.bodies:
            x, y, z = foot(body)
            closed = bool(works & {*body.tags}) and roads is MAPS["parking"]
            kind = "carriageway" if closed else "pavement"
            if body.stuff is None:
                continue  # a sign's picture, held by its post
            assert z == pytest.approx(roads.ground_m(x, y, kind), abs=1e-6), body.name
            low = [c for f in pieces(body) if f.low_m < z + 2.0 for c in f.corners()]
            busy = ("drive", "cycle", "crossing") if closed else ("drive", "cycle", "crossing", "parking")
            assert ground.lane_gap_m([(x, y), *low], (*busy, "walk")) >= 0.04, body.name
            assert closed or ground.are_raised([(x, y), *low])
            assert taken.are_free(pieces(body), -0.02), body.name  # rows of a fence touch
            taken.add(pieces(body))


def test_lamps_stand_at_regular_distances_on_alternate_sides_and_face_the_road():
    roads = MAPS["plain"]
    spec, params = furnished(roads, 3, **(NOTHING | {"lit": 1.0, "spacing_m": Constant(25.0)}))
    lamps = [body for body in spec.bodies if "lamp" in body.tags]
    assert params["fitted"]["lamp"] == len(lamps) >= 0.9 * params["asked"]["lamp"]
    assert len({body.shape for body in lamps}) == 1 and {body.stuff for body in lamps} == {"pole"}
    sides = {1: [], -1: []}
    for body in lamps:
        x, y, _ = foot(body)
        facing = body.world_from_body.matrix[:2, 0]
        if x > 15 and abs(y) < LANE_M + WALK_M:
            assert facing[1] * y < 0 and abs(facing[1]) > 0.99
            sides[1 if y > 0 else -1].append(x)
    for side in sides.values():
        assert len(side) >= 2
        assert all(20 <= b - a <= 30 for a, b in zip(sorted(side), sorted(side)[1:], strict=False))


def test_lamps_of_the_two_sides_of_a_road_take_turns():
    road = Lane(name="road", kind="drive", points_m=((-100.0, 0.0), (100.0, 0.0)), width_m=6.0)
    sides = [((-100.0, 4.0), (100.0, 4.0)), ((100.0, -4.0), (-100.0, -4.0))]
    outlines = [((-100.0, 4.0), (100.0, 4.0), (100.0, 8.0), (-100.0, 8.0)), ((100.0, -4.0), (-100.0, -4.0), (-100.0, -8.0), (100.0, -8.0))]
    areas = [Area(name=f"p{i}", kind="pavement", outline_m=o, front_m=f) for i, (o, f) in enumerate(zip(outlines, sides, strict=True))]
    areas.append(Area(name="c", kind="carriageway", outline_m=((-100.0, -4.0), (100.0, -4.0), (100.0, 4.0), (-100.0, 4.0))))
    for seed in range(5):
        spec, _ = furnished(RoadMap(lanes=(road,), areas=tuple(areas)), seed, **(NOTHING | {"lit": 1.0, "spacing_m": Constant(30.0)}))
        ways = sorted((float(foot(body)[0]), float(foot(body)[1]) > 0) for body in spec.bodies)
        assert len(ways) >= 12
        for (a, left), (b, other) in pairwise(ways):
            assert b - a == pytest.approx(15.0, abs=0.01) and left != other


def test_things_stand_and_face_as_is_their_habit():
    roads = MAPS["plain"]
    for kind, habit in HABITS.items():
        spec, params = furnished(roads, 1, **(NOTHING | {"per_100_m": Constant(3.0), "kinds": Constant(kind)}))
        assert params["fitted"][kind] > 0.6 * params["asked"][kind] > 0, kind
        assert {body.stuff for body in spec.bodies} == {RECIPES[kind].supercategory}
        for body in spec.bodies:
            x, y, _ = foot(body)
            if not (x > 12 and abs(y) < 12):
                continue
            off = abs(y) - LANE_M
            facing = body.world_from_body.matrix[1, 0] * math.copysign(1, y)
            assert (facing < -0.9) == habit.faces_road and abs(facing) > 0.9
            if habit.side == "kerb":
                assert off < WALK_M / 2
            elif habit.side == "back":
                assert off > WALK_M / 2
            else:
                assert off > WALK_M


def test_rows_are_single_bodies():
    spec, _ = furnished(MAPS["plain"], 2, **(NOTHING | {"per_100_m": Constant(3.0), "kinds": Constant("bollard")}))
    counts = [getattr(body.shape, "count", 1) for body in spec.bodies]
    assert max(counts) > 3 and len(spec.bodies) < 30


def test_bus_stops_open_to_the_road_and_have_their_sign():
    found = 0
    for seed in range(8):
        spec, params = furnished(MAPS["plain"], seed, **(NOTHING | {"bus_stops": Constant(1)}))
        signs = [body for body in spec.bodies if body.category == "traffic-sign"]
        shelters = [body for body in spec.bodies if "bus-stop" in body.tags]
        assert len(shelters) == params["fitted"]["bus-stop"]
        for shelter in shelters:
            assert shelter.stuff == "building"
            found += 1
            (sign,) = signs
            assert dict(sign.attributes)["sign"] == "bus-stop"
            x, y, _ = foot(shelter)
            assert 1.5 < math.dist((x, y), foot(sign)[:2]) < 14
            # The sign is on the same side, and faces who comes: with the pavement on the right, towards -heading.
            facing = sign.world_from_body.matrix[:2, 0]
            inward = -shelter.world_from_body.matrix[:2, 0]
            assert facing[0] * -inward[1] + facing[1] * inward[0] < -0.9
    assert found >= 6


@pytest.mark.parametrize("seed", range(4))
def test_works_close_a_parking_lane_and_are_told_of(seed):
    roads = MAPS["parking"]
    spec, params = furnished(roads, seed, **(NOTHING | {"works": Constant(1)}))
    assert params["fitted"]["barrier"] == 2
    barriers = [body for body in spec.bodies if "barrier" in body.tags]
    markers = [body for body in spec.bodies if {"cone", "beacon"} & {*body.tags}]
    (sign,) = [body for body in spec.bodies if body.category == "traffic-sign"]
    assert dict(sign.attributes)["sign"] == "road-works"
    assert len(markers) >= 3
    lane = min((lane for lane in roads.lanes if lane.kind == "parking"), key=lambda lane: _off(lane, foot(barriers[0])))
    for body in (*barriers, *markers):
        assert _off(lane, foot(body)) < lane.width_m / 2 + 0.6  # the taper may begin behind it
    first, last = (foot(body)[:2] for body in barriers)
    (x0, y0), (x1, y1) = lane.points_m[0], lane.points_m[-1]
    along = np.array([x1 - x0, y1 - y0]) / math.dist((x0, y0), (x1, y1))
    assert 5 < (last - first) @ along < 15
    assert -22 < (foot(sign)[:2] - first) @ along < -2
    assert barriers[0].world_from_body.matrix[:2, 0] @ along < -0.99 < 0.99 < barriers[1].world_from_body.matrix[:2, 0] @ along


def _off(lane, place):
    (x0, y0), (x1, y1) = lane.points_m[0], lane.points_m[-1]
    t = np.clip(((place[0] - x0) * (x1 - x0) + (place[1] - y0) * (y1 - y0)) / math.dist((x0, y0), (x1, y1)) ** 2, 0, 1)
    return math.dist(place[:2], (x0 + t * (x1 - x0), y0 + t * (y1 - y0)))


def test_fences_follow_plots_and_leave_a_way_in():
    roads = MAPS["plain"]
    spec, _ = furnished(roads, 5, **(NOTHING | {"fenced": 1.0}))
    back = LANE_M + WALK_M
    rows = [body for body in spec.bodies if "fence" in body.tags]
    assert {body.stuff for body in rows} == {"fence"}
    for plot in (1, -1):
        mine = sorted(foot(body)[0] for body in rows if foot(body)[0] > back and 0 < plot * foot(body)[1] < back + 1)
        assert mine
    for body in rows:
        x, y, _ = foot(body)
        assert abs(min(abs(x), abs(y)) - back) < 0.3
    length = sum(body.shape.count * body.shape.step_m for body in rows)
    fronts = sum(math.dist(a, b) for area in roads.areas if area.kind == "plot" for a, b in zip(area.front_m, area.front_m[1:], strict=False))
    assert 0.75 * fronts < length < fronts - 4 * 1.2


def test_open_roads_have_posts_and_barriers_along_their_edges_and_streets_have_not():
    bend = tuple((100 * math.sin(a), 100 - 100 * math.cos(a)) for a in np.linspace(-0.9, 0.9, 40))
    left = tuple((x * f, 100 - (100 - y) * f) for (x, y), f in zip(bend, [0.97] * 40, strict=True))
    lanes = (
        Lane(name="there", kind="drive", points_m=tuple((x * 1.017, 100 - (100 - y) * 1.017) for x, y in bend), width_m=3.4),
        Lane(name="back", kind="drive", points_m=tuple((x * 0.983, 100 - (100 - y) * 0.983) for x, y in bend)[::-1], width_m=3.4),
    )
    outer = tuple((x * 1.035, 100 - (100 - y) * 1.035) for x, y in bend)
    road = Area(name="road", kind="carriageway", outline_m=(*outer, *left[::-1]))
    land = Area(name="land", kind="verge", outline_m=((-120.0, -30.0), (120.0, -30.0), (120.0, 90.0), (-120.0, 90.0)))
    roads = RoadMap(lanes=lanes, areas=(road, land))
    ground = Ground(roads)
    spec, params = furnished(roads, 1, **(NOTHING | {"delineated": 1.0, "railed": 1.0}))
    assert params["fitted"]["delineator"] >= 6 and params["fitted"]["guard-rail"] >= 4
    for body in spec.bodies:
        x, y, _ = foot(body)
        off = abs(math.hypot(x, y - 100) - 100) - 3.3  # about half the road
        facing, out = body.world_from_body.matrix[:2, 0], np.array([x, y - 100]) / math.hypot(x, y - 100)
        assert 0.3 < off < 1.3 and ground.are_raised([(x, y)])
        if "guard-rail" in body.tags:
            assert body.stuff == "guard rail"
            assert facing @ out * math.copysign(1, math.hypot(x, y - 100) - 100) < -0.98  # its fold is towards the road
        else:
            assert abs(facing @ out) < 0.02 and body.stuff == "pole"
            # Who drives on the right comes along the outside from the left.
            comes = np.array([-out[1], out[0]]) if math.hypot(x, y - 100) > 100 else np.array([out[1], -out[0]])
            assert facing @ comes < -0.98
    _, params = furnished(MAPS["plain"], 1, **(NOTHING | {"delineated": 1.0, "railed": 1.0}))
    assert not params["asked"]


def test_what_does_not_fit_is_counted_and_ends():
    walls = tuple(
        BodySpec(name=f"wall-{i}", shape=BoxShape(size_m=(80, 80, 9)), world_from_body=Pose((sx * 43.4, sy * 43.4, 4.5)), tags=("building",))
        for i, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1)))
    )
    spec, params = furnished(MAPS["plain"], 0, walls, **FULL)
    assert sum(params["asked"].values()) > 60 > 0 == sum(params["fitted"].values())
    assert spec.bodies == walls


def test_one_thing_more_leaves_the_rest_as_it_was():
    fewer, more = (furnished(MAPS["plain"], 7, **(NOTHING | {"per_100_m": Constant(rate)}))[0] for rate in (2.0, 4.0))
    assert more.bodies[: len(fewer.bodies)] == fewer.bodies
    assert len(more.bodies) > len(fewer.bodies)


def test_a_map_without_pavements_gets_none_of_it():
    roads = replace(MAPS["plain"], areas=tuple(area for area in MAPS["plain"].areas if area.kind in ("carriageway", "junction")))
    spec, params = furnished(roads, 0, **FULL)
    assert not spec.bodies and not any(params["fitted"].values())


def test_kinds_are_recipes_with_habits():
    assert set(KINDS.outcomes) == set(HABITS) <= set(RECIPES)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"lit": 2.0}, "lit"),
        ({"fenced": -1.0}, "fenced"),
        ({"spacing_m": Constant(1.0)}, "spacing_m must"),
        ({"per_100_m": Constant(1000.0)}, "per_100_m must"),
        ({"kinds": Choice(["sofa"])}, "kinds must"),
        ({"bus_stops": Constant(0.5)}, "bus_stops must"),
        ({"variant": Constant(-1)}, "variant must"),
    ],
)
def test_bad_settings_are_refused(settings, fault):
    with pytest.raises(InvalidValue, match=fault):
        Furniture(**settings)


def test_a_scene_without_roads_is_refused():
    with pytest.raises(InvalidValue, match="furniture: the scene has no roads"):
        Furniture().sample(Seed(0), SceneSpec(), Context(library=LIBRARY))
