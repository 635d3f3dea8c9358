"""What a refiner may do to a picture, and what it may not: known changes of both kinds, for the label gate."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.refine.base import Rendered, Rgb
from diorama.refine.transfer import Histogram, Reinhard
from diorama.sim.seeds import Seed

Control = Callable[[list[Rendered], int], Rgb]


def moved(rgb: Rgb, u_px: float, v_px: float = 0.0) -> Rgb:
    height, width = rgb.shape[:2]
    shift = np.array([[1, 0, u_px], [0, 1, v_px]], np.float64)
    return cv2.warpAffine(rgb, shift, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


def exposed(rgb: Rgb, ev: float) -> Rgb:
    linear = (rgb / 255) ** 2.2 * 2**ev
    return np.rint(255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def blurred(rgb: Rgb, sigma: float) -> Rgb:
    return cv2.GaussianBlur(rgb, (0, 0), sigma).astype(np.uint8)


def grainy(rgb: Rgb, number: int) -> Rgb:
    return np.clip(np.rint(rgb + np.random.default_rng(number).normal(0, 4, rgb.shape)), 0, 255).astype(np.uint8)


def vignetted(rgb: Rgb) -> Rgb:
    height, width = rgb.shape[:2]
    v, u = np.mgrid[:height, :width]
    radius2 = ((u - width / 2) ** 2 + (v - height / 2) ** 2) / ((width / 2) ** 2 + (height / 2) ** 2)
    return np.rint(rgb * (1 - 0.35 * radius2)[..., None]).astype(np.uint8)


def pale(rgb: Rgb, share: float) -> Rgb:
    """With this share of its saturation."""
    grey = rgb.mean(axis=2, keepdims=True)
    return np.rint(grey + share * (rgb - grey)).astype(np.uint8)


def compressed(rgb: Rgb) -> Rgb:
    return cv2.imdecode(cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_COLOR).astype(np.uint8)


def _middle_sized(picture: Rendered) -> NDArray[np.bool_]:
    """An object that is larger than two thirds of the others."""
    numbers, counts = np.unique(picture.instance[picture.instance > 0], return_counts=True)
    return picture.instance == numbers[np.argsort(-counts, kind="stable")[len(counts) // 3]]


def erased(pictures: list[Rendered], number: int) -> Rgb:
    """Without one of its objects: what is around it is there as well."""
    mask = cv2.dilate(_middle_sized(pictures[number]).astype(np.uint8), np.ones((5, 5), np.uint8))
    return cv2.inpaint(pictures[number].rgb, mask, 3, cv2.INPAINT_TELEA).astype(np.uint8)


def pasted(pictures: list[Rendered], number: int) -> Rgb:
    """With an object of another picture, where most room is."""
    picture, other = pictures[number], pictures[(number + 4) % len(pictures)]
    mask = _middle_sized(other)
    rows, columns = np.nonzero(mask)
    box = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    high, wide = mask[box].shape
    room = cv2.distanceTransform(np.pad((picture.instance == 0).astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    v, u = np.unravel_index(room.argmax(), room.shape)
    top, left = (int(np.clip(at - side // 2, 0, size - side)) for at, side, size in ((v, high, mask.shape[0]), (u, wide, mask.shape[1])))
    out = picture.rgb.copy()
    out[top : top + high, left : left + wide][mask[box]] = other.rgb[box][mask[box]]
    return out


def transferred(pictures: list[Rendered], number: int, method: type[Histogram] | type[Reinhard]) -> Rgb:
    """In the colours of a picture of another scene."""
    return method.fitted([pictures[(number + 4) % len(pictures)].rgb]).apply(pictures[number], Seed(0))


#: Labels stay right.
HARMLESS: dict[str, Control] = {
    "nothing": lambda pictures, k: pictures[k].rgb,
    "Reinhard's transfer": lambda pictures, k: transferred(pictures, k, Reinhard),
    "histogram transfer": lambda pictures, k: transferred(pictures, k, Histogram),
    "exposure +0.7 EV": lambda pictures, k: exposed(pictures[k].rgb, 0.7),
    "exposure -0.7 EV": lambda pictures, k: exposed(pictures[k].rgb, -0.7),
    "saturation -60 %": lambda pictures, k: pale(pictures[k].rgb, 0.4),
    "grain, 4 codes": lambda pictures, k: grainy(pictures[k].rgb, k),
    "blur, sigma 0.6 px": lambda pictures, k: blurred(pictures[k].rgb, 0.6),
    "JPEG, quality 80": lambda pictures, k: compressed(pictures[k].rgb),
    "vignetting": lambda pictures, k: vignetted(pictures[k].rgb),
}
#: Labels are wrong afterwards, and which measures have to say so.
HARMFUL: dict[str, tuple[Control, set[str]]] = {
    "shift by 3 px": (lambda pictures, k: moved(pictures[k].rgb, 3), {"shift", "shift of a picture", "edges"}),
    "shift by 0.5 px": (lambda pictures, k: moved(pictures[k].rgb, 0.5), {"shift", "shift of a picture"}),
    "shift down by 0.5 px": (lambda pictures, k: moved(pictures[k].rgb, 0, 0.5), {"shift", "shift of a picture"}),
    "an object erased": (erased, {"outlines", "objects lost"}),
    "an object pasted": (pasted, {"objects new"}),
    "blur, sigma 3 px": (lambda pictures, k: blurred(pictures[k].rgb, 3), {"edges", "outlines"}),
}
