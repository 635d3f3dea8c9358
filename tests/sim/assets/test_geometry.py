import math

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.assets import geometry
from diorama.sim.assets.primitives import box, cylinder, primitive_asset, revolved, sphere
from diorama.sim.assets.surface import Surface, mesh_parts
from diorama.sim.spec import BoxShape, CylinderShape, PrismShape, SphereShape

sizes = st.floats(0.01, 10.0)
shifts = st.tuples(*[st.floats(-5.0, 5.0)] * 3)


@given(size=st.tuples(sizes, sizes, sizes), shift=shifts)
def test_a_box_has_its_volume_and_centre_wherever_it_is(size, shift):
    positions, faces = box(size)
    volume, center = geometry.signed_volume_and_center(positions + shift, faces)
    assert volume == pytest.approx(math.prod(size), rel=1e-9)
    assert center == pytest.approx(shift, abs=1e-9)


@given(segments=st.integers(8, 64), radius=sizes, height=sizes)
def test_a_cylinder_has_the_volume_of_its_polygon(segments, radius, height):
    polygon = segments / 2 * radius**2 * math.sin(2 * math.pi / segments)
    assert geometry.signed_volume_and_center(*cylinder(radius, height, segments))[0] == pytest.approx(polygon * height, rel=1e-9)


def test_spheres_tend_to_the_ideal_volume_quadratically():
    error = [4 / 3 * math.pi - geometry.signed_volume_and_center(*sphere(1.0, n))[0] for n in (32, 64, 128)]
    assert error[0] / error[1] == pytest.approx(4, rel=0.02)
    assert error[1] / error[2] == pytest.approx(4, rel=0.005)
    assert 0 < error[2] < 0.01


def test_a_cone_has_its_centre_of_mass_at_a_quarter_of_its_height():
    volume, center = geometry.signed_volume_and_center(*revolved([(0.0, 0.0), (1.0, 0.0), (0.0, 2.0)], 64))
    assert volume == pytest.approx(64 / 2 * math.sin(2 * math.pi / 64) * 2 / 3, rel=1e-9)
    assert center == pytest.approx((0, 0, 0.5), abs=1e-9)


@pytest.mark.parametrize("mesh", [trimesh.creation.icosphere(2), trimesh.creation.torus(1.0, 0.3), trimesh.creation.annulus(0.5, 1.0, 0.3)])
def test_mass_properties_agree_with_trimesh(mesh):
    moved = mesh.vertices + (0.3, -2.0, 7.0)
    volume, center = geometry.signed_volume_and_center(np.asarray(moved), np.asarray(mesh.faces))
    assert volume == pytest.approx(mesh.volume, rel=1e-9)
    assert center == pytest.approx(tuple(mesh.center_mass + (0.3, -2.0, 7.0)), abs=1e-9)


def test_overhang_is_zero_for_convex_things_and_the_depth_of_a_notch():
    assert geometry.overhang_m(*box((1, 2, 3))) == pytest.approx(0, abs=1e-12)
    assert geometry.overhang_m(*sphere(1.0, 24)) == pytest.approx(0, abs=1e-9)
    # An hourglass: from the waist's lower cone, the upper rim is this far out.
    positions, faces = revolved([(0.0, -1.0), (1.0, -1.0), (0.5, 0.0), (1.0, 1.0), (0.0, 1.0)], 90)
    slope = math.atan2(0.5, 1.0)
    assert geometry.overhang_m(positions, faces) == pytest.approx(2 * 0.5 * math.cos(slope), rel=2e-3)


def test_closedness():
    _, faces = box((1, 1, 1))
    assert geometry.is_closed(faces)
    assert not geometry.is_closed(faces[1:])
    assert not geometry.is_closed(np.concatenate([faces[:1, ::-1], faces[1:]]))


def normals_of(positions, faces, **options):
    (part,) = mesh_parts([Surface(positions=np.asarray(positions, float), faces=np.asarray(faces))], **options)
    return part


def test_a_box_has_flat_sides_and_a_sphere_has_radial_normals():
    part = normals_of(*box((1, 2, 3)))
    assert len(part.positions) == 24
    assert np.array_equal(np.sort(np.abs(part.normals), axis=1), np.tile([0, 0, 1], (24, 1)))
    ball = normals_of(*sphere(1.0, 48))
    assert np.abs(ball.normals - ball.positions).max() < 0.01


