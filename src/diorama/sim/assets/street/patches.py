"""Flat patches by their looks: what buildings and plants are put together from, much faster than from surfaces that are welded and smoothed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points, cross, dot
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.transforms import Vec3
from diorama.sim.transforms import cross as cross_of

Uv = tuple[float, float]
#: (u0, v0, u1, v1)
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What a patch is covered with: a look whose picture spans `tile_m` metres and goes on and on, or one `spot` of it, a plain colour."""

    look: Look
    tile_m: float = 1.0
    spot: Uv | None = None

    def uv(self, metres: Sequence[Uv]) -> list[Uv]:
        """Texture coordinates of places on the patch."""
        return [self.spot] * len(metres) if self.spot else [(u / self.tile_m, v / self.tile_m) for u, v in metres]


class Patches:
    """Patches that are gathered, and become an asset."""

    def __init__(self) -> None:
        self._sheets: dict[Look, _Sheet] = {}

    @property
    def triangles(self) -> int:
        """How many there are."""
        return sum(len(sheet.faces) for sheet in self._sheets.values())

    def add(self, look: Look, corners: Sequence[Vec3], uv: Sequence[Uv], normals: Sequence[Vec3] | None = None) -> None:
        """A convex polygon, counter-clockwise seen from outside; flat, unless it has normals of its own."""
        sheet = self._sheets.get(look) or self._sheet(look)
        first, count = len(sheet.corners), len(corners)
        sheet.corners += corners
        sheet.uv += uv
        if normals is None:
            sheet.flat.append((first, count))
            normals = corners
        sheet.normals += normals
        if count == 4:
            sheet.faces += ((first, first + 1, first + 2), (first, first + 2, first + 3))
        else:
            sheet.faces += [(first, first + k, first + k + 1) for k in range(1, count - 1)]

    def add_mesh(self, look: Look, corners: Sequence[Vec3], uv: Sequence[Uv], normals: Sequence[Vec3], faces: Sequence[tuple[int, int, int]]) -> None:
        """Triangles that share corners, of which they have the indices."""
        sheet = self._sheet(look)
        first = len(sheet.corners)
        sheet.corners += corners
        sheet.uv += uv
        sheet.normals += normals
        sheet.faces += [(first + i, first + j, first + k) for i, j, k in faces]

    def cover(self, cover: Cover, corners: Sequence[Vec3], metres: Sequence[Uv] | None = None) -> None:
        """A flat patch, laid out in `metres`; without these it shows one place of its cover."""
        self.add(cover.look, corners, cover.uv(metres or [(0.0, 0.0)] * len(corners)))

    def stretch(self, height_m: float) -> None:
        """Make all of it larger or smaller alike, so that its highest point is this high."""
        factor = height_m / max(z for sheet in self._sheets.values() for _, _, z in sheet.corners)
        for sheet in self._sheets.values():
            sheet.corners = [(x * factor, y * factor, z * factor) for x, y, z in sheet.corners]

    def _sheet(self, look: Look) -> "_Sheet":
        return self._sheets.setdefault(look, _Sheet())

    def asset(
        self,
        asset_id: str,
        category: str,
        supercategory: str,
        hulls: Sequence[Points],
        center: Vec3,
        *,
        volume_m3: float,
        density_kg_m3: float,
        closed: bool = False,
        landmarks: Mapping[str, Vec3] = MappingProxyType({}),
    ) -> Asset:
        """The patches as an asset whose origin is `center`; hulls and landmarks are in the patches' axes too."""
        middle, sheets = np.array(center), tuple(self._sheets.values())
        ends = np.cumsum([0] + [len(sheet.corners) for sheet in sheets])
        corners = _rows([sheet.corners for sheet in sheets], 3)
        normals = _rows([sheet.normals for sheet in sheets], 3)
        uv = _rows([sheet.uv for sheet in sheets], 2).astype(np.float32)
        faces = _rows([sheet.faces for sheet in sheets], 3, np.int32)
        flat = _rows([sheet.flat for sheet in sheets], 2, np.int64)
        if len(flat):
            starts = np.repeat(ends[:-1], [len(sheet.flat) for sheet in sheets])
            _set_flat_normals(normals, corners, flat[:, 0] + starts, flat[:, 1])
        positions, normals = (corners - middle).astype(np.float32), normals.astype(np.float32)
        slices = pairwise(ends.tolist())
        of_faces = pairwise(np.cumsum([0] + [len(sheet.faces) for sheet in sheets]).tolist())
        parts = tuple(
            MeshPart(positions=positions[i:j], normals=normals[i:j], uv=uv[i:j], faces=faces[k:m], look=look)
            for look, (i, j), (k, m) in zip(self._sheets, slices, of_faces, strict=True)
        )
        low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
        x, y, z = center
        return Asset(
            id=asset_id,
            category=category,
            supercategory=supercategory,
            parts=parts,
            hulls=tuple(hull - middle for hull in hulls),
            bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
            volume_m3=volume_m3,
            density_kg_m3=density_kg_m3,
            closed=closed,
            landmarks={name: (a - x, b - y, c - z) for name, (a, b, c) in landmarks.items()},
        )


@dataclass(slots=True, eq=False)
class _Sheet:
    """All patches of one look. Those that are `flat`, by their first corners and how many they have, get their normals in the end, all at once."""

    corners: list[Vec3] = field(default_factory=list)
    normals: list[Vec3] = field(default_factory=list)
    uv: list[Uv] = field(default_factory=list)
    faces: list[tuple[int, int, int]] = field(default_factory=list)
    flat: list[tuple[int, int]] = field(default_factory=list)


