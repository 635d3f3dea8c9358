"""Plausible looks: palettes, metals, finishes and patterns, and materials by their names."""

from dataclasses import dataclass, replace
from typing import NamedTuple, get_args

import numpy as np

from diorama.randomizers.colors import mixed, rgb_from_hsv, scaled
from diorama.randomizers.distributions import Choice, Constant, Distribution, LogUniform, Uniform, UniformInt, require, require_one_of, require_share
from diorama.randomizers.pictures import Pictures
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec, ProceduralTexture, Rgb, TextureKind


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
    "black": Tones(Uniform(0, 360), Uniform(0.0, 0.15), Uniform(0.12, 0.28)),
    "kraft": Tones(Uniform(24, 36), Uniform(0.28, 0.48), Uniform(0.55, 0.78)),
    "pale": Tones(Uniform(20, 230), Uniform(0.0, 0.08), Uniform(0.85, 1.0)),
    "dust": Tones(Uniform(18, 40), Uniform(0.06, 0.22), Uniform(0.5, 0.72)),
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

    A share `replaced` of the bodies gets a new material (of those that bring pictures or glass, `printed_replaced`). That is one of `presets`
    (names in `PRESETS`), if there are any, and else made from the settings that follow: a share `pictures.share` wears `pictures`, and of the
    others a share `glass` is glass, a share `glowing` of the rest gives light of `radiance` (W/m2/sr), and a share `metal` of what is left is
    bare metal of `metals` (names in `METALS`), the share `brushed` of it with brush strokes. What remains has a colour of `palette` (a name in
    `PALETTES`) and a `pattern` ("plain" or one of `ProceduralTexture`'s) repeated every `tile_m` metres; of that a share `coated` is
    lacquered, and a share `relief` is as uneven as its pattern, or as noise where it is plain, `relief_scale` as steep.
    """

    replaced: float = 1.0
    printed_replaced: float = 1.0
    presets: Distribution | None = None
    pictures: Pictures | None = None
    glass: float = 0.0
    glowing: float = 0.0
    radiance: Distribution = LogUniform(0.5, 8.0)
    metal: float = 0.0
    metals: Distribution = Choice(sorted(METALS))
    brushed: float = 0.0
    coated: float = 0.1
    relief: float = 0.15
    relief_scale: Distribution = Uniform(0.2, 1.0)
    palette: Distribution = Choice({"neutral": 0.3, "earth": 0.3, "muted": 0.22, "warm": 0.06, "cool": 0.09, "pink": 0.03})
    pattern: Distribution = Choice({"plain": 0.3, "wood": 0.2, "noise": 0.2, "marble": 0.1, "checks": 0.1, "stripes": 0.1})
    tile_m: Distribution = LogUniform(0.1, 1.0)
    frequency: Distribution = UniformInt(2, 8)
    roughness: Distribution = Uniform(0.2, 0.95)

    def __post_init__(self) -> None:
        require_share(self, "replaced", "printed_replaced", "glass", "glowing", "metal", "brushed", "coated", "relief")
        if self.presets is not None:
            require_one_of(self, PRESETS, "presets")
        require_one_of(self, PALETTES, "palette")
        require_one_of(self, METALS, "metals")
        require_one_of(self, ("plain", *get_args(TextureKind)), "pattern")
        require(self, 0, 1e6, "radiance")
        require(self, -100, 100, "relief_scale")
        require(self, 0.001, 100, "tile_m")
        require(self, 1, 64, "frequency", whole=True)
        require(self, 0, 1, "roughness")

    def material(self, seed: Seed, rng: np.random.Generator, *, has_uv: bool) -> MaterialSpec:
        """A material of this look. `has_uv` says whether the surface has texture coordinates of its own.

        Raises AssetError when a folder of pictures cannot be drawn from.
        """
        if self.presets is not None:
            look = PRESETS[self.presets.sample(seed.child("preset").rng())]
            return look.material(seed.child("preset"), rng, has_uv=has_uv)
        if self.pictures is not None and seed.child("pictured").rng().random() < self.pictures.share:
            return self.pictures.material(seed.child("pictures").rng(), self.roughness.sample(rng), has_uv=has_uv)
        special = seed.child("special").rng()
        if special.random() < self.glass:
            return _glass(special)
        if special.random() < self.glowing:
            return _glowing(self.radiance.sample(special), special)
        return _finished(_surface(self, rng, seed), self, seed.child("finish"))


#: Materials by their names, each a look of its own. What says who gets one does not count here.
PRESETS: dict[str, Look] = {
    "cardboard": Look(
        palette=Constant("kraft"),
        pattern=Choice({"plain": 0.8, "noise": 0.2}),
        tile_m=LogUniform(0.05, 0.2),
        frequency=UniformInt(8, 24),
        roughness=Uniform(0.85, 1.0),
        coated=0.0,
        relief=0.5,
        relief_scale=Uniform(0.03, 0.12),
    ),
    "ceramic": Look(
        palette=Choice({"neutral": 0.35, "pale": 0.25, "muted": 0.2, "cool": 0.1, "warm": 0.1}),
        pattern=Choice({"plain": 0.85, "noise": 0.15}),
        tile_m=LogUniform(0.05, 0.2),
        roughness=Uniform(0.15, 0.5),
        coated=0.85,
        relief=0.05,
        relief_scale=Uniform(0.02, 0.1),
    ),
    "fabric": Look(
        palette=Choice({"neutral": 0.3, "muted": 0.3, "earth": 0.15, "cool": 0.15, "warm": 0.07, "pink": 0.03}),
        pattern=Constant("weave"),
        tile_m=LogUniform(0.02, 0.06),
        frequency=UniformInt(8, 16),
        roughness=Uniform(0.85, 1.0),
        coated=0.0,
        relief=1.0,
        relief_scale=Uniform(0.4, 1.0),
    ),
    "glass": Look(glass=1.0),
    "paper": Look(
        palette=Choice({"pale": 0.8, "muted": 0.2}),
        pattern=Constant("plain"),
        tile_m=LogUniform(0.03, 0.1),
        frequency=UniformInt(16, 32),
        roughness=Uniform(0.8, 1.0),
        coated=0.05,
        relief=0.3,
        relief_scale=Uniform(0.03, 0.12),
    ),
    "plastic": Look(
        palette=Choice({"neutral": 0.25, "black": 0.2, "warm": 0.2, "cool": 0.2, "muted": 0.12, "pink": 0.03}),
        pattern=Constant("plain"),
        tile_m=LogUniform(0.01, 0.03),
        frequency=UniformInt(8, 24),
        roughness=Uniform(0.15, 0.6),
        coated=0.0,
        relief=0.3,
        relief_scale=Uniform(0.05, 0.25),
    ),
    "rubber": Look(
        palette=Choice({"black": 0.75, "neutral": 0.1, "warm": 0.1, "cool": 0.05}),
        pattern=Constant("plain"),
        tile_m=LogUniform(0.01, 0.03),
        frequency=UniformInt(8, 24),
        roughness=Uniform(0.7, 0.95),
        coated=0.0,
        relief=0.5,
        relief_scale=Uniform(0.1, 0.4),
    ),
    "steel": Look(metal=1.0, metals=Constant("iron"), brushed=0.6, tile_m=LogUniform(0.05, 0.2), roughness=Uniform(0.15, 0.45)),
    "wood": Look(
        palette=Constant("earth"),
        pattern=Constant("wood"),
        tile_m=LogUniform(0.15, 0.6),
        frequency=UniformInt(3, 8),
        roughness=Uniform(0.4, 0.8),
        coated=0.25,
        relief=0.35,
        relief_scale=Uniform(0.1, 0.5),
    ),
}


def color_of(palette: str, rng: np.random.Generator) -> Rgb:
    """A linear colour of one of the `PALETTES`."""
    hue, saturation, value = (tone.sample(rng) for tone in PALETTES[palette])
    return scaled(rgb_from_hsv(hue / 360, saturation, value), MAX_ALBEDO)


def _surface(look: Look, rng: np.random.Generator, seed: Seed) -> MaterialSpec:
    """Metal, or a colour and a pattern."""
    roughness = look.roughness.sample(rng)
    if rng.random() < look.metal:
        metal = MaterialSpec(base_color=METALS[look.metals.sample(rng)], metallic=1.0, roughness=max(roughness, 0.15))
        brush = seed.child("brush").rng()
        return _brushed(metal, look, brush, seed.child("brush").integer()) if brush.random() < look.brushed else metal
    color = color_of(look.palette.sample(rng), rng)
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
        seed=seed.child("pattern").integer(),
    )
    return MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=roughness, texture=texture)


def _brushed(metal: MaterialSpec, look: Look, rng: np.random.Generator, seed: int) -> MaterialSpec:
    """Fine strokes: streaks of a duller and a shinier finish, and grooves."""
    tile_m = look.tile_m.sample(rng)
    shiny = Uniform(0.45, 0.75).sample(rng)
    streaks = ProceduralTexture(pattern="brushed", color_a=(1.0, shiny, 1.0), color_b=(1.0, 1.0, 1.0), tile_m=tile_m, seed=seed)
    grooves = replace(streaks, color_a=(0.0, 0.0, 0.0))
    return replace(metal, metallic_roughness_texture=streaks, normal_texture=grooves, normal_scale=Uniform(0.03, 0.12).sample(rng))


def _glass(rng: np.random.Generator) -> MaterialSpec:
    """A thin pane, clear or tinted."""
    tint = mixed((1.0, 1.0, 1.0), rgb_from_hsv(rng.random(), Uniform(0.2, 0.9).sample(rng), 1.0), Uniform(0.0, 0.6).sample(rng))
    return MaterialSpec(base_color=tint, transmission=1.0, roughness=Uniform(0.0, 0.12).sample(rng))


def _glowing(radiance: float, rng: np.random.Generator) -> MaterialSpec:
    color = rgb_from_hsv(rng.random(), Uniform(0.0, 0.7).sample(rng), 1.0)
    return MaterialSpec(base_color=scaled(color, 0.5), roughness=Uniform(0.2, 0.8).sample(rng), emissive=scaled(color, radiance))


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
        material = replace(material, normal_texture=bumps, normal_scale=look.relief_scale.sample(rng))
    return material


def _pair(pattern: str, color: Rgb, rng: np.random.Generator) -> tuple[Rgb, Rgb]:
    """Two colours that go together in a pattern. Wood is always brown, and marble pale with darker veins."""
    if pattern == "wood":
        light = color_of("earth", rng)
        return light, scaled(light, Uniform(0.35, 0.7).sample(rng))
    if pattern == "marble":
        pale = mixed(color, (MAX_ALBEDO, MAX_ALBEDO, MAX_ALBEDO), Uniform(0.6, 0.95).sample(rng))
        return pale, mixed(pale, scaled(color, 0.5), Uniform(0.4, 0.9).sample(rng))
    if pattern == "noise":
        return color, mixed(color, color_of("neutral", rng), Uniform(0.15, 0.6).sample(rng))
    if pattern in ("weave", "brushed"):  # the low places are in the shade
        return scaled(color, Uniform(0.25, 0.6).sample(rng)), color
    return color, color_of(Choice({"neutral": 2, "muted": 1}).sample(rng), rng)
