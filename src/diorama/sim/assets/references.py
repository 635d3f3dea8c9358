"""Which other files a mesh file needs: materials, textures, buffers, the meshes of a URDF or MJCF.

Files are untrusted: what they name must lie in the folder they came in, and XML has no entities.
"""

import io
import json
import os
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from diorama.sim.errors import AssetError

MESH_SUFFIXES = (".obj", ".stl", ".ply", ".glb", ".gltf", ".dae")
SUFFIXES = (*MESH_SUFFIXES, ".urdf", ".xml")

#: The statements of an MTL file that name a picture.
_MAPS = ("map_Kd", "map_Ke", "map_d", "map_Pr", "map_Pm", "norm", "map_Bump", "map_bump", "bump")
_MAP_ARGUMENTS = {"-o": 3, "-s": 3, "-t": 3, "-mm": 2} | dict.fromkeys(
    ("-bm", "-blendu", "-blendv", "-clamp", "-cc", "-boost", "-texres", "-imfchan"), 1
)


def references(path: Path, root: Path | None = None) -> list[Path]:
    """The files that this one names, and those that they name, whether they exist or not; sorted, without `path` itself.

    With a `root`, AssetError is raised for a file that is named and lies outside of that folder, before it is opened.
    """
    found: set[Path] = set()
    todo = [path]
    while todo:
        file = todo.pop()
        for other in _READERS[file.suffix.lower()](file) if file.suffix.lower() in _READERS and file.is_file() else ():
            if root is not None and not is_inside(other, root):
                raise AssetError(f"{file}: names {other}, which is outside of {root}. Give the folder that holds both.")
            if other not in found and other != path:
                found.add(other)
                if other.suffix.lower() != ".xml":  # what is included is a part of the first file, which has named all that is in it
                    todo.append(other)
    return sorted(found)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder by its name alone; links that lie in the folder count as what is in it."""
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links


def statement_file(line: str) -> str:
    """The file that a line of an OBJ or MTL file names: what follows the keyword and its options, spaces included."""
    words = line.split()[1:]
    while words and words[0] in _MAP_ARGUMENTS:
        words = words[1 + _MAP_ARGUMENTS[words[0]] :]
    return " ".join(words).replace("\\", "/")


def picture_file(line: str, folder: Path) -> Path:
    """The picture that a line of an MTL file in a folder names: beside it or, as in models for Gazebo, in ``../materials/textures``."""
    name = statement_file(line)
    apart = folder.parent / "materials" / "textures" / name
    return apart if folder.name == "meshes" and not (folder / name).is_file() and apart.is_file() else folder / name


def gltf_document(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON of a .gltf or .glb file, and the chunks that follow it in the latter. Raises AssetError."""
    data = _bytes(path)
    rest = b""
    try:
        if path.suffix.lower() == ".glb":
            magic, _, _, length, kind = struct.unpack_from("<4sIII4s", data)
            if magic != b"glTF" or kind != b"JSON":
                raise ValueError("no glTF header")
            data, rest = data[20 : 20 + length], data[20 + length :]
        document = json.loads(data)
        if not isinstance(document, dict):
            raise ValueError("no JSON object")
    except (ValueError, struct.error, RecursionError) as error:
        raise AssetError(f"{path}: is not a glTF file ({error})") from None
    return document, rest


def xml_root(path: Path) -> Element:
    """The root of an XML file, tags without namespaces. Raises AssetError, for a file that declares entities too."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: builder.start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: builder.end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = builder.data

    def refuse(*_: object) -> None:
        raise AssetError(f"{path}: declares entities, which no mesh file needs, and is not read")

    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(_bytes(path), True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two for encodings that are none
        raise AssetError(f"{path}: is not an XML file ({error})") from None
    return builder.close()


def resolve_uri(uri: str, folder: Path) -> Path:
    """The file of a URI in a URDF or DAE file. ``package://name/rest`` is looked for in the folders above, as ROS lays packages out."""
    if uri.startswith("package://"):
        package, _, rest = uri.removeprefix("package://").partition("/")
        for parent in (folder, *folder.absolute().parents):
            for candidate in (parent / package / rest, parent / rest):
                if candidate.is_file():
                    return candidate
        return folder / package / rest
    return folder / unquote(uri.removeprefix("file://")).replace("\\", "/")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({error.strerror})") from None