def _rows(lists: Sequence[Sequence[Sequence[float]]], count: int, dtype: type[np.number] = np.float64) -> NDArray[Any]:
    """(n, count) of lists of rows of so many numbers, in half the time that NumPy takes to find out how many those are."""
    rows = sum([len(one) for one in lists])
    return np.fromiter(chain.from_iterable(chain.from_iterable(lists)), dtype, count * rows).reshape(-1, count)


def _set_flat_normals(normals: Points, corners: Points, first: NDArray[np.int64], count: NDArray[np.int64]) -> None:
    """Write the normals (n, 3) of flat patches, which have so many corners (n, 3) from the `first` on: by the first three, if these span an area."""
    a = corners[first]
    normal = cross(corners[first + 1] - a, corners[first + 2] - a)
    length = np.sqrt(dot(normal, normal))
    for k in np.flatnonzero(length <= 1e-12).tolist():
        normal[k], length[k] = _normal(corners[first[k] : first[k] + count[k]].tolist()), 1.0
    # Of each patch its corners' numbers.
    number = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
    normals[number] = np.repeat(normal / length[:, None], count, axis=0)


def _normal(corners: Sequence[Vec3]) -> Vec3:
    """By the first corner and two in a row after it that are not on a line with it."""
    a = corners[0]
    for b, c in pairwise(corners[1:]):
        x, y, z = cross_of((b[0] - a[0], b[1] - a[1], b[2] - a[2]), (c[0] - a[0], c[1] - a[1], c[2] - a[2]))
        length = math.sqrt(x * x + y * y + z * z)
        if length > 1e-12:
            return (x / length, y / length, z / length)
    return (0.0, 0.0, 1.0)


class Face:
    """An upright plane that patches are put on: (u to the right, v up, w outwards), seen from outside, from its lower left corner."""

    __slots__ = ("_along", "_corner", "_out", "patches")

    def __init__(self, patches: Patches, corner: Vec3, along: Uv) -> None:
        self.patches, self._corner, self._along = patches, corner, along
        self._out = (along[1], -along[0])

    def at(self, u: float, v: float, w: float = 0.0) -> Vec3:
        """The point in the asset's axes."""
        x, y, z = self._corner
        return (x + self._along[0] * u + self._out[0] * w, y + self._along[1] * u + self._out[1] * w, z + v)

    def polygon(self, cover: Cover, corners: Sequence[Uv], w: float = 0.0) -> None:
        """A polygon of (u, v)."""
        self.patches.cover(cover, [self.at(u, v, w) for u, v in corners], corners)

    def wall(self, cover: Cover, u0: float, v0: float, u1: float, v1: float, w: float = 0.0) -> None:
        """A rectangle, if it has an area."""
        if u1 - u0 > 1e-6 and v1 - v0 > 1e-6:
            self.polygon(cover, ((u0, v0), (u1, v0), (u1, v1), (u0, v1)), w)

    def picture(self, look: Look, rect: Rect, cell: Rect, w: float = 0.0) -> None:
        """A rectangle that shows a cell of a picture."""
        (u0, v0, u1, v1), (s0, t0, s1, t1) = rect, cell
        corners = [self.at(u0, v0, w), self.at(u1, v0, w), self.at(u1, v1, w), self.at(u0, v1, w)]
        self.patches.add(look, corners, [(s0, t0), (s1, t0), (s1, t1), (s0, t1)])

    def block(self, cover: Cover, low: Vec3, high: Vec3, *, open_: str = "back") -> None:
        """A box from (u, v, w) to (u, v, w), but for those of its sides that `open_` names."""
        (a, b, c), (d, e, f) = low, high
        sides: dict[str, tuple[Vec3, Vec3, Vec3, Vec3]] = {
            "front": ((a, b, f), (d, b, f), (d, e, f), (a, e, f)),
            "back": ((d, b, c), (a, b, c), (a, e, c), (d, e, c)),
            "left": ((a, b, c), (a, b, f), (a, e, f), (a, e, c)),
            "right": ((d, b, f), (d, b, c), (d, e, c), (d, e, f)),
            "top": ((a, e, f), (d, e, f), (d, e, c), (a, e, c)),
            "bottom": ((a, b, c), (d, b, c), (d, b, f), (a, b, f)),
        }
        for name, corners in sides.items():
            if name not in open_:
                i, j = (0, 1) if name in ("front", "back") else (2, 1) if name in ("left", "right") else (0, 2)
                self.patches.cover(cover, [self.at(*p) for p in corners], [(p[i], p[j]) for p in corners])

    def reveal(self, cover: Cover, rect: Rect, depth: float) -> None:
        """The four sides of a hole in the wall, `depth` deep."""
        u0, v0, u1, v1 = rect
        ring = ((u0, v0), (u1, v0), (u1, v1), (u0, v1))
        for (ua, va), (ub, vb) in zip(ring, ring[1:] + ring[:1], strict=True):
            length = abs(ub - ua) + abs(vb - va)
            corners = [self.at(ua, va), self.at(ub, vb), self.at(ub, vb, -depth), self.at(ua, va, -depth)]
            self.patches.cover(cover, corners, [(0, 0), (length, 0), (length, depth), (0, depth)])
