import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.errors import AssetError
from diorama.sim.grasping.asset_grasps import Search
from diorama.sim.grasping.jaws import jaw_candidates
from diorama.sim.grasping.solid import Solid
from diorama.sim.seeds import Seed
from diorama.sim.spec import BoxShape, CylinderShape, PrismShape, SphereShape
from diorama.sim.spec.grasps import GRIPPERS

FRANKA = GRIPPERS["franka-hand"]
BOX = (0.04, 0.05, 0.06)


def moved(asset, rotation, scale=1.0):
    """An asset turned, or larger."""
    parts = tuple(dataclasses.replace(p, positions=(p.positions.astype(float) @ rotation.T * scale).astype(np.float32)) for p in asset.parts)
    return dataclasses.replace(asset, parts=parts, volume_m3=asset.volume_m3 * scale**3)


def scaled(gripper, s):
    lengths = ("opening_m", "finger_length_m", "finger_width_m", "finger_thickness_m", "tip_m")
    return dataclasses.replace(gripper, palm_size_m=tuple(s * v for v in gripper.palm_size_m), **{n: s * getattr(gripper, n) for n in lengths})


@pytest.fixture(scope="module")
def box():
    return jaw_candidates(primitive_asset(BoxShape(size_m=BOX)), FRANKA, Seed(0), Search(mass_kg=0.5))


def test_a_box_is_held_by_opposite_sides(box):
    """Lines straight through are as wide as that side; those that lean by an angle a are wider by 1 / cos a, within the cone."""
    assert len(box) == 64
    closing = np.abs(box.body_from_gripper[:, :3, 0])
    side = closing.argmax(axis=1)
    cosine = closing.max(axis=1)
    assert box.width_m == pytest.approx(np.array(BOX)[side] / cosine, abs=1e-8)
    assert (np.sqrt(1 - cosine**2) / cosine).max() < Search().friction + 1e-6
    assert set(side.tolist()) == {0, 1, 2}


def test_quality_of_a_box_is_the_closed_form(box):
    closing = box.body_from_gripper[:, :3, 0]
    cosine = np.abs(closing).max(axis=1)
    margin = 1 - np.sqrt(1 - cosine**2) / cosine / Search().friction
    lever = np.linalg.norm(np.cross(box.contacts_m.mean(axis=1), closing), axis=1)
    weight, most = 0.5 * 9.81, 2 * Search().friction * FRANKA.force_n
    # Pads of 18 mm by 18 mm, as discs: their moment arm is two thirds of 9 mm.
    load = np.sqrt((weight / most) ** 2 + (weight * lever / (most * 0.006)) ** 2)
    assert box.quality == pytest.approx(margin * (1 - load), abs=1e-6)
    assert load.max() > 0.1


def test_frames_are_rigid_and_contacts_lie_along_x_within_the_pads(box):
    poses = box.body_from_gripper
    assert np.einsum("nij,nik->njk", poses[:, :3, :3], poses[:, :3, :3]) == pytest.approx(np.tile(np.eye(3), (64, 1, 1)), abs=1e-8)
    assert np.linalg.det(poses[:, :3, :3]) == pytest.approx(np.ones(64))
    local = np.einsum("nji,nkj->nki", poses[:, :3, :3], box.contacts_m - poses[:, None, :3, 3])
    assert local[:, 0, 0] == pytest.approx(-box.width_m / 2, abs=1e-8)
    assert local[:, 1, 0] == pytest.approx(box.width_m / 2, abs=1e-8)
    assert local[..., 1] == pytest.approx(np.zeros((64, 2)), abs=1e-8)
    assert set(np.round(local[..., 2].ravel(), 6).tolist()) == {0.0, round(0.6 * FRANKA.tip_m, 6)}


def test_nothing_of_the_gripper_is_in_the_box(box):
    """Checked by the corners of the box's surface in the gripper's boxes, open and on its way in, as dense points."""
    points, _ = Solid.of(primitive_asset(BoxShape(size_m=BOX))).points(4000, Seed(1).rng())
    for pose, opening in zip(box.body_from_gripper, box.opening_m, strict=True):
        local = (points - pose[:3, 3]) @ pose[:3, :3]
        for back in (0.0, 0.03, 0.06, 0.1):
            for middle, size in FRANKA.boxes(opening):
                assert not (np.abs(local - np.array(middle) + (0, 0, back)) < np.array(size) / 2 - 1e-9).all(axis=1).any()


