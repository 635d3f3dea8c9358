"""Pictures of leaves: sprays that are cut out, as they are in each season; and bark."""

import math
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from diorama.sim.assets.household.print import Picture
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.recipe import Ink, between, pick, printed
from diorama.sim.assets.textures import fractal_noise
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec
from diorama.sim.spec.plants import Season, Species

_PX = 256
#: How long half a leaf is.
_LEAF_PX: dict[Species, float] = {"pine": 4.0, "birch": 4.5, "poplar": 4.5, "oak": 6.5}
_TWIG: Ink = (94, 86, 78)

#: By season, the colours of leaves; none where there are none.
_GREEN: dict[Season, tuple[Ink, ...]] = {
    "spring": ((112, 140, 54), (128, 152, 66), (96, 128, 48), (146, 164, 84)),
    "summer": ((84, 116, 52), (98, 128, 58), (72, 102, 46), (112, 138, 68)),
    "autumn": ((176, 128, 40), (190, 104, 34), (150, 84, 36), (164, 146, 58), (120, 104, 46)),
    "winter": (),
}
_PALE: dict[Season, tuple[Ink, ...]] = {
    "spring": ((142, 162, 74), (156, 172, 88), (124, 148, 66)),
    "summer": ((116, 140, 70), (128, 152, 80), (100, 126, 60)),
    "autumn": ((204, 168, 58), (216, 182, 74), (186, 146, 52)),
    "winter": (),
}
_DARK: tuple[Ink, ...] = ((52, 76, 50), (60, 86, 56), (46, 68, 46), (72, 96, 62))
_BLUE: tuple[Ink, ...] = ((78, 100, 74), (90, 114, 84), (66, 88, 64))
_FROND: tuple[Ink, ...] = ((84, 108, 48), (98, 120, 56), (72, 96, 44))
_STRAW: dict[Season, tuple[Ink, ...]] = {
    "spring": ((92, 124, 48), (108, 138, 60), (80, 112, 44)),
    "summer": ((98, 118, 52), (124, 132, 66), (84, 106, 46)),
    "autumn": ((136, 126, 70), (116, 114, 60), (150, 138, 84)),
    "winter": ((128, 122, 84), (112, 108, 72), (98, 100, 64)),
}


def inks(species: Species, season: Season) -> tuple[Ink, ...]:
    """The colours of its leaves; none where it is bare."""
    if species in ("spruce", "pine"):
        return _DARK if species == "spruce" else _BLUE
    if species == "palm":
        return _FROND
    if species == "grass":
        return _STRAW[season]
    if species == "bush" and season == "winter":
        return ((70, 78, 50), (86, 84, 58), (96, 84, 62))
    return (_PALE if species in ("birch", "poplar") else _GREEN)[season]


@cache
def spray(species: Species, season: Season) -> Look:
    """A card full of leaves, or of twigs where there are none."""
    rng = Seed(0).child("leaves", species, season).rng()
    colors = inks(species, season)
    if species == "spruce":
        color, mask = _fir(rng, colors)
    elif species == "palm":
        color, mask = _frond(rng, colors)
    elif species == "grass":
        color, mask = _blades(rng, colors)
    elif not colors:
        color, mask = _twigs(rng, fine=species in ("birch", "poplar"))
    else:
        color, mask = _foliage(rng, colors, size=_LEAF_PX.get(species, 6.0))
    # Blades of grass are lit from above, whichever side is seen: each of their cards is there twice, with one face.
    material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.75, alpha="mask", two_sided=species != "grass")
    return Look(material=material, images={"base_color": np.dstack([color, mask])})


