"""The OpenGL renderer: it sees what we see, lights it as we do, and can be opened anywhere, often."""

import importlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from agreement_scenes import DARK, diffuse, five_scenes

from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.frame import CHANNELS
from diorama.sim.render import RENDERERS, open_renderer
from diorama.sim.render.gl import GL, NoOpenGL, platform
from diorama.sim.render.gl.surroundings import surroundings
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    BrownConrady,
    CameraSpec,
    EnvironmentSpec,
    HdrMap,
    ImageTexture,
    MaterialSpec,
    PhysicalSky,
    PointLight,
    Pose,
    ProceduralTexture,
    RectLight,
    SceneSpec,
    SensorSpec,
    SphereShape,
    SpotLight,
    SunLight,
)
from diorama.sim.transforms import look_at

SCENES = five_scenes()
#: Objects of fewer pixels are not judged by their overlap, nor by their brightness.
LARGE_PX = 200
#: Looks straight down from 3 m; at z = 0 a pixel is 1 cm wide.
DOWN = CameraSpec(width=160, height=120, fx=300, fy=300, cx=80, cy=60, world_from_camera=Pose.from_matrix(look_at((0, 0, 3), (0, 0, 0))))
DULL = MaterialSpec(base_color=(0.5, 0.4, 0.3), roughness=1.0, ior=1.0)
#: The same light from everywhere, and nothing darkened where surfaces meet, which OpenGL does not draw.
EVEN = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), occlusion_radius_m=0)
FLOOR = BodySpec(name="floor", shape=BoxShape(size_m=(8, 8, 0.2)), world_from_body=Pose((0, 0, -0.1)), material=DULL)


@pytest.fixture(scope="module")
def gl(library):
    try:
        with GL(library) as renderer:
            yield renderer
    except (MissingExtra, NoOpenGL) as missing:
        pytest.skip(str(missing))


def radiance(renderer, spec, camera=DOWN):
    renderer.load(spec)
    return renderer.render(camera, ("radiance",)).radiance


def floor_under(*lights, **fields):
    return SceneSpec(bodies=(FLOOR,), lights=lights, environment=DARK, **fields)


# --- the same shapes --------------------------------------------------------------------------------------


