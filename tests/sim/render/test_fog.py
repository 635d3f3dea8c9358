"""Fog: what is left against the exponential, layers against the way of light piece by piece, renderers against each other, and labels untouched."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.frame import CHANNELS
from diorama.sim.lens import rays_at
from diorama.sim.render import open_renderer
from diorama.sim.render.fog import air_light, decays
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.sky import level_irradiance, sky_tables
from diorama.sim.spec import (
    Backdrop,
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    Fog,
    KannalaBrandt,
    MaterialSpec,
    Motion,
    PhysicalSky,
    Pose,
    SceneSpec,
    SunLight,
)
from diorama.sim.transforms import look_at

AIR = (0.3, 0.4, 0.5)
LIGHT = (2.0, 1.0, 0.25)
#: Stands at the origin and looks along +y.
AHEAD = CameraSpec.from_fov(width=48, height=32, fov_y_rad=0.8, near_m=0.1, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (0, 1, 0))))


def around(extinction, **more):
    dark = {"sky": (0.0, 0.0, 0.0), "ground": (0.0, 0.0, 0.0), "occlusion_radius_m": 0.0}
    return EnvironmentSpec(**{**dark, "fog": Fog(extinction_per_m=extinction, color=AIR), **more})


def wall(y, name="wall", size=400.0, color=LIGHT, **more):
    """Across the view, with its front at y; it only sends out light."""
    material = MaterialSpec(base_color=(0, 0, 0), emissive=color, ior=1.0, roughness=1.0, **more)
    return BodySpec(name=name, shape=BoxShape(size_m=(size, 0.01, size)), world_from_body=Pose((0, y + 0.005, 0)), material=material, category="wall")


def lengths(camera):
    """(H, W) how long rays through pixels' centres are for each metre along the camera's axis."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width] + 0.5
    return np.sqrt(1 + ((u - camera.cx) / camera.fx) ** 2 + ((v - camera.cy) / camera.fy) ** 2)


def seen(raster, spec, camera=AHEAD, channel="radiance"):
    raster.load(spec)
    return getattr(raster.render(camera, (channel,)), channel)


@pytest.mark.parametrize("extinction", [0.0005, 0.01, 0.04, 0.3, 5.0])
@pytest.mark.parametrize("distance", [0.5, 12.0, 90.0])
def test_what_is_left_is_the_exponential_of_the_way(raster, extinction, distance):
    got = seen(raster, SceneSpec(bodies=(wall(distance),), environment=around(extinction)))
    left = np.exp(-extinction * distance * lengths(AHEAD))[..., None]
    np.testing.assert_allclose(got, left * LIGHT + (1 - left) * AIR, atol=3e-6)


def test_through_a_lens_that_bends_the_picture(raster):
    camera = replace(AHEAD, distortion=KannalaBrandt(k1=0.05))
    spec = SceneSpec(bodies=(wall(20.0),), environment=around(0.05))
    got = seen(raster, spec, camera)
    rays = rays_at(camera, np.stack(np.meshgrid(np.arange(48) + 0.5, np.arange(32) + 0.5), axis=-1).reshape(-1, 2)).reshape(32, 48, 3)
    left = np.exp(-0.05 * 20.0 / rays[..., 2:])
    np.testing.assert_allclose(got, left * LIGHT + (1 - left) * AIR, atol=2e-5)


def test_the_sky_fades_towards_the_horizon_and_the_far_ground_is_gone(raster):
    sky = {"background_top": (1.0, 1.0, 1.0), "background_bottom": (1.0, 1.0, 1.0), "fog": Fog(extinction_per_m=0.002, color=AIR, height_m=100.0)}
    got = seen(raster, SceneSpec(environment=around(0.0, **sky)))
    v = np.arange(AHEAD.height) + 0.5
    rise = (AHEAD.cy - v)[:, None] / AHEAD.fy / lengths(AHEAD)
    left = np.exp(-0.002 * 100.0 / np.maximum(rise, 1e-9))[..., None]
    np.testing.assert_allclose(got, left + (1 - left) * AIR, atol=2e-6)
    np.testing.assert_allclose(got[17:], np.broadcast_to(AIR, got[17:].shape), atol=1e-6)


def test_glass_has_fog_before_and_behind_it(raster):
    """Piece by piece: from the wall to the far film, through it, to the near film, through it, to the eye."""
    extinction, places, opacities = 0.06, (3.0, 8.0), (0.3, 0.6)
    glow = [(0.5, 0.0, 1.0), (0.0, 2.0, 0.2)]
    films = [wall(y, f"film-{y}", color=c, alpha="blend", opacity=o) for y, c, o in zip(places, glow, opacities, strict=True)]
    # Boxes have a back as well: what is seen of a film is its front and its back, one after the other.
    got = seen(raster, SceneSpec(bodies=(wall(20.0), *films), environment=around(extinction)))
    ways = lengths(AHEAD)[..., None]
    light = np.broadcast_to(np.array(LIGHT), got.shape)
    at = 20.0
    for y, color, opacity in reversed([(y + back, c, o) for y, c, o in zip(places, glow, opacities, strict=True) for back in (0.0, 0.01)]):
        left = np.exp(-extinction * (at - y) * ways)
        light = (light * left + (1 - left) * AIR) * (1 - opacity) + opacity * np.array(color)
        at = y
    left = np.exp(-extinction * at * ways)
    np.testing.assert_allclose(got, light * left + (1 - left) * AIR, atol=1e-5)


