"""MJCF: where MuJoCo puts things, what is seen and what is touched, and what is refused."""

import math

import cv2
import numpy as np
import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diorama.sim.assets import geometry
from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mjcf import read_mjcf
from diorama.sim.assets.primitives import capsule
from diorama.sim.errors import AssetError

WEDGE = "v 0 0 0\nv .3 0 0\nv 0 .2 0\nv 0 0 .1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


def write(folder, body, name="thing.xml"):
    path = folder / name
    path.write_text(f"<mujoco>{body}</mujoco>")
    return path


def world(*geoms, body=""):
    return f"<worldbody><body {body}>{''.join(geoms)}</body></worldbody>"


def geom(**attributes):
    return "<geom " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + "/>"


def load(path):
    library = AssetLibrary([str(path)])
    (asset_id,) = library.ids()
    return library.load(asset_id)


def bounds(surfaces):
    positions = np.concatenate([s.positions for s in surfaces])
    return np.stack([positions.min(axis=0), positions.max(axis=0)])


# --- places -----------------------------------------------------------------------------------------------

#: The boxes are those that MuJoCo 4.0 says the three geoms fill.
TURNED = """
  <compiler angle="radian" eulerseq="xZy"/>
  <asset><mesh name="wedge" file="wedge.obj" refpos="0.1 0 -0.05" refquat="1 0.5 0 0.2" scale="1 2 -0.5"/></asset>
  <worldbody>
    <geom type="plane" size="1 1 1"/>
    <body pos="0.1 0.2 0.3" euler="0.4 -0.8 1.2">
      <freejoint/>
      {}
      <body pos="0 0 0.5" axisangle="1 2 3 0.7">{}<frame pos="0.3 0 0" quat="1 0 1 0">{}</frame></body>
    </body>
  </worldbody>"""
GEOMS = [
    geom(type="box", size="0.1 0.2 0.05", xyaxes="1 1 0 0 1 1"),
    geom(type="mesh", mesh="wedge", pos="0.05 0 0", zaxis="1 0 -1"),
    geom(type="box", size="0.03", fromto="0 0 0 0.1 0.2 0.3"),
]
FILLED = [
    [[-0.096122, 0.041992, 0.084054], [0.296122, 0.358008, 0.515946]],
    [[0.210273, -0.174304, 0.496372], [0.601626, 0.02564, 0.702662]],
    [[0.519576, -0.03489, 0.257987], [0.796036, 0.324324, 0.348394]],
]


@pytest.mark.parametrize("which", range(3))
def test_geoms_are_where_mujoco_has_them(tmp_path, which):
    (tmp_path / "wedge.obj").write_text(WEDGE)
    seen, touched = read_mjcf(write(tmp_path, TURNED.format(*(g if k == which else "" for k, g in enumerate(GEOMS)))))
    assert bounds(seen) == pytest.approx(np.array(FILLED[which]), abs=2e-6)
    assert bounds(touched) == pytest.approx(np.array(FILLED[which]), abs=2e-6)
    for s in touched:
        assert geometry.signed_volume_and_center(s.positions, s.faces)[0] > 0  # mirrored by a scale, and still facing outwards