def seen_by_pyrender(gl, spec, near_m, far_m):
    """Instance and z-depth as pyrender's own renderer draws them, one sample at each pixel's centre."""
    import pyrender

    camera = spec.cameras[0]
    gl.load(spec)
    gl._scenes.point_camera(gl._scene, camera, gl._boxes)
    scene = gl._scene
    # Its depth buffer is read in single precision; so the planes should be no farther apart than they must.
    scene.main_camera_node.camera.zfar = far_m
    scene.main_camera_node.camera.znear = near_m
    bodies = {node: int(node.name.partition(".")[0]) + 1 for node in scene.mesh_nodes if node.name != "background"}
    flags = pyrender.RenderFlags.SEG | pyrender.RenderFlags.OFFSCREEN
    stock = pyrender.Renderer(camera.width, camera.height)
    ids, depth = stock.render(scene, flags, {node: (body // 256, body % 256, 0) for node, body in bodies.items()})
    stock.delete()
    return ids[..., 0].astype(int) * 256 + ids[..., 1], depth


@pytest.mark.parametrize("name", SCENES)
def test_silhouettes_and_depth_agree(name, gl, raster) -> None:
    spec = SCENES[name]
    raster.load(spec)
    ours = raster.render(spec.cameras[0], ("depth", "instance"))
    seen = ours.depth_m[ours.instance > 0]
    instance, depth = seen_by_pyrender(gl, spec, seen.min() / 2, seen.max() * 2)

    judged = 0
    for index, body in enumerate(spec.bodies):
        mine, theirs = ours.instance == index + 1, instance == index + 1
        if np.count_nonzero(theirs) > LARGE_PX:
            judged += 1
            overlap = np.count_nonzero(mine & theirs) / np.count_nonzero(mine | theirs)
            assert overlap >= 0.99, f"{body.name}: {overlap}"
    assert judged >= 3
    both = (ours.instance == instance) & (instance > 0)
    assert both.mean() > 0.95 * (ours.instance > 0).mean()
    assert np.percentile(np.abs(depth[both] / ours.depth_m[both] - 1), 99.9) < 1e-3


NORMALS = """#version 330 core
in vec3 frag_position;
out vec4 frag_color;
void main() { frag_color = vec4(normalize(cross(dFdx(frag_position), dFdy(frag_position))), 1.0); }
"""


@pytest.mark.parametrize("name", SCENES)
def test_normals_agree(name, gl, raster, tmp_path, monkeypatch) -> None:
    """The way a surface turns from pixel to pixel, as another fragment shader sees it."""
    engine = importlib.import_module("diorama.sim.render.gl.engine")
    spec = SCENES[name]
    camera = spec.cameras[0]
    raster.load(spec)
    ours = raster.render(camera, ("instance", "normal"))
    (tmp_path / "mesh.frag").write_text(NORMALS, "utf-8")
    monkeypatch.setattr(engine, "FRAGMENT_SHADER", tmp_path / "mesh.frag")
    monkeypatch.setattr(engine, "SAMPLES", 0)
    gl.load(spec)
    gl._scenes.point_camera(gl._scene, camera, gl._boxes)
    plain = engine.Engine()
    plain.light((), surroundings(EnvironmentSpec()))
    world = plain.photograph(gl._scene, camera.width, camera.height)
    plain.delete()
    there = ours.instance > 0
    theirs = world[there] @ camera.world_from_camera.matrix[:3, :3]
    assert np.mean((ours.normal[there] * theirs).sum(axis=-1) > math.cos(math.radians(1))) >= 0.99


# --- the same light ---------------------------------------------------------------------------------------


def inner(mask):
    """What is not within a pixel of the mask's border."""
    return cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) == 1


@pytest.mark.parametrize("name", SCENES)
def test_dull_surfaces_are_as_bright(name, gl, raster) -> None:
    """Under a sun and a spot, without the shadows that the next test is about."""
    spec = replace(diffuse(SCENES[name]), environment=DARK)
    spec = replace(spec, lights=tuple(replace(light, shadows=False) for light in spec.lights))
    camera = spec.cameras[0]
    theirs = radiance(gl, spec, camera)
    raster.load(spec)
    ours = raster.render(camera, ("radiance", "instance"))
    judged = 0
    for index, body in enumerate(spec.bodies):
        inside = inner(ours.instance == index + 1)
        if np.count_nonzero(inside) > LARGE_PX:
            judged += 1
            assert theirs[inside].mean() == pytest.approx(ours.radiance[inside].mean(), rel=0.02, abs=1e-5), body.name
    assert judged >= 1


@pytest.mark.parametrize("name", ["table", "bin", "street"])
@pytest.mark.parametrize("light", [0, 1])
def test_shadows_fall_where_ours_do(name, light, gl, raster) -> None:
    spec = replace(diffuse(SCENES[name]), environment=DARK)
    camera = spec.cameras[0]
    lit = replace(spec, lights=(replace(spec.lights[light], shadows=False),))
    shadowed = replace(spec, lights=spec.lights[light : light + 1])
    theirs, ours = ((radiance(renderer, shadowed, camera) < 0.5 * radiance(renderer, lit, camera))[..., 1] for renderer in (gl, raster))
    assert np.count_nonzero(ours) > 50
    assert np.count_nonzero(theirs & ours) >= 0.9 * np.count_nonzero(theirs | ours)


def test_textures_lie_where_ours_do(gl, raster) -> None:
    """Printed things under even light: what differs is how textures are filtered, at their edges."""
    spec = replace(SCENES["table"], lights=(), environment=EVEN)
    theirs, ours = (radiance(renderer, spec, spec.cameras[0]) for renderer in (gl, raster))
    assert np.abs(theirs - ours).mean() < 0.015
    assert np.percentile(np.abs(theirs - ours), 90) < 0.03


@pytest.mark.parametrize("pattern", ["checks", "wood"])
def test_patterns_are_unrolled_as_ours_are(pattern, gl, raster) -> None:
    """On all sides of a box and a ball."""
    texture = ProceduralTexture(pattern=pattern, color_a=(0.9, 0.5, 0.1), color_b=(0.05, 0.1, 0.3), tile_m=0.3, frequency=3)
    material = replace(DULL, base_color=(1, 1, 1), texture=texture)
    box = BodySpec(name="box", shape=BoxShape(size_m=(0.5, 0.4, 0.3)), world_from_body=Pose((-0.4, 0, 0)), material=material)
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.3), world_from_body=Pose((0.4, 0, 0)), material=material)
    spec = SceneSpec(bodies=(box, ball), environment=EVEN)
    for eye in ((1, -1.5, 1), (-1, 1.5, -1)):
        camera = replace(DOWN, world_from_camera=Pose.from_matrix(look_at(eye, (0, 0, 0))))
        theirs, ours = (radiance(renderer, spec, camera) for renderer in (gl, raster))
        assert np.corrcoef(theirs.reshape(-1), ours.reshape(-1))[0, 1] > 0.99


