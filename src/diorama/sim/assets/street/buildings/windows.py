"""Windows and doors: pictures of several in a grid, of which each opening of a wall shows one.

Of each picture of windows there is one of the light in them at night. The wall's own openings have depth; frames, curtains and what is dimly seen
of rooms are in the picture. The glass is dark and smooth, and mirrors what is around.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from diorama.sim.assets.household.print import Picture, bar, sheet
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import Ink, between, pick
from diorama.sim.assets.street.paints import PAINTS
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec

#: Windows of a picture: so many columns and rows.
COLUMNS, ROWS = 4, 2
#: A window's width and height in it.
_WIDE_PX, _HIGH_PX = 64, 128
#: Frames that windows come in, by their paints.
FRAMES = ("white", "cream", "brown", "grey", "green", "black")
#: How windows are divided. What is called a curtain is as wide as a wall: four panes, and a panel below each.
KINDS = ("sash", "georgian", "casement", "cross", "plain", "tilt", "curtain")

_CURTAINS: tuple[Ink, ...] = ((206, 198, 184), (188, 176, 160), (150, 120, 104), (176, 182, 186), (142, 150, 132), (198, 186, 150))
_LAMPLIGHT: tuple[Ink, ...] = ((255, 214, 150), (255, 226, 178), (255, 200, 128), (236, 236, 255))


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Pictures of windows: what is seen by `day`, and what shines at `night`."""

    day: Picture
    night: Picture

    def look(self, glow: float = 0.0) -> Look:
        """How they look dark, or shining with about `glow` W/m2/sr. Repeated calls return the same object."""
        return _look(self, glow)


@cache
def _look(windows: Windows, glow: float) -> Look:
    # Panes mirror; the frames beside them hardly differ for it.
    material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.12, emissive=(glow, glow, glow))
    return Look(material=material, images={"base_color": windows.day, "emissive": windows.night} if glow > 0 else {"base_color": windows.day})


def cell(number: int, columns: int = COLUMNS, rows: int = ROWS) -> tuple[float, float, float, float]:
    """(u0, v0, u1, v1) of a picture in a grid, a little inside of it so that its neighbours do not show."""
    column, row = number % columns, rows - 1 - number // columns % rows
    rim = 1 / 256
    return (column / columns + rim / columns, row / rows + rim / rows, (column + 1) / columns - rim / columns, (row + 1) / rows - rim / rows)


@cache
def windows(kind: str, frame: str) -> Windows:
    """Eight windows: what is behind the panes differs."""
    rng = Seed(0).child("windows", kind, frame).rng()
    day = sheet(COLUMNS * _WIDE_PX, ROWS * _HIGH_PX, (0, 0, 0))
    night = day.copy()
    for number in range(COLUMNS * ROWS):
        y, x = number // COLUMNS * _HIGH_PX, number % COLUMNS * _WIDE_PX
        part = slice(y, y + _HIGH_PX), slice(x, x + _WIDE_PX)
        _room(day[part], night[part], number, rng)
        _sashes(day[part], kind, PAINTS[frame])
        _sashes(night[part], kind, (14, 12, 10))
    return Windows(day, night)


