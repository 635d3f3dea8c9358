"""The sky and the sun that belongs to it, by the sun's elevation, the air's haziness, and how overcast it is.

After Preetham, Shirley and Smits, "A practical analytic model for daylight" (1999): luminance and chromaticity at the zenith are
fits in turbidity and sun angle, and fall off by Perez's five-parameter function of a direction's zenith angle and its angle to the sun.
That is a product of a function of height and a function of the angle to the sun. Both are tabulated with `math`, one number at a
time, so that a sky is the same on every machine.

Where the model has no answer:

- Below turbidity 2 the luminance fit turns to nonsense (the horizon 35 times brighter than the zenith at 1.7, negative soon after); how
  the sky's light is spread stays that of 2.
- With the sun below the horizon the zenith keeps the values of sunset, dimmed by e every 1.3 degrees (twilight's illuminance falls a
  hundredfold over the first six); the glow stays where the sun is.
- Where a mix of luminance and chromaticity has no sRGB colour, the negative channel is 0.

A closed cover of clouds is the CIE's overcast sky (Moon and Spencer 1942): its luminance rises from the horizon to the zenith threefold, as
(1 + 2 sin) / 3 of the elevation. How bright it is follows from the illuminance under it, 0.3 klx and 21 klx times the sine of the sun's elevation
(Krochmann and Seidl 1974). Single clouds are `diorama.sim.render.raster.clouds`'s affair; what they do to light is here.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.spec import PhysicalSky, Rgb, SunLight, Vec3

#: Radiance (W/m2/sr per channel) that stands for a luminance of 1000 cd/m2. Sun and sky share it: at noon the sun gives some 3 to 4 W/m2.
SCALE = 0.04
#: Half of the height over which ground turns into sky, as the sine of the elevation: a pixel or two of a camera.
HORIZON = 0.0015
#: What dims the sky for each radian that the sun is below the horizon, as an exponent.
_DUSK = 45.0
_ENTRIES = 129

#: Perez's A to E as slope and offset in turbidity, for Y, x and y (Preetham et al., appendix A.2).
_PEREZ = (
    ((0.1787, -1.4630), (-0.3554, 0.4275), (-0.0227, 5.3251), (0.1206, -2.5771), (-0.0670, 0.3703)),
    ((-0.0193, -0.2592), (-0.0665, 0.0008), (-0.0004, 0.2125), (-0.0641, -0.8989), (-0.0033, 0.0452)),
    ((-0.0167, -0.2608), (-0.0950, 0.0092), (-0.0079, 0.2102), (-0.0441, -1.6537), (-0.0109, 0.0529)),
)
#: Zenith chromaticities: rows by turbidity squared, turbidity, 1; columns by the sun's zenith angle cubed, squared, itself, 1.
_ZENITH_X = ((0.00166, -0.00375, 0.00209, 0.0), (-0.02903, 0.06377, -0.03202, 0.00394), (0.11693, -0.21196, 0.06052, 0.25886))
_ZENITH_Y = ((0.00275, -0.00610, 0.00317, 0.0), (-0.04214, 0.08970, -0.04153, 0.00516), (0.15346, -0.26756, 0.06670, 0.26688))

#: Wavelengths (um) that stand for red, green and blue; ozone's absorption (1/cm) there; the sun above the air, relative to white.
_WAVELENGTHS = (0.610, 0.550, 0.465)
_OZONE = (0.120, 0.085, 0.008)
_ABOVE_AIR = (1.05, 0.99, 0.96)
#: A daylight of 7000 K at a luminance of 1, in linear sRGB: the colour of a closed cover.
_GREY = (0.957, 1.0, 1.126)
#: Half as wide as a sun behind a closed cover would be seen.
_VEIL_RAD = 0.05
#: How a town's glow falls from the horizon to the zenith.
_GLOW_ABOVE = 0.25
#: Illuminance of the sun above the air, in thousands of lux.
_SOLAR_KLX = 133.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkyTables:
    """A sky with the sun above +x, ready to be looked up.

    (xyY) at the zenith is `zenith`; a direction's is that, times an entry of `by_height` (n, 3) by the sine of its elevation from
    0 to 1, times one of `by_angle` (n, 3) by the sine of half its angle to the sun, from 0 to 1. Columns are Y, x, y. `sun` is the unit
    vector towards the sun, `ground` the radiance from below the horizon. Of all that the share `overcast` is replaced by a closed cover's light,
    `cover` at the zenith; `glow` is added at the horizon.
    """

    zenith: Vec3
    by_height: NDArray[np.float64]
    by_angle: NDArray[np.float64]
    sun: Vec3
    ground: Rgb
    overcast: float = 0.0
    cover: Rgb = (0.0, 0.0, 0.0)
    glow: Rgb = (0.0, 0.0, 0.0)


def sky_tables(sky: PhysicalSky) -> SkyTables:
    """All that the sky's radiance depends on but the sun's azimuth and `strength`."""
    return _sky_tables(replace(sky, sun_azimuth_rad=0.0, strength=1.0))


@lru_cache(maxsize=16)
def _sky_tables(sky: PhysicalSky) -> SkyTables:
    """Light, fog and clouds of one scene all ask for them."""
    turbidity = max(sky.turbidity, 2.0)
    perez = [[slope * turbidity + offset for slope, offset in row] for row in _PEREZ]
    angle = math.pi / 2 - max(sky.sun_elevation_rad, 0.0)
    zenith = (_zenith_luminance(angle, turbidity), _polynomial(_ZENITH_X, angle, turbidity), _polynomial(_ZENITH_Y, angle, turbidity))
    dusk = math.exp(_DUSK * min(sky.sun_elevation_rad, 0.0))

    def height(z: float, c: int) -> float:
        a, b, *_ = perez[c]
        return 1 + a * math.exp(b / z) if z > 1e-3 else 1.0

    def around(half_sine: float, c: int) -> float:
        *_, c_, d, e = perez[c]
        gamma = 2 * math.asin(half_sine)
        return 1 + c_ * math.exp(d * gamma) + e * math.cos(gamma) ** 2

    at_zenith = [height(1.0, c) * around(math.sin(angle / 2), c) for c in range(3)]
    steps = [i / (_ENTRIES - 1) for i in range(_ENTRIES)]
    tables = SkyTables(
        zenith=(_digits(zenith[0] * dusk * SCALE), _digits(zenith[1]), _digits(zenith[2])),
        by_height=np.array([[round(height(z, c) / at_zenith[c], 9) for c in range(3)] for z in steps]),
        by_angle=np.array([[round(around(s, c), 9) for c in range(3)] for s in steps]),
        sun=_towards_sun(sky),
        ground=(0.0, 0.0, 0.0),
        overcast=sky.overcast,
        cover=overcast_zenith(sky),
        glow=sky.glow,
    )
    level = _among_clouds(sky, _horizontal_irradiance(tables))
    direct = sun_light(sky).irradiance
    up = max(tables.sun[2], 0.0)
    red, green, blue = (_digits(albedo * (s + d * up) / math.pi) for albedo, s, d in zip(sky.ground, level, direct, strict=True))
    return replace(tables, ground=(red, green, blue))


def radiance(tables: SkyTables, directions: ArrayLike) -> NDArray[np.float64]:
    """Radiance (…, 3) from unit directions (…, 3) of the upper half, of a sky whose sun is above +x; below the horizon as on it."""
    d = np.asarray(directions, np.float64)
    sx, _, sz = tables.sun
    cosine = d[..., 0] * sx + d[..., 2] * sz
    half_sine = np.sqrt(np.maximum(0.5 - 0.5 * cosine, 0.0))
    luminance, x, y = (
        tables.zenith[c] * _interpolated(tables.by_height[:, c], d[..., 2]) * _interpolated(tables.by_angle[:, c], half_sine) for c in range(3)
    )
    per_y = luminance / y
    cie_x, cie_z = x * per_y, (1 - x - y) * per_y
    # IEC 61966-2-1, from CIE XYZ to linear sRGB.
    red = 3.2406 * cie_x - 1.5372 * luminance - 0.4986 * cie_z
    green = -0.9689 * cie_x + 1.8758 * luminance + 0.0415 * cie_z
    blue = 0.0557 * cie_x - 0.2040 * luminance + 1.0570 * cie_z
    out = np.maximum(np.stack([red, green, blue], axis=-1), 0.0)
    up = np.maximum(d[..., 2:], 0.0)
    if tables.overcast > 0:
        out = out * (1 - tables.overcast) + np.array(tables.cover) * ((1 + 2 * up) / 3 * tables.overcast)
    if max(tables.glow) > 0:
        low = 1 - up
        out = out + np.array(tables.glow) * (_GLOW_ABOVE + (1 - _GLOW_ABOVE) * low * low * low)
    return out


def sky_map(sky: PhysicalSky, height: int = 256) -> NDArray[np.float32]:
    """The sky without its clouds as an equirectangular picture, as `HdrMap` reads them: (height, 2 height, 3) radiances (W/m2/sr, linear RGB).

    The top row is straight up, the middle column along the world's +x, and columns to the right of it turn towards -y, as seen from inside.
    Below the horizon is the ground, evenly lit by sun and sky. `render.raster.clouds.cloudy_map` is the same with clouds. The sun itself is not
    shown: it is `sun_light`.
    """
    tables, directions = sky_tables(sky), map_directions(height, sky.sun_azimuth_rad)
    above = np.clip(0.5 + directions[..., 2:] / (2 * HORIZON), 0.0, 1.0)
    out = np.array(tables.ground) * (1 - above) + radiance(tables, directions) * above
    return (out * sky.strength).astype(np.float32)


def map_directions(height: int, azimuth_rad: float) -> NDArray[np.float64]:
    """Unit directions (height, 2 height, 3) of an equirectangular picture's pixels, as `sky_map` has them, in axes whose +x has this azimuth."""
    elevations = [math.pi * (0.5 - (i + 0.5) / height) for i in range(height)]
    azimuths = [math.pi * (1 - (j + 0.5) / height) - azimuth_rad for j in range(2 * height)]
    level, up = (np.array([_digits(f(e)) for e in elevations])[:, None] for f in (math.cos, math.sin))
    x, y = (np.array([_digits(f(a)) for a in azimuths])[None, :] for f in (math.cos, math.sin))
    return np.stack([level * x, level * y, np.broadcast_to(up, (height, 2 * height))], axis=-1)


