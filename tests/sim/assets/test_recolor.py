"""Colours in HSV: what a drawing program would do to each pixel."""

import colorsys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.recolor import recolored, recolored_image
from diorama.sim.spec import Adjustment

NOISE = np.random.default_rng(0).integers(0, 256, (24, 31, 3), np.uint8)


def expected(pixel, change):
    hue, saturation, value = colorsys.rgb_to_hsv(*(c / 255 for c in pixel))
    return colorsys.hsv_to_rgb((hue + change.hue_turn) % 1, min(saturation * change.saturation, 1), min(value * change.value, 1))


@settings(max_examples=15, deadline=None)
@given(hue_turn=st.floats(-2, 2), saturation=st.floats(0, 3), value=st.floats(0, 3), pixel=st.tuples(*[st.integers(0, 255)] * 3))
def test_pictures_and_single_colours_change_alike(hue_turn, saturation, value, pixel):
    change = Adjustment(hue_turn=hue_turn, saturation=saturation, value=value)
    image = np.concatenate([NOISE[:4, :4].reshape(-1, 3), np.array([pixel], np.uint8)])[None]
    wanted = np.array([expected(p, change) for p in image[0].tolist()]) * 255
    assert np.abs(recolored_image(image, change)[0] - wanted).max() < 0.51
    linear = linear_rgb(*(c / 255 for c in pixel))
    assert recolored(linear, change) == pytest.approx(linear_rgb(*expected(pixel, change)), abs=2e-6)


def test_no_change_is_none_and_a_third_of_a_turn_swaps_channels():
    assert np.array_equal(recolored_image(NOISE, Adjustment()), NOISE)
    assert np.array_equal(recolored_image(NOISE, Adjustment(hue_turn=1 / 3)), np.roll(NOISE, 1, axis=2))
    assert np.array_equal(recolored_image(NOISE, Adjustment(saturation=0)), np.repeat(NOISE.max(axis=2, keepdims=True), 3, axis=2))


def test_alpha_stays():
    image = np.concatenate([NOISE, NOISE[..., :1]], axis=2)
    assert np.array_equal(recolored_image(image, Adjustment(hue_turn=0.4, value=0.3))[..., 3], NOISE[..., 0])
