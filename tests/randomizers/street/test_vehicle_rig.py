"""Rigs: cameras are what was published, are where they are mounted, and have room."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_street import car, street

from diorama.randomizers.base import Context, Select
from diorama.randomizers.distributions import Constant, Normal, Uniform
from diorama.randomizers.street.gaps import Surroundings
from diorama.randomizers.street.rig import VehicleRig
from diorama.randomizers.street.rigs import RIGS, RigCamera, RigLidar, rig
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.seeds import Seed
from diorama.sim.spec import LIDARS, CameraSpec, Motion, Pose
from diorama.sim.spec.tracks import Track
from diorama.sim.transforms import apply, invert, project, quat_from_axis_angle
from diorama.testing import check_randomizer

LIBRARY = AssetLibrary()
CARS = (car("car-0", 0, -1.75), car("car-1", 30, -1.75), car("car-2", 10, 1.75, heading_rad=math.pi))
PARKED = car("parked", -20, -4.5, tags=("vehicle", "parked"))
KITTI = CameraSpec(name="view-0", width=1242, height=375)


def taken(randomizer, spec, *, seed=0, view=0, round_=None, duration_s=0.0, camera=KITTI, scene=None):
    """The view's camera, and what was drawn."""
    common = Seed(seed).child("round", round_ if round_ is not None else view // randomizer.together)
    context = Context(library=LIBRARY, view=view, round=common, duration_s=duration_s, scene=scene)
    spec = spec.replace(cameras=(replace(camera, name=f"view-{view}"),))
    params = randomizer.sample(Seed(seed).child("view", view), spec, context)
    assert json.loads(json.dumps(params)) == params
    return randomizer.apply(spec, params).cameras[0], params


@pytest.mark.parametrize("name", sorted(RIGS))
def test_keeps_the_contract(name):
    check_randomizer(VehicleRig(preset=name), spec=street(*CARS, PARKED), library=LIBRARY)
    check_randomizer(VehicleRig(preset=name, pitch_deg=Normal(0, 1), angle_error_deg=Normal(0, 0.1)), spec=street(), library=LIBRARY)


@pytest.mark.parametrize("name", sorted(RIGS))
def test_at_its_own_resolution_the_intrinsics_are_the_published_ones(name):
    randomizer = VehicleRig(preset=name)
    for view, published in enumerate(RIGS[name]):
        own = replace(KITTI, width=published.width, height=published.height)
        camera, params = taken(randomizer, street(*CARS), view=view, camera=own)
        assert (camera.fx, camera.fy) == pytest.approx(published.focal_px)
        assert (camera.cx, camera.cy) == pytest.approx(published.center_px)
        assert params["camera"] == published.name


@given(width=st.integers(64, 2000), height=st.integers(64, 1200), name=st.sampled_from(sorted(RIGS)))
def test_other_proportions_show_the_largest_part_about_the_middle_without_distortion(width, height, name):
    published = RIGS[name][0]
    camera, _ = taken(VehicleRig(preset=name), street(CARS[0]), camera=replace(KITTI, width=width, height=height))
    fx, fy = published.focal_px
    scale = camera.fx / fx
    assert camera.fy == pytest.approx(scale * fy)
    # The picture's edges are within those of the published one, and touch them on two sides.
    margins = [(own / 2 - side / 2 / scale, size) for own, side, size in ((published.width, width, 0), (published.height, height, 1))]
    assert min(m for m, _ in margins) == pytest.approx(0, abs=1e-6) and max(m for m, _ in margins) >= -1e-6
    for center, middle, side, own in zip(
        (camera.cx, camera.cy), published.center_px, (width, height), (published.width, published.height), strict=True
    ):
        assert center - side / 2 == pytest.approx(scale * (middle - own / 2), abs=1e-6)


def test_kitti_is_a_rectified_pair_at_its_height_and_baseline():
    spec = street(*CARS)
    (left, drawn), (right, drawn_too) = (taken(VehicleRig(), spec, view=view) for view in (0, 1))
    assert drawn["carrier"] == drawn_too["carrier"] and drawn["carrier"] is not None
    right_in_left = invert(left.world_from_camera.matrix) @ right.world_from_camera.matrix
    assert np.allclose(right_in_left, Pose((0.5327, 0, 0)).matrix, atol=1e-9)
    assert left.world_from_camera.position_m[2] == pytest.approx(1.65)
    assert (left.fx, left.cx, left.cy) == pytest.approx((721.5377, 609.5593 + 0.5, 172.854 + 0.5))
    # Level, and ahead: its axes are (right, down, forward) of the car.
    carrier = spec.body(drawn["carrier"]).world_from_body.matrix
    axes = carrier[:3, :3].T @ left.world_from_camera.matrix[:3, :3]
    assert np.allclose(axes, [[0, 0, 1], [-1, 0, 0], [0, -1, 0]], atol=1e-9)


def test_nuscenes_looks_around():
    spec = street(CARS[0])
    yaws = []
    for view in range(6):
        camera, _ = taken(VehicleRig(preset="nuscenes"), spec, view=view)
        x, y, z = camera.world_from_camera.matrix[:3, 2]
        yaws.append(math.degrees(math.atan2(y, x)))
        assert z == pytest.approx(0, abs=1e-9)
    assert np.allclose(np.mod(yaws, 360), [0, 55, 305, 180, 110, 250], atol=1e-6)
    # The pictures of neighbours overlap: there is no blind spot.
    halves = [math.degrees(math.atan(c.width / 2 / c.fx)) for c in RIGS["nuscenes"]]
    around = sorted(zip(np.mod(yaws, 360), halves, strict=True))
    for (a, half_a), (b, half_b) in zip(around, around[1:] + [(around[0][0] + 360, around[0][1])], strict=True):
        assert a + half_a > b - half_b


def test_angles_turn_as_they_are_named():
    camera = RigCamera(name="c", width=100, height=100, fx=100)
    ahead = np.array([[10.0, 0.0, 0.0]])
    for angle, axis, sign in (("yaw_deg", 0, 1), ("pitch_deg", 1, 1)):
        turned = replace(camera, **{angle: 5.0})
        m = Pose((0, 0, 0), turned.rotation).matrix
        (seen,) = apply(invert(m), ahead)
        # Turned left, what was ahead is to the right; turned up, it is below.
        assert sign * math.degrees(math.atan2(seen[axis], seen[2])) == pytest.approx(5.0)
    rolled = Pose((0, 0, 0), replace(camera, roll_deg=5.0).rotation).matrix
    assert math.degrees(math.asin(-rolled[2, 0])) == pytest.approx(5.0)  # its right side is lower


def test_a_rounds_views_share_a_vehicle_and_rounds_draw_anew():
    spec = street(*CARS)
    randomizer = VehicleRig(pitch_deg=Uniform(-3, 3), focal=Uniform(0.9, 1.1))
    rounds = [[taken(randomizer, spec, view=2 * r + v) for v in range(2)] for r in range(12)]
    for (left, a), (right, b) in rounds:
        assert a["carrier"] == b["carrier"]
        assert (left.fx, left.world_from_camera.rotation_wxyz) == (right.fx, right.world_from_camera.rotation_wxyz)
    assert {a["carrier"] for (_, a), _ in rounds} == {"car-0", "car-1", "car-2"}
    assert len({left.fx for (left, _), _ in rounds}) == 12


def test_rounds_of_a_scene_are_mounted_on_one_vehicle_after_the_other_and_then_on_none():
    spec, orders = street(*CARS), set()
    for seed in range(20):
        chosen = [taken(VehicleRig(), spec, view=view, scene=Seed(seed)) for view in range(10)]
        carriers = [params["carrier"] for _, params in chosen[::2]]
        assert [params["carrier"] for _, params in chosen[1::2]] == carriers
        assert sorted(carriers[:3]) == ["car-0", "car-1", "car-2"]
        assert carriers[3:] == [None, None]
        assert len({camera.world_from_camera for camera, _ in chosen}) == 10
        orders.add(tuple(carriers))
    assert len(orders) == 6


def test_one_vehicle_more_takes_the_place_of_others_only():
    fewer, more = street(*CARS[:2]), street(*CARS)
    chosen = [[taken(VehicleRig(), spec, seed=seed)[1]["carrier"] for spec in (fewer, more)] for seed in range(30)]
    assert all(after in (before, "car-2") for before, after in chosen)
    assert len({after for _, after in chosen}) == 3


def test_a_camera_goes_where_its_vehicle_goes_and_turns_with_it():
    quarter = quat_from_axis_angle((0, 0, 1), math.pi / 2)
    track = Track(body="car-0", times_s=(0.0, 1.0), poses=(CARS[0].world_from_body, Pose((6, 3, 0.9), quarter)))
    spec = street(CARS[0]).replace(tracks=(track,))
    _, params = taken(VehicleRig(), spec.at(0.0))
    relative = []
    for time_s in (0.0, 0.3, 0.77):
        now = spec.at(time_s, over_s=KITTI.flow_s)
        seen = VehicleRig().apply(now.replace(cameras=(replace(KITTI, time_s=time_s),)), params).cameras[0]
        relative.append(invert(now.body("car-0").world_from_body.matrix) @ seen.world_from_camera.matrix)
        later = spec.at(time_s + KITTI.flow_s).body("car-0").world_from_body.matrix @ relative[-1]
        assert np.allclose(seen.motion.moved(seen.world_from_camera, KITTI.flow_s).matrix, later, atol=1e-9)
    assert np.allclose(relative[0], relative[1], atol=1e-9) and np.allclose(relative[0], relative[2], atol=1e-9)


def test_it_does_not_see_what_it_is_mounted_on_unless_wanted():
    spec = street(CARS[0])
    assert taken(VehicleRig(), spec)[0].unseen == "car-0"
    assert taken(VehicleRig(sees_carrier=True), spec)[0].unseen is None


def test_who_sees_the_bonnet_is_before_the_windscreen():
    """A car that is all cabin: all cameras of a rig go ahead by as much, and only those that are in it."""
    tall = replace(CARS[0], shape=replace(CARS[0].shape, size_m=(2.0, 1.8, 1.5)))
    for preset, moved in (("camvid", True), ("cityscapes", True), ("kitti", False)):
        rig_ = VehicleRig(preset=preset)
        for view in range(rig_.together):
            hidden, _ = taken(rig_, street(tall), view=view)
            shown, _ = taken(replace(rig_, sees_carrier=True), street(tall), view=view)
            ahead = np.subtract(shown.world_from_camera.position_m, hidden.world_from_camera.position_m)
            front = shown.world_from_camera.position_m[0] - tall.world_from_body.position_m[0]
            assert np.allclose(ahead[1:], 0)
            assert (front == pytest.approx(1.03)) if moved else (ahead[0] == 0)


def test_parked_and_toppled_vehicles_carry_nothing():
    toppled = car("toppled", 30, 1.75)
    toppled = replace(toppled, world_from_body=Pose((30, 1.75, 0.9), quat_from_axis_angle((1, 0, 0), math.pi / 2)))
    assert all(taken(VehicleRig(), street(PARKED, toppled), seed=seed)[1]["carrier"] is None for seed in range(8))


def test_the_first_camera_carries_the_rigs_scanner_where_the_rig_has_it():
    spec = street(*CARS)
    randomizer = VehicleRig(pitch_deg=Constant(4.0), up_m=Constant(0.2), position_error_m=Normal(0, 0.01), angle_error_deg=Normal(0, 0.5))
    (left, params), (right, _) = (taken(randomizer, spec, view=view) for view in (0, 1))
    assert right.lidar is None and left.lidar is not None
    assert replace(left.lidar, camera_from_lidar=Pose(), noise_seed=0) == LIDARS["hdl-64e"]
    world_from_lidar = left.world_from_camera.matrix @ left.lidar.camera_from_lidar.matrix
    carrier = spec.body(params["carrier"]).world_from_body.matrix
    at = invert(carrier) @ world_from_lidar
    # It goes with the rig, whose first camera is what it turns about, and not with that camera's own errors.
    pivot, arm = np.array((-0.24, 0.06, 1.65)), np.array((-0.51, 0.0, 1.73)) - (-0.24, 0.06, 1.65)
    c, s = math.cos(math.radians(4)), math.sin(math.radians(4))
    up = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    assert np.allclose(at[:3, 3], pivot + up @ arm + (0, 0, 0.2 - 0.75), atol=1e-6)
    assert np.allclose(at[:3, :3], up, atol=1e-6)
    level, _ = taken(VehicleRig(), spec)
    expected = [[0, -1, 0, 0.06], [0, 0, -1, -0.08], [1, 0, 0, -0.27], [0, 0, 0, 1]]
    assert np.allclose(level.lidar.camera_from_lidar.matrix, expected, atol=1e-9)


def test_scanners_can_be_chosen():
    spec = street(*CARS)
    assert taken(VehicleRig(preset="camvid"), spec)[0].lidar is None
    assert taken(VehicleRig(preset="nuscenes"), spec)[0].lidar.turn_s == 0.05
    other, _ = taken(VehicleRig(preset="camvid", lidar=RigLidar(scanner="vlp-16")), spec)
    assert other.lidar.elevations_rad == LIDARS["vlp-16"].elevations_rad
    own = replace(LIDARS["vls-128"], drop_out=0.5)
    assert taken(VehicleRig(lidar=RigLidar(own=own)), spec)[0].lidar.drop_out == 0.5
    seeds = {taken(VehicleRig(), spec, seed=seed)[0].lidar.noise_seed for seed in range(10)}
    assert len(seeds) == 10
    with pytest.raises(UnknownName, match=r'no laser scanner is called "hdl64". Did you mean "hdl-64e"'):
        RigLidar(scanner="hdl64")
    with pytest.raises(InvalidValue, match="position and angles"):
        RigLidar(yaw_deg=math.inf)


# --- without a vehicle ---


def test_without_vehicles_it_is_on_a_lane_in_its_direction():
    spec = street(PARKED, hill_m=12.0)
    lanes = {lane.name: lane for lane in spec.roads.lanes}
    drawn = [taken(VehicleRig(), spec, seed=seed) for seed in range(40)]
    assert {params["ego"]["lanes"][0] for _, params in drawn} == {"there", "back"}
    for camera, params in drawn:
        x, y, z = camera.world_from_camera.position_m
        lane = lanes[params["ego"]["lanes"][0]]
        assert abs(y - lane.points_m[0][1]) < 0.2
        assert abs(z - spec.roads.ground_m(x, y) - 1.65) < 0.05
        onward = lane.points_m[1][0] - lane.points_m[0][0]
        forward = camera.world_from_camera.matrix[:3, 2]
        assert forward[0] * onward > 0.9 * abs(onward)
        assert abs(forward @ spec.roads.terrain.normal(x, y)) < 0.02
        assert camera.unseen is None
    assert len({round(params["ego"]["way_m"], 6) for _, params in drawn}) == 40


def test_it_drives_on_at_its_speed_from_lane_to_lane_and_stops_where_they_end():
    spec, rig_ = street(), VehicleRig(speed_m_s=Constant(10))
    for seed in range(6):
        _, params = taken(rig_, spec, seed=seed, duration_s=20.0)
        ego = params["ego"]
        assert ego["lanes"] in (["there", "on"], ["back"])
        total = {"there": 140.0, "back": 120.0}[ego["lanes"][0]]
        ways = []
        for time_s in (0.0, 0.5, 1.0, 30.0):
            camera = rig_.apply(spec.replace(cameras=(replace(KITTI, time_s=time_s),)), params).cameras[0]
            along = camera.world_from_camera.position_m[0] + 0.24 * (1 if ego["lanes"][0] == "there" else -1)
            ways.append(along + 60 if ego["lanes"][0] == "there" else 60 - along)
            speed = math.hypot(*camera.motion.linear_m_s)
            assert speed == pytest.approx(10 if ways[-1] < total - 1 else 0, abs=1e-6)
        assert ways[0] == pytest.approx(ego["way_m"]) and ways[-1] == pytest.approx(total)
        for way, time_s in zip(ways, (0.0, 0.5, 1.0), strict=False):
            assert way == pytest.approx(min(ego["way_m"] + 10 * time_s, total))


def test_it_keeps_clear_of_everything():
    """The lane back is full of cars, and low boughs hang over half of the lane there."""
    full = [replace(car(f"parked-{i}", -58 + 5 * i, 1.75), tags=("vehicle", "parked")) for i in range(24)]
    bough = replace(car("bough", -30, -1.75), category=None, tags=())
    bough = replace(bough, shape=replace(bough.shape, size_m=(60, 3, 1)), world_from_body=Pose((-30, -1.75, 1.9)))
    spec = street(*full, bough)
    for seed in range(30):
        camera, params = taken(VehicleRig(preset="nuscenes"), spec, seed=seed)
        assert params["ego"]["lanes"][0] == "there" and camera.world_from_camera.position_m[0] > 0
        assert Surroundings(spec, LIBRARY).gap_m(np.array(camera.world_from_camera.position_m), 0.3) == 0.3


def test_a_vehicle_under_something_low_is_passed_over():
    beam = replace(car("beam", 0, -1.75), category=None, tags=())
    beam = replace(beam, shape=replace(beam.shape, size_m=(1, 6, 0.3)), world_from_body=Pose((-0.3, -1.75, 1.75)))
    chosen = {taken(VehicleRig(), street(*CARS, beam), seed=seed)[1]["carrier"] for seed in range(20)}
    assert chosen == {"car-1", "car-2"}


# --- room ---


def test_gaps_are_distances_to_surfaces():
    spec = street(CARS[0])
    for point, expected in (
        ((0, -1.75, 1.65), 0.15),  # above the roof
        ((2.6, -1.75, 0.6), 0.4),  # before the front
        ((2.5, -0.55, 1.9), math.sqrt(0.3**2 + 0.3**2 + 0.4**2)),  # off a corner
        ((0, -1.75, 0.7), 0.0),  # inside
        ((0, 20, 10), 5.0),
    ):
        assert Surroundings(spec, LIBRARY).gap_m(np.array(point, float), 5.0 if expected == 5.0 else 1.0) == pytest.approx(expected, abs=1e-6)
    assert Surroundings(spec, LIBRARY).gap_m(np.array((0, -1.75, 0.7)), 0.5, ("car-0",)) == 0.5


@given(st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)))
def test_gaps_agree_with_trimesh(point):
    import trimesh

    from diorama.randomizers.street.gaps import surface_gap_m

    asset = LIBRARY.load("household:bowl/0")
    parts = [trimesh.Trimesh(part.positions, part.faces, process=False) for part in asset.parts]
    mesh = trimesh.util.concatenate(parts)
    distance = float(np.min(np.linalg.norm(trimesh.triangles.closest_point(mesh.triangles, np.tile(point, (len(mesh.faces), 1))) - point, axis=1)))
    found = surface_gap_m(np.array(point), asset, 10.0)
    assert found == pytest.approx(distance, abs=1e-6) or found == 0.0


