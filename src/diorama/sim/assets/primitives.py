"""Boxes, spheres, cylinders and prisms as assets, with texture coordinates in metres."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.surface import Surface, assemble
from diorama.sim.spec import BoxShape, CylinderShape, PrismShape, SphereShape


@cache
def circle(segments: int) -> Points:
    """(segments, 2): unit vectors all around, from +x towards +y. Rounded, so that they are the same whatever the C library."""
    angles = [2 * math.pi * i / segments for i in range(segments)]
    return np.array([[round(math.cos(a), 12), round(math.sin(a), 12)] for a in angles])


def box(size_m: tuple[float, float, float]) -> tuple[Points, Faces]:
    """The 8 corners and 12 triangles of a centred box."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size_m
    quads = [[4, 6, 7, 5], [0, 1, 3, 2], [2, 3, 7, 6], [0, 4, 5, 1], [1, 5, 7, 3], [0, 2, 6, 4]]
    return corners, quads_to_triangles(np.array(quads))


def quads_to_triangles(quads: Faces) -> Faces:
    """Two triangles for each of (m, 4) quads."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)


def revolved(profile: list[tuple[float, float]], segments: int) -> tuple[Points, Faces]:
    """The closed surface swept by a profile of (radius, z) about the z axis. It must start and end at radius 0, and run so that
    the solid is on its left: out along the bottom, up the side, in along the top.
    """
    turn = circle(segments)
    rings: list[Points] = []
    starts: list[int] = []
    count = 0
    for radius, z in profile:
        ring = np.array([[0.0, 0.0, z]]) if radius == 0 else np.column_stack([turn * radius, np.full(segments, z)])
        rings.append(ring)
        starts.append(count)
        count += len(ring)
    i = np.arange(segments)
    j = (i + 1) % segments
    faces: list[Faces] = []
    for k in range(len(profile) - 1):
        a, b = starts[k], starts[k + 1]
        low_is_pole, high_is_pole = len(rings[k]) == 1, len(rings[k + 1]) == 1
        if low_is_pole and high_is_pole:
            continue
        if low_is_pole:
            faces.append(np.stack([np.full(segments, a), b + j, b + i], axis=1))
        elif high_is_pole:
            faces.append(np.stack([a + i, a + j, np.full(segments, b)], axis=1))
        else:
            faces.append(quads_to_triangles(np.stack([a + i, a + j, b + j, b + i], axis=1)))
    return np.concatenate(rings), np.concatenate(faces)


def sphere(radius_m: float, segments: int) -> tuple[Points, Faces]:
    """A sphere of `segments` meridians and half as many parallels."""
    rows = segments // 2
    half = circle(2 * rows)  # from pole to pole in steps of pi / rows
    profile = [(radius_m * float(half[k, 1]) if 0 < k < rows else 0.0, -radius_m * float(half[k, 0])) for k in range(rows + 1)]
    return revolved(profile, segments)


def cylinder(radius_m: float, height_m: float, segments: int) -> tuple[Points, Faces]:
    """A closed cylinder about z."""
    h = height_m / 2
    return revolved([(0.0, -h), (radius_m, -h), (radius_m, h), (0.0, h)], segments)


def capsule(radius_m: float, length_m: float, segments: int) -> tuple[Points, Faces]:
    """A cylinder about z, `length_m` long, with half a sphere on each end."""
    rows, h = segments // 4, length_m / 2
    turn = circle(4 * rows)
    cap = [(radius_m * float(turn[k, 1]) if k else 0.0, radius_m * float(turn[k, 0])) for k in range(rows + 1)]
    return revolved([(r, -h - z) for r, z in cap] + [(r, h + z) for r, z in reversed(cap)], segments)


def prism(outline_m: Sequence[tuple[float, float]], height_m: float) -> tuple[Points, Faces]:
    """All between two levels over a convex outline."""
    count = len(outline_m)
    positions = np.array([[x, y, z] for z in (-height_m / 2, height_m / 2) for x, y in outline_m])
    i = np.arange(count)
    j = (i + 1) % count
    fan = np.stack([np.zeros(count - 2, np.int64), i[1:-1], i[2:]], axis=1)
    return positions, np.concatenate([quads_to_triangles(np.stack([i, j, j + count, i + count], axis=1)), fan[:, ::-1], fan + count])


def primitive_asset(shape: BoxShape | SphereShape | CylinderShape | PrismShape) -> Asset:
    """The asset of a primitive. Its volume is the polyhedron's, a little below the ideal one's."""
    if isinstance(shape, BoxShape):
        (positions, faces), crease = box(shape.size_m), geometry.CREASE_RAD
    elif isinstance(shape, SphereShape):
        # A sphere of 8 segments bends by 45 degrees at an edge, and is still meant to be smooth.
        (positions, faces), crease = sphere(shape.radius_m, shape.segments), math.pi
    elif isinstance(shape, PrismShape):
        (positions, faces), crease = prism(shape.outline_m, shape.height_m), geometry.CREASE_RAD
    else:
        (positions, faces), crease = cylinder(shape.radius_m, shape.height_m, shape.segments), math.radians(50.0)
    volume, _ = geometry.signed_volume_and_center(positions, faces)
    return assemble(
        f"{shape.kind}:{shape!r}",
        shape.kind,
        "primitive",
        [Surface(positions=positions, faces=faces)],
        [positions],
        volume_and_center=(volume, (0.0, 0.0, 0.0)),
        closed=True,
        crease_rad=crease,
    )
