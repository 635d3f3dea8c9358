"""Make the pictures of what places objects in docs/randomizers.md, and those of docs/scenarios.md.

    python docs/make_placement_pictures.py [NAME ...]

Each placement is a row of three scenes at rest, on one table; each scenario a sheet of eight scenes.
"""

import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from diorama.plan import default_plan
from diorama.randomizers.base import Context, Select
from diorama.randomizers.distributions import Choice, Constant, Uniform, UniformInt
from diorama.randomizers.drop import Drop
from diorama.randomizers.facing import Facing
from diorama.randomizers.flying_distractors import FlyingDistractors
from diorama.randomizers.grid import Grid
from diorama.randomizers.objects import Objects
from diorama.randomizers.on_surface import OnSurface
from diorama.randomizers.pile import Pile
from diorama.randomizers.relative import Relative
from diorama.randomizers.scale import Scale
from diorama.randomizers.scatter import Scatter
from diorama.randomizers.sensor import Sensor
from diorama.randomizers.shelve import Shelve
from diorama.randomizers.stack import Stack
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import RejectedScene
from diorama.sim.physics.bullet import Bullet
from diorama.sim.render import open_renderer
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CameraSpec, EnvironmentSpec, MaterialSpec, PhysicsSpec, Pose, RectLight, SceneSpec
from diorama.sim.transforms import look_at
from diorama.studio import Studio, generate

HERE = Path(__file__).parent / "images"
SIZE = (400, 300)
SCENARIOS = ("bin-picking", "conveyor", "shelf")


def plank(name: str, size: tuple[float, float, float], place: tuple[float, float, float], *tags: str) -> BodySpec:
    """A part of the furniture."""
    wood = MaterialSpec(base_color=(0.42, 0.33, 0.25), roughness=0.6)
    return BodySpec(name=name, shape=BoxShape(size_m=size), world_from_body=Pose(place), friction=0.7, material=wood, tags=tags)


TABLE = (plank("table", (0.9, 0.6, 0.04), (0, 0, -0.02), "support"),)
BIN = (
    plank("bin-floor", (0.4, 0.3, 0.02), (0, 0, -0.01), "support"),
    *(plank(f"bin-long-{i}", (0.43, 0.015, 0.16), (0, y, 0.06), "container") for i, y in enumerate((-0.1575, 0.1575))),
    *(plank(f"bin-short-{i}", (0.015, 0.3, 0.16), (x, 0, 0.06), "container") for i, x in enumerate((-0.2075, 0.2075))),
)
BOARDS = tuple(plank(f"board-{i}", (0.9, 0.32, 0.02), (0, 0, 0.3 * i - 0.01), "support") for i in range(2))
BOXES = Choice(["book", "brick", "carton", "puzzle-cube", "die", "wooden-block"])
CUTLERY = Choice(["fork", "knife", "spoon", "wrench", "screwdriver"])

#: What stands there, what is put on it and how.
ROWS: dict[str, tuple[tuple[BodySpec, ...], tuple[Any, ...]]] = {
    "drop": (TABLE, (Objects(count=Constant(12)), Drop())),
    "facing": (
        TABLE,
        (
            Objects(count=Constant(1), copies=Constant(9), assets=("household:toy-car/*", "pybullet:duck")),
            Scatter(rest=Constant("upright"), spacing_m=0.06),
            Facing(toward_m=(0.45, -0.3, 0.0), error_deg=Uniform(-5, 5)),
        ),
    ),
    "flying-distractors": (TABLE, (Objects(count=Constant(8)), OnSurface(), FlyingDistractors(count=Constant(7)))),
    "grid": (TABLE, (Objects(count=Constant(1), copies=UniformInt(12, 20), largest_m=0.1), Grid(rows=Constant(4), columns=Constant(5)))),
    "on-surface": (TABLE, (Objects(count=Constant(12), largest_m=0.25), OnSurface())),
    "pile": (BIN, (Objects(count=UniformInt(2, 5), copies=UniformInt(4, 6), largest_m=0.2), Pile())),
    "relative": (
        TABLE,
        (
            Objects(count=Constant(3), categories=Constant("plate"), label="plates"),
            OnSurface(spacing_m=0.15, margin_m=0.07),
            Objects(count=Constant(6), categories=CUTLERY, label="cutlery"),
            Relative(
                on=Select(tags=("cutlery",)), of=Select(tags=("plates",)), side=Choice(["left", "right"]), yaw_deg=Constant(0), offset=Constant(0)
            ),
        ),
    ),
    "scale": (
        TABLE,
        (
            Objects(count=Constant(1), copies=Constant(8), categories=Choice(["mug", "duck", "teddy-bear", "bottle"])),
            Scale(stretch=Uniform(0.8, 1.25), deform=Constant(0.07)),
            OnSurface(),
        ),
    ),
    "scatter": (TABLE, (Objects(count=Constant(14), largest_m=0.2), Scatter(distance_m=Constant(0.12)))),
    "shelve": (BOARDS, (Objects(count=UniformInt(6, 9), copies=UniformInt(2, 5), largest_m=0.2), Shelve())),
    "stack": (TABLE, (Objects(count=Constant(16), categories=BOXES), Stack())),
}


