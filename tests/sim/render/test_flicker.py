"""Lamps that flicker: how bright each row of a picture is, against the formula; and that all else is left alone."""

import math
from dataclasses import replace

import numpy as np
import pytest

from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.render import open_renderer
from diorama.sim.render.flicker import lights_at, row_powers
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    EnvironmentSpec,
    Flicker,
    MaterialSpec,
    Motion,
    PointLight,
    Pose,
    RectLight,
    SceneSpec,
    SpotLight,
    SunLight,
)
from diorama.sim.transforms import look_at

DARK = EnvironmentSpec(sky=(0, 0, 0), ground=(0, 0, 0), occlusion_radius_m=0)
WALL = BodySpec(
    name="wall",
    shape=BoxShape(size_m=(8, 8, 0.2)),
    world_from_body=Pose((0, 0, -0.1)),
    material=MaterialSpec(base_color=(0.5, 0.5, 0.5), roughness=1.0, ior=1.0),
)
DOWN = CameraSpec(width=32, height=48, fx=60, fy=60, cx=16, cy=24, world_from_camera=Pose.from_matrix(look_at((0, 0, 3), (0, 0, 0))))
SWING = Flicker(frequency_hz=100, depth=0.4, phase_rad=0.7)
LAMPS = {
    "spot": SpotLight(position_m=(0, 0.5, 4), direction=(0, 0, -1), inner_rad=1.0, outer_rad=1.2, shadows=False),
    "point": PointLight(position_m=(0, 0.5, 4), shadows=False),
    "rect": RectLight(position_m=(0, 0.5, 4), direction=(0, 0, -1), shadows=False),
}


def scene(*lights):
    return SceneSpec(bodies=(WALL,), lights=lights, environment=DARK)


def wave(seconds, exposure_s=0.0):
    kept = np.sinc(100 * exposure_s)
    return 1 + 0.4 * kept * np.cos(2 * math.pi * 100 * np.asarray(seconds) + 0.7)


# --- the formula ---


@pytest.mark.parametrize("exposure_s", [0.0, 0.002, 0.01, 0.013])
def test_power_is_the_mean_over_the_exposure(exposure_s):
    for moment in (0.0, 0.0012, 7.3, -4.001):
        times = moment + ((np.arange(4000) + 0.5) / 4000 - 0.5) * exposure_s
        assert SWING.power(moment, exposure_s) == pytest.approx(float(wave(times).mean()), abs=1e-6)


@pytest.mark.parametrize("field", [{"frequency_hz": 0.0}, {"depth": 1.2}, {"depth": -0.1}, {"phase_rad": math.inf}])
def test_what_cannot_be_is_refused(field):
    with pytest.raises(InvalidValue, match=f"Flicker: {next(iter(field))} must"):
        Flicker(**field)


def test_rows_see_lights_at_their_own_moments():
    camera = replace(DOWN, time_s=0.3, rolling_shutter_s=0.02, exposure_s=0.001)
    lights = (SunLight(direction=(0, 0, -1)), replace(LAMPS["spot"], flicker=SWING), LAMPS["point"])
    powers = row_powers(lights, camera)
    assert powers is not None and powers.shape == (48, 3) and powers.dtype == np.float32
    moments = 0.3 + ((np.arange(48) + 0.5) / 48 - 0.5) * 0.02
    np.testing.assert_allclose(powers[:, 1], wave(moments, 0.001), rtol=1e-6)
    np.testing.assert_array_equal(powers[:, [0, 2]], 1)
    assert row_powers(lights[::2], camera) is None
    assert row_powers((replace(lights[1], flicker=replace(SWING, depth=0.0)),), camera) is None


def test_lights_of_one_moment():
    lights = (SunLight(direction=(0, 0, -1)), *(replace(lamp, flicker=SWING) for lamp in LAMPS.values()))
    sun, spot, point, rect = lights_at(lights, replace(DOWN, time_s=0.004))
    assert sun == lights[0]
    assert spot.intensity[0] / LAMPS["spot"].intensity[0] == pytest.approx(float(wave(0.004)))
    assert point.intensity[0] / LAMPS["point"].intensity[0] == pytest.approx(float(wave(0.004)))
    assert rect.radiance[0] / LAMPS["rect"].radiance[0] == pytest.approx(float(wave(0.004)))
    assert lights_at((spot, point, rect), replace(DOWN, time_s=3)) == (spot, point, rect)


# --- pictures ---


@pytest.fixture(scope="module", params=["raster", "gl", "pathtrace"])
def renderer(request, library):
    try:
        with open_renderer(request.param, library, **({"spp": 16} if request.param == "pathtrace" else {})) as opened:
            yield opened
    except (NoOpenGL, MissingExtra) as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("kind", LAMPS)
