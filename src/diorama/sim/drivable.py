"""Where the vehicle that carries the camera may drive, as BDD100K has it (F. Yu et al., 2020): its own lane, those beside it, and all else."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.ground import is_flat, world_points
from diorama.sim.spec import CameraSpec, RoadMap, SceneSpec
from diorama.sim.spec.roads import Lane, along, lengths_m

#: The codes of BDD100K's masks.
DIRECT, ALTERNATIVE, OTHER = 0, 1, 2

#: Lanes are looked up on a map of cells of this size, as far as this from the camera.
_CELL_M, _FAR_M = 0.05, 100.0
#: A lane that leads away from where the camera looks by more than this is not the one it drives on; nor one that is this far beside it.
_ALIGNED, _BESIDE_M = 0.5, 1.5
_BITS = 4


def drivable(spec: SceneSpec, frame: Frame) -> NDArray[np.uint8]:
    """(H, W) the codes of what each pixel shows of the road: `DIRECT` where it is the lane that the camera goes along and those that follow it,
    `ALTERNATIVE` where it is one that is reached by changing lanes, `OTHER` where it is neither, or no road.

    `spec` is the scene at the frame's moment. Raises InvalidValue without the channels instance and depth.
    """
    if frame.instance is None or frame.depth_m is None:
        raise InvalidValue('drivable areas are told by the channels "instance" and "depth"; render the frame with both')
    out = np.full(frame.instance.shape, OTHER, np.uint8)
    if spec.roads is None:
        return out
    direct, beside = ways(spec.roads, frame.camera)
    if not direct:
        return out
    rows, columns = np.nonzero(is_flat(spec, ("road", "parking"))[frame.instance])
    points = world_points(frame, rows, columns)
    x, y, _ = frame.camera.world_from_camera.position_m
    cells = _drawn([(beside, ALTERNATIVE), (direct, DIRECT)], (x - _FAR_M, y - _FAR_M))
    places = np.floor((points[:, :2] - (x - _FAR_M, y - _FAR_M)) / _CELL_M).astype(np.int64)
    inside = ((places >= 0) & (places < len(cells))).all(axis=1)
    out[rows[inside], columns[inside]] = cells[places[inside, 1], places[inside, 0]]
    return out


def ways(roads: RoadMap, camera: CameraSpec) -> tuple[list[Lane], list[Lane]]:
    """The lane that a camera goes along with all that follow it, and those beside any of these, in the same direction, with what follows them."""
    lanes = {lane.name: lane for lane in roads.lanes if lane.kind == "drive"}
    own = _own_lane(list(lanes.values()), camera)
    if own is None:
        return [], []
    direct = _following([own.name], lanes)
    neighbours = [name for lane in direct for name in (lanes[lane].left, lanes[lane].right) if name is not None]
    beside = [name for name in _following(neighbours, lanes) if name not in direct]
    return [lanes[name] for name in direct], [lanes[name] for name in beside]


def _following(names: list[str], lanes: dict[str, Lane]) -> list[str]:
    """Lanes and those that go on from them, each once."""
    found: dict[str, None] = {}
    left = [name for name in names if name in lanes]
    while left:
        name = left.pop(0)
        if name not in found:
            found[name] = None
            left += [other for other in lanes[name].next if other in lanes]
    return list(found)


def _own_lane(lanes: list[Lane], camera: CameraSpec) -> Lane | None:
    """The one whose middle is nearest, of those that lead where the camera looks."""
    pose = camera.world_from_camera
    x, y, _ = pose.position_m
    fx, fy = float(pose.matrix[0, 2]), float(pose.matrix[1, 2])
    ahead = math.sqrt(fx * fx + fy * fy)
    best, nearest = None, math.inf
    for lane in lanes:
        off, (dx, dy) = _nearest(lane, x, y)
        if off < min(nearest, lane.width_m / 2 + _BESIDE_M) and dx * fx + dy * fy > _ALIGNED * ahead:
            best, nearest = lane, off
    return best


def _nearest(lane: Lane, x: float, y: float) -> tuple[float, tuple[float, float]]:
    """How far a place is from a lane's middle, and where the lane leads there."""
    best, way, at = math.inf, 0.0, lengths_m(lane.points_m)
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(lane.points_m[:-1], lane.points_m[1:], strict=True)):
        length = at[i + 1] - at[i]
        t = max(0.0, min(1.0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / (length * length)))
        dx, dy = x0 + t * (x1 - x0) - x, y0 + t * (y1 - y0) - y
        off = math.sqrt(dx * dx + dy * dy)
        if off < best:
            best, way = off, at[i] + t * length
    return best, along(lane.points_m, way, at)[1]


def _drawn(layers: list[tuple[list[Lane], int]], corner: tuple[float, float]) -> NDArray[np.uint8]:
    """A map of codes seen from above, rows by y and columns by x from a corner, with the later layers over the earlier ones."""
    side = round(2 * _FAR_M / _CELL_M)
    out = np.full((side, side), OTHER, np.uint8)
    for lanes, code in layers:
        for lane in lanes:
            strip = (np.array(_strip(lane)) - corner) / _CELL_M - 0.5
            if (strip.max(axis=(0, 1)) < 0).any() or (strip.min(axis=(0, 1)) > side).any():
                continue
            quads = np.rint(strip * (1 << _BITS)).astype(np.int64)
            quads = np.clip(quads, -(1 << 24), 1 << 24).astype(np.int32)
            for quad in quads:
                cv2.fillConvexPoly(out, quad, code, shift=_BITS)
    return out


def _strip(lane: Lane) -> list[list[tuple[float, float]]]:
    """A lane as quads that meet, one for each piece of its line."""
    points = lane.points_m
    turns = []
    for i in range(len(points)):
        (x0, y0), (x1, y1) = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)) or 1.0
        turns.append((-(y1 - y0) / length * lane.width_m / 2, (x1 - x0) / length * lane.width_m / 2))
    left = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(points, turns, strict=True)]
    right = [(x - dx, y - dy) for (x, y), (dx, dy) in zip(points, turns, strict=True)]
    return [[left[i], left[i + 1], right[i + 1], right[i]] for i in range(len(points) - 1)]
