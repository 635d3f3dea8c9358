"""Keypoints are where points of a person are seen, and as visible as the exact pass says."""

from dataclasses import replace
from types import MappingProxyType

import cv2
import numpy as np
import pytest

from diorama.sim import keypoints
from diorama.sim.annotate import annotate
from diorama.sim.assets.library import AssetLibrary
from diorama.sim.errors import InvalidValue
from diorama.sim.frame import Frame
from diorama.sim.render.raster import Raster
from diorama.sim.sight import HIDDEN, OUTSIDE, VISIBLE, seen_points, visibility
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, CameraSpec, KannalaBrandt, Motion, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import apply, compose, invert, look_at, quat_from_axis_angle

CHANNELS = ("depth", "instance", "amodal")
#: A box of a person, who looks along +x: 0.4 m deep, 0.5 m wide, 1.8 m tall.
PERSON = BoxShape(size_m=(0.4, 0.5, 1.8))
_HEIGHTS = dict(
    zip(("nose", "eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"), (0.8, 0.84, 0.82, 0.6, 0.3, 0.05, 0, -0.4, -0.8), strict=True)
)
#: Half as deep in its front and in its sides as joints may be.
LANDMARKS = {
    name: (0.2 - d / 2, (0.25 - d / 2) * (name.startswith("left") - name.startswith("right")), _HEIGHTS[name.split("_")[-1]])
    for name, d in keypoints.DEPTH_M.items()
}


class People(AssetLibrary):
    """In which that box has the landmarks of a person."""

    def shape_asset(self, shape):
        asset = super().shape_asset(shape)
        return replace(asset, landmarks=MappingProxyType(LANDMARKS)) if shape == PERSON else asset


@pytest.fixture(scope="module")
def library():
    return People()


@pytest.fixture(scope="module")
def raster(library):
    with Raster(library) as raster:
        yield raster


def person(**fields) -> BodySpec:
    return BodySpec(**{"name": "ann", "shape": PERSON, "category": "person", "world_from_body": Pose((0, 0, 0.9))} | fields)


def facing(eye=(4.0, 0.6, 1.3), **fields) -> CameraSpec:
    return CameraSpec.from_fov(width=160, height=120, fov_y_rad=0.8, world_from_camera=Pose.from_matrix(look_at(eye, (0, 0, 0.9))), **fields)


def labelled(raster, library, camera, *bodies):
    spec = SceneSpec(bodies=bodies)
    raster.load(spec)
    frame = raster.render(camera, CHANNELS)
    return frame, annotate(spec, frame, library)


def found(labels, row=0) -> dict[str, tuple[float, float, int]]:
    return dict(zip(keypoints.NAMES, map(tuple, labels.keypoints[row]), strict=True))


LENSES = (None, BrownConrady(k1=-0.25, k2=0.08, p1=0.002, p2=-0.001, k3=0.01), KannalaBrandt(k1=0.05, k2=-0.02, k3=0.004, k4=0.001))


@pytest.mark.parametrize("lens", LENSES)
def test_where_opencv_projects_them(raster, library, lens):
    camera, body = facing(distortion=lens), person(world_from_body=Pose((0.1, 0.2, 1.0), quat_from_axis_angle((0.2, 0.1, 1), 0.4)))
    _, labels = labelled(raster, library, camera, body)
    chain = compose(invert(camera.world_from_camera.matrix), body.world_from_body.matrix)
    there = apply(chain, list(LANDMARKS.values()))
    rest = (np.zeros(3), np.zeros(3), camera.k)
    if isinstance(lens, KannalaBrandt):
        expected = cv2.fisheye.projectPoints(there[:, None], *rest, np.array([lens.k1, lens.k2, lens.k3, lens.k4]))[0]
    else:
        bent = np.zeros(5) if lens is None else np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3])
        expected = cv2.projectPoints(there[:, None], *rest, bent)[0]
    assert labels.keypoints[0, :, :2] == pytest.approx(expected[:, 0], abs=1e-6)
    assert (labels.keypoints[0, :, 2] == VISIBLE).all()


