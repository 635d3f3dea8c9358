"""Things made by recipe: what a recipe returns, and what recipes are painted with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from diorama.sim.assets.color import linear_rgb
from diorama.sim.assets.geometry import Points, merged, signed_volume_and_center
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.surface import Surface, assemble
from diorama.sim.seeds import Seed
from diorama.sim.spec import MaterialSpec, Vec3

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """A closed surface in pieces of one look each, the convex pieces that fill it, and the density of what is inside it.

    What is not `closed`, as leaves are not, has a `volume_and_center` of mass by other means; of anything else they may be given where surfaces
    overlap. `landmarks` are points with names (see Asset), in the same axes.
    """

    surfaces: Sequence[Surface]
    hulls: Sequence[Points]
    density_kg_m3: float
    closed: bool = True
    volume_and_center: tuple[float, Vec3] | None = None
    landmarks: Mapping[str, Vec3] = field(default_factory=lambda: MappingProxyType({}))

    def asset(self, asset_id: str, category: str, supercategory: str) -> Asset:
        """What the draft is of, with its centre of mass as its origin."""
        matter = self.volume_and_center or signed_volume_and_center(*merged([(s.positions, s.faces) for s in self.surfaces]))
        x, y, z = matter[1]
        return assemble(
            asset_id,
            category,
            supercategory,
            self.surfaces,
            self.hulls,
            volume_and_center=matter,
            density_kg_m3=self.density_kg_m3,
            closed=self.closed,
            landmarks={name: (a - x, b - y, c - z) for name, (a, b, c) in self.landmarks.items()},
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """A recipe and the supercategory of what it makes. Its category is the kind's own name, unless there is another."""

    supercategory: str
    make: Callable[[np.random.Generator], Draft]
    category: str = ""


class Recipes:
    """Things made by recipe: ``<source>:<kind>/<variant>``, each variant, any whole number, from a seed of its own."""

    #: As many variants of each kind are listed.
    LISTED_VARIANTS = 16

    def __init__(self, source: str, kinds: Mapping[str, Kind]) -> None:
        self.source, self.kinds = source, kinds

    def names(self) -> tuple[str, ...]:
        """The listed names, ``<kind>/<variant>``."""
        return tuple(f"{kind}/{variant}" for kind in self.kinds for variant in range(self.LISTED_VARIANTS))

    def is_name(self, name: str) -> bool:
        """Whether `load` takes this name."""
        kind, _, variant = name.partition("/")
        return kind in self.kinds and variant.isascii() and variant.isdecimal() and variant == str(int(variant))

    def category_of(self, name: str) -> tuple[str, str]:
        """(category, supercategory) of a name."""
        kind = name.partition("/")[0]
        return self.kinds[kind].category or kind, self.kinds[kind].supercategory

    def load(self, name: str) -> Asset:
        """The asset of a name that `is_name` accepts."""
        kind, _, variant = name.partition("/")
        draft = self.kinds[kind].make(Seed(0).child(self.source, kind, int(variant)).rng())
        return draft.asset(f"{self.source}:{name}", *self.category_of(name))


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of some things."""
    return choices[int(rng.integers(len(choices)))]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number from `low` to `high`."""
    return low + (high - low) * float(rng.random())


# --- paints (8-bit sRGB) ----------------------------------------------------------------------------------

Ink = tuple[int, int, int]

WHITE: Ink = (246, 244, 238)
BLACK: Ink = (28, 28, 30)

#: Printing inks and plastics.
BRIGHT: tuple[Ink, ...] = (
    (200, 32, 40),
    (232, 92, 28),
    (246, 184, 24),
    (120, 172, 46),
    (24, 122, 74),
    (20, 140, 160),
    (28, 88, 172),
    (44, 48, 112),
    (112, 52, 132),
    (214, 76, 130),
    (108, 66, 40),
)
#: Glazes of pottery.
GLAZES: tuple[Ink, ...] = (
    (240, 236, 226),
    (226, 214, 190),
    (168, 188, 196),
    (58, 92, 128),
    (36, 50, 70),
    (122, 150, 118),
    (60, 96, 84),
    (196, 108, 78),
    (164, 54, 48),
    (228, 178, 84),
    (70, 66, 66),
    (206, 160, 168),
)
WOODS: tuple[Ink, ...] = ((206, 164, 112), (178, 128, 78), (138, 90, 52), (96, 60, 38))


def paint(ink: Ink, roughness: float = 0.5, metallic: float = 0.0) -> Look:
    """A plain look in a displayed colour."""
    return Look(material=MaterialSpec(base_color=linear_rgb(*(c / 255 for c in ink)), roughness=roughness, metallic=metallic))


def lacquer(ink: Ink, roughness: float = 0.45, metallic: float = 0.0) -> Look:
    """A colour under a clear coat, as cars have it."""
    return Look(material=replace(paint(ink, roughness, metallic).material, clear_coat=1.0))


def glass(ink: Ink = (250, 252, 252), roughness: float = 0.0) -> Look:
    """Clear or tinted glass."""
    return Look(material=replace(paint(ink, roughness).material, transmission=1.0))


def glowing(ink: Ink, radiance: float) -> Look:
    """A pale surface that gives light: `radiance` (W/m2/sr) in its brightest channel."""
    color = linear_rgb(*(c / 255 for c in ink))
    red, green, blue = (radiance * c / max(color) for c in color)
    return Look(material=MaterialSpec(base_color=color, roughness=0.9, emissive=(red, green, blue)))


STEEL = paint((206, 206, 204), 0.25, 1.0)
DARK_STEEL = paint((120, 122, 126), 0.35, 1.0)
BRASS = paint((214, 176, 96), 0.3, 1.0)
RUBBER = paint((34, 34, 36), 0.8)


def printed(texture: np.ndarray, roughness: float = 0.55, *, film: float = 0.0) -> Look:
    """The look of a printed picture, on a `film` (0 to 1) that sends light back to where it comes from."""
    material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=roughness, retroreflection=film)
    return Look(material=material, images={"base_color": texture})
