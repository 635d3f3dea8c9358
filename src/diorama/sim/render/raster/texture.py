"""Textures with mip levels, all in one array, and how to look one up.

A texel is four bytes in one uint32, red lowest. Of a colour, the first three are the square roots of the linear values: nearly sRGB's
resolution where the eye needs it, and decoded by one multiplication; the fourth is alpha. Data are stored as they are. Of a normal map the
first three are a unit direction and the fourth tells how much the normals under the texel disagree.

Mip levels are means of two by two texels: colours in linear light, weighted by alpha, so that what is cut away lends no colour to the edge;
normals as vectors, which get shorter the more they disagree (Toksvig 2004).
"""

import math
import weakref
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any

import cv2
import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.assets.images import resized
from diorama.sim.assets.mesh import COLOR_SLOTS, Image
from diorama.sim.render.looks import Picture
from diorama.sim.render.raster.device import Array
from diorama.sim.spec import ProceduralTexture

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

MAX_SIZE = 1024


# --- lookups ----------------------------------------------------------------------------------------------
# `entry` is (start, width, height, levels) in the atlas. u, v are in tiles, v upwards. `footprint2` is the squared length, in texels of the
# first level, of a pixel's longer side on the texture. All filter trilinearly, but for `lookup_opacity`.


@wp.func
def lookup(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, u: float, v: float, footprint2: float) -> wp.vec3:
    """Linear colour, alpha disregarded."""
    start, width, height, blend = level_of(entry, footprint2)
    color = bilinear(texels, start, width, height, u, 1.0 - v)
    if blend > 0.0:
        color = mix(color, bilinear(texels, start + width * height, width >> 1, height >> 1, u, 1.0 - v), blend)
    return color


@wp.func
def lookup_alpha(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, u: float, v: float, footprint2: float) -> wp.vec4:
    """Linear colour of what is there, and alpha."""
    start, width, height, blend = level_of(entry, footprint2)
    color = bilinear_weighted(texels, start, width, height, u, 1.0 - v)
    if blend > 0.0:
        color = color + (bilinear_weighted(texels, start + width * height, width >> 1, height >> 1, u, 1.0 - v) - color) * blend
    share = 1.0 / wp.max(color[3], 1.0e-6)
    return wp.vec4(color[0] * share, color[1] * share, color[2] * share, wp.max(color[3] - LEAST_WEIGHT, 0.0) * (1.0 / (1.0 - LEAST_WEIGHT)))


@wp.func
def lookup_opacity(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, uv: wp.vec2, low: wp.vec2, high: wp.vec2, footprint2: float) -> float:
    """A colour's alpha, of the level that is nearest to the footprint. From `low` to `high` textures repeat; beyond, their edges do, so that
    nothing of one edge shows at the other.
    """
    exponent = int((wp.cast(wp.max(footprint2, 0.5), wp.uint32) >> wp.uint32(23)) & wp.uint32(255)) - 127
    level = wp.min((exponent + 1) >> 1, entry[3] - 1)
    width = entry[1] >> level
    height = entry[2] >> level
    start = entry[0] + (entry[1] * entry[2] - width * height) // 3 * 4
    x = wp.clamp(uv[0] * float(width) - 0.5, low[0] * float(width), high[0] * float(width) - 1.0)
    y = wp.clamp((1.0 - uv[1]) * float(height) - 0.5, (1.0 - high[1]) * float(height), (1.0 - low[1]) * float(height) - 1.0)
    left = wp.floor(x)
    top = wp.floor(y)
    fx = x - left
    a, b, c, d = corners_of(start, width, height, int(left), int(top))
    shift = wp.uint32(24)
    upper = float(texels[a] >> shift) * (1.0 - fx) + float(texels[b] >> shift) * fx
    lower = float(texels[c] >> shift) * (1.0 - fx) + float(texels[d] >> shift) * fx
    return (upper + (lower - upper) * (y - top)) * (1.0 / 255.0)


@wp.func
def lookup_data(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, u: float, v: float, footprint2: float) -> wp.vec4:
    """Four numbers in [0, 1]: for metallic-roughness, roughness is the second and metallic the third; for occlusion it is the first."""
    start, width, height, blend = level_of(entry, footprint2)
    data = bilinear_data(texels, start, width, height, u, 1.0 - v)
    if blend > 0.0:
        data = data + (bilinear_data(texels, start + width * height, width >> 1, height >> 1, u, 1.0 - v) - data) * blend
    return data