LAMPS = (SunLight(direction=(0.2, 0.1, -1), shadows=False), PointLight(position_m=(0.3, 0.2, 1), shadows=False))


@pytest.mark.parametrize("roughness", [0.1, 0.4, 1.0])
@pytest.mark.parametrize("metallic", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("coat", [0.0, 1.0])
def test_surfaces_reflect_as_ours_do(roughness, metallic, coat, gl, raster) -> None:
    """The same model, written twice."""
    material = MaterialSpec(base_color=(0.9, 0.5, 0.2), roughness=roughness, metallic=metallic, clear_coat=coat, clear_coat_roughness=0.3)
    spec = floor_under(*LAMPS).replace(bodies=(replace(FLOOR, material=material),))
    theirs, ours = (radiance(renderer, spec) for renderer in (gl, raster))
    np.testing.assert_allclose(theirs, ours, rtol=0.02, atol=1e-4)


def test_metallic_roughness_textures_are_ours(gl, raster) -> None:
    texture = ProceduralTexture(pattern="checks", color_a=(0, 0.3, 1), color_b=(0, 0.7, 0), tile_m=1.0, frequency=2)
    material = MaterialSpec(base_color=(0.9, 0.6, 0.3), metallic=1, roughness=1, metallic_roughness_texture=texture)
    spec = floor_under(*LAMPS).replace(bodies=(replace(FLOOR, material=material),))
    theirs, ours = (radiance(renderer, spec) for renderer in (gl, raster))
    assert ours.std() > ours.mean()
    assert np.abs(theirs - ours).mean() < 0.01 * ours.mean()


def test_occlusion_and_emission_textures_are_ours(gl, raster) -> None:
    dark = ProceduralTexture(pattern="checks", color_a=(0.2, 0, 0), color_b=(1, 0, 0), tile_m=1.0, frequency=2)
    bright = ProceduralTexture(pattern="checks", color_a=(0.1, 0.5, 1), color_b=(0.9, 0.2, 0), tile_m=1.0, frequency=3)
    material = replace(DULL, occlusion_texture=dark, emissive=(0.5, 1, 2), emissive_texture=bright)
    spec = SceneSpec(bodies=(replace(FLOOR, material=material),), environment=EVEN)
    theirs, ours = (radiance(renderer, spec) for renderer in (gl, raster))
    assert np.ptp(ours[..., 2]) > 1
    assert np.abs(theirs - ours).mean() < 0.01 * ours.mean()


def test_a_normal_map_tilts_as_ours_does(gl, raster) -> None:
    texture = ProceduralTexture(pattern="noise", color_a=(0, 0, 0), color_b=(1, 1, 1), tile_m=0.5, frequency=2)
    material = replace(DULL, normal_texture=texture, normal_scale=2.0)
    spec = floor_under(SunLight(direction=(1, 0.4, -0.7), shadows=False)).replace(bodies=(replace(FLOOR, material=material),))
    theirs, ours = (radiance(renderer, spec)[..., 0] for renderer in (gl, raster))
    assert ours.std() > 0.05 * ours.mean()
    assert np.corrcoef(theirs.reshape(-1), ours.reshape(-1))[0, 1] > 0.98


def test_cut_outs_let_the_background_show(gl, tmp_path) -> None:
    pixels = np.full((64, 64, 4), 255, np.uint8)
    pixels[16:40, 8:30, 3] = 0
    cv2.imwrite(str(tmp_path / "holes.png"), pixels)
    material = replace(DULL, texture=ImageTexture(path=str(tmp_path / "holes.png"), tile_m=1.0), alpha="mask")
    sheet = BodySpec(name="sheet", shape=BoxShape(size_m=(8, 8, 1e-4)), material=material)
    shown = radiance(gl, SceneSpec(bodies=(sheet,), environment=EVEN))[..., 0] > 0.75  # its own is 0.5, the background's 1
    x, y = (ground_points()[..., i] % 1 * 64 for i in (0, 1))
    holes = (x > 8) & (x < 30) & (y > 64 - 40) & (y < 64 - 16)
    assert np.mean(shown != holes) < 0.01


@pytest.mark.parametrize("surroundings", [None, PhysicalSky(sun_elevation_rad=0.5, sun_azimuth_rad=1.0)])
def test_surroundings_light_and_show_as_ours_do(surroundings, gl, raster) -> None:
    environment = EnvironmentSpec(surroundings=surroundings, occlusion_radius_m=0)
    balls = [
        BodySpec(
            name=f"ball-{i}-{metallic}",
            shape=SphereShape(radius_m=0.4, segments=64),
            world_from_body=Pose((0.9 * i - 0.9, metallic - 0.5, 0.4)),
            material=MaterialSpec(base_color=(0.8, 0.6, 0.4), metallic=metallic, roughness=roughness),
        )
        for i, roughness in enumerate((0.2, 0.5, 1.0))
        for metallic in (0, 1)
    ]
    spec = SceneSpec(bodies=(FLOOR, *balls), environment=environment)
    camera = CameraSpec.from_fov(width=160, height=120, fov_y_rad=0.8, world_from_camera=Pose.from_matrix(look_at((0, -4, 1.5), (0, 0, 0.5))))
    theirs = radiance(gl, spec, camera)
    raster.load(spec)
    ours = raster.render(camera, ("radiance", "instance"))
    for index in range(len(spec.bodies) + 1):
        seen = ours.instance == index
        np.testing.assert_allclose(theirs[seen].mean(axis=0), ours.radiance[seen].mean(axis=0), rtol=0.05)


# --- light against closed forms ---------------------------------------------------------------------------


def ground_points(camera=DOWN):
    """(H, W, 3) points of the plane z = 0 that a camera looking straight down sees."""
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    m = camera.world_from_camera.matrix
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1) @ m[:3, :3].T
    return m[:3, 3] + rays * (m[2, 3] / -rays[..., 2:])


