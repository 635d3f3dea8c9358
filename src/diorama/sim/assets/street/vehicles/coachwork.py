"""A body as the maker of a model hands it over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from diorama.sim.assets.geometry import Points, cross, dot
from diorama.sim.assets.street.vehicles.dressing import Dress, dress_lower, dress_upper
from diorama.sim.assets.street.vehicles.lower import Lower, LowerGrid, lower_grid
from diorama.sim.assets.street.vehicles.skin import Skin
from diorama.sim.assets.street.vehicles.upper import Upper, UpperGrids, upper_grids
from diorama.sim.spec import Vec3

#: What is nearer than this to the straight way between its neighbours is in line with them, for convex pieces.
_IN_LINE_M = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel's middle, on the left if its y is positive; how wide its tyre is; and whether it is steered."""

    at: Vec3
    wide_m: float
    steered: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coachwork:
    """A body in a frame that stands on the ground in the middle of its wheelbase: surfaces by look, convex pieces, wheels, and which drawings are
    laid on what.
    """

    skin: Skin
    hulls: Sequence[Points]
    wheels: Sequence[Wheel]
    layout: str
    head: int
    tail: int
    grille: int
    tint: int
    rim: str
    rim_share: float
    landmarks: Mapping[str, Vec3] = field(default_factory=dict)


def both_sides(points: Points) -> Points:
    """Points and their mirror images."""
    return np.concatenate([points, points * (1.0, -1.0, 1.0)])


def pressed(lower: Lower, upper: Upper, dress: Dress) -> tuple[Skin, list[Points], LowerGrid, UpperGrids]:
    """A lower and an upper body, dressed; and a convex piece of each."""
    skin = Skin()
    grid = lower_grid(lower)
    grids = upper_grids(upper, grid)
    dress_lower(skin, grid, dress)
    dress_upper(skin, grids, dress)
    kept = list(grid.kept)
    shell = [grid.seen[:, kept], *(deck for deck in (grids.bonnet, grids.boot) if deck is not None)]
    return skin, [_hull(*shell), _hull(grids.house, grids.roof)], grid, grids


def _hull(*patches: Points) -> Points:
    """Points of patches and of their mirror images, but for those that are in line with their neighbours in a row."""
    kept: list[Points] = []
    for patch in patches:
        way, off = patch[:, 2:] - patch[:, :-2], patch[:, 1:-1] - patch[:, :-2]
        far = cross(off, way)
        bent = np.ones(patch.shape[:2], np.bool_)
        bent[:, 1:-1] = dot(far, far) > _IN_LINE_M * _IN_LINE_M * dot(way, way)
        kept.append(patch[bent])
    return both_sides(np.concatenate(kept))


def wheels_of(axles: Sequence[tuple[float, bool]], half_m: float, wheel_m: float, wide_m: float) -> list[Wheel]:
    """Wheels on axles (x, steered), their outsides `half_m` from the middle."""
    return [Wheel(at=(x, side * (half_m - wide_m / 2), wheel_m), wide_m=wide_m, steered=steered) for x, steered in axles for side in (1.0, -1.0)]
