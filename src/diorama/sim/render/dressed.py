"""What a body looks like in the end: its parts with their materials and pictures, adjusted, and marked by wear and dust.

Every renderer asks here, so that all show the same. What changes a look is baked into pictures, and the kernels know nothing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import encode_srgb, linear_from_srgb
from diorama.sim.assets.images import halved
from diorama.sim.assets.library import AssetLibrary, asset_bytes
from diorama.sim.assets.marks import Edges, Marks, marks, worn_edges
from diorama.sim.assets.mesh import COLOR_SLOTS, Asset, Image, MeshPart, Slot
from diorama.sim.assets.recolor import recolored, recolored_image
from diorama.sim.assets.unwrap import Unwrapped, gradients, own_layout, unwrapped
from diorama.sim.render.looks import Picture, corner_uv, look
from diorama.sim.spec import Adjustment, BodySpec, MaterialSpec, ProceduralTexture, Weathering

#: What is baked has texels about this wide, as long as they are no more than so many.
_TEXEL_M = 0.001
_MOST_PX = 1024

_LINEAR = np.array([linear_from_srgb(code / 255) for code in range(256)], np.float32)
_SHARES = np.arange(256, dtype=np.float32) / np.float32(255)
_WHITE = (1.0, 1.0, 1.0)

#: The roughness of dust; and the reflectance that scratched surfaces tend to, which is their roughness as well.
_DUSTY, _PALE = 0.97, 0.75

Numbers = NDArray[np.floating]
#: (n,) each, n the texels of an unwrapped part.
Channels = list[Numbers]
Pictures = dict[Slot, Picture]


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


def evenly_wet(material: MaterialSpec, weathering: Weathering | None) -> MaterialSpec:
    """A material as rain leaves it, for renderers that cannot ask each point how wet it is; the rasterizer's does (`raster/weather.py`)."""
    if weathering is None or weathering.wet == 0 or material.transmission > 0:
        return material
    pores = min(max((material.roughness - 0.3) * 2.0, 0.0), 1.0) * (1 - material.metallic)
    dark = 1 - 0.5 * weathering.wet * pores
    red, green, blue = material.base_color
    return replace(material, base_color=(red * dark, green * dark, blue * dark), roughness=material.roughness * (1 - 0.62 * weathering.wet))


def _dressed(body: BodySpec, number: int, asset: Asset, library: AssetLibrary) -> Dressed:
    part = asset.parts[number]
    material, pictures = look(body, part, library, number)
    if body.adjustment is not None:
        material, pictures = _adjusted(material, pictures, body.adjustment, library)
    weathering = body.weathering
    if weathering is None or weathering.wear == weathering.dust == 0 or material.is_see_through:
        return Dressed(part=part, material=material, pictures=pictures)
    weathering = replace(weathering, wet=0.0, puddles=0.0, snow=0.0)
    # Recipes are compared by what they say; arrays by which they are, and these live as long as what is made of them.
    key = ("weathered", id(part), material, weathering, *((slot, p.key, p.tile_m) for slot, p in pictures.items()))

    def make() -> tuple[Dressed, int]:
        laid = _layout(part, pictures, library)
        if not laid.is_own and "base_color" in pictures and pictures["base_color"].has_alpha:
            # Cut-outs move when they are drawn anew, and labels with them. They stay as they are.
            return Dressed(part=part, material=material, pictures=pictures), 0
        return _weathered(laid, material, pictures, _edges(asset, number, weathering, library), weathering)

    return library.derived(key, (part, pictures), make)


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
            image[..., :3] = encode_srgb(_LINEAR[source[..., :3]] * np.array(tint, np.float32))
        image = recolored_image(image, change)
        return image, image.nbytes

    tones = Adjustment(hue_turn=change.hue_turn, saturation=change.saturation, value=change.value)
    return library.derived(("adjusted", id(source), tint, tones), source, make)


# --- wear and dust ------------------------------------------------------------------------------------------


def _weathered(laid: Unwrapped, material: MaterialSpec, pictures: Pictures, edges: Edges | None, weathering: Weathering) -> tuple[Dressed, int]:
    """The part with all that it looks like on pictures of its own, and their bytes."""
    found = marks(laid, corner_uv(laid.part, 1.0).astype(np.float64), edges, weathering)
    uv = {p.tile_m: laid.before if p.tile_m is None else corner_uv(laid.part, p.tile_m).astype(np.float64) for p in pictures.values()}
    at = {tile_m: laid.spread(corners) for tile_m, corners in uv.items()}
    texels = {slot: _sampled(p, at[p.tile_m], laid, uv[p.tile_m]) for slot, p in pictures.items()}

    ones = np.ones(len(laid.texels), np.float32)
    base = texels.get("base_color", [ones] * 3)
    color = [channel * np.float32(factor) for channel, factor in zip(base, material.base_color, strict=False)]
    _, rough, metal = texels.get("metallic_roughness", [ones] * 3)
    rough, metal = rough * np.float32(material.roughness), metal * np.float32(material.metallic)
    color, rough = _worn(color, rough, metal, found, weathering)
    color = [channel + (np.float32(dust) - channel) * found.dust for channel, dust in zip(color, weathering.dust_color, strict=True)]
    rough, metal = rough + (np.float32(_DUSTY) - rough) * found.dust, metal * (1 - found.dust)

    made: dict[Slot, Image] = {
        "base_color": laid.picture([*map(encode_srgb, color), *map(_bytes, base[3:])]),
        "metallic_roughness": laid.picture([_bytes(ones), _bytes(rough), _bytes(metal)]),
    }
    if "normal" in texels:
        made["normal"] = laid.picture(_turned(texels["normal"], laid, uv[pictures["normal"].tile_m], found.dust))
    if "occlusion" in texels:
        made["occlusion"] = laid.picture([*map(_bytes, texels["occlusion"])])
    if "emissive" in texels:
        made["emissive"] = laid.picture([*map(encode_srgb, texels["emissive"])])
    off = float(np.maximum(found.dust, found.chips).mean(dtype=np.float64)) if len(ones) else 0.0
    material = replace(material, base_color=_WHITE, roughness=1.0, metallic=float(metal.any()), clear_coat=round(material.clear_coat * (1 - off), 6))
    cutoff = pictures["base_color"].alpha_cutoff if "base_color" in pictures else None
    out: Pictures = {
        slot: Picture(slot=slot, source=image, alpha_cutoff=cutoff if slot == "base_color" and image.shape[2] == 4 else None)
        for slot, image in made.items()
    }
    return Dressed(part=laid.part, material=material, pictures=out), sum(image.nbytes for image in made.values())