def test_a_sun_on_a_floor(gl) -> None:
    got = radiance(gl, floor_under(SunLight(direction=(0, 0.6, -0.8), irradiance=(3, 2, 1))))
    expected = np.array(DULL.base_color) * (3, 2, 1) * 0.8 / math.pi
    np.testing.assert_allclose(got, np.broadcast_to(expected, got.shape), rtol=1e-5)


def test_radiance_is_not_clipped(gl) -> None:
    got = radiance(gl, floor_under(SunLight(direction=(0, 0, -1), irradiance=(3e5, 0, 3e-4))))
    np.testing.assert_allclose(got[60, 80], np.array([0.5 * 3e5, 0, 0.3 * 3e-4]) / math.pi, rtol=1e-5)


@pytest.mark.parametrize("shadows", [True, False])
def test_a_point_light_on_a_floor(gl, shadows) -> None:
    """With shadows, it shines through the six sides of a cube: no gap and no overlap shows where they meet."""
    away = np.array((0.1, -0.2, 0.5)) - ground_points()
    square = (away**2).sum(axis=-1)
    expected = 0.5 * 4 / math.pi * away[..., 2] / square**1.5
    got = radiance(gl, floor_under(PointLight(position_m=(0.1, -0.2, 0.5), intensity=(4, 4, 4), shadows=shadows)))
    np.testing.assert_allclose(got[..., 0], expected, rtol=1e-4)


def test_a_spot_on_a_floor(gl) -> None:
    light = SpotLight(position_m=(0, 0, 1), direction=(0, 0, -1), intensity=(4, 4, 4), inner_rad=0.2, outer_rad=0.5)
    away = np.array(light.position_m) - ground_points()
    square = (away**2).sum(axis=-1)
    cosine = away[..., 2] / np.sqrt(square)
    edge = np.clip((cosine - math.cos(0.5)) / (math.cos(0.2) - math.cos(0.5)), 0, 1) ** 2
    got = radiance(gl, floor_under(light))
    np.testing.assert_allclose(got[..., 0], 0.5 * 4 / math.pi * edge * cosine / square, atol=1e-4)


def test_a_rectangle_on_a_floor(gl) -> None:
    """Against the integral over it, by 64 x 64 places; four of them are good to some percent from twice its width on."""
    light = RectLight(position_m=(0, 0, 1.2), direction=(0.3, 0, -1), size_m=(0.6, 0.4), radiance=(5, 5, 5))
    across, up, axis = (np.array(a) for a in light.axes)
    points = ground_points()[::20, ::20]
    expected = np.zeros(points.shape[:2])
    for x in (np.arange(64) + 0.5) / 64 - 0.5:
        for y in (np.arange(64) + 0.5) / 64 - 0.5:
            away = np.array(light.position_m) + x * 0.6 * across + y * 0.4 * up - points
            square = (away**2).sum(axis=-1)
            expected += np.maximum(-(away @ axis), 0) * away[..., 2] / square**2
    expected *= 5 * 0.6 * 0.4 / 64**2 * 0.5 / math.pi
    got = radiance(gl, floor_under(light))[::20, ::20, 0]
    np.testing.assert_allclose(got, expected, rtol=0.05, atol=0.002)


