"""What a body looks like in the end: its parts with their materials and pictures, adjusted, and marked by wear and dust.

Every renderer asks here, so that all show the same. What changes a look is baked into pictures, and the kernels know nothing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from diorama.sim.assets.color import LINEAR, encode_srgb
from diorama.sim.assets.library import AssetLibrary, asset_bytes
from diorama.sim.assets.marks import Edges, worn_edges
from diorama.sim.assets.mesh import Asset, Image, MeshPart, Slot
from diorama.sim.assets.recolor import recolored, recolored_image
from diorama.sim.assets.unwrap import Unwrapped, own_layout, unwrapped
from diorama.sim.render.looks import Picture, Pictures, look
from diorama.sim.render.weathered import weathered
from diorama.sim.spec import Adjustment, BodySpec, MaterialSpec, ProceduralTexture, Weathering

#: What wear and dust are drawn on has texels about this wide, as long as they are no more than so many.
_TEXEL_M = 0.001
_MOST_PX = 1024

_WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dressed:
    """One part of a body as it is seen: `part` has the asset's triangles, in order, with texture coordinates for the `pictures`."""

    part: MeshPart
    material: MaterialSpec
    pictures: Mapping[Slot, Picture]


def dressed(body: BodySpec, library: AssetLibrary) -> tuple[Dressed, ...]:
    """All parts of a body. The same body, wherever it is, has the same objects, as long as the library keeps them.

    Raises AssetError and InvalidValue as `look` does.
    """
    asset = library.shape_asset(body.shape)
    return tuple(_dressed(body, number, asset, library) for number in range(len(asset.parts)))


def _dressed(body: BodySpec, number: int, asset: Asset, library: AssetLibrary) -> Dressed:
    part = asset.parts[number]
    material, pictures = look(body, part, library, number)
    if body.adjustment is not None:
        material, pictures = _adjusted(material, pictures, body.adjustment, library)
    weathering = body.weathering
    if weathering is None or weathering.wear == weathering.dust == 0 or material.is_see_through:
        return Dressed(part=part, material=material, pictures=pictures)
    # Recipes are compared by what they say; arrays by which they are, and these live as long as what is made of them.
    key = ("weathered", id(part), material, weathering, *((slot, p.key, p.tile_m) for slot, p in pictures.items()))

    def make() -> tuple[Dressed, int]:
        laid = _layout(part, pictures, library)
        if _is_cut_out(pictures) and not (laid.is_own and laid.owner.shape == pictures["base_color"].pixels().shape[:2]):
            return Dressed(part=part, material=material, pictures=pictures), 0
        after, drawn = weathered(laid, material, pictures, _edges(asset, number, weathering, library), weathering)
        return Dressed(part=laid.part, material=after, pictures=drawn), sum(picture.pixels().nbytes for picture in drawn.values())

    return library.derived(key, (part, pictures), make)


def _is_cut_out(pictures: Pictures) -> bool:
    """Whether labels depend on a picture: it cannot be laid out anew."""
    return "base_color" in pictures and pictures["base_color"].has_alpha


def _layout(part: MeshPart, pictures: Pictures, library: AssetLibrary) -> Unwrapped:
    """Where on pictures of its own the part lies: by its own texture coordinates, at its own pictures' size, if that will do."""
    images = [p.source for p in pictures.values() if not isinstance(p.source, ProceduralTexture)]
    size = None
    if images and all(p.tile_m is None for p in pictures.values()):
        width, height = (min(max(image.shape[axis] for image in images), _MOST_PX) for axis in (1, 0))
        size = width, height

    def make() -> tuple[Unwrapped, int]:
        own = own_layout(part, *size) if size else None
        laid = own or unwrapped(part, _TEXEL_M, _MOST_PX)
        return laid, laid.nbytes

    return library.derived(("layout", id(part), size), part, make)


def _edges(asset: Asset, number: int, weathering: Weathering, library: AssetLibrary) -> Edges | None:
    if weathering.wear == 0:
        return None
    return library.derived(("edges", id(asset)), asset, lambda: (worn_edges(asset.parts), asset_bytes(asset)))[number]


# --- adjustments --------------------------------------------------------------------------------------------


def _adjusted(material: MaterialSpec, pictures: Pictures, change: Adjustment, library: AssetLibrary) -> tuple[MaterialSpec, Pictures]:
    picture = pictures.get("base_color")
    if (change.hue_turn, change.saturation, change.value) != (0, 1, 1):
        if picture is None:
            material = replace(material, base_color=recolored(material.base_color, change))
        else:
            source = _adjusted_source(picture, material, change, library)
            pictures = {**pictures, "base_color": replace(picture, source=source)}
            material = replace(material, base_color=_WHITE)
    material = replace(
        material,
        roughness=min(material.roughness * change.roughness, 1.0),
        metallic=min(material.metallic * change.metallic, 1.0),
        normal_scale=material.normal_scale * change.normal_scale,
    )
    return material, pictures


def _adjusted_source(picture: Picture, material: MaterialSpec, change: Adjustment, library: AssetLibrary) -> Image | ProceduralTexture:
    """The picture times the base colour, in other tones."""
    tint, source = material.base_color, picture.source
    if isinstance(source, ProceduralTexture):
        low, high = ((a[0] * tint[0], a[1] * tint[1], a[2] * tint[2]) for a in (source.color_a, source.color_b))
        return replace(source, color_a=recolored(low, change), color_b=recolored(high, change))

    def make() -> tuple[Image, int]:
        image = source
        if tint != _WHITE:
            image = source.copy()
            image[..., :3] = encode_srgb(LINEAR[source[..., :3]] * np.array(tint, np.float32))
        image = recolored_image(image, change)
        return image, image.nbytes

    tones = Adjustment(hue_turn=change.hue_turn, saturation=change.saturation, value=change.value)
    return library.derived(("adjusted", id(source), tint, tones), source, make)
