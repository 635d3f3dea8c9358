"""Wear and dust, drawn over what a surface looks like.

On a picture where each point of the surface has a place of its own, the colour, finish and relief that it had are drawn first, sampled
from its pictures as a renderer would, and then the marks of `assets.marks`.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import LINEAR, encode_srgb
from diorama.sim.assets.images import halved
from diorama.sim.assets.marks import Edges, Marks, marks
from diorama.sim.assets.mesh import COLOR_SLOTS, Image, Slot
from diorama.sim.assets.unwrap import Unwrapped, gradients
from diorama.sim.render.looks import Picture, Pictures, corner_uv
from diorama.sim.spec import MaterialSpec, Weathering

_SHARES = np.arange(256, dtype=np.float32) / np.float32(255)

#: The roughness of dust; and the reflectance that scratched surfaces tend to, which is their roughness as well.
_DUSTY, _PALE = 0.97, 0.75

Numbers = NDArray[np.floating]
#: (n,) each, n the texels of an unwrapped part.
Channels = list[Numbers]


def weathered(
    laid: Unwrapped, material: MaterialSpec, pictures: Pictures, edges: Edges | None, weathering: Weathering
) -> tuple[MaterialSpec, Pictures]:
    """The material and the pictures of a part that was laid out anew, with all that it looked like on them, and wear and dust over it.

    `edges` are its worn ones, if there is wear. A base colour's alpha stays as it is, and so must its picture's layout.
    """
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
        "base_color": laid.picture([*map(encode_srgb, color)]),
        "metallic_roughness": laid.picture([_bytes(ones), _bytes(rough), _bytes(metal)]),
    }
    if "normal" in texels:
        made["normal"] = laid.picture(_turned(texels["normal"], laid, uv[pictures["normal"].tile_m], found.dust))
    if "occlusion" in texels:
        made["occlusion"] = laid.picture([*map(_bytes, texels["occlusion"])])
    if "emissive" in texels:
        made["emissive"] = laid.picture([*map(encode_srgb, texels["emissive"])])
    if len(base) > 3:
        made["base_color"] = np.dstack([made["base_color"], pictures["base_color"].pixels()[..., 3]])
    off = float(np.maximum(found.dust, found.chips).mean(dtype=np.float64)) if len(ones) else 0.0
    after = replace(material, base_color=(1.0, 1.0, 1.0), roughness=1.0, metallic=float(metal.any()))
    cutoff = pictures["base_color"].alpha_cutoff if "base_color" in pictures else None
    drawn: Pictures = {slot: Picture(slot=slot, source=image, alpha_cutoff=cutoff if image.shape[2] == 4 else None) for slot, image in made.items()}
    return replace(after, clear_coat=round(material.clear_coat * (1 - off), 6)), drawn


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
    decoded = [LINEAR if picture.slot in COLOR_SLOTS and k < 3 else _SHARES for k in range(count)]
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
    across, above, side = (v.take(face) for v in (across / length, above / length, side))
    x, y, z = (channel * np.float32(255 / 127) - np.float32(128 / 127) for channel in normals[:3])
    left = (1 - np.float32(0.8) * dust) / np.sqrt(np.maximum(x * x + y * y + z * z, np.float32(1e-6)))
    x, y = x * left, y * left
    x, y = x * across - y * above * side, x * above + y * across * side
    z = np.sqrt(np.maximum(1 - x * x - y * y, np.float32(1e-3)))
    return [_bytes(v * np.float32(127 / 255) + np.float32(128 / 255)) for v in (x, y, z)]


def _bytes(shares: Numbers) -> NDArray[np.uint8]:
    return (np.clip(shares, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
