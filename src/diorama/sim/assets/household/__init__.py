"""Things of a household, made by recipe: ``household:<kind>/<variant>``."""

from diorama.sim.assets.household import cutlery, decor, fruit, glassware, packages, stationery, tableware, tools, toycar, toys
from diorama.sim.assets.recipe import Kind, Recipes

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

HOUSEHOLD = Recipes("household", KINDS)
