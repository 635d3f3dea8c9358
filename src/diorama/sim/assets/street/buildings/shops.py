"""Shop fronts and their signs: pictures of several in a grid. All names are made up."""

from functools import cache

import cv2
import numpy as np

from diorama.sim.assets.household.print import Picture, bar, brand, on, sheet, text
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import BLACK, BRIGHT, WHITE, Ink, between, pick, printed
from diorama.sim.assets.street.buildings.windows import Windows, cell, toned
from diorama.sim.assets.street.patches import Cover
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec

#: Different pictures of fronts, and of signs; and what is in each.
SHEETS = 2
COLUMNS, ROWS = 2, 4
SIGNS = 8
_WIDE_PX, _HIGH_PX = 256, 128
_CLOTHS: tuple[Ink, ...] = ((132, 44, 46), (46, 92, 70), (52, 72, 112), (168, 120, 56), (150, 148, 140), (72, 72, 76), (176, 92, 56))
#: A sign's width and height.
_BOARD_PX, _SIGN_PX = 256, 32

TRADES = ("BAKERY", "BOOKS", "CAFE", "PHARMACY", "OPTICIAN", "FLOWERS", "BANK", "SHOES", "PIZZA", "HAIR", "TOYS", "BIKES", "TEA ROOM", "KEBAB")
#: What shops paint their wood with.
PAINTS: tuple[Ink, ...] = (
    (36, 38, 42),
    (60, 62, 64),
    (226, 222, 212),
    (30, 58, 48),
    (104, 30, 34),
    (32, 46, 78),
    (178, 146, 58),
    (92, 62, 44),
    (78, 98, 108),
    (168, 78, 48),
    (66, 112, 72),
    (206, 200, 186),
)


@cache
def fronts(number: int) -> Windows:
    """Eight fronts, each about twice as wide as high."""
    rng = Seed(0).child("shops", number).rng()
    day = sheet(COLUMNS * _WIDE_PX, ROWS * _HIGH_PX, (0, 0, 0))
    night = day.copy()
    for k in range(COLUMNS * ROWS):
        y, x = k // COLUMNS * _HIGH_PX, k % COLUMNS * _WIDE_PX
        part = slice(y, y + _HIGH_PX), slice(x, x + _WIDE_PX)
        _front(day[part], night[part], pick(rng, PAINTS), rng)
    return Windows(day, night)


def front_cell(number: int) -> tuple[float, float, float, float]:
    """Where a front is in its picture."""
    return cell(number, COLUMNS, ROWS)


def _front(day: Picture, night: Picture, ink: Ink, rng: np.random.Generator) -> None:
    h, w = day.shape[:2]
    bar(day, ink, 0, 0, w, h)
    riser = round(h * between(rng, 0.0, 0.24))
    door = round(w * pick(rng, (0.08, 0.42, 0.76)))
    door_end = door + round(0.17 * w)
    panes: list[tuple[int, int]] = []
    for x0, x1 in ((6, door - 5), (door_end + 5, w - 6)):
        if x1 - x0 > 20:
            count = max(1, round((x1 - x0) / between(rng, 50, 110)))
            panes += [(x0 + (x1 - x0) * k // count + 2, x0 + (x1 - x0) * (k + 1) // count - 2) for k in range(count)]
    for x0, x1 in panes:
        _display(day[6 : h - riser - 4, x0:x1], night[6 : h - riser - 4, x0:x1], rng)
    for y0, y1 in ((6, 24), (28, h - 3)):
        bar(day, (28, 32, 36), door + 4, y0, door_end - 4, y1)
        bar(night, (190, 170, 130), door + 4, y0, door_end - 4, y1)
    bar(day, (184, 182, 172), door + 8, h // 2, door + 10, h // 2 + 22)
    if riser > 12:
        pale = toned((ink[0] + 6, ink[1] + 6, ink[2] + 6), 1.2)
        for x0, x1 in panes:
            cv2.rectangle(day, (x0 + 4, h - riser + 3), (x1 - 5, h - 5), pale, 1)


def _display(day: Picture, night: Picture, rng: np.random.Generator) -> None:
    """What is in a shop window."""
    h, w = day.shape[:2]
    dark = pick(rng, ((34, 36, 40), (52, 50, 46), (70, 66, 58), (26, 30, 34)))
    light = pick(rng, ((255, 244, 214), (255, 232, 190), (240, 244, 255)))
    bar(day, dark, 0, 0, w, h)
    bar(night, toned(light, 0.72), 0, 0, w, h)
    for x in range(int(rng.integers(6, 16)), w - 4, 22):  # lamps on the ceiling
        bar(day, (214, 206, 184), x, 6, x + 6, 8)
        bar(night, WHITE, x, 6, x + 6, 9)
    kind = int(rng.integers(4))
    for row in range(3 if kind < 2 else 1):  # shelves, or things that stand in the window
        y = h - 3 - row * max(h // 4, 14)
        x = 3
        while x < w - 8:
            wide, high = int(rng.integers(4, 13)), int(rng.integers(6, max(h // 4, 12)))
            ink = pick(rng, (*BRIGHT, WHITE, BLACK, (180, 160, 130), (200, 190, 170)))
            dim = toned(ink, 0.55)
            bar(day, dim, x, y - high, min(x + wide, w - 3), y)
            bar(night, dim, x, y - high, min(x + wide, w - 3), y)
            x += wide + int(rng.integers(1, 8))
        bar(day, (90, 84, 76), 0, y, w, y + 2)
    if kind == 3 and w > 36:  # a poster on the glass
        ground = pick(rng, (*BRIGHT, WHITE))
        x = int(rng.integers(4, w - 30))
        bar(day, ground, x, h // 4, x + 26, h // 4 + 34)
        text(day[h // 4 : h // 4 + 34, x : x + 26], pick(rng, ("SALE", "NEW", "-50%", "OPEN")), (0.5, 0.4), (0.9, 0.4), on(ground))


@cache
def signs(number: int) -> Look:
    """The look of a picture of eight signs, one above the other."""
    rng = Seed(0).child("signs", number).rng()
    picture = sheet(_BOARD_PX, SIGNS * _SIGN_PX, (0, 0, 0))
    for k in range(SIGNS):
        board = picture[k * _SIGN_PX : (k + 1) * _SIGN_PX]
        ink = pick(rng, PAINTS)
        bar(board, ink, 0, 0, _BOARD_PX, _SIGN_PX)
        letters: Ink = pick(rng, (on(ink), on(ink), (232, 190, 80) if on(ink) == WHITE else (120, 20, 24)))
        name = brand(rng)
        words = pick(rng, (name, f"{name} {pick(rng, TRADES)}", pick(rng, TRADES), f"{name} & {brand(rng)}"))
        text(board, words, (pick(rng, (0.5, 0.5, 0.32)), 0.5), (between(rng, 0.4, 0.7), 0.8), letters)
    return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.45), images={"base_color": picture})


def sign_cell(number: int) -> tuple[float, float, float, float]:
    """Where a sign is in its picture."""
    return cell(number, 1, SIGNS)


@cache
def awning(number: int) -> Cover:
    """Striped cloth, or plain."""
    ink = _CLOTHS[number % len(_CLOTHS)]
    picture = sheet(64, 8, ink)
    for x in range(0, 64 if number % 2 else 0, 16):
        bar(picture, (232, 228, 218), x, 0, x + 8, 8)
    return Cover(printed(picture, 0.9), 3.0)
