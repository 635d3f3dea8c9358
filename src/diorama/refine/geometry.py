"""What the residual branch knows of a picture's geometry, at half of its resolution."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from diorama.refine.base import Rendered

#: Nearness, three of the normal, edges of instances and classes, and where nothing is.
CHANNELS = 6
#: Categories from here on share a place.
CATEGORIES = 64
#: Depth that is as much as half of all nearness.
_MIDDLE_M = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """channels (n, CHANNELS, h/2, w/2) in [-1, 1], and category (n, h/2, w/2) int64."""

    channels: torch.Tensor
    category: torch.Tensor

    @classmethod
    def of(cls, picture: Rendered) -> "Geometry":
        """Of one picture, whose sides are even."""
        depth_m = picture.depth_m
        nothing = ~np.isfinite(depth_m)
        near = (np.float32(_MIDDLE_M) / (np.float32(_MIDDLE_M) + np.where(nothing, np.float32(1e9), np.maximum(depth_m, 0)))).astype(np.float32)
        edges = edges_of(picture.instance) | edges_of(picture.category)
        full = np.dstack([near, _normals(near), edges.astype(np.float32), nothing.astype(np.float32)])
        half = cv2.resize(full, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        category = np.clip(picture.category[::2, ::2], 0, CATEGORIES - 1).astype(np.int64)
        return cls(torch.from_numpy(half).permute(2, 0, 1)[None].contiguous(), torch.from_numpy(category)[None])


def edges_of(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Pixels on either side of a border between two labels: (h, w)."""
    edges = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges


def _normals(near: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3) normals in the camera's axes, z towards it, from how depth changes; of surfaces seen by a lens as wide as the picture.

    For a plane, x and y are to z as the focal length in pixels times the slope of the logarithm of depth (in a pixel) is to 1, which is what its
    normal has to be in axes that follow the ray; nearness m / (m + z) has z = m (1 / near - 1).
    """
    depth = 1 / np.maximum(near, np.float32(1e-6)) - 1
    focal_px = np.float32(near.shape[1])
    y, x = (np.gradient(depth, axis=axis) / np.maximum(depth, np.float32(1e-6)) * focal_px for axis in (0, 1))
    length = np.sqrt(x * x + y * y + 1)
    return np.dstack([x / length, y / length, 1 / length]).astype(np.float32)
