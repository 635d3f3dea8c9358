"""The exact pass against closed forms, and against a second renderer that shares nothing with it."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from ray_caster import cast, triangles_of

from diorama.sim.annotate import annotate
from diorama.sim.frame import Frame
from diorama.sim.render.raster import Raster
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, CylinderShape, MeshShape, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import apply, invert, look_at, normalize_quat, project

LABELS = ("depth", "instance", "normal", "amodal")
#: Looks along +y from the origin: the picture's right is +x, its down is -z.
AHEAD = Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0)))
CAMERA = CameraSpec(width=160, height=120, fx=150, fy=150, cx=80, cy=60, world_from_camera=AHEAD)


def scene(*bodies: BodySpec) -> SceneSpec:
    return SceneSpec(bodies=bodies)


def thing(name: str, shape: object, position: tuple[float, float, float] = (0, 0, 0), rotation=(1.0, 0.0, 0.0, 0.0)) -> BodySpec:
    return BodySpec(name=name, shape=shape, world_from_body=Pose(position, normalize_quat(rotation)), category="thing")


def shot(raster: Raster, spec: SceneSpec, camera: CameraSpec = CAMERA) -> Frame:
    raster.load(spec)
    return raster.render(camera, LABELS)


def rays(camera: CameraSpec) -> NDArray[np.float64]:
    """(H, W, 3) camera-frame rays with z = 1 through the pixels' centres."""
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    return np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1)


def test_depth_of_a_tilted_plane(raster: Raster) -> None:
    """A huge slab, turned about x: z = distance to its face along each pixel's ray."""
    angle = 0.6
    half = angle / 2
    body = thing("slab", BoxShape(size_m=(50, 0.1, 50)), (0, 3, 0), (math.cos(half), math.sin(half), 0, 0))
    frame = shot(raster, scene(body))
    normal_world = np.array([0, -math.cos(angle), -math.sin(angle)])
    normal = CAMERA.world_from_camera.matrix[:3, :3].T @ normal_world
    point = CAMERA.world_from_camera.matrix[:3, :3].T @ (np.array([0, 3, 0]) + 0.05 * normal_world)
    truth = (normal @ point) / (rays(CAMERA) @ normal)
    assert np.all(frame.instance == 1)
    np.testing.assert_allclose(frame.depth_m, truth, rtol=2e-7)
    np.testing.assert_allclose(frame.normal, np.broadcast_to(normal, frame.normal.shape), atol=1e-6)


@pytest.mark.parametrize("center", [(0.0, 2.0, 0.0), (0.35, 2.0, -0.2), (-0.5, 1.2, 0.3)])
def test_sphere_silhouette(raster: Raster, library, center: tuple[float, float, float]) -> None:
    """A ray meets a sphere iff (d.c)^2 >= |d|^2 (|c|^2 - r^2): a cone, whose cut is the silhouette's ellipse."""
    radius = 0.25
    spec = scene(thing("ball", SphereShape(radius_m=radius, segments=512), center))
    frame = shot(raster, spec)
    c = apply(invert(CAMERA.world_from_camera.matrix), np.array([center]))[0]
    d = rays(CAMERA)
    truth = (d @ c) ** 2 >= (d * d).sum(-1) * (c @ c - radius**2)
    seen = frame.instance == 1
    assert not np.any(seen & ~truth), "an inscribed polyhedron cannot be seen outside its sphere"
    assert np.count_nonzero(truth & ~seen) <= 0.003 * np.count_nonzero(truth) + 2
    labels = annotate(spec, frame, library)
    rows, columns = np.nonzero(truth)
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert np.abs(labels.box_xyxy[0] - box).max() <= 1
    # The ellipse's area, for a sphere on the axis: pi (f r)^2 / (d^2 - r^2).
    if center[0] == center[2] == 0:
        area = math.pi * (CAMERA.fx * radius) ** 2 / (center[1] ** 2 - radius**2)
        assert labels.area_px[0] == pytest.approx(area, rel=0.01)


