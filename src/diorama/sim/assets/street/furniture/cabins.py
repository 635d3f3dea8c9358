"""What one can stand in or read at: bus shelters, telephone boxes, advertising pillars and boards. Fronts are +x."""

import numpy as np

from diorama.sim.assets.forms import turned
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import WOODS, Draft, Ink, between, glass, paint, pick, printed
from diorama.sim.assets.street.furniture.drawing import Canvas
from diorama.sim.assets.street.furniture.lettering import write
from diorama.sim.assets.street.furniture.prints import poster, posters
from diorama.sim.assets.street.furniture.solids import WHOLE, block, draft, pipe, placed, plate, rectangle, upright

_FRAMES: tuple[Ink, ...] = ((70, 74, 77), (38, 40, 42), (140, 143, 145), (44, 60, 52))


def bus_stop(rng: np.random.Generator) -> Draft:
    """A shelter, open to the road at +x: a roof on posts, glass behind and at one end, an advertisement at the other, a seat."""
    long, deep, high = between(rng, 3.0, 4.6), between(rng, 1.3, 1.6), between(rng, 2.35, 2.6)
    frame = paint(pick(rng, _FRAMES), 0.5, 0.2)
    pane = glass((226, 238, 236))
    x, y = deep / 2, long / 2
    roof = block((-x - 0.05, -y - 0.05, high), (x + 0.1, y + 0.05, high + 0.1), frame)
    posts = [block((px - 0.035, py - 0.035, 0.0), (px + 0.035, py + 0.035, high), frame) for px, py in ((-x, -y), (-x, 0.0), (-x, y), (x - 0.3, y))]
    rails = [block((-x - 0.02, -y, z), (-x + 0.02, y, z + 0.05), frame) for z in (0.12, high - 0.25)]
    back = plate(rectangle(long, 0.17, high - 0.25), -0.005, 0.005, pane, pane)
    side = plate(rectangle(deep - 0.3, 0.17, high - 0.25), -0.005, 0.005, pane, pane)
    seat = block((-x + 0.12, -0.6 * y, 0.44), (-x + 0.5, 0.5 * y, 0.49), paint(pick(rng, WOODS), 0.7))
    brackets = [block((-x + 0.1, k * y - 0.03, 0.3), (-x + 0.4, k * y + 0.03, 0.44), frame) for k in (-0.4, 0.3)]
    wide = min(deep - 0.2, 1.25)
    case = block((-wide / 2 - x + deep / 2, -y - 0.12, 0.25), (wide / 2 - x + deep / 2, -y + 0.06, high), frame)
    sheet = plate(rectangle(wide - 0.14, 0.4, high - 0.12), 0.0, 0.006, printed(poster(rng, 96, 144), 0.3), frame, WHOLE)
    end = placed(side, -0.15, y, 1)
    sheets = [*placed(sheet, deep / 2 - x, -y + 0.06, 1), *placed(sheet, deep / 2 - x, -y - 0.12, -1)]
    solid = [roof, *posts, *rails, case, seat, *brackets, *sheets, *placed(back, -x, 0.0), *end]
    walls = [
        roof.positions,
        np.concatenate([s.positions for s in (*posts[:3], *rails)]),
        np.concatenate([seat.positions, *(b.positions for b in brackets)]),
        case.positions,
        end[1].positions,
    ]
    return draft(solid, hulls=walls, density_kg_m3=120.0)


def telephone_box(rng: np.random.Generator) -> Draft:
    """A box to telephone from, of glass in a frame."""
    wide, high = between(rng, 0.85, 0.95), between(rng, 2.25, 2.5)
    ink: Ink = pick(rng, ((176, 24, 28), (208, 30, 110), (236, 190, 30), (80, 84, 88), (32, 60, 110)))
    frame, pane = paint(ink, 0.45), glass((222, 234, 232))
    h = wide / 2
    floor, roof = block((-h, -h, 0.0), (h, h, 0.12), frame), block((-h, -h, high - 0.25), (h, h, high), frame)
    posts = [
        block((x - 0.04, y - 0.04, 0.12), (x + 0.04, y + 0.04, high - 0.25), frame) for x in (-h + 0.04, h - 0.04) for y in (-h + 0.04, h - 0.04)
    ]
    bars = [block((-h + 0.01, -h + 0.08, z), (-h + 0.05, h - 0.08, z + 0.03), frame) for z in (0.8, 1.5)]
    sheet = plate(rectangle(wide - 0.16, 0.12, high - 0.25), -0.004, 0.004, pane, pane)
    panes = [*placed(sheet, -h + 0.03, 0.0), *placed(sheet, 0.0, h - 0.03, 1), *placed(sheet, 0.0, -h + 0.03, 1)]
    phone = block((-h + 0.06, -0.16, 0.95), (-h + 0.22, 0.16, 1.5), paint((40, 42, 44), 0.5))
    canvas = Canvas.empty(128, 24, ink)
    write(canvas, "TELEPHONE", 0.0, 0.0, 9.0, 1.1, (240, 238, 230) if sum(ink) < 400 else (24, 24, 26), 0.18)
    name = plate(rectangle(0.8 * wide, high - 0.2, high - 0.06), 0.0, 0.004, printed(canvas.reduced(), 0.4), frame, WHOLE)
    plates = [s for quarter, (x, y) in enumerate(((h, 0.0), (0.0, h), (-h, 0.0), (0.0, -h))) for s in placed(name, x, y, quarter)]
    hull = np.concatenate([floor.positions, roof.positions])
    return draft([floor, roof, *posts, *bars, phone, *plates, *panes], hulls=[hull], density_kg_m3=150.0)


