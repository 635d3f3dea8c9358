"""Books, markers, rolls and sponges."""

import numpy as np

from diorama.sim.assets.forms import LYING, arc, box_hull, carton, laid, loft, shift, slab, turned, turned_hulls, wall_hulls
from diorama.sim.assets.household import print as press
from diorama.sim.assets.recipe import BLACK, BRIGHT, WHITE, Draft, between, paint, pick, printed

_TITLES = (
    "SALT",
    "THE LONG TIDE",
    "NORTH",
    "FIELD NOTES",
    "A SMALL ATLAS",
    "EMBER",
    "GLASS HOUSE",
    "TWELVE BRIDGES",
    "MOSS",
    "THE KITE",
    "LOW WATER",
    "PAPER STARS",
)


def book(rng: np.random.Generator) -> Draft:
    """A bound book, lying on its back cover, its spine at -x: two boards, a spine and a block of pages."""
    w, h, d = between(rng, 0.1, 0.16), between(rng, 0.15, 0.22), between(rng, 0.014, 0.035)
    board, margin, bevel = 0.0024, 0.003, 0.0006
    ground, shape, _ = press.inks(rng)
    title, author = pick(rng, _TITLES), press.brand(rng)

    # The print: back and front covers side by side, the spine's strip below them.
    pw, ph, pd = (max(16, round(s * 1500)) for s in (w, h, d))
    picture = press.sheet(max(2 * pw, ph), ph + pd, ground)
    height, width = picture.shape[:2]
    back, front, spine = picture[:ph, :pw], picture[:ph, pw : 2 * pw], picture[ph:, :ph]
    press.motif(front, rng, shape)
    press.text(front, title, (0.5, 0.2), (0.84, 0.14), press.on(ground))
    press.text(front, author, (0.5, 0.9), (0.5, 0.07), press.on(shape))
    press.small_print(back[round(0.2 * ph) : round(0.6 * ph), round(0.15 * pw) : round(0.85 * pw)], rng, press.on(ground))
    press.barcode(back[round(0.82 * ph) : round(0.93 * ph), round(0.1 * pw) : round(0.45 * pw)], rng)
    press.text(spine, title, (0.45, 0.5), (0.6, 0.55), press.on(ground))
    press.text(spine, author, (0.88, 0.5), (0.16, 0.35), press.on(ground))
    fold, foot = pw / width, pd / height
    plain = dict.fromkeys(("front", "back", "right", "left", "top", "bottom"), (0.0, foot, 1 / width, foot + 1 / height))

    cover, edge, paper = printed(picture, 0.45), paint(ground, 0.5), paint((236, 228, 208), 0.85)
    covers = (w - board, h, board)
    surfaces = [
        *(s.moved(shift(board / 2, 0, (d - board) / 2)) for s in carton(covers, cover, edge, bevel, plain | {"top": (fold, foot, 2 * fold, 1.0)})),
        *(s.moved(shift(board / 2, 0, (board - d) / 2)) for s in carton(covers, cover, edge, bevel, plain | {"bottom": (fold, 1.0, 0.0, foot)})),
        *(s.moved(shift((board - w) / 2)) for s in carton((board, h, d), cover, edge, bevel, plain | {"left": (0.0, 0.0, ph / width, foot)})),
        *(s.moved(shift((board - margin) / 2)) for s in carton((w - board - margin, h - 2 * margin, d - 2 * board), paper, paper, 0.0002)),
    ]
    return Draft(surfaces=surfaces, hulls=[box_hull((w, h, d), bevel)], density_kg_m3=700.0)


