"""Which other files a mesh file needs: materials, textures, buffers, the meshes of a URDF."""

import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from diorama.sim.errors import AssetError

MESH_SUFFIXES = (".obj", ".stl", ".ply", ".glb", ".gltf", ".dae")
SUFFIXES = (*MESH_SUFFIXES, ".urdf")

#: The statements of an MTL file that name a picture.
_MAPS = ("map_Kd", "map_Ke", "map_d", "map_Pr", "map_Pm", "norm", "map_Bump", "map_bump", "bump")
_MAP_ARGUMENTS = {"-o": 3, "-s": 3, "-t": 3, "-mm": 2} | dict.fromkeys(
    ("-bm", "-blendu", "-blendv", "-clamp", "-cc", "-boost", "-texres", "-imfchan"), 1
)


def references(path: Path) -> list[Path]:
    """The files that this one names, and those that they name, whether they exist or not; sorted, without `path` itself."""
    found: set[Path] = set()
    todo = [path]
    while todo:
        for other in _READERS.get(todo[-1].suffix.lower(), _nothing)(todo.pop()):
            if other not in found and other != path:
                found.add(other)
                todo.append(other)
    return sorted(found)


def statement_file(line: str) -> str:
    """The file that a line of an OBJ or MTL file names: what follows the keyword and its options, spaces included."""
    words = line.split()[1:]
    while words and words[0] in _MAP_ARGUMENTS:
        words = words[1 + _MAP_ARGUMENTS[words[0]] :]
    return " ".join(words).replace("\\", "/")


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


def xml_root(path: Path) -> ElementTree.Element:
    """The root of an XML file without namespaces. Raises AssetError."""
    try:
        root = ElementTree.fromstring(_bytes(path))
    except ElementTree.ParseError as error:
        raise AssetError(f"{path}: is not an XML file ({error})") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def resolve_uri(uri: str, folder: Path) -> Path:
    """The file of a URI in a URDF or DAE file. ``package://name/rest`` is looked for in the folders above, as ROS lays packages out."""
    if uri.startswith("package://"):
        package, _, rest = uri.removeprefix("package://").partition("/")
        for parent in (folder, *folder.parents):
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


def _lines(path: Path, keywords: tuple[str, ...]) -> list[str]:
    text = _bytes(path).decode("utf-8", "replace")
    return [line for line in text.splitlines() if line.split(None, 1)[:1] and line.split(None, 1)[0] in keywords]


def _of_obj(path: Path) -> list[Path]:
    return [path.parent / statement_file(line) for line in _lines(path, ("mtllib",))]


def _of_mtl(path: Path) -> list[Path]:
    return [path.parent / statement_file(line) for line in _lines(path, _MAPS)] if path.is_file() else []


def _of_gltf(path: Path) -> list[Path]:
    document, _ = gltf_document(path)
    entries = [e for key in ("buffers", "images") for e in document.get(key, []) if isinstance(e, dict)]
    uris = [e["uri"] for e in entries if isinstance(e.get("uri"), str)]
    return [path.parent / unquote(uri) for uri in uris if not uri.startswith("data:")]


def _of_dae(path: Path) -> list[Path]:
    names = [e.text.strip() for image in xml_root(path).iter("image") for e in image.iter("init_from") if e.text and e.text.strip()]
    return [resolve_uri(name, path.parent) for name in names]


def _of_ply(path: Path) -> list[Path]:
    header = _bytes(path).partition(b"end_header")[0].decode("utf-8", "replace")
    return [path.parent / line.split(None, 2)[2].strip() for line in header.splitlines() if line.startswith("comment TextureFile ")]


def _of_urdf(path: Path) -> list[Path]:
    root = xml_root(path)
    names = [e.get("filename") for tag in ("mesh", "texture") for e in root.iter(tag)]
    return [resolve_uri(name, path.parent) for name in names if name]


def _nothing(_path: Path) -> list[Path]:
    return []


_READERS = {".obj": _of_obj, ".mtl": _of_mtl, ".gltf": _of_gltf, ".glb": _of_gltf, ".dae": _of_dae, ".ply": _of_ply, ".urdf": _of_urdf}
