"""What room is taken on the ground, fast enough for streets: as upright boxes, turned any way, of which each thing has a few.

A thing counts as the boxes around its convex pieces, or where there are many of these as one box around all.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.spec import BodySpec, Pose
from diorama.sim.spec.roads import Vec2
from diorama.sim.transforms import Vec3, apply

#: A thing of more pieces than this is one box.
_PIECES = 4
#: What takes room on the ground. All else is the ground.
SOLID = frozenset(("vehicle", "person", "street-furniture", "building", "plant"))


@dataclass(frozen=True, slots=True)
class Footprint:
    """An upright box: `half_m` along the unit vector `along` and across it, from `low_m` to `high_m`."""

    middle_m: Vec2
    along: Vec2
    half_m: Vec2
    low_m: float
    high_m: float

    def corners(self) -> list[Vec2]:
        """Seen from above, counter-clockwise."""
        (x, y), (u, v), (a, b) = self.middle_m, self.along, self.half_m
        return [(x + s * a * u - t * b * v, y + s * a * v + t * b * u) for s, t in ((1, 1), (-1, 1), (-1, -1), (1, -1))]


def footprints_of(asset: Asset, pose: Pose) -> list[Footprint]:
    """Those of an asset where it stands."""
    w, qx, qy, qz = pose.rotation_wxyz
    if qx == qy == 0:
        return _upright(asset, pose.position_m, (w * w - qz * qz, 2 * w * qz))
    matrix = pose.matrix
    ux, uy = float(matrix[0, 0]), float(matrix[1, 0])
    length = math.sqrt(ux * ux + uy * uy)
    u, v = (ux / length, uy / length) if length > 1e-6 else (1.0, 0.0)
    out: list[Footprint] = []
    for low, high in boxes_of(asset):
        points = apply(matrix, [[(low, high)[bit >> axis & 1][axis] for axis in range(3)] for bit in range(8)])
        along, across = points[:, 0] * u + points[:, 1] * v, points[:, 1] * u - points[:, 0] * v
        a0, a1, b0, b1 = float(along.min()), float(along.max()), float(across.min()), float(across.max())
        a, b = (a0 + a1) / 2, (b0 + b1) / 2
        heights = points[:, 2]
        out.append(Footprint((a * u - b * v, a * v + b * u), (u, v), ((a1 - a0) / 2, (b1 - b0) / 2), float(heights.min()), float(heights.max())))
    return out


def _upright(asset: Asset, position_m: Vec3, along: Vec2) -> list[Footprint]:
    """Those of what is only turned about the vertical."""
    (x, y, z), (u, v) = position_m, along
    out: list[Footprint] = []
    for (x0, y0, z0), (x1, y1, z1) in boxes_of(asset):
        a, b = (x0 + x1) / 2, (y0 + y1) / 2
        out.append(Footprint((x + a * u - b * v, y + a * v + b * u), along, ((x1 - x0) / 2, (y1 - y0) / 2), z + z0, z + z1))
    return out


@lru_cache(maxsize=1024)
def boxes_of(asset: Asset) -> tuple[tuple[Vec3, Vec3], ...]:
    """The (low, high) corners of the boxes that an asset counts as, in its own axes."""
    if not 0 < len(asset.hulls) <= _PIECES:
        return (asset.bounds_m,)
    spans = [(hull.min(axis=0).tolist(), hull.max(axis=0).tolist()) for hull in asset.hulls]
    return tuple(((a[0], a[1], a[2]), (b[0], b[1], b[2])) for a, b in spans)


class Footprints:
    """All that is taken, which grows."""

    def __init__(self, taken: Iterable[Footprint] = ()) -> None:
        self._rows = [_row(footprint) for footprint in taken]
        self._table = np.array(self._rows).reshape(-1, 8)

    @classmethod
    def around(cls, bodies: Iterable[BodySpec], library: AssetLibrary) -> "Footprints":
        """What bodies of a street take, the ground itself left out."""
        solid = (body for body in bodies if not SOLID.isdisjoint(body.tags))
        return cls(f for body in solid for f in footprints_of(library.shape_asset(body.shape), body.world_from_body))

    def are_free(self, things: Sequence[Footprint], spacing_m: float = 0.0) -> bool:
        """Whether boxes are clear of all that is taken: above it, below it, or so far beside it (the separating axis theorem)."""
        return all(self._is_free(thing, spacing_m) for thing in things)

    def _is_free(self, thing: Footprint, spacing: float) -> bool:
        if len(self._rows) > len(self._table):
            self._table = np.concatenate([self._table, self._rows[len(self._table) :]])
        x, y, u, v, a, b, low, high = self._table.T
        (px, py), (pu, pv), (pa, pb) = thing.middle_m, thing.along, thing.half_m
        dx, dy = x - px, y - py
        cosine, sine = np.abs(pu * u + pv * v), np.abs(pu * v - pv * u)
        apart = (low >= thing.high_m) | (high <= thing.low_m)
        apart |= np.abs(dx * pu + dy * pv) >= pa + a * cosine + b * sine + spacing
        apart |= np.abs(dy * pu - dx * pv) >= pb + a * sine + b * cosine + spacing
        apart |= np.abs(dx * u + dy * v) >= a + pa * cosine + pb * sine + spacing
        apart |= np.abs(dy * u - dx * v) >= b + pa * sine + pb * cosine + spacing
        return bool(apart.all())

    def add(self, things: Iterable[Footprint]) -> None:
        """Take their room."""
        self._rows += [_row(thing) for thing in things]


def _row(thing: Footprint) -> tuple[float, ...]:
    return (*thing.middle_m, *thing.along, *thing.half_m, thing.low_m, thing.high_m)
