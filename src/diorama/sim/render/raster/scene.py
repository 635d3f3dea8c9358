"""A scene as flat arrays on a device: what the kernels read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset, MeshPart
from diorama.sim.render.raster.texture import ChainCache, TextureAtlas
from diorama.sim.spec import BodySpec, MaterialSpec, ProceduralTexture, SceneSpec
from diorama.sim.transforms import apply

#: Which two body axes a surface is unrolled onto when its normal is nearest to x, y or z.
_UNROLL = np.array([[1, 2], [0, 2], [0, 1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """One part of one body: a material, shared by a run of triangles."""

    body: int
    material: MaterialSpec
    texture: Any  # a (h, w, 3) uint8 array, a ProceduralTexture or None


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneArrays:
    """World-space triangles and their looks. `triangle_*` arrays have one row a triangle, in order of body.

    `body_triangles` (n + 1,) holds where each body's run of triangles starts; `bounds_m` (n, 2, 3) each body's
    world box. The host copies are what NumPy code reads; the rest lives on the device.
    """

    vertices: wp.array
    normals: wp.array
    faces: wp.array
    triangle_body: wp.array
    triangle_surface: wp.array
    triangle_normal: wp.array
    corner_uv: wp.array
    surface_color: wp.array
    surface_finish: wp.array
    surface_texture: wp.array
    atlas: TextureAtlas
    body_triangles: NDArray[np.int64]
    bounds_m: NDArray[np.float64]

    @property
    def triangles(self) -> int:
        return self.faces.shape[0]


def scene_arrays(spec: SceneSpec, library: AssetLibrary, device: str, chains: ChainCache) -> SceneArrays:
    """Put every body's mesh where the spec says, and everything in one set of arrays on `device`."""
    surfaces: list[Surface] = []
    vertices, normals, faces, uvs, owners, flat = [], [], [], [], [], []
    starts, bounds = [0], []
    offset = 0
    for index, body in enumerate(spec.bodies):
        asset = library.shape_asset(body.shape)
        pose = body.world_from_body.matrix
        bounds.append(_world_bounds(asset, pose))
        count = 0
        for part in asset.parts:
            surface = _surface(index, body, part)
            surfaces.append(surface)
            corners = part.positions[part.faces]
            direction = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
            vertices.append(apply(pose, part.positions))
            normals.append(_rotated(pose, part.normals))
            faces.append(part.faces + offset)
            uvs.append(_corner_uv(part, corners, direction, surface))
            flat.append(_unit(_rotated(pose, direction)))
            owners.append(np.full(len(part.faces), len(surfaces) - 1, np.int32))
            offset += len(part.positions)
            count += len(part.faces)
        starts.append(starts[-1] + count)

    def stack(arrays: list[NDArray[Any]], width: int, dtype: Any) -> NDArray[Any]:
        return np.concatenate(arrays).astype(dtype, copy=False) if arrays else np.zeros((0, width), dtype)

    owner = stack(owners, 0, np.int32).reshape(-1)
    body_of_surface = np.array([s.body for s in surfaces], np.int32)
    atlas = TextureAtlas.of([s.texture for s in surfaces], device, chains)

    def upload(array: NDArray[Any], dtype: Any) -> wp.array:
        return wp.array(np.ascontiguousarray(array), dtype=dtype, device=device)

    return SceneArrays(
        vertices=upload(stack(vertices, 3, np.float64), wp.vec3d),
        normals=upload(stack(normals, 3, np.float32), wp.vec3),
        faces=upload(stack(faces, 3, np.int32), wp.vec3i),
        triangle_body=upload(body_of_surface[owner], wp.int32),
        triangle_surface=upload(owner, wp.int32),
        triangle_normal=upload(stack(flat, 3, np.float32), wp.vec3),
        corner_uv=upload(stack(uvs, 2, np.float32).reshape(-1, 2), wp.vec2),
        surface_color=upload(np.array([s.material.base_color for s in surfaces], np.float32).reshape(-1, 3), wp.vec3),
        surface_finish=upload(np.array([(s.material.metallic, s.material.roughness) for s in surfaces], np.float32).reshape(-1, 2), wp.vec2),
        surface_texture=upload(atlas.index, wp.int32),
        atlas=atlas,
        body_triangles=np.array(starts),
        bounds_m=np.array(bounds).reshape(-1, 2, 3),
    )


def _surface(index: int, body: BodySpec, part: MeshPart) -> Surface:
    if body.material is not None:
        return Surface(body=index, material=body.material, texture=body.material.texture)
    own = MaterialSpec(base_color=part.base_color, metallic=part.metallic, roughness=part.roughness)
    return Surface(body=index, material=own, texture=part.texture)


def _rotated(pose: NDArray[np.float64], directions: NDArray[Any]) -> NDArray[np.float64]:
    turn = pose.copy()
    turn[:3, 3] = 0.0
    return apply(turn, directions)


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2 + v[:, 2] ** 2)
    return v / np.where(length > 0, length, 1.0)[:, None]


def _corner_uv(part: MeshPart, corners: NDArray[np.float32], direction: NDArray[np.float64], surface: Surface) -> NDArray[Any]:
    """Texture coordinates (m, 3, 2) in tiles, for each triangle's corners.

    A procedural texture is a pattern in metres: each triangle is unrolled onto the two body axes it is most parallel
    to, so that the pattern has the same scale on every shape, however the mesh's own coordinates are laid out.
    """
    if isinstance(surface.texture, ProceduralTexture):
        axes = _UNROLL[np.argmax(np.abs(direction), axis=1)]
        return np.take_along_axis(corners, axes[:, None, :], axis=2) / np.float32(surface.texture.tile_m)
    return part.uv[part.faces]


def _world_bounds(asset: Asset, pose: NDArray[np.float64]) -> NDArray[np.float64]:
    (x0, y0, z0), (x1, y1, z1) = asset.bounds_m
    corners = np.array([(x, y, z) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)])
    world = apply(pose, corners)
    return np.stack([world.min(axis=0), world.max(axis=0)])