def test_box_of_a_cube(raster: Raster, library) -> None:
    """Seen face on, a cube's box holds exactly the pixels whose centres lie within the projected front face."""
    spec = scene(thing("cube", BoxShape(size_m=(0.5, 0.5, 0.5)), (0.13, 2.25, 0.07)))
    frame = shot(raster, spec)
    front = [(0.13 + sx * 0.25, 2.0, 0.07 + sz * 0.25) for sx in (-1, 1) for sz in (-1, 1)]
    corners = project(CAMERA.k, apply(invert(CAMERA.world_from_camera.matrix), np.array(front)))
    x0, y0 = np.ceil(corners.min(axis=0) - 0.5).astype(int)
    x1, y1 = np.floor(corners.max(axis=0) - 0.5).astype(int) + 1
    labels = annotate(spec, frame, library)
    assert labels.box_xyxy[0].tolist() == [x0, y0, x1, y1]
    assert labels.area_px[0] == (x1 - x0) * (y1 - y0)
    np.testing.assert_allclose(frame.depth_m[frame.instance == 1], 2.0, rtol=1e-6)
    assert labels.depth_m[0] == pytest.approx(2.0, rel=1e-6)


def test_half_hidden_square_is_half_visible(raster: Raster, library) -> None:
    """Pixel-aligned squares: the near one covers exactly half of the far one."""
    far = thing("far", BoxShape(size_m=(0.8, 0.001, 0.8)), (0, 3.0005, 0))  # front face at y = 3: 40 x 40 pixels
    near = thing("near", BoxShape(size_m=(1.0, 0.001, 2.0)), (0.5, 1.5005, 0))  # front face at y = 1.5, from x = 0 on
    spec = scene(far, near)
    labels = annotate(spec, shot(raster, spec), library)
    assert labels.area_px[0] == 20 * 40
    assert labels.visible_fraction[0] == 0.5
    assert labels.truncated_fraction[0] == 0.0
    assert labels.amodal_box_xyxy[0].tolist() == [60, 40, 100, 80]
    assert labels.box_xyxy[0].tolist() == [60, 40, 80, 80]


def test_half_outside_square_is_half_truncated(raster: Raster, library) -> None:
    spec = scene(thing("square", BoxShape(size_m=(0.8, 0.001, 0.8)), (1.6, 3.0005, 0)))  # its middle at u = 160, the picture's edge
    labels = annotate(spec, shot(raster, spec), library)
    assert labels.truncated_fraction[0] == 0.5
    assert labels.visible_fraction[0] == 0.5
    assert labels.amodal_box_xyxy[0].tolist() == [140, 40, 180, 80]
    assert labels.amodal_area_px[0] == labels.area_px[0] == 20 * 40


def test_points_appear_where_they_project(raster: Raster) -> None:
    """Small balls at random places: the mask's centre is the projected centre, to half a pixel."""
    rng = Seed(3).rng()
    worst = 0.0
    for _ in range(60):
        camera = CameraSpec.from_fov(
            width=320,
            height=240,
            fov_y_rad=float(rng.uniform(0.4, 1.2)),
            world_from_camera=Pose.from_matrix(look_at(tuple(rng.normal(0, 2, 3)), tuple(rng.normal(0, 0.3, 3)))),
        )
        world = camera.world_from_camera.matrix
        depth = rng.uniform(0.5, 3)
        u, v = rng.uniform(20, 300), rng.uniform(20, 220)
        point = apply(world, np.array([[(u - camera.cx) / camera.fx * depth, (v - camera.cy) / camera.fy * depth, depth]]))[0]
        radius = 3 * depth / camera.fx
        frame = shot(raster, scene(thing("dot", SphereShape(radius_m=radius, segments=32), tuple(point.tolist()))), camera)
        rows, columns = np.nonzero(frame.instance)
        expected = project(camera.k, apply(invert(world), point[None]))[0]
        worst = max(worst, math.dist(expected, (columns.mean() + 0.5, rows.mean() + 0.5)))
    assert worst < 0.5


