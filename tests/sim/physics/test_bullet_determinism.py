"""The result of `settle` is a function of the spec: not of what came before, of other worlds, or of the machine."""

import hashlib
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CylinderShape, MeshShape, PhysicsSpec, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import normalize_quat

#: Piles whose outcome would depend on the C library's sine and cosine, were poses and velocities not rounded after each step.
SENSITIVE = (20, 128, 139, *range(6))

#: Settings under which glibc (2.26 to 2.32, and from 2.33 on) takes its functions for processors without AVX2 and FMA.
OLD_PROCESSOR = "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-FMA4_Usable,-AVX2,-FMA,-FMA4"


class Trays(AssetLibrary):
    """One asset: an open box of five slabs."""

    def shape_asset(self, shape):
        cube = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
        walls = [((0.1, 0.1, 0.004), (0, 0, -0.018))]
        walls += [((0.004, 0.1, 0.032), (s * 0.048, 0, 0)) for s in (-1, 1)] + [((0.1, 0.004, 0.032), (0, s * 0.048, 0)) for s in (-1, 1)]
        hulls = tuple((cube * size + center) * shape.scale for size, center in walls)
        return Asset(
            id=shape.asset,
            category="tray",
            supercategory="test",
            parts=(),
            hulls=hulls,
            bounds_m=((-0.05, -0.05, -0.02), (0.05, 0.05, 0.016)),
            volume_m3=1e-4,
        )


def pile(seed: int) -> SceneSpec:
    """Twelve spinning things of four kinds above a floor."""
    rng = Seed(seed).rng()
    bodies = [BodySpec(name="floor", shape=BoxShape(size_m=(6, 6, 0.2)), world_from_body=Pose((0, 0, -0.1)))]
    for i in range(12):
        a, b, c = (float(v) for v in 0.03 + 0.07 * rng.random(3))
        shapes = (
            BoxShape(size_m=(a, b, c)),
            CylinderShape(radius_m=a / 2, height_m=c),
            SphereShape(radius_m=a / 2),
            MeshShape(asset="tray", scale=0.7 + 8 * c),
        )
        x, y = (float(v) for v in 0.25 * rng.random(2))
        pose = Pose((x, y, 0.1 + 0.06 * i), normalize_quat(rng.normal(size=4)))
        bodies.append(BodySpec(name=f"thing-{i}", shape=shapes[int(rng.integers(4))], mass_kg=0.05 + 2 * a, world_from_body=pose))
    return SceneSpec(bodies=tuple(bodies), physics=PhysicsSpec(bounds_min_m=(-3, -3, -0.05), bounds_max_m=(3, 3, 3)))


def outcome(physics: Bullet, spec: SceneSpec) -> str:
    """The settled scene to the last bit, or why it was rejected."""
    try:
        return hashlib.sha256(json.dumps(to_json(physics.settle(spec))).encode()).hexdigest()
    except RejectedScene as rejected:
        return str(rejected)


def outcomes(seeds) -> list[str]:
    with Bullet(Trays()) as physics:
        return [outcome(physics, pile(seed)) for seed in seeds]


def in_a_new_process(seeds, **environment: str) -> list[str]:
    code = f"import json, runpy; print(json.dumps(runpy.run_path({__file__!r})['outcomes']({list(seeds)})))"
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(run.stdout)


@pytest.fixture
def physics():
    with Bullet(Trays()) as physics:
        yield physics


def test_again_and_after_other_scenes(physics):
    first = outcome(physics, pile(0))
    assert outcome(physics, pile(0)) == first
    for seed in (1, 2):
        outcome(physics, pile(seed))
    assert outcome(physics, pile(0)) == first


def test_after_a_rejected_scene(physics):
    first = outcome(physics, pile(3))
    hurried = pile(1).replace(physics=PhysicsSpec(max_time_s=0.2))
    assert outcome(physics, hurried).startswith("never-rested")
    assert outcome(physics, pile(3)) == first


def test_in_any_order():
    forwards = outcomes(range(6))
    assert len(set(forwards)) == 6
    assert outcomes(range(5, -1, -1)) == forwards[::-1]


def test_with_other_worlds_open(physics):
    alone = outcomes([4])
    with Bullet(Trays()) as other:
        outcome(other, pile(5))
        assert [outcome(physics, pile(4))] == alone
        assert [outcome(other, pile(4))] == alone
    assert [outcome(physics, pile(4))] == alone


def test_in_another_process():
    assert in_a_new_process([0, 1], PYTHONHASHSEED="7") == outcomes([0, 1])


def test_on_a_processor_without_fused_multiply_add():
    assert in_a_new_process(SENSITIVE, GLIBC_TUNABLES=OLD_PROCESSOR) == outcomes(SENSITIVE)


def test_on_another_scale_of_the_same_asset(physics):
    """A file that Bullet keeps must not stand in for another."""
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(2, 2, 0.2)), world_from_body=Pose((0, 0, -0.1)))
    for scale in (1.0, 2.0, 1.0):
        body = BodySpec(name="tray", shape=MeshShape(asset="tray", scale=scale), mass_kg=0.1, world_from_body=Pose((0, 0, 0.03 * scale)))
        rest = physics.settle(SceneSpec(bodies=(floor, body), physics=PhysicsSpec(bounds_min_m=(-1, -1, 0))))
        assert rest.body("tray").world_from_body.position_m[2] == pytest.approx(0.02 * scale, abs=2e-4)


def test_poses_are_clean_json(physics):
    settled = physics.settle(pile(0))
    assert from_json(SceneSpec, json.loads(json.dumps(to_json(settled)))) == settled
    for body in settled.bodies:
        pose = body.world_from_body
        assert all(v == round(v, 7) for v in pose.position_m)
        assert all(q == round(q, 9) for q in pose.rotation_wxyz)
        assert math.sqrt(sum(q * q for q in pose.rotation_wxyz)) == pytest.approx(1, abs=2e-9)


def test_nothing_is_printed():
    code = f"import runpy; runpy.run_path({__file__!r})['outcomes']([0])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (run.stdout, run.stderr) == ("", "")


def test_stderr_works_after_the_quiet_import():
    code = """
import ctypes, os, sys
import diorama.sim.physics.bullet
os.write(2, b"one ")
print("two", file=sys.stderr)
ctypes.CDLL(None).perror(b"three")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stderr.startswith("one two\nthree")
