"""Other sizes and shapes of assets: volumes, centres, normals, convex pieces and bounds are those of what comes of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets import geometry
from diorama.sim.assets.deform import deformed, scaled
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.spec import BoxShape, Lattice, MeshShape, SphereShape

LIBRARY = AssetLibrary()
MUG, CAN, DUCK, CARTON = "household:mug/1", "household:can/2", "pybullet:duck", "household:carton/0"
GRID = np.stack(np.meshgrid(*[[0, 0.5, 1]] * 3, indexing="ij"), axis=-1)
factors = st.floats(0.2, 5.0)
names = st.sampled_from([MUG, CAN, DUCK, CARTON])


def lattice(offsets) -> Lattice:
    return Lattice(offsets=tuple(tuple(row) for row in np.asarray(offsets).reshape(27, 3).tolist()))


def bent(most: float = 0.08, seed: int = 0) -> Lattice:
    return lattice(np.random.default_rng(seed).uniform(-most, most, (27, 3)))


def solid(asset: Asset) -> tuple[float, tuple[float, float, float]]:
    """Volume and centre of mass within the visible surface."""
    return geometry.signed_volume_and_center(*geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in asset.parts]))


def is_closed(asset: Asset) -> bool:
    positions, faces = geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in asset.parts])
    return geometry.is_closed(geometry.weld(positions, 1e-7)[faces])


def assert_same(one: Asset, other: Asset) -> None:
    assert (one.bounds_m, one.volume_m3, one.density_kg_m3, one.closed) == (other.bounds_m, other.volume_m3, other.density_kg_m3, other.closed)
    assert all(np.array_equal(a, b) for a, b in zip(one.hulls, other.hulls, strict=True))
    for a, b in zip(one.parts, other.parts, strict=True):
        assert all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("positions", "normals", "uv", "faces"))
        assert a.look is b.look


@settings(max_examples=20)
@given(name=names, scale=factors)
def test_one_factor_is_three_equal_ones(name, scale):
    assert_same(LIBRARY.shape_asset(MeshShape(asset=name, scale=scale)), LIBRARY.shape_asset(MeshShape(asset=name, scale=(scale,) * 3)))


@settings(max_examples=20)
@given(name=names, scale=st.tuples(factors, factors, factors))
def test_three_factors_multiply_three_lengths(name, scale):
    plain, asset = LIBRARY.load(name), LIBRARY.shape_asset(MeshShape(asset=name, scale=scale))
    assert asset.volume_m3 == pytest.approx(plain.volume_m3 * math.prod(scale))
    assert np.array(asset.bounds_m) == pytest.approx(np.array(plain.bounds_m) * scale)
    assert solid(asset)[0] == pytest.approx(solid(plain)[0] * math.prod(scale), rel=1e-4)
    for a, b in zip(plain.hulls, asset.hulls, strict=True):
        assert b == pytest.approx(a * scale)
    for a, b in zip(plain.parts, asset.parts, strict=True):
        assert b.positions == pytest.approx(a.positions * scale, rel=1e-5, abs=1e-9)
        assert all(array.dtype == np.float32 for array in (b.positions, b.normals, b.uv))
        expected = a.normals / np.array(scale)
        assert b.normals == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-6)
        assert a.uv_in_metres or b.uv is a.uv


def test_a_ball_scaled_along_its_axes_has_the_normals_of_an_ellipsoid():
    ball = primitive_asset(SphereShape(radius_m=1.0, segments=64))
    (part,) = scaled(ball, (1.0, 2.0, 0.5)).parts
    expected = part.positions / np.array([1.0, 4.0, 0.25])  # the gradient of x2 + y2/4 + 4 z2
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.degrees(np.arccos(np.clip((part.normals * expected).sum(axis=1), -1, 1))).max() < 0.5  # that of the polyhedron


def test_surface_without_coordinates_of_its_own_still_counts_metres():
    block = primitive_asset(BoxShape(size_m=(0.2, 0.3, 0.5)))
    (own,), (part,) = block.parts, scaled(block, (2.0, 1.0, 0.5)).parts
    assert own.uv_in_metres
    for asset_part in (own, part):
        corners, uv = asset_part.positions[asset_part.faces].astype(np.float64), asset_part.uv[asset_part.faces].astype(np.float64)
        for a, b in ((0, 1), (1, 2), (2, 0)):  # a box's faces lie flat in their coordinates
            length = np.linalg.norm(corners[:, a] - corners[:, b], axis=1)
            assert np.linalg.norm(uv[:, a] - uv[:, b], axis=1) == pytest.approx(length, rel=1e-5)


@settings(max_examples=20)
@given(name=names)
def test_a_lattice_of_zeros_changes_not_a_bit(name):
    assert_same(LIBRARY.shape_asset(MeshShape(asset=name, lattice=lattice(np.zeros(81)))), LIBRARY.load(name))
    small = LIBRARY.shape_asset(MeshShape(asset=name, scale=(1.0, 2.0, 3.0), lattice=lattice(np.zeros(81))))
    assert_same(small, LIBRARY.shape_asset(MeshShape(asset=name, scale=(1.0, 2.0, 3.0))))


@settings(max_examples=20, deadline=None)
@given(name=names, scale=st.tuples(*[st.floats(0.6, 1.4)] * 3), shift=st.tuples(*[st.floats(-0.05, 0.05)] * 3))
def test_an_affine_lattice_is_a_scale(name, scale, shift):
    """Where it puts the asset does not matter: the origin is the centre of mass again."""
    plain = LIBRARY.load(name)
    expected = scaled(plain, scale)
    asset = deformed(plain, lattice((GRID - 0.5) * (np.array(scale) - 1) + shift))
    size = np.subtract(*plain.bounds_m[::-1]).max()
    assert asset.volume_m3 == pytest.approx(expected.volume_m3, rel=1e-4)
    assert np.array(asset.bounds_m) == pytest.approx(np.array(expected.bounds_m), abs=1e-5 * size)
    for a, b in zip(asset.hulls, expected.hulls, strict=True):
        assert np.c_[a.min(axis=0), a.max(axis=0)] == pytest.approx(np.c_[b.min(axis=0), b.max(axis=0)], abs=1e-5 * size)
    for a, b in zip(asset.parts, expected.parts, strict=True):
        assert a.positions[: len(b.positions)] == pytest.approx(b.positions, abs=1e-5 * size)  # what divides them comes after
        assert a.normals[: len(b.normals)] == pytest.approx(b.normals, abs=1e-5)
        uv = a.uv[: len(b.uv)]
        if not a.uv_in_metres:
            assert uv == pytest.approx(b.uv)


@pytest.mark.parametrize("name", ["household:puzzle-cube/0", CARTON, CAN, MUG, "household:bowl/0", "household:banana/0"])
def test_a_bent_thing_is_closed_and_its_volume_and_centre_are_its_own(name):
    plain = LIBRARY.load(name)
    asset = LIBRARY.shape_asset(MeshShape(asset=name, lattice=bent()))
    assert is_closed(plain)
    assert is_closed(asset)  # dividing and moving left no gaps
    volume, center = solid(asset)
    assert asset.volume_m3 / plain.volume_m3 == pytest.approx(volume / solid(plain)[0], rel=1e-5)
    assert volume == pytest.approx(solid(plain)[0], rel=0.5)
    assert volume != pytest.approx(solid(plain)[0], rel=1e-3)
    assert center == pytest.approx(solid(plain)[1], abs=1e-5)
    positions = np.concatenate([p.positions for p in asset.parts])
    assert np.array_equal(np.array(asset.bounds_m), np.stack([positions.min(axis=0), positions.max(axis=0)]).astype(np.float64))


def test_normals_are_those_of_the_bent_surface():
    ball = primitive_asset(SphereShape(radius_m=0.1, segments=96))
    (part,) = deformed(ball, bent(0.08)).parts
    positions, faces = part.positions.astype(np.float64), part.faces.astype(np.int64)
    flat = geometry.unit(geometry.area_vectors(positions, faces))
    cosine = (part.normals[faces] * flat[:, None]).sum(axis=2)
    assert np.degrees(np.arccos(cosine.min())) < 6  # half of a face's turn, at most
    assert np.linalg.norm(part.normals, axis=1) == pytest.approx(1, abs=1e-6)


def test_convex_pieces_hold_what_is_seen():
    """A crate whose faces bulge stands on its bulges."""
    block = primitive_asset(BoxShape(size_m=(0.2, 0.3, 0.1)))
    values = np.zeros((3, 3, 3, 3))
    values[1, 1, 0, 2], values[1, 1, 2, 2] = -0.2, 0.2
    asset = deformed(block, lattice(values))
    low, high = (corner[2] for corner in asset.bounds_m)
    assert high - low == pytest.approx(0.1 * (1 + 2 * 0.2 / 4), rel=1e-5)
    (hull,) = asset.hulls
    assert (hull[:, 2].min(), hull[:, 2].max()) == pytest.approx((low, high), rel=1e-5)
    # The volume under a biquadratic bulge: the middle point's weight is 1/3 along each axis, on average.
    assert asset.volume_m3 == pytest.approx(0.2 * 0.3 * 0.1 * (1 + 2 * 0.2 / 9), rel=0.01)


def test_without_an_inside_the_pieces_tell_how_much_there_is():
    can = LIBRARY.load(CAN)
    open_can = Asset(
        **{name: getattr(can, name) for name in ("id", "category", "supercategory", "hulls", "bounds_m", "volume_m3")},
        parts=can.parts[:1],
    )
    assert not is_closed(open_can)
    expected = deformed(can, bent(0.06)).volume_m3
    assert deformed(open_can, bent(0.06)).volume_m3 == pytest.approx(expected, rel=0.1)


def test_coarse_surfaces_are_divided_alike_on_both_sides_of_a_seam():
    block = primitive_asset(BoxShape(size_m=(0.2, 0.3, 0.1)))
    (part,) = deformed(block, bent(0.05)).parts
    assert len(part.faces) > 12 * 36
    assert is_closed(deformed(block, bent(0.05)))
    assert part.uv_in_metres and len(part.uv) == len(part.positions)


def test_a_lattice_and_a_scale_commute():
    asset = LIBRARY.shape_asset(MeshShape(asset=DUCK, scale=(1.0, 2.0, 0.5), lattice=bent()))
    other = deformed(scaled(LIBRARY.load(DUCK), (1.0, 2.0, 0.5)), bent())
    assert asset.volume_m3 == pytest.approx(other.volume_m3, rel=1e-5)
    assert np.array(asset.bounds_m) == pytest.approx(np.array(other.bounds_m), abs=1e-7)


def test_the_same_lattice_is_the_same_object():
    assert LIBRARY.shape_asset(MeshShape(asset=MUG, lattice=bent())) is LIBRARY.shape_asset(MeshShape(asset=MUG, lattice=bent()))
    assert LIBRARY.shape_asset(MeshShape(asset=MUG, lattice=bent())) is not LIBRARY.shape_asset(MeshShape(asset=MUG, lattice=bent(seed=1)))