def test_what_stands_before_hides(raster, library):
    """A wall as high as the hips, between camera and person."""
    wall = BodySpec(name="wall", shape=BoxShape(size_m=(0.1, 4, 0.8)), world_from_body=Pose((2.0, 0, 0.4)))
    _, labels = labelled(raster, library, facing((4.0, 0.0, 0.85)), person(), wall)
    seen = {name: v for name, (_, _, v) in found(labels).items()}
    assert {name for name, v in seen.items() if v == HIDDEN} == {f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle")}
    assert OUTSIDE not in seen.values()


def test_what_stands_behind_does_not(raster, library):
    wall = BodySpec(name="wall", shape=BoxShape(size_m=(0.1, 4, 4)), world_from_body=Pose((-0.26, 0, 0.9)))
    _, labels = labelled(raster, library, facing((4.0, 0.0, 0.85)), person(), wall)
    assert (labels.keypoints[0, :, 2] == VISIBLE).all()


@pytest.mark.parametrize(
    ("eye", "visible"), [((4.0, 0.0, 0.9), ""), ((-4.0, 0.0, 0.9), "none"), ((0.0, 4.0, 0.9), "left"), ((0.0, -4.0, 0.9), "right")]
)
def test_a_person_hides_the_own_far_side(raster, library, eye, visible):
    """Joints are seen through as much flesh as joints have, and not through the whole of it."""
    _, labels = labelled(raster, library, facing(eye), person())
    seen = {name: v for name, (_, _, v) in found(labels).items() if name != "nose" or visible in ("", "none")}
    assert seen == {name: VISIBLE if name.startswith(visible) else HIDDEN for name in seen}


def test_outside_the_picture_there_are_none(raster, library):
    camera = replace(facing((1.2, 0.0, 1.5)), world_from_camera=Pose.from_matrix(look_at((1.2, 0, 1.5), (0, 0, 1.5))))
    _, labels = labelled(raster, library, camera, person())
    legs = [i for i, name in enumerate(keypoints.NAMES) if name.split("_")[-1] in ("ankle", "knee")]
    assert (labels.keypoints[0, legs] == 0).all()
    assert labels.keypoints[0, 0, 2] == VISIBLE


def test_who_has_no_landmarks_has_no_keypoints(raster, library):
    _, labels = labelled(raster, library, facing(), person(shape=SphereShape(radius_m=0.5)), person(name="bo", world_from_body=Pose((0, 1, 0.9))))
    assert labels.keypoints.shape == (2, 17, 3)
    assert (labels.keypoints[0] == 0).all()
    assert (labels.keypoints[1, :, 2] > 0).any()


@pytest.mark.parametrize("lens", LENSES)
def test_a_rolling_shutter_moves_points_as_it_moves_bodies(raster, lens):
    """Little balls that go along with a body that turns and rushes by are seen where its points are."""
    camera = facing(rolling_shutter_s=0.2, distortion=lens, motion=Motion((0.0, 2.0, 0.3), (0.1, 0.0, 0.4)))
    pose, motion = Pose((0, 0, 0.9), quat_from_axis_angle((0, 0, 1), 0.3)), Motion((0.5, -4.0, 1.0), (0.2, 0.1, 0.8))
    points = [(0.0, y, z) for y in (-0.5, 0.0, 0.5) for z in (-0.6, 0.0, 0.6)]
    pixels, _ = seen_points(camera, points, pose, motion)
    apart, _ = seen_points(replace(camera, rolling_shutter_s=0.0), points, pose, motion)
    assert np.abs(pixels - apart).max() > 5
    for point, pixel in zip(points, pixels, strict=True):
        # A ball's own motion is that of its middle; over so short a time that is straight.
        step = 0.1
        start, end = (apply(motion.moved(pose, s).matrix, [point])[0] for s in (-step / 2, step / 2))
        middle = apply(pose.matrix, [point])[0]
        speed = (end - start) / step
        ball = BodySpec(
            name="ball", shape=SphereShape(radius_m=0.05), world_from_body=Pose(tuple(middle)), motion=Motion(tuple(speed)), category="ball"
        )
        raster.load(SceneSpec(bodies=(ball,)))
        v, u = np.nonzero(raster.render(camera, ("instance",)).instance)
        assert [u.mean() + 0.5, v.mean() + 0.5] == pytest.approx(pixel, abs=0.6)


def test_still_things_do_not_care_how_rows_are_read_out():
    camera = facing(rolling_shutter_s=0.05)
    points = [(0.0, 0.1, 0.2)]
    assert np.array_equal(seen_points(camera, points)[0], seen_points(replace(camera, rolling_shutter_s=0.0), points)[0])


def test_visibility_needs_its_channels():
    with pytest.raises(InvalidValue, match='"instance" and "depth"'):
        visibility(Frame(camera=facing()), np.zeros((1, 2)), np.ones((1, 3)))