# --- faults ---


def test_bad_calibration_is_refused():
    good = {"name": "c", "width": 640, "height": 480, "fx": 500.0}
    for change, words in (
        ({"fx": 0.0}, "focal lengths must be positive, got fx 0"),
        ({"fy": -3.0}, "focal lengths must be positive"),
        ({"fx": math.inf}, "focal lengths must be positive"),
        ({"cx": 700.0}, r"principal point must be within its picture of 640x480, got \(700, 240\)"),
        ({"cy": -1.0}, "principal point must be within"),
        ({"width": 0}, "must have a size"),
        ({"pitch_deg": math.nan}, "must be finite"),
        ({"rolling_shutter_s": -0.1}, "rolling_shutter_s must be 0 or more"),
        ({"name": ""}, "name must not be empty"),
    ):
        with pytest.raises(InvalidValue, match=words):
            RigCamera(**good | change)
    with pytest.raises(InvalidValue, match="names of their own, c appears more than once"):
        VehicleRig(cameras=(RigCamera(**good), RigCamera(**good)))


def test_unknown_presets_suggest_the_nearest():
    with pytest.raises(UnknownName, match=r'no camera rig is called "kity"\. Did you mean "kitti"'):
        VehicleRig(preset="kity")
    assert rig("camvid")[0].fy / rig("camvid")[0].fx == pytest.approx(4 / 3, abs=1e-3)


