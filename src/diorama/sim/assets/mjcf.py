"""MJCF files, MuJoCo's XML, as rigid things: the geoms of one free body and of what is welded to it, merged.

Format: https://mujoco.readthedocs.io/en/stable/XMLreference.html. Read are bodies, frames, geoms (mesh, box, sphere, ellipsoid, cylinder,
capsule), mesh assets, materials with a two-dimensional texture, default classes, includes and the compiler's settings for files and angles.
What is scenery (planes, height fields, geoms of the world beside a body) is left out; what moves within itself is refused.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.images import read_image
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.meshfile import read_mesh
from diorama.sim.assets.primitives import box, capsule, cylinder, sphere
from diorama.sim.assets.references import mjcf_file, xml_root
from diorama.sim.assets.surface import Surface
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec
from diorama.sim.transforms import Matrix, compose, cross, invert, matrix_from_quat, normalize, normalize_quat, quat_from_axis_angle

#: Of round geoms.
_SEGMENTS = 32
#: Bodies within bodies, and frames within them.
_DEEPEST = 64
_MOST_CLASSES = 200
_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_GREY = "0.5 0.5 0.5 1"
#: Elements that make bodies, which nothing here does.
_MAKERS = ("composite", "flexcomp", "replicate", "attach")
_SCENERY = ("plane", "hfield", "sdf")


def read_mjcf(path: Path) -> tuple[list[Surface], list[Surface]]:
    """What is seen and what is touched, in the frame of the world.

    Geoms that nothing collides with are what is seen; without any, all are. Raises AssetError naming the file: not an MJCF model, joints, several
    free bodies, nothing in it.
    """
    model = _Model(path)
    geoms = [geom for geom in model.geoms() if geom.attributes.get("type", "sphere") not in _SCENERY]
    if not geoms:
        raise AssetError(f"{path}: no body has a geom to see or to touch")
    touched = [geom for geom in geoms if geom.collides] or geoms
    shown = [geom for geom in geoms if not geom.collides] or [geom for geom in geoms if geom.group <= 2] or geoms
    surfaces = {id(geom): model.surfaces(geom, f"{number}") for number, geom in enumerate(geoms)}
    seen = [s for geom in shown for s in surfaces[id(geom)]]
    return [s for s in seen if s.look.material.opacity > 0] or seen, [s for geom in touched for s in surfaces[id(geom)]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Geom:
    """A geom with what its defaults add, and where its parent is."""

    attributes: dict[str, str]
    world_from_parent: Matrix

    @property
    def collides(self) -> bool:
        return (self.attributes.get("contype", "1").strip(), self.attributes.get("conaffinity", "1").strip()) != ("0", "0")

    @property
    def group(self) -> int:
        return int(self.attributes.get("group", "0")) if self.attributes.get("group", "0").strip().isdigit() else 0


class _Model:
    """One file with all that it includes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        root = xml_root(path)
        if root.tag != "mujoco":
            raise AssetError(f"{path}: is not an MJCF model, its root is <{root.tag}> and not <mujoco>")
        self._root = self._including(root, {path})
        made = next((e.tag for e in root.iter() if e.tag in _MAKERS), None)
        if made:
            raise AssetError(f"{path}: cannot use <{made}>; save the model as MuJoCo has compiled it")
        self._compiler: dict[str, str] = {}
        for element in root.iter("compiler"):
            self._compiler |= element.attrib
        self._defaults: dict[str, dict[str, dict[str, str]]] = {"main": {}}
        for element in root.findall("default"):
            self._add_defaults(element, "main", {})
        self._meshes = {self._name(e): e for asset in root.findall("asset") for e in asset.findall("mesh")}
        self._textures = {self._name(e): e for asset in root.findall("asset") for e in asset.findall("texture")}
        self._materials = {e.get("name", ""): e for asset in root.findall("asset") for e in asset.findall("material")}
        self._looks: dict[tuple[str, str], Look] = {}

    def _including(self, root: Element, seen: set[Path]) -> Element:
        """The document with included ones in place, each once."""
        for parent in list(root.iter()):
            for place, child in reversed(list(enumerate(parent))):
                if child.tag == "include":
                    file = self._path.parent / child.get("file", "")
                    if file in seen:
                        raise AssetError(f"{self._path}: includes {file} more than once")
                    seen.add(file)
                    parent[place : place + 1] = list(self._including(xml_root(file), seen))
        return root

    def _add_defaults(self, element: Element, name: str, inherited: dict[str, dict[str, str]]) -> None:
        if len(self._defaults) > _MOST_CLASSES:
            raise AssetError(f"{self._path}: has more than {_MOST_CLASSES} default classes")
        own = {child.tag: child.attrib for child in element if child.tag != "default"}
        known = self._defaults.get(name, {})
        merged = {tag: inherited.get(tag, {}) | known.get(tag, {}) | own.get(tag, {}) for tag in {**inherited, **known, **own}}
        self._defaults[name] = merged
        for child in element.findall("default"):
            self._add_defaults(child, child.get("class", ""), merged)

    def _attributes(self, element: Element, childclass: str = "main") -> dict[str, str]:
        """An element's attributes, on top of those of its class."""
        name = element.get("class", childclass)
        if name not in self._defaults:
            raise AssetError(f'{self._path}: there is no default class "{name}"')
        return self._defaults[name].get(element.tag, {}) | element.attrib

    def _name(self, asset: Element) -> str:
        return asset.get("name") or Path(asset.get("file", "").replace("\\", "/")).stem

    # --- bodies ---

    def geoms(self) -> list[_Geom]:
        """Those of the bodies; without any in a body, those of the world."""
        worlds = self._root.findall("worldbody")
        free = sum(self._is_free(body) for world in worlds for body in world.iter("body"))
        if free > 1:
            raise AssetError(f"{self._path}: has {free} bodies that move on their own; an asset is one rigid thing. Save each in a file of its own.")
        of_world: list[_Geom] = []
        of_bodies: list[_Geom] = []
        for world in worlds:
            for in_body, geom in self._within(world, np.eye(4), "main", 0, False):
                (of_bodies if in_body else of_world).append(geom)
        return of_bodies or of_world

    def _within(self, parent: Element, pose: Matrix, childclass: str, depth: int, in_body: bool) -> Iterator[tuple[bool, _Geom]]:
        if depth > _DEEPEST:
            raise AssetError(f"{self._path}: its bodies are more than {_DEEPEST} deep in each other")
        childclass = parent.get("childclass", childclass)
        for child in parent:
            if child.tag == "geom":
                yield in_body, _Geom(attributes=self._attributes(child, childclass), world_from_parent=pose)
            elif child.tag in ("body", "frame"):
                yield from self._within(child, compose(pose, self._pose(child.attrib)), childclass, depth + 1, in_body or child.tag == "body")
            elif child.tag == "joint" and self._attributes(child, childclass).get("type", "hinge") != "free":
                raise AssetError(
                    f'{self._path}: joint "{child.get("name", "")}" is a {self._attributes(child, childclass).get("type", "hinge")}; '
                    "only rigid things can be used"
                )

    def _is_free(self, body: Element) -> bool:
        return any(e.tag == "freejoint" or (e.tag == "joint" and e.get("type") == "free") for e in body)

    # --- geoms ---

    def surfaces(self, geom: _Geom, piece: str) -> list[Surface]:
        """The surfaces of a geom, in the frame of the world."""
        a = geom.attributes
        kind, name = a.get("type", "sphere"), a.get("mesh")
        if kind == "mesh" and name is not None:
            made, local = [replace(s, piece=f"{piece} {s.piece}") for s in self._mesh(name)], self._pose(a)
        elif kind in ("box", "sphere", "ellipsoid", "cylinder", "capsule") and name is None:
            surface, local = self._primitive(kind, a)
            made = [replace(surface, piece=piece)]
        else:
            raise AssetError(f"{self._path}: cannot use a geom of type {kind}{' that is fitted to a mesh' if name and kind != 'mesh' else ''}")
        look = self._look(a.get("material", ""), a.get("rgba", _GREY))
        placed = [s.moved(compose(geom.world_from_parent, local)) for s in made]
        return [s if s.look.images else replace(s, look=look if s.uv is not None else look.plain()) for s in placed]

    def _mesh(self, name: str) -> list[Surface]:
        if name not in self._meshes:
            raise AssetError(f'{self._path}: there is no mesh "{name}"')
        a = self._attributes(self._meshes[name])
        if "file" not in a:
            raise AssetError(f'{self._path}: the mesh "{name}" has no file; meshes written out in the model cannot be used')
        surfaces = read_mesh(mjcf_file(a["file"], "mesh", self._compiler, self._path.parent))
        reference = np.eye(4)
        reference[:3, :3] = matrix_from_quat(self._quat(a.get("refquat", "1 0 0 0")))
        reference[:3, 3] = self._numbers(a.get("refpos", "0 0 0"))
        scale = np.diag([*self._numbers(a.get("scale", "1 1 1")), 1.0])
        return [s.moved(compose(scale, invert(reference))) for s in surfaces]

    def _primitive(self, kind: str, a: dict[str, str]) -> tuple[Surface, Matrix]:
        """A shape about its own z axis, and where that is in the body."""
        ends = "fromto" in a and kind != "sphere"
        wanted = 1 if ends else {"sphere": 1, "box": 3, "ellipsoid": 3, "cylinder": 2, "capsule": 2}[kind]
        size = self._words(a.get("size", ""))[:wanted]
        if len(size) < wanted or min(size) <= 0:
            raise AssetError(f'{self._path}: the size of a {kind} has {wanted} positive numbers, got "{a.get("size", "")}"')
        pose = self._pose(a)
        if ends:
            x0, y0, z0, x1, y1, z1 = self._numbers(a["fromto"], 6)
            along = (x1 - x0, y1 - y0, z1 - z0)
            if not any(along):
                raise AssetError(f"{self._path}: a {kind} begins where it ends")
            size = (*size * (2 if kind in ("box", "ellipsoid") else 1), math.hypot(*along) / 2)
            # A geom's own pose does not count beside its ends. MuJoCo turns them so that z points from the second to the first.
            pose = np.eye(4)
            pose[:3, :3] = _turned_to((-along[0], -along[1], -along[2]))
            pose[:3, 3] = (x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2
        if kind == "box":
            positions, faces = box((2 * size[0], 2 * size[1], 2 * size[2]))
        elif kind == "cylinder":
            positions, faces = cylinder(size[0], 2 * size[1], _SEGMENTS)
        elif kind == "capsule":
            positions, faces = capsule(size[0], 2 * size[1], _SEGMENTS)
        else:
            positions, faces = sphere(1.0, _SEGMENTS)
            positions = positions * (size if kind == "ellipsoid" else size * 3)
        return Surface(positions=positions, faces=faces), pose

    def _look(self, material: str, rgba: str) -> Look:
        if (material, rgba) not in self._looks:
            self._looks[material, rgba] = self._made_look(material, rgba)
        return self._looks[material, rgba]

    def _made_look(self, name: str, rgba: str) -> Look:
        a = self._attributes(self._materials[name]) if name in self._materials else {}
        if name and not a:
            raise AssetError(f'{self._path}: there is no material "{name}"')
        # A geom's own colour counts where it has one; its default stands for the material's.
        red, green, blue, opacity = self._numbers(rgba if rgba != _GREY or not name else a.get("rgba", "1 1 1 1"), 4)
        opacity = min(max(opacity, 0.0), 1.0)
        fine = {key: self._numbers(a[key], 1)[0] for key in ("roughness", "metallic") if key in a}
        spec = MaterialSpec(
            base_color=linear_rgb(*(min(max(c, 0.0), 1.0) for c in (red, green, blue))),
            roughness=min(max(fine.get("roughness", -1.0), 0.0), 1.0) if fine.get("roughness", -1.0) >= 0 else 0.5,
            metallic=min(max(fine.get("metallic", 0.0), 0.0), 1.0),
            opacity=opacity,
            alpha="blend" if opacity < 1 else "opaque",
        )
        texture = self._textures.get(a.get("texture", ""))
        if texture is None or texture.get("type", "cube") != "2d" or not texture.get("file"):
            return Look(material=spec)
        file = mjcf_file(texture.get("file", ""), "texture", self._compiler, self._path.parent)
        return Look(material=spec, images={"base_color": read_image(file, self._path)[..., :3]})

    # --- numbers ---

    def _pose(self, a: dict[str, str]) -> Matrix:
        """The (4, 4) pose that the attributes of a body, frame or geom say."""
        pose = np.eye(4)
        pose[:3, 3] = self._numbers(a.get("pos", "0 0 0"))
        degree = 1.0 if self._compiler.get("angle", "degree") == "radian" else math.pi / 180
        if "quat" in a:
            turn = matrix_from_quat(self._quat(a["quat"]))
        elif "axisangle" in a:
            x, y, z, angle = self._numbers(a["axisangle"], 4)
            turn = matrix_from_quat(quat_from_axis_angle(self._direction((x, y, z)), angle * degree))
        elif "euler" in a:
            order = self._compiler.get("eulerseq", "xyz")
            if len(order) != 3 or set(order.lower()) - set("xyz"):
                raise AssetError(f'{self._path}: eulerseq must be three letters of x, y and z, got "{order}"')
            turns = [
                matrix_from_quat(quat_from_axis_angle(_AXES[axis.lower()], angle * degree))
                for axis, angle in zip(order, self._numbers(a["euler"]), strict=True)
            ]
            # Small letters turn about axes that turn along, capitals about fixed ones.
            turn = np.eye(3)
            for axis, one in zip(order, turns, strict=True):
                turn = compose(turn, one) if axis.islower() else compose(one, turn)
        elif "xyaxes" in a:
            first = self._direction(self._numbers(a["xyaxes"], 6)[:3])
            given = self._direction(self._numbers(a["xyaxes"], 6)[3:])
            third = self._direction(cross(first, given))
            turn = np.stack([first, cross(third, first), third], axis=1)
        elif "zaxis" in a:
            turn = _turned_to(self._direction(self._numbers(a["zaxis"])))
        else:
            return pose
        pose[:3, :3] = np.round(turn, 12)
        return pose

    def _quat(self, text: str) -> tuple[float, float, float, float]:
        values = self._numbers(text, 4)
        if not any(values):
            raise AssetError(f"{self._path}: a quaternion is zero")
        return normalize_quat(values)

    def _direction(self, values: tuple[float, ...]) -> tuple[float, float, float]:
        if not any(values):
            raise AssetError(f"{self._path}: a direction is zero")
        return normalize(values)

    def _numbers(self, text: str, count: int = 3) -> tuple[float, ...]:
        values = self._words(text)
        if len(values) != count:
            raise AssetError(f'{self._path}: expected {count} numbers, got "{text}"')
        return values

    def _words(self, text: str) -> tuple[float, ...]:
        try:
            values = tuple(float(word) for word in text.split())
        except ValueError:
            values = (math.nan,)
        if not all(math.isfinite(v) for v in values):
            raise AssetError(f'{self._path}: expected numbers, got "{text}"')
        return values


def _turned_to(axis: tuple[float, float, float]) -> Matrix:
    """The (3, 3) smallest rotation that takes z to an axis; half a turn about x where they are opposite."""
    x, y, z = normalize(axis)
    if x == y == 0:
        return np.diag([1.0, 1.0, 1.0]) if z > 0 else np.diag([1.0, -1.0, -1.0])
    return np.round(matrix_from_quat(normalize_quat((1 + z, -y, x, 0.0))), 12)
