"""What is drawn on bodies: gaps of doors, bonnets and bumpers, grilles, what windows show, number plates, dirt.

Drawings are shared: they are laid over bodies of all sizes by marks that each has, such as where its doors begin and end. A skin's upper half
is the side, its front to the left, from the sill to the upper edge; of its lower half the left is the front, from the middle outwards, and the
right the rear.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.color import encode_srgb, linear_from_srgb
from diorama.sim.assets.images import halved
from diorama.sim.assets.mesh import Image
from diorama.sim.assets.textures import fractal_noise
from diorama.sim.seeds import Seed
from diorama.sim.spec import Rgb

SKIN_PX = (1024, 256)
#: Where the side's marks are on a skin: the very front, the front axle, the first door's front, its rear, the second door's rear, the rear axle,
#: the very end.
MARKS = (0.0, 0.19, 0.32, 0.53, 0.72, 0.8, 1.0)
#: Where on the side the doors' handles are, and how far up.
HANDLES, HANDLE = (0.497, 0.692), 0.79
#: A place on a skin with nothing drawn around it.
PLAIN = (0.25, 0.3)

#: How many grilles there are.
GRILLES = 5

_AA = cv2.LINE_AA
_GAP, _SOFT = 45, 190


@lru_cache(maxsize=16)
def skin(layout: str) -> Image:
    """The drawing of a kind of body, to multiply paint with: ``doors-5``, ``doors-3``, ``saloon``, ``pickup``, ``van`` or ``plain``."""
    width, height = SKIN_PX
    if layout == "plain":
        return np.full((height, width, 3), 255, np.uint8)
    half = height // 2
    # Less light comes to what is low.
    fade = np.clip(np.linspace(1.0, 0.0, half) * 5.0, 0.0, 1.0)
    picture = np.repeat(np.tile(255 * (0.72 + 0.28 * fade), 2)[:, None], width, axis=1).astype(np.uint8)
    side, front, rear = picture[:half], picture[half:, : width // 2], picture[half:, width // 2 :]
    _side(side, layout)
    _front(front)
    _rear(rear, layout)
    return np.repeat(picture[..., None], 3, axis=2)


def _px(part: np.ndarray, points: list[tuple[float, float]]) -> list[np.ndarray]:
    h, w = part.shape[:2]
    return [np.array([[round(x * w * 8), round((1 - y) * h * 8)] for x, y in points], np.int32)]


def _gap(part: np.ndarray, points: list[tuple[float, float]], ink: int = _GAP, thick: int = 1) -> None:
    cv2.polylines(part, _px(part, points), False, ink, thick, _AA, 3)


def _side(part: np.ndarray, layout: str) -> None:
    h, w = part.shape
    _, front, door, pillar, end, rear, _ = MARKS
    _gap(part, [(0.0, 0.14), (0.075, 0.14)], _SOFT)
    _gap(part, [(0.09, 0.7), (front - 0.04, 0.66)])
    _gap(part, [(rear + 0.055, 0.5), (1.0, 0.56)])
    if layout == "van":
        _gap(part, [(door - 0.005, 1.0), (door, 0.45), (door + 0.012, 0.06), (pillar - 0.006, 0.06), (pillar, 0.2), (pillar, 1.0)])
        _gap(part, [(pillar + 0.012, 1.0), (pillar + 0.012, 0.06), (end - 0.012, 0.06), (end, 0.3), (end, 1.0)])
        _gap(part, [(end, 0.78), (0.985, 0.78)], 90, 3)
        _gap(part, [(0.986, 1.0), (0.986, 0.1)])
        return
    _gap(part, [(door - 0.006, 1.0), (door, 0.5), (door + 0.012, 0.12), (pillar - 0.006, 0.12), (pillar, 0.22), (pillar, 1.0)])
    if layout != "doors-3":
        _gap(part, [(pillar, 0.22), (pillar + 0.006, 0.12), (end - 0.03, 0.12), (end - 0.026, 0.3), (end, 0.5), (end + 0.006, 1.0)])
    _gap(part, [(0.07, 0.985), (door - 0.02, 0.985)])
    # A crease above the sills, the flap of the tank, and a shadow below each handle.
    _gap(part, [(door + 0.02, 0.26), (end - 0.04, 0.3)], 225, 2)
    cv2.ellipse(part, (round(0.86 * w), round(0.22 * h)), (17, 13), 0, 0, 360, _SOFT - 60, 1, _AA)
    for x in HANDLES[: 1 if layout == "doors-3" else 2]:
        cv2.ellipse(part, (round(x * w), round((1 - HANDLE) * h)), (20, 5), 0, 0, 360, 150, -1, _AA)
    if layout == "pickup":
        _gap(part, [(end + 0.012, 1.0), (end + 0.012, 0.1)], _GAP, 3)


def _front(part: np.ndarray) -> None:
    h, w = part.shape
    _gap(part, [(0.0, 0.985), (0.9, 0.985)])
    _gap(part, [(0.78, 0.7), (1.0, 0.7)])
    # Below the lamps, the corner of the bumper's intake.
    cv2.ellipse(part, (round(0.74 * w), round(0.73 * h)), (46, 13), 0, 0, 360, 60, -1, _AA)
    cv2.ellipse(part, (round(0.75 * w), round(0.73 * h)), (24, 9), 0, 0, 360, 200, -1, _AA)


def _rear(part: np.ndarray, layout: str) -> None:
    h, w = part.shape
    if layout == "van":
        _gap(part, [(0.003, 1.0), (0.003, 0.12)], _GAP, 3)
        _gap(part, [(0.0, 0.12), (0.93, 0.12), (0.93, 1.0)])
        cv2.rectangle(part, (round(0.02 * w), round(0.42 * h)), (round(0.07 * w), round(0.5 * h)), 60, -1)
        return
    low, wide = {"saloon": (0.6, 0.74), "pickup": (0.42, 0.82)}.get(layout, (0.47, 0.78))
    _gap(part, [(0.0, low), (wide - 0.03, low), (wide, low + 0.08), (wide, 1.0)])
    # A shelf over the number plate.
    cv2.rectangle(part, (0, round((1 - 0.86) * h)), (round(0.36 * w), round((1 - 0.83) * h)), 150, -1)
    _gap(part, [(0.0, 0.2), (0.9, 0.2)], 200)


@lru_cache(maxsize=64)
def dirty_skin(layout: str, paint: Rgb, dirt: float) -> Image:
    """A skin in a paint with dirt on it: most on the sills and behind the wheels, a film on all. Half as large."""
    clean = _LINEAR[halved(skin(layout))[..., 0]]
    share = np.clip(_dirt() * np.float32(dirt), 0, np.float32(0.92))
    kept = clean * (1 - share)
    return np.stack([encode_srgb(kept * np.float32(c) + share * np.float32(d)) for c, d in zip(paint, _DIRT, strict=True)], axis=-1)


@lru_cache(maxsize=1)
def _dirt() -> NDArray[np.float32]:
    """(128, 512): how much dirt is where on a skin."""
    height, width = SKIN_PX[1] // 2, SKIN_PX[0] // 2
    half = height // 2
    share = np.full((height, width), 0.22, np.float32)
    up = np.linspace(1.0, 0.0, half, dtype=np.float32)[:, None]
    share[:half] += np.maximum(0, 1 - up * np.float32(1.6)) * np.float32(0.85)
    share[half:] += np.maximum(0, 1 - up * np.float32(1.6)) * np.float32(0.85)
    for mark in (MARKS[1] + 0.06, MARKS[5] + 0.06):
        at = np.abs(np.linspace(0, 1, width, dtype=np.float32) - np.float32(mark))
        share[:half] += np.maximum(0, 1 - at * np.float32(14.0)) * np.maximum(0, 1 - up) * np.float32(0.6)
    noise = np.tile(fractal_noise(Seed(0).child("street", "vehicle", "dirt").rng(), 6, 12), (1, 2))[:height, :width]
    return (share * (np.float32(0.9) + np.float32(0.4) * noise)).astype(np.float32)


#: What roads leave on cars, linear.
_DIRT: Rgb = (0.16, 0.13, 0.1)
_LINEAR = np.array([linear_from_srgb(code / 255) for code in range(256)], np.float32)


@lru_cache(maxsize=16)
def grille(style: int) -> Image:
    """(64, 128, 3): half of a grille, its middle to the left."""
    picture = np.full((64, 128, 3), 18, np.uint8)
    chrome, grey = (196, 198, 202), (70, 72, 74)
    if style == 0:
        for y in range(6, 64, 10):
            cv2.line(picture, (0, y), (128, y), chrome, 3, _AA)
    elif style == 1:
        for x in range(4, 128, 9):
            cv2.line(picture, (x, 0), (x, 64), (128, 130, 134), 3, _AA)
    elif style == 2:
        for y in range(0, 64, 8):
            for x in range(0, 128, 12):
                cv2.ellipse(picture, (x + (6 if y % 16 else 0), y), (5, 3), 0, 0, 360, (5, 5, 6), -1, _AA)
                cv2.ellipse(picture, (x + (6 if y % 16 else 0), y), (5, 3), 0, 0, 360, grey, 1, _AA)
    elif style == 3:
        for y in (14, 30, 46):
            cv2.line(picture, (0, y), (128, y), grey, 5, _AA)
        cv2.line(picture, (0, 4), (128, 4), chrome, 4, _AA)
    else:
        for k in range(-64, 192, 10):
            cv2.line(picture, (k, 0), (k + 64, 64), grey, 1, _AA)
            cv2.line(picture, (k, 64), (k + 64, 0), grey, 1, _AA)
    if style != 4:
        cv2.circle(picture, (0, 32), 17, (34, 36, 40), -1, _AA)
        cv2.circle(picture, (0, 32), 17, chrome, 3, _AA)
        shape = [[(0, 22), (9, 32), (0, 42)], [(0, 20), (4, 42), (0, 42)], [(0, 26), (14, 26), (14, 32), (0, 32)], [(0, 18), (8, 38), (0, 34)]][style]
        cv2.fillPoly(picture, [np.array(shape, np.int32)], chrome, _AA)
    return picture


@lru_cache(maxsize=1)
def intake() -> Image:
    """(32, 64, 3): what is behind the openings of bumpers."""
    picture = np.full((32, 64, 3), 14, np.uint8)
    for y in (6, 15, 24):
        cv2.line(picture, (0, y), (64, y), (34, 35, 36), 2, _AA)
    return picture


@lru_cache(maxsize=4)
def glazing(tint: int) -> Image:
    """(64, 256, 3): what windows show, 64 px each: half a windscreen, a front window, a rear one, and half a rear window. Seats and headrests stand
    before the light that comes in on the other side.
    """
    light, dark = (92 - 22 * tint, 98 - 22 * tint, 100 - 22 * tint), (16, 17, 19)
    seat = (30, 30, 32)
    picture = np.full((64, 256, 3), light, np.uint8)
    fade = np.linspace(0.45, 1.0, 64)[:, None, None]
    picture[:] = (picture * fade).astype(np.uint8)
    screen, front, rear, back = (picture[:, k * 64 : (k + 1) * 64] for k in range(4))
    # The dashboard, a wheel, headrests, the mirror.
    screen[46:] = dark
    cv2.rectangle(screen, (22, 20), (40, 32), seat, -1)
    cv2.rectangle(screen, (14, 32), (50, 46), seat, -1)
    cv2.rectangle(screen, (0, 4), (7, 12), dark, -1)
    for part, at in ((front, 40), (rear, 42)):
        cv2.fillPoly(part, [np.array([(at - 8, 64), (at - 4, 30), (at + 14, 26), (at + 22, 64)], np.int32)], seat, _AA)
        cv2.ellipse(part, (at + 6, 20), (8, 8), 0, 0, 360, seat, -1, _AA)
        part[56:] = dark
    cv2.ellipse(front, (12, 58), (7, 14), 20, 180, 360, dark, 3, _AA)
    front[:, :3] = rear[:, -3:] = dark
    cv2.rectangle(back, (14, 24), (40, 40), seat, -1)
    back[40:] = dark
    for part in (screen, back):
        part[:, 60:] = dark
    picture[:3] = dark
    return picture


@lru_cache(maxsize=256)
def number_plate(text: str, yellow: bool) -> Image:
    """(32, 128, 3): a plate with a frame, and a blue band at its left."""
    ground = (236, 190, 28) if yellow else (228, 228, 224)
    picture = np.full((32, 128, 3), ground, np.uint8)
    picture[:, :12] = (26, 52, 140)
    cv2.circle(picture, (6, 10), 3, (230, 200, 60), 1, _AA)
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
    scale = min(106 / max(wide, 1), 0.86)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    cv2.putText(picture, text, (14 + (112 - wide) // 2, 16 + high // 2), cv2.FONT_HERSHEY_DUPLEX, scale, (18, 18, 20), 2, _AA)
    cv2.rectangle(picture, (0, 0), (127, 31), (40, 40, 42), 1)
    return picture
