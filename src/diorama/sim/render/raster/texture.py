"""Textures with mip levels, all in one array, and how to look one up.

Texels are three bytes in one uint32, each the square root of the linear value: nearly sRGB's resolution where the eye
needs it, and decoded by one multiplication. Mip levels are averaged in linear light.
"""

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import warp as wp
from numpy.typing import NDArray

from diorama.sim.assets.textures import bake
from diorama.sim.spec import ProceduralTexture

wp.set_module_options({"enable_backward": False, "fuse_fp": False, "fast_math": False})

MAX_SIZE = 1024


def _srgb_to_linear(code: int) -> float:
    c = code / 255.0
    return c / 12.92 if c <= 0.04045 else math.pow((c + 0.055) / 1.055, 2.4)


#: sRGB byte to the square root of linear, as a byte.
_ROOT = np.array([round(math.sqrt(_srgb_to_linear(code)) * 255) for code in range(256)], np.uint8)


@wp.kernel
def halve(source: wp.array2d(dtype=wp.uint32), target: wp.array2d(dtype=wp.uint32)):
    """One mip level from the one before: the mean of two by two texels."""
    y, x = wp.tid()
    c = unpack(source[2 * y, 2 * x]) + unpack(source[2 * y, 2 * x + 1]) + unpack(source[2 * y + 1, 2 * x]) + unpack(source[2 * y + 1, 2 * x + 1])
    c = c * 0.25
    r = wp.uint32(wp.sqrt(c[0]) * 255.0 + 0.5)
    g = wp.uint32(wp.sqrt(c[1]) * 255.0 + 0.5)
    b = wp.uint32(wp.sqrt(c[2]) * 255.0 + 0.5)
    target[y, x] = r | (g << wp.uint32(8)) | (b << wp.uint32(16))


@wp.func
def unpack(texel: wp.uint32) -> wp.vec3:
    """Linear colour of a texel."""
    r = float(texel & wp.uint32(255))
    g = float((texel >> wp.uint32(8)) & wp.uint32(255))
    b = float((texel >> wp.uint32(16)) & wp.uint32(255))
    return wp.vec3(r * r, g * g, b * b) * (1.0 / 65025.0)


@wp.func
def bilinear(texels: wp.array(dtype=wp.uint32), start: int, width: int, height: int, u: float, v: float) -> wp.vec3:
    """The level that starts at `start`, repeated without end, at (u, v) in tiles. Sides are powers of two."""
    x = u * float(width) - 0.5
    y = v * float(height) - 0.5
    left = wp.floor(x)
    top = wp.floor(y)
    fx = x - left
    fy = y - top
    x0 = int(left) & (width - 1)
    x1 = (x0 + 1) & (width - 1)
    row0 = start + (int(top) & (height - 1)) * width
    row1 = start + ((int(top) + 1) & (height - 1)) * width
    high = mix(unpack(texels[row0 + x0]), unpack(texels[row0 + x1]), fx)
    low = mix(unpack(texels[row1 + x0]), unpack(texels[row1 + x1]), fx)
    return mix(high, low, fy)


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


@wp.func
def lookup(texels: wp.array(dtype=wp.uint32), entry: wp.vec4i, u: float, v: float, footprint2: float) -> wp.vec3:
    """Trilinear colour. `entry` is (start, width, height, levels); `footprint2` the squared length, in texels of the first
    level, of a pixel's longer side on the texture. v grows upwards, rows of texels downwards.
    """
    level = 0.5 * log2(wp.max(footprint2, 1.0))
    last = entry[3] - 1
    low = wp.min(int(level), last)
    width = entry[1] >> low
    height = entry[2] >> low
    # Each level has a quarter of the texels of the one before: the sum of a geometric series.
    start = entry[0] + (entry[1] * entry[2] - width * height) // 3 * 4
    color = bilinear(texels, start, width, height, u, 1.0 - v)
    blend = level - float(low)
    if low < last and blend > 0.0:
        color = mix(color, bilinear(texels, start + width * height, width >> 1, height >> 1, u, 1.0 - v), blend)
    return color


def atlas(textures: Sequence[Any], cache: "ChainCache") -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """All levels of all textures in one array, and for each texture its (start, width, height, levels).

    A texture is a (h, w, 3) uint8 sRGB array, a procedural one, or None: zero levels.
    """
    chains: list[NDArray[np.uint32]] = []
    entries: dict[Any, tuple[int, int, int, int]] = {}
    keys = [texture if isinstance(texture, ProceduralTexture) else id(texture) for texture in textures]
    start = 0
    for key, texture in zip(keys, textures, strict=True):
        if texture is None:
            entries[key] = (0, 1, 1, 0)
        elif key not in entries:
            chain, height, width, levels = _mip_chain(bake(texture)) if isinstance(texture, ProceduralTexture) else cache.chain(texture)
            entries[key] = (start, width, height, levels)
            chains.append(chain)
            start += len(chain)
    texels = np.concatenate(chains) if chains else np.zeros(1, np.uint32)
    return texels, np.array([entries[key] for key in keys], np.int32).reshape(-1, 4)


Chain = tuple[NDArray[np.uint32], int, int, int]


class ChainCache:
    """Mip chains of assets' textures, which are few and met again in scene after scene; the oldest leave first."""

    def __init__(self, entries: int = 64) -> None:
        self._entries = entries
        # The image is kept beside its chain so that its id cannot pass to another array.
        self._chains: dict[int, tuple[NDArray[np.uint8], Chain]] = {}

    def chain(self, image: NDArray[np.uint8]) -> Chain:
        if id(image) not in self._chains:
            if len(self._chains) >= self._entries:
                del self._chains[next(iter(self._chains))]
            self._chains[id(image)] = (image, _mip_chain(image))
        return self._chains[id(image)][1]


def _mip_chain(image: NDArray[np.uint8]) -> Chain:
    """All levels, flat, with the first one's height and width and their number."""
    rgb = _ROOT[_power_of_two(image)].astype(np.uint32)
    level = np.ascontiguousarray(rgb[..., 0] | (rgb[..., 1] << 8) | (rgb[..., 2] << 16))
    height, width = level.shape
    levels = [level]
    while min(levels[-1].shape) > 1:
        h, w = levels[-1].shape
        smaller = np.zeros((h // 2, w // 2), np.uint32)
        wp.launch(
            halve,
            dim=smaller.shape,
            inputs=[wp.array(levels[-1], dtype=wp.uint32, device="cpu", copy=False), wp.array(smaller, dtype=wp.uint32, device="cpu", copy=False)],
            device="cpu",
        )
        levels.append(smaller)
    return np.concatenate([m.reshape(-1) for m in levels]), height, width, len(levels)


def _power_of_two(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The image resampled bilinearly to sides that are powers of two, the nearest ones up to MAX_SIZE."""
    height, width = image.shape[:2]
    sides = [min(MAX_SIZE, 1 << round(math.log2(side))) for side in (height, width)]
    if sides == [height, width]:
        return image
    # The exact variant is done in integers, alike on every processor.
    return np.asarray(cv2.resize(image, (sides[1], sides[0]), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)
