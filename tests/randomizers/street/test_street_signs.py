"""Signs face those whom they concern, from beside the road, and say what the map says."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from street_map import HILLS, STOP_M, crossroads, heading

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.randomizers.street.footprints import Footprints, footprints_of
from diorama.randomizers.street.ground import Ground
from diorama.randomizers.street.records import bodies_of, recorded
from diorama.randomizers.street.signs import Signs, kerb_lanes, leads_to_roundabout, zebras
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Lane, Pose, RoadMap, SceneSpec
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()
MAPS = {
    "stop": crossroads(control="stop"),
    "give-way": crossroads(control="give-way", hills=HILLS),
    "signal": crossroads(lanes=2),
    "left": crossroads(control="give-way", drives_on="left"),
    "parking": crossroads(control="stop", parking=True),
}
QUIET = {"limits": 0.0, "names": 0.0, "warnings": 0.0, "priority": 0.0, "towns": 0.0, "directions": 0.0, "per_100_m": Constant(0.0)}
EVERYTHING = {"limits": 1.0, "names": 1.0, "warnings": 1.0, "priority": 1.0, "towns": 1.0, "directions": 1.0, "per_100_m": Constant(3.0)}


def signed(roads, seed=0, bodies=(), **settings):
    spec, randomizer = SceneSpec(roads=roads, bodies=bodies), Signs(**settings)
    params = randomizer.sample(Seed(seed), spec, Context(library=LIBRARY))
    return randomizer.apply(spec, params), params


def faces_of(spec):
    return [body for body in spec.bodies if body.category == "traffic-sign"]


def posts_of(spec):
    return [body for body in spec.bodies if body.stuff == "pole"]


def foot(body):
    return apply(body.world_from_body.matrix, [LIBRARY.shape_asset(body.shape).landmarks["base"]])[0]


def along_lane(lane, place):
    """How far along a lane of one straight piece a place is, and how far to its right."""
    dx, dy = heading(lane)
    x, y = place[0] - lane.points_m[-1][0], place[1] - lane.points_m[-1][1]
    return x * dx + y * dy, x * dy - y * dx


@pytest.mark.parametrize("name", MAPS)
def test_the_contract_holds(name):
    check_randomizer(Signs(), spec=SceneSpec(roads=MAPS[name]), library=LIBRARY)


@pytest.mark.parametrize("name", ["stop", "give-way", "left", "parking"])
def test_every_lane_that_waits_has_its_sign_and_only_they_have(name):
    roads = MAPS[name]
    spec, params = signed(roads, **QUIET)
    held = {lane.name: lane for lane in kerb_lanes(roads) if lane.control in ("stop", "give-way")}
    hand = 1 if roads.drives_on == "right" else -1
    kinds = Counter(dict(body.attributes)["sign"] for body in faces_of(spec))
    assert kinds["stop"] + kinds["give-way"] == len(held) == 4
    for body in faces_of(spec):
        if dict(body.attributes)["sign"] == "crossing":
            continue
        ways = {lane.name: along_lane(lane, foot(body)[:2]) for lane in held.values()}
        (lane, (ahead, right)) = min(ways.items(), key=lambda item: math.hypot(*item[1]))
        assert dict(body.attributes)["sign"] == held.pop(lane).control
        assert -8 < ahead < 3 and hand * right > 1.6
        dx, dy = heading(roads.lane(lane))
        facing = body.world_from_body.matrix[:3, 0]
        assert facing[0] * dx + facing[1] * dy < -0.98
        assert facing[2] == pytest.approx(0)
    assert params["asked"] == params["fitted"]


@pytest.mark.parametrize("name", MAPS)
def test_all_signs_face_traffic_beside_the_road_at_their_height(name):
    roads = MAPS[name]
    ground = Ground(roads)
    for seed in range(4):
        spec, params = signed(roads, seed, **EVERYTHING)
        assert params["asked"] >= params["fitted"] >= 0.9 * params["asked"] > 0
        assert len(posts_of(spec)) == params["fitted"]
        lanes = kerb_lanes(roads)
        for body in faces_of(spec):
            x, y, z = foot(body)
            floor = roads.ground_m(x, y, "pavement")
            low = z - np.ptp(LIBRARY.shape_asset(body.shape).bounds_m, axis=0)[2] / 2
            assert 1.9 < low - floor < 4.5
            # It concerns a lane beside it.
            facing = body.world_from_body.matrix[:2, 0]
            beside = [heading(lane) for lane in lanes if _away(lane, (x, y)) < 12]
            assert min(facing[0] * dx + facing[1] * dy for dx, dy in beside) < -0.9
        for body in posts_of(spec):
            x, y, z = foot(body)
            assert z == pytest.approx(roads.ground_m(x, y, "pavement"), abs=1e-6)
            assert ground.are_raised([(x, y)]) and ground.is_clear([(x, y)])
            kerb = min(_from_kerb(area, (x, y)) for area in roads.areas if area.kind == "pavement")
            assert 0.29 < kerb < 3.6


def _away(lane, place):
    ahead, right = along_lane(lane, place)
    length = sum(math.dist(a, b) for a, b in zip(lane.points_m, lane.points_m[1:], strict=False))
    return math.hypot(right, max(ahead, 0, -length - ahead))


def _from_kerb(area, place):
    p = np.concatenate([np.linspace(a, b, 2000) for a, b in zip(area.front_m, area.front_m[1:], strict=False)])
    return float(np.sqrt(((p - place) ** 2).sum(axis=1)).min())


def test_posts_keep_clear_of_each_other_and_of_what_is_there():
    house = BodySpec(name="kiosk", shape=BoxShape(size_m=(3, 3, 3)), world_from_body=Pose((STOP_M, 5.0, 1.5)), tags=("building",))
    for seed in range(4):
        spec, _ = signed(MAPS["stop"], seed, (house,), **EVERYTHING)
        taken = Footprints.around([house], LIBRARY)
        for post in posts_of(spec):
            pieces = footprints_of(LIBRARY.shape_asset(post.shape), post.world_from_body)
            assert taken.are_free(pieces, 0.2)
            taken.add(pieces)


def test_pictures_are_held_by_their_posts_and_not_covered_by_them():
    spec, _ = signed(MAPS["stop"], 1, **EVERYTHING)
    by_name = {body.name: body for body in spec.bodies}
    for body in faces_of(spec):
        post = by_name[body.name.rpartition("-")[0]]
        asset, base = LIBRARY.shape_asset(post.shape), foot(post)
        number = int(body.name.rpartition("-")[2])
        held = apply(post.world_from_body.matrix, [asset.landmarks[f"sign-{number}"]])[0]
        assert np.abs(held - foot(body)).max() < 1e-6
        assert body.world_from_body.rotation_wxyz == pytest.approx(post.world_from_body.rotation_wxyz)
        assert math.dist(held[:2], base[:2]) < 0.1
        assert post.shape.signs[number] == body.shape.sign == dict(body.attributes)["sign"]
        assert post.category is None and body.stuff is None


def test_limits_are_the_lanes_own():
    roads = MAPS["stop"]
    slow = replace(roads, lanes=tuple(replace(lane, speed_m_s=8.4) for lane in roads.lanes))
    for wanted, map_ in (("speed-limit-50", roads), ("speed-limit-30", slow)):
        spec, _ = signed(map_, **(QUIET | {"limits": 1.0}))
        limits = {s for body in faces_of(spec) if (s := dict(body.attributes)["sign"]).startswith("speed-limit")}
        assert limits == {wanted}


def test_crossings_without_a_signal_are_told_of_and_those_with_one_are_not():
    spec, _ = signed(MAPS["stop"], **QUIET)
    crossing = [body for body in faces_of(spec) if dict(body.attributes)["sign"] == "crossing"]
    assert len(crossing) == 8  # both sides of four
    assert not any(zebras(lane, MAPS["signal"]) for lane in MAPS["signal"].lanes if lane.kind == "drive")
    spec, _ = signed(MAPS["signal"], **QUIET)
    assert not faces_of(spec)


def ring():
    """A roundabout of four lanes, with a way in and a way out."""
    p = [(10.0, 0.0), (0.0, 10.0), (-10.0, 0.0), (0.0, -10.0)]
    circle = [
        Lane(name=f"r{i}", kind="drive", points_m=(p[i], p[(i + 1) % 4]), width_m=4.0, next=(f"r{(i + 1) % 4}",), junction=True) for i in range(4)
    ]
    circle[2] = replace(circle[2], next=("r3", "out"))
    come = Lane(name="in", kind="drive", points_m=((60.0, 0.0), (14.0, 0.0)), width_m=3.5, next=("enter",), control="give-way")
    enter = Lane(name="enter", kind="drive", points_m=((14.0, 0.0), (10.0, 0.0)), width_m=3.5, next=("r0",), junction=True)
    out = Lane(name="out", kind="drive", points_m=((0.0, -10.0), (0.0, -60.0)), width_m=3.5)
    return RoadMap(lanes=(come, enter, *circle, out))


def test_roundabouts_are_known_by_the_way_round_them():
    lanes = {lane.name: lane for lane in ring().lanes}
    assert leads_to_roundabout(lanes["in"], lanes)
    assert not leads_to_roundabout(lanes["out"], lanes)
    plain = {lane.name: lane for lane in MAPS["stop"].lanes}
    assert not any(leads_to_roundabout(lane, plain) for lane in plain.values())
    wanted = list(Signs(**QUIET)._wanted(Seed(0), ring()))
    assert [w.signs for key, w in wanted if key[0] == "control"] == [(("roundabout", ""), ("give-way", ""))]


@pytest.mark.parametrize("drives_on", ["right", "left"])
def test_chevrons_on_a_roundabouts_island_face_each_way_in_and_point_the_way_round(drives_on):
    street = Street(layout=Constant("roundabout"), drives_on=Constant(drives_on))
    roads = street.build(Seed(2), Context(library=LIBRARY)).roads
    spec, _ = signed(roads, **QUIET)
    ways_in = [lane for lane in kerb_lanes(roads) if lane.control == "give-way"]
    chevrons = [body for body in faces_of(spec) if body.shape.sign.startswith("chevron")]
    assert {body.shape.sign for body in chevrons} == {f"chevron-{drives_on}"}
    assert len(chevrons) == len(ways_in) >= 3
    (island,) = [area for area in roads.areas if area.kind == "island"]
    for body in chevrons:
        facing = body.world_from_body.matrix[:2, 0]
        assert min(facing[0] * dx + facing[1] * dy for dx, dy in map(heading, ways_in)) < -0.99
        assert _from_kerb(island, foot(body)[:2]) == pytest.approx(1.0, abs=0.3)
        assert foot(body)[2] - roads.ground_m(*foot(body)[:2], "island") < 1.0
    rounds = {body.shape.drives_on for body in faces_of(spec) if body.shape.sign == "roundabout"}
    assert rounds == {drives_on}


def test_bends_are_told_of_to_the_right_side():
    arc = tuple((40 * math.sin(a), 40 - 40 * math.cos(a)) for a in np.linspace(0, math.pi / 2, 20))
    for mirror, sign in ((1, "bend-left"), (-1, "bend-right")):
        points = ((-80.0, 0.0), (-40.0, 0.0), *((x, mirror * y) for x, y in arc), (40.0, mirror * 100.0))
        roads = RoadMap(lanes=(Lane(name="a", kind="drive", points_m=points, width_m=3.5),))
        wanted = [w for key, w in Signs(**(QUIET | {"warnings": 1.0}))._wanted(Seed(0), roads) if key[0] == "warning"]
        assert [w.signs[0][0] for w in wanted] == [sign]
        assert 20 < wanted[0].way_m < 80


def test_more_signs_leave_those_before_them_as_they_were():
    few, _ = signed(MAPS["stop"], 2, **(QUIET | {"limits": 1.0}))
    more, _ = signed(MAPS["stop"], 2, **(QUIET | {"limits": 1.0, "per_100_m": Constant(2.0)}))
    assert more.bodies[: len(few.bodies)] == few.bodies
    assert len(more.bodies) > len(few.bodies)


def test_settings_are_obeyed():
    spec, _ = signed(MAPS["stop"], 3, **(QUIET | {"per_100_m": Constant(4.0), "miscellaneous": Constant("children"), "wear": Constant("old")}))
    shapes = [body.shape for body in faces_of(spec) if body.shape.sign not in ("stop", "crossing")]
    assert {shape.sign for shape in shapes} <= {"children", "plate"} and len(shapes) > 5
    assert {shape.wear for shape in shapes} == {"old"}


def test_records_are_bodies():
    spec, params = signed(MAPS["stop"], 1, **EVERYTHING)
    assert bodies_of(params["bodies"]) == spec.bodies
    assert recorded(spec.bodies) == params["bodies"]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"off_kerb_m": Uniform(0.0, 1.0)}, "off_kerb_m must"),
        ({"clear_m": Constant(9.0)}, "clear_m must"),
        ({"miscellaneous": Choice(["halt"])}, "miscellaneous must"),
        ({"miscellaneous": Constant("town")}, "miscellaneous must"),
        ({"wear": Constant("rusty")}, "wear must"),
        ({"names": -0.1}, "names"),
        ({"per_100_m": Constant(-1.0)}, "per_100_m must"),
    ],
)
def test_bad_settings_are_refused(settings, fault):
    with pytest.raises(InvalidValue, match=fault):
        Signs(**settings)


def test_a_scene_without_roads_is_refused():
    with pytest.raises(InvalidValue, match="signs: the scene has no roads"):
        Signs().sample(Seed(0), SceneSpec(), Context(library=LIBRARY))