@given(st.integers(0, 2**32 - 1))
def test_corner_angles(seed):
    positions = np.random.default_rng(seed).uniform(-1, 1, (3, 3))
    angles = geometry.corner_angles(positions, np.array([[0, 1, 2]]))
    assert angles == pytest.approx(trimesh.triangles.angles(positions[None]), abs=1e-4)


@pytest.mark.parametrize(("bend_deg", "smooth"), [(35, True), (45, False)])
def test_an_edge_is_sharp_from_the_crease_angle_on(bend_deg, smooth):
    c, s = math.cos(math.radians(bend_deg)), math.sin(math.radians(bend_deg))
    positions = [[-1, 0, 0], [-1, 1, 0], [0, 0, 0], [0, 1, 0], [c, 0, s], [c, 1, s]]
    part = normals_of(positions, [[0, 2, 3], [0, 3, 1], [2, 4, 5], [2, 5, 3]])
    on_edge = part.positions[:, 0] == 0
    assert len(np.unique(part.normals[on_edge].round(3), axis=0)) == (1 if smooth else 2)


def test_normals_are_smooth_across_surfaces():
    profile = [(0.0, -1.0), (1.0, -0.5), (1.1, 0.5), (0.0, 1.0)]
    positions, faces = revolved(profile, 32)
    half = positions[faces].mean(axis=1)[:, 2] < 0
    split = mesh_parts([Surface(positions=positions, faces=faces[half]), Surface(positions=positions, faces=faces[~half])], math.pi)
    (whole,) = mesh_parts([Surface(positions=positions, faces=faces)], math.pi)
    by_place = {tuple(p.tolist()): n for p, n in zip(whole.positions, whole.normals, strict=True)}
    for part in split:
        for p, n in zip(part.positions, part.normals, strict=True):
            assert np.abs(by_place[tuple(p.tolist())] - n).max() < 1e-6


def test_faces_without_area_are_dropped_and_vertices_without_faces():
    positions = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0.5, 0, 0], [9, 9, 9]]
    part = normals_of(positions, [[0, 1, 2], [1, 2, 3], [0, 4, 1], [2, 2, 1]])
    assert part.faces.tolist() == [[0, 1, 2]]
    assert part.positions.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert mesh_parts([Surface(positions=np.zeros((3, 3)), faces=np.array([[0, 1, 2]]))]) == ()


@given(st.integers(0, 2**32 - 1))
def test_box_projected_coordinates_are_metres_on_the_dominant_plane_and_not_mirrored(seed):
    corners = np.random.default_rng(seed).uniform(-1, 1, (1, 3, 3))
    normal = geometry.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    uv, _ = geometry.box_projection(corners, normal)
    a, b = uv[0, 1] - uv[0, 0], uv[0, 2] - uv[0, 0]
    doubled_area = a[0] * b[1] - a[1] * b[0]
    assert doubled_area == pytest.approx(np.abs(normal).max(), rel=2e-3)  # seen from outside, u to v turns counter-clockwise


@pytest.mark.parametrize(
    ("shape", "volume", "extent"),
    [
        (BoxShape(size_m=(0.2, 0.3, 0.4)), 0.024, (0.2, 0.3, 0.4)),
        (SphereShape(radius_m=0.5, segments=96), math.pi / 6, (1, 1, 1)),
        (CylinderShape(radius_m=0.5, height_m=2.0, segments=96), math.pi / 2, (1, 1, 2)),
        (PrismShape(outline_m=((0.6, 0), (0.3, 0.5), (-0.3, 0.5), (-0.6, 0), (-0.3, -0.5), (0.3, -0.5)), height_m=0.2), 0.18, (1.2, 1, 0.2)),
    ],
)
def test_primitives(shape, volume, extent):
    asset = primitive_asset(shape)
    assert asset.volume_m3 == pytest.approx(volume, rel=3e-3)
    low, high = np.array(asset.bounds_m)
    assert high - low == pytest.approx(np.array(extent), rel=1e-6)
    assert high + low == pytest.approx(np.zeros(3), abs=1e-7)
    (part,) = asset.parts
    assert part.uv_in_metres
    assert (part.positions.dtype, part.normals.dtype, part.uv.dtype, part.faces.dtype) == (np.float32,) * 3 + (np.int32,)
    assert all(a.flags.c_contiguous for a in (part.positions, part.normals, part.uv, part.faces))
    (hull,) = asset.hulls
    assert np.array_equal(hull.min(axis=0).astype(np.float32), low.astype(np.float32))
