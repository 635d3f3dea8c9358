"""Building blocks of household things: surfaces of revolution, lofts and boxes, with texture coordinates, and their convex pieces.

Lengths are metres, +z is up.
"""

import math
from collections.abc import Sequence

import numpy as np

from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.primitives import circle, quads_to_triangles
from diorama.sim.assets.surface import Look, Surface

Profile = Sequence[tuple[float, float]]


def grid_faces(rows: int, columns: int) -> Faces:
    """Triangles of a grid of rows x columns vertices, row by row; counter-clockwise where columns run right and rows up."""
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (r * columns + c).ravel()
    return quads_to_triangles(np.stack([a, a + 1, a + columns + 1, a + columns], axis=1))


def turned(profile: Profile, look: Look, segments: int = 32, *, label: bool = False) -> Surface:
    """The surface swept by a profile of (radius, z) about the z axis, the solid on the profile's left (out below, up outside, in above).

    With `label`, the texture goes once around, and its height covers the profile's length. Otherwise texture coordinates are left
    to be projected.
    """
    turn = circle(segments)[np.arange(segments + 1) % segments]
    rz = np.array(profile)
    positions = np.stack([rz[:, 0:1] * turn[:, 0], rz[:, 0:1] * turn[:, 1], np.broadcast_to(rz[:, 1:2], (len(rz), segments + 1))], axis=-1)
    uv = None
    if label:
        steps = [math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(profile[:-1], profile[1:], strict=True)]
        v = np.array([math.fsum(steps[:k]) / math.fsum(steps) for k in range(len(profile))])
        u = np.arange(segments + 1) / segments
        uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1).reshape(-1, 2)
    return Surface(positions=positions.reshape(-1, 3), faces=grid_faces(len(profile), segments + 1), uv=uv, look=look)


def arc(center: tuple[float, float], radius: float, start_deg: float, end_deg: float, steps: int) -> list[tuple[float, float]]:
    """Points on a circle in a profile's plane, both ends included; 0 degrees points outwards, 90 up."""
    angles = [math.radians(start_deg + (end_deg - start_deg) * k / steps) for k in range(steps + 1)]
    return [(round(center[0] + radius * math.cos(a), 9), round(center[1] + radius * math.sin(a), 9)) for a in angles]


def solid_of_revolution_hulls(profile: Profile, segments: int = 16) -> list[Points]:
    """One convex piece for a convex profile."""
    turn = circle(segments)
    return [np.array([[r * x, r * y, z] for r, z in profile if r > 0 for x, y in turn.tolist()] + [[0.0, 0.0, z] for r, z in profile if r == 0])]


def wall_hulls(quads: Sequence[Profile], sectors: int, segments: int) -> list[Points]:
    """Convex pieces of a turned wall: each cross-section (convex, of (radius, z)) swept over each of `sectors` equal angles.

    `segments` is the surface's, and a multiple of `sectors`, so that the outsides coincide.
    """
    turn = circle(segments)
    step = segments // sectors
    return [
        np.array([[r * turn[(s * step + k) % segments, 0], r * turn[(s * step + k) % segments, 1], z] for r, z in quad for k in range(step + 1)])
        for quad in quads
        for s in range(sectors)
    ]
