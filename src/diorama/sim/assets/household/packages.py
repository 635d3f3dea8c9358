"""Printed packages: cartons, cans, bottles, jars, tubes."""

import numpy as np

from diorama.sim.assets.forms import arc, box_hull, carton, ease, loft, turned, turned_hulls
from diorama.sim.assets.household import print as press
from diorama.sim.assets.primitives import circle
from diorama.sim.assets.recipe import BLACK, BRASS, BRIGHT, STEEL, WHITE, Draft, between, paint, pick, printed
from diorama.sim.assets.surface import Surface

#: Pixels along the longer side of a label: fine enough for a close look, small enough that a hundred labels stay in memory.
_LABEL_PX = 640


def _wrapper(width_m: float, height_m: float, rng: np.random.Generator, name: str, product: str, note: str) -> press.Picture:
    """A label that goes around something."""
    scale = _LABEL_PX / max(width_m, height_m)
    return press.wrapper(round(width_m * scale), round(height_m * scale), rng, name, product, note)


def _atlas(
    size_m: tuple[float, float, float], rng: np.random.Generator, product: str, note: str
) -> tuple[np.ndarray, dict[str, tuple[float, float, float, float]], press.Ink]:
    """The unfolded print of a box: front, right, back and left in a row, top and bottom above the front and the back."""
    w, d, h = (round(s * _LABEL_PX / max(size_m) * 0.75) for s in size_m)
    colors = press.inks(rng)
    name = press.brand(rng)
    picture = press.sheet(2 * (w + d), h + d, colors[0])
    places = {
        "front": (0, d, w, h),
        "right": (w, d, d, h),
        "back": (w + d, d, w, h),
        "left": (2 * w + d, d, d, h),
        "top": (0, 0, w, d),
        "bottom": (w + d, 0, w, d),
    }
    panels = {side: picture[y : y + b, x : x + a] for side, (x, y, a, b) in places.items()}
    press.front(panels["front"], rng, name, product, note, colors)
    if rng.random() < 0.5:
        panels["back"][:] = panels["front"]
    else:
        press.side(panels["back"], rng, name, colors, code=False)
    press.side(panels["right"], rng, name, colors, code=False)
    press.side(panels["left"], rng, name, colors, code=True)
    press.text(panels["top"], name, (0.5, 0.5), (0.7, 0.6), press.on(colors[0]))
    height, width = picture.shape[:2]
    rectangles = {side: (x / width, 1 - (y + b) / height, (x + a) / width, 1 - y / height) for side, (x, y, a, b) in places.items()}
    return picture, rectangles, colors[0]


def box(rng: np.random.Generator) -> Draft:
    """A carton of cereal, tea, rice or biscuits."""
    product, low, high = pick(
        rng,
        (
            ("FLAKES", (0.17, 0.05, 0.24), (0.2, 0.07, 0.3)),
            ("MUESLI", (0.14, 0.06, 0.2), (0.17, 0.07, 0.24)),
            ("RICE", (0.1, 0.04, 0.15), (0.13, 0.06, 0.19)),
            ("TEA", (0.11, 0.06, 0.07), (0.14, 0.08, 0.09)),
            ("CRACKERS", (0.17, 0.05, 0.09), (0.21, 0.06, 0.12)),
            ("PASTA", (0.09, 0.045, 0.17), (0.12, 0.06, 0.21)),
        ),
    )
    size = (between(rng, low[0], high[0]), between(rng, low[1], high[1]), between(rng, low[2], high[2]))
    picture, rectangles, ground = _atlas(size, rng, product, f"{int(rng.integers(10, 40)) * 25} g")
    bevel = 0.0015
    return Draft(surfaces=carton(size, printed(picture), paint(ground, 0.55), bevel, rectangles), hulls=[box_hull(size, bevel)], density_kg_m3=180.0)


