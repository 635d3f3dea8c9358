"""What stands on the lower body: bonnet, boot or bed, windscreen, windows and roof."""

import math
from dataclasses import dataclass

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.vehicles.lower import ACROSS, LowerGrid, across
from diorama.sim.assets.street.vehicles.skin import deck, lofted

#: Where the columns of windscreen, bonnet and roof are between the middle and the side. The last cell is a pillar.
SPREAD = (0.0, 0.3, 0.58, 0.8, 0.945, 1.0)
#: Unit vectors from straight ahead to sideways along them, most of the turn at the corner.
_FAN = (0.0, 0.05, 0.1, 0.16, 0.3, 0.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upper:
    """What an upper body is like.

    `cowl_m` and `back_m` are where the windscreen and the rear window begin: x of their lower corners, None at the body's very end, above its
    corner. `roof_front` and `roof_rear` are (x, z) of the roof's corners, `peak_m` is the height of its sides' highest place, `half_m` from
    the middle, and `crown_m` what it rises to the middle. `glass` is how far up the windows of each deck begin and end. `bed_m` is the floor
    of a pick-up's bed.
    """

    cowl_m: float | None
    back_m: float | None
    roof_front: tuple[float, float]
    roof_rear: tuple[float, float]
    peak_m: float
    half_m: float
    crown_m: float
    glass: tuple[tuple[float, float], ...] = ((0.05, 0.9),)
    bonnet_crown_m: float = 0.03
    cowl_bow_m: float = 0.13
    ledge_m: float = 0.02
    bulge_m: float = 0.012
    bed_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UpperGrids:
    """Patches of points: the `house` (k, n, 3) goes around as the lower body does, `first` and `last` are the kept columns of the lower body
    that its sides are over; each of `bonnet`, `boot` and `roof` goes from the front to the rear and from the middle outwards.
    """

    house: Points
    first: int
    last: int
    roof: Points
    bonnet: Points | None
    boot: Points | None


def upper_grids(one: Upper, lower: LowerGrid) -> UpperGrids:
    """The patches of an upper body."""
    edge = lower.edge
    end = len(edge) - 1 - ACROSS
    first = ACROSS if one.cowl_m is None else lower.column(one.cowl_m)
    last = end if one.back_m is None else lower.column(one.back_m)
    bonnet = boot = None
    cowl, base = edge[: ACROSS + 1], edge[end:]
    if first > ACROSS:
        nose, cowl = cowl, across(edge[first], SPREAD, bow_m=one.cowl_bow_m)
        bonnet = deck(nose, cowl, edge[ACROSS : first + 1], one.bonnet_crown_m)
    if last < end:
        tail, base = base, across(edge[last], SPREAD, bow_m=-0.06)[::-1]
        boot = deck(base[::-1], tail[::-1], edge[last : end + 1], 0.015)
        boot = boot if one.bed_m is None else _bed(boot, one.bed_m)
    sides = edge[first : last + 1]
    roof_side = _roof_side(one, sides)
    front = across(roof_side[0], SPREAD, bow_m=0.07 if first > ACROSS else 0.5 * float(cowl[0, 0] - cowl[-1, 0]), crown_m=one.crown_m)
    rear = across(roof_side[-1], SPREAD, bow_m=-0.03, crown_m=one.crown_m)[::-1]
    low = np.concatenate([cowl, sides[1:-1], base])
    high = np.concatenate([front, roof_side[1:-1], rear])
    fan = np.array([[math.sqrt(1 - t * t), t] for t in _FAN])
    outward = np.concatenate([fan, np.tile([[0.0, 1.0]], (len(sides) - 2, 1)), (fan * (-1.0, 1.0))[::-1]])
    rows = [(0.0, 0.0, 0.0)]
    for bottom, top in one.glass:
        rows += [(bottom, -one.ledge_m, 0.0), ((bottom + top) / 2, one.bulge_m, 0.0), (top, 0.6 * one.bulge_m, 0.0)]
    rows.append((1.0, 0.0, 0.0))
    house = lofted(low, high, outward, rows)
    house[:, 0, 1] = house[:, -1, 1] = 0.0
    return UpperGrids(house=house, first=first, last=last, roof=deck(front, rear[::-1], roof_side, 0.012), bonnet=bonnet, boot=boot)


def _roof_side(one: Upper, sides: Points) -> Points:
    """The edge of the roof over the columns of the sides."""
    (x0, z0), (x1, z1) = one.roof_front, one.roof_rear
    start, end = sides[0, 0], sides[-1, 0]
    widest, at = sides[:, 1].max(), 0.35
    out = np.empty_like(sides)
    for i, (x, y, _) in enumerate(sides.tolist()):
        t = (start - x) / (start - end)
        # Over the highest place, a third of the way back.
        off = 1 - t / at if t < at else (t - at) / (1 - at)
        wide = one.half_m * (1 - 0.04 * (1 - t) * (1 - t) - 0.05 * t * t)
        out[i] = x0 + (x1 - x0) * t, wide * y / widest, one.peak_m - (one.peak_m - (z0 if t < at else z1)) * off * off
    return out.round(6)


def _bed(cells: Points, floor_m: float, wall_m: float = 0.07) -> Points:
    """A bed in place of a boot: each outer row and column three times, as the outer edge, the inner edge, and at the floor."""
    n, k, _ = cells.shape
    rows = [(0, 0), (0, 1), (0, 2), *((i, 2) for i in range(1, n - 1)), (n - 1, 2), (n - 1, 1), (n - 1, 0)]
    columns = [*((j, 2) for j in range(k - 1)), (k - 1, 2), (k - 1, 1), (k - 1, 0)]
    ahead, behind = float(cells[:, :, 0].max()), float(cells[:, :, 0].min())
    shorter = (ahead - behind - 0.03 - wall_m) / (ahead - behind)
    out = np.empty((len(rows), len(columns), 3))
    for a, (i, down) in enumerate(rows):
        for b, (j, over) in enumerate(columns):
            x, y, z = cells[i, j].tolist()
            if down and over:
                x, y = behind + wall_m + (x - behind) * shorter, y * (1 - wall_m / cells[i, -1, 1])
            out[a, b] = x, y, floor_m if down == over == 2 else z
    return out
