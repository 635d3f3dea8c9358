"""Radiance ``.hdr`` pictures: surroundings as equirectangular maps of radiance. Decoded by OpenCV, after a look at what they claim to be."""

import math
import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.errors import AssetError
from diorama.sim.spec import HdrMap, Highlight
from diorama.sim.transforms import Vec3, normalize

#: A file of a few megabytes can claim any size. Larger maps show nothing that a camera here would see.
MAX_HEIGHT = 4096
#: Radiances beyond are no light: the sun's disc is about a hundred thousand times as bright as a white wall in its light.
MAX_RADIANCE = 1e9
_HEADER_BYTES = 65536


def read_hdr(path: Path) -> NDArray[np.float32]:
    """A map's (h, 2 h, 3) radiances, linear RGB, its top row straight up. Raises AssetError naming the file.

    Exposures that the header states are taken out, so that values are those of the scene.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except OSError as error:
        raise AssetError(f"{path}: cannot be read ({error.strerror})") from None
    exposure = _check_header(path, head)
    try:
        picture = cv2.imread(str(path), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None or picture.dtype != np.float32:
        raise AssetError(f"{path}: is cut off or damaged, OpenCV cannot decode it")
    out = np.array(picture[..., ::-1], np.float32, order="C")
    with np.errstate(over="ignore"):  # seen below
        out /= np.float32(exposure)
    lowest, highest = float(out.min()), float(out.max())
    # Comparisons with NaN are false.
    if not (lowest >= 0 and highest <= MAX_RADIANCE):
        raise AssetError(f"{path}: has radiances from {lowest:g} to {highest:g}, expected 0 to {MAX_RADIANCE:g}")
    return out


def read_map(spec: HdrMap) -> NDArray[np.float32]:
    """What a spec's file shows, as `read_hdr` has it, darkened where it is to be without its highlight."""
    return darkened(read_hdr(Path(spec.path)), spec.without)


def darkened(picture: NDArray[np.float32], highlight: Highlight | None) -> NDArray[np.float32]:
    """The map with what is brighter than its highlight, within that, dimmed to it; colours stay."""
    if highlight is None:
        return picture
    near = cosines(picture.shape[0], highlight.direction) > math.cos(highlight.radius_rad)
    bright = luminances(picture)
    factor = np.where(near & (bright > highlight.luminance), highlight.luminance / np.maximum(bright, 1e-30), 1.0)
    return np.multiply(picture, factor[..., None], dtype=np.float32, casting="same_kind")


def luminances(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    """Relative luminance (ITU-R BT.709) of each pixel."""
    red, green, blue = (picture[..., c].astype(np.float64) for c in range(3))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def cosines(rows: int, direction: Vec3) -> NDArray[np.float64]:
    """(rows, 2 rows): of the angle between each pixel's direction in a map and one of its axes' directions, of any length but zero."""
    x, y, z = normalize(direction)
    level, up = (np.array([round(f(math.pi * (0.5 - (i + 0.5) / rows)), 12) for i in range(rows)])[:, None] for f in (math.cos, math.sin))
    turns = [math.pi * (1 - (j + 0.5) / rows) for j in range(2 * rows)]
    across = np.array([round(x * math.cos(a) + y * math.sin(a), 12) for a in turns])[None, :]
    return level * across + up * z


def _check_header(path: Path, head: bytes) -> float:
    """The product of the header's exposures; AssetError unless it promises an equirectangular map of a size that is fine."""
    if not head.startswith((b"#?RADIANCE", b"#?RGBE")):
        raise AssetError(f"{path}: is not a Radiance .hdr picture, it should begin with #?RADIANCE")
    text, blank, rest = head.partition(b"\n\n")
    if not blank:
        raise AssetError(f"{path}: its header has no end, an empty line is expected within {_HEADER_BYTES} bytes")
    exposure = 1.0
    for line in text.decode("latin-1").splitlines()[1:]:
        key, _, value = line.partition("=")
        if key == "FORMAT" and value.strip() != "32-bit_rle_rgbe":
            raise AssetError(f"{path}: has the format {value.strip()}, expected 32-bit_rle_rgbe")
        if key == "EXPOSURE":
            exposure *= _number(path, value)
    size = rest.partition(b"\n")[0].decode("latin-1")
    match = re.fullmatch(r"-Y (\d{1,9}) \+X (\d{1,9})", size.strip())
    if match is None:
        raise AssetError(f'{path}: has the size "{size[:40]}", expected rows from top to bottom and from left to right, as in "-Y 1024 +X 2048"')
    height, width = int(match[1]), int(match[2])
    if width != 2 * height or height < 2:
        raise AssetError(f"{path}: is {width} x {height} pixels, and an equirectangular map is twice as wide as high")
    if height > MAX_HEIGHT:
        raise AssetError(f"{path}: is {width} x {height} pixels, at most {2 * MAX_HEIGHT} x {MAX_HEIGHT} can be used. Make it smaller.")
    return exposure


def _number(path: Path, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise AssetError(f"{path}: its exposure is {text.strip()[:40]}, expected a number above 0")
    return value
