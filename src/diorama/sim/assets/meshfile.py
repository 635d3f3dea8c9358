"""Mesh files of all kinds as surfaces: OBJ by our own reader, the rest by trimesh.

Units are metres. What a format says about itself is respected: glTF is turned from +Y up to +Z up, DAE by its `up_axis` and scaled by
its `unit`. Where a mesh has colours by vertex, their mean is its colour.
"""

import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.gltf import Gltf
from diorama.sim.assets.images import fitted, read_image
from diorama.sim.assets.mesh import Image, Look, Slot
from diorama.sim.assets.obj import read_obj
from diorama.sim.assets.references import MESH_SUFFIXES, references, xml_root
from diorama.sim.assets.surface import Surface
from diorama.sim.assets.textures import is_normal_map
from diorama.sim.errors import AssetError, MissingExtra
from diorama.sim.spec import MaterialSpec
from diorama.sim.transforms import compose

#: Turns +Y up to +Z up: (x, y, z) to (x, -z, y).
Z_UP_FROM_Y_UP = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
_Z_UP_FROM_X_UP = np.array([[0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def read_mesh(path: Path) -> list[Surface]:
    """The surfaces of a mesh file. Raises AssetError naming the file, or MissingExtra."""
    suffix = path.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        raise AssetError(f"{path}: is not a mesh file, expected one of {', '.join(MESH_SUFFIXES)}")
    if not path.is_file():
        raise AssetError(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise AssetError(f"{path}: is empty")
    surfaces = read_obj(path) if suffix == ".obj" else _read_with_trimesh(path, suffix)
    for s in surfaces:
        bad = int((~np.isfinite(s.positions)).any(axis=1).sum())
        if bad:
            raise AssetError(f"{path}: {bad} of {len(s.positions)} vertices are NaN or infinite")
        if len(s.faces) and not (0 <= int(s.faces.min()) and int(s.faces.max()) < len(s.positions)):
            raise AssetError(f"{path}: faces name vertices that are not there")
    return surfaces


def _read_with_trimesh(path: Path, suffix: str) -> list[Surface]:
    to_metres_z_up = np.eye(4)
    pictures = [other for other in references(path) if other.suffix.lower() != ".bin"]
    for other in references(path):
        if not other.is_file():
            raise AssetError(f"{path}: refers to {other}, and there is no such file")
    gltf = None
    if suffix in (".glb", ".gltf"):
        to_metres_z_up = Z_UP_FROM_Y_UP
        gltf = Gltf(path)
    elif pictures:
        for other in pictures:
            read_image(other, path)
        _need("PIL", "pillow", f"{path.name}: reading textures in {suffix[1:].upper()} files")
    if suffix == ".dae":
        _need("collada", "pycollada", f"{path.name}: reading DAE files")
        to_metres_z_up = _dae_frame(path)

    import trimesh  # takes a moment to import, and built-in assets do without
    from trimesh.resolvers import FilePathResolver

    try:
        if gltf is None:
            scene = trimesh.load_scene(path, process=False)
        else:
            resolver = FilePathResolver(str(path))
            scene = trimesh.load_scene(io.BytesIO(gltf.geometry()), file_type=suffix[1:], resolver=resolver, process=False)
        placed = [(scene.geometry[geometry], np.asarray(pose, np.float64)) for pose, geometry in map(scene.graph.get, scene.graph.nodes_geometry)]
        meshes = [(mesh, pose) for mesh, pose in placed if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
        surfaces = [_surface(mesh, gltf).moved(compose(to_metres_z_up, pose)) for mesh, pose in meshes]
    except AssetError:
        raise
    except Exception as error:  # noqa: BLE001 - trimesh's readers raise anything on files that are not what they seem
        raise AssetError(f"{path}: cannot be read as a {suffix[1:].upper()} mesh ({type(error).__name__}: {error})") from None
    if not surfaces:
        raise AssetError(f"{path}: holds no faces, it is empty or not a mesh")
    if pictures and gltf is None and not any(s.look.images for s in surfaces):
        raise AssetError(f"{path}: its textures cannot be read")
    return surfaces


def _need(module: str, package: str, feature: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingExtra(feature, package, "assets")


def _dae_frame(path: Path) -> NDArray[np.float64]:
    root = xml_root(path)
    asset = root.find("asset")
    unit = asset.find("unit") if asset is not None else None
    axis = asset.findtext("up_axis", "Y_UP").strip() if asset is not None else "Y_UP"
    frame = {"X_UP": _Z_UP_FROM_X_UP, "Z_UP": np.eye(4)}.get(axis, Z_UP_FROM_Y_UP).copy()
    try:
        frame[:3, :3] *= float(unit.get("meter", "1")) if unit is not None else 1.0
    except ValueError:
        raise AssetError(f"{path}: its unit is not a number") from None
    return frame


def _surface(mesh: Any, gltf: Gltf | None) -> Surface:
    visual = mesh.visual
    uv = getattr(visual, "uv", None)
    uv = np.asarray(uv, np.float64) if uv is not None and len(uv) == len(mesh.vertices) else None
    look = Look()
    if visual.kind == "texture" and gltf is not None:
        number = int(visual.material.name)
        look = gltf.looks[number]
        uv = gltf.layouts[number].applied(uv) if uv is not None else None
    elif visual.kind == "texture":
        look = _look(visual.material)
    elif visual.kind in ("vertex", "face"):
        colors = visual.vertex_colors if visual.kind == "vertex" else visual.face_colors
        red, green, blue = (sum(c) / (255.0 * len(colors)) for c in np.asarray(colors)[:, :3].T.tolist())
        look = Look(material=MaterialSpec(base_color=(red, green, blue) if gltf is not None else linear_rgb(red, green, blue)))
    return Surface(
        positions=np.asarray(mesh.vertices, np.float64),
        faces=np.asarray(mesh.faces, np.int64),
        # Normals that came with the file; trimesh would compute others, smooth across every edge.
        normals=np.asarray(mesh.vertex_normals, np.float64) if "vertex_normals" in mesh._cache else None,
        uv=uv,
        look=look if uv is not None else look.plain(),
    )


def _look(material: Any) -> Look:
    """The look of a DAE or PLY file's material: its diffuse colour or picture, and in a DAE its shininess and a normal map."""
    is_dae = hasattr(material, "baseColorFactor")
    image = material.baseColorTexture if is_dae else material.image
    images: dict[Slot, Image] = {}
    base = (1.0, 1.0, 1.0)
    if image is not None:
        images["base_color"] = fitted(np.asarray(image.convert("RGB")))
    else:
        diffuse = np.asarray(material.main_color)[:3].tolist()
        base = linear_rgb(diffuse[0] / 255, diffuse[1] / 255, diffuse[2] / 255)
    roughness = 0.5
    if is_dae:
        roughness = min(max(float(material.roughnessFactor), 0.05), 1.0)
        bumps = None if material.normalTexture is None else fitted(np.asarray(material.normalTexture.convert("RGB")))
        if bumps is not None and is_normal_map(bumps):
            images["normal"] = bumps
    return Look(material=MaterialSpec(base_color=base, roughness=roughness), images=images)
