"""The ground as bodies: one for each kind of surface, and the paint on it."""

from diorama.scenes.driving.network import Network
from diorama.sim.spec import BodySpec, GroundShape, MaterialSpec, PaintShape
from diorama.sim.spec.roads import AreaKind

#: For each body its class in semantic masks, a colour, and the kinds of areas that it is the surface of.
SURFACES: dict[str, tuple[str, tuple[float, float, float], tuple[AreaKind, ...]]] = {
    "road": ("road", (0.11, 0.11, 0.115), ("carriageway", "junction", "crossing")),
    "cycle-path": ("road", (0.25, 0.1, 0.08), ("cycle",)),
    "parking": ("parking", (0.13, 0.13, 0.13), ("parking",)),
    "pavement": ("sidewalk", (0.32, 0.31, 0.29), ("pavement",)),
    "islands": ("sidewalk", (0.3, 0.3, 0.28), ("island",)),
    "verges": ("terrain", (0.1, 0.16, 0.05), ("verge",)),
    "plots": ("terrain", (0.14, 0.18, 0.08), ("plot",)),
    "terrain": ("terrain", (0.12, 0.17, 0.06), ("terrain",)),
}


def bodies(network: Network, setting: str) -> tuple[BodySpec, ...]:
    """The ground of a network."""
    terrain = network.roads.terrain
    out: list[BodySpec] = []
    for name, (stuff, color, kinds) in SURFACES.items():
        ribbons = tuple(ribbon for tile in network.tiles if tile.area.kind in kinds for ribbon in tile.ribbons)
        if ribbons:
            material = MaterialSpec(base_color=color, roughness=0.9)
            shape = GroundShape(ribbons=ribbons, terrain=terrain)
            out.append(BodySpec(name=name, shape=shape, friction=0.8, material=material, stuff=stuff, tags=("ground",)))
    if network.kerbs:
        shape = GroundShape(ribbons=network.kerbs, terrain=terrain)
        material = MaterialSpec(base_color=(0.4, 0.4, 0.38), roughness=0.85)
        out.append(BodySpec(name="kerbs", shape=shape, friction=0.8, material=material, stuff="sidewalk", tags=("ground",)))
    for color, paint in (("white", (0.75, 0.75, 0.73)), ("yellow", (0.75, 0.5, 0.08))):
        lines = tuple(line for line in network.roads.lines if line.color == color)
        if lines:
            shape = PaintShape(lines=lines, terrain=terrain)
            material = MaterialSpec(base_color=paint, roughness=0.6)
            out.append(BodySpec(name=f"paint-{color}", shape=shape, friction=0.6, material=material, stuff="road", tags=("ground", "paint")))
    return tuple(out)
