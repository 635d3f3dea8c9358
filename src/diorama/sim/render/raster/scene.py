"""A scene as flat arrays on a device: what the kernels read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import warp
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.dressed import dressed
from diorama.sim.render.raster.device import Array, Scratch, records, wp
from diorama.sim.render.raster.materials import LAYER, UNLIT, Look, Surface, presence, restated, surface_arrays
from diorama.sim.render.raster.meshes import Mesh, Triangle, joined
from diorama.sim.render.raster.presence import Presence
from diorama.sim.render.raster.texture import Atlas
from diorama.sim.render.raster.triangles import describe
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import Matrix, Vec3, compose

warp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})


@dataclass(frozen=True, kw_only=True, eq=False)
class Bodies:
    """What a scene's bodies are made of, before any of it is on a device.

    Of each part that is there: its mesh, its body's index in `owners`, its material and textures, and its presence in `kinds` (materials.py). Of
    each body: its box (n, 2, 3) in its own axes; `closed` (n,) bool, whether its back faces can only be seen from inside; and `casts` (n,)
    bool, whether it keeps any light off.
    """

    meshes: tuple[Mesh, ...]
    owners: tuple[int, ...]
    looks: tuple[Look, ...]
    kinds: tuple[int, ...]
    boxes_m: NDArray[np.float64]
    closed: NDArray[np.bool_]
    casts: NDArray[np.bool_]

    @cached_property
    def weathered(self) -> bool:
        """Whether anything is wet or snowed upon."""
        return any(weather is not None and max(weather.wet, weather.puddles, weather.snow) > 0 for _, _, weather in self.looks)

    @cached_property
    def mirrors(self) -> bool:
        """Whether anything is so wet that it mirrors what is around."""
        return any(weather is not None and (weather.wet > 0.1 or weather.puddles > 0) for _, _, weather in self.looks)

    @cached_property
    def one_sided(self) -> NDArray[np.bool_]:
        """(m,) which parts show no backs. Glass is a body whose far wall is seen from within."""
        return np.array([not material.two_sided and material.transmission == 0 for material, _, _ in self.looks], np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneArrays:
    """A scene of `count` triangles, in order of body, on a device.

    `vertices` vec3d and `faces` vec3i are the world-space mesh; `triangle_body` and `triangle_surface` int32, `triangles` (Triangle, in
    world axes) one a triangle; `surfaces` (Surface) and `texels` their looks. `presence` (Presence) tells where triangles are there; `partial`
    int32 are those that are not so everywhere for everybody, and `layers` those of them that pictures see as layers before what lies behind.
    The mesh in bodies' own axes is `local_vertices` (vec3) and `local_triangles`; `vertex_body` int32 says which.
    On the host: what the `bodies` are made of; `body_triangles` and `body_vertices` (n + 1,), where each one's run of them starts; `placed`
    (n, 4, 4), where it is, and `bounds_m` (n, 2, 3), its box in the world; and of each surface the index `surface_body` (m,) of its body.
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
    body_vertices: NDArray[np.int64]
    placed: Matrix
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
        """Put bodies where `world_from_bodies` (n, 4, 4) says; only those that are elsewhere have to go."""
        world_from_body = wp.array(world_from_bodies, dtype=wp.mat44d, device=scratch.device)
        for start, end in _runs(np.flatnonzero((self.placed != world_from_bodies).any(axis=(1, 2)))):
            first, last = (int(self.body_vertices[body]) for body in (start, end))
            scratch.launch(place_vertices, last - first, first, world_from_body, self.vertex_body, self.local_vertices, self.vertices)
            first, last = (int(self.body_triangles[body]) for body in (start, end))
            scratch.launch(place_triangles, last - first, first, world_from_body, self.triangle_body, self.local_triangles, self.triangles)
        self.placed[:] = world_from_bodies
        self.bounds_m[:] = world_boxes(world_from_bodies, self.bodies.boxes_m)

    def remade(self, bodies: Bodies) -> "SceneArrays | None":
        """The same arrays, of other bodies that are as many triangles of the same pictures, so that only what differs is written; else None.

        So it is with a walker's next step or a wheel's next turn. On the CPU alone, whose arrays can be written to.
        """
        before = self.bodies
        if not self.vertices.device.is_cpu or (bodies.owners, bodies.kinds) != (before.owners, before.kinds):
            return None
        other = [part for part, (mesh, was) in enumerate(zip(bodies.meshes, before.meshes, strict=True)) if mesh != was]
        if len(bodies.boxes_m) != len(before.boxes_m) or any(bodies.meshes[part].counts != before.meshes[part].counts for part in other):
            return None
        surfaces = restated(self.surfaces, bodies.looks, before.looks)
        if surfaces is None:
            return None
        first_vertices, first_faces = (np.cumsum([0, *counts]) for counts in zip(*(mesh.counts for mesh in before.meshes), strict=True))
        vertices, faces = self.local_vertices.numpy(), self.faces.numpy()
        for part in other:
            mesh = bodies.meshes[part]
            first, those = int(first_vertices[part]), slice(*first_faces[part : part + 2].tolist())
            one = self.local_vertices[first : first + mesh.counts[0]]
            vertices[first : first + mesh.counts[0]] = mesh.part.positions
            faces[those] = mesh.part.faces
            describe([mesh], part, one, mesh.part.normals, mesh.part.uv, self.faces[those], self.triangle_surface[those], self.local_triangles[those])
            faces[those] += first
            self.placed[bodies.owners[part]] = np.nan
        self.presence.surfaces = surfaces
        return replace(self, bodies=bodies, surfaces=surfaces)


