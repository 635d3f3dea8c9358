"""Category, object coordinates and optical flow against closed forms, and against points followed one by one."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from diorama.sim.errors import InvalidValue
from diorama.sim.frame import CHANNELS, Frame
from diorama.sim.lens import project_points, rays_at
from diorama.sim.render.raster import Raster
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    CylinderShape,
    Distortion,
    KannalaBrandt,
    MaterialSpec,
    Motion,
    Pose,
    ProceduralTexture,
    RectLight,
    SceneSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import apply, compose, invert, look_at, normalize_quat

#: Looks along +y from the origin: the picture's right is +x, its down is -z.
AHEAD = Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0)))
CAMERA = CameraSpec(width=96, height=72, fx=90, fy=92, cx=47, cy=37, world_from_camera=AHEAD, flow_s=0.1)
TURNED = normalize_quat((0.9, 0.2, -0.3, 0.25))
CAR = BodySpec(
    name="car",
    shape=BoxShape(size_m=(0.5, 0.3, 0.2)),
    world_from_body=Pose((0.1, 1.6, 0.05), TURNED),
    category="car",
    motion=Motion((0.3, -0.8, 0.2), (0.5, 1.5, -2.0)),
)
ANT = BodySpec(
    name="ant",
    shape=SphereShape(radius_m=0.2),
    world_from_body=Pose((-0.4, 1.4, -0.1), TURNED),
    category="ant",
    motion=Motion((0.0, 0.0, 0.5), (3.0, 0.0, 0.0)),
)
CAN = BodySpec(name="can", shape=CylinderShape(radius_m=0.1, height_m=0.3), world_from_body=Pose((0.5, 1.5, -0.2), TURNED), category="car")
WALL = BodySpec(name="wall", shape=BoxShape(size_m=(1.6, 0.1, 1.0)), world_from_body=Pose((0, 2.2, 0)))
SCENE = SceneSpec(bodies=(WALL, CAR, ANT, CAN), lights=(SunLight(direction=(0.4, 1.0, -0.5)),))
MOVING = replace(CAMERA, motion=Motion((0.2, 0.3, -0.1), (0.3, -0.2, 0.4)))
LENSES = (None, BrownConrady(k1=-0.2, k2=0.03, p1=0.002, p2=-0.001), KannalaBrandt(k1=-0.05, k2=0.01))


def shot(raster: Raster, spec: SceneSpec, camera: CameraSpec, *channels: str) -> Frame:
    raster.load(spec)
    return raster.render(camera, channels)


def arrays(frame: Frame) -> dict[str, object]:
    return {name: getattr(frame, name) for name in Frame.__dataclass_fields__ if name not in ("camera", "silhouettes")}


def points_seen(frame: Frame) -> NDArray[np.float64]:
    """(H, W, 3) in the camera's frame, from the depth channel."""
    camera = frame.camera
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    rays = rays_at(camera, np.stack([u, v], axis=-1).reshape(-1, 2)).reshape(camera.height, camera.width, 3)
    return rays / rays[..., 2:] * np.where(np.isinf(frame.depth_m), 0, frame.depth_m)[..., None]


#: Points are a scanner's, which these cameras have none of.
PICTURES = tuple(channel for channel in CHANNELS if channel != "points")


def test_channels_alone_are_those_of_all_together(raster: Raster) -> None:
    raster.load(SCENE)
    together = raster.render(MOVING, PICTURES)
    for channel in PICTURES:
        alone = raster.render(MOVING, (channel,))
        made = {name: array for name, array in arrays(alone).items() if array is not None}
        assert list(made) == [{"depth": "depth_m"}.get(channel, channel)] or channel == "amodal"
        for name, array in made.items():
            np.testing.assert_array_equal(array, getattr(together, name), strict=True)
        if channel == "amodal":
            for body, silhouette in alone.silhouettes.items():
                np.testing.assert_array_equal(silhouette.bits, together.silhouettes[body].bits)


def test_the_same_twice(raster: Raster) -> None:
    first, second = (arrays(shot(raster, SCENE, MOVING, *PICTURES)) for _ in range(2))
    for name, array in first.items():
        if name == "points":
            continue
        assert array.tobytes() == second[name].tobytes(), name


def test_unknown_channels_are_refused(raster: Raster) -> None:
    raster.load(SCENE)
    with pytest.raises(InvalidValue, match=r'no channel named "dept"\. Did you mean "depth"'):
        raster.render(CAMERA, ("rgb", "dept"))


