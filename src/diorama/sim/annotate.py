"""Labels from geometry: what the exact pass saw, turned into masks, boxes, fractions and poses.

Never from shaded pixels. Everything is counted on the same pixel centres, so that the visible mask is a part of the
silhouette, and areas, boxes and fractions agree with one another exactly.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from diorama.sim import keypoints
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Annotations, Frame
from diorama.sim.sight import seen_points, visibility
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import Vec3, apply, compose, invert


def annotate(spec: SceneSpec, frame: Frame, library: AssetLibrary) -> Annotations:
    """Label every body of the spec that has a category and at least one visible pixel in the frame.

    Bodies without a visible pixel are named in `hidden`. Raises InvalidValue unless the frame has the channels instance, depth and
    amodal.
    """
    if frame.instance is None or frame.depth_m is None or frame.silhouettes is None:
        raise InvalidValue('labels need the channels "instance", "depth" and "amodal"; render the frame with all three')
    height, width = frame.instance.shape
    camera_from_world = invert(frame.camera.world_from_camera.matrix)
    turn = camera_from_world.copy()
    turn[:3, 3] = 0
    rows: list[dict[str, Any]] = []
    hidden: list[str] = []
    for index, silhouette in sorted(frame.silhouettes.items()):
        body = spec.bodies[index]
        x, y = silhouette.bits_xy
        h, w = silhouette.bits.shape
        window = (slice(y, y + h), slice(x, x + w))
        visible = frame.instance[window] == index + 1
        area = int(np.count_nonzero(visible))
        if area == 0:
            hidden.append(body.name)
            continue
        asset = library.shape_asset(body.shape)
        low, high = (np.array(corner) for corner in asset.bounds_m)
        amodal = rle(silhouette.bits, (x, y), (height, width))
        rows.append(
            {
                "body_index": index,
                "area_px": area,
                "box_xyxy": _tight_box(visible, x, y),
                "amodal_box_xyxy": silhouette.box_xyxy,
                "amodal_area_px": silhouette.inside_px,
                "visible_fraction": area / silhouette.total_px,
                "truncated_fraction": 1 - silhouette.inside_px / silhouette.total_px,
                "depth_m": float(np.median(frame.depth_m[window][visible])),
                "camera_from_body": compose(camera_from_world, body.world_from_body.matrix),
                "size_m": high - low,
                "center_m": (low + high) / 2,
                "velocity_m_s": apply(turn, [body.motion.linear_m_s])[0],
                "angular_rad_s": apply(turn, [body.motion.angular_rad_s])[0],
                "keypoints": _keypoints(body, index + 1, asset.landmarks, frame),
                "attributes": body.attributes,
                "visible_rle": amodal if area == silhouette.inside_px else rle(visible, (x, y), (height, width)),
                "amodal_rle": amodal,
            }
        )
    return _stack(rows, tuple(hidden))


def _keypoints(body: BodySpec, instance: int, landmarks: Mapping[str, Vec3], frame: Frame) -> NDArray[np.float64]:
    """(17, 3), as `Annotations` has them."""
    out = np.zeros((len(keypoints.NAMES), 3))
    if any(name not in landmarks for name in keypoints.NAMES):
        return out
    pixels, there = seen_points(frame.camera, [landmarks[name] for name in keypoints.NAMES], body.world_from_body, body.motion)
    through_m = [keypoints.DEPTH_M[name] for name in keypoints.NAMES]
    out[:, 2] = visibility(frame, pixels, there, own=instance, through_m=through_m)
    inside = out[:, 2] > 0
    out[inside, :2] = pixels[inside]
    return out


def _tight_box(mask: NDArray[np.bool_], x: int, y: int) -> tuple[int, int, int, int]:
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return (x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1)


def rle(mask: NDArray[np.bool_], xy: tuple[int, int], size: tuple[int, int]) -> dict[str, Any]:
    """COCO's compressed run lengths of a picture of `size` (height, width) that is zero but for `mask` placed at `xy`.

    Runs go down the columns. They are read off the small mask, so that the cost is that of the object and not of the
    picture; pycocotools only packs the counts.
    """
    height, width = size
    h, w = mask.shape
    if mask.any():
        # A zero row below each column ends its last run; starts and ends then alternate.
        padded = np.zeros((w, h + 1), np.int8)
        padded[:, :h] = mask.T
        edges = np.flatnonzero(np.diff(padded.reshape(-1), prepend=0))
        column, row = np.divmod(edges, h + 1)
        at = (column + xy[0]) * height + row + xy[1]
        # A run that reaches the picture's last row goes on in the next column's first.
        meets = np.flatnonzero(at[1:-1:2] == at[2::2])
        at = np.delete(at, np.concatenate([2 * meets + 1, 2 * meets + 2]))
    else:
        at = np.zeros(0, np.int64)
    counts = np.diff(at, prepend=0, append=height * width).tolist()
    if counts[-1] == 0:
        counts.pop()
    packed: Any = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": packed["counts"].decode("ascii")}


def _stack(rows: list[dict[str, Any]], hidden: tuple[str, ...]) -> Annotations:
    def column(name: str, dtype: str, *shape: int) -> NDArray[Any]:
        return np.array([row[name] for row in rows], dtype).reshape(len(rows), *shape)

    return Annotations(
        body_index=column("body_index", "int32"),
        area_px=column("area_px", "int32"),
        box_xyxy=column("box_xyxy", "int32", 4),
        amodal_box_xyxy=column("amodal_box_xyxy", "int32", 4),
        amodal_area_px=column("amodal_area_px", "int32"),
        visible_fraction=column("visible_fraction", "float64"),
        truncated_fraction=column("truncated_fraction", "float64"),
        depth_m=column("depth_m", "float64"),
        camera_from_body=column("camera_from_body", "float64", 4, 4),
        size_m=column("size_m", "float64", 3),
        center_m=column("center_m", "float64", 3),
        visible_rle=tuple(row["visible_rle"] for row in rows),
        amodal_rle=tuple(row["amodal_rle"] for row in rows),
        velocity_m_s=column("velocity_m_s", "float64", 3),
        angular_rad_s=column("angular_rad_s", "float64", 3),
        keypoints=column("keypoints", "float64", len(keypoints.NAMES), 3),
        attributes=tuple(row["attributes"] for row in rows),
        hidden=hidden,
    )
