"""Rain and snow on surfaces, for eight points at a time: what they look like, wherever they are.

Pictures of a whole road that are fine enough for a puddle's rim would not fit anywhere. So there is one field of noise, some metres wide, that
tiles the world, and a kernel asks it at each point. Water darkens what has pores and fills their roughness (S. Lagarde, "Water drop 3a: physically
based wet surfaces", 2013): a soaked surface sends back about half as much, and mirrors as varnish does. Where noise on level ground is high, water
stands: flat, smooth, and dark. Snow lies where a surface faces up enough, in patches while there is little of it.
"""

from functools import cache
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.assets.textures import fractal_noise
from diorama.sim.render.raster.lanes import Lanes, Vectors, added, clamped, dots, greatest, least, lesser, pick, scaled, units, vectors
from diorama.sim.render.raster.skin import Skin
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec, Weathering

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False, "max_unroll": 4})

#: Metres that the noise spans, where puddles are told by it, and where their rims are.
PUDDLES_M, RIMS_M = wp.constant(26.0), wp.constant(3.7)
#: How much of it, about its mean, the rims' noise adds.
RIMS = wp.constant(0.3)
#: At this distance patterns have half faded into their mean: they get finer than a pixel.
FADE_M = wp.constant(45.0)
#: The noise is nowhere so high: nothing is under water.
_DRY = 9.0
DRY = wp.constant(_DRY)
#: Roughness of still water.
STILL = wp.constant(0.05)
#: Colour and roughness of snow.
SNOW = wp.constant(wp.vec3(0.82, 0.86, 0.92))
SNOW_ROUGHNESS = wp.constant(0.8)


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) {
        float u = x.c[i], v = y.c[i], left = floorf(u), top = floorf(v), fu = u - left, fv = v - top;
        int column = (int)left, row = (int)top;
        const float* upper = field.data + (row & 255) * 256;
        const float* lower = field.data + ((row + 1) & 255) * 256;
        float a = upper[column & 255], b = lower[column & 255];
        a += (upper[(column + 1) & 255] - a) * fu;
        b += (lower[(column + 1) & 255] - b) * fu;
        r.c[i] = a + (b - a) * fv;
    }
    return r;
