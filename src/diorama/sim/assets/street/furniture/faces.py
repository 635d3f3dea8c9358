"""What each sign looks like: the form and the size of its plate, and how its picture is drawn.

Forms, colours and symbols follow the Vienna convention on road signs and signals of 1968, in proportions as they are common in Europe; every
picture is drawn here. Places are seen from the front, x to the right and y up.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np

from diorama.sim.assets.forms import arc as rounded_corner
from diorama.sim.assets.recipe import Ink
from diorama.sim.assets.street.furniture import symbols
from diorama.sim.assets.street.furniture.drawing import BLACK, BLUE, GREEN, RED, WHITE, YELLOW, Canvas, Picture, Place
from diorama.sim.assets.street.furniture.lettering import write
from diorama.sim.assets.textures import SIZE, fractal_noise
from diorama.sim.seeds import Seed
from diorama.sim.spec.signs import SignShape, Wear

Drawing = Callable[[Canvas], None]

#: The longer side of a picture, in pixels.
_LONG_PX = 256
#: How far a red rim is wide, in halves of the plate's height.
_RIM = 0.2


@dataclass(frozen=True, slots=True)
class Face:
    """A sign's plate, `size_m` wide and high, with a convex `outline` (counter-clockwise, in halves of its height), and what is drawn on it."""

    size_m: tuple[float, float]
    outline: tuple[Place, ...]
    draw: Callable[[Canvas, str], None]


def _rounded(corners: list[Place], radius: float, steps: int = 2) -> tuple[Place, ...]:
    """A convex polygon, counter-clockwise, with round corners."""
    out: list[Place] = []
    ring = [corners[-1], *corners, corners[0]]
    for (a, b), (_, c) in pairwise(pairwise(ring)):
        one, two = _unit(a, b), _unit(b, c)
        # Where a circle of this radius touches both sides.
        cosine, sine = one[0] * two[0] + one[1] * two[1], one[0] * two[1] - one[1] * two[0]
        far = radius * sine / (1 + cosine)
        start, end = (b[0] - far * one[0], b[1] - far * one[1]), (b[0] + far * two[0], b[1] + far * two[1])
        middle = (start[0] - radius * one[1], start[1] + radius * one[0])
        for k in range(steps + 1):
            t = k / steps
            x, y = start[0] + t * (end[0] - start[0]) - middle[0], start[1] + t * (end[1] - start[1]) - middle[1]
            scale = radius / math.sqrt(x * x + y * y)
            out.append((round(middle[0] + scale * x, 9), round(middle[1] + scale * y, 9)))
    return tuple(out)


def _unit(a: Place, b: Place) -> Place:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.sqrt(dx * dx + dy * dy)
    return dx / length, dy / length


def _scaled(outline: tuple[Place, ...], scale: float, x: float = 0.0, y: float = 0.0) -> list[Place]:
    return [(x + scale * (px - x), y + scale * (py - y)) for px, py in outline]


# --- plates -------------------------------------------------------------------------------------------------

_ROUND = tuple(rounded_corner((0.0, 0.0), 1.0, 0.0, 337.5, 15))
#: An equilateral triangle on its side: as high as 2 here.
_WIDE = 2 / math.sqrt(3)
_UP = _rounded([(-_WIDE, -1.0), (_WIDE, -1.0), (0.0, 1.0)], 0.08)
_DOWN = tuple((-x, -y) for x, y in _UP)
#: Half of an octagon's side.
_SIDE = 0.4142
_OCTAGON = _rounded([(1.0, -_SIDE), (1.0, _SIDE), (_SIDE, 1.0), (-_SIDE, 1.0), (-1.0, _SIDE), (-1.0, -_SIDE), (-_SIDE, -1.0), (_SIDE, -1.0)], 0.03, 1)
_DIAMOND = _rounded([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)], 0.12)


def _board(wide: float, radius: float = 0.12) -> tuple[Place, ...]:
    return _rounded([(-wide, -1.0), (wide, -1.0), (wide, 1.0), (-wide, 1.0)], radius)


