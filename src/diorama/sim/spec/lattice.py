"""Free-form deformation: space is moved with the points of a coarse grid.

Sederberg and Parry, "Free-form deformation of solid geometric models", SIGGRAPH 1986, with three control points along each axis.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from diorama.sim.spec.checks import check, finite
from diorama.sim.transforms import Vec3

#: How far a control point may be moved along an axis, as a share of the box's size.
MOST_OFFSET = 0.25
#: Offsets up to this can never fold space: each derivative of the displacement is at most 4 times as large, and a matrix that differs from the
#: identity by less than 1/3 in each entry has a positive determinant.
NEVER_FOLDS = 1 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Displacements of a 3 x 3 x 3 grid of control points that spans a box, as shares of the box's size along its axes.

    The point at x = i/2, y = j/2, z = k/2 of the box (i, j, k of 0, 1, 2) is moved by ``offsets[9 * i + 3 * j + k]``, each component within
    +-`MOST_OFFSET`. Space between follows by quadratic Bernstein polynomials. Refused are offsets that fold it over, where the determinant of
    the derivative is not positive; those within +-`NEVER_FOLDS` never do.
    """

    offsets: tuple[Vec3, ...]

    def __post_init__(self) -> None:
        check(len(self.offsets) == 27, self, f"offsets must be 27 triples, a point of a 3 x 3 x 3 grid each, got {len(self.offsets)}")
        values = [v for offset in self.offsets for v in offset]
        most = max(abs(v) for v in values) if finite(*values) else math.nan
        check(most <= MOST_OFFSET, self, f"offsets must be within +-{MOST_OFFSET} of the box's size, got one of {most:g}")
        folds = most > NEVER_FOLDS and float(_jacobian_coefficients(self.grid).min()) <= 0
        check(not folds, self, "offsets fold the space within over itself; bring neighbouring points' offsets closer to each other")

    @property
    def grid(self) -> NDArray[np.float64]:
        """(3, 3, 3, 3): the displacement of the point i, j, k."""
        return np.array(self.offsets, np.float64).reshape(3, 3, 3, 3)

    def displacement(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far places (n, 3) of the unit box are moved, (n, 3). A place outside is moved as the nearest one of the box is."""
        (x, y, z), _ = _bernstein(places)
        out = np.zeros((len(places), 3))
        for (i, j, k), offset in self._moved_points():
            out += (x[i] * y[j] * z[k])[:, None] * offset
        return out

    def jacobian(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 3, 3): the derivatives, by rows, of where places (n, 3) of the unit box come to."""
        (x, y, z), (dx, dy, dz) = _bernstein(places)
        out = np.zeros((len(places), 3, 3))
        out[:, range(3), range(3)] = 1.0
        for (i, j, k), offset in self._moved_points():
            slope = np.stack([dx[i] * y[j] * z[k], x[i] * dy[j] * z[k], x[i] * y[j] * dz[k]], axis=1)
            out += offset[:, None] * slope[:, None, :]
        return out

    def _moved_points(self) -> Iterator[tuple[tuple[int, ...], NDArray[np.float64]]]:
        return ((index, np.array(offset)) for index, offset in zip(np.ndindex(3, 3, 3), self.offsets, strict=True) if any(offset))


def _bernstein(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The three polynomials, and their derivatives, for each axis of the places: (3 axes, 3 polynomials, n) each."""
    t = np.clip(places, 0.0, 1.0).T
    return np.stack([(1 - t) * (1 - t), 2 * t * (1 - t), t * t], axis=1), np.stack([2 * t - 2, 2 - 4 * t, 2 * t], axis=1)


def _jacobian_coefficients(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """(6, 6, 6): the Bernstein coefficients of the determinant of the derivative, a polynomial of degree 5 along each axis.

    It is nowhere in the box less than the least of them.
    """
    rows = [[2 * np.diff(grid[..., a], axis=b) + (1.0 if a == b else 0.0) for b in range(3)] for a in range(3)]
    (a, b, c), (d, e, f), (g, h, i) = ([entry * _binomials(entry.shape) for entry in row] for row in rows)
    minors = _product(e, i) - _product(f, h), _product(f, g) - _product(d, i), _product(d, h) - _product(e, g)
    determinant = _product(a, minors[0]) + _product(b, minors[1]) + _product(c, minors[2])
    return determinant / _binomials(determinant.shape)


@cache
def _binomials(shape: tuple[int, ...]) -> NDArray[np.float64]:
    x, y, z = (np.array([math.comb(n - 1, i) for i in range(n)], np.float64) for n in shape)
    return x[:, None, None] * y[:, None] * z


def _product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The product of polynomials, each given by its Bernstein coefficients times their binomials."""
    out = np.zeros([m + n - 1 for m, n in zip(a.shape, b.shape, strict=True)])
    for i, j, k in np.ndindex(a.shape):
        out[i : i + b.shape[0], j : j + b.shape[1], k : k + b.shape[2]] += a[i, j, k] * b
    return out
