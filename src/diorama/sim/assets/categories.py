"""What the user's objects are called: by the source's settings, by a table, or as their layout has it."""

import csv
import re
from pathlib import Path

from diorama.sim.assets.layouts import Found, kebab, ycb_name
from diorama.sim.assets.source import SIZES
from diorama.sim.errors import AssetError

#: (category, supercategory)
Category = tuple[str, str]

_OBJECT = "object"
_LARGEST_TABLE = 1 << 24


def category_of(found: Found) -> Category:
    """By `AssetSource.category`, or without one by the layout."""
    *folders, _ = found.name.split("/")
    above = folders[-2] if len(folders) > 1 else _OBJECT
    wanted = found.source.category
    if wanted == "from-folder":
        return (folders[-1], above) if folders else (found.root.resolve().name, _OBJECT)
    if wanted == "from-name":
        return _unnumbered(found.own_name), _OBJECT
    if wanted is not None:
        return wanted, _OBJECT
    if found.layout == "bop":
        return found.own_name, _OBJECT
    if found.layout == "ycb":
        return ycb_name(found.own_name), _OBJECT
    if found.layout == "gso":
        return _scanned(found) or kebab(found.own_name), _OBJECT
    return (folders[-1], above) if folders else (_unnumbered(found.own_name), _OBJECT)


class Table:
    """A CSV file with the columns name, category and, if wanted, supercategory and the sizes of products made of pictures. Raises AssetError
    when it is no such file.

    A name is that of an asset (its path below the source), with or without its suffix and folders; of a BOP model, its number will do.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._rows: dict[str, Category] = {}
        self._sizes: dict[str, dict[str, float]] = {}
        self._used: set[str] = set()
        try:
            if Path(path).stat().st_size > _LARGEST_TABLE:
                raise AssetError(f"{path}: is larger than {_LARGEST_TABLE} bytes, which no table of categories is")
            with Path(path).open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if not {"name", "category"} <= set(reader.fieldnames or ()):
                    raise AssetError(f"{path}: its first line must name the columns name,category (and supercategory, if wanted)")
                for row in reader:
                    self._add(row, reader.line_num)
        except OSError as error:
            raise AssetError(f"{path}: cannot be read ({error.strerror})") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise AssetError(f"{path}: is not a CSV file in UTF-8 ({error})") from None

    def _add(self, row: dict[str, str | None], line: int) -> None:
        name, category, above = ((row.get(key) or "").strip() for key in ("name", "category", "supercategory"))
        if not name or not category:
            raise AssetError(f"{self.path}: line {line} lacks a name or a category")
        if name in self._rows:
            raise AssetError(f"{self.path}: line {line} names {name} again")
        self._rows[name] = category, above or _OBJECT
        try:
            self._sizes[name] = {key: float(text) for key in SIZES if (text := (row.get(key) or "").strip())}
        except ValueError:
            raise AssetError(f"{self.path}: line {line}: {', '.join(SIZES)} are numbers of metres, or empty") from None

    def category_of(self, found: Found) -> Category | None:
        """None for what it does not list."""
        name = self._name(found)
        if name is None:
            return None
        self._used.add(name)
        return self._rows[name]

    def sizes_of(self, found: Found) -> dict[str, float]:
        """Those of width_m, height_m and depth_m that it gives."""
        name = self._name(found)
        return {} if name is None else self._sizes[name]

    def _name(self, found: Found) -> str | None:
        """What it calls an asset, if it does."""
        last = found.name.rpartition("/")[2]
        names = [found.name, found.name.removesuffix(found.path.suffix), last, found.own_name]
        if found.layout == "bop":
            names.append(str(int(found.own_name.removeprefix("obj_"))))
        return next((name for name in names if name in self._rows), None)

    def unused(self) -> tuple[str, ...]:
        """Names that no asset has had so far."""
        return tuple(name for name in self._rows if name not in self._used)


def _unnumbered(name: str) -> str:
    return re.sub(r"[-_ .]*\d+$", "", name) or name


def _scanned(found: Found) -> str:
    """The category in the metadata of one of Google's scanned objects; empty without any."""
    for file in found.extra:
        named = re.search(rb'categories\s*\{\s*first:\s*"([^"\n]+)"', file.read_bytes())
        if named:
            return kebab(named[1].decode("utf-8", "replace"))
    return ""