def marker(rng: np.random.Generator) -> Draft:
    """A felt-tip pen with its cap on, lying along x."""
    r, length = between(rng, 0.005, 0.0095), between(rng, 0.11, 0.145)
    split = between(rng, 0.55, 0.68) * length
    ink = pick(rng, (*BRIGHT, BLACK))
    body = paint(pick(rng, (ink, WHITE, BLACK, (150, 152, 156))), 0.4)
    plug = [(0.0, 0.0), (0.7 * r, 0.0), (0.8 * r, 0.001), (0.8 * r, 0.006)]
    barrel = [(0.8 * r, 0.006), (0.95 * r, 0.008), (0.95 * r, split)]
    cap = [(0.95 * r, split), (r, split), (r, split + 0.006), (0.9 * r, length - 0.004), (0.75 * r, length), (0.0, length)]
    clip = slab(
        np.array([[-0.0018, split + 0.004], [0.0018, split + 0.004], [0.0018, length - 0.004], [-0.0018, length - 0.004]]), 0.5 * r, r + 0.0016
    )
    clip = np.stack([clip[..., 2], clip[..., 0], clip[..., 1]], axis=-1)  # made flat; it stands on +x, along z
    surfaces = [turned(plug, paint(ink, 0.4), 20), turned(barrel, body, 20), turned(cap, paint(ink, 0.4), 20), loft(clip, paint(ink, 0.4))]
    hulls = [*turned_hulls([*plug[1:], *barrel[1:], *cap[1:5]], 0.001, 12), clip.reshape(-1, 3)]
    return Draft(surfaces=[s.moved(LYING) for s in surfaces], hulls=[laid(h) for h in hulls], density_kg_m3=700.0)


def roll(rng: np.random.Generator) -> Draft:
    """A roll with a hole through it: paper on a cardboard core, or adhesive tape."""
    n, sectors = 36, 12
    if rng.random() < 0.5:
        outer, inner, h = between(rng, 0.04, 0.055), between(rng, 0.018, 0.022), between(rng, 0.09, 0.11)
        skin, side = paint((244, 242, 236), 0.9), paint((244, 242, 236), 0.9)
    else:
        outer, inner, h = between(rng, 0.035, 0.055), between(rng, 0.024, 0.03), between(rng, 0.015, 0.05)
        ink = pick(rng, ((178, 134, 76), (150, 152, 156), *BRIGHT, BLACK))
        skin, side = paint(ink, 0.35), paint(ink, 0.5)
    core, z = inner + 0.0015, h / 2
    cardboard = paint((172, 136, 96), 0.85)
    edge = 0.0012
    surfaces = [
        turned([(outer, edge - z), (outer, z - edge)], skin, n),
        turned([(outer, z - edge), (outer - edge, z), (core, z)], side, n),
        turned([(core, z), (inner, z), (inner, -z), (core, -z)], cardboard, n),
        turned([(core, -z), (outer - edge, -z), (outer, edge - z)], side, n),
    ]
    hulls = wall_hulls([(outer, -z), (outer, z)], [(inner, -z), (inner, z)], (0, 1), sectors=sectors, segments=n)
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=400.0)


def sponge(rng: np.random.Generator) -> Draft:
    """A dish sponge: foam with a scouring pad on one side."""
    w, d, h = between(rng, 0.08, 0.11), between(rng, 0.055, 0.075), between(rng, 0.022, 0.035)
    pad = 0.008
    foam = pick(rng, ((246, 208, 60), (240, 130, 160), (90, 170, 220), (140, 200, 90), (245, 150, 50)))
    scour = pick(rng, ((40, 110, 60), (50, 70, 140), (60, 60, 64)))
    corner = arc((w / 2 - 0.006, d / 2 - 0.006), 0.006, 0, 90, 3)
    right = np.array(corner)
    outline = np.concatenate([right, right[::-1] * (-1, 1), right * (-1, -1), right[::-1] * (1, -1)])
    body, top = slab(outline, -h / 2, h / 2 - pad, 0.0015), slab(outline * 0.995, h / 2 - pad, h / 2, 0.001)
    return Draft(
        surfaces=[loft(body, paint(foam, 0.95)), loft(top, paint(scour, 0.95))], hulls=[body.reshape(-1, 3), top.reshape(-1, 3)], density_kg_m3=60.0
    )
