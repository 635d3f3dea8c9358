"""People and cycles, and where they are put: the same bytes on lesser processors and with another C library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_other_machines import MACHINES

SCRIPT = """
import json
import math
import sys
from hashlib import sha256

from digests import TRANSCENDENTAL, sloppy

if sys.argv[1]:
    for name in TRANSCENDENTAL:
        setattr(math, name, sloppy(getattr(math, name)))

from street_map import HILLS, crossroads

from diorama.randomizers.base import Context
from diorama.randomizers.distributions import Constant
from diorama.randomizers.street.cyclists import Cyclists
from diorama.randomizers.street.pedestrians import Pedestrians
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import SceneSpec

library = AssetLibrary()
spec = SceneSpec(roads=crossroads(hills=HILLS))
for randomizer in (Pedestrians(per_km=Constant(60), crossing=1.0), Cyclists(per_km=Constant(20))):
    params = randomizer.sample(Seed(4), spec, Context(library=library, duration_s=1.0))
    spec = randomizer.apply(spec, params)
    print(randomizer.name, params["fitted"], sha256(json.dumps(params).encode()).hexdigest()[:16])
print(sha256(json.dumps(to_json(spec)).encode()).hexdigest()[:16])
for body in spec.at(0.7).bodies:
    asset = library.shape_asset(body.shape)
    digest = sha256(repr((asset.bounds_m, asset.volume_m3)).encode())
    for part in asset.parts:
        for array in (part.positions, part.normals, part.uv, part.faces, *part.look.images.values()):
            digest.update(array.tobytes())
    print(body.name, digest.hexdigest()[:16])
"""


def made(environment: dict[str, str], libm: str = "") -> str:
    folders = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, libm],
        env=os.environ | environment | {"PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def here() -> str:
    return made({"PYTHONHASHSEED": "1"})


def test_on_a_lesser_processor(here: str) -> None:
    assert here.count("\n") > 30
    assert made({key: value for settings in MACHINES.values() for key, value in settings.items()} | {"PYTHONHASHSEED": "2"}) == here


def test_with_another_c_library(here: str) -> None:
    assert made({}, libm="sloppy") == here
