"""What the path tracer makes of materials and surroundings, against closed forms: small pictures of walls that fill them."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("mitsuba")

from diorama.sim.render.pathtrace import FAST, PathTracer
from diorama.sim.render.pathtrace.variant import fastest_variant
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    HdrMap,
    ImageTexture,
    MaterialSpec,
    PhysicalSky,
    Pose,
    RectLight,
    SceneSpec,
    SphereShape,
    SunLight,
)
from diorama.sim.transforms import look_at, normalize

#: Stands at the origin and looks along +y: the picture's right is +x.
CAMERA = CameraSpec.from_fov(width=16, height=12, fov_y_rad=0.6, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0))))
WHITE = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1))
DARK = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0))
DULL = MaterialSpec(base_color=(0.5, 0.5, 0.5), roughness=1.0, ior=1.0)
LAMP = MaterialSpec(base_color=(0, 0, 0), emissive=(2.0, 1.0, 0.5), ior=1.0)

needs_llvm = pytest.mark.skipif(fastest_variant() != FAST, reason="the slow variant cannot do this")


@pytest.fixture(scope="module")
def tracer(library):
    with PathTracer(library, spp=64, max_depth=32) as renderer:
        yield renderer


def wall(material, y=1.0, size=4.0, name="wall", **fields):
    """A wall across the view, its face at a distance `y`."""
    return BodySpec(name=name, shape=BoxShape(size_m=(size, 0.02, size)), world_from_body=Pose((0, y + 0.01, 0)), material=material, **fields)


def seen(tracer, *bodies, environment=DARK, lights=(), camera=CAMERA):
    """(H, W, 3) radiance."""
    tracer.load(SceneSpec(bodies=bodies, environment=environment, lights=lights))
    return tracer.render(camera, ("radiance",)).radiance


def test_a_white_surface_vanishes_in_a_white_world(tracer) -> None:
    """The white furnace: what sends on all the light that it gets looks like its surroundings."""
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.2), world_from_body=Pose((0, 1, 0)), material=replace(DULL, base_color=(1, 1, 1)))
    radiance = seen(tracer, ball, environment=WHITE)
    assert radiance[3:9, 5:11].mean() == pytest.approx(1, abs=0.005)
    np.testing.assert_allclose(radiance, 1, atol=0.06)


@pytest.mark.parametrize("metallic", [0.0, 1.0])
@pytest.mark.parametrize("roughness", [0.1, 0.5, 1.0])
def test_no_surface_makes_light(metallic, roughness, tracer) -> None:
    ball = BodySpec(
        name="ball",
        shape=SphereShape(radius_m=0.2),
        world_from_body=Pose((0, 1, 0)),
        material=MaterialSpec(base_color=(1, 1, 1), metallic=metallic, roughness=roughness, clear_coat=0.5),
    )
    assert seen(tracer, ball, environment=WHITE).mean(axis=(0, 1)).max() < 1.03


def test_sunlight_on_a_dull_wall(tracer) -> None:
    """Lambert: albedo / pi times the irradiance, times the cosine."""
    direction = normalize((0.3, 1.0, -0.4))
    light = SunLight(direction=direction, irradiance=(3.0, 2.0, 1.0))
    expected = 0.5 / math.pi * direction[1] * np.array([3.0, 2.0, 1.0])
    np.testing.assert_allclose(seen(tracer, wall(DULL), lights=(light,)).mean(axis=(0, 1)), expected, rtol=2e-3)


def test_pictures_lie_on_surfaces_as_in_the_rasterizer(tracer, raster, tmp_path) -> None:
    """In even light a dull wall shows its colour: here four patches, no two alike."""
    patches = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    cv2.imwrite(str(tmp_path / "patches.png"), cv2.resize(patches, (64, 64), interpolation=cv2.INTER_NEAREST))
    body = wall(replace(DULL, base_color=(0.8, 0.6, 0.4), texture=ImageTexture(path=str(tmp_path / "patches.png"), tile_m=0.5)))
    a = seen(tracer, body, environment=WHITE)
    raster.load(SceneSpec(bodies=(body,), environment=replace(WHITE, occlusion_radius_m=0.0)))
    b = raster.render(CAMERA, ("radiance",)).radiance
    inner = np.abs(b - b.mean()).max(axis=-1)
    assert inner.max() > 0.3
    np.testing.assert_allclose(np.median(np.abs(a - b)), 0, atol=0.03)


@pytest.mark.parametrize("ahead", [1, -1], ids=["front", "back, where the picture is mirrored"])
def test_a_normal_map_turns_the_surface(ahead, tracer, tmp_path) -> None:
    """Normals that lean by 30 degrees along u and v, in glTF's green-up convention, on a wall before the camera or behind it."""
    lean = np.array([math.sin(math.radians(30)) * 0.8, math.sin(math.radians(30)) * 0.6, math.cos(math.radians(30))])
    cv2.imwrite(str(tmp_path / "lean.png"), np.tile(np.round(lean * 127.5 + 127.5).astype(np.uint8)[::-1], (8, 8, 1)))
    material = replace(DULL, normal_texture=ImageTexture(path=str(tmp_path / "lean.png"), tile_m=0.5))
    camera = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (0, ahead, 0))))
    body = BodySpec(name="wall", shape=BoxShape(size_m=(4, 0.02, 4)), world_from_body=Pose((0, ahead * 1.01, 0)), material=material)
    for across, up in ((0.5, 0.0), (-0.5, 0.0), (0.0, -0.5), (0.0, 0.5)):
        direction = (across, float(ahead), up)
        # On faces towards y or away from it, u runs along +x and v along +z.
        normal = np.array([lean[0], -ahead * lean[2], lean[1]])
        expected = 0.5 / math.pi * 3 * max(float(normal @ -np.array(normalize(direction))), 0)
        lights = (SunLight(direction=direction, irradiance=(3, 3, 3)),)
        assert seen(tracer, body, lights=lights, camera=camera).mean() == pytest.approx(expected, rel=0.02), direction


