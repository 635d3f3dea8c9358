"""How far lights reach: which of many lights can add anything to eight neighbouring points.

Streets at night have dozens of lamps, and most places see a few of them. A light is left out for points beyond its cone, where it adds exactly
nothing, and for points so far away that what it adds to a white surface is a small part of a code of the picture (`UNSEEN`); mirrors, in which
lamps glitter from afar, it reaches `GLITTER` times as far. Lights are looked at eight at a time, by a ball around the points.
"""

import math
from collections.abc import Sequence

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.brdf import Surfels
from diorama.sim.render.raster.lanes import COUNT, Indices, Lanes, Vectors, least
from diorama.sim.spec import CameraSpec, Light, PointLight, RectLight, SpotLight, SunLight
from diorama.sim.transforms import normalize

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: A signal (1 is diffuse white) that nobody sees: less than one code of 8 bits even in the dark parts of a picture.
UNSEEN = 1 / 4096
#: Smooth dielectrics send some 150 times as much of a lamp's light towards the eye as dull white does, where they mirror it.
GLITTER = wp.constant(12.0)
#: The squared GGX width from which on a surface glitters no more.
DULL = wp.constant(0.1)
#: With so few lights nothing is left out.
FEW = 8
_FIELDS = 9
_EVERYWHERE = 1e18


def reaches(lights: Sequence[Light], camera: CameraSpec) -> NDArray[np.float32]:
    """What `reached` reads: of each eight lights their positions' x, y and z, their ranges in metres, the x, y and z of the way that they shine, and
    the cosine and sine of the angle about it that they shine into. Empty for few lights.
    """
    if len(lights) <= FEW:
        return np.zeros(0, np.float32)
    gain = 2.0**camera.sensor.exposure_ev * max(*camera.sensor.white_balance, 1e-9)
    rows = np.zeros((-(-len(lights) // COUNT) * COUNT, _FIELDS))
    rows[len(lights) :, 3] = -_EVERYWHERE
    for row, light in zip(rows, lights, strict=False):
        row[:] = _row(light, gain)
    return rows.reshape(-1, COUNT, _FIELDS).swapaxes(1, 2).astype(np.float32).ravel()


def _row(light: Light, gain: float) -> tuple[float, ...]:
    if isinstance(light, SunLight):
        return (0.0, 0.0, 0.0, _EVERYWHERE, 0.0, 0.0, 0.0, 0.0, 0.0)
    # A white surface that faces it sends intensity over pi and the distance squared.
    most = max(light.radiance) * light.size_m[0] * light.size_m[1] if isinstance(light, RectLight) else max(light.intensity)
    far = float(f"{math.sqrt(most * gain / (math.pi * UNSEEN)):.6g}")
    if isinstance(light, PointLight):
        return (*light.position_m, far, 0.0, 0.0, 0.0, 0.0, 0.0)
    if isinstance(light, SpotLight):
        return (*light.position_m, far, *normalize(light.direction), math.cos(light.outer_rad), math.sin(light.outer_rad))
    # Before its plane, as far as its corners are from its middle farther on.
    return (*light.position_m, far + math.hypot(*light.size_m) / 2, *normalize(light.direction), 0.0, 1.0)


@wp.func_native("""
    float low[3] = {1e30f, 1e30f, 1e30f}, high[3] = {-1e30f, -1e30f, -1e30f};
    for (int i = 0; i < 8; ++i) {
        if (triangle.c[i] < 0) continue;
        float p[3] = {x.c[i], y.c[i], z.c[i]};
        for (int k = 0; k < 3; ++k) {
            low[k] = p[k] < low[k] ? p[k] : low[k];
            high[k] = p[k] > high[k] ? p[k] : high[k];
        }
    }
    wp::vec4 out;
    float across = 0.0f;
    for (int k = 0; k < 3; ++k) {
        out.c[k] = 0.5f * (low[k] + high[k]);
        across = across + (high[k] - low[k]) * (high[k] - low[k]);
    }
    // Rounding must not leave anything out.
    out.c[3] = 0.501f * sqrtf(across) + 1e-3f;
    return out;
""")
def enclosing(x: Lanes, y: Lanes, z: Lanes, triangle: Indices) -> wp.vec4:
    """A ball, centre and radius, around those of eight points that are on a triangle."""


@wp.func
def stretched(s: Surfels) -> float:
    """How many ranges away a light may be to be seen on eight points."""
    if s.coated == 1 or least(s.alpha2) < DULL:
        return GLITTER
    return 1.0


@wp.func
def ball_around(points: Vectors, triangle: Indices) -> wp.vec4:
    """A ball, centre and radius, around those of eight points that are on a triangle."""
    return enclosing(points.x, points.y, points.z, triangle)


@wp.func_native("""
    const float* r = reaches.data + first * 9;
    int bits = 0;
    for (int i = 0; i < 8; ++i) {
        float x = ball.c[0] - r[i], y = ball.c[1] - r[8 + i], z = ball.c[2] - r[16 + i];
        float away2 = x * x + y * y + z * z, along = x * r[32 + i] + y * r[40 + i] + z * r[48 + i];
        float far = r[24 + i] * stretch + ball.c[3], aside2 = away2 - along * along;
        float beyond = r[56 + i] * sqrtf(aside2 > 0.0f ? aside2 : 0.0f) - r[64 + i] * along;
        bits |= (far > 0.0f && away2 <= far * far && beyond <= ball.c[3] + 1e-4f * sqrtf(away2) ? 1 : 0) << i;
    }
    return bits;
""")
def reached(reaches: wp.array(dtype=float), first: int, ball: wp.vec4, stretch: float) -> int:
    """A bit for each of eight lights, from number `first` (a multiple of eight) on, that may light something in a ball, within `stretch` ranges."""
