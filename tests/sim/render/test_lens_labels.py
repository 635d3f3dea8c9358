"""Pictures and labels through lenses: against a ray caster whose rays are OpenCV's, against OpenCV's remapping, against closed forms."""

import math
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from ray_caster import cast, triangles_of

from diorama.sim.annotate import annotate
from diorama.sim.lens import project_points, rays_at
from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.ray_tables import ray_tree, sample_rays
from diorama.sim.seeds import Seed
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    CylinderShape,
    EnvironmentSpec,
    KannalaBrandt,
    MaterialSpec,
    MeshShape,
    Pose,
    ProceduralTexture,
    SceneSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import apply, invert, look_at, normalize_quat

LABELS = ("depth", "instance", "normal", "amodal")
BARREL = BrownConrady(k1=-0.3, k2=0.1, p1=0.001, p2=-0.002, k3=-0.02)
PINCUSHION = BrownConrady(k1=0.25, k2=0.05, p1=-0.003, p2=0.001)
FISHEYE = KannalaBrandt(k1=0.05, k2=-0.02, k3=0.004, k4=-0.001)
#: Looks along +y from the origin: the picture's right is +x, its down is -z.
AHEAD = Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0)))
CAMERA = CameraSpec(width=100, height=72, fx=70, fy=72, cx=51, cy=35, world_from_camera=AHEAD)


def heap(seed: int, count: int = 6) -> SceneSpec:
    """Boxes, balls and cylinders at random, around and across the camera's plane."""
    rng = Seed(seed).child("heap").rng()
    shapes = (
        lambda: BoxShape(size_m=tuple(rng.uniform(0.1, 1.2, 3))),
        lambda: SphereShape(radius_m=float(rng.uniform(0.1, 0.5)), segments=12),
        lambda: CylinderShape(radius_m=float(rng.uniform(0.1, 0.4)), height_m=float(rng.uniform(0.1, 1)), segments=12),
    )
    return SceneSpec(
        bodies=tuple(
            BodySpec(
                name=f"b{i}",
                shape=shapes[int(rng.integers(3))](),
                world_from_body=Pose(tuple(rng.uniform((-1.5, -0.5, -1.2), (1.5, 3, 1.2))), normalize_quat(tuple(rng.normal(size=4)))),
                material=MaterialSpec(base_color=tuple(rng.uniform(0.2, 0.9, 3))),
                category="thing",
            )
            for i in range(count)
        ),
        lights=(SunLight(direction=(0.3, 1, -0.6), shadows=False),),
    )


def opencv_rays(camera: CameraSpec) -> NDArray[np.float64]:
    """(pixels, 3) of unit rays through the pixels' centres, as OpenCV undistorts them."""
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([u, v], axis=-1).reshape(-1, 1, 2)
    lens = camera.distortion
    if isinstance(lens, KannalaBrandt):
        plane = cv2.fisheye.undistortPoints(pixels, camera.k, np.array([lens.k1, lens.k2, lens.k3, lens.k4]))[:, 0]
    else:
        to_the_end = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 1000, 1e-14)
        plane = cv2.undistortPoints(pixels, camera.k, np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3]), criteria=to_the_end)[:, 0]
    rays = np.column_stack([plane, np.ones(len(plane))])
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION, FISHEYE])
@pytest.mark.parametrize("seed", range(4))
def test_labels_are_what_opencvs_rays_hit(raster: Raster, library, lens, seed: int) -> None:
    camera, spec = replace(CAMERA, distortion=lens), heap(seed)
    raster.load(spec)
    frame = raster.render(camera, LABELS)
    corners, owner = triangles_of(spec, library)
    rays = opencv_rays(camera)
    triangle, distance = cast(corners, camera, rays)
    truth = np.array([*owner, 0])[triangle].reshape(frame.instance.shape)
    # Rays that graze an edge may fall to either side, by their last bits alone.
    same = frame.instance == truth
    assert np.count_nonzero(~same) <= 2
    both = same & (truth > 0)
    assert both.any()
    depth = distance.reshape(truth.shape)[both] * rays[:, 2].reshape(truth.shape)[both]
    np.testing.assert_allclose(frame.depth_m[both], depth, rtol=1e-4)
    sides = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[triangle] @ camera.world_from_camera.matrix[:3, :3]
    sides *= -np.sign((sides * rays).sum(axis=1, keepdims=True))
    normals = (sides / np.linalg.norm(sides, axis=1, keepdims=True)).reshape(frame.normal.shape)
    assert np.count_nonzero(np.abs(frame.normal - normals)[both].max(axis=-1) > 1e-4) <= 2