@pytest.mark.parametrize("light", [PointLight(position_m=(0, 0, 1)), RectLight(position_m=(0, 0, 1), direction=(0, 0, -1), size_m=(0.1, 0.1))])
def test_points_and_rectangles_cast_shadows(light, gl) -> None:
    """A plate halfway up shades the square twice its size."""
    plate = BodySpec(name="plate", shape=BoxShape(size_m=(0.2, 0.2, 0.002)), world_from_body=Pose((0, 0, 0.5)), material=DULL)
    spec = floor_under(light)
    open_floor = radiance(gl, spec)
    under = radiance(gl, spec.replace(bodies=(FLOOR, plate)))
    x, y = (np.abs(ground_points()[..., i]) for i in (0, 1))
    shadow = (x < 0.17) & (y < 0.17) & ((x > 0.13) | (y > 0.13))  # around the plate itself, which is nearer and hides 0.12
    clear = (x > 0.26) | (y > 0.26)
    assert under[shadow].max() < 0.02 * open_floor[shadow].min()
    np.testing.assert_allclose(under[clear], open_floor[clear], rtol=0.02)


def test_any_number_of_lights(gl) -> None:
    """Light adds up: more than one pass holds are as many pictures of one light each, added."""
    spec = SCENES["large-triangle"]
    lights = tuple(
        SpotLight(position_m=(3 + 0.1 * i, -2 + 0.3 * i, 3), direction=(0, 0, -1), radius_m=0.01 * i, shadows=i % 3 > 0) for i in range(13)
    )
    lights += (SunLight(direction=(1, 1, -1)), PointLight(position_m=(3, 0, 2)))
    spec = replace(spec, environment=DARK)
    camera = CameraSpec.from_fov(width=80, height=60, fov_y_rad=0.8, world_from_camera=spec.cameras[0].world_from_camera)
    together = radiance(gl, spec.replace(lights=lights), camera)
    single = sum(radiance(gl, spec.replace(lights=(light,)), camera) for light in lights)
    assert together.max() > 1
    np.testing.assert_allclose(together, single, rtol=1e-4, atol=1e-5)


def test_the_background_is_a_blend_of_its_colours(gl, raster) -> None:
    spec = SceneSpec(environment=EnvironmentSpec(background_top=(0.2, 0.5, 1.0), background_bottom=(0.6, 0.4, 0.3)))
    camera = CameraSpec.from_fov(width=64, height=96, fov_y_rad=2.4)
    np.testing.assert_allclose(radiance(gl, spec, camera), radiance(raster, spec, camera), atol=1e-4)


def hdr_file(folder, picture):
    cv2.imwrite(str(folder / "map.hdr"), np.asarray(picture, np.float32)[..., ::-1])
    return str(folder / "map.hdr")


def test_an_even_map_is_a_white_furnace(gl, tmp_path) -> None:
    """Under the same light from everywhere, white dull and white metallic balls vanish before the background."""
    environment = EnvironmentSpec(surroundings=HdrMap(path=hdr_file(tmp_path, np.full((32, 64, 3), 0.5)), strength=1.4))
    bodies = [
        BodySpec(
            name=f"ball-{i}",
            shape=SphereShape(radius_m=0.3, segments=96),
            world_from_body=Pose((0.7 * i - 0.35, 0, 0)),
            material=MaterialSpec(base_color=(1, 1, 1), metallic=i, roughness=(1.0, 0.4)[i], ior=1),
        )
        for i in range(2)
    ]
    np.testing.assert_allclose(radiance(gl, SceneSpec(bodies=tuple(bodies), environment=environment)), 0.7, rtol=0.03)


