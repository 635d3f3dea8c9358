"""A scene as flat arrays on a device: what the kernels read."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset, MeshPart
from diorama.sim.render.looks import Picture, look
from diorama.sim.render.raster.device import Array, wp
from diorama.sim.render.raster.texture import ChainCache, atlas
from diorama.sim.spec import SceneSpec
from diorama.sim.transforms import apply

#: Which two body axes a surface is unrolled onto when its normal is nearest to x, y or z.
_UNROLL = np.array([[1, 2], [0, 2], [0, 1]])


@warp.struct
class Triangle:
    """What shading needs of a triangle that does not depend on the camera: corner normals and texture coordinates,
    the flat surface's unit normal (all in world axes), and the index of its surface.
    """

    n0: warp.vec3
    dn1: warp.vec3
    dn2: warp.vec3
    uv0: warp.vec2
    duv1: warp.vec2
    duv2: warp.vec2
    flat: warp.vec3
    surface: int


@warp.struct
class Surface:
    """One part of one body: a material. `texture` is (start, width, height, levels), levels 0 for none."""

    color: warp.vec3
    metallic: float
    roughness: float
    texture: warp.vec4i


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneArrays:
    """A scene of `count` triangles, in order of body, on a device.

    `vertices` vec3d and `faces` vec3i are the world-space mesh; `triangle_body` int32, `triangles` (Triangle) one a
    triangle; `surfaces` (Surface) and `texels` their looks. On the host: `body_triangles` (n + 1,), where each body's
    run of triangles starts; `bounds_m` (n, 2, 3), each body's world box; `closed` (n,) bool, whether its back faces can only be
    seen from inside.
    """

    count: int
    vertices: Array
    faces: Array
    triangle_body: Array
    triangles: Array
    surfaces: Array
    texels: Array
    body_triangles: NDArray[np.int64]
    bounds_m: NDArray[np.float64]
    closed: NDArray[np.bool_]


def scene_arrays(spec: SceneSpec, library: AssetLibrary, device: str, chains: ChainCache) -> SceneArrays:
    """Put every body's mesh where the spec says, and everything in one set of arrays on `device`."""
    vertices, faces, rows, looks, textures = [], [], [], [], []
    counts, bounds, closed = [0], [], []
    offset = 0
    for body in spec.bodies:
        asset = library.shape_asset(body.shape)
        pose = body.world_from_body.matrix
        bounds.append(_world_bounds(asset, pose))
        closed.append(asset.closed)
        counts.append(0)
        for part in asset.parts:
            material, pictures = look(body, part, library)
            picture = pictures.get("base_color")
            rows.append(_triangles(part, pose, picture, len(looks)))
            looks.append(material)
            textures.append(picture)
            vertices.append(apply(pose, part.positions))
            faces.append(part.faces + offset)
            offset += len(part.positions)
            counts[-1] += len(part.faces)
    texels, entries = atlas(textures, chains)
    surfaces: Any = np.zeros(len(looks), layout(Surface))
    surfaces["color"] = np.array([m.base_color for m in looks]).reshape(-1, 3)
    surfaces["metallic"] = [m.metallic for m in looks]
    surfaces["roughness"] = [m.roughness for m in looks]
    surfaces["texture"] = entries
    body_triangles = np.cumsum(counts)

    def upload(arrays: list[NDArray[Any]], dtype: Any, numpy_dtype: Any, *width: int) -> Array:
        stacked = np.concatenate(arrays) if arrays else np.zeros((0, *width))
        # On the CPU the array is taken as it is; it is nobody else's.
        return wp.array(np.ascontiguousarray(stacked, numpy_dtype), dtype=dtype, device=device, copy=False)

    return SceneArrays(
        count=int(body_triangles[-1]),
        vertices=upload(vertices, wp.vec3d, np.float64, 3),
        faces=upload(faces, wp.vec3i, np.int32, 3),
        triangle_body=upload([np.repeat(np.arange(len(spec.bodies)), counts[1:])], wp.int32, np.int32),
        triangles=upload(rows, Triangle, layout(Triangle)),
        surfaces=upload([surfaces], Surface, layout(Surface)),
        texels=upload([texels], wp.uint32, np.uint32),
        body_triangles=body_triangles,
        bounds_m=np.array(bounds).reshape(-1, 2, 3),
        closed=np.array(closed, np.bool_),
    )


@cache
def layout(struct: Any) -> Any:
    """A Warp struct's NumPy dtype; Warp makes it anew at every call."""
    return np.dtype(struct.numpy_dtype())


def _triangles(part: MeshPart, pose: NDArray[np.float64], picture: Picture | None, surface: int) -> NDArray[Any]:
    """The part's Triangle records."""
    corners = part.positions[part.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
    normals = _rotated(pose, part.normals).astype(np.float32)[part.faces]
    uv = _corner_uv(part, corners, across, picture)
    rows: Any = np.zeros(len(part.faces), layout(Triangle))
    rows["n0"], rows["uv0"] = normals[:, 0], uv[:, 0]
    for corner in (1, 2):
        rows[f"dn{corner}"] = normals[:, corner] - normals[:, 0]
        rows[f"duv{corner}"] = uv[:, corner] - uv[:, 0]
    rows["flat"] = _unit(_rotated(pose, across))
    rows["surface"] = surface
    return rows


def _rotated(pose: NDArray[np.float64], directions: NDArray[Any]) -> NDArray[np.float64]:
    turn = pose.copy()
    turn[:3, 3] = 0.0
    return apply(turn, directions)


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2 + v[:, 2] ** 2)
    return v / np.where(length > 0, length, 1.0)[:, None]


def _corner_uv(part: MeshPart, corners: NDArray[np.float32], across: NDArray[np.float64], picture: Picture | None) -> NDArray[Any]:
    """Texture coordinates (m, 3, 2) in tiles, for each triangle's corners.

    A picture in metres is laid out alike on all: each triangle is unrolled onto the two body axes it is most parallel
    to, so that the pattern has the same scale on every shape, however the mesh's own coordinates are laid out.
    """
    if picture is not None and picture.tile_m is not None:
        axes = _UNROLL[np.argmax(np.abs(across), axis=1)]
        return np.take_along_axis(corners, axes[:, None, :], axis=2) / np.float32(picture.tile_m)
    return part.uv[part.faces]


def _world_bounds(asset: Asset, pose: NDArray[np.float64]) -> NDArray[np.float64]:
    (x0, y0, z0), (x1, y1, z1) = asset.bounds_m
    corners = np.array([(x, y, z) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)])
    world = apply(pose, corners)
    return np.stack([world.min(axis=0), world.max(axis=0)])