def _worn(color: Channels, rough: Numbers, metal: Numbers, found: Marks, weathering: Weathering) -> tuple[Channels, Numbers]:
    """What use does to a surface. Where metal is chipped it is polished; where anything else is, what lies below shows."""
    chips, scratches = found.chips * (1 - metal) * np.float32(0.9), found.scratches * (1 - metal) * np.float32(0.4)
    out: Channels = []
    for k, channel in enumerate(color):
        pale = channel + (np.float32(_PALE) - channel) * np.float32(0.45)
        below = pale if weathering.bare is None else np.float32(weathering.bare[k])
        channel = channel + (below - channel) * chips
        out.append(channel + (pale - channel) * scratches)
    rough = rough + np.float32(0.18) * found.handled
    rough = rough + (np.float32(_PALE) - rough) * np.maximum(found.chips, np.float32(0.45) * found.scratches)
    return out, np.clip(rough * (1 - np.float32(0.5) * found.chips * metal), 0.03, 1)


def _sampled(picture: Picture, at: Numbers, laid: Unwrapped, uv: NDArray[np.float64]) -> Channels:
    """What a picture shows at texture coordinates (2, n), which repeat: 3 or 4 channels, linear light in [0, 1], alpha and data as stored."""
    image = picture.pixels()
    for _ in range(_halvings(image, laid, uv)):
        image = halved(image)
    height, width = image.shape[:2]
    count = 3 if picture.alpha_cutoff is None else image.shape[2]
    decoded = [_LINEAR if picture.slot in COLOR_SLOTS and k < 3 else _SHARES for k in range(count)]
    planes = [np.ascontiguousarray(image[..., k]).ravel() for k in range(count)]
    if laid.owner.shape == (height, width) and laid.is_own:
        return [table.take(plane.take(laid.texels)) for table, plane in zip(decoded, planes, strict=True)]
    x, y = at[0] * np.float32(width) - np.float32(0.5), (1 - at[1]) * np.float32(height) - np.float32(0.5)
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    x0, y0 = left.astype(np.int64) % width, top.astype(np.int64) % height
    x1, y1 = (x0 + 1) % width, (y0 + 1) % height
    corners = (y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1)
    out: Channels = []
    for table, plane in zip(decoded, planes, strict=True):
        a, b, c, d = (table.take(plane.take(corner)) for corner in corners)
        upper, lower = a + (b - a) * fx, c + (d - c) * fx
        out.append(upper + (lower - upper) * fy)
    return out


def _halvings(image: Image, laid: Unwrapped, uv: NDArray[np.float64]) -> int:
    """How often to halve a picture so that its texels are about as large as those they are drawn on."""
    _, right, down = gradients(laid.corners, uv * np.array([image.shape[1], image.shape[0]], np.float64))
    density = float(np.median(np.abs(right[0] * down[1] - right[1] * down[0])))
    times = 0
    while density > 2.5 and min(image.shape[:2]) >> times > 1:
        density, times = density / 4, times + 1
    return times


def _turned(normals: Channels, laid: Unwrapped, uv: NDArray[np.float64], dust: Numbers) -> list[NDArray[np.uint8]]:
    """Tangent-space normals, as stored, from the old layout in the new one's axes; dust fills what they are the slopes of."""
    _, right, down = gradients(laid.corners, uv)
    face = laid.owner.ravel().take(laid.texels)
    # 1 where the old layout is not mirrored in the new one: both coordinates turn the same way. Texels count down, and coordinates up.
    side = np.sign(right[1] * down[0] - right[0] * down[1])
    # Where the old first coordinate grows, on the new picture: right, and up.
    across, above = -down[1] * side, -right[1] * side
    length = np.sqrt(across * across + above * above)
    length = np.where(length > 0, length, np.float32(1))
    across, above, side = ((v).take(face) for v in (across / length, above / length, side))
    x, y, z = (channel * np.float32(255 / 127) - np.float32(128 / 127) for channel in normals[:3])
    left = (1 - np.float32(0.8) * dust) / np.sqrt(np.maximum(x * x + y * y + z * z, np.float32(1e-6)))
    x, y = x * left, y * left
    x, y = x * across - y * above * side, x * above + y * across * side
    z = np.sqrt(np.maximum(1 - x * x - y * y, np.float32(1e-3)))
    return [_bytes(v * np.float32(127 / 255) + np.float32(128 / 255)) for v in (x, y, z)]


def _bytes(shares: Numbers) -> NDArray[np.uint8]:
    return (np.clip(shares, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
