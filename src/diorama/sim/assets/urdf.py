"""URDF files as rigid things: the links that fixed joints hold together, merged.

Format: https://wiki.ros.org/urdf/XML. Read are links with their visuals, collisions and materials, and fixed joints.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.images import read_image
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.meshfile import read_mesh
from diorama.sim.assets.primitives import box, cylinder, sphere
from diorama.sim.assets.references import resolve_uri, xml_root
from diorama.sim.assets.surface import Surface
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec
from diorama.sim.transforms import Matrix, compose, matrix_from_quat, quat_from_axis_angle

#: Of spheres and cylinders to see; and of spheres to touch, which are a single piece.
_SEGMENTS, _TOUCHED_SEGMENTS = 32, 22


def read_urdf(path: Path) -> tuple[list[Surface], list[Surface]]:
    """What is seen and what is touched, in the frame of the root link. Where one of them is not given, the other stands for it.

    Raises AssetError naming the file: not a URDF, joints that move, nothing in it.
    """
    root = xml_root(path)
    if root.tag != "robot":
        raise AssetError(f"{path}: is not a URDF, its root is <{root.tag}> and not <robot>")
    materials = {m.get("name", ""): _look(m, path) for m in root.findall("material")}
    seen: list[Surface] = []
    touched: list[Surface] = []
    for link, pose in _placed_links(root, path):
        seen += [s for v in link.findall("visual") for s in _element(v, pose, path, materials)]
        touched += [s for c in link.findall("collision") for s in _element(c, pose, path, {})]
    if not seen and not touched:
        raise AssetError(f"{path}: no link has a <visual> or <collision> geometry")
    # The pieces of different elements are different, whatever their files call them.
    return seen or touched, [replace(s, piece=f"{k}") if not s.piece else s for k, s in enumerate(touched or seen)]


def _placed_links(root: Element, path: Path) -> Iterator[tuple[Element, Matrix]]:
    links = {link.get("name", ""): link for link in root.findall("link")}
    joints: dict[str, list[tuple[str, Matrix]]] = {}
    children: set[str] = set()
    for joint in root.findall("joint"):
        name, kind = joint.get("name", ""), joint.get("type", "")
        parent, child = (e.get("link", "") if e is not None else "" for e in (joint.find("parent"), joint.find("child")))
        if kind != "fixed":
            raise AssetError(f'{path}: joint "{name}" is {kind or "of no type"}; only rigid things can be used, whose joints are fixed')
        if parent not in links or child not in links:
            raise AssetError(f'{path}: joint "{name}" joins "{parent}" and "{child}", which are not both links')
        joints.setdefault(parent, []).append((child, _origin(joint, path)))
        children.add(child)
    roots = [name for name in links if name not in children]
    if len(roots) != 1:
        raise AssetError(f"{path}: must have one root link, has {len(roots)}")
    todo = [(roots[0], np.eye(4))]
    while todo:
        name, pose = todo.pop()
        yield links[name], pose
        todo += [(child, compose(pose, origin)) for child, origin in joints.get(name, [])]


def _element(element: Element, pose: Matrix, path: Path, materials: dict[str, Look]) -> list[Surface]:
    """The surfaces of one <visual> or <collision>."""
    geometry = element.find("geometry")
    shape = next(iter(geometry), None) if geometry is not None else None
    if shape is None:
        raise AssetError(f"{path}: a <{element.tag}> has no geometry")
    own = element.find("material")
    look = None
    if own is not None:
        given = own.find("color") is not None or own.find("texture") is not None
        look = _look(own, path) if given else materials.get(own.get("name", ""))
    if shape.tag == "mesh":
        surfaces = read_mesh(resolve_uri(shape.get("filename", ""), path.parent))
        scale = np.diag([*_numbers(shape.get("scale", "1 1 1"), path), 1.0])
    else:
        surfaces, scale = [_primitive(shape, path, _SEGMENTS if element.tag == "visual" else _TOUCHED_SEGMENTS)], np.eye(4)
    placed = [s.moved(compose(pose, _origin(element, path), scale)) for s in surfaces]
    # As viewers do: a material colours what brings no texture of its own.
    return [s if look is None or s.look.images else replace(s, look=_fitting(look, s)) for s in placed]


def _fitting(look: Look, surface: Surface) -> Look:
    return look if surface.uv is not None else look.plain()


def _primitive(shape: Element, path: Path, segments: int) -> Surface:
    def number(name: str) -> float:
        value = _numbers(shape.get(name, ""), path, 1)[0]
        if not value > 0:
            raise AssetError(f"{path}: <{shape.tag}> {name} must be positive, got {value:g}")
        return value

    if shape.tag == "box":
        x, y, z = _numbers(shape.get("size", ""), path)
        if min(x, y, z) <= 0:
            raise AssetError(f"{path}: <box> size must be positive, got {x:g} {y:g} {z:g}")
        positions, faces = box((x, y, z))
    elif shape.tag == "cylinder":
        positions, faces = cylinder(number("radius"), number("length"), _SEGMENTS)
    elif shape.tag == "sphere":
        positions, faces = sphere(number("radius"), segments)
    else:
        raise AssetError(f"{path}: cannot use the geometry <{shape.tag}>, expected mesh, box, cylinder or sphere")
    return Surface(positions=positions, faces=faces)


def _origin(element: Element, path: Path) -> Matrix:
    """The (4, 4) pose of an <origin>: rotations by roll, pitch, yaw about fixed axes."""
    origin = element.find("origin")
    pose = np.eye(4)
    if origin is not None:
        roll, pitch, yaw = _numbers(origin.get("rpy", "0 0 0"), path)
        turns = [matrix_from_quat(quat_from_axis_angle(axis, angle)) for axis, angle in (((0, 0, 1), yaw), ((0, 1, 0), pitch), ((1, 0, 0), roll))]
        pose[:3, :3] = np.round(compose(*turns), 12)
        pose[:3, 3] = _numbers(origin.get("xyz", "0 0 0"), path)
    return pose


def _look(material: Element, path: Path) -> Look:
    color, texture = material.find("color"), material.find("texture")
    if texture is not None and texture.get("filename"):
        image = read_image(resolve_uri(texture.get("filename", ""), path.parent), path)[..., :3]
        return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0)), images={"base_color": image})
    if color is None:
        return Look()
    red, green, blue, opacity = _numbers(color.get("rgba", ""), path, 4)
    opacity = min(max(opacity, 0.0), 1.0)
    return Look(material=MaterialSpec(base_color=linear_rgb(red, green, blue), opacity=opacity, alpha="blend" if opacity < 1 else "opaque"))


def _numbers(text: str, path: Path, count: int = 3) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in text.split())
    except ValueError:
        values = ()
    if len(values) != count or not all(math.isfinite(v) for v in values):
        raise AssetError(f'{path}: expected {count} numbers, got "{text}"')
    return values
