"""Surroundings blurred as rough surfaces mirror them: one map for each of a few roughnesses.

A map's value along n is the mean of the radiance around n, weighted as a GGX mirror that is looked at along its normal n sees it, by
D(h) (n.l) (Karis, "Real shading in Unreal Engine 4", 2013). That weight depends on the angle to n alone.

A wide lobe is summed over all nodes of a coarse map (`gather`). A narrow one is cut into rings and these into sectors about as wide as
long; a sector is one tap from the level of a pyramid whose nodes are as far apart as the sector is large (`blur`). So a
narrow lobe's long tail costs a few taps for each doubling of the angle. Either way no light falls between taps, however small and
bright its source is: nothing sparkles.
"""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.octahedral import corner_of, look_up

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: A pyramid level is used for sectors of at least this many of its node distances.
_NODES_A_SECTOR = 0.9


@cache
def lobe_taps(roughness: float) -> NDArray[np.float32]:
    """A lobe's sectors: unit directions about +z, weights that sum to 1, and widths (rad), (n, 5)."""
    alpha = roughness * roughness

    def weight(theta: float) -> float:
        c = math.cos(theta / 2)
        spread = c * c * (alpha * alpha - 1) + 1
        return alpha * alpha / (spread * spread) * math.cos(theta) * math.sin(theta)

    edges = [0.0, 0.3 * alpha]
    edges.append(3 * edges[1])
    # Each ring ends twice as far out as the one before; the last takes what would be too little for one of its own.
    while edges[-1] < math.pi / 4.6:
        edges.append(2 * edges[-1])
    edges.append(math.pi / 2)
    taps: list[tuple[float, float, float, float, float]] = []
    for k, (low, high) in enumerate(pairwise(edges)):
        thetas = [low + (high - low) * (i + 0.5) / 64 for i in range(64)]
        weights = [weight(t) * (high - low) / 64 for t in thetas]
        share = math.fsum(weights)
        if k == 0:
            count, theta = 1, 0.0
        else:
            theta = math.fsum(w * t for w, t in zip(weights, thetas, strict=True)) / share
            count = max(round(2 * math.pi * math.sin(theta) / (high - low)), 4)
        width = 2 * high if k == 0 else high - low
        for m in range(count):
            turn = 2 * math.pi * (m + 0.5 * (k % 2)) / count
            taps.append((math.sin(theta) * math.cos(turn), math.sin(theta) * math.sin(turn), math.cos(theta), share / count, width))
    total = math.fsum(t[3] for t in taps)
    return np.array([[float(f"{v:.9g}") for v in (x, y, z, w / total, width)] for x, y, z, w, width in taps], np.float32)


def tap_levels(widths: NDArray[np.float32], base: int, levels: int) -> list[int]:
    """Which level of a pyramid, `base` nodes a side at its finest, to read for sectors of these widths (rad)."""
    # Nodes are sqrt(2 pi) / (base - 1) apart on average.
    spacings = [width * (base - 1) / (math.sqrt(2 * math.pi) * _NODES_A_SECTOR) for width in widths.tolist()]
    return [min(math.floor(math.log2(max(s, 1.0))), levels - 1) for s in spacings]


@wp.kernel
def blur(
    pyramid: wp.array(dtype=wp.vec3),
    taps: wp.array(dtype=wp.vec4),
    maps: wp.array(dtype=wp.vec2i),
    n: int,
    start: int,
    nodes: wp.array(dtype=wp.vec3),
):
    """The map at `start`, of `n` nodes a side: at each node the mean over the lobe's taps about its direction.

    `maps` says for each tap which of the pyramid's maps it reads: where it starts, and how many nodes a side it has.
    """
    lower, i, j = wp.tid()
    d = wp.normalize(corner_of(lower, i, j, n))
    # A frame about d without a square root (Duff et al., "Building an orthonormal basis, revisited", 2017).
    sign = float(1.0)
    if d[2] < 0.0:
        sign = -1.0
    p = -1.0 / (sign + d[2])
    q = d[0] * d[1] * p
    side = wp.vec3(1.0 + sign * d[0] * d[0] * p, sign * q, -sign * d[0])
    other = wp.vec3(q, sign + d[1] * d[1] * p, -d[1])
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(taps.shape[0]):
        tap = taps[k]
        total += look_up(pyramid, maps[k][0], maps[k][1], side * tap[0] + other * tap[1] + d * tap[2]) * tap[3]
    nodes[start + (lower * n + i) * n + j] = total


@wp.kernel
def gather(
    pyramid: wp.array(dtype=wp.vec3),
    source: int,
    directions: wp.array(dtype=wp.vec4),
    alpha2: float,
    n: int,
    start: int,
    nodes: wp.array(dtype=wp.vec3),
):
    """The map at `start`, of `n` nodes a side: at each node the mean over the pyramid's map at `source`, whose nodes' directions and solid
    angles are `directions`. `alpha2` is the fourth power of the roughness.
    """
    lower, i, j = wp.tid()
    d = wp.normalize(corner_of(lower, i, j, n))
    total = wp.vec3(0.0, 0.0, 0.0)
    weight = float(0.0)
    for k in range(directions.shape[0]):
        toward = directions[k]
        c = d[0] * toward[0] + d[1] * toward[1] + d[2] * toward[2]
        if c > 0.0:
            spread = 0.5 * (1.0 + c) * (alpha2 - 1.0) + 1.0
            w = toward[3] * c / (spread * spread)
            total += pyramid[source + k] * w
            weight += w
    nodes[start + (lower * n + i) * n + j] = total / weight
