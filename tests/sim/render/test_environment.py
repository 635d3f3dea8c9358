"""Light from the surroundings against numerical integration, and lookups that have no seams."""

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import warp as wp
from hypothesis import given, settings
from hypothesis import strategies as st

from diorama.sim.render.raster import octahedral
from diorama.sim.render.raster.environment import (
    STEPS,
    Environment,
    EnvironmentCache,
    background,
    environment_arrays,
    irradiance,
    specular,
)
from diorama.sim.sky import radiance, sky_tables
from diorama.sim.spec import EnvironmentSpec, HdrMap, PhysicalSky

DEVICE = os.environ.get("DIORAMA_DEVICE", "cpu")
#: The roughnesses that have a map of their own.
ROUGHNESSES = [(k / STEPS) ** 2 for k in range(STEPS + 1)]
SKY = PhysicalSky(sun_elevation_rad=0.4, sun_azimuth_rad=0.9)


@wp.kernel
def ask(
    environment: Environment,
    directions: wp.array(dtype=wp.vec3),
    roughness: float,
    diffuse: wp.array(dtype=wp.vec3),
    mirrored: wp.array(dtype=wp.vec3),
    seen: wp.array(dtype=wp.vec3),
):
    t = wp.tid()
    diffuse[t] = irradiance(environment, directions[t])
    mirrored[t] = specular(environment, directions[t], roughness)
    seen[t] = background(environment, directions[t])


def lookups(environment, directions, roughness=0.0):
    """Irradiance, specular and background (n, 3) each."""
    asked = wp.array(np.asarray(directions, np.float32), dtype=wp.vec3, device=DEVICE)
    out = [wp.empty(len(directions), dtype=wp.vec3, device=DEVICE) for _ in range(3)]
    wp.launch(ask, dim=len(directions), inputs=[environment, asked, roughness, *out], device=DEVICE)
    return [array.numpy() for array in out]


def of(surroundings, **spec):
    return environment_arrays(EnvironmentSpec(surroundings=surroundings, **spec), DEVICE, EnvironmentCache())


def of_picture(picture, **hdr):
    cache = EnvironmentCache(read=lambda path: np.asarray(picture, np.float32))
    return environment_arrays(EnvironmentSpec(surroundings=HdrMap(path="any.hdr", **hdr)), DEVICE, cache)


def pixels(height):
    """Unit directions (h, 2 h, 3) of an equirectangular picture's pixels as HdrMap describes them, and their solid angles."""
    elevation = math.pi * (0.5 - (np.arange(height) + 0.5) / height)[:, None]
    azimuth = math.pi * (1 - (np.arange(2 * height) + 0.5) / height)[None, :]
    up = np.broadcast_to(np.sin(elevation), (height, 2 * height))
    d = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), up], -1)
    return d, np.broadcast_to(np.cos(elevation) * (math.pi / height) ** 2, d.shape[:2])


def spread(count):
    """Directions all over the sphere, evenly (a Fibonacci spiral)."""
    z = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * math.pi * (3 - math.sqrt(5))
    level = np.sqrt(1 - z * z)
    return np.stack([level * np.cos(turn), level * np.sin(turn), z], -1)


def blurred(picture, normals, weight):
    """The mean of a picture about each normal, weighted by a function of the cosine."""
    d, solid_angle = pixels(len(picture))
    out = []
    for n in normals:
        w = weight(d @ n) * solid_angle
        out.append((w[..., None] * picture).sum((0, 1)) / w.sum())
    return np.array(out)


def lobe(roughness):
    """What a GGX mirror of this roughness, looked at along its normal, gathers light by."""
    alpha2 = roughness**4
    return lambda c: np.where(c > 0, alpha2 * c / ((1 + c) / 2 * (alpha2 - 1) + 1) ** 2, 0.0)


def cosine(c):
    return np.maximum(c, 0.0)


