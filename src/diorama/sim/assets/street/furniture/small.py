"""Small things on pavements: bins, benches, bollards, boxes for letters, parking meters, hydrants, stands for bicycles. Fronts are +x."""

from itertools import pairwise

import numpy as np

from diorama.sim.assets.forms import arc, loft
from diorama.sim.assets.recipe import WHITE, WOODS, Draft, Ink, between, paint, pick, printed
from diorama.sim.assets.street.furniture.drawing import BLUE, RED, YELLOW, Canvas
from diorama.sim.assets.street.furniture.lettering import write
from diorama.sim.assets.street.furniture.prints import doors
from diorama.sim.assets.street.furniture.solids import WHOLE, block, draft, pipe, placed, plate, rectangle, upright
from diorama.sim.spec import Vec3

_METALS: tuple[Ink, ...] = ((60, 64, 66), (36, 38, 40), (44, 66, 52), (122, 126, 128), (88, 74, 58))
_STONE = paint((150, 146, 138), 0.9)


def bin_(rng: np.random.Generator) -> Draft:
    """A litter bin: hung on a post, round under a hood, or clad."""
    ink = pick(rng, (*_METALS, (196, 120, 24), (52, 96, 60), (168, 36, 34)))
    body, dark = paint(ink, 0.55), paint((18, 18, 19), 0.9)
    kind = int(rng.integers(3))
    if kind == 0:
        high = between(rng, 0.5, 0.65)
        low = 1.05 - high
        post = pipe((-0.2, 0.0, 0.0), (-0.2, 0.0, 1.2), 0.03, paint((110, 114, 116), 0.5, 0.4), 6)
        box = upright([(0.0, low), (0.15, low), (0.2, low + high), (0.0, low + high)], body, segments=10)
        mouth = upright([(0.0, low + high), (0.16, low + high), (0.16, low + high + 0.004), (0.0, low + high + 0.004)], dark, segments=10)
        return draft([post, box, mouth], density_kg_m3=150.0)
    if kind == 1:
        r, high = between(rng, 0.2, 0.27), between(rng, 0.78, 0.95)
        can = upright([(0.0, 0.02), (0.92 * r, 0.02), (r, 0.08), (r, high - 0.2), (0.0, high - 0.2)], body, segments=12)
        slot = upright([(0.0, high - 0.2), (0.82 * r, high - 0.2), (0.82 * r, high), (0.0, high)], dark, segments=12)
        hood = upright([(0.0, high), (1.05 * r, high), (0.7 * r, high + 0.09), (0.0, high + 0.12)], body, segments=12)
        foot = upright([(0.0, 0.0), (0.85 * r, 0.0), (0.85 * r, 0.02), (0.0, 0.02)], dark, segments=12)
        return draft([foot, can, slot, hood], density_kg_m3=200.0)
    side, high = between(rng, 0.42, 0.55), between(rng, 0.8, 1.0)
    clad = pick(rng, (paint(pick(rng, WOODS), 0.8), _STONE, body))
    half = side / 2
    case = block((-half, -half, 0.0), (half, half, high - 0.22), clad)
    slot = block((-half + 0.05, -half + 0.05, high - 0.22), (half - 0.05, half - 0.05, high - 0.06), dark)
    corners = [(x, y) for x in (-half + 0.03, half - 0.03) for y in (-half + 0.03, half - 0.03)]
    posts = [block((x - 0.025, y - 0.025, high - 0.22), (x + 0.025, y + 0.025, high - 0.06), body) for x, y in corners]
    roof = block((-half, -half, high - 0.06), (half, half, high), body)
    hull = np.concatenate([case.positions, roof.positions])
    return draft([case, slot, *posts, roof], hulls=[hull], density_kg_m3=400.0)


