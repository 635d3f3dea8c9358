import math

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.urdf import read_urdf
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec


def write(folder, body, name="thing.urdf"):
    path = folder / name
    path.write_text(f'<?xml version="1.0"?><robot name="thing">{body}</robot>')
    return path


def load(path):
    library = AssetLibrary([str(path)])
    return library.load(library.ids()[0])


def box(size, xyz="0 0 0", rpy="0 0 0", tag="visual", more=""):
    return f'<{tag}><origin xyz="{xyz}" rpy="{rpy}"/><geometry><box size="{size}"/></geometry>{more}</{tag}>'


def test_links_of_fixed_joints_are_merged_where_they_are(tmp_path):
    link = '<link name="{}">{}</link>'
    joint = '<joint name="{}" type="fixed"><parent link="{}"/><child link="{}"/><origin xyz="{}" rpy="{}"/></joint>'
    parts = [box("0.2 0.1 0.1"), box("0.1 0.1 0.1"), box("0.1 0.1 0.1", xyz="0.1 0 0")]
    body = "".join(link.format(n, p + p.replace("visual", "collision")) for n, p in zip("abc", parts, strict=True))
    body += joint.format("ab", "a", "b", "0.3 0 0", f"0 0 {math.pi / 2}") + joint.format("bc", "b", "c", "0.1 0 0", "0 0 0")
    asset = load(write(tmp_path, body))
    assert asset.volume_m3 == pytest.approx(0.004)
    # c is turned with b: it is 0.2 m along b's x axis, the root's y axis.
    middles = sorted(tuple(h.mean(axis=0).round(6).tolist()) for h in asset.hulls)
    center = np.array([(0.002 * 0 + 0.001 * 0.3 + 0.001 * 0.3) / 0.004, (0.001 * 0.2) / 0.004, 0])
    expected = sorted(tuple(p.round(6).tolist()) for p in np.array([[0, 0, 0], [0.3, 0, 0], [0.3, 0.2, 0]]) - center)
    assert np.array(middles) == pytest.approx(np.array(expected), abs=2e-6)


@given(rpy=st.tuples(*[st.floats(-3.1, 3.1)] * 3), xyz=st.tuples(*[st.floats(-1, 1)] * 3))
def test_origins_turn_about_fixed_axes(tmp_path_factory, rpy, xyz):
    path = write(tmp_path_factory.mktemp("u"), '<link name="a">' + box("1 2 3", " ".join(map(str, xyz)), " ".join(map(str, rpy))) + "</link>")
    seen, _ = read_urdf(path)
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-1, 1) for z in (-1.5, 1.5)])
    assert seen[0].positions == pytest.approx(Rotation.from_euler("xyz", rpy).apply(corners) + xyz, abs=1e-9)


def test_meshes_scale_mirror_and_colours(tmp_path):
    mesh = trimesh.creation.cone(0.1, 0.3)
    mesh.export(tmp_path / "cone.stl")
    body = """
      <material name="blue"><color rgba="0 0 1 1"/></material>
      <link name="a"><visual><geometry><mesh filename="cone.stl" scale="1 1 -2"/></geometry><material name="blue"/></visual></link>"""
    path = write(tmp_path, body)
    library = AssetLibrary([str(tmp_path)])
    assert library.ids() == ("user:thing.urdf",)  # the mesh is a part of it
    assert set(library.fingerprint()) == {"thing.urdf", "cone.stl"}
    asset = load(path)
    assert asset.volume_m3 == pytest.approx(2 * mesh.volume, rel=1e-6)
    assert asset.parts[0].look.material.base_color == (0, 0, 1)
    assert asset.parts[0].positions[:, 2].min() == pytest.approx(-0.75 * 0.6, abs=1e-5)  # its tip points down


def test_colours_may_be_see_through(tmp_path):
    body = box("0.1 0.1 0.1").replace("</visual>", '<material name="a"><color rgba="0 1 0 0.25"/></material></visual>')
    (part,) = load(write(tmp_path, f'<link name="a">{body}</link>')).parts
    assert part.look.material == MaterialSpec(base_color=(0, 1, 0), opacity=0.25, alpha="blend")


def test_what_is_touched_may_differ_from_what_is_seen(tmp_path):
    body = f'<link name="a">{box("0.1 0.1 0.1")}{box("0.2 0.1 0.1", tag="collision")}</link>'
    asset = load(write(tmp_path, body))
    assert np.ptp(asset.bounds_m, axis=0) == pytest.approx((0.1, 0.1, 0.1))
    assert ConvexHull(asset.hulls[0]).volume == pytest.approx(0.002)


def test_packages_are_found_in_the_folders_above(tmp_path, monkeypatch):
    (tmp_path / "robots" / "urdf").mkdir(parents=True)
    (tmp_path / "robots" / "meshes").mkdir()
    trimesh.creation.box((1, 1, 1)).export(tmp_path / "robots" / "meshes" / "b.stl")
    (tmp_path / "robots" / "package.xml").write_text("<package/>")
    body = '<link name="a"><visual><geometry><mesh filename="package://robots/meshes/b.stl"/></geometry></visual></link>'
    path = write(tmp_path / "robots" / "urdf", body)
    assert load(path).volume_m3 == pytest.approx(1)
    monkeypatch.chdir(tmp_path / "robots" / "urdf")
    assert load("thing.urdf").volume_m3 == pytest.approx(1)
    assert set(AssetLibrary(["thing.urdf"]).fingerprint()) == {"urdf/thing.urdf", "meshes/b.stl"}
    (tmp_path / "robots" / "package.xml").unlink()
    with pytest.raises(AssetError, match=r"names .*b\.stl, which is outside of"):
        load("thing.urdf")


LINK = f'<link name="a">{box("1 1 1")}</link>'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "must have one root link, has 0"),
        ('<link name="a"/>', "no link has a <visual> or <collision>"),
        (LINK + '<link name="b"/>', "must have one root link, has 2"),
        (
            LINK + '<link name="b"/><joint name="j" type="revolute"><parent link="a"/><child link="b"/></joint>',
            'joint "j" is revolute; only rigid things',
        ),
        (LINK + '<joint name="j" type="fixed"><parent link="a"/><child link="c"/></joint>', "not both links"),
        ('<link name="a"><visual/></link>', "a <visual> has no geometry"),
        (f'<link name="a">{box("1 1")}</link>', 'expected 3 numbers, got "1 1"'),
        (f'<link name="a">{box("1 1 -1")}</link>', "size must be positive"),
        (f'<link name="a">{box("1 1 1", rpy="0 nan 0")}</link>', "expected 3 numbers"),
        ('<link name="a"><visual><geometry><capsule radius="1"/></geometry></visual></link>', "cannot use the geometry <capsule>"),
        ('<link name="a"><visual><geometry><mesh filename="gone.obj"/></geometry></visual></link>', r"gone\.obj: there is no such file"),
    ],
)
def test_broken_urdfs(tmp_path, body, message):
    with pytest.raises(AssetError, match=message):
        load(write(tmp_path, body))


def test_other_xml_is_no_urdf(tmp_path):
    (tmp_path / "x.urdf").write_text("<sdf/>")
    with pytest.raises(AssetError, match="its root is <sdf>"):
        load(tmp_path / "x.urdf")
