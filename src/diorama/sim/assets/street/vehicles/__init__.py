"""Vehicles: bodies by model and variant, with wheels, lamps and plates as a `VehicleShape` says."""

from diorama.sim.assets.street.vehicles.assembly import vehicle_asset
from diorama.sim.assets.street.vehicles.proportions import CLASSES, Proportions, proportions

__all__ = ["CLASSES", "Proportions", "proportions", "vehicle_asset"]
