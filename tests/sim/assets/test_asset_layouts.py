"""Collections in well-known layouts: made up here as their makers lay them out, and read back."""

import json
import math

import cv2
import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from diorama.sim.assets.deform import scaled
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.source import AssetSource
from diorama.sim.errors import AssetError


def box(path, size=(0.1, 0.2, 0.3), at=(0.0, 0.0, 0.0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    mesh = trimesh.creation.box(size)
    mesh.apply_translation(at)
    mesh.export(path)


def extents(asset):
    return np.ptp(np.array(asset.bounds_m), axis=0)


def picture(path, color=(200, 40, 40)):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((4, 4, 3), color[::-1], np.uint8))


# --- BOP --------------------------------------------------------------------------------------------------

TURN = np.eye(4)
TURN[:3, :3] = Rotation.from_euler("z", 180, degrees=True).as_matrix()
TURN[:3, 3] = 20.0, 0.0, 0.0  # about the axis through (10, 0), in millimetres
INFO = {
    "1": {"diameter": 374.2, "min_x": -40, "symmetries_discrete": [TURN.ravel().tolist()]},
    "12": {"diameter": 90.0, "symmetries_continuous": [{"axis": [0, 0, 2], "offset": [5, 0, 0]}]},
    "3": {"diameter": 1.0},
}


@pytest.fixture
def bop(tmp_path):
    models = tmp_path / "lm" / "models"
    box(models / "obj_000001.ply", (100, 200, 300), at=(10, 0, 50))
    box(models / "obj_000012.ply", (50, 50, 20), at=(5, 0, 0))
    box(models / "obj_000003.ply", (1, 1, 1))
    (models / "models_info.json").write_text(json.dumps(INFO))
    return tmp_path / "lm"


def test_bop_models_are_in_millimetres(bop):
    library = AssetLibrary([str(bop / "models")])
    assert library.ids() == ("user:obj_000001.ply", "user:obj_000003.ply", "user:obj_000012.ply")
    assert [c for c, _ in library.categories()] == ["obj_000001", "obj_000003", "obj_000012"]
    assert extents(library.load("user:obj_000001.ply")) == pytest.approx([0.1, 0.2, 0.3], rel=1e-6)
    assert library.load("user:obj_000001.ply").volume_m3 == pytest.approx(0.006)
    assert "models_info.json" in library.fingerprint()
    assert extents(AssetLibrary([AssetSource(path=str(bop / "models"), units="cm")]).load("user:obj_000001.ply")) == pytest.approx(
        [1, 2, 3], rel=1e-6
    )


def test_bop_symmetries_are_those_of_the_body(bop):
    library = AssetLibrary([str(bop)])
    block, disc, plain = (library.load(f"user:models/obj_{n:06d}.ply") for n in (1, 12, 3))
    (turn,) = block.symmetries.discrete
    expected = TURN.copy()
    expected[:3, 3] = 0  # its axis goes through the middle
    assert turn == pytest.approx(expected, abs=1e-9)
    ((axis, point),) = disc.symmetries.continuous
    assert (axis, point) == (pytest.approx((0, 0, 1)), pytest.approx((0, 0, 0), abs=1e-9))
    assert not plain.symmetries.discrete and not plain.symmetries.continuous
    # A turned frame turns them along; the model's y axis is up now.
    upright = AssetLibrary([AssetSource(path=str(bop), up="y")]).load("user:models/obj_000012.ply")
    assert upright.symmetries.continuous[0][0] == pytest.approx((0, -1, 0), abs=1e-9)


def test_symmetries_map_the_mesh_onto_itself_and_scale_with_it(tmp_path):
    """With an axis that misses the centre of mass the translation counts."""
    models = tmp_path / "models"
    box(models / "obj_000001.ply", (100, 200, 300), at=(10, 0, 50))
    corner = np.eye(4)
    corner[:3, :3] = Rotation.from_euler("x", 180, degrees=True).as_matrix()
    corner[:3, 3] = 0, 0, 100
    (models / "models_info.json").write_text(json.dumps({"1": {"symmetries_discrete": [corner.ravel().tolist()]}}))
    asset = AssetLibrary([str(models)]).load("user:obj_000001.ply")
    for it in (asset, scaled(asset, 2.5)):
        (m,) = it.symmetries.discrete
        points = np.unique(np.concatenate([p.positions for p in it.parts]).round(5), axis=0)
        assert np.unique((points @ m[:3, :3].T + m[:3, 3]).round(5), axis=0) == pytest.approx(points, abs=2e-5)
    assert not scaled(asset, (1.0, 2.0, 1.0)).symmetries.discrete


def test_bop_evaluation_models_are_no_second_objects(bop):
    for name in ("obj_000001.ply", "obj_000012.ply"):
        box(bop / "models_eval" / name, (99, 199, 299))
    (bop / "models_eval" / "models_info.json").write_text(json.dumps(INFO))
    assert AssetLibrary([str(bop)]).ids() == tuple(f"user:models/obj_{n:06d}.ply" for n in (1, 3, 12))
    assert len(AssetLibrary([str(bop / "models_eval")]).ids()) == 2  # unless they are asked for


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ("no json", "cannot be read"),
        ("[1]", 'has no entry "1" for obj_000001.ply'),
        ({"2": {}}, 'has no entry "1"'),
        ({"1": {"symmetries_discrete": [[1, 2, 3]]}}, "a discrete symmetry has 16 numbers"),
        ({"1": {"symmetries_discrete": [(2 * np.eye(4)).ravel().tolist()]}}, "is a rotation and a translation"),
        ({"1": {"symmetries_discrete": [["../../etc/passwd"] * 16]}}, 'symmetries of "1" cannot be read'),
        ({"1": {"symmetries_discrete": 7}}, 'symmetries of "1" cannot be read'),
        ({"1": {"symmetries_continuous": [{"axis": [0, 0, 0]}]}}, 'symmetries of "1" cannot be read'),
        ({"1": {"symmetries_continuous": [{"axis": [0, 0, math.inf]}]}}, "an axis and its offset are finite"),
        ({"1": {"symmetries_continuous": [{"offset": [0, 0, 1]}]}}, 'symmetries of "1" cannot be read'),
    ],
)
def test_what_is_no_models_info_refuses_its_models(tmp_path, info, said):
    box(tmp_path / "obj_000001.ply", (100, 200, 300))
    (tmp_path / "models_info.json").write_text(info if isinstance(info, str) else json.dumps(info))
    with pytest.raises(AssetError, match=f"models_info.json: .*{said}"):
        AssetLibrary([str(tmp_path)]).ids()


