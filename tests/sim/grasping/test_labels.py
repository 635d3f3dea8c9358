"""Labels of grasps in a scene: which there are, what physics says of them, and what they depend on."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue, UnknownName
from diorama.sim.frame import Grasps
from diorama.sim.grasping.labels import label_grasps
from diorama.sim.grasping.settings import Grasping
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import GRIPPERS, BodySpec, BoxShape, CylinderShape, Pose, SceneSpec
from diorama.sim.spec.grasps import Verdict
from diorama.sim.transforms import quat_from_axis_angle

SETTINGS = Grasping(gripper="franka-hand", per_body=6, tried=2, lean_deg=30)
NAMES = ("body_index", "world_from_gripper", "width_m", "opening_m", "quality", "alone", "reachable", "success")


def body(name: str, x: float, y: float = 0.0, **changes) -> BodySpec:
    settings = {"shape": BoxShape(size_m=(0.04, 0.06, 0.05)), "mass_kg": 0.2, "category": "box", "world_from_body": Pose((x, y, 0.025))}
    return BodySpec(name=name, **settings | changes)


TABLE = BodySpec(name="table", shape=BoxShape(size_m=(2, 2, 0.1)), world_from_body=Pose((0, 0, -0.05)))
BOX, CAN = body("box", -0.2), body("can", 0.2, shape=CylinderShape(radius_m=0.03, height_m=0.05))


@pytest.fixture(scope="module")
def library() -> AssetLibrary:
    return AssetLibrary()


@pytest.fixture(scope="module")
def physics(library):
    with Bullet(library) as physics:
        yield physics


class Untried:
    """Physics in which a gripper gets everywhere, and nothing is to be tried."""

    def reachable(self, spec, attempts):
        return np.ones(len(attempts), bool)

    def grasp(self, spec, attempt):
        raise AssertionError("nothing was to be tried")


def scene(*bodies: BodySpec) -> SceneSpec:
    return SceneSpec(bodies=(TABLE, *bodies))


def of_body(grasps: Grasps, index: int) -> list[np.ndarray]:
    own = grasps.body_index == index
    return [getattr(grasps, name)[own] for name in NAMES[1:]]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b, equal_nan=a.dtype == np.float64) for a, b in zip(one, other, strict=True))


def test_a_box_and_a_can_on_a_table_are_held_from_above(library, physics):
    grasps = label_grasps(scene(BOX, CAN), library, physics, SETTINGS, Seed(0))
    assert grasps.gripper == GRIPPERS["franka-hand"]
    assert np.bincount(grasps.body_index).tolist() == [0, 6, 6]
    # Straight down within 30 degrees, and pads that are on the thing.
    assert (grasps.world_from_gripper[:, 2, 2] <= -np.cos(np.radians(30)) + 1e-9).all()
    assert (np.abs(grasps.world_from_gripper[:, 0, 3] - np.where(grasps.body_index == 1, -0.2, 0.2)) < 0.04).all()
    assert (grasps.width_m <= grasps.opening_m).all()
    assert (grasps.opening_m <= 0.08).all()
    tried = ~np.isnan(grasps.success)
    assert tried.sum() == 4
    assert grasps.reachable[tried].all()
    assert grasps.success[tried].mean() >= 0.75
    assert np.isnan(grasps.alone).all()


def test_twice_the_same_whatever_was_before(library, physics):
    first = label_grasps(scene(BOX, CAN), library, physics, SETTINGS, Seed(3))
    label_grasps(scene(CAN), library, physics, SETTINGS, Seed(4))
    again = label_grasps(scene(BOX, CAN), AssetLibrary(), physics, SETTINGS, Seed(3))
    assert all(same(of_body(first, i), of_body(again, i)) for i in (1, 2))
    other = label_grasps(scene(BOX, CAN), library, Untried(), replace(SETTINGS, tried=0), Seed(5))
    assert not np.array_equal(first.world_from_gripper, other.world_from_gripper)


def test_one_more_body_changes_nothing_for_others_unless_it_is_in_the_way(library, physics):
    settings = replace(SETTINGS, trials=1, per_body=2)
    one = label_grasps(scene(BOX), library, physics, settings, Seed(0))
    two = label_grasps(scene(body("first", 0.5), BOX), library, physics, settings, Seed(0))
    assert same(of_body(one, 1), of_body(two, 2))
    assert set(one.alone) <= {0.0, 1.0}
    walls = [
        body(f"wall-{i}", -0.2 + x, y, shape=BoxShape(size_m=(0.02 if x else 0.2, 0.02 if y else 0.2, 0.3)), mass_kg=0, category="")
        for i, (x, y) in enumerate([(-0.1, 0), (0.1, 0), (0, -0.1), (0, 0.1)])
    ]
    between = label_grasps(scene(BOX, *walls), library, physics, settings, Seed(0))
    assert len(between) == 2
    assert not between.reachable.any()
    assert np.isnan(between.success).all()


def test_which_bodies_have_grasps(library):
    settings = replace(SETTINGS, tried=0)
    wide = body("wide", 0.4, shape=BoxShape(size_m=(0.3, 0.3, 0.3)), world_from_body=Pose((0.4, 0, 0.15)))
    bodies = (replace(BOX, name="still", mass_kg=0.0), replace(BOX, name="clutter", category=""), wide, CAN)
    grasps = label_grasps(scene(*bodies), library, Untried(), settings, Seed(0))
    assert set(grasps.body_index) == {4}
    assert len(label_grasps(scene(), library, Untried(), settings, Seed(0))) == 0


def test_what_lies_on_its_side_is_grasped_from_above_as_well(library):
    turned = replace(BOX, world_from_body=Pose((0, 0, 0.02), quat_from_axis_angle((0, 1, 0), np.pi / 2)))
    grasps = label_grasps(scene(turned), library, Untried(), replace(SETTINGS, tried=0), Seed(0))
    assert len(grasps) == SETTINGS.per_body
    assert (grasps.world_from_gripper[:, 2, 2] <= -np.cos(np.radians(30)) + 1e-9).all()


def test_holding_something_else_is_no_success(library):
    class Other(Untried):
        def grasp(self, spec, attempt):
            return Verdict(outcome="held", body="can")

    grasps = label_grasps(scene(BOX, CAN), library, Other(), SETTINGS, Seed(0))
    tried = ~np.isnan(grasps.success)
    assert grasps.success[tried].tolist() == [0, 0, 1, 1]


def test_a_quarter_is_of_what_is_out_of_reach(library):
    class Half(Untried):
        def reachable(self, spec, attempts):
            return np.arange(len(attempts)) % 2 == 0

    grasps = label_grasps(scene(BOX), library, Half(), replace(SETTINGS, per_body=8, tried=0), Seed(0))
    assert grasps.reachable.tolist() == [True] * 6 + [False] * 2


def test_cups_sit_on_top(library):
    grasps = label_grasps(scene(BOX), library, Untried(), replace(SETTINGS, gripper="cup-20", tried=0), Seed(0))
    assert len(grasps) > 0
    assert np.allclose(grasps.world_from_gripper[:, 2, 3], 0.05, atol=0.002)
    assert not grasps.opening_m.any()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"per_body": 0}, "per_body must be in 1..1000, got 0"),
        ({"tried": -1}, "tried must be in 0..1000"),
        ({"trials": 2000}, "trials must be in 0..1000"),
        ({"lean_deg": 0}, "lean_deg must be above 0"),
        ({"approach_m": 0}, "approach_m must be above 0"),
        ({"clearance_m": float("nan")}, "clearance_m must be 0 or more"),
        ({"friction": -0.1}, "friction must be 0 or more"),
    ],
)
def test_refused_settings(settings, said):
    with pytest.raises(InvalidValue, match=said):
        Grasping(gripper="franka-hand", **settings)
    with pytest.raises(UnknownName, match=r'no gripper named "frankahand"\. Did you mean "franka-hand"'):
        Grasping(gripper="frankahand")
