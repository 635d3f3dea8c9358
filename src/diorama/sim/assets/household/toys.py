"""Balls, studded bricks, puzzle cubes, dice."""

import cv2
import numpy as np

from diorama.sim.assets.forms import SIDES, arc, box_hull, carton, shift, turned, turned_hulls
from diorama.sim.assets.household import print as press
from diorama.sim.assets.recipe import BLACK, BRIGHT, WHITE, Draft, between, paint, pick, printed


def ball(rng: np.random.Generator) -> Draft:
    """A ball: beach panels, tennis seam, dots or stripes."""
    kind = int(rng.integers(4))
    r = (between(rng, 0.03, 0.05), between(rng, 0.0325, 0.0345), between(rng, 0.02, 0.04), between(rng, 0.028, 0.036))[kind]
    h, w = 128, 256
    order = [BRIGHT[int(k)] for k in rng.permutation(len(BRIGHT))]
    picture = press.sheet(w, h, WHITE)
    if kind == 0:  # six panels, white between, and caps
        for k in range(6):
            if k % 2 == 0:
                picture[:, w * k // 6 : w * (k + 1) // 6] = order[k // 2]
        picture[:8], picture[-8:] = WHITE, WHITE
    elif kind == 1:  # the seam of a tennis ball waves about the equator
        picture[:] = pick(rng, ((206, 226, 60), (230, 150, 60), (226, 120, 160)))
        crest = (0.0, 0.38, 0.71, 0.92, 1.0, 0.92, 0.71, 0.38)
        wave = [(round(x / 32 * w), round(h * (0.5 + 0.27 * crest[x % 8] * (1 if x % 16 < 8 else -1)))) for x in range(33)]
        cv2.polylines(picture, [np.array(wave, np.int32)], False, WHITE, 4, cv2.LINE_AA)
    elif kind == 2:  # dots, wider towards the poles, where the picture narrows
        picture[:] = order[0]
        for row in range(1, 6):
            v = row / 6
            squeeze = max(0.3, 4 * v * (1 - v))
            count = max(3, round(8 * squeeze))
            for k in range(count):
                center = (round((k + 0.5 * (row % 2)) / count * w), round(v * h))
                for wrap in (-w, 0, w):
                    cv2.ellipse(picture, (center[0] + wrap, center[1]), (round(7 / squeeze), 7), 0, 0, 360, WHITE, -1, cv2.LINE_AA)
    else:  # a pool ball
        picture[:] = order[0] if rng.random() < 0.5 else WHITE
        picture[h * 3 // 10 : h * 7 // 10] = order[0]
        for u in (0.25, 0.75):
            cv2.circle(picture, (round(u * w), h // 2), 16, WHITE, -1, cv2.LINE_AA)
            number = str(int(rng.integers(1, 16)))
            press.text(picture[h // 2 - 12 : h // 2 + 12, round(u * w) - 12 : round(u * w) + 12], number, (0.5, 0.5), (0.8, 0.8), BLACK)
    profile = [(0.0, -r), *arc((0.0, 0.0), r, -90, 90, 14)[1:-1], (0.0, r)]
    surface = turned(profile, printed(picture, (0.5, 0.9, 0.4, 0.08)[kind]), 28, label=True)
    coarse = [(0.0, -r), *arc((0.0, 0.0), r, -90, 90, 10)[1:-1], (0.0, r)]
    return Draft(surfaces=[surface], hulls=turned_hulls(coarse, segments=20), density_kg_m3=(90.0, 370.0, 900.0, 1700.0)[kind])


def brick(rng: np.random.Generator) -> Draft:
    """A studded building brick, of the size that small children play with."""
    pitch = pick(rng, (0.016, 0.016, 0.024))
    nx, ny = pick(rng, ((2, 4), (2, 2), (2, 3), (1, 4), (2, 6)))
    high = pitch * pick(rng, (1.2, 1.2, 0.6))
    size = (nx * pitch - 0.0003, ny * pitch - 0.0003, high)
    look = paint(pick(rng, (*BRIGHT, WHITE, BLACK)), 0.25)
    bevel = 0.0005
    surfaces, hulls = carton(size, look, look, bevel), [box_hull(size, bevel)]
    r, top = 0.3 * pitch, high / 2
    profile = [(0.0, top - 0.001), (r, top - 0.001), (r, top + 0.2 * pitch), (r - 0.0006, top + 0.225 * pitch), (0.0, top + 0.225 * pitch)]
    stud, piece = turned(profile, look, 16), turned_hulls(profile[1:4], segments=12)[0]
    for i in range(nx):
        for j in range(ny):
            x, y = (i - (nx - 1) / 2) * pitch, (j - (ny - 1) / 2) * pitch
            surfaces.append(stud.moved(shift(x, y)))
            hulls.append(piece + (x, y, 0.0))
    return Draft(surfaces=surfaces, hulls=hulls, density_kg_m3=600.0)


def _six_sided(size: float, bevel: float, faces: list[press.Picture], look_edge: tuple[int, int, int], roughness: float, density: float) -> Draft:
    """A cube with a square picture on each side."""
    n = faces[0].shape[0]
    picture = np.concatenate([np.concatenate(faces[k : k + 3], axis=1) for k in (0, 3)])
    rectangles = {side: ((k % 3) / 3, 0.5 - (k // 3) / 2, (k % 3 + 1) / 3, 1 - (k // 3) / 2) for k, side in enumerate(SIDES)}
    assert picture.shape == (2 * n, 3 * n, 3)
    surfaces = carton((size, size, size), printed(np.ascontiguousarray(picture), roughness), paint(look_edge, roughness), bevel, rectangles)
    return Draft(surfaces=surfaces, hulls=[box_hull((size, size, size), bevel)], density_kg_m3=density)


def puzzle_cube(rng: np.random.Generator) -> Draft:
    """A twisted puzzle of coloured tiles."""
    tiles = ((240, 240, 236), (250, 214, 40), (190, 30, 40), (240, 120, 30), (30, 140, 70), (24, 80, 170))
    n = pick(rng, (3, 3, 2, 4))
    body = pick(rng, (BLACK, BLACK, WHITE))
    colors = [tiles[k // (n * n)] for k in range(6 * n * n)]
    if rng.random() < 0.7:
        colors = [colors[int(k)] for k in rng.permutation(len(colors))]
    faces = []
    cell = 96 // n
    for f in range(6):
        face = press.sheet(96, 96, body)
        for k in range(n * n):
            y, x = k // n * cell, k % n * cell
            face[y + 3 : y + cell - 3, x + 3 : x + cell - 3] = colors[f * n * n + k]
        faces.append(face)
    return _six_sided(between(rng, 0.05, 0.06), 0.0012, faces, body, 0.3, 450.0)


def die(rng: np.random.Generator) -> Draft:
    """A large die. Opposite sides add up to seven."""
    ink = pick(rng, (WHITE, *BRIGHT))
    pips = {1: (4,), 2: (0, 8), 3: (0, 4, 8), 4: (0, 2, 6, 8), 5: (0, 2, 4, 6, 8), 6: (0, 2, 3, 5, 6, 8)}
    faces = []
    for value in (1, 6, 2, 5, 3, 4):  # in the order of SIDES: front, back, right, left, top, bottom
        face = press.sheet(96, 96, ink)
        for k in pips[value]:
            cv2.circle(face, (20 + 28 * (k % 3), 20 + 28 * (k // 3)), 10, press.on(ink), -1, cv2.LINE_AA)
        faces.append(face)
    size = between(rng, 0.022, 0.04)
    return _six_sided(size, 0.08 * size, faces, ink, 0.3, 1100.0)
