"""Fog, for eight points at a time: see `diorama.sim.render.fog`, which has the formula.

A layer that is seen through has fog before it and behind it. Its surface and all that is behind are each seen through the fog from the camera to
there, as if nothing else was; what then counts twice, the air before the layer, is left out of the layer's own light.
"""

from typing import Any

import warp as wp

from diorama.sim.render.fog import air_light
from diorama.sim.render.raster.lanes import Lanes, Vectors, dots, roots, vectors
from diorama.sim.spec import EnvironmentSpec, Light

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@wp.struct
class Fog:
    """The air's radiance, its extinction (1/m; 0 where there is none), and its height in metres."""

    air: wp.vec3
    extinction: float
    height: float


@wp.func_native("""
    wp::vec_t<8, float> r;
    for (int i = 0; i < 8; ++i) {
        float t = (depths.c[i] < 80.0f ? depths.c[i] : 80.0f) * 1.44269504f;
        float whole = floorf(t), x = t - whole - 0.5f;
        float p = -0.000942824938f + x * 0.000108919408f;
        p = 0.169865792f + x * (-0.0392473316f + x * (0.00680104431f + x * p));
        p = 0.707106781f + x * (-0.490129072f + x * p);
        // 2 to the power of minus the whole part, by its bits.
        union { int i; float f; } power;
        power.i = (127 - (int)whole) << 23;
        r.c[i] = p * power.f;
    }
    return r;
""")
def decays(depths: Lanes) -> Lanes:
    """exp(-x) of optical depths, 0 or more; of those above 80, of 80. A seventh-order polynomial: to 2e-7."""


@wp.func_native("""
    union { int i; float f; } power;
    power.i = (127 - times) << 23;
    return power.f;
""")
def halved(times: int) -> float:
    """1, halved so many times."""


@wp.func
def decay(depth: float) -> float:
    """exp(-x) of one optical depth."""
    t = wp.min(depth, 80.0) * 1.44269504
    whole = wp.floor(t)
    x = t - whole - 0.5
    p = -0.000942824938 + x * 0.000108919408
    p = 0.169865792 + x * (-0.0392473316 + x * (0.00680104431 + x * p))
    p = 0.707106781 + x * (-0.490129072 + x * p)
    return p * halved(int(whole))


@wp.func
def left_at(fog: Fog, eye: wp.vec3, points: Vectors) -> Lanes:
    """How much is left of the light from eight points at the eye."""
    way = vectors(points.x - Lanes(eye[0]), points.y - Lanes(eye[1]), points.z - Lanes(eye[2]))
    return decays(roots(dots(way, way)) * fog.extinction)


@wp.func
def seen_beyond(fog: Fog, radiance: wp.vec3, up: float) -> wp.vec3:
    """What is past the last surface, in a direction whose sine of the elevation is `up`."""
    left = decay(fog.extinction * fog.height / wp.max(up, 1.0e-6))
    return radiance * left + fog.air * (1.0 - left)


def fog_of(environment: EnvironmentSpec, lights: tuple[Light, ...]) -> Any:
    """The environment's fog, as kernels read it."""
    out: Any = Fog()
    if environment.fog is not None:
        out.air = wp.vec3(*air_light(environment, lights))
        out.extinction, out.height = environment.fog.extinction_per_m, environment.fog.height_m
    return out