def test_categories_are_places_in_the_scenes_list_plus_one(raster: Raster) -> None:
    frame = shot(raster, SCENE, CAMERA, "category", "instance")
    assert SCENE.categories == ("ant", "car")
    assert set(np.unique(frame.instance)) == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(frame.category, np.array([0, 0, 2, 1, 2], np.int32)[frame.instance])


@pytest.mark.parametrize("distortion", LENSES)
def test_object_coordinates_are_points_of_the_body_in_its_box(raster: Raster, library, distortion: Distortion | None) -> None:
    frame = shot(raster, SCENE, replace(CAMERA, distortion=distortion), "object_coordinates", "instance", "depth")
    points = points_seen(frame)
    np.testing.assert_array_equal(frame.object_coordinates[frame.instance == 0], 0)
    for i, body in enumerate(SCENE.bodies):
        low, high = np.array(library.shape_asset(body.shape).bounds_m)
        body_from_camera = np.linalg.inv(body.world_from_body.matrix) @ CAMERA.world_from_camera.matrix
        here = frame.instance == i + 1
        local = points[here] @ body_from_camera[:3, :3].T + body_from_camera[:3, 3]
        truth = (local - (low + high) / 2) / np.linalg.norm(high - low) + 0.5
        np.testing.assert_allclose(frame.object_coordinates[here], truth, atol=2e-6)


def test_object_coordinates_of_a_cube_face(raster: Raster) -> None:
    """Of a unit cube's face, 1/sqrt(3) of its diagonal apart: from 0.5 - 0.5/sqrt(3) to 0.5 + 0.5/sqrt(3), whatever the cube's size."""
    cube = BodySpec(name="cube", shape=BoxShape(size_m=(0.4, 0.4, 0.4)), world_from_body=Pose((0, 1.2, 0)))
    camera = replace(CAMERA, fx=100.0, fy=100.0, cx=48.0, cy=36.0)
    frame = shot(raster, SceneSpec(bodies=(cube,)), camera, "object_coordinates")
    half = 0.5 / math.sqrt(3)
    columns = np.arange(28, 68)
    np.testing.assert_allclose(frame.object_coordinates[36, 28:68, 0], 0.5 + (columns + 0.5 - 48) / 40 * 2 * half, atol=1e-6)
    np.testing.assert_allclose(frame.object_coordinates[16:56, 48, 2], 0.5 - (np.arange(16, 56) + 0.5 - 36) / 40 * 2 * half, atol=1e-6)
    np.testing.assert_allclose(frame.object_coordinates[16:56, 28:68, 1], 0.5 - half, atol=1e-6)
    assert not frame.object_coordinates[:15].any()


def test_flow_of_what_slides_across(raster: Raster) -> None:
    """f v t / z, to the right and down, on what moves; nothing on what does not."""
    card = BodySpec(name="card", shape=BoxShape(size_m=(0.4, 0.02, 0.4)), world_from_body=Pose((0, 1.51, 0)), motion=Motion((0.6, 0.0, -0.3)))
    frame = shot(raster, SceneSpec(bodies=(WALL, card)), CAMERA, "flow_forward", "flow_backward", "instance")
    truth = np.array([90 * 0.6, 92 * 0.3]) * 0.1 / 1.5
    moving = frame.instance == 2
    np.testing.assert_allclose(frame.flow_forward[moving], np.broadcast_to(truth, (moving.sum(), 2)), atol=1e-5)
    np.testing.assert_allclose(frame.flow_backward[moving], np.broadcast_to(-truth, (moving.sum(), 2)), atol=1e-5)
    np.testing.assert_allclose(frame.flow_forward[~moving], 0, atol=1e-9)
    assert 0 < moving.sum() < (frame.instance > 0).sum()


