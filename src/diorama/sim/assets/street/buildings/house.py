"""A building's asset from its shape: walls with their openings, what stands out of them, and the roof."""

import numpy as np

from diorama.sim.assets.mesh import Asset
from diorama.sim.assets.street.buildings import shops
from diorama.sim.assets.street.buildings.layout import FASCIA_M, Opening, Side, floor_at, openings
from diorama.sim.assets.street.buildings.roofs import is_lit, roof
from diorama.sim.assets.street.buildings.styles import STYLES, Dress, dress
from diorama.sim.assets.street.buildings.walls import flowers
from diorama.sim.assets.street.buildings.windows import cell, door_cell, doors, garage_cell
from diorama.sim.assets.street.paints import painted
from diorama.sim.assets.street.patches import Face, Patches
from diorama.sim.spec.buildings import BuildingShape

#: A front with more openings than this has them on the wall and not in it.
_MOST_CUT = 16
#: What is on the wall is so far before it.
_ON_M = 0.03
_ARCADE_M = 2.4
_IRON, _STEP, _PLINTH = painted("iron"), painted("step"), painted("plinth")


def building_asset(shape: BuildingShape) -> Asset:
    """The building of a shape."""
    chosen = dress(shape.style, shape.variant)
    patches = Patches()
    x, y = shape.depth_m / 2, shape.width_m / 2
    faces: dict[Side, Face] = {
        "front": Face(patches, (x, -y, 0.0), (0, 1)),
        "right": Face(patches, (x, y, 0.0), (-1, 0)),
        "back": Face(patches, (-x, y, 0.0), (0, -1)),
        "left": Face(patches, (-x, -y, 0.0), (1, 0)),
    }
    for side, face in faces.items():
        _side(face, shape, chosen, side)
    _outstanding(faces["front"], shape, chosen)
    top = roof(patches, shape, chosen)
    low, eaves = -shape.plinth_m, shape.eaves_m
    signs = [(sx, sy) for sx in (-1, 1) for sy in (-1, 1)]
    hulls = [np.array([(sx * x, sy * y, z) for sx, sy in signs for z in (low, eaves)])]
    if shape.roof != "flat":
        hulls.append(np.array([*((sx * x, sy * y, eaves) for sx, sy in signs), (0.0, -y, top), (0.0, y, top)]))
    return patches.asset(
        f"building:{shape!r}",
        "building",
        "street",
        hulls,
        (0.0, 0.0, shape.origin_m),
        volume_m3=shape.width_m * shape.depth_m * (eaves - low),
        density_kg_m3=400.0,
        closed=True,
        landmarks={"base": (0.0, 0.0, 0.0)},
    )


def _side(face: Face, shape: BuildingShape, chosen: Dress, side: Side) -> None:
    """One wall with its openings, from the ground's inside to the eaves."""
    length = shape.width_m if side in ("front", "back") else shape.depth_m
    holes = list(openings(shape, chosen, side))
    style, wall = STYLES[shape.style], chosen.wall
    cut = side == "front" and len(holes) <= _MOST_CUT
    bottom = shape.ground_floor_m if side == "front" and shape.ground == "arcade" else 0.0
    face.wall(_PLINTH, 0.0, -shape.plinth_m, length, 0.0)
    if cut:
        _cut_wall(face, shape, chosen, holes, length, bottom)
    else:
        face.wall(wall, 0.0, bottom, length, shape.eaves_m)
    for hole in holes:
        depth = -style.reveal_m if cut else _ON_M
        if hole.use == "shop":
            depth = -_ARCADE_M if shape.ground == "arcade" else -0.25 if cut else _ON_M
        if cut and not (hole.use == "shop" and shape.ground == "arcade"):
            face.reveal(chosen.frame if hole.use == "shop" else wall, hole.rect, -depth)
        _filling(face, shape, chosen, hole, depth, side)
        if cut and hole.use == "window":
            _around(face, chosen, hole.rect, sill=style.sills)
    if side == "front" and shape.ground == "arcade":
        _arcade(face, shape, chosen, length)


