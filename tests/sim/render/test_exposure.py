"""Which pictures a blurred one is the mean of, and when rows are read out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.render.raster.exposure import blurred_shots, exposures, sharp_shots, sheared
from diorama.sim.spec import BrownConrady, CameraSpec, Motion, Pose
from diorama.sim.transforms import apply, invert, normalize_quat, project

CAMERA = CameraSpec(width=64, height=48, fx=50, fy=55, cx=30, cy=25, world_from_camera=Pose((0.3, -0.2, 0.5), normalize_quat((0.8, 0.3, -0.4, 0.2))))
BLURRED = replace(CAMERA, aperture_m=0.03, focus_m=0.8, exposure_s=0.02)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 16, 33, 256])
def test_points_and_moments_and_places_are_spread_evenly(count: int) -> None:
    parts = exposures(replace(BLURRED, blur_samples=count), True)
    seconds, lens, places = (np.array([getattr(p, name) for p in parts]) for name in ("seconds", "lens_m", "place"))
    assert len(parts) == (count if count >= 4 else {2: 4, 3: 6}[count])
    # One moment in the middle of each of as many spans of the exposure.
    np.testing.assert_allclose(np.unique(seconds), 0.02 * ((np.arange(count) + 0.5) / count - 0.5), atol=1e-15)
    np.testing.assert_allclose(lens.mean(axis=0), 0, atol=1e-10)
    # The mean of the square of a disc's points is half its radius squared.
    assert (lens**2).sum(axis=1).mean() == pytest.approx(0.03**2 / 2, rel=0.7 / count)
    for axis in (0, 1):
        np.testing.assert_allclose(np.sort(places[:, axis]), (np.arange(len(parts)) + 0.5) / len(parts), atol=1e-15)


def test_no_two_of_them_go_together() -> None:
    """Where light falls on the lens tells nothing about when it does, nor about the place in the pixel."""
    parts = exposures(replace(BLURRED, blur_samples=64), True)
    columns = np.array([(p.seconds, *p.lens_m, np.hypot(*p.lens_m), *p.place) for p in parts])
    correlation = np.abs(np.corrcoef(columns.T) - np.eye(6))
    assert correlation.max() < 0.15


@pytest.mark.parametrize(
    ("changes", "moves"), [({"aperture_m": 0.0}, False), ({"aperture_m": 0.0, "exposure_s": 0.0}, True), ({"blur_samples": 1}, True)]
)
def test_a_sharp_picture_is_taken_once(changes: dict[str, float], moves: bool) -> None:
    assert exposures(replace(BLURRED, **changes), moves) == []


@given(st.floats(-2, 2), st.floats(-2, 2), st.integers(0, 15))
def test_what_is_in_focus_is_seen_at_one_place_from_all_over_the_lens(x: float, y: float, i: int) -> None:
    blurred = replace(BLURRED, exposure_s=0.0)
    [shot], part = blurred_shots(blurred, True)[i], exposures(blurred, True)[i]
    point = apply(CAMERA.world_from_camera.matrix, [(x, y, BLURRED.focus_m)])
    sharp, moved = (project(c.k, apply(invert(c.world_from_camera.matrix), point)) for c in (CAMERA, shot.camera))
    np.testing.assert_allclose(moved + part.place - 0.5, sharp, atol=1e-9)


@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.integers(0, 15))
def test_and_through_a_lens_that_bends_rays(x: float, y: float, i: int) -> None:
    """A sheared ray from the point of the aperture ends where that from its middle does, at `focus_m`."""
    [shot] = blurred_shots(replace(BLURRED, exposure_s=0.0, distortion=BrownConrady(k1=-0.1)), True)[i]
    ray = np.array([(x, y, 1.0)])
    ends = [
        apply(c.world_from_camera.matrix, apply(bend, ray) * BLURRED.focus_m)[0]
        for c, bend in ((CAMERA, np.eye(4)), (shot.camera, sheared(shot.shear)))
    ]
    np.testing.assert_allclose(ends[1], ends[0], atol=1e-12)


@pytest.mark.parametrize("count", [1, 4, 16])
@pytest.mark.parametrize("exposure_s", [0.0, 0.001, 0.02, 0.5])
def test_rows_are_read_out_at_their_own_moments(count: int, exposure_s: float) -> None:
    camera = replace(CAMERA, rolling_shutter_s=0.048, exposure_s=exposure_s, aperture_m=0.01, blur_samples=count)
    pictures = blurred_shots(camera, True) if count > 1 else [sharp_shots(camera, True)]
    moments = np.zeros((count, 48))
    for i, shots in enumerate(pictures):
        middle = exposures(camera, True)[i].seconds if count > 1 else 0.0
        assert shots[0].top == 0 and shots[-1].bottom == 48
        assert all(a.bottom == b.top for a, b in pairwise(shots))
        for shot in shots:
            moments[i, shot.top : shot.bottom] = shot.seconds - middle
    truth = np.linspace(-0.0235, 0.0235, 48)
    # Never farther than the pictures are apart, and right in the mean, but for whole rows.
    assert np.abs(moments - truth).max() <= exposure_s / count / 2 + 1e-12
    if exposure_s < 0.5:
        assert np.abs(moments.mean(axis=0) - truth)[count:-count].max() <= 0.001 / 2 + 1e-12


def test_readout_goes_on_beyond_the_picture() -> None:
    shots = sharp_shots(replace(CAMERA, rolling_shutter_s=0.048), True, -96, 144)
    assert [(shot.top, shot.bottom) for shot in shots] == [(y, y + 1) for y in range(-96, 144)]
    np.testing.assert_allclose([shot.seconds for shot in shots], 0.001 * np.arange(-96, 144) - 0.0235, atol=1e-15)


def test_cameras_are_where_their_motion_takes_them() -> None:
    camera = replace(CAMERA, rolling_shutter_s=0.048, motion=Motion((1.0, 2.0, 3.0), (0.0, 0.3, 0.0)))
    for shot in sharp_shots(camera, True):
        assert shot.camera.world_from_camera == camera.motion.moved(camera.world_from_camera, shot.seconds)


def test_without_motion_all_rows_are_one() -> None:
    for camera, moves in ((replace(CAMERA, rolling_shutter_s=0.05), False), (CAMERA, True)):
        [shot] = sharp_shots(camera, moves)
        assert (shot.top, shot.bottom, shot.seconds, shot.camera) == (0, camera.height, 0.0, camera)