def test_scenes_without_roads_are_refused():
    spec = street(*CARS).replace(roads=None)
    with pytest.raises(InvalidValue, match="has no roads"):
        taken(VehicleRig(), spec)
    bare = street(PARKED)
    walk = replace(bare.roads, lanes=bare.roads.lanes[-1:])
    with pytest.raises(InvalidValue, match="no lane of the kind drive"):
        taken(VehicleRig(), bare.replace(roads=walk))


def test_what_carries_it_can_be_chosen():
    bus = car("bus-0", -30, 1.75, heading_rad=math.pi, category="bus")
    _, params = taken(VehicleRig(on=Select(names=("bus-*",))), street(*CARS, bus))
    assert params["carrier"] == "bus-0"


def test_own_rigs_and_shutters():
    own = (RigCamera(name="a", width=400, height=300, fx=300), RigCamera(name="b", width=400, height=300, fx=350, yaw_deg=90, rolling_shutter_s=0.01))
    small = replace(KITTI, width=400, height=300)
    moving = street(replace(CARS[0], motion=Motion((8.0, 0.0, 0.0))))
    a, b = (taken(VehicleRig(cameras=own), moving, view=view, camera=small)[0] for view in (0, 1))
    assert (a.fx, b.fx, a.rolling_shutter_s, b.rolling_shutter_s) == (300, 350, 0, 0.01)
    assert a.motion.linear_m_s == pytest.approx((8, 0, 0)) and b.motion == a.motion
    c, _ = taken(VehicleRig(cameras=own, rolling_shutter_s=Constant(0.03)), moving, view=0, camera=small)
    assert c.rolling_shutter_s == 0.03
    (center,) = project(a.k, apply(invert(a.world_from_camera.matrix), [[50.0, -1.75, 1.5]]))
    assert center == pytest.approx((200, 150))