D, _ = pixels(128)
GENTLE = np.stack([1 + 0.5 * D[..., 0] + D[..., 2] ** 2, 0.5 + 0.2 * D[..., 1] * D[..., 2], 0.7 - 0.3 * D[..., 2]], -1)
WINDOW = np.where((np.abs(D[..., 1:2] - 0.2) < 0.2) & (np.abs(D[..., 2:] - 0.2) < 0.25) & (D[..., :1] > 0), (10.0, 9.0, 8.0), (0.1, 0.2, 0.1))
CHECKS = (np.floor(D * 4).sum(-1, keepdims=True) % 2) * (1.0, 0.8, 0.3) + 0.1
HALF = np.where(D[..., 2:] > 0, (1.0, 0.9, 0.8), (0.2, 0.1, 0.3))


def sunny(toward, radius=0.03):
    d, _ = pixels(128)
    return np.where((d @ np.asarray(toward) > math.cos(radius))[..., None], 1e4, 0.1) * np.ones(3)


# --- the furnace ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [16, 150, 256])
def test_an_even_map_is_the_same_everywhere(height):
    """Irradiance over pi, mirrors of any roughness and the background all show the map's one colour."""
    color = np.array([0.3, 0.7, 11.0], np.float32)
    environment = of_picture(np.broadcast_to(color, (height, 2 * height, 3)))
    for roughness in (*ROUGHNESSES, 0.01, 0.1, 0.5, 0.9):
        for got in lookups(environment, spread(2000), roughness):
            np.testing.assert_allclose(got, np.broadcast_to(color, got.shape), rtol=5e-6)


def test_an_even_gradient_is_the_same_everywhere():
    environment = of(None, sky=(0.5, 1, 2), ground=(0.5, 1, 2))
    for roughness in (0, 0.03, 0.5, 1):
        for got in lookups(environment, spread(500), roughness):
            np.testing.assert_allclose(got, np.broadcast_to([0.5, 1, 2], got.shape), rtol=1e-6)


# --- the gradient -----------------------------------------------------------------------------------------


def gradient(z):
    t = 0.5 + 0.5 * z
    t = t * t * (3 - 2 * t)
    return t[..., None] * np.array([1.0, 0.5, 0.0]) + (1 - t[..., None]) * np.array([0.0, 0.2, 0.8])


def test_the_gradient_lights_as_its_integral_does():
    environment = of(None, sky=(1, 0.5, 0), ground=(0, 0.2, 0.8))
    normals = spread(40)
    picture = gradient(D[..., 2])
    diffuse, _, seen = lookups(environment, normals)
    np.testing.assert_allclose(seen, gradient(normals[:, 2]), atol=1e-6)
    np.testing.assert_allclose(diffuse, blurred(picture, normals, cosine), atol=5e-4)
    for roughness in (0.3, 0.5, 0.6, 0.9, 1.0):
        np.testing.assert_allclose(lookups(environment, normals, roughness)[1], blurred(picture, normals, lobe(roughness)), atol=2e-3)
    np.testing.assert_allclose(lookups(environment, normals, 0.0)[1], seen, atol=1e-6)


def test_a_background_of_its_own_lights_nothing():
    for surroundings in (None, SKY):
        plain, behind = of(surroundings), of(surroundings, background_top=(5, 5, 5), background_bottom=(5, 5, 5))
        for roughness in (0.0, 0.3):
            a, b = lookups(plain, spread(50), roughness), lookups(behind, spread(50), roughness)
            np.testing.assert_array_equal(a[0], b[0])
            np.testing.assert_array_equal(a[1], b[1])
            np.testing.assert_allclose(b[2], 5.0, rtol=1e-6)


# --- maps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("picture", "tolerance"), [(GENTLE, 0.004), (HALF, 0.02), (CHECKS, 0.02), (WINDOW, 0.1)])
def test_diffuse_light_is_the_cosine_weighted_mean(picture, tolerance):
    """Polynomials of order 2 are exact; a horizon is within 2 % of its peak, a window, most of whose light is beyond order 2, within 10 %."""
    normals = spread(60)
    truth = blurred(picture, normals, cosine)
    got = lookups(of_picture(picture), normals)[0]
    assert np.abs(got - truth).max() < tolerance * truth.max()


