"""Colours: from hue, saturation and value, and from the temperature of a glowing body, to linear RGB.

Numbers are rounded, since powers differ in the last bit from one machine's library to the next.
"""

import colorsys

from diorama.randomizers.distributions import rounded
from diorama.sim.assets.color import linear_rgb
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import Rgb

#: The temperatures that `rgb_from_kelvin` covers.
KELVIN_RANGE = (1667.0, 25000.0)


def rgb_from_hsv(hue: float, saturation: float, value: float) -> Rgb:
    """Linear RGB of a colour picked as hue (in turns), saturation and value, as in a drawing program (sRGB-encoded)."""
    return linear_rgb(*colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


def luminance(rgb: Rgb) -> float:
    """Relative luminance of linear RGB with sRGB's primaries (ITU-R BT.709)."""
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def scaled(rgb: Rgb, factor: float) -> Rgb:
    """The colour times a number."""
    return (rounded(rgb[0] * factor), rounded(rgb[1] * factor), rounded(rgb[2] * factor))


def mixed(a: Rgb, b: Rgb, share: float) -> Rgb:
    """The colour that is `share` of the way from `a` to `b`."""
    red, green, blue = (rounded(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return (red, green, blue)


def rgb_from_kelvin(kelvin: float) -> Rgb:
    """Linear RGB, of luminance about 1, of a black body's light; 6500 K is nearly white.

    Chromaticity by the cubic fits of B. Kim et al., "Design of advanced color temperature control system for HDTV
    applications", J. Korean Physical Society 41(6), 2002, within 0.001 of Planck's locus; then the sRGB matrix. Colours
    outside sRGB lose their negative part. Raises InvalidValue outside `KELVIN_RANGE`.
    """
    if not KELVIN_RANGE[0] <= kelvin <= KELVIN_RANGE[1]:
        raise InvalidValue(f"a colour temperature must be in {KELVIN_RANGE[0]:g}..{KELVIN_RANGE[1]:g} K, got {kelvin}")
    t = 1000.0 / kelvin
    if kelvin <= 4000:
        x = ((-0.2661239 * t - 0.2343589) * t + 0.8776956) * t + 0.179910
    else:
        x = ((-3.0258469 * t + 2.1070379) * t + 0.2226347) * t + 0.240390
    if kelvin <= 2222:
        y = ((-1.1063814 * x - 1.34811020) * x + 2.18555832) * x - 0.20219683
    elif kelvin <= 4000:
        y = ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867
    else:
        y = ((3.0817580 * x - 5.87338670) * x + 3.75112997) * x - 0.37001483
    big_x, big_z = x / y, (1 - x - y) / y
    r = 3.2406 * big_x - 1.5372 - 0.4986 * big_z
    g = -0.9689 * big_x + 1.8758 + 0.0415 * big_z
    b = 0.0557 * big_x - 0.2040 + 1.0570 * big_z
    return (rounded(max(r, 0.0)), rounded(max(g, 0.0)), rounded(max(b, 0.0)))
