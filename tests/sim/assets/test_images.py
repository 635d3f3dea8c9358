"""Image files: exact pixels, sizes that are refused, alpha kept or dropped for a reason."""

import contextlib
import hashlib
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets import images
from diorama.sim.assets.images import decoded, fitted, read_image, resized
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import AssetError


def noise(seed, height, width, channels, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)


def png(image):
    """A PNG file of RGB(A) or grey (h, w, c) values, written by hand: OpenCV is what is tested."""
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[image.shape[2]]
    rows = b"".join(b"\0" + row.astype(image.dtype.newbyteorder(">")).tobytes() for row in image)
    head = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8 * image.itemsize, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 9), width=st.integers(1, 9), channels=st.sampled_from([1, 2, 3, 4]))
def test_png_pixels_come_back_exactly(seed, height, width, channels):
    image = noise(seed, height, width, channels)
    color = image[..., :3] if channels > 2 else np.repeat(image[..., :1], 3, axis=2)
    has_alpha = channels in (2, 4) and (image[..., -1] < 255).any()
    assert np.array_equal(decoded(png(image), "x"), np.dstack([color, image[..., -1]]) if has_alpha else color)


def test_sixteen_bits_become_eight_by_their_range():
    image = noise(0, 8, 8, 3, np.uint16)
    image[0, 0], image[0, 1] = 0, 65535
    found = decoded(png(image), "x")
    assert np.array_equal(found, image // 257)
    assert found[0, 1].tolist() == [255, 255, 255]


def test_an_alpha_channel_that_says_nothing_is_dropped():
    image = noise(0, 4, 4, 4)
    image[..., 3] = 255
    assert np.array_equal(decoded(png(image), "x"), image[..., :3])


def test_jpeg_is_read_as_opencv_decodes_it(tmp_path):
    image = cv2.GaussianBlur(noise(1, 64, 64, 3), (0, 0), 8)
    cv2.imwrite(str(tmp_path / "a.jpg"), image[..., ::-1])
    found = read_image(tmp_path / "a.jpg")
    assert np.array_equal(found, cv2.imread(str(tmp_path / "a.jpg"))[..., ::-1])
    assert np.abs(found.astype(int) - image).max() < 16


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_absurd_sizes_are_refused_before_they_are_decoded(monkeypatch, suffix):
    ok, data = cv2.imencode(suffix, np.zeros((30, 50, 3), np.uint8))
    assert ok
    monkeypatch.setattr(images, "MOST_PIXELS", 1499)
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(AssetError, match="x is 50 x 30 pixels large, and at most 1499 can be used"):
        decoded(data.tobytes(), "x")


def test_a_png_that_claims_millions_of_pixels_is_refused():
    data = bytearray(png(np.zeros((1, 1, 3), np.uint8)))
    data[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    with pytest.raises(AssetError, match="pixels large"):
        decoded(bytes(data), "x")


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=64),
        st.binary(max_size=64).map(lambda b: b"\xff\xd8\xff" + b),
        st.binary(max_size=64).map(png(np.ones((2, 2, 3), np.uint8)).__add__),
    )
)
def test_any_bytes_are_an_image_or_refused(data):
    image = None
    with contextlib.suppress(AssetError):
        image = decoded(data, "x")
    assert image is None or (image.dtype == np.uint8 and image.ndim == 3)


def test_floats_are_no_colours(tmp_path):
    cv2.imwrite(str(tmp_path / "sky.hdr"), np.ones((4, 8, 3), np.float32))
    with pytest.raises(AssetError, match=r"sky\.hdr: is not an image"):
        read_image(tmp_path / "sky.hdr")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_shrinking_weighs_colours_by_alpha(seed):
    image = noise(seed, 8, 8, 4)
    small = fitted(image, 4)
    cells = image.reshape(4, 2, 4, 2, 4).astype(float)
    weight = cells[..., 3:] + 1
    color = (cells[..., :3] * weight).sum(axis=(1, 3)) / weight.sum(axis=(1, 3))
    assert np.abs(small[..., :3] - color).max() < 1.1
    assert np.abs(small[..., 3:] - cells[..., 3:].mean(axis=(1, 3))).max() < 0.51


def test_green_leaves_on_transparent_black_stay_green():
    image = np.zeros((64, 64, 4), np.uint8)
    image[::3, ::5] = 10, 250, 20, 255
    for interpolation in (cv2.INTER_AREA, cv2.INTER_LINEAR_EXACT):
        small = resized(image, 32, 32, interpolation)
        there = small[small[..., 3] > 40]
        assert len(there) > 20
        assert np.abs(there[:, :3].astype(int) - (10, 250, 20)).max() <= 8


# --- in the library ---------------------------------------------------------------------------------------


def test_the_library_reads_an_image_once_and_remembers_what_it_was(tmp_path):
    path = tmp_path / "bark.png"
    path.write_bytes(png(noise(2, 6, 5, 4)))
    library = AssetLibrary()
    assert library.fingerprint() == {}
    image = library.image(str(path))
    assert np.array_equal(image, noise(2, 6, 5, 4))
    assert library.image(str(path)) is image
    assert library.fingerprint() == {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
    with pytest.raises(AssetError, match=r"gone\.png: cannot be read .No such file"):
        library.image(str(tmp_path / "gone.png"))
    path.write_text("no picture")
    with pytest.raises(AssetError, match=r"bark\.png: is not an image"):
        AssetLibrary().image(str(path))
