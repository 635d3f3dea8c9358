"""Refiners in files: what goes in comes out, and a file that is not ours is refused without running anything of it."""

import json
import pickle
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from diorama.refine import checkpoint
from diorama.refine.base import Refiner, Rendered
from diorama.refine.transfer import Fourier, Histogram, Identity, Reinhard
from diorama.sim.errors import InvalidValue, OutputError, UnknownName
from diorama.sim.seeds import Seed

PHOTOS = list(np.random.default_rng(0).integers(0, 256, (3, 64, 80, 3), np.uint8))
FITTED = [Identity(), Reinhard.fitted(PHOTOS), Histogram.fitted(PHOTOS), Fourier.fitted(PHOTOS, size=(80, 64), band=0.04)]
SIZE = (48, 64)
PICTURE = Rendered(
    rgb=np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8),
    depth_m=np.ones(SIZE, np.float32),
    instance=np.zeros(SIZE, np.int32),
    category=np.zeros(SIZE, np.int32),
)


@pytest.mark.parametrize("refiner", FITTED, ids=lambda refiner: refiner.name)
def test_a_refiner_comes_back_as_it_was(refiner: Refiner, tmp_path: Path):
    facts = {"photos": ["ab", "cd"], "settings": {"steps": 3, "rate": 0.5, "note": None, "on": True}}
    checkpoint.save(tmp_path / "r.pt", refiner, facts)
    again, known = checkpoint.load(tmp_path / "r.pt")
    assert type(again) is type(refiner)
    assert known == facts
    for field in fields(again):
        before, after = (np.asarray(getattr(r, field.name)) for r in (refiner, again))
        assert before.dtype == after.dtype
        assert np.array_equal(before, after)
    assert (again.apply(PICTURE, Seed(3)) == refiner.apply(PICTURE, Seed(3))).all()
    assert list(tmp_path.iterdir()) == [tmp_path / "r.pt"]


def test_every_name_in_the_table_is_its_class():
    assert {name: checkpoint.REFINERS[name].name for name in checkpoint.REFINERS.names()} == {n: n for n in checkpoint.REFINERS.names()}


def test_the_same_refiner_is_the_same_bytes_under_any_name(tmp_path: Path):
    for name in ("one.pt", "another.refiner"):
        checkpoint.save(tmp_path / name, FITTED[1], {"photos": []})
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "another.refiner").read_bytes()


def test_tensors_come_back_alone_and_whole(tmp_path: Path):
    """A view of a large tensor must not bring the rest of it, and gradients have no place in a file."""
    large = torch.arange(100_000.0, requires_grad=True)
    nested = {"deep": [{"half": torch.ones(2, dtype=torch.bfloat16)}], "strided": np.arange(12).reshape(3, 4)[:, ::2], 7: (1, 2)}
    checkpoint.write_plain(tmp_path / "x", "a test", {"view": large[5:8], "nested": nested})
    assert (tmp_path / "x").stat().st_size < 10_000
    found = checkpoint.read_plain(tmp_path / "x", "a test")
    assert found["view"].tolist() == [5, 6, 7]
    assert not found["view"].requires_grad
    assert found["nested"]["deep"][0]["half"].dtype == torch.bfloat16
    assert found["nested"]["strided"].tolist() == [[0, 2], [4, 6], [8, 10]]
    assert found["nested"][7] == [1, 2]


