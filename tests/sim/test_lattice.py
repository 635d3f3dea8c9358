"""Lattices: displacements and their derivatives, and space that is never folded over."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diorama.sim.errors import InvalidValue
from diorama.sim.spec import Lattice
from diorama.sim.spec.lattice import MOST_OFFSET, NEVER_FOLDS, _jacobian_coefficients

GRID = np.stack(np.meshgrid(*[[0, 0.5, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
PLACES = np.random.default_rng(0).random((200, 3))


def lattice(offsets) -> Lattice:
    return Lattice(offsets=tuple(tuple(row) for row in np.asarray(offsets).reshape(27, 3).tolist()))


def offsets(most: float):
    number = st.floats(-most, most, allow_subnormal=False)
    return st.lists(number, min_size=81, max_size=81)


@given(matrix=st.lists(st.floats(-0.12, 0.12), min_size=9, max_size=9), shift=st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=3))
def test_control_points_moved_by_an_affine_map_move_all_space_by_it(matrix, shift):
    """Bernstein polynomials are precise for linear functions."""
    m = np.array(matrix).reshape(3, 3)
    bent = lattice((GRID - 0.5) @ m.T + shift)
    assert bent.displacement(PLACES) == pytest.approx((PLACES - 0.5) @ m.T + shift, abs=1e-15)
    assert bent.jacobian(PLACES) == pytest.approx(np.broadcast_to(np.eye(3) + m, (200, 3, 3)), abs=1e-14)


@given(values=offsets(NEVER_FOLDS))
def test_derivatives_are_those_of_the_displacement(values):
    bent = lattice(values)
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1e-6
        inside = np.clip(PLACES, 1e-5, 1 - 1e-5)
        difference = (bent.displacement(inside + step) - bent.displacement(inside - step)) / 2e-6 + np.eye(3)[axis]
        assert difference == pytest.approx(bent.jacobian(inside)[:, :, axis], abs=1e-8)
    assert np.abs(bent.displacement(PLACES)).max() <= NEVER_FOLDS + 1e-12
    assert np.linalg.det(bent.jacobian(PLACES)).min() > 0


def test_corners_go_where_their_control_points_go_and_middles_part_of_the_way():
    values = np.random.default_rng(1).uniform(-0.08, 0.08, (27, 3))
    corner = [0, 2, 6, 8, 18, 20, 24, 26]
    assert lattice(values).displacement(GRID[corner]) == pytest.approx(values[corner])
    only_middle = np.zeros((27, 3))
    only_middle[13] = 0.08, 0, 0
    moved = lattice(only_middle).displacement(GRID)
    assert moved[13] == pytest.approx((0.01, 0, 0))  # an eighth: half of each axis's weight is its ends'
    assert not np.delete(moved, 13, axis=0).any()


def test_outside_the_box_nothing_is_displaced_farther_than_on_its_face():
    bent = lattice(np.random.default_rng(2).uniform(-0.08, 0.08, (27, 3)))
    assert np.array_equal(bent.displacement(np.array([[2.0, 0.3, -1.0]])), bent.displacement(np.array([[1.0, 0.3, 0.0]])))


@given(values=offsets(MOST_OFFSET))
def test_what_is_accepted_folds_nowhere(values):
    try:
        bent = lattice(values)
    except InvalidValue:
        return
    assert np.linalg.det(bent.jacobian(PLACES)).min() > 0


def test_the_determinant_has_the_bernstein_coefficients_that_are_checked():
    bent = lattice(np.random.default_rng(3).uniform(-0.15, 0.15, (27, 3)))
    i = np.arange(6)
    basis = np.array([math.comb(5, k) for k in i]) * PLACES[..., None] ** i * (1 - PLACES[..., None]) ** (5 - i)
    expected = np.einsum("ni,nj,nk,ijk->n", basis[:, 0], basis[:, 1], basis[:, 2], _jacobian_coefficients(bent.grid))
    assert np.linalg.det(bent.jacobian(PLACES)) == pytest.approx(expected)


def test_folds_are_refused():
    values = np.zeros((3, 3, 3, 3))
    values[0, :, :, 0], values[1, :, :, 0] = 0.25, -0.25  # a half of the box pressed to nothing, where it starts
    with pytest.raises(InvalidValue, match="Lattice: offsets fold the space within over itself; bring neighbouring points' offsets closer"):
        lattice(values)
    values *= 0.99
    assert np.linalg.det(lattice(values).jacobian(np.zeros((1, 3))))[0] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (((0.0, 0.0, 0.0),) * 26, "offsets must be 27 triples, a point of a 3 x 3 x 3 grid each, got 26"),
        (((0.0, 0.0, 0.0),) * 26 + ((0.0, -0.3, 0.0),), r"offsets must be within \+-0.25 of the box's size, got one of 0.3"),
        (((0.0, 0.0, 0.0),) * 26 + ((0.0, math.nan, 0.0),), "got one of nan"),
        (((0.0, 0.0, 0.0),) * 26 + ((0.0, math.inf, 0.0),), "got one of nan"),
    ],
)
def test_what_is_no_lattice_is_refused(values, said):
    with pytest.raises(InvalidValue, match=said):
        Lattice(offsets=values)
