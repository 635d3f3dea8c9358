"""The light of photographs that the renderer took itself, of planes under lamps that are known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.assets.library import AssetLibrary
from diorama.sim.photo.light import overview, photo_light
from diorama.sim.photo.pose import tilted_camera
from diorama.sim.render.raster import Raster
from diorama.sim.spec import BodySpec, BoxShape, EnvironmentSpec, MaterialSpec, PointLight, Pose, ProceduralTexture, SceneSpec, SensorSpec, SunLight

CAMERA = replace(tilted_camera((320, 240), height_m=0.8, pitch_rad=0.9, roll_rad=0.0, fov_rad=0.9), sensor=SensorSpec(read_noise=0.005))
MIDDLE = (0.0, 0.8 / math.tan(0.9), 0.0)
AROUND = EnvironmentSpec(sky=(0.2, 0.2, 0.2), ground=(0.1, 0.1, 0.1))


@pytest.fixture(scope="module")
def raster():
    with Raster(AssetLibrary()) as renderer:
        yield renderer


def photo(raster, *lights, around=AROUND, material=None, bodies=(), camera=CAMERA):
    material = material or MaterialSpec(base_color=(0.4, 0.35, 0.3), roughness=0.9)
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(8, 8, 0.1)), world_from_body=Pose((0, 0, -0.05)), material=material)
    raster.load(SceneSpec(bodies=(floor, *bodies), lights=lights, environment=around))
    return overview(raster.render(camera, ("rgb",)).rgb)


def lamp(azimuth, away=0.7, high=0.6):
    position = (MIDDLE[0] + away * math.cos(azimuth), MIDDLE[1] + away * math.sin(azimuth), high)
    return PointLight(position_m=position, intensity=(0.5, 0.5, 0.5))


def angle(found, azimuth):
    return abs((math.atan2(found[1], found[0]) - azimuth + math.pi) % (2 * math.pi) - math.pi)


@pytest.mark.parametrize("azimuth_deg", range(0, 360, 45))
def test_a_lamp_is_found_on_its_side(raster, azimuth_deg):
    """To 20 degrees on a plain plane, to 30 on a patterned one."""
    azimuth = math.radians(azimuth_deg)
    found = photo_light(photo(raster, lamp(azimuth)), CAMERA, 3.0)
    assert found.toward is not None and angle(found.toward, azimuth) < math.radians(20)
    assert math.hypot(*found.toward) == pytest.approx(1)
    wood = ProceduralTexture(pattern="marble", color_a=(0.5, 0.5, 0.5), color_b=(0.3, 0.3, 0.3), tile_m=0.4, seed=3)
    found = photo_light(photo(raster, lamp(azimuth), material=MaterialSpec(base_color=(1, 1, 1), roughness=0.9, texture=wood)), CAMERA, 3.0)
    assert found.toward is not None and angle(found.toward, azimuth) < math.radians(30)


def test_a_sun_has_no_side_that_could_be_told(raster):
    for direction in ((1, 0, -1), (0, 1, -1), (-0.3, -0.3, -1)):
        found = photo_light(photo(raster, SunLight(direction=direction, irradiance=(1, 1, 1))), CAMERA, 3.0)
        assert found.toward is None and found.explained < 0.15


@pytest.mark.parametrize("curve", ["filmic", "linear"])
@pytest.mark.parametrize("albedo", [0.25, 0.4, 0.65])
def test_white_is_told_to_a_third_where_something_white_is_seen(raster, curve, albedo):
    camera = replace(CAMERA, sensor=replace(CAMERA.sensor, tone_curve=curve))
    sheet = BodySpec(
        name="sheet",
        shape=BoxShape(size_m=(0.3, 0.25, 0.002)),
        world_from_body=Pose((0.1, MIDDLE[1], 0.001)),
        material=MaterialSpec(base_color=(0.85, 0.85, 0.85), roughness=1.0),
    )
    floor = MaterialSpec(base_color=(albedo,) * 3, roughness=1.0)
    even = EnvironmentSpec(sky=(0.3,) * 3, ground=(0.3,) * 3)
    seen = photo(raster, SunLight(direction=(0, 0, -1), irradiance=(0.4 * math.pi,) * 3), around=even, material=floor, bodies=(sheet,), camera=camera)
    found = photo_light(seen, camera, 3.0)
    np.testing.assert_allclose(found.white, (0.7,) * 3, rtol=1 / 3)
    np.testing.assert_allclose(found.plane, (0.7 * albedo,) * 3, rtol=0.25)


def test_white_stays_between_what_planes_reflect(raster):
    """Without anything white, and of a plane that fills the picture, it is between the plane's brightness over 0.8 and over 0.1."""
    for albedo in (0.02, 0.3, 0.9):
        found = photo_light(photo(raster, material=MaterialSpec(base_color=(albedo,) * 3, roughness=1.0)), CAMERA, 3.0)
        assert 0.99 / 0.8 <= found.white[1] / found.plane[1] <= 1.01 / 0.1


def test_the_lights_colour_is_told_half_way(raster):
    warm = EnvironmentSpec(sky=(0.5, 0.4, 0.25), ground=(0.5, 0.4, 0.25))
    red, green, blue = photo_light(photo(raster, around=warm, material=MaterialSpec(base_color=(0.5,) * 3, roughness=1.0)), CAMERA, 3.0).white
    assert red / blue == pytest.approx(math.sqrt(2), rel=0.05)
    assert red > green > blue


def test_black_and_white_pictures_do_no_harm():
    for code in (0, 255):
        found = photo_light(np.full((24, 32, 3), code, np.uint8), CAMERA, 3.0)
        assert all(math.isfinite(c) and c >= 0 for c in (*found.white, *found.plane))
        assert found.toward is None
