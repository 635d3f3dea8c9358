"""Where the camera of a photograph stood: above a plane, from its height and tilt, or from the corners of a rectangle of known size.

The plane is the world's z = 0. Pixels are square, and the principal point is the picture's middle.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from diorama.sim.errors import InvalidValue
from diorama.sim.spec import CameraSpec, Pose
from diorama.sim.transforms import Vec3, cross, normalize, normalize_quat, quat_from_axis_angle, quat_from_matrix, quat_multiply

Point = tuple[float, float]
#: Solves the plane's points in homogeneous coordinates: (3, 3), rows first.
Homography = tuple[Vec3, Vec3, Vec3]

#: Corners may miss the rectangle that fits them by this share of the photograph's longer side.
_MOST_MISSED = 0.02
#: Focal lengths beyond so many pictures' widths are not told from infinite ones.
_LONGEST = 20.0


def tilted_camera(size: tuple[int, int], *, height_m: float, pitch_rad: float, roll_rad: float, fov_rad: float) -> CameraSpec:
    """A camera above the world's origin that looks along +y, `pitch_rad` downwards, turned clockwise about its axis by `roll_rad`.

    `size` is the photograph's (width, height), `fov_rad` its vertical field of view.
    """
    # Level, x stays to the right, and what is down and ahead of the camera is -z and +y of the world.
    down = quat_from_axis_angle((1.0, 0.0, 0.0), -math.pi / 2 - pitch_rad)
    turn = quat_from_axis_angle((0.0, 0.0, 1.0), roll_rad)
    return _camera(size, size[1] / 2 / math.tan(fov_rad / 2), (0.0, 0.0, height_m), quat_multiply(down, turn))


def camera_from_corners(
    size: tuple[int, int], corners_px: Sequence[Point], size_m: tuple[float, float], *, fov_rad: float | None = None
) -> CameraSpec:
    """The camera that sees a rectangle's corners there.

    The corners (u, v) go around the rectangle; the way from the first to the second is `size_m[0]` long, the next one `size_m[1]`. The world's
    origin is the rectangle's middle, and x leads from the first corner to the second; or, if the corners are given counter-clockwise, from the first
    to the last. The focal length comes from the corners too, unless `fov_rad`, the photograph's vertical field of view, is given.

    Raises InvalidValue when no camera sees a rectangle so, or when the corners leave the focal length open.
    """
    turns = [_turn(corners_px[i - 2], corners_px[i - 1], corners_px[i]) for i in range(4)]
    if not (min(turns) > 0 or max(turns) < 0):
        raise InvalidValue("the corners must be those of a convex quadrangle, in the order in which one meets them going around it")
    ordered, (across, along) = list(corners_px), size_m
    if turns[0] < 0:
        ordered, (across, along) = [ordered[0], *ordered[:0:-1]], (along, across)
    width, height = size
    h = _homography([((u - width / 2), (v - height / 2)) for u, v in ordered], across, along)
    focal = height / 2 / math.tan(fov_rad / 2) if fov_rad else _focal(h, max(size))
    camera = _fitted(size, h, focal)
    missed = _missed(camera, ordered, across, along)
    if missed > _MOST_MISSED * max(size):
        raise InvalidValue(
            f"the corners are not those of a rectangle of {size_m[0]:g} x {size_m[1]:g} m: the one that fits best misses them by {missed:.0f} px. "
            "The first size is that of the side from the first corner to the second. Is the photograph a part of a larger one, or turned?"
        )
    return camera


def plane_seen(camera: CameraSpec, reach_m: float) -> list[Point]:
    """The corners (x, y) of the part of the plane that a pinhole sees, no deeper than `reach_m`. Raises InvalidValue when it sees none."""
    x, y, _ = camera.world_from_camera.position_m
    far = 4 * reach_m
    corners = [(x - far, y - far), (x + far, y - far), (x + far, y + far), (x - far, y + far)]
    m = camera.world_from_camera.matrix
    origin, axes = m[:3, 3].tolist(), m[:3, :3].T.tolist()

    def depths(p: Point) -> tuple[float, float, float]:
        way = (p[0] - origin[0], p[1] - origin[1], -origin[2])
        right, down, forward = (axis[0] * way[0] + axis[1] * way[1] + axis[2] * way[2] for axis in axes)
        return right, down, forward

    def inside(right: float, down: float, forward: float) -> Callable[[Point], float]:
        """How far within a plane through the camera's centre a point is."""

        def value(p: Point) -> float:
            x, y, z = depths(p)
            return right * x + down * y + forward * z

        return value

    sides = (
        inside(camera.fx, 0, camera.cx),
        inside(-camera.fx, 0, camera.width - camera.cx),
        inside(0, camera.fy, camera.cy),
        inside(0, -camera.fy, camera.height - camera.cy),
        lambda p: depths(p)[2] - camera.near_m,
        lambda p: reach_m - depths(p)[2],
    )
    for side in sides:
        corners = _clipped(corners, side)
    if len(corners) < 3:
        raise InvalidValue(f"the camera sees nothing of the plane within {reach_m:g} m: it looks above the horizon, or from below")
    return corners