def _cut_wall(face: Face, shape: BuildingShape, chosen: Dress, holes: list[Opening], length: float, bottom: float) -> None:
    """The wall around holes, a floor at a time: a pier before each hole, what is below and above it, and a last pier."""
    wall = chosen.wall
    for floor in range(shape.floors):
        low, high = floor_at(shape, floor)
        if low < bottom:
            continue
        at = 0.0
        for u0, v0, u1, v1 in sorted(hole.rect for hole in holes if hole.floor == floor):
            face.wall(wall, at, low, u0, high)
            face.wall(wall, u0, low, u1, v0)
            face.wall(wall, u0, v1, u1, high)
            at = u1
        face.wall(wall, at, low, length, high)


def _filling(face: Face, shape: BuildingShape, chosen: Dress, hole: Opening, depth: float, side: Side) -> None:
    """What is in a hole."""
    number = {"front": 0, "right": 1000, "back": 2000, "left": 3000}[side] + hole.floor * 50 + hole.bay
    picked = chosen.number + number * 7
    if hole.use == "door":
        face.picture(doors(), hole.rect, door_cell(chosen.number), depth)
        return
    if hole.use == "garage":
        face.picture(doors(), hole.rect, garage_cell(chosen.number), depth)
        return
    lit = is_lit(shape, chosen, number)
    if hole.use == "shop":
        sheet = shops.fronts(shape.variant % shops.SHEETS)
        face.picture(sheet.look(2 * shape.glow if lit else 0.0), hole.rect, shops.front_cell(picked), depth)
        _sign(face, shape, hole, picked)
        return
    face.picture(chosen.windows.look(shape.glow if lit else 0.0), hole.rect, cell(picked), depth)


def _around(face: Face, chosen: Dress, rect: tuple[float, float, float, float], *, sill: bool) -> None:
    """A sill below a window, and what is raised around it."""
    u0, v0, u1, v1 = rect
    if sill:
        face.block(chosen.trim, (u0 - 0.08, v0 - 0.09, 0.0), (u1 + 0.08, v0, 0.09))
    if sill and chosen.flowers:
        face.block(painted("chestnut"), (u0, v0, 0.02), (u1, v0 + 0.14, 0.2), open_="back bottom")
        face.block(flowers(chosen.number % 5), (u0 - 0.04, v0 + 0.14, 0.0), (u1 + 0.04, v0 + 0.3, 0.24), open_="back bottom")
    if chosen.surrounds:
        for a, b in ((u0 - 0.13, u0), (u1, u1 + 0.13)):
            face.block(chosen.trim, (a, v0, 0.0), (b, v1, 0.035), open_="back bottom")
        face.block(chosen.trim, (u0 - 0.16, v1, 0.0), (u1 + 0.16, v1 + 0.18, 0.05))
    if chosen.shutter is not None:
        wide = 0.45 * (u1 - u0)
        for a in (u0 - wide - 0.02, u1 + 0.02):
            face.block(chosen.shutter, (a, v0, 0.0), (a + wide, v1, 0.04), open_="back")


def _sign(face: Face, shape: BuildingShape, hole: Opening, picked: int) -> None:
    """A board above a shop's window, and over some an awning."""
    u0, _, u1, v1 = hole.rect
    low, high, out = v1 + 0.08, v1 + 0.66, 0.1
    face.block(_IRON, (u0, low, 0.0), (u1, high, out), open_="back front")
    face.picture(shops.signs(shape.variant % shops.SHEETS), (u0, low, u1, high), shops.sign_cell(picked), out)
    if picked % 5 < 2 and shape.ground == "shop":
        cloth, reach, drop, thick = shops.awning(picked), 1.2, 0.56, 0.03
        top, bottom = low - 0.02, low - 0.02 - drop
        metres = [(0.0, 0.0), (u1 - u0, 0.0), (u1 - u0, 1.0), (0.0, 1.0)]
        for off, turn in ((0.0, 1), (-thick, -1)):
            sheet = [face.at(u0, bottom + off, reach), face.at(u1, bottom + off, reach), face.at(u1, top + off, 0.02), face.at(u0, top + off, 0.02)]
            face.patches.cover(cloth, sheet[::turn], metres[::turn])
        face.block(cloth, (u0, bottom - 0.2, reach - 0.02), (u1, bottom, reach), open_="left right")


