"""A small room with a table, and a library of boxes of known size."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from diorama.randomizers import RANDOMIZERS
from diorama.randomizers.base import Context
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, MeshShape, Pose, SceneSpec, Shape

sys.path.insert(0, str(Path(__file__).parent))  # box_geometry.py

SCENE = ("objects", "drop", "materials", "lights", "background")
VIEW = ("camera-shell", "sensor")


class BoxLibrary(AssetLibrary):
    """Boxes: three sizes of brick, one plank, and a printed carton."""

    SIZES: ClassVar = {
        "brick/0": (0.04, 0.04, 0.04),
        "brick/1": (0.08, 0.05, 0.03),
        "brick/2": (0.03, 0.1, 0.05),
        "plank/0": (0.2, 0.04, 0.01),
        "carton/0": (0.06, 0.09, 0.12),
    }

    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.SIZES))

    def category_of(self, asset_id: str) -> tuple[str, str]:
        return (asset_id.partition("/")[0], "thing") if asset_id in self.SIZES else super().category_of(asset_id)

    def shape_asset(self, shape: Shape) -> Asset:
        if not isinstance(shape, MeshShape) or shape.asset not in self.SIZES:
            return super().shape_asset(shape)
        x, y, z = (s * shape.scale for s in self.SIZES[shape.asset])
        box = primitive_asset(BoxShape(size_m=(x, y, z)))
        look = Look(images={"base_color": np.zeros((2, 2, 3), np.uint8)} if shape.asset.startswith("carton") else {})
        return replace(box, id=shape.asset, density_kg_m3=500.0, parts=tuple(replace(p, look=look) for p in box.parts))


@pytest.fixture(scope="session")
def context() -> Context:
    return Context(library=BoxLibrary())


@pytest.fixture(scope="session")
def room() -> SceneSpec:
    """A floor, a table whose top is at 0.72 m, and a wall behind it. No lights."""
    return SceneSpec(
        bodies=(
            BodySpec(name="floor", shape=BoxShape(size_m=(6, 6, 0.1)), world_from_body=Pose((0, 0, -0.05))),
            BodySpec(name="table", shape=BoxShape(size_m=(1.2, 0.8, 0.04)), world_from_body=Pose((0.1, -0.2, 0.7)), tags=("support",)),
            BodySpec(name="wall", shape=BoxShape(size_m=(6, 0.1, 3)), world_from_body=Pose((0, 0.6, 1.5))),
        ),
        cameras=(CameraSpec(name="view-0", width=640, height=480),),
    )


@pytest.fixture(scope="session")
def staged(room, context):
    """room -> the room with everything varied, by seed."""

    def stage(seed: int, **changed) -> SceneSpec:
        spec = room
        for name in SCENE + VIEW:
            randomizer = changed.get(name.replace("-", "_")) or RANDOMIZERS[name]()
            spec = randomizer.apply(spec, randomizer.sample(Seed(seed).child("randomizer", name), spec, context))
        return spec

    return stage