def test_flow_of_a_turning_camera_does_not_depend_on_depth(raster: Raster) -> None:
    """A homography: K R^T K^-1."""
    rate = 0.8
    camera = replace(CAMERA, motion=Motion(angular_rad_s=(0.0, 0.0, rate)))
    frame = shot(
        raster, SceneSpec(bodies=tuple(replace(b, motion=Motion()) for b in SCENE.bodies)), camera, "flow_forward", "flow_backward", "instance"
    )
    u, v = np.meshgrid(np.arange(96) + 0.5, np.arange(72) + 0.5)
    seen = frame.instance > 0
    for flow, angle in ((frame.flow_forward, rate * 0.1), (frame.flow_backward, -rate * 0.1)):
        # The camera turns about the picture's vertical, to the left: what was ahead is seen to the right.
        x, y = (u - 47) / 90, (v - 37) / 92
        depth = np.cos(angle) - x * np.sin(angle)
        truth = np.stack([90 * (x * np.cos(angle) + np.sin(angle)) / depth + 47 - u, 92 * y / depth + 37 - v], axis=-1)
        np.testing.assert_allclose(flow[seen], truth[seen], atol=2e-5)


@pytest.mark.parametrize("distortion", LENSES)
def test_flow_is_how_far_points_of_bodies_go(raster: Raster, distortion: Distortion | None) -> None:
    camera = replace(MOVING, distortion=distortion)
    frame = shot(raster, SCENE, camera, "flow_forward", "flow_backward", "instance", "depth")
    points = points_seen(frame)
    u, v = np.meshgrid(np.arange(96) + 0.5, np.arange(72) + 0.5)
    for seconds, flow in ((0.1, frame.flow_forward), (-0.1, frame.flow_backward)):
        world_from_camera = camera.motion.moved(camera.world_from_camera, seconds).matrix
        for i, body in enumerate(SCENE.bodies):
            here = frame.instance == i + 1
            then = body.motion.moved(body.world_from_body, seconds).matrix
            moved = apply(
                compose(invert(world_from_camera), then, invert(body.world_from_body.matrix), camera.world_from_camera.matrix), points[here]
            )
            truth = project_points(camera, moved) - np.stack([u[here], v[here]], axis=1)
            np.testing.assert_allclose(flow[here], truth, atol=3e-4)
            assert np.abs(truth).max() > 1


def test_there_and_back_again(raster: Raster) -> None:
    """Where flow leads, the later picture's backward flow leads back from."""
    spec = SceneSpec(bodies=(replace(WALL, motion=Motion((0.3, -0.5, 0.2), (0.2, 0.4, 0.3))),))
    now = shot(raster, spec, MOVING, "flow_forward", "instance")
    moved = {b.name: {"world_from_body": b.motion.moved(b.world_from_body, 0.1)} for b in spec.bodies}
    later_camera = replace(MOVING, world_from_camera=MOVING.motion.moved(MOVING.world_from_camera, 0.1))
    later = shot(raster, spec.map_bodies(moved), later_camera, "flow_backward", "instance")
    rows, columns = np.nonzero(now.instance)
    flow = now.flow_forward[rows, columns].astype(np.float64)
    x, y = columns + flow[:, 0], rows + flow[:, 1]
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    within = (x0 >= 0) & (y0 >= 0) & (x0 < 95) & (y0 < 71)
    x, y, x0, y0, flow = x[within], y[within], x0[within], y0[within], flow[within]
    on_wall = np.all([later.instance[y0 + j, x0 + i] == 1 for i in (0, 1) for j in (0, 1)], axis=0)
    x, y, x0, y0, flow = x[on_wall], y[on_wall], x0[on_wall], y0[on_wall], flow[on_wall]
    back = sum(later.flow_backward[y0 + j, x0 + i] * (np.abs(1 - i - (x - x0)) * np.abs(1 - j - (y - y0)))[:, None] for i in (0, 1) for j in (0, 1))
    assert len(flow) > 1500
    np.testing.assert_allclose(back, -flow, atol=5e-3)


def test_what_passes_the_camera_has_no_flow(raster: Raster) -> None:
    towards = BodySpec(name="ball", shape=SphereShape(radius_m=0.2), world_from_body=Pose((0, 1, 0)), motion=Motion((0.0, -20.0, 0.0)))
    frame = shot(raster, SceneSpec(bodies=(towards,)), CAMERA, "flow_forward", "flow_backward", "instance")
    seen = frame.instance == 1
    assert np.isnan(frame.flow_forward[seen]).all()
    assert np.isfinite(frame.flow_backward).all()
    np.testing.assert_array_equal(frame.flow_forward[~seen], 0)


