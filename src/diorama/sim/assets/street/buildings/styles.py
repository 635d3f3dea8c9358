"""What buildings of a style have in common, and what differs between two of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from diorama.sim.assets.recipe import between, pick
from diorama.sim.assets.street.buildings import walls
from diorama.sim.assets.street.buildings.windows import Windows, windows
from diorama.sim.assets.street.paints import painted
from diorama.sim.assets.street.patches import Cover
from diorama.sim.seeds import Seed
from diorama.sim.spec.buildings import BuildingStyle

Make = Callable[[], Cover]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What there is to choose from, and proportions.

    A bay is about `bay_m` wide, and its window takes a share of that (`wide`) and of the floor's height (`high`), starting at `sill` of it. Windows
    are `reveal_m` deep in the wall. `sills` stand out below them, `bands` between floors and a `cornice` under the eaves; `surrounds` are raised
    around windows. The roof rises by `pitch` per metre and stands out by `overhang_m`. `chimneys`, `dormers`, `balconies`, `shutters`, `flowers` on
    the sills and `pipes` are the shares of houses that have them.
    """

    claddings: tuple[Make, ...]
    roofs: tuple[Make, ...]
    kinds: tuple[str, ...]
    frames: tuple[str, ...] = ("white",)
    trims: tuple[str, ...] = ("pale",)
    bay_m: float = 2.9
    wide: tuple[float, float] = (0.34, 0.42)
    high: tuple[float, float] = (0.5, 0.58)
    sill: float = 0.28
    reveal_m: float = 0.12
    sills: bool = True
    bands: float = 0.0
    cornice: float = 0.0
    surrounds: float = 0.0
    pitch: tuple[float, float] = (0.7, 0.9)
    overhang_m: float = 0.25
    chimneys: float = 0.0
    dormers: float = 0.0
    balconies: float = 0.0
    shutters: float = 0.0
    flowers: float = 0.0
    pipes: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What one variant of a style has chosen. Shares have become whether."""

    wall: Cover
    roof: Cover
    windows: Windows
    frame: Cover
    trim: Cover
    shutter: Cover | None
    wide: float
    high: float
    pitch: float
    bands: bool
    cornice: bool
    surrounds: bool
    chimneys: bool
    dormers: bool
    balconies: bool
    flowers: bool
    pipes: bool
    mirrored: bool
    number: int


def _bricks(*colors: str) -> tuple[Make, ...]:
    return tuple((lambda c=c, b=walls.BONDS[k % 3]: walls.bricks(c, b)) for k, c in enumerate(colors))


def _of(make: Callable[[int], Cover], *numbers: int) -> tuple[Make, ...]:
    return tuple((lambda n=n: make(n)) for n in numbers)


_SLATE, _CLAY, _FELT = _of(walls.slates, 0, 1, 2), _of(walls.tiles, 0, 1, 2, 3), _of(walls.felt, 0, 1)
_PALE = ("pale", "buff", "snow")

STYLES: dict[BuildingStyle, Style] = {
    "brick-terrace": Style(
        claddings=_bricks("gault", "red", "buff", "brown", "sooty", "orange"),
        roofs=_SLATE + _CLAY[2:3],
        kinds=("sash", "georgian", "sash"),
        frames=("white", "white", "white", "black"),
        trims=_PALE,
        bay_m=2.6,
        bands=0.35,
        cornice=0.35,
        chimneys=0.85,
        dormers=0.25,
        flowers=0.08,
    ),
    "plaster-terrace": Style(
        claddings=_of(walls.plaster, *range(10)),
        roofs=_CLAY + _SLATE[:1],
        kinds=("cross", "casement", "sash"),
        frames=("white", "white", "brown", "grey", "green"),
        trims=(*_PALE, "mortar"),
        wide=(0.34, 0.44),
        high=(0.5, 0.6),
        bands=0.5,
        cornice=0.7,
        surrounds=0.45,
        chimneys=0.5,
        dormers=0.4,
        balconies=0.25,
        shutters=0.3,
        flowers=0.2,
    ),
    "stone-terrace": Style(
        claddings=_of(walls.stone, 0, 1, 2, 3),
        roofs=_SLATE,
        kinds=("sash", "georgian", "cross"),
        frames=("white", "white", "grey"),
        trims=("sandstone", "limestone", "granite"),
        wide=(0.36, 0.44),
        high=(0.56, 0.66),
        sill=0.22,
        reveal_m=0.2,
        bands=0.8,
        cornice=0.95,
        surrounds=0.7,
        chimneys=0.6,
        dormers=0.5,
        balconies=0.2,
    ),
    "brick-house": Style(
        claddings=_bricks("red", "brown", "buff", "orange", "dark", "white"),
        roofs=_CLAY + _SLATE[:1],
        kinds=("casement", "tilt", "cross"),
        frames=("white", "white", "brown", "grey"),
        trims=_PALE,
        bay_m=3.0,
        wide=(0.45, 0.6),
        high=(0.42, 0.48),
        sill=0.33,
        overhang_m=0.4,
        chimneys=0.6,
        flowers=0.2,
    ),
    "plaster-house": Style(
        claddings=_of(walls.plaster, 0, 1, 2, 3, 5, 6, 8),
        roofs=_CLAY,
        kinds=("casement", "tilt", "plain"),
        frames=("white", "white", "brown", "grey"),
        trims=_PALE,
        bay_m=3.1,
        wide=(0.42, 0.58),
        high=(0.42, 0.5),
        sill=0.32,
        overhang_m=0.5,
        pitch=(0.6, 1.0),
        chimneys=0.5,
        balconies=0.1,
        shutters=0.2,
        flowers=0.3,
    ),
    "wood-house": Style(
        claddings=_of(walls.boards, 0, 1, 2, 3, 4, 5),
        roofs=_CLAY[2:3] + _SLATE,
        kinds=("sash", "georgian", "cross"),
        frames=("white",),
        trims=("snow",),
        bay_m=3.0,
        wide=(0.36, 0.46),
        reveal_m=0.05,
        surrounds=1.0,
        overhang_m=0.45,
        chimneys=0.5,
        dormers=0.2,
        flowers=0.3,
    ),
    "flats": Style(
        claddings=_of(walls.plaster, 0, 1, 5, 6, 9) + _bricks("white", "buff", "dark"),
        roofs=_FELT,
        kinds=("tilt", "plain", "casement"),
        frames=("white", "grey", "black"),
        trims=("white", "steel", "slate"),
        bay_m=3.4,
        wide=(0.55, 0.72),
        high=(0.5, 0.62),
        sill=0.24,
        bands=0.4,
        balconies=0.75,
        pipes=0.2,
    ),
    "slab": Style(
        claddings=_of(walls.panels, 0, 1, 2, 3, 4),
        roofs=_FELT,
        kinds=("tilt", "casement"),
        frames=("white", "brown"),
        trims=("silver",),
        bay_m=3.0,
        wide=(0.5, 0.62),
        high=(0.46, 0.54),
        sill=0.3,
        bands=0.3,
        balconies=0.6,
        pipes=0.0,
    ),
    "office": Style(
        claddings=_of(walls.panels, 1, 2, 3) + _of(walls.stone, 2),
        roofs=_FELT,
        kinds=("curtain",),
        frames=("grey", "black", "white"),
        trims=("zinc", "slate", "silver"),
        bay_m=5.4,
        wide=(0.9, 0.97),
        high=(0.62, 0.9),
        sill=0.06,
        reveal_m=0.1,
        sills=False,
        bands=0.5,
        pipes=0.0,
    ),
    "hall": Style(
        claddings=_of(walls.sheets, *range(6)),
        roofs=_of(walls.sheets, 0, 1) + _FELT,
        kinds=("curtain", "tilt"),
        frames=("white", "grey"),
        trims=("steel", "silver"),
        bay_m=6.0,
        wide=(0.4, 0.75),
        high=(0.16, 0.26),
        sill=0.66,
        reveal_m=0.05,
        sills=False,
        pitch=(0.14, 0.24),
        overhang_m=0.15,
        pipes=0.9,
    ),
}


_SHARES = ("bands", "cornice", "surrounds", "chimneys", "dormers", "balconies", "flowers", "pipes")


@cache
def dress(style: BuildingStyle, variant: int) -> Dress:
    """What a variant has chosen."""
    kind = STYLES[style]
    rng = Seed(0).child("building", style, variant).rng()
    frame = pick(rng, kind.frames)
    has = {
        name: rng.random() < getattr(kind, name) for name in ("bands", "cornice", "surrounds", "chimneys", "dormers", "balconies", "flowers", "pipes")
    }
    return Dress(
        # Neighbouring variants differ in what is seen first.
        wall=kind.claddings[variant % len(kind.claddings)](),
        roof=pick(rng, kind.roofs)(),
        windows=windows(pick(rng, kind.kinds), frame),
        frame=painted(frame),
        trim=painted(pick(rng, kind.trims)),
        shutter=painted(pick(rng, ("sage", "chestnut", "teal", "brick-red"))) if rng.random() < kind.shutters else None,
        wide=between(rng, *kind.wide),
        high=between(rng, *kind.high),
        pitch=between(rng, *kind.pitch),
        **has,
        mirrored=rng.random() < 0.5,
        number=int(rng.integers(1 << 16)),
    )
