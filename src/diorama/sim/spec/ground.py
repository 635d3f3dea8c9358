"""Ground as a shape: ribbons draped over a terrain, and what is painted on it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from diorama.sim.spec.checks import check, finite, finite_points
from diorama.sim.spec.roads import Line, Polyline, Terrain

#: No hills.
LEVEL = Terrain()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ribbon:
    """A piece of ground between two lines of as many points each, `right_m` and `left_m`, as one sees them who goes along.

    Corresponding points are joined across, and `across` are the shares of the way from right to left at which there are vertices: what lies between
    is flat. `lift_m` is how far the right and the left line are above the terrain. Where both lines are the same it is a face that stands upright,
    seen from its right; where one of them is the same point all along it is a fan. What is `laid` has its pattern along it, as pavements have; on
    all else it follows the world's axes.
    """

    right_m: Polyline
    left_m: Polyline
    across: tuple[float, ...] = (0.0, 1.0)
    lift_m: tuple[float, float] = (0.0, 0.0)
    laid: bool = False

    def __post_init__(self) -> None:
        many = len(self.right_m)
        check(len(self.left_m) == many >= 2, self, f"right_m and left_m must be as many points, two or more, got {many} and {len(self.left_m)}")
        check(finite_points(self.right_m) and finite_points(self.left_m), self, "points must be finite")
        rising = all(a < b for a, b in pairwise(self.across))
        check(rising and self.across[0] == 0 and self.across[-1] == 1, self, f"across must rise from 0 to 1, got {self.across}")
        check(finite(*self.lift_m), self, f"lift_m must be finite, got {self.lift_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundShape:
    """The surface of ribbons over a terrain. It has no underside. The body's frame is the world's, or that of the map."""

    kind: ClassVar[str] = "ground"
    ribbons: tuple[Ribbon, ...]
    terrain: Terrain = LEVEL

    def __post_init__(self) -> None:
        check(bool(self.ribbons), self, "ribbons must not be empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintShape:
    """What is painted on a road: `lines`, each in the pattern of its kind, and `symbols`, convex outlines (counter-clockwise).

    Dashed lines have dashes and gaps of about the lengths `dashes_m`. It all lies `lift_m` above the terrain.
    """

    kind: ClassVar[str] = "paint"
    lines: tuple[Line, ...] = ()
    symbols: tuple[Polyline, ...] = ()
    terrain: Terrain = LEVEL
    dashes_m: tuple[float, float] = (3.0, 4.5)
    lift_m: float = 0.008

    def __post_init__(self) -> None:
        check(bool(self.lines or self.symbols), self, "lines and symbols must not both be empty")
        check(all(len(s) >= 3 and finite_points(s) for s in self.symbols), self, "symbols must be three finite points or more each")
        check(finite(*self.dashes_m) and min(self.dashes_m) > 0, self, f"dashes_m must be positive, got {self.dashes_m}")
        check(finite(self.lift_m), self, f"lift_m must be finite, got {self.lift_m}")
