"""A scene as flat arrays on a device: what the kernels read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Slot
from diorama.sim.render.dressed import dressed
from diorama.sim.render.looks import Picture
from diorama.sim.render.raster.device import Array, Scratch, layout, records, wp
from diorama.sim.render.raster.materials import LAYER, UNLIT, Surface, presence, surface_arrays
from diorama.sim.render.raster.meshes import Mesh, MeshCache, Triangle
from diorama.sim.render.raster.presence import Presence
from diorama.sim.render.raster.texture import ChainCache
from diorama.sim.spec import MaterialSpec, SceneSpec
from diorama.sim.transforms import Matrix, compose

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bodies:
    """What a scene's bodies are made of, before any of it is on a device.

    Of each part that is there: its mesh, its body's index in `owners`, its material and textures, and its presence in `kinds` (materials.py). Of
    each body: its box (n, 2, 3) in its own axes; `closed` (n,) bool, whether its back faces can only be seen from inside; and `casts` (n,)
    bool, whether it keeps any light off.
    """

    meshes: tuple[Mesh, ...]
    owners: tuple[int, ...]
    looks: tuple[tuple[MaterialSpec, Mapping[Slot, Picture]], ...]
    kinds: tuple[int, ...]
    boxes_m: NDArray[np.float64]
    closed: NDArray[np.bool_]
    casts: NDArray[np.bool_]

    @property
    def one_sided(self) -> NDArray[np.bool_]:
        """(m,) which parts show no backs. Glass is a body whose far wall is seen from within."""
        return np.array([not material.two_sided and material.transmission == 0 for material, _ in self.looks], np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneArrays:
    """A scene of `count` triangles, in order of body, on a device.

    `vertices` vec3d and `faces` vec3i are the world-space mesh; `triangle_body` and `triangle_surface` int32, `triangles` (Triangle, in
    world axes) one a triangle; `surfaces` (Surface) and `texels` their looks. `presence` (Presence) tells where triangles are there; `partial`
    int32 are those that are not so everywhere for everybody, and `layers` those of them that pictures see as layers before what lies behind.
    The mesh in bodies' own axes is `local_vertices` (vec3) and `local_triangles`; `vertex_body` int32 says which.
    On the host: what the `bodies` are made of; `body_triangles` (n + 1,), where each one's run of triangles starts; `bounds_m` (n, 2, 3), its
    box in the world; and of each surface the index `surface_body` (m,) of its body.
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
    surface_body: NDArray[np.int64]
    bodies: Bodies
    local_vertices: Array
    local_triangles: Array
    vertex_body: Array

    @property
    def see_through(self) -> bool:
        """Whether light passes any surface, so that who looks for light does not see what labels show."""
        return bool((self.presence.kinds.numpy() & int(LAYER)).any())

    def place(self, world_from_bodies: Matrix, scratch: Scratch) -> None:
        """Put bodies where `world_from_bodies` (n, 4, 4) says."""
        world_from_body = wp.array(world_from_bodies, dtype=wp.mat44d, device=scratch.device)
        scratch.launch(place_vertices, len(self.vertices), world_from_body, self.vertex_body, self.local_vertices, self.vertices)
        scratch.launch(place_triangles, self.count, world_from_body, self.triangle_body, self.local_triangles, self.triangles)
        self.bounds_m[:] = world_boxes(world_from_bodies, self.bodies.boxes_m)


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
        self._things: Any = None
        self._bodies: Bodies | None = None
        self._scene: SceneArrays | None = None

    def scene(self, bodies: Bodies) -> SceneArrays:
        """The bodies on the device, to be placed."""
        if self._scene is None or self._scene.bodies is not bodies:
            self._scene = scene_arrays(bodies, self._device, self._chains)
        return self._scene

    def bodies(self, spec: SceneSpec) -> Bodies:
        """What the spec's bodies are made of. The same part of the same asset, unrolled alike, is the same mesh."""
        # Most often they are the same objects as the last time, which is told without looking into them.
        things = [(b.shape, b.material, b.part_materials, b.look_of, b.adjustment, b.weathering) for b in spec.bodies]
        if self._bodies is None or things != self._things:
            self._things, self._bodies = things, self._made(spec)
        return self._bodies

    def _made(self, spec: SceneSpec) -> Bodies:
        meshes, owners, looks, kinds, boxes = [], [], [], [], []
        closed, casts = np.ones(len(spec.bodies), np.bool_), np.zeros(len(spec.bodies), np.bool_)
        for number, body in enumerate(spec.bodies):
            asset = self._library.shape_asset(body.shape)
            boxes.append(asset.bounds_m)
            for one in dressed(body, self._library):
                material, pictures = one.material, one.pictures
                kind = presence(material, pictures)
                closed[number] &= asset.closed and kind == 0
                if kind is None:
                    continue
                casts[number] |= kind & int(UNLIT) == 0
                tile_m = next((p.tile_m for p in pictures.values()), None)
                meshes.append(self._meshes.mesh(one.part, tile_m))
                owners.append(number)
                looks.append((material, pictures))
                kinds.append(kind)
        return Bodies(
            meshes=tuple(meshes),
            owners=tuple(owners),
            looks=tuple(looks),
            kinds=tuple(kinds),
            boxes_m=np.array(boxes, np.float64).reshape(-1, 2, 3),
            closed=closed,
            casts=casts,
        )

    def surfaces(self, bodies: Sequence[Bodies]) -> tuple[Array, Array]:
        """`SceneArrays.surfaces` and `texels` for several, one behind the other."""
        return upload_surfaces([look for one in bodies for look in one.looks], self._chains, self._device)

    def clear(self) -> None:
        """Give the device's memory back."""
        self._scene = None