def _runs(indices: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Whole numbers that rise, as runs: each from its first to before its last."""
    ends = np.flatnonzero(np.diff(indices, append=-1) != 1)
    starts = np.concatenate([[0], ends[:-1] + 1])
    return [(int(indices[start]), int(indices[end]) + 1) for start, end in zip(starts, ends, strict=True)] if len(indices) else []


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
    first: int,
    world_from_body: warp.array(dtype=warp.mat44d),
    vertex_body: warp.array(dtype=int),
    local: warp.array(dtype=warp.vec3),
    world: warp.array(dtype=warp.vec3d),
):
    """Vertices from the `first` on from bodies' axes to the world's."""
    i = first + warp.tid()
    world[i] = placed_vertex(world_from_body[vertex_body[i]], local[i])


@warp.kernel
def place_triangles(
    first: int,
    world_from_body: warp.array(dtype=warp.mat44d),
    triangle_body: warp.array(dtype=int),
    local: warp.array(dtype=Triangle),
    world: warp.array(dtype=Triangle),
):
    """Triangles from the `first` on from bodies' axes to the world's."""
    i = first + warp.tid()
    world[i] = placed_triangle(world_from_body[triangle_body[i]], local[i])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Piece:
    """What one body adds to `Bodies`."""

    meshes: list[Mesh]
    looks: list[Look]
    kinds: list[int]
    box_m: tuple[Vec3, Vec3]
    closed: bool
    casts: bool


def _joined(pieces: Sequence[_Piece]) -> Bodies:
    return Bodies(
        meshes=tuple(mesh for piece in pieces for mesh in piece.meshes),
        owners=tuple(number for number, piece in enumerate(pieces) for _ in piece.meshes),
        looks=tuple(look for piece in pieces for look in piece.looks),
        kinds=tuple(kind for piece in pieces for kind in piece.kinds),
        boxes_m=np.array([piece.box_m for piece in pieces], np.float64).reshape(-1, 2, 3),
        closed=np.array([piece.closed for piece in pieces], np.bool_),
        casts=np.array([piece.casts and any(kind & int(UNLIT) == 0 for kind in piece.kinds) for piece in pieces], np.bool_),
    )


class SceneCache:
    """Scenes of one library's assets, on one device. The latest is kept: most often the next one has the same bodies, only elsewhere."""

    def __init__(self, library: AssetLibrary, device: str) -> None:
        self._library, self._device = library, device
        self._atlas = Atlas(device)
        self._things: list[Any] = []
        self._pieces: list[_Piece] = []
        self._bodies: Bodies | None = None
        self._scene: SceneArrays | None = None

    def scene(self, bodies: Bodies) -> SceneArrays:
        """The bodies on the device, to be placed."""
        if self._scene is None or self._scene.bodies is not bodies:
            self._scene = (self._scene and self._scene.remade(bodies)) or scene_arrays(bodies, self._device, self._atlas)
        return self._scene

    def bodies(self, spec: SceneSpec) -> Bodies:
        """What the spec's bodies are made of. The same part of the same asset, unrolled alike, is the same mesh."""
        # Most often they are the same objects as the last time, which is told without looking into them.
        things = [(b.shape, b.material, b.part_materials, b.look_of, b.adjustment, b.weathering) for b in spec.bodies]
        if self._bodies is None or things != self._things:
            known, pieces = list(zip(self._things, self._pieces, strict=True)), []
            for number, (thing, body) in enumerate(zip(things, spec.bodies, strict=True)):
                is_known = number < len(known) and known[number][0] == thing
                pieces.append(known[number][1] if is_known else self._piece(body))
            self._things, self._pieces, self._bodies = things, pieces, _joined(pieces)
        return self._bodies

    def _piece(self, body: BodySpec) -> "_Piece":
        asset = self._library.shape_asset(body.shape)
        meshes, looks, kinds, closed = [], [], [], asset.closed
        for one in dressed(body, self._library):
            kind = presence(one.material, one.pictures)
            closed &= kind == 0
            if kind is None:
                continue
            tile_m = next((p.tile_m for p in one.pictures.values()), None)
            meshes.append(Mesh.of(one.part, tile_m))
            looks.append((one.material, one.pictures, body.weathering))
            kinds.append(kind)
        return _Piece(meshes=meshes, looks=looks, kinds=kinds, box_m=asset.bounds_m, closed=closed, casts=asset.casts)

    def surfaces(self, bodies: Sequence[Bodies]) -> tuple[Array, Array]:
        """`SceneArrays.surfaces` and `texels` for several, one behind the other."""
        return upload_surfaces([look for one in bodies for look in one.looks], self._atlas, self._device)

    def clear(self) -> None:
        """Give the device's memory back."""
        self._scene = None
        self._atlas.clear()


def upload_surfaces(looks: Sequence[Look], atlas: Atlas, device: str) -> tuple[Array, Array]:
    """Surfaces, and the atlas of their textures."""
    texels, surfaces = surface_arrays(looks, atlas)
    return records(surfaces, Surface, device), texels


def scene_arrays(bodies: Bodies, device: str, atlas: Atlas) -> SceneArrays:
    """All meshes and materials in one set of arrays on `device`. Nothing is placed."""
    parts, kinds = bodies.meshes, bodies.kinds
    surface_body = np.array(bodies.owners, np.int64)
    vertex_counts, sizes = np.array([part.counts for part in parts], np.int64).reshape(-1, 2).T
    triangle_body, vertex_body = np.repeat(surface_body, sizes), np.repeat(surface_body, vertex_counts)
    triangle_surface = np.repeat(np.arange(len(parts)), sizes)
    count = len(triangle_body)
    vertices, normals, uv, faces = joined(parts)
    partial = np.repeat(np.array(kinds, np.uint8), sizes)
    # What is wholly clear is no layer either.
    layered = [kind & int(LAYER) > 0 and material.opacity > 0 for kind, (material, _, _) in zip(kinds, bodies.looks, strict=True)]
    layers = np.repeat(np.array(layered, np.bool_), sizes)
    surfaces, texels = upload_surfaces(bodies.looks, atlas, device)

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
        body_vertices=np.searchsorted(vertex_body, np.arange(len(bodies.boxes_m) + 1)),
        placed=np.full((len(bodies.boxes_m), 4, 4), np.nan),
        bounds_m=np.zeros_like(bodies.boxes_m),
        surface_body=surface_body,
        bodies=bodies,
        local_vertices=upload(vertices, wp.vec3, np.float32),
        local_triangles=wp.empty(count, dtype=Triangle, device=device),
        vertex_body=upload(vertex_body, wp.int32, np.int32),
    )
    describe(parts, 0, scene.local_vertices, normals, uv, scene.faces, scene.triangle_surface, scene.local_triangles)
    scene.presence.kinds = upload(partial if partial.any() else partial[:0], wp.uint8, np.uint8)
    scene.presence.triangles, scene.presence.surfaces, scene.presence.texels = scene.triangles, scene.surfaces, scene.texels
    return scene
