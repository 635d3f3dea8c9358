"""Sources of assets: globs, units, axes, categories and tables; what is refused, what is warned about, and what stays in its folder."""

import hashlib

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.report import length
from diorama.sim.assets.source import METRES, AssetSource
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import AssetError, InvalidValue, UnknownName
from diorama.sim.seeds import Seed


def box(path, size=(0.1, 0.2, 0.3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    trimesh.creation.box(size).export(path)
    return path


def extents(library, asset_id):
    return np.ptp(np.array(library.load(asset_id).bounds_m), axis=0)


def library(path, **fields):
    return AssetLibrary([AssetSource(path=str(path), **fields)])


# --- paths ------------------------------------------------------------------------------------------------


def test_globs_name_files_from_where_they_begin_to_vary(tmp_path, monkeypatch):
    for name in ("a.glb", "kitchen/mug.glb", "kitchen/deep/pan.glb", "kitchen/mug.stl", "notes.txt"):
        box(tmp_path / "models" / name) if not name.endswith("txt") else (tmp_path / "models" / name).write_text("")
    monkeypatch.chdir(tmp_path)
    assert AssetLibrary(["models/**/*.glb"]).ids() == ("user:a.glb", "user:kitchen/deep/pan.glb", "user:kitchen/mug.glb")
    assert AssetLibrary([str(tmp_path / "models/*/*.glb")]).ids() == ("user:kitchen/mug.glb",)
    assert AssetLibrary(["models/kitch*"]).ids() == ("user:kitchen/deep/pan.glb", "user:kitchen/mug.glb", "user:kitchen/mug.stl")
    assert AssetLibrary(["models/*"]).ids() == AssetLibrary(["models"]).ids()  # what is no mesh is no matter
    assert AssetLibrary(["models/kitchen/mug.[gs]*"]).ids() == ("user:mug.glb", "user:mug.stl")
    with pytest.raises(AssetError, match=r"models/\*\.obj: matches no file or folder"):
        AssetLibrary(["models/*.obj"])
    with pytest.raises(AssetError, match="holds no mesh files"):
        AssetLibrary(["models/*.txt"])


def test_a_name_that_looks_like_a_glob_may_be_a_folder(tmp_path):
    box(tmp_path / "[old] things" / "x.stl")
    assert AssetLibrary([str(tmp_path / "[old] things")]).ids() == ("user:x.stl",)


@pytest.mark.parametrize("units", METRES)
def test_units_multiply_lengths(tmp_path, units):
    box(tmp_path / "x.stl")
    assert extents(library(tmp_path, units=units), "user:x.stl") == pytest.approx(np.array([0.1, 0.2, 0.3]) * METRES[units], rel=1e-5)


@pytest.mark.parametrize(("suffix", "natural"), [(".obj", "z"), (".stl", "z"), (".ply", "z"), (".glb", "y")])
def test_the_axis_that_points_up(tmp_path, suffix, natural):
    box(tmp_path / f"x{suffix}")
    by_up = {up: extents(library(tmp_path, up=up), f"user:x{suffix}") for up in (None, "y", "z")}
    assert by_up["z"] == pytest.approx([0.1, 0.2, 0.3], rel=1e-5)
    assert by_up["y"] == pytest.approx([0.1, 0.3, 0.2], rel=1e-5)
    assert np.array_equal(by_up[None], by_up[natural])


paths = st.text(min_size=1).filter(lambda text: "\0" not in text)


@given(
    path=paths,
    fields=st.fixed_dictionaries(
        {},
        optional={"units": st.sampled_from(list(METRES)), "category": paths, "table": paths, "up": st.sampled_from("yz"), "layout": st.just("bop")},
    ),
)
def test_a_source_survives_json_and_is_its_path_when_nothing_else_is_said(path, fields):
    source = AssetSource(path=path, **fields)
    assert from_json(AssetSource, to_json(source)) == source
    assert to_json(source) == ({"path": path} | fields if fields else path)


@pytest.mark.parametrize("fields", [{"path": ""}, {"path": "a\0b"}, {"path": "a", "category": ""}, {"path": "a", "table": "\0"}])
def test_what_is_no_source(fields):
    with pytest.raises(InvalidValue, match="must not be empty, nor hold a zero byte"):
        AssetSource(**fields)


# --- categories -------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path):
    for name in ("kitchen/mug/blue_01.stl", "kitchen/mug/red-2.stl", "loose_07.stl"):
        box(tmp_path / "shop" / name)
    return tmp_path / "shop"


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        (None, [("mug", "kitchen"), ("mug", "kitchen"), ("loose", "object")]),
        ("from-folder", [("mug", "kitchen"), ("mug", "kitchen"), ("shop", "object")]),
        ("from-name", [("blue", "object"), ("red", "object"), ("loose", "object")]),
        ("vase", [("vase", "object")] * 3),
    ],
)
def test_categories_by_folder_name_or_one_for_all(shop, category, expected):
    found = library(shop, category=category)
    assert [found.category_of(i) for i in found.ids()] == expected
    assert [(a.category, a.supercategory) for a in map(found.load, found.ids())] == expected