def milk_carton(rng: np.random.Generator) -> Draft:
    """A drink in a carton with a gable and a cap."""
    a, h = between(rng, 0.06, 0.075), between(rng, 0.15, 0.2)
    size = (a, a, h)
    picture, rectangles, ground = _atlas(size, rng, pick(rng, ("MILK", "OATS", "CREAM", "JUICE", "SOY")), "1 l")
    bevel = 0.0015
    body = carton(size, printed(picture), paint(ground, 0.5), bevel, rectangles)
    s, top, rise = a / 2 - bevel, h / 2, 0.42 * a
    # The gable is a wedge: its ridge runs along x, with a flat fin above it.
    ridge = 0.0015
    gable = np.array(
        [
            [[-s, -s, top - bevel], [s, -s, top - bevel], [s, s, top - bevel], [-s, s, top - bevel]],
            [[-s, -ridge, top + rise], [s, -ridge, top + rise], [s, ridge, top + rise], [-s, ridge, top + rise]],
            [[-s, -ridge, top + rise + 0.012], [s, -ridge, top + rise + 0.012], [s, ridge, top + rise + 0.012], [-s, ridge, top + rise + 0.012]],
        ]
    )
    plain = paint(ground, 0.5)
    surfaces = [*body, loft(gable, plain)]
    hulls = [np.concatenate([box_hull(size, bevel), gable[1]]), gable[1:].reshape(-1, 3)]
    if rng.random() < 0.7:
        # A cap on the slope: turned, tilted to stand on it, sunk a little into it.
        r = 0.011
        cap = turned([(0.0, -0.004), (r, -0.004), (r, 0.009), (r - 0.001, 0.01), (0.0, 0.01)], paint(pick(rng, BRIGHT), 0.4), 20)
        run = s - ridge
        length = float(np.sqrt(run * run + rise * rise))
        c, t = run / length, rise / length
        tilt = np.array([[1, 0, 0, 0.0], [0, c, -t, -(s + ridge) / 2], [0, t, c, top + rise / 2], [0, 0, 0, 1.0]])
        cap = cap.moved(tilt)
        surfaces.append(cap)
        hulls.append(cap.positions)
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=1000.0)


def can(rng: np.random.Generator) -> Draft:
    """A tin of food, or a drink with a narrowed top."""
    name = press.brand(rng)
    drink = rng.random() < 0.4
    if drink:
        r, h = (0.0331, between(rng, 0.115, 0.122)) if rng.random() < 0.6 else (0.0265, between(rng, 0.12, 0.146))
        neck = r - 0.006
        low = [(0.0, 0.008), (r - 0.012, 0.006), (r - 0.009, 0.0), (r - 0.006, 0.0), (r - 0.0015, 0.006), (r, 0.012)]
        high = [
            (r, h - 0.014),
            (r - 0.001, h - 0.011),
            (neck, h - 0.003),
            (neck + 0.0005, h),
            (neck - 0.001, h),
            (neck - 0.0018, h - 0.004),
            (0.0, h - 0.004),
        ]
        product, note = pick(rng, ("SODA", "TONIC", "LEMON", "GINGER", "COFFEE")), "330 ml"
    else:
        r, h = pick(rng, ((0.0365, 0.108), (0.0425, 0.118), (0.043, 0.036), (0.0325, 0.07), (0.05, 0.12)))
        r, h = r * between(rng, 0.95, 1.05), h * between(rng, 0.95, 1.05)
        rim = [(0.0, 0.0025), (r - 0.0025, 0.0025), (r - 0.002, 0.0), (r + 0.001, 0.0), (r + 0.001, 0.0025), (r, 0.0035)]
        low = rim
        high = [(x, h - z) for x, z in rim[::-1]]
        product, note = pick(rng, ("SOUP", "BEANS", "TOMATO", "CORN", "TUNA", "PEAS")), f"{int(rng.integers(6, 20)) * 25} g"
    label = _wrapper(6.28 * r, high[0][1] - low[-1][1], rng, name, product, note)
    metal = paint((212, 212, 210), 0.3, 1.0)
    side = [low[-1], high[0]]
    surfaces = [turned(low, metal, 40), turned(side, printed(label, 0.35), 40, label=True), turned(high, metal, 40)]
    if drink:
        tab = np.array([[0.011 * x + 0.004, 0.0075 * y] for x, y in circle(12).tolist()])
        lid = h - 0.004
        surfaces.append(loft(np.stack([np.column_stack([tab, np.full(12, z)]) for z in (lid - 0.001, lid + 0.0015)]), STEEL))
    return Draft(surfaces=surfaces, hulls=turned_hulls([*low[2:], *high[:-2]], 0.0015, 20), density_kg_m3=1000.0)


