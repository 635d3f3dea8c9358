"""The user's own meshes: files and folders that become assets.

An asset's name is its path relative to the source it was found in: of a file, or of the folder that stands for an object in some layouts
(see `layouts`). Categories are in `categories`. Meshes that a URDF or MJCF file of the same source uses are its parts and no assets.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from diorama.sim.assets import bop
from diorama.sim.assets.categories import Category, Table, category_of
from diorama.sim.assets.convex import convex_pieces, outward
from diorama.sim.assets.faces import pictures_of, read_faces
from diorama.sim.assets.layouts import Found, find
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.meshfile import Z_UP_FROM_Y_UP, read_mesh
from diorama.sim.assets.mjcf import read_mjcf
from diorama.sim.assets.references import references
from diorama.sim.assets.source import METRES, SIZES, AssetSource, Units
from diorama.sim.assets.surface import Surface, assemble, check_size
from diorama.sim.assets.urdf import read_urdf
from diorama.sim.errors import AssetError
from diorama.sim.transforms import Matrix, compose, invert

#: Formats that say themselves which way is up: glTF always +Y, DAE in its header.
_Y_UP, _OWN_UP = (".glb", ".gltf"), (".dae",)


class UserFiles:
    """The assets in some sources. Only looks for files; reads them when asked to. Raises AssetError for sources without any.

    `refused` are the names that a table passes over, with the reason; `notes` what else was odd.
    """

    def __init__(self, sources: Sequence[AssetSource]) -> None:
        self._found: dict[str, Found] = {}
        self._categories: dict[str, Category] = {}
        self._tables: list[Table] = []
        self.refused: dict[str, str] = {}
        for source in sources:
            table = Table(source.table) if source.table else None
            for found in find(source):
                self._add(found, table)
            self._tables += [table] if table else []
        self.notes = tuple(_note(table) for table in self._tables if table.unused())

    def _add(self, found: Found, table: Table | None) -> None:
        known = self._found.get(found.name)
        if known is not None and known.path.resolve() != found.path.resolve():
            raise AssetError(f"{found.path} and {known.path} would both be the asset user:{found.name}. Give the folder that holds both.")
        category = table.category_of(found) if table else category_of(found)
        if table and found.layout == "faces":
            found = replace(found, source=replace(found.source, **table.sizes_of(found)))
        self._found[found.name] = found
        if category is None:
            self.refused[found.name] = f"{found.path}: is not in {found.source.table}"
        else:
            self._categories[found.name] = category

    def names(self) -> tuple[str, ...]:
        """All names but those refused, sorted."""
        return tuple(sorted(self._categories))

    def __contains__(self, name: str) -> bool:
        return name in self._categories

    def category_of(self, name: str) -> Category:
        """(category, supercategory) of a name."""
        return self._categories[name]

    def source_of(self, name: str) -> AssetSource:
        """The source that a name was found in."""
        return self._found[name].source

    def units_of(self, name: str) -> Units:
        """What the numbers in a name's file are taken for."""
        return _units(self._found[name])

    def load(self, name: str) -> Asset:
        """The asset of a name. Raises AssetError naming the file, or MissingExtra."""
        found = self._found[name]
        references(found.path, found.root)  # raises for what lies elsewhere
        frame, source = _metres_from_file(found), str(found.path)
        seen, touched = (outward(_moved(surfaces, frame)) for surfaces in _read(found))
        check_size(np.concatenate([s.positions for s in (*seen, *touched)]), source)
        hulls, (volume, center) = convex_pieces(touched, source)
        asset = assemble(f"user:{name}", *self.category_of(name), seen, hulls, volume_and_center=(volume, center), source=source)
        if found.layout != "bop":
            return asset
        frame[:3, 3] -= center
        return replace(asset, symmetries=bop.symmetries(found.path, found.extra[0], frame))

    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of every file, refused ones too, and of those that it refers to, by their paths relative to the source; and of tables."""
        digests: dict[str, str] = {}
        for found in self._found.values():
            for file in (found.path, *found.extra, *_known_references(found)):
                if file.is_file():
                    _add_digest(digests, Path(os.path.relpath(file, found.root)).as_posix(), file)
        for table in self._tables:
            _add_digest(digests, table.path, Path(table.path))
        return dict(sorted(digests.items()))


def _read(found: Found) -> tuple[list[Surface], list[Surface]]:
    """What is seen and what is touched."""
    path, suffix = found.path, found.path.suffix.lower()
    if found.layout == "faces":
        surfaces = read_faces(pictures_of(path, found.extra), **{name: getattr(found.source, name) for name in SIZES})
        return surfaces, surfaces
    if suffix == ".urdf":
        return read_urdf(path)
    if suffix == ".xml":
        return read_mjcf(path)
    surfaces = read_mesh(path)
    return surfaces, surfaces


def _moved(surfaces: list[Surface], frame: Matrix) -> list[Surface]:
    return surfaces if np.array_equal(frame, np.eye(4)) else [s.moved(frame) for s in surfaces]


def _metres_from_file(found: Found) -> Matrix:
    """(4, 4) from what a reader gives, which is in metres and +Z up if the file is as its format has it."""
    suffix, up = found.path.suffix.lower(), found.source.up
    turn = np.eye(4)
    if up == "y" and suffix not in (*_Y_UP, *_OWN_UP):
        turn = Z_UP_FROM_Y_UP
    elif up == "z" and suffix in _Y_UP:
        turn = invert(Z_UP_FROM_Y_UP)
    metres = METRES[_units(found)]
    return compose(np.diag([metres, metres, metres, 1.0]), turn)


def _units(found: Found) -> Units:
    return found.source.units or ("mm" if found.layout == "bop" else "m")


def _known_references(found: Found) -> list[Path]:
    try:
        return references(found.path, found.root)
    except AssetError:  # it is refused
        return []


def _add_digest(digests: dict[str, str], name: str, file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digests.get(name, digest) != digest:  # files of two sources with one relative name
        digest = hashlib.sha256(f"{digests[name]} {digest}".encode()).hexdigest()
    digests[name] = digest


def _note(table: Table) -> str:
    names = table.unused()
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{table.path}: {len(names)} of its names match no asset: {shown}"