def _triangle(draw: Drawing, x: float = 0.0, y: float = -0.3, scale: float = 0.5) -> Face:
    """A warning."""

    def whole(canvas: Canvas, _: str) -> None:
        canvas.polygon(_scaled(_UP, 0.97, 0.0, -1 / 3), RED)
        canvas.polygon(_scaled(_UP, 0.7, 0.0, -1 / 3), WHITE)
        draw(canvas.at(x, y, scale))

    return Face((0.84, round(0.84 / _WIDE, 4)), _UP, whole)


def _disc(ground: Ink, draw: Drawing, scale: float = 0.62, rim: Ink | None = None, over: Drawing | None = None) -> Face:
    """A prohibition, with a rim, or a command. `over` is drawn across it, as large as the plate."""

    def whole(canvas: Canvas, _: str) -> None:
        canvas.disc(0.0, 0.0, 1.0, WHITE)
        canvas.disc(0.0, 0.0, 0.97, ground if rim is None else rim)
        if rim is not None:
            canvas.disc(0.0, 0.0, 0.97 - _RIM, ground)
        draw(canvas.at(0.0, 0.0, scale))
        if over is not None:
            over(canvas)

    return Face((0.6, 0.6), _ROUND, whole)


def _square(ground: Ink, draw: Drawing, scale: float = 0.62, size: tuple[float, float] = (0.6, 0.6)) -> Face:
    """Information, with a thin white rim."""
    outline = _board(size[0] / size[1])

    def whole(canvas: Canvas, _: str) -> None:
        canvas.polygon(_scaled(outline, 1.0), WHITE)
        canvas.polygon(_inset(size[0] / size[1], 0.05), ground)
        draw(canvas.at(0.0, 0.0, scale))

    return Face(size, outline, whole)


def _inset(wide: float, by: float, radius: float = 0.1) -> tuple[Place, ...]:
    return _rounded([(-wide + by, by - 1), (wide - by, by - 1), (wide - by, 1 - by), (-wide + by, 1 - by)], radius)


# --- what is drawn on them ----------------------------------------------------------------------------------


def _nothing(_: Canvas) -> None:
    """An empty plate."""


def _red_bar(canvas: Canvas) -> None:
    """Struck out, from the upper left to the lower right."""
    canvas.stroke([(-0.56, 0.56), (0.56, -0.56)], 0.15, RED)


def _number(words: str) -> Drawing:
    return lambda canvas: write(canvas, words, 0.0, 0.0, 1.24 if len(words) > 2 else 1.08, 0.74, BLACK, 0.19)


def _stop(canvas: Canvas, _: str) -> None:
    canvas.polygon(_scaled(_OCTAGON, 1.0), WHITE)
    canvas.polygon(_scaled(_OCTAGON, 0.93), RED)
    write(canvas, "STOP", 0.0, 0.0, 1.6, 0.66, WHITE, 0.17)


def _give_way(canvas: Canvas, _: str) -> None:
    canvas.polygon(_scaled(_DOWN, 0.97, 0.0, 1 / 3), RED)
    canvas.polygon(_scaled(_DOWN, 0.62, 0.0, 1 / 3), WHITE)


def _priority(canvas: Canvas, over: bool) -> None:
    canvas.polygon(_scaled(_DIAMOND, 1.0), WHITE)
    canvas.polygon(_scaled(_DIAMOND, 0.66), YELLOW)
    if over:
        for k in (-2, -1, 0, 1, 2):
            canvas.stroke([(-0.42 + 0.09 * k, -0.42 - 0.09 * k), (0.42 + 0.09 * k, 0.42 - 0.09 * k)], 0.05, BLACK)


def _oncoming(canvas: Canvas) -> None:
    canvas.arrow([(0.45, -0.9), (0.45, 0.95)], 0.34, WHITE, head=1.9)
    canvas.arrow([(-0.45, 0.9), (-0.45, -0.95)], 0.24, RED, head=2.1)


