"""The exact pass and Mitsuba see the same shapes: five scenes, one ray through each pixel's centre."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mitsuba")
sys.path.insert(0, str(Path(__file__).parent))
from agreement_scenes import five_scenes

from diorama.sim.render.pathtrace import film
from diorama.sim.render.pathtrace.engine import mi, using
from diorama.sim.render.pathtrace.environment import around
from diorama.sim.render.pathtrace.scene import traced_scene
from diorama.sim.render.pathtrace.variant import fastest_variant
from diorama.sim.render.settings import PathTracing
from diorama.sim.transforms import apply, invert, project

SCENES = five_scenes()
#: Objects of fewer pixels are not judged by their overlap.
LARGE_PX = 200


def seen_by_mitsuba(spec, library):
    """Instance (H, W), position (H, W, 3) in the world and normal (H, W, 3) in the camera's axes, facing it; 0 where nothing is."""
    camera = spec.cameras[0]
    with using(fastest_variant()):
        traced = traced_scene(spec, library, around(spec.environment), PathTracing())
        # The only sample of each pixel, without jitter, is its centre's.
        sensor = mi.load_dict(film.sensor(camera) | {"sampler": {"type": "stratified", "sample_count": 1, "jitter": False}})
        aovs = mi.load_dict({"type": "aov", "aovs": "p:position,n:geo_normal,s:shape_index,t:prim_index"})
        picture = np.array(mi.render(traced.scene, integrator=aovs, sensor=sensor, spp=1), np.float64)
        names = [shape.id() for shape in traced.scene.shapes()]  # the pictures count from one
    position, normal, shape, triangle = picture[..., -8:-5], picture[..., -5:-2], picture[..., -2].astype(int), picture[..., -1].astype(int)
    instance = np.zeros(shape.shape, np.int64)
    hit = np.any(normal != 0, axis=-1)
    for number in np.unique(shape[hit]):
        of_shape = hit & (shape == number)
        instance[of_shape] = traced.bodies[names[number - 1]][triangle[of_shape]] + 1
    m = camera.world_from_camera.matrix
    normal = normal @ m[:3, :3]
    away = (normal * ((position - m[:3, 3]) @ m[:3, :3])).sum(axis=-1) > 0
    normal[away] *= -1
    return instance, position, normal


@pytest.fixture(scope="module")
def views(library):
    return {name: seen_by_mitsuba(spec, library) for name, spec in SCENES.items()}


@pytest.mark.parametrize("name", SCENES)
def test_silhouettes_depth_and_normals_agree(name, raster, views) -> None:
    spec = SCENES[name]
    camera = spec.cameras[0]
    raster.load(spec)
    frame = raster.render(camera, ("depth", "instance", "normal"))
    instance, position, normal = views[name]

    judged = 0
    for index in range(len(spec.bodies)):
        ours, theirs = frame.instance == index + 1, instance == index + 1
        if np.count_nonzero(theirs) > LARGE_PX:
            judged += 1
            overlap = np.count_nonzero(ours & theirs) / np.count_nonzero(ours | theirs)
            assert overlap >= 0.99, f"{spec.bodies[index].name}: {overlap}"
    assert judged >= 4
    assert np.mean(frame.instance == instance) > 0.999

    both = (frame.instance == instance) & (instance > 0)
    depth = apply(invert(camera.world_from_camera.matrix), position[both])[:, 2]
    np.testing.assert_allclose(frame.depth_m[both], depth, rtol=1e-3)
    cosine = (frame.normal[both] * normal[both]).sum(axis=-1)
    assert np.mean(cosine > np.cos(np.radians(1))) >= 0.99


def test_the_rays_compared_go_through_the_pixels_centres(views) -> None:
    camera = SCENES["table"].cameras[0]
    instance, position, _ = views["table"]
    rows, columns = np.nonzero(instance)
    pixels = project(camera.k, apply(invert(camera.world_from_camera.matrix), position[rows, columns]))
    np.testing.assert_allclose(pixels, np.stack([columns + 0.5, rows + 0.5], axis=1), atol=2e-3)


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_a_shift_of_half_a_pixel_would_show(shift, raster, views) -> None:
    """The thresholds above are tight enough to tell pixel centres from pixel corners."""
    spec = SCENES["wires"]
    camera = spec.cameras[0]
    raster.load(spec)
    ours = raster.render(replace(camera, cx=camera.cx + shift), ("instance",)).instance
    theirs = views["wires"][0]
    overlaps = [np.mean((ours == i)[(ours == i) | (theirs == i)] & (theirs == i)[(ours == i) | (theirs == i)]) for i in np.unique(theirs)[2:]]
    assert min(overlaps) < 0.9
