"""The ground of streets: one surface without cracks, as high as the terrain, and paint that lies on it."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from street_maps import LIBRARY, street, streets

from diorama.scenes.driving.horizon import HORIZON_M
from diorama.sim.assets.ground import heights, normals
from diorama.sim.spec import GroundShape, PaintShape

few = settings(max_examples=12, deadline=None)


def _meshes(spec, kind):
    return [(body, LIBRARY.shape_asset(body.shape).parts[0]) for body in spec.bodies if isinstance(body.shape, kind)]


@few
@given(streets)
def test_ground_is_one_surface_with_no_edge_but_the_horizon(what):
    """Every side of a triangle is a side of one other, the other way around, to the last bit of its vertices."""
    sides: Counter = Counter()
    for _, part in _meshes(street(*what), GroundShape):
        corners = part.positions[part.faces] + np.float32(0.0)  # no negative zeros
        for k in range(3):
            sides.update((tuple(a), tuple(b)) for a, b in zip(corners[:, k].tolist(), corners[:, (k + 1) % 3].tolist(), strict=True))
    odd = [(a, b) for (a, b), count in sides.items() if count != sides.get((b, a), 0)]
    assert all(math.hypot(*p[:2]) == pytest.approx(HORIZON_M, abs=1e-2) for side in odd for p in side)
    assert len(odd) > 10


@few
@given(streets)
def test_ground_is_as_high_as_the_terrain(what):
    spec = street(*what)
    roads = spec.roads
    for body, part in _meshes(spec, GroundShape):
        x, y, z = part.positions.astype(np.float64).T
        lifted = z - heights(roads.terrain, x, y)
        levels = (0.0, roads.kerb_m) if body.name == "kerbs" else ()
        low = body.name in ("road", "cycle-path", "parking")
        wanted = levels or ((0.0,) if low else (roads.kerb_m,))
        assert np.min([np.abs(lifted - level) for level in wanted], axis=0).max() < 2e-4
        # Between vertices it is flat, and nearly as high.
        if levels or body.name == "terrain":
            continue
        middle = part.positions[part.faces].astype(np.float64).mean(axis=1)
        near = np.hypot(middle[:, 0], middle[:, 1]) < 75
        if not near.any():
            continue
        off = middle[near, 2] - heights(roads.terrain, middle[near, 0], middle[near, 1]) - wanted[0]
        assert np.abs(off).max() < (0.02 if body.name == "plots" else 0.006)


@few
@given(streets)
def test_what_lies_faces_up_and_kerbs_face_the_road(what):
    spec = street(*what)
    for body, part in _meshes(spec, GroundShape) + _meshes(spec, PaintShape):
        a, b, c = (part.positions[part.faces[:, k]].astype(np.float64) for k in range(3))
        across = np.cross(b - a, c - a)
        length = np.linalg.norm(across, axis=1)
        up = across[:, 2] / length
        lies = up > (0.2 if body.name in ("terrain", "road") else 0.99)  # hills at the horizon may be steep
        if body.name != "kerbs":
            assert lies.all(), body.name
        assert np.abs(up[~lies]).max(initial=0.0) < 1e-3
        agree = (part.normals[part.faces[:, 0]] * across).sum(axis=1) / length
        assert agree.min() > (0.2 if body.name in ("terrain", "road") else 0.99)


@few
@given(streets)
def test_paint_lies_on_the_road_and_nowhere_under_it(what):
    """Of each piece of paint the middle is above the triangle of the road that is below it, and not by more than one sees."""
    spec = street(*what)
    ground = [part for body, part in _meshes(spec, GroundShape) if body.name in ("road", "cycle-path", "parking")]
    corners = np.concatenate([part.positions[part.faces].astype(np.float64) for part in ground])
    for _, part in _meshes(spec, PaintShape):
        middles = part.positions[part.faces].astype(np.float64).mean(axis=1)[:: max(len(part.faces) // 40, 1)]
        for x, y, z in middles:
            level = _level(corners, x, y)
            assert level is not None, (x, y)
            assert 0.002 < z - level < 0.015


def _level(corners, x, y):
    """How high the triangle is that a place is in."""
    a, b, c = (corners[:, k] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    u = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
    v = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) / area
    inside = np.flatnonzero((u > -1e-6) & (v > -1e-6) & (u + v < 1 + 1e-6))
    if not len(inside):
        return None
    k = inside[0]
    return a[k, 2] + u[k] * (b[k, 2] - a[k, 2]) + v[k] * (c[k, 2] - a[k, 2])


@few
@given(streets)
def test_heights_and_normals_are_the_terrains(what):
    terrain = street(*what).roads.terrain
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-700, 700, (2, 20))
    found, up = heights(terrain, x, y), normals(terrain, x, y)
    for k in range(20):
        assert found[k] == pytest.approx(terrain.height_m(x[k], y[k]), abs=1e-9)
        assert up[k] == pytest.approx(terrain.normal(x[k], y[k]), abs=1e-9)


@few
@given(streets)
def test_ground_is_cheap(what):
    triangles = sum(len(part.faces) for kind in (GroundShape, PaintShape) for _, part in _meshes(street(*what), kind))
    assert triangles < 20000