def pillar(rng: np.random.Generator) -> Draft:
    """A round pillar with posters all around."""
    r, high = between(rng, 0.55, 0.72), between(rng, 2.7, 3.6)
    ink: Ink = pick(rng, ((52, 70, 60), (70, 72, 74), (40, 44, 60), (110, 104, 94)))
    body = paint(ink, 0.6)
    low, top = 0.3, high - 0.35
    sheet = printed(posters(rng, 5, 512, 256), 0.7)
    wall = turned([(r, low), (r, top)], sheet, 20, label=True)
    foot = turned([(0.0, 0.0), (1.08 * r, 0.0), (1.08 * r, low - 0.02), (r, low)], body, 20)
    hat = turned([(r, top), (1.12 * r, top), (1.12 * r, top + 0.1), (0.5 * r, high - 0.04), (0.0, high)], body, 20)
    hull = np.concatenate([s.positions for s in (foot, wall, hat)])
    return draft([foot, wall, hat], hulls=[hull], density_kg_m3=500.0)


def billboard(rng: np.random.Generator) -> Draft:
    """A large board with a poster on +x, on posts, or a lit case on one foot with one on each side."""
    frame: Look = paint(pick(rng, _FRAMES), 0.5, 0.1)
    if rng.random() < 0.5:
        wide, high, low = 3.6, 2.6, between(rng, 0.6, 2.2)
        sheet = plate(rectangle(wide, low, low + high), 0.06, 0.07, printed(poster(rng, 256, 184), 0.6), frame, WHOLE)
        back = block((-0.04, -wide / 2 - 0.06, low - 0.06), (0.06, wide / 2 + 0.06, low + high + 0.06), frame)
        posts = [block((-0.16, y - 0.07, 0.0), (-0.04, y + 0.07, low + high), paint(pick(rng, WOODS), 0.85)) for y in (-1.2, 1.2)]
        return draft([back, *posts, *sheet], hulls=[back.positions, *(p.positions for p in posts)], density_kg_m3=300.0)
    wide, low, high = 1.3, 0.45, 2.5
    case = block((-0.1, -wide / 2, low), (0.1, wide / 2, high), frame)
    foot = block((-0.09, -0.25, 0.0), (0.09, 0.25, low), frame)
    sheets = [
        surface
        for x, quarters in ((0.1, 0), (-0.1, 2))
        for surface in placed(
            plate(rectangle(wide - 0.14, low + 0.08, high - 0.1), 0.0, 0.006, printed(poster(rng, 96, 144), 0.3), frame, WHOLE), x, 0.0, quarters
        )
    ]
    return draft([case, foot, *sheets], hulls=[case.positions, foot.positions], density_kg_m3=250.0)


def clock(rng: np.random.Generator) -> Draft:
    """A public clock on a post, with a dial to both sides."""
    high, r = between(rng, 3.2, 4.2), between(rng, 0.32, 0.42)
    iron = paint(pick(rng, _FRAMES), 0.5)
    canvas = Canvas.empty(64, 64, (242, 242, 236))
    for k in range(12):
        canvas.at(0.0, 0.0, turn_deg=30.0 * k).bar(-0.04, 0.72, 0.04, 0.9, (24, 24, 26))
    canvas.at(0.0, 0.0, turn_deg=between(rng, 0, 360)).bar(-0.05, -0.1, 0.05, 0.5, (24, 24, 26))
    canvas.at(0.0, 0.0, turn_deg=between(rng, 0, 360)).bar(-0.035, -0.1, 0.035, 0.75, (24, 24, 26))
    dial = printed(canvas.reduced(), 0.4)
    post = upright([(0.0, 0.0), (0.12, 0.0), (0.1, 0.3), (0.05, 0.5), (0.045, high - r), (0.0, high - r)], iron)
    drum = pipe((-0.1, 0.0, high), (0.1, 0.0, high), r, iron, 16)
    ring = 0.92 * r * circle(16)
    face = plate(ring + (0.0, high), 0.0, 0.006, dial, iron, ring / (1.84 * r) + 0.5)
    faces = [*placed(face, 0.1, 0.0), *placed(face, -0.1, 0.0, 2)]
    return draft([post, drum, *faces], hulls=[post.positions, drum.positions], density_kg_m3=800.0)