def _lines(text: str, keywords: tuple[str, ...]) -> list[str]:
    return [line for line in text.splitlines() if line.split(None, 1)[:1] and line.split(None, 1)[0] in keywords]


# Each yields what a file names, before it looks into any of that: `references` may stop it there.


def _of_obj(path: Path) -> Iterator[Path]:
    for line in _lines(_bytes(path).decode("utf-8", "replace").replace("\\\n", " "), ("mtllib",)):
        yield path.parent / statement_file(line)


def _of_mtl(path: Path) -> Iterator[Path]:
    for line in _lines(_bytes(path).decode("utf-8", "replace"), _MAPS):
        yield picture_file(line, path.parent)


def _of_gltf(path: Path) -> Iterator[Path]:
    document, _ = gltf_document(path)
    for entry in (e for key in ("buffers", "images") for e in document.get(key) or [] if isinstance(e, dict)):
        uri = entry.get("uri")
        if isinstance(uri, str) and not uri.startswith("data:"):
            yield path.parent / unquote(uri)


def _of_dae(path: Path) -> Iterator[Path]:
    for element in (e for image in xml_root(path).iter("image") for e in image.iter("init_from")):
        if element.text and element.text.strip():
            yield resolve_uri(element.text.strip(), path.parent)


def _of_ply(path: Path) -> Iterator[Path]:
    with io.BytesIO(_bytes(path)) as file:
        for line in file:
            if b"end_header" in line.split():
                return
            named = re.search("texturefile(.*)", line.decode("utf-8", "replace"), re.IGNORECASE)
            if named:
                yield path.parent / named[1].strip()


def _of_urdf(path: Path) -> Iterator[Path]:
    root = xml_root(path)
    for name in (e.get("filename") for tag in ("mesh", "texture") for e in root.iter(tag)):
        if name:
            yield resolve_uri(name, path.parent)


def _of_mjcf(path: Path) -> Iterator[Path]:
    """All that an MJCF file and those it includes name; paths in any of them are relative to the first."""
    roots, seen, compiler = [xml_root(path)], {path}, {}
    if roots[0].tag != "mujoco":
        return
    for root in roots:
        for element in root.iter("include"):
            other = path.parent / element.get("file", "")
            yield other
            if other not in seen and other.is_file():
                seen.add(other)
                roots.append(xml_root(other))
        for element in root.iter("compiler"):
            compiler |= element.attrib
    for tag in MJCF_FOLDERS:
        for element in (e for root in roots for e in root.iter(tag)):
            for name in (value for key, value in element.items() if key.startswith("file")):
                yield mjcf_file(name, tag, compiler, path.parent)


#: The settings of MJCF's compiler that say where files of each kind lie.
MJCF_FOLDERS = {"mesh": "meshdir", "hfield": "meshdir", "texture": "texturedir", "skin": "meshdir"}


def mjcf_file(name: str, tag: str, compiler: dict[str, str], folder: Path) -> Path:
    """The file of an MJCF element. `compiler` are the settings that say in which folder, and whether a name's own folders count."""
    name = name.replace("\\", "/")
    if compiler.get("strippath") == "true":
        name = name.rpartition("/")[2]
    return folder / compiler.get(MJCF_FOLDERS[tag], compiler.get("assetdir", "")) / name


_READERS: dict[str, Callable[[Path], Iterator[Path]]] = {
    ".obj": _of_obj,
    ".mtl": _of_mtl,
    ".gltf": _of_gltf,
    ".glb": _of_gltf,
    ".dae": _of_dae,
    ".ply": _of_ply,
    ".urdf": _of_urdf,
    ".xml": _of_mjcf,
}