@pytest.mark.parametrize("turn", [0.0, 1.0, -2.5])
def test_a_map_is_seen_where_it_lies_and_lights_from_there(turn, gl, tmp_path) -> None:
    """A bright patch in its middle column, at the horizon: towards the world's +x, turned."""
    picture = np.zeros((64, 128, 3))
    picture[30:34, 62:66] = (6, 4, 2)
    environment = EnvironmentSpec(surroundings=HdrMap(path=hdr_file(tmp_path, picture), turn_rad=turn))
    towards = (math.cos(turn), math.sin(turn), 0.0)
    camera = CameraSpec.from_fov(width=101, height=101, fov_y_rad=1.0, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), towards)))
    seen = radiance(gl, SceneSpec(environment=environment), camera)
    np.testing.assert_allclose(seen[50, 50], (6, 4, 2), rtol=0.01)
    rows, columns = np.nonzero(seen[..., 0] > 3)
    assert rows.mean() == pytest.approx(50, abs=0.5) and columns.mean() == pytest.approx(50, abs=0.5)
    # Four by four texels of pi/64 across, on a surface that faces them.
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.5, segments=128), material=DULL)
    behind = replace(camera, world_from_camera=Pose.from_matrix(look_at(tuple(3 * c for c in towards), (0, 0, 0))))
    lit = radiance(gl, SceneSpec(bodies=(ball,), environment=environment), behind)
    np.testing.assert_allclose(lit[50, 50], np.array(DULL.base_color) * (6, 4, 2) * (4 * math.pi / 64) ** 2 / math.pi, rtol=0.05)


def test_a_clear_sky_is_bright_about_the_sun(gl) -> None:
    sky = PhysicalSky(sun_elevation_rad=0.4, sun_azimuth_rad=2.0)
    ball = BodySpec(name="ball", shape=SphereShape(radius_m=0.5, segments=64), world_from_body=Pose((0, 0, -1)), material=DULL)
    spec = SceneSpec(bodies=(ball,), environment=EnvironmentSpec(surroundings=sky))
    at, away = (
        radiance(gl, spec, replace(DOWN, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (x * math.cos(2), x * math.sin(2), 0.42))))).mean()
        for x in (1, -1)
    )
    assert at > 2 * away > 0
    hidden = spec.replace(environment=EnvironmentSpec(surroundings=sky, background_top=(0, 0, 0)))
    assert radiance(gl, hidden)[0, 0].max() < 0.3


def test_what_shines_and_what_is_seen_through(gl) -> None:
    """An emitter keeps its radiance; a half transparent sheet shows half of itself and half of what is behind; glass lends its colour."""
    lamp = replace(FLOOR, material=MaterialSpec(base_color=(0, 0, 0), ior=1, emissive=(2, 1, 0.5)))
    sheet = MaterialSpec(base_color=(0, 0, 0), ior=1, opacity=0.5, alpha="blend")
    glass = BodySpec(name="sheet", shape=BoxShape(size_m=(8, 8, 1e-4)), world_from_body=Pose((0, 0, 0.5)), material=replace(sheet, two_sided=False))
    np.testing.assert_allclose(radiance(gl, SceneSpec(bodies=(lamp,), environment=DARK))[60, 80], (2, 1, 0.5), rtol=1e-3)
    np.testing.assert_allclose(radiance(gl, SceneSpec(bodies=(lamp, glass), environment=DARK))[60, 80], (1, 0.5, 0.25), rtol=1e-3)
    tinted = replace(glass, material=MaterialSpec(base_color=(0.2, 0.8, 0.4), ior=1, transmission=0.9, two_sided=False))
    np.testing.assert_allclose(radiance(gl, SceneSpec(bodies=(lamp, tinted), environment=DARK))[60, 80], (0.36, 0.72, 0.18), rtol=1e-3)


def test_edges_are_smooth(gl) -> None:
    """Of four samples a pixel, any number may lie beyond a slanted edge."""
    turned = Pose((-1, 0, 0), (math.cos(0.1), 0, 0, math.sin(0.1)))
    card = BodySpec(name="card", shape=BoxShape(size_m=(2, 2, 0.01)), world_from_body=turned, material=DULL)
    even = EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1), background_top=(0, 0, 0), background_bottom=(0, 0, 0))
    got = radiance(gl, SceneSpec(bodies=(card,), environment=even))[..., 0]
    np.testing.assert_allclose(np.unique(np.round(got / got.max(), 3)), (0, 0.25, 0.5, 0.75, 1))


# --- the renderer as an engine ----------------------------------------------------------------------------


def test_numpy_is_left_as_it_is(gl) -> None:
    """pyrender 0.1.45 uses a name that NumPy 2 has no more; we go round it, and patch nothing."""
    gl.load(SCENES["table"])
    gl.render(SCENES["table"].cameras[0], ("rgb",))
    assert not hasattr(np, "infty")


