"""Outlines against SciPy's hulls, and gaps against the distances that they stand for."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from diorama.randomizers.clearance import Crowd, Prism
from diorama.randomizers.outlines import Outline

SEEDS = st.integers(0, 2**32)


def cloud(seed, count, at=(0.0, 0.0)):
    """Points of a random ellipse."""
    rng = np.random.default_rng(seed)
    turn, (a, b) = rng.uniform(0, math.pi), rng.uniform(0.02, 0.3, 2)
    p = rng.normal(size=(count, 2))
    p = p / np.linalg.norm(p, axis=1)[:, None] * np.sqrt(rng.uniform(size=(count, 1))) * (a, b)
    return p @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]) + at


def true_distance(p, q):
    """Between convex polygons that are apart: from a corner of one to a side of the other."""
    best = math.inf
    for points, ends in ((p, q), (q, p)):
        a, b = ends, np.roll(ends, -1, axis=0)
        share = np.clip(((points[:, None] - a) * (b - a)).sum(axis=2) / ((b - a) ** 2).sum(axis=1), 0, 1)
        best = min(best, np.linalg.norm(points[:, None] - a - share[..., None] * (b - a), axis=2).min())
    return best


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(3, 400))
def test_hulls_are_those_of_scipy(seed, count):
    points = cloud(seed, count)
    outline, hull = Outline.around(points), ConvexHull(points)
    assert outline.area_m2 == pytest.approx(hull.volume, abs=1e-8)
    corners = {tuple(c) for c in np.round(points[hull.vertices], 9).tolist()}
    assert {tuple(c) for c in outline.corners.tolist()} <= corners
    assert np.linalg.norm(outline.out, axis=1) == pytest.approx(1)
    assert (outline.reach(outline.out) == outline.far).all()
    assert (points @ outline.out.T).max(axis=0) == pytest.approx(outline.far, abs=2e-9)


def test_a_grid_of_points_has_four_corners():
    """All but four of these are on a side or inside, and many at the same place."""
    x, y = np.meshgrid(np.arange(20) * 0.1, np.arange(10) * 0.1)
    points = np.stack([np.tile(x.ravel(), 2), np.tile(y.ravel(), 2)], axis=1) + np.random.default_rng(0).uniform(-1, 1, (400, 2)) * 1e-15
    outline = Outline.around(points)
    assert sorted(outline.corners.tolist()) == [[0, 0], [0, 0.9], [1.9, 0], [1.9, 0.9]]
    assert outline.area_m2 == pytest.approx(1.71)
    assert outline.middle_m == pytest.approx((0.95, 0.45))


@settings(max_examples=100, deadline=None)
@given(SEEDS, SEEDS, st.floats(-0.8, 0.8), st.floats(-0.8, 0.8))
def test_gaps_are_positive_exactly_when_things_are_apart_and_never_too_large(one, other, x, y):
    a, b = Outline.around(cloud(one, 30)), Outline.around(cloud(other, 30, (x, y)))
    gap = a.gap_m(b)
    assert gap == b.gap_m(a)
    # A third opinion: apart are two convex sets whose differences do not hold the origin.
    differences = ConvexHull((a.corners[:, None] - b.corners).reshape(-1, 2))
    outside = (differences.equations[:, 2]).max()
    assume(abs(outside) > 1e-7)
    assert (gap > 0) == (outside > 0)
    if gap > 0:
        distance = true_distance(a.corners, b.corners)
        assert gap <= distance + 1e-9


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-1, 1), st.floats(-1, 1))
def test_moving_and_holding(seed, x, y):
    outline = Outline.around(cloud(seed, 50))
    moved = outline.moved(x, y)
    assert moved.corners == pytest.approx(outline.corners + (x, y))
    assert moved.reach(moved.out) == pytest.approx(moved.far, abs=1e-12)
    assert outline.holds(outline) and not outline.holds(outline, 1e-6)
    inner = Outline.around((outline.corners - outline.middle_m) * 0.5 + outline.middle_m)
    assert outline.holds(inner)
    assert not inner.holds(outline)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-0.2, 0.1), st.floats(-0.2, 0.1), st.floats(0.02, 0.3), st.floats(0.02, 0.3))
def test_clipping_leaves_what_is_in_both(seed, x, y, width, depth):
    outline = Outline.around(cloud(seed, 60))
    clipped = outline.clipped((x, x + width), (y, y + depth))
    points = np.random.default_rng(seed).uniform((x, y), (x + width, y + depth), (4000, 2))
    share = (points @ outline.out.T <= outline.far).all(axis=1).mean()
    area = clipped.area_m2 if len(clipped.corners) > 2 else 0.0
    assert area == pytest.approx(share * width * depth, abs=5 * width * depth * math.sqrt(share * (1 - share) / 4000 + 1e-6))


def test_clipping_a_square_is_exact():
    square = Outline.around(np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]))
    assert square.clipped((0.25, 2), (-1, 0.5)).area_m2 == pytest.approx(0.375, abs=1e-9)
    assert len(square.clipped((2, 3), (0, 1)).corners) == 0


def test_points_on_a_line_enclose_nothing():
    line = Outline.around(np.array([(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)]))
    assert len(line.corners) == 2 and line.area_m2 == 0
    assert line.gap_m(Outline.around(cloud(0, 20, (2, 0)))) > 0


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(0, 0.1))
def test_a_crowd_finds_what_a_look_at_every_prism_finds(seed, spacing):
    rng = np.random.default_rng(seed)
    lows, tall, at = rng.uniform(0, 1, 12), rng.uniform(0.01, 0.4, 12), rng.uniform(-0.6, 0.6, (12, 2))
    *prisms, thing = (Prism(Outline.around(cloud(seed + i, 20, at[i])), lows[i], lows[i] + tall[i]) for i in range(12))
    crowd = Crowd(prisms)

    def distance(prism):
        return true_distance(prism.outline.corners, thing.outline.corners) if prism.outline.gap_m(thing.outline) > 0 else 0.0

    near = min((distance(p) for p in prisms if p.high_m > thing.low_m and p.low_m < thing.high_m), default=math.inf)
    if crowd.is_free(thing, spacing):
        assert near >= spacing - 1e-9 and not (spacing == 0 and near == 0)
    under = [p.high_m for p in prisms if p.outline.gap_m(thing.outline) < 0]
    assert crowd.landing_m(thing, 0.0, -1.0) == max([-1.0, *under])
