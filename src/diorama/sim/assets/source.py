"""Where the user's own assets are, and what their files do not say about themselves."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

from diorama.sim.codec import fields_from_json
from diorama.sim.errors import InvalidValue

Units = Literal["m", "cm", "mm", "in"]
Layout = Literal["auto", "bop", "ycb", "gso", "faces", "plain"]

#: What says how large a product is that is made of pictures.
SIZES = ("width_m", "height_m", "depth_m")
#: Metres in each unit.
METRES: dict[Units, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSource:
    """A folder, a file or a glob such as ``models/**/*.glb``; in plans, a mapping of these fields or the path alone.

    `units` are those of the files' numbers, where they are not what the layout or the format has by itself: millimetres in BOP model
    folders, metres elsewhere. `up` is the axis that points up, where it is not what the format has: y in glTF, z elsewhere.

    `category` is "from-folder" (the folder that an object lies in), "from-name" (its own name without suffix and trailing number) or the
    category of all. Without it, BOP models are called as their files are, YCB objects by their names without numbers, Google's scanned objects as
    their metadata say, and others by their folder below the source, or else by their name. `table`, a CSV file with the columns name,
    category and, if wanted, supercategory, has the last word: it takes only those that it lists.

    `layout` "auto" recognises BOP, YCB and Google Scanned Objects by names of files and folders; another takes only files laid out so, and
    "plain" every file for an object. "faces" makes boxes of pictures: a folder with pictures of the faces of a product (front, back, left, right,
    top, bottom; the front is needed) or a picture by itself, the front of a card. One of `width_m` and `height_m` says how large they are,
    `depth_m` how thick, and columns of these names in the `table` say so product by product; what is not said follows from the pictures'
    shapes.
    """

    path: str
    units: Units | None = None
    up: Literal["y", "z"] | None = None
    category: str | None = None
    table: str | None = None
    layout: Layout = "auto"
    width_m: float | None = None
    height_m: float | None = None
    depth_m: float | None = None

    def __post_init__(self) -> None:
        for name in ("path", "category", "table"):
            if getattr(self, name) == "" or "\0" in (getattr(self, name) or ""):
                raise InvalidValue(f"AssetSource: {name} must not be empty, nor hold a zero byte")
        for name in SIZES:
            size = getattr(self, name)
            if size is not None and not (self.layout == "faces" and 0 < size < math.inf):
                raise InvalidValue(f'AssetSource: {name} is a positive size for the layout "faces", got {size} for "{self.layout}"')
        if self.layout == "faces" and (self.units or self.up):
            raise InvalidValue('AssetSource: the layout "faces" has neither units nor up; its sizes are in metres, and the front stands upright')

    @classmethod
    def all_of(cls, sources: "Iterable[str | AssetSource]") -> "tuple[AssetSource, ...]":
        """Sources, of which some may be given by their paths alone."""
        return tuple(cls(path=s) if isinstance(s, str) else s for s in sources)

    def to_json_value(self) -> str | dict[str, str | float]:
        """The path alone where nothing else is said, or a mapping of what is."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.name == "path" or getattr(self, f.name) != f.default}
        return said if len(said) > 1 else self.path

    @classmethod
    def from_json_value(cls, value: Any, path: str = "") -> Self:
        """The inverse. Raises InvalidDocument with `path` (dotted) before what was wrong."""
        if not isinstance(value, (str, dict)):
            raise InvalidValue(f"expected a path, or a mapping with the fields of AssetSource, got {value!r}")
        return fields_from_json(cls, {"path": value} if isinstance(value, str) else value, path=path)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of what `from_json_value` reads."""
        text = {"type": "string"}
        choices = {"units": Units, "up": Literal["y", "z"], "layout": Layout}
        properties: dict[str, Any] = {f.name: {"enum": list(get_args(choices[f.name]))} if f.name in choices else text for f in fields(cls)}
        properties |= {name: {"type": "number", "exclusiveMinimum": 0} for name in SIZES}
        return {"anyOf": [text, {"type": "object", "properties": properties, "required": ["path"], "additionalProperties": False}]}

    def __str__(self) -> str:
        said = [f"{f.name}: {getattr(self, f.name)}" for f in fields(self)[1:] if getattr(self, f.name) != f.default]
        return f"{self.path} ({', '.join(said)})" if said else self.path