lenses = st.one_of(
    st.builds(BrownConrady, k1=st.floats(-0.5, 0.5), k2=st.floats(-0.2, 0.2), p1=st.floats(-0.01, 0.01), p2=st.floats(-0.01, 0.01)),
    st.builds(KannalaBrandt, k1=st.floats(-0.2, 0.2), k2=st.floats(-0.1, 0.1), k3=st.floats(-0.05, 0.05)),
)


@settings(max_examples=25, deadline=None)
@given(lens=lenses, focal=st.floats(7, 45), seed=st.integers(0, 1000))
def test_any_lens_shows_what_its_rays_hit(raster: Raster, library, lens, focal: float, seed: int) -> None:
    """Also wide ones, whose rays go backwards or end within the picture."""
    camera, spec = replace(CAMERA, width=50, height=36, distortion=lens, fx=focal, fy=focal * 1.03, cx=24, cy=18.5), heap(seed, 4)
    raster.load(spec)
    frame = raster.render(camera, LABELS)
    corners, owner = triangles_of(spec, library)
    rays = np.nan_to_num(sample_rays(camera, (0, 0, camera.width, camera.height), (0.5, 0.5))).reshape(-1, 3)
    triangle, distance = cast(corners, camera, rays)
    triangle[(rays == 0).all(axis=1)] = -1
    truth = np.array([*owner, 0])[triangle].reshape(frame.instance.shape)
    same = frame.instance == truth
    assert np.count_nonzero(~same) <= 2
    both = same & (truth > 0)
    depth = distance.reshape(truth.shape)[both] * rays[:, 2].reshape(truth.shape)[both]
    np.testing.assert_allclose(frame.depth_m[both], depth, rtol=1e-5, atol=1e-7)
    for index, silhouette in frame.silhouettes.items():
        x, y = silhouette.bits_xy
        h, w = silhouette.bits.shape
        seen = frame.instance == index + 1
        assert np.count_nonzero(seen) == np.count_nonzero(seen[y : y + h, x : x + w] & silhouette.bits), "what is seen is in the silhouette"
        assert silhouette.inside_px == np.count_nonzero(silhouette.bits) <= silhouette.total_px


def test_silhouettes_are_what_is_seen_alone(raster: Raster) -> None:
    """And so much of them as a camera with a wider picture sees is counted outside of this one."""
    spec = heap(7)
    for lens in (BARREL, FISHEYE):
        camera = replace(CAMERA, distortion=lens)
        wide = replace(camera, width=300, height=216, cx=camera.cx + 100, cy=camera.cy + 72)
        raster.load(spec)
        silhouettes = raster.render(camera, LABELS).silhouettes
        for index, body in enumerate(spec.bodies):
            raster.load(SceneSpec(bodies=(body,)))
            alone = raster.render(wide, LABELS).instance == 1
            inside = alone[72:144, 100:200]
            full = np.zeros_like(inside)
            x, y = silhouettes[index].bits_xy
            full[y : y + silhouettes[index].bits.shape[0], x : x + silhouettes[index].bits.shape[1]] = silhouettes[index].bits
            assert np.array_equal(full, inside)
            assert silhouettes[index].total_px >= np.count_nonzero(alone)
            rows, columns = np.nonzero(alone)
            if len(rows) and min(rows.min(), columns.min()) > 0 and rows.max() < 215 and columns.max() < 299:
                assert silhouettes[index].total_px == len(rows)
                box = (columns.min() - 100, rows.min() - 72, columns.max() - 99, rows.max() - 71)
                assert silhouettes[index].box_xyxy == box


