"""Things of a household, made by recipe: ``household:<kind>/<variant>``, each variant from a seed of its own."""

from diorama.sim.assets.household import cutlery, decor, fruit, glassware, packages, stationery, tableware, tools, toycar, toys
from diorama.sim.assets.household.draft import Kind
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.surface import assemble
from diorama.sim.seeds import Seed

#: As many variants of each kind are listed; any other whole number works as well.
LISTED_VARIANTS = 16

#: The kind is the category too.
KINDS = {
    "apple": Kind("fruit", fruit.apple),
    "ball": Kind("toy", toys.ball),
    "banana": Kind("fruit", fruit.banana),
    "basket": Kind("household", tableware.basket),
    "book": Kind("stationery", stationery.book),
    "bottle": Kind("packaging", packages.bottle),
    "bowl": Kind("tableware", tableware.bowl),
    "brick": Kind("toy", toys.brick),
    "can": Kind("packaging", packages.can),
    "carton": Kind("packaging", packages.box),
    "citrus": Kind("fruit", fruit.citrus),
    "cup": Kind("tableware", tableware.cup),
    "die": Kind("toy", toys.die),
    "drinking-glass": Kind("tableware", tableware.drinking_glass),
    "fork": Kind("cutlery", cutlery.fork),
    "glass-bottle": Kind("packaging", glassware.glass_bottle),
    "hammer": Kind("tool", tools.hammer),
    "jar": Kind("packaging", packages.jar),
    "knife": Kind("cutlery", cutlery.knife),
    "lamp": Kind("household", decor.lamp),
    "marker": Kind("stationery", stationery.marker),
    "milk-carton": Kind("packaging", packages.milk_carton),
    "mug": Kind("tableware", tableware.mug),
    "pan": Kind("tableware", tableware.pan),
    "pear": Kind("fruit", fruit.pear),
    "plate": Kind("tableware", tableware.plate),
    "potted-plant": Kind("household", decor.potted_plant),
    "puzzle-cube": Kind("toy", toys.puzzle_cube),
    "roll": Kind("stationery", stationery.roll),
    "screwdriver": Kind("tool", tools.screwdriver),
    "sponge": Kind("household", stationery.sponge),
    "spoon": Kind("cutlery", cutlery.spoon),
    "toy-car": Kind("toy", toycar.toy_car),
    "tube": Kind("packaging", packages.tube),
    "wrench": Kind("tool", tools.wrench),
}


def names() -> tuple[str, ...]:
    """The listed names, ``<kind>/<variant>``."""
    return tuple(f"{kind}/{variant}" for kind in KINDS for variant in range(LISTED_VARIANTS))


def is_name(name: str) -> bool:
    """Whether `load` takes this name."""
    kind, _, variant = name.partition("/")
    return kind in KINDS and variant.isascii() and variant.isdecimal() and variant == str(int(variant))


def category_of(name: str) -> tuple[str, str]:
    """(category, supercategory) of a name."""
    kind = name.partition("/")[0]
    return kind, KINDS[kind].supercategory


def load(name: str) -> Asset:
    """The asset of a name that `is_name` accepts."""
    kind, _, variant = name.partition("/")
    draft = KINDS[kind].make(Seed(0).child("household", kind, int(variant)).rng())
    return assemble(f"household:{name}", *category_of(name), draft.surfaces, draft.hulls, density_kg_m3=draft.density_kg_m3, closed=True)
