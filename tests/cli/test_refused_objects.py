"""Objects that cannot be had: meshes that are none, and more than fit. The message names the file, and nothing is made or lost."""

import json
import struct
from pathlib import Path

import pytest

from diorama.cli import main

TETRAHEDRON = "v 0 0 0\nv {} 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def refused(capsys, *arguments: str) -> str:
    assert main(["generate", "tabletop", "--out", "set", "--count", "1", "--workers", "1", *arguments]) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return said.err


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("missing.obj", None),
        ("nothing.obj", b""),
        ("nothing.stl", b""),
        ("text.obj", b"hello\n"),
        ("text.stl", b"hello\n"),
        ("text.ply", b"hello\n"),
        ("text.glb", b"hello\n"),
        ("text.urdf", b"hello\n"),
        ("notes.txt", b"hello\n"),
        ("points.obj", b"v 0 0 0\nv 0 1 0\nv 1 0 0\n"),
        ("nan.obj", TETRAHEDRON.format("nan").encode()),
        ("inf.obj", TETRAHEDRON.format("1e999").encode()),
        ("nan.stl", bytes(80) + struct.pack("<I", 1) + struct.pack("<12fH", 0, 0, 1, 0, 0, 0, float("nan"), 0, 0, 0, 1, 0, 0)),
        ("cut.stl", bytes(80) + struct.pack("<I", 1000) + bytes(50)),
        ("index.obj", b"v 0 0 0\nv 0 1 0\nv 1 0 0\nf 1 2 9\n"),
        ("flat.obj", b"v 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_meshes_that_are_none(name, contents, capsys):
    if contents is not None:
        Path(name).write_bytes(contents)
    before = sorted(Path().rglob("*"))
    assert name in refused(capsys, "--assets", name)
    assert sorted(Path().rglob("*")) == before


def test_one_bad_mesh_among_good_ones_is_told_and_left_out(capsys):
    Path("meshes/good").mkdir(parents=True)
    Path("meshes/good/a.obj").write_text(TETRAHEDRON.format("0.1"))
    Path("meshes/bad.obj").write_text(TETRAHEDRON.format("nan"))
    small = ("--resolution", "64x48", "--views", "1", "--objects", "2", "--set", "randomizers.drop.upright=0")
    asked = ("generate", "tabletop", "--assets", "meshes/good/a.obj", "meshes/bad.obj", *small)
    for folder, workers in (("one", 1), ("two", 2)):
        assert main([*asked, "--out", folder, "--count", "2", "--workers", str(workers)]) == 0
        said = capsys.readouterr().err
        assert "1 asset of 1 category; refused 1:\n  meshes/bad.obj: 1 of 4 vertices are NaN or infinite\n" in said
    one, two = ({p.relative_to(f): p.read_bytes() for p in Path(f).rglob("*") if p.is_file()} for f in ("one", "two"))
    assert one == two
    plan = json.loads(Path("one/plan.json").read_text())
    assert sorted(plan["assets"]) == ["a.obj", "bad.obj"]
    categories = json.loads(Path("one/annotations/instances.json").read_text())["categories"]
    assert [c["name"] for c in categories] == ["a"]
    # What was refused belongs to the run: mended, it would be other pictures.
    Path("meshes/bad.obj").write_text(TETRAHEDRON.format("0.2"))
    assert main([*asked, "--out", "one", "--count", "2", "--workers", "1", "--resume"]) == 2
    assert "assets.bad.obj" in capsys.readouterr().err


def test_a_folder_without_meshes(capsys):
    Path("meshes").mkdir()
    Path("meshes/notes.txt").write_text("hello")
    assert "meshes" in refused(capsys, "--assets", "meshes")
    assert not Path("set").exists()
