"""How much of the light from all around a rough surface mirrors: the table of the split-sum approximation.

The lobe is GGX with height-correlated Smith masking (Heitz 2014). Its directional albedo under a white sky is, with Schlick's
Fresnel term, ``f0 * (total - grazing) + grazing``: `total` is the albedo were every microfacet a perfect mirror, `grazing` the
part of it weighted by (1 - v.h)^5. What `total` lacks to 1 is light that bounces between microfacets, which the lobe does not count;
Filament gives it back by scaling the lobe with ``1 + f0 * (1 / total - 1)`` (after Turquin, "Practical multiple scattering
compensation for microfacet models", 2019).
"""

import math
from functools import cache

import numpy as np
import warp as wp
from numpy.typing import NDArray

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: Entries along both axes, at roughness and cosine 0, 1/31, ..., 1.
ENTRIES = 32
SIDE = wp.constant(ENTRIES)
_RADII, _ANGLES = 32, 16


@cache
def dfg_table() -> NDArray[np.float32]:
    """(grazing, total) by roughness (perceptual, its square is GGX's alpha) and by the cosine between normal and viewer: (ENTRIES**2, 2).

    The integrals are means over microfacets drawn as the viewer sees them (Heitz, "Sampling the GGX distribution of visible normals",
    2018) on a regular grid. Plain arithmetic, entry by entry, so that all machines have the same table.
    """
    axis = np.arange(ENTRIES) / (ENTRIES - 1)
    roughness, cosine = np.repeat(axis, ENTRIES), np.maximum(np.tile(axis, ENTRIES), 1e-3)
    alpha = roughness * roughness
    vx, vz = np.sqrt(1 - cosine * cosine), cosine
    length = np.sqrt(alpha * alpha * vx * vx + vz * vz)
    # The viewer before a hemisphere of which the microfacets are a stretched image; y is across.
    sx, sz = alpha * vx / length, vz / length
    masked_v = (np.sqrt(1 + alpha * alpha * vx * vx / (vz * vz)) - 1) / 2
    total, grazing = np.zeros_like(alpha), np.zeros_like(alpha)
    for k in range(_RADII):
        radius2 = (k + 0.5) / _RADII
        for m in range(_ANGLES):
            # The hemisphere's left half is the mirror image of its right.
            angle = math.pi * ((m + 0.5) / _ANGLES - 0.5)
            across = round(math.sqrt(radius2) * math.cos(angle), 12)
            up = round(math.sqrt(radius2) * math.sin(angle), 12)
            up = (1 - sz) / 2 * math.sqrt(1 - across * across) + (1 + sz) / 2 * up
            out = np.sqrt(np.maximum(1 - across * across - up * up, 0))
            hx, hy, hz = alpha * (out * sx - up * sz), alpha * across, np.maximum(out * sz + up * sx, 1e-9)
            length = np.sqrt(hx * hx + hy * hy + hz * hz)
            vh = np.maximum((vx * hx + vz * hz) / length, 0)
            lz = 2 * vh * hz / length - vz
            lz2 = np.maximum(lz * lz, 1e-12)
            masked_l = (np.sqrt(1 + alpha * alpha * (1 - np.minimum(lz2, 1)) / lz2) - 1) / 2
            share = np.where(lz > 0, (1 + masked_v) / (1 + masked_v + masked_l), 0)
            miss = np.maximum(1 - vh, 0)
            total += share
            grazing += share * (miss * miss * miss * miss * miss)
    table = (np.stack([grazing, total], axis=1) / (_RADII * _ANGLES)).astype(np.float32)
    table.flags.writeable = False
    return table


@wp.func
def dfg(table: wp.array(dtype=wp.vec2), roughness: float, no_v: float) -> wp.vec2:
    """(grazing, total) of `dfg_table`, bilinear."""
    r = wp.clamp(roughness, 0.0, 1.0) * float(SIDE - 1)
    c = wp.clamp(no_v, 0.0, 1.0) * float(SIDE - 1)
    i = wp.min(int(r), SIDE - 2)
    j = wp.min(int(c), SIDE - 2)
    fr = r - float(i)
    fc = c - float(j)
    at = i * SIDE + j
    smoother = table[at] * (1.0 - fc) + table[at + 1] * fc
    rougher = table[at + SIDE] * (1.0 - fc) + table[at + SIDE + 1] * fc
    return smoother * (1.0 - fr) + rougher * fr


@wp.func
def mirrored_share(table_entry: wp.vec2, f0: wp.vec3) -> wp.vec3:
    """The share of light from all around that is mirrored, bounces between microfacets included; 1 less this is what may be diffuse."""
    one = wp.vec3(1.0, 1.0, 1.0)
    once = f0 * (table_entry[1] - table_entry[0]) + one * table_entry[0]
    return wp.cw_mul(once, one + f0 * (1.0 / table_entry[1] - 1.0))
