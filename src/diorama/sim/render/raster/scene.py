"""A scene as flat arrays on a device: what the kernels read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.looks import look
from diorama.sim.render.raster.device import Array, layout, wp
from diorama.sim.render.raster.materials import LAYER, UNLIT, Surface, presence, surface_arrays
from diorama.sim.render.raster.meshes import MeshCache, Triangle
from diorama.sim.render.raster.presence import Presence
from diorama.sim.render.raster.texture import ChainCache
from diorama.sim.spec import MaterialSpec, SceneSpec
from diorama.sim.transforms import Matrix, compose

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneArrays:
    """A scene of `count` triangles, in order of body, on a device.

    `vertices` vec3d and `faces` vec3i are the world-space mesh; `triangle_body` and `triangle_surface` int32, `triangles` (Triangle, in
    world axes) one a triangle; `surfaces` (Surface) and `texels` their looks. `presence` (Presence) tells where triangles are there; `partial`
    int32 are those that are not so everywhere for everybody, and `layers` those of them that pictures see as layers before what lies behind.
    On the host: `body_triangles` (n + 1,), where each body's run of triangles starts; `bounds_m` (n, 2, 3), each body's world box; `closed`
    (n,) bool, whether its back faces can only be seen from inside; `casts` (n,) bool, whether it keeps any light off; `boxes_m` (n, 2, 3),
    each body's box in its own axes; and of each surface its material and the index `surface_body` (m,) of its body. The mesh in bodies' own
    axes is `local_vertices` (vec3) and `local_triangles`; `vertex_body` says which.
    """

    count: int
    vertices: Array
    faces: Array
    triangle_body: Array
    triangle_surface: Array
    triangles: Array
    surfaces: Array
    texels: Array
    presence: Any
    partial: Array
    layers: Array
    body_triangles: NDArray[np.int64]
    bounds_m: NDArray[np.float64]
    materials: tuple[MaterialSpec, ...]
    surface_body: NDArray[np.int64]
    closed: NDArray[np.bool_]
    casts: NDArray[np.bool_]
    boxes_m: NDArray[np.float64]
    local_vertices: Array
    local_triangles: Array
    vertex_body: Array

    @property
    def see_through(self) -> bool:
        """Whether light passes any surface, so that who looks for light does not see what labels show."""
        return bool((self.presence.kinds.numpy() & int(LAYER)).any())

    def place(self, world_from_bodies: Matrix) -> None:
        """Put bodies where `world_from_bodies` (n, 4, 4) says."""
        device = self.vertices.device
        world_from_body = wp.array(world_from_bodies, dtype=wp.mat44d, device=device)
        wp.launch(
            place_vertices, dim=len(self.vertices), inputs=[world_from_body, self.vertex_body, self.local_vertices, self.vertices], device=device
        )
        wp.launch(place_triangles, dim=self.count, inputs=[world_from_body, self.triangle_body, self.local_triangles, self.triangles], device=device)
        self.bounds_m[:] = world_boxes(world_from_bodies, self.boxes_m)


#: The eight ways to take each coordinate from the low or the high corner of a box.
_CORNERS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])


def world_boxes(world_from_bodies: Matrix, boxes_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, n, 2, 3) boxes in the world around bodies' own (n, 2, 3) boxes, where (…, n, 4, 4) transforms put these."""
    corners = np.ones((len(boxes_m), 4, 8))
    corners[:, :3] = boxes_m[:, _CORNERS, np.arange(3)].swapaxes(1, 2)
    corners = compose(world_from_bodies, corners)[..., :3, :]
    return np.stack([corners.min(axis=-1), corners.max(axis=-1)], axis=-2)


@warp.func
def placed_vertex(world_from_body: warp.mat44d, v: warp.vec3) -> warp.vec3d:
    """A vertex of a body's axes, in the world's."""
    return warp.transform_point(world_from_body, warp.vec3d(warp.float64(v[0]), warp.float64(v[1]), warp.float64(v[2])))


@warp.func
def placed_triangle(world_from_body: warp.mat44d, local: Triangle) -> Triangle:
    """A triangle of a body's axes, in the world's."""
    turn = warp.mat33()
    for row in range(3):
        for column in range(3):
            turn[row, column] = float(world_from_body[row, column])
    t = local
    t.n0 = warp.mul(turn, local.n0)
    t.dn1 = warp.mul(turn, local.dn1)
    t.dn2 = warp.mul(turn, local.dn2)
    t.flat = warp.mul(turn, local.flat)
    t.tangent = warp.mul(turn, local.tangent)
    return t


@warp.kernel
def place_vertices(
    world_from_body: warp.array(dtype=warp.mat44d),
    vertex_body: warp.array(dtype=int),
    local: warp.array(dtype=warp.vec3),
    world: warp.array(dtype=warp.vec3d),
):
    """Vertices from bodies' axes to the world's."""
    i = warp.tid()
    world[i] = placed_vertex(world_from_body[vertex_body[i]], local[i])