@pytest.mark.parametrize(
    ("attributes", "volume", "extent"),
    [
        ({"type": "box", "size": "0.1 0.2 0.3"}, 8 * 0.1 * 0.2 * 0.3, (0.2, 0.4, 0.6)),
        ({"type": "sphere", "size": "0.1"}, 4 / 3 * math.pi * 0.1**3, (0.2, 0.2, 0.2)),
        ({"size": "0.1"}, 4 / 3 * math.pi * 0.1**3, (0.2, 0.2, 0.2)),
        ({"type": "ellipsoid", "size": "0.1 0.2 0.3"}, 4 / 3 * math.pi * 0.1 * 0.2 * 0.3, (0.2, 0.4, 0.6)),
        ({"type": "cylinder", "size": "0.1 0.3"}, math.pi * 0.1**2 * 0.6, (0.2, 0.2, 0.6)),
        ({"type": "capsule", "size": "0.1 0.3"}, math.pi * 0.1**2 * 0.6 + 4 / 3 * math.pi * 0.1**3, (0.2, 0.2, 0.8)),
        ({"type": "capsule", "size": "0.1", "fromto": "0 0 0 0 0 -0.6"}, math.pi * 0.1**2 * 0.6 + 4 / 3 * math.pi * 0.1**3, (0.2, 0.2, 0.8)),
        ({"type": "cylinder", "size": "0.1", "fromto": "1 0 0 1 0.6 0"}, math.pi * 0.1**2 * 0.6, (0.2, 0.6, 0.2)),
    ],
)
def test_shapes_have_the_sizes_of_the_format(tmp_path, attributes, volume, extent):
    asset = load(write(tmp_path, world(geom(**attributes))))
    assert asset.volume_m3 == pytest.approx(volume, rel=0.02)
    assert np.ptp(np.array(asset.bounds_m), axis=0) == pytest.approx(extent, rel=0.01)


def test_a_capsule_is_closed_and_as_long_as_it_says():
    positions, faces = capsule(0.1, 0.5, 32)
    assert geometry.is_closed(geometry.weld(positions, 1e-9)[faces])
    assert np.ptp(positions, axis=0) == pytest.approx([0.2, 0.2, 0.7])
    assert geometry.signed_volume_and_center(positions, faces)[0] == pytest.approx(math.pi * 0.1**2 * (0.5 + 4 / 3 * 0.1), rel=0.01)
    assert geometry.overhang_m(positions, faces) < 1e-9


# --- what is seen and what is touched ---------------------------------------------------------------------


def test_welded_bodies_are_one_asset_of_convex_pieces(tmp_path):
    inner = f'<body pos="0 0 0.3">{geom(type="box", size="0.05 0.05 0.2")}</body>'
    asset = load(write(tmp_path, world(geom(type="box", size="0.2 0.2 0.1"), inner, body='name="post"')))
    assert len(asset.hulls) == 2
    assert asset.volume_m3 == pytest.approx(0.4 * 0.4 * 0.2 + 0.1 * 0.1 * 0.4)
    assert np.ptp(np.array(asset.bounds_m), axis=0) == pytest.approx([0.4, 0.4, 0.6], rel=1e-6)


def test_what_nothing_collides_with_is_what_is_seen(tmp_path):
    (tmp_path / "wedge.obj").write_text(WEDGE)
    body = """<default><default class="visual"><geom contype="0" conaffinity="0" group="2" type="mesh" rgba="1 0 0 1"/></default></default>
      <asset><mesh file="wedge.obj"/></asset>""" + world('<geom class="visual" mesh="wedge"/>', geom(type="box", size="0.2 0.2 0.2", group="3"))
    seen, touched = read_mjcf(write(tmp_path, body))
    assert [len(s.faces) for s in seen] == [4]
    assert [len(s.faces) for s in touched] == [12]
    assert seen[0].look.material.base_color == (1, 0, 0)


def test_groups_from_three_on_and_transparent_geoms_are_not_seen(tmp_path):
    geoms = geom(type="box", size="1 1 1"), geom(type="sphere", size="2", group="4"), geom(type="box", size="3 3 3", rgba="1 1 1 0")
    seen, touched = read_mjcf(write(tmp_path, world(*geoms)))
    assert bounds(seen).tolist() == [[-1] * 3, [1] * 3]
    assert len(touched) == 3
    seen, _ = read_mjcf(write(tmp_path, world(geoms[1])))
    assert len(seen) == 1  # better than nothing


def test_the_world_itself_counts_where_there_is_no_body(tmp_path):
    body = f"<worldbody>{geom(type='box', size='1 1 1')}{geom(type='plane', size='5 5 1')}</worldbody>"
    seen, _ = read_mjcf(write(tmp_path, body))
    assert len(seen) == 1
    seen, _ = read_mjcf(write(tmp_path, body + world(geom(type="sphere", size="0.5"))))
    assert np.ptp(bounds(seen), axis=0) == pytest.approx([1, 1, 1], rel=0.01)


