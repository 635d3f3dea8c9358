"""Printed matter: labels and panels drawn with OpenCV, as (h, w, 3) uint8 sRGB pictures. All brands are made up."""

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.recipe import BLACK, BRIGHT, WHITE, Ink, between, pick

Picture = NDArray[np.uint8]

_HEADS = ("LU", "NO", "KA", "TI", "BO", "VE", "MI", "SO", "FA", "RU", "ZE", "PA")
_TAILS = ("MO", "RDA", "LLA", "VO", "NNI", "SKA", "TTO", "RIA", "XO", "BEL", "DOR", "KI")


def brand(rng: np.random.Generator) -> str:
    """A name that no shop sells."""
    return pick(rng, _HEADS) + pick(rng, _TAILS)


def sheet(width_px: int, height_px: int, ink: Ink) -> Picture:
    """An empty picture of one colour."""
    picture = np.empty((height_px, width_px, 3), np.uint8)
    fill(picture, ink)
    return picture


def fill(picture: Picture, ink: Ink) -> None:
    """Cover a picture, or part of one, with one colour; much faster than by assignment."""
    cv2.rectangle(picture, (0, 0), (picture.shape[1], picture.shape[0]), ink, -1)


def bar(picture: Picture, ink: Ink, x0: int, y0: int, x1: int, y1: int) -> None:
    """Cover the pixels from (x0, y0) to before (x1, y1), if there are any."""
    if x0 < x1 and y0 < y1:
        cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), ink, -1)


def on(ink: Ink) -> Ink:
    """White or black, whichever can be read on this colour."""
    return BLACK if 2 * ink[0] + 5 * ink[1] + ink[2] > 8 * 150 else WHITE


def text(picture: Picture, words: str, center: tuple[float, float], size: tuple[float, float], ink: Ink) -> None:
    """Words centred at a place, as large as fits a (width, height) box; all as shares of the picture's width and height."""
    h, w = picture.shape[:2]
    (wide, high), base = cv2.getTextSize(words, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
    scale = min(size[0] * w / wide, size[1] * h / (high + base))
    if scale < 0.12:
        return
    weight = max(1, round(2.2 * scale))
    (wide, high), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_DUPLEX, scale, weight)
    at = (round(center[0] * w - wide / 2), round(center[1] * h + high / 2))
    cv2.putText(picture, words, at, cv2.FONT_HERSHEY_DUPLEX, scale, ink, weight, cv2.LINE_AA)


def _points(picture: Picture, shares: list[tuple[float, float]]) -> NDArray[np.int32]:
    h, w = picture.shape[:2]
    return np.array([[round(x * w), round(y * h)] for x, y in shares], np.int32)


