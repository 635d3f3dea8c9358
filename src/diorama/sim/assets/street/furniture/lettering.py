"""A plain alphabet for signs: capitals and figures of strokes of one width, as road signs have them.

Each letter is how wide it is, and the middles of its strokes, in heights of a capital; y is up from the line that it stands on.
"""

import math

from diorama.sim.assets.recipe import Ink
from diorama.sim.assets.street.furniture.drawing import Canvas, Place

Strokes = tuple[tuple[Place, ...], ...]

#: Between letters, and for a space.
_GAP, _SPACE = 0.16, 0.36


def _bow(x: float, y: float, across: float, up: float, start_deg: float, end_deg: float) -> tuple[Place, ...]:
    """Part of an ellipse of these half-axes."""
    steps = max(2, round(abs(end_deg - start_deg) / 15))
    angles = [math.radians(start_deg + (end_deg - start_deg) * k / steps) for k in range(steps + 1)]
    return tuple((round(x + across * math.cos(a), 9), round(y + up * math.sin(a), 9)) for a in angles)


def _oval(wide: float) -> tuple[Place, ...]:
    r = wide / 2
    return (*_bow(r, 1 - r, r, r, 180, 0), *_bow(r, r, r, r, 0, -180), (0.0, 1 - r))


_SIX = (_bow(0.28, 0.3, 0.28, 0.3, 0, 360), ((0.42, 1.0), (0.06, 0.46)))
_P = ((0.0, 0.0), (0.0, 1.0), *_bow(0.32, 0.73, 0.26, 0.27, 90, -90), (0.0, 0.46))

