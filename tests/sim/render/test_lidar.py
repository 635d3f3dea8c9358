"""Laser scanners: distances against another caster and closed forms, motion, holes, glass, and what the sensor makes of it."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ray_caster import cast, triangles_of
from small_street import car, street

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.render.raster import Raster, lidar
from diorama.sim.render.returns import WHITE, measured
from diorama.sim.spec import (
    LIDARS,
    BodySpec,
    BoxShape,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    Fog,
    ImageTexture,
    LidarSpec,
    MaterialSpec,
    MeshShape,
    Motion,
    Pose,
    SceneSpec,
    SphereShape,
    Weathering,
)
from diorama.sim.transforms import Quat, quat_from_axis_angle

#: From a camera's axes to a vehicle's, and back.
FORWARD: Quat = (0.5, -0.5, 0.5, -0.5)
UPRIGHT = Pose((0.0, 0.0, 0.0), (0.5, 0.5, -0.5, 0.5))
#: A scanner without faults.
EXACT = LidarSpec(
    elevations_rad=tuple(math.radians(e) for e in (-20.0, -10.0, -5.0, -1.0, 0.5, 3.0)),
    camera_from_lidar=UPRIGHT,
    columns=360,
    reach_m=1e6,
    min_range_m=0.0,
    range_noise_m=0.0,
    intensity_noise=0.0,
    drop_out=0.0,
)
STILL = Motion()
WHITE_WALL = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=1.0, ior=1.0)


def carried(at=(0.0, 0.0, 1.7), spec=EXACT, *, turn_rad=0.0, motion=STILL, unseen=None):
    """A camera with the scanner at its own place, x towards the azimuth `turn_rad`."""
    rotation = quat_from_axis_angle((0, 0, 1), turn_rad)
    pose = Pose(at, rotation).of(Pose((0, 0, 0), FORWARD))
    return CameraSpec(width=64, height=48, cx=32, cy=24, world_from_camera=pose, motion=motion, unseen=unseen, lidar=spec)


@pytest.fixture(scope="module")
def raster():
    with Raster(AssetLibrary()) as renderer:
        yield renderer


@pytest.fixture(scope="module")
def library():
    return AssetLibrary()


def points(raster, spec, camera):
    raster.load(spec)
    return raster.render(camera, ("points",)).points


def ranges(found):
    return np.sqrt((found.xyz_m.astype(np.float64) ** 2).sum(axis=1))


def wall(x, *, material=WHITE_WALL, size=(0.2, 60.0, 60.0), **fields):
    """Its face is at x - 0.1, towards the scanner at the origin."""
    pose = fields.pop("world_from_body", Pose((x, 0.0, 0.0)))
    return BodySpec(name=fields.pop("name", "wall"), shape=BoxShape(size_m=size), world_from_body=pose, material=material, **fields)


# --- where rays end ---


def test_rays_end_where_another_caster_finds_that_they_do(raster, library):
    things = (
        BodySpec(name="ball", shape=SphereShape(radius_m=1.2, segments=12), world_from_body=Pose((5, 3, 1))),
        BodySpec(
            name="can", shape=CylinderShape(radius_m=0.8, height_m=3), world_from_body=Pose((-4, -3, 1.5), quat_from_axis_angle((1, 2, 0), 0.4))
        ),
        BodySpec(name="mug", shape=MeshShape(asset="household:mug/0", scale=20.0), world_from_body=Pose((3, -6, 1.2)), category="mug"),
    )
    spec = SceneSpec(bodies=(*street(car("a", 8, -1.75), car("b", -9, 1.75, heading_rad=2.0)).bodies, *things))
    camera = carried(spec=replace(EXACT, columns=180, max_range_m=80.0), turn_rad=0.3)
    found = points(raster, spec, camera)
    corners, owner = triangles_of(spec, library)
    angles = [math.pi - 2 * math.pi * (i + 0.5) / 180 for i in range(180)]
    rays = np.array([(-math.cos(e) * math.sin(a), -math.sin(e), math.cos(e) * math.cos(a)) for a in angles for e in EXACT.elevations_rad])
    nearest, distance = cast(corners, replace(camera, near_m=1e-6, far_m=80.0), rays)
    hit = nearest >= 0
    assert len(found) == hit.sum() > 600
    assert np.allclose(ranges(found), distance[hit], rtol=1e-6)
    assert np.array_equal(found.instance, owner[nearest[hit]])
    ray = np.flatnonzero(hit)
    assert np.array_equal(found.ring, ray % 6)
    assert np.allclose(found.xyz_m, (rays[hit] * distance[hit, None])[:, [2, 0, 1]] * (1, -1, -1), atol=1e-4)
    names = [None if b.category is None else spec.categories.index(b.category) + 1 for b in spec.bodies]
    assert np.array_equal(found.category, [names[i - 1] or 0 for i in found.instance])


def test_the_ground_is_seen_in_circles(raster):
    ground = wall(0, world_from_body=Pose((0, 0, -0.1)), size=(300, 300, 0.2))
    found = points(raster, SceneSpec(bodies=(ground,)), carried())
    assert set(found.ring.tolist()) == {0, 1, 2, 3}  # the others look up
    for ring in range(4):
        expected = 1.7 / math.sin(-EXACT.elevations_rad[ring])
        assert np.allclose(ranges(found)[found.ring == ring], expected, rtol=1e-6)
        assert (found.ring == ring).sum() == 360


@pytest.mark.parametrize(
    ("name", "count", "lowest", "highest"),
    [("vlp-16", 16, -15, 15), ("hdl-32e", 32, -30.67, 10.67), ("hdl-64e", 64, -24.33, 2), ("vls-128", 128, -25, 15)],
)
def test_presets_have_the_beams_of_their_manuals(name, count, lowest, highest):
    degrees = np.degrees(LIDARS[name].elevations_rad)
    assert len(degrees) == count and (np.diff(degrees) > 0).all()
    assert (degrees[0], degrees[-1]) == (pytest.approx(lowest, abs=0.01), pytest.approx(highest, abs=0.01))
    steps = {"vlp-16": {2.0}, "hdl-32e": {1.33}, "hdl-64e": {0.33, 0.5}}.get(name)
    if steps:
        assert set(np.round(np.diff(degrees), 2)) == steps
    else:
        assert np.diff(degrees).min() == pytest.approx(0.11, abs=1e-6)
    turn = LIDARS[name]
    assert 28_000 <= turn.columns * count <= 240_000


def test_a_turn_is_clockwise_from_back_to_back_and_looks_ahead_in_the_middle(raster):
    found = points(raster, SceneSpec(bodies=(wall(0, size=(8, 8, 60)),)), carried(at=(0, 0, 0.0), spec=replace(EXACT, min_range_m=0.0)))
    azimuth = np.degrees(np.arctan2(found.xyz_m[:, 1], found.xyz_m[:, 0]))
    order = np.argsort(found.time_s, kind="stable")
    assert np.array_equal(order, np.arange(len(found)))
    assert (np.diff(azimuth) < 1e-4).all()
    assert azimuth[0] == pytest.approx(179.5, abs=1e-3) and azimuth[-1] == pytest.approx(-179.5, abs=1e-3)
    assert np.allclose(found.time_s, -azimuth / 360 * 0.1, atol=1e-6)


@given(st.floats(0.5, 30), st.floats(-1.2, 1.2), st.floats(-0.5, 0.5))
def test_a_plane_is_where_it_is(raster, x, yaw, pitch):
    """However it is turned: all points are on it."""
    turned = quat_from_axis_angle((math.sin(pitch), math.cos(pitch), yaw), 0.8)
    plate = wall(0, world_from_body=Pose((x + 2, 0, 0.2), turned), size=(0.1, 3.0, 3.0))
    found = points(raster, SceneSpec(bodies=(plate,)), carried(at=(0, 0, 0)))
    if len(found):
        local = (found.xyz_m - plate.world_from_body.position_m) @ plate.world_from_body.matrix[:3, :3]
        assert np.abs(np.abs(local / (0.1, 3.0, 3.0)).max(axis=1) - 0.5).max() < 1e-4


# --- the same everywhere ---


def test_what_is_found_does_not_depend_on_the_tree(raster, monkeypatch):
    spec = street(car("a", 8, -1.75, motion=Motion((-4.0, 0, 0), (0, 0, 0.5))), car("b", -9, 1.75, heading_rad=2.0))
    camera = carried(motion=Motion((10.0, 0, 0), (0, 0, 0.2)))
    expected = points(raster, spec, camera)
    for settings in ({"constructor": "median"}, {"leaf_size": 1}, {"constructor": "median", "leaf_size": 8}):

        def tree(low, high, leaf_size, settings=settings, made=lidar.wp.Bvh):
            return made(low, high, **{"leaf_size": leaf_size} | settings)

        with monkeypatch.context() as patch:
            patch.setattr(lidar.wp, "Bvh", tree)
            found = points(raster, spec, camera)
        for name in ("xyz_m", "intensity", "time_s", "ring", "instance"):
            assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_of_surfaces_in_one_place_the_one_that_pictures_show_is_found(raster):
    over = [wall(8, name=f"sheet-{i}", size=(0.2, 6.0, 6.0)) for i in range(3)]
    camera = carried(at=(0, 0, 0))
    spec = SceneSpec(bodies=tuple(over))
    raster.load(spec)
    frame = raster.render(camera, ("instance", "points"))
    assert set(np.unique(frame.instance)) - {0} == set(np.unique(frame.points.instance)) == {3}


# --- motion ---


def test_a_moving_scanner_sees_a_street_that_is_bent_unless_that_is_undone(raster):
    spec = SceneSpec(bodies=(wall(12), wall(-15, name="behind")))
    speed = 20.0
    moving = carried(at=(0, 0, 0), motion=Motion((speed, 0, 0)))
    still = points(raster, spec, carried(at=(0, 0, 0)))
    undone = points(raster, spec, moving)
    ahead = undone.instance == 1
    assert np.allclose(undone.xyz_m[ahead, 0], 11.9, atol=1e-5) and np.allclose(undone.xyz_m[~ahead, 0], -14.9, atol=1e-5)
    raw = points(raster, spec, replace(moving, lidar=replace(EXACT, raw=True)))
    ahead = raw.instance == 1
    assert np.allclose(raw.xyz_m[ahead, 0], 11.9 - speed * raw.time_s[ahead], atol=1e-4)
    assert np.allclose(raw.xyz_m[~ahead, 0], -14.9 - speed * raw.time_s[~ahead], atol=1e-4)
    assert np.abs(raw.xyz_m[:, 0] - undone.xyz_m[:, 0]).max() > 0.9
    assert len(still) and np.allclose(still.xyz_m[still.instance == 1, 0], 11.9, atol=1e-5)


def test_a_turning_scanner_is_undone_as_well(raster):
    spec = SceneSpec(bodies=(wall(12), wall(-15, name="behind")))
    camera = carried(at=(0, 0, 0), motion=Motion((3.0, -2.0, 0.4), (0.05, -0.1, 0.9)))
    found = points(raster, spec, camera)
    assert np.allclose(found.xyz_m[:, 0], np.where(found.instance == 1, 11.9, -14.9), atol=2e-4)
    # Against the exact pose at each moment, which the slices only come near to.
    raw = points(raster, spec, replace(camera, lidar=replace(EXACT, raw=True)))
    for i in range(0, len(raw), 97):
        at = camera.motion.moved(camera.world_from_camera, float(raw.time_s[i])).of(UPRIGHT).matrix
        x = (at @ (*raw.xyz_m[i].astype(float), 1.0))[0]
        assert x == pytest.approx(11.9 if raw.instance[i] == 1 else -14.9, abs=2e-4)


def test_points_on_moving_bodies_are_on_them_at_their_moment(raster):
    pose, motion = Pose((9, 1, 0.2), quat_from_axis_angle((1, 2, 3), 0.5)), Motion((6.0, -8.0, 1.0), (0.5, -1.0, 2.5))
    box = wall(0, name="box", world_from_body=pose, size=(2.0, 3.0, 2.5), motion=motion)
    found = points(raster, SceneSpec(bodies=(box, wall(30))), carried(at=(0, 0, 0), spec=replace(EXACT, columns=1440)))
    on_it = np.flatnonzero(found.instance == 1)
    assert len(on_it) > 200
    for i in on_it[::7]:
        at = motion.moved(pose, float(found.time_s[i])).matrix
        local = (found.xyz_m[i] - at[:3, 3]) @ at[:3, :3]
        assert np.abs(local / (2.0, 3.0, 2.5)).max() == pytest.approx(0.5, abs=2e-4)
    # It is where it is for as long as it is there: as many points as rays that would meet it.
    still = points(raster, SceneSpec(bodies=(replace(box, motion=Motion()), wall(30))), carried(at=(0, 0, 0), spec=replace(EXACT, columns=1440)))
    assert not np.array_equal(still.xyz_m, found.xyz_m)


# --- holes, glass, backs ---


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A picture whose upper half is not there."""
    path = str(tmp_path_factory.mktemp("holes") / "half.png")
    image = np.full((64, 64, 4), 255, np.uint8)
    image[:32, :, 3] = 0
    cv2.imwrite(path, image)
    return path


