"""A photograph behind everything: which part is seen where, how bright, in all renderers; and labels do not know of it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from diorama.sim.assets.color import linear_from_srgb
from diorama.sim.errors import AssetError, InvalidValue, MissingExtra
from diorama.sim.frame import CHANNELS
from diorama.sim.render import open_renderer
from diorama.sim.render.backdrop import radiances
from diorama.sim.render.gl import NoOpenGL
from diorama.sim.spec import Backdrop, BodySpec, BoxShape, CameraSpec, KannalaBrandt, MaterialSpec, Motion, Pose, SceneSpec
from diorama.sim.transforms import look_at

#: A box in the middle of the picture, with nothing behind it.
BOX = BodySpec(name="box", shape=BoxShape(size_m=(0.4, 0.4, 0.4)), category="box", tags=("object",))
SCENE = SceneSpec(bodies=(BOX,))
CAMERA = CameraSpec(width=64, height=48, fx=60, fy=60, cx=32, cy=24, world_from_camera=Pose.from_matrix(look_at((0, -2, 0.3), (0, 0, 0))))
ANY = Backdrop(path="any.png")
LINEAR = np.array([linear_from_srgb(code / 255) for code in range(256)])


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def hung(noise, tmp_path_factory):
    """The camera with a photograph of its own size behind everything."""
    path = tmp_path_factory.mktemp("photos") / "noise.png"
    cv2.imwrite(str(path), noise[..., ::-1])
    return replace(CAMERA, backdrop=Backdrop(path=str(path), radiance=2.0))


# --- which part is seen where ---


def test_a_photograph_of_the_pictures_size_is_seen_pixel_by_pixel(noise):
    np.testing.assert_allclose(radiances(replace(ANY, radiance=3.0), noise, 64, 48), 3 * LINEAR[noise], atol=3e-5)


@pytest.mark.parametrize("times", [2, 4, 8])
def test_a_larger_one_is_averaged_in_linear_light(times):
    photo = np.random.default_rng(1).integers(0, 256, (12 * times, 16 * times, 3), dtype=np.uint8)
    means = LINEAR[photo].reshape(12, times, 16, times, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(radiances(ANY, photo, 16, 12), means, atol=2e-5)


@pytest.mark.parametrize(("rows", "columns"), [(7, 5), (301, 407), (1000, 40), (48, 64)])
def test_an_even_one_is_even_at_any_size(rows, columns):
    got = radiances(ANY, np.full((rows, columns, 3), 128, np.uint8), 33, 21)
    np.testing.assert_allclose(got, np.full((21, 33, 3), LINEAR[128]), atol=1e-5)


def test_the_middle_is_cropped_to_the_pictures_proportions():
    """A photograph three times as wide as the picture: its outer thirds are not seen, unless it is moved."""
    thirds = np.repeat(np.array([[[255, 0, 0]], [[0, 255, 0]], [[0, 0, 255]]], np.uint8), 48, axis=0).reshape(1, 144, 3).repeat(48, axis=0)
    for offset, color in ((-1.0, (1, 0, 0)), (0.0, (0, 1, 0)), (1.0, (0, 0, 1))):
        got = radiances(replace(ANY, offset=(offset, 0.7)), thirds, 24, 24)
        np.testing.assert_allclose(got, np.broadcast_to(color, (24, 24, 3)), atol=1e-5)
    upright = thirds.swapaxes(0, 1)
    np.testing.assert_allclose(radiances(replace(ANY, offset=(0.3, 1.0)), upright, 24, 24), np.broadcast_to((0, 0, 1), (24, 24, 3)), atol=1e-5)


def test_zoom_shows_a_smaller_part(noise):
    """The upper left quarter, each texel on two by two pixels."""
    got = radiances(replace(ANY, zoom=2.0, offset=(-1.0, -1.0)), noise, 64, 48)
    quarter = LINEAR[noise[:24, :32]]
    # Interpolated between texels: the mean of each two by two pixels is the texel and a little of its neighbours.
    ramp = cv2.resize(quarter.astype(np.float32), (64, 48), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(got, ramp, atol=1e-4)


@pytest.mark.parametrize("field", [{"zoom": 0.5}, {"offset": (1.5, 0.0)}, {"radiance": -1.0}, {"path": ""}])
def test_what_cannot_be_is_refused(field):
    with pytest.raises(InvalidValue, match=f"Backdrop: {next(iter(field))} must"):
        Backdrop(**{"path": "any.png"} | field)


# --- renderers ---


@pytest.fixture(scope="module", params=["raster", "gl", "pathtrace"])
def renderer(request, library):
    try:
        with open_renderer(request.param, library, **({"spp": 16} if request.param == "pathtrace" else {})) as opened:
            opened.load(SCENE)
            yield opened
    except (NoOpenGL, MissingExtra) as error:
        pytest.skip(str(error))


def _inside(frame):
    """Pixels that see nothing, nor does any neighbour."""
    return cv2.dilate((frame.instance > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0


def test_it_is_seen_where_nothing_is(renderer, hung, noise):
    plain, seen = (renderer.render(camera, ("radiance", "instance")) for camera in (CAMERA, hung))
    empty = _inside(seen)
    assert 1000 < empty.sum() < 64 * 48 - 200
    np.testing.assert_allclose(seen.radiance[empty], 2 * LINEAR[noise][empty], atol=1e-4)
    # Surfaces are lit by what surrounds them, as before.
    inner = cv2.erode((seen.instance > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) == 1
    assert inner.sum() > 50
    np.testing.assert_array_equal(seen.instance, plain.instance)
    np.testing.assert_allclose(seen.radiance[inner], plain.radiance[inner], atol=0.2 if type(renderer).__name__ == "PathTracer" else 0)


def test_another_view_sees_another_one_or_none(renderer, hung, noise):
    first = renderer.render(hung, ("radiance", "instance"))
    small = replace(hung, backdrop=replace(hung.backdrop, zoom=3.0, radiance=0.5))
    np.testing.assert_allclose(
        renderer.render(small, ("radiance",)).radiance[_inside(first)], radiances(small.backdrop, noise, 64, 48)[_inside(first)], atol=1e-4
    )
    plain = renderer.render(CAMERA, ("radiance",)).radiance[_inside(first)]
    assert np.ptp(plain[..., 0]) < 0.6 and np.abs(plain - first.radiance[_inside(first)]).max() > 0.5
    np.testing.assert_allclose(renderer.render(hung, ("radiance",)).radiance[_inside(first)], first.radiance[_inside(first)], atol=1e-4)


def test_labels_do_not_know_of_it(raster, hung):
    raster.load(SCENE)
    plain, seen = (raster.render(camera, CHANNELS) for camera in (CAMERA, hung))
    for name in ("depth_m", "instance", "normal", "category", "albedo", "object_coordinates", "flow_forward", "shadow"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(seen, name))
    assert not np.array_equal(plain.rgb, seen.rgb)


def test_glass_shows_what_hangs_behind_it(raster, hung, noise):
    """Through a wholly clear sheet the photograph is seen unchanged; a half opaque one dims it by half."""
    for opacity in (0.0, 0.5):
        sheet = replace(BOX, material=MaterialSpec(base_color=(0, 0, 0), opacity=opacity, alpha="blend", roughness=1.0, ior=1.0))
        raster.load(replace(SCENE, bodies=(replace(sheet, shape=BoxShape(size_m=(8, 0.01, 8))),)))
        got = raster.render(hung, ("radiance",)).radiance
        # Light passes the front and the back.
        np.testing.assert_allclose(got, 2 * LINEAR[noise] * (1 - opacity) ** 2, atol=1e-4)


def test_motion_blur_and_rolling_shutter_leave_it_still(raster, hung, noise):
    raster.load(SCENE)
    moving = replace(hung, motion=Motion(linear_m_s=(1.0, 0.0, 0.0)), exposure_s=0.02, rolling_shutter_s=0.02)
    far = np.zeros((48, 64), bool)
    far[:, :10] = True
    np.testing.assert_allclose(raster.render(moving, ("radiance",)).radiance[far], 2 * LINEAR[noise][far], atol=1e-4)


def test_a_fisheye_has_it_too_but_for_where_it_sees_nothing(raster, hung, noise):
    raster.load(SceneSpec())
    fisheye = replace(hung, fx=10.0, fy=10.0, distortion=KannalaBrandt())
    got = raster.render(fisheye, ("radiance",)).radiance
    v, u = np.mgrid[:48, :64] + 0.5
    angle = np.hypot(u - 32, v - 24) / 10
    np.testing.assert_allclose(got[angle < 3.0], 2 * LINEAR[noise][angle < 3.0], atol=1e-4)
    assert (got[angle > 3.3] == 0).all() and (angle > 3.3).any()


def test_batches_show_it_to_the_same_bits(raster, hung):
    world = replace(SCENE, cameras=(replace(CAMERA, name="plain"), hung))
    together = raster.render_batch([world, world], ("rgb", "instance"))["rgb"].numpy()
    raster.load(SCENE)
    for index, camera in enumerate((CAMERA, hung)):
        np.testing.assert_array_equal(together[1, index], raster.render(camera, ("rgb",)).rgb)


def test_a_photograph_that_is_none_is_named(raster, tmp_path):
    raster.load(SCENE)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 not a picture")
    for path, message in ((broken, "is not an image that OpenCV can read"), (tmp_path / "gone.png", "cannot be read")):
        with pytest.raises(AssetError, match=message) as error:
            raster.render(replace(CAMERA, backdrop=Backdrop(path=str(path))), ("rgb",))
        assert str(path) in str(error.value)
    # Labels alone need no photograph.
    raster.render(replace(CAMERA, backdrop=Backdrop(path=str(broken))), ("instance",))
