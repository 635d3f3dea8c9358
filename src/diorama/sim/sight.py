"""Where points of a scene are seen, and whether anything is before them: what labels of keypoints and lines are made of."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.lens import project_points
from diorama.sim.spec import CameraSpec, Motion, Pose
from diorama.sim.transforms import Matrix, apply, compose, invert

#: Visibility as COCO has it.
OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2

WORLD, STILL = Pose(), Motion()

#: What is not farther before a point than this does not hide it: the depth beside it, within its pixel, differs a little.
_HAIR_M = 0.02
#: A point is looked for in the row in which it is seen, when that is read out, so many times; at one of so many moments over so many readouts before
#: and after the picture's, or between two of them.
_LOOKS, _MOMENTS, _BEYOND = 12, 257, 2.0


def seen_points(camera: CameraSpec, points: ArrayLike, pose: Pose = WORLD, motion: Motion = STILL) -> tuple[Matrix, Matrix]:
    """Where points (n, 3) in the axes of what is at a `pose`, in `motion`, are seen: pixels (n, 2), through the lens, each when its row is read
    out, and the points (n, 3) in the camera's frame of that moment. Pixels are NaN where the lens does not see them.
    """
    points = np.asarray(points, np.float64).reshape(-1, 3)

    def moment(seconds: float) -> Matrix:
        camera_pose = camera.motion.moved(camera.world_from_camera, seconds)
        return compose(invert(camera_pose.matrix), motion.moved(pose, seconds).matrix)

    there = apply(moment(0.0), points)
    pixels = project_points(camera, there)
    if camera.rolling_shutter_s == 0 or (camera.motion.is_still and motion.is_still):
        return pixels, there
    # The row decides on the moment, and the moment on the row: looked for until it stays. Between moments as near as these everything goes straight.
    times = np.linspace(-_BEYOND, _BEYOND, _MOMENTS) * camera.rolling_shutter_s
    moments = np.stack([moment(float(t)) for t in times])
    known = np.isfinite(pixels[:, 1])
    for _ in range(_LOOKS):
        place = (pixels[known, 1] / camera.height - 0.5) / _BEYOND
        at = np.clip((place + 1) / 2 * (_MOMENTS - 1), 0, _MOMENTS - 1)
        before = np.minimum(at.astype(np.int64), _MOMENTS - 2)
        share = (at - before)[:, None]
        now = _each(moments[before], points[known]) * (1 - share) + _each(moments[before + 1], points[known]) * share
        there[known], pixels[known] = now, project_points(camera, now)
        known &= np.isfinite(pixels[:, 1])
    return pixels, there


def _each(transforms: Matrix, points: Matrix) -> Matrix:
    """Points (n, 3), each by a (4, 4) transform of its own."""
    return sum((transforms[:, :3, k] * points[:, k : k + 1] for k in range(3)), transforms[:, :3, 3])


def visibility(frame: Frame, pixels: Matrix, there: Matrix, *, own: int = 0, through_m: ArrayLike = 0.0) -> NDArray[np.int64]:
    """(n,) for each of the points that `seen_points` found, by the exact pass: OUTSIDE the picture, HIDDEN by something, or VISIBLE.

    The body of the instance id `own` may be before them by as much as `through_m` (n,), anything else not at all. Raises InvalidValue unless the
    frame has the channels instance and depth.
    """
    if frame.instance is None or frame.depth_m is None:
        raise InvalidValue('visibility is told by the channels "instance" and "depth"; render the frame with both')
    height, width = frame.instance.shape
    inside = (pixels >= 0).all(axis=1) & (pixels[:, 0] < width) & (pixels[:, 1] < height)
    column, row = np.where(inside[:, None], pixels, 0).astype(np.int64).T
    z = there[:, 2]
    distance = np.sqrt(there[:, 0] * there[:, 0] + there[:, 1] * there[:, 1] + z * z)
    # Along one ray distances are as depths are; behind a fisheye both of these are negative.
    reached = distance * (frame.depth_m[row, column] / np.where(z == 0, np.nan, z))
    allowed = np.where((frame.instance[row, column] == own) & (own > 0), np.maximum(through_m, _HAIR_M), _HAIR_M)
    hidden = distance - reached > allowed
    return np.where(inside, np.where(hidden, HIDDEN, VISIBLE), OUTSIDE)
