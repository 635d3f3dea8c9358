"""Layers of see-through surfaces: which are before what a sample of colours sees, the nearest first.

Each is put in its place among those found so far, and what that pushes out goes on to the next place (Liu et al., "FreePipe: a
programmable parallel rendering architecture for efficient multi-fragment effects", 2010): whatever the order in which
triangles come, and however many threads bring them, the outcome is the same.
"""

import warp as wp

from diorama.sim.render.raster.visibility import GROUP_SIZE, NOTHING

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

#: So many layers are seen before a surface; those behind them are left out.
MOST_LAYERS = 8
MOST = wp.constant(MOST_LAYERS)


@wp.struct
class Layers:
    """Of each sample the winners (see visibility.py) that are its layers, nearest first, then zeros: MOST_LAYERS numbers. Those of a pixel's
    samples are next to each other; rows of pixels are whole groups long. `touched` is 1 for groups of which any sample has a layer.

    Both are zero before layers are looked for, and whoever has used them leaves them so. They are empty where nothing is seen through.
    """

    winners: wp.array(dtype=wp.uint64)
    touched: wp.array(dtype=wp.uint8)


@wp.func
def add_layer(layers: Layers, pixel: int, sample: int, samples: int, winner: wp.uint64):
    """Put a layer in its place."""
    layers.touched[pixel // GROUP_SIZE] = wp.uint8(1)
    at = (pixel * samples + sample) * MOST
    left = winner
    for k in range(MOST):
        if left == NOTHING:
            break
        left = wp.min(left, wp.atomic_max(layers.winners, at + k, left))


@wp.func
def layer_at(layers: Layers, pixel: int, sample: int, samples: int, layer: int) -> wp.uint64:
    """One of a sample's layers."""
    return layers.winners[(pixel * samples + sample) * MOST + layer]


@wp.func
def count_layers(layers: Layers, pixel: int, sample: int, samples: int) -> int:
    """How many a sample has."""
    count = int(0)
    while count < MOST and layer_at(layers, pixel, sample, samples, count) != NOTHING:
        count += 1
    return count


@wp.func
def clear_layers(layers: Layers, group: int, samples: int):
    """Leave none."""
    layers.touched[group] = wp.uint8(0)
    for i in range(group * GROUP_SIZE * samples, (group + 1) * GROUP_SIZE * samples):
        for k in range(MOST):
            if layers.winners[i * MOST + k] == NOTHING:
                break
            layers.winners[i * MOST + k] = NOTHING