def row(name: str) -> np.ndarray:
    """Three scenes that come to rest."""
    furniture, randomizers = ROWS[name]
    width, height = SIZE
    eye = {"pile": (0.1, -0.36, 0.62), "shelve": (0.1, -1.15, 0.5)}.get(name, (0.2, -0.74, 0.6))
    middle = (0.0, 0.0, 0.25) if name == "shelve" else (0.0, 0.0, 0.0)
    camera = CameraSpec.from_fov(width=width, height=height, fov_y_rad=math.radians(45), world_from_camera=Pose.from_matrix(look_at(eye, middle)))
    stage = SceneSpec(
        bodies=furniture,
        lights=(RectLight(position_m=(-0.8, -0.9, 1.6), direction=(0.8, 0.9, -1.6), size_m=(0.8, 0.8), radiance=(14.0, 13.5, 13.0)),),
        environment=EnvironmentSpec(sky=(0.45, 0.47, 0.5), ground=(0.25, 0.24, 0.22)),
        physics=PhysicsSpec(bounds_min_m=(-0.5, -0.4, -0.02), bounds_max_m=(0.5, 0.4, 2)),
    )
    library, pictures, seed = AssetLibrary(), [], 0
    with Bullet(library) as physics, open_renderer("raster", library) as renderer:
        while len(pictures) < 3:
            seed += 1
            try:
                spec = _varied(stage, randomizers, "scene", seed, library)
                spec = _varied(physics.settle(spec), randomizers, "settled", seed, library).replace(cameras=(camera,))
            except RejectedScene:
                continue
            spec = _varied(spec, (Sensor(adaptation=Constant(1), error_ev=Constant(0), target=0.4),), "view", seed, library)
            renderer.load(spec)
            pictures.append(renderer.render(spec.cameras[0], ("rgb",)).rgb)
    return np.hstack(pictures)


def _varied(spec: SceneSpec, randomizers: tuple[Any, ...], stage: str, seed: int, library: AssetLibrary) -> SceneSpec:
    for i, randomizer in enumerate(randomizers):
        if randomizer.stage == stage:
            spec = randomizer.apply(spec, randomizer.sample(Seed(seed).child(i), spec, Context(library=library)))
    return spec


def scenario(name: str) -> np.ndarray:
    """Eight of its scenes."""
    plan = default_plan(name, resolution=SIZE, views=1)
    with Studio(plan) as studio:
        pictures = [generate(plan, 1, index, studio=studio).frames[0].rgb for index in range(8)]
    return np.vstack([np.hstack(pictures[i : i + 4]) for i in (0, 4)])


def main(names: list[str]) -> None:
    """Write the pictures of these names, or all."""
    for name in names or (*ROWS, *SCENARIOS):
        picture = scenario(name) if name in SCENARIOS else row(name)
        path = HERE / ("scenarios" if name in SCENARIOS else "randomizers") / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