def wheelie_bin(rng: np.random.Generator) -> Draft:
    """A bin on two wheels, as stand before houses, or a container on four."""
    large = rng.random() < 0.25
    deep, wide, high = (1.05, 1.36, 1.3) if large else (0.7, 0.57, 1.03) if rng.random() < 0.7 else (0.54, 0.47, 0.93)
    ink: Ink = pick(rng, ((44, 47, 50), (70, 74, 76), (34, 74, 50), (32, 56, 104), (86, 62, 42)))
    lid_ink = pick(rng, (ink, ink, (236, 190, 30), (34, 74, 172), (120, 80, 44), (30, 110, 60)))
    body, lid, black = paint(ink, 0.6), paint(lid_ink, 0.55), paint((20, 20, 21), 0.85)
    d, w = deep / 2, wide / 2
    low = 0.2 if large else 0.05
    low_half, high_half = (0.82 * d, 0.82 * w), (d, w)
    rings = [[[sx * a, sy * b, z] for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))] for z, (a, b) in ((low, low_half), (high - 0.08, high_half))]
    case = loft(np.array(rings), body)
    cover = block((-d - 0.03, -w - 0.02, high - 0.08), (d + 0.03, w + 0.02, high - 0.02), lid)
    crown = block((-d * 0.8, -w * 0.85, high - 0.02), (d * 0.8, w * 0.85, high + 0.03), lid)
    r = 0.1
    spots = [(-d * 0.75, -w * 0.9), (-d * 0.75, w * 0.9)] + ([(d * 0.75, -w * 0.9), (d * 0.75, w * 0.9)] if large else [])
    wheels = [pipe((x, y - 0.025, r), (x, y + 0.025, r), r, black, 10) for x, y in spots]
    foot = [] if large else [block((d * 0.5, -w * 0.5, 0.0), (d * 0.7, w * 0.5, low), body)]
    handle = pipe((-d - 0.06, -w * 0.7, high - 0.1), (-d - 0.06, w * 0.7, high - 0.1), 0.018, body, 6)
    hull = np.concatenate([case.positions, cover.positions, *(wheel.positions for wheel in wheels)])
    return draft([case, cover, crown, *wheels, *foot, handle], hulls=[hull], density_kg_m3=60.0)


def bench(rng: np.random.Generator) -> Draft:
    """A bench that faces +x: slats on frames, with a back or without, or a block of stone with a seat on it."""
    wide = between(rng, 1.5, 2.0)
    slat = paint(pick(rng, (*WOODS, (70, 96, 74), (142, 44, 38))), 0.75)
    frame = paint(pick(rng, _METALS), 0.5, 0.2)
    w = wide / 2
    if rng.random() < 0.25:
        blocks = [block((-0.22, y - 0.18, 0.0), (0.22, y + 0.18, 0.38), _STONE) for y in (-0.7 * w, 0.7 * w)]
        return draft([*blocks, block((-0.24, -w, 0.38), (0.24, w, 0.45), slat)], density_kg_m3=1200.0)
    seat = [block((x, -w, 0.42), (x + 0.11, w, 0.455), slat) for x in (-0.2, -0.07, 0.06)]
    legs = [block((x - 0.025, y - 0.03, 0.0), (x + 0.025, y + 0.03, 0.42), frame) for y in (-0.8 * w, 0.8 * w) for x in (-0.18, 0.14)]
    surfaces = [*seat, *legs]
    hulls = [np.concatenate([s.positions for s in (*seat, *legs)])]
    if rng.random() < 0.75:
        back = [block((-0.26 - 0.05 * k, -w, 0.55 + 0.15 * k), (-0.235 - 0.05 * k, w, 0.66 + 0.15 * k), slat) for k in range(2)]
        stays = [pipe((-0.2, y, 0.42), (-0.315, y, 0.82), 0.025, frame, 6) for y in (-0.8 * w, 0.8 * w)]
        surfaces += [*back, *stays]
        hulls.append(np.concatenate([s.positions for s in (*back, *stays)]))
    return draft(surfaces, hulls=hulls, density_kg_m3=250.0)


