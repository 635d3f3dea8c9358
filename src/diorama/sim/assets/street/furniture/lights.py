"""Traffic lights and their masts, as assets."""

from functools import lru_cache

import numpy as np

from diorama.sim.assets.forms import arc
from diorama.sim.assets.mesh import Asset, Look
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import Ink, paint
from diorama.sim.assets.street.furniture import symbols
from diorama.sim.assets.street.furniture.drawing import Canvas, Picture
from diorama.sim.assets.street.furniture.solids import block, draft, pipe, plate
from diorama.sim.assets.surface import Surface
from diorama.sim.spec import MaterialSpec, Vec3
from diorama.sim.spec.signs import MastShape, Symbol, TrafficLightShape

_LENS_PX = 64
#: Radiance (W/m2/sr) of a lit lens in its brightest channel: as bright as white paper in the sun.
_RADIANCE = 1.9
#: What a lens gives off: the reds, ambers and blueish greens of EN 12368.
_LIT: dict[str, Ink] = {"red": (255, 32, 24), "amber": (255, 168, 22), "green": (20, 255, 170)}
#: The same lens when it is dark.
_DARK: dict[str, Ink] = {"red": (62, 16, 14), "amber": (70, 46, 12), "green": (10, 50, 40)}
_BLACK: Ink = (14, 14, 15)
_HOUSINGS: dict[str, Ink] = {"black": (26, 27, 28), "green": (30, 56, 44), "grey": (74, 77, 80), "yellow": (196, 146, 26)}
_STEEL = paint((150, 153, 155), 0.5, 0.4)
#: In lens diameters: a section of the housing, its depth, and how far a visor reaches.
_SECTION, _DEPTH, _VISOR = 1.28, 0.75, 0.85


def lit(shape: TrafficLightShape) -> tuple[tuple[str, bool], ...]:
    """Its lenses from the top, and which are lit."""
    if shape.symbol == "pedestrian":
        return ("red", shape.state != "green"), ("green", shape.state == "green")
    return ("red", shape.state in ("red", "red-amber")), ("amber", shape.state in ("amber", "red-amber")), ("green", shape.state == "green")


@lru_cache(maxsize=64)
def lens(color: str, symbol: Symbol, is_lit: bool) -> tuple[Picture, Picture]:
    """Pictures (64, 64, 3) of a lens: what it reflects, and what it gives off."""
    own = Canvas.empty(_LENS_PX, _LENS_PX, _DARK[color] if symbol == "disc" else _BLACK)
    glow = Canvas.empty(_LENS_PX, _LENS_PX, (0, 0, 0))
    for canvas, ink in ((own, _DARK[color]), (glow, _LIT[color])):
        _draw(canvas, color, symbol, ink)
    if symbol == "disc":  # a grid of small lenses
        for k in range(-4, 5):
            for points in ([(k / 4.5, -1.0), (k / 4.5, 1.0)], [(-1.0, k / 4.5), (1.0, k / 4.5)]):
                own.stroke(points, 0.03, (30, 30, 30))
    return own.reduced(), glow.reduced() if is_lit else np.zeros((_LENS_PX, _LENS_PX, 3), np.uint8)


def _draw(canvas: Canvas, color: str, symbol: Symbol, ink: Ink) -> None:
    if symbol == "disc":
        canvas.disc(0.0, 0.0, 1.0, ink)
    elif symbol == "cycle":
        symbols.bicycle(canvas.at(0.0, 0.05, 0.78), ink)
    elif symbol == "pedestrian":
        (symbols.walker if color == "green" else symbols.stander)(canvas.at(0.0, 0.0, 0.82), ink)
    else:
        turned = canvas.at(0.0, 0.0, turn_deg={"left": 90.0, "straight": 0.0, "right": -90.0}[symbol])
        turned.arrow([(0.0, -0.72), (0.0, 0.8)], 0.26, ink, head=2.2)


