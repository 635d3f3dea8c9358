"""Roofs: what is above the eaves."""

from collections.abc import Callable, Sequence

from diorama.sim.assets.street.buildings.styles import STYLES, Dress
from diorama.sim.assets.street.buildings.walls import bricks, felt
from diorama.sim.assets.street.buildings.windows import cell
from diorama.sim.assets.street.paints import painted
from diorama.sim.assets.street.patches import Cover, Face, Patches
from diorama.sim.spec.buildings import BuildingShape
from diorama.sim.transforms import Vec3

_THICK_M = 0.1
_PARAPET_M, _WALL_M = 0.55, 0.3
#: A mansard's lower slope: how far it leans in, and how high it is.
_LEAN_M, _STEEP_M = 0.7, 2.3
_FASCIA, _GUTTER, _POTS = painted("pale"), painted("gutter"), painted("pots")


def roof(patches: Patches, shape: BuildingShape, dress: Dress) -> float:
    """Put a roof on, and the gables below it. The height of its highest line."""
    x, y, eaves = shape.depth_m / 2, shape.width_m / 2, shape.eaves_m
    if shape.roof == "flat":
        _parapet(patches, dress, x, y, eaves)
        return eaves + _PARAPET_M
    top = {"gable": _gable, "hip": _hip, "mansard": _mansard}[shape.roof](patches, shape, dress, x, y, eaves)
    _gutter(patches, shape, dress, x, y, eaves)
    if dress.chimneys:
        _chimneys(patches, shape, dress, y, top)
    return top


def ridge_m(shape: BuildingShape, dress: Dress) -> float:
    """How high a gable's or a hip's ridge is above the eaves."""
    span = min(shape.depth_m, shape.width_m) if shape.roof == "hip" else shape.depth_m
    return span / 2 * dress.pitch


def _slab(patches: Patches, cover: Cover, corners: Sequence[Vec3], run_m: float, rise_m: float) -> None:
    """A thick sheet of roofing: lower left, lower right, upper right and upper left corner seen from outside."""
    patches.cover(cover, corners, [(0, 0), (run_m, 0), (run_m, rise_m), (0, rise_m)])
    low = [(x, y, z - _THICK_M) for x, y, z in corners]
    patches.cover(_FASCIA, low[::-1])
    for k in (0, 1, 3):  # not along the ridge
        i, j = k, (k + 1) % 4
        patches.cover(_FASCIA, (low[i], low[j], corners[j], corners[i]))


def _gable(patches: Patches, shape: BuildingShape, dress: Dress, x: float, y: float, eaves: float) -> float:
    """Two slopes, the ridge along the street."""
    out = STYLES[shape.style].overhang_m
    aside = {"left": out, "right": out}
    for side in aside:
        if shape.shared in (side, "both"):
            aside[side] = 0.0
    rise = ridge_m(shape, dress)
    top, low = eaves + rise, eaves - out * dress.pitch
    left, right = -y - aside["left"], y + aside["right"]
    length = ((x + out) ** 2 + (top - low) ** 2) ** 0.5
    run = right - left
    lift = _THICK_M
    _slab(
        patches,
        dress.roof,
        ((x + out, left, low + lift), (x + out, right, low + lift), (0.0, right, top + lift), (0.0, left, top + lift)),
        run,
        length,
    )
    _slab(
        patches,
        dress.roof,
        ((-x - out, right, low + lift), (-x - out, left, low + lift), (0.0, left, top + lift), (0.0, right, top + lift)),
        run,
        length,
    )
    for face, length in ((Face(patches, (-x, -y, 0.0), (1, 0)), 2 * x), (Face(patches, (x, y, 0.0), (-1, 0)), 2 * x)):
        face.polygon(dress.wall, ((0, eaves), (length, eaves), (length / 2, top)))
    if dress.dormers and shape.floors > 1:
        _dormers(patches, shape, dress, lambda z: x - (z - eaves) / dress.pitch, eaves + 0.35, min(1.35, 0.75 * rise))
    return top + lift


