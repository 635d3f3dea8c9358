"""Small changes to the looks that bodies already have."""

from dataclasses import dataclass
from typing import Any, ClassVar

from diorama.randomizers.base import OBJECTS, Context, Labelled, Select, Stage
from diorama.randomizers.distributions import Constant, Distribution, LogUniform, Uniform, require, require_share, rounded
from diorama.sim.codec import from_json, to_json
from diorama.sim.seeds import Seed
from diorama.sim.spec import Adjustment, SceneSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialJitter(Labelled):
    """Vary what bodies look like a little, pictures included: hue, saturation, value, roughness, metalness and relief.

    A share `share` of the bodies `on` selects is changed. The hue turns by `hue_deg`; the others are factors.
    """

    name: ClassVar[str] = "material-jitter"
    stage: ClassVar[Stage] = "scene"

    on: Select = OBJECTS
    share: float = 1.0
    hue_deg: Distribution = Uniform(-10, 10)
    saturation: Distribution = Uniform(0.75, 1.2)
    value: Distribution = Uniform(0.75, 1.15)
    roughness: Distribution = LogUniform(0.6, 1.6)
    metallic: Distribution = Constant(1.0)
    normal_scale: Distribution = LogUniform(0.5, 2.0)

    def __post_init__(self) -> None:
        require_share(self, "share")
        require(self, -360, 360, "hue_deg")
        require(self, 0, 100, "saturation", "value", "roughness", "metallic", "normal_scale")

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for body in self.on.of(spec.bodies):
            rng = seed.child("body", body.name).rng()
            if rng.random() >= self.share:
                continue
            turn = rounded(self.hue_deg.sample(rng) / 360)
            names = ("saturation", "value", "roughness", "metallic", "normal_scale")
            drawn[body.name] = to_json(Adjustment(hue_turn=turn, **{name: getattr(self, name).sample(rng) for name in names}))
        return {"adjustments": drawn}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        """On top of what was changed before."""
        changes: dict[str, dict[str, Any]] = {}
        for name, change in params["adjustments"].items():
            before = spec.body(name).adjustment
            after = from_json(Adjustment, change)
            changes[name] = {"adjustment": after if before is None else _both(before, after)}
        return spec.map_bodies(changes)


def _both(one: Adjustment, two: Adjustment) -> Adjustment:
    """One change and then the other. Factors that take something to its end on the way are not seen to."""
    return Adjustment(
        hue_turn=rounded(one.hue_turn + two.hue_turn),
        saturation=rounded(one.saturation * two.saturation),
        value=rounded(one.value * two.value),
        roughness=rounded(one.roughness * two.roughness),
        metallic=rounded(one.metallic * two.metallic),
        normal_scale=rounded(one.normal_scale * two.normal_scale),
    )
