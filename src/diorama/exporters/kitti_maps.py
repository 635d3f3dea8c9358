"""KITTI's maps as 16-bit PNG files: depth, disparity, and optical flow. In each, what is not known is 0."""

import numpy as np
from numpy.typing import NDArray

from diorama.sim.frame import Frame
from diorama.sim.spec import SceneSpec
from diorama.sim.transforms import Matrix, compose, invert

_MOST = 65535


def scaled(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Depths in metres or disparities in pixels, (H, W), in 256ths: 0 where they are not finite, not positive, or 256 and more."""
    out = np.rint(np.where(np.isfinite(values), values, 0.0) * 256)
    return np.where((out > 0) & (out <= _MOST), out, 0).astype(np.uint16)


def flow(frame: Frame) -> NDArray[np.uint16]:
    """(H, W, 3) as OpenCV writes it: whether it is known, then v and u in 64ths of a pixel, 32768 being none."""
    assert frame.flow_forward is not None and frame.depth_m is not None
    vectors = np.rint(frame.flow_forward.astype(np.float64) * 64 + 32768)
    known = np.isfinite(frame.depth_m) & np.isfinite(vectors).all(axis=2) & (vectors >= 0).all(axis=2) & (vectors <= _MOST).all(axis=2)
    shown = np.where(known[..., None], vectors, 0).astype(np.uint16)
    return np.stack([known.astype(np.uint16), shown[..., 1], shown[..., 0]], axis=-1)


def disparity(depth_m: NDArray[np.floating], focal_px: float, baseline_m: float) -> NDArray[np.float64]:
    """(H, W) pixels, 0 at infinity, from the z-depths of the left picture."""
    depth = depth_m.astype(np.float64)
    return np.divide(focal_px * baseline_m, depth, out=np.zeros(depth.shape), where=np.isfinite(depth) & (depth > 0))


def seen_by_both(left_px: NDArray[np.float64], right_px: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(H, W) where the right picture, whose disparities are `right_px`, shows what the left one does: nothing is before it there, within a pixel."""
    rows, columns = np.indices(left_px.shape)
    at = np.floor(columns + 0.5 - left_px).astype(np.int64)
    inside = (left_px > 0) & (at >= 0)
    return inside & (np.abs(right_px[rows, np.where(inside, at, 0)] - left_px) < 1.0)


def later_depth_m(frame: Frame, spec: SceneSpec) -> NDArray[np.float64]:
    """(H, W) how far what a pixel shows is from the camera, along its axis, `flow_s` later: each body and the camera moved as they do. +inf where
    nothing is. `spec` is the scene at the frame's moment.
    """
    assert frame.instance is not None and frame.depth_m is not None
    camera = frame.camera
    now = camera.world_from_camera
    later_from_world = invert(camera.motion.moved(now, camera.flow_s).matrix)
    rows = np.zeros((len(spec.bodies) + 1, 4))
    for number in np.unique(frame.instance).tolist():
        if number:
            rows[number] = _later_row(spec, number - 1, later_from_world, now.matrix, camera.flow_s)
    v, u = np.indices(frame.depth_m.shape) + 0.5
    z = np.where(np.isfinite(frame.depth_m), frame.depth_m, 0).astype(np.float64)
    a, b, c, d = (rows[:, k][frame.instance] for k in range(4))
    later = a * ((u - camera.cx) / camera.fx * z) + b * ((v - camera.cy) / camera.fy * z) + c * z + d
    return np.where(np.isfinite(frame.depth_m), later, np.inf)


def _later_row(spec: SceneSpec, body: int, later_from_world: Matrix, world_from_camera: Matrix, seconds: float) -> Matrix:
    pose, motion = spec.bodies[body].world_from_body, spec.bodies[body].motion
    moved = compose(motion.moved(pose, seconds).matrix, invert(pose.matrix))
    return compose(later_from_world, moved, world_from_camera)[2]