LETTERS: dict[str, tuple[float, Strokes]] = {
    "A": (0.66, (((0.0, 0.0), (0.33, 1.0), (0.66, 0.0)), ((0.11, 0.3), (0.55, 0.3)))),
    "B": (0.6, (((0.0, 0.0), (0.0, 1.0), *_bow(0.32, 0.76, 0.24, 0.24, 90, -90), (0.0, 0.52)), (*_bow(0.33, 0.26, 0.27, 0.26, 90, -90), (0.0, 0.0)))),
    "C": (0.58, ((*_bow(0.3, 0.7, 0.3, 0.3, 15, 180), *_bow(0.3, 0.3, 0.3, 0.3, 180, 345)),)),
    "D": (0.62, (((0.0, 0.0), (0.0, 1.0), *_bow(0.32, 0.7, 0.3, 0.3, 90, 0), *_bow(0.32, 0.3, 0.3, 0.3, 0, -90), (0.0, 0.0)),)),
    "E": (0.5, (((0.5, 1.0), (0.0, 1.0), (0.0, 0.0), (0.5, 0.0)), ((0.0, 0.52), (0.42, 0.52)))),
    "F": (0.5, (((0.5, 1.0), (0.0, 1.0), (0.0, 0.0)), ((0.0, 0.5), (0.42, 0.5)))),
    "G": (0.6, ((*_bow(0.3, 0.7, 0.3, 0.3, 15, 180), *_bow(0.3, 0.3, 0.3, 0.3, 180, 360), (0.6, 0.48), (0.34, 0.48)),)),
    "H": (0.6, (((0.0, 0.0), (0.0, 1.0)), ((0.6, 0.0), (0.6, 1.0)), ((0.0, 0.52), (0.6, 0.52)))),
    "I": (0.0, (((0.0, 0.0), (0.0, 1.0)),)),
    "J": (0.42, (((0.42, 1.0), *_bow(0.19, 0.23, 0.23, 0.23, 0, -160)),)),
    "K": (0.6, (((0.0, 0.0), (0.0, 1.0)), ((0.56, 1.0), (0.0, 0.38)), ((0.2, 0.6), (0.6, 0.0)))),
    "L": (0.48, (((0.0, 1.0), (0.0, 0.0), (0.48, 0.0)),)),
    "M": (0.74, (((0.0, 0.0), (0.0, 1.0), (0.37, 0.36), (0.74, 1.0), (0.74, 0.0)),)),
    "N": (0.6, (((0.0, 0.0), (0.0, 1.0), (0.6, 0.0), (0.6, 1.0)),)),
    "O": (0.62, (_oval(0.62),)),
    "P": (0.58, (_P,)),
    "Q": (0.62, (_oval(0.62), ((0.38, 0.26), (0.64, -0.02)))),
    "R": (0.6, (_P, ((0.32, 0.46), (0.6, 0.0)))),
    "S": (0.56, ((*_bow(0.28, 0.75, 0.26, 0.25, 30, 270), *_bow(0.28, 0.25, 0.28, 0.25, 90, -150)),)),
    "T": (0.6, (((0.0, 1.0), (0.6, 1.0)), ((0.3, 1.0), (0.3, 0.0)))),
    "U": (0.6, (((0.0, 1.0), *_bow(0.3, 0.3, 0.3, 0.3, 180, 360), (0.6, 1.0)),)),
    "V": (0.66, (((0.0, 1.0), (0.33, 0.0), (0.66, 1.0)),)),
    "W": (0.92, (((0.0, 1.0), (0.24, 0.0), (0.46, 0.8), (0.68, 0.0), (0.92, 1.0)),)),
    "X": (0.6, (((0.0, 0.0), (0.6, 1.0)), ((0.0, 1.0), (0.6, 0.0)))),
    "Y": (0.62, (((0.0, 1.0), (0.31, 0.48), (0.62, 1.0)), ((0.31, 0.48), (0.31, 0.0)))),
    "Z": (0.56, (((0.0, 1.0), (0.56, 1.0), (0.0, 0.0), (0.56, 0.0)),)),
    "0": (0.56, (_oval(0.56),)),
    "1": (0.26, (((0.0, 0.76), (0.26, 1.0), (0.26, 0.0)),)),
    "2": (0.56, ((*_bow(0.28, 0.73, 0.27, 0.27, 165, -38), (0.0, 0.0), (0.56, 0.0)),)),
    "3": (0.54, ((*_bow(0.26, 0.75, 0.25, 0.25, 150, -90), *_bow(0.26, 0.26, 0.28, 0.26, 75, -150)),)),
    "4": (0.6, (((0.36, 1.0), (0.0, 0.26), (0.6, 0.26)), ((0.44, 0.52), (0.44, 0.0)))),
    "5": (0.54, (((0.48, 1.0), (0.06, 1.0), (0.02, 0.52), *_bow(0.25, 0.32, 0.29, 0.32, 120, -145)),)),
    "6": (0.56, _SIX),
    "7": (0.54, (((0.0, 1.0), (0.54, 1.0), (0.18, 0.0)),)),
    "8": (0.56, (_bow(0.28, 0.75, 0.24, 0.25, 0, 360), _bow(0.28, 0.25, 0.28, 0.25, 0, 360))),
    "9": (0.56, tuple(tuple((0.56 - x, 1.0 - y) for x, y in stroke) for stroke in _SIX)),
    "-": (0.32, (((0.0, 0.48), (0.32, 0.48)),)),
    ".": (0.0, (((0.0, 0.0), (0.0, 0.02)),)),
    ",": (0.04, (((0.04, 0.02), (0.0, -0.14)),)),
    ":": (0.0, (((0.0, 0.1), (0.0, 0.12)), ((0.0, 0.7), (0.0, 0.72)))),
    "'": (0.0, (((0.0, 1.0), (0.0, 0.8)),)),
    "/": (0.44, (((0.0, -0.05), (0.44, 1.05)),)),
}


def write(canvas: Canvas, words: str, x: float, y: float, width: float, height: float, ink: Ink, weight: float = 0.17) -> None:
    """Words about a place in letters as high as `height`, or less where they would be wider than `width`; `weight` is a stroke's share of that.

    They are written in capitals. Raises KeyError for what is no letter.
    """
    words = words.upper()
    total, at = 0.0, []
    for letter in words:
        at.append(total)
        total += _SPACE if letter == " " else LETTERS[letter][0] + _GAP + weight / (1 - weight)
    total -= _GAP
    # Strokes reach half their width beyond their middles.
    high = min(height, width / (total * (1 - weight)))
    size = high * (1 - weight)
    left = x - (total - weight / (1 - weight)) * size / 2
    here = canvas.at(left, y - size / 2, size)
    for letter, start in zip(words, at, strict=True):
        for stroke in LETTERS[letter][1] if letter != " " else ():
            here.stroke([(start + px, py) for px, py in stroke], weight / (1 - weight), ink)
