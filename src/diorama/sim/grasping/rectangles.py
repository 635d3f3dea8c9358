"""Grasps in a picture: oriented rectangles, as Jiang, Moseson and Saxena (ICRA 2011) have them, and how like each other two of them are.

A rectangle is what the space between a gripper's open jaws looks like: its middle, the direction in which the jaws close, how far apart they are, and
how wide. Angles go from +u towards +v, which looks clockwise; jaws are alike, so an angle is known up to half a turn and told in (-pi/2, pi/2]. The
Jacquard data set counts likewise, GG-CNN's code the other way round.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Grasps
from diorama.sim.lens import project_points, rays_at
from diorama.sim.spec import CameraSpec
from diorama.sim.spec.grasps import JawGripper
from diorama.sim.transforms import Matrix, compose, cross, invert, normalize

Floats = NDArray[np.float64]

#: Two rectangles are of one grasp when they overlap by more than a quarter and are turned by less than 30 degrees (Jiang et al. 2011).
JACCARD, TURN_RAD = 0.25, math.radians(30)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rectangles:
    """Rectangles in a picture: a struct of arrays, a row for each.

    center_px (n, 2) float64, (u, v); direction (n, 2) float64, of length 1, along which the jaws close, to the right or straight down;
    opening_px (n,) float64, from jaw to jaw; jaw_px (n,) float64, how wide a jaw is, across.
    """

    center_px: Floats
    direction: Floats
    opening_px: Floats
    jaw_px: Floats

    def __post_init__(self) -> None:
        n = len(self.center_px)
        for name, shape in (("center_px", (n, 2)), ("direction", (n, 2)), ("opening_px", (n,)), ("jaw_px", (n,))):
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.float64:
                raise InvalidValue(f"Rectangles.{name} must be {shape} float64, got {array.shape} {array.dtype}")

    @classmethod
    def of(cls, center_px: ArrayLike, angle_rad: ArrayLike, opening_px: ArrayLike, jaw_px: ArrayLike) -> "Rectangles":
        """From angles (n,) instead of directions."""
        angles = np.asarray(angle_rad, np.float64).tolist()
        direction = np.array([(math.cos(a), math.sin(a)) for a in angles]).reshape(-1, 2)
        center, opening, jaw = (np.asarray(a, np.float64) for a in (center_px, opening_px, jaw_px))
        return cls(center_px=center.reshape(-1, 2), direction=_rightwards(direction), opening_px=opening, jaw_px=jaw)

    def __len__(self) -> int:
        return len(self.center_px)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.int64]) -> "Rectangles":
        return Rectangles(center_px=self.center_px[rows], direction=self.direction[rows], opening_px=self.opening_px[rows], jaw_px=self.jaw_px[rows])

    @property
    def angle_rad(self) -> Floats:
        """(n,) in (-pi/2, pi/2], from +u towards +v."""
        return np.array([math.atan2(y, x) for x, y in self.direction.tolist()])

    @property
    def corners_px(self) -> Floats:
        """(n, 4, 2): the first two are on one long side of the gripper's way, from jaw to jaw, and so clockwise as seen."""
        along = self.direction * (self.opening_px / 2)[:, None]
        across = np.stack([-self.direction[:, 1], self.direction[:, 0]], axis=1) * (self.jaw_px / 2)[:, None]
        return np.stack([-along - across, along - across, along + across, -along + across], axis=1) + self.center_px[:, None]

    def contains(self, points_px: ArrayLike, share: float = 1.0) -> NDArray[np.bool_]:
        """(n, k): whether each of the points (k, 2) is in each rectangle, or in as large a `share` of it along the jaws' way, around its middle."""
        away = np.asarray(points_px, np.float64)[None] - self.center_px[:, None]
        x, y = self.direction[:, None, 0], self.direction[:, None, 1]
        along, across = away[..., 0] * x + away[..., 1] * y, away[..., 1] * x - away[..., 0] * y
        return (np.abs(along) <= share * self.opening_px[:, None] / 2) & (np.abs(across) <= self.jaw_px[:, None] / 2)


