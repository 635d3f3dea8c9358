"""The ground under roads, and what cameras see of it: heights of many places at once, and where a picture's pixels lie."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.frame import Frame
from diorama.sim.lens import rays_at
from diorama.sim.semantics import BY_NAME, semantic_ids
from diorama.sim.spec import CameraSpec, SceneSpec, Terrain
from diorama.sim.transforms import Matrix, apply

#: Classes of what one drives, walks and builds on.
FLAT = ("road", "sidewalk", "parking", "rail track", "ground", "terrain")


def heights_m(terrain: Terrain, xy_m: Matrix) -> Matrix:
    """(n,) what `Terrain.height_m` says of places (n, 2)."""
    out = np.zeros(len(xy_m))
    for hill in terrain.hills:
        dx, dy = xy_m[:, 0] - hill.center_m[0], xy_m[:, 1] - hill.center_m[1]
        b = np.maximum(1.0 - (dx * dx + dy * dy) / (hill.radius_m * hill.radius_m), 0.0)
        out = out + hill.height_m * b * b * b
    return out


def is_flat(spec: SceneSpec, names: tuple[str, ...] = FLAT) -> NDArray[np.bool_]:
    """(n + 1,) by instance id, whether a body is one of these classes of ground."""
    ids = semantic_ids(spec)
    ids[0] = 0
    return np.isin(ids, [BY_NAME[name].id for name in names])


def world_points(frame: Frame, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Matrix:
    """(n, 3) what some pixels of a frame show, in the world; each row when it is read out."""
    assert frame.depth_m is not None
    camera = frame.camera
    rays = rays_at(camera, np.stack([columns + 0.5, rows + 0.5], axis=1))
    there = rays * (frame.depth_m[rows, columns].astype(np.float64) / rays[:, 2])[:, None]
    if camera.rolling_shutter_s == 0 or camera.motion.is_still:
        return apply(camera.world_from_camera.matrix, there)
    out = np.empty_like(there)
    for row in np.unique(rows).tolist():
        these = rows == row
        out[these] = apply(_moved(camera, row + 0.5), there[these])
    return out


def _moved(camera: CameraSpec, v: float) -> Matrix:
    return camera.motion.moved(camera.world_from_camera, camera.readout_s(v)).matrix
