"""What the renderer's tests share: one renderer, a plain camera, and a library that also holds meshes of the test's own."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset, MeshPart
from diorama.sim.render.raster import Raster
from diorama.sim.spec import Shape

#: The tests here share modules.
sys.path.insert(0, str(Path(__file__).parent))


class LibraryWithMeshes(AssetLibrary):
    """The built-in library, and triangle soups by an id that starts with ``test:``."""

    def __init__(self) -> None:
        super().__init__()
        self.soups: dict[str, Asset] = {}

    def add(self, name: str, vertices: object, faces: object) -> str:
        """A mesh from (n, 3) vertices and (m, 3) faces, flat-shaded; the id to ask for it by."""
        corners = np.asarray(vertices, np.float32)[np.asarray(faces)]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        normals = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
        count = len(corners)
        part = MeshPart(
            positions=corners.reshape(-1, 3),
            normals=np.repeat(normals, 3, axis=0),
            uv=np.zeros((3 * count, 2), np.float32),
            faces=np.arange(3 * count, dtype=np.int32).reshape(-1, 3),
        )
        low, high = (tuple(float(v) for v in edge) for edge in (corners.min((0, 1)), corners.max((0, 1))))
        self.soups[f"test:{name}"] = Asset(
            id=f"test:{name}", category="soup", supercategory="test", parts=(part,), hulls=(), bounds_m=(low, high), volume_m3=0.0
        )
        return f"test:{name}"

    def shape_asset(self, shape: Shape) -> Asset:
        asset = getattr(shape, "asset", "")
        return self.soups[asset] if asset in self.soups else super().shape_asset(shape)


@pytest.fixture(scope="session")
def library() -> LibraryWithMeshes:
    return LibraryWithMeshes()


@pytest.fixture(scope="session")
def raster(library: LibraryWithMeshes) -> Iterator[Raster]:
    """On the CPU, or on the device that DIORAMA_DEVICE names ("cuda:0")."""
    with Raster(library, os.environ.get("DIORAMA_DEVICE", "cpu")) as renderer:
        yield renderer
