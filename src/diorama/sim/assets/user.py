"""The user's own meshes: files and folders that become assets.

A file is an asset by its path relative to the source folder it was found in (a source that is a file: by its name). Its category is the name of
the folder it lies in below the source, or else its own name without suffix and trailing number: ``kitchen/mug/blue.obj`` found in ``kitchen``
is a "mug", ``mug_03.obj`` too. The supercategory is the next folder up, or "object". Meshes that a URDF of the same source uses are its parts
and no assets.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from diorama.sim.assets.convex import convex_pieces, outward
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.meshfile import read_mesh
from diorama.sim.assets.references import SUFFIXES, references
from diorama.sim.assets.surface import assemble, check_size
from diorama.sim.assets.urdf import read_urdf
from diorama.sim.errors import AssetError


class UserFiles:
    """The assets in some files and folders. Only looks for files; reads them when asked to. Raises AssetError for sources without any."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._files: dict[str, tuple[Path, Path]] = {}  # name to (path, folder that names are relative to)
        for source in sources:
            for path, folder in _meshes(Path(source)):
                name = path.relative_to(folder).as_posix()
                if name in self._files and self._files[name][0].resolve() != path.resolve():
                    raise AssetError(f"{path} and {self._files[name][0]} would both be the asset user:{name}. Give the folder that holds both.")
                self._files[name] = (path, folder)

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._files))

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def category_of(self, name: str) -> tuple[str, str]:
        """(category, supercategory) of a name."""
        *folders, file = name.split("/")
        if folders:
            return folders[-1], folders[-2] if len(folders) > 1 else "object"
        stem = file.rpartition(".")[0]
        return re.sub(r"[-_ .]*\d+$", "", stem) or stem, "object"

    def load(self, name: str) -> Asset:
        """The asset of a name. Raises AssetError naming the file, or MissingExtra."""
        path, _ = self._files[name]
        source = str(path)
        if path.suffix.lower() == ".urdf":
            seen, touched = (outward(surfaces) for surfaces in read_urdf(path))
        else:
            seen = touched = outward(read_mesh(path))
        check_size(np.concatenate([s.positions for s in (*seen, *touched)]), source)
        hulls, volume_and_center = convex_pieces(touched, source)
        return assemble(f"user:{name}", *self.category_of(name), seen, hulls, volume_and_center=volume_and_center, source=source)

    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of every file and of those that it refers to, by their paths relative to the source."""
        digests: dict[str, str] = {}
        for path, folder in self._files.values():
            for file in (path, *references(path)):
                if file.is_file():
                    name = Path(os.path.relpath(file, folder)).as_posix()
                    digests[name] = hashlib.sha256(file.read_bytes()).hexdigest()
        return dict(sorted(digests.items()))


def _meshes(source: Path) -> list[tuple[Path, Path]]:
    """The mesh files of a source in order, each with the folder that its name is relative to."""
    if source.is_file():
        if source.suffix.lower() not in SUFFIXES:
            raise AssetError(f"{source}: is not a mesh file, expected one of {', '.join(SUFFIXES)}")
        return [(source, source.parent)]
    if not source.is_dir():
        raise AssetError(f"{source}: there is no such file or folder")
    found = sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file() and not _is_hidden(p.relative_to(source)))
    parts = {other.resolve() for path in found if path.suffix.lower() == ".urdf" for other in references(path)}
    found = [path for path in found if path.resolve() not in parts]
    if not found:
        raise AssetError(f"{source}: holds no mesh files (looked for {', '.join(SUFFIXES)})")
    return [(path, source) for path in found]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
