"""MTL files: the materials of OBJ files.

Format: the Alias/Wavefront MTL specification, with the physically based statements that current exporters add (Pr, Pm, Pc, norm and so on).
"""

import math
from pathlib import Path

import cv2
import numpy as np

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.images import read_image, resized
from diorama.sim.assets.mesh import Image, Look, Slot
from diorama.sim.assets.references import picture_file
from diorama.sim.assets.textures import is_normal_map, relief
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec, Rgb

_BUMPS = ("norm", "map_Bump", "map_bump", "bump")


def read_mtl(path: Path) -> dict[str, Look]:
    """The materials of an MTL file; none when there is no such file, which is common and harmless.

    A texture stands alone: exporters write arbitrary `Kd` beside it. Shininess becomes roughness by
    sqrt(2 / (Ns + 2)), Beckmann's equivalent of a Phong exponent. `map_d` cuts out, `d` and `Tr` let shine through. A bump
    map in colour is a normal map, a grey one a height map, white as high as a fiftieth of its width. `Ni` 1, which exporters
    write for want of a better value, is no solid's, and passed over. Raises AssetError for statements and textures that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    materials: dict[str, dict[str, str]] = {}
    statements: dict[str, str] = {}
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == "newmtl":
            statements = materials.setdefault(line.strip().partition(" ")[2].strip(), {})
        elif words:
            statements[words[0]] = line
    pictures: dict[Path, Image] = {}
    return {name: _Reader(path, lines, pictures).look() for name, lines in materials.items()}


class _Reader:
    """One material: its statements, the last of each kind, by their first word. Materials of one file often share their `pictures`."""

    def __init__(self, path: Path, lines: dict[str, str], pictures: dict[Path, Image]) -> None:
        self._path, self._lines, self._pictures = path, lines, pictures

    def look(self) -> Look:
        images: dict[Slot, Image] = {}
        color = self._color("Kd", (0.8, 0.8, 0.8))
        base, opaque = self._image("map_Kd"), self._image("map_d")
        opacity = self._share("d", 1 - self._share("Tr", 0.0))
        if base is not None or opaque is not None:
            images["base_color"] = _with_alpha(base, opaque)
            color = (1.0, 1.0, 1.0) if base is not None else color
        bump = next((word for word in _BUMPS if word in self._lines), "")
        height_or_normal = self._image(bump)
        if height_or_normal is not None:
            images["normal"] = height_or_normal if is_normal_map(height_or_normal) else relief(height_or_normal[..., 1] / np.float32(255))
        glow = self._image("map_Ke")
        emissive = self._numbers("Ke", 3, (0.0, 0.0, 0.0))
        if glow is not None:
            images["emissive"] = glow
            emissive = emissive if any(emissive) else (1.0, 1.0, 1.0)
        rough, metal = self._image("map_Pr"), self._image("map_Pm")
        if rough is not None or metal is not None:
            images["metallic_roughness"] = _metallic_roughness(rough, metal)
        shine = max(self._numbers("Ns", 1, (6.0,))[0], 0.0)
        index = self._numbers("Ni", 1, (1.5,))[0]
        return Look(
            material=MaterialSpec(
                base_color=color,
                metallic=self._share("Pm", 0.0 if metal is None else 1.0),
                roughness=self._share("Pr", min(max(math.sqrt(2 / (shine + 2)), 0.05), 1.0) if rough is None else 1.0),
                normal_scale=self._option(bump, "-bm", 1.0),
                emissive=(max(emissive[0], 0.0), max(emissive[1], 0.0), max(emissive[2], 0.0)),
                opacity=opacity,
                alpha="mask" if opaque is not None else "blend" if opacity < 1 else "opaque",
                clear_coat=self._share("Pc", 0.0),
                clear_coat_roughness=self._share("Pcr", 0.03),
                ior=min(index, 3.0) if index > 1 else 1.5,
            ),
            images=images,
        )

    def _numbers(self, word: str, count: int, absent: tuple[float, ...]) -> tuple[float, ...]:
        line = self._lines.get(word)
        if line is None:
            return absent
        try:
            values = tuple(float(text) for text in line.split()[1:] if text != "-halo")[:count]
        except ValueError:
            values = ()
        if len(values) < count or not all(math.isfinite(v) for v in values):
            raise AssetError(f'{self._path}: "{line.strip()}" cannot be read')
        return values

    def _share(self, word: str, absent: float) -> float:
        return min(max(self._numbers(word, 1, (absent,))[0], 0.0), 1.0)

    def _color(self, word: str, absent: Rgb) -> Rgb:
        if word not in self._lines:
            return absent
        red, green, blue = self._numbers(word, 3, absent)
        return linear_rgb(red, green, blue)

    def _option(self, word: str, option: str, absent: float) -> float:
        words = self._lines.get(word, "").split()
        if option not in words:
            return absent
        try:
            value = float(words[words.index(option) + 1])
        except (ValueError, IndexError):
            value = math.nan
        if not math.isfinite(value):
            raise AssetError(f'{self._path}: "{self._lines[word].strip()}" cannot be read')
        return value

    def _image(self, word: str) -> Image | None:
        line = self._lines.get(word)
        if line is None:
            return None
        file = picture_file(line, self._path.parent)
        if file not in self._pictures:
            self._pictures[file] = read_image(file, self._path)
        return self._pictures[file]


def _with_alpha(base: Image | None, opaque: Image | None) -> Image:
    """A base colour, white if there is none, with the alpha of a `map_d`: its own alpha channel, or else its grey."""
    if opaque is None:
        assert base is not None
        return base[..., :3]
    alpha = opaque[..., -1]
    color = np.full((*alpha.shape, 3), 255, np.uint8) if base is None else base[..., :3]
    return np.dstack([color, _like(alpha, color)])


def _metallic_roughness(rough: Image | None, metal: Image | None) -> Image:
    given = rough if rough is not None else metal
    assert given is not None
    image = np.full((*given.shape[:2], 3), 255, np.uint8)
    if rough is not None:
        image[..., 1] = rough[..., 1]
    if metal is not None:
        image[..., 2] = _like(metal[..., 1], image)
    return image


def _like(channel: Image, image: Image) -> Image:
    """A (h, w) channel at the size of an image."""
    if channel.shape == image.shape[:2]:
        return channel
    return resized(np.dstack([channel] * 3), image.shape[1], image.shape[0], cv2.INTER_LINEAR_EXACT)[..., 0]
