"""Drops on the glass and rain in the air: what they show, where they are, and that no label knows of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.errors import InvalidValue, MissingExtra
from diorama.sim.frame import CHANNELS
from diorama.sim.render import open_renderer
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.render.raster.drops import drop_rows
from diorama.sim.render.raster.falling import streaks
from diorama.sim.render.raster.sensor import Sensor
from diorama.sim.spec import (
    BodySpec,
    BoxShape,
    CameraSpec,
    Drops,
    EnvironmentSpec,
    Falling,
    Fog,
    MaterialSpec,
    Motion,
    Pose,
    SceneSpec,
    SensorSpec,
)
from diorama.sim.transforms import look_at

CAMERA = CameraSpec.from_fov(width=160, height=120, fov_y_rad=0.8, near_m=0.1, world_from_camera=Pose.from_matrix(look_at((0, 0, 1.5), (0, 10, 1.5))))
BLACK = MaterialSpec(base_color=(0, 0, 0), ior=1.0, roughness=1.0)
DARK = {"sky": (0.0, 0.0, 0.0), "ground": (0.0, 0.0, 0.0), "occlusion_radius_m": 0.0}
WHITE_AIR = Fog(extinction_per_m=0.0, color=(1.0, 1.0, 1.0))


def with_drops(camera=CAMERA, **drops):
    return replace(camera, sensor=SensorSpec(tone_curve="linear", drops=Drops(**drops)))


# --- drops --------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.floats(0.002, 0.05), st.integers(0, 2**40))
def test_drops_do_not_touch(count, size, seed):
    rows = drop_rows(Drops(count=count, size=size, seed=seed), 160, 120)
    assert len(rows) <= count
    places, reach = rows[:, :2], rows[:, 2:4].max(axis=1, initial=0)
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(-1)) + np.diag(np.full(len(rows), np.inf))
    assert (apart > reach[:, None] + reach[None] - 1e-3).all()
    np.testing.assert_array_equal(rows, drop_rows(Drops(count=count, size=size, seed=seed), 160, 120))


def test_a_drop_shows_the_scene_upside_down():
    """A sky above a dark ground: in the drop the bright half is below. Left and right change places as well."""
    light = np.zeros((120, 160, 3), np.float32)
    light[:60] = 1.0
    light[:, :80, 0] += 0.5
    camera = with_drops(count=1, size=0.1, seed=5)
    ((u, v, wide, tall, _),) = drop_rows(camera.sensor.drops, 160, 120)
    seen = Sensor().behind_lens(light, camera)
    above, below = (seen[int(v + s * 0.55 * tall), int(u), 1] for s in (-1, 1))
    assert below > 0.6 > 0.3 > above
    left, right = (seen[int(v), int(u + s * 0.55 * wide), 0] for s in (-1, 1))
    assert right > left + 0.2


def test_beyond_drops_the_picture_is_what_it_was():
    rng = np.random.default_rng(0)
    light = rng.random((120, 160, 3), np.float32)
    camera = with_drops(count=12, size=0.02, seed=1)
    seen = Sensor().behind_lens(light, camera)
    v, u = np.mgrid[0:120, 0:160] + 0.5
    near = np.zeros((120, 160), bool)
    for x, y, wide, tall, _ in drop_rows(camera.sensor.drops, 160, 120):
        near |= ((u - x) / (2.2 * wide)) ** 2 + ((v - y) / (1.8 * tall)) ** 2 < 1
    np.testing.assert_array_equal(seen[~near], light[~near])
    assert (seen != light).any(axis=2).mean() > 0.01
    assert np.isfinite(seen).all() and seen.min() >= 0 and seen.max() <= light.max() + 1e-6


def test_no_drops_change_no_byte():
    light = np.random.default_rng(0).random((120, 160, 3), np.float32)
    plain = replace(CAMERA, sensor=SensorSpec())
    np.testing.assert_array_equal(
        Sensor().develop(light, with_drops(count=0)), Sensor().develop(light, replace(plain, sensor=SensorSpec(tone_curve="linear")))
    )


# --- rain and snow in the air -------------------------------------------------------------------------------


def wall(y):
    return BodySpec(name="wall", shape=BoxShape(size_m=(60, 0.1, 60)), world_from_body=Pose((0, y, 0)), material=BLACK, category="wall")


def seen(raster, falling, camera=CAMERA, y=30.0, channel="radiance"):
    raster.load(SceneSpec(bodies=(wall(y),), environment=EnvironmentSpec(**DARK, fog=WHITE_AIR, falling=falling)))
    return getattr(raster.render(camera, (channel,)), channel)


@pytest.mark.parametrize("what", ["rain", "snow"])
def test_more_falls_more_is_seen_and_none_shows_nothing(raster, what):
    means = [float(seen(raster, Falling(what=what, rate_mm_h=rate, seed=3)).mean()) for rate in (0.0, 0.5, 2.0, 8.0)]
    assert means[0] == 0 < means[1] < means[2] < means[3] < 0.2
    # Twice as much for four times the rate: drops get larger as well.
    assert means[3] / means[2] == pytest.approx(2.0, rel=0.15)


def test_only_what_is_nearer_than_surfaces_is_seen(raster):
    falling = Falling(what="snow", rate_mm_h=8.0)
    lines = streaks(falling, CAMERA)
    assert lines[:, 4].min() > 1.2 and lines[:, 4].max() <= 14
    assert seen(raster, falling, y=1.0).max() == 0
    assert 0 < seen(raster, falling, y=4.0).mean() < seen(raster, falling, y=30.0).mean()


def test_it_falls_down_and_towards_who_drives_into_it():
    falling = Falling(rate_mm_h=4.0)
    still = streaks(falling, CAMERA)
    way = still[:, 2:4] - still[:, :2]
    assert (way[:, 1] > 0).all() and (np.abs(way[:, 0]) < 0.1 * way[:, 1] + 0.3).all()
    fast = streaks(falling, replace(CAMERA, motion=Motion((0, 25.0, 0))))
    middle = np.array([CAMERA.cx, CAMERA.cy])
    outwards = ((fast[:, 2:4] - fast[:, :2]) * (fast[:, :2] - middle)).sum(axis=1)
    assert (outwards > 0).mean() > 0.75
    windy = streaks(replace(falling, wind_m_s=(20.0, 0.0)), CAMERA)
    assert (windy[:, 2] > windy[:, 0]).all()


def test_a_longer_exposure_draws_longer_and_fainter_lines():
    falling = Falling(rate_mm_h=4.0)
    short, long = (streaks(falling, replace(CAMERA, exposure_s=s)) for s in (0.002, 0.02))

    def length(lines):
        return np.sqrt(((lines[:, 2:4] - lines[:, :2]) ** 2).sum(axis=1))

    assert np.median(length(long)) == pytest.approx(8 * np.median(length(short)), rel=0.2)
    assert np.median(long[:, 6]) < 0.2 * np.median(short[:, 6])


def test_every_picture_has_others_and_each_the_same_again(raster):
    falling = Falling(rate_mm_h=4.0, seed=7)
    one, again = seen(raster, falling), seen(raster, falling)
    later, other = seen(raster, falling, replace(CAMERA, time_s=0.1)), seen(raster, replace(falling, seed=8))
    assert one.tobytes() == again.tobytes()
    assert len({one.tobytes(), later.tobytes(), other.tobytes()}) == 3


def test_labels_know_nothing_of_water_in_the_air_or_on_the_glass(raster):
    labels = [c for c in CHANNELS if c not in ("rgb", "radiance", "amodal", "points")]
    frames = []
    for falling, drops in ((None, None), (Falling(rate_mm_h=20), Drops(count=60, size=0.03))):
        raster.load(SceneSpec(bodies=(wall(8.0),), environment=EnvironmentSpec(falling=falling)))
        frames.append(raster.render(replace(CAMERA, sensor=SensorSpec(drops=drops)), (*labels, "rgb")))
    assert (frames[0].rgb != frames[1].rgb).any()
    for name in labels:
        field = "depth_m" if name == "depth" else name
        np.testing.assert_array_equal(getattr(frames[0], field), getattr(frames[1], field))


def test_a_blurred_picture_has_rain_too(raster):
    moving = replace(CAMERA, exposure_s=0.01, blur_samples=4, motion=Motion((0, 5.0, 0)))
    assert seen(raster, Falling(rate_mm_h=8.0), moving).mean() > 0


def test_batches_have_the_same_bytes(raster):
    around = EnvironmentSpec(**DARK, fog=WHITE_AIR, falling=Falling(rate_mm_h=8))
    worlds = [SceneSpec(bodies=(wall(9.0),), cameras=(with_drops(count=5, size=0.03),), environment=e) for e in (around, EnvironmentSpec())]
    alone = []
    for world in worlds:
        raster.load(world)
        alone.append(raster.render(world.cameras[0], ("rgb",)).rgb.tobytes())
    assert [picture.tobytes() for picture in raster.render_batch(worlds, ("rgb",))["rgb"].numpy()] == alone


@pytest.mark.parametrize("name", ["gl", "pathtrace"])
def test_other_renderers_have_the_same_rain(raster, library, name):
    falling = Falling(what="snow", rate_mm_h=8.0)
    expected = seen(raster, falling)
    try:
        with open_renderer(name, library, **({"spp": 4} if name == "pathtrace" else {})) as other:
            got = seen(other, falling)
    except (MissingExtra, NoOpenGL) as missing:
        pytest.skip(str(missing))
    np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize(
    "make", [lambda: Drops(count=-1), lambda: Drops(count=3, size=0.0), lambda: Falling(rate_mm_h=-1.0), lambda: Falling(wind_m_s=(100.0, 0.0))]
)
def test_what_cannot_be_is_refused(make):
    with pytest.raises(InvalidValue):
        make()
