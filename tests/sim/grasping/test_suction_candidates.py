import dataclasses
import math

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.grasping.asset_grasps import Search
from diorama.sim.grasping.suction import suction_candidates
from diorama.sim.seeds import Seed
from diorama.sim.spec import BoxShape, CylinderShape, SphereShape
from diorama.sim.spec.grasps import GRIPPERS, SuctionGripper

CUP = GRIPPERS["cup-40"]
PLATE = (0.2, 0.3, 0.02)


@pytest.fixture(scope="module")
def plate():
    return suction_candidates(primitive_asset(BoxShape(size_m=PLATE)), CUP, Seed(0), Search(mass_kg=0.5))


def test_a_plate_is_best_held_in_its_middle_by_the_closed_form(plate):
    d = np.linalg.norm(plate.contacts_m[:, 0, :2], axis=1)
    force = CUP.vacuum_pa * math.pi * CUP.cup_radius_m**2
    assert plate.quality == pytest.approx(1 - 0.5 * 9.81 * (d + CUP.cup_radius_m) / (force * CUP.cup_radius_m), abs=1e-6)
    assert d[0] == d.min()
    assert len(plate) == 64


def test_cups_stay_off_edges_and_narrow_sides(plate):
    x, y, z = plate.contacts_m[:, 0].T
    assert np.abs(z) == pytest.approx(np.full(64, 0.01), abs=1e-8)
    assert np.abs(x).max() <= PLATE[0] / 2 - CUP.cup_radius_m + 1e-6
    assert np.abs(y).max() <= PLATE[1] / 2 - CUP.cup_radius_m + 1e-6
    assert np.abs(y).max() > PLATE[1] / 2 - 2 * CUP.cup_radius_m


def test_the_cup_comes_along_the_normal(plate):
    outward = np.sign(plate.contacts_m[:, 0, 2])
    assert plate.body_from_gripper[:, 2, 2] == pytest.approx(-outward, abs=1e-9)
    assert plate.body_from_gripper[:, :3, 3] == pytest.approx(plate.contacts_m[:, 0])
    assert plate.width_m.tolist() == [0.0] * len(plate)


def test_weight_decides():
    asset = primitive_asset(BoxShape(size_m=PLATE))
    force = CUP.vacuum_pa * math.pi * CUP.cup_radius_m**2
    heaviest = force / 9.81
    near = suction_candidates(asset, CUP, Seed(0), Search(mass_kg=heaviest * 0.5))
    # F r = G (d + r) at half of what the vacuum holds: d = r.
    assert np.linalg.norm(near.contacts_m[:, 0, :2], axis=1).max() < CUP.cup_radius_m
    none = suction_candidates(asset, CUP, Seed(0), Search(mass_kg=heaviest))
    assert len(none) == 0
    assert "its weight of 75.4 N is too much for a vacuum that holds 75.4 N" in none.reason


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_a_sphere_seals_as_far_as_the_cup_bends(factor):
    """A rim of radius r on a sphere of radius R lies R - sqrt(R^2 - r^2) below its top."""
    r, bend = CUP.cup_radius_m, CUP.bend_m
    radius = factor * (r * r + bend * bend) / (2 * bend)
    grasps = suction_candidates(primitive_asset(SphereShape(radius_m=radius, segments=64)), CUP, Seed(0))
    assert (len(grasps) > 0) == (factor > 1)
    if factor < 1:
        assert "nowhere flat enough" in grasps.reason


@pytest.mark.parametrize("radius", [0.005, 0.0199, 0.02])
def test_a_small_sphere_is_not_held(radius):
    soft = dataclasses.replace(CUP, bend_m=0.018)
    assert len(suction_candidates(primitive_asset(SphereShape(radius_m=radius, segments=24)), soft, Seed(0))) == 0


def test_a_stiff_cup_holds_flat_things_alone():
    stiff = SuctionGripper(cup_radius_m=0.01, bend_m=0.0)
    box = suction_candidates(primitive_asset(BoxShape(size_m=(0.05, 0.05, 0.05))), stiff, Seed(0))
    assert len(box) > 20
    assert box.quality.max() > 0.9
    can = suction_candidates(primitive_asset(CylinderShape(radius_m=0.04, height_m=0.1, segments=64)), stiff, Seed(0))
    assert np.abs(can.contacts_m[:, 0, 2]) == pytest.approx(np.full(len(can), 0.05), abs=1e-7)


def test_a_cup_does_not_fit_between_walls():
    """The bottom of a bowl from the inside: flat enough, but for a rod as wide as the bowl."""
    bowl = AssetLibrary().load("household:bowl/0")
    thin = suction_candidates(bowl, GRIPPERS["cup-20"], Seed(0))
    thick = suction_candidates(bowl, dataclasses.replace(GRIPPERS["cup-20"], rod_radius_m=0.1), Seed(0))
    from_above = thin.body_from_gripper[:, 2, 2] < -0.9
    assert from_above.any()
    assert not (thick.body_from_gripper[:, 2, 2] < -0.9).any()


def test_the_same_again_and_fewer_are_the_first_of_more():
    asset = AssetLibrary().load("household:carton/0")
    many, again, few = (suction_candidates(asset, CUP, Seed(7), Search(count=n)) for n in (20, 20, 6))
    assert len(many) == 20
    for field in ("body_from_gripper", "quality", "contacts_m"):
        assert getattr(many, field).tobytes() == getattr(again, field).tobytes()
        assert getattr(many, field)[:6].tobytes() == getattr(few, field).tobytes()
    other = suction_candidates(asset, CUP, Seed(8), Search(count=20))
    assert other.contacts_m.tobytes() != many.contacts_m.tobytes()