def motif(picture: Picture, rng: np.random.Generator, ink: Ink) -> None:
    """One of a few large background shapes."""
    h, w = picture.shape[:2]
    kind = int(rng.integers(5))
    if kind == 0:  # a slope
        cv2.fillPoly(picture, [_points(picture, [(0, between(rng, 0.4, 0.6)), (1, between(rng, 0.25, 0.45)), (1, 1), (0, 1)])], ink, cv2.LINE_AA)
    elif kind == 1:  # a sun
        cv2.circle(picture, (w // 2, round(0.62 * h)), round(0.42 * min(w, h)), ink, -1, cv2.LINE_AA)
    elif kind == 2:  # a band
        top = between(rng, 0.3, 0.5)
        cv2.rectangle(picture, (0, round(top * h)), (w, round((top + 0.25) * h)), ink, -1)
    elif kind == 3:  # rays
        for k in range(0, 16, 2):
            a, b = (k - 0.5) / 16, (k + 0.5) / 16
            cv2.fillPoly(picture, [_points(picture, [(0.5, 1.1), (a * 3 - 1, -0.1), (b * 3 - 1, -0.1)])], ink, cv2.LINE_AA)
    else:  # a wave
        crest = [(x / 12, 0.55 + (0.06 if x % 4 in (1, 2) else -0.02)) for x in range(13)]
        cv2.fillPoly(picture, [_points(picture, [*crest, (1, 1), (0, 1)])], ink, cv2.LINE_AA)


def heap(
    picture: Picture, rng: np.random.Generator, ink: Ink, *, count: int = 14, center: tuple[float, float] = (0.5, 0.72), spread: float = 0.28
) -> None:
    """A heap of round things: what is in the packet."""
    h, w = picture.shape[:2]
    radius = max(2, round(0.075 * min(w, h)))
    ring = rng.random() < 0.5
    shade = tuple(int(0.6 * c) for c in ink)
    for _ in range(count):
        x, y = between(rng, center[0] - spread, center[0] + spread), between(rng, center[1] - 0.5 * spread, center[1] + 0.5 * spread)
        at = (round(x * w), round(y * h))
        cv2.circle(picture, at, radius, shade, -1, cv2.LINE_AA)
        cv2.circle(picture, (at[0], at[1] - max(1, radius // 6)), round(0.88 * radius), ink, -1, cv2.LINE_AA)
        if ring:
            cv2.circle(picture, at, max(1, radius // 3), shade, -1, cv2.LINE_AA)


def barcode(picture: Picture, rng: np.random.Generator) -> None:
    """Fills the picture with a barcode on white."""
    h, w = picture.shape[:2]
    fill(picture, WHITE)
    edge, x = max(1, w // 16), max(1, w // 16)
    while x < w - edge:
        black, white = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        bar(picture, BLACK, x, edge, min(x + black, w - edge), h - edge)
        x += black + white


def small_print(picture: Picture, rng: np.random.Generator, ink: Ink) -> None:
    """Rows of dashes that look like text too small to read."""
    h, w = picture.shape[:2]
    row = max(4, h // 12)
    letter, gap = max(1, row // 5), max(1, row // 3)
    for y in range(row, h - row // 2, row):
        x = 0
        end = w if rng.random() < 0.75 else round(w * between(rng, 0.3, 0.8))
        while x < end:
            surely = -(-(end - x) // (8 * letter + gap))  # so many words are needed, though all be long; drawn at once, for speed
            for letters in rng.integers(3, 9, surely).tolist():
                bar(picture, ink, x, y, min(x + letters * letter, end), y + gap)
                x += letters * letter + gap


def nutrition(picture: Picture, rng: np.random.Generator) -> None:
    """A table in a frame."""
    h, w = picture.shape[:2]
    fill(picture, WHITE)
    cv2.rectangle(picture, (1, 1), (w - 2, h - 2), BLACK, 1)
    for k in range(1, 8):
        y = round(h * k / 8)
        bar(picture, BLACK, 2, y, w - 2, y + 1)
        bar(picture, BLACK, w // 12, y - max(2, h // 20), w // 12 + round(w * between(rng, 0.2, 0.5)), y - 1)
        bar(picture, BLACK, round(0.78 * w), y - max(2, h // 20), round(0.92 * w), y - 1)


def inks(rng: np.random.Generator) -> tuple[Ink, Ink, Ink]:
    """A ground, a shape on it and an accent, all different."""
    order = rng.permutation(len(BRIGHT))
    ground, shape, accent = (BRIGHT[int(k)] for k in order[:3])
    if rng.random() < 0.35:
        ground = WHITE
    return ground, shape, accent


def front(picture: Picture, rng: np.random.Generator, name: str, product: str, note: str, colors: tuple[Ink, Ink, Ink]) -> None:
    """A panel that sells: motif, brand, product, contents."""
    ground, shape, accent = colors
    fill(picture, ground)
    motif(picture, rng, shape)
    heap(picture, rng, accent)
    text(picture, name, (0.5, 0.17), (0.78, 0.2), on(ground))
    h, w = picture.shape[:2]
    cv2.rectangle(picture, (round(0.12 * w), round(0.3 * h)), (round(0.88 * w), round(0.43 * h)), accent, -1)
    text(picture, product, (0.5, 0.365), (0.68, 0.11), on(accent))
    text(picture, note, (0.8, 0.94), (0.3, 0.06), on(shape))


def side(picture: Picture, rng: np.random.Generator, name: str, colors: tuple[Ink, Ink, Ink], *, code: bool) -> None:
    """A panel that informs: name, table, small print, barcode."""
    ground = colors[0]
    fill(picture, ground)
    h, w = picture.shape[:2]
    text(picture, name, (0.5, 0.1), (0.8, 0.1), on(ground))
    x0, x1 = round(0.12 * w), round(0.88 * w)
    nutrition(picture[round(0.2 * h) : round(0.5 * h), x0:x1], rng)
    small_print(picture[round(0.55 * h) : round(0.75 * h), x0:x1], rng, on(ground))
    if code:
        barcode(picture[round(0.8 * h) : round(0.95 * h), x0:x1], rng)


def wrapper(width_px: int, height_px: int, rng: np.random.Generator, name: str, product: str, note: str) -> Picture:
    """A label that goes around: the front in the middle, the facts on both sides of the seam."""
    colors = inks(rng)
    picture = sheet(width_px, height_px, colors[0])
    third = width_px // 3
    front(picture[:, third : 2 * third], rng, name, product, note, colors)
    side(picture[:, 2 * third :], rng, name, colors, code=True)
    back = picture[:, :third]
    small_print(back[height_px // 4 : height_px // 2, third // 8 : 7 * third // 8], rng, on(colors[0]))
    text(back, name, (0.5, 0.75), (0.7, 0.2), on(colors[0]))
    stripe = max(2, height_px // 24)
    fill(picture[:stripe], colors[2])
    fill(picture[-stripe:], colors[2])
    return picture