def _bumps(canvas: Canvas) -> None:
    canvas.bar(-1.2, -0.55, 1.2, -0.3, BLACK)
    for x in (-0.5, 0.5):
        canvas.polygon([(x + 0.5 * a, -0.35 + 0.55 * b) for a, b in rounded_corner((0.0, 0.0), 1.0, 0, 180, 16)], BLACK)


def _children(canvas: Canvas) -> None:
    symbols.child(canvas.at(-0.42, -0.05, 0.95), BLACK)
    symbols.child(canvas.at(0.62, -0.2, 0.76), BLACK)


def _crossroads(canvas: Canvas) -> None:
    canvas.stroke([(-0.62, -0.62), (0.62, 0.62)], 0.26, BLACK)
    canvas.stroke([(-0.62, 0.62), (0.62, -0.62)], 0.26, BLACK)


def _danger(canvas: Canvas) -> None:
    canvas.polygon([(-0.2, 1.0), (0.2, 1.0), (0.1, -0.28), (-0.1, -0.28)], BLACK)
    canvas.disc(0.0, -0.66, 0.2, BLACK)


def _narrow(canvas: Canvas) -> None:
    for mirror in (False, True):
        canvas.at(0.0, 0.0, mirror=mirror).stroke([(0.62, -0.9), (0.62, -0.35), (0.24, 0.15), (0.24, 0.9)], 0.18, BLACK)


def _two_way(canvas: Canvas) -> None:
    canvas.arrow([(0.34, -0.8), (0.34, 0.8)], 0.24, BLACK, head=2.0)
    canvas.arrow([(-0.34, 0.8), (-0.34, -0.8)], 0.24, BLACK, head=2.0)


def _no_entry(canvas: Canvas) -> None:
    canvas.bar(-0.74, -0.17, 0.74, 0.17, WHITE)


def _overtaking(canvas: Canvas) -> None:
    symbols.car(canvas.at(-0.52, 0.0, 0.46), RED, WHITE)
    symbols.car(canvas.at(0.52, 0.0, 0.46), BLACK, WHITE)


def _one_stroke(canvas: Canvas) -> None:
    canvas.stroke([(-0.58, 0.58), (0.58, -0.58)], 0.17, RED)


def _two_strokes(canvas: Canvas) -> None:
    _one_stroke(canvas)
    canvas.stroke([(-0.58, -0.58), (0.58, 0.58)], 0.17, RED)


def _end(canvas: Canvas) -> None:
    for k in (-2, -1, 0, 1, 2):
        canvas.stroke([(-0.55 + 0.11 * k, -0.55 - 0.11 * k), (0.55 + 0.11 * k, 0.55 - 0.11 * k)], 0.055, BLACK)


def _straight(canvas: Canvas) -> None:
    canvas.arrow([(0.0, -0.95), (0.0, 1.05)], 0.34, WHITE, head=1.9)


def _straight_or(canvas: Canvas) -> None:
    canvas.arrow([(0.0, -0.95), (0.0, 1.1)], 0.26, WHITE, head=1.9)
    canvas.arrow([(0.0, -0.5), *rounded_corner((0.4, -0.5), 0.4, 180, 90, 8), (1.05, -0.1)], 0.26, WHITE, head=1.9)


def _past(canvas: Canvas) -> None:
    canvas.arrow([(0.7, 0.7), (-0.78, -0.78)], 0.34, WHITE, head=1.9)


def _foot_and_cycle(canvas: Canvas) -> None:
    symbols.walker(canvas.at(0.0, 0.52, 0.52), WHITE)
    canvas.stroke([(-1.25, -0.08), (1.25, -0.08)], 0.07, WHITE)
    symbols.bicycle(canvas.at(0.0, -0.62, 0.66), WHITE)


def _bus_stop(canvas: Canvas) -> None:
    canvas.disc(0.0, 0.0, 0.92, YELLOW)
    canvas.ring(0.0, 0.0, 0.84, 0.14, GREEN)
    write(canvas, "H", 0.0, 0.0, 1.0, 0.86, GREEN, 0.2)