def test_a_lens_of_zeros_is_a_pinhole(raster: Raster) -> None:
    """Label by label the same, and the picture but for rounding."""
    floor = BodySpec(
        name="floor",
        shape=BoxShape(size_m=(9, 9, 1)),
        world_from_body=Pose((0, 3, -1.7)),
        material=MaterialSpec(texture=ProceduralTexture(pattern="checks", color_a=(0.9, 0.9, 0.9), color_b=(0.1, 0.2, 0.3), tile_m=0.4)),
    )
    for seed in range(3):
        spec = heap(seed)
        raster.load(spec.replace(bodies=(*spec.bodies, floor)))
        plain = raster.render(CAMERA, (*LABELS, "radiance"))
        zeros = raster.render(replace(CAMERA, distortion=BrownConrady()), (*LABELS, "radiance"))
        assert np.array_equal(plain.instance, zeros.instance)
        np.testing.assert_allclose(zeros.depth_m, plain.depth_m, rtol=2e-7)
        np.testing.assert_allclose(zeros.normal, plain.normal, atol=1e-6)
        for index, silhouette in plain.silhouettes.items():
            other = zeros.silhouettes[index]
            assert np.array_equal(other.bits, silhouette.bits) and other.total_px == silhouette.total_px
        difference = np.abs(zeros.radiance - plain.radiance).max(axis=-1)
        assert np.count_nonzero(difference > 0.01) <= 0.01 * difference.size, "a mip level may round to the next"
        assert difference.mean() < 1e-3


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION])
def test_the_picture_is_the_pinholes_remapped(raster: Raster, lens) -> None:
    """OpenCV's way to distort a picture: look up a finer pinhole's, at where each pixel's ray meets it."""
    spec = heap(3).replace(environment=EnvironmentSpec(sky=(0.5, 0.5, 0.5), ground=(0.5, 0.5, 0.5), occlusion_radius_m=0))
    camera = replace(CAMERA, width=200, height=144, fx=140, fy=144, cx=101, cy=70, distortion=lens)
    fine = CameraSpec(width=2400, height=1900, fx=900, fy=900, cx=1200, cy=950, world_from_camera=AHEAD)
    raster.load(spec)
    bent, flat = raster.render(camera, ("radiance", *LABELS)), raster.render(fine, ("radiance", *LABELS))
    rays = opencv_rays(camera).reshape(144, 200, 3)
    at = (rays[..., :2] / rays[..., 2:] * 900 + (1200, 950) - 0.5).astype(np.float32)
    ids = cv2.remap(flat.instance.astype(np.float32), at[..., 0], at[..., 1], cv2.INTER_NEAREST).astype(int)
    for index in range(1, len(spec.bodies) + 1):
        ours, theirs = bent.instance == index, ids == index
        if np.count_nonzero(theirs) > 500:
            assert np.count_nonzero(ours & theirs) / np.count_nonzero(ours | theirs) > 0.99
    inner = cv2.erode((ids == bent.instance).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    for index in range(len(spec.bodies) + 1):
        inner &= cv2.morphologyEx((ids == index).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) == 0
    assert np.count_nonzero(inner) > 10_000
    radiance = cv2.remap(flat.radiance, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    error = np.abs(bent.radiance - radiance).max(axis=-1)[inner]
    assert np.percentile(error, 95) < 0.01 * radiance.mean()


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION, FISHEYE])
def test_straight_lines_bend_as_opencv_says(raster: Raster, lens) -> None:
    """A board's outline, projected by OpenCV point by point and filled, is its silhouette; beyond the picture as well."""
    board = BodySpec(name="board", shape=BoxShape(size_m=(2.4, 0.001, 1.2)), world_from_body=Pose((0.35, 1.4005, 0.05)), category="thing")
    camera = replace(CAMERA, distortion=lens)
    raster.load(SceneSpec(bodies=(board,)))
    silhouette = raster.render(camera, LABELS).silhouettes[0]
    corners = np.array([(-0.85, 1.4, -0.55), (1.55, 1.4, -0.55), (1.55, 1.4, 0.65), (-0.85, 1.4, 0.65), (-0.85, 1.4, -0.55)])
    outline = np.concatenate([np.linspace(a, b, 200, endpoint=False) for a, b in pairwise(corners)])
    points = apply(invert(camera.world_from_camera.matrix), outline)
    if isinstance(lens, KannalaBrandt):
        pixels = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), camera.k, np.array([lens.k1, lens.k2, lens.k3, lens.k4]))[0]
    else:
        pixels = cv2.projectPoints(points, np.zeros(3), np.zeros(3), camera.k, np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3]))[0]
    pixels = pixels[:, 0]
    assert silhouette.total_px == pytest.approx(cv2.contourArea(pixels.astype(np.float32)), rel=0.005)
    low, high = np.ceil(pixels.min(axis=0) - 0.5), np.floor(pixels.max(axis=0) - 0.5) + 1
    assert np.abs(np.array(silhouette.box_xyxy) - [*low, *high]).max() <= 1
    assert silhouette.total_px > silhouette.inside_px, "it leaves the picture"
    inside = np.zeros((72, 100), bool)
    x, y = silhouette.bits_xy
    inside[y : y + silhouette.bits.shape[0], x : x + silhouette.bits.shape[1]] = silhouette.bits
    for v in range(72):
        for u in range(100):
            away = cv2.pointPolygonTest(pixels.astype(np.float32)[:, None], (u + 0.5, v + 0.5), True)
            assert abs(away) < 0.02 or inside[v, u] == (away > 0)