def bottle(rng: np.random.Generator) -> Draft:
    """A bottle of water, sauce, soap or wine."""
    name = press.brand(rng)
    slender = rng.random() < 0.3
    if slender:
        r, h, neck, shoulder = between(rng, 0.035, 0.038), between(rng, 0.28, 0.31), 0.0145, between(rng, 0.05, 0.08)
        ink = pick(rng, ((38, 66, 40), (70, 40, 22), (24, 26, 34), (196, 186, 130)))
        product, note = pick(rng, ("WINE", "OLIVE OIL", "VINEGAR")), "0.75 l"
        cap_h, cap_r, mouth = 0.05, neck + 0.0012, 0.085
    else:
        r, h = between(rng, 0.028, 0.042), between(rng, 0.16, 0.25)
        neck, shoulder = between(rng, 0.011, 0.014), between(rng, 0.035, 0.06)
        ink = pick(rng, (*BRIGHT, WHITE, (168, 200, 214)))
        product, note = pick(rng, ("WATER", "JUICE", "ICE TEA", "KETCHUP", "SHAMPOO", "SYRUP", "SOAP")), f"{int(rng.integers(10, 40)) * 25} ml"
        cap_h, cap_r, mouth = between(rng, 0.014, 0.022), neck + 0.002, 0.024
    start, end = 0.022, h - mouth - shoulder
    skin = paint(ink, 0.3)
    low = [(0.0, 0.002), (0.6 * r, 0.0), *arc((r - 0.006, 0.006), 0.006, -70, 0, 4), (r, start)]
    neck_start = h - mouth
    high = [(r, end - 0.012), (r, end), *ease((r, end), (neck, neck_start), 8)[1:], (neck, h - cap_h)]
    cap = [(neck, h - cap_h), (cap_r, h - cap_h), (cap_r, h - 0.0015), (cap_r - 0.0015, h), (0.0, h)]
    label = _wrapper(6.28 * r, end - 0.012 - start, rng, name, product, note)
    surfaces = [
        turned(low, skin),
        turned([(r, start), (r, end - 0.012)], printed(label, 0.45), label=True),
        turned(high, skin),
        turned(cap, paint(pick(rng, (*BRIGHT, WHITE, BLACK)), 0.4)),
    ]
    return Draft(surfaces=surfaces, hulls=turned_hulls([*low[1:], *high, *cap[1:4]], 0.0015, 16), density_kg_m3=950.0)


def jar(rng: np.random.Generator) -> Draft:
    """A jar with a wide lid."""
    name = press.brand(rng)
    r, h = between(rng, 0.03, 0.045), between(rng, 0.08, 0.14)
    contents = pick(rng, ((150, 30, 34), (206, 120, 30), (70, 90, 36), (92, 50, 30), (226, 190, 110), (60, 22, 50)))
    lid_h, lid_r = between(rng, 0.012, 0.02), 0.88 * r
    start, end = 0.014, h - lid_h - 0.022
    glass = paint(contents, 0.15)
    low = [(0.0, 0.002), (0.6 * r, 0.0), *arc((r - 0.006, 0.006), 0.006, -70, 0, 4), (r, start)]
    high = [(r, end), *ease((r, end + 0.004), (lid_r - 0.002, h - lid_h - 0.002), 5), (lid_r - 0.002, h - lid_h)]
    lid = [(lid_r - 0.002, h - lid_h), (lid_r, h - lid_h), (lid_r, h - 0.0015), (lid_r - 0.0015, h), (lid_r - 0.005, h - 0.0008), (0.0, h - 0.0008)]
    label = _wrapper(6.28 * r, end - start, rng, name, pick(rng, ("JAM", "HONEY", "PESTO", "OLIVES", "SALSA", "PICKLES")), "340 g")
    metal = pick(rng, (paint(pick(rng, BRIGHT), 0.35), BRASS, STEEL))
    surfaces = [turned(low, glass), turned([(r, start), (r, end)], printed(label), label=True), turned(high, glass), turned(lid, metal)]
    return Draft(surfaces=surfaces, hulls=turned_hulls([*low[1:], *high, *lid[1:4]], 0.0015, 16), density_kg_m3=1200.0)


def tube(rng: np.random.Generator) -> Draft:
    """A tube of paste: round at the shoulder, flat at the crimped end."""
    name = press.brand(rng)
    r, length = between(rng, 0.014, 0.02), between(rng, 0.1, 0.15)
    n = 28
    around = np.roll(circle(n), n // 2, axis=0)
    ends: list[np.ndarray] = []
    for k in range(7):
        t = k / 6
        width, thickness = (r + 0.0008) * (1 + 0.5 * t), r * (1 - t) + 0.0008
        ends.append(np.column_stack([around[:, 0] * thickness, around[:, 1] * width, np.full(n, length * t)]))
    crimp = ends[-1] + (0.0, 0.0, 0.008)
    rings = np.stack([*ends, crimp])
    colors_label = _wrapper(7.5 * r, length, rng, name, pick(rng, ("MINT", "FRESH", "HAND CREAM", "PASTE")), "75 ml")
    white = paint(WHITE, 0.4)
    cap_r = 0.75 * r
    cap = [(0.0, -0.024), (cap_r - 0.002, -0.024), (cap_r, -0.022), (cap_r + 0.0008, -0.004), (cap_r + 0.0008, -0.002)]
    shoulder = [(cap_r + 0.0008, -0.002), (r + 0.0008, 0.0)]
    body: Surface = loft(rings, printed(colors_label, 0.35), label=True, caps=(False, True))
    surfaces = [turned(cap, paint(pick(rng, (*BRIGHT, WHITE)), 0.4), n), turned(shoulder, white, n), body]
    hulls = [*turned_hulls(cap[1:], 0.001, 14), np.concatenate([rings[0], rings[-1], np.column_stack([around * cap_r, np.full(n, -0.002)])])]
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=1100.0)