def overcast_zenith(sky: PhysicalSky) -> Rgb:
    """Radiance (W/m2/sr per channel) of a closed cover of clouds at the zenith, at a `strength` of 1.

    Such a sky sends 7/9 pi of that onto level ground.
    """
    illuminance = 0.3 * math.exp(_DUSK * min(sky.sun_elevation_rad, 0.0)) + 21.0 * math.sin(max(sky.sun_elevation_rad, 0.0))
    zenith = 9 / (7 * math.pi) * illuminance * SCALE
    return (_digits(_GREY[0] * zenith), _digits(_GREY[1] * zenith), _digits(_GREY[2] * zenith))


def sun_share(sky: PhysicalSky) -> float:
    """How much of the sun's light gets through an overcast sky and its clouds, on average over where these may be.

    Scattered clouds leave nearly all of it, since somebody under a sunlit sky is mostly not in a cloud's shadow; a closed layer lets none pass.
    """
    clear = 1 - sky.overcast
    if sky.clouds is not None:
        cover = sky.clouds.cover
        clear *= 1 - 0.4 * cover if sky.clouds.genus == "cirrus" else 1 - cover * cover * cover
    return clear * clear


def sun_light(sky: PhysicalSky) -> SunLight:
    """The sun that belongs to a sky: 0.53 degrees wide, its light reddened by the air it passes; behind a veil of clouds dimmer and wider.

    Transmittances are Preetham et al.'s (appendix A.1: Rayleigh, Angstrom's haze, ozone) over the air mass of Kasten and Young (1989), at one
    wavelength a channel. Dark when the sun is below the horizon.
    """
    toward = _towards_sun(sky)
    red, green, blue = clear_sun(sky)
    share = sun_share(sky)
    irradiance = (red, green, blue) if share == 1 else (_digits(red * share), _digits(green * share), _digits(blue * share))
    width = _digits(0.0093 + 2 * _VEIL_RAD * sky.overcast * sky.overcast)
    return SunLight(direction=(-toward[0], -toward[1], -toward[2]), irradiance=irradiance, angular_diameter_rad=width)


