"""Noise and blur, measured in pictures of which they are known."""

import math

import cv2
import numpy as np
import pytest

from diorama.sim.photo.grain import blur, grain, noise
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.spec import CameraSpec, SensorSpec

W, H = 480, 360


@pytest.fixture(scope="module")
def sensor():
    return Sensor()


def picture(sensor, light, **settings):
    """Light (H, W), as a sensor of these settings develops it."""
    camera = CameraSpec(width=light.shape[1], height=light.shape[0], sensor=SensorSpec(**settings))
    return sensor.develop(np.repeat(light[..., None], 3, axis=2).astype(np.float32), camera)


def slopes():
    return np.linspace(0.05, 0.6, W)[None] * np.linspace(0.6, 1.2, H)[:, None]


def rectangles(scale=1):
    """Many edges, between pixels and on their borders."""
    rng = np.random.default_rng(0)
    out = np.full((H * 4, W * 4), 0.2)
    for _ in range(40):
        x, y, w, h = (int(rng.integers(0, limit)) for limit in (W * 4, H * 4, 600, 600))
        out[y : y + h + 60, x : x + w + 60] = rng.uniform(0.02, 0.8)
    return cv2.resize(out, (W, H), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("curve", ["filmic", "linear"])
@pytest.mark.parametrize(("read", "shot"), [(0.01, 0.0), (0.004, 0.02), (0.0, 0.03), (0.02, 0.01)])
def test_noise_is_told_to_a_tenth(sensor, curve, read, shot):
    found = noise(picture(sensor, slopes(), tone_curve=curve, read_noise=read, shot_noise=shot, noise_seed=7), curve)
    for signal in (0.1, 0.3, 0.6):
        deviation, wanted = (math.sqrt(r * r + s * s * signal) for r, s in (found, (read, shot)))
        assert deviation == pytest.approx(wanted, rel=0.1)


def test_noise_is_told_between_edges_too(sensor):
    found = noise(picture(sensor, rectangles(), tone_curve="linear", read_noise=0.012), "linear")
    assert math.hypot(found[0], found[1] * math.sqrt(0.3)) == pytest.approx(0.012, rel=0.1)


def test_a_clean_picture_has_none(sensor):
    assert noise(picture(sensor, rectangles()), "filmic") == (0.0, 0.0)
    assert max(noise(picture(sensor, slopes()), "filmic")) < 1e-3  # steps of codes
    assert noise(np.full((200, 200, 3), 255, np.uint8), "filmic") == (0.0, 0.0)  # clipped
    assert noise(np.zeros((8, 8, 3), np.uint8), "filmic") == (0.0, 0.0)  # too small to tell


@pytest.mark.parametrize("curve", ["filmic", "linear"])
@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.0, 1.5])
def test_blur_is_told_to_an_eighth_of_a_pixel(sensor, curve, sigma):
    assert blur(picture(sensor, rectangles(), tone_curve=curve, blur_px=sigma), curve) == pytest.approx(sigma, abs=0.125)
    assert blur(picture(sensor, rectangles(), tone_curve=curve, blur_px=sigma, read_noise=0.01), curve, 0.01) == pytest.approx(sigma, abs=0.2)


def test_a_sharp_picture_has_none(sensor):
    assert blur(picture(sensor, rectangles()), "filmic") < 0.15
    assert blur(picture(sensor, slopes()), "filmic") == 0.0  # no edges


def test_it_measures_again_what_it_was_told(sensor):
    """A picture made with the grain that was found has that grain."""
    first = grain(picture(sensor, rectangles(), read_noise=0.008, shot_noise=0.01, blur_px=0.9), "filmic")
    again = grain(picture(sensor, rectangles(), read_noise=first.read_noise, shot_noise=first.shot_noise, blur_px=first.blur_px), "filmic")
    for signal in (0.1, 0.5):
        before, after = (math.hypot(g.read_noise, g.shot_noise * math.sqrt(signal)) for g in (first, again))
        assert after == pytest.approx(before, rel=0.1)
    assert again.blur_px == pytest.approx(first.blur_px, abs=0.15)
