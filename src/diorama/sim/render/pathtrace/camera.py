"""Where pixels look."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import CameraSpec


def directions(camera: CameraSpec, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Unit vectors (n, 3) of the world through the centres of pixels."""
    x, y = (columns + 0.5 - camera.cx) / camera.fx, (rows + 0.5 - camera.cy) / camera.fy
    ray = np.stack([x, y, np.ones_like(x)], axis=1) @ camera.world_from_camera.matrix[:3, :3].T
    return ray / np.sqrt((ray * ray).sum(axis=1, keepdims=True))
