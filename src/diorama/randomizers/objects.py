"""Which objects there are: kinds, sizes, masses, and how they slide and bounce."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.distributions import Choice, Constant, Distribution, LogUniform, Uniform, UniformInt, require, rounded
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue, UnknownName, suggestion
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MeshShape, SceneSpec

Shelf = Mapping[str, tuple[str, ...]]

#: Lighter bodies make contact solvers jitter.
MIN_MASS_KG = 0.01
#: Picks made for one that is small enough.
_PICKS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects(Labelled):
    """Add random objects of the asset library: how many, of which categories, sizes, masses and surfaces.

    `count` picks are made, each put in `copies` times over, alike in all. `categories` draws the category of a pick, by default any evenly; then
    any asset of it, evenly. `assets` leaves only those to pick from: ids, or patterns of them as in a shell, such as ``household:mug/*``. `scale`
    multiplies the asset's size, `density` its density. A pick whose longest side is more than `largest_m` then is made again.

    Bodies are named after the label, by default ``object``: ``object-00``, ``object-01``, ..., and copies ``object-00-1``, ``object-00-2``, ...
    They are tagged ``object``, their label if they have one, and `tags`. With `clutter` they are there to be in the way: tagged ``clutter`` and
    not ``object``, without a category, and never labelled in pictures.
    """

    name: ClassVar[str] = "objects"
    stage: ClassVar[Stage] = "scene"

    count: Distribution = UniformInt(10, 15)
    copies: Distribution = Constant(1)
    categories: Distribution | None = None
    assets: tuple[str, ...] = ()
    largest_m: float | None = None
    scale: Distribution = Uniform(0.9, 1.1)
    density: Distribution = LogUniform(0.7, 1.4)
    friction: Distribution = Uniform(0.4, 0.9)
    restitution: Distribution = Uniform(0.0, 0.3)
    tags: tuple[str, ...] = ()
    clutter: bool = False

    def __post_init__(self) -> None:
        require(self, 0, 10_000, "count", whole=True)
        require(self, 1, 10_000, "copies", whole=True)
        require(self, 1e-6, 1e6, "scale", "density")
        require(self, 0, 10, "friction")
        require(self, 0, 1, "restitution")
        if self.largest_m is not None and not self.largest_m > 0:
            raise InvalidValue(f"largest_m must be positive, got {self.largest_m}")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        shelf = by_category(context.library, self.assets)
        count = self.count.sample(seed.child("count").rng())
        names = [f"{self.label or 'object'}-{i:02d}" for i in range(count)]
        objects = [o for name in names for o in self._alike(name, seed.child("body", name).rng(), shelf, context.library)]
        taken = sorted({body.name for body in spec.bodies} & {o["name"] for o in objects})
        if taken:
            raise InvalidValue(f'objects: there is a body named "{taken[0]}" already; give these objects another label')
        return {"objects": objects}

    def _alike(self, name: str, rng: np.random.Generator, shelf: Shelf, library: AssetLibrary) -> list[dict[str, Any]]:
        """A pick, and its copies."""
        for _ in range(_PICKS):
            category = (self.categories or Choice(list(shelf))).sample(rng)
            if category not in shelf:
                raise UnknownName(f'objects: no asset has the category "{category}".{suggestion(str(category), shelf)}')
            assets = shelf[category]
            asset = assets[UniformInt(0, len(assets) - 1).sample(rng)]
            scale = self.scale.sample(rng)
            loaded = library.shape_asset(MeshShape(asset=asset, scale=scale))
            if self.largest_m is None or max(b - a for a, b in zip(*loaded.bounds_m, strict=True)) <= self.largest_m:
                break
        else:
            raise InvalidValue(f"objects: none of {_PICKS} picks is at most {self.largest_m:g} m long; ask for larger ones, or for other assets")
        mass = loaded.volume_m3 * loaded.density_kg_m3 * self.density.sample(rng)
        drawn = {
            "asset": asset,
            "category": category,
            "scale": scale,
            "mass_kg": max(rounded(mass), MIN_MASS_KG),
            "friction": self.friction.sample(rng),
            "restitution": self.restitution.sample(rng),
        }
        copies = self.copies.sample(rng)
        return [{"name": name if i == 0 else f"{name}-{i}"} | drawn for i in range(copies)]

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        tags = ("clutter" if self.clutter else "object", *((self.label,) if self.label else ()), *self.tags)
        added = (
            BodySpec(
                name=o["name"],
                shape=MeshShape(asset=o["asset"], scale=o["scale"]),
                mass_kg=o["mass_kg"],
                friction=o["friction"],
                restitution=o["restitution"],
                category=None if self.clutter else o["category"],
                tags=tags,
            )
            for o in params["objects"]
        )
        return spec.replace(bodies=(*spec.bodies, *added))


@lru_cache(maxsize=8)  # a library does not change, and a run has one
def by_category(library: AssetLibrary, wanted: tuple[str, ...]) -> Shelf:
    """Asset ids by category, both sorted: all there are to draw from, or those wanted."""
    shelf: dict[str, list[str]] = {}
    for asset_id in sorted({i for name in wanted for i in _matching(library, name)}) if wanted else library.ids():
        shelf.setdefault(library.category_of(asset_id)[0], []).append(asset_id)
    if not shelf:
        raise InvalidValue("objects: the asset library is empty, there is nothing to put into the scene")
    return {category: tuple(shelf[category]) for category in sorted(shelf)}


def _matching(library: AssetLibrary, name: str) -> list[str]:
    """The asset of this id, which may be built in while the library's own are a user's; or the library's with ids like a pattern."""
    if not any(c in name for c in "*?["):
        library.category_of(name)
        return [name]
    found = [i for i in library.ids() if fnmatchcase(i, name)]
    if not found:
        kinds = {f"{i.rpartition('/')[0]}/*" if "/" in i else i for i in library.ids()}
        raise UnknownName(f'objects: no asset has an id like "{name}".{suggestion(name, kinds)}')
    return found