def test_cut_outs_let_rays_through_where_pictures_do(raster, holed):
    material = replace(WHITE_WALL, texture=ImageTexture(path=holed), alpha="mask")
    card = wall(8, name="card", material=material, size=(0.02, 8.0, 4.0))
    dense = replace(EXACT, elevations_rad=tuple(math.radians(0.5 * i + 0.1) for i in range(-24, 24)), columns=720)
    camera = replace(carried(at=(0, 0, 0), spec=dense), width=640, height=480, fx=600, fy=600, cx=320, cy=240)
    raster.load(SceneSpec(bodies=(card, wall(20))))
    frame = raster.render(camera, ("points", "instance"))
    x, y, z = frame.points.xyz_m.astype(float).T
    u, v = 320 - 600 * y / x, 240 - 600 * z / x
    inside = (x > 0) & (u > 0) & (u < 640) & (v > 0) & (v < 480)
    shown = frame.instance[v[inside].astype(int), u[inside].astype(int)]
    assert {1, 2} <= set(shown)
    assert (shown == frame.points.instance[inside]).mean() > 0.98
    on_card = inside & (frame.points.instance == 1)
    behind = inside & (frame.points.instance == 2) & (np.abs(y / x) < 0.45) & (np.abs(z / x) < 0.24)
    assert on_card.sum() == pytest.approx(behind.sum(), rel=0.2)


