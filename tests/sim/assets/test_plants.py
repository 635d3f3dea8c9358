"""Plants and far scenery: as high as asked for, in season, cheap, and the same every time."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.plants.leaves import inks, spray
from diorama.sim.assets.street.plants.tree import HABITS, plant_asset
from diorama.sim.codec import from_json, to_json
from diorama.sim.errors import InvalidValue
from diorama.sim.spec import BeltShape, HedgeShape, PlantShape, Shape
from diorama.sim.spec.plants import Season, Species

LIBRARY = AssetLibrary()
SPECIES, SEASONS = get_args(Species), get_args(Season)
BARE = ("oak", "lime", "plane", "birch", "poplar")

plants = st.builds(
    PlantShape,
    species=st.sampled_from(SPECIES),
    height_m=st.sampled_from([0.6, 3.0, 9.0, 14.0]),
    season=st.sampled_from(SEASONS),
    variant=st.integers(0, 30),
)


def points(asset):
    return np.concatenate([p.positions for p in asset.parts]).astype(np.float64) - np.array(asset.landmarks["base"])


@settings(max_examples=60, deadline=None)
@given(plants)
def test_a_plant_is_as_high_as_it_says_and_about_as_wide_as_its_kind(shape):
    corners = points(plant_asset(shape))
    h = shape.height_m
    assert corners[:, 2].max() == pytest.approx(h, rel=1e-5)
    assert -0.65 * h <= corners[:, 2].min() < 0
    reach = np.sqrt(corners[:, 0] ** 2 + corners[:, 1] ** 2).max()
    assert 0.25 <= reach / (HABITS[shape.species].wide * h / 2) <= 2.6


@settings(max_examples=20, deadline=None)
@given(plants)
def test_normals_are_of_length_one_and_the_same_shape_is_the_same_plant(shape):
    one, two = plant_asset(shape), plant_asset(from_json(Shape, to_json(shape)))
    for a, b in zip(one.parts, two.parts, strict=True):
        assert np.abs(np.sqrt((a.normals**2).sum(axis=1)) - 1).max() < 1e-5
        assert all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("positions", "normals", "uv", "faces"))
        assert a.look is b.look


@pytest.mark.parametrize("species", ["oak", "lime", "plane", "birch", "poplar", "pine"])
def test_a_crown_is_lit_as_a_round_thing(species):
    asset = plant_asset(PlantShape(species=species, height_m=10.0))
    leaves = [p for p in asset.parts if p.look.material.alpha == "mask"]
    positions, normals = (np.concatenate([getattr(p, name) for p in leaves]).astype(np.float64) for name in ("positions", "normals"))
    away = positions - positions.mean(axis=0)
    away[:, 2] *= 0.5 if species == "poplar" else 1.0
    cosine = (away * normals).sum(axis=1) / np.linalg.norm(away, axis=1)
    assert (cosine > 0).mean() > 0.85


def test_one_plant_larger():
    small, large = (plant_asset(PlantShape(species="oak", height_m=h, variant=4)) for h in (6.0, 12.0))
    for a, b in zip(small.parts, large.parts, strict=True):
        assert np.abs(2 * a.positions - b.positions).max() < 1e-5
        assert np.array_equal(a.uv, b.uv) and np.array_equal(a.normals, b.normals) and a.look is b.look


@pytest.mark.parametrize("species", SPECIES)
def test_budgets(species):
    asset = plant_asset(PlantShape(species=species, height_m=10.0))
    triangles = sum(len(p.faces) for p in asset.parts)
    assert triangles <= 1000 and len(asset.parts) <= 3
    if species not in ("grass", "bush", "palm", "spruce"):
        assert triangles >= 300
    for part in asset.parts:
        assert all(max(image.shape) <= 256 for image in part.look.images.values())


@pytest.mark.parametrize("species", SPECIES)
def test_seasons_differ_in_those_that_change(species):
    colors = {season: inks(species, season) for season in SEASONS}
    assert all((colors[season] == ()) == (species in BARE and season == "winter") for season in SEASONS)
    distinct = len(set(colors.values()))
    assert distinct == (1 if species in ("spruce", "pine", "palm") else 4)
    pictures = [spray(species, season).images["base_color"] for season in SEASONS]
    if distinct == 4:
        for i in range(4):
            for j in range(i):
                a, b = (p[p[..., 3] > 127][:, :3].astype(int).mean(axis=0) for p in (pictures[i], pictures[j]))
                assert np.abs(a - b).max() > 3


@pytest.mark.parametrize("species", SPECIES)
def test_there_is_sky_between_leaves(species):
    for season in SEASONS:
        alpha = spray(species, season).images["base_color"][..., 3]
        covered = float((alpha > 127).mean())
        assert 0.08 <= covered <= 0.8
        # A ragged edge: what is there is far from being a square.
        assert (alpha[:, [0, -1]] > 127).mean() < 0.35


def test_bare_trees_are_thinner():
    leafy, bare = (float((spray("oak", s).images["base_color"][..., 3] > 127).mean()) for s in ("summer", "winter"))
    assert bare < 0.8 * leafy


@pytest.mark.parametrize("season", SEASONS)
def test_hedges(season):
    shape = HedgeShape(length_m=6.0, height_m=1.5, width_m=0.8, season=season, variant=3)
    corners = points(LIBRARY.shape_asset(shape))
    assert np.abs(corners[:, 1]).max() <= 3.4
    assert 1.3 <= corners[:, 2].max() <= 1.75
    assert corners[:, 2].min() == pytest.approx(-0.4)
    assert sum(len(p.faces) for p in LIBRARY.shape_asset(shape).parts) <= 160


def test_far_scenery():
    for of in ("trees", "houses"):
        asset = LIBRARY.shape_asset(BeltShape(of=of, length_m=60.0, height_m=12.0, variant=2))
        corners = points(asset)
        assert 7.0 <= corners[:, 2].max() <= 15.0
        assert 25.0 <= np.abs(corners[:, 1]).max() <= 36.0
        assert sum(len(p.faces) for p in asset.parts) <= 900


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PlantShape(species="oak", height_m=0.0), "height_m must be in 0.1..60"),
        (lambda: replace(PlantShape(species="oak", height_m=9.0), variant=-1), "variant"),
        (lambda: HedgeShape(length_m=float("nan")), "length_m"),
        (lambda: BeltShape(of="trees", length_m=60.0, height_m=100.0), "height_m must be in 2..60"),
    ],
)
def test_what_does_not_grow(make, said):
    with pytest.raises(InvalidValue, match=said):
        make()