def clear_sun(sky: PhysicalSky) -> Rgb:
    """W/m2 per channel that the sun sends onto what faces it, were there no clouds."""
    elevation = sky.sun_elevation_rad
    if elevation > 0:
        mass = 1 / (math.sin(elevation) + 0.50572 * math.pow(math.degrees(elevation) + 6.07995, -1.6364))
        haze = 0.04608 * sky.turbidity - 0.04586

        def channel(c: int) -> float:
            wavelength = _WAVELENGTHS[c]
            depth = 0.008735 * math.pow(wavelength, -4.08) + haze * math.pow(wavelength, -1.3) + 0.35 * _OZONE[c]
            return _digits(sky.strength * SCALE * _SOLAR_KLX * _ABOVE_AIR[c] * math.exp(-mass * depth))

        return (channel(0), channel(1), channel(2))
    return (0.0, 0.0, 0.0)


def level_irradiance(sky: PhysicalSky) -> Rgb:
    """W/m2 per channel that a sky, without the sun, sends onto level ground; with clouds, what such clouds do on average."""
    red, green, blue = _level_irradiance(replace(sky, sun_azimuth_rad=0.0, strength=1.0))
    return (_digits(red * sky.strength), _digits(green * sky.strength), _digits(blue * sky.strength))


@lru_cache(maxsize=64)
def _level_irradiance(sky: PhysicalSky) -> Rgb:
    """Every view of a scene asks for it."""
    return _among_clouds(sky, _horizontal_irradiance(sky_tables(sky)))


