"""Colours against Planck's law and published colour matching."""

import math

import numpy as np
import pytest

from diorama.randomizers.colors import luminance, mixed, rgb_from_hsv, rgb_from_kelvin, scaled
from diorama.sim.errors import InvalidValue


def chromaticity_of_black_body(kelvin):
    """xy of Planck's spectrum, by the analytic fits to CIE 1931 of Wyman, Sloan, Shirley (JCGT 2(2), 2013)."""
    nm = np.arange(360.0, 830.0)

    def lobe(center, left, right):
        return np.exp(-0.5 * ((nm - center) * np.where(nm < center, left, right)) ** 2)

    x = 0.362 * lobe(442.0, 0.0624, 0.0374) + 1.056 * lobe(599.8, 0.0264, 0.0323) - 0.065 * lobe(501.1, 0.0490, 0.0382)
    y = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    z = 1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725)
    spectrum = nm**-5.0 / (np.exp(1.438776877e7 / (nm * kelvin)) - 1)
    total = [float((spectrum * curve).sum()) for curve in (x, y, z)]
    return total[0] / sum(total), total[1] / sum(total)


def chromaticity_of_rgb(rgb):
    r, g, b = rgb
    x, y, z = 0.4124 * r + 0.3576 * g + 0.1805 * b, 0.2126 * r + 0.7152 * g + 0.0722 * b, 0.0193 * r + 0.1192 * g + 0.9505 * b
    return x / (x + y + z), y / (x + y + z)


@pytest.mark.parametrize("kelvin", [2300, 2700, 3500, 3999, 4001, 5000, 6500, 8000, 12000, 25000])
def test_kelvin_follows_plancks_law(kelvin):
    rgb = rgb_from_kelvin(kelvin)
    assert math.dist(chromaticity_of_rgb(rgb), chromaticity_of_black_body(kelvin)) < 0.004
    assert luminance(rgb) == pytest.approx(1, abs=2e-3)


def test_6500_kelvin_is_nearly_white_and_warm_is_redder_than_cool():
    assert max(rgb_from_kelvin(6500)) - min(rgb_from_kelvin(6500)) < 0.08
    ratios = [r / b for r, _, b in map(rgb_from_kelvin, range(2300, 25000, 100))]
    assert ratios == sorted(ratios, reverse=True)


@pytest.mark.parametrize("kelvin", [1000, 30000, math.nan])
def test_kelvin_out_of_range(kelvin):
    with pytest.raises(InvalidValue, match=r"colour temperature must be in 1667\.\.25000 K"):
        rgb_from_kelvin(kelvin)


def test_hsv():
    assert rgb_from_hsv(0, 1, 1) == (1, 0, 0)
    assert rgb_from_hsv(1 / 3, 1, 1) == (0, 1, 0)
    assert rgb_from_hsv(0.7, 0, 0.5) == pytest.approx((0.214041,) * 3, abs=1e-6)  # sRGB 50 % grey


def test_mixing():
    assert mixed((0, 0.5, 1), (1, 0.5, 0), 0.25) == (0.25, 0.5, 0.75)
    assert scaled((0.1, 0.2, 0.3), 2) == (0.2, 0.4, 0.6)
