"""Traffic: vehicles on their lanes, in the right direction, and never where something else is."""

import math

import pytest
from street_map import HILLS, crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.traffic import Traffic
from diorama.randomizers.street.ways import Ways
from diorama.scenes.driving.street import Street
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.physics.bullet import bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Pose, SceneSpec, Track
from diorama.sim.transforms import apply
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()


def driven(spec, seed=0, duration_s=0.0, **settings):
    randomizer = Traffic(**settings)
    params = randomizer.sample(Seed(seed), spec, Context(library=LIBRARY, duration_s=duration_s))
    return randomizer.apply(spec, params), params


def street(seed, **settings):
    return Street(**settings).build(Seed(seed), Context(library=LIBRARY))


def rectangle(body):
    """The corners of a vehicle seen from above."""
    (x0, y0, _), (x1, y1, z1) = LIBRARY.shape_asset(body.shape).bounds_m
    return apply(body.world_from_body.matrix, [(x, y, z1) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])[:, :2]


def apart(a, b):
    """By the separating axis theorem, written out another time."""
    for one, other in ((a, b), (b, a)):
        for i in range(4):
            edge = one[(i + 1) % 4] - one[i]
            out = (edge[1], -edge[0])
            most = max(p[0] * out[0] + p[1] * out[1] for p in one)
            if min(p[0] * out[0] + p[1] * out[1] for p in other) > most:
                return True
    return False


@pytest.mark.parametrize("roads", [crossroads(), crossroads(drives_on="left"), crossroads(hills=HILLS)])
def test_the_contract_holds(roads):
    check_randomizer(Traffic(), spec=SceneSpec(roads=roads), library=LIBRARY)


@pytest.mark.parametrize("seed", range(8))
def test_vehicles_are_on_lanes_in_the_right_direction_on_the_ground_and_apart_at_all_times(seed):
    before = street(seed)
    spec, params = driven(before, seed, duration_s=2.0, per_km=Constant(45))
    assert before.roads is not None
    ways = Ways(before.roads)
    assert params["fitted"] == len(spec.tracks) == len(spec.bodies) - len(before.bodies)
    assert params["fitted"] >= 3
    for time_s in (0.0, 0.7, 2.0):
        now = spec.at(time_s)
        cars = [body for body in now.bodies if "moving" in body.tags]
        corners = [rectangle(body) for body in cars]
        assert all(apart(a, b) for i, a in enumerate(corners) for b in corners[:i])
        for body in cars:
            asset = LIBRARY.shape_asset(body.shape)
            base = apply(body.world_from_body.matrix, [asset.landmarks["base"]])[0]
            assert base[2] == pytest.approx(before.roads.ground_m(base[0], base[1]), abs=1e-6)
            near = ways.nearest((base[0], base[1]), 1.2)
            if near is None:
                continue  # it has left the map
            _, (dx, dy) = ways.at([near[0]], 0, near[1])
            x, y = body.world_from_body.matrix[:2, 0]
            # Through a junction lanes cross; along a road they do not.
            assert ways.lanes[near[0]].junction or x * dx + y * dy > 0.9


def test_what_a_track_says_of_speed_is_what_the_model_says():
    spec, params = driven(street(3), 3, duration_s=1.0)
    for vehicle in params["vehicles"]:
        body = spec.body(vehicle["name"])
        speed = math.hypot(*body.motion.linear_m_s)
        assert speed == pytest.approx(vehicle["speed_m_s"], abs=1e-6)
        now = spec.at(0.0, over_s=0.1).body(vehicle["name"])
        assert math.hypot(*now.motion.linear_m_s) == pytest.approx(speed, abs=0.9)


def test_without_watching_there_are_no_tracks_and_the_same_first_moment():
    still, _ = driven(street(4), 4)
    watched, _ = driven(street(4), 4, duration_s=1.0)
    assert still.tracks == ()
    names = {body.name for body in watched.bodies} & {body.name for body in still.bodies}
    assert [b for b in still.bodies if b.name in names] == [b for b in watched.bodies if b.name in names]


def test_they_stop_for_what_stands_on_the_lane_and_for_people_who_cross():
    before = street(1, layout=Constant("straight"), lanes=Constant(1), drives_on=Constant("right"))
    assert before.roads is not None
    ways = Ways(before.roads)
    name = min(ways.lanes)
    (x, y), (dx, dy) = ways.at([name], 0, ways.length_m(name) / 2)
    box = BodySpec(name="box", shape=BoxShape(size_m=(1.0, 1.0, 1.0)), world_from_body=Pose((x, y, 0.5)), tags=("street-furniture",))
    person = BodySpec(name="walker", shape=BoxShape(size_m=(0.4, 0.4, 1.7)), world_from_body=Pose((x, y, 0.85)), tags=("person",))
    stands = Track(body="walker", times_s=(0.0, 20.0), poses=(Pose((x - 0.1 * dy, y + 0.1 * dx, 0.85)), Pose((x, y, 0.85))))
    for scene in (before.replace(bodies=(*before.bodies, box)), before.replace(bodies=(*before.bodies, person), tracks=(stands,))):
        spec, _ = driven(scene, 5, duration_s=8.0, per_km=Constant(60))
        for time_s in (0.0, 4.0, 8.0):
            now = spec.at(time_s)
            for body in (b for b in now.bodies if "moving" in b.tags):
                px, py, _ = body.world_from_body.position_m
                along, aside = (px - x) * dx + (py - y) * dy, abs((py - y) * dx - (px - x) * dy)
                assert aside > 1.5 or along > 2.0 or along < -2.0


def test_physics_finds_no_overlap():
    spec, _ = driven(street(6), 6, per_km=Constant(60))
    client = bullet.connect(bullet.DIRECT)
    try:
        handles = []
        for body in (b for b in spec.bodies if "moving" in b.tags):
            for hull in LIBRARY.shape_asset(body.shape).hulls:
                world = apply(body.world_from_body.matrix, hull)
                shape = bullet.createCollisionShape(bullet.GEOM_MESH, vertices=world.tolist(), physicsClientId=client)
                handles.append((body.name, bullet.createMultiBody(0, shape, physicsClientId=client)))
        bullet.performCollisionDetection(physicsClientId=client)
        for i, (one, a) in enumerate(handles):
            for other, b in handles[:i]:
                if one != other:
                    near = bullet.getClosestPoints(a, b, 0.0, physicsClientId=client)
                    assert not [p for p in near if p[8] < -0.02]
    finally:
        bullet.disconnect(client)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InvalidValue, match="scene has no roads"):
        driven(SceneSpec())
    with pytest.raises(InvalidValue, match="per_km"):
        Traffic(per_km=Constant(-1))
    with pytest.raises(InvalidValue, match="warm_up_s"):
        Traffic(warm_up_s=-1.0)
