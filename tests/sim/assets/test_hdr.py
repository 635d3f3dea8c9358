"""Radiance pictures: what is written is read, and what cannot be used is refused with a reason."""

import cv2
import numpy as np
import pytest

from diorama.sim.assets.hdr import read_hdr
from diorama.sim.errors import AssetError


@pytest.fixture
def picture():
    rng = np.random.default_rng(3)
    out = rng.gamma(0.5, 1.0, (24, 48, 3)).astype(np.float32)
    out[5, 7] = (60000, 50000, 30000)
    out[6] = 0
    return out


@pytest.fixture
def file(tmp_path, picture):
    path = tmp_path / "sky.hdr"
    cv2.imwrite(str(path), picture[..., ::-1])
    return path


def header(data):
    return data[: data.index(b"\n\n") + 2]


def test_what_is_written_is_read(file, picture):
    """The format keeps eight bits of the largest of the three channels."""
    got = read_hdr(file)
    assert got.shape == (24, 48, 3) and got.dtype == np.float32 and got.flags.c_contiguous
    assert np.all(np.abs(got - picture) <= picture.max(axis=2, keepdims=True) / 128)


def test_exposures_are_taken_out(file, picture):
    plain = read_hdr(file)
    data = file.read_bytes()
    file.write_bytes(data.replace(b"\n\n", b"\nEXPOSURE= 4.0\nSOFTWARE=any\nEXPOSURE=0.5\n\n", 1))
    np.testing.assert_array_equal(read_hdr(file), plain / 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: b"", "should begin with #\\?RADIANCE"),
        (lambda d: b"\x89PNG" + d, "should begin with #\\?RADIANCE"),
        (lambda d: d[: len(d) // 2], "cut off or damaged"),
        (lambda d: header(d), "has the size"),
        (lambda d: header(d) + b"-Y 24 +X 48\n", "cut off or damaged"),
        (lambda d: header(d)[:-1], "header has no end"),
        (lambda d: header(d) + b"-Y 24 +X 48\n" + b"\x02\x02\x00\x31" * 2000, "cut off or damaged"),
        (lambda d: d.replace(b"-Y 24 +X 48", b"-Y 100000 +X 200000"), "at most 8192 x 4096"),
        (lambda d: d.replace(b"-Y 24 +X 48", b"-Y 99999999999 +X 48"), "has the size"),
        (lambda d: d.replace(b"-Y 24 +X 48", b"-Y -24 +X 48"), "has the size"),
        (lambda d: d.replace(b"-Y 24 +X 48", b"+Y 24 +X 48"), "has the size"),
        (lambda d: d.replace(b"-Y 24 +X 48", b"-Y 48 +X 24"), "twice as wide as high"),
        (lambda d: d.replace(b"-Y 24 +X 48", b"-Y 0 +X 0"), "twice as wide as high"),
        (lambda d: d.replace(b"32-bit_rle_rgbe", b"32-bit_rle_xyze"), "expected 32-bit_rle_rgbe"),
        (lambda d: d.replace(b"\n\n", b"\nEXPOSURE=0\n\n", 1), "exposure is 0, expected"),
        (lambda d: d.replace(b"\n\n", b"\nEXPOSURE=nan\n\n", 1), "exposure is nan, expected"),
        (lambda d: d.replace(b"\n\n", b"\nEXPOSURE=bright\n\n", 1), "exposure is bright, expected"),
        (lambda d: d.replace(b"\n\n", b"\nEXPOSURE=1e-38\n\n", 1), "radiances from 0 to"),
    ],
)
def test_what_cannot_be_used_is_refused(file, change, reason, capfd):
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(AssetError, match=reason) as caught:
        read_hdr(file)
    assert str(caught.value).startswith(f"{file}: ")


def test_radiances_beyond_all_light_are_refused(tmp_path, picture):
    path = tmp_path / "hot.hdr"
    picture[0, 0] = 1e30
    cv2.imwrite(str(path), picture)
    with pytest.raises(AssetError, match="expected 0 to 1e\\+09"):
        read_hdr(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AssetError, match="nowhere\\.hdr: cannot be read"):
        read_hdr(tmp_path / "nowhere.hdr")
