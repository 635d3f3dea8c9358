"""The outside of a vehicle, made of patches: grids of points whose cells each have a look. Left and right are mirror images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diorama.sim.assets.geometry import Points, dot
from diorama.sim.assets.mesh import Look
from diorama.sim.assets.street.vehicles.pictures import PLAIN
from diorama.sim.assets.surface import Surface

Curve = Sequence[tuple[float, float]]


def on(curve: Curve, x: float) -> float:
    """The height of a polyline, whose first coordinates rise, over x; level beyond its ends."""
    x0, y0 = curve[0]
    if x <= x0:
        return y0
    for x1, y1 in curve:
        if x < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        x0, y0 = x1, y1
    return y0


def eased(x: float, start: float, end: float) -> float:
    """0 up to `start`, 1 from `end` on, smooth between."""
    t = min(max((x - start) / (end - start), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@dataclass(slots=True)
class Skin:
    """Triangles by the name of their look, as they gather."""

    _positions: dict[str, list[Points]] = field(default_factory=dict)
    _uv: dict[str, list[Points]] = field(default_factory=dict)
    _faces: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)
    _count: dict[str, int] = field(default_factory=dict)

    def patch(self, grid: Points, looks: str | NDArray[np.object_], uv: Points, *, sided: Sequence[str] = ()) -> None:
        """A grid (r, c, 3) on the left side, with texture coordinates (r, c, 2), and its mirror image.

        Seen from outside, columns run to the right and rows up: on the side of a car, from its front to its rear. `looks` (r - 1, c - 1) names those
        of its cells, "" for none; those in `sided` are named "<look>-left" and "<look>-right".
        """
        rows, columns, _ = grid.shape
        named = np.broadcast_to(np.asarray(looks, dtype=object), (rows - 1, columns - 1))
        corner = np.arange(rows * columns).reshape(rows, columns)
        quads = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=-1)
        for name in sorted({str(n) for n in named.ravel()} - {""}):
            self._add_both(name, grid.reshape(-1, 3), quads[named == name], uv.reshape(-1, 2), name in sided)

    def seam(self, low: Points, high: Points, kept: Sequence[int], looks: Sequence[str], uv_low: Points, uv_high: Points) -> None:
        """A row of cells from points (n, 3) to fewer above them, those over the `kept` ones (k,); `looks` (k - 1) names what is between these."""
        n = len(low)
        for name in sorted({*looks} - {""}):
            quads: list[list[int]] = []
            for i, (a, b) in enumerate(pairwise(kept)):
                if looks[i] != name:
                    continue
                middle = (a + b) // 2
                if b == a + 1:
                    quads.append([a, b, n + i + 1, n + i])
                else:
                    quads += [[j, j + 1, n + i, n + i] for j in range(a, middle)]
                    quads.append([middle, n + i + 1, n + i, n + i])
                    quads += [[j, j + 1, n + i + 1, n + i + 1] for j in range(middle, b)]
            self._add_both(name, np.concatenate([low, high]), np.array(quads), np.concatenate([uv_low, uv_high]), sided=False)

    def _add_both(self, look: str, positions: Points, quads: NDArray[np.int64], uv: Points, sided: bool) -> None:
        self.add(f"{look}-left" if sided else look, positions, quads, uv)
        self.add(f"{look}-right" if sided else look, positions * (1.0, -1.0, 1.0), quads[:, ::-1], uv)

    def add(self, look: str, positions: Points, quads: NDArray[np.int64], uv: Points) -> None:
        """Quads (m, 4), cut along their shorter diagonals, without the triangles of which two corners are in one place."""
        p = positions[quads]
        one, two = p[:, 2] - p[:, 0], p[:, 3] - p[:, 1]
        short = (dot(one, one) <= dot(two, two) + 1e-12)[:, None]
        # The mirror image of a quad has to be cut as the quad is: by lengths that are the same to the last bit.
        first = np.where(short, quads[:, [0, 1, 2]], quads[:, [0, 1, 3]])
        second = np.where(short, quads[:, [0, 2, 3]], quads[:, [1, 2, 3]])
        faces = np.concatenate([first, second])
        p = positions[faces]
        edges = p - p[:, (1, 2, 0)]
        faces = faces[(dot(edges, edges) > 1e-12).all(axis=1)]
        if not len(faces):
            return
        is_used = np.zeros(len(positions), np.bool_)
        is_used[faces] = True
        used, faces = np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[faces]
        start = self._count.get(look, 0)
        self._positions.setdefault(look, []).append(positions[used])
        self._uv.setdefault(look, []).append(uv[used])
        self._faces.setdefault(look, []).append(faces + start)
        self._count[look] = start + len(used)

    def solid(self, look: str, surface: Surface, *, mirrored: bool = False) -> None:
        """A surface as it is, and its mirror image if it has one."""
        uv = np.tile(PLAIN, (len(surface.positions), 1)) if surface.uv is None else surface.uv
        for positions, faces in ((surface.positions, surface.faces), (surface.positions * (1.0, -1.0, 1.0), surface.faces[:, ::-1]))[: 1 + mirrored]:
            start = self._count.get(look, 0)
            self._positions.setdefault(look, []).append(positions)
            self._uv.setdefault(look, []).append(uv)
            self._faces.setdefault(look, []).append(faces + start)
            self._count[look] = start + len(positions)

    def looks(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted(self._positions))

    def surface(self, look: str) -> Surface:
        """All triangles of a look."""
        return Surface(
            positions=np.concatenate(self._positions[look]),
            faces=np.concatenate(self._faces[look]),
            uv=np.concatenate(self._uv[look]),
            look=Look(),
            piece=look,
        )


def lofted(low: Points, high: Points, outward: Points, rows: Sequence[tuple[float, float, float]]) -> Points:
    """Rows (k, n, 3) of a band between two lines of points (n, 3): each row a share of the way up, then metres `outward` (n, 2) and up."""
    out = np.stack([low + (high - low) * share for share, _, _ in rows])
    for row, (_, away, up) in zip(out, rows, strict=True):
        row[:, :2] += away * outward
        row[:, 2] += up
    return out


def deck(front: Points, rear: Points, side: Points, crown_m: float) -> Points:
    """A patch (n, k, 3) from the middle outwards between a front and a rear edge (k, 3), each from y = 0 to the side, along a side (n, 3) from
    one to the other: bonnets, boots and roofs. It rises by `crown_m` towards the middle, where the edges leave it free to.
    """
    n, k = len(side), len(front)
    out = np.empty((n, k, 3))
    way = np.concatenate([[0.0], np.cumsum(np.sqrt(((side[1:] - side[:-1]) ** 2).sum(axis=1)))])
    for i in range(n):
        t = way[i] / way[-1]
        fy, ry = front[:, 1] / front[-1, 1], rear[:, 1] / rear[-1, 1]
        share = fy + (ry - fy) * t
        bow = (front - front[-1]) * (1 - t) + (rear - rear[-1]) * t
        out[i, :, 0] = side[i, 0] + bow[:, 0]
        out[i, :, 1] = side[i, 1] * share
        out[i, :, 2] = side[i, 2] + bow[:, 2] + crown_m * 4 * t * (1 - t) * (1 - share * share)
    out[0], out[-1], out[:, -1] = front, rear, side
    return out