def test_a_table_has_the_last_word_and_takes_only_what_it_lists(shop, tmp_path):
    table = tmp_path / "categories.csv"
    table.write_text("name,category,supercategory\nkitchen/mug/blue_01.stl,cup,tableware\nred-2,beaker,\ngone,ghost,\n")
    found = library(shop, table=str(table))
    assert found.ids() == ("user:kitchen/mug/blue_01.stl", "user:kitchen/mug/red-2.stl")
    assert found.categories() == (("beaker", "object"), ("cup", "tableware"))
    report = found.report
    assert report.reasons == {"loose_07.stl": f"{shop / 'loose_07.stl'}: is not in {table}"}
    assert report.warnings() == (f"{table}: 1 of its names match no asset: gone",)
    assert found.fingerprint()[str(table)] == hashlib.sha256(table.read_bytes()).hexdigest()
    with pytest.raises(UnknownName):
        found.load("user:loose_07.stl")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "its first line must name the columns name,category"),
        (b"mug,cup\n", "its first line must name the columns name,category"),
        (b"name,category\nmug\n", "line 2 lacks a name or a category"),
        (b"name,category\nmug,cup\nmug,glass\n", "line 3 names mug again"),
        (b"name,category\n\xff\xfe\n", "is not a CSV file in UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_table(shop, tmp_path, text, said):
    if text is not None:
        (tmp_path / "t.csv").write_bytes(text)
    with pytest.raises(AssetError, match=rf"t\.csv: .*{said}"):
        library(shop, table=str(tmp_path / "t.csv"))


# --- the report -------------------------------------------------------------------------------------------


def test_refused_files_stop_nothing_and_are_told(tmp_path):
    for name in ("mug/a.stl", "mug/b.stl", "pan/c.obj"):
        box(tmp_path / name)
    (tmp_path / "pan" / "bad.obj").write_text("v 0 0 nan\n")
    (tmp_path / "empty.stl").write_bytes(b"")
    found = AssetLibrary([str(tmp_path)])
    report = found.report
    assert report.counts() == {"mug": 2, "pan": 1}
    assert [a.id for a in report.accepted] == list(found.ids()) == ["user:mug/a.stl", "user:mug/b.stl", "user:pan/c.obj"]
    assert report.accepted[0].size_m == pytest.approx((0.1, 0.2, 0.3))
    assert list(report.reasons) == ["empty.stl", "pan/bad.obj"]
    first, *rest = report.summary().splitlines()
    assert first == "3 assets of 2 categories; refused 2:"
    assert rest == [f"  {tmp_path}/empty.stl: is empty", f"  {tmp_path}/pan/bad.obj: holds no faces, it is empty or not an OBJ mesh"]
    assert report.warnings() == ()
    assert set(found.fingerprint()) == {"mug/a.stl", "mug/b.stl", "pan/c.obj", "empty.stl", "pan/bad.obj"}
    assert found.categories() == (("mug", "object"), ("pan", "object"))
    with pytest.raises(AssetError, match="is empty"):
        found.load("user:empty.stl")


def test_mending_a_refused_file_changes_ids_and_fingerprint(tmp_path):
    box(tmp_path / "a.stl")
    (tmp_path / "b.stl").write_bytes(b"broken")
    before = AssetLibrary([str(tmp_path)])
    again = AssetLibrary([str(tmp_path)])
    assert before.ids() == again.ids() == ("user:a.stl",)
    digests = before.fingerprint()
    assert again.fingerprint() == digests
    box(tmp_path / "b.stl")
    after = AssetLibrary([str(tmp_path)])
    assert after.ids() == ("user:a.stl", "user:b.stl")
    assert {n for n in after.fingerprint() if after.fingerprint()[n] != digests[n]} == {"b.stl"}


def test_who_knows_what_is_refused_need_not_read_everything(tmp_path, monkeypatch):
    box(tmp_path / "a.stl")
    (tmp_path / "b.stl").write_bytes(b"broken")
    reasons = AssetLibrary([str(tmp_path)]).report.reasons
    told = AssetLibrary([str(tmp_path)], refused=reasons)
    monkeypatch.setattr("diorama.sim.assets.user.read_mesh", lambda path: pytest.fail(f"{path} was read"))
    assert told.ids() == ("user:a.stl",)
    assert told.categories() == (("a", "object"),)


def test_with_nothing_left_all_reasons_are_told(tmp_path):
    for k in range(10):
        (tmp_path / f"{k}.stl").write_bytes(b"")
    with pytest.raises(AssetError) as caught:
        AssetLibrary([str(tmp_path)]).ids()
    lines = str(caught.value).splitlines()
    assert lines[0] == "0 assets of 0 categories; refused 10:"
    assert lines[1:3] == [f"  {tmp_path}/0.stl: is empty", f"  {tmp_path}/1.stl: is empty"]
    assert lines[-1] == "  and 2 more"


def test_two_sources_with_files_of_one_name_both_count(tmp_path):
    for folder in ("a", "b"):
        box(tmp_path / folder / f"{folder}.obj")
        (tmp_path / folder / "look.mtl").write_text(f"newmtl {folder}\n")
        text = (tmp_path / folder / f"{folder}.obj").read_text()
        (tmp_path / folder / f"{folder}.obj").write_text(f"mtllib look.mtl\n{text}")

    def digest():
        return AssetLibrary([str(tmp_path / "a"), str(tmp_path / "b")]).fingerprint()["look.mtl"]

    before = digest()
    for folder in ("a", "b"):
        (tmp_path / folder / "look.mtl").write_text(f"newmtl {folder}\nKd 1 0 0\n")
        assert digest() != before
        before = digest()


SIZES = [
    ((80, 120, 60), {}, "user:mug.stl, is 120 m: these look like millimetres; say units: mm"),
    ((8, 12, 6), {"units": "m"}, "is 12 m: these look like millimetres; say units: mm"),
    ((8, 7.5, 6), {"units": "cm"}, ""),
    ((0.08, 0.12, 0.06), {}, ""),
    ((4.4, 1.8, 1.5), {}, ""),
    ((0.08, 0.12, 0.06), {"units": "mm"}, "the narrowest asset, user:mug.stl, is 0.12 mm: these look like metres; say units: m"),
    ((9, 9, 1e-3), {}, "is 9 m: these look like millimetres"),
    ((4000, 3000, 9000), {}, "is 9000 m: look whether its units are right"),
]


@pytest.mark.parametrize(("size", "fields", "said"), SIZES)
def test_sizes_that_look_like_other_units_are_asked_about(tmp_path, size, fields, said):
    box(tmp_path / "mug.stl", size)
    warnings = library(tmp_path, **fields).report.warnings()
    assert len(warnings) == bool(said)
    assert all(w.startswith(f"{tmp_path}: ") and said in w for w in warnings)


def test_each_source_is_asked_about_once(tmp_path):
    for k in range(3):
        box(tmp_path / "a" / f"{k}.stl", (100 + k, 10, 10))
        box(tmp_path / "b" / f"{k + 3}.stl")
    box(tmp_path / "a" / "9.stl")
    (warning,) = AssetLibrary([str(tmp_path / "a"), str(tmp_path / "b")]).report.warnings()
    assert warning.startswith(f"{tmp_path / 'a'}: the widest asset, user:2.stl, is 102 m (3 of 4 are wider than 5 m): these look like millimetres")


@pytest.mark.parametrize(
    ("metres", "said"), [(120, "120 m"), (1, "1 m"), (0.1234, "12.3 cm"), (0.01, "1 cm"), (0.0056, "5.6 mm"), (9000.0, "9000 m")]
)
def test_lengths_read_well(metres, said):
    assert length(metres) == said


def test_the_built_in_library_has_nothing_to_report():
    assert AssetLibrary().report.accepted == ()
    assert AssetLibrary().report.warnings() == ()


# --- what is named must lie in the folder -----------------------------------------------------------------

URDF = '<robot><link name="a"><visual><geometry><mesh filename="{}"/></geometry></visual></link></robot>'
MJCF = '<mujoco><asset><mesh name="m" file="{}"/></asset><worldbody><body><geom type="mesh" mesh="m"/></body></worldbody></mujoco>'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("thing.urdf", URDF),
        ("thing.urdf", URDF.replace('"{}"', '"file://{}"')),
        ("thing.xml", MJCF),
        ("thing.xml", '<mujoco><include file="{}"/></mujoco>'),
        ("thing.xml", MJCF.replace("<asset>", '<compiler meshdir="../.."/><asset>')),
        ("thing.obj", "mtllib {}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"),
        ("thing.obj", "mtllib \\\n{}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"),
        ("thing.ply", "ply\nformat ascii 1.0\ncomment  texturefile {}\nelement vertex 0\nend_header\n"),
        ("thing.gltf", '{{"asset": {{"version": "2.0"}}, "images": [{{"uri": "{}"}}]}}'),
        ("thing.dae", "<COLLADA><library_images><image><init_from>{}</init_from></image></library_images></COLLADA>"),
    ],
)
@pytest.mark.parametrize("escape", ["../secret.stl", "{root}/secret.stl", "parts/../../secret.stl"])
def test_a_file_may_name_only_what_lies_in_its_folder(tmp_path, name, text, escape):
    box(tmp_path / "secret.stl")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / name).write_text(text.format(escape.format(root=tmp_path)))
    with pytest.raises(AssetError, match=r"(?s)names .*outside of .*Give the folder that holds both"):
        AssetLibrary([str(folder)]).ids()


