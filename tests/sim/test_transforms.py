"""Rigid transforms form a group; quaternions are the same group; projection has a closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from diorama.sim import transforms
from diorama.sim.spec import CameraSpec, Pose

coordinate = st.floats(-10, 10, allow_subnormal=False)
vectors = st.tuples(coordinate, coordinate, coordinate)
directions = vectors.filter(lambda v: math.hypot(*v) > 1e-2)
unit = st.floats(-1, 1, allow_subnormal=False)
quaternions = st.tuples(unit, unit, unit, unit).filter(lambda q: math.hypot(*q) > 1e-2).map(transforms.normalize_quat)
rigid = st.builds(lambda p, q: Pose(p, q).matrix, vectors, quaternions)
clouds = st.lists(vectors, min_size=1, max_size=8).map(np.array)


def close(actual, desired):
    assert_allclose(actual, desired, rtol=0, atol=1e-12)


# --- the group of rigid transforms ---


@given(rigid, rigid)
def test_composition_stays_rigid(a, b):
    product = transforms.compose(a, b)
    close(product[:3, :3] @ product[:3, :3].T, np.eye(3))
    assert np.linalg.det(product[:3, :3]) == pytest.approx(1, abs=1e-12)
    assert_array_equal(product[3], [0, 0, 0, 1])


@given(rigid, rigid, rigid)
def test_composition_is_associative(a, b, c):
    left = transforms.compose(transforms.compose(a, b), c)
    right = transforms.compose(a, transforms.compose(b, c))
    close(left, right)
    assert_array_equal(transforms.compose(a, b, c), left)


@given(rigid)
def test_identity_is_neutral_to_the_last_bit(a):
    assert_array_equal(transforms.compose(np.eye(4), a), a)
    assert_array_equal(transforms.compose(a, np.eye(4)), a)
    assert_array_equal(transforms.compose(a), a)


@given(rigid)
def test_inverse_undoes_from_both_sides(a):
    close(transforms.compose(a, transforms.invert(a)), np.eye(4))
    close(transforms.compose(transforms.invert(a), a), np.eye(4))
    close(transforms.invert(transforms.invert(a)), a)


@given(rigid, rigid)
def test_inverse_of_a_product_is_the_product_of_inverses_reversed(a, b):
    close(transforms.invert(transforms.compose(a, b)), transforms.compose(transforms.invert(b), transforms.invert(a)))


@given(rigid, rigid)
def test_compose_is_the_matrix_product(a, b):
    close(transforms.compose(a, b), a @ b)


@given(rigid, rigid)
def test_stacks_compose_and_invert_like_their_members(a, b):
    stack = np.stack([a, b])
    assert_array_equal(transforms.compose(stack, b), [transforms.compose(a, b), transforms.compose(b, b)])
    assert_array_equal(transforms.compose(b, stack), [transforms.compose(b, a), transforms.compose(b, b)])
    assert_array_equal(transforms.invert(stack), [transforms.invert(a), transforms.invert(b)])


@given(rigid, rigid, clouds)
def test_a_from_b_reads_from_right_to_left(a_from_b, b_from_c, points_c):
    close(
        transforms.apply(transforms.compose(a_from_b, b_from_c), points_c),
        transforms.apply(a_from_b, transforms.apply(b_from_c, points_c)),
    )


@given(rigid, clouds)
def test_rigid_transforms_keep_distances(a, points):
    moved = transforms.apply(a, points)
    close(np.linalg.norm(moved - moved[0], axis=1), np.linalg.norm(points - points[0], axis=1))


def test_a_translation_moves_and_apply_keeps_float64():
    pose = Pose((1.0, 2.0, 3.0))
    moved = transforms.apply(pose.matrix, np.zeros((2, 3), np.float32))
    assert moved.dtype == np.float64
    assert_array_equal(moved, [[1, 2, 3], [1, 2, 3]])


# --- quaternions ---


@given(quaternions)
def test_quaternion_to_matrix_and_back(q):
    again = transforms.quat_from_matrix(transforms.matrix_from_quat(q))
    # q and -q are one rotation; with w at 0 either may come back.
    assert min(math.dist(again, q), math.dist(again, [-c for c in q])) < 1e-12
    assert again[0] >= 0


@given(quaternions)
def test_matrix_of_a_quaternion_is_a_rotation(q):
    m = transforms.matrix_from_quat(q)
    close(m @ m.T, np.eye(3))
    assert np.linalg.det(m) == pytest.approx(1, abs=1e-12)


@given(quaternions)
def test_q_and_minus_q_are_one_rotation(q):
    assert_array_equal(transforms.matrix_from_quat(q), transforms.matrix_from_quat([-c for c in q]))


@given(quaternions, quaternions)
def test_product_of_quaternions_is_the_product_of_rotations(a, b):
    close(
        transforms.matrix_from_quat(transforms.quat_multiply(a, b)),
        transforms.compose(transforms.matrix_from_quat(a), transforms.matrix_from_quat(b)),
    )


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_half_turns_survive_the_matrix(axis):
    """Trace -1: the case in which the naive formula divides by zero."""
    assert transforms.quat_from_matrix(transforms.matrix_from_quat((0, *axis))) == (0, *axis)


@given(directions, st.floats(-math.pi, math.pi))
def test_axis_angle_fixes_its_axis_and_turns_by_its_angle(axis, angle):
    m = transforms.matrix_from_quat(transforms.quat_from_axis_angle(axis, angle))
    close(m @ axis, axis)
    assert np.trace(m) == pytest.approx(1 + 2 * math.cos(angle), abs=1e-12)


@pytest.mark.parametrize(
    ("axis", "of_x", "of_y", "of_z"),
    [
        ((1, 0, 0), (1, 0, 0), (0, 0, 1), (0, -1, 0)),
        ((0, 1, 0), (0, 0, -1), (0, 1, 0), (1, 0, 0)),
        ((0, 0, 1), (0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ],
)
def test_rotations_are_right_handed_and_wxyz(axis, of_x, of_y, of_z):
    quarter = transforms.quat_from_axis_angle(axis, math.pi / 2)
    assert quarter[0] == pytest.approx(math.sqrt(0.5)), "the scalar part comes first"
    close(transforms.matrix_from_quat(quarter).T, [of_x, of_y, of_z])


@given(quaternions, st.floats(0.1, 10))
def test_normalizing_forgets_length_and_sign(q, length):
    scaled = transforms.normalize_quat([c * length for c in q])
    assert math.hypot(*scaled) == pytest.approx(1, abs=1e-15)
    assert scaled[0] >= 0
    close(scaled, q)


@given(vectors, quaternions)
def test_pose_to_matrix_and_back(position, q):
    pose = Pose(position, q)
    again = Pose.from_matrix(pose.matrix)
    assert again.position_m == position
    close(again.matrix, pose.matrix)


# --- vectors ---


@given(directions)
def test_normalize_keeps_the_direction(v):
    n = transforms.normalize(v)
    assert math.hypot(*n) == pytest.approx(1, abs=1e-15)
    close(np.array(n) * math.hypot(*v), v)


def test_the_zero_vector_has_no_direction():
    with pytest.raises(ZeroDivisionError):
        transforms.normalize((0, 0, 0))


@given(vectors, vectors)
def test_cross_is_numpys(a, b):
    close(transforms.cross(a, b), np.cross(a, b))


# --- cameras ---


@given(vectors, vectors)
def test_look_at_puts_the_target_on_the_axis_and_up_upwards(eye, target):
    if math.dist(eye, target) < 1e-2:
        return
    world_from_camera = transforms.look_at(eye, target)
    close(world_from_camera[:3, :3] @ world_from_camera[:3, :3].T, np.eye(3))
    assert np.linalg.det(world_from_camera[:3, :3]) == pytest.approx(1, abs=1e-12)
    camera_from_world = transforms.invert(world_from_camera)
    assert_allclose(transforms.apply(camera_from_world, [target]), [[0, 0, math.dist(eye, target)]], atol=1e-9)
    forward = (np.subtract(target, eye)) / math.dist(eye, target)
    if math.hypot(forward[0], forward[1]) > 1e-4:
        assert world_from_camera[2, 0] == pytest.approx(0, abs=1e-9), "the horizon is level"
        assert world_from_camera[2, 1] < 0, "image down is world down"


@pytest.mark.parametrize("target", [(0, 0, -1), (0, 0, 1)])
def test_looking_along_up_takes_world_y_for_up(target):
    world_from_camera = transforms.look_at((0, 0, 0), target)
    assert_array_equal(world_from_camera[:3, 2], target)
    assert_array_equal(world_from_camera[:3, 1], (0, -1, 0))


def test_looking_along_an_up_of_y_takes_world_x():
    world_from_camera = transforms.look_at((0, 0, 0), (0, 1, 0), up=(0, 1, 0))
    assert_array_equal(world_from_camera[:3, 1], (-1, 0, 0))


def test_camera_axes_are_x_right_y_down_z_forward():
    """A camera at the origin that looks along world +y: world +x is right of it, world +z above."""
    camera_from_world = transforms.invert(transforms.look_at((0, 0, 0), (0, 1, 0)))
    assert_array_equal(transforms.apply(camera_from_world, [(1, 0, 0), (0, 0, 1), (0, 1, 0)]), [(1, 0, 0), (0, -1, 0), (0, 0, 1)])


@given(
    st.floats(50, 2000),
    st.floats(50, 2000),
    st.floats(0, 640),
    st.floats(0, 480),
    st.tuples(coordinate, coordinate, st.floats(0.01, 100)),
)
def test_projection_is_the_pinhole_formula(fx, fy, cx, cy, point):
    camera = CameraSpec(fx=fx, fy=fy, cx=cx, cy=cy)
    x, y, z = point
    u, v = transforms.project(camera.k, [point])[0]
    assert u == pytest.approx(cx + fx * x / z, rel=1e-12, abs=1e-9)
    assert v == pytest.approx(cy + fy * y / z, rel=1e-12, abs=1e-9)
    homogeneous = camera.k @ point
    assert_allclose((u, v), homogeneous[:2] / homogeneous[2], rtol=1e-9, atol=1e-9)


def before_the_camera(cloud):
    return np.column_stack([cloud[:, :2], np.abs(cloud[:, 2]) + 0.02])


@given(clouds.map(before_the_camera), st.floats(0.1, 10))
def test_projection_forgets_the_distance_along_a_ray(points, scale):
    k = CameraSpec().k
    assert_allclose(transforms.project(k, points * scale), transforms.project(k, points), rtol=1e-9, atol=1e-9)


def test_points_at_or_behind_the_camera_have_no_image():
    uv = transforms.project(CameraSpec().k, [(0, 0, 1), (0, 0, 0), (0, 0, -1)])
    assert_array_equal(np.isnan(uv), [[False, False], [True, True], [True, True]])


@given(st.integers(1, 2000), st.integers(1, 2000), st.floats(0.05, 3.0))
def test_field_of_view_reaches_from_edge_to_edge(width, height, fov):
    camera = CameraSpec.from_fov(width=width, height=height, fov_y_rad=fov)
    t = math.tan(fov / 2)
    edges = transforms.project(camera.k, [(0, -t, 1), (0, t, 1), (-t * width / height, 0, 1), (t * width / height, 0, 1)])
    close(edges / max(width, height), np.array([(width / 2, 0), (width / 2, height), (0, height / 2), (width, height / 2)]) / max(width, height))
