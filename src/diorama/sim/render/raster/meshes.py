"""Meshes as the kernels read them, in their bodies' own axes: made once for each part of an asset."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.geometry import cross
from diorama.sim.assets.mesh import MeshPart
from diorama.sim.render.looks import corner_uv
from diorama.sim.render.raster.device import layout


@warp.struct
class Triangle:
    """What shading needs of a triangle that does not depend on the camera: the first corner's normal and texture coordinates and
    what the second and third differ by, the flat surface's unit normal, the unit direction in which the first texture coordinate
    grows, and on which side of it the second one does (1, or -1 where a texture is mirrored); and the index of its surface.
    """

    n0: warp.vec3
    dn1: warp.vec3
    dn2: warp.vec3
    uv0: warp.vec2
    duv1: warp.vec2
    duv2: warp.vec2
    flat: warp.vec3
    tangent: warp.vec3
    handedness: float
    surface: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """`vertices` (n, 3) float32, `faces` (m, 3) int32, and a record of Triangle's layout for each face."""

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    triangles: Any

    @property
    def counts(self) -> tuple[int, int]:
        """How many vertices and faces."""
        return len(self.vertices), len(self.faces)


class MeshCache:
    """Meshes of parts that are met again in scene after scene, up to so many triangles in all; those that have not been for longest leave first.

    Parts of the same arrays have one mesh, whatever they look like: cars of one body, in many colours.
    """

    def __init__(self, triangles: int = 1_000_000) -> None:
        self._most, self._held = triangles, 0
        # The part is kept beside its mesh so that its arrays' ids cannot pass to others.
        self._meshes: OrderedDict[tuple[Any, ...], tuple[MeshPart, Mesh]] = OrderedDict()

    def mesh(self, part: MeshPart, tile_m: float | None) -> Mesh:
        """The part's mesh. With `tile_m`, textures repeat after that many metres of surface, and the part's own coordinates do not count."""
        key = (id(part.positions), id(part.normals), id(part.uv), id(part.faces), tile_m)
        if key in self._meshes:
            self._meshes.move_to_end(key)
        else:
            self._meshes[key] = (part, Mesh(vertices=part.positions, faces=part.faces, triangles=_triangles(part, tile_m)))
            self._held += len(part.faces)
            while self._held > self._most and len(self._meshes) > 1:
                _, (dropped, _) = self._meshes.popitem(last=False)
                self._held -= len(dropped.faces)
        return self._meshes[key][1]


def _triangles(part: MeshPart, tile_m: float | None) -> Any:
    corners = part.positions[part.faces]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    # Products of float32 are rounded to float32, and only then widened.
    across = cross(first, second)
    normals = part.normals[part.faces]
    uv = corner_uv(part, tile_m)
    rows: Any = np.zeros(len(part.faces), layout(Triangle))
    rows["n0"], rows["uv0"] = normals[:, 0], uv[:, 0]
    for corner in (1, 2):
        rows[f"dn{corner}"] = normals[:, corner] - normals[:, 0]
        rows[f"duv{corner}"] = uv[:, corner] - uv[:, 0]
    rows["flat"] = _unit(across)
    du, dv = rows["duv1"], rows["duv2"]
    turned = np.where(du[:, 0] * dv[:, 1] - dv[:, 0] * du[:, 1] < 0, np.float32(-1), np.float32(1))
    rows["tangent"] = _unit(((first * dv[:, 1:] - second * du[:, 1:]) * turned[:, None]).astype(np.float64))
    rows["handedness"] = turned
    return rows


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2 + v[:, 2] ** 2)
    return v / np.where(length > 0, length, 1.0)[:, None]