def test_a_sphere_is_held_across_its_centre():
    radius = 0.03
    grasps = jaw_candidates(primitive_asset(SphereShape(radius_m=radius, segments=96)), FRANKA, Seed(0))
    assert len(grasps) == 64
    best = grasps.quality > 0.9 * grasps.quality.max()
    assert best.sum() >= 16
    assert grasps.width_m[best] == pytest.approx(np.full(best.sum(), 2 * radius), rel=0.01)
    lever = np.linalg.norm(np.cross(grasps.contacts_m.mean(axis=1), grasps.body_from_gripper[:, :3, 0]), axis=1)
    # A chord at the angle a to both normals passes the centre at r sin a.
    tangent = (lever / radius) / np.sqrt(1 - (lever / radius) ** 2)
    expected = 1 - tangent / Search().friction
    assert grasps.quality == pytest.approx(expected, abs=0.12)  # facets lean by up to two degrees
    assert grasps.quality[0] == grasps.quality.max()


def test_a_cylinder_is_held_across_or_by_its_ends():
    radius, height = 0.02, 0.06
    grasps = jaw_candidates(primitive_asset(CylinderShape(radius_m=radius, height_m=height, segments=96)), FRANKA, Seed(0))
    straight = grasps.quality > 0.5
    up = np.abs(grasps.body_from_gripper[straight, 2, 0])
    assert ((up < 0.3) | (up > 0.95)).all()
    assert (up < 0.3).any()
    assert (up > 0.95).any()
    assert grasps.width_m[straight][up < 0.3] == pytest.approx(2 * radius, rel=0.06)
    assert grasps.width_m[straight][up > 0.95] == pytest.approx(height, rel=0.06)


def test_what_is_wider_than_the_opening_is_not_held():
    grasps = jaw_candidates(primitive_asset(BoxShape(size_m=(0.081, 0.081, 0.081))), FRANKA, Seed(0))
    assert len(grasps) == 0
    assert "no two points at most 0.078 m apart" in grasps.reason
    assert len(jaw_candidates(primitive_asset(BoxShape(size_m=(0.081, 0.081, 0.077))), FRANKA, Seed(0))) > 0


def test_a_slab_too_large_to_reach_around():
    """Thin enough for the jaws, but the fingers are shorter than from any edge to where they would close, less what they can hold at the edge."""
    short = dataclasses.replace(FRANKA, finger_length_m=0.018, palm_size_m=(0.2, 0.5, 0.05))
    grasps = jaw_candidates(primitive_asset(CylinderShape(radius_m=0.3, height_m=0.05, segments=64)), short, Seed(0))
    assert all(np.linalg.norm(p[:3, 3]) > 0.27 for p in grasps.body_from_gripper)


def test_skew_sides_need_friction():
    """Sides that lean by 60 degrees to each other are held from a friction of tan 30 degrees on; the two ends are parallel, and too far apart."""
    corners = [(0.03 * round(math.cos(math.radians(a)), 12), 0.03 * round(math.sin(math.radians(a)), 12)) for a in (90, 210, 330)]
    prism = primitive_asset(PrismShape(outline_m=tuple(corners), height_m=0.2))
    assert len(jaw_candidates(prism, FRANKA, Seed(0), Search(friction=0.0))) == 0
    assert len(jaw_candidates(prism, FRANKA, Seed(0), Search(friction=0.57))) == 0
    held = jaw_candidates(prism, FRANKA, Seed(0), Search(friction=1.5, sink_m=0.02))
    assert len(held) > 0
    assert held.quality.max() < 1 - math.tan(math.radians(30)) / 1.5 + 1e-9


def test_without_friction_parallel_sides_are_left_with_quality_0():
    grasps = jaw_candidates(primitive_asset(BoxShape(size_m=BOX)), FRANKA, Seed(0), Search(friction=0.0))
    assert len(grasps) > 0
    assert grasps.quality.tolist() == [0.0] * len(grasps)
    assert np.abs(grasps.body_from_gripper[:, :3, 0]).max(axis=1) == pytest.approx(1.0, abs=1e-9)