def test_labels_are_the_rasterizers(gl, raster) -> None:
    spec = SCENES["table"]
    labels = [c for c in CHANNELS if c not in ("rgb", "radiance")]
    for renderer in (gl, raster):
        renderer.load(spec)
    ours, theirs = raster.render(spec.cameras[0], labels), gl.render(spec.cameras[0], CHANNELS)
    for name in ("depth_m", "instance", "normal", "category", "albedo", "object_coordinates", "flow_forward", "flow_backward", "shadow"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.silhouettes.keys() == theirs.silhouettes.keys()
    assert theirs.rgb.shape == (*theirs.instance.shape, 3)


def test_only_what_is_asked_for(gl) -> None:
    gl.load(SCENES["table"])
    camera = SCENES["table"].cameras[0]
    frame = gl.render(camera, ("rgb",))
    assert frame.rgb is not None and frame.radiance is None and frame.depth_m is None
    frame = gl.render(camera, ("instance",))
    assert frame.rgb is None and frame.instance is not None


def test_rgb_is_the_sensors_picture_of_the_radiance(gl) -> None:
    spec = SCENES["bin"]
    gl.load(spec)
    dark = replace(spec.cameras[0], sensor=SensorSpec(exposure_ev=-20, tone_curve="linear"))
    plain = replace(spec.cameras[0], sensor=SensorSpec(tone_curve="linear"))
    frame = gl.render(plain, ("rgb", "radiance"))
    t = np.clip(frame.radiance, 0, 1)
    code = 255 * np.where(t <= 0.0031308, 12.92 * t, 1.055 * t ** (1 / 2.4) - 0.055)
    assert np.abs(frame.rgb - code).max() < 1
    assert not gl.render(dark, ("rgb",)).rgb.any()


def test_the_same_picture_twice_and_after_others(gl) -> None:
    first = radiance(gl, SCENES["bin"], SCENES["bin"].cameras[0])
    radiance(gl, SCENES["street"], SCENES["street"].cameras[0])
    np.testing.assert_array_equal(radiance(gl, SCENES["bin"], SCENES["bin"].cameras[0]), first)


@pytest.mark.parametrize("size", [(641, 479), (1, 1), (3, 201)])
def test_odd_sizes(size, gl) -> None:
    """Every picture is the same scene, cut: no rows are skewed."""
    width, height = size
    spec = floor_under(SunLight(direction=(0, 0, -1)), PointLight(position_m=(0, 0, 1)))
    wide = replace(DOWN, width=641, height=479, cx=320.0, cy=239.0)
    cut = replace(wide, width=width, height=height, cx=width / 2 - 0.5, cy=height / 2 - 0.5)
    got, whole = radiance(gl, spec, cut), radiance(gl, spec, wide)
    assert got.shape == (height, width, 3)
    top, left = round(239 - cut.cy), round(320 - cut.cx)
    np.testing.assert_allclose(got, whole[top : top + height, left : left + width], rtol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (7, 1)])
def test_small_and_odd_textures(shape, gl, tmp_path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*shape, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "small.png"), pixels[..., ::-1])
    material = replace(DULL, base_color=(1, 1, 1), texture=ImageTexture(path=str(tmp_path / "small.png"), tile_m=100.0))
    # One texel is metres wide: its middle has its colour.
    place = (100.0 * 0.5 / shape[1], -100.0 * 0.5 / shape[0], -0.1)
    body = BodySpec(name="floor", shape=BoxShape(size_m=(300, 300, 0.2)), world_from_body=Pose((-place[0], -place[1], -0.1)), material=material)
    got = radiance(gl, SceneSpec(bodies=(body,), environment=EnvironmentSpec(sky=(1, 1, 1), ground=(1, 1, 1))))[60, 80]
    srgb = pixels[0, 0] / 255
    np.testing.assert_allclose(got, np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4), atol=0.02)


def test_no_bodies_and_no_lights(gl) -> None:
    for spec in (SceneSpec(), SceneSpec(lights=(SunLight(direction=(0, 0, -1)),)), SceneSpec(bodies=(FLOOR,), lights=())):
        gl.load(spec)
        frame = gl.render(DOWN, ("rgb", "radiance", "instance"))
        assert np.isfinite(frame.radiance).all() and frame.radiance.min() > 0


def test_glass_alone_in_the_sun(gl) -> None:
    """Nothing is drawn into the sun's map."""
    pane = replace(FLOOR, material=MaterialSpec(transmission=1.0))
    spec = SceneSpec(bodies=(pane,), lights=(SunLight(direction=(0, 0, -1)),))
    assert np.isfinite(radiance(gl, spec)).all()


