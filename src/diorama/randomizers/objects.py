"""Which objects there are: kinds, sizes, masses, and how they slide and bounce."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.distributions import Choice, Distribution, LogUniform, Uniform, UniformInt, require, rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue, UnknownName, suggestion
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MeshShape, SceneSpec

Shelf = Mapping[str, tuple[str, ...]]

#: Lighter bodies make contact solvers jitter.
MIN_MASS_KG = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """Add random objects of the asset library: how many, of which categories, sizes, masses and surfaces.

    `categories` draws a category for each object, by default any evenly; then any asset of it, evenly. `scale` multiplies
    the asset's size, `density` its density. Objects are named ``object-00``, ``object-01``, ... and tagged ``object``.
    """

    name: ClassVar[str] = "objects"
    stage: ClassVar[Stage] = "scene"

    count: Distribution = UniformInt(10, 15)
    categories: Distribution | None = None
    scale: Distribution = Uniform(0.9, 1.1)
    density: Distribution = LogUniform(0.7, 1.4)
    friction: Distribution = Uniform(0.4, 0.9)
    restitution: Distribution = Uniform(0.0, 0.3)

    def __post_init__(self) -> None:
        require(self, 0, 10_000, "count", whole=True)
        require(self, 1e-6, 1e6, "scale", "density")
        require(self, 0, 10, "friction")
        require(self, 0, 1, "restitution")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        shelf = _by_category(context.library)
        count = self.count.sample(seed.child("count").rng())
        names = [f"object-{i:02d}" for i in range(count)]
        return {"objects": [self._object(name, seed.child("body", name).rng(), shelf, context.library) for name in names]}

    def _object(self, name: str, rng: np.random.Generator, shelf: Shelf, library: AssetLibrary) -> dict[str, Any]:
        category = (self.categories or Choice(list(shelf))).sample(rng)
        if category not in shelf:
            raise UnknownName(f'objects: no asset has the category "{category}".{suggestion(str(category), shelf)}')
        assets = shelf[category]
        asset = assets[UniformInt(0, len(assets) - 1).sample(rng)]
        scale = self.scale.sample(rng)
        loaded = library.shape_asset(MeshShape(asset=asset, scale=scale))
        mass = loaded.volume_m3 * loaded.density_kg_m3 * self.density.sample(rng)
        return {
            "name": name,
            "asset": asset,
            "category": category,
            "scale": scale,
            "mass_kg": max(rounded(mass), MIN_MASS_KG),
            "friction": self.friction.sample(rng),
            "restitution": self.restitution.sample(rng),
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        added = (
            BodySpec(
                name=o["name"],
                shape=MeshShape(asset=o["asset"], scale=o["scale"]),
                mass_kg=o["mass_kg"],
                friction=o["friction"],
                restitution=o["restitution"],
                category=o["category"],
                tags=("object",),
            )
            for o in params["objects"]
        )
        return spec.replace(bodies=(*spec.bodies, *added))


@lru_cache(maxsize=1)  # a library does not change, and a run has one
def _by_category(library: AssetLibrary) -> Shelf:
    """Asset ids by category, both sorted."""
    shelf: dict[str, list[str]] = {}
    for asset_id in library.ids():
        shelf.setdefault(library.category_of(asset_id)[0], []).append(asset_id)
    if not shelf:
        raise InvalidValue("objects: the asset library is empty, there is nothing to put on the table")
    return {category: tuple(shelf[category]) for category in sorted(shelf)}
