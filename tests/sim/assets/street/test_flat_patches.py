import numpy as np
import pytest

from diorama.sim.assets.mesh import Look
from diorama.sim.assets.street.patches import Patches

SQUARE = [(0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (2.0, 2.0, 0.0), (0.0, 2.0, 0.0)]


@pytest.mark.parametrize(
    ("corners", "normal"),
    [
        (SQUARE, (0, 0, 1)),
        (SQUARE[::-1], (0, 0, -1)),
        ([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), *SQUARE[1:]], (0, 0, 1)),
        ([(0.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0)], (1, 0, 0)),
    ],
    ids=["up", "down", "three in a row first", "triangle"],
)
def test_flat_patches_face_as_their_corners_go_around(corners, normal):
    patches, other = Patches(), Look()
    patches.add(other, SQUARE, [(0.0, 0.0)] * 4, [(0.0, 1.0, 0.0)] * 4)  # has normals of its own
    for look in (Look(), other):
        patches.add(look, corners, [(0.0, 0.0)] * len(corners))
    made = patches.asset("a", "b", "c", [], (0.0, 0.0, 0.0), volume_m3=1.0, density_kg_m3=1.0)
    with_own, alone = made.parts
    assert with_own.normals.tolist() == [[0, 1, 0]] * 4 + [list(normal)] * len(corners)
    assert alone.normals.tolist() == [list(normal)] * len(corners)
    for part in made.parts:
        assert np.array_equal(part.faces[-1], len(part.positions) - len(corners) + np.array([0, len(corners) - 2, len(corners) - 1]))