def bollard(rng: np.random.Generator) -> Draft:
    """A post that keeps cars away: a steel tube, cast iron, stone, or of plastic with bands that shine."""
    kind = int(rng.integers(5))
    high = between(rng, 0.85, 1.05)
    if kind == 0:
        r, ink = between(rng, 0.038, 0.06), pick(rng, _METALS)
        tube = upright([(0.0, 0.0), (r, 0.0), (r, high), (0.0, high + 0.5 * r)], paint(ink, 0.5, 0.3))
        band = upright([(0.0, high - 0.2), (1.03 * r, high - 0.2), (1.03 * r, high - 0.1), (0.0, high - 0.1)], paint(WHITE, 0.5))
        return draft([tube, band], density_kg_m3=3000.0)
    if kind == 1:
        iron = paint(pick(rng, ((30, 32, 34), (36, 52, 42), (70, 40, 34))), 0.5, 0.2)
        shape = [(0.0, 0.0), (0.11, 0.0), (0.11, 0.1), (0.075, 0.16), (0.06, high - 0.24), (0.085, high - 0.22), (0.05, high - 0.16)]
        return draft([upright([*shape, *arc((0.0, high - 0.08), 0.08, -45, 80, 4), (0.0, high)], iron)], density_kg_m3=5000.0)
    if kind == 2:
        r = between(rng, 0.14, 0.2)
        low = between(rng, 0.5, 0.75)
        stone = paint(pick(rng, ((150, 146, 138), (172, 162, 146), (120, 116, 112))), 0.95)
        return draft([upright([(0.0, 0.0), (r, 0.0), (0.85 * r, low - 0.06), (0.6 * r, low), (0.0, low)], stone)], density_kg_m3=2400.0)
    if kind == 3:
        r = 0.05
        plastic, white = paint(pick(rng, ((214, 70, 20), (188, 24, 30), (30, 90, 50))), 0.5), paint(WHITE, 0.4)
        bands = [upright([(0.0, z), (1.05 * r, z), (1.05 * r, z + 0.1), (0.0, z + 0.1)], white) for z in (high - 0.2, high - 0.4)]
        foot = upright([(0.0, 0.0), (0.11, 0.0), (0.09, 0.05), (0.0, 0.05)], paint((30, 30, 31), 0.8))
        return draft([foot, upright([(0.0, 0.05), (r, 0.05), (r, high), (0.0, high)], plastic), *bands], density_kg_m3=500.0)
    side = 0.07
    wood = paint(pick(rng, WOODS), 0.85)
    post = block((-side, -side, 0.0), (side, side, high), wood)
    band = block((-side - 0.004, -side - 0.004, high - 0.16), (side + 0.004, side + 0.004, high - 0.08), paint(pick(rng, (WHITE, RED)), 0.5))
    return draft([post, band], density_kg_m3=700.0)


def delineator(rng: np.random.Generator) -> Draft:
    """A post at the edge of a road outside of towns, with a reflector in a black band; or of wood with a white head."""
    high = between(rng, 0.9, 1.05)
    if rng.random() < 0.2:
        wood = block((-0.06, -0.06, 0.0), (0.06, 0.06, high - 0.15), paint(pick(rng, WOODS), 0.85))
        return draft([wood, block((-0.06, -0.06, high - 0.15), (0.06, 0.06, high), paint(WHITE, 0.6))], density_kg_m3=600.0)
    canvas = Canvas.empty(32, 256, WHITE)
    canvas.polygon([(-0.2, 0.55), (0.2, 0.45), (0.2, 0.8), (-0.2, 0.9)], (20, 20, 22))
    canvas.bar(-0.05, 0.58, 0.05, 0.76, pick(rng, ((250, 190, 80), (235, 240, 245), (214, 60, 40))))
    front, body = printed(canvas.reduced(), 0.45), paint(WHITE, 0.5)
    post = block((-0.05, -0.06, 0.0), (0.045, 0.06, high), body)
    faces = plate(rectangle(0.12, 0.0, high), 0.0, 0.004, front, body, WHOLE)
    pieces = [post, *placed(faces, 0.045, 0.0), *placed(faces, -0.05, 0.0, 2)]
    return draft(pieces, hulls=[post.positions], density_kg_m3=300.0)


