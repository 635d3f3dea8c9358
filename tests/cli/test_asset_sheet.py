"""`diorama assets inspect`: what it shows, tells and refuses."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from diorama import asset_sheet
from diorama.asset_sheet import cube_beside, facts_of, inspect_assets
from diorama.cli import main
from diorama.sim.assets.library import AssetLibrary

TILE_HEIGHT, TILE_WIDTH, GAP = 240 + 3 * 17 + 5, 300, 6


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def box(path, size=(0.1, 0.2, 0.3)):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    mesh = trimesh.creation.box(size)
    mesh.visual.vertex_colors = np.tile([255, 0, 0, 255], (8, 1))
    mesh.export(path)


def tiles(path, count, columns):
    sheet = cv2.imread(str(path))
    rows = -(-count // columns)
    assert sheet.shape == (GAP + rows * (TILE_HEIGHT + GAP), GAP + columns * (TILE_WIDTH + GAP), 3)
    places = [(GAP + k // columns * (TILE_HEIGHT + GAP), GAP + k % columns * (TILE_WIDTH + GAP)) for k in range(count)]
    return [sheet[y : y + TILE_HEIGHT, x : x + TILE_WIDTH].astype(int) for y, x in places]


def share(tile, color):
    """How much of the picture in a tile is of a strong colour: 0, 1 or 2 for blue, green and red; or orange."""
    b, g, r = (tile[:240, :, k] for k in range(3))
    strong = {
        "blue": (b > 1.5 * r) & (b > 1.2 * g),
        "red": (r > 2.5 * g) & (r > 2.5 * b),
        "orange": (r > 1.5 * g) & (g > 1.3 * b),
        "green": (g > 1.4 * r),
    }[color]
    return strong.mean()


def test_each_asset_stands_beside_a_cube_that_tells_its_size(capsys):
    for name, size in {"a": (0.1, 0.2, 0.3), "b": (100, 200, 300), "c": (0.02, 0.03, 0.04)}.items():
        box(f"things/{name}.ply", size)
    Path("things/d.stl").write_bytes(b"")
    assert main(["assets", "inspect", "things"]) == 0
    said = capsys.readouterr()
    right, large, small = tiles("assets.png", 3, 2)
    assert all(share(tile, "red") > 0.03 for tile in (right, large, small))
    assert share(right, "blue") > 0.01 and share(right, "orange") < 0.002
    assert share(large, "orange") > 0.01 and share(large, "blue") < 0.002
    assert share(small, "green") > 0.01 and share(small, "blue") < 0.002
    # Nothing but the cube's colour and label tells a picture in wrong units from one in right ones.
    assert np.abs(right[:240] - large[:240])[share_mask(right, large)].max(initial=0) <= 8
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[0] == ["asset", "category", "size", "volume", "mass", "hulls", "faces"]
    assert rows[1] == ["user:a.ply", "a", "10", "x", "20", "x", "30", "cm", "6", "l", "2.4", "kg", "1", "12"]
    assert rows[2][2:8] == ["100", "x", "200", "x", "300", "m"]
    assert rows[-1] == ["assets.png"]
    assert said.err.splitlines() == [
        "3 assets of 3 categories; refused 1:",
        "  things/d.stl: is empty",
        "warning: things: the widest asset, user:b.ply, is 300 m (1 of 3 are wider than 5 m): these look like millimetres; say units: mm",
    ]


def share_mask(one, other):
    """Where neither picture has the cube, by its colours, nor light from it or text on it."""
    colored = np.zeros((240, 300), bool)
    for tile in (one, other):
        b, g, r = (tile[:240, :, k] for k in range(3))
        colored |= (np.abs(b - r) > 12) & ~((r > 2.5 * g) & (r > 2.5 * b))
    return cv2.dilate(colored.astype(np.uint8), np.ones((25, 25))) == 0


def test_said_in_the_right_units_nothing_is_left_to_say(capsys):
    box("things/a.ply", (100, 200, 300))
    assert main(["assets", "inspect", "things/*.ply", "--units", "mm", "--out", "sheet.png"]) == 0
    said = capsys.readouterr()
    assert said.err == "1 asset of 1 category\n"
    assert "10 x 20 x 30 cm" in said.out
    Path("plan.yaml").write_text("scenario: tabletop\nassets: [{path: things, units: mm, category: crate, up: y}]\n")
    assert main(["assets", "inspect", "plan.yaml"]) == 0
    assert "crate     10 x 30 x 20 cm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone"], "gone: there is no such file or folder"),
        (["empty"], "empty: holds no mesh files"),
        (["bad"], "bad/x.obj: holds no faces"),
        (["gone.yaml"], "gone.yaml: cannot read this plan file"),
        (["good", "--out", "sheet.jpg"], "sheet.jpg: the sheet is a PNG file"),
        (["good", "--out", "nowhere/sheet.png"], "nowhere/sheet.png: cannot write the sheet"),
    ],
)
def test_what_cannot_be_shown_is_one_clear_sentence(arguments, said, capsys):
    Path("empty").mkdir()
    Path("bad").mkdir()
    Path("bad/x.obj").write_text("v 0 0 nan\n")
    box("good/x.stl")
    before = sorted(Path().rglob("*"))
    assert main(["assets", "inspect", *arguments]) == 2
    heard = capsys.readouterr()
    assert heard.err.startswith("diorama: ")
    assert said in heard.err
    assert "Traceback" not in heard.err
    assert sorted(Path().rglob("*")) == before


def test_many_assets_take_several_pages(monkeypatch, tmp_path):
    for k in range(5):
        box(f"things/{k}.stl")
    monkeypatch.setattr(asset_sheet, "PAGE", 2)
    facts, paths = inspect_assets(AssetLibrary(["things"]), tmp_path / "all.png")
    assert [f.id for f in facts] == [f"user:{k}.stl" for k in range(5)]
    assert [p.name for p in paths] == ["all.png", "all-2.png", "all-3.png"]
    assert len(tiles(paths[0], 2, 2)) == 2
    assert len(tiles(paths[2], 1, 1)) == 1


def test_facts_are_those_of_the_asset():
    library = AssetLibrary()
    fact, asset = facts_of(library, "household:mug/1"), library.load("household:mug/1")
    assert fact.size_m == pytest.approx(tuple(np.subtract(*asset.bounds_m[::-1])))
    assert (fact.volume_m3, fact.mass_kg) == (asset.volume_m3, asset.volume_m3 * asset.density_kg_m3)
    assert (fact.pieces, fact.triangles) == (len(asset.hulls), sum(len(p.faces) for p in asset.parts))
    assert fact.is_usual


@pytest.mark.parametrize(
    ("widest_m", "cube_m"), [(0.12, 0.1), (0.05, 0.1), (0.049, 0.01), (1.5, 0.1), (1.6, 1.0), (120, 100), (0.003, 0.001), (0.00012, 0.0001)]
)
def test_the_cube_is_ten_centimetres_where_that_says_something(widest_m, cube_m):
    assert cube_beside(widest_m) == cube_m