def _hip(patches: Patches, shape: BuildingShape, dress: Dress, x: float, y: float, eaves: float) -> float:
    """Four slopes to a ridge along the longer side."""
    out = STYLES[shape.style].overhang_m
    a, b = x + out, y + out
    low, half = eaves - out * dress.pitch + _THICK_M, min(a, b)
    top = low + half * dress.pitch
    ends = ((0.0, -(b - half)), (0.0, b - half)) if b >= a else ((-(a - half), 0.0), (a - half, 0.0))
    slope = (half * half + (top - low) ** 2) ** 0.5
    corners = ((a, -b), (a, b), (-a, b), (-a, -b))
    for k in range(4):
        (x0, y0), (x1, y1) = corners[k], corners[(k + 1) % 4]
        upper = sorted({ends[0], ends[1]}, key=lambda e, x0=x0, y0=y0, x1=x1, y1=y1: (e[0] - x0) * (x1 - x0) + (e[1] - y0) * (y1 - y0), reverse=True)
        long = abs(x1 - x0) + abs(y1 - y0)
        if (b >= a) == (k % 2 == 1):  # towards one end of the ridge
            upper = [min(upper, key=lambda e, x0=x0, y0=y0: (e[0] - x0) ** 2 + (e[1] - y0) ** 2)]
        points = [(x0, y0, low), (x1, y1, low), *((e[0], e[1], top) for e in upper)]
        metres = [(0.0, 0.0), (long, 0.0)]
        metres += [(((e[0] - x0) * (x1 - x0) + (e[1] - y0) * (y1 - y0)) / long, slope) for e in upper]
        patches.cover(dress.roof, points, metres)
        patches.cover(_FASCIA, ((x0, y0, low - _THICK_M), (x1, y1, low - _THICK_M), (x1, y1, low), (x0, y0, low)))
    patches.cover(_FASCIA, [(px, py, low - _THICK_M) for px, py in corners[::-1]])
    return top


def _mansard(patches: Patches, shape: BuildingShape, dress: Dress, x: float, y: float, eaves: float) -> float:
    """A steep slope in front and behind, and nearly flat above."""
    knee = eaves + _STEEP_M
    inner = x - _LEAN_M
    top = knee + 0.12 * inner
    steep, flat_ = (_STEEP_M**2 + _LEAN_M**2) ** 0.5, inner
    wide = 2 * y
    for s in (1, -1):
        levels = ((s * x, eaves), (s * inner, knee), (0.0, top))
        for (x0, z0), (x1, z1), high in ((levels[0], levels[1], steep), (levels[1], levels[2], flat_)):
            corners = ((x0, -y * s, z0), (x0, y * s, z0), (x1, y * s, z1), (x1, -y * s, z1))
            patches.cover(dress.roof, corners, [(0, 0), (wide, 0), (wide, high), (0, high)])
    for face in (Face(patches, (-x, -y, 0.0), (1, 0)), Face(patches, (x, y, 0.0), (-1, 0))):
        profile = ((0, eaves), (2 * x, eaves), (2 * x - _LEAN_M, knee), (x, top), (_LEAN_M, knee))
        face.polygon(dress.wall, profile)
    _dormers(patches, shape, dress, lambda z: x - (z - eaves) * _LEAN_M / _STEEP_M, eaves + 0.3, 1.6)
    return top


def _dormers(patches: Patches, shape: BuildingShape, dress: Dress, slope_x: Callable[[float], float], low: float, high: float) -> None:
    """Windows that stand out of the front slope, over every second bay or so."""
    count = max(1, round(shape.width_m / (2.2 * STYLES[shape.style].bay_m)))
    pitch, half = shape.width_m / count, 0.62
    for k in range(count):
        y = -shape.width_m / 2 + (k + 0.5) * pitch
        x0, x1, top = slope_x(low) - 0.12, slope_x(low + high), low + high
        back = x1 - 0.3
        face = Face(patches, (x0, y - half, low), (0, 1))
        face.wall(dress.frame, 0.0, 0.0, 2 * half, high)
        lit = is_lit(shape, dress, 9000 + k)
        face.picture(dress.windows.look(shape.glow if lit else 0.0), (0.1, 0.1, 2 * half - 0.1, high - 0.1), cell(dress.number + k), 0.02)
        for s in (-1, 1):
            cheek = [(x0, y + s * half, low), (x0, y + s * half, top), (x1, y + s * half, top), (slope_x(low), y + s * half, low)]
            patches.cover(dress.roof, cheek[::-1] if s < 0 else cheek, [(0, 0), (0, 1), (1, 1), (1, 0)])
        w, eave = half + 0.12, x0 + 0.15
        cap = ((eave, y - w, top), (eave, y + w, top), (back, y + w, top + 0.12), (back, y - w, top + 0.12))
        patches.cover(dress.roof, cap, [(0, 0), (1.3, 0), (1.3, 1.0), (0, 1.0)])
        patches.cover(_FASCIA, ((eave, y - w, top - 0.1), (eave, y + w, top - 0.1), (eave, y + w, top), (eave, y - w, top)))
        patches.cover(_FASCIA, ((back, y - w, top - 0.1), (back, y + w, top - 0.1), (eave, y + w, top - 0.1), (eave, y - w, top - 0.1)))


