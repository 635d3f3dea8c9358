"""Which cells of a body are what: paint, glass, lamps, grilles; and where its drawn pictures lie on it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from diorama.sim.assets.geometry import Points
from diorama.sim.assets.street.vehicles.lower import ACROSS, FEW, SEEN, LowerGrid
from diorama.sim.assets.street.vehicles.pictures import MARKS, PLAIN
from diorama.sim.assets.street.vehicles.skin import Curve, Skin, on
from diorama.sim.assets.street.vehicles.upper import SPREAD, UpperGrids

#: Columns from, to, and rows from, to, of a lower body's cells that are seen; of the rear, columns count from its middle.
Cells = tuple[int, int, int, int]
#: The column of the foremost pillar.
_PILLAR = len(SPREAD) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What a body's cells are. `marks` are the x of its own that stand for the drawn `MARKS`.

    `windows` are panes on the sides, each (from x, to x, which of the four drawn panes it shows); `screen` and `back` say whether there are panes in
    front and behind. `frame` is what is around the windows, `post` what is between them, `foot` the lowest row. `doors`, from x to x, are of glass on
    one side. `board` is a destination board over the windscreen.
    """

    marks: tuple[float, ...]
    headlamp: Cells | None
    taillamp: Cells | None
    grilles: tuple[Cells, ...] = ()
    intakes: tuple[Cells, ...] = ()
    windows: tuple[tuple[float, float, int], ...] = ()
    screen: bool = True
    back: bool = True
    frame: str = "trim"
    post: str = "gloss"
    foot: str = "paint"
    pillar_lamp: bool = False
    boot: str = "paint"
    board: bool = False
    doors: tuple[tuple[float, float], ...] = ()


def dress_lower(skin: Skin, grid: LowerGrid, d: Dress) -> None:
    """Add a lower body."""
    _, n, _ = grid.points.shape
    underside = grid.points[: SEEN + 1]
    skin.patch(underside, "under", _plain(underside))
    seen = grid.seen
    named = np.full((len(seen) - 1, n - 1), "paint", dtype=object)
    named[0] = d.foot
    for look, places in (("intake", d.intakes), ("grille", d.grilles)):
        for a, b, low, high in places:
            named[low:high, a:b] = look
    for look, cells, rear in (("headlamp", d.headlamp, False), ("taillamp", d.taillamp, True)):
        if cells is None:
            continue
        a, b, low, high = cells
        if rear:
            a, b = n - 1 - b, n - 1 - a
        skin.patch(seen[low : high + 1, a : b + 1], look, _spread(seen[low : high + 1, a : b + 1], rear=rear), sided=(look,))
        named[low:high, a:b] = ""
    for look, places in (("intake", d.intakes), ("grille", d.grilles)):
        for a, b, low, high in places:
            piece, looks = seen[low : high + 1, a : b + 1], named[low:high, a:b]
            skin.patch(piece, np.where(looks == look, looks, ""), _spread(piece))
            looks[looks == look] = ""
    for front, rear in d.doors:
        a, b = (grid.kept[grid.column(x)] for x in (front, rear))
        piece = seen[1:, a : b + 1]
        uv = _spread(piece)
        # Where nothing is drawn on panes: high up.
        skin.patch(piece, "door", uv * (0.05, 0.12) + (0.52, 0.8), sided=("door",))
        named[1:, a:b] = ""
    up = grid.up[SEEN:]
    for start, stop, chart in ((0, ACROSS, "front"), (ACROSS, n - 1 - ACROSS, "side"), (n - 1 - ACROSS, n - 1, "rear")):
        part = slice(start, stop + 1)
        uv = _chart(chart, seen[:, part], up[:, part], grid, d)
        skin.patch(seen[:FEW, part], named[: FEW - 1, start:stop], uv[:FEW])
        kept = [k - start for k in grid.kept if start <= k <= stop]
        piece, few = seen[:, part], uv[FEW:, kept]
        looks = named[:, start:stop][:, kept[:-1]]
        skin.seam(piece[FEW - 1], piece[FEW, kept], kept, looks[FEW - 1].tolist(), uv[FEW - 1], few[0])
        skin.patch(piece[FEW:, kept], looks[FEW:], few)


