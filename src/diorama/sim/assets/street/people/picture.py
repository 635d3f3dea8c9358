"""The picture that a person wears: cloth, skin, face and hair on one small sheet."""

from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from diorama.sim.assets.color import srgb_from_linear
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.recipe import Ink
from diorama.sim.seeds import Seed
from diorama.sim.spec import Rgb
from diorama.sim.spec.people import Fabric, PersonShape

Picture = NDArray[np.uint8]

SIZE = 128
#: Pixels (x0, y0, x1, y1) of what is on the sheet.
_REGIONS: dict[str, tuple[int, int, int, int]] = {
    "top": (0, 0, 48, 64),
    "sleeve": (48, 0, 80, 64),
    "leg": (80, 0, 112, 64),
    "bottom": (0, 112, 40, 128),
    "skin": (112, 0, 128, 24),
    "dark": (112, 24, 128, 40),
    "strap": (112, 40, 128, 52),
    "metal": (112, 52, 128, 64),
    "face": (0, 64, 40, 112),
    "hair": (40, 64, 72, 96),
    "hat": (72, 64, 104, 96),
    "bag": (40, 96, 72, 128),
    "shoe": (72, 96, 104, 116),
    "shaft": (72, 96, 104, 116),
    "screen": (72, 116, 104, 128),
    "umbrella": (104, 64, 128, 128),
}
#: So many pixels at a region's edges are never looked at directly, so that from far away colours do not run into each other.
_MARGIN = 2.5


def lay(region: str, u: ArrayLike, v: ArrayLike) -> Points:
    """Texture coordinates (..., 2) of a place in a region: u to the right, v up, both from 0 to 1."""
    x0, y0, x1, y1 = _REGIONS[region]
    x = x0 + _MARGIN + (x1 - x0 - 2 * _MARGIN) * np.asarray(u, np.float64)
    y = y1 - _MARGIN - (y1 - y0 - 2 * _MARGIN) * np.asarray(v, np.float64)
    out = np.empty((*np.broadcast(x, y).shape, 2))
    out[..., 0], out[..., 1] = x / SIZE, 1 - y / SIZE
    return out


class _Part:
    """A region of a sheet, drawn on in shares: x to the right, y up."""

    def __init__(self, sheet: Picture, region: str) -> None:
        x0, y0, x1, y1 = _REGIONS[region]
        self.pixels = sheet[y0:y1, x0:x1]
        self._wide, self._high = x1 - x0 - 2 * _MARGIN, y1 - y0 - 2 * _MARGIN

    def fill(self, color: Ink) -> None:
        cv2.rectangle(self.pixels, (0, 0), (self.pixels.shape[1], self.pixels.shape[0]), color, -1)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        """In 16ths of pixels, as OpenCV takes them."""
        return round(16 * (_MARGIN + x * self._wide - 0.5)), round(16 * (self.pixels.shape[0] - _MARGIN - y * self._high - 0.5))

    def area(self, color: Ink, *corners: tuple[float, float]) -> None:
        cv2.fillPoly(self.pixels, [np.array([self._at(*c) for c in corners], np.int32)], color, cv2.LINE_AA, 4)

    def box(self, color: Ink, x0: float, y0: float, x1: float, y1: float) -> None:
        self.area(color, (x0, y0), (x1, y0), (x1, y1), (x0, y1))

    def spot(self, color: Ink, x: float, y: float, wide: float, high: float) -> None:
        axes = round(16 * wide * self._wide), round(16 * high * self._high)
        cv2.ellipse(self.pixels, self._at(x, y), axes, 0, 0, 360, color, -1, cv2.LINE_AA, 4)

    def shade(self, factor: NDArray[np.float64]) -> None:
        """Multiply by factors (h, w)."""
        self.pixels[:] = np.clip(self.pixels * factor[..., None] + 0.5, 0, 255).astype(np.uint8)


def ink(color: Rgb) -> Ink:
    """A linear colour as it is displayed."""
    r, g, b = (round(255 * srgb_from_linear(c)) for c in color)
    return r, g, b


def _mixed(a: Ink, b: Ink, share: float) -> Ink:
    r, g, b_ = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return r, g, b_