def _among_clouds(sky: PhysicalSky, level: Rgb) -> Rgb:
    """What a sky sends onto level ground with its clouds, from what it does without; on average over their patterns, within a fifth.

    Clouds hide the sky, and are bright in the sun.
    """
    if sky.clouds is None:
        return level
    hidden, bright = (0.0, 0.14) if sky.clouds.genus == "cirrus" else (0.4, 0.13)
    cover, up = sky.clouds.cover, math.sin(max(sky.sun_elevation_rad, 0.0)) * (1 - sky.overcast)
    red, green, blue = (_digits(e * (1 - hidden * cover) + s * up * bright * cover) for e, s in zip(level, clear_sun(sky), strict=True))
    return (red, green, blue)


def _digits(value: float) -> float:
    """The number to nine significant digits: C libraries differ in the last bit of what they compute."""
    return float(f"{value:.9g}")


def _zenith_luminance(angle: float, turbidity: float) -> float:
    """In thousands of cd/m2 (appendix A.2)."""
    chi = (4 / 9 - turbidity / 120) * (math.pi - 2 * angle)
    return (4.0453 * turbidity - 4.9710) * math.tan(chi) - 0.2155 * turbidity + 2.4192


def _polynomial(table: tuple[tuple[float, ...], ...], angle: float, turbidity: float) -> float:
    by_angle = (angle * angle * angle, angle * angle, angle, 1.0)
    return sum(
        t * sum(k * a for k, a in zip(row, by_angle, strict=True)) for t, row in zip((turbidity * turbidity, turbidity, 1.0), table, strict=True)
    )


def _towards_sun(sky: PhysicalSky) -> Vec3:
    level = math.cos(sky.sun_elevation_rad)
    return (
        _digits(level * math.cos(sky.sun_azimuth_rad)),
        _digits(level * math.sin(sky.sun_azimuth_rad)),
        _digits(math.sin(sky.sun_elevation_rad)),
    )


def _interpolated(table: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear between the entries of a table over [0, 1]."""
    at = np.clip(t, 0.0, 1.0) * (len(table) - 1)
    i = np.minimum(at.astype(np.int64), len(table) - 2)
    f = at - i
    return table[i] * (1 - f) + table[i + 1] * f


def _horizontal_irradiance(tables: SkyTables, rings: int = 16) -> Rgb:
    """What the sky, without the sun, sends onto level ground: the mean of radiances over rings of equal projected area, times pi."""
    up = [math.sqrt((k + 0.5) / rings) for k in range(rings)]
    azimuths = [math.pi * (m + 0.5) / rings for m in range(rings)]
    directions = [(_digits(math.sqrt(1 - z * z) * math.cos(a)), _digits(math.sqrt(1 - z * z) * math.sin(a)), z) for z in up for a in azimuths]
    red, green, blue = (math.pi * math.fsum(channel) / rings**2 for channel in radiance(tables, directions).T.tolist())
    return (red, green, blue)
