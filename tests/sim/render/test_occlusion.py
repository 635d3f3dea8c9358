"""Ambient occlusion against closed forms, on depth pictures made without any renderer."""

import math
import os
from dataclasses import replace

import numpy as np
import pytest
import warp as wp
from agreement_scenes import five_scenes
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diorama.sim.lens import rays_at
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.occlusion import Occlusion, specular_visibility
from diorama.sim.render.raster.ray_tables import RayTables
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, CameraSpec, KannalaBrandt, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import apply, look_at

DEVICE = os.environ.get("DIORAMA_DEVICE", "cpu")
FLOOR = ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture(scope="module")
def occlusion() -> Occlusion:
    return Occlusion(DEVICE)


def camera(
    eye: tuple[float, float, float], target: tuple[float, float, float] = (0, 0, 0), width: int = 320, height: int = 240, f: float = 300
) -> CameraSpec:
    return CameraSpec(width=width, height=height, fx=f, fy=f, cx=width / 2, cy=height / 2, world_from_camera=Pose.from_matrix(look_at(eye, target)))


def rays(camera: CameraSpec) -> NDArray:
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    return np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1)


def seen(camera: CameraSpec, planes=(), spheres=(), keep=lambda points, plane: np.ones(points.shape[:2], bool)):
    """Depth, normals in camera axes, world points and which surface it is (planes from 1 on, then spheres), by ray casting.

    `keep` cuts planes off: it takes points and a plane's number.
    """
    matrix = camera.world_from_camera.matrix
    eye, directions = matrix[:3, 3], rays(camera) @ matrix[:3, :3].T
    depth, normals, surface = np.full(directions.shape[:2], np.inf), np.zeros(directions.shape), np.zeros(directions.shape[:2], int)

    def take(t: NDArray, normal: NDArray, number: int, extra: NDArray) -> None:
        hit = (t > 0) & (t < depth) & extra
        depth[hit] = t[hit]
        normals[hit] = np.broadcast_to(normal, normals.shape)[hit]
        surface[hit] = number

    for number, (point, normal) in enumerate(planes, start=1):
        t = ((np.array(point) - eye) @ np.array(normal)) / (directions @ np.array(normal))
        take(t, np.array(normal), number, keep(eye + directions * t[..., None], number))
    for number, (center, radius) in enumerate(spheres, start=1 + len(planes)):
        a, b, c = (directions**2).sum(-1), directions @ (eye - center), (eye - center) @ (eye - center) - radius**2
        t = (-b - np.sqrt(np.maximum(b * b - a * c, 0))) / a
        take(t, (eye + directions * t[..., None] - center) / radius, number, b * b > a * c)
    normals[(normals * directions).sum(-1) > 0] *= -1
    points = eye + directions * np.where(np.isfinite(depth), depth, 0)[..., None]
    return depth, normals @ matrix[:3, :3], points, surface


def visible(occlusion: Occlusion, depth: NDArray, normals: NDArray, camera: CameraSpec, radius_m: float) -> NDArray[np.float32]:
    rays = None if camera.distortion is None else RayTables(camera, ((0.5, 0.5),), DEVICE).centers
    on_device = wp.array(depth.astype(np.float32).ravel(), dtype=wp.float32, device=DEVICE)
    normals_on_device = wp.array(normals.astype(np.float32).reshape(-1, 3), dtype=wp.vec3, device=DEVICE)
    return occlusion.visible(on_device, normals_on_device, camera, radius_m, rays).numpy().reshape(depth.shape).copy()


@settings(max_examples=60, deadline=None)
@given(
    tilt=st.floats(0, 1.5),
    turn=st.floats(0, 6.3),
    distance=st.floats(0.05, 200),
    radius=st.floats(0.01, 5),
    size=st.tuples(st.integers(1, 150), st.integers(1, 40)),
    f=st.floats(20, 800),
)
def test_a_lone_plane_sees_everything(occlusion, tilt, turn, distance, radius, size, f):
    view = CameraSpec(width=size[0], height=size[1], fx=f, fy=1.1 * f, cx=size[0] * 0.4, cy=size[1] * 0.6)
    normal = np.array([math.sin(tilt) * math.cos(turn), math.sin(tilt) * math.sin(turn), -math.cos(tilt)])
    depth = -distance / (rays(view) @ normal)
    depth[depth <= 0] = np.inf
    normals = np.where(np.isfinite(depth)[..., None], normal, 0.0)
    assert visible(occlusion, depth, normals, view, radius).min() > 1 - 1e-3


