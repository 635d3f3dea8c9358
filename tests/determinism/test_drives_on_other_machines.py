"""Rigs, turns of a laser scanner, and KITTI's files: the same bytes on lesser processors and with another C library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_other_machines import MACHINES, PLAIN_KERNELS

SCRIPT = """
import math
import sys
from dataclasses import replace
from hashlib import sha256

import numpy as np
from digests import TRANSCENDENTAL, compile_kernels, sloppy
from small_street import car, street

kernels, libm = sys.argv[1:]
if libm:
    for name in TRANSCENDENTAL:
        setattr(math, name, sloppy(getattr(math, name)))
if kernels:
    compile_kernels(kernels)

from diorama.exporters.base import Dataset
from diorama.exporters.kitti import Kitti
from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Normal
from diorama.randomizers.street.rig import VehicleRig
from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.frame import Provenance, Sample
from diorama.sim.render.raster import Raster
from diorama.sim.seeds import Seed
from diorama.sim.spec import CameraSpec, EnvironmentSpec, Fog, Motion

library = AssetLibrary()
rig = VehicleRig(pitch_deg=Normal(0, 2), yaw_deg=Normal(0, 2), roll_deg=Normal(0, 1), up_m=Normal(0, 0.1))
going = Motion((7.0, 0.5, 0.0), (0.01, -0.02, 0.4))
cars = (car("car-0", 0, -1.75, motion=going), car("car-1", 12, -1.6, heading_rad=0.3, motion=going), car("car-2", 9, 1.75, heading_rad=2.9))
spec = street(*cars).replace(environment=EnvironmentSpec(fog=Fog(extinction_per_m=0.004)))
frames, labels = [], []
with Raster(library) as raster:
    raster.load(spec)
    for moment in range(2):
        for view in range(2):
            camera = CameraSpec(name=f"frame-{moment}/view-{view}", width=311, height=94, time_s=0.1 * moment)
            seen = spec.replace(cameras=(camera,))
            context = Context(library=library, view=view, round=Seed(3).child("round"), duration_s=1.0)
            camera = rig.apply(seen, rig.sample(Seed(3).child(view), seen, context)).cameras[0]
            frames.append(raster.render(camera, ("rgb", "depth", "instance", "amodal", "flow_forward", "points")))
            labels.append(annotate(spec, frames[-1], library))
cameras = tuple(frame.camera for frame in frames)
source = Provenance(seed=0, index=0)
sample = Sample(index=0, spec=spec.replace(cameras=cameras), frames=tuple(frames), annotations=tuple(labels), provenance=source, views=2)
print(sha256(repr(cameras).encode()).hexdigest()[:16], len(frames[0].points))
for layout in ("object", "tracking"):
    kitti = Kitti(layout=layout, stereo=True, maps=("depth", "disparity", "flow", "scene-flow"))
    files = kitti.encode(sample, 0, Dataset(categories=(("car", "vehicle"),), info={})).files
    for path in sorted(files):
        print(path, sha256(files[path]).hexdigest()[:16])
"""


def made(environment: dict[str, str], kernels: str = "", libm: str = "") -> str:
    folders = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, kernels, libm],
        env=os.environ | environment | {"PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def here():
    return made({})


def test_something_was_made(here):
    assert here.count("velodyne") == 4 and here.count("disp_occ_1") == 4
    assert int(here.split()[1]) > 50_000


def test_on_a_lesser_processor(here):
    environment = {key: value for settings in MACHINES.values() for key, value in settings.items()}
    assert made(environment, kernels=PLAIN_KERNELS) == here


def test_with_another_c_library(here):
    assert made({}, libm="sloppy") == here
