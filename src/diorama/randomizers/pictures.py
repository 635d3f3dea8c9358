"""Image textures from folders: which files belong together, and a material of them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from diorama.randomizers.distributions import Distribution, LogUniform, UniformInt, require, require_share, variables_of
from diorama.randomizers.files import check_readable, files_in
from diorama.sim.assets.images import read_image
from diorama.sim.errors import AssetError, InvalidValue
from diorama.sim.spec import ImageTexture, MaterialSpec, PackedTexture

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

Kind = Literal["color", "normal", "roughness", "metallic", "occlusion", "packed", "unused"]

#: What the last word of a file's name says it holds, as the usual sources of such pictures have it. Normal maps are OpenGL's, y up: those of
#: DirectX are passed by.
_WORDS: dict[Kind, tuple[str, ...]] = {
    "color": ("color", "colour", "col", "diffuse", "diff", "albedo", "basecolor"),
    "normal": ("normal", "normalgl", "norm", "nor"),
    "roughness": ("roughness", "rough"),
    "metallic": ("metallic", "metalness", "metal"),
    "occlusion": ("ao", "ambientocclusion", "occlusion"),
    "packed": ("orm", "arm"),
    "unused": ("height", "displacement", "disp", "bump", "normaldx", "dx", "gloss", "glossiness", "specular", "opacity", "preview"),
}
_KINDS: dict[str, Kind] = {word: kind for kind, words in _WORDS.items() for word in words}
#: Words at a name's end that say nothing of what it holds: a size, a form, the way up of a normal map's y.
_ASIDE = re.compile(r"(\d+k|\d+px|\d+x\d+|jpe?g|png|gl)", re.IGNORECASE)
_WORD = re.compile(r"[_\-. ]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """The pictures of one material, by what they hold; an empty text where there is none.

    `packed` has occlusion in red, roughness in green and metallic in blue.
    """

    color: str
    normal: str = ""
    roughness: str = ""
    metallic: str = ""
    occlusion: str = ""
    packed: str = ""

    def material(self, roughness: float, tile_m: float | None) -> MaterialSpec:
        """The pictures as a material. `roughness` is for a set that says nothing of it."""
        rough_and_metal = None
        if self.roughness or self.metallic:
            rough_and_metal = PackedTexture(roughness=self.roughness, metallic=self.metallic, tile_m=tile_m)
        elif self.packed:
            rough_and_metal = ImageTexture(path=self.packed, tile_m=tile_m)
        shade = self.occlusion or self.packed
        return MaterialSpec(
            base_color=(1.0, 1.0, 1.0),
            texture=ImageTexture(path=self.color, tile_m=tile_m),
            metallic=1.0 if self.metallic or (self.packed and not self.roughness) else 0.0,
            roughness=1.0 if self.roughness or (self.packed and not self.metallic) else roughness,
            metallic_roughness_texture=rough_and_metal,
            normal_texture=ImageTexture(path=self.normal, tile_m=tile_m) if self.normal else None,
            occlusion_texture=ImageTexture(path=shade, tile_m=tile_m) if shade else None,
        )


def picture_sets(folder: str) -> tuple[PictureSet, ...]:
    """The materials of a folder and those below it, sorted by name.

    Files are of one set when their names differ by their last word alone, and that says what they hold: ``oak_color.png``,
    ``oak_normal.png``, ``oak_roughness.png``. A name without such a word is a set of one: a base colour. Raises AssetError for a
    folder that is missing or empty, a set without a base colour, and two files for one thing.
    """
    try:
        modified_ns = Path(folder).stat().st_mtime_ns
    except OSError:
        modified_ns = 0
    return _picture_sets(folder, modified_ns)


@lru_cache(maxsize=256)
def _picture_sets(folder: str, _modified_ns: int) -> tuple[PictureSet, ...]:
    """Folders can hold thousands of files, and are looked through once."""
    sets: dict[str, dict[Kind, str]] = {}
    for path in files_in([folder], SUFFIXES):
        stem, kind = _parsed(path)
        if kind == "unused":
            continue
        found = sets.setdefault(stem, {})
        if kind in found:
            raise AssetError(f"{path}: is the {kind} of the same material as {found[kind]}. Take one of the two away, or rename it.")
        found[kind] = path
    for stem in sorted(sets):
        if "color" not in sets[stem]:
            path = min(sets[stem].values())
            raise AssetError(f"{path}: belongs to a material without a base colour. Name that one {PurePosixPath(stem).name}_color.")
    if not sets:
        raise AssetError(f"{folder}: this folder holds no pictures of base colours")
    return tuple(PictureSet(**{str(kind): path for kind, path in sets[stem].items()}) for stem in sorted(sets))


def _parsed(path: str) -> tuple[str, Kind]:
    """The name of the set that a file belongs to, with its folder, and what the file holds."""
    name = PurePosixPath(path)
    words = _WORD.split(name.stem)
    while len(words) > 1 and _ASIDE.fullmatch(words[-1]):
        words.pop()
    kind = _KINDS.get(words[-1].lower()) if len(words) > 1 else None
    if kind is None:
        return (name.parent / name.stem).as_posix().lower(), "color"
    return (name.parent / "_".join(words[:-1])).as_posix().lower(), kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Image textures from folders, for a share of what gets a new material.

    `folder` draws a folder, then any of its materials (see `picture_sets`) is drawn, evenly: ``{choice: {textures/wood: 3, textures/stone: 1}}``.
    A picture spans `tile_m` metres of surface, unrolled on it; with `by_uv` it follows the mesh's own texture coordinates, where there are any.
    """

    folder: Distribution
    share: float = 1.0
    tile_m: Distribution = LogUniform(0.1, 0.6)
    by_uv: bool = False

    def __post_init__(self) -> None:
        require_share(self, "share")
        require(self, 0.001, 100, "tile_m")
        paths = self.folder.outcomes if isinstance(self.folder, Distribution) else None
        if not variables_of(self.folder) and not (paths and all(isinstance(path, str) and path for path in paths)):
            raise InvalidValue(f"folder must draw paths of folders, as {{constant: textures}} does, got {self.folder!r}")

    def material(self, rng: np.random.Generator, roughness: float, *, has_uv: bool) -> MaterialSpec:
        """A material of the folders' pictures. Raises AssetError as `picture_sets` does."""
        sets = picture_sets(self.folder.sample(rng))
        chosen = sets[UniformInt(0, len(sets) - 1).sample(rng)]
        tile_m = self.tile_m.sample(rng)
        return chosen.material(roughness, None if self.by_uv and has_uv else tile_m)

    def files(self) -> tuple[str, ...]:
        """All pictures there are to draw from. Raises AssetError as `picture_sets` does."""
        sets = [one for folder in self.folder.outcomes or () for one in picture_sets(folder)]
        return tuple(sorted({path for one in sets for path in _paths(one)}))

    def check(self) -> None:
        """Read all pictures. Raises AssetError with all that is wrong."""
        check_readable(self.files(), read_image)


def _paths(one: PictureSet) -> list[str]:
    return [path for path in (one.color, one.normal, one.roughness, one.metallic, one.occlusion, one.packed) if path]


def paths_of(material: MaterialSpec) -> tuple[str, ...]:
    """The image files that a material needs, sorted."""
    textures = (
        material.texture,
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
    )
    found = {t.path for t in textures if isinstance(t, ImageTexture)}
    found |= {path for t in textures if isinstance(t, PackedTexture) for path in (t.roughness, t.metallic) if path}
    return tuple(sorted(found))