@pytest.mark.parametrize("shape", [SphereShape(radius_m=0.1), BoxShape(size_m=(0.1, 0.2, 0.15))])
def test_convex_bodies_see_everything(occlusion, raster: Raster, shape):
    view = camera((0.3, 0.2, 0.25))
    raster.load(SceneSpec(bodies=(BodySpec(name="body", shape=shape),)))
    frame = raster.render(view, ("depth", "normal"))
    got = visible(occlusion, frame.depth_m, frame.normal, view, 0.3)
    assert np.isfinite(frame.depth_m).sum() > 3000
    assert got.min() > 1 - 1e-3


@pytest.mark.parametrize("eye", [(0.7, 0.1, 0.5), (0.4, -0.1, 0.7), (0.6, 0.3, 0.25)])
@pytest.mark.parametrize("radius", [0.1, 0.2])
def test_floor_and_wall(occlusion, eye, radius):
    """Rays from the floor, at the distance d of a wall, end within R where their share along the wall's normal is over d / R.

    By Nusselt's analogue their share of the light is the part of the unit disc beyond a chord at the distance c = d / R of its middle:
    (acos(c) - c sqrt(1 - c^2)) / pi, a half right at the wall.
    """
    view = camera(eye, width=640, height=480, f=600)
    depth, normals, points, surface = seen(view, planes=(FLOOR, ((0, 0, 0), (1, 0, 0))))
    got = visible(occlusion, depth, normals, view, radius)
    differences = []
    for number, axis in ((1, 0), (2, 2)):
        for d in (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8):
            there = (surface == number) & (np.abs(points[..., axis] / radius - d) < 0.02) & (np.abs(points[..., 1]) < 0.1)
            truth = 1 - (math.acos(d) - d * math.sqrt(1 - d * d)) / math.pi
            differences.append(got[there].mean() - truth)
            # Samples are few: on average, the highest misses the wall's last bit within the radius.
            assert 0 < differences[-1] < 0.09
        far = (surface == number) & (points[..., axis] > 1.01 * radius)
        assert got[far].min() > 1 - 1e-3
    assert np.mean(differences) < 0.05


def test_a_step_is_seen_as_high_as_it_is(occlusion):
    """At the distance d from a long wall of height H that is wholly within the radius, (1 + cos of its elevation) / 2 is left."""
    height = 0.04
    view = camera((0.25, 0.0, 0.45), width=640, height=480, f=600)
    planes = (FLOOR, ((0, 0, 0), (1, 0, 0)), ((0, 0, height), (0, 0, 1)))

    def keep(points: NDArray, plane: int) -> NDArray:
        return {1: points[..., 0] > 0, 2: (points[..., 2] < height) & (points[..., 2] > 0), 3: points[..., 0] < 0}[plane]

    depth, normals, points, surface = seen(view, planes, keep=keep)
    got = visible(occlusion, depth, normals, view, 0.2)
    for d in (0.01, 0.02, 0.04, 0.08):
        there = (surface == 1) & (np.abs(points[..., 0] - d) < 0.002) & (np.abs(points[..., 1]) < 0.05)
        assert got[there].mean() == pytest.approx(0.5 + 0.5 * d / math.hypot(d, height), abs=0.05)
    assert np.mean(got[surface == 3] > 1 - 1e-3) > 0.99  # all but the pixels along its edge


