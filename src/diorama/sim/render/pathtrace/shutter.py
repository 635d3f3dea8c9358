"""When each part of a picture is taken: the moments of an exposure, and the rows of a rolling shutter."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec import CameraSpec, SceneSpec

#: Bodies that move stand still in as many steps of a picture at most: each is a scene of its own.
_MOST_STEPS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Rows [first, last) of a picture, to be taken with `count` samples a pixel.

    Bodies are where they are `bodies_s` seconds after the picture's moment, and the camera where it is `camera_s` after it, to which
    each row's own delay is added.
    """

    first: int
    last: int
    count: int
    camera_s: float
    bodies_s: float


def shots(camera: CameraSpec, passes: list[int], bodies_move: bool) -> Iterator[Shot]:
    """The whole picture, as many times as there are passes of `count` samples."""
    moments = len(passes) if camera.exposure_s > 0 else 1
    steps = min(-(-camera.height // 4), max(_MOST_STEPS // moments, 1)) if bodies_move and camera.rolling_shutter_s > 0 else 1
    bounds = [camera.height * i // steps for i in range(steps + 1)]
    done, whole = 0, sum(passes)
    for count in passes:
        moment = ((done + count / 2) / whole - 0.5) * camera.exposure_s
        done += count
        for first, last in pairwise(bounds):
            yield Shot(first=first, last=last, count=count, camera_s=moment, bodies_s=moment + camera.readout_s((first + last) / 2))


def row_poses(camera: CameraSpec, seconds: float) -> NDArray[np.float32]:
    """(rows, 12): world_from_camera, without its last row, of each row of a picture; of one for all where they are the same."""
    rolls = camera.rolling_shutter_s > 0 and not camera.motion.is_still
    delays = [camera.readout_s(row + 0.5) for row in range(camera.height)] if rolls else [0.0]
    poses = [camera.motion.moved(camera.world_from_camera, seconds + delay).matrix[:3] for delay in delays]
    return np.array(poses, np.float32).reshape(-1, 12)


def moved(spec: SceneSpec, seconds: float) -> SceneSpec:
    """The scene after some seconds (or, negative, before)."""
    return replace(spec, bodies=tuple(replace(b, world_from_body=b.motion.moved(b.world_from_body, seconds)) for b in spec.bodies))