def _parapet(patches: Patches, dress: Dress, x: float, y: float, eaves: float) -> None:
    """A flat roof behind the walls' upper ends."""
    top = eaves + _PARAPET_M
    a, b = x - _WALL_M, y - _WALL_M
    sides = (((x, -y), (0, 1), 2 * y), ((x, y), (-1, 0), 2 * x), ((-x, y), (0, -1), 2 * y), ((-x, -y), (1, 0), 2 * x))
    for (cx, cy), along, length in sides:
        face = Face(patches, (cx, cy, 0.0), along)
        face.wall(dress.wall, 0.0, eaves, length, top)
        outer = (face.at(0, top), face.at(length, top), face.at(length - _WALL_M, top, -_WALL_M), face.at(_WALL_M, top, -_WALL_M))
        patches.cover(dress.trim, outer)
        inner = ((length - _WALL_M, eaves), (_WALL_M, eaves), (_WALL_M, top), (length - _WALL_M, top))
        patches.cover(dress.trim, [face.at(u, v, -_WALL_M) for u, v in inner])
    deck = ((a, -b, eaves), (a, b, eaves), (-a, b, eaves), (-a, -b, eaves))
    patches.cover(felt(dress.number % 2), deck, [(0, 0), (2 * b, 0), (2 * b, 2 * a), (0, 2 * a)])


def _gutter(patches: Patches, shape: BuildingShape, dress: Dress, x: float, y: float, eaves: float) -> None:
    """Along the front's eaves, and a pipe that comes down from it."""
    out = 0.0 if shape.roof == "mansard" else STYLES[shape.style].overhang_m
    level = eaves - (out * dress.pitch if shape.roof != "mansard" else 0.0)
    face = Face(patches, (x, -y, 0.0), (0, 1))
    face.block(_GUTTER, (0.0, level - 0.02, out), (2 * y, level + 0.1, out + 0.11))
    if dress.pipes:
        at = 0.12 if dress.mirrored else 2 * y - 0.22
        low = 0.0 if shape.ground not in ("shop", "arcade") else shape.ground_floor_m
        face.block(_GUTTER, (at, low, 0.0), (at + 0.1, level, 0.1), open_="back top bottom")


def _chimneys(patches: Patches, shape: BuildingShape, dress: Dress, y: float, top: float) -> None:
    """Stacks on the ridge, where terraced houses meet, or a little off the middle."""
    stack = bricks(("brown", "red", "sooty", "gault")[dress.number % 4], "stretcher")
    places = [y - 0.5] if dress.mirrored else [0.5 - y]
    if shape.shared == "none":
        places = [0.3 * y if dress.mirrored else -0.3 * y]
    for at in places:
        wide, deep, high = 0.45, 0.6, top + 1.1
        face = Face(patches, (deep / 2, at - wide / 2, top - 0.9), (0, 1))
        face.block(stack, (0.0, 0.0, -deep), (wide, high - top + 0.9, 0.0), open_="bottom")
        for k in (0, 1):
            u = 0.08 + 0.19 * k
            face.block(_POTS, (u, high - top + 0.9, -deep / 2 - 0.06), (u + 0.12, high - top + 1.25, -deep / 2 + 0.06), open_="bottom")


def is_lit(shape: BuildingShape, dress: Dress, number: int) -> bool:
    """Whether a window shines: each has a threshold of its own, so that more light means more windows and not others."""
    return _threshold(dress.number, number) < shape.lit


def _threshold(house: int, window: int) -> float:
    """At which share of lit windows one is: a number in [0, 1) that a house's windows have each of their own."""
    mixed = (house * 2654435761 + window * 40503 + 12345) & 0xFFFFFFFF
    mixed = ((mixed >> 15) ^ mixed) * 2246822519 & 0xFFFFFFFF
    return ((mixed >> 13) ^ mixed & 0xFFFFFF) % 65536 / 65536
