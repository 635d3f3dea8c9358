"""Vehicles: their measures, surfaces, wheels, lamps and convex pieces."""

import numpy as np
import pytest

from diorama.sim.assets import geometry
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.street.vehicles import CLASSES, proportions
from diorama.sim.errors import UnknownName
from diorama.sim.spec import VehicleShape
from diorama.sim.spec.vehicles import CATEGORIES, MODELS

VARIANTS = range(6)
SOME = [(model, variant) for model in MODELS for variant in VARIANTS]


@pytest.fixture(scope="module")
def library() -> AssetLibrary:
    return AssetLibrary()


def points(asset) -> np.ndarray:
    """All that is seen, about the landmark ``base``."""
    return np.concatenate([part.positions for part in asset.parts]) - asset.landmarks["base"]


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_a_vehicle_has_the_size_of_its_class_and_stands_on_its_wheels(library, model, variant):
    asset, one = library.shape_asset(VehicleShape(model=model, variant=variant)), CLASSES[model]
    p = proportions(model, variant)
    (x0, y0, z0), (x1, y1, z1) = points(asset).min(axis=0), points(asset).max(axis=0)
    assert x1 - x0 == pytest.approx(p.length_m, abs=0.06) and one.length_m[0] <= p.length_m <= one.length_m[1]
    assert z1 == pytest.approx(p.height_m, abs=0.06) and one.height_m[0] <= p.height_m <= one.height_m[1]
    assert p.width_m - 0.01 <= y1 - y0 <= p.width_m + 0.62
    assert y1 == -y0 and z0 == pytest.approx(0.0, abs=1e-6)
    assert x1 == pytest.approx(p.front_m, abs=0.06)
    assert asset.category == CATEGORIES[model]


def test_unknown_models_and_lamps_are_refused_with_a_hint():
    with pytest.raises(UnknownName, match=r'"estatte".*Did you mean "estate"'):
        VehicleShape(model="estatte")
    with pytest.raises(UnknownName, match=r'"brakes".*Did you mean "brake"'):
        VehicleShape(model="van", lights=("brakes",))


@pytest.mark.parametrize(("model", "variant"), SOME)
def test_the_surface_is_closed_and_lean(library, model, variant):
    asset = library.shape_asset(VehicleShape(model=model, variant=variant))
    positions, faces = geometry.merged([(p.positions.astype(np.float64), p.faces.astype(np.int64)) for p in asset.parts])
    assert 1500 <= len(faces) <= 4500
    places = geometry.weld(positions, 1e-5)[faces]
    apart = (places[:, 0] != places[:, 1]) & (places[:, 1] != places[:, 2]) & (places[:, 2] != places[:, 0])
    assert geometry.is_closed(places[apart])
    assert geometry.signed_volume_and_center(positions, faces)[0] > 0
