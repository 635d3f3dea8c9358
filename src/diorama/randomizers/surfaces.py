"""Level surfaces that things can be put on: the tops of bodies."""

from dataclasses import dataclass

from diorama.randomizers.base import Select
from diorama.randomizers.bounds import touched
from diorama.randomizers.outlines import Outline
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BodySpec, SceneSpec
from diorama.sim.transforms import apply

#: What belongs to a level top: all that lies so far below the highest point at most.
_LEVEL_M = 1e-4
_LEAST_AREA_M2 = 1e-6

#: What objects are put on when nothing else is said.
SUPPORT = Select(tags=("support",))


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The convex level top of a body."""

    name: str
    outline: Outline
    height_m: float


def surfaces(spec: SceneSpec, library: AssetLibrary, select: Select) -> tuple[Surface, ...]:
    """The tops of the selected bodies, in order. Raises InvalidValue when there are none."""
    found = tuple(level_top(body, library) for body in select.of(spec.bodies))
    if not found:
        raise InvalidValue(f"there is nothing to put objects on: no body of the scene is in {select}; select another, or let the scenario build one")
    return found


def level_top(body: BodySpec, library: AssetLibrary) -> Surface:
    """The top of a body as it stands. Raises InvalidValue when that is an edge or a point."""
    points = apply(body.world_from_body.matrix, touched(library.shape_asset(body.shape)))
    height = float(points[:, 2].max())
    outline = Outline.around(points[points[:, 2] >= height - _LEVEL_M])
    if outline.area_m2 < _LEAST_AREA_M2:
        raise InvalidValue(f"{body.name} has no level top to put objects on")
    return Surface(body.name, outline, height)
