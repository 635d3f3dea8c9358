"""Rectangles of grasps in pictures: closed forms, the way back, and the measure by which two of them agree."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Grasps
from diorama.sim.grasping.rectangles import Rectangles, agree, camera_from_gripper, overlap, rectangles, turn_between
from diorama.sim.seeds import Seed
from diorama.sim.spec import GRIPPERS, BrownConrady, CameraSpec, Pose
from diorama.sim.transforms import compose, look_at

HAND = GRIPPERS["franka-hand"]
DOWN = look_at((0.1, -0.2, 1.0), (0.1, -0.2, 0.0))  # from a metre above, straight down; picture's up is the world's +y


def camera(**changes) -> CameraSpec:
    settings = {"width": 640, "height": 480, "fx": 500.0, "fy": 500.0, "cx": 310.0, "cy": 250.0, "world_from_camera": Pose.from_matrix(DOWN)}
    return CameraSpec(**settings | changes)


def grasps(world_from_gripper, opening_m=0.06, gripper=HAND) -> Grasps:
    poses = np.asarray(world_from_gripper, np.float64).reshape(-1, 4, 4)
    n = len(poses)
    width = np.full(n, opening_m)
    return Grasps(
        gripper=gripper,
        body_index=np.zeros(n, np.int32),
        world_from_gripper=poses,
        width_m=width,
        opening_m=width,
        quality=np.ones(n),
        alone=np.full(n, np.nan),
        reachable=np.ones(n, np.bool_),
        success=np.ones(n),
    )


def from_above(x: float, y: float, z: float, turn_rad: float) -> np.ndarray:
    """A gripper that reaches down, its jaws closing along the world's x turned about z."""
    c, s = math.cos(turn_rad), math.sin(turn_rad)
    return np.array([[c, s, 0, x], [s, -c, 0, y], [0, 0, -1, z], [0, 0, 0, 1.0]])


@given(x=st.floats(-0.2, 0.2), y=st.floats(-0.2, 0.2), z=st.floats(0, 0.5), turn=st.floats(-1.5, 1.5), opening=st.floats(0.01, 0.08))
def test_from_straight_above_it_is_what_similar_triangles_say(x, y, z, turn, opening):
    box, (along,) = rectangles(grasps(from_above(x, y, z, turn), opening), camera())
    scale = 500 / (1 - z)
    assert np.allclose(box.center_px, [[310 + scale * (x - 0.1), 250 - scale * (y + 0.2)]], atol=1e-6)
    assert np.allclose(box.opening_px, scale * opening)
    assert np.allclose(box.jaw_px, scale * HAND.finger_width_m)
    assert np.allclose(box.angle_rad, -turn)  # counter-clockwise in the world, and v goes down
    assert along == pytest.approx(1)


@given(
    u=st.floats(20, 620),
    v=st.floats(20, 460),
    angle=st.floats(-1.57, 1.57),
    opening=st.floats(5, 60),
    depth=st.floats(0.2, 2),
    bent=st.booleans(),
)
def test_a_rectangle_and_a_depth_are_a_grasp_again(u, v, angle, opening, depth, bent):
    eye = camera(
        distortion=BrownConrady(k1=-0.1, k2=0.01, p1=0.001) if bent else None, world_from_camera=Pose.from_matrix(look_at((1, 2, 3), (0, 0, 0)))
    )
    box = Rectangles.of([(u, v)], [angle], [opening], [10])
    poses, opening_m = camera_from_gripper(eye, box, [depth])
    assert np.allclose(poses[0, :3, 2], (0, 0, 1))
    assert poses[0, 2, 3] == pytest.approx(depth)
    assert np.linalg.det(poses[0, :3, :3]) == pytest.approx(1)
    back, along = rectangles(grasps(compose(eye.world_from_camera.matrix, poses), float(opening_m[0])), eye)
    assert np.allclose(back.center_px, box.center_px, atol=1e-6)
    assert np.allclose(back.direction, box.direction, atol=1e-7)
    assert np.allclose(back.opening_px, opening)
    assert along[0] == pytest.approx(1)


