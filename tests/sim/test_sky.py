"""The clear sky against its published formulas, and against what everybody sees."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.sky import SCALE, radiance, sky_map, sky_tables, sun_light
from diorama.sim.spec import Clouds, PhysicalSky

SKIES = st.builds(
    PhysicalSky,
    sun_elevation_rad=st.floats(-0.35, math.pi / 2),
    sun_azimuth_rad=st.floats(-7, 7),
    turbidity=st.floats(1.7, 10),
)


def directions(height):
    """Unit directions (h, 2 h, 3) of an equirectangular map's pixels, and the solid angle (h, 1) of each."""
    elevation = math.pi * (0.5 - (np.arange(height) + 0.5) / height)[:, None]
    azimuth = math.pi * (1 - (np.arange(2 * height) + 0.5) / height)[None, :]
    up = np.broadcast_to(np.sin(elevation), (height, 2 * height))
    return np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), up], -1), np.cos(elevation) * (math.pi / height) ** 2


def luminance(rgb):
    return rgb @ (0.2126, 0.7152, 0.0722)


def preetham(turbidity, sun_zenith, theta, gamma):
    """Luminance (kcd/m2), x and y as the paper writes them."""
    t = turbidity
    zenith = [
        (4.0453 * t - 4.9710) * np.tan((4 / 9 - t / 120) * (np.pi - 2 * sun_zenith)) - 0.2155 * t + 2.4192,
        np.array([t * t, t, 1])
        @ [[0.00166, -0.00375, 0.00209, 0], [-0.02903, 0.06377, -0.03202, 0.00394], [0.11693, -0.21196, 0.06052, 0.25886]]
        @ sun_zenith ** np.array([3, 2, 1, 0]),
        np.array([t * t, t, 1])
        @ [[0.00275, -0.00610, 0.00317, 0], [-0.04214, 0.08970, -0.04153, 0.00516], [0.15346, -0.26756, 0.06670, 0.26688]]
        @ sun_zenith ** np.array([3, 2, 1, 0]),
    ]
    slopes = [
        [0.1787, -0.3554, -0.0227, 0.1206, -0.0670],
        [-0.0193, -0.0665, -0.0004, -0.0641, -0.0033],
        [-0.0167, -0.0950, -0.0079, -0.0441, -0.0109],
    ]
    offsets = [[-1.4630, 0.4275, 5.3251, -2.5771, 0.3703], [-0.2592, 0.0008, 0.2125, -0.8989, 0.0452], [-0.2608, 0.0092, 0.2102, -1.6537, 0.0529]]

    def perez(k, theta, gamma):
        a, b, c, d, e = np.array(slopes[k]) * t + offsets[k]
        return (1 + a * np.exp(b / np.cos(theta))) * (1 + c * np.exp(d * gamma) + e * np.cos(gamma) ** 2)

    return [zenith[k] * perez(k, theta, gamma) / perez(k, 0.0, sun_zenith) for k in range(3)]


@pytest.mark.parametrize("turbidity", [2.0, 3.3, 6.0, 10.0])
@pytest.mark.parametrize("elevation", [0.0, 0.3, 0.8, 1.5])
def test_the_sky_is_the_published_one(turbidity, elevation):
    d, _ = directions(60)
    d = d[:29].reshape(-1, 3)
    sun = np.array([math.cos(elevation), 0, math.sin(elevation)])
    big_y, x, y = preetham(turbidity, math.pi / 2 - elevation, np.arccos(d[:, 2]), np.arccos(np.clip(d @ sun, -1, 1)))
    xyz = np.stack([x / y, np.ones_like(x), (1 - x - y) / y], -1) * big_y[:, None]
    rgb = xyz @ np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]).T
    got = radiance(sky_tables(PhysicalSky(sun_elevation_rad=elevation, turbidity=turbidity)), d)
    np.testing.assert_allclose(got, np.maximum(rgb, 0) * SCALE, rtol=5e-3, atol=2e-3 * luminance(got).max())


def test_zenith_luminances_of_the_paper():
    """In kcd/m2, from the formula of appendix A.2 by hand: 3.1196 tan(0.427778 (pi - 2 s)) + 1.9882 at turbidity 2."""
    for sun_zenith, expected in ((0.0, 15.5007), (math.pi / 4, 4.46964), (math.pi / 2, 1.9882)):
        got = radiance(sky_tables(PhysicalSky(sun_elevation_rad=math.pi / 2 - sun_zenith, turbidity=2.0)), (0.0, 0.0, 1.0))
        assert luminance(got) / SCALE == pytest.approx(expected, rel=2e-3)


@settings(max_examples=60, deadline=None)
@given(SKIES)
def test_every_sky_is_light_and_finite(sky):
    got = sky_map(sky, 32)
    assert got.shape == (32, 64, 3) and got.dtype == np.float32
    assert np.isfinite(got).all() and got.min() >= 0
    assert got.max() < 12
    assert got[:16].max() > 0


