"""Things of the street, made by recipe: ``street:<kind>/<variant>``. All stand at their landmark ``base``, and face +x."""

from diorama.sim.assets.recipe import Kind, Recipes
from diorama.sim.assets.street import furniture
from diorama.sim.assets.street.surfaces import SURFACES

KINDS: dict[str, Kind] = {**SURFACES, **furniture.KINDS}

STREET = Recipes("street", KINDS)