def test_classes_inherit_and_the_nearest_counts(tmp_path):
    body = f"""<default>
        <geom type="box" size="0.1 0.1 0.1" rgba="1 0 0 1"/>
        <default class="green"><geom rgba="0 1 0 1"/><default class="long"><geom size="0.1 0.1 0.4"/></default></default>
      </default>
      <worldbody>
        <body childclass="green">
          <geom/><geom class="long"/><frame childclass="main">{geom(pos="1 0 0")}</frame><body pos="0 2 0"><geom/></body>
        </body>
      </worldbody>"""
    seen, _ = read_mjcf(write(tmp_path, body))
    assert [s.look.material.base_color for s in seen] == [(0, 1, 0), (0, 1, 0), (1, 0, 0), (0, 1, 0)]
    assert [np.ptp(s.positions[:, 2]) for s in seen] == pytest.approx([0.2, 0.8, 0.2, 0.2])


def test_materials_and_their_pictures(tmp_path):
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2] = 40, 120, 200
    (tmp_path / "art").mkdir()
    cv2.imwrite(str(tmp_path / "art" / "skin.png"), image[..., ::-1])
    (tmp_path / "art" / "m.obj").write_text(
        "v 0 0 0\nv .3 0 0\nv 0 .2 0\nv 0 0 .1\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 3/2 2/3\nf 1/1 2/2 4/3\nf 1/1 4/2 3/3\nf 2/1 3/2 4/3\n"
    )
    body = """<compiler assetdir="art"/><asset><texture name="t" type="2d" file="skin.png"/><mesh file="m.obj"/>
        <material name="printed" texture="t" roughness="0.2" metallic="1"/><material name="blue" rgba="0 0 0.5 0.25"/></asset>"""
    geoms = geom(type="mesh", mesh="m", material="printed"), geom(type="box", size="1 1 1", material="blue")
    own = geom(type="box", size="1 1 1", material="blue", rgba="0 1 0 1")
    seen, _ = read_mjcf(write(tmp_path, body + world(*geoms, own)))
    assert np.array_equal(seen[0].look.images["base_color"], image)
    assert (seen[0].look.material.roughness, seen[0].look.material.metallic, seen[0].look.material.base_color) == (0.2, 1.0, (1, 1, 1))
    assert (seen[1].look.material.base_color, seen[1].look.material.opacity) == (linear_rgb(0, 0, 0.5), 0.25)
    assert seen[2].look.material.base_color == (0, 1, 0)
    found = AssetLibrary([str(tmp_path)])
    assert found.ids() == ("user:thing.xml",)  # the mesh is a part of it
    assert set(found.fingerprint()) == {"thing.xml", "art/m.obj", "art/skin.png"}


def test_included_files_are_parts(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "wedge.obj").write_text(WEDGE)
    (tmp_path / "parts" / "body.xml").write_text('<mujocoinclude><body><geom type="mesh" mesh="wedge"/></body></mujocoinclude>')
    (tmp_path / "parts" / "assets.xml").write_text('<mujoco><asset><mesh file="wedge.obj"/></asset></mujoco>')
    write(tmp_path, '<include file="parts/assets.xml"/><worldbody><include file="parts/body.xml"/></worldbody>')
    library = AssetLibrary([str(tmp_path)])
    assert library.ids() == ("user:thing.xml",)
    assert library.load("user:thing.xml").volume_m3 == pytest.approx(0.3 * 0.2 * 0.1 / 6)
    assert set(library.fingerprint()) == {"thing.xml", "wedge.obj", "parts/body.xml", "parts/assets.xml"}


def test_xml_files_of_other_kinds_are_no_assets(tmp_path):
    (tmp_path / "package.xml").write_text("<package/>")
    trimesh.creation.box((1, 1, 1)).export(tmp_path / "box.stl")
    assert AssetLibrary([str(tmp_path)]).ids() == ("user:box.stl",)
    with pytest.raises(AssetError, match=r"package\.xml: is not an MJCF model, its root is <package>"):
        AssetLibrary([str(tmp_path / "package.xml")]).ids()