def rectangles(grasps: Grasps, camera: CameraSpec) -> tuple[Rectangles, NDArray[np.float64]]:
    """How grasps with jaws look to a camera, and (n,) the cosine of the angle between each one's approach and the camera's axis: rectangles tell the
    truth where that is near 1.

    The middles of the open jaws' pads are projected through the lens, and the middles of the pads' edges. Numbers are NaN where the lens does not see
    one of these. Raises InvalidValue for another gripper.
    """
    gripper = grasps.gripper
    if not isinstance(gripper, JawGripper):
        raise InvalidValue(f"rectangles are of grippers with jaws, and {gripper.name} has none")
    camera_from_gripper = compose(invert(camera.world_from_camera.matrix), grasps.world_from_gripper)
    x, y, z, place = (camera_from_gripper[:, :3, k] for k in range(4))
    aside, half = x * (grasps.opening_m / 2)[:, None], y * (gripper.finger_width_m / 2)
    left, right, near, far = (project_points(camera, place + offset) for offset in (-aside, aside, -half, half))
    along = right - left
    opening = np.sqrt(along[:, 0] ** 2 + along[:, 1] ** 2)
    direction = along / np.where(opening > 0, opening, np.nan)[:, None]
    edge = far - near
    jaw = np.abs(edge[:, 1] * direction[:, 0] - edge[:, 0] * direction[:, 1])
    return Rectangles(center_px=(left + right) / 2, direction=_rightwards(direction), opening_px=opening, jaw_px=jaw), z[:, 2].copy()


def camera_from_gripper(camera: CameraSpec, rectangle: Rectangles, depth_m: ArrayLike) -> tuple[Matrix, Floats]:
    """The poses (n, 4, 4) of grippers that reach along the camera's axis, and their openings (n,) in metres, whose rectangles are these when they
    hold at the depths (n,). What `rectangles` does, back again, for such grasps.
    """
    depth = np.asarray(depth_m, np.float64)
    half = rectangle.direction * (rectangle.opening_px / 2)[:, None]
    ends = []
    for pixels in (rectangle.center_px - half, rectangle.center_px + half):
        rays = rays_at(camera, pixels)
        ends.append(rays * (depth / rays[:, 2])[:, None])
    left, right = ends
    along = right - left
    out = np.tile(np.eye(4), (len(rectangle), 1, 1))
    for row, way in enumerate(along.tolist()):
        x = normalize(way)
        out[row, :3, 0], out[row, :3, 1] = x, cross((0.0, 0.0, 1.0), x)
    out[:, :3, 3] = (left + right) / 2
    return out, np.sqrt(along[:, 0] ** 2 + along[:, 1] ** 2)


# --- how like each other ----------------------------------------------------------------------------------------------


def turn_between(one: Rectangles, other: Rectangles) -> Floats:
    """(n, m) radians in [0, pi/2] by which rectangles are turned against each other."""
    cosine = np.abs(one.direction[:, None, 0] * other.direction[None, :, 0] + one.direction[:, None, 1] * other.direction[None, :, 1])
    return np.array([[math.acos(min(c, 1.0)) for c in row] for row in cosine.tolist()]).reshape(len(one), len(other))


def overlap(one: Rectangles, other: Rectangles) -> Floats:
    """(n, m) Jaccard's index of rectangles: what both cover over what either does, exactly."""
    areas = [(r.opening_px * r.jaw_px).tolist() for r in (one, other)]
    out = np.zeros((len(one), len(other)))
    corners = [r.corners_px.tolist() for r in (one, other)]
    for i, ours in enumerate(corners[0]):
        for j, theirs in enumerate(corners[1]):
            common = _area(_clipped(ours, theirs))
            either = areas[0][i] + areas[1][j] - common
            out[i, j] = common / either if either > 0 else 0.0
    return out


def agree(found: Rectangles, truth: Rectangles, *, jaccard: float = JACCARD, turn_rad: float = TURN_RAD) -> NDArray[np.bool_]:
    """(n,): whether each of those found is of the same grasp as one of the true ones, by the measure of Jiang et al. 2011: turned by less than
    `turn_rad` against it, and with a Jaccard index of more than `jaccard`.
    """
    return np.any((turn_between(found, truth) < turn_rad) & (overlap(found, truth) > jaccard), axis=1)


Polygon = list[list[float]]


def _clipped(polygon: Polygon, window: Polygon) -> Polygon:
    """The part of a convex polygon within another, both clockwise as seen (Sutherland and Hodgman 1974)."""
    for (ax, ay), (bx, by) in zip(window, [*window[1:], window[0]], strict=True):
        inside = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in polygon]
        kept: Polygon = []
        for i, (x, y) in enumerate(polygon):
            before = inside[i - 1]
            if (inside[i] >= 0) != (before >= 0):
                share = before / (before - inside[i])
                px, py = polygon[i - 1]
                kept.append([px + share * (x - px), py + share * (y - py)])
            if inside[i] >= 0:
                kept.append([x, y])
        polygon = kept
    return polygon


def _area(polygon: Polygon) -> float:
    following = [*polygon[1:], *polygon[:1]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(polygon, following, strict=True))) / 2


def _rightwards(direction: Floats) -> Floats:
    """Each turned around, if need be, to go right, or straight down."""
    x, y = direction[:, 0], direction[:, 1]
    back = (x < 0) | ((x == 0) & (y < 0))
    return np.where(back[:, None], -direction, direction) + 0.0