# --- YCB --------------------------------------------------------------------------------------------------


def test_of_a_ycb_object_the_best_variant_is_taken(tmp_path):
    can = tmp_path / "ycb" / "002_master_chef_can"
    for scan, size in (("tsdf", 1), ("poisson", 2), ("google_16k", 3), ("google_512k", 4)):
        box(can / scan / "nontextured.stl", (0.01 * size,) * 3)
    for scan, size in (("poisson", 5), ("tsdf", 6)):
        box(can / scan / "textured.obj", (0.01 * size,) * 3)
    box(can / "clouds" / "merged_cloud.ply")
    box(can / "google_16k" / "nontextured_proc.stl")
    (can / "google_16k" / "kinbody.xml").write_text("<KinBody/>")
    box(tmp_path / "ycb" / "065-a_cups" / "tsdf" / "nontextured.ply")
    box(tmp_path / "ycb" / "035_power_drill" / "textured_simple.obj")
    library = AssetLibrary([str(tmp_path / "ycb")])
    assert library.ids() == ("user:002_master_chef_can", "user:035_power_drill", "user:065-a_cups")
    assert [c for c, _ in library.categories()] == ["cups", "master-chef-can", "power-drill"]
    assert extents(library.load("user:002_master_chef_can")) == pytest.approx([0.06] * 3, rel=1e-5)  # textured, and tsdf before poisson
    box(can / "google_16k" / "textured.obj", (0.07,) * 3)
    assert extents(AssetLibrary([str(tmp_path / "ycb")]).load("user:002_master_chef_can")) == pytest.approx([0.07] * 3, rel=1e-5)


