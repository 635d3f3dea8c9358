"""Colours turned and scaled in HSV, one at a time or a whole picture of them."""

import colorsys

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import linear_rgb, srgb_from_linear
from diorama.sim.assets.mesh import Image
from diorama.sim.spec import Adjustment, Rgb


def recolored(color: Rgb, change: Adjustment) -> Rgb:
    """A linear colour of other hue, saturation and value."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(srgb_from_linear(c) for c in color))
    return linear_rgb(*colorsys.hsv_to_rgb((hue + change.hue_turn) % 1.0, min(saturation * change.saturation, 1.0), min(value * change.value, 1.0)))


def recolored_image(image: Image, change: Adjustment) -> Image:
    """An sRGB picture (h, w, 3 or 4) of other hue, saturation and value; alpha stays."""
    # Prints have few colours, and each is changed once.
    codes = image[..., 0].astype(np.int32) | image[..., 1].astype(np.int32) << 8 | image[..., 2].astype(np.int32) << 16
    colors, which = np.unique(codes.ravel(), return_inverse=True)
    red, green, blue = ((colors >> shift & 255).astype(np.float32) / np.float32(255) for shift in (0, 8, 16))
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    chroma = high - low
    some = np.where(chroma > 0, chroma, np.float32(1))
    saturation = np.minimum(chroma / np.where(high > 0, high, np.float32(1)) * np.float32(change.saturation), 1)
    value = np.minimum(high * np.float32(change.value), 1)
    sextant = np.where(high == red, (green - blue) / some, np.where(high == green, (blue - red) / some + 2, (red - green) / some + 4))
    turned = sextant + np.float32(6 * change.hue_turn)
    # A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978, without its cases: each channel is a trapezoid over the hue.
    out = image.copy()
    for channel, start in enumerate((5, 3, 1)):
        after = (_trapezoid(turned + np.float32(start), saturation * value, value) * 255 + np.float32(0.5)).astype(np.uint8)
        out[..., channel] = after.take(which).reshape(image.shape[:2])
    return out


def _trapezoid(k: NDArray[np.floating], depth: NDArray[np.floating], top: NDArray[np.floating]) -> NDArray[np.floating]:
    k = k - np.floor(k / 6) * 6
    return top - depth * np.clip(np.minimum(k, 4 - k), 0, 1)
