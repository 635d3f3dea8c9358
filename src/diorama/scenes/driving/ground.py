"""The ground as bodies: one for each kind of surface, and the paint on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from diorama.scenes.driving.markings import Color
from diorama.scenes.driving.network import Network
from diorama.sim.spec import BodySpec, GroundShape, MaterialSpec, PaintShape, Rgb, Ribbon
from diorama.sim.spec.roads import AreaKind

#: Below this a kerb is no more than the edge of the grass.
_FLUSH_M = 0.02
_PAINTS: dict[Color, Rgb] = {"white": (0.72, 0.72, 0.7), "yellow": (0.72, 0.46, 0.07)}


@dataclass(frozen=True, slots=True)
class Ground:
    """What areas of some `kinds` are: a class of semantic masks, and a surface of the asset library."""

    stuff: str
    look: str
    kinds: tuple[AreaKind, ...]


#: Bodies by their names. What surfaces they get in the end, `road-surface` draws.
GROUNDS: dict[str, Ground] = {
    "road": Ground("road", "asphalt", ("carriageway", "junction", "crossing")),
    "cycle-path": Ground("road", "asphalt-red", ("cycle",)),
    "parking": Ground("parking", "asphalt", ("parking",)),
    "pavement": Ground("sidewalk", "paving-slabs", ("pavement",)),
    "islands": Ground("terrain", "lawn", ("island",)),
    "verges": Ground("terrain", "meadow", ("verge",)),
    "plots": Ground("terrain", "lawn", ("plot",)),
    "terrain": Ground("terrain", "meadow", ("terrain",)),
}
#: What plots are in places where they are no gardens.
PLOTS: dict[str, Ground] = {
    "town-centre": Ground("sidewalk", "paving-slabs", ("plot",)),
    "industrial": Ground("ground", "concrete", ("plot",)),
}


def bodies(network: Network, setting: str, dashes_m: tuple[float, float]) -> tuple[BodySpec, ...]:
    """The ground of a network in a kind of place. Dashed lines have dashes and gaps of about these lengths."""
    flush = network.roads.kerb_m < _FLUSH_M
    out: list[BodySpec] = []
    for name, usual in GROUNDS.items():
        ground = PLOTS.get(setting, usual) if name == "plots" else usual
        ribbons = [ribbon for tile in network.tiles if tile.area.kind in ground.kinds for ribbon in tile.ribbons]
        if flush and name == "verges":
            ribbons += network.kerbs
        if ribbons:
            out.append(_body(name, ground.stuff, ground.look, ribbons, network))
    if not flush:
        out.append(_body("kerbs", "sidewalk", "kerbstone", network.kerbs, network))
    for color, paint in _PAINTS.items():
        lines = tuple(line for line in network.roads.lines if line.color == color)
        symbols = network.symbols[color]
        if lines or symbols:
            shape = PaintShape(lines=lines, symbols=symbols, terrain=network.roads.terrain, dashes_m=dashes_m)
            material = MaterialSpec(base_color=paint, roughness=0.6)
            out.append(BodySpec(name=f"paint-{color}", shape=shape, friction=0.6, material=material, stuff="road", tags=("ground", "paint")))
    return tuple(out)


def _body(name: str, stuff: str, look: str, ribbons: Sequence[Ribbon], network: Network) -> BodySpec:
    shape = GroundShape(ribbons=tuple(ribbons), terrain=network.roads.terrain)
    return BodySpec(name=name, shape=shape, friction=0.8, look_of=f"street:{look}/0", stuff=stuff, tags=("ground",))