def test_labels_know_nothing_of_fog(raster):
    spec = SceneSpec(
        bodies=(wall(6.0, size=2.0), replace(wall(9.0, "other", size=3.0), motion=Motion((1.0, 0, 0)))), lights=(SunLight(direction=(0, 1, -1)),)
    )
    labels = [c for c in CHANNELS if c not in ("rgb", "radiance")]
    frames = []
    for extinction in (0.0, 0.2):
        raster.load(spec.replace(environment=around(extinction)))
        frames.append(raster.render(AHEAD, (*labels, "rgb")))
    assert (frames[0].rgb != frames[1].rgb).any()
    for name in labels:
        if name == "amodal":
            pairs = [(a.bits, b.bits) for a, b in zip(*(f.silhouettes.values() for f in frames), strict=True)]
        else:
            pairs = [tuple(getattr(f, "depth_m" if name == "depth" else name) for f in frames)]
        for a, b in pairs:
            np.testing.assert_array_equal(a, b)


def test_no_fog_and_fog_of_nothing_are_the_same_bytes(raster):
    spec = SceneSpec(bodies=(wall(6.0, size=2.0),), environment=around(0.0))
    assert seen(raster, spec).tobytes() == seen(raster, spec.replace(environment=around(0.0, fog=None))).tobytes()


def test_batches_have_the_same_bytes(raster):
    worlds = [SceneSpec(bodies=(wall(6.0 + i, size=2.0),), cameras=(AHEAD,), environment=around(0.05 * i)) for i in range(3)]
    alone = [seen(raster, world).tobytes() for world in worlds]
    assert [picture.tobytes() for picture in raster.render_batch(worlds, ("radiance",))["radiance"].numpy()] == alone


@pytest.mark.parametrize("name", ["gl", "pathtrace"])
def test_other_renderers_show_the_same_fog(raster, library, name):
    """But for edges, and a texel of the path tracer's noise."""
    spec = SceneSpec(bodies=(wall(6.0, size=2.0), wall(40.0, "far", size=20.0)), environment=around(0.03, background_top=(0.9, 0.8, 0.7)))
    expected = seen(raster, spec)
    try:
        with open_renderer(name, library, **({"spp": 4} if name == "pathtrace" else {})) as other:
            other.load(spec)
            got = other.render(AHEAD, ("radiance",)).radiance
    except (MissingExtra, NoOpenGL) as missing:
        pytest.skip(str(missing))
    off = np.abs(got - expected).max(axis=2)
    assert np.percentile(off, 80) < 1e-3
    assert (off > 0.01).mean() < 0.1


def test_a_photograph_has_weather_of_its_own(raster, tmp_path):
    path = str(tmp_path / "photo.png")
    cv2.imwrite(path, np.full((32, 48, 3), 200, np.uint8))
    camera = replace(AHEAD, backdrop=Backdrop(path=path))
    pictures = [seen(raster, SceneSpec(environment=around(e)), camera) for e in (0.0, 0.5)]
    np.testing.assert_array_equal(*pictures)


def test_air_is_as_bright_as_what_is_around_it_on_average():
    even = EnvironmentSpec(sky=(1.0, 2.0, 3.0), ground=(0.0, 0.0, 1.0), fog=Fog(extinction_per_m=0.1))
    assert air_light(even, ()) == pytest.approx((0.5, 1.0, 2.0))
    sun = SunLight(direction=(0, 0, -1), irradiance=(4.0, 4.0, 0.0))
    assert air_light(even, (sun,)) == pytest.approx((0.5 + 1 / math.pi, 1.0 + 1 / math.pi, 2.0))
    sky = PhysicalSky(sun_elevation_rad=0.5, strength=2.0)
    got = air_light(EnvironmentSpec(surroundings=sky, fog=Fog(extinction_per_m=0.1)), ())
    expected = [(e / math.pi + 2.0 * g) / 2 for e, g in zip(level_irradiance(sky), sky_tables(sky).ground, strict=True)]
    assert got == pytest.approx(expected)
    assert air_light(around(0.1), (sun,)) == AIR


def test_decay_is_the_exponential():
    x = np.concatenate([np.linspace(0, 40, 4001), [79.9, 300.0, np.inf]])
    np.testing.assert_allclose(decays(x), np.exp(-x), atol=1e-8)


@pytest.mark.parametrize("bad", [{"extinction_per_m": -1.0}, {"extinction_per_m": math.inf}, {"extinction_per_m": 0.1, "height_m": 0.0}])
def test_fog_that_cannot_be_is_refused(bad):
    with pytest.raises(InvalidValue, match="Fog"):
        Fog(**bad)