def test_a_single_ycb_object_may_be_named_by_folder_or_file(tmp_path):
    can = tmp_path / "002_master_chef_can"
    box(can / "google_16k" / "textured.obj")
    for source in (can, can / "google_16k", can / "google_16k" / "textured.obj", tmp_path / "00*"):
        library = AssetLibrary([str(source)])
        assert library.ids() == ("user:002_master_chef_can",)
        assert library.categories() == (("master-chef-can", "object"),)


# --- Google Scanned Objects ---------------------------------------------------------------------------------

SQUARE = """mtllib model.mtl
v 0 0 0
v 0.1 0 0
v 0 0.1 0
v 0 0 0.1
vt 0 0
vt 1 0
vt 0 1
usemtl material_0
f 1/1 3/3 2/2
f 1/1 2/2 4/3
f 1/1 4/2 3/3
f 2/1 3/2 4/3
"""


def scan(folder):
    (folder / "meshes").mkdir(parents=True)
    (folder / "meshes" / "model.obj").write_text(SQUARE)
    (folder / "meshes" / "model.mtl").write_text("newmtl material_0\nmap_Kd texture.png\n")
    picture(folder / "materials" / "textures" / "texture.png")
    (folder / "model.config").write_text("<model><name>thing</name></model>")
    (folder / "model.sdf").write_text("<sdf/>")
    return folder


def test_google_scanned_objects_find_their_textures_and_categories(tmp_path):
    mug = scan(tmp_path / "gso" / "ACE_Coffee_Mug_Kristen")
    shoe = scan(tmp_path / "gso" / "Reebok_ALLYLYNN")
    (shoe / "metadata.pbtxt").write_text('name: "Reebok"\ncategories {\n  first: "Athletic Shoe"\n}\n')
    library = AssetLibrary([str(tmp_path / "gso")])
    assert library.ids() == ("user:ACE_Coffee_Mug_Kristen", "user:Reebok_ALLYLYNN")
    assert library.categories() == (("ace-coffee-mug-kristen", "object"), ("athletic-shoe", "object"))
    (part,) = library.load("user:Reebok_ALLYLYNN").parts
    assert (part.look.images["base_color"] == (200, 40, 40)).all()
    assert {"Reebok_ALLYLYNN/materials/textures/texture.png", "Reebok_ALLYLYNN/metadata.pbtxt"} <= set(library.fingerprint())
    for source in (mug, mug / "meshes" / "model.obj"):
        library = AssetLibrary([str(source)])
        assert library.ids() == ("user:ACE_Coffee_Mug_Kristen",)
        assert library.load(library.ids()[0]).parts[0].look.images


def test_a_layout_that_is_asked_for_passes_over_the_rest(tmp_path):
    scan(tmp_path / "Thing")
    box(tmp_path / "002_can" / "tsdf" / "nontextured.stl")
    box(tmp_path / "loose.stl")
    ids = {layout: AssetLibrary([AssetSource(path=str(tmp_path), layout=layout)]).ids() for layout in ("auto", "ycb", "gso", "plain")}
    assert ids == {
        "auto": ("user:002_can", "user:Thing", "user:loose.stl"),
        "ycb": ("user:002_can",),
        "gso": ("user:Thing",),
        "plain": ("user:002_can/tsdf/nontextured.stl", "user:Thing/meshes/model.obj", "user:loose.stl"),
    }
    with pytest.raises(AssetError, match="holds no mesh files of the layout bop"):
        AssetLibrary([AssetSource(path=str(tmp_path), layout="bop")])