@wp.func
def lookup_normal(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, u: float, v: float, footprint2: float) -> wp.vec4:
    """Tangent-space direction (x right, y up, z out; about unit length), and how much shorter than one the mean of the normals in the
    footprint is: what `roughened` takes.
    """
    d = lookup_data(texels, entry, u, v, footprint2)
    to_signed = 255.0 / 127.0
    zero = 128.0 / 127.0
    return wp.vec4(d[0] * to_signed - zero, d[1] * to_signed - zero, d[2] * to_signed - zero, d[3] * d[3])


@wp.func
def roughened(alpha2: float, shortening: float) -> float:
    """The squared GGX width of a surface whose normals spread: their slopes' variance, which is the shortening to first order, adds to it."""
    return wp.min(alpha2 + 2.0 * shortening, 1.0)


@wp.func
def lookup_anisotropic(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, u: float, v: float, right: wp.vec2, down: wp.vec2) -> wp.vec3:
    """Linear colour over the footprint of a pixel whose sides on the texture are `right` and `down`, in tiles.

    Up to `MAX_TAPS` lookups along the longer side, each as wide as the shorter one: what recedes stays sharp across.
    """
    size = wp.vec2(float(entry[1]), float(entry[2]))
    a = wp.cw_mul(right, size)
    b = wp.cw_mul(down, size)
    long2 = wp.dot(a, a)
    short2 = wp.dot(b, b)
    along = right
    if short2 > long2:
        swap = long2
        long2 = short2
        short2 = swap
        along = down
    # A footprint of less than a texel needs no more than one. The threshold leaves what is nearly square at one lookup.
    if long2 <= 1.5625 * wp.max(short2, 1.0):
        return lookup(texels, entry, u, v, long2)
    taps = wp.clamp(int(wp.ceil(wp.sqrt(long2 / wp.max(short2, 1.0)) - 0.25)), 2, MAX_TAPS)
    share = 1.0 / float(taps)
    footprint2 = wp.max(short2, long2 * share * share)
    color = wp.vec3(0.0, 0.0, 0.0)
    for k in range(taps):
        at = (float(k) + 0.5) * share - 0.5
        color += lookup(texels, entry, u + along[0] * at, v + along[1] * at, footprint2)
    return color * share


#: Lookups along the longer side of a footprint, at most.
MAX_TAPS = wp.constant(4)
#: What is wholly transparent weighs this much, so that it has a colour where there is nothing else.
LEAST_WEIGHT = wp.constant(1.0 / 65536.0)


@wp.func
def level_of(entry: wp.vec4i, footprint2: float):
    """(start, width, height) of the level whose texels are nearest below a footprint's size, and how much of the next one to blend in."""
    level = 0.5 * log2(wp.max(footprint2, 1.0))
    last = entry[3] - 1
    low = wp.min(int(level), last)
    width = entry[1] >> low
    height = entry[2] >> low
    # Each level has a quarter of the texels of the one before: the sum of a geometric series.
    start = entry[0] + (entry[1] * entry[2] - width * height) // 3 * 4
    blend = level - float(low)
    if low >= last:
        blend = 0.0
    return start, width, height, blend


@wp.func
def unpack(texel: wp.uint32) -> wp.vec3:
    """Linear colour of a texel."""
    r = float(texel & wp.uint32(255))
    g = float((texel >> wp.uint32(8)) & wp.uint32(255))
    b = float((texel >> wp.uint32(16)) & wp.uint32(255))
    return wp.vec3(r * r, g * g, b * b) * (1.0 / 65025.0)


@wp.func
def unpack_weighted(texel: wp.uint32) -> wp.vec4:
    """Linear colour of a texel times its weight, and that weight: alpha, and a little more."""
    weight = LEAST_WEIGHT + float(texel >> wp.uint32(24)) * ((1.0 - LEAST_WEIGHT) / 255.0)
    color = unpack(texel) * weight
    return wp.vec4(color[0], color[1], color[2], weight)


@wp.func
def unpack_data(texel: wp.uint32) -> wp.vec4:
    """A texel's four bytes, 255 being 1."""
    x = float(texel & wp.uint32(255))
    y = float((texel >> wp.uint32(8)) & wp.uint32(255))
    z = float((texel >> wp.uint32(16)) & wp.uint32(255))
    return wp.vec4(x, y, z, float(texel >> wp.uint32(24))) * (1.0 / 255.0)


