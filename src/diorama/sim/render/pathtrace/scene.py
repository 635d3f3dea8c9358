"""A `SceneSpec` as a scene of Mitsuba's.

Mitsuba compiles its code anew for every scene that has another number of meshes or other classes of materials, which takes longer
than a frame. So surfaces without pictures share a mesh and differ by attributes of their faces, and the meshes of each other kind
are filled up to a power of two: few structures are ever met, and each is compiled once on a machine.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import MeshPart
from diorama.sim.render.dressed import dressed, evenly_wet
from diorama.sim.render.looks import corner_uv
from diorama.sim.render.pathtrace.engine import mi
from diorama.sim.render.pathtrace.environment import Around
from diorama.sim.render.pathtrace.lights import emitters
from diorama.sim.render.pathtrace.surfaces import MIN_ROUGHNESS, Surface, bsdf, emission
from diorama.sim.render.settings import PathTracing
from diorama.sim.spec import MaterialSpec, RectLight, SceneSpec
from diorama.sim.transforms import apply

#: Turns texture coordinates to count down, as Mitsuba reads pictures.
_V_DOWN = np.array([1, -1], np.float32)
#: Where a face's attributes stand in `_Group.looks`.
_FACE_ATTRIBUTES = {"face_color": slice(0, 3), "face_metallic": slice(3, 4), "face_roughness": slice(4, 5)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TracedScene:
    """`scene` for Mitsuba; `bodies`, for each of its meshes by name, the index of each face's body in the spec.

    `unseen` are the shapes that cameras look through: lights; `one_sided` those that they look through from behind. `glows` says
    whether bodies send out light.
    """

    scene: Any
    bodies: dict[str, NDArray[np.int32]]
    unseen: list[Any]
    one_sided: list[Any]
    glows: bool


@dataclass(slots=True, eq=False)
class _Group:
    """Triangles that become one mesh."""

    surface: Surface
    positions: list[NDArray[Any]] = field(default_factory=list)
    normals: list[NDArray[Any]] = field(default_factory=list)
    uv: list[NDArray[Any]] = field(default_factory=list)
    faces: list[NDArray[Any]] = field(default_factory=list)
    looks: list[NDArray[Any]] = field(default_factory=list)
    bodies: list[NDArray[Any]] = field(default_factory=list)
    count: int = 0

    def add(self, body: int, part: MeshPart, faces: NDArray[np.int32], material: MaterialSpec, pose: NDArray[np.float64]) -> None:
        """Some faces of one part of a body, where the body is."""
        turn = pose.copy()
        turn[:3, 3] = 0.0
        self.positions.append(apply(pose, part.positions))
        self.normals.append(apply(turn, part.normals))
        self.uv.append(part.uv * _V_DOWN)
        self.faces.append(faces + self.count)
        self.count += len(part.positions)
        m = material
        self.looks.append(np.tile(np.array([*m.base_color, m.metallic, max(m.roughness, MIN_ROUGHNESS)], np.float32), (len(faces), 1)))
        self.bodies.append(np.full(len(faces), body, np.int32))


def traced_scene(spec: SceneSpec, library: AssetLibrary, around: Around, settings: PathTracing) -> TracedScene:
    """The scene with its bodies where the spec has them. Raises AssetError for files that cannot be used."""
    groups: dict[Any, _Group] = {}
    for index, body in enumerate(spec.bodies):
        pose = body.world_from_body.matrix
        for part in dressed(body, library):
            surface = Surface(evenly_wet(part.material, body.weathering), part.pictures)
            laid = _corners(part.part, surface.tile_m)
            mirrored = _mirrored(laid) if "normal" in surface.pictures else np.zeros(len(laid.faces), np.bool_)
            for side in (False, True):
                faces = laid.faces[mirrored == side]
                if surface.is_there and len(faces):
                    one = replace(surface, mirrored=side)
                    groups.setdefault(one.key, _Group(one)).add(index, laid, faces, surface.material, pose)

    kinds: dict[Any, list[_Group]] = {}
    for group in groups.values():
        kinds.setdefault((bool(group.surface.pictures), *group.surface.structure), []).append(group)
    parts: dict[str, Any] = {}
    bodies: dict[str, NDArray[np.int32]] = {}
    one_sided = []
    for k, kind in enumerate(sorted(kinds)):
        members = kinds[kind]
        members += [_nothing(members[0].surface)] * (_power_of_two(len(members)) - len(members))
        for i, group in enumerate(members):
            name = f"mesh_{k}_{i}"
            parts[name] = _mesh(name, group)
            bodies[name] = np.concatenate(group.bodies)
            if not group.surface.material.two_sided:
                one_sided.append(parts[name])
    glows = any(group.surface.glows for group in groups.values())
    integrator = {
        # Only the volumetric one lets light pass what can be seen through; it is a third slower.
        "type": "volpath" if any(group.surface.passes_light for group in groups.values()) or _has_rects(spec) else "path",
        "max_depth": settings.max_depth,
        # With what glows, lights are hidden by our own search for what a camera sees.
        "hide_emitters": not glows,
    }
    if settings.denoise:
        integrator = {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal", "light": integrator}
    # One thread: several make the objects in any order, and with the order changes the compiled code.
    scene = mi.load_dict({"type": "scene", "integrator": integrator} | parts | emitters(spec.lights, around), parallel=False)
    unseen = [shape for shape in scene.shapes() if shape.emitter() is not None and shape.id() not in bodies]
    return TracedScene(scene=scene, bodies=bodies, unseen=unseen, one_sided=one_sided, glows=glows)


def _has_rects(spec: SceneSpec) -> bool:
    return any(isinstance(light, RectLight) for light in spec.lights)


def _corners(part: MeshPart, tile_m: float | None) -> MeshPart:
    """The part with texture coordinates in tiles of that size. Each triangle has its own where it is unrolled, and so shares no corner."""
    if tile_m is None:
        return part
    return replace(
        part,
        positions=part.positions[part.faces].reshape(-1, 3),
        normals=part.normals[part.faces].reshape(-1, 3),
        uv=corner_uv(part, tile_m).reshape(-1, 2),
        faces=np.arange(3 * len(part.faces), dtype=np.int32).reshape(-1, 3),
    )


def _mirrored(part: MeshPart) -> NDArray[np.bool_]:
    """(m,): the triangles on which the texture is seen mirrored."""
    uv = part.uv[part.faces]
    along, beside = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return along[:, 0] * beside[:, 1] - along[:, 1] * beside[:, 0] < 0


def _nothing(surface: Surface) -> _Group:
    """A triangle too small and too deep down to be met."""
    group = _Group(surface)
    part = MeshPart(
        positions=np.array([[0, 0, -1e5], [1e-3, 0, -1e5], [0, 1e-3, -1e5]], np.float32),
        normals=np.array([[0, 0, 1]] * 3, np.float32),
        uv=np.zeros((3, 2), np.float32),
        faces=np.array([[0, 1, 2]], np.int32),
    )
    group.add(-1, part, part.faces, surface.material, np.eye(4))
    return group


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _mesh(name: str, group: _Group) -> Any:
    settings = mi.Properties()
    settings["bsdf"] = mi.load_dict(bsdf(group.surface), parallel=False)
    if group.surface.glows:
        settings["emitter"] = mi.load_dict(emission(group.surface), parallel=False)
    faces = np.concatenate(group.faces)
    mesh = mi.Mesh(name, group.count, len(faces), has_vertex_normals=True, has_vertex_texcoords=True, props=settings)
    mesh.set_id(name)
    looks = np.concatenate(group.looks)
    for attribute, columns in _FACE_ATTRIBUTES.items():
        mesh.add_attribute(attribute, columns.stop - columns.start, _flat(looks[:, columns]))
    arrays = mi.traverse(mesh)
    arrays["faces"] = faces.ravel().astype(np.uint32)
    arrays["vertex_positions"] = _flat(np.concatenate(group.positions))
    arrays["vertex_normals"] = _flat(np.concatenate(group.normals))
    arrays["vertex_texcoords"] = _flat(np.concatenate(group.uv))
    arrays.update()
    return mesh


def _flat(array: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, np.float32).ravel()
