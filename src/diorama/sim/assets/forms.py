"""Building blocks of household things: turned, lofted and boxed surfaces, and the convex pieces that fill them.

Lengths are metres, +z is up. A profile is a polyline of (radius, z).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.primitives import circle, quads_to_triangles
from diorama.sim.assets.surface import Surface

Profile = Sequence[tuple[float, float]]


# --- turned things ----------------------------------------------------------------------------------------


def turned(profile: Profile, look: Look, segments: int = 32, *, label: bool = False) -> Surface:
    """The surface swept by a profile about the z axis, the solid on the profile's left: out below, up outside, in above.

    With `label`, the texture goes once around, seam at -x, and its height covers the profile's length.
    """
    turn = np.roll(circle(segments), segments // 2, axis=0)[np.arange(segments + 1) % segments]
    radius, z = np.array(profile).T
    uv = _grid_uv(np.arange(segments + 1) / segments, _shares(profile)) if label else None
    return Surface(positions=_rings(turn, radius, z).reshape(-1, 3), faces=_grid_faces(len(profile), segments + 1), uv=uv, look=look)


def arc(center: tuple[float, float], radius: float | tuple[float, float], start_deg: float, end_deg: float, steps: int) -> list[tuple[float, float]]:
    """Points of a circle, or of an ellipse with these half-axes, both ends included. 0 degrees points outwards, 90 up."""
    a, b = radius if isinstance(radius, tuple) else (radius, radius)
    angles = [math.radians(start_deg + (end_deg - start_deg) * k / steps) for k in range(steps + 1)]
    return [(round(center[0] + a * math.cos(t), 9), round(center[1] + b * math.sin(t), 9)) for t in angles]


def ease(start: tuple[float, float], end: tuple[float, float], steps: int) -> list[tuple[float, float]]:
    """Points of an S from one (radius, z) to another that leaves and arrives along z; both ends included."""
    t = [k / steps for k in range(steps + 1)]
    return [(start[0] + (end[0] - start[0]) * s * s * (3 - 2 * s), start[1] + (end[1] - start[1]) * s) for s in t]


def turned_hulls(profile: Profile, tolerance_m: float = 0.001, segments: int = 16) -> list[Points]:
    """Convex pieces, stacked along z, that fill the solid of revolution of an upward profile, to within a tolerance in radius.

    The profile need not reach the axis. A piece has `segments` sides, half a sagitta inside and half a sagitta outside of the true circle.
    """
    outward = 2 / (1 + float(circle(2 * segments)[1, 0]))
    pieces: list[Points] = []
    start = 0
    while start < len(profile) - 1:
        end = start + 1
        while end + 1 < len(profile) and _bulge(profile[start : end + 2]) <= tolerance_m:
            end += 1
        radius, z = np.array(_thinned(profile[start : end + 1], 0.0002)).T
        rings = _rings(circle(segments), radius * outward, z)
        keep = np.ones(rings.shape[:2], np.bool_)
        keep[radius == 0, 1:] = False  # a ring on the axis is one point
        pieces.append(rings[keep])
        start = end
    return pieces


def wall_hulls(outer: Profile, inner: Profile, cuts: Sequence[int], *, sectors: int, segments: int, lip: Profile = ()) -> list[Points]:
    """Convex pieces of the wall between two upward profiles of as many points: one from each of the points numbered in `cuts` to the next,
    for each of `sectors` equal angles. The topmost ones hold the `lip` too.

    `segments` is the surface's and a multiple of `sectors`, so that the outsides coincide.
    """
    turn = np.roll(circle(segments), segments // 2, axis=0)
    each = segments // sectors
    pieces: list[Points] = []
    for low, high in pairwise(cuts):
        radius, z = np.array([*outer[low : high + 1], *inner[low : high + 1], *(lip if high == len(outer) - 1 else ())]).T
        rings = _rings(turn, radius, z)
        for s in range(sectors):
            pieces.append(rings[:, (s * each + np.arange(each + 1)) % segments].reshape(-1, 3))
    return pieces


def _thinned(profile: Profile, tolerance_m: float) -> list[tuple[float, float]]:
    """The profile without the points that lie within a tolerance of the line between those kept around them."""
    kept, last = [profile[0]], 0
    for k in range(1, len(profile) - 1):
        (r0, z0), (r1, z1) = profile[last], profile[k + 1]
        far = max(abs((r - r0) * (z1 - z0) - (z - z0) * (r1 - r0)) for r, z in profile[last + 1 : k + 1])
        if far > tolerance_m * math.hypot(r1 - r0, z1 - z0):
            kept.append(profile[k])
            last = k
    return [*kept, profile[-1]]


def _bulge(profile: Profile) -> float:
    """How far the convex hull of an upward piece of profile, with the axis, stands outside it because of its last point: the largest gap in
    radius below a chord that ends there.
    """
    r1, z1 = profile[-1]
    worst = 0.0
    for i, (r0, z0) in enumerate(profile[:-2]):
        for r, z in profile[i + 1 : -1]:
            if z0 < z < z1:
                worst = max(worst, r0 + (r1 - r0) * (z - z0) / (z1 - z0) - r)
    return worst


def _rings(turn: Points, radius: Points, z: Points) -> Points:
    """The (k, n, 3) rings of (k,) radii and heights, through the directions `turn` (n, 2)."""
    rings = np.empty((len(radius), len(turn), 3))
    rings[..., :2] = radius[:, None, None] * turn
    rings[..., 2] = z[:, None]
    return rings


# --- lofted things ----------------------------------------------------------------------------------------


def loft(rings: Points, look: Look, *, label: bool = False, caps: tuple[bool, bool] = (True, True)) -> Surface:
    """The tube through (k, n, 3) rings, each counter-clockwise seen against the way from the first ring to the last, closed by flat ends.

    With `label`, the texture goes once around each ring and its height from the first ring to the last; the ends show its border.
    """
    k, n, _ = rings.shape
    positions = np.concatenate([rings, rings[:, :1]], axis=1).reshape(-1, 3)
    uv = None
    if label:
        spine = [(0.0, 0.0)]
        for a, b in pairwise(rings.mean(axis=1).tolist()):
            spine.append((0.0, spine[-1][1] + math.dist(a, b)))
        uv = _grid_uv(np.arange(n + 1) / n, _shares(spine))
    faces = [_grid_faces(k, n + 1)]
    i = np.arange(n)
    for row, wanted in ((0, caps[0]), (k - 1, caps[1])):
        if wanted:
            middle = len(positions)
            positions = np.concatenate([positions, rings[row].mean(axis=0)[None]])
            if uv is not None:
                uv = np.concatenate([uv, [[0.5, 0.0 if row == 0 else 1.0]]])
            a, b = row * (n + 1) + i, row * (n + 1) + i + 1
            faces.append(np.stack([np.full(n, middle), b, a] if row == 0 else [np.full(n, middle), a, b], axis=1))
    return Surface(positions=positions, faces=np.concatenate(faces), uv=uv, look=look)


def loft_hulls(rings: Points, step: int = 1) -> list[Points]:
    """Convex pieces of a loft of convex rings: one for every `step` gaps between rings."""
    return [rings[k : k + step + 1].reshape(-1, 3) for k in range(0, len(rings) - 1, step)]


def sweep(path: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], section: Points) -> Points:
    """Rings (k, n, 3) along a path of (x, z) points: `section` (n, 2), counter-clockwise, scaled by (across y, across the path in its plane)."""
    p = np.array(path, np.float64)
    tangent = np.concatenate([p[1:2] - p[:1], p[2:] - p[:-2], p[-1:] - p[-2:-1]])
    tangent = tangent / np.sqrt(tangent[:, 0] ** 2 + tangent[:, 1] ** 2)[:, None]
    size = np.array(sizes, np.float64)
    y = size[:, 0:1] * section[:, 0]
    out = size[:, 1:2] * section[:, 1]
    # y cross the tangent's left normal is the tangent: so rings wind counter-clockwise about it.
    x = p[:, 0:1] - tangent[:, 1:2] * out
    z = p[:, 1:2] + tangent[:, 0:1] * out
    return np.stack([x, y, z], axis=-1)


def rounded_square(corner: float, steps: int = 3) -> Points:
    """(4 * (steps + 1), 2): the square from -1 to 1 with its corners rounded to a radius of `corner`, counter-clockwise."""
    quarter = arc((1 - corner, 1 - corner), corner, 0.0, 90.0, steps)
    points = [(a, b) for a, b in quarter] + [(-b, a) for a, b in quarter] + [(-a, -b) for a, b in quarter] + [(b, -a) for a, b in quarter]
    return np.array(points)


def slab(outline: Points, low_m: float, high_m: float, bevel_m: float = 0.0) -> Points:
    """Rings of a convex outline (n, 2), counter-clockwise, extruded along z with its edges cut at 45 degrees."""
    middle = outline.mean(axis=0)
    radius = float(np.sqrt(((outline - middle) ** 2).sum(axis=1)).min())
    inset = middle + (outline - middle) * (1 - bevel_m / radius)
    levels = [(outline, low_m), (outline, high_m)]
    if bevel_m > 0:
        levels = [(inset, low_m), (outline, low_m + bevel_m), (outline, high_m - bevel_m), (inset, high_m)]
    return np.stack([np.column_stack([xy, np.full(len(xy), z)]) for xy, z in levels])


# --- placing ----------------------------------------------------------------------------------------------

#: Turns what was made along +z to lie along +x.
LYING = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def laid(points: Points) -> Points:
    """Points turned as `LYING` turns surfaces."""
    return np.stack([points[:, 2], points[:, 1], -points[:, 0]], axis=1)


def shift(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    """The (4, 4) translation."""
    out = np.eye(4)
    out[:3, 3] = x, y, z
    return out


# --- boxes ------------------------------------------------------------------------------------------------

#: The sides of a box, each with the direction that is right and the one that is up on it, seen from outside.
SIDES = {
    "front": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "back": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    "right": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "left": ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    "top": ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    "bottom": ((0, 0, -1), (1, 0, 0), (0, -1, 0)),
}


def carton(
    size_m: tuple[float, float, float], look: Look, edge: Look, bevel_m: float, rectangles: dict[str, tuple[float, float, float, float]] | None = None
) -> list[Surface]:
    """A centred box with bevelled edges, in two surfaces: six sides and the bevels.

    `rectangles` gives each side's (u0, v0, u1, v1) on the texture; None leaves texture coordinates to be projected.
    """
    half = [s / 2 for s in size_m]
    corners: dict[tuple[int, int, int], dict[int, list[float]]] = {}
    positions: list[list[float]] = []
    uv: list[tuple[float, float]] = []
    for name, (normal, right, up) in SIDES.items():
        axis = [abs(n) for n in normal].index(1)
        inset = [half[i] if i == axis else half[i] - bevel_m for i in range(3)]
        u0, v0, u1, v1 = rectangles[name] if rectangles else (0.0, 0.0, 1.0, 1.0)
        for a, b, u, v in ((-1, -1, u0, v0), (1, -1, u1, v0), (1, 1, u1, v1), (-1, 1, u0, v1)):
            x, y, z = (normal[i] + a * right[i] + b * up[i] for i in range(3))
            positions.append([x * inset[0], y * inset[1], z * inset[2]])
            uv.append((u, v))
            corners.setdefault((x, y, z), {})[axis] = positions[-1]
    sides = Surface(
        positions=np.array(positions), faces=quads_to_triangles(np.arange(24).reshape(6, 4)), uv=np.array(uv) if rectangles else None, look=look
    )
    return [sides, _bevels(corners, edge)]


def _bevels(corners: dict[tuple[int, int, int], dict[int, list[float]]], look: Look) -> Surface:
    """The 12 strips and 8 corners between the sides of a box whose `corners` hold, by signs, their point on each axis's side."""
    triangles: list[list[list[float]]] = [[c[0], c[1], c[2]] for c in corners.values()]
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for sa in (-1, 1):
            for sb in (-1, 1):
                ends = [[0, 0, 0], [0, 0, 0]]
                for end, s in zip(ends, (-1, 1), strict=True):
                    end[axis], end[a], end[b] = s, sa, sb
                low, high = (corners[(e[0], e[1], e[2])] for e in ends)
                triangles += [[low[a], low[b], high[b]], [low[a], high[b], high[a]]]
    p = np.array(triangles)
    inward = geometry.dot(geometry.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), p.sum(axis=1)) <= 0
    p[inward] = p[inward, ::-1]
    return Surface(positions=p.reshape(-1, 3), faces=np.arange(3 * len(p)).reshape(-1, 3), look=look)


def box_hull(size_m: tuple[float, float, float], bevel_m: float) -> Points:
    """The 24 corners of a bevelled box."""
    half = np.array(size_m) / 2
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return np.concatenate([signs * (half - bevel_m * (1 - axis)) for axis in np.eye(3)])


# --- grids ------------------------------------------------------------------------------------------------


def _grid_faces(rows: int, columns: int) -> Faces:
    """Triangles of rows x columns vertices, counter-clockwise where columns run right and rows up."""
    a = np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)
    return (a[..., None] + [0, 1, columns + 1, 0, columns + 1, columns]).reshape(-1, 3)


def _grid_uv(u: Points, v: Points) -> Points:
    return np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1).reshape(-1, 2)


def _shares(profile: Profile) -> Points:
    """How much of a polyline's length lies before each of its points, from 0 to 1."""
    steps = [math.dist(a, b) for a, b in pairwise(profile)]
    total = math.fsum(steps)
    return np.array([math.fsum(steps[:k]) / total for k in range(len(profile))])
