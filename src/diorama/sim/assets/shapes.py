"""The assets of shapes that are no meshes: each kind of shape has its maker."""

from collections.abc import Callable
from typing import Any

from diorama.sim.assets.ground import ground_asset, paint_asset
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.assets.street.boundaries import boundary_asset
from diorama.sim.assets.street.buildings.house import building_asset
from diorama.sim.assets.street.cycles.assembly import cycle_asset
from diorama.sim.assets.street.furniture.lights import mast_asset, traffic_light_asset
from diorama.sim.assets.street.furniture.signs import sign_asset, sign_post_asset
from diorama.sim.assets.street.people.person import person_asset
from diorama.sim.assets.street.plants.hedge import hedge_asset
from diorama.sim.assets.street.plants.tree import plant_asset
from diorama.sim.assets.street.rows import row_asset
from diorama.sim.assets.street.scenery import belt_asset
from diorama.sim.assets.street.vehicles import vehicle_asset
from diorama.sim.spec import (
    BeltShape,
    BoundaryShape,
    BoxShape,
    BuildingShape,
    CycleShape,
    CylinderShape,
    GroundShape,
    HedgeShape,
    MastShape,
    PaintShape,
    PersonShape,
    PlantShape,
    PrismShape,
    RowShape,
    Shape,
    SignPostShape,
    SignShape,
    SphereShape,
    TrafficLightShape,
    VehicleShape,
)

_MAKERS: dict[type, Callable[[Any], Asset]] = {
    BeltShape: belt_asset,
    HedgeShape: hedge_asset,
    PlantShape: plant_asset,
    BoundaryShape: boundary_asset,
    BuildingShape: building_asset,
    BoxShape: primitive_asset,
    CycleShape: cycle_asset,
    CylinderShape: primitive_asset,
    GroundShape: ground_asset,
    MastShape: mast_asset,
    PaintShape: paint_asset,
    PersonShape: person_asset,
    PrismShape: primitive_asset,
    RowShape: row_asset,
    SignPostShape: sign_post_asset,
    SignShape: sign_asset,
    SphereShape: primitive_asset,
    TrafficLightShape: traffic_light_asset,
    VehicleShape: vehicle_asset,
}


def made(shape: Shape) -> Asset:
    """The asset of a shape that says all about it."""
    return _MAKERS[type(shape)](shape)
