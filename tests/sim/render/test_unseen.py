"""A camera does not see what it is mounted on, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.render.raster import Raster
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, CameraSpec, Pose, SceneSpec, SunLight
from diorama.sim.transforms import look_at

CHANNELS = ("rgb", "instance", "depth", "normal", "amodal", "flow_forward")
GROUND = BodySpec(name="ground", shape=BoxShape(size_m=(20, 20, 0.1)), world_from_body=Pose((0, 0, -0.05)))
CAR = BodySpec(name="car", shape=BoxShape(size_m=(4, 1.8, 1.5)), world_from_body=Pose((0, 0, 0.75)), category="car")
OTHER = BodySpec(name="other", shape=BoxShape(size_m=(1, 1, 1)), world_from_body=Pose((5, 0, 0.5)), category="car")
SCENE = SceneSpec(bodies=(GROUND, CAR, OTHER), lights=(SunLight(direction=(1.0, 0.0, -1.0)),))
CAMERA = CameraSpec(
    width=80, height=60, fx=50, fy=50, cx=40, cy=30, world_from_camera=Pose.from_matrix(look_at((0.0, 0.0, 1.2), (4.0, 0.0, 0.8))), unseen="car"
)


@pytest.fixture(scope="module")
def raster():
    with Raster(AssetLibrary()) as renderer:
        yield renderer


def taken(raster, scene, camera, channels=CHANNELS):
    raster.load(scene)
    return raster.render(camera, channels)


@pytest.mark.parametrize("lens", [None, BrownConrady(k1=-0.05)])
def test_labels_are_those_of_the_scene_without_it(raster, lens):
    camera = replace(CAMERA, distortion=lens)
    frame = taken(raster, SCENE, camera)
    without = SCENE.replace(bodies=(GROUND, OTHER))
    bare = taken(raster, without, replace(camera, unseen=None))
    assert np.array_equal(frame.instance, np.where(bare.instance == 2, 3, bare.instance))
    assert set(np.unique(frame.instance)) == {0, 1, 3}
    for name in ("depth_m", "normal", "flow_forward"):
        assert np.array_equal(getattr(frame, name), getattr(bare, name))
    labels = annotate(SCENE, frame, AssetLibrary())
    assert [SCENE.bodies[i].name for i in labels.body_index] == ["other"]
    assert labels.hidden == ("car",)


def test_its_shadow_stays(raster):
    seen, bare = taken(raster, SCENE, CAMERA), taken(raster, SCENE.replace(bodies=(GROUND, OTHER)), replace(CAMERA, unseen=None))
    shaded = seen.rgb.astype(int) - bare.rgb
    assert (shaded[seen.instance == 1].mean(axis=1) < -20).mean() > 0.02
    assert (shaded <= 1).all()


def test_all_others_see_it(raster):
    raster.load(SCENE)
    raster.render(CAMERA, CHANNELS)
    beside = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((0.0, -6.0, 2.0), (0.0, 0.0, 0.8))), unseen=None)
    assert (raster.render(beside, ("instance",)).instance == 2).any()
    assert not (raster.render(replace(beside, unseen="car"), ("instance",)).instance == 2).any()


def test_a_batch_gives_the_same_pictures(raster):
    world = SCENE.replace(cameras=(CAMERA,))
    batch = raster.render_batch([world, world], ("rgb", "instance"))
    frame = taken(raster, SCENE, CAMERA, ("rgb", "instance"))
    for name, own in (("rgb", frame.rgb), ("instance", frame.instance)):
        assert np.array_equal(batch[name].numpy()[1, 0], own)


def test_a_body_that_is_not_there_is_named(raster):
    raster.load(SCENE)
    with pytest.raises(InvalidValue, match='is not to see "van"'):
        raster.render(replace(CAMERA, unseen="van"), ("instance",))