@warp.kernel
def place_triangles(
    world_from_body: warp.array(dtype=warp.mat44d),
    triangle_body: warp.array(dtype=int),
    local: warp.array(dtype=Triangle),
    world: warp.array(dtype=Triangle),
):
    """Triangles from bodies' axes to the world's."""
    i = warp.tid()
    world[i] = placed_triangle(world_from_body[triangle_body[i]], local[i])


class SceneCache:
    """Scenes of one library's assets, on one device. The latest is kept: most often the next one has the same bodies, only elsewhere."""

    def __init__(self, library: AssetLibrary, device: str) -> None:
        self._library, self._device = library, device
        self._chains, self._meshes = ChainCache(), MeshCache()
        self._latest: tuple[list[Any], SceneArrays] | None = None

    def scene(self, spec: SceneSpec) -> SceneArrays:
        """The bodies of a spec, to be placed. It is the one that was returned last, if their shapes and materials are the same."""
        bodies = [(body.shape, body.material) for body in spec.bodies]
        if self._latest is None or self._latest[0] != bodies:
            self._latest = bodies, scene_arrays(spec, self._library, self._device, self._chains, self._meshes)
        return self._latest[1]

    def clear(self) -> None:
        """Give the device's memory back."""
        self._latest = None


def scene_arrays(spec: SceneSpec, library: AssetLibrary, device: str, chains: ChainCache, meshes: MeshCache) -> SceneArrays:
    """All bodies' meshes and materials in one set of arrays on `device`. Nothing is placed."""
    parts, looks, boxes, owners, kinds = [], [], [], [], []
    closed, casts = np.ones(len(spec.bodies), np.bool_), np.zeros(len(spec.bodies), np.bool_)
    for number, body in enumerate(spec.bodies):
        asset = library.shape_asset(body.shape)
        boxes.append(asset.bounds_m)
        for part in asset.parts:
            material, pictures = look(body, part, library)
            kind = presence(material, pictures)
            closed[number] &= asset.closed and kind == 0
            if kind is None:
                continue
            casts[number] |= kind & int(UNLIT) == 0
            kinds.append(kind)
            tile_m = next((p.tile_m for p in pictures.values()), None)
            parts.append(meshes.mesh(part, tile_m))
            looks.append((material, pictures))
            owners.append(number)
    surface_body = np.array(owners, np.int64)
    sizes = np.array([len(p.faces) for p in parts], np.int64)
    vertex_counts = np.array([len(p.vertices) for p in parts], np.int64)
    triangle_body = np.repeat(surface_body, sizes)
    rows = _joined([p.triangles for p in parts], layout(Triangle))
    rows["surface"] = np.repeat(np.arange(len(parts)), sizes)
    faces = _joined([p.faces for p in parts], np.int32, 3) + np.repeat(np.cumsum(vertex_counts) - vertex_counts, sizes)[:, None]
    texels, surfaces = surface_arrays(looks, chains)
    partial = np.repeat(np.array(kinds, np.uint8), sizes)
    # What is wholly clear is no layer either.
    layered = [kind & int(LAYER) > 0 and material.opacity > 0 for kind, (material, _) in zip(kinds, looks, strict=True)]
    layers = np.repeat(np.array(layered, np.bool_), sizes)

    def upload(values: NDArray[Any], dtype: Any, numpy_dtype: Any) -> Array:
        # On the CPU the array is taken as it is; it is nobody else's.
        return wp.array(np.ascontiguousarray(values, numpy_dtype), dtype=dtype, device=device, copy=False)

    count = len(rows)
    vertices = _joined([p.vertices for p in parts], np.float32, 3)
    scene = SceneArrays(
        count=count,
        vertices=wp.empty(len(vertices), dtype=wp.vec3d, device=device),
        faces=upload(faces, wp.vec3i, np.int32),
        triangle_body=upload(triangle_body, wp.int32, np.int32),
        triangle_surface=upload(rows["surface"], wp.int32, np.int32),
        triangles=wp.empty(count, dtype=Triangle, device=device),
        surfaces=upload(surfaces, Surface, layout(Surface)),
        texels=upload(texels, wp.uint32, np.uint32),
        presence=Presence(),
        partial=upload(np.flatnonzero(partial), wp.int32, np.int32),
        layers=upload(np.flatnonzero(layers), wp.int32, np.int32),
        body_triangles=np.searchsorted(triangle_body, np.arange(len(spec.bodies) + 1)),
        bounds_m=np.zeros((len(spec.bodies), 2, 3)),
        materials=tuple(material for material, _ in looks),
        surface_body=surface_body,
        closed=closed,
        casts=casts,
        boxes_m=np.array(boxes, np.float64).reshape(-1, 2, 3),
        local_vertices=upload(vertices, wp.vec3, np.float32),
        local_triangles=upload(rows, Triangle, layout(Triangle)),
        vertex_body=upload(np.repeat(surface_body, vertex_counts), wp.int32, np.int32),
    )
    scene.presence.kinds = upload(partial if partial.any() else partial[:0], wp.uint8, np.uint8)
    scene.presence.triangles, scene.presence.surfaces, scene.presence.texels = scene.triangles, scene.surfaces, scene.texels
    return scene


def _joined(arrays: list[NDArray[Any]], dtype: Any, *width: int) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros((0, *width), dtype)
