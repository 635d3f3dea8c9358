"""Built-in randomizers with settings that they cannot do without, for checks that run over all of them."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from diorama.randomizers import RANDOMIZERS


def built_in(name: str, **settings: Any) -> Any:
    """The randomizer of this name."""
    return RANDOMIZERS[name](**(_needed(name) | settings))


def _needed(name: str) -> dict[str, Any]:
    files = {"hdr-map": "*.hdr", "photo-backdrop": "*.png"}
    return {"paths": tuple(sorted(map(str, Path(_folder().name).glob(files[name]))))} if name in files else {}


@cache
def _folder() -> tempfile.TemporaryDirectory:
    """Three small files of each kind, until the tests end."""
    folder = tempfile.TemporaryDirectory()
    rng = np.random.default_rng(0)
    for i in range(3):
        cv2.imwrite(f"{folder.name}/{i}.hdr", rng.uniform(0.1, 2.0, (16, 32, 3)).astype(np.float32))
        cv2.imwrite(f"{folder.name}/{i}.png", rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    return folder