def _arcade(face: Face, shape: BuildingShape, chosen: Dress, length: float) -> None:
    """Pillars before a ground floor that stands back."""
    top, wall = shape.ground_floor_m, chosen.wall
    count = max(2, round(length / 3.6)) + 1
    wide = 0.45
    for k in range(count):
        at = (length - wide) * k / (count - 1)
        face.block(wall, (at, 0.0, -wide), (at + wide, top, 0.0), open_="top bottom")
    face.block(wall, (0.0, top - FASCIA_M, -wide), (length, top, 0.0), open_="top left right")
    face.wall(chosen.trim, 0.0, 0.0, length, top, -_ARCADE_M - _ON_M)
    under = top - 0.15
    ceiling = [face.at(0, under, -_ARCADE_M - _ON_M), face.at(length, under, -_ARCADE_M - _ON_M), face.at(length, under), face.at(0, under)]
    face.patches.cover(chosen.trim, ceiling)
    for u, turn in ((0.2, 1), (length - 0.2, -1)):
        end = [face.at(u, 0.0), face.at(u, 0.0, -_ARCADE_M), face.at(u, top, -_ARCADE_M), face.at(u, top)]
        face.patches.cover(wall, end[::turn], [(0, 0), (_ARCADE_M, 0), (_ARCADE_M, top), (0, top)])
    floor = [face.at(0, 0.0), face.at(length, 0.0), face.at(length, 0.0, -_ARCADE_M), face.at(0, 0.0, -_ARCADE_M)]
    face.patches.cover(_STEP, floor)


def _outstanding(face: Face, shape: BuildingShape, chosen: Dress) -> None:
    """What runs along the front or hangs on it: bands, a cornice, steps, balconies."""
    length, eaves = shape.width_m, shape.eaves_m
    if chosen.bands:
        for floor in range(1, shape.floors):
            level = floor_at(shape, floor)[0]
            face.block(chosen.trim, (0.0, level - 0.08, 0.0), (length, level + 0.08, 0.05))
    if chosen.cornice and shape.roof != "flat":
        face.block(chosen.trim, (0.0, eaves - 0.42, 0.0), (length, eaves - 0.08, 0.18))
    elif chosen.cornice or shape.roof == "flat":
        face.block(chosen.trim, (0.0, eaves + 0.4, 0.0), (length, eaves + 0.56, 0.08 if not chosen.cornice else 0.25))
    holes = list(openings(shape, chosen, "front"))
    long, reach = len(holes) > _MOST_CUT, 1.3 if shape.style in ("flats", "slab") else 0.7
    for hole in holes:
        u0, v0, u1, v1 = hole.rect
        if hole.use == "door":
            face.block(_STEP, (u0 - 0.2, -shape.plinth_m, 0.0), (u1 + 0.2, v0, 0.55), open_="back bottom")
            if chosen.number % 3 == 0:
                face.block(chosen.trim, (u0 - 0.3, v1 + 0.12, 0.0), (u1 + 0.3, v1 + 0.22, 0.7))
        elif hole.use == "window" and hole.floor > 0 and chosen.balconies and not long and hole.bay % 2 == chosen.number % 2:
            _balcony(face, chosen, u0 - 0.35, u1 + 0.35, floor_at(shape, hole.floor)[0], reach)
    if long and chosen.balconies:
        for floor in range(1, shape.floors):
            _balcony(face, chosen, 0.1 * length, 0.9 * length, floor_at(shape, floor)[0], reach)


def _balcony(face: Face, chosen: Dress, u0: float, u1: float, level: float, reach: float) -> None:
    """A slab, and a parapet around it."""
    look = _IRON if chosen.number % 2 else chosen.trim
    face.block(chosen.trim, (u0, level - 0.16, 0.0), (u1, level, reach))
    face.block(look, (u0, level, reach - 0.05), (u1, level + 1.0, reach), open_="bottom")
    for a in (u0, u1 - 0.05):
        face.block(look, (a, level, 0.0), (a + 0.05, level + 1.0, reach - 0.05), open_="back front bottom")
