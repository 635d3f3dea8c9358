"""The sun's place against published examples and an ephemeris."""

import itertools
import math

import pytest

from diorama.sim.sun import _equatorial, julian_day, refraction_deg, sun_position

#: True elevation and azimuth from an ephemeris (astropy 7.1, without refraction) at an hour UTC of a day of the year.
EPHEMERIS = [
    ("Berlin", 52.52, 13.405, 2025, 172, 11.0, 60.8744, 176.1200),
    ("Quito", -0.18, -78.47, 2024, 80, 17.25, 88.4142, 74.9099),
    ("Sydney", -33.87, 151.21, 2025, 355, 2.0, 79.4590, 351.3627),
    ("Tromso", 69.65, 18.96, 2023, 172, 23.0, 3.1197, 3.2075),
    ("Tokyo", 35.68, 139.69, 2010, 305, 6.5, 13.4583, 240.8650),
    ("Cape Town", -33.92, 18.42, 1999, 1, 8.0, 51.4571, 84.9716),
    ("Reykjavik", 64.15, -21.94, 2030, 60, 12.5, 17.1889, 161.8019),
    ("Honolulu", 21.31, -157.86, 2050, 200, 22.0, 81.1373, 92.4638),
    ("New York", 40.71, -74.01, 1950, 120, 20.0, 42.0028, 251.2302),
    ("McMurdo", -77.85, 166.67, 2025, 1, 12.0, 11.1515, 193.3569),
]


@pytest.mark.parametrize(
    ("latitude", "longitude", "year", "day", "hour", "elevation", "azimuth"), [row[1:] for row in EPHEMERIS], ids=[r[0] for r in EPHEMERIS]
)
def test_the_sun_is_where_an_ephemeris_has_it(latitude, longitude, year, day, hour, elevation, azimuth):
    seen, compass = sun_position(julian_day(year, day, hour), latitude, longitude)
    assert seen - refraction_deg(elevation) == pytest.approx(elevation, abs=0.01)
    # Near the zenith a hundredth of a degree is more of azimuth.
    assert compass == pytest.approx(azimuth, abs=0.01 / math.cos(math.radians(elevation)))


def test_meeus_example_25_a():
    """1992 October 13, 0 h: the low-accuracy sun's right ascension and declination as printed."""
    assert julian_day(1992, 287, 0.0) == 2448908.5
    right_ascension, declination, _ = _equatorial(2448908.5)
    assert math.degrees(right_ascension) % 360 == pytest.approx(198.38083, abs=1e-5)
    assert math.degrees(declination) == pytest.approx(-7.78507, abs=1e-5)


def test_the_example_of_nrels_solar_position_algorithm():
    """Golden, Colorado, 2003 October 17, 12:30:30 at UTC-7: zenith angle 50.11162, azimuth 194.34024 degrees (Reda and Andreas 2004)."""
    elevation, azimuth = sun_position(julian_day(2003, 290, 19 + 30 / 60 + 30 / 3600), 39.742476, -105.1786)
    assert elevation == pytest.approx(90 - 50.11162, abs=0.01)
    assert azimuth == pytest.approx(194.34024, abs=0.01)


def test_sidereal_time_of_meeus_example_12_a():
    """1987 April 10, 0 h: apparent sidereal time at Greenwich 13h 10m 46.1351s."""
    assert math.degrees(_equatorial(2446895.5)[2]) == pytest.approx((13 + 10 / 60 + 46.1351 / 3600) * 15, abs=3e-4)


def test_refraction_lifts_the_setting_sun_by_its_own_width():
    assert refraction_deg(-0.575) == pytest.approx(34 / 60, abs=0.02)  # sunset is half a degree early
    assert refraction_deg(45) == pytest.approx(1 / 60, rel=0.03)
    assert refraction_deg(90) == pytest.approx(0, abs=1e-4)
    assert refraction_deg(-5) == 0
    assert all(refraction_deg(e / 10) >= refraction_deg((e + 1) / 10) for e in range(-9, 900))


def test_the_equation_of_time():
    """A sundial is 16 minutes 25 seconds fast on November 3rd, and 14 minutes 14 seconds slow on February 11th; it is right four times a year."""
    fast = []
    for day in range(1, 366):
        right_ascension, _, sidereal = _equatorial(julian_day(2025, day, 12.0))
        fast.append((math.degrees(sidereal - right_ascension) + 180) % 360 - 180)
    minutes = [degrees * 4 for degrees in fast]
    assert max(minutes) == pytest.approx(16 + 25 / 60, abs=0.1) and 305 <= minutes.index(max(minutes)) + 1 <= 309
    assert min(minutes) == pytest.approx(-14 - 14 / 60, abs=0.1) and 40 <= minutes.index(min(minutes)) + 1 <= 44
    assert sum(a * b < 0 for a, b in itertools.pairwise(minutes)) == 4
