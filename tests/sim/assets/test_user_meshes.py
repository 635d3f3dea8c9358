"""Users' own files: every format read back, clear errors, fingerprints, decomposition and its cache."""

import hashlib
import json
import math
import re
import shutil

import cv2
import numpy as np
import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from diorama.sim.assets import convex, disk_cache, geometry
from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.images import fitted
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.meshfile import Z_UP_FROM_Y_UP
from diorama.sim.errors import AssetError, DioramaError, MissingExtra
from diorama.sim.spec import MaterialSpec

TURNED = {".glb": Z_UP_FROM_Y_UP[:3, :3], ".gltf": Z_UP_FROM_Y_UP[:3, :3]}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "diorama"


@pytest.fixture
def quick_coacd(monkeypatch):
    """Decomposition in no time."""
    monkeypatch.setattr("coacd.run_coacd", lambda *_, **__: [(h.vertices, h.faces) for h in (trimesh.creation.icosphere(1), wedge())])


def wedge():
    """A convex thing without any symmetry."""
    points = [[0, 0, 0], [0.3, 0, 0], [0, 0.2, 0], [0, 0, 0.1], [0.2, 0.1, 0.12]]
    return trimesh.Trimesh(points, ConvexHull(points).simplices, process=False).convex_hull


def load_only(source):
    library = AssetLibrary([str(source)])
    (asset_id,) = library.ids()
    return library.load(asset_id)


def seen(asset):
    return geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in asset.parts])


@pytest.mark.parametrize("suffix", [".obj", ".stl", ".ply", ".glb", ".gltf", ".dae"])
def test_a_mesh_comes_back_from_every_format(tmp_path, suffix):
    mesh = wedge()
    path = tmp_path / f"wedge{suffix}"
    if suffix == ".gltf":
        for name, data in mesh.scene().export(file_type="gltf").items():
            (tmp_path / name.replace("model.gltf", "wedge.gltf")).write_bytes(data)
    else:
        mesh.export(path)
    asset = load_only(path)
    turn = TURNED.get(suffix, Z_UP_FROM_Y_UP[:3, :3] if suffix == ".dae" and "Y_UP" in path.read_text() else np.eye(3))
    assert asset.id == f"user:wedge{suffix}"
    assert (asset.category, asset.supercategory) == ("wedge", "object")
    assert asset.volume_m3 == pytest.approx(mesh.volume, rel=1e-5)
    expected = (mesh.vertices - mesh.center_mass) @ turn.T
    positions, faces = seen(asset)
    assert np.unique(positions.round(5), axis=0) == pytest.approx(np.unique(expected.round(5), axis=0), abs=2e-5)
    assert geometry.signed_volume_and_center(positions, faces)[0] == pytest.approx(mesh.volume, rel=1e-5)
    (hull,) = asset.hulls
    assert np.unique(hull.round(5), axis=0) == pytest.approx(np.unique(expected.round(5), axis=0), abs=2e-5)
    (part,) = asset.parts
    assert part.uv_in_metres


def picture(path):
    image = np.zeros((8, 16, 3), np.uint8)
    image[:4, :, 0], image[:, 8:, 1], image[4:, :, 2] = 200, 150, 90  # RGB
    assert cv2.imwrite(str(path), image[:, :, ::-1])
    return image


OBJ = """mtllib things/look of it.mtl
v 0 0 0
v 1 0 0
v 0 1 0
v 0 0 1
vt 0 0
vt 1 0
vt 0 1
usemtl printed
f 1/1 3/3 2/2
f 1/1 2/2 4/3
usemtl plain
f -4/1 -1/3 -2/2
f 2/1 3/2 4/3
"""
MTL = """newmtl printed
Kd 0.1 0.2 0.3
map_Kd -s 1 1 1 -o 0 0 0 my picture.png
newmtl plain
Kd 1 0.5 0
Ns 6
"""


