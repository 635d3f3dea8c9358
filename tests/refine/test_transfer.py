"""Colour transfer: a picture takes the statistics of the photograph, and keeps what it shows."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diorama.refine.base import Rendered
from diorama.refine.transfer import Fourier, Histogram, Identity, Reinhard
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed

SEED = Seed(3)


def picture(seed: int, low: int = 60, high: int = 200, size: tuple[int, int] = (72, 96)) -> NDArray[np.uint8]:
    """Smooth noise: as varied as photographs, and far from black and white."""
    noise = np.random.default_rng(seed).uniform(0, 1, (*size, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return (low + smooth * (high - low)).astype(np.uint8)


def rendered(rgb: NDArray[np.uint8]) -> Rendered:
    size = rgb.shape[:2]
    return Rendered(rgb=rgb, depth_m=np.ones(size, np.float32), instance=np.zeros(size, np.int32), category=np.zeros(size, np.int32))


def lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)


def test_identity_gives_the_picture_itself():
    rgb = picture(0)
    assert Identity().apply(rendered(rgb), SEED) is rgb


def test_reinhard_gives_the_moments_of_the_photograph():
    before, photo = picture(0), picture(1, 100, 180)
    after = lab(Reinhard.fitted([photo]).apply(rendered(before), SEED))
    np.testing.assert_allclose(after.mean(axis=0), lab(photo).mean(axis=0), atol=0.1)
    np.testing.assert_allclose(after.std(axis=0), lab(photo).std(axis=0), rtol=0.02, atol=0.1)


def test_histogram_gives_the_distribution_of_the_photograph_and_keeps_the_order_of_codes():
    before, photo = picture(0), picture(1, 20, 240)
    after = Histogram.fitted([photo]).apply(rendered(before), SEED)
    for channel in range(3):
        ours, theirs = np.sort(after[..., channel].ravel()).astype(int), np.sort(photo[..., channel].ravel()).astype(int)
        assert np.abs(ours - theirs).mean() < 1.0
        order = np.argsort(before[..., channel].ravel(), kind="stable")
        assert (np.diff(after[..., channel].ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("refiner", [Reinhard, Histogram, Fourier])
def test_a_picture_that_takes_from_itself_stays_as_it_is(refiner: type[Reinhard] | type[Histogram] | type[Fourier]):
    rgb = picture(5)
    fitted = Fourier.fitted([rgb], size=(96, 72)) if refiner is Fourier else refiner.fitted([rgb])
    assert np.abs(fitted.apply(rendered(rgb), SEED).astype(int) - rgb).max() <= 1


def test_fourier_exchanges_low_amplitudes_alone():
    before, photo = picture(0, 90, 160), picture(1, 90, 160)
    after = Fourier.fitted([photo], size=(96, 72), band=0.05).apply(rendered(before), SEED)
    reach = int(72 * 0.05)
    for channel in range(3):
        spectra = [np.fft.fft2(p[..., channel].astype(float)) for p in (before, photo, after)]
        low = np.zeros((72, 96), bool)
        low[np.ix_(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))] = True
        # Rounding to codes adds noise of 1/sqrt(12) a pixel.
        noise = 6 * np.sqrt(72 * 96 / 12)
        assert np.abs(np.abs(spectra[2]) - np.abs(spectra[1]))[low].max() < noise
        assert np.abs(spectra[2] - spectra[0])[~low].max() < noise


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_which_photograph_is_drawn_depends_on_the_seed_alone(seed: int, count: int):
    photos = [np.full((72, 96, 3), 20 * k + 30, np.uint8) for k in range(count)]
    refiner = Fourier.fitted(photos, size=(96, 72))
    once, again = (refiner.apply(rendered(picture(0)), Seed(seed)) for _ in range(2))
    assert (once == again).all()


def test_all_photographs_are_drawn():
    photos = [np.full((72, 96, 3), 20 * k + 30, np.uint8) for k in range(5)]
    refiner = Histogram.fitted(photos)
    seen = {int(refiner.apply(rendered(picture(0)), Seed(k)).mean()) for k in range(60)}
    assert seen == {30, 50, 70, 90, 110}


def test_what_cannot_be_is_refused():
    with pytest.raises(InvalidValue, match="no photographs"):
        Reinhard.fitted([])
    with pytest.raises(InvalidValue, match=r"band must be in \(0, 0\.5\]"):
        Fourier(photos=np.zeros((1, 8, 8, 3), np.uint8), band=0.0)
    with pytest.raises(InvalidValue, match=r"Rendered\.depth_m must be \(72, 96\) float32"):
        Rendered(rgb=picture(0), depth_m=np.ones((2, 2), np.float32), instance=np.zeros((72, 96), np.int32), category=np.zeros((72, 96), np.int32))