@pytest.mark.parametrize("elevation", [0.2, 0.5, 0.9])
def test_a_sphere_on_the_floor(occlusion, elevation):
    """A sphere of radius r on the floor takes (r / D)^3 of the light from a point on it, D from its middle: the cosine times h^2."""
    r = 0.05
    view = camera((0.6 * math.cos(elevation), 0, 0.02 + 0.6 * math.sin(elevation)), (0, 0, 0.02), width=640, height=480, f=600)
    depth, normals, points, surface = seen(view, planes=(FLOOR,), spheres=(((0, 0, r), r),))
    got = visible(occlusion, depth, normals, view, 0.2)
    for x in (0.75, 1.0, 1.25, 1.5, 2.0):
        there = (surface == 1) & (np.linalg.norm(points - (x * r, 0, 0), axis=-1) < 0.003)
        truth = (1 + x * x) ** -1.5
        assert 1 - got[there].mean() == pytest.approx(truth, rel=0.1, abs=0.01)
    # The sphere itself would see (1 + n_z) / 2 above an endless floor, and sees no less.
    up = (points[..., 2] - r) / r
    for n_z in (-0.3, 0.0, 0.3, 0.6, 0.9):
        there = (surface == 2) & (np.abs(up - n_z) < 0.03)
        assert (1 + n_z) / 2 < got[there].mean() < (1 + n_z) / 2 + 0.25


def test_what_is_farther_than_the_radius_leaves_no_halo(occlusion):
    """A ball that hovers over the floor darkens nothing but what is within the radius of it."""
    view = camera((0.3, 0, 1.2), width=320, height=240, f=300)
    depth, normals, _, surface = seen(view, planes=(FLOOR,), spheres=(((0, 0, 0.4), 0.15),))
    got = visible(occlusion, depth, normals, view, 0.2)
    assert (surface == 2).sum() > 1000
    assert got.min() > 1 - 1e-3


def test_where_nothing_is_everything_is_seen(occlusion):
    """Pixels of the sky right beside dark ones are not smeared upon."""
    view = camera((0.6, 0, 0.05), (0, 0, 0.08))
    depth, normals, _, surface = seen(view, planes=(FLOOR,), spheres=(((0, 0, 0.05), 0.05), ((0, 0.08, 0.05), 0.05)))
    got = visible(occlusion, depth, normals, view, 0.2)
    assert got[surface > 1].min() < 0.6
    assert np.all(got[surface == 0] == 1)


def test_streets(occlusion):
    """A wall 130 m away, in a view that reaches 200 m, with a radius of 2 m: its foot is dark, road and wall are not."""
    view = camera((-110, 0, 80), (0, 0, 0), width=640, height=480, f=850)
    depth, normals, points, surface = seen(view, (FLOOR, ((0, 0, 0), (-1, 0, 0))), keep=lambda p, plane: (p[..., 2] > -1e-6) & (p[..., 2] < 12))
    got = visible(occlusion, depth, normals, view, 2.0)
    assert depth[np.isfinite(depth)].max() > 200
    for number, axis in ((1, 0), (2, 2)):
        assert 0.5 < got[(surface == number) & (np.abs(points[..., axis]) < 0.3)].mean() < 0.8
        assert got[(surface == number) & (np.abs(points[..., axis]) > 3) & (points[..., 0] < 1e-3)].min() > 0.99
    assert np.all(got[surface == 0] == 1)


LENSES = {
    "barrel": BrownConrady(k1=-0.15, k2=0.02, p1=0.002, p2=-0.001),
    "fisheye": KannalaBrandt(k1=-0.02),
    "nearly a pinhole": BrownConrady(k1=1e-6),
}


@pytest.mark.parametrize("lens", LENSES)
def test_through_a_lens_flat_and_convex_surfaces_see_everything(occlusion, raster: Raster, lens):
    # Wide: the fisheye sees 200 degrees.
    view = replace(camera((0.5, 0.2, 0.4), width=240, height=180, f=75 if lens == "fisheye" else 150), distortion=LENSES[lens])
    for body in (BoxShape(size_m=(9, 9, 0.1)), SphereShape(radius_m=0.15)):
        raster.load(SceneSpec(bodies=(BodySpec(name="body", shape=body, world_from_body=Pose((0, 0, -0.1))),)))
        frame = raster.render(view, ("depth", "normal"))
        assert np.isfinite(frame.depth_m).sum() > 500
        assert visible(occlusion, frame.depth_m, frame.normal, view, 0.3).min() > 1 - 2e-3