def post_box(rng: np.random.Generator) -> Draft:
    """A box for letters: on a post, or a pillar."""
    ink: Ink = pick(rng, ((244, 196, 16), (188, 24, 30), (30, 70, 150)))
    canvas = Canvas.empty(64, 96, ink)
    canvas.bar(-0.5, 0.5, 0.5, 0.62, (20, 20, 22))
    canvas.bar(-0.4, -0.3, 0.4, 0.25, WHITE)
    write(canvas, "POST", 0.0, -0.66, 1.0, 0.3, (24, 24, 26) if sum(ink) > 330 else WHITE, 0.2)
    front, body = printed(canvas.reduced(), 0.45), paint(ink, 0.45)
    if rng.random() < 0.6:
        deep, wide, low, high = 0.3, between(rng, 0.4, 0.55), 0.7, between(rng, 1.35, 1.5)
        post = block((-0.05, -0.05, 0.0), (0.05, 0.05, low), paint((70, 72, 74), 0.5))
        box = block((-deep / 2, -wide / 2, low), (deep / 2, wide / 2, high), body)
        face = plate(rectangle(wide, low, high), deep / 2, deep / 2 + 0.004, front, body, WHOLE)
        return draft([post, box, *face], hulls=[post.positions, box.positions], density_kg_m3=300.0)
    r, high = 0.23, between(rng, 1.4, 1.6)
    profile = [(0.0, 0.0), (1.1 * r, 0.0), (1.1 * r, 0.2), (r, 0.24), (r, high - 0.14), (1.15 * r, high - 0.12), (1.1 * r, high - 0.04), (0.0, high)]
    slot = plate(rectangle(0.26, high - 0.36, high - 0.3), r - 0.01, r + 0.004, paint((20, 20, 22), 0.8), body)
    sheet = plate(rectangle(0.2, high - 0.7, high - 0.45), r - 0.012, r + 0.003, paint(WHITE, 0.6), body)
    pillar = upright(profile, body, segments=14)
    return draft([pillar, *slot, *sheet], hulls=[pillar.positions], density_kg_m3=700.0)


def parking_meter(rng: np.random.Generator) -> Draft:
    """A machine for parking tickets, with its blue sign, or a meter on a pole."""
    ink: Ink = pick(rng, ((62, 66, 70), (36, 60, 92), (52, 80, 60), (120, 124, 126)))
    body, steel = paint(ink, 0.5), paint((140, 143, 145), 0.45, 0.5)
    canvas = Canvas.empty(64, 96, ink)
    canvas.bar(-0.45, 0.3, 0.45, 0.8, (120, 150, 130))
    canvas.bar(-0.4, -0.05, 0.1, 0.15, (20, 20, 22))
    canvas.disc(0.32, 0.05, 0.1, (40, 150, 70))
    canvas.bar(-0.3, -0.7, 0.3, -0.35, (30, 30, 32))
    front = printed(canvas.reduced(), 0.4)
    if rng.random() < 0.6:
        wide, deep, high = 0.3, 0.24, between(rng, 1.4, 1.6)
        case = block((-deep / 2, -wide / 2, 0.0), (deep / 2, wide / 2, high), body)
        face = plate(rectangle(0.9 * wide, 0.75, high - 0.05), deep / 2, deep / 2 + 0.004, front, body, WHOLE)
        sign = Canvas.empty(64, 64, BLUE)
        write(sign, "P", 0.0, 0.0, 1.6, 1.4, WHITE, 0.2)
        flag = plate(rectangle(0.28, high + 0.15, high + 0.43), -0.01, 0.01, printed(sign.reduced(), 0.5), steel, WHOLE)
        pole = pipe((-0.03, 0.0, high), (-0.03, 0.0, high + 0.43), 0.02, steel, 6)
        return draft([case, *face, pole, *flag], hulls=[case.positions, flag[1].positions], density_kg_m3=600.0)
    pole = pipe((0.0, 0.0, 0.0), (0.0, 0.0, 1.1), 0.03, steel, 6)
    head = upright([(0.0, 1.1), (0.07, 1.1), (0.1, 1.2), *arc((0.0, 1.32), 0.1, 0, 80, 3), (0.0, 1.42)], body, segments=10)
    face = plate(rectangle(0.12, 1.18, 1.32), 0.09, 0.1, front, body, WHOLE)
    return draft([pole, head, *face], hulls=[pole.positions, head.positions], density_kg_m3=900.0)


