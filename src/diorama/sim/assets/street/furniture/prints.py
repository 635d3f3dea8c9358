"""Pictures on street furniture: posters, cabinets' doors, and fences as seen through."""

import cv2
import numpy as np

from diorama.sim.assets.household import print as press
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import BRIGHT, Ink, between, pick
from diorama.sim.assets.street.furniture.drawing import WHITE, Canvas, Picture
from diorama.sim.assets.street.furniture.lettering import write
from diorama.sim.spec import MaterialSpec

_HEADLINES = ("SUMMER", "CIRCUS", "OPEN AIR", "50 OFF", "NEW TASTE", "LIVE", "MUSEUM", "FLY AWAY", "WINTER", "JAZZ", "MARKET DAY", "THE OTHER")


def poster(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """An advertisement for nothing that is sold: (height, width, 3), both multiples of 4."""
    ground, shape, accent = press.inks(rng)
    canvas = Canvas.empty(width_px, height_px, ground)
    press.motif(canvas.picture, rng, shape)
    if rng.random() < 0.5:
        press.heap(canvas.picture, rng, accent, count=9)
    half = canvas.half_width
    write(canvas, pick(rng, _HEADLINES), 0.0, 0.62, 1.7 * half, 0.34, press.on(ground), 0.2)
    write(canvas, press.brand(rng), 0.0, -0.78, 1.1 * half, 0.22, press.on(shape), 0.18)
    return canvas.reduced()


def posters(rng: np.random.Generator, count: int, width_px: int, height_px: int) -> Picture:
    """Posters side by side, a little apart, on weathered board."""
    sheet = np.full((height_px, width_px, 3), (176, 170, 156), np.uint8)
    each = width_px // count
    for k in range(count):
        w, h = (each - 8) // 4 * 4, int(between(rng, 0.62, 0.92) * height_px) // 4 * 4
        top = int(between(rng, 0.02, 0.96 - h / height_px) * height_px)
        sheet[top : top + h, k * each + 4 : k * each + 4 + w] = poster(rng, w, h)
    return sheet


def doors(rng: np.random.Generator, ink: Ink, width_px: int, height_px: int) -> Picture:
    """The front of a cabinet for cables: two doors, slits for air, a handle, and what people have stuck and sprayed on it."""
    canvas = Canvas.empty(width_px, height_px, ink)
    half, dark = canvas.half_width, _darker(ink, 0.6)
    for y in (0.94, -0.94):
        canvas.bar(-half, y - 0.02, half, y + 0.02, dark)
    canvas.bar(-0.012, -0.94, 0.012, 0.94, dark)
    for side in (-1, 1):
        for k in range(5):
            y = 0.78 - 0.06 * k
            canvas.bar(side * half * 0.5 - 0.22 * half, y, side * half * 0.5 + 0.22 * half, y + 0.025, dark)
    canvas.bar(0.05, -0.08, 0.1, 0.14, (60, 62, 64))
    for _ in range(int(rng.integers(0, 5))):
        x, y = between(rng, -0.8 * half, 0.8 * half), between(rng, -0.6, 0.6)
        sticker = canvas.at(x, y, between(rng, 0.06, 0.14), turn_deg=between(rng, -20, 20))
        sticker.bar(-1.0, -0.7, 1.0, 0.7, pick(rng, (*BRIGHT, WHITE)))
    if rng.random() < 0.3:
        _tag(canvas.at(between(rng, -0.3, 0.3) * half, between(rng, -0.4, 0.2), 0.5), rng)
    return canvas.reduced()


def _tag(canvas: Canvas, rng: np.random.Generator) -> None:
    """A scribble with a spray can."""
    x, y, points = -1.0, 0.0, []
    for _ in range(9):
        points.append((x, y))
        x, y = x + between(rng, 0.05, 0.35), between(rng, -0.6, 0.6)
    canvas.stroke(points, 0.1, pick(rng, (*BRIGHT, (24, 24, 26))))


def stripes(width_px: int, height_px: int, first: Ink, second: Ink, pairs: int, slant: float = 1.0) -> Picture:
    """Bars of two colours, slanted by a share of the height, as barriers have them."""
    canvas = Canvas.empty(width_px, height_px, second)
    half = canvas.half_width
    each = 2 * half / pairs
    for k in range(-2, pairs + 2):
        x = -half + k * each
        canvas.polygon([(x - slant, -1.0), (x - slant + each / 2, -1.0), (x + slant + each / 2, 1.0), (x + slant, 1.0)], first)
    return canvas.reduced()


def _darker(ink: Ink, share: float) -> Ink:
    return int(ink[0] * share), int(ink[1] * share), int(ink[2] * share)


# --- seen through -------------------------------------------------------------------------------------------


def cut(mask: np.ndarray, ink: Ink, roughness: float = 0.55, metallic: float = 0.0) -> Look:
    """The look of what is there only where a mask (h, w) of 0 to 255 says so."""
    picture = np.empty((*mask.shape, 4), np.uint8)
    picture[..., :3] = ink
    picture[..., 3] = mask
    material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=roughness, metallic=metallic, alpha="mask", alpha_cutoff=0.4)
    return Look(material=material, images={"base_color": picture})


def bars(count: int, share: float, width_px: int = 256, height_px: int = 32) -> np.ndarray:
    """Upright bars, so many, that cover this share of the width."""
    canvas = Canvas.empty(width_px, height_px, (0, 0, 0))
    each = 2 * canvas.half_width / count
    for k in range(count):
        x = -canvas.half_width + (k + 0.5) * each
        canvas.bar(x - share * each / 2, -1.0, x + share * each / 2, 1.0, (255, 255, 255))
    return canvas.reduced()[..., 0]


def mesh(across: int, up: int, share: float, *, diagonal: bool, width_px: int = 256, height_px: int = 192) -> np.ndarray:
    """Wires both ways, or of a chain-link fence diagonally."""
    canvas = np.zeros((2 * height_px, 2 * width_px), np.uint8)
    step = 2 * width_px / across
    line = max(1, round(share * step))
    if diagonal:
        for k in range(-2 * across, 2 * across):
            x = round(k * step)
            for way in (2 * height_px, -2 * height_px):
                cv2.line(canvas, (x, 0), (x + way, abs(way)), 255, line, cv2.LINE_8)
    else:
        for k in range(across):
            cv2.line(canvas, (round((k + 0.5) * step), 0), (round((k + 0.5) * step), 2 * height_px), 255, line, cv2.LINE_8)
        for k in range(up):
            y = round((k + 0.5) * 2 * height_px / up)
            cv2.line(canvas, (0, y), (2 * width_px, y), 255, line, cv2.LINE_8)
    total = canvas.reshape(height_px, 2, width_px, 2).sum(axis=(1, 3), dtype=np.uint16)
    return (total // 4).astype(np.uint8)


def pickets(count: int, gap: float, width_px: int = 256, height_px: int = 96) -> np.ndarray:
    """Boards side by side with pointed tops."""
    canvas = Canvas.empty(width_px, height_px, (0, 0, 0))
    each = 2 * canvas.half_width / count
    for k in range(count):
        x0, x1 = -canvas.half_width + k * each + gap * each / 2, -canvas.half_width + (k + 1) * each - gap * each / 2
        canvas.polygon([(x0, -1.0), (x1, -1.0), (x1, 0.82), ((x0 + x1) / 2, 1.0), (x0, 0.82)], (255, 255, 255))
    return canvas.reduced()[..., 0]
