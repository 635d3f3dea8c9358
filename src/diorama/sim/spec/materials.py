"""What a surface looks like: glTF 2.0's metallic-roughness model, with the extensions that everyday things need."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from diorama.sim.spec.checks import Rgb, check, check_color, check_share, finite, refuse

TextureKind = Literal["noise", "stripes", "checks", "wood", "marble", "weave", "brushed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProceduralTexture:
    """A tileable pattern between two linear colours, made on the fly from a seed.

    One tile spans `tile_m` metres of surface. `frequency` counts the pattern's main features across a tile
    (whole number, so that it tiles); `seed` picks one of many patterns of the kind.
    """

    kind: ClassVar[str] = "procedural"
    pattern: TextureKind
    color_a: Rgb
    color_b: Rgb
    tile_m: float = 0.2
    frequency: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        check_color(self, "color_a", self.color_a)
        check_color(self, "color_b", self.color_b)
        check(finite(self.tile_m) and self.tile_m > 0, self, f"tile_m must be positive, got {self.tile_m}")
        check(1 <= self.frequency <= 64, self, f"frequency must be in 1..64, got {self.frequency}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTexture:
    """An image file (PNG or JPEG).

    With `tile_m` one tile spans that many metres of surface, unrolled as a procedural texture is; None lays it by the
    mesh's own texture coordinates. Base colour and emission are sRGB, all else is read as it is stored.
    """

    kind: ClassVar[str] = "image"
    path: str
    tile_m: float | None = None

    def __post_init__(self) -> None:
        check(bool(self.path), self, "path must not be empty")
        check(self.tile_m is None or (finite(self.tile_m) and self.tile_m > 0), self, f"tile_m must be positive or none, got {self.tile_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTexture:
    """Roughness and metallic from image files of their own, for `MaterialSpec.metallic_roughness_texture`; at least one of them.

    The red channel of each counts, and a file that is not given stands for 1 everywhere. `tile_m` is as in `ImageTexture`.
    """

    kind: ClassVar[str] = "packed"
    roughness: str = ""
    metallic: str = ""
    tile_m: float | None = None

    def __post_init__(self) -> None:
        check(bool(self.roughness or self.metallic), self, "roughness and metallic must not both be empty")
        check(self.tile_m is None or (finite(self.tile_m) and self.tile_m > 0), self, f"tile_m must be positive or none, got {self.tile_m}")


Texture = ProceduralTexture | ImageTexture | PackedTexture


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialSpec:
    """glTF metallic-roughness. Colours are linear, and multiply their texture where there is one.

    `texture` colours the base (its alpha, where an image has one, multiplies `opacity`); `metallic_roughness_texture` has
    roughness in green and metallic in blue; `normal_texture` is a tangent-space normal map, whose x and y are multiplied by
    `normal_scale`; `occlusion_texture` darkens, by its red channel, light from all around; `emissive` (W/m2/sr per channel)
    times `emissive_texture` is light that leaves the surface, and lights nothing else in the rasterizer.

    `alpha` is how opacity counts: ``opaque`` ignores it; ``mask`` cuts away what is below `alpha_cutoff`, from pictures and
    labels alike; ``blend`` lets what lies behind shine through the picture, while labels see the surface.
    `transmission` makes a thin sheet of glass: that share of the light which is not mirrored passes through, tinted by the base
    colour. `clear_coat` is the strength of a second, colourless mirror layer of `clear_coat_roughness` above the rest.
    `ior` sets how much dielectrics mirror. `retroreflection` is how much of it is a film that sends light back to where it comes from, as on
    signs and number plates; laser scanners see it. A surface that is neither `two_sided` nor glass is not seen from behind.
    """

    base_color: Rgb = (0.8, 0.8, 0.8)
    metallic: float = 0.0
    roughness: float = 0.5
    texture: Texture | None = None
    metallic_roughness_texture: Texture | None = None
    normal_texture: Texture | None = None
    normal_scale: float = 1.0
    occlusion_texture: Texture | None = None
    emissive: Rgb = (0.0, 0.0, 0.0)
    emissive_texture: Texture | None = None
    opacity: float = 1.0
    alpha: Literal["opaque", "mask", "blend"] = "opaque"
    alpha_cutoff: float = 0.5
    two_sided: bool = True
    clear_coat: float = 0.0
    clear_coat_roughness: float = 0.03
    transmission: float = 0.0
    ior: float = 1.5
    retroreflection: float = 0.0

    def __post_init__(self) -> None:
        check_color(self, "base_color", self.base_color)
        check_color(self, "emissive", self.emissive, math.inf)
        for name in ("metallic", "roughness", "opacity", "alpha_cutoff", "clear_coat", "clear_coat_roughness", "transmission", "retroreflection"):
            check_share(self, name, getattr(self, name))
        if not finite(self.normal_scale):
            refuse(self, f"normal_scale must be finite, got {self.normal_scale}")
        if not 1 <= self.ior <= 3:
            refuse(self, f"ior must be in [1, 3], got {self.ior}")

    @property
    def is_see_through(self) -> bool:
        """Whether what lies behind shows in pictures."""
        return self.transmission > 0 or self.alpha == "blend"
