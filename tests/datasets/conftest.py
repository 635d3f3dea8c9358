"""A small plan whose files lose nothing, and a folder that was written from it."""

from dataclasses import replace

import pytest

import diorama
from diorama.exporters.coco import Coco

SEED = 3


@pytest.fixture(scope="session")
def plan():
    made = diorama.default_plan("tabletop", resolution=(96, 72), views=2, channels=("normal",))
    few = tuple(replace(r, count=diorama.UniformInt(2, 4)) if r.name == "objects" else r for r in made.randomizers)
    return replace(made, randomizers=few, exporters=(Coco(image_format="png", depth_format="npy"),))


@pytest.fixture(scope="session")
def samples(plan):
    """The first three scenes as `generate` makes them."""
    with diorama.Studio(plan) as studio:
        return [diorama.generate(plan, SEED, index, studio=studio) for index in range(3)]


@pytest.fixture(scope="session")
def folder(plan, tmp_path_factory):
    """Five pictures: of the third scene one only."""
    out = tmp_path_factory.mktemp("written") / "set"
    diorama.generate_dataset(plan, seed=SEED, count=5, out=out)
    return out
