"""What every source of meshes makes before it is an asset: surfaces with a look, in any frame; and the step to an asset."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.geometry import Faces, Points
from diorama.sim.assets.mesh import Asset, Look, MeshPart
from diorama.sim.errors import AssetError
from diorama.sim.spec import Vec3

#: Beyond these nothing can be staged; well within them a report asks about units.
LARGEST_M, SMALLEST_M = 1e4, 1e-5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """Triangles with one look: positions (n, 3) float64, faces (m, 3) int64, normals (n, 3) and uv (n, 2) or None.

    `piece` names the object of the file that it belongs to.
    """

    positions: Points
    faces: Faces
    normals: Points | None = None
    uv: NDArray[np.float64] | None = None
    look: Look = Look()
    piece: str = ""

    def moved(self, transform: NDArray[np.float64]) -> "Surface":
        """The surface under an affine (4, 4) transform, which may scale and mirror."""
        m = transform[:3, :3]
        positions = _linear(m, self.positions) + transform[:3, 3]
        faces, normals = self.faces, self.normals
        mirrored = float(geometry.dot(geometry.cross(m[:, 0], m[:, 1]), m[:, 2])) < 0
        if mirrored:
            faces = faces[:, ::-1]
        if normals is not None:  # by the cofactor matrix, which is the inverse transpose times the determinant
            cofactor = np.stack([geometry.cross(m[:, 1], m[:, 2]), geometry.cross(m[:, 2], m[:, 0]), geometry.cross(m[:, 0], m[:, 1])], axis=1)
            normals = geometry.unit(_linear(-cofactor if mirrored else cofactor, normals))
        return replace(self, positions=positions, faces=faces, normals=normals)


def _linear(m: NDArray[np.float64], v: Points) -> Points:
    return v[:, 0:1] * m[:, 0] + v[:, 1:2] * m[:, 1] + v[:, 2:3] * m[:, 2]


def check_size(positions: Points, source: str) -> None:
    """Raise AssetError when no sensible thing, in metres, has these (n, 3) positions."""
    if not np.isfinite(positions).all():
        raise AssetError(f"{source}: {int((~np.isfinite(positions)).any(axis=1).sum())} of {len(positions)} vertices are NaN or infinite")
    extent = (positions.max(axis=0) - positions.min(axis=0)).tolist()
    if max(extent) > LARGEST_M or max(extent) < SMALLEST_M:
        text = " x ".join(f"{e:.3g}" for e in extent)
        raise AssetError(f"{source}: is {text} m large, expected {SMALLEST_M:g} m to {LARGEST_M:g} m. Say which units it is in, such as units: mm.")
    if min(extent) < 1e-5 * max(extent):
        raise AssetError(f"{source}: is flat ({' x '.join(f'{e:.3g}' for e in extent)} m); a body needs volume")


def mesh_parts(surfaces: Sequence[Surface], crease_rad: float = geometry.CREASE_RAD) -> tuple[MeshPart, ...]:
    """One `MeshPart` for each surface that has a face with an area, with what it lacks made up.

    Normals are smooth across surfaces too, and sharp where faces turn by more than `crease_rad`. Texture coordinates are box-projected, in
    metres. Vertices are split where normals or texture coordinates part.
    """
    positions, faces = geometry.merged([(s.positions, s.faces) for s in surfaces])
    places = geometry.weld(positions, max(1e-6 * geometry.diagonal_m(positions), 1e-9))
    keep = geometry.with_area(positions, faces, places)
    faces = faces[keep]
    if not len(faces):
        return ()
    if any(s.normals is None for s in surfaces):
        normals, group = geometry.smooth_normals(positions, faces, places, crease_rad)
    else:
        normals, group = np.zeros((len(faces), 3, 3)), np.zeros((len(faces), 3), np.int64)
    flat = geometry.area_vectors(positions, faces)
    uv, side = geometry.box_projection(positions.take(faces, axis=0), flat)

    # Vertices and faces are in the order of the surfaces, before and after: each surface's are a slice.
    old = np.cumsum([0] + [len(s.positions) for s in surfaces])
    of_faces = _slices(np.concatenate([[0], np.cumsum(keep)])[np.cumsum([0] + [len(s.faces) for s in surfaces])])
    for s, mine, first in zip(surfaces, of_faces, old.tolist(), strict=False):
        if s.normals is not None:
            given = s.normals[faces[mine] - first]
            # A file's normals may be missing (zero) or point inwards; the face's own is right then.
            agrees = geometry.dot(given, flat[mine, None]) > 0
            normals[mine] = np.where(agrees[..., None], geometry.unit(given), geometry.unit(flat[mine])[:, None])
            group[mine] = np.where(agrees, 0, 1 + np.arange(len(agrees))[:, None])
        if s.uv is not None:
            uv[mine], side[mine] = s.uv[faces[mine] - first], 0

    key = (faces * (int(group.max()) + 1) + group) * 6 + side[:, None]
    _, corner, vertex = np.unique(key.ravel(), return_index=True, return_inverse=True)
    source = faces.ravel()[corner]
    of_vertices = _slices(np.searchsorted(source, old))
    all_positions = positions[source].astype(np.float32)
    all_normals = normals.reshape(-1, 3)[corner].astype(np.float32)
    all_uv = uv.reshape(-1, 2)[corner].astype(np.float32)
    all_faces = vertex.reshape(-1, 3).astype(np.int32)
    return tuple(
        MeshPart(
            positions=all_positions[v],
            normals=all_normals[v],
            uv=all_uv[v],
            faces=all_faces[f] - v.start,
            look=s.look,
            uv_in_metres=s.uv is None,
        )
        for s, f, v in zip(surfaces, of_faces, of_vertices, strict=True)
        if f.start < f.stop
    )


def _slices(starts: NDArray[np.int64]) -> list[slice]:
    return [slice(a, b) for a, b in pairwise(starts.tolist())]


def assemble(
    asset_id: str,
    category: str,
    supercategory: str,
    surfaces: Sequence[Surface],
    hulls: Sequence[Points],
    *,
    volume_and_center: tuple[float, Vec3] | None = None,
    density_kg_m3: float = 400.0,
    closed: bool = False,
    crease_rad: float = geometry.CREASE_RAD,
    landmarks: Mapping[str, Vec3] = MappingProxyType({}),
    source: str = "",
) -> Asset:
    """An `Asset` of surfaces and convex pieces that share any one frame, moved so that its origin is the centre of mass.

    `volume_and_center` of the matter in it defaults to that of the solid inside the surfaces together, which must be closed.
    `landmarks` are in the body frame already. `closed` is the caller's word that the surfaces are a solid's whole surface, facing
    outwards (see Asset).
    Raises AssetError, naming `source`, when nothing is left to see or there is no volume.
    """
    positions, faces = geometry.merged([(s.positions, s.faces) for s in surfaces])
    if volume_and_center is None:
        volume_and_center = geometry.signed_volume_and_center(positions, faces)
    volume, center = volume_and_center
    if not volume > 0 or not math.isfinite(volume):
        raise AssetError(f"{source or asset_id}: has no volume ({volume:g} m3)")
    parts = mesh_parts([replace(s, positions=s.positions - center) for s in surfaces], crease_rad)
    if not parts:
        raise AssetError(f"{source or asset_id}: has no face with an area")
    low = np.min([p.positions.min(axis=0) for p in parts], axis=0).tolist()
    high = np.max([p.positions.max(axis=0) for p in parts], axis=0).tolist()
    return Asset(
        id=asset_id,
        category=category,
        supercategory=supercategory,
        parts=parts,
        hulls=tuple(np.ascontiguousarray(h - center) for h in hulls),
        bounds_m=((low[0], low[1], low[2]), (high[0], high[1], high[2])),
        volume_m3=volume,
        density_kg_m3=density_kg_m3,
        closed=closed,
        landmarks=landmarks,
    )