def _crossing(canvas: Canvas) -> None:
    canvas.polygon([(-1.05, -0.92), (1.05, -0.92), (0.0, 0.95)], WHITE)
    symbols.crossing(canvas.at(0.02, -0.26, 0.66), BLACK)


def _dead_end(canvas: Canvas) -> None:
    canvas.bar(-0.17, -0.95, 0.17, 0.4, WHITE)
    canvas.bar(-0.62, 0.4, 0.62, 0.74, RED)


def _one_way(canvas: Canvas) -> None:
    canvas.arrow([(0.0, -0.95), (0.0, 1.0)], 0.4, WHITE, head=1.8)


def _letter_p(canvas: Canvas) -> None:
    write(canvas, "P", 0.0, 0.0, 1.6, 1.5, WHITE, 0.2)


def _zone(canvas: Canvas) -> None:
    canvas.disc(0.0, 0.3, 0.92, BLUE)
    symbols.walker(canvas.at(-0.14, 0.3, 0.66), WHITE)
    symbols.child(canvas.at(0.42, 0.06, 0.42), WHITE)
    write(canvas, "ZONE", 0.0, -1.02, 1.6, 0.34, BLACK, 0.2)


def _chevrons(canvas: Canvas, _: str, mirror: bool) -> None:
    half, flipped = canvas.half_width, canvas.at(0.0, 0.0, mirror=mirror)
    canvas.bar(-half, -1.0, half, 1.0, WHITE)
    for k in range(-3, 4):
        x = k * 1.2
        flipped.polygon([(x, 0.0), (x + 0.9, 1.1), (x + 1.5, 1.1), (x + 0.6, 0.0), (x + 1.5, -1.1), (x + 0.9, -1.1)], RED)


def _direction(canvas: Canvas, words: str, mirror: bool) -> None:
    half = canvas.half_width
    flipped = canvas.at(0.0, 0.0, mirror=mirror)
    canvas.bar(-half, -1.0, half, 1.0, BLACK)
    flipped.polygon([(-half + 0.08, 0.0), (-half + 0.72, 0.92), (half - 0.08, 0.92), (half - 0.08, -0.92), (-half + 0.72, -0.92)], YELLOW)
    write(canvas, words, -0.3 if mirror else 0.3, 0.0, 2 * half - 1.4, 0.86, BLACK, 0.15)


def _pointed(wide: float, mirror: bool) -> tuple[Place, ...]:
    """A board that ends in a point, to the left or mirrored to the right."""
    corners = [(-wide, 0.0), (0.7 - wide, -1.0), (wide, -1.0), (wide, 1.0), (0.7 - wide, 1.0)]
    return _rounded([(-x, y) for x, y in reversed(corners)] if mirror else corners, 0.06)


def _plate(canvas: Canvas, words: str) -> None:
    half = canvas.half_width
    canvas.bar(-half, -1.0, half, 1.0, BLACK)
    canvas.polygon(_inset(half, 0.07), WHITE)
    write(canvas, words, 0.0, 0.0, 2 * half - 0.4, 0.9, BLACK, 0.17)


def _street_name(canvas: Canvas, words: str) -> None:
    half = canvas.half_width
    canvas.bar(-half, -1.0, half, 1.0, WHITE)
    canvas.polygon(_inset(half, 0.1), (24, 48, 104))
    write(canvas, words, 0.0, 0.0, 2 * half - 0.5, 0.95, WHITE, 0.14)


def _town(canvas: Canvas, words: str) -> None:
    half = canvas.half_width
    canvas.bar(-half, -1.0, half, 1.0, BLACK)
    canvas.polygon(_inset(half, 0.05), YELLOW)
    write(canvas, words, 0.0, 0.2, 2 * half - 0.5, 0.52, BLACK, 0.15)
    canvas.bar(-0.62 * half, -0.5, 0.62 * half, -0.44, BLACK)
    canvas.bar(-0.4 * half, -0.7, 0.4 * half, -0.64, BLACK)