def test_a_fisheye_of_190_degrees_sees_all_walls_of_a_room(raster: Raster, library) -> None:
    """Its picture is a circle: what is inside it lies on the walls, some of it behind the camera; outside of it there is nothing."""
    lens = KannalaBrandt(k1=-0.03)
    reach = math.radians(95)
    focal = 70 / (reach * (1 - 0.03 * reach**2))
    camera = CameraSpec(width=144, height=144, fx=focal, fy=focal, cx=72, cy=72, distortion=lens, world_from_camera=AHEAD)
    room = BodySpec(name="room", shape=BoxShape(size_m=(2, 2, 2)), world_from_body=Pose((0.2, 0.1, -0.1)), category="room")
    spec = SceneSpec(bodies=(room,), lights=(SunLight(direction=(0, 1, -1)),))
    raster.load(spec)
    frame = raster.render(camera, (*LABELS, "radiance"))
    rays = rays_at(camera, np.stack(np.meshgrid(np.arange(144) + 0.5, np.arange(144) + 0.5), -1).reshape(-1, 2)).reshape(144, 144, 3)
    seen = np.isfinite(rays[..., 0])
    assert 0.9 < np.count_nonzero(seen) / seen.size
    assert np.array_equal(frame.instance == 1, seen)
    assert frame.depth_m[seen].min() < -0.05
    distance = frame.depth_m[seen] / rays[seen][:, 2]
    near_plane = np.abs(rays[seen][:, 2]) < 0.05
    points = apply(camera.world_from_camera.matrix, rays[seen] * distance[:, None])[~near_plane] - (0.2, 0.1, -0.1)
    np.testing.assert_allclose(np.abs(points).max(axis=1), 1.0, atol=1e-5)
    walls = {(int(axis), bool(points[i, axis] > 0)) for i, axis in enumerate(np.abs(points).argmax(axis=1))}
    assert len(walls) == 6
    assert np.all((frame.normal[seen] * rays[seen]).sum(axis=1) < 0)
    np.testing.assert_allclose(np.linalg.norm(frame.normal[seen], axis=1), 1, atol=1e-6)
    assert not frame.radiance[~seen].any()
    assert frame.radiance[seen].min() > 0
    assert np.isinf(frame.depth_m[~seen]).all()
    labels = annotate(spec, frame, library)
    assert labels.area_px[0] == np.count_nonzero(seen)


def test_the_background_is_what_rays_see_and_black_where_there_are_none(raster: Raster) -> None:
    lens = KannalaBrandt(k1=-0.1)
    camera = CameraSpec(width=120, height=120, fx=50, fy=50, cx=60, cy=60, distortion=lens, world_from_camera=AHEAD)
    raster.load(SceneSpec(environment=EnvironmentSpec(background_top=(1, 0, 0), background_bottom=(0, 0, 1))))
    got = raster.render(camera, ("radiance",)).radiance
    rays = rays_at(camera, np.stack(np.meshgrid(np.arange(120) + 0.5, np.arange(120) + 0.5), -1).reshape(-1, 2)).reshape(120, 120, 3)
    t = 0.5 - 0.5 * rays[..., 1]
    t = t * t * (3 - 2 * t)
    seen = np.isfinite(t)
    assert 0.5 < seen.mean() < 0.99
    np.testing.assert_allclose(got[seen][:, 0], t[seen], atol=2e-3)
    np.testing.assert_allclose(got[seen][:, 2], 1 - t[seen], atol=2e-3)
    assert not got[~seen].any()


