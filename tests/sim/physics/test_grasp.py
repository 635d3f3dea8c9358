"""Grasps against what statics says of them, and verdicts that are a function of the grasp alone."""

import math
import os
import subprocess
import sys
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
    JawGripper,
    PhysicsSpec,
    Pose,
    SceneSpec,
    Shape,
    SphereShape,
)

#: The gripper's z axis down, its x axis along the world's, reversed.
DOWN = (0.0, 1.0, 0.0, 0.0)
G = 9.81
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(2, 2, 0.2)), world_from_body=Pose((0, 0, -0.1)))
HAND = JawGripper(
    opening_m=0.08,
    finger_length_m=0.054,
    finger_width_m=0.018,
    finger_thickness_m=0.012,
    tip_m=0.009,
    palm_size_m=(0.2, 0.06, 0.06),
    force_n=70.0,
)
BLOCK = BoxShape(size_m=(0.04, 0.04, 0.06))


@pytest.fixture(scope="module")
def physics():
    with Bullet(AssetLibrary()) as physics:
        yield physics


def thing(shape: Shape = BLOCK, at=(0.0, 0.0, 0.03), *, name="thing", rotation=(1.0, 0.0, 0.0, 0.0), mass_kg=0.2, **fields) -> BodySpec:
    return BodySpec(name=name, shape=shape, world_from_body=Pose(at, rotation), mass_kg=mass_kg, **fields)


def scene(*bodies: BodySpec, **fields) -> SceneSpec:
    return SceneSpec(bodies=(FLOOR, *bodies), physics=PhysicsSpec(**fields))


def attempt(x=0.0, y=0.0, z=0.04, rotation=DOWN, **fields) -> Attempt:
    return Attempt(**{"gripper": HAND, "world_from_gripper": Pose((x, y, z), rotation)} | fields)


# --- what is held -------------------------------------------------------------------------------------------------


def test_a_box_grasped_across_its_centre_is_held(physics):
    verdict = physics.grasp(scene(thing()), attempt())
    assert (verdict.outcome, verdict.success, verdict.body) == ("held", True, "thing")
    assert verdict.width_m == pytest.approx(0.04, abs=2e-4)
    assert verdict.slip_m < 5e-4
    assert verdict.slip_rad < 0.01


def test_contacts_are_where_the_pads_meet_the_box(physics):
    contacts = physics.grasp(scene(thing()), attempt()).contacts_m
    assert {math.copysign(1, x) for x, _, _ in contacts} == {-1, 1}
    for x, y, z in contacts:
        assert abs(x) == pytest.approx(0.02, abs=2e-4)
        assert abs(y) <= HAND.finger_width_m / 2 + 1e-4
        # From the tips down to the box's upper side, which is 2 cm above the gripper's origin.
        assert -0.02 - 2e-4 <= z <= HAND.tip_m + 1e-4


@pytest.mark.parametrize(
    ("body", "z"),
    [
        (thing(SphereShape(radius_m=0.02), (0, 0, 0.02), mass_kg=0.005), 0.02),
        (thing(SphereShape(radius_m=0.03), (0, 0, 0.03), mass_kg=2.0), 0.03),
        (thing(CylinderShape(radius_m=0.03, height_m=0.1), (0, 0, 0.05)), 0.08),
        (thing(BoxShape(size_m=(0.001, 0.08, 0.05)), (0, 0, 0.025), mass_kg=0.005), 0.04),
        (thing(mass_kg=2.0), 0.04),
        (thing(mass_kg=0.005), 0.04),
    ],
    ids=["light-ball", "heavy-ball", "can", "card-on-edge", "heavy", "light"],
)
def test_light_and_heavy_thin_and_round_things_are_held(physics, body, z):
    verdict = physics.grasp(scene(body), attempt(z=z))
    assert (verdict.outcome, verdict.body) == ("held", "thing")
    assert verdict.slip_m < 1e-3


def test_jaws_centre_what_is_off_centre(physics):
    verdict = physics.grasp(scene(thing()), attempt(x=0.012))
    assert verdict.outcome == "held"
    assert {round(abs(x), 3) for x, _, _ in verdict.contacts_m} == {0.02}


