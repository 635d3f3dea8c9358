"""What stands around, mirrored in wet ground: where the mirror image is, as bright as an even sky of that light, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.frame import CHANNELS
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    Fog,
    KannalaBrandt,
    MaterialSpec,
    Pose,
    SceneSpec,
    Weathering,
)
from diorama.sim.transforms import look_at

EYE_M, WALL_M, HIGH_M = 1.5, 9.0, 3.0
CAMERA = CameraSpec.from_fov(width=96, height=120, fov_y_rad=0.9, world_from_camera=Pose.from_matrix(look_at((0, 0, EYE_M), (0, 10, EYE_M - 1))))
BLACK = MaterialSpec(base_color=(0, 0, 0), roughness=0.9)
LIGHT = (2.0, 1.0, 0.5)
DARK = {"sky": (0.0, 0.0, 0.0), "ground": (0.0, 0.0, 0.0), "occlusion_radius_m": 0.0}
FLOODED, SOAKED = Weathering(puddles=1.0), Weathering(wet=1.0)


def ground(weathering):
    return BodySpec(name="ground", shape=BoxShape(size_m=(80, 80, 0.2)), world_from_body=Pose((0, 0, -0.1)), material=BLACK, weathering=weathering)


def wall(width=30.0):
    """It only sends out light."""
    glow = MaterialSpec(base_color=(0, 0, 0), emissive=LIGHT, ior=1.0, roughness=1.0)
    return BodySpec(name="wall", shape=BoxShape(size_m=(width, 0.2, HIGH_M)), world_from_body=Pose((0, WALL_M + 0.1, HIGH_M / 2)), material=glow)


def seen(raster, *bodies, camera=CAMERA, **around):
    raster.load(SceneSpec(bodies=bodies, environment=EnvironmentSpec(**(DARK | around))))
    return raster.render(camera, ("radiance",)).radiance


def row_of(y, z):
    """Where a point of the plane x = 0 is seen."""
    p = np.linalg.inv(CAMERA.world_from_camera.matrix) @ (0, y, z, 1)
    return CAMERA.cy + CAMERA.fy * p[1] / p[2]


def image_rows():
    """Rows between which the wall's mirror image is: below its foot down to where its top is mirrored."""
    return int(row_of(WALL_M, 0)) + 3, int(row_of(WALL_M, -HIGH_M)) - 4


def test_still_water_shows_the_mirror_image(raster):
    """As bright as under an even sky of the wall's light, and dark beyond the image's edge."""
    got = seen(raster, ground(FLOODED), wall())
    even = seen(raster, ground(FLOODED), sky=LIGHT, ground=LIGHT)
    top, bottom = image_rows()
    assert bottom - top > 15
    np.testing.assert_allclose(got[top:bottom, 20:-20], even[top:bottom, 20:-20], rtol=0.03, atol=1e-3)
    assert got[bottom + 6 :].max() < 1e-6
    assert even[top:bottom].min() > 0.02


def test_soaked_ground_smears_it_up_and_down(raster):
    got = seen(raster, ground(SOAKED), wall())
    sharp = seen(raster, ground(FLOODED), wall())
    _, bottom = image_rows()
    assert got[bottom + 4 : bottom + 12].max() > 1e-3 > sharp[bottom + 6 : bottom + 12].max()
    # Beside it there is nothing of a post's image.
    post = seen(raster, ground(SOAKED), wall(0.3))
    columns = post[60:, :, 0].max(axis=0)
    assert columns[44:52].max() > 1e-3 and columns[:36].max() == columns[60:].max() == 0


def test_what_is_not_in_the_picture_is_not_mirrored(raster):
    """The sky is, as before: with nothing else about, pictures do not change."""
    behind = replace(wall(), world_from_body=Pose((0, -WALL_M, HIGH_M / 2)))
    bright = {"sky": (1.0, 1.0, 1.0), "ground": (1.0, 1.0, 1.0)}
    np.testing.assert_array_equal(seen(raster, ground(FLOODED), **bright), seen(raster, ground(FLOODED), behind, **bright))


def test_things_darken_what_would_mirror_the_sky(raster):
    bright = {"sky": (1.0, 1.0, 1.0), "ground": (1.0, 1.0, 1.0)}
    dark_wall = replace(wall(), material=replace(BLACK, ior=1.0, roughness=1.0))
    open_sky, hidden = seen(raster, ground(FLOODED), **bright), seen(raster, ground(FLOODED), dark_wall, **bright)
    top, bottom = image_rows()
    assert hidden[top:bottom, 20:-20].max() < 0.05 * open_sky[top:bottom, 20:-20].min() + 0.01
    np.testing.assert_array_equal(hidden[bottom + 6 :], open_sky[bottom + 6 :])
    assert hidden.min() >= 0


def test_in_fog_as_much_is_mirrored_as_comes_through_it(raster):
    fog = Fog(extinction_per_m=0.08, color=(0.0, 0.0, 0.0))
    clear, foggy = seen(raster, ground(FLOODED), wall()), seen(raster, ground(FLOODED), wall(), fog=fog)
    top, bottom = image_rows()
    row, column = (top + bottom) // 2, 48
    ray = CAMERA.world_from_camera.matrix[:3, :3] @ ((column + 0.5 - CAMERA.cx) / CAMERA.fx, (row + 0.5 - CAMERA.cy) / CAMERA.fy, 1.0)
    far = np.linalg.norm(ray) * EYE_M / -ray[2]
    # What is seen there has been through the fog to the eye, which is longer than the way by the mirror is from there on.
    assert foggy[row, column, 0] / clear[row, column, 0] == pytest.approx(np.exp(-0.08 * (far + WALL_M)), rel=0.1)


@pytest.mark.parametrize("weathering", [FLOODED, SOAKED, Weathering(wet=0.5, puddles=0.3)])
def test_the_same_bytes_again_and_no_label_knows(raster, weathering):
    labels = [c for c in CHANNELS if c not in ("rgb", "radiance", "amodal", "albedo", "points")]
    frames = []
    for w in (weathering, None, weathering):
        raster.load(SceneSpec(bodies=(ground(w), wall(3.0)), environment=EnvironmentSpec(occlusion_radius_m=0.3)))
        frames.append(raster.render(CAMERA, (*labels, "rgb")))
    assert frames[0].rgb.tobytes() == frames[2].rgb.tobytes() != frames[1].rgb.tobytes()
    for name in labels:
        field = "depth_m" if name == "depth" else name
        np.testing.assert_array_equal(getattr(frames[0], field), getattr(frames[1], field))


def test_through_lenses_that_bend_the_picture_the_sky_alone_is_mirrored(raster):
    fisheye = replace(CAMERA, distortion=KannalaBrandt(k1=0.02))
    assert seen(raster, ground(FLOODED), wall(), camera=fisheye)[image_rows()[0] : image_rows()[1], 30:-30].max() < 1e-6
