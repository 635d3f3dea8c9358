"""Diffuse light from all around as nine numbers a channel.

The irradiance on a surface is the surroundings blurred so widely that spherical harmonics up to order 2 hold it within about a
percent on average (Ramamoorthi and Hanrahan, "An efficient representation for irradiance environment maps", 2001). A small bright
source overshoots to below zero on the far side; then the higher orders are damped, as little as helps (Sloan, "Stupid
spherical harmonics tricks", 2008).
"""

import math
from functools import cache

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.octahedral import directions, solid_angles

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

_ORDER = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2])
#: A cosine lobe over pi, as factors of the orders.
_COSINE = np.array([1.0, 2 / 3, 1 / 4])
#: The squared norms of the polynomials below: what each one's square integrates to, over 4 pi.
_SQUARE = np.array([1.0, 1 / 3, 1 / 3, 1 / 3, 1 / 15, 1 / 15, 4 / 5, 1 / 15, 4 / 15])
#: Directions at which the light must not be negative are the nodes of a map this size.
_CHECKED = 17


def _polynomials(d: NDArray[np.float64]) -> NDArray[np.float64]:
    """The orthogonal polynomials (9, …) of unit directions (…, 3)."""
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    return np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])


@cache
def _projection(n: int, base: int) -> NDArray[np.float64]:
    """What turns the nodes of a pyramid's map into coefficients: (9, 2 n n)."""
    weights = np.broadcast_to(solid_angles(n, base) / (4 * math.pi), (2, n, n)).reshape(-1)
    polynomials = _polynomials(directions(n).reshape(-1, 3))
    # Even light has no orders above 0, to the last digit: over these nodes as over the sphere.
    polynomials[1:] -= (polynomials[1:] * weights).sum(axis=1, keepdims=True)
    return polynomials * weights / _SQUARE[:, None]


def irradiance_coefficients(nodes: NDArray[np.float32], n: int, base: int) -> NDArray[np.float32]:
    """(9, 3) coefficients of irradiance over pi, nowhere negative, from the map (2 n n, 3) of a pyramid with `base` nodes at its finest."""
    light = np.asarray(nodes, np.float64).T
    coefficients = (_projection(n, base)[:, None, :] * light[None]).sum(axis=2) * _COSINE[_ORDER, None]
    checked = _polynomials(directions(_CHECKED).reshape(-1, 3))

    def lowest(damping: float) -> float:
        damped = coefficients * _damped(damping)
        value = damped[0] + sum(damped[k] * checked[k][:, None] for k in range(1, 9))
        return float(value.min())

    low, high = 0.0, 0.0
    if lowest(0.0) < 0:
        high = 1.0
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if lowest(middle) < 0 else (low, middle)
    return (coefficients * _damped(high)).astype(np.float32)


def _damped(strength: float) -> NDArray[np.float64]:
    return (1 / (1 + strength * (_ORDER * (_ORDER + 1.0)) ** 2))[:, None]


@wp.func
def harmonic_light(c: wp.array(dtype=wp.vec3), n: wp.vec3) -> wp.vec3:
    """Irradiance over pi on a surface with the unit normal `n`."""
    x = n[0]
    y = n[1]
    z = n[2]
    light = c[0] + c[1] * y + c[2] * z + c[3] * x
    light += c[4] * (x * y) + c[5] * (y * z) + c[6] * (3.0 * z * z - 1.0) + c[7] * (x * z) + c[8] * (x * x - y * y)
    return wp.max(light, wp.vec3(0.0, 0.0, 0.0))
