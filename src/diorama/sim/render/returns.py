"""What a laser scanner makes of the light that comes back: where it is strong enough, how far it says that is, and how bright.

Power falls with the square of the distance, and in fog as what is left of light that went there and back. Intensities are calibrated for distance, as
scanners' are, but for fog.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import LidarSpec

#: The intensity of a white surface, face on. What sends more back, films of signs above all, is brighter.
WHITE = 0.4
#: What `LidarSpec.reach_m` is told of.
_DARK = 0.1
_GOLDEN = np.uint32(0x9E3779B9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Returns:
    """Of all rays of a turn those that come back: `ray` (n,), their numbers; `range_m` (n,) and `intensity` (n,) as they are measured."""

    ray: NDArray[np.int64]
    range_m: NDArray[np.float64]
    intensity: NDArray[np.float64]


def measured(lidar: LidarSpec, distance_m: NDArray[np.float64], reflected: NDArray[np.float64], extinction_per_m: float) -> Returns:
    """The returns of rays (n,) by how far each went and what share of a white surface's light, face on, is sent back there (0: nothing)."""
    left = _left(extinction_per_m, lidar.max_range_m, distance_m)
    fallen = distance_m / lidar.reach_m
    strong = reflected * left >= _DARK * fallen * fallen
    ray = np.flatnonzero(strong & (reflected > 0) & (distance_m >= lidar.min_range_m) & (distance_m <= lidar.max_range_m))
    noise = _hash(ray.astype(np.uint32) * _GOLDEN ^ np.uint32(lidar.noise_seed))
    other = _hash(noise + _GOLDEN)
    kept = _hash(other + _GOLDEN) >= lidar.drop_out * 2.0**32
    ray = ray[kept]
    range_m = distance_m[ray] + lidar.range_noise_m * _bell(noise[kept])
    intensity = np.clip(WHITE * (reflected * left)[ray] + lidar.intensity_noise * _bell(other[kept]), 0.0, 1.0)
    return Returns(ray=ray, range_m=range_m, intensity=intensity)


def _left(extinction_per_m: float, farthest_m: float, distance_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is left of light that goes so far and back."""
    if extinction_per_m == 0:
        return np.ones_like(distance_m)
    at = np.linspace(0.0, farthest_m, 1025)
    table = [float(f"{math.exp(-2 * extinction_per_m * x):.10g}") for x in at.tolist()]
    return np.interp(distance_m, at, np.array(table))


def _hash(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A bijective integer hash (lowbias32 by Chris Wellons)."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def _bell(bits: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Zero mean, unit deviation and nearly normal: the sum of four uniform bytes (Irwin-Hall)."""
    bytes_ = bits[:, None] >> np.array([0, 8, 16, 24], np.uint32) & np.uint32(255)
    return (bytes_.sum(axis=1).astype(np.float64) - 510.0) * (1.0 / 147.79986)
