"""Silhouettes far larger than the picture: the same counts and boxes however few pixels are drawn at a time."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.frame import Frame
from diorama.sim.render.raster import Raster, silhouettes
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, CameraSpec, CylinderShape, Motion, Pose, SceneSpec, SphereShape
from diorama.sim.transforms import look_at, normalize_quat

CAMERA = CameraSpec(
    width=64, height=48, fx=50, fy=50, cx=30, cy=25, near_m=0.05, world_from_camera=Pose.from_matrix(look_at((0.4, 0.3, 0.5), (0, 0, 0)))
)
CAMERAS = {
    "pinhole": CAMERA,
    "lens": replace(CAMERA, distortion=BrownConrady(k1=-0.2, k2=0.04, p1=0.001)),
    "rolling": replace(CAMERA, rolling_shutter_s=0.03, motion=Motion((0.5, 0.2, 0.0), (0.0, 0.0, 1.0))),
}


def around_the_camera() -> SceneSpec:
    """Things beside, before and across the camera's near plane, and around the camera."""
    rng = Seed(3).rng()
    shapes = (BoxShape(size_m=(0.5, 0.3, 0.2)), SphereShape(radius_m=0.25, segments=12), CylinderShape(radius_m=0.2, height_m=0.6, segments=12))
    bodies = [
        BodySpec(
            name=f"b{i}",
            shape=shapes[i % 3],
            world_from_body=Pose(tuple(rng.uniform(-0.6, 0.6, 3).tolist()), normalize_quat(tuple(rng.normal(size=4).tolist()))),
            category="thing",
        )
        for i in range(7)
    ]
    return SceneSpec(bodies=(*bodies, BodySpec(name="room", shape=BoxShape(size_m=(4, 4, 4)), category="room")))


def shot(raster: Raster, spec: SceneSpec, camera: CameraSpec) -> Frame:
    raster.load(spec)
    return raster.render(camera, ("amodal", "instance"))


@pytest.mark.parametrize("camera", CAMERAS)
def test_how_many_pixels_are_drawn_at_a_time_does_not_show(raster: Raster, monkeypatch, camera: str) -> None:
    spec = around_the_camera()
    expected = shot(raster, spec, CAMERAS[camera]).silhouettes
    assert sum(s.total_px > s.inside_px > 0 for s in expected.values()) > 3, "some leave the picture"
    monkeypatch.setattr(silhouettes, "_MOST_PIXELS", 300)
    got = shot(raster, spec, CAMERAS[camera]).silhouettes
    assert got.keys() == expected.keys()
    for body, one in got.items():
        other = expected[body]
        assert (one.inside_px, one.total_px, one.box_xyxy, one.bits_xy) == (other.inside_px, other.total_px, other.box_xyxy, other.bits_xy)
        np.testing.assert_array_equal(one.bits, other.bits)


def test_rooms_around_the_camera_take_no_more_room_than_others(raster: Raster, monkeypatch) -> None:
    """Five pictures wide and high each, of which a frame keeps what is within the picture."""
    sizes = []
    drawn = silhouettes._covered

    def covered(*arguments):
        sizes.append(len(out := drawn(*arguments)))
        return out

    monkeypatch.setattr(silhouettes, "_covered", covered)
    w, h = 640, 480
    rooms = tuple(BodySpec(name=name, shape=BoxShape(size_m=(2, 2, 2)), category="room") for name in "abc")
    frame = shot(raster, SceneSpec(bodies=rooms), CameraSpec(width=w, height=h))
    for room in frame.silhouettes.values():
        assert (room.inside_px, room.total_px) == (w * h, 25 * w * h)
        assert (room.box_xyxy, room.bits_xy) == ((-2 * w, -2 * h, 3 * w, 3 * h), (0, 0))
        assert room.bits.shape == (h, w) and room.bits.all() and room.bits.base is None
    assert sum(sizes) == 3 * 25 * w * h
    assert max(sizes) <= silhouettes._MOST_PIXELS