_BLACK: Ink = (14, 14, 16)
_SILVER: Ink = (210, 212, 214)


@lru_cache(256)
def sheet(person: PersonShape) -> Picture:
    """The picture (128, 128, 3) of somebody, whose pose does not count."""
    out = np.zeros((SIZE, SIZE, 3), np.uint8)
    _top(out, person)
    fabric = person.top_fabric if person.top == "dress" else person.bottom_fabric
    for region in ("leg", "bottom"):
        _cloth(_Part(out, region), fabric)
    _legs(out, person)
    for region, color in (
        ("skin", ink(person.skin)),
        ("dark", _BLACK),
        ("strap", _mixed(ink(person.bag_color), _BLACK, 0.5)),
        ("metal", (150, 152, 154)),
        ("screen", (24, 26, 30)),
        ("umbrella", ink(person.umbrella) if person.umbrella else _BLACK),
    ):
        _Part(out, region).fill(color)
    _face(_Part(out, "face"), person)
    _hair(_Part(out, "hair"), ink(person.hair_color))
    _hat(_Part(out, "hat"), person)
    _shoe(_Part(out, "shoe"), person)
    _bag(_Part(out, "bag"), person)
    return out


# --- cloth ------------------------------------------------------------------------------------------------


@cache
def _folds(height: int, width: int, rows: int, columns: int) -> NDArray[np.float64]:
    """(height, width) soft noise around 1: values on a grid of so many rows and columns, interpolated."""
    nodes = Seed(0).child("folds", rows, columns).rng().random((rows + 1, columns + 1))
    y, x = np.arange(height) * rows / height, np.arange(width) * columns / width
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    s, t = (y - i)[:, None], (x - j)[None, :]
    s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
    upper = nodes[i][:, j] * (1 - t) + nodes[i][:, j + 1] * t
    lower = nodes[i + 1][:, j] * (1 - t) + nodes[i + 1][:, j + 1] * t
    return upper * (1 - s) + lower * s - 0.5


def _cloth(part: _Part, fabric: Fabric) -> None:
    color, second = ink(fabric.color), ink(fabric.second)
    part.fill(color)
    high, wide = part.pixels.shape[:2]
    if fabric.pattern == "stripes":
        for y in range(3, high, 8):
            part.pixels[y : y + 3] = second
    elif fabric.pattern == "checks":
        between = np.array(_mixed(color, second, 0.5), np.uint8)
        part.pixels[2::8], part.pixels[3::8] = between, between
        part.pixels[:, 2::8], part.pixels[:, 3::8] = between, between
        part.pixels[2::8, 2::8] = part.pixels[3::8, 3::8] = second
    elif fabric.pattern == "dots":
        part.pixels[2::6, 2::6] = part.pixels[5::6, 5::6] = second
    elif fabric.pattern == "denim":
        part.shade(1 + 0.12 * _folds(high, wide, 16, 16))
    part.shade(1 + 0.10 * _folds(high, wide, 6, 5) + 0.07 * _folds(high, wide, 14, 6))


