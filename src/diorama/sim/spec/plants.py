"""Plants as numbers."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from diorama.sim.spec.checks import check, finite

Season = Literal["spring", "summer", "autumn", "winter"]
#: Trees by their habit, bushes, and tufts of grass.
Species = Literal["oak", "lime", "plane", "birch", "poplar", "spruce", "pine", "palm", "bush", "grass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantShape:
    """A plant that is `height_m` high above its landmark ``base``, where it comes out of the ground; its trunk goes on for 3 % of that below.

    Plants of one species differ by `variant`. What they look like in a `season` is told by `diorama.sim.assets.street.plants`: those that shed their
    leaves are bare in winter.
    """

    kind: ClassVar[str] = "plant"
    species: Species
    height_m: float
    season: Season = "summer"
    variant: int = 0

    def __post_init__(self) -> None:
        check(finite(self.height_m) and 0.1 <= self.height_m <= 60, self, f"height_m must be in 0.1..60, got {self.height_m}")
        check(self.variant >= 0, self, f"variant must be 0 or more, got {self.variant}")

    @property
    def origin_m(self) -> float:
        """How high the body's origin is above its landmark ``base``."""
        return 0.4 * self.height_m


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeShape:
    """A straight hedge, `length_m` along its y axis, about its landmark ``base`` in the middle on the ground. It goes on for 0.4 m into that."""

    kind: ClassVar[str] = "hedge"
    length_m: float
    height_m: float = 1.4
    width_m: float = 0.7
    season: Season = "summer"
    variant: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("length_m", 0.3, 200), ("height_m", 0.2, 10), ("width_m", 0.2, 5)):
            value = getattr(self, name)
            check(finite(value) and least <= value <= most, self, f"{name} must be in {least}..{most}, got {value}")
        check(self.variant >= 0, self, f"variant must be 0 or more, got {self.variant}")

    @property
    def stuff(self) -> str:
        """What it is in semantic masks."""
        return "vegetation"

    @property
    def origin_m(self) -> float:
        """How high the body's origin is above its landmark ``base``."""
        return self.height_m / 2
