"""Grasps as maps for networks that say something of each pixel, as GG-CNN's do (Morrison, Corke and Leitner 2018)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diorama.sim.grasping.seen import SeenGrasps

Map = NDArray[np.float32]

#: The part of a rectangle around its middle, along the jaws' way, whose pixels are places to grasp at: a third.
CENTRAL_SHARE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GraspMaps:
    """What to do at each pixel: (H, W) float32 each, zero where nothing is known.

    quality, 1 where a grasp that succeeds has its middle third; cos and sin of twice the angle at which to close, from +u towards +v, so that half a
    turn makes no difference; width_px, how far to open the jaws, in pixels; tried, 1 where quality is known, from a grasp that succeeded or failed.
    """

    quality: Map
    cos: Map
    sin: Map
    width_px: Map
    tried: Map


def grasp_maps(seen: SeenGrasps, height: int, width: int) -> GraspMaps:
    """Draw grasps onto maps; where several lie on one another, the best of those that succeeded, by `SeenGrasps.quality`, counts.

    A pixel belongs to what its centre is in.
    """
    maps = GraspMaps(**{name: np.zeros((height, width), np.float32) for name in GraspMaps.__slots__})
    boxes = seen.rectangles
    # The best goes last, over all others; those that failed come before.
    order = [i for i in range(len(boxes) - 1, -1, -1) if seen.failed[i]] + [i for i in range(len(boxes) - 1, -1, -1) if seen.held[i]]
    for i in order:
        box = boxes[i : i + 1]
        low, high = np.floor(box.corners_px[0].min(axis=0)), np.ceil(box.corners_px[0].max(axis=0))
        left, top = (int(v) for v in np.clip(low, 0, (width, height)))
        right, bottom = (int(v) for v in np.clip(high, 0, (width, height)))
        v, u = np.mgrid[top:bottom, left:right] + 0.5
        inside = box.contains(np.stack([u.ravel(), v.ravel()], axis=1), CENTRAL_SHARE)[0].reshape(u.shape)
        window = (slice(top, bottom), slice(left, right))
        maps.tried[window][inside] = 1
        if seen.held[i]:
            x, y = box.direction[0].tolist()
            values = {"quality": 1.0, "cos": x * x - y * y, "sin": 2 * x * y, "width_px": float(box.opening_px[0])}
            for name, value in values.items():
                getattr(maps, name)[window][inside] = value
    return maps