@wp.func
def corners_of(start: int, width: int, height: int, left: int, top: int):
    """Where the texel at (left, top), its right neighbour, and the two below are. Levels repeat without end; their sides are powers of two."""
    x0 = left & (width - 1)
    x1 = (left + 1) & (width - 1)
    row0 = start + (top & (height - 1)) * width
    row1 = start + ((top + 1) & (height - 1)) * width
    return row0 + x0, row0 + x1, row1 + x0, row1 + x1


@wp.func
def bilinear(texels: wp.array(dtype=wp.uint32), start: int, width: int, height: int, u: float, v: float) -> wp.vec3:
    """Linear colour at (u, v), v downwards, of the level that starts at `start`."""
    x = u * float(width) - 0.5
    y = v * float(height) - 0.5
    left = wp.floor(x)
    top = wp.floor(y)
    fx = x - left
    a, b, c, d = corners_of(start, width, height, int(left), int(top))
    high = mix(unpack(texels[a]), unpack(texels[b]), fx)
    low = mix(unpack(texels[c]), unpack(texels[d]), fx)
    return mix(high, low, y - top)


@wp.func
def bilinear_weighted(texels: wp.array(dtype=wp.uint32), start: int, width: int, height: int, u: float, v: float) -> wp.vec4:
    """As `bilinear`, of `unpack_weighted`."""
    x = u * float(width) - 0.5
    y = v * float(height) - 0.5
    left = wp.floor(x)
    top = wp.floor(y)
    fx = x - left
    a, b, c, d = corners_of(start, width, height, int(left), int(top))
    high = unpack_weighted(texels[a]) * (1.0 - fx) + unpack_weighted(texels[b]) * fx
    low = unpack_weighted(texels[c]) * (1.0 - fx) + unpack_weighted(texels[d]) * fx
    return high + (low - high) * (y - top)


@wp.func
def bilinear_data(texels: wp.array(dtype=wp.uint32), start: int, width: int, height: int, u: float, v: float) -> wp.vec4:
    """As `bilinear`, of `unpack_data`."""
    x = u * float(width) - 0.5
    y = v * float(height) - 0.5
    left = wp.floor(x)
    top = wp.floor(y)
    fx = x - left
    a, b, c, d = corners_of(start, width, height, int(left), int(top))
    high = unpack_data(texels[a]) * (1.0 - fx) + unpack_data(texels[b]) * fx
    low = unpack_data(texels[c]) * (1.0 - fx) + unpack_data(texels[d]) * fx
    return high + (low - high) * (y - top)


@wp.func
def mix(a: wp.vec3, b: wp.vec3, t: float) -> wp.vec3:
    """From `a` (t = 0) to `b` (t = 1)."""
    return a + (b - a) * t


@wp.func
def log2(x: float) -> float:
    """Base-two logarithm of a positive float to within 0.01: the exponent, and a parabola through the mantissa.

    Only arithmetic, so that it rounds alike everywhere.
    """
    bits = wp.cast(x, wp.uint32)
    exponent = float(int((bits >> wp.uint32(23)) & wp.uint32(255)) - 127)
    mantissa = wp.cast((bits & wp.uint32(0x7FFFFF)) | wp.uint32(0x3F800000), float)
    return exponent + (mantissa - 1.0) * (1.3465 - 0.3465 * (mantissa - 1.0))


# --- the atlas --------------------------------------------------------------------------------------------

#: All levels, flat, with the first one's height and width and their number.
Chain = tuple[NDArray[np.uint32], int, int, int]
#: Where they begin in the atlas, their width, their height, and how many there are.
Entry = tuple[int, int, int, int]
#: What stays of an atlas that is full.
_STAYS = 0.6


