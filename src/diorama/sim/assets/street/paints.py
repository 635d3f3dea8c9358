"""Plain paints of buildings and fences: spots of one small picture, so that whatever a house has of them is one surface."""

from functools import cache

import numpy as np

from diorama.sim.assets.mesh import Image, Look
from diorama.sim.assets.recipe import Ink, printed
from diorama.sim.assets.street.patches import Cover

PAINTS: dict[str, Ink] = {
    "white": (232, 231, 226),
    "cream": (214, 204, 178),
    "brown": (96, 66, 44),
    "grey": (92, 98, 104),
    "green": (52, 74, 62),
    "black": (40, 42, 46),
    "pale": (222, 218, 206),
    "buff": (206, 198, 180),
    "snow": (236, 234, 228),
    "mortar": (150, 146, 138),
    "sandstone": (206, 196, 174),
    "limestone": (190, 178, 152),
    "granite": (176, 168, 156),
    "silver": (196, 198, 198),
    "steel": (120, 124, 128),
    "slate": (70, 74, 80),
    "plinth": (120, 116, 110),
    "step": (140, 138, 132),
    "gutter": (58, 60, 62),
    "pots": (158, 96, 70),
    "sage": (70, 92, 74),
    "chestnut": (96, 62, 46),
    "teal": (84, 96, 110),
    "brick-red": (150, 60, 50),
    "iron": (46, 48, 52),
    "moss-iron": (48, 66, 54),
    "zinc": (140, 144, 146),
    "oak": (122, 92, 62),
    "weathered": (96, 78, 60),
    "olive": (88, 104, 88),
    "clay": (150, 78, 54),
    "rust": (128, 62, 46),
    "blue-slate": (84, 88, 96),
    "dark-slate": (72, 72, 78),
}
_SIDE, _SPOT_PX = 8, 4


@cache
def painted(name: str) -> Cover:
    """Covered with one of the `PAINTS`."""
    number = list(PAINTS).index(name)
    return Cover(_chart(), spot=((number % _SIDE + 0.5) / _SIDE, 1 - (number // _SIDE + 0.5) / _SIDE))


@cache
def _chart() -> Look:
    """All of them. At a spot's middle nothing of its neighbours shows: it has no extent in the picture, which so is never looked at from far."""
    spots: Image = np.zeros((_SIDE * _SIDE, 3), np.uint8)
    spots[: len(PAINTS)] = list(PAINTS.values())
    return printed(spots.reshape(_SIDE, _SIDE, 3).repeat(_SPOT_PX, axis=0).repeat(_SPOT_PX, axis=1), 0.7)
