"""Shadow maps as the kernels read them, one after the other in memory."""

import copy
import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from diorama.sim.render.raster.device import layout
from diorama.sim.render.raster.light_data import (
    BORDER,
    BOUNDS_CELL,
    BOUNDS_SIZES,
    MAX_COARSE_KERNEL,
    MAX_KERNEL,
    RIM,
    ShadowBounds,
    ShadowLevel,
    ShadowMap,
)
from diorama.sim.render.raster.shadow_views import NEAR_M, View
from diorama.sim.transforms import apply

#: All maps of a scene together have no more texels than this; with very many lights, maps are coarser.
_MOST_TEXELS = 24_000_000
#: Sizes of the cells of coarser levels, in texels.
_LEVEL_SIZES = (4, 8, 16, 32, 64)
#: No kernel is wider than bounds and levels allow.
_MAX_REACH = min(BOUNDS_SIZES[-1] - RIM, _LEVEL_SIZES[-1] * MAX_COARSE_KERNEL)


def within_bounds(parts: Sequence[Sequence[View]]) -> float:
    """How many times coarser the views must be, so that they all have room."""
    wanted = sum(float(np.prod((view.window[2:] - view.window[:2]) / view.per_texel + 2 * BORDER)) for part in parts for view in part)
    return math.sqrt(max(wanted / _MOST_TEXELS, 1.0))


class ShadowRows:
    """Records of shadow maps, and how many texels, bounds and cells they take together."""

    def __init__(self) -> None:
        self._maps: list[Any] = []
        self._sizes: list[tuple[int, int]] = []
        self._levels: list[tuple[int, int, int, int]] = []
        self.texels = self.bounds = self.cells = 0

    def __len__(self) -> int:
        return len(self._maps)

    def copy(self) -> Self:
        out = copy.copy(self)
        out._maps, out._sizes, out._levels = list(self._maps), list(self._sizes), list(self._levels)
        return out

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The records of ShadowMap, ShadowBounds and ShadowLevel."""
        return np.array(self._maps, layout(ShadowMap)), np.array(self._sizes, layout(ShadowBounds)), np.array(self._levels, layout(ShadowLevel))

    def add(self, part: Sequence[View], *, other: int = -1, following: bool = False) -> int:
        """Lay out the views of a part of a light, each to be asked where those before it do not answer, and last of all the map `other`.

        `following`: another part's views come next. Returns the index of the first.
        """
        first = len(self)
        for index, view in enumerate(part):
            row = self._row(view)
            row["other"] = first + index + 1 if index + 1 < len(part) else other
            row["next"] = first + len(part) if following else -1
            self._maps.append(row)
        return first

    def _row(self, view: View) -> Any:
        row: Any = np.zeros((), layout(ShadowMap))
        scale = 1 / view.per_texel
        finest = float(scale.max())
        width, height = (-(-(math.ceil(side) + 2 * BORDER) // BOUNDS_CELL) * BOUNDS_CELL for side in (view.window[2:] - view.window[:2]) * scale)
        center = BORDER - view.window[:2] * scale
        reach = min(max(view.reach * finest, 1.0), _MAX_REACH)
        m = view.map_from_world
        eye_height = -float((m[:3, 2] * m[:3, 3]).sum())
        # From the map's frame to texels and value.
        fold = np.diag([*scale, 1.0, 1.0])
        if view.parallel:
            fold[2, 2] = -1.0
            fold[:3, 3] = *center, view.far_m
        else:
            fold[:2, 2] = center
        row["place"] = apply(fold, m[:3, :3].T).T - fold[:3, 3:]
        row["offset"] = apply(fold, m[None, :3, 3])[0]
        row["rotation"] = row["exact_rotation"] = m[:3, :3]
        row["exact_translation"] = m[:3, 3]
        row["eye"] = -(m[:3, :3] * m[:3, 3][:, None]).sum(axis=0)
        row["scale"] = row["exact_scale"] = scale
        row["per_scale"], row["shape"] = view.per_texel, scale / finest
        row["center"], row["far"], row["parallel"] = center, view.far_m, view.parallel
        row["partial"] = view.domain is not None
        if view.domain is not None:
            row["domain"] = view.domain * np.tile(scale, 2) + np.tile(center, 2)
        row["rise"] = m[2, 2] if view.parallel else eye_height
        row["world_z"] = (*m[:3, 2], eye_height)
        row["extent"], row["box"], row["reach"], row["per_value"] = view.extent, view.box, reach, view.per_value * finest
        row["near"] = -math.inf if view.parallel else NEAR_M
        row["width"], row["height"], row["start"] = width, height, self.texels
        self.texels += width * height
        row["bounds"] = len(self._sizes)
        row["widest"] = next(i for i, size in enumerate(BOUNDS_SIZES) if size - RIM >= reach)
        for size in BOUNDS_SIZES[: int(row["widest"]) + 1]:
            self._sizes.append((self.bounds, -(-width // size)))
            self.bounds += -(-width // size) * -(-height // size)
        row["first_level"] = len(self._levels)
        widest = MAX_KERNEL
        for size in _LEVEL_SIZES:
            if widest >= reach:
                break
            across, down = -(-width // size) + 2 * BORDER, -(-height // size) + 2 * BORDER
            self._levels.append((self.cells, across, down, size))
            self.cells += 4 * across * down
            widest = size * MAX_COARSE_KERNEL
        row["levels"] = len(self._levels) - int(row["first_level"])
        return row
