"""Meshes of PyBullet's data package: a thousand random shapes, and the things among the rest that fit on a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from diorama.sim.assets import geometry
from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.convex import convex_pieces
from diorama.sim.assets.forms import turned_hulls, wall_hulls
from diorama.sim.assets.geometry import Points
from diorama.sim.assets.images import fitted
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.meshfile import Z_UP_FROM_Y_UP, read_mesh
from diorama.sim.assets.surface import Surface, assemble
from diorama.sim.assets.urdf import read_urdf
from diorama.sim.errors import AssetError
from diorama.sim.spec import MaterialSpec

#: Left out: 168, whose vertices are NaN in the package, and splinters of less than two centimetres.
RANDOM_SHAPES = tuple(k for k in range(1000) if k not in (168, 295, 297, 602, 824))
#: The scale in the package's own URDFs of random shapes.
RANDOM_SCALE = 0.015
#: Pictures in the package are up to 2048 pixels wide, on things of a few centimetres.
LARGEST_TEXTURE_PX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A file of the package (URDF or mesh), what it shows, and how to scale and turn it to a real size, upright."""

    file: str
    category: str
    supercategory: str
    scale: float = 1.0
    y_up: bool = False
    density_kg_m3: float = 400.0


THINGS = {
    "block": Thing(file="block.urdf", category="wooden-block", supercategory="toy", density_kg_m3=600.0),
    "cube": Thing(file="cube_small.urdf", category="wooden-block", supercategory="toy", density_kg_m3=600.0),
    "cylinder": Thing(file="toys/cylinder.obj", category="wooden-block", supercategory="toy", scale=0.6, density_kg_m3=600.0),
    "domino": Thing(file="domino/domino.urdf", category="domino", supercategory="toy", density_kg_m3=1800.0),
    "duck": Thing(file="duck_vhacd.urdf", category="duck", supercategory="toy", y_up=True, density_kg_m3=200.0),
    "jenga": Thing(file="jenga/jenga.urdf", category="wooden-block", supercategory="toy", scale=0.5, density_kg_m3=600.0),
    "lego": Thing(file="lego/lego.urdf", category="brick", supercategory="toy", density_kg_m3=600.0),
    "mug": Thing(file="objects/mug.urdf", category="mug", supercategory="tableware", density_kg_m3=2300.0),
    "prism": Thing(file="toys/prism.obj", category="wooden-block", supercategory="toy", scale=0.6, density_kg_m3=600.0),
    "soccerball": Thing(file="soccerball.urdf", category="ball", supercategory="toy", scale=0.13, density_kg_m3=110.0),
    "teddy": Thing(file="teddy_vhacd.urdf", category="teddy-bear", supercategory="toy", scale=1.4, density_kg_m3=120.0),
}


@cache
def data_folder() -> Path:
    """Where the package keeps its files. Raises AssetError when it is not installed."""
    spec = find_spec("pybullet_data")
    if spec is None or not spec.submodule_search_locations:
        raise AssetError('pybullet_data is not there, though PyBullet ships it. Reinstall it with: pip install --force-reinstall "pybullet>=3.2.6"')
    return Path(spec.submodule_search_locations[0])


@cache
def names() -> tuple[str, ...]:
    """Every name that `load` takes, after ``pybullet:``."""
    return (*THINGS, *(f"random_urdfs/{i:03d}" for i in RANDOM_SHAPES))


def is_name(name: str) -> bool:
    """Whether `load` takes this name."""
    return name in THINGS or (re.fullmatch(r"random_urdfs/[0-9]{3}", name) is not None and int(name[-3:]) in RANDOM_SHAPES)


def category_of(name: str) -> tuple[str, str]:
    """(category, supercategory) of a name."""
    return (THINGS[name].category, THINGS[name].supercategory) if name in THINGS else ("random-shape", "shape")


def load(name: str) -> Asset:
    """The asset of a name that `is_name` accepts."""
    return _thing(name) if name in THINGS else _random_shape(name)


def _thing(name: str) -> Asset:
    thing = THINGS[name]
    path = data_folder() / thing.file
    if path.suffix == ".urdf":
        seen, touched = read_urdf(path)
    else:
        seen = touched = read_mesh(path)
    frame = Z_UP_FROM_Y_UP if thing.y_up else np.eye(4)
    frame = frame * np.array([thing.scale, thing.scale, thing.scale, 1.0])
    seen = [replace(s.moved(frame), look=_small(s.look)) for s in seen]
    hulls, whole = convex_pieces([s.moved(frame) for s in touched], thing.file) if name != "mug" else (_mug_hulls(touched), None)
    return assemble(f"pybullet:{name}", *category_of(name), seen, hulls, volume_and_center=whole, density_kg_m3=thing.density_kg_m3, source=str(path))


def _small(look: Look) -> Look:
    return replace(look, images={slot: fitted(image, LARGEST_TEXTURE_PX) for slot, image in look.images.items()})


def _mug_hulls(touched: Sequence[Surface]) -> list[Points]:
    """The package's collision mesh fills the mug. Its handle is in convex pieces, and is kept; the wall is made from the mug's profile."""
    handle = [s.positions for s in touched if s.piece.startswith("handle")]
    outer = [(0.0395, 0.0), (0.041, 0.0015), (0.041, 0.0972)]
    inner = [(0.0326, 0.0086), (0.0326, 0.0086), (0.0326, 0.0972)]
    wall = wall_hulls(outer, inner, (0, 2), sectors=12, segments=24, lip=[(0.0381, 0.1), (0.0355, 0.1)])
    return [*turned_hulls([(0.0395, 0.0), (0.041, 0.0015), (0.041, 0.0086)], segments=24), *wall, *handle]


def _random_shape(name: str) -> Asset:
    """A union of convex pieces, seen and touched alike."""
    number = name.rpartition("/")[2]
    path = data_folder() / "random_urdfs" / number / f"{number}.obj"
    pieces = [replace(s, positions=s.positions * RANDOM_SCALE) for s in read_mesh(path)]
    volumes = [geometry.signed_volume_and_center(s.positions, s.faces) for s in pieces]
    total = sum(v for v, _ in volumes)
    x, y, z = (sum(v * c[i] for v, c in volumes) / total for i in range(3))
    rgba = re.search(r'rgba="([^"]*)"', path.with_suffix(".urdf").read_text(encoding="utf-8"))
    red, green, blue = (float(v) for v in rgba.group(1).split()[:3]) if rgba else (0.5, 0.5, 0.5)
    positions, faces = geometry.merged([(s.positions, s.faces) for s in pieces])
    material = MaterialSpec(base_color=linear_rgb(red, green, blue), roughness=0.6)
    surface = Surface(positions=positions, faces=faces, look=Look(material=material))
    hulls = [s.positions for s in pieces]
    return assemble(f"pybullet:{name}", *category_of(name), [surface], hulls, volume_and_center=(total, (x, y, z)), source=str(path))
