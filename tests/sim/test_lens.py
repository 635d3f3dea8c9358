"""Lenses against OpenCV's, there and back."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from diorama.sim.lens import distort, largest_radius, project_points, rays_at, undistort
from diorama.sim.seeds import Seed
from diorama.sim.spec import BrownConrady, CameraSpec, KannalaBrandt
from diorama.sim.transforms import project

BARREL = BrownConrady(k1=-0.3, k2=0.1, p1=0.001, p2=-0.002, k3=-0.02)
PINCUSHION = BrownConrady(k1=0.2, k2=0.05, p1=-0.003, p2=0.001, k3=0.01)
FISHEYE = KannalaBrandt(k1=0.05, k2=-0.02, k3=0.004, k4=-0.001)
#: Real lenses' coefficients and somewhat beyond.
brown_lenses = st.builds(
    BrownConrady,
    k1=st.floats(-0.5, 0.5),
    k2=st.floats(-0.3, 0.3),
    k3=st.floats(-0.1, 0.1),
    p1=st.floats(-0.01, 0.01),
    p2=st.floats(-0.01, 0.01),
)
fisheyes = st.builds(KannalaBrandt, k1=st.floats(-0.2, 0.2), k2=st.floats(-0.1, 0.1), k3=st.floats(-0.05, 0.05), k4=st.floats(-0.02, 0.02))


def with_lens(distortion) -> CameraSpec:
    return CameraSpec(distortion=distortion, fx=500, fy=510, cx=311, cy=250)


def directions(count: int) -> NDArray[np.float64]:
    return Seed(1).rng().normal(size=(count, 3))


def opencv(camera: CameraSpec, points: NDArray) -> NDArray:
    lens = camera.distortion
    if isinstance(lens, KannalaBrandt):
        return cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), camera.k, np.array([lens.k1, lens.k2, lens.k3, lens.k4]))[0][:, 0]
    return cv2.projectPoints(points, np.zeros(3), np.zeros(3), camera.k, np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3]))[0][:, 0]


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION, FISHEYE, KannalaBrandt()])
def test_points_are_seen_where_opencv_projects_them(lens) -> None:
    camera, points = with_lens(lens), directions(2000)
    points = points[np.hypot(points[:, 0], points[:, 1]) < 1.4 * points[:, 2]]
    ours = project_points(camera, points)
    assert len(points) > 300
    assert_allclose(ours, opencv(camera, points), rtol=1e-12, atol=1e-9)


def test_pixels_see_what_opencv_undistorts_them_to() -> None:
    pixels = Seed(2).rng().uniform((0, 0), (640, 480), (500, 2))
    for lens in (BARREL, PINCUSHION):
        camera = with_lens(lens)
        coefficients = np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3])
        to_the_end = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 1000, 1e-14)
        theirs = cv2.undistortPoints(pixels[:, None], camera.k, coefficients, criteria=to_the_end)[:, 0]
        rays = rays_at(camera, pixels)
        assert_allclose(rays[:, :2] / rays[:, 2:], theirs, atol=1e-10)
    camera = with_lens(FISHEYE)
    rays = rays_at(camera, pixels)
    theirs = cv2.fisheye.undistortPoints(pixels[:, None], camera.k, np.array([FISHEYE.k1, FISHEYE.k2, FISHEYE.k3, FISHEYE.k4]))[:, 0]
    assert_allclose(rays[:, :2] / rays[:, 2:], theirs, atol=1e-7)


def test_a_lens_of_zeros_is_a_pinhole() -> None:
    points = directions(500)
    plain, zeros = with_lens(None), with_lens(BrownConrady())
    assert_allclose(project_points(zeros, points), project(plain.k, points), rtol=1e-14, atol=1e-11)
    assert_allclose(project_points(plain, points), project(plain.k, points), rtol=1e-14, atol=1e-11)
    pixels = Seed(3).rng().uniform(-1000, 2000, (500, 2))
    assert_allclose(rays_at(zeros, pixels), rays_at(plain, pixels), rtol=1e-15)


def test_a_fisheye_sees_behind_itself() -> None:
    """The equidistant lens: the radius is the angle, up to straight behind."""
    angle = np.array([0.0, 1.0, math.pi / 2, 2.0, 3.1])
    points = np.stack([np.sin(angle), np.zeros(5), np.cos(angle)], axis=1) * 3
    assert_allclose(distort(KannalaBrandt(), points), np.stack([angle, np.zeros(5)], axis=1), atol=1e-15)
    assert_allclose(undistort(KannalaBrandt(), np.stack([angle, np.zeros(5)], axis=1)) * 3, points, atol=1e-14)


def worst_turn(lens, share: float) -> NDArray:
    """Points up to the share of the lens's reach, in rings."""
    reach = min(largest_radius(lens), 3.0) * share
    radius, turn = np.meshgrid(np.linspace(0, reach, 60), np.linspace(0, 2 * math.pi, 23))
    if isinstance(lens, KannalaBrandt):
        return np.stack([np.sin(radius) * np.cos(turn), np.sin(radius) * np.sin(turn), np.cos(radius)], -1).reshape(-1, 3)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.ones_like(radius)], -1).reshape(-1, 3)


