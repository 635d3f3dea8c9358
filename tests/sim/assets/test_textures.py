import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.color import encode_srgb, linear_from_srgb, srgb_from_linear
from diorama.sim.assets.textures import SIZE, bake
from diorama.sim.spec import ProceduralTexture

PATTERNS = ("noise", "stripes", "checks", "wood", "marble", "weave", "brushed")


def texture(pattern, **changes):
    return ProceduralTexture(**({"pattern": pattern, "color_a": (0.0, 0.1, 0.2), "color_b": (1.0, 0.8, 0.3)} | changes))


def test_srgb_and_back():
    for value in np.linspace(0, 1, 101).tolist():
        assert linear_from_srgb(srgb_from_linear(value)) == pytest.approx(value, abs=1e-7)
    eight_bits = np.arange(256)
    linear = np.array([linear_from_srgb(v / 255) for v in eight_bits.tolist()])
    assert np.array_equal(encode_srgb(linear), eight_bits)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("frequency", [1, 3, 8, 40])
def test_tiles_meet_without_a_seam(pattern, frequency):
    image = bake(texture(pattern, frequency=frequency, seed=5)).astype(int)
    for axis in (0, 1):
        inside = np.abs(np.diff(image, axis=axis)).mean(axis=(1 - axis, 2))
        across = np.abs(image.take(0, axis) - image.take(-1, axis)).mean()
        assert across <= inside.max() + 1e-9


@settings(deadline=None, max_examples=25)
@given(pattern=st.sampled_from(PATTERNS), frequency=st.integers(1, 64), seed=st.integers(0, 2**32))
def test_every_texture_lies_between_its_two_colours(pattern, frequency, seed):
    image = bake(texture(pattern, frequency=frequency, seed=seed))
    assert image.shape == (SIZE, SIZE, 3)
    assert image.dtype == np.uint8
    ends = encode_srgb(np.array([(0.0, 0.1, 0.2), (1.0, 0.8, 0.3)])).astype(int)
    assert (image >= ends.min(axis=0)).all()
    assert (image <= ends.max(axis=0)).all()
    # One number between the colours decides all three channels.
    steps = np.unique(image.reshape(-1, 3), axis=0).astype(int)
    assert (np.diff(steps, axis=0) >= 0).all()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_seeds_give_other_pictures_of_the_same_kind(pattern):
    pictures = [bake(texture(pattern, seed=seed)) for seed in range(4)]
    assert all(np.array_equal(p, bake(texture(pattern, seed=s))) for s, p in enumerate(pictures))
    assert all(not np.array_equal(pictures[a], pictures[b]) for a in range(4) for b in range(a))
    assert all(p.std() > 12 for p in pictures)


@pytest.mark.parametrize("frequency", [2, 5, 16])
def test_checks_are_as_many_as_asked_for_and_half_of_each_colour(frequency):
    image = bake(texture("checks", color_a=(0.0,) * 3, color_b=(1.0,) * 3, frequency=frequency))[..., 0]
    binary = image > 188  # half-way in linear light
    row = binary[np.argmax(np.abs(np.diff(binary.astype(int), axis=1)).sum(axis=1))]
    assert (row != np.roll(row, 1)).sum() == 2 * frequency
    assert binary.mean() == pytest.approx(0.5, abs=0.03)
