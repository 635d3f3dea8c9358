"""What becomes of a look, whether the asset brings it or a material gives it: other tones, another finish, wear and dust, rain and snow."""

from dataclasses import dataclass

from diorama.sim.spec.checks import Rgb, check, check_color, check_share, finite
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Changes to all that a body looks like, pictures included.

    The base colour turns by `hue_turn` (1 is all around the circle of hues), and its saturation and value are multiplied, as in a
    drawing program (sRGB-encoded HSV). `roughness`, `metallic` and `normal_scale` multiply the material's. What would leave 0..1 ends there.
    """

    hue_turn: float = 0.0
    saturation: float = 1.0
    value: float = 1.0
    roughness: float = 1.0
    metallic: float = 1.0
    normal_scale: float = 1.0

    def __post_init__(self) -> None:
        check(finite(self.hue_turn), self, f"hue_turn must be finite, got {self.hue_turn}")
        for name in ("saturation", "value", "roughness", "metallic", "normal_scale"):
            factor = getattr(self, name)
            check(finite(factor) and factor >= 0, self, f"{name} must be 0 or more, got {factor}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weathering:
    """What use and time leave on a body.

    `wear` (0 new, 1 battered) scratches it and chips its edges, where the colour `bare` shows (None: a paler tone of its own; metal stays
    metal). `dust` (0 clean, 1 long forgotten) lies on what faced `up`, a direction in the body's axes, while it fell. `seed` picks one of
    many patterns of both.

    `wet` (0 dry, 1 soaked) darkens what has pores and makes it shine; `puddles` is the share of level ground that is under water; `snow` (0 none, 1
    deep) lies on what faces up. These follow the world's vertical and one pattern over all of it, of which `seed` picks the place, so bodies that go
    over into each other should have the same. They change how surfaces look and not their shape.
    """

    wear: float = 0.0
    bare: Rgb | None = None
    dust: float = 0.0
    dust_color: Rgb = (0.36, 0.32, 0.27)
    up: Vec3 = (0.0, 0.0, 1.0)
    wet: float = 0.0
    puddles: float = 0.0
    snow: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("wear", "dust", "wet", "puddles", "snow"):
            check_share(self, name, getattr(self, name))
        if self.bare is not None:
            check_color(self, "bare", self.bare)
        check_color(self, "dust_color", self.dust_color)
        check(finite(*self.up) and max(map(abs, self.up)) > 0, self, f"up must be a direction, got {self.up}")