def traffic_light_asset(shape: TrafficLightShape) -> Asset:
    """A housing with its lenses under visors."""
    d, lenses = shape.lens_m, lit(shape)
    section, depth = _SECTION * d, _DEPTH * d
    high = section * len(lenses)
    body = paint(_HOUSINGS[shape.housing], 0.6)
    surfaces = [block((0.0, -section / 2, -high / 2), (depth, section / 2, high / 2), body)]
    hulls = [surfaces[0].positions]
    if shape.board:
        surfaces += _board(section, high, depth)
        hulls.append(np.concatenate([s.positions for s in surfaces[1:]]))
    for row, (color, is_lit) in enumerate(lenses):
        middle = high / 2 - section * (row + 0.5)
        surfaces += [_lens(d, depth, middle, color, shape.symbol, is_lit), _visor(d, depth, middle, body)]
    made = draft(surfaces, hulls=hulls, density_kg_m3=600.0, closed=False, landmarks={"base": (0.0, 0.0, 0.0)})
    return made.asset(f"traffic-light:{shape!r}", "traffic-light", "traffic-light")


def _lens(d: float, depth: float, middle: float, color: str, symbol: Symbol, is_lit: bool) -> Surface:
    turn = circle(16)
    own, glow = lens(color, symbol, is_lit)
    radiance = _RADIANCE if is_lit else 0.0
    material = MaterialSpec(base_color=(1.0, 1.0, 1.0), roughness=0.35, emissive=(radiance, radiance, radiance))
    look = Look(material=material, images={"base_color": own, "emissive": glow} if is_lit else {"base_color": own})
    fan = np.stack([np.zeros(14, np.int64), np.arange(1, 15), np.arange(2, 16)], axis=1)
    positions = np.column_stack([np.full(16, depth + 0.004), turn * (d / 2) + (0.0, middle)])
    return Surface(positions=positions, faces=fan, uv=turn / 2 + 0.5, look=look)


def _visor(d: float, depth: float, middle: float, look: Look) -> Surface:
    """Three quarters of a short tube, open below, cut off aslant."""
    rim = np.array(arc((0.0, 0.0), 0.54 * d, -25.0, 205.0, 8))
    reach = _VISOR * d * (0.45 + 0.55 * (rim[:, 1] / (0.54 * d) + 0.43) / 1.43)
    near, far = (np.column_stack([x, rim[:, 0], rim[:, 1] + middle]) for x in (np.full(9, depth), depth + reach))
    i = np.arange(8)
    quads = np.stack([i, i + 1, i + 10, i + 9], axis=1)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    # Seen from both sides: its inside is black.
    return Surface(positions=np.concatenate([near, far]), faces=faces, look=look)


def _board(section: float, high: float, depth: float) -> list[Surface]:
    y, z, rim = 0.85 * section, high / 2 + 0.35 * section, 0.09 * section
    black, white = paint((20, 20, 22), 0.7), paint((228, 230, 228), 0.6)
    outline = np.array([[-y, -z], [y, -z], [y, z], [-y, z]])
    inner = outline - np.sign(outline) * rim
    return [*plate(outline, 0.4 * depth, 0.4 * depth + 0.004, white, black), *plate(inner, 0.4 * depth + 0.002, 0.4 * depth + 0.008, black, black)]


def mast_asset(shape: MastShape) -> Asset:
    """A pole, and its arm if it has one."""
    r, high = shape.radius_m, shape.height_m
    surfaces = [pipe((0.0, 0.0, 0.0), (0.0, 0.0, high), (r, 0.8 * r), _STEEL), pipe((0.0, 0.0, 0.0), (0.0, 0.0, 0.25), 1.35 * r, _STEEL)]
    if shape.arm_m:
        end: Vec3 = (0.0, shape.arm_m, high - 0.1)
        surfaces.append(pipe((0.0, 0.0, high - 0.1), end, (0.75 * r, 0.5 * r), _STEEL))
    return draft(surfaces, density_kg_m3=2000.0, landmarks={"base": (0.0, 0.0, 0.0)}).asset(f"mast:{shape!r}", "mast", "pole")
