"""What a surface looks like: the one place that decides between a body's materials and what its mesh brings."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets import geometry
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import COLOR_SLOTS, SLOTS, Image, Look, MeshPart, Slot
from diorama.sim.assets.textures import bake
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BodySpec, MaterialSpec, PackedTexture, ProceduralTexture, Texture

#: The field of a material that fills each slot.
_FIELDS: tuple[tuple[Slot, str], ...] = tuple((slot, "texture" if slot == "base_color" else f"{slot}_texture") for slot in SLOTS)

#: Which two body axes a triangle is unrolled onto when its normal is nearest to x, y or z.
_UNROLL = np.array([[1, 2], [0, 2], [0, 1]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A texture on a surface: an image, or the recipe of one.

    One tile spans `tile_m` metres of surface, each triangle unrolled onto the two body axes that it is most parallel to; or, where
    that is None, one unit of the mesh's own texture coordinates. A base colour's fourth channel counts unless `alpha_cutoff` is None:
    what is below the cut-off is not there (0: everything is).
    """

    slot: Slot
    source: Image | ProceduralTexture
    tile_m: float | None = None
    alpha_cutoff: float | None = None

    @property
    def key(self) -> Any:
        """The same for pictures whose `pixels` are the same and mean the same, as long as these live."""
        source = self.source if isinstance(self.source, ProceduralTexture) else id(self.source)
        return source, self.slot == "normal", self.slot in COLOR_SLOTS, self.alpha_cutoff

    @property
    def has_alpha(self) -> bool:
        """Whether there is a fourth channel that counts. Recipes have none."""
        return self.alpha_cutoff is not None and not isinstance(self.source, ProceduralTexture) and self.source.shape[2] == 4

    def pixels(self) -> Image:
        """(h, w, 3) or (h, w, 4) uint8, row 0 at the top (v = 1): sRGB for base colour and emission, else numbers as they are."""
        return bake(self.source, self.slot) if isinstance(self.source, ProceduralTexture) else self.source


def look(body: BodySpec, part: MeshPart, library: AssetLibrary, number: int = 0) -> tuple[MaterialSpec, dict[Slot, Picture]]:
    """The material of the part of a body with that number, and its textures, before what is adjusted and weathered.

    A material of the body's replaces everything that the mesh brings, and None nothing. Raises AssetError for image files that cannot be
    used, and InvalidValue for textures that are laid out differently on one surface.
    """
    sources: dict[Slot, tuple[Image | ProceduralTexture, float | None]]
    given = body.part_materials[number % len(body.part_materials)] if body.part_materials else None
    material = given or body.material
    if material is None:
        brings, tile_m = _brought(body, part, library, number)
        material = brings.material
        sources = {slot: (image, tile_m) for slot, image in brings.images.items()}
    else:
        textures: dict[Slot, Texture | None] = {slot: getattr(material, field) for slot, field in _FIELDS}
        sources = {slot: (_source(texture, library), texture.tile_m) for slot, texture in textures.items() if texture is not None}
        if len({tile_m is None for _, tile_m in sources.values()}) > 1:
            raise InvalidValue(
                f"the material of {body.name} mixes textures that span metres of surface with ones that follow the mesh. Give all a tile_m, or none."
            )
    least = cutoff(material)
    return material, {
        slot: Picture(slot=slot, source=source, tile_m=tile_m, alpha_cutoff=least if slot == "base_color" else None)
        for slot, (source, tile_m) in sources.items()
    }


def _source(texture: Texture, library: AssetLibrary) -> Image | ProceduralTexture:
    if isinstance(texture, ProceduralTexture):
        return texture
    return library.packed_image(texture.roughness, texture.metallic) if isinstance(texture, PackedTexture) else library.image(texture.path)


def _brought(body: BodySpec, part: MeshPart, library: AssetLibrary, number: int) -> tuple[Look, float | None]:
    """What the asset, or the one that the body looks like, brings for a part. Pictures of another's are unrolled, at their usual scale."""
    if body.look_of is None:
        return part.look, None
    others = library.load(body.look_of).parts
    other = others[number % len(others)]
    return other.look, metres_per_tile(other)


def metres_per_tile(part: MeshPart) -> float:
    """How much of the surface one unit of the mesh's own texture coordinates spans, on average."""
    corners, uv = part.positions[part.faces].astype(np.float64), part.uv[part.faces].astype(np.float64)
    flat = geometry.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    one, two = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    on_picture = math.fsum(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).tolist())
    return math.sqrt(math.fsum(np.sqrt(geometry.dot(flat, flat)).tolist()) / on_picture) if on_picture > 0 else 1.0


def corner_uv(part: MeshPart, tile_m: float | None) -> NDArray[np.float32]:
    """Texture coordinates (m, 3, 2), in tiles with v up, of each triangle's corners, for pictures of that `tile_m`.

    A picture in metres is laid out alike on all: each triangle is unrolled onto the two body axes it is most parallel
    to, so that the pattern has the same scale on every shape, however the mesh's own coordinates are laid out; but for parts that are
    `rolled_out` already.
    """
    if tile_m is None:
        return part.uv[part.faces]
    if part.rolled_out:
        return part.uv[part.faces] / np.float32(tile_m)
    corners = part.positions[part.faces]
    across = geometry.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    axes = _UNROLL[np.argmax(np.abs(across), axis=1)]
    return np.take_along_axis(corners, axes[:, None, :], axis=2) / np.float32(tile_m)


def cutoff(material: MaterialSpec) -> float | None:
    """What the texture's alpha is compared with: opacity multiplies it first. None where alpha does not count, 0 where it cuts nothing away."""
    if material.alpha == "opaque":
        return None
    if material.alpha == "blend":
        return 0.0
    return min(material.alpha_cutoff / max(material.opacity, 1e-6), 1.0)
