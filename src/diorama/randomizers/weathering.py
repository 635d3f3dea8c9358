"""What use and time leave on things: scratches and chipped edges, and dust."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from diorama.randomizers.base import OBJECTS, Context, Labelled, Select, Stage
from diorama.randomizers.distributions import Constant, Distribution, Uniform, UniformRotation, require, require_one_of, require_share, rounded
from diorama.randomizers.looks import PALETTES, color_of
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, SceneSpec, Weathering

#: Things, and what they stand on.
_SEEN_FROM_ABOVE = Select(tags=("object", "support"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear(Labelled):
    """Wear bodies down: scratches all over, edges chipped, some places rubbed shiny and others dull.

    A share `share` of the bodies `on` selects is worn, by `amount` (0 new, 1 battered). Where paint is off, a paler tone of its colour
    shows, or one of the palette `bare`, if there is one. Glass stays as it is.
    """

    name: ClassVar[str] = "wear"
    stage: ClassVar[Stage] = "scene"

    on: Select = OBJECTS
    share: float = 0.6
    amount: Distribution = Uniform(0.05, 0.7)
    bare: Distribution | None = None

    def __post_init__(self) -> None:
        require_share(self, "share")
        require(self, 0, 1, "amount")
        if self.bare is not None:
            require_one_of(self, PALETTES, "bare")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        worn: dict[str, Any] = {}
        for body in self.on.of(spec.bodies):
            here = seed.child("body", body.name)
            rng = here.rng()
            if rng.random() >= self.share:
                continue
            worn[body.name] = {"wear": self.amount.sample(rng), "seed": here.child("pattern").integer()}
            if self.bare is not None:
                worn[body.name]["bare"] = list(color_of(self.bare.sample(rng), rng))
        return {"worn": worn}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return _weathered(spec, params["worn"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dust(Labelled):
    """Let dust lie on what faces up, where things came to rest.

    A share `share` of the bodies `on` selects is dusty, by `amount` (0 clean, 1 long forgotten); of these a share `moved` gathered it while
    they lay some other way up. All dust of a scene has one colour, of the palette `color`. Glass stays clean.
    """

    name: ClassVar[str] = "dust"
    stage: ClassVar[Stage] = "settled"

    on: Select = _SEEN_FROM_ABOVE
    share: float = 0.6
    amount: Distribution = Uniform(0.05, 0.7)
    moved: float = 0.15
    color: Distribution = Constant("dust")

    def __post_init__(self) -> None:
        require_share(self, "share", "moved")
        require(self, 0, 1, "amount")
        require_one_of(self, PALETTES, "color")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        rng = seed.child("color").rng()
        color = list(color_of(self.color.sample(rng), rng))
        dusty: dict[str, Any] = {}
        for body in self.on.of(spec.bodies):
            here = seed.child("body", body.name)
            rng = here.rng()
            if rng.random() >= self.share:
                continue
            amount = self.amount.sample(rng)
            up = _random_direction(here.child("moved")) if rng.random() < self.moved else _up(body)
            dusty[body.name] = {"dust": amount, "dust_color": color, "up": up, "seed": here.child("pattern").integer()}
        return {"dusty": dusty}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return _weathered(spec, params["dusty"])


def _weathered(spec: SceneSpec, drawn: dict[str, dict[str, Any]]) -> SceneSpec:
    """What was drawn for bodies, in place of the same fields of what they have."""
    changes: dict[str, dict[str, Any]] = {}
    for name, fields in drawn.items():
        given = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
        changes[name] = {"weathering": replace(spec.body(name).weathering or Weathering(), **given)}
    return spec.map_bodies(changes)


def _up(body: BodySpec) -> list[float]:
    """The world's up in the body's axes."""
    return [rounded(float(c)) for c in body.world_from_body.matrix[2, :3]]


def _random_direction(seed: Seed) -> list[float]:
    w, x, y, z = UniformRotation().sample(seed.rng())
    return [rounded(2 * (x * z - w * y)), rounded(2 * (y * z + w * x)), rounded(1 - 2 * (x * x + y * y))]
