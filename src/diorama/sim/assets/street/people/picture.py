"""The picture that a person wears: cloth, skin, face and hair on one small sheet."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.assets.color import srgb_from_linear
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.recipe import Ink
from diorama.sim.spec import Rgb
from diorama.sim.spec.people import Fabric, PersonShape

SIZE = 128
#: Pixels (x0, y0, x1, y1) of what is on the sheet.
_REGIONS: dict[str, tuple[int, int, int, int]] = {
    "top": (0, 0, 48, 64),
    "sleeve": (48, 0, 80, 64),
    "leg": (80, 0, 112, 64),
    "bottom": (112, 0, 128, 32),
    "skin": (112, 32, 128, 48),
    "dark": (112, 48, 128, 64),
    "face": (0, 64, 40, 128),
    "hair": (40, 64, 72, 96),
    "hat": (72, 64, 96, 96),
    "shoe": (96, 64, 128, 88),
    "bag": (40, 96, 72, 128),
    "umbrella": (72, 96, 96, 128),
    "strap": (96, 88, 112, 104),
    "metal": (112, 88, 128, 104),
    "screen": (96, 104, 112, 128),
    "white": (112, 104, 128, 128),
}
#: So many pixels at a region's edges are never looked at directly, so that from far away colours do not run into each other.
_MARGIN = 3


def lay(region: str, u: ArrayLike, v: ArrayLike) -> Points:
    """Texture coordinates (..., 2) of a place in a region: u to the right, v up, both from 0 to 1."""
    x0, y0, x1, y1 = _REGIONS[region]
    across, up = np.broadcast_arrays(np.asarray(u, np.float64), np.asarray(v, np.float64))
    x = x0 + _MARGIN + (x1 - x0 - 2 * _MARGIN) * across
    y = y1 - _MARGIN - (y1 - y0 - 2 * _MARGIN) * up
    return np.stack([x / SIZE, 1 - y / SIZE], axis=-1)


def ink(color: Rgb) -> Ink:
    """A linear colour as it is displayed."""
    r, g, b = (round(255 * srgb_from_linear(c)) for c in color)
    return r, g, b


@lru_cache(256)
def sheet(person: PersonShape) -> NDArray[np.uint8]:
    """The picture (128, 128, 3) of somebody, whose pose does not count."""
    out = np.zeros((SIZE, SIZE, 3), np.uint8)
    _cloth(_part(out, "top"), person.top_fabric)
    _cloth(_part(out, "sleeve"), person.top_fabric)
    _cloth(_part(out, "leg"), person.bottom_fabric)
    _cloth(_part(out, "bottom"), person.bottom_fabric)
    for region, color in (
        ("skin", person.skin),
        ("face", person.skin),
        ("hair", person.hair_color),
        ("hat", person.hat_color),
        ("shoe", person.shoe_color),
        ("bag", person.bag_color),
        ("umbrella", person.umbrella or (0.0, 0.0, 0.0)),
        ("strap", (0.5 * person.bag_color[0], 0.5 * person.bag_color[1], 0.5 * person.bag_color[2])),
        ("metal", (0.4, 0.4, 0.4)),
        ("screen", (0.01, 0.012, 0.015)),
        ("white", (0.75, 0.75, 0.72)),
        ("dark", (0.01, 0.01, 0.01)),
    ):
        _fill(_part(out, region), ink(color))
    return out


def _part(picture: NDArray[np.uint8], region: str) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = _REGIONS[region]
    return picture[y0:y1, x0:x1]


def _fill(part: NDArray[np.uint8], color: Ink) -> None:
    cv2.rectangle(part, (0, 0), (part.shape[1], part.shape[0]), color, -1)


def _cloth(part: NDArray[np.uint8], fabric: Fabric) -> None:
    _fill(part, ink(fabric.color))
