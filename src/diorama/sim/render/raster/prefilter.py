"""Surroundings blurred as rough surfaces mirror them: one map for each of a few roughnesses.

A map's value along n is the mean of the radiance around n, weighted as a GGX mirror that is looked at along its normal n sees it, by
D(h) (n.l) (Karis, "Real shading in Unreal Engine 4", 2013). That weight depends on the angle to n alone. So the lobe is cut
into rings and these into sectors as wide as long; a sector is one tap from the level of a pyramid whose nodes are as far apart as the
sector is large. No light falls between taps, however small and bright its source is, so nothing sparkles; and a narrow
lobe's long tail costs a few taps for each doubling of the angle.
"""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.render.raster.octahedral import corner_of, look_up

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: A ring is at most this part of its inner radius wide, and at most as wide (rad) as the other over the lobe's roughness: a wide lobe
#: varies more slowly than its rings grow, but its maps are small, and exactness costs little there.
_GROWTH = 1.0
_WIDEST = 0.15
#: A pyramid level is used for sectors of at least this many of its node distances.
_NODES_A_SECTOR = 0.9


@cache
def lobe_taps(roughness: float, base: int, levels: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Unit directions about +z with weights that sum to 1, (n, 4), and the level (n,) of a pyramid, its finest maps `base` nodes wide."""
    alpha = roughness * roughness

    def weight(theta: float) -> float:
        c = math.cos(theta / 2)
        spread = c * c * (alpha * alpha - 1) + 1
        return alpha * alpha / (spread * spread) * math.cos(theta) * math.sin(theta)

    widest = _WIDEST / roughness
    edges = [0.0, min(0.3 * alpha, widest / 2)]
    edges.append(3 * edges[1])
    while True:
        width = min(edges[-1] * _GROWTH, widest)
        # The last ring takes what would be too little for one of its own.
        if edges[-1] + 1.3 * width > math.pi / 2:
            break
        edges.append(edges[-1] + width)
    edges.append(math.pi / 2)
    taps: list[tuple[float, float, float, float]] = []
    level_of: list[int] = []
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
        level = math.floor(math.log2(max(width * (base - 1) / (math.sqrt(2 * math.pi) * _NODES_A_SECTOR), 1.0)))
        for m in range(count):
            turn = 2 * math.pi * (m + 0.5 * (k % 2)) / count
            taps.append((math.sin(theta) * math.cos(turn), math.sin(theta) * math.sin(turn), math.cos(theta), share / count))
            level_of.append(min(level, levels - 1))
    total = math.fsum(t[3] for t in taps)
    rows = [[float(f"{v:.9g}") for v in (x, y, z, w / total)] for x, y, z, w in taps]
    return np.array(rows, np.float32), np.array(level_of, np.int32)


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
