"""Where the openings of a wall are."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from diorama.sim.assets.street.buildings.styles import STYLES, Dress
from diorama.sim.spec.buildings import BuildingShape

Side = Literal["front", "right", "back", "left"]
Use = Literal["window", "door", "garage", "shop"]

_DOOR_M, _GARAGE_M = (1.05, 2.3), (2.5, 2.15)
#: What there is beside and above a shop's window.
_PIER_M, FASCIA_M = 0.3, 0.95


@dataclass(frozen=True, slots=True)
class Opening:
    """What a bay of a floor has: (u0, v0, u1, v1) in metres from the wall's lower left corner."""

    use: Use
    floor: int
    bay: int
    rect: tuple[float, float, float, float]


def bays(shape: BuildingShape, side: Side) -> int:
    """Into how many bays a side is divided."""
    length = shape.width_m if side in ("front", "back") else shape.depth_m
    wanted = STYLES[shape.style].bay_m * (1.0 if side == "front" else 1.15 if side == "back" else 1.6)
    return max(1, round(length / wanted))


def floor_at(shape: BuildingShape, floor: int) -> tuple[float, float]:
    """The levels where a floor begins and ends."""
    low = 0.0 if floor == 0 else shape.ground_floor_m + (floor - 1) * shape.floor_m
    return low, (shape.ground_floor_m if floor == 0 else low + shape.floor_m)


def openings(shape: BuildingShape, dress: Dress, side: Side) -> Iterator[Opening]:
    """Those of one side. A party wall has none."""
    if (shape.shared == "both" and side in ("left", "right")) or shape.shared == side:
        return
    count = bays(shape, side)
    length = shape.width_m if side in ("front", "back") else shape.depth_m
    pitch = length / count
    style = STYLES[shape.style]
    for floor in range(shape.floors):
        low, high = floor_at(shape, floor)
        if floor == 0 and side == "front":
            yield from _ground(shape, dress, count, pitch)
            continue
        for bay in range(count):
            yield _window(style.sill, dress, floor, bay, pitch, low, min(high - low, max(shape.floor_m, 2.2)))


def _window(sill: float, dress: Dress, floor: int, bay: int, pitch: float, low: float, height: float) -> Opening:
    half = dress.wide * pitch / 2
    middle = (bay + 0.5) * pitch
    bottom = low + sill * height
    return Opening("window", floor, bay, (middle - half, bottom, middle + half, min(bottom + dress.high * height, low + height - 0.12)))


def _ground(shape: BuildingShape, dress: Dress, count: int, pitch: float) -> Iterator[Opening]:
    """The front's ground floor."""
    height = shape.ground_floor_m
    if shape.ground in ("shop", "arcade"):
        shops = max(1, math.floor(shape.width_m / 6.0 + 0.35))
        each = shape.width_m / shops
        for k in range(shops):
            yield Opening("shop", 0, k, (k * each + _PIER_M, 0.06, (k + 1) * each - _PIER_M, height - FASCIA_M))
        return
    end = count - 1 if dress.mirrored else 0
    other = count - 1 - end
    for bay in range(count):
        middle = (bay + 0.5) * pitch
        if shape.ground == "garage" and bay == other and (count > 1 or shape.style == "hall"):
            wide, high = (_GARAGE_M[0], _GARAGE_M[1]) if shape.style != "hall" else (min(4.0, 0.75 * pitch), min(4.2, 0.7 * height))
            wide = min(wide, 0.86 * pitch)
            yield Opening("garage", 0, bay, (middle - wide / 2, 0.02, middle + wide / 2, high))
        elif bay == end:
            half = min(_DOOR_M[0], 0.8 * pitch) / 2
            yield Opening("door", 0, bay, (middle - half, 0.16, middle + half, min(0.16 + _DOOR_M[1], height - 0.2)))
        else:
            yield _window(STYLES[shape.style].sill, dress, 0, bay, pitch, 0.0, height)
