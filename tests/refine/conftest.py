"""A small data set whose files lose nothing, photographs of another look, and refiners in files."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import diorama
from diorama.exporters.coco import Coco
from diorama.plan import Plan
from diorama.refine import checked, checkpoint
from diorama.refine.gate import GateReport, Measure
from diorama.refine.photos import find_photos
from diorama.refine.transfer import Reinhard

#: What a gate says that has nothing against anything.
RIGHT = GateReport(1, (Measure(name="any", value=0.0, limit=0.0, must_reach=False),))
#: Of the data set. Not 0, so that whoever takes 0 for it is found out.
SET_SEED = 3


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def open_gate():
    """Labels are right, whatever a refiner does: for what has another point."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("check_labels", "check_refined"):
            patch.setattr(checked, name, lambda *_, **__: RIGHT)
        yield


@pytest.fixture(scope="session")
def plan() -> Plan:
    made = diorama.default_plan("tabletop", resolution=(96, 72), views=2)
    few = tuple(replace(r, count=diorama.UniformInt(2, 4)) if r.name == "objects" else r for r in made.randomizers)
    return replace(made, randomizers=few, exporters=(Coco(image_format="png", depth_format="npy"),))


@pytest.fixture(scope="session")
def written(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures: of the third scene one only."""
    out = tmp_path_factory.mktemp("rendered") / "set"
    diorama.generate_dataset(plan, seed=SET_SEED, count=5, out=out)
    return out


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Blobs in the warm light of an evening."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(12):
        blobs = cv2.GaussianBlur(rng.uniform(0, 1, (72, 96, 3)).astype(np.float32), (0, 0), 4)
        blobs = (blobs - blobs.min()) / (blobs.max() - blobs.min()) * np.float32([90, 140, 230])
        cv2.imwrite(str(folder / f"{number:02d}.png"), blobs.astype(np.uint8))
    return folder


@pytest.fixture(scope="session")
def refiner(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reinhard's, fitted to all photographs but the last five."""
    path = tmp_path_factory.mktemp("refiners") / "reinhard.pt"
    some = find_photos(photos).split(5)[0]
    checkpoint.save(path, Reinhard.fitted(some), {"photos": list(some.digests)})
    return path
