"""Rows of one thing, as one asset."""

from dataclasses import replace

import numpy as np

from diorama.sim.assets.mesh import Asset, MeshPart
from diorama.sim.assets.street import STREET
from diorama.sim.errors import UnknownName, suggestion
from diorama.sim.spec.rows import RowShape


def row_asset(shape: RowShape) -> Asset:
    """The asset of a row. Raises UnknownName where there is no such recipe."""
    name = shape.asset.partition(":")[2]
    if not STREET.is_name(name):
        raise UnknownName(f'no asset has the id "{shape.asset}".{suggestion(name, STREET.names())}')
    one = STREET.load(name)
    offs = [(k - (shape.count - 1) / 2) * shape.step_m for k in range(shape.count)]
    (x0, y0, z0), (x1, y1, z1) = one.bounds_m
    return replace(
        one,
        id=f"row:{shape!r}",
        parts=tuple(_repeated(part, offs) for part in one.parts),
        hulls=tuple(hull + (0.0, off, 0.0) for off in offs for hull in one.hulls),
        bounds_m=((x0, y0 + offs[0], z0), (x1, y1 + offs[-1], z1)),
        volume_m3=one.volume_m3 * shape.count,
    )


def _repeated(part: MeshPart, offs: list[float]) -> MeshPart:
    count, size = len(offs), len(part.positions)
    shifts = np.repeat(np.array([(0.0, off, 0.0) for off in offs], np.float32), size, axis=0)
    return replace(
        part,
        positions=np.tile(part.positions, (count, 1)) + shifts,
        normals=np.tile(part.normals, (count, 1)),
        uv=np.tile(part.uv, (count, 1)),
        faces=(part.faces + (np.arange(count, dtype=np.int32) * size)[:, None, None]).reshape(-1, 3).astype(np.int32),
    )