def _mirrored(draw: Drawing) -> Drawing:
    return lambda canvas: draw(canvas.at(0.0, 0.0, mirror=True))


def _in(ink: Ink, symbol: Callable[[Canvas, Ink], None]) -> Drawing:
    return lambda canvas: symbol(canvas, ink)


def _forbidden(draw: Drawing, scale: float = 0.5, over: Drawing | None = None) -> Face:
    return _disc(WHITE, draw, scale, RED, over)


_TURN, _BEND = _in(WHITE, symbols.turn), _in(BLACK, symbols.bend)
_NO_TURN = _in(BLACK, symbols.turn)

FACES: dict[str, Face] = {
    "stop": Face((0.75, 0.75), _OCTAGON, _stop),
    "give-way": Face((0.9, round(0.9 / _WIDE, 4)), _DOWN, _give_way),
    "priority-road": Face((0.8, 0.8), _DIAMOND, lambda canvas, _: _priority(canvas, over=False)),
    "end-of-priority-road": Face((0.8, 0.8), _DIAMOND, lambda canvas, _: _priority(canvas, over=True)),
    "priority-over-oncoming": _square(BLUE, _oncoming, 0.8),
    "bend-left": _triangle(_BEND),
    "bend-right": _triangle(_mirrored(_BEND)),
    "bends": _triangle(_in(BLACK, symbols.bends), y=-0.32),
    "bumps": _triangle(_bumps, y=-0.36, scale=0.5),
    "children": _triangle(_children, y=-0.34, scale=0.44),
    "crossroads": _triangle(_crossroads, y=-0.36, scale=0.52),
    "cyclists-ahead": _triangle(_in(BLACK, symbols.bicycle), y=-0.44, scale=0.48),
    "danger": _triangle(_danger, y=-0.28, scale=0.52),
    "narrow-road": _triangle(_narrow, y=-0.36, scale=0.48),
    "pedestrians-ahead": _triangle(_in(BLACK, symbols.crossing), y=-0.36, scale=0.54),
    "road-works": _triangle(_in(BLACK, symbols.digger), x=0.03, y=-0.38, scale=0.46),
    "roundabout-ahead": _triangle(_in(BLACK, symbols.ring_of_arrows), y=-0.42, scale=0.4),
    "signals-ahead": _triangle(symbols.lights, y=-0.36, scale=0.5),
    "slippery-road": _triangle(_in(BLACK, symbols.skid), y=-0.36, scale=0.54),
    "two-way-traffic": _triangle(_two_way, y=-0.38, scale=0.52),
    "no-entry": _disc(RED, _no_entry, 1.0),
    "no-vehicles": _forbidden(_nothing),
    "no-lorries": _forbidden(_in(BLACK, symbols.lorry), 0.56),
    "no-overtaking": _forbidden(_overtaking, 0.68),
    "no-left-turn": _forbidden(_NO_TURN, 0.56, _red_bar),
    "no-right-turn": _forbidden(_mirrored(_NO_TURN), 0.56, _red_bar),
    "no-u-turn": _forbidden(_in(BLACK, symbols.u_turn), 0.56, _red_bar),
    "no-parking": _disc(BLUE, _nothing, 1.0, RED, _one_stroke),
    "no-stopping": _disc(BLUE, _nothing, 1.0, RED, _two_strokes),
    **{f"speed-limit-{v}": _forbidden(_number(str(v)), 1.0) for v in range(20, 131, 10)},
    "end-of-limits": _disc(WHITE, _end, 1.0),
    "straight-ahead": _disc(BLUE, _straight, 0.62),
    "turn-left": _disc(BLUE, _TURN, 0.74),
    "turn-right": _disc(BLUE, _mirrored(_TURN), 0.74),
    "straight-or-right": _disc(BLUE, _straight_or, 0.6),
    "straight-or-left": _disc(BLUE, _mirrored(_straight_or), 0.6),
    "pass-left": _disc(BLUE, _past, 0.74),
    "pass-right": _disc(BLUE, _mirrored(_past), 0.74),
    "roundabout": _disc(BLUE, _in(WHITE, symbols.ring_of_arrows), 0.7),
    "cycle-path": _disc(BLUE, _in(WHITE, symbols.bicycle), 0.74),
    "footpath": _disc(BLUE, _in(WHITE, symbols.walker), 0.68),
    "foot-and-cycle-path": _disc(BLUE, _foot_and_cycle, 0.7),
    "bus-stop": Face((0.5, 0.5), _ROUND, lambda canvas, _: _bus_stop(canvas.at(0.0, 0.0, 1.08))),
    "crossing": _square(BLUE, _crossing, 0.86),
    "dead-end": _square(BLUE, _dead_end, 0.86),
    "one-way": _square(BLUE, _one_way, 0.86, (0.42, 0.63)),
    "parking": _square(BLUE, _letter_p, 0.8),
    "pedestrian-zone": _square(WHITE, _zone, 0.74, (0.6, 0.75)),
    "chevron-left": Face((1.0, 0.5), _board(2.0, 0.06), partial(_chevrons, mirror=False)),
    "chevron-right": Face((1.0, 0.5), _board(2.0, 0.06), partial(_chevrons, mirror=True)),
    "direction-left": Face((1.4, 0.35), _pointed(4.0, mirror=False), partial(_direction, mirror=False)),
    "direction-right": Face((1.4, 0.35), _pointed(4.0, mirror=True), partial(_direction, mirror=True)),
    "plate": Face((0.6, 0.2), _board(3.0), _plate),
    "street-name": Face((0.9, 0.2), _board(4.5), _street_name),
    "town": Face((1.3, 0.65), _board(2.0, 0.06), _town),
}


