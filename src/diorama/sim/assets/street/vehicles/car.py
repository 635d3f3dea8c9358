"""Bodies that are pressed of sheets: cars of all kinds, pick-ups and vans.

One grid of points goes around the lower body, from the middle of the front to the middle of the rear, in columns that stand where corners, wheel
arches, pillars and windows need them, and in rows that are bumpers, lamps and creases. Bonnet and boot are stretched over it, and on its upper edge
stand windscreen, windows and roof.
"""

import math
from dataclasses import dataclass

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.vehicles.proportions import Proportions
from diorama.sim.assets.street.vehicles.skin import Curve, Skin, deck, eased, lofted, on

#: Columns from the middle of the front to its corner, and around the corner; the same at the rear.
_ACROSS, _CORNER = 5, 2
#: Columns of a wheel arch.
_ARCH = 9
#: Where the columns of windscreen, bonnet and roof are between the middle and the side.
_SPREAD = (0.0, 0.3, 0.58, 0.8, 0.945, 1.0)
#: How far the inside of a wheel arch is from the outside.
_WELL_M = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a body is drawn: metres from the middle of the wheelbase, or from the ground.

    `cowl` and `back` are (x, z) of the windscreen's and the rear window's lower corners, `roof_front` and `roof_rear` (x, z) of the roof's corners,
    `nose_m` and `tail_m` the heights of the bonnet's front edge and of the boot's (or the rear window's) rear edge. `windows` are side windows from x
    to x, measured at the belt. `rows_*` are heights of the lower body's rows, and `inset_*` how far each is from where the body is widest.
    """

    cowl: tuple[float, float]
    back: tuple[float, float]
    roof_front: tuple[float, float]
    roof_rear: tuple[float, float]
    nose_m: float
    tail_m: float
    sill_m: float
    roof_half_m: float
    crown_m: float
    bonnet_crown_m: float
    windows: tuple[tuple[float, float], ...]
    rows_front: tuple[float, ...]
    rows_side: tuple[float, ...]
    rows_rear: tuple[float, ...]
    inset_front: tuple[float, ...]
    inset_side: tuple[float, ...]
    inset_rear: tuple[float, ...]
    corner_front_m: float
    corner_rear_m: float
    arch_m: float
    flare_m: float
    foot: str = "paint"
    cowl_bow_m: float = 0.13
    bed_m: float | None = None
    glass_rows: tuple[float, float] = (0.05, 0.9)


def _corner(x_m: float, depth_m: float, half_m: float, power: float) -> list[tuple[float, float]]:
    """A quarter of a superellipse from the middle of the front (x, 0) to the side (x - depth, half)."""
    steps = _ACROSS + _CORNER
    out: list[tuple[float, float]] = []
    for k in range(steps + 1):
        # More columns about the corner.
        angle = math.pi / 2 * (0.0, 0.12, 0.26, 0.42, 0.56, 0.7, 0.85, 1.0)[k]
        c, s = math.cos(angle), math.sin(angle)
        x = math.pow(max(c, 0.0), 2 / power) if k < steps else 0.0
        y = math.pow(max(s, 0.0), 2 / power)
        out.append((round(x_m - depth_m * (1 - x), 6), round(half_m * y, 6)))
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Where the columns of the lower body stand, from the front's middle to the rear's: their plan (n, 2) at the widest, and what they are part of.

    `first` and `last` are the numbers of the columns that the windscreen and the rear window begin at.
    """

    plan: Points
    outward: Points
    first: int
    last: int
    arches: tuple[tuple[int, int], ...]


def columns(p: Proportions, s: Style) -> Columns:
    """The columns of a body."""
    half = p.width_m / 2 - s.flare_m
    front = _corner(p.front_m, s.corner_front_m, half, 2.7)
    rear = [(p.rear_m + p.front_m - x, y) for x, y in _corner(p.front_m, s.corner_rear_m, half, 3.0)][::-1]
    start, end = front[-1][0], rear[0][0]
    xs: set[float] = set()
    for axle in (p.wheelbase_m / 2, -p.wheelbase_m / 2):
        for k in range(_ARCH):
            angle = math.pi * k / (_ARCH - 1)
            xs.add(round(axle + s.arch_m * math.cos(angle), 5))
    marks = [s.cowl[0], *(x for window in s.windows for x in window)]
    if s.back[0] > end:
        marks.append(s.back[0])
    for x in marks:
        xs = {other for other in xs if abs(other - x) > 0.02 or abs(abs(other) - p.wheelbase_m / 2) > 0.99 * s.arch_m}
        xs.add(round(x, 5))
    gap = max(xs) - min(xs)
    inner = sorted((x for x in xs if end + 0.01 < x < start - 0.01), reverse=True)
    # No cell is much longer than half a metre.
    filled: list[float] = []
    for a, b in zip([start, *inner], [*inner, end], strict=True):
        pieces = max(1, math.ceil((a - b) / max(0.55, gap / 40)))
        filled += [round(a + (b - a) * k / pieces, 5) for k in range(1, pieces + 1)]
    side = [(x, half) for x in filled[:-1]]
    plan = np.array([*front, *side, *rear])
    along = np.concatenate([plan[1:2] - plan[:1], plan[2:] - plan[:-2], plan[-1:] - plan[-2:-1]])
    outward = np.stack([-along[:, 1], along[:, 0]], axis=1) * -1.0
    length = np.sqrt(outward[:, 0] * outward[:, 0] + outward[:, 1] * outward[:, 1])
    outward = outward / length[:, None]
    outward[0], outward[-1] = (1.0, 0.0), (-1.0, 0.0)
    first = next(i for i, (x, _) in enumerate(plan.tolist()) if x <= s.cowl[0] + 1e-9)
    corner = len(plan) - 1 - _ACROSS
    last = corner if s.back[0] <= end else next(i for i, (x, _) in enumerate(plan.tolist()) if x <= s.back[0] + 1e-9)
    arches = tuple(
        (min(inside), max(inside))
        for axle in (p.wheelbase_m / 2, -p.wheelbase_m / 2)
        for inside in [[i for i, (x, y) in enumerate(plan.tolist()) if abs(x - axle) <= s.arch_m + 1e-6 and y == half]]
    )
    return Columns(plan=plan, outward=outward, first=first, last=last, arches=arches)


def lower_body(p: Proportions, s: Style, c: Columns) -> Points:
    """The rows of the lower body (k, n, 3): the middle of the underside, foot and top of the wells' inner walls, then what is seen from outside."""
    half = p.width_m / 2 - s.flare_m
    front_axle, rear_axle = p.wheelbase_m / 2, -p.wheelbase_m / 2
    top: Curve = _top(p, s)
    floor = s.sill_m
    rows = len(s.rows_side)
    grid = np.empty((rows + 3, len(c.plan), 3))
    for i, (x, y) in enumerate(c.plan.tolist()):
        ahead = eased(x, front_axle + s.arch_m, p.front_m - 0.4 * s.corner_front_m)
        behind = eased(-x, -rear_axle + s.arch_m, -p.rear_m - 0.4 * s.corner_rear_m)
        beside = 1 - ahead - behind
        edge = on(top, x)
        heights = [
            ahead * edge * a + behind * edge * b + beside * (s.sill_m + (edge - s.sill_m) * m)
            for a, m, b in zip(s.rows_front, s.rows_side, s.rows_rear, strict=True)
        ]
        inset: Curve = list(zip(heights, s.inset_side, strict=True))
        into_front: Curve = list(zip(heights, s.inset_front, strict=True))
        into_rear: Curve = list(zip(heights, s.inset_rear, strict=True))
        low = [_arch(x, front_axle, s.arch_m, p.wheel_m), _arch(x, rear_axle, s.arch_m, p.wheel_m)]
        lip = max(heights[0], *low)
        second = max(heights[1], *(_arch(x, a, s.arch_m + 0.05, p.wheel_m) for a in (front_axle, rear_axle)))
        share = y / half
        for k, height in enumerate(heights):
            z = max(height, lip if k == 0 else second)
            apart = min(math.hypot(x - a, z - p.wheel_m) for a in (front_axle, rear_axle)) - s.arch_m
            wide = half - on(inset, z) + s.flare_m * (1 - eased(apart, 0.0, 0.12))
            gx = x - ahead * on(into_front, z) + behind * on(into_rear, z)
            grid[3 + k, i] = gx, wide * share if share < 1 else wide, z
        within = min(half - _WELL_M, grid[3, i, 1])
        grid[2, i] = grid[3, i, 0], within, grid[3, i, 2]
        grid[1, i] = grid[3, i, 0], within, min(floor, grid[3, i, 2])
        grid[0, i] = grid[3, i, 0], 0.0, grid[1, i, 2]
    return grid.round(6)


def _arch(x: float, axle: float, radius: float, center: float) -> float:
    square = radius * radius - (x - axle) * (x - axle)
    return center + math.sqrt(square) if square > 1e-6 else 0.0


def _top(p: Proportions, s: Style) -> Curve:
    """The upper edge of the lower body over x."""
    fender = p.front_m - s.corner_front_m
    points = [
        (p.rear_m, s.tail_m),
        *([(s.back[0], s.back[1])] if s.back[0] > p.rear_m + 0.2 else []),
        (s.cowl[0], s.cowl[1]),
        (fender, s.nose_m + 0.45 * (s.cowl[1] - s.nose_m) * min(s.corner_front_m / max(p.front_m - s.cowl[0], 0.1) * 1.6, 1.0)),
        (p.front_m, s.nose_m),
    ]
    return sorted(points)


def body(p: Proportions, s: Style) -> tuple[Skin, list[Points]]:
    """The whole body in its looks, and its convex pieces."""
    skin = Skin()
    c = columns(p, s)
    lower = lower_body(p, s, c)
    n, corner = len(c.plan), _ACROSS
    _dress_lower(skin, lower, p, s)
    edge, spread = lower[-1], np.array(_SPREAD)

    cowl = _across(edge[c.first], spread, bow=s.cowl_bow_m)
    bonnet = deck(edge[: corner + 1], cowl, edge[corner : c.first + 1], s.bonnet_crown_m)
    skin.patch(bonnet, "paint", above(bonnet))
    sides = edge[c.first : c.last + 1]
    roof_side = _roof_side(p, s, sides)
    front_roof = _across(roof_side[0], spread, bow=0.07, crown=s.crown_m)
    rear_roof = _across(roof_side[-1], spread, bow=-0.03, crown=s.crown_m)[::-1]
    # The rear window stands on the tailgate, or on a boot.
    if c.last == n - 1 - corner:
        base = edge[c.last :]
    else:
        base = _across(edge[c.last], spread, bow=-0.06)[::-1]
        boot = deck(base[::-1], edge[n - 1 - corner :][::-1], edge[c.last : n - corner], 0.015)
        boot = boot if s.bed_m is None else _bed(boot, s.bed_m)
        skin.patch(boot, "paint" if s.bed_m is None else _bed_looks(boot), above(boot))
    low = np.concatenate([cowl, sides[1:-1], base])
    high = np.concatenate([front_roof, roof_side[1:-1], rear_roof])
    outward = np.concatenate([_fan(1.0), np.tile([[0.0, 1.0]], (len(sides) - 2, 1)), _fan(-1.0)[::-1]])
    bottom, upper = s.glass_rows
    house = lofted(low, high, outward, ((0.0, 0.0, 0.0), (bottom, -0.02, 0.0), (0.5, 0.012, 0.0), (upper, 0.008, 0.0), (1.0, 0.0, 0.0)))
    house[:, 0, 1] = house[:, -1, 1] = 0.0
    skin.patch(house, _house_looks(house, s), beside(house, p))
    roof = deck(front_roof, rear_roof[::-1], roof_side, 0.012)
    skin.patch(roof, "roof", above(roof))
    return skin, [both_sides(lower[1:].reshape(-1, 3)), both_sides(np.concatenate([house.reshape(-1, 3), roof.reshape(-1, 3)]))]


def both_sides(points: Points) -> Points:
    """Points and their mirror images."""
    return np.concatenate([points, points * (1.0, -1.0, 1.0)])


def beside(points: Points, p: Proportions) -> Points:
    """Texture coordinates of what is seen from the side."""
    return np.stack([(points[..., 0] - p.rear_m) / p.length_m, points[..., 2] / p.height_m], axis=-1)


def above(points: Points) -> Points:
    """Texture coordinates of what has nothing drawn on it."""
    return np.full((*points.shape[:-1], 2), 0.01)


def _dress_lower(skin: Skin, lower: Points, p: Proportions, s: Style) -> None:
    rows, n, _ = lower.shape
    named = np.full((rows - 1, n - 1), "paint", dtype=object)
    named[:3] = "under"
    last = n - 2
    named[3] = s.foot
    named[4, :3] = "grille"
    named[6:8, :2] = "grille"
    named[7, 3 : _ACROSS + 2] = "headlamp"
    named[7, _ACROSS + 1] = "indicator"
    named[6:8, last - _ACROSS - 1 : last - 2] = "taillamp"
    skin.patch(lower, named, beside(lower, p), sided=("indicator",))


def _house_looks(house: Points, s: Style) -> np.ndarray:
    rows, n, _ = house.shape
    k = len(_SPREAD) - 1
    named = np.full((rows - 1, n - 1), "paint", dtype=object)
    named[-1] = "roof"
    glass = np.zeros(n - 1, np.bool_)
    glass[: k - 1] = glass[n - k :] = True
    x = (house[0, :-1, 0] + house[0, 1:, 0]) / 2
    for a, b in s.windows:
        glass[k : n - 1 - k] |= (x[k : n - 1 - k] > b) & (x[k : n - 1 - k] < a)
    named[1:3, glass] = "glass"
    return named


def _across(corner: Points, spread: Points, *, bow: float, crown: float = 0.0) -> Points:
    """A line (k, 3) from the middle to a corner, bowed forwards and crowned in the middle."""
    rest = 1 - spread * spread
    return np.stack([corner[0] + bow * rest, corner[1] * spread, corner[2] + crown * rest], axis=1)


def _fan(ahead: float) -> Points:
    """Unit vectors from straight ahead to sideways, most of the turn at the corner."""
    return np.array([[ahead * math.sqrt(1 - t * t), t] for t in (0.0, 0.05, 0.1, 0.16, 0.3, 0.8)])


def _roof_side(p: Proportions, s: Style, sides: Points) -> Points:
    """The edge of the roof over the columns of the sides."""
    (x0, z0), (x1, z1) = s.roof_front, s.roof_rear
    start, end = sides[0, 0], sides[-1, 0]
    out = np.empty_like(sides)
    peak, at = p.height_m - s.crown_m, 0.35
    widest = sides[:, 1].max()
    for i, (x, y, _) in enumerate(sides.tolist()):
        t = (start - x) / (start - end)
        # Over the highest place, a third of the way back.
        off = 1 - t / at if t < at else (t - at) / (1 - at)
        wide = s.roof_half_m * (1 - 0.04 * (1 - t) * (1 - t) - 0.05 * t * t)
        out[i] = x0 + (x1 - x0) * t, wide * y / widest, peak - (peak - (z0 if t < at else z1)) * off * off
    return out.round(6)


def _bed(cells: Points, floor_m: float, wall_m: float = 0.07) -> Points:
    """A pick-up's bed in place of its boot: each outer row and column three times, as the outer edge, the inner edge, and at the floor."""
    n, k, _ = cells.shape
    rows = [(0, 0), (0, 1), (0, 2), *((i, 2) for i in range(1, n - 1)), (n - 1, 2), (n - 1, 1), (n - 1, 0)]
    cols = [*((j, 2) for j in range(k - 1)), (k - 1, 2), (k - 1, 1), (k - 1, 0)]
    ahead, behind = float(cells[:, :, 0].max()), float(cells[:, :, 0].min())
    shorter = (ahead - behind - 0.03 - wall_m) / (ahead - behind)
    out = np.empty((len(rows), len(cols), 3))
    for a, (i, down) in enumerate(rows):
        for b, (j, across) in enumerate(cols):
            x, y, z = cells[i, j].tolist()
            if down and across:
                x, y = behind + wall_m + (x - behind) * shorter, y * (1 - wall_m / cells[i, -1, 1])
            out[a, b] = x, y, floor_m if down == across == 2 else z
    return out


def _bed_looks(bed: Points) -> np.ndarray:
    named = np.full((bed.shape[0] - 1, bed.shape[1] - 1), "trim", dtype=object)
    named[0], named[-1], named[:, -1] = "paint", "paint", "paint"
    return named