def test_corners_go_from_jaw_to_jaw_and_clockwise():
    corners = Rectangles.of([(100, 50)], [0.0], [40], [10]).corners_px
    assert np.allclose(corners, [[[80, 45], [120, 45], [120, 55], [80, 55]]])
    turned = Rectangles.of([(100, 50)], [math.pi / 2], [40], [10])
    assert np.allclose(turned.corners_px, [[[105, 30], [105, 70], [95, 70], [95, 30]]])


@given(angle=st.floats(-20, 20))
def test_half_a_turn_makes_no_difference(angle):
    one, other = (Rectangles.of([(0, 0)], [a], [4], [2]) for a in (angle, angle + math.pi))
    assert np.allclose(turn_between(one, other), 0, atol=1e-6)
    assert -math.pi / 2 < one.angle_rad[0] <= math.pi / 2
    assert math.sin(2 * one.angle_rad[0]) == pytest.approx(math.sin(2 * angle), abs=1e-9)


def test_behind_the_camera_nothing_is_seen():
    box, _ = rectangles(grasps(from_above(0.1, -0.2, 2.0, 0)), camera())
    assert np.isnan(box.center_px).all()
    assert np.isnan(box.opening_px).all()


def test_a_cup_has_no_rectangle():
    with pytest.raises(InvalidValue, match="cup-20 has none"):
        rectangles(grasps(np.eye(4), gripper=GRIPPERS["cup-20"]), camera())


def test_overlap_is_what_opencv_finds():
    rng = Seed(0).child("boxes").rng()
    ours, theirs = (rng.uniform((-20, -20, -3, 2, 2), (20, 20, 3, 40, 40), (30, 5)) for _ in range(2))
    one, other = (Rectangles.of(r[:, :2], r[:, 2], r[:, 3], r[:, 4]) for r in (ours, theirs))
    found = overlap(one, other)
    assert np.allclose(found, overlap(other, one).T)
    assert (found > 0.1).sum() > 100
    for i, a in enumerate(one.corners_px.astype(np.float32)):
        for j, b in enumerate(other.corners_px.astype(np.float32)):
            common, _ = cv2.intersectConvexConvex(a, b)
            either = ours[i, 3] * ours[i, 4] + theirs[j, 3] * theirs[j, 4] - common
            assert found[i, j] == pytest.approx(common / either, abs=1e-4)


def test_overlap_in_closed_form():
    square, half, far = Rectangles.of([(0, 0)], [0], [2], [2]), Rectangles.of([(1, 0)], [0], [2], [2]), Rectangles.of([(9, 9)], [1], [2], [2])
    assert overlap(square, square)[0, 0] == 1
    assert overlap(square, half)[0, 0] == pytest.approx(1 / 3)
    assert overlap(square, far)[0, 0] == 0
    # Two squares turned by 45 degrees against each other share a regular octagon.
    octagon = 8 * (math.sqrt(2) - 1)
    assert overlap(square, Rectangles.of([(0, 0)], [math.pi / 4], [2], [2]))[0, 0] == pytest.approx(octagon / (8 - octagon))


@pytest.mark.parametrize(
    ("shift", "turn_deg", "same"),
    [(0, 0, True), (0, 29, True), (0, 31, False), (0, 179, True), (11.9, 0, True), (12.1, 0, False)],
)
def test_the_measure_of_jiang(shift, turn_deg, same):
    # Shifted by s along its length l, a rectangle has Jaccard's index (l - s) / (l + s): a quarter at s = 0.6 l.
    truth = Rectangles.of([(0, 0), (500, 0)], [0, 0], [20, 20], [10, 10])
    assert agree(Rectangles.of([(shift, 0)], [math.radians(turn_deg)], [20], [10]), truth).tolist() == [same]
    assert agree(Rectangles.of([(shift, 0)], [0], [20], [10]), truth[:0]).tolist() == [False]


def test_what_a_rectangle_holds():
    box = Rectangles.of([(10, 10)], [math.pi / 2], [12], [4])
    points = [(10, 10), (10, 15.9), (10, 16.1), (11.9, 10), (12.1, 10), (10, 12.1)]
    assert box.contains(points).tolist() == [[True, True, False, True, False, True]]
    assert box.contains(points, 1 / 3).tolist() == [[True, False, False, True, False, False]]


def test_shapes_are_checked():
    with pytest.raises(InvalidValue, match=r"Rectangles\.jaw_px must be \(1,\)"):
        Rectangles.of([(0, 0)], [0], [1], [1, 2])