@pytest.mark.parametrize("elevation", [-0.1, 0.05, 0.4, 1.2])
def test_skies_light_diffuse_surfaces_within_three_percent(elevation):
    sky = PhysicalSky(sun_elevation_rad=elevation)
    d, _ = pixels(128)
    above = radiance(sky_tables(sky), d[:64])
    picture = np.concatenate([above, np.broadcast_to(sky_tables(sky).ground, above.shape)])
    normals = spread(60)
    truth = blurred(picture, normals, cosine)
    assert np.abs(lookups(of(sky), normals)[0] - truth).max() < 0.03 * truth.max()


@given(st.integers(0, 2**32 - 1), st.floats(0.03, 0.3))
@settings(max_examples=8, deadline=None)
def test_no_sun_however_bright_makes_light_negative(seed, radius):
    toward = np.random.default_rng(seed).normal(size=3)
    got = lookups(of_picture(sunny(toward / np.linalg.norm(toward), radius)), spread(400))[0]
    assert got.min() >= 0 and np.isfinite(got).all()


@pytest.mark.parametrize(("picture", "worst", "usual"), [(GENTLE, 0.012, 0.006), (HALF, 0.025, 0.008), (CHECKS, 0.06, 0.02), (WINDOW, 0.1, 0.02)])
def test_rough_mirrors_show_the_lobe_weighted_mean(picture, worst, usual):
    normals, environment = spread(100), of_picture(picture)
    for roughness in ROUGHNESSES[2:]:
        truth = blurred(picture, normals, lobe(roughness))
        error = np.abs(lookups(environment, normals, roughness)[1] - truth) / truth.max()
        assert error.max() < worst and math.sqrt((error**2).mean()) < usual, roughness


def test_between_two_maps_the_blur_is_between():
    """Roughness 0.25, 0.5 and 0.8 have no map of their own."""
    normals, environment = spread(100), of_picture(CHECKS)
    for roughness in (0.25, 0.5, 0.8):
        truth = blurred(CHECKS, normals, lobe(roughness))
        error = np.abs(lookups(environment, normals, roughness)[1] - truth) / truth.max()
        assert error.max() < 0.15 and math.sqrt((error**2).mean()) < 0.05, roughness


