"""Where the sun stands, by place and time.

J. Meeus, "Astronomical Algorithms" (2nd edition, 1998), chapters 12, 13, 16 and 25: his low-accuracy sun, which NOAA's solar calculator uses too.
From 1900 to 2100 the sun's place is right to 0.01 degrees. Near the horizon refraction by air of other than average pressure and temperature adds up
to 0.1 degrees. The time is taken for Terrestrial Time, which is a minute off and moves the sun by less than 0.001 degrees.
"""

import math
from datetime import date

#: The date's fields, in `date.toordinal`'s days, begin here as a Julian day.
_DAY_ZERO = 1721424.5
_J2000 = 2451545.0


def julian_day(year: int, day: int, hour: float) -> float:
    """The Julian day of an hour (UTC) of the day of the year, January 1st being day 1."""
    return date(year, 1, 1).toordinal() + _DAY_ZERO + (day - 1) + hour / 24


def sun_position(julian_day: float, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """(elevation, azimuth) in degrees, as seen from a place, longitudes counting eastwards.

    The azimuth is that of a compass: 0 is north, 90 east. Refraction lifts the sun, as it does for who looks.
    """
    right_ascension, declination, sidereal = _equatorial(julian_day)
    hour_angle = sidereal + math.radians(longitude_deg) - right_ascension
    latitude = math.radians(latitude_deg)
    east = -math.cos(declination) * math.sin(hour_angle)
    north = math.sin(declination) * math.cos(latitude) - math.cos(declination) * math.sin(latitude) * math.cos(hour_angle)
    up = math.sin(declination) * math.sin(latitude) + math.cos(declination) * math.cos(latitude) * math.cos(hour_angle)
    elevation = math.degrees(math.atan2(up, math.hypot(east, north)))
    return elevation + refraction_deg(elevation), math.degrees(math.atan2(east, north)) % 360


def refraction_deg(elevation_deg: float) -> float:
    """How far the air lifts what stands at a true elevation (Saemundsson's formula, Meeus 16.4, for 10 degrees C and 1010 hPa); 0 well below the
    horizon.
    """
    if elevation_deg < -1:
        return 0.0
    return max(1.02 / 60 / math.tan(math.radians(elevation_deg + 10.3 / (elevation_deg + 5.11))), 0.0)


def _equatorial(julian_day: float) -> tuple[float, float, float]:
    """Apparent right ascension and declination of the sun, and Greenwich's apparent sidereal time; radians."""
    t = (julian_day - _J2000) / 36525
    mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032)
    anomaly = math.radians(357.52911 + t * (35999.05029 - t * 0.0001537))
    center = (
        (1.914602 - t * (0.004817 + t * 0.000014)) * math.sin(anomaly)
        + (0.019993 - t * 0.000101) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * t)
    # Aberration, and nutation in longitude and in the obliquity.
    longitude = math.radians(mean_longitude + center - 0.00569 - 0.00478 * math.sin(node))
    obliquity = math.radians(23 + (26 + (21.448 - t * (46.8150 + t * (0.00059 - t * 0.001813))) / 60) / 60 + 0.00256 * math.cos(node))
    right_ascension = math.atan2(math.cos(obliquity) * math.sin(longitude), math.cos(longitude))
    declination = math.asin(math.sin(obliquity) * math.sin(longitude))
    sidereal = 280.46061837 + 360.98564736629 * (julian_day - _J2000) + t * t * (0.000387933 - t / 38710000)
    sidereal -= 0.00478 * math.sin(node) * math.cos(obliquity)
    return right_ascension, declination, math.radians(sidereal % 360)