def _camera(size: tuple[int, int], focal: float, position: Vec3, rotation: Sequence[float]) -> CameraSpec:
    """A pinhole; all to 10 digits, which machines agree on."""
    width, height = size
    w, x, y, z = normalize_quat([_digits(q) for q in normalize_quat(rotation)])
    pose = Pose((_digits(position[0]), _digits(position[1]), _digits(position[2])), (w, x, y, z))
    return CameraSpec(width=width, height=height, fx=_digits(focal), fy=_digits(focal), cx=width / 2, cy=height / 2, world_from_camera=pose)


def _homography(corners: Sequence[Point], across: float, along: float) -> Homography:
    """From (x, y, 1) in metres about the rectangle's middle, y from the third side towards the first, to where it is seen.

    P. Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    below = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / below, (dx1 * dy3 - dx3 * dy1) / below
    # Columns over the unit square: along its two sides from the first corner, and that corner.
    s, t, o = (x1 - x0 + g * x1, y1 - y0 + g * y1, g), (x3 - x0 + h * x3, y3 - y0 + h * y3, h), (x0, y0, 1.0)
    middle = (o[0] + (s[0] + t[0]) / 2, o[1] + (s[1] + t[1]) / 2, o[2] + (s[2] + t[2]) / 2)
    return (s[0] / across, -t[0] / along, middle[0]), (s[1] / across, -t[1] / along, middle[1]), (s[2] / across, -t[2] / along, middle[2])


def _focal(h: Homography, side_px: int) -> float:
    """The focal length by which the rectangle's sides are seen square to each other and in proportion: two equations in 1 / f^2, least squares."""
    (a, b, _), (c, d, _), (e, f, _) = h
    # Of the images of the plane's axes: their product, and the difference of their squares.
    rows = ((2 * (a * b + c * d), 2 * e * f), (a * a + c * c - b * b - d * d, e * e - f * f))
    over, below = sum(p * q for p, q in rows), sum(p * p for p, _ in rows)
    inverse_square = -over / below if below > 0 else 0.0
    if inverse_square * (_LONGEST * side_px) ** 2 < 1:
        raise InvalidValue(
            "the corners do not tell the focal length: they are seen from straight above, or are not those of a rectangle; give fov_deg"
        )
    return math.sqrt(1 / inverse_square)


def _fitted(size: tuple[int, int], h: Homography, focal: float) -> CameraSpec:
    """The camera of this focal length for which the homography is, or nearly is, the plane's image."""
    (a, b, c), (d, e, f), (g, i, j) = h
    sign = math.copysign(1.0, j)  # the middle is in front of the camera
    one, two, way = ((sign * p / focal, sign * q / focal, sign * r) for p, q, r in ((a, d, g), (b, e, i), (c, f, j)))
    scale = 2 / (math.hypot(*one) + math.hypot(*two))
    # What is nearest to both axes and square: turned by half a right angle, they are the bisectors.
    first, second = normalize(one), normalize(two)
    between = normalize([p + q for p, q in zip(first, second, strict=True)])
    beside = normalize([p - q for p, q in zip(first, second, strict=True)])
    x = normalize([p + q for p, q in zip(between, beside, strict=True)])
    y = normalize([p - q for p, q in zip(between, beside, strict=True)])
    z = cross(x, y)
    t = [scale * w for w in way]
    # The rows of world_from_camera are the world's axes, as the camera sees them.
    px, py, pz = (-sum(p * q for p, q in zip(axis, t, strict=True)) for axis in (x, y, z))
    return _camera(size, focal, (px, py, pz), quat_from_matrix([x, y, z]))


def _missed(camera: CameraSpec, corners: Sequence[Point], across: float, along: float) -> float:
    """The root mean square of how far from the corners the camera sees the rectangle's; infinite for those behind it."""
    m = camera.world_from_camera.matrix
    origin, axes = m[:3, 3].tolist(), m[:3, :3].T.tolist()
    total = 0.0
    for (u, v), (x, y) in zip(corners, ((-1, 1), (1, 1), (1, -1), (-1, -1)), strict=True):
        way = (x * across / 2 - origin[0], y * along / 2 - origin[1], -origin[2])
        right, down, forward = (sum(p * q for p, q in zip(axis, way, strict=True)) for axis in axes)
        if forward <= 0:
            return math.inf
        total += (camera.fx * right / forward + camera.cx - u) ** 2 + (camera.fy * down / forward + camera.cy - v) ** 2
    return math.sqrt(total / 4)


def _clipped(corners: Sequence[Point], inside: Callable[[Point], float]) -> list[Point]:
    """What of a convex polygon is where a linear function is not negative (Sutherland and Hodgman 1974)."""
    out: list[Point] = []
    for a, b in pairwise([*corners, corners[0]] if corners else []):
        at_a, at_b = inside(a), inside(b)
        if at_a >= 0:
            out.append(a)
        if (at_a > 0 and at_b < 0) or (at_a < 0 and at_b > 0):
            t = at_a / (at_a - at_b)
            out.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
    return out


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive where three points of a picture turn clockwise."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _digits(value: float) -> float:
    """To 10 significant digits."""
    return float(f"{value:.10g}")