@pytest.fixture
def textured_obj(tmp_path):
    folder = tmp_path / "mine"
    (folder / "things").mkdir(parents=True)
    (folder / "tetra.obj").write_text(OBJ)
    (folder / "things" / "look of it.mtl").write_text(MTL)
    picture(folder / "things" / "my picture.png")
    return folder


def test_obj_materials_and_textures(textured_obj):
    asset = load_only(textured_obj / "tetra.obj")
    printed, plain = asset.parts
    assert np.array_equal(printed.look.images["base_color"], picture(textured_obj / "copy.png"))
    assert printed.look.material.base_color == (1, 1, 1)
    assert not plain.look.images
    assert plain.look.material.base_color == pytest.approx((1, ((0.5 + 0.055) / 1.055) ** 2.4, 0))
    assert plain.look.material.roughness == pytest.approx(0.5)
    assert not printed.uv_in_metres
    assert {tuple(c) for c in printed.uv.tolist()} == {(0, 0), (1, 0), (0, 1)}
    assert asset.volume_m3 == pytest.approx(1 / 6)


def test_glb_textures_and_factors(tmp_path):
    from PIL import Image

    image = picture(tmp_path / "image.png")
    mesh = wedge()
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.fromarray(image), baseColorFactor=[255, 128, 0, 255], metallicFactor=0.25, roughnessFactor=0.75
    )
    uv = mesh.vertices[:, :2] * 3
    mesh.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    mesh.export(tmp_path / "thing.glb")
    (part,) = load_only(tmp_path / "thing.glb").parts
    assert np.array_equal(part.look.images["base_color"], image)
    assert part.look.material.base_color == pytest.approx((1, 128 / 255, 0), abs=1e-6)
    assert (part.look.material.metallic, part.look.material.roughness) == (0.25, 0.75)
    assert np.unique(part.uv.round(5), axis=0) == pytest.approx(np.unique(uv.round(5), axis=0), abs=1e-5)


PLY = """ply
format ascii 1.0
comment TextureFile skin.png
element vertex 4
property float x
property float y
property float z
property float s
property float t
element face 4
property list uchar int vertex_indices
end_header
0 0 0 0 0
0.1 0 0 1 0
0 0.1 0 0 1
0 0 0.1 1 1
3 0 2 1
3 0 1 3
3 0 3 2
3 1 2 3
"""


def test_ply_texture_files(tmp_path):
    image = picture(tmp_path / "skin.png")
    (tmp_path / "thing.ply").write_text(PLY)
    (part,) = load_only(tmp_path / "thing.ply").parts
    assert part.look.material == MaterialSpec(base_color=(1, 1, 1))
    assert np.array_equal(part.look.images["base_color"], image)
    assert np.unique(part.uv, axis=0) == pytest.approx(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))


DAE = """<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><unit name="meter" meter="1"/><up_axis>Z_UP</up_axis></asset>
<library_images><image id="skin"><init_from>skin.png</init_from></image></library_images>
<library_effects><effect id="look"><profile_COMMON>
<newparam sid="s"><surface type="2D"><init_from>skin</init_from></surface></newparam>
<newparam sid="t"><sampler2D><source>s</source></sampler2D></newparam>
<technique sid="common"><phong><diffuse>DIFFUSE</diffuse><shininess><float>6</float></shininess></phong></technique>
</profile_COMMON></effect></library_effects>
<library_materials><material id="m"><instance_effect url="#look"/></material></library_materials>
<library_geometries><geometry id="g"><mesh>
<source id="p"><float_array id="pa" count="12">0 0 0 0.1 0 0 0 0.1 0 0 0 0.1</float_array>
<technique_common><accessor source="#pa" count="4" stride="3">
<param name="X" type="float"/><param name="Y" type="float"/><param name="Z" type="float"/></accessor></technique_common></source>
<source id="u"><float_array id="ua" count="8">0 0 1 0 0 1 1 1</float_array>
<technique_common><accessor source="#ua" count="4" stride="2">
<param name="S" type="float"/><param name="T" type="float"/></accessor></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
<triangles count="4" material="m"><input semantic="VERTEX" source="#v" offset="0"/><input semantic="TEXCOORD" source="#u" offset="1" set="0"/>
<p>0 0 2 2 1 1 0 0 1 1 3 3 0 0 3 3 2 2 1 1 2 2 3 3</p></triangles>
</mesh></geometry></library_geometries>
<library_visual_scenes><visual_scene id="scene"><node><instance_geometry url="#g"><bind_material><technique_common>
<instance_material symbol="m" target="#m"/></technique_common></bind_material></instance_geometry></node></visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#scene"/></scene>
</COLLADA>
"""


