"""Garden walls and fences."""

from functools import cache

import cv2
import numpy as np

from diorama.sim.assets.household.print import bar, sheet
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.recipe import Ink
from diorama.sim.assets.street.buildings import walls
from diorama.sim.assets.street.paints import PAINTS, painted
from diorama.sim.assets.street.patches import Cover, Face, Patches
from diorama.sim.spec import MaterialSpec
from diorama.sim.spec.boundaries import BoundaryShape

_BELOW_M = 0.4
_COPING = painted("mortar")
_IRONS = ("black", "moss-iron", "zinc")
_WOODS = ("white", "oak", "weathered", "olive")
#: How long a piece of a fence's picture is.
_FENCE_M = 2.0


def boundary_asset(shape: BoundaryShape) -> Asset:
    """The wall or fence of a shape."""
    patches = Patches()
    half, high = shape.length_m / 2, shape.height_m
    face = Face(patches, (0.0, -half, 0.0), (0, 1))
    if shape.stuff == "wall":
        thick = 0.115
        face.block(_masonry(shape), (0.0, -_BELOW_M, -thick), (2 * half, high - 0.07, thick), open_="top bottom")
        face.block(_COPING, (-0.03, high - 0.07, -thick - 0.03), (2 * half + 0.03, high, thick + 0.03))
    else:
        thick = 0.05
        _fence(face, shape, 2 * half, high)
    hull = np.array([(x, y, z) for x in (-thick, thick) for y in (-half, half) for z in (-_BELOW_M, high)])
    return patches.asset(
        f"boundary:{shape!r}",
        shape.stuff,
        "street",
        [hull],
        (0.0, 0.0, shape.origin_m),
        volume_m3=2 * thick * shape.length_m * (high + _BELOW_M),
        density_kg_m3=1800.0 if shape.stuff == "wall" else 300.0,
        closed=shape.stuff == "wall",
        landmarks={"base": (0.0, 0.0, 0.0)},
    )


def _masonry(shape: BoundaryShape) -> Cover:
    if shape.style == "brick-wall":
        return walls.bricks(("red", "brown", "gault", "buff", "sooty", "orange")[shape.variant % 6], "english")
    if shape.style == "stone-wall":
        return walls.stone(shape.variant % len(walls.STONES))
    return walls.plaster((0, 1, 5, 9)[shape.variant % 4])


def _fence(face: Face, shape: BoundaryShape, length: float, high: float) -> None:
    """Posts, and between them panels or a picture of pales that is cut out."""
    post = _COPING
    if shape.style == "panel":
        face.block(walls.boards((5, 3, 4)[shape.variant % 3]), (0.0, -0.05, -0.02), (length, high, 0.02), open_="bottom")
    else:
        pales, post = _pales(shape.style, shape.variant)
        foot = 0.25 if shape.style == "railing" else 0.02
        face.picture(pales, (0.0, foot, length, high), (0.0, 0.0, max(1, round(length / _FENCE_M)), 1.0))
        if shape.style == "railing":
            face.block(_COPING, (0.0, -_BELOW_M, -0.12), (length, foot, 0.12), open_="bottom")
    count = max(2, round(length / 2.4) + 1)
    for k in range(count):
        at = (length - 0.09) * k / (count - 1)
        face.block(post, (at, -_BELOW_M, -0.045), (at + 0.09, high + 0.04, 0.045), open_="bottom")


@cache
def _pales(style: str, variant: int) -> tuple[Look, Cover]:
    """Two metres of a fence that one sees through, and its posts'."""
    names = _WOODS if style == "picket" else _IRONS
    name = names[variant % len(names)]
    ink = PAINTS[name]
    color, mask = sheet(256, 128, ink), np.zeros((128, 256), np.uint8)
    shade: Ink = (int(0.8 * ink[0]), int(0.8 * ink[1]), int(0.8 * ink[2]))
    if style == "picket":
        for x in range(3, 256, 16):
            cv2.fillConvexPoly(mask, np.array([(x, 128), (x, 12), (x + 5, 2), (x + 9, 12), (x + 9, 128)], np.int32), 255)
            bar(color, shade, x + 8, 0, x + 10, 128)
        for y in (30, 96):
            mask[y : y + 8] = 255
            bar(color, shade, 0, y + 7, 256, y + 8)
    elif style == "railing":
        for x in range(6, 256, 16):
            mask[4:, x : x + 3] = 255
        for y in (14, 116):
            mask[y : y + 5] = 255
    else:
        for x in range(0, 256, 12):
            mask[:, x : x + 2] = 255
        for y in range(0, 128, 8):
            mask[y : y + 2] = 255
    picture = np.dstack([color, mask])
    return Look(material=MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.6, alpha="mask"), images={"base_color": picture}), painted(name)