class Atlas:
    """Pictures on one device, all levels of all of them in one array. They stay for scenes to come, those that were asked for last at least, as long
    as their images live.

    There is room for `room_bytes`, or for what one scene needs. When it is full, the array is made anew with what is to stay, at most
    `_STAYS` of the room: who has the old one can go on reading it.
    """

    def __init__(self, device: str, room_bytes: int = 96 * 2**20) -> None:
        self._device, self._room = device, room_bytes // 4
        self.clear()

    def clear(self) -> None:
        """Give the device's memory back."""
        self._texels: Array = wp.empty(0, dtype=wp.uint32, device=self._device)
        self._used = 0
        # Images' ids may pass to others when they are gone, so that the image is compared as well; recipes stand for themselves.
        self._entries: OrderedDict[Any, tuple[weakref.ref[Image] | None, Entry]] = OrderedDict()

    def entries(self, pictures: Sequence[Picture | None]) -> tuple[Array, NDArray[np.int32]]:
        """The array (n,) uint32 with all levels of the pictures, and for each its (start, width, height, levels); zero levels for None."""
        keys = [picture and picture.key for picture in pictures]
        wanted = {key: picture for key, picture in zip(keys, pictures, strict=True) if picture is not None}
        made: dict[Any, Chain] = {}
        for key, picture in wanted.items():
            if key in self._entries and _is_of(self._entries[key][0], picture):
                self._entries.move_to_end(key)
            else:
                made[key] = mip_chain(picture)
                self._entries.pop(key, None)
        size = sum(len(chain) for chain, *_ in made.values())
        if self._used + size > len(self._texels) or not len(self._texels):
            self._make_room(size, wanted)
        for key, (chain, height, width, levels) in made.items():
            wp.copy(self._texels, wp.array(chain, dtype=wp.uint32, device="cpu", copy=False), dest_offset=self._used)
            source = wanted[key].source
            of = None if isinstance(source, ProceduralTexture) else weakref.ref(source)
            self._entries[key] = of, (self._used, width, height, levels)
            self._used += len(chain)
        out = [(0, 1, 1, 0) if key is None else self._entries[key][1] for key in keys]
        return self._texels, np.array(out, np.int32).reshape(-1, 4)

    def _make_room(self, size: int, wanted: Collection[Any]) -> None:
        """A new array with what is `wanted`, what else was asked for lately, and room for so many texels more."""
        stay: list[tuple[Any, Any, Entry, int]] = []
        for key, (of, entry) in reversed(self._entries.items()):
            texels = _texels_of(entry)
            # Recipes are new in every scene.
            lives = of is not None and of() is not None
            if key in wanted or (lives and size + texels <= self._room * _STAYS):
                stay.append((key, of, entry, texels))
                size += texels
        old, self._texels = self._texels, wp.empty(max(self._room, size), dtype=wp.uint32, device=self._device)
        self._entries.clear()
        self._used = 0
        for key, of, (start, *rest), texels in reversed(stay):
            wp.copy(self._texels, old, dest_offset=self._used, src_offset=start, count=texels)
            self._entries[key] = of, (self._used, rest[0], rest[1], rest[2])
            self._used += texels


def _is_of(of: "weakref.ref[Image] | None", picture: Picture) -> bool:
    return of is None or of() is picture.source


def _texels_of(entry: Entry) -> int:
    """How many texels all levels have together."""
    _, width, height, levels = entry
    return sum((width >> k) * (height >> k) for k in range(levels))


def mip_chain(picture: Picture) -> Chain:
    """All levels of a picture, down to one texel or one row of them."""
    image = _power_of_two(picture.pixels())
    if picture.slot == "normal":
        return _joined(_normals(image))
    if picture.slot not in COLOR_SLOTS:
        return _joined([_packed(data) for data in _halvings(_planes(image[..., :3]))])
    if image.shape[2] == 4 and picture.alpha_cutoff is not None:
        return _joined(_cut_outs(image, picture.alpha_cutoff))
    return _colors(image[..., :3])


def _colors(image: Image) -> Chain:
    """The levels of a colour without alpha, by a kernel."""
    height, width = image.shape[:2]
    levels = min(height, width).bit_length()
    texels = np.empty(sum((height >> k) * (width >> k) for k in range(levels)), np.uint32)
    first = texels[: height * width].view(np.uint8).reshape(height, width, 4)
    cv2.cvtColor(cv2.LUT(np.ascontiguousarray(image), _ROOT), cv2.COLOR_RGB2RGBA, dst=first)
    wp.launch(halve, dim=1, inputs=[wp.array(texels, dtype=wp.uint32, device="cpu", copy=False), width, height], device="cpu")
    return texels, height, width, levels


