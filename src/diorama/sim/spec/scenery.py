"""What is far away, as numbers."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.plants import Season


@dataclass(frozen=True, slots=True, kw_only=True)
class BeltShape:
    """Trees or houses in a row, made for looking at from 100 m and more: `length_m` along the y axis, as high as `height_m` above the landmark
    ``base`` in the middle on the ground, front towards +x. It goes on for 4 m into the ground. Belts of one kind differ by `variant`.
    """

    kind: ClassVar[str] = "belt"
    of: Literal["trees", "houses"]
    length_m: float
    height_m: float
    season: Season = "summer"
    variant: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("length_m", 5, 500), ("height_m", 2, 60)):
            value = getattr(self, name)
            check(finite(value) and least <= value <= most, self, f"{name} must be in {least}..{most}, got {value}")
        check(self.variant >= 0, self, f"variant must be 0 or more, got {self.variant}")

    @property
    def origin_m(self) -> float:
        """How high the body's origin is above its landmark ``base``."""
        return self.height_m / 2
