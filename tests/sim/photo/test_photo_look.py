"""Numbers of pictures, against pictures whose numbers are known."""

import math

import cv2
import numpy as np
import pytest

from diorama.sim.errors import InvalidValue
from diorama.sim.photo.look import look_of, read_picture

SIZE = (120, 160)


def grey(code: int) -> np.ndarray:
    return np.full((*SIZE, 3), code, np.uint8)


def linear(code: float) -> float:
    return ((code / 255 + 0.055) / 1.055) ** 2.4


def test_an_even_grey_picture():
    look = look_of(grey(118))
    assert look.brightness == pytest.approx(118 / 255)
    assert look.contrast == pytest.approx(0, abs=1e-6)
    assert look.exposure_ev == pytest.approx(math.log2(linear(118)), abs=1e-4)
    assert (look.red_gain, look.blue_gain) == (1, 1)
    assert look.kelvin == pytest.approx(6504, abs=15)  # the white of sRGB is D65
    assert look.noise == 0
    assert look_of(grey(0)).exposure_ev < -12


def test_contrast_of_halves_and_exposure_of_their_mean_light():
    picture = grey(50)
    picture[:, 80:] = 200
    look = look_of(picture)
    assert look.brightness == pytest.approx(125 / 255, abs=1e-4)
    assert look.contrast == pytest.approx(75 / 255, abs=1e-4)
    assert look.exposure_ev == pytest.approx(math.log2((linear(50) + linear(200)) / 2), abs=1e-4)


@pytest.mark.parametrize(("kelvin", "xy"), [(2856, (0.44758, 0.40745)), (5003, (0.34567, 0.35850)), (9305, (0.28315, 0.29711))])
def test_colour_temperature_of_standard_illuminants(kelvin, xy):
    """A, D50 and D93 of the CIE, as sRGB shows them."""
    x, y = xy
    rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]) @ [x / y, 1, (1 - x - y) / y]
    rgb = np.clip(rgb / rgb.max(), 0, 1) * 0.8
    codes = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    look = look_of(np.full((*SIZE, 3), np.round(255 * codes), np.uint8))
    assert look.kelvin == pytest.approx(kelvin, rel=0.02)
    assert look.red_gain == pytest.approx(rgb[0] / rgb[1], rel=0.02)
    assert look.blue_gain == pytest.approx(rgb[2] / rgb[1], rel=0.03)


@pytest.mark.parametrize("sigma", [0.01, 0.03])
def test_noise_is_found_beside_edges(sigma):
    rng = np.random.default_rng(0)
    scene = np.full(SIZE, 0.5)
    for _ in range(12):  # boxes of other greys
        top, left = rng.integers(0, 100), rng.integers(0, 130)
        scene[top : top + 30, left : left + 40] = rng.uniform(0.25, 0.75)
    noisy = np.round(255 * (scene + sigma * rng.normal(size=SIZE)))
    look = look_of(np.repeat(noisy[..., None], 3, axis=2).clip(0, 255).astype(np.uint8))
    assert look.noise == pytest.approx(sigma, rel=0.12)


def test_blur_grows_with_the_width_of_a_blur():
    rng = np.random.default_rng(1)
    sharp = np.repeat(np.kron(rng.integers(30, 220, (30, 40)), np.ones((4, 4)))[..., None], 3, axis=2).astype(np.uint8)
    found = [look_of(sharp).blur] + [look_of(cv2.GaussianBlur(sharp, (0, 0), sigma)).blur for sigma in (0.7, 1.5, 3, 6)]
    assert found == sorted(found)
    assert found[0] < 0.3
    assert found[-1] > 0.7
    assert look_of(grey(90)).blur == 1


def test_pictures_are_read_as_red_green_blue_and_made_small(tmp_path):
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[..., 2] = 200  # red, in OpenCV's order
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    assert read_picture(tmp_path / "red.png", 640).shape == (300, 400, 3)
    small = read_picture(tmp_path / "red.png", 100)
    assert small.shape == (75, 100, 3)
    assert small[0, 0].tolist() == [200, 0, 0]


def test_what_is_no_picture_is_named(tmp_path):
    for name, data in (("a.png", b"not a picture"), ("b.png", b""), ("c.png", cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes())):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidValue, match=f"{name}: this is no picture, or a tiny one"):
            read_picture(tmp_path / name, 640)
    with pytest.raises(InvalidValue, match="cannot read this picture: No such file"):
        read_picture(tmp_path / "d.png", 640)