def test_albedo_is_the_base_colour(raster: Raster) -> None:
    """Whatever the light, the metal and the exposure; of a texture, what lies there."""
    checks = ProceduralTexture(pattern="checks", color_a=(0.9, 0.1, 0.1), color_b=(0.1, 0.2, 0.8), tile_m=1.0, frequency=2)
    wall = replace(WALL, material=MaterialSpec(base_color=(1.0, 1.0, 1.0), texture=checks))
    gold = replace(CAR, material=MaterialSpec(base_color=(0.9, 0.6, 0.2), metallic=1.0, roughness=0.3))
    spec = SceneSpec(bodies=(wall, gold), lights=SCENE.lights)
    frame = shot(raster, spec, CAMERA, "albedo", "instance")
    np.testing.assert_allclose(frame.albedo[frame.instance == 2], np.broadcast_to((0.9, 0.6, 0.2), ((frame.instance == 2).sum(), 3)), rtol=1e-6)
    np.testing.assert_array_equal(frame.albedo[frame.instance == 0], 0)
    on_wall = frame.albedo[frame.instance == 1]
    near = [np.abs(on_wall - color).max(axis=1) < 0.01 for color in (checks.color_a, checks.color_b)]
    assert np.mean(near[0] | near[1]) > 0.5
    assert min(near[0].mean(), near[1].mean()) > 0.2
    dark = shot(raster, spec.replace(lights=()), CAMERA, "albedo")
    np.testing.assert_array_equal(dark.albedo, frame.albedo)


SHADE = BodySpec(name="shade", shape=BoxShape(size_m=(0.4, 0.4, 0.02)), world_from_body=Pose((0, 1.5, 0.1)))
GROUND = BodySpec(name="ground", shape=BoxShape(size_m=(4, 4, 0.1)), world_from_body=Pose((0, 1.5, -0.35)))
ABOVE = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((0, 0.2, 0.5), (0, 1.5, -0.3))))
SUN = SunLight(direction=(0.0, 0.0, -1.0), irradiance=(3.0, 3.0, 3.0), angular_diameter_rad=0.0)


def ground_points(frame: Frame) -> NDArray[np.float64]:
    return apply(frame.camera.world_from_camera.matrix, points_seen(frame).reshape(-1, 3)).reshape(*frame.depth_m.shape, 3)


def test_shadow_of_a_slab_under_the_sun(raster: Raster) -> None:
    frame = shot(raster, SceneSpec(bodies=(GROUND, SHADE), lights=(SUN,)), ABOVE, "shadow", "instance", "depth")
    x, y, _ = np.moveaxis(ground_points(frame), -1, 0)
    ground = frame.instance == 1
    away = np.maximum(np.abs(x), np.abs(y - 1.5)) - 0.2
    np.testing.assert_array_equal(frame.shadow[ground & (away < -0.02)], 1)
    np.testing.assert_array_equal(frame.shadow[ground & (away > 0.02)], 0)
    assert (ground & (away < -0.02)).sum() > 100
    # What faces away from the light is dark without anybody's shadow.
    assert (frame.instance == 2).any()
    np.testing.assert_array_equal(frame.shadow[frame.instance != 1], 0)


def test_shadow_weighs_lights_by_what_they_bring(raster: Raster) -> None:
    """In the shade, a sun's share of all light is missing, if the other lights cast no shadow."""
    sun = SunLight(direction=(0.0, 0.6, -0.8), irradiance=(2.0, 1.0, 0.0), shadows=False)
    below = SunLight(direction=(0.0, 0.0, 1.0), irradiance=(9.0, 9.0, 9.0))
    # A small lamp d above: radiance times area over d^2.
    lamp = RectLight(position_m=(0.0, 1.5, 9.7), direction=(0.0, 0.0, -1.0), size_m=(0.2, 0.5), radiance=(1000.0, 2000.0, 3000.0), shadows=False)
    frame = shot(raster, SceneSpec(bodies=(GROUND, SHADE), lights=(SUN, sun, below, lamp)), ABOVE, "shadow", "instance", "depth")
    x, y, _ = np.moveaxis(ground_points(frame), -1, 0)
    under = (frame.instance == 1) & (np.maximum(np.abs(x), np.abs(y - 1.5)) < 0.18)
    np.testing.assert_allclose(frame.shadow[under], 3 / (3 + 0.8 + 2), rtol=2e-3)
    none = shot(raster, SceneSpec(bodies=(GROUND, SHADE)), ABOVE, "shadow")
    np.testing.assert_array_equal(none.shadow, 0)
