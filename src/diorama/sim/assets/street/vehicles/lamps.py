"""Lamps: what is behind their covers, drawn, and what of it shines.

A picture's left is the vehicle's middle, its right the side; the other lamp of a pair is its mirror image.
"""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import encode_srgb
from diorama.sim.assets.mesh import Image, Look
from diorama.sim.spec import MaterialSpec, Rgb

_WIDTH, _HEIGHT = 128, 64
_AA = cv2.LINE_AA

#: What lamps give, W/m2/sr, of what their covers let through: a white wall in the noon sun shows about 1.2.
_LIGHT: dict[str, Rgb] = {
    "day": (4.2, 4.4, 4.6),
    "dipped": (14.0, 13.2, 11.5),
    "tail": (0.5, 0.01, 0.006),
    "brake": (3.2, 0.06, 0.04),
    "indicator": (5.0, 1.9, 0.1),
    "reverse": (2.4, 2.4, 2.3),
}

Mask = NDArray[np.uint8]
Drawn = tuple[Image, dict[str, Mask]]


def _sheet(ink: tuple[int, int, int]) -> Image:
    return np.full((_HEIGHT, _WIDTH, 3), ink, np.uint8)


def _mask() -> Mask:
    return np.zeros((_HEIGHT, _WIDTH), np.uint8)


def _both(picture: Image, mask: Mask, draw: Callable[[NDArray[np.uint8], tuple[int, int, int]], None], ink: tuple[int, int, int]) -> None:
    """Draw something on a picture, and on the mask of what shines."""
    draw(picture, ink)
    draw(mask, (255, 255, 255))


