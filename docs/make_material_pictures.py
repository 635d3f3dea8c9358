"""Make the pictures of surfaces in docs/randomizers.md.

    python docs/make_material_pictures.py [NAME ...]

Each is a row of one scene whose looks alone vary.
"""

import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from diorama.randomizers.base import Context, Select
from diorama.randomizers.distributions import Constant, Uniform
from diorama.randomizers.looks import PRESETS, Look
from diorama.randomizers.material_jitter import MaterialJitter
from diorama.randomizers.material_swap import MaterialSwap
from diorama.randomizers.materials import Materials
from diorama.randomizers.weathering import Dust, Wear
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.render import open_renderer
from diorama.sim.seeds import Seed
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    MaterialSpec,
    MeshShape,
    Pose,
    ProceduralTexture,
    SceneSpec,
    SunLight,
)
from diorama.sim.transforms import look_at

HERE = Path(__file__).parent / "images" / "randomizers"
SIZE = (400, 300)
LIBRARY = AssetLibrary()
WOOD = ProceduralTexture(pattern="wood", color_a=(0.42, 0.27, 0.15), color_b=(0.24, 0.13, 0.07), tile_m=0.6, frequency=5)
OBJECTS = Select(tags=("object",))


def standing(asset: str, x: float, y: float) -> BodySpec:
    """A household object on the table."""
    low = LIBRARY.load(f"household:{asset}").bounds_m[0][2]
    category = asset.partition("/")[0]
    return BodySpec(name=asset, shape=MeshShape(asset=f"household:{asset}"), world_from_body=Pose((x, y, -low)), category=category, tags=("object",))


STAGE = SceneSpec(
    bodies=(
        BodySpec(
            name="table",
            shape=BoxShape(size_m=(0.9, 0.6, 0.03)),
            world_from_body=Pose((0, 0, -0.015)),
            material=MaterialSpec(base_color=(1, 1, 1), roughness=0.45, texture=WOOD),
            tags=("support",),
        ),
        standing("carton/0", 0.2, 0.12),
        standing("bottle/2", -0.03, 0.12),
        standing("mug/0", -0.22, 0.06),
        standing("hammer/0", -0.06, -0.06),
        standing("book/0", 0.2, -0.12),
        standing("toy-car/0", -0.08, -0.16),
    ),
    lights=(SunLight(direction=(-0.6, 0.5, -1.0), irradiance=(2.3, 2.2, 2.1), angular_diameter_rad=0.06),),
    environment=EnvironmentSpec(sky=(0.5, 0.53, 0.57), ground=(0.25, 0.22, 0.2)),
)


def row(
    variants: list[tuple[Any, ...]], fov_deg: float = 30, target: tuple[float, float, float] = (0.0, -0.01, 0.03), seed: int | None = None
) -> np.ndarray:
    """The stage as each of some lists of randomizers varies it, all by one seed or each by its own."""
    eye = Pose.from_matrix(look_at((0.05, -0.95, 0.7), target))
    camera = CameraSpec.from_fov(width=SIZE[0], height=SIZE[1], fov_y_rad=math.radians(fov_deg), world_from_camera=eye)
    pictures = []
    with open_renderer("raster", LIBRARY) as renderer:
        for number, randomizers in enumerate(variants):
            spec = STAGE
            for randomizer in randomizers:
                params = randomizer.sample(Seed(number if seed is None else seed).child(randomizer.name), spec, Context(library=LIBRARY))
                spec = randomizer.apply(spec, params)
            renderer.load(spec)
            pictures.append(renderer.render(camera, ("rgb",)).rgb)
    return np.hstack(pictures)


def preset(name: str) -> tuple[Any, ...]:
    """All objects of one material."""
    return (Materials(on=OBJECTS, objects=Look(presets=Constant(name))),)


def presets() -> np.ndarray:
    """All of them, three in a row."""
    names = sorted(PRESETS)
    return np.vstack([row([preset(name) for name in names[k : k + 3]]) for k in range(0, len(names), 3)])


def materials() -> np.ndarray:
    """Nothing new, and a draw for each object, for each part, and for all together."""
    each = [Materials(on=OBJECTS, each=kind, objects=Look()) for kind in ("body", "part", "all")]
    return row([(), *((one,) for one in each)])


def jitter() -> np.ndarray:
    """As it is, twice a little changed, and turned through all hues."""
    return row([(), (MaterialJitter(),), (MaterialJitter(),), (MaterialJitter(hue_deg=Uniform(-180, 180)),)])


def worn(kind: Any, **settings: Any) -> np.ndarray:
    """More and more of it, seen from nearby."""
    levels = [(kind(share=1.0, amount=Constant(amount), **settings),) for amount in (0.2, 0.5, 0.9)]
    return row([(), *levels], fov_deg=19, target=(0.07, 0.0, 0.04), seed=2)


MAKERS = {
    "presets": presets,
    "materials": materials,
    "material-jitter": jitter,
    "material-swap": lambda: row([(MaterialSwap(share=0.9),)] * 4),
    "wear": lambda: worn(Wear),
    "dust": lambda: worn(Dust, moved=0.0),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MAKERS:
        cv2.imwrite(str(HERE / f"{name}.jpg"), MAKERS[name]()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