def test_glass_is_passed_and_paint_is_not(raster):
    pane = wall(6, name="pane", size=(0.02, 8.0, 8.0))
    for material, instance in ((MaterialSpec(transmission=0.9), 2), (MaterialSpec(transmission=0.2), 1), (WHITE_WALL, 1)):
        found = points(raster, SceneSpec(bodies=(replace(pane, material=material), wall(20))), carried(at=(0, 0, 0)))
        ahead = np.abs(found.xyz_m[:, 1]) < 1
        assert set(found.instance[ahead & (found.xyz_m[:, 0] > 0)]) == {instance}


def test_backs_of_one_sided_surfaces_are_not_there(raster):
    inside = wall(0, name="shell", size=(6.0, 6.0, 6.0), material=replace(WHITE_WALL, two_sided=False))
    found = points(raster, SceneSpec(bodies=(inside, wall(20))), carried(at=(0, 0, 0)))
    assert set(found.instance) == {2}
    both = points(raster, SceneSpec(bodies=(replace(inside, material=WHITE_WALL), wall(20))), carried(at=(0, 0, 0)))
    assert set(both.instance) == {1}


def test_what_carries_it_is_not_seen(raster):
    spec = street(car("ego", 0, -1.75), car("other", 9, -1.75))
    seen = points(raster, spec, carried(at=(0, -1.75, 1.6)))
    assert (seen.instance == 3).any()
    assert not (points(raster, spec, carried(at=(0, -1.75, 1.6), unseen="ego")).instance == 3).any()


