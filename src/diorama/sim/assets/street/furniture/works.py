"""What closes a piece of road: cones, beacons, barriers. Fronts are +x; barriers are long along y."""

import numpy as np

from diorama.sim.assets.forms import loft
from diorama.sim.assets.recipe import WHITE, Draft, Ink, between, paint, pick, printed
from diorama.sim.assets.street.furniture.drawing import ORANGE, RED, YELLOW
from diorama.sim.assets.street.furniture.prints import bars, cut, stripes
from diorama.sim.assets.street.furniture.solids import WHOLE, block, draft, pipe, placed, plate, rectangle, upright
from diorama.sim.assets.surface import Surface

_RUBBER = paint((30, 30, 31), 0.85)
_WHITE = paint(WHITE, 0.45)


def cone(rng: np.random.Generator) -> Draft:
    """A traffic cone, half a metre or three quarters high, with one white band or two."""
    high = pick(rng, (0.5, 0.75, 1.0))
    ink: Ink = pick(rng, ((226, 66, 20), (238, 92, 24), (206, 40, 26)))
    base, top = 0.2 * high + 0.03, 0.028
    plastic = paint(ink, 0.5)
    side = 0.27 * high + 0.06
    plate_ = block((-side, -side, 0.0), (side, side, 0.03), pick(rng, (plastic, _RUBBER)))

    def radius(z: float) -> float:
        return base + (top - base) * (z - 0.03) / (high - 0.03)

    bands = ((0.55, 0.78),) if high < 0.6 else ((0.36, 0.52), (0.64, 0.82))
    cuts = [0.03 / high, *(share for band in bands for share in band), 1.0]
    pieces: list[Surface] = [plate_]
    for k in range(len(cuts) - 1):
        z0, z1 = cuts[k] * high, cuts[k + 1] * high
        profile = [(0.0, z0), (radius(z0), z0), (radius(z1), z1), (0.0, z1)]
        pieces.append(upright(profile, _WHITE if k % 2 else plastic, segments=12))
    hull = np.concatenate([p.positions for p in pieces[1:]])
    return draft(pieces, hulls=[plate_.positions, hull], density_kg_m3=90.0)


def beacon(rng: np.random.Generator) -> Draft:
    """An upright board with slanted red and white bars on both sides, on a foot of rubber; some with a lamp."""
    high = between(rng, 0.9, 1.05)
    ink = pick(rng, (RED, RED, ORANGE))
    foot = block((-0.4, -0.2, 0.0), (0.4, 0.2, 0.1), _RUBBER)
    board = block((-0.02, -0.125, 0.1), (0.02, 0.125, 0.1 + high), _WHITE)
    sheet = plate(rectangle(0.24, 0.14, 0.09 + high), 0.0, 0.003, printed(_slanted(ink), 0.4), _WHITE, WHOLE)
    pieces = [foot, board, *placed(sheet, 0.02, 0.0), *placed(sheet, -0.02, 0.0, 2)]
    hulls = [foot.positions, board.positions]
    if rng.random() < 0.4:
        pieces.append(_lamp(0.0, 0.0, 0.1 + high))
    return draft(pieces, hulls=hulls, density_kg_m3=300.0)


def _slanted(ink: Ink) -> np.ndarray:
    """An upright picture of bars that rise to the right."""
    return np.ascontiguousarray(np.rot90(stripes(192, 48, ink, WHITE, 5, 1.0)))


def _lamp(x: float, y: float, z: float) -> Surface:
    """A warning lamp."""
    return pipe((x - 0.04, y, z + 0.1), (x + 0.04, y, z + 0.1), 0.09, paint((238, 170, 16), 0.3), 10)


def barrier(rng: np.random.Generator) -> Draft:
    """A barrier across: a plank on legs, a fence of plastic, blocks of concrete or of plastic full of water. 2 m long."""
    return pick(rng, (_plank, _plank, _plastic, _block, _filled))(rng)


