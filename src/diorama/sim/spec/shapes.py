"""What a body's surface is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from diorama.sim.spec.boundaries import BoundaryShape
from diorama.sim.spec.buildings import BuildingShape
from diorama.sim.spec.checks import check, finite
from diorama.sim.spec.cycles import CycleShape
from diorama.sim.spec.ground import GroundShape, PaintShape
from diorama.sim.spec.lattice import Lattice
from diorama.sim.spec.people import PersonShape
from diorama.sim.spec.plants import HedgeShape, PlantShape
from diorama.sim.spec.rows import RowShape
from diorama.sim.spec.scenery import BeltShape
from diorama.sim.spec.signs import RoadsideShape
from diorama.sim.spec.vehicles import VehicleShape
from diorama.sim.transforms import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshShape:
    """A mesh of the asset library by its id (`diorama.sim.assets`), e.g. ``household:mug/3``.

    `scale` multiplies the asset's own size, which is already in metres, along each of its own axes if there are three. Before that, `lattice`
    deforms it: a grid of control points over its bounding box. The body's origin is the centre of mass of what comes of it.
    """

    kind: ClassVar[str] = "mesh"
    asset: str
    scale: float | Vec3 = 1.0
    lattice: Lattice | None = None

    def __post_init__(self) -> None:
        factors = self.scale if isinstance(self.scale, tuple) else (self.scale,)
        check(finite(*factors) and min(factors) > 0, self, f"scale must be positive, got {self.scale}")

    @property
    def is_as_made(self) -> bool:
        """Whether it is the asset as it came."""
        return self.scale == 1 and self.lattice is None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxShape:
    """A box centred on the body's origin, with edges `size_m` along its axes."""

    kind: ClassVar[str] = "box"
    size_m: Vec3

    def __post_init__(self) -> None:
        check(finite(*self.size_m) and min(self.size_m) > 0, self, f"size_m must be positive, got {self.size_m}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SphereShape:
    """A sphere about the body's origin, drawn as `segments` meridians and half as many parallels."""

    kind: ClassVar[str] = "sphere"
    radius_m: float
    segments: int = 48

    def __post_init__(self) -> None:
        check(finite(self.radius_m) and self.radius_m > 0, self, f"radius_m must be positive, got {self.radius_m}")
        check(self.segments >= 8, self, f"segments must be at least 8, got {self.segments}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CylinderShape:
    """A closed cylinder about the body's z axis, centred on its origin."""

    kind: ClassVar[str] = "cylinder"
    radius_m: float
    height_m: float
    segments: int = 48

    def __post_init__(self) -> None:
        check(
            finite(self.radius_m, self.height_m) and min(self.radius_m, self.height_m) > 0,
            self,
            f"radius_m and height_m must be positive, got {self.radius_m}, {self.height_m}",
        )
        check(self.segments >= 8, self, f"segments must be at least 8, got {self.segments}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrismShape:
    """An upright prism: all within `height_m` / 2 above and below a convex outline about the body's origin.

    `outline_m` are its corners (x, y), counter-clockwise seen from above. Their centre of mass is the origin.
    """

    kind: ClassVar[str] = "prism"
    outline_m: tuple[tuple[float, float], ...]
    height_m: float

    def __post_init__(self) -> None:
        check(finite(self.height_m) and self.height_m > 0, self, f"height_m must be positive, got {self.height_m}")
        corners = self.outline_m
        check(len(corners) >= 3 and all(finite(*c) for c in corners), self, f"outline_m must have three corners or more, got {corners}")
        turns = [_cross(corners[i - 2], corners[i - 1], corners[i]) for i in range(len(corners))]
        check(min(turns) > 0, self, "outline_m must be convex, its corners counter-clockwise and none on the line between others")
        size = max(max(abs(x), abs(y)) for x, y in corners)
        off = outline_center(corners)
        check(max(abs(c) for c in off) <= 1e-6 * size, self, f"outline_m must be about its centre of mass, which is at {off}")


def outline_center(corners: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The centre of mass of a polygon."""
    first = corners[0]
    triangles = [(_cross(first, a, b), a, b) for a, b in pairwise(corners[1:])]
    total = 3 * math.fsum(area for area, _, _ in triangles)
    x, y = (math.fsum(area * (first[axis] + a[axis] + b[axis]) for area, a, b in triangles) / total for axis in range(2))
    return x, y


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Twice the area of a triangle; positive when its corners are counter-clockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


Shape = (
    MeshShape
    | BoxShape
    | SphereShape
    | CylinderShape
    | PrismShape
    | CycleShape
    | GroundShape
    | PaintShape
    | PersonShape
    | RoadsideShape
    | RowShape
    | VehicleShape
    | BuildingShape
    | BoundaryShape
    | PlantShape
    | HedgeShape
    | BeltShape
)
