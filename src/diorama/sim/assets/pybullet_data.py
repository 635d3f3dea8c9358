"""Meshes of PyBullet's data package: a thousand random shapes, and the things among the rest that fit on a table."""

import re
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from diorama.sim.assets import geometry
from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.obj import read_obj
from diorama.sim.assets.surface import Look, Surface, assemble
from diorama.sim.errors import AssetError

RANDOM_SHAPES = 1000
#: The scale and the colours in the package's own URDFs of random shapes.
RANDOM_SCALE_M = 0.015


@cache
def data_folder() -> Path:
    """Where the package keeps its files. Raises AssetError when it is not installed."""
    spec = find_spec("pybullet_data")
    if spec is None or not spec.submodule_search_locations:
        raise AssetError('pybullet_data is not there, though PyBullet ships it. Reinstall it with: pip install --force-reinstall "pybullet>=3.2.6"')
    return Path(spec.submodule_search_locations[0])


def names() -> tuple[str, ...]:
    """Every name that `load` takes, after ``pybullet:``."""
    return tuple(f"random_urdfs/{i:03d}" for i in range(RANDOM_SHAPES))


def category_of(name: str) -> tuple[str, str]:
    """(category, supercategory) of a name of `names`."""
    return ("random-shape", "shape")


def load(name: str) -> Asset:
    """The asset of a name of `names`."""
    return _random_shape(name)


def _random_shape(name: str) -> Asset:
    """A union of convex pieces, seen and touched alike."""
    number = name.rpartition("/")[2]
    path = data_folder() / "random_urdfs" / number / f"{number}.obj"
    pieces = [replace(s, positions=s.positions * RANDOM_SCALE_M) for s in read_obj(path)]
    volumes = [geometry.signed_volume_and_center(s.positions, s.faces) for s in pieces]
    total = sum(v for v, _ in volumes)
    center = tuple(sum(v * c[i] for v, c in volumes) / total for i in range(3))
    positions, faces = geometry.merged([(s.positions, s.faces) for s in pieces])
    rgba = re.search(r'rgba="([^"]*)"', path.with_suffix(".urdf").read_text())
    red, green, blue = (float(x) for x in rgba.group(1).split()[:3]) if rgba else (0.5, 0.5, 0.5)
    surface = Surface(positions=positions, faces=faces, look=Look(base_color=linear_rgb(red, green, blue), roughness=0.6))
    return assemble(
        f"pybullet:{name}",
        *category_of(name),
        [surface],
        [s.positions for s in pieces],
        volume_and_center=(total, (center[0], center[1], center[2])),
        source=str(path),
    )