def test_what_is_not_drawn_is_refused(gl) -> None:
    gl.load(SceneSpec())
    for wrong in ({"distortion": BrownConrady(k1=0.1)}, {"aperture_m": 0.01}, {"exposure_s": 0.01}, {"rolling_shutter_s": 0.01}):
        with pytest.raises(InvalidValue, match=next(iter(wrong))):
            gl.render(replace(DOWN, **wrong), ("rgb",))
    with pytest.raises(InvalidValue, match="pixels a side"):
        gl.render(replace(DOWN, width=10**6), ("rgb",))


def test_a_scene_comes_first(library, gl) -> None:
    with GL(library) as fresh, pytest.raises(RuntimeError, match="load one first"):
        fresh.render(DOWN, ("rgb",))


def open_files_and_threads():
    return tuple(len(list(Path("/proc/self", kind).iterdir())) for kind in ("fd", "task"))


def test_it_opens_and_closes_many_times(library, gl) -> None:
    """Beside one that stays open, which is none the worse for it."""
    spec = floor_under(SunLight(direction=(0, 0, -1)))
    first = radiance(gl, spec)
    counts = []
    for _ in range(20):
        with GL(library) as renderer:
            np.testing.assert_array_equal(radiance(renderer, spec), first)
        counts.append(open_files_and_threads())
    assert counts[-1] == counts[2]
    np.testing.assert_array_equal(radiance(gl, spec), first)


# --- finding OpenGL ---------------------------------------------------------------------------------------


def test_it_is_a_renderer_by_name(library) -> None:
    assert isinstance(open_renderer("gl", library), GL)
    assert "gl" in RENDERERS.names()


def test_without_pyrender_the_extra_is_named(library, monkeypatch) -> None:
    monkeypatch.setattr(platform, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "diorama\[gl\]"'), GL(library):
        pass


def test_what_to_install_is_said(gl, monkeypatch) -> None:
    """Where nothing works: here, on a device that is not there."""
    monkeypatch.setenv("EGL_DEVICE_ID", "31")
    with pytest.raises(NoOpenGL, match="EGL offers no display") as told:
        platform._working_platform.__wrapped__("egl")
    assert "apt-get install libegl1 libgl1 libgl1-mesa-dri" in str(told.value)
    assert "apt-get install libosmesa6" in str(told.value)
    with pytest.raises(NoOpenGL, match="set egl or osmesa"):
        platform._working_platform.__wrapped__("cocoa")


def test_a_probe_that_dies_or_hangs_is_survived(monkeypatch) -> None:
    def run(command, **kwargs):
        return subprocess.CompletedProcess(command, -11, "", "")

    monkeypatch.setattr(platform.subprocess, "run", run)
    assert "signal 11" in platform._failure("egl")

    def hang(command, **kwargs):
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(platform.subprocess, "run", hang)
    assert "no context within" in platform._failure("egl")


def test_an_import_for_windows_before_us_is_told(gl, monkeypatch) -> None:
    context = importlib.import_module("diorama.sim.render.gl.context")
    assert context.current_platform() == gl._context.platform
    code = f"import runpy; print(runpy.run_path({context.__file__!r})['current_platform']())"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYOPENGL_PLATFORM": "x11"}, capture_output=True, text=True, check=True)
    monkeypatch.setattr(context, "current_platform", lambda: done.stdout.strip())
    with pytest.raises(NoOpenGL, match='for the platform "glx"'), platform.chosen_platform():
        pass


def test_no_library_of_windows_is_needed(gl) -> None:
    """pyrender's viewer would load X's libraries, which are not on every machine."""
    assert not {"pyglet", "pyrender.viewer"} & set(sys.modules)


def test_the_environment_is_left_as_it_was(gl, monkeypatch) -> None:
    """PyOpenGL reads it while it is imported; nobody else should."""
    monkeypatch.delitem(sys.modules, "OpenGL.platform")
    for before in (None, gl._context.platform):
        if before is None:
            monkeypatch.delenv("PYOPENGL_PLATFORM", raising=False)
        else:
            monkeypatch.setenv("PYOPENGL_PLATFORM", before)
        with platform.chosen_platform() as found:
            assert os.environ["PYOPENGL_PLATFORM"] == found
        assert os.environ.get("PYOPENGL_PLATFORM") == before