TURNS = [np.array(m) for m in ([[0, -1, 0], [1, 0, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, -1, 0], [0, 0, -1]])]


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", ["pybullet:duck", "household:banana/0"])
def test_grasps_turn_with_the_thing(turn, name):
    asset = AssetLibrary().load(name)
    here, there = (jaw_candidates(a, FRANKA, Seed(5), Search(count=16)) for a in (asset, moved(asset, turn)))
    assert len(here) == 16
    assert there.quality == pytest.approx(here.quality, abs=1e-7)
    assert there.width_m == pytest.approx(here.width_m, abs=1e-8)
    assert there.body_from_gripper[:, :3] == pytest.approx(np.einsum("ij,njk->nik", turn, here.body_from_gripper[:, :3]), abs=1e-8)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_grasps_grow_with_thing_and_gripper(scale):
    asset = primitive_asset(CylinderShape(radius_m=0.02, height_m=0.06, segments=24))
    search = Search(count=16, mass_kg=0.1)
    larger = dataclasses.replace(search, **{n: scale * getattr(search, n) for n in ("approach_m", "clearance_m", "sink_m")})
    here = jaw_candidates(asset, FRANKA, Seed(5), search)
    there = jaw_candidates(moved(asset, np.eye(3), scale), scaled(FRANKA, scale), Seed(5), larger)
    assert there.quality == pytest.approx(here.quality, abs=1e-9)
    assert there.width_m == pytest.approx(scale * here.width_m, abs=1e-9)
    assert there.body_from_gripper[:, :3, 3] == pytest.approx(scale * here.body_from_gripper[:, :3, 3], abs=1e-9)


@given(seed=st.integers(-(2**40), 2**40), name=st.sampled_from(["household:mug/0", "household:hammer/3", "pybullet:teddy", "household:bowl/1"]))
@settings(max_examples=6, deadline=None)
def test_any_seed_gives_grasps_of_which_fewer_are_the_first_of_more(seed, name):
    asset = AssetLibrary().load(name)
    many = jaw_candidates(asset, FRANKA, Seed(seed), Search(count=24))
    again = jaw_candidates(asset, FRANKA, Seed(seed), Search(count=24))
    few = jaw_candidates(asset, FRANKA, Seed(seed), Search(count=5))
    assert len(many) > 5
    assert (many.quality > 0).all()
    assert (many.quality <= 1).all()
    assert many.opening_m == pytest.approx(np.minimum(many.width_m + 0.03, FRANKA.opening_m), abs=1e-9)
    assert (many.opening_m >= many.width_m + 0.002 - 1e-9).all()
    for field in ("body_from_gripper", "width_m", "opening_m", "quality", "contacts_m"):
        assert getattr(many, field).tobytes() == getattr(again, field).tobytes()
        assert getattr(many, field)[:5].tobytes() == getattr(few, field).tobytes()


def test_grasps_cover_the_thing():
    """A long bar is not held in its middle alone, and from all sides."""
    bar = jaw_candidates(primitive_asset(BoxShape(size_m=(0.3, 0.03, 0.03))), FRANKA, Seed(0), Search(count=48))
    along = np.sort(bar.body_from_gripper[:, 0, 3])
    assert along[0] < -0.1
    assert along[-1] > 0.1
    assert np.diff(along).max() < 0.05
    approach = bar.body_from_gripper[:, :3, 2]
    for side in ((0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)):
        assert (approach @ side > 0.9).sum() >= 3


@pytest.mark.parametrize(
    ("field", "value"), [("count", 0), ("points", 10**9), ("friction", -0.1), ("approach_m", math.nan), ("mass_kg", 0.0), ("sink_m", -1.0)]
)
def test_searches_that_make_no_sense_are_refused(field, value):
    with pytest.raises(ValueError, match=rf"Search: {field} must be"):
        Search(**{field: value})


def test_an_asset_without_volume_is_refused():
    flat = dataclasses.replace(primitive_asset(BoxShape(size_m=BOX)), id="user:sheet", volume_m3=0.0)
    with pytest.raises(AssetError, match="user:sheet: has no volume"):
        jaw_candidates(flat, FRANKA, Seed(0))