def hydrant(rng: np.random.Generator) -> Draft:
    """A fire hydrant."""
    ink = pick(rng, (RED, (206, 60, 20), YELLOW, (36, 70, 140)))
    iron, cap = paint(ink, 0.45), paint(pick(rng, (ink, WHITE, (150, 152, 154))), 0.45)
    high = between(rng, 0.65, 0.95)
    shaft = [(0.0, 0.0), (0.16, 0.0), (0.16, 0.05), (0.1, 0.07), (0.1, high - 0.22), (0.13, high - 0.2), (0.13, high - 0.15), (0.1, high - 0.13)]
    column = upright([*shaft, (0.07, high - 0.03), (0.0, high)], iron, segments=10)
    arms = [pipe((0.0, 0.0, high - 0.32), (x, y, high - 0.32), 0.05, cap) for x, y in ((0.18, 0.0), (0.0, 0.17), (0.0, -0.17))]
    return draft([column, *arms], hulls=[column.positions, np.concatenate([a.positions for a in arms])], density_kg_m3=3000.0)


def cabinet(rng: np.random.Generator) -> Draft:
    """A cabinet for cables, its doors to +x."""
    wide, deep, high = between(rng, 0.7, 1.5), between(rng, 0.32, 0.5), between(rng, 0.95, 1.45)
    ink: Ink = pick(rng, ((176, 176, 168), (150, 154, 152), (122, 132, 112), (108, 116, 118), (196, 190, 170)))
    body = paint(ink, 0.6)
    plinth = block((-deep / 2 + 0.02, -wide / 2 + 0.02, 0.0), (deep / 2 - 0.02, wide / 2 - 0.02, 0.12), _STONE)
    case = block((-deep / 2, -wide / 2, 0.12), (deep / 2, wide / 2, high), body)
    roof = block((-deep / 2 - 0.03, -wide / 2 - 0.02, high), (deep / 2 + 0.03, wide / 2 + 0.02, high + 0.04), body)
    picture = doors(rng, ink, 128, round(128 * (high - 0.12) / wide / 4) * 4)
    face = plate(rectangle(wide, 0.12, high), deep / 2, deep / 2 + 0.004, printed(picture, 0.6), body, WHOLE)
    hull = np.concatenate([plinth.positions, roof.positions])
    return draft([plinth, case, roof, *face], hulls=[hull], density_kg_m3=300.0)


def bicycle_stand(rng: np.random.Generator) -> Draft:
    """Hoops side by side, 0.9 m apart, to lean bicycles on."""
    count, high, long = int(rng.integers(2, 6)), between(rng, 0.75, 0.85), between(rng, 0.6, 0.8)
    steel = paint(pick(rng, ((150, 153, 155), (90, 94, 96), (44, 48, 50))), 0.45, 0.4)
    surfaces, hulls = [], []
    for k in range(count):
        y = (k - (count - 1) / 2) * 0.9
        points: list[Vec3] = [(-long / 2, y, 0.0), (-long / 2, y, high - 0.1), (-long / 2 + 0.1, y, high), (long / 2 - 0.1, y, high)]
        points += [(long / 2, y, high - 0.1), (long / 2, y, 0.0)]
        hoop = [pipe(a, b, 0.024, steel, 6) for a, b in pairwise(points)]
        surfaces += hoop
        hulls.append(np.concatenate([s.positions for s in hoop]))
    return draft(surfaces, hulls=hulls, density_kg_m3=200.0)


def planter(rng: np.random.Generator) -> Draft:
    """A tub of stone or wood, with earth and low green in it."""
    long, deep, high = between(rng, 0.8, 1.8), between(rng, 0.5, 0.8), between(rng, 0.45, 0.65)
    tub = block((-deep / 2, -long / 2, 0.0), (deep / 2, long / 2, high), pick(rng, (_STONE, paint(pick(rng, WOODS), 0.85), paint((70, 74, 76), 0.6))))
    surfaces = [tub]
    for _ in range(int(rng.integers(3, 6))):
        y, r = between(rng, -0.35, 0.35) * long, between(rng, 0.5, 0.8) * deep / 2
        green = paint(pick(rng, ((52, 86, 36), (70, 102, 44), (44, 72, 40), (150, 60, 90) if rng.random() < 0.3 else (60, 96, 50))), 0.95)
        top = high + between(rng, 0.15, 0.4)
        bush = upright([(0.0, high - 0.02), (r, high - 0.02), (0.9 * r, (high + top) / 2), (0.45 * r, top), (0.0, top + 0.02)], green, 0.0, y, 7)
        surfaces.append(bush)
    hull = np.concatenate([s.positions for s in surfaces])
    return draft(surfaces, hulls=[hull], density_kg_m3=1200.0)