# --- what is not --------------------------------------------------------------------------------------------------


def test_air_is_missed(physics):
    verdict = physics.grasp(scene(thing()), attempt(z=0.25))
    assert (verdict.outcome, verdict.body, verdict.width_m) == ("missed", None, 0.0)


def test_without_friction_nothing_is_held(physics):
    for spec, gripper in ((scene(thing(friction=0.0)), HAND), (scene(thing()), replace(HAND, friction=0.0))):
        verdict = physics.grasp(spec, attempt(gripper=gripper))
        assert (verdict.outcome, verdict.success, verdict.body) == ("dropped", False, None)


def test_what_is_too_wide_blocks_the_gripper(physics):
    assert physics.grasp(scene(thing(BoxShape(size_m=(0.09, 0.09, 0.06)))), attempt()).outcome == "blocked"


def test_a_wall_on_the_way_blocks_the_gripper(physics):
    shelf = BodySpec(name="shelf", shape=BoxShape(size_m=(0.3, 0.3, 0.01)), world_from_body=Pose((0, 0, 0.35)))
    for approach_m, outcome in ((0.05, "held"), (0.3, "blocked")):
        assert physics.grasp(scene(thing(), shelf), attempt(approach_m=approach_m)).outcome == outcome


def test_what_is_fixed_is_not_held(physics):
    assert physics.grasp(scene(thing(mass_kg=0.0)), attempt()).outcome == "blocked"


def test_a_long_bar_held_at_its_end_turns_in_the_jaws(physics):
    bar = BoxShape(size_m=(0.02, 0.3, 0.02))
    centred, off = (physics.grasp(scene(thing(bar, (0, y, 0.01), mass_kg=2.0)), attempt(z=0.012)) for y in (0.0, -0.13))
    assert centred.outcome == "held"
    assert (off.outcome, off.body) == ("slipped", "thing")
    assert off.slip_rad > 0.35


def test_a_neighbour_on_top_is_in_the_way_from_above_and_comes_along_from_the_side(physics):
    on_top = thing(BoxShape(size_m=(0.04, 0.04, 0.1)), (0, 0, 0.11), name="on-top", mass_kg=0.05)
    assert physics.grasp(scene(thing(), on_top), attempt()).outcome == "blocked"
    # z along the world's y, x along its x.
    level = (math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0)
    verdict = physics.grasp(scene(thing(), on_top), attempt(z=0.035, rotation=level))
    assert (verdict.outcome, verdict.body) == ("held", "thing")


def test_what_stands_under_a_finger_blocks_and_what_it_brushes_is_pushed_aside(physics):
    under = thing(BoxShape(size_m=(0.02, 0.02, 0.03)), (0.052, 0.0, 0.015), name="beside", mass_kg=1.0)
    assert physics.grasp(scene(thing(), under), attempt(z=0.02)).outcome == "blocked"
    brushed = thing(SphereShape(radius_m=0.012), (0.055, 0.0, 0.012), name="beside", mass_kg=0.02)
    assert physics.grasp(scene(thing(), brushed), attempt(z=0.03)).outcome == "held"


# --- forces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("friction", [0.25, 1.0])
@pytest.mark.parametrize("shake_m_s2", [4.0, 8.0])
def test_a_thing_slips_when_it_weighs_more_than_friction_bears(physics, friction, shake_m_s2):
    """Two pads press with F each: they bear 2 mu F, and have to bear m (g + a) as the gripper shakes upwards."""
    mu = math.sqrt(friction * HAND.friction)
    limit_kg = 2 * mu * HAND.force_n / (G + shake_m_s2)
    test = GraspTest(shake_m_s2=shake_m_s2)
    below, above = (
        physics.grasp(scene(thing(mass_kg=share * limit_kg, friction=friction)), attempt(z=0.03, test=test)).slip_m for share in (0.95, 1.05)
    )
    assert below < 5e-4
    assert above > 4 * below + 1e-3


def test_half_the_force_holds_half_the_mass(physics):
    for force_n, mass_kg, outcome in ((20.0, 1.5, "held"), (10.0, 1.5, "dropped"), (10.0, 0.75, "held")):
        verdict = physics.grasp(scene(thing(mass_kg=mass_kg)), attempt(gripper=replace(HAND, force_n=force_n)))
        assert verdict.outcome == outcome