# --- intensity ---


def ahead(raster, body, spec=EXACT, **scene):
    """The point straight ahead."""
    level = replace(spec, elevations_rad=(0.0,), columns=361)
    found = points(raster, SceneSpec(bodies=(body,), **scene), carried(at=(0, 0, 0), spec=level))
    at = np.argmin(np.abs(found.xyz_m[:, 1]) + 1e9 * (found.xyz_m[:, 0] < 0)) if len(found) else None
    return None if at is None else float(found.intensity[at])


def test_a_white_wall_is_at_0_4_and_others_are_as_bright_as_they_are(raster):
    assert ahead(raster, wall(10)) == pytest.approx(WHITE, abs=1e-3)
    for color in ((0.5, 0.5, 0.5), (0.8, 0.1, 0.1), (0.02, 0.02, 0.02)):
        luminance = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
        found = ahead(raster, wall(10, material=replace(WHITE_WALL, base_color=color)))
        assert found == pytest.approx(WHITE * luminance, abs=2e-3)


def test_intensity_falls_as_the_cosine(raster):
    for angle in (0.0, 0.4, 0.8, 1.2):
        turned = Pose((10, 0, 0), quat_from_axis_angle((0, 0, 1), angle))
        expected = WHITE * math.cos(angle)
        assert ahead(raster, wall(0, world_from_body=turned, size=(0.2, 40, 40))) == pytest.approx(expected, rel=0.01)