def test_each_view_is_as_bright_as_the_lamp_is_then(renderer, kind):
    renderer.load(scene(replace(LAMPS[kind], flicker=SWING)))
    seen = [renderer.render(replace(DOWN, time_s=t), ("radiance",)).radiance.mean() for t in (0.0, 0.003, 0.0061, 0.0)]
    renderer.load(scene(LAMPS[kind]))
    mean = renderer.render(DOWN, ("radiance",)).radiance.mean()
    assert [s / mean for s in seen] == pytest.approx(
        wave([0.0, 0.003, 0.0061, 0.0]).tolist(), rel=0.01 if type(renderer).__name__ == "PathTracer" else 1e-4
    )
    assert seen[0] == seen[3]


@pytest.mark.parametrize("kind", LAMPS)
def test_a_rolling_shutter_shows_bands(raster, kind):
    raster.load(scene(LAMPS[kind]))
    steady = raster.render(DOWN, ("radiance",)).radiance
    raster.load(scene(replace(LAMPS[kind], flicker=SWING)))
    camera = replace(DOWN, time_s=0.1, rolling_shutter_s=0.015, exposure_s=0.002)
    banded = raster.render(camera, ("radiance",)).radiance
    moments = 0.1 + ((np.arange(48) + 0.5) / 48 - 0.5) * 0.015
    np.testing.assert_allclose(banded / steady, np.broadcast_to(wave(moments, 0.002)[:, None, None], steady.shape), rtol=1e-4)
    assert np.ptp(wave(moments, 0.002)) > 0.7


def test_light_that_does_not_flicker_has_no_bands(raster):
    """A sun and a steady lamp beside one that flickers: only that one's light has them."""
    sun, lamp, steady = SunLight(direction=(0, 0.1, -1), shadows=False), replace(LAMPS["spot"], flicker=SWING), LAMPS["point"]
    camera = replace(DOWN, rolling_shutter_s=0.015)
    parts = []
    for lights in ((sun, lamp, steady), (sun, steady), (lamp,)):
        raster.load(scene(*lights))
        parts.append(raster.render(camera, ("radiance",)).radiance)
    np.testing.assert_allclose(parts[0], parts[1] + parts[2], rtol=1e-5)


def test_bands_lie_still_where_things_move(raster):
    """Blur is the mean of pictures with the same bands."""
    spinning = replace(WALL, motion=Motion(angular_rad_s=(0.0, 0.0, 1.0)))
    camera = replace(DOWN, rolling_shutter_s=0.015, exposure_s=0.003, time_s=1.0)
    raster.load(scene(replace(LAMPS["point"], flicker=SWING)))
    still = raster.render(camera, ("radiance",)).radiance
    raster.load(replace(scene(replace(LAMPS["point"], flicker=SWING)), bodies=(spinning,)))
    np.testing.assert_allclose(raster.render(camera, ("radiance",)).radiance, still, rtol=2e-3)


def test_labels_do_not_flicker(raster):
    names = ("depth", "instance", "normal", "albedo", "shadow")
    raster.load(scene(LAMPS["spot"]))
    steady = raster.render(replace(DOWN, rolling_shutter_s=0.01), names)
    raster.load(scene(replace(LAMPS["spot"], flicker=SWING)))
    swinging = raster.render(replace(DOWN, rolling_shutter_s=0.01, time_s=0.1), names)
    for name in ("depth_m", "instance", "normal", "albedo", "shadow"):
        np.testing.assert_array_equal(getattr(steady, name), getattr(swinging, name))


def test_batches_flicker_to_the_same_bits(raster):
    world = replace(scene(replace(LAMPS["spot"], flicker=SWING)), cameras=(replace(DOWN, name="a"), replace(DOWN, name="b", time_s=0.004)))
    together = raster.render_batch([world, world], ("rgb",))["rgb"].numpy()
    raster.load(world)
    for index, camera in enumerate(world.cameras):
        np.testing.assert_array_equal(together[1, index], raster.render(camera, ("rgb",)).rgb)
    assert not np.array_equal(together[0, 0], together[0, 1])


def test_the_path_tracer_says_that_it_shows_no_bands(library):
    pytest.importorskip("mitsuba")
    with open_renderer("pathtrace", library, spp=1) as tracer:
        tracer.load(scene(replace(LAMPS["spot"], flicker=SWING)))
        with pytest.raises(InvalidValue, match=r'cannot show lamps that flicker through a rolling shutter\..*"raster"'):
            tracer.render(replace(DOWN, rolling_shutter_s=0.01), ("rgb",))
        tracer.render(replace(DOWN, rolling_shutter_s=0.01), ("instance",))