def test_horizon_of_a_floor_that_passes_under_the_camera(raster: Raster) -> None:
    """Two triangles that reach from behind the camera to the far distance, larger than the screen on every side."""
    camera = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((0, 0, 1.5), (0, 10, 1.5))), far_m=1e6)
    frame = shot(raster, scene(thing("floor", BoxShape(size_m=(2e4, 2e4, 1)), (0, 0, -0.5))), camera)
    v = np.arange(camera.height) + 0.5
    below = v > camera.cy
    with np.errstate(divide="ignore"):
        truth = 1.5 * camera.fy / (v - camera.cy)
    on_floor = below & (truth < 1e4)
    assert np.array_equal(frame.instance, np.repeat(on_floor[:, None], camera.width, axis=1).astype(np.int32))
    np.testing.assert_allclose(frame.depth_m[on_floor], np.repeat(truth[on_floor, None], camera.width, axis=1), rtol=1e-6)
    assert np.all(np.isinf(frame.depth_m[~on_floor]))


def test_inside_a_room_every_pixel_is_wall(raster: Raster) -> None:
    """Twelve triangles around the camera, each larger than the screen or crossing its plane; back faces are seen."""
    for index in range(8):
        rng = Seed(index).rng()
        camera = CameraSpec.from_fov(
            width=97,
            height=71,
            fov_y_rad=1.9,
            world_from_camera=Pose.from_matrix(look_at(tuple(rng.uniform(-0.8, 0.8, 3)), tuple(rng.uniform(-0.8, 0.8, 3)))),
        )
        frame = shot(raster, scene(thing("room", BoxShape(size_m=(2, 2, 2)))), camera)
        assert np.all(frame.instance == 1)
        # Every point seen lies on the box.
        d = rays(camera).reshape(-1, 3) * frame.depth_m.reshape(-1, 1)
        points = apply(camera.world_from_camera.matrix, d)
        np.testing.assert_allclose(np.abs(points).max(axis=1), 1.0, atol=2e-6)
        # Normals face the camera.
        assert np.all((frame.normal.reshape(-1, 3) * d).sum(axis=1) < 0)