def test_a_perfect_mirror_shows_the_background():
    for surroundings in (None, SKY):
        _, mirrored, seen = lookups(of(surroundings), spread(500), 0.0)
        np.testing.assert_allclose(mirrored, seen, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("picture", [GENTLE, WINDOW, HALF, sunny((0.6, 0.0, 0.8)), sunny((0.0, 1.0, 0.0))])
def test_no_light_is_lost_or_made(picture):
    """The mean over all directions is the picture's own in every map, and in diffuse light."""
    _, solid_angle = pixels(128)
    mean = (picture * solid_angle[..., None]).sum((0, 1)) / solid_angle.sum()
    environment = of_picture(picture)
    everywhere = spread(20000)
    for roughness in ROUGHNESSES[1:]:
        np.testing.assert_allclose(lookups(environment, everywhere, roughness)[1].mean(axis=0), mean, rtol=0.03)
    np.testing.assert_allclose(lookups(environment, everywhere)[0].mean(axis=0), mean, rtol=0.03)


@pytest.mark.parametrize(("roughness", "low", "high"), [(0.16, 0.7, 1.2), (0.36, 0.7, 1.55), (0.64, 0.9, 1.1), (1.0, 0.9, 1.1)])
def test_a_sun_does_not_sparkle(roughness, low, high):
    """Wherever it stands between the nodes, its reflection is about as bright."""
    peaks = []
    for toward in spread(15):
        picture = sunny(toward)
        around = toward + np.random.default_rng(0).normal(size=(200, 3)) * 0.3 * roughness**2
        got = lookups(of_picture(picture), around / np.linalg.norm(around, axis=1, keepdims=True), roughness)[1]
        peaks.append(got.max() / blurred(picture, [toward], lobe(roughness)).max())
    assert low < min(peaks) and max(peaks) < high


# --- where is what ----------------------------------------------------------------------------------------


def test_the_background_is_the_picture_where_it_says():
    """The top row is up, the middle column +x, and what is right of it towards -y."""
    picture = np.zeros((64, 128, 3))
    marks = {(0, 0): (0, 0, 1), (63, 5): (0, 0, -1), (31, 63): (1, 0, 0), (31, 95): (0, -1, 0), (31, 31): (0, 1, 0), (31, 0): (-1, 0, 0)}
    for k, (row, column) in enumerate(marks, start=1):
        y0, x0 = max(row - 3, 0), column - 3
        for y in range(y0, min(row + 5, 64)):
            for x in range(128) if row in (0, 63) else range(x0, x0 + 8):
                picture[y, x % 128] = k
    seen = lookups(of_picture(picture), list(marks.values()))[2]
    np.testing.assert_allclose(seen[:, 0], range(1, 7), rtol=1e-6)
    turned = lookups(of_picture(picture, turn_rad=math.pi / 2), list(marks.values()))[2]
    np.testing.assert_allclose(turned[:, 0], [1, 2, 4, 6, 3, 5], rtol=1e-6)


def test_the_background_keeps_the_pictures_detail():
    """At the pixels' own directions a noisy picture comes back with most of its contrast; a gentle one to a thousandth."""
    d, _ = pixels(128)
    rows = slice(20, 108)
    noise = np.random.default_rng(5).random((128, 256, 3))
    got = lookups(of_picture(noise), d[rows].reshape(-1, 3))[2]
    assert np.corrcoef(got.ravel(), noise[rows].ravel())[0, 1] > 0.8
    got = lookups(of_picture(GENTLE), d[rows].reshape(-1, 3))[2].reshape(-1, 256, 3)
    np.testing.assert_allclose(got, GENTLE[rows], atol=1.5e-3)


def test_turning_the_map_turns_all_light():
    d = spread(300)
    c, s = math.cos(0.7), math.sin(0.7)
    back = np.stack([c * d[:, 0] + s * d[:, 1], c * d[:, 1] - s * d[:, 0], d[:, 2]], -1)
    straight, turned = of_picture(WINDOW), of_picture(WINDOW, turn_rad=0.7, strength=2.0)
    for roughness in (0.0, 0.3, 0.9):
        for a, b in zip(lookups(straight, back, roughness), lookups(turned, d, roughness), strict=True):
            np.testing.assert_allclose(b, 2 * a, rtol=1e-3, atol=1e-3)


def test_the_sky_is_seen_as_its_formula_says():
    d = spread(3000)
    tables = sky_tables(SKY)
    c, s = math.cos(SKY.sun_azimuth_rad), math.sin(SKY.sun_azimuth_rad)
    truth = radiance(tables, np.stack([c * d[:, 0] + s * d[:, 1], c * d[:, 1] - s * d[:, 0], d[:, 2]], -1))
    truth[d[:, 2] < 0] = tables.ground
    far = np.abs(d[:, 2]) > 0.02
    np.testing.assert_allclose(lookups(of(SKY), d)[2][far], truth[far], rtol=0.012)


def test_the_skys_horizon_is_as_sharp_as_a_pixel():
    up = np.array([-0.002, -0.0016, 0.0, 0.0016, 0.002])
    d = np.stack([np.sqrt(1 - up * up) * 0.6, np.sqrt(1 - up * up) * 0.8, up], -1)
    ground, edge, middle, sky, _ = lookups(of(SKY), d)[2]
    np.testing.assert_allclose(ground, sky_tables(SKY).ground, rtol=1e-5)
    np.testing.assert_allclose(edge, ground, rtol=1e-5)
    np.testing.assert_allclose(middle, (ground + sky) / 2, rtol=0.02)


# --- seams ------------------------------------------------------------------------------------------------

#: Angles that fall on the squares' borders, diagonals and middles, and any others.
_TURNS = st.one_of(st.sampled_from([k * math.pi / 4 for k in range(8)]), st.floats(0, 2 * math.pi))
_HEIGHTS = st.one_of(st.sampled_from([-math.pi / 2, 0.0, math.pi / 2]), st.floats(-math.pi / 2, math.pi / 2))


@pytest.fixture(scope="module")
def noisy():
    """Every pixel its own value: neighbouring nodes differ as much as can be."""
    return of_picture(np.random.default_rng(1).random((32, 64, 3)))


@given(turn=_TURNS, height=_HEIGHTS, away=st.floats(0, 2 * math.pi), roughness=st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.7, 1.0]))
@settings(max_examples=300, deadline=None)
def test_a_small_step_changes_little(noisy, turn, height, away, roughness):
    """No lookup jumps anywhere: the finest map has 33 nodes a side, over which values of up to 1 can differ by 1."""
    d = np.array([math.cos(height) * math.cos(turn), math.cos(height) * math.sin(turn), math.sin(height)])
    across = np.cross(d, (0.3, 0.5, 0.8))
    across /= np.linalg.norm(across)
    step = 1e-4 * (math.cos(away) * across + math.sin(away) * np.cross(d, across))
    for got in lookups(noisy, [d, (d + step) / np.linalg.norm(d + step)], roughness):
        assert np.abs(got[0] - got[1]).max() < 1e-4 * 200


