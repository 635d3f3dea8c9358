"""Where the camera stood: what is projected from a pose gives the pose back, through our projection and through OpenCV's."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diorama.sim.errors import InvalidValue
from diorama.sim.photo.pose import camera_from_corners, plane_seen, tilted_camera
from diorama.sim.transforms import apply, invert, project

SIZE = (640, 480)
tilts = st.builds(
    tilted_camera,
    st.sampled_from([SIZE, (1000, 1500)]),
    height_m=st.floats(0.1, 10),
    pitch_rad=st.floats(0.3, 1.4),
    roll_rad=st.floats(-0.6, 0.6),
    fov_rad=st.floats(0.3, 1.6),
)
shares = st.floats(0.1, 0.6)


def rectangle(camera, across, along, yaw):
    """(4, 3) corners on the plane, around where the camera looks, and world_from_rectangle."""
    x, y, z = camera.world_from_camera.position_m
    forward = camera.world_from_camera.matrix[:3, 2]
    middle = np.array([x, y, 0]) + np.append(forward[:2], 0) * z / -forward[2]
    world_from_rectangle = np.eye(4)
    c, s = math.cos(yaw), math.sin(yaw)
    world_from_rectangle[:3, :3] = [[c, -s, 0], [s, c, 0], [0, 0, 1]]
    world_from_rectangle[:3, 3] = middle
    corners = [(-across / 2, along / 2, 0), (across / 2, along / 2, 0), (across / 2, -along / 2, 0), (-across / 2, -along / 2, 0)]
    return apply(world_from_rectangle, corners), world_from_rectangle


def seen(camera, points):
    return project(camera.k, apply(invert(camera.world_from_camera.matrix), points))


@given(tilts, shares, shares, st.floats(-math.pi, math.pi), st.booleans(), st.booleans())
def test_corners_give_back_the_camera(camera, across, along, yaw, knows_fov, is_mirrored):
    """To a millionth, of position and rotation and focal length, whichever way around the corners are given."""
    height = camera.world_from_camera.position_m[2]
    size = (across * height, along * height)
    points, world_from_rectangle = rectangle(camera, *size, yaw)
    pixels = seen(camera, points)
    assume(np.isfinite(pixels).all())
    x_from_first, corners = np.eye(4), [tuple(p) for p in pixels.tolist()]
    if is_mirrored:  # 0, 3, 2, 1: and x still leads along the side that is clockwise
        corners, size = [corners[0], *corners[:0:-1]], size[::-1]
    fov = 2 * math.atan(camera.height / 2 / camera.fy) if knows_fov else None
    found = camera_from_corners((camera.width, camera.height), corners, size, fov_rad=fov)
    wanted = invert(world_from_rectangle @ x_from_first) @ camera.world_from_camera.matrix
    np.testing.assert_allclose(found.world_from_camera.matrix[:3, :3], wanted[:3, :3], atol=1e-6)
    np.testing.assert_allclose(found.world_from_camera.matrix[:3, 3], wanted[:3, 3], atol=1e-6 * height)
    assert found.fx == found.fy == pytest.approx(camera.fx, rel=1e-6)


def test_opencv_finds_the_same():
    camera = tilted_camera(SIZE, height_m=0.8, pitch_rad=0.9, roll_rad=0.2, fov_rad=0.8)
    points, world_from_rectangle = rectangle(camera, 0.3, 0.2, 0.4)
    pixels = seen(camera, points)
    found = camera_from_corners(SIZE, [tuple(p) for p in pixels.tolist()], (0.3, 0.2), fov_rad=0.8)
    _, turn, way = cv2.solvePnP(apply(invert(world_from_rectangle), points), pixels, found.k, None, flags=cv2.SOLVEPNP_IPPE)
    camera_from_world = invert(found.world_from_camera.matrix)
    np.testing.assert_allclose(cv2.Rodrigues(turn)[0], camera_from_world[:3, :3], atol=1e-6)
    np.testing.assert_allclose(way[:, 0], camera_from_world[:3, 3], atol=1e-6)


def test_corners_clicked_a_little_off_still_give_a_camera_near_by():
    camera = tilted_camera(SIZE, height_m=0.6, pitch_rad=0.8, roll_rad=0.0, fov_rad=0.8)
    points, world_from_rectangle = rectangle(camera, 0.3, 0.2, 0.3)
    wanted = invert(world_from_rectangle) @ camera.world_from_camera.matrix
    rng = np.random.default_rng(0)
    for _ in range(50):
        clicked = seen(camera, points) + rng.uniform(-0.5, 0.5, (4, 2))
        found = camera_from_corners(SIZE, [tuple(p) for p in clicked.tolist()], (0.3, 0.2), fov_rad=0.8)
        assert np.abs(found.world_from_camera.matrix - wanted).max() < 0.03


@given(tilts)
def test_a_tilted_camera_stands_and_looks_as_told(camera):
    x, y, z = camera.world_from_camera.position_m
    right, _, forward = camera.world_from_camera.matrix[:3, :3].T
    assert (x, y) == (0, 0) and z > 0
    assert forward[0] == pytest.approx(0, abs=1e-9) and forward[1] > 0 > forward[2]
    assert np.linalg.norm(right) == pytest.approx(1)


def test_pitch_is_downwards_and_roll_clockwise():
    camera = tilted_camera(SIZE, height_m=1.0, pitch_rad=0.5, roll_rad=0.0, fov_rad=1.0)
    np.testing.assert_allclose(
        camera.world_from_camera.matrix[:3, :3].T, [[1, 0, 0], [0, -math.sin(0.5), -math.cos(0.5)], [0, math.cos(0.5), -math.sin(0.5)]], atol=1e-9
    )
    rolled = tilted_camera(SIZE, height_m=1.0, pitch_rad=0.5, roll_rad=0.1, fov_rad=1.0)
    assert rolled.world_from_camera.matrix[2, 0] == pytest.approx(-math.sin(0.1) * math.cos(0.5), abs=1e-9)  # its right side hangs
    assert 2 * math.atan(240 / camera.fy) == pytest.approx(1.0)


@given(tilts, st.floats(0.5, 20))
def test_the_part_of_the_plane_that_is_seen_is_seen(camera, reach):
    try:
        corners = plane_seen(camera, reach)
    except InvalidValue:
        assume(False)
    points = np.array([(x, y, 0) for x, y in corners])
    inside = points.mean(axis=0) + 0.999 * (points - points.mean(axis=0))
    there = apply(invert(camera.world_from_camera.matrix), inside)
    u, v = seen(camera, inside).T
    assert (there[:, 2] > 0).all() and (there[:, 2] < reach).all()
    assert (u > 0).all() and (u < camera.width).all() and (v > 0).all() and (v < camera.height).all()
    # And nothing more of it is: each corner is on the edge of the picture or of the reach.
    there, (u, v) = apply(invert(camera.world_from_camera.matrix), points), seen(camera, points).T
    slack = [u, camera.width - u, v, camera.height - v, (reach - there[:, 2]) * 1e4]
    assert (np.sort(np.abs(slack), axis=0)[1] < 1e-2).all()


@pytest.mark.parametrize(
    ("corners", "size", "message"),
    [
        ([(0, 0), (100, 0), (0, 100), (100, 100)], (1, 1), "convex quadrangle, in the order"),
        ([(0, 0), (100, 0), (50, 10), (0, 100)], (1, 1), "convex quadrangle"),
        ([(0, 0), (100, 0), (200, 0), (0, 100)], (1, 1), "convex quadrangle"),
        ([(200, 100), (400, 100), (400, 300), (200, 300)], (1, 1), "do not tell the focal length.*give fov_deg"),
    ],
)
def test_corners_that_tell_nothing_are_refused(corners, size, message):
    with pytest.raises(InvalidValue, match=message):
        camera_from_corners(SIZE, corners, size)


def test_a_wrong_size_is_noticed():
    camera = tilted_camera(SIZE, height_m=0.6, pitch_rad=0.8, roll_rad=0.0, fov_rad=0.8)
    points, _ = rectangle(camera, 0.4, 0.2, 0.0)
    corners = [tuple(p) for p in seen(camera, points).tolist()]
    with pytest.raises(InvalidValue, match=r"not those of a rectangle of 0\.2 x 0\.4 m: .* by \d+ px"):
        camera_from_corners(SIZE, corners, (0.2, 0.4), fov_rad=0.8)


def test_a_camera_that_looks_up_sees_no_plane():
    with pytest.raises(InvalidValue, match=r"sees nothing of the plane within 3 m"):
        plane_seen(tilted_camera(SIZE, height_m=1.0, pitch_rad=-1.0, roll_rad=0.0, fov_rad=0.8), 3.0)