def test_dae_pictures(tmp_path):
    pytest.importorskip("collada")
    image = picture(tmp_path / "skin.png")
    (tmp_path / "thing.dae").write_text(DAE.replace("DIFFUSE", '<texture texture="t" texcoord="UV"/>'))
    (part,) = load_only(tmp_path / "thing.dae").parts
    assert part.look.material == MaterialSpec(base_color=(1, 1, 1), roughness=0.5)
    assert np.array_equal(part.look.images["base_color"], image)
    assert np.unique(part.uv, axis=0) == pytest.approx(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))


def test_dae_colours(tmp_path):
    pytest.importorskip("collada")
    text = re.sub("<library_images>.*</library_images>|<newparam.*</newparam>", "", DAE)
    (tmp_path / "thing.dae").write_text(text.replace("DIFFUSE", "<color>1 0.5 0 1</color>"))
    (part,) = load_only(tmp_path / "thing.dae").parts
    assert part.look.material.base_color == pytest.approx(linear_rgb(1, 0.5, 0), abs=0.002)  # in 8 bits
    assert part.look.material.roughness == 0.5
    assert not part.look.images


def test_normals_of_the_file_are_kept(tmp_path):
    mesh = trimesh.creation.icosahedron().apply_scale(0.1)
    assert len(mesh.vertex_normals)
    (tmp_path / "ball.obj").write_text(trimesh.exchange.obj.export_obj(mesh, include_normals=True))
    (part,) = load_only(tmp_path / "ball.obj").parts
    assert part.normals == pytest.approx(part.positions / 0.1, abs=1e-4)  # smooth, though its edges turn by 42 degrees


def test_a_mesh_turned_inside_out_is_turned_back(tmp_path):
    mesh = wedge()
    mesh.invert()
    mesh.export(tmp_path / "wedge.stl")
    asset = load_only(tmp_path / "wedge.stl")
    assert asset.volume_m3 == pytest.approx(-mesh.volume, rel=1e-5)
    assert geometry.signed_volume_and_center(*seen(asset))[0] == pytest.approx(-mesh.volume, rel=1e-5)


def test_colours_by_vertex_become_one(tmp_path):
    mesh = wedge()
    mesh.visual.vertex_colors = np.tile([255, 0, 127, 255], (len(mesh.vertices), 1))
    mesh.export(tmp_path / "wedge.ply")
    (part,) = load_only(tmp_path / "wedge.ply").parts
    assert part.look.material.base_color == pytest.approx((1, 0, ((127 / 255 + 0.055) / 1.055) ** 2.4), rel=1e-6)


def test_dae_units_and_axes_are_respected(tmp_path):
    pytest.importorskip("collada")
    wedge().export(tmp_path / "a.dae")
    text = (tmp_path / "a.dae").read_text()
    start, end = text.index("<asset"), text.index("</asset>")
    (tmp_path / "b.dae").write_text(text[:start] + '<asset><unit name="cm" meter="0.01"/><up_axis>Z_UP</up_axis>' + text[end:])
    (tmp_path / "a.dae").unlink()
    asset = load_only(tmp_path / "b.dae")
    assert np.ptp(asset.bounds_m, axis=0) == pytest.approx(wedge().extents * 0.01, rel=1e-4)


# --- what is found ----------------------------------------------------------------------------------------