def test_textures_show(raster, tmp_path):
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    cv2.imwrite(str(tmp_path / "halves.png"), image)
    printed = wall(10, material=replace(WHITE_WALL, texture=ImageTexture(path=str(tmp_path / "halves.png"), tile_m=8.0)), size=(0.2, 16, 16))
    found = points(raster, SceneSpec(bodies=(printed,)), carried(at=(0, 0, 0), spec=replace(EXACT, columns=1440)))
    share = np.mod(found.xyz_m[:, 1] / 8.0, 1.0)
    clear = (np.abs(share - 0.25) < 0.2) | (np.abs(share - 0.75) < 0.2)
    bright = found.intensity > 0.2
    assert clear.sum() > 200
    assert (bright == (share > 0.5))[clear].all() or (bright == (share < 0.5))[clear].all()


def test_films_and_metals_shine(raster):
    plain = ahead(raster, wall(10, material=replace(WHITE_WALL, base_color=(0.5, 0.5, 0.5))))
    film = replace(WHITE_WALL, base_color=(0.5, 0.5, 0.5), retroreflection=1.0)
    slanted = Pose((10, 0, 0), quat_from_axis_angle((0, 0, 1), 0.8))
    assert ahead(raster, wall(10, material=film)) == 1.0
    assert ahead(raster, wall(0, material=film, world_from_body=slanted, size=(0.2, 40, 40))) > 4 * plain
    # A mirror shows itself face on, and hardly otherwise.
    metal = MaterialSpec(base_color=(0.9, 0.9, 0.9), metallic=1.0, roughness=0.3)
    assert ahead(raster, wall(10, material=metal)) == 1.0
    assert ahead(raster, wall(0, material=metal, world_from_body=slanted, size=(0.2, 40, 40))) < 0.1 * WHITE


