"""Real photographs: found, read, split into what is learned from and what is kept unseen.

A photograph is known by the BLAKE2b of its file, so that one cannot be on both sides of a split under two names.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import REFINED
from diorama.sim.assets.images import IMAGE_SUFFIXES, MOST_PIXELS, claimed_size
from diorama.sim.errors import InvalidValue

Rgb = NDArray[np.uint8]

#: With fewer, what they have in common is more their motif than their camera.
FEW = 20
#: Sides shorter than this hold no crop.
SHORTEST_PX = 64
#: The bytes a JPEG begins with.
_JPEG = b"\xff\xd8"


@dataclass(frozen=True)
class Photos:
    """Photographs on disk, sorted by name; each is read when it is asked for."""

    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Rgb:
        """(h, w, 3) uint8 sRGB. Raises InvalidValue naming the file."""
        return read_photo(self.paths[number])

    def __iter__(self) -> Iterator[Rgb]:
        return (self[number] for number in range(len(self)))

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """Of each file, 128 bits of BLAKE2b in hex."""
        return tuple(hashlib.blake2b(_bytes_of(path), digest_size=16).hexdigest() for path in self.paths)

    def split(self, held_out: int) -> tuple["Photos", "Photos"]:
        """Those to learn from, and the last `held_out` in the order of names: frames of a drive lie beside their near copies, which a split by
        chance would put on both sides. Raises InvalidValue when a side would be empty, or one file is on both under two names.
        """
        if not 0 < held_out < len(self):
            raise InvalidValue(f"cannot hold out {held_out} of {len(self)} photographs; hold out at least 1, and leave at least 1")
        known, unseen = Photos(self.paths[:-held_out]), Photos(self.paths[-held_out:])
        unseen.refuse_known(known.digests, "among those that are not held out")
        return known, unseen

    def refuse_known(self, digests: Iterable[str], what: str) -> None:
        """Raise InvalidValue when one of these files is among those of the `digests`, which belong to `what`."""
        known = set(digests)
        leaked = [path.name for path, digest in zip(self.paths, self.digests, strict=True) if digest in known]
        if leaked:
            some = ", ".join(leaked[:3]) + (", ..." if len(leaked) > 3 else "")
            raise InvalidValue(f"{len(leaked)} of {len(self)} photographs are {what} as well ({some}). Score on others, or the score means nothing")


def find_photos(folder: Path) -> Photos:
    """All photographs in a folder, and not in folders below it, where labels may lie.

    Raises InvalidValue when there are none, or for those that are broken or no colour pictures: all at once.
    """
    if not folder.is_dir():
        what = "this is a file" if folder.exists() else "there is no such folder"
        raise InvalidValue(f"{folder}: {what}; name a folder that holds photographs")
    try:
        paths = tuple(sorted(path for path in folder.iterdir() if _is_picture(path)))
    except OSError as error:
        raise InvalidValue(f"{folder}: cannot be looked into ({error.strerror})") from None
    if not paths:
        below = sorted({path.parent.relative_to(folder).as_posix() for path in folder.rglob("*") if _is_picture(path)})
        hint = f"; there are some in {', '.join(below[:3])} below it" if below else ""
        raise InvalidValue(f"{folder}: there are no pictures in it ({', '.join(IMAGE_SUFFIXES)}){hint}")
    faults = []
    for path in paths:
        try:
            read_photo(path)
        except InvalidValue as fault:
            faults.append(str(fault))
    if faults:
        more = f"\nand {len(faults) - 8} more" if len(faults) > 8 else ""
        raise InvalidValue("\n".join(faults[:8]) + more + "\nMend these files, or move them away")
    return Photos(paths)


def pictures_of(folder: Path) -> Photos:
    """The pictures of a data set that was generated, in the order of its scenes; or those of any folder. Raises InvalidValue."""
    for below in ("images", "leftImg8bit", "image_2"):
        paths = tuple(sorted(path for path in (folder / below).rglob("*") if _is_picture(path)))
        if paths:
            return Photos(paths)
    return find_photos(folder)


def seen_by(root: Path) -> list[str]:
    """Digests of the photographs that the refiner of a refined set has seen; none for other folders. Raises InvalidValue for a damaged record."""
    try:
        found = json.loads((root / REFINED).read_bytes())["refiner"]["photos"]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(digest, str) for digest in found):
        raise InvalidValue(f"{root / REFINED} is damaged, and does not tell which photographs its refiner has seen. Refine the data set anew")
    return found


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def read_photo(path: Path) -> Rgb:
    """A colour photograph as one looks at it: (h, w, 3) uint8 sRGB.

    Raises InvalidValue for files that are no pictures, and for grey, CMYK and tiny ones.
    """
    data = _bytes_of(path)
    if data.startswith(_JPEG) and _jpeg_components(data) == 4:
        raise InvalidValue(f"{path}: this JPEG is CMYK, whose colours depend on a printer; save it as sRGB")
    width, height = claimed_size(data)
    if width * height > MOST_PIXELS:
        raise InvalidValue(f"{path}: {width}x{height} is too large; {MOST_PIXELS} pixels are the most. Make it smaller")
    found = decoded(data, cv2.IMREAD_COLOR_RGB)
    if found is None:
        raise InvalidValue(f"{path}: this is no picture, or a broken one")
    if min(found.shape[:2]) < SHORTEST_PX:
        raise InvalidValue(f"{path}: {found.shape[1]}x{found.shape[0]} is too small; {SHORTEST_PX} pixels a side are the least")
    if (found[..., 0] == found[..., 1]).all() and (found[..., 1] == found[..., 2]).all():
        raise InvalidValue(f"{path}: this picture is greyscale, and colours cannot be learned from it")
    return found


def decoded(data: bytes, flags: int) -> NDArray[Any] | None:
    """A picture's pixels as `flags` of OpenCV ask for them, or None when there are none, or more than memory should be given for."""
    width, height = claimed_size(data)
    if not data or width * height > MOST_PIXELS:
        return None
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"{path}: cannot be read ({error.strerror})") from None


def _jpeg_components(data: bytes) -> int:
    """How many channels a JPEG says it has (ITU-T T.81, B.2.2); 0 when it does not say."""
    place = 2
    while place + 9 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return data[place + 9]
        place += 2 + length
    return 0


def fitted(picture: NDArray[Any], size: Sequence[int]) -> NDArray[Any]:
    """A picture scaled until it covers (width, height), and cut about its middle: photographs of all sizes are compared at one."""
    width, height = size
    share = max(width / picture.shape[1], height / picture.shape[0])
    wide, high = max(round(picture.shape[1] * share), width), max(round(picture.shape[0] * share), height)
    scaled = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_LINEAR)
    x, y = (wide - width) // 2, (high - height) // 2
    return scaled[y : y + height, x : x + width]
