"""Photographs: found, refused with a clear word, and never on both sides of a split."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from diorama.refine.photos import Photos, find_photos, fitted, read_photo, seen_by
from diorama.sim.errors import InvalidValue

COLORS = np.random.default_rng(0).integers(0, 256, (80, 100, 3), np.uint8)


def saved(path: Path, mode: str = "RGB", pixels: np.ndarray = COLORS, **options: object) -> Path:
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "JPEG" if path.suffix == ".jpg" else "PNG", **options)
    path.write_bytes(buffer.getvalue())
    return path


def test_photographs_are_found_in_the_folder_itself_and_sorted(tmp_path: Path):
    (tmp_path / "labels").mkdir()
    for name in ("z.png", "labels/a.png", "b.PNG"):
        saved(tmp_path / "plain.png").replace(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    photos = find_photos(tmp_path)
    assert [p.name for p in photos.paths] == ["b.PNG", "z.png"]
    assert (photos[0] == COLORS).all()
    assert sum(1 for _ in photos) == len(photos) == 2


def test_where_there_are_none_folders_below_are_named(tmp_path: Path):
    (tmp_path / "day" / "one").mkdir(parents=True)
    saved(tmp_path / "day" / "one" / "a.png")
    with pytest.raises(InvalidValue, match=r"no pictures in it .*; there are some in day/one below it"):
        find_photos(tmp_path)


def test_a_photograph_is_turned_as_its_camera_noted(tmp_path: Path):
    sideways = Image.Exif()
    sideways[0x0112] = 6
    path = saved(tmp_path / "a.jpg", exif=sideways)
    assert read_photo(path).shape == (100, 80, 3)


def test_no_folder_and_an_empty_one_are_refused(tmp_path: Path):
    with pytest.raises(InvalidValue, match="no such folder"):
        find_photos(tmp_path / "none")
    with pytest.raises(InvalidValue, match=r"no pictures in it"):
        find_photos(tmp_path)
    with pytest.raises(InvalidValue, match="this is a file; name a folder"):
        find_photos(saved(tmp_path / "a.png"))


def test_a_folder_that_may_not_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(self: Path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(InvalidValue, match=r"cannot be looked into \(Permission denied\)"):
        find_photos(tmp_path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "16 bits"])
def test_colours_are_read_however_they_are_stored(mode: str, tmp_path: Path):
    path = tmp_path / "a.png"
    if mode == "16 bits":
        cv2.imwrite(str(path), COLORS[..., ::-1].astype(np.uint16) * 257)
    else:
        saved(path, mode)
    expected = np.array(Image.open(path).convert("RGB")) if mode == "P" else COLORS
    assert (read_photo(path) == expected).all()


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_of_a_file_of_many_pictures_the_first_is_taken(name: str, tmp_path: Path):
    first, second = (Image.fromarray(p) for p in (COLORS, COLORS[::-1]))
    first.save(tmp_path / name, save_all=True, append_images=[second], **({"lossless": True} if name.endswith("webp") else {}))
    assert (read_photo(tmp_path / name) == COLORS).all()


def test_files_of_other_kinds_in_the_folder_are_no_photographs(tmp_path: Path):
    saved(tmp_path / "a.png")
    Image.fromarray(COLORS).save(tmp_path / "b.gif", save_all=True, append_images=[Image.fromarray(COLORS[::-1])])
    (tmp_path / "c.png").symlink_to("nowhere")
    (tmp_path / "d.png").mkdir()
    assert [path.name for path in find_photos(tmp_path).paths] == ["a.png"]


def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = saved(tmp_path / "a.png")
    data = bytearray(path.read_bytes())
    data[16:24] = (60_000).to_bytes(4) * 2
    path.write_bytes(bytes(data))
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(InvalidValue, match="60000x60000 is too large"):
        read_photo(path)


def test_a_photograph_that_went_away_since_is_told(tmp_path: Path):
    photos = Photos((tmp_path / "gone.png",))
    with pytest.raises(InvalidValue, match=r"gone\.png: cannot be read \(No such file"):
        _ = photos.digests


@pytest.mark.parametrize("data", [b"", b"[]", b"[" * 100_000, b'{"refiner": {}}', b'{"refiner": {"photos": [3]}}', b'{"refiner": {"photos": "ab"}}'])
def test_a_refined_set_that_does_not_tell_what_was_seen_is_refused(data: bytes, tmp_path: Path):
    (tmp_path / "refined.json").write_bytes(data)
    with pytest.raises(InvalidValue, match=r"refined\.json is damaged"):
        seen_by(tmp_path)
    assert seen_by(tmp_path / "elsewhere") == []


def test_all_faults_of_a_folder_are_told_at_once(tmp_path: Path):
    saved(tmp_path / "good.png")
    saved(tmp_path / "grey.png", "L")
    saved(tmp_path / "print.jpg", "CMYK")
    saved(tmp_path / "tiny.png", pixels=COLORS[:30, :30])
    (tmp_path / "broken.png").write_bytes((tmp_path / "good.png").read_bytes()[:200])
    (tmp_path / "empty.jpg").write_bytes(b"")
    with pytest.raises(InvalidValue) as caught:
        find_photos(tmp_path)
    told = str(caught.value)
    for name, fault in (
        ("grey.png", "greyscale"),
        ("print.jpg", "CMYK"),
        ("tiny.png", "too small"),
        ("broken.png", "broken"),
        ("empty.jpg", "no picture"),
    ):
        assert any(name in line and fault in line for line in told.splitlines()), told
    assert "good.png" not in told


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_without_a_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.mktemp("bytes") / "a.jpg"
    path.write_bytes(b"\xff\xd8" + data)
    with pytest.raises(InvalidValue):
        read_photo(path)


@given(st.integers(2, 40), st.data())
def test_a_split_keeps_a_contiguous_run_unseen(tmp_path_factory: pytest.TempPathFactory, count: int, data: st.DataObject):
    folder = tmp_path_factory.mktemp("split")
    photos = Photos(tuple(folder / f"{k:03d}.png" for k in range(count)))
    for path in photos.paths:
        path.write_text(path.name)
    held_out = data.draw(st.integers(1, count - 1))
    seen, unseen = photos.split(held_out)
    assert seen.paths + unseen.paths == photos.paths
    assert len(unseen) == held_out


@pytest.mark.parametrize("held_out", [0, 3, -1])
def test_a_split_leaves_something_on_both_sides(held_out: int):
    with pytest.raises(InvalidValue, match="cannot hold out"):
        Photos(tuple(Path(f"{k}.png") for k in range(3))).split(held_out)


def test_a_copy_under_another_name_is_found_out(tmp_path: Path):
    one, copy = saved(tmp_path / "one.png"), saved(tmp_path / "other.png")
    learned = Photos((one,))
    with pytest.raises(InvalidValue, match=r"1 of 1 photographs are trained on as well \(other\.png\)"):
        Photos((copy,)).refuse_known(learned.digests, "trained on")
    with pytest.raises(InvalidValue, match=r"1 of 1 photographs are among those that are not held out as well \(other\.png\)"):
        find_photos(tmp_path).split(1)
    different = saved(tmp_path / "different.png", pixels=COLORS[::-1])
    Photos((different,)).refuse_known(learned.digests, "trained on")


@given(st.integers(64, 300), st.integers(64, 300), st.integers(16, 200), st.integers(16, 200))
def test_pictures_of_any_size_are_fitted_without_distortion(width: int, height: int, wanted_width: int, wanted_height: int):
    """A ramp along each axis has the same slope over the same share of the longer scale, and its middle stays in the middle."""
    ramp = np.dstack([*np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)]).astype(np.float32)
    out = fitted(ramp, (wanted_width, wanted_height))
    assert out.shape == (wanted_height, wanted_width, 2)
    share = max(wanted_width / width, wanted_height / height)
    assert np.abs(out.mean(axis=(0, 1))).max() < 1.5 / min(share, 1)
    middle = out[wanted_height // 2, 2:-2, 0]
    if len(middle) > 8:
        # Scaled sides are whole pixels.
        slope = (middle[-1] - middle[0]) / (len(middle) - 1)
        assert abs(slope * share - 1) < 0.5 / min(wanted_width, wanted_height) + 2 / len(middle)


def test_fitting_to_its_own_size_changes_nothing():
    assert (fitted(COLORS, (100, 80)) == COLORS).all()
    assert (cv2.resize(COLORS, (100, 80)) == COLORS).all()
