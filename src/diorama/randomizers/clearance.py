"""Whether things keep apart: as upright prisms over their outlines.

A thing counts as all that is above its convex outline as seen from above, from its lowest point to its highest. What is found clear is clear.
Something that is being placed counts as the hull of all of it, something in its place already as its convex pieces, each for itself.
"""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from diorama.randomizers.bounds import is_placed, touched, turned
from diorama.randomizers.outlines import Outline
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.mesh import Asset
from diorama.sim.spec import SceneSpec
from diorama.sim.transforms import Matrix, Quat, Vec3, apply


class Prism:
    """What is over an outline, from `low_m` to `high_m`."""

    __slots__ = ("high_m", "low_m", "outline")

    def __init__(self, outline: Outline, low_m: float, high_m: float) -> None:
        self.outline, self.low_m, self.high_m = outline, low_m, high_m

    @classmethod
    def around(cls, points: Matrix) -> "Prism":
        """The one around points (n, 3)."""
        heights = points[:, 2]
        return cls(Outline.around(points), float(heights.min()), float(heights.max()))

    @classmethod
    def of(cls, asset: Asset, rotation: Quat) -> "Prism":
        """The one of an asset turned about its origin."""
        return cls.around(turned(touched(asset), rotation))

    def moved(self, by_m: Vec3) -> "Prism":
        """The same elsewhere."""
        x, y, z = by_m
        return Prism(self.outline.moved(x, y), self.low_m + z, self.high_m + z)


class Crowd:
    """What room is taken, a list of prisms that grows."""

    def __init__(self, prisms: Iterable[Prism] = ()) -> None:
        self._prisms = list(prisms)
        self._boxes = np.array([_box(prism) for prism in self._prisms]).reshape(-1, 6)

    @classmethod
    def around(cls, spec: SceneSpec, library: AssetLibrary, without: Collection[str] = ()) -> "Crowd":
        """All that is in its place already, but for the bodies of these names."""
        bodies = [(b.world_from_body.matrix, library.shape_asset(b.shape)) for b in spec.bodies if b.name not in without and is_placed(b)]
        return cls(Prism.around(apply(matrix, hull)) for matrix, asset in bodies for hull in asset.hulls or (touched(asset),))

    def is_free(self, prism: Prism, spacing_m: float = 0.0) -> bool:
        """Whether it is clear of all: over them, under them, or at least `spacing_m` beside them."""
        near = (self._boxes[:, 5] > prism.low_m) & (self._boxes[:, 2] < prism.high_m)
        return all(self._prisms[i].outline.gap_m(prism.outline) >= spacing_m for i in self._within(prism, spacing_m, near))

    def landing_m(self, prism: Prism, spacing_m: float, ground_m: float) -> float:
        """The height of what it would come to lie on: the highest of all that is not `spacing_m` beside it, or else the ground."""
        heights = self._boxes[:, 5]
        for i in sorted(self._within(prism, spacing_m, heights > ground_m), key=lambda i: -heights[i]):
            if self._prisms[i].outline.gap_m(prism.outline) < spacing_m:
                return float(heights[i])
        return ground_m

    def _within(self, prism: Prism, spacing_m: float, among: NDArray[np.bool_]) -> list[int]:
        """Those of some whose boxes, seen from above, are nearer than this."""
        for axis, (low, high) in enumerate(prism.outline.span_m):
            among = among & (self._boxes[:, axis] < high + spacing_m) & (self._boxes[:, axis + 3] > low - spacing_m)
        return np.flatnonzero(among).tolist()

    def add(self, prism: Prism) -> None:
        """Take its room."""
        self._prisms.append(prism)
        self._boxes = np.concatenate([self._boxes, [_box(prism)]])


def _box(prism: Prism) -> list[float]:
    (x0, x1), (y0, y1) = prism.outline.span_m
    return [x0, y0, prism.low_m, x1, y1, prism.high_m]