@needs_llvm
@pytest.mark.parametrize("glow_m", [0.25, 0.05])
def test_pictures_of_one_surface_may_have_tiles_of_different_sizes(glow_m, tracer, tmp_path) -> None:
    """A glow that goes on and off once in each of its own tiles, over a metre of wall."""
    half = np.zeros((64, 64, 3), np.uint8)
    half[:, 32:] = 255
    cv2.imwrite(str(tmp_path / "half.png"), half)
    color, glow = (ImageTexture(path=str(tmp_path / "half.png"), tile_m=tile_m) for tile_m in (0.25, glow_m))
    row = seen(tracer, wall(replace(LAMP, texture=color, emissive_texture=glow)), camera=replace(CAMERA, width=160, fx=160.0, cx=80.0))[6, :, 0]
    assert np.count_nonzero(np.diff(row > 1)) == pytest.approx(2 / glow_m, abs=1)


@needs_llvm
def test_what_glows_is_seen_and_lights_what_is_near(tracer) -> None:
    floor = BodySpec(name="floor", shape=BoxShape(size_m=(4, 4, 0.02)), world_from_body=Pose((0, 1, -0.3)), material=DULL)
    camera = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (0, 1, -0.15))))
    radiance = seen(tracer, wall(LAMP), floor, camera=camera)
    np.testing.assert_allclose(radiance[0], np.broadcast_to(LAMP.emissive, (16, 3)), rtol=1e-4)
    assert radiance[-1].min() > 0.05
    np.testing.assert_allclose(radiance[-1, :, 0], 2 * radiance[-1, :, 1], rtol=1e-3)


def pane(material, y=0.5):
    """A thin box across the view: two sheets."""
    return BodySpec(name="pane", shape=BoxShape(size_m=(2, 0.001, 2)), world_from_body=Pose((0, y, 0)), material=material)