@cache
def dense(species: Species, season: Season, strength: float = 0.7) -> Look:
    """Leaves without holes, a metre of them: the inside of a crown, the side of a hedge. It tiles."""
    rng = Seed(0).child("dense leaves", species, season).rng()
    colors = inks(species, season) or ((104, 88, 76), (120, 104, 92), (90, 78, 70))  # or twigs, from afar
    picture = np.empty((_PX // 2, _PX // 2, 3), np.uint8)
    side = _PX // 2
    picture[:] = tuple(int(0.35 * c) for c in colors[0])
    for k in range(500):
        x, y, turn = int(rng.random() * side), int(rng.random() * side), rng.random() * 360
        shade = 0.4 + 0.6 * min(k / 380, 1.0) * between(rng, 0.8, 1.1)
        ink = tuple(min(255, int(shade * c)) for c in pick(rng, colors))
        for dx in (-side, 0, side):
            for dy in (-side, 0, side):
                if -8 < x + dx < side + 8 and -8 < y + dy < side + 8:
                    cv2.ellipse(picture, (x + dx, y + dy), (6, 3), turn, 0, 360, ink, -1, cv2.LINE_AA)
    return Look(material=MaterialSpec(base_color=(strength, strength, strength), roughness=0.8), images={"base_color": picture})


def _foliage(rng: np.random.Generator, colors: Sequence[Ink], size: float) -> tuple[Picture, Picture]:
    """Leaves in bunches about a middle, thinning out towards a ragged edge."""
    color = np.empty((_PX, _PX, 3), np.uint8)
    color[:] = tuple(int(0.5 * c) for c in colors[0])
    mask = np.zeros((_PX, _PX), np.uint8)
    bunches = [(between(rng, 0.18, 0.82) * _PX, between(rng, 0.18, 0.82) * _PX, between(rng, 0.1, 0.19) * _PX) for _ in range(14)]
    count = round(33 * 9.0 / size * math.sqrt(9.0 / size))
    for depth in range(3):  # from the dark ones behind to the bright ones before
        for bx, by, br in bunches:
            for _ in range(count // 3):
                turn = 2 * math.pi * rng.random()
                reach = br * math.sqrt(rng.random())
                at = (int(bx + reach * math.cos(turn)), int(by + reach * math.sin(turn)))
                shade = (0.55, 0.8, 1.06)[depth] * between(rng, 0.85, 1.12)
                ink = tuple(min(255, int(shade * c)) for c in pick(rng, colors))
                axes = (max(2, int(size * between(rng, 0.75, 1.3))), max(1, int(size * between(rng, 0.4, 0.6))))
                angle = 360 * rng.random()
                cv2.ellipse(mask, at, axes, angle, 0, 360, 255, -1, cv2.LINE_AA)
                cv2.ellipse(color, at, axes, angle, 0, 360, ink, -1, cv2.LINE_AA)
    return color, mask


def _twigs(rng: np.random.Generator, *, fine: bool) -> tuple[Picture, Picture]:
    """Bare branches that fork, from the bottom's middle upwards."""
    color = np.empty((_PX, _PX, 3), np.uint8)
    color[:] = (106, 96, 90) if fine else _TWIG
    mask = np.zeros((_PX, _PX), np.uint8)

    def grow(x: float, y: float, turn: float, length: float, thick: float, left: int) -> None:
        for _ in range(4):
            nx, ny = x + length / 4 * math.sin(turn), y - length / 4 * math.cos(turn)
            cv2.line(mask, (int(x), int(y)), (int(nx), int(ny)), 255, max(1, round(thick)), cv2.LINE_AA)
            x, y = nx, ny
            turn = 0.92 * turn + between(rng, -0.16, 0.16)
            if left > 0:
                side = -1 if rng.random() < 0.5 else 1
                grow(x, y, turn + side * between(rng, 0.3, 0.7), length * between(rng, 0.5, 0.7), thick * 0.6, left - 1)

    for lean in (-0.45, -0.1, 0.2, 0.5):
        grow(_PX * (0.5 + 0.1 * lean), _PX - 1, lean + between(rng, -0.1, 0.1), _PX * between(rng, 0.5, 0.62), 2.6 if fine else 3.2, 3)
    return color, mask


def _fir(rng: np.random.Generator, colors: Sequence[Ink]) -> tuple[Picture, Picture]:
    """A branch of a spruce: from the bottom's middle up, needles on twigs to both sides."""
    color = np.empty((_PX, _PX, 3), np.uint8)
    color[:] = tuple(int(0.5 * c) for c in colors[0])
    mask = np.zeros((_PX, _PX), np.uint8)
    for k in range(22):
        y = _PX * (1 - k / 23)
        reach = _PX * 0.47 * (1 - k / 23 * math.sqrt(k / 23)) * between(rng, 0.7, 1.1)
        for side in (-1, 1):
            ex, ey = _PX / 2 + side * reach, y - 0.45 * reach
            for t in range(14):
                s = t / 13
                px, py = _PX / 2 + (ex - _PX / 2) * s, y + (ey - y) * s
                turn = math.atan2(ey - y, ex - _PX / 2) + between(rng, -0.9, 0.9)
                tip = (int(px + 11 * math.cos(turn)), int(py + 11 * math.sin(turn)))
                shade = between(rng, 0.6, 1.2)
                ink = tuple(min(255, int(shade * c)) for c in pick(rng, colors))
                cv2.line(mask, (int(px), int(py)), tip, 255, 3, cv2.LINE_AA)
                cv2.line(color, (int(px), int(py)), tip, ink, 3, cv2.LINE_AA)
    return color, mask


def _frond(rng: np.random.Generator, colors: Sequence[Ink]) -> tuple[Picture, Picture]:
    """A palm's leaf, from the bottom's middle up."""
    color = np.empty((_PX, _PX, 3), np.uint8)
    color[:] = colors[0]
    mask = np.zeros((_PX, _PX), np.uint8)
    cv2.line(mask, (_PX // 2, _PX - 1), (_PX // 2, 6), 255, 4, cv2.LINE_AA)
    for k in range(30):
        y = _PX * (0.96 - 0.9 * k / 30)
        reach = _PX * 0.46 * math.sqrt(max(1 - (2 * k / 30 - 0.8) * (2 * k / 30 - 0.8) / 1.5, 0.05)) * between(rng, 0.85, 1.05)
        for side in (-1, 1):
            shade = between(rng, 0.65, 1.15)
            ink = tuple(min(255, int(shade * c)) for c in pick(rng, colors))
            end = (int(_PX / 2 + side * reach), int(y - 0.55 * reach))
            cv2.line(mask, (_PX // 2, int(y)), end, 255, 3, cv2.LINE_AA)
            cv2.line(color, (_PX // 2, int(y)), end, ink, 5, cv2.LINE_AA)
    return color, mask


def _blades(rng: np.random.Generator, colors: Sequence[Ink]) -> tuple[Picture, Picture]:
    """Grass from below."""
    color = np.empty((_PX, _PX, 3), np.uint8)
    color[:] = tuple(int(0.6 * c) for c in colors[0])
    mask = np.zeros((_PX, _PX), np.uint8)
    for _ in range(110):
        x, lean = rng.random() * _PX, between(rng, -0.35, 0.35)
        high = _PX * between(rng, 0.3, 0.98) * (1 - abs((2 * x / _PX - 1) * (2 * x / _PX - 1) * (2 * x / _PX - 1)))
        ink = tuple(min(255, int(between(rng, 0.6, 1.15) * c)) for c in pick(rng, colors))
        blade = np.array([(x - 4, _PX), (x + 4, _PX), (x + lean * high, _PX - high)], np.int32)
        cv2.fillConvexPoly(mask, blade, 255, cv2.LINE_AA)
        cv2.fillConvexPoly(color, blade, ink, cv2.LINE_AA)
    return color, mask


@cache
def bark(species: Species) -> Look:
    """Bark, seams along the trunk. Birches are white with black marks, planes mottled."""
    rng = Seed(0).child("bark", species).rng()
    tall = fractal_noise(rng, 3, 24, 4) if species != "birch" else fractal_noise(rng, 24, 3, 4)
    if species == "birch":
        dark = np.clip((tall - np.float32(0.42)) * 6, 0, 1)[..., None]
        color = np.array((214, 210, 202), np.float32) * (1 - dark) + np.array((40, 38, 36), np.float32) * dark
    elif species == "plane":
        spots = np.clip(fractal_noise(rng, 6, 6, 3) * 4, 0, 1)[..., None]
        color = np.array((140, 132, 108), np.float32) * (1 - spots) + np.array((104, 104, 84), np.float32) * spots
    else:
        ink = {"pine": (112, 82, 62), "palm": (118, 104, 84), "spruce": (88, 70, 58)}.get(species, (92, 82, 70))
        color = np.array(ink, np.float32) * (1 + np.float32(0.3) * tall)[..., None]
    return printed(np.clip(color, 0, 255).astype(np.uint8)[::2, ::2].copy(), 0.95)
