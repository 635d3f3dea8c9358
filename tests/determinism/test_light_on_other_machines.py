"""What lens, sensor and ambient occlusion compute, on a processor without vector instructions: the same bytes.

All of it is written on wide vectors, which compilers map to whatever a processor has.
"""

import subprocess
import sys

SCRIPT = """
import sys
from dataclasses import replace
from hashlib import sha256

import numpy as np
import warp as wp
from digests import compile_kernels

if sys.argv[1]:
    compile_kernels(sys.argv[1])

from diorama.sim.render.raster.occlusion import Occlusion
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render.raster import Raster
from diorama.sim.spec import (
    BodySpec, BoxShape, CameraSpec, Clouds, Drops, EnvironmentSpec, Falling, Fog, KannalaBrandt, PhysicalSky, Pose, SceneSpec, SensorSpec, SpotLight,
    Weathering,
)
from diorama.sim.transforms import look_at

faults = SensorSpec(
    white_balance=(1.1, 1.0, 0.9), read_noise=0.01, shot_noise=0.02, vignetting=0.7, chromatic_aberration_px=1.7, bloom=0.2, jpeg_quality=80
)
camera = CameraSpec(width=203, height=117, fx=150, fy=140, cx=100, cy=60, sensor=faults, distortion=KannalaBrandt(k1=0.05))
rng = np.random.default_rng(0)
light = (rng.random((117, 203, 3)) ** 8 * 40).astype(np.float32)
depth = (1 + rng.random((117, 203)) * 0.1).astype(np.float32)
normals = rng.normal(size=(117 * 203, 3)) - (0, 0, 3)
normals = (normals / np.sqrt((normals**2).sum(axis=1, keepdims=True))).astype(np.float32)

sensor = Sensor("cpu")
print(wp.get_cpu_kernel_cache_key())
print(sha256(sensor.develop(light, camera)).hexdigest())
seen = Occlusion("cpu").visible(wp.array(depth.ravel(), device="cpu"), wp.array(normals, dtype=wp.vec3, device="cpu"), camera, 0.1)
print(sha256(seen.numpy()).hexdigest(), seen.numpy().min() < 0.5 < seen.numpy().max())
for genus in ("cumulus", "cirrus"):
    sky = PhysicalSky(sun_elevation_rad=0.3, overcast=0.1, clouds=Clouds(genus=genus, seed=5))
    fog = Fog(extinction_per_m=0.01)
    with Raster(AssetLibrary()) as raster:
        raster.load(SceneSpec(environment=EnvironmentSpec(surroundings=sky, fog=fog)))
        print(sha256(raster.render(camera, ("radiance",)).radiance.tobytes()).hexdigest(), "True")

# A flooded and snowed-up yard at night, in the rain, with many lamps, through a wet pane.
yard = [BodySpec(name="yard", shape=BoxShape(size_m=(40, 40, 0.2)), weathering=Weathering(wet=0.7, puddles=0.4, seed=3))]
for i in range(12):
    at = Pose((i % 4 * 3.0 - 5.0, 4.0 + 2.5 * (i // 4), 0.8))
    yard.append(BodySpec(name=f"box-{i}", shape=BoxShape(size_m=(0.8, 0.8, 1.4)), world_from_body=at, weathering=Weathering(snow=0.08 * i)))
lamps = [SpotLight(position_m=(0, 0, 1.5), direction=(0.1 * i, -1, -0.6), narrowing=1 + 0.2 * i, on=f"box-{i}", shadows=i < 2) for i in range(12)]
eye = Pose.from_matrix(look_at((0, -6, 1.6), (0, 6, 0.8)))
wet = replace(camera, distortion=None, world_from_camera=eye, sensor=replace(faults, drops=Drops(count=20, size=0.03)))
around = EnvironmentSpec(fog=Fog(extinction_per_m=0.02), falling=Falling(rate_mm_h=9.0))
with Raster(AssetLibrary()) as raster:
    raster.load(SceneSpec(bodies=tuple(yard), lights=tuple(lamps), environment=around))
    print(sha256(raster.render(wet, ("rgb",)).rgb.tobytes()).hexdigest(), "True")
"""


def found(flags: str) -> tuple[str, str]:
    """The target of the compiler, and digests."""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, flags], capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    target, digests = run.stdout.split("\n", 1)
    return target, digests


def test_without_vector_instructions_the_bytes_are_the_same():
    target, here = found("")
    assert here.endswith("True\n")
    plain_target, plain = found("-fno-vectorize -fno-slp-vectorize")
    assert plain_target != target
    assert plain == here