class Planted:
    """Runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "ran")


def test_pickled_code_is_refused_and_not_run(tmp_path: Path):
    proof = tmp_path / "proof"
    torch.save({"format": checkpoint.KIND, "format_version": checkpoint.FORMAT_VERSION, "refiner": Planted(proof)}, tmp_path / "evil.pt")
    with pytest.raises(InvalidValue, match="Nothing of it was run"):
        checkpoint.load(tmp_path / "evil.pt")
    assert not proof.exists()
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Planted(proof)))
    with pytest.raises(InvalidValue, match="no file of a diorama refiner"):
        checkpoint.load(tmp_path / "plain.pt")
    assert not proof.exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 500, b"\xff\xd8\xff\xe0 a picture", json.dumps({"a": 1}).encode()])
def test_what_is_no_refiner_is_refused(data: bytes, tmp_path: Path):
    (tmp_path / "r.pt").write_bytes(data)
    with pytest.raises(InvalidValue, match=r"r\.pt: this"):
        checkpoint.load(tmp_path / "r.pt")


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path):
    checkpoint.save(tmp_path / "r.pt", FITTED[1], {})
    data = (tmp_path / "r.pt").read_bytes()
    for kept in range(0, len(data), 97):
        (tmp_path / "r.pt").write_bytes(data[:kept])
        with pytest.raises(InvalidValue, match=r"r\.pt: this"):
            checkpoint.load(tmp_path / "r.pt")


def test_numbers_that_were_damaged_on_the_way_are_not_used(tmp_path: Path):
    """Torch itself does not compare the check sums of an archive."""
    checkpoint.save(tmp_path / "r.pt", FITTED[1], {})
    data = (tmp_path / "r.pt").read_bytes()
    stored = FITTED[1].state()["moments"].tobytes()
    place = data.index(stored)
    (tmp_path / "r.pt").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert torch.load(tmp_path / "r.pt", weights_only=True)["state"]["moments"].shape == (3, 2, 3)
    with pytest.raises(InvalidValue, match="damaged on its way"):
        checkpoint.load(tmp_path / "r.pt")


def test_a_small_file_does_not_become_large(tmp_path: Path):
    """One number that stands for a terabyte, lists that hold each other, and an archive that unpacks to more than it is."""
    nested: list[Any] = []
    for _ in range(200):
        nested = [nested, nested]
    for state in ({"x": torch.zeros(1).expand(2**38)}, {"x": nested}):
        write(tmp_path / "r.pt", state=state)
        with pytest.raises(InvalidValue, match="larger than the file"):
            checkpoint.load(tmp_path / "r.pt")
    write(tmp_path / "r.pt")
    with zipfile.ZipFile(tmp_path / "r.pt") as stored, zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        for part in stored.infolist():
            packed.writestr(part.filename, stored.read(part))
    with pytest.raises(InvalidValue, match="broken"):
        checkpoint.load(tmp_path / "packed.pt")


def write(path: Path, **changes: Any) -> None:
    good = {"format": checkpoint.KIND, "format_version": checkpoint.FORMAT_VERSION, "refiner": "identity", "state": {}, "facts": {}}
    torch.save(good | changes, path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "another's"}, "no file of a diorama refiner"),
        ({"format_version": 2}, "format 2, and this version of Diorama reads format 1"),
        ({"format_version": None}, "format None"),
        ({"refiner": 3}, "damaged"),
        ({"state": []}, "damaged"),
        ({"facts": None}, "damaged"),
        ({"facts": {"photos": 3}}, "damaged"),
        ({"facts": {"photos": [3]}}, "digests in words"),
        ({"state": {1.5: 2}}, "no dict"),
        ({"state": {"x": {1, 2}}}, "no set"),
        ({"state": {"x": torch.eye(3).to_sparse()}}, "plain ones"),
        ({"refiner": "reinhard"}, 'makes no "reinhard" refiner'),
        ({"refiner": "reinhard", "state": {"moments": "x"}}, r"moments must be"),
        ({"refiner": "reinhard", "state": {"moments": torch.zeros(2, 3, 3)}}, r"moments must be \(n, 2, 3\) float32"),
        ({"refiner": "reinhard", "state": {"moments": torch.full((1, 2, 3), torch.nan)}}, "finite"),
        ({"refiner": "histogram", "state": {"shares": torch.zeros(1, 3, 256, dtype=torch.float64)}}, "grow to 1"),
        ({"refiner": "fourier", "state": {"photos": torch.zeros(0, 9, 9, 3, dtype=torch.uint8), "band": 0.1}}, "photos must be"),
        ({"refiner": "fourier", "state": {"photos": torch.zeros(1, 9, 9, 3, dtype=torch.uint8), "band": 7}}, "band must be"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str, tmp_path: Path):
    write(tmp_path / "r.pt", **changes)
    with pytest.raises(InvalidValue, match=message):
        checkpoint.load(tmp_path / "r.pt")


def test_an_unknown_refiner_is_named_with_those_there_are(tmp_path: Path):
    write(tmp_path / "r.pt", refiner="reinhart")
    with pytest.raises(UnknownName, match=r'r\.pt: no refiner named "reinhart". Did you mean "reinhard"'):
        checkpoint.load(tmp_path / "r.pt")


def test_files_that_cannot_be_read_or_written(tmp_path: Path):
    with pytest.raises(InvalidValue, match="No such file"):
        checkpoint.load(tmp_path / "none.pt")
    with pytest.raises(InvalidValue, match="directory"):
        checkpoint.load(tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        checkpoint.save(tmp_path / "no" / "r.pt", Identity(), {})
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        checkpoint.save(tmp_path / "taken", Identity(), {})
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_only_plain_values_are_written(tmp_path: Path):
    with pytest.raises(TypeError, match="no PosixPath"):
        checkpoint.save(tmp_path / "r.pt", Identity(), {"path": tmp_path})
    assert not list(tmp_path.iterdir())
