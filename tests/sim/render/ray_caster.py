"""A second renderer that shares nothing with the first: every ray against every triangle."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import CameraSpec, SceneSpec
from diorama.sim.transforms import apply, invert


def triangles_of(spec: SceneSpec, library) -> tuple[NDArray, NDArray]:
    """Corners (m, 3, 3) in the world of all bodies' triangles, and the instance number (m,) of each."""
    corners, owner = [], []
    for index, body in enumerate(spec.bodies):
        for part in library.shape_asset(body.shape).parts:
            corners.append(apply(body.world_from_body.matrix, part.positions)[part.faces])
            owner += [index + 1] * len(part.faces)
    return np.concatenate(corners), np.array(owner)


def cast(corners: NDArray, camera: CameraSpec, rays: NDArray) -> tuple[NDArray, NDArray]:
    """For rays (n, 3) of the camera's frame: the triangle that each hits first (-1 for none), and how many times the ray's length away.

    Moeller and Trumbore 1997. Hits count from `near_m` to `far_m`, in ray lengths.
    """
    d = rays[:, None, :]
    p = apply(invert(camera.world_from_camera.matrix), corners.reshape(-1, 3)).reshape(-1, 3, 3)
    e1, e2 = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    h = np.cross(d, e2[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        f = 1 / (e1 * h).sum(-1)
        s = -p[:, 0]
        u = f * (s * h).sum(-1)
        q = np.cross(s, e1)
        v = f * (d * q).sum(-1)
        t = f * (e2 * q).sum(-1)
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t >= camera.near_m) & (t <= camera.far_m)
    t = np.where(hit, t, np.inf)
    nearest = t.argmin(axis=1)
    distance = t[np.arange(len(t)), nearest]
    return np.where(np.isfinite(distance), nearest, -1), distance
