"""Clouds: as much of the sky as was asked for, the same everywhere and for every renderer, and nothing where there are none."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.render.pathtrace.environment import around
from diorama.sim.render.raster import octahedral
from diorama.sim.render.raster.clouds import cloudy_map, with_clouds
from diorama.sim.render.raster.environment import EnvironmentCache
from diorama.sim.sky import level_irradiance, radiance, sky_map, sky_tables
from diorama.sim.spec import CameraSpec, Clouds, EnvironmentSpec, PhysicalSky, Pose, SceneSpec
from diorama.sim.transforms import look_at

GENERA = ("cumulus", "stratocumulus", "cirrus")
DIRECTIONS = octahedral.directions(65)[0].reshape(-1, 3)
WEIGHTS = octahedral.solid_angles(65, 65).reshape(-1)


def seen(sky, directions=DIRECTIONS):
    return with_clouds(sky, directions, radiance(sky_tables(replace(sky, clouds=None)), directions))


@pytest.mark.parametrize("genus", GENERA[:2])
@pytest.mark.parametrize("cover", [0.2, 0.5, 0.8])
def test_they_cover_as_much_of_the_sky_as_is_asked(genus, cover):
    """Straight above, where nothing of their sides is seen; thin rims count for less."""
    above = DIRECTIONS[DIRECTIONS[:, 2] > 0.8]
    hidden = []
    for seed in range(24):
        sky = PhysicalSky(sun_elevation_rad=0.6, clouds=Clouds(genus=genus, cover=cover, seed=seed))
        clear = radiance(sky_tables(replace(sky, clouds=None)), above)
        hidden.append((np.abs(seen(sky, above) - clear).max(axis=1) > 0.05 * clear.max()).mean())
    assert np.mean(hidden) == pytest.approx(cover, abs=0.15)
    assert np.std(hidden) > 0.05


@pytest.mark.parametrize("genus", GENERA)
def test_their_light_is_about_what_exposures_are_made_for(genus):
    for elevation in (0.15, 0.5, 1.0):
        for cover in (0.3, 0.6, 0.9):
            skies = [PhysicalSky(sun_elevation_rad=elevation, clouds=Clouds(genus=genus, cover=cover, seed=seed)) for seed in range(8)]
            level = np.mean([(seen(sky) * (WEIGHTS * DIRECTIONS[:, 2])[:, None]).sum(axis=0)[1] for sky in skies])
            assert level == pytest.approx(level_irradiance(skies[0])[1], rel=0.35)


def test_none_and_no_cover_are_the_clear_sky():
    clear = PhysicalSky(sun_elevation_rad=0.4, sun_azimuth_rad=1.0, strength=2.0)
    np.testing.assert_array_equal(cloudy_map(clear, 48), sky_map(clear, 48))
    np.testing.assert_array_equal(seen(replace(clear, clouds=Clouds(cover=0.0))), seen(clear))


@settings(max_examples=40, deadline=None)
@given(st.builds(Clouds, genus=st.sampled_from(GENERA), cover=st.floats(0, 1), seed=st.integers(0, 2**64)), st.floats(-0.35, 1.57), st.floats(0, 1))
def test_every_cloudy_sky_is_light_and_finite(clouds, elevation, overcast):
    sky = PhysicalSky(sun_elevation_rad=elevation, overcast=overcast, clouds=clouds, glow=(1e-4, 1e-4, 1e-4))
    got = cloudy_map(sky, 24)
    assert np.isfinite(got).all() and got.min() >= 0 and got.max() < 40 and got[:12].max() > 0
    assert cloudy_map(sky, 24).tobytes() == got.tobytes()
    np.testing.assert_array_equal(got[12:], sky_map(sky, 24)[12:])


def test_seeds_are_different_skies():
    maps = {cloudy_map(PhysicalSky(clouds=Clouds(seed=seed)), 24).tobytes() for seed in range(20)}
    assert len(maps) == 20


@pytest.mark.parametrize("genus", GENERA)
def test_pictures_show_the_map_whichever_way_the_sun_stands(raster, genus):
    """The rasterizer's background is interpolated, so soft; on average over some degrees it is that of the directions themselves."""
    sky = PhysicalSky(sun_elevation_rad=0.5, sun_azimuth_rad=2.0, strength=1.5, clouds=Clouds(genus=genus, cover=0.5, seed=3))
    camera = CameraSpec.from_fov(width=96, height=64, fov_y_rad=0.6, world_from_camera=Pose.from_matrix(look_at((0, 0, 0), (1, 2, 0.9))))
    environment = EnvironmentSpec(surroundings=sky)
    raster.load(SceneSpec(environment=environment))
    got = raster.render(camera, ("radiance",)).radiance
    v, u = np.mgrid[0:64, 0:96] + 0.5
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1)
    rays /= np.sqrt((rays * rays).sum(axis=-1, keepdims=True))
    towards = (rays.reshape(-1, 3) @ camera.world_from_camera.matrix[:3, :3].T).reshape(-1, 3)
    expected = around(environment).background(towards).reshape(got.shape)

    def blocks(picture):
        return picture.reshape(8, 8, 12, 8, 3).mean(axis=(1, 3))

    off = np.abs(blocks(got) - blocks(expected))
    assert np.percentile(off, 95) < 0.03 and off.max() < 0.12
    assert np.std(blocks(expected)[..., 0]) > 0.03


def test_what_turns_and_scales_a_sky_needs_no_new_maps():
    cache = EnvironmentCache()
    sky = PhysicalSky(clouds=Clouds(seed=1), overcast=0.2)
    maps = cache.maps(sky, "cpu")
    assert cache.maps(replace(sky, sun_azimuth_rad=1.0, strength=3.0), "cpu") is maps
    assert cache.maps(replace(sky, clouds=Clouds(seed=2)), "cpu") is not maps


def test_towards_the_sun_their_rims_shine():
    """Against the light thin clouds are the brightest thing in the sky, and away from it thick ones are."""
    sky = PhysicalSky(sun_elevation_rad=0.5, clouds=Clouds(cover=0.4, seed=4))
    clear, cloudy = seen(replace(sky, clouds=None)), seen(sky)
    sun = np.array([math.cos(0.5), 0, math.sin(0.5)])
    near = (DIRECTIONS @ sun > 0.85) & (np.abs(cloudy - clear).max(axis=1) > 0.02)
    away = (DIRECTIONS @ sun < 0.0) & (np.abs(cloudy - clear).max(axis=1) > 0.02)
    assert cloudy[near].max() > 1.3 * cloudy[away].max() > 1.3 * clear[away].max()
