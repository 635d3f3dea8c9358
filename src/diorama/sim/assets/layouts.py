"""Which of some files are objects: plain meshes, and the layouts of well-known collections.

- BOP: ``models/obj_000001.ply`` beside ``models_info.json``, in millimetres (Hodan et al., "BOP: Benchmark for 6D object pose estimation", 2018;
  https://github.com/thodan/bop_toolkit, bop_datasets_format.md). ``models_eval`` holds coarser copies, and is passed over.
- YCB: ``002_master_chef_can/google_16k/textured.obj``, and the same in other resolutions and from other scanners (Calli et al., "Benchmarking in
  manipulation research", 2015). Of each object the best is taken.
- Google Scanned Objects: ``Name/meshes/model.obj`` with its texture in ``Name/materials/textures`` (Downs et al., 2022).
- Faces: pictures of a product's sides in a folder, or of the front alone (see `faces`). Only where it is asked for.
"""

import glob
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from diorama.sim.assets.faces import face_pictures
from diorama.sim.assets.images import IMAGE_SUFFIXES
from diorama.sim.assets.references import SUFFIXES, references
from diorama.sim.assets.source import AssetSource, Layout
from diorama.sim.errors import AssetError

BOP_INFO = "models_info.json"

_BOP = re.compile(r"obj_\d{6}\.ply")
_YCB = re.compile(r"\d{3}(-[a-z])?_(?P<name>\w+)")
#: From the best on: textures of Google's scanner at a size that renders fast, then its others, then other scanners'.
_YCB_SCANS = ("google_16k", "google_64k", "google_512k", "tsdf", "poisson")
_YCB_FOLDERS = (*_YCB_SCANS, "clouds")
_YCB_FILES = ("textured.obj", "textured_simple.obj", "textured.dae", "nontextured.ply", "nontextured.stl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object: its `name` (a path below the source, in which folders are told apart by slashes), the mesh `path` that it is read from, the
    folder that this and all it refers to must lie in, and what its layout is. `extra` are further files that say something about it.
    """

    name: str
    path: Path
    root: Path
    source: AssetSource
    layout: Layout = "plain"
    extra: tuple[Path, ...] = ()

    @property
    def own_name(self) -> str:
        """The last part of its name, without a suffix."""
        last = self.name.rpartition("/")[2]
        return last.rpartition(".")[0] or last if self.layout in ("plain", "bop") else last


def find(source: AssetSource) -> list[Found]:
    """The objects of a source, sorted by name. Only looks at names of files, and into URDF and MJCF files for the meshes that are parts of them.

    Raises AssetError for a source that is not there or holds nothing.
    """
    if source.layout == "faces":
        return _products(source)
    files, root = _files(source)
    objects: dict[str, Found] = {}
    for path in files:
        found = _recognised(path, root, source)
        if found is not None and (found.name not in objects or _rank(found) < _rank(objects[found.name])):
            objects[found.name] = found
    parts = _parts(objects.values())
    objects = {name: found for name, found in objects.items() if found.path.resolve() not in parts}
    if not objects:
        wanted = "" if source.layout in ("auto", "plain") else f" of the layout {source.layout}"
        raise AssetError(f"{source.path}: holds no mesh files{wanted} (looked for {', '.join(SUFFIXES)})")
    return [objects[name] for name in sorted(objects)]


def _products(source: AssetSource) -> list[Found]:
    """What the layout "faces" finds: in each folder the faces of a product or, without a front, cards."""
    path = Path(source.path)
    if not path.exists():
        raise AssetError(f"{path}: there is no such file or folder")
    folders = [path, *sorted(p for p in path.rglob("*") if p.is_dir() and not _is_hidden(p, path))] if path.is_dir() else []
    root = path if path.is_dir() else path.parent
    objects: dict[str, Found] = {}
    for folder in folders or [path]:
        faces = face_pictures(folder)
        files = sorted(folder.iterdir()) if folder.is_dir() and not faces else []
        each = [faces] if faces else [face_pictures(file) for file in files if file.is_file() and not file.name.startswith(".")]
        for pictures in filter(None, each):
            front = pictures["front"]
            place = folder if faces and folder.is_dir() else front.with_suffix("")
            name = place.relative_to(root).as_posix() if place != root else root.resolve().name
            extra = tuple(file for file in pictures.values() if file != front)
            objects.setdefault(name, Found(name=name, path=front, root=root, source=source, layout="faces", extra=extra))
    if not objects:
        raise AssetError(f"{source.path}: holds no pictures of faces (looked for {', '.join(IMAGE_SUFFIXES)})")
    return [objects[name] for name in sorted(objects)]


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _files(source: AssetSource) -> tuple[list[Path], Path]:
    """The mesh files of a source, sorted, and the folder that they lie in."""
    path = Path(source.path)
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise AssetError(f"{path}: is not a mesh file, expected one of {', '.join(SUFFIXES)}")
        return [path], path.parent
    if path.is_dir():
        return _below(path), path
    if not glob.has_magic(source.path):
        raise AssetError(f"{path}: there is no such file or folder")
    first = next(i for i, part in enumerate(path.parts) if glob.has_magic(part))
    root, pattern = Path(*path.parts[:first]), str(Path(*path.parts[first:]))
    matches = sorted(root / match for match in glob.glob(pattern, root_dir=root, recursive=True))  # noqa: PTH207 - Path.glob knows no root_dir
    if not matches:
        raise AssetError(f"{source.path}: matches no file or folder")
    files = [file for match in matches for file in (_below(match) if match.is_dir() else [match] if _is_mesh(match) else [])]
    return list(dict.fromkeys(files)), root


def _below(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if _is_mesh(p) and not _is_hidden(p, folder))


def _is_mesh(path: Path) -> bool:
    """By its suffix; XML files are of many kinds, and count when they look like MJCF."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    if path.suffix.lower() != ".xml":
        return True
    try:
        with path.open("rb") as file:
            return re.search(rb"<mujoco[\s>]", file.read(4096)) is not None
    except OSError:
        return False


def _recognised(path: Path, root: Path, source: AssetSource) -> Found | None:
    """The object that a file is of; None where the source's layout passes it over."""
    for layout, recognise in _LAYOUTS.items():
        if source.layout in ("auto", layout):
            if _is_lesser(path, root, layout):
                return None
            found = recognise(path, root, source)
            if found is not None:
                return found
    return None


def _bop(path: Path, root: Path, source: AssetSource) -> Found | None:
    info = path.parent / BOP_INFO
    if not _BOP.fullmatch(path.name) or not info.is_file():
        return None
    return Found(name=path.relative_to(root).as_posix(), path=path, root=root, source=source, layout="bop", extra=(info,))


def _ycb(path: Path, root: Path, source: AssetSource) -> Found | None:
    folder = path.parent.parent if path.parent.name in _YCB_SCANS else path.parent
    if path.name not in _YCB_FILES or not _YCB.fullmatch(folder.name):
        return None
    return _in_folder(path, folder, root, source, "ycb")


def _gso(path: Path, root: Path, source: AssetSource) -> Found | None:
    folder = path.parent.parent
    if path.name != "model.obj" or path.parent.name != "meshes" or not ((folder / "materials").is_dir() or (folder / "model.config").is_file()):
        return None
    extra = tuple(file for file in (folder / "metadata.pbtxt",) if file.is_file())
    return _in_folder(path, folder, root, source, "gso", extra)


def _in_folder(path: Path, folder: Path, root: Path, source: AssetSource, layout: Layout, extra: tuple[Path, ...] = ()) -> Found:
    """An object that a folder of its own stands for, which may be the source itself or, when that is a file, around it."""
    inside = folder != root and folder.is_relative_to(root)
    name = folder.relative_to(root).as_posix() if inside else folder.resolve().name
    return Found(name=name, path=path, root=root if inside else folder, source=source, layout=layout, extra=extra)


def _plain(path: Path, root: Path, source: AssetSource) -> Found | None:
    folder = root
    if path.suffix.lower() == ".urdf":  # it may use all of its ROS package, also when the source is but a part of that
        above = (p for p in path.absolute().parents if (p / "package.xml").is_file() and root.absolute().is_relative_to(p))
        folder = next(above, root)
    return Found(name=path.relative_to(root).as_posix(), path=path, root=folder, source=source)


_LAYOUTS: dict[Layout, Callable[[Path, Path, AssetSource], Found | None]] = {"bop": _bop, "ycb": _ycb, "gso": _gso, "plain": _plain}


def _is_lesser(path: Path, root: Path, layout: Layout) -> bool:
    """Whether a file is but a copy of an object, or a part of it."""
    if layout == "bop":
        whole = path.parent.with_name(path.parent.name.removesuffix("_eval")) if path.parent.name.endswith("_eval") else None
        return whole is not None and whole.is_relative_to(root) and (whole / BOP_INFO).is_file()
    return layout == "ycb" and path.parent.name in _YCB_FOLDERS and bool(_YCB.fullmatch(path.parent.parent.name)) and path.name not in _YCB_FILES


def _rank(found: Found) -> tuple[bool, int, int]:
    """Of several files of one object, the least is taken."""
    scan, file = found.path.parent.name, found.path.name
    if found.layout != "ycb":
        return (False, 0, 0)
    return (not file.startswith("textured"), _YCB_SCANS.index(scan) + 1 if scan in _YCB_SCANS else 0, _YCB_FILES.index(file))


def _parts(objects: Iterable[Found]) -> set[Path]:
    """The files that URDF and MJCF files are made of."""
    parts: set[Path] = set()
    for found in objects:
        if found.path.suffix.lower() in (".urdf", ".xml"):
            try:
                parts.update(other.resolve() for other in references(found.path))
            except AssetError:
                continue  # told when it is read
    return parts


def ycb_name(folder: str) -> str:
    """The name in a YCB folder's name: ``002_master_chef_can`` is a "master-chef-can"."""
    match = _YCB.fullmatch(folder)
    return kebab(match["name"] if match else folder)


def kebab(name: str) -> str:
    """In small letters, words joined by hyphens."""
    return re.sub(r"[\s_-]+", "-", name.strip()).strip("-").lower()
