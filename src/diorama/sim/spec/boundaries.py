"""What stands between gardens and the street, as numbers."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from diorama.sim.spec.checks import check, finite

BoundaryStyle = Literal["brick-wall", "plaster-wall", "stone-wall", "picket", "railing", "panel", "mesh"]
#: Those that are walls. The others are fences.
WALLS: tuple[BoundaryStyle, ...] = ("brick-wall", "plaster-wall", "stone-wall")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryShape:
    """A straight piece of garden wall or fence, `length_m` along its y axis and `height_m` above its landmark ``base``, which is in its middle on
    the ground; +x is out of its better side. It goes on for 0.4 m into the ground. Colours differ by `variant`.
    """

    kind: ClassVar[str] = "boundary"
    style: BoundaryStyle
    length_m: float
    height_m: float = 0.9
    variant: int = 0

    def __post_init__(self) -> None:
        check(self.style in get_args(BoundaryStyle), self, f"there is no style {self.style}")
        check(finite(self.length_m) and 0.2 <= self.length_m <= 200, self, f"length_m must be in 0.2..200, got {self.length_m}")
        check(finite(self.height_m) and 0.2 <= self.height_m <= 6, self, f"height_m must be in 0.2..6, got {self.height_m}")
        check(self.variant >= 0, self, f"variant must be 0 or more, got {self.variant}")

    @property
    def stuff(self) -> str:
        """What it is in semantic masks."""
        return "wall" if self.style in WALLS else "fence"

    @property
    def origin_m(self) -> float:
        """How high the body's origin is above its landmark ``base``."""
        return self.height_m / 2
