"""Suction against what statics says a vacuum bears."""

import math
from dataclasses import replace

import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.physics.bullet import Bullet
from diorama.sim.spec import (
    Attempt,
    BodySpec,
    BoxShape,
    CylinderShape,
    GraspTest,
    PhysicsSpec,
    Pose,
    SceneSpec,
    Shape,
    SphereShape,
    SuctionGripper,
    Verdict,
)
from diorama.sim.transforms import quat_from_axis_angle, quat_multiply

CUP = SuctionGripper(cup_radius_m=0.02, bend_m=0.003, vacuum_pa=60_000.0, friction=0.7)
#: What the vacuum holds with, 75 N.
FORCE_N = CUP.vacuum_pa * math.pi * CUP.cup_radius_m**2
DOWN = (0.0, 1.0, 0.0, 0.0)
G = 9.81
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(2, 2, 0.2)), world_from_body=Pose((0, 0, -0.1)))
PLATE = BoxShape(size_m=(0.2, 0.2, 0.02))


@pytest.fixture(scope="module")
def physics():
    with Bullet(AssetLibrary()) as physics:
        yield physics


def thing(shape: Shape = PLATE, at=(0.0, 0.0, 0.01), *, mass_kg=0.3, **fields) -> BodySpec:
    return BodySpec(name="thing", shape=shape, world_from_body=Pose(at), mass_kg=mass_kg, **fields)


def tried(physics, *bodies: BodySpec, x=0.0, y=0.0, z=0.02, rotation=DOWN, step_s=1 / 240, **fields) -> Verdict:
    attempt = Attempt(**{"gripper": CUP, "world_from_gripper": Pose((x, y, z), rotation)} | fields)
    return physics.grasp(SceneSpec(bodies=(FLOOR, *bodies), physics=PhysicsSpec(time_step_s=step_s)), attempt)


def test_a_plate_is_held_and_does_not_move_on_the_cup(physics):
    verdict = tried(physics, thing())
    assert (verdict.outcome, verdict.body, verdict.width_m) == ("held", "thing", 0.0)
    assert verdict.slip_m < 2e-4
    assert verdict.slip_rad < 2e-3
    assert verdict.contacts_m == ((0.0, 0.0, 0.0),)


@pytest.mark.parametrize("step_s", [1 / 240, 1 / 480])
def test_the_vacuum_bears_a_weight_and_its_inertia_up_to_its_force(physics, step_s):
    for shake_m_s2 in (4.0, 10.0):
        limit_kg = FORCE_N / (G + shake_m_s2)
        test = GraspTest(shake_m_s2=shake_m_s2)
        rough = replace(CUP, friction=3.0)
        outcomes = [tried(physics, thing(mass_kg=share * limit_kg), gripper=rough, test=test, step_s=step_s).outcome for share in (0.97, 1.03)]
        assert outcomes == ["held", "dropped"]


def test_half_the_vacuum_holds_half_the_mass(physics):
    weak = replace(CUP, vacuum_pa=CUP.vacuum_pa / 2)
    limit_kg = FORCE_N / (G + 4.0)
    test = GraspTest(shake_m_s2=4.0)
    for share, gripper, outcome in ((0.8, CUP, "held"), (0.8, weak, "dropped"), (0.4, weak, "held")):
        assert tried(physics, thing(mass_kg=share * limit_kg), gripper=gripper, test=test).outcome == outcome


def test_off_the_middle_a_plate_tips_over_the_rim(physics):
    """About the far side of the rim: (V - G) r >= G d. Slowly lifted and hardly shaken."""
    test = GraspTest(shake_m_s2=0.05)
    for offset_m in (0.04, 0.08):
        limit_kg = FORCE_N * CUP.cup_radius_m / ((G + 2.0) * (offset_m + CUP.cup_radius_m))
        below, above = (tried(physics, thing(mass_kg=share * limit_kg), x=offset_m, test=test).outcome for share in (0.9, 1.1))
        assert (below, above) == ("held", "dropped")


def test_a_slippery_cup_slides_off_a_wall(physics):
    """Pulled out sideways, the weight is borne by friction alone: mu V >= m (g + a)."""
    sideways = quat_multiply(quat_from_axis_angle((0, 1, 0), math.pi / 2), (1.0, 0.0, 0.0, 0.0))
    block = BoxShape(size_m=(0.02, 0.2, 0.2))
    test = GraspTest(shake_m_s2=0.05)
    limit_kg = CUP.friction * FORCE_N / (G + 2.0)
    for share, outcome in ((0.85, "held"), (1.1, "dropped")):
        body = thing(block, (0.01, 0.0, 0.1), mass_kg=share * limit_kg)
        assert tried(physics, body, x=0.0, z=0.1, rotation=sideways, test=test).outcome == outcome


def test_where_it_does_not_seal_nothing_is_held(physics):
    assert tried(physics, thing(SphereShape(radius_m=0.02), (0, 0, 0.02)), z=0.04).outcome == "missed"
    assert tried(physics, thing(), x=0.09).outcome == "missed", "over the edge"
    assert tried(physics, thing(), z=0.2).outcome == "missed", "in the air"
    tilted = quat_multiply(quat_from_axis_angle((0, 1, 0), 0.3), DOWN)
    assert tried(physics, thing(), z=0.024, rotation=tilted).outcome in ("missed", "blocked")


def test_it_seals_on_what_is_hardly_round(physics):
    """A ball of radius R falls off by r^2 / 2R under the rim: 1.3 mm here, of 3 mm that the cup bends."""
    assert tried(physics, thing(SphereShape(radius_m=0.15), (0, 0, 0.15)), z=0.3).outcome == "held"
    assert tried(physics, thing(CylinderShape(radius_m=0.06, height_m=0.1), (0, 0, 0.05)), z=0.1).outcome == "held"


@pytest.mark.parametrize("off_m", [-0.004, -0.002, 0.001, 0.004])
def test_it_goes_on_until_it_touches_and_no_farther(physics, off_m):
    verdict = tried(physics, thing(), z=0.02 + off_m)
    assert (verdict.outcome, verdict.body) == ("held", "thing")


def test_what_is_fixed_stays(physics):
    assert tried(physics, thing(mass_kg=0.0)).outcome == "blocked"
    assert tried(physics, x=0.5, z=0.0).outcome == "blocked"


def test_the_same_again(physics):
    cases = [{"x": 0.03, "y": 0.01}, {"z": 0.022}, {"x": 0.06}]
    first = [repr(tried(physics, thing(mass_kg=0.7), **case)) for case in cases]
    for _ in range(3):
        assert [repr(tried(physics, thing(mass_kg=0.7), **case)) for case in reversed(cases)][::-1] == first
    with Bullet(AssetLibrary()) as fresh:
        assert [repr(tried(fresh, thing(mass_kg=0.7), **case)) for case in cases] == first
