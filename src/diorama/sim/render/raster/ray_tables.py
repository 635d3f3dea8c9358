"""A lens's rays as the kernels read them: one for each sample, and which part of all directions each part of the picture sees.

The second is what finds a triangle's pixels without following its bent edges: the ends of a tile's unit rays lie in a small ball, and
a ball wholly outside one of the triangle's edges holds no sample of it. Balls of tiles are gathered into balls of four tiles, and so
on: a tree over the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster.device import Array as DeviceArray
from diorama.sim.render.raster.device import wp
from diorama.sim.render.raster.lens_rays import by_pixel, steps, traced
from diorama.sim.render.raster.visibility import GROUP
from diorama.sim.spec import CameraSpec

Array = NDArray[np.float64]
Box = tuple[int, int, int, int]

#: A tile's rays are at most this much farther from the middle than those of its corners.
_BULGE = 1.25
#: Pixels along a tile's side.
TILE = GROUP
#: Silhouettes are followed this many picture sizes past each edge.
BEYOND = 2
_FAR_PIXEL = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class RayTree:
    """The tree of balls over a region of the picture's plane. Its nodes that see something are listed depth first.

    `balls` (n, 4) are the balls, (x, y, z, radius); `after` (n,) int32, the next node that is not below this one; `boxes` (n, 4) int32, the
    pixels (x0, y0, x1, y1) of the tiles below it.
    """

    balls: Array
    after: NDArray[np.int32]
    boxes: NDArray[np.int32]


def sample_rays(camera: CameraSpec, region: Box, offset: tuple[float, float]) -> Array:
    """Unit rays (rows, columns, 3) of the pixels in (x0, y0, x1, y1), at an offset from their corners; zero where nothing is seen."""
    x0, y0, x1, y1 = region
    rays = traced(camera, np.arange(x0, x1)[None] + offset[0], np.arange(y0, y1)[None] + offset[1], "cpu")
    return by_pixel(rays)[0, :, : x1 - x0]


def ray_tree(camera: CameraSpec, region: Box, tile: int, hole: Box = (0, 0, 0, 0)) -> RayTree:
    """The tree of tiles `tile` pixels wide over (x0, y0, x1, y1), but for those within the hole."""
    balls = tile_balls(camera, region, tile)
    x, y = np.arange(region[0], region[2], tile), np.arange(region[1], region[3], tile)
    boxes = np.stack([*np.meshgrid(x, y), *np.meshgrid(np.minimum(x + tile, region[2]), np.minimum(y + tile, region[3]))], axis=-1)
    within = (boxes[..., :2] >= hole[:2]).all(axis=-1) & (boxes[..., 2:] <= hole[2:]).all(axis=-1)
    balls[within, 3] = -np.inf
    return _depth_first(balls, boxes)


def tile_balls(camera: CameraSpec, region: Box, tile: int) -> Array:
    """(rows, columns, 4) balls of the tiles of a region, (x, y, z, radius); the radius is -inf where nothing is seen."""
    rows, columns = -(-(region[3] - region[1]) // tile), -(-(region[2] - region[0]) // tile)
    origin = np.array(region[:2])
    corners = _node_rays(camera, origin[None], (rows + 1, columns + 1), tile)[0]
    corners = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1], corners[1:, 1:]], axis=2)
    balls = _ball(corners, _BULGE)
    # Tiles that may be seen in part: the corners of all their pixels and of two more around, and some room for the parts of pixels that
    # are seen beyond the last of these.
    unseen = np.isnan(corners[..., 0])
    near_seen = cv2.dilate(np.asarray(~unseen.all(axis=2), np.uint8), np.ones((3, 3), np.uint8)) > 0
    row, column = np.nonzero(unseen.any(axis=2) & near_seen)
    side = tile + 5
    rays = _node_rays(camera, origin + tile * np.stack([column, row], axis=1) - 2, (side, side), 1)
    steps = [np.fmax.reduce(_length(np.diff(rays, axis=axis)), axis=(1, 2), initial=0.0) for axis in (1, 2)]
    partial = _ball(rays.reshape(len(row), side * side, 3), 1.0)
    partial[:, 3] += 3 * np.maximum(*steps)
    balls[row, column] = partial
    return balls


def _node_rays(camera: CameraSpec, starts_xy: NDArray[np.int64], shape: tuple[int, int], step: int) -> Array:
    """(n, *shape, 3) rays through grids of pixels' corners, NaN where nothing is seen."""
    u, v = (starts_xy[:, axis, None] + step * np.arange(shape[1 - axis]) for axis in (0, 1))
    rays = by_pixel(traced(camera, u, v, "cpu"))[:, :, : shape[1]]
    return np.where((rays != 0).any(axis=-1, keepdims=True), rays, np.nan)


def _ball(points: Array, slack: float) -> Array:
    """Balls (..., 4) about (..., n, 3) points, of which some or all may be NaN."""
    count = (~np.isnan(points[..., 0])).sum(axis=-1)
    middle = np.nansum(points, axis=-2) / np.maximum(count, 1)[..., None]
    radius = np.fmax.reduce(_length(points - middle[..., None, :]), axis=-1, initial=0.0) * slack + 1e-9
    return np.concatenate([middle, np.where(count > 0, radius, -np.inf)[..., None]], axis=-1)