def _plank(rng: np.random.Generator) -> Draft:
    ink: Ink = pick(rng, (RED, RED, ORANGE))
    steel, w = paint((150, 153, 155), 0.5, 0.4), 1.0
    sheet = printed(stripes(256, 32, ink, WHITE, 5), 0.45)
    pieces: list[Surface] = []
    hulls = []
    for low in (0.78, 0.3)[: int(rng.integers(1, 3))]:
        board = plate(rectangle(2 * w, low, low + 0.25), -0.015, 0.015, sheet, _WHITE, WHOLE)
        pieces += [*board, *placed(plate(rectangle(2 * w, low, low + 0.25), 0.0, 0.001, sheet, _WHITE, WHOLE), -0.016, 0.0, 2)]
        hulls.append(board[1].positions)
    for y in (-0.75 * w, 0.75 * w):
        foot, post = block((-0.35, y - 0.1, 0.0), (0.35, y + 0.1, 0.08), _RUBBER), block((-0.05, y - 0.025, 0.08), (-0.016, y + 0.025, 1.1), steel)
        pieces += [foot, post]
        hulls += [foot.positions]
    if rng.random() < 0.6:
        pieces += [_lamp(-0.03, y, 1.1) for y in (-0.75 * w, 0.0, 0.75 * w)]
    return draft(pieces, hulls=[np.concatenate(hulls)], density_kg_m3=60.0)


def _plastic(rng: np.random.Generator) -> Draft:
    """A light fence of plastic for pedestrians."""
    ink: Ink = pick(rng, (ORANGE, YELLOW, (214, 60, 30), (30, 80, 150)))
    body, w, high = paint(ink, 0.5), 1.0, 1.0
    frame = [block((-0.025, -w, z), (0.025, w, z + 0.07), body) for z in (0.12, high - 0.07)]
    frame += [block((-0.025, y - 0.04, 0.12), (0.025, y + 0.04, high), body) for y in (-w + 0.04, w - 0.04)]
    bars_ = Surface(
        positions=np.column_stack([np.zeros(4), rectangle(2 * w - 0.1, 0.15, high - 0.05)]),
        faces=np.array([[0, 1, 2], [0, 2, 3]]),
        uv=WHOLE,
        look=cut(bars(14, 0.4), ink),
    )
    band = plate(rectangle(2 * w - 0.02, 0.55, 0.7), -0.03, 0.03, printed(stripes(256, 20, RED, WHITE, 6), 0.4), _WHITE, WHOLE)
    feet = [block((-0.3, y - 0.05, 0.0), (0.3, y + 0.05, 0.12), _RUBBER) for y in (-0.7 * w, 0.7 * w)]
    pieces = [*frame, *band, *feet, bars_]
    return draft(pieces, hulls=[np.concatenate([p.positions for p in pieces])], density_kg_m3=40.0, closed=False)


def _jersey(look_of: list, length: float = 2.0) -> list[Surface]:
    """Blocks with a broad foot, one behind the other along y, in these looks."""
    profile = [(0.3, 0.0), (0.3, 0.08), (0.14, 0.34), (0.08, 0.81), (-0.08, 0.81), (-0.14, 0.34), (-0.3, 0.08), (-0.3, 0.0)]
    each = length / len(look_of)
    return [
        loft(np.array([[[x, y, z] for x, z in profile] for y in (k * each - length / 2 + each - 0.01, k * each - length / 2 + 0.01)]), look)
        for k, look in enumerate(look_of)
    ]


def _block(rng: np.random.Generator) -> Draft:
    concrete = paint(pick(rng, ((164, 160, 152), (140, 138, 132), (178, 174, 166))), 0.95)
    return draft(_jersey([concrete]), density_kg_m3=900.0)


def _filled(rng: np.random.Generator) -> Draft:
    red, white = paint((196, 30, 30), 0.45), paint((236, 236, 232), 0.45)
    looks = [red, white] if rng.random() < 0.5 else [white, red]
    return draft(_jersey(looks), density_kg_m3=400.0)