def test_folders_give_ids_categories_and_fingerprints(tmp_path, textured_obj):
    shutil.copytree(textured_obj, tmp_path / "all" / "kitchen" / "box")
    root = tmp_path / "all"
    for name in ("cup_03.stl", "kitchen/pan-2.STL", ".hidden/x.stl", "kitchen/.y.stl"):
        (root / name).parent.mkdir(exist_ok=True)
        wedge().export(root / name, file_type="stl")
    (root / "notes.txt").write_text("no mesh")
    library = AssetLibrary([str(root)])
    assert library.ids() == ("user:cup_03.stl", "user:kitchen/box/tetra.obj", "user:kitchen/pan-2.STL")
    assert [library.category_of(i) for i in library.ids()] == [("cup", "object"), ("box", "kitchen"), ("kitchen", "object")]
    assert library.categories() == (("box", "kitchen"), ("cup", "object"), ("kitchen", "object"))
    assert library.report.reasons == {}
    names = ["cup_03.stl", "kitchen/box/tetra.obj", "kitchen/box/things/look of it.mtl", "kitchen/box/things/my picture.png", "kitchen/pan-2.STL"]
    assert library.fingerprint() == {n: hashlib.sha256((root / n).read_bytes()).hexdigest() for n in names}
    # The built-in assets can still be loaded by whoever names them.
    assert library.load("household:mug/1").category == "mug"

    elsewhere = tmp_path / "moved"
    root.rename(elsewhere)
    moved = AssetLibrary([str(elsewhere)])
    before = moved.fingerprint()
    assert before == {n: hashlib.sha256((elsewhere / n).read_bytes()).hexdigest() for n in names}
    (elsewhere / "kitchen/box/things/my picture.png").write_bytes(b"other")
    assert [n for n in names if moved.fingerprint()[n] != before[n]] == ["kitchen/box/things/my picture.png"]


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        wedge().export(tmp_path / folder / "x.stl")
    with pytest.raises(AssetError, match=r"both be the asset user:x\.stl"):
        AssetLibrary([str(tmp_path / "a" / "x.stl"), str(tmp_path / "b")])
    assert AssetLibrary([str(tmp_path / "a" / "x.stl"), str(tmp_path / "a")]).ids() == ("user:x.stl",)


def test_gltf_buffers_belong_to_the_fingerprint(tmp_path):
    for name, data in wedge().scene().export(file_type="gltf").items():
        (tmp_path / name).write_bytes(data)
    names = set(AssetLibrary([str(tmp_path)]).fingerprint())
    assert names == {p.name for p in tmp_path.iterdir()}
    assert any(n.endswith(".bin") for n in names)


# --- errors -----------------------------------------------------------------------------------------------

