"""Things of the street, made by recipe: ``street:<kind>/<variant>``. All stand at their landmark ``base``, and face +x."""

from diorama.sim.assets.recipe import Kind, Recipes

KINDS: dict[str, Kind] = {}

STREET = Recipes("street", KINDS)
