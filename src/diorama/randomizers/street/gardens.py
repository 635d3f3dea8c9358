"""Front gardens: what stands along the street before them, and the paths and drives through them."""

import math
from collections.abc import Sequence
from itertools import pairwise

from diorama.randomizers.distributions import rounded
from diorama.randomizers.street.fronts import Frontage, Lot
from diorama.randomizers.street.standing import facing
from diorama.sim.assets.street.buildings.layout import openings
from diorama.sim.assets.street.buildings.styles import dress
from diorama.sim.codec import from_json
from diorama.sim.spec import BodySpec, BoundaryShape, BuildingShape, HedgeShape, PaintShape, Pose, RoadMap
from diorama.sim.spec.roads import Polyline, Vec2, along

#: A front garden has room for a wall when it is so deep; the wall stands so far behind the plot's front, and is open so wide before a door.
GARDEN_M, _INSIDE_M, _GATE_M = 1.2, 0.2, 1.4
_HEDGE_M = 0.45
#: Pieces of walls are no longer than this, on sloping ground or where the street bends, and elsewhere; and no shorter.
_PIECE_M, _LONGEST_M, _LEAST_FENCE_M, _FENCE_STEP_M = 6.0, 15.0, 0.5, 0.25
#: Paths are so wide; drives are as wide as garages. They are laid in pieces so long, so far above the ground.
_PATH_M, _SLAB_M, _LIFT_M = 1.1, 1.5, 0.03
#: What paths are made of.
PAVINGS = ("paving-slabs", "paving-bricks", "concrete", "gravel")


def fence(
    name: str, style: str, variant: int, span: tuple[float, float], open_m: Sequence[tuple[float, float]], frontage: Frontage, roads: RoadMap
) -> list[BodySpec]:
    """Pieces of a wall, a fence or a hedge along the fronts of a row's gardens, from one way along the street to another, but where they are open."""
    low, high = span
    spans: list[tuple[float, float]] = []
    for a, b in sorted(open_m):
        spans.append((low, a))
        low = max(low, b)
    spans.append((low, high))
    most = _PIECE_M if roads.terrain.hills or len(frontage.line_m) > 2 else _LONGEST_M
    out: list[BodySpec] = []
    for low, high in spans:
        count = math.ceil(max(high - low, 0.0) / most)
        for k in range(count):
            a, b = low + (high - low) * k / count, low + (high - low) * (k + 1) / count
            length = math.floor((b - a) / _FENCE_STEP_M) * _FENCE_STEP_M
            if length < _LEAST_FENCE_M:
                continue
            deep = _HEDGE_M if style == "hedge" else _INSIDE_M
            piece, lot = _piece(style, length, variant), frontage.lot((a + b - length) / 2, length, 2 * deep, 0.0)
            what, tag = ("hedge", "plant") if style == "hedge" else (piece.stuff, "boundary")
            pose = _leaning(piece, lot, roads)
            out.append(BodySpec(name=f"{what}-{name}-{len(out)}", shape=piece, world_from_body=pose, stuff=piece.stuff, tags=(tag,)))
    return out


def _piece(style: str, length: float, variant: int) -> BoundaryShape | HedgeShape:
    """As high as such things are, and not all alike."""
    if style == "hedge":
        return HedgeShape(length_m=length, height_m=round(1.0 + 0.15 * (variant % 6), 2), width_m=0.7, variant=variant % 8)
    height = {"mesh": 1.9, "panel": 1.5, "picket": 0.95, "railing": 1.1}.get(style, 0.7 + 0.1 * (variant % 5))
    return from_json(BoundaryShape, {"style": style, "length_m": length, "height_m": round(height, 2), "variant": variant})


def gates(shape: BuildingShape) -> list[tuple[float, float]]:
    """Where a garden's wall is open, from the left of the house along its front: before doors and garages."""
    open_ = []
    for hole in openings(shape, dress(shape.style, shape.variant), "front"):
        if hole.use in ("door", "garage", "shop"):
            middle, half = (hole.rect[0] + hole.rect[2]) / 2, max(_GATE_M, hole.rect[2] - hole.rect[0]) / 2
            open_.append((middle - half, middle + half))
    return sorted(open_)


def paths(shape: BuildingShape, lot: Lot, start_m: float, frontage: Frontage) -> list[list[list[float]]]:
    """Outlines, counter-clockwise, of the slabs from the street to a house's doors and garages; `start_m` is where its lot begins along the front."""
    left = lot.corners[0]
    ax, ay = -lot.out[1], lot.out[0]
    out: list[list[list[float]]] = []
    for hole in openings(shape, dress(shape.style, shape.variant), "front"):
        if hole.use not in ("door", "garage"):
            continue
        u0, _, u1, _ = hole.rect
        middle, half = (u0 + u1) / 2, (u1 - u0 if hole.use == "garage" else _PATH_M) / 2
        door = (left[0] + ax * middle, left[1] + ay * middle)
        gate, _ = along(frontage.line_m, start_m + middle, frontage.ways_m)
        count = max(1, math.ceil(math.dist(door, gate) / _SLAB_M))
        rows = [_across(gate, door, k / count, (ax * half, ay * half)) for k in range(count + 1)]
        out += [[*near, *far[::-1]] for near, far in pairwise(rows)]
    return out


def _across(gate: Vec2, door: Vec2, share: float, half: Vec2) -> list[list[float]]:
    """The left and the right end of a row of slabs, seen from the street."""
    x, y = gate[0] + (door[0] - gate[0]) * share, gate[1] + (door[1] - gate[1]) * share
    return [[rounded(x + sign * half[0]), rounded(y + sign * half[1])] for sign in (-1, 1)]


def paved(paving: str, outlines: Sequence[Sequence[Sequence[float]]], roads: RoadMap) -> BodySpec:
    """All paths of one paving."""
    symbols: tuple[Polyline, ...] = tuple(tuple((x, y) for x, y in outline) for outline in outlines)
    shape = PaintShape(symbols=symbols, terrain=roads.terrain, lift_m=rounded(roads.kerb_m + _LIFT_M))
    return BodySpec(name=f"paths-{paving}", shape=shape, look_of=f"street:{paving}/0", stuff="ground", tags=("ground",))


def _leaning(piece: BoundaryShape | HedgeShape, lot: Lot, roads: RoadMap) -> Pose:
    """In the middle of its lot, on the ground and as steep as that is along it; upright across."""
    left, right = lot.corners[:2]
    x, y = lot.middle_m
    rise = roads.ground_m(*right, "plot") - roads.ground_m(*left, "plot")
    level = roads.ground_m(x, y, "plot")
    return Pose((rounded(x), rounded(y), rounded(level + piece.origin_m)), facing(lot.out, rise / piece.length_m))