def _bowl(picture: Image, mask: Mask, x: int, y: int, r: int) -> None:
    """A reflector with a lens in it."""
    cv2.circle(picture, (x, y), r, (150, 154, 160), -1, _AA)
    cv2.circle(picture, (x, y), round(0.86 * r), (214, 218, 224), 2, _AA)
    cv2.circle(picture, (x, y), round(0.55 * r), (70, 74, 82), -1, _AA)
    cv2.circle(picture, (x - r // 5, y - r // 5), max(2, round(0.18 * r)), (236, 240, 246), -1, _AA)
    cv2.circle(mask, (x, y), round(0.8 * r), (255, 255, 255), -1, _AA)


def _line(points: list[tuple[int, int]], thick: int) -> Callable[[NDArray[np.uint8], tuple[int, int, int]], None]:
    def draw(picture: NDArray[np.uint8], ink: tuple[int, int, int]) -> None:
        cv2.polylines(picture, [np.array(points, np.int32)], False, ink, thick, _AA)

    return draw


def _twin(dark: int) -> Drawn:
    """Two bowls in a dark housing, a line of light below."""
    picture, day, dipped, turn = _sheet((dark, dark, dark + 2)), _mask(), _mask(), _mask()
    _bowl(picture, dipped, 88, 30, 21)
    _bowl(picture, _mask(), 40, 32, 17)
    _both(picture, day, _line([(8, 56), (90, 58), (118, 44)], 5), (226, 230, 236))
    _both(picture, turn, _line([(116, 8), (120, 34)], 8), (206, 122, 40))
    return picture, {"day": day, "dipped": dipped, "indicator": turn}


def _bar() -> Drawn:
    """Slim: a bar of light above three small lenses."""
    picture, day, dipped, turn = _sheet((30, 31, 34)), _mask(), _mask(), _mask()
    _both(picture, day, _line([(2, 12), (122, 8)], 9), (232, 236, 242))
    for x in (28, 58, 88):
        cv2.rectangle(picture, (x - 12, 24), (x + 12, 48), (92, 96, 104), -1)
        cv2.rectangle(picture, (x - 8, 28), (x + 8, 44), (196, 202, 212), -1)
        cv2.rectangle(dipped, (x - 9, 27), (x + 9, 45), 255, -1)
    _both(picture, turn, _line([(4, 58), (112, 56)], 5), (190, 120, 52))
    return picture, {"day": day, "dipped": dipped, "indicator": turn}


def _large() -> Drawn:
    """One large reflector behind a clear cover, the indicator in the corner."""
    picture, day, dipped, turn = _sheet((176, 180, 186)), _mask(), _mask(), _mask()
    for x in range(0, 128, 9):
        cv2.line(picture, (x, 0), (x - 6, 64), (196, 200, 206), 2, _AA)
    _bowl(picture, dipped, 52, 32, 27)
    cv2.circle(picture, (14, 46), 7, (120, 124, 130), -1, _AA)
    cv2.circle(day, (14, 46), 8, (255, 255, 255), -1, _AA)
    cv2.rectangle(picture, (94, 4), (127, 60), (212, 132, 44), -1)
    for x in range(98, 128, 6):
        cv2.line(picture, (x, 4), (x, 60), (190, 112, 34), 1, _AA)
    cv2.rectangle(turn, (96, 6), (127, 58), 255, -1)
    return picture, {"day": day, "dipped": dipped, "indicator": turn}


def _hook() -> Drawn:
    """A lens in the crook of a hook of light, which is the indicator too."""
    picture, day, dipped, turn = _sheet((44, 46, 50)), _mask(), _mask(), _mask()
    hook = _line([(10, 10), (96, 8), (112, 30), (60, 56)], 6)
    _both(picture, day, hook, (228, 232, 238))
    hook(turn, (255, 255, 255))
    _bowl(picture, dipped, 66, 32, 19)
    return picture, {"day": day, "dipped": dipped, "indicator": turn}


def _stripes() -> Drawn:
    """Red, with a white and an amber band."""
    picture, tail, brake, turn, back = _sheet((122, 12, 14)), _mask(), _mask(), _mask(), _mask()
    picture[:26] = (140, 14, 16)
    tail[2:24], brake[2:24] = 255, 255
    picture[28:42] = (196, 116, 40)
    turn[29:41] = 255
    picture[44:, :64], picture[44:, 64:] = (206, 204, 202), (122, 12, 14)
    back[46:62, 2:62] = 255
    tail[46:62, 66:] = 255
    picture[26:28] = picture[42:44] = (60, 8, 8)
    return picture, {"tail": tail, "brake": brake, "indicator": turn, "reverse": back}


def _rings() -> Drawn:
    """Two round lamps in smoked red."""
    picture, tail, brake, turn, back = _sheet((66, 8, 10)), _mask(), _mask(), _mask(), _mask()
    for x, mask in ((92, brake), (38, turn)):
        cv2.circle(picture, (x, 32), 25, (160, 18, 20), -1, _AA)
        cv2.circle(picture, (x, 32), 25, (196, 40, 40), 2, _AA)
        cv2.circle(picture, (x, 32), 11, (112, 10, 12) if x == 92 else (200, 110, 60), -1, _AA)
        cv2.circle(tail, (x, 32), 24, 255, 5, _AA)
        cv2.circle(mask, (x, 32), 19 if x == 92 else 11, 255, -1, _AA)
    cv2.rectangle(picture, (2, 50), (20, 62), (200, 198, 196), -1)
    cv2.rectangle(back, (2, 50), (20, 62), 255, -1)
    return picture, {"tail": tail, "brake": brake, "indicator": turn, "reverse": back}


def _blade() -> Drawn:
    """A line of light along the edge, bricks within."""
    picture, tail, brake, turn, back = _sheet((98, 8, 12)), _mask(), _mask(), _mask(), _mask()
    _both(picture, tail, _line([(4, 10), (118, 10), (118, 54)], 8), (186, 26, 28))
    for x in (16, 40, 64, 88):
        cv2.rectangle(picture, (x, 22), (x + 18, 36), (132, 14, 18), -1)
        cv2.rectangle(brake, (x, 22), (x + 18, 36), 255, -1)
    cv2.rectangle(picture, (12, 44), (58, 58), (186, 130, 96), -1)
    cv2.rectangle(turn, (12, 44), (58, 58), 255, -1)
    cv2.rectangle(picture, (64, 44), (104, 58), (196, 192, 190), -1)
    cv2.rectangle(back, (64, 44), (104, 58), 255, -1)
    return picture, {"tail": tail, "brake": brake, "indicator": turn, "reverse": back}


_HEAD: tuple[Callable[[], Drawn], ...] = (lambda: _twin(26), _bar, _large, _hook, lambda: _twin(120))
_TAIL: tuple[Callable[[], Drawn], ...] = (_stripes, _rings, _blade)
HEADS, TAILS = len(_HEAD), len(_TAIL)


@lru_cache(maxsize=256)
def lamp_look(head: bool, style: int, shining: tuple[str, ...]) -> Look:
    """The look of a head lamp or a tail lamp in which these shine: names in `_LIGHT`."""
    picture, masks = (_HEAD if head else _TAIL)[style]()
    light = np.zeros((_HEIGHT, _WIDTH, 3), np.float32)
    for name in shining:
        if name in masks:
            light = np.maximum(light, (masks[name].astype(np.float32) / np.float32(255))[..., None] * np.array(_LIGHT[name], np.float32))
    most = float(light.max())
    material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.25, clear_coat=1.0, emissive=(most, most, most))
    if most == 0:
        return Look(material=material, images={"base_color": picture})
    return Look(material=material, images={"base_color": picture, "emissive": encode_srgb(light / np.float32(most))})


def lamp_plain(light: str, ink: Rgb, on: bool) -> Look:
    """The look of a small lamp of one colour."""
    return Look(material=MaterialSpec(base_color=ink, roughness=0.2, clear_coat=1.0, emissive=_LIGHT[light] if on else (0.0, 0.0, 0.0)))
