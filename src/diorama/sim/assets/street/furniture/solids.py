"""Simple solids that furniture is made of: boxes, tubes and plates, of few triangles, each closed and convex."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.forms import loft, turned
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.primitives import box, circle, quads_to_triangles
from diorama.sim.assets.recipe import Draft
from diorama.sim.assets.surface import Surface
from diorama.sim.spec import Vec3

#: What a post is drawn with; its silhouette is a few pixels wide.
SEGMENTS = 8


def block(low: Vec3, high: Vec3, look: Look) -> Surface:
    """A box between two corners, in 12 triangles."""
    size = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    corners, faces = box(size)
    return Surface(positions=corners + [(a + b) / 2 for a, b in zip(low, high, strict=True)], faces=faces, look=look)


def pipe(start: Vec3, end: Vec3, radius_m: float | tuple[float, float], look: Look, segments: int = SEGMENTS) -> Surface:
    """A closed tube from one point to another, whose radius may change along the way."""
    first, last = radius_m if isinstance(radius_m, tuple) else (radius_m, radius_m)
    along = geometry.unit(np.array([[b - a for a, b in zip(start, end, strict=True)]]))[0]
    # Any direction across; which one it is shows only in where the edges are.
    across = np.array([0.0, 1.0, 0.0]) if abs(along[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    right = geometry.unit(geometry.cross(across[None], along[None]))[0]
    up = geometry.cross(along[None], right[None])[0]
    turn = circle(segments)
    ring = turn[:, :1] * right + turn[:, 1:] * up
    return loft(np.stack([np.array(start) + first * ring, np.array(end) + last * ring]), look)


def upright(profile: Sequence[tuple[float, float]], look: Look, x: float = 0.0, y: float = 0.0, segments: int = SEGMENTS) -> Surface:
    """What a profile of (radius, z) sweeps about the vertical through a place; it starts and ends on the axis."""
    surface = turned(profile, look, segments)
    return Surface(positions=surface.positions + [x, y, 0.0], faces=surface.faces, look=look)


def plate(outline: Points, back_m: float, front_m: float, front: Look, back: Look, uv: Points | None = None) -> list[Surface]:
    """An upright plate across x, from `back_m` to `front_m` along it: its front, and the rest. `outline` (n, 2) of (y, z) is convex and
    counter-clockwise; `uv` (n, 2) are the front's texture coordinates.
    """
    n = len(outline)
    fan = np.stack([np.zeros(n - 2, np.int64), np.arange(1, n - 1), np.arange(2, n)], axis=1)
    near, far = (np.column_stack([np.full(n, x), outline]) for x in (front_m, back_m))
    i = np.arange(n)
    j = (i + 1) % n
    rest = np.concatenate([quads_to_triangles(np.stack([i + n, j + n, j, i], axis=1)), fan[:, ::-1] + n])
    return [Surface(positions=near, faces=fan, uv=uv, look=front), Surface(positions=np.concatenate([near, far]), faces=rest, look=back)]


def rectangle(wide: float, low: float, high: float) -> Points:
    """The outline (4, 2) of an upright board about the middle, (y, z)."""
    return np.array([[-wide / 2, low], [wide / 2, low], [wide / 2, high], [-wide / 2, high]])


#: Texture coordinates of a rectangle's corners.
WHOLE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def placed(surfaces: Sequence[Surface], x: float, y: float, quarters: int = 0) -> list[Surface]:
    """Surfaces turned counter-clockwise by quarters of a circle, and then moved."""
    c, s = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarters % 4]
    transform = np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    return [surface.moved(transform) for surface in surfaces]


#: Most things stand on their origin.
_STANDING: Mapping[str, Vec3] = MappingProxyType({"base": (0.0, 0.0, 0.0)})


def draft(
    surfaces: Sequence[Surface],
    *,
    landmarks: Mapping[str, Vec3] = _STANDING,
    density_kg_m3: float = 1000.0,
    hulls: Sequence[Points] | None = None,
    closed: bool = True,
) -> Draft:
    """A draft of solids, each of which is touched as its own hull unless other `hulls` are given. Its weight is that of the boxes around them."""
    pieces = [s.positions for s in surfaces] if hulls is None else hulls
    boxes = [(p.min(axis=0), p.max(axis=0)) for p in pieces]
    volumes = [max(float((high - low).prod()), 1e-9) for low, high in boxes]
    total = sum(volumes)
    x, y, z = (sum(v * float(low[i] + high[i]) / 2 for v, (low, high) in zip(volumes, boxes, strict=True)) / total for i in range(3))
    return Draft(
        surfaces=_by_look(surfaces),
        hulls=pieces,
        density_kg_m3=density_kg_m3,
        closed=closed,
        volume_and_center=(total, (x, y, z)),
        landmarks=landmarks,
    )


def _by_look(surfaces: Sequence[Surface]) -> list[Surface]:
    """Surfaces of one look in one, where they first occur."""
    alike: dict[tuple[int, bool], list[Surface]] = {}
    for surface in surfaces:
        alike.setdefault((id(surface.look), surface.uv is None), []).append(surface)
    out: list[Surface] = []
    for same in alike.values():
        positions, faces = geometry.merged([(s.positions, s.faces) for s in same])
        uv = None if same[0].uv is None else np.concatenate([s.uv for s in same if s.uv is not None])
        out.append(Surface(positions=positions, faces=faces, uv=uv, look=same[0].look))
    return out