@wp.kernel
def halve(texels: wp.array(dtype=wp.uint32), width: int, height: int):
    """The levels of a colour from its first one, each behind the one before: means of two by two texels."""
    above = int(0)
    w = int(width)
    at = int(width * height)
    h = int(height)
    while wp.min(w, h) > 1:
        for y in range(h // 2):
            for x in range(w // 2):
                a = above + 2 * y * w + 2 * x
                c = unpack(texels[a]) + unpack(texels[a + 1]) + unpack(texels[a + w]) + unpack(texels[a + w + 1])
                c = c * 0.25
                r = wp.uint32(wp.sqrt(c[0]) * 255.0 + 0.5)
                g = wp.uint32(wp.sqrt(c[1]) * 255.0 + 0.5)
                b = wp.uint32(wp.sqrt(c[2]) * 255.0 + 0.5)
                texels[at] = r | (g << wp.uint32(8)) | (b << wp.uint32(16)) | (wp.uint32(255) << wp.uint32(24))
                at += 1
        above += w * h
        w = w // 2
        h = h // 2


def _cut_outs(image: Image, cutoff: float) -> list[NDArray[np.uint32]]:
    """The levels of a colour with alpha. At each, as large a share of the texels reaches the cut-off as in the image itself: means alone
    would thin leaves out, or close meshes, the farther away they are (Castano 2010).
    """
    root, alpha = _planes(_ROOT[image[..., :3]]), image[..., 3]
    weight = _LEAST + alpha.astype(np.float32) * np.float32((1 - _LEAST) / 255)
    wanted = float((alpha >= cutoff * 255).mean())
    levels = []
    for level in _halvings(np.concatenate([root * root * weight, weight[None]])):
        color = np.sqrt(level[:3] / level[3])
        alpha = (level[3] - _LEAST) * np.float32(255 / (1 - _LEAST))
        if levels and cutoff > 0 and wanted > 0:
            # Downwards, so that no byte reaches the cut-off by rounding.
            alpha = np.floor(alpha * (np.float32(math.ceil(cutoff * 255)) / _reached_by(wanted, alpha)) + np.float32(0.01))
        levels.append(_packed([*color, np.minimum(alpha, np.float32(255))]))
    return levels


def _reached_by(share: float, alpha: NDArray[np.float32]) -> np.float32:
    """The positive value that as nearly this share of all values as can be reach."""
    values, counts = np.unique(np.maximum(alpha, np.float32(1e-3)), return_counts=True)
    reaching = np.cumsum(counts[::-1])[::-1]
    return values[np.argmin(np.abs(reaching - share * alpha.size))]


def _normals(image: Image) -> list[NDArray[np.uint32]]:
    """The levels of a normal map."""
    n = _planes(image[..., :3]) * np.float32(2 / 255) - 1
    n /= np.maximum(_length(n), _TINY)
    levels = []
    for mean in _halvings(n):
        length = _length(mean)
        x, y, z = mean * (127 / np.maximum(length, _TINY)) + 128
        shortening = np.sqrt(np.maximum(1 - length, 0)) * 255
        levels.append(_packed([x, y, np.where(length > _TINY, z, np.float32(255)), shortening]))
    return levels


def _length(v: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


def _halvings(planes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """(c, h, w) planes, and all levels above them: means of two by two."""
    levels = [planes]
    while min(levels[-1].shape[1:]) > 1:
        rows = levels[-1][:, ::2] + levels[-1][:, 1::2]
        levels.append((rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25))
    return levels


def _planes(image: Image) -> NDArray[np.float32]:
    """(c, h, w) of (h, w, c)."""
    return np.moveaxis(image, 2, 0).astype(np.float32, order="C")


def _packed(planes: Sequence[NDArray[np.float32]]) -> NDArray[np.uint32]:
    """(h, w) texels of three or four planes of floats in [0, 255], rounded to bytes; 255 for a fourth that is not there."""
    texels = np.full((*planes[0].shape, 4), 255, np.uint8)
    for k, plane in enumerate(planes):
        texels[..., k] = plane + np.float32(0.5)
    return texels.view("<u4")[..., 0]


def _joined(levels: list[NDArray[np.uint32]]) -> Chain:
    height, width = levels[0].shape
    return np.concatenate([m.reshape(-1) for m in levels]), height, width, len(levels)


def _srgb_to_linear(code: int) -> float:
    c = code / 255.0
    return c / 12.92 if c <= 0.04045 else math.pow((c + 0.055) / 1.055, 2.4)


#: sRGB byte to the square root of linear, as a byte.
_ROOT = np.array([round(math.sqrt(_srgb_to_linear(code)) * 255) for code in range(256)], np.uint8)
_LEAST, _TINY = np.float32(1 / 65536), np.float32(1e-6)


def _power_of_two(image: Image) -> Image:
    """The image resampled bilinearly to sides that are powers of two, the nearest ones up to MAX_SIZE."""
    height, width = image.shape[:2]
    sides = [min(MAX_SIZE, 1 << round(math.log2(side))) for side in (height, width)]
    if sides == [height, width]:
        return image
    # The exact variant is done in integers, alike on every processor.
    return resized(image, sides[1], sides[0], cv2.INTER_LINEAR_EXACT)
