"""Shifts that are known, of a pattern that is known everywhere, come back to a fraction of a pixel."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.refine.base import Rendered
from diorama.refine.edges import compared
from diorama.refine.shift import label_edges, shifts

WIDTH, HEIGHT = 200, 160


def pattern(u_px: float = 0.0, v_px: float = 0.0) -> np.ndarray:
    """Soft discs at places of chance, moved by this much: drawn by a formula, so that nothing is interpolated."""
    rng = np.random.default_rng(0)
    v, u = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    light = np.full((HEIGHT, WIDTH), 60.0)
    for at_u, at_v, radius, level in zip(*rng.uniform(0, 1, (4, 40)) * [[WIDTH], [HEIGHT], [9], [120]] + [[0], [0], [4], [0]], strict=True):
        distance = np.hypot(u - at_u - u_px, v - at_v - v_px)
        light += level / (1 + np.exp((distance - radius) / 0.5))
    return np.repeat(np.clip(light, 0, 255).round().astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    rgb = pattern()
    instance = (rgb[..., 0] > 90).astype(np.int32)
    return Rendered(rgb=rgb, depth_m=np.ones(instance.shape, np.float32), instance=instance, category=instance)


@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_a_known_shift_is_found(rendered: Rendered, u_px: float, v_px: float):
    found, places = shifts(rendered, pattern(u_px, v_px))
    assert len(found) >= 0.9 * places > 20
    # Windows hold still, which pulls towards no shift by some in a hundred.
    np.testing.assert_allclose(np.median(found, axis=0), (u_px, v_px), rtol=0.12, atol=0.08)


@pytest.mark.parametrize("change", [lambda p: p * 0.5, lambda p: 255 * (p / 255) ** 0.6, lambda p: 255 - p, lambda p: p * [1.0, 0.7, 0.4]])
def test_tones_are_no_shift(rendered: Rendered, change):
    after = np.clip(np.rint(change(rendered.rgb.astype(float))), 0, 255).astype(np.uint8)
    found, _ = shifts(rendered, after)
    if (after.astype(int) + rendered.rgb == 255).all():
        assert not len(found)  # a negative shows the opposite of every edge
    else:
        assert np.quantile(np.hypot(*found.T), 0.95) < 0.15


def test_what_shows_another_thing_has_not_moved(rendered: Rendered):
    found, places = shifts(rendered, np.random.default_rng(0).integers(0, 256, rendered.rgb.shape, dtype=np.uint8))
    assert len(found) < 0.1 * places


def test_label_edges_are_borders_of_labels_and_of_depth():
    instance, depth_m = np.zeros((6, 8), np.int32), np.full((6, 8), 2, np.float32)
    instance[:, 4:], depth_m[3:, :4] = 1, np.inf
    found = label_edges(Rendered(rgb=np.zeros((6, 8, 3), np.uint8), depth_m=depth_m, instance=instance, category=instance))
    expected = np.zeros((6, 8), bool)
    expected[:, 3:5] = expected[2:4, :4] = True
    assert (found == expected).all()


def test_edges_of_a_square_that_is_gone_are_lost_and_those_of_one_that_came_are_new():
    here, there = (np.full((80, 120, 3), 80, np.uint8) for _ in range(2))
    for rgb in (here, there):
        cv2.rectangle(rgb, (10, 10), (40, 60), (200, 180, 90), -1)
    cv2.rectangle(there, (70, 20), (100, 50), (20, 180, 200), -1)
    came, went = compared(here, there), compared(there, here)
    assert (came.before == came.kept).all()
    assert not came.known[:, 60:].any()
    assert came.after[:, 60:].sum() > 100
    assert (went.before == came.after).all()
    assert (went.kept == came.known).all()
    assert came.f1 == went.f1 < 0.9
    assert compared(here, here).f1 == 1
