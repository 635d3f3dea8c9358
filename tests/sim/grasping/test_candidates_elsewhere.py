"""What candidates come to elsewhere: on other processors, in other portions, in the eyes of the physics engine."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.grasping import solid
from diorama.sim.grasping.asset_grasps import Search
from diorama.sim.grasping.candidates import grasps_of
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import Attempt, BodySpec, MeshShape, PhysicsSpec, Pose, SceneSpec
from diorama.sim.spec.grasps import GRIPPERS

ASKED = [("household:mug/0", "franka-hand"), ("pybullet:duck", "robotiq-2f-85"), ("household:carton/1", "cup-40"), ("household:can/1", "cup-20")]
DISPATCHED = [name for name in np._core._multiarray_umath.__cpu_dispatch__ if np._core._multiarray_umath.__cpu_features__[name]]


def digest():
    """Of all numbers of some candidates."""
    library, out = AssetLibrary(), hashlib.sha256()
    for asset, gripper in ASKED:
        found = grasps_of(library.load(asset), GRIPPERS[gripper], Seed(0), Search(count=20))
        assert len(found) >= 10
        for array in (found.body_from_gripper, found.width_m, found.opening_m, found.quality, found.contacts_m):
            out.update(array.tobytes())
    return out.hexdigest()


def test_the_same_on_a_lesser_processor():
    lesser = {"NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED), "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX,-AVX2,-AVX512F,-ERMS"}
    script = f"import runpy; print(runpy.run_path({__file__!r})['digest']())"
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", script], env=os.environ | lesser, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == digest()


def test_the_same_in_small_portions(monkeypatch):
    whole = digest()
    monkeypatch.setattr(solid, "_CHUNK", 700)
    assert digest() == whole


@pytest.fixture(scope="module")
def physics():
    library = AssetLibrary()
    with Bullet(library) as engine:
        yield library, engine


@pytest.mark.parametrize(
    ("asset", "gripper"),
    [("household:die/0", "franka-hand"), ("household:can/1", "wsg-50"), ("household:banana/0", "franka-hand"), ("household:carton/0", "cup-40")],
)
def test_physics_finds_them_free_too(physics, asset, gripper):
    """Of things whose hulls are what one sees: Bullet's boxes and ours say the same of every candidate; ten centimetres on, it says no."""
    library, engine = physics
    tool, shape = GRIPPERS[gripper], MeshShape(asset=asset)
    found = grasps_of(library.load(asset), tool, Seed(0), Search(count=24))
    spec = SceneSpec(bodies=(BodySpec(name="thing", shape=shape, mass_kg=0.1, category="thing"),))
    poses = [Pose.from_matrix(pose) for pose in found.body_from_gripper]
    attempts = [
        Attempt(gripper=tool, world_from_gripper=pose, opening_m=opening or None)
        for pose, opening in zip(poses, found.opening_m.tolist(), strict=True)
    ]
    assert len(attempts) >= 12
    assert engine.reachable(spec, attempts).all()
    too_far = [Attempt(gripper=tool, world_from_gripper=pose.of(Pose((0.0, 0.0, 0.1)))) for pose in poses]
    assert not engine.reachable(spec, too_far).any()


@pytest.mark.parametrize("asset", ["household:mug/0", "household:hammer/0", "pybullet:duck"])
def test_physics_holds_what_is_best(physics, asset):
    library, engine = physics
    found = grasps_of(library.load(asset), GRIPPERS["franka-hand"], Seed(0), Search(count=4))
    thing = library.load(asset)
    body = BodySpec(name="thing", shape=MeshShape(asset=asset), mass_kg=thing.volume_m3 * thing.density_kg_m3, category="thing")
    still = SceneSpec(bodies=(body,), physics=PhysicsSpec(gravity_m_s2=(0.0, 0.0, 0.0)))
    for pose, opening in zip(found.body_from_gripper, found.opening_m.tolist(), strict=True):
        attempt = Attempt(gripper=GRIPPERS["franka-hand"], world_from_gripper=Pose.from_matrix(pose), opening_m=opening)
        assert engine.grasp(still, attempt).success