def _room(day: Picture, night: Picture, number: int, rng: np.random.Generator) -> None:
    """What is behind the glass."""
    h, w = day.shape[:2]
    dark: Ink = pick(rng, ((26, 30, 34), (34, 38, 42), (20, 24, 30), (42, 44, 46)))
    light = pick(rng, _LAMPLIGHT)
    _shaded(day, toned(dark, 1.5), dark)
    _shaded(night, light, toned(light, 0.55))
    cloth = pick(rng, _CURTAINS)
    kind = (number + int(rng.integers(2))) % 8
    if kind in (1, 2):  # curtains drawn aside
        reach = round(w * between(rng, 0.14, 0.3))
        for x0 in (0, w - reach):
            for k in range(0, reach, 2):
                bar(day, toned(cloth, 0.62 + 0.3 * (k // 2 % 2)), x0 + k, 0, x0 + k + 2, h)
                bar(night, toned(light, 0.3 + 0.12 * (k // 2 % 2)), x0 + k, 0, x0 + k + 2, h)
    elif kind == 3:  # a net over the lower half
        top = round(h * between(rng, 0.0, 0.5))
        for y in range(top, h, 3):
            bar(day, (150, 152, 152), 0, y, w, y + 2)
    elif kind in (4, 5):  # a blind
        end = round(h * between(rng, 0.25, 0.95))
        for y in range(0, end, 5):
            bar(day, toned(cloth, 0.9), 0, y, w, y + 4)
            bar(day, toned(cloth, 0.6), 0, y + 4, w, y + 5)
            bar(night, toned(light, 0.6), 0, y, w, y + 4)
    elif kind == 6:  # things on the sill
        for _ in range(4):
            x, high = int(rng.integers(6, w - 8)), int(rng.integers(12, 40))
            ink = pick(rng, ((62, 88, 52), (140, 70, 52), (190, 186, 176), (60, 70, 100)))
            cv2.ellipse(day, (x, h - high // 2), (max(high // 5, 2), high // 2), 0, 0, 360, ink, -1, cv2.LINE_AA)
            cv2.ellipse(night, (x, h - high // 2), (max(high // 5, 2), high // 2), 0, 0, 360, (60, 44, 30), -1, cv2.LINE_AA)
    elif kind == 7:  # a lamp, and the far wall
        bar(day, toned(dark, 1.6), round(0.2 * w), 0, round(0.5 * w), h)
        cv2.circle(day, (round(0.62 * w), round(0.3 * h)), 4, (120, 112, 96), -1, cv2.LINE_AA)
        cv2.circle(night, (round(0.62 * w), round(0.3 * h)), 5, (255, 250, 235), -1, cv2.LINE_AA)


def _shaded(picture: Picture, top: Ink, bottom: Ink) -> None:
    """From one ink above to another below."""
    t = np.linspace(0.0, 1.0, picture.shape[0])[:, None]
    picture[:] = (np.array(top) * (1 - t) + np.array(bottom) * t + 0.5).astype(np.uint8)[:, None]


def toned(ink: Ink, factor: float) -> Ink:
    """A darker or brighter ink."""
    red, green, blue = (min(255, int(c * factor)) for c in ink)
    return (red, green, blue)


def _sashes(picture: Picture, kind: str, ink: Ink) -> None:
    """Frames and glazing bars."""
    h, w = picture.shape[:2]
    edge, thin = 5, 3
    low = toned(ink, 0.72)

    def rail(y: int, thick: int) -> None:
        bar(picture, ink, 0, y, w, y + thick)
        bar(picture, low, 0, y + thick - 1, w, y + thick)

    def post(x: int, thick: int, y0: int = 0, y1: int = h) -> None:
        bar(picture, ink, x, y0, x + thick, y1)
        bar(picture, low, x + thick - 1, y0, x + thick, y1)

    if kind == "sash":
        rail(h // 2 - 4, 8)
        post(w // 2 - 2, thin)
    elif kind == "georgian":
        rail(h // 2 - 4, 8)
        for k in (1, 2):
            post(k * w // 3 - 2, thin)
        for k in (1, 5):
            rail(k * h // 6 + (h // 12 if k == 1 else -h // 12) - 2, thin)
    elif kind == "casement":
        post(w // 2 - 4, 8)
    elif kind == "cross":
        post(w // 2 - 4, 8)
        rail(h // 3 - 4, 9)
    elif kind == "tilt":
        post(2 * w // 3 - 3, 6)
        rail(2 * h // 3 - 3, 7)
    elif kind == "curtain":
        bar(picture, toned(ink, 0.55), 0, round(0.78 * h), w, h)
        for k in (1, 2, 3):
            post(k * w // 4 - 2, thin)
        rail(round(0.78 * h) - 2, thin)
        edge = 2
    for x in (0, w - edge):
        post(x, edge)
    for y in (0, h - edge - 5):
        rail(y, edge + (5 if y else 2))


# --- doors ------------------------------------------------------------------------------------------------

#: Doors of the picture, and how many of them are for cars.
DOORS, GARAGES = 8, 4
_DOOR_PX = 64

_PAINTS: tuple[Ink, ...] = ((40, 70, 110), (130, 30, 34), (30, 74, 56), (50, 50, 54), (206, 200, 188), (90, 60, 40), (86, 100, 116), (172, 132, 60))


@cache
def doors() -> Look:
    """Eight doors in a row, and below them four doors of garages, each twice as wide."""
    rng = Seed(0).child("doors").rng()
    picture = sheet(DOORS * _DOOR_PX, 256, (0, 0, 0))
    for number, ink in enumerate(_PAINTS):
        _door(picture[:128, number * _DOOR_PX : (number + 1) * _DOOR_PX], ink, rng)
    for number in range(GARAGES):
        ink = pick(rng, ((214, 212, 206), (150, 154, 158), (110, 80, 60), (232, 230, 224)))
        _roller(picture[128:, number * 2 * _DOOR_PX : (number + 1) * 2 * _DOOR_PX], ink)
    return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.4), images={"base_color": picture})


def door_cell(number: int) -> tuple[float, float, float, float]:
    """Where a house's door is in the picture."""
    return cell(number % DOORS, DOORS, 2)


def garage_cell(number: int) -> tuple[float, float, float, float]:
    """Where a garage's door is in the picture."""
    return cell(GARAGES + number % GARAGES, GARAGES, 2)


def _door(picture: Picture, ink: Ink, rng: np.random.Generator) -> None:
    h, w = picture.shape[:2]
    bar(picture, (226, 224, 216), 0, 0, w, h)
    bar(picture, (34, 38, 42), 7, 6, w - 7, 24)  # a light above the door
    bar(picture, ink, 7, 28, w - 7, h)
    shade, pale = toned(ink, 0.7), toned(ink, 1.25)
    panes = rng.random() < 0.5
    for x0, x1 in ((13, w // 2 - 3), (w // 2 + 3, w - 13)):
        for y0, y1 in ((34, 74), (84, h - 8)):
            inside = (30, 34, 40) if panes and y0 == 34 else ink
            bar(picture, shade, x0, y0, x1, y1)
            bar(picture, pale, x0 + 1, y1 - 2, x1, y1)
            bar(picture, inside, x0 + 2, y0 + 2, x1 - 1, y1 - 2)
    bar(picture, (190, 170, 110), w - 14, 78, w - 11, 82)
    bar(picture, (190, 170, 110), w // 2 - 6, 78, w // 2 + 6, 80)


def _roller(picture: Picture, ink: Ink) -> None:
    h, w = picture.shape[:2]
    bar(picture, ink, 0, 0, w, h)
    for y in range(0, h, 12):
        bar(picture, toned(ink, 0.72), 0, y, w, y + 2)
        bar(picture, toned(ink, 1.06), 0, y + 2, w, y + 4)