def test_the_step_is_fine_enough(physics):
    for body in (thing(), thing(mass_kg=2.0), thing(SphereShape(radius_m=0.02), (0, 0, 0.02))):
        z = body.world_from_body.position_m[2]
        one, half = (physics.grasp(scene(body, time_step_s=step), attempt(z=z)) for step in (1 / 240, 1 / 480))
        assert (one.outcome, one.body) == (half.outcome, half.body) == ("held", "thing")
        assert one.width_m == pytest.approx(half.width_m, abs=1e-4)


# --- the same again -----------------------------------------------------------------------------------------------

CASES = [
    (scene(thing()), attempt(x=0.01, y=0.003)),
    (scene(thing(SphereShape(radius_m=0.02), (0, 0, 0.02))), attempt(z=0.022)),
    (scene(thing(), *(thing(BoxShape(size_m=(0.02, 0.02, 0.02)), (0.03 * i - 0.06, 0.045, 0.01), name=f"cube-{i}") for i in range(5))), attempt()),
    (scene(thing(friction=0.03)), attempt()),
]


def verdicts() -> list[str]:
    with Bullet(AssetLibrary()) as physics:
        return [repr(physics.grasp(*case)) for case in CASES]


def test_a_hundred_times_the_same_verdict(physics):
    spec, asked = CASES[0]
    assert len({repr(physics.grasp(spec, asked)) for _ in range(100)}) == 1


def test_after_other_trials_and_in_any_order(physics):
    first = verdicts()
    backwards = [repr(physics.grasp(*case)) for case in reversed(CASES)]
    assert backwards[::-1] == first
    physics.settle(scene(thing(at=(0, 0, 0.1))))
    assert repr(physics.grasp(*CASES[0])) == first[0]


@pytest.mark.parametrize("tunables", ["", "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-FMA4_Usable,-AVX2,-FMA,-FMA4"])
def test_in_another_process_and_on_an_older_processor(tunables):
    code = f"import runpy; print('\\n'.join(runpy.run_path({__file__!r})['verdicts']()))"
    environment = os.environ | {"GLIBC_TUNABLES": tunables}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.splitlines() == verdicts()


def test_a_trial_changes_nothing_for_what_settles_after_it(physics):
    spec = scene(thing(at=(0, 0, 0.1), rotation=(math.cos(0.3), math.sin(0.3), 0.0, 0.0)))
    with Bullet(AssetLibrary()) as fresh:
        expected = fresh.settle(spec)
    physics.grasp(*CASES[0])
    assert physics.settle(spec) == expected


def test_outside_a_with_block():
    with pytest.raises(RuntimeError, match="not open"):
        Bullet(AssetLibrary()).grasp(scene(thing()), attempt())


# --- with nothing to lie on ---------------------------------------------------------------------------------------


def test_things_that_hang_are_tried_before_they_fall(physics):
    spec = SceneSpec(bodies=(thing(at=(0, 0, 0.5)),))
    hanging = attempt(z=0.51, weightless=True)
    verdict = physics.grasp(spec, hanging)
    assert (verdict.outcome, verdict.body) == ("held", "thing")
    assert physics.grasp(spec, replace(hanging, weightless=False)).outcome == "missed"


def test_weight_pulls_once_the_jaws_have_closed(physics):
    limit_kg = 2 * math.sqrt(0.5) * HAND.force_n / (G + 5.0)
    for share, holds in ((0.95, True), (1.6, False)):
        spec = SceneSpec(bodies=(thing(at=(0, 0, 0.5), mass_kg=share * limit_kg),))
        assert physics.grasp(spec, attempt(z=0.5, weightless=True)).success == holds


def test_the_way_in_does_not_matter_where_nothing_is(physics):
    """What is not near is not simulated for."""
    far, near = (physics.grasp(scene(thing()), attempt(approach_m=a)) for a in (0.5, 0.1))
    assert (far.outcome, far.body) == (near.outcome, near.body) == ("held", "thing")
    assert far.slip_m == pytest.approx(near.slip_m, abs=1e-4)