def test_rain_darkens_and_snow_brightens_what_faces_up(raster):
    """The road from above: soaked, half as much comes back; under deep snow as much as snow sends, where a wall stays as it was."""
    grey = replace(WHITE_WALL, base_color=(0.3, 0.3, 0.3))
    ground = wall(0, name="ground", material=grey, world_from_body=Pose((0, 0, -0.1)), size=(60, 60, 0.2))
    side = wall(9, material=grey)

    def seen(weathering):
        bodies = tuple(replace(body, weathering=weathering) for body in (ground, side))
        found = points(raster, SceneSpec(bodies=bodies), carried())
        return [float(found.intensity[(found.instance == i) & (found.ring == ring)].max()) for i, ring in ((1, 0), (2, 4))]

    dry, wet, snow = seen(None), seen(Weathering(wet=1.0)), seen(Weathering(snow=1.0))
    assert dry[0] == pytest.approx(WHITE * 0.3 * math.sin(math.radians(20)), rel=0.02)
    assert [w / d for w, d in zip(wet, dry, strict=True)] == pytest.approx([0.5, 0.5], rel=0.02)
    assert snow[0] / dry[0] == pytest.approx(0.8 / 0.3, rel=0.02) and snow[1] == pytest.approx(dry[1], rel=0.02)


def test_dark_things_are_seen_less_far(raster):
    """To the metre: a tenth to `reach_m`, and four tenths twice as far."""
    spec = replace(EXACT, reach_m=20.0)
    for value, reach in ((0.1, 20.0), (0.4, 40.0), (0.9, 60.0)):
        material = replace(WHITE_WALL, base_color=(value,) * 3)
        assert ahead(raster, wall(reach - 0.5 + 0.1, material=material), spec) is not None
        assert ahead(raster, wall(reach + 0.5 + 0.1, material=material), spec) is None


def test_fog_dims_and_hides(raster):
    fog = EnvironmentSpec(fog=Fog(extinction_per_m=0.02))
    assert ahead(raster, wall(20.1), environment=fog) == pytest.approx(WHITE * math.exp(-2 * 0.02 * 20), rel=1e-3)
    spec = replace(EXACT, reach_m=30.0)
    assert ahead(raster, wall(60), spec) is not None
    assert ahead(raster, wall(60), spec, environment=fog) is None


# --- noise ---


def test_noise_is_as_large_as_it_is_said_to_be():
    n = 200_000
    lidar_ = replace(LIDARS["hdl-64e"], range_noise_m=0.03, intensity_noise=0.02, drop_out=0.1, noise_seed=7)
    out = measured(lidar_, np.full(n, 20.0), np.full(n, 0.5), 0.0)
    assert len(out.ray) / n == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / n))
    off = out.range_m - 20.0
    assert abs(off.mean()) < 4 * 0.03 / math.sqrt(n) and off.std() == pytest.approx(0.03, rel=0.01)
    bright = out.intensity - 0.5 * WHITE
    assert abs(bright.mean()) < 4 * 0.02 / math.sqrt(n) and bright.std() == pytest.approx(0.02, rel=0.01)
    assert abs(np.corrcoef(off, bright)[0, 1]) < 0.01
    assert abs(np.corrcoef(off[1:], off[:-1])[0, 1]) < 0.01
    from scipy.stats import kstest

    assert kstest(off / 0.03, "norm").statistic < 0.02


def test_noise_of_a_ray_is_its_own_and_the_seeds():
    distance, back = np.full(1000, 20.0), np.full(1000, 0.5)
    lidar_ = replace(LIDARS["hdl-64e"], drop_out=0.3)
    whole = measured(lidar_, distance, back, 0.0)
    back[::2] = 0.0
    half = measured(lidar_, distance, back, 0.0)
    kept = np.isin(whole.ray, half.ray)
    assert np.array_equal(whole.ray[kept], half.ray) and np.array_equal(whole.range_m[kept], half.range_m)
    other = measured(replace(lidar_, noise_seed=1), distance, np.full(1000, 0.5), 0.0)
    assert not np.array_equal(whole.ray, other.ray)


