"""What is used of PyBullet's data package."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from diorama.sim.assets import geometry, pybullet_data
from diorama.sim.assets.library import AssetLibrary

LIBRARY = AssetLibrary()
RANDOM = [f"random_urdfs/{k:03d}" for k in range(3, 1000, 97)]


def load(name):
    return LIBRARY.load(f"pybullet:{name}")


def test_names():
    names = pybullet_data.names()
    assert len(set(names)) == len(names) == 995 + len(pybullet_data.THINGS)
    assert all(pybullet_data.is_name(n) for n in names)
    assert not any(pybullet_data.is_name(n) for n in ("random_urdfs/1000", "random_urdfs/1", "plane", "random_urdfs/001/..", "random_urdfs/168", ""))


@pytest.mark.parametrize("name", RANDOM)
def test_random_shapes_are_unions_of_the_convex_pieces_that_are_touched(name):
    asset = load(name)
    (part,) = asset.parts
    volumes = [ConvexHull(hull) for hull in asset.hulls]
    assert sum(v.volume for v in volumes) == pytest.approx(asset.volume_m3, rel=1e-3)
    outside = np.min([(part.positions @ v.equations[:, :3].T + v.equations[:, 3]).max(axis=1) for v in volumes], axis=0)
    assert outside.max() < 1e-6
    # Each corner of a hull is a corner that is seen.
    seen = {tuple(p) for p in part.positions.round(5).tolist()}
    assert all(tuple(p) in seen for p in np.concatenate(asset.hulls).astype(np.float32).round(5).tolist())
    assert asset.category == "random-shape"


@pytest.mark.parametrize("name", [*pybullet_data.THINGS, *RANDOM])
def test_things_have_table_sizes_and_their_centre_of_mass_in_the_origin(name):
    asset = load(name)
    extent = np.ptp(asset.bounds_m, axis=0)
    assert 0.02 < extent.max() < 0.25
    assert 0.004 < asset.volume_m3 * asset.density_kg_m3 < 0.7
    low, high = np.array(asset.bounds_m)
    assert (low < 0).all()
    assert (high > 0).all()
    hulls = np.concatenate(asset.hulls)
    assert np.abs(hulls.min(axis=0) - low).max() < 0.003
    assert np.abs(hulls.max(axis=0) - high).max() < 0.003


def test_what_is_left_out_cannot_be_used():
    for number in sorted(set(range(1000)) - set(pybullet_data.RANDOM_SHAPES)):
        path = pybullet_data.data_folder() / "random_urdfs" / f"{number:03d}" / f"{number:03d}.obj"
        corners = np.array([[float(w) for w in line.split()[1:4]] for line in path.read_text().splitlines() if line.startswith("v ")])
        assert np.isnan(corners).any() or np.ptp(corners, axis=0).max() * pybullet_data.RANDOM_SCALE < 0.02


def test_textures_of_the_package_are_read():
    for name in ("duck", "jenga", "domino", "soccerball"):
        (part,) = load(name).parts
        picture = part.look.images["base_color"]
        assert max(picture.shape) <= pybullet_data.LARGEST_TEXTURE_PX
        assert picture.std() > 10
        assert part.look.material.base_color == (1, 1, 1)
    red, green, blue = load("duck").parts[0].look.images["base_color"].reshape(-1, 3).mean(axis=0)
    assert red > 150  # a yellow duck: channels are in the order red, green, blue
    assert green > 120
    assert blue < 100


def test_the_duck_stands_upright():
    (part,) = load("duck").parts
    # Its head is above its centre of mass, and narrower than its body.
    top = part.positions[part.positions[:, 2] > 0.5 * part.positions[:, 2].max()]
    assert np.ptp(top[:, 1]) < 0.85 * np.ptp(part.positions[:, 1])
    assert geometry.signed_volume_and_center(part.positions.astype(float), part.faces.astype(int))[0] > 0


def test_the_mug_is_hollow_and_its_handle_has_a_hole():
    asset = load("mug")
    planes = [ConvexHull(h).equations for h in asset.hulls]

    def height_above(points):
        return np.min([(points @ e[:, :3].T + e[:, 3]).max(axis=1) for e in planes], axis=0)

    low, high = np.array(asset.bounds_m)
    axis_y = low[1] + (high[0] - low[0]) / 2
    inside = height_above(np.array([[0, axis_y, z] for z in np.linspace(low[2] + 0.012, high[2], 30)]))
    assert inside.min() > 0.001
    assert inside[10:].min() > 0.03
    handle = height_above(np.array([[0, y, (low[2] + high[2]) / 2] for y in np.linspace(axis_y + 0.041, high[1], 60)]))
    assert handle.max() > 0.008
    assert handle.min() < 0