BROKEN = {
    "empty.obj": (b"", "is empty"),
    "empty.stl": (b"", "is empty"),
    "comments.obj": (b"# nothing\nv 0 0 0\n", "holds no faces"),
    "nan.obj": (b"v 0 0 0\nv 1 0 nan\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 4 2\nf 1 3 4\nf 2 4 3\n", "1 of 4 vertices are NaN"),
    "index.obj": (b"v 0 0 0\nv 1 0 0\nf 1 2 3\n", "line 3 cannot be read .index 3 is out of range, 2 were defined"),
    "words.obj": (b"v 0 0 zero\n", "line 1 cannot be read"),
    "photo.obj": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not an OBJ mesh"),
    "photo.stl": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "cannot be read as a STL|holds no faces"),
    "photo.ply": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "cannot be read as a PLY"),
    "photo.glb": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not a glTF file"),
    "text.gltf": (b"hello", "is not a glTF file"),
    "list.gltf": (b"[1]", "is not a glTF file"),
    "buffer.gltf": (json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": "gone.bin", "byteLength": 4}]}).encode(), "refers to .*gone.bin"),
    "text.dae": (b"hello", "is not an XML file"),
    "text.urdf": (b"hello", "is not an XML file"),
    "flat.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "is flat"),
    "tiny.obj": (b"v 0 0 0\nv 1e-7 0 0\nv 0 1e-7 0\nv 0 0 1e-7\nf 1 2 3\nf 1 4 2\nf 1 3 4\nf 2 4 3\n", "Say which units"),
    "huge.obj": (b"v 0 0 0\nv 9000 0 0\nv 0 1e5 0\nv 0 0 1\nf 1 2 3\nf 1 4 2\nf 1 3 4\nf 2 4 3\n", "9e.03 x 1e.05 x 1 m large.*Say which units"),
    "slivers.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 1 2\nf 3 4 4\n", "no face with an area"),
    "picture.obj": (b"mtllib picture.mtl\nusemtl m\n" + OBJ.split("mtl\n", 1)[1].encode(), "texture .*gone.png cannot be read .No such file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_named_with_what_is_wrong(tmp_path, name):
    data, message = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "picture.mtl").write_text("newmtl m\nmap_Kd gone.png\n")
    with pytest.raises(AssetError, match=message) as caught:
        AssetLibrary([str(tmp_path / name)]).ids()
    assert name in str(caught.value) or "picture.mtl" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".obj", ".stl", ".ply", ".glb", ".dae", ".urdf"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_load_or_are_refused(tmp_path_factory, quick_coacd, suffix, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / f"wedge{suffix}"
    if suffix == ".urdf":
        path.write_text('<robot><link name="a"><visual><geometry><box size="1 1 1"/></geometry></visual></link></robot>')
    else:
        wedge().export(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(content) - 1))
        content[where : where + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    path.write_bytes(content)
    refused = None
    try:
        asset = load_only(path)
    except AssetError as error:
        refused = str(error)
    if refused is not None:
        assert path.name in refused
    else:
        assert asset.volume_m3 > 0
        assert all(np.isfinite(p.positions).all() and np.isfinite(p.normals).all() for p in asset.parts)


def test_a_texture_that_is_no_picture(textured_obj):
    (textured_obj / "things" / "my picture.png").write_text("no picture")
    with pytest.raises(AssetError, match=r"my picture\.png is not an image that OpenCV can read"):
        load_only(textured_obj / "tetra.obj")


def test_a_shell_without_volume(tmp_path):
    # Two sheets, back to back, bent: closed, but with nothing between.
    points = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]]
    trimesh.Trimesh(points, [[0, 1, 2], [1, 3, 2], [0, 2, 1], [1, 2, 3]], process=False).export(tmp_path / "sheet.obj")
    with pytest.raises(AssetError, match=r"sheet\.obj"):
        load_only(tmp_path / "sheet.obj")


def test_sources_that_are_not_there_or_hold_nothing(tmp_path):
    with pytest.raises(AssetError, match="there is no such file or folder"):
        AssetLibrary([str(tmp_path / "gone")])
    with pytest.raises(AssetError, match="holds no mesh files"):
        AssetLibrary([str(tmp_path)])
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(AssetError, match=r"is not a mesh file, expected one of \.obj"):
        AssetLibrary([str(tmp_path / "x.txt")])


# --- convex pieces ----------------------------------------------------------------------------------------


def ring(tmp_path):
    mesh = trimesh.creation.torus(0.05, 0.015, major_sections=24, minor_sections=12)
    mesh.export(tmp_path / "ring.stl")
    return tmp_path / "ring.stl"


def test_a_ring_is_decomposed_and_keeps_its_hole(tmp_path, cache):
    asset = load_only(ring(tmp_path))
    planes = [ConvexHull(h).equations for h in asset.hulls]
    assert 4 <= len(planes) <= 40

    def height_above(points):
        return np.min([(points @ e[:, :3].T + e[:, 3]).max(axis=1) for e in planes], axis=0)

    assert height_above(np.array([[0, 0, z] for z in np.linspace(-0.02, 0.02, 9)])).min() > 0.02
    assert height_above(seen(asset)[0]).max() < 0.003
    around = np.array([[0.05 * math.cos(t), 0.05 * math.sin(t), 0] for t in np.linspace(0, 6, 50)])
    assert height_above(around).max() < 0
    assert asset.volume_m3 == pytest.approx(geometry.signed_volume_and_center(*seen(asset))[0], rel=1e-5)