def test_no_cracks_between_triangles_that_share_edges(raster: Raster, library) -> None:
    """A square cut into 2 x 40 x 40 triangles at random inner points covers exactly the pixels of the square cut in two."""
    rng = Seed(11).rng()
    n = 40
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, n + 1), np.linspace(-1, 1, n + 1)), axis=-1)
    grid[1:-1, 1:-1] += rng.uniform(-0.4 / n, 0.4 / n, (n - 1, n - 1, 2))
    points = np.concatenate([grid.reshape(-1, 2), np.zeros(((n + 1) ** 2, 1))], axis=1)
    i, j = np.meshgrid(np.arange(n), np.arange(n))
    a = (i * (n + 1) + j).ravel()
    quads = np.stack([a, a + 1, a + n + 2, a + n + 1], axis=1)
    library.add("fine", points, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
    library.add("coarse", [(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], [(0, 1, 2), (0, 2, 3)])
    for index in range(12):
        rng = Seed(index).child("view").rng()
        eye = np.array([*rng.uniform(-1.5, 1.5, 2), rng.uniform(0.2, 2.5)])
        camera = CameraSpec.from_fov(
            width=211,
            height=173,
            fov_y_rad=0.9,
            world_from_camera=Pose.from_matrix(look_at(tuple(eye), tuple(rng.uniform(-0.5, 0.5, 3) * (1, 1, 0)))),
        )
        fine = shot(raster, scene(thing("square", MeshShape(asset="test:fine"))), camera)
        coarse = shot(raster, scene(thing("square", MeshShape(asset="test:coarse"))), camera)
        assert np.array_equal(fine.instance, coarse.instance)
        hit = fine.instance == 1
        np.testing.assert_allclose(fine.depth_m[hit], coarse.depth_m[hit], rtol=1e-6)
        assert fine.silhouettes[0].total_px == coarse.silhouettes[0].total_px


def test_degenerate_triangles_show_nothing(raster: Raster, library) -> None:
    library.add("flat", [(0, 0, 0), (1, 0, 0), (0.5, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 1)], [(0, 1, 2), (3, 4, 5), (0, 0, 0)])
    frame = shot(raster, scene(thing("nothing", MeshShape(asset="test:flat"), (0, 2, 0))))
    assert not frame.instance.any()
    assert frame.silhouettes[0].total_px == 0


def test_a_body_behind_the_camera_is_hidden_not_lost(raster: Raster, library) -> None:
    spec = scene(thing("behind", BoxShape(size_m=(1, 1, 1)), (0, -3, 0)), thing("ahead", BoxShape(size_m=(1, 1, 1)), (0, 3, 0)))
    labels = annotate(spec, shot(raster, spec), library)
    assert labels.body_index.tolist() == [1]
    assert labels.hidden == ("behind",)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_agrees_with_a_ray_caster(raster: Raster, library, seed: int) -> None:
    """Random boxes, balls and cylinders around and across the camera: same bodies, same depths, pixel by pixel."""
    rng = Seed(seed).rng()
    shapes = (
        lambda: BoxShape(size_m=tuple(rng.uniform(0.1, 1.2, 3))),
        lambda: SphereShape(radius_m=float(rng.uniform(0.1, 0.5)), segments=12),
        lambda: CylinderShape(radius_m=float(rng.uniform(0.1, 0.4)), height_m=float(rng.uniform(0.1, 1)), segments=12),
    )
    bodies = tuple(
        thing(f"b{i}", shapes[int(rng.integers(3))](), tuple(rng.uniform(-1.2, 1.2, 3)), tuple(rng.normal(size=4)))
        for i in range(int(rng.integers(2, 7)))
    )
    camera = CameraSpec.from_fov(
        width=64,
        height=48,
        fov_y_rad=1.1,
        world_from_camera=Pose.from_matrix(look_at(tuple(rng.uniform(-2, 2, 3)), tuple(rng.uniform(-0.3, 0.3, 3)))),
    )
    frame = shot(raster, scene(*bodies), camera)
    corners, owner = triangles_of(scene(*bodies), library)
    triangle, depth = cast(corners, camera, rays(camera).reshape(-1, 3))
    instance = np.array([*owner, 0])[triangle].reshape(48, 64)
    depth = depth.reshape(48, 64)
    # Rays that graze an edge may fall to either side in the two programs, by their last bits alone.
    same = frame.instance == instance
    assert np.count_nonzero(~same) <= 2
    both = same & (instance > 0)
    np.testing.assert_allclose(frame.depth_m[both], depth[both], rtol=1e-5)


def test_ids_follow_the_order_of_bodies_and_nothing_else(raster: Raster) -> None:
    bodies = [thing(f"b{i}", SphereShape(radius_m=0.3, segments=16), (0.25 * i - 0.5, 2 + 0.1 * i, 0.1 * i)) for i in range(5)]
    straight = shot(raster, scene(*bodies))
    turned = shot(raster, scene(*bodies[::-1]))
    assert np.array_equal(straight.depth_m, turned.depth_m)
    assert np.array_equal(straight.instance, np.where(turned.instance > 0, 6 - turned.instance, 0))


def test_the_visible_mask_is_part_of_the_silhouette(raster: Raster, library) -> None:
    rng = Seed(5).rng()
    bodies = tuple(
        thing(f"b{i}", BoxShape(size_m=tuple(rng.uniform(0.2, 0.8, 3))), tuple(rng.uniform((-1, 1, -1), (1, 3, 1))), tuple(rng.normal(size=4)))
        for i in range(10)
    )
    frame = shot(raster, scene(*bodies))
    alone = {}
    for index, body in enumerate(bodies):
        alone[index] = shot(raster, scene(body)).instance == 1
        silhouette = frame.silhouettes[index]
        full = np.zeros((CAMERA.height, CAMERA.width), bool)
        x, y = silhouette.bits_xy
        full[y : y + silhouette.bits.shape[0], x : x + silhouette.bits.shape[1]] = silhouette.bits
        assert np.array_equal(full, alone[index]), "a silhouette is what is seen when nothing else is there"
        assert not np.any((frame.instance == index + 1) & ~full)