def _gathered(balls: Array, boxes: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
    """Balls (h, w, 4) and boxes about those of 2 x 2 of a finer grid."""
    four = np.stack([balls[::2, ::2], balls[::2, 1::2], balls[1::2, ::2], balls[1::2, 1::2]])
    seen = four[..., 3:] > 0
    middle = np.where(seen, four[..., :3], 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    reach = (_length(four[..., :3] - middle) + four[..., 3]).max(axis=0)
    parts = np.stack([boxes[::2, ::2], boxes[::2, 1::2], boxes[1::2, ::2], boxes[1::2, 1::2]])
    low = np.where(seen, parts[..., :2], _FAR_PIXEL).min(axis=0)
    high = np.where(seen, parts[..., 2:], -_FAR_PIXEL).max(axis=0)
    return np.concatenate([middle, reach[..., None]], axis=-1), np.concatenate([low, high], axis=-1)


def _depth_first(balls: Array, boxes: NDArray[np.int64]) -> RayTree:
    """The tree whose leaves are tiles (rows, columns, 4)."""
    rows, columns, _ = balls.shape
    depth = max(rows - 1, columns - 1).bit_length()
    whole, whole_boxes = np.full((2**depth, 2**depth, 4), (0, 0, 0, -np.inf)), np.zeros((2**depth, 2**depth, 4), np.int64)
    whole[:rows, :columns], whole_boxes[:rows, :columns] = balls, boxes
    levels = [(whole, whole_boxes)]
    while len(levels[-1][0]) > 1:
        levels.append(_gathered(*levels[-1]))
    # A tree of four branches everywhere, in which a node's place follows from its parent's and the size of a subtree.
    sizes = [(4 ** (level + 1) - 1) // 3 for level in range(depth + 1)]
    all_balls, after, all_boxes = np.empty((sizes[depth], 4)), np.empty(sizes[depth], np.int64), np.empty((sizes[depth], 4), np.int32)
    place = x = y = np.zeros(1, np.int64)
    for level in range(depth, -1, -1):
        all_balls[place], all_boxes[place] = (grid[y, x] for grid in levels[level])
        after[place] = place + sizes[level]
        if level > 0:
            place = (place[:, None] + 1 + sizes[level - 1] * np.arange(4)).reshape(-1)
            x, y = (2 * x[:, None] + (0, 1, 0, 1)).reshape(-1), (2 * y[:, None] + (0, 0, 1, 1)).reshape(-1)
    seen = all_balls[:, 3] > 0
    new_place = np.concatenate([[0], np.cumsum(seen)])
    return RayTree(balls=all_balls[seen], after=new_place[after[seen]].astype(np.int32), boxes=all_boxes[seen])


def _length(v: Array) -> Array:
    return np.sqrt(v[..., 0] * v[..., 0] + v[..., 1] * v[..., 1] + v[..., 2] * v[..., 2])


class RayTables:
    """What a camera with a lens needs on a device; it does not depend on where the camera is.

    `samples` (samples, rows, groups of a row, 3) of Columns are the coordinates of each sample's ray, those at pixels' centres last;
    `tiles` (rows, columns) vec4d and `picture`, the tree's arrays, find triangles; `centers` (pixels,) mat33 are the rays of pixels' centres, and how
    they change from pixel to pixel to the right and downwards.
    """

    def __init__(self, camera: CameraSpec, offsets: Sequence[tuple[float, float]], device: str) -> None:
        self._camera, self._device = camera, device
        self._picture = (0, 0, camera.width, camera.height)
        u, v = (np.stack([np.arange(size) + offset[axis] for offset in offsets]) for axis, size in enumerate((camera.width, camera.height)))
        self.samples: DeviceArray = traced(camera, u, v, device)
        self.centers: DeviceArray = steps(self.samples[-1], camera.width)
        self.tiles: DeviceArray = wp.array(tile_balls(camera, self._picture, TILE), dtype=wp.vec4d, device=device)
        self.picture = self._upload(ray_tree(camera, self._picture, TILE // 2))

    @cached_property
    def _centers(self) -> Array:
        return by_pixel(self.samples[-1])[:, : self._camera.width]

    @cached_property
    def beyond(self) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
        """The arrays of a tree of what is around the picture, as far as silhouettes are followed."""
        w, h = self._camera.width, self._camera.height
        return self._upload(ray_tree(self._camera, (-BEYOND * w, -BEYOND * h, (1 + BEYOND) * w, (1 + BEYOND) * h), 2 * TILE, self._picture))

    def canvas(self, region: Box) -> Array:
        """(pixels, 3) rays through the centres of a region's pixels."""
        x0, y0, x1, y1 = region
        if x0 >= 0 and y0 >= 0 and x1 <= self._camera.width and y1 <= self._camera.height:
            return self._centers[y0:y1, x0:x1].reshape(-1, 3)
        return sample_rays(self._camera, region, (0.5, 0.5)).reshape(-1, 3)

    def _upload(self, tree: RayTree) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
        device = self._device
        return (
            wp.array(tree.balls, dtype=wp.vec4d, device=device),
            wp.array(tree.after, dtype=wp.int32, device=device),
            wp.array(tree.boxes, dtype=wp.vec4i, device=device),
        )