@settings(deadline=None)
@given(lens=st.one_of(brown_lenses, fisheyes))
def test_there_and_back_again(lens) -> None:
    camera = with_lens(lens)
    points = worst_turn(lens, 0.9)
    pixels = project_points(camera, points)
    seen = np.isfinite(pixels[:, 0])
    assert isinstance(lens, BrownConrady) or seen.all()
    rays = rays_at(camera, pixels[seen])
    found = np.isfinite(rays[:, 0])
    # Strong tangential shifts fold the outermost ring of some lenses; there a pixel may see nothing.
    assert found.mean() > 0.95
    assert_allclose(np.linalg.norm(rays[found], axis=1), 1, atol=1e-14)
    assert_allclose(project_points(camera, rays[found]), pixels[seen][found], rtol=1e-12, atol=1e-9)


@settings(deadline=None)
@given(lens=st.one_of(brown_lenses, fisheyes))
def test_beyond_its_reach_a_lens_sees_nothing(lens) -> None:
    limit = largest_radius(lens)
    if limit > 3:
        return
    beyond = worst_turn(lens, 1.0 + 1e-6)[59::60]
    assert np.isnan(distort(lens, beyond)).all()
    if isinstance(lens, BrownConrady) and (lens.p1 or lens.p2):
        return
    rim = np.nanmax(distort(lens, worst_turn(lens, 1.0 - 1e-9)))
    assert np.isnan(undistort(lens, [(rim * 1.001, 0.0), (0.0, rim * 50)])).all()
    assert np.isfinite(undistort(lens, [(rim * 0.999, 0.0)])).all()


def test_the_reach_is_just_before_the_image_turns_back() -> None:
    """Closed forms: r + k1 r^3 grows by 1/20 at the root of 0.95 + 3 k1 r^2, and a lens that never grows less sees all."""
    assert largest_radius(BrownConrady(k1=-0.25)) == pytest.approx(math.sqrt(0.95 / 0.75), rel=1e-12)
    assert largest_radius(KannalaBrandt(k1=-0.25)) == pytest.approx(math.sqrt(0.95 / 0.75), rel=1e-12)
    assert largest_radius(BrownConrady(k1=0.25)) > 1e5
    assert largest_radius(KannalaBrandt()) == math.pi
    # 0.95 - 3 s + s^2 has two roots, of which the first counts.
    assert largest_radius(BrownConrady(k1=-1, k2=0.2)) == pytest.approx(math.sqrt((3 - math.sqrt(9 - 3.8)) / 2), rel=1e-12)
    # All but nothing of the picture is lost: of 1000 pixels' focal length, less than one.
    turn = 1 / math.sqrt(0.75)
    reach = distort(BrownConrady(k1=-0.25), [(largest_radius(BrownConrady(k1=-0.25)) * (1 - 1e-12), 0, 1)])[0, 0]
    assert 0 < 1000 * (turn - 0.25 * turn**3 - reach) < 1


def test_a_ray_does_not_depend_on_what_is_asked_beside_it() -> None:
    pixels = Seed(4).rng().uniform(-200, 900, (20_000, 2))
    for lens in (BARREL, FISHEYE):
        camera = with_lens(lens)
        together = rays_at(camera, pixels)
        alone = np.concatenate([rays_at(camera, pixels[i : i + 1]) for i in range(0, 20_000, 97)])
        assert np.array_equal(together[::97], alone, equal_nan=True)


def test_sines_and_angles_agree_with_the_c_library() -> None:
    """The lens's own, which use arithmetic alone."""
    angle = np.linspace(0, math.pi, 5001)
    rays = undistort(KannalaBrandt(), np.stack([angle, np.zeros_like(angle)], axis=1)[:-1])
    assert_allclose(rays[:, 0], np.sin(angle)[:-1], atol=2e-15)
    assert_allclose(rays[:, 2], np.cos(angle)[:-1], atol=2e-15)
    points = directions(5000)
    assert_allclose(np.hypot(*distort(KannalaBrandt(), points).T), np.arctan2(np.hypot(points[:, 0], points[:, 1]), points[:, 2]), rtol=1e-14)