# --- errors -----------------------------------------------------------------------------------------------

BALL = geom(size="0.1")
BROKEN = [
    ("", "no body has a geom to see or to touch"),
    (world(geom(type="plane", size="1 1 1")), "no body has a geom"),
    (world(BALL, '<joint name="lid"/>'), 'joint "lid" is a hinge; only rigid things'),
    (world(BALL, '<joint name="lid" type="slide"/>'), 'joint "lid" is a slide'),
    (f"<worldbody><body>{BALL}<freejoint/></body><body>{BALL}<joint type='free'/></body></worldbody>", "has 2 bodies that move on their own"),
    (world('<geom class="gone" size="1"/>'), 'there is no default class "gone"'),
    (world(geom(type="mesh", mesh="gone")), 'there is no mesh "gone"'),
    (world(geom(type="mesh")), "cannot use a geom of type mesh"),
    (world(geom(type="cone", size="1")), "cannot use a geom of type cone"),
    ('<asset><mesh name="m" file="gone.stl"/></asset>' + world(geom(type="mesh", mesh="m")), r"gone\.stl: there is no such file"),
    ('<asset><mesh name="m" file="gone.msh"/></asset>' + world(geom(type="mesh", mesh="m")), r"gone\.msh: is not a mesh file"),
    ('<asset><mesh name="m" vertex="0 0 0 1 0 0 0 1 0 0 0 1"/></asset>' + world(geom(type="mesh", mesh="m")), 'the mesh "m" has no file'),
    ('<asset><mesh name="m" file="m.stl"/></asset>' + world(geom(type="box", mesh="m")), "of type box that is fitted to a mesh"),
    (world(geom(size="1", material="gone")), 'there is no material "gone"'),
    (world(geom(size="")), 'the size of a sphere has 1 positive numbers, got ""'),
    (world(geom(type="box", size="1 1 0")), "the size of a box has 3 positive numbers"),
    (world(geom(size="nan")), 'expected numbers, got "nan"'),
    (world(geom(size="1", pos="0 0")), 'expected 3 numbers, got "0 0"'),
    (world(geom(size="1", quat="0 0 0 0")), "a quaternion is zero"),
    (world(geom(size="1", zaxis="0 0 0")), "a direction is zero"),
    (world(geom(size="1", xyaxes="1 0 0 2 0 0")), "a direction is zero"),
    (world(geom(type="capsule", size="1", fromto="1 1 1 1 1 1")), "a capsule begins where it ends"),
    ('<compiler eulerseq="xyzz"/>' + world(geom(size="1", euler="1 2 3")), "eulerseq must be three letters"),
    (world("<composite/>"), "cannot use <composite>"),
    ('<include file="thing.xml"/>', "includes .* more than once"),
    ('<include file="gone.xml"/>', r"gone\.xml: cannot be read"),
    ("<worldbody>" + "<body>" * 100 + BALL + "</body>" * 100 + "</worldbody>", "more than 64 deep"),
    ("<default>" + "".join(f'<default class="c{k}">' for k in range(300)) + "</default>" * 301, "more than 200 default classes"),
]


@pytest.mark.parametrize(("body", "said"), BROKEN)
def test_broken_models_are_named_with_what_is_wrong(tmp_path, body, said):
    (tmp_path / "m.stl").write_bytes(b"")
    path = write(tmp_path, body)
    with pytest.raises(AssetError, match=said) as caught:
        AssetLibrary([str(path)]).ids()
    assert "\n" not in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_models_load_or_are_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "wedge.obj").write_text(WEDGE)
    path = write(folder, TURNED.format("", GEOMS[1], ""))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(content) - 1))
        content[where : where + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    path.write_bytes(content)
    refused = None
    try:
        asset = load(path)
    except AssetError as error:
        refused = str(error)
    if refused is not None:
        assert path.name in refused or "wedge.obj" in refused
    else:
        assert asset.volume_m3 > 0
        assert all(np.isfinite(p.positions).all() and np.isfinite(p.normals).all() for p in asset.parts)
