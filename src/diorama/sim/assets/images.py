"""Image files as arrays: decoded by OpenCV, sized for memory, alpha kept where there is any."""

import struct
from pathlib import Path

import cv2
import numpy as np

from diorama.sim.assets.mesh import Image
from diorama.sim.errors import AssetError

#: Files that are taken for images when a folder is looked through.
IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
#: Larger pictures are halved until they fit: no photograph shows more of an object, and memory is finite.
LARGEST_PX = 2048
#: A file of a few bytes can claim any size. Beyond this it is refused before it is decoded.
MOST_PIXELS = 2**26


def read_image(path: Path, named_in: Path | None = None) -> Image:
    """An image file, as `decoded` gives it. Raises AssetError naming the file, and the one that it is `named_in`."""
    where = f"{named_in}: its texture {path}" if named_in else f"{path}:"
    return decoded(_bytes_of(path, where), where)


def read_photo(path: Path) -> Image:
    """A photograph as one looks at it: (h, w, 3) uint8 sRGB, turned as its camera noted that it was held. Raises AssetError naming the file."""
    return decoded(_bytes_of(path, f"{path}:"), f"{path}:", cv2.IMREAD_COLOR)


def whole_size(path: Path) -> tuple[int, int]:
    """The (width, height) of a photograph's file, as one looks at it; `read_photo` halves it until it fits. Raises AssetError naming the file."""
    height, width = _decoded(_bytes_of(path, f"{path}:"), f"{path}:", cv2.IMREAD_COLOR).shape[:2]
    return width, height


def _bytes_of(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssetError(f"{where} cannot be read ({error.strerror})") from None


def decoded(data: bytes, where: str, flags: int = cv2.IMREAD_UNCHANGED) -> Image:
    """The bytes of an image file as (h, w, 3) or, with an alpha channel that says something, (h, w, 4) uint8, RGB(A), no side
    longer than `LARGEST_PX`.

    Grey becomes RGB, and 16 bits become 8. `flags` are OpenCV's. Raises AssetError, which starts with `where`.
    """
    return fitted(_decoded(data, where, flags))


def _decoded(data: bytes, where: str, flags: int) -> Image:
    """The same at its own size, and not contiguous."""
    width, height = claimed_size(data)
    if width * height > MOST_PIXELS:
        raise AssetError(f"{where} is {width} x {height} pixels large, and at most {MOST_PIXELS} can be used. Make it smaller.")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error:
        image = None
    if image is None or image.dtype not in (np.uint8, np.uint16) or image.size > 4 * MOST_PIXELS:
        raise AssetError(f"{where} is not an image that OpenCV can read")
    if image.dtype == np.uint16:
        image = (image // 257).astype(np.uint8)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(np.asarray(image, np.uint8).reshape(*image.shape[:2], 1), 3, axis=2)
    if image.shape[2] == 4 and (image[..., 3] < 255).any():
        return np.asarray(image[..., [2, 1, 0, 3]], np.uint8)
    return np.asarray(image[..., 2::-1], np.uint8)


def fitted(image: Image, largest_px: int = LARGEST_PX) -> Image:
    """The image, halved until no side is longer than `largest_px`, contiguous. What is transparent lends no colour to what is not."""
    while max(image.shape[:2]) > largest_px:
        image = halved(image)
    return np.ascontiguousarray(image)


def halved(image: Image) -> Image:
    """The image at half its size."""
    h, w = max(image.shape[0] // 2, 1), max(image.shape[1] // 2, 1)
    return resized(image[: 2 * h, : 2 * w], w, h, cv2.INTER_AREA)


def resized(image: Image, width: int, height: int, interpolation: int) -> Image:
    """The image at another size, by OpenCV; colours weighted by alpha, if there is any."""
    if image.shape[2] == 3:
        return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.uint8)
    alpha = image[..., 3:].astype(np.uint16)
    # A colour times its alpha fills 16 bits. One is added to alpha, so that what is wholly transparent keeps a colour too.
    weighted = np.concatenate([image[..., :3] * (alpha + 1), (alpha + 1) * 255], axis=2)
    small = cv2.resize(weighted, (width, height), interpolation=interpolation).astype(np.uint32)
    weight = np.maximum(small[..., 3:], 1)
    color = (small[..., :3] * 255 + weight // 2) // weight
    return np.concatenate([np.minimum(color, 255), np.maximum((weight + 127) // 255, 1) - 1], axis=2).astype(np.uint8)


def packed(roughness: Image | None, metallic: Image | None) -> Image:
    """(h, w, 3) with roughness in green and metallic in blue, each from a picture's red channel; 255 where there is none."""
    given = [image[..., :1] for image in (roughness, metallic) if image is not None]
    height, width = max(image.shape[0] for image in given), max(image.shape[1] for image in given)
    out = np.full((height, width, 3), 255, np.uint8)
    for channel, image in ((1, roughness), (2, metallic)):
        if image is not None:
            same = image.shape[:2] == (height, width)
            out[..., channel] = image[..., 0] if same else cv2.resize(image[..., 0], (width, height), interpolation=cv2.INTER_LINEAR)
    return out


def claimed_size(data: bytes) -> tuple[int, int]:
    """(width, height) that a PNG or JPEG says it has; (0, 0) of other files, whose size OpenCV itself bounds."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + length
    return 0, 0
