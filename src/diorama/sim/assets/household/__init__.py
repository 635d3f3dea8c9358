"""Things of a household, made by recipe: ``household:<kind>/<variant>``, each variant from a seed of its own."""

from diorama.sim.assets.household.containers import bowl
from diorama.sim.assets.household.draft import Kind
from diorama.sim.assets.household.packages import can
from diorama.sim.assets.household.toys import ball
from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.surface import assemble
from diorama.sim.seeds import Seed

#: As many variants of each kind are listed; any other whole number works as well.
LISTED_VARIANTS = 16

KINDS = {
    "ball": Kind("toy", ball),
    "bowl": Kind("tableware", bowl),
    "can": Kind("packaging", can),
}


def names() -> tuple[str, ...]:
    """The listed names, ``<kind>/<variant>``."""
    return tuple(f"{kind}/{variant}" for kind in KINDS for variant in range(LISTED_VARIANTS))


def is_name(name: str) -> bool:
    """Whether `load` takes this name."""
    kind, _, variant = name.partition("/")
    return kind in KINDS and variant.isdecimal() and variant == str(int(variant))


def category_of(name: str) -> tuple[str, str]:
    """(category, supercategory) of a name."""
    kind = name.partition("/")[0]
    return kind, KINDS[kind].supercategory


def load(name: str) -> Asset:
    """The asset of a name that `is_name` accepts."""
    kind, _, variant = name.partition("/")
    draft = KINDS[kind].make(Seed(0).child("household", kind, int(variant)).rng())
    return assemble(f"household:{name}", *category_of(name), draft.surfaces, draft.hulls, density_kg_m3=draft.density_kg_m3)
