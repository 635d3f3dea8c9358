"""What lies under and over what: how far down a box can come between other boxes."""

import numpy as np

from diorama.randomizers.bounds import Box
from diorama.sim.transforms import Matrix, Vec3


class Columns:
    """Boxes, each the low and high x, y and z of something, seen as columns that reach down to the ground."""

    def __init__(self) -> None:
        self._taken = np.empty((0, 6))

    def add(self, box: Box, at: Vec3 = (0.0, 0.0, 0.0)) -> None:
        """Take the room of a box that is moved there."""
        moved = box.moved(at)
        self._taken = np.concatenate([self._taken, [[*moved.low, *moved.high]]])

    def landing(self, spots: Matrix, box: Box, gap_m: float, ground_m: float) -> Matrix:
        """(n,) the heights of what a box would come to lie on, moved to each of the spots (n, 2), with `gap_m` around it.

        That is the highest of all in its way, whether below or beside it, or else the ground.
        """
        taken = self._taken
        covers = np.ones((len(spots), len(taken)), bool)
        for axis in range(2):
            covers &= spots[:, axis, None] + box.low[axis] < taken[:, 3 + axis] + gap_m
            covers &= spots[:, axis, None] + box.high[axis] > taken[:, axis] - gap_m
        return np.where(covers, taken[:, 5], ground_m).max(axis=1, initial=ground_m)
