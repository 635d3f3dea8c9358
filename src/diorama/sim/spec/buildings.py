"""Buildings as numbers."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from diorama.sim.spec.checks import check, check_share, finite

#: How a building is made; what follows from it is told by `diorama.sim.assets.street.buildings.styles`.
BuildingStyle = Literal[
    "brick-terrace",
    "plaster-terrace",
    "stone-terrace",
    "brick-house",
    "plaster-house",
    "wood-house",
    "flats",
    "slab",
    "office",
    "hall",
]
#: What the ground floor is for.
GroundFloor = Literal["dwelling", "shop", "garage", "arcade"]
RoofKind = Literal["flat", "gable", "hip", "mansard"]
#: On which sides another house stands wall to wall, seen from the street: there are no windows there.
Shared = Literal["none", "left", "right", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingShape:
    """A house: +x is out of its front, and its landmark ``base`` is the middle of its ground floor's level.

    `width_m` along the street and `depth_m` across it are the walls'; roofs may stand out beyond them. `floors` are those below the eaves, each
    `floor_m` high, a shop's or an arcade's ground floor somewhat more. The walls go on for `plinth_m` below the ground floor's level, into
    sloping ground. A share `lit` of the windows shines, with about `glow`
    W/m2/sr. Houses of one style differ by `variant`: colours, windows, doors, what is in the shops.
    """

    kind: ClassVar[str] = "building"
    style: BuildingStyle
    width_m: float
    depth_m: float
    floors: int
    floor_m: float = 2.9
    ground: GroundFloor = "dwelling"
    roof: RoofKind = "gable"
    plinth_m: float = 0.5
    shared: Shared = "none"
    lit: float = 0.0
    glow: float = 0.03
    variant: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("width_m", 3, 200), ("depth_m", 3, 200), ("floor_m", 2.2, 12), ("plinth_m", 0, 30)):
            value = getattr(self, name)
            check(finite(value) and least <= value <= most, self, f"{name} must be in {least}..{most}, got {value}")
        check(1 <= self.floors <= 40, self, f"floors must be in 1..40, got {self.floors}")
        check(self.variant >= 0, self, f"variant must be 0 or more, got {self.variant}")
        check_share(self, "lit", self.lit)
        check(finite(self.glow) and self.glow >= 0, self, f"glow must be 0 or more, got {self.glow}")

    @property
    def ground_floor_m(self) -> float:
        """How high the ground floor is."""
        return self.floor_m + (0.6 if self.ground in ("shop", "arcade") else 0.0)

    @property
    def eaves_m(self) -> float:
        """How high the walls are above the ground floor's level."""
        return self.ground_floor_m + (self.floors - 1) * self.floor_m

    @property
    def origin_m(self) -> float:
        """How high the body's origin is above its landmark ``base``."""
        return (self.eaves_m - self.plinth_m) / 2
