"""Flying distractors: where and how large they are, that they touch nothing, and that nobody looks for them."""

import math

import numpy as np
import pytest
from box_geometry import gap
from scipy import stats

from diorama.randomizers.aim import subject
from diorama.randomizers.bounds import radius
from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Choice, Constant, Uniform
from diorama.randomizers.flying_distractors import FlyingDistractors
from diorama.sim.errors import InvalidValue, RejectedScene, UnknownName
from diorama.sim.seeds import Seed
from diorama.sim.spec import BoxShape, CylinderShape, MeshShape, SphereShape
from diorama.testing import check_randomizer


@pytest.fixture(scope="module")
def scene(staged):
    return staged(3)


def flying(scene, context, seed=0, **settings):
    distractors = FlyingDistractors(**settings)
    spec = distractors.apply(scene, distractors.sample(Seed(seed), scene, context))
    assert spec.bodies[: len(scene.bodies)] == scene.bodies
    return spec.bodies[len(scene.bodies) :]


@pytest.mark.parametrize("settings", [{}, {"kind": Constant("asset"), "assets": ("household:mug/*",), "label": "mugs"}])
def test_keeps_the_contract(settings):
    check_randomizer(FlyingDistractors(**settings))


def test_they_have_looks_and_no_labels(scene, context):
    bodies = flying(scene, context, count=Constant(6))
    assert [b.name for b in bodies] == [f"distractor-0{i}" for i in range(6)]
    assert all(b.is_static and b.category is None and b.tags == ("distractor",) and b.material is not None for b in bodies)
    assert len({b.material for b in bodies}) == 6
    assert flying(scene, context, label="blob", count=Constant(1))[0].name == "blob-00"


def test_kinds_and_sizes_are_those_asked_for(scene, context):
    sizes, kinds = [], []
    for seed in range(60):
        for body in flying(scene, context, seed, count=Constant(5), size_m=Uniform(0.02, 0.05), distance=Uniform(1, 4)):
            low, high = context.library.shape_asset(body.shape).bounds_m
            sizes.append(max(b - a for a, b in zip(low, high, strict=True)))
            kinds.append(type(body.shape).__name__)
    assert stats.kstest(sizes, stats.uniform(0.02, 0.03).cdf).pvalue > 0.01
    counts = [kinds.count(k.__name__) for k in (BoxShape, CylinderShape, SphereShape, MeshShape)]
    assert stats.chisquare(counts, np.array([0.3, 0.2, 0.2, 0.3]) * 300).pvalue > 0.01


def test_they_are_as_far_as_asked_for_and_above(scene, context):
    middle, extent = subject(scene, context.library)
    for seed in range(20):
        for body in flying(scene, context, seed, distance=Uniform(0.8, 2.0), elevation_deg=Uniform(20, 70)):
            way = np.subtract(body.world_from_body.position_m, middle)
            assert 0.8 * extent - 1e-6 <= np.linalg.norm(way) <= 2.0 * extent + 1e-6
            assert 20 - 1e-6 <= math.degrees(math.asin(way[2] / np.linalg.norm(way))) <= 70 + 1e-6


def test_they_touch_nothing(scene, context):
    for seed in range(20):
        bodies = flying(scene, context, seed, count=Constant(8), kind=Choice(["box", "asset"]), distance=Uniform(0.2, 1.5))
        others = [*scene.bodies, *bodies]
        for body in bodies:
            assert min(gap(body, other, context) for other in others if other is not body) > 0


def test_one_more_leaves_the_others_where_they_are(scene, context):
    assert flying(scene, context, count=Constant(5))[:4] == flying(scene, context, count=Constant(4))


def test_cameras_on_a_shell_keep_out_of_them(scene, context):
    shell = CameraShell(radius_m=Constant(0.6), elevation_deg=Constant(50))
    for seed in range(30):
        spec = scene.replace(bodies=(*scene.bodies, *flying(scene, context, seed, count=Constant(12), distance=Uniform(0.8, 1.4))))
        eye = shell.apply(spec, shell.sample(Seed(seed), spec, context)).cameras[0].world_from_camera.position_m
        for body in spec.bodies:
            if "distractor" in body.tags:
                assert math.dist(eye, body.world_from_body.position_m) > radius(body, context.library)


def test_where_nothing_is_free_the_scene_is_rejected(scene, context):
    with pytest.raises(RejectedScene, match=r"^no-room: distractor-\d+ does not fit among the objects and around them$"):
        flying(scene, context, count=Constant(30), size_m=Constant(0.5), distance=Constant(0.1))


def test_what_makes_no_sense_is_refused(scene, context):
    with pytest.raises(InvalidValue, match="kind must draw one of"):
        FlyingDistractors(kind=Constant("cone"))
    with pytest.raises(UnknownName, match='no asset has an id like "cup'):
        flying(scene, context, kind=Constant("asset"), assets=("cup*",))