def _top(out: Picture, person: PersonShape) -> None:
    """A trunk's picture goes from the front (0) to the back, and from the hem up to the neck."""
    trunk, sleeve = _Part(out, "top"), _Part(out, "sleeve")
    fabric, kind = person.top_fabric, person.top
    base = ink(fabric.color)
    plain = Fabric(color=fabric.color) if fabric.pattern == "print" else fabric
    _cloth(trunk, plain)
    _cloth(sleeve, plain)
    dark, second = _mixed(base, _BLACK, 0.45), ink(fabric.second)
    if fabric.pattern == "print":
        trunk.box(second, 0.0, 0.55, 0.2, 0.75)
        trunk.box(_mixed(base, second, 0.3), 0.0, 0.61, 0.15, 0.66)
    if kind in ("jacket", "hoodie", "parka", "coat", "hi-vis"):
        trunk.box(dark, 0.0, 0.0, 0.022, 0.93)
        trunk.area(dark, (0.2, 0.22), (0.34, 0.17), (0.34, 0.19), (0.2, 0.24))
    if kind in ("suit", "coat"):
        shirt = (226, 228, 232) if kind == "suit" else second
        trunk.area(shirt, (0.0, 0.6 if kind == "suit" else 0.74), (0.12, 0.93), (0.12, 1.0), (0.0, 1.0))
        trunk.area(dark, (0.02, 0.6 if kind == "suit" else 0.74), (0.12, 0.9), (0.16, 0.86))
    if kind == "suit":
        trunk.area(_mixed(second, (90, 20, 30), 0.7), (0.0, 0.62), (0.035, 0.7), (0.03, 0.92), (0.0, 0.92))
    if kind == "shirt":
        trunk.box(_mixed(base, _BLACK, 0.12), 0.0, 0.0, 0.03, 0.92)
        trunk.area(_mixed(base, (255, 255, 255), 0.25), (0.0, 0.9), (0.1, 0.88), (0.2, 0.95), (0.2, 1.0), (0.0, 1.0))
    if kind in ("jumper", "hoodie", "jacket", "parka"):
        trunk.box(_mixed(base, _BLACK, 0.2), 0.0, 0.0, 1.0, 0.06)
        sleeve.box(_mixed(base, _BLACK, 0.2), 0.0, 0.0, 1.0, 0.06)
    if kind == "hi-vis":
        for part, levels in ((trunk, (0.24, 0.42)), (sleeve, (0.3, 0.5))):
            for y in levels:
                part.box(_SILVER, 0.0, y, 1.0, y + 0.07)
        trunk.box(_SILVER, 0.3, 0.45, 0.4, 1.0)
        trunk.box(_SILVER, 0.64, 0.45, 0.74, 1.0)
    if kind == "dress":
        trunk.box(dark, 0.0, 0.5, 1.0, 0.525)


def _legs(out: Picture, person: PersonShape) -> None:
    """A leg's picture goes from the outside (0) to the inside, and from the end up to the seat."""
    part = _Part(out, "leg")
    high, wide = part.pixels.shape[:2]
    x, y = (np.arange(wide) + 0.5) / wide, 1 - (np.arange(high) + 0.5) / high
    shade = np.ones((high, wide))
    # The insides of thighs see little light.
    shade *= 1 - 0.25 * np.clip((x[None, :] - 0.55) / 0.45, 0, 1) * np.clip((y[:, None] - 0.35) / 0.5, 0, 1)
    if person.bottom_fabric.pattern == "denim":
        faded = np.clip(1 - np.abs(y - 0.62) / 0.28, 0, 1)[:, None] * np.clip(1 - np.abs(x - 0.45) / 0.3, 0, 1)[None, :]
        shade *= 1 + 0.22 * faded
        shade[:, :4] *= 0.85
    part.shade(shade)


# --- faces ------------------------------------------------------------------------------------------------


