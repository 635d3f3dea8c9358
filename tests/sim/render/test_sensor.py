"""The sensor and the lens's faults against closed forms; and that they touch no label."""

import hashlib
import math
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest
import warp as wp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diorama.sim.render.raster import Raster
from diorama.sim.render.raster.optics import Optics
from diorama.sim.render.raster.sensor import BLOCK, Sensor
from diorama.sim.spec import BodySpec, BoxShape, BrownConrady, CameraSpec, KannalaBrandt, Pose, SceneSpec, SensorSpec, SphereShape, SunLight
from diorama.sim.transforms import look_at

DEVICE = os.environ.get("DIORAMA_DEVICE", "cpu")


@pytest.fixture(scope="module")
def sensor() -> Sensor:
    return Sensor(DEVICE)


@pytest.fixture(scope="module")
def optics() -> Optics:
    return Optics(DEVICE)


def camera(height: int, width: int, **sensor: object) -> CameraSpec:
    return CameraSpec(width=width, height=height, fx=width, fy=width, cx=width / 2, cy=height / 2, sensor=SensorSpec(**sensor))


def behind_lens(optics: Optics, radiance: NDArray, camera: CameraSpec) -> NDArray[np.float32]:
    flat = np.ascontiguousarray(radiance, np.float32).reshape(-1, 3)
    return optics.seen(wp.array(flat, dtype=wp.vec3, device=DEVICE), camera).numpy().reshape(radiance.shape).copy()


def pixel_centres(camera: CameraSpec) -> tuple[NDArray, NDArray]:
    """Of all pixels, from the principal point, in pixels."""
    return np.meshgrid(np.arange(camera.width) + 0.5 - camera.cx, np.arange(camera.height) + 0.5 - camera.cy)


