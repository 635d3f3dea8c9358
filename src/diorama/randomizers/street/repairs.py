"""What years leave on a road: patches, seams of tar, manhole covers, drains along its kerbs; as convex outlines on the map."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from diorama.randomizers.distributions import Uniform, rounded
from diorama.sim.spec import Lane, RoadMap
from diorama.sim.spec.roads import Vec2, along, lengths_m

#: How far above the terrain each lies: below the paint, the later ones on the earlier ones.
LIFTS_M = {"patches": 0.004, "seams": 0.005, "covers": 0.006, "drains": 0.006}
#: Outlines as JSON has them.
Outlines = list[list[list[float]]]

#: No piece is longer, so that it follows the ground.
_PIECE_M = 2.5
_DRAIN_M = (0.5, 0.4)
_SIDES = 14


def patches(roads: RoadMap, per_100_m: float, rng: np.random.Generator) -> Outlines:
    """Rectangles cut out of lanes and filled again."""
    out: Outlines = []
    for lane, way, length in _places(roads, per_100_m, rng, Uniform(0.8, 9.0)):
        wide = min(Uniform(0.5, 2.4).sample(rng), lane.width_m - 0.3)
        off = Uniform(-0.5, 0.5).sample(rng) * (lane.width_m - 0.2 - wide)
        out += _band(lane.points_m, way, way + length, off - wide / 2, off + wide / 2)
    return out


def seams(roads: RoadMap, per_100_m: float, rng: np.random.Generator) -> Outlines:
    """Cracks sealed with tar: along the edges of lanes, or across them, never quite straight."""
    out: Outlines = []
    for lane, way, length in _places(roads, per_100_m, rng, Uniform(2.0, 25.0)):
        wide = Uniform(0.03, 0.07).sample(rng)
        if rng.random() < 0.5:
            off = (1 if rng.random() < 0.5 else -1) * (lane.width_m / 2 - Uniform(0.1, 0.5).sample(rng))
            line = [(way + length * k / 12, off + Uniform(-0.06, 0.06).sample(rng)) for k in range(13)]
        else:
            reach = lane.width_m / 2 - 0.1
            line = [(way + Uniform(-0.12, 0.12).sample(rng), reach * (k / 4 - 1)) for k in range(9)]
        out += _wandering(lane.points_m, line, wide)
    return out


def covers(roads: RoadMap, per_100_m: float, rng: np.random.Generator) -> Outlines:
    """Round covers of manholes, in lanes."""
    out: Outlines = []
    for lane, way, _ in _places(roads, per_100_m, rng, Uniform(0.7, 0.7)):
        radius, off = Uniform(0.28, 0.36).sample(rng), Uniform(-0.6, 0.6).sample(rng)
        (x, y), (dx, dy) = along(lane.points_m, way)
        x, y = x - dy * off, y + dx * off
        turns = [2 * math.pi * k / _SIDES for k in range(_SIDES)]
        out.append([[round(x + radius * rounded(math.cos(t)), 4), round(y + radius * rounded(math.sin(t)), 4)] for t in turns])
    return out


def drains(roads: RoadMap, per_100_m: float, rng: np.random.Generator) -> Outlines:
    """Grates at the foot of kerbs, where there are any."""
    out: Outlines = []
    long, wide = _DRAIN_M
    for line in roads.lines:
        if line.kind != "kerb" or per_100_m <= 0 or roads.kerb_m <= 0:
            continue
        lengths = lengths_m(line.points_m)
        spacing = 100 / per_100_m
        way = Uniform(0.1, 1.0).sample(rng) * spacing
        while way + long < lengths[-1]:
            # The carriageway is on the right of its kerb.
            out += _band(line.points_m, way, way + long, -wide - 0.02, -0.02, lengths)
            way += spacing * Uniform(0.7, 1.3).sample(rng)
    return out


def _places(roads: RoadMap, per_100_m: float, rng: np.random.Generator, length_m: Uniform) -> list[tuple[Lane, float, float]]:
    """Places along lanes outside junctions, so many on each 100 m: a lane, a way along it, and a length that ends before the lane does."""
    out: list[tuple[Lane, float, float]] = []
    for lane in roads.lanes:
        if lane.kind != "drive" or lane.junction:
            continue
        whole = lengths_m(lane.points_m)[-1]
        for _ in range(int(per_100_m * whole / 100 + rng.random())):
            length, share = length_m.sample(rng), rng.random()
            if length + 1.0 < whole:
                out.append((lane, 0.5 + share * (whole - 1.0 - length), length))
    return out


def _band(points: Sequence[Vec2], start: float, end: float, right: float, left: float, lengths: Sequence[float] | None = None) -> Outlines:
    """A strip beside a line, between two ways along it and two offsets to its left, in pieces."""
    lengths = lengths_m(points) if lengths is None else lengths
    count = max(math.ceil((end - start) / _PIECE_M), 1)
    rungs: list[tuple[list[float], list[float]]] = []
    for k in range(count + 1):
        (x, y), (dx, dy) = along(points, start + (end - start) * k / count, lengths)
        near, far = ([round(x - dy * off, 4), round(y + dx * off, 4)] for off in (right, left))
        rungs.append((near, far))
    return [[rungs[k][0], rungs[k + 1][0], rungs[k + 1][1], rungs[k][1]] for k in range(count)]


def _wandering(points: Sequence[Vec2], line: Sequence[tuple[float, float]], wide: float) -> Outlines:
    """A stroke through places given by ways along a line and offsets to its left."""
    lengths = lengths_m(points)
    places: list[Vec2] = []
    for way, off in line:
        (x, y), (dx, dy) = along(points, way, lengths)
        places.append((x - dy * off, y + dx * off))
    out: Outlines = []
    for (x0, y0), (x1, y1) in pairwise(places):
        dx, dy = x1 - x0, y1 - y0
        scale = wide / 2 / math.sqrt(dx * dx + dy * dy)
        w, h = -dy * scale, dx * scale
        corners = ((x0 - w, y0 - h), (x1 - w, y1 - h), (x1 + w, y1 + h), (x0 + w, y0 + h))
        out.append([[round(x, 4), round(y, 4)] for x, y in corners])
    return out