def upload_surfaces(looks: Sequence[tuple[MaterialSpec, Mapping[Slot, Picture]]], chains: ChainCache, device: str) -> tuple[Array, Array]:
    """Surfaces, and the atlas of their textures."""
    texels, surfaces = surface_arrays(looks, chains)
    return records(surfaces, Surface, device), wp.array(texels, dtype=wp.uint32, device=device, copy=False)


def scene_arrays(bodies: Bodies, device: str, chains: ChainCache) -> SceneArrays:
    """All meshes and materials in one set of arrays on `device`. Nothing is placed."""
    parts, kinds = bodies.meshes, bodies.kinds
    surface_body = np.array(bodies.owners, np.int64)
    sizes = np.array([len(p.faces) for p in parts], np.int64)
    vertex_counts = np.array([len(p.vertices) for p in parts], np.int64)
    triangle_body = np.repeat(surface_body, sizes)
    triangle_surface = np.repeat(np.arange(len(parts)), sizes)
    count = len(triangle_body)
    rows: Any = np.concatenate([np.zeros(0, np.uint8), *(p.triangles.view(np.uint8) for p in parts)]).view(layout(Triangle))
    rows["surface"] = triangle_surface
    faces = np.concatenate([np.zeros((0, 3), np.int32), *(p.faces for p in parts)])
    faces = faces + np.repeat((np.cumsum(vertex_counts) - vertex_counts).astype(np.int32), sizes)[:, None]
    vertices = np.concatenate([np.zeros((0, 3), np.float32), *(p.vertices for p in parts)])
    partial = np.repeat(np.array(kinds, np.uint8), sizes)
    # What is wholly clear is no layer either.
    layered = [kind & int(LAYER) > 0 and material.opacity > 0 for kind, (material, _) in zip(kinds, bodies.looks, strict=True)]
    layers = np.repeat(np.array(layered, np.bool_), sizes)
    surfaces, texels = upload_surfaces(bodies.looks, chains, device)

    def upload(values: NDArray[Any], dtype: Any, numpy_dtype: Any) -> Array:
        # On the CPU the array is taken as it is; it is nobody else's.
        return wp.array(np.ascontiguousarray(values, numpy_dtype), dtype=dtype, device=device, copy=False)

    scene = SceneArrays(
        count=count,
        vertices=wp.empty(len(vertices), dtype=wp.vec3d, device=device),
        faces=upload(faces, wp.vec3i, np.int32),
        triangle_body=upload(triangle_body, wp.int32, np.int32),
        triangle_surface=upload(triangle_surface, wp.int32, np.int32),
        triangles=wp.empty(count, dtype=Triangle, device=device),
        surfaces=surfaces,
        texels=texels,
        presence=Presence(),
        partial=upload(np.flatnonzero(partial), wp.int32, np.int32),
        layers=upload(np.flatnonzero(layers), wp.int32, np.int32),
        body_triangles=np.searchsorted(triangle_body, np.arange(len(bodies.boxes_m) + 1)),
        bounds_m=np.zeros_like(bodies.boxes_m),
        surface_body=surface_body,
        bodies=bodies,
        local_vertices=upload(vertices, wp.vec3, np.float32),
        local_triangles=records(rows, Triangle, device),
        vertex_body=upload(np.repeat(surface_body, vertex_counts), wp.int32, np.int32),
    )
    scene.presence.kinds = upload(partial if partial.any() else partial[:0], wp.uint8, np.uint8)
    scene.presence.triangles, scene.presence.surfaces, scene.presence.texels = scene.triangles, scene.surfaces, scene.texels
    return scene
