import math

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.mesh import Asset, MeshPart
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.errors import AssetError
from diorama.sim.grasping.solid import Solid
from diorama.sim.seeds import Seed
from diorama.sim.spec import BoxShape, SphereShape
from diorama.sim.transforms import matrix_from_quat, normalize_quat

KNOT = trimesh.creation.torus(0.05, 0.02)


def asset_of(positions, faces, volume_m3=1e-3):
    part = MeshPart(
        positions=np.asarray(positions, np.float32),
        normals=np.zeros((len(positions), 3), np.float32),
        uv=np.zeros((len(positions), 2), np.float32),
        faces=np.asarray(faces, np.int32),
    )
    return Asset(
        id="user:thing", category="thing", supercategory="things", parts=(part,), hulls=(), bounds_m=((0, 0, 0), (0, 0, 0)), volume_m3=volume_m3
    )


@pytest.fixture(scope="module")
def torus():
    return Solid.of(asset_of(KNOT.vertices, KNOT.faces, KNOT.volume))


def test_lines_meet_what_solving_for_each_triangle_finds(torus):
    rng = Seed(0).rng()
    starts = rng.uniform(-0.05, 0.05, (200, 3))
    directions = rng.normal(size=(200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    line, along, face = torus.hits(starts, directions, 0.15)
    a, b, c = (torus.corners[:, i] for i in range(3))
    columns = np.stack(np.broadcast_arrays(b - a, c - a, -directions[:, None]), axis=-1)
    u, v, t = np.moveaxis(np.linalg.solve(columns, (starts[:, None] - a)[..., None])[..., 0], -1, 0)
    theirs = np.nonzero((u >= 0) & (v >= 0) & (u + v <= 1) & (t >= 0) & (t <= 0.15))
    assert sorted(zip(line.tolist(), face.tolist(), strict=True)) == list(zip(*(index.tolist() for index in theirs), strict=True))
    assert len(line) > 100
    assert along == pytest.approx(t[line, face], abs=1e-12)
    assert (np.diff(along)[np.diff(line) == 0] >= 0).all()


@given(st.integers(0, 2**32), st.floats(0.005, 0.05))
@settings(max_examples=20, deadline=None)
def test_boxes_touch_what_a_dense_cloud_of_points_says(seed, half):
    """A box that holds a point of the surface touches it; one that stays away by more than the cloud's grain does not."""
    solid = Solid.of(asset_of(KNOT.vertices, KNOT.faces, KNOT.volume))
    rng = Seed(seed).rng()
    frames = np.tile(np.eye(4), (40, 1, 1))
    for frame in frames:
        frame[:3, :3] = matrix_from_quat(normalize_quat(rng.normal(size=4)))
        frame[:3, 3] = rng.uniform(-0.08, 0.08, 3)
    size = np.array([half, half / 3, half / 9])
    touched = solid.touched(frames, np.tile(-size, (40, 1, 1)), np.tile(size, (40, 1, 1)))
    cloud, _ = solid.points(4000, rng)
    for frame, says in zip(frames, touched, strict=True):
        local = np.abs((cloud - frame[:3, 3]) @ frame[:3, :3]) - size
        if (local < 0).all(axis=1).any():
            assert says
        elif np.linalg.norm(np.maximum(local, 0), axis=1).min() > 0.005:
            assert not says


def test_boxes_that_share_a_border_do_not_touch():
    solid = Solid.of(primitive_asset(BoxShape(size_m=(0.5, 0.5, 0.5))))
    low = np.array([[[0.25, -0.1, -0.1]], [[0.249, -0.1, -0.1]]])
    high = np.array([[[0.5, 0.1, 0.1]], [[0.5, 0.1, 0.1]]])
    assert solid.touched(np.tile(np.eye(4), (2, 1, 1)), low, high).tolist() == [False, True]


def test_a_box_within_touches_nothing():
    """Only the surface is touched: what is wholly inside got there through it."""
    solid = Solid.of(primitive_asset(BoxShape(size_m=(0.5, 0.5, 0.5))))
    assert not solid.touched(np.eye(4)[None], np.full((1, 1, 3), -0.1), np.full((1, 1, 3), 0.1))[0]


def test_heights_over_a_sphere():
    solid = Solid.of(primitive_asset(SphereShape(radius_m=0.1, segments=96)))
    frame = np.eye(4)
    frame[2, 3] = -0.1
    radii = np.array([0.0, 0.02, 0.05, 0.09])
    heights = solid.heights(frame[None], np.stack([radii, np.zeros(4)], axis=1), 0.03)[0]
    assert heights[:3] == pytest.approx(0.1 - np.sqrt(0.01 - radii[:3] ** 2), abs=2e-4)
    assert heights[3] == math.inf


def test_points_are_spread_by_area():
    """Half of a box's points are on its two large sides, give or take the one that each border between parts can shift."""
    box = Solid.of(primitive_asset(BoxShape(size_m=(0.1, 0.2, 0.05))))
    points, face = box.points(1000, Seed(3).rng())
    areas = {0: 2 * 0.2 * 0.05, 1: 2 * 0.1 * 0.05, 2: 2 * 0.1 * 0.2}
    axis = np.argmax(np.abs(box.normals[face]), axis=1)
    for k, area in areas.items():
        assert abs((axis == k).sum() - 1000 * area / sum(areas.values())) <= 4
    assert np.abs(points).max(axis=0) == pytest.approx((0.05, 0.1, 0.025))


@pytest.mark.parametrize("flipped", [slice(None, None, -1), slice(None)])
def test_normals_point_out_or_both_ways(flipped):
    """A surface that is wound inside out has each triangle twice, so that the outer side is among them."""
    solid = Solid.of(asset_of(KNOT.vertices, KNOT.faces[:, flipped], KNOT.volume))
    assert len(solid.corners) == len(KNOT.faces) * (1 if flipped.step is None else 2)
    starts, directions = np.array([[0.05, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0]])
    _, along, face = solid.hits(starts, directions, 0.1)
    assert np.ptp(along) < 1e-12
    assert solid.normals[face, 2].max() > 0.9


def test_what_has_no_surface_or_no_volume_is_refused():
    with pytest.raises(AssetError, match=r"user:thing: has no surface to grasp"):
        Solid.of(asset_of(np.zeros((3, 3)), [[0, 1, 2]]))
    with pytest.raises(AssetError, match=r"user:thing: has no surface to grasp"):
        Solid.of(asset_of(np.zeros((0, 3)), np.zeros((0, 3), int)))
    for volume in (0.0, -1.0, math.nan):
        with pytest.raises(AssetError, match=r"user:thing: has no volume"):
            Solid.of(asset_of(np.eye(3), [[0, 1, 2]], volume))
