"""What the ground of a street is made of, and what its years have left on it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from diorama.randomizers.base import Context, Labelled, Stage
from diorama.randomizers.colors import mixed, scaled
from diorama.randomizers.distributions import Choice, Constant, Distribution, Uniform, UniformInt, require, require_one_of, require_share
from diorama.randomizers.street.ground import roads_of
from diorama.randomizers.street.repairs import LIFTS_M, Outlines, covers, drains, patches, seams
from diorama.sim.assets.street.surfaces import SURFACES
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MaterialSpec, PaintShape, ProceduralTexture, Rgb, RoadMap, SceneSpec

Repair = Callable[[RoadMap, float, np.random.Generator], Outlines]

#: Of each surface there are so many.
_VARIANTS = 16
_IRON = MaterialSpec(
    base_color=(1.0, 1.0, 1.0),
    metallic=0.3,
    roughness=0.6,
    texture=ProceduralTexture(pattern="checks", color_a=(0.05, 0.048, 0.045), color_b=(0.1, 0.095, 0.09), tile_m=0.12, frequency=2),
)
#: What shows through worn paint.
_UNDER: Rgb = (0.11, 0.11, 0.11)
_KERBS = Constant("kerbstone")
_TAR = MaterialSpec(base_color=(0.022, 0.022, 0.024), roughness=0.55)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadSurface(Labelled):
    """Give the ground of a street its surfaces, and repair its roads.

    What is drawn for each piece of the ground is a surface of the asset library, ``street:<surface>/<variant>``. `gardens` and `yards` are plots
    where grass grows, or not. On each 100 m of lane there are `patches`, which are of the surface `patch`, and `seams` of tar; on each 100 m of
    road `covers` of manholes, and on each 100 m of kerb `drains`. In a share `worn` of scenes paint is worn by `wear`, 0 new to 1 gone.
    """

    name: ClassVar[str] = "road-surface"
    stage: ClassVar[Stage] = "scene"

    road: Distribution = Choice({"asphalt": 0.5, "asphalt-old": 0.27, "asphalt-new": 0.14, "cobbles": 0.05, "concrete": 0.04})
    cycle_path: Distribution = Choice({"asphalt-red": 0.6, "asphalt": 0.3, "asphalt-new": 0.1})
    parking: Distribution = Choice({"asphalt": 0.5, "asphalt-old": 0.2, "paving-bricks": 0.2, "cobbles": 0.1})
    pavement: Distribution = Choice({"paving-slabs": 0.55, "paving-bricks": 0.2, "asphalt": 0.17, "concrete": 0.08})
    verge: Distribution = Choice({"lawn": 0.4, "meadow": 0.45, "soil": 0.15})
    gardens: Distribution = Choice({"lawn": 0.6, "meadow": 0.25, "soil": 0.1, "gravel": 0.05})
    yards: Distribution = Choice({"paving-slabs": 0.3, "paving-bricks": 0.15, "concrete": 0.2, "asphalt": 0.25, "gravel": 0.1})
    land: Distribution = Choice({"meadow": 0.7, "lawn": 0.2, "soil": 0.1})
    patches: Distribution = Uniform(0, 5)
    patch: Distribution = Choice({"asphalt-new": 0.3, "asphalt": 0.5, "asphalt-old": 0.2})
    seams: Distribution = Uniform(0, 4)
    covers: Distribution = Uniform(0, 3)
    drains: Distribution = Uniform(2, 5)
    worn: float = 0.7
    wear: Distribution = Uniform(0.05, 0.6)

    def __post_init__(self) -> None:
        require_one_of(self, SURFACES, "road", "cycle_path", "parking", "pavement", "verge", "gardens", "yards", "land", "patch")
        require(self, 0, 50, "patches", "seams", "covers", "drains")
        require(self, 0, 1, "wear")
        require_share(self, "worn")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        roads = roads_of(spec, self.name)
        looks: dict[str, str] = {}
        for body in spec.bodies:
            surface = self._surface(body)
            if surface is not None:
                rng = seed.child("body", body.name).rng()
                looks[body.name] = f"street:{surface.sample(rng)}/{UniformInt(0, _VARIANTS - 1).sample(rng)}"
        rng = seed.child("repairs").rng()
        patch = f"street:{self.patch.sample(rng)}/{UniformInt(0, _VARIANTS - 1).sample(rng)}"
        # Nobody fills holes in a pavement of stones with asphalt, or nobody should.
        is_asphalt = looks.get("road", "street:asphalt").startswith("street:asphalt")
        return {
            "looks": looks,
            "patch": patch,
            "outlines": {
                what: make(roads, density.sample(rng) if what == "drains" or is_asphalt else 0.0, seed.child(what).rng())
                for what, (make, density) in self._repairs().items()
            },
            "paint": self._paint(seed.child("paint"), spec),
        }

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        roads = roads_of(spec, self.name)
        changes: dict[str, dict[str, Any]] = {name: {"look_of": look, "material": None} for name, look in params["looks"].items()}
        changes |= {name: {"material": from_json(MaterialSpec, material)} for name, material in params["paint"].items()}
        spec = spec.map_bodies(changes)
        made: list[BodySpec] = []
        for what, outlines in params["outlines"].items():
            if outlines:
                symbols = tuple(tuple((x, y) for x, y in outline) for outline in outlines)
                shape = PaintShape(symbols=symbols, terrain=roads.terrain, lift_m=LIFTS_M[what])
                body = BodySpec(name=f"road-{what}", shape=shape, stuff="road", tags=("ground", "repair"))
                made.append(
                    replace(body, look_of=params["patch"]) if what == "patches" else replace(body, material=_TAR if what == "seams" else _IRON)
                )
        return spec.replace(bodies=(*spec.bodies, *made))

    def _surface(self, body: BodySpec) -> Distribution | None:
        """What a piece of the ground may be made of; None for what is none."""
        if "ground" not in body.tags or "paint" in body.tags:
            return None
        plots = self.gardens if body.stuff == "terrain" else self.yards
        by_name = {
            "road": self.road,
            "cycle-path": self.cycle_path,
            "parking": self.parking,
            "pavement": self.pavement,
            "islands": self.verge,
            "verges": self.verge,
            "plots": plots,
            "terrain": self.land,
            "kerbs": _KERBS,
        }
        return by_name.get(body.name)

    def _repairs(self) -> dict[str, tuple[Repair, Distribution]]:
        return {
            "patches": (patches, self.patches),
            "seams": (seams, self.seams),
            "covers": (covers, self.covers),
            "drains": (drains, self.drains),
        }

    def _paint(self, seed: Seed, spec: SceneSpec) -> dict[str, Any]:
        """Materials of paint: clean, or with the road showing through in places."""
        rng = seed.rng()
        is_worn, wear, tile_m = rng.random() < self.worn, self.wear.sample(rng), Uniform(1.0, 2.5).sample(rng)
        clean = Uniform(0.75, 1.05).sample(rng)
        out: dict[str, Any] = {}
        for body in spec.bodies:
            if "paint" not in body.tags or body.material is None:
                continue
            color = scaled(body.material.base_color, clean)
            material = MaterialSpec(base_color=color, roughness=0.6)
            if is_worn:
                gone = mixed(color, _UNDER, wear)
                texture = ProceduralTexture(pattern="noise", color_a=gone, color_b=color, tile_m=tile_m, frequency=12, seed=seed.integer())
                material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.7, texture=texture)
            out[body.name] = to_json(material)
        return out