TINT = np.array([0.9, 0.6, 0.3])
GLASS = MaterialSpec(base_color=tuple(TINT.tolist()), transmission=1.0, roughness=0.0, ior=1.5)
#: Of a sheet whose faces mirror R = 0.04 each, 2 R / (1 + R) is mirrored (Stokes's sum over all reflections within) and the rest passes.
MIRRORED = 2 * 0.04 / 1.04
#: Through the two sheets of a box: light that is mirrored to and fro between them passes too, tinted twice less than the first.
TWO_SHEETS = (TINT * (1 - MIRRORED)) ** 2 / (1 - MIRRORED**2)


@needs_llvm
def test_thin_glass_tints_what_is_behind(tracer) -> None:
    narrow = replace(CAMERA, fx=600.0, fy=600.0)  # nearly straight on
    radiance = seen(tracer, wall(LAMP), pane(GLASS), camera=narrow).mean(axis=(0, 1))
    np.testing.assert_allclose(radiance, LAMP.emissive * TWO_SHEETS, rtol=0.01)


def test_light_falls_through_glass(tracer) -> None:
    """A lamp's light, not only what the camera sees."""
    sun = SunLight(direction=(0, 1, 0), irradiance=(3, 3, 3))
    camera = replace(CAMERA, world_from_camera=Pose.from_matrix(look_at((0, 0.6, 0), (0, 1, 0))))
    dark = replace(DULL, base_color=(0.02, 0.02, 0.02))  # sends next to nothing back to the glass
    lit = seen(tracer, wall(dark), pane(GLASS, 0.4), lights=(sun,), camera=camera).mean(axis=(0, 1))
    np.testing.assert_allclose(lit, 0.02 / math.pi * 3 * TWO_SHEETS, rtol=0.01)


@pytest.mark.parametrize("opacity", [0.0, 0.3, 1.0])
def test_blended_surfaces_let_their_share_of_light_pass(opacity, tracer) -> None:
    veil = MaterialSpec(base_color=(0, 0, 0), ior=1.0, alpha="blend", opacity=opacity)
    radiance = seen(tracer, pane(veil), environment=WHITE)
    np.testing.assert_allclose(radiance.mean(), (1 - opacity) ** 2, atol=0.01)


def test_cut_outs(tracer, tmp_path) -> None:
    """Black discs, one in each tile of 0.2 m, on a wall that is otherwise not there."""
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[..., 3] = np.where(np.hypot(*np.mgrid[-31.5:32, -31.5:32]) < 20, 255, 0)
    cv2.imwrite(str(tmp_path / "disc.png"), rgba)
    disc = MaterialSpec(base_color=(0, 0, 0), ior=1.0, texture=ImageTexture(path=str(tmp_path / "disc.png"), tile_m=0.2), alpha="mask")
    camera = replace(CAMERA, width=80, height=60, fx=100.0, fy=100.0, cx=40.0, cy=30.0)
    radiance = seen(tracer, pane(disc), environment=WHITE, camera=camera).mean(axis=-1)
    across, down = (np.arange(n) + 0.5 - n / 2 for n in (80, 60))
    tiles = (np.stack(np.meshgrid(across, down)) * (0.4995 / 100 / 0.2)) % 1 - 0.5
    there = np.hypot(*tiles) < 20 / 64
    assert 0.2 < there.mean() < 0.4
    assert np.mean((radiance < 0.5) == there) > 0.97


@needs_llvm
def test_one_sided_surfaces_are_not_seen_from_behind(tracer) -> None:
    """From within, a box's walls show their backs; a wall beyond it shows its face."""
    room = BodySpec(name="room", shape=BoxShape(size_m=(0.8, 0.8, 0.8)), material=replace(DULL, two_sided=False))
    background = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0), background_top=(0.2, 0.4, 0.6), background_bottom=(0.2, 0.4, 0.6))
    np.testing.assert_allclose(seen(tracer, room, environment=background), np.broadcast_to((0.2, 0.4, 0.6), (12, 16, 3)), rtol=1e-5)
    np.testing.assert_allclose(seen(tracer, room, wall(replace(LAMP, two_sided=False))), np.broadcast_to(LAMP.emissive, (12, 16, 3)), rtol=1e-4)


