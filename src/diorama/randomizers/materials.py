"""What surfaces look like: plausible colours, finishes and patterns."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, get_args

import numpy as np

from diorama.randomizers.base import Context, Stage
from diorama.randomizers.colors import mixed, rgb_from_hsv, scaled
from diorama.randomizers.distributions import Choice, Distribution, LogUniform, Uniform, UniformInt, require, require_one_of
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, MaterialSpec, ProceduralTexture, Rgb, SceneSpec, TextureKind


class Tones(NamedTuple):
    """A region of colours: hue in degrees, saturation and value as in a drawing program."""

    hue_deg: Distribution
    saturation: Distribution
    value: Distribution


#: Where surface colours come from. Most of what surrounds people is grey, brown or muted; pinks and violets are rare.
PALETTES: dict[str, Tones] = {
    "neutral": Tones(Uniform(0, 360), Uniform(0.0, 0.1), Uniform(0.2, 0.95)),
    "earth": Tones(Uniform(16, 46), Uniform(0.15, 0.6), Uniform(0.25, 0.85)),
    "muted": Tones(Uniform(-40, 260), Uniform(0.12, 0.45), Uniform(0.3, 0.9)),
    "warm": Tones(Uniform(-15, 60), Uniform(0.6, 0.95), Uniform(0.45, 0.95)),
    "cool": Tones(Uniform(80, 255), Uniform(0.5, 0.95), Uniform(0.3, 0.9)),
    "pink": Tones(Uniform(255, 345), Uniform(0.3, 0.9), Uniform(0.4, 0.95)),
}

#: Reflectances of polished metals, linear (N. Hoffman, "Background: physics and math of shading", SIGGRAPH 2013).
METALS: dict[str, Rgb] = {
    "aluminium": (0.91, 0.92, 0.92),
    "brass": (0.89, 0.79, 0.43),
    "copper": (0.95, 0.64, 0.54),
    "gold": (1.0, 0.77, 0.34),
    "iron": (0.56, 0.57, 0.58),
    "titanium": (0.54, 0.5, 0.45),
}

#: No dull surface reflects more: fresh snow and white paint.
MAX_ALBEDO = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one group of bodies may look like.

    A share `replaced` of the bodies gets a new material (of those that bring pictures or glass, `printed_replaced`); of
    these a share `metal` is bare metal, and the others have a colour of `palette` (a name in `PALETTES`) and a `pattern` ("plain" or one of
    `ProceduralTexture`'s) repeated every `tile_m` metres. Of the others, a share `coated` is lacquered, and a share `relief` is as uneven as
    its pattern, or as noise where it is plain.
    """

    replaced: float = 1.0
    printed_replaced: float = 1.0
    metal: float = 0.0
    coated: float = 0.1
    relief: float = 0.15
    palette: Distribution = Choice({"neutral": 0.3, "earth": 0.3, "muted": 0.22, "warm": 0.06, "cool": 0.09, "pink": 0.03})
    pattern: Distribution = Choice({"plain": 0.3, "wood": 0.2, "noise": 0.2, "marble": 0.1, "checks": 0.1, "stripes": 0.1})
    tile_m: Distribution = LogUniform(0.1, 1.0)
    frequency: Distribution = UniformInt(2, 8)
    roughness: Distribution = Uniform(0.2, 0.95)

    def __post_init__(self) -> None:
        for name in ("replaced", "printed_replaced", "metal", "coated", "relief"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidValue(f"{name} must be in 0..1, got {getattr(self, name)}")
        require_one_of(self, PALETTES, "palette")
        require_one_of(self, ("plain", *get_args(TextureKind)), "pattern")
        require(self, 0.001, 100, "tile_m")
        require(self, 1, 64, "frequency", whole=True)
        require(self, 0, 1, "roughness")


FURNITURE = Look(tile_m=LogUniform(0.35, 1.2), roughness=Uniform(0.3, 0.95))
OBJECTS = Look(
    replaced=0.35,
    printed_replaced=0.08,
    metal=0.12,
    palette=Choice({"neutral": 0.2, "earth": 0.12, "muted": 0.23, "warm": 0.2, "cool": 0.2, "pink": 0.05}),
    pattern=Choice({"plain": 0.55, "stripes": 0.12, "checks": 0.1, "noise": 0.1, "wood": 0.08, "marble": 0.05}),
    tile_m=LogUniform(0.04, 0.15),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """Give furniture, and some of the objects, a random colour, finish and pattern.

    Numbered pieces of furniture (``leg-0``, ``leg-1``) are a set, and look alike.
    """

    name: ClassVar[str] = "materials"
    stage: ClassVar[Stage] = "scene"

    furniture: Look = FURNITURE
    objects: Look = OBJECTS

    def sample(self, seed: Seed, spec: SceneSpec, context: Context) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for body in spec.bodies:
            look, name = (self.furniture, _set_of(body)) if body.category is None else (self.objects, body.name)
            here = seed.child("body", name)
            rng = here.rng()
            share = look.printed_replaced if _is_printed(body, context.library) else look.replaced
            if rng.random() < share:
                material = _material(look, rng, here.child("pattern").integer())
                drawn[body.name] = to_json(_finished(material, look, here.child("finish")))
        return {"materials": drawn}

    def apply(self, spec: SceneSpec, params: dict[str, Any]) -> SceneSpec:
        return spec.map_bodies({name: {"material": from_json(MaterialSpec, m)} for name, m in params["materials"].items()})


def _set_of(body: BodySpec) -> str:
    return body.name.rstrip("0123456789").rstrip("-")


def _material(look: Look, rng: np.random.Generator, pattern_seed: int) -> MaterialSpec:
    roughness = look.roughness.sample(rng)
    if rng.random() < look.metal:
        return MaterialSpec(base_color=METALS[Choice(sorted(METALS)).sample(rng)], metallic=1.0, roughness=max(roughness, 0.15))
    color = _color(look.palette.sample(rng), rng)
    pattern = look.pattern.sample(rng)
    if pattern == "plain":
        return MaterialSpec(base_color=color, roughness=roughness)
    first, second = _pair(pattern, color, rng)
    texture = ProceduralTexture(
        pattern=pattern,
        color_a=first,
        color_b=second,
        tile_m=look.tile_m.sample(rng),
        frequency=look.frequency.sample(rng),
        seed=pattern_seed,
    )
    return MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=roughness, texture=texture)


def _finished(material: MaterialSpec, look: Look, seed: Seed) -> MaterialSpec:
    """The material with a clear coat, or a relief, or both, or neither."""
    if material.metallic:
        return material
    rng = seed.rng()
    coated, uneven = rng.random() < look.coated, rng.random() < look.relief
    if coated:
        material = replace(material, clear_coat=1.0, clear_coat_roughness=Uniform(0.02, 0.25).sample(rng))
    if uneven:
        heights = {"color_a": (0.0, 0.0, 0.0), "color_b": (1.0, 1.0, 1.0)}
        if isinstance(material.texture, ProceduralTexture):
            bumps = replace(material.texture, **heights)
        else:
            tile_m, frequency = look.tile_m.sample(rng), look.frequency.sample(rng)
            bumps = ProceduralTexture(pattern="noise", tile_m=tile_m, frequency=frequency, seed=seed.child("relief").integer(), **heights)
        material = replace(material, normal_texture=bumps, normal_scale=Uniform(0.2, 1.0).sample(rng))
    return material


def _color(palette: str, rng: np.random.Generator) -> Rgb:
    hue, saturation, value = (tone.sample(rng) for tone in PALETTES[palette])
    return scaled(rgb_from_hsv(hue / 360, saturation, value), MAX_ALBEDO)


def _pair(pattern: str, color: Rgb, rng: np.random.Generator) -> tuple[Rgb, Rgb]:
    """Two colours that go together in a pattern. Wood is always brown, and marble pale with darker veins."""
    if pattern == "wood":
        light = _color("earth", rng)
        return light, scaled(light, Uniform(0.35, 0.7).sample(rng))
    if pattern == "marble":
        pale = mixed(color, (MAX_ALBEDO, MAX_ALBEDO, MAX_ALBEDO), Uniform(0.6, 0.95).sample(rng))
        return pale, mixed(pale, scaled(color, 0.5), Uniform(0.4, 0.9).sample(rng))
    if pattern == "noise":
        return color, mixed(color, _color("neutral", rng), Uniform(0.15, 0.6).sample(rng))
    return color, _color(Choice({"neutral": 2, "muted": 1}).sample(rng), rng)


def _is_printed(body: BodySpec, library: AssetLibrary) -> bool:
    return body.material is None and any(p.look.images or p.look.material.is_see_through for p in library.shape_asset(body.shape).parts)
