"""Built-in randomizers and scenarios with settings that they cannot do without, for checks that run over all of them."""

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from street_map import crossroads

from diorama.randomizers import RANDOMIZERS
from diorama.scenes import SCENARIOS
from diorama.sim.spec import Backdrop, CameraSpec, Pose, SceneSpec
from diorama.sim.transforms import look_at


def built_in(name: str, **settings: Any) -> Any:
    """The randomizer of this name."""
    return RANDOMIZERS[name](**(_needed(name) | settings))


def built_in_scenario(name: str, **settings: Any) -> Any:
    """The scenario of this name."""
    return SCENARIOS[name](**({"photos": _files("*.png")} if name == "photo" else {}), **settings)


def taken_for(name: str, spec: SceneSpec) -> SceneSpec:
    """The scene, with what randomizers of this name need: a photograph behind what its camera sees, or roads through it."""
    if RANDOMIZERS[name].__module__.startswith("diorama.randomizers.street."):
        return spec.replace(roads=crossroads())
    if name not in ("photo-light", "photo-sensor"):
        return spec
    camera = spec.cameras[0] if spec.cameras else CameraSpec(world_from_camera=Pose.from_matrix(look_at((0.0, -1.0, 1.5), (0.0, 0.0, 0.7))))
    return spec.replace(cameras=(replace(camera, backdrop=Backdrop(path=_files("*.png")[0])),))


def _needed(name: str) -> dict[str, Any]:
    files = {"hdr-map": "*.hdr", "photo-backdrop": "*.png"}
    return {"paths": _files(files[name])} if name in files else {}


def _files(pattern: str) -> tuple[str, ...]:
    return tuple(sorted(map(str, Path(_folder().name).glob(pattern))))


@cache
def _folder() -> tempfile.TemporaryDirectory:
    """Three small files of each kind, until the tests end."""
    folder = tempfile.TemporaryDirectory()
    rng = np.random.default_rng(0)
    for i in range(3):
        cv2.imwrite(f"{folder.name}/{i}.hdr", rng.uniform(0.1, 2.0, (16, 32, 3)).astype(np.float32))
        cv2.imwrite(f"{folder.name}/{i}.png", rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    return folder
