"""The camera: above the table, out of the walls, with the objects in view."""

import math

import numpy as np
import pytest

from diorama.randomizers.camera import CameraShell
from diorama.randomizers.distributions import Constant, Uniform
from diorama.randomizers.objects import Objects
from diorama.sim.seeds import Seed
from diorama.sim.spec import BodySpec, BoxShape, Pose
from diorama.sim.transforms import apply, invert, project

SEEDS = range(60)


def photographed(spec, context, seed, shell=None):
    shell = shell or CameraShell()
    params = shell.sample(Seed(seed), spec, context)
    return shell.apply(spec, params).cameras[0], params


def objects_of(spec):
    return np.array([b.world_from_body.position_m for b in spec.bodies if b.category is not None])


@pytest.mark.parametrize("seed", SEEDS)
def test_sees_most_objects_from_a_free_place(seed, staged, context):
    spec = staged(seed % 6)
    camera, _ = photographed(spec, context, seed)
    x, y, z = camera.world_from_camera.position_m
    assert z > 0.72 + 0.05
    assert y < 0.55 - 0.049  # before the wall
    pixels = project(camera.k, apply(invert(camera.world_from_camera.matrix), objects_of(spec)))
    inside = (pixels[:, 0] > 0) & (pixels[:, 0] < camera.width) & (pixels[:, 1] > 0) & (pixels[:, 1] < camera.height)
    assert inside.mean() >= 0.5
    for body in spec.bodies:
        if body.category is not None:  # no brick is longer than 0.22 m
            assert math.dist((x, y, z), body.world_from_body.position_m) > 0.05


def test_fill_decides_how_large_objects_appear(staged, context):
    spec = staged(0)
    radii = [photographed(spec, context, 1, CameraShell(fill=Constant(f), elevation_deg=Constant(60)))[1]["radius_m"] for f in (0.8, 1.6)]
    assert radii[0] == pytest.approx(2 * radii[1])


def test_settings_are_kept(staged, context):
    spec = staged(0).replace(bodies=staged(0).bodies[:2] + staged(0).bodies[3:])  # no wall
    fixed = {"elevation_deg": Constant(40), "azimuth_deg": Constant(70), "radius_m": Constant(0.9), "aim": Constant(0), "roll_deg": Constant(0)}
    camera, params = photographed(spec, context, 4, CameraShell(**fixed, fov_deg=Constant(50)))
    offset = np.array(camera.world_from_camera.position_m) - params["center_m"]
    assert np.sqrt((offset**2).sum()) == pytest.approx(0.9)
    assert math.degrees(math.asin(offset[2] / 0.9)) == pytest.approx(40)
    assert math.degrees(math.atan2(offset[1], offset[0])) == pytest.approx(70)
    assert math.degrees(2 * math.atan(camera.height / 2 / camera.fy)) == pytest.approx(50)
    assert camera.fx == camera.fy
    assert project(camera.k, apply(invert(camera.world_from_camera.matrix), np.array([params["center_m"]])))[0] == pytest.approx([320, 240], abs=1e-6)
    assert camera.world_from_camera.matrix[2, 0] == pytest.approx(0, abs=1e-9)  # the horizon is level
    rolled, _ = photographed(spec, context, 4, CameraShell(**fixed | {"roll_deg": Constant(10)}))
    turn = camera.world_from_camera.matrix[:3, :3].T @ rolled.world_from_camera.matrix[:3, :3]
    assert math.degrees(math.atan2(turn[1, 0], turn[0, 0])) == pytest.approx(10)


def test_a_portrait_picture_sees_as_much(staged, context):
    spec = staged(2)
    tall = spec.replace(cameras=(spec.cameras[0].__class__(name="v", width=240, height=480, cx=120, cy=240),))
    wide = spec.replace(cameras=(spec.cameras[0].__class__(name="v", width=480, height=240, cx=240, cy=120),))
    fixed = CameraShell(fov_deg=Constant(40), fill=Constant(1.0), elevation_deg=Constant(70), azimuth_deg=Constant(-90))
    near, far = photographed(wide, context, 1, fixed)[1]["radius_m"], photographed(tall, context, 1, fixed)[1]["radius_m"]
    assert far > 1.9 * near  # half as wide: the narrower side counts


def test_never_sinks_below_the_table_or_into_a_thing(staged, context):
    spec = staged(1)
    for seed in range(30):
        camera, _ = photographed(spec, context, seed, CameraShell(elevation_deg=Constant(0), radius_m=Constant(0.25)))
        eye = camera.world_from_camera.position_m
        assert eye[2] >= 0.72 + 0.05 - 1e-9
        for body in spec.bodies[3:]:
            size = np.array(context.library.SIZES[body.shape.asset]) * body.shape.scale
            inside = np.abs(apply(invert(body.world_from_body.matrix), np.array([eye]))[0]) < size / 2
            assert not inside.all()


def test_without_objects_it_looks_at_the_table(room, context):
    objects = Objects(count=Constant(0))
    spec = objects.apply(room, objects.sample(Seed(0), room, context))
    _, params = photographed(spec, context, 0)
    assert params["center_m"] == pytest.approx([0.1, -0.2, 0.72])


def test_stays_inside_a_closed_room(staged, context):
    """Walls all around at 0.5 m from the middle, and nowhere to go but nearer."""
    walls = tuple(
        BodySpec(name=f"wall-{i}", shape=BoxShape(size_m=(0.1, 4, 4) if i < 2 else (4, 0.1, 4)), world_from_body=Pose(at))
        for i, at in enumerate([(-0.6, 0, 1), (0.8, 0, 1), (0.1, -0.9, 1), (0.1, 0.5, 1)])
    )
    spec = staged(3)
    spec = spec.replace(bodies=spec.bodies + walls)
    for seed in range(20):
        camera, _ = photographed(spec, context, seed, CameraShell(radius_m=Uniform(1, 3), elevation_deg=Uniform(10, 30)))
        x, y, z = camera.world_from_camera.position_m
        assert -0.55 < x < 0.75
        assert -0.85 < y < 0.45
        assert z > 0.77