def test_a_texture_out_of_reach_is_not_opened(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.mtl").write_text("newmtl m\nmap_Kd -s 1 1 1 ../secret.png\n")
    (tmp_path / "mine" / "a.obj").write_text("mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    with pytest.raises(AssetError, match=r"a\.mtl: names .*secret\.png, which is outside of"):
        AssetLibrary([str(tmp_path / "mine")]).ids()


def test_links_in_the_folder_are_what_lies_in_it(tmp_path):
    box(tmp_path / "store" / "0f3a.stl")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mug.stl").symlink_to(tmp_path / "store" / "0f3a.stl")
    (tmp_path / "mine" / "thing.urdf").write_text(URDF.format("mug.stl"))
    assert AssetLibrary([str(tmp_path / "mine")]).ids() == ("user:thing.urdf",)


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]>'


@pytest.mark.parametrize(("name", "text"), [("a.urdf", URDF), ("a.xml", MJCF), ("a.dae", "<COLLADA>{}</COLLADA>")])
@pytest.mark.parametrize("prolog", [BOMB, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'])
def test_xml_entities_are_refused(tmp_path, name, text, prolog):
    (tmp_path / name).write_text(prolog + text.format("&x;"))
    with pytest.raises(AssetError, match=rf"{name}: declares entities"):
        AssetLibrary([str(tmp_path)]).ids()


@given(seed=st.integers(0, 2**32))
def test_ids_do_not_depend_on_the_order_of_sources(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("s")
    for name in "abc":
        box(folder / name / f"{name}.stl")
    order = Seed(seed).rng().permutation(3)
    sources = [str(folder / "abc"[i]) for i in order]
    assert AssetLibrary(sources).ids() == ("user:a.stl", "user:b.stl", "user:c.stl")
