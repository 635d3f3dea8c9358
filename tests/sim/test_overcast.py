"""The overcast sky against the CIE's formula, and a town's glow."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.errors import InvalidValue
from diorama.sim.sky import SCALE, level_irradiance, overcast_zenith, radiance, sky_map, sky_tables, sun_light, sun_share
from diorama.sim.spec import Clouds, PhysicalSky

ELEVATIONS = [0.05, 0.4, 1.2]


def at(sky, elevation_rad, azimuth_rad=0.0):
    level = math.cos(elevation_rad)
    return radiance(sky_tables(sky), (level * math.cos(azimuth_rad), level * math.sin(azimuth_rad), math.sin(elevation_rad)))


@pytest.mark.parametrize("elevation", ELEVATIONS)
def test_the_zenith_is_three_times_as_bright_as_the_horizon(elevation):
    sky = PhysicalSky(sun_elevation_rad=elevation, overcast=1.0)
    np.testing.assert_allclose(at(sky, math.pi / 2), 3 * at(sky, 0.0, 1.0), rtol=1e-9)
    np.testing.assert_allclose(at(sky, 0.5), at(sky, 0.0) * (1 + 2 * math.sin(0.5)), rtol=1e-6)
    np.testing.assert_allclose(at(sky, 0.5, 2.0), at(sky, 0.5, -1.0), rtol=1e-12)


@pytest.mark.parametrize("elevation", ELEVATIONS)
def test_as_much_light_falls_under_it_as_was_measured(elevation):
    """Krochmann and Seidl's 0.3 + 21 sin, in klx; and the sky's integral is 7/9 pi of its zenith."""
    sky = PhysicalSky(sun_elevation_rad=elevation, overcast=1.0)
    level = np.array(level_irradiance(sky))
    assert level @ (0.2126, 0.7152, 0.0722) / SCALE == pytest.approx(0.3 + 21 * math.sin(elevation), rel=5e-3)
    np.testing.assert_allclose(level, 7 / 9 * math.pi * np.array(overcast_zenith(sky)), rtol=2e-3)


def test_no_sun_comes_through_a_closed_cover_and_its_shadows_grow_soft():
    skies = [PhysicalSky(sun_elevation_rad=0.7, overcast=o) for o in (0.0, 0.3, 0.6, 1.0)]
    suns = [sun_light(sky) for sky in skies]
    assert [s.irradiance[1] for s in suns] == sorted((s.irradiance[1] for s in suns), reverse=True)
    assert suns[-1].irradiance == (0.0, 0.0, 0.0)
    assert [s.angular_diameter_rad for s in suns] == sorted(s.angular_diameter_rad for s in suns)
    assert suns[0].angular_diameter_rad == 0.0093
    assert suns[1].irradiance == pytest.approx([0.49 * c for c in suns[0].irradiance])


@given(st.floats(-0.35, 1.5), st.floats(0, 1), st.floats(0, 1))
def test_between_them_it_is_a_blend(elevation, overcast, rise):
    clear, closed, some = (PhysicalSky(sun_elevation_rad=elevation, overcast=o) for o in (0.0, 1.0, overcast))
    np.testing.assert_allclose(at(some, rise), (1 - overcast) * at(clear, rise) + overcast * at(closed, rise), rtol=1e-9, atol=1e-15)


def test_a_towns_glow_is_what_is_left_at_night():
    sky = PhysicalSky(sun_elevation_rad=-0.35, glow=(3e-4, 2e-4, 1e-4))
    np.testing.assert_allclose(at(sky, 0.0), sky.glow, rtol=1e-2)
    assert at(sky, 0.0)[0] > at(sky, 0.3)[0] > at(sky, 1.5)[0] > 0
    without = replace(sky, glow=(0.0, 0.0, 0.0))
    assert sky_map(sky, 16).min() >= 0 and sky_map(without, 16).max() < 1e-5


@pytest.mark.parametrize("genus", ["cumulus", "stratocumulus", "cirrus"])
def test_clouds_take_some_of_the_sun(genus):
    shares = [sun_share(PhysicalSky(clouds=Clouds(genus=genus, cover=c))) for c in (0.0, 0.3, 0.6, 1.0)]
    assert shares[0] == 1 and shares == sorted(shares, reverse=True)
    assert shares[-1] == (0 if genus != "cirrus" else pytest.approx(0.36))


@pytest.mark.parametrize("bad", [{"overcast": 1.2}, {"overcast": -0.1}, {"glow": (-1.0, 0, 0)}, {"clouds": {"cover": 1.5}}])
def test_skies_that_cannot_be_are_refused(bad):
    with pytest.raises(InvalidValue):
        PhysicalSky(**{name: Clouds(**value) if name == "clouds" else value for name, value in bad.items()})