def test_cameras_do_not_see_lights(tracer) -> None:
    """Neither a panel nor the sun before the camera, nor their shadow on what is behind."""
    lights = (RectLight(position_m=(0, 0.5, 0), direction=(0, -1, 0), size_m=(4, 4), radiance=(9, 9, 9)), SunLight(direction=(0, -1, 0)))
    background = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0), background_top=(0.2, 0.4, 0.6), background_bottom=(0.2, 0.4, 0.6))
    np.testing.assert_allclose(seen(tracer, environment=background, lights=lights), np.broadcast_to((0.2, 0.4, 0.6), (12, 16, 3)), rtol=1e-5)


@needs_llvm
def test_cameras_do_not_see_lights_where_something_glows(tracer) -> None:
    panel = RectLight(position_m=(0, 0.5, 0), direction=(0, -1, 0), size_m=(4, 4), radiance=(9, 9, 9))
    np.testing.assert_allclose(seen(tracer, wall(LAMP), lights=(panel,)), np.broadcast_to(LAMP.emissive, (12, 16, 3)), rtol=1e-4)


# --- surroundings -------------------------------------------------------------------------------------------------


def patched_sky(path):
    """A map of 8 x 16 patches, each of another colour."""
    rows, columns = np.mgrid[:8, :16]
    patches = np.stack([0.2 + rows / 8, 0.2 + columns / 16, 0.2 + (rows * 5 + columns * 3) % 7 / 7], axis=-1).astype(np.float32)
    picture = np.repeat(np.repeat(patches, 16, axis=0), 16, axis=1)
    cv2.imwrite(str(path), picture[..., ::-1])
    return patches


def patch_towards(patches, direction, turn_rad):
    """The colour of the map in a direction: its top row is straight up, its middle column along +x, to the right of it -y."""
    x, y, z = normalize(direction)
    azimuth = math.atan2(y, x) - turn_rad
    column = int((0.5 - azimuth / (2 * math.pi)) % 1 * 16)
    return patches[int(math.acos(z) / math.pi * 8), column]


@pytest.mark.parametrize("turn_rad", [0.0, 0.9])
@pytest.mark.parametrize("azimuth", [0.2, 1.4, 2.6, -0.6, -1.8, -2.9])
def test_maps_are_seen_and_mirrored_where_they_are(azimuth, turn_rad, tracer, tmp_path) -> None:
    patches = patched_sky(tmp_path / "sky.hdr")
    around = EnvironmentSpec(surroundings=HdrMap(path=str(tmp_path / "sky.hdr"), turn_rad=turn_rad, strength=2.0))
    toward = (math.cos(azimuth), math.sin(azimuth), 0.5)
    camera = replace(CAMERA, fx=2000.0, fy=2000.0, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), toward)))
    np.testing.assert_allclose(seen(tracer, environment=around, camera=camera)[6, 8], 2 * patch_towards(patches, toward, turn_rad), rtol=0.02)
    # A mirror that lies flat: the camera above it looks down where the reflection goes up.
    mirror = BodySpec(
        name="mirror",
        shape=BoxShape(size_m=(9, 9, 0.02)),
        world_from_body=Pose((0, 0, -1)),
        material=MaterialSpec(base_color=(1, 1, 1), metallic=1.0, roughness=0.0),
    )
    down = replace(camera, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (toward[0], toward[1], -0.5))))
    shown = seen(tracer, mirror, environment=around, camera=down)[6, 8]
    np.testing.assert_allclose(shown, 2 * patch_towards(patches, toward, turn_rad), rtol=0.03)


def test_the_sky_is_the_rasterizers(tracer, raster) -> None:
    sky = EnvironmentSpec(surroundings=PhysicalSky(sun_elevation_rad=0.3, sun_azimuth_rad=1.2))
    camera = replace(CAMERA, fx=6.0, fy=6.0)
    raster.load(SceneSpec(environment=sky))
    ours = raster.render(camera, ("radiance",)).radiance
    above = np.arange(12) < 5
    np.testing.assert_allclose(seen(tracer, environment=sky, camera=camera)[above], ours[above], rtol=0.03)