def test_near_and_far_are_distances_along_the_ray(raster: Raster) -> None:
    """Of a wall 1 m ahead, a far distance of 1.2 m leaves the disc of rays within acos(1 / 1.2) of the axis; a near one of 1.1 m, its rim."""
    wall = BodySpec(name="wall", shape=BoxShape(size_m=(20, 1e-5, 20)), world_from_body=Pose((0, 1.000005, 0)), category="wall")
    camera = replace(CAMERA, distortion=KannalaBrandt(), near_m=1.1, far_m=1.2)
    raster.load(SceneSpec(bodies=(wall,)))
    frame = raster.render(camera, LABELS)
    u, v = np.meshgrid(np.arange(100) + 0.5, np.arange(72) + 0.5)
    cosine = np.cos(np.hypot((u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy))
    ring = (cosine < 1 / 1.1) & (cosine > 1 / 1.2)
    assert ring.any()
    assert np.array_equal(frame.instance == 1, ring)
    np.testing.assert_allclose(frame.depth_m[ring], 1, rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(lens=lenses, focal=st.floats(15, 200), tile=st.sampled_from([4, 8, 16]))
def test_balls_hold_the_rays_of_their_tiles(lens, focal: float, tile: int) -> None:
    """Of every tile and of every node above it; what no tile holds is not seen."""
    camera = replace(CAMERA, distortion=lens, fx=focal, fy=focal * 0.97)
    region = (-50, -40, 150, 100)
    tree = ray_tree(camera, region, tile)
    held = np.zeros((140, 200), bool)
    for offset in ((0.01, 0.99), (0.5, 0.5), (0.99, 0.01)):
        rays = sample_rays(camera, region, offset)
        leaves = np.flatnonzero(tree.after == np.arange(len(tree.after)) + 1)
        for leaf in leaves.tolist():
            x0, y0, x1, y1 = tree.boxes[leaf] - np.array([-50, -40, -50, -40])
            held[y0:y1, x0:x1] = True
            inside = rays[y0:y1, x0:x1].reshape(-1, 3)
            inside = inside[(inside != 0).any(axis=1)]
            above = np.flatnonzero((np.arange(len(tree.after)) <= leaf) & (tree.after > leaf))
            for node in above.tolist():
                away = np.linalg.norm(inside - tree.balls[node, :3], axis=1)
                assert np.all(away <= tree.balls[node, 3])
                assert np.all(tree.boxes[node, :2] <= tree.boxes[leaf, :2]) and np.all(tree.boxes[node, 2:] >= tree.boxes[leaf, 2:])
        assert not (rays != 0).any(axis=-1)[~held].any()


def test_points_are_seen_where_they_project(raster: Raster) -> None:
    """Small balls: the mask's middle is where the lens projects the ball's."""
    rng = Seed(9).rng()
    for lens in (BARREL, PINCUSHION, KannalaBrandt(k1=0.02)):
        camera = replace(CAMERA, width=640, height=480, fx=300, fy=300, cx=320, cy=240, distortion=lens)
        for _ in range(10):
            direction = rays_at(camera, rng.uniform((40, 40), (600, 440), (1, 2)))[0]
            center = apply(camera.world_from_camera.matrix, direction[None] * 2)[0]
            ball = BodySpec(name="dot", shape=SphereShape(radius_m=0.02, segments=32), world_from_body=Pose(tuple(center)))
            raster.load(SceneSpec(bodies=(ball,)))
            rows, columns = np.nonzero(raster.render(camera, ("instance",)).instance)
            expected = project_points(camera, direction[None] * 2)[0]
            assert math.dist(expected, (columns.mean() + 0.5, rows.mean() + 0.5)) < 0.5


def test_printed_ground_at_the_edge_of_what_a_lens_sees(raster: Raster) -> None:
    """Black where no ray goes through, and a number everywhere."""
    ground = BodySpec(name="ground", shape=MeshShape(asset="household:carton/0", scale=200.0), world_from_body=Pose((0, 0, -25)))
    spec = SceneSpec(bodies=(ground,), lights=(SunLight(direction=(0.3, 0.2, -1.0)),))
    camera = CameraSpec.from_fov(
        width=160,
        height=120,
        fov_y_rad=1.2,
        world_from_camera=Pose.from_matrix(look_at((0, 0, 20.0), (0.2, 0.1, 0.0))),
        distortion=BrownConrady(k1=-0.25),
    )
    raster.load(spec)
    frame = raster.render(camera, ("radiance", "instance"))
    pixels = np.stack(np.meshgrid(np.arange(160) + 0.5, np.arange(120) + 0.5), axis=-1).reshape(-1, 2)
    unseen = np.isnan(rays_at(camera, pixels)).any(axis=1).reshape(120, 160)
    assert 0.02 < unseen.mean() < 0.5
    assert not frame.instance[unseen].any()
    well_outside = cv2.erode(unseen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # no sample of theirs sees anything
    assert not frame.radiance[well_outside].any()
    inner = frame.instance > 0
    assert np.isfinite(frame.radiance).all()
    assert frame.radiance[inner].min() > 0.01