def dress_upper(skin: Skin, grids: UpperGrids, d: Dress) -> None:
    """Add an upper body."""
    house = grids.house
    count, n, _ = house.shape
    decks = [slice(1 + 3 * k, 3 + 3 * k) for k in range((count - 2) // 3)]
    named = np.full((count - 1, n - 1), "roof", dtype=object)
    named[:-1:3] = "paint"
    columns = house[0, :, 0]
    sides = [tuple(_PILLAR + int(np.argmin(np.abs(columns[_PILLAR : n - _PILLAR] - x))) for x in pane[:2]) for pane in d.windows]
    panes = [(a, b, pane) for (a, b), (_, _, pane) in zip(sides, d.windows, strict=True) if b > a]
    for a, b, _ in panes:
        named[0, a:b] = d.frame
    for (_, before, _), (after, _, _) in pairwise(panes):
        named[0, before:after] = d.frame
        for deck in decks:
            named[deck, before:after] = d.post
    if d.screen:
        panes.append((0, _PILLAR - 1, 0))
        named[0, : _PILLAR - 1] = "trim"
    if d.back:
        panes.append((n - _PILLAR, n - 1, 3))
    if d.board:
        cells = slice(0, 3)
        skin.patch(house[3:5, :4], "board", _spread(house[3:5, :4]), sided=("board",))
        named[3, cells] = ""
    if d.pillar_lamp:
        piece = house[1:4, n - 1 - _PILLAR : n + 1 - _PILLAR]
        skin.patch(piece, "taillamp", _spread(piece), sided=("taillamp",))
        named[1:3, n - 1 - _PILLAR] = ""
    for deck in decks:
        for a, b, pane in panes:
            piece = house[deck.start : deck.stop + 1, a : b + 1]
            uv = _spread(piece, rear=pane == 3)
            uv[..., 0] = (pane + uv[..., 0]) / 4
            skin.patch(piece, "glass", uv)
            named[deck, a:b] = ""
    skin.patch(house, named, _plain(house))
    skin.patch(grids.roof, "roof", _plain(grids.roof))
    for grid, look in ((grids.bonnet, "paint"), (grids.boot, d.boot)):
        if grid is not None:
            looks = np.full((grid.shape[0] - 1, grid.shape[1] - 1), look, dtype=object)
            if look != "paint":
                looks[0], looks[-1], looks[:, -1] = "paint", "paint", "paint"
            skin.patch(grid, looks, _plain(grid))


def _plain(grid: Points) -> Points:
    return np.broadcast_to(PLAIN, (*grid.shape[:2], 2))


def _spread(piece: Points, *, rear: bool = False) -> Points:
    """Texture coordinates from 0 to 1 over a piece of a grid, columns by how far apart they are; those of the `rear` from its middle outwards."""
    middle = piece[piece.shape[0] // 2]
    steps = np.sqrt(((middle[1:] - middle[:-1]) ** 2).sum(axis=1))
    way = np.concatenate([[0.0], np.cumsum(steps)])
    u = way / way[-1]
    v = np.arange(len(piece)) / (len(piece) - 1)
    return np.stack(np.broadcast_arrays((1 - u if rear else u)[None, :], v[:, None]), axis=-1).copy()


def _chart(chart: str, points: Points, up: Points, grid: LowerGrid, d: Dress) -> Points:
    """Where a piece of a lower body lies on its skin."""
    if chart == "side":
        marks: Curve = list(zip(d.marks[::-1], MARKS[::-1], strict=True))
        plan = grid.points[-1, ACROSS : ACROSS + points.shape[1], 0] if points.shape[1] > ACROSS + 1 else points[-1, :, 0]
        u = np.array([on(marks, x) for x in plan.tolist()])
        return np.stack([np.broadcast_to(u[None, :], up.shape), 0.5 + 0.49 * up + 0.005], axis=-1)
    u = np.clip(points[..., 1] / grid.lower.half_m, 0.0, 1.0) * 0.49 + 0.005
    return np.stack([u + (0.5 if chart == "rear" else 0.0), 0.49 * up + 0.005], axis=-1)
