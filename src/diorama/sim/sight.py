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
#: A point is looked for in the row in which it is seen, when that is read out: again and again, until it stays so near, in pixels.
_STAYS_PX, _LOOKS = 1e-6, 20


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
    for i in range(len(points)):
        for _ in range(_LOOKS):
            v = float(pixels[i, 1])
            if not np.isfinite(v):
                break
            there[i] = apply(moment(camera.readout_s(v)), points[i : i + 1])[0]
            pixels[i] = project_points(camera, there[i : i + 1])[0]
            if abs(float(pixels[i, 1]) - v) < _STAYS_PX:
                break
    return pixels, there


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
