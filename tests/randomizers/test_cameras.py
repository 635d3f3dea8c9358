"""Orbits, paths and rigs: where the camera is, by closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.randomizers.aim import subject
from diorama.randomizers.base import Select
from diorama.randomizers.camera_path import CameraOrbit, CameraPath, on_spline
from diorama.randomizers.camera_rig import CameraRig, Mount
from diorama.randomizers.distributions import Constant, Normal, Uniform
from diorama.randomizers.lens import Lens
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import Motion, Pose
from diorama.sim.transforms import apply, invert, project, quat_from_axis_angle
from diorama.testing import check_randomizer

SEED = Seed(2)
EXACT = {"position_error_m": Constant(0), "angle_error_deg": Constant(0)}
coordinate = st.floats(-5, 5)


def taken(randomizer, spec, context, view=0, views=1):
    params = randomizer.sample(SEED, spec, replace(context, view=view, views=views))
    return randomizer.apply(spec, params).cameras[0]


def eye(camera):
    return np.array(camera.world_from_camera.position_m)


def pixel(camera, point):
    return project(camera.k, apply(invert(camera.world_from_camera.matrix), np.array([point])))[0]


@pytest.mark.parametrize(
    "randomizer",
    [
        CameraOrbit(period_s=4.0, elevation_deg=Uniform(20, 60)),
        CameraPath(positions_m=((1, 0, 1), (0, 1, 1), (-1, 0, 0.5)), jitter_m=Normal(0, 0.01), duration_s=2.0),
        CameraRig(cameras=(Mount(position_m=(1, 1, 1.5), target_m=(0, 0, 0)),), position_error_m=Normal(0, 0.01), angle_error_deg=Normal(0, 1)),
        CameraRig(cameras=(Mount(position_m=(0, 0, 0.5), target_m=(0, 0, 0), up=(1, 0, 0)),), on=Select(names=("table",))),
    ],
    ids=lambda r: r.name,
)
def test_keeps_the_contract(randomizer):
    check_randomizer(randomizer)


def test_an_orbit_is_a_regular_polygon(staged, context):
    spec = staged(1)
    center, _ = subject(spec, context.library)
    orbit = CameraOrbit(radius_m=Constant(0.8), elevation_deg=Constant(30), start_deg=Constant(10))
    places = [eye(taken(orbit, spec, context, view, 6)) - center for view in range(6)]
    angles = [math.degrees(math.atan2(y, x)) % 360 for x, y, _ in places]
    assert angles == pytest.approx([10, 70, 130, 190, 250, 310])
    assert [math.hypot(*p) for p in places] == pytest.approx([0.8] * 6)
    assert [z for *_, z in places] == pytest.approx([0.4] * 6)
    camera = taken(orbit, spec, context, 4, 6)
    assert pixel(camera, center) == pytest.approx([camera.cx, camera.cy], abs=1e-6)


def test_moving_along_an_orbit_leads_to_its_next_place(staged, context):
    spec = staged(1)
    orbit = CameraOrbit(radius_m=Constant(0.8), elevation_deg=Constant(40), period_s=2.0)
    camera = taken(orbit, spec, context)
    later = camera.motion.moved(camera.world_from_camera, camera.flow_s)
    wanted = taken(replace(orbit, start_deg=Constant(360 * camera.flow_s / 2.0)), spec, context).world_from_camera
    assert np.allclose(later.matrix, wanted.matrix, atol=1e-8)


@pytest.mark.parametrize(
    "randomizer",
    [
        CameraOrbit(period_s=4.0),
        CameraOrbit(period_s=3.0, turns=-1.0),
        CameraPath(positions_m=((1, 0, 1), (0, 1, 1), (-1, 0, 0.5)), jitter_m=Normal(0, 0.01), duration_s=2.0),
        CameraRig(cameras=(Mount(position_m=(0.1, 0.2, 0.6), target_m=(0, 0, 0)),), on=Select(names=("table",))),
    ],
    ids=["orbit", "orbit back", "path", "rig"],
)
@pytest.mark.parametrize("shake", [0.0, 0.02])
def test_cameras_go_from_frame_to_frame_as_they_move(staged, context, randomizer, shake):
    """Drawn for once, and then where the motion of the frame before led."""
    lens = Lens(shake_m_s=Constant(shake), shake_deg_s=Constant(50 * shake))
    motion = Motion((0.3, -0.2, 0.1), (0.2, 0.1, 1.0))
    moving, step, poses, motions = staged(0).map_bodies({"table": {"motion": motion}}), 0.1, [], []
    for frame in range(4):
        table = staged(0).body("table").world_from_body
        now = moving.map_bodies({"table": {"world_from_body": motion.moved(table, frame * step)}})
        camera = replace(now.cameras[0], time_s=frame * step, flow_s=step)
        now = now.replace(cameras=(camera,))
        if frame == 0:
            draws = [randomizer.sample(SEED, now, context)]
            draws.append(lens.sample(SEED, randomizer.apply(now, draws[0]), context))
        camera = lens.apply(randomizer.apply(now, draws[0]), draws[1]).cameras[0]
        poses.append(camera.world_from_camera)
        motions.append(camera.motion)
    assert poses[0] != poses[1]
    for pose, way, later in zip(poses[:-1], motions[:-1], poses[1:], strict=True):
        assert np.allclose(way.moved(pose, step).matrix, later.matrix, atol=1e-7 if shake == 0 else 2e-3)


@given(st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=2, max_size=6))
def test_a_path_passes_its_points(points):
    for i, point in enumerate(points):
        assert on_spline(points, i / (len(points) - 1))[0] == pytest.approx(point, abs=1e-8)


@given(st.tuples(coordinate, coordinate, coordinate), st.tuples(coordinate, coordinate, coordinate), st.floats(0, 1), st.integers(2, 5))
def test_a_straight_path_is_straight_and_steady(start, way, t, count):
    points = [tuple(a + i * w for a, w in zip(start, way, strict=True)) for i in range(count)]
    place, speed = on_spline(points, t)
    assert place == pytest.approx([a + (count - 1) * t * w for a, w in zip(start, way, strict=True)], abs=1e-8)
    assert speed == pytest.approx([(count - 1) * w for w in way], abs=1e-7)


@given(st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=3, max_size=5), st.floats(0.01, 0.98))
def test_speed_is_the_derivative_of_place(points, t):
    a, b = (np.array(on_spline(points, t + d)[0]) for d in (0, 1e-5))
    assert np.allclose((b - a) / 1e-5, on_spline(points, t + 0.5e-5)[1], atol=1e-2, rtol=1e-3)


def test_paths_begin_at_the_support(staged, context):
    spec = staged(0)
    path = CameraPath(positions_m=((0.5, 0, 0.6), (0, 0.5, 0.6), (-0.5, 0, 0.9)), jitter_m=Constant(0))
    first, last = (taken(path, spec, context, view, 5) for view in (0, 4))
    top = (0.1, -0.2, 0.72)  # the fixture's table
    assert eye(first) == pytest.approx(np.add(top, (0.5, 0, 0.6)))
    assert eye(last) == pytest.approx(np.add(top, (-0.5, 0, 0.9)))
    assert pixel(first, top) == pytest.approx([first.cx, first.cy], abs=1e-6)


def test_a_rig_takes_turns(staged, context):
    mounts = (Mount(position_m=(1, 0, 2), target_m=(0, 0, 0.7)), Mount(position_m=(0, -1, 2), target_m=(0, 0, 0.7), fov_deg=Constant(70)))
    cameras = [taken(CameraRig(cameras=mounts, **EXACT), staged(0), context, view, 5) for view in range(5)]
    assert [eye(c).tolist() for c in cameras] == [[1, 0, 2], [0, -1, 2]] * 2 + [[1, 0, 2]]
    assert math.degrees(2 * math.atan(cameras[1].height / 2 / cameras[1].fy)) == pytest.approx(70)


def test_a_mounted_camera_goes_where_its_body_goes(staged, context):
    spec = staged(0)
    turn = quat_from_axis_angle((0.3, -0.5, 0.8), 0.7)
    moved = spec.map_bodies({"table": {"world_from_body": Pose((0.3, 0.1, 0.9), turn), "motion": Motion((0.1, 0.2, 0.0), (0.0, 0.0, 2.0))}})
    rig = CameraRig(cameras=(Mount(position_m=(0.1, 0.2, 0.6), target_m=(0, 0, 0)),), on=Select(names=("tab*",)), **EXACT)
    plain, turned = taken(rig, spec, context), taken(rig, moved, context)
    relative = [invert(s.body("table").world_from_body.matrix) @ c.world_from_camera.matrix for s, c in ((spec, plain), (moved, turned))]
    assert np.allclose(*relative, atol=1e-9)
    body = moved.body("table")
    for step, off in ((turned.flow_s, 1e-12), (turned.flow_s / 100, 1e-4)):  # exactly where the flow says it goes, and nearly so on the way
        later = body.motion.moved(body.world_from_body, step).matrix @ relative[0]
        assert np.allclose(turned.motion.moved(turned.world_from_camera, step).matrix, later, atol=off)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CameraPath(positions_m=((0, 0, 1),)), "2 points or more"),
        (lambda: CameraPath(positions_m=((0, 0, 1), (1, 0, 1)), targets_m=((0, 0, 0),) * 3), "one for each of the 2"),
        (lambda: CameraPath(positions_m=((0, 0, 1), (1, 0, math.nan))), "finite"),
        (lambda: CameraOrbit(period_s=0), "period_s must be positive"),
        (lambda: CameraOrbit(elevation_deg=Constant(90)), "elevation_deg"),
        (lambda: CameraRig(cameras=()), "one or more"),
        (lambda: Mount(position_m=(0, 0, 1), target_m=(0, 0, 0)), "along up"),
        (lambda: Mount(position_m=(0, 0, 1), target_m=(0, 0, 1)), "differ from position_m"),
    ],
)
def test_refused_settings(make, said):
    with pytest.raises(InvalidValue, match=said):
        make()


def test_no_body_to_mount_on(staged, context):
    rig = CameraRig(cameras=(Mount(position_m=(1, 0, 1), target_m=(0, 0, 0)),), on=Select(names=("gripper",)))
    with pytest.raises(InvalidValue, match=r"no body to mount on is like .*gripper.*; there are .*table"):
        taken(rig, staged(0), context)


def test_a_camera_where_it_looks(staged, context):
    with pytest.raises(InvalidValue, match="would be where it looks"):
        taken(CameraPath(positions_m=((0, 0, 0), (1, 0, 1)), jitter_m=Constant(0)), staged(0), context)