def random_light(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Mostly dim, with a few lamps in it."""
    rng = np.random.default_rng(seed)
    light = rng.random((height, width, 3))
    return np.where(rng.random((height, width, 1)) < 0.01, 100 * light, light).astype(np.float32)


# --- the sensor -------------------------------------------------------------------------------------------


def test_without_faults_no_byte_ever_changes(sensor):
    """Pinned: data sets are made again from their seeds."""
    digest = hashlib.sha256()
    for height, width in ((37, 53), (3, 1)):
        bits = (np.arange(height * width * 3, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(12345)) % np.uint64(65536)
        root = bits.astype(np.float32) / np.float32(65536) * np.float32(1.3)
        light = (root * root + (bits % np.uint64(97) == 0) * np.float32(30)).astype(np.float32).reshape(height, width, 3)
        for ev, read, shot, seed, curve in (
            (0.0, 0, 0, 0, "filmic"),
            (0.7, 0, 0, 0, "linear"),
            (-1.3, 0.01, 0.03, 7, "filmic"),
            (0.4, 0.0, 0.2, 2**32 - 1, "linear"),
            (0.1, 0.05, 0.0, 123, "filmic"),
        ):
            view = camera(height, width, exposure_ev=ev, read_noise=read, shot_noise=shot, noise_seed=seed, tone_curve=curve)
            digest.update(sensor.develop(light, view).tobytes())
    assert digest.hexdigest() == "3d0960774493c3e5aa88f1e80bdc4388b31567e1bfa77e3cc839e9d5f14aad01"


def test_a_device_array_and_numpy_develop_alike_and_stay(sensor):
    light, view = random_light(30, 41), camera(30, 41, read_noise=0.01, vignetting=1, chromatic_aberration_px=2, bloom=0.2)
    on_device, before = wp.array(light.reshape(-1, 3), dtype=wp.vec3, device=DEVICE), light.copy()
    pictures = [sensor.develop(source, view) for source in (light, on_device, light.astype(np.float64), np.asfortranarray(light))]
    assert all(np.array_equal(pictures[0], picture) for picture in pictures)
    assert np.array_equal(light, before)
    assert np.array_equal(on_device.numpy().reshape(light.shape), before)


def test_pixels_do_not_depend_on_how_many_follow(sensor):
    """Pixels are exposed in blocks, the last of which may be incomplete."""
    light = random_light(1, 3 * BLOCK)
    whole = sensor.develop(light, camera(1, 3 * BLOCK, read_noise=0.05, noise_seed=3))
    for width in range(1, 3 * BLOCK):
        assert np.array_equal(sensor.develop(light[:, :width], camera(1, width, read_noise=0.05, noise_seed=3)), whole[:, :width])


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_what_is_no_number_is_black_and_infinity_white(sensor, noise):
    light = np.array([[[math.nan] * 3, [math.inf] * 3, [-1.0] * 3, [1e30] * 3]], np.float32)
    got = sensor.develop(light, camera(1, 4, tone_curve="linear", shot_noise=noise))
    assert got[0].tolist() == [[0] * 3, [255] * 3, [0] * 3, [255] * 3]


def test_white_balance_multiplies_channels(sensor):
    light = random_light(20, 33)
    balanced = sensor.develop(light, camera(20, 33, white_balance=(2.0, 1.0, 0.25), shot_noise=0.02))
    assert np.array_equal(balanced, sensor.develop(light * np.float32([2.0, 1.0, 0.25]), camera(20, 33, shot_noise=0.02)))


def test_white_balance_makes_a_tinted_grey_neutral(sensor):
    tint = np.array([1.6, 1.0, 0.6])
    got = sensor.develop(np.tile(0.2 * tint, (4, 4, 1)), camera(4, 4, white_balance=tuple(1 / tint)))
    assert np.ptp(got) == 0


@pytest.mark.parametrize("quality", [1, 35, 80, 100])
def test_jpeg_is_that_of_opencv(sensor, quality):
    smooth = cv2.GaussianBlur(random_light(67, 91), (0, 0), 3)
    plain = sensor.develop(smooth, camera(67, 91))
    sampling = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    file = cv2.imencode(".jpg", plain[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling])[1]
    truth = cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]
    assert np.array_equal(sensor.develop(smooth, camera(67, 91, jpeg_quality=quality)), truth)
    assert not np.array_equal(truth, plain)


# --- blur -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("size", [(37, 53), (5, 3), (1, 1), (64, 200)])
def test_blur_is_that_of_opencv(optics, sigma, size):
    """A Gaussian cut at three deviations, and the picture goes on as in a mirror: all light stays."""
    light = random_light(*size)
    wide = 2 * math.ceil(3 * sigma) + 1
    padded = np.pad(light.astype(np.float64), ((wide, wide), (wide, wide), (0, 0)), mode="symmetric")
    truth = cv2.GaussianBlur(padded, (wide, wide), sigma)[wide:-wide, wide:-wide].reshape(light.shape)
    got = behind_lens(optics, light, camera(*size, blur_px=sigma))
    np.testing.assert_allclose(got, truth, atol=1e-5)
    np.testing.assert_allclose(got.astype(np.float64).sum(), light.astype(np.float64).sum(), rtol=1e-5)


def test_blur_comes_before_all_else(optics):
    """What is bent and what blooms is the blurred picture."""
    light = random_light(40, 60)
    rest = {"vignetting": 0.5, "chromatic_aberration_px": 3.0, "bloom": 0.2}
    once = behind_lens(optics, behind_lens(optics, light, camera(40, 60, blur_px=1.5)), camera(40, 60, **rest))
    np.testing.assert_array_equal(behind_lens(optics, light, camera(40, 60, blur_px=1.5, **rest)), once)


# --- vignetting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_vignetting_is_the_fourth_power_of_the_cosine(optics, share):
    view = replace(camera(75, 101, vignetting=share), fx=70, fy=90, cx=30.5, cy=52)
    light = random_light(75, 101)
    u, v = pixel_centres(view)
    cosine2 = 1 / (1 + (u / view.fx) ** 2 + (v / view.fy) ** 2)
    np.testing.assert_allclose(behind_lens(optics, light, view), light * (1 - share + share * cosine2**2)[..., None], rtol=2e-5)


def test_vignetting_goes_by_the_angle_of_what_is_seen(optics):
    """A fisheye without further coefficients shows an angle as a radius; what is behind it is black."""
    view = replace(camera(60, 60, vignetting=1), fx=15, fy=15, distortion=KannalaBrandt())
    u, v = pixel_centres(view)
    angle = np.hypot(u, v) / 15
    truth = np.where(angle < math.pi / 2, np.cos(angle) ** 4, 0)
    np.testing.assert_allclose(behind_lens(optics, np.ones((60, 60, 3)), view)[..., 1], truth, atol=1e-4)


def test_vignetting_through_a_barrel(optics):
    lens = BrownConrady(k1=-0.2, k2=0.05, p1=1e-4, p2=-2e-4)
    view = replace(camera(60, 80, vignetting=1), distortion=lens)
    u, v = pixel_centres(view)
    x, y = seen_x, seen_y = u / view.fx, v / view.fy
    for _ in range(100):
        r2 = x * x + y * y
        scale = 1 + lens.k1 * r2 + lens.k2 * r2**2
        x, y = (
            (seen_x - 2 * lens.p1 * x * y - lens.p2 * (r2 + 2 * x * x)) / scale,
            (seen_y - lens.p1 * (r2 + 2 * y * y) - 2 * lens.p2 * x * y) / scale,
        )
    truth = 1 / (1 + x * x + y * y) ** 2
    np.testing.assert_allclose(behind_lens(optics, np.ones((60, 80, 3)), view)[..., 0], truth, atol=2e-3)


# --- chromatic aberration ---------------------------------------------------------------------------------


@pytest.mark.parametrize("aberration", [2.0, -1.5, 0.4])
def test_a_disc_seen_in_red_is_wider_and_in_blue_narrower(optics, aberration):
    view = replace(camera(240, 320, chromatic_aberration_px=aberration), cx=150, cy=130)
    corner = math.hypot(320 - 150, 130)
    u, v = pixel_centres(view)
    disc = np.clip(100.5 - np.hypot(u, v), 0, 1)
    got = behind_lens(optics, np.repeat(disc[..., None], 3, axis=-1), view)
    radii = np.sqrt(got.sum(axis=(0, 1)) / math.pi)
    assert radii[1] == pytest.approx(100, abs=0.01)
    assert radii[0] == pytest.approx(100 / (1 - aberration / corner), abs=0.02)
    assert radii[2] == pytest.approx(100 / (1 + aberration / corner), abs=0.02)
    np.testing.assert_array_equal(got[..., 1], disc.astype(np.float32))
    fringe = got[(np.hypot(u, v) > 99) & (np.hypot(u, v) < 101)].mean(axis=0)
    assert (fringe[0] > fringe[1] > fringe[2]) == (aberration > 0)


def test_at_the_corner_it_is_that_many_pixels(optics):
    """Spots near the corner: red is drawn outwards along the diagonal, blue as far inwards."""
    view = camera(300, 400, chromatic_aberration_px=3.0)
    u, v = pixel_centres(view)
    spot = np.exp(-((u - 180) ** 2 + (v - 135) ** 2) / (2 * 3**2))
    got = behind_lens(optics, np.repeat(spot[..., None], 3, axis=-1), view)
    for channel, scale in ((0, 1 / (1 - 3 / 250)), (1, 1), (2, 1 / (1 + 3 / 250))):
        weight = got[..., channel] / got[..., channel].sum()
        assert (weight * u).sum() == pytest.approx(180 * scale, abs=0.01)
        assert (weight * v).sum() == pytest.approx(135 * scale, abs=0.01)
    assert 250 / (1 - 3 / 250) - 250 == pytest.approx(3, rel=0.02)


@given(size=st.tuples(st.integers(1, 40), st.integers(1, 40)), aberration=st.floats(-32, 32), vignetting=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_aberration_of_an_even_picture_shows_nothing(optics, size, aberration, vignetting):
    got = behind_lens(optics, np.full((*size, 3), 0.5), camera(*size, chromatic_aberration_px=aberration, vignetting=vignetting))
    np.testing.assert_allclose(got, np.repeat(got[..., 1:2], 3, axis=-1), rtol=1e-6)
    assert np.all(got <= 0.5 * (1 + 1e-6))


# --- bloom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [0.004, 0.02, 0.05, 0.11, 0.3, 0.5])
def test_bloom_loses_no_light(optics, radius):
    light = random_light(192, 256)
    got = behind_lens(optics, light, camera(192, 256, bloom=0.4, bloom_radius=radius))
    np.testing.assert_allclose(got.sum(axis=(0, 1), dtype=np.float64), light.sum(axis=(0, 1), dtype=np.float64), rtol=1e-5)
    assert got.min() >= 0


@settings(max_examples=50, deadline=None)
@given(size=st.tuples(st.integers(1, 150), st.integers(1, 150)), radius=st.floats(1e-6, 0.5), bloom=st.floats(0.01, 1))
def test_an_even_picture_blooms_into_itself(optics, size, radius, bloom):
    light = np.tile([0.2, 3.0, 70.0], (*size, 1))
    np.testing.assert_allclose(behind_lens(optics, light, camera(*size, bloom=bloom, bloom_radius=radius)), light, rtol=1e-5)


@pytest.mark.parametrize("at", [(240, 320), (241, 323), (200, 317)])
@pytest.mark.parametrize("radius", [0.012, 0.05, 0.1])
def test_a_halo_is_a_bell_of_the_radius_asked_for(optics, radius, at):
    """Twice the standard deviation each way, with 1 - 1/e^2 of the stray light within; the rest of the light stays where it was."""
    light = np.zeros((480, 640, 3))
    light[at] = (50, 100, 200)
    view = camera(480, 640, bloom=0.25, bloom_radius=radius)
    got = behind_lens(optics, light, view).astype(np.float64)
    v, u = (a - p for a, p in zip(np.mgrid[:480, :640], at, strict=True))
    halo = (got - 0.75 * light)[..., 1] / 25
    assert halo.sum() == pytest.approx(1, rel=1e-4)
    for across in (u, v):
        assert 2 * math.sqrt((halo * across**2).sum() - (halo * across).sum() ** 2) == pytest.approx(480 * radius, rel=0.03)
    assert halo[np.hypot(u, v) < 480 * radius].sum() == pytest.approx(1 - math.exp(-2), abs=0.02)
    np.testing.assert_allclose(got[..., 0] * 4, got[..., 2], rtol=1e-5, atol=1e-7)


def test_a_halo_does_not_depend_on_the_resolution(optics):
    light = np.zeros((240, 320, 3))
    light[100:104, 200:204] = 1
    small, large = (
        behind_lens(optics, picture, camera(*picture.shape[:2], bloom=0.5)) for picture in (light, np.repeat(np.repeat(light, 2, axis=0), 2, axis=1))
    )
    np.testing.assert_allclose(large.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3)), small, atol=0.01 * (small - 0.5 * light).max())


# --- all of it --------------------------------------------------------------------------------------------


def test_a_lens_without_faults_costs_nothing(optics):
    light = wp.zeros(64 * 48, dtype=wp.vec3, device=DEVICE)
    assert optics.seen(light, camera(48, 64, exposure_ev=1, white_balance=(1, 2, 3), jpeg_quality=50)) is light


@pytest.mark.parametrize(
    "effect",
    [
        {"exposure_ev": 1.0},
        {"white_balance": (1.5, 1.0, 0.7)},
        {"tone_curve": "linear"},
        {"read_noise": 0.05, "shot_noise": 0.1},
        {"blur_px": 1.0},
        {"vignetting": 1.0},
        {"chromatic_aberration_px": 5.0},
        {"bloom": 0.5},
        {"jpeg_quality": 10},
    ],
    ids=lambda effect: next(iter(effect)),
)
def test_effects_change_the_picture_and_no_label(raster: Raster, effect):
    bodies = (
        BodySpec(name="floor", shape=BoxShape(size_m=(4, 4, 0.1)), world_from_body=Pose((0, 0, -0.05))),
        BodySpec(name="ball", shape=SphereShape(radius_m=0.2), world_from_body=Pose((0, 0, 0.2)), category="ball"),
    )
    view = CameraSpec(width=96, height=72, fx=90, fy=90, cx=48, cy=36, world_from_camera=Pose.from_matrix(look_at((1, 0.3, 0.8), (0, 0, 0.1))))
    raster.load(SceneSpec(bodies=bodies, lights=(SunLight(direction=(-1, 1, -2)),)))
    channels = ("rgb", "radiance", "depth", "instance", "normal", "amodal")
    plain, changed = (raster.render(v, channels) for v in (view, replace(view, sensor=SensorSpec(**effect))))
    assert not np.array_equal(plain.rgb, changed.rgb)
    for name in ("radiance", "depth_m", "instance", "normal"):
        assert getattr(plain, name).tobytes() == getattr(changed, name).tobytes(), name
    assert plain.silhouettes.keys() == changed.silhouettes.keys() == {1}
    one, other = plain.silhouettes[1], changed.silhouettes[1]
    assert np.array_equal(one.bits, other.bits)
    assert (one.inside_px, one.total_px, one.box_xyxy) == (other.inside_px, other.total_px, other.box_xyxy)