def test_ranges_are_cut(raster):
    spec = SceneSpec(bodies=(wall(3, size=(0.2, 2, 2)), wall(30, name="far"), wall(-90, name="farther")))
    cloud = points(raster, spec, carried(at=(0, 0, 0), spec=replace(EXACT, min_range_m=5.0, max_range_m=50.0)))
    assert set(cloud.instance) == {2}
    assert ranges(cloud).max() <= 50.0


# --- beside pictures ---


def test_points_are_on_the_pixels_of_their_body(raster):
    """At least 99 of 100 of those that the camera sees: that are as far as its depth says."""
    spec = street(*(car(f"car-{i}", 6 + 7 * i, (-1.75, 1.9)[i % 2], heading_rad=0.3 * i) for i in range(6)))
    scanner = replace(LIDARS["hdl-64e"], camera_from_lidar=Pose((0.06, -0.08, -0.27), UPRIGHT.rotation_wxyz))
    camera = replace(carried(at=(0, -1.75, 1.65), spec=scanner), width=1242, height=375, fx=721.5, fy=721.5, cx=610.0, cy=173.4)
    raster.load(spec)
    frame = raster.render(camera, ("points", "instance", "depth"))
    at = scanner.camera_from_lidar.matrix
    p = frame.points.xyz_m.astype(float) @ at[:3, :3].T + at[:3, 3]
    u, v = (np.floor(f * p[:, i] / np.where(p[:, 2] > 0, p[:, 2], np.nan) + c) for i, f, c in ((0, 721.5, 610.0), (1, 721.5, 173.4)))
    inside = (p[:, 2] > 0) & (u >= 0) & (u < 1242) & (v >= 0) & (v < 375)
    rows, columns = v[inside].astype(int), u[inside].astype(int)
    seen = np.abs(frame.depth_m[rows, columns] - p[inside, 2]) < 0.15 + 0.01 * p[inside, 2]
    same = frame.instance[rows, columns] == frame.points.instance[inside]
    assert seen.sum() > 10000 and (frame.points.instance > 2).sum() > 1500
    assert same[seen].mean() >= 0.99
    of_bodies = seen & (frame.points.instance[inside] > 2)
    assert of_bodies.sum() > 1000 and same[of_bodies].mean() >= 0.99


def test_it_costs_nothing_where_it_is_not_asked_for(raster, monkeypatch):
    spec = SceneSpec(bodies=(wall(10),))
    raster.load(spec)
    assert raster.render(replace(carried(), lidar=None), ("points", "depth")).points is None
    monkeypatch.setattr(lidar.wp, "Bvh", None)
    frame = raster.render(carried(), ("rgb", "instance"))
    assert frame.points is None and frame.rgb is not None


def test_an_empty_scene_sends_nothing_back(raster):
    assert len(points(raster, SceneSpec(), carried())) == 0


# --- faults ---


def test_refused_scanners():
    for change, words in (
        ({"elevations_rad": ()}, "elevations_rad must be angles"),
        ({"elevations_rad": (2.0,)}, "elevations_rad must be angles"),
        ({"columns": 0}, "columns must be positive"),
        ({"columns": 10**8}, "more than"),
        ({"turn_s": 0.0}, "turn_s must be positive"),
        ({"min_range_m": 200.0}, "0 <= min_range_m < max_range_m"),
        ({"range_noise_m": -1.0}, "range_noise_m must be 0 or more"),
        ({"drop_out": 1.5}, "drop_out must be in"),
        ({"noise_seed": -1}, "noise_seed must be in"),
        ({"beam_rad": math.nan}, "beam_rad must be positive"),
    ):
        with pytest.raises(InvalidValue, match=words):
            replace(EXACT, **change)


def test_a_batch_has_no_points(raster):
    world = SceneSpec(bodies=(wall(10),), cameras=(carried(),))
    with pytest.raises(InvalidValue, match="ask for points by render"):
        raster.render_batch([world], ("points",))