def test_nodes_are_where_kernels_find_them():
    """A map of its nodes' own directions, looked up at these directions, gives them back."""
    n = 17
    nodes = octahedral.directions(n)
    np.testing.assert_allclose(np.linalg.norm(nodes, axis=-1), 1, rtol=1e-12)

    @wp.kernel
    def look(texels: wp.array(dtype=wp.vec3), d: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec3)):
        t = wp.tid()
        out[t] = octahedral.look_up(texels, 0, 17, d[t])

    texels = wp.array(nodes.reshape(-1, 3).astype(np.float32), dtype=wp.vec3, device=DEVICE)
    for asked in (nodes.reshape(-1, 3), spread(2000)):
        out = wp.empty(len(asked), dtype=wp.vec3, device=DEVICE)
        wp.launch(look, dim=len(asked), inputs=[texels, wp.array(asked.astype(np.float32), dtype=wp.vec3, device=DEVICE), out], device=DEVICE)
        error = np.abs(out.numpy() - asked).max()
        assert error < (2e-6 if len(asked) == 2 * n * n else 0.02)


@pytest.mark.parametrize("base", [65, 257])
def test_every_level_of_a_pyramid_covers_the_sphere(base):
    for _, n in octahedral.pyramid(base, 5):
        assert 2 * octahedral.solid_angles(n, base).sum() == pytest.approx(4 * math.pi, rel=1e-12)


# --- the cache, and sameness ------------------------------------------------------------------------------


def test_what_only_turns_or_scales_is_not_made_again():
    cache = EnvironmentCache(entries=2)
    first = cache.maps(SKY, DEVICE)
    assert cache.maps(replace(SKY, sun_azimuth_rad=2.0, strength=5.0), DEVICE) is first
    assert cache.maps(replace(SKY, turbidity=4.0), DEVICE) is not first
    assert cache.maps(SKY, DEVICE) is first
    cache.maps(replace(SKY, turbidity=5.0), DEVICE)
    assert cache.maps(SKY, DEVICE) is first, "the one that was used last stays"
    cache.maps(replace(SKY, turbidity=6.0), DEVICE)
    cache.maps(replace(SKY, turbidity=7.0), DEVICE)
    assert cache.maps(SKY, DEVICE) is not first


def test_a_file_is_read_once():
    paths = []

    def read(path: Path):
        paths.append(path)
        return np.ones((8, 16, 3), np.float32)

    cache = EnvironmentCache(read=read)
    for turn in (0.0, 1.0):
        environment_arrays(EnvironmentSpec(surroundings=HdrMap(path="a.hdr", turn_rad=turn)), DEVICE, cache)
    assert paths == [Path("a.hdr")]


def test_maps_are_the_same_bytes_every_time():
    for surroundings in (SKY, HdrMap(path="window")):
        first, second = (EnvironmentCache(read=lambda _: WINDOW.astype(np.float32)).maps(surroundings, DEVICE) for _ in range(2))
        for a, b in zip(first, second, strict=True):
            assert a.numpy().tobytes() == b.numpy().tobytes()
