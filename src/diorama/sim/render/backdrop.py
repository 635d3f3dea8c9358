"""A photograph behind everything: what each pixel of a camera sees of it."""

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import linear_from_srgb
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Image
from diorama.sim.spec import Backdrop, CameraSpec

_WHITE = 65535


class Backdrops:
    """What cameras see of their backdrops. The latest picture is kept: most often the next camera has the same."""

    def __init__(self, library: AssetLibrary) -> None:
        self._library = library
        self._kept: tuple[tuple[Backdrop, int, int], NDArray[np.float32]] | None = None

    def seen_by(self, camera: CameraSpec) -> NDArray[np.float32] | None:
        """(H, W, 3) radiances, the same array while it is the same picture; None without a backdrop. Raises AssetError naming a file that cannot
        be used.
        """
        if camera.backdrop is None:
            return None
        key = (camera.backdrop, camera.width, camera.height)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, radiances(camera.backdrop, self._library.photo(camera.backdrop.path), camera.width, camera.height))
        return self._kept[1]


def radiances(backdrop: Backdrop, photo: Image, width: int, height: int) -> NDArray[np.float32]:
    """(height, width, 3) W/m2/sr: what `linear` gives, white being the backdrop's radiance."""
    return np.multiply(linear(backdrop, photo, width, height), np.float32(backdrop.radiance / _WHITE), dtype=np.float32)


def linear(backdrop: Backdrop, photo: Image, width: int, height: int) -> NDArray[np.uint16]:
    """(height, width, 3): the mean of the photograph over each pixel, in linear light.

    Whole numbers all the way, and so the same on every machine. A photograph of this size is not changed: `codes` gives it back.
    """
    (left, right), (top, bottom) = shown_part(backdrop, (photo.shape[1], photo.shape[0]), width, height)
    # As many texels as pixels, or as a whole power of two times that, so that none is skipped: then means of squares are pixels.
    finer = 1 << max(math.ceil((right - left) / width) - 1, 0).bit_length()
    light = cv2.LUT(np.ascontiguousarray(photo[top:bottom, left:right]), _linear())
    light = cv2.resize(light, (width * finer, height * finer), interpolation=cv2.INTER_LINEAR_EXACT)
    if finer > 1:
        light = cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(light, np.uint16)


def codes(light: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Linear light as the nearest 8-bit sRGB codes."""
    return _codes()[light]


Span = tuple[int, int]


def shown_part(backdrop: Backdrop, size: tuple[int, int], width: int, height: int) -> tuple[Span, Span]:
    """The columns and the rows, from the first to before the last, of a photograph of `size` (columns, rows) that a picture of `width` and `height`
    shows: rounded to whole ones.
    """
    columns, rows = size
    across = min(columns, rows * width / height) / backdrop.zoom
    parts = (across, across * height / width)
    left_right, top_bottom = (_stretch(size, part, offset) for size, part, offset in zip(size, parts, backdrop.offset, strict=True))
    return left_right, top_bottom


def _stretch(size: int, part: float, offset: float) -> Span:
    """The texels, from the first to before the last, of `part` of a photograph's side."""
    length = min(max(round(part), 1), size)
    first = round((1 + offset) / 2 * (size - length))
    return first, first + length


@cache
def _linear() -> NDArray[np.uint16]:
    """Linear light by 8-bit sRGB code."""
    return np.array([round(linear_from_srgb(code / 255) * _WHITE) for code in range(256)], np.uint16)


@cache
def _codes() -> NDArray[np.uint8]:
    """8-bit sRGB code by linear light."""
    light = _linear().astype(np.int64)
    return np.searchsorted((light[1:] + light[:-1] + 1) // 2, np.arange(_WHITE + 1), side="right").astype(np.uint8)