@pytest.mark.parametrize("turbidity", [1.7, 3.0, 6.0])
@pytest.mark.parametrize("elevation", [0.05, 0.3, 0.8, 1.3])
def test_it_is_brightest_towards_the_sun(turbidity, elevation):
    """Along the sun's own height always; all over where the air is not so clear that the horizon outshines the glow."""
    sky = PhysicalSky(sun_elevation_rad=elevation, sun_azimuth_rad=0.7, turbidity=turbidity)
    toward = -np.array(sun_light(sky).direction)
    assert toward == pytest.approx([math.cos(elevation) * math.cos(0.7), math.cos(elevation) * math.sin(0.7), math.sin(elevation)], abs=1e-8)
    d, _ = directions(64)
    shines = luminance(sky_map(sky, 64))
    row = np.abs(np.arcsin(d[:, 0, 2]) - elevation).argmin()
    assert d[row, shines[row].argmax()] @ toward == pytest.approx((d[row] @ toward).max(), abs=1e-3)
    if turbidity >= 3:
        assert math.acos(d.reshape(-1, 3)[shines.argmax()] @ toward) < 0.1


def test_it_is_the_same_on_both_sides_of_the_sun():
    got = sky_map(PhysicalSky(sun_elevation_rad=0.4), 48)
    np.testing.assert_allclose(got, got[:, ::-1], rtol=1e-6)


def test_azimuth_turns_it_counter_clockwise_and_strength_scales_it():
    """The middle column is +x and the right side -y: a quarter turn to +y moves the sky a quarter of the map to the left."""
    sky = PhysicalSky(sun_elevation_rad=0.4)
    got = sky_map(replace(sky, sun_azimuth_rad=math.pi / 2, strength=3.0), 48)
    np.testing.assert_allclose(got, 3 * np.roll(sky_map(sky, 48), -24, axis=1), rtol=2e-6)
    assert sun_light(replace(sky, strength=3.0)).irradiance == pytest.approx([3 * c for c in sun_light(sky).irradiance])


@pytest.mark.parametrize("elevation", [-0.1, 0.1, 0.8, 1.4])
def test_the_ground_is_lit_by_sun_and_sky(elevation):
    sky = PhysicalSky(sun_elevation_rad=elevation, turbidity=4.0, ground=(0.1, 0.2, 0.4))
    got = sky_map(sky, 128)
    d, weight = directions(128)
    irradiance = (got[:64] * (weight[:64, :, None] * d[:64, :, 2:])).sum((0, 1)) + np.array(sun_light(sky).irradiance) * max(math.sin(elevation), 0)
    np.testing.assert_allclose(got[100, 7], np.array(sky.ground) * irradiance / math.pi, rtol=5e-3)
    assert (got[64:] == got[64, 0]).all()


def test_the_horizon_is_a_sharp_line():
    """An odd number of rows has one on the horizon: half sky, half ground; its neighbours are wholly one or the other."""
    got = sky_map(PhysicalSky(), 101)
    tables = sky_tables(PhysicalSky())
    np.testing.assert_allclose(got[51], np.broadcast_to(tables.ground, (202, 3)), rtol=1e-6)
    level = radiance(tables, (1.0, 0.0, 0.0))
    middle = math.cos(math.pi * 0.5 / 101)
    assert middle == pytest.approx(1, abs=2e-4)
    np.testing.assert_allclose(got[50, 101], (level + tables.ground) / 2, rtol=2e-3)


def test_day_ends_without_a_step():
    bright = [float(luminance(sky_map(PhysicalSky(sun_elevation_rad=e), 32)).mean()) for e in np.linspace(0.15, -0.35, 51)]
    assert all(a > b for a, b in pairwise(bright))
    above, below = (sky_map(PhysicalSky(sun_elevation_rad=e), 32) for e in (1e-7, -1e-7))
    np.testing.assert_allclose(above, below, rtol=1e-4)
    assert bright[-1] < 1e-5 * bright[15]


def test_the_sun_goes_down_red():
    suns = [np.array(sun_light(PhysicalSky(sun_elevation_rad=e)).irradiance) for e in (1.5, 0.8, 0.3, 0.1, 0.03)]
    assert all((a > b).all() for a, b in pairwise(suns))
    redness = [s[0] / s[2] for s in suns]
    assert redness == sorted(redness)
    assert redness[0] < 1.5 and redness[-1] > 10
    assert sun_light(PhysicalSky(sun_elevation_rad=-0.01)).irradiance == (0, 0, 0)
    assert 2.5 < suns[0].mean() < 4.5


def test_air_masses_are_kasten_and_youngs():
    """Published: 1.994 at 30 degrees, 5.585 at 10 and 10.31 at 5; what passes falls exponentially with it."""
    log = {e: math.log(sun_light(PhysicalSky(sun_elevation_rad=math.radians(e))).irradiance[1]) for e in (90, 30, 10, 5)}
    assert (log[30] - log[10]) / (log[90] - log[30]) == pytest.approx((5.585 - 1.994) / (1.994 - 1), rel=3e-3)
    assert (log[10] - log[5]) / (log[30] - log[10]) == pytest.approx((10.31 - 5.585) / (5.585 - 1.994), rel=3e-3)


def test_a_white_wall_at_noon_is_well_exposed():
    """Diffuse white under sun and sky is between half of and twice what the default sensor shows as white."""
    for turbidity in (1.7, 3.0, 10.0):
        sky = PhysicalSky(sun_elevation_rad=1.1, turbidity=turbidity, ground=(1.0, 1.0, 1.0))
        assert 0.5 < luminance(np.array(sky_tables(sky).ground)) < 2


def test_the_strength_of_a_sky_is_not_in_its_tables():
    """It multiplies what is looked up in them, clouds' light on the ground among it."""
    clouds = Clouds(genus="cumulus", cover=0.5)
    dim, bright = (sky_tables(PhysicalSky(sun_elevation_rad=0.7, clouds=clouds, strength=strength)) for strength in (0.5, 2.0))
    assert dim.ground == bright.ground
