"""Bodies that exchange their looks."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import OBJECTS, Context, Labelled, Select, Stage
from diorama.randomizers.distributions import UniformInt, require_share
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MaterialSpec, MeshShape, SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialSwap(Labelled):
    """Have bodies exchange their looks: a mug in the colours of a book, a book in those of an apple.

    One body after the other, of those `on` selects, exchanges its look with any one before it, with the probability `share`. Parts exchange
    in order. Pictures that an asset brings are unrolled on the other one, at the scale they have on their own.
    """

    name: ClassVar[str] = "material-swap"
    stage: ClassVar[Stage] = "scene"

    on: Select = OBJECTS
    share: float = 0.3

    def __post_init__(self) -> None:
        require_share(self, "share")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        swaps: list[dict[str, str]] = []
        names = [body.name for body in self.on.of(spec.bodies)]
        for k, name in enumerate(names[1:], 1):
            rng = seed.child("body", name).rng()
            if rng.random() < self.share:
                swaps.append({"name": name, "with": names[UniformInt(0, k - 1).sample(rng)]})
        return {"swaps": swaps}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        bodies = {body.name: body for body in spec.bodies}
        for swap in params["swaps"]:
            one, other = bodies[swap["name"]], bodies[swap["with"]]
            bodies[one.name], bodies[other.name] = _in_the_look_of(one, other), _in_the_look_of(other, one)
        return spec.replace(bodies=tuple(bodies.values()))


def _in_the_look_of(body: BodySpec, other: BodySpec) -> BodySpec:
    brought = other.look_of or (other.shape.asset if isinstance(other.shape, MeshShape) else None)
    material = other.material
    if material is None and brought is None:
        material = MaterialSpec()  # what a primitive brings
    own = body.shape.asset if isinstance(body.shape, MeshShape) else None
    return replace(body, material=material, part_materials=other.part_materials, look_of=None if brought == own else brought)