@pytest.mark.parametrize("lens", LENSES)
def test_a_corner_is_as_dark_through_a_lens(occlusion, raster: Raster, lens):
    """Mean visibility over patches of floor and wall, in metres: as through a pinhole that stands at the same place."""
    bodies = (
        BodySpec(name="floor", shape=BoxShape(size_m=(4, 4, 0.1)), world_from_body=Pose((0, 0, -0.05))),
        BodySpec(name="wall", shape=BoxShape(size_m=(0.1, 4, 4)), world_from_body=Pose((-0.05, 0, 2))),
    )
    raster.load(SceneSpec(bodies=bodies))
    plain = camera((0.5, 0.1, 0.4), width=480, height=360, f=400)
    found = []
    for view in (plain, replace(plain, distortion=LENSES[lens])):
        frame = raster.render(view, ("depth", "normal", "instance"))
        got = visible(occlusion, frame.depth_m, frame.normal, view, 0.1)
        u, v = np.meshgrid(np.arange(480) + 0.5, np.arange(360) + 0.5)
        directions = rays_at(view, np.stack([u.ravel(), v.ravel()], axis=1)).reshape(360, 480, 3)
        inside = directions * (frame.depth_m / directions[..., 2])[..., None]
        points = apply(view.world_from_camera.matrix, inside.reshape(-1, 3)).reshape(360, 480, 3)
        near = np.abs(points[..., 1]) < 0.1
        for instance, axis in ((1, 0), (2, 2)):
            for d in (0.005, 0.02, 0.05, 0.12):
                found.append(got[near & (frame.instance == instance) & (np.abs(points[..., axis] - d) < 0.003)].mean())
    np.testing.assert_allclose(found[8:], found[:8], atol=1e-3 if lens == "nearly a pinhole" else 0.03)


@pytest.mark.parametrize("name", five_scenes())
@pytest.mark.parametrize("radius_m", [0.05, 0.4])
def test_where_nothing_is_searched_for_there_is_nothing(occlusion, raster: Raster, name: str, radius_m: float):
    """Level ground is passed over. Where up is elsewhere, nothing in the scene is level, and everything is searched."""
    spec = five_scenes()[name]
    (view,) = spec.cameras
    raster.load(spec)
    frame = raster.render(view, ("depth", "normal"))
    aslant = replace(view, world_from_camera=Pose.from_matrix(look_at((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))))
    found, searched = (visible(occlusion, frame.depth_m, frame.normal, one, radius_m) for one in (view, aslant))
    np.testing.assert_allclose(found, searched, atol=2e-5)


def test_the_same_every_time(occlusion):
    views = [camera((0.5, 0.1, 0.4), width=w, height=h) for w, h in ((131, 77), (320, 240))]
    inputs = [seen(view, planes=(FLOOR, ((0, 0, 0), (1, 0, 0))), spheres=(((0.1, 0, 0.05), 0.05),))[:2] for view in views]
    fresh = [visible(Occlusion(DEVICE), *surfaces, view, 0.1) for surfaces, view in zip(inputs, views, strict=True)]
    for i in (0, 1, 0, 0, 1):
        assert np.array_equal(visible(occlusion, *inputs[i], views[i], 0.1), fresh[i])


@wp.kernel
def mirror(no_v: wp.array(dtype=float), seen: wp.array(dtype=float), alpha: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = specular_visibility(no_v[i], seen[i], alpha[i])


def test_mirrors_see_as_published():
    no_v, share, alpha = (a.ravel().astype(np.float32) for a in np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21), np.linspace(0, 1, 41)))
    got = wp.zeros(len(no_v), dtype=wp.float32, device=DEVICE)
    wp.launch(mirror, dim=len(no_v), inputs=[wp.array(a, dtype=wp.float32, device=DEVICE) for a in (no_v, share, alpha)] + [got], device=DEVICE)
    truth = np.clip((no_v + share) ** 2.0 ** (-16.0 * alpha - 1) - 1 + share, 0, 1)
    np.testing.assert_allclose(got.numpy(), truth, atol=0.03)
    exact = np.isin(alpha * 16, range(7))
    np.testing.assert_allclose(got.numpy()[exact], truth[exact], atol=1e-5)