def _face(part: _Part, person: PersonShape) -> None:
    """Half a face from its middle outwards, from the chin to the crown, in shares of `head.WIDEST` and of the head's height; and the scalp."""
    skin, hair = ink(person.skin), ink(person.hair_color)
    part.fill(skin)
    high, wide = part.pixels.shape[:2]
    red = _mixed(skin, (190, 60, 60), 0.14)
    part.spot(red, 0.5, 0.32, 0.22, 0.09)
    if person.hair in ("crop", "short", "curly") and person.hat is None:
        part.area(hair, (0.0, 0.85), (0.75, 0.79), (0.95, 0.55), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    if person.beard:
        beard = _mixed(skin, hair, 0.75)
        part.area(beard, (0.0, -0.02), (1.0, -0.02), (1.0, 0.4), (0.86, 0.42), (0.72, 0.22), (0.42, 0.26), (0.0, 0.275))
    shadow = _mixed(skin, _BLACK, 0.35)
    part.area(_mixed(skin, _BLACK, 0.14), (0.12, 0.56), (0.3, 0.585), (0.62, 0.57), (0.66, 0.5), (0.5, 0.455), (0.2, 0.46))
    part.spot((232, 228, 224), 0.42, 0.505, 0.14, 0.02)
    part.spot((44, 32, 26), 0.42, 0.506, 0.06, 0.022)
    part.area(shadow, (0.27, 0.52), (0.42, 0.538), (0.58, 0.518), (0.58, 0.505), (0.42, 0.527), (0.27, 0.508))
    brow = _mixed(_mixed(skin, hair, 0.8), _BLACK, 0.1)
    part.area(brow, (0.2, 0.585), (0.44, 0.602), (0.66, 0.572), (0.64, 0.564), (0.43, 0.588), (0.2, 0.573))
    part.spot(shadow, 0.1, 0.29, 0.07, 0.012)
    lips = _mixed(_mixed(skin, (150, 50, 56), 0.45), _BLACK, 0.1)
    part.area(lips, (0.0, 0.215), (0.1, 0.22), (0.26, 0.198), (0.12, 0.168), (0.0, 0.162))
    part.box(_mixed(lips, _BLACK, 0.45), 0.0, 0.189, 0.25, 0.2)
    # Under the jaw it is dark.
    y = 1 - (np.arange(high) + 0.5) / high
    part.shade(np.broadcast_to(1 - 0.3 * np.clip((0.07 - y) / 0.07, 0, 1)[:, None], (high, wide)))


def _hair(part: _Part, color: Ink) -> None:
    part.fill(color)
    high, wide = part.pixels.shape[:2]
    part.shade(1 + 0.45 * _folds(high, wide, 2, 14) + 0.3 * _folds(high, wide, 4, 30))


# --- other things -----------------------------------------------------------------------------------------


def _hat(part: _Part, person: PersonShape) -> None:
    """From the front (0) to the back, and from the brim up to the crown."""
    color = ink(person.hat_color)
    part.fill(color)
    high, wide = part.pixels.shape[:2]
    if person.hat == "full-face":
        part.area((16, 18, 22), (0.0, 0.3), (0.52, 0.34), (0.56, 0.46), (0.5, 0.56), (0.0, 0.6))
        part.box(_mixed(color, (255, 255, 255), 0.6), 0.62, 0.5, 1.0, 0.6)
    elif person.hat == "helmet":
        for x in (0.05, 0.3, 0.55, 0.8):
            part.area((20, 20, 22), (x, 0.4), (x + 0.12, 0.4), (x + 0.09, 0.85), (x + 0.03, 0.85))
    elif person.hat == "brim":
        part.box(_mixed(color, _BLACK, 0.6), 0.0, 0.05, 1.0, 0.22)
    elif person.hat == "beanie":
        part.box(_mixed(color, (255, 255, 255), 0.12), 0.0, 0.0, 1.0, 0.25)
        part.shade(1 + 0.2 * _folds(high, wide, 2, 16))
    elif person.hat in ("cap", "headscarf"):
        part.shade(1 + 0.16 * _folds(high, wide, 5, 6))


def _shoe(part: _Part, person: PersonShape) -> None:
    """From the heel (0) to the toes, and from the sole up."""
    color = ink(person.shoe_color)
    part.fill(color)
    if person.shoe == "trainers":
        part.box((232, 232, 230), -0.1, -0.2, 1.1, 0.24)
        part.area(_mixed(color, (240, 240, 240), 0.75), (0.45, 0.3), (0.6, 0.3), (0.5, 0.8), (0.38, 0.8))
    elif person.shoe == "sandals":
        part.fill(ink(person.skin))
        part.box(color, -0.1, -0.2, 1.1, 0.24)
        for x in (0.2, 0.5, 0.75):
            part.box(color, x, 0.2, x + 0.13, 1.2)
    else:
        part.box(_mixed(color, _BLACK, 0.6), -0.1, -0.2, 1.1, 0.2)


def _bag(part: _Part, person: PersonShape) -> None:
    color = ink(person.bag_color)
    part.fill(color)
    if person.bag == "box":
        part.box(_mixed(color, (255, 240, 200), 0.35), -0.1, 0.45, 1.1, 0.55)
        return
    part.box(_mixed(color, _BLACK, 0.5), -0.1, 0.7, 1.1, 0.74)
    part.shade(1 + 0.12 * _folds(32, 32, 5, 5))