def test_decompositions_are_kept_on_disk_and_made_anew_when_damaged(tmp_path, cache, monkeypatch):
    path = ring(tmp_path)
    import coacd

    calls = []
    pieces = [(h.vertices, h.faces) for h in (trimesh.creation.icosphere(1), wedge())]
    monkeypatch.setattr(coacd, "run_coacd", lambda *_, **__: calls.append(1) or pieces)
    first = load_only(path)
    assert calls
    assert len(first.hulls) == 2
    (entry,) = cache.glob("coacd-*.npz")
    fresh = entry.read_bytes()
    calls.clear()
    same = load_only(path)
    assert not calls
    assert all(np.array_equal(a, b) for a, b in zip(first.hulls, same.hulls, strict=True))
    for damage in (b"", b"no archive", fresh[:-40], fresh[:100] + bytes([fresh[100] ^ 255]) + fresh[101:]):
        entry.write_bytes(damage)
        calls.clear()
        again = load_only(path)
        assert calls
        assert all(np.array_equal(a, b) for a, b in zip(first.hulls, again.hulls, strict=True))
    assert [p.name for p in cache.iterdir()] == [entry.name]  # nothing half-written is left


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path, monkeypatch, quick_coacd):
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocker))
    assert disk_cache.load("key") is None
    disk_cache.store("key", [np.zeros((2, 3))])
    assert disk_cache.load("key") is None
    assert len(load_only(ring(tmp_path)).hulls) == 2


def test_the_cache_folder_follows_xdg_and_ignores_relative_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert disk_cache.cache_folder() == tmp_path / "diorama"
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert disk_cache.cache_folder() == tmp_path / "home" / ".cache" / "diorama"


def test_objects_of_a_file_that_are_convex_are_pieces_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(convex, "_decomposed", None)
    boxes = [trimesh.creation.box((0.1, 0.1, 0.02)), trimesh.creation.box((0.02, 0.02, 0.2))]
    boxes[1].apply_translation((0, 0, 0.11))
    trimesh.Scene(boxes).export(tmp_path / "post.obj")
    asset = load_only(tmp_path / "post.obj")
    assert sorted(ConvexHull(h).volume for h in asset.hulls) == pytest.approx([0.02 * 0.02 * 0.2, 0.1 * 0.1 * 0.02])


def test_a_convex_mesh_with_many_vertices_keeps_its_outermost(tmp_path):
    trimesh.creation.icosphere(4, radius=0.1).apply_scale((5, 1, 1)).export(tmp_path / "long.stl")
    asset = load_only(tmp_path / "long.stl")
    (hull,) = asset.hulls
    assert len(hull) <= convex.MOST_VERTICES
    assert ConvexHull(hull).volume == pytest.approx(asset.volume_m3, rel=0.05)


def test_missing_extras_say_what_to_install(tmp_path, monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name in ("coacd", "PIL", "collada") else real(name, *a))
    with pytest.raises(MissingExtra, match=r'ring\.stl.*coacd.*pip install "diorama\[assets\]"'):
        load_only(ring(tmp_path))
    wedge().export(tmp_path / "wedge.dae")
    with pytest.raises(MissingExtra, match=r"wedge\.dae.*pycollada"):
        load_only(tmp_path / "wedge.dae")
    assert issubclass(MissingExtra, DioramaError)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_large_textures_are_halved_by_the_rounded_mean_of_four_pixels(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    small = fitted(image, 20)
    if max(height, width) <= 20:
        assert np.array_equal(small, image)
    elif min(height, width) == 1:  # as thin as it can be
        assert small.shape == (max(height // 2, 1), max(width // 2, 1), 3)
    else:
        h, w = height // 2, width // 2
        blocks = image[: 2 * h, : 2 * w].reshape(h, 2, w, 2, 3).astype(int).sum(axis=(1, 3))
        assert np.array_equal(small, (blocks + 2) // 4)