""")
def noises(field: wp.array(dtype=float), x: Lanes, y: Lanes) -> Lanes:
    """A tileable field of SIZE by SIZE at eight places in texels, bilinear."""


@wp.func
def smooth(t: Lanes) -> Lanes:
    """From 0 to 1 with no kinks."""
    return wp.cw_mul(wp.cw_mul(t, t), Lanes(3.0) - t * 2.0)


@wp.func
def steps(a: Lanes, low: float, high: float) -> Lanes:
    """Smoothly from 0 at one bound to 1 at the other."""
    return smooth(clamped((a - Lanes(low)) * (1.0 / (high - low)), 0.0, 1.0))


@wp.func
def between(share: Lanes, a: Lanes, b: Lanes) -> Lanes:
    """Of a where the share is 0, of b where it is 1."""
    return a + wp.cw_mul(b - a, share)


@wp.struct
class Weathers:
    """Of eight points how wet they are, from which height of the noise on water stands there, how much snow there is, and how far the noise is moved
    (metres).
    """

    wet: Lanes
    water: Lanes
    snow: Lanes
    x: Lanes
    y: Lanes


@wp.func
def in_weather(skin: Skin, weather: Weathers, field: wp.array(dtype=float), eye: wp.vec3, ray: Vectors) -> Skin:
    """Eight points' skin as rain and snow leave it, by the place in the world and how much it faces up."""
    out = skin
    if greatest(weather.wet + weather.snow) == 0.0 and least(weather.water) == DRY:
        return out
    x = wp.cw_mul(ray.x, skin.depth) + weather.x + Lanes(eye[0])
    y = wp.cw_mul(ray.y, skin.depth) + weather.y + Lanes(eye[1])
    coarse = noises(field, x * (256.0 / PUDDLES_M), y * (256.0 / PUDDLES_M))
    rims = noises(field, x * (256.0 / RIMS_M), y * (256.0 / RIMS_M))
    far = skin.depth * (1.0 / FADE_M)
    kept = wp.cw_div(Lanes(1.0), Lanes(1.0) + wp.cw_mul(far, far))
    pattern = wp.cw_mul(coarse + rims * RIMS, kept)
    one = Lanes(1.0)
    # Which side of it is seen.
    up = wp.cw_mul(skin.flat.z, pick(dots(skin.flat, ray), Lanes(-1.0), one))
    pores = wp.cw_mul(clamped((skin.roughness - Lanes(0.3)) * 2.0, 0.0, 1.0), one - skin.metallic)

    # Walls get less of the rain, and undersides none.
    soaked = clamped(weather.wet * 1.5 + wp.cw_mul(pattern, one - weather.wet) - Lanes(0.25), 0.0, 1.0)
    soaked = wp.cw_mul(wp.cw_mul(soaked, lesser(weather.wet * 8.0, one)), clamped(up * 1.2 + Lanes(0.4), 0.0, 1.0))
    water = wp.cw_mul(steps(pattern - weather.water, -0.05, 0.07), steps(up, 0.985, 0.998))
    out.base = scaled(out.base, wp.cw_mul(one - wp.cw_mul(soaked, pores) * 0.5, one - wp.cw_mul(water, pores) * 0.45))
    out.roughness = between(water, wp.cw_mul(out.roughness, one - soaked * 0.62), Lanes(STILL))
    out.normal = units(added(scaled(out.normal, one - water), scaled(skin.flat, water)))
    out.spread2 = wp.cw_mul(out.spread2, one - water)

    # The more snow there is, the steeper is what still holds some.
    facing = up + wp.cw_mul(coarse + rims, kept) * 0.12
    lies = smooth(clamped(wp.cw_div(facing - Lanes(0.82) + weather.snow * 0.55, Lanes(0.13) + weather.snow * 0.15), 0.0, 1.0))
    patches = clamped((weather.snow * 1.8 - Lanes(0.45) + pattern * 0.6) * 3.0, 0.0, 1.0)
    cover = wp.cw_mul(wp.cw_mul(lies, patches), lesser(weather.snow * 8.0, one))
    bare = one - cover
    tone = wp.cw_mul(cover, one + wp.cw_mul(rims, kept) * 0.05)
    out.base = added(scaled(out.base, bare), vectors(tone * SNOW[0], tone * SNOW[1], tone * SNOW[2]))
    out.emitted = scaled(out.emitted, bare)
    out.roughness = between(cover, out.roughness, Lanes(SNOW_ROUGHNESS))
    out.metallic = wp.cw_mul(out.metallic, bare)
    out.coat = wp.cw_mul(out.coat, bare)
    out.normal = units(added(scaled(out.normal, one - cover * 0.8), scaled(skin.flat, cover * 0.8)))
    return out


# --- on the host --------------------------------------------------------------------------------------------


def weather_of(weathering: Weathering | None, material: MaterialSpec) -> tuple[float, float, float]:
    """How wet a surface is, from which height of the noise on water stands on it, and how much snow lies there; cf. `in_weather`.

    Glass stays clear.
    """
    if weathering is None or material.transmission > 0:
        return (0.0, _DRY, 0.0)
    return (weathering.wet, _height(weathering.puddles), weathering.snow)


def drift_of(weathering: Weathering | None) -> tuple[float, float]:
    """How far the noise is moved, metres."""
    if weathering is None:
        return (0.0, 0.0)
    seed = Seed(weathering.seed).child("weather")
    return (seed.child("x").integer() % 4096 / 16, seed.child("y").integer() % 4096 / 16)


def _height(share: float) -> float:
    heights = np.sort(_field(), axis=None)
    return float(heights[int((1 - share) * (len(heights) - 1))]) if share > 0 else _DRY


@cache
def _field() -> NDArray[np.float32]:
    """(SIZE, SIZE), about [-1, 1]."""
    field = fractal_noise(Seed(0).child("weather field").rng(), 6, 6, 4).astype(np.float32)
    field.flags.writeable = False
    return field


@cache
def weather_noise(device: str) -> Any:
    """The noise on a device."""
    return wp.array(_field().ravel(), dtype=wp.float32, device=device)