# --- pictures -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def picture(shape: SignShape) -> Picture:
    """(h, w, 3) uint8, 256 pixels on its longer side, whole multiples of 4; what is outside of the plate's outline is the ground's colour."""
    face = FACES[shape.sign]
    wide, high = face.size_m
    longest = max(wide, high)
    width_px, height_px = (max(4, round(_LONG_PX * side / longest / 4) * 4) for side in (wide, high))
    canvas = Canvas.empty(width_px, height_px, WHITE)
    face.draw(canvas.at(0.0, 0.0, mirror=shape.drives_on == "left"), shape.text)
    out = worn(canvas.reduced(), shape.wear, f"{shape.sign} {shape.text}")
    out.flags.writeable = False
    return out


def worn(clean: Picture, wear: Wear, name: str) -> Picture:
    """A picture as the weather leaves it: inks bleached by the sun, dirt that ran down and settled below."""
    if wear == "new":
        return clean
    h, w, _ = clean.shape
    rng = Seed(0).child("sign", name, wear).rng()
    blotches = fractal_noise(rng, 3, 3)[(np.arange(h) * SIZE // max(h, w))[:, None], np.arange(w) * SIZE // max(h, w)]
    streaks = fractal_noise(rng, 2, 24)[(np.arange(h) * SIZE // max(h, w))[:, None], np.arange(w) * SIZE // max(h, w)]
    out = clean.astype(np.float32)
    if wear in ("faded", "old"):
        # Reds go first.
        grey = (out[..., :1] * np.float32(0.3) + out[..., 1:2] * np.float32(0.5) + out[..., 2:] * np.float32(0.2)) * np.float32(0.55) + np.float32(
            100
        )
        out += (grey - out) * np.clip(np.float32(0.42) + np.float32(0.12) * blotches[..., None], 0, 1)
    if wear in ("dirty", "old"):
        low = np.linspace(0.0, 0.35, h, dtype=np.float32)[:, None]
        dirt = np.clip(low + np.float32(0.3) * blotches + np.float32(0.25) * streaks, 0, np.float32(0.75))
        out += (np.array([92, 84, 70], np.float32) - out) * dirt[..., None]
    return np.clip(out + np.float32(0.5), 0, 255).astype(np.uint8)
