"""Scale: sizes, stretches and lattices, and the masses that follow."""

import math

import numpy as np
import pytest
from scipy import stats

from diorama.randomizers.base import Context, Select
from diorama.randomizers.distributions import Constant, LogUniform, Uniform
from diorama.randomizers.objects import MIN_MASS_KG, Objects
from diorama.randomizers.scale import Scale
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.assets.primitives import primitive_asset
from diorama.sim.errors import InvalidValue
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, CylinderShape, PrismShape, SceneSpec, SphereShape
from diorama.testing import check_randomizer

EVERY = Select()
AS_IT_IS = {"stretch": Constant(1), "factor": Constant(1)}


@pytest.fixture(scope="module")
def household():
    return Context(library=AssetLibrary())


@pytest.fixture(scope="module")
def mugs(household):
    """Four mugs, two of each kind, and a static box."""
    objects = Objects(assets=("household:mug/*",), count=Constant(2), copies=Constant(2), scale=Constant(1), density=Constant(1))
    spec = SceneSpec(bodies=(BodySpec(name="rock", shape=BoxShape(size_m=(1, 1, 1))),))
    return objects.apply(spec, objects.sample(Seed(1), spec, household))


def scaled(spec, context, seed=0, **settings):
    scale = Scale(**settings)
    return scale.apply(spec, scale.sample(Seed(seed), spec, context))


def size(body, context):
    low, high = context.library.shape_asset(body.shape).bounds_m
    return np.subtract(high, low)


@pytest.mark.parametrize("settings", [{}, {"stretch": Uniform(0.8, 1.2), "deform": Constant(0.05)}, {"each": "asset", "share": 0.5}])
def test_keeps_the_contract(settings, mugs, household):
    check_randomizer(Scale(**settings))
    check_randomizer(Scale(**settings), spec=mugs, library=household.library)


def test_twice_as_large_is_eight_times_as_heavy(mugs, household):
    for before, after in zip(mugs.bodies, scaled(mugs, household, factor=Constant(2), on=EVERY).bodies, strict=True):
        assert size(after, household) == pytest.approx(2 * size(before, household))
        assert after.mass_kg == pytest.approx(8 * before.mass_kg, rel=1e-9)
    assert after.friction == before.friction and after.category == before.category


def test_stretching_is_along_the_bodys_own_axes(mugs, household):
    for before, after in zip(mugs.bodies[1:], scaled(mugs, household, factor=Constant(1), stretch=Uniform(0.5, 1.5)).bodies[1:], strict=True):
        factors = size(after, household) / size(before, household)
        assert factors == pytest.approx(after.shape.scale, rel=1e-4)
        assert len(set(after.shape.scale)) == 3
        assert after.mass_kg == pytest.approx(max(before.mass_kg * math.prod(after.shape.scale), MIN_MASS_KG), rel=1e-6)


@pytest.mark.parametrize(
    ("shape", "volume"),
    [
        (BoxShape(size_m=(0.1, 0.2, 0.3)), lambda s: math.prod(s.size_m)),
        (SphereShape(radius_m=0.1), lambda s: s.radius_m**3),
        (CylinderShape(radius_m=0.1, height_m=0.3), lambda s: s.radius_m**2 * s.height_m),
        (PrismShape(outline_m=((-0.1, -0.1), (0.2, -0.1), (-0.1, 0.2)), height_m=0.3), lambda s: primitive_asset(s).volume_m3),
    ],
)
def test_primitives_keep_their_density(shape, volume, context):
    spec = SceneSpec(bodies=(BodySpec(name="thing", shape=shape, mass_kg=2.0, inertia_kg_m2=(1, 1, 1), tags=("object",)),))
    for seed in range(10):
        (after,) = scaled(spec, context, seed, stretch=Uniform(0.7, 1.4)).bodies
        assert type(after.shape) is type(shape) and after.shape != shape
        assert after.mass_kg == pytest.approx(2.0 * volume(after.shape) / volume(shape), rel=1e-6)
        assert after.inertia_kg_m2 is None


def test_what_stands_still_weighs_nothing_and_stays(mugs, household):
    after = scaled(mugs, household, on=EVERY).bodies[0]
    assert after.is_static
    assert scaled(mugs, household).bodies[0] == mugs.bodies[0]


def test_deformed_things_are_other_shapes_of_nearly_their_size(mugs, household):
    deformed = scaled(mugs, household, factor=Constant(1), deform=Constant(0.05))
    for before, after in zip(mugs.bodies[1:], deformed.bodies[1:], strict=True):
        assert after.shape.lattice is not None
        assert np.abs(np.array(after.shape.lattice.offsets)).max() <= 0.05
        assert np.abs(size(after, household) / size(before, household) - 1).max() < 0.11
        volumes = [household.library.shape_asset(b.shape).volume_m3 for b in (before, after)]
        assert volumes[1] != volumes[0]
        assert after.mass_kg == pytest.approx(before.mass_kg * volumes[1] / volumes[0], rel=1e-6)
    assert len({b.shape.lattice for b in deformed.bodies[1:]}) == 4


def test_all_instances_of_an_asset_may_stay_alike(mugs, household):
    a, a1, b, b1 = scaled(mugs, household, each="asset", stretch=Uniform(0.8, 1.2), deform=Constant(0.03)).bodies[1:]
    assert a.shape == a1.shape and b.shape == b1.shape and a.shape != b.shape
    assert a.mass_kg == a1.mass_kg


def test_a_share_is_scaled(room, context):
    spec = room.replace(bodies=tuple(BodySpec(name=f"b{i}", shape=SphereShape(radius_m=0.1), mass_kg=1, tags=("object",)) for i in range(400)))
    after = scaled(spec, context, share=0.3, factor=LogUniform(0.5, 2))
    factors = [a.shape.radius_m / 0.1 for a, b in zip(after.bodies, spec.bodies, strict=True) if a != b]
    assert stats.binomtest(len(factors), 400, 0.3).pvalue > 0.01
    assert stats.kstest(np.log2(factors), stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_what_would_fold_is_refused():
    with pytest.raises(InvalidValue, match=r"^deform must draw numbers in 0\.\.0\.0833333"):
        Scale(deform=Constant(0.1))
    with pytest.raises(InvalidValue, match=r"^share must be in 0\.\.1"):
        Scale(share=2)
