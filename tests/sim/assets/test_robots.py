"""Links of robots, to be seen."""

import numpy as np
import pytest

from diorama import AssetLibrary, UnknownName
from diorama.sim.assets.meshfile import read_mesh
from diorama.sim.assets.pybullet_data import data_folder
from diorama.sim.assets.robots import LINKS

LIBRARY = AssetLibrary()


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_as_large_as_its_file_says_and_where_it_says(name):
    """Its origin is the joint's, and not the middle of its mass, as that of other assets is."""
    asset = LIBRARY.load(f"robot:{name}")
    positions = np.concatenate([s.positions for s in read_mesh(data_folder() / "franka_panda/meshes" / LINKS[name])])
    assert np.abs(np.array(asset.bounds_m) - [positions.min(axis=0), positions.max(axis=0)]).max() < 0.004
    assert asset.volume_m3 > 0


def test_links_are_white_and_grey_and_coarse():
    parts = [part for name in LINKS for part in LIBRARY.load(f"robot:{name}").parts]
    assert sum(len(part.faces) for part in parts) < 25_000
    assert not any(part.look.images for part in parts)
    assert max(max(part.look.material.base_color) for part in parts) <= 0.75


def test_robots_are_nothing_to_draw_objects_from():
    assert not any(asset.startswith("robot:") for asset in LIBRARY.ids())
    assert LIBRARY.category_of("robot:panda/hand") == ("robot", "robot")
    with pytest.raises(UnknownName):
        LIBRARY.load("robot:panda/link9")
